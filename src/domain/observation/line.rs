//! One line enters many signs: `bp 120/80 hr 72 t 37.2 spo2 98 wt 70 ht 175 pain 3 glu 5.4 rr 16 grip=20 kg`. All of it is
//! taken or none; each part that is wrong is named with the reason.
use super::{CATALOGUE, Measured, Reading, Sign, Value};
use crate::domain::why::Why;
use crate::tr;

/// Longest name and unit of a free sign, in characters.
const FREE_NAME: usize = 40;
const FREE_UNIT: usize = 20;

/// The readings of a line, in the order they were typed; or every part that is wrong.
pub fn parse_line(line: &str) -> Result<Vec<Reading>, Vec<Why>> {
    let mut readings: Vec<Reading> = Vec::new();
    let mut wrong = Vec::new();
    let mut parts =
        line.split([' ', '\t', ';']).map(|p| p.trim_end_matches(',')).filter(|p| !p.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let found = if let Some((name, value)) = part.split_once('=').filter(|(n, _)| sign_of(n).is_none()) {
            let unit = parts.next_if(|next| is_unit(next)).unwrap_or("");
            free(part, name, value, unit).map(|r| vec![r])
        } else {
            let (word, glued) = split_word(part);
            let value = if glued.is_empty() {
                parts.next_if(|next| starts_a_value(next)).unwrap_or("")
            } else {
                glued
            };
            let unit = parts.next_if(|next| unit_follows(next)).unwrap_or("");
            known(part, word, value, unit)
        };
        match found {
            Ok(found) => {
                for reading in found {
                    if readings.iter().any(|r| r.what == reading.what) {
                        wrong.push(twice(reading.name()));
                    }
                    readings.push(reading);
                }
            }
            Err(why) => wrong.push(why),
        }
    }
    if readings.is_empty() && wrong.is_empty() {
        wrong.push(unknown(line.trim()));
    }
    if wrong.is_empty() { Ok(readings) } else { Err(wrong) }
}

fn known(part: &str, word: &str, value: &str, unit: &str) -> Result<Vec<Reading>, Why> {
    let lower = word.to_lowercase();
    if lower == "bp" {
        return pressure(value);
    }
    let Some(sign) = sign_of(&lower) else {
        return Err(unknown(part));
    };
    if sign == Sign::Bmi {
        return Err(Why::new("bmi_computed", tr!("BMI is computed, not entered."))
            .instead(tr!("Enter height and weight, as in ht 175 wt 70.")));
    }
    let (number, glued) = split_number(value);
    let Some(number) = number else {
        return Err(Why::new("vital_value", tr!("\"{part}\" has no figure.", part = word))
            .instead(tr!("Write the figure after it, as in hr 72.")));
    };
    let unit = if glued.is_empty() { unit } else { glued };
    Ok(vec![Reading::known(sign, to_own_unit(sign, number, unit)?)?])
}

fn pressure(value: &str) -> Result<Vec<Reading>, Why> {
    let figures = value.split_once('/').and_then(|(high, low)| Some((whole(high)?, whole(low)?)));
    let Some((high, low)) = figures else {
        return Err(Why::new("bp_form", tr!("Blood pressure \"{value}\" needs two figures.", value = value))
            .instead(tr!("Write it as bp 120/80.")));
    };
    if low >= high {
        return Err(Why::new(
            "bp_order",
            tr!("Blood pressure {value}: the first figure must be the higher one.", value = value),
        )
        .instead(tr!("Write it as bp 120/80.")));
    }
    Ok(vec![Reading::known(Sign::Systolic, high)?, Reading::known(Sign::Diastolic, low)?])
}

fn free(part: &str, name: &str, value: &str, unit: &str) -> Result<Reading, Why> {
    let name = name.replace('_', " ").trim().to_owned();
    let (number, glued) = split_number(value);
    let unit = if number.is_some() && !glued.is_empty() { glued } else { unit };
    if name.is_empty()
        || value.is_empty()
        || name.chars().count() > FREE_NAME
        || unit.chars().count() > FREE_UNIT
    {
        return Err(Why::new("free_sign", tr!("\"{part}\" is not a sign with a value.", part = part))
            .instead(tr!("Write a free sign as grip=20 kg.")));
    }
    let value = match number {
        Some(n) => Value::Number(n),
        None => Value::Words(value.replace('_', " ")),
    };
    Ok(Reading { what: Measured::Free(name), value, unit: unit.to_owned() })
}

fn sign_of(word: &str) -> Option<Sign> {
    let word = word.to_lowercase();
    CATALOGUE.iter().find(|d| d.words.contains(&word.as_str())).map(|d| d.sign)
}

/// `hr72` and `hr=72` are a word and a figure; `spo2` is a word.
fn split_word(part: &str) -> (&str, &str) {
    if let Some((word, value)) = part.split_once(['=', ':']) {
        return (word, value);
    }
    if sign_of(part).is_some() {
        return (part, "");
    }
    let words = CATALOGUE.iter().flat_map(|d| d.words).chain(&["bp"]);
    words
        .filter(|w| part.get(..w.len()).is_some_and(|head| head.eq_ignore_ascii_case(w)))
        .filter(|w| starts_a_value(&part[w.len()..]))
        .max_by_key(|w| w.len())
        .map_or((part, ""), |w| part.split_at(w.len()))
}

fn starts_a_value(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | '/'))
}

/// A word behind a free sign's value: its unit, unless another sign begins.
fn is_unit(text: &str) -> bool {
    !text.contains('=')
        && sign_of(text).is_none()
        && text != "bp"
        && split_word(text).1.is_empty()
        && !starts_a_value(text)
}

/// A word behind a figure that can only be the unit of a sign of the catalogue.
fn unit_follows(text: &str) -> bool {
    let text = text.to_lowercase();
    matches!(
        text.as_str(),
        "°c" | "c"
            | "°f"
            | "f"
            | "kg"
            | "lb"
            | "lbs"
            | "g"
            | "cm"
            | "m"
            | "in"
            | "%"
            | "/min"
            | "bpm"
            | "mmhg"
            | "mmol/l"
            | "mg/dl"
            | "/10"
    )
}

fn split_number(text: &str) -> (Option<f64>, &str) {
    let end = text
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || matches!(c, '.' | ',') || (*i == 0 && *c == '-')))
        .map_or(text.len(), |(i, _)| i);
    (text[..end].replace(',', ".").parse().ok(), &text[end..])
}

fn whole(text: &str) -> Option<f64> {
    let text = text.to_lowercase();
    split_number(text.trim_end_matches("mmhg")).0.filter(|n| n.fract() == 0.0)
}

/// The value in the catalogue's unit; other units people use are converted, unknown ones refused.
fn to_own_unit(sign: Sign, value: f64, unit: &str) -> Result<f64, Why> {
    let unit = unit.to_lowercase();
    let tenth = |v: f64| (v * 10.0).round() / 10.0;
    let converted = match (sign, unit.as_str()) {
        (_, "") => value,
        (Sign::Temperature, "c" | "°c") | (Sign::Height, "cm") | (Sign::Weight, "kg") => value,
        (Sign::Glucose, "mmol/l") | (Sign::OxygenSaturation, "%") | (Sign::Pain, "/10") => value,
        (Sign::HeartRate | Sign::RespiratoryRate, "/min" | "bpm")
        | (Sign::Systolic | Sign::Diastolic, "mmhg") => value,
        (Sign::Temperature, "f" | "°f") => tenth((value - 32.0) / 1.8),
        (Sign::Height, "m") => tenth(value * 100.0),
        (Sign::Height, "in") => tenth(value * 2.54),
        (Sign::Weight, "lb" | "lbs") => tenth(value * 0.453_592_37),
        (Sign::Weight, "g") => value / 1000.0,
        (Sign::Glucose, "mg/dl") => tenth(value * 0.055_51),
        _ => {
            return Err(Why::new(
                "vital_unit",
                tr!("{sign} is not measured in \"{unit}\".", sign = sign.word(), unit = unit),
            )
            .instead(tr!("Its unit is {unit}.", unit = sign.def().unit)));
        }
    };
    Ok(converted)
}

fn twice(name: &str) -> Why {
    Why::new("vital_twice", tr!("{name} stands twice on the line.", name = name))
        .instead(tr!("Enter the second measurement on a line of its own."))
}

fn unknown(part: &str) -> Why {
    Why::new("vital_unknown", tr!("\"{part}\" is not a sign.", part = part)).instead(tr!(
        "Write bp 120/80, or hr, rr, t, spo2, ht, wt, pain, glu and a figure, or any other as grip=20 kg."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Vec<(String, String)> {
        parse_line(line).unwrap().iter().map(|r| (r.name().to_owned(), r.text())).collect()
    }
    fn said(line: &str) -> Vec<String> {
        parse_line(line).unwrap_err().iter().map(|w| w.sentence.clone()).collect()
    }

    #[test]
    fn one_line_enters_many_signs() {
        let found = read("bp 120/80 hr 72 t 37.2 spo2 98 wt 70 ht 175 pain 3 glu 5.4 rr 16");
        let texts: Vec<_> = found.iter().map(|(_, t)| t.as_str()).collect();
        assert_eq!(
            texts,
            [
                "120 mmHg",
                "80 mmHg",
                "72/min",
                "37.2 °C",
                "98 %",
                "70 kg",
                "175 cm",
                "3/10",
                "5.4 mmol/L",
                "16/min"
            ]
        );
    }

    #[test]
    fn glued_figures_commas_and_units_are_understood() {
        assert_eq!(read("BP120/80, HR72, t 37,2c, sat98%").len(), 5);
        assert_eq!(
            read("wt 154lb ht 1.75m t 98.6 f glu 100mg/dl").iter().map(|r| r.1.clone()).collect::<Vec<_>>(),
            ["69.9 kg", "175 cm", "37 °C", "5.6 mmol/L"]
        );
    }

    #[test]
    fn a_free_sign_keeps_its_name_value_and_unit() {
        assert_eq!(read("grip=20 kg hr 72")[0], ("grip".into(), "20 kg".into()));
        assert_eq!(
            read("peak_flow=450l/min gait=steady"),
            [("peak flow".into(), "450 l/min".into()), ("gait".into(), "steady".into())]
        );
    }

    #[test]
    fn the_part_that_is_wrong_is_named_with_the_reason() {
        assert_eq!(said("bp 80/120"), ["Blood pressure 80/120: the first figure must be the higher one."]);
        assert_eq!(said("bp 120"), ["Blood pressure \"120\" needs two figures."]);
        assert_eq!(said("hr t 37"), ["\"hr\" has no figure."]);
        assert_eq!(said("hr 720 xx"), ["Heart rate 720 /min is impossible.", "\"xx\" is not a sign."]);
        assert_eq!(said("t 37 kg"), ["Temperature is not measured in \"kg\"."]);
        assert_eq!(said("hr 72 hr 73"), ["Heart rate stands twice on the line."]);
        assert_eq!(said("bmi 22"), ["BMI is computed, not entered."]);
        assert_eq!(said("=5"), ["\"=5\" is not a sign with a value."]);
        assert_eq!(said("  "), ["\"\" is not a sign."]);
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_it_panic(line in "\\PC{0,30}|[a-z0-9/.,= °]{0,30}") {
            let _ = parse_line(&line);
        }
    }
}

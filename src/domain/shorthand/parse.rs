//! Reading the prescription line, word by word from the left. Before the dose everything is the drug; behind it what is
//! not understood stays with the dose, and behind the frequency it becomes instructions.
use super::{EVERY_HOURS, Frequency, Route, Shorthand};
use crate::domain::why::Why;
use crate::tr;

/// Longest duration in days and most repeats a line may ask for.
pub const LONGEST_DAYS: u16 = 366;
pub const MOST_REPEATS: u8 = 12;

const UNITS: [&str; 32] = [
    "mg",
    "g",
    "mcg",
    "microg",
    "microgram",
    "micrograms",
    "ug",
    "µg",
    "ng",
    "kg",
    "ml",
    "l",
    "units",
    "unit",
    "u",
    "iu",
    "mmol",
    "%",
    "tab",
    "tabs",
    "tablet",
    "tablets",
    "cap",
    "caps",
    "capsule",
    "capsules",
    "puff",
    "puffs",
    "drop",
    "drops",
    "patch",
    "sachet",
];

/// Reads a line; refused when there is no drug or a figure is impossible, saying which.
pub fn parse_prescription(line: &str) -> Result<Shorthand, Why> {
    let mut found = Shorthand::default();
    let (rest, quoted) = take_quoted(line);
    let mut instructions = quoted;
    let words: Vec<&str> = rest.split_whitespace().map(|w| w.trim_end_matches([',', ';'])).collect();
    let lower: Vec<String> = words.iter().map(|w| w.to_lowercase()).collect();
    let (mut drug, mut dose): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < words.len() {
        let ahead: Vec<&str> = lower[at..].iter().map(String::as_str).collect();
        let (word, first) = (words[at], at == 0);
        let mut used = 1;
        if first {
            drug.push(word.to_owned());
        } else if let Some((phrase, n)) = phrase(&ahead) {
            used = n;
            match phrase {
                Phrase::AsNeeded => found.as_needed = true,
                Phrase::Often(often) if found.frequency.is_none() => found.frequency = Some(often),
                Phrase::Often(_) => instructions.push(words[at..at + n].join(" ")),
                Phrase::Days(days) if (1..=u32::from(LONGEST_DAYS)).contains(&days) => {
                    found.duration_days = u16::try_from(days).ok();
                }
                Phrase::Days(days) => return Err(too_long(days)),
            }
        } else if let Some(route) = route(ahead[0]).filter(|_| found.route.is_none()) {
            found.route = Some(route);
        } else if let Some(n) = ahead[0].strip_prefix('#').and_then(quantity) {
            found.quantity = Some(n);
        } else if let Some(n) = repeats(ahead[0]) {
            if n > u32::from(MOST_REPEATS) {
                return Err(Why::new("rx_repeats", tr!("{n} repeats are too many.", n = n))
                    .instead(tr!("Up to {n} are possible, written as r2.", n = MOST_REPEATS)));
            }
            found.repeats = u8::try_from(n).ok();
        } else if let Some((text, n)) = dose_at(&words[at..], &ahead) {
            used = n;
            if found.frequency.is_none() && !dose.is_empty() {
                // Two amounts: the first was the strength, part of the drug's name.
                drug.append(&mut dose);
            }
            dose.push(text);
        } else if dose.is_empty() && found.frequency.is_none() {
            drug.push(word.to_owned());
        } else if found.frequency.is_none() {
            dose.push(word.to_owned());
        } else {
            instructions.push(word.to_owned());
        }
        at += used;
    }
    found.drug = drug.join(" ");
    found.dose = dose.join(" ");
    found.instructions = instructions.join(" ");
    let begins: Vec<&str> = lower.iter().map(String::as_str).collect();
    if !found.drug.chars().any(char::is_alphabetic) || dose_at(&words, &begins).is_some() {
        return Err(Why::new("rx_drug", tr!("The line does not begin with a drug."))
            .instead(tr!("Write it as amoxicillin 500 mg tds 7d.")));
    }
    Ok(found)
}

fn too_long(days: u32) -> Why {
    Why::new("rx_duration", tr!("{n} days is not a possible duration.", n = days))
        .instead(tr!("It lasts from 1 to {n} days, written as 7d, 2w or 1m.", n = LONGEST_DAYS))
}

enum Phrase {
    Often(Frequency),
    AsNeeded,
    Days(u32),
}

/// What the next words say about when and how long, and how many words that is.
fn phrase(ahead: &[&str]) -> Option<(Phrase, usize)> {
    let count = |word: &str| match word {
        "once" | "one" | "1" => Some(1),
        "twice" | "two" | "2" => Some(2),
        "three" | "3" => Some(3),
        "four" | "4" => Some(4),
        _ => None,
    };
    let often = |n: u8, words: usize| Some((Phrase::Often(Frequency::TimesADay(n)), words));
    match *ahead {
        ["as" | "when" | "if", "needed" | "required", ..] => return Some((Phrase::AsNeeded, 2)),
        ["prn", ..] => return Some((Phrase::AsNeeded, 1)),
        ["at", "night", ..] => return Some((Phrase::Often(Frequency::Night), 2)),
        ["in", "the", "morning", ..] => return Some((Phrase::Often(Frequency::Morning), 3)),
        [n, "times", "a" | "per", "day", ..] if count(n).is_some() => return often(count(n)?, 4),
        [n, "times", "daily", ..] if count(n).is_some() => return often(count(n)?, 3),
        [n @ ("once" | "twice"), "a" | "per", "day", ..] => return often(count(n)?, 3),
        [n @ ("once" | "twice"), "daily", ..] => return often(count(n)?, 2),
        ["every", h, "h" | "hr" | "hrs" | "hour" | "hours", ..] => {
            return Some((Phrase::Often(hours(h)?), 3));
        }
        ["every", "hour", ..] => return Some((Phrase::Often(Frequency::EveryHours(1)), 2)),
        ["every", h, ..] if h.ends_with('h') => {
            return Some((Phrase::Often(hours(h.trim_end_matches('h'))?), 2));
        }
        ["for", n, unit, ..] if days(&format!("{n}{unit}")).is_some() => {
            return Some((Phrase::Days(days(&format!("{n}{unit}"))?), 3));
        }
        ["for", n, ..] if days(n).is_some() => return Some((Phrase::Days(days(n)?), 2)),
        [n, unit @ ("day" | "days" | "week" | "weeks" | "month" | "months"), ..] => {
            return Some((Phrase::Days(days(&format!("{n}{unit}"))?), 2));
        }
        _ => {}
    }
    let first = ahead.first()?;
    frequency(first).map(Phrase::Often).or_else(|| days(first).map(Phrase::Days)).map(|p| (p, 1))
}

/// A frequency in one word: `tds`, `q8h`, `8hrly`, `nocte`.
pub(super) fn frequency(word: &str) -> Option<Frequency> {
    Some(match word {
        "stat" => Frequency::Stat,
        "od" | "daily" | "qd" | "d" | "once" => Frequency::TimesADay(1),
        "bd" | "bid" | "twice" => Frequency::TimesADay(2),
        "tds" | "tid" => Frequency::TimesADay(3),
        "qid" | "qds" => Frequency::TimesADay(4),
        "mane" | "om" => Frequency::Morning,
        "nocte" | "on" | "hs" => Frequency::Night,
        "hourly" => Frequency::EveryHours(1),
        _ => {
            let middle =
                word.strip_prefix('q').and_then(|w| w.strip_suffix('h').or_else(|| w.strip_suffix("hr")));
            let hourly =
                ["-hourly", "hourly", "hrly", "-hrly", "/24"].iter().find_map(|end| word.strip_suffix(end));
            hours(middle.or(hourly)?)?
        }
    })
}

fn hours(text: &str) -> Option<Frequency> {
    let n: u8 = text.parse().ok()?;
    if n == 24 {
        return Some(Frequency::TimesADay(1));
    }
    EVERY_HOURS.contains(&n).then_some(Frequency::EveryHours(n))
}

/// `7d`, `2w`, `1m` (28, 30 days a month are both in use: 30 here), and `7/7`, `1/52`, `3/12` as charts write them.
fn days(word: &str) -> Option<u32> {
    if let Some((n, of)) = word.split_once('/') {
        let each = match of {
            "7" => 1,
            "52" => 7,
            "12" => 30,
            _ => return None,
        };
        return n.parse::<u32>().ok()?.checked_mul(each);
    }
    let figures = word.bytes().take_while(u8::is_ascii_digit).count();
    let each = match &word[figures..] {
        "d" | "day" | "days" => 1,
        "w" | "wk" | "wks" | "week" | "weeks" => 7,
        "m" | "month" | "months" => 30,
        _ => return None,
    };
    word[..figures].parse::<u32>().ok()?.checked_mul(each)
}

fn route(word: &str) -> Option<Route> {
    Route::ALL.iter().find(|(_, _, words)| words.contains(&word)).map(|(r, ..)| *r)
}

fn quantity(text: &str) -> Option<f64> {
    text.parse().ok().filter(|n: &f64| *n > 0.0 && *n <= 10_000.0)
}

fn repeats(word: &str) -> Option<u32> {
    let figures = word.strip_prefix(['x', 'r'])?;
    (figures.len() <= 4).then(|| figures.parse().ok()).flatten()
}

/// An amount: `500 mg`, `500mg`, `875/125 mg`, `1-2 tabs`, `250mg/5ml`.
fn dose_at(words: &[&str], ahead: &[&str]) -> Option<(String, usize)> {
    let first = ahead.first()?;
    let figures =
        first.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '/' | '-' | '½')).count();
    let split = first.char_indices().nth(figures).map_or(first.len(), |(i, _)| i);
    let (number, unit) = first.split_at(split);
    if !number.starts_with(|c: char| c.is_ascii_digit() || c == '½') {
        return None;
    }
    let is_unit = |text: &str| UNITS.contains(&text.split('/').next().unwrap_or_default());
    if unit.is_empty() {
        let next = ahead.get(1).filter(|next| is_unit(next));
        return next.map(|_| (format!("{number} {}", words[1]), 2));
    }
    (is_unit(unit)).then(|| (format!("{number} {}", words[0].get(split..).unwrap_or(unit)), 1))
}

fn take_quoted(line: &str) -> (String, Vec<String>) {
    let (mut rest, mut quoted) = (String::new(), Vec::new());
    for (i, piece) in line.split('"').enumerate() {
        if i % 2 == 0 {
            rest.push_str(piece);
            rest.push(' ');
        } else if !piece.trim().is_empty() {
            quoted.push(piece.trim().to_owned());
        }
    }
    (rest, quoted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(line: &str) -> String {
        parse_prescription(line).map_or_else(|w| w.rule, |p| p.in_words())
    }

    #[test]
    fn a_line_is_said_back_in_full_words() {
        for (line, words) in [
            ("amoxicillin 500 mg tds 7d", "amoxicillin, 500 mg, three times a day, for 7 days"),
            (
                "amoxicillin 500mg po tds 7d #21 r2",
                "amoxicillin, 500 mg, by mouth, three times a day, for 7 days, 21 to supply, 2 repeats",
            ),
            ("Paracetamol 1 g q6h prn", "Paracetamol, 1 g, every 6 hours, when needed"),
            ("temazepam 10 mg nocte x1", "temazepam, 10 mg, at night, 1 repeat"),
            ("amoxicillin 500 mg 2 caps bd", "amoxicillin 500 mg, 2 caps, twice a day"),
            (
                "amoxicillin/clavulanate 875/125 mg bd 5/7",
                "amoxicillin/clavulanate, 875/125 mg, twice a day, for 5 days",
            ),
            (
                "insulin glargine 100 units/ml 12 units subcut mane",
                "insulin glargine 100 units/ml, 12 units, under the skin, in the morning",
            ),
            (
                "vitamin d3 1000 units once a day for 3 months",
                "vitamin d3, 1000 units, once a day, for 90 days",
            ),
            (
                "salbutamol 2 puffs inh every 4 hours as needed",
                "salbutamol, 2 puffs, inhaled, every 4 hours, when needed",
            ),
            ("adrenaline 0.5 mg im stat", "adrenaline, 0.5 mg, into a muscle, once, now"),
            (
                "doxycycline 100 mg od 2w \"with food\"",
                "doxycycline, 100 mg, once a day, for 14 days, with food",
            ),
            ("prednisolone 25 mg od then stop", "prednisolone, 25 mg, once a day, then stop"),
            ("aspirin", "aspirin"),
        ] {
            assert_eq!(said(line), words, "{line}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        assert_eq!(said(""), "rx_drug");
        assert_eq!(said("500 mg tds"), "rx_drug");
        assert_eq!(said("aspirin 100 mg od 400d"), "rx_duration");
        assert_eq!(said("aspirin 100 mg od 0d"), "rx_duration");
        assert_eq!(said("aspirin 100 mg od x99"), "rx_repeats");
    }

    #[test]
    fn an_interval_nobody_uses_stays_as_words() {
        let found = parse_prescription("aspirin 100 mg q5h").unwrap();
        assert_eq!((found.frequency, found.dose.as_str()), (None, "100 mg q5h"));
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_it_panic(line in "\\PC{0,40}|[a-z0-9/.,#\" ½µ-]{0,40}") {
            let _ = parse_prescription(&line);
        }
    }
}

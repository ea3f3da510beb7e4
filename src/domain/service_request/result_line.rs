//! A result on one line, `5.4 mmol/L 3.5-5.2 by Central Lab at 9:30`, read into its fields; the flag follows the range.
use super::{NewResult, ResultFlag};
use crate::domain::{dates::parse_time, time::instant, why::Why};
use crate::tr;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Reads a result measured at `now` unless the line says `at 9:30` (today, in `zone`).
///
/// The range is `3.5-5.2`, `<5`, `>60` or words behind `range`; `L H LL HH A N` at the end sets the flag by hand.
///
/// # Errors
/// When there is no value, the range is upside down, or the time is none or still to come.
pub fn parse_result(line: &str, now: DateTime<Utc>, zone: Tz) -> Result<NewResult, Why> {
    let mut found = NewResult {
        value: String::new(),
        unit: String::new(),
        range_low: None,
        range_high: None,
        range_text: String::new(),
        flag: None,
        measured_at: now,
        performed_by: String::new(),
    };
    let mut rest = line.trim().to_owned();
    if let Some((before, last)) = line.trim().rsplit_once(char::is_whitespace)
        && let Some(flag) = flag_letter(last)
    {
        (found.flag, rest) = (Some(flag), before.trim_end().to_owned());
    }
    if let Some((before, time)) = rest.clone().rsplit_once(" at ") {
        let wall = now.with_timezone(&zone).date_naive().and_time(parse_time(time)?);
        found.measured_at = instant(zone, wall);
        if found.measured_at > now {
            return Err(Why::new("result_future", tr!("{time} is still to come.", time = time))
                .instead(tr!("Give the time at which it was measured.")));
        }
        rest = before.to_owned();
    }
    if let Some((before, by)) = rest.clone().rsplit_once(" by ") {
        found.performed_by = by.trim().to_owned();
        rest = before.to_owned();
    }
    if let Some((before, range)) = rest.clone().rsplit_once(" range ") {
        found.range_text = range.trim().to_owned();
        rest = before.to_owned();
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let Some((value, others)) = words.split_first() else {
        return Err(Why::new("result_empty", tr!("The result has no value."))
            .instead(tr!("Write it as 5.4 mmol/L 3.5-5.2.")));
    };
    found.value = (*value).to_owned();
    let mut text: Vec<&str> = Vec::new();
    for word in others {
        if let Some(flag) = flag_letter(word) {
            found.flag = Some(flag);
        } else if let Some((low, high)) = range(word) {
            (found.range_low, found.range_high) = (low, high);
        } else {
            text.push(word);
        }
    }
    if found.range_low.zip(found.range_high).is_some_and(|(low, high)| low > high) {
        return Err(Why::new("result_range", tr!("The range ends below its beginning."))
            .instead(tr!("Write it as 3.5-5.2.")));
    }
    if number(&found.value).is_some() {
        found.unit = text.join(" ");
    } else if !text.is_empty() {
        // Words are the value: "no growth".
        found.value = format!("{} {}", found.value, text.join(" "));
    }
    found.flag = found.flag.or_else(|| computed(&found));
    Ok(found)
}

/// The number of a value, if it is one.
pub(super) fn number(value: &str) -> Option<f64> {
    value.parse::<f64>().ok().filter(|n| n.is_finite())
}

impl NewResult {
    /// The number of the value, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        number(&self.value)
    }

    /// The range as it is written: `3.5-5.2`, `<5`, `>60`, or its words.
    #[must_use]
    pub fn range(&self) -> String {
        match (self.range_low, self.range_high) {
            (Some(low), Some(high)) => format!("{low}-{high}"),
            (Some(low), None) => format!(">{low}"),
            (None, Some(high)) => format!("<{high}"),
            (None, None) => self.range_text.clone(),
        }
    }

    /// In full words: `5.4 mmol/L (3.5-5.2), high, by Central Lab`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut text = self.value.clone();
        if !self.unit.is_empty() {
            text.push_str(&format!(" {}", self.unit));
        }
        if !self.range().is_empty() {
            text.push_str(&format!(" ({})", self.range()));
        }
        if let Some(flag) = self.flag {
            text.push_str(&format!(", {}", flag.word()));
        }
        if !self.performed_by.is_empty() {
            text.push_str(&tr!(", by {lab}", lab = self.performed_by));
        }
        text
    }
}

fn computed(result: &NewResult) -> Option<ResultFlag> {
    let value = result.number()?;
    if result.range_low.is_none() && result.range_high.is_none() {
        return None;
    }
    Some(if result.range_low.is_some_and(|low| value < low) {
        ResultFlag::Low
    } else if result.range_high.is_some_and(|high| value > high) {
        ResultFlag::High
    } else {
        ResultFlag::Normal
    })
}

fn flag_letter(word: &str) -> Option<ResultFlag> {
    Some(match word {
        "L" => ResultFlag::Low,
        "H" => ResultFlag::High,
        "LL" => ResultFlag::CriticalLow,
        "HH" => ResultFlag::CriticalHigh,
        "A" => ResultFlag::Abnormal,
        "N" => ResultFlag::Normal,
        _ => return None,
    })
}

fn range(word: &str) -> Option<(Option<f64>, Option<f64>)> {
    let word = word.trim_start_matches('(').trim_end_matches(')');
    if let Some(high) = word.strip_prefix('<') {
        return Some((None, Some(number(high)?)));
    }
    if let Some(low) = word.strip_prefix('>') {
        return Some((Some(number(low)?), None));
    }
    let (low, high) = word.split_once(['-', '–'])?;
    Some((Some(number(low)?), Some(number(high)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;

    fn at() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 12, 1, 0, 0).unwrap()
    }

    #[test]
    fn one_line_gives_value_unit_range_flag_time_and_laboratory() {
        let zone = chrono_tz::Australia::Sydney;
        let r = parse_result("5.4 mmol/L 3.5-5.2 by Central Lab at 9:30", at(), zone).unwrap();
        assert_eq!((r.value.as_str(), r.unit.as_str(), r.number()), ("5.4", "mmol/L", Some(5.4)));
        assert_eq!((r.range_low, r.range_high, r.flag), (Some(3.5), Some(5.2), Some(ResultFlag::High)));
        assert_eq!(r.performed_by, "Central Lab");
        assert_eq!(r.measured_at, Utc.with_ymd_and_hms(2026, 3, 11, 22, 30, 0).unwrap());
        assert_eq!(r.in_words(), "5.4 mmol/L (3.5-5.2), high, by Central Lab");
    }

    #[test]
    fn the_flag_follows_the_range_unless_it_is_typed() {
        for (line, flag) in [
            ("3 mmol/L 3.5-5.2", Some(ResultFlag::Low)),
            ("4 mmol/L 3.5-5.2", Some(ResultFlag::Normal)),
            ("4 mmol/L <3", Some(ResultFlag::High)),
            ("59 mL/min >60", Some(ResultFlag::Low)),
            ("7 mmol/L 3.5-5.2 HH", Some(ResultFlag::CriticalHigh)),
            ("4 mmol/L", None),
            ("no growth range none A", Some(ResultFlag::Abnormal)),
        ] {
            assert_eq!(parse_result(line, at(), Tz::UTC).unwrap().flag, flag, "{line}");
        }
        let r = parse_result("no growth range none", at(), Tz::UTC).unwrap();
        assert_eq!((r.value.as_str(), r.range().as_str()), ("no growth", "none"));
    }

    #[test]
    fn nothing_an_upside_down_range_and_a_time_to_come_are_refused() {
        for line in ["", "4 mmol/L 5-3", "4 at 23:00", "4 at 99"] {
            assert!(parse_result(line, at(), Tz::UTC).is_err(), "{line}");
        }
    }
}

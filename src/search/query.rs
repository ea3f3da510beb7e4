//! The query line for appointments and records: `pt:smith dr:tan at:randwick st:no_show on:last-tue from:1/3 to:12/3` and
//! free words. What cannot be read is said in a sentence, and the rest still counts.
use crate::domain::appointment::AppointmentStatus;
use crate::domain::dates::parse_date;
use crate::domain::why::Why;
use crate::tr;
use chrono::NaiveDate;

/// What a query line asks for. Names are as typed; whoever looks them up folds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub patient: Option<String>,
    pub provider: Option<String>,
    pub centre: Option<String>,
    pub status: Option<AppointmentStatus>,
    /// First and last day, both included; `on:` sets both.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// Words without a field.
    pub words: Vec<String>,
    /// What could not be read.
    pub errors: Vec<Why>,
}

impl Query {
    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether only dates were given: enough for staff, never for patients.
    #[must_use]
    pub fn is_date_alone(&self) -> bool {
        (self.from.is_some() || self.to.is_some())
            && self.patient.is_none()
            && self.provider.is_none()
            && self.centre.is_none()
            && self.words.is_empty()
    }
}

/// Reads a query line; dates are resolved against `today`. `"quoted words"` stay together, hyphens in a date are blanks.
#[must_use]
pub fn parse_query(line: &str, today: NaiveDate) -> Query {
    let mut query = Query::default();
    for part in split(line) {
        let field = part
            .split_once(':')
            .filter(|(name, _)| !name.is_empty() && name.chars().all(char::is_alphabetic));
        match field {
            Some((name, value)) => query.set(&name.to_lowercase(), value.trim(), today),
            None => query.words.push(part),
        }
    }
    if let (Some(from), Some(to)) = (query.from, query.to)
        && from > to
    {
        query.errors.push(
            Why::new("query_period", tr!("The first day lies after the last one."))
                .instead(tr!("Give from: the earlier day and to: the later one.")),
        );
    }
    query
}

impl Query {
    fn set(&mut self, name: &str, value: &str, today: NaiveDate) {
        if value.is_empty() {
            self.errors.push(
                Why::new("query_value", tr!("There is nothing after {name}:.", name = name))
                    .instead(tr!("Write the value right behind the colon, as in pt:smith.")),
            );
            return;
        }
        match name {
            "pt" | "patient" => self.patient = Some(value.to_owned()),
            "dr" | "pr" | "provider" => self.provider = Some(value.to_owned()),
            "at" | "centre" => self.centre = Some(value.to_owned()),
            "st" | "status" => match AppointmentStatus::from_code(value) {
                Some(status) => self.status = Some(status),
                None => self.errors.push(unknown_status(value)),
            },
            "on" | "date" | "from" | "to" => match parse_date(&spaced(value), today) {
                Ok(day) => {
                    if name != "to" {
                        self.from = Some(day);
                    }
                    if name != "from" {
                        self.to = Some(day);
                    }
                }
                Err(why) => self.errors.push(why),
            },
            _ => self.errors.push(
                Why::new("query_field", tr!("There is no field \"{name}:\".", name = name))
                    .instead(tr!("The fields are pt: dr: at: st: on: from: to:.")),
            ),
        }
    }
}

fn unknown_status(value: &str) -> Why {
    let known = AppointmentStatus::ALL.map(AppointmentStatus::code).join(", ");
    Why::new("query_status", tr!("There is no status \"{status}\".", status = value))
        .instead(tr!("It is one of: {known}.", known = known))
}

/// `last-tue` is two words, `2026-03-12` and `-3` are dates.
fn spaced(value: &str) -> String {
    match value.split_once('-') {
        Some((first, rest)) if !first.is_empty() && first.chars().all(char::is_alphabetic) => {
            format!("{first} {rest}")
        }
        _ => value.to_owned(),
    }
}

fn split(line: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !part.is_empty() {
                    parts.push(std::mem::take(&mut part));
                }
            }
            c => part.push(c),
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Query {
        parse_query(line, "2026-03-12".parse().unwrap())
    }
    fn day(text: &str) -> Option<NaiveDate> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_line_of_fields_and_words_is_read() {
        let query = read("pt:smith dr:\"van der berg\" at:randwick st:no-show on:last-tue knee pain");
        assert_eq!(query.patient.as_deref(), Some("smith"));
        assert_eq!(query.provider.as_deref(), Some("van der berg"));
        assert_eq!(query.centre.as_deref(), Some("randwick"));
        assert_eq!(query.status, Some(AppointmentStatus::NoShow));
        assert_eq!((query.from, query.to), (day("2026-03-10"), day("2026-03-10")));
        assert_eq!(query.words, ["knee", "pain"]);
        assert!(query.errors.is_empty());
    }

    #[test]
    fn a_range_has_a_first_and_a_last_day() {
        let query = read("from:2026-03-01 to:today");
        assert_eq!((query.from, query.to), (day("2026-03-01"), day("2026-03-12")));
        assert!(query.is_date_alone() && !read("pt:x on:today").is_date_alone());
        assert!(read("  ").is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_said_and_the_rest_counts() {
        let query = read("pt:smith st:gone on:31/4 colour:red dr: 10:30");
        let rules: Vec<_> = query.errors.iter().map(|e| e.rule.as_str()).collect();
        assert_eq!(rules, ["query_status", "date_exists", "query_field", "query_value"]);
        assert_eq!(query.patient.as_deref(), Some("smith"));
        assert_eq!(query.words, ["10:30"]);
        assert_eq!(read("from:today to:yesterday").errors[0].rule, "query_period");
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_it_panic(line in "\\PC{0,40}|[a-z:\" 0-9-]{0,40}") {
            let _ = read(&line);
        }
    }
}

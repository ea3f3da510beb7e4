//! The fields of each list as a person fills them in: one table for every list, from which forms are made and read.
use super::{AllergyStatus, ConditionStatus, Entry, HistoryList, Severity, rough_date};
use crate::{
    domain::{dates, why::Why},
    tr,
};
use chrono::{Datelike as _, Days, NaiveDate};

/// What may be typed into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    /// Words or a code of the list's code system; free text is always possible.
    Coded,
    /// A past date, or only its year.
    Date,
    /// A whole number from 1 to 20.
    Number,
    /// One of these: code and word.
    Choice(&'static [(&'static str, &'static str)]),
}

/// One field of a list's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryField {
    pub key: &'static str,
    /// English; looked up when shown.
    pub label: &'static str,
    pub kind: FieldKind,
    pub required: bool,
}

const fn field(key: &'static str, label: &'static str, kind: FieldKind) -> HistoryField {
    HistoryField { key, label, kind, required: false }
}
const fn required(key: &'static str, label: &'static str, kind: FieldKind) -> HistoryField {
    HistoryField { key, label, kind, required: true }
}

const SEVERITY: FieldKind =
    FieldKind::Choice(&[("", "not said"), ("mild", "mild"), ("moderate", "moderate"), ("severe", "severe")]);
const ALLERGY_STATUS: FieldKind =
    FieldKind::Choice(&[("active", "active"), ("inactive", "inactive"), ("resolved", "resolved")]);
const CONDITION_STATUS: FieldKind = FieldKind::Choice(&[("active", "active"), ("resolved", "resolved")]);

/// The fields of a list, in the order in which they are asked. `code` has no field of its own: it comes with the choice.
#[must_use]
pub fn fields(list: HistoryList) -> &'static [HistoryField] {
    const ALLERGY: [HistoryField; 5] = [
        required("name", "Substance", FieldKind::Coded),
        field("reaction", "Reaction", FieldKind::Text),
        field("severity", "Severity", SEVERITY),
        field("since", "Since", FieldKind::Date),
        field("status", "Status", ALLERGY_STATUS),
    ];
    const CONDITION: [HistoryField; 4] = [
        required("name", "Condition", FieldKind::Coded),
        field("since", "Since", FieldKind::Date),
        field("treatment", "Treatment", FieldKind::Text),
        field("status", "Status", CONDITION_STATUS),
    ];
    const MEDICATION: [HistoryField; 5] = [
        required("name", "Drug", FieldKind::Coded),
        field("dose", "Dose", FieldKind::Text),
        field("frequency", "Frequency", FieldKind::Text),
        field("since", "Since", FieldKind::Date),
        field("prescriber", "Prescriber", FieldKind::Text),
    ];
    const SURGERY: [HistoryField; 3] = [
        required("name", "Operation", FieldKind::Text),
        field("date", "Date", FieldKind::Date),
        field("notes", "Notes", FieldKind::Text),
    ];
    const VACCINATION: [HistoryField; 4] = [
        required("name", "Vaccine", FieldKind::Coded),
        field("date", "Date", FieldKind::Date),
        field("dose_number", "Dose number", FieldKind::Number),
        field("notes", "Notes", FieldKind::Text),
    ];
    const FAMILY: [HistoryField; 3] = [
        required("relationship", "Relationship", FieldKind::Text),
        required("name", "Condition", FieldKind::Coded),
        field("notes", "Notes", FieldKind::Text),
    ];
    match list {
        HistoryList::Allergies => &ALLERGY,
        HistoryList::Conditions => &CONDITION,
        HistoryList::Medication => &MEDICATION,
        HistoryList::Surgeries => &SURGERY,
        HistoryList::Vaccinations => &VACCINATION,
        HistoryList::Family => &FAMILY,
    }
}

/// Checks one field as it is left; the sentence stands beside it.
pub fn check(field: &HistoryField, typed: &str, today: NaiveDate) -> Result<(), Why> {
    let typed = typed.trim();
    if field.required && typed.is_empty() {
        return Err(Why::new("field_required", tr!("This is needed.")));
    }
    match field.kind {
        FieldKind::Date => past_date(typed, today).map(|_| ()),
        FieldKind::Number => dose_number(typed).map(|_| ()),
        _ => Ok(()),
    }
}

/// The entry that was filled in: `get` gives what stands in a field. Every field that is wrong is named.
pub fn entry(
    list: HistoryList,
    code: Option<String>,
    get: impl Fn(&str) -> String,
    today: NaiveDate,
) -> Result<Entry, Vec<(&'static str, Why)>> {
    let wrong: Vec<_> = fields(list)
        .iter()
        .filter_map(|f| check(f, &get(f.key), today).err().map(|why| (f.key, why)))
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let text = |key: &str| get(key).trim().to_owned();
    let date = |key: &str| past_date(get(key).trim(), today).ok().flatten();
    Ok(match list {
        HistoryList::Allergies => Entry::Allergy {
            code,
            substance: text("name"),
            reaction: text("reaction"),
            severity: Severity::from_code(&text("severity")),
            since: date("since"),
            status: AllergyStatus::from_code(&text("status")).unwrap_or(AllergyStatus::Active),
        },
        HistoryList::Conditions => Entry::Condition {
            code,
            name: text("name"),
            since: date("since"),
            treatment: text("treatment"),
            status: ConditionStatus::from_code(&text("status")).unwrap_or(ConditionStatus::Active),
        },
        HistoryList::Medication => Entry::Medication {
            code,
            name: text("name"),
            dose: text("dose"),
            frequency: text("frequency"),
            since: date("since"),
            prescriber: text("prescriber"),
            ended_on: None,
        },
        HistoryList::Surgeries => {
            Entry::Surgery { name: text("name"), performed_on: date("date"), notes: text("notes") }
        }
        HistoryList::Vaccinations => Entry::Vaccination {
            code,
            vaccine: text("name"),
            given_on: date("date"),
            dose_number: dose_number(&text("dose_number")).ok().flatten(),
            notes: text("notes"),
        },
        HistoryList::Family => Entry::Family {
            relationship: text("relationship"),
            code,
            condition: text("name"),
            notes: text("notes"),
        },
    })
}

/// What stands in each field of an entry: the reverse of [`entry`].
#[must_use]
pub fn values(entry: &Entry) -> Vec<(&'static str, String)> {
    let date = |d: &Option<NaiveDate>| d.map(typed_date).unwrap_or_default();
    match entry {
        Entry::Allergy { substance, reaction, severity, since, status, .. } => vec![
            ("name", substance.clone()),
            ("reaction", reaction.clone()),
            ("severity", severity.map(|s| s.code().to_owned()).unwrap_or_default()),
            ("since", date(since)),
            ("status", status.code().to_owned()),
        ],
        Entry::Condition { name, since, treatment, status, .. } => vec![
            ("name", name.clone()),
            ("since", date(since)),
            ("treatment", treatment.clone()),
            ("status", status.code().to_owned()),
        ],
        Entry::Medication { name, dose, frequency, since, prescriber, .. } => vec![
            ("name", name.clone()),
            ("dose", dose.clone()),
            ("frequency", frequency.clone()),
            ("since", date(since)),
            ("prescriber", prescriber.clone()),
        ],
        Entry::Surgery { name, performed_on, notes } => {
            vec![("name", name.clone()), ("date", date(performed_on)), ("notes", notes.clone())]
        }
        Entry::Vaccination { vaccine, given_on, dose_number, notes, .. } => vec![
            ("name", vaccine.clone()),
            ("date", date(given_on)),
            ("dose_number", dose_number.map(|n| n.to_string()).unwrap_or_default()),
            ("notes", notes.clone()),
        ],
        Entry::Family { relationship, condition, notes, .. } => {
            vec![
                ("relationship", relationship.clone()),
                ("name", condition.clone()),
                ("notes", notes.clone()),
            ]
        }
    }
}

/// A date in the past as people remember it: `2010`, `3/2010`, `12/3/2010`, `today`, `yesterday`. Nothing is no date.
pub fn past_date(typed: &str, today: NaiveDate) -> Result<Option<NaiveDate>, Why> {
    let typed = typed.trim();
    let wrong = || {
        Why::new("past_date", tr!("This is not a date in the past."))
            .instead(tr!("Write 2010, 3/2010 or 12/3/2010."))
    };
    let found = match typed.to_lowercase().as_str() {
        "" => return Ok(None),
        "today" => Some(today),
        "yesterday" => today.checked_sub_days(Days::new(1)),
        year if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) => {
            year.parse().ok().and_then(|y| NaiveDate::from_ymd_opt(y, 1, 1))
        }
        other => match other.split_once('/') {
            Some((month, year)) if year.len() == 4 && !year.contains('/') => {
                match (month.parse(), year.parse()) {
                    (Ok(m), Ok(y)) => NaiveDate::from_ymd_opt(y, m, 1),
                    _ => None,
                }
            }
            _ => dates::parse_birth_date(other, today).ok(),
        },
    };
    match found {
        Some(date) if date <= today && date.year() >= 1850 => Ok(Some(date)),
        _ => Err(wrong()),
    }
}

fn typed_date(date: NaiveDate) -> String {
    let rough = rough_date(date);
    if rough.len() == 4 { rough } else { date.format("%-d/%-m/%Y").to_string() }
}

fn dose_number(typed: &str) -> Result<Option<i32>, Why> {
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().ok().filter(|n| (1..=20).contains(n)).map(Some).ok_or_else(|| {
        Why::new("dose_number", tr!("A dose number is a whole number.")).instead(tr!("Write 1 to 20."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 12).unwrap()
    }

    #[test]
    fn a_year_alone_is_a_date_and_is_shown_as_a_year() {
        let d = past_date("2010", today()).unwrap().unwrap();
        assert_eq!(rough_date(d), "2010");
        assert_eq!(past_date("3/2010", today()).unwrap(), NaiveDate::from_ymd_opt(2010, 3, 1));
        assert_eq!(past_date("12/3/2010", today()).unwrap(), NaiveDate::from_ymd_opt(2010, 3, 12));
        assert_eq!(past_date("", today()).unwrap(), None);
    }

    #[test]
    fn a_date_in_the_future_is_refused() {
        assert!(past_date("2027", today()).is_err());
        assert!(past_date("13/3/2026", today()).is_err());
        assert!(past_date("soon", today()).is_err());
    }

    #[test]
    fn what_is_needed_and_missing_is_named() {
        for list in HistoryList::ALL {
            let wrong = entry(*list, None, |_| String::new(), today()).unwrap_err();
            let needed: Vec<_> = fields(*list).iter().filter(|f| f.required).map(|f| f.key).collect();
            assert_eq!(wrong.iter().map(|(key, _)| *key).collect::<Vec<_>>(), needed);
        }
    }

    #[test]
    fn what_was_filled_in_stands_in_the_fields_again() {
        for list in HistoryList::ALL {
            let fill = |key: &str| {
                match key {
                    "since" | "date" => "12/3/2010",
                    "severity" => "severe",
                    "status" => "resolved",
                    "dose_number" => "2",
                    other => other,
                }
                .to_owned()
            };
            let made = entry(*list, None, fill, today()).unwrap();
            assert_eq!(made.list(), *list);
            for (key, value) in values(&made) {
                assert_eq!(value, fill(key), "{list:?} {key}");
            }
            assert_eq!(values(&made).len(), fields(*list).len());
        }
    }
}

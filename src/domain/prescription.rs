//! What was prescribed, and the plain checks on entry: an allergy of that name, a drug the patient already takes.
//!
//! A check never forbids: going ahead needs a reason, and reason and warnings are kept with the prescription.
use super::{
    authored::Authored,
    bracket_code::take_code,
    coded::coded,
    ids::{EncounterId, PrescriptionId},
    shorthand::{Frequency, Route, Shorthand, parse_prescription},
    why::Why,
};
use crate::tr;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

coded! {
    /// Whether the drug is still to be taken.
    pub enum PrescriptionStatus {
        Active = "active" "active",
        Ended = "ended" "ended",
        Stopped = "stopped" "stopped",
    }
}

coded! {
    /// What a check found.
    pub enum WarningKind {
        Allergy = "allergy" "allergy",
        Duplicate = "duplicate" "duplicate",
    }
}

/// One finding of a check, with the words it was found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    pub kind: WarningKind,
    /// The substance or the drug on the patient's list.
    pub about: String,
}

impl Warning {
    /// One sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self.kind {
            WarningKind::Allergy => tr!("The patient is allergic to {substance}.", substance = self.about),
            WarningKind::Duplicate => tr!("The patient already takes {drug}.", drug = self.about),
        }
    }
}

/// A prescription as it is entered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewPrescription {
    /// RxNorm, typed as `[723]`; none for free words.
    pub code: Option<String>,
    pub drug: String,
    pub dose: String,
    pub route: Option<Route>,
    pub frequency: Option<Frequency>,
    pub as_needed: bool,
    /// Days, 1 to 366.
    pub duration_days: Option<u16>,
    pub starts_on: NaiveDate,
    /// Units to supply, 1 to 10,000.
    pub quantity: Option<u16>,
    /// 0 to 20.
    pub repeats: Option<u8>,
    pub instructions: String,
}

/// A prescription as it stands in a visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Prescription {
    pub id: PrescriptionId,
    pub encounter: EncounterId,
    pub version: i64,
    pub what: NewPrescription,
    /// What the checks had found when it was written.
    pub warnings: Vec<WarningKind>,
    /// Why it was written nevertheless.
    pub override_why: String,
    pub status: PrescriptionStatus,
    pub written: Authored,
}

impl NewPrescription {
    /// Reads one line; it starts on `today` unless the line says `from 12/3`.
    ///
    /// # Errors
    /// When there is no drug or a figure is impossible, saying which.
    pub fn parse(line: &str, today: NaiveDate) -> Result<Self, Why> {
        let (code, line) = take_code(line);
        let (line, starts_on) = match line.rsplit_once(" from ") {
            Some((before, day)) => match super::dates::parse_date(day, today) {
                Ok(date) => (before.to_owned(), date),
                Err(_) => (line.clone(), today),
            },
            None => (line.clone(), today),
        };
        let Shorthand {
            drug,
            dose,
            route,
            frequency,
            as_needed,
            duration_days,
            quantity,
            repeats,
            instructions,
        } = parse_prescription(&line)?;
        let quantity = quantity.map(whole).transpose()?;
        Ok(Self {
            code,
            drug,
            dose,
            route,
            frequency,
            as_needed,
            duration_days,
            starts_on,
            quantity,
            repeats,
            instructions,
        })
    }

    /// All of it in full words; the start only when it is not `today`.
    #[must_use]
    pub fn in_words(&self, today: Option<NaiveDate>) -> String {
        let mut words = Shorthand {
            drug: self.drug.clone(),
            dose: self.dose.clone(),
            route: self.route,
            frequency: self.frequency.clone(),
            as_needed: self.as_needed,
            duration_days: self.duration_days,
            quantity: self.quantity.map(f64::from),
            repeats: self.repeats,
            instructions: self.instructions.clone(),
        }
        .in_words();
        if Some(self.starts_on) != today {
            words.push_str(&tr!(", from {date}", date = super::dates::long_date(self.starts_on)));
        }
        if let Some(code) = &self.code {
            words.push_str(&format!(" [{code}]"));
        }
        words
    }

    /// The last day on which it is taken; none without a duration.
    #[must_use]
    pub fn last_day(&self) -> Option<NaiveDate> {
        let days = self.duration_days?;
        self.starts_on.checked_add_days(Days::new(u64::from(days.saturating_sub(1))))
    }
}

fn whole(quantity: f64) -> Result<u16, Why> {
    if quantity.fract() == 0.0 && (1.0..=10_000.0).contains(&quantity) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was just checked"
        )]
        return Ok(quantity as u16);
    }
    Err(Why::new("rx_quantity", tr!("{n} cannot be supplied.", n = quantity))
        .instead(tr!("The quantity is a whole number from 1 to 10,000, written as #21.")))
}

/// Endings that tell the class of a drug, and the word by which an allergy to that class is written.
const CLASSES: [(&str, &str); 2] = [("cillin", "penicillin"), ("sulfamethoxazole", "sulfonamide")];

/// What is known against a drug: allergies by name or class, and the same drug among those taken now.
#[must_use]
pub fn warnings(drug: &str, allergies: &[String], taken: &[String]) -> Vec<Warning> {
    let drug = names(drug);
    let allergy = allergies
        .iter()
        .filter(|substance| {
            let words = names(substance);
            words.iter().any(|w| {
                let w = w.trim_end_matches('s');
                drug.iter().any(|d| {
                    d.trim_end_matches('s') == w
                        || CLASSES.iter().any(|(ending, class)| d.ends_with(ending) && w == *class)
                })
            })
        })
        .map(|about| Warning { kind: WarningKind::Allergy, about: about.clone() });
    let mut same: Vec<&String> =
        taken.iter().filter(|t| names(t).first().is_some_and(|t| drug.first() == Some(t))).collect();
    same.dedup();
    let duplicate =
        same.into_iter().map(|about| Warning { kind: WarningKind::Duplicate, about: about.clone() });
    allergy.chain(duplicate).collect()
}

/// The words of a name that can be a substance: four letters or more.
fn names(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| w.chars().filter(|c| c.is_alphabetic()).count() >= 4)
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 12).unwrap()
    }

    #[test]
    fn one_line_gives_every_field_and_reads_back_in_full_words() {
        let rx = NewPrescription::parse(
            "amoxicillin [723] 500 mg po tds 7d #21 r1 \"with food\" from 14/3",
            day(),
        )
        .unwrap();
        assert_eq!(rx.code.as_deref(), Some("723"));
        assert_eq!((rx.drug.as_str(), rx.dose.as_str()), ("amoxicillin", "500 mg"));
        assert_eq!(rx.frequency, Some(Frequency::TimesADay(3)));
        assert_eq!((rx.duration_days, rx.quantity, rx.repeats), (Some(7), Some(21), Some(1)));
        assert_eq!(rx.starts_on, NaiveDate::from_ymd_opt(2026, 3, 14).unwrap());
        assert_eq!(rx.last_day(), NaiveDate::from_ymd_opt(2026, 3, 20));
        assert_eq!(
            rx.in_words(Some(day())),
            "amoxicillin, 500 mg, by mouth, three times a day, for 7 days, 21 to supply, 1 repeat, with food, \
             from 14 Mar 2026 [723]"
        );
        assert!(NewPrescription::parse("amoxicillin 500 mg #2.5", day()).is_err());
    }

    #[test]
    fn an_allergy_is_found_by_name_and_by_class_and_a_drug_by_its_name() {
        let list = |items: &[&str]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (drug, allergies, taken, expected) in [
            ("amoxicillin", &["Penicillin"][..], &[][..], &[WarningKind::Allergy][..]),
            ("Amoxicillin", &["penicillins"], &[], &[WarningKind::Allergy]),
            (
                "ibuprofen",
                &["Ibuprofen (rash)"],
                &["IBUPROFEN 200 mg"],
                &[WarningKind::Allergy, WarningKind::Duplicate],
            ),
            ("metformin", &["peanut"], &["metformin XR"], &[WarningKind::Duplicate]),
            ("metoprolol", &["metal"], &["metformin"], &[]),
        ] {
            let found: Vec<_> =
                warnings(drug, &list(allergies), &list(taken)).into_iter().map(|w| w.kind).collect();
            assert_eq!(found, expected, "{drug}");
        }
    }
}

//! A visit: what happened at an appointment, from its start to its signature; and what is still missing to end it.
use super::{
    coded::coded,
    ids::{AppointmentId, CentreId, EncounterId, NoteId, ObservationId, PatientId, ProviderId},
    name::PersonName,
    observation::{Flag, Measured, Reading, Sign, Value},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

coded! {
    /// How far a visit is.
    pub enum EncounterState {
        Open = "open" "open",
        Paused = "paused" "paused",
        Signed = "signed" "signed",
        Voided = "voided" "voided",
    }
}

impl EncounterState {
    /// Its text may still change.
    #[must_use]
    pub fn is_unsigned(self) -> bool {
        matches!(self, Self::Open | Self::Paused)
    }
}

coded! {
    /// What ending a visit may print.
    pub enum Document {
        VisitSummary = "visit_summary" "visit summary",
        Prescriptions = "prescriptions" "prescriptions",
        Referral = "referral" "referral letter",
        SickNote = "sick_note" "sick note",
        TestOrders = "test_orders" "test orders",
        Receipt = "receipt" "receipt",
    }
}

coded! {
    /// The part of the body a note is about, where that is wanted.
    pub enum BodySystem {
        General = "general" "general",
        Head = "head_neck" "head and neck",
        Eyes = "eyes" "eyes",
        Ears = "ent" "ear, nose, throat",
        Heart = "cardiovascular" "heart and vessels",
        Lungs = "respiratory" "lungs",
        Abdomen = "abdomen" "abdomen",
        Urinary = "genitourinary" "urinary and genital",
        Muscles = "musculoskeletal" "muscles and joints",
        Nerves = "neurological" "nerves",
        Skin = "skin" "skin",
        Mind = "psychiatric" "mental state",
    }
}

/// A visit as its panel knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    pub id: EncounterId,
    pub version: i64,
    pub appointment: Option<AppointmentId>,
    pub patient: PatientId,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub centre: CentreId,
    pub centre_name: String,
    pub state: EncounterState,
    pub day: NaiveDate,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub chief_complaint: String,
    pub follow_up_on: Option<NaiveDate>,
    pub follow_up_notes: String,
    pub fee_cents: Option<i32>,
    pub sick_from: Option<NaiveDate>,
    pub sick_to: Option<NaiveDate>,
    pub documents: Vec<Document>,
    pub void_why: String,
    pub signed_at: Option<DateTime<Utc>>,
    pub signed_by: Option<PersonName>,
    /// It is the signed-in provider's own: they end, pause and void it.
    pub mine: bool,
    /// The signed-in person may add to it now.
    pub may_write: bool,
    /// Its provider's profession diagnoses: ending needs a diagnosis.
    pub needs_diagnosis: bool,
    /// Diagnoses that are not struck out.
    pub diagnoses: i64,
}

/// What a visit still lacks to be signed; what its own fields say, the tabs add theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    ChiefComplaint,
    Diagnosis,
}

impl Visit {
    /// What is still missing, in the order of the tabs. The database refuses to sign for the same reasons.
    #[must_use]
    pub fn lacks(&self) -> Vec<Lack> {
        let complaint = self.chief_complaint.is_empty().then_some(Lack::ChiefComplaint);
        let diagnosis = (self.needs_diagnosis && self.diagnoses == 0).then_some(Lack::Diagnosis);
        complaint.into_iter().chain(diagnosis).collect()
    }
}

/// A field of the visit itself; each is saved when it is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VisitField {
    ChiefComplaint(String),
    FollowUp {
        on: Option<NaiveDate>,
        notes: String,
    },
    /// In cents of the site's currency.
    Fee(Option<i32>),
    SickNote {
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    },
    Documents(Vec<Document>),
}

/// A note that is to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewNote {
    /// May be empty.
    pub title: String,
    pub body: String,
    pub system: Option<BodySystem>,
}

/// A note of a visit. Struck ones are kept and marked "entered in error".
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    pub id: NoteId,
    /// Written after the visit was signed.
    pub addendum: bool,
    pub system: Option<BodySystem>,
    pub title: String,
    pub body: String,
    pub author: PersonName,
    /// The signed-in person wrote it.
    pub mine: bool,
    pub at: DateTime<Utc>,
    pub struck_at: Option<DateTime<Utc>>,
    pub version: i64,
}

/// A measured sign that is stored. Blood pressure is one row of two figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub id: ObservationId,
    pub encounter: Option<EncounterId>,
    pub readings: Vec<Reading>,
    pub flag: Option<Flag>,
    pub at: DateTime<Utc>,
    pub author: PersonName,
    pub mine: bool,
    pub struck_at: Option<DateTime<Utc>>,
}

impl Observation {
    /// What was measured, in words; a free sign's name comes from data.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.readings[..] {
            [first, _, ..] if first.sign() == Some(Sign::Systolic) => crate::tr!("Blood pressure"),
            [first, ..] => first.name(),
            [] => "",
        }
    }

    /// `120/80 mmHg`, `37.2 °C`.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.readings[..] {
            [high, low] => match (high.number(), low.number()) {
                (Some(h), Some(l)) => format!("{h}/{l} {}", high.unit),
                _ => String::new(),
            },
            [one] => one.text(),
            _ => String::new(),
        }
    }

    /// Two observations of the same sign.
    #[must_use]
    pub fn same_sign(&self, other: &Self) -> bool {
        matches!((self.readings.first(), other.readings.first()), (Some(a), Some(b)) if a.what == b.what)
    }

    /// The figure of a trend: the first of two.
    #[must_use]
    pub fn figure(&self) -> Option<f64> {
        self.readings.first().and_then(Reading::number)
    }
}

/// Readings as rows: systolic and diastolic pressure become one.
#[must_use]
pub fn rows_of(readings: Vec<Reading>) -> Vec<Vec<Reading>> {
    let mut rows: Vec<Vec<Reading>> = vec![];
    for reading in readings {
        let pair = match rows.last_mut() {
            Some(last)
                if reading.sign() == Some(Sign::Diastolic)
                    && last.len() == 1
                    && last[0].sign() == Some(Sign::Systolic) =>
            {
                Some(last)
            }
            _ => None,
        };
        match pair {
            Some(last) => last.push(reading),
            None => rows.push(vec![reading]),
        }
    }
    rows
}

/// The code under which a row of [`rows_of`] is kept: a sign's, `blood_pressure` or `free`.
#[must_use]
pub fn sign_code(row: &[Reading]) -> &'static str {
    match row {
        [a, _] if a.sign() == Some(Sign::Systolic) => "blood_pressure",
        [Reading { what: Measured::Known(sign), .. }, ..] => sign.def().code,
        _ => "free",
    }
}

/// The readings of a stored row: the reverse of [`sign_code`]. `None` for a code nobody knows.
#[must_use]
pub fn readings_of(
    code: &str,
    name: &str,
    value: Option<f64>,
    value2: Option<f64>,
    words: &str,
    unit: &str,
) -> Option<Vec<Reading>> {
    let known = |sign: Sign, n: f64| Reading {
        what: Measured::Known(sign),
        value: Value::Number(n),
        unit: unit.to_owned(),
    };
    match (code, value, value2) {
        ("blood_pressure", Some(high), Some(low)) => {
            Some(vec![known(Sign::Systolic, high), known(Sign::Diastolic, low)])
        }
        ("free", value, _) => Some(vec![Reading {
            what: Measured::Free(name.to_owned()),
            value: value.map_or_else(|| Value::Words(words.to_owned()), Value::Number),
            unit: unit.to_owned(),
        }]),
        (code, Some(value), _) => Sign::from_code(code).map(|sign| vec![known(sign, value)]),
        _ => None,
    }
}

/// An earlier visit in the list of the Info tab.
#[derive(Debug, Clone, PartialEq)]
pub struct PastVisit {
    pub encounter: EncounterId,
    pub day: NaiveDate,
    pub started_at: DateTime<Utc>,
    pub provider: PersonName,
    pub centre: String,
    pub state: EncounterState,
    pub chief_complaint: String,
    /// The number of the record it stands in, where that is another one of the same person.
    pub origin: Option<i32>,
    /// The main diagnosis first; empty when there is none.
    pub diagnoses: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::parse_line;

    #[test]
    fn a_pressure_is_one_row_and_comes_back_as_it_was() {
        let readings = parse_line("bp 120/80 hr 72 grip=20 kg gait=steady").unwrap();
        let rows = rows_of(readings.clone());
        assert_eq!(
            rows.iter().map(|r| sign_code(r)).collect::<Vec<_>>(),
            ["blood_pressure", "heart_rate", "free", "free"]
        );
        let back: Vec<Reading> = rows
            .iter()
            .flat_map(|row| {
                let first = &row[0];
                let words = match &first.value {
                    Value::Words(w) => w.as_str(),
                    Value::Number(_) => "",
                };
                let name = first.name().to_owned();
                readings_of(
                    sign_code(row),
                    &name,
                    first.number(),
                    row.get(1).and_then(Reading::number),
                    words,
                    &first.unit,
                )
                .unwrap()
            })
            .collect();
        assert_eq!(back, readings);
    }

    #[test]
    fn every_code_of_a_closed_set_leads_back_to_it() {
        for s in BodySystem::ALL {
            assert_eq!(BodySystem::from_code(s.code()), Some(*s));
        }
        for s in EncounterState::ALL {
            assert_eq!(EncounterState::from_code(s.code()), Some(*s));
        }
        assert_eq!(Document::from_code("poem"), None);
    }
}

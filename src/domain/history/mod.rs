//! A patient's standing lists: allergies, conditions, medication, surgeries, vaccinations, family history. What each entry
//! holds is typed here; how it is typed in, field by field, is in [`form`].
use super::{
    coded::coded,
    ids::{EncounterId, HistoryItemId, PatientId},
    name::PersonName,
};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub mod form;

coded! {
    /// One of the six lists. The code is the table's name.
    pub enum HistoryList {
        Allergies = "allergy" "Allergies",
        Conditions = "condition" "Conditions",
        Medication = "medication" "Current medication",
        Surgeries = "surgery" "Surgeries",
        Vaccinations = "vaccination" "Vaccinations",
        Family = "family_history" "Family history",
    }
}

coded! {
    /// How bad an allergic reaction is.
    pub enum Severity {
        Mild = "mild" "mild",
        Moderate = "moderate" "moderate",
        Severe = "severe" "severe",
    }
}

coded! {
    /// Whether an allergy still counts.
    pub enum AllergyStatus {
        Active = "active" "active",
        Inactive = "inactive" "inactive",
        Resolved = "resolved" "resolved",
    }
}

coded! {
    /// Whether a condition is over.
    pub enum ConditionStatus {
        Active = "active" "active",
        Resolved = "resolved" "resolved",
    }
}

coded! {
    /// What is known about allergies: four different things.
    pub enum AllergyState {
        NotAsked = "not_asked" "allergies not asked",
        NoneKnown = "none_known" "no known allergies",
        Listed = "listed" "ALLERGY",
        Hidden = "hidden" "allergies hidden from you",
    }
}

/// One entry of a list, as it is typed and stored. Empty text is text that was not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    Allergy {
        code: Option<String>,
        substance: String,
        reaction: String,
        severity: Option<Severity>,
        since: Option<NaiveDate>,
        status: AllergyStatus,
    },
    Condition {
        code: Option<String>,
        name: String,
        since: Option<NaiveDate>,
        treatment: String,
        status: ConditionStatus,
    },
    Medication {
        code: Option<String>,
        name: String,
        dose: String,
        frequency: String,
        since: Option<NaiveDate>,
        prescriber: String,
        ended_on: Option<NaiveDate>,
    },
    Surgery {
        name: String,
        performed_on: Option<NaiveDate>,
        notes: String,
    },
    Vaccination {
        code: Option<String>,
        vaccine: String,
        given_on: Option<NaiveDate>,
        /// 1 to 20.
        dose_number: Option<i32>,
        notes: String,
    },
    Family {
        relationship: String,
        code: Option<String>,
        condition: String,
        notes: String,
    },
}

impl Entry {
    /// The list it belongs to.
    #[must_use]
    pub fn list(&self) -> HistoryList {
        match self {
            Self::Allergy { .. } => HistoryList::Allergies,
            Self::Condition { .. } => HistoryList::Conditions,
            Self::Medication { .. } => HistoryList::Medication,
            Self::Surgery { .. } => HistoryList::Surgeries,
            Self::Vaccination { .. } => HistoryList::Vaccinations,
            Self::Family { .. } => HistoryList::Family,
        }
    }

    /// What it is, in the words that were typed.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Allergy { substance: name, .. }
            | Self::Condition { name, .. }
            | Self::Medication { name, .. }
            | Self::Surgery { name, .. }
            | Self::Vaccination { vaccine: name, .. }
            | Self::Family { condition: name, .. } => name,
        }
    }

    /// Its code in the list's code system, if it was coded.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Allergy { code, .. }
            | Self::Condition { code, .. }
            | Self::Medication { code, .. }
            | Self::Vaccination { code, .. }
            | Self::Family { code, .. } => code.as_deref(),
            Self::Surgery { .. } => None,
        }
    }

    /// It still counts: an active allergy or condition, a medication that has not ended; the other lists always.
    #[must_use]
    pub fn is_active(&self) -> bool {
        match self {
            Self::Allergy { status, .. } => *status == AllergyStatus::Active,
            Self::Condition { status, .. } => *status == ConditionStatus::Active,
            Self::Medication { ended_on, .. } => ended_on.is_none(),
            _ => true,
        }
    }

    /// Everything but the name, in one line: `rash, severe, since 2010`.
    #[must_use]
    pub fn details(&self) -> String {
        let since = |d: &Option<NaiveDate>| d.map(|d| crate::tr!("since {date}", date = rough_date(d)));
        let on = |d: &Option<NaiveDate>| d.map(rough_date);
        let text = |t: &String| (!t.is_empty()).then(|| t.clone());
        let parts: Vec<Option<String>> = match self {
            Self::Allergy { reaction, severity, since: d, status, .. } => vec![
                text(reaction),
                severity.map(|s| s.word().to_owned()),
                since(d),
                (*status != AllergyStatus::Active).then(|| status.word().to_owned()),
            ],
            Self::Condition { since: d, treatment, status, .. } => vec![
                since(d),
                text(treatment),
                (*status != ConditionStatus::Active).then(|| status.word().to_owned()),
            ],
            Self::Medication { dose, frequency, since: d, prescriber, ended_on, .. } => vec![
                text(dose),
                text(frequency),
                since(d),
                text(prescriber),
                ended_on.map(|d| crate::tr!("ended {date}", date = rough_date(d))),
            ],
            Self::Surgery { performed_on, notes, .. } => vec![on(performed_on), text(notes)],
            Self::Vaccination { given_on, dose_number, notes, .. } => {
                vec![dose_number.map(|n| crate::tr!("dose {n}", n = n)), on(given_on), text(notes)]
            }
            Self::Family { relationship, notes, .. } => vec![text(relationship), text(notes)],
        };
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// A date as it was known: the first of January stands for a year alone, as history is remembered.
#[must_use]
pub fn rough_date(date: NaiveDate) -> String {
    if date.ordinal() == 1 { date.year().to_string() } else { super::dates::long_date(date) }
}

/// A stored entry of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryItem {
    pub id: HistoryItemId,
    /// Whose record it stands in.
    pub patient: PatientId,
    /// The number of that record, where it is another one of the same person.
    pub origin: Option<i32>,
    pub version: i64,
    pub entry: Entry,
    /// The visit it was added in, if it was one.
    pub encounter: Option<EncounterId>,
    pub author: PersonName,
    /// The signed-in person added it.
    pub mine: bool,
    pub created_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    /// Entered in error: kept, and never counted.
    pub struck_at: Option<DateTime<Utc>>,
    /// Added or changed since the signed-in provider last saw the patient.
    pub news: bool,
}

/// All six lists of a patient.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    pub allergy_state: AllergyState,
    /// In the order of the lists, what counts first, then the newest.
    pub items: Vec<HistoryItem>,
    /// When the signed-in provider last ended a visit of this patient.
    pub last_seen: Option<DateTime<Utc>>,
}

impl History {
    /// The entries of one list that were not struck out.
    pub fn of(&self, list: HistoryList) -> impl Iterator<Item = &HistoryItem> {
        self.items.iter().filter(move |i| i.entry.list() == list && i.struck_at.is_none())
    }
}

/// A change of a stored entry that the rules allow without striking it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryChange {
    Allergy(AllergyStatus),
    Condition(ConditionStatus),
    /// A medication ends on a day, or goes on.
    MedicationEnds(Option<NaiveDate>),
}

impl HistoryChange {
    /// What "resolve" does to an entry: it stops counting, or counts again. The other lists have nothing to resolve.
    #[must_use]
    pub fn toggle(entry: &Entry, today: NaiveDate) -> Option<Self> {
        match entry {
            Entry::Allergy { status: AllergyStatus::Active, .. } => {
                Some(Self::Allergy(AllergyStatus::Resolved))
            }
            Entry::Allergy { .. } => Some(Self::Allergy(AllergyStatus::Active)),
            Entry::Condition { status: ConditionStatus::Active, .. } => {
                Some(Self::Condition(ConditionStatus::Resolved))
            }
            Entry::Condition { .. } => Some(Self::Condition(ConditionStatus::Active)),
            Entry::Medication { ended_on: None, .. } => Some(Self::MedicationEnds(Some(today))),
            Entry::Medication { .. } => Some(Self::MedicationEnds(None)),
            _ => None,
        }
    }
}

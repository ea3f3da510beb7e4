//! What a clinic keeps about one person: in numbers, and whole, for whoever may ask for it.
use super::{audit::RecordView, ids::PatientId, name::PersonName};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

/// One kind of record, centre or author, and how much there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectPart {
    /// A table, or the name of a centre or of a person with their role.
    pub name: String,
    pub n: i64,
    /// The first and the last, as far as they have a time.
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
}

/// Who looked at a record, how often, and when last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectViewer {
    pub who: PersonName,
    pub role: String,
    pub n: i64,
    pub last: DateTime<Utc>,
}

/// How a record stands on its way to being erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    pub patient: PatientId,
    pub record_number: i32,
    pub name: PersonName,
    /// The last day on which it must be kept; none for those who are not told.
    pub keep_until: Option<NaiveDate>,
    /// Who proposed it and when; whether that was the signed-in person.
    pub proposed: Option<(PersonName, DateTime<Utc>, bool)>,
    /// When its key was destroyed.
    pub erased_at: Option<DateTime<Utc>>,
}

/// Who has what about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub erasure: Erasure,
    /// The speaker is this person: what they may read themselves.
    pub own: bool,
    pub kinds: Vec<SubjectPart>,
    pub centres: Vec<SubjectPart>,
    pub authors: Vec<SubjectPart>,
    /// Whoever looked last first, at most 500.
    pub viewers: Vec<SubjectViewer>,
    pub zone: Tz,
}

/// One row of a table, its texts opened.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectRow {
    /// The table.
    pub kind: String,
    pub fields: Map<String, Value>,
}

/// Everything that is kept about a person.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectRecord {
    pub patient: PersonName,
    pub record_number: i32,
    pub rows: Vec<SubjectRow>,
    /// Newest first.
    pub views: Vec<RecordView>,
    /// The names of the people and centres that the rows mention.
    pub names: HashMap<Uuid, String>,
    /// When and by whom it was taken out.
    pub at: DateTime<Utc>,
    pub by: PersonName,
    pub zone: Tz,
}

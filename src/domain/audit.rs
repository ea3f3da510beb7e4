//! The audit log as it is read: who did what to which record, and whether it was allowed.
use super::{
    ids::{AccountId, AuditEventId, PatientId},
    name::PersonName,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

/// One event of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub id: AuditEventId,
    pub at: DateTime<Utc>,
    /// Nobody: before a sign-in, or the system itself.
    pub account: Option<AccountId>,
    pub who: PersonName,
    pub login: String,
    /// The role at that time, or `nobody`.
    pub role: String,
    /// The command's name, as in `appointment.book`.
    pub action: String,
    pub entity: String,
    pub entity_id: Option<Uuid>,
    pub patient: Option<PatientId>,
    pub patient_name: Option<PersonName>,
    pub record_number: Option<i32>,
    pub refused: bool,
    /// Ids, counts and codes.
    pub facts: serde_json::Value,
}

/// Where a page of the log ends and the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditKey {
    pub at: DateTime<Utc>,
    pub id: AuditEventId,
}

/// Which events are asked for; everything that is set must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AuditFilter {
    pub account: Option<AccountId>,
    pub patient: Option<PatientId>,
    /// The beginning of the action's name; `appointment` finds `appointment.book`.
    pub action: Option<String>,
    /// Events of this day and later, where the clinic is.
    pub from: Option<NaiveDate>,
    /// Events of this day and before, where the clinic is.
    pub until: Option<NaiveDate>,
    pub refused_only: bool,
    /// A word of the action, the kind of record, the facts or the person's name.
    pub word: Option<String>,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// Where the clinic is: its times and days are meant.
    pub zone: Tz,
}

/// One event whole, with its place in its chain.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditProof {
    pub entry: AuditEntry,
    pub session: Option<Uuid>,
    pub chain: Uuid,
    /// Its number in the chain; the first is 1.
    pub n: i64,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
    /// The first root that covers it, and when that was made.
    pub root: Option<(i64, DateTime<Utc>)>,
    pub zone: Tz,
}

/// By which right somebody looked at a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordView {
    pub id: AuditEventId,
    pub at: DateTime<Utc>,
    pub who: PersonName,
    pub role: String,
    /// Where they worked; empty when that is not known.
    pub centre: String,
    pub action: String,
    pub entity: String,
    /// `own`, `appointment`, `connection`, `granted`, `emergency` or `role`; empty for events from before it was kept.
    pub right: String,
    pub refused: bool,
}

/// A page of those who looked at a record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordViews {
    pub patient: PersonName,
    pub record_number: i32,
    /// Newest first.
    pub views: Vec<RecordView>,
    pub zone: Tz,
}

impl AuditEntry {
    /// The key after which the next page begins.
    #[must_use]
    pub fn key(&self) -> AuditKey {
        AuditKey { at: self.at, id: self.id }
    }
}

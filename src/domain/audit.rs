//! The audit log as it is read: who did what to which record, and whether it was allowed.
use super::{
    ids::{AccountId, AuditEventId, PatientId},
    name::PersonName,
};
use chrono::{DateTime, NaiveDate, Utc};
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub account: Option<AccountId>,
    pub patient: Option<PatientId>,
    /// The beginning of the action's name; `appointment` finds `appointment.book`.
    pub action: Option<String>,
    /// Events of this day and before; the day is the one in `zone`.
    pub until: Option<NaiveDate>,
    pub refused_only: bool,
}

impl AuditEntry {
    /// The key after which the next page begins.
    #[must_use]
    pub fn key(&self) -> AuditKey {
        AuditKey { at: self.at, id: self.id }
    }
}

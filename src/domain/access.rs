//! Ways into a history beside an appointment: requests, connections, and emergencies with their review.
use super::{
    ids::{
        AccessRequestId, AccountId, AppointmentId, CentreId, ConnectionId, EmergencyId, PatientId, ProviderId,
    },
    name::PersonName,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The longest grant, in days.
pub const MOST_DAYS: u32 = 365;

/// How a request for access stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessState {
    Asked,
    Granted,
    Refused,
    Withdrawn,
    Ended,
    /// Granted, and the time has passed.
    Over,
}

impl AccessState {
    /// The state of this code; a grant whose time has passed is over.
    #[must_use]
    pub fn from_code(code: &str, over: bool) -> Option<Self> {
        Some(match code {
            "asked" => Self::Asked,
            "granted" if over => Self::Over,
            "granted" => Self::Granted,
            "refused" => Self::Refused,
            "withdrawn" => Self::Withdrawn,
            "ended" => Self::Ended,
            _ => return None,
        })
    }

    /// The word on screen (English; the screens pass it through `tr_str`).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Ended => "ended",
            Self::Over => "over",
        }
    }
}

/// Somebody's request to read a history, as the asker, the patient and administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequest {
    pub id: AccessRequestId,
    pub version: i64,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub record_number: i32,
    pub asker: AccountId,
    pub asker_name: PersonName,
    /// The code of the asker's role.
    pub asker_role: String,
    pub state: AccessState,
    /// Why it is asked.
    pub reason: String,
    /// For how many days it is asked.
    pub days: u32,
    pub asked_at: DateTime<Utc>,
    /// Who granted or refused it.
    pub decided_by: Option<PersonName>,
    pub until: Option<DateTime<Utc>>,
    /// What the one who refused says.
    pub note: String,
    /// The reader asked it.
    pub mine: bool,
    /// The reader is the patient.
    pub about_me: bool,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccessRequest {
    pub id: AccessRequestId,
    pub patient: PatientId,
    pub reason: String,
    /// 1 to [`MOST_DAYS`].
    pub days: u32,
}

/// What may become of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessStep {
    /// From now on for so many days.
    Grant(u32),
    /// With what the asker is told.
    Refuse(String),
    Withdraw,
    End,
}

/// Which side of a connection somebody is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Patient,
    Provider,
}

/// A connection as its two sides see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub id: ConnectionId,
    pub version: i64,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub record_number: i32,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub profession: String,
    /// `asked`, `approved`, `declined` or `ended`.
    pub state: String,
    pub asked_side: Side,
    pub asked_at: DateTime<Utc>,
    /// The reader's side.
    pub mine: Side,
}

impl Connection {
    /// It waits for the reader's answer.
    #[must_use]
    pub fn waits_for_me(&self) -> bool {
        self.state == "asked" && self.asked_side != self.mine
    }
}

/// What may become of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectionStep {
    Accept,
    Reject,
    End,
}

/// What breaking the glass needs beside the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEmergency {
    pub id: EmergencyId,
    pub appointment: AppointmentId,
    /// A whole record, national or Medicare number.
    pub number: String,
    pub born: NaiveDate,
    pub reason: String,
    /// Where the person works now.
    pub centre: Option<CentreId>,
}

/// The emergency that is open now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenEmergency {
    pub id: EmergencyId,
    pub patient: PatientId,
    pub name: PersonName,
    pub record_number: i32,
    pub appointment: AppointmentId,
    pub until: DateTime<Utc>,
}

impl OpenEmergency {
    /// Minutes left, the one that has begun included; none when the time has passed.
    #[must_use]
    pub fn minutes_left(&self, now: DateTime<Utc>) -> i64 {
        let seconds = (self.until - now).num_seconds().max(0);
        (seconds + 59) / 60
    }
}

/// An emergency as those who review it see it: who, whom, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyReview {
    pub id: EmergencyId,
    pub by: PersonName,
    pub by_role: String,
    pub patient_name: PersonName,
    pub record_number: i32,
    pub reason: String,
    pub opened_at: DateTime<Utc>,
    /// When it ended or ends.
    pub until: DateTime<Utc>,
    pub open: bool,
    pub due_on: NaiveDate,
    /// It was due before today and nobody has reviewed it.
    pub overdue: bool,
    /// Justified or not, once reviewed, by whom, and what was said of it.
    pub verdict: Option<(bool, PersonName, String)>,
    /// The reader opened it, so reviews it never.
    pub mine: bool,
}

/// What waits for somebody's decision, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccessWork {
    /// Requests for access that wait for this person.
    pub requests: i64,
    /// Connections that wait for this person's answer.
    pub connections: i64,
    /// Emergencies to be reviewed, and how many of them are overdue.
    pub reviews: i64,
    pub overdue: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Duration;

    #[test]
    fn the_minute_that_has_begun_counts_and_nothing_is_left_afterwards() {
        let now = DateTime::from_timestamp(1_773_316_800, 0).unwrap();
        let open = |until| OpenEmergency {
            id: EmergencyId::new(),
            patient: PatientId::new(),
            name: PersonName::new("Black", "Jack"),
            record_number: 1,
            appointment: AppointmentId::new(),
            until,
        };
        for (seconds, minutes) in [(3600, 60), (3541, 60), (3540, 59), (1, 1), (0, 0), (-90, 0)] {
            assert_eq!(open(now + Duration::seconds(seconds)).minutes_left(now), minutes, "{seconds}");
        }
    }

    #[test]
    fn a_grant_whose_time_has_passed_is_over() {
        assert_eq!(AccessState::from_code("granted", false), Some(AccessState::Granted));
        assert_eq!(AccessState::from_code("granted", true), Some(AccessState::Over));
        assert_eq!(AccessState::from_code("refused", true), Some(AccessState::Refused));
        assert_eq!(AccessState::from_code("?", false), None);
    }
}

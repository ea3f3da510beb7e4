//! The queue at the desk: who is called first, and what is known of a place in it. The database calls in the same order
//! (`clinic.queue_rank`); this copy shows it.
use super::appointment::AppointmentKind;
use crate::tr;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How soon somebody is to be seen. Emergencies come before all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Urgent,
    Soon,
    #[default]
    Routine,
}

impl Priority {
    /// Every priority, the first to be seen first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Soon, Self::Routine];

    /// The name in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Soon => "soon",
            Self::Routine => "routine",
        }
    }

    /// The priority of this code; what is not known is routine.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|p| p.code() == code).unwrap_or_default()
    }

    /// The word on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Urgent => tr!("urgent"),
            Self::Soon => tr!("soon"),
            Self::Routine => tr!("routine"),
        }
    }

    /// The letter beside a name; routine has none.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::Urgent => "U",
            Self::Soon => "S",
            Self::Routine => "",
        }
    }
}

/// What the queue knows of one appointment of the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueuePlace {
    /// The day's number, given at the check-in; counts from 1 at each centre.
    pub ticket: Option<i32>,
    pub priority: Priority,
    /// Who set the priority, and when.
    pub priority_by: String,
    pub priority_at: Option<DateTime<Utc>>,
    /// When they were called, and are expected to come.
    pub called_at: Option<DateTime<Utc>>,
    /// Where to.
    pub room: Option<String>,
    pub calls: i32,
    /// How often they were called and not there.
    pub absents: i32,
    /// Called and absent: not called again before.
    pub retry_at: Option<DateTime<Utc>>,
}

impl QueuePlace {
    /// Called, absent, and not to be called again yet.
    #[must_use]
    pub fn is_away(&self, now: DateTime<Utc>) -> bool {
        self.retry_at.is_some_and(|at| at > now)
    }

    /// Their turn among those who wait: the lowest is called first.
    #[must_use]
    pub fn rank(&self, kind: AppointmentKind, now: DateTime<Utc>) -> u8 {
        if self.is_away(now) {
            return 9;
        }
        match (kind, self.priority) {
            (AppointmentKind::Emergency, _) => 0,
            (_, Priority::Urgent) => 1,
            (_, Priority::Soon) => 2,
            (_, Priority::Routine) => 3,
        }
    }
}

/// Whom a call is for; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct QueueFilter {
    pub provider: Option<super::ids::ProviderId>,
    pub department: Option<super::ids::DepartmentId>,
    /// A profession's code.
    pub profession: Option<String>,
    pub visit_type: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Duration;

    #[test]
    fn emergencies_come_first_then_priority_and_the_absent_stand_back() {
        let now = DateTime::UNIX_EPOCH;
        let place = |priority| QueuePlace { priority, ..QueuePlace::default() };
        let urgent = place(Priority::Urgent);
        let away = QueuePlace { retry_at: Some(now + Duration::minutes(5)), ..urgent.clone() };
        assert_eq!(place(Priority::Routine).rank(AppointmentKind::Emergency, now), 0);
        assert!(
            urgent.rank(AppointmentKind::Slot, now) < place(Priority::Soon).rank(AppointmentKind::Slot, now)
        );
        assert_eq!(away.rank(AppointmentKind::Slot, now), 9);
        assert_eq!(away.rank(AppointmentKind::Slot, now + Duration::minutes(5)), 1);
    }
}

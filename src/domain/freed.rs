//! Times that came free, as the waiting list is told of them: by whichever hand, and while they can be offered.
use super::{
    ids::{AppointmentId, CentreId, ProviderId},
    name::PersonName,
    time::Period,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A time that came free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreedTime {
    pub provider: ProviderId,
    pub centre: CentreId,
    pub period: Period,
}

/// What freed a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freed {
    /// The appointment was cancelled.
    Cancelled(AppointmentId),
    /// Somebody was moved away from it.
    Time(FreedTime),
    /// A series was cancelled, or a leave taken back: which times came free is asked of the schedule.
    Several,
}

/// Who has a time just now, at another desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub by: String,
    pub until: DateTime<Utc>,
}

/// A time that came free, by any hand, and that suits somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreedHere {
    pub time: FreedTime,
    pub provider_name: PersonName,
    pub centre_name: String,
    pub zone: chrono_tz::Tz,
    /// How many it suits; 0 while it is held.
    pub suits: usize,
    /// After this it can be booked for none of them, or is held no longer.
    pub until: DateTime<Utc>,
    pub held: Option<Held>,
}

/// The times that came free for people who wait, the soonest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FreedTimes {
    pub times: Vec<FreedHere>,
    /// There may be others after these.
    pub more: bool,
    /// When the next time that is held back is released by itself.
    pub release: Option<DateTime<Utc>>,
}

impl FreedTimes {
    /// Those that can be offered at this moment: neither held nor past.
    pub fn open(&self, now: DateTime<Utc>) -> impl Iterator<Item = &FreedHere> {
        self.times.iter().filter(move |t| t.held.is_none() && now <= t.until)
    }

    /// When the first of the holds ends by itself, or what is held back is released.
    #[must_use]
    pub fn lapses(&self) -> Option<DateTime<Utc>> {
        self.times.iter().filter_map(|t| t.held.as_ref()).map(|h| h.until).chain(self.release).min()
    }
}

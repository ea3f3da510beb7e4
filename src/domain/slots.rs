//! The slots of sessions: which there are by the weekly hours, and what each of them is. One definition, the same as
//! `clinic.session_slots` in the database: free + booked + blocked = defined, on days of a clock change too.
use super::{
    clinic_session::SessionHours,
    ids::CentreId,
    provider::WeeklyHours,
    time::{self, Period},
};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

/// What a slot is; each is exactly one of these, the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlotState {
    /// Somebody has it.
    Booked,
    /// Under a leave or a holiday.
    Away,
    /// It has begun.
    Past,
    /// Its provider is kept clear after a visit.
    Buffer,
    /// Kept for the same day or for urgent visits, until it is released.
    Held,
    /// Everybody may book it.
    Free,
}

impl SlotState {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Booked, Self::Away, Self::Past, Self::Buffer, Self::Held, Self::Free];

    /// The name in the database; also the word on screen (English; the screens pass it through `tr_str`).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Away => "away",
            Self::Past => "past",
            Self::Buffer => "buffer",
            Self::Held => "held",
            Self::Free => "free",
        }
    }

    /// The state of this code, if there is one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }
}

/// One slot, and what it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotNow {
    pub period: Period,
    pub state: SlotState,
}

/// What takes time away from a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Live appointments of the kind `slot`.
    pub booked: Vec<Period>,
    /// The same with what their visit types keep clear after them.
    pub busy: Vec<Period>,
    /// Held time that is not released yet.
    pub held: Vec<Period>,
    /// Leave of the provider, holidays of the centre.
    pub away: Vec<Period>,
}

/// How many slots are what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub booked: u32,
    pub away: u32,
    pub past: u32,
    pub buffer: u32,
    pub held: u32,
    pub free: u32,
}

impl Tally {
    /// Counted.
    #[must_use]
    pub fn of(slots: &[SlotNow]) -> Self {
        let mut tally = Self::default();
        for slot in slots {
            tally.add(slot.state, 1);
        }
        tally
    }

    /// Adds `n` slots of one state.
    pub fn add(&mut self, state: SlotState, n: u32) {
        match state {
            SlotState::Booked => self.booked += n,
            SlotState::Away => self.away += n,
            SlotState::Past => self.past += n,
            SlotState::Buffer => self.buffer += n,
            SlotState::Held => self.held += n,
            SlotState::Free => self.free += n,
        }
    }

    /// Slots that can be booked by nobody, or not by everybody.
    #[must_use]
    pub fn blocked(&self) -> u32 {
        self.away + self.past + self.buffer + self.held
    }

    /// All of them.
    #[must_use]
    pub fn defined(&self) -> u32 {
        self.free + self.booked + self.blocked()
    }
}

/// Every slot of a session with what it is at `now`.
#[must_use]
pub fn states(session: Period, slot_minutes: u32, taken: &Taken, now: DateTime<Utc>) -> Vec<SlotNow> {
    let all = time::slots_of(session, slot_minutes).unwrap_or_default();
    let within = |periods: &[Period], slot: &Period| periods.iter().any(|p| p.overlaps(slot));
    all.into_iter()
        .map(|period| {
            let state = if within(&taken.booked, &period) {
                SlotState::Booked
            } else if within(&taken.away, &period) {
                SlotState::Away
            } else if period.start < now {
                SlotState::Past
            } else if within(&taken.busy, &period) {
                SlotState::Buffer
            } else if within(&taken.held, &period) {
                SlotState::Held
            } else {
                SlotState::Free
            };
            SlotNow { period, state }
        })
        .collect()
}

/// A session that the weekly hours ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    pub hours: WeeklyHours,
    pub day: NaiveDate,
    pub period: Period,
}

/// Weekly hours on a day, where the centre is.
#[must_use]
pub fn on_day(hours: &WeeklyHours, day: NaiveDate) -> SessionHours {
    let at = |minute: i32| {
        let seconds = u32::try_from(minute).unwrap_or(0) % 1440 * 60;
        NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or(NaiveTime::MIN)
    };
    SessionHours {
        day,
        from: at(hours.from_minute),
        to: at(hours.to_minute),
        slot_minutes: u32::try_from(hours.slot_minutes).unwrap_or(time::DEFAULT_SLOT_MINUTES),
    }
}

/// The sessions that the weekly hours ask for on one day, in the order of time. Hours that a change of the clock skips make
/// none; where it repeats an hour, the session is longer.
#[must_use]
pub fn planned(hours: &[WeeklyHours], zone: impl Fn(CentreId) -> Tz, day: NaiveDate) -> Vec<Planned> {
    let weekday = i32::try_from(day.weekday().number_from_monday()).unwrap_or(1);
    let mut all: Vec<Planned> = hours
        .iter()
        .filter(|h| h.weekday == weekday)
        .filter_map(|h| {
            let period = on_day(h, day).period(zone(h.centre)).ok()?;
            Some(Planned { hours: *h, day, period })
        })
        .collect();
    all.sort_by_key(|p| p.period);
    all
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;

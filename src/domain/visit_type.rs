//! What a visit is for: how long it takes, what it costs, and how long its provider is kept clear after it.
use super::{ids::VisitTypeId, room::RoomKind};
use crate::tr;
use serde::{Deserialize, Serialize};

/// Minutes a visit may take.
pub const MINUTES: std::ops::RangeInclusive<u32> = 5..=240;
/// Minutes a provider may be kept clear after one.
pub const BUFFER: std::ops::RangeInclusive<u32> = 0..=60;

/// What a form says about a visit type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitTypeDetails {
    pub name: String,
    /// How long it takes, in minutes (see [`MINUTES`]).
    pub minutes: u32,
    /// The fee that is due for it by default, in cents.
    pub price_cents: u32,
    /// Minutes (see [`BUFFER`]).
    pub buffer_minutes: u32,
    /// Codes of the professions it is for; none: all.
    pub professions: Vec<String>,
    /// The kind of room it needs, at centres that have one.
    pub room_kind: Option<RoomKind>,
}

/// A visit type of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitType {
    pub id: VisitTypeId,
    pub version: i64,
    /// What bookings and the command line call it, as in `blood-test`; never changed.
    pub code: String,
    pub details: VisitTypeDetails,
    /// Kept for its past, chosen no more.
    pub retired: bool,
}

impl VisitTypeDetails {
    /// Whether providers of this profession do it.
    #[must_use]
    pub fn is_for(&self, profession: &str) -> bool {
        self.professions.is_empty() || self.professions.iter().any(|p| p == profession)
    }

    /// The minutes it takes in a session of slots this long: rounded up to whole slots.
    #[must_use]
    pub fn minutes_in(&self, slot_minutes: u32) -> u32 {
        self.minutes.div_ceil(slot_minutes.max(1)) * slot_minutes.max(1)
    }

    /// Minutes after its slots for which the provider is kept clear: what is left of its last slot counts.
    #[must_use]
    pub fn buffer_after(&self, slot_minutes: u32) -> u32 {
        (self.minutes + self.buffer_minutes).saturating_sub(self.minutes_in(slot_minutes))
    }

    /// `45 min`, with the buffer where there is one: `45 + 15 min`.
    #[must_use]
    pub fn takes(&self) -> String {
        if self.buffer_minutes == 0 {
            tr!("{minutes} min", minutes = self.minutes)
        } else {
            tr!("{minutes} + {buffer} min", minutes = self.minutes, buffer = self.buffer_minutes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(minutes: u32, buffer_minutes: u32, professions: &[&str]) -> VisitTypeDetails {
        VisitTypeDetails {
            name: "x".into(),
            minutes,
            price_cents: 0,
            buffer_minutes,
            professions: professions.iter().map(|p| (*p).to_owned()).collect(),
            room_kind: None,
        }
    }

    #[test]
    fn a_visit_takes_whole_slots_and_the_rest_of_the_last_one_counts_towards_its_buffer() {
        assert_eq!((of(45, 15, &[]).minutes_in(30), of(45, 15, &[]).buffer_after(30)), (60, 0));
        assert_eq!((of(45, 20, &[]).minutes_in(30), of(45, 20, &[]).buffer_after(30)), (60, 5));
        assert_eq!((of(30, 0, &[]).minutes_in(30), of(30, 10, &[]).buffer_after(30)), (30, 10));
        assert_eq!(of(10, 5, &[]).minutes_in(240), 240);
    }

    #[test]
    fn a_type_without_professions_is_for_everybody() {
        assert!(of(10, 0, &[]).is_for("gp") && of(10, 0, &["gp", "nurse"]).is_for("nurse"));
        assert!(!of(10, 0, &["gp"]).is_for("specialist"));
    }

    #[test]
    fn what_it_takes_is_told_with_its_buffer() {
        assert_eq!(
            (of(45, 15, &[]).takes(), of(45, 0, &[]).takes()),
            ("45 + 15 min".into(), "45 min".into())
        );
    }
}

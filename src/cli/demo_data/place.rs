//! A place in the demo's calendar: who, on which day, in which slot; everything about it follows from that and the seed.
use super::random::{Random, id};
use chrono::{DateTime, Datelike as _, Duration, NaiveDate, Utc};
use uuid::Uuid;

/// Minutes of a slot in the demo.
pub(super) const SLOT: i64 = 30;

/// A place in the calendar.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub provider: usize,
    pub day: NaiveDate,
    pub slot: u32,
    pub starts: DateTime<Utc>,
    pub patient: u32,
}

impl Place {
    pub(super) fn key(&self) -> [i64; 3] {
        [self.provider as i64, i64::from(self.day.num_days_from_ce()), i64::from(self.slot)]
    }
    pub(super) fn id(&self, seed: u64, kind: &str) -> Uuid {
        id(seed, kind, &self.key())
    }
    pub(super) fn random(&self, seed: u64, kind: &str) -> Random {
        Random::of(seed, kind, &self.key())
    }
    pub(super) fn ends(&self) -> DateTime<Utc> {
        self.starts + Duration::minutes(SLOT)
    }
}

//! The days of a month with what is free in them.
use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};

/// Somebody at another desk who is choosing a time of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choosing {
    pub who: String,
    /// When the time is free again by itself.
    pub until: DateTime<Utc>,
}

/// One day of the month's view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthDay {
    pub day: NaiveDate,
    /// Slots that have not begun.
    pub slots: u32,
    /// Of those, the ones that cannot be booked: somebody has them, leave, kept, being chosen.
    pub taken: u32,
    /// How many providers have a session.
    pub providers: u32,
    /// Who is choosing a time of this day at another desk, by name.
    pub choosing: Vec<Choosing>,
}

impl MonthDay {
    /// A day without a session.
    #[must_use]
    pub fn closed(day: NaiveDate) -> Self {
        Self { day, slots: 0, taken: 0, providers: 0, choosing: vec![] }
    }

    /// Slots that can be booked.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.slots.saturating_sub(self.taken)
    }

    /// Who is choosing a time of it now.
    pub fn choosing(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Choosing> {
        self.choosing.iter().filter(move |c| c.until > now)
    }

    /// How much of what there is can be booked, 0 to 4; nothing free is 0, and so is a day without a session.
    #[must_use]
    pub fn heat(&self) -> u32 {
        if self.slots == 0 { 0 } else { (self.free() * 4).div_ceil(self.slots) }
    }
}

/// The days that the view of a month shows: whole weeks from Monday, four to six of them.
#[must_use]
pub fn weeks(of: NaiveDate) -> Vec<NaiveDate> {
    let first = of.with_day(1).unwrap_or(of);
    let start = first - Days::new(u64::from(first.weekday().num_days_from_monday()));
    (0..42)
        .map(|n| start + Days::new(n))
        .collect::<Vec<_>>()
        .chunks(7)
        .filter(|week| week.iter().any(|d| (d.year(), d.month()) == (of.year(), of.month())))
        .flatten()
        .copied()
        .collect()
}

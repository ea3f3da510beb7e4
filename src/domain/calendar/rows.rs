//! The rows of a view: half hours of a day, and times of day that are the same on several days.
use crate::domain::time::{self, Period};
use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveTime, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;

/// What a half hour of a strip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// There is no session.
    Closed,
    /// All that is left of it can be booked.
    Free,
    /// Somebody has some of it, and some can be booked.
    Part,
    /// Somebody has it.
    Taken,
    /// It has begun, and nobody had it.
    Gone,
    /// Leave, a holiday, or kept clear after a visit.
    Away,
    /// Kept for the same day or urgent visits, or being chosen at a desk.
    Held,
}

impl Mark {
    /// Its character: `-` no session, `.` free, `+` partly taken, `#` taken, `,` begun, `x` away, `h` held.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Closed => '-',
            Self::Free => '.',
            Self::Part => '+',
            Self::Taken => '#',
            Self::Gone => ',',
            Self::Away => 'x',
            Self::Held => 'h',
        }
    }
}

/// The half hours from midnight to midnight: 48, or 46, 47, 49 or 50 on a day of a clock change.
#[must_use]
pub fn half_hours(zone: Tz, day: NaiveDate) -> Vec<Period> {
    let whole = time::day(zone, day);
    time::slots_of(whole, time::DEFAULT_SLOT_MINUTES).unwrap_or_default()
}

/// A time on the wall that names one row on every day: an hour that comes twice has its rows twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    /// Minutes of the wall after which the row stands; the end of the repeated hour for its second coming.
    after: u32,
    first: bool,
    minutes: u32,
}

impl RowKey {
    /// The row of an instant.
    #[must_use]
    pub fn of(at: DateTime<Utc>, zone: Tz) -> Self {
        let wall = at.with_timezone(&zone).naive_local();
        let minutes = wall.time().hour() * 60 + wall.time().minute();
        let again =
            matches!(zone.from_local_datetime(&wall), LocalResult::Ambiguous(_, second) if second == at);
        let mut after = minutes;
        if again {
            let mut end = wall;
            while matches!(zone.from_local_datetime(&end), LocalResult::Ambiguous(..)) && after < 1440 {
                end += Duration::minutes(1);
                after += 1;
            }
        }
        // The second coming stands before the time at which the repeated hour ends.
        Self { after, first: !again, minutes }
    }

    /// `09:30`; the second coming of a time is `02:30'`.
    #[must_use]
    pub fn label(self) -> String {
        let mark = if self.first { "" } else { "'" };
        format!("{:02}:{:02}{mark}", self.minutes / 60, self.minutes % 60)
    }

    /// Its time on the wall.
    #[must_use]
    pub fn time(self) -> NaiveTime {
        NaiveTime::from_hms_opt(self.minutes / 60, self.minutes % 60, 0).unwrap_or(NaiveTime::MIN)
    }
}

/// The rows at which any of these begins, each once, in the order of the day.
#[must_use]
pub fn row_keys(starts: impl Iterator<Item = (DateTime<Utc>, Tz)>) -> Vec<RowKey> {
    let mut keys: Vec<RowKey> = starts.map(|(at, zone)| RowKey::of(at, zone)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

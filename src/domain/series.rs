//! Appointments that are made, moved and cancelled together: a series of one patient, or a family in adjacent slots.
//! Days are counted where the centre is, so that every visit of a series is at the same time on the wall.
use super::{
    booking::{FreeSlot, NewAppointment, NewTime},
    ids::{AppointmentId, WaitId},
    time::{self, Period},
    why::Why,
};
use crate::tr;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// The most appointments that are booked together.
pub const MOST_TOGETHER: u16 = 52;

/// How often a patient comes: every so many days, so many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// 1 to 366.
    pub every_days: u16,
    /// 2 to [`MOST_TOGETHER`], the first one included.
    pub times: u16,
}

impl Rhythm {
    /// Reads `6 weekly`, `4 fortnightly`, `5 every 10 days`, `3 daily`, `4 every 2 weeks`.
    ///
    /// # Errors
    /// What is missing or out of range, and how it is written.
    pub fn parse(text: &str) -> Result<Self, Why> {
        let lower = text.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let mut numbers = words.iter().filter_map(|w| w.trim_end_matches('x').parse::<u16>().ok());
        let has = |stems: &[&str]| words.iter().any(|w| stems.iter().any(|s| w.starts_with(s)));
        let (times, step) = (numbers.next(), numbers.next());
        let every = if has(&["fortn", "biweek"]) {
            Some(14)
        } else if has(&["week"]) {
            Some(7 * step.unwrap_or(1))
        } else if has(&["dai", "day"]) {
            Some(step.unwrap_or(1))
        } else if has(&["month"]) {
            Some(28 * step.unwrap_or(1))
        } else {
            None
        };
        let instead = tr!("Write it like 6 weekly, 4 fortnightly or 5 every 10 days.");
        let wrong = |text: &str| Err(Why::new("series_rhythm", text).instead(instead));
        match (times, every) {
            (None, _) => wrong(tr!("How many times is missing.")),
            (_, None) => wrong(tr!("How often is missing.")),
            (Some(times), Some(_)) if !(2..=MOST_TOGETHER).contains(&times) => {
                wrong(tr!("A series has 2 to 52 visits."))
            }
            (_, Some(days)) if !(1..=366).contains(&days) => {
                wrong(tr!("The visits of a series are 1 to 366 days apart."))
            }
            (Some(times), Some(every_days)) => Ok(Self { every_days, times }),
        }
    }

    /// The days of the visits, the first one included.
    pub fn days(self, first: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        (0..u64::from(self.times))
            .filter_map(move |n| first.checked_add_days(Days::new(n * u64::from(self.every_days))))
    }

    /// `every week, 6 times`.
    #[must_use]
    pub fn words(self) -> String {
        let often = match self.every_days {
            1 => tr!("every day").to_owned(),
            7 => tr!("every week").to_owned(),
            14 => tr!("every two weeks").to_owned(),
            n => tr!("every {n} days", n = n),
        };
        tr!("{often}, {n} times", often = often, n = self.times)
    }
}

/// The same time on the wall of the centre, with the same length, on another day; the next one where the clock skips it.
#[must_use]
pub fn same_time_on(slot: &FreeSlot, day: NaiveDate) -> Period {
    let start = time::instant(slot.zone, day.and_time(slot.time()));
    Period { start, end: start + (slot.period.end - slot.period.start) }
}

/// One visit of a series as it is planned, before anything is booked.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub day: NaiveDate,
    /// What will be booked; `None` while it clashes, or is left out.
    pub slot: Option<FreeSlot>,
    /// Why the wanted time cannot be had.
    pub clash: Option<Why>,
    /// The free time nearest to the wanted one.
    pub nearest: Option<FreeSlot>,
    /// The person left it out.
    pub skipped: bool,
}

impl Planned {
    /// Nothing is decided yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.slot.is_none() && !self.skipped
    }
}

/// One part of a change that is made whole or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    Book(NewAppointment),
    Move {
        appointment: AppointmentId,
        seen: i64,
        to: NewTime,
    },
    /// Takes a move back: what it closed on the waiting list is open again.
    MoveBack {
        appointment: AppointmentId,
        seen: i64,
        to: NewTime,
        closed: Vec<WaitId>,
    },
    Cancel {
        appointment: AppointmentId,
        seen: i64,
        why: String,
    },
    Restore {
        appointment: AppointmentId,
        seen: i64,
    },
    /// Takes a booking back: it is cancelled, and what it closed on the waiting list is open again.
    Unbook {
        appointment: AppointmentId,
        seen: i64,
    },
}

/// What is changed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Together {
    BookSeries,
    BookFamily,
    Move,
    Cancel,
    Restore,
}

/// Finds places where so many people follow each other without a gap, each at a time that is free for them: `free` holds
/// the free times of each of them, soonest first. Answers a row of times for each place, at most `limit`.
#[must_use]
pub fn adjacent(free: &[Vec<FreeSlot>], limit: usize) -> Vec<Vec<FreeSlot>> {
    let Some((first, others)) = free.split_first() else { return vec![] };
    let mut found: Vec<Vec<FreeSlot>> = vec![];
    for start in first {
        let mut row = vec![start.clone()];
        for of in others {
            let Some(last) = row.last() else { break };
            let next = of.iter().find(|s| s.session == last.session && s.period.start == last.period.end);
            match next {
                Some(next) => row.push(next.clone()),
                None => break,
            }
        }
        if row.len() == free.len() {
            found.push(row);
        }
        if found.len() == limit {
            break;
        }
    }
    found
}

/// The free time nearest to a wanted instant; of two equally near ones the later.
#[must_use]
pub fn nearest(free: &[FreeSlot], wanted: Period) -> Option<&FreeSlot> {
    free.iter().min_by_key(|s| {
        let away = (s.period.start - wanted.start).num_seconds();
        (away.abs(), away < 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        ids::{CentreId, ClinicSessionId, ProviderId},
        name::PersonName,
    };
    use chrono::{Duration, TimeZone, Utc};

    fn slot(session: ClinicSessionId, hour: u32, minute: u32) -> FreeSlot {
        let zone = chrono_tz::Australia::Sydney;
        let start = zone.with_ymd_and_hms(2026, 3, 12, hour, minute, 0).unwrap().with_timezone(&Utc);
        FreeSlot {
            session,
            provider: ProviderId::new(),
            provider_name: PersonName::default(),
            profession: "gp".into(),
            centre: CentreId::new(),
            centre_name: String::new(),
            zone,
            day: NaiveDate::from_ymd_opt(2026, 3, 12).unwrap(),
            period: Period { start, end: start + Duration::minutes(30) },
        }
    }

    #[test]
    fn a_rhythm_is_read_as_people_write_it() {
        for (text, every_days, times) in [
            ("6 weekly", 7, 6),
            ("6x weekly", 7, 6),
            ("4 fortnightly", 14, 4),
            ("5 every 10 days", 10, 5),
            ("4 times every 2 weeks", 14, 4),
            ("3 daily", 1, 3),
        ] {
            assert_eq!(Rhythm::parse(text).unwrap(), Rhythm { every_days, times }, "{text}");
        }
        for text in ["", "weekly", "6", "1 weekly", "53 weekly", "3 every 400 days", "6 sometimes"] {
            assert_eq!(Rhythm::parse(text).unwrap_err().rule, "series_rhythm", "{text}");
        }
    }

    #[test]
    fn every_visit_is_at_the_same_time_on_the_wall_when_the_clocks_change() {
        let first = slot(ClinicSessionId::new(), 10, 0);
        let days: Vec<NaiveDate> = Rhythm { every_days: 14, times: 3 }.days(first.day).collect();
        assert_eq!(days.last(), NaiveDate::from_ymd_opt(2026, 4, 9).as_ref());
        for day in days {
            let period = same_time_on(&first, day);
            assert_eq!(period.starts_at(first.zone).format("%H:%M").to_string(), "10:00", "{day}");
            assert_eq!(period.minutes(), 30);
        }
    }

    #[test]
    fn a_family_is_seen_one_after_the_other_with_nobody_between() {
        let s = ClinicSessionId::new();
        let all = vec![slot(s, 9, 0), slot(s, 10, 0), slot(s, 10, 30), slot(s, 11, 0), slot(s, 11, 30)];
        let mut busy_at_half_past = all.clone();
        busy_at_half_past.remove(2);
        let times = |free: &[Vec<FreeSlot>]| -> Vec<Vec<String>> {
            adjacent(free, 9)
                .iter()
                .map(|row| row.iter().map(|s| s.time().format("%H:%M").to_string()).collect())
                .collect()
        };
        assert_eq!(times(&[all.clone(), all.clone(), all.clone()])[0], ["10:00", "10:30", "11:00"]);
        assert_eq!(times(&[all.clone(), busy_at_half_past])[0], ["10:30", "11:00"]);
        assert!(times(&[all, vec![]]).is_empty());
    }

    #[test]
    fn the_nearest_time_is_the_later_of_two_equally_near_ones() {
        let s = ClinicSessionId::new();
        let free = [slot(s, 9, 0), slot(s, 10, 0), slot(s, 13, 0)];
        let wanted = slot(s, 9, 30).period;
        assert_eq!(nearest(&free, wanted), Some(&free[1]));
        assert_eq!(nearest(&[], wanted), None);
    }
}

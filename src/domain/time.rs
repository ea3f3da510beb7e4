//! Instants and slots. Times are stored as half-open ranges `[start, end)` in UTC, so touching is not overlapping; the
//! wall clock of the centre comes in only here. A slot always lasts as long as it says, on days of a clock change too.
use super::why::Why;
use crate::tr;
use chrono::{DateTime, Days, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Slot lengths a session may have, in minutes.
pub const SLOT_MINUTES: std::ops::RangeInclusive<u32> = 5..=240;
/// The slot length of a session that names none: the day of 48 slots.
pub const DEFAULT_SLOT_MINUTES: u32 = 30;

/// A half-open stretch of time, `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

/// A bookable piece of a clinic session.
pub type Slot = Period;

impl Period {
    /// A period that ends after it starts.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, Why> {
        if start < end {
            Ok(Self { start, end })
        } else {
            Err(Why::new("period_ends_after_start", tr!("The end must come after the start.")))
        }
    }

    /// Whether the instant lies in the period; its end does not.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether the two share any time; touching is not sharing.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whole minutes.
    #[must_use]
    pub fn minutes(&self) -> i64 {
        (self.end - self.start).num_minutes()
    }

    /// The date and time on the wall where it starts.
    #[must_use]
    pub fn starts_at(&self, zone: Tz) -> NaiveDateTime {
        self.start.with_timezone(&zone).naive_local()
    }

    /// The date and time on the wall where it ends.
    #[must_use]
    pub fn ends_at(&self, zone: Tz) -> NaiveDateTime {
        self.end.with_timezone(&zone).naive_local()
    }
}

/// The instant of a wall-clock time: of a time that comes twice the first; of one that is skipped, the moment the clock
/// jumps.
#[must_use]
pub fn instant(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    resolve(zone, wall, false)
}

fn resolve(zone: Tz, wall: NaiveDateTime, later: bool) -> DateTime<Utc> {
    // No zone ever skipped more than a day (Samoa, 30 December 2011).
    let mut at = wall;
    for _ in 0..=2 * 24 * 60 {
        match zone.from_local_datetime(&at) {
            LocalResult::Single(found) => return found.with_timezone(&Utc),
            LocalResult::Ambiguous(first, second) => {
                return (if later { second } else { first }).with_timezone(&Utc);
            }
            LocalResult::None => at += Duration::minutes(1),
        }
    }
    zone.from_utc_datetime(&wall).with_timezone(&Utc)
}

/// The day from midnight to midnight in this zone: 24 hours, or 23, 23½, 24½ or 25 when the clock changes.
#[must_use]
pub fn day(zone: Tz, date: NaiveDate) -> Period {
    let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
    Period {
        start: instant(zone, date.and_time(NaiveTime::MIN)),
        end: instant(zone, next.and_time(NaiveTime::MIN)),
    }
}

/// The period of a session from its wall-clock times; an end of 00:00 is the end of the day. Where the clock is put
/// back, a repeated hour belongs to the session whole.
pub fn session_period(zone: Tz, date: NaiveDate, start: NaiveTime, end: NaiveTime) -> Result<Period, Why> {
    let from = instant(zone, date.and_time(start));
    let to =
        if end == NaiveTime::MIN { day(zone, date).end } else { resolve(zone, date.and_time(end), true) };
    Period::new(from, to).map_err(|_| {
        Why::new(
            "session_ends_after_start",
            tr!(
                "A session from {start} to {end} would end before it starts.",
                start = start.format("%H:%M"),
                end = end.format("%H:%M")
            ),
        )
        .instead(tr!("Give an end later on the same day; 00:00 means midnight at its end."))
    })
}

/// The slots of a session, in order, touching each other. What is left at the end and too short is no slot.
pub fn slots(
    zone: Tz,
    date: NaiveDate,
    start: NaiveTime,
    end: NaiveTime,
    minutes: u32,
) -> Result<Vec<Slot>, Why> {
    slots_of(session_period(zone, date, start, end)?, minutes)
}

/// The slots of a period that is already known in UTC.
pub fn slots_of(whole: Period, minutes: u32) -> Result<Vec<Slot>, Why> {
    if !SLOT_MINUTES.contains(&minutes) {
        return Err(Why::new(
            "slot_minutes",
            tr!("A slot of {minutes} minutes is not possible.", minutes = minutes),
        )
        .instead(tr!("Slots last from 5 to 240 minutes.")));
    }
    let step = Duration::minutes(i64::from(minutes));
    let mut slots = Vec::new();
    let mut at = whole.start;
    while at + step <= whole.end {
        slots.push(Period { start: at, end: at + step });
        at += step;
    }
    if slots.is_empty() {
        return Err(Why::new(
            "session_holds_a_slot",
            tr!("This session is shorter than one slot of {minutes} minutes.", minutes = minutes),
        )
        .instead(tr!("Make the session longer or its slots shorter.")));
    }
    Ok(slots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }
    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }
    fn half_hours(zone: Tz, day: &str) -> usize {
        slots(zone, date(day), NaiveTime::MIN, NaiveTime::MIN, 30).unwrap().len()
    }

    #[test]
    fn a_day_has_48_half_hours_and_days_of_a_clock_change_46_47_49_or_50() {
        use chrono_tz::Australia::{Lord_Howe, Sydney};
        assert_eq!(half_hours(Sydney, "2026-03-12"), 48);
        assert_eq!(half_hours(Sydney, "2026-10-04"), 46);
        assert_eq!(half_hours(Sydney, "2026-04-05"), 50);
        assert_eq!(half_hours(Lord_Howe, "2026-10-04"), 47);
        assert_eq!(half_hours(Lord_Howe, "2026-04-05"), 49);
    }

    #[test]
    fn a_clock_that_changes_at_midnight_works() {
        let zone = chrono_tz::America::Havana;
        assert_eq!(half_hours(zone, "2025-03-09"), 46);
        assert_eq!(half_hours(zone, "2025-11-02"), 50);
        assert_eq!(day(zone, date("2025-03-09")).starts_at(zone), date("2025-03-09").and_time(time("01:00")));
    }

    #[test]
    fn a_session_over_the_clock_change_keeps_slots_of_full_length() {
        let zone = chrono_tz::Australia::Sydney;
        let spring = slots(zone, date("2026-10-04"), time("01:00"), time("04:00"), 30).unwrap();
        assert_eq!(spring.len(), 4);
        assert_eq!(spring[2].starts_at(zone).time(), time("03:00"));
        assert_eq!(slots(zone, date("2026-04-05"), time("01:00"), time("04:00"), 30).unwrap().len(), 8);
    }

    #[test]
    fn a_session_that_ends_before_it_starts_is_refused() {
        let zone = chrono_tz::UTC;
        let why = slots(zone, date("2026-03-12"), time("10:00"), time("09:00"), 30).unwrap_err();
        assert_eq!(why.rule, "session_ends_after_start");
        assert_eq!(
            slots(zone, date("2026-03-12"), time("10:00"), time("10:00"), 30).unwrap_err().rule,
            "session_ends_after_start"
        );
    }

    #[test]
    fn slots_are_5_to_240_minutes_and_fit_the_session() {
        let at = |minutes| slots(chrono_tz::UTC, date("2026-03-12"), time("09:00"), time("10:00"), minutes);
        assert_eq!(at(4).unwrap_err().rule, "slot_minutes");
        assert_eq!(at(241).unwrap_err().rule, "slot_minutes");
        assert_eq!(at(90).unwrap_err().rule, "session_holds_a_slot");
        assert_eq!(at(25).unwrap().len(), 2);
        assert_eq!(at(5).unwrap().len(), 12);
    }

    #[test]
    fn touching_is_not_overlapping() {
        let found = slots(chrono_tz::UTC, date("2026-03-12"), time("09:00"), time("10:00"), 30).unwrap();
        assert!(!found[0].overlaps(&found[1]) && found[0].overlaps(&found[0]));
        assert!(found[0].contains(found[0].start) && !found[0].contains(found[0].end));
        assert_eq!(found[0].minutes(), 30);
        assert!(Period::new(found[0].end, found[0].start).is_err());
    }

    #[test]
    fn a_day_that_never_was_is_empty() {
        assert_eq!(day(chrono_tz::Pacific::Apia, date("2011-12-30")).minutes(), 0);
    }

    fn zones() -> impl Strategy<Value = Tz> {
        use chrono_tz::{America, Australia, Europe, Pacific};
        prop::sample::select(vec![
            Tz::UTC,
            Australia::Sydney,
            Australia::Lord_Howe,
            Australia::Adelaide,
            Europe::London,
            Europe::Berlin,
            America::New_York,
            America::St_Johns,
            America::Havana,
            America::Santiago,
            America::Asuncion,
            Pacific::Chatham,
            Pacific::Auckland,
            chrono_tz::Asia::Kathmandu,
            chrono_tz::Africa::Cairo,
            chrono_tz::Asia::Beirut,
        ])
    }

    proptest! {
        #[test]
        fn days_follow_each_other_without_gap_or_overlap(zone in zones(), n in 0u64..9000) {
            let here = date("2012-01-01") + Days::new(n);
            let today = day(zone, here);
            prop_assert_eq!(today.end, day(zone, here + Days::new(1)).start);
            prop_assert!((46..=50).contains(&(today.minutes() / 30)));
            prop_assert_eq!(today.starts_at(zone).date(), here);
        }

        #[test]
        fn slots_touch_stay_inside_and_last_as_long_as_they_say(
            zone in zones(), n in 0u64..9000, from in 0u32..1380, long in 10u32..600, minutes in 5u32..=240
        ) {
            let here = date("2012-01-01") + Days::new(n);
            let wall = |m: u32| NaiveTime::from_hms_opt(m / 60 % 24, m % 60, 0).unwrap();
            let end = wall((from + long).min(1440));
            if let Ok(found) = slots(zone, here, wall(from), end, minutes) {
                let whole = session_period(zone, here, wall(from), end).unwrap();
                prop_assert_eq!(found[0].start, whole.start);
                prop_assert!(found.iter().all(|s| s.minutes() == i64::from(minutes)));
                prop_assert!(found.windows(2).all(|w| w[0].end == w[1].start));
                let left = whole.end - found[found.len() - 1].end;
                prop_assert!(left >= Duration::zero() && left < Duration::minutes(i64::from(minutes)));
            }
        }
    }
}

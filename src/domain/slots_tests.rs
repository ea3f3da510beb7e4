//! Slots from hours, exceptions and bookings over forty time zones and every change of their clocks from 2024 to 2035.
use super::*;
use chrono::{Days, Duration, TimeZone};
use proptest::prelude::*;
use std::sync::LazyLock;

/// Forty zones: each habit of changing the clock that is in use, and those without one.
const ZONES: [Tz; 40] = {
    use chrono_tz::{Africa, America, Antarctica, Asia, Atlantic, Australia, Europe, Pacific};
    [
        Tz::UTC,
        Australia::Sydney,
        Australia::Lord_Howe,
        Australia::Adelaide,
        Australia::Brisbane,
        Australia::Perth,
        Australia::Eucla,
        Pacific::Auckland,
        Pacific::Chatham,
        Pacific::Norfolk,
        Pacific::Apia,
        Pacific::Kiritimati,
        Pacific::Easter,
        Pacific::Honolulu,
        Europe::London,
        Europe::Dublin,
        Europe::Berlin,
        Europe::Athens,
        Europe::Chisinau,
        Europe::Istanbul,
        Atlantic::Azores,
        Africa::Cairo,
        Africa::Casablanca,
        Africa::El_Aaiun,
        Africa::Lagos,
        Asia::Jerusalem,
        Asia::Beirut,
        Asia::Gaza,
        Asia::Kolkata,
        Asia::Kathmandu,
        Asia::Tokyo,
        Asia::Dubai,
        America::New_York,
        America::St_Johns,
        America::Havana,
        America::Santiago,
        America::Asuncion,
        America::Nuuk,
        America::Sao_Paulo,
        Antarctica::Troll,
    ]
};

/// Every day from 2024 to 2035 on which the clock of a zone changes.
static CHANGES: LazyLock<Vec<(Tz, NaiveDate)>> = LazyLock::new(|| {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let days = (NaiveDate::from_ymd_opt(2036, 1, 1).unwrap() - first).num_days();
    let mut found = vec![];
    for zone in ZONES {
        for n in 0..days.unsigned_abs() {
            let day = first + Days::new(n);
            if time::day(zone, day).minutes() != 1440 {
                found.push((zone, day));
            }
        }
    }
    found
});

fn hours(weekday: u32, from_minute: i32, to_minute: i32, slot_minutes: i32) -> WeeklyHours {
    let weekday = i32::try_from(weekday).unwrap();
    WeeklyHours { centre: CentreId(uuid::Uuid::nil()), weekday, from_minute, to_minute, slot_minutes }
}

#[test]
fn every_change_of_every_clock_makes_a_day_of_46_to_50_half_hours() {
    assert!(CHANGES.len() > 500, "{} changes", CHANGES.len());
    let mut lengths = std::collections::BTreeMap::<usize, usize>::new();
    for (zone, day) in CHANGES.iter() {
        let whole = hours(day.weekday().number_from_monday(), 0, 1440, 30);
        let made = planned(&[whole], |_| *zone, *day);
        let n = states(made[0].period, 30, &Taken::default(), DateTime::UNIX_EPOCH).len();
        // Troll puts its clock by two hours.
        let usual = if *zone == chrono_tz::Antarctica::Troll { 44..=52 } else { 46..=50 };
        assert!(usual.contains(&n) && n != 48, "{zone} {day}: {n}");
        *lengths.entry(n).or_default() += 1;
        for other in [day.pred_opt().unwrap(), day.succ_opt().unwrap()] {
            let made = planned(&[hours(other.weekday().number_from_monday(), 0, 1440, 30)], |_| *zone, other);
            assert_eq!(made[0].period.minutes(), time::day(*zone, other).minutes());
        }
    }
    println!(
        "{} changes of the clock in {} zones: days by half hours {lengths:?}",
        CHANGES.len(),
        ZONES.len()
    );
}

#[test]
fn the_hours_of_a_day_become_its_sessions_in_order_and_skipped_ones_none() {
    let zone = chrono_tz::Australia::Sydney;
    let sunday = NaiveDate::from_ymd_opt(2026, 10, 4).unwrap();
    let week =
        [hours(7, 600, 720, 30), hours(7, 125, 175, 30), hours(7, 60, 240, 30), hours(1, 540, 600, 30)];
    let made = planned(&week, |_| zone, sunday);
    assert_eq!(made.iter().map(|p| p.hours.from_minute).collect::<Vec<_>>(), [60, 600]);
    assert_eq!(made[0].period.minutes(), 120, "from one to four, without the hour from two to three");
    assert_eq!(made[1].period.starts_at(zone).to_string(), "2026-10-04 10:00:00");
}

#[test]
fn each_slot_is_the_first_that_holds() {
    let at = |h: u32, m: u32| Utc.with_ymd_and_hms(2026, 3, 12, h, m, 0).unwrap();
    let piece = |a, b| Period { start: a, end: b };
    let taken = Taken {
        booked: vec![piece(at(9, 0), at(9, 30)), piece(at(11, 0), at(11, 30))],
        busy: vec![piece(at(9, 0), at(9, 30)), piece(at(11, 0), at(11, 40))],
        held: vec![piece(at(11, 30), at(12, 30))],
        away: vec![piece(at(13, 0), at(14, 0))],
    };
    let found = states(piece(at(9, 0), at(14, 0)), 30, &taken, at(10, 0));
    let letters: String = found.iter().map(|s| s.state.code().chars().next().unwrap_or(' ')).collect();
    assert_eq!(letters, "bpffbbhfaa", "the second b of the pair after ten is the buffer");
    assert_eq!(found[5].state, SlotState::Buffer);
    let tally = Tally::of(&found);
    assert_eq!((tally.booked, tally.free, tally.blocked(), tally.defined()), (2, 3, 5, 10));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn free_and_booked_and_blocked_are_all_that_is_defined(
        change in 0usize..100_000, off in -1i64..=1, from in 0i32..1380, long in 30i32..1200, slot in 5i32..=120,
        taken in prop::collection::vec((0i64..1500, 5i64..240, 0usize..4), 0..12), now in 0i64..1500
    ) {
        let (zone, day) = CHANGES[change % CHANGES.len()];
        let day = day + Duration::days(off);
        let made = planned(&[hours(day.weekday().number_from_monday(), from, (from + long).min(1440), slot)], |_| zone, day);
        let midnight = time::day(zone, day);
        for session in made {
            let mut t = Taken::default();
            for (at, minutes, what) in &taken {
                let start = midnight.start + Duration::minutes(*at);
                let piece = Period { start, end: start + Duration::minutes(*minutes) };
                match what {
                    0 => {
                        t.booked.push(piece);
                        t.busy.push(Period { end: piece.end + Duration::minutes(15), ..piece });
                    }
                    1 => t.held.push(piece),
                    2 => t.away.push(piece),
                    _ => t.busy.push(piece),
                }
            }
            let minutes = u32::try_from(slot).unwrap();
            let found = states(session.period, minutes, &t, midnight.start + Duration::minutes(now));
            let tally = Tally::of(&found);
            // The slots that the real hours hold, whatever the clock did.
            prop_assert_eq!(i64::from(tally.defined()), session.period.minutes() / i64::from(slot));
            prop_assert_eq!(tally.free + tally.booked + tally.blocked(), tally.defined());
            prop_assert!(found.iter().all(|s| s.period.start >= session.period.start && s.period.end <= session.period.end));
            prop_assert!(found.windows(2).all(|w| w[0].period.end == w[1].period.start));
            for s in found.iter().filter(|s| s.state == SlotState::Free) {
                let free = t.booked.iter().chain(&t.busy).chain(&t.held).chain(&t.away).all(|p| !p.overlaps(&s.period));
                prop_assert!(free, "a free slot overlaps what is taken");
            }
        }
    }
}

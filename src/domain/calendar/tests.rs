//! What a day, a strip and a month must be: plain cases, and any day of zones with every kind of clock change.
use super::*;
use chrono::{Days, TimeZone as _};
use chrono_tz::{Africa, America, Asia, Australia, Europe, Pacific};
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
fn local(zone: Tz, day: &str, hour: u32, minute: u32) -> DateTime<Utc> {
    let wall = date(day).and_hms_opt(hour, minute, 0).unwrap();
    zone.from_local_datetime(&wall).earliest().unwrap().with_timezone(&Utc)
}
fn session(zone: Tz, period: Period, slot_minutes: u32) -> DaySession {
    DaySession {
        id: ClinicSessionId::new(),
        centre: CentreId::new(),
        centre_name: "Randwick".into(),
        zone,
        period,
        slot_minutes,
    }
}
fn booking(zone: Tz, period: Period, kind: AppointmentKind, status: AppointmentStatus) -> DayBooking {
    DayBooking {
        id: AppointmentId::new(),
        version: 1,
        patient: PatientId::new(),
        patient_name: PersonName::new("Black", "Jack"),
        sex: Sex::Male,
        birth_date: None,
        centre: CentreId::new(),
        zone,
        period,
        status,
        kind,
        visit_type: String::new(),
        busy_until: None,
    }
}
fn provider_day(day: NaiveDate, sessions: Vec<DaySession>, bookings: Vec<DayBooking>) -> ProviderDay {
    ProviderDay {
        provider: ProviderId::new(),
        name: PersonName::new("Smith", "Anna"),
        profession: "gp".into(),
        day,
        sessions,
        bookings: Some(bookings),
        off: vec![],
    }
}
fn letters(marks: &[Mark]) -> String {
    marks.iter().map(|m| m.letter()).collect()
}
const SYDNEY: Tz = Australia::Sydney;

#[test]
fn a_booking_stands_where_its_slots_were_and_a_walk_in_takes_none() {
    let at = |h, m| local(SYDNEY, "2026-03-12", h, m);
    let period = |a, b| Period { start: a, end: b };
    let day = provider_day(
        date("2026-03-12"),
        vec![session(SYDNEY, period(at(9, 0), at(11, 0)), 30)],
        vec![
            booking(SYDNEY, period(at(9, 30), at(10, 30)), AppointmentKind::Slot, AppointmentStatus::Booked),
            booking(
                SYDNEY,
                period(at(10, 42), at(11, 12)),
                AppointmentKind::WalkIn,
                AppointmentStatus::Arrived,
            ),
        ],
    );
    let cells = day.cells(at(9, 10));
    let seen: Vec<(String, Content)> =
        cells.iter().map(|c| (RowKey::of(c.period.start, SYDNEY).label(), c.content)).collect();
    let expected = [
        ("09:00", Content::Gone),
        ("09:30", Content::Booked(0, 0)),
        ("10:30", Content::Free),
        ("10:42", Content::Booked(1, 0)),
    ];
    assert_eq!(seen, expected.map(|(t, c)| (t.to_owned(), c)));
    assert_eq!(day.free(at(9, 10)), 1);
    assert_eq!(&letters(&day.strip(SYDNEY, at(9, 10)))[17..24], "-,##+#-");
}

#[test]
fn a_time_of_a_missed_appointment_can_be_given_to_somebody_else() {
    let at = |h, m| local(SYDNEY, "2026-03-12", h, m);
    let slot = Period { start: at(9, 0), end: at(9, 30) };
    let missed = booking(SYDNEY, slot, AppointmentKind::Slot, AppointmentStatus::NoShow);
    let taken = booking(SYDNEY, slot, AppointmentKind::Slot, AppointmentStatus::Booked);
    let day = provider_day(date("2026-03-12"), vec![session(SYDNEY, slot, 30)], vec![missed, taken]);
    let contents = |now| day.cells(now).iter().map(|c| c.content).collect::<Vec<_>>();
    assert_eq!(contents(at(8, 0)), [Content::Booked(1, 0)], "before its time it is only the other one's");
    assert_eq!(contents(at(9, 10)), [Content::Booked(0, 1)], "after it both are shown");
}

#[test]
fn leave_kept_and_chosen_time_is_not_free_and_a_chosen_one_is_again_when_its_time_is_over() {
    let at = |h, m| local(SYDNEY, "2026-03-12", h, m);
    let period = |a, b| Period { start: a, end: b };
    let off =
        |a, b, kind, until| OffTime { period: period(a, b), kind, text: String::new(), centre: None, until };
    let mut visit =
        booking(SYDNEY, period(at(9, 0), at(9, 30)), AppointmentKind::Slot, AppointmentStatus::Booked);
    visit.busy_until = Some(at(9, 35));
    let mut day =
        provider_day(date("2026-03-12"), vec![session(SYDNEY, period(at(9, 0), at(12, 0)), 30)], vec![visit]);
    day.off = vec![
        off(at(11, 0), at(13, 0), OffKind::Leave, None),
        off(at(10, 30), at(11, 30), OffKind::Urgent, Some(at(10, 0))),
        off(at(10, 0), at(10, 30), OffKind::Chosen, Some(at(8, 1))),
    ];
    let strip = |now| letters(&day.strip(SYDNEY, now))[18..24].to_owned();
    assert_eq!(strip(at(8, 0)), "#xhhxx");
    assert_eq!(strip(at(8, 2)), "#x.hxx");
    assert_eq!(strip(at(10, 1)), "#,,.xx");
    // Every slot is one thing: booked, away, begun, clear, held or free.
    assert_eq!(day.cells(at(8, 0)).len(), 6);
    assert_eq!([8, 10].map(|h| day.free(at(h, 2))), [1, 1]);
}

#[test]
fn the_repeated_hour_has_its_rows_twice_and_in_their_order() {
    let whole = half_hours(SYDNEY, date("2026-04-05"));
    let keys = row_keys(whole.iter().map(|p| (p.start, SYDNEY)));
    let labels: Vec<String> = keys[2..9].iter().map(|k| k.label()).collect();
    assert_eq!(labels, ["01:00", "01:30", "02:00", "02:30", "02:00'", "02:30'", "03:00"]);
    assert_eq!(keys.len(), 50);
    // A week with such a day has its rows once for all days.
    let plain = half_hours(SYDNEY, date("2026-04-06"));
    let both = row_keys(whole.iter().chain(&plain).map(|p| (p.start, SYDNEY)));
    assert_eq!(both, keys);
}

#[test]
fn a_month_is_whole_weeks() {
    assert_eq!(weeks(date("2026-03-12")).len(), 42);
    assert_eq!(weeks(date("2027-02-10")).len(), 28);
    assert_eq!(weeks(date("2026-03-12"))[0], date("2026-02-23"));
}

#[test]
fn heat_is_nothing_without_sessions_and_four_when_all_is_free() {
    let day = |slots, taken| MonthDay { slots, taken, ..MonthDay::closed(date("2026-03-12")) };
    assert_eq!(
        [day(0, 0), day(10, 0), day(10, 9), day(10, 10), day(3, 5)].map(|d| d.heat()),
        [0, 4, 1, 0, 0]
    );
}

/// Zones of every kind of clock change: by an hour, by half an hour, at midnight, at odd offsets, and never.
fn zones() -> impl Strategy<Value = Tz> {
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
        Pacific::Chatham,
        Pacific::Auckland,
        Asia::Kathmandu,
        Asia::Beirut,
        Africa::Cairo,
    ])
}

/// A day of this zone on which the clock changes, if there is one in the year after `from`.
fn change_after(zone: Tz, from: NaiveDate) -> Option<NaiveDate> {
    (0..366).map(|n| from + Days::new(n)).find(|d| time::day(zone, *d).minutes() != 1440)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_drawn_day_has_exactly_the_slots_it_has(
        zone in zones(), n in 0u64..4300, minutes in prop::sample::select(vec![10u32, 15, 20, 30, 60]),
        taken in prop::collection::vec(any::<bool>(), 300)
    ) {
        let from = date("2024-01-01") + Days::new(n);
        for day in [Some(from), change_after(zone, from)].into_iter().flatten() {
            let whole = time::day(zone, day);
            let slots = time::slots_of(whole, minutes).unwrap();
            let bookings: Vec<DayBooking> = slots
                .iter()
                .zip(&taken)
                .filter(|(_, taken)| **taken)
                .map(|(slot, _)| booking(zone, *slot, AppointmentKind::Slot, AppointmentStatus::Booked))
                .collect();
            let (n_taken, sessions) = (bookings.len(), vec![session(zone, whole, minutes)]);
            let drawn = provider_day(day, sessions, bookings);
            let cells = drawn.cells(whole.start);
            // Free and booked together are what is defined, each once and in its order.
            prop_assert_eq!(cells.iter().map(|c| c.period).collect::<Vec<_>>(), slots.clone());
            let free = cells.iter().filter(|c| c.content == Content::Free).count();
            prop_assert_eq!(free + n_taken, slots.len());
            // Every slot has a row of its own, in the order of time, on days with a repeated hour too.
            let keys: Vec<RowKey> = cells.iter().map(|c| RowKey::of(c.period.start, zone)).collect();
            prop_assert!(keys.windows(2).all(|w| w[0] < w[1]), "{:?}", keys);
            prop_assert_eq!(row_keys(cells.iter().map(|c| (c.period.start, zone))).len(), slots.len());
            let strip = drawn.strip(zone, whole.start);
            prop_assert_eq!(strip.len(), usize::try_from(whole.minutes() / 30).unwrap());
            // What is left of a day that its slots do not divide (23 and a half hours by whole ones) is no slot.
            let covered = slots.len() * minutes as usize / 30;
            prop_assert!(strip[..covered].iter().all(|m| *m != Mark::Closed));
        }
    }
}

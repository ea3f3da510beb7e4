//! The order of offering, the days of the week, and what a status follows from.
use super::*;
use crate::domain::ids::ClinicSessionId;
use chrono::{Duration, TimeZone as _};

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 12, 0, 0, 0).unwrap()
}

fn freed() -> FreedTime {
    let start = now() + Duration::hours(5);
    FreedTime {
        provider: ProviderId::new(),
        centre: CentreId::new(),
        period: Period { start, end: start + Duration::minutes(45) },
    }
}

fn waits(name: &str, priority: Priority, days: i64, named: bool, minutes: i64) -> Match {
    let (freed, day) = (freed(), now().date_naive());
    let mut wish = Wish::between(day, day);
    wish.priority = priority;
    wish.provider = named.then_some(freed.provider);
    Match {
        entry: WaitEntry {
            id: WaitId::new(),
            version: 1,
            patient: PatientId::new(),
            patient_name: PersonName::new(name, ""),
            record_number: 1,
            born: None,
            phone: String::new(),
            wish,
            provider_name: None,
            department_name: String::new(),
            centre_name: String::new(),
            visit_type_name: String::new(),
            referred: false,
            note: String::new(),
            added_by: String::new(),
            added_at: now() - Duration::days(days),
            status: WaitStatus::Waiting,
            unbookable: None,
            appointment: None,
            calls: 0,
            last_call: None,
            offer: None,
        },
        slot: FreeSlot {
            session: ClinicSessionId::new(),
            provider: freed.provider,
            provider_name: PersonName::default(),
            profession: "gp".into(),
            centre: freed.centre,
            centre_name: String::new(),
            zone: chrono_tz::Tz::UTC,
            day,
            period: Period {
                start: freed.period.start,
                end: freed.period.start + Duration::minutes(minutes),
            },
        },
        tried: None,
    }
}

#[test]
fn a_freed_time_is_offered_by_priority_then_by_days_waited_then_by_fit() {
    let mut tried = waits("Tried", Priority::Urgent, 90, true, 45);
    tried.tried = Some((CallOutcome::NoAnswer, now()));
    let mut all = vec![
        tried,
        waits("Any", Priority::Routine, 3, false, 45),
        waits("Short", Priority::Routine, 3, true, 15),
        waits("Fills", Priority::Routine, 3, true, 45),
        waits("Longer", Priority::Routine, 9, false, 15),
        waits("Soon", Priority::Soon, 0, false, 15),
        waits("Urgent", Priority::Urgent, 1, false, 15),
    ];
    rank(&mut all, &freed(), now());
    let names: Vec<_> = all.iter().map(|m| m.entry.patient_name.family.as_str()).collect();
    assert_eq!(names, ["Urgent", "Soon", "Longer", "Fills", "Short", "Any", "Tried"]);
}

#[test]
fn days_of_the_week_are_written_as_words_or_from_one_to_another() {
    let words = |typed: &str| Weekdays::parse(typed).map(Weekdays::words);
    assert_eq!(words("").unwrap(), "");
    assert_eq!(words("wed mon").unwrap(), "Mon Wed");
    assert_eq!(words("tue-fri").unwrap(), "Tue Wed Thu Fri");
    assert_eq!(words("sat-mon").unwrap(), "Mon Sat Sun");
    assert_eq!(words("monday, thu").unwrap(), "Mon Thu");
    assert_eq!(words("moonday x").unwrap_err().rule, "weekdays");
    let thursday = now().date_naive();
    assert!(Weekdays::parse("thu").unwrap().has(thursday) && !Weekdays::parse("fri").unwrap().has(thursday));
    assert!(Weekdays::ANY.has(thursday));
}

#[test]
fn offered_and_expired_follow_from_the_hold_and_from_the_days() {
    let today = now().date_naive();
    let of = |code, offered, last| WaitStatus::of(code, offered, last, today);
    assert_eq!(of("waiting", false, today), WaitStatus::Waiting);
    assert_eq!(of("waiting", true, today), WaitStatus::Offered);
    assert_eq!(of("waiting", true, today.pred_opt().unwrap()), WaitStatus::Expired);
    assert_eq!(of("booked", false, today.pred_opt().unwrap()), WaitStatus::Booked);
    assert!(WaitStatus::Offered.is_open() && !WaitStatus::Expired.is_open());
}

//! A day, a week and a month of a small centre for the schedule's views.
use super::{actor, env};
use chrono::{DateTime, Datelike as _, Duration, NaiveDate, TimeZone as _, Utc};
use praxis::{
    domain::{
        actor::Role,
        appointment::{AppointmentKind, AppointmentStatus},
        calendar::{Choosing, DayBooking, DaySession, MonthDay, OffKind, OffTime, ProviderDay},
        ids::{AppointmentId, CentreId, ClinicSessionId, PatientId, ProviderId},
        name::PersonName,
        patient::Sex,
        time::Period,
    },
    store::MonthOf,
    ui::{
        screens::calendar::{Calendar, Msg, Scope, View},
        testing::Stage,
    },
};
use uuid::Uuid;

pub const SYDNEY: chrono_tz::Tz = chrono_tz::Australia::Sydney;

pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x9000 + n)
}
pub fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 12).unwrap()
}
pub fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    let wall = day.and_hms_opt(hour, minute, 0).unwrap();
    SYDNEY.from_local_datetime(&wall).earliest().unwrap().with_timezone(&Utc)
}

/// The centre of everybody in these tests, and another one.
pub fn randwick() -> CentreId {
    CentreId(Uuid::from_u128(5))
}
pub fn ultimo() -> CentreId {
    CentreId(id(70))
}

const PEOPLE: [(&str, &str, &str); 6] = [
    ("Busey", "Gary", "gp"),
    ("Jackson", "Sam", "physiotherapist"),
    ("Neeson", "Liam", "specialist"),
    ("Okafor", "Chidinma", "gp"),
    ("Smith", "Anna", "gp"),
    ("Vasquez", "Maria del Carmen", "gp"),
];
const PATIENTS: [(&str, &str, Sex, i32); 7] = [
    ("Nguyen", "Linh", Sex::Female, 1991),
    ("Black", "Jack", Sex::Male, 1996),
    ("Zhang", "Hao", Sex::Male, 1974),
    ("Rashid", "Omar", Sex::Male, 2019),
    ("Black", "Jackie", Sex::Female, 1996),
    ("O'Neill", "Siobhan", Sex::Female, 1940),
    ("Featherstonehaugh", "Bartholomew", Sex::Male, 1955),
];

/// The provider of this number; number 4 is who is signed in as a GP.
pub fn provider(n: usize) -> ProviderId {
    if n == 4 { ProviderId(Uuid::from_u128(3)) } else { ProviderId(id(20 + n as u128)) }
}

pub fn session(n: u128, centre: (CentreId, &str), period: Period, slot_minutes: u32) -> DaySession {
    DaySession {
        id: ClinicSessionId(id(n)),
        centre: centre.0,
        centre_name: centre.1.into(),
        zone: SYDNEY,
        period,
        slot_minutes,
    }
}

pub fn booking(n: u128, from: DateTime<Utc>, minutes: i64, status: AppointmentStatus) -> DayBooking {
    let (family, given, sex, year) = PATIENTS[n as usize % PATIENTS.len()];
    DayBooking {
        id: AppointmentId(id(1000 + n)),
        version: 1,
        patient: PatientId(id(2000 + n)),
        patient_name: PersonName::new(family, given),
        sex,
        birth_date: NaiveDate::from_ymd_opt(year, 6, 1),
        centre: randwick(),
        zone: SYDNEY,
        period: Period { start: from, end: from + Duration::minutes(minutes) },
        status,
        kind: AppointmentKind::Slot,
        visit_type: ["Follow-up", "Blood test", "", "Health check"][n as usize % 4].into(),
        busy_until: None,
    }
}

/// One provider's day: 20-minute slots for number 1, 15 for number 3, 30 for the others.
pub fn provider_day(n: usize, day: NaiveDate) -> ProviderDay {
    use AppointmentStatus as S;
    let (family, given, profession) = PEOPLE[n];
    let minutes = [30, 20, 30, 15, 30, 30][n];
    let centre =
        if n == 2 { (ultimo(), "Ultimo Medical Centre") } else { (randwick(), "Randwick Medical Centre") };
    let seed = 100 * n as u128 + u128::from(day.day());
    let whole = Period { start: at(day, 9, 0), end: at(day, 17, 0) };
    let mut sessions = vec![session(seed, (randwick(), "Randwick Medical Centre"), whole, minutes)];
    if n == 2 {
        let split = at(day, 13, 0);
        sessions[0].period.end = split;
        sessions.push(session(seed + 50, centre, Period { start: split, end: whole.end }, minutes));
    }
    let statuses = [S::Completed, S::InProgress, S::Arrived, S::Booked, S::Booked, S::NoShow];
    let mut bookings: Vec<DayBooking> = (0..6 - n)
        .map(|i| {
            let i = i as u128;
            let from = whole.start + Duration::minutes(i64::from(minutes) * (i as i64 * 2 + n as i64 % 2));
            let status = if day == today() { statuses[i as usize] } else { S::Booked };
            booking(seed * 10 + i, from, i64::from(minutes) * (1 + (i as i64 & 1)), status)
        })
        .collect();
    if n == 0 && day == today() {
        let mut walk_in = booking(7, at(day, 9, 37), 30, S::Arrived);
        walk_in.kind = AppointmentKind::WalkIn;
        bookings.push(walk_in);
        bookings.sort_by_key(|b| b.period.start);
    }
    ProviderDay {
        provider: provider(n),
        name: PersonName::new(family, given),
        profession: profession.into(),
        day,
        sessions,
        bookings: Some(bookings),
        off: off(n, day),
    }
}

/// Somebody chooses a time of number 4, number 5 is away in the afternoon, number 3 keeps time for urgent visits.
fn off(n: usize, day: NaiveDate) -> Vec<OffTime> {
    let one = |from, to, kind, text: &str, until| OffTime {
        period: Period { start: at(day, from, 0), end: at(day, to, 0) },
        kind,
        text: text.into(),
        centre: None,
        until,
    };
    match n {
        3 => vec![one(14, 15, OffKind::Urgent, "", Some(at(day, 12, 0)))],
        4 => vec![one(12, 13, OffKind::Chosen, "Mei Wong", Some(at(day, 9, 43)))],
        5 => vec![one(13, 17, OffKind::Leave, "conference", None)],
        _ => vec![],
    }
}

/// Everybody's day at the centre.
pub fn centre_day(day: NaiveDate) -> Vec<ProviderDay> {
    (0..PEOPLE.len()).map(|n| provider_day(n, day)).collect()
}

/// Days of the GP who is signed in: none at the weekend.
pub fn days_of(n: usize, first: NaiveDate, days: i64) -> Vec<ProviderDay> {
    (0..days)
        .map(|i| first + Duration::days(i))
        .map(|day| {
            let mut known = provider_day(n, day);
            if day.weekday().num_days_from_monday() > 4 {
                known.sessions.clear();
                known.bookings = Some(vec![]);
                known.off.clear();
            }
            known
        })
        .collect()
}

/// A month that fills up towards its beginning.
pub fn month(first: NaiveDate, last: NaiveDate) -> Vec<MonthDay> {
    let days = (last - first).num_days();
    (0..=days)
        .map(|i| first + Duration::days(i))
        .filter(|d| d.weekday().num_days_from_monday() < 5)
        .map(|day| {
            let past = day < today();
            let slots = if past { 0 } else { 96 };
            let left = u32::try_from((day - today()).num_days().max(0)).unwrap_or(0);
            let choosing = match left {
                1 => vec![Choosing { who: "Mei Wong".into(), until: at(today(), 9, 43) }],
                _ => vec![],
            };
            MonthDay { day, slots, taken: slots.saturating_sub(left * 6), providers: 6, choosing }
        })
        .collect()
}

/// The schedule of a receptionist, nothing read yet.
pub fn desk() -> Stage<Calendar> {
    Stage::with(Calendar::at(None), env(Some(actor(Role::Receptionist))))
}
/// The schedule of the GP of number 4.
pub fn gp() -> Stage<Calendar> {
    Stage::with(Calendar::at(None), env(Some(actor(Role::Gp))))
}

/// Answers what the screen asked for last.
pub fn answer(stage: &mut Stage<Calendar>, view: View, day: NaiveDate) {
    let monday = day - Duration::days(i64::from(day.weekday().num_days_from_monday()));
    match view {
        View::Strip | View::Sheet => {
            stage.deliver(Msg::Days(Scope::Centre(randwick(), day), Ok(centre_day(day))));
        }
        View::Week => {
            stage.deliver(Msg::Days(Scope::Provider(provider(4), monday, 7), Ok(days_of(4, monday, 7))));
        }
        View::Agenda => {
            stage.deliver(Msg::Days(Scope::Provider(provider(4), monday, 14), Ok(days_of(4, monday, 14))));
        }
        View::Month => {
            let days = praxis::domain::calendar::weeks(day);
            let (first, last) = (days[0], days[days.len() - 1]);
            let scope = Scope::Month(MonthOf::Centre(randwick()), first, last);
            stage.deliver(Msg::Month(scope, Ok(month(first, last))));
        }
    }
}

/// The schedule in a view, read.
pub fn shown(view: View) -> Stage<Calendar> {
    let mut stage = gp();
    answer(&mut stage, View::Sheet, today());
    stage.keys(match view {
        View::Strip => "S",
        View::Sheet => "D",
        View::Week => "W",
        View::Month => "M",
        View::Agenda => "A",
    });
    if !matches!(view, View::Strip | View::Sheet) {
        answer(&mut stage, view, today());
    }
    stage
}

//! A provider's home, the schedule with its panel and form, and the homes of those whom the board does not greet.
use super::{actor, env, every_size};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use praxis::{
    domain::{
        access::AccessWork,
        actor::Role,
        clinic_session::{Kept, SessionAppointment, SessionRow},
        exception::ExceptionKind,
        ids::{
            AppointmentId, AuditEventId, CentreId, ClinicSessionId, EncounterId, PatientId, ProviderId,
            RegistrationId,
        },
        name::PersonName,
        time::Period,
        why::Why,
    },
    store::{
        Change, Error, HomeAppointment, LogLine, Overview, OwnAppointment, OwnHome, PendingProvider,
        ProviderHome, ProviderRow, RowChange, Started, Totals, UnsignedVisit, Waiting,
    },
    ui::{
        screens::{
            home::{overview, own, provider as home},
            schedule::{self, Schedule, form, panel, plan as moves},
        },
        testing::Stage,
    },
};
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x100 + n)
}
fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+11:00")).unwrap().with_timezone(&Utc)
}
fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn unsigned(n: u128, name: (&str, &str), day: &str, state: &str) -> UnsignedVisit {
    UnsignedVisit {
        encounter: EncounterId(id(n)),
        day: date(day),
        started_at: at(&format!("{day}T10:00")),
        state: state.into(),
        patient: PatientId(id(n + 50)),
        patient_name: PersonName::new(name.0, name.1),
        sex: "male".into(),
        birth_date: Some(date("1996-05-04")),
        centre_name: "Randwick Medical Centre".into(),
        zone: chrono_tz::Australia::Sydney,
    }
}

fn appointment(n: u128, name: (&str, &str), when: &str, status: &str) -> HomeAppointment {
    HomeAppointment {
        appointment: AppointmentId(id(n)),
        version: 3,
        day: date(&when[..10]),
        starts_at: at(when),
        status: status.into(),
        kind: "slot".into(),
        patient: PatientId(id(n + 50)),
        patient_name: PersonName::new(name.0, name.1),
        sex: "female".into(),
        birth_date: Some(date("1991-08-30")),
        reason: "blood test".into(),
        arrived_at: (status == "arrived").then(|| at("2026-03-12T09:18")),
        centre: CentreId(id(90)),
        centre_name: "Randwick Medical Centre".into(),
        zone: chrono_tz::Australia::Sydney,
        encounter: matches!(status, "in_progress" | "completed").then(|| EncounterId(id(77))),
        allergy_state: Some(if n == 11 { "listed" } else { "not_asked" }.into()),
    }
}

fn my_home() -> ProviderHome {
    ProviderHome {
        provider: ProviderId(Uuid::from_u128(3)),
        profession: "gp".into(),
        registration_number: Some("MED0001234".into()),
        access: vec![],
        connections: 0,
        unsigned: vec![
            unsigned(1, ("Black", "Jack"), "2026-03-09", "paused"),
            unsigned(2, ("Zhang", "Hao"), "2026-03-11", "open"),
        ],
        today: vec![
            appointment(10, ("Rashid", "Omar"), "2026-03-12T09:00", "in_progress"),
            appointment(11, ("Nguyen", "Linh"), "2026-03-12T09:30", "arrived"),
            appointment(12, ("Black", "Jackie"), "2026-03-12T10:00", "booked"),
            appointment(13, ("Costa", "Nina"), "2026-03-12T08:30", "completed"),
        ],
        week: vec![appointment(14, ("Zhang", "Hao"), "2026-03-13T09:00", "booked")],
    }
}

fn day() -> Stage<home::ProviderHomeScreen> {
    let mut stage = Stage::with(home::ProviderHomeScreen::default(), env(Some(actor(Role::Gp))));
    stage.deliver(home::Msg::Loaded(Ok(my_home())));
    stage
}

#[test]
fn the_home_of_a_provider_begins_with_what_is_not_signed() {
    insta::assert_snapshot!(day().frame());
    every_size(day);
}

#[test]
fn one_key_opens_the_next_waiting_patient() {
    let mut stage = day();
    stage.keys("n");
    assert_eq!(stage.effects(), ["load home.next"]);
    stage.deliver(home::Msg::Waiting(Ok(Some(Waiting {
        appointment: AppointmentId(id(11)),
        version: 3,
        patient: PatientId(id(61)),
        patient_name: PersonName::new("Nguyen", "Linh"),
        starts_at: at("2026-03-12T09:30"),
        arrived_at: None,
    }))));
    assert_eq!(stage.effects(), ["save visit.start"]);
    stage.deliver(home::Msg::Started(Ok(Started { encounter: EncounterId(id(78)), resumed: false })));
    assert_eq!(stage.effects(), [format!("push Visit(EncounterId({}))", id(78))]);
}

#[test]
fn nobody_waiting_is_said() {
    let mut stage = day();
    stage.keys("n").deliver(home::Msg::Waiting(Ok(None)));
    assert_eq!(stage.toast(), "Nobody is waiting for you.");
}

#[test]
fn enter_opens_the_visit_that_is_there_and_a_booked_patient_otherwise() {
    let mut stage = day();
    stage.keys("enter");
    assert_eq!(stage.effects(), [format!("push Visit(EncounterId({}))", id(1))]);
    stage.forget_effects().keys("down down down down enter");
    assert_eq!(stage.effects(), [format!("push Patient(PatientId({}))", id(62))]);
    stage.forget_effects().keys("up s");
    assert_eq!(stage.effects(), ["save visit.start"]);
}

#[test]
fn enter_on_a_visit_that_is_over_opens_its_record() {
    let mut stage = day();
    stage.keys("down down down down down enter");
    assert_eq!(stage.effects(), [format!("push Record(EncounterId({}))", id(77))]);
}

#[test]
fn a_no_show_is_done_at_once_and_can_be_taken_back() {
    let mut stage = day();
    stage.keys("down down down down x");
    assert_eq!(stage.effects(), ["save appointment.set-status"]);
    stage.deliver(home::Msg::Status(AppointmentId(id(12)), true, Ok(4)));
    assert!(stage.toast().contains("No-show: BLACK Jackie"));
    stage.keys("u");
    assert!(stage.effects().contains(&"save appointment.set-status".to_owned()));
}

#[test]
fn an_error_keeps_the_rows_and_says_one_sentence() {
    let mut stage = day();
    stage.deliver(home::Msg::Loaded(Err(Error::Slow)));
    assert!(stage.text().contains("NGUYEN Linh"));
    assert!(stage.toast().contains("did not answer in time"));
    stage.keys("r");
    assert_eq!(stage.effects(), ["load home.load"]);
}

#[test]
fn only_ones_own_appointments_wake_the_home() {
    let change = |provider| {
        Change::Row(RowChange {
            entity: "appointment".into(),
            id: None,
            op: "u".into(),
            version: 1,
            session: None,
            provider: Some(provider),
            day: None,
            patient: None,
            account: None,
        })
    };
    let mut stage = day();
    stage.changed(&change(id(999)));
    assert!(stage.effects().is_empty());
    stage.changed(&change(Uuid::from_u128(3)));
    assert_eq!(stage.effects(), ["load home.load"]);
}

fn session(n: u128, day: &str, from: &str, to: &str, booked: u32) -> SessionRow {
    let period = Period { start: at(&format!("{day}T{from}")), end: at(&format!("{day}T{to}")) };
    let slots = period.minutes() as u32 / 30;
    SessionRow {
        id: ClinicSessionId(id(n)),
        version: 2,
        provider: ProviderId(Uuid::from_u128(3)),
        provider_name: PersonName::new("Smith", "Anna"),
        centre: CentreId(id(90)),
        centre_name: "Randwick Medical Centre".into(),
        zone: chrono_tz::Australia::Sydney,
        day: date(day),
        period,
        slot_minutes: 30,
        booked,
        free: slots.saturating_sub(booked),
        kept: Default::default(),
    }
}

fn sessions() -> Vec<SessionRow> {
    let begun = Kept { past: 2, ..Kept::default() };
    let shut = |kind| Kept { shut: Some(kind), ..Kept::default() };
    vec![
        SessionRow { free: 9, kept: begun, ..session(20, "2026-03-12", "09:00", "17:00", 5) },
        session(21, "2026-03-13", "09:00", "10:00", 2),
        session(22, "2026-03-16", "14:00", "18:00", 0),
        SessionRow {
            free: 0,
            kept: shut(ExceptionKind::Leave),
            ..session(23, "2026-03-17", "09:00", "17:00", 0)
        },
        SessionRow {
            free: 0,
            kept: shut(ExceptionKind::Holiday),
            ..session(24, "2026-03-18", "09:00", "17:00", 0)
        },
    ]
}

fn plan() -> Stage<Schedule> {
    let mut stage = Stage::with(Schedule::of(None, None), env(Some(actor(Role::Gp))));
    stage.deliver(schedule::Msg::Loaded(Ok(sessions())));
    stage
}

#[test]
fn the_schedule_lists_sessions_with_total_and_booked_and_says_why_time_is_not_free() {
    insta::assert_snapshot!(plan().frame());
    insta::assert_snapshot!("sessions_small", plan().at(60, 20).frame());
    insta::assert_snapshot!("sessions_wide", plan().at(132, 43).frame());
    every_size(plan);
}

fn of_session(n: u128, name: (&str, &str), when: &str, status: &str) -> SessionAppointment {
    SessionAppointment {
        id: AppointmentId(id(n)),
        version: 1,
        status: status.into(),
        kind: "slot".into(),
        starts_at: at(when),
        ends_at: at(when) + Duration::minutes(30),
        patient: PatientId(id(n + 50)),
        patient_name: PersonName::new(name.0, name.1),
        sex: "male".into(),
        birth_date: Some(date("1974-01-02")),
        reason: "follow-up".into(),
        arrived_at: (status == "arrived").then(|| at("2026-03-12T09:30")),
        encounter: (status == "in_progress").then(|| EncounterId(id(77))),
        allergy_state: None,
    }
}

fn open_panel() -> Stage<Schedule> {
    let mut stage = plan();
    stage.keys("enter");
    stage.deliver_to_top(panel::Msg::Loaded(Ok(vec![
        of_session(10, ("Rashid", "Omar"), "2026-03-12T09:00", "in_progress"),
        of_session(11, ("Nguyen", "Linh"), "2026-03-12T09:30", "arrived"),
        of_session(12, ("Zhang", "Hao"), "2026-03-12T10:00", "booked"),
    ])));
    stage
}

#[test]
fn enter_opens_the_panel_of_the_session() {
    let mut stage = open_panel();
    insta::assert_snapshot!(stage.frame());
    stage.forget_effects().keys("enter");
    assert_eq!(
        stage.effects(),
        [format!("push Visit(EncounterId({}))", id(77))],
        "the one in progress goes on"
    );
    stage.forget_effects().keys("down s");
    assert_eq!(stage.effects(), ["save visit.start"]);
    stage.forget_effects().keys("down x");
    assert_eq!(stage.effects(), ["save appointment.set-status"]);
    stage.forget_effects().keys("m");
    assert!(stage.effects()[0].contains("move_of: Some"), "{:?}", stage.effects());
    every_size(open_panel);
}

#[test]
fn a_session_with_bookings_is_not_removed_but_its_bookings_are_offered_to_be_moved() {
    let mut stage = plan();
    stage.keys("x");
    assert_eq!(stage.depth(), 2);
    let text = stage.text();
    assert!(text.contains("to be moved before it goes"), "{text}");
    stage.deliver_to_top(moves::Msg::Loaded(Ok(vec![])));
    stage.forget_effects().keys("esc");
    assert!(stage.effects().contains(&"save session.remove".to_owned()), "when none is left");
}

#[test]
fn removing_an_empty_session_asks_and_says_what_follows() {
    let mut stage = plan();
    stage.keys("down down x");
    insta::assert_snapshot!(stage.text());
    stage.keys("n");
    assert!(!stage.effects().contains(&"save session.remove".to_owned()));
    stage.keys("x y");
    assert!(stage.effects().contains(&"save session.remove".to_owned()));
    let why =
        Why::new("session_removed_with_bookings", "The session has 1 booking, so it cannot be removed.");
    stage.forget_effects().deliver(schedule::Msg::Removed(Err(Error::Refused(why))));
    assert!(stage.text().contains("to be moved before it goes"), "booked meanwhile: {}", stage.text());
}

fn provider_row() -> ProviderRow {
    ProviderRow {
        id: ProviderId(Uuid::from_u128(3)),
        name: PersonName::new("Smith", "Anna"),
        profession: "gp".into(),
        specialties: vec![],
        expertise: None,
        phone: None,
        email: None,
        centres: vec![
            (CentreId(id(90)), "Randwick Medical Centre".into()),
            (CentreId(id(91)), "Ultimo Medical Centre".into()),
        ],
        next_free: None,
        zone: chrono_tz::Australia::Sydney,
    }
}

fn add_form() -> Stage<Schedule> {
    let mut stage = plan();
    stage.keys("a");
    stage.deliver_to_top(form::Msg::Providers(Ok(vec![provider_row()])));
    stage
}

#[test]
fn an_overlap_at_another_centre_is_told_under_the_form_and_the_fields_stay() {
    let mut stage = add_form();
    stage
        .keys("ctrl-u")
        .type_text("fri")
        .keys("enter")
        .type_text("9")
        .keys("enter")
        .type_text("12:30")
        .keys("ctrl-s");
    assert!(
        stage.effects().contains(&"save session.add".to_owned()),
        "{:?}\n{}",
        stage.effects(),
        stage.text()
    );
    let why = Why::new(
        "clinic_session_overlap",
        "The provider already has a session at that time: 08:00 to 17:00 at Ultimo Medical Centre.",
    )
    .instead("Choose other hours, or remove the other session.");
    stage.deliver_to_top(form::Msg::Added(Err(Error::Overlap(why))));
    insta::assert_snapshot!(stage.frame());
    stage.forget_effects().keys("ctrl-s");
    assert!(stage.effects().contains(&"save session.add".to_owned()));
    stage.deliver_to_top(form::Msg::Added(Ok(ClinicSessionId(id(40)))));
    assert_eq!(stage.depth(), 1);
    assert!(stage.toast().contains("Added the session Fri 13 Mar 9-12:30"), "{}", stage.toast());
    every_size(add_form);
}

fn numbers() -> Stage<overview::OverviewHome> {
    let mut stage = Stage::with(overview::OverviewHome::default(), env(Some(actor(Role::Administrator))));
    let line = |n, login: &str, action: &str, outcome: &str| LogLine {
        event: AuditEventId(id(n)),
        at: at("2026-03-12T09:40"),
        login: login.into(),
        action: action.into(),
        entity: "appointment".into(),
        outcome: outcome.into(),
    };
    stage.deliver(overview::Msg::Loaded(Ok(Overview {
        totals: Some(Totals {
            patients: 2000,
            providers: 16,
            staff: 25,
            centres: 4,
            sessions_today: 14,
            appointments_today: 120,
            left_open: 3,
        }),
        pending: vec![PendingProvider {
            registration: RegistrationId(id(1)),
            name: PersonName::new("Grey", "Mira"),
            profession: "physiotherapist".into(),
            asked_at: at("2026-03-10T12:00"),
        }],
        log: vec![line(2, "mei", "appointment.book", "done"), line(3, "sam", "records.search", "refused")],
        work: AccessWork { reviews: 2, overdue: 1, requests: 3, connections: 0 },
    })));
    stage
}

#[test]
fn the_home_of_an_administrator_has_numbers_applications_and_the_last_of_the_log() {
    insta::assert_snapshot!(numbers().frame());
    every_size(numbers);
}

fn mine() -> Stage<own::OwnHome> {
    mine_at(false)
}

fn mine_at(too_late: bool) -> Stage<own::OwnHome> {
    let mut stage = Stage::with(own::OwnHome::default(), env(Some(actor(Role::Patient))));
    let a = |n, when: &str, status: &str, upcoming| OwnAppointment {
        appointment: AppointmentId(id(n)),
        version: 3,
        cancel_days: 7,
        too_late,
        day: date(&when[..10]),
        starts_at: at(when),
        status: status.into(),
        provider_name: PersonName::new("Smith", "Anna"),
        profession: "gp".into(),
        centre_name: "Randwick Medical Centre".into(),
        centre_phone: Some("02 9999 0000".into()),
        zone: chrono_tz::Australia::Sydney,
        upcoming,
    };
    stage.deliver(own::Msg::Loaded(Ok(OwnHome {
        appointments: vec![
            a(1, "2026-03-20T09:00", "booked", true),
            a(2, "2026-03-02T09:00", "completed", false),
        ],
        visits: vec![super::find::visit(3, "2026-03-02", "Tension headache")],
        work: AccessWork { requests: 1, connections: 2, ..AccessWork::default() },
    })));
    stage
}

#[test]
fn a_patient_sees_their_own_appointments_and_visits() {
    let mut stage = mine();
    let (small, wide) = (mine().at(60, 20), mine().at(132, 43));
    for (name, mut sized) in [("own_60x20", small), ("own_132x43", wide)] {
        insta::assert_snapshot!(name, sized.frame());
    }
    assert!(stage.text().contains("appointment, completed "), "{}", stage.text());
    insta::assert_snapshot!(stage.frame());
    stage.keys("down down enter");
    assert!(stage.effects()[0].starts_with("push Record("), "{:?}", stage.effects());
    every_size(mine);
}

#[test]
fn a_patient_cancels_their_own_with_a_reason_and_is_told_when_that_is_too_late() {
    let mut stage = mine();
    stage.keys("X");
    insta::assert_snapshot!("own_cancel", stage.frame());
    stage.keys("enter");
    assert!(stage.text().contains("A reason is needed"), "{}", stage.text());
    stage.type_text("on holiday").keys("enter");
    assert!(stage.effects().contains(&"save appointment.cancel-own".to_owned()), "{:?}", stage.effects());
    // What is over, and a visit, have no such key; one that is near says whom to telephone.
    let mut stage = mine();
    stage.keys("down X");
    assert!(stage.toast().contains("completed"), "{}", stage.toast());
    stage.keys("down X");
    assert!(stage.toast().contains("No appointment is selected."), "{}", stage.toast());
    let mut near = mine_at(true);
    near.keys("X");
    let said =
        "An appointment is cancelled or moved by the patient at least 7 days before. Telephone Randwick";
    assert!(near.toast().starts_with(said), "{}", near.toast());
    assert_eq!(near.depth(), 1);
}

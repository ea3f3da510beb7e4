//! Asking for access, answering, connections, breaking the glass with its line on every screen, and the review.
use super::{actor, env, every_size};
use chrono::{DateTime, Utc};
use praxis::{
    domain::{
        access::{AccessRequest, AccessState, Connection, EmergencyReview, OpenEmergency, Side},
        actor::Role,
        ids::{AccessRequestId, AccountId, AppointmentId, ConnectionId, EmergencyId, PatientId, ProviderId},
        name::PersonName,
        why::Why,
    },
    store::{Change, Error, HistoryPage, RowChange},
    ui::{
        screens::{
            access::{
                ask::{self, Ask},
                connections::{self, Connections},
                requests::{self, Requests},
            },
            emergency::{
                self, Emergency,
                review::{self, Reviews},
            },
            home::own::OwnHome,
        },
        testing::Stage,
    },
};
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x200 + n)
}
fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+11:00")).unwrap().with_timezone(&Utc)
}
fn jack() -> PersonName {
    PersonName::new("Black", "Jack")
}

fn request(n: u128, state: AccessState, mine: bool, about_me: bool) -> AccessRequest {
    let decided = !matches!(state, AccessState::Asked | AccessState::Withdrawn);
    AccessRequest {
        id: AccessRequestId(id(n)),
        version: 1,
        patient: PatientId(Uuid::from_u128(4)),
        patient_name: jack(),
        record_number: 1,
        asker: AccountId(id(90)),
        asker_name: PersonName::new("Neeson", "Liam"),
        asker_role: "specialist".into(),
        state,
        reason: "Second opinion on the echocardiogram that was done elsewhere; the patient called us.".into(),
        days: 14,
        asked_at: at("2026-03-11T16:20"),
        decided_by: decided.then(jack),
        until: (state == AccessState::Granted).then(|| at("2026-04-10T09:00")),
        note: if state == AccessState::Refused { "I have not called anybody.".into() } else { String::new() },
        mine,
        about_me,
    }
}

fn asked_of_jack() -> Stage<Requests> {
    let mut stage = Stage::with(Requests::default(), env(Some(actor(Role::Patient))));
    stage.deliver(requests::Msg::Loaded(Ok(vec![
        request(1, AccessState::Asked, false, true),
        request(2, AccessState::Granted, false, true),
        request(3, AccessState::Refused, false, true),
    ])));
    stage
}

#[test]
fn a_patient_grants_for_the_days_they_choose_or_refuses_with_a_word() {
    let mut stage = asked_of_jack();
    insta::assert_snapshot!("requests_of_a_patient", stage.frame());
    stage.keys("y");
    assert!(
        stage.text().contains("For how many days may NEESON Liam read the record of BLACK Jack?"),
        "{}",
        stage.text()
    );
    stage.keys("ctrl-u").type_text("400").keys("enter");
    assert!(stage.text().contains("Type a number of days from 1 to 365."), "{}", stage.text());
    stage.keys("backspace").keys("enter");
    assert_eq!(stage.effects().last().map(String::as_str), Some("save access.decide"));
    stage.deliver(requests::Msg::Done("He may read it.".into(), Ok(())));
    assert_eq!(stage.toast(), "He may read it.");
    stage.deliver(requests::Msg::Loaded(Ok(vec![request(1, AccessState::Asked, false, true)])));
    stage.keys("x enter");
    assert!(stage.text().contains("A reason is needed"), "{}", stage.text());
    stage.type_text("no").keys("enter");
    assert_eq!(stage.effects().last().map(String::as_str), Some("save access.decide"));
    every_size(asked_of_jack);
}

#[test]
fn who_asked_takes_it_back_and_cannot_answer_it() {
    let mut stage = Stage::with(Requests::default(), env(Some(actor(Role::Specialist))));
    stage.deliver(requests::Msg::Loaded(Ok(vec![request(1, AccessState::Asked, true, false)])));
    stage.keys("y");
    assert!(stage.text().contains("the patient may grant access to a record"), "{}", stage.text());
    assert!(stage.effects().iter().all(|e| e != "save access.decide"));
    stage.keys("w y");
    assert_eq!(stage.effects().last().map(String::as_str), Some("save access.decide"));
}

fn asking() -> Stage<Ask> {
    let mut stage = Stage::with(Ask::of(PatientId(id(60))), env(Some(actor(Role::Gp))));
    let page = HistoryPage {
        patient: PatientId(id(60)),
        name: jack(),
        record_number: 1,
        sex: "male".into(),
        birth_date: "1996-05-04".parse().ok(),
        rows: vec![],
        more: false,
        closed: Some(Why::new(
            "read_no_relationship",
            "You do not treat this patient: there is no appointment with you.",
        )),
    };
    stage.deliver(ask::Msg::Loaded(Box::new(Ok((page, 30)))));
    stage
}

#[test]
fn asking_needs_a_reason_and_a_number_of_days() {
    let mut stage = asking();
    insta::assert_snapshot!("asking_for_access", stage.frame());
    stage.keys("ctrl-s");
    assert!(stage.effects().is_empty(), "{:?}", stage.effects());
    stage.type_text("second opinion").keys("ctrl-s");
    assert_eq!(stage.effects().last().map(String::as_str), Some("save access.request"));
    stage.deliver(ask::Msg::Sent(Ok(())));
    assert_eq!(stage.effects(), ["back"]);
    every_size(asking);
}

fn connected() -> Stage<Connections> {
    let of = |n: u128, state: &str, asked_side, provider: (&str, &str)| Connection {
        id: ConnectionId(id(n)),
        version: 1,
        patient: PatientId(Uuid::from_u128(4)),
        patient_name: jack(),
        record_number: 1,
        provider: ProviderId(id(80)),
        provider_name: PersonName::new(provider.0, provider.1),
        profession: "gp".into(),
        state: state.into(),
        asked_side,
        asked_at: at("2026-03-10T12:00"),
        mine: Side::Patient,
    };
    let mut stage = Stage::with(Connections::default(), env(Some(actor(Role::Patient))));
    stage.deliver(connections::Msg::Loaded(Ok(vec![
        of(1, "asked", Side::Provider, ("Busey", "Gary")),
        of(2, "asked", Side::Patient, ("Smith", "Anna")),
        of(3, "approved", Side::Patient, ("Neeson", "Liam")),
        of(4, "declined", Side::Patient, ("Jackson", "Sam")),
    ])));
    stage
}

#[test]
fn a_connection_is_accepted_after_its_consequence_was_read() {
    let mut stage = connected();
    insta::assert_snapshot!("connections_of_a_patient", stage.frame());
    stage.keys("y");
    assert!(stage.text().contains("They may then read your whole record"), "{}", stage.text());
    stage.keys("y");
    assert_eq!(stage.effects().last().map(String::as_str), Some("save connection.answer"));
    stage.deliver(connections::Msg::Done("Connected.", Ok(())));
    let mut stage = connected();
    stage.keys("down y");
    assert!(stage.text().contains("Only the one who was asked answers"), "{}", stage.text());
    every_size(connected);
}

fn open() -> OpenEmergency {
    OpenEmergency {
        id: EmergencyId(id(1)),
        patient: PatientId(id(60)),
        name: jack(),
        record_number: 1,
        appointment: AppointmentId(id(70)),
        until: at("2026-03-12T10:29"),
    }
}

fn breaking() -> Stage<Emergency> {
    let mut stage = Stage::with(Emergency::new("2026-03-12".parse().unwrap()), env(Some(actor(Role::Gp))));
    stage.deliver(emergency::Msg::Now(Ok(None)));
    stage
}

#[test]
fn breaking_the_glass_asks_who_exactly_why_and_the_password_and_keeps_no_password() {
    let mut stage = breaking();
    insta::assert_snapshot!("breaking_the_glass", stage.frame());
    stage
        .type_text("000001")
        .keys("tab")
        .type_text("4/5/1996")
        .keys("tab")
        .type_text("unconscious")
        .keys("tab");
    stage.type_text("praxis-demo-pass");
    assert!(!stage.text().contains("praxis-demo-pass"));
    stage.keys("ctrl-s");
    assert_eq!(stage.effects().last().map(String::as_str), Some("save emergency.open"));
    let why = Why::new("step_up_wrong", "That is not your password.");
    stage.deliver(emergency::Msg::Opened(Err(Error::Refused(why))));
    assert!(stage.text().contains("That is not your password."), "{}", stage.text());
    assert!(stage.text().contains("unconscious"), "what was typed stays: {}", stage.text());
    every_size(breaking);
}

#[test]
fn while_it_is_open_its_line_stands_on_every_screen_and_goes_with_a_word() {
    let home = || {
        let mut stage = Stage::with(OwnHome::default(), env(Some(actor(Role::Gp))));
        stage.emergency(Some(open()));
        stage
    };
    let mut stage = home();
    let line = stage.text().lines().nth(2).unwrap_or_default().trim().to_owned();
    assert_eq!(line, "EMERGENCY ACCESS   BLACK Jack 000001   47 min left   g e ends it");
    stage.emergency(None);
    assert!(!stage.text().contains("47 min left"));
    assert!(stage.text().contains("EMERGENCY ACCESS has ended."), "{}", stage.text());
    every_size(home);

    let mut stage = breaking();
    stage.emergency(Some(open()));
    stage.deliver(emergency::Msg::Now(Ok(Some(open()))));
    insta::assert_snapshot!("an_open_emergency", stage.frame());
    stage.keys("v");
    assert!(stage.effects()[0].starts_with("push StartVisit("), "{:?}", stage.effects());
}

fn queue() -> Stage<Reviews> {
    let of = |n: u128, overdue, verdict| EmergencyReview {
        id: EmergencyId(id(n)),
        by: PersonName::new("Smith", "Anna"),
        by_role: "gp".into(),
        patient_name: jack(),
        record_number: 1,
        reason: "Unconscious, brought in by ambulance; nobody who knows the medication.".into(),
        opened_at: at("2026-03-06T22:10"),
        until: at("2026-03-06T23:10"),
        open: false,
        due_on: "2026-03-11".parse().unwrap(),
        overdue,
        verdict,
        mine: false,
    };
    let done = Some((false, PersonName::new("Keys", "Alice"), "No ambulance that night.".into()));
    let mut stage = Stage::with(Reviews::default(), env(Some(actor(Role::Auditor))));
    stage.deliver(review::Msg::Loaded(Ok(vec![of(1, true, None), of(2, false, None), of(3, false, done)])));
    stage
}

#[test]
fn a_review_says_which_and_why_and_an_overdue_one_is_named_so() {
    let mut stage = queue();
    insta::assert_snapshot!("emergencies_to_review", stage.frame());
    stage.keys("enter 2");
    assert!(stage.text().contains("NOT justified. Why? It is kept."), "{}", stage.text());
    stage.type_text("no ambulance").keys("enter");
    assert_eq!(stage.effects().last().map(String::as_str), Some("save emergency.review"));
    let mut stage = queue();
    stage.keys("end enter");
    assert!(stage.text().contains("It has been reviewed already."), "{}", stage.text());
    every_size(queue);
}

#[test]
fn reviewers_are_told_at_once_wherever_they_are_and_nobody_else_is() {
    let opened = Change::Row(RowChange {
        entity: "emergency".into(),
        id: Some(id(1)),
        op: "i".into(),
        version: 1,
        session: None,
        account: None,
        provider: None,
        day: None,
        patient: None,
    });
    for (role, told) in
        [(Role::Auditor, true), (Role::Administrator, true), (Role::Receptionist, false), (Role::Gp, false)]
    {
        let mut stage = Stage::with(Connections::default(), env(Some(actor(role))));
        stage.changed(&opened);
        assert_eq!(stage.text().contains("Somebody opened an emergency access."), told, "{role:?}");
    }
}

//! The screens of the front desk on a stage: how they look at 80x24, how many keys the day's work takes, and what happens
//! to keys that come before the answer they need.
pub(super) use super::hit;
use super::{actor, env, every_size};
use chrono::{DateTime, Duration, NaiveDate, TimeZone as _, Utc};
use praxis::{
    domain::{
        actor::Role,
        appointment::{AppointmentKind as Kind, AppointmentStatus as S},
        ids::{AppointmentId, CentreId, PatientId, ProviderId},
        name::PersonName,
        patient::{Allergies, AllergyMark, Identity, LookAlike, PatientAlert, PatientHit, Sex},
        time::Period,
        waitlist::FreedTimes,
        why::Why,
    },
    search::patients::ranked,
    store::{
        Board as Day, BoardRow, Change, Error, PatientAppointment, PatientProfile, Registered, RowChange,
    },
    ui::{
        desk,
        screens::{
            board::{self, Board},
            patient::{self, Patient},
            patients::{self, Patients},
            register_patient::{self, RegisterPatient},
        },
        testing::Stage,
    },
};
use uuid::Uuid;

pub(super) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
pub(super) fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 12).unwrap()
}
pub(super) fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    chrono_tz::Australia::Sydney
        .from_local_datetime(&day.and_hms_opt(hour, minute, 0).unwrap())
        .unwrap()
        .with_timezone(&Utc)
}
pub(super) fn smith() -> PersonName {
    PersonName::new("Smith", "Anna")
}

pub(super) fn row(
    n: u128,
    (hour, minute): (u32, u32),
    name: (&str, &str),
    born: i32,
    sex: Sex,
    status: S,
) -> BoardRow {
    let starts_at = at(today(), hour, minute);
    BoardRow {
        appointment: AppointmentId(id(n)),
        version: 1,
        day: today(),
        starts_at,
        ends_at: starts_at + Duration::minutes(30),
        status,
        kind: Kind::Slot,
        patient: PatientId(id(100 + n)),
        patient_name: PersonName::new(name.0, name.1),
        record_number: n as i32,
        sex,
        birth_date: NaiveDate::from_ymd_opt(born, 5, 4),
        phone: String::new(),
        provider: ProviderId(id(3)),
        provider_name: if n % 3 == 2 { PersonName::new("Jackson", "Sam") } else { smith() },
        profession: "gp".into(),
        reason: "blood test".into(),
        why: String::new(),
        room: (status == S::InProgress).then(|| "2".into()),
        arrived_at: (status != S::Booked).then(|| starts_at - Duration::minutes(4)),
        allergy_state: "not_asked".into(),
        referred: false,
        new_patient: false,
        alert: false,
        encounter: None,
        look_alike: false,
        service: Default::default(),
        queue: Default::default(),
    }
}

pub(super) fn day() -> Day {
    let mut rows = vec![
        row(1, (8, 0), ("Okafor", "Chidinma"), 1988, Sex::Female, S::Completed),
        row(2, (8, 30), ("Rashid", "Omar"), 2019, Sex::Male, S::NoShow),
        row(3, (9, 0), ("Nguyen", "Linh"), 1991, Sex::Female, S::InProgress),
        row(4, (9, 22), ("Black", "Jackie"), 1996, Sex::Female, S::Arrived),
        row(5, (9, 30), ("Black", "Jack"), 1996, Sex::Male, S::Booked),
        row(6, (10, 0), ("Zhang", "Hao"), 1974, Sex::Male, S::Booked),
        row(7, (10, 30), ("Wolfeschlegelsteinhausenbergerdorff", "Hubert"), 1950, Sex::Male, S::Booked),
        row(8, (11, 0), ("Gone", "Ann"), 1950, Sex::Female, S::Cancelled),
    ];
    rows[4].allergy_state = "listed".into();
    (rows[3].look_alike, rows[4].look_alike) = (true, true);
    (rows[5].new_patient, rows[6].referred, rows[6].alert) = (true, true, true);
    rows[6].kind = Kind::Overbook;
    let mut late = row(9, (15, 0), ("Forgotten", "Fay"), 1970, Sex::Female, S::Booked);
    late.day = today() - Duration::days(1);
    late.starts_at -= Duration::days(1);
    Day { rows, earlier: vec![late], long_wait: 30, ..Day::default() }
}

pub fn board() -> Stage<Board> {
    let mut stage = Stage::with(Board::default(), env(Some(actor(Role::Receptionist))));
    assert_eq!(stage.effects(), ["load board"]);
    stage.deliver(board::Msg::Loaded(today(), Ok(day())));
    // What came free for people who wait is asked for after the day itself.
    assert_eq!(stage.effects(), ["after freed.soon"]);
    stage.fire("freed.soon");
    stage.deliver(board::Msg::Freed(board::freed::Said::Found(Ok(FreedTimes::default()))));
    stage.forget_effects();
    stage
}

pub(super) fn done(n: u128, status: S, to: S, version: i64, undo: bool) -> desk::Done {
    let target = desk::Target {
        id: AppointmentId(id(n)),
        version: version - 1,
        status,
        label: "09:30 BLACK Jack".into(),
    };
    desk::Done { target, to, undo, result: Ok(version) }
}

#[test]
fn the_board_shows_the_day_its_marks_and_its_counts() {
    insta::assert_snapshot!(board().frame());
}

#[test]
fn checking_in_is_one_key_and_taking_it_back_is_one_key() {
    let mut stage = board();
    stage.keys("space");
    assert!(stage.effects().contains(&"save appointment.status".to_owned()), "{:?}", stage.effects());
    stage.deliver(board::Msg::Changed(done(5, S::Booked, S::Arrived, 2, false)));
    assert_eq!(stage.toast(), "Checked in: 09:30 BLACK Jack");
    stage.forget_effects();
    stage.keys("u");
    assert!(stage.effects().contains(&"save appointment.status".to_owned()), "{:?}", stage.effects());
    stage.deliver(board::Msg::Changed(done(5, S::Arrived, S::Booked, 3, true)));
    assert_eq!(stage.toast(), "Taken back: 09:30 BLACK Jack is booked.");
}

#[test]
fn a_second_check_in_before_the_answer_waits_and_is_then_refused() {
    let mut stage = board();
    stage.keys("space space");
    assert!(stage.effects().contains(&"save appointment.status".to_owned()), "{:?}", stage.effects());
    stage.deliver(board::Msg::Changed(done(5, S::Booked, S::Arrived, 2, false)));
    assert_eq!(stage.effects(), ["load board"]);
    assert!(stage.toast().contains("the provider starts the visit"), "{}", stage.toast());
}

#[test]
fn a_cancellation_asks_for_its_reason_and_names_what_is_cancelled() {
    let mut stage = board();
    stage.keys("X");
    insta::assert_snapshot!(stage.frame());
    stage.keys("enter");
    assert_eq!(stage.depth(), 2);
    stage.type_text("ill").keys("enter");
    assert_eq!(stage.depth(), 1);
    assert!(stage.effects().contains(&"save appointment.status".to_owned()), "{:?}", stage.effects());
    stage.deliver(board::Msg::Changed(done(5, S::Booked, S::Cancelled, 2, false)));
    assert_eq!(stage.toast(), "Cancelled: 09:30 BLACK Jack");
}

#[test]
fn cancelled_appointments_are_shown_when_asked_for_and_restored() {
    let mut stage = board();
    assert!(!stage.text().contains("GONE"));
    stage.keys("c down down down");
    assert!(stage.text().contains("GONE Ann"));
    stage.keys("R");
    assert!(stage.effects().contains(&"save appointment.status".to_owned()), "{:?}", stage.effects());
    stage.keys("R");
}

#[test]
fn what_cannot_be_done_is_told_with_the_reason() {
    let mut stage = board();
    stage.keys("up space");
    assert!(stage.toast().contains("the provider starts the visit"), "{}", stage.toast());
    stage.keys("up m");
    assert!(stage.toast().contains("still booked"), "{}", stage.toast());
    assert!(stage.effects().is_empty());
}

#[test]
fn other_desks_changes_are_read_and_the_selection_stays() {
    let mut stage = board();
    let change = |entity: &str, day: Option<NaiveDate>| {
        Change::Row(RowChange {
            entity: entity.into(),
            id: Some(id(999)),
            op: "u".into(),
            version: 2,
            session: None,
            provider: None,
            day,
            patient: None,
            account: None,
        })
    };
    stage.changed(&change("appointment", Some(today() + Duration::days(3))));
    stage.changed(&change("note", None));
    // On another day only what came free is asked for.
    assert_eq!(stage.effects(), ["after freed.soon"]);
    stage.changed(&change("appointment", Some(today())));
    assert_eq!(stage.effects(), ["after board.reload", "after freed.soon"]);
    stage.fire("board.reload");
    let mut fresh = day();
    fresh.rows.remove(0);
    stage.deliver(board::Msg::Loaded(today(), Ok(fresh)));
    stage.fire("freed.soon");
    stage.deliver(board::Msg::Freed(board::freed::Said::Found(Ok(FreedTimes::default()))));
    stage.keys("enter");
    assert_eq!(stage.effects(), [format!("push Patient(PatientId({}))", id(105))]);
}

#[test]
fn days_are_walked_and_picked() {
    let mut stage = board();
    stage.keys("]");
    stage.deliver(board::Msg::Loaded(today() + Duration::days(1), Ok(Day::default())));
    assert!(stage.text().contains("Fri 13 Mar 0"), "{}", stage.text());
    assert!(stage.text().contains("Nobody is booked on this day."));
    stage.keys("d").type_text("20/3").keys("enter");
    stage.deliver(board::Msg::Loaded(today() + Duration::days(8), Ok(Day::default())));
    assert!(stage.text().contains("Fri 20 Mar 0"));
    stage.keys("t");
    assert_eq!(stage.effects().last().map(String::as_str), Some("load board"));
}

#[test]
fn a_failed_read_keeps_the_rows_and_says_so() {
    let mut stage = board();
    stage.keys("]").deliver(board::Msg::Loaded(today() + Duration::days(1), Err(Error::Slow)));
    assert!(stage.text().contains("BLACK Jack") && stage.text().contains("r tries again"));
    stage.keys("r");
    assert_eq!(stage.effects(), ["load board"]);
}

fn found(typed: &str, hits: Vec<PatientHit>) -> patients::Msg {
    let query = praxis::domain::patient_query::PatientQuery::parse(typed, today());
    patients::Msg::Found(typed.into(), Ok(ranked(&query, hits)))
}

fn patients() -> Stage<Patients> {
    let mut stage = Stage::with(Patients::default(), env(Some(actor(Role::Receptionist))));
    stage.deliver(found("", vec![]));
    stage
}

#[test]
fn the_search_shows_rows_with_the_matched_letters() {
    let mut stage = patients();
    stage.type_text("bla ja");
    stage.deliver(found(
        "bla ja",
        vec![hit(1, "Black", "Jack"), hit(2, "Black", "Jackie"), hit(4, "Rashid", "Omar")],
    ));
    insta::assert_snapshot!(stage.frame());
}

#[test]
fn enter_opens_the_answer_to_what_was_typed_and_not_an_older_row() {
    let mut stage = patients();
    stage.type_text("bl");
    stage.deliver(found("bl", vec![hit(2, "Blue", "Bob")]));
    stage.type_text("ack").keys("enter");
    assert!(!stage.effects().iter().any(|e| e.starts_with("push")));
    stage.deliver(found("blac", vec![hit(2, "Blue", "Bob")]));
    assert!(!stage.effects().iter().any(|e| e.starts_with("push")), "{:?}", stage.effects());
    stage.deliver(found("black", vec![hit(1, "Black", "Jack")]));
    let pushed: Vec<_> = stage.effects().into_iter().filter(|e| e.starts_with("push")).collect();
    assert_eq!(pushed, [format!("push Patient(PatientId({}))", id(1))]);
}

#[test]
fn a_patient_is_booked_or_registered_from_inside_the_box() {
    let mut stage = patients();
    stage.type_text("jack");
    stage.deliver(found("jack", vec![hit(1, "Black", "Jack")]));
    stage.forget_effects();
    stage.keys("ctrl-t");
    assert!(stage.effects()[0] == "save patients.open" && stage.effects()[1].starts_with("push Booking("));
    stage.forget_effects();
    stage.keys("ctrl-n");
    assert_eq!(stage.effects(), ["push RegisterPatient(\"jack\")"]);
    stage.forget_effects();
    stage.keys("esc");
    assert_eq!(stage.effects(), ["load patients.find"]);
}

pub(super) fn profile() -> Box<PatientProfile> {
    let visit = |n: u128, day: i64, status: S| PatientAppointment {
        id: AppointmentId(id(n)),
        version: 1,
        period: Period {
            start: at(today() + Duration::days(day), 10, 30),
            end: at(today() + Duration::days(day), 11, 0),
        },
        zone: chrono_tz::Australia::Sydney,
        status,
        kind: Kind::Slot,
        visit_type: None,
        visit_type_name: String::new(),
        provider: ProviderId(id(3)),
        provider_name: smith(),
        profession: "gp".into(),
        centre: CentreId(id(5)),
        centre_name: "Randwick Medical Centre".into(),
        centre_contact: "02 9399 1111, 12 Belmore Road, Randwick".into(),
        reason: "blood test".into(),
        why: String::new(),
        patient: PatientId(id(1)),
        origin: None,
    };
    Box::new(PatientProfile {
        id: PatientId(id(1)),
        version: 7,
        record_number: 1,
        identity: Identity {
            family_name: "Black".into(),
            given_name: "Jack".into(),
            preferred_name: "Jacko".into(),
            second_script_name: "布莱克".into(),
            sex: Sex::Male,
            birth_date: NaiveDate::from_ymd_opt(1996, 5, 4),
            national_number: "N1234567".into(),
            medicare_number: "2123456701".into(),
            email: "jack@example.org".into(),
            phone: "0412 345 678".into(),
            address: "1 Avoca St, Randwick".into(),
            language: "en".into(),
            contact_name: "BLACK Mary".into(),
            contact_relationship: "mother".into(),
            contact_phone: "0498 765 432".into(),
            blood_group: "O+".into(),
        },
        incomplete: false,
        deactivated: false,
        deactivated_why: String::new(),
        merged_into: None,
        merged: vec![],
        reactivated: None,
        blocked_until: None,
        blocked_why: String::new(),
        alerts: vec![PatientAlert {
            id: id(50),
            text: "Hard of hearing".into(),
            by: PersonName::new("Wong", "Mei"),
            at: at(today(), 8, 0),
            patient: PatientId(id(1)),
            origin: None,
        }],
        allergies: Allergies::Listed(vec![AllergyMark {
            substance: "penicillin".into(),
            reaction: "rash".into(),
            severity: Some("severe".into()),
            origin: None,
        }]),
        upcoming: vec![visit(11, 0, S::Booked), visit(12, 7, S::Cancelled)],
        past: vec![visit(13, -30, S::Completed), visit(14, -400, S::NoShow)],
        no_shows: 1,
        look_alikes_today: vec![hit(2, "Black", "Jackie")],
        waits: vec![],
    })
}

pub(super) fn page() -> Stage<Patient> {
    let mut stage = Stage::with(Patient::new(PatientId(id(1))), env(Some(actor(Role::Receptionist))));
    stage.deliver(patient::Msg::Loaded(Ok(profile())));
    stage
}

#[test]
fn a_patients_page_says_what_must_be_read_first() {
    insta::assert_snapshot!(page().frame());
}

#[test]
fn a_callers_visit_is_moved_or_cancelled_from_the_page() {
    let mut stage = page();
    stage.keys("m");
    assert!(stage.effects()[0].contains("move_of: Some"), "{:?}", stage.effects());
    stage.forget_effects();
    stage.keys("X").type_text("on holiday").keys("enter");
    assert!(stage.effects().contains(&"save appointment.status".to_owned()), "{:?}", stage.effects());
}

#[test]
fn alerts_blocks_and_deactivation_ask_for_their_words() {
    let mut stage = page();
    stage.keys("a").type_text("Lives alone").keys("enter");
    assert!(stage.effects().contains(&"save alert.add".to_owned()), "{:?}", stage.effects());
    stage.deliver(patient::Msg::Saved("done".into(), Ok(()))).deliver(patient::Msg::Loaded(Ok(profile())));
    stage.keys("s");
    assert!(stage.effects().contains(&"save alert.strike".to_owned()), "{:?}", stage.effects());
    stage.deliver(patient::Msg::Saved(format!("strike {}", id(50)), Ok(())));
    assert_eq!(stage.toast(), "The alert was struck.");
    stage.deliver(patient::Msg::Loaded(Ok(profile())));
    stage.keys("B").type_text("20/3").keys("enter").type_text("shouted").keys("enter");
    assert!(stage.effects().contains(&"save patient.block".to_owned()), "{:?}", stage.effects());
    stage.deliver(patient::Msg::Saved("done".into(), Ok(()))).deliver(patient::Msg::Loaded(Ok(profile())));
    stage.keys("D").type_text("moved away").keys("enter");
    assert!(stage.effects().contains(&"save patient.deactivate".to_owned()), "{:?}", stage.effects());
}

fn form() -> Stage<RegisterPatient> {
    Stage::with(RegisterPatient::new(today()), env(Some(actor(Role::Receptionist))))
}

#[test]
fn the_form_shows_those_who_may_be_the_same_person_and_asks_before_a_second_record() {
    let mut stage = form();
    stage.type_text("Black").keys("enter").type_text("Jack").keys("enter").type_text("4/5/96").keys("enter");
    let like = LookAlike { hit: hit(1, "Black", "Jack"), name: true, birth_date: true, phone: false };
    stage.forget_effects();
    stage.deliver(register_patient::Msg::Alike(Ok(vec![like])));
    insta::assert_snapshot!(stage.frame());
    stage.keys("ctrl-s");
    assert_eq!(stage.depth(), 2);
    assert!(stage.text().contains("BLACK Jack 000001 is registered already."), "{}", stage.text());
    stage.keys("n");
    assert!(!stage.effects().iter().any(|e| e.starts_with("save patient")));
    stage.keys("ctrl-s y");
    assert!(stage.effects().contains(&"save patient.register".to_owned()), "{:?}", stage.effects());
    let registered = Registered { id: PatientId(id(77)), record_number: 77, version: 1 };
    stage.deliver(register_patient::Msg::Registered(Ok(registered)));
    assert_eq!(stage.toast(), "Registered: BLACK Jack 000077");
}

#[test]
fn what_is_wrong_is_told_beside_the_field_before_anything_is_sent() {
    let mut stage = form();
    stage.keys("ctrl-s");
    assert!(stage.text().contains("Family name is needed."), "{}", stage.text());
    stage.type_text("Bl4ck").keys("enter");
    assert!(stage.text().contains("A name has letters"), "{}", stage.text());
    assert!(!stage.effects().iter().any(|e| e.starts_with("save patient")));
}

#[test]
fn a_text_longer_than_its_field_is_cut_and_the_field_says_so_until_it_is_edited() {
    let mut stage = form();
    stage.paste(&"x".repeat(500));
    assert!(stage.text().contains("Full: at most"), "{}", stage.text());
    stage.keys("backspace");
    assert!(!stage.text().contains("Full: at most"), "{}", stage.text());
}

#[test]
fn a_number_that_is_taken_is_told_beside_its_field() {
    let mut stage = form();
    stage.type_text("Black").keys("ctrl-s");
    // Saving waits until everybody was compared.
    assert!(!stage.effects().iter().any(|e| e.starts_with("save")), "{:?}", stage.effects());
    stage.deliver(register_patient::Msg::Alike(Ok(vec![])));
    assert!(stage.effects().iter().any(|e| e.starts_with("save")), "{:?}", stage.effects());
    let taken = Why::new("patient_medicare_key", "That Medicare number is already used by another patient.");
    stage.forget_effects();
    stage.deliver(register_patient::Msg::Registered(Err(Error::Duplicate(taken))));
    assert!(stage.text().contains("That Medicare number"), "{}", stage.text());
}

#[test]
fn every_screen_of_the_desk_draws_at_every_size() {
    every_size(board);
    every_size(|| {
        let mut stage = patients();
        stage.type_text("ja");
        stage.deliver(found("ja", vec![hit(1, "Black", "Jack"), hit(4, "Rashid", "Omar")]));
        stage
    });
    every_size(page);
    every_size(|| {
        let mut stage = form();
        let like = LookAlike { hit: hit(1, "Black", "Jack"), name: true, birth_date: true, phone: false };
        stage.deliver(register_patient::Msg::Alike(Ok(vec![like; 6])));
        stage
    });
}

//! The command line of the desk on a stage: the preview says in full what Enter does, digits pick only when it asks, and
//! keys that are typed ahead of an answer wait for it.
use super::{
    actor, booking, env, every_size,
    front_desk::{at, board, hit, id, today},
};
use chrono::Duration;
use praxis::{
    domain::{
        actor::Role,
        appointment::{AppointmentKind as Kind, AppointmentStatus as S},
        booking::{FreeFilter, FreeSlot},
        ids::{AppointmentId, CentreId, ClinicSessionId, PatientId, ProviderId, VisitTypeId},
        name::PersonName,
        patient_query::PatientQuery,
        permission::Table,
        time::Period,
        visit_type::{VisitType, VisitTypeDetails},
        why::Why,
    },
    search::patients::{Found, ranked},
    store::{Error, PatientAppointment},
    ui::{
        command_line::{CommandLine, History, Msg},
        screens::board::Board,
        testing::Stage,
    },
};
use std::sync::Arc;

pub fn line(role: Role) -> Stage<CommandLine> {
    let rules = Arc::new(Table::built_in().clone());
    let line = CommandLine::new(rules, History::default());
    let mut stage = Stage::with(line, env(Some(actor(role))));
    stage.deliver(Msg::Directory(Ok(booking::directory())));
    stage.deliver(Msg::VisitTypes(Ok(vec![
        visit_type("blood-test", "Blood test", &["gp"]),
        visit_type("wound-care", "Wound care", &[]),
    ])));
    stage
}

fn visit_type(code: &str, name: &str, professions: &[&str]) -> VisitType {
    VisitType {
        id: VisitTypeId::new(),
        version: 1,
        code: code.into(),
        details: VisitTypeDetails {
            name: name.into(),
            minutes: 30,
            price_cents: 0,
            buffer_minutes: 0,
            professions: professions.iter().map(|p| (*p).to_owned()).collect(),
            room_kind: None,
        },
        retired: false,
    }
}

pub type Hit = (u128, &'static str, &'static str);
/// A text that is looked for, and who is found.
pub type Asked = (&'static str, &'static [Hit]);

pub fn people(texts: &[Asked]) -> Msg {
    let one = |(text, hits): &Asked| -> (String, Vec<Found>) {
        let query = PatientQuery::parse(text, today());
        let hits = hits.iter().map(|(n, family, given)| hit(*n, family, given)).collect();
        (text.to_string(), ranked(&query, hits))
    };
    Msg::People(Ok(texts.iter().map(one).collect()))
}

pub fn tuesday() -> chrono::NaiveDate {
    today() + Duration::days(5)
}

pub fn slots() -> Vec<FreeSlot> {
    let slot = |n: u128, provider: u128, name: PersonName, hour, minute| {
        let start = at(tuesday(), hour, minute);
        FreeSlot {
            session: ClinicSessionId(id(500 + n)),
            provider: ProviderId(id(provider)),
            provider_name: name,
            profession: "gp".into(),
            centre: CentreId(id(5)),
            centre_name: "Randwick Medical Centre".into(),
            zone: chrono_tz::Australia::Sydney,
            day: tuesday(),
            period: Period { start, end: start + Duration::minutes(30) },
        }
    };
    let smith = || PersonName::new("Smith", "Anna");
    vec![slot(1, 3, smith(), 10, 0), slot(2, 3, smith(), 10, 30), slot(3, 3, smith(), 11, 30)]
}

pub fn on_tuesday(patient: Option<u128>) -> FreeFilter {
    FreeFilter {
        patient: patient.map(|n| PatientId(id(n))),
        provider: Some(ProviderId(id(3))),
        days: 1,
        limit: 200,
        visit_type: patient.map(|_| "blood-test".to_owned()),
        ..FreeFilter::from(tuesday())
    }
}

pub fn appointment(n: u128, day: chrono::NaiveDate, hour: u32, status: S) -> PatientAppointment {
    let start = at(day, hour, 0);
    PatientAppointment {
        id: AppointmentId(id(n)),
        version: 1,
        period: Period { start, end: start + Duration::minutes(30) },
        zone: chrono_tz::Australia::Sydney,
        status,
        kind: Kind::Slot,
        visit_type: None,
        visit_type_name: String::new(),
        provider: ProviderId(id(3)),
        provider_name: PersonName::new("Smith", "Anna"),
        profession: "gp".into(),
        centre: CentreId(id(5)),
        centre_name: "Randwick Medical Centre".into(),
        centre_contact: "02 9399 1111, 12 Belmore Road, Randwick".into(),
        reason: "blood test".into(),
        why: String::new(),
        patient: PatientId(id(1)),
        origin: None,
    }
}

const BOTH: &[Asked] = &[("bla ja smith", &[]), ("bla ja", &[(1, "Black", "Jack"), (2, "Black", "James")])];

/// `bk bla ja smith tue 10:30 blood test`, whose patient is not certain.
pub fn asking() -> Stage<CommandLine> {
    let mut stage = line(Role::Receptionist);
    stage.type_text("bk bla ja smith tue 10:30 blood test");
    stage.fire("line.ask");
    stage.deliver(people(BOTH));
    stage
}

/// The same with BLACK Jack picked and the times read.
pub fn ready() -> Stage<CommandLine> {
    let mut stage = asking();
    stage.keys("enter 1");
    stage.fire("line.ask");
    stage.deliver(Msg::Free(on_tuesday(Some(1)), Ok(slots())));
    stage.deliver(no_wishes());
    stage
}

pub fn no_wishes() -> Msg {
    Msg::Waits(PatientId(id(1)), Ok(vec![]))
}

#[test]
fn what_is_ambiguous_is_listed_and_the_rest_is_said_in_full() {
    insta::assert_snapshot!(asking().frame());
}

#[test]
fn the_preview_says_everything_that_enter_will_do() {
    insta::assert_snapshot!(ready().frame());
    insta::assert_snapshot!("ready at 60x20", ready().at(60, 20).frame());
    insta::assert_snapshot!("ready at 132x43", ready().at(132, 43).frame());
    insta::assert_snapshot!("nothing typed yet", line(Role::Receptionist).frame());
}

#[test]
fn enter_books_what_the_preview_said_and_u_takes_it_back() {
    let mut stage = ready();
    stage.forget_effects();
    stage.keys("enter");
    assert!(stage.effects().contains(&"save line.book".to_owned()), "{:?}", stage.effects());
}

#[test]
fn digits_are_typed_until_enter_asks_for_a_number() {
    let mut stage = asking();
    stage.type_text(" 1");
    assert!(stage.text().contains("blood test 1"), "{}", stage.text());
    stage.keys("enter 2");
    assert!(stage.text().contains("BLACK James M 29 000002"), "{}", stage.text());
    // Any letter goes on typing.
    let mut stage = asking();
    stage.keys("enter").type_text("s9");
    assert!(stage.text().contains("blood tests9"), "{}", stage.text());
    stage.keys("enter 7");
    assert_eq!(stage.toast(), "Nothing has that number.");
}

#[test]
fn keys_typed_ahead_wait_for_the_answers_they_need() {
    let mut stage = line(Role::Receptionist);
    stage.type_text("bk bla ja smith tue 10:30 blood test").keys_at_once("enter 1 enter");
    assert!(!stage.effects().iter().any(|e| e.starts_with("save")));
    stage.fire("line.ask");
    stage.deliver(people(BOTH));
    stage.fire("line.ask");
    stage.forget_effects();
    stage.deliver(Msg::Free(on_tuesday(Some(1)), Ok(slots())));
    assert!(!stage.effects().iter().any(|e| e.starts_with("save")), "what it closes is not known");
    // Nothing but what was typed: it goes on.
    stage.deliver(no_wishes());
    assert!(stage.effects().contains(&"save line.book".to_owned()), "{:?}", stage.effects());
}

#[test]
fn a_time_that_is_taken_offers_the_nearest() {
    let mut stage = line(Role::Receptionist);
    stage.type_text("bk black jack smith tue 11");
    stage.fire("line.ask");
    stage.deliver(people(&[("black jack smith", &[]), ("black jack", BOTH[1].1), ("black", &[])]));
    stage.fire("line.ask");
    let any = FreeFilter { visit_type: None, ..on_tuesday(Some(1)) };
    stage.deliver(Msg::Free(any, Ok(slots())));
    let text = stage.text();
    assert!(text.contains("11:00 on Tuesday 17 March is not free; nearest:"), "{text}");
    assert!(text.contains("2 Tue 17 Mar 10:30"), "{text}");
    stage.keys("enter 2");
    assert!(stage.text().contains("Tuesday 17 March 10:30-11:00"), "{}", stage.text());
}

#[test]
fn what_is_missing_unknown_or_passed_is_said_and_enter_does_nothing() {
    let said = |typed: &str, answers: &[Asked]| {
        let mut stage = line(Role::Receptionist);
        stage.type_text(typed);
        if !answers.is_empty() {
            stage.fire("line.ask");
            stage.deliver(people(answers));
        }
        stage.forget_effects();
        stage.keys("enter");
        assert!(!stage.effects().iter().any(|e| e.starts_with("save")), "{typed}");
        stage.text()
    };
    const JACK: &[Hit] = &[(1, "Black", "Jack")];
    assert!(said("bk", &[]).contains("No patient is named."));
    assert!(said("bq bla", &[]).contains("\"bq\" is no command."));
    assert!(said("bk bla 31/2", &[]).contains("31 February does not exist"));
    let passed = said("bk black jack today 9", &[("black jack", JACK), ("black", &[])]);
    assert!(passed.contains("09:00 today has passed: it is 09:42. Say a later time"), "{passed}");
    let unknown =
        said("bk black jack xyz tue", &[("black jack xyz", &[]), ("black", JACK), ("black jack", JACK)]);
    assert!(unknown.contains("\"xyz\" is no patient's and no provider's name."), "{unknown}");
    assert!(said("go xyz", &[]).contains("There is no place \"xyz\" for you."));
}

#[test]
fn a_role_that_may_not_book_is_told_so_by_the_preview() {
    let mut stage = line(Role::LabTechnician);
    stage.type_text("bk bla");
    assert!(!stage.text().contains("looking"), "{}", stage.text());
    stage.keys("enter");
    assert!(stage.text().contains("lab technician"), "{}", stage.text());
}

#[test]
fn cancelling_asks_why_unless_it_was_said() {
    let mut stage = line(Role::Receptionist);
    stage.type_text("cx black jack for rang, ill");
    stage.fire("line.ask");
    stage.deliver(people(&[("black jack", &[(1, "Black", "Jack")]), ("black", &[])]));
    stage.fire("line.ask");
    stage.deliver(Msg::Appointments(PatientId(id(1)), Ok(vec![appointment(70, tuesday(), 10, S::Booked)])));
    assert!(stage.text().contains("Enter cancels it: rang ill"), "{}", stage.text());
    stage.forget_effects();
    stage.keys("ctrl-w ctrl-w ctrl-w enter");
    assert_eq!(stage.depth(), 2);
    stage.type_text("ill").keys("enter");
    assert!(stage.effects().contains(&"save appointment.status".to_owned()), "{:?}", stage.effects());
}

#[test]
fn a_refusal_of_the_database_is_read_whole_above_the_line() {
    let mut stage = ready();
    stage.keys("enter");
    let why = Why::new("patient_blocked", "This patient may not be booked until 1 May.")
        .instead("An administrator can lift it.");
    stage.deliver(Msg::Booked(Err(Error::Refused(why))));
    assert!(stage.text().contains("An administrator can lift it."), "{}", stage.text());
}

#[test]
fn lines_are_remembered_until_the_sign_in_ends() {
    let mut stage = board().running();
    stage.keys(":").type_text("go pati").keys("enter");
    assert!(stage.titles().last().is_some_and(|t| t.contains("Patients")), "{:?}", stage.titles());
    let mut stage = board().running();
    stage.keys(":").type_text("go boa").keys("enter : up");
    assert!(stage.text().contains(":go boa"), "{}", stage.text());
    stage.keys("down esc g q");
    assert_eq!(stage.app().stage_lines(), 0);
}

#[test]
fn the_line_opens_where_nobody_is_typing_and_tab_completes() {
    let mut stage = board();
    stage.keys(":");
    assert_eq!(stage.depth(), 2);
    stage.keys("esc");
    assert_eq!(stage.depth(), 1);
    let mut stage = line(Role::Receptionist);
    stage.type_text("f").keys("tab");
    assert!(stage.toast().contains("fd  free"), "{}", stage.toast());
    stage.type_text("r").keys("tab").type_text("nees").keys("tab");
    assert!(stage.text().contains(":free neeson"), "{}", stage.text());
}

pub const ONE: &[Asked] =
    &[("black jack smith", &[]), ("black jack", &[(1, "Black", "Jack")]), ("black", &[])];

#[test]
fn a_word_that_looks_like_a_visit_type_is_asked_about_and_what_was_chosen_is_said() {
    let asked = |typed: &str, keys: &str| {
        let mut stage = line(Role::Receptionist);
        stage.type_text(typed);
        stage.fire("line.ask");
        stage.deliver(people(ONE));
        stage.keys(keys);
        stage
    };
    let filter =
        |code: Option<&str>| FreeFilter { visit_type: code.map(str::to_owned), ..on_tuesday(Some(1)) };
    let mut stage = asked("bk black jack smith tue 10:30 wound", "");
    let text = stage.text();
    assert!(text.contains("Is \"wound\" a visit type or a reason? Enter, then its number."), "{text}");
    assert!(text.contains("1 no visit type  reason wound"), "{text}");
    assert!(text.contains("2 Wound care     30 min"), "{text}");
    stage.keys("enter 2");
    stage.fire("line.ask");
    stage.deliver(Msg::Free(filter(Some("wound-care")), Ok(slots())));
    assert!(stage.text().contains("10:30-11:00 · visit type Wound care 30 min"), "{}", stage.text());
    let mut stage = asked("bk black jack smith tue 10:30 wound", "enter 1");
    stage.fire("line.ask");
    stage.deliver(Msg::Free(filter(None), Ok(slots())));
    assert!(stage.text().contains("10:30-11:00 · reason wound"), "{}", stage.text());
    // Other words are asked about again.
    stage.type_text("s").keys("ctrl-w").type_text("wound");
    assert!(stage.text().contains("Is \"wound\" a visit type"), "{}", stage.text());
    let mut stage = asked("bk black jack smith tue 10:30 wound care left leg", "");
    stage.fire("line.ask");
    stage.deliver(Msg::Free(filter(Some("wound-care")), Ok(slots())));
    assert!(stage.text().contains("visit type Wound care 30 min · reason left leg"), "{}", stage.text());
}

/// `wl` with everything that it understands.
fn waiting() -> Stage<CommandLine> {
    let mut stage = line(Role::Receptionist);
    stage.type_text("wl black jack smith 2w mornings soon blood test rings first");
    stage.fire("line.ask");
    stage.deliver(people(ONE));
    stage
}

#[test]
fn a_wish_for_the_waiting_list_is_said_in_full_written_and_taken_back() {
    insta::assert_snapshot!(waiting().frame());
    every_size(waiting);
    let mut stage = waiting();
    let text = stage.text();
    for part in [
        "waits for SMITH Anna, GP",
        "from Thu 12 Mar to Thu 26 Mar",
        "mornings",
        "soon",
        "visit type Blood test",
        "note rings first",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    stage.keys("enter");
    assert!(stage.effects().contains(&"save line.wait".to_owned()), "{:?}", stage.effects());
    let refused =
        Why::new("waitlist_already", "The patient waits for that already.").instead("Change that entry.");
    stage.deliver(Msg::Waited(String::new(), Err(Error::Refused(refused))));
    assert!(stage.text().contains("The patient waits for that already."), "{}", stage.text());
    let missing = |typed: &str| {
        let mut stage = line(Role::Receptionist);
        stage.type_text(typed);
        stage.fire("line.ask");
        stage.deliver(people(&[("black jack", &[(1, "Black", "Jack")]), ("black", &[])]));
        stage.text()
    };
    assert!(missing("wl black jack 2w").contains("With whom do they wait for a time?"));
    let timed = missing("wl black jack tue 10:30 dr smith");
    assert!(timed.contains("A wish is for a part of the day, not for 10:30."), "{timed}");
}

#[test]
fn free_times_are_as_long_as_the_visit_that_is_named() {
    for typed in ["free smith tue blood test", "free smith blood test tue", "free smith tue for blood test"] {
        let mut stage = line(Role::Receptionist);
        stage.type_text(typed);
        assert!(stage.text().contains("visit type Blood test 30 min"), "{typed}: {}", stage.text());
        stage.fire("line.ask");
        let filter =
            FreeFilter { patient: None, limit: 9, visit_type: Some("blood-test".into()), ..on_tuesday(None) };
        stage.deliver(Msg::Free(filter, Ok(slots())));
        assert!(stage.text().contains("1 Tue 17 Mar 10:00"), "{typed}: {}", stage.text());
        stage.keys("enter 1");
        let pushed = stage.effects().join("\n");
        assert!(pushed.contains("visit_type: Some(\"blood-test\")"), "{pushed}");
    }
    let mut stage = line(Role::Receptionist);
    stage.type_text("free smith tue xyz");
    assert!(stage.text().contains("\"xyz\" is no visit type."), "{}", stage.text());
    let mut stage = line(Role::Receptionist);
    stage.type_text("bk black jack 31/2 9");
    let text = stage.text();
    assert!(text.contains("31 February does not exist") && !text.contains(" 9 "), "{text}");
}

#[test]
fn every_size_is_drawn() {
    every_size(asking);
    every_size(ready);
}

#[test]
fn whoever_may_do_nothing_in_the_line_is_told_so_instead_of_being_shown_how_to_book() {
    for (role, word) in [(Role::Patient, "patient"), (Role::Auditor, "auditor")] {
        let mut stage = Stage::with(Board::default(), env(Some(actor(role))));
        stage.keys(":");
        assert_eq!(stage.depth(), 1, "{word}");
        let said = stage.toast();
        assert!(said.contains(&format!("you are signed in as {word}")), "{said}");
        assert!(said.contains("g h shows what is yours") && said.contains("g y says who may"), "{said}");
    }
    for role in [Role::Receptionist, Role::Nurse, Role::Gp, Role::Administrator, Role::Pharmacist] {
        let mut stage = Stage::with(Board::default(), env(Some(actor(role))));
        assert_eq!(stage.keys(":").depth(), 2, "{role:?}");
    }
}

//! The search of visits, a patient's visits, and the directory.
use super::{actor, env, every_size};
use chrono::{DateTime, NaiveDate, Utc};
use praxis::{
    domain::{
        actor::Role,
        ids::{CentreId, ClinicSessionId, EncounterId, PatientId, ProviderId},
        name::PersonName,
        provider::WeeklyHours,
        why::Why,
    },
    store::{
        CentrePage, CentreRow, DepartmentLine, Error, Found, HistoryPage, NextFree, ProviderPage,
        ProviderRow, VisitRow,
    },
    ui::{
        screens::{
            directory::{centre, centres, provider, providers},
            history::{self, History},
            records::{self, Records},
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

/// A signed visit of BLACK Jack with Anna.
pub fn visit(n: u128, day: &str, diagnosis: &str) -> VisitRow {
    let date: NaiveDate = day.parse().unwrap();
    VisitRow {
        encounter: EncounterId(id(n)),
        day: date,
        started_at: at(&format!("{day}T09:00")),
        state: "signed".into(),
        patient: PatientId(id(60)),
        patient_name: PersonName::new("Black", "Jack"),
        record_number: 123,
        birth_date: "1996-05-04".parse().ok(),
        provider: ProviderId(Uuid::from_u128(3)),
        provider_name: PersonName::new("Smith", "Anna"),
        profession: "gp".into(),
        centre_name: "Randwick Medical Centre".into(),
        zone: chrono_tz::Australia::Sydney,
        complaint: "headache".into(),
        diagnosis: diagnosis.into(),
    }
}

fn search() -> Stage<Records> {
    Stage::with(Records::default(), env(Some(actor(Role::Gp))))
}

fn found() -> Stage<Records> {
    let mut stage = search();
    stage.type_text("pt:black at:randwick from:1/1/2026").keys("enter");
    let why = Why::new("read_expired", "Your last visit with this patient is too long ago.")
        .instead("A new appointment opens the history again.");
    stage.deliver(records::Msg::Found(
        false,
        Ok(Found {
            rows: vec![visit(1, "2026-03-02", "Tension headache"), visit(2, "2026-02-10", "")],
            more: false,
            closed: vec![(PatientId(id(61)), PersonName::new("Black", "Jackie"), why)],
        }),
    ));
    stage
}

#[test]
fn visits_are_found_by_one_line_and_what_is_closed_says_why() {
    let mut stage = found();
    insta::assert_snapshot!(stage.frame());
    stage.keys("down enter");
    assert_eq!(stage.effects(), [format!("push Record(EncounterId({}))", id(2))]);
    stage.forget_effects().keys("v");
    assert_eq!(stage.effects(), [format!("push History(PatientId({}))", id(60))]);
    stage.keys("/");
    stage.type_text(" dr:smith").keys("enter");
    assert!(stage.effects().contains(&"load records.search".to_owned()));
    every_size(found);
}

#[test]
fn a_key_typed_ahead_opens_what_the_search_finds() {
    let mut stage = search();
    stage.type_text("black").keys("enter enter");
    assert_eq!(stage.effects(), ["load records.search"]);
    let rows = vec![visit(1, "2026-03-02", "x")];
    stage.deliver(records::Msg::Found(false, Ok(Found { rows, ..Found::default() })));
    assert_eq!(stage.effects(), [format!("push Record(EncounterId({}))", id(1))]);
}

#[test]
fn a_line_that_cannot_be_read_is_told_and_nothing_is_asked() {
    let mut stage = search();
    stage.type_text("on:someday").keys("enter");
    assert!(stage.effects().is_empty());
    assert!(!stage.text().contains("loading"));
    stage.keys("ctrl-u").type_text("st:booked").keys("enter");
    assert!(stage.text().contains("Visits have no st:"), "{}", stage.text());
}

#[test]
fn staff_search_by_date_alone_and_patients_are_told_they_cannot() {
    let mut stage = search();
    stage.type_text("on:12/3/2026").keys("enter");
    assert_eq!(stage.effects(), ["load records.search"]);
    let mut stage = Stage::with(Records::default(), env(Some(actor(Role::Patient))));
    stage.type_text("on:12/3/2026").keys("enter");
    assert!(stage.effects().is_empty());
    assert!(stage.text().contains("A date alone is not enough."), "{}", stage.text());
}

#[test]
fn a_refusal_stands_under_the_line() {
    let mut stage = search();
    stage.type_text("black").keys("enter");
    let why = Why::new("records_not_for_role", "Your role reads no visit records.");
    stage.deliver(records::Msg::Found(false, Err(Error::Refused(why))));
    assert!(stage.text().contains("Your role reads no visit records."));
}

fn page(days: &[&str], more: bool, closed: bool) -> HistoryPage {
    HistoryPage {
        patient: PatientId(id(60)),
        name: PersonName::new("Black", "Jack"),
        record_number: 123,
        sex: "male".into(),
        birth_date: "1996-05-04".parse().ok(),
        rows: (1..).zip(days).map(|(n, day)| visit(n, day, "Tension headache")).collect(),
        more,
        closed: closed.then(|| {
            Why::new("read_expired", "Your last visit with this patient is too long ago.")
                .instead("A new appointment opens the history again.")
        }),
    }
}

fn visits() -> Stage<History> {
    let mut stage = Stage::with(History::of(PatientId(id(60))), env(Some(actor(Role::Gp))));
    stage.deliver(history::Msg::Loaded(false, Ok(page(&["2026-03-02", "2025-11-20"], false, true))));
    stage
}

#[test]
fn a_closed_history_shows_ones_own_visits_and_says_why_no_more() {
    insta::assert_snapshot!(visits().frame());
    every_size(visits);
}

#[test]
fn older_visits_come_as_one_goes_down() {
    let mut stage = Stage::with(History::of(PatientId(id(60))), env(Some(actor(Role::Gp))));
    stage.deliver(history::Msg::Loaded(false, Ok(page(&["2026-03-02", "2025-11-20"], true, false))));
    assert!(stage.effects().is_empty());
    stage.keys("down");
    assert_eq!(stage.effects(), ["load history.load"]);
    let mut older = page(&[], false, false);
    older.rows = vec![visit(9, "2024-01-02", "Sprain")];
    stage.deliver(history::Msg::Loaded(true, Ok(older)));
    stage.keys("down enter");
    assert_eq!(stage.effects(), [format!("push Record(EncounterId({}))", id(9))]);
}

fn person(n: u128, name: (&str, &str), profession: &str) -> ProviderRow {
    ProviderRow {
        id: ProviderId(id(n)),
        name: PersonName::new(name.0, name.1),
        profession: profession.into(),
        specialties: if profession == "specialist" { vec!["Cardiology".into()] } else { vec![] },
        expertise: Some("sports medicine".into()),
        phone: Some("02 9999 1111".into()),
        email: Some("anna@praxis.example".into()),
        centres: vec![(CentreId(id(90)), "Randwick Medical Centre".into())],
        next_free: Some(NextFree {
            session: ClinicSessionId(id(20)),
            centre: CentreId(id(90)),
            starts_at: at(if n == 1 { "2026-03-12T10:30" } else { "2026-03-13T09:00" }),
        }),
        zone: chrono_tz::Australia::Sydney,
    }
}

fn list_of_providers() -> Stage<providers::Providers> {
    let mut stage = Stage::with(providers::Providers::default(), env(Some(actor(Role::Receptionist))));
    stage.deliver(providers::Msg::Loaded(Ok(vec![
        person(1, ("Smith", "Anna"), "gp"),
        person(2, ("Neeson", "Liam"), "specialist"),
        person(3, ("Jackson", "Sam"), "physiotherapist"),
    ])));
    stage
}

#[test]
fn providers_are_found_by_name_and_specialty_and_lead_to_booking() {
    let mut stage = list_of_providers();
    insta::assert_snapshot!(stage.frame());
    stage.keys("/").type_text("cardio");
    let text = stage.text();
    assert!(text.contains("NEESON") && !text.contains("JACKSON"), "{text}");
    stage.keys("tab b");
    assert!(
        stage.effects()[0].contains(&format!("provider: Some(ProviderId({}))", id(2))),
        "{:?}",
        stage.effects()
    );
    every_size(list_of_providers);
}

fn place(n: u128, name: &str, kind: &str, suburb: &str) -> CentreRow {
    CentreRow {
        id: CentreId(id(n)),
        name: name.into(),
        kind: kind.into(),
        suburb: Some(suburb.into()),
        address: Some("1 Avoca Street".into()),
        phone: Some("02 9999 0000".into()),
        email: Some("desk@praxis.example".into()),
        number: Some("11000000001".into()),
        zone: chrono_tz::Australia::Sydney,
        providers: 5,
        departments: vec!["Cardiology".into()],
    }
}

fn list_of_centres() -> Stage<centres::Centres> {
    let mut stage = Stage::with(centres::Centres::default(), env(Some(actor(Role::Receptionist))));
    stage.deliver(centres::Msg::Loaded(Ok(vec![
        place(1, "Randwick Medical Centre", "medical_centre", "Randwick"),
        place(2, "Royal Randwick Hospital", "hospital", "Randwick"),
        place(3, "Ultimo Medical Centre", "medical_centre", "Ultimo"),
    ])));
    stage
}

#[test]
fn royal_rand_finds_royal_randwick_hospital() {
    let mut stage = list_of_centres();
    stage.keys("/").type_text("royal rand");
    insta::assert_snapshot!(stage.frame());
    stage.keys("enter");
    assert_eq!(stage.effects(), [format!("push Centre(CentreId({}))", id(2))]);
    every_size(list_of_centres);
}

fn centre_page() -> Stage<centre::Centre> {
    let mut stage = Stage::with(centre::Centre::of(CentreId(id(1))), env(Some(actor(Role::Receptionist))));
    stage.deliver(centre::Msg::Loaded(Ok(Box::new(CentrePage {
        centre: place(1, "Randwick Medical Centre", "medical_centre", "Randwick"),
        departments: vec![
            DepartmentLine {
                name: "Cardiology".into(),
                services: Some("ECG, echo".into()),
                opens: None,
                closed: false,
            },
            DepartmentLine {
                name: "Imaging".into(),
                services: None,
                opens: Some("in May".into()),
                closed: true,
            },
        ],
        providers: vec![person(1, ("Smith", "Anna"), "gp"), person(2, ("Neeson", "Liam"), "specialist")],
    }))));
    stage
}

#[test]
fn the_page_of_a_centre_leads_to_its_providers_and_to_booking() {
    let mut stage = centre_page();
    insta::assert_snapshot!(stage.frame());
    stage.keys("enter");
    assert_eq!(stage.effects(), [format!("push Provider(ProviderId({}))", id(1))]);
    every_size(centre_page);
}

fn provider_page() -> Stage<provider::Provider> {
    let mut stage =
        Stage::with(provider::Provider::of(ProviderId(id(1))), env(Some(actor(Role::Receptionist))));
    let hours = |weekday, from_minute, to_minute| WeeklyHours {
        centre: CentreId(id(90)),
        weekday,
        from_minute,
        to_minute,
        slot_minutes: 30,
    };
    stage.deliver(provider::Msg::Loaded(Ok(Box::new(ProviderPage {
        provider: person(1, ("Smith", "Anna"), "gp"),
        registration_number: Some("MED0001234".into()),
        qualifications: Some("MBBS, FRACGP".into()),
        practising_since: Some(2009),
        biography: Some("Family doctor with an interest in sport.".into()),
        fee_cents: Some(8550),
        department: None,
        hours: vec![hours(1, 540, 1020), hours(4, 480, 720)],
    }))));
    stage
}

#[test]
fn the_page_of_a_provider_has_hours_and_the_next_free_slot() {
    let mut stage = provider_page();
    insta::assert_snapshot!(stage.frame());
    stage.keys("enter");
    assert_eq!(stage.effects(), [format!("push Centre(CentreId({}))", id(90))]);
    every_size(provider_page);
}

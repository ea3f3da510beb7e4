//! The screens of administration.
use super::{actor, env, every_size};
use chrono::{DateTime, Utc};
use praxis::{
    domain::{
        account::{
            AccountDetails, AccountEntry, Application, Position, RegistrationEntry, RegistrationState,
        },
        actor::Role,
        audit::{AuditEntry, AuditPage},
        centre::{CentreDetails, CentreEntry, CentreKind, DepartmentDetails, DepartmentEntry},
        ids::{AccountId, AuditEventId, CentreId, DepartmentId, PatientId, ProviderId, RegistrationId},
        name::PersonName,
        policy::POLICIES,
        provider::{Profession, ProviderDetails, ProviderEntry, WeeklyHours},
        why::Why,
    },
    store::{Deactivated, Error, SettingEntry},
    ui::{
        screen::Screen,
        screens::{
            admin::{
                account_form,
                accounts::{self, Accounts},
                applications::{self, Applications},
                apply::Apply,
                centres::{self, Centres},
                departments::{self, Departments},
                home::Home,
                provider_form,
                providers::{self, Providers},
                settings::{self, Settings},
            },
            audit_log::{self, AuditLog},
        },
        testing::Stage,
    },
};
use uuid::Uuid;
use zeroize::Zeroizing;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x100 + n)
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+11:00")).unwrap().with_timezone(&Utc)
}

fn stage<S: Screen>(screen: S) -> Stage<S> {
    Stage::with(screen, env(Some(actor(Role::Administrator))))
}

fn account(n: u128, family: &str, given: &str, position: Position) -> AccountEntry {
    AccountEntry {
        id: AccountId(id(n)),
        version: 1,
        details: AccountDetails {
            login: given.to_lowercase(),
            email: format!("{}@praxis.example", given.to_lowercase()),
            name: PersonName::new(family, given),
            phone: "02 9382 1111".into(),
            position,
            centres: vec![CentreId(id(50))],
        },
        provider: position.profession.map(|_| ProviderId(id(n + 20))),
        incomplete: false,
        deactivated: None,
        blocked: None,
        reactivated: None,
    }
}

fn people() -> Vec<AccountEntry> {
    let mut gone = account(4, "Probe", "Tess", Position::plain(Role::LabTechnician));
    gone.deactivated = Some((at("2026-03-01T09:00"), "moved away".into()));
    let mut imported = account(5, "ian@gmail.com", "", Position::provider(Profession::Physiotherapist));
    imported.details.login = "ian@gmail.com".into();
    imported.incomplete = true;
    vec![
        imported,
        account(1, "Keys", "Alice", Position::plain(Role::Administrator)),
        account(2, "Smith", "Anna", Position::provider(Profession::Gp)),
        account(3, "Wong\u{1b}[2J", "Mei", Position::plain(Role::Receptionist)),
        gone,
    ]
}

fn centre(n: u128, name: &str, kind: CentreKind) -> CentreEntry {
    CentreEntry {
        id: CentreId(id(n)),
        version: 3,
        details: CentreDetails {
            kind,
            number: format!("11{n}"),
            name: name.into(),
            phone: "02 9382 1111".into(),
            email: String::new(),
            address: "1 High Street".into(),
            suburb: "Randwick".into(),
            zone: "Australia/Sydney".into(),
        },
        retired: n == 52,
        departments: 2,
        providers: 7,
    }
}

fn centres() -> Vec<CentreEntry> {
    vec![
        centre(50, "Randwick Medical Centre", CentreKind::MedicalCentre),
        centre(51, "Royal Randwick Hospital", CentreKind::Hospital),
        centre(52, "Old Mill Practice", CentreKind::MedicalCentre),
    ]
}

fn provider() -> ProviderEntry {
    let hours = |centre: u128, weekday, from_minute, to_minute| WeeklyHours {
        centre: CentreId(id(centre)),
        weekday,
        from_minute,
        to_minute,
        slot_minutes: 30,
    };
    ProviderEntry {
        id: ProviderId(id(22)),
        version: 4,
        name: PersonName::new("Smith", "Anna"),
        profession: Profession::Gp,
        details: ProviderDetails {
            provider_number: "PN100".into(),
            sex: "female".into(),
            registration_number: "REG1".into(),
            specialties: vec!["cardiology".into()],
            fee_cents: Some(8_500),
            ..ProviderDetails::default()
        },
        centres: centres().into_iter().take(2).map(|c| (c.id, c.details.name)).collect(),
        hours: vec![hours(50, 1, 540, 720), hours(51, 1, 780, 1020), hours(50, 3, 540, 1020)],
    }
}

#[test]
fn the_page_of_administration_names_every_place_and_who_waits() {
    let mut s = stage(Home::default());
    assert_eq!(s.effects(), ["load admin.waiting"]);
    s.deliver(Ok(2));
    insta::assert_snapshot!(s.frame());
    s.keys("down down enter");
    assert_eq!(s.effects(), ["push AdminApplications"]);
    every_size(|| stage(Home::default()));
}

fn listed() -> Stage<Accounts> {
    let mut s = stage(Accounts::default());
    s.deliver(accounts::Msg::Loaded(Ok(people())));
    s.forget_effects();
    s
}

#[test]
fn accounts_are_listed_with_role_and_state() {
    let mut s = listed();
    insta::assert_snapshot!(s.frame());
    every_size(listed);
}

#[test]
fn deactivating_asks_why_and_says_what_is_left_to_do() {
    let mut s = listed();
    s.keys("down down x");
    insta::assert_snapshot!(s.frame());
    s.keys("enter");
    assert!(s.effects().is_empty(), "a reason is needed: {:?}", s.effects());
    s.type_text("on leave");
    s.keys("enter");
    assert!(s.effects().contains(&"save account.deactivate".to_owned()), "{:?}", s.effects());
    s.deliver(accounts::Msg::Deactivated(Ok(Deactivated { version: 2, appointments: 3 })));
    assert_eq!(s.toast(), "Deactivated. 3 appointments of theirs must be moved.");
}

#[test]
fn a_refusal_says_which_rule() {
    let mut s = listed();
    let why = Why::new("last_administrator", "This is the last administrator.");
    s.deliver(accounts::Msg::Deactivated(Err(Error::Refused(why))));
    assert_eq!(s.toast(), "This is the last administrator.");
}

#[test]
fn a_one_time_code_is_shown_once_in_a_dialog() {
    let mut s = listed();
    s.keys("c");
    insta::assert_snapshot!("replace_by_code", s.frame());
    s.keys("y");
    assert!(s.effects().contains(&"save account.give-code".to_owned()), "{:?}", s.effects());
    s.deliver(accounts::Msg::Coded(Ok((
        "ian@gmail.com".into(),
        Zeroizing::new("abcde-fghjk-mnpqr-stuvw".into()),
    ))));
    insta::assert_snapshot!("code_shown", s.frame());
    s.keys("y");
    assert!(!s.frame().contains("abcde"));
}

#[test]
fn the_form_of_an_account_begins_with_what_is_known_and_checks_before_it_sends() {
    let mut s = listed();
    s.keys("down down enter");
    s.deliver_to_top(account_form::Msg::Centres(Ok(centres())));
    insta::assert_snapshot!("account_form", s.frame());
    s.forget_effects();
    s.keys("down down down").keys("ctrl-u").type_text("x").keys("ctrl-s");
    assert!(!s.effects().iter().any(|e| e.starts_with("save")), "{:?}", s.effects());
    s.type_text("ylo").keys("ctrl-s");
    assert!(s.effects().contains(&"save account.save".to_owned()), "{:?}", s.effects());
}

#[test]
fn a_new_account_starts_empty() {
    let mut s = listed();
    s.keys("n");
    insta::assert_snapshot!(s.frame());
}

#[test]
fn providers_are_listed_with_their_week_and_their_forms_open() {
    let made = || {
        let mut s = stage(Providers::default());
        s.deliver(providers::Msg::Loaded(Ok(vec![provider()])));
        s.forget_effects();
        s
    };
    let mut s = made();
    insta::assert_snapshot!("providers", s.frame());
    s.keys("h");
    insta::assert_snapshot!("weekly_hours", s.frame());
    for (name, columns, lines) in [("weekly_hours_60x20", 60, 20), ("weekly_hours_132x43", 132, 43)] {
        let mut sized = made().at(columns, lines);
        sized.keys("h");
        insta::assert_snapshot!(name, sized.frame());
    }
    s.keys("esc esc");
    let mut s = made();
    s.keys("enter");
    let specialties = vec![("cardiology".into(), "Cardiology".into())];
    s.deliver_to_top(provider_form::Msg::Choices(Ok((departments(), specialties))));
    insta::assert_snapshot!("provider_details", s.frame());
    every_size(made);
}

#[test]
fn hours_that_overlap_at_two_centres_are_refused_beside_the_field() {
    let mut s = stage(Providers::default());
    s.deliver(providers::Msg::Loaded(Ok(vec![provider()])));
    s.keys("h").forget_effects();
    // Eight fields down: Monday at the second centre.
    s.keys("down down down down down down down down").keys("ctrl-u").type_text("11:00-13:00").keys("ctrl-s");
    assert!(s.effects().is_empty(), "{:?}", s.effects());
    assert!(s.frame().contains("Overlaps 09:00-12:00"), "{}", s.frame());
}

fn departments() -> Vec<DepartmentEntry> {
    let one = |n: u128, name: &str, closed| DepartmentEntry {
        id: DepartmentId(id(n)),
        version: 1,
        centre_name: "Royal Randwick Hospital".into(),
        details: DepartmentDetails {
            centre: CentreId(id(51)),
            name: name.into(),
            services: "ECG".into(),
            closed,
            opens: if closed { "Mon 08:00".into() } else { String::new() },
        },
    };
    vec![one(70, "Cardiology", false), one(71, "Pathology", true)]
}

#[test]
fn departments_say_when_a_closed_one_opens() {
    let mut s = stage(Departments::default());
    s.deliver(departments::Msg::Loaded(Ok(departments())));
    insta::assert_snapshot!("departments", s.frame());
    s.keys("down enter");
    insta::assert_snapshot!("department_form", s.frame());
}

#[test]
fn centres_are_listed_and_changed() {
    let mut s = stage(Centres::default());
    s.deliver(centres::Msg::Loaded(Ok(centres())));
    insta::assert_snapshot!("centres", s.frame());
    s.keys("x");
    insta::assert_snapshot!("retire_centre", s.frame());
    s.keys("n").deliver(centres::Msg::Loaded(Ok(centres()))).keys("enter");
    insta::assert_snapshot!("centre_form", s.frame());
}

#[test]
fn applications_show_all_they_say_and_are_decided() {
    let one = |n: u128, state| RegistrationEntry {
        id: RegistrationId(id(n)),
        version: 1,
        application: Application {
            email: "marie@example.org".into(),
            name: PersonName::new("Curie", "Marie"),
            phone: "0400 000 000".into(),
            profession: Profession::Radiographer,
            provider_number: "PN9".into(),
            registration_number: "R9".into(),
            licence_number: "L9".into(),
            expertise: "X-rays".into(),
        },
        state,
        created_at: at("2026-03-11T10:00"),
        decided: (state != RegistrationState::Pending)
            .then(|| (at("2026-03-12T09:00"), PersonName::new("Keys", "Alice"), "licence not found".into())),
        clashes: vec![],
    };
    let made = || {
        let mut s = stage(Applications::default());
        let rows = vec![one(1, RegistrationState::Pending), one(2, RegistrationState::Rejected)];
        s.deliver(applications::Msg::Loaded(Ok(rows)));
        s.forget_effects();
        s
    };
    let mut s = made();
    insta::assert_snapshot!("applications", s.frame());
    s.keys("down a");
    assert_eq!(s.toast(), "This application is decided already.");
    s.keys("up a");
    assert_eq!(s.effects(), ["load centre-choice.list"]);
    every_size(made);
}

#[test]
fn an_application_can_be_made_before_there_is_an_account() {
    let mut s = Stage::with(Apply::default(), env(None));
    insta::assert_snapshot!("apply", s.frame());
    s.keys("ctrl-s");
    assert!(s.effects().is_empty());
    s.deliver(Ok(()));
    insta::assert_snapshot!("applied", s.frame());
}

#[test]
fn policies_change_with_a_reason() {
    let rows = || {
        POLICIES
            .iter()
            .map(|policy| SettingEntry {
                policy,
                value: match policy.key {
                    "history_policy" => "central".into(),
                    "clinic_name" => "Praxis".into(),
                    _ => "12".into(),
                },
                changed_at: at("2026-01-01T00:00"),
            })
            .collect()
    };
    let mut s = stage(Settings::default());
    s.deliver(settings::Msg::Loaded(Ok(rows())));
    s.keys("down").forget_effects();
    insta::assert_snapshot!("policies", s.frame());
    s.keys("enter ctrl-u").type_text("open").keys("enter");
    assert!(s.frame().contains("takes central, strict"), "{}", s.frame());
    s.keys("ctrl-u").type_text("strict").keys("enter").type_text("board decision").keys("enter");
    assert_eq!(s.effects(), ["save setting.change"]);
}

#[test]
fn the_log_reads_as_sentences_and_is_filtered() {
    let event = |n: u128, action: &str, refused: bool, patient: bool| AuditEntry {
        id: AuditEventId(id(n)),
        at: at("2026-03-12T09:30"),
        account: Some(AccountId(id(2))),
        who: PersonName::new("Smith", "Anna"),
        login: "anna".into(),
        role: "gp".into(),
        action: action.into(),
        entity: "appointment".into(),
        entity_id: Some(id(90)),
        patient: patient.then(|| PatientId(id(60))),
        patient_name: patient.then(|| PersonName::new("Black", "Jack")),
        record_number: patient.then_some(123),
        refused,
        facts: if refused { serde_json::json!({ "rule": "not_a_slot" }) } else { serde_json::json!({}) },
    };
    let mut system = event(4, "import.run", false, false);
    system.account = None;
    (system.who, system.login, system.role) = (PersonName::default(), String::new(), "nobody".into());
    system.facts = serde_json::json!({ "by": "system", "os_user": "operator" });
    let rows = vec![
        event(1, "account.give-code", false, false),
        event(2, "appointment.book", true, false),
        event(3, "record.open", false, true),
        system,
    ];
    let page = |entries| AuditPage { entries, zone: chrono_tz::Australia::Sydney };
    let made = || {
        let mut s = stage(AuditLog::default());
        s.deliver(audit_log::Msg::Loaded(None, Ok(page(rows.clone()))));
        s.forget_effects();
        s
    };
    let mut s = made();
    insta::assert_snapshot!("log", s.frame());
    s.keys("down down t");
    assert_eq!(s.effects(), ["load audit.page"]);
    s.deliver(audit_log::Msg::Loaded(None, Ok(page(vec![]))));
    assert!(s.frame().contains("about BLACK Jack 000123"), "{}", s.frame());
    every_size(made);
}

//! My profile, registering as a patient, deciding about it, and blocked accounts.
use super::{actor, env, every_size};
use chrono::{DateTime, NaiveDate, Utc};
use praxis::{
    domain::{
        account::{
            AccountDetails, AccountEntry, LeftBehind, PatientApplication, PatientRegistration, Position,
            Profile, ProfileNumbers, RegistrationState,
        },
        actor::Role,
        ids::{AccountId, PatientId, RegistrationId},
        name::PersonName,
        patient::Sex,
    },
    store::FrontDoor,
    ui::{
        screens::{
            admin::accounts::{self, Accounts},
            login::{self, Login, LoginNote},
            profile::{self, MyProfile},
            sign_up::SignUp,
            sign_ups::{self, SignUps},
        },
        testing::Stage,
    },
};
use uuid::Uuid;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+11:00")).unwrap().with_timezone(&Utc)
}

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

#[test]
fn a_profile_shows_its_locked_numbers_and_saves_the_rest() {
    let made = || {
        let mut s = Stage::with(MyProfile::default(), env(Some(actor(Role::Gp))));
        let profile = Profile {
            login: "anna".into(),
            email: "anna@praxis.example".into(),
            name: PersonName::new("Smith", "Anna"),
            phone: "02 9382 1111".into(),
        };
        let numbers = ProfileNumbers {
            record: None,
            national: None,
            medicare: None,
            provider: Some("PN1234".into()),
            registration: Some("MED0001".into()),
            licence: None,
        };
        s.deliver(profile::Msg::Loaded(Ok((3, profile, numbers))));
        s.forget_effects();
        s
    };
    let mut s = made();
    insta::assert_snapshot!("profile", s.frame());
    s.keys("ctrl-s");
    assert_eq!(s.effects(), ["save profile.change"]);
    every_size(made);
}

#[test]
fn the_sign_in_screen_offers_to_register_only_when_the_clinic_allows_it() {
    let made = |sign_up| {
        let mut s = Stage::with(Login::with_note(LoginNote::default()), env(None));
        let door = FrontDoor { name: "Randwick Clinics".into(), contact: String::new(), sign_up };
        s.deliver(login::Msg::Clinic(Ok(door)));
        s.forget_effects();
        s
    };
    let mut open = made(true);
    assert!(open.frame().contains("register as a patient"), "{}", open.frame());
    open.keys("ctrl-r");
    assert_eq!(open.effects(), ["push RegisterMyself"]);
    let mut shut = made(false);
    assert!(!shut.frame().contains("register as a patient"), "{}", shut.frame());
    shut.keys("ctrl-r");
    assert!(shut.toast().contains("Telephone the clinic"), "{}", shut.toast());
}

#[test]
fn registering_refuses_a_weak_password_and_says_the_same_to_everybody_afterwards() {
    let mut s = Stage::with(SignUp::new(day(2026, 3, 12)), env(None));
    insta::assert_snapshot!("sign_up", s.frame());
    s.keys("ctrl-s");
    assert!(s.effects().is_empty(), "nothing is sent that is not filled");
    for text in ["Moreau", "Ines", "3 feb 1991", "", "ines@example.org", "0491570110", "", "", ""] {
        if !text.is_empty() {
            s.type_text(text);
        }
        s.keys("tab");
    }
    s.type_text("password12345");
    s.keys("tab");
    s.type_text("password12345");
    s.keys("ctrl-s");
    assert!(s.effects().is_empty(), "{}", s.frame());
    s.deliver(Ok(()));
    insta::assert_snapshot!("sign_up_sent", s.frame());
}

fn registration(n: u128, state: RegistrationState) -> PatientRegistration {
    PatientRegistration {
        id: RegistrationId(Uuid::from_u128(n)),
        version: 1,
        application: PatientApplication {
            email: "ines@example.org".into(),
            name: PersonName::new("Moreau", "Ines"),
            sex: Sex::Female,
            birth_date: day(1991, 2, 3),
            phone: "0491 570 110".into(),
            record_number: Some(123),
            national_number: String::new(),
            medicare_number: "2123456701".into(),
        },
        state,
        created_at: at("2026-03-11T10:00"),
        decided: (state != RegistrationState::Pending)
            .then(|| (at("2026-03-12T09:00"), PersonName::new("Keys", "Alice"), "bring your card".into())),
        by_number: vec![PatientId(Uuid::from_u128(9))],
        email_taken: false,
    }
}

#[test]
fn whoever_registers_is_tied_to_a_patient_or_made_a_new_one_or_rejected() {
    let made = || {
        let mut s = Stage::with(SignUps::default(), env(Some(actor(Role::Receptionist))));
        let rows =
            vec![registration(1, RegistrationState::Pending), registration(2, RegistrationState::Rejected)];
        s.deliver(sign_ups::Msg::Loaded(Ok(rows)));
        s.forget_effects();
        s
    };
    let mut s = made();
    insta::assert_snapshot!("sign_ups", s.frame());
    s.keys("a");
    assert_eq!(s.effects(), ["load sign-ups.alike"]);
    s.deliver(sign_ups::Msg::Alike(Ok(vec![])));
    assert!(s.frame().contains("A new patient"), "{}", s.frame());
    let mut s = made();
    s.keys("down a");
    assert_eq!(s.toast(), "This application is decided already.");
    every_size(made);
}

#[test]
fn a_blocked_account_says_until_when_and_why_and_what_it_leaves_behind() {
    let made = || {
        let mut s = Stage::with(Accounts::default(), env(Some(actor(Role::Administrator))));
        s.deliver(accounts::Msg::Loaded(Ok(vec![AccountEntry {
            id: AccountId(Uuid::from_u128(7)),
            version: 1,
            details: AccountDetails {
                login: "tess".into(),
                email: String::new(),
                name: PersonName::new("Probe", "Tess"),
                phone: String::new(),
                position: Position::plain(Role::LabTechnician),
                centres: vec![],
            },
            provider: None,
            incomplete: false,
            deactivated: None,
            blocked: Some((at("2026-04-01T00:00"), "under inquiry".into())),
            reactivated: None,
        }])));
        s.forget_effects();
        s
    };
    let mut s = made();
    insta::assert_snapshot!("blocked", s.frame());
    s.keys("b");
    assert!(s.frame().contains("sign in again?"), "{}", s.frame());
    let mut s = made();
    s.keys("l");
    assert_eq!(s.effects(), ["load accounts.left"]);
    s.deliver(accounts::Msg::Left(Ok(vec![LeftBehind {
        id: Uuid::from_u128(1),
        visit: true,
        at: at("2026-03-11T10:00"),
        zone: "Australia/Sydney".into(),
        centre: "Randwick Medical Centre".into(),
        patient: PersonName::new("Black", "Jack"),
    }])));
    assert!(s.frame().contains("visit not signed"), "{}", s.frame());
    every_size(made);
}

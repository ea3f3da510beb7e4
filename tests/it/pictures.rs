//! The pictures of the README, drawn from the program's own frames: fixed people, a fixed clock, no terminal.
//!
//! `PRAXIS_PICTURES=write cargo test --test it pictures` draws them anew; without it a picture that is not what the
//! program shows fails.
mod svg;

use crate::frames::{actor, booking, env, front_desk, visit};
use praxis::{
    cli,
    domain::{
        actor::Role,
        authored::Authored,
        diagnosis::{Certainty, Diagnosis, DiagnosisRole},
        encounter::EncounterState,
        ids::{DiagnosisId, EncounterId, PrescriptionId},
        name::PersonName,
        prescription::{NewPrescription, Prescription, PrescriptionStatus},
        record::{Identity, Record},
    },
    store::FrontDoor,
    ui::{
        screen::Screen,
        screens::{
            login::{Login, LoginNote, Msg},
            record::{self, RecordView},
        },
        testing::Stage,
    },
};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn writes() -> bool {
    std::env::var("PRAXIS_PICTURES").is_ok_and(|v| v == "write")
}

/// Writes the file, or fails when it does not hold this text.
fn keep(path: PathBuf, text: &str) {
    if writes() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{} is not what the program shows. Look at the change, then: PRAXIS_PICTURES=write cargo test --test it pictures",
        path.display()
    );
}

/// Keeps `docs/pictures/NAME.svg`, and the README's text of the same name where it has one.
fn picture<S: Screen>(name: &str, title: &str, stage: &mut Stage<S>) {
    keep(root().join(format!("docs/pictures/{name}.svg")), &svg::svg(&stage.buffer(), title));
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (from, to) = (format!("<!-- picture {name} -->\n```text\n"), "```\n<!-- end -->");
    if let Some((before, rest)) = readme.split_once(&from) {
        let (_, after) = rest.split_once(to).expect("a picture ends");
        keep(root().join("README.md"), &format!("{before}{from}{}{to}{after}", stage.text()));
    }
}

#[test]
fn the_sign_in_screen_of_the_demo() {
    let mut stage = Stage::with(Login::with_note(LoginNote(cli::login_note())), env(None));
    stage.deliver(Msg::Clinic(Ok(FrontDoor {
        name: "Praxis demo clinic".into(),
        contact: String::new(),
        sign_up: false,
    })));
    picture("sign-in", "The sign-in screen of the demo clinic", &mut stage);
}

#[test]
fn the_board_of_a_morning() {
    let mut stage = front_desk::board();
    picture("board", "The board of a morning: who is booked, who waits, who is in a room", &mut stage);
}

#[test]
fn a_booking_with_its_first_free_times() {
    let mut stage = booking::ready();
    picture("booking", "A booking: the patient, the provider, and the first free times", &mut stage);
}

#[test]
fn the_examination_tab_of_the_appointment_panel() {
    let mut stage = visit::panel();
    stage.keys("2 tab").type_text("bp 120/80 hr 72 t 37.2 spo2 98");
    picture(
        "examination",
        "The examination tab of the appointment panel: vital signs in one line",
        &mut stage,
    );
}

/// The visit of the panel's picture, signed.
fn signed_visit() -> Record {
    let (encounter, at) = (EncounterId(uuid::Uuid::from_u128(10)), visit::now());
    let written = Authored { author: PersonName::new("Smith", "Anna"), mine: true, at, struck: None };
    let mut chart = visit::chart();
    // One allergy: the rest of the page is the visit's.
    chart.history.items.truncate(1);
    let today = at.date_naive();
    let mut signed = chart.visit;
    signed.chief_complaint = "cough for a week".into();
    (signed.state, signed.signed_at, signed.signed_by) =
        (EncounterState::Signed, Some(at), Some(PersonName::new("Smith", "Anna")));
    signed.ended_at = Some(at);
    Record {
        patient: Identity {
            id: signed.patient,
            record_number: 123,
            name: PersonName::new("Black", "Jack"),
            preferred_name: None,
            second_script_name: None,
            sex: "male".into(),
            birth_date: "1996-05-04".parse().ok(),
            national_number: None,
            medicare_number: None,
            email: None,
            phone: None,
            address: None,
            language: None,
            contact: [None, None, None],
            blood_group: None,
            allergy_state: "listed".into(),
        },
        visit: signed,
        profession: "gp".into(),
        zone: "Australia/Sydney".into(),
        contact: false,
        whole: true,
        history: chart.history,
        past: vec![],
        vitals: visit::signs().into_iter().filter(|o| o.encounter.is_some()).collect(),
        notes: visit::notes(),
        tests: vec![],
        reports: vec![],
        diagnoses: vec![Diagnosis {
            id: DiagnosisId(uuid::Uuid::from_u128(90)),
            encounter,
            version: 1,
            code: Some("J20.9".into()),
            name: "Acute bronchitis".into(),
            role: DiagnosisRole::Main,
            certainty: Certainty::Certain,
            condition: None,
            written: written.clone(),
        }],
        prescriptions: vec![Prescription {
            id: PrescriptionId(uuid::Uuid::from_u128(91)),
            encounter,
            version: 1,
            what: NewPrescription::parse("doxycycline 100 mg bd 5d", today).unwrap(),
            warnings: vec![],
            override_why: String::new(),
            status: PrescriptionStatus::Active,
            written,
        }],
        treatments: vec![],
        referrals: vec![],
        follow_up: None,
        amendments: vec![],
    }
}

#[test]
fn the_record_of_a_signed_visit() {
    let record = signed_visit();
    let mut stage = Stage::with(RecordView::new(record.visit.id), env(Some(actor(Role::Gp))));
    stage.deliver(record::Msg::Loaded(Box::new(Ok(record))));
    picture("record", "The whole record of a signed visit in one view", &mut stage);
}

//! Everything kept about one person on the screen: counted, taken out, proposed and confirmed to be erased.
use super::{actor, env, every_size};
use chrono::{DateTime, NaiveDate, Utc};
use praxis::{
    domain::{
        actor::Role,
        ids::PatientId,
        name::PersonName,
        subject::{Erasure, Subject as Kept, SubjectPart, SubjectViewer},
    },
    ui::{
        screens::subject::{Msg, Subject},
        testing::Stage,
    },
};
use uuid::Uuid;

const JACK: PatientId = PatientId(Uuid::from_u128(0x160));

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}+11:00")).unwrap().with_timezone(&Utc)
}

fn part(name: &str, n: i64) -> SubjectPart {
    let (first, last) = (Some(at("2024-02-01T09:00:00")), Some(at("2026-03-12T09:30:00")));
    SubjectPart { name: name.into(), n, first, last }
}

fn kept(until: (i32, u32, u32), proposed: Option<(&str, bool)>) -> Kept {
    Kept {
        erasure: Erasure {
            patient: JACK,
            record_number: 123,
            name: PersonName::new("Black", "Jack"),
            keep_until: NaiveDate::from_ymd_opt(until.0, until.1, until.2),
            proposed: proposed
                .map(|(by, mine)| (PersonName::new(by, "Ruth"), at("2026-03-11T10:00:00"), mine)),
            erased_at: None,
        },
        own: false,
        kinds: vec![part("observation", 12), part("encounter", 3), part("patient", 1), part("wait_list", 1)],
        centres: vec![part("Randwick Medical Centre", 15)],
        authors: vec![part("SMITH Anna (gp)", 9), part("WONG Mei (receptionist)", 4)],
        viewers: vec![SubjectViewer {
            who: PersonName::new("Smith", "Anna"),
            role: "gp".into(),
            n: 7,
            last: at("2026-03-12T09:31:00"),
        }],
        zone: chrono_tz::Australia::Sydney,
    }
}

fn shown(kept: Kept, role: Role) -> Stage<Subject> {
    let mut s = Stage::with(Subject::of(Some(JACK)), env(Some(actor(role))));
    s.deliver(Msg::Loaded(Box::new(Ok(kept))));
    s.forget_effects();
    s
}

#[test]
fn it_counts_what_is_kept_by_whom_and_says_until_when_erasing_is_refused() {
    let mut s = shown(kept((2036, 3, 12), None), Role::Administrator);
    insta::assert_snapshot!("subject", s.frame());
    s.keys("v");
    assert!(s.effects()[0].starts_with("push RecordViewers("), "{:?}", s.effects());
    every_size(|| shown(kept((2036, 3, 12), None), Role::Administrator));
}

#[test]
fn taking_out_asks_for_a_new_file_and_the_password() {
    let mut s = shown(kept((2036, 3, 12), None), Role::Administrator);
    s.keys("e");
    assert!(s.frame().contains("record-000123-2026-03-12.txt"), "{}", s.frame());
    s.keys("enter");
    s.type_text("a password");
    assert!(s.frame().contains("Your password again") && !s.frame().contains("a password"), "{}", s.frame());
    s.keys("enter");
    assert!(s.effects().iter().any(|e| e == "save subject.export"), "{:?}", s.effects());
    s.deliver(Msg::Taken("/home/x/record.txt".into(), Ok(Ok(17))));
    assert_eq!(s.toast(), "17 rows are in /home/x/record.txt.");

    let mut own = shown(Kept { own: true, ..kept((2036, 3, 12), None) }, Role::Patient);
    own.keys("e");
    own.keys("enter");
    assert!(own.frame().contains("Your password again"), "oneself too: {}", own.frame());
    own.type_text("a password");
    own.keys("enter");
    assert!(own.effects().iter().any(|e| e == "save subject.export"), "{:?}", own.effects());
}

#[test]
fn one_proposes_to_erase_and_another_confirms_with_the_password() {
    let mut s = shown(kept((2020, 3, 12), None), Role::Administrator);
    s.keys("x");
    assert!(s.frame().contains("another administrator confirms it"), "{}", s.frame());
    s.keys("y");
    assert!(s.effects().iter().any(|e| e == "save subject.erase"), "{:?}", s.effects());
    let mut mine = shown(kept((2020, 3, 12), Some(("Root", true))), Role::Administrator);
    mine.keys("x");
    assert!(mine.toast().contains("another administrator must confirm"), "{:?}", mine.toast());

    let mut other = shown(kept((2020, 3, 12), Some(("Key", false))), Role::Administrator);
    insta::assert_snapshot!("subject_to_confirm", other.frame());
    other.keys("x y");
    other.type_text("a password");
    other.keys("enter");
    assert!(other.effects().iter().any(|e| e == "save subject.erase"), "{:?}", other.effects());
    other.deliver(Msg::Erased(Ok(at("2026-03-12T10:00:00"))));
    assert!(other.toast().contains("The key is destroyed"));
}

#[test]
fn without_a_patient_it_asks_for_the_number_and_goes_back_when_there_is_none() {
    let mut s = Stage::with(Subject::of(None), env(Some(actor(Role::Administrator))));
    assert!(s.frame().contains("About which record?"), "{}", s.frame());
    s.type_text("12x");
    s.keys("enter");
    assert!(s.frame().contains("as in 000123"), "{}", s.frame());
    s.keys("backspace enter");
    assert!(s.effects().iter().any(|e| e == "load subject.find"), "{:?}", s.effects());
}

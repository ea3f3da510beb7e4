//! Two records of one person on the screen: found and led on, compared before they are merged, shown as one afterwards.
use super::{actor, env, every_size, front_desk};
use praxis::{
    domain::{
        actor::Role,
        ids::PatientId,
        name::PersonName,
        patient::{Allergies, Leads},
        patient_query::PatientQuery,
    },
    search::patients::ranked,
    store::{Error, MergeCounts, MergeSide, Merged, PatientProfile},
    ui::{
        screens::{
            merging::{self, Merging},
            patient::{self, Patient},
            patients::{self, Patients},
        },
        testing::Stage,
    },
};
use uuid::Uuid;

fn id(n: u128) -> PatientId {
    PatientId(Uuid::from_u128(n))
}

fn side(n: u128, given: &str, visits: i32) -> MergeSide {
    let mut identity = front_desk::profile().identity;
    identity.given_name = given.into();
    if visits == 0 {
        identity.phone = "02 9382 1111".into();
        identity.medicare_number = String::new();
        identity.address = "1 Avoca Street, Randwick".into();
    }
    MergeSide {
        id: id(n),
        record_number: n as i32,
        identity,
        deactivated: false,
        blocked_until: None,
        merged_into: None,
        merged: vec![],
        counts: MergeCounts {
            appointments: visits + 2,
            to_come: 1,
            waiting: 0,
            no_shows: visits.min(1),
            visits,
            unsigned: 0,
            last_visit: chrono::NaiveDate::from_ymd_opt(2026, 2, 3).filter(|_| visits > 0),
            allergies: visits.min(2),
            entries: visits,
            results: visits * 2,
            alerts: 1,
            signs_in: false,
        },
    }
}

fn compared(sides: [MergeSide; 2]) -> Stage<Merging> {
    let mut stage = Stage::with(Merging::of(sides[1].id, sides[0].id), env(Some(actor(Role::Receptionist))));
    stage.deliver(merging::Msg::Loaded(Ok(Box::new(sides))));
    stage
}

fn two() -> Stage<Merging> {
    compared([side(45, "Jak", 0), side(123, "Jack", 5)])
}

fn merged_profile() -> Box<PatientProfile> {
    let mut page = front_desk::profile();
    let origin = Some(45);
    page.merged = vec![Merged {
        id: id(45),
        record_number: 45,
        name: PersonName::new("Black", "Jak"),
        at: super::env(None).now(),
        by: PersonName::new("Wong", "Mei"),
        reason: "same Medicare card".into(),
    }];
    page.upcoming[0].origin = origin;
    page.upcoming[0].patient = id(45);
    page.past[1].origin = origin;
    page.past[1].patient = id(45);
    if let Allergies::Listed(marks) = &mut page.allergies {
        marks[0].origin = origin;
    }
    page
}

fn page(profile: Box<PatientProfile>) -> Stage<Patient> {
    let mut stage = Stage::with(Patient::new(profile.id), env(Some(actor(Role::Receptionist))));
    stage.deliver(patient::Msg::Loaded(Ok(profile)));
    stage
}

#[test]
fn two_records_are_compared_side_by_side_at_every_size() {
    for (name, (w, h)) in [("80", (80, 24)), ("60", (60, 20)), ("132", (132, 43))] {
        insta::assert_snapshot!(format!("compared_{name}"), two().at(w, h).frame());
    }
    every_size(two);
}

#[test]
fn merging_asks_how_it_is_known_and_then_names_both() {
    let mut stage = two();
    stage.keys("ctrl-s").type_text("same Medicare card").keys("enter");
    insta::assert_snapshot!("merging_names_both", stage.frame());
    stage.keys("y");
    assert!(stage.effects().contains(&"save patient.merge".to_owned()), "{:?}", stage.effects());
    stage.forget_effects();
    stage.deliver(merging::Msg::Merged(Ok(())));
    assert_eq!(stage.toast(), "Merged: 000045 leads to 000123 now. U separates them.");
    assert!(stage.effects()[0].contains("push Patient("), "{:?}", stage.effects());
}

#[test]
fn the_record_with_more_in_it_goes_on_until_they_are_swapped() {
    let mut stage = compared([side(123, "Jack", 5), side(45, "Jak", 0)]);
    assert!(stage.text().contains("BLACK Jak 000045 is merged into BLACK Jack 000123"), "{}", stage.text());
    stage.keys("s");
    assert!(stage.text().contains("BLACK Jack 000123 is merged into BLACK Jak 000045"), "{}", stage.text());
    // What is read again keeps what was chosen.
    stage.deliver(merging::Msg::Merged(Err(Error::Slow)));
    stage.deliver(merging::Msg::Loaded(Ok(Box::new([side(123, "Jack", 5), side(45, "Jak", 0)]))));
    assert!(stage.text().contains("BLACK Jack 000123 is merged into BLACK Jak 000045"), "{}", stage.text());
}

#[test]
fn what_cannot_be_merged_says_why_before_anything_is_asked() {
    let mut survivor = side(123, "Jack", 5);
    survivor.merged_into = Some(Leads { id: id(7), record_number: 7 });
    let mut stage = compared([side(45, "Jak", 0), survivor]);
    stage.keys("ctrl-s");
    assert!(stage.text().contains("Record 000123 is itself merged into 000007"), "{}", stage.text());
    let mut open = side(45, "Jak", 0);
    open.counts.unsigned = 1;
    let mut stage = compared([open.clone(), side(123, "Jack", 5)]);
    assert!(stage.text().contains("BLACK Jack 000123 is merged into"), "it goes on: {}", stage.text());
    stage.keys("s ctrl-s");
    assert!(stage.text().contains("not signed"), "{}", stage.text());
}

#[test]
fn the_page_of_the_one_that_goes_on_shows_both_and_says_what_is_whose() {
    for (name, (w, h)) in [("80", (80, 24)), ("60", (60, 20)), ("132", (132, 43))] {
        insta::assert_snapshot!(format!("goes_on_{name}"), page(merged_profile()).at(w, h).frame());
    }
    let mut stage = page(merged_profile());
    // The first appointment stands in the merged record: it is taken over, not checked in.
    stage.keys("space");
    assert!(stage.text().contains("T takes this"), "{}", stage.text());
    stage.keys("T");
    assert!(stage.effects().contains(&"save patient.take-over".to_owned()), "{:?}", stage.effects());
    let mut stage = page(merged_profile());
    stage.keys("U");
    insta::assert_snapshot!("separating_names_both", stage.frame());
    stage.keys("y");
    assert!(stage.effects().contains(&"save patient.unmerge".to_owned()), "{:?}", stage.effects());
}

#[test]
fn the_page_of_a_merged_record_leads_on_and_takes_nothing_new() {
    let mut profile = front_desk::profile();
    profile.merged_into = Some(Leads { id: id(123), record_number: 123 });
    let mut stage = page(profile);
    assert!(stage.text().contains("MERGED into 000123"), "{}", stage.text());
    for keys in ["b", "e", "a", "space", "m"] {
        stage.forget_effects();
        stage.keys(keys);
        assert!(stage.effects().is_empty(), "{keys}: {:?}", stage.effects());
        assert!(stage.toast().contains("000123"), "{keys}: {}", stage.toast());
    }
    stage.keys("enter");
    assert!(stage.effects()[0].starts_with("push Patient("), "{:?}", stage.effects());
}

#[test]
fn the_other_record_is_offered_from_those_who_look_alike() {
    let mut stage = page(front_desk::profile());
    stage.keys("M");
    assert!(stage.text().contains("Which is the other record of BLACK Jack?"), "{}", stage.text());
}

#[test]
fn a_merged_record_is_found_and_enter_opens_the_one_that_goes_on() {
    let mut merged = front_desk::hit(2, "Black", "Jak");
    merged.merged_into = Some(Leads { id: id(123), record_number: 123 });
    let hits = vec![merged, front_desk::hit(3, "Black", "Jackson")];
    let mut stage = Stage::with(Patients::default(), env(Some(actor(Role::Receptionist))));
    stage.type_text("jak");
    let query = PatientQuery::parse("jak", env(None).today());
    stage.deliver(patients::Msg::Found("jak".into(), Ok(ranked(&query, hits))));
    insta::assert_snapshot!("found_and_led_on", stage.frame());
    stage.forget_effects();
    stage.keys("enter");
    assert!(
        stage.effects().iter().any(|e| e.starts_with("push Patient(") && e.contains("7b")),
        "{:?}",
        stage.effects()
    );
}

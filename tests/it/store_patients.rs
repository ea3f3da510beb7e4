//! Finding, registering and changing patients, asked of the real database.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic},
};
use chrono::{Duration, NaiveDate};
use praxis::{
    domain::{
        ids::{PatientId, RequestId},
        patient::{Allergies, Identity, Sex},
        patient_query::PatientQuery,
    },
    search::patients::{Found, ranked},
    store::{Error, SignIn},
};
use uuid::Uuid;

struct Desk {
    db: Db,
    clinic: Clinic,
    mei: SignIn,
}

async fn desk() -> Desk {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mei = people::signed_in(&db, "mei").await;
    Desk { db, clinic, mei }
}

impl Desk {
    async fn find(&self, typed: &str) -> Vec<Found> {
        let query = PatientQuery::parse(typed, self.clinic.today);
        let hits = self.mei.store.find_patients(&self.mei.actor, query.clone(), false).await.unwrap();
        ranked(&query, hits)
    }
    async fn names(&self, typed: &str) -> Vec<String> {
        self.find(typed).await.into_iter().map(|f| f.hit.name.to_string()).collect()
    }
    async fn register(&self, identity: Identity) -> PatientId {
        let id = PatientId::new();
        let identity = identity.checked(self.clinic.today).unwrap();
        self.mei.store.register_patient(&self.mei.actor, RequestId::new(), id, identity).await.unwrap().id
    }
}

fn named(family: &str, given: &str) -> Identity {
    Identity { family_name: family.into(), given_name: given.into(), ..Identity::default() }
}

#[tokio::test]
async fn a_name_is_found_in_any_order_in_part_and_misspelled() {
    let d = desk().await;
    assert_eq!(d.names("black jack").await, ["BLACK Jack", "BLACK Jackie"]);
    assert_eq!(d.names("jack bl").await[0], "BLACK Jack");
    assert_eq!(d.names("JACKIE").await, ["BLACK Jackie"]);
    assert_eq!(d.names("ngu").await, ["NGUYEN Linh"]);
    assert_eq!(d.names("nguyne").await, ["NGUYEN Linh"]);
    assert_eq!(d.names("blakc jackie").await, ["BLACK Jackie"]);
    assert_eq!(d.names("zhnag").await, ["ZHANG Hao"]);
    assert_eq!(d.names("rashed").await, ["RASHID Omar"]);
    assert!(d.names("qqqq").await.is_empty());
}

#[tokio::test]
async fn matched_letters_are_marked() {
    let d = desk().await;
    let found = d.find("ja bla").await;
    let jack = found.iter().find(|f| f.hit.id == d.clinic.jack).unwrap();
    assert_eq!(jack.shown, "BLACK Jack (Jacko) 布莱克");
    assert_eq!(jack.marks, [0..3, 6..8]);
}

#[tokio::test]
async fn numbers_phones_addresses_and_birth_dates_are_found_in_the_same_box() {
    let d = desk().await;
    for typed in [
        "345 678",
        "0412345678",
        "+61 412 345 678",
        "2123456701",
        "N1234567",
        "jack@exa",
        "4/5/1996",
        "040596",
    ] {
        assert_eq!(d.names(typed).await, ["BLACK Jack"], "{typed}");
    }
    let number = d.find("black jack").await[0].hit.record_number;
    assert_eq!(d.names(&format!("{number:06}")).await, ["BLACK Jack"]);
    assert_eq!(d.names("black 1996").await.len(), 2);
    assert_eq!(d.names("black 1/12/96").await, ["BLACK Jackie"]);
    assert_eq!(d.names("jack 1991").await, Vec::<String>::new());
}

#[tokio::test]
async fn accents_apostrophes_and_arabic_letter_forms_do_not_matter() {
    let d = desk().await;
    d.register(named("O'Brien", "Siobhán")).await;
    let arabic = Identity { second_script_name: "أحمد خليل".into(), ..named("Khalil", "Ahmad") };
    d.register(arabic).await;
    d.register(named("Müller-Łoś", "Zoë")).await;
    assert_eq!(d.names("obrien siobhan").await, ["O'BRIEN Siobhán"]);
    assert_eq!(d.names("احمد").await, ["KHALIL Ahmad"]);
    assert_eq!(d.names("los zoe").await, ["MÜLLER-ŁOŚ Zoë"]);
}

#[tokio::test]
async fn nothing_that_is_typed_breaks_the_search() {
    let d = desk().await;
    for typed in [
        "'",
        "''; drop table clinic.patient; --",
        "%",
        "_",
        "\\",
        "\\%",
        "a%",
        "\u{0}",
        "\u{202e}abc",
        "@",
        "a@'",
        "/",
        "4/5/",
        "+",
        "000000",
        "99999999999999999999999999",
        "é́́́́",
        "１２３",
        "\u{10ffff}",
        "null",
        "a b c d e f g h i j k l",
    ] {
        d.find(typed).await;
    }
    d.find(&"x".repeat(5000)).await;
    assert_eq!(d.names("hao").await, ["ZHANG Hao"]);
}

#[tokio::test]
async fn an_empty_box_shows_whom_one_looked_at_last() {
    let d = desk().await;
    assert!(d.names("").await.is_empty());
    for id in [d.clinic.linh, d.clinic.hao, d.clinic.linh] {
        d.mei.store.patient_profile(&d.mei.actor, id, true).await.unwrap();
    }
    assert_eq!(d.names("").await, ["NGUYEN Linh", "ZHANG Hao"]);
    let nina = people::signed_in(&d.db, "nina").await;
    let hers = nina.store.find_patients(&nina.actor, PatientQuery::default(), true).await.unwrap();
    assert!(hers.is_empty());
}

#[tokio::test]
async fn a_registered_patient_has_every_field_and_is_found_by_each_name() {
    let d = desk().await;
    let identity = Identity {
        family_name: "Okafor".into(),
        given_name: "Chidinma Grace".into(),
        preferred_name: "Didi".into(),
        second_script_name: "王小明".into(),
        sex: Sex::Female,
        birth_date: NaiveDate::from_ymd_opt(1988, 2, 29),
        national_number: "AB 12345".into(),
        medicare_number: "3123456789".into(),
        email: "didi@example.org".into(),
        phone: "02 9382 1111".into(),
        address: "5 High St".into(),
        language: "ig".into(),
        contact_name: "Okafor Emeka".into(),
        contact_relationship: "brother".into(),
        contact_phone: "0400 111 222".into(),
        blood_group: "AB-".into(),
    }
    .checked(d.clinic.today)
    .unwrap();
    let id = d.register(identity.clone()).await;
    let profile = d.mei.store.patient_profile(&d.mei.actor, id, true).await.unwrap();
    assert_eq!(profile.identity, identity);
    assert_eq!(profile.allergies, Allergies::NotAsked);
    assert!(!profile.incomplete && profile.record_number > 0);
    for typed in ["okaf", "grace", "didi", "王小明", "93821111"] {
        assert_eq!(d.names(typed).await, ["OKAFOR Chidinma Grace"], "{typed}");
    }
    let twin = Identity { medicare_number: "3123456789".into(), ..named("Other", "Somebody") };
    let refused = d
        .mei
        .store
        .register_patient(&d.mei.actor, RequestId::new(), PatientId::new(), twin)
        .await
        .unwrap_err();
    assert!(matches!(&refused, Error::Duplicate(why) if why.rule == "patient_medicare_key"), "{refused}");
}

#[tokio::test]
async fn registering_twice_under_one_request_registers_once() {
    let d = desk().await;
    let (request, id) = (RequestId::new(), PatientId::new());
    let first = d.mei.store.register_patient(&d.mei.actor, request, id, named("Twice", "Tom")).await.unwrap();
    let second =
        d.mei.store.register_patient(&d.mei.actor, request, id, named("Twice", "Tom")).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(d.names("twice").await.len(), 1);
}

#[tokio::test]
async fn look_alikes_are_shown_with_the_reason() {
    let d = desk().await;
    let like = |identity: Identity| d.mei.store.look_alikes(&d.mei.actor, identity, None);
    let born = NaiveDate::from_ymd_opt(1996, 5, 4);
    let found = like(Identity { birth_date: born, ..named("Blakc", "Jak") }).await.unwrap();
    assert_eq!(found[0].hit.id, d.clinic.jack);
    assert!(found[0].name && found[0].birth_date && !found[0].phone);
    let found = like(Identity { phone: "+61 412 345 678".into(), ..named("Black", "John") }).await.unwrap();
    assert!(found.iter().any(|l| l.hit.id == d.clinic.jack && l.phone));
    let found = like(named("Nguyen", "Lin")).await.unwrap();
    assert_eq!(found.first().map(|l| l.hit.id), Some(d.clinic.linh));
    assert!(like(named("Completely", "Different")).await.unwrap().is_empty());
    let myself = d
        .mei
        .store
        .look_alikes(
            &d.mei.actor,
            Identity { birth_date: born, ..named("Black", "Jack") },
            Some(d.clinic.jack),
        )
        .await
        .unwrap();
    assert!(myself.iter().all(|l| l.hit.id != d.clinic.jack));
}

#[tokio::test]
async fn a_change_carries_the_version_it_saw_and_renames_the_search() {
    let d = desk().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    let profile = store.patient_profile(actor, d.clinic.hao, false).await.unwrap();
    let mut changed = profile.identity.clone();
    changed.family_name = "Zheng".into();
    store
        .update_patient(actor, RequestId::new(), d.clinic.hao, profile.version, changed.clone())
        .await
        .unwrap();
    assert_eq!(d.names("zheng").await, ["ZHENG Hao"]);
    let late = store.update_patient(actor, RequestId::new(), d.clinic.hao, profile.version, changed).await;
    assert!(matches!(late, Err(Error::Stale { by, .. }) if by == "Mei Wong"));
}

#[tokio::test]
async fn alerts_stand_until_they_are_struck() {
    let d = desk().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    let id = Uuid::now_v7();
    store.add_alert(actor, RequestId::new(), id, d.clinic.jack, "Hard of hearing".into()).await.unwrap();
    let profile = store.patient_profile(actor, d.clinic.jack, false).await.unwrap();
    assert_eq!(profile.alerts[0].text, "Hard of hearing");
    assert_eq!(profile.alerts[0].by.to_string(), "WONG Mei");
    store.strike_alert(actor, RequestId::new(), id, d.clinic.jack, true).await.unwrap();
    assert!(store.patient_profile(actor, d.clinic.jack, false).await.unwrap().alerts.is_empty());
    let again = store.strike_alert(actor, RequestId::new(), id, d.clinic.jack, true).await;
    assert!(matches!(again, Err(Error::NotFound)));
    store.strike_alert(actor, RequestId::new(), id, d.clinic.jack, false).await.unwrap();
}

#[tokio::test]
async fn the_profile_tells_four_states_of_allergies_and_hides_them_from_administrators() {
    let d = desk().await;
    let mut c = people::writer(&d.db).await;
    sqlx::query(
        "insert into clinic.allergy (id, patient_id, substance, reaction, severity, author) values ($1, $2, '\\x0070656e', '\\x0072617368', 'severe', $3)",
    )
    .bind(Uuid::now_v7())
    .bind(d.clinic.jack.0)
    .bind(d.clinic.gp.account.0)
    .execute(&mut c)
    .await
    .unwrap();
    let mine = d.mei.store.patient_profile(&d.mei.actor, d.clinic.jack, false).await.unwrap();
    let Allergies::Listed(marks) = mine.allergies else { panic!("listed") };
    assert_eq!((marks[0].substance.as_str(), marks[0].reaction.as_str()), ("pen", "rash"));
    let root = people::signed_in(&d.db, "root").await;
    let theirs = root.store.patient_profile(&root.actor, d.clinic.jack, false).await.unwrap();
    assert_eq!(theirs.allergies, Allergies::Hidden);
}

#[tokio::test]
async fn a_profile_lists_coming_and_past_visits_and_todays_look_alikes() {
    let d = desk().await;
    let mut c = people::writer(&d.db).await;
    let gp = &d.clinic.gp;
    people::appointment(&mut c, &d.clinic, gp, d.clinic.jack, (10, 0), "booked").await;
    people::appointment(&mut c, &d.clinic, gp, d.clinic.jackie, (11, 0), "booked").await;
    let before = people::at(d.clinic.today, 10, 0) - Duration::days(30);
    people::appointment_on(&mut c, gp, d.clinic.jack, before, "completed", "cough").await;
    let profile = d.mei.store.patient_profile(&d.mei.actor, d.clinic.jack, true).await.unwrap();
    assert_eq!((profile.upcoming.len(), profile.past.len()), (1, 1));
    assert_eq!(profile.past[0].reason, "cough");
    assert_eq!(profile.look_alikes_today[0].id, d.clinic.jackie);
}

#[tokio::test]
async fn a_patients_own_account_finds_nobody() {
    let d = desk().await;
    let jack = people::signed_in(&d.db, "jack").await;
    let query = PatientQuery::parse("black", d.clinic.today);
    assert!(jack.store.find_patients(&jack.actor, query, false).await.unwrap().is_empty());
    let own = jack.store.look_alikes(&jack.actor, named("Black", "Jack"), None).await.unwrap();
    assert!(own.is_empty());
}

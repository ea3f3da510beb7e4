//! Who finds which visits, and what is said about those that are not shown.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic, at},
};
use chrono::Duration;
use praxis::{
    domain::ids::EncounterId,
    store::{Error, Found, RecordSearch, SignIn},
};

fn by_patient(name: &str) -> RecordSearch {
    RecordSearch { patient: Some(name.into()), ..RecordSearch::default() }
}

async fn search(who: &SignIn, search: RecordSearch) -> Result<Found, Error> {
    who.store.search_records(&who.actor, search, None).await
}

fn ids(found: &Found) -> Vec<EncounterId> {
    found.rows.iter().map(|r| r.encounter).collect()
}

/// Jack saw Anna at Randwick 10 days ago; Linh saw Gary at Ultimo 20 days ago and Anna 200 days ago.
async fn clinic(db: &Db) -> (Clinic, [EncounterId; 3]) {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    let mut made = vec![];
    for (with, patient, ago) in
        [(&clinic.gp, clinic.jack, 10), (&clinic.gp2, clinic.linh, 20), (&clinic.gp, clinic.linh, 200)]
    {
        let starts = at(clinic.today - Duration::days(ago), 10, 0);
        let a = people::appointment_on(&mut c, with, patient, starts, "completed", "cough").await;
        made.push(people::visit(&mut c, with, a, "signed").await);
    }
    (clinic, [made[0], made[1], made[2]])
}

#[tokio::test]
async fn a_stranger_finds_nothing_and_is_told_why() {
    let db = fresh_database();
    let (clinic, _) = clinic(&db).await;
    let sam = people::signed_in(&db, "sam").await;
    let found = search(&sam, by_patient("jack")).await.unwrap();
    assert!(found.rows.is_empty());
    let closed = found.closed.iter().find(|(p, ..)| *p == clinic.jack).unwrap();
    assert_eq!(closed.2.rule, "read_no_relationship");
    assert!(closed.2.instead.is_some());
    let all = search(
        &sam,
        RecordSearch { from: Some(clinic.today - Duration::days(400)), ..RecordSearch::default() },
    );
    assert!(all.await.unwrap().rows.is_empty());
    let page = sam.store.patient_visits(&sam.actor, clinic.jack, None, true).await.unwrap();
    assert!(page.rows.is_empty() && page.closed.is_some());
}

#[tokio::test]
async fn who_treats_a_patient_finds_the_visits_of_every_centre() {
    let db = fresh_database();
    let (clinic, [_, at_ultimo, long_ago]) = clinic(&db).await;
    let gary = people::signed_in(&db, "gary").await;
    let found = search(&gary, by_patient("nguyen linh")).await.unwrap();
    assert_eq!(ids(&found), [at_ultimo, long_ago], "newest first");
    assert!(found.closed.is_empty());
    let page = gary.store.patient_visits(&gary.actor, clinic.linh, None, true).await.unwrap();
    assert_eq!(page.rows.len(), 2);
    assert!(page.closed.is_none());
    let older = gary
        .store
        .patient_visits(&gary.actor, clinic.linh, Some(page.rows[0].cursor()), false)
        .await
        .unwrap();
    assert_eq!(older.rows, page.rows[1..]);
}

#[tokio::test]
async fn an_author_finds_their_own_visit_after_the_history_has_closed() {
    let db = fresh_database();
    let (clinic, [.., long_ago]) = clinic(&db).await;
    let anna = people::signed_in(&db, "anna").await;
    let found = search(&anna, by_patient("linh")).await.unwrap();
    assert_eq!(ids(&found), [long_ago], "her own, not Gary's");
    assert_eq!(found.closed[0].2.rule, "read_expired");
    let page = anna.store.patient_visits(&anna.actor, clinic.linh, None, true).await.unwrap();
    assert_eq!(page.rows.len(), 1);
    assert_eq!(page.closed.unwrap().rule, "read_expired");
}

#[tokio::test]
async fn only_cancelled_appointments_open_nothing() {
    let db = fresh_database();
    let (clinic, _) = clinic(&db).await;
    let mut c = people::writer(&db).await;
    people::appointment_on(
        &mut c,
        &clinic.physio,
        clinic.jack,
        at(clinic.tomorrow, 9, 0),
        "cancelled",
        "knee",
    )
    .await;
    let sam = people::signed_in(&db, "sam").await;
    let found = search(&sam, by_patient("jack black")).await.unwrap();
    assert!(found.rows.is_empty());
    assert_eq!(found.closed[0].2.rule, "read_only_cancelled");
}

#[tokio::test]
async fn staff_search_by_date_alone_and_by_provider_and_centre() {
    let db = fresh_database();
    let (clinic, [of_jack, at_ultimo, long_ago]) = clinic(&db).await;
    let gary = people::signed_in(&db, "gary").await;
    let day = clinic.today - Duration::days(20);
    let on = RecordSearch { from: Some(day), to: Some(day), ..RecordSearch::default() };
    assert_eq!(ids(&search(&gary, on).await.unwrap()), [at_ultimo]);
    let with = RecordSearch { provider: Some("smith a".into()), ..RecordSearch::default() };
    assert_eq!(ids(&search(&gary, with).await.unwrap()), [long_ago]);
    let anna = people::signed_in(&db, "anna").await;
    let there = RecordSearch { centre: Some("rand".into()), ..RecordSearch::default() };
    assert_eq!(ids(&search(&anna, there).await.unwrap()), [of_jack, long_ago]);
    let nowhere = RecordSearch { centre: Some("%".into()), ..RecordSearch::default() };
    assert!(search(&anna, nowhere).await.is_ok());
}

#[tokio::test]
async fn a_patient_does_not_search_by_date_alone_and_sees_only_their_own() {
    let db = fresh_database();
    let (clinic, [of_jack, ..]) = clinic(&db).await;
    let jack = people::signed_in(&db, "jack").await;
    let since = RecordSearch { from: Some(clinic.today - Duration::days(400)), ..RecordSearch::default() };
    match search(&jack, since).await {
        Err(Error::Refused(why)) => {
            assert_eq!(why.rule, "date_alone_not_for_patients");
            assert!(why.instead.is_some());
        }
        other => panic!("{other:?}"),
    }
    let with = RecordSearch { provider: Some("smith".into()), ..RecordSearch::default() };
    assert_eq!(ids(&search(&jack, with).await.unwrap()), [of_jack]);
    let other = RecordSearch { provider: Some("busey".into()), ..RecordSearch::default() };
    assert!(search(&jack, other).await.unwrap().rows.is_empty());
    let mine = jack.store.patient_visits(&jack.actor, clinic.jack, None, true).await.unwrap();
    assert_eq!(mine.rows.len(), 1);
    let strange = jack.store.patient_visits(&jack.actor, clinic.linh, None, true).await;
    assert!(matches!(strange, Err(Error::NotFound)));
}

#[tokio::test]
async fn roles_that_read_no_records_are_told_so_and_it_is_logged() {
    let db = fresh_database();
    let (_, _) = clinic(&db).await;
    let mut c = people::writer(&db).await;
    for login in ["mei", "root", "audrey"] {
        let who = people::signed_in(&db, login).await;
        match search(&who, by_patient("jack")).await {
            Err(Error::Refused(why)) => assert_eq!(why.rule, "records_not_for_role"),
            other => panic!("{login}: {other:?}"),
        }
        let told = people::count(
            &mut c,
            "select count(*) from audit.event where action = 'records.search' and outcome = 'refused' and account_id = $1",
            who.actor.account.0,
        );
        assert_eq!(told.await, 1, "{login}");
    }
}

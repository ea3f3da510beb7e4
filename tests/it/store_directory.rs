//! Centres and providers as everybody sees them, and the first screens of those who treat nobody.
use crate::support::{
    cluster::fresh_database,
    people::{self, at},
};
use praxis::store::Error;

#[tokio::test]
async fn a_provider_is_shown_with_the_first_slot_that_nobody_has() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 0), "booked").await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (9, 30), "arrived").await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.hao, (10, 0), "cancelled").await;
    for login in ["mei", "jack", "anna"] {
        let who = people::signed_in(&db, login).await;
        let page = who.store.provider_page(&who.actor, clinic.gp.provider()).await.unwrap();
        let next = page.provider.next_free.unwrap();
        assert_eq!(
            next.starts_at,
            at(clinic.today, 10, 0),
            "{login}: the same for a patient, who sees no others' bookings"
        );
        assert_eq!(next.centre, clinic.randwick);
        assert_eq!(page.provider.centres, [(clinic.randwick, "Randwick Medical Centre".to_owned())]);
    }
}

#[tokio::test]
async fn the_directory_lists_who_works_where() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mei = people::signed_in(&db, "mei").await;
    let providers = mei.store.providers(&mei.actor).await.unwrap();
    let names: Vec<String> = providers.iter().map(|p| p.name.to_string()).collect();
    assert_eq!(names[0], "BUSEY Gary");
    let liam = providers.iter().find(|p| p.id == clinic.specialist.provider()).unwrap();
    assert_eq!(liam.specialties, ["Cardiology"]);
    let centres = mei.store.centres(&mei.actor).await.unwrap();
    assert_eq!(centres.len(), 3);
    let page = mei.store.centre_page(&mei.actor, clinic.ultimo).await.unwrap();
    assert_eq!(page.providers.len(), 1);
    assert_eq!(page.centre.providers, 1);
    let gone = mei.store.centre_page(&mei.actor, praxis::domain::ids::CentreId::new()).await;
    assert!(matches!(gone, Err(Error::NotFound)));
}

#[tokio::test]
async fn the_overview_has_numbers_for_administrators_and_the_log_for_auditors() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 0), "booked").await;
    let root = people::signed_in(&db, "root").await;
    let seen = root.store.overview(&root.actor).await.unwrap();
    let totals = seen.totals.unwrap();
    assert_eq!((totals.patients, totals.providers, totals.centres), (5, 6, 3));
    assert_eq!(totals.appointments_today, 1);
    assert!(seen.log.iter().any(|l| l.login == "root" && l.action == "sign-in.open"));
    let audrey = people::signed_in(&db, "audrey").await;
    let log = audrey.store.overview(&audrey.actor).await.unwrap();
    assert!(log.totals.is_none() && log.pending.is_empty() && !log.log.is_empty());
    assert!(log.log.len() <= 10);
    let sam = people::signed_in(&db, "sam").await;
    assert!(sam.store.overview(&sam.actor).await.unwrap().log.is_empty(), "nobody else sees the log");
}

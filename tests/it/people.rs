//! The clinic the tests share: everybody in it can sign in, and the server knows who they are.
use crate::support::{cluster::fresh_database, people};

#[tokio::test]
async fn everybody_of_the_test_clinic_can_sign_in() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    for who in [clinic.reception, clinic.nurse, clinic.gp, clinic.specialist, clinic.lab, clinic.jack_account]
    {
        let signed_in = people::signed_in(&db, who.login).await;
        assert_eq!(signed_in.actor.account, who.account);
        assert_eq!(signed_in.actor.provider, who.provider);
        if who.login != "jack" {
            assert_eq!(signed_in.actor.workplace.as_ref().unwrap().centre, clinic.randwick);
        }
    }
}

#[tokio::test]
async fn the_board_of_the_test_clinic_shows_its_appointments() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 30), "arrived").await;
    let done = people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (8, 0), "completed").await;
    people::visit(&mut c, &clinic.gp, done, "signed").await;
    people::referral(&mut c, &clinic, clinic.hao).await;
    let mei = people::signed_in(&db, "mei").await;
    let rows = mei.store.board(&mei.actor, clinic.randwick, clinic.today, true).await.unwrap().rows;
    let names: Vec<_> = rows.iter().map(|r| r.patient_name.to_string()).collect();
    assert_eq!(names, ["NGUYEN Linh", "BLACK Jack"]);
    assert_eq!(rows[1].reason, "blood test");
}

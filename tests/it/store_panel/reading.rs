//! Who reads a record, what authors keep, and what a signed visit still takes.
use super::*;

/// Who asks, what was before, and the rule that answers; none: it is open.
async fn reads(r: &Room, login: &str, patient: PatientId, encounter: EncounterId) -> Option<String> {
    let who = people::signed_in(&r.db, login).await;
    let record = who.store.record(&who.actor, encounter, true).await;
    let history = who.store.patient_visits(&who.actor, patient, None, true).await;
    match record {
        Ok(record) => {
            assert_eq!(record.visit.id, encounter);
            assert!(!history.unwrap().rows.is_empty());
            None
        }
        Err(e) => {
            let told = rule::<Record>(Err(e));
            let page = history;
            assert!(page.is_err() || page.is_ok_and(|p| p.closed.is_some() || p.rows.is_empty()));
            Some(told)
        }
    }
}

#[tokio::test]
async fn a_record_is_open_to_who_is_related_and_closed_to_others_with_the_reason() {
    let r = room().await;
    let mut c = people::writer(&r.db).await;
    let (jack, visit) = (r.clinic.jack, r.visit.encounter);
    assert_eq!(reads(&r, "anna", jack, visit).await, None);
    assert_eq!(reads(&r, "jack", jack, visit).await.unwrap(), "record_unknown", "it is not signed");
    let earlier = at(r.clinic.today - Duration::days(3), 9, 0);
    let a = people::appointment_on(&mut c, &r.clinic.gp, jack, earlier, "completed", "x").await;
    let signed = people::visit(&mut c, &r.clinic.gp, a, "signed").await;
    assert_eq!(reads(&r, "jack", jack, signed).await, None);
    assert_eq!(reads(&r, "gary", jack, visit).await.unwrap(), "record_no_relationship");
    assert_eq!(reads(&r, "mei", jack, visit).await.unwrap(), "record_role");
    assert_eq!(reads(&r, "root", jack, visit).await.unwrap(), "record_role");
    assert_eq!(reads(&r, "nina", jack, visit).await, None, "the patient is there, at her centre");

    people::appointment(&mut c, &r.clinic, &r.clinic.gp2, jack, (14, 0), "cancelled").await;
    assert_eq!(reads(&r, "gary", jack, visit).await.unwrap(), "record_only_cancelled");
    let long_ago = at(r.clinic.today - Duration::days(200), 9, 0);
    people::appointment_on(&mut c, &r.clinic.gp2, jack, long_ago, "completed", "x").await;
    assert_eq!(reads(&r, "gary", jack, visit).await.unwrap(), "record_expired");
    people::appointment(&mut c, &r.clinic, &r.clinic.gp2, jack, (15, 0), "booked").await;
    assert_eq!(reads(&r, "gary", jack, visit).await, None);

    let who = people::signed_in(&r.db, "gary").await;
    let none = who.store.record(&who.actor, EncounterId::new(), true).await;
    assert_eq!(rule(none), "record_unknown");
    let refused = "select count(*) from audit.event where outcome = 'refused' and action = 'record.open' and patient_id = $1";
    assert_eq!(people::count(&mut c, refused, jack).await, 6, "each refusal is logged");
}

#[tokio::test]
async fn an_author_keeps_their_own_when_the_relationship_has_expired_and_under_the_strict_policy() {
    let r = room().await;
    let mut c = people::writer(&r.db).await;
    let jack = r.clinic.jack;
    let long_ago = at(r.clinic.today - Duration::days(200), 9, 0);
    let a = people::appointment_on(&mut c, &r.clinic.gp2, jack, long_ago, "completed", "old cough").await;
    let own = people::visit(&mut c, &r.clinic.gp2, a, "signed").await;
    let gary = people::signed_in(&r.db, "gary").await;
    let record = gary.store.record(&gary.actor, own, true).await.unwrap();
    assert!(!record.whole && record.visit.chief_complaint == "old cough");
    assert!(record_text(&record).contains("closed to you"));
    let page = gary.store.patient_visits(&gary.actor, jack, None, true).await.unwrap();
    assert!(page.closed.is_some() && page.rows.len() == 1);
    assert_eq!(rule(gary.store.record(&gary.actor, r.visit.encounter, true).await), "record_expired");

    sqlx::query("update clinic.setting set value = 'strict' where key = 'history_policy'")
        .execute(&mut c)
        .await
        .unwrap();
    assert_eq!(rule(gary.store.record(&gary.actor, r.visit.encounter, true).await), "record_strict");
    assert!(gary.store.record(&gary.actor, own, true).await.is_ok());
    assert_eq!(reads(&r, "nina", jack, r.visit.encounter).await.unwrap(), "record_strict");
}

#[tokio::test]
async fn a_signed_visit_takes_an_addendum_and_a_mark_and_nothing_else() {
    let r = room().await;
    let (store, actor, visit) = (&r.anna.store, &r.anna.actor, r.visit);
    let d = r.diagnose("cold").await;
    let seen = store.visit(actor, visit.encounter, false).await.unwrap().version;
    store.sign_visit(actor, RequestId::new(), visit.encounter, seen).await.unwrap();
    let flu = parse_diagnosis("flu", false).unwrap();
    assert_eq!(rule(store.add_diagnosis(actor, RequestId::new(), visit, flu).await), "signed_is_signed");
    let note = NewNote { title: "wrong side".into(), body: "It was the left ear.".into(), system: None };
    store.add_addendum(actor, RequestId::new(), visit.encounter, note, None).await.unwrap();
    let row = VisitRow::Diagnosis(d);
    store.strike_row(actor, RequestId::new(), visit.patient, row).await.unwrap();
    let text = record_text(&r.record().await);
    for shown in [
        "signed by SMITH Anna",
        "Addendum: wrong side",
        "It was the left ear.",
        "ENTERED IN ERROR by SMITH Anna",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

//! What concerns each: read from the tables by one's own rights, with own read marks, and counted on the second line.
use crate::support::{
    cluster::fresh_database,
    people::{self, Clinic},
};
use praxis::{
    domain::{
        access::NewAccessRequest,
        ids::{AccessRequestId, MessageId, RequestId},
        message::{Letter, MessageKind, Note},
        notice::NoticeKind as K,
        record::VisitRef,
        service_request::parse_tests,
    },
    store::SignIn,
    ui::{screens::inbox::Inbox, testing::Stage},
};

async fn kinds(who: &SignIn) -> Vec<(K, bool)> {
    let all = who.store.notices(&who.actor, false).await.unwrap();
    all.iter().map(|n| (n.kind, n.new)).collect()
}

fn note(clinic: &Clinic, subject: &str, due: bool) -> Note {
    Note {
        to: clinic.gp.account,
        about: None,
        answer_to: None,
        letter: Letter { subject: subject.into(), body: "words".into() },
        due_on: due.then_some(clinic.today),
    }
}

#[tokio::test]
async fn a_doctor_is_told_of_messages_tasks_results_and_visits_that_are_not_signed() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let (anna, mei) = (people::signed_in(&db, "anna").await, people::signed_in(&db, "mei").await);
    assert!(kinds(&anna).await.is_empty());
    for (subject, due) in [("call back", false), ("sign the form", true)] {
        let (id, kind) = (MessageId::new(), MessageKind::Staff);
        mei.store
            .send_message(&mei.actor, RequestId::new(), id, kind, note(&clinic, subject, due))
            .await
            .unwrap();
    }
    assert_eq!(kinds(&anna).await, [(K::Task, true), (K::Message, true)], "what is due comes first");
    assert!(kinds(&mei).await.is_empty(), "one's own words concern others");

    let mut w = people::writer(&db).await;
    let a = people::appointment(&mut w, &clinic, &clinic.gp, clinic.jack, (9, 0), "in_progress").await;
    let visit = people::visit(&mut w, &clinic.gp, a, "open").await;
    let tests = parse_tests("crp").unwrap();
    let of = VisitRef { encounter: visit, patient: clinic.jack };
    let orders = anna.store.order_tests(&anna.actor, RequestId::new(), of, tests).await.unwrap();
    assert!(!kinds(&anna).await.iter().any(|k| k.0 == K::Result), "no result yet");
    sqlx::query(
        "insert into clinic.result (id, service_request_id, patient_id, value, measured_at, author)
         values (gen_random_uuid(), $1, $2, '\\x00', clinic.now(), (select id from clinic.account where login = 'nina'))",
    )
    .bind(orders[0].0)
    .bind(clinic.jack.0)
    .execute(&mut w)
    .await
    .unwrap();
    let all = anna.store.notices(&anna.actor, false).await.unwrap();
    let result = all.iter().find(|n| n.kind == K::Result).expect("the result");
    assert_eq!((result.who.to_string().as_str(), result.visit), ("BLACK Jack", Some(visit)));
    sqlx::raw_sql(
        "set session_replication_role = 'replica'; update clinic.encounter set day = day - 1; set session_replication_role = 'origin'",
    )
    .execute(&mut w)
    .await
    .unwrap();
    assert!(kinds(&anna).await.contains(&(K::Unsigned, true)));

    // Read marks are one's own; work stays until it is done.
    let of: Vec<_> = all.iter().map(|n| (n.kind, n.id)).collect();
    anna.store.mark_notices(&anna.actor, RequestId::new(), of.clone(), true).await.unwrap();
    let now = kinds(&anna).await;
    assert!(now.contains(&(K::Result, false)) && now.contains(&(K::Message, false)), "{now:?}");
    anna.store.mark_notices(&anna.actor, RequestId::new(), of, false).await.unwrap();
    assert!(kinds(&anna).await.contains(&(K::Result, true)));
    let acknowledged = anna
        .store
        .acknowledge_results(
            &anna.actor,
            RequestId::new(),
            VisitRef { encounter: visit, patient: clinic.jack },
            orders[0],
        )
        .await
        .unwrap();
    assert_eq!(acknowledged, 1);
    assert!(!kinds(&anna).await.iter().any(|k| k.0 == K::Result), "done is done");
}

#[tokio::test]
async fn a_request_for_access_concerns_the_patient_and_administrators_and_its_answer_the_asker() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let gary = people::signed_in(&db, "gary").await;
    let new = NewAccessRequest {
        id: AccessRequestId::new(),
        patient: clinic.jack,
        reason: "he came with a letter".into(),
        days: 10,
    };
    let id = new.id;
    gary.store.ask_access(&gary.actor, RequestId::new(), new).await.unwrap();
    let (jack, root) = (people::signed_in(&db, "jack").await, people::signed_in(&db, "root").await);
    let anna = people::signed_in(&db, "anna").await;
    assert!(kinds(&jack).await.contains(&(K::AccessAsked, true)));
    assert!(kinds(&root).await.contains(&(K::AccessAsked, true)));
    assert!(!kinds(&anna).await.iter().any(|k| k.0 == K::AccessAsked), "nobody else's business");
    let step = praxis::domain::access::AccessStep::Refuse("not needed".into());
    jack.store.decide_access(&jack.actor, RequestId::new(), id, clinic.jack, 1, step).await.unwrap();
    assert!(!kinds(&jack).await.iter().any(|k| k.0 == K::AccessAsked));
    let told = gary.store.notices(&gary.actor, false).await.unwrap();
    assert_eq!(told.iter().map(|n| n.kind).collect::<Vec<_>>(), [K::AccessRefused]);
    let of = vec![(told[0].kind, told[0].id)];
    gary.store.mark_notices(&gary.actor, RequestId::new(), of, true).await.unwrap();
    assert!(kinds(&gary).await.is_empty(), "news is gone once it was read");
}

#[tokio::test]
async fn another_administrators_proposal_to_erase_waits_for_the_second() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut w = people::writer(&db).await;
    sqlx::query(
        "insert into clinic.erasure (id, patient_id, proposed_by) values (gen_random_uuid(), $1, $2)",
    )
    .bind(clinic.jack.0)
    .bind(clinic.gp.account.0)
    .execute(&mut w)
    .await
    .unwrap();
    let root = people::signed_in(&db, "root").await;
    let told = root.store.notices(&root.actor, false).await.unwrap();
    assert_eq!((told[0].kind, told[0].patient), (K::Erasure, Some(clinic.jack)));
    let anna = people::signed_in(&db, "anna").await;
    assert!(kinds(&anna).await.is_empty());
}

#[tokio::test]
async fn what_is_new_is_counted_on_the_second_line_and_told_once() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let (anna, mei) = (people::signed_in(&db, "anna").await, people::signed_in(&db, "mei").await);
    let mut s = Stage::live(Inbox::default(), anna.actor.clone(), anna.store.clone());
    assert!(s.until("Nothing waits for you.").await, "{}", s.text());
    s.changed(&praxis::store::Change::Everything);
    assert!(s.until_idle().await);
    let (id, kind) = (MessageId::new(), MessageKind::Staff);
    mei.store
        .send_message(&mei.actor, RequestId::new(), id, kind, note(&clinic, "call", true))
        .await
        .unwrap();
    s.changed(&praxis::store::Change::Everything);
    assert!(s.until("Inbox 1").await, "{}", s.text());
    assert!(s.until("For you: task. g m shows it.").await, "{}", s.text());
}

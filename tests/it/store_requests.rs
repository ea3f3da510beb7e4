//! Requests to read a history and connections: who asks, who decides, when it ends, and what nobody gives themselves.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, Clinic},
};
use chrono::Duration;
use praxis::{
    domain::{
        access::{
            AccessRequest, AccessState, AccessStep, Connection, ConnectionStep, NewAccessRequest, Side,
        },
        ids::{AccessRequestId, PatientId, RequestId},
    },
    store::{Error, SignIn},
};
use sqlx::Executor as _;

/// The rule that refused, or `ok`.
pub fn rule<T>(outcome: Result<T, Error>) -> String {
    match outcome {
        Ok(_) => "ok".into(),
        Err(Error::Refused(why) | Error::Duplicate(why)) => why.rule,
        Err(Error::Stale { .. }) => "stale".into(),
        Err(e) => format!("{e:?}"),
    }
}

/// A clinic in which Gary has signed a visit with Jack, whom Anna does not treat.
pub async fn closed_to_anna(db: &Db) -> Clinic {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    let yesterday = people::at(clinic.today, 9, 0) - Duration::days(1);
    let visit =
        people::appointment_on(&mut c, &clinic.gp2, clinic.jack, yesterday, "completed", "cough").await;
    people::visit(&mut c, &clinic.gp2, visit, "signed").await;
    clinic
}

/// How many visits of the patient this person reads.
pub async fn reads(s: &SignIn, patient: PatientId) -> usize {
    s.store.patient_visits(&s.actor, patient, None, false).await.expect("a page").rows.len()
}

async fn ask(s: &SignIn, patient: PatientId, days: u32) -> Result<AccessRequestId, Error> {
    let new = NewAccessRequest { id: AccessRequestId::new(), patient, reason: "second opinion".into(), days };
    let id = new.id;
    s.store.ask_access(&s.actor, RequestId::new(), new).await.map(|()| id)
}

async fn seen(s: &SignIn, id: AccessRequestId) -> AccessRequest {
    let all = s.store.access_requests(&s.actor, false).await.expect("requests");
    all.into_iter().find(|r| r.id == id).expect("the request is seen")
}

async fn decide(s: &SignIn, id: AccessRequestId, step: AccessStep) -> String {
    let all = s.store.access_requests(&s.actor, false).await.expect("requests");
    let (patient, version) =
        all.iter().find(|r| r.id == id).map_or((PatientId::new(), 1), |r| (r.patient, r.version));
    rule(s.store.decide_access(&s.actor, RequestId::new(), id, patient, version, step).await)
}

async fn set(db: &Db, what: &'static str) {
    db.superuser().await.execute(what).await.expect(what);
}

#[test]
fn what_the_patient_grants_opens_the_history_until_its_end_and_not_a_moment_longer() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let (anna, jack) = (people::signed_in(&db, "anna").await, people::signed_in(&db, "jack").await);
        assert_eq!(reads(&anna, clinic.jack).await, 0);
        let id = ask(&anna, clinic.jack, 7).await.unwrap();
        assert_eq!(seen(&anna, id).await.state, AccessState::Asked);
        assert_eq!(rule(ask(&anna, clinic.jack, 7).await), "access_request_open_key");

        let asked = seen(&jack, id).await;
        assert!(asked.about_me && !asked.mine);
        assert_eq!((asked.reason.as_str(), asked.days), ("second opinion", 7));
        assert_eq!(jack.store.own_home(&jack.actor, false).await.unwrap().work.requests, 1);
        assert_eq!(decide(&jack, id, AccessStep::Grant(7)).await, "ok");
        assert_eq!(reads(&anna, clinic.jack).await, 1);
        assert_eq!(seen(&anna, id).await.state, AccessState::Granted);
        assert_eq!(rule(ask(&anna, clinic.jack, 7).await), "access_is_there");

        let mut c = db.superuser().await;
        people::set_now(&mut c, people::at(clinic.today, 9, 0) + Duration::days(7) + Duration::minutes(1))
            .await;
        assert_eq!(reads(&anna, clinic.jack).await, 0);
        assert_eq!(seen(&anna, id).await.state, AccessState::Over);
        assert_eq!(decide(&jack, id, AccessStep::End).await, "access_is_over");
        assert!(ask(&anna, clinic.jack, 1).await.is_ok(), "it is asked for again");
    });
}

#[test]
fn a_grant_is_ended_by_the_patient_or_an_administrator_and_by_nobody_else() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let jack = people::signed_in(&db, "jack").await;
        let root = people::signed_in(&db, "root").await;
        for who in [&jack, &root] {
            let id = ask(&anna, clinic.jack, 30).await.unwrap();
            assert_eq!(decide(&root, id, AccessStep::Grant(30)).await, "ok");
            assert_eq!(reads(&anna, clinic.jack).await, 1);
            let gary = people::signed_in(&db, "gary").await;
            assert_eq!(decide(&gary, id, AccessStep::End).await, "row_of_another_patient");
            assert_eq!(decide(&anna, id, AccessStep::End).await, "not_permitted");
            assert_eq!(decide(who, id, AccessStep::End).await, "ok");
            assert_eq!(reads(&anna, clinic.jack).await, 0);
            assert_eq!(decide(who, id, AccessStep::End).await, "access_edge");
        }
    });
}

#[test]
fn only_the_patient_and_administrators_decide_and_never_about_their_own_asking() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let id = ask(&anna, clinic.jack, 30).await.unwrap();
        assert_eq!(decide(&anna, id, AccessStep::Grant(30)).await, "access_not_to_oneself");
        for login in ["gary", "mei", "audrey", "nina"] {
            let s = people::signed_in(&db, login).await;
            assert!(s.store.access_requests(&s.actor, false).await.unwrap().is_empty(), "{login} sees it");
            assert_eq!(decide(&s, id, AccessStep::Grant(30)).await, "row_of_another_patient", "{login}");
        }
        // A provider who became an administrator since they asked is still who asked.
        set(&db, "set session_replication_role = 'replica'; update clinic.account set role = 'administrator' where login = 'anna'").await;
        let promoted = people::signed_in(&db, "anna").await;
        assert_eq!(decide(&promoted, id, AccessStep::Grant(30)).await, "access_not_to_oneself");
        let root = people::signed_in(&db, "root").await;
        for (days, outcome) in [(0, "access_at_most_a_year"), (367, "access_at_most_a_year"), (365, "ok")] {
            assert_eq!(decide(&root, id, AccessStep::Grant(days)).await, outcome, "{days}");
        }
        assert_eq!(decide(&root, id, AccessStep::Refuse("late".into())).await, "access_edge");
    });
}

#[test]
fn who_reads_already_who_reads_no_records_and_the_patient_ask_nothing() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        for (login, outcome) in [
            ("gary", "access_is_there"),
            ("mei", "not_permitted"),
            ("root", "not_permitted"),
            ("audrey", "not_permitted"),
            ("lab", "not_permitted"),
            ("jack", "not_permitted"),
            ("nina", "not_permitted"),
            ("liam", "ok"),
        ] {
            let s = people::signed_in(&db, login).await;
            assert_eq!(rule(ask(&s, clinic.jack, 1).await), outcome, "{login}");
        }
        // Somebody who treats patients and is one: never for their own record.
        let mut c = db.superuser().await;
        sqlx::query("update clinic.patient set account_id = $1 where id = $2")
            .bind(clinic.gp.account.0)
            .bind(clinic.hao.0)
            .execute(&mut c)
            .await
            .unwrap();
        let anna = people::signed_in(&db, "anna").await;
        assert_eq!(rule(ask(&anna, clinic.hao, 1).await), "access_not_to_oneself");
    });
}

#[test]
fn a_refusal_tells_why_and_a_request_is_withdrawn_by_who_asked() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let (anna, jack) = (people::signed_in(&db, "anna").await, people::signed_in(&db, "jack").await);
        let id = ask(&anna, clinic.jack, 30).await.unwrap();
        assert_eq!(decide(&jack, id, AccessStep::Withdraw).await, "access_only_asker");
        assert_eq!(decide(&jack, id, AccessStep::Refuse("I do not know you".into())).await, "ok");
        let refused = seen(&anna, id).await;
        assert_eq!((refused.state, refused.note.as_str()), (AccessState::Refused, "I do not know you"));
        assert_eq!(reads(&anna, clinic.jack).await, 0);
        assert_eq!(decide(&jack, id, AccessStep::Grant(1)).await, "access_edge");

        let again = ask(&anna, clinic.jack, 30).await.unwrap();
        assert_eq!(decide(&anna, again, AccessStep::Withdraw).await, "ok");
        assert_eq!(decide(&jack, again, AccessStep::Grant(1)).await, "access_edge");
    });
}

#[test]
fn of_two_who_decide_at_once_the_second_is_told_that_the_first_was_faster() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let (jack, root) = (people::signed_in(&db, "jack").await, people::signed_in(&db, "root").await);
        let id = ask(&anna, clinic.jack, 30).await.unwrap();
        let refuse = AccessStep::Refuse("no".into());
        let one =
            jack.store.decide_access(&jack.actor, RequestId::new(), id, clinic.jack, 1, AccessStep::Grant(1));
        let two = root.store.decide_access(&root.actor, RequestId::new(), id, clinic.jack, 1, refuse);
        let (one, two) = tokio::join!(one, two);
        let mut outcomes = [rule(one), rule(two)];
        outcomes.sort();
        assert_eq!(outcomes, ["ok", "stale"]);
    });
}

#[test]
fn under_the_strict_policy_only_the_patient_grants_and_an_administrators_grant_counts_no_more() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let (jack, root) = (people::signed_in(&db, "jack").await, people::signed_in(&db, "root").await);
        let by_root = ask(&anna, clinic.jack, 30).await.unwrap();
        assert_eq!(decide(&root, by_root, AccessStep::Grant(30)).await, "ok");
        assert_eq!(reads(&anna, clinic.jack).await, 1);
        set(&db, "update clinic.setting set value = 'strict' where key = 'history_policy'").await;
        assert_eq!(reads(&anna, clinic.jack).await, 0);
        let by_jack = ask(&anna, clinic.jack, 30).await.unwrap();
        assert_eq!(decide(&root, by_jack, AccessStep::Grant(30)).await, "access_patient_only");
        assert_eq!(decide(&jack, by_jack, AccessStep::Grant(30)).await, "ok");
        assert_eq!(reads(&anna, clinic.jack).await, 1);
    });
}

async fn connection(s: &SignIn) -> Connection {
    s.store.connections(&s.actor, false).await.unwrap().into_iter().next().expect("a connection")
}

async fn answer(s: &SignIn, step: ConnectionStep) -> String {
    let of = connection(s).await;
    rule(s.store.answer_connection(&s.actor, RequestId::new(), &of, step).await)
}

#[test]
fn a_connection_is_accepted_by_the_side_that_did_not_ask_and_ended_by_either() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let (anna, jack) = (people::signed_in(&db, "anna").await, people::signed_in(&db, "jack").await);
        let connect = async |s: &SignIn| {
            rule(s.store.ask_connection(&s.actor, RequestId::new(), clinic.jack, clinic.gp.provider()).await)
        };
        assert_eq!(connect(&jack).await, "ok");
        assert_eq!(connect(&jack).await, "connection_edge");
        assert_eq!(answer(&jack, ConnectionStep::Accept).await, "connection_other_side");
        assert_eq!(reads(&anna, clinic.jack).await, 0);
        assert!(connection(&anna).await.waits_for_me());
        assert_eq!(connection(&anna).await.mine, Side::Provider);
        assert_eq!(anna.store.provider_home(&anna.actor, false).await.unwrap().connections, 1);
        assert_eq!(answer(&anna, ConnectionStep::Accept).await, "ok");
        assert_eq!(reads(&anna, clinic.jack).await, 1);
        assert_eq!(answer(&jack, ConnectionStep::End).await, "ok");
        assert_eq!(reads(&anna, clinic.jack).await, 0);

        // Asked again from the other side, and rejected: whoever was told no does not ask again.
        assert_eq!(connect(&anna).await, "ok");
        assert_eq!(answer(&anna, ConnectionStep::Reject).await, "connection_other_side");
        assert_eq!(answer(&jack, ConnectionStep::Reject).await, "ok");
        assert_eq!(connect(&anna).await, "connection_declined");
        assert_eq!(connect(&jack).await, "ok");
    });
}

#[test]
fn nobody_connects_others_or_themselves() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        for login in ["mei", "root", "gary", "nina"] {
            let s = people::signed_in(&db, login).await;
            let asked =
                s.store.ask_connection(&s.actor, RequestId::new(), clinic.jack, clinic.gp.provider()).await;
            assert_eq!(rule(asked), "not_permitted", "{login}");
        }
        let jack = people::signed_in(&db, "jack").await;
        let other =
            jack.store.ask_connection(&jack.actor, RequestId::new(), clinic.hao, clinic.gp.provider()).await;
        assert_eq!(rule(other), "not_permitted");
        let mut c = db.superuser().await;
        sqlx::query("update clinic.patient set account_id = $1 where id = $2")
            .bind(clinic.gp.account.0)
            .bind(clinic.hao.0)
            .execute(&mut c)
            .await
            .unwrap();
        let anna = people::signed_in(&db, "anna").await;
        let own =
            anna.store.ask_connection(&anna.actor, RequestId::new(), clinic.hao, clinic.gp.provider()).await;
        assert_eq!(rule(own), "nobody_with_themselves");
    });
}

#[test]
fn a_patient_sees_what_is_signed_and_stands_and_nothing_of_others() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let mut c = people::writer(&db).await;
        let open = people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (8, 0), "in_progress").await;
        let unsigned = people::visit(&mut c, &clinic.gp, open, "open").await;
        let others = people::appointment(&mut c, &clinic, &clinic.gp, clinic.hao, (8, 30), "completed").await;
        people::visit(&mut c, &clinic.gp, others, "signed").await;
        sqlx::query("insert into clinic.allergy (id, patient_id, substance, severity, status, author, created_at, struck_at)
                     select gen_random_uuid(), $1, '\\x00', 'mild', 'active', $2, clinic.now(), s from (values (null), (clinic.now())) x(s)")
        .bind(clinic.jack.0)
        .bind(clinic.gp2.account.0)
        .execute(&mut c)
        .await
        .unwrap();
        let jack = people::signed_in(&db, "jack").await;
        let home = jack.store.own_home(&jack.actor, true).await.unwrap();
        assert_eq!(home.visits.len(), 1);
        assert!(home.visits.iter().all(|v| v.state == "signed" && v.patient == clinic.jack));
        assert!(jack.store.record(&jack.actor, unsigned, true).await.is_err());
        assert!(jack.store.record(&jack.actor, home.visits[0].encounter, true).await.is_ok());
        let mut raw = people::raw(&db, "jack").await;
        for (query, rows) in [
            ("select count(*) from clinic.encounter", 1),
            ("select count(*) from clinic.allergy", 1),
            ("select count(*) from clinic.patient", 1),
            ("select count(*) from clinic.patient_alert", 0),
            ("select count(*) from clinic.appointment where patient_id <> (select auth.own_patient())", 0),
        ] {
            let found: i64 = sqlx::query_scalar(query).fetch_one(&mut raw).await.unwrap();
            assert_eq!(found, rows, "{query}");
        }
    });
}

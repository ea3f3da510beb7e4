//! The log takes what somebody did and nothing else; what is written without it is not kept; nobody plants a key.
use super::block_on;
use crate::support::{
    cluster::{Db, fresh_database},
    people, speaker,
};
use sqlx::{Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

async fn ready() -> (Db, people::Clinic) {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    (db, clinic)
}

/// The rule or code that refuses these statements in one transaction, and `done` when it is kept.
async fn outcome(c: &mut PgConnection, statements: &str) -> String {
    let text = format!("begin; {statements}; commit");
    match c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(text))).await {
        Ok(_) => "done".into(),
        Err(e) => {
            let e = e.into_database_error().expect("an answer");
            let said =
                e.constraint().map_or_else(|| e.code().unwrap_or_default().into_owned(), str::to_owned);
            c.execute("rollback").await.expect("a rollback");
            said
        }
    }
}

fn tell(action: &str, entity: &str, id: Uuid, outcome: &str) -> String {
    format!("select audit.tell('{action}', '{entity}', '{id}', null, '{outcome}', '{{}}')")
}

#[test]
fn a_signed_in_person_tells_the_log_nothing_they_did_not_do() {
    block_on(async {
        let (db, clinic) = ready().await;
        let mut su = people::writer(&db).await;
        let a = people::appointment(&mut su, &clinic, &clinic.gp, clinic.linh, (9, 0), "in_progress").await;
        let visit = people::visit(&mut su, &clinic.gp, a, "open").await;
        let mut gary = speaker::speaker(&db, "gary").await;
        let direct = "select audit.record('visit.sign', 'encounter', null, null, 'done', '{}')";
        assert_eq!(outcome(&mut gary, direct).await, "42501", "the program's role writes no event itself");
        for (event, why) in [
            (tell("visit.sign", "encounter", visit.0, "done"), "event_without_deed"),
            (tell("visit.open", "encounter", visit.0, "done"), "not_permitted"),
            (tell("history.open", "patient", clinic.linh.0, "done"), "not_permitted"),
            (tell("keys.rotate", "patient_key", visit.0, "done"), "event_unknown"),
            (tell("visit.open", "encounter", visit.0, "perhaps"), "event_unknown"),
            (tell("patient.open", "patient", clinic.linh.0, "done"), "done"),
            (tell("visit.open", "encounter", visit.0, "refused"), "done"),
        ] {
            assert_eq!(outcome(&mut gary, &event).await, why, "{event}");
        }
        // A request alone makes no deed: the event says that nothing was changed of what it names.
        let claimed = format!(
            "select clinic.request_begin(gen_random_uuid(), 'visit.sign', '\\x00'); {}",
            tell("visit.sign", "encounter", visit.0, "done")
        );
        assert_eq!(outcome(&mut gary, &claimed).await, "done");
        let said: serde_json::Value = sqlx::query_scalar(
            "select facts from audit.event where action = 'visit.sign' and account_id = $1",
        )
        .bind(clinic.gp2.account.0)
        .fetch_one(&mut su)
        .await
        .unwrap();
        assert_eq!(said["unchanged"], true, "{said}");
        // What the table does not let them do is not told as done either.
        let mut mei = speaker::speaker(&db, "mei").await;
        assert_eq!(outcome(&mut mei, &claimed).await, "not_permitted");
        su.close().await.unwrap();
    });
}

#[test]
fn what_is_written_past_the_program_is_not_kept_without_an_event_of_a_write() {
    block_on(async {
        let (db, clinic) = ready().await;
        let mut mei = speaker::speaker(&db, "mei").await;
        let change = format!("update clinic.patient set phone = '1' where id = '{}'", clinic.linh.0);
        assert_eq!(outcome(&mut mei, &change).await, "write_without_event");
        let with_a_view = format!("{change}; {}", tell("patient.open", "patient", clinic.linh.0, "done"));
        assert_eq!(outcome(&mut mei, &with_a_view).await, "write_without_event");
        let told = format!(
            "select clinic.request_begin(gen_random_uuid(), 'patient.change', '\\x00'); {change}; {}",
            tell("patient.change", "patient", clinic.linh.0, "done")
        );
        assert_eq!(outcome(&mut mei, &told).await, "done");
        // Of a transaction before, or of another connection, is no event of this one.
        assert_eq!(outcome(&mut mei, &change).await, "write_without_event");
        let mut su = db.superuser().await;
        let unchanged: bool = sqlx::query_scalar(
            "select facts ? 'unchanged' from audit.event where action = 'patient.change' order by at desc limit 1",
        )
        .fetch_one(&mut su)
        .await
        .unwrap();
        assert!(!unchanged, "it was changed");
    });
}

#[test]
fn nobody_plants_a_key_and_a_new_patient_has_theirs_from_the_start() {
    block_on(async {
        let (db, clinic) = ready().await;
        // The clinic's key is in use, as in every clinic.
        let mei = people::signed_in(&db, "mei").await;
        let before = crate::matrix::deeds::identity("Before");
        let registered = mei
            .store
            .register_patient(
                &mei.actor,
                praxis::domain::ids::RequestId::new(),
                praxis::domain::ids::PatientId::new(),
                before,
            )
            .await
            .unwrap();
        let mut su = db.superuser().await;
        let keys = "select count(*) from clinic.patient_key where patient_id = $1";
        assert_eq!(people::count(&mut su, keys, registered.id.0).await, 1, "made with the patient");
        let kek: String = sqlx::query_scalar("select value from clinic.setting where key = 'sealing_keys'")
            .fetch_one(&mut su)
            .await
            .unwrap();
        let mut anna = speaker::speaker(&db, "anna").await;
        let plant = format!(
            "select clinic.keep_patient_key('{}', gen_random_uuid(), '\\x00', '{kek}')",
            clinic.hao.0
        );
        assert_eq!(outcome(&mut anna, &plant).await, "write_without_event");
        assert_eq!(people::count(&mut su, keys, clinic.hao.0).await, 0);
    });
}

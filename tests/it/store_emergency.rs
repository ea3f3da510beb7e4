//! Breaking the glass: who may, what it opens and for how long, what stays, and who says afterwards whether it was right.
use crate::{
    store_requests::{closed_to_anna, reads, rule},
    support::{
        cluster::{Db, block_on, fresh_database},
        people::{self, Clinic, PASSWORD},
    },
};
use chrono::{Duration, NaiveDate};
use praxis::{
    auth::login,
    domain::{
        access::{NewEmergency, OpenEmergency},
        encounter::NewNote,
        ids::{AppointmentId, EmergencyId, RequestId},
    },
    store::{Error, SignIn},
};
use zeroize::Zeroizing;

const JACKS_BIRTH: (i32, u32, u32) = (1996, 5, 4);

fn exactly(number: &str, (y, m, d): (i32, u32, u32)) -> NewEmergency {
    NewEmergency {
        id: EmergencyId::new(),
        appointment: AppointmentId::new(),
        number: number.into(),
        born: NaiveDate::from_ymd_opt(y, m, d).expect("a date"),
        reason: "unconscious, brought in by ambulance".into(),
        centre: None,
    }
}

async fn open_with(s: &SignIn, new: NewEmergency, password: &str) -> Result<OpenEmergency, Error> {
    let proof = login::proof(&s.store, &s.actor.login, Zeroizing::new(password.into())).await?;
    s.store.open_emergency(&s.actor, RequestId::new(), new, proof.to_vec()).await
}

async fn open(s: &SignIn) -> Result<OpenEmergency, Error> {
    open_with(s, exactly("N1234567", JACKS_BIRTH), PASSWORD).await
}

async fn later(db: &Db, clinic: &Clinic, minutes: i64) {
    let mut c = db.superuser().await;
    people::set_now(&mut c, people::at(clinic.today, 9, 0) + Duration::minutes(minutes)).await;
}

async fn events(db: &Db, action: &str, outcome: &str) -> i64 {
    sqlx::query_scalar("select count(*) from audit.event where action = $1 and outcome = $2")
        .bind(action)
        .bind(outcome)
        .fetch_one(&mut db.superuser().await)
        .await
        .expect("a count")
}

#[test]
fn breaking_the_glass_opens_the_history_for_an_hour_and_not_a_moment_longer() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        assert_eq!(reads(&anna, clinic.jack).await, 0);
        let e = open(&anna).await.unwrap();
        assert_eq!(e.patient, clinic.jack);
        assert_eq!(anna.store.emergency_now(&anna.actor).await.unwrap(), Some(e.clone()));
        later(&db, &clinic, 59).await;
        assert_eq!(reads(&anna, clinic.jack).await, 1);
        later(&db, &clinic, 61).await;
        assert_eq!(reads(&anna, clinic.jack).await, 0);
        assert_eq!(anna.store.emergency_now(&anna.actor).await.unwrap(), None);
        let page = anna.store.patient_visits(&anna.actor, clinic.jack, None, false).await.unwrap();
        assert_eq!(page.closed.unwrap().rule, "read_emergency_over");
        // Not by the appointment either: it gives no grace, no booking with oneself, and no right to a nurse.
        let mut c = db.superuser().await;
        let related: bool = sqlx::query_scalar("select clinic.related($1, $2)")
            .bind(clinic.jack.0)
            .bind(clinic.gp.provider().0)
            .fetch_one(&mut c)
            .await
            .unwrap();
        assert!(!related);
        assert_eq!(events(&db, "emergency.open", "done").await, 1);
        assert!(open(&anna).await.is_ok(), "only opening it again goes on");
    });
}

#[test]
fn only_the_one_who_opened_it_reads_and_the_nurses_of_the_centre_while_it_lasts() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let nina = people::signed_in(&db, "nina").await;
        assert_eq!(reads(&nina, clinic.jack).await, 0, "nobody is being seen");
        let opened = open(&anna).await.unwrap();
        for login in ["liam", "sam", "paula"] {
            let s = people::signed_in(&db, login).await;
            assert_eq!(reads(&s, clinic.jack).await, 0, "{login}");
        }
        assert!(reads(&nina, clinic.jack).await > 0, "a visit in progress at her centre");
        anna.store.end_emergency(&anna.actor, RequestId::new(), opened.id).await.unwrap();
        assert_eq!(reads(&nina, clinic.jack).await, 0, "it is over");
    });
}

#[test]
fn who_is_meant_is_named_exactly_and_the_password_is_right() {
    let db = fresh_database();
    block_on(async {
        closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let wrong = open_with(&anna, exactly("N1234567", JACKS_BIRTH), "not the password").await;
        assert_eq!(rule(wrong), "step_up_wrong");
        for (number, born) in [
            ("N1234567", (1996, 5, 5)),
            ("N123456", JACKS_BIRTH),
            ("Black", JACKS_BIRTH),
            ("", JACKS_BIRTH),
            ("%", JACKS_BIRTH),
        ] {
            let outcome = open_with(&anna, exactly(number, born), PASSWORD).await;
            assert_eq!(rule(outcome), "emergency_no_such_patient", "{number} {born:?}");
        }
        let mut silent = exactly("N1234567", JACKS_BIRTH);
        silent.reason = "  ".into();
        assert_eq!(rule(open_with(&anna, silent, PASSWORD).await), "emergency_needs_reason");
        assert_eq!(events(&db, "emergency.open", "refused").await, 7);
        let medicare = open_with(&anna, exactly("2123 45670-1", JACKS_BIRTH), PASSWORD).await.unwrap();
        anna.store.end_emergency(&anna.actor, RequestId::new(), medicare.id).await.unwrap();
        assert!(open_with(&anna, exactly("000001", JACKS_BIRTH), PASSWORD).await.is_ok());
    });
}

#[test]
fn only_those_whom_patients_are_booked_with_may_and_never_for_themselves_or_without_need() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        for (login, outcome) in [
            ("mei", "emergency_providers_only"),
            ("nina", "emergency_providers_only"),
            ("lab", "emergency_providers_only"),
            ("audrey", "emergency_providers_only"),
            ("root", "emergency_providers_only"),
            ("jack", "emergency_providers_only"),
            ("gary", "access_is_there"),
            ("liam", "ok"),
        ] {
            let s = people::signed_in(&db, login).await;
            assert_eq!(rule(open(&s).await), outcome, "{login}");
        }
        let mut c = db.superuser().await;
        sqlx::query("update clinic.patient set account_id = null where id = $1")
            .bind(clinic.jack.0)
            .execute(&mut c)
            .await
            .unwrap();
        sqlx::query("update clinic.patient set account_id = $1 where id = $2")
            .bind(clinic.gp.account.0)
            .bind(clinic.jack.0)
            .execute(&mut c)
            .await
            .unwrap();
        let anna = people::signed_in(&db, "anna").await;
        assert_eq!(rule(open(&anna).await), "emergency_not_for_oneself");
    });
}

#[test]
fn one_at_a_time_also_from_two_terminals_at_once_and_it_is_ended_early() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let (one, two) = (people::signed_in(&db, "anna").await, people::signed_in(&db, "anna").await);
        let (a, b) = tokio::join!(
            open(&one),
            open_with(&two, exactly("2", (1991, 8, 30)), PASSWORD) // Linh
        );
        let opened = a.as_ref().or(b.as_ref()).expect("one of them").id;
        let mut outcomes = [rule(a), rule(b)];
        outcomes.sort();
        assert_eq!(outcomes, ["emergency_one_at_a_time", "ok"]);
        let gary = people::signed_in(&db, "gary").await;
        assert_eq!(
            rule(gary.store.end_emergency(&gary.actor, RequestId::new(), opened).await),
            "not_permitted"
        );
        one.store.end_emergency(&one.actor, RequestId::new(), opened).await.unwrap();
        assert_eq!(reads(&one, clinic.jack).await, 0);
        let again = one.store.end_emergency(&one.actor, RequestId::new(), opened).await;
        assert_eq!(rule(again), "emergency_is_over");
        assert_eq!(events(&db, "emergency.end", "done").await, 1);
        assert!(open(&two).await.is_ok());
    });
}

#[test]
fn the_visit_of_an_emergency_is_written_and_signed_and_stays_open_to_its_author() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let mut c = db.superuser().await;
        // Somebody who may not be booked is still somebody in an emergency.
        sqlx::query(
            "update clinic.patient set blocked_until = '2030-01-01', blocked_why = '\\x00' where id = $1",
        )
        .bind(clinic.jack.0)
        .execute(&mut c)
        .await
        .unwrap();
        let anna = people::signed_in(&db, "anna").await;
        let e = open(&anna).await.unwrap();
        let visit =
            anna.store.start_visit(&anna.actor, RequestId::new(), e.appointment).await.unwrap().encounter;
        let note = NewNote { title: String::new(), body: "airway clear".into(), system: None };
        anna.store.add_note(&anna.actor, RequestId::new(), visit, note, None).await.unwrap();
        later(&db, &clinic, 61).await;
        assert_eq!(reads(&anna, clinic.jack).await, 1, "the own visit and no other");
        let record = anna.store.record(&anna.actor, visit, true).await.unwrap();
        assert_eq!(record.notes[0].body, "airway clear");
        assert!(!record.whole);
    });
}

#[test]
fn an_emergency_with_a_stranger_is_not_booked_with_oneself() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let mut raw = people::raw(&db, "anna").await;
        let made = sqlx::query(
            "insert into clinic.appointment (id, patient_id, provider_id, centre_id, kind, status, day, starts_at, ends_at, booked_by)
             values (gen_random_uuid(), $1, $2, $3, 'emergency', 'in_progress', current_date, clinic.now(), clinic.now() + interval '1 hour', auth.actor())",
        )
        .bind(clinic.jack.0)
        .bind(clinic.gp.provider().0)
        .bind(clinic.randwick.0)
        .execute(&mut raw)
        .await;
        assert!(made.unwrap_err().to_string().contains("emergency_by_the_glass"));
        // Nor by turning a colleague's appointment into one.
        let mut c = people::writer(&db).await;
        people::appointment(&mut c, &clinic, &clinic.specialist, clinic.linh, (15, 0), "booked").await;
        let turned = sqlx::query(
            "update clinic.appointment set kind = 'emergency', provider_id = $1, starts_at = clinic.now(), ends_at = clinic.now() + interval '1 hour'
              where patient_id = $2",
        )
        .bind(clinic.gp.provider().0)
        .bind(clinic.linh.0)
        .execute(&mut raw)
        .await;
        assert!(turned.unwrap_err().to_string().contains("emergency_by_the_glass"));
        // And its rows are made, prolonged and judged by the functions alone.
        for statement in [
            "insert into clinic.emergency (id) values (gen_random_uuid())",
            "update clinic.emergency set until = until + interval '1 hour'",
            "update clinic.emergency set verdict = 'justified'",
            "delete from clinic.emergency",
        ] {
            let e = sqlx::query(statement).execute(&mut raw).await.unwrap_err().to_string();
            assert!(e.contains("permission denied"), "{statement}: {e}");
        }
        assert_eq!(reads(&anna, clinic.jack).await, 0);
    });
}

#[test]
fn it_is_reviewed_once_by_somebody_else_and_overdue_after_three_working_days() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let audrey = people::signed_in(&db, "audrey").await;
        let id = open(&anna).await.unwrap().id;
        let review = async |s: &SignIn, note: &str| {
            rule(s.store.review_emergency(&s.actor, RequestId::new(), id, true, note.into()).await)
        };
        assert_eq!(review(&audrey, "fine").await, "emergency_still_open");
        anna.store.end_emergency(&anna.actor, RequestId::new(), id).await.unwrap();
        for login in ["anna", "gary", "mei", "nina", "jack", "root"] {
            let s = people::signed_in(&db, login).await;
            assert_eq!(review(&s, "fine").await, "emergency_reviewers_only", "{login}");
            assert_eq!(
                s.store.emergencies(&s.actor, false).await.unwrap().len(),
                usize::from(login == "anna" || login == "root"),
                "{login}"
            );
        }
        // Whoever opened it reviews it in no role.
        let mut c = db.superuser().await;
        sqlx::raw_sql("set session_replication_role = 'replica'; update clinic.account set role = 'auditor' where login = 'anna'")
            .execute(&mut c)
            .await
            .unwrap();
        let now_auditor = people::signed_in(&db, "anna").await;
        assert_eq!(review(&now_auditor, "fine").await, "emergency_own_review");
        assert_eq!(review(&audrey, " ").await, "emergency_review_needs_note");

        // Thursday, so Tuesday is the third working day; on Wednesday it is overdue.
        let queued = audrey.store.emergencies(&audrey.actor, false).await.unwrap().remove(0);
        assert_eq!(queued.due_on, clinic.today + Duration::days(5));
        assert_eq!(queued.reason, "unconscious, brought in by ambulance");
        assert!(!queued.overdue);
        later(&db, &clinic, 6 * 24 * 60).await;
        let audrey = people::signed_in(&db, "audrey").await;
        assert!(audrey.store.emergencies(&audrey.actor, false).await.unwrap()[0].overdue);
        let work = audrey.store.overview(&audrey.actor).await.unwrap().work;
        assert_eq!((work.reviews, work.overdue), (1, 1));

        sqlx::query("update clinic.account set role = 'auditor' where login = 'lab'")
            .execute(&mut c)
            .await
            .unwrap();
        let second = people::signed_in(&db, "lab").await;
        let (a, b) = tokio::join!(
            second.store.review_emergency(
                &second.actor,
                RequestId::new(),
                id,
                true,
                "ambulance sheet seen".into()
            ),
            audrey.store.review_emergency(&audrey.actor, RequestId::new(), id, false, "no need".into())
        );
        let mut outcomes = [rule(a), rule(b)];
        outcomes.sort();
        assert_eq!(outcomes, ["emergency_is_reviewed", "ok"]);
        assert_eq!(events(&db, "emergency.review", "done").await, 1);
        assert_eq!(audrey.store.overview(&audrey.actor).await.unwrap().work.reviews, 0);
    });
}

#[test]
fn the_log_knows_an_emergency_whichever_way_it_was_opened() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let id = uuid::Uuid::now_v7();
        let mut c = people::writer(&db).await;
        let reason = people::sealed(&mut c, clinic.jack, ("emergency", "reason"), id, "unconscious").await;
        let proof = login::proof(&anna.store, "anna", Zeroizing::new(PASSWORD.into())).await.unwrap();
        let mut raw = people::raw(&db, "anna").await;
        sqlx::query("select clinic.emergency_open($2, gen_random_uuid(), '1', '1996-05-04', $3, null, $1)")
            .bind(proof.to_vec())
            .bind(id)
            .bind(reason)
            .execute(&mut raw)
            .await
            .unwrap();
        assert_eq!(events(&db, "emergency.open", "done").await, 1);
    });
}

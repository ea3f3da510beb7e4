//! Who may do what, asked of the database with plain SQL as somebody who is signed in, past the program.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic, PASSWORD, Person},
};
use praxis::{
    auth::password,
    domain::{
        actor::Role,
        ids::{AppointmentId, EncounterId, PatientId},
        permission::Table,
    },
    server::migrate,
};
use sqlx::{Connection as _, PgConnection, Row as _};
use uuid::Uuid;

mod changing;
mod screen;

/// A connection of the program's role, signed in.
pub async fn speaking(db: &Db, login: &str) -> PgConnection {
    let mut c = PgConnection::connect_with(&db.options("praxis_app")).await.expect("a connection");
    let row = sqlx::query("select salt, params from auth.challenge($1)")
        .bind(login)
        .fetch_one(&mut c)
        .await
        .unwrap();
    let proof = password::prove(PASSWORD, row.get("salt"), row.get("params")).unwrap();
    let token: String = sqlx::query_scalar("select token from auth.open($1, $2, 'test')")
        .bind(login)
        .bind(proof.to_vec())
        .fetch_one(&mut c)
        .await
        .expect("the sign-in");
    sqlx::query("select set_config('praxis.token', $1, false)").bind(token).execute(&mut c).await.unwrap();
    c
}

/// What `auth.may` answers: `yes`, or the reason.
async fn may(c: &mut PgConnection, action: &str, patient: Option<PatientId>, object: Option<Uuid>) -> String {
    let answer: Option<String> = sqlx::query_scalar("select auth.may($1, $2, $3)")
        .bind(action)
        .bind(patient.map(|p| p.0))
        .bind(object)
        .fetch_one(c)
        .await
        .unwrap();
    answer.unwrap_or_else(|| "yes".into())
}

/// The rule that refused a statement with one id, `done N` for the rows it changed, or the SQLSTATE.
async fn told(c: &mut PgConnection, sql: impl Into<String>, id: Uuid) -> String {
    let mut tx = c.begin().await.unwrap();
    let done = sqlx::query(sqlx::AssertSqlSafe(sql.into())).bind(id).execute(&mut *tx).await;
    match done {
        Ok(done) => {
            // Whatever is written, the log is told of a write.
            sqlx::raw_sql(
                "select clinic.request_begin(gen_random_uuid(), 'profile.change', '\\x00');
                 select audit.tell('profile.change', 'account', auth.actor(), null, 'done', '{}')",
            )
            .execute(&mut *tx)
            .await
            .unwrap();
            tx.commit().await.unwrap();
            format!("done {}", done.rows_affected())
        }
        Err(e) => {
            let e = e.into_database_error().unwrap();
            e.constraint().map_or_else(|| e.code().unwrap_or_default().into_owned(), str::to_owned)
        }
    }
}

struct Ground {
    db: Db,
    clinic: Clinic,
    /// Linh is being seen by Anna at Randwick.
    appointment: AppointmentId,
    visit: EncounterId,
    /// Hao is being seen by Gary at Ultimo.
    elsewhere: EncounterId,
}

async fn visit_of(
    c: &mut PgConnection,
    clinic: &Clinic,
    with: &Person,
    patient: PatientId,
) -> (AppointmentId, EncounterId) {
    let a = people::appointment(c, clinic, with, patient, (8, 30), "in_progress").await;
    let visit = people::visit(c, with, a, "open").await;
    for sql in [
        "insert into clinic.note (id, encounter_id, patient_id, body, author) select gen_random_uuid(), id, patient_id, '\\x00', author
           from clinic.encounter where id = $1",
        "insert into clinic.service_request (id, encounter_id, patient_id, name, ordered_at, author)
         select gen_random_uuid(), id, patient_id, '\\x00', clinic.now(), author from clinic.encounter where id = $1",
        "insert into clinic.result (id, service_request_id, patient_id, value, measured_at, author)
         select gen_random_uuid(), id, patient_id, '\\x00', clinic.now(), author from clinic.service_request where encounter_id = $1",
        "insert into clinic.patient_alert (id, patient_id, text, author) select gen_random_uuid(), patient_id, '\\x00', author
           from clinic.encounter where id = $1",
        "insert into clinic.allergy (id, patient_id, substance, author) select gen_random_uuid(), patient_id, '\\x00', author
           from clinic.encounter where id = $1",
    ] {
        sqlx::query(sql).bind(visit.0).execute(&mut *c).await.expect("a row");
    }
    (a, visit)
}

async fn ground() -> Ground {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let (appointment, visit) = visit_of(&mut c, &clinic, &clinic.gp, clinic.linh).await;
    let (_, elsewhere) = visit_of(&mut c, &clinic, &clinic.gp2, clinic.hao).await;
    Ground { db, clinic, appointment, visit, elsewhere }
}

/// How many rows of a table somebody sees.
async fn seen(c: &mut PgConnection, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from clinic.{table}")))
        .fetch_one(c)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_action_and_role_has_a_row_and_what_administrators_changed_stays_when_it_is_migrated_again() {
    let db = fresh_database();
    let mut c = db.superuser().await;
    let rows: i64 =
        sqlx::query_scalar("select count(*) from clinic.policy_rule").fetch_one(&mut c).await.unwrap();
    assert_eq!(rows, i64::try_from(Table::built_in().actions().len() * Role::ALL.len()).unwrap());
    sqlx::raw_sql(
        "update clinic.policy_rule set codes = '{any}' where action = 'note.add' and role = 'auditor';
                   delete from clinic.policy_rule where action = 'visit.sign'",
    )
    .execute(&mut c)
    .await
    .unwrap();
    migrate(&db.options("postgres")).await.unwrap();
    let again = sqlx::query("select count(*), count(*) filter (where codes = '{any}' and (action, role) = ('note.add', 'auditor')) from clinic.policy_rule")
        .fetch_one(&mut c)
        .await
        .unwrap();
    assert_eq!((again.get::<i64, _>(0), again.get::<i64, _>(1)), (rows, 1));
    let mut app = PgConnection::connect_with(&db.options("praxis_app")).await.unwrap();
    let found = praxis::server::inspect(&mut app, true).await.unwrap();
    assert_eq!(found.changed_permissions.unwrap(), ["note.add auditor"]);
}

#[tokio::test]
async fn reception_books_checks_in_and_sets_fees_at_its_own_centre_only() {
    let g = ground().await;
    let mut mei = speaking(&g.db, "mei").await;
    let book = "insert into clinic.appointment (id, patient_id, provider_id, centre_id, kind, status, day, starts_at, ends_at, booked_by)
                select gen_random_uuid(), p.id, pc.provider_id, pc.centre_id, 'walk_in', 'booked', current_date, clinic.now(), clinic.now() + interval '10 min', auth.actor()
                  from clinic.provider_centre pc, clinic.patient p where p.given_name = 'Omar' and pc.provider_id = $1";
    assert_eq!(told(&mut mei, book, g.clinic.gp.provider().0).await, "done 1");
    assert_eq!(told(&mut mei, book, g.clinic.gp2.provider().0).await, "not_permitted");
    let mut w = people::writer(&g.db).await;
    let there =
        people::appointment(&mut w, &g.clinic, &g.clinic.gp2, g.clinic.jackie, (10, 0), "booked").await;
    let here = people::appointment(&mut w, &g.clinic, &g.clinic.gp, g.clinic.jackie, (11, 0), "booked").await;
    let arrive = "update clinic.appointment set status = 'arrived' where id = $1";
    assert_eq!(told(&mut mei, arrive, there.0).await, "done 0");
    assert_eq!(told(&mut mei, arrive, here.0).await, "done 1");
    assert_eq!(may(&mut mei, "appointment.set-status", None, Some(there.0)).await, "not_own_centre");
    // The fee of a visit that reception cannot read.
    assert_eq!(seen(&mut mei, "encounter").await, 0);
    let fee = "select clinic.set_visit_fee($1, 1, 9900)";
    assert_eq!(told(&mut mei, fee, g.visit.0).await, "done 1");
    assert_eq!(told(&mut mei, fee, g.elsewhere.0).await, "not_permitted");
    let paid: i32 = sqlx::query_scalar("select fee_cents from clinic.encounter where id = $1")
        .bind(g.visit.0)
        .fetch_one(&mut w)
        .await
        .unwrap();
    assert_eq!(paid, 9900);
    let mut nina = speaking(&g.db, "nina").await;
    assert_eq!(told(&mut nina, "select clinic.set_visit_fee($1, 2, 1)", g.visit.0).await, "not_permitted");
}

#[tokio::test]
async fn a_visit_is_changed_signed_and_voided_by_its_own_provider_alone() {
    let g = ground().await;
    let sign = "update clinic.encounter set state = 'signed', signed_at = now(), signed_by = auth.actor() where id = $1";
    for login in ["mei", "nina", "gary", "liam", "sam", "paula", "ray", "lab", "audrey", "root", "jack"] {
        let mut c = speaking(&g.db, login).await;
        assert_eq!(told(&mut c, sign, g.visit.0).await, "done 0", "{login}");
        assert_ne!(may(&mut c, "visit.sign", None, Some(g.visit.0)).await, "yes", "{login}");
    }
    let mut anna = speaking(&g.db, "anna").await;
    assert_eq!(may(&mut anna, "visit.sign", None, Some(g.visit.0)).await, "yes");
    assert_eq!(may(&mut anna, "visit.sign", Some(g.clinic.hao), Some(g.visit.0)).await, "another_patient");
    assert_eq!(may(&mut anna, "visit.sign", None, Some(g.elsewhere.0)).await, "not_own_object");
    assert_eq!(told(&mut anna, sign, g.visit.0).await, "sign_needs_diagnosis");
}

#[tokio::test]
async fn a_nurse_adds_notes_vitals_and_tests_while_the_patient_is_there_and_neither_diagnoses_nor_prescribes()
{
    let g = ground().await;
    let mut nina = speaking(&g.db, "nina").await;
    for (table, columns, values, outcome) in [
        ("note", "body", "'\\x00'", "done 1"),
        ("service_request", "name, ordered_at", "'\\x00', clinic.now()", "done 1"),
        ("observation", "sign, value, unit, taken_at", "'pulse', 70, '/min', clinic.now()", "done 1"),
        ("allergy", "substance", "'\\x00'", "done 1"),
        ("condition", "name", "'\\x00'", "42501"),
        ("diagnosis", "name", "'\\x00'", "not_permitted"),
        ("treatment", "title", "'\\x00'", "not_permitted"),
        ("prescription", "drug, starts_on", "'\\x00', current_date", "not_permitted"),
    ] {
        for (visit, patient, outcome) in
            [(g.visit, g.clinic.linh, outcome), (g.elsewhere, g.clinic.hao, "not_permitted")]
        {
            let sql = format!(
                "insert into clinic.{table} (id, encounter_id, patient_id, author, {columns})
                 values (gen_random_uuid(), '{}', '{}', $1, {values})",
                visit.0, patient.0
            );
            assert_eq!(
                told(&mut nina, sql, g.clinic.nurse.account.0).await,
                outcome,
                "{table} of {}",
                if visit == g.visit { "the visit here" } else { "a visit elsewhere" }
            );
        }
    }
}

#[tokio::test]
async fn who_treats_nobody_sees_no_chart_and_the_laboratory_sees_its_orders_alone() {
    let g = ground().await;
    let chart = [
        "encounter",
        "note",
        "diagnosis",
        "observation",
        "allergy",
        "condition",
        "prescription",
        "treatment",
        "report",
        "referral",
    ];
    for login in ["mei", "audrey", "root", "lab", "ray", "paula", "sam", "jack"] {
        let mut c = speaking(&g.db, login).await;
        for table in chart {
            assert_eq!(seen(&mut c, table).await, 0, "{login} {table}");
        }
        let orders = if matches!(login, "lab" | "ray") { 1 } else { 0 };
        assert_eq!(
            (seen(&mut c, "service_request").await, seen(&mut c, "result").await),
            (orders, orders),
            "{login}"
        );
        let alerts = if matches!(login, "audrey" | "root" | "jack") { 0 } else { 2 };
        assert_eq!(seen(&mut c, "patient_alert").await, alerts, "{login}");
        let state: Option<String> = sqlx::query_scalar("select clinic.allergy_state($1)")
            .bind(g.clinic.linh.0)
            .fetch_one(&mut c)
            .await
            .unwrap();
        assert_eq!(state.unwrap() == "hidden", matches!(login, "audrey" | "root" | "jack"), "{login}");
    }
    let mut lab = speaking(&g.db, "lab").await;
    let received = "update clinic.service_request set status = 'received' where encounter_id = $1";
    assert_eq!(told(&mut lab, received, g.visit.0).await, "done 1");
    assert_eq!(told(&mut lab, received, g.elsewhere.0).await, "done 0");
    assert_eq!(
        told(
            &mut lab,
            "update clinic.service_request set status = 'reviewed' where encounter_id = $1",
            g.visit.0
        )
        .await,
        "not_permitted"
    );
}

#[tokio::test]
async fn a_stranger_acknowledges_and_strikes_nothing() {
    let g = ground().await;
    let acknowledge = "update clinic.result set acknowledged_at = now() where patient_id = $1";
    for login in ["gary", "liam", "sam", "mei", "audrey", "root"] {
        let mut c = speaking(&g.db, login).await;
        assert_eq!(told(&mut c, acknowledge, g.clinic.linh.0).await, "done 0", "{login}");
        assert_eq!(
            told(&mut c, "update clinic.note set struck_at = now() where encounter_id = $1", g.visit.0).await,
            "done 0",
            "{login}"
        );
    }
    let mut nina = speaking(&g.db, "nina").await;
    assert_eq!(told(&mut nina, acknowledge, g.clinic.linh.0).await, "done 0");
    let mut anna = speaking(&g.db, "anna").await;
    assert_eq!(told(&mut anna, acknowledge, g.clinic.linh.0).await, "done 1");
}

#[tokio::test]
async fn what_a_policy_hides_is_refused_by_the_program_in_a_sentence_and_logged() {
    let g = ground().await;
    let mei = people::signed_in(&g.db, "mei").await;
    let e = mei
        .store
        .set_status(
            &mei.actor,
            praxis::domain::ids::RequestId::new(),
            {
                let mut w = people::writer(&g.db).await;
                people::appointment(&mut w, &g.clinic, &g.clinic.gp2, g.clinic.jackie, (10, 0), "booked")
                    .await
            },
            1,
            "arrived",
            "",
        )
        .await
        .unwrap_err();
    assert_eq!(
        e.to_string(),
        "You may change the status of an appointment only at a centre where you work. Ask a colleague who works there."
    );
    let mut w = people::writer(&g.db).await;
    let logged: i64 = sqlx::query_scalar(
        "select count(*) from audit.event where action = 'appointment.set-status' and outcome = 'refused' and facts ->> 'rule' = 'not_permitted'",
    )
    .fetch_one(&mut w)
    .await
    .unwrap();
    assert_eq!(logged, 1);
    let stale = mei
        .store
        .set_status(&mei.actor, praxis::domain::ids::RequestId::new(), g.appointment, 99, "arrived", "")
        .await;
    assert!(matches!(stale, Err(praxis::store::Error::Stale { .. })), "{stale:?}");
}

#[tokio::test]
async fn an_administrator_gets_no_byte_of_why_somebody_comes() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut w = people::writer(&db).await;
    let a = people::appointment(&mut w, &clinic, &clinic.gp, clinic.jack, (10, 0), "booked").await;
    let mei = people::signed_in(&db, "mei").await;
    mei.store
        .set_status(&mei.actor, praxis::domain::ids::RequestId::new(), a, 1, "cancelled", "flu")
        .await
        .unwrap();
    for (login, texts, steps) in
        [("root", 0, 0), ("audrey", 0, 0), ("mei", 1, 1), ("anna", 1, 1), ("jack", 1, 0)]
    {
        let mut c = speaking(&db, login).await;
        for sql in [
            "select reason from clinic.appointment where id = $1",
            "select status_why from clinic.appointment where id = $1",
            "select why from clinic.appointment_event where appointment_id = $1",
            "update clinic.appointment set room = 'x' where id = $1 and reason = '\\x00'",
        ] {
            assert_eq!(told(&mut c, sql, a.0).await, "42501", "{login}, {sql}");
        }
        let n: (i64, i64) = sqlx::query_as(
            "select (select count(*) from clinic.appointment_texts(array[$1])), (select count(*) from clinic.step_texts($1))",
        )
        .bind(a.0)
        .fetch_one(&mut c)
        .await
        .unwrap();
        assert_eq!(n, (texts, steps), "{login}");
    }
    // The program shows her that it was cancelled, and when, and not why.
    let root = people::signed_in(&db, "root").await;
    let (seen, steps) = root.store.appointment(&root.actor, a, true).await.unwrap();
    assert!(seen.reason.is_empty() && steps.iter().all(|s| s.why.is_empty()) && !steps.is_empty());
}

//! Claiming to be somebody else, and reaching into other people's sessions.
use super::block_on;
use crate::support::{
    cluster::{Db, fresh_database},
    people, speaker,
};
use sqlx::{Executor as _, PgConnection};
use uuid::Uuid;

/// Whom the server takes this connection for.
async fn actor(c: &mut PgConnection) -> Option<Uuid> {
    sqlx::query_scalar("select auth.actor()").fetch_one(c).await.unwrap_or_default()
}

/// The refusal's code; a statement that goes through has none.
async fn refusal(c: &mut PgConnection, statement: &str) -> Option<String> {
    let done = c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))).await;
    done.err().and_then(|e| e.as_database_error().and_then(|d| d.code().map(std::borrow::Cow::into_owned)))
}

async fn ready() -> (Db, people::Clinic) {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    (db, clinic)
}

#[test]
fn nobody_becomes_somebody_else_by_saying_so() {
    block_on(async {
        let (db, clinic) = ready().await;
        let root = speaker::token(&db, "root").await;
        let mut c = speaker::speaker(&db, "mei").await;
        assert_eq!(actor(&mut c).await, Some(clinic.reception.account.0));
        let mut su = db.superuser().await;
        // What is stored of another's session: the hash of the token, the session's and the account's id.
        let stored: Vec<String> = sqlx::query_scalar(
            "select x from auth.session s, unnest(array[encode(s.token_hash, 'hex'), replace(s.id::text, '-', ''), s.id::text,
                    replace(s.account_id::text, '-', '')]) x",
        )
        .fetch_all(&mut su)
        .await
        .unwrap();
        assert!(stored.len() >= 8);
        let guessed = (0..200).map(|_| format!("{}{}", Uuid::now_v7().simple(), Uuid::now_v7().simple()));
        for claim in stored.into_iter().chain(guessed).chain([
            root[..62].to_owned(),
            format!("{root}00"),
            root.replace(&root[..1], "0"),
        ]) {
            if claim == root {
                continue;
            }
            sqlx::query("select set_config('praxis.token', $1, false)")
                .bind(&claim)
                .execute(&mut c)
                .await
                .unwrap();
            assert_eq!(actor(&mut c).await, None, "{claim} is somebody");
            sqlx::query("select set_config('praxis.actor', $1, false), set_config('app.user', $1, false), set_config('praxis.history', 'on', false)")
                .bind(clinic.admin.account.0.to_string())
                .execute(&mut c)
                .await
                .unwrap();
            assert_eq!(actor(&mut c).await, None);
        }
        for (claim, code) in [
            ("set role praxis_owner", "42501"),
            ("set role praxis_jobs", "42501"),
            ("set role praxis_backup", "42501"),
            ("set role postgres", "42501"),
            ("set session authorization praxis_owner", "42501"),
            ("set session authorization postgres", "42501"),
            ("set session_replication_role = replica", "42501"),
            ("set log_parameter_max_length = -1", "42501"),
            ("set log_error_verbosity = default", "42501"),
            ("alter role praxis_app superuser", "42501"),
            ("alter role praxis_app set log_parameter_max_length = -1", "42501"),
            ("grant praxis_owner to praxis_app", "42501"),
            ("create role mine", "42501"),
        ] {
            assert_eq!(refusal(&mut c, claim).await.as_deref(), Some(code), "{claim}");
        }
    });
}

#[test]
fn a_row_under_another_name_is_refused_and_history_cannot_be_written() {
    block_on(async {
        let (db, clinic) = ready().await;
        let mut su = people::writer(&db).await;
        let appointment =
            people::appointment(&mut su, &clinic, &clinic.gp, clinic.linh, (9, 0), "in_progress").await;
        let visit = people::visit(&mut su, &clinic.gp, appointment, "open").await;
        let mut c = speaker::speaker(&db, "anna").await;
        c.execute("set praxis.history = 'on'; set praxis.quiet = 'on'").await.unwrap();
        let as_other = format!(
            "insert into clinic.note (id, encounter_id, patient_id, body, author) values (gen_random_uuid(), '{}', '{}', '\\x00', '{}')",
            visit.0, clinic.linh.0, clinic.gp2.account.0
        );
        assert_eq!(refusal(&mut c, &as_other).await.as_deref(), Some("PX001"));
        // The owner's setting for imports means nothing here: a booking in the past is refused.
        let past = format!(
            "insert into clinic.appointment (id, patient_id, provider_id, centre_id, kind, status, day, starts_at, ends_at, booked_by)
             values (gen_random_uuid(), '{}', '{}', '{}', 'slot', 'booked', '2020-01-01', '2020-01-01', '2020-01-01 00:30', '{}')",
            clinic.linh.0, clinic.gp2.provider().0, clinic.ultimo.0, clinic.gp2.account.0
        );
        assert_eq!(refusal(&mut c, &past).await.as_deref(), Some("PX001"));
    });
}

#[test]
fn another_session_can_neither_be_ended_nor_overheard() {
    block_on(async {
        let (db, _) = ready().await;
        let mut anna = speaker::speaker(&db, "anna").await;
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut anna).await.unwrap();
        let mut mei = speaker::speaker(&db, "mei").await;
        for attempt in [
            format!("select pg_terminate_backend({pid})"),
            format!("select pg_terminate_backend({pid}, 100)"),
            format!("select pg_cancel_backend({pid})"),
            "select pg_terminate_backend(pid) from pg_stat_activity".into(),
            "select query from pg_stat_activity".into(),
            "select * from pg_locks".into(),
            "select pg_log_backend_memory_contexts(1)".into(),
            "select pg_reload_conf()".into(),
        ] {
            assert_eq!(refusal(&mut mei, &attempt).await.as_deref(), Some("42501"), "{attempt}");
        }
        assert!(actor(&mut anna).await.is_some(), "she is still there");
        for table in [
            "auth.session",
            "auth.credential",
            "auth.secret",
            "auth.failure",
            "audit.chain",
            "clinic.request",
            "clinic.login_name",
            "clinic.clock",
        ] {
            assert_eq!(
                refusal(&mut mei, &format!("select * from {table}")).await.as_deref(),
                Some("42501"),
                "{table}"
            );
        }
    });
}

//! Who is speaking is proven to the server, and nobody sees anything without it: asked with plain SQL, past the program.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, Clinic, PASSWORD},
};
use praxis::store::Error;
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use zeroize::Zeroizing;

/// A raw connection as the program's role, without any sign-in.
async fn raw(db: &Db) -> PgConnection {
    PgConnection::connect_with(&db.options("praxis_app")).await.expect("a connection")
}

/// Every table of the clinic and the log.
async fn tables(db: &Db) -> Vec<(String, String)> {
    let mut c = db.superuser().await;
    sqlx::query("select schemaname, tablename from pg_tables where schemaname in ('clinic', 'auth', 'audit') order by 1, 2")
        .fetch_all(&mut c)
        .await
        .expect("tables")
        .iter()
        .map(|r| (r.get(0), r.get(1)))
        .collect()
}

/// How many rows a role sees in a table; `None` when it may not look at all.
async fn seen(c: &mut PgConnection, schema: &str, table: &str) -> Option<i64> {
    let sql = format!("select count(*) from {schema}.{table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(c).await.ok()
}

async fn with_a_visit(db: &Db) -> Clinic {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    sqlx::raw_sql(
        "insert into clinic.patient_alert (id, patient_id, text, author)
         select gen_random_uuid(), p.id, '\\x0061', a.id from clinic.patient p, clinic.account a where a.login = 'anna';
         insert into clinic.allergy (id, patient_id, substance, author)
         select gen_random_uuid(), p.id, '\\x0061', a.id from clinic.patient p, clinic.account a where a.login = 'anna'",
    )
    .execute(&mut c)
    .await
    .expect("rows");
    clinic
}

#[test]
fn without_a_sign_in_no_table_shows_a_row_but_the_two_settings_of_the_sign_in_screen() {
    let db = fresh_database();
    block_on(async {
        with_a_visit(&db).await;
        let mut c = raw(&db).await;
        for (schema, table) in tables(&db).await {
            let rows = seen(&mut c, &schema, &table).await;
            let public = if table == "setting" {
                rows.is_some_and(|n| n <= 3)
            } else {
                matches!(rows, None | Some(0))
            };
            assert!(public, "{schema}.{table} shows {rows:?} rows to nobody");
        }
    });
}

#[test]
fn a_forged_token_is_nobody() {
    let db = fresh_database();
    block_on(async {
        with_a_visit(&db).await;
        let mut c = raw(&db).await;
        for token in ["00", "zz", "", &"ab".repeat(32)] {
            let forged =
                sqlx::query("select set_config('praxis.token', $1, false)").bind(token).execute(&mut c).await;
            assert!(forged.is_ok());
            let actor: Result<Option<uuid::Uuid>, _> =
                sqlx::query_scalar("select auth.actor()").fetch_one(&mut c).await;
            assert!(!matches!(actor, Ok(Some(_))), "the token {token:?} is somebody");
        }
    });
}

#[test]
fn secrets_tokens_and_other_peoples_sessions_cannot_be_read_even_when_signed_in() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let signed_in = people::signed_in(&db, "root").await;
        assert_eq!(signed_in.actor.login, "root");
        let mut c = raw(&db).await;
        for table in ["auth.credential", "auth.session", "auth.secret", "auth.failure", "audit.chain"] {
            let sql = format!("select * from {table}");
            let denied = c.execute(sqlx::AssertSqlSafe(sql)).await.expect_err(table);
            assert_eq!(
                denied
                    .as_database_error()
                    .and_then(|e| e.code().map(std::borrow::Cow::into_owned))
                    .as_deref(),
                Some("42501"),
                "{table}"
            );
        }
    });
}

#[test]
fn a_wrong_password_an_unknown_login_and_a_deactivated_account_are_refused_and_the_right_one_is_not() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let store = people::nobody(&db).await;
        let rule = async |login: &str, password: &str| match praxis::auth::login::sign_in(
            &store,
            login,
            Zeroizing::new(password.into()),
            "test",
        )
        .await
        {
            Ok(s) => format!("signed in as {}", s.actor.login),
            Err(Error::Refused(why)) => why.rule,
            Err(e) => panic!("{e}"),
        };
        assert_eq!(rule("anna", "not the password").await, "sign_in_wrong");
        assert_eq!(rule("nobody-of-that-name", PASSWORD).await, "sign_in_wrong");
        assert_eq!(rule("ANNA", PASSWORD).await, "signed in as anna");
        let mut c = db.superuser().await;
        sqlx::query("update clinic.account set deactivated_at = now() where login = 'gary'")
            .execute(&mut c)
            .await
            .unwrap();
        assert_eq!(rule("gary", PASSWORD).await, "account_deactivated");
    });
}

#[test]
fn after_five_wrong_passwords_the_sign_in_waits_and_a_second_login_does_not() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let store = people::nobody(&db).await;
        let mut last = String::new();
        for _ in 0..6 {
            if let Err(Error::Refused(why)) =
                praxis::auth::login::sign_in(&store, "anna", Zeroizing::new("wrong".into()), "test").await
            {
                last = why.rule;
            }
        }
        assert_eq!(last, "sign_in_wait");
        // Whom the hash does not put into the same bucket, as it does with one in 24.
        let another: String = sqlx::query_scalar(
            "with b as (select login, auth.bucket('pair', concat_ws(' ', id, 'local', 'test')) as bucket from clinic.account)
             select b.login from b where b.login in ('mei', 'root', 'nina', 'lab')
                and b.bucket <> (select a.bucket from b a where a.login = 'anna') limit 1",
        )
        .fetch_one(&mut db.superuser().await)
        .await
        .unwrap();
        assert!(
            praxis::auth::login::sign_in(&store, &another, Zeroizing::new(PASSWORD.into()), "test")
                .await
                .is_ok()
        );
    });
}

#[test]
fn disabling_an_account_takes_effect_at_its_next_statement() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let s = people::signed_in(&db, "mei").await;
        assert!(s.store.board(&s.actor, clinic.randwick, clinic.today, true).await.is_ok());
        let mut c = db.superuser().await;
        sqlx::query("update clinic.account set deactivated_at = now() where login = 'mei'")
            .execute(&mut c)
            .await
            .unwrap();
        let after = s.store.board(&s.actor, clinic.randwick, clinic.today, true).await;
        assert!(matches!(after, Err(Error::NoSession)), "{after:?}");
    });
}

#[test]
fn a_signed_out_session_is_nobody_and_an_empty_list_never_means_that() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let s = people::signed_in(&db, "mei").await;
        let mut c = db.superuser().await;
        sqlx::query("update auth.session set ended_at = now()").execute(&mut c).await.unwrap();
        let after = s.store.board(&s.actor, clinic.randwick, clinic.today, false).await;
        assert!(matches!(after, Err(Error::NoSession)), "{after:?}");
    });
}

#[test]
fn an_event_of_the_log_cannot_be_changed_and_its_chain_adds_up() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let s = people::signed_in(&db, "mei").await;
        for _ in 0..3 {
            s.store.board(&s.actor, clinic.randwick, clinic.today, true).await.expect("a board");
        }
        let mut c = db.superuser().await;
        let broken: i64 = sqlx::query_scalar(
            "select count(*) from (
                select e.*, lag(e.hash, 1, sha256('praxis')) over (partition by chain_id order by n) as before from audit.event e) e
              where e.previous <> e.before
                 or e.hash <> audit.digest(e.previous, e.n, e.id, e.at, e.session_id, e.account_id, e.role, e.action, e.entity,
                                           e.entity_id, e.patient_id, e.outcome, e.facts)",
        )
        .fetch_one(&mut c)
        .await
        .expect("the chain");
        assert_eq!(broken, 0);
        let opened: i64 = sqlx::query_scalar("select count(*) from audit.event where action = 'board.open'")
            .fetch_one(&mut c)
            .await
            .unwrap();
        assert_eq!(opened, 3);
        for change in
            ["update audit.event set action = 'x'", "delete from audit.event", "truncate audit.event"]
        {
            assert!(c.execute(change).await.is_err(), "{change} went through");
        }
    });
}

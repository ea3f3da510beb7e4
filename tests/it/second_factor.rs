//! The second factor: a session is nobody before its code, no code counts twice, and who lost it is helped.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, PASSWORD},
};
use praxis::{
    auth::{
        login::{self, Second, Step},
        source::Source,
    },
    domain::ids::RequestId,
    store::{Error, SignIn, Store},
};
use zeroize::Zeroizing;

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// The code that an app shows `ahead` steps of 30 s from now; the test of the RFC's examples vouches for the function.
async fn code(db: &Db, secret: &[u8], ahead: i64) -> String {
    let mut c = db.superuser().await;
    sqlx::query_scalar("select auth.totp($1, floor(extract(epoch from clock_timestamp()) / 30)::bigint + $2)")
        .bind(secret)
        .bind(ahead)
        .fetch_one(&mut c)
        .await
        .unwrap()
}

/// Sets a second factor up as the screen does: its secret and the recovery codes.
async fn enrol(db: &Db, who: &SignIn) -> (Vec<u8>, Vec<String>) {
    let proof = login::proof_of(&who.store, &who.actor.login, secret(PASSWORD)).await.unwrap();
    let key = who.store.second_begin(Some(&proof)).await.unwrap().unwrap();
    // The step before this one: the present code and the next stay free for signing in.
    let codes = who.store.second_confirm(&code(db, &key, -1).await).await.unwrap().unwrap();
    (key.to_vec(), codes.iter().map(|c| c.to_string()).collect())
}

async fn begin(store: &Store, login: &str) -> Step {
    login::begin(store, login, secret(PASSWORD), &Source::default()).await.unwrap()
}

async fn asked(store: &Store, login: &str) -> Second {
    match begin(store, login).await {
        Step::Second(second) => second,
        Step::Open(_) => panic!("no code was asked"),
    }
}

fn rule<T>(outcome: Result<T, Error>) -> String {
    match outcome {
        Ok(_) => "fine".into(),
        Err(Error::Refused(why)) => why.rule,
        Err(e) => e.to_string(),
    }
}

#[test]
fn codes_are_those_of_rfc_6238() {
    let db = fresh_database();
    block_on(async {
        let mut c = db.superuser().await;
        // Appendix B, SHA-1, the last six of eight digits.
        for (time, digits) in [
            (59_i64, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let said: String = sqlx::query_scalar("select auth.totp('12345678901234567890', $1 / 30)")
                .bind(time)
                .fetch_one(&mut c)
                .await
                .unwrap();
            assert_eq!(said, digits);
        }
    });
}

#[test]
fn a_session_is_nobody_until_its_code_was_given_and_a_code_counts_once() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let (key, _) = enrol(&db, &anna).await;
        assert!(anna.store.centres(&anna.actor).await.is_ok(), "who set it up stays signed in");
        let store = people::nobody(&db).await;
        assert_eq!(rule(login::sign_in(&store, "anna", secret(PASSWORD), "").await), "second_factor_needed");
        // The token of a session that owes its code, past the program.
        let mut c = db.superuser().await;
        let owing: i64 = sqlx::query_scalar(
            "select count(*) from auth.session where second_due and proven_in is not null",
        )
        .fetch_one(&mut c)
        .await
        .unwrap();
        assert_eq!(owing, 1);
        let step = asked(&store, "anna").await;
        assert_eq!(rule(step.take("000000").await), "second_factor_wrong");
        let now = code(&db, &key, 0).await;
        let (in_again, left) = step.take(&now).await.unwrap();
        assert_eq!(left, 10);
        assert!(in_again.store.centres(&in_again.actor).await.is_ok());
        assert_eq!(rule(step.take(&now).await), "second_factor_gone", "the session owes nothing any more");
        let again = asked(&store, "anna").await;
        assert_eq!(rule(again.take(&now).await), "second_factor_wrong", "the same code at another sign-in");
        assert_eq!(
            rule(again.take(&code(&db, &key, -1).await).await),
            "second_factor_wrong",
            "an older code"
        );
        assert_eq!(rule(again.take(&code(&db, &key, 2).await).await), "second_factor_wrong", "too far ahead");
        assert_eq!(rule(again.take(&code(&db, &key, 1).await).await), "fine", "a phone that is 30 s ahead");
    });
}

#[test]
fn before_the_code_a_token_opens_nothing_and_after_a_rollback_neither() {
    use sqlx::Connection as _;
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let (key, _) = enrol(&db, &anna).await;
        let proof = login::proof_of(&anna.store, "anna", secret(PASSWORD)).await.unwrap();
        let mut c = sqlx::PgConnection::connect_with(&db.options("praxis_app")).await.unwrap();
        let token: String = sqlx::query_scalar("select token from auth.open('anna', $1, '')")
            .bind(proof.as_slice())
            .fetch_one(&mut c)
            .await
            .unwrap();
        sqlx::query("select set_config('praxis.token', $1, false)")
            .bind(token)
            .execute(&mut c)
            .await
            .unwrap();
        for question in [
            "select auth.actor()::text",
            "select session_id::text from auth.session_any()",
            "select account_id::text from auth.whoami()",
            "select case auth.password_is('x') when true then 'x' end",
            "select auth.second_begin('x')::text",
        ] {
            let said: Option<Option<String>> =
                sqlx::query_scalar(question).fetch_optional(&mut c).await.unwrap();
            assert_eq!(said.flatten(), None, "{question}");
        }
        // A right code in a transaction that is not committed reads nothing and leaves no trace: it is nobody in it.
        let mut tx = c.begin().await.unwrap();
        let outcome: String = sqlx::query_scalar("select outcome from auth.second($1)")
            .bind(code(&db, &key, 0).await)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(outcome, "open");
        let actor: Option<String> =
            sqlx::query_scalar("select auth.actor()::text").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(actor, None);
        tx.rollback().await.unwrap();
    });
}

#[test]
fn guessing_codes_waits_per_account_also_over_several_sign_ins() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        enrol(&db, &anna).await;
        let store = people::nobody(&db).await;
        let mut rules = vec![];
        for _ in 0..4 {
            let step = asked(&store, "anna").await;
            for _ in 0..2 {
                rules.push(rule(step.take("000000").await));
            }
        }
        assert_eq!(rules.iter().filter(|r| *r == "second_factor_wrong").count(), 5, "{rules:?}");
        assert_eq!(rules.last().unwrap(), "sign_in_wait");
    });
}

#[test]
fn a_recovery_code_works_once_however_it_is_typed() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let (_, codes) = enrol(&db, &anna).await;
        let different: std::collections::BTreeSet<&String> = codes.iter().collect();
        assert_eq!((different.len(), codes[0].len()), (10, 11));
        let store = people::nobody(&db).await;
        let typed = codes[3].to_uppercase().replace('-', " ");
        let (_, left) = asked(&store, "anna").await.take(&typed).await.unwrap();
        assert_eq!(left, 9);
        assert_eq!(rule(asked(&store, "anna").await.take(&codes[3]).await), "second_factor_wrong");
        let mut c = db.superuser().await;
        let kept: Vec<Vec<u8>> =
            sqlx::query_scalar("select hash from auth.recovery_code").fetch_all(&mut c).await.unwrap();
        assert!(kept.iter().all(|h| h.len() == 32 && !codes.iter().any(|c| c.as_bytes() == &h[..11])));
    });
}

#[test]
fn neither_the_secret_nor_the_codes_can_be_read_by_the_programs_role() {
    use sqlx::{Connection as _, Executor as _};
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut c = sqlx::PgConnection::connect_with(&db.options("praxis_app")).await.unwrap();
        for sql in [
            "select secret from auth.second_factor",
            "select hash from auth.recovery_code",
            "delete from auth.second_factor",
            "select auth.totp('x', 1)",
            "select auth.take_code(gen_random_uuid(), '1')",
            "select auth.forgive('own', 'x', true)",
            "select setval('auth.bucket_0', 0)",
            "select nextval('auth.bucket_0')",
            "select * from auth.open_sessions(gen_random_uuid())",
        ] {
            let denied = c.execute(sql).await.expect_err(sql);
            assert_eq!(denied.as_database_error().unwrap().code().as_deref(), Some("42501"), "{sql}");
        }
    });
}

#[test]
fn a_role_that_needs_one_does_nothing_before_it_is_set_up_and_removing_asks_the_password() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let before = people::signed_in(&db, "anna").await;
        let mut c = db.superuser().await;
        sqlx::query("update clinic.setting set value = 'gp,administrator' where key = 'second_factor_roles'")
            .execute(&mut c)
            .await
            .unwrap();
        assert!(before.store.centres(&before.actor).await.is_ok(), "from the next sign-in on");
        let anna = people::signed_in(&db, "anna").await;
        assert!(anna.store.arrival().await.unwrap().must_enrol);
        assert!(matches!(anna.store.centres(&anna.actor).await, Err(Error::NoSession)));
        let key = anna.store.second_begin(None).await.unwrap().expect("no password is asked twice");
        assert!(anna.store.second_confirm("000000").await.unwrap().is_none());
        assert!(matches!(anna.store.centres(&anna.actor).await, Err(Error::NoSession)));
        assert!(anna.store.second_confirm(&code(&db, &key, 0).await).await.unwrap().is_some());
        assert!(anna.store.centres(&anna.actor).await.is_ok());
        assert_eq!(rule(before.store.second_begin(Some(b"no")).await), "second_factor_enrolled");
        assert!(!anna.store.second_remove(b"no").await.unwrap());
        assert!(anna.store.second_state().await.unwrap().enrolled.is_some());
        let proof = login::proof_of(&anna.store, "anna", secret(PASSWORD)).await.unwrap();
        assert!(anna.store.second_remove(&proof).await.unwrap());
        let state = anna.store.second_state().await.unwrap();
        assert!(state.enrolled.is_none() && state.required && state.codes_left == 0);
        assert!(matches!(before.store.who_am_i().await, Err(Error::NoSession)), "other sign-ins have ended");
        assert!(people::signed_in(&db, "anna").await.store.arrival().await.unwrap().must_enrol, "again");
        let mei = people::signed_in(&db, "mei").await;
        assert!(
            mei.store.second_begin(None).await.unwrap().is_none(),
            "nobody else begins without the password"
        );
    });
}

#[test]
fn an_administrator_takes_a_lost_one_away_which_is_logged_and_nobody_else_does() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        enrol(&db, &anna).await;
        let mei = people::signed_in(&db, "mei").await;
        let root = people::signed_in(&db, "root").await;
        let reset =
            async |by: &SignIn, of| by.store.reset_second_factor(&by.actor, RequestId::new(), of).await;
        assert_eq!(rule(reset(&mei, clinic.gp.account).await), "administrators_only");
        assert_eq!(rule(reset(&root, clinic.admin.account).await), "second_factor_own");
        assert!(reset(&root, clinic.gp.account).await.unwrap());
        assert!(matches!(anna.store.who_am_i().await, Err(Error::NoSession)));
        assert!(matches!(begin(&people::nobody(&db).await, "anna").await, Step::Open(_)));
        let mut c = db.superuser().await;
        let logged = people::count(
            &mut c,
            "select count(*) from audit.event where action = 'sign-in.second-factor' and outcome = 'done' and entity_id = $1
             and facts ->> 'step' = 'reset'",
            clinic.gp.account.0,
        );
        assert_eq!(logged.await, 1);
    });
}

#[test]
fn the_program_asks_for_the_code_after_the_password() {
    let db = fresh_database();
    let key = block_on(async {
        people::clinic(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        enrol(&db, &anna).await.0
    });
    let mut p = crate::support::program::Program::open(&db.url());
    p.wait_for("Login or e-mail");
    p.keys(&format!("anna\r{PASSWORD}\r"));
    p.wait_for("Code of your app");
    p.keys("000000\r");
    p.wait_for("That code is not right");
    p.keys(&format!("{}\r", block_on(code(&db, &key, 0))));
    p.wait_for("anna · ");
}

//! Sign-ins listed and ended; whatever ends one, its open connections are nobody at their next statement.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, PASSWORD},
};
use praxis::{
    auth::login,
    domain::ids::RequestId,
    store::{Change, Error, SignIn},
};
use sqlx::{Connection as _, PgConnection};
use zeroize::Zeroizing;

/// A connection past the program with a session of this person, inside a transaction that has already read.
async fn in_the_middle(db: &Db, login: &str) -> PgConnection {
    let store = people::nobody(db).await;
    let proof = login::proof_of(&store, login, Zeroizing::new(PASSWORD.to_owned())).await.unwrap();
    let mut c = PgConnection::connect_with(&db.options("praxis_app")).await.unwrap();
    let token: String = sqlx::query_scalar("select token from auth.open($1, $2, '')")
        .bind(login)
        .bind(proof.as_slice())
        .fetch_one(&mut c)
        .await
        .unwrap();
    sqlx::query("select set_config('praxis.token', $1, false)").bind(token).execute(&mut c).await.unwrap();
    sqlx::query("begin").execute(&mut c).await.unwrap();
    assert!(patients(&mut c).await > 0, "{login} sees patients");
    c
}

async fn patients(c: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select count(*) from clinic.patient").fetch_one(c).await.unwrap()
}

#[test]
fn whatever_revokes_somebody_holds_at_the_next_statement_of_a_transaction_that_is_under_way() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut owner = db.superuser().await;
        for (what, sql) in [
            ("disabling", "update clinic.account set deactivated_at = now() where login = 'anna'"),
            ("another role", "update clinic.account set role = 'nurse' where login = 'nina2'"),
            (
                "a password reset",
                "update auth.session set ended_at = now() where account_id = (select id from clinic.account where login = 'anna')",
            ),
            (
                "a lock",
                "update auth.session set locked_at = now() where account_id = (select id from clinic.account where login = 'anna')",
            ),
        ] {
            sqlx::raw_sql("update clinic.account set deactivated_at = null, deactivated_why = null, reactivated_why = '\\x01'::bytea || sha256(clock_timestamp()::text::bytea) where login = 'anna'")
                .execute(&mut owner)
                .await
                .unwrap();
            let login = if what == "another role" { "mei" } else { "anna" };
            let sql = sql.replace("nina2", "mei");
            let mut c = in_the_middle(&db, login).await;
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut owner).await.unwrap();
            assert_eq!(patients(&mut c).await, 0, "{what}");
        }
    });
}

#[test]
fn a_transaction_with_an_old_picture_of_the_database_is_nobody() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut c = in_the_middle(&db, "anna").await;
        for level in ["repeatable read", "serializable"] {
            sqlx::raw_sql("rollback").execute(&mut c).await.unwrap();
            let begin = format!("begin isolation level {level}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(begin)).execute(&mut c).await.unwrap();
            assert_eq!(patients(&mut c).await, 0, "{level}");
        }
    });
}

#[test]
fn a_sign_in_that_is_not_committed_reads_nothing() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let store = people::nobody(&db).await;
        let proof = login::proof_of(&store, "anna", Zeroizing::new(PASSWORD.to_owned())).await.unwrap();
        let mut c = PgConnection::connect_with(&db.options("praxis_app")).await.unwrap();
        // Read, and roll the sign-in back with its event in the log: there would be no trace of who read.
        for savepoint in ["", "; savepoint a"] {
            let begin = format!("begin{savepoint}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(begin)).execute(&mut c).await.unwrap();
            let outcome: String = sqlx::query_scalar("select outcome from auth.open('anna', $1, '')")
                .bind(proof.as_slice())
                .fetch_one(&mut c)
                .await
                .unwrap();
            assert_eq!((outcome.as_str(), patients(&mut c).await), ("open", 0));
            sqlx::raw_sql("rollback").execute(&mut c).await.unwrap();
        }
    });
}

fn of(who: &SignIn) -> praxis::domain::ids::AccountId {
    who.actor.account
}

#[test]
fn one_lists_ones_own_sign_ins_and_ends_one_or_all_others() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let [one, two, three] = [
            people::signed_in(&db, "anna").await,
            people::signed_in(&db, "anna").await,
            people::signed_in(&db, "anna").await,
        ];
        let mei = people::signed_in(&db, "mei").await;
        let rows = two.store.sign_ins(&two.actor, of(&two), true).await.unwrap();
        assert_eq!(
            rows.iter().map(|r| r.id).collect::<Vec<_>>(),
            [&three, &two, &one].map(|s| s.actor.session)
        );
        assert_eq!(rows.iter().map(|r| r.this).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(rows[0].centre.as_deref().or(Some("none")), Some("none"), "no centre was chosen yet");
        assert!(rows.iter().all(|r| r.seen >= r.since && !r.locked));
        let refused = mei.store.sign_ins(&mei.actor, of(&two), false).await.unwrap_err();
        assert!(matches!(&refused, Error::Refused(w) if w.rule == "administrators_only"), "{refused}");
        let foreign =
            mei.store.end_sign_in(&mei.actor, RequestId::new(), one.actor.session).await.unwrap_err();
        assert!(matches!(&foreign, Error::Refused(w) if w.rule == "administrators_only"), "{foreign}");

        assert!(two.store.end_sign_in(&two.actor, RequestId::new(), one.actor.session).await.unwrap());
        assert!(!two.store.end_sign_in(&two.actor, RequestId::new(), one.actor.session).await.unwrap());
        assert!(matches!(one.store.centres(&one.actor).await, Err(Error::NoSession)));
        assert!(three.store.centres(&three.actor).await.is_ok());
        let four = people::signed_in(&db, "anna").await;
        assert_eq!(two.store.end_other_sign_ins(&two.actor, RequestId::new()).await.unwrap(), 2);
        assert!(matches!(three.store.who_am_i().await, Err(Error::NoSession)));
        assert!(matches!(four.store.who_am_i().await, Err(Error::NoSession)));
        assert!(two.store.centres(&two.actor).await.is_ok() && mei.store.centres(&mei.actor).await.is_ok());

        let root = people::signed_in(&db, "root").await;
        let seen = root.store.sign_ins(&root.actor, of(&two), true).await.unwrap();
        assert_eq!((seen.len(), seen[0].this), (1, false));
        assert!(root.store.end_sign_in(&root.actor, RequestId::new(), two.actor.session).await.unwrap());
        assert!(matches!(two.store.who_am_i().await, Err(Error::NoSession)));
        let mut c = db.superuser().await;
        let by_root = people::count(
            &mut c,
            "select count(*) from audit.event where action = 'sign-in.end' and outcome = 'done' and account_id = $1",
            root.actor.account.0,
        );
        assert_eq!(by_root.await, 1);
    });
}

#[test]
fn who_is_ended_hears_of_it_and_who_signs_in_twice_hears_of_that() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let one = people::signed_in(&db, "anna").await;
        let mut heard = one.store.listen();
        while heard.recv().await.unwrap() != Change::Everything {}
        let two = people::signed_in(&db, "anna").await;
        let next = async |heard: &mut tokio::sync::mpsc::UnboundedReceiver<Change>, entity: &str| loop {
            if let Change::Row(row) = heard.recv().await.unwrap()
                && row.entity == entity
            {
                return row;
            }
        };
        let told = next(&mut heard, "signed_in").await;
        assert_eq!((told.id, told.session), (Some(of(&two).0), Some(two.actor.session.0)));
        two.store.end_sign_in(&two.actor, RequestId::new(), one.actor.session).await.unwrap();
        assert_eq!(next(&mut heard, "sign_in_ended").await.id, Some(one.actor.session.0));
    });
}

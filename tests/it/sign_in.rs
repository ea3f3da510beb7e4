//! Guessing is slowed down whatever is tried against it, and never keeps anybody out for more than a minute.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, PASSWORD},
};
use praxis::{
    auth::{
        login::{self, Step},
        password,
        source::Source,
    },
    store::Error,
};
use sqlx::{Connection as _, PgConnection, Row as _};
use uuid::Uuid;
use zeroize::Zeroizing;

async fn raw(db: &Db) -> PgConnection {
    PgConnection::connect_with(&db.options("praxis_app")).await.expect("a connection")
}

/// The proof of everybody's password under the salt of this login.
async fn proof(c: &mut PgConnection, login: &str) -> Vec<u8> {
    let row =
        sqlx::query("select salt, params from auth.challenge($1)").bind(login).fetch_one(c).await.unwrap();
    password::prove(PASSWORD, row.get(0), row.get(1)).unwrap().to_vec()
}

/// One try past the program: its outcome and how long to wait.
async fn attempt(c: &mut PgConnection, login: &str, proof: &[u8], claim: &str) -> (String, i32) {
    let row = sqlx::query("select outcome, wait_seconds from auth.open($1, $2, $3)")
        .bind(login)
        .bind(proof)
        .bind(claim)
        .fetch_one(c)
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

/// What a test changes in every bucket of the throttle, as the owner could: how long ago the failures were.
async fn buckets_back(db: &Db, tenths: i64) {
    let mut c = db.superuser().await;
    sqlx::query(
        "select setval(format('auth.bucket_%s', n)::regclass, greatest(0, v - ($1::bigint << 5)))
           from generate_series(0, 159) n, lateral (select pg_sequence_last_value(format('auth.bucket_%s', n)::regclass) v) x where v > 0",
    )
    .bind(tenths)
    .fetch_all(&mut c)
    .await
    .unwrap();
}

/// Whether what is counted for two is counted together.
async fn shares_a_bucket(owner: &mut PgConnection, pool: &str, one: Uuid, other: Uuid) -> bool {
    sqlx::query_scalar("select auth.bucket($1, $2::text) = auth.bucket($1, $3::text)")
        .bind(pool)
        .bind(one)
        .bind(other)
        .fetch_one(owner)
        .await
        .unwrap()
}

#[test]
fn guesses_of_a_code_are_forgiven_by_no_other_success_even_in_the_same_bucket() {
    let db = fresh_database();
    block_on(async {
        let mut owner = db.superuser().await;
        let (victim, mut stranger) = (Uuid::now_v7(), Uuid::now_v7());
        while !shares_a_bucket(&mut owner, "second", victim, stranger).await {
            stranger = Uuid::now_v7();
        }
        let mut count = async |who: Uuid, success: bool| -> i32 {
            let wait = sqlx::query_scalar("select auth.attempt('second', $1::text, 5)")
                .bind(who)
                .fetch_one(&mut owner)
                .await
                .unwrap();
            if success {
                sqlx::query("select auth.forgive('second', $1::text, false)")
                    .bind(who)
                    .execute(&mut owner)
                    .await
                    .unwrap();
            }
            wait
        };
        for _ in 0..4 {
            assert_eq!(count(victim, false).await, 0);
        }
        assert_eq!(count(stranger, true).await, 0);
        assert_eq!(count(victim, false).await, 0, "the fifth");
        assert_eq!(count(victim, false).await, 1, "the sixth waits");
        // The pools of sign-ins are others: a right password forgives no code.
        let together: i64 = sqlx::query_scalar(
            "select count(*) from generate_series(1, 500) n, (values ('own'), ('account'), ('pair'), ('address'), ('session')) p (pool)
              where auth.bucket(p.pool, n::text) in (select auth.bucket('second', m::text) from generate_series(1, 500) m)",
        )
        .fetch_one(&mut owner)
        .await
        .unwrap();
        assert_eq!(together, 0);
    });
}

#[test]
fn who_rolls_a_failure_back_or_claims_another_source_has_been_counted_all_the_same() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut c = raw(&db).await;
        let mut wrong = 0;
        let mut wait = 0;
        for n in 0..40 {
            let mut tx = c.begin().await.unwrap();
            match attempt(&mut tx, "anna", b"no", &format!("ssh 203.0.113.{n}")).await {
                (outcome, 0) if outcome == "wrong" => wrong += 1,
                (outcome, seconds) => {
                    assert_eq!(outcome, "wait");
                    wait = wait.max(seconds);
                }
            }
            tx.rollback().await.unwrap();
        }
        // Ten for the account whatever is claimed; one more may come when the first second has passed.
        assert!((10..=12).contains(&wrong), "{wrong} tries were looked at");
        assert!((1..=4).contains(&wait), "{wait}");
        let mut c = db.superuser().await;
        let failures: i64 =
            sqlx::query_scalar("select count(*) from auth.failure").fetch_one(&mut c).await.unwrap();
        assert_eq!(failures, 0, "the rows were rolled back, which is the point");
    });
}

#[test]
fn many_at_once_get_no_more_tries_than_one_after_the_other() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut all = vec![];
        for _ in 0..12 {
            all.push(raw(&db).await);
        }
        let tries = all.into_iter().map(|mut c| async move {
            let mut looked_at = 0;
            for _ in 0..4 {
                looked_at += i32::from(attempt(&mut c, "anna", b"no", "").await.0 == "wrong");
            }
            looked_at
        });
        let looked_at: i32 = futures::future::join_all(tries).await.into_iter().sum();
        assert!((5..=7).contains(&looked_at), "{looked_at} of 48 were looked at");
    });
}

#[test]
fn many_accounts_tried_from_one_source_wait_too() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut c = raw(&db).await;
        let mut looked_at = 0;
        for n in 0..60 {
            looked_at += i32::from(attempt(&mut c, &format!("login{n}"), b"no", "").await.0 == "wrong");
        }
        assert!((20..=22).contains(&looked_at), "{looked_at} of 60 were looked at");
    });
}

#[test]
fn a_stranger_who_hammers_does_not_make_the_doctor_wait() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut c = raw(&db).await;
        let right = proof(&mut c, "anna").await;
        assert_eq!(attempt(&mut c, "anna", &right, "ssh 198.51.100.7").await.0, "open");
        let garys = proof(&mut c, "gary").await;
        // Where the hash puts gary into another bucket than anna's.
        let here: String = sqlx::query_scalar(
            "with own as (select a.login, s.place, auth.bucket('own', concat_ws(' ', a.id, 'local', s.place)) as bucket
                            from clinic.account a, (select 'ssh 198.51.100.' || n from generate_series(7, 60) n) s (place))
             select g.place from own g where g.login = 'gary'
                and g.bucket <> (select a.bucket from own a where a.login = 'anna' and a.place = 'ssh 198.51.100.7') limit 1",
        )
        .fetch_one(&mut db.superuser().await)
        .await
        .unwrap();
        assert_eq!(attempt(&mut c, "gary", &garys, &here).await.0, "open");
        for n in 0..60 {
            attempt(&mut c, "anna", b"no", &format!("ssh 192.0.2.{}", 1 + n % 3)).await;
        }
        assert_eq!(attempt(&mut c, "anna", b"no", "ssh 192.0.2.1").await.0, "wait");
        assert_eq!(attempt(&mut c, "anna", &right, "ssh 198.51.100.7").await, ("open".into(), 0));
        // Who makes the doctor's own address up shares the doctor's bucket: a minute at most.
        for _ in 0..20 {
            attempt(&mut c, "anna", b"no", "ssh 198.51.100.7").await;
        }
        assert!(attempt(&mut c, "anna", &right, "ssh 198.51.100.7").await.1 <= 60);
        // A colleague who was here before does not wait either.
        assert_eq!(attempt(&mut c, "gary", &garys, &here).await, ("open".into(), 0));
    });
}

#[test]
fn a_wait_grows_to_a_minute_and_no_further_and_trying_during_it_does_not_lengthen_it() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut c = raw(&db).await;
        let right = proof(&mut c, "anna").await;
        assert_eq!(attempt(&mut c, "anna", &right, "").await.0, "open");
        let mut waits = vec![];
        for _ in 0..16 {
            let (outcome, wait) = attempt(&mut c, "anna", b"no", "").await;
            if outcome == "wait" {
                waits.push(wait);
                for _ in 0..5 {
                    assert!(attempt(&mut c, "anna", &right, "").await.1 <= wait);
                }
                buckets_back(&db, i64::from(wait) * 10).await;
                assert_eq!(attempt(&mut c, "anna", b"no", "").await.0, "wrong");
            }
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60], "{waits:?}");
        buckets_back(&db, 600).await;
        assert_eq!(attempt(&mut c, "anna", &right, "").await.0, "open");
        assert_eq!(attempt(&mut c, "anna", b"no", "").await.0, "wrong", "a success forgives");
    });
}

#[test]
fn a_clock_that_was_set_back_locks_nobody_out_and_the_legal_clock_shortens_no_wait() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut c = raw(&db).await;
        for _ in 0..6 {
            attempt(&mut c, "anna", b"no", "").await;
        }
        assert_eq!(attempt(&mut c, "anna", b"no", "").await.0, "wait");
        let mut owner = db.superuser().await;
        sqlx::query("update clinic.clock set shift = interval '30 days'").execute(&mut owner).await.unwrap();
        assert_eq!(attempt(&mut c, "anna", b"no", "").await.0, "wait");
        // The failures lie in the future now: as after a clock that ran ahead was put right.
        buckets_back(&db, -36_000).await;
        let right = proof(&mut c, "anna").await;
        assert_eq!(attempt(&mut c, "anna", &right, "").await.0, "open");
    });
}

#[test]
fn an_attempt_broken_off_half_way_holds_nobody_up() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let mut owner = db.superuser().await;
        // A claim that was never finished, in every bucket.
        sqlx::query("select nextval(format('auth.bucket_%s', n)::regclass) from generate_series(0, 159) n")
            .fetch_all(&mut owner)
            .await
            .unwrap();
        let mut c = raw(&db).await;
        let right = proof(&mut c, "anna").await;
        assert_eq!(attempt(&mut c, "anna", &right, "").await.0, "open");
    });
}

#[test]
fn unlocking_and_changing_the_password_count_too_each_for_its_own_session() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let one = people::signed_in(&db, "anna").await;
        let mut owner = db.superuser().await;
        // Sessions are random, and a bucket holds many of them: a session of another one.
        let mut two = people::signed_in(&db, "anna").await;
        while shares_a_bucket(&mut owner, "session", one.actor.session.0, two.actor.session.0).await {
            two = people::signed_in(&db, "anna").await;
        }
        one.store.lock().await.unwrap();
        for _ in 0..5 {
            assert!(!one.store.unlock(b"no").await.unwrap());
        }
        let refused = one.store.unlock(b"no").await.unwrap_err();
        assert!(matches!(&refused, Error::Refused(why) if why.rule == "sign_in_wait"), "{refused}");
        let mut c = raw(&db).await;
        let right = proof(&mut c, "anna").await;
        assert!(
            two.store.password_is(&right).await.unwrap(),
            "another session of the person waits for nothing"
        );
        for _ in 0..5 {
            assert!(!two.store.change_password(b"no", b"salt", "m=8,t=1,p=1", b"v").await.unwrap());
        }
        assert!(two.store.change_password(&right, b"salt", "m=8,t=1,p=1", b"v").await.is_err());
        buckets_back(&db, 20).await;
        assert!(one.store.unlock(&right).await.unwrap());
    });
}

#[test]
fn arriving_one_is_told_the_last_time_the_failures_since_and_what_else_is_open() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let first = people::signed_in(&db, "anna").await;
        let arrival = first.store.arrival().await.unwrap();
        assert_eq!((arrival.last, arrival.failures, arrival.others, arrival.must_enrol), (None, 0, 0, false));
        let mut c = raw(&db).await;
        for _ in 0..3 {
            attempt(&mut c, "ANNA@praxis.example", b"no", "ssh 192.0.2.9").await;
        }
        let second = people::signed_in(&db, "anna").await.store.arrival().await.unwrap();
        assert_eq!((second.failures, second.others), (3, 1));
        assert_eq!(second.last.unwrap().from, "local");
        assert!(second.other.is_some());
        assert_eq!(second.lock_after.unwrap().as_secs(), 600);
        let third = people::signed_in(&db, "anna").await.store.arrival().await.unwrap();
        assert_eq!((third.failures, third.others), (0, 2), "told once");
        let root = people::signed_in(&db, "root").await.store.arrival().await.unwrap();
        assert_eq!(root.lock_after.unwrap().as_secs(), 300);
    });
}

#[test]
fn what_ssh_says_is_kept_as_a_claim_beside_the_servers_address() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let store = people::nobody(&db).await;
        let source = Source { address: Some("203.0.113.5".parse().unwrap()), key: Some("SHA256:abc".into()) };
        let password = Zeroizing::new(PASSWORD.to_owned());
        let Step::Open(anna) = login::begin(&store, "anna", password, &source).await.unwrap() else {
            panic!("no second factor was set up")
        };
        let open = anna.store.sign_ins(&anna.actor, anna.actor.account, true).await.unwrap();
        assert_eq!((open.len(), open[0].address.as_str()), (1, "local"));
        assert_eq!(open[0].claimed.as_deref(), Some("ssh 203.0.113.5"));
        assert_eq!(open[0].key.as_deref(), Some("SHA256:abc"));
        let mut c = db.superuser().await;
        let facts: serde_json::Value = sqlx::query_scalar(
            "select facts from audit.event where action = 'sign-in.open' and account_id = $1",
        )
        .bind(anna.actor.account.0)
        .fetch_one(&mut c)
        .await
        .unwrap();
        assert_eq!(
            facts,
            serde_json::json!({ "address": "local", "claimed": "ssh 203.0.113.5", "key": "SHA256:abc" })
        );
    });
}

#[test]
fn a_sign_in_under_stronger_parameters_stores_the_same_password_under_them() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let store = people::nobody(&db).await;
        let params = async || {
            let mut c = db.superuser().await;
            sqlx::query_scalar::<_, String>("select params from auth.credential where account_id = $1")
                .bind(clinic.gp.account.0)
                .fetch_one(&mut c)
                .await
                .unwrap()
        };
        let enter = async |wanted: &str| {
            let password = Zeroizing::new(PASSWORD.to_owned());
            login::begin_with(&store, "anna", password, &Source::default(), wanted).await.map(drop)
        };
        enter("m=8,t=1,p=1").await.unwrap();
        assert_eq!(params().await, "m=8,t=1,p=1");
        enter("m=16,t=2,p=1").await.unwrap();
        assert_eq!(params().await, "m=16,t=2,p=1");
        enter("m=8,t=1,p=1").await.unwrap();
        assert_eq!(params().await, "m=16,t=2,p=1", "never weaker");
    });
}

//! A new key-encryption key: broken off anywhere nothing is lost, and programs that hold both keys read throughout.
use super::{room, with_keys};
use crate::support::{
    cluster::{Db, fresh_database},
    people, wait_until,
};
use praxis::{
    auth::login,
    store::{
        System,
        sealed::{Kek, KekSource, add_key, make_key_file},
    },
};
use sqlx::Connection as _;
use std::{
    future::Future as _,
    pin::pin,
    process::{Command, Stdio},
    task::{Context, Poll},
};

fn old() -> Kek {
    Kek::from_bytes([7; 32])
}

fn new() -> Kek {
    Kek::from_bytes([8; 32])
}

/// Both keys, the new one first.
fn both() -> KekSource {
    KekSource::of(vec![new(), old()])
}

async fn system(db: &Db) -> System {
    System::new(db.superuser().await, "tester").await.unwrap()
}

/// Rotates until it has been looked after `polls` times, then drops it where it stands; true when it was done before.
async fn rotate_until(db: &Db, polls: u32) -> bool {
    let mut system = system(db).await;
    let keys = both();
    let mut rotation = pin!(system.rotate_in(&keys, 3));
    let mut left = polls;
    std::future::poll_fn(|cx: &mut Context<'_>| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        rotation.as_mut().poll(cx).map(|done| {
            done.expect("it rotates");
            true
        })
    })
    .await
}

/// How many places a run is killed at; PRAXIS_FAULTS raises it.
fn points() -> u32 {
    let more = std::env::var("PRAXIS_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    200.max(more)
}

#[tokio::test]
async fn a_rotation_killed_at_two_hundred_points_leaves_every_text_readable_and_is_taken_up_again() {
    let mut r = room().await;
    r.note("a title", "the body").await;
    let patients: Vec<uuid::Uuid> = (0..30).map(|_| uuid::Uuid::now_v7()).collect();
    sqlx::query("insert into clinic.patient (id, family_name) select p, 'Many' from unnest($1::uuid[]) p")
        .bind(&patients)
        .execute(&mut r.w)
        .await
        .unwrap();
    let keys = crate::support::keys();
    praxis::store::sealed::BulkKeys::of(&mut r.w, &keys, patients.into_iter().collect()).await.unwrap();
    let reader = with_keys(&r.db, both()).await.unwrap();
    let anna = login::sign_in(&reader, "anna", people::PASSWORD.to_owned().into(), "test").await.unwrap();
    let signed = "select md5(string_agg(n::text, '' order by n.id)) from clinic.note n";
    let before: String = sqlx::query_scalar(signed).fetch_one(&mut r.w).await.unwrap();

    let mut looking = system(&r.db).await;
    let (mut killed, mut runs, mut polls) = (0, 0, 0);
    while killed < points() {
        polls += 1;
        if rotate_until(&r.db, polls).await {
            runs += 1;
            let status = looking.key_status(&KekSource::of(vec![new()])).await.unwrap();
            assert_eq!(status.needed, [new().id()]);
            assert_eq!((status.wraps[0].1, status.unreadable), (31, 0));
            // Back to the old key, by a rotation too, for the next round.
            let back = KekSource::of(vec![old(), new()]);
            assert_eq!(looking.rotate_keys(&back).await.unwrap(), 31);
            polls = 0;
            continue;
        }
        killed += 1;
        let status = looking.key_status(&both()).await.unwrap();
        assert_eq!(status.unreadable, 0, "killed after {polls} polls");
        assert_eq!(status.wraps.iter().map(|w| w.1).sum::<i64>(), 31);
        if killed % 10 == 0 {
            anna.store.lock().await.unwrap();
            let again =
                login::sign_in(&reader, "anna", people::PASSWORD.to_owned().into(), "test").await.unwrap();
            let notes = again.store.notes(&again.actor, r.visit).await.unwrap();
            assert_eq!(notes[0].body, "the body", "killed after {polls} polls");
        }
    }
    assert!(runs > 0, "no run came to its end");
    let after: String = sqlx::query_scalar(signed).fetch_one(&mut r.w).await.unwrap();
    assert_eq!(after, before, "no row of text was touched");
}

#[tokio::test]
async fn a_program_that_has_only_the_old_key_goes_on_until_the_end_and_a_rotation_needs_both() {
    let r = room().await;
    r.note("", "the body").await;
    let only_new = KekSource::of(vec![new()]);
    let refused = system(&r.db).await.rotate_keys(&only_new).await;
    assert!(matches!(refused, Err(praxis::store::Error::Keys(_))), "{refused:?}");
    let status = system(&r.db).await.key_status(&crate::support::keys()).await.unwrap();
    assert_eq!((status.needed.as_slice(), status.unreadable), ([old().id().to_owned()].as_slice(), 0));
    system(&r.db).await.rotate_keys(&both()).await.unwrap();
    assert!(with_keys(&r.db, crate::support::keys()).await.is_err(), "the old key is not enough any more");
    let store = with_keys(&r.db, only_new).await.unwrap();
    let anna = login::sign_in(&store, "anna", people::PASSWORD.to_owned().into(), "test").await.unwrap();
    assert_eq!(anna.store.notes(&anna.actor, r.visit).await.unwrap()[0].body, "the body");
}

#[tokio::test]
async fn what_is_older_than_the_first_key_is_sealed_by_command_signed_visits_too() {
    let mut r = room().await;
    for statement in [
        "set session_replication_role = 'replica'",
        "update clinic.encounter set chief_complaint = '\\x00' || 'of before'::bytea, state = 'signed', signed_at = now(), signed_by = author",
        "insert into clinic.note (id, encounter_id, patient_id, body, author) select gen_random_uuid(), id, patient_id, '\\x00' || 'a note'::bytea, author from clinic.encounter",
        "insert into clinic.service_request (id, encounter_id, patient_id, name, specimen, ordered_at, author) select gen_random_uuid(), id, patient_id, '\\x00', '\\x00' || 'blood'::bytea, now(), author from clinic.encounter",
        "update clinic.account set deactivated_why = '\\x00' || 'left'::bytea where login = 'gary'",
        "update clinic.appointment set status_why = '\\x00' || 'moved'::bytea",
        "insert into clinic.appointment_event (appointment_id, at, to_status, to_starts_at, to_provider_id, why) select id, now(), status, starts_at, provider_id, status_why from clinic.appointment",
        "set session_replication_role = 'origin'",
    ] {
        sqlx::query(statement).execute(&mut r.w).await.unwrap();
    }
    let keys = crate::support::keys();
    assert_eq!(system(&r.db).await.key_status(&keys).await.unwrap().plain, 6);
    assert_eq!(system(&r.db).await.seal_old_texts(&keys).await.unwrap(), 6);
    assert_eq!(system(&r.db).await.key_status(&keys).await.unwrap().plain, 0);
    assert_eq!(r.read().await.1, "a note");
    let visit = r.anna.store.visit(&r.anna.actor, r.visit, false).await.unwrap();
    assert_eq!(visit.chief_complaint, "of before");
    let visit_ref = praxis::domain::record::VisitRef { encounter: r.visit, patient: r.clinic.jack };
    let tests = r.anna.store.visit_tests(&r.anna.actor, visit_ref, false).await.unwrap();
    assert_eq!(tests.orders[0].what.specimen.as_deref(), Some("blood"));
    let mei = people::signed_in(&r.db, "mei").await;
    let board = mei.store.board(&mei.actor, r.clinic.randwick, r.clinic.today, false).await.unwrap();
    let (_, steps) = mei.store.appointment(&mei.actor, board.rows[0].appointment, false).await.unwrap();
    assert!(steps.iter().any(|s| s.why == "moved"), "{steps:?}");
    // The rules of change are in force again.
    let refused = sqlx::query("update clinic.note set title = '\\x00'").execute(&mut r.w).await.unwrap_err();
    assert!(refused.to_string().contains("signed_is_signed"), "{refused}");
}

#[tokio::test]
async fn a_specimen_that_was_plain_is_kept_and_waits_to_be_sealed() {
    let db = crate::support::cluster::empty_database();
    let mut w = db.superuser().await;
    async fn apply(w: &mut sqlx::PgConnection, from: i64, to: i64) {
        for m in praxis::server::MIGRATOR.iter().filter(|m| (from..to).contains(&m.version)) {
            let mut tx = w.begin().await.unwrap();
            sqlx::raw_sql(m.sql.clone()).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
    sqlx::raw_sql(
        "create extension btree_gist; create extension pg_trgm; create extension unaccent; create extension pgcrypto;
         grant usage on schema public to praxis_owner",
    )
    .execute(&mut w)
    .await
    .unwrap();
    apply(&mut w, 1, 18).await;
    sqlx::raw_sql(
        "set session_replication_role = 'replica';
         insert into clinic.service_request (id, encounter_id, patient_id, name, specimen, ordered_at, author)
         select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '\\x00', x, now(), gen_random_uuid()
           from unnest(array['wound swab', null]) x;
         set session_replication_role = 'origin'",
    )
    .execute(&mut w)
    .await
    .unwrap();
    apply(&mut w, 18, i64::MAX).await;
    let specimens = "select specimen from clinic.service_request order by specimen nulls last";
    let kept: Vec<Option<Vec<u8>>> = sqlx::query_scalar(specimens).fetch_all(&mut w).await.unwrap();
    assert_eq!(kept, [Some(b"\0wound swab".to_vec()), None]);
    let plain: i64 = sqlx::query_scalar("select clinic.plain_texts()").fetch_one(&mut w).await.unwrap();
    assert_eq!(plain, 1);
}

fn praxis(db: &Db, file: &std::path::Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_praxis"));
    command.args(args).env_clear().env("HOME", "/nonexistent").env("PRAXIS_LOG_FILE", "/dev/null");
    command.env("PRAXIS_DATABASE_URL", db.url_as("postgres")).env("PRAXIS_SEALING_KEY_FILE", file);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn the_command_is_killed_for_real_and_done_again() {
    let db = fresh_database();
    let folder = std::env::temp_dir().join(format!("{}-{}-keys", db.name, std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("key");
    make_key_file(&file).unwrap();
    let count = |sql: &'static str| {
        crate::support::cluster::block_on(async {
            let mut c = db.superuser().await;
            sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut c).await.unwrap()
        })
    };
    crate::support::cluster::block_on(async {
        let mut w = people::writer(&db).await;
        let patients: Vec<uuid::Uuid> = (0..3000).map(|_| uuid::Uuid::now_v7()).collect();
        sqlx::query(
            "insert into clinic.patient (id, family_name) select p, 'Many' from unnest($1::uuid[]) p",
        )
        .bind(&patients)
        .execute(&mut w)
        .await
        .unwrap();
        let keys = KekSource::file(&file).unwrap();
        praxis::store::sealed::BulkKeys::of(&mut w, &keys, patients.into_iter().collect()).await.unwrap();
    });
    for _ in 0..3 {
        add_key(&file).unwrap();
        let mut child = praxis(&db, &file, &["keys", "rotate"]).spawn().unwrap();
        wait_until("some keys to be wrapped anew", || {
            let kinds = count("select count(distinct kek) from clinic.patient_key");
            (kinds > 1 || child.try_wait().unwrap().is_some()).then_some(())
        });
        child.kill().ok();
        child.wait().unwrap();
        let status = praxis(&db, &file, &["keys", "status", "--json"]).output().unwrap();
        let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
        assert_eq!(status["unreadable"], 0, "{status}");
        let done = praxis(&db, &file, &["keys", "rotate"]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(count("select count(distinct kek) from clinic.patient_key"), 1);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

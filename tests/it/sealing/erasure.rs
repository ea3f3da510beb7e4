//! A record is erased by two administrators together, when it need not be kept any more; then nobody reads it.
use super::room;
use crate::support::{cluster::fresh_database, people};
use praxis::{
    auth::login,
    domain::ids::RequestId,
    store::{Error, SignIn},
};

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why)) => {
            assert!(!why.sentence.contains("A rule of the database"), "no sentence for {}", why.rule);
            why.rule
        }
        other => panic!("not refused: {other:?}"),
    }
}

async fn propose(who: &SignIn, patient: praxis::domain::ids::PatientId) -> Result<(), Error> {
    who.store.propose_erasure(&who.actor, RequestId::new(), patient).await
}

async fn confirm_with(
    who: &SignIn,
    patient: praxis::domain::ids::PatientId,
    password: &str,
) -> Result<(), Error> {
    let proof = login::proof(&who.store, &who.actor.login, password.to_owned().into()).await.unwrap();
    who.store.confirm_erasure(&who.actor, RequestId::new(), patient, proof.to_vec()).await.map(drop)
}

async fn confirm(who: &SignIn, patient: praxis::domain::ids::PatientId) -> Result<(), Error> {
    confirm_with(who, patient, people::PASSWORD).await
}

#[tokio::test]
async fn two_administrators_erase_a_record_that_need_not_be_kept_and_nobody_reads_it_again() {
    let mut r = room().await;
    let (jack, days) = (r.clinic.jack, [r.clinic.today, r.clinic.tomorrow]);
    r.note("a title", "the body").await;
    people::person(&mut r.w, "ruth", "administrator", ("Key", "Ruth"), r.clinic.randwick, None, days).await;
    sqlx::query("insert into auth.credential select (select id from clinic.account where login = 'ruth'), salt, params, verifier
                   from auth.credential where account_id = $1 on conflict do nothing")
        .bind(r.clinic.admin.account.0)
        .execute(&mut r.w)
        .await
        .unwrap();
    let (root, ruth) = (people::signed_in(&r.db, "root").await, people::signed_in(&r.db, "ruth").await);
    let mei = people::signed_in(&r.db, "mei").await;
    let board = mei.store.board(&mei.actor, r.clinic.randwick, r.clinic.today, false).await.unwrap();
    assert_eq!(board.rows[0].reason, "blood test");

    assert_eq!(rule(propose(&mei, jack).await), "erasure_role");
    assert_eq!(rule(propose(&root, jack).await), "retention_not_ended");
    // What about him is sealed with the organisation's key: an emergency's reason, and a paper that was never printed.
    sqlx::raw_sql(
        "set session_replication_role = 'replica';
         insert into clinic.emergency (id, patient_id, provider_id, account_id, appointment_id, reason, opened_at, until, ended_at, due_on, overdue_from, review_note)
         select gen_random_uuid(), e.patient_id, e.provider_id, e.author, e.appointment_id, '\\x0161', now(), now() + interval '1 hour', now(), now(), now(), '\\x0162'
           from clinic.encounter e;
         insert into clinic.print_job (id, centre_id, patient_id, kind, content, made_by, made_at)
         select gen_random_uuid(), e.centre_id, e.patient_id, 'letter', '\\x0163', e.author, now() from clinic.encounter e;
         set session_replication_role = 'origin'",
    )
    .execute(&mut r.w)
    .await
    .unwrap();
    // He was last seen twelve years ago and is older than 25.
    sqlx::raw_sql(
        "set session_replication_role = 'replica';
         update clinic.patient set created_at = '2012-01-01';
         update clinic.encounter set day = '2014-01-01';
         update clinic.appointment set day = '2014-01-01', starts_at = '2014-01-01 09:00+10', ends_at = '2014-01-01 09:30+10',
                status = 'completed', ended_at = '2014-01-01 09:30+10';
         set session_replication_role = 'origin'",
    )
    .execute(&mut r.w)
    .await
    .unwrap();
    assert_eq!(
        rule(propose(&root, r.clinic.omar).await),
        "retention_not_ended",
        "a child's is kept until 25"
    );
    assert_eq!(rule(confirm(&ruth, jack).await), "erasure_not_proposed");
    propose(&root, jack).await.unwrap();
    assert_eq!(rule(propose(&ruth, jack).await), "erasure_already_proposed");
    assert_eq!(rule(confirm(&root, jack).await), "erasure_needs_second");
    let stands = root.store.erasure(&root.actor, 1).await.unwrap();
    assert!(stands.proposed.is_some_and(|(_, _, mine)| mine) && stands.erased_at.is_none());
    assert!(ruth.store.withdraw_erasure(&ruth.actor, RequestId::new(), jack).await.unwrap());
    assert_eq!(rule(confirm(&ruth, jack).await), "erasure_not_proposed");
    assert_eq!(r.read().await.1, "the body");
    propose(&root, jack).await.unwrap();
    assert_eq!(rule(confirm_with(&ruth, jack, "another password").await), "step_up_wrong");
    confirm(&ruth, jack).await.unwrap();

    let gone = "sealed: this record's key was destroyed on 2026-03-11";
    let anna = people::signed_in(&r.db, "anna").await;
    let notes = anna.store.notes(&anna.actor, r.visit).await.unwrap();
    assert_eq!((notes[0].title.as_str(), notes[0].body.as_str()), (gone, gone));
    let visit = anna.store.visit(&anna.actor, r.visit, true).await.unwrap();
    assert_eq!(visit.chief_complaint, gone);
    // Reception's program that hears of it forgets the key too (below); this one signs in anew.
    let mei = people::signed_in(&r.db, "mei").await;
    let profile = mei.store.patient_profile(&mei.actor, jack, true).await.unwrap();
    assert!(
        profile.past.iter().any(|a| a.reason == gone) || profile.upcoming.iter().any(|a| a.reason == gone)
    );
    // Whether the history is still open to her is another rule's business; it is answered either way.
    drop(anna.store.record(&anna.actor, r.visit, true).await);
    // Nothing more is written in it, and the wrapped key is nowhere in the database.
    let add =
        mei.store.add_alert(&mei.actor, RequestId::new(), uuid::Uuid::now_v7(), jack, "more".into()).await;
    assert_eq!(rule(add), "record_erased");
    assert_eq!(rule(propose(&root, jack).await), "record_erased");
    let kept: i64 = sqlx::query_scalar(
        "select count(*) from clinic.patient_key where patient_id = $1 and wrapped is not null",
    )
    .bind(jack.0)
    .fetch_one(&mut r.w)
    .await
    .unwrap();
    assert_eq!(kept, 0);
    let left: (String, Option<String>, Option<String>, String) = sqlx::query_as(
        "select e.reason::text, e.review_note::text, j.content::text, j.state from clinic.emergency e, clinic.print_job j",
    )
    .fetch_one(&mut r.w)
    .await
    .unwrap();
    assert_eq!(
        left,
        ("\\x00".into(), Some("\\x00".into()), None, "failed".into()),
        "what another key sealed is emptied"
    );
    let told: Vec<String> = sqlx::query_scalar(
        "select facts ->> 'step' from audit.event where action = 'subject.erase' and outcome = 'done' order by at",
    )
    .fetch_all(&mut r.w)
    .await
    .unwrap();
    assert_eq!(told, ["proposed", "withdrawn", "proposed", "confirmed"]);
}

#[tokio::test]
async fn a_session_that_holds_the_key_forgets_it_when_it_is_destroyed() {
    let mut r = room().await;
    r.note("", "the body").await;
    r.read().await;
    assert_eq!(r.anna.store.keys_at_hand(), 1);
    let mut heard = r.anna.store.listen();
    while !matches!(heard.recv().await, Some(praxis::store::Change::Everything)) {}
    r.read().await;
    sqlx::raw_sql(
        "set praxis.quiet = 'off'; update clinic.patient_key set wrapped = null, destroyed_at = clinic.now()",
    )
    .execute(&mut r.w)
    .await
    .unwrap();
    while !matches!(heard.recv().await, Some(praxis::store::Change::Row(row)) if row.entity == "patient_key")
    {
    }
    assert_eq!(r.anna.store.keys_at_hand(), 0);
    assert!(r.read().await.1.starts_with("sealed: this record's key was destroyed"));
}

#[test]
fn the_command_asks_for_an_administrator() {
    let db = fresh_database();
    crate::support::cluster::block_on(async {
        people::clinic(&db).await;
    });
    let run = |login: &str, record: &str| {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_praxis"))
            .args(["subject", "erase", record, "--login", login])
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("PRAXIS_LOG_FILE", "/dev/null")
            .env("PRAXIS_DATABASE_URL", db.url())
            .env("PRAXIS_SEALING_KEY_FILE", &*crate::support::KEY_FILE)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        use std::io::Write as _;
        writeln!(child.stdin.take().unwrap(), "{}", people::PASSWORD).unwrap();
        let out = child.wait_with_output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let (code, said) = run("anna", "1");
    assert_eq!(code, Some(77), "{said}");
    let (code, said) = run("root", "99999");
    assert_eq!(code, Some(65), "{said}");
    let (code, said) = run("root", "1");
    assert!(code == Some(77) && said.contains("must be kept until"), "{code:?} {said}");
}

//! Everything kept about one person: counted and taken out by whoever may, whole for staff with the password again, for a
//! patient what they may read themselves.
use crate::support::{
    KEY_FILE,
    cluster::{Db, block_on, fresh_database},
    people::{self, Clinic},
};
use praxis::{
    auth::login,
    domain::{
        encounter::NewNote,
        ids::{PatientId, RequestId},
        subject::SubjectRecord,
    },
    interop::subject::text,
    store::{Error, SignIn},
};
use std::{os::unix::fs::PermissionsExt as _, process::Command};

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why)) => {
            assert!(!why.sentence.contains("A rule of the database"), "no sentence for {}", why.rule);
            why.rule
        }
        other => panic!("not refused: {other:?}"),
    }
}

async fn taken(who: &SignIn, patient: PatientId, password: &str) -> Result<SubjectRecord, Error> {
    let proof = login::proof(&who.store, &who.actor.login, password.to_owned().into()).await.unwrap();
    who.store.subject_record(&who.actor, patient, proof.to_vec()).await
}

/// Jack has an appointment today, a visit that is not signed, an alert, and a message to the clinic.
async fn jacks_clinic(db: &Db) -> Clinic {
    let clinic = people::clinic(db).await;
    let mut w = people::writer(db).await;
    people::appointment(&mut w, &clinic, &clinic.gp, clinic.jack, (10, 0), "arrived").await;
    let anna = people::signed_in(db, "anna").await;
    let mei = people::signed_in(db, "mei").await;
    let board = mei.store.board(&mei.actor, clinic.randwick, clinic.today, false).await.unwrap();
    let visit =
        anna.store.start_visit(&anna.actor, RequestId::new(), board.rows[0].appointment).await.unwrap();
    let note = NewNote { title: "a title".into(), body: "what only she wrote".into(), system: None };
    anna.store.add_note(&anna.actor, RequestId::new(), visit.encounter, note, None).await.unwrap();
    anna.store.patient_profile(&anna.actor, clinic.jack, true).await.unwrap();
    let alert = uuid::Uuid::now_v7();
    mei.store
        .add_alert(&mei.actor, RequestId::new(), alert, clinic.jack, "ask for the card".into())
        .await
        .unwrap();
    clinic
}

fn values(record: &SubjectRecord, kind: &str, field: &str) -> Vec<String> {
    let rows = record.rows.iter().filter(|r| r.kind == kind);
    rows.filter_map(|r| r.fields.get(field)?.as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn an_administrator_takes_out_every_row_with_its_text_and_the_log_is_told() {
    let db = fresh_database();
    let clinic = jacks_clinic(&db).await;
    let root = people::signed_in(&db, "root").await;
    let seen = root.store.subject(&root.actor, clinic.jack, true).await.unwrap();
    let n = |kind: &str| seen.kinds.iter().find(|k| k.name == kind).map(|k| k.n);
    assert_eq!(
        (n("patient"), n("account"), n("note"), n("patient_alert")),
        (Some(1), Some(1), Some(1), Some(1))
    );
    assert!(seen.authors.iter().any(|a| a.name == "SMITH Anna (gp)"), "{:?}", seen.authors);
    assert_eq!(seen.centres[0].name, "Randwick Medical Centre");
    assert!(seen.viewers.iter().any(|v| v.who.to_string() == "SMITH Anna"), "{:?}", seen.viewers);
    assert!(seen.erasure.keep_until.is_some());

    assert_eq!(rule(taken(&root, clinic.jack, "not the password").await), "step_up_wrong");
    let record = taken(&root, clinic.jack, people::PASSWORD).await.unwrap();
    assert_eq!(values(&record, "note", "body"), ["what only she wrote"]);
    assert_eq!(values(&record, "patient_alert", "text"), ["ask for the card"]);
    assert_eq!(values(&record, "appointment", "reason").len(), 1);
    assert!(record.rows.iter().all(|r| r.fields.values().all(|v| !v.to_string().contains("\\\\x0"))));
    let text = text(&record);
    assert!(text.contains("author: SMITH Anna") && text.contains("what only she wrote"), "{text}");
    let total: i64 = seen.kinds.iter().map(|k| k.n).sum();
    assert_eq!(record.rows.len() as i64, total, "what is counted is what is handed over");

    let mut w = db.superuser().await;
    let told: Vec<(String, String)> = sqlx::query_as(
        "select outcome, coalesce(facts ->> 'rule', facts ->> 'rows') from audit.event where action = 'subject.export' order by at",
    )
    .fetch_all(&mut w)
    .await
    .unwrap();
    assert_eq!(told, [("refused".into(), "step_up_wrong".into()), ("done".into(), total.to_string())]);
}

#[tokio::test]
async fn every_table_with_a_patient_is_in_it_and_nobody_elses_row() {
    let db = fresh_database();
    let clinic = jacks_clinic(&db).await;
    let mut w = db.superuser().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'patient_id'
          where c.relnamespace = 'clinic'::regnamespace and c.relkind = 'r'
            and not exists (select from pg_attribute i where i.attrelid = c.oid and i.attname = 'id' and not i.attisdropped)",
    )
    .fetch_all(&mut w)
    .await
    .unwrap();
    assert_eq!(tables, ["patient_word"], "a table without an id needs a line in subject_rows_seen");
    let root = people::signed_in(&db, "root").await;
    let record = taken(&root, clinic.jack, people::PASSWORD).await.unwrap();
    let jack = serde_json::json!(clinic.jack.0);
    assert!(record.rows.iter().all(|r| r.fields.get("patient_id").is_none_or(|p| *p == jack)));
}

#[tokio::test]
async fn a_patient_gets_what_they_may_read_and_nobody_else_gets_anything() {
    let db = fresh_database();
    let clinic = jacks_clinic(&db).await;
    let jack = people::signed_in(&db, "jack").await;
    let seen = jack.store.subject(&jack.actor, clinic.jack, true).await.unwrap();
    assert!(seen.own && seen.erasure.keep_until.is_none());
    assert_eq!(rule(taken(&jack, clinic.jack, "not the password").await), "step_up_wrong");
    let record = taken(&jack, clinic.jack, people::PASSWORD).await.unwrap();
    assert_eq!(values(&record, "appointment", "status").len(), 1);
    assert!(values(&record, "note", "body").is_empty(), "the visit is not signed");
    assert!(values(&record, "patient_alert", "text").is_empty(), "the desk's own words");
    assert!(!record.views.is_empty(), "who looked");

    for login in ["mei", "anna", "gary", "audrey"] {
        let who = people::signed_in(&db, login).await;
        assert_eq!(rule(taken(&who, clinic.jack, people::PASSWORD).await), "not_permitted", "{login}");
        assert_eq!(rule(who.store.subject(&who.actor, clinic.jack, true).await), "not_permitted", "{login}");
    }
    assert_eq!(rule(taken(&jack, clinic.linh, people::PASSWORD).await), "not_permitted");
    // By hand: the function that answers whoever asks shows no row but those of the policies.
    let mut raw = people::raw(&db, "jack").await;
    let others: i64 = sqlx::query_scalar("select count(*) from clinic.subject_rows_seen($1)")
        .bind(clinic.linh.0)
        .fetch_one(&mut raw)
        .await
        .unwrap();
    assert_eq!(others, 0);
}

#[test]
fn the_command_writes_a_new_file_of_its_owner_and_never_over_another() {
    let db = fresh_database();
    let clinic = block_on(jacks_clinic(&db));
    let dir = std::env::temp_dir().join(format!("praxis-taken-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let run = |login: &str, record: &str, file: &str, more: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_praxis"))
            .args(["subject", "export", record, "--login", login, "--to"])
            .arg(dir.join(file))
            .args(more)
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("PRAXIS_LOG_FILE", "/dev/null")
            .env("PRAXIS_DATABASE_URL", db.url())
            .env("PRAXIS_SEALING_KEY_FILE", &*KEY_FILE)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        use std::io::Write as _;
        writeln!(child.stdin.take().unwrap(), "{}", people::PASSWORD).unwrap();
        let out = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        (out.status.code(), said)
    };
    let jack = clinic.jack.0.to_string();
    let (code, said) = run("root", &jack, "a.txt", &[]);
    assert_eq!(code, Some(0), "{said}");
    let written = std::fs::read_to_string(dir.join("a.txt")).unwrap();
    assert!(written.contains("what only she wrote") && written.contains("Everything kept about BLACK Jack"));
    let mode = std::fs::metadata(dir.join("a.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (code, said) = run("root", &jack, "a.txt", &[]);
    assert!(code == Some(74) && said.contains("cannot be written"), "{code:?} {said}");
    assert_eq!(std::fs::read_to_string(dir.join("a.txt")).unwrap(), written, "not touched");
    let (code, said) = run("root", &jack, "a.json", &["--json"]);
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(dir.join("a.json")).unwrap()).unwrap();
    assert!(code == Some(0) && json["tables"]["note"][0]["body"] == "what only she wrote", "{said}");
    let (code, said) = run("mei", &jack, "b.txt", &[]);
    assert_eq!(code, Some(77), "{said}");
    assert!(!dir.join("b.txt").exists(), "nothing is left of what was refused");
    std::fs::remove_dir_all(&dir).unwrap();
}

//! Sealing the log and checking it, through the real program: what a whole log answers, who may do what, and what is
//! written when nothing is new.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people, wait_until,
};
use serde_json::Value;
use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A database with a key and a file outside, in a folder that goes when the test does.
pub struct Sealed {
    pub db: Db,
    pub folder: PathBuf,
}

impl Sealed {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("praxis-audit-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let sealed = Self { db: fresh_database(), folder };
        let made = sealed.praxis(&["audit", "key", sealed.key().to_str().unwrap()]);
        assert!(made.status.success(), "{}", said(&made));
        sealed
    }

    pub fn key(&self) -> PathBuf {
        self.folder.join("audit.key")
    }

    pub fn roots(&self) -> PathBuf {
        self.folder.join("roots.jsonl")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_praxis"));
        command
            .args(args)
            .env_clear()
            .env("HOME", &self.folder)
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("PRAXIS_DATABASE_URL", self.db.url())
            .env("PRAXIS_AUDIT_ROOT_FILE", self.roots())
            .env("PRAXIS_AUDIT_SIGNING_KEY_FILE", self.key());
        command
    }

    pub fn praxis(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Seals once; the number of the new root and of the events under it.
    pub fn seal(&self) -> (Option<i64>, Option<i64>) {
        let done = self.praxis(&["jobs", "run", "--once", "--json"]);
        assert!(done.status.success(), "{}", said(&done));
        let answer: Value = serde_json::from_slice(&done.stdout).unwrap();
        (answer["root"].as_i64(), answer["events"].as_i64())
    }

    /// Checks the log: the exit code and the answer.
    pub fn verify(&self, more: &[&str]) -> (i32, Value) {
        let mut args = vec!["audit", "verify", "--json"];
        args.extend(more);
        let done = self.praxis(&args);
        let answer = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{}", said(&done)));
        (done.status.code().unwrap(), answer)
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Three people sign in and look at something; their chains have some events each.
pub fn busy(db: &Db) -> people::Clinic {
    block_on(async {
        let clinic = people::clinic(db).await;
        for login in ["mei", "anna", "audrey"] {
            look(db, &clinic, login).await;
        }
        clinic
    })
}

/// Somebody signs in, opens some views and signs out.
pub async fn look(db: &Db, clinic: &people::Clinic, login: &str) {
    let who = people::signed_in(db, login).await;
    for patient in [clinic.jack, clinic.linh, clinic.hao].into_iter().cycle().take(12) {
        who.store.patient_profile(&who.actor, patient, true).await.ok();
    }
    who.store.accounts(&who.actor, praxis::store::AccountFilter::default(), true).await.ok();
    who.store.sign_out().await;
}

#[test]
fn a_log_is_sealed_when_something_is_new_and_a_whole_log_is_proven() {
    let s = Sealed::new();
    let clinic = busy(&s.db);
    let (first, events) = s.seal();
    assert!(first == Some(1) && events > Some(9), "{events:?}");
    assert_eq!(s.seal(), (None, None), "nothing new: nothing is written");
    block_on(look(&s.db, &clinic, "mei"));
    let (code, answer) = s.verify(&[]);
    assert_eq!(code, 0, "{answer}");
    assert!(answer["not_under_a_root"].as_i64() > Some(0), "{answer}");
    assert_eq!(s.seal().0, Some(2));
    let (code, answer) = s.verify(&[]);
    assert_eq!(
        (code, answer["roots"].as_i64(), answer["not_under_a_root"].as_i64()),
        (0, Some(2), Some(0)),
        "{answer}"
    );
    assert_eq!(answer["newest_outside"]["root"], 2);
    let (code, from) = s.verify(&["--from", "2"]);
    assert_eq!((code, from["roots"].as_i64()), (0, Some(1)), "{from}");
    assert!(from["events"].as_i64() < answer["events"].as_i64(), "{from}");
    let lines = std::fs::read_to_string(s.roots()).unwrap();
    assert_eq!(lines.lines().count(), 2);
    assert_eq!(std::fs::metadata(s.roots()).unwrap().permissions().mode() & 0o137, 0, "0640 at most");
    let told = said(&s.praxis(&["audit", "verify"]));
    assert!(told.contains("nothing is altered") && told.contains("Every event is under a root."), "{told}");
}

#[test]
fn the_words_on_paper_are_those_of_a_root() {
    let s = Sealed::new();
    busy(&s.db);
    s.seal();
    let printed = s.praxis(&["audit", "root"]);
    let page = said(&printed);
    assert!(
        printed.status.success() && page.contains("Number  1") && page.contains("Australia/Sydney"),
        "{page}"
    );
    let answer: Value = serde_json::from_slice(&s.praxis(&["audit", "root", "--json"]).stdout).unwrap();
    let words: Vec<&str> = answer["words"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
    assert!(words.chunks(4).all(|four| page.contains(&four.join("  "))), "{page}");
    let (code, proof) = s.verify(&["--words", &words.join(" ")]);
    assert_eq!((code, proof["paper"]["root"].as_i64()), (0, Some(1)), "{proof}");
    let mut wrong = words.clone();
    wrong[2] = if words[2] == "babab" { "babad" } else { "babab" };
    let told = s.praxis(&["audit", "verify", "--words", &wrong.join(" ")]);
    assert_eq!(told.status.code(), Some(65));
    assert!(said(&told).contains("Root 1") && said(&told).contains("number 3"), "{}", said(&told));
    assert_eq!(s.praxis(&["audit", "verify", "--words", "lusab babad"]).status.code(), Some(2));
    assert_eq!(s.praxis(&["audit", "root", "--day", "2001-01-01"]).status.code(), Some(65));
}

#[test]
fn the_worker_seals_until_it_is_asked_to_end_and_only_one_leads() {
    let s = Sealed::new();
    let clinic = busy(&s.db);
    let start = || s.command(&["jobs", "run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut first = start();
    let lines = |n: usize| {
        wait_until("roots", || {
            (std::fs::read_to_string(s.roots()).unwrap_or_default().lines().count() >= n).then_some(())
        });
    };
    lines(1);
    let other = s.praxis(&["jobs", "run", "--once"]);
    assert_eq!(other.status.code(), Some(75), "{}", said(&other));
    block_on(look(&s.db, &clinic, "anna"));
    lines(2);
    assert!(Command::new("kill").args(["-TERM", &first.id().to_string()]).status().unwrap().success());
    assert!(first.wait().unwrap().success());
    assert_eq!(s.seal(), (None, None), "it sealed what was new before it ended");
    assert_eq!(s.verify(&[]).0, 0);
}

#[test]
fn the_worker_reads_nothing_of_the_clinic_and_changes_nothing() {
    let s = Sealed::new();
    busy(&s.db);
    s.seal();
    block_on(async {
        use sqlx::{AssertSqlSafe, ConnectOptions as _};
        let mut jobs = s.db.options("praxis_jobs").connect().await.unwrap();
        let mut app = s.db.options("praxis_app").connect().await.unwrap();
        let mut owner = s.db.superuser().await;
        let tables: Vec<String> = sqlx::query_scalar(
            "select schemaname || '.' || tablename from pg_tables where schemaname in ('clinic', 'auth')",
        )
        .fetch_all(&mut owner)
        .await
        .unwrap();
        for table in &tables {
            let read = sqlx::query(AssertSqlSafe(format!("select from {table}"))).execute(&mut jobs).await;
            assert!(read.is_err(), "the worker reads {table}");
        }
        for table in ["audit.event", "audit.chain", "audit.root", "audit.root_head"] {
            for change in [
                format!("delete from {table}"),
                format!("truncate {table}"),
                format!("update {table} set n = n"),
            ] {
                for c in [&mut jobs, &mut app] {
                    assert!(
                        sqlx::query(AssertSqlSafe(change.clone())).execute(&mut *c).await.is_err(),
                        "{change}"
                    );
                }
                if table.contains("root") {
                    assert!(
                        sqlx::query(AssertSqlSafe(change.clone() + " ")).execute(&mut owner).await.is_err(),
                        "{change}"
                    );
                }
            }
        }
        let n: i64 = sqlx::query_scalar("select count(*) from audit.root").fetch_one(&mut app).await.unwrap();
        assert_eq!(n, 0, "nobody who is not signed in sees a root");
    });
}

#[test]
fn a_key_that_others_read_and_a_missing_file_are_refused_before_anything_is_sealed() {
    let s = Sealed::new();
    std::fs::set_permissions(s.key(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(s.praxis(&["jobs", "run", "--once"]).status.code(), Some(77));
    std::fs::set_permissions(s.key(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let without =
        s.command(&["jobs", "run", "--once"]).env_remove("PRAXIS_AUDIT_ROOT_FILE").output().unwrap();
    assert_eq!(without.status.code(), Some(78), "{}", said(&without));
    assert!(!Path::new(&s.roots()).exists());
    assert_ne!(
        s.praxis(&["audit", "key", s.key().to_str().unwrap()]).status.code(),
        Some(0),
        "never overwritten"
    );
}

#[test]
fn a_root_that_a_crash_kept_from_the_file_is_written_there_by_the_next_sealer() {
    let s = Sealed::new();
    let clinic = busy(&s.db);
    s.seal();
    block_on(look(&s.db, &clinic, "mei"));
    let before = std::fs::read_to_string(s.roots()).unwrap();
    s.seal();
    std::fs::write(s.roots(), format!("{before}{{\"root\": 2, \"at")).unwrap();
    assert_eq!(s.verify(&[]).0, 0, "an unfinished line is no fault");
    assert_eq!(s.seal(), (None, None));
    assert_eq!(std::fs::read_to_string(s.roots()).unwrap().lines().count(), 2);
    let (code, answer) = s.verify(&[]);
    assert_eq!((code, answer["newest_outside"]["root"].as_i64()), (0, Some(2)));
}

#[test]
fn the_worker_erases_what_is_past_its_time_and_check_looks_at_its_key_and_its_roots() {
    let s = Sealed::new();
    busy(&s.db);
    let left = || {
        block_on(async {
            let mut c = s.db.superuser().await;
            sqlx::query_scalar::<_, String>("select family_name from clinic.provider_registration order by 1")
                .fetch_all(&mut c)
                .await
                .unwrap()
        })
    };
    block_on(async {
        let mut c = s.db.superuser().await;
        for (name, days) in [("Older", 31), ("Newer", 29)] {
            sqlx::query(
                "insert into clinic.provider_registration (id, email, family_name, given_name, profession, state, decided_at)
                 values (gen_random_uuid(), lower($1) || '@example.org', $1, 'Ann', 'gp', 'rejected',
                         clinic.now() - make_interval(days => $2))",
            )
            .bind(name)
            .bind(days)
            .execute(&mut c)
            .await
            .unwrap();
        }
    });
    let findings = || {
        let answer: Value = serde_json::from_slice(&s.praxis(&["check", "--json"]).stdout).unwrap();
        let of = |what: &str| {
            let found = answer["findings"].as_array().unwrap().iter().find(|f| f["what"] == what).unwrap();
            found["level"].as_str().unwrap().to_owned()
        };
        (of("audit key"), of("audit roots"))
    };
    assert_eq!(findings(), ("green".into(), "amber".into()), "there is no root yet");
    s.seal();
    assert_eq!(left(), ["Newer"]);
    assert_eq!(findings(), ("green".into(), "green".into()));
    std::fs::set_permissions(s.key(), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(s.roots(), "no root\n").unwrap();
    assert_eq!(findings(), ("red".into(), "red".into()));
}

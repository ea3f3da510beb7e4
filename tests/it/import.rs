//! Bringing in MediSoft's files through the real program: what is written, what is refused, and what is never shown.
use crate::support::cluster::{Db, block_on, fresh_database};
use serde_json::Value;
use sqlx::Row as _;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

const FILES: [&str; 4] = ["health_centres.csv", "provider.csv", "patient.csv", "provider_health_centre.csv"];

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/medisoft").join(name)
}

/// A folder of our own that goes when the test does.
struct Folder(PathBuf);

impl Folder {
    /// With copies of a corpus, ready to be spoilt.
    fn of(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("praxis-import-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        for file in FILES {
            std::fs::copy(corpus(name).join(file), folder.join(file)).unwrap();
        }
        Self(folder)
    }
    fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(file), text).unwrap();
    }
    fn append(&self, file: &str, text: &str) {
        let mut whole = std::fs::read(self.0.join(file)).unwrap();
        whole.extend_from_slice(text.as_bytes());
        self.write(file, whole);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn praxis(db: &Db, login: &str, args: &[&str]) -> Output {
    let home = std::env::temp_dir();
    Command::new(env!("CARGO_BIN_EXE_praxis"))
        .args(args)
        .env_clear()
        .env("HOME", &home)
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("PRAXIS_DATABASE_URL", db.url_as(login))
        .output()
        .unwrap()
}

fn import(db: &Db, folder: &Path, more: &[&str]) -> Output {
    let mut args = vec!["import", "medisoft", folder.to_str().unwrap()];
    args.extend(more);
    praxis(db, "postgres", &args)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn number(db: &Db, sql: &'static str) -> i64 {
    block_on(async { sqlx::query_scalar(sql).fetch_one(&mut db.superuser().await).await.unwrap() })
}

fn everything(db: &Db) -> Vec<i64> {
    block_on(async {
        let mut c = db.superuser().await;
        let row = sqlx::query(
            "select (select count(*) from clinic.centre) a, (select count(*) from clinic.account) b,
                    (select count(*) from clinic.provider) c, (select count(*) from clinic.patient) d,
                    (select count(*) from clinic.provider_centre) e, (select count(*) from clinic.provider_hours) f,
                    (select count(*) from auth.credential) g, (select count(*) from audit.event) h,
                    (select last_value from clinic.record_number_seq) i,
                    (select coalesce(sum(version), 0)::bigint from clinic.account) j",
        )
        .fetch_one(&mut c)
        .await
        .unwrap();
        (0..10).map(|i| row.get::<i64, _>(i)).collect()
    })
}

#[test]
fn the_files_as_they_are_come_in_and_a_second_time_changes_nothing() {
    let db = fresh_database();
    let first = import(&db, &corpus("plain"), &[]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let said = text(&first.stdout);
    for line in [
        "centres            6 added",
        "providers          8 added",
        "patients           4 added",
        "affiliations      12 added",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!(
        number(&db, "select count(*) from clinic.account where incomplete and family_name = email"),
        12
    );
    assert_eq!(
        number(
            &db,
            "select count(*) from clinic.provider p join clinic.account a on a.id = p.account_id where p.profession = 'pathologist' and a.role = 'diagnostics_provider'"
        ),
        2
    );
    assert_eq!(number(&db, "select count(*) from clinic.centre where kind = 'hospital'"), 3);
    assert_eq!(number(&db, "select count(*) from clinic.patient_word where word = 'jack'"), 1);
    // One plain password, twelve different salts, and each must be changed.
    assert_eq!(
        number(
            &db,
            "select count(distinct salt) from auth.credential where must_change and params = 'm=65536,t=3,p=1'"
        ),
        12
    );
    assert_eq!(
        number(
            &db,
            "select count(*) from audit.event where action = 'import.run' and facts ->> 'by' = 'system' and facts ? 'os_user'"
        ),
        1
    );
    let before = everything(&db);
    let second = import(&db, &corpus("plain"), &[]);
    assert_eq!(second.status.code(), Some(0));
    let said = text(&second.stdout);
    assert!(said.contains("centres            0 added, 6 unchanged"), "{said}");
    assert!(said.contains("affiliations       0 added, 12 unchanged"), "{said}");
    assert!(said.contains("nothing was changed"));
    assert_eq!(everything(&db), before);
}

#[test]
fn the_imported_password_opens_nothing_but_the_choice_of_a_new_one() {
    use praxis::{
        auth::login,
        clock::Clock,
        store::{Connector, Store},
    };
    let db = fresh_database();
    assert!(import(&db, &corpus("full"), &[]).status.success());
    block_on(async {
        let connector =
            Connector::from_socket(&db.socket, &db.name, "praxis_app").with_keys(crate::support::keys());
        let store = Store::open(connector, Clock::system()).await.unwrap();
        let who = login::sign_in(&store, "Anna.Smith@example.org", "plain-one".to_owned().into(), "test")
            .await
            .unwrap();
        assert!(who.actor.must_change_password);
        assert!(who.store.centre_entries(&who.actor).await.is_err());
        who.store.close().await;
        store.close().await;
    });
}

#[test]
fn fuller_files_with_their_oddities_come_in() {
    let db = fresh_database();
    let out = import(&db, &corpus("full"), &["--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(
        (&said["centres"]["added"], &said["providers"]["added"], &said["patients"]["added"]),
        (&3.into(), &5.into(), &3.into())
    );
    assert_eq!(said["affiliations"]["added"], 4);
    assert_eq!(said["hours"], 3);
    let notes: Vec<String> = said["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| format!("{}:{} {}", n["file"].as_str().unwrap(), n["line"], n["reason"].as_str().unwrap()))
        .collect();
    assert!(notes.iter().any(|n| n.starts_with("provider.csv:2 works at several centres")), "{notes:?}");
    assert!(notes.iter().any(|n| n.starts_with("provider.csv:6 works at no centre")), "{notes:?}");
    // Hours: Monday to Friday at the first centre of three providers, and none that overlap.
    assert_eq!(number(&db, "select count(*) from clinic.provider_hours"), 15);
    assert_eq!(
        number(
            &db,
            "select count(*) from clinic.provider_hours h join clinic.centre x on x.id = h.centre_id where x.number = '2001' and from_minute = 540 and to_minute = 1020"
        ),
        5
    );
    assert_eq!(
        number(
            &db,
            "select count(*) from clinic.account where email = 'maria@example.org' and family_name = 'García, Lopez' and not incomplete"
        ),
        1
    );
    assert_eq!(
        number(
            &db,
            "select count(*) from clinic.provider where profession = 'specialist' and expertise = 'Cardiology'"
        ),
        1
    );
    assert_eq!(
        number(
            &db,
            "select count(*) from clinic.centre where name = 'Royal Harbour Hospital' and phone = '9515 6111'"
        ),
        1
    );
    assert_eq!(
        number(
            &db,
            "select count(*) from clinic.patient where medicare_number is not null and phone_digits = '0411111111'"
        ),
        1
    );
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let db = fresh_database();
    let before = everything(&db);
    let out = import(&db, &corpus("plain"), &["--dry-run"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert!(text(&out.stdout).contains("providers          8 added"));
    assert!(text(&out.stdout).contains("nothing was written"));
    assert_eq!(everything(&db), before);
}

#[test]
fn every_bad_line_is_told_with_file_line_and_reason_and_nothing_is_written() {
    let db = fresh_database();
    let before = everything(&db);
    let folder = Folder::of("plain");
    folder.append("health_centres.csv", "Clinic,1200,Odd Place,93821111,X\nHospital,1111,Other,93821111,X\nHospital,1201,UTS health service,93821111,X\nHospital,1202,Phones,12,X\nHospital,1203\n");
    folder.append(
        "provider.csv",
        "not-an-address,GP,pw\nnew@example.org,Wizard,pw\nnew2@example.org,GP,\ntoby@gmail.com,GP,pw\n",
    );
    folder.append("patient.csv", "gary@gmail.com,secret-secret\nx\n");
    folder.append("provider_health_centre.csv", "toby@gmail.com,UTS Health Service\n");
    let out = import(&db, &folder.0, &[]);
    assert_eq!(out.status.code(), Some(65));
    assert!(out.stdout.is_empty());
    let said = text(&out.stderr);
    let lines: Vec<&str> = said.lines().collect();
    for (start, reason) in [
        ("health_centres.csv:8: ", "neither Hospital nor MedicalCentre"),
        ("health_centres.csv:9: ", "abn `1111` is already in health_centres.csv, line 2"),
        ("health_centres.csv:10: ", "already in health_centres.csv, line 7"),
        ("health_centres.csv:11: ", "phone `12`"),
        ("health_centres.csv:12: ", "has 2 fields where the header names 5"),
        ("provider.csv:10: ", "e-mail"),
        ("provider.csv:11: ", "`Wizard` is none of"),
        ("provider.csv:12: ", "password is missing"),
        ("provider.csv:13: ", "already in provider.csv, line 2"),
        ("patient.csv:6: ", "already in provider.csv, line 3"),
        ("patient.csv:7: ", "has 1 fields where the header names 2"),
        ("provider_health_centre.csv:14: ", "already in provider_health_centre.csv, line 3"),
    ] {
        assert!(lines.iter().any(|l| l.starts_with(start) && l.contains(reason)), "{start} {reason}\n{said}");
    }
    assert!(said.ends_with("12 problems. Nothing was written\n"), "{said}");
    assert!(!said.contains("cs1531") && !said.contains("secret-secret"));
    assert_eq!(everything(&db), before);
}

#[test]
fn what_only_the_database_knows_is_told_by_line_too() {
    let db = fresh_database();
    assert!(import(&db, &corpus("full"), &[]).status.success());
    let before = everything(&db);
    let folder = Folder::of("full");
    folder.write(
        "health_centres.csv",
        "centre_type,abn,name,phone,suburb\nHospital,9999,Royal Harbour Hospital,,\n",
    );
    folder.write("provider.csv", "provider_email,provider_type,password,providerNum\nlinh@example.org,GP,x,PN200\nnew@example.org,GP,x,PN100\n");
    folder.write(
        "patient.csv",
        "patient_email,password,medicare\nanna.smith@example.org,x,\nother@example.org,x,2123 45670 1\n",
    );
    folder.write("provider_health_centre.csv", "provider_email,health_centre_name\nnobody@example.org,Royal Harbour Hospital\nanna.smith@example.org,Nowhere\n");
    let out = import(&db, &folder.0, &["--json"]);
    assert_eq!(out.status.code(), Some(65));
    let said: Value = serde_json::from_slice(&out.stderr).unwrap();
    let all: Vec<String> = said["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| format!("{}:{}", p["file"].as_str().unwrap(), p["line"]))
        .collect();
    assert_eq!(
        all,
        [
            "health_centres.csv:2",
            "provider.csv:2",
            "provider.csv:3",
            "patient.csv:2",
            "patient.csv:3",
            "provider_health_centre.csv:2",
            "provider_health_centre.csv:3"
        ]
    );
    assert_eq!(everything(&db), before);
}

#[test]
fn hostile_files_end_in_a_sentence_and_send_no_escape_to_the_terminal() {
    let db = fresh_database();
    let before = everything(&db);
    let folder = Folder::of("plain");
    let mut huge = b"provider_email,provider_type,password\n".to_vec();
    huge.extend(std::iter::repeat_n(b'x', 3_000_000));
    huge.extend_from_slice(b",GP,pw\n\xff\xfe\xfd,GP,pw\nok@example.org,\x1b]0;owned\x07,pw\n");
    folder.write("provider.csv", huge);
    folder.append(
        "health_centres.csv",
        "Hospital,1300,\u{1b}[2J\u{202e}evil,93821111,X\nHospital,1301,=cmd()\u{7},93821111,X\n",
    );
    folder.append("patient.csv", "\"open quote,pw\nlost@example.org,pw\n");
    folder.append("provider_health_centre.csv", "\u{1b}[31mx@example.org,\u{9b}31mNowhere\n");
    let out = import(&db, &folder.0, &[]);
    assert_eq!(out.status.code(), Some(65));
    let said = text(&out.stderr);
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    assert!(!said.contains('\u{202e}'));
    assert!(said.len() < 8_000, "{}", said.len());
    for start in [
        "health_centres.csv:8: ",
        "health_centres.csv:9: ",
        "provider.csv:2: ",
        "provider.csv:3: ",
        "provider.csv:4: ",
        "patient.csv:6: ",
    ] {
        assert!(said.lines().any(|l| l.starts_with(start)), "{start}\n{said}");
    }
    assert_eq!(everything(&db), before);
}

#[test]
fn missing_and_headless_files_are_told() {
    let db = fresh_database();
    let folder = Folder::of("plain");
    std::fs::remove_file(folder.0.join("patient.csv")).unwrap();
    folder.write("provider.csv", "a,b\n1,2\n");
    folder.write("health_centres.csv", "");
    let out = import(&db, &folder.0, &[]);
    assert_eq!(out.status.code(), Some(65));
    let said = text(&out.stderr);
    assert!(said.contains("patient.csv: cannot be read"), "{said}");
    assert!(said.contains("provider.csv:1: has no column provider_email"), "{said}");
    assert!(said.contains("health_centres.csv: is empty"), "{said}");
    let out = import(&db, &folder.0.join("nowhere"), &[]);
    assert_eq!(out.status.code(), Some(65));
}

#[test]
fn a_login_that_is_not_the_owners_is_refused() {
    let db = fresh_database();
    let out = praxis(&db, "praxis_app", &["import", "medisoft", corpus("plain").to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(77), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("--as LOGIN"));
    let out = praxis(&db, "praxis_app", &["user", "add", "--login", "xavier", "--role", "administrator"]);
    assert_eq!(out.status.code(), Some(77));
}

#[test]
fn the_first_administrator_gets_a_code_once_and_signs_in_with_it() {
    use praxis::{
        auth::login,
        clock::Clock,
        store::{Connector, Store},
    };
    let db = fresh_database();
    let add = [
        "user",
        "add",
        "--login",
        "Root",
        "--role",
        "administrator",
        "--email",
        "Root@Example.org",
        "--family",
        "Keys",
    ];
    let out = praxis(&db, "postgres", &[&add[..], &["--json"]].concat());
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    let code = said["one_time_code"].as_str().unwrap().to_owned();
    assert_eq!((said["login"].as_str(), code.len()), (Some("root"), 23));
    assert_eq!(
        number(
            &db,
            "select count(*) from audit.event where action = 'account.add' and facts ->> 'by' = 'system'"
        ),
        1
    );
    block_on(async {
        let connector =
            Connector::from_socket(&db.socket, &db.name, "praxis_app").with_keys(crate::support::keys());
        let store = Store::open(connector, Clock::system()).await.unwrap();
        let who = login::sign_in(&store, "root@example.org", code.into(), "test").await.unwrap();
        assert!(who.actor.must_change_password);
        who.store.close().await;
        store.close().await;
    });
    let again = praxis(&db, "postgres", &add);
    assert_eq!(again.status.code(), Some(65));
    assert!(text(&again.stderr).contains("root is already"), "{}", text(&again.stderr));
    assert_eq!(number(&db, "select count(*) from clinic.account"), 1);
    let wrong = praxis(&db, "postgres", &["user", "add", "--login", "xavier", "--role", "king"]);
    assert_eq!(wrong.status.code(), Some(2));
    let wrong = praxis(
        &db,
        "postgres",
        &["user", "add", "--login", "xavier", "--role", "nurse", "--email", "nonsense"],
    );
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(number(&db, "select count(*) from clinic.account"), 1);
}

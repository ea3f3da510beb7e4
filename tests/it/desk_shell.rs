//! The desk from a shell, through the real program: it signs in by a private file, books, moves, checks in and cancels by the
//! same rules as the screens, and answers in JSON that scripts can rely on.
use crate::support::{
    KEY_FILE,
    cluster::{Db, block_on, fresh_database},
    people::{self, Clinic, PASSWORD},
};
use serde_json::Value;
use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    process::{Command, Output},
};

/// A script's desk: the clinic and a file to sign in with.
struct Script {
    db: Db,
    clinic: Clinic,
    folder: PathBuf,
}

impl Script {
    fn new() -> Self {
        let db = fresh_database();
        let clinic = block_on(people::clinic(&db));
        let script = Self {
            db,
            clinic,
            folder: std::env::temp_dir().join(format!("praxis-desk-{}", uuid::Uuid::now_v7().simple())),
        };
        std::fs::create_dir(&script.folder).unwrap();
        script.file("mei", "mei", PASSWORD, 0o600);
        script
    }

    fn file(&self, name: &str, login: &str, password: &str, mode: u32) {
        let path = self.folder.join(name);
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).unwrap();
        writeln!(file, "login = \"{login}\"\npassword = \"{password}\"").unwrap();
    }

    fn run(&self, who: &str, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_praxis"))
            .args(args)
            .args(["--json", "--as"])
            .arg(self.folder.join(who))
            .env_clear()
            .env("HOME", &self.folder)
            .env("PRAXIS_DATABASE_URL", self.db.url())
            .env("PRAXIS_SEALING_KEY_FILE", &*KEY_FILE)
            .output()
            .unwrap()
    }

    fn done(&self, args: &[&str]) -> Value {
        let output = self.run("mei", args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {error}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn refused(&self, who: &str, args: &[&str], code: i32) -> Value {
        let output = self.run(who, args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
        serde_json::from_str(error.lines().last().unwrap_or_default()).unwrap()
    }

    fn events(&self, action: &str) -> i64 {
        block_on(async {
            let query = "select count(*) from audit.event where action = $1 and outcome = 'done'";
            sqlx::query_scalar(query).bind(action).fetch_one(&mut self.db.superuser().await).await.unwrap()
        })
    }

    fn record_number(&self) -> String {
        block_on(async {
            let query = "select record_number::text from clinic.patient where id = $1";
            let jack = self.clinic.jack.0;
            sqlx::query_scalar(query).bind(jack).fetch_one(&mut self.db.superuser().await).await.unwrap()
        })
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

#[test]
fn a_script_books_moves_checks_in_and_cancels_by_the_same_rules_and_names() {
    let script = Script::new();
    let jack = script.record_number();
    let free = script.done(&["schedule", "--provider", "smith", "--when", "today", "--limit", "3"]);
    assert_eq!(free["free"].as_array().unwrap().len(), 3);
    assert_eq!(free["free"][0]["provider"]["name"], "SMITH Anna");
    let id = "01936d3e-7c5a-7000-8000-000000000001";
    let book = [
        "book",
        "--patient",
        &jack,
        "--provider",
        "smi an",
        "--when",
        "tomorrow 10:30",
        "--reason",
        "blood test",
        "--id",
        id,
    ];
    let booked = script.done(&book);
    let made = &booked["appointment"];
    assert_eq!((made["id"].as_str(), made["local_start"].as_str()), (Some(id), Some("2026-03-13T10:30")));
    assert_eq!((made["status"].as_str(), made["reason"].as_str()), (Some("booked"), Some("blood test")));
    // The same id is never booked twice.
    assert_eq!(script.done(&book)["appointment"]["version"], made["version"]);
    assert_eq!(script.events("appointment.book"), 1);
    let moved = script.done(&["move", id, "--when", "today 11:00"]);
    assert_eq!(moved["appointment"]["local_start"], "2026-03-12T11:00");
    let board = script.done(&["board"]);
    assert_eq!(board["appointments"][0]["id"], id);
    assert_eq!(script.done(&["arrive", id])["appointment"]["status"], "arrived");
    let again = script.refused("mei", &["arrive", id], 77);
    assert_eq!(again["rule"], "appointment_edge");
    assert!(again["instead"].as_str().is_some_and(|i| !i.is_empty()), "{again}");
    assert_eq!(script.done(&["cancel", id, "--why", "rang"])["appointment"]["status"], "cancelled");
    let names = ["appointment.move", "appointment.set-status", "board.open", "sign-in.open"];
    assert_eq!(names.map(|n| script.events(n) > 0), [true; 4]);
}

#[test]
fn wrong_usage_is_answered_in_json_with_the_exit_code_it_always_had() {
    let script = Script::new();
    for (args, rule, word) in [
        (&["book", "--patient", "1"][..], "missing_argument", "--when"),
        (&["cancel"], "missing_argument", "--why"),
        (&["board", "--dya", "tomorrow"], "unknown_argument", "--dya"),
        (&["schedule", "--limit", "many"], "wrong_value", "many"),
        (&["bord"], "unknown_argument", "bord"),
    ] {
        let told = script.refused("mei", args, 2);
        assert_eq!((told["rule"].as_str(), told["exit"].as_i64()), (Some(rule), Some(2)), "{told}");
        assert!(told["why"].as_str().is_some_and(|why| why.contains(word)), "{told}");
        let output = script.run("mei", args);
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1, "one line and no more");
        assert!(output.stdout.is_empty());
    }
    // A date that is none is wrong input, as before.
    for args in [&["board", "--day", "31/31"][..], &["schedule", "--when", "sometime"]] {
        let told = script.refused("mei", args, 65);
        assert!(told["instead"].as_str().is_some_and(|i| !i.is_empty()), "{told}");
    }
}

/// Minutes from the start to the end of what a script was answered.
fn minutes(of: &serde_json::Value) -> i64 {
    let at = |field: &str| {
        chrono::DateTime::parse_from_rfc3339(of[field].as_str().expect("an instant")).expect("an instant")
    };
    (at("ends_at") - at("starts_at")).num_minutes()
}

#[test]
fn a_visit_type_is_booked_for_as_long_as_it_takes_and_a_move_keeps_it() {
    let script = Script::new();
    let jack = script.record_number();
    let long =
        ["schedule", "--provider", "smith", "--when", "tomorrow", "--limit", "1", "--type", "health ch"];
    assert_eq!(minutes(&script.done(&long)["free"][0]), 60);
    let whom = ["book", "--patient", &jack, "--provider", "smith", "--when", "tomorrow 10:30", "--type"];
    let booked = script.done(&[whom.as_slice(), &["health-check"]].concat());
    let made = &booked["appointment"];
    assert_eq!((made["visit_type"].as_str(), minutes(made)), (Some("health-check"), 60));
    let moved = script.done(&["move", made["id"].as_str().unwrap(), "--when", "tomorrow 14:00"]);
    let moved = &moved["appointment"];
    assert_eq!((moved["visit_type"].as_str(), minutes(moved)), (Some("health-check"), 60));
    let unknown = script.refused("mei", &[whom.as_slice(), &["haircut"]].concat(), 65);
    assert_eq!(unknown["rule"], "no_such_visit_type");
}

#[test]
fn a_script_puts_people_on_the_waiting_list_sees_what_came_free_and_is_told_what_a_booking_closed() {
    let script = Script::new();
    let jack = script.record_number();
    let id = "01936d3e-7c5a-7000-8000-000000000002";
    let add = [
        "waitlist",
        "--add",
        &jack,
        "--provider",
        "gp",
        "--when",
        "2w mornings",
        "--weekdays",
        "thu-fri",
        "--priority",
        "soon",
        "--id",
        id,
    ];
    let made = script.done(&add);
    let wish = &made["wish"];
    assert_eq!(
        (wish["id"].as_str(), wish["profession"].as_str(), wish["part"].as_str()),
        (Some(id), Some("gp"), Some("morning"))
    );
    assert_eq!((wish["last_day"].as_str(), wish["priority"].as_str()), (Some("2026-03-26"), Some("soon")));
    assert_eq!(wish["weekdays"], serde_json::json!(["Thu", "Fri"]));
    assert_eq!(script.done(&add)["wish"]["version"], wish["version"], "asked again, and not done twice");
    assert_eq!(script.events("waitlist.add"), 1);
    let again = script.refused("mei", &["waitlist", "--add", &jack, "--provider", "gp"], 77);
    assert_eq!(again["rule"], "waitlist_already");
    let days = |days: &str, when: &str| {
        let add = ["waitlist", "--add", &jack, "--provider", "gp", "--weekdays", days, "--when", when];
        script.refused("mei", &add, 65)["rule"].clone()
    };
    assert_eq!((days("xyz", "2w"), days("mon", "fri")), ("weekdays".into(), "line_wish_days".into()));
    block_on(async {
        let mut c = people::writer(&script.db).await;
        let (clinic, omar) = (&script.clinic, script.clinic.omar);
        people::appointment(&mut c, clinic, &clinic.gp, omar, (11, 0), "cancelled").await;
    });
    let list = script.done(&["waitlist"]);
    assert_eq!(list["waiting"][0]["id"], id);
    assert_eq!(
        (list["freed"][0]["local_start"].as_str(), list["freed"][0]["waiting"].as_i64()),
        (Some("2026-03-12T11:00"), Some(1))
    );
    let booked = script.done(&["book", "--patient", &jack, "--provider", "smith", "--when", "today 11:00"]);
    assert_eq!(booked["appointment"]["off_waiting_list"][0], id);
    let list = script.done(&["waitlist"]);
    assert_eq!(
        (list["waiting"].as_array().map(Vec::len), list["freed"].as_array().map(Vec::len)),
        (Some(0), Some(0))
    );
    let off = ["waitlist", "--off", id];
    assert_eq!(script.refused("mei", &off, 77)["rule"], "waitlist_closed");
    assert_eq!(
        script.refused("mei", &["waitlist", "--off", "01936d3e-7c5a-7000-8000-000000000009"], 65)["rule"],
        "no_such_wish"
    );
    assert_eq!(script.refused("mei", &["waitlist", "--add", &jack], 65)["rule"], "no_provider");
}

#[test]
fn what_a_script_may_not_or_cannot_is_a_rule_with_what_works_instead() {
    let script = Script::new();
    let jack = script.record_number();
    let book = |provider: &str, when: &str, code: i32| {
        script.refused("mei", &["book", "--patient", &jack, "--provider", provider, "--when", when], code)
    };
    let near = book("smith", "tomorrow 10:10", 65);
    assert_eq!(near["rule"], "time_not_free");
    assert_eq!(near["instead"], "Nearest that day: 10:00, 10:30, 09:30.");
    assert_eq!(book("smith", "today 8", 65)["rule"], "time_has_passed");
    assert_eq!(book("nobody", "tomorrow 10", 65)["rule"], "no_such_provider");
    assert_eq!(book("smith", "tomorrow", 65)["rule"], "when_needs_a_time");
    assert_eq!(book("neeson", "tomorrow 10", 77)["rule"], "specialist_needs_referral");
    assert_eq!(script.refused("mei", &["board", "--day", "31/2"], 65)["rule"], "date_exists");
    let nothing = ["cancel", "01936d3e-7c5a-7000-8000-00000000000f", "--why", "x"];
    assert_eq!(script.refused("mei", &nothing, 65)["rule"], "no_such_appointment");
    script.file("wrong", "mei", "not the password", 0o600);
    assert_eq!(script.refused("wrong", &["board"], 77)["rule"], "sign_in_wrong");
    script.file("open", "mei", PASSWORD, 0o644);
    let open = script.refused("open", &["board"], 78);
    assert!(open["error"].as_str().is_some_and(|e| e.contains("the credentials file")), "{open}");
    assert!(!open.to_string().contains(PASSWORD));
    assert_eq!(script.events("appointment.book"), 0);
}

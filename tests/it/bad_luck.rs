//! Bad input and bad luck, met by the real program in a terminal: each gets one clear sentence, nothing acknowledged is
//! lost, and the program stays or ends cleanly.
use crate::{
    faults::OwnServer,
    invariants::broken,
    support::{
        cluster::{Db, block_on, empty_database, endpoint, fresh_database},
        people::{self, Clinic},
        program::{Program, stray},
        pty::Tui,
    },
};
use praxis::{
    domain::ids::{AppointmentId, RequestId},
    server::SUPERUSER,
    store::Error,
};
use sqlx::Connection as _;
use std::time::Duration;

/// Starts the program where it cannot work: what it said, and how it ended.
fn refused(url: &str) -> (String, u32) {
    let mut tui = Tui::start(&[], &[("PRAXIS_DATABASE_URL", url), ("PRAXIS_LOG_FILE", "/dev/null")], 24, 200);
    let code = tui.wait_exit().exit_code();
    let said = tui.screen();
    assert_eq!(stray(&tui.raw()), [""; 0]);
    assert!(!said.contains("panicked") && !said.contains("error returned from"), "{said}");
    (said.replace('\n', " "), code)
}

#[test]
fn a_wrong_or_missing_server_is_told_with_what_to_do_before_a_screen_is_drawn() {
    let db = fresh_database();
    let empty = empty_database();
    let nowhere = "postgres://praxis_app@localhost/clinic?host=/nonexistent";
    for (url, code, words) in [
        ("nonsense", 78, ["PRAXIS_DATABASE_URL", "postgres://"]),
        (nowhere, 69, ["Is the server running", "praxis check"]),
        (&endpoint().url("praxis_app", "nosuch"), 69, ["database \"nosuch\" does not exist", "database.url"]),
        (&db.url_as("a_stranger"), 69, ["role \"a_stranger\" does not exist", "database.url"]),
        (&empty.url_as(SUPERUSER), 78, ["holds no clinic yet", "praxis migrate"]),
    ] {
        let (said, ended) = refused(url);
        assert_eq!(ended, code, "{url}: {said}");
        assert!(words.iter().all(|w| said.contains(w)), "{url}: {said}");
    }
}

#[test]
fn an_older_a_newer_and_an_altered_schema_are_told_apart_and_left_alone() {
    for (change, words) in [
        (
            "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)",
            ["this program needs", "praxis migrate"],
        ),
        (
            "insert into _sqlx_migrations select 9999, 'x', now(), true, '\\x00', 1",
            ["newer than this program", "newer Praxis"],
        ),
        ("update _sqlx_migrations set checksum = '\\x00' where version = 3", ["migration 3", "another text"]),
    ] {
        let db = fresh_database();
        block_on(async {
            let mut c = db.superuser().await;
            sqlx::raw_sql(change).execute(&mut c).await.expect(change);
        });
        let (said, code) = refused(&db.url());
        assert_eq!(code, 78, "{said}");
        assert!(words.iter().all(|w| said.contains(w)), "{said}");
    }
}

#[test]
fn a_server_without_the_extensions_is_told_which_package_they_are_in() {
    let db = empty_database();
    block_on(async {
        let mut c = db.superuser().await;
        // A server's machine without contrib: its catalogue of what could be installed is empty.
        let hide = format!(
            "create view public.pg_available_extensions as select * from pg_catalog.pg_available_extensions
              where name not in ('pgcrypto', 'btree_gist');
             alter database {} set search_path = public, pg_catalog",
            db.name
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(hide)).execute(&mut c).await.expect("a poorer server");
    });
    let mut tui = Tui::start(&["migrate"], &[("PRAXIS_DATABASE_URL", &db.url_as(SUPERUSER))], 24, 200);
    let code = tui.wait_exit().exit_code();
    let said = tui.screen();
    assert_eq!(code, 69, "{said}");
    for words in ["btree_gist, pgcrypto", "postgresql-contrib"] {
        assert!(said.contains(words), "{said}");
    }
}

async fn with_a_booking(db: &Db) -> (Clinic, AppointmentId) {
    let clinic = people::clinic(db).await;
    let mut w = people::writer(db).await;
    let id = people::appointment(&mut w, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
    w.close().await.expect("closed");
    (clinic, id)
}

async fn status(db: &Db, id: AppointmentId) -> String {
    let mut c = db.superuser().await;
    sqlx::query_scalar("select status from clinic.appointment where id = $1")
        .bind(id.0)
        .fetch_one(&mut c)
        .await
        .expect("it is there")
}

#[test]
fn a_server_stopped_under_the_program_and_started_again_is_said_and_the_program_goes_on() {
    let server = OwnServer::new("stop");
    let running = server.cluster.start().expect("a server");
    let db = server.database();
    let (_, id) = block_on(with_a_booking(&db));
    let mut program = Program::signed_in(&db, "mei", "NGUYEN Linh");
    server.kill();
    program.wait_for("reconnecting");
    // What is on the screen stays; a key is answered with a sentence, not with a lie.
    assert!(program.screen().contains("NGUYEN Linh"));
    program.keys(" ");
    let said = program.wait_screen("an answer to the check-in", |s| {
        s.contains("cannot be reached") || s.contains("not known whether") || s.contains("Nothing was saved")
    });
    assert!(!said.contains("waiting 1"), "{said}");
    let again = server.cluster.start().expect("the server starts again");
    program.wait_gone("reconnecting");
    // A check-in that was still being tried may have gone through with the server's return; one that was told as not
    // saved may not.
    let saved = block_on(status(&db, id)) == "arrived";
    assert!(!(saved && said.contains("Nothing was saved")), "what was said not to be saved is there");
    if !saved {
        program.keys(" ");
    }
    program.wait_for("waiting 1");
    assert_eq!(block_on(status(&db, id)), "arrived");
    assert_eq!(block_on(broken(&db)), [""; 0]);
    program.quit();
    drop((db, running, again));
}

/// Makes a table's next block impossible to write, as on a full disk: its file becomes the device that is always full.
/// The table must be empty. (A small file system would need the right to mount one.)
fn fill_disk(db: &Db, table: &str) {
    let file: String = block_on(async {
        let mut c = db.superuser().await;
        let data: String =
            sqlx::query_scalar("show data_directory").fetch_one(&mut c).await.expect("a folder");
        let path: String = sqlx::query_scalar("select pg_relation_filepath($1::regclass)")
            .bind(table)
            .fetch_one(&mut c)
            .await
            .expect("a file");
        let rows: i64 = sqlx::query_scalar("select pg_relation_size($1::regclass)")
            .bind(table)
            .fetch_one(&mut c)
            .await
            .expect("a size");
        assert_eq!(rows, 0, "{table} is empty");
        format!("{data}/{path}")
    });
    std::fs::remove_file(&file).expect("the table's file");
    std::os::unix::fs::symlink("/dev/full", &file).expect("a link");
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_done() {
    let db = fresh_database();
    let (_, id) = block_on(with_a_booking(&db));
    let mut program = Program::signed_in(&db, "mei", "NGUYEN Linh");
    fill_disk(&db, "clinic.request");
    program.keys(" ");
    let said = program.wait_for("disk is full");
    assert!(said.contains("NGUYEN Linh") && !said.contains("waiting 1"), "{said}");
    assert_eq!(block_on(status(&db, id)), "booked");
    block_on(async {
        let s = people::signed_in(&db, "mei").await;
        let refused = s.store.set_status(&s.actor, RequestId::new(), id, 1, "arrived", "").await;
        assert!(matches!(refused, Err(Error::DiskFull)), "{refused:?}");
        // What can be read can still be read.
        assert_eq!(s.store.who_am_i().await.expect("a read").login, "mei");
    });
    assert_eq!(block_on(broken(&db)), [""; 0]);
    program.quit();
}

#[test]
fn a_log_on_a_full_disk_does_not_stop_the_program() {
    let db = fresh_database();
    block_on(with_a_booking(&db));
    let mut program =
        Program::open_with(&db.url(), &[("PRAXIS_LOG_FILE", "/dev/full"), ("PRAXIS_LOG_LEVEL", "trace")]);
    program.sign_in("mei", "NGUYEN Linh");
    program.keys(" ");
    program.wait_for("waiting 1");
    program.quit();
}

/// Names that want to move the cursor, set the title, turn the writing round, hide letters or pile up.
fn hostile() -> Vec<String> {
    vec![
        "\x1b[2J\x1b[1;1HPWNED".into(),
        "\x1b]0;title\x07\x1b]52;c;cHduZWQ=\x07".into(),
        "\u{9b}31mred\u{9d}0;x\u{9c}".into(),
        "\u{202e}evil\u{2066}\u{200f}\u{061c}".into(),
        "a\u{200b}b\u{2060}c\u{feff}d\u{00ad}e\u{e0041}".into(),
        format!("e{}", "\u{301}".repeat(5000)),
        "line\nbreak\ttab\rreturn\x08\x7f".into(),
        "👩‍👩‍👧‍👦🏳️‍🌈".into(),
    ]
}

#[test]
fn hostile_names_from_the_database_are_drawn_without_their_tricks() {
    let db = fresh_database();
    block_on(async {
        let (clinic, _) = with_a_booking(&db).await;
        let mut w = people::writer(&db).await;
        for (n, name) in hostile().iter().enumerate() {
            let who = people::patient(&mut w, ("Q", "Safe"), "female", (1990, 1, 2)).await;
            // Past the program and past the checks of the fields.
            sqlx::raw_sql("set session_replication_role = replica").execute(&mut w).await.expect("by force");
            sqlx::raw_sql("alter table clinic.patient drop constraint if exists patient_family_name_check")
                .execute(&mut w)
                .await
                .expect("no check");
            sqlx::query("update clinic.patient set family_name = $2, given_name = $2, second_script_name = $2, address = $2, phone = $2 where id = $1")
                .bind(who.0)
                .bind(format!("Q{name}"))
                .execute(&mut w)
                .await
                .expect("a hostile name");
            sqlx::raw_sql("set session_replication_role = origin").execute(&mut w).await.expect("as before");
            let n = u32::try_from(n).expect("small");
            people::appointment_on(
                &mut w,
                &clinic.gp,
                who,
                people::at(clinic.today, 11 + n / 2, 30 * (n % 2)),
                "booked",
                name,
            )
            .await;
        }
    });
    let mut program = Program::signed_in(&db, "mei", "NGUYEN Linh");
    program.wait_for("Today 9");
    // Every row, every page behind it, and the search.
    for _ in 0..9 {
        program.keys("\r");
        program.wait_gone("Today 9");
        program.settle(Duration::from_millis(150));
        program.keys("\x1b");
        program.wait_for("Today 9");
        program.keys("j");
    }
    program.keys("gpq");
    program.settle(Duration::from_millis(500));
    assert!(!program.screen().contains("PWNED\n"), "{}", program.screen());
    program.quit();
    assert_eq!(stray(&program.raw()), [""; 0]);
}

#[test]
fn hostile_names_typed_and_pasted_are_kept_out_or_drawn_harmless() {
    let db = fresh_database();
    block_on(with_a_booking(&db));
    let mut program = Program::open(&db.url());
    program.wait_for("Login or e-mail");
    for name in hostile() {
        program.keys(&format!("\x1b[200~{}\x1b[201~", name.replace('\x1b', "")));
        program.settle(Duration::from_millis(60));
        program.keys("\x15");
        program.settle(Duration::from_millis(60));
    }
    // A paste that never ends, and one of 10,000 lines.
    program.keys(&format!("\x1b[200~{}\x1b[201~", "a line of a paste\n".repeat(10_000)));
    program.settle(Duration::from_millis(300));
    program.keys("\x15");
    program.bytes_in(b"\xff\xfe\xc3\x28\xed\xa0\x80");
    program.settle(Duration::from_millis(150));
    program.keys("\x15");
    program.sign_in("mei", "NGUYEN Linh");
    program.keys("gp");
    for name in hostile() {
        program.keys(&format!("\x1b[200~{}\x1b[201~", name.replace('\x1b', "")));
        program.settle(Duration::from_millis(60));
        program.keys("\x15");
    }
    program.quit();
    assert_eq!(stray(&program.raw()), [""; 0]);
}

#[test]
fn empty_over_long_and_impossible_fields_are_told_at_the_field_and_nothing_is_saved() {
    let db = fresh_database();
    block_on(with_a_booking(&db));
    let mut program = Program::signed_in(&db, "mei", "NGUYEN Linh");
    program.keys("gp");
    program.wait_for("record or Medicare number");
    program.keys("\x0e");
    program.wait_for("Family name");
    program.keys("\x13");
    program.wait_for("Family name is needed.");
    program.keys(&format!("\x1b[200~{}\x1b[201~", "Long".repeat(2_000)));
    program.wait_for("LongLong");
    program.keys("\x15Long\t\t");
    for day in ["31/2/1990", "1/1/1800", "4/5/2090", "12/13/1990", "yesterday's"] {
        program.keys(&format!("\x15{day}\x13"));
        let said = program.wait_screen("the date's refusal", |s| {
            s.contains(day) && s.lines().nth(22).is_some_and(|l| !l.trim().is_empty() && !l.contains("Long"))
        });
        assert!(said.contains("Family name"), "the form stays:\n{said}");
        println!("{day}: {}", program.row(22).trim());
    }
    let patients = block_on(async {
        let mut c = db.superuser().await;
        let n: i64 = sqlx::query_scalar("select count(*) from clinic.patient")
            .fetch_one(&mut c)
            .await
            .expect("a count");
        n
    });
    assert_eq!(patients, 5);
    assert_eq!(stray(&program.raw()), [""; 0]);
}

#[test]
fn a_keymap_with_faults_is_told_at_the_sign_in_and_the_vital_keys_work() {
    let db = fresh_database();
    let own = std::env::temp_dir().join(format!("{}-{}.toml", db.name, std::process::id()));
    std::fs::write(&own, "[global]\n\"x y z\" = \"no.such.command\"\n[list\n").unwrap();
    let log = own.with_extension("log");
    let env = [("PRAXIS_DATABASE_URL", db.url()), ("PRAXIS_LOG_FILE", log.display().to_string())];
    let env: Vec<(&str, &str)> = env.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let keymap = format!("ui.keymap={}", own.display());
    let mut tui = Tui::start(&["--set", &keymap], &env, 24, 80);
    tui.wait_for("`praxis keys check` lists them");
    tui.keys("\x11");
    assert!(tui.wait_exit().success());
    std::fs::remove_file(&own).ok();
    std::fs::remove_file(&log).ok();
}

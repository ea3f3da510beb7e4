//! What is on the screen is hidden at once, forgotten when the program leaves, and taken away when somebody ends the
//! sign-in; and nothing in the environment does harm.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, PASSWORD},
    program::{Program, stray},
    wait_until,
};
use praxis::domain::ids::RequestId;
use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, process::Command};

/// Mei's board with Linh on it, in the real program.
fn board() -> (Db, Program) {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
    });
    let program = Program::signed_in(&db, "mei", "NGUYEN Linh");
    (db, program)
}

#[test]
fn the_privacy_key_hides_everything_also_while_typing_and_the_password_brings_it_back() {
    let (_db, mut p) = board();
    p.keys("gp");
    p.wait_for("Find name");
    p.keys("nguyen");
    p.wait_for("nguyen");
    p.keys("\x1b[20~");
    let locked = p.wait_for("type your password");
    for hidden in ["Randwick", "NGUYEN", "nguyen", "Linh", "Board", "Patients"] {
        assert!(!locked.contains(hidden), "{hidden} is still there:\n{locked}");
    }
    p.keys("not it\r");
    p.wait_for("not the password");
    p.keys(&format!("{PASSWORD}\r"));
    p.wait_gone("type your password");
    p.wait_for("nguyen");
}

#[test]
fn at_a_locked_terminal_somebody_else_signs_in() {
    let (db, mut p) = board();
    p.keys("\x1b[20~");
    p.wait_for("type your password");
    p.keys("\x0f");
    p.sign_in("nina", "nina · ");
    wait_until("the first one to have ended", || {
        let open: i64 = block_on(async {
            let mut c = db.superuser().await;
            sqlx::query_scalar("select count(*) from auth.session where ended_at is null")
                .fetch_one(&mut c)
                .await
                .unwrap()
        });
        (open == 1).then_some(())
    });
}

/// What a terminal keeps of all that was written: screen and scrollback, with and without an alternate screen.
pub(crate) fn kept(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw).into_owned();
    let plain = text.replace("\x1b[?1049h", "").replace("\x1b[?1049l", "");
    [text, plain]
        .iter()
        .map(|bytes| {
            let cells = std::num::NonZeroU16::new;
            let mut terminal = vt100::Parser::new(cells(24).unwrap(), cells(80).unwrap(), 1000);
            terminal.process(bytes.as_bytes());
            let now = terminal.screen().contents();
            terminal.screen_mut().set_scrollback(1000);
            now + &terminal.screen().contents()
        })
        .collect()
}

#[test]
fn however_the_program_ends_no_patient_stays_in_the_terminal() {
    for way in ["quit", "sign out", "TERM", "HUP"] {
        let (_db, mut p) = board();
        match way {
            "quit" => p.keys("\x11"),
            "sign out" => {
                p.keys("gq");
                p.wait_for("Login or e-mail");
                p.keys("\x11");
            }
            signal => p.signal(signal),
        }
        p.wait_exit();
        let raw = p.raw();
        let kept = kept(&raw);
        assert!(
            !kept.contains("NGUYEN") && !kept.contains("Linh") && !kept.contains("mei"),
            "{way}:\n{kept}"
        );
        let forget = raw.windows(4).rposition(|w| w == b"\x1b[3J").expect("the scrollback is emptied");
        let empty = raw.windows(4).rposition(|w| w == b"\x1b[2J").expect("the screen is emptied");
        assert!(empty < forget, "{way}: what is emptied last must not be what fills the scrollback");
        assert_eq!(stray(&raw), Vec::<String>::new(), "{way}");
    }
}

#[test]
fn who_is_ended_from_elsewhere_sees_the_sign_in_at_once_also_when_locked() {
    for locked in [false, true] {
        let (db, mut p) = board();
        if locked {
            p.keys("\x1b[20~");
            p.wait_for("type your password");
        }
        block_on(async {
            let mei = people::signed_in(&db, "mei").await;
            let open = mei.store.sign_ins(&mei.actor, mei.actor.account, true).await.unwrap();
            let other = open.iter().find(|s| !s.this).expect("the program's sign-in");
            assert_eq!(other.locked, locked);
            mei.store.end_sign_in(&mei.actor, RequestId::new(), other.id).await.unwrap();
        });
        let screen = p.wait_for("ended from elsewhere");
        assert!(screen.contains("Login or e-mail") && !screen.contains("NGUYEN"), "{screen}");
    }
}

#[test]
fn a_second_sign_in_and_the_last_one_are_told_and_the_line_goes_away() {
    let (db, mut p) = board();
    let mut other = Program::signed_in(&db, "mei", "You are also signed in from");
    p.wait_for("signed in at another place too");
    other.keys("j");
    p.keys("go");
    let list = p.wait_for("this one");
    assert!(list.contains("My sign-ins") && list.contains("the clinic's host"), "{list}");
    p.keys("\x1b");
    p.wait_for("NGUYEN Linh");
}

#[test]
fn the_program_leaves_no_core_file() {
    let (_db, p) = board();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", p.pid())).expect("limits");
    let core = limits.lines().find(|l| l.starts_with("Max core file size")).expect("the line");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}

/// What `praxis config` answers with one hostile variable: its exit code and everything it wrote.
fn with(name: &str, value: &[u8]) -> (i32, String) {
    let program =
        std::env::var("PRAXIS_TEST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_praxis").to_owned());
    let out = Command::new(program)
        .arg("config")
        .env_clear()
        .env("HOME", "/nonexistent")
        .env(name, OsStr::from_bytes(value))
        .current_dir("/")
        .output()
        .expect("the program runs");
    let text = [out.stdout, out.stderr].concat();
    (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn no_variable_of_the_environment_reaches_the_terminal_or_breaks_anything() {
    let giant = vec![b'a'; 100_000];
    let values: [&[u8]; 4] =
        [b"\x1b[2J\x1b]0;owned\x07", &[b'/', 0xff, 0xfe, b'x'], &giant, b"/../../../etc\xe2\x80\xaex"];
    for value in values {
        for name in [
            "TERM",
            "LANG",
            "LC_ALL",
            "HOME",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "XDG_RUNTIME_DIR",
            "NO_COLOR",
            "SSH_CONNECTION",
        ] {
            let (code, said) = with(name, value);
            assert_eq!(code, 0, "{name}: {said}");
            assert!(!said.contains('\x1b') && !said.contains('\u{202e}'), "{name}: {said:?}");
        }
        for name in ["PRAXIS_UI_KEYMAP", "PRAXIS_DATABASE_URL", "PRAXIS_LOG_FILE", "PRAXIS_CONFIG"] {
            let (code, said) = with(name, value);
            let taken = matches!(name, "PRAXIS_UI_KEYMAP" | "PRAXIS_LOG_FILE") && code == 0;
            assert!(code == 78 || taken, "{name}={:?} {code}: {said}", &value[..4]);
            assert!(
                !said.contains('\x1b') && !said.contains('\u{202e}') && said.len() < 4000,
                "{name}: {said:?}"
            );
        }
    }
}

//! One write per key, counted where it happens: the kernel's count of the system calls of the thread that writes to the
//! terminal, in the real program on a real pseudo-terminal.
//!
//! The program hides its memory and with it these counts (`logging::harden`), so what runs in the terminal is its screens
//! without that step.
#![cfg(target_os = "linux")]
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, PASSWORD},
    pty::Tui,
    wait_until,
};
use praxis::{
    clock::Clock,
    config::Database,
    store::{Connector, Store},
    ui::{Setup, app::Hooks, keymap, route::Route, theme::Theme},
};
use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

/// A line that is quiet for so long has nothing more to say.
const QUIET: Duration = Duration::from_millis(250);

/// What one event of the kernel takes.
const EVENT: usize = 8;

/// Names the database to [`the_screens_alone`], which is no test without it.
const URL: &str = "PRAXIS_TEST_SCREENS_URL";

/// Calls of write(2) and bytes they took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    calls: usize,
    bytes: usize,
}

/// What a thread of a process has written so far.
fn written(task: &Path) -> Written {
    let io = std::fs::read_to_string(task.join("io")).expect("the kernel counts for the process's own user");
    let count = |name: &str| {
        let line = io.lines().find(|l| l.starts_with(name)).expect("a count");
        line[name.len()..].trim().parse().expect("a number")
    };
    Written { calls: count("syscw:"), bytes: count("wchar:") }
}

/// The thread of this name.
fn thread(pid: u32, name: &str) -> PathBuf {
    wait_until("the thread", || {
        std::fs::read_dir(format!("/proc/{pid}/task"))
            .ok()?
            .flatten()
            .map(|e| e.path())
            .find(|task| std::fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name))
    })
}

/// Not a test of its own: what the others run in a terminal.
#[test]
fn the_screens_alone() {
    let Ok(url) = std::env::var(URL) else { return };
    let connector =
        Connector::new(Database::from_url(&url).unwrap().options()).with_keys(crate::support::keys());
    let clock = Clock::system();
    block_on(async {
        let store = Store::open(connector, clock.clone()).await.unwrap();
        let setup = Setup {
            keymap: keymap::load("default", None),
            theme: Theme::from_env(true, "xterm-256color", true),
            store,
            clock,
            first: Route::Login,
            hooks: Hooks { unlock: None, lock_after: None, palette: vec![] },
            escape_hold: Duration::from_millis(40),
            listen: None,
        };
        praxis::ui::run(setup).await.unwrap();
    });
}

struct Counted {
    tui: Tui,
    task: PathBuf,
    _db: Db,
}

impl Counted {
    /// The doctor at home: one patient waits, sixty others are registered.
    fn at_home() -> Self {
        let db = fresh_database();
        block_on(async {
            let clinic = people::clinic(&db).await;
            let mut c = people::writer(&db).await;
            people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 30), "arrived").await;
            for n in 0..60_u8 {
                let given = format!("{}{}", char::from(b'A' + n % 26), n);
                people::patient(&mut c, ("Crowd", &given), "unknown", (1990, 1, 1)).await;
            }
        });
        let me = std::env::current_exe().unwrap();
        let args = ["--exact", "one_write::the_screens_alone", "--nocapture"];
        let tui = Tui::start_program(me.to_str().unwrap(), &args, &[(URL, &db.url())], 24, 80);
        tui.wait_for("Password");
        let task = thread(tui.pid(), "terminal-output");
        let mut counted = Self { tui, task, _db: db };
        counted.tui.settle(QUIET);
        counted.tui.keys(&format!("anna\r{PASSWORD}\r"));
        counted.tui.wait_for("waiting 1");
        counted.tui.settle(QUIET);
        counted
    }

    /// What the keys of one press cost.
    fn press(&mut self, keys: &str, seen: &str) -> Written {
        let (before, came) = (written(&self.task), self.tui.bytes());
        self.tui.keys(keys);
        if !seen.is_empty() {
            self.tui.wait_for(seen);
        }
        self.tui.settle(QUIET);
        // To wake the loop when a frame is out the thread also writes the eight bytes of an event. The rest is on its way here.
        let (calls, woken, bytes) = wait_until("what was written to come to the terminal", || {
            let after = written(&self.task);
            let bytes = self.tui.bytes() - came;
            let calls = after.calls - before.calls;
            let woken = (after.bytes - before.bytes).checked_sub(bytes)?;
            (woken % EVENT == 0 && woken / EVENT + usize::from(bytes > 0) <= calls)
                .then_some((calls, woken, bytes))
        });
        Written { calls: calls - woken / EVENT, bytes }
    }

    /// Each of these keys is at most one write; one with a text shows it.
    fn one_each(&mut self, keys: &[(&str, &str)]) {
        for (key, seen) in keys {
            let cost = self.press(key, seen);
            println!("{key:?}: {} write, {} bytes", cost.calls, cost.bytes);
            assert!(cost.calls <= 1, "{key:?} was {cost:?}\n{}", self.tui.screen());
            if !seen.is_empty() {
                assert!(
                    self.tui.screen().contains(seen),
                    "{key:?}: {seen:?} is not on\n{}",
                    self.tui.screen()
                );
                assert_eq!(cost.calls, 1, "{key:?}");
            }
        }
    }
}

#[test]
fn a_key_is_at_most_one_write_to_the_terminal() {
    let mut c = Counted::at_home();
    // A dialog opens and closes; a prefix waits; a key without a meaning.
    c.one_each(&[
        ("?", "type a key or a word"),
        ("\x1b", ""),
        ("\x10", "Find anything"),
        ("\x1b", ""),
        ("\x1b[24~", ""),
    ]);
    // A list that is longer than the window.
    c.tui.keys("gp");
    c.tui.wait_for("Patients");
    c.tui.keys("crowd");
    c.tui.wait_for("CROWD");
    c.tui.settle(QUIET);
    c.one_each(&[("\x1b[B", ""), ("\x1b[6~", ""), ("\x1b[6~", ""), ("\x1b[A", ""), ("\x1b[5~", "")]);
    for _ in ["the text", "the field"] {
        c.tui.keys("\x1b");
        c.tui.settle(QUIET);
    }
    c.tui.keys("gh");
    c.tui.wait_for("waiting 1");
    c.tui.settle(QUIET);
    // The panel: what a tab shows was read when it was opened first; then a change of tab is one write.
    c.tui.keys("n");
    c.tui.wait_for("1 Info");
    for tab in ["2", "3", "4", "5", "1"] {
        c.tui.keys("\x1b");
        c.tui.settle(QUIET);
        c.tui.keys(tab);
        c.tui.settle(QUIET);
    }
    for tab in ["2", "3", "4", "5", "1"] {
        c.one_each(&[("\x1b", ""), (tab, "")]);
    }
    c.one_each(&[("2", ""), ("\t", "")]);
}

#[test]
fn a_writer_that_cuts_its_frame_in_two_is_noticed() {
    let (go, wait) = mpsc::channel::<()>();
    let (said, told) = mpsc::channel();
    let thread_of_two = std::thread::Builder::new()
        .name("writes-twice".into())
        .spawn(move || {
            let mut out = std::fs::OpenOptions::new().write(true).open("/dev/null").unwrap();
            for piece in [&b"half a frame"[..], b" and the rest"] {
                std::io::Write::write_all(&mut out, piece).unwrap();
            }
            said.send(()).unwrap();
            wait.recv().ok();
        })
        .unwrap();
    let task = thread(std::process::id(), "writes-twice");
    told.recv().unwrap();
    assert_eq!(written(&task), Written { calls: 2, bytes: 25 });
    drop(go);
    thread_of_two.join().unwrap();
}

//! The real program in a real terminal: what it shows, what it sends, and how it leaves, whatever the line does.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, PASSWORD},
    proxy::{Fault, Proxy},
    pty::Tui,
    wait_until,
};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// A line that is quiet for so long has nothing more to say.
const QUIET: Duration = Duration::from_millis(300);

/// A program on a database of its own, at its sign-in screen.
struct Program {
    tui: Tui,
    db: Db,
    log: PathBuf,
}

impl Drop for Program {
    fn drop(&mut self) {
        std::fs::remove_file(&self.log).ok();
    }
}

fn start_with(db: Db, url: &str, rows: u16, cols: u16) -> Program {
    let log = std::env::temp_dir().join(format!("{}-{}.log", db.name, std::process::id()));
    let tui = Tui::start(
        &[],
        &[("PRAXIS_DATABASE_URL", url), ("PRAXIS_LOG_FILE", log.to_str().unwrap())],
        rows,
        cols,
    );
    Program { tui, db, log }
}

fn start() -> Program {
    let db = fresh_database();
    let url = db.url();
    let program = start_with(db, &url, 24, 80);
    program.tui.wait_for("f1 keys");
    program.tui.settle(QUIET);
    program
}

/// At the sign-in screen of the tests' clinic.
fn start_clinic() -> Program {
    let db = fresh_database();
    block_on(people::clinic(&db));
    let url = db.url();
    let program = start_with(db, &url, 24, 80);
    program.tui.wait_for("Password");
    program.tui.settle(QUIET);
    program
}

fn sign_in(tui: &mut Tui, login: &str) {
    tui.keys(&format!("{login}\r{PASSWORD}\r"));
    tui.wait_for(&format!("{login} · "));
}

fn sessions(db: &Db, condition: &str) -> i64 {
    let query = format!("select count(*) from auth.session where {condition}");
    block_on(async {
        let mut c = db.superuser().await;
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut c).await.unwrap()
    })
}

/// The terminal is as it was before the program took it.
fn assert_given_back(tui: &Tui) {
    let raw = tui.raw();
    let last = |on: &str, off: &str| {
        let find = |what: &str| raw.windows(what.len()).rposition(|w| w == what.as_bytes());
        find(off) > find(on)
    };
    assert!(raw.windows(8).any(|w| w == b"\x1b[?1049h"), "it never had the terminal:\n{}", tui.screen());
    assert!(last("\x1b[?1049h", "\x1b[?1049l"), "the alternate screen is still on");
    assert!(last("\x1b[?25l", "\x1b[?25h"), "the cursor is hidden");
    assert!(last("\x1b[?2004h", "\x1b[?2004l"), "pastes are still marked");
    assert!(tui.is_cooked(), "the terminal is still raw");
}

fn ends_within(program: &mut Program, limit: Duration) {
    let since = Instant::now();
    program.tui.wait_exit();
    assert!(since.elapsed() < limit, "it took {:?} to end", since.elapsed());
}

/// A debug build under load needs longer than the second a person sees.
const SOON: Duration = Duration::from_secs(3);

#[test]
fn a_person_signs_in_by_keys_alone_and_out_again() {
    let mut p = start_clinic();
    sign_in(&mut p.tui, "mei");
    assert!(p.tui.row(0).contains("Randwick Medical Centre"), "{}", p.tui.row(0));
    assert_eq!(sessions(&p.db, "ended_at is null"), 1);
    p.tui.keys("gq");
    p.tui.wait_for("Password");
    p.tui.wait_gone("mei");
    wait_until("the session to end", || (sessions(&p.db, "ended_at is null") == 0).then_some(()));
    p.tui.keys("\x11");
    assert!(p.tui.wait_exit().success());
    assert_given_back(&p.tui);
}

#[test]
fn a_wrong_password_is_told_and_the_next_try_works() {
    let mut p = start_clinic();
    p.tui.keys("mei\rnot this one\r");
    p.tui.wait_for("do not match");
    p.tui.keys(&format!("{PASSWORD}\r"));
    p.tui.wait_for("mei · ");
}

#[test]
fn leaving_ends_the_session_on_the_server() {
    let mut p = start_clinic();
    sign_in(&mut p.tui, "mei");
    p.tui.keys("\x11");
    assert!(p.tui.wait_exit().success());
    assert_eq!(sessions(&p.db, "ended_at is null"), 0);
}

#[test]
fn an_idle_sign_in_screen_sends_nothing() {
    let p = start();
    let before = p.tui.bytes();
    assert_eq!(p.tui.settle(Duration::from_secs(2)), before);
}

#[test]
fn a_typed_letter_is_one_byte_and_a_key_without_a_meaning_none() {
    let mut p = start();
    for (keys, bytes) in [("m", 1), ("e", 1), ("\x1b[24~", 0), ("\x07", 0), ("i", 1)] {
        let before = p.tui.bytes();
        p.tui.keys(keys);
        assert_eq!(p.tui.settle(QUIET) - before, bytes, "{keys:?}");
    }
    p.tui.wait_for("mei");
}

#[test]
fn arrows_cut_in_two_garbage_and_half_characters_do_no_harm() {
    let mut p = start();
    p.tui.keys("ab");
    p.tui.wait_for("ab");
    p.tui.bytes_in(b"\x1b[");
    p.tui.bytes_in(b"D");
    p.tui.keys("X");
    p.tui.wait_for("aXb");
    p.tui.bytes_in(b"\x1b[999;999;999z\xff\xfe\x80\x1b]0;title\x07\x9b\xc3\x28");
    p.tui.bytes_in("é".as_bytes());
    p.tui.bytes_in(&"日".as_bytes()[..2]);
    p.tui.settle(Duration::from_millis(400));
    p.tui.keys("Y");
    p.tui.wait_for("éY");
    p.tui.keys("\x11");
    assert!(p.tui.wait_exit().success());
}

#[test]
fn ten_thousand_lines_are_pasted_into_one_field_and_the_program_lives() {
    let mut p = start();
    let lines = "a line of text that somebody copied\n".repeat(10_000);
    p.tui.keys(&format!("\x1b[200~{lines}\x1b[201~"));
    p.tui.wait_for("that somebody copied");
    p.tui.keys("\x15short");
    p.tui.wait_for("short");
    p.tui.wait_gone("copied");
}

#[test]
fn a_paste_that_never_ends_does_not_swallow_the_keys_after_it() {
    let mut p = start();
    p.tui.keys("\x1b[200~left open");
    p.tui.wait_for("left open");
    p.tui.keys(" and typed");
    p.tui.wait_for("left open and typed");
}

#[test]
fn a_pasted_escape_sequence_is_text_without_power() {
    let mut p = start();
    p.tui.keys("\x1b[200~evil\x1b]0;owned\x07\x1b[2Jname\x1b[201~");
    p.tui.wait_for("evil");
    p.tui.settle(QUIET);
    assert!(!p.tui.raw().windows(2).any(|w| w == b"\x1b]"), "an escape came through");
    p.tui.wait_for("Password");
}

#[test]
fn a_window_may_shrink_to_nothing_and_grow_again() {
    let mut p = start();
    p.tui.keys("mei");
    p.tui.wait_for("mei");
    for (rows, cols) in [(16, 60), (8, 40), (5, 20), (1, 1), (24, 80), (50, 200)] {
        p.tui.resize(rows, cols);
        p.tui.settle(QUIET);
        if rows >= 16 {
            p.tui.wait_for("mei");
        }
    }
    p.tui.resize(5, 20);
    p.tui.wait_for("Praxis needs 40");
    p.tui.resize(24, 80);
    p.tui.wait_for("mei");
}

#[test]
fn an_interrupt_a_stop_key_and_a_stop_signal_change_nothing() {
    let mut p = start();
    p.tui.signal("INT");
    p.tui.signal("TSTP");
    p.tui.keys("\x1a\x03");
    p.tui.keys("mei");
    p.tui.wait_for("mei");
    // Counted before: the drawing may be there at once.
    let before = p.tui.bytes();
    p.tui.signal("STOP");
    p.tui.signal("CONT");
    wait_until("the screen to be drawn again", || (p.tui.bytes() > before + 100).then_some(()));
    p.tui.wait_for("mei");
}

#[test]
fn a_program_stopped_just_as_a_frame_is_out_draws_the_next_one_when_it_goes_on() {
    let mut p = start();
    let count = |screen: &str| screen.matches('z').count();
    let none = count(&p.tui.screen());
    for _ in 0..50 {
        for (key, letters) in [("z", none + 1), ("\x7f", none)] {
            p.tui.keys(key);
            p.tui.wait_screen("the frame of the last key", |screen| count(screen) == letters);
            let before = p.tui.bytes();
            // At once: the thread that writes may not have told yet that the frame is out.
            p.tui.stop_and_go_on();
            wait_until("the screen to be drawn again", || (p.tui.bytes() > before + 100).then_some(()));
        }
    }
}

#[test]
fn a_program_told_to_end_does_so_soon_and_gives_the_terminal_back() {
    for signal in ["TERM", "HUP"] {
        let mut p = start();
        p.tui.signal(signal);
        ends_within(&mut p, SOON);
        assert_given_back(&p.tui);
    }
}

#[test]
fn a_lost_line_ends_the_program_and_its_session_within_a_second() {
    let mut p = start_clinic();
    sign_in(&mut p.tui, "mei");
    p.tui.hang_up();
    ends_within(&mut p, SOON);
    assert_eq!(sessions(&p.db, "ended_at is null"), 0);
}

#[test]
fn a_terminal_that_stops_reading_holds_nothing_up_and_sees_the_newest_state() {
    let mut p = start_clinic();
    p.tui.stop_reading();
    p.tui.keys(&format!("mei\r{PASSWORD}\r"));
    wait_until("the session", || (sessions(&p.db, "ended_at is null") == 1).then_some(()));
    assert!(!p.tui.screen().contains("mei"), "something was read nevertheless");
    p.tui.read_again();
    p.tui.wait_for("mei · ");
}

#[test]
fn a_terminal_that_stops_reading_does_not_keep_the_program_from_ending() {
    let mut p = start();
    p.tui.stop_reading();
    p.tui.keys("mei");
    p.tui.signal("TERM");
    ends_within(&mut p, SOON);
}

#[test]
fn a_terminal_that_stopped_reading_before_anything_was_to_be_written_is_left_too() {
    // Nothing waits in the writer: the first bytes that the terminal does not take are those of leaving.
    for how in ["TERM", "HUP"] {
        let mut p = start();
        p.tui.stop_reading();
        p.tui.signal(how);
        ends_within(&mut p, SOON);
    }
}

#[test]
fn a_prefix_shows_what_may_follow_and_the_palette_goes_only_where_there_is_a_screen() {
    let mut p = start_clinic();
    sign_in(&mut p.tui, "mei");
    p.tui.keys("g");
    p.tui.wait_for("Go to");
    p.tui.keys("\x1b");
    p.tui.wait_gone("Go to");
    p.tui.keys("\x10");
    p.tui.wait_for("Find anything");
    p.tui.keys("\x1b");
    p.tui.wait_gone("Find anything");
}

#[test]
fn a_locked_terminal_hides_everything_and_opens_where_it_was() {
    let mut p = start_clinic();
    sign_in(&mut p.tui, "mei");
    let before = p.tui.wait_for("Nobody is booked");
    p.tui.keys("gl");
    p.tui.wait_for("Locked");
    wait_until("the server to know", || (sessions(&p.db, "locked_at is not null") == 1).then_some(()));
    p.tui.keys("wrong\r");
    p.tui.wait_for("not the password");
    p.tui.keys(&format!("{PASSWORD}\r"));
    p.tui.wait_gone("Locked");
    assert_eq!(sessions(&p.db, "locked_at is not null"), 0);
    assert_eq!(p.tui.wait_screen("the screen of before", |s| *s == before), before);
}

#[test]
fn a_server_that_goes_away_is_told_and_comes_back_by_itself() {
    let db = fresh_database();
    block_on(people::clinic(&db));
    let proxy = Proxy::to(&db.socket);
    let url = db.url_through(proxy.socket_dir());
    let mut p = start_with(db, &url, 24, 80);
    p.tui.wait_for("Password");
    sign_in(&mut p.tui, "mei");
    p.tui.wait_for("●");
    proxy.fault(Fault::Reset);
    p.tui.wait_for("reconnecting");
    p.tui.keys("?");
    p.tui.wait_for("type a key or a word");
    p.tui.keys("undo");
    p.tui.wait_for("Take back what was just done");
    p.tui.keys("\x1b");
    p.tui.wait_gone("type a key or a word");
    proxy.heal();
    p.tui.wait_gone("reconnecting");
    p.tui.wait_for("●");
}

#[test]
fn a_server_away_at_sign_in_is_told_and_the_next_try_works() {
    let db = fresh_database();
    block_on(people::clinic(&db));
    let proxy = Proxy::to(&db.socket);
    let url = db.url_through(proxy.socket_dir());
    let mut p = start_with(db, &url, 24, 80);
    p.tui.wait_for("Password");
    p.tui.settle(QUIET);
    proxy.fault(Fault::Reset);
    p.tui.keys(&format!("mei\r{PASSWORD}\r"));
    p.tui.wait_for("does not answer");
    proxy.heal();
    p.tui.keys(&format!("{PASSWORD}\r"));
    p.tui.wait_for("mei · ");
}

#[test]
fn a_panic_gives_the_terminal_back_first() {
    let me = std::env::current_exe().unwrap();
    let args = ["--exact", "terminal::a_program_that_panics", "--nocapture"];
    let mut tui = Tui::start_program(me.to_str().unwrap(), &args, &[(PANIC_IN_TERMINAL, "1")], 24, 80);
    assert!(!tui.wait_exit().success());
    assert_given_back(&tui);
    tui.wait_screen("the sentence", |s| s.contains("ended unexpectedly"));
}

/// Set in the program that [`a_panic_gives_the_terminal_back_first`] starts.
const PANIC_IN_TERMINAL: &str = "PRAXIS_TEST_PANIC";

/// Not a test of its own: what `a_panic_gives_the_terminal_back_first` runs in a terminal.
#[test]
fn a_program_that_panics() {
    if std::env::var_os(PANIC_IN_TERMINAL).is_none() {
        return;
    }
    let mut terminal = praxis::ui::terminal::Terminal::take().unwrap();
    block_on(terminal.idle());
    terminal.write(b"\x1b[?25lhere".to_vec());
    block_on(terminal.idle());
    panic!("as asked");
}

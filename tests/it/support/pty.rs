//! The real program in a terminal of its own: keys go in, a screen comes out.
use super::{PATIENCE, wait_until};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::{
    fs::{Mode, OFlags, open},
    process::{Pid, Signal, kill_process},
    termios::{Action, LocalModes, OptionalActions, SpecialCodeIndex, tcflow, tcgetattr, tcsetattr},
};
use std::{
    io::{Read as _, Write},
    num::NonZeroU16,
    os::fd::OwnedFd,
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

/// What came out of the program so far.
struct Output {
    terminal: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
    hung_up: bool,
}

type Shared = Arc<(Mutex<Output>, Condvar)>;

/// The program in a pseudo-terminal. It is killed when this is dropped.
pub struct Tui {
    output: Shared,
    writer: Option<Box<dyn Write + Send>>,
    master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
}

impl Tui {
    /// Starts `praxis` with these arguments in a terminal of `rows` by `cols`. The environment is emptied but for PATH
    /// and what the tests set, so that nobody's own configuration counts.
    pub fn start(args: &[&str], env: &[(&str, &str)], rows: u16, cols: u16) -> Self {
        Self::start_program(&program(), args, env, rows, cols)
    }

    /// Starts another program the same way.
    pub fn start_program(program: &str, args: &[&str], env: &[(&str, &str)], rows: u16, cols: u16) -> Self {
        let pair = native_pty_system().openpty(size(rows, cols)).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", "/nonexistent");
        command.env("PRAXIS_SEALING_KEY_FILE", &*super::KEY_FILE);
        command.cwd("/");
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let output: Shared = Arc::new((
            Mutex::new(Output {
                terminal: vt100::Parser::new(cells(rows, cols).0, cells(rows, cols).1, 0),
                raw: Vec::new(),
                ended: false,
                hung_up: false,
            }),
            Condvar::new(),
        ));
        let shared = Arc::clone(&output);
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            let mut held = vec![];
            loop {
                let n = reader.read(&mut buffer).unwrap_or(0);
                let mut output = shared.0.lock().expect("output");
                output.terminal.process(&with_replacements(&mut held, &buffer[..n]));
                output.raw.extend_from_slice(&buffer[..n]);
                output.ended = n == 0;
                shared.1.notify_all();
                if output.ended || output.hung_up {
                    return;
                }
            }
        });
        Self { output, writer: Some(writer), master: Some(pair.master), child }
    }

    /// Waits until the program has written anything at all, or ended; `false` when it did neither in this time.
    pub fn speaks_within(&self, limit: Duration) -> bool {
        let (lock, changed) = &*self.output;
        let output = lock.lock().expect("output");
        let silent = |o: &mut Output| o.raw.is_empty() && !o.ended;
        let (output, _) = changed.wait_timeout_while(output, limit, silent).expect("output");
        !output.raw.is_empty() || output.ended
    }

    /// Which program the child runs, and in what it waits: for a child that never speaks.
    pub fn whereabouts(&self) -> String {
        let of = |file: &str| {
            let pid = self.child.process_id().unwrap_or_default();
            std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default()
        };
        let shown = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace('\0', " ");
        format!("{} waits in {}", shown(of("cmdline")), shown(of("wchan")))
    }

    /// Types. Escapes are written as Rust writes them: `"\r"` is Enter, `"\x1b"` Esc, `"\x1b[B"` the arrow down.
    pub fn keys(&mut self, keys: &str) {
        self.bytes_in(keys.as_bytes());
    }

    /// Types any bytes, also such as are no text.
    pub fn bytes_in(&mut self, bytes: &[u8]) {
        let writer = self.writer.as_mut().expect("the terminal is open");
        writer.write_all(bytes).and_then(|()| writer.flush()).expect("the terminal takes keys");
    }

    /// Waits until the text is on the screen and gives the screen.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_screen(&format!("the text {text:?}"), |screen| screen.contains(text))
    }

    /// Waits until the text is no longer on the screen and gives the screen.
    pub fn wait_gone(&self, text: &str) -> String {
        self.wait_screen(&format!("{text:?} to go"), |screen| !screen.contains(text))
    }

    /// Waits until the screen is as `ready` wants it; prints it if it never is.
    pub fn wait_screen(&self, what: &str, ready: impl Fn(&str) -> bool) -> String {
        let (lock, changed) = &*self.output;
        let since = Instant::now();
        let mut output = lock.lock().expect("output");
        loop {
            let screen = output.terminal.screen().contents();
            if ready(&screen) {
                return screen;
            }
            let left = PATIENCE.saturating_sub(since.elapsed());
            assert!(
                !left.is_zero() && !output.ended,
                "waited {:?} for {what}{}; the screen:\n{screen}\n-- end of the screen",
                since.elapsed(),
                if output.ended { ", but the program ended" } else { "" },
            );
            output = changed.wait_timeout(output, left.min(Duration::from_millis(250))).expect("output").0;
        }
    }

    /// The screen as it is now.
    pub fn screen(&self) -> String {
        self.output.0.lock().expect("output").terminal.screen().contents()
    }

    /// One row of the screen, from 0.
    pub fn row(&self, row: u16) -> String {
        self.screen().lines().nth(usize::from(row)).unwrap_or_default().to_owned()
    }

    /// Where the cursor is: row and column, from 0.
    pub fn cursor(&self) -> (u16, u16) {
        self.output.0.lock().expect("output").terminal.screen().cursor_position()
    }

    /// How many bytes the program has written.
    pub fn bytes(&self) -> usize {
        self.output.0.lock().expect("output").raw.len()
    }

    /// Every byte the program has written.
    pub fn raw(&self) -> Vec<u8> {
        self.output.0.lock().expect("output").raw.clone()
    }

    /// Waits until nothing was written for `quiet`, and says how many bytes there were in all.
    pub fn settle(&self, quiet: Duration) -> usize {
        let (lock, changed) = &*self.output;
        let since = Instant::now();
        let mut output = lock.lock().expect("output");
        loop {
            let before = output.raw.len();
            let waited = changed
                .wait_timeout_while(output, quiet, |o| o.raw.len() == before && !o.ended)
                .expect("output");
            output = waited.0;
            if waited.1.timed_out() || output.ended {
                return output.raw.len();
            }
            assert!(since.elapsed() < PATIENCE, "the program never stops writing");
        }
    }

    /// Changes the terminal's size.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        // The emulator first: what the program draws for the new size must not meet the old one.
        let (r, c) = cells(rows, cols);
        self.output.0.lock().expect("output").terminal.set_size(r, c);
        self.master
            .as_ref()
            .expect("the terminal is open")
            .resize(size(rows, cols))
            .expect("the size changes");
    }

    /// Closes the terminal under the program, as a lost line does: it gets SIGHUP from the kernel, and its reads end.
    pub fn hang_up(&mut self) {
        self.output.0.lock().expect("output").hung_up = true;
        let master = self.master.take().expect("the terminal is open");
        let path = master.tty_name().expect("the terminal has a name");
        let far_end = open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("the far end opens");
        // portable-pty types Enter and Ctrl-D when its writer is dropped, unless there is no such character.
        let mut modes = tcgetattr(&far_end).expect("modes");
        modes.special_codes[SpecialCodeIndex::VEOF] = 0;
        tcsetattr(&far_end, OptionalActions::Now, &modes).expect("modes");
        // The reader thread holds the terminal open until its read returns.
        rustix::io::write(&far_end, b"\0").expect("a byte for the reader");
        wait_until("the reader to let go", || (Arc::strong_count(&self.output) == 1).then_some(()));
        drop(far_end);
        self.writer = None;
    }

    /// From now on the terminal takes no more output, as one behind a stalled line: the program's writes wait.
    pub fn stop_reading(&self) {
        tcflow(self.far_end(), Action::OOff).expect("the output stops");
    }

    /// The terminal takes output again.
    pub fn read_again(&self) {
        tcflow(self.far_end(), Action::OOn).expect("the output goes on");
    }

    /// How the terminal is set: whether it echoes and edits lines, as it does while no program has it.
    pub fn is_cooked(&self) -> bool {
        let modes = tcgetattr(self.far_end()).expect("modes");
        modes.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    fn far_end(&self) -> OwnedFd {
        let path = self.master.as_ref().and_then(|m| m.tty_name()).expect("the terminal has a name");
        open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("the far end opens")
    }

    /// Sends a signal by its short name: `TERM`, `CONT`, `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        std::process::Command::new("kill").args(["-s", name, &pid]).status().expect("kill runs");
    }

    /// Stops the program and lets it go on in the same moment.
    pub fn stop_and_go_on(&self) {
        let pid = Pid::from_raw(self.pid().cast_signed()).expect("a process id");
        for signal in [Signal::STOP, Signal::CONT] {
            kill_process(pid, signal).expect("the signal is sent");
        }
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process id")
    }

    /// Kills the program at once (SIGKILL) and waits for its end.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.child.wait().expect("the program ends");
    }

    /// Waits for the program to end by itself.
    pub fn wait_exit(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let output = &self.output;
        wait_until("the program to end", || {
            let ended = child.try_wait().expect("a status");
            if ended.is_some() {
                // What it wrote last is still on its way through the terminal.
                let (lock, changed) = &**output;
                let output = lock.lock().expect("output");
                drop(changed.wait_timeout_while(output, Duration::from_millis(500), |o| !o.ended));
            }
            ended
        })
    }
}

impl Drop for Tui {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

/// The program under test: the debug build, or what `PRAXIS_TEST_PROGRAM` names by its absolute path.
fn program() -> String {
    std::env::var("PRAXIS_TEST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_praxis").to_owned())
}

/// The emulator leaves out U+FFFD, which terminals draw one column wide: it gets U+2370 instead. Half of one is held back.
fn with_replacements(held: &mut Vec<u8>, bytes: &[u8]) -> Vec<u8> {
    const TAKEN_OUT: &[u8] = "\u{fffd}".as_bytes();
    held.extend_from_slice(bytes);
    let half = (1..TAKEN_OUT.len()).rev().find(|n| held.ends_with(&TAKEN_OUT[..*n])).unwrap_or(0);
    let rest = held.split_off(held.len() - half);
    let mut whole = vec![];
    let mut at = 0;
    while at < held.len() {
        if held[at..].starts_with(TAKEN_OUT) {
            whole.extend_from_slice("\u{2370}".as_bytes());
            at += TAKEN_OUT.len();
        } else {
            whole.push(held[at]);
            at += 1;
        }
    }
    *held = rest;
    whole
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn cells(rows: u16, cols: u16) -> (NonZeroU16, NonZeroU16) {
    (NonZeroU16::new(rows).unwrap_or(NonZeroU16::MIN), NonZeroU16::new(cols).unwrap_or(NonZeroU16::MIN))
}

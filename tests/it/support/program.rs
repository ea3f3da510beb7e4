//! The real program on a database, and what it may write to a terminal.
use super::{cluster::Db, people::PASSWORD, pty::Tui};
use praxis::domain::characters::is_joining;
use std::{
    ops::{Deref, DerefMut},
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// A running program; its log is removed with it.
pub struct Program {
    tui: Tui,
    pub log: PathBuf,
}

impl Program {
    /// Opens it at 80 by 24 on a server.
    pub fn open(url: &str) -> Self {
        Self::open_with(url, &[])
    }

    /// The same with more environment.
    pub fn open_with(url: &str, more: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let log = PathBuf::from(format!("/tmp/pxp{}-{number}.log", std::process::id()));
        let path = log.to_string_lossy().into_owned();
        let mut env = vec![("PRAXIS_DATABASE_URL", url), ("PRAXIS_LOG_FILE", path.as_str())];
        env.retain(|(name, _)| more.iter().all(|(n, _)| n != name));
        env.extend_from_slice(more);
        let mut tui = Tui::start(&[], &env, 24, 80);
        // Rarely a child has been seen that never began; what it did is printed, and another one is started.
        if !tui.speaks_within(Duration::from_secs(8)) {
            println!("a program that wrote nothing: {}", tui.whereabouts());
            tui.kill();
            tui = Tui::start(&[], &env, 24, 80);
        }
        Self { tui, log }
    }

    /// Opens it and signs in; `home` is on the screen then.
    pub fn signed_in(db: &Db, login: &str, home: &str) -> Self {
        let mut program = Self::open(&db.url());
        program.sign_in(login, home);
        program
    }

    /// Types login and password, and waits for `home`.
    pub fn sign_in(&mut self, login: &str, home: &str) {
        self.wait_for("Login or e-mail");
        self.keys(&format!("{login}\r{PASSWORD}\r"));
        self.wait_for(home);
    }

    /// Leaves as a person does.
    pub fn quit(&mut self) {
        self.keys("\x11");
        assert!(self.wait_exit().success());
    }
}

impl Deref for Program {
    type Target = Tui;
    fn deref(&self) -> &Tui {
        &self.tui
    }
}

impl DerefMut for Program {
    fn deref_mut(&mut self) -> &mut Tui {
        &mut self.tui
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        std::fs::remove_file(&self.log).ok();
    }
}

/// What these bytes hold that may never reach a terminal: other controls and sequences than those for placing, erasing
/// and colouring, direction controls, invisible letters, more than four marks on a letter.
pub fn stray(bytes: &[u8]) -> Vec<String> {
    let mut found = vec![];
    let text = String::from_utf8_lossy(bytes);
    let mut letters = text.chars().peekable();
    let mut marks = 0;
    let mut last = None;
    while let Some(c) = letters.next() {
        let before = last.replace(c);
        let is_mark = unicode_normalization::char::is_combining_mark(c);
        marks = if is_mark { marks + 1 } else { 0 };
        match c {
            '\x1b' => {
                let Some('[') = letters.next() else {
                    found.push("an escape that is no CSI".to_owned());
                    continue;
                };
                let mut body = String::new();
                let end = loop {
                    match letters.next() {
                        Some(c @ ('0'..='9' | ';' | '?' | ':')) => body.push(c),
                        end => break end,
                    }
                };
                let known = match end {
                    Some('m' | 'H' | 'J' | 'K' | 'A' | 'B' | 'C' | 'D' | 'X' | 'r' | 'S' | 'T') => {
                        !body.starts_with('?')
                    }
                    Some('h' | 'l') => ["?25", "?1049", "?2004"].contains(&body.as_str()),
                    _ => false,
                };
                if !known {
                    found.push(format!("ESC[{body}{end:?}"));
                }
            }
            '\r' | '\n' | '\x08' => {}
            c if c.is_control() => found.push(format!("the control U+{:04X}", u32::from(c))),
            // After a letter that joins these shape the word, whose rest may be cut off or be drawn already.
            '\u{200c}' | '\u{200d}'
                if before.is_some_and(is_joining)
                    && letters.peek().is_none_or(|c| is_joining(*c) || matches!(c, '\x1b' | '…' | ' ')) => {
            }
            '\u{ad}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{180e}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{3164}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{061c}'
            | '\u{feff}' => {
                found.push(format!("the invisible U+{:04X}", u32::from(c)));
            }
            _ if marks > 4 => found.push(format!("{marks} marks on a letter")),
            _ => {}
        }
    }
    found.dedup();
    found
}

#[test]
fn what_may_not_be_written_is_noticed() {
    assert_eq!(stray("می\u{200c}خواهم می\u{200c}\x1b[H".as_bytes()), [""; 0]);
    assert_eq!(stray("\x1b[2J\x1b[1;31mzoë e\u{301} 布\x1b[?25h".as_bytes()), [""; 0]);
    for (bytes, said) in [
        ("\x1b]0;title\x07", "an escape that is no CSI"),
        ("\x1b[6n", "ESC[6Some('n')"),
        ("\x1b[?1003h", "ESC[?1003Some('h')"),
        ("\u{9b}31m", "the control U+009B"),
        ("\x07", "the control U+0007"),
        ("\u{202e}", "the invisible U+202E"),
        ("a\u{200c}b", "the invisible U+200C"),
        ("e\u{301}\u{301}\u{301}\u{301}\u{301}", "5 marks on a letter"),
    ] {
        assert_eq!(stray(bytes.as_bytes())[0], said, "{bytes:?}");
    }
}

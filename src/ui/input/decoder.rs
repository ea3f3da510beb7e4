//! Cuts a stream of bytes into whole sequences, however it was split into reads, and decodes them with termina.
//!
//! Guards: a lone Esc is held for a moment, since slow lines cut arrows in two; half a character is dropped, not the key
//! after it; an unterminated paste ends after a silence; Alt and a key are always Esc and the key.
use super::Input;
use crate::ui::keymap::{Code, Key};
use std::time::{Duration, Instant};
use termina::{
    Parser,
    event::{Event, KeyCode, KeyEventKind, Modifiers},
};

/// A paste is handed on in pieces of this many bytes at most.
const PIECE: usize = 1 << 20;
/// An unterminated paste or sequence ends after this silence.
const SILENCE: Duration = Duration::from_millis(250);
/// No key is longer than this; what is, is garbage.
const LONGEST: usize = 64;
const PASTE_ENDS: &[u8] = b"\x1b[201~";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    /// A character of so many bytes is being gathered.
    Character(usize),
    Escape,
    Csi,
    Ss3,
    Paste,
}

/// Bytes in, [`Input`] out.
pub struct Decoder {
    state: State,
    held: Vec<u8>,
    since: Instant,
    hold: Duration,
    parser: Parser,
    out: Vec<Input>,
}

impl Decoder {
    /// A decoder that holds a lone Esc for `hold` (40 ms do for most lines).
    #[must_use]
    pub fn new(hold: Duration, now: Instant) -> Self {
        Self { state: State::Ground, held: vec![], since: now, hold, parser: Parser::default(), out: vec![] }
    }

    /// When [`Decoder::expire`] must be called, if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Ground => None,
            State::Escape => Some(self.since + self.hold),
            _ => Some(self.since + SILENCE),
        }
    }

    /// Bytes that were read at `now`.
    pub fn feed(&mut self, bytes: &[u8], now: Instant) -> Vec<Input> {
        self.since = now;
        for byte in bytes {
            self.byte(*byte);
        }
        std::mem::take(&mut self.out)
    }

    /// The deadline has passed: what was held is let go or dropped.
    pub fn expire(&mut self, now: Instant) -> Vec<Input> {
        if self.deadline().is_some_and(|d| now >= d) {
            let held = std::mem::take(&mut self.held);
            match self.state {
                State::Escape => self.key(Key::named("esc")),
                State::Paste => self.paste(&held),
                _ => {}
            }
            self.state = State::Ground;
        }
        std::mem::take(&mut self.out)
    }

    fn byte(&mut self, b: u8) {
        match self.state {
            State::Ground => self.ground(b),
            State::Character(long) => {
                if b & 0xc0 != 0x80 {
                    self.reset();
                    return self.ground(b);
                }
                self.held.push(b);
                if self.held.len() == long {
                    if let Some(c) = std::str::from_utf8(&self.held).ok().and_then(|s| s.chars().next()) {
                        self.key(Key::char(c));
                    }
                    self.reset();
                }
            }
            State::Escape => match b {
                b'[' => self.state = State::Csi,
                b'O' => self.state = State::Ss3,
                0x1b => self.key(Key::named("esc")),
                _ => {
                    self.reset();
                    self.key(Key::named("esc"));
                    self.ground(b);
                }
            },
            State::Ss3 => {
                self.reset();
                match b {
                    0x40..=0x7e => self.sequence(&[0x1b, b'O', b]),
                    _ => self.ground(b),
                }
            }
            State::Csi => self.csi(b),
            State::Paste => {
                self.held.push(b);
                if self.held.ends_with(PASTE_ENDS) {
                    let text = std::mem::take(&mut self.held);
                    self.paste(&text[..text.len() - PASTE_ENDS.len()]);
                    self.reset();
                } else if self.held.len() >= PIECE + PASTE_ENDS.len() && self.held.last() != Some(&0x1b) {
                    self.piece();
                }
            }
        }
    }

    /// Hands on a long paste up to a whole character that cannot belong to its end mark.
    fn piece(&mut self) {
        let mut at = self.held.len() - PASTE_ENDS.len();
        while at > 0 && self.held[at] & 0xc0 == 0x80 {
            at -= 1;
        }
        let rest = self.held.split_off(at);
        let text = std::mem::replace(&mut self.held, rest);
        self.paste(&text);
    }

    fn ground(&mut self, b: u8) {
        match b {
            0x1b => self.state = State::Escape,
            b'\r' | b'\n' => self.key(Key::named("enter")),
            b'\t' => self.key(Key::named("tab")),
            0x08 | 0x7f => self.key(Key::named("backspace")),
            1..=26 => self.key(Key { ctrl: true, ..Key::char(char::from(b'a' + b - 1)) }),
            0x20..=0x7e => self.key(Key::char(char::from(b))),
            0xc2..=0xdf => self.gather(b, 2),
            0xe0..=0xef => self.gather(b, 3),
            0xf0..=0xf4 => self.gather(b, 4),
            _ => {}
        }
    }
    fn gather(&mut self, b: u8, long: usize) {
        self.state = State::Character(long);
        self.held.push(b);
    }
    fn reset(&mut self) {
        self.state = State::Ground;
        self.held.clear();
    }

    fn csi(&mut self, b: u8) {
        let console = self.held == b"[";
        match b {
            b'[' if self.held.is_empty() => self.held.push(b),
            0x20..=0x3f if !console && self.held.len() < LONGEST => self.held.push(b),
            0x40..=0x7e => {
                let mut all = b"\x1b[".to_vec();
                all.append(&mut self.held);
                all.push(b);
                self.reset();
                match all.as_slice() {
                    b"\x1b[200~" => self.state = State::Paste,
                    [0x1b, b'[', b'[', n @ b'A'..=b'E'] => {
                        self.key(Key { code: Code::F(n - b'A' + 1), ..Key::char(' ') });
                    }
                    whole => self.sequence(whole),
                }
            }
            0x20..=0x3f => {}
            _ => {
                self.reset();
                self.ground(b);
            }
        }
    }

    fn sequence(&mut self, whole: &[u8]) {
        self.parser.parse(whole, false);
        let mut left_over = true;
        while let Some(event) = self.parser.pop() {
            left_over = false;
            if let Event::Key(key) = event
                && key.kind != KeyEventKind::Release
                && let Some(code) = code_of(key.code)
            {
                let shift = key.modifiers.contains(Modifiers::SHIFT) || key.code == KeyCode::BackTab;
                if key.modifiers.contains(Modifiers::ALT) {
                    self.key(Key::named("esc"));
                }
                self.key(Key {
                    ctrl: key.modifiers.contains(Modifiers::CONTROL),
                    alt: false,
                    shift: shift && !matches!(code, Code::Char(_)),
                    code,
                });
            }
        }
        if left_over {
            self.parser = Parser::default();
        }
    }

    fn key(&mut self, key: Key) {
        self.out.push(Input::Key(key));
    }
    fn paste(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.out
                .push(Input::Paste(String::from_utf8_lossy(bytes).replace(char::REPLACEMENT_CHARACTER, "")));
        }
    }
}

fn code_of(code: KeyCode) -> Option<Code> {
    Some(match code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Function(n @ 1..=12) => Code::F(n),
        KeyCode::Enter => Code::Named("enter"),
        KeyCode::Backspace => Code::Named("backspace"),
        KeyCode::Tab | KeyCode::BackTab => Code::Named("tab"),
        KeyCode::Escape => Code::Named("esc"),
        KeyCode::Left => Code::Named("left"),
        KeyCode::Right => Code::Named("right"),
        KeyCode::Up => Code::Named("up"),
        KeyCode::Down => Code::Named("down"),
        KeyCode::Home => Code::Named("home"),
        KeyCode::End => Code::Named("end"),
        KeyCode::PageUp => Code::Named("pageup"),
        KeyCode::PageDown => Code::Named("pagedown"),
        KeyCode::Insert => Code::Named("ins"),
        KeyCode::Delete => Code::Named("del"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(parts: &[&[u8]]) -> Vec<Input> {
        let now = Instant::now();
        let mut decoder = Decoder::new(Duration::from_millis(40), now);
        let mut out: Vec<Input> = parts.iter().flat_map(|p| decoder.feed(p, now)).collect();
        out.extend(decoder.expire(now + Duration::from_secs(1)));
        out
    }
    fn keys(text: &str) -> Vec<Input> {
        Key::sequence(text).unwrap().into_iter().map(Input::Key).collect()
    }

    #[test]
    fn an_arrow_split_over_packets_is_an_arrow() {
        assert_eq!(decode(&[b"\x1b", b"[", b"B"]), keys("down"));
        assert_eq!(decode(&[b"\x1b[", b"1;5", b"C"]), keys("ctrl-right"));
    }
    #[test]
    fn arrows_and_function_keys_of_application_mode_are_known() {
        assert_eq!(decode(&[b"\x1bOA\x1bOP\x1b[21~\x1b[[A\x1b[Z"]), keys("up f1 f10 f1 shift-tab"));
    }
    #[test]
    fn a_lone_escape_is_let_go_after_its_time() {
        let now = Instant::now();
        let mut decoder = Decoder::new(Duration::from_millis(40), now);
        assert_eq!(decoder.feed(b"\x1b", now), vec![]);
        assert_eq!(decoder.expire(now + Duration::from_millis(39)), vec![]);
        assert_eq!(decoder.expire(now + Duration::from_millis(40)), keys("esc"));
    }
    #[test]
    fn alt_and_a_key_are_escape_and_the_key() {
        assert_eq!(decode(&[b"\x1b3"]), keys("esc 3"));
        assert_eq!(decode(&[b"\x1b\x1b[A"]), keys("esc up"));
        assert_eq!(decode(&[b"\x1b[1;3B"]), keys("esc down"));
    }
    #[test]
    fn half_a_character_is_dropped_and_not_the_key_after_it() {
        assert_eq!(decode(&[b"\xe6\x97a"]), keys("a"));
        assert_eq!(decode(&["日".as_bytes(), b"\xff\xfex"]), keys("日 x"));
        assert_eq!(decode(&[b"\xe6", b"\x97", b"\xa5"]), keys("日"));
    }
    #[test]
    fn an_unterminated_paste_ends_after_a_silence_and_keys_work_again() {
        let now = Instant::now();
        let mut decoder = Decoder::new(Duration::from_millis(40), now);
        assert_eq!(decoder.feed(b"\x1b[200~abc", now), vec![]);
        assert_eq!(decoder.expire(now + SILENCE), vec![Input::Paste("abc".into())]);
        assert_eq!(decoder.feed(b"j", now + SILENCE), keys("j"));
    }
    #[test]
    fn two_megabytes_of_paste_arrive_whole() {
        let text = "größer ".repeat(2_000_000 / 9);
        let stream = format!("\x1b[200~{text}\x1b[201~q");
        let mut all = String::new();
        let mut after = vec![];
        for input in decode(&stream.as_bytes().chunks(4096).collect::<Vec<_>>()) {
            match input {
                Input::Paste(piece) => all += &piece,
                other => after.push(other),
            }
        }
        assert!(all == text);
        assert_eq!(after, keys("q"));
    }
    #[test]
    fn garbage_does_not_swallow_the_keys_after_it() {
        assert_eq!(decode(&[b"\x1b[999999x", b"\x1b[\x01", b"a"]), keys("ctrl-a a"));
        let long = [b"\x1b[".to_vec(), vec![b'1'; 500], b"~k".to_vec()].concat();
        assert_eq!(decode(&[&long]).last(), keys("k").last());
    }
    #[test]
    fn every_split_of_a_stream_decodes_the_same() {
        let stream = "ab\x1b[Bé日\x1bOA\x1b3\x1b[200~x\x1b[y\n日\x1b[201~\x1b[1;5Cq\r\x7f\x10".as_bytes();
        let whole = decode(&[stream]);
        assert!(whole.len() > 10);
        let mut seed: u64 = 7;
        for _ in 0..3000 {
            let mut parts = vec![];
            let mut rest = stream;
            while !rest.is_empty() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let (part, after) = rest.split_at(((seed >> 33) as usize % 5 + 1).min(rest.len()));
                parts.push(part);
                rest = after;
            }
            assert_eq!(decode(&parts), whole, "split as {parts:?}");
        }
    }
}

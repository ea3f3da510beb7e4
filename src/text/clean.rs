//! The only way data becomes drawable. No escape, control, direction override, invisible letter or pile of marks from a
//! record reaches a terminal, a log, a file or a printer; what was taken out leaves one visible mark (U+FFFD), so that
//! nobody is fooled. What is stored stays as it is. Cleaning twice changes nothing.
use crate::domain::characters::{
    is_control, is_direction, is_harmless, is_invisible, is_joining, is_private,
};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use unicode_normalization::char::is_combining_mark;

/// What stands where something was taken out.
pub const TAKEN_OUT: char = '\u{fffd}';
/// Marks allowed on one letter; more are dropped.
pub const MARKS_PER_LETTER: usize = 4;
/// Carries a mark that came without its letter.
const LETTERLESS: char = '\u{25cc}';

/// Text that may be drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Clean(String);

impl Clean {
    /// One line: line ends and tabs become spaces.
    #[must_use]
    pub fn line(raw: &str) -> Self {
        Self(clean(raw).into_owned())
    }

    /// Several lines: line ends stay, tabs become spaces.
    #[must_use]
    pub fn lines(raw: &str) -> Self {
        Self(clean_lines(raw).into_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for Clean {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl From<&str> for Clean {
    fn from(raw: &str) -> Self {
        Self::line(raw)
    }
}
impl From<String> for Clean {
    fn from(raw: String) -> Self {
        Self::line(&raw)
    }
}

/// Cleaned, on one line: the usual case.
#[must_use]
pub fn clean(raw: &str) -> Cow<'_, str> {
    sweep(raw, false)
}

/// The same as [`clean`], for call sites that want to say so.
#[must_use]
pub fn clean_one_line(raw: &str) -> Cow<'_, str> {
    sweep(raw, false)
}

/// Cleaned, line ends kept as `\n`, tabs as four spaces.
#[must_use]
pub fn clean_lines(raw: &str) -> Cow<'_, str> {
    sweep(raw, true)
}

fn sweep(raw: &str, lines: bool) -> Cow<'_, str> {
    if raw.bytes().all(|b| matches!(b, b' '..=b'~') || (lines && b == b'\n')) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len().min(64 * 1024));
    let mut last: Option<char> = None;
    let mut marks = 0;
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        let put = match c {
            '\r' if next == Some('\n') => continue,
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => {
                if lines {
                    '\n'
                } else {
                    ' '
                }
            }
            '\t' if lines => {
                out.push_str("   ");
                ' '
            }
            '\t' => ' ',
            '\u{200c}' | '\u{200d}'
                if last.is_some_and(is_joining)
                    && next.is_some_and(|n| is_joining(n) && n.is_alphabetic() && !is_combining_mark(n)) =>
            {
                c
            }
            _ if is_harmless(c) => continue,
            _ if is_control(c) || is_direction(c) || is_invisible(c) || is_private(c) => TAKEN_OUT,
            _ if c.is_whitespace() => ' ',
            _ => c,
        };
        if put == TAKEN_OUT && last == Some(TAKEN_OUT) {
            continue;
        }
        if is_combining_mark(put) {
            if marks == MARKS_PER_LETTER {
                continue;
            }
            if last.is_none_or(|l| l == '\n') {
                out.push(LETTERLESS);
            }
            marks += 1;
        } else {
            marks = 0;
        }
        out.push(put);
        last = Some(put);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_text_is_borrowed_as_it_is() {
        assert!(matches!(clean("BLACK Jack"), Cow::Borrowed("BLACK Jack")));
        assert_eq!(clean("Zoë Łukasz 王小明 محمد"), "Zoë Łukasz 王小明 محمد");
    }

    #[test]
    fn an_escape_sequence_becomes_harmless_and_visible() {
        assert_eq!(clean("\x1b[2Jhi\x07\u{9b}1m"), "\u{fffd}[2Jhi\u{fffd}1m");
        assert_eq!(clean("a\0b\x7f"), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn direction_overrides_and_invisible_letters_become_visible() {
        assert_eq!(clean("abc\u{202e}txt\u{2066}\u{2069}"), "abc\u{fffd}txt\u{fffd}");
        assert_eq!(clean("Ja\u{200b}ck"), "Ja\u{fffd}ck");
        assert_eq!(clean("\u{feff}Jack\u{e0041}"), "Jack\u{fffd}");
    }

    #[test]
    fn joiners_stay_only_between_letters_that_join() {
        assert_eq!(clean("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(clean("क्\u{200d}ष"), "क्\u{200d}ष");
        assert_eq!(clean("a\u{200d}b"), "a\u{fffd}b");
    }

    #[test]
    fn five_thousand_marks_become_four() {
        let zalgo = format!("e{}x", "\u{301}".repeat(5000));
        assert_eq!(clean(&zalgo).chars().count(), 6);
        assert_eq!(clean("\u{301}a"), "\u{25cc}\u{301}a");
    }

    #[test]
    fn lines_are_kept_only_where_asked() {
        assert_eq!(clean("a\r\nb\tc\u{2028}d"), "a b c d");
        assert_eq!(clean_lines("a\r\nb\tc\u{2028}d\re"), "a\nb    c\nd\ne");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(raw in "(\\PC|[\u{0}-\u{20}\u{80}-\u{9f}\u{200b}-\u{206f}\u{300}-\u{310}\u{627}\u{feff}\u{fffd}é]){0,40}") {
            for sweep in [clean, clean_lines] {
                let once = sweep(&raw).into_owned();
                prop_assert_eq!(sweep(&once), once.as_str());
                prop_assert!(!once.chars().any(|c| (c.is_control() && c != '\n') || is_direction(c)));
            }
            prop_assert!(!clean(&raw).contains('\n'));
        }
    }
}

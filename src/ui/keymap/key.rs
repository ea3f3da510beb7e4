//! One key as a person writes it: `ctrl-p`, `shift-tab`, `f10`, `g`.
use std::{fmt, str::FromStr};

/// What was pressed, without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character, as the keyboard layout gives it.
    Char(char),
    /// A key with a name of [`NAMES`].
    Named(&'static str),
    /// F1 to F12.
    F(u8),
}

/// A key and its modifiers. Shift is only kept where it is not already in the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Held control.
    pub ctrl: bool,
    /// Held alt.
    pub alt: bool,
    /// Held shift.
    pub shift: bool,
    /// The key.
    pub code: Code,
}

/// The names of keys that are no characters.
pub const NAMES: [&str; 14] = [
    "enter",
    "esc",
    "tab",
    "backspace",
    "del",
    "ins",
    "up",
    "down",
    "left",
    "right",
    "home",
    "end",
    "pageup",
    "pagedown",
];

impl Key {
    /// A bare character.
    #[must_use]
    pub fn char(c: char) -> Self {
        Self { ctrl: false, alt: false, shift: false, code: Code::Char(c) }
    }
    /// A bare key of [`NAMES`]; an unknown name is Esc.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let name = NAMES.iter().find(|n| **n == name).copied().unwrap_or("esc");
        Self { ctrl: false, alt: false, shift: false, code: Code::Named(name) }
    }
    /// The character it types, if it types one.
    #[must_use]
    pub fn printable(&self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
    /// It is the bare Esc key.
    #[must_use]
    pub fn is_esc(&self) -> bool {
        *self == Self::named("esc")
    }
    /// Why an ordinary terminal over ssh cannot send it, if it cannot.
    #[must_use]
    pub fn unportable(&self) -> Option<&'static str> {
        match self.code {
            _ if self.alt => Some("is Esc and the key on a plain terminal"),
            Code::Char('i') if self.ctrl => Some("is Tab"),
            Code::Char('m') if self.ctrl => Some("is Enter"),
            Code::Char('j') if self.ctrl => Some("is Enter on many terminals"),
            Code::Char('h') if self.ctrl => Some("is Backspace on many terminals"),
            Code::Char('[') if self.ctrl => Some("is Esc"),
            Code::Char(c) if self.ctrl && !c.is_ascii_lowercase() => {
                Some("needs an enhanced keyboard protocol")
            }
            Code::Named("enter" | "esc" | "backspace" | "tab") if self.ctrl => {
                Some("needs an enhanced keyboard protocol")
            }
            Code::Named("enter" | "esc" | "backspace") if self.shift => {
                Some("needs an enhanced keyboard protocol")
            }
            _ => None,
        }
    }
    /// A sequence as written in keymaps: `g s`.
    #[must_use]
    pub fn show(keys: &[Self]) -> String {
        keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
    /// Reads a sequence.
    ///
    /// # Errors
    /// The sentence that names the unknown key.
    pub fn sequence(text: &str) -> Result<Vec<Self>, String> {
        let keys = text.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err("no key is named".into()) } else { Ok(keys) }
    }
}

impl FromStr for Key {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut key = Self::char(' ');
        let mut rest = text;
        loop {
            if let Some(r) = rest.strip_prefix("ctrl-").filter(|r| !r.is_empty()) {
                key.ctrl = true;
                rest = r;
            } else if let Some(r) = rest.strip_prefix("alt-").filter(|r| !r.is_empty()) {
                key.alt = true;
                rest = r;
            } else if let Some(r) = rest.strip_prefix("shift-").filter(|r| !r.is_empty()) {
                key.shift = true;
                rest = r;
            } else {
                break;
            }
        }
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next()) {
            (Some(c), None) => Code::Char(c),
            _ if rest == "space" => Code::Char(' '),
            _ => match rest
                .strip_prefix('f')
                .and_then(|n| n.parse::<u8>().ok())
                .filter(|n| (1..=12).contains(n))
            {
                Some(n) => Code::F(n),
                None => Code::Named(
                    NAMES.iter().find(|n| **n == rest).ok_or_else(|| format!("there is no key {text:?}"))?,
                ),
            },
        };
        Ok(key)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(name)?;
            }
        }
        match self.code {
            Code::Char(' ') => f.write_str("space"),
            Code::Char(c) => write!(f, "{c}"),
            Code::Named(n) => f.write_str(n),
            Code::F(n) => write!(f, "f{n}"),
        }
    }
}

//! What comes from the terminal.
use super::keymap::Key;

/// One thing that came from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Text between the marks of a bracketed paste.
    Paste(String),
    /// The window has this many columns and lines now.
    Resize(u16, u16),
    /// The terminal is gone.
    HangUp,
}

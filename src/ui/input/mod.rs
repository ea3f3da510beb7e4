//! The terminal's bytes become keys, pastes, sizes and hang-ups. An own reader: libraries stall on long input, on an
//! unterminated paste and on half a character, and take a cut arrow for Esc and letters.
mod decoder;
mod reader;

pub use decoder::Decoder;
pub use reader::spawn;

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

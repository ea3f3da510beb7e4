//! A cell of the shadow screen: a glyph number and a style, small enough to compare and copy in bulk.
use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

/// Colours and attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Of the letter.
    pub fg: Color,
    /// Behind it.
    pub bg: Color,
    /// Bold, underlined …
    pub mods: Modifier,
}

/// Nothing set.
pub const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, mods: Modifier::empty() };
/// The attributes a blank shows.
pub const VISIBLE_ON_BLANK: Modifier =
    Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);
/// The attributes that are sent at all.
pub const SENT: [(Modifier, u8, u8); 6] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// What stands in a cell: a character, the right half of a wide one, or a cluster of several characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// A character's number, or [`RIGHT_HALF`], or beyond it the number of a cluster.
    pub glyph: u32,
    /// Its look.
    pub look: Look,
}

/// The glyph of the right half of a wide character.
pub const RIGHT_HALF: u32 = 0x0011_0000;
/// An empty cell.
pub const BLANK: Cell = Cell { glyph: ' ' as u32, look: PLAIN };

impl Cell {
    /// A blank that erasing makes: no background and nothing visible on it.
    #[must_use]
    pub fn erased(self) -> bool {
        self == BLANK
    }
}

/// Clusters of several characters, each known by a number.
#[derive(Debug, Default)]
pub struct Clusters(Vec<String>);

impl Clusters {
    fn number(&mut self, text: &str) -> u32 {
        let at = self.0.iter().position(|c| c == text).unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        });
        RIGHT_HALF + 1 + at as u32
    }
    /// Writes a glyph.
    pub fn write(&self, glyph: u32, out: &mut Vec<u8>) {
        match char::from_u32(glyph) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => {
                let text =
                    self.0.get((glyph - RIGHT_HALF).saturating_sub(1) as usize).map_or(" ", String::as_str);
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
    /// A drawn buffer as cells. Blanks lose what cannot be seen on them; a wide character at the edge is a blank.
    pub fn compact(&mut self, buffer: &Buffer, out: &mut Vec<Cell>) {
        if self.0.len() > 4096 {
            self.0.clear();
        }
        out.clear();
        let width = usize::from(buffer.area.width).max(1);
        for row in buffer.content.chunks(width) {
            let mut skip = 0;
            for (x, cell) in row.iter().enumerate() {
                let mut mods = cell.modifier;
                mods.remove(Modifier::HIDDEN | Modifier::SLOW_BLINK | Modifier::RAPID_BLINK);
                let look = Look { fg: cell.fg, bg: cell.bg, mods };
                if skip > 0 {
                    skip -= 1;
                    let look = out.last().map_or(look, |c: &Cell| c.look);
                    out.push(Cell { glyph: RIGHT_HALF, look });
                    continue;
                }
                let symbol = cell.symbol();
                let wide = symbol.width();
                let mut chars = symbol.chars();
                let glyph = match (chars.next(), chars.next()) {
                    _ if wide == 0 || wide > 2 || x + wide > width => ' ' as u32,
                    (Some(c), None) => c as u32,
                    (Some(_), Some(_)) => self.number(symbol),
                    _ => ' ' as u32,
                };
                if glyph == ' ' as u32 {
                    let mods = mods & VISIBLE_ON_BLANK;
                    let fg = if mods.is_empty() { Color::Reset } else { look.fg };
                    out.push(Cell { glyph, look: Look { fg, mods, ..look } });
                } else {
                    skip = wide - 1;
                    out.push(Cell { glyph, look });
                }
            }
        }
    }
}

//! Many lines of text, wrapped where the window ends. The editing is ratatui-textarea's; its key handling is unused.
use super::picker::scrolled;
use crate::{
    text::{clean_lines, width},
    ui::{command::WidgetCommand, screen::TextInput, theme::Theme},
};
use ratatui::{Frame, layout::Rect};
use ratatui_textarea::{CursorMove, TextArea as Inner};
use unicode_segmentation::UnicodeSegmentation;

/// A note that a person types in.
///
/// `let mut note = TextBox::new().max(20_000); note.view(frame, area, ui.theme, ui.focused);`
pub struct TextBox {
    inner: Inner<'static>,
    max: usize,
    full: bool,
    top: usize,
}

impl Default for TextBox {
    fn default() -> Self {
        Self::new()
    }
}

impl TextBox {
    /// An empty note of at most 20,000 characters.
    #[must_use]
    pub fn new() -> Self {
        Self { inner: Inner::default(), max: 20_000, full: false, top: 0 }
    }
    /// The last thing typed or pasted did not fit whole: how many characters there may be.
    #[must_use]
    pub fn overfull(&self) -> Option<usize> {
        self.full.then_some(self.max)
    }
    /// At most this many characters.
    #[must_use]
    pub fn max(mut self, characters: usize) -> Self {
        self.max = characters;
        self
    }
    /// Replaces the text; the cursor stands behind it.
    pub fn set(&mut self, text: &str) {
        self.inner = Inner::new(text.split('\n').map(ToOwned::to_owned).collect());
        self.inner.move_cursor(CursorMove::Bottom);
        self.inner.move_cursor(CursorMove::End);
    }
    /// The text.
    #[must_use]
    pub fn value(&self) -> String {
        self.inner.lines().join("\n")
    }

    /// Draws the part around the cursor and, with the focus, places it.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, theme: Theme, focused: bool) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let room = usize::from(area.width);
        let cursor = self.inner.cursor();
        let (row, col) = (cursor.0, cursor.1);
        let mut rows: Vec<String> = vec![];
        let mut at = (0, 0);
        for (i, line) in self.inner.lines().iter().enumerate() {
            let pieces = soft_wrap(line, room);
            if i == row {
                let before: usize = line.chars().take(col).map(char::len_utf8).sum();
                let mut left = before;
                let last = pieces.len() - 1;
                for (n, piece) in pieces.iter().enumerate() {
                    if left < piece.len() || n == last {
                        let x = width(&piece[..left.min(piece.len())]);
                        at = if x >= room { (rows.len() + n + 1, 0) } else { (rows.len() + n, x) };
                        break;
                    }
                    left -= piece.len();
                }
            }
            rows.extend(pieces);
            if at.0 == rows.len() && i == row {
                rows.push(String::new());
            }
        }
        self.top = scrolled(self.top, at.0, usize::from(area.height), rows.len());
        for (y, line) in rows.iter().skip(self.top).take(usize::from(area.height)).enumerate() {
            super::put(frame, area, y as u16, line, theme.text());
        }
        if focused {
            let (x, y) = (at.1.min(room - 1) as u16, (at.0 - self.top.min(at.0)) as u16);
            frame.set_cursor_position((area.x + x, area.y + y.min(area.height - 1)));
        }
    }
}

/// The pieces of a line, none wider than `room`; together they are the line. Words stay whole where they fit.
fn soft_wrap(line: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![];
    let mut piece = String::new();
    let mut wide = 0;
    for word in line.split_inclusive(' ') {
        if wide > 0 && wide + width(word.trim_end()) > room {
            pieces.push(std::mem::take(&mut piece));
            wide = 0;
        }
        for g in word.graphemes(true) {
            if wide + width(g) > room && g != " " && !piece.is_empty() {
                pieces.push(std::mem::take(&mut piece));
                wide = 0;
            }
            piece.push_str(g);
            wide += width(g);
        }
    }
    pieces.push(piece);
    pieces
}

impl TextInput for TextBox {
    fn insert(&mut self, text: &str) {
        let room = self.max.saturating_sub(self.value().chars().count());
        let text = clean_lines(&text.replace("\r\n", "\n").replace('\r', "\n")).into_owned();
        self.full = text.chars().count() > room;
        let text: String = text.chars().take(room).collect();
        if !text.is_empty() {
            self.inner.insert_str(text);
        }
    }
    fn edit(&mut self, command: WidgetCommand) -> bool {
        use WidgetCommand as W;
        self.full = false;
        let t = &mut self.inner;
        match command {
            W::Backspace => {
                t.delete_char();
            }
            W::Delete => {
                t.delete_next_char();
            }
            W::DeleteWord => {
                t.delete_word();
            }
            W::DeleteToStart => {
                t.delete_line_by_head();
            }
            W::DeleteToEnd => {
                t.delete_line_by_end();
            }
            W::TextUndo => {
                t.undo();
            }
            W::Newline => self.insert("\n"),
            W::Left => t.move_cursor(CursorMove::Back),
            W::Right => t.move_cursor(CursorMove::Forward),
            W::Up => t.move_cursor(CursorMove::Up),
            W::Down => t.move_cursor(CursorMove::Down),
            W::WordLeft => t.move_cursor(CursorMove::WordBack),
            W::WordRight => t.move_cursor(CursorMove::WordForward),
            W::Start => t.move_cursor(CursorMove::Head),
            W::End => t.move_cursor(CursorMove::End),
            _ => return false,
        }
        true
    }
    fn many_lines(&self) -> bool {
        true
    }
    fn text(&self) -> String {
        self.value()
    }
}

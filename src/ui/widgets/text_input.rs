//! One line of text: grapheme by grapheme, scrolled sideways, pastes cleaned, never longer than its limit.
use crate::{
    text::{clean, width},
    ui::{command::WidgetCommand, screen::TextInput, theme::Theme},
};
use ratatui::{Frame, layout::Rect, style::Style};
use unicode_segmentation::UnicodeSegmentation;

/// One line that a person types in.
///
/// `let mut name = TextLine::new().max(60).with("Ann"); name.view(frame, area, ui.theme, ui.focused);`
#[derive(Debug, Clone)]
pub struct TextLine {
    text: String,
    cursor: usize,
    scroll: usize,
    max: usize,
    hidden: bool,
    full: bool,
    before: Vec<(String, usize)>,
}

impl Default for TextLine {
    fn default() -> Self {
        Self::new()
    }
}

impl TextLine {
    /// An empty line of at most 200 characters.
    #[must_use]
    pub fn new() -> Self {
        Self {
            text: String::new(),
            cursor: 0,
            scroll: 0,
            max: 200,
            hidden: false,
            full: false,
            before: vec![],
        }
    }
    /// At most this many characters.
    #[must_use]
    pub fn max(mut self, characters: usize) -> Self {
        self.max = characters;
        self
    }
    /// The last thing typed or pasted did not fit whole: how many characters there may be.
    #[must_use]
    pub fn overfull(&self) -> Option<usize> {
        self.full.then_some(self.max)
    }
    /// A password: dots are shown.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }
    /// Beginning with this text, the cursor behind it.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        self.set(text);
        self
    }
    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        self.text = text.chars().take(self.max).collect();
        self.cursor = self.text.len();
        self.before.clear();
    }
    /// The text.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.text
    }
    fn left(&self, from: usize) -> usize {
        self.text[..from].grapheme_indices(true).next_back().map_or(0, |(i, _)| i)
    }
    fn right(&self, from: usize) -> usize {
        from + self.text[from..].graphemes(true).next().map_or(0, str::len)
    }
    fn word_left(&self) -> usize {
        let start = self.text[..self.cursor].trim_end();
        start
            .rfind(char::is_whitespace)
            .map_or(0, |i| i + start[i..].chars().next().map_or(1, char::len_utf8))
    }
    fn word_right(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let gap = rest.len() - rest.trim_start().len();
        self.cursor + gap + rest[gap..].find(char::is_whitespace).unwrap_or(rest.len() - gap)
    }
    fn cut(&mut self, from: usize, to: usize) {
        if from < to {
            self.remember();
            self.text.replace_range(from..to, "");
            self.cursor = from;
        }
    }
    fn remember(&mut self) {
        if self.before.len() >= 50 {
            self.before.remove(0);
        }
        self.before.push((self.text.clone(), self.cursor));
    }

    /// Draws the visible part and, with the focus, places the cursor.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, theme: Theme, focused: bool) {
        self.view_styled(frame, area, theme.text(), focused);
    }
    /// The same in a style of one's own.
    pub fn view_styled(&mut self, frame: &mut Frame<'_>, area: Rect, style: Style, focused: bool) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let shown = |t: &str| {
            if self.hidden { "*".repeat(t.graphemes(true).count()) } else { clean(t).into_owned() }
        };
        let room = usize::from(area.width);
        let (before, all) = (shown(&self.text[..self.cursor]), shown(&self.text));
        let at = width(&before);
        if at < self.scroll {
            self.scroll = at.saturating_sub(room / 3);
        } else if at >= self.scroll + room {
            self.scroll = at + 1 - room + room / 3;
        }
        let mut skipped = 0;
        let visible: String = all
            .graphemes(true)
            .skip_while(|g| {
                let skip = skipped < self.scroll;
                if skip {
                    skipped += width(g);
                }
                skip
            })
            .collect();
        super::put(frame, area, 0, &visible, style);
        if focused {
            let x = (at.saturating_sub(skipped)).min(room - 1) as u16;
            frame.set_cursor_position((area.x + x, area.y));
        }
    }
}

impl TextInput for TextLine {
    fn insert(&mut self, text: &str) {
        let room = self.max.saturating_sub(self.text.chars().count());
        let text = clean(text).replace(['\n', '\r', '\t'], " ");
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        self.full = text.chars().count() > room;
        let text: String = text.chars().take(room).collect();
        if !text.is_empty() {
            self.remember();
            self.text.insert_str(self.cursor, &text);
            self.cursor += text.len();
        }
    }
    fn edit(&mut self, command: WidgetCommand) -> bool {
        use WidgetCommand as W;
        self.full = false;
        match command {
            W::Backspace => self.cut(self.left(self.cursor), self.cursor),
            W::Delete => self.cut(self.cursor, self.right(self.cursor)),
            W::DeleteWord => self.cut(self.word_left(), self.cursor),
            W::DeleteToStart => self.cut(0, self.cursor),
            W::DeleteToEnd => self.cut(self.cursor, self.text.len()),
            W::Left => self.cursor = self.left(self.cursor),
            W::Right => self.cursor = self.right(self.cursor),
            W::WordLeft => self.cursor = self.word_left(),
            W::WordRight => self.cursor = self.word_right(),
            W::Start => self.cursor = 0,
            W::End => self.cursor = self.text.len(),
            W::TextUndo => {
                if let Some((text, cursor)) = self.before.pop() {
                    self.text = text;
                    self.cursor = cursor;
                }
            }
            _ => return false,
        }
        true
    }
    fn text(&self) -> String {
        self.text.clone()
    }
}

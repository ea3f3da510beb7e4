//! Text that is read, not typed: wrapped, scrolled by lines and pages.
use crate::{
    text::{clean_lines, wrap},
    ui::{
        command::WidgetCommand,
        screen::{TextInput, Ui, Used, Widget},
    },
};
use ratatui::{Frame, layout::Rect};

/// A text and how far it is scrolled.
///
/// `let mut text = ScrollText::new("..."); text.view(frame, area, ui);`
#[derive(Debug, Clone, Default)]
pub struct ScrollText {
    text: String,
    top: usize,
    page: usize,
    lines: usize,
    /// Lines are cut and not wrapped, every blank kept.
    as_it_is: bool,
}

impl ScrollText {
    /// A text from its beginning.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
    /// A text whose lines stay as they are, as on paper.
    #[must_use]
    pub fn as_it_is(text: impl Into<String>) -> Self {
        Self { text: text.into(), as_it_is: true, ..Self::default() }
    }
    /// Another text; the place in it stays.
    pub fn set(&mut self, text: impl Into<String>) {
        self.text = text.into();
    }
    /// Scrolls to the end when it is drawn next.
    pub fn to_end(&mut self) {
        self.top = usize::MAX;
    }
    /// Its last line is visible.
    #[must_use]
    pub fn at_end(&self) -> bool {
        self.top + self.page >= self.lines
    }
    /// Draws the visible part.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let room = usize::from(area.width.saturating_sub(2)).max(1);
        let text = clean_lines(&self.text);
        let lines: Vec<String> = if self.as_it_is {
            text.lines().map(str::to_owned).collect()
        } else {
            text.lines().flat_map(|l| indented(l, room)).collect()
        };
        self.page = usize::from(area.height).max(1);
        self.lines = lines.len();
        self.top = self.top.min(lines.len().saturating_sub(self.page));
        for (y, line) in lines.iter().skip(self.top).take(self.page).enumerate() {
            super::put(frame, area, y as u16, &format!(" {line}"), ui.theme.text());
        }
    }
}

/// Wraps a line, every piece as far in as its beginning.
fn indented(line: &str, room: usize) -> Vec<String> {
    let text = line.trim_start_matches(' ');
    let indent = &line[..line.len() - text.len()];
    let pieces = wrap(text, room.saturating_sub(indent.len()).max(1));
    pieces.into_iter().map(|piece| format!("{indent}{piece}")).collect()
}

impl Widget for ScrollText {
    fn contexts(&self) -> &'static [&'static str] {
        &["list"]
    }
    fn act(&mut self, command: WidgetCommand) -> Used {
        use WidgetCommand as W;
        let last = self.lines.saturating_sub(self.page);
        self.top = match command {
            W::Next => self.top + 1,
            W::Previous => self.top.saturating_sub(1),
            W::PageDown => self.top + self.page,
            W::PageUp => self.top.saturating_sub(self.page),
            W::First => 0,
            W::Last => last,
            _ => return Used::No,
        }
        .min(last);
        Used::Moved
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        None
    }
}

//! Parts of screens: each keeps its own state, understands the widgets' commands and draws at any size.
pub mod banner;
pub mod chart;
pub mod confirm;
pub mod day_grid;
pub mod detail;
pub mod form;
pub mod help;
pub mod hint_bar;
pub mod lock;
pub mod matching;
pub mod palette;
pub mod picker;
pub mod prompt;
pub mod qr;
pub mod ranked;
pub mod scroll_text;
pub mod table;
pub mod tabs;
pub mod text_area;
pub mod text_input;
pub mod which_key;
pub mod why_not;

#[cfg(test)]
mod sizes;

use super::theme::Theme;
use crate::text::{clean, wrap};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear},
};

/// A sentence, wrapped, from the top left of `area`.
pub fn sentence(frame: &mut Frame<'_>, area: Rect, text: &str) {
    for (i, line) in wrap(&clean(text), usize::from(area.width.max(1))).into_iter().enumerate() {
        if i < usize::from(area.height) {
            frame.render_widget(Line::raw(line), Rect::new(area.x, area.y + i as u16, area.width, 1));
        }
    }
}

/// An empty list's or a waiting place's sentence: one column in, dim.
pub fn notice(frame: &mut Frame<'_>, area: Rect, text: &str, theme: Theme) {
    put(frame, area, 0, &format!(" {text}"), theme.dim());
}

/// One line of text at row `y` of `area`; nothing when it is outside. The text is cleaned.
pub fn put(frame: &mut Frame<'_>, area: Rect, y: u16, text: &str, style: Style) {
    put_spans(frame, area, y, vec![Span::styled(clean(text).into_owned(), style)]);
}

/// One line of spans at row `y` of `area`; nothing when it is outside.
pub fn put_spans(frame: &mut Frame<'_>, area: Rect, y: u16, spans: Vec<Span<'_>>) {
    if y < area.height && area.width > 0 {
        frame.render_widget(Line::from(spans), Rect::new(area.x, area.y + y, area.width, 1));
    }
}

/// A rectangle of at most this size in the middle of `area`.
#[must_use]
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (w, h) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - w) / 2, area.y + (area.height - h) / 2, w, h)
}

/// Clears `area`, draws a border with a title and gives what is inside. A plain theme has a title line only.
pub fn boxed(frame: &mut Frame<'_>, area: Rect, title: &str, theme: Theme) -> Rect {
    frame.render_widget(Clear, area);
    let title = format!(" {} ", clean(title));
    if theme.plain || area.width < 4 || area.height < 3 {
        put(frame, area, 0, &title, theme.strong());
        return split_top(area, 1)[1];
    }
    let block = Block::bordered().border_set(theme.border()).title(Line::styled(title, theme.strong()));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// The upper `rows` of `area`, and the rest.
#[must_use]
pub fn split_top(area: Rect, rows: u16) -> [Rect; 2] {
    let rows = rows.min(area.height);
    [Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area }]
}

/// The left `cols` of `area`, and the rest.
#[must_use]
pub fn split_left(area: Rect, cols: u16) -> [Rect; 2] {
    let cols = cols.min(area.width);
    [Rect { width: cols, ..area }, Rect { x: area.x + cols, width: area.width - cols, ..area }]
}

/// Text with the characters of these indices underlined.
#[must_use]
pub fn marked(text: &str, marks: &[usize], style: Style, theme: Theme) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = vec![];
    let mut run = String::new();
    let mut on = false;
    for (i, c) in clean(text).chars().enumerate() {
        let mark = marks.contains(&i);
        if mark != on && !run.is_empty() {
            let s = if on { style.patch(theme.selected()) } else { style };
            spans.push(Span::styled(std::mem::take(&mut run), s));
        }
        on = mark;
        run.push(c);
    }
    let s = if on { style.patch(theme.selected()) } else { style };
    spans.push(Span::styled(run, s));
    spans
}

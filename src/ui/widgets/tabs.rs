//! One line of numbered tabs: `1 Info   2 Examination*   4 Diagnosis!`; `*` unsaved, `!` something required is missing.
use crate::ui::theme::Theme;
use ratatui::{Frame, layout::Rect, text::Span};

/// One tab.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tab {
    /// Its word.
    pub word: String,
    /// It has unsaved input.
    pub unsaved: bool,
    /// Something required is missing in it.
    pub missing: bool,
}

/// Draws the tabs, the current one underlined.
pub fn view(frame: &mut Frame<'_>, area: Rect, tabs: &[Tab], current: usize, theme: Theme) {
    let mut spans = vec![Span::raw(" ")];
    for (i, tab) in tabs.iter().enumerate() {
        let style = if i == current { theme.selected().patch(theme.strong()) } else { theme.text() };
        spans.push(Span::styled(format!("{} ", i + 1), theme.dim()));
        spans.push(Span::styled(crate::text::clean(&tab.word).into_owned(), style));
        spans.push(Span::styled(if tab.unsaved { "*" } else { "" }, theme.warn()));
        spans.push(Span::styled(if tab.missing { "!" } else { "" }, theme.alarm()));
        spans.push(Span::raw("   "));
    }
    super::put_spans(frame, area, 0, spans);
}

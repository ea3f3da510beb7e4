//! What may follow a prefix, shown after 300 ms at the bottom of the body.
use crate::{
    text::{cut, pad},
    ui::theme::Theme,
};
use ratatui::{Frame, layout::Rect};

/// Draws keys and what they mean in columns of 24.
pub fn view(frame: &mut Frame<'_>, body: Rect, title: &str, rows: &[(String, String)], theme: Theme) {
    let columns = usize::from((body.width.saturating_sub(2) / 24).max(1));
    let lines = rows.len().div_ceil(columns).max(1) as u16;
    let height = (lines + 2).min(body.height);
    let area = Rect { y: body.y + body.height - height, height, ..body };
    let inner = super::boxed(frame, area, title, theme);
    for y in 0..inner.height {
        let line: String = (0..columns)
            .filter_map(|c| rows.get(c * lines as usize + y as usize))
            .map(|(key, what)| pad(&cut(&format!("{key} {what}"), 23), 24))
            .collect();
        super::put(frame, inner, y, &line, theme.text());
    }
}

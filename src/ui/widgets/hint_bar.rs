//! Line 24: what works now, each with its key; what does not fit is left out from the right, the help last of all.
use crate::{text::width, ui::theme::Theme};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

/// Draws keys and titles; the last entry (the help) keeps its place.
pub fn view(frame: &mut Frame<'_>, area: Rect, hints: &[(String, String)], theme: Theme) {
    let cost = |(key, title): &(String, String)| width(key) + width(title) + 3;
    let Some((last, rest)) = hints.split_last() else { return };
    let mut room = usize::from(area.width).saturating_sub(1 + cost(last));
    let mut spans = vec![Span::raw(" ")];
    let mut add = |(key, title): &(String, String)| {
        spans.push(Span::styled(key.clone(), theme.strong()));
        spans.push(Span::styled(format!(" {title}  "), theme.dim()));
    };
    for hint in rest {
        let Some(left) = room.checked_sub(cost(hint)) else { break };
        room = left;
        add(hint);
    }
    add(last);
    frame.render_widget(Line::from(spans), area);
}

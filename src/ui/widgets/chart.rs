//! Numbers as bars of text: one line each, the number always beside the bar.
use crate::{
    text::{cut, pad, width},
    ui::theme::Theme,
};
use ratatui::{Frame, layout::Rect};

/// Draws `label ████ 12` for each pair, the longest bar filling the area. Negative numbers draw no bar.
pub fn bars(frame: &mut Frame<'_>, area: Rect, rows: &[(String, f64)], theme: Theme) {
    let label = rows.iter().map(|(l, _)| width(l)).max().unwrap_or(0).min(20);
    let most = rows.iter().map(|(_, n)| *n).fold(0.0, f64::max);
    let room = usize::from(area.width).saturating_sub(label + 12);
    let full = if theme.ascii { "#" } else { "█" };
    for (y, (name, n)) in rows.iter().enumerate().take(usize::from(area.height)) {
        let long = if most > 0.0 { (n.max(0.0) / most * room as f64).round() as usize } else { 0 };
        super::put(
            frame,
            area,
            y as u16,
            &format!(" {} {} {n}", pad(&cut(name, label), label), full.repeat(long)),
            theme.text(),
        );
    }
}

/// A line of marks for a series, lowest to highest; empty without numbers.
#[must_use]
pub fn spark(series: &[f64], theme: Theme) -> String {
    let marks: Vec<char> = if theme.ascii { "_.-=^" } else { "▁▂▃▄▅▆▇█" }.chars().collect();
    let (low, high) = series.iter().fold((f64::MAX, f64::MIN), |(l, h), n| (l.min(*n), h.max(*n)));
    let span = if high > low { high - low } else { 1.0 };
    let last = (marks.len() - 1) as f64;
    series.iter().map(|n| marks[((n - low) / span * last).round() as usize]).collect()
}

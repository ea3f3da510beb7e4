//! A list under its title, and below it all of the selected row where there is room.
use super::{put, split_top, table::Table};
use crate::{
    text::{clean, wrap},
    ui::screen::Ui,
};
use ratatui::{Frame, layout::Rect};

/// Draws the title, the list, and in the last `rows` lines what `facts` says of the selected row, a line or more for each
/// fact. Where fewer than `least` lines would be left for the list, the facts are left out.
pub fn list_over<R: 'static>(
    frame: &mut Frame<'_>,
    area: Rect,
    ui: &Ui,
    title: &str,
    table: &mut Table<R>,
    (rows, least): (u16, u16),
    facts: impl FnOnce(&R) -> Vec<String>,
) {
    let [head, rest] = split_top(area, 2);
    put(frame, head, 0, &format!(" {title}"), ui.theme.strong());
    let below = if rest.height >= rows + least { rows } else { 0 };
    let [list, detail] = split_top(rest, rest.height - below);
    table.view(frame, list, ui);
    let Some(row) = table.selected() else { return };
    let room = usize::from(detail.width.saturating_sub(2).max(1));
    let lines = facts(row).into_iter().flat_map(|l| wrap(&clean(&l), room)).collect::<Vec<_>>();
    for (y, line) in (1..detail.height).zip(&lines) {
        put(frame, detail, y, &format!(" {line}"), ui.theme.text());
    }
}

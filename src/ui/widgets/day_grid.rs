//! Days or people against the hours: two letters a cell, `#` taken, `h` being chosen elsewhere, `.` free, `-` no session; colour only adds.
use crate::{
    text::{cut, pad},
    ui::theme::Theme,
};
use ratatui::{Frame, layout::Rect, text::Span};

/// What one part of a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It can be booked.
    Free,
    /// Somebody has it.
    Taken,
    /// Somebody is choosing it just now.
    Held,
    /// The provider keeps it.
    Blocked,
    /// There is no session.
    Closed,
}

/// One line of the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `Smith, Anna`.
    pub label: String,
    /// One for each heading, each of its parts in order.
    pub cells: Vec<Vec<Part>>,
}

/// The grid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// `08`, `09` …
    pub headings: Vec<String>,
    /// The lines.
    pub lines: Vec<Line>,
    /// The selected line and cell.
    pub selected: Option<(usize, usize)>,
    /// Columns of the labels.
    pub label_width: usize,
}

/// Draws as many lines and cells as fit.
pub fn view(frame: &mut Frame<'_>, area: Rect, grid: &Grid, theme: Theme) {
    let label = grid.label_width.clamp(1, 24);
    let parts = grid.lines.iter().flat_map(|l| &l.cells).map(Vec::len).max().unwrap_or(2).max(2);
    let headings: String = grid.headings.iter().map(|h| format!(" {}", pad(&cut(h, parts), parts))).collect();
    super::put(frame, area, 0, &format!("{}{headings}", pad("", label)), theme.dim());
    for (i, line) in grid.lines.iter().enumerate() {
        let mut spans = vec![Span::raw(pad(&cut(&crate::text::clean(&line.label), label), label))];
        for (j, cell) in line.cells.iter().enumerate() {
            let here = grid.selected == Some((i, j));
            spans.push(Span::styled(if here { theme.gutter() } else { " " }, theme.strong()));
            for part in cell {
                let (mark, style) = match part {
                    Part::Free => (".", theme.good()),
                    Part::Taken => ("#", theme.text()),
                    Part::Held => ("h", theme.warn()),
                    Part::Blocked => ("x", theme.warn()),
                    Part::Closed => ("-", theme.dim()),
                };
                spans.push(Span::styled(mark, style));
            }
            spans.push(Span::raw(" ".repeat(parts - cell.len().min(parts))));
        }
        super::put_spans(frame, area, i as u16 + 1, spans);
    }
}

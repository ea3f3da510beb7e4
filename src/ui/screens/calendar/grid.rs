//! The day sheet and the week: columns of cells on common rows. A row is a beginning that any column has, so that slots of
//! every length and days of a clock change are drawn as they are.
use super::{
    Calendar, View,
    view::{fit, look},
};
use crate::{
    domain::{
        calendar::{Cell, Content, OffKind, ProviderDay, RowKey},
        dates,
        ids::CentreId,
    },
    text::width,
    tr,
    ui::{
        screen::Ui,
        widgets::{self, picker::scrolled},
    },
};
use chrono::Datelike as _;
use ratatui::{Frame, layout::Rect, style::Style, text::Span};

/// Columns of the times at the left.
const TIMES: u16 = 6;

/// One column as it is drawn.
struct Column {
    head: String,
    head_style: Style,
    day: Option<ProviderDay>,
    selected: bool,
    /// Beginning, last minute and cell.
    cells: Vec<(RowKey, RowKey, Cell)>,
}

impl Calendar {
    fn column(&self, day: Option<ProviderDay>, head: String, head_style: Style, selected: bool) -> Column {
        let cells = day.iter().flat_map(|d| {
            d.cells(self.now).into_iter().map(|c| {
                let zone = d.zone_of(Some(&c)).unwrap_or_default();
                let last = c.period.end - chrono::Duration::minutes(1);
                (RowKey::of(c.period.start, zone), RowKey::of(last.max(c.period.start), zone), c)
            })
        });
        let cells = cells.collect();
        Column { head, head_style, day, selected, cells }
    }

    pub(super) fn draw_sheet(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(cursor) = self.cursor else { return };
        let fits = usize::from(area.width.saturating_sub(TIMES) / 18).clamp(1, 9);
        let most = usize::from(area.width.saturating_sub(TIMES) / 6).max(1);
        self.shown = self.columns.unwrap_or(fits).min(most);
        self.keep_in_sight();
        self.first = self.first.min(self.people.len().saturating_sub(self.shown));
        let n = self.shown.min(self.people.len()).max(1);
        let wide = usize::from(area.width.saturating_sub(TIMES)) / n;
        let columns: Vec<Column> = self
            .people
            .iter()
            .skip(self.first)
            .take(self.shown)
            .map(|p| {
                let day = self.days.get(&(*p, cursor.day)).cloned();
                let selected = Some(*p) == cursor.provider;
                let free = day.as_ref().filter(|d| d.bookings.is_some()).map(|d| d.free(self.now));
                let free = match free {
                    Some(n) if wide >= 20 => tr!("{n} free", n = n),
                    Some(n) if wide >= 12 => n.to_string(),
                    _ => String::new(),
                };
                let room = wide.saturating_sub(width(&free) + 3);
                let head = format!("{} {free}", fit(&self.name(*p), room));
                self.column(day, head, ui.theme.text(), selected)
            })
            .collect();
        let here = self.place.as_ref().map(|p| p.centre);
        if columns.is_empty() {
            let text = tr!("Nobody has a session on this day. ] shows the next day, e adds a session.");
            return widgets::notice(frame, area, text, ui.theme);
        }
        self.draw_columns(frame, area, &columns, here, ui);
    }

    pub(super) fn draw_week(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(cursor) = self.cursor else { return };
        let wide = usize::from(area.width.saturating_sub(TIMES)) / 7;
        let columns: Vec<Column> = self
            .drawn_days()
            .into_iter()
            .map(|d| {
                let day = cursor.provider.and_then(|p| self.days.get(&(p, d))).cloned();
                let name = dates::short_day(d);
                let name = if wide >= 11 { name } else { name.chars().take(6).collect() };
                let centre = day.iter().flat_map(|d| &d.sessions).map(|s| s.centre_name.clone()).next();
                let room = wide.saturating_sub(width(&name) + 2);
                let centre = centre.filter(|_| room > 3).unwrap_or_default();
                let head = format!("{name} {}", fit(&centre, room));
                let style = match (d == self.today, d.weekday().num_days_from_monday() > 4) {
                    (true, _) => ui.theme.strong(),
                    (_, true) => ui.theme.dim(),
                    _ => ui.theme.text(),
                };
                self.column(day, head, style, d == cursor.day)
            })
            .collect();
        if columns.iter().all(|c| c.cells.is_empty()) {
            let text = tr!("No sessions in this week. ] shows the next week, e adds a session.");
            return widgets::notice(frame, area, text, ui.theme);
        }
        self.draw_columns(frame, area, &columns, None, ui);
    }

    /// The row of the selection, whether a cell is there or not.
    fn row_here(&self) -> Option<RowKey> {
        let cursor = self.cursor?;
        Some(match self.cell() {
            Some((day, cell)) => RowKey::of(cell.period.start, day.zone_of(Some(&cell)).unwrap_or_default()),
            None => RowKey::of(cursor.at, self.zone()),
        })
    }

    fn draw_columns(
        &mut self,
        frame: &mut Frame<'_>,
        area: Rect,
        columns: &[Column],
        centre: Option<CentreId>,
        ui: &Ui,
    ) {
        let [head, body] = widgets::split_top(area, 1);
        let wide = usize::from(area.width.saturating_sub(TIMES)) / columns.len().max(1);
        let mut spans = vec![Span::raw(" ".repeat(usize::from(TIMES)))];
        for column in columns {
            let text = fit(&column.head, wide.saturating_sub(1));
            spans.push(Span::styled(format!(" {text}"), column.head_style));
        }
        widgets::put_spans(frame, head, 0, spans);
        let mut rows: Vec<RowKey> = columns.iter().flat_map(|c| c.cells.iter().map(|c| c.0)).collect();
        rows.sort_unstable();
        rows.dedup();
        let here = self.row_here();
        let at = here.map_or(0, |key| rows.partition_point(|r| *r <= key).saturating_sub(1));
        let height = usize::from(body.height);
        self.page = height;
        self.top = scrolled(self.top, at, height, rows.len());
        let is_today = self.view == View::Sheet && self.cursor.is_some_and(|c| c.day == self.today);
        let now = RowKey::of(self.now, self.zone());
        let at_now = rows.partition_point(|r| *r <= now).checked_sub(1).filter(|_| is_today);
        for (y, (i, key)) in rows.iter().enumerate().skip(self.top).take(height).enumerate() {
            let style = if at_now == Some(i) { ui.theme.strong() } else { ui.theme.dim() };
            let mut spans = vec![Span::styled(fit(&key.label(), usize::from(TIMES)), style)];
            for column in columns {
                let here = column.selected && i == at;
                spans.push(Span::styled(if here { ui.theme.gutter() } else { " " }, ui.theme.strong()));
                let (text, style) = self.cell_text(column, *key, centre, ui);
                spans.push(Span::styled(fit(&text, wide.saturating_sub(1)), style));
            }
            widgets::put_spans(frame, body, y as u16, spans);
        }
        let column = columns.iter().position(|c| c.selected).unwrap_or(0);
        let (x, y) = (usize::from(TIMES) + column * wide, at.saturating_sub(self.top));
        if ui.focused && y < height && x < usize::from(area.width) && !rows.is_empty() {
            frame.set_cursor_position((body.x + x as u16, body.y + y as u16));
        }
    }

    fn cell_text(&self, column: &Column, key: RowKey, centre: Option<CentreId>, ui: &Ui) -> (String, Style) {
        let Some(day) = &column.day else { return (String::new(), ui.theme.text()) };
        if day.bookings.is_none() {
            return ("...".into(), ui.theme.dim());
        }
        let begins = column.cells.iter().find(|(from, ..)| *from == key);
        let Some((_, _, cell)) = begins else {
            let covers = column.cells.iter().find(|(from, last, _)| *from < key && key <= *last);
            return match covers.map(|c| c.2.content) {
                Some(Content::Booked(i, _)) => {
                    ("|".into(), day.booked().get(i).map_or(ui.theme.dim(), |b| look(b.status, ui.theme)))
                }
                _ => (String::new(), ui.theme.text()),
            };
        };
        let elsewhere = centre.is_some() && day.centre_of(cell).is_some_and(|c| Some(c) != centre);
        let other = cell.session.and_then(|i| day.sessions.get(i)).filter(|_| elsewhere);
        let at = other.map(|s| format!(" @ {}", s.centre_name)).unwrap_or_default();
        match cell.content {
            Content::Free => (format!(".{at}"), if elsewhere { ui.theme.dim() } else { ui.theme.good() }),
            Content::Gone => (format!(",{at}"), ui.theme.dim()),
            Content::Clear => (tr!("x clear").into(), ui.theme.dim()),
            Content::Off(i) => {
                let Some(off) = day.off.get(i) else { return (String::new(), ui.theme.text()) };
                let letter = off.kind.mark().letter();
                let word = match off.kind {
                    OffKind::Leave | OffKind::Holiday if !off.text.is_empty() => off.text.clone(),
                    OffKind::Leave => tr!("away").into(),
                    OffKind::Holiday => tr!("holiday").into(),
                    OffKind::SameDay => tr!("same day").into(),
                    OffKind::Urgent => tr!("urgent").into(),
                    OffKind::Chosen | OffKind::Mine => off.text.clone(),
                };
                (format!("{letter} {word}"), ui.theme.warn())
            }
            Content::Booked(i, more) => {
                let wanted = self.cursor.and_then(|c| c.booking);
                let here = &day.booked()[i..=i + more];
                let Some(b) = here.iter().find(|b| Some(b.id) == wanted).or_else(|| here.first()) else {
                    return (String::new(), ui.theme.text());
                };
                let kind =
                    if b.kind.letter() == ' ' { String::new() } else { format!(" {}", b.kind.letter()) };
                let lifted = self.lifted.as_ref().is_some_and(|l| l.appointment == b.id);
                let letter = if lifted { 'x' } else { b.status.letter() };
                let more = if more > 0 { format!(" +{more}") } else { String::new() };
                let text = format!("{letter} {}{kind}{more}{at} {}", b.patient_name, b.visit_type);
                (text, look(b.status, ui.theme))
            }
        }
    }
}

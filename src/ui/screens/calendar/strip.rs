//! The strip: a line for each provider of the centre, a character for each half hour of the day, 46 to 50 of them.
use super::{Calendar, view::fit};
use crate::{
    domain::calendar::{Mark, half_hours},
    tr,
    ui::{
        screen::Ui,
        widgets::{self, picker::scrolled},
    },
};
use chrono::Timelike as _;
use ratatui::{Frame, layout::Rect, text::Span};

/// The least columns of a name, and the most.
const NAME: usize = 14;
const LONGEST: usize = 26;
/// Columns of the number that is free.
const COUNT: usize = 5;

impl Calendar {
    pub(super) fn draw_strip(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(cursor) = self.cursor else { return };
        if self.people.is_empty() {
            let text = tr!("Nobody has a session on this day. ] shows the next day, e adds a session.");
            return widgets::notice(frame, area, text, ui.theme);
        }
        let [head, body] = widgets::split_top(area, 1);
        let [body, legend] = widgets::split_top(body, body.height.saturating_sub(1));
        self.shown = usize::from(body.height).max(1);
        self.page = self.shown;
        let zone = self.zone();
        let halves = half_hours(zone, cursor.day);
        let selected = halves.iter().position(|h| h.contains(cursor.at)).unwrap_or(0);
        // Where a day does not fit whole, it begins with its first session, and follows the selection.
        let fits = usize::from(area.width).saturating_sub(NAME + COUNT + 1).clamp(1, halves.len().max(1));
        let opens = self.days.values().flat_map(|d| &d.sessions).map(|s| s.period.start).min();
        let opens = opens.and_then(|at| halves.iter().position(|h| h.contains(at))).unwrap_or(0);
        let from = opens.min(halves.len() - fits.min(halves.len()));
        let from = from.clamp((selected + 1).saturating_sub(fits), selected);
        let name = usize::from(area.width).saturating_sub(fits + COUNT + 1).min(LONGEST);

        let mut hours = vec![' '; fits + 2];
        let mut clear = 0;
        for (x, half) in halves.iter().skip(from).take(fits).enumerate() {
            let wall = half.starts_at(zone).time();
            if wall.minute() == 0 && wall.hour() % 2 == 0 && x >= clear && x + 2 <= fits {
                for (i, digit) in format!("{:02}", wall.hour()).chars().enumerate() {
                    hours[x + i] = digit;
                }
                clear = x + 3;
            }
        }
        let hours: String = hours.into_iter().collect();
        let label = fit("", name + 1) + &fit(tr!("free"), COUNT);
        widgets::put_spans(frame, head, 0, vec![Span::styled(label + &hours, ui.theme.dim())]);

        let here = self.people.iter().position(|p| Some(*p) == cursor.provider);
        self.first = scrolled(self.first, here.unwrap_or(0), self.shown, self.people.len());
        for (y, provider) in self.people.iter().skip(self.first).take(self.shown).enumerate() {
            let mine = Some(*provider) == cursor.provider;
            let gutter = if mine { ui.theme.gutter() } else { " " };
            let mut spans =
                vec![Span::styled(gutter, ui.theme.strong()), Span::raw(fit(&self.name(*provider), name))];
            let day = self.days.get(&(*provider, cursor.day)).filter(|d| d.bookings.is_some());
            let Some(day) = day else {
                spans.push(Span::styled(" ...", ui.theme.dim()));
                widgets::put_spans(frame, body, y as u16, spans);
                continue;
            };
            spans.push(Span::raw(format!("{:>3}  ", day.free(self.now))));
            for (x, mark) in day.strip(zone, self.now).into_iter().enumerate().skip(from).take(fits) {
                let style = match mark {
                    Mark::Free => ui.theme.good(),
                    Mark::Closed | Mark::Gone => ui.theme.dim(),
                    Mark::Away | Mark::Held => ui.theme.warn(),
                    Mark::Part | Mark::Taken => ui.theme.text(),
                };
                let style = if mine && x == selected { style.patch(ui.theme.selected()) } else { style };
                spans.push(Span::styled(mark.letter().to_string(), style));
            }
            widgets::put_spans(frame, body, y as u16, spans);
        }
        let meaning = tr!(" . free   + partly taken   # taken   , begun   h held   x away   - closed");
        widgets::put(frame, legend, 0, meaning, ui.theme.dim());
        if let Some(y) = here.and_then(|i| i.checked_sub(self.first)).filter(|y| *y < self.shown) {
            let x = name + 1 + COUNT + selected.saturating_sub(from);
            if ui.focused && x < usize::from(area.width) {
                frame.set_cursor_position((body.x + x as u16, body.y + y as u16));
            }
        }
    }
}

//! The month: what is free on each day, as a number and as a bar of the part that is taken. Colour only adds.
use super::{Calendar, view::fit};
use crate::{
    domain::{
        calendar::{MonthDay, weeks},
        dates,
    },
    text::tr_n,
    tr,
    ui::{
        screen::Ui,
        widgets::{self, split_top},
    },
};
use chrono::{Datelike as _, NaiveDate};
use ratatui::{Frame, layout::Rect, text::Span};

impl Calendar {
    fn month_day(&self, day: NaiveDate) -> MonthDay {
        self.month.iter().find(|d| d.day == day).cloned().unwrap_or_else(|| MonthDay::closed(day))
    }

    pub(super) fn month_detail(&self) -> String {
        let Some(cursor) = self.cursor else { return String::new() };
        let day = self.month_day(cursor.day);
        let name = dates::short_day(cursor.day);
        if day.providers == 0 {
            return tr!("{day} no session", day = name);
        }
        let said = tr!("{day} {free} of {slots} free", day = name, free = day.free(), slots = day.slots);
        let mut who: Vec<&str> = day.choosing(self.now).map(|c| c.who.as_str()).collect();
        who.sort_unstable();
        who.dedup();
        let more = match who[..] {
            [] => tr_n("{n} provider", "{n} providers", day.providers),
            [one] => tr!("{who} is choosing", who = crate::text::clean(one)),
            [one, ..] => {
                let rest = who.len() - 1;
                tr!("{who} and {n} more are choosing", who = crate::text::clean(one), n = rest)
            }
        };
        format!("{said}, {more}")
    }

    pub(super) fn draw_month(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(cursor) = self.cursor else { return };
        let [head, body] = split_top(area, 1);
        let days = weeks(cursor.day);
        let wide = usize::from(area.width / 7).clamp(1, 16);
        let lines = (usize::from(body.height) / (days.len() / 7).max(1)).clamp(1, 3);
        let names: String = days
            .iter()
            .take(7)
            .map(|d| {
                let name: String = dates::short_day(*d).chars().take(3).collect();
                fit(&format!(" {name}"), wide)
            })
            .collect();
        widgets::put(frame, head, 0, &names, ui.theme.dim());
        for (week, row) in days.chunks(7).enumerate() {
            let (mut first, mut second) = (vec![], vec![]);
            for day in row {
                let known = self.month_day(*day);
                let inside = day.month() == cursor.day.month();
                let here = *day == cursor.day;
                let gutter = if here { ui.theme.gutter() } else { " " };
                let style = match (inside, *day == self.today) {
                    (false, _) => ui.theme.dim(),
                    (_, true) => ui.theme.strong(),
                    _ => ui.theme.text(),
                };
                first.push(Span::styled(gutter, ui.theme.strong()));
                first.push(Span::styled(fit(&format!("{:>2} ", day.day()), 3.min(wide)), style));
                let room = wide.saturating_sub(4);
                let heat = match (known.providers, known.heat()) {
                    (0, _) => ui.theme.dim(),
                    (_, 0) => ui.theme.alarm(),
                    (_, 1) => ui.theme.warn(),
                    _ => ui.theme.good(),
                };
                let chosen = known.choosing(self.now).next().is_some();
                let free = match (known.providers, known.slots) {
                    (0, _) | (_, 0) => String::new(),
                    _ if known.free() == 0 => tr!("full").into(),
                    _ if room >= 8 => tr!("{n} free", n = known.free()),
                    _ => known.free().to_string(),
                };
                let mark = usize::from(chosen) * 2;
                first.push(Span::styled(fit(&free, room.saturating_sub(mark)), heat));
                if chosen {
                    first.push(Span::styled(fit("h", mark.min(room)), ui.theme.warn()));
                }
                second.push(Span::raw(" "));
                second.push(Span::styled(
                    fit(&bar(&known, wide.saturating_sub(2).min(8)), wide.saturating_sub(1)),
                    heat,
                ));
            }
            let y = week * lines;
            widgets::put_spans(frame, body, y as u16, first);
            if lines > 1 {
                widgets::put_spans(frame, body, y as u16 + 1, second);
            }
        }
        let used = (days.len() / 7 * lines).saturating_sub(usize::from(lines > 2));
        let chosen = days.iter().any(|d| self.month_day(*d).choosing(self.now).next().is_some());
        if chosen && used < usize::from(body.height) {
            let meaning = tr!(" h somebody is choosing a time of this day");
            widgets::put(frame, body, body.height - 1, meaning, ui.theme.dim());
        }
        let here = days.iter().position(|d| *d == cursor.day).unwrap_or(0);
        let (x, y) = (here % 7 * wide, here / 7 * lines);
        if ui.focused && x < usize::from(area.width) && y < usize::from(body.height) {
            frame.set_cursor_position((body.x + x as u16, body.y + y as u16));
        }
    }
}

/// `#` for what is taken, `.` for what is free; never all of one while there is some of the other.
fn bar(day: &MonthDay, columns: usize) -> String {
    if day.slots == 0 {
        return String::new();
    }
    let (slots, taken) = (day.slots as usize, day.taken.min(day.slots) as usize);
    let full = (taken * columns).div_ceil(slots);
    let full = if taken < slots { full.min(columns.saturating_sub(1)) } else { columns };
    "#".repeat(full) + &".".repeat(columns - full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_tells_nothing_free_from_nearly_nothing() {
        let day = |slots, taken| MonthDay { slots, taken, ..MonthDay::closed(NaiveDate::MIN) };
        let bars = [day(100, 0), day(100, 1), day(100, 99), day(100, 100), day(0, 0)].map(|d| bar(&d, 4));
        assert_eq!(bars, ["....", "#...", "###.", "####", ""]);
    }
}

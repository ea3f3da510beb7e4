//! The agenda: two weeks of one provider as a list of bookings and of stretches that are free.
use super::{
    Calendar,
    view::{fit, look, off_words, status_word},
};
use crate::{
    domain::{
        calendar::{Content, ProviderDay},
        dates,
        ids::AppointmentId,
        patient::{AGE_SEX, age_sex},
        time::Period,
    },
    tr,
    ui::{
        screen::Ui,
        widgets::{self, picker::scrolled},
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect, style::Style, text::Span};

/// A line that can be selected.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub day: NaiveDate,
    pub period: Period,
    pub booking: Option<AppointmentId>,
    /// Slots of a free stretch.
    pub free: usize,
    /// Which of the day's times that are not free.
    pub off: Option<usize>,
}

impl Calendar {
    fn drawn(&self) -> Vec<&ProviderDay> {
        let Some(provider) = self.cursor.and_then(|c| c.provider) else { return vec![] };
        self.drawn_days().iter().filter_map(|d| self.days.get(&(provider, *d))).collect()
    }

    /// Bookings, free stretches and those that are away, kept or being chosen, in the order of time; what is over is left
    /// out, but for bookings.
    pub(super) fn items(&self) -> Vec<Item> {
        let mut items: Vec<Item> = vec![];
        for day in self.drawn() {
            let mut session = None;
            for cell in day.cells(self.now) {
                match cell.content {
                    Content::Gone | Content::Clear => {}
                    Content::Off(_) if cell.period.end <= self.now => {}
                    Content::Free | Content::Off(_) => {
                        let off = match cell.content {
                            Content::Off(i) => Some(i),
                            _ => None,
                        };
                        match items.last_mut() {
                            Some(last)
                                if last.booking.is_none()
                                    && last.off == off
                                    && last.period.end == cell.period.start
                                    && session == cell.session =>
                            {
                                last.free += usize::from(off.is_none());
                                last.period.end = cell.period.end;
                            }
                            _ => {
                                session = cell.session;
                                let free = usize::from(off.is_none());
                                items.push(Item {
                                    day: day.day,
                                    period: cell.period,
                                    booking: None,
                                    free,
                                    off,
                                });
                            }
                        }
                    }
                    Content::Booked(i, more) => {
                        items.extend(day.booked()[i..=i + more].iter().map(|b| Item {
                            day: day.day,
                            period: b.period,
                            booking: Some(b.id),
                            free: 0,
                            off: None,
                        }));
                    }
                }
            }
        }
        items
    }

    /// The item that is selected: by its id, else by its time, else the next one.
    pub(super) fn item_here(&self, items: &[Item]) -> Option<usize> {
        let cursor = self.cursor?;
        let by_id = cursor.booking.and_then(|id| items.iter().position(|i| i.booking == Some(id)));
        let by_time = || items.iter().position(|i| i.day == cursor.day && i.period.contains(cursor.at));
        let next = || items.iter().position(|i| i.period.start >= cursor.at);
        by_id.or_else(by_time).or_else(next).or(items.len().checked_sub(1))
    }

    pub(super) fn draw_agenda(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let items = self.items();
        if items.is_empty() {
            let text = tr!("Nothing is booked or free in these two weeks. ] shows the next week.");
            return widgets::notice(frame, area, text, ui.theme);
        }
        let here = self.item_here(&items);
        let mut lines: Vec<(Option<usize>, Vec<Span<'static>>)> = vec![];
        let mut day = None;
        for (i, item) in items.iter().enumerate() {
            if day != Some(item.day) {
                day = Some(item.day);
                lines.push((None, self.heading(item.day, ui)));
            }
            lines.push((Some(i), self.line(item, Some(i) == here, usize::from(area.width), ui)));
        }
        let height = usize::from(area.height);
        let at = lines.iter().position(|(i, _)| *i == here).unwrap_or(0);
        self.page = height;
        self.top = scrolled(self.top, at, height, lines.len());
        for (y, (_, spans)) in lines.into_iter().skip(self.top).take(height).enumerate() {
            widgets::put_spans(frame, area, y as u16, spans);
        }
        if ui.focused && at >= self.top && at - self.top < height {
            frame.set_cursor_position((area.x, area.y + (at - self.top) as u16));
        }
    }

    fn heading(&self, day: NaiveDate, ui: &Ui) -> Vec<Span<'static>> {
        let known = self.drawn().into_iter().find(|d| d.day == day);
        let sessions = known.iter().flat_map(|d| &d.sessions).map(|s| {
            let (from, to) = (s.period.starts_at(s.zone).time(), s.period.ends_at(s.zone).time());
            format!("{} {}-{}", s.centre_name, dates::clock(from), dates::clock(to))
        });
        let sessions: Vec<String> = sessions.collect();
        let free = known.map_or(0, |d| d.free(self.now));
        let text = format!(" {}  {}  ", dates::short_day(day), crate::text::clean(&sessions.join(", ")));
        vec![Span::styled(text, ui.theme.strong()), Span::styled(tr!("{n} free", n = free), ui.theme.dim())]
    }

    fn line(&self, item: &Item, here: bool, width: usize, ui: &Ui) -> Vec<Span<'static>> {
        let gutter = Span::styled(if here { ui.theme.gutter() } else { " " }, ui.theme.strong());
        let day = self.drawn().into_iter().find(|d| d.day == item.day);
        let zone = day.and_then(|d| d.zone_of(None)).unwrap_or_default();
        let clock = |at: chrono::NaiveDateTime| dates::clock(at.time());
        let (from, to) = (clock(item.period.starts_at(zone)), clock(item.period.ends_at(zone)));
        let booking = day.and_then(|d| d.booked().iter().find(|b| Some(b.id) == item.booking));
        let off = day.zip(item.off).and_then(|(d, i)| d.off.get(i));
        let (text, style): (String, Style) = match (booking, off) {
            (Some(b), _) => {
                let years = age_sex(b.birth_date, b.sex, self.today);
                let name = fit(&b.patient_name.to_string(), 24.min(width / 3));
                // Where there is little room the status matters more than what the visit is for.
                let room = if width < 72 { 0 } else { 16.min(width / 5) + 1 };
                let visit = fit(&b.visit_type, room);
                (
                    format!("{from}-{to}  {name} {} {visit}{}", fit(&years, AGE_SEX), status_word(b)),
                    look(b.status, ui.theme),
                )
            }
            (None, Some(off)) => {
                let letter = off.kind.mark().letter();
                (format!("{from}-{to}  {letter} {}", off_words(off, zone)), ui.theme.warn())
            }
            (None, None) => {
                let slots = crate::text::tr_n("{n} slot free", "{n} slots free", item.free);
                (format!("{from}-{to}  . {slots}"), ui.theme.good())
            }
        };
        vec![gutter, Span::styled(fit(&format!("  {text}"), width.saturating_sub(1)), style)]
    }
}

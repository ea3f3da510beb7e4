//! How the schedule is laid out: one line that says what is shown and what is selected, and below it the view.
use super::{Calendar, Scope, View, reading::monday};
use crate::{
    domain::{
        appointment::AppointmentStatus,
        calendar::{Content, DayBooking, OffKind, OffTime},
        dates,
        patient::age_sex,
    },
    text::{clean, cut, pad, width},
    tr,
    ui::{
        screen::Ui,
        theme::Theme,
        widgets::{self, split_top},
    },
};
use ratatui::{Frame, layout::Rect, style::Style, text::Span};

impl Calendar {
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, body] = split_top(area, 1);
        self.page = usize::from(body.height.saturating_sub(1)).max(2);
        let Some(scope) = self.scope() else {
            let text = match (self.view, &self.place) {
                (View::Sheet | View::Strip, _) | (View::Month, None) => {
                    tr!("You work at no centre. o shows the schedule of a centre, v that of a provider.")
                }
                _ => tr!("Nobody is selected. v chooses the provider."),
            };
            return widgets::notice(frame, area, text, ui.theme);
        };
        self.draw_head(frame, head, ui);
        if self.have != Some(scope) {
            let text = if self.problem { tr!("not up to date, r tries again") } else { tr!("loading") };
            return widgets::notice(frame, body, text, ui.theme);
        }
        match self.view {
            View::Strip => self.draw_strip(frame, body, ui),
            View::Sheet => self.draw_sheet(frame, body, ui),
            View::Week => self.draw_week(frame, body, ui),
            View::Month => self.draw_month(frame, body, ui),
            View::Agenda => self.draw_agenda(frame, body, ui),
        }
    }

    fn draw_head(&self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(cursor) = self.cursor else { return };
        let place = self.place.as_ref();
        let elsewhere = place.filter(|p| {
            let own = ui.env.actor.as_ref().and_then(|a| a.workplace.as_ref());
            own.is_none_or(|w| w.centre != p.centre)
        });
        let whose = cursor.provider.map(|p| self.name(p)).unwrap_or_default();
        let mut title = match self.view {
            View::Sheet | View::Strip => dates::full_day(cursor.day),
            View::Week | View::Agenda => {
                let first = monday(cursor.day);
                tr!("{who}  week of {day}", who = whose, day = dates::short_day(first))
            }
            View::Month => {
                use chrono::Datelike as _;
                let month = dates::month_name(cursor.day.month());
                match self.scope() {
                    Some(Scope::Month(crate::store::MonthOf::Provider(_), ..)) => {
                        format!("{month} {}  {whose}", cursor.day.year())
                    }
                    _ => tr!("{month} {year}  everybody", month = month, year = cursor.day.year()),
                }
            }
        };
        if let (Some(place), View::Sheet | View::Strip | View::Month) = (elsewhere, self.view) {
            title = format!("{title}  {}", place.name);
        }
        let (n, last) = (self.people.len(), (self.first + self.shown).min(self.people.len()));
        if matches!(self.view, View::Sheet | View::Strip) && self.shown > 0 && self.shown < n {
            title = tr!(
                "{title}  {first}-{last} of {n}",
                title = title,
                first = self.first + 1,
                last = last,
                n = n
            );
        }
        let room = usize::from(area.width);
        let title = format!(" {}  ", cut(&clean(&title), room * 6 / 10));
        let mut spans = vec![Span::styled(title.clone(), ui.theme.strong())];
        let mut left = room.saturating_sub(width(&title));
        if let Some(lifted) = &self.lifted {
            let text = cut(&clean(&tr!("moving {who}  ", who = lifted.label())), left);
            left = left.saturating_sub(width(&text));
            spans.push(Span::styled(text, ui.theme.warn()));
        }
        spans.push(Span::raw(cut(&self.detail(), left)));
        widgets::put_spans(frame, area, 0, spans);
    }

    /// What is selected, in words.
    fn detail(&self) -> String {
        if self.view == View::Month {
            return self.month_detail();
        }
        if let Some(b) = self.booking() {
            let time = dates::clock(b.period.starts_at(b.zone).time());
            let years = age_sex(b.birth_date, b.sex, self.today);
            let parts = [
                format!("{time} {} {years}", clean(&b.patient_name.to_string())),
                clean(&b.visit_type).into_owned(),
                status_word(b),
            ];
            let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
            return parts.join("  ");
        }
        let Some((day, cell)) = self.cell() else {
            let at = self.cursor.map(|c| c.at.with_timezone(&self.zone()).time()).map(dates::clock);
            return at.map(|time| tr!("{time} no session", time = time)).unwrap_or_default();
        };
        let zone = day.zone_of(Some(&cell)).unwrap_or_default();
        let from = dates::clock(cell.period.starts_at(zone).time());
        let to = dates::clock(cell.period.ends_at(zone).time());
        match cell.content {
            Content::Free => tr!("{from}-{to} free", from = from, to = to),
            Content::Clear => tr!("{from}-{to} kept clear after the visit before", from = from, to = to),
            Content::Off(i) => match day.off.get(i) {
                Some(off) => format!("{from}-{to} {}", clean(&off_words(off, zone))),
                None => String::new(),
            },
            _ => tr!("{from}-{to} has begun", from = from, to = to),
        }
    }
}

/// The status, and how somebody came who was not booked.
pub(super) fn status_word(b: &DayBooking) -> String {
    let letter = b.kind.letter();
    let kind = if letter == ' ' { String::new() } else { format!(" {letter}") };
    format!("{}{kind}", b.status.word())
}

/// Why a time is not free, in words.
pub(super) fn off_words(off: &OffTime, zone: chrono_tz::Tz) -> String {
    let until = off.until.map(|at| dates::clock(at.with_timezone(&zone).time())).unwrap_or_default();
    match off.kind {
        OffKind::Leave if off.text.is_empty() => tr!("away").into(),
        OffKind::Leave => tr!("on leave {why}", why = off.text),
        OffKind::Holiday => tr!("holiday {why}", why = off.text),
        OffKind::SameDay => tr!("kept for the same day until {time}", time = until),
        OffKind::Urgent => tr!("kept for urgent visits until {time}", time = until),
        OffKind::Chosen => tr!("{who} is choosing it until {time}", who = off.text, time = until),
        OffKind::Mine => tr!("you are choosing it").into(),
    }
}

/// The look of a booking: the state is a letter or a word already, the colour only adds.
pub(super) fn look(status: AppointmentStatus, theme: Theme) -> Style {
    match status {
        AppointmentStatus::Arrived => theme.strong(),
        AppointmentStatus::InProgress => theme.good(),
        AppointmentStatus::NoShow | AppointmentStatus::Left => theme.warn(),
        AppointmentStatus::Completed => theme.dim(),
        _ => theme.text(),
    }
}

/// Text that fills exactly so many columns.
pub(super) fn fit(text: &str, columns: usize) -> String {
    pad(&cut(&clean(text), columns), columns)
}

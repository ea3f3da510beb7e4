//! The waiting room's screen: who is called, where to, and when the others may expect it. It is only looked at: no key does
//! anything but leave. What it shows is masked before it comes here.
mod large;
mod run;

pub use run::{DisplaySetup, SignIn, run};

use super::{theme::Theme, widgets};
use crate::{
    domain::{
        appointment::AppointmentStatus,
        dates,
        ids::AppointmentId,
        predict::{Expected, predict},
    },
    store::{DisplayDay, DisplayPlace},
    tr,
};
use chrono::{DateTime, Utc};
use ratatui::{Frame, layout::Rect};
use std::collections::HashMap;

/// What is shown.
#[derive(Default)]
pub struct Display {
    day: Option<DisplayDay>,
    expected: HashMap<AppointmentId, Expected>,
    /// Why nothing newer is shown.
    problem: Option<String>,
    /// Letters of five lines for whoever is called.
    pub large: bool,
}

impl Display {
    /// Shows this day from now on.
    pub fn show(&mut self, day: DisplayDay, now: DateTime<Utc>) {
        self.day = Some(day);
        self.problem = None;
        self.minute(now);
    }
    /// Keeps what is shown and says that it may be old.
    pub fn keep(&mut self, problem: String) {
        self.problem = Some(problem);
    }
    /// A minute has passed: the rest of the day is predicted again.
    pub fn minute(&mut self, now: DateTime<Utc>) {
        if let Some(day) = &self.day {
            let slots: Vec<_> = day.places.iter().map(|p| p.slot.clone()).collect();
            self.expected = predict(&slots, &day.habits, now);
        }
    }

    /// Draws it at `now`.
    pub fn view(&self, frame: &mut Frame<'_>, now: DateTime<Utc>, theme: Theme) {
        let area = frame.area();
        let Some(day) = &self.day else {
            let text = self.problem.clone().unwrap_or_else(|| tr!("loading").into());
            return widgets::sentence(frame, area, &text);
        };
        let local = now.with_timezone(&day.zone);
        let clock = format!("{} {}", dates::short_day(local.date_naive()), local.format("%H:%M"));
        line(frame, area, 0, &day.centre_name, &clock, theme.bar());
        let mut y = 2;
        self.called(frame, area, day, &mut y, theme);
        self.waiting(frame, area, day, now, &mut y, theme);
        let last = area.height.saturating_sub(1);
        match &self.problem {
            Some(problem) => widgets::put(frame, area, last, &format!(" {problem}"), theme.warn()),
            None => {
                let text = tr!(" Times are what visits usually take; emergencies go first.");
                widgets::put(frame, area, last, text, theme.dim());
            }
        }
    }

    fn called(&self, frame: &mut Frame<'_>, area: Rect, day: &DisplayDay, y: &mut u16, theme: Theme) {
        let mut called: Vec<&DisplayPlace> = day.places.iter().filter(|p| is_called(p)).collect();
        called.sort_by_key(|p| std::cmp::Reverse(p.slot.place.called_at));
        widgets::put(frame, area, *y, &format!(" {}", tr!("Please come in")), theme.strong());
        *y += 1;
        if called.is_empty() {
            widgets::put(
                frame,
                area,
                *y,
                &format!("   {}", tr!("nobody is called at the moment")),
                theme.dim(),
            );
            *y += 1;
        }
        for (n, place) in called.into_iter().enumerate().take(usize::from(area.height / 3).max(1)) {
            let who = name(day, place);
            let to = match &place.slot.place.room {
                Some(room) if room.starts_with(|c: char| c.is_ascii_digit()) => {
                    tr!("room {room}", room = room)
                }
                Some(room) => room.clone(),
                None => place.provider_name.clone(),
            };
            let big = n < 2 && self.large && *y + large::ROWS + 2 < area.height;
            if big && let Some(rows) = large::rows(&who, theme, area.width.saturating_sub(4)) {
                *y += 1;
                for row in rows {
                    widgets::put(frame, area, *y, &format!("   {row}"), theme.good());
                    *y += 1;
                }
                widgets::put(frame, area, *y, &format!("   {who}   {to}"), theme.good());
            } else {
                line(frame, area, *y, &format!("  {who}"), &to, theme.good());
            }
            *y += 1;
        }
        *y += 1;
    }

    fn waiting(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        day: &DisplayDay,
        now: DateTime<Utc>,
        y: &mut u16,
        theme: Theme,
    ) {
        let mut waiting: Vec<&DisplayPlace> = day
            .places
            .iter()
            .filter(|p| p.slot.status == AppointmentStatus::Arrived && !is_called(p))
            .collect();
        waiting.sort_by_key(|p| {
            (p.slot.place.rank(p.slot.kind, now), p.slot.starts_at, p.slot.arrived_at, p.slot.id)
        });
        if waiting.is_empty() || *y + 2 >= area.height {
            return;
        }
        line(frame, area, *y, tr!("Waiting"), tr!("expected"), theme.strong());
        *y += 1;
        let room = usize::from(area.height.saturating_sub(*y + 1));
        let shown = if waiting.len() > room { room.saturating_sub(1) } else { waiting.len() };
        for place in &waiting[..shown] {
            let when = self.expected.get(&place.slot.id).map(|e| {
                let e = e.rounded();
                let clock = |at: DateTime<Utc>| at.with_timezone(&day.zone).format("%H:%M").to_string();
                tr!("{median} to {by}", median = clock(e.median), by = clock(e.by))
            });
            let who = format!("  {:<14} {}", name(day, place), place.provider_name);
            line(frame, area, *y, &who, &when.unwrap_or_default(), theme.text());
            *y += 1;
        }
        let more = waiting.len() - shown;
        if more > 0 {
            widgets::put(frame, area, *y, &format!("   {}", tr!("and {n} more", n = more)), theme.dim());
        }
    }
}

fn is_called(place: &DisplayPlace) -> bool {
    place.slot.status == AppointmentStatus::Arrived && place.slot.place.called_at.is_some()
}

/// How somebody is called: by initials or by ticket, and by the other where the one is missing.
fn name(day: &DisplayDay, place: &DisplayPlace) -> String {
    let ticket = place.slot.place.ticket.map(|n| n.to_string());
    let shown = if day.by_ticket { ticket } else { place.name.clone().or(ticket) };
    shown.unwrap_or_else(|| "-".into())
}

/// One text at the left, one at the right.
fn line(frame: &mut Frame<'_>, area: Rect, y: u16, left: &str, right: &str, style: ratatui::style::Style) {
    let (left, right) = (crate::text::clean(left), crate::text::clean(right));
    let room = usize::from(area.width).saturating_sub(crate::text::width(&right) + 3);
    widgets::put(frame, area, y, &format!(" {} {right} ", crate::text::pad(&left, room)), style);
}

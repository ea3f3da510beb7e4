//! What the board listens to, its first line with what is counted and what is left out, and its last one: all about the selected
//! row that a caller or the waiting room asks.
use super::{Board, Msg, rows::expected};
use crate::{
    domain::{appointment::AppointmentStatus, booking::waited, dates},
    store::{BoardRow, Change},
    text::tr_n,
    tr,
    ui::{
        cx::{Cx, Env},
        desk,
        screen::Ui,
        widgets::{self, picker},
    },
};
use chrono::{DateTime, Utc};
use ratatui::{Frame, layout::Rect, text::Span};

impl Board {
    pub(super) fn head(&self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let left = self.header(&ui.env);
        let right = match (self.problem, self.counts.longest_wait) {
            (true, _) => tr!("not up to date, r tries again").to_owned(),
            (_, Some(minutes)) => tr!("longest wait {wait}", wait = desk::wait(minutes)),
            _ => String::new(),
        };
        let room = usize::from(area.width).saturating_sub(crate::text::width(&right) + 3);
        let most = self.data.long_wait;
        let long = self.problem || most > 0 && self.counts.longest_wait.is_some_and(|m| m >= most);
        widgets::put_spans(
            frame,
            area,
            0,
            vec![
                Span::styled(format!(" {} ", crate::text::pad(&left, room)), ui.theme.strong()),
                Span::styled(right, if long { ui.theme.warn() } else { ui.theme.dim() }),
            ],
        );
    }

    fn header(&self, env: &Env) -> String {
        let c = &self.counts;
        let day = self.shown_day.unwrap_or_else(|| self.day_of(env));
        let name = if day == env.today() { tr!("Today").to_owned() } else { dates::short_day(day) };
        let mut parts = vec![format!("{name} {}", c.today)];
        let only = self.filter.words();
        if !only.is_empty() {
            parts.push(tr!(
                "only {what}: {n}",
                what = crate::text::clean(&only),
                n = self.table.rows().len()
            ));
        }
        let mut add = |n: usize, text: String| {
            if n > 0 {
                parts.push(text);
            }
        };
        add(c.waiting, tr!("waiting {n}", n = c.waiting));
        add(c.in_room, tr!("in room {n}", n = c.in_room));
        add(c.done, tr!("done {n}", n = c.done));
        add(c.no_show, tr!("no-show {n}", n = c.no_show));
        let earlier = self.data.earlier.len();
        add(earlier, tr!("earlier {n}", n = earlier));
        let spaced = parts.join("   ");
        if crate::text::width(&spaced) <= 58 { spaced } else { parts.join("  ") }
    }

    /// The last line; nothing where there is nothing to say.
    pub(super) fn detail(&self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(line) = self.table.selected().filter(|l| Some(l.row.day) == self.shown_day) else { return };
        let text = self.said_of(&line.row, &ui.env);
        widgets::put(frame, area, 0, &format!(" {text}"), ui.theme.dim());
    }

    fn said_of(&self, row: &BoardRow, env: &Env) -> String {
        let (zone, now) = (env.zone(), env.now());
        let clock = |at: DateTime<Utc>| at.with_timezone(&zone).format("%H:%M").to_string();
        let (mut said, q) = (vec![], &row.queue);
        if let Some(e) = self.data.expected.get(&row.appointment) {
            said.push(tr!("seen {when}", when = expected(*e, zone)));
        }
        if let Some(ticket) = q.ticket {
            said.push(tr!("ticket {n}", n = ticket));
        }
        if row.status == AppointmentStatus::Arrived {
            if let Some(minutes) = waited(row.arrived_at, now) {
                said.push(tr!("waits {wait}", wait = desk::wait(minutes)));
            }
            if let Some(at) = q.called_at {
                said.push(match &q.room {
                    Some(room) => tr!("called {time} to {room}", time = clock(at), room = room),
                    None => tr!("called {time}", time = clock(at)),
                });
            }
            if q.absents > 0 {
                said.push(tr_n("{n} time not there", "{n} times not there", q.absents));
            }
            if let Some(at) = q.retry_at.filter(|at| *at > now) {
                said.push(tr!("again from {time}", time = clock(at)));
            }
        }
        if let Some(at) = q.priority_at {
            said.push(tr!(
                "{priority}: {who} {time}",
                priority = q.priority.word(),
                who = q.priority_by,
                time = clock(at)
            ));
        }
        let service = row.service.visit_type.clone().map(|(_, name)| name);
        let service = service.or_else(|| row.service.department.clone().map(|(_, name)| name));
        said.extend(service);
        let spaced = said.join("   ");
        if crate::text::width(&spaced) <= 78 { spaced } else { said.join("  ") }
    }
}

impl Board {
    /// Whether what is shown may differ after this.
    pub(super) fn concerns(&self, change: &Change) -> bool {
        match change {
            Change::Everything => true,
            Change::Link(_) => false,
            Change::Row(r) => match r.entity.as_str() {
                "appointment" => {
                    r.day.is_none_or(|d| Some(d) == self.shown_day)
                        || r.id.is_some_and(|id| self.data.earlier.iter().any(|e| e.appointment.0 == id))
                }
                "queue_entry" => r.id.is_some_and(|id| self.data.rows.iter().any(|e| e.appointment.0 == id)),
                "patient" => r.id.is_some_and(|id| self.data.rows.iter().any(|e| e.patient.0 == id)),
                "patient_alert" | "allergy" => {
                    r.patient.is_some_and(|id| self.data.rows.iter().any(|e| e.patient.0 == id))
                }
                _ => false,
            },
        }
    }
}

/// Says how the expected times come about: nothing is guessed by a machine.
pub(super) fn explain(cx: &mut Cx<Msg>) {
    let lines = [
        tr!("~10:40 by 10:55: as likely before 10:40 as after it,"),
        tr!("and nine times of ten no later than 10:55."),
        tr!("The rest of the day is played through 200 times:"),
        tr!("visits last as long as the provider's of the last 90 days did,"),
        tr!("of the same kind, where there were five or more of them;"),
        tr!("people come as early or late, or not at all, as they did here;"),
        tr!("who waits is taken by emergency, priority, time."),
        tr!("It is worked out again at every change and each minute."),
    ];
    let rows = lines.iter().map(|l| picker::Row::new((), *l, "")).collect();
    let title = tr!("Expected times");
    cx.open(move |answer| picker::Picker::new(title, answer).rows(rows), |_: Option<()>| Msg::ClosedChanges);
}

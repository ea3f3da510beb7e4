//! How a freed time looks: what is free, whom to call and what each key notes, and below those who wait, ranked.
use super::Offer;
use crate::{
    domain::{
        dates,
        patient::record_number,
        time::Period,
        waitlist::{Match, order_in_words},
    },
    text::{clean, tr_n, wrap},
    tr,
    ui::{
        screen::Ui,
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};

#[derive(Clone)]
pub(super) struct Line {
    pub(super) of: Match,
    pub(super) number: usize,
    pub(super) waits: i64,
    pub(super) zone: Tz,
    pub(super) many_days: bool,
}

/// The columns of those who wait.
pub(super) fn table() -> Table<Line> {
    Table::new(|l: &Line| l.of.entry.id.0)
        .column(Column::new("", |l: &Line| l.number.to_string()).width(2).right())
        .column(
            Column::new("Priority", |l: &Line| l.of.entry.wish.priority.word().to_owned())
                .width(8)
                .priority(2)
                .look(|l, t| if l.of.entry.wish.priority.letter().is_empty() { t.text() } else { t.warn() }),
        )
        .column(Column::new("Waits", |l: &Line| tr_n("{n} day", "{n} days", l.waits)).width(8).priority(3))
        .column(
            Column::new("Number", |l: &Line| record_number(l.of.entry.record_number)).width(6).priority(7),
        )
        .column(Column::new("Patient", |l: &Line| l.of.entry.patient_name.to_string()).grow(14))
        .column(Column::new("Phone", |l: &Line| l.of.entry.phone.clone()).width(13).priority(4))
        .column(Column::new("Time", Line::time).width(13).priority(5))
        .column(Column::new("Asked for", Line::wants).grow(10).priority(6))
        .empty("Nobody waits for this time any more. esc goes back.")
}

fn times(period: &Period, zone: Tz) -> String {
    let (from, to) = (period.starts_at(zone), period.ends_at(zone));
    tr!("{from} to {to}", from = dates::clock(from.time()), to = dates::clock(to.time()))
}

impl Line {
    fn time(&self) -> String {
        let at = self.of.slot.period.starts_at(self.zone);
        let time = dates::clock(at.time());
        let minutes = tr!("{n} min", n = self.of.slot.period.minutes());
        if self.many_days {
            format!("{} {time}", dates::short_day(at.date()))
        } else {
            format!("{time} {minutes}")
        }
    }

    fn wants(&self) -> String {
        let e = &self.of.entry;
        if let Some((outcome, at)) = self.of.tried {
            let at = dates::clock(at.with_timezone(&self.zone).time());
            return tr!("{what} at {time}", what = outcome.word(), time = at);
        }
        if let Some(offer) = e.offer.as_ref().filter(|o| !o.mine) {
            return tr!("{who} is calling", who = offer.by);
        }
        let whom = if e.wish.provider.is_some() { tr!("by name").to_owned() } else { e.whom() };
        [whom, e.visit_type_name.clone(), e.note.clone()]
            .into_iter()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join("; ")
    }
}

impl Offer {
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let (o, room) = (&self.offering, usize::from(area.width).saturating_sub(2).max(1));
        let (from, to) = (o.time.period.starts_at(o.zone).date(), o.time.period.ends_at(o.zone).date());
        let when = if from == to {
            format!("{} {}", dates::short_day(from), times(&o.time.period, o.zone))
        } else {
            tr!("{first} to {last}", first = dates::short_day(from), last = dates::short_day(to))
        };
        let head =
            tr!("Free: {when}, {who}, {centre}", when = when, who = o.provider_name, centre = o.centre_name);
        let mut y = 0;
        let mut say = |frame: &mut Frame<'_>, text: &str, most: usize, style| {
            for line in wrap(&clean(text), room).into_iter().take(most) {
                widgets::put(frame, area, y, &format!(" {line}"), style);
                y += 1;
            }
        };
        say(frame, &head, 1, ui.theme.strong());
        match &self.call {
            Some(call) => {
                let e = &call.of.entry;
                let phone =
                    if e.phone.is_empty() { tr!("no phone number").to_owned() } else { e.phone.clone() };
                let calls = tr!(
                    "Call {who}: {phone}. {time} is held for them until {until}.",
                    who = e.patient_name,
                    phone = phone,
                    time = dates::clock(call.of.slot.time()),
                    until = call.until.with_timezone(&o.zone).format("%H:%M:%S")
                );
                say(frame, &calls, 2, ui.theme.warn());
                let key = |command| ui.key(&["offer-call"], command);
                let keys = tr!(
                    "{book} they take it: books them. {d} declined, {n} no answer, {l} left a message, {w} wants none any more.",
                    book = key("offer.accept"),
                    d = key("offer.declined"),
                    n = key("offer.no-answer"),
                    l = key("offer.left-message"),
                    w = key("offer.gave-up")
                );
                say(frame, &keys, 2, ui.theme.text());
            }
            None => {
                let n = self.table.rows().len();
                let first = tr!(
                    "{n}: {key} offers it to the selected one.",
                    n = tr_n("{n} waits for it", "{n} wait for it", n),
                    key = ui.key(&["offer"], "waitlist.offer")
                );
                if n > 0 {
                    say(frame, &first, 1, ui.theme.text());
                    say(frame, order_in_words(), 3, ui.theme.dim());
                }
            }
        }
        let [_, rest] = widgets::split_top(area, y + 1);
        let [rows, foot] = widgets::split_top(rest, rest.height.saturating_sub(1));
        self.table.view(frame, rows, ui);
        if let Some(line) = self.table.selected() {
            widgets::put(frame, foot, 0, &format!(" {}", line.wants()), ui.theme.dim());
        }
    }
}

//! The day that the board shows: read, predicted and drawn as rows.
use super::{Board, Line, Msg, rows};
use crate::{
    domain::appointment::AppointmentStatus,
    store::{BoardCounts, BoardRow},
    ui::cx::{Cx, Env},
};
use std::sync::Arc;

impl Board {
    pub(super) fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let Some(centre) = actor.workplace.as_ref().map(|w| w.centre) else {
            self.table.loaded();
            return;
        };
        let day = self.day_of(cx.env());
        let opened = !self.opened || self.shown_day.is_some_and(|d| d != day);
        self.opened = true;
        self.table.loading();
        let (habits, now) = (self.data.habits.clone(), cx.env().now());
        cx.load(
            "board",
            move |store| async move {
                let board = store.board(&actor, centre, day, opened).await?;
                let habits = match habits {
                    Some(known) => known,
                    // Without them the prediction is made of the plan; the board is there anyway.
                    None => Arc::new(store.visit_habits(&actor, centre).await.unwrap_or_default()),
                };
                Ok(board.predicted(habits, now))
            },
            move |day_read| Msg::Loaded(day, day_read),
        );
    }

    pub(super) fn redraw(&mut self, env: &Env) {
        let (now, zone, today) = (env.now(), env.zone(), env.today());
        self.counts = BoardCounts::of(&self.data.rows, now);
        let shown = |r: &&BoardRow| {
            self.filter.shows(r)
                && (self.with_cancelled
                    || !matches!(r.status, AppointmentStatus::Cancelled | AppointmentStatus::Voided))
        };
        let of_day = rows::OfDay { day: self.shown_day, now, zone, today, board: &self.data };
        let mut lines: Vec<Line> =
            self.data.rows.iter().chain(&self.data.earlier).filter(shown).map(|r| of_day.line(r)).collect();
        if self.filter.queue {
            lines.retain(|l| Some(l.row.day) == self.shown_day);
            lines.sort_by_key(|l| l.row.turn(now));
        }
        self.table.set_rows(lines);
        self.table.set_empty(match (self.filter.queue, self.filter.words().is_empty()) {
            (true, _) => "Nobody waits. q q shows the whole day.",
            (false, false) => "Nobody of those who are shown. v and s show others.",
            (false, true) => rows::EMPTY,
        });
    }
}

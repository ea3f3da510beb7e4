//! The times that came free for people who wait, wherever a screen tells of them: read when somebody comes to it and when something
//! changed that could free one or take one, never because time went by.
use crate::{
    domain::waitlist::{Freed as Cause, FreedHere, FreedTime, FreedTimes, Offering},
    store::{Change, Error},
    text::tr_n,
    tr,
    ui::{cx::Cx, screen::Ui, widgets},
};
use chrono::{DateTime, Utc};
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

/// What is known of them.
#[derive(Debug, Default)]
pub struct Freed {
    found: FreedTimes,
    asked: bool,
}

impl Freed {
    /// All of them, those at other desks too.
    #[must_use]
    pub fn all(&self) -> &[FreedHere] {
        &self.found.times
    }

    /// The only one that can be offered now.
    #[must_use]
    pub fn only(&self, now: DateTime<Utc>) -> Option<FreedTime> {
        let mut open = self.found.open(now);
        open.next().filter(|_| open.next().is_none() && !self.found.more).map(|t| t.time)
    }

    /// Whether they were asked for once.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked
    }

    /// Asks for them. `opened`: a person came to see them.
    pub fn ask<M: Send + 'static>(
        &mut self,
        opened: bool,
        cx: &mut Cx<M>,
        done: impl FnOnce(Result<FreedTimes, Error>) -> M + Send + 'static,
    ) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.asked = true;
        cx.load("freed", move |store| async move { store.freed_times(&actor, opened).await }, done);
    }

    /// Takes the answer. When a hold lapses or is released by itself they are asked for `again`.
    pub fn hear<M: Send + 'static>(&mut self, found: FreedTimes, cx: &mut Cx<M>, again: M) {
        self.found = found;
        if let Some(at) = self.found.lapses() {
            cx.after("freed.again", until(at, cx.env().now()), again);
        }
    }

    /// Whether there may be others after this change.
    #[must_use]
    pub fn concerns(&self, change: &Change) -> bool {
        let row = match change {
            Change::Everything => return true,
            Change::Link(_) => return false,
            Change::Row(row) => row,
        };
        let known = self.found.times.iter().any(|t| Some(t.time.provider.0) == row.provider);
        match row.entity.as_str() {
            // A new one takes a time, and frees none.
            "appointment" => known || row.op != "i",
            "slot_hold" => known,
            "waitlist_entry" | "waitlist_call" | "clinic_session" | "schedule_exception" | "held_slot" => {
                true
            }
            _ => false,
        }
    }

    /// For the first time: after what the screen is for, which comes first.
    pub fn begin<M: Send + 'static>(&mut self, cx: &mut Cx<M>, again: M) {
        if !std::mem::replace(&mut self.asked, true) {
            self.soon(cx, again);
        }
    }

    /// Several desks that hear of the same change do not all ask at once with every row of it.
    pub fn soon<M: Send + 'static>(&self, cx: &mut Cx<M>, again: M) {
        cx.after("freed.soon", Duration::from_millis(250), again);
    }

    /// The line that tells of them, with the key of that command; nothing when there is none.
    #[must_use]
    pub fn line(&self, ui: &Ui, context: &str, command: &str) -> Option<String> {
        let words = words(&self.found, ui.env.now())?;
        let dot = if ui.theme.ascii { "-" } else { "·" };
        Some(format!(" {words} {dot} {key}", key = ui.key(&[context], command)))
    }

    /// Draws that line above `area`, and answers what is left of it.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, context: &str, command: &str) -> Rect {
        let Some(line) = self.line(ui, context, command) else { return area };
        let [top, rest] = widgets::split_top(area, 1);
        widgets::put(frame, top, 0, &line, ui.theme.good());
        rest
    }
}

/// `2 times are free for people who wait`; nothing when there is none.
#[must_use]
pub fn words(found: &FreedTimes, now: DateTime<Utc>) -> Option<String> {
    let n = found.open(now).count();
    let said = if found.more {
        tr!("{n} times or more are free for people who wait", n = n)
    } else {
        tr_n("{n} time is free for somebody who waits", "{n} times are free for people who wait", n)
    };
    (n > 0).then_some(said)
}

/// How long it is until then; never so short that a clock that runs ahead asks again and again.
#[must_use]
pub fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (at - now).to_std().unwrap_or_default().max(Duration::from_secs(1)) + Duration::from_millis(20)
}

/// Asks for those whom this time suits, to be offered it.
pub fn offer<M: Send + 'static>(
    time: FreedTime,
    cx: &mut Cx<M>,
    done: impl FnOnce(Result<Option<Box<Offering>>, Error>) -> M + Send + 'static,
) {
    let Some(actor) = cx.env().actor.clone() else { return };
    cx.load(
        "freed.offer",
        move |store| async move {
            store.whom_it_suits(&actor, Cause::Time(time), true).await.map(|found| found.map(Box::new))
        },
        done,
    );
}

/// The time is not there any more.
#[must_use]
pub fn gone() -> &'static str {
    tr!("That time is taken again, or nobody waits for it any more.")
}

//! A time came free at this desk: whoever waits for it is offered at once, without another search. When nobody waits, nothing is said.
use super::{APP, App, session::AppMsg};
use crate::{
    domain::waitlist::{Freed, FreedTimes, Offering},
    store::Error,
    text::tr_n,
    ui::{
        cx::{Cx, Effect},
        freed,
        route::Route,
    },
};

impl App {
    /// Asks who waits for it, if this person offers times.
    pub(super) fn ask_who_waits(&mut self, freed: Freed) {
        if let Some(list) = &mut self.recorded {
            list.push(Effect::Freed(freed).label());
            return;
        }
        let Some(actor) = self.env.actor.clone() else { return };
        if self.forbidden("waitlist.offer").is_some() {
            return;
        }
        let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
        if freed == Freed::Several {
            cx.load(
                "app.waiting",
                move |store| async move { store.freed_times(&actor, false).await },
                AppMsg::Freed,
            );
            return self.run(APP, cx.into_effects());
        }
        cx.load(
            "app.waiting",
            move |store| async move { store.whom_it_suits(&actor, freed, true).await },
            |found: Result<Option<Offering>, Error>| AppMsg::Waiting(found.map(|found| found.map(Box::new))),
        );
        self.run(APP, cx.into_effects());
    }

    /// Several times came free at once: they are shown together, those that others freed with them.
    pub(super) fn freed_told(&mut self, found: Result<FreedTimes, Error>) {
        let (Ok(found), now) = (found, self.env.now()) else { return };
        let Some(words) = freed::words(&found, now) else { return };
        let mut open = found.open(now).map(|t| t.time);
        if let (Some(one), None) = (open.next(), open.next()) {
            return self.ask_who_waits(Freed::Time(one));
        }
        if self.lock.is_some() || self.env.actor.is_none() {
            return;
        }
        if self.dialog_on_top() {
            return self.say(words);
        }
        self.run(APP, vec![Effect::Push(Route::Freed)]);
    }

    /// The answer has come. Whoever is typing in a dialog is not interrupted, but told.
    pub(super) fn waiting_told(&mut self, found: Result<Option<Box<Offering>>, Error>) {
        let Ok(Some(offering)) = found else { return };
        if self.lock.is_some() || self.env.actor.is_none() {
            return;
        }
        if self.dialog_on_top() {
            let n = offering.matches.len();
            return self.say(tr_n(
                "{n} patient waits for the time that came free: the waiting list shows who.",
                "{n} patients wait for the time that came free: the waiting list shows who.",
                n,
            ));
        }
        self.run(APP, vec![Effect::Push(Route::Offer(offering))]);
    }
}

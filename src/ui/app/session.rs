//! Locking, unlocking and signing out: what the server must know of them, in order with the saves that still run.
use super::{APP, App, Link, Next, route};
use crate::{
    domain::{
        access::OpenEmergency,
        actor::{Actor, Role},
        notice::Notice,
        permission::Table,
        waitlist::{FreedTimes, Offering},
    },
    store::{Arrival, Change, Error},
    tr,
    ui::{
        arrival,
        cx::{Cx, Effect, LayerId},
        keymap::Key,
        layer::{Layer, Moment, Slot},
        route::Route,
        screens,
        widgets::lock::Lock,
    },
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// What the app asked of the server or of one of its own dialogs.
pub(super) enum AppMsg {
    /// Leave although something is unsaved.
    Left(bool),
    /// The server was told that the session is locked.
    Locked(Result<(), Error>),
    /// The server was told that the session has ended.
    Ended,
    /// Whether the session still stands after it was said to have been ended.
    EndedElsewhere(Result<(), Error>),
    /// Whether the session still stands.
    Stands(Result<(), Error>),
    /// The permissions, read again after somebody changed one.
    Rules(Result<Arc<Table>, Error>),
    /// Which emergency access is open.
    Emergency(Result<Option<OpenEmergency>, Error>),
    /// What waits for the person.
    Notices(Result<Vec<Notice>, Error>),
    /// Who waits for a time that came free.
    Waiting(Result<Option<Box<Offering>>, Error>),
    Freed(Result<FreedTimes, Error>),
}

/// How long the greeting stays whatever is typed.
const GREETING: Duration = Duration::from_secs(3);
/// An administrator's terminal locks after this at the latest.
const ADMINISTRATORS_IDLE: Duration = Duration::from_secs(5 * 60);

impl App {
    /// Runs effects of a layer once no save runs any more.
    pub(super) fn when_saved(&mut self, layer: LayerId, effects: Vec<Effect>) {
        self.after_saves.extend(effects.into_iter().map(|e| (layer, e)));
        self.saves_ended();
    }
    /// A save may have ended: what waited for the last one begins.
    pub(super) fn saves_ended(&mut self) {
        while !self.after_saves.is_empty() && !self.runner.saving() {
            if let Some((layer, next)) = self.after_saves.pop_front() {
                self.run(layer, vec![next]);
            }
        }
    }

    /// Somebody is signed in now, or nobody: the places they may go to are found once.
    pub(super) fn set_actor(&mut self, actor: Option<Arc<Actor>>) {
        self.env.actor = actor;
        self.notices = None;
        self.find_places();
    }
    pub(super) fn find_places(&mut self) {
        let ready = |a: &&Actor| !a.must_change_password && !self.arrival.must_enrol;
        let Some(actor) = self.env.actor.as_deref().filter(ready) else {
            self.places.clear();
            return;
        };
        let mut places = route::places(actor.role);
        if self.recorded.is_none() {
            places.retain(|p| screens::open(&p.route, &self.env).is_some());
        }
        self.places = places;
    }

    /// Idle time after which this person's terminal locks.
    pub(super) fn lock_after(&self) -> Option<Duration> {
        let admin = self.env.actor.as_ref().is_some_and(|a| a.role == Role::Administrator);
        // The shortest of what the person's own configuration, the site and the role say.
        let limits = [self.hooks.lock_after, self.arrival.lock_after, admin.then_some(ADMINISTRATORS_IDLE)];
        self.hooks.lock_after.and_then(|_| limits.into_iter().flatten().min())
    }
    pub(super) fn can_lock(&self) -> bool {
        self.lock.is_none() && self.env.actor.is_some() && self.hooks.unlock.is_some()
    }

    /// Hides everything until the password is typed. Drafts are saved first; then the session is nobody's.
    pub(super) fn lock_now(&mut self) {
        let Some(unlock) = self.hooks.unlock.clone().filter(|_| self.can_lock()) else {
            self.alarm(tr!("There is nothing to lock: nobody is signed in."));
            return;
        };
        self.tell_all(Moment::HangUp);
        self.lines.wipe();
        self.next_id += 1;
        let mut slot = Slot::new(self.next_id, Lock::new(unlock));
        let id = self.next_id;
        let fx = slot.tell(Moment::Opened, &self.env);
        self.lock = Some(Box::new(slot));
        self.hush();
        self.pending.clear();
        self.held.clear();
        self.held_for = None;
        self.wipe = true;
        self.repaint();
        self.run(id, fx);
        self.lock_session();
    }
    fn lock_session(&mut self) {
        self.lock_owed = false;
        // The label is the unlocking's: the two never overtake each other.
        let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
        cx.save("lock.open", |store| async move { store.lock().await }, AppMsg::Locked);
        self.when_saved(APP, cx.into_effects());
    }
    /// The line is back: a lock that could not be told is told now.
    pub(super) fn tell_owed_lock(&mut self) {
        if self.lock_owed && self.lock.is_some() && self.link == Link::Up {
            self.lock_session();
        }
    }

    /// The password was right: everything is as it was, and read again.
    pub(super) fn unlocked(&mut self) {
        if self.lock.take().is_none() {
            return;
        }
        self.after_saves.clear();
        self.lock_owed = false;
        self.last_input = self.ticks.now();
        self.repaint();
        for done in std::mem::take(&mut self.held_delays) {
            self.deliver(done);
        }
        self.changed(&Change::Everything);
    }

    /// Screen, layers and person are forgotten; the session ends on the server after the last running save.
    pub(super) fn sign_out(&mut self) {
        let old = self.env.actor.as_ref().and_then(|_| self.runner.store().cloned());
        self.clear_layers();
        self.lines.wipe();
        self.lock = None;
        self.lock_owed = false;
        self.held_delays.clear();
        self.after_saves.clear();
        self.hush();
        self.emergency = None;
        self.link = Link::Up;
        self.arrival = Arrival::default();
        self.env.carried = None;
        self.set_actor(None);
        self.wipe = true;
        self.runner.set_store(self.first_store.clone());
        self.repaint();
        self.next(Next::Go(Route::Login));
        let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
        cx.save(
            "app.sign-out",
            move |_| async move {
                if let Some(old) = old {
                    old.sign_out().await;
                }
                Ok(())
            },
            |_| AppMsg::Ended,
        );
        self.when_saved(APP, cx.into_effects());
    }

    /// Says who was here last, what was tried since, and what else is open.
    pub(super) fn greet(&mut self) {
        if self.env.actor.as_ref().is_some_and(|a| a.must_change_password) || self.arrival.must_enrol {
            return;
        }
        let Some(text) = arrival::greeting(&self.arrival, &self.env) else {
            return;
        };
        if self.arrival.failures > 0 {
            self.alarm(text);
        } else {
            self.say(text);
        }
        (self.arrival.last, self.arrival.other, self.arrival.failures) = (None, None, 0);
        self.greeted = Some(self.ticks.now());
    }
    /// The greeting goes with the first key after it could be read.
    pub(super) fn end_greeting(&mut self) {
        let read = |at: &mut Instant| self.ticks.now() > *at + GREETING;
        if self.greeted.take_if(read).is_some() {
            self.said = None;
        }
    }

    /// Somebody ended this sign-in, or the same person signed in elsewhere: a hint that is looked into.
    pub(super) fn heard_of_sign_in(&mut self, change: &Change) {
        let (Change::Row(row), Some(actor)) = (change, self.env.actor.clone()) else { return };
        match row.entity.as_str() {
            "sign_in_ended" if row.id == Some(actor.session.0) => {
                let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
                cx.load(
                    "app.session",
                    |store| async move { store.who_am_i().await.map(drop) },
                    AppMsg::EndedElsewhere,
                );
                self.run(APP, cx.into_effects());
            }
            "signed_in"
                if row.id == Some(actor.account.0)
                    && row.session != Some(actor.session.0)
                    && self.lock.is_none() =>
            {
                let key = self.keymap.key_for(&["global"], "go.sign-ins").map(|k| Key::show(&k));
                self.say(tr!(
                    "You have just signed in at another place too; {key} shows where.",
                    key = key.unwrap_or_default()
                ));
            }
            _ => {}
        }
    }

    /// The server says that nobody is signed in: it is asked once more, since a lock looks the same.
    pub(super) fn doubt_session(&mut self) {
        if self.lock.is_some() || self.env.actor.is_none() {
            return;
        }
        let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
        cx.load("app.session", |store| async move { store.who_am_i().await.map(drop) }, AppMsg::Stands);
        self.run(APP, cx.into_effects());
    }

    pub(super) fn app_answer(&mut self, msg: AppMsg) {
        match msg {
            AppMsg::Emergency(open) => self.emergency_told(open),
            AppMsg::Left(leave) => {
                if let Some(next) = self.after_leave.take().filter(|_| leave) {
                    if matches!(next, Next::Back) {
                        self.tell_top(Moment::Discard);
                    }
                    self.next(next);
                }
            }
            AppMsg::Locked(Err(e)) => {
                tracing::warn!(error = ?e, "the server could not be told of the lock");
                self.lock_owed = self.lock.is_some();
            }
            AppMsg::Stands(Err(Error::NoSession)) if self.lock.is_none() && self.env.actor.is_some() => {
                self.sign_out();
                self.alarm(tr!("Your session has ended. Sign in again; saved work and drafts are kept."));
            }
            AppMsg::Notices(told) => self.notices_told(told),
            AppMsg::Waiting(found) => self.waiting_told(found),
            AppMsg::Freed(found) => self.freed_told(found),
            AppMsg::Rules(Ok(rules)) => self.follow_rules(rules),
            AppMsg::Rules(Err(e)) => tracing::warn!(error = %e, "the permissions could not be read again"),
            AppMsg::EndedElsewhere(Err(Error::NoSession)) if self.env.actor.is_some() => {
                self.sign_out();
                self.alarm(tr!("This sign-in was ended from elsewhere. Saved work and drafts are kept."));
            }
            AppMsg::Locked(Ok(())) | AppMsg::Ended | AppMsg::Stands(_) | AppMsg::EndedElsewhere(_) => {}
        }
    }
}

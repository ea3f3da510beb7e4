//! Runs what a screen asked for. The only place where layers come and go.
use super::{APP, App, Entry, Next, Said, nowhere::Nowhere, session::AppMsg};
use crate::{
    domain::actor::{Actor, Role},
    tr,
    ui::{
        command::{AppCommand, CommandSet},
        command_line::CommandLine,
        cx::{Answer, Cx, Effect, Envelope, LayerId, Opening},
        layer::{Moment, Slot},
        palette::Palette,
        registry::help_rows,
        route::{self, Route},
        screen::Leave,
        screens,
        widgets::{confirm::Confirm, help::Help},
    },
};

impl App {
    /// Runs effects of a layer, in order.
    pub(super) fn run(&mut self, from: LayerId, effects: Vec<Effect>) {
        for effect in effects {
            self.dirty = true;
            tracing::trace!(layer = from, effect = effect.label(), "asked");
            match effect {
                Effect::Load { label, run } => self.runner.load(from, label, run),
                Effect::Save { label, run } => self.runner.save(from, label, run),
                Effect::WhenSaved(then) => self.when_saved(from, vec![*then]),
                Effect::After { delay, envelope } if delay.is_zero() => self.answer(envelope),
                Effect::After { delay, envelope } => self.runner.after(delay, envelope),
                Effect::Open(make) => self.push(make, None),
                Effect::Answer { close, envelope } => {
                    self.close(close);
                    self.answer(envelope);
                }
                Effect::Close(layer) => self.close(layer),
                Effect::Carry(carried) => self.env.carried = carried,
                Effect::Freed(freed) => self.ask_who_waits(freed),
                Effect::Toast(text) => {
                    // It tells of a deed of its own: `u` would take back another one.
                    self.hush();
                    self.say(text);
                }
                Effect::Failed(text) => self.alarm(text),
                Effect::Undoable { text, undo } => {
                    let since = self.ticks.now();
                    self.done = None;
                    self.said = Some(Said { text, alarm: false, undo: Some(undo), since });
                }
                Effect::Run(layer, id) => {
                    self.close(layer);
                    if !self.ask(&id, &[]) {
                        self.alarm(tr!("That does not work here."));
                    }
                }
                Effect::Unlocked => self.unlocked(),
                Effect::NoSession => self.doubt_session(),
                place => self.place(place),
            }
        }
    }

    fn place(&mut self, effect: Effect) {
        if let Some(list) = &mut self.recorded {
            list.push(effect.label());
            if matches!(effect, Effect::Back) && self.layers.len() > 1 {
                self.close_top();
            }
            return;
        }
        match effect {
            Effect::Go(route) => self.leave_for(Next::Go(route)),
            Effect::Back => self.leave_for(Next::Back),
            Effect::Quit => self.leave_for(Next::Quit),
            Effect::SignedOut => self.next(Next::SignOut),
            Effect::Arrived(arrival) => self.arrival = *arrival,
            Effect::Push(route) => match screens::open(&route, &self.env) {
                Some(make) => self.push(make, Some(route)),
                None => self.alarm(tr!("This place has no screen for you.")),
            },
            Effect::SignedIn(actor, store) => {
                let first = match &actor {
                    a if a.must_change_password => Route::ChangePassword,
                    _ if self.arrival.must_enrol => Route::SecondFactor,
                    a => route::home(a.role),
                };
                self.set_actor(Some(actor));
                self.follow_rules(store.permissions());
                self.runner.set_store(Some(store));
                self.hush();
                self.arrive(first);
                self.ask_emergency();
                self.greet();
                self.count_notices();
            }
            _ => {}
        }
    }

    /// Puts a layer on the stack.
    pub(super) fn push(&mut self, make: Opening, route: Option<Route>) {
        self.next_id += 1;
        let id = self.next_id;
        let mut layer = make(id);
        let effects = layer.tell(Moment::Opened, &self.env);
        self.layers.push(Entry { layer, since: self.ticks.now(), route });
        self.pending.clear();
        self.dirty = true;
        self.run(id, effects);
    }

    fn close(&mut self, id: LayerId) {
        let Some(at) = self.layers.iter().position(|e| e.layer.id() == id) else { return };
        if self.layers.len() == 1 {
            self.place(Effect::Back);
            return;
        }
        let was_top = at + 1 == self.layers.len();
        let drafts = self.layers[at].layer.tell(Moment::HangUp, &self.env);
        self.run(id, drafts);
        self.layers.remove(at);
        self.runner.forget(id);
        self.pending.clear();
        if was_top {
            self.tell_top(Moment::Resumed);
        }
    }
    fn close_top(&mut self) {
        if let Some(id) = self.layers.last().map(|e| e.layer.id()) {
            self.close(id);
        }
    }

    /// Hands an answer to the layer that asked. One of a closed layer or of a wrong type is dropped and logged.
    pub(super) fn answer(&mut self, envelope: Envelope) {
        let Envelope { to, label, msg, failure, drafts } = envelope;
        self.dirty = true;
        if to == APP {
            if let Ok(msg) = msg.downcast::<AppMsg>() {
                self.app_answer(*msg);
            }
            return;
        }
        let taken_back = self.taking_back.take_if(|(layer, l, _)| (*layer, *l) == (to, label));
        let env = self.env.clone();
        match self.layer(to).map(|l| l.deliver(msg, drafts, &env)) {
            Some(Some(effects)) => self.run(to, effects),
            Some(None) => {
                tracing::error!(layer = to, label, "an answer of a wrong type was dropped");
                failure.into_iter().for_each(|f| self.alarm(f));
            }
            None => {
                tracing::debug!(layer = to, label, "an answer came after its layer was closed");
                match (failure, taken_back) {
                    (Some(failure), _) => self.alarm(failure),
                    (None, Some((.., what))) => self.say(tr!("Taken back: {what}", what = what)),
                    (None, None) => {}
                }
            }
        }
    }

    /// Opens the screen of a place instead of everything that is open, without asking.
    pub fn open(&mut self, route: Route) {
        self.next(Next::Go(route));
    }

    fn leave_for(&mut self, next: Next) {
        let asks = match next {
            Next::Back => self.layers.last().into_iter().collect::<Vec<_>>(),
            _ => self.layers.iter().collect(),
        };
        // What is kept is not lost by going elsewhere; only going back discards it.
        let back = matches!(next, Next::Back);
        let lost = asks.iter().filter(|e| back || !e.layer.is_kept()).find_map(|e| match e.layer.leave() {
            Leave::Ask(lost) => Some((e.layer.title(), lost, e.layer.keeps())),
            Leave::Free => None,
        });
        let Some((title, lost, keeps)) = lost else {
            let kept = asks.iter().rev().find(|e| matches!(e.layer.leave(), Leave::Ask(_)));
            let kept = kept.map(|e| e.layer.title());
            self.next(next);
            if let Some(title) = kept.filter(|_| !self.quit) {
                self.say(tr!("What you typed in {title} is kept until you open it again.", title = title));
            }
            return;
        };
        self.after_leave = Some(next);
        let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
        cx.open(
            move |answer: Answer<bool>| match keeps && back {
                true => Confirm::new(tr!("Discard what you typed in {title}?", title = title), answer)
                    .consequence(tr!("{lost} Nobody can bring it back.", lost = lost))
                    .yes(tr!("discard it"))
                    .no(tr!("go on typing")),
                false => Confirm::new(tr!("Leave {title}?", title = title), answer)
                    .consequence(lost)
                    .yes(tr!("leave"))
                    .no(tr!("stay")),
            },
            AppMsg::Left,
        );
        self.run(APP, cx.into_effects());
    }

    pub(super) fn next(&mut self, next: Next) {
        match next {
            Next::Quit => {
                self.quit = true;
                if self.saving() {
                    self.say(tr!("Leaving as soon as everything is saved."));
                }
            }
            Next::Back if self.layers.len() > 1 => self.close_top(),
            Next::Back => {
                let home = self.env.actor.as_ref().map(|a| route::home(a.role));
                if let Some(home) = home.filter(|h| self.route() != Some(h)) {
                    self.next(Next::Go(home));
                }
            }
            Next::SignOut => self.sign_out(),
            // A role whose home is a place of another name is taken there; the others have a home of their own.
            Next::Go(Route::Home) if self.home() != Route::Home => self.next(Next::Go(self.home())),
            Next::Go(route) => match screens::open(&route, &self.env) {
                Some(make) => {
                    self.clear_layers();
                    self.push(make, Some(route));
                }
                None => self.alarm(tr!("This place has no screen for you.")),
            },
        }
    }

    fn home(&self) -> Route {
        self.env.actor.as_ref().map_or(Route::Login, |a| route::home(a.role))
    }

    pub(super) fn clear_layers(&mut self) {
        let env = self.env.clone();
        for mut entry in std::mem::take(&mut self.layers) {
            let id = entry.layer.id();
            let drafts = entry.layer.tell(Moment::HangUp, &env);
            self.run(id, drafts);
            self.runner.forget(id);
        }
        self.held.clear();
        self.held_for = None;
        self.pending.clear();
    }

    /// Opens the first place of somebody who has just signed in; when it has no screen, the next one that has.
    fn arrive(&mut self, first: Route) {
        let places = self.places.iter().map(|p| p.route.clone());
        let found = std::iter::once(first).chain(places).find(|r| screens::open(r, &self.env).is_some());
        match found {
            Some(route) => self.next(Next::Go(route)),
            None => {
                self.clear_layers();
                self.push(Box::new(|id| Box::new(Slot::new(id, Nowhere))), None);
            }
        }
    }

    pub(super) fn app_command(&mut self, command: AppCommand) {
        match command {
            AppCommand::Undo => match self.said.take().and_then(|s| s.undo.map(|u| (s.text, u))) {
                Some((what, undo)) => {
                    self.taking_back = Some((undo.layer, undo.label, what));
                    self.runner.save(undo.layer, undo.label, undo.run);
                }
                // It is shown before it is taken back: nothing is undone unseen.
                None if self.done.is_some() => self.said = self.done.take(),
                None => self.say(tr!("There is nothing to take back.")),
            },
            AppCommand::Retry => {
                self.said = None;
                self.tell_top(Moment::Retry);
            }
            AppCommand::Back => self.go_back(),
            AppCommand::Repaint => self.repaint(),
            AppCommand::Lock => self.lock_now(),
            // Drafts were saved when it locked, and nobody may be asked about what is hidden.
            AppCommand::Quit if self.lock.is_some() => self.quit = true,
            AppCommand::Quit => self.run(APP, vec![Effect::Quit]),
            AppCommand::Enter => self.press_enter(),
            AppCommand::SignOut => self.run(APP, vec![Effect::SignedOut]),
            AppCommand::NextVisit => self.next_visit(),
            AppCommand::WhyNot => self.why_not(),
            AppCommand::LetGo => self.let_go(),
            AppCommand::SignUps => match self.forbidden("account.register") {
                Some(why) => self.alarm(why.to_string()),
                None => self.own_place(|_| Route::SignUps),
            },
            AppCommand::Fees => match self.forbidden("fees.open") {
                Some(why) => self.alarm(why.to_string()),
                None => self.own_place(|_| Route::Fees(None, None)),
            },
            AppCommand::Waitlist => match self.forbidden("waitlist.open") {
                Some(why) => self.alarm(why.to_string()),
                None => self.own_place(|_| Route::Waitlist),
            },
            AppCommand::Figures => match self.forbidden("report.open") {
                Some(why) => self.alarm(why.to_string()),
                None => self.own_place(|_| Route::Figures),
            },
            AppCommand::Subject => match self.forbidden("subject.export") {
                Some(why) => self.alarm(why.to_string()),
                None => {
                    self.own_place(|a| Route::Subject(a.patient.filter(|_| a.role != Role::Administrator)));
                }
            },
            AppCommand::Permissions => match self.forbidden("permission.propose") {
                Some(why) => self.alarm(why.to_string()),
                None if self.env.actor.is_none() => self.say(tr!("Sign in first.")),
                None => self.run(APP, vec![Effect::Push(Route::Permissions)]),
            },
            AppCommand::Home => self.run(APP, vec![Effect::Go(Route::Home)]),
            AppCommand::Messages => self.run(APP, vec![Effect::Go(Route::Inbox)]),
            AppCommand::Workplace => match &self.env.actor {
                Some(actor) if actor.workplace.is_some() && actor.role != Role::Patient => {
                    self.run(APP, vec![Effect::Push(Route::Workplace)]);
                }
                _ => self.alarm(tr!("Only staff of a centre choose where they work.")),
            },
            AppCommand::Emergency => self.go_emergency(),
            AppCommand::Access if self.has_ways("go.access") => {
                self.run(APP, vec![Effect::Push(Route::AccessRequests)]);
            }
            AppCommand::Access => {
                self.alarm(tr!(
                    "Those who treat patients ask for access; patients and administrators answer."
                ));
            }
            AppCommand::Connections if self.has_ways("go.connections") => {
                self.run(APP, vec![Effect::Push(Route::Connections)]);
            }
            AppCommand::Connections => self.alarm(tr!("Patients and their providers have connections.")),
            AppCommand::Help => {
                let sections = self.sections().unwrap_or_default();
                let marks = self.top().map(|t| t.marks()).unwrap_or_default();
                let help = Help::new(help_rows(&self.keymap, &sections)).with_marks(marks);
                self.push(Box::new(move |id| Box::new(Slot::new(id, help))), None);
            }
            AppCommand::Palette => {
                let palette = Palette::new(self.palette_items(), self.hooks.palette.clone());
                self.push(Box::new(move |id| Box::new(Slot::new(id, palette))), None);
            }
            AppCommand::Line => self.open_line(),
            AppCommand::SignIns => self.own_place(|actor| Route::SignIns(actor.account)),
            AppCommand::Profile => self.own_place(|_| Route::MyProfile),
            AppCommand::SecondFactor => self.own_place(|_| Route::SecondFactor),
            AppCommand::Password => self.own_place(|_| Route::ChangePassword),
            place => self.go_place(place.id()),
        }
    }

    fn open_line(&mut self) {
        match self.env.actor.as_deref() {
            None => self.say(tr!("Sign in first.")),
            Some(actor) if actor.must_change_password => self.say(tr!("Choose your password first.")),
            Some(_) if self.arrival.must_enrol => self.say(tr!("Set up your second factor first.")),
            Some(_) => {
                if let Some(why) = self.line_closed() {
                    return self.alarm(why.to_string());
                }
                let line = CommandLine::new(self.rules.clone(), self.lines.clone());
                self.push(Box::new(move |id| Box::new(Slot::new(id, line))), None);
            }
        }
    }

    fn go_back(&mut self) {
        let env = self.env.clone();
        let asked = self.top().map(|top| (top.id(), top.goes_back(&env)));
        let goes = asked.is_none_or(|(layer, (goes, effects))| {
            self.run(layer, effects);
            goes
        });
        if goes {
            self.run(APP, vec![Effect::Back]);
        }
    }

    /// What was cut stays where it is.
    fn let_go(&mut self) {
        match self.env.carried.take() {
            Some(carried) => self.say(tr!("Not moved: {what}", what = carried.label())),
            None => self.say(tr!("Nothing is cut.")),
        }
    }

    fn next_visit(&mut self) {
        match &self.env.actor {
            Some(actor) if actor.provider.is_some() => self.run(APP, vec![Effect::Push(Route::NextVisit)]),
            _ => self.alarm(tr!("Only people whom patients are booked with see a next patient.")),
        }
    }

    /// A place of the person's own account, on top of what is open.
    fn own_place(&mut self, place: impl Fn(&Actor) -> Route) {
        match self.env.actor.clone() {
            None => self.say(tr!("Sign in first.")),
            Some(actor) if actor.must_change_password => self.say(tr!("Choose your password first.")),
            Some(_) if self.arrival.must_enrol => self.say(tr!("Set up your second factor first.")),
            Some(actor) => self.run(APP, vec![Effect::Push(place(&actor))]),
        }
    }

    fn go_place(&mut self, id: &str) {
        match &self.env.actor {
            None => return self.say(tr!("Sign in first.")),
            Some(actor) if actor.must_change_password => return self.say(tr!("Choose your password first.")),
            Some(_) if self.arrival.must_enrol => return self.say(tr!("Set up your second factor first.")),
            Some(_) => {}
        }
        let places = &self.places;
        let by_digit = id.strip_prefix("go.").and_then(|n| n.parse::<usize>().ok());
        let found = match by_digit {
            Some(n) => places.get(n.saturating_sub(1)),
            None => places.iter().find(|p| p.command == id),
        };
        match found {
            Some(place) => {
                let route = place.route.clone();
                self.run(APP, vec![Effect::Go(route)]);
            }
            None if by_digit.is_some() => self.say(tr!("No place has that number.")),
            None => self.alarm(tr!("Your role has no access to that place.")),
        }
    }
}

//! The running program without a terminal: layers, pending keys, what happened last. It is told what came in and
//! draws into any frame; the loop in [`super::run`] and the tests use it alike.
mod effects;
mod emergency;
mod frame;
mod keys;
mod notices;
mod nowhere;
mod permitted;
pub mod runner;
mod session;
mod stage;
mod waiting;

use super::{
    command_line::History,
    cx::{Effect, Env, LayerId, Undo},
    keymap::{Key, Keymap},
    layer::{Layer, Moment},
    palette::PaletteSource,
    route::{self, Place, Route},
    screen::Kind,
    theme::Theme,
};
use crate::{
    domain::{access::OpenEmergency, notice::NoticeKind, permission::Table},
    store::{Arrival, Change, Error, Store},
};
use futures::future::BoxFuture;
use runner::{Done, Runner};
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// How long a key may not confirm a dialog after it appeared.
pub const GUARD: Duration = Duration::from_millis(300);
/// How long a prefix waits before its continuations are shown.
pub const WHICH_KEY: Duration = Duration::from_millis(300);

/// Instants, which tests move by hand.
#[derive(Debug, Clone, Default)]
pub struct Ticks(Option<Arc<Mutex<Instant>>>);

impl Ticks {
    /// Ticks that stand still until they are moved.
    #[must_use]
    pub fn by_hand() -> Self {
        Self(Some(Arc::new(Mutex::new(Instant::now()))))
    }
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.0 {
            Some(at) => at.lock().map_or_else(|e| *e.into_inner(), |at| *at),
            None => Instant::now(),
        }
    }
    /// Moves ticks made by [`Ticks::by_hand`].
    pub fn advance(&self, by: Duration) {
        if let Some(mut at) = self.0.as_ref().and_then(|at| at.lock().ok()) {
            *at += by;
        }
    }
}

/// How the line to the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// Well.
    #[default]
    Up,
    /// Lost since this instant.
    Reconnecting(Instant),
    /// Nothing can be saved.
    ReadOnly,
}

/// Checks a password against the session that is locked.
pub type Unlock = Arc<dyn Fn(String, Store) -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// What the loop and the sign-in hand to the app beside the screens.
#[derive(Clone, Default)]
pub struct Hooks {
    /// Checks the password of the lock; without it nothing can be locked.
    pub unlock: Option<Unlock>,
    /// Idle time after which everything is hidden.
    pub lock_after: Option<Duration>,
    /// People and places the palette finds beside actions.
    pub palette: Vec<Arc<dyn PaletteSource>>,
}

struct Entry {
    layer: Box<dyn Layer>,
    since: Instant,
    route: Option<Route>,
}

/// What line 23 says.
struct Said {
    text: String,
    alarm: bool,
    undo: Option<Undo>,
    since: Instant,
}

/// What comes after a person agreed to lose unsaved input.
#[derive(Debug, Clone)]
enum Next {
    Go(Route),
    Back,
    Quit,
    SignOut,
}

/// The running program.
pub struct App {
    layers: Vec<Entry>,
    lock: Option<Box<dyn Layer>>,
    keymap: Arc<Keymap>,
    theme: Theme,
    env: Env,
    hooks: Hooks,
    runner: Runner,
    first_store: Option<Store>,
    pending: Vec<Key>,
    pending_since: Instant,
    held: VecDeque<Held>,
    held_for: Option<LayerId>,
    said: Option<Said>,
    /// What can still be taken back while line 23 says something else.
    done: Option<Said>,
    /// What is being taken back: by which layer, under which label, and what was said of it.
    taking_back: Option<(LayerId, &'static str, String)>,
    after_leave: Option<Next>,
    next_id: LayerId,
    last_input: Instant,
    ticks: Ticks,
    link: Link,
    quit: bool,
    dirty: bool,
    repaint: bool,
    /// What was shown must not stay in the terminal's memory either.
    wipe: bool,
    /// What the person was told and owes since they signed in.
    arrival: Arrival,
    /// Since when line 23 greets them.
    greeted: Option<Instant>,
    /// Who may do what, as the database said last.
    rules: Arc<Table>,
    /// Where this person may go: the second line.
    places: Vec<Place>,
    /// What begins when the last running save has ended.
    after_saves: VecDeque<(LayerId, Effect)>,
    /// Delays that passed while the terminal was locked.
    held_delays: Vec<Done>,
    /// The server does not know of the lock yet.
    lock_owed: bool,
    /// The emergency access that is open: its line stays on every screen.
    emergency: Option<OpenEmergency>,
    /// What was typed in the command line since the sign-in.
    lines: History,
    /// What waits for the person and is new; nothing before the first answer.
    notices: Option<HashSet<(NoticeKind, uuid::Uuid)>>,
    /// In tests: effects that would change place, kept instead of run.
    recorded: Option<Vec<String>>,
}

/// Input that waits behind a command which waits for an answer.
enum Held {
    Key(Key),
    Paste(String),
}

/// The layer id that stands for the app itself.
const APP: LayerId = 0;

impl App {
    /// An app without layers. Without a store it records effects instead of running them.
    #[must_use]
    pub fn new(
        keymap: Arc<Keymap>,
        theme: Theme,
        env: Env,
        store: Option<Store>,
        ticks: Ticks,
    ) -> (Self, mpsc::UnboundedReceiver<Done>) {
        let (tx, rx) = mpsc::unbounded_channel();
        let now = ticks.now();
        let recorded = store.is_none().then(Vec::new);
        let store_rules =
            store.as_ref().map_or_else(|| Arc::new(Table::built_in().clone()), Store::permissions);
        let mut app = Self {
            layers: vec![],
            lock: None,
            keymap,
            theme,
            env,
            hooks: Hooks::default(),
            runner: Runner::new(store.clone(), tx),
            first_store: store,
            pending: vec![],
            pending_since: now,
            held: VecDeque::new(),
            held_for: None,
            said: None,
            done: None,
            taking_back: None,
            after_leave: None,
            next_id: APP,
            last_input: now,
            ticks,
            link: Link::Up,
            quit: false,
            dirty: true,
            repaint: false,
            wipe: false,
            arrival: Arrival::default(),
            greeted: None,
            rules: store_rules,
            places: vec![],
            after_saves: VecDeque::new(),
            held_delays: vec![],
            lock_owed: false,
            emergency: None,
            lines: History::default(),
            notices: None,
            recorded,
        };
        app.find_places();
        (app, rx)
    }

    /// Sets lock, idle time and palette sources.
    pub fn set_hooks(&mut self, hooks: Hooks) {
        self.hooks = hooks;
    }
    /// Says how the line to the server is.
    pub fn set_link(&mut self, link: Link) {
        self.dirty |= self.link != link;
        self.link = link;
        self.tell_owed_lock();
    }
    /// Who is signed in, and the clock.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.env
    }
    /// The store in use now.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.runner.store()
    }
    /// The program shall end (once [`App::saving`] is false).
    #[must_use]
    pub fn quits(&self) -> bool {
        self.quit
    }
    /// A save still runs.
    #[must_use]
    pub fn saving(&self) -> bool {
        self.runner.saving()
    }
    /// Something changed since the last frame.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }
    /// Draw everything again, once.
    pub fn take_repaint(&mut self) -> bool {
        std::mem::take(&mut self.repaint)
    }
    /// What was shown is hidden now: the terminal forgets it too, once.
    pub fn take_wipe(&mut self) -> bool {
        std::mem::take(&mut self.wipe)
    }
    /// The terminal shows who knows what: draw everything again.
    pub fn repaint(&mut self) {
        self.repaint = true;
        self.dirty = true;
    }
    /// What line 23 says.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        self.said.as_ref().map(|s| s.text.as_str())
    }

    fn say(&mut self, text: impl Into<String>) {
        self.tell(text.into(), false);
    }
    fn alarm(&mut self, text: impl Into<String>) {
        self.tell(text.into(), true);
    }
    /// Says a thing; what could be taken back before still can, and is said again afterwards.
    fn tell(&mut self, text: String, alarm: bool) {
        let said = Said { text, alarm, undo: None, since: self.ticks.now() };
        let before = self.said.replace(said).filter(|s| s.undo.is_some());
        self.done = before.or(self.done.take());
    }
    /// Line 23 is empty, and nothing can be taken back.
    fn hush(&mut self) {
        self.said = None;
        self.done = None;
    }

    /// The layer that gets keys: the lock, or the top.
    fn top(&mut self) -> Option<&mut Box<dyn Layer>> {
        match &mut self.lock {
            Some(lock) => Some(lock),
            None => self.layers.last_mut().map(|e| &mut e.layer),
        }
    }
    fn layer(&mut self, id: LayerId) -> Option<&mut Box<dyn Layer>> {
        self.lock.iter_mut().chain(self.layers.iter_mut().map(|e| &mut e.layer)).find(|l| l.id() == id)
    }
    fn tell_top(&mut self, moment: Moment<'_>) {
        let env = self.env.clone();
        if let Some((id, fx)) = self.top().map(|top| (top.id(), top.tell(moment, &env))) {
            self.run(id, fx);
        }
    }
    fn tell_all(&mut self, moment: Moment<'_>) {
        let env = self.env.clone();
        let all: Vec<_> =
            self.layers.iter_mut().map(|e| (e.layer.id(), e.layer.tell(moment, &env))).collect();
        all.into_iter().for_each(|(id, fx)| self.run(id, fx));
    }

    /// Something that was asked for has ended.
    pub fn deliver(&mut self, done: Done) {
        // Nothing hidden acts while it is locked: the server would take it for nobody's.
        if self.lock.as_ref().is_some_and(|lock| matches!(&done, Done::After(e, _) if e.to != lock.id())) {
            self.held_delays.push(done);
            return;
        }
        if let Some(envelope) = self.runner.ended(done) {
            self.answer(envelope);
        }
        self.resume_held();
        self.saves_ended();
    }

    /// Somebody else changed something, or the listener was lost for a moment.
    pub fn changed(&mut self, change: &Change) {
        self.heard_of_sign_in(change);
        if self.lock.is_some() {
            return;
        }
        self.dirty = true;
        self.rules_changed(change);
        self.tell_all(Moment::Changed(change));
        self.emergency_changed(change);
        self.notice_changed(change);
    }

    /// A minute has passed.
    pub fn minute(&mut self) {
        self.dirty = true;
        if self.lock.is_none() {
            self.tell_all(Moment::Minute);
            self.emergency_minute();
        }
    }
    /// Somebody sees minutes: the first line, or a screen.
    #[must_use]
    pub fn needs_minute(&self) -> bool {
        self.env.actor.is_some() || self.layers.iter().any(|e| e.layer.needs_minute())
    }

    /// The terminal is gone or the program is told to leave: every screen saves its draft, then the program ends.
    pub fn save_drafts(&mut self) {
        self.tell_all(Moment::HangUp);
        self.quit = true;
    }

    /// The next instant at which time alone changes something: which-key or the lock.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Instant> {
        let which = (!self.pending.is_empty() && self.ticks.now() < self.pending_since + WHICH_KEY)
            .then_some(self.pending_since + WHICH_KEY);
        let lock = self.lock_after().filter(|_| self.can_lock()).map(|after| self.last_input + after);
        let link = match self.link {
            Link::Reconnecting(since) => Some(since + self.away(since).1),
            _ => None,
        };
        [which, lock, link].into_iter().flatten().min()
    }
    /// That instant has come.
    pub fn woke(&mut self) {
        self.dirty |= !self.pending.is_empty() || matches!(self.link, Link::Reconnecting(_));
        let idle = self.ticks.now().saturating_duration_since(self.last_input);
        if self.lock_after().is_some_and(|after| idle >= after) && self.can_lock() {
            self.lock_now();
        }
    }
    /// How long the line has been away as it is shown (every second, then ten, then minutes), and when that changes.
    fn away(&self, since: Instant) -> (u64, Duration) {
        let seconds = self.ticks.now().saturating_duration_since(since).as_secs();
        let step = match seconds {
            0..10 => 1,
            10..60 => 10,
            _ => 60,
        };
        let shown = seconds / step * step;
        (shown, Duration::from_secs(shown + step))
    }

    fn dialog_on_top(&self) -> bool {
        self.layers.last().is_some_and(|e| e.layer.kind() == Kind::Dialog)
    }
    fn route(&self) -> Option<&Route> {
        self.layers.iter().rev().find_map(|e| e.route.as_ref())
    }

    /// The screen of the layer at the bottom, for tests.
    #[must_use]
    pub fn bottom(&self) -> Option<&dyn Layer> {
        self.layers.first().map(|e| &*e.layer)
    }
    /// How many layers there are.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.layers.len()
    }
}

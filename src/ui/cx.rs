//! What a screen may ask of the runtime. Every request is labelled data: the loop runs it, a test reads it.
use super::{
    carry::Carried,
    layer::{Layer, Slot},
    route::Route,
    screen::Screen,
};
use crate::{
    clock::Clock,
    domain::{actor::Actor, ids::DraftId, waitlist::Freed},
    store::{Arrival, Error, Store},
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use futures::future::BoxFuture;
use std::{any::Any, future::Future, marker::PhantomData, sync::Arc, time::Duration};

/// The name of a layer, never used twice.
pub type LayerId = u64;

/// Clock and person, as every screen may read them.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// The time; fixed in tests.
    pub clock: Clock,
    /// Who is signed in.
    pub actor: Option<Arc<Actor>>,
    /// The appointment that was cut and is carried along.
    pub carried: Option<Arc<Carried>>,
}

impl Env {
    /// The zone in which times are shown.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.actor.as_ref().map_or(Tz::UTC, |a| a.zone())
    }
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
    /// Today's date where the person works.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.clock.today(self.zone())
    }
}

/// An answer on its way to the layer that asked.
pub struct Envelope {
    /// The layer that asked.
    pub to: LayerId,
    /// What it had asked.
    pub label: &'static str,
    /// The message, of that screen's type.
    pub msg: Box<dyn Any + Send>,
    /// The sentence to show when this is a failed save whose screen is gone.
    pub failure: Option<String>,
    /// The drafts of the dialog that answers: the save of its answer closes them.
    pub drafts: Vec<DraftId>,
}

/// A query or write that waits for its store.
pub type Job = Box<dyn FnOnce(Store) -> BoxFuture<'static, Envelope> + Send>;
/// Makes a layer once it knows its id.
pub type Opening = Box<dyn FnOnce(LayerId) -> Box<dyn Layer> + Send>;

/// How to take back what was just done.
pub struct Undo {
    /// The layer that did it.
    pub layer: LayerId,
    /// The label of the write.
    pub label: &'static str,
    /// The write.
    pub run: Job,
}

/// What the runtime must do. A closed set: it does not grow with screens.
pub enum Effect {
    /// Read; the latest of a layer and label wins.
    Load { label: &'static str, run: Job },
    /// Write; always finishes, those of one label in order.
    Save { label: &'static str, run: Job },
    /// That, as soon as no save runs any more.
    WhenSaved(Box<Effect>),
    /// A message later; a newer one of the same layer and label replaces it.
    After { delay: Duration, envelope: Envelope },
    /// A layer above.
    Open(Opening),
    /// This layer goes; what it decided goes to the one that asked.
    Answer { close: LayerId, envelope: Envelope },
    /// This layer goes.
    Close(LayerId),
    /// Another place instead of this one.
    Go(Route),
    /// A place on top of this one.
    Push(Route),
    /// The place under this one.
    Back,
    /// One sentence on line 23.
    Toast(String),
    /// A sentence of an error on line 23.
    Failed(String),
    /// A sentence on line 23 that offers `u undo`.
    Undoable { text: String, undo: Undo },
    /// Somebody signed in.
    SignedIn(Arc<Actor>, Store),
    /// What the person who signs in is told and owes; comes before [`Effect::SignedIn`].
    Arrived(Box<Arrival>),
    /// Nobody is signed in any more.
    SignedOut,
    /// The password was right: what was hidden is shown again.
    Unlocked,
    /// Close this layer and run the command of that name in the one under it.
    Run(LayerId, String),
    /// The server took the person for nobody.
    NoSession,
    /// An appointment is carried from now on; nothing: not any more.
    Carry(Option<Arc<Carried>>),
    /// A time came free: who waits for it is asked, and shown if there is somebody.
    Freed(Freed),
    /// Leave the program.
    Quit,
}

impl Effect {
    /// What it is, for logs and tests: `load patients.search`.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Load { label, .. } => format!("load {label}"),
            Self::Save { label, .. } => format!("save {label}"),
            Self::WhenSaved(then) => then.label(),
            Self::After { envelope, .. } => format!("after {}", envelope.label),
            Self::Open(_) => "open".into(),
            Self::Answer { .. } => "answer".into(),
            Self::Close(_) => "close".into(),
            Self::Go(route) => format!("go {route:?}"),
            Self::Push(route) => format!("push {route:?}"),
            Self::Back => "back".into(),
            Self::Toast(_) | Self::Failed(_) => "toast".into(),
            Self::Undoable { undo, .. } => format!("undoable {}", undo.label),
            Self::SignedIn(..) => "signed in".into(),
            Self::Arrived(_) => "arrived".into(),
            Self::SignedOut => "signed out".into(),
            Self::Unlocked => "unlocked".into(),
            Self::Run(_, id) => format!("run {id}"),
            Self::NoSession => "no session".into(),
            Self::Carry(Some(_)) => "carry".into(),
            Self::Carry(None) => "let go".into(),
            Self::Freed(_) => "freed".into(),
            Self::Quit => "quit".into(),
        }
    }
}

/// A message on its way out: as it is, or as the outer screen's.
fn lifted<M: Send + 'static>(lift: Option<&Lift>, msg: M) -> Box<dyn Any + Send> {
    match lift {
        Some(lift) => lift(Box::new(msg)),
        None => Box::new(msg),
    }
}

/// Where to send what a picker or dialog decides: a value of type `T`, whatever the screen that asked.
pub struct Answer<T> {
    to: LayerId,
    wrap: Arc<dyn Fn(T) -> Box<dyn Any + Send> + Send + Sync>,
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        Self { to: self.to, wrap: self.wrap.clone() }
    }
}

/// Makes a message of the screen out of one of a machine inside it.
type Lift = Arc<dyn Fn(Box<dyn Any + Send>) -> Box<dyn Any + Send> + Send + Sync>;

/// What a screen may ask for while it answers one call.
pub struct Cx<M> {
    layer: LayerId,
    env: Env,
    effects: Vec<Effect>,
    lift: Option<Lift>,
    drafts: Vec<DraftId>,
    _msg: PhantomData<fn(M)>,
}

impl<M: Send + 'static> Cx<M> {
    /// A context of its own, for testing a screen by hand.
    #[must_use]
    pub fn new(layer: LayerId, env: Env) -> Self {
        Self { layer, env, effects: vec![], lift: None, drafts: vec![], _msg: PhantomData }
    }
    /// With the drafts of what is typed in this screen, or in the dialog whose answer it is given.
    #[must_use]
    pub(super) fn with_drafts(self, drafts: Vec<DraftId>) -> Self {
        Self { drafts, ..self }
    }
    /// The drafts of what is being saved: of this screen, or of the dialog that has just answered. Hand them to
    /// [`Store::closing`], so that the save closes them in its own transaction.
    #[must_use]
    pub fn drafts(&self) -> Vec<DraftId> {
        self.drafts.clone()
    }
    /// What was asked for, in order.
    #[must_use]
    pub fn into_effects(self) -> Vec<Effect> {
        self.effects
    }
    /// Clock, person and zone.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Answers one call of a machine inside this screen, whose messages are `N`s: `lift` makes the screen's out of them.
    pub fn inner<N: Send + 'static, R>(
        &mut self,
        lift: impl Fn(Box<dyn Any + Send>) -> M + Send + Sync + 'static,
        call: impl FnOnce(&mut Cx<N>) -> R,
    ) -> R {
        let outer = self.lift.clone();
        let lift: Lift = Arc::new(move |msg| {
            let msg: Box<dyn Any + Send> = Box::new(lift(msg));
            match &outer {
                Some(outer) => outer(msg),
                None => msg,
            }
        });
        let mut inner: Cx<N> = Cx {
            layer: self.layer,
            env: self.env.clone(),
            effects: vec![],
            lift: Some(lift),
            drafts: self.drafts.clone(),
            _msg: PhantomData,
        };
        let said = call(&mut inner);
        self.effects.append(&mut inner.effects);
        said
    }

    fn envelope(&self, label: &'static str, msg: M) -> Envelope {
        Envelope {
            to: self.layer,
            label,
            msg: lifted(self.lift.as_ref(), msg),
            failure: None,
            drafts: vec![],
        }
    }

    /// Asks the store to read. A newer load of the same label wins: the older answer is dropped, its query never aborted.
    pub fn load<T, F, Fut>(
        &mut self,
        label: &'static str,
        query: F,
        done: impl FnOnce(T) -> M + Send + 'static,
    ) where
        F: FnOnce(Store) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let (to, lift) = (self.layer, self.lift.clone());
        let run: Job = Box::new(move |store| {
            Box::pin(async move {
                let msg = done(query(store).await);
                Envelope { to, label, msg: lifted(lift.as_ref(), msg), failure: None, drafts: vec![] }
            })
        });
        self.effects.push(Effect::Load { label, run });
    }

    /// As [`Cx::load`], once every save that runs has ended: what is read includes what it changes.
    pub fn load_when_saved<T, F, Fut>(
        &mut self,
        label: &'static str,
        query: F,
        done: impl FnOnce(T) -> M + Send + 'static,
    ) where
        F: FnOnce(Store) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.load(label, query, done);
        if let Some(load) = self.effects.pop() {
            self.effects.push(Effect::WhenSaved(Box::new(load)));
        }
    }

    fn job<T, F, Fut>(
        &self,
        label: &'static str,
        write: F,
        left: impl FnOnce(&T) -> Option<String> + Send + 'static,
        done: impl FnOnce(Result<T, Error>) -> M + Send + 'static,
    ) -> Job
    where
        F: FnOnce(Store) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let (to, lift) = (self.layer, self.lift.clone());
        Box::new(move |store| {
            Box::pin(async move {
                let result = write(store).await;
                let failure = result.as_ref().map_or_else(|e| Some(e.to_string()), left);
                Envelope { to, label, msg: lifted(lift.as_ref(), done(result)), failure, drafts: vec![] }
            })
        })
    }

    /// Asks the store to write. It always finishes, even when the layer is closed; quitting waits for it; saves of one
    /// label run in the order in which they were asked for.
    pub fn save<T, F, Fut>(
        &mut self,
        label: &'static str,
        write: F,
        done: impl FnOnce(Result<T, Error>) -> M + Send + 'static,
    ) where
        F: FnOnce(Store) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let run = self.job(label, write, |_| None, done);
        self.effects.push(Effect::Save { label, run });
    }

    /// Says what was done and offers `u undo`, which runs `write` as a save.
    pub fn undoable<T, F, Fut>(
        &mut self,
        text: impl Into<String>,
        label: &'static str,
        write: F,
        done: impl FnOnce(Result<T, Error>) -> M + Send + 'static,
    ) where
        F: FnOnce(Store) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        self.undoable_in_part(text, label, write, |_| None, done);
    }

    /// As [`Self::undoable`], where a part may have to stay: `left` says which, also when this screen is closed by then.
    pub fn undoable_in_part<T, F, Fut>(
        &mut self,
        text: impl Into<String>,
        label: &'static str,
        write: F,
        left: impl FnOnce(&T) -> Option<String> + Send + 'static,
        done: impl FnOnce(Result<T, Error>) -> M + Send + 'static,
    ) where
        F: FnOnce(Store) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let undo = Undo { layer: self.layer, label, run: self.job(label, write, left, done) };
        self.effects.push(Effect::Undoable { text: text.into(), undo });
    }

    /// Sends `msg` to this screen after `delay`; a newer one of the same label replaces it.
    pub fn after(&mut self, label: &'static str, delay: Duration, msg: M) {
        let envelope = self.envelope(label, msg);
        self.effects.push(Effect::After { delay, envelope });
    }

    /// Opens a picker or dialog above; what it answers comes back as `done(answer)`.
    pub fn open<T, S>(
        &mut self,
        make: impl FnOnce(Answer<T>) -> S + Send + 'static,
        done: impl Fn(T) -> M + Send + Sync + 'static,
    ) where
        T: Send + 'static,
        S: Screen,
    {
        let (to, lift) = (self.layer, self.lift.clone());
        let answer = Answer { to, wrap: Arc::new(move |t| lifted(lift.as_ref(), done(t))) };
        self.effects.push(Effect::Open(Box::new(move |id| Box::new(Slot::new(id, make(answer))))));
    }

    /// Closes this layer and hands `value` to the screen that opened it.
    pub fn answer<T>(&mut self, to: &Answer<T>, value: T) {
        let (msg, drafts) = ((to.wrap)(value), self.drafts.clone());
        let envelope = Envelope { to: to.to, label: "answer", msg, failure: None, drafts };
        self.effects.push(Effect::Answer { close: self.layer, envelope });
    }

    /// Hands `value` to the screen that opened this one, and stays open.
    pub fn tell<T>(&mut self, to: &Answer<T>, value: T) {
        let envelope =
            Envelope { to: to.to, label: "answer", msg: (to.wrap)(value), failure: None, drafts: vec![] };
        self.effects.push(Effect::After { delay: Duration::ZERO, envelope });
    }

    /// Closes this layer.
    pub fn close(&mut self) {
        self.effects.push(Effect::Close(self.layer));
    }
    /// Goes to another place instead of this one.
    pub fn go(&mut self, route: Route) {
        self.effects.push(Effect::Go(route));
    }
    /// Opens a place on top of this one; [`Cx::back`] returns here.
    pub fn push(&mut self, route: Route) {
        self.effects.push(Effect::Push(route));
    }
    /// Returns to the place under this one.
    pub fn back(&mut self) {
        self.effects.push(Effect::Back);
    }
    /// Says one sentence on line 23.
    pub fn toast(&mut self, text: impl Into<String>) {
        self.effects.push(Effect::Toast(text.into()));
    }
    /// Says on line 23 what went wrong and what to do; the log keeps the cause.
    pub fn failed(&mut self, error: &Error) {
        tracing::warn!(layer = self.layer, error = ?error, "shown to the person");
        self.effects.push(match error {
            Error::NoSession => Effect::NoSession,
            _ => Effect::Failed(error.to_string()),
        });
    }
    /// Somebody signed in: from now on their store is used.
    pub fn signed_in(&mut self, actor: Actor, store: Store) {
        self.effects.push(Effect::SignedIn(Arc::new(actor), store));
    }
    /// Somebody signed in, who is told this on arriving.
    pub fn arrived(&mut self, actor: Actor, store: Store, arrival: Arrival) {
        self.effects.push(Effect::Arrived(Box::new(arrival)));
        self.signed_in(actor, store);
    }
    /// Nobody is signed in any more: screen and layers are wiped.
    pub fn signed_out(&mut self) {
        self.effects.push(Effect::SignedOut);
    }
    /// The password was right: the lock goes.
    pub fn unlocked(&mut self) {
        self.effects.push(Effect::Unlocked);
    }
    /// Closes this layer and runs the command of that name in the one under it.
    pub fn run(&mut self, command: impl Into<String>) {
        self.effects.push(Effect::Run(self.layer, command.into()));
    }
    /// Carries an appointment along from place to place, or none any more.
    pub fn carry(&mut self, carried: Option<Carried>) {
        self.effects.push(Effect::Carry(carried.map(Arc::new)));
    }
    /// A time came free: whoever waits for it is offered, if the person may offer.
    pub fn freed(&mut self, freed: Freed) {
        self.effects.push(Effect::Freed(freed));
    }
    /// Leaves the program; running saves are finished first.
    pub fn quit(&mut self) {
        self.effects.push(Effect::Quit);
    }
}

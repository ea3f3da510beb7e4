//! A screen on a stage: no terminal, no database, the real keymap. Keys go in, frames and effects come out.
//!
//! Keys come one a second, as from a person, so that no dialog says "press again"; [`Stage::keys_at_once`] is faster.
use super::{
    app::{App, Ticks, runner::Done},
    cx::Env,
    input::Input,
    keymap::{Key, Keymap},
    layer::{Layer, Slot},
    screen::{Change, Screen},
    theme::Theme,
};
use crate::{
    clock::Clock,
    domain::{access::OpenEmergency, actor::Actor},
    store::Store,
};
use chrono::{DateTime, Utc};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};
use std::{
    any::Any,
    marker::PhantomData,
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::sync::mpsc::UnboundedReceiver;

/// Text of the frame, then one hash of every cell's style: a colour that changes shows as one changed line.
#[must_use]
pub fn styles(buffer: &Buffer) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325; // FNV-1a: std's hasher may change with the compiler
    for cell in &buffer.content {
        for byte in format!("{}/{}/{:x};", cell.fg, cell.bg, cell.modifier.bits()).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// The built-in keys, read once for all stages of a run.
fn built_in() -> Arc<Keymap> {
    static KEYS: LazyLock<Arc<Keymap>> = LazyLock::new(|| Arc::new(Keymap::built_in()));
    KEYS.clone()
}

/// A screen being tried.
pub struct Stage<S: Screen> {
    app: App,
    answers: UnboundedReceiver<Done>,
    terminal: Terminal<TestBackend>,
    ticks: Ticks,
    pressed: usize,
    _screen: PhantomData<S>,
}

impl<S: Screen> Stage<S> {
    /// Opens the screen at 80x24, nobody signed in, at noon of 12 March 2026.
    #[must_use]
    pub fn new(screen: S) -> Self {
        let noon: DateTime<Utc> = DateTime::from_timestamp(1_773_316_800, 0).unwrap_or_default();
        Self::with(screen, Env { clock: Clock::fixed(noon), actor: None, carried: None })
    }
    /// Opens the screen for this person.
    #[must_use]
    pub fn signed_in(screen: S, actor: Actor) -> Self {
        let noon: DateTime<Utc> = DateTime::from_timestamp(1_773_316_800, 0).unwrap_or_default();
        Self::with(screen, Env { clock: Clock::fixed(noon), actor: Some(Arc::new(actor)), carried: None })
    }
    /// Opens the screen with this clock and person.
    #[must_use]
    pub fn with(screen: S, env: Env) -> Self {
        Self::made(screen, env, built_in(), None)
    }
    /// Opens the screen with keys of one's own.
    #[must_use]
    pub fn with_keymap(screen: S, env: Env, keymap: Keymap) -> Self {
        Self::made(screen, env, Arc::new(keymap), None)
    }
    /// Opens the screen on a real store: what it and the places it goes to ask for is run, not recorded.
    #[must_use]
    pub fn live(screen: S, actor: Actor, store: Store) -> Self {
        let env = Env { clock: store.clock().clone(), actor: Some(Arc::new(actor)), carried: None };
        Self::made(screen, env, built_in(), Some(store))
    }
    fn made(screen: S, env: Env, keymap: Arc<Keymap>, store: Option<Store>) -> Self {
        let ticks = Ticks::by_hand();
        let (mut app, answers) = App::new(keymap, Theme::default(), env, store, ticks.clone());
        app.stage(Box::new(move |id| Box::new(Slot::new(id, screen)) as Box<dyn Layer>));
        Self { app, answers, terminal: terminal(80, 24), ticks, pressed: 0, _screen: PhantomData }
    }
    /// Goes to places from now on instead of recording them; loads and saves are still only recorded.
    #[must_use]
    pub fn running(mut self) -> Self {
        self.app.stage_runs_places();
        self
    }
    /// An emergency access is open, or none any more.
    pub fn emergency(&mut self, open: Option<OpenEmergency>) -> &mut Self {
        self.app.stage_emergency(open);
        self
    }
    /// The titles of the layers, the bottom one first; the lock, when there is one, last.
    #[must_use]
    pub fn titles(&self) -> Vec<String> {
        self.app.stage_titles()
    }
    /// Draws at this size from now on.
    #[must_use]
    pub fn at(mut self, columns: u16, lines: u16) -> Self {
        self.terminal.backend_mut().resize(columns, lines);
        self
    }
    /// Presses keys written as in keymaps, one a second: `"g s enter"`.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in Key::sequence(keys).unwrap_or_default() {
            self.advance(Duration::from_secs(1));
            self.pressed += 1;
            self.press(key);
        }
        self
    }
    /// How many keys [`Stage::keys`] has pressed since this was asked last: typed text is not counted.
    pub fn pressed(&mut self) -> usize {
        std::mem::take(&mut self.pressed)
    }
    /// Presses keys with no time between them.
    pub fn keys_at_once(&mut self, keys: &str) -> &mut Self {
        Key::sequence(keys).unwrap_or_default().into_iter().for_each(|k| self.press(k));
        self
    }
    /// Types text, each character a key.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        text.chars().for_each(|c| self.press(Key::char(c)));
        self
    }
    /// Pastes text.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.app.input(Input::Paste(text.into()));
        self.settle();
        self
    }
    /// Lets time pass.
    pub fn advance(&mut self, by: Duration) -> &mut Self {
        self.ticks.advance(by);
        self.app.woke();
        self
    }
    fn press(&mut self, key: Key) {
        self.app.input(Input::Key(key));
        self.settle();
    }
    fn settle(&mut self) {
        while let Ok(done) = self.answers.try_recv() {
            self.app.deliver(done);
        }
    }
    /// Lets what runs end until the frame says `text`; false when it does not within 20 seconds.
    pub async fn until(&mut self, text: &str) -> bool {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            self.settle();
            if self.text().contains(text) {
                return true;
            }
            match tokio::time::timeout_at(deadline, self.answers.recv()).await {
                Ok(Some(done)) => self.app.deliver(done),
                _ => return false,
            }
        }
    }
    /// Lets everything that runs end, for 20 seconds at most; false when something does not.
    pub async fn until_idle(&mut self) -> bool {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            self.settle();
            if self.app.stage_is_idle() {
                return true;
            }
            match tokio::time::timeout_at(deadline, self.answers.recv()).await {
                Ok(Some(done)) => self.app.deliver(done),
                _ => return false,
            }
        }
    }
    /// Hands a message to the screen, as if the oldest load or save that waits had been answered.
    pub fn deliver(&mut self, msg: S::Msg) -> &mut Self {
        self.app.stage_deliver(None, Box::new(msg));
        self.settle();
        self
    }
    /// Hands a message to the layer on top: a picker's rows.
    pub fn deliver_to_top(&mut self, msg: impl Any + Send) -> &mut Self {
        let top = self.app.top_id();
        self.app.stage_deliver(top, Box::new(msg));
        self.settle();
        self
    }
    /// Lets a delay of this label pass: its message is delivered.
    pub fn fire(&mut self, label: &str) -> &mut Self {
        self.app.stage_fire(label);
        self.settle();
        self
    }
    /// Somebody else changed something.
    pub fn changed(&mut self, change: &Change) -> &mut Self {
        self.app.changed(change);
        self.settle();
        self
    }
    /// The terminal is gone.
    pub fn hang_up(&mut self) -> &mut Self {
        self.app.input(Input::HangUp);
        self
    }
    /// What was asked for and not answered: `load patients.search`, `save booking.confirm`, `after search`, and every
    /// change of place since [`Stage::forget_effects`]: `go Patients`, `push Patient(…)`, `back`, `quit`.
    #[must_use]
    pub fn effects(&mut self) -> Vec<String> {
        self.app.stage_effects()
    }
    /// Drops what [`Stage::effects`] would show.
    pub fn forget_effects(&mut self) -> &mut Self {
        self.app.stage_forget();
        self
    }
    /// What line 23 says.
    #[must_use]
    pub fn toast(&self) -> &str {
        self.app.said().unwrap_or_default()
    }
    /// The screen itself.
    #[must_use]
    pub fn screen(&self) -> Option<&S> {
        self.app.bottom().and_then(|l| l.screen().downcast_ref())
    }
    /// How many layers are open: 1 without picker or dialog.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.app.depth()
    }
    /// The running app, for what the stage has no word for.
    pub fn app(&mut self) -> &mut App {
        &mut self.app
    }
    /// Draws, for whoever only asks whether that works.
    pub fn draw(&mut self) {
        let app = &mut self.app;
        match self.terminal.draw(|f| app.view(f)) {
            Ok(_) => {}
            Err(never) => match never {},
        }
    }
    /// The drawn text, and one line of a hash of all styles.
    #[must_use]
    pub fn frame(&mut self) -> String {
        self.draw();
        let backend = self.terminal.backend();
        format!("{backend}styles {}\n", styles(backend.buffer()))
    }
    /// The drawn cells.
    #[must_use]
    pub fn buffer(&mut self) -> Buffer {
        let _ = self.frame();
        self.terminal.backend().buffer().clone()
    }
    /// The drawn text alone.
    #[must_use]
    pub fn text(&mut self) -> String {
        let frame = self.frame();
        frame
            .lines()
            .filter(|l| !l.starts_with("styles "))
            .map(|l| l.trim_matches('"').trim_end())
            .fold(String::new(), |all, line| all + line + "\n")
    }
}

fn terminal(columns: u16, lines: u16) -> Terminal<TestBackend> {
    match Terminal::new(TestBackend::new(columns, lines)) {
        Ok(terminal) => terminal,
        Err(never) => match never {},
    }
}

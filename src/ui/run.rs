//! The loop: wait for anything, take in everything that is ready, draw one frame, write it at once. No tick.
use super::{
    app::{App, Hooks, Link, Ticks},
    cx::Env,
    input::{self, Input},
    keymap::Keymap,
    lean::{Lean, Paper},
    route::Route,
    terminal::{self, Terminal},
    theme::Theme,
};
use crate::{
    clock::Clock,
    store::{Change, Store},
};
use futures::future::BoxFuture;
use std::{fs::File, io, sync::Arc, time::Duration};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// What the store tells while somebody is signed in.
#[derive(Debug, Clone)]
pub enum News {
    /// Somebody changed something.
    Change(Change),
    /// The line to the server is like this now.
    Link(Link),
}

/// Begins to listen to the changes of a signed-in store.
pub type Listen = Arc<dyn Fn(Store, mpsc::UnboundedSender<News>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Everything the program needs to show itself.
pub struct Setup {
    /// The keys.
    pub keymap: Keymap,
    /// Colours and borders.
    pub theme: Theme,
    /// The store before anybody has signed in.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The first place: [`Route::Login`].
    pub first: Route,
    /// Lock and palette.
    pub hooks: Hooks,
    /// How long a lone Esc is held; 40 ms do for most lines.
    pub escape_hold: Duration,
    /// Listens after sign-in, until dropped.
    pub listen: Option<Listen>,
}

/// Shows the program until somebody leaves it.
///
/// # Errors
/// There is no terminal, or it cannot be taken.
pub async fn run(setup: Setup) -> io::Result<()> {
    let env = Env { clock: setup.clock, actor: None, carried: None };
    let (mut app, mut answers) =
        App::new(Arc::new(setup.keymap), setup.theme, env, Some(setup.store), Ticks::default());
    app.set_hooks(setup.hooks);
    let tty = File::open("/dev/tty")?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut goes_on = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
    // Ctrl-Z from another terminal, or `kill -TSTP`, would leave a half-drawn screen.
    let mut stops = signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?;
    let mut resized = signal(SignalKind::window_change())?;
    let (typed, mut inputs) = mpsc::unbounded_channel();
    let (news, mut told) = mpsc::unbounded_channel();
    let mut terminal = Terminal::take()?;
    input::spawn(tty, setup.escape_hold, typed)?;
    let mut picture = Picture::new();
    app.open(setup.first);
    let mut listening: Option<(crate::domain::ids::SessionId, tokio::task::JoinHandle<()>)> = None;
    let mut leave_by: Option<Instant> = None;
    let mut take_again = false;
    loop {
        if app.quits() && (!app.saving() || leave_by.is_some_and(|at| Instant::now() >= at)) {
            break;
        }
        if terminal.is_gone() {
            go(&mut app, &mut leave_by);
        }
        if take_again && !terminal.is_busy() {
            take_again = false;
            terminal.retake();
            app.repaint();
        }
        listen(&app, setup.listen.as_ref(), &mut listening, &news);
        if !terminal.is_busy() && app.is_dirty() {
            terminal.write(picture.draw(&mut app));
        }
        let wake = app.wakes_at().map(Instant::from_std);
        let minute = app.needs_minute().then(|| next_minute(&app));
        tokio::select! { biased;
            _ = hang_up.recv() => go(&mut app, &mut leave_by),
            _ = terminate.recv() => go(&mut app, &mut leave_by),
            _ = interrupt.recv() => {}
            _ = stops.recv() => {}
            _ = goes_on.recv() => take_again = true,
            _ = resized.recv() => picture.resize(&mut app),
            Some(input) = inputs.recv() => take_in(&mut app, input, &mut leave_by),
            Some(done) = answers.recv() => app.deliver(done),
            Some(piece) = told.recv() => hear(&mut app, &piece),
            () = terminal.idle(), if terminal.is_busy() => {}
            () = until(wake), if wake.is_some() => app.woke(),
            () = until(minute), if minute.is_some() => app.minute(),
            () = until(leave_by), if leave_by.is_some() => {}
        }
        while let Ok(input) = inputs.try_recv() {
            take_in(&mut app, input, &mut leave_by);
        }
        while let Ok(done) = answers.try_recv() {
            app.deliver(done);
        }
        while let Ok(piece) = told.try_recv() {
            hear(&mut app, &piece);
        }
    }
    if let Some((_, task)) = listening {
        task.abort();
    }
    drop(terminal);
    // Leaving is signing out; a server that does not answer holds nobody.
    if let Some(store) = app.store().filter(|_| app.env().actor.is_some()) {
        let left = leave_by.map_or(LEAVE, |at| at.saturating_duration_since(Instant::now()));
        let _ = tokio::time::timeout(left.max(LEAVE / 4), store.sign_out()).await;
    }
    Ok(())
}

/// How long a program that was told to end finishes what it is doing.
const LEAVE: Duration = Duration::from_secs(1);

fn take_in(app: &mut App, input: Input, leave_by: &mut Option<Instant>) {
    match input {
        Input::HangUp => go(app, leave_by),
        input => app.input(input),
    }
}

/// Drafts are saved and the program ends, once, however often it is told.
fn go(app: &mut App, leave_by: &mut Option<Instant>) {
    if leave_by.is_none() {
        app.save_drafts();
        *leave_by = Some(Instant::now() + LEAVE);
    }
}

fn hear(app: &mut App, news: &News) {
    match news {
        News::Change(change) => app.changed(change),
        News::Link(link) => app.set_link(*link),
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// When the clock's minute changes.
fn next_minute(app: &App) -> Instant {
    let into = app.env().now().timestamp_millis().rem_euclid(60_000) as u64;
    Instant::now() + Duration::from_millis(60_000 - into)
}

fn listen(
    app: &App,
    how: Option<&Listen>,
    listening: &mut Option<(crate::domain::ids::SessionId, tokio::task::JoinHandle<()>)>,
    news: &mpsc::UnboundedSender<News>,
) {
    let who = app.env().actor.as_ref().map(|a| a.session);
    if listening.as_ref().map(|(session, _)| *session) == who {
        return;
    }
    if let Some((_, task)) = listening.take() {
        task.abort();
    }
    if let (Some(session), Some(how), Some(store)) = (who, how, app.store().cloned()) {
        *listening = Some((session, tokio::spawn(how(store, news.clone()))));
    }
}

/// The app drawn onto paper, and the paper as bytes.
pub struct Picture {
    paper: ratatui::Terminal<Paper>,
    lean: Lean,
}

impl Default for Picture {
    fn default() -> Self {
        Self::new()
    }
}

impl Picture {
    /// A picture as large as the window.
    #[must_use]
    pub fn new() -> Self {
        let (columns, lines) = terminal::size();
        Self::sized(columns, lines)
    }
    /// A picture of this size.
    #[must_use]
    pub fn sized(columns: u16, lines: u16) -> Self {
        Self { paper: paper(columns, lines), lean: Lean::default() }
    }
    fn resize(&mut self, app: &mut App) {
        let (columns, lines) = terminal::size();
        self.paper = paper(columns, lines);
        app.repaint();
    }
    /// The bytes that show the app's present state; none when nothing changed.
    pub fn draw(&mut self, app: &mut App) -> Vec<u8> {
        if app.take_repaint() {
            self.lean.forget();
        }
        let buffer = match self.paper.draw(|frame| app.view(frame)) {
            Ok(done) => done.buffer.clone(),
            Err(never) => match never {},
        };
        let cursor = self.paper.backend().cursor();
        let mut bytes = self.lean.frame(&buffer, cursor);
        if app.take_wipe() {
            bytes.extend_from_slice(terminal::FORGET);
        }
        bytes
    }
}

fn paper(columns: u16, lines: u16) -> ratatui::Terminal<Paper> {
    match ratatui::Terminal::new(Paper::new(columns.max(1), lines.max(1))) {
        Ok(paper) => paper,
        Err(never) => match never {},
    }
}

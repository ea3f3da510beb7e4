//! The loop of the waiting room's screen: it draws when something changed or a minute has passed, and outlives the server.
use super::Display;
use crate::{
    clock::Clock,
    store::{Change, DisplayDay, Error, Link, Store},
    tr,
    ui::{
        input::{self, Input},
        lean::{Lean, Paper},
        terminal::{self, Terminal},
        theme::Theme,
    },
};
use futures::future::BoxFuture;
use std::{fs::File, io, sync::Arc, time::Duration};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

/// How to sign the service in: again, when the server was lost or the sign-in ended.
pub type SignIn = Arc<dyn Fn() -> BoxFuture<'static, Result<Store, Error>> + Send + Sync>;

/// What the screen needs.
pub struct DisplaySetup {
    pub sign_in: SignIn,
    /// The first sign-in, already done.
    pub store: Store,
    pub clock: Clock,
    pub theme: Theme,
    /// Large letters for whoever is called.
    pub large: bool,
}

/// What the reader tells the screen.
enum News {
    Day(Box<DisplayDay>),
    Lost(String),
}

/// Shows the screen until somebody leaves it with q, Ctrl-C or Ctrl-Q.
///
/// # Errors
/// There is no terminal, or it cannot be taken.
pub async fn run(setup: DisplaySetup) -> io::Result<()> {
    let tty = File::open("/dev/tty")?;
    let mut ends =
        [signal(SignalKind::hangup())?, signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let mut resized = signal(SignalKind::window_change())?;
    let (typed, mut inputs) = mpsc::unbounded_channel();
    let (news, mut told) = mpsc::unbounded_channel();
    let mut terminal = Terminal::take()?;
    input::spawn(tty, Duration::from_millis(40), typed)?;
    let reader = tokio::spawn(read(setup.sign_in, setup.store, news));
    let mut display = Display { large: setup.large, ..Display::default() };
    let (mut paper, mut lean, mut dirty) = (paper(), Lean::default(), true);
    let [hang_up, terminate, interrupt] = &mut ends;
    loop {
        if terminal.is_gone() {
            break;
        }
        if dirty && !terminal.is_busy() {
            dirty = false;
            let now = setup.clock.now();
            let buffer = match paper.draw(|frame| display.view(frame, now, setup.theme)) {
                Ok(done) => done.buffer.clone(),
                Err(never) => match never {},
            };
            terminal.write(lean.frame(&buffer, None));
        }
        let into = setup.clock.now().timestamp_millis().rem_euclid(60_000) as u64;
        let minute = Instant::now() + Duration::from_millis(60_000 - into);
        tokio::select! { biased;
            _ = hang_up.recv() => break,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = resized.recv() => {
                paper = self::paper();
                lean.forget();
                dirty = true;
            }
            Some(input) = inputs.recv() => if leaves(&input) { break },
            Some(piece) = told.recv() => {
                match piece {
                    News::Day(day) => display.show(*day, setup.clock.now()),
                    News::Lost(why) => display.keep(why),
                }
                dirty = true;
            }
            () = terminal.idle(), if terminal.is_busy() => {}
            () = sleep_until(minute) => {
                display.minute(setup.clock.now());
                dirty = true;
            }
        }
    }
    reader.abort();
    drop(terminal);
    Ok(())
}

fn leaves(input: &Input) -> bool {
    match input {
        Input::HangUp => true,
        Input::Key(key) => ["q", "ctrl-c", "ctrl-q"].contains(&key.to_string().as_str()),
        _ => false,
    }
}

fn paper() -> ratatui::Terminal<Paper> {
    let (columns, lines) = terminal::size();
    match ratatui::Terminal::new(Paper::new(columns.max(1), lines.max(1))) {
        Ok(paper) => paper,
        Err(never) => match never {},
    }
}

/// Reads the day when something changed; signs in again when the service became nobody.
async fn read(sign_in: SignIn, mut store: Store, news: mpsc::UnboundedSender<News>) {
    loop {
        let mut changes = store.listen();
        let mut habits = None;
        let again = loop {
            match store.display_day(habits.clone()).await {
                Ok(day) => {
                    habits = Some(day.habits.clone());
                    if news.send(News::Day(Box::new(day))).is_err() {
                        return;
                    }
                }
                Err(Error::NoSession) => break true,
                Err(e) => {
                    tracing::warn!(error = %e, "the display could not read");
                    if news.send(News::Lost(tr!("Not up to date: please ask the desk.").into())).is_err() {
                        return;
                    }
                    sleep(Duration::from_secs(1)).await;
                    continue;
                }
            }
            if !heard(&mut changes, &news).await {
                break false;
            }
        };
        drop(changes);
        store.close().await;
        store = loop {
            match sign_in().await {
                Ok(store) => break store,
                Err(e) => {
                    tracing::warn!(error = %e, again, "the display could not sign in");
                    if news.send(News::Lost(tr!("Not up to date: please ask the desk.").into())).is_err() {
                        return;
                    }
                    sleep(Duration::from_secs(2)).await;
                }
            }
        };
    }
}

/// Waits until something of a waiting room may have changed; what comes within a moment is one change.
async fn heard(changes: &mut mpsc::UnboundedReceiver<Change>, news: &mpsc::UnboundedSender<News>) -> bool {
    loop {
        let Some(change) = changes.recv().await else { return false };
        match change {
            Change::Link(Link::Lost) => {
                if news.send(News::Lost(tr!("Not up to date: please ask the desk.").into())).is_err() {
                    return false;
                }
            }
            Change::Row(row)
                if !["appointment", "queue_entry", "setting", "centre"].contains(&row.entity.as_str()) => {}
            Change::Link(Link::Up) => {}
            Change::Everything | Change::Row(_) => break,
        }
    }
    sleep(Duration::from_millis(50)).await;
    while changes.try_recv().is_ok() {}
    true
}

//! A desk: the program without a terminal, on a line of its own whose statements are counted.
use super::{cluster::Db, people::PASSWORD, proxy::Proxy};
use praxis::{
    auth::login,
    clock::Clock,
    store::{Change, Connector, SignIn, Store},
    ui::{
        app::{App, Ticks, runner::Done},
        cx::Env,
        input::Input,
        keymap::{Key, Keymap},
        route::Route,
        theme::Theme,
    },
};
use ratatui::{Terminal, backend::TestBackend};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc::UnboundedReceiver;
use zeroize::Zeroizing;

/// Signs somebody in through a line that can be hurt and counted.
pub async fn through(proxy: &Proxy, db: &Db, who: &str) -> SignIn {
    let connector =
        Connector::from_socket(proxy.socket_dir(), &db.name, "praxis_app").with_keys(super::keys());
    let store = Store::open(connector, Clock::system()).await.expect("the line is healthy");
    login::sign_in(&store, who, Zeroizing::new(PASSWORD.to_owned()), "test").await.expect("the sign-in")
}

/// A program at a place, with its listener.
pub struct Desk {
    pub who: SignIn,
    pub proxy: Proxy,
    app: App,
    answers: UnboundedReceiver<Done>,
    changes: UnboundedReceiver<Change>,
    ticks: Ticks,
    terminal: Terminal<TestBackend>,
}

impl Desk {
    /// Opens the place for this person at 80x24.
    pub async fn at(db: &Db, login: &str, route: Route) -> Self {
        let proxy = Proxy::to(&db.socket);
        let who = through(&proxy, db, login).await;
        let env =
            Env { clock: who.store.clock().clone(), actor: Some(Arc::new(who.actor.clone())), carried: None };
        let (ticks, changes) = (Ticks::by_hand(), who.store.listen());
        let keymap = Arc::new(Keymap::built_in());
        let (mut app, answers) =
            App::new(keymap, Theme::default(), env, Some(who.store.clone()), ticks.clone());
        app.open(route);
        let terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal");
        Self { who, proxy, app, answers, changes, ticks, terminal }
    }

    /// Presses keys, one a second.
    pub fn keys(&mut self, keys: &str) {
        for key in Key::sequence(keys).expect("keys") {
            self.ticks.advance(Duration::from_secs(1));
            self.app.input(Input::Key(key));
        }
    }

    /// What is drawn.
    pub fn text(&mut self) -> String {
        let app = &mut self.app;
        self.terminal.draw(|f| app.view(f)).expect("a frame");
        self.terminal.backend().to_string()
    }

    /// Waits until the screen shows this, or, with `there` false, shows it no more.
    pub async fn sees(&mut self, what: &str, there: bool) {
        let deadline = tokio::time::Instant::now() + super::PATIENCE;
        while self.text().contains(what) != there {
            tokio::select! {
                Some(done) = self.answers.recv() => self.app.deliver(done),
                Some(change) = self.changes.recv() => self.app.changed(&change),
                () = tokio::time::sleep_until(deadline) => panic!("waited for {what:?} and saw\n{}", self.text()),
            }
        }
    }

    /// Takes what has come, until nothing more comes for a moment.
    pub async fn settle(&mut self) {
        loop {
            let quiet = tokio::time::sleep(Duration::from_millis(150));
            tokio::select! {
                Some(done) = self.answers.recv() => self.app.deliver(done),
                Some(change) = self.changes.recv() => self.app.changed(&change),
                () = quiet => return,
            }
        }
    }
}

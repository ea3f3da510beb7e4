//! Opens the screens: what the configuration says becomes what they need, and the log takes what would be printed.
use super::{Context, Failure};
use crate::{
    auth::login,
    clock::Clock,
    config::Config,
    logging,
    store::{Change, Connector, Link, Store},
    ui::{
        self, News, Setup,
        app::{Hooks, Link as Mark},
        keymap,
        route::Route,
        theme::Theme,
    },
};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The keymap's name and, when it is a file of one's own, its text.
pub(super) fn keymap_source(config: &Config) -> Result<(String, Option<String>), Failure> {
    match config.keymap.as_str() {
        name @ ("default" | "vim") => Ok((name.to_owned(), None)),
        path => {
            let text = std::fs::read_to_string(path).map_err(|e| {
                Failure::new(super::failure::CONFIG, format!("the keymap {path} cannot be read ({e}). `ui.keymap` names it"))
            })?;
            Ok(("default".to_owned(), Some(text)))
        }
    }
}

/// Shows the program on this server until somebody leaves it.
pub(super) async fn show(config: &Config, connector: Connector) -> Result<(), Failure> {
    let (name, own) = keymap_source(config)?;
    let clock = Clock::system();
    let store = Store::open(connector, clock.clone()).await?;
    let env = |name: &str| std::env::var(name).ok();
    let mut theme = Theme::from_env(
        !config.uses_color(env),
        &env("TERM").unwrap_or_default(),
        !config.uses_ascii(env),
    );
    theme.plain_lines |= config.low_bandwidth;
    let setup = Setup {
        keymap: keymap::load(&name, own.as_deref()),
        theme,
        store: store.clone(),
        clock,
        first: Route::Login,
        hooks: hooks(config),
        escape_hold: config.esc_hold,
        listen: Some(Arc::new(|store, news| Box::pin(listen(store, news)))),
    };
    let errors = logging::redirect_stderr(&config.log_file);
    let shown = ui::run(setup).await;
    drop(errors);
    store.close().await;
    Ok(shown?)
}

fn hooks(config: &Config) -> Hooks {
    Hooks {
        unlock: Some(Arc::new(|store: Store, login: String, password: Zeroizing<String>| {
            Box::pin(async move { login::unlock(&store, &login, password).await })
        })),
        lock_after: Some(config.idle_lock),
        palette: vec![],
    }
}

/// Hands on what the store hears until the person signs out.
async fn listen(store: Store, news: tokio::sync::mpsc::UnboundedSender<News>) {
    let mut changes = store.listen();
    while let Some(change) = changes.recv().await {
        let piece = match change {
            Change::Link(Link::Up) => News::Link(Mark::Up),
            Change::Link(Link::Lost) => News::Link(Mark::Lost),
            other => News::Change(other),
        };
        if news.send(piece).is_err() {
            return;
        }
    }
}

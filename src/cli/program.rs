//! Opens the screens: what the configuration says becomes what they need, and the log takes what would be printed.
use super::Failure;
use crate::{
    auth::login,
    clock::Clock,
    config::Config,
    domain::{entrance::Entrance, why::Why},
    logging,
    store::{Change, Connector, Error, Link, Store, sealed::KekSource},
    tr,
    ui::{
        self, News, Setup,
        app::{Hooks, Link as Mark},
        finders, keymap, registry,
        route::Route,
        screens,
        theme::Theme,
    },
};
use std::{os::unix::fs::OpenOptionsExt as _, sync::Arc, time::Instant};
use zeroize::Zeroizing;

/// The keymap's name and, when it is a file of one's own, its text.
pub(super) fn keymap_source(config: &Config) -> Result<(String, Option<String>), Failure> {
    match config.keymap.as_str() {
        name @ ("default" | "vim") => Ok((name.to_owned(), None)),
        path => {
            let text = std::fs::read_to_string(path).map_err(|e| {
                Failure::new(
                    super::failure::CONFIG,
                    format!("the keymap {path} cannot be read ({e}). `ui.keymap` names it"),
                )
            })?;
            Ok(("default".to_owned(), Some(text)))
        }
    }
}

/// The key-encryption keys of the configuration, or none.
pub(super) fn keys_of(config: &Config) -> Result<KekSource, Failure> {
    match &config.sealing_key_file {
        None => Ok(KekSource::default()),
        Some(file) => KekSource::file(file).map_err(|e| Failure::new(super::failure::CONFIG, e.to_string())),
    }
}

/// Shows the program on this server until somebody leaves it.
///
/// `note` stands under the sign-in; faults of the keymap are told there too, because keys that do not work look like a
/// program that does not.
pub(super) async fn show(
    config: &Config,
    connector: Connector,
    mut note: Vec<String>,
) -> Result<(), Failure> {
    let (name, own) = keymap_source(config)?;
    let keymap = keymap::load(&name, own.as_deref());
    let faults = registry::lint(&keymap, screens::SECTIONS).len();
    if faults > 0 {
        note.push(tr!("The keymap has {n} faults; `praxis keys check` lists them.", n = faults));
    }
    if !note.is_empty() {
        screens::login::set_note(screens::login::LoginNote(note));
    }
    screens::login::set_entrance(Entrance::of(&config.entrance));
    let clock = Clock::system();
    let store = Store::open(connector, clock.clone()).await?;
    let env = |name: &str| std::env::var(name).ok();
    let mut theme =
        Theme::from_env(!config.uses_color(env), &env("TERM").unwrap_or_default(), !config.uses_ascii(env));
    theme.plain |= config.low_bandwidth;
    theme.colour &= !theme.plain;
    let setup = Setup {
        keymap,
        theme,
        store: store.clone(),
        clock,
        first: Route::Login,
        hooks: hooks(config),
        escape_hold: config.esc_hold,
        listen: Some(Arc::new(|store, news| Box::pin(listen(store, news)))),
    };
    // A library that complains must not write across the screen, nor end the program when the terminal is gone.
    let log = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&config.log_file)?;
    let errors = logging::redirect_stderr(&log)?;
    let shown = ui::run(setup).await;
    drop(errors);
    // A connection that waits for a lost server would hold the end up.
    let _ = tokio::time::timeout(std::time::Duration::from_millis(500), store.close()).await;
    Ok(shown?)
}

fn hooks(config: &Config) -> Hooks {
    Hooks {
        unlock: Some(Arc::new(|password, store| {
            Box::pin(async move {
                let me = store.who_am_i().await?;
                if login::unlock(&store, &me.login, Zeroizing::new(password)).await? {
                    return Ok(());
                }
                Err(Error::Refused(Why::new(
                    "unlock_wrong",
                    tr!("That is not the password of this session."),
                )))
            })
        })),
        lock_after: Some(config.idle_lock),
        palette: vec![Arc::new(finders::Patients), Arc::new(finders::Directory)],
    }
}

/// Hands on what the store hears until the person signs out.
async fn listen(store: Store, news: tokio::sync::mpsc::UnboundedSender<News>) {
    let mut changes = store.listen();
    let mut lost = None;
    while let Some(change) = changes.recv().await {
        let piece = match change {
            Change::Link(Link::Up) => {
                lost = None;
                News::Link(Mark::Up)
            }
            Change::Link(Link::Lost) => {
                News::Link(Mark::Reconnecting(*lost.get_or_insert_with(Instant::now)))
            }
            other => News::Change(other),
        };
        if news.send(piece).is_err() {
            return;
        }
    }
}

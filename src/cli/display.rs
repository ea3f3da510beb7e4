//! `praxis display`: the waiting room's screen, signed in as a service with the secret of a file.
use super::{
    Context, Failure, block_on,
    failure::{CONFIG, NOT_PERMITTED},
    migrate::no_database,
};
use crate::{
    clock::Clock,
    config::{Privacy, read_private_file},
    logging,
    store::{Connector, Error, Store},
    text::clean,
    ui::{
        display::{self, DisplaySetup},
        theme::Theme,
    },
};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

/// The longest file of a secret, in bytes.
const LONGEST: u64 = 4096;

/// Shows who is called and when the others may expect it, for a screen in the
/// waiting room. Reads only; q leaves. `praxis user add --service` makes its file.
#[derive(Debug, Args)]
pub struct Display {
    /// The file that `praxis user add --service` wrote
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// Large letters for whoever is called
    #[arg(long)]
    large: bool,
}

/// A service's name and secret, as its file holds them.
#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) service: String,
    /// 64 hexadecimal digits.
    pub(super) secret: String,
}

impl Secret {
    fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |why: String| {
            Failure::new(
                CONFIG,
                format!("the file of the service, {}: {why}", clean(&path.to_string_lossy())),
            )
        };
        let bytes = read_private_file(path, Privacy::Secret, LONGEST).map_err(failed)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| failed("it is no text".into()))?;
        // What stands in the file is a secret: the parser's own message would quote it.
        toml::from_str(text).map_err(|_| failed("it does not name a service and its secret".into()))
    }

    /// Writes a new file that only its owner reads.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let failed = |e: std::io::Error| {
            Failure::new(CONFIG, format!("{} cannot be made: {e}", clean(&path.to_string_lossy())))
        };
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let text = format!(
            "# Signs the service in: whoever has this is the service.\nservice = \"{}\"\nsecret = \"{}\"\n",
            self.service, self.secret
        );
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
    }

    fn bytes(&self) -> Vec<u8> {
        self.secret.trim().as_bytes().to_vec()
    }
}

impl Display {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let database = config.database.clone().ok_or_else(no_database)?;
        logging::init(&config.log_file, &config.log_level)?;
        let secret = Arc::new(Secret::read(&self.secret_file)?);
        let (clock, connector) = (Clock::system(), Connector::new(database.options()));
        let env = |name: &str| std::env::var(name).ok();
        let theme = Theme::from_env(
            !config.uses_color(env),
            &env("TERM").unwrap_or_default(),
            !config.uses_ascii(env),
        );
        let sign_in: display::SignIn = {
            let clock = clock.clone();
            Arc::new(move || {
                let (connector, clock, secret) = (connector.clone(), clock.clone(), secret.clone());
                Box::pin(async move {
                    Store::open_service(connector, clock, &secret.service, &secret.bytes()).await
                })
            })
        };
        block_on(async {
            let store = sign_in().await.map_err(|e| match &e {
                Error::Refused(why) => Failure::new(NOT_PERMITTED, why.to_string()),
                _ => e.into(),
            })?;
            let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&config.log_file)?;
            let errors = logging::redirect_stderr(&log)?;
            let shown = display::run(DisplaySetup { sign_in, store, clock, theme, large: self.large }).await;
            drop(errors);
            Ok::<_, Failure>(shown?)
        })??;
        Ok(ExitCode::SUCCESS)
    }
}

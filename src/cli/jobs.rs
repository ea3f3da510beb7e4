//! `praxis jobs run`: the worker beside the program. It seals the log, erases what is past its time, and hands papers to the printer.
use super::{
    Context, Failure, block_on,
    failure::CONFIG,
    migrate::no_database,
    output::{note, say},
    printing::Printing,
    sealer::Sealer,
    signals::AskedToLeave,
};
use crate::{audit::SigningKey, config::Config, server::JOBS};
use clap::{Args, Subcommand};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::sync::watch;

/// The name of the signing key as a systemd credential.
const CREDENTIAL: &str = "praxis-audit-key";

#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Seal the log and print until asked to end
    Run(Run),
}

/// Seals the log: signs a root over what is new, about every second while there is
/// something new, into the database and to audit.root_file; hands papers to the
/// printer (print.command); erases rejected applications when application_keep_days have passed. Runs until a signal asks it to
/// end. Several may run: one leads, the others wait.
#[derive(Debug, Args)]
pub struct Run {
    /// Seal once and end, for cron
    #[arg(long)]
    once: bool,
    /// The database login to use
    #[arg(long = "as", value_name = "LOGIN", default_value = JOBS)]
    login: String,
}

impl Jobs {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let Self::Run(run) = self;
        let config = context.config()?;
        crate::logging::init(&config.log_file, &config.log_level)?;
        let sealer = sealer(&config, &run.login)?;
        let database = config.database.as_ref().ok_or_else(no_database)?;
        let printing = Printing::of(&config, hosts(database, &run.login))?;
        block_on(async {
            if run.once {
                let sealed = sealer.once().await?;
                if let Some(printing) = &printing {
                    printing.once().await?;
                }
                match (sealed, context.json) {
                    (sealed, true) => {
                        let (root, events) = sealed.unzip();
                        say(&serde_json::json!({ "root": root, "events": events }).to_string());
                    }
                    (Some((root, events)), false) => say(&format!("Root {root} covers {events} new events.")),
                    (None, false) => say("Nothing is new in the log."),
                }
                return Ok(());
            }
            let asked = AskedToLeave::listen()?;
            let (stop, stopped) = watch::channel(false);
            let printing = printing.map(|p| tokio::spawn(p.run(stopped.clone())));
            let sealing = tokio::spawn(sealer.run(stopped, |said| note(&format!("praxis: {said}"))));
            asked.wait().await;
            stop.send(true).ok();
            sealing.await.ok();
            if let Some(printing) = printing {
                printing.await.ok();
            }
            Ok::<_, Failure>(())
        })??;
        Ok(ExitCode::SUCCESS)
    }
}

fn sealer(config: &Config, login: &str) -> Result<Sealer, Failure> {
    let database = config.database.as_ref().ok_or_else(no_database)?;
    let roots = config.audit_root_file.clone().ok_or_else(|| {
        let said =
            "audit.root_file is not set: the roots must be written somewhere outside of the database too";
        Failure::new(CONFIG, said)
    })?;
    let credentials =
        std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from).filter(|d| d.is_absolute());
    let of_systemd = credentials.as_ref().map(|d| d.join(CREDENTIAL)).filter(|f| f.exists());
    let file = config.audit_signing_key_file.clone().or(of_systemd).ok_or_else(|| {
        let said = "audit.signing_key_file is not set. `praxis audit key FILE` makes a key";
        Failure::new(CONFIG, said)
    })?;
    let key = SigningKey::read(&file, credentials.as_deref().filter(|c| *c != Path::new("/")))?;
    Ok(Sealer { hosts: hosts(database, login), key, roots })
}

/// How to connect to each host under this login.
pub(super) fn hosts(
    database: &crate::config::Database,
    login: &str,
) -> Vec<sqlx::postgres::PgConnectOptions> {
    database.hosts.iter().map(|h| database.options_for(h, login)).collect()
}

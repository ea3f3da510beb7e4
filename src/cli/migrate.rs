//! `praxis migrate`: roles, extensions and schema, by a login that may become the owner.
use super::{
    Context, Failure, block_on,
    failure::{CONFIG, UNAVAILABLE},
    output::{note, say, say_json},
    program,
};
use crate::server;
use clap::Args;
use sqlx::Connection as _;
use std::process::ExitCode;

/// Brings the configured database to this program's schema. Safe to run again,
/// and while people are signed in. The first time needs a superuser of the server,
/// who makes the roles.
#[derive(Debug, Args)]
pub struct Migrate {
    /// The database login that migrates (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    login: Option<String>,
}

impl Migrate {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let database = config.database.clone().ok_or_else(no_database)?;
        let login = self.login.as_deref().unwrap_or(&database.user);
        let hosts: Vec<_> = database.hosts.iter().map(|h| database.options_for(h, login)).collect();
        let done = block_on(async {
            let (db, options) = server::primary(&hosts).await?;
            db.close().await.ok();
            server::migrate(&options).await
        })?;
        let done = done.map_err(|e| match e {
            server::Error::Sql(sqlx::Error::Database(e)) if e.code().as_deref() == Some("3D000") => {
                Failure::new(
                    UNAVAILABLE,
                    format!(
                        "the server has no database {0}. Make it with `createdb {0}`, then migrate again",
                        database.name
                    ),
                )
            }
            other => other.into(),
        })?;
        if program::keys_of(&config)?.ids().is_empty() {
            note(
                "No key is configured for clinical text: none can be written until `praxis keys make FILE` has made one and\n\
                 sealing.key_file names it on every machine.",
            );
        }
        if context.json {
            say_json(&serde_json::json!({ "applied": done.applied, "version": done.version }));
        } else if done.applied.is_empty() {
            say(&format!("The schema is current (version {}).", done.version));
        } else {
            let plural = if done.applied.len() == 1 { "" } else { "s" };
            say(&format!(
                "Applied {} migration{plural}; the schema is now version {}.",
                done.applied.len(),
                done.version
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What is said when a command needs the shared server and none is configured.
pub(super) fn no_database() -> Failure {
    Failure::new(
        CONFIG,
        "no database is configured. Set database.url in ~/.config/praxis/config.toml or PRAXIS_DATABASE_URL, or try \
         `praxis demo`, which needs none",
    )
}

//! `praxis audit`: what the log proves, and taking lines out of it.
mod export;
mod key;
mod root;
mod verify;

use super::{Context, Failure};
use crate::{config::Config, server, store::Ledger};
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Find the first event that was changed, removed or put in
    Verify(verify::Verify),
    /// Print a day's root, as words and as a code, for paper
    Root(root::Root),
    /// Write lines of the log as CSV or FHIR
    Export(export::Export),
    /// Make the key that signs roots
    Key(key::Key),
}

impl Audit {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::Verify(args) => args.run(context),
            Self::Root(args) => args.run(context),
            Self::Export(args) => args.run(context),
            Self::Key(args) => args.run(context),
        }
    }
}

/// A connection that reads the log.
async fn ledger(config: &Config, login: &str) -> Result<Ledger, Failure> {
    let database = config.database.as_ref().ok_or_else(super::migrate::no_database)?;
    let (connection, _) = server::primary(&super::jobs::hosts(database, login)).await?;
    Ok(Ledger::new(connection).await?)
}

//! `praxis subject erase`: one administrator proposes to erase a record, another confirms. Both sign in as in the program.
use super::{
    Context, Failure, block_on,
    failure::{DATA, USAGE},
    migrate::no_database,
    output::{note, say},
    program,
};
use crate::{
    auth::login,
    clock::Clock,
    domain::{actor::Role, ids::RequestId},
    store::{Connector, Error, SignIn, Store},
    text::clean,
};
use clap::{Args, Subcommand};
use std::{
    io::{BufRead as _, IsTerminal as _},
    process::ExitCode,
};
use zeroize::Zeroizing;

#[derive(Debug, Subcommand)]
pub enum Subject {
    /// Destroy the key of a record that need not be kept any more
    Erase(Erase),
}

/// Proposes to erase a record; another administrator confirms with --confirm. What is
/// destroyed is the key: nobody reads the record's texts again, in no backup of the
/// database that was made later. The password is read from the terminal or stdin.
#[derive(Debug, Args)]
pub struct Erase {
    /// The record number
    #[arg(value_name = "RECORD_NUMBER")]
    record: i32,
    /// Confirm what another administrator proposed; this cannot be taken back
    #[arg(long, conflicts_with = "withdraw")]
    confirm: bool,
    /// Take the proposal back
    #[arg(long)]
    withdraw: bool,
    /// The login of the administrator
    #[arg(long, value_name = "LOGIN")]
    login: String,
}

impl Subject {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let Self::Erase(erase) = self;
        let config = context.config()?;
        let database = config.database.clone().ok_or_else(no_database)?;
        let connector = Connector::new(database.options()).with_keys(program::keys_of(&config)?);
        let password = password()?;
        block_on(async {
            let store = Store::open(connector, Clock::system()).await?;
            let signed_in = login::sign_in(&store, &erase.login, password, "praxis subject").await?;
            let done = erase.run(&signed_in, context).await;
            signed_in.store.sign_out().await;
            store.close().await;
            done
        })?
    }
}

impl Erase {
    async fn run(&self, SignIn { actor, store }: &SignIn, context: &Context) -> Result<ExitCode, Failure> {
        if actor.role != Role::Administrator {
            return Err(Failure::new(
                super::failure::NOT_PERMITTED,
                "only administrators erase a record, two of them together",
            ));
        }
        let record = store.erasure(actor, self.record).await.map_err(|e| match e {
            Error::NotFound => Failure::new(DATA, format!("there is no record {}", self.record)),
            other => other.into(),
        })?;
        let (name, request) = (clean(&record.name.to_string()).into_owned(), RequestId::new());
        let said = if self.withdraw {
            let was = store.withdraw_erasure(actor, request, record.patient).await?;
            if was { "The proposal is withdrawn.".to_owned() } else { "Nothing was proposed.".to_owned() }
        } else if self.confirm {
            let at = store.confirm_erasure(actor, request, record.patient).await?;
            format!("The key of record {} ({name}) was destroyed on {}.", self.record, at.format("%Y-%m-%d"))
        } else {
            store.propose_erasure(actor, request, record.patient).await?;
            format!(
                "Proposed to erase record {} ({name}). Another administrator confirms with\n  \
                 praxis subject erase {} --confirm --login LOGIN",
                self.record, self.record
            )
        };
        if context.json {
            say(&serde_json::json!({ "record": self.record, "said": said }).to_string());
        } else {
            say(&said);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The password, unseen: from the terminal, or the first line of stdin.
fn password() -> Result<Zeroizing<String>, Failure> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = std::io::stdin();
    let mut line = Zeroizing::new(String::new());
    if stdin.is_terminal() {
        note("Password:");
        let before = tcgetattr(&stdin).map_err(std::io::Error::from)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Flush, &silent).map_err(std::io::Error::from)?;
        let read = stdin.lock().read_line(&mut line);
        tcsetattr(&stdin, OptionalActions::Flush, &before).map_err(std::io::Error::from)?;
        read?;
    } else {
        stdin.lock().read_line(&mut line)?;
    }
    let typed = line.trim_end_matches(['\n', '\r']);
    if typed.is_empty() {
        return Err(Failure::new(
            USAGE,
            "the password is read from the terminal or from stdin, and there was none",
        ));
    }
    Ok(Zeroizing::new(typed.to_owned()))
}

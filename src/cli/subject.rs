//! `praxis subject`: everything kept about a person, taken out or erased. Whoever does it signs in as in the program, and the
//! database decides.
use super::{
    Context, Failure, block_on,
    failure::{DATA, IO, NOT_PERMITTED, USAGE},
    migrate::no_database,
    output::{note, say},
    program,
};
use crate::{
    auth::login,
    clock::Clock,
    domain::{
        actor::Role,
        ids::{PatientId, RequestId},
        subject::Erasure,
    },
    interop::subject::NewFile,
    store::{Connector, Error, SignIn, Store},
    text::clean,
};
use clap::{Args, Subcommand};
use std::{
    io::{BufRead as _, IsTerminal as _},
    path::PathBuf,
    process::ExitCode,
};
use uuid::Uuid;
use zeroize::Zeroizing;

#[derive(Debug, Subcommand)]
pub enum Subject {
    /// Write everything that is kept about one person into a file
    Export(Export),
    /// Destroy the key of a record that need not be kept any more
    Erase(Erase),
}

/// Writes everything kept about one person into a new file that only you can read: text, or
/// JSON with --json. Administrators may, and patients for themselves. The log says who took
/// what. The password is read from the terminal or stdin.
#[derive(Debug, Args)]
pub struct Export {
    /// The record number, or the patient's id
    #[arg(value_name = "PATIENT")]
    patient: String,
    /// The file to write; it must not be there yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The login of whoever takes it out
    #[arg(long, value_name = "LOGIN")]
    login: String,
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
        let config = context.config()?;
        let database = config.database.clone().ok_or_else(no_database)?;
        let connector = Connector::new(database.options()).with_keys(program::keys_of(&config)?);
        let login = match self {
            Self::Export(export) => &export.login,
            Self::Erase(erase) => &erase.login,
        };
        let password = password()?;
        block_on(async {
            let store = Store::open(connector.one_by_one(), Clock::system()).await?;
            let signed_in = login::sign_in(&store, login, password.clone(), "praxis subject").await?;
            let done = match self {
                Self::Export(export) => export.run(&signed_in, password, context).await,
                Self::Erase(erase) => erase.run(&signed_in, password, context).await,
            };
            signed_in.store.sign_out().await;
            store.close().await;
            done
        })?
    }
}

impl Export {
    async fn run(
        &self,
        SignIn { actor, store }: &SignIn,
        password: Zeroizing<String>,
        context: &Context,
    ) -> Result<ExitCode, Failure> {
        let patient = match (self.patient.parse::<Uuid>(), self.patient.trim().parse::<i32>()) {
            (Ok(id), _) => PatientId(id),
            (_, Ok(number)) => found(store.erasure(actor, number).await, &self.patient)?.patient,
            _ => {
                return Err(Failure::new(
                    USAGE,
                    "PATIENT is a record number, as in 000123, or a patient's id",
                ));
            }
        };
        let cannot =
            |e: std::io::Error| Failure::new(IO, format!("{} cannot be written: {e}", self.to.display()));
        let file = NewFile::at(&self.to).map_err(cannot)?;
        let proof = login::proof(store, &actor.login, password).await?;
        let record = found(store.subject_record(actor, patient, proof.to_vec()).await, &self.patient)?;
        let rows = record.rows.len();
        file.fill(&record, context.json).map_err(cannot)?;
        let number = record.record_number;
        if context.json {
            let file = self.to.to_string_lossy();
            say(&serde_json::json!({ "record": number, "rows": rows, "file": file }).to_string());
        } else {
            let name = record.patient.to_string();
            say(&format!(
                "{rows} rows about record {number:06} ({}) are in {}.",
                clean(&name),
                self.to.display()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn found<T>(outcome: Result<T, Error>, record: &str) -> Result<T, Failure> {
    outcome.map_err(|e| match e {
        Error::NotFound => Failure::new(DATA, format!("there is no record {record}")),
        other => other.into(),
    })
}

impl Erase {
    async fn run(
        &self,
        SignIn { actor, store }: &SignIn,
        password: Zeroizing<String>,
        context: &Context,
    ) -> Result<ExitCode, Failure> {
        if actor.role != Role::Administrator {
            return Err(Failure::new(
                NOT_PERMITTED,
                "only administrators erase a record, two of them together",
            ));
        }
        let Erasure { patient, name, .. } =
            found(store.erasure(actor, self.record).await, &self.record.to_string())?;
        let (name, request) = (clean(&name.to_string()).into_owned(), RequestId::new());
        let said = if self.withdraw {
            let was = store.withdraw_erasure(actor, request, patient).await?;
            if was { "The proposal is withdrawn.".to_owned() } else { "Nothing was proposed.".to_owned() }
        } else if self.confirm {
            let proof = login::proof(store, &actor.login, password).await?;
            let at = store.confirm_erasure(actor, request, patient, proof.to_vec()).await?;
            format!("The key of record {} ({name}) was destroyed on {}.", self.record, at.format("%Y-%m-%d"))
        } else {
            store.propose_erasure(actor, request, patient).await?;
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

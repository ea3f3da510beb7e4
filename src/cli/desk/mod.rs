//! The desk from a shell: `praxis schedule`, `board`, `book`, `move`, `cancel`, `arrive` and `waitlist`. A script is an account of its
//! own, signs in with the secret of a private file, and is bound by the same rules and the same log as a person.
mod answer;
mod change;
mod show;
mod waitlist;

pub use change::{Arrive, Book, Cancel, Move};
pub use show::{Board, Schedule};
pub use waitlist::Waitlist;

use super::{
    Context, Failure, block_on,
    failure::{CONFIG, DATA},
    migrate::no_database,
    program,
};
use crate::{
    auth::login,
    clock::Clock,
    config::{Privacy, read_private_file},
    domain::{
        actor::Actor,
        booking::Directory,
        ids::{CentreId, PatientId, ProviderId},
        patient_query::PatientQuery,
        visit_type::VisitType,
        when::{self, When},
        why::Why,
    },
    search::desk_line,
    store::{Connector, Error, SignIn, Store},
    text::{clean, words},
    tr,
};
use clap::Args;
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use zeroize::{Zeroize as _, Zeroizing};

/// The longest credentials file, in bytes.
const LONGEST: u64 = 4096;

/// As whom a script speaks.
#[derive(Debug, Args)]
pub struct Speaker {
    /// The credentials file, mode 0600: login = "…" and password = "…"
    #[arg(long = "as", value_name = "FILE")]
    file: PathBuf,
}

/// What the credentials file holds.
#[derive(Deserialize)]
struct Credentials {
    login: String,
    password: String,
}

impl Drop for Credentials {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

impl Credentials {
    fn read(path: &Path) -> Result<Self, Failure> {
        let shown = clean(&path.to_string_lossy()).into_owned();
        let failed = |why: String| Failure::new(CONFIG, format!("the credentials file {shown}: {why}"));
        let bytes = read_private_file(path, Privacy::Secret, LONGEST).map_err(failed)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| failed("it is no text".into()))?;
        // The parser's own message would quote what stands there.
        toml::from_str(text).map_err(|_| {
            failed(
                "it does not name login and password. Write two lines: login = \"…\" and password = \"…\""
                    .into(),
            )
        })
    }
}

/// The signed-in script and what it looks things up in.
pub(super) struct Desk {
    pub actor: Actor,
    pub store: Store,
    pub directory: Directory,
}

impl Speaker {
    /// Signs in, does this, and signs out, whatever comes of it.
    fn speak<T>(
        &self,
        context: &Context,
        work: impl AsyncFnOnce(&Desk) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let config = context.config()?;
        let database = config.database.clone().ok_or_else(no_database)?;
        let credentials = Credentials::read(&self.file)?;
        let connector = Connector::new(database.options()).with_keys(program::keys_of(&config)?);
        block_on(async {
            let store = Store::open(connector.one_by_one(), Clock::system()).await?;
            let password = Zeroizing::new(credentials.password.clone());
            let opened = login::sign_in(&store, &credentials.login, password, "praxis").await;
            let SignIn { actor, store: own } = match opened {
                Ok(signed_in) => signed_in,
                Err(e) => {
                    store.close().await;
                    return Err(e.into());
                }
            };
            let done = at_desk(actor, &own, work).await;
            own.sign_out().await;
            store.close().await;
            done
        })?
    }
}

async fn at_desk<T>(
    actor: Actor,
    store: &Store,
    work: impl AsyncFnOnce(&Desk) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if actor.must_change_password {
        let why = Why::new("password_not_chosen", tr!("This account still has its one-time code.")).instead(
            tr!("Sign in with the program once and choose a password; then put that into the file."),
        );
        return Err(why.into());
    }
    let directory = store.directory(&actor).await?;
    work(&Desk { actor, store: store.clone(), directory }).await
}

impl Desk {
    /// The provider of this id or name.
    fn provider(&self, typed: &str) -> Result<ProviderId, Failure> {
        let known = |id: &ProviderId| self.directory.provider(*id).is_some();
        if let Some(id) = typed.parse().ok().map(ProviderId).filter(known) {
            return Ok(id);
        }
        let words: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
        let found = desk_line::provider_reading(&words, &self.directory).providers;
        let name =
            |id: &ProviderId| self.directory.provider(*id).map(|p| p.name.to_string()).unwrap_or_default();
        one(&found, "provider", typed, name)
    }

    /// The centre of this id or name.
    fn centre(&self, typed: &str) -> Result<CentreId, Failure> {
        let known = |id: &CentreId| self.directory.centre(*id).is_some();
        if let Some(id) = typed.parse().ok().map(CentreId).filter(known) {
            return Ok(id);
        }
        let words: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
        let found = desk_line::centres(&words, &self.directory);
        let name = |id: &CentreId| self.directory.centre(*id).map(|c| c.name.clone()).unwrap_or_default();
        one(&found, "centre", typed, name)
    }

    /// The code of the visit type of this code or name.
    async fn visit_type(&self, typed: &str) -> Result<String, Failure> {
        let types = self.store.visit_types(&self.actor).await?;
        let typed_words = words(typed);
        let fits = |t: &&VisitType| {
            let name = words(&t.details.name);
            !typed_words.is_empty()
                && typed_words.len() <= name.len()
                && typed_words.iter().zip(&name).all(|(typed, word)| word.starts_with(typed.as_str()))
        };
        let offered = || types.iter().filter(|t| !t.retired);
        let mut found: Vec<&VisitType> = offered().filter(|t| t.code == typed).collect();
        if found.is_empty() {
            found = offered().filter(fits).collect();
        }
        one(&found, "visit type", typed, |t| t.details.name.clone()).map(|t| t.code.clone())
    }

    /// The patient of this record number. A script names nobody by a name.
    async fn patient(&self, record: i32) -> Result<PatientId, Failure> {
        let query = PatientQuery { digits: format!("{record:06}"), ..PatientQuery::default() };
        let hits = self.store.find_patients(&self.actor, query, true).await?;
        hits.iter().find(|h| h.record_number == record).map(|h| h.id).ok_or_else(|| {
            Why::new(
                "no_such_patient",
                tr!("There is no patient {record} for you.", record = format!("{record:06}")),
            )
            .instead(tr!("Give the record number; the list of patients shows it."))
            .into()
        })
    }

    fn when(&self, typed: &str) -> Result<When, Failure> {
        let now = self.store.clock().now();
        let said = when::parse_when(typed, now.with_timezone(&self.actor.zone()).date_naive())?;
        said.check(self.actor.zone(), now)?;
        Ok(said)
    }

    fn today(&self) -> chrono::NaiveDate {
        self.store.clock().today(self.actor.zone())
    }
}

/// The only one that fits a name, or which ones do.
fn one<T: Copy>(found: &[T], what: &str, typed: &str, name: impl Fn(&T) -> String) -> Result<T, Failure> {
    match found {
        [one] => Ok(*one),
        [] => Err(Why::new(
            format!("no_such_{}", what.replace(' ', "_")),
            tr!("There is no {what} \"{typed}\".", what = what, typed = clean(typed)),
        )
        .instead(tr!("Give the beginning of each word of the name, or the id."))
        .into()),
        some => {
            let names: Vec<String> = some.iter().take(6).map(|s| clean(&name(s)).into_owned()).collect();
            Err(Why::new(
                format!("{}_is_ambiguous", what.replace(' ', "_")),
                tr!("Several fit \"{typed}\": {names}.", typed = clean(typed), names = names.join(", ")),
            )
            .instead(tr!("Give more of the name, or the id."))
            .into())
        }
    }
}

impl From<Why> for Failure {
    /// What a command line asks for and cannot be: wrong input.
    fn from(why: Why) -> Self {
        Self::because(DATA, why)
    }
}

/// What was not found is wrong input here, and what somebody else changed can be tried again.
fn failure(e: Error) -> Failure {
    match e {
        Error::NotFound => Why::new("no_such_appointment", tr!("There is no such appointment for you."))
            .instead(tr!("praxis board --json lists the ids of a day."))
            .into(),
        other => other.into(),
    }
}

/// The commands of the desk.
pub trait Run {
    /// Runs it and prints its answer.
    ///
    /// # Errors
    /// Why it was not done, with an exit code of sysexits.
    fn run(&self, context: &Context) -> Result<ExitCode, Failure>;
}

//! `praxis keys make|add|rotate|status|seal`: the keys that clinical text is sealed under. No key is ever printed.
use super::{
    Context, Failure,
    failure::CONFIG,
    output::{note, say},
    program, user,
};
use crate::store::sealed::{KekSource, KeyStatus, add_key, make_key_file};
use clap::Args;
use std::{io, path::PathBuf, process::ExitCode};

/// The file to make or to add to.
#[derive(Debug, Args)]
pub struct KeyFile {
    /// The file of keys
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// The login that acts as the schema's owner.
#[derive(Debug, Args)]
pub struct AsOwner {
    /// The database login to use (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    login: Option<String>,
}

impl KeyFile {
    /// Makes a file with one key.
    pub(super) fn make(&self, context: &Context) -> Result<ExitCode, Failure> {
        let id = make_key_file(&self.file).map_err(|e| self.cannot(&e))?;
        self.tell(context, &id, "Made");
        if !context.json {
            note(
                "Name it in sealing.key_file of every program of the clinic. Keep a copy where the database's backups\n\
                 are not: without it nobody reads the clinical text, and with both anybody does.",
            );
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Puts a new key before those of a file.
    pub(super) fn add(&self, context: &Context) -> Result<ExitCode, Failure> {
        let id = add_key(&self.file).map_err(|e| self.cannot(&e))?;
        self.tell(context, &id, "Added a newer key to");
        if !context.json {
            note("Bring the file to every machine of the clinic, then run `praxis keys rotate`.");
        }
        Ok(ExitCode::SUCCESS)
    }

    fn cannot(&self, e: &io::Error) -> Failure {
        let file = self.file.display();
        let message = match e.kind() {
            io::ErrorKind::AlreadyExists => {
                format!(
                    "{file} is there already and was not touched; `praxis keys add` puts a newer key into it"
                )
            }
            _ => format!("{file}: {e}"),
        };
        Failure::new(super::failure::IO, message)
    }

    fn tell(&self, context: &Context, id: &str, done: &str) {
        let file = self.file.display();
        if context.json {
            say(&serde_json::json!({ "file": self.file, "key": id }).to_string());
        } else {
            say(&format!("{done} {file}: key {id}."));
        }
    }
}

/// The keys of the configuration; none is a fault here.
fn keys(context: &Context) -> Result<KekSource, Failure> {
    let keys = program::keys_of(&context.config()?)?;
    if keys.ids().is_empty() {
        let message =
            "no key is configured. Make one with `praxis keys make FILE` and set sealing.key_file to it";
        return Err(Failure::new(CONFIG, message));
    }
    Ok(keys)
}

impl AsOwner {
    /// Wraps every patient's key by the newest key of the file.
    pub(super) async fn rotate(&self, context: &Context) -> Result<ExitCode, Failure> {
        let keys = keys(context)?;
        let done = user::connect(context, self.login.as_deref()).await?.rotate_keys(&keys).await?;
        let newest = keys.ids().first().cloned().unwrap_or_default();
        if context.json {
            say(&serde_json::json!({ "key": newest, "rewrapped": done }).to_string());
        } else {
            say(&format!(
                "{done} keys of patients were wrapped anew; only the key {newest} is needed from now on."
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Seals what is older than the first key.
    pub(super) async fn seal(&self, context: &Context) -> Result<ExitCode, Failure> {
        let keys = keys(context)?;
        let done = user::connect(context, self.login.as_deref()).await?.seal_old_texts(&keys).await?;
        if context.json {
            say(&serde_json::json!({ "sealed": done }).to_string());
        } else {
            say(&format!("{done} texts that were plain are sealed."));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Says which keys are needed and whether they open what they should.
    pub(super) async fn status(&self, context: &Context) -> Result<ExitCode, Failure> {
        let keys = program::keys_of(&context.config()?)?;
        let status = user::connect(context, self.login.as_deref()).await?.key_status(&keys).await?;
        let have = keys.ids();
        let missing: Vec<&String> = status.needed.iter().filter(|id| !have.contains(id)).collect();
        let good = missing.is_empty() && status.unreadable == 0;
        if context.json {
            let KeyStatus { needed, wraps, destroyed, unreadable, plain } = &status;
            let answer = serde_json::json!({
                "needed": needed, "have": have, "wraps": wraps, "destroyed": destroyed, "unreadable": unreadable,
                "plain": plain
            });
            say(&answer.to_string());
        } else {
            print(&status, &have);
        }
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(CONFIG) })
    }
}

fn print(status: &KeyStatus, have: &[String]) {
    if status.needed.is_empty() {
        say("No text is sealed yet: the first that is written makes the first patient's key.");
    }
    for id in &status.needed {
        let wraps = status.wraps.iter().find(|(k, _)| k == id).map_or(0, |(_, n)| *n);
        let here = if have.contains(id) { "at hand" } else { "MISSING here" };
        say(&format!("{id}  {here}, wraps the keys of {wraps} patients"));
    }
    for id in have.iter().filter(|id| !status.needed.contains(id)) {
        say(&format!("{id}  at hand, not needed; `praxis keys rotate` begins to use it if it is the newest"));
    }
    say(&format!("{} keys of patients were destroyed.", status.destroyed));
    if status.unreadable > 0 {
        say(&format!("{} keys of patients do not open with the keys at hand.", status.unreadable));
    }
    if status.plain > 0 {
        say(&format!(
            "{} texts are older than sealing and plain; `praxis keys seal` seals them.",
            status.plain
        ));
    }
}

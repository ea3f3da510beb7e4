//! `praxis audit key`: makes the key that signs roots.
use crate::{
    audit::make_key,
    cli::{
        Context, Failure,
        output::{note, say},
    },
};
use clap::Args;
use std::{path::PathBuf, process::ExitCode};

/// Makes an Ed25519 key in FILE (only its owner can read it) and its public half in
/// FILE.pub. Never overwrites a file.
#[derive(Debug, Args)]
pub struct Key {
    /// Where the key is to be
    file: PathBuf,
}

impl Key {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let (key, public) = make_key(&self.file)?;
        if context.json {
            let answer = serde_json::json!({ "key": key.id(), "file": self.file, "public": public });
            say(&answer.to_string());
        } else {
            say(&format!(
                "Key {} is in {}, its public half in {}.",
                key.id(),
                self.file.display(),
                public.display()
            ));
            note("Keep a copy of the public half where whoever administers the database cannot change it.");
        }
        Ok(ExitCode::SUCCESS)
    }
}

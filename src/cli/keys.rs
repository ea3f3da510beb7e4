//! `praxis keys print|markdown|check`: the keymap as a table, as Markdown for `docs/keys.md`, or its faults. The other
//! questions are about the keys of sealing.
use super::{
    Context, Failure, block_on,
    failure::DATA,
    sealing::{AsOwner, KeyFile},
};
use crate::ui::{
    keymap::{Keymap, load},
    registry::{lint, markdown, table},
    screens,
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Without a question: every key of the keyboard and what it does.
#[derive(Debug, clap::Args)]
pub struct Keys {
    #[command(subcommand)]
    question: Option<Question>,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// The keymap in columns
    Print,
    /// The keymap as Markdown
    Markdown,
    /// The faults of the keymap
    Check,
    /// Make a file with a key to seal clinical text under
    Make(KeyFile),
    /// Put a newer key into such a file, before a rotation
    Add(KeyFile),
    /// Wrap every patient's key by the newest key of the file
    Rotate(AsOwner),
    /// Which keys are needed, and whether they open what they should
    Status(AsOwner),
    /// Seal the texts that are older than the first key
    Seal(AsOwner),
}

impl Keys {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let ask = match &self.question {
            None | Some(Question::Print) => Ask::Print,
            Some(Question::Markdown) => Ask::Markdown,
            Some(Question::Check) => Ask::Check,
            Some(Question::Make(file)) => return file.make(context),
            Some(Question::Add(file)) => return file.add(context),
            Some(Question::Rotate(owner)) => return block_on(owner.rotate(context))?,
            Some(Question::Status(owner)) => return block_on(owner.status(context))?,
            Some(Question::Seal(owner)) => return block_on(owner.seal(context))?,
        };
        // The document is about the keymap as it comes, whatever this machine is set to.
        let (name, own) = if ask == Ask::Markdown {
            ("default".to_owned(), None)
        } else {
            super::program::keymap_source(&context.config()?)?
        };
        let clean = keys(ask, &name, own.as_deref(), &mut io::stdout().lock())?;
        Ok(if clean || ask != Ask::Check { ExitCode::SUCCESS } else { ExitCode::from(DATA) })
    }
}

/// What to do with a keymap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Every binding in columns.
    Print,
    /// The tables of `docs/keys.md`.
    Markdown,
    /// Every fault, one a line.
    Check,
}

/// Answers on `out`; `own` is the text of a person's own keymap. True when nothing is wrong with the keymap.
///
/// # Errors
/// Writing failed.
pub fn keys(ask: Ask, name: &str, own: Option<&str>, out: &mut dyn Write) -> io::Result<bool> {
    let map: Keymap = load(name, own);
    let faults = lint(&map, screens::SECTIONS);
    match ask {
        Ask::Print => out.write_all(table(&map).as_bytes())?,
        Ask::Markdown => out.write_all(markdown(&map).as_bytes())?,
        Ask::Check => faults.iter().try_for_each(|f| writeln!(out, "{f}"))?,
    }
    Ok(faults.is_empty())
}

//! `praxis keys print|markdown|check`: the keymap as a table, as Markdown for `docs/keys.md`, or its faults.
use super::{Context, Failure, failure::DATA};
use crate::ui::{
    keymap::{Keymap, lint, load, markdown, table},
    screens,
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Every key and what it does, with the keymap of the configuration.
#[derive(Debug, clap::Args)]
pub struct Keys {
    /// What to do with the keymap
    #[arg(value_enum, default_value_t = Ask::Print)]
    ask: Ask,
}

impl Keys {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        // The document is about the keymap as it comes, whatever this machine is set to.
        let (name, own) = if self.ask == Ask::Markdown {
            ("default".to_owned(), None)
        } else {
            super::program::keymap_source(&context.config()?)?
        };
        let clean = keys(self.ask, &name, own.as_deref(), &mut io::stdout().lock())?;
        Ok(if clean || self.ask != Ask::Check { ExitCode::SUCCESS } else { ExitCode::from(DATA) })
    }
}

/// What to do with a keymap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
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

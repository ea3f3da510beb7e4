//! Every command of the program in one table: hints, help, palette, the linter of keymaps and `docs/keys.md` read it. It stands
//! above the screens, which know nothing of it.
mod help;
mod lint;

use super::{
    command::{AppCommand, CommandDef, CommandSet, WidgetCommand},
    command_line, screens, widgets,
};
use std::{collections::HashMap, sync::LazyLock};

pub use help::{help_rows, markdown, table};
pub use lint::lint;

/// Every command of the program, grouped as the help shows them: a heading and its commands.
#[must_use]
pub fn registry() -> Vec<(&'static str, &'static [CommandDef])> {
    let mut all: Vec<(&'static str, &'static [CommandDef])> = vec![
        ("Everywhere", AppCommand::ALL),
        ("Lists, forms and fields", WidgetCommand::ALL),
        ("Yes or no", widgets::confirm::Command::ALL),
        ("Choosing from a list", widgets::picker::Command::ALL),
        ("Asking for a word", widgets::prompt::Command::ALL),
        ("Help", widgets::help::Command::ALL),
        ("A text in a box", widgets::why_not::Command::ALL),
        ("Find anything", widgets::palette::Command::ALL),
        ("Locked", widgets::lock::Command::ALL),
        ("Command line", command_line::Command::ALL),
    ];
    all.extend_from_slice(screens::COMMANDS);
    all
}

/// The command of this name, wherever it is declared.
#[must_use]
pub fn find(id: &str) -> Option<&'static CommandDef> {
    static KNOWN: LazyLock<HashMap<&str, &CommandDef>> = LazyLock::new(|| {
        // The first of a name counts, as it stands in the list.
        registry().into_iter().flat_map(|(_, commands)| commands).rev().map(|c| (c.id, c)).collect()
    });
    KNOWN.get(id).copied()
}

//! The tables of keys: help screen, `praxis keys print` and `docs/keys.md`, all from the one registry.
use super::{find, registry};
use crate::ui::{
    keymap::{Key, Keymap},
    widgets::help::HelpRow,
};
use std::collections::HashMap;

/// Every command with the keys that run it, most useful first: those of the first of `sections` before the next, then all others.
#[must_use]
pub fn help_rows<S: AsRef<str>>(map: &Keymap, sections: &[S]) -> Vec<HelpRow> {
    let mut rows: Vec<(usize, HelpRow)> = vec![];
    let bound = by_command(map);
    for (group, commands) in registry() {
        for def in commands {
            let mut keys = vec![];
            let mut nearest = sections.len();
            for (section, sequence) in bound.get(def.id).into_iter().flatten() {
                let shown = Key::show(sequence);
                if let Some(at) = sections.iter().position(|s| s.as_ref() == *section) {
                    nearest = nearest.min(at);
                }
                if !keys.contains(&shown) {
                    keys.push(shown);
                }
            }
            rows.push((nearest, HelpRow { keys: keys.join(", "), def: *def, group }));
        }
    }
    rows.sort_by_key(|(nearest, _)| *nearest);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The sections and keys of every command that has any, in the order of the keymap.
fn by_command(map: &Keymap) -> HashMap<&str, Vec<(&str, &[Key])>> {
    let mut bound: HashMap<&str, Vec<(&str, &[Key])>> = HashMap::new();
    for (section, keys, command) in map.bindings() {
        bound.entry(command).or_default().push((section, keys));
    }
    bound
}

/// The keymap as plain text in three columns: keys, command, what it does.
#[must_use]
pub fn table(map: &Keymap) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for (section, keys, command) in map.bindings() {
        let help = find(command).map_or("", |d| d.help);
        let _ = writeln!(out, "{section:<12} {:<14} {command:<24} {help}", Key::show(keys));
    }
    out
}

/// The keymap as Markdown, a table for each group of commands.
#[must_use]
pub fn markdown(map: &Keymap) -> String {
    use std::fmt::Write as _;
    let mut out = String::from("# Keys\n");
    let bound = by_command(map);
    for (group, commands) in registry() {
        let _ = write!(out, "\n## {group}\n\n| keys | command | what it does |\n|---|---|---|\n");
        for def in commands {
            let mut keys: Vec<String> = vec![];
            for (_, sequence) in bound.get(def.id).into_iter().flatten() {
                let shown = format!("`{}`", Key::show(sequence).replace('|', "\\|"));
                if !keys.contains(&shown) {
                    keys.push(shown);
                }
            }
            let _ = writeln!(out, "| {} | `{}` | {} |", keys.join(" "), def.id, def.help);
        }
    }
    out
}

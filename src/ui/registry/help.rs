//! The tables of keys: help screen, `praxis keys print` and `docs/keys.md`, all from the one registry.
use super::{find, registry};
use crate::ui::{
    keymap::{Key, Keymap},
    widgets::help::HelpRow,
};
use std::collections::{HashMap, HashSet};

/// Every command once with the keys that run it: those that work in `sections` first, with the keys they have there, those of the
/// first section before the next; then all others.
#[must_use]
pub fn help_rows<S: AsRef<str>>(map: &Keymap, sections: &[S]) -> Vec<HelpRow> {
    let mut rows: Vec<(usize, HelpRow)> = vec![];
    let mut seen = HashSet::new();
    let bound = by_command(map);
    let place = |section: &str| sections.iter().position(|s| s.as_ref() == section);
    for (group, commands) in registry() {
        for def in commands.iter().filter(|def| seen.insert(def.id)) {
            let bindings = bound.get(def.id).map_or(&[][..], Vec::as_slice);
            let nearest = bindings.iter().filter_map(|(section, _)| place(section)).min();
            let mut keys = vec![];
            for (section, sequence) in bindings {
                let shown = Key::show(sequence);
                // A key of another screen would only mislead here.
                if (nearest.is_none() || place(section).is_some()) && !keys.contains(&shown) {
                    keys.push(shown);
                }
            }
            let row = HelpRow { keys: keys.join(", "), def: *def, group };
            rows.push((nearest.unwrap_or(sections.len()), row));
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

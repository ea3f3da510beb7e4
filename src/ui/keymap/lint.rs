//! What is wrong with a keymap. Runs at load, where bad lines are told, and in the tests, where nothing may be told.
use super::{Found, Key, Keymap};
use crate::ui::command;

/// Sections that no screen declares but that always exist.
const SHARED: [&str; 13] = [
    "global",
    "list",
    "filter",
    "form",
    "field",
    "text",
    "text-area",
    "dialog",
    "picker",
    "palette",
    "help",
    "prompt",
    "prompt-lines",
];

/// Every fault as one sentence. `sections` are the screens' own, beside the shared ones.
#[must_use]
pub fn lint(map: &Keymap, sections: &[&str]) -> Vec<String> {
    let mut out = map.problems.clone();
    for (section, keys, command) in map.bindings() {
        let at = format!("[{section}] {}", Key::show(keys));
        if !SHARED.contains(&section) && !sections.contains(&section) {
            out.push(format!("{at}: no screen has a section {section:?}"));
        }
        let def = command::find(command);
        if command != "none" && def.is_none() {
            out.push(format!("{at}: there is no command {command:?}"));
        }
        for key in keys {
            if let Some(why) = key.unportable() {
                out.push(format!("{at}: {key} {why}"));
            }
        }
        let hides =
            |s: &str, other: &[Key]| s == section && other.len() > keys.len() && other.starts_with(keys);
        if command != "none" && map.bindings().any(|(s, other, c)| c != "none" && hides(s, other)) {
            out.push(format!("{at}: it hides longer sequences"));
        }
        let typing = matches!(section, "text" | "text-area" | "filter" | "field");
        if typing && keys.first().is_some_and(|k| k.printable().is_some()) {
            out.push(format!("{at}: people could not type it any more"));
        }
        let bare = keys.len() == 1 && keys[0].printable().is_some();
        if bare && section == "global" && def.is_some_and(|d| d.destructive) {
            out.push(format!("{at}: what cannot be undone must not be one bare key everywhere"));
        }
        let vital = ["app.help", "app.palette", "app.quit", "app.repaint"];
        let outer = map.find(&["global"], keys);
        if section != "global"
            && command != "none"
            && let Found::Command(outer) = outer
            && vital.contains(&outer.as_str())
            && outer != command
        {
            out.push(format!("{at}: it hides {outer}, which must work everywhere"));
        }
    }
    for id in ["app.help", "app.palette", "app.quit", "app.back"] {
        if map.key_for(&["global"], id).is_none() {
            out.push(format!("[global] {id}: no key reaches it"));
        }
    }
    out.sort();
    out.dedup();
    out
}

//! What is wrong with a keymap. Runs at load, where bad lines are told, and in the tests, where nothing may be told.
use super::find;
use crate::ui::keymap::{Found, Key, Keymap};

/// Sections that no screen declares but that always exist.
const SHARED: [&str; 16] = [
    "global",
    "carry",
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
    "box",
    "prompt",
    "prompt-lines",
    "command-line",
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
        let def = find(command);
        if command != "none" && def.is_none() {
            out.push(format!("{at}: there is no command {command:?}"));
        }
        for key in keys {
            if let Some(why) = key.unportable() {
                out.push(format!("{at}: {key} {why}"));
            }
        }
        let hides = |other: &[Key]| other.len() > keys.len() && other.starts_with(keys);
        if command != "none" && map.bindings_of(section).any(|(other, c)| c != "none" && hides(other)) {
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
        if let Some(outer) = shadowed(map, section, keys, command) {
            out.push(format!(
                "{at}: it hides {outer}; if that is meant, name the key in this section's `override`"
            ));
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
    for (section, keys) in map.overrides() {
        if map.find(&[section], keys) == Found::Nothing {
            out.push(format!("[{section}] override: {} means nothing here", Key::show(keys)));
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

/// The command outside this section that a key hides, unless that is meant: going back, the digits and Enter belong to
/// whoever is innermost, and `override` names the others.
fn shadowed(map: &Keymap, section: &str, keys: &[Key], command: &str) -> Option<String> {
    let outer: &[&str] = match section {
        "global" => &[],
        // Only a screen's letters can hide a list's: a form's arrows are its own.
        own if !SHARED.contains(&own) && keys.iter().all(|k| k.printable().is_some()) => &["list", "global"],
        _ => &["global"],
    };
    let Found::Command(hidden) = map.find(outer, keys) else { return None };
    let digit = hidden.strip_prefix("go.").is_some_and(|n| n.parse::<u8>().is_ok());
    let meant = digit
        || matches!(hidden.as_str(), "app.back" | "app.enter")
        || hidden == command
        || command == "none"
        || map.overrides().contains(&(section.to_owned(), keys.to_vec()));
    (!meant).then_some(hidden)
}

//! Reads keymaps: built-in files, then a person's own. A bad line is skipped and told, never a reason not to start.
use super::{Key, Keymap};
use std::collections::BTreeMap;

/// The built-in keys.
pub const DEFAULT: &str = include_str!("../../../keymaps/default.toml");
/// The built-in differences for people used to vim.
pub const VIM: &str = include_str!("../../../keymaps/vim.toml");

/// Loads a built-in keymap by name and lays a person's own file over it.
#[must_use]
pub fn load(name: &str, own: Option<&str>) -> Keymap {
    let mut map = Keymap::default();
    add_named(&mut map, name, 0);
    if let Some(text) = own {
        add(&mut map, text, 0);
    }
    map
}

fn add_named(map: &mut Keymap, name: &str, depth: usize) {
    match name {
        "default" => add(map, DEFAULT, depth),
        "vim" => add(map, VIM, depth),
        other => {
            map.problems.push(format!("there is no keymap {other:?}; there are \"default\" and \"vim\""));
        }
    }
}

fn add(map: &mut Keymap, text: &str, depth: usize) {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(e) => {
            map.problems.push(format!("the keymap cannot be read: {}", e.to_string().replace('\n', " ")));
            return;
        }
    };
    if let Some(version) = table.get("version").filter(|v| v.as_integer() != Some(1)) {
        map.problems.push(format!("this program reads keymaps of version 1, not {version}"));
    }
    if depth < 4 {
        for parent in table.get("inherits").and_then(|v| v.as_array()).into_iter().flatten() {
            add_named(map, parent.as_str().unwrap_or_default(), depth + 1);
        }
    }
    if let Some(name) = table.get("name").and_then(|v| v.as_str()) {
        name.clone_into(&mut map.name);
    }
    for (section, value) in &table {
        let Some(lines) = value.as_table() else {
            if !["version", "name", "inherits"].contains(&section.as_str()) {
                map.problems.push(format!("{section}: expected a [section]"));
            }
            continue;
        };
        let mut read = BTreeMap::new();
        for (keys, command) in lines {
            if keys == "override" {
                add_overrides(map, section, command);
                continue;
            }
            match (Key::sequence(keys), command.as_str()) {
                (Ok(keys), Some(command)) => {
                    read.insert(keys, command.to_owned());
                }
                (Err(e), _) => map.problems.push(format!("[{section}] {keys}: {e}")),
                (_, None) => map.problems.push(format!("[{section}] {keys}: the command must be in quotes")),
            }
        }
        if section == "labels" {
            map.labels.extend(read);
        } else {
            map.sections.entry(section.clone()).or_default().extend(read);
        }
    }
}

/// `override = ["/"]`: keys of this section that are meant to hide what is outside it.
fn add_overrides(map: &mut Keymap, section: &str, keys: &toml::Value) {
    let Some(list) = keys.as_array() else {
        map.problems.push(format!("[{section}] override: expected a list of keys"));
        return;
    };
    for key in list {
        match Key::sequence(key.as_str().unwrap_or_default()) {
            Ok(keys) => {
                map.overrides.insert((section.to_owned(), keys));
            }
            Err(e) => map.problems.push(format!("[{section}] override: {e}")),
        }
    }
}

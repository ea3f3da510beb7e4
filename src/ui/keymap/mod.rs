//! Keys to names of commands, by section. Two meanings of one key in one section cannot even be written: TOML forbids it.
mod key;
mod load;

pub use key::{Code, Key, NAMES};
pub use load::{DEFAULT, VIM, load};
use std::collections::{BTreeMap, BTreeSet};

/// What a sequence of keys means in some sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This command.
    Command(String),
    /// The start of longer ones.
    Prefix,
    /// Nothing.
    Nothing,
}

type Bindings = BTreeMap<Vec<Key>, String>;

/// A loaded keymap: sections of sequences, and words for what a prefix means.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    sections: BTreeMap<String, Bindings>,
    labels: BTreeMap<Vec<Key>, String>,
    overrides: BTreeSet<(String, Vec<Key>)>,
    /// Its name, as its file gives it.
    pub name: String,
    /// Lines of a person's own file that were skipped, each a sentence.
    pub problems: Vec<String>,
}

impl Keymap {
    /// The built-in keys.
    #[must_use]
    pub fn built_in() -> Self {
        load("default", None)
    }

    /// The sequences that stand in a person's own keymap, each with its section: they were meant so.
    #[must_use]
    pub fn overrides(&self) -> &BTreeSet<(String, Vec<Key>)> {
        &self.overrides
    }

    /// What `keys` mean; the most specific section that knows them decides.
    #[must_use]
    pub fn find<S: AsRef<str>>(&self, sections: &[S], keys: &[Key]) -> Found {
        for section in sections {
            let Some(bindings) = self.sections.get(section.as_ref()) else { continue };
            if let Some(command) = bindings.get(keys) {
                return if command == "none" { Found::Nothing } else { Found::Command(command.clone()) };
            }
            if bindings.iter().any(|(k, c)| k.len() > keys.len() && k.starts_with(keys) && c != "none") {
                return Found::Prefix;
            }
        }
        Found::Nothing
    }

    /// The commands of `keys`, most specific section first, up to a `none`: the first that anybody uses is run.
    #[must_use]
    pub fn candidates<S: AsRef<str>>(&self, sections: &[S], keys: &[Key]) -> Vec<String> {
        let known = sections.iter().filter_map(|s| self.sections.get(s.as_ref())?.get(keys));
        known.take_while(|c| *c != "none").cloned().collect()
    }

    /// What may follow `keys`: key, command or, for a longer prefix, its label.
    #[must_use]
    pub fn next<S: AsRef<str>>(&self, sections: &[S], keys: &[Key]) -> Vec<(Key, String)> {
        let mut out = BTreeMap::new();
        for section in sections.iter().rev() {
            for (k, command) in self.sections.get(section.as_ref()).into_iter().flatten() {
                if k.len() > keys.len() && k.starts_with(keys) && command != "none" {
                    let what = if k.len() == keys.len() + 1 {
                        command.clone()
                    } else {
                        self.labels.get(&k[..=keys.len()]).cloned().unwrap_or_default()
                    };
                    out.insert(k[keys.len()], what);
                }
            }
        }
        out.into_iter().collect()
    }

    /// What a prefix means in words.
    #[must_use]
    pub fn label(&self, keys: &[Key]) -> Option<&str> {
        self.labels.get(keys).map(String::as_str)
    }

    /// The key that runs a command in these sections: the shortest that no more specific section takes away.
    #[must_use]
    pub fn key_for<S: AsRef<str>>(&self, sections: &[S], command: &str) -> Option<Vec<Key>> {
        self.key_for_where(sections, command, |_| true)
    }

    /// The same among the keys that `fits` accepts.
    #[must_use]
    pub fn key_for_where<S: AsRef<str>>(
        &self,
        sections: &[S],
        command: &str,
        fits: impl Fn(&[Key]) -> bool,
    ) -> Option<Vec<Key>> {
        let mut best: Option<Vec<Key>> = None;
        for section in sections {
            for (keys, c) in self.sections.get(section.as_ref()).into_iter().flatten() {
                let shorter = best.as_ref().is_none_or(|b| rank(keys) < rank(b));
                if c == command
                    && shorter
                    && fits(keys)
                    && self.find(sections, keys) == Found::Command(command.into())
                {
                    best = Some(keys.clone());
                }
            }
        }
        best
    }

    /// Every binding: section, keys, command.
    pub fn bindings(&self) -> impl Iterator<Item = (&str, &[Key], &str)> {
        self.sections
            .iter()
            .flat_map(|(s, b)| b.iter().map(move |(k, c)| (s.as_str(), k.as_slice(), c.as_str())))
    }

    /// The bindings of one section: keys, command.
    pub fn bindings_of(&self, section: &str) -> impl Iterator<Item = (&[Key], &str)> {
        self.sections.get(section).into_iter().flatten().map(|(k, c)| (k.as_slice(), c.as_str()))
    }

    /// The names of its sections.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str)
    }
}

/// Shorter sequences first; then arrows and their like, then characters, then what every widget also uses.
fn rank(keys: &[Key]) -> (usize, u8) {
    let last = keys.last().map_or(4, |k| match k.code {
        _ if k.ctrl => 3,
        Code::Named("enter" | "esc" | "backspace") => 2,
        Code::Named(_) => 0,
        Code::Char(_) => 1,
        Code::F(_) => 4,
    });
    (keys.len(), last)
}

//! How people are named: `FAMILY Given` on every screen, whatever the script.
use serde::{Deserialize, Serialize};
use std::fmt;

/// A person's name as the clinic writes it. Either part may be empty where a source had only one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonName {
    pub family: String,
    pub given: String,
}

impl PersonName {
    /// A name of its two parts.
    #[must_use]
    pub fn new(family: impl Into<String>, given: impl Into<String>) -> Self {
        Self { family: family.into(), given: given.into() }
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An e-mail address that stands for a name is no name: it stays readable.
        let family = if self.family.contains('@') { self.family.clone() } else { self.family.to_uppercase() };
        match (family.is_empty(), self.given.is_empty()) {
            (false, false) => write!(f, "{family} {}", self.given),
            (false, true) => f.write_str(&family),
            _ => f.write_str(&self.given),
        }
    }
}

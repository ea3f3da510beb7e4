//! Why not: which rule refused, the facts, and what would work instead.
use serde::{Deserialize, Serialize};
use std::fmt;

/// A refusal a person can act on. `rule` is stable and goes to the log and the tests; the sentences go to the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The rule's name, as in `specialist_needs_referral`.
    pub rule: String,
    /// One sentence: what is refused and for which fact.
    pub sentence: String,
    /// One sentence: what works instead, if anything does.
    pub instead: Option<String>,
}

impl Why {
    /// A refusal by `rule`, told in one sentence.
    #[must_use]
    pub fn new(rule: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { rule: rule.into(), sentence: sentence.into(), instead: None }
    }

    /// The same, with what would work instead.
    #[must_use]
    pub fn instead(mut self, instead: impl Into<String>) -> Self {
        self.instead = Some(instead.into());
        self
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        self.instead.iter().try_for_each(|i| write!(f, " {i}"))
    }
}

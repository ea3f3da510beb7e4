//! What stands above the line, and whether somebody has read it: nothing is done that is more than what was typed and was never shown.
use super::plan::State;

/// What stands above the line.
pub struct Preview {
    /// Every part that is understood, in full.
    pub parts: Vec<String>,
    /// A question, or what Enter does.
    pub said: String,
    pub state: State,
    /// Enter does more than the words of the line say: it is read before it is done.
    pub more: bool,
}

/// The words of a preview that Enter would do, as somebody has read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    parts: Vec<String>,
    said: String,
}

impl Preview {
    /// Before anything is typed.
    pub fn help() -> Self {
        Self { parts: vec![], said: String::new(), state: State::Help, more: false }
    }

    /// What there is to be read before Enter; none while there is nothing to do.
    #[must_use]
    pub fn shown(&self) -> Option<Shown> {
        matches!(self.state, State::Ready(_))
            .then(|| Shown { parts: self.parts.clone(), said: self.said.clone() })
    }
}

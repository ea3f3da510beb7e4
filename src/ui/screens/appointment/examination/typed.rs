//! What is typed in the Examination tab and not saved: its draft as text and back, and what may be added of another one.
use crate::domain::{
    encounter::{BodySystem, NewNote},
    ids::NoteId,
};
use serde::{Deserialize, Serialize};

/// Everything typed and not saved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// `None` while it is as saved.
    pub complaint: Option<String>,
    pub vitals: String,
    pub title: String,
    pub system: Option<BodySystem>,
    pub body: String,
    /// The note that is being written anew, and its version.
    pub editing: Option<(NoteId, i64)>,
}

impl Typed {
    /// Nothing is typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.complaint.is_none() && self.vitals.trim().is_empty() && !self.has_note()
    }
    /// Something of a note is typed.
    #[must_use]
    pub fn has_note(&self) -> bool {
        !self.title.trim().is_empty() || !self.body.trim().is_empty()
    }
    /// The note as it is typed.
    #[must_use]
    pub fn note(&self) -> NewNote {
        NewNote { title: self.title.clone(), body: self.body.clone(), system: self.system }
    }
    /// Both texts: what was typed here stays, what was found is added behind it.
    #[must_use]
    pub fn joined(self, found: Self) -> Self {
        let join = |here: String, there: String, between: &str| match (here.trim(), there.trim()) {
            (a, b) if a == b => here,
            ("", _) => there,
            (_, "") => here,
            _ => format!("{here}{between}{there}"),
        };
        Self {
            complaint: match (self.complaint, found.complaint) {
                (Some(a), Some(b)) => Some(join(a, b, "; ")),
                (a, b) => a.or(b),
            },
            vitals: join(self.vitals, found.vitals, " "),
            title: join(self.title, found.title, "; "),
            system: self.system.or(found.system),
            body: join(self.body, found.body, "\n"),
            editing: self.editing.or(found.editing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_typed_is_never_replaced_by_a_draft() {
        let here = Typed { body: "mine".into(), vitals: "hr 72".into(), ..Typed::default() };
        let found = Typed { body: "found".into(), complaint: Some("cough".into()), ..Typed::default() };
        let both = here.joined(found);
        assert_eq!(both.body, "mine\nfound");
        assert_eq!(both.vitals, "hr 72");
        assert_eq!(both.complaint.as_deref(), Some("cough"));
    }

    #[test]
    fn a_draft_taken_twice_is_there_once() {
        let found = Typed { body: "found".into(), title: "Chest".into(), ..Typed::default() };
        assert_eq!(found.clone().joined(found.clone()), found);
    }

    #[test]
    fn a_draft_of_an_older_program_is_read() {
        let typed: Typed = serde_json::from_str(r#"{"body":"x"}"#).unwrap();
        assert_eq!(typed.body, "x");
        assert!(typed.has_note());
    }
}

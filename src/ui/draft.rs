//! When what is typed is kept: each form has a draft whose revision rises with every edit. One second of rest or two
//! seconds of typing, whichever comes first, and leaving in any way, send it. Nothing here knows what a draft contains.
use crate::{
    domain::ids::DraftId,
    store::{Draft, NewDraft},
};
use std::time::Duration;
use uuid::Uuid;

/// Rest after which a draft is sent.
pub const QUIET: Duration = Duration::from_secs(1);
/// The latest time after an edit at which it is sent, however fast somebody types.
pub const LATEST: Duration = Duration::from_secs(2);
/// When a draft that could not be sent is tried again.
pub const AGAIN: Duration = Duration::from_secs(5);

/// Under which name a form keeps what is typed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeps {
    /// The form's name, as in `referral.write`.
    pub form: &'static str,
    /// What it is about: a visit, a patient; of a registration the account that types it.
    pub subject: Uuid,
    /// Which of several things of the subject; empty where there is one.
    pub part: String,
    /// The version of what it shows, where that is changed.
    pub version_seen: Option<i64>,
    /// The kept text that it is opened for: taken without being asked again.
    pub take: Option<DraftId>,
}

impl Keeps {
    /// The form of this name, about this.
    #[must_use]
    pub fn new(form: &'static str, subject: Uuid) -> Self {
        Self { form, subject, part: String::new(), version_seen: None, take: None }
    }
    /// Of one of several things of the subject.
    #[must_use]
    pub fn part(self, part: impl Into<String>) -> Self {
        Self { part: part.into(), ..self }
    }
    /// Showing this version.
    #[must_use]
    pub fn seen(self, version: i64) -> Self {
        Self { version_seen: Some(version), ..self }
    }
    /// Opened to take this text up again.
    #[must_use]
    pub fn taking(self, draft: Option<DraftId>) -> Self {
        Self { take: draft, ..self }
    }
    /// Whether a draft was typed in this very form.
    #[must_use]
    pub fn made(&self, draft: &Draft) -> bool {
        draft.form == self.form && draft.part == self.part
    }
}

/// The draft of one form: a tab of the panel, a dialog, a registration.
#[derive(Debug, Default)]
pub struct FormDraft {
    id: DraftId,
    revision: i64,
    sent: i64,
    kept: i64,
    /// Drafts of other sign-ins whose text was taken over: closed once this one is kept.
    pub taken: Vec<DraftId>,
}

impl FormDraft {
    /// Something was typed.
    pub fn edited(&mut self) {
        self.revision += 1;
    }
    /// Edits that were not sent.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.revision > self.sent
    }
    /// Everything that was typed is kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept == self.revision
    }
    /// The draft's id, for a save that closes it.
    #[must_use]
    pub fn id(&self) -> DraftId {
        self.id
    }
    /// What is sent now, with the number that [`FormDraft::kept`] is told.
    pub fn send(&mut self, keeps: &Keeps, payload: String) -> (i64, NewDraft) {
        self.sent = self.revision;
        let draft = NewDraft {
            id: self.id,
            form: keeps.form,
            subject: keeps.subject,
            part: keeps.part.clone(),
            revision: self.revision,
            version_seen: keeps.version_seen,
            payload,
        };
        (self.revision, draft)
    }
    /// What a save of this text closes: the draft, and those whose text it took over.
    #[must_use]
    pub fn closes(&self) -> Vec<DraftId> {
        std::iter::once(self.id).filter(|_| self.revision > 0).chain(self.taken.iter().copied()).collect()
    }
    /// The draft of this id is kept up to this revision. Gives the drafts that may be closed now.
    pub fn kept(&mut self, id: DraftId, revision: i64) -> Vec<DraftId> {
        if id != self.id {
            return vec![];
        }
        self.kept = self.kept.max(revision);
        std::mem::take(&mut self.taken)
    }
    /// It could not be sent: everything is due again.
    pub fn failed(&mut self, id: DraftId) {
        if id == self.id {
            self.sent = self.kept;
        }
    }
    /// The draft was closed by a save, or somewhere else: what is typed from now on begins another.
    pub fn closed(&mut self, still_dirty: bool) {
        self.id = DraftId::new();
        self.revision += i64::from(still_dirty);
        self.sent = self.revision - i64::from(still_dirty);
        self.kept = self.sent;
    }
    /// Goes on with a draft that was found: its next state must be newer than what is there.
    pub fn adopt(&mut self, id: DraftId, revision: i64) {
        self.id = id;
        self.revision = revision;
        self.sent = revision;
        self.kept = revision;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_typed_since_the_last_sending_is_due() {
        let mut d = FormDraft::default();
        assert!(!d.is_due() && d.is_kept());
        d.edited();
        let (revision, draft) = d.send(&Keeps::new("f", Uuid::nil()), "a".into());
        assert!(!d.is_due() && !d.is_kept());
        d.edited();
        assert!(d.is_due());
        d.kept(draft.id, revision);
        assert!(!d.is_kept());
        let (revision, draft) = d.send(&Keeps::new("f", Uuid::nil()), "ab".into());
        d.kept(draft.id, revision);
        assert!(d.is_kept());
    }

    #[test]
    fn a_failed_sending_is_due_again() {
        let mut d = FormDraft::default();
        d.edited();
        let (_, draft) = d.send(&Keeps::new("f", Uuid::nil()), "a".into());
        d.failed(draft.id);
        assert!(d.is_due());
    }

    #[test]
    fn after_a_closing_save_the_next_text_is_another_draft() {
        let mut d = FormDraft::default();
        d.edited();
        let (_, old) = d.send(&Keeps::new("f", Uuid::nil()), "a".into());
        d.closed(false);
        assert!(!d.is_due() && d.id() != old.id);
        assert!(d.kept(old.id, 9).is_empty() && d.is_kept());
        d.edited();
        d.closed(true);
        assert!(d.is_due());
    }
}

//! Messages: to the clinic, between staff, and the clinic's answers to patients. One with a due date is a task.
use super::{
    ids::{AccountId, MessageId, PatientId},
    name::PersonName,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// To the clinic's own box.
    Clinic,
    /// To a colleague.
    Staff,
    /// From the clinic to a patient.
    Answer,
}

/// Which messages are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Folder {
    /// What concerns me and is not read or not done.
    #[default]
    Open,
    /// Everything addressed to me, and the clinic's box where I may read it.
    Received,
    /// What I wrote.
    Sent,
}

/// What somebody who has not signed in says about themselves; nothing of it is proven.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub name: String,
    pub email: String,
    pub phone: String,
}

/// What is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    pub subject: String,
    pub body: String,
}

/// A message to a colleague, or the clinic's answer to a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub to: AccountId,
    pub about: Option<PatientId>,
    pub letter: Letter,
    /// With a due date it is a task for the receiver.
    pub due_on: Option<NaiveDate>,
    /// The message it answers.
    pub answer_to: Option<MessageId>,
}

/// A message as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub version: i64,
    pub kind: MessageKind,
    /// The sender's account; `None` for somebody who had not signed in.
    pub from: Option<AccountId>,
    /// The sender's role as the clinic knows it; `None` is somebody not in the directory.
    pub from_role: Option<String>,
    /// Whether the sender had signed in.
    pub proven: bool,
    pub sender: Sender,
    pub to: Option<(AccountId, PersonName)>,
    pub about: Option<(PatientId, PersonName)>,
    pub letter: Letter,
    pub due_on: Option<NaiveDate>,
    pub sent_at: DateTime<Utc>,
    /// When it was read, and by whom.
    pub read: Option<(DateTime<Utc>, PersonName)>,
    /// When the task was done, and by whom.
    pub done: Option<(DateTime<Utc>, PersonName)>,
}

impl Message {
    /// Whether somebody still has to do something about it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        if self.due_on.is_some() { self.done.is_none() } else { self.read.is_none() }
    }

    /// Whether it is a task whose day has passed.
    #[must_use]
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.done.is_none() && self.due_on.is_some_and(|due| due < today)
    }
}

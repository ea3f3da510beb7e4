//! What concerns one person and waits for them, or was decided about what they asked. Read from what it is about; nothing is
//! copied.
use super::{
    ids::{EncounterId, PatientId},
    name::PersonName,
};
use crate::tr;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! kinds {
    ($($variant:ident = $code:literal),+ $(,)?) => {
        /// What a notice is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum NoticeKind { $(#[doc = $code] $variant),+ }
        impl NoticeKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The code under which it is marked as read.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
            /// The kind of this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|k| k.code() == code)
            }
        }
    };
}

kinds! {
    Result = "result",
    Message = "message",
    Task = "task",
    AccessAsked = "access-asked",
    AccessGranted = "access-granted",
    AccessRefused = "access-refused",
    ConnectionAsked = "connection-asked",
    ConnectionAccepted = "connection-accepted",
    ConnectionRejected = "connection-rejected",
    PatientApplies = "patient-applies",
    ProviderApplies = "provider-applies",
    Accepted = "accepted",
    Review = "review",
    Reviewed = "reviewed",
    Unsigned = "unsigned",
    Erasure = "erasure",
    Permission = "permission",
}

impl NoticeKind {
    /// What it is, in a few words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Result => tr!("result to acknowledge"),
            Self::Message => tr!("message"),
            Self::Task => tr!("task"),
            Self::AccessAsked => tr!("asks to read a record"),
            Self::AccessGranted => tr!("access granted to you"),
            Self::AccessRefused => tr!("access refused to you"),
            Self::ConnectionAsked => tr!("asks for a connection"),
            Self::ConnectionAccepted => tr!("connection accepted"),
            Self::ConnectionRejected => tr!("connection rejected"),
            Self::PatientApplies => tr!("patient asks for an account"),
            Self::ProviderApplies => tr!("provider applies"),
            Self::Accepted => tr!("your application was accepted"),
            Self::Review => tr!("emergency to review"),
            Self::Reviewed => tr!("emergency found not justified"),
            Self::Unsigned => tr!("visit to sign"),
            Self::Erasure => tr!("erasure to confirm"),
            Self::Permission => tr!("permission to confirm"),
        }
    }

    /// Whether rows of this table make notices.
    #[must_use]
    pub fn comes_of(table: &str) -> bool {
        matches!(
            table,
            "message"
                | "result"
                | "service_request"
                | "access_request"
                | "connection"
                | "patient_registration"
                | "provider_registration"
                | "emergency"
                | "erasure"
                | "policy_change"
                | "notice_read"
        )
    }

    /// It stands until something is done; the others are gone once they were read.
    #[must_use]
    pub const fn is_work(self) -> bool {
        !matches!(
            self,
            Self::AccessGranted
                | Self::AccessRefused
                | Self::ConnectionAccepted
                | Self::ConnectionRejected
                | Self::Accepted
                | Self::Reviewed
        )
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    /// What it is about: a test, a message, a request.
    pub id: Uuid,
    /// Since when.
    pub at: DateTime<Utc>,
    /// By when something is to be done.
    pub due: Option<NaiveDate>,
    /// Whom it comes from or is about; empty when nobody is to be named.
    pub who: PersonName,
    pub patient: Option<PatientId>,
    pub visit: Option<EncounterId>,
    /// The person has not looked at it yet.
    pub new: bool,
}

#[cfg(test)]
mod tests {
    use super::NoticeKind;

    #[test]
    fn every_kind_has_its_own_code_and_word() {
        for k in NoticeKind::ALL {
            assert_eq!(NoticeKind::from_code(k.code()), Some(*k));
            assert!(!k.word().is_empty() && k.code().len() <= 40);
        }
        let words: std::collections::HashSet<_> = NoticeKind::ALL.iter().map(|k| k.word()).collect();
        assert_eq!(words.len(), NoticeKind::ALL.len());
    }
}

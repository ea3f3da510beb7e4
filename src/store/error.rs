//! What can go wrong in the store, each case one plain sentence for a person; the technical cause goes to the log.
//!
//! Constraints and rules are named in the migrations and turned into these in one place, [`From<sqlx::Error>`].
use super::refusal;
use crate::domain::why::Why;
use chrono::{DateTime, Utc};
use sqlx::error::ErrorKind;

/// The outcome of a store call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("It is not there any more.")]
    NotFound,
    /// Somebody else saved it since it was read.
    #[error("{by} changed it at {}. Look at what changed, then save again.", at.format("%H:%M"))]
    Stale { by: String, at: DateTime<Utc> },
    /// The time is taken.
    #[error("{0}")]
    Overlap(Why),
    /// Which field is already used.
    #[error("{0}")]
    Duplicate(Why),
    /// A rule says no.
    #[error("{0}")]
    Refused(Why),
    /// Nobody is signed in on this connection (any more).
    #[error("Your session has ended. Sign in again; what you typed is kept.")]
    NoSession,
    /// The server cannot be reached.
    #[error("{}", away(.0.as_deref()))]
    Unavailable(#[source] Option<Box<sqlx::Error>>),
    #[error("The server did not answer in time. Try again.")]
    Slow,
    /// A write was sent, the line broke, and the server says that it never happened.
    #[error("The line broke before it was saved. Nothing was saved; do it again.")]
    NotSaved,
    /// A write was sent, no answer came, and looking it up failed too.
    #[error("It is not known whether this was saved: the line is still broken. Look before you do it again.")]
    Unknown,
    #[error("The server's disk is full. Nothing more can be saved until the administrator makes room.")]
    DiskFull,
    #[error("{advice} (this program knows schema {expected}, the database has {found})")]
    Schema { expected: i64, found: i64, advice: String },
    /// The key-encryption keys of this program are not those of the database.
    #[error("{0}")]
    Keys(String),
    #[error("Something unexpected happened ({id}). Nothing was saved; the log says more under that number.")]
    Bug {
        id: String,
        what: String,
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A server that is away, and one that could not prove who it is: that one was told nothing.
fn away(why: Option<&sqlx::Error>) -> &'static str {
    let unproven = match why {
        Some(sqlx::Error::Tls(_)) => true,
        Some(sqlx::Error::Io(e)) => e.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    };
    if unproven {
        "The server could not prove that it is the clinic's, so nothing was sent to it. What you typed is kept. Tell the \
         administrator: `praxis check` says why."
    } else {
        "The server cannot be reached. What you typed is kept. Try again with r."
    }
}

impl Error {
    /// An error nobody foresaw, logged under a number that the person sees too.
    pub fn bug(what: impl Into<String>, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let (id, what) = (uuid::Uuid::now_v7().simple().to_string()[24..].to_owned(), what.into());
        tracing::error!(id, what, %cause, "unexpected");
        Self::Bug { id, what, cause: Box::new(cause) }
    }

    /// A refusal by `rule`.
    #[must_use]
    pub fn refused(why: Why) -> Self {
        Self::Refused(why)
    }

    /// The outcome of a write that ended so is not known: the statement may have been carried out.
    pub(super) fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Slow)
    }
}

impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Self {
        let db = match e {
            sqlx::Error::Database(db) => db,
            sqlx::Error::RowNotFound => return Self::NotFound,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => {
                tracing::warn!(error = %e, "the server cannot be reached");
                return Self::Unavailable(Some(Box::new(e)));
            }
            sqlx::Error::Protocol(_) => return Self::Unavailable(Some(Box::new(e))),
            other => return Self::bug("database", other),
        };
        let constraint = db.constraint().unwrap_or_default().to_owned();
        let code = db.code().unwrap_or_default().into_owned();
        match (db.kind(), code.as_str()) {
            (_, "PX000") => Self::NoSession,
            (_, "PX001") => {
                let facts = db
                    .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
                    .and_then(|p| p.detail())
                    .and_then(|d| serde_json::from_str(d).ok())
                    .unwrap_or_default();
                Self::Refused(refusal::why(&constraint, &facts))
            }
            (ErrorKind::ExclusionViolation, _) => {
                Self::Overlap(refusal::why(&constraint, &serde_json::Value::Null))
            }
            (ErrorKind::UniqueViolation, _) => {
                Self::Duplicate(refusal::why(&constraint, &serde_json::Value::Null))
            }
            (ErrorKind::CheckViolation, _) => {
                Self::Refused(refusal::why(&constraint, &serde_json::Value::Null))
            }
            (_, "42501") => Self::Refused(refusal::why("not_permitted", &serde_json::Value::Null)),
            (_, "57014" | "55P03" | "40001" | "40P01") => Self::Slow,
            (_, "53100") => Self::DiskFull,
            (_, "25006") => Self::Unavailable(None),
            (_, c) if c.starts_with("57P") || c.starts_with("08") || c == "53300" => {
                tracing::warn!(code = c, "the server cannot be reached");
                Self::Unavailable(Some(Box::new(sqlx::Error::Database(db))))
            }
            _ => Self::bug(format!("database {code} {constraint}"), sqlx::Error::Database(db)),
        }
    }
}

//! What can go wrong in the store, each case one plain sentence for a person; the technical cause goes to the log.
use crate::domain::why::Why;
use chrono::{DateTime, Utc};

/// The outcome of a store call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("It is not there any more.")]
    NotFound,
    /// Somebody else saved it since it was read.
    #[error("{by} changed it at {}. Look at what changed, then save again.", at.format("%H:%M"))]
    Stale { by: String, at: DateTime<Utc> },
    /// Exclusion constraint: the time is taken.
    #[error("{0}")]
    Overlap(Why),
    /// Unique constraint: which field is already used.
    #[error("{field} is already used.")]
    Duplicate { field: &'static str },
    /// A rule says no.
    #[error("{0}")]
    Refused(Why),
    /// Nobody is signed in on this connection (any more).
    #[error("Your session has ended. Sign in again; what you typed is kept.")]
    NoSession,
    /// A sign-in that did not succeed.
    #[error("{0}")]
    SignIn(Why),
    #[error("The database cannot be reached. What you typed is kept; it is tried again by itself.")]
    Unavailable(#[source] Option<Box<sqlx::Error>>),
    #[error("The database did not answer in time. Try again.")]
    Slow,
    /// A write was sent and no answer came; looking it up failed too.
    #[error(
        "It is not known whether this was saved: the line broke. It is looked up as soon as the line is back."
    )]
    Unknown,
    #[error("The server's disk is full: nothing more can be saved until the administrator makes room.")]
    DiskFull,
    #[error("This program expects schema {expected}, the database has {found}. {advice}")]
    Schema { expected: i64, found: i64, advice: &'static str },
    #[error("Something unexpected happened ({id}). Nothing was saved; the log says more under that number.")]
    Bug {
        id: String,
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

//! Who entered something, when, and whether it still stands: what every row of a visit has in common.
use super::name::PersonName;
use chrono::{DateTime, Utc};

/// That something was marked as entered in error: it is kept and shown so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struck {
    pub by: PersonName,
    pub at: DateTime<Utc>,
}

/// Who entered something and when, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authored {
    pub author: PersonName,
    /// The reader wrote it, so may mark it as entered in error.
    pub mine: bool,
    pub at: DateTime<Utc>,
    pub struck: Option<Struck>,
}

//! Somebody else's change, as a wake-up: ids only, never patient data.
use serde::Deserialize;
use uuid::Uuid;

/// What a notification says happened. A hint: whoever cares reads again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// One row of an entity (a table's name).
    Row(RowChange),
    /// The listener was lost for a moment: everything may have changed.
    Everything,
    /// The line to the server went or came back.
    Link(Link),
}

impl Change {
    /// Whether rows of these tables may have changed.
    #[must_use]
    pub fn concerns(&self, tables: &[&str]) -> bool {
        match self {
            Self::Everything => true,
            Self::Row(row) => tables.contains(&row.entity.as_str()),
            Self::Link(_) => false,
        }
    }
}

/// How the line to the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Up,
    Lost,
}

/// The payload of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RowChange {
    /// The table, as in `appointment`.
    pub entity: String,
    pub id: Option<Uuid>,
    /// `i`, `u` or `d`.
    pub op: String,
    pub version: i64,
    /// The session that made the change, so that one's own is recognised.
    pub session: Option<Uuid>,
    /// An appointment's or clinic session's provider.
    pub provider: Option<Uuid>,
    /// Its day, where the centre is.
    pub day: Option<chrono::NaiveDate>,
    pub patient: Option<Uuid>,
    /// The account that a message is addressed to.
    #[serde(default)]
    pub account: Option<Uuid>,
}

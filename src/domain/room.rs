//! Rooms of a centre: what a visit may need, and two visits never share.
use super::ids::{AppointmentId, CentreId, RoomId};
use serde::{Deserialize, Serialize};

/// What a room is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    Consulting,
    Treatment,
    Procedure,
    Imaging,
    Therapy,
    Laboratory,
    Other,
}

impl RoomKind {
    /// Every kind, in the order of the forms.
    pub const ALL: [Self; 7] = [
        Self::Consulting,
        Self::Treatment,
        Self::Procedure,
        Self::Imaging,
        Self::Therapy,
        Self::Laboratory,
        Self::Other,
    ];

    /// The name in the database; also the word on screen (English; the screens pass it through `tr_str`).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Consulting => "consulting",
            Self::Treatment => "treatment",
            Self::Procedure => "procedure",
            Self::Imaging => "imaging",
            Self::Therapy => "therapy",
            Self::Laboratory => "laboratory",
            Self::Other => "other",
        }
    }

    /// The kind of this code, if there is one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }
}

/// What a form says about a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomDetails {
    pub name: String,
    pub kind: RoomKind,
    /// What stands in it, in words.
    pub equipment: String,
}

/// A room of a centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    pub id: RoomId,
    pub version: i64,
    pub centre: CentreId,
    pub centre_name: String,
    pub details: RoomDetails,
    /// Kept for its past, used no more.
    pub retired: bool,
    /// Whose visit is in it at this moment: arrived or in progress.
    pub holds: Option<AppointmentId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back_from_its_code() {
        for kind in RoomKind::ALL {
            assert_eq!(RoomKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(RoomKind::from_code("Consulting"), None);
    }
}

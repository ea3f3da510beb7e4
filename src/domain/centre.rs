//! Centres and their departments: where the clinic works.
use super::ids::{CentreId, DepartmentId};
use serde::{Deserialize, Serialize};

/// What sort of place a centre is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CentreKind {
    Hospital,
    MedicalCentre,
}

impl CentreKind {
    /// Every kind, in the order of the forms.
    pub const ALL: [Self; 2] = [Self::MedicalCentre, Self::Hospital];

    /// The name in the database and in files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Hospital => "hospital",
            Self::MedicalCentre => "medical_centre",
        }
    }

    /// The kind of this code, if there is one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }

    /// The words on screen (English; the screens pass them through `tr_str`).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hospital => "hospital",
            Self::MedicalCentre => "medical centre",
        }
    }
}

/// What a form or a file says about a centre. Empty text is "not known".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentreDetails {
    pub kind: CentreKind,
    /// The business number, as in MediSoft's `abn`.
    pub number: String,
    pub name: String,
    pub phone: String,
    pub email: String,
    pub address: String,
    pub suburb: String,
    /// A name of the IANA time zone database.
    pub zone: String,
}

/// A centre as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentreEntry {
    pub id: CentreId,
    pub version: i64,
    pub details: CentreDetails,
    /// Kept for its past, used no more.
    pub retired: bool,
    pub departments: i64,
    pub providers: i64,
}

/// What a form says about a department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentDetails {
    pub centre: CentreId,
    pub name: String,
    pub services: String,
    /// Nobody is received there for now.
    pub closed: bool,
    /// Said to whoever asks for a closed department.
    pub opens: String,
}

/// A department as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentEntry {
    pub id: DepartmentId,
    pub version: i64,
    pub centre_name: String,
    pub details: DepartmentDetails,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back_from_its_code() {
        for kind in CentreKind::ALL {
            assert_eq!(CentreKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(CentreKind::from_code("Hospital"), None);
    }
}

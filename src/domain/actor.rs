//! Who is speaking: the server's answer to `auth.actor()`, never a claim of the program.
use super::{
    ids::{AccountId, CentreId, PatientId, ProviderId, SessionId},
    name::PersonName,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// What an account may be. The profession of a provider is a field of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Patient,
    Receptionist,
    Nurse,
    Gp,
    Specialist,
    Pharmacist,
    OtherProvider,
    DiagnosticsProvider,
    LabTechnician,
    Auditor,
    Administrator,
}

impl Role {
    /// Every role, in the order the screens list them.
    pub const ALL: [Self; 11] = [
        Self::Receptionist,
        Self::Nurse,
        Self::Gp,
        Self::Specialist,
        Self::OtherProvider,
        Self::Pharmacist,
        Self::DiagnosticsProvider,
        Self::LabTechnician,
        Self::Auditor,
        Self::Administrator,
        Self::Patient,
    ];

    /// The name in the database, in commands and in files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Receptionist => "receptionist",
            Self::Nurse => "nurse",
            Self::Gp => "gp",
            Self::Specialist => "specialist",
            Self::Pharmacist => "pharmacist",
            Self::OtherProvider => "other_provider",
            Self::DiagnosticsProvider => "diagnostics_provider",
            Self::LabTechnician => "lab_technician",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role of this code, if there is one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == code)
    }

    /// The word on screen (English; the screens pass it through `tr_str`).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Receptionist => "reception",
            Self::Nurse => "nurse",
            Self::Gp => "GP",
            Self::Specialist => "specialist",
            Self::Pharmacist => "pharmacist",
            Self::OtherProvider => "provider",
            Self::DiagnosticsProvider => "diagnostics",
            Self::LabTechnician => "lab technician",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// Patients are booked with people of these roles.
    #[must_use]
    pub fn sees_patients(self) -> bool {
        matches!(
            self,
            Self::Gp | Self::Specialist | Self::OtherProvider | Self::Pharmacist | Self::DiagnosticsProvider
        )
    }
}

/// A centre where the person works: what the status line and the times on screen need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workplace {
    pub centre: CentreId,
    pub name: String,
    pub zone: Tz,
    /// Telephone, address and suburb for what patients take home; empty where none is known.
    pub contact: String,
}

/// The signed-in person, as the server knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub account: AccountId,
    pub session: SessionId,
    pub role: Role,
    pub login: String,
    pub name: PersonName,
    /// Set when patients can be booked with this person.
    pub provider: Option<ProviderId>,
    /// Set when this account is also a patient's.
    pub patient: Option<PatientId>,
    /// The centre they work at now; administrators and auditors may have none.
    pub workplace: Option<Workplace>,
    /// Where the clinic is, for those who work at no centre of it.
    pub clinic_zone: Tz,
    /// A one-time code was used: nothing works until a password is chosen.
    pub must_change_password: bool,
}

impl Actor {
    /// The zone in which this person's times are shown: that of the workplace, else the clinic's.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.workplace.as_ref().map_or(self.clinic_zone, |w| w.zone)
    }
}

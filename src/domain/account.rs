//! Accounts: who can sign in, as what, and where they work. Secrets are never here.
use super::{
    actor::Role,
    ids::{AccountId, CentreId, PatientId, ProviderId, RegistrationId},
    name::PersonName,
    patient::Sex,
    provider::Profession,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// What somebody is at the clinic: the role, and the profession of those whom patients are booked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    pub role: Role,
    pub profession: Option<Profession>,
}

impl Position {
    /// Every position an administrator can give, in the order of the form.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let plain = [Role::Receptionist, Role::Nurse].into_iter().map(Self::plain);
        let providers = Profession::ALL.into_iter().map(Self::provider);
        let others = [Role::LabTechnician, Role::Auditor, Role::Administrator].into_iter().map(Self::plain);
        plain.chain(providers).chain(others).collect()
    }

    /// Somebody whom no patient is booked with.
    #[must_use]
    pub fn plain(role: Role) -> Self {
        Self { role, profession: None }
    }

    /// Somebody of this profession.
    #[must_use]
    pub fn provider(profession: Profession) -> Self {
        Self { role: profession.role(), profession: Some(profession) }
    }

    /// The word on screen (English; the screens pass it through `tr_str`).
    #[must_use]
    pub fn word(self) -> &'static str {
        self.profession.map_or(self.role.word(), Profession::word)
    }
}

/// What a form says about an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDetails {
    /// User name, in lower case.
    pub login: String,
    /// Empty when there is none.
    pub email: String,
    pub name: PersonName,
    pub phone: String,
    pub position: Position,
    /// Where somebody who is no provider works; a provider's centres are their affiliations.
    pub centres: Vec<CentreId>,
}

/// An account as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEntry {
    pub id: AccountId,
    pub version: i64,
    pub details: AccountDetails,
    pub provider: Option<ProviderId>,
    /// Something is missing that a person must fill in.
    pub incomplete: bool,
    /// Since when they can no longer sign in, and why.
    pub deactivated: Option<(DateTime<Utc>, String)>,
    /// Until when they cannot sign in, and why.
    pub blocked: Option<(DateTime<Utc>, String)>,
    /// When they were last let in again after being deactivated, and why.
    pub reactivated: Option<(DateTime<Utc>, String)>,
}

/// Something that waits for somebody who cannot sign in any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    pub id: uuid::Uuid,
    /// A visit that nobody signed; otherwise an appointment to come.
    pub visit: bool,
    pub at: DateTime<Utc>,
    pub zone: String,
    pub centre: String,
    pub patient: PersonName,
}

/// What everybody changes of their own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// User name, in lower case.
    pub login: String,
    /// Empty when there is none.
    pub email: String,
    pub name: PersonName,
    pub phone: String,
}

/// The numbers on a profile, which only the clinic changes; `None` where the person has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileNumbers {
    pub record: Option<String>,
    pub national: Option<String>,
    pub medicare: Option<String>,
    pub provider: Option<String>,
    pub registration: Option<String>,
    pub licence: Option<String>,
}

/// How far an application is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    Pending,
    Accepted,
    Rejected,
}

impl RegistrationState {
    /// Every state, what waits first.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Accepted, Self::Rejected];

    /// The name in the database, and on screen.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// The state of this code, if there is one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }
}

/// What somebody who wants to be registered as a provider says about themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    pub email: String,
    pub name: PersonName,
    pub phone: String,
    pub profession: Profession,
    pub provider_number: String,
    pub registration_number: String,
    pub licence_number: String,
    pub expertise: String,
}

/// An application as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationEntry {
    pub id: RegistrationId,
    pub version: i64,
    pub application: Application,
    pub state: RegistrationState,
    pub created_at: DateTime<Utc>,
    /// When, by whom, and what was noted.
    pub decided: Option<(DateTime<Utc>, PersonName, String)>,
    /// What is somebody else's already: codes of numbers, or `email`.
    pub clashes: Vec<String>,
}

/// What somebody who wants an account as a patient says about themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientApplication {
    pub email: String,
    pub name: PersonName,
    pub sex: Sex,
    pub birth_date: NaiveDate,
    pub phone: String,
    /// Of a patient who was here before.
    pub record_number: Option<i32>,
    pub national_number: String,
    pub medicare_number: String,
}

/// Such an application as those see it who decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientRegistration {
    pub id: RegistrationId,
    pub version: i64,
    pub application: PatientApplication,
    pub state: RegistrationState,
    pub created_at: DateTime<Utc>,
    /// When, by whom (nobody: at once), and what was noted.
    pub decided: Option<(DateTime<Utc>, PersonName, String)>,
    /// The patients to whom one of the numbers belongs.
    pub by_number: Vec<PatientId>,
    /// The e-mail address is that of an account.
    pub email_taken: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_staff_role_can_be_given() {
        let given: Vec<Role> = Position::all().into_iter().map(|p| p.role).collect();
        for role in Role::ALL {
            assert_eq!(given.contains(&role), role != Role::Patient, "{role:?}");
        }
    }
}

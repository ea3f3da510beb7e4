//! What files of another system say, checked line by line, before anything is written. Every fact knows its line.
use super::{centre::CentreDetails, name::PersonName, provider::Profession};
use zeroize::Zeroizing;

/// A file and a line of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: &'static str,
    /// The first line of a file is 1, which holds the header; 0 is the file as a whole.
    pub line: u64,
}

/// Something wrong, or worth knowing, at a place. The reason quotes no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub place: Place,
    pub reason: String,
}

impl Remark {
    /// A remark about a line.
    #[must_use]
    pub fn new(place: Place, reason: impl Into<String>) -> Self {
        Self { place, reason: reason.into() }
    }
}

/// A person who will be able to sign in. Not printable: it holds a password.
pub struct NewPerson {
    pub place: Place,
    /// In lower case; also the login.
    pub email: String,
    /// Empty where the file has none; then the e-mail address stands for it.
    pub name: PersonName,
    pub phone: String,
    pub password: Zeroizing<String>,
}

impl NewPerson {
    /// The name, or the e-mail address in its place, and whether that leaves the account incomplete.
    #[must_use]
    pub fn shown_name(&self) -> (PersonName, bool) {
        if self.name.family.is_empty() && self.name.given.is_empty() {
            (PersonName::new(self.email.clone(), ""), true)
        } else {
            (self.name.clone(), self.name.family.is_empty())
        }
    }
}

/// A centre of a file.
pub struct NewCentre {
    pub place: Place,
    pub details: CentreDetails,
}

/// A provider of a file.
pub struct NewProvider {
    pub person: NewPerson,
    pub profession: Profession,
    pub provider_number: String,
    pub expertise: String,
    /// Monday to Friday, in minutes after midnight.
    pub hours: Option<(i32, i32)>,
}

/// A patient of a file.
pub struct NewPatient {
    pub person: NewPerson,
    pub medicare_number: String,
}

/// That a provider works at a centre.
pub struct NewAffiliation {
    pub place: Place,
    pub email: String,
    /// As the file writes it.
    pub centre: String,
}

/// Everything the files of one import say.
#[derive(Default)]
pub struct ImportSet {
    pub centres: Vec<NewCentre>,
    pub providers: Vec<NewProvider>,
    pub patients: Vec<NewPatient>,
    pub affiliations: Vec<NewAffiliation>,
    /// What is worth knowing and no fault.
    pub notes: Vec<Remark>,
}

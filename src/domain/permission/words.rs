//! Codes and roles as words: what a refusal, the screen of permissions and the document say of them.
use super::{Action, Code, code::Kind};
use crate::{domain::actor::Role, tr};

impl Code {
    /// What it means, after "may": "only at a centre where they work".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Any => tr!("always"),
            Self::OwnCentre => tr!("at a centre where they work"),
            Self::OwnObject => {
                tr!("for what is their own: written by them, booked with them, or their account")
            }
            Self::Relationship => {
                tr!("for patients with an appointment with them, until some time after the last visit")
            }
            Self::Connection => tr!("for patients they are connected with"),
            Self::PresentToday => tr!("for patients who are at their centre today"),
            Self::Routed => tr!("for what is written or sent to them"),
            Self::SelfPatient => tr!("for themselves as a patient"),
            Self::Granted => tr!("where access was granted"),
            Self::Emergency => tr!("inside an emergency they opened"),
            Self::RelatedIfMine => tr!("with themselves only patients they already see"),
            Self::Referring => tr!("if the policy lets their profession refer"),
            Self::StepUp => tr!("after typing the password again"),
            Self::SecondPerson => tr!("as a second person"),
            Self::FewerFields => tr!("not every part of it"),
            Self::Overbook => tr!("also where a session is full, with a reason"),
        }
    }
}

/// A role with its article, as after "Only": "a GP".
#[must_use]
pub fn with_article(role: Role) -> &'static str {
    match role {
        Role::Patient => tr!("the patient"),
        Role::Receptionist => tr!("reception"),
        Role::Nurse => tr!("a nurse"),
        Role::Gp => tr!("a GP"),
        Role::Specialist => tr!("a specialist"),
        Role::Pharmacist => tr!("a pharmacist"),
        Role::OtherProvider => tr!("another provider"),
        Role::DiagnosticsProvider => tr!("a diagnostics provider"),
        Role::LabTechnician => tr!("a lab technician"),
        Role::Auditor => tr!("an auditor"),
        Role::Administrator => tr!("an administrator"),
    }
}

/// Words in a row: "a GP, a specialist or a nurse".
#[must_use]
pub fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => tr!("{several} or {last}", several = first.join(", "), last = *last),
    }
}

impl Action {
    /// What it is, after "may" (English).
    #[must_use]
    pub fn words(&self) -> &str {
        &self.does
    }

    /// The roles that may do it by more than being the patient, and the patient where a patient may.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        let may = |role: &Role| {
            let codes = self.codes(*role);
            let ways = codes.iter().filter(|c| c.kind() == Kind::Way);
            if *role == Role::Patient {
                ways.count() > 0
            } else {
                ways.filter(|c| **c != Code::SelfPatient).count() > 0
            }
        };
        Role::ALL.into_iter().filter(may).collect()
    }

    /// Who may do it: "a GP or a specialist"; nothing when nobody may.
    #[must_use]
    pub fn who(&self) -> String {
        let roles = self.roles();
        if roles.len() == Role::ALL.len() {
            return tr!("everybody").to_owned();
        }
        if roles.len() == Role::ALL.len() - 1 && !roles.contains(&Role::Patient) {
            return tr!("staff").to_owned();
        }
        one_of(&roles.into_iter().map(with_article).collect::<Vec<_>>())
    }

    /// How a role may do it, in words: "may, at a centre where they work; …", or that it may not.
    #[must_use]
    pub fn how(&self, role: Role) -> String {
        let codes = self.codes(role);
        if codes.is_empty() {
            return tr!("may not").to_owned();
        }
        let of =
            |kind: Kind| codes.iter().filter(|c| c.kind() == kind).map(|c| c.words()).collect::<Vec<_>>();
        let ways = one_of(&of(Kind::Way));
        let rest = [of(Kind::Condition), of(Kind::Extent)].concat();
        std::iter::once(ways.as_str()).chain(rest).collect::<Vec<_>>().join("; ")
    }
}

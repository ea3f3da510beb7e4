//! The decision: pure, the same as the database's. A way must hold and every condition; otherwise a sentence says what is
//! missing and what works instead.
use super::{Code, Table, code::Kind, words::one_of};
use crate::{
    domain::{actor::Role, why::Why},
    tr,
};

/// What is so, of the person who asks, the patient and the thing it is done to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact of the situation, and any of them may hold"
)]
pub struct Facts {
    /// It is at a centre where the person works.
    pub own_centre: bool,
    /// The person wrote it, it is booked with them, or it is their own account.
    pub own_object: bool,
    /// A live or past appointment of the patient with them, within the grace.
    pub relationship: bool,
    /// An approved connection that has not run out.
    pub connection: bool,
    /// The patient has arrived or is being seen today at the person's centre.
    pub present_today: bool,
    /// It was written or sent to them.
    pub routed: bool,
    /// The patient is the person.
    pub self_patient: bool,
    /// Access was asked for and granted, and has not run out.
    pub granted: bool,
    /// An emergency that they opened is not over.
    pub emergency: bool,
    /// It would be booked with the person themselves.
    pub with_oneself: bool,
    /// Their profession writes referrals at this site.
    pub profession_refers: bool,
    /// The password was typed again just now.
    pub password_again: bool,
    /// Somebody else proposed it.
    pub second_person: bool,
    /// The site's history policy is strict.
    pub strict: bool,
}

impl Facts {
    /// Everything that can help holds: what somebody could ever be permitted.
    #[must_use]
    pub fn at_best(self_patient: bool) -> Self {
        Self {
            own_centre: true,
            own_object: true,
            relationship: true,
            connection: true,
            present_today: true,
            routed: true,
            self_patient,
            granted: true,
            emergency: true,
            with_oneself: false,
            profession_refers: true,
            password_again: true,
            second_person: true,
            strict: false,
        }
    }

    fn holds(self, code: Code, narrowed: bool) -> bool {
        match code {
            Code::Any => true,
            Code::OwnCentre => self.own_centre,
            Code::OwnObject => self.own_object,
            Code::Relationship => self.relationship && !narrowed,
            Code::Connection => self.connection && !narrowed,
            Code::PresentToday => self.present_today && !narrowed,
            Code::Routed => self.routed,
            Code::SelfPatient => self.self_patient,
            Code::Granted => self.granted,
            Code::Emergency => self.emergency,
            Code::RelatedIfMine => !self.with_oneself || self.relationship || self.connection,
            Code::Referring => self.profession_refers,
            Code::StepUp => self.password_again,
            Code::SecondPerson => self.second_person,
            Code::FewerFields | Code::Overbook => true,
        }
    }
}

impl Table {
    /// Whether a role may do it in this situation.
    ///
    /// # Errors
    /// The refusal, by the rule `not_permitted`, with what would work instead.
    pub fn decide(&self, role: Role, action: &str, facts: &Facts) -> Result<(), Why> {
        // Staff meet their own record only as a patient does.
        if facts.self_patient && role != Role::Patient {
            let facts = Facts {
                strict: facts.strict,
                password_again: facts.password_again,
                self_patient: true,
                ..Facts::default()
            };
            return self.decide(Role::Patient, action, &facts).map_err(|_| own_record());
        }
        let Some(found) = self.action(action) else {
            return Err(Why::new(
                "not_permitted",
                tr!("{action} is no action of this program.", action = action),
            ));
        };
        let codes = found.codes(role);
        let narrowed = facts.strict && found.strict;
        let ways: Vec<Code> = codes.iter().copied().filter(|c| c.kind() == Kind::Way).collect();
        // Being the patient is no way of somebody who is no patient.
        let ways_of_role =
            ways.iter().any(|c| *c != Code::SelfPatient || facts.self_patient || role == Role::Patient);
        if !ways_of_role {
            return Err(self.not_this_role(role, action));
        }
        if !ways.iter().any(|c| facts.holds(*c, narrowed)) {
            return Err(self.no_tie(role, action, narrowed));
        }
        match codes.iter().find(|c| c.kind() == Kind::Condition && !facts.holds(**c, narrowed)) {
            Some(missing) => Err(condition(*missing)),
            None => Ok(()),
        }
    }

    /// Whether the role could do it at all: what the program draws by.
    ///
    /// # Errors
    /// The refusal that names the roles which may.
    pub fn could(&self, role: Role, is_patient: bool, action: &str) -> Result<(), Why> {
        let as_staff = self.decide(role, action, &Facts::at_best(role == Role::Patient));
        let as_patient = || self.decide(role, action, &Facts::at_best(true));
        as_staff.or_else(|why| if is_patient { as_patient().map_err(|_| why) } else { Err(why) })
    }

    /// The refusal of a role that may not: who may, and as what one is signed in.
    #[must_use]
    pub fn not_this_role(&self, role: Role, action: &str) -> Why {
        let Some(found) = self.action(action) else {
            return Why::new("not_permitted", tr!("Your role does not allow that here."));
        };
        let (who, does) = (found.who(), found.words());
        if who.is_empty() {
            return Why::new("not_permitted", tr!("Nobody may {does} here.", does = does));
        }
        let word = role.word();
        let sentence =
            tr!("Only {who} may {does}; you are signed in as {role}.", who = who, does = does, role = word);
        Why::new("not_permitted", sentence).instead(tr!("Ask one of them."))
    }

    /// The refusal of a role that may, but not here.
    #[must_use]
    pub fn no_tie(&self, role: Role, action: &str, narrowed: bool) -> Why {
        let Some(found) = self.action(action) else { return self.not_this_role(role, action) };
        let left = |c: &Code| {
            c.kind() == Kind::Way
                && *c != Code::SelfPatient
                && !(narrowed && matches!(c, Code::Relationship | Code::Connection | Code::PresentToday))
        };
        let ways: Vec<Code> = found.codes(role).iter().copied().filter(left).collect();
        let words: Vec<&str> = ways.iter().map(|c| mine(*c)).collect();
        let does = found.words();
        if words.is_empty() {
            return Why::new("not_permitted", tr!("You may {does} only for yourself.", does = does));
        }
        let sentence = tr!("You may {does} only {ways}.", does = does, ways = one_of(&words));
        let why = Why::new("not_permitted", sentence);
        match ways.first() {
            Some(Code::OwnCentre) => why.instead(tr!("Ask a colleague who works there.")),
            Some(Code::OwnObject) => why.instead(tr!("Ask the colleague whose it is.")),
            Some(Code::Relationship | Code::Connection) => {
                why.instead(tr!("Reception books the patient with you first."))
            }
            Some(Code::PresentToday) => why.instead(tr!("Check the patient in first.")),
            _ => why,
        }
    }
}

/// The refusal of somebody on the staff in their own record.
#[must_use]
pub fn own_record() -> Why {
    Why::new("not_permitted", tr!("This is your own record: here you may do what a patient may."))
        .instead(tr!("Ask a colleague."))
}

/// A way as it is said to the person themselves.
fn mine(code: Code) -> &'static str {
    match code {
        Code::OwnCentre => tr!("at a centre where you work"),
        Code::OwnObject => tr!("where it is your own"),
        Code::Relationship => tr!("for patients who are booked with you or were lately"),
        Code::Connection => tr!("for patients you are connected with"),
        Code::PresentToday => tr!("while the patient is at your centre"),
        Code::Routed => tr!("where it was sent to you"),
        Code::Granted => tr!("where access was granted to you"),
        Code::Emergency => tr!("in an emergency you opened"),
        other => other.words(),
    }
}

fn condition(code: Code) -> Why {
    match code {
        Code::RelatedIfMine => Why::new(
            "provider_books_only_own_patients",
            tr!("You book with yourself only patients you already see."),
        )
        .instead(tr!("Reception makes the first appointment.")),
        Code::Referring => {
            Why::new("profession_does_not_refer", tr!("Your profession writes no referrals here."))
                .instead(tr!("A GP writes it."))
        }
        Code::StepUp => {
            Why::new("step_up", tr!("This needs your password again.")).instead(tr!("Type it when asked."))
        }
        _ => Why::new(
            "permission_second_person",
            tr!("A second person confirms this, not the one who proposed it."),
        )
        .instead(tr!("Ask another administrator.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(role: Role, action: &str, facts: Facts) -> Result<(), Why> {
        Table::built_in().decide(role, action, &facts)
    }

    #[test]
    fn a_role_that_may_not_is_told_who_may_and_as_what_it_is_signed_in() {
        let why = decide(Role::Receptionist, "visit.sign", Facts::at_best(false)).unwrap_err();
        assert_eq!(
            why.to_string(),
            "Only a GP, a specialist, another provider, a pharmacist or a diagnostics provider may sign a visit; you are signed in \
             as reception. Ask one of them."
        );
        let why = decide(Role::Gp, "account.register", Facts::at_best(false)).unwrap_err();
        assert!(
            why.sentence.starts_with("Only reception or an administrator may register an account"),
            "{why}"
        );
        let why = decide(Role::Receptionist, "history.open", Facts::default()).unwrap_err();
        assert!(why.sentence.starts_with("Only a nurse, a GP"), "{why}");
    }

    #[test]
    fn a_role_that_may_elsewhere_is_told_where() {
        let why = decide(Role::Receptionist, "appointment.book", Facts::default()).unwrap_err();
        assert_eq!(
            why.to_string(),
            "You may book an appointment only at a centre where you work. Ask a colleague who works there."
        );
        let here = Facts { own_centre: true, ..Facts::default() };
        assert!(decide(Role::Receptionist, "appointment.book", here).is_ok());
    }

    #[test]
    fn nobody_grants_themselves_a_first_access_by_booking() {
        let with_me = Facts { own_centre: true, with_oneself: true, ..Facts::default() };
        let why = decide(Role::Gp, "appointment.book", with_me).unwrap_err();
        assert_eq!(why.rule, "provider_books_only_own_patients");
        assert!(decide(Role::Gp, "appointment.book", Facts { relationship: true, ..with_me }).is_ok());
        assert!(decide(Role::Gp, "appointment.book", Facts { with_oneself: false, ..with_me }).is_ok());
    }

    #[test]
    fn under_the_strict_policy_only_the_author_the_patient_and_who_was_let_in_read() {
        let treats = Facts { relationship: true, present_today: true, ..Facts::default() };
        assert!(decide(Role::Gp, "history.open", treats).is_ok());
        assert!(decide(Role::Nurse, "history.open", treats).is_ok());
        let strict = Facts { strict: true, ..treats };
        assert!(decide(Role::Gp, "history.open", strict).is_err());
        assert!(decide(Role::Nurse, "history.open", strict).is_err());
        for helps in [
            Facts { granted: true, ..strict },
            Facts { emergency: true, ..strict },
            Facts { self_patient: true, ..strict },
        ] {
            assert!(decide(Role::Gp, "history.open", helps).is_ok(), "{helps:?}");
        }
        assert!(decide(Role::Gp, "record.open", Facts { own_object: true, ..strict }).is_ok());
        // Writing is not reading.
        assert!(decide(Role::Gp, "lists.add", strict).is_ok());
    }

    #[test]
    fn staff_meet_their_own_record_as_a_patient_does() {
        for role in Role::ALL {
            let own = Facts { self_patient: true, ..Facts::default() };
            assert!(decide(role, "history.open", own).is_ok());
            assert!(decide(role, "lists.add", Facts { self_patient: true, ..Facts::at_best(true) }).is_err());
        }
        assert!(Table::built_in().could(Role::Nurse, true, "lists.add").is_ok());
    }
}

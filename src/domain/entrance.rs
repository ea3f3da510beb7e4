//! Who is let in by a program: everybody, staff alone, or patients alone, as at a kiosk of theirs.
use super::{actor::Role, why::Why};
use crate::tr;

/// Whom the sign-in screen takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Entrance {
    #[default]
    Everybody,
    Staff,
    Patients,
}

impl Entrance {
    /// The entrance of this name, as the configuration knows it; everybody's for any other.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "staff" => Self::Staff,
            "patients" => Self::Patients,
            _ => Self::Everybody,
        }
    }

    /// Whether somebody of this role comes in here.
    ///
    /// # Errors
    /// Whose entrance it is, and where theirs is.
    pub fn takes(self, role: Role) -> Result<(), Why> {
        match (self, role == Role::Patient) {
            (Self::Staff, true) => Err(Why::new("entrance_staff", tr!("This is the entrance of the staff."))
                .instead(tr!("Patients have one of their own; ask at the reception for it."))),
            (Self::Patients, false) => {
                Err(Why::new("entrance_patients", tr!("This is the entrance of the patients."))
                    .instead(tr!("Sign in where the staff does.")))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_takes_its_own_and_everybodys_takes_all() {
        let taken = |name: &str| {
            [Role::Patient, Role::Gp, Role::Administrator].map(|r| Entrance::of(name).takes(r).is_ok())
        };
        assert_eq!(taken("everybody"), [true; 3]);
        assert_eq!(taken("staff"), [false, true, true]);
        assert_eq!(taken("patients"), [true, false, false]);
    }
}

//! The policies of a site: what each setting decides, and which values it takes.
use super::why::Why;
use crate::tr;

/// What values a policy takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// One line of text of at most this many characters.
    Text(usize),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number between the two, both included.
    Number(u32, u32),
    /// Professions, separated by commas.
    Professions,
    /// Roles, separated by commas.
    Roles,
}

/// One policy: its key in the database, and what it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub key: &'static str,
    /// English; the screens pass it through `tr_str`.
    pub help: &'static str,
    pub kind: PolicyKind,
}

/// Every policy an administrator can change, in the order of the list.
pub const POLICIES: &[Policy] = &[
    Policy {
        key: "clinic_name",
        help: "The clinic's name on the sign-in screen",
        kind: PolicyKind::Text(60),
    },
    Policy {
        key: "history_policy",
        help: "central: providers read the whole history of their patients; strict: only what they wrote themselves",
        kind: PolicyKind::Choice(&["central", "strict"]),
    },
    Policy {
        key: "history_grace_days",
        help: "Days after the last completed visit during which a provider may still read the history",
        kind: PolicyKind::Number(0, 3660),
    },
    Policy {
        key: "self_booking",
        help: "Whom providers book with themselves: related (their own patients) or any",
        kind: PolicyKind::Choice(&["related", "any"]),
    },
    Policy {
        key: "book_ahead_days",
        help: "How many days ahead staff can book",
        kind: PolicyKind::Number(1, 3660),
    },
    Policy {
        key: "patient_cancel_min_days",
        help: "How many days before an appointment a patient may still cancel or move it; staff at any time",
        kind: PolicyKind::Number(0, 366),
    },
    Policy {
        key: "overbook_per_session",
        help: "How many patients may be booked over the full times of one session; 0 forbids it",
        kind: PolicyKind::Number(0, 50),
    },
    Policy {
        key: "held_release_hour",
        help: "Hour of the day at which times held for the same day or for urgent visits can be booked by everybody",
        kind: PolicyKind::Number(0, 23),
    },
    Policy {
        key: "referring_professions",
        help: "Professions that write referrals to specialists",
        kind: PolicyKind::Professions,
    },
    Policy {
        key: "diagnosing_professions",
        help: "Professions whose visits need a diagnosis before they end",
        kind: PolicyKind::Professions,
    },
    Policy {
        key: "referral_valid_months",
        help: "Months a referral is valid when it names no date",
        kind: PolicyKind::Number(1, 120),
    },
    Policy {
        key: "access_grant_days",
        help: "Days a granted request for access lasts when nobody says otherwise",
        kind: PolicyKind::Number(1, 365),
    },
    Policy {
        key: "emergency_review_days",
        help: "Working days within which an emergency access is to be reviewed",
        kind: PolicyKind::Number(1, 30),
    },
    Policy {
        key: "messages_per_hour",
        help: "Messages an hour that people who have not signed in may write to the clinic, all together",
        kind: PolicyKind::Number(0, 1000),
    },
    Policy {
        key: "currency",
        help: "The currency of fees on the screen and on receipts, as in AUD",
        kind: PolicyKind::Text(3),
    },
    Policy {
        key: "long_wait_minutes",
        help: "Minutes in the waiting room after which a wait is marked as long on the board; 0 marks none",
        kind: PolicyKind::Number(0, 600),
    },
    Policy {
        key: "queue_retry_minutes",
        help: "Minutes before a patient who was called and was not there is called again",
        kind: PolicyKind::Number(1, 120),
    },
    Policy {
        key: "display_names",
        help: "Whom the waiting room's screen calls: by initials (N… Li…) or by the ticket of the check-in",
        kind: PolicyKind::Choice(&["initials", "ticket"]),
    },
    Policy {
        key: "patient_sign_up",
        help: "Patients who register at the sign-in screen: off, pending (staff decide), instant (unless somebody is alike)",
        kind: PolicyKind::Choice(&["off", "pending", "instant"]),
    },
    Policy {
        key: "application_keep_days",
        help: "Days after which a rejected application is erased; the decision stays in the log",
        kind: PolicyKind::Number(1, 365),
    },
    Policy {
        key: "session_hours",
        help: "Hours after which everybody signs in again",
        kind: PolicyKind::Number(1, 24),
    },
    Policy {
        key: "idle_lock_minutes",
        help: "Minutes without a key after which the screen locks",
        kind: PolicyKind::Number(1, 60),
    },
    // Ten years: section 630f (3) of the German Civil Code. Until the age of 25: the Health Records and Information Privacy
    // Act 2002 (NSW), section 25. Which law counts is the site's to say.
    Policy {
        key: "retention_years",
        help: "Years after the last visit before a record may be erased; set what your law asks",
        kind: PolicyKind::Number(1, 99),
    },
    Policy {
        key: "retention_until_age",
        help: "Age before which no record is erased, for those who were children; set what your law asks",
        kind: PolicyKind::Number(0, 99),
    },
    Policy {
        key: "administrator_idle_lock_minutes",
        help: "The same for administrators; 5 at most",
        kind: PolicyKind::Number(1, 5),
    },
    Policy {
        key: "second_factor_roles",
        help: "Roles that must set up a second factor at their next sign-in, as in administrator,auditor",
        kind: PolicyKind::Roles,
    },
];

/// The policy of this key, if there is one.
#[must_use]
pub fn policy(key: &str) -> Option<&'static Policy> {
    POLICIES.iter().find(|p| p.key == key)
}

impl Policy {
    /// The value as it is stored.
    ///
    /// # Errors
    /// A sentence that says which values the policy takes.
    pub fn check(&self, typed: &str) -> Result<String, Why> {
        let typed = typed.trim();
        let fits = match self.kind {
            PolicyKind::Text(max) => {
                (1..=max).contains(&typed.chars().count()) && !typed.chars().any(char::is_control)
            }
            PolicyKind::Choice(words) => words.contains(&typed),
            PolicyKind::Number(low, high) => {
                typed.bytes().all(|b| b.is_ascii_digit())
                    && typed.parse::<u32>().is_ok_and(|n| (low..=high).contains(&n))
            }
            PolicyKind::Professions => {
                return professions(typed).ok_or_else(|| self.refusal());
            }
            PolicyKind::Roles => {
                return roles(typed).ok_or_else(|| self.refusal());
            }
        };
        if fits { Ok(typed.to_owned()) } else { Err(self.refusal()) }
    }

    fn refusal(&self) -> Why {
        let takes = match self.kind {
            PolicyKind::Text(max) => tr!("1 to {max} characters", max = max),
            PolicyKind::Choice(words) => words.join(", "),
            PolicyKind::Number(low, high) => {
                tr!("a whole number from {low} to {high}", low = low, high = high)
            }
            PolicyKind::Roles => tr!("roles separated by commas, as in administrator,auditor").into(),
            PolicyKind::Professions => tr!("professions separated by commas, as in gp,specialist").into(),
        };
        Why::new("setting_value", tr!("{policy} takes {values}.", policy = self.key, values = takes))
    }
}

fn professions(typed: &str) -> Option<String> {
    let all: Vec<&str> = typed.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
    all.iter().all(|p| super::provider::Profession::from_code(p).is_some()).then(|| all.join(","))
}

fn roles(typed: &str) -> Option<String> {
    let all: Vec<&str> = typed.split(',').map(str::trim).filter(|r| !r.is_empty()).collect();
    all.iter().all(|r| super::actor::Role::from_code(r).is_some()).then(|| all.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_takes_its_own_values_and_refuses_others_with_what_would_be_right() {
        let check = |key: &str, value: &str| policy(key).unwrap().check(value);
        assert_eq!(check("history_policy", " strict ").unwrap(), "strict");
        assert_eq!(check("history_grace_days", "0").unwrap(), "0");
        assert_eq!(check("diagnosing_professions", "gp, specialist").unwrap(), "gp,specialist");
        assert_eq!(check("referring_professions", "").unwrap(), "");
        assert_eq!(check("second_factor_roles", "auditor, administrator").unwrap(), "auditor,administrator");
        for (key, value) in [
            ("history_policy", "open"),
            ("history_grace_days", "-1"),
            ("session_hours", "25"),
            ("clinic_name", ""),
            ("clinic_name", "a\u{1b}[2J"),
            ("referring_professions", "gp;drop"),
        ] {
            assert_eq!(check(key, value).unwrap_err().rule, "setting_value", "{key} {value}");
        }
        assert!(check("session_hours", "x").unwrap_err().sentence.contains("1 to 24"));
    }
}

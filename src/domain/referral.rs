//! Referrals: to a provider in the directory, to a specialty, or to somebody outside; a letter that unlocks booking.
use super::{
    authored::Authored,
    coded::coded,
    ids::{EncounterId, PatientId, ProviderId, ReferralId},
    name::PersonName,
    why::Why,
};
use crate::tr;
use chrono::{DateTime, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

coded! {
    /// How soon the patient should be seen.
    pub enum ReferralUrgency {
        Routine = "routine" "routine",
        Soon = "soon" "soon",
        Urgent = "urgent" "urgent",
    }
}

coded! {
    /// Where a referral is in its life. Sent, seen and booked ones are open: they unlock booking.
    pub enum ReferralStatus {
        Draft = "draft" "not sent",
        Sent = "sent" "sent",
        Seen = "seen" "seen",
        Booked = "booked" "booked",
        Done = "done" "done",
        Lapsed = "lapsed" "lapsed",
        Withdrawn = "withdrawn" "withdrawn",
    }
}

/// To whom the patient is referred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Provider(ProviderId),
    /// The code of a specialty: whoever of it is booked.
    Specialty(String),
    Outside {
        name: String,
        specialty: String,
        contact: String,
    },
}

/// A referral as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReferral {
    pub target: Option<Target>,
    pub reason: String,
    pub letter: String,
    pub urgency: ReferralUrgency,
    /// 1 to 100; any number when none.
    pub visits_allowed: Option<u8>,
    /// The site's usual period when none.
    pub valid_until: Option<NaiveDate>,
}

/// A referral as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Referral {
    pub id: ReferralId,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub encounter: Option<EncounterId>,
    pub version: i64,
    pub from: PersonName,
    pub what: NewReferral,
    /// The target as a person reads it: a name, a specialty's name, or the one outside.
    pub to: String,
    pub written_on: NaiveDate,
    pub status: ReferralStatus,
    pub sent_at: Option<DateTime<Utc>>,
    pub written: Authored,
}

impl NewReferral {
    /// What must be there before it can be sent.
    ///
    /// # Errors
    /// The first thing missing, as the database would say it.
    pub fn ready(&self) -> Result<(), Why> {
        let named = match &self.target {
            None => false,
            Some(Target::Outside { name, .. }) => !name.trim().is_empty(),
            Some(_) => true,
        };
        if !named {
            return Err(Why::new("referral_target", tr!("The referral has no addressee."))
                .instead(tr!("Choose a provider or a specialty, or name somebody outside.")));
        }
        if self.reason.trim().is_empty() {
            return Err(Why::new("referral_needs_reason", tr!("The referral has no reason."))
                .instead(tr!("Write in one line why the patient is sent.")));
        }
        Ok(())
    }
}

/// The last day of a referral written on `day` that is valid for `months`.
#[must_use]
pub fn valid_for(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_referral_is_ready_with_an_addressee_and_a_reason() {
        let mut r = NewReferral {
            target: None,
            reason: String::new(),
            letter: String::new(),
            urgency: ReferralUrgency::Routine,
            visits_allowed: None,
            valid_until: None,
        };
        assert_eq!(r.ready().unwrap_err().rule, "referral_target");
        r.target =
            Some(Target::Outside { name: " ".into(), specialty: "eyes".into(), contact: String::new() });
        assert_eq!(r.ready().unwrap_err().rule, "referral_target");
        r.target = Some(Target::Specialty("cardiology".into()));
        assert_eq!(r.ready().unwrap_err().rule, "referral_needs_reason");
        r.reason = "murmur".into();
        assert!(r.ready().is_ok());
    }
}

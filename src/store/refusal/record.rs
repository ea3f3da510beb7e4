//! Why a record or a history is closed to somebody, as sentences. What was asked for is never hinted at.
use crate::{domain::why::Why, tr};
use serde_json::Value;

/// The refusal of reading; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let nurse = facts["role"].as_str() == Some("nurse");
    let (sentence, instead): (String, &str) = match rule {
        "record_no_relationship" if nurse => (
            tr!("You read records of patients who have arrived or are being seen at your centre today.")
                .into(),
            tr!("Check the patient in first, or ask their provider."),
        ),
        "record_no_relationship" => (
            tr!("You have no appointment and no connection with this patient.").into(),
            tr!("The history opens once the patient is booked with you."),
        ),
        "record_expired" => {
            let days = facts["days"].as_str().unwrap_or_default();
            (
                tr!("Your last visit with this patient is more than {days} days ago.", days = days),
                tr!("The history opens again with a new booking; what you wrote yourself stays open to you."),
            )
        }
        "record_only_cancelled" => (
            tr!("Your only appointments with this patient were cancelled or missed.").into(),
            tr!("The history opens once the patient is booked with you again."),
        ),
        "record_strict" => (
            tr!("Here only the patient and the author of a record read it (policy: strict).").into(),
            tr!("Ask the patient, or the colleague who wrote it."),
        ),
        "record_role" => {
            (tr!("Your role does not read visit records.").into(), tr!("Ask the patient's provider."))
        }
        "record_unknown" => {
            (tr!("There is no such visit.").into(), tr!("Look for it by patient, provider or date."))
        }
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

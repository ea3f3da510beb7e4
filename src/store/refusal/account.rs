//! The rules of profiles, applications and blocked accounts.
use crate::{domain::why::Why, tr};
use serde_json::Value;

/// The refusal of a rule about accounts; `None` for any other.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let until = facts["until"].as_str().unwrap_or_default();
    let (sentence, instead): (String, String) = match rule {
        "profile_needs_name" => {
            (tr!("A profile needs a family name.").into(), tr!("Write it as it is spoken.").into())
        }
        "account_blocked" => (
            tr!("This account is blocked until {until}.", until = until),
            tr!("Ask an administrator of the clinic.").into(),
        ),
        "application_waits" => (
            tr!("Your application waits for the clinic.").into(),
            tr!("Try again later; the clinic may also call you.").into(),
        ),
        "application_rejected" => match facts["note"].as_str().unwrap_or_default() {
            "" => (tr!("The clinic rejected your application.").into(), tr!("Telephone the clinic.").into()),
            note => (
                tr!("The clinic rejected your application: {note}", note = note),
                tr!("Telephone the clinic.").into(),
            ),
        },
        "provider_blocked" => (
            tr!("This provider is blocked until {until}.", until = until),
            tr!("Choose another provider or a later day.").into(),
        ),
        "block_is_over" => {
            (tr!("A block ends in the future.").into(), tr!("Choose a day from today on.").into())
        }
        "reactivation_needs_reason" => {
            (tr!("Making active again needs a reason; it is kept.").into(), tr!("Write the reason.").into())
        }
        "block_needs_reason" => {
            (tr!("A block needs a reason.").into(), tr!("Write the reason first.").into())
        }
        "sign_up_off" => (
            tr!("Patients do not register here by themselves.").into(),
            tr!("Telephone the clinic; reception registers you.").into(),
        ),
        "application_incomplete" => (
            tr!("Name, birth date, e-mail address and password are needed.").into(),
            tr!("Fill them in and send it again.").into(),
        ),
        "patient_has_account" => (
            tr!("This patient has an account already.").into(),
            tr!("Reject the application, or give a new code under Accounts.").into(),
        ),
        "patient_gone" => {
            (tr!("There is no such patient.").into(), tr!("Look for the patient again.").into())
        }
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

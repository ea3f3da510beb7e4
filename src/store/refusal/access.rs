//! Why a request, a connection or an emergency access is refused, as sentences.
use crate::{domain::why::Why, tr};
use serde_json::Value;

/// The refusal of a way into a history; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let fact = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
    let (sentence, instead): (String, &str) = match rule {
        "access_not_to_oneself" => (
            tr!("Nobody grants themselves access, and nobody asks for their own record.").into(),
            tr!("The patient or another administrator decides."),
        ),
        "access_is_there" => {
            (tr!("You can read this record already.").into(), tr!("Open the patient's visits."))
        }
        "access_request_open_key" => (
            tr!("You have asked for this already; nobody has answered yet.").into(),
            tr!("Wait for the answer, or withdraw it and ask again."),
        ),
        "access_only_asker" => (tr!("Only who asked withdraws a request.").into(), tr!("Refuse it instead.")),
        "access_patient_only" => (
            tr!("In this clinic only the patient grants access to their record (policy: strict).").into(),
            tr!("The patient grants it after signing in; in an emergency, break the glass."),
        ),
        "access_asker_left" => (tr!("Who asked has no account any more.").into(), tr!("Refuse it.")),
        "access_at_most_a_year" => {
            (tr!("Access is granted for 1 to 365 days.").into(), tr!("It can be asked for again."))
        }
        "access_is_over" => (tr!("That access has ended already.").into(), tr!("Ask again.")),
        "access_edge" => (
            tr!("That request is {from}: it cannot become {to}.", from = fact("from"), to = fact("to")),
            tr!("Look at it again; somebody else may have answered."),
        ),
        "connection_other_side" => (
            tr!("Only the one who was asked accepts or rejects a connection; only who asked takes it back.")
                .into(),
            tr!("Wait for their answer."),
        ),
        "connection_declined" => {
            (tr!("They have rejected a connection with you.").into(), tr!("They can still ask you."))
        }
        "connection_edge" => (
            tr!("That connection is {from}: it cannot become {to}.", from = fact("from"), to = fact("to")),
            tr!("Look at it again; the other side may have answered."),
        ),
        "step_up_wrong" => {
            (tr!("That is not your password.").into(), tr!("Type it again; capital letters count."))
        }
        "emergency_providers_only" => (
            tr!("Only those with whom patients are booked break the glass.").into(),
            tr!("Call the provider who is on duty."),
        ),
        "emergency_no_such_patient" => (
            tr!("No patient has exactly that number and that birth date.").into(),
            tr!("Type the whole record, national or Medicare number, and the birth date as registered."),
        ),
        "emergency_not_for_oneself" => {
            (tr!("Nobody breaks the glass for their own record.").into(), tr!("Ask a colleague."))
        }
        "emergency_one_at_a_time" => (
            tr!("Another emergency access of yours is open.").into(),
            tr!("End it first; then open this one."),
        ),
        "emergency_needs_reason" => {
            (tr!("An emergency access needs a reason; it is reviewed.").into(), tr!("Write it first."))
        }
        "emergency_needs_centre" => (
            tr!("An emergency happens at one of your centres, and you have none.").into(),
            tr!("Ask an administrator to add one."),
        ),
        "emergency_by_the_glass" => (
            tr!("An emergency with a patient you do not treat is not booked with yourself.").into(),
            tr!("Break the glass: it asks for the reason and is reviewed."),
        ),
        "emergency_is_over" => (
            tr!("That emergency access has ended.").into(),
            tr!("What you wrote stays open to you; break the glass again if you must read more."),
        ),
        "emergency_reviewers_only" => {
            (tr!("Your role does not review emergency accesses.").into(), tr!("An auditor reviews them."))
        }
        "emergency_own_review" => (
            tr!("Nobody reviews an emergency access of their own, or to their own record.").into(),
            tr!("Another auditor reviews it."),
        ),
        "emergency_is_reviewed" => {
            (tr!("{by} has reviewed it already.", by = fact("by")), tr!("Open it to read what was decided."))
        }
        "emergency_still_open" => (tr!("It is still open.").into(), tr!("Review it once it has ended.")),
        "emergency_review_needs_note" => {
            (tr!("A review says why.").into(), tr!("Write a sentence; it is kept."))
        }
        "read_emergency_over" | "record_emergency_over" => (
            tr!("Your emergency access to this patient has ended.").into(),
            tr!("What you wrote stays open to you; ask for access, or break the glass again."),
        ),
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

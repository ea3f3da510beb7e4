//! The rules of the queue and of services as sentences.
use crate::{domain::why::Why, tr};
use serde_json::Value;

/// The refusal of a rule of the queue; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let status = crate::domain::appointment::AppointmentStatus::from_code(
        facts["status"].as_str().unwrap_or_default(),
    )
    .map_or("", |s| s.word());
    let (sentence, instead): (String, &str) = match rule {
        "queue_over" => (
            tr!("The appointment is {status}: it stands in no queue.", status = status),
            tr!("A priority is set while it is booked or the patient waits."),
        ),
        "queue_not_waiting" => (
            tr!("Only who has arrived and waits is called; this appointment is {status}.", status = status),
            tr!("Check the patient in first."),
        ),
        "queue_not_called" => {
            (tr!("The patient is not called at the moment.").into(), tr!("Call them first."))
        }
        "service_wrong" => (
            tr!("No service of this name signs in with this secret.").into(),
            tr!("`praxis user add --service` makes a new one with its file."),
        ),
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

//! The rules of choosing a time together with others, as sentences.
use crate::{domain::why::Why, tr};
use serde_json::Value;

/// Who has a provider's time, and who took it when.
pub(super) fn taken(facts: &Value) -> String {
    let fact = |name: &str| facts[name].as_str().unwrap_or_default();
    let (with, time, at, who) = (fact("with"), fact("time"), fact("at"), fact("who"));
    if at.is_empty() || who.is_empty() {
        return tr!("{with} already has somebody at {time}.", with = with, time = time);
    }
    tr!(
        "{with} already has somebody at {time}: taken by {who} at {at}.",
        with = with,
        time = time,
        who = who,
        at = at
    )
}

/// The refusal of a rule of holds and series; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let fact = |name: &str| match &facts[name] {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let telephone = match fact("phone").as_str() {
        "" => tr!("Telephone the clinic: reception does it at any time.").to_owned(),
        phone => tr!(
            "Telephone {centre}, {phone}: reception does it at any time.",
            centre = fact("centre"),
            phone = phone
        ),
    };
    let (sentence, instead): (String, &str) = match rule {
        "slot_being_chosen" => (
            tr!(
                "{who} is choosing {time} just now and holds it until {until}.",
                who = fact("who"),
                time = fact("time"),
                until = fact("until")
            ),
            tr!("Choose another time, or wait until then."),
        ),
        "patient_cancels_early" => (
            tr!(
                "An appointment is cancelled or moved by the patient at least {days} days before.",
                days = fact("days")
            ),
            &telephone,
        ),
        "cancel_own_arrived" => (
            tr!("You have been checked in for this appointment at {centre}.", centre = fact("centre")),
            tr!("Tell the reception there that you are leaving."),
        ),
        "series_of_others" => (
            tr!("Only appointments that you have just booked yourself are tied together.").into(),
            tr!("Book them together again."),
        ),
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

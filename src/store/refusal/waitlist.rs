//! The rules of the waiting list as sentences.
use crate::{
    domain::{waitlist::WaitStatus, why::Why},
    tr,
};
use chrono::NaiveDate;
use serde_json::Value;

/// The refusal of a rule of the waiting list; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let fact = |name: &str| match &facts[name] {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let (sentence, instead): (String, &str) = match rule {
        "waitlist_already" => (
            tr!(
                "The patient waits for that already, since {since}, added by {who}.",
                since = fact("since"),
                who = fact("who")
            ),
            tr!("Change that entry: l on the patient's page shows it, and so does the waiting list."),
        ),
        "waitlist_over" => (
            tr!("The days of that wish are over since {last}.", last = fact("last")),
            tr!("Give it a later last day."),
        ),
        "waitlist_not_there" => (
            tr!("That provider does not work at {centre}.", centre = fact("centre")),
            tr!("Leave the centre open, or choose one where they work."),
        ),
        "waitlist_nobody" => (
            tr!(
                "Nobody of that profession ({profession}) works there.",
                profession = fact("profession").replace('_', " ")
            ),
            tr!("Leave centre and department open, or choose others."),
        ),
        "waitlist_closed" => (
            tr!("That wish is not open any more: it is {status}.", status = status(&fact("status"))),
            tr!("Add the patient again; E on the waiting list shows what has ended."),
        ),
        "waitlist_being_called" => (
            tr!(
                "{who} is offering the patient {time} just now, until {until}.",
                who = fact("who"),
                time = fact("time"),
                until = fact("until")
            ),
            tr!("Offer it to the next: a number selects, enter offers."),
        ),
        "slot_being_offered" => (
            tr!(
                "{who} has {time} just now, on the phone or choosing it, until {until}.",
                who = fact("who"),
                time = fact("time"),
                until = fact("until")
            ),
            tr!("Wait until then, or leave it to them."),
        ),
        "waitlist_no_call" => (
            tr!("That call is not yours, or it was answered already.").into(),
            tr!("Enter offers the time again."),
        ),
        "waitlist_other_patient" => (
            tr!("That appointment is not of the patient who waits, or was not booked just now.").into(),
            tr!("Book it for them from the waiting list."),
        ),
        "waitlist_stays" => (
            tr!("Whose wish it is and who added it does not change.").into(),
            tr!("Withdraw it and add another one."),
        ),
        "waitlist_entry_whom" => (
            tr!("One waits for one provider, or for anybody of one profession.").into(),
            tr!("Choose one of the two."),
        ),
        "waitlist_entry_window" => (
            tr!("The last day comes before the first, or more than a year after it.").into(),
            tr!("Write another last day, like 3w for in three weeks."),
        ),
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

fn status(code: &str) -> String {
    match code {
        "booked" | "declined" | "withdrawn" => {
            WaitStatus::of(code, false, NaiveDate::MIN, NaiveDate::MIN).word().to_owned()
        }
        other => other.to_owned(),
    }
}

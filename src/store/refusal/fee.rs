//! The rules of fees, of the till and of printing as sentences.
use crate::{
    domain::{money::amount, why::Why},
    tr,
};
use serde_json::Value;

/// The refusal of a rule of the till; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let cents = |name: &str| amount(facts[name].as_i64().unwrap_or_default());
    let day = facts["day"].as_str().unwrap_or_default();
    let (sentence, instead): (String, &str) = match rule {
        "fee_more_than_due" => (
            tr!("Only {open} is still to be paid.", open = cents("open")),
            tr!("Whoever may set the fee of the visit changes what is due."),
        ),
        "refund_more_than_paid" => (
            tr!("Of this payment {rest} can still be given back.", rest = cents("rest")),
            tr!("Give back that much, or less."),
        ),
        "refund_needs_reason" => {
            (tr!("Giving back needs a reason.").into(), tr!("Write in a few words why."))
        }
        "day_closed" => (
            tr!("The till of {day} is closed.", day = day),
            tr!("Give a reason: it is then entered as a correction."),
        ),
        "day_not_over" => (
            tr!("The day {day} has not come yet.", day = day),
            tr!("It is closed when it is over, or on the day itself."),
        ),
        "count_differs" => (
            tr!(
                "The till should hold {cash}, and {counted} was counted.",
                cash = cents("cash"),
                counted = cents("counted")
            ),
            tr!("Count again, or write down why it differs."),
        ),
        "payment_stays" => (
            tr!("What was entered in the till never changes.").into(),
            tr!("Give it back, or enter a correction."),
        ),
        "too_many_prints" => (
            tr!("Fifty of your papers wait for the printer already.").into(),
            tr!("Wait until they are printed, or save this one to a file."),
        ),
        _ => return None,
    };
    let why = Why::new(rule, sentence);
    Some(if instead.is_empty() { why } else { why.instead(instead) })
}

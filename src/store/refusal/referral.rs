//! The rules of referrals as sentences.
use crate::{domain::why::Why, tr};
use serde_json::Value;

/// The refusal of a rule of referrals; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let fact = |name: &str| facts[name].as_str().unwrap_or_default().replace('_', " ");
    let (sentence, instead): (String, &str) = match rule {
        "profession_does_not_refer" => (
            tr!("Here only these professions refer: {professions}.", professions = fact("professions")),
            tr!("Ask the patient's GP, or an administrator to change the setting."),
        ),
        "referral_to_oneself" => {
            (tr!("Nobody refers a patient to themselves.").into(), tr!("Book the follow-up instead."))
        }
        "referral_target" => (
            tr!("The referral has no addressee.").into(),
            tr!("Choose a provider or a specialty, or name somebody outside."),
        ),
        "referral_needs_reason" => {
            (tr!("The referral has no reason.").into(), tr!("Write in one line why the patient is sent."))
        }
        "referral_period" => (
            tr!("A referral cannot end before the day it is written.").into(),
            tr!("Choose a later day, or leave it empty for the usual period."),
        ),
        "sent_referral_stays" => {
            (tr!("A referral that was sent never changes.").into(), tr!("Withdraw it and write a new one."))
        }
        "referral_edge" => (
            tr!("A referral that is {from} cannot become {to}.", from = fact("from"), to = fact("to")),
            tr!("Open it again to see what it is now."),
        ),
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

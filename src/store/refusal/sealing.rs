//! Why a text is not sealed or opened, and why a record is not erased, as sentences.
use crate::{domain::why::Why, tr};
use serde_json::Value;

/// The refusal about keys; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let day = |name: &str| facts[name].as_str().unwrap_or_default().get(..10).unwrap_or_default().to_owned();
    let (sentence, instead): (String, &str) = match rule {
        "sealing_no_key" => (
            tr!("This program has no key to seal clinical text with, so it writes none.").into(),
            tr!(
                "An administrator of the system makes one with `praxis keys make` and sets sealing.key_file."
            ),
        ),
        "sealing_wrong_key" => (
            tr!("The key of this program is not the one this clinic's text is sealed under.").into(),
            tr!("sealing.key_file must hold the clinic's key; `praxis keys status` names it."),
        ),
        "sealed_text" => (
            tr!("A text of this record does not open, and nothing is decided without it.").into(),
            tr!("Tell the administrator of the system; the log says which one."),
        ),
        "plain_text_refused" => (
            tr!("This clinic's text is sealed, and the program tried to write it plain.").into(),
            tr!("Install the version of Praxis that belongs to the database."),
        ),
        "sealing_settings_stay" => {
            (tr!("The settings of sealing follow from the keys.").into(), tr!("`praxis keys` changes them."))
        }
        "record_erased" => (
            tr!("This record's key was destroyed on {day}; nothing more is written in it.", day = day("at")),
            tr!("Register the patient anew."),
        ),
        "erasure_role" => {
            (tr!("Only administrators erase a record, two of them together.").into(), tr!("Ask one of them."))
        }
        "erasure_no_patient" => (
            tr!("There is no such patient.").into(),
            tr!("Give the record number as the patient's page shows it."),
        ),
        "retention_not_ended" => (
            tr!("This record must be kept until {day}.", day = day("until")),
            tr!("Deactivate the patient; the policies retention_years and retention_until_age say how long."),
        ),
        "erasure_plain_text" => (
            tr!(
                "{n} texts of this record are older than sealing and would stay readable.",
                n = facts["n"].as_i64().unwrap_or_default()
            ),
            tr!("Run `praxis keys seal` first."),
        ),
        "erasure_already_proposed" => (
            tr!("Erasing this record is proposed already.").into(),
            tr!("Another administrator confirms it, or anybody of them withdraws it."),
        ),
        "erasure_not_proposed" => {
            (tr!("Nobody has proposed to erase this record.").into(), tr!("Propose it first."))
        }
        "erasure_needs_second" => (
            tr!("You proposed to erase this record; another administrator must confirm it.").into(),
            tr!("Ask a second administrator."),
        ),
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

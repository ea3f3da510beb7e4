//! Refusals about records of one person: why two are not merged, and why nothing new comes into one that was.
use crate::{domain::why::Why, tr};
use serde_json::Value;

/// The refusal of merging; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let fact = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
    let (number, into, other) = (fact("number"), fact("into"), fact("other"));
    let (sentence, instead): (String, String) = match rule {
        "patient_merged" if facts["appointment"] == true => (
            tr!("Record {number} was merged into {into}.", number = number, into = into),
            tr!("On the page of {into}, T takes this appointment over.", into = into),
        ),
        "patient_merged" => (
            tr!(
                "Record {number} was merged into {into}: nothing new comes into it.",
                number = number,
                into = into
            ),
            tr!("Open {into} and do it there.", into = into),
        ),
        "merge_itself" => (
            tr!("A record is not merged with itself.").into(),
            tr!("Choose the other record of this person.").into(),
        ),
        "merge_needs_reason" => {
            (tr!("Merging needs a reason; it is kept.").into(), tr!("Write how it is known.").into())
        }
        "merge_no_patient" => {
            (tr!("One of the two records is not there.").into(), tr!("Look for it again.").into())
        }
        "merge_already" => (
            tr!("Record {number} is merged into {into} already.", number = number, into = into),
            tr!("On the page of {into}, U separates them.", into = into),
        ),
        "merge_chain" => (
            tr!("Record {number} is itself merged into {into}.", number = number, into = into),
            tr!("Merge with {into}.", into = into),
        ),
        "merge_goes_on" => (
            tr!(
                "Record {other} was merged into {number}, so {number} goes on.",
                other = other,
                number = number
            ),
            tr!("Swap the two, or separate {other} first.", other = other),
        ),
        "merge_erased" => (
            tr!("Record {number} was erased: nobody reads it any more.", number = number),
            tr!("Leave it as it is.").into(),
        ),
        "merge_visit_open" => (
            tr!("A visit in record {number} is not signed yet.", number = number),
            tr!("Sign or void it first, or swap the two.").into(),
        ),
        "unmerge_not_merged" => (
            tr!("That record is not merged, or was separated meanwhile.").into(),
            tr!("Read the page again.").into(),
        ),
        "merged_overlap" => (
            tr!("Record {number} of the same person has an appointment at that time.", number = number),
            tr!("Choose another time, or take that appointment over on the patient's page.").into(),
        ),
        "erasure_merged" => (
            tr!("The record is merged with another one.").into(),
            tr!("Separate them first; each is erased for itself.").into(),
        ),
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

//! What the table of permissions refuses, as sentences made from it: who may, and what one is signed in as.
use crate::{
    domain::{
        actor::Role,
        permission::{Table, own_record},
        why::Why,
    },
    tr,
};
use serde_json::Value;

/// The refusal of a permission; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let fact = |name: &str| facts[name].as_str().unwrap_or_default();
    let (sentence, instead): (String, &str) = match rule {
        "not_permitted" => {
            return Some(match Role::from_code(fact("role")) {
                Some(role) => because(Table::built_in(), role, fact("action"), fact("why")),
                None => Why::new(rule, tr!("Your role does not allow that here."))
                    .instead(tr!("Ask somebody whose patient or task it is.")),
            });
        }
        "event_unknown" | "event_without_deed" => (
            tr!("The log takes only what somebody did: {action} was not.", action = fact("action")),
            tr!("Do it in the program, which tells the log."),
        ),
        "write_without_event" => (
            tr!("Nothing is saved that the log was not told of.").into(),
            tr!("Do it in the program, which tells the log."),
        ),
        "not_in_own_name" => (
            tr!("Nobody writes under another's name ({column}).", column = fact("column")),
            tr!("Whoever did it signs in and writes it."),
        ),
        "permission_code" => (
            tr!("The action {action} does not know that kind of permission.", action = fact("action")),
            tr!("Choose among those the list offers."),
        ),
        "permission_pending" => (
            tr!("A change of this permission is waiting already.").into(),
            tr!("Confirm or withdraw that one first."),
        ),
        "permission_unchanged" => {
            (tr!("The permission is like that already.").into(), tr!("Choose something else, or leave it."))
        }
        "permission_leaves_nobody" => (
            tr!(
                "Nobody who is active could administer the clinic any more ({action}).",
                action = fact("action")
            ),
            tr!("Give it to another role first."),
        ),
        "permission_decided" => (
            tr!("This change was decided or is in effect already.").into(),
            tr!("Look at the list; propose the opposite if it was wrong."),
        ),
        "permission_second_person" => {
            (tr!("Who proposes a permission does not confirm it.").into(), tr!("Ask another administrator."))
        }
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

/// The sentence for an answer of `auth.may`, from this table.
pub(in crate::store) fn because(table: &Table, role: Role, action: &str, code: &str) -> Why {
    let facts = Value::Null;
    match code {
        "role" | "" => table.not_this_role(role, action),
        "profession" => super::why("profession_does_not_refer", &facts),
        "own_record" => own_record(),
        "not_related" => super::why("provider_books_only_own_patients", &facts),
        "another_patient" => super::why("row_of_another_patient", &facts),
        "strict" | "expired" | "only_cancelled" => super::why(&format!("read_{code}"), &facts),
        _ => table.no_tie(role, action, false),
    }
}

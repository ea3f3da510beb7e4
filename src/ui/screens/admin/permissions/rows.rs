//! The rows of the table of permissions, and one action in words.
use super::row_id;
use crate::{
    domain::{
        actor::Role,
        permission::{Action, Code, Table},
    },
    store::PermissionChange,
    text::{pad, tr_str},
    tr,
};
use chrono_tz::Tz;
use uuid::Uuid;

/// The roles in four columns each, in the order of [`Role::ALL`].
pub(super) const HEAD: &str = "rec nur GP  spe oth pha dia lab aud adm pat";

/// One action.
pub(super) struct Line {
    pub id: Uuid,
    pub action_id: String,
    /// With a mark when a change of it waits.
    pub action: String,
    /// The letters of every role, or of one role in words.
    pub marks: String,
}

/// The actions in the order of the table; of one role only those that it may do, in words.
pub(super) fn lines(rules: &Table, waiting: &[PermissionChange], only: Option<Role>) -> Vec<Line> {
    rules
        .actions()
        .iter()
        .filter(|a| only.is_none_or(|role| !a.codes(role).is_empty()))
        .map(|a| {
            let waits = waiting.iter().any(|w| w.action == a.id);
            let marks = match only {
                Some(role) => a.how(role),
                None => Role::ALL.map(|r| pad(&letters(a.codes(r)), 4)).concat(),
            };
            let action = if waits { format!("{} *", a.id) } else { a.id.clone() };
            Line { id: row_id(&a.id), action_id: a.id.clone(), action, marks }
        })
        .collect()
}

/// At most three letters; more are a plus.
fn letters(codes: &[Code]) -> String {
    let all: String = codes.iter().map(|c| c.letter()).collect();
    if all.chars().count() <= 3 { all } else { all.chars().take(2).chain(['…']).collect() }
}

/// What the letters mean, on the lines below the table.
pub(super) fn legend() -> String {
    tr!(
        "A always, C own centre, O own, R relationship, K connected, T here today, Q sent to them, S themselves, G granted, \
         E emergency; m r p 2 conditions; f not all, + overbook. * a change waits."
    )
    .to_owned()
}

/// A change that waits, in one sentence.
pub(super) fn waiting(change: &PermissionChange, zone: Tz) -> String {
    let named = |codes: &[Code]| match codes {
        [] => tr!("may not").to_owned(),
        codes => codes.iter().map(|c| c.name()).collect::<Vec<_>>().join(" "),
    };
    let when = match change.due {
        Some(due) => {
            tr!("takes effect {at}", at = due.with_timezone(&zone).format("%d %b %H:%M").to_string())
        }
        None => tr!("waits for a second administrator").to_owned(),
    };
    tr!(
        "{by}: {role} from {before} to {after} ({why}); {when}.",
        by = change.by.to_string(),
        role = tr_str(change.role.word()),
        before = named(&change.before),
        after = named(&change.codes),
        why = change.why,
        when = when
    )
}

/// An action role by role, and the changes of it that wait.
pub(super) fn in_words(action: &Action, changes: &[PermissionChange], zone: Tz) -> String {
    let mut lines = vec![tr!("Who may {does}:", does = action.words()), String::new()];
    lines.extend(Role::ALL.map(|r| format!("  {}: {}", tr_str(r.word()), action.how(r))));
    if action.strict {
        lines.push(String::new());
        lines.push(
            tr!(
                "Under the strict history policy relationship, connection and being here today open nothing."
            )
            .into(),
        );
    }
    for change in changes.iter().filter(|c| c.action == action.id) {
        lines.push(String::new());
        lines.push(waiting(change, zone));
    }
    lines.join("\n")
}

//! The table as a document: `docs/permissions.md`.
use super::{Code, Table};
use crate::domain::actor::Role;
use std::fmt::Write as _;

/// The whole document, as `praxis permissions --markdown` prints it.
#[must_use]
pub fn markdown() -> String {
    let table = Table::built_in();
    let mut out = String::from(
        "# Who may do what\n\n\
         Made by `praxis permissions --markdown`; a test compares. The rules of a new database; administrators change them, two\n\
         together, in the program. A blank cell: may not. The database decides by these rows; the program draws by them.\n\n\
         | letter | code | whoever has it may |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let _ = writeln!(out, "| {} | {} | {} |", code.letter(), code.name(), code.words());
    }
    out.push_str("\nA star: under the strict history policy R, K and T open nothing.\n\n| action | ");
    let heads: Vec<&str> = Role::ALL.iter().map(|r| r.word()).collect();
    let _ = writeln!(out, "{} |\n|---|{}", heads.join(" | "), "---|".repeat(heads.len()));
    for action in table.actions() {
        let cells: Vec<String> =
            Role::ALL.iter().map(|r| action.codes(*r).iter().map(|c| c.letter()).collect()).collect();
        let star = if action.strict { "\\*" } else { "" };
        let _ = writeln!(out, "| {}{star}: {} | {} |", action.id, action.does, cells.join(" | "));
    }
    out
}

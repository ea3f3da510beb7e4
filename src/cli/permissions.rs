//! `praxis permissions`: who may do what, as the program carries it: for people, for scripts, or as `docs/permissions.md`.
use super::{Context, Failure, output::say};
use crate::domain::{
    actor::Role,
    permission::{Table, markdown},
};
use std::process::ExitCode;

/// Who may do what in a new database, action by action. What administrators
/// changed since is shown by the program, and counted by `praxis check`.
#[derive(Debug, clap::Args)]
pub struct Permissions {
    /// As the document
    #[arg(long)]
    markdown: bool,
}

impl Permissions {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let table = Table::built_in();
        if self.markdown {
            say(markdown().trim_end());
        } else if context.json {
            let rows: Vec<serde_json::Value> = table
                .actions()
                .iter()
                .flat_map(|a| Role::ALL.map(|r| (a, r)))
                .map(|(a, r)| {
                    let codes: Vec<&str> = a.codes(r).iter().map(|c| c.name()).collect();
                    serde_json::json!({ "action": a.id, "role": r.code(), "codes": codes })
                })
                .collect();
            say(&serde_json::json!({ "permissions": rows }).to_string());
        } else {
            for action in table.actions() {
                let who = action.who();
                say(&format!("{:<26} {}", action.id, if who.is_empty() { "nobody" } else { &who }));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

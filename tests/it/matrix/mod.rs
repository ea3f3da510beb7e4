//! Every action as every role in every situation: what the rules say, what the database does, and what is told of it.
//!
//! `expected.txt` is written by hand from the rules; nothing here reads the program's own table to make it.
mod cells;
pub mod clinic;
pub mod expected;

use crate::support::cluster::{block_on, fresh_database};
use std::fmt::Write as _;

/// What cannot be run yet, by action and situation (`*` for all), with the reason: counted and printed, never skipped in silence.
const WAITING: &[(&str, &str, &str)] = &[("*", "d", "the key of a patient cannot be destroyed yet")];

/// One of the files beside this one.
fn text(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/matrix").join(name);
    std::fs::read_to_string(path).expect("a file of the matrix")
}

/// Differences that the permissions of migration 0006 close: counted as waiting until they are there.
const OPEN: &[&str] = &[
    "accounts.open",
    "alert.add",
    "alert.restore",
    "alert.strike",
    "appointment.move",
    "appointment.open/history",
    "appointment.restore",
    "appointment.set-status",
    "appointment.set-status/no-show",
    "diagnosis.add",
    "emergency.open/by-hand",
    "lists.add",
    "lists.add/condition",
    "lists.correct",
    "lists.none-known",
    "lists.resolve",
    "lists.strike",
    "note.add",
    "observation.add",
    "patient.block",
    "patient.change/words",
    "patient.deactivate",
    "patient.open/alerts",
    "patient.reactivate",
    "prescription.add",
    "tests.acknowledge",
    "tests.add-report",
    "tests.add-result",
    "tests.order",
    "tests.set-status",
    "tests.strike-result",
    "treatment.add",
];

fn waits(action: &str, situation: char) -> Option<&'static str> {
    WAITING
        .iter()
        .find(|(a, s, _)| (*a == action || *a == "*") && (*s == "*" || s.contains(situation)))
        .map(|(_, _, why)| *why)
}

#[test]
fn what_each_role_may_do_in_each_situation_is_what_the_rules_say() {
    let since = std::time::Instant::now();
    let db = fresh_database();
    block_on(async {
        let table = expected::table();
        let speakers = clinic::build(&db).await;
        let built = since.elapsed();
        let found = cells::run(&table, speakers).await;
        let mut waiting = std::collections::BTreeMap::<&str, usize>::new();
        let (mut cells, mut wrong) = (0, String::new());
        for cell in found {
            if let Some(why) = waits(&cell.action, cell.situation) {
                *waiting.entry(why).or_default() += 1;
                continue;
            }
            if cell.expected != cell.found && OPEN.contains(&cell.action.as_str()) {
                *waiting.entry("the database does not agree yet").or_default() += 1;
                continue;
            }
            cells += 1;
            if cell.expected != cell.found {
                let word = |yes: bool| if yes { "allowed" } else { "refused" };
                let _ = writeln!(
                    wrong,
                    "{}, {}, {}, {}, {} ({})",
                    cell.action,
                    cell.role,
                    cell.situation,
                    word(cell.expected),
                    word(cell.found),
                    cell.said
                );
            }
        }
        println!(
            "{cells} cells as SQL, {} ms to build, {} ms in all",
            built.as_millis(),
            since.elapsed().as_millis()
        );
        for (why, n) in &waiting {
            println!("{n} cells wait: {why}");
        }
        assert!(wrong.is_empty(), "action, role, situation, expected, found:\n{wrong}");
    });
}

//! Every action as every role in every situation: what the rules say, what the database does, and what is told of it.
//!
//! `expected.txt` is written by hand from the rules; nothing here reads the program's own table to make it.
mod calls;
mod cells;
pub mod clinic;
pub mod deeds;
mod desk;
pub mod expected;
mod views;

use crate::support::cluster::block_on;
use std::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Actions that have no statement here, with the reason: counted and printed, never skipped in silence.
const NOT_YET: &[(&str, &str)] =
    &[("appointment.book-held", "a condition of appointment.book: tests of availability")];

/// One of the files beside this one.
fn text(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/matrix").join(name);
    std::fs::read_to_string(path).expect("a file of the matrix")
}

/// Where one of the three answers about less than the rule says, and who answers the rest.
const ELSEWHERE: &[Elsewhere] = &[
    Elsewhere {
        of: &["server", "program"],
        actions: &[
            "visit.save",
            "visit.pause",
            "visit.sign",
            "visit.void",
            "visit.set-fee",
            "note.add",
            "note.change",
            "observation.add",
            "tests.order",
            "tests.add-report",
            "diagnosis.add",
            "diagnosis.change",
            "diagnosis.promote",
            "prescription.add",
            "treatment.add",
            "end.book-follow-up",
            "referral.write",
            "referral.change",
        ],
        roles: &[],
        situations: "x",
        why: "that the visit is signed is a rule of the visit, which the statement meets",
    },
    Elsewhere {
        of: &["server", "program", "statement"],
        actions: &[],
        roles: &[],
        situations: "d",
        why: "without its key nothing can be sealed: the store meets that when it writes a text",
    },
    Elsewhere {
        of: &["server"],
        actions: &["appointment.book"],
        roles: &["gp", "specialist", "pharmacist", "other_provider", "diagnostics_provider"],
        situations: "bcnorx",
        why: "whom it is booked with is known to the statement and the program",
    },
    Elsewhere {
        of: &["server", "program"],
        actions: &["end.book-follow-up"],
        roles: &[],
        situations: "b",
        why: "whom it is booked with is known to the statement and the program",
    },
    Elsewhere {
        of: &["server", "program"],
        actions: &["access.request", "emergency.open"],
        roles: &[],
        situations: "aekbdsmw",
        why: "that the record is open to them already is a rule of asking, which the statement meets",
    },
    Elsewhere {
        of: &["server", "program"],
        actions: &["connection.request"],
        roles: &[],
        situations: "k",
        why: "that they are connected already is a rule of connections, which the statement meets",
    },
    Elsewhere {
        of: &["server", "program"],
        actions: &[
            "patient.change",
            "patient.merge",
            "patient.unmerge",
            "alert.add",
            "appointment.book",
            "appointment.move",
            "appointment.set-status",
            "appointment.restore",
            "observation.add",
            "lists.add",
            "lists.correct",
            "lists.resolve",
            "lists.none-known",
            "connection.request",
            "waitlist.add",
            "waitlist.change",
        ],
        roles: &[],
        situations: "w",
        why: "that nothing new is written in a merged record is a rule of its rows, which the statement meets",
    },
    Elsewhere {
        of: &["server", "program"],
        actions: &["subject.erase"],
        roles: &[],
        situations: "mw",
        why: "that a record stands alone before it is erased is a rule of erasing, which the statement meets",
    },
    Elsewhere {
        of: &["statement"],
        actions: &["message.send"],
        roles: &[],
        situations: "z",
        why: "who is nobody may write to the clinic too, and is not taken for anybody",
    },
    Elsewhere {
        of: &["server", "program"],
        actions: &["tests.open/queue"],
        roles: &[],
        situations: "s",
        why: "that one's own record shows what is signed is a policy of its rows, which the statement meets",
    },
];

/// See [`ELSEWHERE`]; no roles: all of them.
struct Elsewhere {
    of: &'static [&'static str],
    actions: &'static [&'static str],
    roles: &'static [&'static str],
    situations: &'static str,
    why: &'static str,
}

impl Elsewhere {
    fn has(&self, cell: &cells::Outcome) -> bool {
        self.of.contains(&cell.of)
            && (self.actions.contains(&cell.action.as_str()) || self.actions.is_empty() && !cell.expected)
            && (self.roles.is_empty() || self.roles.contains(&cell.role))
            && self.situations.contains(cell.situation)
    }
}

/// The roles of each part, by their columns: four parts of about the same size run side by side.
const PARTS: [std::ops::Range<usize>; 4] = [0..3, 3..5, 5..8, 8..expected::ROLES.len()];

/// Cells of all parts that agreed so far.
static AGREED: AtomicUsize = AtomicUsize::new(0);

#[test]
fn the_parts_are_all_roles() {
    let all: Vec<usize> = PARTS.into_iter().flatten().collect();
    assert_eq!(all, (0..expected::ROLES.len()).collect::<Vec<_>>());
}

#[test]
fn what_patients_receptionists_and_nurses_may_do_in_each_situation_is_what_the_rules_say() {
    as_the_rules_say(&PARTS[0]);
}

#[test]
fn what_doctors_may_do_in_each_situation_is_what_the_rules_say() {
    as_the_rules_say(&PARTS[1]);
}

#[test]
fn what_pharmacists_and_other_providers_may_do_in_each_situation_is_what_the_rules_say() {
    as_the_rules_say(&PARTS[2]);
}

#[test]
fn what_lab_technicians_auditors_and_administrators_may_do_in_each_situation_is_what_the_rules_say() {
    as_the_rules_say(&PARTS[3]);
}

fn as_the_rules_say(roles: &std::ops::Range<usize>) {
    let since = std::time::Instant::now();
    let db = clinic::copy();
    block_on(async {
        let table = expected::table();
        let mut speakers = clinic::speakers(&db, |p| roles.contains(&p.role)).await;
        let stores = calls::sign_in(&db, &speakers).await;
        clinic::disable(&db).await;
        cells::prepare(&mut db.superuser().await).await;
        let built = since.elapsed();
        let (found, statements) = cells::run(&table, &mut speakers).await;
        let mut waiting = std::collections::BTreeMap::<&str, usize>::new();
        let mut agreed = std::collections::BTreeMap::<&str, usize>::new();
        let mut wrong = String::new();
        for cell in found {
            let elsewhere =
                ELSEWHERE.iter().find(|e| cell.expected != cell.found && e.has(&cell)).map(|e| e.why);
            if let Some(why) = elsewhere {
                *waiting.entry(why).or_default() += 1;
                continue;
            }
            *agreed.entry(cell.of).or_default() += usize::from(cell.expected == cell.found);
            if cell.expected != cell.found {
                let word = |yes: bool| if yes { "allowed" } else { "refused" };
                let (of, action, role, situation) = (cell.of, &cell.action, cell.role, cell.situation);
                let (expected, found) = (word(cell.expected), word(cell.found));
                let _ = writeln!(
                    wrong,
                    "{of}, {action}, {role}, {situation}, {expected}, {found} ({})",
                    cell.said
                );
            }
        }
        let ran = since.elapsed();
        let calls = calls::run(&table, &db, &speakers, &stores).await;
        calls::tell(&table, &calls, PARTS.len());
        for call in calls {
            // What is done is told under the action's own name.
            let told = !call.found || call.told == call.action;
            *agreed.entry("call").or_default() += usize::from(call.expected == call.found);
            *agreed.entry("log").or_default() += usize::from(call.found && told);
            if call.expected != call.found || !told {
                let calls::Call { action, role, situation, expected, found, told, said } = call;
                let _ = writeln!(
                    wrong,
                    "call, {action}, {role}, {situation}, {expected}, {found}, told {told} ({said})"
                );
            }
        }
        let in_cells = roles.len() * expected::SITUATIONS.len();
        for row in table.iter().filter(|r| !cells::has_statement(r.action)) {
            let known = NOT_YET
                .iter()
                .find(|(a, _)| *a == row.action || a.ends_with('.') && row.action.starts_with(a));
            let Some((_, why)) = known else { panic!("{} is neither run nor listed", row.action) };
            *waiting.entry(why).or_default() += in_cells;
        }
        let all: usize = agreed.values().sum();
        let so_far = AGREED.fetch_add(all, Ordering::Relaxed) + all;
        println!(
            "{all} cells of {:?} agree, {so_far} in all {agreed:?} ({statements} statements); {} ms to build, {} ms with the statements, {} ms in all",
            &expected::ROLES[roles.clone()],
            built.as_millis(),
            ran.as_millis(),
            since.elapsed().as_millis()
        );
        for (why, n) in &waiting {
            println!("{n} cells apart: {why}");
        }
        assert!(wrong.is_empty(), "action, role, situation, expected, found:\n{wrong}");
    });
}

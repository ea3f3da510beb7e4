//! Every action as every role in every situation: what the rules say, what the database does, and what is told of it.
//!
//! `expected.txt` is written by hand from the rules; nothing here reads the program's own table to make it.
mod calls;
mod cells;
pub mod clinic;
pub mod expected;

use crate::support::cluster::{block_on, fresh_database};
use std::fmt::Write as _;

/// Actions that have neither statement nor call here yet, with the reason: counted and printed, never skipped in silence.
const NOT_YET: &[(&str, &str)] = &[
    ("account.block", "no statement of its own: an account is deactivated"),
    ("session.hold", "the sessions' own rule, and the tests of availability"),
    ("session.release", "the sessions' own rule, and the tests of availability"),
    ("session.generate", "a session.add of each session"),
    ("session.copy-week", "a session.add of each session"),
    ("appointment.book-held", "a condition of appointment.book: tests of availability"),
    ("appointment.set-room", "a change of the appointment: tests of availability"),
    ("exception.", "tests of availability"),
    ("room.change", "the rule of room.add: tests of availability"),
    ("room.retire", "the rule of room.add: tests of availability"),
    ("room.reopen", "the rule of room.add: tests of availability"),
    ("permission.", "proposed and confirmed by two: tests of permissions"),
    ("access.", "requests for access are not there yet"),
    ("connection.", "requests for a connection are not there yet"),
    ("emergency.", "opening, ending and reviewing an emergency are not there yet"),
    ("sign-in.", "before or around a session: tests of signing in"),
    ("account.change-password", "needs the old password's proof: tests of signing in"),
    ("account.register", "not there yet"),
    ("profile.change", "not there yet"),
    ("message.", "tests of messages"),
    ("record.viewers", "tests of the log"),
    ("audit.export", "the rows of audit.open, to a file"),
    ("subject.", "by two persons, and past the end of retention: tests of sealing"),
];

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
        situations: "cnorx",
        why: "whom it is booked with is known to the statement and the program",
    },
    Elsewhere {
        of: &["statement"],
        actions: &["visit.open", "tests.open"],
        roles: &[],
        situations: "s",
        why: "the rows are those of one's own record, which is another view of them",
    },
    Elsewhere {
        of: &["server", "program"],
        actions: &["tests.open/queue"],
        roles: &[],
        situations: "s",
        why: "that one's own record shows what is signed is a policy of its rows, which the statement meets",
    },
    Elsewhere {
        of: &["statement"],
        actions: &["patient.open"],
        roles: &["auditor"],
        situations: "aexcnorkb",
        why: "the row is the search's, which every member of staff may make",
    },
    Elsewhere {
        of: &["statement"],
        actions: &["board.open"],
        roles: &[],
        situations: "aexcnorskb",
        why: "the rows are those of the appointments, which are open one by one",
    },
    Elsewhere {
        of: &["statement"],
        actions: &["accounts.open"],
        roles: &[],
        situations: "aexcnorskb",
        why: "the rows are the directory's: who works here, and how to reach them",
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

#[test]
fn what_each_role_may_do_in_each_situation_is_what_the_rules_say() {
    let since = std::time::Instant::now();
    let db = fresh_database();
    block_on(async {
        let table = expected::table();
        let mut speakers = clinic::build(&db).await;
        let built = since.elapsed();
        let found = cells::run(&table, &mut speakers).await;
        let ran = since.elapsed();
        let mut waiting = std::collections::BTreeMap::<&str, usize>::new();
        let mut agreed = std::collections::BTreeMap::<&str, usize>::new();
        let mut wrong = String::new();
        let ran_actions: std::collections::BTreeSet<String> =
            found.iter().map(|c| c.action.clone()).collect();
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
        for call in calls::run(&table, &speakers, &mut db.superuser().await).await {
            // Allowed is told as done, refused never is.
            *agreed.entry("call").or_default() += usize::from(call.expected == call.found);
            *agreed.entry("log").or_default() += usize::from(call.logged == call.found);
            if call.expected != call.found || call.logged != call.found {
                let calls::Call { action, role, situation, expected, found, logged, said } = call;
                let _ = writeln!(
                    wrong,
                    "call, {action}, {role}, {situation}, {expected}, {found}, logged {logged} ({said})"
                );
            }
        }
        let all: usize = agreed.values().sum();
        let in_cells = expected::ROLES.len() * expected::SITUATIONS.len();
        for row in table.iter().filter(|r| !ran_actions.contains(r.action)) {
            let why = NOT_YET
                .iter()
                .find(|(a, _)| *a == row.action || a.ends_with('.') && row.action.starts_with(a));
            let Some((_, why)) = why else { panic!("{} is neither run nor listed", row.action) };
            *waiting.entry(why).or_default() += in_cells;
        }
        println!(
            "{all} cells agree {agreed:?}; {} ms to build, {} ms with the statements, {} ms in all",
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

//! The same cells through the store's own functions: what they answer, and what the log is told in the same transaction.
//!
//! Nothing is kept: an event of something done ends its transaction with the event's name, so each call meets the clinic as it
//! was built, and what would have been told is read from the refusal to commit.
use super::{
    clinic::{Cell, Speaker},
    deeds, desk,
    expected::{ROLES, Row},
    views,
};
use crate::support::{cluster::Db, people};
use praxis::{
    domain::actor::Role,
    store::{Error, SignIn},
};
use sqlx::Connection as _;
use std::{
    collections::BTreeSet,
    sync::{LazyLock, Mutex},
};

/// Actions that no function of the store can be asked for here, each with the reason.
const NOT_CALLED: &[(&str, &str)] = &[
    ("sign-in.open", "signing in is how each of these sessions began"),
    ("sign-in.close", "it would end the session; tests of signing in"),
    (
        "sign-in.second-factor",
        "one's own is told by the database while codes are exchanged: tests of second factors",
    ),
    ("account.change-password", "told by the database; it would change the password of the next call"),
    ("visit.sign", "it needs a sealed complaint and diagnosis of before: tests of visits sign them"),
    ("appointment.book-held", "a condition of appointment.book: tests of availability"),
    ("emergency.open", "one at a time, and each of these people has one open: tests of emergencies"),
    ("own.open", "the speaker's own record, whoever the patient of a cell is: tests of a patient's home"),
    (
        "display.open",
        "the screen signs in as a service, and people have no function for it: tests of the display",
    ),
    ("setting.change", "a policy of this clinic would be another for the calls beside it: tests of policies"),
];

/// What concerns no patient of a cell: the situation says only who is disabled, and it is asked once beside.
const OF_NOBODY: &[&str] = &[
    "patients.open",
    "patient.register",
    "home.open",
    "own.open",
    "referrals.open",
    "records.search",
    "accounts.open",
    "account.",
    "centre.",
    "department.",
    "provider.",
    "registration.",
    "permission.",
    "message.send",
    "message.open",
    "audit.",
    "sign-in.",
    "profile.change",
    "session.",
    "exception.",
    "day.close",
    "print.",
    "visit-type.",
    "room.",
    "subject.erase",
];

/// One call: whether it was allowed, and what the log was told.
pub struct Call {
    pub action: &'static str,
    pub role: &'static str,
    pub situation: char,
    pub expected: bool,
    pub found: bool,
    /// The event's action, where it was allowed.
    pub told: String,
    pub said: String,
}

/// Everybody signs in through the store, before some of them are disabled.
pub async fn sign_in(db: &Db, speakers: &[Speaker]) -> Vec<SignIn> {
    let mut stores = vec![];
    for speaker in speakers {
        stores.push(people::signed_in(db, speaker.login).await);
    }
    stores
}

/// From now on what is told as done is not kept.
async fn keep_nothing(db: &Db) {
    let mut su = db.superuser().await;
    sqlx::raw_sql(
        "create function matrix.told() returns trigger language plpgsql as $$ begin
             raise sqlstate 'PX999' using message = 'told ' || new.action;
         end $$;
         create constraint trigger told after insert on audit.event deferrable initially deferred
             for each row when (new.outcome = 'done') execute function matrix.told();",
    )
    .execute(&mut su)
    .await
    .expect("a trigger");
    su.close().await.expect("closed");
}

/// Calls everything as everybody.
pub async fn run(table: &[Row], db: &Db, speakers: &[Speaker], stores: &[SignIn]) -> Vec<Call> {
    keep_nothing(db).await;
    let (mut calls, mut not_called) = (vec![], BTreeSet::new());
    for (speaker, s) in speakers.iter().zip(stores) {
        for (n, row) in table.iter().filter(|r| !r.action.contains('/')).enumerate() {
            if NOT_CALLED.iter().any(|(a, _)| *a == row.action) || apart(row.action, s.actor.role) {
                continue;
            }
            let of_nobody =
                OF_NOBODY.iter().any(|a| row.action == *a || a.ends_with('.') && row.action.starts_with(a));
            for (k, cell) in speaker.cells.iter().enumerate() {
                let plan = Turn { action: n, situation: k, role: speaker.role };
                if !plan.comes(row, cell.situation, of_nobody)
                    || elsewhere(row.action, s.actor.role, cell.situation)
                {
                    continue;
                }
                let expected = if of_nobody && cell.situation != 'z' {
                    row.ever(speaker.role)
                } else {
                    row.allows(speaker.role, cell.situation)
                };
                let Some(answer) = call(s, row.action, cell).await else {
                    not_called.insert(row.action);
                    continue;
                };
                let (mut found, told, said) = match answer {
                    Ok(()) => (true, String::new(), String::new()),
                    Err(Error::Bug { cause, .. }) if cause.to_string().contains("told ") => {
                        let said = cause.to_string();
                        let told =
                            said.split_whitespace().skip_while(|w| *w != "told").nth(1).expect("an action");
                        let told = told.to_owned();
                        (true, told, said)
                    }
                    Err(
                        e @ (Error::Refused(_)
                        | Error::NotFound
                        | Error::NoSession
                        | Error::Stale { .. }
                        | Error::Duplicate(_)
                        | Error::Overlap(_)),
                    ) => (false, String::new(), e.to_string()),
                    Err(e) => panic!("{}, {}, {}: {e:?}", row.action, ROLES[speaker.role], cell.situation),
                };
                // What one wrote oneself in a record that is closed otherwise is another view of it.
                if [("history.open", "patient.open"), ("patient.visits", "records.search")]
                    .contains(&(row.action, &told))
                {
                    found = false;
                }
                let (action, role, situation) = (row.action, ROLES[speaker.role], cell.situation);
                calls.push(Call { action, role, situation, expected, found, told, said });
            }
        }
    }
    println!("in some situations not called: {not_called:?}");
    calls
}

/// What a part of the roles called. The last of `parts` looks whether every action was called by some role.
pub fn tell(table: &[Row], calls: &[Call], parts: usize) {
    static CALLED: Mutex<(usize, BTreeSet<&str>)> = Mutex::new((0, BTreeSet::new()));
    let mut told = CALLED.lock().expect("unharmed");
    told.0 += 1;
    told.1.extend(calls.iter().map(|c| c.action));
    if told.0 < parts {
        return;
    }
    let called = &told.1;
    for row in table.iter().filter(|r| !r.action.contains('/') && !called.contains(r.action)) {
        assert!(
            NOT_CALLED.iter().any(|(a, _)| *a == row.action),
            "{} is never called, nor is it said why",
            row.action
        );
    }
    for (action, why) in NOT_CALLED {
        assert!(!called.contains(action), "{action} is called");
        println!("without a call: {action}: {why}");
    }
    println!("{} actions called", called.len());
}

/// Which cells are called: in turns, so that every action meets every role that may, and every situation. All of them with
/// `PRAXIS_FAULTS`.
struct Turn {
    action: usize,
    situation: usize,
    role: usize,
}

impl Turn {
    fn comes(&self, row: &Row, situation: char, of_nobody: bool) -> bool {
        static ALL: LazyLock<bool> = LazyLock::new(|| std::env::var_os("PRAXIS_FAULTS").is_some());
        let turn = self.action + self.situation + self.role;
        if of_nobody {
            let asked = row.ever(self.role) || *ALL || turn.is_multiple_of(3);
            return situation == 'a' && asked || situation == 'z' && turn.is_multiple_of(24);
        }
        if *ALL {
            return true;
        }
        // Who is disabled has no session, whatever they ask for.
        if situation == 'z' {
            return turn.is_multiple_of(24);
        }
        if !row.ever(self.role) {
            return situation == ['a', 'n', 's'][(self.action + self.role) % 3];
        }
        match ROLES[self.role] {
            "gp" => turn.is_multiple_of(6),
            "specialist" | "pharmacist" | "other_provider" | "diagnostics_provider" => {
                turn.is_multiple_of(13)
            }
            _ => turn.is_multiple_of(8),
        }
    }
}

/// Cells that the store answers otherwise than the statement, and why.
fn elsewhere(action: &str, role: Role, situation: char) -> bool {
    match action {
        // The reason that is given would have to be sealed.
        "patient.deactivate" | "patient.block" | "access.refuse" => situation == 'd',
        // Nothing is taken back where nothing was: no change, and nobody is asked.
        "patient.reactivate" => "sd".contains(situation),
        // An auditor has no patient's key, and writes without naming one.
        "message.send-to-staff" => role == Role::Auditor,
        // What they may change of themselves as patients is their profile's business.
        "patient.change" => {
            situation == 's'
                && matches!(
                    role,
                    Role::Pharmacist | Role::DiagnosticsProvider | Role::LabTechnician | Role::Auditor
                )
        }
        _ => false,
    }
}

/// Where a role's way to an action is another function of the store.
fn apart(action: &str, role: Role) -> bool {
    // Their first screen is totals and the queue, which tell nothing of anybody.
    action == "home.open" && matches!(role, Role::Auditor | Role::Administrator)
        // Its own refusals stand before the question: tests of records.
        || action == "records.search" && matches!(role, Role::Receptionist | Role::Auditor | Role::Administrator)
        // What a patient may change of themselves is their profile's business.
        || action == "patient.change" && role == Role::Patient
}

/// None: the store has no function for it here.
async fn call(s: &SignIn, action: &str, cell: &Cell) -> Option<Result<(), Error>> {
    if let Some(answer) = views::open(s, action, cell).await {
        return Some(answer);
    }
    if let Some(answer) = deeds::of_patient(s, action, cell).await {
        return Some(answer);
    }
    if let Some(answer) = desk::of_desk(s, action, cell).await {
        return Some(answer);
    }
    deeds::of_clinic(s, action, cell).await
}

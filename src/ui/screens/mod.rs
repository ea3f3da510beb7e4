//! The screens. A new one adds three lines here: its module, its commands, its arm.
pub mod appointment;
pub mod history;
pub mod record;
pub mod visit_door;

use super::{
    command::{CommandDef, CommandSet as _},
    cx::{Env, Opening},
    route::{Route, at},
};

/// The commands of every screen, under the heading the help shows them by. One line for each set of commands.
pub const COMMANDS: &[(&str, &[CommandDef])] = &[
    ("Appointment panel", appointment::Command::ALL),
    ("Examination", appointment::examination::Command::ALL),
    ("Lists of a patient", appointment::lists::Command::ALL),
    ("An entry of a list", appointment::entry_form::Command::ALL),
    ("Tests", appointment::tests::Command::ALL),
    ("A report", appointment::report::Command::ALL),
    ("Diagnosis", appointment::diagnosis::Command::ALL),
    ("End of a visit", appointment::end::Command::ALL),
    ("A referral", appointment::referral::Command::ALL),
    ("Record", record::Command::ALL),
    ("Addendum", record::AddendumCommand::ALL),
    ("Visits of a patient", history::Command::ALL),
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
pub const SECTIONS: &[&str] = &[
    "addendum",
    "diagnosis",
    "diagnosis-line",
    "end",
    "end-form",
    "entry",
    "entry-last",
    "examination",
    "examination-rows",
    "examination-vitals",
    "history",
    "lists",
    "lock",
    "past",
    "record",
    "referral",
    "report",
    "tests",
    "tests-line",
    "visit",
    "visit-offer",
];

/// The screen of a place. One arm for each: `Route::Patients => at(patients::Patients::default()),`.
pub(super) fn open(route: &Route, _env: &Env) -> Option<Opening> {
    match route {
        Route::Record(visit) => at(record::RecordView::new(*visit)),
        Route::History(patient) => at(history::HistoryView::new(*patient)),
        Route::NextVisit => at(visit_door::VisitDoor::next()),
        Route::StartVisit(appointment) => at(visit_door::VisitDoor::of(*appointment)),
        Route::Visit(encounter) => at(appointment::Panel::new(*encounter)),
        _ => None,
    }
}

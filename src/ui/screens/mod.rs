//! The screens. A new one adds three lines here: its module, its commands, its arm.
pub mod history;
pub mod record;
pub mod appointment;

use super::{
    command::{CommandDef, CommandSet as _},
    cx::{Env, Opening},
    route::{Route, at},
};

/// The commands of every screen, under the heading the help shows them by. One line for each set of commands.
pub const COMMANDS: &[(&str, &[CommandDef])] = &[
    ("Record", record::Command::ALL),
    ("Addendum", record::AddendumCommand::ALL),
    ("History", history::Command::ALL),
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
pub const SECTIONS: &[&str] = &["lock", "record", "addendum", "history"];
    ("Appointment panel", appointment::Command::ALL),
    ("Lists of a patient", appointment::lists::Command::ALL),
    ("An entry of a list", appointment::entry_form::Command::ALL),
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
pub const SECTIONS: &[&str] = &["lock", "visit", "visit-offer", "history", "entry", "entry-last"];

/// The screen of a place. One arm for each: `Route::Patients => at(patients::Patients::default()),`.
pub(super) fn open(route: &Route, _env: &Env) -> Option<Opening> {
    match route {
        Route::Record(visit) => at(record::RecordView::new(*visit)),
        Route::History(patient) => at(history::HistoryView::new(*patient)),
        Route::Visit(encounter) => at(appointment::Panel::new(*encounter)),
        _ => None,
    }
}

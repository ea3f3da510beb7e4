//! The screens. A new one adds three lines here: its module, its commands, its arm.
pub mod appointment;
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
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
pub const SECTIONS: &[&str] = &[
    "lock",
    "visit",
    "visit-offer",
    "history",
    "entry",
    "entry-last",
    "lists",
    "examination",
    "examination-vitals",
    "examination-rows",
];

/// The screen of a place. One arm for each: `Route::Patients => at(patients::Patients::default()),`.
pub(super) fn open(route: &Route, _env: &Env) -> Option<Opening> {
    match route {
        Route::NextVisit => at(visit_door::VisitDoor::next()),
        Route::StartVisit(appointment) => at(visit_door::VisitDoor::of(*appointment)),
        Route::Visit(encounter) => at(appointment::Panel::new(*encounter)),
        _ => None,
    }
}

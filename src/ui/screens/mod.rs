//! The screens. A new one adds three lines here: its module, its commands, its arm.
use super::{
    command::{CommandDef, CommandSet as _},
    cx::{Env, Opening},
    route::{Route, at},
};

pub mod board;
pub mod booking;
pub mod change_password;
pub mod login;
pub mod patient;
pub mod patients;
pub mod register_patient;

/// The commands of every screen, under the heading the help shows them by. One line for each set of commands.
pub const COMMANDS: &[(&str, &[CommandDef])] = &[
    ("Sign in", login::Command::ALL),
    ("Choose a password", change_password::Command::ALL),
    ("Board", board::Command::ALL),
    ("Booking", booking::Command::ALL),
    ("Patients", patients::Command::ALL),
    ("A patient", patient::Command::ALL),
    ("A patient's form", register_patient::Command::ALL),
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
pub const SECTIONS: &[&str] =
    &["lock", "login", "change-password", "board", "booking", "patients", "patient", "patient-form"];

/// The screen of a place. One arm for each: `Route::Patients => at(patients::Patients::default()),`.
pub(super) fn open(route: &Route, env: &Env) -> Option<Opening> {
    match route {
        Route::Login => at(login::Login::default()),
        Route::ChangePassword => at(change_password::ChangePassword::of(env.actor.as_deref())),
        Route::Board(day) => at(board::Board::at(*day)),
        Route::Booking(start) => at(booking::Booking::new(start.clone())),
        Route::Patients => at(patients::Patients::default()),
        Route::Patient(id) => at(patient::Patient::new(*id)),
        Route::RegisterPatient => at(register_patient::RegisterPatient::new(env.today())),
        Route::EditPatient(id) => at(register_patient::RegisterPatient::of(*id, env.today())),
        _ => None,
    }
}

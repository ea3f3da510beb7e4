//! The screens. A new one adds a line to each of four lists here: its module, its commands, its keymap sections, its arm.
use super::{
    command::{CommandDef, CommandSet as _},
    cx::{Env, Opening},
    route::{Route, at},
};

pub mod appointment;
pub mod board;
pub mod booking;
pub mod change_password;
pub mod login;
pub mod patient;
pub mod patients;
pub mod register_patient;
pub mod workplace;

/// The commands of every screen, under the heading the help shows them by. One line for each set of commands.
#[rustfmt::skip]
pub const COMMANDS: &[(&str, &[CommandDef])] = &[
    ("Sign in", login::Command::ALL),
    ("Choose a password", change_password::Command::ALL),
    ("Where you work", workplace::Command::ALL),
    ("Board", board::Command::ALL),
    ("Booking", booking::Command::ALL),
    ("Patients", patients::Command::ALL),
    ("Patient", patient::Command::ALL),
    ("Form of a patient", register_patient::Command::ALL),
    ("Appointment panel", appointment::Command::ALL),
    ("Lists of a patient", appointment::lists::Command::ALL),
    ("An entry of a list", appointment::entry_form::Command::ALL),
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
#[rustfmt::skip]
pub const SECTIONS: &[&str] = &[
    "lock",
    "login",
    "change-password",
    "workplace",
    "board",
    "booking",
    "patients",
    "patient",
    "patient-form",
    "visit",
    "visit-offer",
    "patient-lists",
    "entry",
    "entry-last",
];

/// The screen of a place. One arm for each: `Route::Patients => at(patients::Patients::default()),`.
pub(super) fn open(route: &Route, env: &Env) -> Option<Opening> {
    match route {
        Route::Login => at(login::Login::default()),
        Route::ChangePassword => at(change_password::ChangePassword::of(env.actor.as_deref())),
        Route::Workplace => at(workplace::ChooseWorkplace::default()),
        Route::Board(day) => at(board::Board::at(*day)),
        Route::Booking(start) => at(booking::Booking::new(start.clone())),
        Route::Patients => at(patients::Patients::default()),
        Route::Patient(id) => at(patient::Patient::new(*id)),
        Route::RegisterPatient => at(register_patient::RegisterPatient::new(env.today())),
        Route::EditPatient(id) => at(register_patient::RegisterPatient::of(*id, env.today())),
        Route::Visit(encounter) => at(appointment::Panel::new(*encounter)),
        _ => None,
    }
}

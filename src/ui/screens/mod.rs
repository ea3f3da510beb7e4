//! The screens. A new one adds three lines here: its module, its commands, its arm.
use super::{
    command::{CommandDef, CommandSet as _},
    cx::{Env, Opening},
    route::{Route, at},
};

pub mod board;
pub mod booking;
pub mod change_password;
pub mod directory;
pub mod history;
pub mod home;
pub mod login;
pub mod records;
pub mod schedule;

/// The commands of every screen, under the heading the help shows them by. One line for each set of commands.
pub const COMMANDS: &[(&str, &[CommandDef])] = &[
    ("Sign in", login::Command::ALL),
    ("Choose a password", change_password::Command::ALL),
    ("My day", home::provider::Command::ALL),
    ("Overview", home::overview::Command::ALL),
    ("My appointments and visits", home::own::Command::ALL),
    ("Schedule", schedule::Command::ALL),
    ("Session", schedule::panel::Command::ALL),
    ("Form of a session", schedule::form::Command::ALL),
    ("Records", records::Command::ALL),
    ("Visits of a patient", history::Command::ALL),
    ("Providers", directory::providers::Command::ALL),
    ("Provider", directory::provider::Command::ALL),
    ("Centres", directory::centres::Command::ALL),
    ("Centre", directory::centre::Command::ALL),
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
pub mod workplace;
pub mod patient;
pub mod patients;
pub mod register_patient;

/// The commands of every screen, under the heading the help shows them by. One line for each set of commands.
#[rustfmt::skip]
pub const COMMANDS: &[(&str, &[CommandDef])] = &[
    ("Sign in", login::Command::ALL),
    ("Choose a password", change_password::Command::ALL),
    ("Where you work", workplace::Command::ALL),
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
#[rustfmt::skip]
pub const SECTIONS: &[&str] = &[
    "lock",
    "login",
    "change-password",
    "home",
    "overview",
    "own",
    "schedule",
    "session",
    "session-form",
    "records",
    "records-line",
    "history",
    "providers",
    "provider",
    "centres",
    "centre",
];
    "workplace",
];
pub const SECTIONS: &[&str] = &["lock", "board", "booking", "patients", "patient", "patient-form"];

/// The screen of a place. One arm for each: `Route::Patients => at(patients::Patients::default()),`.
pub(super) fn open(route: &Route, env: &Env) -> Option<Opening> {
    match route {
        Route::Login => at(login::Login::default()),
        Route::ChangePassword => at(change_password::ChangePassword::of(env.actor.as_deref())),
        Route::Home => home::open(env),
        Route::Schedule(day) => at(schedule::Schedule::from(*day)),
        Route::Records => at(records::Records::default()),
        Route::History(patient) => at(history::History::of(*patient)),
        Route::Providers => at(directory::providers::Providers::default()),
        Route::Provider(id) => at(directory::provider::Provider::of(*id)),
        Route::Centres => at(directory::centres::Centres::default()),
        Route::Centre(id) => at(directory::centre::Centre::of(*id)),
        Route::Workplace => at(workplace::ChooseWorkplace::default()),
        Route::Board(day) => at(board::Board::at(*day)),
        Route::Booking(start) => at(booking::Booking::new(start.clone())),
        Route::Patients => at(patients::Patients::default()),
        Route::Patient(id) => at(patient::Patient::new(*id)),
        Route::RegisterPatient => at(register_patient::RegisterPatient::new(env.today())),
        Route::EditPatient(id) => at(register_patient::RegisterPatient::of(*id, env.today())),
        _ => None,
    }
}

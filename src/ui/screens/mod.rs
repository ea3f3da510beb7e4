//! The screens. A new one adds three lines here: its module, its commands, its arm.
use super::{
    command::{CommandDef, CommandSet as _},
    cx::{Env, Opening},
    route::{Route, at},
};

pub mod change_password;
pub mod login;

/// The commands of every screen, under the heading the help shows them by. One line for each set of commands.
#[rustfmt::skip]
pub const COMMANDS: &[(&str, &[CommandDef])] = &[
    ("Sign in", login::Command::ALL),
    ("Choose a password", change_password::Command::ALL),
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
#[rustfmt::skip]
pub const SECTIONS: &[&str] = &[
    "lock",
    "login",
    "change-password",
];

/// The screen of a place. One arm for each: `Route::Patients => at(patients::Patients::default()),`.
pub(super) fn open(route: &Route, env: &Env) -> Option<Opening> {
    match route {
        Route::Login => at(login::Login::default()),
        Route::ChangePassword => at(change_password::ChangePassword::of(env.actor.as_deref())),
        _ => None,
    }
}

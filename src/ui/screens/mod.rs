//! The screens. A new one adds three lines here: its module, its commands, its arm.
pub mod record;

use super::{
    command::CommandDef,
    cx::{Env, Opening},
    route::Route,
};

/// The commands of every screen, under the heading the help shows them by. One line for each set of commands.
pub const COMMANDS: &[(&str, &[CommandDef])] = &[];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
pub const SECTIONS: &[&str] = &["lock"];

/// The screen of a place. One arm for each: `Route::Patients => at(patients::Patients::default()),`.
pub(super) fn open(route: &Route, _env: &Env) -> Option<Opening> {
    #[expect(clippy::match_single_binding, reason = "the arms of the screens stand here")]
    match route {
        _ => None,
    }
}

//! The first screen of those whom the board does not greet: providers, administrators, auditors, patients.
pub mod details;
pub mod overview;
pub mod own;
pub mod provider;

use crate::{
    domain::actor::Role,
    ui::{
        cx::{Env, Opening},
        route::at,
    },
};

/// The home of the signed-in person, if their role has one of its own.
#[must_use]
pub fn open(env: &Env) -> Option<Opening> {
    let actor = env.actor.as_ref()?;
    match actor.role {
        Role::Administrator | Role::Auditor => at(overview::OverviewHome::default()),
        Role::Patient => at(own::OwnHome::default()),
        role if role.sees_patients() => at(provider::ProviderHomeScreen::default()),
        _ => None,
    }
}

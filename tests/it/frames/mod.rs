//! Screens on a stage: 80x24 through the real keymap, kept as snapshots, and every size without panic.
mod access;
mod accounts;
mod admin;
mod app;
mod audit;
mod availability;
mod board;
pub mod booking;
mod bytes;
mod calendar;
pub mod calendar_sample;
mod choosing;
pub mod command_line;
mod day;
mod desk_words;
pub mod everywhere;
mod find;
pub mod front_desk;
mod inbox;
mod intake;
mod keymaps;
mod line_ahead;
mod login;
mod merging;
mod messages;
mod replan;
pub mod sample;
mod second;
mod subject;
mod till;
pub mod visit;
mod visit_fee;
mod visit_leave;
pub mod waitlist;
mod whole;
mod wire;

use praxis::{
    clock::Clock,
    domain::{
        actor::{Actor, Role, Workplace},
        ids::{AccountId, CentreId, PatientId, ProviderId, SessionId},
        name::PersonName,
        patient::{PatientHit, Sex},
    },
    ui::{cx::Env, screen::Screen, testing::Stage},
};
use std::sync::Arc;

/// Somebody of this role at Randwick; providers have a provider's id, patients a patient's.
pub fn actor(role: Role) -> Actor {
    Actor {
        account: AccountId(uuid::Uuid::from_u128(1)),
        session: SessionId(uuid::Uuid::from_u128(2)),
        role,
        login: "anna".into(),
        name: PersonName::new("Smith", "Anna"),
        provider: role.sees_patients().then_some(ProviderId(uuid::Uuid::from_u128(3))),
        patient: (role == Role::Patient).then_some(PatientId(uuid::Uuid::from_u128(4))),
        workplace: Some(Workplace {
            centre: CentreId(uuid::Uuid::from_u128(5)),
            name: "Randwick Medical Centre".into(),
            zone: chrono_tz::Australia::Sydney,
            contact: "02 5550 1234, 1 High Street, Randwick".into(),
        }),
        clinic_zone: chrono_tz::Australia::Sydney,
        must_change_password: false,
    }
}

/// Thursday 12 March 2026, 09:42 in Sydney.
pub fn env(actor: Option<Actor>) -> Env {
    let at = chrono::DateTime::parse_from_rfc3339("2026-03-12T09:42:00+11:00").expect("an instant");
    Env { clock: Clock::fixed(at.with_timezone(&chrono::Utc)), actor: actor.map(Arc::new), carried: None }
}

/// Somebody whom a search finds.
pub fn hit(n: u128, family: &str, given: &str) -> PatientHit {
    PatientHit {
        id: PatientId(uuid::Uuid::from_u128(n)),
        record_number: n as i32,
        name: PersonName::new(family, given),
        preferred_name: String::new(),
        second_script_name: if n == 4 { "عمر رشيد".into() } else { String::new() },
        sex: Sex::Male,
        birth_date: chrono::NaiveDate::from_ymd_opt(1996, 5, 4),
        phone: "0412 345 678".into(),
        deactivated: false,
        merged_into: None,
        next: (n == 1).then(|| chrono::DateTime::from_timestamp(1_773_271_800, 0).expect("an instant")),
    }
}

/// Draws a screen at every width at five heights and every height at five widths.
pub fn every_size<S: Screen>(make: impl Fn() -> Stage<S>) {
    let mut sizes: Vec<(u16, u16)> = (1..=160).flat_map(|w| [1, 5, 10, 24, 60].map(|h| (w, h))).collect();
    sizes.extend((1..=60).flat_map(|h| [1, 20, 40, 80, 160].map(|w| (w, h))));
    let mut stage = make();
    for (w, h) in sizes {
        stage = stage.at(w, h);
        stage.draw();
    }
}

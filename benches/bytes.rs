//! `cargo bench --bench bytes`: what interactions cost on the line, beside their goals; `docs/performance.md` keeps the
//! last figures. Counts, not times: the same on every machine.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]
#[path = "../tests/it/frames/wire.rs"]
mod wire;

use praxis::domain::{
    actor::{Actor, Role, Workplace},
    ids::{AccountId, CentreId, SessionId},
    name::PersonName,
};
use uuid::Uuid;

fn main() {
    let actor = Actor {
        account: AccountId(Uuid::from_u128(1)),
        session: SessionId(Uuid::from_u128(2)),
        role: Role::Receptionist,
        login: "mei".into(),
        name: PersonName::new("Wong", "Mei"),
        provider: None,
        patient: None,
        workplace: Some(Workplace {
            centre: CentreId(Uuid::from_u128(3)),
            name: "Randwick Medical Centre".into(),
            zone: chrono_tz::Australia::Sydney,
            contact: "02 5550 1234, 1 High Street, Randwick".into(),
        }),
        clinic_zone: chrono_tz::Australia::Sydney,
        must_change_password: false,
    };
    println!("{:<34} {:>6} {:>6}", "interaction", "bytes", "goal");
    for cost in wire::measure(&actor) {
        println!("{:<34} {:>6} {:>6}", cost.what, cost.bytes, cost.goal);
    }
}

//! `cargo bench --bench predict`: how long it takes to predict the rest of a day of 300 visits; the goal is 50 ms.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark measures and prints")]
use chrono::{DateTime, Duration};
use praxis::domain::{
    appointment::{AppointmentKind, AppointmentStatus},
    ids::{AppointmentId, ProviderId},
    predict::{Habits, Slot, predict},
    queue::QueuePlace,
};
use std::time::Instant;
use uuid::Uuid;

fn day(visits: u128, providers: u128) -> Vec<Slot> {
    let per_provider = visits.div_ceil(providers);
    (0..visits)
        .map(|n| {
            let starts_at = DateTime::UNIX_EPOCH + Duration::minutes(480 + 15 * (n % per_provider) as i64);
            let arrived = n % 4 == 0;
            Slot {
                id: AppointmentId(Uuid::from_u128(n * 0x9E37_79B9_7F4A_7C15)),
                provider: ProviderId(Uuid::from_u128(n / per_provider)),
                status: if arrived { AppointmentStatus::Arrived } else { AppointmentStatus::Booked },
                kind: AppointmentKind::Slot,
                habit: None,
                starts_at,
                ends_at: starts_at + Duration::minutes(15),
                arrived_at: arrived.then_some(starts_at),
                started_at: None,
                place: QueuePlace::default(),
            }
        })
        .collect()
}

fn main() {
    println!("{:<34} {:>9} {:>6}", "prediction of the rest of a day", "ms", "goal");
    for (visits, providers) in [(300, 9), (300, 1)] {
        let day = day(visits, providers);
        let now = DateTime::UNIX_EPOCH + Duration::minutes(480);
        let mut times: Vec<f64> = (0..20)
            .map(|_| {
                let since = Instant::now();
                assert_eq!(predict(&day, &Habits::default(), now).len(), day.len());
                since.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let what = format!("{visits} visits, {providers} providers");
        println!("{what:<34} {:>9.2} {:>6}", times[times.len() / 2], 50);
    }
}

//! `cargo bench --bench desks`: a change at one desk on the screens of twenty other programs, each with its own listener
//! and line, drawn. Prints the spread of the times and what each program read again.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints, and stops at what is wrong"
)]
#[allow(
    unused_imports,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the bench uses a part of what the tests share"
)]
#[path = "../tests/it/support/mod.rs"]
mod support;

use praxis::{domain::ids::RequestId, ui::route::Route};
use std::time::{Duration, Instant};
use support::{
    cluster::{block_on, fresh_database},
    desk::Desk,
    people,
};

const DESKS: usize = 20;
const CHANGES: usize = 50;

fn main() {
    block_on(async {
        let db = fresh_database();
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        let linh = people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
        people::appointment(&mut c, &clinic, &clinic.physio, clinic.hao, (10, 30), "booked").await;
        let mut desks = vec![];
        for _ in 0..DESKS {
            let mut desk = Desk::at(&db, "nina", Route::Schedule(None)).await;
            desk.sees("B NGUYEN", true).await;
            desk.settle().await;
            desks.push(desk);
        }
        let mei = people::signed_in(&db, "mei").await;
        let before: u64 = desks.iter().map(|d| d.proxy.statements()).sum();
        let (mut times, mut version) = (vec![], 1);
        for n in 0..CHANGES {
            let (to, seen) = if n % 2 == 0 { ("arrived", "A NGUYEN") } else { ("booked", "B NGUYEN") };
            let since = Instant::now();
            version = mei
                .store
                .set_status(&mei.actor, RequestId::new(), linh, version, to, "")
                .await
                .expect("a change of status");
            let written = since.elapsed();
            let watching = desks.iter_mut().map(|desk| async move {
                desk.sees(seen, true).await;
                since.elapsed()
            });
            let seen: Vec<Duration> = futures::future::join_all(watching)
                .await
                .into_iter()
                .map(|t| t.saturating_sub(written))
                .collect();
            if std::env::var_os("PRAXIS_BENCH_EACH").is_some() {
                let worst = seen.iter().max().copied().unwrap_or_default();
                println!(
                    "change {n:>2}: written in {:.1} ms, the last screen after {:.1} ms",
                    ms(written),
                    ms(worst)
                );
            }
            times.extend(seen);
        }
        let read: u64 = desks.iter().map(|d| d.proxy.statements()).sum::<u64>() - before;
        times.sort();
        let at = |part: f64| {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a place in a list"
            )]
            let place = ((times.len() - 1) as f64 * part) as usize;
            ms(times[place])
        };
        println!("{DESKS} programs, {CHANGES} changes, from the commit to the drawn screen");
        println!(
            "median {:.1} ms   p90 {:.1} ms   p99 {:.1} ms   worst {:.1} ms   (goal: p99 200 ms)",
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0)
        );
        let each = read as f64 / (DESKS * CHANGES) as f64;
        println!("statements of each program after a change: {each:.2} (who speaks, and one provider-day)");
    });
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

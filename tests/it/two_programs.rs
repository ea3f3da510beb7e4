//! Two programs on one database: what one does appears at the other without a key.
use crate::support::{
    cluster::{block_on, fresh_database},
    people,
    program::Program,
};
use std::time::{Duration, Instant};

#[test]
fn a_check_in_at_one_desk_appears_on_the_others_board_without_a_key() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut w = people::writer(&db).await;
        people::appointment(&mut w, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
        people::appointment(&mut w, &clinic, &clinic.gp, clinic.jack, (11, 0), "booked").await;
    });
    let mut one = Program::signed_in(&db, "mei", "NGUYEN Linh");
    let other = Program::signed_in(&db, "mei", "NGUYEN Linh");
    let quiet = other.settle(Duration::from_millis(400));
    one.keys(" ");
    let since = Instant::now();
    other.wait_for("waiting 1");
    let took = since.elapsed();
    assert!(
        other.screen().lines().any(|l| l.contains("NGUYEN Linh") && l.contains("arrived")),
        "{}",
        other.screen()
    );
    println!(
        "the other desk showed the check-in after {} ms, with {} bytes",
        took.as_millis(),
        other.settle(Duration::from_millis(200)) - quiet
    );
    assert!(took < Duration::from_secs(5), "{took:?}");
    one.wait_for("waiting 1");
    // And taken back, the same way.
    one.keys("u");
    other.wait_gone("waiting 1");
    one.wait_gone("waiting 1");
}

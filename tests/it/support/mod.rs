//! What the tests stand on: a server of their own, a terminal, a line that can be cut.
//!
//! Nothing sleeps for a fixed time: everything waits for a condition and fails with what it saw.
#![allow(dead_code, reason = "each area uses its own part")]
pub mod busy;
pub mod cluster;
pub mod people;
pub mod program;
pub mod proxy;
pub mod pty;
pub mod speaker;

use std::time::{Duration, Instant};

/// How long a condition may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `ready` gives something; fails after [`PATIENCE`] with `what`.
pub fn wait_until<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(since.elapsed() < PATIENCE, "waited {} s for {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(5));
    }
}

//! What the tests stand on: a server of their own, a terminal, a line that can be cut.
//!
//! Nothing sleeps for a fixed time: everything waits for a condition and fails with what it saw.
#![allow(dead_code, reason = "each area uses its own part")]
pub mod budgets;
pub mod busy;
pub mod cluster;
pub mod desk;
pub mod people;
pub mod program;
pub mod proxy;
pub mod pty;
pub mod signing;
pub mod speaker;
pub mod texts;

use praxis::store::sealed::{Kek, KekSource};
use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    sync::LazyLock,
    time::{Duration, Instant},
};

/// The key of every test's clinic.
pub fn keys() -> KekSource {
    KekSource::of(vec![Kek::from_bytes([7; 32])])
}

/// The same as a file, for the program itself.
pub static KEY_FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let file = PathBuf::from(concat!(env!("CARGO_TARGET_TMPDIR"), "/sealing-key"));
    let beside = file.with_extension(std::process::id().to_string());
    let mut new =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
    let written = new.as_mut().map(|f| writeln!(f, "praxis-key-1:{}", "07".repeat(32)));
    assert!(matches!(written, Ok(Ok(()))), "the key file is written");
    std::fs::rename(&beside, &file).expect("the key file is in its place");
    file
});

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

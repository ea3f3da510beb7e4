//! One file per sub-command; nobody imports this module but `main`.
pub mod keys;

use std::process::ExitCode;

/// Reads the arguments, runs what they ask for, and turns the result into an exit code of sysexits.
#[must_use]
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}

//! The program's entrance: arguments go to [`praxis::cli`], its answer is the exit code.
fn main() -> std::process::ExitCode {
    praxis::cli::run()
}

//! The command line: one file per sub-command; nobody imports this module but `main`.
//!
//! What goes wrong is said in one plain sentence and what to do about it, and ends with an exit code of sysexits.
mod administration;
mod audit;
mod check;
mod config;
mod demo;
mod demo_data;
mod desk;
mod display;
mod failure;
mod import;
mod jobs;
pub mod keys;
mod migrate;
mod open;
mod output;
mod permissions;
mod printing;
mod program;
mod sealer;
mod sealing;
mod signals;
mod subject;
mod usage;
mod user;

pub use demo_data::login_note;
pub use failure::Failure;

use crate::config::{Config, Inputs, Problems};
use clap::{Parser, Subcommand};
use desk::Run as _;
use std::{path::PathBuf, process::ExitCode};

const AFTER: &str = "\
Exit codes: 0 done, 2 wrong usage, 65 bad input data, 69 no server,
75 try again later, 77 not permitted, 78 bad configuration.";

/// The clinic's day in a terminal. Without a command: opens the program.
#[derive(Debug, Parser)]
#[command(name = "praxis", version, max_term_width = 80, after_help = AFTER, disable_help_subcommand = true)]
pub struct Cli {
    /// Read this configuration file and no other
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Set one key of the configuration for this run
    #[arg(long, value_name = "KEY=VALUE", global = true)]
    set: Vec<String>,
    /// Answer in JSON, for scripts
    #[arg(long, global = true)]
    json: bool,
    /// Open the entrance of patients, which takes nobody else
    #[arg(long)]
    patients: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it: a private server with an invented clinic
    Demo(demo::Demo),
    /// Bring the database to this program's schema
    Migrate(migrate::Migrate),
    /// Look at everything the program needs
    Check(check::Check),
    /// Bring in what another system wrote
    #[command(subcommand)]
    Import(import::Import),
    /// Accounts: the first administrator, codes, who may sign in
    #[command(subcommand)]
    User(user::User),
    /// What the log proves: check it, print a day's root, take lines out
    #[command(subcommand)]
    Audit(audit::Audit),
    /// The waiting room's screen: who is called, and who is next
    Display(display::Display),
    /// The worker that runs beside the program
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Show the policies of the site
    Get(administration::Get),
    /// Change a policy of the site
    Set(administration::Set),
    /// Give somebody another role
    Role(administration::Role),
    /// Show the configuration and where it comes from
    Config(config::Show),
    /// Show who may do what
    Permissions(permissions::Permissions),
    /// What is kept about one person
    #[command(subcommand)]
    Subject(subject::Subject),
    /// The first free times
    Schedule(desk::Schedule),
    /// Who is booked on a day
    Board(desk::Board),
    /// Book a free time
    Book(desk::Book),
    /// Move an appointment
    Move(desk::Move),
    /// Cancel an appointment
    Cancel(desk::Cancel),
    /// Check a patient in
    Arrive(desk::Arrive),
    /// Who waits for a time, and which times came free for them
    Waitlist(desk::Waitlist),
    /// Keys of the keyboard, and keys that clinical text is sealed under
    Keys(keys::Keys),
}

/// What every sub-command is handed.
#[derive(Debug)]
pub struct Context {
    config_file: Option<PathBuf>,
    set: Vec<String>,
    /// Whether the answer is to be JSON.
    pub json: bool,
}

impl Context {
    /// The configuration, merged and checked.
    pub fn config(&self) -> Result<Config, Problems> {
        Config::load(&Inputs::of_process(self.config_file.as_deref(), &self.set))
    }
}

/// Reads the arguments, runs what they ask for, and turns the result into an exit code of sysexits.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) if e.use_stderr() && usage::wants_json() => {
            let failure = usage::failure(&e);
            output::complain(&failure, true);
            return ExitCode::from(failure.code());
        }
        Err(e) => {
            e.print().ok();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    // A panic is a fault of the program: its report is for the log, and has nothing of the environment in it.
    let hooks = color_eyre::config::HookBuilder::default()
        .display_env_section(false)
        .theme(color_eyre::config::Theme::new());
    hooks.install().ok();
    crate::logging::harden().ok();
    let mut set = cli.set;
    if cli.patients {
        set.push("ui.entrance=patients".into());
    }
    let context = Context { config_file: cli.config, set, json: cli.json };
    let done = match cli.command {
        None => open::run(&context),
        Some(Command::Demo(args)) => args.run(&context),
        Some(Command::Migrate(args)) => args.run(&context),
        Some(Command::Check(args)) => args.run(&context),
        Some(Command::Import(args)) => args.run(&context),
        Some(Command::User(args)) => args.run(&context),
        Some(Command::Audit(args)) => args.run(&context),
        Some(Command::Jobs(args)) => args.run(&context),
        Some(Command::Get(args)) => args.run(&context),
        Some(Command::Set(args)) => args.run(&context),
        Some(Command::Role(args)) => args.run(&context),
        Some(Command::Config(args)) => args.run(&context),
        Some(Command::Subject(args)) => args.run(&context),
        Some(Command::Permissions(args)) => args.run(&context),
        Some(Command::Schedule(args)) => args.run(&context),
        Some(Command::Board(args)) => args.run(&context),
        Some(Command::Book(args)) => args.run(&context),
        Some(Command::Move(args)) => args.run(&context),
        Some(Command::Cancel(args)) => args.run(&context),
        Some(Command::Arrive(args)) => args.run(&context),
        Some(Command::Waitlist(args)) => args.run(&context),
        Some(Command::Keys(args)) => args.run(&context),
        Some(Command::Display(args)) => args.run(&context),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&failure, context.json);
            ExitCode::from(failure.code())
        }
    }
}

/// A runtime for the sub-commands that talk to a server.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_help_fits_eighty_columns() {
        let mut command = Cli::command().term_width(80);
        command.build();
        let mut pages = vec![command.render_long_help().to_string()];
        for sub in command.get_subcommands_mut() {
            pages.push(sub.render_long_help().to_string());
        }
        for page in pages {
            assert!(page.lines().all(|l| l.chars().count() <= 80), "{page}");
        }
    }

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}

//! Installing PostgreSQL with the system's own package manager, when somebody asked for it and never otherwise.
use super::error::{Error, io};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// The commands that would install PostgreSQL here, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installer {
    steps: Vec<Vec<&'static str>>,
}

/// Package manager, and what to run with it.
const KNOWN: [(&str, &[&[&str]]); 6] = [
    ("apt-get", &[&["apt-get", "update"], &["apt-get", "install", "-y", "postgresql", "postgresql-contrib"]]),
    ("dnf", &[&["dnf", "install", "-y", "postgresql-server", "postgresql-contrib"]]),
    ("zypper", &[&["zypper", "--non-interactive", "install", "postgresql-server", "postgresql-contrib"]]),
    ("pacman", &[&["pacman", "-S", "--noconfirm", "postgresql"]]),
    ("apk", &[&["apk", "add", "postgresql", "postgresql-contrib"]]),
    ("brew", &[&["brew", "install", "postgresql@17"]]),
];

impl Installer {
    /// What this machine would use; `None` if it has no package manager known here.
    #[must_use]
    pub fn of_this_machine() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let root = rustix::process::geteuid().is_root();
        let (name, steps) = KNOWN.iter().find(|(name, _)| dirs.iter().any(|d| d.join(name).is_file()))?;
        let before = if root || *name == "brew" { None } else { Some("sudo") };
        let steps = steps.iter().map(|s| before.into_iter().chain(s.iter().copied()).collect()).collect();
        Some(Self { steps })
    }

    /// The commands as one would type them.
    #[must_use]
    pub fn commands(&self) -> String {
        self.steps.iter().map(|s| s.join(" ")).collect::<Vec<_>>().join(" && ")
    }
}

/// Runs the commands; what they say goes to this terminal.
pub fn install(with: &Installer) -> Result<(), Error> {
    for step in &with.steps {
        let [program, args @ ..] = step.as_slice() else { continue };
        let status = super::identity::without_settings(Command::new(program).args(args))
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::inherit())
            .status()
            .map_err(io(format!("running {program}")))?;
        if !status.success() {
            return Err(Error::Install(format!(
                "`{}` failed. PostgreSQL is not installed; see what it said above",
                step.join(" ")
            )));
        }
    }
    Ok(())
}

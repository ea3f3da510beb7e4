//! What can go wrong with a server, each as one sentence that says what to do.
use std::path::PathBuf;

/// A server that cannot be found, started or prepared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder holds `postgres`, `initdb` and `pg_ctl`.
    #[error(
        "PostgreSQL's server programs (postgres, initdb, pg_ctl) are not on this machine. Install your system's \
         postgresql package, or set PRAXIS_PG_BINDIR to the folder that holds them"
    )]
    NoBinaries,
    /// The cluster was made by a major version whose programs are not here.
    #[error(
        "the demo's data were made by PostgreSQL {have}, but only version {found} is installed. Install PostgreSQL \
         {have}, or start over with `praxis demo --reset`"
    )]
    WrongMajor { have: String, found: String },
    /// Root may not run PostgreSQL and there is nobody else to be.
    #[error("PostgreSQL refuses to run as root, and this machine has neither a user `postgres` nor `nobody`")]
    NoServerUser,
    /// A folder on the way cannot be entered by the server's user.
    #[error(
        "{} cannot be entered by the user {user}, who runs the server. Allow it with `chmod a+x`, or choose another \
         place with PRAXIS_DEMO_DIR", .folder.display()
    )]
    NotTraversable { folder: PathBuf, user: String },
    /// A program of PostgreSQL ended badly; the text is the end of what it said.
    #[error("{program} failed:\n{said}")]
    Program { program: &'static str, said: String },
    /// The server did not come up in time; the text is the end of its log.
    #[error("the private PostgreSQL server did not start within {seconds} s. The end of {}:\n{tail}", .log.display())]
    Start { seconds: u64, log: PathBuf, tail: String },
    /// The machine's own file operations.
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    /// The server is older than what the schema needs.
    #[error("the server runs PostgreSQL {have}; Praxis needs version {need} or later")]
    TooOld { have: String, need: u32 },
    /// Extensions that the server's machine does not have.
    #[error(
        "the server lacks the PostgreSQL extension{} {}. Install the package `postgresql-contrib` on the server's machine \
         (Debian and Ubuntu: postgresql-contrib; Red Hat: postgresql-contrib; Homebrew has them), then try again",
        if .names.len() == 1 { "" } else { "s" }, .names.join(", ")
    )]
    MissingExtensions { names: Vec<String> },
    /// The login may not create roles or extensions.
    #[error(
        "the login {user} may not {what}. Run `praxis migrate` with a login that is a superuser of the server, once"
    )]
    NotPermitted { user: String, what: String },
    /// The database is from a later version of the program.
    #[error(
        "the database's schema is version {have}, newer than this program's {want}. Use the newer Praxis on this \
         machine too; nothing was changed"
    )]
    SchemaNewer { have: i64, want: i64 },
    /// A migration that was applied is not the one this program carries.
    #[error(
        "migration {version} was applied to this database with another text than this program carries. Use the \
         program that made the database, or restore a backup; nothing was changed"
    )]
    SchemaAltered { version: i64 },
    /// A migration that failed; the database is as it was before it.
    #[error("migration {version} failed and was undone: {source}")]
    Migration { version: i64, source: sqlx::Error },
    /// The server did not prove who it is; nothing was sent to it.
    #[error("{0}")]
    Unproven(String),
    /// Anything else the server said.
    #[error("the database server answered: {0}")]
    Sql(#[from] sqlx::Error),
    /// The installation of PostgreSQL was declined or failed.
    #[error("{0}")]
    Install(String),
}

impl Error {
    /// The exit code of sysexits that fits.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoBinaries
            | Self::Install(_)
            | Self::Unproven(_)
            | Self::Start { .. }
            | Self::Program { .. }
            | Self::WrongMajor { .. } => 69,
            Self::NoServerUser | Self::NotPermitted { .. } | Self::NotTraversable { .. } => 77,
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => 77,
            Self::Io { .. } => 74,
            Self::TooOld { .. } | Self::MissingExtensions { .. } => 69,
            Self::SchemaNewer { .. } | Self::SchemaAltered { .. } => 78,
            Self::Migration { .. } => 70,
            Self::Sql(sqlx::Error::Io(_) | sqlx::Error::Tls(_)) => 69,
            Self::Sql(_) => 69,
        }
    }
}

/// Says what was being done when the machine refused.
pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.into();
    move |source| Error::Io { what, source }
}

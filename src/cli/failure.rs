//! Why a sub-command ended, with the exit code of sysexits that fits.
use crate::{config::Problems, domain::why::Why, server, store};
use std::fmt;

/// Wrong usage.
pub const USAGE: u8 = 2;
/// Input that is wrong.
pub const DATA: u8 = 65;
/// A service is not available: the server, PostgreSQL's programs.
pub const UNAVAILABLE: u8 = 69;
/// A mistake of the program.
pub const SOFTWARE: u8 = 70;
/// A file could not be read or written.
pub const IO: u8 = 74;
/// Try again later.
pub const TRY_LATER: u8 = 75;
/// Not permitted.
pub const NOT_PERMITTED: u8 = 77;
/// The configuration is wrong.
pub const CONFIG: u8 = 78;

/// One sentence for the person who typed the command, and an exit code.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    why: Option<Why>,
}

impl Failure {
    /// A sentence that says what is wrong and what to do.
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), why: None }
    }

    /// A refusal by a rule, which a script may want to tell apart.
    #[must_use]
    pub fn because(code: u8, why: Why) -> Self {
        Self { code, message: why.to_string(), why: Some(why) }
    }

    /// The rule that refused, if one did.
    #[must_use]
    pub fn why(&self) -> Option<&Why> {
        self.why.as_ref()
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<server::Error> for Failure {
    fn from(e: server::Error) -> Self {
        let code = e.exit_code();
        let server::Error::Sql(cause) = &e else { return Self::new(code, e.to_string()) };
        let advice = match cause {
            sqlx::Error::Io(_) => {
                "Is the server running, and is database.url right? `praxis check` looks at both"
            }
            sqlx::Error::Database(said) => match said.code().as_deref() {
                Some("3D000") => {
                    "Is database.url right? A new database is made with `createdb`, then prepared with `praxis migrate`"
                }
                Some("28000" | "28P01") => {
                    "Are login and password right? database.url and database.password_file name them"
                }
                Some("53300") => "All its connections are taken; try again, or raise max_connections",
                _ => "",
            },
            _ => "",
        };
        // The server's own words, without where in its source they stand.
        let said = match cause {
            sqlx::Error::Database(said) => format!("the database server answered: {}", said.message()),
            _ => e.to_string(),
        };
        Self::new(code, if advice.is_empty() { said } else { format!("{said}. {advice}") })
    }
}

impl From<store::Error> for Failure {
    fn from(e: store::Error) -> Self {
        let code = match &e {
            store::Error::Unavailable(_) | store::Error::Slow => UNAVAILABLE,
            store::Error::Schema { .. } | store::Error::Keys(_) => CONFIG,
            store::Error::Refused(_) | store::Error::Overlap(_) | store::Error::NoSession => NOT_PERMITTED,
            store::Error::Duplicate(_) => DATA,
            store::Error::DiskFull
            | store::Error::NotSaved
            | store::Error::Unknown
            | store::Error::Stale { .. } => TRY_LATER,
            _ => SOFTWARE,
        };
        match e {
            store::Error::Refused(why) | store::Error::Overlap(why) | store::Error::Duplicate(why) => {
                Self::because(code, why)
            }
            other => Self::new(code, other.to_string()),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let advice = "Nothing was started. `praxis config --example` shows every key";
        Self::new(CONFIG, format!("the configuration is wrong:\n{problems}\n{advice}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(e: std::io::Error) -> Self {
        let code = if e.kind() == std::io::ErrorKind::PermissionDenied { NOT_PERMITTED } else { IO };
        Self::new(code, format!("the system refused: {e}"))
    }
}

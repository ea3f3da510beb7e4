//! The configuration: one file, every key of which is listed once, in `keys.rs`.
//!
//! A value comes from the first of: the command line (`--set`), the environment (`PRAXIS_…`), the person's own file, the
//! machine's file, what is built in. Nothing is ignored in silence: an unknown key, a wrong type and an impossible value
//! are reported with their file and line, and nothing starts. `DATABASE_URL` is not read: other tools set it, and a
//! clinic must not end up on their database.
mod database;
mod docs;
mod file;
mod keys;
mod private;

pub use database::{Database, Host, Secret};
pub use docs::{example, markdown};
pub use keys::{KEYS, Key, Kind};
pub use private::{Privacy, read_private_file};

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// A line of a file.
    File(PathBuf, usize),
    /// A variable of the environment.
    Environment(String),
    /// `--set` on the command line.
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built in"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "{name}"),
            Self::Flag => f.write_str("--set"),
        }
    }
}

/// Something wrong with the configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A file and line, a variable, or a flag.
    pub place: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Everything that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if n == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Yes, no, or what the terminal suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Look at the terminal and its environment.
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

/// The effective configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The shared server; `None` if none is configured (the demo needs none).
    pub database: Option<Database>,
    /// The file with the key-encryption keys; `None` if none is configured.
    pub sealing_key_file: Option<PathBuf>,
    /// `default`, `vim`, or the path of a keymap file.
    pub keymap: String,
    /// Whom the sign-in screen takes: `everybody`, `staff` or `patients`.
    pub entrance: String,
    /// Fewer bytes: no colour changes that say nothing, no clock seconds, plain borders.
    pub low_bandwidth: bool,
    /// Whether colours are used.
    pub color: When,
    /// Whether borders and marks are drawn in ASCII.
    pub ascii: When,
    /// How long a lone Esc is held for the rest of a split arrow key.
    pub esc_hold: Duration,
    /// After how long without a key the session locks.
    pub idle_lock: Duration,
    /// The log's file.
    pub log_file: PathBuf,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
    /// The program that takes papers, with its first arguments.
    pub print_command: String,
    /// Centre number=printer, separated by commas.
    pub print_printers: String,
    /// Where the log's roots are written outside of the database.
    pub audit_root_file: Option<PathBuf>,
    /// The key that signs them.
    pub audit_signing_key_file: Option<PathBuf>,
    /// The public halves of the keys that did.
    pub audit_public_key_file: Option<PathBuf>,
    values: BTreeMap<&'static str, (String, Source)>,
}

/// What a configuration is made from. Tests make their own; the program uses [`Inputs::of_process`].
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files from the strongest to the weakest. One that does not exist counts only if `required`.
    pub files: Vec<PathBuf>,
    /// Whether the first file was asked for by name and must exist.
    pub required: bool,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// `KEY=VALUE` of the command line.
    pub set: Vec<String>,
    /// Where the log goes when nothing is said.
    pub state_dir: PathBuf,
}

impl Inputs {
    /// The process's environment; the file asked for, or else the person's own and then the machine's.
    #[must_use]
    pub fn of_process(config: Option<&Path>, set: &[String]) -> Self {
        use etcetera::BaseStrategy as _;
        let env: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| {
                let name = name.into_string().ok()?;
                // One of the program's own that is no text is refused like one with a control character, not overlooked.
                let own = name.starts_with("PRAXIS_");
                value
                    .into_string()
                    .ok()
                    .or_else(|| own.then(|| "\u{0}".to_owned()))
                    .map(|value| (name, value))
            })
            .collect();
        let asked = config.map(Path::to_path_buf).or_else(|| env.get("PRAXIS_CONFIG").map(PathBuf::from));
        let dirs = etcetera::choose_base_strategy().ok();
        let files = match &asked {
            Some(file) => vec![file.clone()],
            None => dirs
                .iter()
                .map(|d| d.config_dir().join("praxis/config.toml"))
                .chain([PathBuf::from("/etc/praxis/config.toml")])
                .collect(),
        };
        let state_dir =
            dirs.and_then(|d| d.state_dir()).unwrap_or_else(|| PathBuf::from("/var/tmp")).join("praxis");
        Self { required: asked.is_some(), files, env, set: set.to_vec(), state_dir }
    }
}

impl Config {
    /// Merges what there is, or reports everything that is wrong with it.
    pub fn load(inputs: &Inputs) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut values: BTreeMap<&'static str, (String, Source)> = BTreeMap::new();
        for key in KEYS {
            values.insert(key.name, (key.default.to_owned(), Source::Default));
        }
        values.insert(
            "log.file",
            (inputs.state_dir.join("praxis.log").to_string_lossy().into_owned(), Source::Default),
        );
        for (n, path) in inputs.files.iter().enumerate().rev() {
            file::read(path, inputs.required && n == 0, &mut values, &mut problems);
        }
        from_environment(&inputs.env, &mut values, &mut problems);
        from_flags(&inputs.set, &mut values, &mut problems);
        let database = database::read(&values, &mut problems);
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        // From here on nothing but the `Secret` knows the password.
        if let Some((url, _)) = values.get_mut("database.url") {
            *url = database::without_password(url);
        }
        let text = |name: &str| values.get(name).map(|(v, _)| v.clone()).unwrap_or_default();
        let path = |name: &str| Some(text(name)).filter(|p| !p.is_empty()).map(PathBuf::from);
        let number = |name: &str| text(name).parse::<u64>().unwrap_or_default();
        let when = |name: &str| match text(name).as_str() {
            "always" => When::Always,
            "never" => When::Never,
            _ => When::Auto,
        };
        // systemd shows a credential to this service alone, as a file of this folder.
        let credential =
            inputs.env.get("CREDENTIALS_DIRECTORY").map(|d| Path::new(d).join("praxis-sealing-key"));
        let sealing_key_file = match text("sealing.key_file") {
            none if none.is_empty() => credential.filter(|file| file.exists()),
            file => Some(PathBuf::from(file)),
        };
        Ok(Self {
            database,
            sealing_key_file,
            keymap: text("ui.keymap"),
            entrance: text("ui.entrance"),
            low_bandwidth: text("ui.low_bandwidth") == "true",
            color: when("ui.color"),
            ascii: when("ui.ascii"),
            esc_hold: Duration::from_millis(number("ui.esc_hold_ms")),
            idle_lock: Duration::from_secs(60 * number("ui.idle_lock_minutes")),
            log_file: PathBuf::from(text("log.file")),
            log_level: text("log.level"),
            print_command: text("print.command"),
            print_printers: text("print.printers"),
            audit_root_file: path("audit.root_file"),
            audit_signing_key_file: path("audit.signing_key_file"),
            audit_public_key_file: path("audit.public_key_file"),
            values,
        })
    }

    /// Every key with its value as it may be shown (never a password) and where that came from.
    pub fn shown(&self) -> impl Iterator<Item = (&'static Key, &str, &Source)> {
        KEYS.iter().filter_map(|key| {
            let (value, source) = self.values.get(key.name)?;
            Some((key, value.as_str(), source))
        })
    }

    /// Whether to draw in colour: `ui.color`, else `NO_COLOR` and `TERM` decide.
    #[must_use]
    pub fn uses_color(&self, env: impl Fn(&str) -> Option<String>) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                env("NO_COLOR").is_none_or(|v| v.is_empty())
                    && env("TERM").is_some_and(|t| t != "dumb" && !t.is_empty())
            }
        }
    }

    /// Whether to draw with ASCII only: `ui.ascii`, else a locale or terminal that shows nothing more.
    #[must_use]
    pub fn uses_ascii(&self, env: impl Fn(&str) -> Option<String>) -> bool {
        match self.ascii {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                let locale =
                    ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| env(n).filter(|v| !v.is_empty()));
                let utf8 = locale.is_some_and(|l| {
                    let l = l.to_ascii_lowercase();
                    l.contains("utf-8") || l.contains("utf8")
                });
                !utf8 || env("TERM").is_none_or(|t| t == "dumb")
            }
        }
    }
}

/// Variables that are no keys but belong to the program or its tests.
const OTHER_SECTIONS: [&str; 5] =
    ["PRAXIS_DATABASE_", "PRAXIS_SEALING_", "PRAXIS_UI_", "PRAXIS_LOG_", "PRAXIS_AUDIT_"];

fn from_environment(
    env: &BTreeMap<String, String>,
    values: &mut BTreeMap<&'static str, (String, Source)>,
    problems: &mut Vec<Problem>,
) {
    for (name, value) in env.iter().filter(|(n, _)| n.starts_with("PRAXIS_")) {
        match KEYS.iter().find(|k| k.env() == *name) {
            Some(key) => match key.check(value) {
                Ok(()) => {
                    values.insert(key.name, (value.clone(), Source::Environment(name.clone())));
                }
                Err(message) => problems.push(Problem { place: name.clone(), message }),
            },
            None if OTHER_SECTIONS.iter().any(|s| name.starts_with(s)) => problems.push(Problem {
                place: name.clone(),
                message: format!(
                    "no key has this variable{}",
                    keys::suggest(name, KEYS.iter().map(Key::env))
                ),
            }),
            None => {}
        }
    }
}

fn from_flags(
    set: &[String],
    values: &mut BTreeMap<&'static str, (String, Source)>,
    problems: &mut Vec<Problem>,
) {
    for pair in set {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = format!("--set {}", plain(name));
        let Some(key) = KEYS.iter().find(|k| k.name == name) else {
            problems.push(Problem { place, message: keys::unknown(name) });
            continue;
        };
        if !pair.contains('=') {
            problems.push(Problem { place, message: format!("write --set {name}=VALUE") });
        } else if key.kind == Kind::Url && database::without_password(value) != *value {
            let message =
                "a password in an argument is seen by everybody on this machine; use database.password_file";
            problems.push(Problem { place, message: message.into() });
        } else if let Err(message) = key.check(value) {
            problems.push(Problem { place, message });
        } else {
            values.insert(key.name, (value.to_owned(), Source::Flag));
        }
    }
}

/// Text that may be shown on a terminal whatever was in the file.
fn plain(text: &str) -> String {
    crate::logging::cleaned(text).chars().take(200).collect()
}

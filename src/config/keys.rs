//! The one table of configuration keys: name, kind, default, and what it is for. The documentation, the example and the
//! checks all come from it.

/// The longest value, in bytes: a URL of many hosts, or a long path.
const LONGEST: usize = 4096;

/// A key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// Section and name, such as `ui.keymap`.
    pub name: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// The value as it would be written in the environment; empty where there is none.
    pub default: &'static str,
    /// What it is for, in sentences.
    pub doc: &'static str,
}

/// What values a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A PostgreSQL URL.
    Url,
    /// A path; relative ones are refused.
    Path,
    /// Any text that is not empty.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number between the two, both included.
    Number(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// Every key there is.
pub const KEYS: &[Key] = &[
    Key {
        name: "database.url",
        kind: Kind::Url,
        default: "",
        doc: "The clinic's PostgreSQL server: postgres://praxis_app@db1,db2/clinic. Several hosts are tried in turn until \
              one is the primary. A server on this machine is reached by its socket folder: \
              postgres://praxis_app@localhost/clinic?host=/run/postgresql. A file with a password in it must not be \
              readable by everybody; database.password_file is better. DATABASE_URL is not read.",
    },
    Key {
        name: "database.sslmode",
        kind: Kind::Text,
        default: "verify-full",
        doc: "How a server on another machine proves who it is. Only verify-full is accepted, which checks its certificate \
              and name; a Unix socket needs none.",
    },
    Key {
        name: "database.ca_file",
        kind: Kind::Path,
        default: "",
        doc: "The certificate (PEM) of the authority that signed the server's. Without it the web's authorities count.",
    },
    Key {
        name: "database.password_file",
        kind: Kind::Path,
        default: "",
        doc: "A file whose first line is the password of the database's login, not readable by everybody. A systemd \
              credential works. No password can be given in an argument.",
    },
    Key {
        name: "sealing.key_file",
        kind: Kind::Path,
        default: "",
        doc: "The file with the keys that clinical text is sealed under (`praxis keys make`), not readable by everybody; on \
              a machine where several people run the program, readable by their group. Without it a systemd credential \
              named praxis-sealing-key is used. Every program of a clinic needs the same keys; the database never holds \
              them.",
    },
    Key {
        name: "ui.keymap",
        kind: Kind::Text,
        default: "default",
        doc: "The keys: default, vim, or the absolute path of a keymap file of your own.",
    },
    Key {
        name: "ui.entrance",
        kind: Kind::Choice(&["everybody", "staff", "patients"]),
        default: "everybody",
        doc: "Whom the sign-in screen takes; the others are signed out at once and told where to go. `praxis --patients` is the \
              entrance of patients, whatever is set here.",
    },
    Key {
        name: "ui.low_bandwidth",
        kind: Kind::Bool,
        default: "false",
        doc: "For lines of 9,600 bit/s: fewer decorations, fewer bytes.",
    },
    Key {
        name: "ui.color",
        kind: Kind::Choice(&["auto", "always", "never"]),
        default: "auto",
        doc: "Colours. auto: yes, unless NO_COLOR is set or TERM is dumb.",
    },
    Key {
        name: "ui.ascii",
        kind: Kind::Choice(&["auto", "always", "never"]),
        default: "auto",
        doc: "Borders and marks in plain ASCII. auto: when the locale is not UTF-8 or TERM is dumb.",
    },
    Key {
        name: "ui.esc_hold_ms",
        kind: Kind::Number(0, 1000),
        default: "40",
        doc: "Milliseconds that a lone Esc waits for the rest of an arrow key which the line has split.",
    },
    Key {
        name: "ui.idle_lock_minutes",
        kind: Kind::Number(1, 60),
        default: "10",
        doc: "Minutes without a key after which the session locks. What was typed is kept. Administrators: 5 at most.",
    },
    Key {
        name: "log.file",
        kind: Kind::Path,
        default: "",
        doc: "The log, mode 0600. It never holds patient data. Without it: praxis/praxis.log in $XDG_STATE_HOME \
              (~/.local/state).",
    },
    Key {
        name: "log.level",
        kind: Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        default: "info",
        doc: "How much is logged.",
    },
    Key {
        name: "print.command",
        kind: Kind::Text,
        default: "lp",
        doc: "The program that `praxis jobs run` hands papers to, with arguments that come first; the paper is on its standard \
              input. -d and the printer, where the centre has one, and -t and a title are added. The worker needs \
              sealing.key_file to print. The screens start no program. With CUPS, `lp -o media=A4 -o prettyprint` puts the paper's \
              name and the number of the page on each page.",
    },
    Key {
        name: "print.printers",
        kind: Kind::Text,
        default: "default",
        doc: "Which printer a centre prints on: centre number=printer, separated by commas. A centre without one prints on the \
              default printer.",
    },
    Key {
        name: "audit.root_file",
        kind: Kind::Path,
        default: "",
        doc: "Where `praxis jobs run` writes the log's signed roots outside of the database (a line of JSON each, mode 0640). \
              Best on a disk that whoever administers the database cannot write to. `praxis audit verify` compares.",
    },
    Key {
        name: "audit.signing_key_file",
        kind: Kind::Path,
        default: "",
        doc: "The key that signs roots, made by `praxis audit key FILE`, readable by its owner alone. Only the worker needs \
              it. Without this key the systemd credential praxis-audit-key is used if there is one.",
    },
    Key {
        name: "audit.public_key_file",
        kind: Kind::Path,
        default: "",
        doc: "The public halves of the keys that signed roots, one block after the other, for `praxis audit verify`. Without \
              it: audit.signing_key_file with .pub after it.",
    },
];

impl Key {
    /// The variable of the environment that sets it.
    #[must_use]
    pub fn env(&self) -> String {
        format!("PRAXIS_{}", self.name.to_ascii_uppercase().replace('.', "_"))
    }

    /// What it takes, in words.
    #[must_use]
    pub fn takes(&self) -> String {
        match self.kind {
            Kind::Url => "a URL, postgres://…".into(),
            Kind::Path => "an absolute path".into(),
            Kind::Text => "text".into(),
            Kind::Bool => "true or false".into(),
            Kind::Number(least, most) => format!("a whole number, {least} to {most}"),
            Kind::Choice(words) => words.join(", "),
        }
    }

    /// Whether a value written as text will do.
    pub(super) fn check(&self, value: &str) -> Result<(), String> {
        let fits = match self.kind {
            Kind::Url => value.starts_with("postgres://") || value.starts_with("postgresql://"),
            Kind::Path => value.starts_with('/'),
            Kind::Text => !value.trim().is_empty(),
            Kind::Bool => ["true", "false"].contains(&value),
            Kind::Number(least, most) => {
                value.bytes().all(|b| b.is_ascii_digit())
                    && value.parse().is_ok_and(|n: u64| (least..=most).contains(&n))
            }
            Kind::Choice(words) => words.contains(&value),
        };
        let clean = value.len() <= LONGEST && !value.chars().any(char::is_control);
        if fits && clean { Ok(()) } else { Err(format!("{} takes {}", self.name, self.takes())) }
    }
}

/// What to say about a key that there is not.
pub(super) fn unknown(name: &str) -> String {
    let names = KEYS.iter().map(|k| k.name.to_owned());
    format!("there is no key `{}`{}", super::plain(name), suggest(name, names))
}

/// The nearest name, if one is near enough to be meant.
pub(super) fn suggest(name: &str, names: impl Iterator<Item = String>) -> String {
    let nearest = names.map(|n| (distance(name, &n), n)).min();
    match nearest {
        Some((d, n)) if d <= 3 => format!("; did you mean `{n}`?"),
        _ => "; `praxis config --example` lists them all".into(),
    }
}

/// How many letters must be added, removed or changed.
fn distance(a: &str, b: &str) -> usize {
    // Names are short; anything longer is no typing mistake.
    if a.len() > 64 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_the_key_takes() {
        for key in KEYS.iter().filter(|k| !k.default.is_empty()) {
            assert_eq!(key.check(key.default), Ok(()), "{}", key.name);
        }
    }

    #[test]
    fn a_typing_mistake_is_answered_with_the_key_that_was_meant() {
        assert_eq!(unknown("ui.keymapp"), "there is no key `ui.keymapp`; did you mean `ui.keymap`?");
        assert!(unknown("printer.name").contains("--example"));
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}

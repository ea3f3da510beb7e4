//! `praxis check`: everything the program needs, each green, amber or red, with what to do about it.
use super::{
    Context, Failure, block_on,
    output::{say, say_json},
};
use crate::{
    audit::{SigningKey, read_roots},
    clock::Clock,
    config::{Config, Database, Host, Problems},
    logging::cleaned,
    server::{self, Inspection, MIN_SERVER, Schema},
};
use clap::Args;
use serde::Serialize;
use std::{io::IsTerminal as _, process::ExitCode};

/// Looks at the configuration, the server, its schema and roles, the clock, the
/// terminal and the disk. Ends with 1 if anything is red.
#[derive(Debug, Args)]
pub struct Check {}

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Green,
    Amber,
    Red,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    level: Level,
    said: String,
}

impl Check {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let mut findings = Vec::new();
        let config = context.config();
        configuration(&config, &mut findings);
        if let Ok(config) = &config {
            match &config.database {
                Some(database) => {
                    let needed = block_on(database_of(database, &mut findings))?;
                    sealing(config, needed.as_deref(), &mut findings);
                }
                None => findings
                    .push(red("database", "none is configured; set database.url or PRAXIS_DATABASE_URL")),
            }
            audit(config, &mut findings);
            disk(config, &mut findings);
        }
        terminal(&mut findings);
        let failed = findings.iter().any(|f| f.level == Level::Red);
        if context.json {
            let findings = serde_json::json!({ "ok": !failed, "findings": findings });
            say_json(&findings);
        } else {
            for f in &findings {
                let level = match f.level {
                    Level::Green => "green",
                    Level::Amber => "amber",
                    Level::Red => "red  ",
                };
                say(&format!("{level}  {:<14} {}", f.what, cleaned(&f.said)));
            }
        }
        Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }
}

fn green(what: &'static str, said: impl Into<String>) -> Finding {
    Finding { what, level: Level::Green, said: said.into() }
}

fn amber(what: &'static str, said: impl Into<String>) -> Finding {
    Finding { what, level: Level::Amber, said: said.into() }
}

fn red(what: &'static str, said: impl Into<String>) -> Finding {
    Finding { what, level: Level::Red, said: said.into() }
}

fn configuration(config: &Result<Config, Problems>, findings: &mut Vec<Finding>) {
    match config {
        Ok(_) => findings
            .push(green("configuration", "every key is known and fits; `praxis config` shows the values")),
        Err(problems) => findings.extend(problems.0.iter().map(|p| red("configuration", p.to_string()))),
    }
}

/// Answers which keys the database needs, when it can be asked.
async fn database_of(database: &Database, findings: &mut Vec<Finding>) -> Option<String> {
    let hosts: Vec<String> = database.hosts.iter().map(ToString::to_string).collect();
    let (mut db, options) = match server::primary(&database.options()).await {
        Ok(found) => found,
        Err(e) => {
            findings.push(red("server", format!("{}: {e}", hosts.join(", "))));
            return None;
        }
    };
    let here = format!("{} answers as {}", hosts.join(", "), database.user);
    findings.push(green("server", here));
    let before = std::time::Instant::now();
    let socket =
        database.hosts.iter().any(|h| matches!(h, Host::Socket(..))) && options.get_socket().is_some();
    match server::inspect(&mut db, socket).await {
        Ok(found) => {
            judge(&found, before.elapsed(), findings);
            Some(found.sealing_keys)
        }
        Err(e) => {
            findings.push(red("server", format!("it does not say what it is: {e}")));
            None
        }
    }
}

/// The keys that clinical text is sealed under: at hand, the right ones, kept from others.
fn sealing(config: &Config, needed: Option<&str>, findings: &mut Vec<Finding>) {
    let keys = match super::program::keys_of(config) {
        Ok(keys) => keys.ids(),
        Err(e) => return findings.push(red("sealing", e.to_string())),
    };
    let missing: Vec<&str> =
        needed.unwrap_or_default().split_whitespace().filter(|id| !keys.iter().any(|k| k == id)).collect();
    findings.push(if !missing.is_empty() {
        let said = format!(
            "the database's text is sealed under {}; sealing.key_file must hold it",
            missing.join(", ")
        );
        red("sealing", said)
    } else if keys.is_empty() {
        amber(
            "sealing",
            "no key: no clinical text can be written; `praxis keys make FILE`, then set sealing.key_file",
        )
    } else {
        green("sealing", format!("{} at hand", keys.join(", ")))
    });
}

/// What the worker signs with and where its roots go. A program that only opens screens needs neither.
fn audit(config: &Config, findings: &mut Vec<Finding>) {
    findings.push(match &config.audit_signing_key_file {
        None => amber("audit key", "audit.signing_key_file is not set: nothing here seals the log"),
        Some(file) => match SigningKey::read(file, None) {
            Ok(key) => green("audit key", format!("{} signs roots", key.id())),
            Err(e) => red("audit key", e.to_string()),
        },
    });
    findings.push(match &config.audit_root_file {
        None => amber(
            "audit roots",
            "audit.root_file is not set: no copy of the roots is kept outside of the database",
        ),
        Some(file) => match (file.exists(), file.parent()) {
            (true, _) => {
                match read_roots(file).map(|mut roots| roots.try_fold(0, |n, root| root.map(|_| n + 1))) {
                    Ok(Ok(n)) => green("audit roots", format!("{n} in {}", file.display())),
                    Ok(Err(e)) | Err(e) => red("audit roots", e.to_string()),
                }
            }
            (false, Some(folder)) if !folder.is_dir() => red(
                "audit roots",
                format!("the folder {} is not there; make it for the worker", folder.display()),
            ),
            _ => amber(
                "audit roots",
                format!("{} is not there yet; `praxis jobs run` makes it", file.display()),
            ),
        },
    });
}

fn judge(found: &Inspection, took: std::time::Duration, findings: &mut Vec<Finding>) {
    findings.push(match (found.socket, found.encrypted) {
        (true, _) => green("line", "a Unix socket on this machine"),
        (false, true) => green("line", "encrypted, and the server proved its name"),
        (false, false) => red("line", "not encrypted"),
    });
    findings.push(if found.major >= MIN_SERVER {
        green("version", format!("PostgreSQL {}", found.version))
    } else {
        red("version", format!("PostgreSQL {}; version {MIN_SERVER} or later is needed", found.version))
    });
    findings.push(match &found.encoding {
        utf8 if utf8 == "UTF8" => green("encoding", "UTF8"),
        other => {
            red("encoding", format!("{other}; names need UTF8: make the database with `createdb -E UTF8`"))
        }
    });
    findings.push(if found.missing_extensions.is_empty() {
        green("extensions", server::EXTENSIONS.join(", "))
    } else {
        let missing = found.missing_extensions.join(", ");
        red("extensions", format!("{missing} missing; install postgresql-contrib and run `praxis migrate`"))
    });
    findings.push(match &found.schema {
        Ok(Schema::Current { version }) => green("schema", format!("version {version}")),
        Ok(Schema::Empty) => red("schema", "the database is empty; run `praxis migrate`"),
        Ok(Schema::Older { have, want }) => {
            red("schema", format!("version {have}, needed {want}; run `praxis migrate`"))
        }
        Ok(Schema::Newer { have, want }) => red(
            "schema",
            format!("version {have}, newer than this program's {want}; install the newer Praxis"),
        ),
        Ok(Schema::Altered { version }) => {
            red("schema", format!("migration {version} is not the one this program has"))
        }
        Err(e) => red("schema", format!("cannot be read: {e}")),
    });
    match &found.changed_permissions {
        None => {}
        Some(changed) if changed.is_empty() => findings.push(green("permissions", "those of this program")),
        Some(changed) => {
            let few = changed.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
            let said = format!("{} changed by administrators: {few}; the program lists them", changed.len());
            findings.push(amber("permissions", said));
        }
    }
    findings.push(if found.missing_roles.is_empty() {
        green("roles", "all four are there")
    } else {
        red(
            "roles",
            format!("{} missing; run `praxis migrate` as a superuser", found.missing_roles.join(", ")),
        )
    });
    findings.push(if found.too_mighty.is_empty() {
        green("login", "owns nothing and passes no policy")
    } else {
        red(
            "login",
            format!("this login {}; the program must log in as praxis_app", found.too_mighty.join(", ")),
        )
    });
    findings.push(if found.logs_parameters {
        red(
            "server log",
            "values could reach it: alter role praxis_app set log_parameter_max_length = 0, and set log_error_verbosity = terse",
        )
    } else {
        green("server log", "values stay out of it")
    });
    findings.push(if found.unsafe_settings.is_empty() {
        green("durability", "what is acknowledged is on disk")
    } else {
        amber("durability", format!("{} off: a power cut may lose work", found.unsafe_settings.join(", ")))
    });
    let skew = (Clock::system().now() - found.now).num_milliseconds().abs();
    let skew = u128::from(skew.unsigned_abs()).saturating_sub(took.as_millis());
    findings.push(match skew {
        0..=2_000 => green("clock", "agrees with the server's"),
        2_001..=60_000 => amber("clock", format!("{} s from the server's; set both by NTP", skew / 1000)),
        _ => red("clock", format!("{} s from the server's; set both by NTP", skew / 1000)),
    });
}

fn disk(config: &Config, findings: &mut Vec<Finding>) {
    let folder = config.log_file.ancestors().skip(1).find(|p| p.exists());
    let Some(folder) = folder else { return };
    match rustix::fs::statvfs(folder) {
        Ok(space) => {
            let free = space.f_bavail.saturating_mul(space.f_frsize) >> 20;
            let said = format!("{free} MB free at {}", folder.display());
            findings.push(match free {
                0..=9 => red("disk", said),
                10..=199 => amber("disk", said),
                _ => green("disk", said),
            });
        }
        Err(e) => findings.push(amber("disk", format!("cannot look at {}: {e}", folder.display()))),
    }
}

fn terminal(findings: &mut Vec<Finding>) {
    let term = std::env::var("TERM").unwrap_or_default();
    if !std::io::stdout().is_terminal() {
        findings.push(green("terminal", "none here: the output goes elsewhere"));
    } else {
        let size =
            rustix::termios::tcgetwinsize(std::io::stdout()).map(|s| (s.ws_col, s.ws_row)).unwrap_or((0, 0));
        let said = format!("{} columns, {} rows, TERM={term}", size.0, size.1);
        findings.push(match size {
            _ if term.is_empty() || term == "dumb" => amber(
                "terminal",
                format!("{said}: no colours and ASCII borders; set TERM, such as xterm-256color"),
            ),
            (cols, rows) if cols < 80 || rows < 24 => {
                amber("terminal", format!("{said}: 80 by 24 shows everything"))
            }
            _ => green("terminal", said),
        });
    }
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    let locale = locale.unwrap_or_default();
    let utf8 = locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    findings.push(if utf8 {
        green("locale", locale)
    } else {
        amber("locale", format!("{locale:?} is not UTF-8: borders are drawn in ASCII; set LANG=C.UTF-8"))
    });
}

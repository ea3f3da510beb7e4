//! The house rules, checked over the sources. Each rule is a function from a file to its offences, and each is tried on a
//! planted offence first, so that none can pass by seeing nothing.
use std::path::{Path, PathBuf};

/// One source file: its path under the repository, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn planted(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The lines that are shipped, with their numbers from 1: no comments, no test module at the end, no texts of
    /// literals.
    fn code(&self) -> Vec<(usize, String)> {
        let mut lines = Vec::new();
        let mut in_text = false;
        for (n, line) in self.text.lines().enumerate() {
            if line.trim() == "#[cfg(test)]" {
                break;
            }
            lines.push((n + 1, without_texts(line, &mut in_text)));
        }
        lines
    }
}

/// A line without comment and without what stands in quotes; `in_text` carries a literal over several lines.
fn without_texts(line: &str, in_text: &mut bool) -> String {
    let mut out = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if *in_text => {
                chars.next();
            }
            // A character literal of a quote is no quote.
            '\'' if !*in_text && chars.peek() == Some(&'"') => {
                chars.next();
            }
            '"' => *in_text = !*in_text,
            '/' if !*in_text && chars.peek() == Some(&'/') => break,
            _ if *in_text => {}
            _ => out.push(c),
        }
    }
    out
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folders: &[&str], extensions: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|f| root().join(f)).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e)) {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push(Source { path, text });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Checks that the rule sees the planted offence, then that no file offends.
fn holds(rule: impl Fn(&Source) -> Vec<String>, planted: &Source, sources: &[Source]) {
    assert_eq!(rule(planted).len(), 1, "the rule must find the planted offence: {:?}", rule(planted));
    assert!(sources.len() > 5, "there are sources to look at");
    let offences: Vec<String> = sources.iter().flat_map(rule).collect();
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

/// The offences of a file: lines of code that contain one of the words.
fn words(source: &Source, forbidden: &[&str]) -> Vec<String> {
    let hit = |line: &str| forbidden.iter().find(|w| line.contains(**w)).copied();
    source
        .code()
        .iter()
        .filter_map(|(n, line)| hit(line).map(|w| format!("{}:{n}: {}", source.path, w.trim())))
        .collect()
}

/// What is shipped: the sources without the files that are test modules (named `tests.rs` or `*_tests.rs`, and what a file
/// declares with `#[cfg(test)] mod x;`).
fn src() -> Vec<Source> {
    let all = files(&["src"], &["rs"]);
    let mut tests = Vec::new();
    for source in &all {
        let folder = match source.path.strip_suffix("/mod.rs") {
            Some(folder) => folder.to_owned(),
            None => source.path.trim_end_matches(".rs").to_owned(),
        };
        for declared in source.text.split("#[cfg(test)]\nmod ").skip(1) {
            if let Some((name, _)) = declared.split_once(';').filter(|(n, _)| !n.contains([' ', '\n'])) {
                tests.push(format!("{folder}/{name}.rs"));
            }
        }
    }
    let is_test = |s: &Source| s.path.ends_with("tests.rs") || tests.contains(&s.path);
    all.into_iter().filter(|s| !is_test(s)).collect()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let rule = |s: &Source| {
        let lines = s.text.lines().count();
        if lines > 500 { vec![format!("{}: {lines} lines", s.path)] } else { Vec::new() }
    };
    holds(rule, &Source::planted("src/a.rs", &"x\n".repeat(501)), &files(&["src", "tests"], &["rs"]));
}

#[test]
fn each_file_says_what_it_is_for() {
    let rule = |s: &Source| {
        if s.text.starts_with("//! ") {
            Vec::new()
        } else {
            vec![format!("{}: does not open with //!", s.path)]
        }
    };
    holds(rule, &Source::planted("src/a.rs", "use std::fmt;\n"), &files(&["src", "tests"], &["rs"]));
}

#[test]
fn nothing_shipped_panics_on_purpose() {
    let rule = |s: &Source| {
        words(s, &[".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!("])
    };
    holds(rule, &Source::planted("src/a.rs", "fn a() {\n    b().unwrap();\n}\n"), &src());
}

#[test]
fn sql_is_spoken_only_in_store_and_server() {
    let spoken = [
        "query!(",
        "query_as!(",
        "query_scalar!(",
        "query_unchecked!(",
        "query_file",
        "sqlx::query",
        "raw_sql(",
        "sqlx::raw",
        ".fetch_one(",
        ".fetch_all(",
        ".fetch_optional(",
        "QueryBuilder",
        "copy_in_raw",
        "copy_out_raw",
        "PgListener",
    ];
    let rule = |s: &Source| {
        let allowed = ["src/store/", "src/server/"].iter().any(|p| s.path.starts_with(p));
        if allowed { Vec::new() } else { words(s, &spoken) }
    };
    holds(rule, &Source::planted("src/ui/a.rs", "let x = sqlx::query!(\"select 1\");\n"), &src());
}

#[test]
fn texts_become_sql_only_where_clusters_are_made() {
    let rule = |s: &Source| {
        if s.path.starts_with("src/server/") { Vec::new() } else { words(s, &["AssertSqlSafe"]) }
    };
    holds(rule, &Source::planted("src/store/a.rs", "sqlx::query(AssertSqlSafe(text))\n"), &src());
}

#[test]
fn crossterm_is_used_only_by_the_terminal() {
    let rule =
        |s: &Source| if s.path == "src/ui/terminal.rs" { Vec::new() } else { words(s, &["crossterm::"]) };
    holds(rule, &Source::planted("src/ui/app.rs", "use crossterm::event;\n"), &src());
}

#[test]
fn only_the_clock_asks_the_machine_for_the_time() {
    let asked = ["Utc::now", "Local::now", "SystemTime::now"];
    let rule = |s: &Source| if s.path == "src/clock.rs" { Vec::new() } else { words(s, &asked) };
    holds(rule, &Source::planted("src/domain/a.rs", "let t = Utc::now();\n"), &src());
}

#[test]
fn the_program_people_use_starts_no_other() {
    // PostgreSQL's own programs for a private server, and the printer's by the worker: never a pager, an editor or a shell.
    let may = |path: &str| path.starts_with("src/server/") || path == "src/cli/printing.rs";
    let start = ["Command::new(", "process::Command", "execv", "fork(", "posix_spawn"];
    let rule = |s: &Source| if may(&s.path) { Vec::new() } else { words(s, &start) };
    holds(rule, &Source::planted("src/ui/a.rs", "Command::new(pager).spawn()\n"), &src());
}

#[test]
fn nothing_is_printed_past_the_output_of_the_command_line() {
    let rule = |s: &Source| words(s, &["println!(", "print!(", "dbg!("]);
    holds(rule, &Source::planted("src/a.rs", "println!(\"x\");\n"), &src());
}

#[test]
fn the_repository_names_nobodys_machine() {
    // Put together here, or this file would be the offender.
    let machine = [["/", "work/"], ["/", "home/dev"], ["/", "Users/"], ["/root", "/"]].map(|p| p.concat());
    let rule = |s: &Source| {
        let hit = |line: &str| machine.iter().any(|m| line.contains(m.as_str()));
        let lines = s.text.lines().enumerate().filter(|(_, line)| hit(line));
        lines.map(|(n, line)| format!("{}:{}: {line}", s.path, n + 1)).collect()
    };
    let planted = Source::planted("src/a.rs", &format!("// see {}notes\n", machine[0]));
    let known = ["rs", "sql", "toml", "md", "sh", "yml", "ftl", "csv", "snap"];
    let folders: Vec<&str> =
        ["src", "tests", "migrations", "keymaps", "docs", "data", "deploy", "locales", "README.md"]
            .into_iter()
            .filter(|f| root().join(f).exists())
            .collect();
    holds(rule, &planted, &files(&folders, &known));
}

/// Modules of ours that a file names, `crate::a::b` as `a::b`, at most two levels deep.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut statement: Option<(usize, String)> = None;
    for (n, line) in source.code() {
        // A `use` may run over several lines.
        if let Some((start, mut text)) = statement.take() {
            text.push_str(line.trim());
            if line.contains(';') {
                expand(&text, start, &mut found);
            } else {
                statement = Some((start, text));
            }
            continue;
        }
        let trimmed = line.trim_start();
        let is_use = ["use crate::", "pub use crate::", "pub(crate) use crate::"]
            .iter()
            .any(|p| trimmed.starts_with(p));
        if is_use {
            if line.contains(';') {
                expand(trimmed, n, &mut found);
            } else {
                statement = Some((n, trimmed.to_owned()));
            }
            continue;
        }
        for part in line.split("crate::").skip(1) {
            let path: String =
                part.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
            found.push((n, two_levels(&path)));
        }
    }
    found
}

/// Takes `use crate::{a::b, c::{d, e}};` apart.
fn expand(statement: &str, line: usize, found: &mut Vec<(usize, String)>) {
    let Some((_, tree)) = statement.split_once("crate::") else { return };
    let mut stack: Vec<String> = vec![String::new()];
    let mut path = String::new();
    for c in tree.chars() {
        match c {
            '{' => stack.push(std::mem::take(&mut path)),
            '}' | ',' | ';' => {
                if !path.trim().is_empty() {
                    let whole = format!("{}{}", stack.concat(), path.trim());
                    found.push((line, two_levels(&whole)));
                }
                path.clear();
                if c == '}' {
                    stack.pop();
                }
            }
            c if c.is_whitespace() => {}
            c => path.push(c),
        }
    }
}

fn two_levels(path: &str) -> String {
    path.split("::").filter(|p| !p.is_empty()).take(2).collect::<Vec<_>>().join("::")
}

/// Which modules of ours each module may name; the longest prefix that fits a file decides.
const MAY_USE: &[(&str, &[&str])] = &[
    // Refusals are sentences, and every sentence goes through tr!.
    ("src/domain/", &["domain", "tr", "tr_n"]),
    ("src/text/", &["text", "domain"]),
    ("src/codes/", &["codes", "domain"]),
    ("src/crypto/", &["crypto", "domain"]),
    ("src/audit/", &["audit", "domain", "text", "tr", "tr_n"]),
    ("src/auth/", &["auth", "domain", "text", "store", "crypto", "clock", "tr"]),
    ("src/store/", &["store", "audit", "domain", "text", "crypto", "clock", "config", "tr"]),
    ("src/search/", &["search", "domain", "text", "codes", "tr"]),
    ("src/export/", &["export", "domain", "text", "codes", "clock", "tr"]),
    ("src/interop/", &["interop", "domain", "text", "codes", "clock", "tr"]),
    ("src/jobs/", &["jobs", "domain", "store", "export", "interop", "text", "clock", "tr"]),
    // A migration brings the table of permissions with it.
    ("src/server/", &["server", "logging", "domain::actor", "domain::permission"]),
    ("src/config/", &["config", "logging", "text"]),
    ("src/logging.rs", &["text"]),
    ("src/clock.rs", &[]),
    // A widget that is a layer (picker, prompt, lock) hands the store to its caller's closure and shows a refusal; it
    // knows nothing else of either.
    (
        "src/ui/widgets/",
        &[
            "text",
            "ui::widgets",
            "ui::theme",
            "ui::screen",
            "ui::command",
            "ui::keymap",
            "ui::input",
            "ui::cx",
            "domain::why",
            "store::Store",
            "store::Error",
            "commands",
            "tr",
            "tr_n",
        ],
    ),
    // The lock asks through the hook that the loop was given.
    ("src/ui/widgets/lock.rs", &["text", "ui", "store::Store", "store::Error", "commands", "tr"]),
    (
        "src/ui/",
        &[
            "ui", "domain", "text", "store", "search", "codes", "auth", "audit", "interop", "clock",
            "config", "logging", "tr", "commands",
        ],
    ),
];

fn allowed(path: &str, import: &str) -> bool {
    let rule =
        MAY_USE.iter().filter(|(prefix, _)| path.starts_with(prefix)).max_by_key(|(prefix, _)| prefix.len());
    let Some((_, may)) = rule else {
        return path.starts_with("src/cli/") || path == "src/main.rs" || path == "src/lib.rs";
    };
    may.iter().any(|m| {
        import == *m || import.starts_with(&format!("{m}::")) || (m.starts_with("ui::") && import == "ui")
    })
}

#[test]
fn each_module_imports_only_what_it_may() {
    let rule = |s: &Source| {
        let wrong = imports(s).into_iter().filter(|(_, import)| !allowed(&s.path, import));
        wrong.map(|(n, import)| format!("{}:{n}: may not use {import}", s.path)).collect()
    };
    for (path, text) in [
        ("src/domain/a.rs", "use crate::store::Store;\n"),
        ("src/ui/widgets/list.rs", "use crate::{\n    text::clean,\n    domain::{ids, name},\n};\n"),
        ("src/store/a.rs", "fn f(x: crate::ui::app::App) {}\n"),
        ("src/text/a.rs", "pub use crate::clock;\n"),
    ] {
        let found: Vec<String> = rule(&Source::planted(path, text));
        assert!(!found.is_empty(), "{path} offends");
    }
    holds(rule, &Source::planted("src/search/a.rs", "use crate::store::Store;\n"), &src());
}

#[test]
fn no_screen_knows_another_screen() {
    let rule = |s: &Source| {
        let Some(own) = s.path.strip_prefix("src/ui/screens/") else { return Vec::new() };
        if own == "mod.rs" {
            return Vec::new();
        }
        let own = own.split(['/', '.']).next().unwrap_or_default();
        let names = s.code().into_iter().flat_map(|(n, line)| {
            let after: Vec<String> = line.split("screens::").skip(1).map(str::to_owned).collect();
            after.into_iter().map(move |rest| (n, rest))
        });
        names
            .map(|(n, rest)| {
                (n, rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
            })
            .filter(|(_, name)| name != own)
            .map(|(n, name)| format!("{}:{n}: use Route in place of screens::{name}", s.path))
            .collect()
    };
    let planted = Source::planted("src/ui/screens/board.rs", "use crate::ui::screens::login::Login;\n");
    holds(rule, &planted, &src());
}

#[test]
fn the_domain_is_pure() {
    let impure =
        ["async ", ".await", "tokio", "std::fs", "std::env", "std::net", "std::io", "std::thread", "Instant"];
    let rule = |s: &Source| {
        if !s.path.starts_with("src/domain/") {
            return Vec::new();
        }
        let mut found = words(s, &impure);
        let foreign = words(s, &["sqlx::"]).into_iter().filter(|_| {
            let only_type = |l: &str| l.contains("sqlx::Type");
            s.code().iter().any(|(_, l)| l.contains("sqlx::") && !only_type(l) && !l.contains("#[sqlx("))
        });
        found.extend(foreign);
        found
    };
    holds(rule, &Source::planted("src/domain/a.rs", "let x = std::fs::read(path);\n"), &src());
}

#[test]
fn code_is_told_from_texts_and_comments() {
    let source = Source::planted(
        "src/a.rs",
        "let a = \".unwrap()\"; // .unwrap()\nlet b = \"x\n.unwrap()\ny\";\nlet c = '\"';\nc.unwrap();\n#[cfg(test)]\nd.unwrap();\n",
    );
    assert_eq!(words(&source, &[".unwrap()"]), ["src/a.rs:6: .unwrap()"]);
    assert!(Path::new(&source.path).is_relative());
}

/// Destructive commands of a screen whose arm opens no question: each is named with its file.
fn unasked(source: &Source, all: &[Source]) -> Vec<String> {
    const QUESTIONS: [&str; 6] =
        ["Confirm::new", "Prompt::new", "_question(", "ask_reason(", "ask_", "begin_ending("];
    let folder = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
    let near = |s: &&Source| s.path == source.path || s.path.starts_with(&format!("{folder}/"));
    let texts: Vec<&str> =
        std::iter::once(source).chain(all.iter().filter(near)).map(|s| s.text.as_str()).collect();
    let flagged = |l: &&str| l.trim_end().ends_with(';') && l.contains("\" destructive");
    let asks = |command: &str| {
        let arm = format!("Command::{command}");
        texts.iter().any(|text| {
            text.match_indices(&arm).any(|(at, _)| {
                let body: String = text[at..].lines().take(25).collect();
                let starts = text[at + arm.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
                starts && body.contains("=>") && QUESTIONS.iter().any(|q| body.contains(q))
            })
        })
    };
    source
        .text
        .lines()
        .filter(flagged)
        .filter_map(|l| l.trim().split_once(':').map(|(command, _)| command))
        .filter(|command| !asks(command))
        .map(|command| format!("{}: {command} cannot be undone and asks nothing first", source.path))
        .collect()
}

#[test]
fn what_cannot_be_undone_asks_first() {
    let all = files(&["src/ui"], &["rs"]);
    let planted = Source::planted(
        "src/ui/screens/planted.rs",
        "    Burn: \"a.burn\" \"burn\" \"Burn it\" destructive;\n Command::Burn => cx.save(),\n",
    );
    holds(|s| unasked(s, &all), &planted, &all);
}

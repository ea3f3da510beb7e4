//! What the documents name exists: paths, commands and their options, tests, functions, keys of the configuration, links.
//! What the program can print about itself is in them as it prints it.
use clap::{CommandFactory as _, error::ErrorKind};
use praxis::{cli, config};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every file under a folder whose name ends so.
fn under(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut open = vec![root().join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else if endings.iter().any(|e| path.to_string_lossy().ends_with(e)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The documents, each with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let mut all = under("docs", &[".md"]);
    all.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"].map(|f| root().join(f)));
    all.into_iter().map(|path| (path.clone(), read(path))).collect()
}

/// All sources of a folder as one text.
fn sources(folder: &str, endings: &[&str]) -> String {
    under(folder, endings).iter().map(read).collect()
}

/// What stands in backticks, and the lines of shell blocks without their remarks.
fn named(text: &str) -> Vec<String> {
    let mut found = vec![];
    let mut block: Option<&str> = None;
    for line in text.lines() {
        if let Some(kind) = line.trim().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(kind) };
        } else if block == Some("sh") {
            let line = line.split(" # ").next().unwrap_or_default().trim();
            found.push(line.to_owned());
        } else if block.is_none() {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// The words after `praxis` of a command that is named, however it is started.
fn asked_of_praxis(named: &str) -> Option<Vec<String>> {
    let named = named.split(" > ").next()?.trim();
    let words = named
        .strip_prefix("praxis")
        .or_else(|| named.strip_prefix("cargo run --release --").filter(|rest| !rest.is_empty()))
        .or_else(|| named.strip_prefix("sudo -u postgres praxis"))?;
    (words.is_empty() || words.starts_with(' '))
        .then(|| words.split_whitespace().map(|w| w.trim_matches(['[', ']']).to_owned()).collect())
}

/// Why the command line does not take these words, if it does not.
fn refused(words: &[String]) -> Option<String> {
    let all = ["praxis".to_owned()].into_iter().chain(words.iter().cloned());
    let error = cli::Cli::command().try_get_matches_from(all).err()?;
    let known = [
        ErrorKind::DisplayHelp,
        ErrorKind::DisplayVersion,
        ErrorKind::MissingRequiredArgument,
        ErrorKind::MissingSubcommand,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
    ];
    (!known.contains(&error.kind())).then(|| error.to_string())
}

/// What the sources hold, to look names up in.
struct Known {
    rust: String,
    tests: String,
    sql: String,
    configuration: String,
    everything: String,
}

impl Known {
    fn new() -> Self {
        let rust = sources("src", &[".rs", ".sql"]);
        // This file names things that are not there, to see that it finds them.
        let tests = sources("tests", &[".rs"]).replace(&read("tests/it/documents.rs"), "");
        let everything = format!("{rust}{tests}{}{}", read(".ci/run"), read("benches/schedule.rs"));
        Self {
            rust,
            tests,
            sql: sources("migrations", &[".sql"]),
            configuration: config::markdown(),
            everything,
        }
    }

    /// What is wrong with a name, if anything.
    fn fault(&self, document: &Path, name: &str) -> Option<String> {
        let name = name.trim();
        if let Some(words) = asked_of_praxis(name) {
            return refused(&words);
        }
        if name.contains(['…', '*', '{', '$', '~', ' ', '<']) || name.is_empty() {
            return None;
        }
        if let Some((path, last)) = name.trim_end_matches("()").rsplit_once("::") {
            let area = path.split("::").next().unwrap_or_default();
            let is_function =
                |text: &str| text.contains(&format!("fn {last}(")) || text.contains(&format!("fn {last}<"));
            let test = ["", "/mod"].iter().any(|m| root().join(format!("tests/it/{area}{m}.rs")).exists());
            let known = match () {
                () if last.is_empty() => test || root().join(format!("src/{area}")).exists(),
                () if test => is_function(&self.tests),
                () if last.starts_with(char::is_lowercase) => {
                    is_function(&self.rust) || self.rust.contains(&format!("mod {last}"))
                }
                () => self.rust.contains(last),
            };
            return (!known).then(|| "no such function, test or type".into());
        }
        if name.starts_with("PRAXIS_") {
            let listed = self.everything.contains(name) || self.configuration.contains(name);
            return (!listed).then(|| "no such variable".into());
        }
        let schema = name.split('.').next().unwrap_or_default();
        if ["clinic", "auth", "audit"].contains(&schema) && name.contains('.') {
            let bare = name.trim_end_matches("()");
            let there = self.sql.contains(bare)
                || praxis::ui::registry::find(bare).is_some()
                || self.configuration.contains(&format!("## `{bare}`"));
            return (!there).then(|| "no such thing in the migrations, and no such command".into());
        }
        if ["database", "ui", "log"].contains(&schema) && name.split('.').count() == 2 && !name.contains('/')
        {
            let listed = self.configuration.contains(&format!("## `{name}`"));
            return (!listed).then(|| "no such key of the configuration".into());
        }
        let is_path = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
            && !name.starts_with('/')
            && (name.contains('/') || [".md", ".rs", ".toml", ".sql"].iter().any(|e| name.ends_with(e)));
        let near = document.parent().unwrap_or(root());
        // Made while it is built, or of the person who reads.
        let apart = name.starts_with(".sqlx") || name.starts_with("target/") || name == "config.toml";
        let there = [root(), near, &root().join("src"), &root().join("keymaps")]
            .iter()
            .any(|f| f.join(name).exists());
        (is_path && !apart && !there).then(|| "no such file".into())
    }
}

#[test]
fn what_the_documents_name_exists() {
    let known = Known::new();
    let readme = root().join("README.md");
    for (planted, fault) in [
        ("src/nothing.rs", true),
        ("src/main.rs", false),
        ("praxis demo --sideways", true),
        ("praxis demo --reset --yes", false),
        ("cargo run --release -- demon", true),
        ("store_access::no_such_test", true),
        ("App::press", false),
        ("clinic.nothing_of_the_kind", true),
        ("ui.nothing", true),
        ("PRAXIS_NOTHING", true),
    ] {
        assert_eq!(known.fault(&readme, planted).is_some(), fault, "{planted}");
    }
    let mut faults = vec![];
    // These are compared whole with what the program prints.
    let printed = |path: &Path| {
        ["docs/keys.md", "docs/configuration.md", "docs/permissions.md"].iter().any(|p| path.ends_with(p))
    };
    for (path, text) in documents().into_iter().filter(|(path, _)| !printed(path)) {
        for name in named(&text) {
            if let Some(fault) = known.fault(&path, &name) {
                faults.push(format!(
                    "{}: `{name}`: {}",
                    path.strip_prefix(root()).unwrap().display(),
                    fault.trim()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn links_lead_somewhere() {
    let mut faults = vec![];
    for (path, text) in documents() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !path.parent().unwrap().join(target).exists()
            {
                faults.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_keys_are_documented_as_the_program_prints_them() {
    let mut printed = vec![];
    cli::keys::keys(cli::keys::Ask::Markdown, "default", None, &mut printed).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    assert!(read("docs/keys.md") == printed, "praxis keys markdown > docs/keys.md");
}

#[test]
fn the_permissions_are_documented_as_the_program_prints_them() {
    let printed = praxis::domain::permission::markdown();
    assert!(
        read("docs/permissions.md").trim_end() == printed.trim_end(),
        "praxis permissions --markdown > docs/permissions.md"
    );
}

#[test]
fn the_configuration_is_documented_as_the_program_prints_it() {
    let printed = config::markdown();
    assert!(
        read("docs/configuration.md").trim_end() == printed.trim_end(),
        "praxis config --markdown > docs/configuration.md"
    );
}

#[test]
fn every_decision_is_listed_and_short() {
    let list = read("docs/adr/README.md");
    let pages: Vec<_> =
        under("docs/adr", &[".md"]).into_iter().filter(|p| !p.ends_with("README.md")).collect();
    assert!(pages.len() > 5, "there are decisions to look at");
    let mut numbers = BTreeSet::new();
    for path in &pages {
        let (text, file) = (read(path), path.file_name().unwrap().to_string_lossy().into_owned());
        // A number is given once and stays; one may be left out.
        let number = file.get(..4).unwrap_or_default().to_owned();
        assert!(numbers.insert(number.clone()), "{file} has a number that another one has");
        let title = text.lines().next().and_then(|l| l.strip_prefix(&format!("# {number} ")));
        let title = title.unwrap_or_else(|| panic!("{file} does not open with its number, {number}"));
        assert!(
            list.contains(&format!("| [{number}]({file}) | {title} |")),
            "the list lacks {file}: {title}"
        );
        assert!(text.lines().count() < 60, "{file} is too long");
        assert!(
            text.contains("**Decided.**") && text.contains("**It costs**"),
            "{file} says what was decided and what it costs"
        );
    }
    assert_eq!(list.matches("| [0").count(), pages.len(), "the list names only what is there");
}

#[test]
fn the_architecture_is_read_in_one_sitting() {
    assert!(read("docs/architecture.md").lines().count() < 200);
    let folders: BTreeSet<String> = std::fs::read_dir(root().join("src"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let text = read("docs/architecture.md");
    let missing: Vec<_> = folders.iter().filter(|f| !text.contains(&format!("src/{f}/"))).collect();
    assert!(missing.is_empty(), "the tree lacks {missing:?}");
}

#[test]
fn the_licences_are_there() {
    assert!(read("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted, free of charge"));
    assert!(read("LICENSE-APACHE").contains("END OF TERMS AND CONDITIONS"));
    assert!(read("LICENSE").contains("LICENSE-MIT") && read("LICENSE").contains("LICENSE-APACHE"));
}

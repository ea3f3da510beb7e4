//! The configuration: who wins over whom, and a corpus of odd files, each of which is taken whole or answered with its
//! line.
use praxis::config::{Config, Inputs, KEYS, Kind, Source};
use std::{
    collections::BTreeMap,
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

fn corpus(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/config").join(kind);
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files
}

fn inputs(files: &[&Path]) -> Inputs {
    Inputs {
        files: files.iter().map(|f| f.to_path_buf()).collect(),
        state_dir: "/state".into(),
        ..Inputs::default()
    }
}

/// A file of a test's own, removed with the folder.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("praxis-config-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn every_valid_file_is_taken() {
    let files = corpus("valid");
    assert!(files.len() >= 40);
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let config = Config::load(&inputs(&[&file])).unwrap_or_else(|e| panic!("{name}: {e}"));
        if name.starts_with("url-") {
            let database = config.database.expect("a URL gives a database");
            assert!(!database.options().is_empty(), "{name}");
        }
    }
}

#[test]
fn every_invalid_file_is_answered_with_its_line_and_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/config/invalid");
    let expected = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let mut rows = BTreeMap::new();
    for row in expected.lines().skip(1) {
        let [name, line, said] = row.split('\t').collect::<Vec<_>>().try_into().expect("three columns");
        rows.insert(name.to_owned(), (line.to_owned(), said.to_owned()));
    }
    let mut wrong = Vec::new();
    for file in corpus("invalid") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let (line, said) = rows.remove(&name).unwrap_or_else(|| panic!("{name} is not in expected.tsv"));
        match Config::load(&inputs(&[&file])) {
            Ok(_) => wrong.push(format!("{name}: was taken")),
            Err(problems) => {
                let hit = problems
                    .0
                    .iter()
                    .any(|p| p.place.ends_with(&format!("{name}.toml:{line}")) && p.message.contains(&said));
                let text = problems.to_string();
                if !hit || text.chars().any(|c| c.is_control() && c != '\n') {
                    wrong.push(format!("{name}: wanted line {line} and {said:?}, got {text:?}"));
                }
            }
        }
    }
    assert!(rows.is_empty(), "no such files: {rows:?}");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_nearer_source_wins_for_every_key() {
    let folder = Folder::new("merge");
    let value = |kind: Kind, n: u32| match kind {
        Kind::Url => format!("postgres://u{n}@/db?host=/run/{n}"),
        Kind::Path => folder.file(&format!("path-{n}"), "secret\n", 0o600).to_string_lossy().into_owned(),
        Kind::Text => format!("text{n}"),
        Kind::Bool => n.is_multiple_of(2).to_string(),
        Kind::Number(least, _) => (least + u64::from(n)).to_string(),
        Kind::Choice(words) => words[n as usize % words.len()].to_owned(),
    };
    for key in KEYS.iter().filter(|k| k.name != "database.sslmode") {
        let (section, name) = key.name.split_once('.').unwrap();
        let quote = if matches!(key.kind, Kind::Bool | Kind::Number(..)) { "" } else { "\"" };
        let toml = |n| format!("[{section}]\n{name} = {quote}{}{quote}\n", value(key.kind, n));
        let machine = folder.file("machine.toml", &toml(1), 0o600);
        let person = folder.file("person.toml", &toml(2), 0o600);
        let absent = folder.0.join("absent.toml");
        let mut all = inputs(&[&absent, &absent]);
        let expect = |all: &Inputs, wanted: Option<String>, source: &str| {
            let config = Config::load(all).unwrap_or_else(|e| panic!("{}: {e}", key.name));
            let (_, shown, from) = config.shown().find(|(k, ..)| k.name == key.name).unwrap();
            if let Some(wanted) = wanted {
                assert_eq!(shown, wanted, "{}", key.name);
            }
            assert!(from.to_string().contains(source), "{}: {from}", key.name);
        };
        expect(&all, None, "built in");
        all.files[1] = machine;
        expect(&all, Some(value(key.kind, 1)), "machine.toml:2");
        all.files[0] = person;
        expect(&all, Some(value(key.kind, 2)), "person.toml:2");
        all.env.insert(key.env(), value(key.kind, 3));
        expect(&all, Some(value(key.kind, 3)), &key.env());
        all.set.push(format!("{}={}", key.name, value(key.kind, 4)));
        expect(&all, Some(value(key.kind, 4)), "--set");
    }
}

#[test]
fn a_file_with_a_password_that_everybody_may_read_is_refused() {
    let folder = Folder::new("password");
    let text = "[database]\nurl = \"postgres://praxis_app:hunter2@db/clinic\"\n";
    let open = folder.file("open.toml", text, 0o644);
    let said = Config::load(&inputs(&[&open])).unwrap_err().to_string();
    assert!(said.contains("can be read by everybody") && !said.contains("hunter2"), "{said}");
    let closed = folder.file("closed.toml", text, 0o640);
    let config = Config::load(&inputs(&[&closed])).unwrap();
    assert!(
        !format!("{config:?}").contains("hunter2") || config.shown().all(|(_, v, _)| !v.contains("hunter2"))
    );
    let password = folder.file("pw", "hunter3\n", 0o644);
    let with = |file: &Path| {
        format!("[database]\nurl = \"postgres://a@db/clinic\"\npassword_file = \"{}\"\n", file.display())
    };
    let config = folder.file("c.toml", &with(&password), 0o644);
    assert!(Config::load(&inputs(&[&config])).unwrap_err().to_string().contains("c.toml:3"));
    std::fs::set_permissions(&password, Permissions::from_mode(0o600)).unwrap();
    let database = Config::load(&inputs(&[&config])).unwrap().database.unwrap();
    assert_eq!(database.password.unwrap().reveal(), "hunter3");
}

#[test]
fn other_peoples_variables_do_not_choose_the_database() {
    let mut all = inputs(&[]);
    all.env.insert("DATABASE_URL".into(), "postgres://a@db/other".into());
    assert!(Config::load(&all).unwrap().database.is_none());
    all.env.insert("PRAXIS_DATABSE_URL".into(), "postgres://a@db/x".into());
    all.env.insert("PRAXIS_DATABASE_ULR".into(), "postgres://a@db/x".into());
    let said = Config::load(&all).unwrap_err().to_string();
    assert!(said.contains("did you mean `PRAXIS_DATABASE_URL`"), "{said}");
}

#[test]
fn flags_are_checked_and_never_hold_a_password() {
    for (flag, said) in [
        ("ui.keymapp=vim", "did you mean"),
        ("ui.keymap", "--set ui.keymap=VALUE"),
        ("ui.color=blue", "auto, always, never"),
        ("database.url=postgres://a:pw@db/clinic", "password_file"),
        ("database.url=postgres://a@db/clinic?password=pw", "password_file"),
    ] {
        let all = Inputs { set: vec![flag.into()], ..inputs(&[]) };
        let problems = Config::load(&all).unwrap_err().to_string();
        assert!(problems.contains(said) && !problems.contains(":pw"), "{flag}: {problems}");
    }
}

#[test]
fn a_file_asked_for_by_name_must_exist_and_be_a_file() {
    let folder = Folder::new("asked");
    for path in [folder.0.join("nowhere.toml"), folder.0.clone(), PathBuf::from("/dev/null")] {
        let all = Inputs { required: true, ..inputs(&[&path]) };
        assert!(Config::load(&all).is_err(), "{}", path.display());
    }
}

#[test]
fn colour_and_ascii_follow_the_terminal_unless_told() {
    let config = |set: &[&str]| {
        Config::load(&Inputs { set: set.iter().map(|s| (*s).to_owned()).collect(), ..inputs(&[]) }).unwrap()
    };
    let env = |pairs: &'static [(&str, &str)]| {
        move |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
    };
    let usual = env(&[("TERM", "xterm"), ("LANG", "en_GB.UTF-8")]);
    assert!(config(&[]).uses_color(usual) && !config(&[]).uses_ascii(usual));
    assert!(!config(&[]).uses_color(env(&[("TERM", "xterm"), ("NO_COLOR", "1")])));
    assert!(config(&[]).uses_color(env(&[("TERM", "xterm"), ("NO_COLOR", "")])));
    assert!(!config(&[]).uses_color(env(&[("TERM", "dumb")])));
    assert!(config(&[]).uses_ascii(env(&[("TERM", "xterm"), ("LANG", "C.UTF-8"), ("LC_ALL", "C")])));
    assert!(config(&["ui.color=always"]).uses_color(env(&[("NO_COLOR", "1")])));
    assert!(config(&["ui.ascii=always"]).uses_ascii(usual));
}

#[test]
fn the_program_refuses_a_wrong_file_with_exit_78_and_shows_a_right_one() {
    let folder = Folder::new("binary");
    let run = |file: &Path, args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_praxis"))
            .args(args)
            .arg("--config")
            .arg(file)
            .env_clear()
            .env("HOME", "/nonexistent")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let bad = folder.file("bad.toml", "[ui]\nkeymapp = 1\n", 0o644);
    let (code, out, err) = run(&bad, &["config"]);
    assert_eq!((code, out.as_str()), (Some(78), ""));
    assert!(err.contains("bad.toml:2") && err.contains("ui.keymap"), "{err}");
    let good = folder.file("good.toml", "[database]\nurl = \"postgres://a:hunter2@db/clinic\"\n", 0o600);
    let (code, out, _) = run(&good, &["config"]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("good.toml:2") && out.contains("postgres://a@db/clinic") && !out.contains("hunter2"),
        "{out}"
    );
    let (code, out, _) = run(&good, &["config", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, json["ui.keymap"]["source"].as_str()), (Some(0), Some("built in")));
    let (code, ..) = run(&good, &["nonsense"]);
    assert_eq!(code, Some(2));
}

#[test]
fn the_example_is_itself_a_valid_file() {
    let folder = Folder::new("example");
    let commented = folder.file("a.toml", &praxis::config::example(), 0o644);
    let config = Config::load(&inputs(&[&commented])).unwrap();
    assert!(config.shown().all(|(_, _, source)| *source == Source::Default));
    let active: String = praxis::config::example()
        .lines()
        .map(|l| {
            l.strip_prefix('#')
                .filter(|l| !l.starts_with(' ') && !l.ends_with("\"\""))
                .unwrap_or(l)
                .to_owned()
                + "\n"
        })
        .collect();
    let file = folder.file("b.toml", &active, 0o644);
    Config::load(&inputs(&[&file])).unwrap_or_else(|e| panic!("{e}\n{active}"));
}

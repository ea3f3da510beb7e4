//! The built-in keymaps have no fault, and every fault of somebody's own is told.
use praxis::{
    cli::keys::{Ask, keys},
    ui::{
        keymap::{Found, Key, load},
        registry::lint,
        screens::SECTIONS,
    },
};

#[test]
fn the_built_in_keymaps_have_no_fault() {
    for name in ["default", "vim"] {
        assert_eq!(lint(&load(name, None), SECTIONS), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_kind_of_fault_is_told() {
    let own = r#"
version = 2
[list]
"ctrl-m" = "list.nxt"
"g" = "list.next"
"g g" = "list.previous"
"f99" = "list.next"
"?" = "list.next"
[text]
"q" = "app.quit"
[nowhere]
"x" = "list.next"
[global]
"ctrl-q" = "none"
"f10" = "none"
"#;
    insta::assert_snapshot!(lint(&load("default", Some(own)), SECTIONS).join("\n"));
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_built_in_keys() {
    let map = load("default", Some("[list\n"));
    assert_eq!(map.find(&["global"], &Key::sequence("?").unwrap()), Found::Command("app.help".into()));
    assert_eq!(map.problems.len(), 1);
}

#[test]
fn vim_keeps_the_default_keys_and_adds_its_own() {
    let map = load("vim", None);
    let find = |k: &str| map.find(&["list", "global"], &Key::sequence(k).unwrap());
    assert_eq!(find("g g"), Found::Command("list.first".into()));
    assert_eq!(find("g s"), Found::Command("go.schedule".into()));
    assert_eq!(find("down"), Found::Command("list.next".into()));
}

#[test]
fn keys_are_printed_as_they_are_written() {
    for text in ["ctrl-p", "shift-tab", "space", "f10", "g s", "-", "?"] {
        assert_eq!(Key::show(&Key::sequence(text).unwrap()), text);
    }
    let mut out = vec![];
    assert!(keys(Ask::Markdown, "default", None, &mut out).unwrap());
    assert!(String::from_utf8(out).unwrap().contains("| `ctrl-p` | `app.palette` |"));
}

fn corpus(kind: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/keymaps").join(kind)
}

#[test]
fn every_valid_file_of_the_corpus_has_no_fault() {
    let built_in = lint(&load("default", None), SECTIONS);
    let mut count = 0;
    for file in std::fs::read_dir(corpus("valid")).unwrap() {
        let path = file.unwrap().path();
        let map = load("default", Some(&std::fs::read_to_string(&path).unwrap()));
        let told: Vec<String> =
            lint(&map, SECTIONS).into_iter().filter(|fault| !built_in.contains(fault)).collect();
        assert_eq!(told, Vec::<String>::new(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 25, "{count}");
}

#[test]
fn every_invalid_file_of_the_corpus_is_told_and_the_program_keeps_its_vital_keys() {
    let expected = std::fs::read_to_string(corpus("invalid").join("expected.tsv")).unwrap();
    let files = std::fs::read_dir(corpus("invalid")).unwrap().count();
    assert_eq!(files, expected.lines().count() + 1, "each file has its line");
    for (file, sentence) in expected.lines().filter_map(|l| l.split_once('\t')) {
        let map = load("default", Some(&std::fs::read_to_string(corpus("invalid").join(file)).unwrap()));
        let told = lint(&map, SECTIONS);
        assert!(told.iter().any(|t| t.contains(sentence)), "{file}: {told:#?}");
        let list = map.find(&["list", "global"], &Key::sequence("down").unwrap());
        assert_eq!(list, Found::Command("list.next".into()), "{file}");
    }
}

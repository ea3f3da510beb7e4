//! `docs/asvs.md` names every item of levels 1 and 2 of OWASP ASVS 5.0.0 once, with its level and what shows it.
use std::{collections::BTreeMap, path::Path};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// The cells of the rows of all tables, without their heads.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter(|l| l.starts_with("| ") && l.chars().nth(2).is_some_and(|c| c.is_ascii_digit()))
        .map(|l| l.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn every_item_of_levels_1_and_2_stands_here_once() {
    let (items, page) = (read("tests/it/data/asvs-5.0.0.txt"), read("docs/asvs.md"));
    let items: BTreeMap<&str, &str> =
        items.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(' ')).collect();
    assert_eq!(items.len(), 253);
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows(&page) {
        for item in row[0].split(", ") {
            *seen.entry(item).or_default() += 1;
            assert!(items.contains_key(item), "{item} is no item of level 1 or 2");
        }
        if let [item, level, state, words, shown] = row[..] {
            assert_eq!(items.get(item), Some(&level), "{item}");
            assert!(["met", "partly", "not met"].contains(&state) && !words.is_empty(), "{item}");
            assert_eq!(
                shown.is_empty(),
                state == "not met",
                "{item}: what is met has something that shows it"
            );
            *counts.entry(state).or_default() += 1;
        } else {
            assert!(row.len() == 2 && !row[1].is_empty(), "{row:?}: a reason");
            *counts.entry("not applicable").or_default() += row[0].split(", ").count();
        }
    }
    let missing: Vec<_> = items.keys().filter(|i| !seen.contains_key(*i)).collect();
    assert!(missing.is_empty(), "missing: {missing:?}");
    let twice: Vec<_> = seen.iter().filter(|(_, n)| **n != 1).collect();
    assert!(twice.is_empty(), "more than once: {twice:?}");
    let said = format!(
        "Of {} items {} are met, {} partly, {} not, and {} do not apply.",
        items.len(),
        counts["met"],
        counts["partly"],
        counts["not met"],
        counts["not applicable"]
    );
    assert!(page.contains(&said), "{said}");
}

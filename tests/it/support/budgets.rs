//! How many keys a piece of work takes: the table of `docs/performance.md` is the only place of the numbers. A test presses the
//! keys through the real keymap, counts them and has the count compared with its line; every line has such a test.
use std::{path::Path, sync::LazyLock};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One line of the table.
pub struct Budget {
    pub work: String,
    /// Keys for each part of the work, as counted.
    pub keys: Vec<usize>,
    /// As many as each part may take.
    pub at_most: Vec<usize>,
    /// The test that counts them: `area::name`.
    pub test: String,
}

/// The lines of the table.
pub static TABLE: LazyLock<Vec<Budget>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(root().join("docs/performance.md")).expect("the document");
    let head = "| work | keys | at most | counted by |";
    let rows = text.lines().skip_while(|l| *l != head).skip(2).take_while(|l| l.starts_with('|'));
    let numbers = |cell: &str| -> Vec<usize> {
        cell.split([';', ',']).map(|n| n.trim().parse().expect("a number of keys")).collect()
    };
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [work, keys, at_most, test] = cells[..] else { panic!("four cells: {row}") };
        Budget {
            work: work.into(),
            keys: numbers(keys),
            at_most: numbers(at_most),
            test: test.trim_matches('`').into(),
        }
    })
    .collect()
});

/// Compares what was counted with the line of this work.
pub fn counted(work: &str, keys: &[usize]) {
    let line = TABLE.iter().find(|b| b.work == work).unwrap_or_else(|| panic!("no line says: {work}"));
    let over = keys.iter().zip(&line.at_most).any(|(n, most)| n > most);
    assert!(!over && keys.len() == line.at_most.len(), "{work}: {keys:?} keys of {:?}", line.at_most);
    assert_eq!(keys, line.keys, "{work}: the table says otherwise");
}

#[test]
fn every_line_of_the_key_budgets_has_a_test_that_counts_it() {
    let mut faults = vec![];
    for line in TABLE.iter() {
        let (path, name) = line.test.rsplit_once("::").unwrap_or_default();
        let path = format!("tests/it/{}.rs", path.replace("::", "/"));
        let text = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
        let is_test = text.contains(&format!("fn {name}("));
        if !is_test || !text.contains(&format!("\"{}\"", line.work)) || !text.contains("counted(") {
            faults.push(format!("{}: not counted by {}", line.work, line.test));
        }
        if line.keys.len() != line.at_most.len()
            || line.keys.iter().zip(&line.at_most).any(|(n, most)| n > most)
        {
            faults.push(format!("{}: {:?} keys of {:?}", line.work, line.keys, line.at_most));
        }
    }
    assert!(TABLE.len() > 25, "there are budgets to look at");
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

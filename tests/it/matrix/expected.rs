//! The hand-written table: which action which role may do in which situation.

/// The roles, in the order of the table's columns, as the database names them.
pub const ROLES: [&str; 11] = [
    "patient",
    "receptionist",
    "nurse",
    "gp",
    "specialist",
    "pharmacist",
    "other_provider",
    "diagnostics_provider",
    "lab_technician",
    "auditor",
    "administrator",
];

/// The situations, by their letters (explained at the top of the table).
pub const SITUATIONS: &str = "aexcnorsdkbz";

/// One action with the situations in which each role may do it.
pub struct Row {
    pub action: &'static str,
    cells: Vec<&'static str>,
}

impl Row {
    /// Whether the table allows this to a role (by its column) in a situation.
    pub fn allows(&self, role: usize, situation: char) -> bool {
        self.cells[role].contains(situation)
    }
}

/// The table, with every cell checked for letters that mean something.
pub fn table() -> Vec<Row> {
    let text: &str = super::text("expected.txt").leak();
    let rows: Vec<Row> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let mut words = line.split_whitespace();
            let action = words.next().expect("an action");
            let cells: Vec<_> = words.collect();
            assert_eq!(cells.len(), ROLES.len(), "{action}: a cell per role");
            for cell in &cells {
                assert!(*cell == "-" || cell.chars().all(|c| SITUATIONS.contains(c)), "{action}: {cell}");
            }
            Row { action, cells }
        })
        .collect();
    assert!(
        rows.iter().all(|r| rows.iter().filter(|x| x.action == r.action).count() == 1),
        "an action twice"
    );
    rows
}

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

/// How the patient of a cell stands to its person, as facts for the program's decision. The same is built in
/// `fixture.sql` by the letter, and explained by it at the top of the table; a new situation is a line in each of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    pub letter: char,
    /// What holds, by the letters' own words: `treated` (by a provider's self), `present` (at the others' centre), `near` (at a
    /// centre where providers work too), `today` (the visit is of this day), `connected`, `referred`, `emergency`, `own`.
    pub facts: &'static [&'static str],
}

impl Situation {
    /// Whether a fact holds.
    pub fn is(&self, fact: &str) -> bool {
        self.facts.contains(&fact)
    }

    /// By its letter.
    pub fn of(letter: char) -> Self {
        *SITUATIONS.iter().find(|s| s.letter == letter).expect("a situation")
    }
}

/// The situations.
pub const SITUATIONS: [Situation; 14] = [
    Situation { letter: 'a', facts: &["treated", "present", "today"] },
    Situation { letter: 'e', facts: &["treated", "near", "today"] },
    Situation { letter: 'x', facts: &[] },
    Situation { letter: 'c', facts: &[] },
    Situation { letter: 'n', facts: &[] },
    Situation { letter: 'o', facts: &["present", "today"] },
    Situation { letter: 'r', facts: &["referred"] },
    Situation { letter: 's', facts: &["present", "today", "own"] },
    Situation { letter: 'd', facts: &["treated", "present", "today"] },
    Situation { letter: 'k', facts: &["connected"] },
    Situation { letter: 'b', facts: &["emergency", "present", "today"] },
    Situation { letter: 'm', facts: &["merged"] },
    Situation { letter: 'w', facts: &["merged"] },
    Situation { letter: 'z', facts: &["disabled"] },
];

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

    /// Whether the table allows this to a role in any situation.
    pub fn ever(&self, role: usize) -> bool {
        self.cells[role] != "-"
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
                let known = |c: char| SITUATIONS.iter().any(|s| s.letter == c);
                assert!(*cell == "-" || cell.chars().all(known), "{action}: {cell}");
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

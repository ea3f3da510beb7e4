//! Runs the statement of each action in each cell, alone in a transaction that is rolled back.
use super::{
    clinic::{Cell, Speaker},
    expected::{ROLES, Row, SITUATIONS},
};
use sqlx::{Executor as _, PgConnection};

/// What came out of one cell.
pub struct Outcome {
    pub action: String,
    pub role: &'static str,
    pub situation: char,
    pub expected: bool,
    pub found: bool,
    /// Rows, or how the server refused.
    pub said: String,
}

/// Statements by action and, where a role has one of its own, by role.
struct Statements(Vec<(&'static str, Vec<&'static str>, &'static str)>);

impl Statements {
    fn read() -> Self {
        let text: &str = super::text("statements.sql").leak();
        Self(
            text.split("--@ ")
                .skip(1)
                .map(|block| {
                    let (head, statement) = block.split_once('\n').expect("a statement");
                    let mut words = head.split_whitespace();
                    (words.next().expect("an action"), words.collect(), statement.trim())
                })
                .collect(),
        )
    }

    fn of(&self, action: &str, role: &str) -> Option<&'static str> {
        let of_role = self.0.iter().find(|(a, roles, _)| *a == action && roles.contains(&role));
        of_role
            .or_else(|| self.0.iter().find(|(a, roles, _)| *a == action && roles.is_empty()))
            .map(|(_, _, s)| *s)
    }
}

/// Runs every cell that has a statement; the speakers side by side.
pub async fn run(table: &[Row], speakers: Vec<Speaker>) -> Vec<Outcome> {
    let statements = Statements::read();
    let tasks = speakers.into_iter().map(|speaker| of_speaker(table, &statements, speaker));
    futures::future::join_all(tasks).await.into_iter().flatten().collect()
}

async fn of_speaker(table: &[Row], statements: &Statements, mut speaker: Speaker) -> Vec<Outcome> {
    let role = ROLES[speaker.role];
    let mut outcomes = vec![];
    for cell in &speaker.cells {
        debug_assert!(SITUATIONS.contains(cell.situation));
        for row in table {
            let Some(statement) = statements.of(row.action, role) else { continue };
            let (found, said) = allowed(&mut speaker.connection, &filled(statement, cell)).await;
            let expected = row.allows(speaker.role, cell.situation);
            outcomes.push(Outcome {
                action: row.action.into(),
                role,
                situation: cell.situation,
                expected,
                found,
                said,
            });
        }
    }
    outcomes
}

/// The statement with the cell's ids in place of their names.
fn filled(statement: &str, cell: &Cell) -> String {
    let mut text = String::with_capacity(statement.len() + 200);
    let mut rest = statement;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a name");
        text.push_str(before);
        if name == "i" {
            text.push_str(&cell.i.to_string());
        } else {
            let id = cell.ids.get(name).unwrap_or_else(|| panic!("no id is called {name}"));
            text.push_str(&format!("'{id}'::uuid"));
        }
        rest = after;
    }
    text + rest
}

/// Whether the statement reads or changes a row; a refusal of any kind is none.
async fn allowed(c: &mut PgConnection, statement: &str) -> (bool, String) {
    let text = format!("begin; {statement}");
    let done = c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(text))).await;
    let (rows, said) = match done {
        Ok(done) => (done.rows_affected(), format!("{} rows", done.rows_affected())),
        Err(sqlx::Error::Database(e)) => {
            // Nothing but permissions and rules may refuse: a mistake in a statement is not a proof of anything.
            let code = e.code().unwrap_or_default().into_owned();
            assert!(
                ["42501", "PX001", "PX000"].contains(&code.as_str()),
                "{code} {}: {statement}",
                e.message()
            );
            (0, e.message().to_owned())
        }
        Err(e) => panic!("{e}: {statement}"),
    };
    c.execute("rollback").await.expect("a rollback");
    (rows > 0, said)
}

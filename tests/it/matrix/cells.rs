//! Runs the statement of each action in each cell, alone in a transaction that is rolled back.
use super::{
    clinic::{Cell, Speaker},
    expected::{ROLES, Row, SITUATIONS},
};
use praxis::domain::{
    actor::Role,
    permission::{Facts, Table},
};
use sqlx::{Executor as _, PgConnection};

/// What came out of one cell.
pub struct Outcome {
    pub action: String,
    pub role: &'static str,
    pub situation: char,
    /// Who answered: the plain statement, the server's own decision, or the program's.
    pub of: &'static str,
    pub expected: bool,
    pub found: bool,
    /// Rows, or how it was refused.
    pub said: String,
}

/// The statement behind an action.
#[derive(Clone, Copy)]
struct Statement {
    action: &'static str,
    /// What it is done to; `-`: nothing.
    object: &'static str,
    sql: &'static str,
}

/// Statements with the roles that have one of their own.
struct Statements(Vec<(Vec<&'static str>, Statement)>);

impl Statements {
    fn read() -> Self {
        let text: &str = super::text("statements.sql").leak();
        let blocks = text.split("--@ ").skip(1).map(|block| {
            let (head, sql) = block.split_once('\n').expect("a statement");
            let (head, object) = head.split_once(" = ").unwrap_or((head, ""));
            let mut words = head.split_whitespace();
            let action = words.next().expect("an action");
            (words.collect(), Statement { action, object, sql: sql.trim() })
        });
        Self(blocks.collect())
    }

    fn of(&self, action: &str, role: &str) -> Option<Statement> {
        let of_action = || self.0.iter().filter(|(_, s)| s.action == action);
        let own = of_action().find(|(roles, _)| roles.contains(&role));
        own.or_else(|| of_action().find(|(roles, _)| roles.is_empty())).map(|(_, s)| *s)
    }
}

/// Runs every cell that has a statement; one speaker after another, so that none waits for another's slot.
pub async fn run(table: &[Row], speakers: &mut [Speaker]) -> Vec<Outcome> {
    let statements = Statements::read();
    let mut outcomes = vec![];
    for speaker in speakers {
        outcomes.extend(of_speaker(table, &statements, speaker).await);
    }
    outcomes
}

async fn of_speaker(table: &[Row], statements: &Statements, speaker: &mut Speaker) -> Vec<Outcome> {
    let role = ROLES[speaker.role];
    let rows: Vec<(&Row, Statement)> =
        table.iter().filter_map(|row| statements.of(row.action, role).map(|s| (row, s))).collect();
    let mut outcomes = vec![];
    for cell in &speaker.cells {
        assert!(SITUATIONS.contains(cell.situation));
        let ran = run_all(&mut speaker.connection, rows.iter().map(|(_, s)| filled(s.sql, cell))).await;
        let may = may_all(&mut speaker.connection, rows.iter().map(|(_, s)| s), cell).await;
        for (((row, statement), (found, said)), why) in rows.iter().zip(ran).zip(may) {
            let expected = row.allows(speaker.role, cell.situation);
            let mut tell = |of, found, said| {
                let (action, situation) = (row.action.into(), cell.situation);
                outcomes.push(Outcome { action, role, situation, of, expected, found, said });
            };
            tell("statement", found, said);
            // A variant of an action is a way around its statement: the decision is about the action itself.
            if row.action.contains('/') {
                continue;
            }
            tell("server", why.is_none(), why.unwrap_or_default());
            let why = decide(speaker.role, statement, cell);
            tell("program", why.is_none(), why.unwrap_or_default());
        }
    }
    outcomes
}

/// The server's own answer about each action, in one question.
async fn may_all(
    c: &mut PgConnection,
    statements: impl Iterator<Item = &Statement>,
    cell: &Cell,
) -> Vec<Option<String>> {
    let (mut actions, mut patients, mut objects) = (vec![], vec![], vec![]);
    for statement in statements {
        actions.push(statement.action);
        patients.push((!["-", "bc"].contains(&statement.object)).then_some(cell.ids["p"]));
        objects.push(cell.ids.get(statement.object).copied());
    }
    sqlx::query_scalar(
        "select auth.may(x.a, x.p, x.o) from unnest($1::text[], $2::uuid[], $3::uuid[]) with ordinality x(a, p, o, n) order by n",
    )
    .bind(actions)
    .bind(patients)
    .bind(objects)
    .fetch_all(c)
    .await
    .expect("answers")
}

/// The program's answer, from the table it carries and the facts of the situation.
fn decide(role: usize, statement: &Statement, cell: &Cell) -> Option<String> {
    if cell.situation == 'z' {
        // Who was disabled has no session, and nothing is decided for nobody.
        return Some("nobody".into());
    }
    let is = |situations: &str| situations.contains(cell.situation);
    let (me, provider) = (Some(cell.ids["me"]), Some(cell.ids["provider"]).filter(|p| !p.is_nil()));
    let thing = cell.ids.get(statement.object).and_then(|id| cell.things.get(id));
    let none = statement.object == "-";
    let mine = |t: &super::clinic::Thing| {
        t.author == me
            || provider.is_some()
                && t.provider == provider
                && t.author.is_none_or(|_| statement_of_visit(statement))
    };
    let at_mine =
        |centre| centre == cell.ids["randwick"] || provider.is_some() && centre == cell.ids["hospital"];
    let of_another_day =
        ["signed", "paused", "f", "f2"].contains(&statement.object) || statement.object == "t" && is("xcnrk");
    let reading = statement.action.ends_with(".open")
        || statement.action.ends_with(".search")
        || statement.action.ends_with(".visits");
    let facts = Facts {
        own_centre: thing.is_none_or(|t| t.centre.is_some_and(at_mine)),
        own_object: none || thing.is_some_and(mine),
        relationship: provider.is_some() && is("aebd"),
        connection: provider.is_some() && is("k"),
        present_today: (is("aosbd") || provider.is_some() && is("e")) && (reading || !of_another_day),
        routed: none || provider.is_some() && is("r") && statement.object == "letter",
        self_patient: is("s") && !none && statement.object != "bc",
        granted: false,
        emergency: provider.is_some() && is("b"),
        with_oneself: provider.is_some()
            && (statement.action == "appointment.book"
                || statement.action == "appointment.restore"
                    && thing.is_some_and(|t| t.provider == provider)),
        profession_refers: ROLES[role] == "gp",
        password_again: true,
        second_person: true,
        strict: false,
    };
    let role = Role::from_code(ROLES[role]).expect("a role");
    Table::built_in().decide(role, statement.action, &facts).err().map(|why| why.sentence.to_string())
}

/// A visit and a letter belong to their provider as well as to their author.
fn statement_of_visit(statement: &Statement) -> bool {
    ["t", "paused", "signed", "f", "f2"].contains(&statement.object) || statement.object.ends_with("letter")
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

/// Runs statements on the person's connection, each alone and taken back at once: whether it read or changed a row, and
/// what the server said. A refusal of any kind is no row.
async fn run_all(c: &mut PgConnection, statements: impl Iterator<Item = String>) -> Vec<(bool, String)> {
    let mut block = String::from("do $all$ declare n bigint; said text[] := '{}'; begin\n");
    let mut asked = vec![];
    for statement in statements {
        // The number of rows leaves by an error, which takes the rows back.
        block.push_str(&format!(
            "begin execute $one${statement}$one$; get diagnostics n = row_count; raise sqlstate 'PX999' using message = n::text;
             exception when others then said := said || (sqlstate || ' ' || sqlerrm); end;\n"
        ));
        asked.push(statement);
    }
    block.push_str("perform set_config('matrix.said', array_to_json(said)::text, false); end $all$");
    c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(block))).await.expect("the block");
    let said: Vec<String> =
        sqlx::query_scalar("select json_array_elements_text(current_setting('matrix.said')::json)")
            .fetch_all(c)
            .await
            .expect("what was said");
    assert_eq!(said.len(), asked.len());
    said.into_iter()
        .zip(asked)
        .map(|(said, statement)| {
            let (code, said) = said.split_once(' ').expect("a code");
            // Nothing but permissions and rules may refuse: a mistake in a statement is no proof of anything.
            assert!(["PX999", "42501", "PX001", "PX000"].contains(&code), "{code} {said}: {statement}");
            (code == "PX999" && said != "0", said.to_owned())
        })
        .collect()
}

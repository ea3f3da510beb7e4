//! Runs the statement of each action in each cell, alone and taken back; asks the server and the program about the same.
//!
//! The same person with the same words is asked once: what no patient is part of is the same in every situation.
use super::{
    clinic::{Cell, Speaker},
    expected::{ROLES, Row, Situation},
};
use praxis::domain::{
    actor::Role,
    permission::{Facts, Table},
};
use sqlx::{Executor as _, PgConnection};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};
use uuid::Uuid;

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
    /// The patient of the cell is part of it.
    of_patient: bool,
    /// Empty: the action is decided and has no statement (the file says why).
    sql: &'static str,
    /// The function of the test that runs it, and what it takes of a cell.
    function: &'static str,
    takes: &'static [&'static str],
}

impl Statement {
    /// The statement as a function of whoever calls it, planned once for a connection: how many rows it gives or changes.
    fn definition(&self) -> String {
        let mut sql = self.sql.trim_end_matches(';').to_owned();
        let mut parameters = vec![];
        for name in self.takes {
            let (parameter, of) = (parameter(name), type_of(name));
            sql = sql.replace(&format!("{{{name}}}"), &parameter);
            parameters.push(format!("{parameter} {of}"));
        }
        let runs = if sql.starts_with("select") {
            format!("for r in {sql} loop n := n + 1; end loop;")
        } else {
            format!("{sql}; get diagnostics n = row_count;")
        };
        format!(
            "create function {}({}) returns bigint language plpgsql as $f$
             #variable_conflict use_column
             declare n bigint := 0; r record; begin {runs} return n; end $f$;\n",
            self.function,
            parameters.join(", ")
        )
    }

    /// The call of that function for a cell.
    fn call(&self, cell: &Cell) -> String {
        let of = |name: &&str| match (*name, cell.words.get(name)) {
            ("i", _) => cell.i.to_string(),
            (_, Some(word)) => word.clone(),
            (name, None) => {
                let id = cell.ids.get(name).unwrap_or_else(|| panic!("no id is called {name}"));
                format!("'{id}'")
            }
        };
        let given: Vec<String> = self.takes.iter().map(of).collect();
        format!("{}({})", self.function, given.join(", "))
    }
}

fn parameter(name: &str) -> String {
    format!("p_{}", name.trim_start_matches('/'))
}

fn type_of(name: &str) -> &'static str {
    match name {
        "i" => "int",
        "role" | "login" | "sit" => "text",
        "proof" => "bytea",
        _ => "uuid",
    }
}

/// What stands in braces, each once.
fn takes(sql: &'static str) -> &'static [&'static str] {
    let mut names: Vec<&'static str> = vec![];
    for part in sql.split('{').skip(1) {
        let (name, _) = part.split_once('}').expect("a name");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.leak()
}

/// Statements with the roles that have one of their own.
struct Statements(Vec<(Vec<&'static str>, Statement)>);

impl Statements {
    fn read() -> Self {
        static TEXT: LazyLock<String> = LazyLock::new(|| super::text("statements.sql"));
        let text: &'static str = &TEXT;
        let blocks = text.split("--@ ").skip(1).enumerate().map(|(n, block)| {
            let (head, sql) = block.split_once('\n').expect("a statement");
            let (head, object) = head.split_once(" = ").unwrap_or((head, ""));
            let (object, of_patient) = match object.strip_suffix(" -") {
                Some(object) => (object, false),
                None => (object, !["-", "bc"].contains(&object)),
            };
            let mut words = head.split_whitespace();
            let action = words.next().expect("an action");
            let end = sql.find("\n--").unwrap_or(sql.len());
            let (sql, function) = (sql[..end].trim(), format!("matrix.s{n}").leak());
            (words.collect(), Statement { action, object, of_patient, sql, function, takes: takes(sql) })
        });
        Self(blocks.collect())
    }

    fn of(&self, action: &str, role: &str) -> Option<Statement> {
        let of_action = || self.0.iter().filter(|(_, s)| s.action == action);
        let own = of_action().find(|(roles, _)| roles.contains(&role));
        own.or_else(|| of_action().find(|(roles, _)| roles.is_empty())).map(|(_, s)| *s)
    }
}

/// Whether there is a statement, or at least a question, for an action.
pub fn has_statement(action: &str) -> bool {
    Statements::read().0.iter().any(|(_, s)| s.action == action)
}

/// What was asked of one person already.
#[derive(Default)]
struct Asked {
    statements: HashMap<String, (bool, String)>,
    decisions: HashMap<Question, Option<String>>,
}

/// An action, its patient and its thing.
type Question = (&'static str, Option<Uuid>, Option<Uuid>);

/// Makes the functions that the statements are run by.
pub async fn prepare(su: &mut PgConnection) {
    let mut all = String::from("grant usage on schema matrix to praxis_app;\n");
    for (_, statement) in Statements::read().0.iter().filter(|(_, s)| !s.sql.is_empty()) {
        all.push_str(&statement.definition());
    }
    su.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(all))).await.expect("the statements");
}

/// Runs every cell; one speaker after another, so that none waits for another's slot. Also: how many statements were run.
pub async fn run(table: &[Row], speakers: &mut [Speaker]) -> (Vec<Outcome>, usize) {
    let statements = Statements::read();
    let (mut outcomes, mut ran) = (vec![], 0);
    for speaker in speakers {
        let set = "set plan_cache_mode = force_generic_plan";
        speaker.connection.execute(set).await.expect("a setting");
        let (more, of_speaker) = of_speaker(table, &statements, speaker).await;
        outcomes.extend(more);
        ran += of_speaker;
    }
    (outcomes, ran)
}

async fn of_speaker(table: &[Row], statements: &Statements, speaker: &mut Speaker) -> (Vec<Outcome>, usize) {
    let role = ROLES[speaker.role];
    let rows: Vec<(&Row, Statement)> =
        table.iter().filter_map(|row| Some((row, statements.of(row.action, role)?))).collect();
    let (mut outcomes, mut asked) = (vec![], Asked::default());
    for cell in &speaker.cells {
        run_all(&mut speaker.connection, &rows, cell, &mut asked).await;
        may_all(&mut speaker.connection, &rows, cell, &mut asked).await;
        for (row, statement) in &rows {
            let expected = row.allows(speaker.role, cell.situation);
            let mut tell = |of, found, said| {
                let (action, situation) = (row.action.into(), cell.situation);
                outcomes.push(Outcome { action, role, situation, of, expected, found, said });
            };
            if !statement.sql.is_empty() {
                let (found, said) = asked.statements[&statement.call(cell)].clone();
                tell("statement", found, said);
            }
            // A variant of an action is a way around its statement: the decision is about the action itself.
            if row.action.contains('/') {
                continue;
            }
            let why = asked.decisions[&question(statement, cell)].clone();
            tell("server", why.is_none(), why.unwrap_or_default());
            let why = decide(speaker.role, statement, cell);
            tell("program", why.is_none(), why.unwrap_or_default());
        }
    }
    (outcomes, asked.statements.len())
}

fn question(statement: &Statement, cell: &Cell) -> Question {
    let patient = statement.of_patient.then_some(cell.ids["p"]);
    (statement.action, patient, cell.ids.get(statement.object).copied())
}

/// The server's own answer about each action, in one question.
async fn may_all(c: &mut PgConnection, rows: &[(&Row, Statement)], cell: &Cell, asked: &mut Asked) {
    let new: Vec<Question> = rows
        .iter()
        .map(|(_, s)| question(s, cell))
        .filter(|q| !q.0.contains('/') && !asked.decisions.contains_key(q))
        .collect();
    let (actions, (patients, objects)): (Vec<_>, (Vec<_>, Vec<_>)) =
        new.iter().map(|(a, p, o)| (*a, (*p, *o))).unzip();
    let answers: Vec<Option<String>> = sqlx::query_scalar(
        "select auth.may(x.a, x.p, x.o) from unnest($1::text[], $2::uuid[], $3::uuid[]) with ordinality x(a, p, o, n) order by n",
    )
    .bind(actions)
    .bind(patients)
    .bind(objects)
    .fetch_all(c)
    .await
    .expect("answers");
    asked.decisions.extend(new.into_iter().zip(answers));
}

/// The program's answer, from the table it carries and the facts of the situation.
fn decide(role: usize, statement: &Statement, cell: &Cell) -> Option<String> {
    if cell.situation == 'z' {
        // Who was disabled has no session, and nothing is decided for nobody.
        return Some("nobody".into());
    }
    let situation = Situation::of(cell.situation);
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
    let of_another_day = ["signed", "paused", "f", "f2"].contains(&statement.object)
        || statement.object == "t" && !situation.is("today");
    let is = |fact: &str| situation.is(fact);
    let reading = statement.action.ends_with(".open")
        || statement.action.ends_with(".search")
        || statement.action.ends_with(".visits");
    let facts = Facts {
        own_centre: thing.is_none_or(|t| t.centre.is_some_and(at_mine)),
        own_object: none || thing.is_some_and(mine),
        relationship: provider.is_some() && (is("treated") || is("merged")),
        connection: provider.is_some() && is("connected"),
        present_today: (is("present") || is("merged") || provider.is_some() && is("near"))
            && (reading || !of_another_day),
        routed: none
            || statement.object == "mail"
            || provider.is_some() && is("referred") && statement.object == "letter",
        self_patient: is("own") && statement.of_patient,
        granted: false,
        emergency: provider.is_some() && is("emergency"),
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

/// Runs the cell's statements on the person's connection, each alone and taken back at once: whether it read or changed a row,
/// and what the server said. A refusal of any kind is no row.
async fn run_all(c: &mut PgConnection, rows: &[(&Row, Statement)], cell: &Cell, asked: &mut Asked) {
    let new: BTreeMap<String, &str> = rows
        .iter()
        .filter(|(_, s)| !s.sql.is_empty())
        .map(|(_, s)| (s.call(cell), s.action))
        .filter(|(text, _)| !asked.statements.contains_key(text))
        .collect();
    let mut block = String::from("do $all$ declare said text[] := '{}'; begin\n");
    for statement in new.keys() {
        // The number of rows leaves by an error, which takes the rows back.
        block.push_str(&format!(
            "begin raise sqlstate 'PX999' using message = {statement}::text;
             exception when others then said := said || (sqlstate || ' ' || sqlerrm); end;\n"
        ));
    }
    block.push_str("perform set_config('matrix.said', array_to_json(said)::text, false); end $all$");
    c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(block))).await.expect("the block");
    let said: Vec<String> =
        sqlx::query_scalar("select json_array_elements_text(current_setting('matrix.said')::json)")
            .fetch_all(c)
            .await
            .expect("what was said");
    assert_eq!(said.len(), new.len());
    for (said, (statement, action)) in said.into_iter().zip(new) {
        let (code, said) = said.split_once(' ').expect("a code");
        // Nothing but permissions and rules may refuse: a mistake in a statement is no proof of anything.
        let known = ["PX999", "42501", "PX001", "PX000"].contains(&code);
        assert!(known, "{action}, {}: {code} {said}: {statement}", cell.situation);
        asked.statements.insert(statement, (code == "PX999" && said != "0", said.to_owned()));
    }
}

//! What somebody with the program's own connection can do to other people's records: nothing.
//!
//! Calls are made in batches inside SQL: every table and function that takes an id, with random ids and with real ones.
mod identity;
mod log;
mod names;
mod objects;
mod reach;
mod telling;

use crate::{
    matrix::{clinic, expected::ROLES},
    support::cluster::block_on,
};
use sqlx::{Executor as _, PgConnection, Row as _};
use uuid::Uuid;

/// What the clinic writes about patients; whoever has no right to a patient finds none of their rows here.
const CLINICAL: &[&str] = &[
    "encounter",
    "observation",
    "note",
    "service_request",
    "result",
    "report",
    "diagnosis",
    "prescription",
    "treatment",
    "allergy",
    "condition",
    "medication",
    "surgery",
    "vaccination",
    "family_history",
    "referral",
    "draft",
];
/// The directory and the timetable, which everybody who is signed in may look at.
const DIRECTORY: &[&str] = &[
    "centre",
    "department",
    "specialty",
    "staff_centre",
    "provider",
    "provider_specialty",
    "provider_centre",
    "provider_hours",
    "clinic_session",
    "visit_type",
    "account",
    "setting",
];
/// Functions that answer about any id, and why that gives nothing away.
const ANSWERS: &[(&str, &str)] = &[
    ("auth.may", "a word for the reason, never content"),
    ("clinic.why_not_read", "a word for the reason, never content"),
    ("clinic.why_not_record", "a word for the reason, never content"),
    ("clinic.allergy_state", "`hidden` to those who may not know"),
    ("clinic.allergy_marks", "the marks of the banner, for staff who handle the patient"),
    ("clinic.allergy_mark_rows", "the marks of the banner, for staff who handle the patient"),
    (
        "clinic.patient_keys",
        "wrapped keys, useless without the key that is kept outside, for staff who write",
    ),
    ("clinic.subject_patient", "whose appointment or visit it is, for staff"),
    ("clinic.look_alikes", "identity, for staff who register"),
    ("clinic.next_free", "free times of the directory"),
    ("clinic.records_of", "ids of one person's records"),
    ("clinic.records_of_each", "ids of one person's records"),
    ("clinic.allergy_states", "`hidden` to those who may not know"),
    ("clinic.visit_habits", "lengths of visits, of no person"),
    ("clinic.allergy_marks_of", "the marks of the banner, for staff who handle the patient"),
    ("clinic.subject_rows_seen", "the rows that the speaker sees anyway, by their own policies"),
    ("clinic.subject_seen", "how many of the rows that the speaker sees anyway"),
    ("clinic.due_cents", "a fee, for who sees the appointment"),
    ("clinic.queue_place", "a number in a queue, for who books"),
    ("clinic.appointment_texts", "why somebody comes, for those who book and treat"),
    ("clinic.step_texts", "why an appointment was changed, for those who book and treat"),
    ("clinic.request_begin", "a note of the speaker's own request"),
    ("clinic.request_settle", "a note of the speaker's own request"),
    ("audit.tell", "an event in the speaker's own name, of what they did"),
    ("clinic.apply_as_provider", "an application, by anybody"),
    ("clinic.write_to_clinic", "a message to the clinic, by anybody"),
];

/// A function that the program's role may call: its name and the types it takes.
pub(super) struct Callable {
    pub name: String,
    pub types: Vec<String>,
}

impl Callable {
    /// Whether it is told an id: one that is not answers each time the same.
    pub fn takes_id(&self) -> bool {
        self.types.iter().any(|t| t.starts_with("uuid"))
    }

    /// A call with `id` for every id and something harmless for everything else.
    pub fn call(&self, id: &str) -> String {
        let arguments: Vec<String> = self
            .types
            .iter()
            .map(|t| match t.as_str() {
                "uuid" => id.to_owned(),
                "uuid[]" => format!("array[{id}]"),
                "text[]" => "array['cell']".into(),
                "text" => "'x'".into(),
                "date" => "date '2026-03-12'".into(),
                "timestamp with time zone" => "now()".into(),
                "bytea" => "'\\x00'".into(),
                "jsonb" => "'{}'".into(),
                "boolean" => "false".into(),
                "bytea[]" => "array['\\x00'::bytea]".into(),
                _ => "1".into(),
            })
            .collect();
        format!("{}({})", self.name, arguments.join(", "))
    }
}

/// Everything in the three schemas that the program's role may call, read from the catalogue.
pub(super) async fn callables(c: &mut PgConnection) -> Vec<Callable> {
    sqlx::query(
        "select p.pronamespace::regnamespace || '.' || p.proname as name,
                array(select format_type(t, null) from unnest(p.proargtypes) with ordinality x(t, n) order by n) as types
           from pg_proc p
          where p.pronamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)
            and has_function_privilege('praxis_app', p.oid, 'execute') and p.prorettype <> 'trigger'::regtype order by 1",
    )
    .fetch_all(c)
    .await
    .expect("functions")
    .iter()
    .map(|r| Callable { name: r.get("name"), types: r.get("types") })
    .collect()
}

/// One number over every row of the clinic and of the sign-ins: it changes when anything does.
pub(super) async fn state(c: &mut PgConnection) -> Vec<(String, String)> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select oid::regclass::text from pg_class where relkind = 'r' and relnamespace in ('auth'::regnamespace, 'clinic'::regnamespace)
            and oid::regclass::text not in ('clinic.request', 'auth.session', 'auth.failure', 'clinic.provider_registration', 'clinic.message') order by 1",
    )
    .fetch_all(&mut *c)
    .await
    .expect("tables");
    let mut sums = vec![];
    for table in tables {
        let sum = format!("select coalesce(sum(hashtextextended(t::text, 0)), 0)::text from {table} t");
        sums.push((
            table,
            sqlx::query_scalar(sqlx::AssertSqlSafe(sum)).fetch_one(&mut *c).await.expect("a sum"),
        ));
    }
    sums
}

/// Runs `expression` for each id apart, and says how many gave something else than null, false or nothing.
async fn each(c: &mut PgConnection, ids: &str, expression: &str) -> i64 {
    let block = format!(
        "do $block$ /* {expression} */ declare i uuid; n bigint := 0; begin set constraints all immediate;
           foreach i in array '{ids}'::uuid[] loop
             begin
               n := n + (select count(*) from {expression} r where coalesce(r::text, '') !~ '^[(]?(false|0|[,f]*)[)]?$');
             exception when others then null;
             end;
           end loop;
           perform set_config('attack.found', n::text, false);
         end $block$"
    );
    c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(block)))
        .await
        .unwrap_or_else(|e| panic!("{expression}: {e}"));
    sqlx::query_scalar("select current_setting('attack.found')::bigint").fetch_one(c).await.expect("a number")
}

/// Every table with its uuid columns, and the first column that may be written, where one may.
async fn columns(c: &mut PgConnection) -> Vec<(String, Vec<String>, Option<String>, bool)> {
    sqlx::query(
        "select c.relname, array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
                    and a.atttypid = 'uuid'::regtype and has_column_privilege('praxis_app', c.oid, a.attnum, 'select')) as ids,
                (select min(a.attname::text) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                    and a.attgenerated = '' and has_column_privilege('praxis_app', c.oid, a.attnum, 'update')) as writable,
                has_table_privilege('praxis_app', c.oid, 'delete') as deletable
           from pg_class c where c.relkind = 'r' and c.relnamespace = 'clinic'::regnamespace order by 1",
    )
    .fetch_all(c)
    .await
    .expect("columns")
    .iter()
    .map(|r| (r.get(0), r.get(1), r.get(2), r.get(3)))
    .collect()
}

/// How many ids that nobody has are tried beside those of somebody else's: all of these are the same to a rule.
const OF_NOBODY: usize = 5;

/// Ids of every row about the patients of one role's cells, and some that nobody has.
async fn foreign(c: &mut PgConnection, role: &str) -> String {
    let mut ids: Vec<Uuid> = sqlx::query_scalar("select p from matrix.cell where role = $1")
        .bind(role)
        .fetch_all(&mut *c)
        .await
        .expect("ids");
    for (table, columns, _, _) in columns(c).await {
        if columns.contains(&"patient_id".to_owned()) && columns.contains(&"id".to_owned()) {
            // Who waits goes by centre: at one's own it is not foreign.
            let elsewhere =
                if table == "waitlist_entry" { "centre_id = matrix.place('ultimo')" } else { "true" };
            let sql = format!(
                "select id from clinic.{table} where {elsewhere} and patient_id in (select p from matrix.cell where role = $1) limit 5"
            );
            ids.extend(
                sqlx::query_scalar::<_, Uuid>(sqlx::AssertSqlSafe(sql))
                    .bind(role)
                    .fetch_all(&mut *c)
                    .await
                    .expect("ids"),
            );
        }
    }
    for _ in 0..OF_NOBODY {
        ids.push(Uuid::now_v7());
    }
    let list: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    format!("{{{}}}", list.join(","))
}

#[test]
fn a_hundred_thousand_calls_with_foreign_ids_read_and_change_nothing() {
    let db = clinic::copy();
    block_on(async {
        let attackers = ["patient", "gp", "specialist", "auditor"];
        let speakers = clinic::speakers(&db, |p| attackers.contains(&ROLES[p.role]) && !p.is_gone()).await;
        let mut su = db.superuser().await;
        let (callables, columns) = (callables(&mut su).await, columns(&mut su).await);
        // Nobody but their colleagues sees the patients of the pathologists' and the auditors' cells.
        let ids = foreign(&mut su, "administrator").await;
        let many = ids.matches(',').count() + 1;
        let before = state(&mut su).await;
        let (mut calls, mut found) = (0, vec![]);
        for mut speaker in speakers {
            let role = ROLES[speaker.role];
            let c = &mut speaker.connection;
            for (table, ids_of, writable, deletable) in &columns {
                let table = table.as_str();
                if !(CLINICAL.contains(&table) || role == "patient" && !DIRECTORY.contains(&table)) {
                    continue;
                }
                for column in ids_of {
                    let sql =
                        format!("select count(*) from clinic.{table} where {column} = any ('{ids}'::uuid[])");
                    let n: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                        .fetch_one(&mut *c)
                        .await
                        .expect("a count");
                    calls += many;
                    if n > 0 {
                        found.push(format!("{role} reads {n} of {table} by {column}"));
                    }
                }
                let mut writes = vec![];
                if let Some(w) = writable {
                    writes.push(format!("update clinic.{table} set {w} = {w}"));
                }
                if *deletable {
                    writes.push(format!("delete from clinic.{table}"));
                }
                for write in writes {
                    for key in ids_of.iter().filter(|k| ["id", "patient_id"].contains(&k.as_str())) {
                        let sql = format!("{write} where {key} = any ('{ids}'::uuid[])");
                        let done = c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await;
                        calls += many;
                        if let Ok(done) = done
                            && done.rows_affected() > 0
                        {
                            found.push(format!("{role}: {write}: {} rows", done.rows_affected()));
                        }
                    }
                }
            }
            for f in callables.iter().filter(|f| ["patient", "gp"].contains(&role) && f.takes_id()) {
                let n = each(c, &ids, &f.call("i")).await;
                calls += many;
                if n > 0 && !ANSWERS.iter().any(|(name, _)| *name == f.name) {
                    found.push(format!("{role}: {} answers {n} times", f.name));
                }
            }
        }
        println!("{calls} calls with foreign ids, {} of them different", many);
        let after = state(&mut su).await;
        found.extend(
            before.into_iter().zip(after).filter(|(a, b)| a != b).map(|(a, _)| format!("{} changed", a.0)),
        );
        assert!(found.is_empty(), "{}", found.join("\n"));
        assert!(calls >= 100_000, "only {calls} calls");
    });
}

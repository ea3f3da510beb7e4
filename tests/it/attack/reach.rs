//! What plain SQL shows: nothing without a sign-in, and with one exactly the patients whom the hand-written table names.
use super::{block_on, callables, each, state};
use crate::{
    matrix::{
        clinic,
        expected::{self, ROLES},
    },
    support::speaker,
};
use sqlx::{Executor as _, PgConnection, Row as _};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What somebody who has not signed in may ask, and why.
const FRONT_DOOR: &[(&str, &str)] = &[
    ("auth.challenge", "the salt to sign in with, a stable fake for strangers"),
    ("auth.open", "the sign-in itself"),
    ("auth.open_service", "the sign-in of a service, slowed down like every other"),
    ("clinic.queue_rank", "a number made of what is given"),
    ("clinic.visit_habits", "lengths of visits for a display, of no person"),
    ("clinic.now", "the time"),
    ("clinic.setting", "policies of the site, no data of persons"),
    ("audit.site", "the clinic's name and its zone, no data of persons"),
    ("clinic.schema_version", "whether the program fits"),
    ("clinic.write_to_clinic", "a message to the clinic, at a limited rate"),
    ("clinic.apply_as_provider", "an application, at most twenty an hour"),
];

#[test]
fn without_a_sign_in_every_function_refuses_or_knows_nobody() {
    let db = clinic::copy();
    block_on(async {
        let mut su = db.superuser().await;
        let mut c = speaker::nobody(&db).await;
        let events = "select count(*) from audit.event";
        let before: i64 = sqlx::query_scalar(events).fetch_one(&mut su).await.unwrap();
        let rows = state(&mut su).await;
        let ids: Vec<Uuid> =
            sqlx::query_scalar("select unnest(array[p, t]) from matrix.cell where role in ('patient', 'gp')")
                .fetch_all(&mut su)
                .await
                .unwrap();
        let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let (one, ids) = (format!("{{{}}}", ids[0]), format!("{{{}}}", ids.join(",")));
        let mut found = vec![];
        let mut asked = 0;
        for f in callables(&mut su).await {
            if FRONT_DOOR.iter().any(|(name, _)| *name == f.name) {
                continue;
            }
            asked += 1;
            let ids = if f.takes_id() { &ids } else { &one };
            let n = each(&mut c, ids, &f.call("i")).await;
            // A reason for a refusal is no content.
            let reason = [
                "auth.may",
                "auth.second",
                "clinic.why_not_read",
                "clinic.why_not_record",
                "clinic.allergy_state",
            ]
            .contains(&f.name.as_str());
            if n > 0 && !reason {
                found.push(format!("{} answers {n} times", f.name));
            }
        }
        let after: i64 = sqlx::query_scalar(events).fetch_one(&mut su).await.unwrap();
        if after > before {
            found.push(format!("{} events were written by nobody", after - before));
        }
        found.extend(
            rows.into_iter()
                .zip(state(&mut su).await)
                .filter(|(a, b)| a != b)
                .map(|(a, _)| format!("{} changed", a.0)),
        );
        println!("{asked} functions asked without a sign-in");
        assert!(found.is_empty(), "{}", found.join("\n"));
    });
}

#[test]
fn what_is_asked_of_many_patients_at_once_is_what_is_said_of_each() {
    let db = clinic::copy();
    block_on(async {
        let speakers = clinic::speakers(&db, |_| true).await;
        clinic::disable(&db).await;
        let mut su = db.superuser().await;
        let ids: Vec<Uuid> =
            sqlx::query_scalar("select p from matrix.cell where role in ('gp', 'patient') order by p")
                .fetch_all(&mut su)
                .await
                .unwrap();
        let merged = format!(
            "set session_replication_role = replica;
             insert into clinic.patient_link (id, patient_id, survivor_id, reason, merged_by)
             select gen_random_uuid(), m, '{0}', '\\x00', '{0}' from unnest(array['{1}', '{2}']::uuid[]) m",
            ids[0], ids[1], ids[2]
        );
        su.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(merged))).await.unwrap();
        for mut speaker in speakers {
            let differ: i64 = sqlx::query_scalar(
                "select count(*) from unnest($1::uuid[]) p left join clinic.allergy_states($1) s on s.patient_id = p
                  where (select auth.actor()) is not null and s.state is distinct from clinic.allergy_state(p)
                     or array(select r.record from clinic.records_of_each($1) r where r.patient_id = p order by 1)
                        <> array(select o from unnest(clinic.records_of(p)) o order by 1)",
            )
            .bind(&ids)
            .fetch_one(&mut speaker.connection)
            .await
            .unwrap();
            assert_eq!(differ, 0, "{}", ROLES[speaker.role]);
        }
    });
}

/// The patients of whom a table shows a row that the other provider wrote.
async fn seen(c: &mut PgConnection, table: &str) -> BTreeSet<Uuid> {
    let sql = format!("select distinct patient_id from clinic.{table}");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(c).await.expect("a list");
    rows.iter().map(|r| r.get(0)).collect()
}

/// The cells of these patients, for whoever reads why it failed.
async fn who(su: &mut PgConnection, patients: Vec<Uuid>) -> Vec<String> {
    sqlx::query_scalar("select role || ' ' || sit from matrix.cell where p = any ($1) order by 1")
        .bind(patients)
        .fetch_all(su)
        .await
        .unwrap()
}

#[test]
fn with_a_sign_in_plain_sql_shows_exactly_the_patients_of_the_table() {
    let db = clinic::copy();
    block_on(async {
        let speakers = clinic::speakers(&db, |_| true).await;
        clinic::disable(&db).await;
        let table = expected::table();
        let history = table.iter().find(|r| r.action == "history.open").unwrap();
        let mut su = db.superuser().await;
        let nurse = expected::ROLES.iter().position(|r| *r == "nurse").unwrap();
        let mut compared = 0;
        for mut speaker in speakers {
            let role = ROLES[speaker.role];
            let mut expected: BTreeSet<Uuid> = speaker
                .cells
                .iter()
                .filter(|cell| history.allows(speaker.role, cell.situation))
                .map(|cell| cell.ids["p"])
                .collect();
            if speaker.role == nurse && !clinic::is_gone(&speaker.cells) {
                // Whoever is in a visit at her centre today, whosever cell it is; an open emergency is one.
                expected.extend(
                    sqlx::query_scalar::<_, Uuid>(
                        "select p from matrix.cell where here and sit <> 'x' and tc = matrix.place('randwick')
                         union select p from matrix.cell where bp is not null and bc = matrix.place('randwick') and sit <> 'x'
                         union select p from matrix.cell where sit = 'b' and tc = matrix.place('randwick')
                         union select p from matrix.cell where sit in ('m', 'w')",
                    )
                    .fetch_all(&mut su)
                    .await
                    .unwrap(),
                );
            }
            for table in ["condition", "diagnosis"] {
                let seen = seen(&mut speaker.connection, table).await;
                // What one wrote oneself stays readable, whoever the patient is now.
                let own: BTreeSet<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
                    "select patient_id from clinic.{table} where author = $1"
                )))
                .bind(speaker.cells[0].ids["me"])
                .fetch_all(&mut su)
                .await
                .unwrap()
                .into_iter()
                .collect();
                let gone = clinic::is_gone(&speaker.cells);
                let wanted: BTreeSet<Uuid> =
                    if gone { BTreeSet::new() } else { expected.union(&own).copied().collect() };
                let more: Vec<_> = seen.difference(&wanted).collect();
                let less: Vec<_> = wanted.difference(&seen).collect();
                assert!(
                    more.is_empty() && less.is_empty(),
                    "{role} {table}: {} too many, {} missing: {:?}",
                    more.len(),
                    less.len(),
                    who(&mut su, more.iter().chain(&less).map(|p| **p).collect()).await
                );
                compared += 1;
            }
        }
        println!("{compared} lists compared");
    });
}

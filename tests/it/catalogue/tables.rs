//! What is decided about every table: whether a write demands an event, whether a person's rows are taken out with everything
//! about them, and what becomes of it when they are erased. A new table fails until it is decided.
use super::{MIGRATED, offences};
use crate::support::cluster::block_on;
use std::collections::BTreeMap;

struct Decided {
    event: &'static str,
    subject: &'static str,
    erasure: &'static str,
}

fn decided() -> BTreeMap<String, Decided> {
    let text = include_str!("tables.txt");
    let lines = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    lines
        .map(|line| {
            let parts: Vec<_> = line.split(" | ").collect();
            let [table, event, subject, erasure] = parts[..] else { panic!("{line}") };
            (table.to_owned(), Decided { event, subject, erasure })
        })
        .collect()
}

/// Which tables an answer names, against which the decisions say.
fn agree(found: &[String], says: impl Fn(&Decided) -> bool, what: &str) {
    let all = decided();
    let said: Vec<&String> = all.iter().filter(|(_, d)| says(d)).map(|(t, _)| t).collect();
    let more: Vec<_> = found.iter().filter(|t| !said.contains(t)).collect();
    let less: Vec<_> = said.iter().filter(|t| !found.contains(t)).collect();
    assert!(
        more.is_empty() && less.is_empty(),
        "{what}: not decided so {more:?}, decided but not so {less:?}"
    );
}

#[test]
fn every_table_is_decided_and_what_demands_an_event_does() {
    block_on(async {
        let mut c = MIGRATED.superuser().await;
        let tables = offences(
            &mut c,
            "select c.oid::regclass::text from pg_class c where c.relkind in ('r', 'p')
                and c.relnamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)",
        )
        .await;
        agree(&tables, |_| true, "tables");
        let demand = offences(
            &mut c,
            // Whatever happens to a row (4 insert, 8 delete, 16 update), at the end of the transaction. A key is only inserted.
            "select distinct t.tgrelid::regclass::text from pg_trigger t
              where t.tgfoid = any (array['audit.told()', 'audit.key_told()']::regprocedure[]) and t.tgdeferrable and t.tginitdeferred and t.tgenabled = 'O'
                and (t.tgtype & 28 = 28 or t.tgrelid = any (array['clinic.setting', 'clinic.patient_key']::regclass[]))",
        )
        .await;
        agree(&demand, |d| d.event == "event", "demand an event");
        // What demands none is written by the owner's functions, but what is not said to anybody yet.
        let written = offences(
            &mut c,
            "select distinct c.oid::regclass::text from pg_class c, aclexplode(c.relacl) a
              where a.grantee = 'praxis_app'::regrole and a.privilege_type in ('INSERT', 'UPDATE', 'DELETE')
             union select distinct a.attrelid::regclass::text from pg_attribute a, aclexplode(a.attacl) x
              where x.grantee = 'praxis_app'::regrole and x.privilege_type in ('INSERT', 'UPDATE') order by 1",
        )
        .await;
        let silent: Vec<_> = written.iter().filter(|t| decided()[*t].event != "event").collect();
        assert_eq!(
            silent,
            ["clinic.draft", "clinic.notice_read"],
            "written directly, and no event is demanded"
        );
    });
}

#[test]
fn whatever_hangs_on_a_patient_is_taken_out_with_them_or_it_is_said_why_not() {
    block_on(async {
        let mut c = MIGRATED.superuser().await;
        let taken = offences(&mut c, "select 'clinic.' || name from clinic.subject_tables()").await;
        agree(&taken, |d| d.subject == "whole", "taken out");
        let hangs = offences(
            &mut c,
            "with recursive begin as (
                select a.attrelid as t from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind = 'r'
                 where a.attname in ('patient_id', 'as_patient') and not a.attisdropped
                   and c.relnamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)
                union select 'clinic.patient'::regclass),
             hangs as (
                select t from begin
                union select f.conrelid from hangs h join pg_constraint f on f.confrelid = h.t and f.contype = 'f')
             select t::regclass::text from hangs
             -- What the person's own account has.
             union select f.conrelid::regclass::text from pg_constraint f join pg_attribute a on a.attrelid = f.conrelid and a.attnum = any (f.conkey)
              where f.contype = 'f' and f.confrelid = 'clinic.account'::regclass and a.attname = 'account_id'",
        )
        .await;
        let all = decided();
        // An account of staff has these; a patient's has none.
        let staff = ["clinic.provider", "clinic.staff_centre"];
        let unsaid: Vec<_> =
            hangs.iter().filter(|t| all[*t].subject == "-" && !staff.contains(&t.as_str())).collect();
        assert!(unsaid.is_empty(), "{unsaid:?}");
        let nobodys: Vec<_> = all.iter().filter(|(_, d)| d.subject == "whole" && d.erasure == "-").collect();
        assert!(nobodys.is_empty(), "taken out, and nothing said of erasing it");
        println!("{} tables, {} hang on a patient, {} are taken out", all.len(), hangs.len(), taken.len());
    });
}

#[test]
fn what_goes_with_the_patients_key_is_sealed_text_of_a_patient() {
    block_on(async {
        let mut c = MIGRATED.superuser().await;
        let sealed = offences(
            &mut c,
            // Text of a patient: sealed, in a table that names the patient or the appointment.
            "select distinct c.oid::regclass::text from pg_class c join pg_attribute b on b.attrelid = c.oid and b.atttypid = 'bytea'::regtype
               join pg_attribute p on p.attrelid = c.oid and (p.attname in ('patient_id', 'appointment_id') or c.relname = 'patient')
              where c.relkind = 'r' and c.relnamespace = 'clinic'::regnamespace and not b.attisdropped and not p.attisdropped
                and c.relname <> 'patient_key'",
        )
        .await;
        // Sealed with the organisation's key, and emptied.
        let emptied = ["clinic.emergency", "clinic.print_job"];
        let all = decided();
        assert!(emptied.iter().all(|t| all[*t].erasure.contains("emptied")));
        let keyed: Vec<String> = sealed.into_iter().filter(|t| !emptied.contains(&t.as_str())).collect();
        agree(&keyed, |d| d.erasure == "key", "goes with the key");
    });
}

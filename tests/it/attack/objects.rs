//! Statements that reach around the rows: emptying, copying, shadowing, making and altering things.
use super::block_on;
use crate::support::{cluster::empty_database, people, speaker};
use praxis::server::{SUPERUSER, migrate};
use sqlx::{Executor as _, PgConnection};

async fn refused(c: &mut PgConnection, statement: &str) -> bool {
    let done = c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))).await;
    match done {
        Ok(_) => false,
        Err(e) => {
            c.execute("rollback").await.expect("a rollback");
            let code = e
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code)
                .unwrap_or_default()
                .into_owned();
            // Denied, or not there for this role at all; never a mistake of the statement itself.
            assert!(["42501", "0A000", "3F000"].contains(&code.as_str()), "{statement}: {code} {e}");
            true
        }
    }
}

#[test]
fn nothing_can_be_emptied_copied_out_shadowed_made_or_altered() {
    // Made by `praxis migrate` itself, so that what it takes away from everybody counts.
    let db = empty_database();
    block_on(async {
        migrate(&db.options(SUPERUSER)).await.unwrap();
        people::clinic(&db).await;
        let mut c = speaker::speaker(&db, "root").await;
        for statement in [
            "truncate clinic.note",
            "truncate audit.event",
            "truncate clinic.patient cascade",
            "delete from clinic.note",
            "delete from clinic.patient",
            "delete from audit.event",
            "update audit.event set action = 'x'",
            "begin; lock table clinic.patient in access exclusive mode",
            "copy clinic.patient to '/tmp/stolen'",
            "copy clinic.patient to program 'cat'",
            "copy clinic.note from '/etc/passwd'",
            "copy (select 1) to program 'id'",
            "create function pg_temp.now() returns timestamptz language sql as 'select null::timestamptz'",
            "create temp table patient (id uuid)",
            "create temp view actor as select 1",
            "create table public.patient (id uuid)",
            "create function public.actor() returns uuid language sql as 'select null::uuid'",
            "create operator public.= (leftarg = uuid, rightarg = uuid, function = uuid_ne)",
            "create schema mine",
            "create function clinic.mine() returns int language sql as 'select 1'",
            "create or replace function auth.actor() returns uuid language sql as 'select null::uuid'",
            "create extension dblink",
            "create rule r as on select to clinic.note do instead select 1",
            "create trigger t before insert on clinic.note for each row execute function clinic.bump()",
            "create policy p on clinic.note using (true)",
            "create publication p for all tables",
            "create database mine",
            "alter table clinic.note disable row level security",
            "alter table clinic.note disable trigger all",
            "alter table clinic.note owner to praxis_app",
            "alter function auth.actor() security invoker",
            "alter policy read on clinic.note using (true)",
            "alter schema clinic owner to praxis_app",
            "alter system set log_statement = 'none'",
            "alter database postgres set log_statement = 'none'",
            "drop policy read on clinic.note",
            "drop table clinic.note",
            "drop function auth.actor()",
            "comment on table clinic.note is 'x'",
            "select lo_create(0)",
            "select lo_from_bytea(0, '\\x00')",
            "select lo_import('/etc/passwd')",
            "select pg_read_file('/etc/passwd')",
            "select pg_ls_dir('.')",
            "select * from pg_authid",
            "select * from pg_shadow",
            "select * from pg_hba_file_rules",
            "select clinic.track('note')",
            "select audit.record_system('x', 'y', null, '{}')",
        ] {
            assert!(refused(&mut c, statement).await, "{statement} went through");
        }
        // A path that begins elsewhere changes nothing of what the server's own functions find.
        let before: Option<uuid::Uuid> =
            sqlx::query_scalar("select auth.actor()").fetch_one(&mut c).await.unwrap();
        c.execute("set search_path = pg_temp, public, clinic").await.unwrap();
        let after: Option<uuid::Uuid> =
            sqlx::query_scalar("select auth.actor()").fetch_one(&mut c).await.unwrap();
        assert!(before.is_some() && before == after);
    });
}

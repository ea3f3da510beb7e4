//! Every table, view, sequence, function, policy, grant and trigger of the three schemas, looked up in the catalogue.
//!
//! What is granted is written down in `grants.txt`: a new grant without a line there fails.
mod tables;

use crate::support::cluster::{Db, block_on, fresh_database};
use sqlx::PgConnection;
use std::sync::LazyLock;

/// A policy asks one of these who is speaking; one that asks none would be open to everybody.
const SPEAKERS: &[&str] = &[
    "auth.actor()",
    "auth.is_staff()",
    "auth.has_role(",
    "auth.provider_id()",
    "auth.own_patient()",
    "auth.may(",
    "auth.permits(",
    "auth.allowed(",
    "auth.unrestricted(",
    "clinic.readable_patients()",
    "clinic.patients_for(",
    "clinic.centres_for(",
    "clinic.my_centres()",
    "clinic.own_records()",
];
/// Functions without a search path of their own, and why: they only become part of the calling query.
const INLINED: &[&str] = &["clinic.word_end(text)"];
/// Functions with the owner's rights that answer whoever asks, and why.
const ASKS_NOBODY: [(&str, &str); 7] = [
    ("audit.site", "the clinic's name and its zone"),
    ("auth.challenge", "before a sign-in there is nobody: the salt, a stable fake for strangers"),
    ("clinic.now", "the time"),
    (
        "clinic.organisation_key",
        "the wrapped key that seals messages of people from outside; useless without the key file",
    ),
    ("clinic.policy_differs", "which rules of the table a site changed; no data of persons"),
    ("clinic.schema_version", "whether the program fits"),
    ("clinic.setting", "policies of the site, no data of persons"),
];
/// What the program's role may delete: links, derived words and time that was held back, never anything that was said about a patient.
const DELETABLE: &[&str] = &[
    "clinic.held_slot",
    "clinic.notice_read",
    "clinic.patient_word",
    "clinic.provider_centre",
    "clinic.provider_hours",
    "clinic.provider_specialty",
    "clinic.specialty",
    "clinic.staff_centre",
];
/// What is signed text, and therefore never changes again.
const SIGNED: &[&str] =
    &["note", "observation", "diagnosis", "prescription", "treatment", "report", "service_request"];

/// A migrated database that nothing is done to.
static MIGRATED: LazyLock<Db> = LazyLock::new(fresh_database);

async fn offences(c: &mut PgConnection, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(c).await.expect("the catalogue")
}

#[test]
fn every_object_belongs_to_the_owner_and_nothing_is_granted_to_everybody() {
    block_on(async {
        let mut c = MIGRATED.superuser().await;
        let found = offences(
            &mut c,
            "with ns as (select oid, nspname from pg_namespace where nspname in ('clinic', 'auth', 'audit'))
             select c.relkind::text || ' ' || c.oid::regclass || ' belongs to ' || pg_get_userbyid(c.relowner)
               from pg_class c join ns on ns.oid = c.relnamespace where pg_get_userbyid(c.relowner) <> 'praxis_owner'
             union all
             select 'function ' || p.oid::regprocedure || ' belongs to ' || pg_get_userbyid(p.proowner)
               from pg_proc p join ns on ns.oid = p.pronamespace where pg_get_userbyid(p.proowner) <> 'praxis_owner'
             union all
             select 'schema ' || nspname || ' belongs to somebody else' from pg_namespace
              where nspname in ('clinic', 'auth', 'audit') and pg_get_userbyid(nspowner) <> 'praxis_owner'
             union all
             select 'table ' || c.oid::regclass || ' is open to everybody'
               from pg_class c join ns on ns.oid = c.relnamespace, aclexplode(c.relacl) a where a.grantee = 0
             union all
             select 'column ' || a.attname || ' of ' || a.attrelid::regclass || ' is open to everybody'
               from pg_attribute a join pg_class c on c.oid = a.attrelid join ns on ns.oid = c.relnamespace, aclexplode(a.attacl) x where x.grantee = 0
             union all
             select 'schema ' || n.nspname || ' is open to everybody'
               from pg_namespace n, aclexplode(n.nspacl) a where n.nspname in ('clinic', 'auth', 'audit') and a.grantee = 0
             union all
             select 'function ' || p.oid::regprocedure || ' can be called by everybody'
               from pg_proc p join ns on ns.oid = p.pronamespace
              where p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0)
             union all
             select 'everybody may ' || a.privilege_type || ' in the schema public' from pg_namespace n, aclexplode(n.nspacl) a
              where n.nspname = 'public' and a.grantee = 0 and a.privilege_type <> 'USAGE'
             union all
             select 'defaults grant to everybody' from pg_default_acl d, aclexplode(d.defaclacl) a where a.grantee = 0
             union all
             select 'role ' || r.rolname || ' logs in and owns things' from pg_roles r join pg_shdepend d on d.refobjid = r.oid
              where r.rolcanlogin and r.rolname like 'praxis%' and d.deptype = 'o' and d.dbid in (0, (select oid from pg_database where datname = current_database()))
             union all
             select 'role praxis_owner can log in' from pg_roles where rolname = 'praxis_owner' and rolcanlogin
             union all
             select 'role ' || rolname || ' has an attribute too many' from pg_roles
              where rolname in ('praxis_app', 'praxis_jobs') and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)
             union all
             select 'role ' || m.member::regrole || ' is a member of ' || m.roleid::regrole from pg_auth_members m
              where m.member in ('praxis_app'::regrole, 'praxis_jobs'::regrole, 'praxis_backup'::regrole) and m.roleid <> 'pg_read_all_data'::regrole",
        )
        .await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    });
}

#[test]
fn every_table_has_row_policies_that_ask_who_is_speaking_and_none_is_forced() {
    block_on(async {
        let mut c = MIGRATED.superuser().await;
        let mut found = offences(
            &mut c,
            "select 'table ' || c.oid::regclass || case when c.relforcerowsecurity then ' forces its policies on its owner' else ' has no row policies' end
               from pg_class c where c.relkind in ('r', 'p') and c.relnamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)
                and (not c.relrowsecurity or c.relforcerowsecurity)
             union all
             select 'view ' || c.oid::regclass || ' shows with its owner''s eyes' from pg_class c
              where c.relkind in ('v', 'm') and c.relnamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)
                and not coalesce(c.reloptions::text like '%security_invoker=true%', false)
             union all
             select 'policy ' || policyname || ' of ' || tablename || ' is for ' || roles::text from pg_policies
              where schemaname in ('auth', 'clinic', 'audit') and roles not in ('{praxis_app}', '{praxis_jobs}')",
        )
        .await;
        let policies: Vec<(String, String)> = sqlx::query_as(
            "select schemaname || '.' || tablename || ' ' || policyname || ' ' || x.which, x.text from pg_policies,
                    lateral (values ('using', qual), ('check', with_check)) x(which, text)
              where schemaname in ('auth', 'clinic', 'audit') and '{praxis_app}' = roles and x.text is not null order by 1",
        )
        .fetch_all(&mut c)
        .await
        .expect("policies");
        println!("{} expressions of policies", policies.len());
        found.extend(
            policies
                .into_iter()
                .filter(|(_, text)| !SPEAKERS.iter().any(|s| text.contains(s)))
                .map(|(name, text)| format!("{name}: {text}")),
        );
        assert!(found.is_empty(), "{}", found.join("\n"));
    });
}

#[test]
fn functions_with_the_owners_rights_find_what_they_name_and_nothing_that_shadows_it() {
    block_on(async {
        let mut c = MIGRATED.superuser().await;
        let found: Vec<String> = sqlx::query_scalar(
            "select p.oid::regprocedure::text from pg_proc p
              where p.pronamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)
                and not coalesce((select bool_or(s = 'search_path=pg_catalog, pg_temp') from unnest(p.proconfig) s), false) order by 1",
        )
        .fetch_all(&mut c)
        .await
        .expect("functions");
        assert_eq!(found, INLINED, "functions without the fixed search path");
        let definers: Vec<String> = sqlx::query_scalar(
            "select p.oid::regprocedure::text from pg_proc p where p.prosecdef and p.oid::regprocedure::text = any ($1)",
        )
        .bind(INLINED)
        .fetch_all(&mut c)
        .await
        .expect("functions");
        assert!(definers.is_empty(), "{definers:?}");
    });
}

#[test]
fn whatever_names_who_did_it_takes_the_speakers_name_alone() {
    block_on(async {
        let mut c = MIGRATED.superuser().await;
        let open = offences(
            &mut c,
            "select c.oid::regclass || '.' || n.name from pg_class c, unnest(clinic.name_columns(c.oid)) n(name)
              where c.relkind = 'r' and c.relnamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)
                and (has_column_privilege('praxis_app', c.oid, n.name, 'insert') or has_column_privilege('praxis_app', c.oid, n.name, 'update'))
                and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'clinic.in_own_name()'::regprocedure
                                   and t.tgenabled = 'O' and t.tgtype & 23 = 23
                                   and n.name = any (string_to_array(encode(t.tgargs, 'escape'), '\\000'))) order by 1",
        )
        .await;
        assert!(open.is_empty(), "written by the program's role in anybody's name: {open:?}");
        let guarded = offences(&mut c, "select tgrelid::regclass::text from pg_trigger where tgfoid = 'clinic.in_own_name()'::regprocedure").await;
        println!("{} tables take the speaker's name alone", guarded.len());
        assert!(guarded.len() > 25);
    });
}

#[test]
fn functions_with_the_owners_rights_ask_who_is_speaking_once_in_a_statement() {
    block_on(async {
        let mut c = MIGRATED.superuser().await;
        // Asked for each row it is slow: `= auth.actor()` in a query stands as `= (select auth.actor())`.
        let each_row = offences(
            &mut c,
            r"select p.oid::regprocedure::text from pg_proc p
               where p.pronamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)
                 and p.prosrc ~ '[^:](=|<>|distinct from) auth\.(actor|actor_role|provider_id|own_patient)\(\)' order by 1",
        )
        .await;
        assert!(each_row.is_empty(), "{each_row:?}");
        // What the program's role may call with the owner's rights asks, or calls what asks.
        let silent = offences(
            &mut c,
            r"with recursive f as (
                  select p.oid, p.pronamespace::regnamespace || '.' || p.proname as name, p.prosrc, p.prosecdef
                    from pg_proc p where p.pronamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)),
              asks as (
                  select f.oid, f.name from f
                   where f.name in ('auth.actor', 'auth.session_any', 'auth.session_id') or f.prosrc ~ 'praxis\.token'
                  union
                  select f.oid, f.name from f join asks a on f.prosrc ~ ('\m' || replace(a.name, '.', '\.') || '\('))
              select f.name from f
               where f.prosecdef and has_function_privilege('praxis_app', f.oid, 'execute') and f.oid not in (select oid from asks)
                 and not exists (select from pg_type t join pg_proc p on p.prorettype = t.oid where p.oid = f.oid and t.typname = 'trigger')
               order by 1",
        )
        .await;
        assert_eq!(silent, ASKS_NOBODY.map(|(name, _)| name), "functions that never ask who is speaking");
    });
}

#[test]
fn every_grant_is_written_down() {
    block_on(async {
        let mut c = MIGRATED.superuser().await;
        let found: Vec<String> =
            sqlx::query_scalar(include_str!("grants.sql")).fetch_all(&mut c).await.expect("grants");
        let text = include_str!("grants.txt");
        let listed: Vec<&str> = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
        let more: Vec<_> =
            found.iter().filter(|l| !listed.contains(&l.as_str())).map(|l| format!("+ {l}")).collect();
        let less: Vec<_> =
            listed.iter().filter(|l| !found.iter().any(|f| f == *l)).map(|l| format!("- {l}")).collect();
        println!("{} grants", found.len());
        assert!(
            more.is_empty() && less.is_empty(),
            "grants.txt does not list:\n{}\nand lists what is gone:\n{}",
            more.join("\n"),
            less.join("\n")
        );
        let deletes: Vec<String> = sqlx::query_scalar(
            "select distinct c.oid::regclass::text from pg_class c, aclexplode(c.relacl) a
              where a.privilege_type in ('DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES') and a.grantee in ('praxis_app'::regrole)
                and c.relnamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace) order by 1",
        )
        .fetch_all(&mut c)
        .await
        .expect("grants");
        assert_eq!(deletes, DELETABLE);
    });
}

#[test]
fn signed_text_cannot_be_changed_deleted_or_emptied_by_its_owner_either() {
    let db = crate::matrix::clinic::copy();
    block_on(async {
        for role in ["praxis_owner", "postgres"] {
            let mut c = db.superuser().await;
            let become_them = format!("set role {role}; set praxis.history = 'on'");
            sqlx::raw_sql(sqlx::AssertSqlSafe(become_them)).execute(&mut c).await.expect("a role");
            for table in SIGNED {
                for change in [
                    "update clinic.{t} set patient_id = patient_id, author = gen_random_uuid()",
                    "delete from clinic.{t}",
                ] {
                    refuses(&mut c, role, &format!("{} where encounter_id in (select id from clinic.encounter where state = 'signed')", change.replace("{t}", table))).await;
                }
                refuses(&mut c, role, &format!("truncate clinic.{table} cascade")).await;
            }
            refuses(&mut c, role, "update clinic.note set body = '\\x0062' where encounter_id in (select id from clinic.encounter where state = 'signed')").await;
            refuses(
                &mut c,
                role,
                "update clinic.encounter set chief_complaint = '\\x0062' where state = 'signed'",
            )
            .await;
            refuses(&mut c, role, "delete from clinic.encounter where state = 'signed'").await;
            refuses(&mut c, role, "truncate clinic.encounter cascade").await;
            refuses(&mut c, role, "update audit.event set action = 'x'").await;
            refuses(&mut c, role, "delete from audit.event").await;
            refuses(&mut c, role, "truncate audit.event").await;
        }
    });
}

/// A statement of the owner, with the setting of imports too, is refused by a rule of the table.
async fn refuses(c: &mut PgConnection, role: &str, statement: &str) {
    let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(c).await;
    let code = refused
        .err()
        .and_then(|e| e.as_database_error().and_then(|d| d.code().map(std::borrow::Cow::into_owned)));
    assert_eq!(code.as_deref(), Some("PX001"), "{role}: {statement}");
}

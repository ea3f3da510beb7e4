//! What must stand before the first migration: the server's version, its extensions, the four roles, and the rights
//! of the database itself. Roles belong to the whole server, so everything here may be run again at any time.
//!
//! A login that is no superuser may run it once a superuser has: what is already so is not done again.
use super::{error::Error, quoted::quote};
use sqlx::{AssertSqlSafe, PgConnection};

/// Owns every object and runs migrations; cannot log in.
pub const OWNER: &str = "praxis_owner";
/// What the program logs in as; owns nothing.
pub const APP: &str = "praxis_app";
/// What the worker of jobs logs in as; owns nothing.
pub const JOBS: &str = "praxis_jobs";
/// What backups log in as: reads past row policies, owns nothing.
pub const BACKUP: &str = "praxis_backup";
/// The oldest major version of PostgreSQL that the schema works on.
pub const MIN_SERVER: u32 = 14;
/// What the schema needs beside the core. All four come with PostgreSQL's contrib package.
pub const EXTENSIONS: [&str; 4] = ["btree_gist", "pg_trgm", "unaccent", "pgcrypto"];

/// Roles, their settings, extensions, and what everybody may not do.
const PREPARE: &str = include_str!("prepare.sql");

/// Makes the connected database ready for the first migration.
pub(super) async fn prepare(db: &mut PgConnection) -> Result<(), Error> {
    let (version, text, user, database): (i32, String, String, String) = sqlx::query_as(
        "select current_setting('server_version_num')::int, current_setting('server_version'), current_user::text,
                current_database()::text",
    )
    .fetch_one(&mut *db)
    .await?;
    if version / 10_000 < MIN_SERVER as i32 {
        return Err(Error::TooOld { have: text, need: MIN_SERVER });
    }
    let missing: Vec<String> = sqlx::query_scalar(
        "select n from unnest($1::text[]) n where n not in (select name from pg_available_extensions)",
    )
    .bind(EXTENSIONS.map(str::to_owned).to_vec())
    .fetch_all(&mut *db)
    .await?;
    if !missing.is_empty() {
        return Err(Error::MissingExtensions { names: missing });
    }
    sqlx::raw_sql(PREPARE).execute(&mut *db).await.map_err(|e| match e.as_database_error() {
        // What the server says names the thing: "permission denied to create role".
        Some(said) if said.code().as_deref() == Some("42501") => Error::NotPermitted {
            user: user.clone(),
            what: format!("prepare the database ({})", said.message()),
        },
        _ => Error::Sql(e),
    })?;
    if may_kill(db).await? {
        return Err(Error::NotPermitted { user, what: "revoke pg_terminate_backend from everybody".into() });
    }
    grant_database(db, &database).await
}

/// Whether the program's role could end other people's connections, which it must not.
pub(super) async fn may_kill(db: &mut PgConnection) -> Result<bool, Error> {
    Ok(sqlx::query_scalar(
        "select has_function_privilege('praxis_app', 'pg_terminate_backend(int, bigint)', 'execute')
             or has_function_privilege('praxis_app', 'pg_cancel_backend(int)', 'execute')",
    )
    .fetch_one(db)
    .await?)
}

/// Gives a database to the owner's role and lets in only the roles of the program. A copy of a template needs it again.
pub async fn grant_database(db: &mut PgConnection, name: &str) -> Result<(), Error> {
    let name = quote(name);
    let sql = format!(
        "alter database {name} owner to praxis_owner;
         revoke all on database {name} from public;
         grant connect on database {name} to praxis_app, praxis_jobs, praxis_backup"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(db).await?;
    Ok(())
}

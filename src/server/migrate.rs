//! Bringing a database to this program's schema, one program at a time, and saying where it stands.
use super::{error::Error, roles, rules};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::PgConnectOptions,
};

/// The migrations that this program carries.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Held while a database is prepared ("Praxis" in ASCII, then 1).
const LOCK: i64 = 0x5072_6178_6973_0001;

/// Where a database stands beside this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Nothing of ours is in it.
    Empty,
    /// `praxis migrate` has work to do.
    Older { have: i64, want: i64 },
    /// It is what this program expects.
    Current { version: i64 },
    /// Another, newer program made it.
    Newer { have: i64, want: i64 },
    /// A migration was applied with another text.
    Altered { version: i64 },
}

/// What `migrate` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The versions it applied, oldest first; none if all was current.
    pub applied: Vec<i64>,
    /// The schema's version afterwards; 0 if the program carries none.
    pub version: i64,
}

/// Prepares the roles and applies what is missing. Runs again without effect; a second program waits for the first.
pub async fn migrate(options: &PgConnectOptions) -> Result<Migrated, Error> {
    let mut db = options.clone().disable_statement_logging().connect().await?;
    sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut db).await?;
    let done = run(&mut db).await;
    // The lock belongs to the session: it goes with the connection, whatever happened.
    db.close().await.ok();
    done
}

async fn run(db: &mut PgConnection) -> Result<Migrated, Error> {
    // What cannot be migrated is not touched at all.
    let before = match schema(db).await? {
        Schema::Newer { have, want } => return Err(Error::SchemaNewer { have, want }),
        Schema::Altered { version } => return Err(Error::SchemaAltered { version }),
        Schema::Empty => 0,
        Schema::Older { have, .. } => have,
        Schema::Current { version } => version,
    };
    roles::prepare(db).await?;
    MIGRATOR.run_direct(None, &mut *db, false).await.map_err(|e| match e {
        MigrateError::VersionMismatch(version) => Error::SchemaAltered { version },
        MigrateError::VersionMissing(have) => Error::SchemaNewer { have, want: newest() },
        MigrateError::ExecuteMigration(source, version) => Error::Migration { version, source },
        MigrateError::Execute(source) => Error::Sql(source),
        other => Error::Sql(sqlx::Error::Migrate(Box::new(other))),
    })?;
    rules::load(db).await?;
    // What lets the program say "this database is older" must not need the owner.
    let readers = "grant select on _sqlx_migrations to praxis_app, praxis_jobs, praxis_backup";
    sqlx::query(readers).execute(&mut *db).await?;
    let applied = versions().filter(|v| *v > before).collect();
    Ok(Migrated { applied, version: newest() })
}

/// Compares a database with this program's migrations. Needs no more than the right to read `_sqlx_migrations`.
pub async fn schema(db: &mut PgConnection) -> Result<Schema, Error> {
    let there: bool =
        sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null").fetch_one(&mut *db).await?;
    if !there {
        return Ok(Schema::Empty);
    }
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("select version, checksum from _sqlx_migrations where success order by version")
            .fetch_all(&mut *db)
            .await?;
    let want = newest();
    let Some((have, _)) = applied.last() else { return Ok(Schema::Empty) };
    if *have > want {
        return Ok(Schema::Newer { have: *have, want });
    }
    for (version, checksum) in &applied {
        if MIGRATOR.iter().find(|m| m.version == *version).is_none_or(|m| *m.checksum != **checksum) {
            return Ok(Schema::Altered { version: *version });
        }
    }
    if applied.len() < versions().count() {
        return Ok(Schema::Older { have: *have, want });
    }
    Ok(Schema::Current { version: *have })
}

fn versions() -> impl Iterator<Item = i64> {
    MIGRATOR.iter().filter(|m| m.migration_type.is_up_migration()).map(|m| m.version)
}

fn newest() -> i64 {
    versions().max().unwrap_or(0)
}

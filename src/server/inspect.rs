//! What `praxis check` asks a server, as the login that the program itself uses.
use super::{
    error::Error,
    migrate::{Schema, schema},
    roles::{self, EXTENSIONS},
    rules,
};
use chrono::{DateTime, Utc};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};
use std::time::Duration;

/// How long one host may take to answer a connection.
const CONNECT: Duration = Duration::from_millis(1500);

/// What a server said about itself.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// `PostgreSQL 15.18`, shortened to the number.
    pub version: String,
    /// The major version.
    pub major: u32,
    /// Whether this connection is encrypted.
    pub encrypted: bool,
    /// Whether it came over a Unix socket.
    pub socket: bool,
    /// The database's encoding.
    pub encoding: String,
    /// Needed extensions that are not in the database.
    pub missing_extensions: Vec<String>,
    /// Where the schema stands; an error says why that cannot be told.
    pub schema: Result<Schema, String>,
    /// The program's roles that the server lacks.
    pub missing_roles: Vec<String>,
    /// What this login has that it must not have, in words.
    pub too_mighty: Vec<String>,
    /// Whether bound parameters (the sign-in token among them) could reach the server's log.
    pub logs_parameters: bool,
    /// The server's clock.
    pub now: DateTime<Utc>,
    /// Permissions that are not those of the program, `action role` each; `None` where the schema has none yet.
    pub changed_permissions: Option<Vec<String>>,
    /// The ids of the key-encryption keys that programs need, separated by spaces; empty when no text is sealed yet.
    pub sealing_keys: String,
    /// Whether the server loses acknowledged work when its machine fails.
    pub unsafe_settings: Vec<String>,
}

/// The first host of the list that answers and takes writes.
pub async fn primary(hosts: &[PgConnectOptions]) -> Result<(PgConnection, PgConnectOptions), Error> {
    let mut last = sqlx::Error::Configuration("the URL names no host".into());
    for options in hosts {
        let attempt = async {
            let mut db = options.clone().disable_statement_logging().connect().await?;
            let standby: bool = sqlx::query_scalar("select pg_is_in_recovery()").fetch_one(&mut db).await?;
            Ok::<_, sqlx::Error>((db, standby))
        };
        match tokio::time::timeout(CONNECT, attempt).await {
            Ok(Ok((db, false))) => return Ok((db, options.clone())),
            Ok(Ok((db, true))) => {
                db.close().await.ok();
                last =
                    sqlx::Error::Configuration("no host of the list is the primary: all are standbys".into());
            }
            Ok(Err(e)) => last = e,
            Err(_) => last = sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()),
        }
    }
    Err(unproven(&last).map_or(Error::Sql(last), Error::Unproven))
}

/// Why a server was not believed, when that is what went wrong.
fn unproven(e: &sqlx::Error) -> Option<String> {
    let said = match e {
        sqlx::Error::Tls(why) => why.to_string(),
        // What the handshake finds wrong with a certificate comes as invalid data.
        sqlx::Error::Io(why) if why.kind() == std::io::ErrorKind::InvalidData => why.to_string(),
        _ => return None,
    };
    let why = if said.contains("does not support TLS") {
        "the server does not encrypt. Set `ssl = on` with a certificate there, or reach it over a Unix socket"
            .into()
    } else if said.contains("not valid for name") || said.contains("NotValidForName") {
        format!(
            "the server's certificate is for another host than database.url names ({said}). Write the certificate's name in the URL, or have one made for this name"
        )
    } else if said.contains("UnknownIssuer") || said.contains("BadSignature") {
        "the server's certificate is not signed by an authority that is trusted here. database.ca_file names the file \
         with the certificate of the clinic's own authority"
            .into()
    } else if said.contains("xpired") || said.contains("NotValidYet") {
        format!("the server's certificate is not valid today ({said}). Renew it, or set the clock")
    } else {
        format!("the server's certificate was not accepted ({said})")
    };
    Some(format!("{why}. Nothing was sent to it"))
}

/// Asks everything.
pub async fn inspect(db: &mut PgConnection, socket: bool) -> Result<Inspection, Error> {
    let (version, number, encoding, now, encrypted): (String, i32, String, DateTime<Utc>, bool) =
        sqlx::query_as(
            "select current_setting('server_version'), current_setting('server_version_num')::int,
                current_setting('server_encoding'), clock_timestamp(),
                coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false)",
        )
        .fetch_one(&mut *db)
        .await?;
    let missing_extensions = sqlx::query_scalar(
        "select n from unnest($1::text[]) n where n not in (select extname from pg_extension)",
    )
    .bind(EXTENSIONS.map(str::to_owned).to_vec())
    .fetch_all(&mut *db)
    .await?;
    let roles = [roles::OWNER, roles::APP, roles::JOBS, roles::BACKUP].map(str::to_owned).to_vec();
    let missing_roles: Vec<String> = sqlx::query_scalar(
        "select n from unnest($1::text[]) n where n not in (select rolname from pg_roles)",
    )
    .bind(roles)
    .fetch_all(&mut *db)
    .await?;
    let mut too_mighty: Vec<String> = sqlx::query_scalar(
        "select what from pg_roles r, lateral (values
             (rolsuper, 'is a superuser'), (rolbypassrls, 'passes row policies'), (rolcreaterole, 'may make roles'),
             (rolcreatedb, 'may make databases'),
             (exists (select from pg_class where relowner = r.oid and relnamespace = 'public'::regnamespace), 'owns tables'))
             as held(yes, what)
         where rolname = current_user and yes",
    )
    .fetch_all(&mut *db)
    .await?;
    if !missing_roles.iter().any(|r| r == roles::APP) && roles::may_kill(db).await? {
        too_mighty.push("may end other people's connections".into());
    }
    let (logs_parameters, unsafe_settings): (bool, Vec<String>) = sqlx::query_as(
        "select current_setting('log_parameter_max_length') <> '0' or current_setting('log_error_verbosity') <> 'terse',
                array(select n from unnest(array['fsync', 'full_page_writes', 'synchronous_commit']) n
                      where current_setting(n) = 'off')",
    )
    .fetch_one(&mut *db)
    .await?;
    let sealing_keys = sealing_keys(db).await;
    let schema = schema(db).await.map_err(|e| e.to_string());
    let changed_permissions = match schema {
        Ok(Schema::Current { .. }) => rules::differing(db).await.ok(),
        _ => None,
    };
    Ok(Inspection {
        version,
        major: u32::try_from(number / 10_000).unwrap_or(0),
        encrypted,
        socket,
        encoding,
        missing_extensions,
        schema,
        sealing_keys,
        missing_roles,
        too_mighty,
        logs_parameters,
        now,
        changed_permissions,
        unsafe_settings,
    })
}

/// The ids of the key-encryption keys that programs need; empty when no text is sealed yet or that cannot be told.
pub async fn sealing_keys(db: &mut PgConnection) -> String {
    let asked: Result<Option<String>, _> =
        sqlx::query_scalar("select clinic.setting('sealing_keys')").fetch_one(db).await;
    asked.ok().flatten().unwrap_or_default()
}

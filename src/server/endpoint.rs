//! A private server that can be talked to: its socket, and the databases on it.
use super::{error::Error, quoted::quote, roles};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgSslMode},
};
use std::path::{Path, PathBuf};

/// The superuser of a private cluster. It exists only behind a socket in a folder of mode 0700.
pub const SUPERUSER: &str = "postgres";

/// The socket of a private server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    socket_dir: PathBuf,
}

impl Endpoint {
    /// The server whose socket lies in this folder.
    #[must_use]
    pub fn new(socket_dir: impl Into<PathBuf>) -> Self {
        Self { socket_dir: socket_dir.into() }
    }

    /// The folder that holds the socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The socket itself.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.socket_dir.join(".s.PGSQL.5432")
    }

    /// Whether a server listens there now.
    #[must_use]
    pub fn answers(&self) -> bool {
        std::os::unix::net::UnixStream::connect(self.socket()).is_ok()
    }

    /// How to connect as `user` to `database`. The process environment (`PGHOST` and its kind) has no say.
    #[must_use]
    pub fn options(&self, user: &str, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_dir)
            .port(5432)
            .username(user)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
            .application_name("praxis")
    }

    /// The same as a URL.
    #[must_use]
    pub fn url(&self, user: &str, database: &str) -> String {
        let escaped: String = self
            .socket_dir
            .to_string_lossy()
            .bytes()
            .map(|b| match b {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                    char::from(b).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect();
        format!("postgres://{user}@localhost/{database}?host={escaped}")
    }

    /// A connection as the superuser.
    pub async fn connect(&self, database: &str) -> Result<PgConnection, Error> {
        Ok(self.options(SUPERUSER, database).disable_statement_logging().connect().await?)
    }

    /// Whether the server has a database of this name.
    pub async fn exists(&self, name: &str) -> Result<bool, Error> {
        let mut db = self.connect("postgres").await?;
        let found: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut db)
            .await?;
        db.close().await?;
        Ok(found)
    }

    /// Creates a database, empty or as a copy of `template`, to which nobody may be connected.
    pub async fn create_database(&self, name: &str, template: Option<&str>) -> Result<(), Error> {
        let mut db = self.connect("postgres").await?;
        let copied = template.map(|t| format!(" template {}", quote(t))).unwrap_or_default();
        sqlx::raw_sql(AssertSqlSafe(format!("create database {}{copied}", quote(name))))
            .execute(&mut db)
            .await?;
        if template.is_some() {
            // A copy has the objects' grants, but not those of the database itself.
            roles::grant_database(&mut db, name).await?;
        }
        db.close().await?;
        Ok(())
    }

    /// Drops a database if it exists, ending whoever is connected to it.
    pub async fn drop_database(&self, name: &str) -> Result<(), Error> {
        let mut db = self.connect("postgres").await?;
        sqlx::raw_sql(AssertSqlSafe(format!("drop database if exists {} with (force)", quote(name))))
            .execute(&mut db)
            .await?;
        db.close().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_socket_folder_survives_the_url() {
        let url = Endpoint::new("/a b/ü?&").url("postgres", "clinic");
        assert_eq!(url, "postgres://postgres@localhost/clinic?host=/a%20b/%C3%BC%3F%26");
        let parsed: PgConnectOptions = url.parse().unwrap();
        assert_eq!(parsed.get_socket().unwrap(), Path::new("/a b/ü?&"));
    }
}

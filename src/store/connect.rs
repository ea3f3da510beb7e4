//! The one module that owns connecting: a list of hosts, the primary among them, server settings, TLS.
use super::Error;
use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode},
};
use std::{path::PathBuf, time::Duration};

/// How long one host may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);

/// Where the database may be. Never printed whole: with a session's token inside, options are a secret.
#[derive(Clone)]
pub struct Connector {
    hosts: Vec<PgConnectOptions>,
}

impl Connector {
    /// From a `postgres://` URL whose authority may list several hosts (`a:5432,b:5433`); a host that is a path, or
    /// `?host=/folder`, is a Unix socket. Anything but a Unix socket must verify the server's certificate.
    ///
    /// # Errors
    /// One sentence that says what is wrong with the URL.
    pub fn from_url(url: &str, password: Option<&str>, ca: Option<&PathBuf>) -> Result<Self, String> {
        let hosts = split_hosts(url)
            .into_iter()
            .map(|one| {
                let mut o: PgConnectOptions =
                    one.parse().map_err(|_| "database.url is not a postgres:// URL".to_owned())?;
                if let Some(p) = password {
                    o = o.password(p);
                }
                if let Some(ca) = ca {
                    o = o.ssl_root_cert(ca);
                }
                let socket = o.get_socket().is_some() || o.get_host().starts_with('/');
                let test_only = one.contains("sslmode=disable") && is_loopback(o.get_host());
                if !socket && !test_only {
                    o = o.ssl_mode(PgSslMode::VerifyFull);
                }
                Ok(settings(o))
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(Self { hosts })
    }

    /// A server on the Unix socket in `folder`.
    #[must_use]
    pub fn from_socket(folder: &std::path::Path, database: &str, user: &str) -> Self {
        let o = PgConnectOptions::new_without_pgpass().socket(folder).username(user).database(database);
        Self { hosts: vec![settings(o)] }
    }

    /// The first host that answers and is no standby, with the session's token if there is one.
    pub(super) async fn primary(&self, token: Option<&str>) -> Result<PgConnectOptions, Error> {
        let mut last = None;
        for host in &self.hosts {
            let options = with_token(host.clone(), token);
            let tried = tokio::time::timeout(CONNECT_TIMEOUT, async {
                let mut c = PgConnection::connect_with(&options).await?;
                let standby = sqlx::query_scalar!(r#"select pg_is_in_recovery() as "standby!""#)
                    .fetch_one(&mut c)
                    .await?;
                c.close().await?;
                Ok::<_, sqlx::Error>(standby)
            })
            .await;
            match tried {
                Ok(Ok(false)) => return Ok(options),
                Ok(Ok(true)) | Err(_) => {}
                Ok(Err(e)) => last = Some(e),
            }
        }
        match last.map(Error::from) {
            Some(e @ (Error::Unavailable(_) | Error::Slow)) => Err(e),
            Some(e) => {
                tracing::warn!(error = %e, "connecting failed");
                Err(Error::Unavailable(None))
            }
            None => Err(Error::Unavailable(None)),
        }
    }

    /// A pool of at most `size` connections that connects when first used.
    pub(super) fn pool(options: PgConnectOptions, size: u32) -> PgPool {
        PgPoolOptions::new()
            .max_connections(size)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(3))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options)
    }
}

fn with_token(options: PgConnectOptions, token: Option<&str>) -> PgConnectOptions {
    match token {
        Some(t) => options.options([("praxis.token", t)]),
        None => options,
    }
}

/// Time limits the server keeps for us, so that a lost program never leaves a lock behind.
fn settings(o: PgConnectOptions) -> PgConnectOptions {
    o.application_name("praxis").statement_cache_capacity(200).options([
        ("statement_timeout", "5000"),
        ("lock_timeout", "2000"),
        ("idle_in_transaction_session_timeout", "10000"),
        ("client_connection_check_interval", "2000"),
        ("tcp_user_timeout", "10000"),
    ])
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|a| a.is_loopback())
}

/// One URL per host of `postgres://user@a:1,b:2/db?x`.
fn split_hosts(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(u, h)| (u, h));
    let at = if authority.contains('@') { "@" } else { "" };
    hosts.split(',').map(|h| format!("{scheme}://{user}{at}{h}{tail}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_of_the_list_becomes_a_url() {
        assert_eq!(
            split_hosts("postgres://u:p@a:1,b:2/db?x=y"),
            ["postgres://u:p@a:1/db?x=y", "postgres://u:p@b:2/db?x=y"]
        );
        assert_eq!(split_hosts("postgres:///db?host=/run"), ["postgres:///db?host=/run"]);
    }

    #[test]
    fn a_server_on_the_network_must_prove_itself() {
        let c = Connector::from_url("postgres://u@db.example/clinic?sslmode=disable", None, None).unwrap();
        assert!(matches!(c.hosts[0].get_ssl_mode(), PgSslMode::VerifyFull));
        let c =
            Connector::from_url("postgres://u@localhost/clinic?host=/run/postgresql", None, None).unwrap();
        assert!(!matches!(c.hosts[0].get_ssl_mode(), PgSslMode::VerifyFull));
    }
}

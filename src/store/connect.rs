//! The one module that owns connecting: a list of hosts, the primary among them, server settings, TLS.
use super::{Error, sealed::KekSource};
use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use std::time::Duration;

/// How long one host may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);

/// Where the database may be. Never printed whole: with a session's token inside, options are a secret.
#[derive(Clone)]
pub struct Connector {
    hosts: Vec<PgConnectOptions>,
    keys: KekSource,
    one_by_one: bool,
}

impl Connector {
    /// These hosts in this order, as the configuration made them: TLS and certificates are its business.
    #[must_use]
    pub fn new(hosts: Vec<PgConnectOptions>) -> Self {
        Self {
            hosts: hosts.into_iter().map(settings).collect(),
            keys: KekSource::default(),
            one_by_one: false,
        }
    }

    /// A server on the Unix socket in `folder`.
    #[must_use]
    pub fn from_socket(folder: &std::path::Path, database: &str, user: &str) -> Self {
        let o = PgConnectOptions::new_without_pgpass().socket(folder).username(user).database(database);
        Self { hosts: vec![settings(o)], keys: KekSource::default(), one_by_one: false }
    }

    /// With the key-encryption keys that patients' keys are wrapped by. Without them no clinical text is read or written.
    #[must_use]
    pub fn with_keys(mut self, keys: KekSource) -> Self {
        self.keys = keys;
        self
    }

    /// For who does one thing after another, as a script does: what reads and what saves shares one connection.
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.one_by_one = true;
        self
    }

    /// The pools for reading, for reading meanwhile, for saving and for listening.
    pub(super) fn pools(&self, options: &PgConnectOptions) -> [PgPool; 4] {
        let one = || Self::pool(options.clone(), 1);
        if self.one_by_one {
            let both = one();
            return [both.clone(), one(), both, one()];
        }
        [one(), one(), one(), one()]
    }

    /// The key-encryption keys.
    pub(super) fn keys(&self) -> &KekSource {
        &self.keys
    }

    /// A connection to the first host that answers and is no standby, with the session's token if there is one, and how it was
    /// made.
    pub(super) async fn primary(
        &self,
        token: Option<&str>,
    ) -> Result<(PgConnection, PgConnectOptions), Error> {
        let mut last = None;
        for host in &self.hosts {
            let options = with_token(host.clone(), token);
            let tried = tokio::time::timeout(CONNECT_TIMEOUT, async {
                let mut c = PgConnection::connect_with(&options).await?;
                let standby = sqlx::query_scalar!(r#"select pg_is_in_recovery() as "standby!""#)
                    .fetch_one(&mut c)
                    .await?;
                if !standby {
                    return Ok(Some(c));
                }
                let _ = c.close().await;
                Ok::<_, sqlx::Error>(None)
            })
            .await;
            match tried {
                Ok(Ok(Some(c))) => return Ok((c, options)),
                Ok(Ok(None)) | Err(_) => {}
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
    fn pool(options: PgConnectOptions, size: u32) -> PgPool {
        PgPoolOptions::new()
            .max_connections(size)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(3))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options)
    }
}

/// The same options for somebody who signed in.
pub(super) fn with_token(options: PgConnectOptions, token: Option<&str>) -> PgConnectOptions {
    match token {
        Some(t) => options.options([("praxis.token", t)]),
        None => options,
    }
}

/// Time limits the server keeps for us, so that a lost program never leaves a lock behind.
fn settings(o: PgConnectOptions) -> PgConnectOptions {
    o.application_name("praxis").statement_cache_capacity(200).options([
        // Short statements over many policies: compiling them costs more than it ever saves.
        ("jit", "off"),
        ("statement_timeout", "5000"),
        ("lock_timeout", "2000"),
        ("idle_in_transaction_session_timeout", "10000"),
        ("client_connection_check_interval", "2000"),
        ("tcp_user_timeout", "10000"),
    ])
}

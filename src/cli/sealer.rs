//! The sealer: signs a root over what is new in the log, about every second while there is something new, and writes it
//! into the database and to a file outside. One at a time leads; the others wait. Nothing new: nothing is written.
use super::{Failure, failure::DATA};
use crate::{
    audit::{KeyError, PublicKeys, RootsError, RootsFile, SigningKey, make_key},
    clock::Clock,
    server::{self, JOBS, Running},
    store::{self, Ledger},
};
use sqlx::postgres::PgConnectOptions;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// How often the log is looked at.
const BEAT: Duration = Duration::from_secs(1);
/// How long a sealer waits that does not lead, or that lost the server.
const REST: Duration = Duration::from_secs(5);
/// How often every chain is looked at and not only the recent ones.
const THOROUGH: Duration = Duration::from_secs(300);

/// Where a sealer works and with what.
pub(super) struct Sealer {
    pub hosts: Vec<PgConnectOptions>,
    pub key: SigningKey,
    pub roots: PathBuf,
}

/// Why sealing stopped for now.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Server(#[from] server::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Roots(#[from] RootsError),
    #[error("another sealer leads")]
    Follows,
    #[error(
        "the roots file goes to root {outside} and the database only to root {inside}: the database is an older copy, or roots \
         were removed. `praxis audit verify` says more. To seal a restored database, put the file aside and keep it"
    )]
    Ahead { outside: i64, inside: i64 },
    #[error("root {0} of the roots file is not that of the database. `praxis audit verify` says more")]
    Differs(i64),
}

impl From<RootsError> for Failure {
    fn from(e: RootsError) -> Self {
        Self::new(DATA, e.to_string())
    }
}

impl From<KeyError> for Failure {
    fn from(e: KeyError) -> Self {
        let code = match e {
            KeyError::Open(_) => super::failure::NOT_PERMITTED,
            KeyError::File(..) => super::failure::IO,
            KeyError::Content(_) => DATA,
        };
        Self::new(code, e.to_string())
    }
}

impl Sealer {
    /// Seals once what is new. Says how many events came under the new root, with its number.
    pub(super) async fn once(&self) -> Result<Option<(i64, i64)>, Failure> {
        let ledger = self.connect().await;
        let sealed = async {
            let mut leading = Leading::begin(ledger?, &self.roots).await?;
            leading.tidy().await?;
            let sealed = leading.seal(&self.key, true).await?;
            leading.ledger.close().await;
            Ok::<_, Trouble>(sealed)
        };
        sealed.await.map_err(|e| match e {
            Trouble::Server(e) => e.into(),
            Trouble::Store(e) => e.into(),
            Trouble::Roots(e) => e.into(),
            Trouble::Follows => {
                Failure::new(super::failure::TRY_LATER, "another sealer is at work on this database")
            }
            e @ (Trouble::Ahead { .. } | Trouble::Differs(_)) => Failure::new(DATA, e.to_string()),
        })
    }

    /// Seals until `stop` says so, and once more then.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>, tell: impl Fn(&str)) {
        let mut said = String::new();
        loop {
            match self.lead(&mut stop).await {
                Ok(()) => return,
                Err(Trouble::Follows) => {}
                Err(e) => {
                    let e = e.to_string();
                    tracing::error!(error = %e, "the log is not sealed");
                    // Once, and not every five seconds.
                    if e != said {
                        tell(&format!("the log is not sealed: {e}"));
                        said = e;
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(REST) => {}
                () = stopped(&mut stop) => return,
            }
        }
    }

    async fn lead(&self, stop: &mut watch::Receiver<bool>) -> Result<(), Trouble> {
        let mut leading = Leading::begin(self.connect().await?, &self.roots).await?;
        let mut looked: Option<Instant> = None;
        loop {
            let thorough = looked.is_none_or(|at| at.elapsed() > THOROUGH);
            if thorough {
                leading.tidy().await?;
            }
            leading.seal(&self.key, thorough).await?;
            if thorough {
                looked = Some(Instant::now());
            }
            tokio::select! {
                () = tokio::time::sleep(BEAT) => {}
                () = stopped(stop) => {
                    leading.seal(&self.key, true).await?;
                    leading.ledger.close().await;
                    return Ok(());
                }
            }
        }
    }

    async fn connect(&self) -> Result<Ledger, Trouble> {
        let (connection, _) = server::primary(&self.hosts).await?;
        Ok(Ledger::new(connection).await?)
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    stop.wait_for(|s| *s).await.ok();
}

/// The one sealer of a database, with its file.
struct Leading {
    ledger: Ledger,
    file: RootsFile,
}

impl Leading {
    /// Becomes it, and brings the file up to the database: a crash can have come between the two.
    async fn begin(mut ledger: Ledger, roots: &Path) -> Result<Self, Trouble> {
        if !ledger.lead().await? {
            return Err(Trouble::Follows);
        }
        let mut file = RootsFile::open(roots)?;
        let inside = ledger.last_root(None).await?;
        match (&file.last, &inside) {
            (Some(outside), inside) if inside.as_ref().is_none_or(|i| i.n < outside.n) => {
                let inside = inside.as_ref().map_or(0, |i| i.n);
                return Err(Trouble::Ahead { outside: outside.n, inside });
            }
            // A new file begins with the newest root: nobody can say any more what stood in one that is gone.
            (None, Some(inside)) => file.append(inside)?,
            _ => {}
        }
        while let Some(last) = file.last.clone() {
            let mut next = ledger.roots_after(last.n - 1).await?.into_iter();
            if next.next().as_ref() != Some(&last) {
                return Err(Trouble::Differs(last.n));
            }
            let before = last.n;
            for root in next {
                file.append(&root)?;
            }
            if file.last.as_ref().is_none_or(|l| l.n == before) {
                break;
            }
        }
        Ok(Self { ledger, file })
    }

    /// What the worker does beside sealing: whatever is past its time goes.
    async fn tidy(&mut self) -> Result<(), Trouble> {
        let gone = self.ledger.erase_old_applications().await?;
        if gone > 0 {
            tracing::info!(applications = gone, "rejected applications are past their time and erased");
        }
        Ok(())
    }

    async fn seal(&mut self, key: &SigningKey, thorough: bool) -> Result<Option<(i64, i64)>, Trouble> {
        let Some(root) = self.ledger.seal(key, Clock::system().now(), thorough).await? else {
            return Ok(None);
        };
        self.file.append(&root)?;
        tracing::debug!(root = root.n, events = root.events, "sealed");
        Ok(Some((root.n, root.events)))
    }
}

/// A sealer that runs beside something else.
pub(super) struct Sealing {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Sealing {
    /// Seals what is new and ends; not for longer than two seconds.
    pub(super) async fn end(self) {
        self.stop.send(true).ok();
        let abort = self.task.abort_handle();
        if tokio::time::timeout(Duration::from_secs(2), self.task).await.is_err() {
            abort.abort();
        }
    }
}

/// The demo's own sealer, in every program that has the demo open: one of them leads.
pub(super) fn of_demo(running: &Running, database: &str, folder: &Path) -> Result<Sealing, Failure> {
    let file = folder.join("audit.key");
    // Two programs may make it at once; the slower one takes the other's.
    let key = match SigningKey::read(&file, None) {
        Ok(key) => key,
        Err(KeyError::File(..)) => {
            make_key(&file).map(|(key, _)| key).or_else(|_| SigningKey::read(&file, None))?
        }
        Err(e) => return Err(e.into()),
    };
    let sealer = Sealer {
        hosts: vec![running.endpoint().options(JOBS, database)],
        key,
        roots: folder.join("audit-roots.jsonl"),
    };
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(sealer.run(stopped, |_| {}));
    Ok(Sealing { stop, task })
}

/// The public keys of a file, or of the one beside the signing key.
pub(super) fn public_keys(file: Option<&Path>, signing: Option<&Path>) -> Result<PublicKeys, Failure> {
    let beside = signing.map(|s| {
        let mut name = s.as_os_str().to_owned();
        name.push(".pub");
        PathBuf::from(name)
    });
    let file = file.map(Path::to_path_buf).or(beside).ok_or_else(|| {
        Failure::new(
            super::failure::CONFIG,
            "no key is known that may have signed. Set audit.public_key_file, or give --keys FILE",
        )
    })?;
    Ok(PublicKeys::read(&file)?)
}

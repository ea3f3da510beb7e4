//! A private PostgreSQL cluster on a Unix socket, for the demo: made once, started when a program comes, stopped when
//! the last one leaves. What it keeps is as safe as on a real server (fsync stays on).
//!
//! Making, starting and stopping happen under one file lock; being there is a second, shared one.
use super::{
    Binaries, Endpoint, Identity,
    endpoint::SUPERUSER,
    error::{Error, io},
    lease::Lease,
    quoted::shell_quote,
};
use std::{
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

/// How long a start is tried: after a crash the old server's shared memory may be there for some seconds.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// The longest path of a Unix socket that every system takes.
const SOCKET_MAX: usize = 103;
/// Tried in turn; not every system has the first.
const LOCALES: [&str; 3] = ["C.UTF-8", "C.utf8", "en_US.UTF-8"];

/// Where a private cluster lives and who runs it. Nothing is started by having one.
#[derive(Debug, Clone)]
pub struct Cluster {
    base: PathBuf,
    identity: Identity,
    socket_dir: PathBuf,
}

/// A started cluster. The last program that drops one stops the server.
#[derive(Debug)]
pub struct Running {
    cluster: Cluster,
    endpoint: Endpoint,
    lease: Option<Lease>,
}

impl Cluster {
    /// The demo's cluster: in `PRAXIS_DEMO_DIR`, else under `/var/lib/praxis` for root, else under `$XDG_DATA_HOME/praxis`.
    pub fn demo() -> Result<Self, Error> {
        let asked = std::env::var_os("PRAXIS_DEMO_DIR").filter(|d| !d.is_empty());
        let parent = if let Some(dir) = asked {
            PathBuf::from(dir)
        } else if rustix::process::geteuid().is_root() {
            PathBuf::from("/var/lib/praxis")
        } else {
            use etcetera::BaseStrategy as _;
            let dirs = etcetera::choose_base_strategy()
                .map_err(|e| io("finding your home folder")(std::io::Error::other(e.to_string())))?;
            dirs.data_dir().join("praxis")
        };
        Self::at(&parent)
    }

    /// A cluster in a folder of its own; the folder is made when it is started.
    pub fn at(parent: &Path) -> Result<Self, Error> {
        let parent = std::path::absolute(parent).map_err(io(format!("finding {}", parent.display())))?;
        let base = parent.join("demo");
        let identity = Identity::of_server()?;
        let socket_dir = socket_dir(&base);
        Ok(Self { base, identity, socket_dir })
    }

    /// The folder with everything the cluster keeps.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.base
    }

    /// The server's own log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.base.join("server.log")
    }

    /// Where the server is talked to while it runs.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(&self.socket_dir)
    }

    /// The file with the key that the demo's clinical text is sealed under.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.base.join("sealing-key")
    }

    /// Whether the cluster was ever made.
    #[must_use]
    pub fn is_made(&self) -> bool {
        self.data().join("PG_VERSION").exists()
    }

    /// Makes the cluster if it is not there, starts it if it does not run, and holds it until the result is dropped.
    pub fn start(&self) -> Result<Running, Error> {
        self.make_parent()?;
        let _alone = Lease::alone(&self.lock_file())?;
        let lease = Lease::shared(&self.lease_file())?;
        let endpoint = self.endpoint();
        if !endpoint.answers() {
            let binaries = self.binaries()?;
            self.identity.check_parents(&self.base)?;
            self.identity.own_folder(&self.base)?;
            self.identity.own_folder(&self.socket_dir)?;
            if !self.is_made() {
                self.make(&binaries)?;
            }
            self.launch(&binaries)?;
        }
        Ok(Running { cluster: self.clone(), endpoint, lease: Some(lease) })
    }

    /// Stops the server, whoever is using it. Says whether it ran.
    pub fn stop(&self) -> Result<bool, Error> {
        if !self.base.exists() {
            return Ok(false);
        }
        let _alone = Lease::alone(&self.lock_file())?;
        self.halt()
    }

    /// Stops the server and removes everything it keeps. Says whether there was anything.
    pub fn reset(&self) -> Result<bool, Error> {
        if !self.base.exists() {
            return Ok(false);
        }
        let _alone = Lease::alone(&self.lock_file())?;
        self.halt()?;
        for dir in [&self.base, &self.socket_dir] {
            if dir.exists() {
                std::fs::remove_dir_all(dir).map_err(io(format!("removing {}", dir.display())))?;
            }
        }
        Ok(true)
    }

    /// Whether any program holds the cluster now.
    pub fn in_use(&self) -> Result<bool, Error> {
        Ok(self.lease_file().exists() && Lease::is_held(&self.lease_file())?)
    }

    fn data(&self) -> PathBuf {
        self.base.join("data")
    }

    fn lock_file(&self) -> PathBuf {
        self.base.with_extension("lock")
    }

    fn lease_file(&self) -> PathBuf {
        self.base.with_extension("lease")
    }

    fn make_parent(&self) -> Result<(), Error> {
        let Some(parent) = self.base.parent() else { return Ok(()) };
        if parent.exists() {
            return Ok(());
        }
        // The server's user must get through, but has no business looking around.
        let mode = if self.identity.ids().is_some() { 0o711 } else { 0o700 };
        let made = std::fs::DirBuilder::new().recursive(true).mode(mode).create(parent);
        made.and_then(|()| std::fs::set_permissions(parent, std::fs::Permissions::from_mode(mode)))
            .map_err(io(format!("making the folder {}", parent.display())))
    }

    /// Programs of the version that made the data, or any when there are none.
    fn binaries(&self) -> Result<Binaries, Error> {
        let found = Binaries::find().ok_or(Error::NoBinaries)?;
        let Ok(have) = std::fs::read_to_string(self.data().join("PG_VERSION")) else { return Ok(found) };
        let have = have.trim();
        Binaries::find_major(have).ok_or_else(|| Error::WrongMajor {
            have: have.to_owned(),
            found: found.major().unwrap_or_else(|| "unknown".into()),
        })
    }

    /// Made beside its place and moved there when whole, so that a killed `initdb` leaves no half cluster.
    fn make(&self, binaries: &Binaries) -> Result<(), Error> {
        let fresh = self.base.join("data.new");
        let mut said = String::new();
        for locale in LOCALES {
            if fresh.exists() {
                std::fs::remove_dir_all(&fresh).map_err(io("removing a half-made cluster"))?;
            }
            let args = ["-k", "-A", "trust", "-U", SUPERUSER, "-E", "UTF8", "-D", "data.new"];
            let output = self.run(binaries, "initdb", &args, &[&format!("--locale={locale}")])?;
            if output.status.success() {
                return std::fs::rename(&fresh, self.data())
                    .map_err(io("putting the new cluster in its place"));
            }
            said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            if !said.contains("locale") {
                break;
            }
        }
        Err(Error::Program { program: "initdb", said: tail(&said) })
    }

    fn launch(&self, binaries: &Binaries) -> Result<(), Error> {
        let since = Instant::now();
        let options = format!(
            "-k {} -c listen_addresses= -c unix_socket_permissions=0700 -c max_connections=100 -c log_parameter_max_length=0 \
             -c log_parameter_max_length_on_error=0 -c log_error_verbosity=terse",
            shell_quote(&self.socket_dir.to_string_lossy())
        );
        let log = self.log();
        loop {
            let args = ["-D", "data", "-l", "server.log", "-w", "-t", "30", "-o", &options, "start"];
            let output = self.run(binaries, "pg_ctl", &args, &[])?;
            if output.status.success() && self.endpoint().answers() {
                return Ok(());
            }
            if since.elapsed() > START_PATIENCE {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(Error::Start { seconds: since.elapsed().as_secs(), log, tail: tail(&said) });
            }
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// Stops what runs, under the lock.
    fn halt(&self) -> Result<bool, Error> {
        if !self.data().join("postmaster.pid").exists() {
            return Ok(false);
        }
        let binaries = self.binaries()?;
        if !self.run(&binaries, "pg_ctl", &["-D", "data", "status"], &[])?.status.success() {
            return Ok(false);
        }
        let output =
            self.run(&binaries, "pg_ctl", &["-D", "data", "-m", "fast", "-w", "-t", "30", "stop"], &[])?;
        if output.status.success() {
            return Ok(true);
        }
        // A server that does not stop when asked is cut off; its log brings it back whole at the next start.
        let output = self.run(&binaries, "pg_ctl", &["-D", "data", "-m", "immediate", "-w", "stop"], &[])?;
        if output.status.success() {
            return Ok(true);
        }
        Err(Error::Program { program: "pg_ctl stop", said: tail(&String::from_utf8_lossy(&output.stderr)) })
    }

    /// Runs one of PostgreSQL's programs as the server's user, in the cluster's folder, with messages in English.
    fn run(
        &self,
        binaries: &Binaries,
        program: &'static str,
        args: &[&str],
        more: &[&str],
    ) -> Result<Output, Error> {
        let mut command = Command::new(binaries.tool(program));
        command.args(args).args(more).current_dir(&self.base).env("LC_MESSAGES", "C").env_remove("PGDATA");
        for variable in ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS", "LC_ALL"] {
            command.env_remove(variable);
        }
        // pg_ctl hands its output on to the server, which would keep a pipe open for ever.
        if program == "pg_ctl" {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        self.identity
            .apply(&mut command)
            .stdin(Stdio::null())
            .output()
            .map_err(io(format!("running {program}")))
    }
}

impl Running {
    /// Where to connect.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The folder with the socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        self.endpoint.socket_dir()
    }

    /// Leaves, and stops the server if nobody else is there. Says whether it stopped. Dropping does the same silently.
    pub fn leave(mut self) -> Result<bool, Error> {
        self.let_go()
    }

    fn let_go(&mut self) -> Result<bool, Error> {
        let Some(lease) = self.lease.take() else { return Ok(false) };
        // Whoever comes now waits for this lock, and finds the server either kept or stopped whole.
        let _alone = Lease::alone(&self.cluster.lock_file())?;
        drop(lease);
        if Lease::is_held(&self.cluster.lease_file())? {
            return Ok(false);
        }
        self.cluster.halt()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(e) = self.let_go() {
            tracing::warn!(error = %e, "the private server was not stopped");
        }
    }
}

/// A folder of the cluster's own, or one with a short name when that would be too long for a socket.
fn socket_dir(base: &Path) -> PathBuf {
    let own = base.join("run");
    if own.join(".s.PGSQL.5432").as_os_str().len() <= SOCKET_MAX {
        return own;
    }
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(base.as_os_str().as_encoded_bytes());
    let short: String = digest.iter().take(6).map(|b| format!("{b:02x}")).collect();
    PathBuf::from(format!("/tmp/praxis-{short}"))
}

/// The last lines of a text, without control characters.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..]
        .iter()
        .map(|l| l.chars().filter(|c| !c.is_control()).collect::<String>())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_folder_gets_a_short_socket() {
        let base = PathBuf::from("/home").join("x".repeat(120)).join("demo");
        let dir = socket_dir(&base);
        assert!(dir.join(".s.PGSQL.5432").as_os_str().len() <= SOCKET_MAX);
        assert_eq!(dir, socket_dir(&base));
        assert_eq!(socket_dir(Path::new("/var/lib/praxis/demo")), Path::new("/var/lib/praxis/demo/run"));
    }

    #[test]
    fn the_end_of_a_log_is_shown_without_escapes() {
        let log: String = (0..20).map(|n| format!("line {n}\x1b[31m\n")).collect();
        let shown = tail(&log);
        assert!(shown.starts_with("line 8[31m") && shown.ends_with("line 19[31m"));
    }
}

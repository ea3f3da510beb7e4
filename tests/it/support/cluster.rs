//! One private PostgreSQL server for the whole test run, and a fresh copy of the migrated database for each test.
//!
//! libtest has no teardown, so a shell that waits on a pipe of ours stops the server when this process is gone,
//! killed or not. The server keeps nothing safe (no fsync): it lives as long as the run.
use praxis::server::{Binaries, Endpoint, Identity, SUPERUSER, migrate};
use sha2::{Digest as _, Sha256};
use std::{
    future::Future,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

/// Starts the server, says so, waits for the end of our pipe, stops it, removes it. Its files are in memory where there is room
/// for it (256 MB were seen): a database is made and dropped for every test, and a disk has much to write then.
const SCRIPT: &str = r#"
trap '' PIPE; b="$2"; mkdir -m 700 "$1" && cd "$1" || exit 1
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }'); t=
[ "${room:-0}" -gt 4000000 ] && t=$(mktemp -d /dev/shm/pxXXXXXX 2>/dev/null) && ln -s "$t" d
"$b/initdb" -A trust -U postgres -E UTF8 --locale=C.UTF-8 -N -D d >init.log 2>&1 &&
printf '%s\n' "$3" >>d/postgresql.conf &&
"$b/pg_ctl" -D d -l log -w -o "-k '$1' -c fsync=off -c max_connections=300 -c timezone=UTC -c jit=off -c max_wal_size=256MB" start >start.log 2>&1 &&
echo ready || { cat init.log start.log log 2>/dev/null; echo failed; }
cat >/dev/null
"$b/pg_ctl" -D d -m immediate stop >/dev/null 2>&1; cd /; rm -rf "$1" ${t:+"$t"}"#;

/// The run's server. The shell's stdin stays open inside `_shell` until this process is gone.
struct Server {
    endpoint: Endpoint,
    template: String,
    _shell: Child,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let (endpoint, shell) = start(&place("px"), "listen_addresses = ''");
    let template = format!("template_{}", migrations_digest());
    let (at, name) = (endpoint.clone(), template.clone());
    apart(move || async move {
        at.create_database(&name, None).await.expect("the template is created");
        migrate(&at.options(SUPERUSER, &name)).await.expect("the template is migrated");
    });
    Server { endpoint, template, _shell: shell }
});

/// A template may not be in use while it is copied.
static CLONING: Mutex<()> = Mutex::new(());
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A folder for a server, not made yet.
pub fn place(name: &str) -> PathBuf {
    short_temp().join(format!("{name}{}", std::process::id()))
}

/// Starts a server in a folder that is made for it, with these lines at the end of its configuration. It stops, and the
/// folder goes, when the shell's stdin is closed.
pub fn start(dir: &Path, configuration: &str) -> (Endpoint, Child) {
    let binaries = Binaries::find().expect("PostgreSQL's server programs are installed");
    let identity = Identity::of_server().expect("somebody can run the server");
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "sh"]).arg(dir).arg(binaries.dir()).arg(configuration).current_dir("/");
    #[expect(clippy::zombie_processes, reason = "it outlives this process, which is the point")]
    let mut shell = identity
        .apply(&mut command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh runs");
    let mut said = String::new();
    for line in BufReader::new(shell.stdout.take().expect("piped")).lines() {
        let line = line.expect("the shell speaks UTF-8");
        if line == "ready" {
            return (Endpoint::new(dir), shell);
        }
        if line == "failed" {
            break;
        }
        said.push_str(&line);
        said.push('\n');
    }
    panic!("the test server did not start:\n{said}");
}

/// A folder that the server's user can enter and whose sockets have short names.
fn short_temp() -> PathBuf {
    let chosen = std::env::temp_dir();
    if chosen.as_os_str().len() < 60
        && Identity::of_server().is_ok_and(|i| i.check_parents(&chosen.join("x")).is_ok())
    {
        return chosen;
    }
    PathBuf::from("/tmp")
}

fn migrations_digest() -> String {
    let mut hash = Sha256::new();
    for migration in praxis::server::MIGRATOR.iter() {
        hash.update(&*migration.checksum);
    }
    hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect()
}

/// Runs a future to its end, outside of any runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// Runs a future on a thread of its own, so that it works inside of a runtime too.
pub fn apart<T: Send, F: Future<Output = T>>(make: impl FnOnce() -> F + Send) -> T {
    std::thread::scope(|s| s.spawn(move || block_on(make())).join().expect("the future ran"))
}

/// The run's server itself, for tests of whole clusters.
pub fn endpoint() -> Endpoint {
    SERVER.endpoint.clone()
}

/// A copy of the migrated database for one test; dropped with it.
pub struct Db {
    /// The database's name.
    pub name: String,
    /// The server it is on.
    pub endpoint: Endpoint,
    /// The folder with the server's socket.
    pub socket: PathBuf,
}

/// A fresh, migrated, empty database. Takes about 0.1 s.
pub fn fresh_database() -> Db {
    let server = &*SERVER;
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let alone = CLONING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    apart(|| server.endpoint.create_database(&name, Some(&server.template))).expect("the template is copied");
    drop(alone);
    Db { name, endpoint: server.endpoint.clone(), socket: server.endpoint.socket_dir().to_path_buf() }
}

/// A copy of another test's database, to which nobody is connected.
pub fn copy_of(db: &Db) -> Db {
    let server = &*SERVER;
    let name = format!("copy_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let alone = CLONING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    apart(|| server.endpoint.create_database(&name, Some(&db.name))).expect("the database is copied");
    drop(alone);
    Db { name, endpoint: server.endpoint.clone(), socket: server.endpoint.socket_dir().to_path_buf() }
}

/// A database without any schema, for tests of migrating.
pub fn empty_database() -> Db {
    let server = &*SERVER;
    let name = format!("empty_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    apart(|| server.endpoint.create_database(&name, None)).expect("a database is created");
    Db { name, endpoint: server.endpoint.clone(), socket: server.endpoint.socket_dir().to_path_buf() }
}

impl Db {
    /// The URL that the program is given: the role `praxis_app`.
    pub fn url(&self) -> String {
        self.url_as("praxis_app")
    }

    /// The URL of another role, `postgres` for the superuser.
    pub fn url_as(&self, role: &str) -> String {
        self.endpoint.url(role, &self.name)
    }

    /// The URL of the same database through a proxy's socket folder.
    pub fn url_through(&self, socket_dir: &Path) -> String {
        Endpoint::new(socket_dir).url("praxis_app", &self.name)
    }

    /// Connect options of a role.
    pub fn options(&self, role: &str) -> sqlx::postgres::PgConnectOptions {
        self.endpoint.options(role, &self.name)
    }

    /// A connection as the superuser, to prepare and to look.
    pub async fn superuser(&self) -> sqlx::PgConnection {
        self.endpoint.connect(&self.name).await.expect("the superuser connects")
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        // A failing test keeps nothing either: the server goes with the run.
        apart(|| self.endpoint.drop_database(&self.name)).ok();
    }
}

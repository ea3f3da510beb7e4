//! One private PostgreSQL server for the whole test run, and a fresh copy of the migrated database for each test.
//!
//! libtest has no teardown, so a shell that waits on a pipe of ours stops the server when this process is gone,
//! killed or not. The server keeps nothing safe (no fsync): it lives as long as the run.
use praxis::server::{Binaries, Endpoint, Identity, SUPERUSER, migrate};
use sha2::{Digest as _, Sha256};
use sqlx::{Executor as _, PgConnection};
use std::{
    future::Future,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
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
"$b/pg_ctl" -D d -l log -w -o "-k '$1' -c fsync=off -c max_connections=300 -c timezone=UTC $4" start >start.log 2>&1 &&
echo ready || { cat init.log start.log log 2>/dev/null; echo failed; }
cat >/dev/null
"$b/pg_ctl" -D d -m immediate stop >/dev/null 2>&1; cd /; rm -rf "$1" "$1".* ${t:+"$t"}"#;

/// What spares a server that lives for minutes: nothing is vacuumed or written to be found after a crash of the machine, and
/// every copy and drop of a database ends in a checkpoint, after which whole pages would go to the log again.
const SPARING: &str = "-c jit=off -c autovacuum=off -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal \
                       -c max_wal_senders=0 -c bgwriter_lru_maxpages=0 -c max_wal_size=256MB";

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

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Whoever makes databases: one connection, so that a template is copied by one at a time, as it must be.
static MAKER: LazyLock<Mutex<Keeper>> = LazyLock::new(|| Mutex::new(Keeper::start()));
/// Whoever drops them, while the next tests run.
static DROPPER: LazyLock<Mutex<Keeper>> = LazyLock::new(|| Mutex::new(Keeper::start()));

/// A thread with a superuser's connection to the server, which runs one statement after another.
struct Keeper(mpsc::Sender<(String, mpsc::Sender<Result<(), String>>)>);

impl Keeper {
    fn start() -> Self {
        let (tx, rx) = mpsc::channel::<(String, mpsc::Sender<Result<(), String>>)>();
        let endpoint = endpoint();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let mut c = runtime.block_on(endpoint.connect("postgres")).expect("the superuser connects");
            for (sql, answer) in rx {
                let mut done = Ok(());
                for one in sql.split(';').filter(|one| !one.trim().is_empty()) {
                    let ran = runtime.block_on(c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(one))));
                    done = done.and(ran.map(|_| ()).map_err(|e| e.to_string()));
                }
                answer.send(done).ok();
            }
        });
        Self(tx)
    }

    /// Hands a few statements over; each is a transaction of its own.
    fn ask(keeper: &Mutex<Self>, sql: String) -> mpsc::Receiver<Result<(), String>> {
        let (tx, rx) = mpsc::channel();
        keeper
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .0
            .send((sql, tx))
            .expect("the keeper of databases runs");
        rx
    }
}

/// Copies a database to which nobody is connected, with the rights that a copy does not have by itself.
fn copy(template: &str, name: &str) {
    let how = if *COPIES_FILES { " strategy file_copy" } else { "" };
    let sql = format!(
        "create database {name} template {template}{how}; alter database {name} owner to praxis_owner;
         revoke all on database {name} from public;
         grant connect on database {name} to praxis_app, praxis_jobs, praxis_backup"
    );
    Keeper::ask(&MAKER, sql).recv().expect("an answer").expect("the template is copied");
}

/// Copying files is cheaper than writing every page to the log; before version 15 it was the only way, without a name.
static COPIES_FILES: LazyLock<bool> = LazyLock::new(|| {
    apart(|| async {
        let mut c = endpoint().connect("postgres").await.expect("the superuser connects");
        let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
            .fetch_one(&mut c)
            .await
            .expect("a version");
        version >= 150_000
    })
});

/// A folder for a server, not made yet.
pub fn place(name: &str) -> PathBuf {
    short_temp().join(format!("{name}{}", std::process::id()))
}

/// Starts a server in a folder that is made for it, with these lines at the end of its configuration. It stops, and the
/// folder goes, with what lies beside it under its name and a dot, when the shell's stdin is closed.
pub fn start(dir: &Path, configuration: &str) -> (Endpoint, Child) {
    let binaries = Binaries::find().expect("PostgreSQL's server programs are installed");
    let identity = Identity::of_server().expect("somebody can run the server");
    let mut command = Command::new("sh");
    command
        .args(["-c", SCRIPT, "sh"])
        .arg(dir)
        .arg(binaries.dir())
        .args([configuration, SPARING])
        .current_dir("/");
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

/// Where a test makes a whole cluster as the program does: in memory where there is room, because it is thousands of files.
pub fn roomy_temp() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(memory).map_or(0, |fs| fs.f_bavail.saturating_mul(fs.f_frsize));
    if room > 4_000_000_000 { memory.to_path_buf() } else { short_temp() }
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let done = runtime.block_on(future);
    super::signing::no_more_sign_ins(|(_, of)| *of == runtime.handle().id());
    done
}

/// Runs a future on a thread of its own, so that it works inside of a runtime too.
pub fn apart<T: Send, F: Future<Output = T>>(make: impl FnOnce() -> F + Send) -> T {
    std::thread::scope(|s| s.spawn(move || block_on(make())).join().expect("the future ran"))
}

/// The run's server itself, for tests of whole clusters.
pub fn endpoint() -> Endpoint {
    SERVER.endpoint.clone()
}

/// A database for one test; dropped with it.
pub struct Db {
    /// The database's name.
    pub name: String,
    /// The server it is on.
    pub endpoint: Endpoint,
    /// The folder with the server's socket.
    pub socket: PathBuf,
    /// Set once it is there.
    made: OnceLock<()>,
    /// A superuser's connection that has done its part and can serve the next one in its runtime.
    parked: Mutex<Option<(tokio::runtime::Id, PgConnection)>>,
}

fn unmade(kind: &str) -> Db {
    let name = format!("{kind}_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let endpoint = endpoint();
    let socket = endpoint.socket_dir().to_path_buf();
    Db { name, endpoint, socket, made: OnceLock::new(), parked: Mutex::default() }
}

/// A fresh, migrated, empty database. It is made when it is first asked for: who fills it with the clinic gets a copy of that.
pub fn fresh_database() -> Db {
    unmade("test")
}

/// A copy of another test's database, to which nobody is connected.
pub fn copy_of(db: &Db) -> Db {
    let made = unmade("copy");
    assert!(made.is_copy_of(db));
    made
}

/// A database without any schema, for tests of migrating.
pub fn empty_database() -> Db {
    let db = unmade("empty");
    db.made.get_or_init(|| {
        apart(|| db.endpoint.create_database(&db.name, None)).expect("a database is created");
    });
    db
}

impl Db {
    /// A database that is there already, on another server than the run's.
    pub fn elsewhere(endpoint: &Endpoint, name: &str) -> Self {
        let socket = endpoint.socket_dir().to_path_buf();
        Self {
            name: name.into(),
            endpoint: endpoint.clone(),
            socket,
            made: OnceLock::from(()),
            parked: Mutex::default(),
        }
    }

    /// Makes it as a copy of another one to which nobody is connected. False: it was made before, of something else.
    pub fn is_copy_of(&self, template: &Self) -> bool {
        let mut now = false;
        // A database that somebody is connected to cannot be copied.
        drop(template.parked());
        self.made.get_or_init(|| {
            copy(&template.name, &self.name);
            now = true;
        });
        now
    }

    /// Makes it, when it was not: for who connects by its name alone.
    pub fn make(&self) {
        self.made.get_or_init(|| copy(&SERVER.template, &self.name));
    }

    /// The URL that the program is given: the role `praxis_app`.
    pub fn url(&self) -> String {
        self.url_as("praxis_app")
    }

    /// The URL of another role, `postgres` for the superuser.
    pub fn url_as(&self, role: &str) -> String {
        self.make();
        self.endpoint.url(role, &self.name)
    }

    /// The URL of the same database through a proxy's socket folder.
    pub fn url_through(&self, socket_dir: &Path) -> String {
        self.make();
        Endpoint::new(socket_dir).url("praxis_app", &self.name)
    }

    /// Connect options of a role.
    pub fn options(&self, role: &str) -> sqlx::postgres::PgConnectOptions {
        self.make();
        self.endpoint.options(role, &self.name)
    }

    /// Keeps a connection of [`Db::superuser`] for the next who asks.
    pub fn park(&self, c: PgConnection) {
        let kept = (tokio::runtime::Handle::current().id(), c);
        *self.parked.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(kept);
    }

    fn parked(&self) -> Option<(tokio::runtime::Id, PgConnection)> {
        self.parked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    /// A connection as the superuser, to prepare and to look.
    pub async fn superuser(&self) -> PgConnection {
        self.make();
        let here = tokio::runtime::Handle::current().id();
        if let Some((of, mut c)) = self.parked()
            && of == here
        {
            c.execute("reset all").await.expect("the settings of a new connection");
            return c;
        }
        self.endpoint.connect(&self.name).await.expect("the superuser connects")
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        super::signing::no_more_sign_ins(|(name, _)| *name == self.name);
        // A failing test keeps nothing either: the server goes with the run.
        if self.made.get().is_some() && self.socket == SERVER.endpoint.socket_dir() {
            drop(Keeper::ask(&DROPPER, format!("drop database if exists {} with (force)", self.name)));
        }
    }
}

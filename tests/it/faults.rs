//! Programs and servers are killed at random moments; afterwards nothing that was acknowledged is missing, nothing is
//! there twice and every rule holds. `PRAXIS_SEED` repeats a run's choices, `PRAXIS_FAULTS` says how many kills.
use crate::{
    invariants::broken,
    support::{
        busy::{Chance, Ledger, Op, Schedule, at_the_desk, make_room, perform, way_to},
        cluster::{Db, block_on, fresh_database, roomy_temp},
        wait_until,
    },
};
use praxis::{
    domain::ids::RequestId,
    server::{Cluster, Endpoint, SUPERUSER, migrate},
    store::Error,
};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

/// The test below is the client when it is run again with these.
const SOCKET: &str = "PRAXIS_TEST_CLIENT_SOCKET";
const DATABASE: &str = "PRAXIS_TEST_CLIENT_DATABASE";
const CHOICES: &str = "PRAXIS_TEST_CLIENT_SEED";

/// Not a test of its own: the process that the tests below start and kill. Alone it has nothing to do.
#[test]
fn a_client_writes_until_it_is_killed() {
    let (Ok(socket), Ok(database), Ok(seed)) =
        (std::env::var(SOCKET), std::env::var(DATABASE), std::env::var(CHOICES))
    else {
        return;
    };
    let mut chance = Chance::new(seed.parse().expect("a seed"));
    block_on(async {
        let mut schedule = Schedule::read(&Endpoint::new(Path::new(&socket)), &database).await;
        let s = at_the_desk(way_to(Path::new(&socket), &database).one_by_one()).await.expect("a desk");
        tell("\nready");
        loop {
            let (request, op) = (RequestId::new(), schedule.choose(&mut chance));
            tell(&format!("want {} {}", request.0, serde_json::to_string(&op).expect("JSON")));
            match perform(&s, request, op.clone()).await {
                Ok(answer) => {
                    tell(&format!("ack {} {answer}", request.0));
                    schedule.learn(&op, Some(&answer));
                }
                Err(
                    Error::Overlap(_)
                    | Error::Refused(_)
                    | Error::Stale { .. }
                    | Error::NotSaved
                    | Error::NotFound,
                ) => {
                    tell(&format!("no {} -", request.0));
                    schedule.learn(&op, None);
                }
                Err(e) => panic!("a write ended as {e}"),
            }
        }
    });
}

fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    // The parent may be gone, then so are we soon.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A running client, and what it said so far.
struct Client {
    child: Child,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    reader: Option<std::thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Heard {
    lines: Vec<String>,
    answers: u64,
    ready: bool,
    ended: bool,
}

impl Client {
    fn start(db: &Db, seed: u64, crash_at: Option<&str>) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args([
                "--exact",
                "faults::a_client_writes_until_it_is_killed",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(SOCKET, &db.socket)
            .env(DATABASE, &db.name)
            .env(CHOICES, seed.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(point) = crash_at {
            command.env("PRAXIS_CRASH_AT", point);
        }
        let mut child = command.spawn().expect("the client starts");
        let heard = Arc::new((Mutex::new(Heard::default()), Condvar::new()));
        let (out, shared) = (child.stdout.take().expect("piped"), Arc::clone(&heard));
        let reader = std::thread::spawn(move || {
            let mut out = BufReader::new(out);
            loop {
                let mut line = String::new();
                let whole = out.read_line(&mut line).is_ok_and(|n| n > 0) && line.ends_with('\n');
                let mut heard = shared.0.lock().expect("heard");
                heard.ended |= !whole;
                heard.answers += u64::from(whole && (line.starts_with("ack ") || line.starts_with("no ")));
                heard.ready |= line.starts_with("ready");
                if whole {
                    heard.lines.push(line.trim_end().to_owned());
                }
                shared.1.notify_all();
                if heard.ended {
                    return;
                }
            }
        });
        Self { child, heard, reader: Some(reader) }
    }

    /// Waits until so many writes were answered.
    fn wait_answers(&self, count: u64) {
        let (lock, changed) = &*self.heard;
        let heard = lock.lock().expect("heard");
        let patience = Duration::from_secs(60);
        let (heard, waited) = changed
            .wait_timeout_while(heard, patience, |h| !h.ended && (!h.ready || h.answers < count))
            .expect("heard");
        assert!(!heard.ended && !waited.timed_out(), "the client ended by itself: {:?}", heard.lines.last());
    }

    /// Kills it (or waits for its own end) and writes down what it wanted and what it was told.
    fn end(mut self, kill: bool, ledger: &mut Ledger) {
        if kill {
            self.child.kill().expect("the client is killed");
        }
        let status = self.child.wait().expect("the client ends");
        assert!(!status.success(), "the client ended as if it had finished");
        self.reader.take().expect("a reader").join().expect("the reader ends");
        let heard = self.heard.0.lock().expect("heard");
        for line in &heard.lines {
            let mut parts = line.splitn(3, ' ');
            let (Some(what), Some(id), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            let Ok(id) = id.parse() else { continue };
            match what {
                "want" => ledger.want(RequestId(id), serde_json::from_str(rest).expect("an operation")),
                "ack" => ledger.saved(RequestId(id), serde_json::from_str(rest).expect("an answer")),
                "no" => ledger.refused(RequestId(id)),
                _ => {}
            }
        }
    }
}

fn kills(usual: u64) -> u64 {
    std::env::var("PRAXIS_FAULTS").map_or(usual, |n| n.parse().expect("PRAXIS_FAULTS is a number"))
}

#[test]
fn clients_killed_while_they_write_lose_nothing_acknowledged_and_double_nothing() {
    let (seed, mut chance) = Chance::seeded("kills of writing clients");
    let since = Instant::now();
    let db = fresh_database();
    block_on(make_room(&db));
    let (mut ledger, mut killed, mut unanswered, mut saved_after_all) = (Ledger::default(), 0, 0, 0);
    let desk = block_on_kept(&db);
    while killed < kills(50) {
        // Two at a time, so that they also take each other's slots.
        let clients: Vec<_> = (0..2).map(|_| Client::start(&db, chance.next(), None)).collect();
        for client in clients {
            client.wait_answers(chance.below(10));
            let wait = Duration::from_micros(chance.below(6_000));
            let from = Instant::now();
            while from.elapsed() < wait {
                std::hint::spin_loop();
            }
            client.end(true, &mut ledger);
            killed += 1;
        }
        unanswered += ledger.open.len();
        saved_after_all += desk.0.block_on(ledger.ask_again(&desk.1));
    }
    println!(
        "{killed} kills (seed {seed}) in {} s: {} writes acknowledged, {} refused, {unanswered} unanswered when killed, {saved_after_all} of them saved when asked again",
        since.elapsed().as_secs(),
        ledger.saved.len(),
        ledger.refused.len(),
    );
    let wrong = block_on(async {
        let mut wrong = ledger.lost_or_doubled(&db).await;
        wrong.extend(broken(&db).await);
        wrong
    });
    assert!(wrong.is_empty(), "seed {seed}:\n{}", wrong.join("\n"));
    assert!(ledger.saved.len() as u64 > killed && unanswered > 0, "the kills met writing clients");
}

/// A signed-in desk and the runtime its connections live in.
fn block_on_kept(db: &Db) -> (tokio::runtime::Runtime, praxis::store::SignIn) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let desk = runtime.block_on(at_the_desk(way_to(&db.socket, &db.name).one_by_one())).expect("a desk");
    (runtime, desk)
}

/// The program dies at a named point of its first write; then the same is asked for again under the same id.
fn crashes_at(point: &str, kept: usize) {
    let db = fresh_database();
    block_on(make_room(&db));
    let mut ledger = Ledger::default();
    Client::start(&db, 7, Some(point)).end(false, &mut ledger);
    assert_eq!((ledger.open.len(), ledger.saved.len()), (1, 0), "it wanted one thing and was not told");
    let booked = |db: &Db| {
        block_on(async {
            let mut c = db.superuser().await;
            let n: i64 = sqlx::query_scalar("select count(*) from clinic.appointment")
                .fetch_one(&mut c)
                .await
                .expect("a count");
            usize::try_from(n).expect("small")
        })
    };
    assert_eq!(booked(&db), kept, "what there is when it has died {point}");
    let desk = block_on_kept(&db);
    assert_eq!(desk.0.block_on(ledger.ask_again(&desk.1)), 1);
    assert_eq!(booked(&db), 1);
    assert_eq!(block_on(ledger.lost_or_doubled(&db)), [""; 0]);
    assert_eq!(block_on(broken(&db)), [""; 0]);
}

#[test]
fn a_program_that_dies_after_its_commit_has_saved_and_asking_again_does_nothing_more() {
    crashes_at("after_commit", 1);
}

#[test]
fn a_program_that_dies_before_its_commit_has_saved_nothing_and_asking_again_saves_once() {
    crashes_at("before_commit", 0);
}

/// A server of one test, that may be killed.
pub struct OwnServer {
    parent: PathBuf,
    pub cluster: Cluster,
}

impl OwnServer {
    pub fn new(name: &str) -> Self {
        let parent = roomy_temp().join(format!("pxf{}-{name}", std::process::id()));
        Self { cluster: Cluster::at(&parent).expect("a place"), parent }
    }

    /// The migrated, empty database `clinic` on it.
    pub fn database(&self) -> Db {
        let endpoint = self.cluster.endpoint();
        block_on(async {
            endpoint.create_database("clinic", None).await.expect("a database");
            migrate(&endpoint.options(SUPERUSER, "clinic")).await.expect("the schema");
        });
        Db::elsewhere(&endpoint, "clinic")
    }

    /// Kills the server as a lost machine does: no goodbye, no checkpoint.
    pub fn kill(&self) {
        let file = std::fs::read_to_string(self.cluster.folder().join("data/postmaster.pid"))
            .expect("a running server");
        let pid = file.lines().next().expect("a process id").to_owned();
        assert!(Command::new("kill").args(["-9", &pid]).status().expect("kill runs").success());
        wait_until("the server to be gone", || (!Path::new(&format!("/proc/{pid}")).exists()).then_some(()));
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.cluster.reset().ok();
        std::fs::remove_dir_all(&self.parent).ok();
    }
}

#[test]
fn a_server_killed_under_a_writing_client_loses_nothing_acknowledged() {
    let (seed, mut chance) = Chance::seeded("kills of the server");
    let server = OwnServer::new("kill");
    let mut running = server.cluster.start().expect("a server");
    let db = server.database();
    block_on(make_room(&db));
    let shared = Arc::new((Mutex::new((Ledger::default(), false)), Condvar::new()));
    let writer = {
        let (shared, seed) = (Arc::clone(&shared), chance.next());
        let (socket, name) = (db.socket.clone(), db.name.clone());
        std::thread::spawn(move || block_on(write_until_told(&socket, &name, seed, &shared)))
    };
    let rounds = 3;
    for _ in 0..rounds {
        let (lock, changed) = &*shared;
        let more = lock.lock().expect("ledger").0.saved.len()
            + 5
            + usize::try_from(chance.below(20)).expect("small");
        let waited = changed
            .wait_timeout_while(lock.lock().expect("ledger"), Duration::from_secs(60), |l| {
                l.0.saved.len() < more
            })
            .expect("ledger");
        assert!(!waited.1.timed_out(), "the client goes on after the server came back");
        drop(waited);
        server.kill();
        running = server.cluster.start().expect("the server starts again");
    }
    shared.0.lock().expect("ledger").1 = true;
    writer.join().expect("the client ends");
    let mut ledger = std::mem::take(&mut shared.0.lock().expect("ledger").0);
    let unanswered = ledger.open.len();
    let desk = block_on_kept(&db);
    desk.0.block_on(ledger.ask_again(&desk.1));
    println!(
        "{rounds} kills of the server (seed {seed}): {} writes acknowledged, {} refused, {unanswered} not known until asked again",
        ledger.saved.len(),
        ledger.refused.len()
    );
    let wrong = block_on(async {
        let mut wrong = ledger.lost_or_doubled(&db).await;
        wrong.extend(broken(&db).await);
        wrong
    });
    drop((desk, db, running));
    assert!(wrong.is_empty(), "seed {seed}:\n{}", wrong.join("\n"));
}

async fn write_until_told(socket: &Path, name: &str, seed: u64, shared: &(Mutex<(Ledger, bool)>, Condvar)) {
    let mut chance = Chance::new(seed);
    let mut schedule = Schedule::read(&Endpoint::new(socket), name).await;
    let s = at_the_desk(way_to(socket, name)).await.expect("a desk");
    while !shared.0.lock().expect("ledger").1 {
        let (request, op): (_, Op) = (RequestId::new(), schedule.choose(&mut chance));
        shared.0.lock().expect("ledger").0.want(request, op.clone());
        let outcome = perform(&s, request, op.clone()).await;
        let mut ledger = shared.0.lock().expect("ledger");
        schedule.learn(&op, outcome.as_ref().ok());
        match outcome {
            Ok(answer) => ledger.0.saved(request, answer),
            Err(
                Error::Overlap(_)
                | Error::Refused(_)
                | Error::Stale { .. }
                | Error::NotSaved
                | Error::NotFound,
            ) => {
                ledger.0.refused(request);
            }
            // Asked again at the end.
            Err(Error::Unknown) => {}
            Err(e) => panic!("a write ended as {e}"),
        }
        shared.1.notify_all();
    }
    s.store.close().await;
}

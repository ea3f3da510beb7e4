//! A line that can be hurt: a proxy between the program and the server's Unix socket.
//!
//! The same trouble gives the same result: it cuts at a byte or at a message counted from the start of a connection,
//! never at a time. Messages are those of PostgreSQL's protocol (a type byte, four bytes of length).
use super::wait_until;
use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// Which way the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the program to the server.
    ToServer,
    /// From the server to the program.
    ToClient,
}

/// What is wrong with the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Healthy,
    /// Bytes wait in both directions until it is healed; connections stay open.
    Stall,
    /// Bytes vanish in both directions; connections stay open.
    Drop,
    /// Every connection is closed at once, and new ones are closed as they come.
    Reset,
    /// Each piece is handed on this much later.
    Delay(Duration),
    /// Connections are closed after this many bytes in this direction, counted per connection.
    CutAfterBytes(Way, usize),
    /// One connection is closed just before its n-th message in this direction (from 1, the start-up message is number 1);
    /// after that the line is healthy again.
    CutBeforeMessage(Way, usize),
    /// The message of this type byte is lost, and the connection closed, the first time it appears in this direction:
    /// `(ToClient, b'C')` loses the acknowledgement of a commit that happened.
    CutBeforeType(Way, u8),
}

struct State {
    fault: Fault,
    open: Vec<(u64, UnixStream)>,
    accepted: u64,
    /// Connections up to this one are closed, whatever still comes out of their buffers.
    closed: u64,
    cuts: u64,
    statements: u64,
    ended: bool,
}

type Shared = Arc<(Mutex<State>, Condvar)>;

/// The proxy. Its socket folder is [`Proxy::socket_dir`]; it ends when dropped.
pub struct Proxy {
    dir: PathBuf,
    shared: Shared,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Proxy {
    /// A healthy line to the server whose socket is in `server`.
    pub fn to(server: &Path) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = PathBuf::from(format!("/tmp/pxl{}-{number}", std::process::id()));
        std::fs::create_dir(&dir).expect("the proxy's folder");
        let listener = UnixListener::bind(dir.join(".s.PGSQL.5432")).expect("the proxy's socket");
        let state = State {
            fault: Fault::Healthy,
            open: Vec::new(),
            accepted: 0,
            closed: 0,
            cuts: 0,
            statements: 0,
            ended: false,
        };
        let shared: Shared = Arc::new((Mutex::new(state), Condvar::new()));
        let (target, state) = (server.join(".s.PGSQL.5432"), Arc::downgrade(&shared));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Some(shared)) = (client, state.upgrade()) else { return };
                if shared.0.lock().expect("state").ended {
                    return;
                }
                accept(client, &target, &shared);
            }
        });
        Self { dir, shared }
    }

    /// The folder to give the program as its server.
    pub fn socket_dir(&self) -> &Path {
        &self.dir
    }

    /// From now on the line is like this.
    pub fn fault(&self, fault: Fault) {
        let mut state = self.shared.0.lock().expect("state");
        state.fault = fault;
        if fault == Fault::Reset {
            close_all(&mut state);
        }
        self.shared.1.notify_all();
    }

    /// Waiting bytes go on, new connections are let through.
    pub fn heal(&self) {
        self.fault(Fault::Healthy);
    }

    /// How many connections were made so far.
    pub fn accepted(&self) -> u64 {
        self.shared.0.lock().expect("state").accepted
    }

    /// How many connections were cut at a message or a byte so far.
    pub fn cuts(&self) -> u64 {
        self.shared.0.lock().expect("state").cuts
    }

    /// How many prepared statements were run so far; beginnings and ends of transactions are none.
    pub fn statements(&self) -> u64 {
        self.shared.0.lock().expect("state").statements
    }

    /// How many connections are open now.
    pub fn open(&self) -> usize {
        self.shared.0.lock().expect("state").open.len()
    }

    /// Waits until this many connections were made.
    pub fn wait_accepted(&self, count: u64) {
        wait_until("a connection through the proxy", || (self.accepted() >= count).then_some(()));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.fault(Fault::Reset);
        self.shared.0.lock().expect("state").ended = true;
        // Wakes the listener, which finds the proxy gone.
        let socket = self.dir.join(".s.PGSQL.5432");
        UnixStream::connect(&socket).ok();
        std::fs::remove_dir_all(&self.dir).ok();
    }
}

fn close_all(state: &mut State) {
    state.closed = state.accepted;
    for (_, stream) in state.open.drain(..) {
        stream.shutdown(Shutdown::Both).ok();
    }
}

fn accept(client: UnixStream, target: &Path, shared: &Shared) {
    let mut state = shared.0.lock().expect("state");
    state.accepted += 1;
    if state.fault == Fault::Reset {
        return;
    }
    let Ok(server) = UnixStream::connect(target) else { return };
    let id = state.accepted;
    let copy = |s: &UnixStream| s.try_clone().expect("a copy of a socket");
    state.open.push((id, copy(&client)));
    state.open.push((id, copy(&server)));
    for (way, from, to) in [(Way::ToServer, copy(&client), copy(&server)), (Way::ToClient, server, client)] {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            carry(id, way, &from, &to, &shared);
            from.shutdown(Shutdown::Both).ok();
            to.shutdown(Shutdown::Both).ok();
            shared.0.lock().expect("state").open.retain(|(i, _)| *i != id);
        });
    }
}

/// Carries bytes one way until an end or a cut.
fn carry(id: u64, way: Way, mut from: &UnixStream, mut to: &UnixStream, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    let mut messages = Messages::new(way);
    let mut carried = 0;
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(n) => n,
        };
        let (lock, changed) = &**shared;
        let state = lock.lock().expect("state");
        let state = changed.wait_while(state, |s| s.fault == Fault::Stall).expect("state");
        if id <= state.closed {
            return;
        }
        let fault = state.fault;
        drop(state);
        let mut piece = &buffer[..n];
        let mut cut = false;
        let mut followed = false;
        match fault {
            Fault::Reset => return,
            Fault::Drop => {
                messages.skip(piece);
                continue;
            }
            Fault::Delay(time) => std::thread::sleep(time),
            Fault::CutAfterBytes(w, limit) if w == way && carried + n > limit => {
                piece = &piece[..limit.saturating_sub(carried)];
                cut = true;
            }
            Fault::CutBeforeMessage(w, number) if w == way => {
                followed = true;
                if let Some(at) = messages.find(piece, |count, _| count >= number) {
                    piece = &piece[..at];
                    cut = true;
                }
            }
            Fault::CutBeforeType(w, kind) if w == way => {
                followed = true;
                if let Some(at) = messages.find(piece, |_, k| k == kind) {
                    piece = &piece[..at];
                    cut = true;
                }
            }
            _ => {}
        }
        if !followed {
            messages.skip(piece);
        }
        carried += piece.len();
        if way == Way::ToServer {
            lock.lock().expect("state").statements += std::mem::take(&mut messages.executes);
        }
        if to.write_all(piece).is_err() {
            return;
        }
        if cut {
            let mut state = lock.lock().expect("state");
            state.cuts += 1;
            if matches!(fault, Fault::CutBeforeMessage(..)) && state.fault == fault {
                state.fault = Fault::Healthy;
            }
            return;
        }
    }
}

/// Follows where messages begin. The client's first message has no type byte and counts as type 0.
struct Messages {
    untyped: bool,
    first_answer: bool,
    count: usize,
    /// Messages that ask for a statement to be run, since they were last taken.
    executes: u64,
    header: Vec<u8>,
    body_left: usize,
}

impl Messages {
    fn new(way: Way) -> Self {
        Self {
            untyped: way == Way::ToServer,
            first_answer: way == Way::ToClient,
            count: 0,
            executes: 0,
            header: Vec::new(),
            body_left: 0,
        }
    }

    fn skip(&mut self, piece: &[u8]) {
        self.find(piece, |_, _| false);
    }

    /// The offset in `piece` of the first message that `wanted(number, type)` names.
    fn find(&mut self, piece: &[u8], wanted: impl Fn(usize, u8) -> bool) -> Option<usize> {
        let mut at = 0;
        while at < piece.len() {
            if self.body_left > 0 {
                let step = self.body_left.min(piece.len() - at);
                self.body_left -= step;
                at += step;
                continue;
            }
            if self.header.is_empty() {
                self.count += 1;
                let kind = if self.untyped { 0 } else { piece[at] };
                if wanted(self.count, kind) {
                    return Some(at);
                }
                self.executes += u64::from(kind == b'E');
                // The answer to the question for encryption is one byte without a length.
                if self.first_answer && matches!(piece[at], b'N' | b'S') {
                    self.first_answer = false;
                    at += 1;
                    continue;
                }
                self.first_answer = false;
            }
            self.header.push(piece[at]);
            at += 1;
            let length_at = usize::from(!self.untyped);
            if self.header.len() == length_at + 4 {
                let length: [u8; 4] = self.header[length_at..].try_into().expect("four bytes");
                self.body_left = (u32::from_be_bytes(length) as usize).saturating_sub(4);
                self.header.clear();
                // Eight bytes are the question for encryption: the start-up message comes after it.
                self.untyped &= self.body_left == 4;
            }
        }
        None
    }
}

#[test]
fn messages_are_counted_however_they_are_split() {
    let to_server =
        [&b"\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x0a\0\x03\0\0\0\0"[..], b"Q\0\0\0\x06x\0", b"X\0\0\0\x04"]
            .concat();
    let to_client = [&b"NR\0\0\0\x08\0\0\0\0"[..], b"N\0\0\0\x06x\0", b"X\0\0\0\x04"].concat();
    for (way, bytes, last, begins) in [(Way::ToServer, to_server, 4, 25), (Way::ToClient, to_client, 4, 17)] {
        for split in 1..8 {
            let mut messages = Messages::new(way);
            let mut found = Vec::new();
            for (i, piece) in bytes.chunks(split).enumerate() {
                if let Some(at) = messages.find(piece, |number, kind| number == last && kind == b'X') {
                    found.push(i * split + at);
                }
            }
            assert_eq!(found, [begins], "{way:?} split every {split}");
        }
    }
}

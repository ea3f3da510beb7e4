//! The terminal itself: raw mode, alternate screen, size, and the thread that writes. Whatever way the program leaves,
//! the terminal is given back as it was.
use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc::{UnboundedReceiver, error::TryRecvError, unbounded_channel};

const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h";
/// The screen is emptied first, and then what it scrolled away: a terminal without an alternate screen, or one that
/// keeps what is cleared, would show patients to whoever scrolls back.
const LEAVE: &[u8] = b"\x1b[m\x1b[r\x1b[H\x1b[2J\x1b[3J\x1b[?25h\x1b[?2004l\x1b[?1049l";
/// The terminal forgets what it keeps of earlier screens.
pub(super) const FORGET: &[u8] = b"\x1b[3J";

/// What a person reads after a fault of the program's own; what happened stands in the log.
const FAULT: &[u8] =
    b"Praxis has ended unexpectedly. What was saved is safe; the log says what happened.\r\n";

static RAW: AtomicBool = AtomicBool::new(false);

/// How long the terminal may take to read the last bytes of a program that leaves.
const LAST: Duration = Duration::from_millis(300);

/// Gives the terminal back and says `last`; the second call does nothing. A terminal that has stopped reading would hold
/// a write for ever, so a thread of its own writes, and after [`LAST`] only the settings are given back.
fn give_back(last: &'static [u8]) {
    if !RAW.swap(false, Ordering::SeqCst) {
        return;
    }
    let (done, written) = mpsc::channel();
    let writer = std::thread::Builder::new().name("terminal-leave".into()).spawn(move || {
        let out = io::stdout().as_fd().try_clone_to_owned();
        let _ = out.map(File::from).and_then(|mut out| out.write_all(&[LEAVE, last].concat()));
        let _ = done.send(());
    });
    if writer.is_ok() {
        let _ = written.recv_timeout(LAST);
    }
    let _ = crossterm::terminal::disable_raw_mode();
}

/// Columns and lines of the window.
#[must_use]
pub fn size() -> (u16, u16) {
    crossterm::terminal::size().unwrap_or((80, 24))
}

/// The terminal while the program has it.
///
/// Only [`Terminal::idle`] makes a busy terminal free: were the writing thread to do it, a loop that found it busy, put
/// its frame off and then waits to be told would find nothing to wait for.
pub struct Terminal {
    frames: mpsc::SyncSender<Vec<u8>>,
    written: UnboundedReceiver<io::Result<()>>,
    busy: bool,
    gone: bool,
}

impl Terminal {
    /// Takes the terminal, and sees to it that a panic gives it back.
    ///
    /// # Errors
    /// Standard output is no terminal, or no thread can be made.
    pub fn take() -> io::Result<Self> {
        crossterm::terminal::enable_raw_mode()?;
        RAW.store(true, Ordering::SeqCst);
        let hook = std::panic::take_hook();
        let owner = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            // A job that panics is caught and told; only the loop's own end gives the terminal back.
            if std::thread::current().id() == owner && RAW.load(Ordering::SeqCst) {
                give_back(FAULT);
            }
            hook(info);
        }));
        let (frames, queue) = mpsc::sync_channel::<Vec<u8>>(1);
        let (tell, written) = unbounded_channel();
        let mut out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        std::thread::Builder::new().name("terminal-output".into()).spawn(move || {
            while let Ok(frame) = queue.recv() {
                if tell.send(out.write_all(&frame)).is_err() {
                    return;
                }
            }
        })?;
        let mut terminal = Self { frames, written, busy: false, gone: false };
        terminal.write(ENTER.to_vec());
        Ok(terminal)
    }
    /// Takes the terminal again after the program was stopped: whoever had it meanwhile may have changed it.
    pub fn retake(&mut self) {
        let _ = crossterm::terminal::disable_raw_mode();
        let _ = crossterm::terminal::enable_raw_mode();
        self.write(ENTER.to_vec());
    }
    /// A frame is being written: make none.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy
    }
    /// Writing failed: nobody is there any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.gone
    }
    /// Resolves when the frame being written is out.
    pub async fn idle(&mut self) {
        let outcome = self.written.recv().await;
        self.told(outcome);
    }
    /// A frame is out, or failed; a writer that is no more tells nothing.
    fn told(&mut self, outcome: Option<io::Result<()>>) {
        self.busy = false;
        self.gone |= !matches!(outcome, Some(Ok(())));
    }
    /// Hands bytes to the writer; called only while it is not busy.
    pub fn write(&mut self, frame: Vec<u8>) {
        if !frame.is_empty() {
            self.busy = self.frames.try_send(frame).is_ok();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let until = Instant::now() + LAST;
        while self.busy && Instant::now() < until {
            match self.written.try_recv() {
                Ok(outcome) => self.told(Some(outcome)),
                Err(TryRecvError::Disconnected) => self.told(None),
                Err(TryRecvError::Empty) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        // A terminal that stopped reading would hold us here: only its settings are given back.
        if self.is_busy() || self.is_gone() {
            RAW.store(false, Ordering::SeqCst);
            let _ = crossterm::terminal::disable_raw_mode();
        } else {
            give_back(b"");
        }
    }
}

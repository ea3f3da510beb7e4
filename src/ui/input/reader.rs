//! The thread that reads the terminal. It sleeps in `poll` until bytes come or something held must be let go.
use super::{Decoder, Input};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use std::{
    fs::File,
    os::fd::AsFd,
    time::{Duration, Instant},
};
use tokio::sync::mpsc::UnboundedSender;

/// Starts reading the terminal; the thread ends when the terminal is gone or nobody listens any more.
///
/// # Errors
/// The terminal cannot be opened, or no thread can be made.
pub fn spawn(tty: File, hold: Duration, out: UnboundedSender<Input>) -> std::io::Result<()> {
    std::thread::Builder::new().name("terminal-input".into()).spawn(move || read(&tty, hold, &out))?;
    Ok(())
}

fn read(tty: &File, hold: Duration, out: &UnboundedSender<Input>) {
    let mut decoder = Decoder::new(hold, Instant::now());
    let mut buffer = [0; 4096];
    loop {
        let wait = decoder.deadline().map(|d| d.saturating_duration_since(Instant::now()));
        let wait =
            wait.map(|d| Timespec { tv_sec: d.as_secs() as i64, tv_nsec: i64::from(d.subsec_nanos()) });
        let mut fds = [PollFd::new(tty, PollFlags::IN)];
        let inputs = match poll(&mut fds, wait.as_ref()) {
            Ok(0) => decoder.expire(Instant::now()),
            Ok(_) => match rustix::io::read(tty.as_fd(), &mut buffer) {
                Ok(0) => vec![Input::HangUp],
                Ok(n) => decoder.feed(&buffer[..n], Instant::now()),
                Err(Errno::INTR | Errno::AGAIN) => vec![],
                Err(_) => vec![Input::HangUp],
            },
            Err(Errno::INTR) => vec![],
            Err(_) => vec![Input::HangUp],
        };
        for input in inputs {
            let ends = input == Input::HangUp;
            if out.send(input).is_err() || ends {
                return;
            }
        }
    }
}

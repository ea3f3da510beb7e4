//! Being asked to leave: Ctrl-C, a signal to end, or the end of the terminal.
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, a signal to end, or the end of the terminal.
pub(super) struct AskedToLeave([Signal; 3]);

impl AskedToLeave {
    /// From now on these no longer end the program by themselves.
    pub(super) fn listen() -> Result<Self, std::io::Error> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    pub(super) async fn wait(self) {
        let [mut interrupt, mut terminate, mut hang_up] = self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    }
}

//! At most two passwords are hashed on a host at once: each takes 64 MiB, and a hundred sign-ins at nine would take the
//! machine. A hash waits for one of two locked files; without a folder for them, or after a long wait, it goes on.
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use std::{
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How many at once.
const TURNS: usize = 2;
/// The longest wait: a folder that somebody else fills with locks must not keep anybody out.
const PATIENCE: Duration = Duration::from_secs(20);

/// The right to hash, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _lock: OwnedFd,
}

/// Waits for a turn on this host. `None`: there is no folder for the locks, or the wait was too long.
#[must_use]
pub fn take() -> Option<Turn> {
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|p| p.is_absolute());
    // The host's folder first: people of several logins share it.
    [Some(PathBuf::from("/run/praxis")), own]
        .into_iter()
        .flatten()
        .find_map(|folder| take_in(&folder, PATIENCE))
}

/// Waits for a turn among those who use this folder.
#[must_use]
pub fn take_in(folder: &Path, patience: Duration) -> Option<Turn> {
    let files: Vec<OwnedFd> = (0..TURNS)
        .filter_map(|n| {
            let flags = OFlags::RDONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            open(folder.join(format!("hash-{n}.lock")), flags, Mode::from_raw_mode(0o640)).ok()
        })
        .collect();
    if files.len() < TURNS {
        return None;
    }
    let since = Instant::now();
    loop {
        for file in &files {
            if flock(file, FlockOperation::NonBlockingLockExclusive).is_ok() {
                return file.try_clone().ok().map(|_lock| Turn { _lock });
            }
        }
        if since.elapsed() >= patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_waits_until_one_of_two_is_done_and_a_missing_folder_keeps_nobody_out() {
        let folder = std::env::temp_dir().join(format!("praxis-turns-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let now = Duration::ZERO;
        let first = take_in(&folder, now).unwrap();
        let second = take_in(&folder, now).unwrap();
        assert!(take_in(&folder, now).is_none());
        drop(first);
        let third = take_in(&folder, now);
        assert!(third.is_some() && take_in(&folder, now).is_none());
        drop(second);
        assert!(take_in(&folder, now).is_some());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(take_in(&folder, PATIENCE).is_none());
    }
}

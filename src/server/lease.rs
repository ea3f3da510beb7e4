//! Locks on files: one program at a time prepares a cluster, and the last one to leave knows that it is the last.
//!
//! The kernel releases them with the process, so a killed program leaves nothing to clean up.
use super::error::{Error, io};
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// A locked file; dropping it releases the lock.
#[derive(Debug)]
pub(super) struct Lease {
    file: File,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Closing is not enough: a child that is just being started has a copy of the file until it becomes its own program.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

impl Lease {
    /// Waits until nobody else holds the file.
    pub(super) fn alone(path: &Path) -> Result<Self, Error> {
        Self::take(path, FlockOperation::LockExclusive)
    }

    /// Holds the file together with others.
    pub(super) fn shared(path: &Path) -> Result<Self, Error> {
        Self::take(path, FlockOperation::LockShared)
    }

    /// Whether anybody at all holds the file, this process included.
    pub(super) fn is_held(path: &Path) -> Result<bool, Error> {
        let file = open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                drop(Self { file });
                Ok(false)
            }
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
            Err(e) => Err(io(format!("locking {}", path.display()))(e.into())),
        }
    }

    fn take(path: &Path, operation: FlockOperation) -> Result<Self, Error> {
        let file = open(path)?;
        loop {
            match flock(&file, operation) {
                Ok(()) => return Ok(Self { file }),
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(io(format!("locking {}", path.display()))(e.into())),
            }
        }
    }
}

fn open(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(io(format!("opening {}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_a_child_has_for_a_moment_holds_nothing() {
        let path = std::env::temp_dir().join(format!("praxis-lease-{}", std::process::id()));
        let lease = Lease::shared(&path).unwrap();
        let copy = lease.file.try_clone().unwrap();
        assert!(Lease::is_held(&path).unwrap());
        drop(lease);
        assert!(!Lease::is_held(&path).unwrap());
        drop(copy);
        std::fs::remove_file(&path).unwrap();
    }
}

//! Files that hold a secret, or decide where secrets go: read only when nobody else could have read or written them.
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use std::{io::Read as _, path::Path};
use zeroize::Zeroizing;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// It holds a secret: not everybody may read it. Its group may, so that the people of an SSH host share it.
    Secret,
    /// It holds none, but nobody else may change it.
    Trusted,
}

/// Reads a file of at most `longest` bytes that belongs to the program's user or to root, and that its group and
/// everybody else cannot write; a [`Privacy::Secret`] one everybody else cannot read either. Looked at and read through
/// one handle, so that it cannot be another file in between.
///
/// # Errors
/// A sentence without the path: what is wrong with the file and what to do. A missing one says so.
pub fn read_private_file(path: &Path, privacy: Privacy, longest: u64) -> Result<Zeroizing<Vec<u8>>, String> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = open(path, flags, Mode::empty()).map_err(|e| format!("it cannot be read: {e}"))?;
    let stat = fstat(&file).map_err(|e| format!("it cannot be looked at: {e}"))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err("it is no file but a folder or a device".into());
    }
    may_be_used(stat.st_mode, stat.st_uid, privacy)?;
    if u64::try_from(stat.st_size).is_ok_and(|n| n > longest) {
        return Err(format!("it is longer than {longest} bytes"));
    }
    let mut bytes = Zeroizing::new(vec![]);
    std::fs::File::from(file)
        .take(longest)
        .read_to_end(&mut bytes)
        .map_err(|e| format!("it cannot be read: {e}"))?;
    Ok(bytes)
}

/// Whether such a mode and owner keep a file to oneself.
fn may_be_used(mode: u32, owner: u32, privacy: Privacy) -> Result<(), String> {
    if ![0, rustix::process::geteuid().as_raw()].contains(&owner) {
        return Err("it belongs to somebody else; `chown` it to root or to yourself".into());
    }
    if mode & 0o022 != 0 {
        return Err("others may change it; `chmod go-w` it".into());
    }
    if privacy == Privacy::Secret && mode & 0o007 != 0 {
        return Err("it holds a secret and can be read by everybody; `chmod o=` it".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_mode_decide() {
        let me = rustix::process::geteuid().as_raw();
        for (mode, privacy, fits) in [
            (0o600, Privacy::Secret, true),
            (0o640, Privacy::Secret, true),
            (0o644, Privacy::Secret, false),
            (0o641, Privacy::Secret, false),
            (0o644, Privacy::Trusted, true),
            (0o664, Privacy::Trusted, false),
            (0o646, Privacy::Trusted, false),
            (0o620, Privacy::Secret, false),
        ] {
            assert_eq!(may_be_used(mode, me, privacy).is_ok(), fits, "{mode:o} {privacy:?}");
            assert_eq!(may_be_used(mode, 0, privacy).is_ok(), fits);
            assert!(may_be_used(mode, me + 4711, privacy).unwrap_err().contains("somebody else"));
        }
    }

    #[test]
    fn a_device_a_folder_a_fifo_and_nothing_are_told_apart_from_files() {
        for path in ["/dev/zero", "/", "/not/there"] {
            assert!(read_private_file(Path::new(path), Privacy::Secret, 100).is_err(), "{path}");
        }
    }
}

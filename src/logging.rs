//! The log: a file of mode 0600, for the person who runs the machine.
//!
//! It holds no patient data: no names, no texts, no parameters of statements, only ids, command names, durations and
//! errors. Whatever is logged loses its control characters, so that a log read in a terminal cannot act on it, and stays
//! one line, so that nothing can forge another. While the screens are up, stderr goes to the same file.
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::{
        fd::OwnedFd,
        unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    },
    path::Path,
    sync::Mutex,
};

/// At this size the log of earlier runs is put aside (one is kept).
const ROTATE_AT: u64 = 5 << 20;

/// Opens the log file, making its folder, and sends `tracing` to it. A second call in one process keeps the first log.
pub fn init(path: &Path, level: &str) -> io::Result<File> {
    let file = open(path)?;
    let filter = tracing_subscriber::EnvFilter::new(format!("warn,praxis={level},sqlx::query=error"));
    let writer = Mutex::new(OneLine { file: file.try_clone()? });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .log_internal_errors(false)
        .with_writer(writer)
        .try_init()
        .ok();
    Ok(file)
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    if std::fs::symlink_metadata(path).is_ok_and(|m| m.is_file() && m.len() > ROTATE_AT) {
        std::fs::rename(path, path.with_extension("log.1"))?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// Makes each event one line without control characters.
struct OneLine<W = File> {
    file: W,
}

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let mut line = cleaned(text.strip_suffix('\n').unwrap_or(&text));
        line.push('\n');
        // One write, so that lines of several programs in one file do not mix. A disk that is full loses the line: told as
        // an error, it would be complained about on stderr, which is the same file, and that ends the program.
        self.file.write_all(line.as_bytes()).ok();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().ok();
        Ok(())
    }
}

/// One line that does nothing to a terminal: control characters, those that turn the writing direction and those that
/// cannot be seen become `·`, and piles of marks are cut down.
#[must_use]
pub fn cleaned(text: &str) -> String {
    let ends_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let line: String = text.chars().map(|c| if ends_line(c) { '·' } else { c }).collect();
    crate::text::clean(&line).replace(crate::text::clean::TAKEN_OUT, "·")
}

/// Stderr as it was; it is put back when this is dropped.
#[derive(Debug)]
pub struct StderrGuard {
    before: OwnedFd,
}

/// Sends stderr to a file until the result is dropped: a library that complains must not write across the screen, nor
/// end the program when the terminal is gone.
pub fn redirect_stderr(file: &File) -> io::Result<StderrGuard> {
    let before = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3)?;
    rustix::stdio::dup2_stderr(file)?;
    Ok(StderrGuard { before })
}

impl Drop for StderrGuard {
    fn drop(&mut self) {
        rustix::stdio::dup2_stderr(&self.before).ok();
    }
}

/// Keeps what is in memory out of core files and away from other processes of the same user.
pub fn harden() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let mut log = OneLine { file: Vec::new() };
        log.write_all("name=a\nERROR forged\x1b[2J\u{202e}x\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(log.file).unwrap(), "name=a·ERROR forged·[2J·x\n");
    }

    #[test]
    fn the_log_belongs_to_its_owner_alone_and_is_put_aside_when_long() {
        let dir = std::env::temp_dir().join(format!("praxis-log-{}", std::process::id()));
        let path = dir.join("deep/praxis.log");
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
        open(&path).unwrap().set_len(ROTATE_AT + 1).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(open(&path).unwrap().metadata().unwrap().len(), 0);
        assert!(path.with_extension("log.1").exists());
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_goes_into_no_core_file_and_to_no_other_process() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        harden().unwrap();
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}

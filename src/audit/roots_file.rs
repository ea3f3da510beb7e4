//! The roots outside of the database: a file of lines that is only ever appended to, each line on disk before the sealer
//! goes on. What a crash left of a last line is taken away when the file is opened for writing.
use super::Root;
use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// It cannot be read or written.
    #[error("the roots file {0} cannot be used: {1}")]
    File(PathBuf, std::io::Error),
    /// A line is no root.
    #[error("line {1} of the roots file {0} is no root")]
    Line(PathBuf, usize),
}

/// The file, open for appending.
#[derive(Debug)]
pub struct RootsFile {
    path: PathBuf,
    file: File,
    /// The root of its last line.
    pub last: Option<Root>,
}

impl RootsFile {
    /// Opens the file, or makes it with mode 0640.
    pub fn open(path: &Path) -> Result<Self, RootsError> {
        let failed = |e| RootsError::File(path.to_path_buf(), e);
        let is_new = !path.exists();
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).mode(0o640).open(path).map_err(failed)?;
        if is_new && let Some(folder) = path.parent() {
            File::open(folder).and_then(|f| f.sync_all()).map_err(failed)?;
        }
        let (end, line) = last_line(&mut file).map_err(failed)?;
        file.set_len(end).map_err(failed)?;
        let last = match line {
            Some(line) => {
                Some(Root::from_line(&line).ok_or_else(|| RootsError::Line(path.to_path_buf(), 0))?)
            }
            None => None,
        };
        Ok(Self { path: path.to_path_buf(), file, last })
    }

    /// Appends a root; when this returns it is on disk.
    pub fn append(&mut self, root: &Root) -> Result<(), RootsError> {
        let line = format!("{}\n", root.line());
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|e| RootsError::File(self.path.clone(), e))?;
        self.last = Some(root.clone());
        Ok(())
    }
}

/// Where the last whole line ends, and that line.
fn last_line(file: &mut File) -> std::io::Result<(u64, Option<String>)> {
    // A line has some 500 bytes.
    const TAIL: u64 = 8192;
    let size = file.seek(SeekFrom::End(0))?;
    let from = size.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = vec![];
    file.read_to_end(&mut tail)?;
    let Some(end) = tail.iter().rposition(|b| *b == b'\n') else {
        return if from == 0 {
            Ok((0, None))
        } else {
            Err(std::io::Error::other("it does not end with a root"))
        };
    };
    let begin = tail[..end].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    Ok((from + end as u64 + 1, Some(String::from_utf8_lossy(&tail[begin..end]).into_owned())))
}

/// The roots of a file one after the other, in bounded memory. An unfinished last line, as a crash leaves it, is no root
/// and no fault.
pub fn read_roots(path: &Path) -> Result<impl Iterator<Item = Result<Root, RootsError>>, RootsError> {
    let file = File::open(path).map_err(|e| RootsError::File(path.to_path_buf(), e))?;
    let mut reader = BufReader::new(file);
    let (path, mut n) = (path.to_path_buf(), 0);
    Ok(std::iter::from_fn(move || {
        let mut line = vec![];
        n += 1;
        match reader.by_ref().take(65_536).read_until(b'\n', &mut line) {
            Err(e) => Some(Err(RootsError::File(path.clone(), e))),
            Ok(_) if line.pop() != Some(b'\n') => None,
            Ok(_) => {
                let root = std::str::from_utf8(&line).ok().and_then(Root::from_line);
                Some(root.ok_or_else(|| RootsError::Line(path.clone(), n)))
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Head, SigningKey};

    #[test]
    fn a_line_that_a_crash_cut_off_is_taken_away() {
        let path = std::env::temp_dir().join(format!("praxis-roots-{}", uuid::Uuid::now_v7()));
        let key = SigningKey::from_seed([1; 32]);
        let head = Head { chain: uuid::Uuid::nil(), n: 1, hash: [0; 32] };
        let mut previous: Option<Root> = None;
        let mut roots = RootsFile::open(&path).unwrap();
        assert_eq!(roots.last, None);
        for _ in 0..40 {
            let root = Root::sign(&key, previous.as_ref(), chrono::DateTime::UNIX_EPOCH, &[head], 1);
            roots.append(&root).unwrap();
            previous = Some(root);
        }
        roots.file.write_all(b"{\"root\": 41, \"at\"").unwrap();
        assert_eq!(read_roots(&path).unwrap().map(|r| r.unwrap().n).last(), Some(40));
        let mut again = RootsFile::open(&path).unwrap();
        assert_eq!(again.last, previous);
        again.append(&Root::sign(&key, previous.as_ref(), chrono::DateTime::UNIX_EPOCH, &[head], 1)).unwrap();
        assert_eq!(read_roots(&path).unwrap().filter(Result::is_ok).count(), 41);
        std::fs::write(&path, "nonsense\n").unwrap();
        assert!(matches!(RootsFile::open(&path), Err(RootsError::Line(..))));
        assert!(matches!(read_roots(&path).unwrap().next(), Some(Err(RootsError::Line(_, 1)))));
        std::fs::remove_file(path).unwrap();
    }
}

//! The file with the key-encryption keys: one a line, the newest first. Others may not read it; a group may, for the
//! machine on which several people of a clinic run the program.
use super::Kek;
use crate::tr;
use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
};
use zeroize::Zeroizing;

/// What a line of the file begins with.
const PREFIX: &str = "praxis-key-1:";
const HEADER: &str = "\
# Praxis key-encryption keys, the newest first. Without them no clinical text can
# be read: keep a copy where the database's backups are not.
";

/// Where the key-encryption keys come from, and those that were there.
#[derive(Clone, Default)]
pub struct KekSource {
    path: Option<PathBuf>,
    keys: Arc<RwLock<Arc<Vec<Kek>>>>,
}

/// Why a file of keys cannot be used; its sentence never holds a key.
#[derive(Debug)]
pub struct KeyFileError(String);

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyFileError {}

impl KekSource {
    /// The keys of a file, which is read again when the database names a key that was not in it.
    ///
    /// # Errors
    /// The file is not there, is readable by others, or holds something else than keys.
    pub fn file(path: &Path) -> Result<Self, KeyFileError> {
        let keys = read(path)?;
        Ok(Self { path: Some(path.to_path_buf()), keys: Arc::new(RwLock::new(Arc::new(keys))) })
    }

    /// Keys that are at hand already, the newest first.
    #[must_use]
    pub fn of(keys: Vec<Kek>) -> Self {
        Self { path: None, keys: Arc::new(RwLock::new(Arc::new(keys))) }
    }

    /// The keys there are, the newest first.
    pub(super) fn keys(&self) -> Arc<Vec<Kek>> {
        self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The ids of the keys, the newest first.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.keys().iter().map(|k| k.id().to_owned()).collect()
    }

    /// Reads the file again: somebody may have added a key since.
    pub(super) fn reload(&self) {
        let Some(path) = &self.path else { return };
        match read(path) {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(keys);
            }
            Err(e) => tracing::warn!(error = %e, "the key file could not be read again"),
        }
    }
}

fn read(path: &Path) -> Result<Vec<Kek>, KeyFileError> {
    let shown = path.display();
    let cannot = |e: io::Error| {
        KeyFileError(tr!("the key file {file} cannot be read: {error}", file = shown, error = e))
    };
    let file = File::open(path).map_err(cannot)?;
    let meta = file.metadata().map_err(cannot)?;
    if meta.permissions().mode() & 0o007 != 0 {
        return Err(KeyFileError(tr!(
            "the key file {file} can be read by everybody on this machine: chmod o= {file}",
            file = shown
        )));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(16_384).read_to_string(&mut text).map_err(cannot)?;
    let wrong = |line: usize| {
        KeyFileError(tr!(
            "line {line} of the key file {file} is no key: it must be {prefix} and 64 hexadecimal digits",
            line = line + 1,
            file = shown,
            prefix = PREFIX
        ))
    };
    let mut keys: Vec<Kek> = vec![];
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = line.strip_prefix(PREFIX).and_then(parse).ok_or_else(|| wrong(n))?;
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(KeyFileError(tr!(
            "the key file {file} holds no key: `praxis keys make` makes one",
            file = shown
        )));
    }
    Ok(keys)
}

fn parse(digits: &str) -> Option<Kek> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(Kek::from_bytes(*bytes))
}

/// A new key as a line of the file, and its id.
fn fresh_line() -> io::Result<(Zeroizing<String>, String)> {
    use std::fmt::Write as _;
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).map_err(io::Error::other)?;
    let mut line = Zeroizing::new(String::with_capacity(PREFIX.len() + 65));
    line.push_str(PREFIX);
    for b in bytes.iter() {
        let _ = write!(line, "{b:02x}");
    }
    line.push('\n');
    Ok((line, Kek::from_bytes(*bytes).id().to_owned()))
}

/// Makes a file with one new key, readable by its owner alone. Never overwrites, and is never seen half written. Returns
/// the key's id.
///
/// # Errors
/// The file is there already or cannot be written.
pub fn make_key_file(path: &Path) -> io::Result<String> {
    let (line, id) = fresh_line()?;
    let beside = beside(path);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(HEADER.as_bytes())?;
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        fs::hard_link(&beside, path)
    })();
    fs::remove_file(&beside).ok();
    written.map(|()| id)
}

/// A name in the same folder that nobody else uses at the moment.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", uuid::Uuid::now_v7().simple()));
    PathBuf::from(name)
}

/// Puts a new key before those of the file; mode and owner stay. Returns the key's id.
///
/// # Errors
/// The file cannot be read or replaced; it is left as it was then.
pub fn add_key(path: &Path) -> io::Result<String> {
    read(path).map_err(io::Error::other)?;
    let old = Zeroizing::new(fs::read_to_string(path)?);
    let meta = fs::metadata(path)?;
    let (line, id) = fresh_line()?;
    let beside = beside(path);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        std::os::unix::fs::fchown(&file, None, Some(meta.gid()))?;
        file.set_permissions(fs::Permissions::from_mode(meta.permissions().mode() & 0o770))?;
        file.write_all(HEADER.as_bytes())?;
        file.write_all(line.as_bytes())?;
        for kept in old.lines().filter(|l| l.trim_start().starts_with(PREFIX)) {
            file.write_all(kept.trim().as_bytes())?;
            file.write_all(b"\n")?;
        }
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        fs::remove_file(&beside).ok();
    }
    written.map(|()| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("praxis-key-{}-{name}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_made_file_is_its_owners_alone_and_is_never_overwritten() {
        let folder = folder("make");
        let file = folder.join("key");
        let id = make_key_file(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(KekSource::file(&file).unwrap().ids(), std::slice::from_ref(&id));
        assert!(make_key_file(&file).is_err());
        let newer = add_key(&file).unwrap();
        assert_eq!(KekSource::file(&file).unwrap().ids(), [newer, id]);
        fs::remove_dir_all(folder).ok();
    }

    #[test]
    fn a_group_may_read_it_and_others_may_not() {
        let folder = folder("mode");
        let file = folder.join("key");
        make_key_file(&file).unwrap();
        for (mode, fits) in [(0o400, true), (0o640, true), (0o644, false), (0o601, false)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(KekSource::file(&file).is_ok(), fits, "{mode:o}");
        }
        fs::remove_dir_all(folder).ok();
    }

    #[test]
    fn what_is_no_key_is_refused_by_its_line_and_never_repeated() {
        let folder = folder("wrong");
        let file = folder.join("key");
        make_key_file(&file).unwrap();
        for text in
            ["", "# nothing\n", "praxis-key-1:abcd\n", &format!("{PREFIX}{}\n", "g".repeat(64)), "secret"]
        {
            fs::write(&file, text).unwrap();
            let Err(e) = KekSource::file(&file) else { panic!("{text} was taken") };
            assert!(text.is_empty() || text.starts_with('#') || !e.to_string().contains(text.trim()), "{e}");
        }
        assert!(KekSource::file(&folder.join("none")).is_err());
        fs::remove_dir_all(folder).ok();
    }
}

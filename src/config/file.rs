//! Reading a configuration file: every complaint carries the file and the line.
use super::{KEYS, Key, Kind, Privacy, Problem, Source, database, keys, plain, read_private_file};
use std::{collections::BTreeMap, io::ErrorKind, os::unix::fs::PermissionsExt as _, path::Path};
use toml::de::{DeTable, DeValue};

/// A configuration file that is longer is none.
const LONGEST: u64 = 1 << 20;

/// Puts a file's values over those there are.
pub(super) fn read(
    path: &Path,
    required: bool,
    values: &mut BTreeMap<&'static str, (String, Source)>,
    problems: &mut Vec<Problem>,
) {
    let mut wrong =
        |message: String| problems.push(Problem { place: plain(&path.to_string_lossy()), message });
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        // A folder that cannot be, such as one of a hostile HOME, holds no file either.
        Err(e) if !required && matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename) => return,
        Err(e) => return wrong(format!("the file cannot be read: {e}")),
    };
    if !meta.is_file() || meta.len() > LONGEST {
        return wrong("this is no configuration file: it is a folder, a device, or longer than 1 MB".into());
    }
    // It says where passwords are sent: nobody else may have written it.
    let bytes = match read_private_file(path, Privacy::Trusted, LONGEST) {
        Ok(bytes) => bytes,
        Err(e) => return wrong(format!("the file is not used: {e}")),
    };
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text.to_owned(),
        Err(e) => {
            let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
            return problems.push(at(path, line, "the file is not UTF-8 text from here on"));
        }
    };
    let mut file = File { path, text: &text, values, problems };
    file.everything();
    let holds_password = values.get("database.url").is_some_and(|(url, source)| {
        matches!(source, Source::File(p, _) if p == path) && database::without_password(url) != *url
    });
    if holds_password && meta.permissions().mode() & 0o007 != 0 {
        let message = "the file holds a password and can be read by everybody. `chmod o= ` it, or better put the \
                       password alone into database.password_file";
        problems.push(Problem { place: plain(&path.to_string_lossy()), message: message.into() });
    }
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
    values: &'a mut BTreeMap<&'static str, (String, Source)>,
    problems: &'a mut Vec<Problem>,
}

impl File<'_> {
    fn everything(&mut self) {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        self.text = text;
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            for error in errors.iter().take(10) {
                let line = self.line(error.span().map_or(0, |s| s.start));
                self.problems.push(at(
                    self.path,
                    line,
                    &format!("this is not TOML: {}", plain(error.message())),
                ));
            }
            return;
        }
        for (section, content) in table.get_ref() {
            let line = self.line(section.span().start);
            let name = section.get_ref();
            match content.get_ref() {
                DeValue::Table(keys) if KEYS.iter().any(|k| k.name.split('.').next() == Some(name)) => {
                    self.section(name, keys);
                }
                DeValue::Table(_) => {
                    let message = format!("there is no section [{}]", plain(name));
                    self.problems.push(at(self.path, line, &message));
                }
                _ => {
                    let message = format!("`{}` must stand in a section, such as [database]", plain(name));
                    self.problems.push(at(self.path, line, &message));
                }
            }
        }
    }

    fn section(&mut self, section: &str, keys: &DeTable<'_>) {
        for (name, value) in keys {
            let full = format!("{section}.{}", name.get_ref());
            let line = self.line(name.span().start);
            let Some(key) = KEYS.iter().find(|k| k.name == full) else {
                self.problems.push(at(self.path, line, &keys::unknown(&full)));
                continue;
            };
            match written(key, value.get_ref()) {
                Ok(text) => {
                    self.values.insert(key.name, (text, Source::File(self.path.to_path_buf(), line)));
                }
                Err(message) => self.problems.push(at(self.path, line, &message)),
            }
        }
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count()
    }
}

/// The value as text, if it has the right type.
fn written(key: &Key, value: &DeValue<'_>) -> Result<String, String> {
    let refuse = || format!("{} takes {}; this is a {}", key.name, key.takes(), value.type_str());
    let text = match (key.kind, value) {
        (Kind::Bool, DeValue::Boolean(b)) => b.to_string(),
        (Kind::Number(..), DeValue::Integer(n)) => {
            let digits = n.as_str().replace('_', "");
            i64::from_str_radix(&digits, n.radix()).map_err(|_| refuse())?.to_string()
        }
        (Kind::Url | Kind::Path | Kind::Text | Kind::Choice(_), DeValue::String(s)) => s.to_string(),
        _ => return Err(refuse()),
    };
    key.check(&text).map(|()| text)
}

fn at(path: &Path, line: usize, message: &str) -> Problem {
    Problem { place: format!("{}:{line}", plain(&path.to_string_lossy())), message: message.to_owned() }
}

//! Free clinical text as the database keeps it: sealed under the patient's key, bound to table, column, row and patient.
//!
//! Reading: select the row's `id` and `patient_id` too, fetch the rows, then
//! `let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;` (one query for all of them, none when they are at
//! hand) and for each row `let text = keys.row("note", r.patient_id, r.id);` and `text.open("body", Some(&r.body))?`.
//! Writing: `let keys = sealed::keys_to_write(c, patient.0).await?;` (one query; makes the key when there is none), then
//! `let text = keys.row("note", patient.0, id);` and `text.seal("title", &title)?` (`None` for no text) or
//! `text.seal_required("body", &body)?`. Text about no patient belongs to [`ORGANISATION`]. A migration says
//! `select clinic.seal_columns('message');` for a new table whose `bytea` columns are all text. A sealed text is never
//! copied from row to row by SQL: it does not open there; open it and seal it again.
mod bulk;
mod crypto;
mod key_file;
mod keyring;
mod rotation;

pub use crypto::Kek;
pub use key_file::{KekSource, KeyFileError, add_key, make_key_file};
pub use keyring::{
    Keys, ORGANISATION, first_key, keys, keys_of_subject, keys_of_visit, keys_outside, keys_to_write,
};

pub use bulk::BulkKeys;
pub use rotation::KeyStatus;

pub(in crate::store) use keyring::{Keyring, with_keyring};

use super::{Error, refusal};
use crate::tr;
use crypto::{Place, SEALED, version_of};
use keyring::Held;
use std::io;
use uuid::Uuid;

/// Whether these keys are those that a database needs, whose setting is `needed`.
pub(in crate::store) fn fits(source: &KekSource, needed: &str) -> Result<(), Error> {
    let have = source.ids();
    let missing: Vec<&str> =
        needed.split(' ').filter(|id| !id.is_empty() && !have.iter().any(|h| h == id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let ids = missing.join(", ");
    Err(Error::Keys(if have.is_empty() {
        tr!(
            "the clinical text of this database is sealed and no key is configured: set sealing.key_file to the file with the key {ids}",
            ids = ids
        )
    } else {
        tr!(
            "the clinical text of this database is sealed under another key: sealing.key_file must hold the key {ids}",
            ids = ids
        )
    }))
}

/// The texts of one row.
pub struct Row<'k> {
    keys: &'k Keys,
    table: &'k str,
    owner: Uuid,
    id: Uuid,
}

impl Keys {
    /// The texts of the row `id` of `clinic.table`, which belongs to `owner`: a patient, or [`ORGANISATION`].
    #[must_use]
    pub fn row<'k>(&'k self, table: &'k str, owner: Uuid, id: impl Into<Uuid>) -> Row<'k> {
        Row { keys: self, table, owner, id: id.into() }
    }
}

impl Row<'_> {
    fn place<'a>(&'a self, column: &'a str) -> Place<'a> {
        Place { table: self.table, column, row: self.id, owner: self.owner }
    }

    /// Bytes for a column of free text. Empty text is kept as no text.
    ///
    /// # Errors
    /// [`Error::Bug`] when the key to write with was not fetched.
    pub fn seal(&self, column: &'static str, text: &str) -> Result<Option<Vec<u8>>, Error> {
        if text.is_empty() { Ok(None) } else { self.seal_required(column, text).map(Some) }
    }

    /// The same for a column that must hold something, even an empty text.
    ///
    /// # Errors
    /// [`Error::Bug`] when the key to write with was not fetched.
    pub fn seal_required(&self, column: &'static str, text: &str) -> Result<Vec<u8>, Error> {
        if text.is_empty() {
            return Ok(vec![0]);
        }
        let (version, key) = self.keys.to_write(self.owner).ok_or_else(|| {
            Error::bug(
                "a text was to be sealed without its key",
                io::Error::other(format!("{}.{column}", self.table)),
            )
        })?;
        key.seal(version, &self.place(column), text.as_bytes())
            .ok_or_else(|| Error::bug("a text could not be sealed", io::Error::other("no randomness")))
    }

    /// Bytes for a column that holds `old`: the very same when they are sealed and say the same, so that what did not change
    /// is not changed.
    ///
    /// # Errors
    /// As [`Row::seal`].
    pub fn seal_changed(
        &self,
        column: &'static str,
        text: &str,
        old: Option<&[u8]>,
    ) -> Result<Option<Vec<u8>>, Error> {
        match old {
            Some(bytes @ [SEALED, ..]) if self.read(column, old)?.is_ok_and(|t| t == text) => {
                Ok(Some(bytes.to_vec()))
            }
            _ => self.seal(column, text),
        }
    }

    /// The text of a column; no bytes, no text. A text whose key is gone or not given, and one that was altered or moved,
    /// is a sentence that says so: a wrong text is never shown instead, and one bad row hides no other.
    ///
    /// # Errors
    /// [`Error::Bug`] when the version is unknown or the bytes are not text.
    pub fn open(&self, column: &str, bytes: Option<&[u8]>) -> Result<String, Error> {
        self.read(column, bytes).map(|read| read.unwrap_or_else(|sentence| sentence))
    }

    /// The text of a column for a decision that must not be made without it.
    ///
    /// # Errors
    /// [`Error::Refused`] by `sealed_text` when it does not open; [`Error::Bug`] as above.
    pub fn open_or_refuse(&self, column: &'static str, bytes: &[u8]) -> Result<String, Error> {
        self.read(column, Some(bytes))?
            .map_err(|_| Error::Refused(refusal::why("sealed_text", &serde_json::Value::Null)))
    }

    fn read(&self, column: &str, bytes: Option<&[u8]>) -> Result<Result<String, String>, Error> {
        let utf8 = |text: Vec<u8>| {
            String::from_utf8(text).map(Ok).map_err(|e| Error::bug("a text column holds no text", e))
        };
        match bytes {
            None => Ok(Ok(String::new())),
            Some([0, text @ ..]) => utf8(text.to_vec()),
            Some(bytes @ [SEALED, ..]) => match self.opened(column, bytes) {
                Ok(text) => utf8(text),
                Err(sentence) => Ok(Err(sentence)),
            },
            Some(other) => Err(Error::bug(
                "a text column has an unknown version",
                io::Error::other(format!("{}.{column}: version {:?}", self.table, other.first())),
            )),
        }
    }

    fn opened(&self, column: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let altered = || {
            tracing::error!(table = self.table, column, row = %self.id, "a sealed text was altered or moved");
            tr!("sealed: this text was altered or moved and does not open").to_owned()
        };
        match self.keys.held(self.owner, version_of(bytes).ok_or_else(altered)?) {
            Held::Key(key) => key.open(&self.place(column), bytes).ok_or_else(altered),
            Held::Destroyed(at) => {
                Err(tr!("sealed: this record's key was destroyed on {day}", day = at.format("%Y-%m-%d")))
            }
            Held::Locked => Err(tr!("sealed: the key of this clinic does not open it").to_owned()),
            Held::NotGiven => Err(tr!("sealed: not for you to read").to_owned()),
        }
    }
}

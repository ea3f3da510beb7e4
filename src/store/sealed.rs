//! Free clinical text as the database keeps it: a version byte, then the text.
//!
//! Version 0 is plain UTF-8. A later version is sealed; because the byte is there from the first row, signed text never
//! has to be rewritten for it.
use super::Error;

/// Bytes for a column of free text. Empty text is kept as no text.
#[must_use]
pub fn seal(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.push(0);
    bytes.extend_from_slice(text.as_bytes());
    Some(bytes)
}

/// The same for a column that must hold something, even an empty text.
#[must_use]
pub fn seal_required(text: &str) -> Vec<u8> {
    seal(text).unwrap_or_else(|| vec![0])
}

/// The text of a column; no bytes, no text.
///
/// # Errors
/// [`Error::Bug`] when the version is unknown or the bytes are not text: a wrong text is never shown instead.
pub fn open(bytes: Option<&[u8]>) -> Result<String, Error> {
    match bytes {
        None => Ok(String::new()),
        Some([0, text @ ..]) => {
            String::from_utf8(text.to_vec()).map_err(|e| Error::bug("a text column holds no text", e))
        }
        Some(other) => Err(Error::bug(
            "a text column has an unknown version",
            std::io::Error::other(format!("version {:?}", other.first())),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_it_went_in() {
        for text in ["", "a", "مرحبا", "two\nlines"] {
            assert_eq!(open(seal(text).as_deref()).unwrap(), text);
        }
    }

    #[test]
    fn an_unknown_version_is_an_error_and_never_a_text() {
        assert!(open(Some(&[9, b'a'])).is_err());
        assert!(open(Some(&[])).is_err());
        assert!(open(Some(&[0, 0xff])).is_err());
    }
}

//! The cipher: XChaCha20-Poly1305 under a key that HKDF-SHA256 makes for each single text, bound to where the text stands.
//!
//! Version 1 is `01 | key version, 2 bytes | nonce, 24 bytes | ciphertext and tag`. Keys are wiped when they are dropped
//! and have no `Debug`.
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The version byte of sealed text.
pub const SEALED: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
const HEAD: usize = 3;

/// What binds a text to its place. Changing any of it makes the text unreadable.
pub(super) struct Place<'a> {
    pub table: &'a str,
    pub column: &'a str,
    pub row: Uuid,
    /// The patient, or the nil id for the organisation's own texts.
    pub owner: Uuid,
}

impl Place<'_> {
    fn aad(&self, version: u16) -> Vec<u8> {
        let mut aad = Vec::with_capacity(96);
        aad.extend_from_slice(b"praxis text 1\0");
        aad.extend_from_slice(self.table.as_bytes());
        aad.push(0);
        aad.extend_from_slice(self.column.as_bytes());
        aad.push(0);
        aad.extend_from_slice(self.row.as_bytes());
        aad.extend_from_slice(self.owner.as_bytes());
        aad.extend_from_slice(&version.to_be_bytes());
        aad
    }
}

/// A key of 32 bytes, wiped when dropped.
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A new random key; `None` when the system has no randomness.
    pub fn random() -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).ok()?;
        Some(Self(bytes))
    }

    fn derive(&self, info: &[u8]) -> Option<XChaCha20Poly1305> {
        let mut key = Zeroizing::new([0_u8; 32]);
        // The key is random and as long as the hash: it needs no extraction.
        Hkdf::<Sha256>::from_prk(&*self.0).ok()?.expand(info, &mut *key).ok()?;
        Some(XChaCha20Poly1305::new((&*key).into()))
    }

    /// A text sealed for its place; `None` when the system has no randomness.
    pub fn seal(&self, version: u16, place: &Place<'_>, text: &[u8]) -> Option<Vec<u8>> {
        let aad = place.aad(version);
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        let sealed =
            self.derive(&aad)?.encrypt(&XNonce::from(nonce), Payload { msg: text, aad: &aad }).ok()?;
        let mut bytes = Vec::with_capacity(HEAD + NONCE + sealed.len());
        bytes.push(SEALED);
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Some(bytes)
    }

    /// The text, when these bytes were sealed by this key for this very place.
    pub fn open(&self, place: &Place<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
        let version = version_of(bytes)?;
        let (nonce, sealed) = bytes.get(HEAD..)?.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let aad = place.aad(version);
        self.derive(&aad)?.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: &aad }).ok()
    }
}

/// The version of the key that sealed these bytes; `None` when they are no sealed text.
pub(super) fn version_of(bytes: &[u8]) -> Option<u16> {
    match bytes {
        [SEALED, a, b, rest @ ..] if rest.len() >= NONCE + TAG => Some(u16::from_be_bytes([*a, *b])),
        _ => None,
    }
}

/// A key-encryption key: it wraps patients' keys and nothing else. Its id may be known to everybody.
pub struct Kek {
    id: String,
    key: Key,
}

impl Kek {
    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mut hash = Sha256::new();
        hash.update(b"praxis key-encryption key");
        hash.update(bytes.as_slice());
        let id = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
        Self { id, key: Key(bytes) }
    }

    /// What the database calls it: 16 hexadecimal digits, a hash of the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A patient's key, wrapped for the row `id` of the table of keys.
    pub(super) fn wrap(&self, id: Uuid, key: &Key) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        let aad = wrap_aad(id);
        let cipher = self.key.derive(b"praxis wrap 1")?;
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: &*key.0, aad: &aad }).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// The patient's key, when this key wrapped it for that row.
    pub(super) fn unwrap(&self, id: Uuid, wrapped: &[u8]) -> Option<Key> {
        let (nonce, sealed) = wrapped.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let aad = wrap_aad(id);
        let cipher = self.key.derive(b"praxis wrap 1")?;
        let bytes =
            Zeroizing::new(cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: &aad }).ok()?);
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(&bytes);
        Some(Key(key))
    }
}

fn wrap_aad(id: Uuid) -> Vec<u8> {
    [b"praxis patient key 1\0".as_slice(), id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: Uuid) -> Place<'static> {
        Place { table: "note", column: "body", row, owner: Uuid::from_u128(7) }
    }

    #[test]
    fn a_text_opens_where_it_was_sealed_and_nowhere_else() {
        let (key, row) = (Key::random().unwrap(), Uuid::from_u128(1));
        let bytes = key.seal(1, &place(row), "two\nlines مرحبا".as_bytes()).unwrap();
        assert_eq!(key.open(&place(row), &bytes).unwrap(), "two\nlines مرحبا".as_bytes());
        assert!(key.open(&place(Uuid::from_u128(2)), &bytes).is_none());
        assert!(key.open(&Place { column: "title", ..place(row) }, &bytes).is_none());
        assert!(key.open(&Place { table: "report", ..place(row) }, &bytes).is_none());
        assert!(key.open(&Place { owner: Uuid::from_u128(8), ..place(row) }, &bytes).is_none());
        assert!(Key::random().unwrap().open(&place(row), &bytes).is_none());
    }

    #[test]
    fn no_byte_of_a_sealed_text_can_be_changed_or_left_out() {
        let (key, row) = (Key::random().unwrap(), Uuid::from_u128(1));
        let bytes = key.seal(1, &place(row), b"penicillin").unwrap();
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert!(key.open(&place(row), &altered).is_none(), "byte {at}");
            assert!(key.open(&place(row), &bytes[..at]).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_the_same_way_twice() {
        let (key, row) = (Key::random().unwrap(), Uuid::from_u128(1));
        assert_ne!(key.seal(1, &place(row), b"x"), key.seal(1, &place(row), b"x"));
    }

    #[test]
    fn a_wrapped_key_opens_with_its_own_wrapper_in_its_own_row() {
        let (a, b, key) = (Kek::from_bytes([1; 32]), Kek::from_bytes([2; 32]), Key::random().unwrap());
        let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let wrapped = a.wrap(id, &key).unwrap();
        assert!(a.unwrap(id, &wrapped).is_some_and(|k| k.0 == key.0));
        assert!(a.unwrap(other, &wrapped).is_none());
        assert!(b.unwrap(id, &wrapped).is_none());
        assert_ne!(a.id(), b.id());
    }
}

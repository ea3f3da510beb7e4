//! The key that signs roots: an Ed25519 key in a file of its own (PKCS#8, as OpenSSL reads it), and beside it the public
//! half that verifies. A signing key that others can read is refused.
use super::to_hex;
use ed25519_dalek::{Signer as _, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// What stands before the 32 bytes of a private and of a public key in DER (RFC 8410).
const PRIVATE: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("the key file {0} cannot be used: {1}")]
    File(PathBuf, std::io::Error),
    /// Somebody else can read it.
    #[error(
        "the signing key {0} can be read by others than its owner; `chmod 0600` it, and make a new one if that was so for long"
    )]
    Open(PathBuf),
    /// It is no such key.
    #[error("{0} holds no Ed25519 key of the kind that `praxis audit key` makes")]
    Content(PathBuf),
}

/// The key that signs; wiped from memory when dropped, never shown.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of a seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Reads a key file. One below `credentials` (systemd's folder) may be readable by its group, which is how systemd
    /// writes the list of those who may; any other by its owner alone.
    pub fn read(path: &Path, credentials: Option<&Path>) -> Result<Self, KeyError> {
        let failed = |e| KeyError::File(path.to_path_buf(), e);
        let file = File::open(path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        let others = if credentials.is_some_and(|c| path.starts_with(c)) { 0o007 } else { 0o077 };
        if meta.mode() & others != 0 {
            return Err(KeyError::Open(path.to_path_buf()));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(4096).read_to_string(&mut text).map_err(failed)?;
        let der = Zeroizing::new(pem(&text, "PRIVATE KEY").into_iter().next().unwrap_or_default());
        let seed = der.strip_prefix(&PRIVATE).and_then(|s| <[u8; 32]>::try_from(s).ok());
        seed.map(Self::from_seed).ok_or_else(|| KeyError::Content(path.to_path_buf()))
    }

    /// The id of its public half: the first 16 digits of that key's SHA-256.
    #[must_use]
    pub fn id(&self) -> String {
        id(&self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }
}

fn id(key: &VerifyingKey) -> String {
    to_hex(&Sha256::digest(key.as_bytes())[..8])
}

/// Public keys that may have signed a root: a clinic that made a new key keeps the old public halves.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys(Vec<VerifyingKey>);

impl PublicKeys {
    /// The public half of a key.
    #[must_use]
    pub fn of(key: &SigningKey) -> Self {
        Self(vec![key.0.verifying_key()])
    }

    /// Reads a file of one or more public keys.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path).map_err(|e| KeyError::File(path.to_path_buf(), e))?;
        let keys = pem(&text, "PUBLIC KEY").into_iter().map(|der| {
            let raw = <[u8; 32]>::try_from(der.strip_prefix(&PUBLIC)?).ok()?;
            VerifyingKey::from_bytes(&raw).ok()
        });
        match keys.collect::<Option<Vec<_>>>() {
            Some(keys) if !keys.is_empty() => Ok(Self(keys)),
            _ => Err(KeyError::Content(path.to_path_buf())),
        }
    }

    /// Whether the key with this id signed the message; `None` when it is none of these.
    #[must_use]
    pub fn verify(&self, key: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
        let public = self.0.iter().find(|k| id(k) == key)?;
        let signature = ed25519_dalek::Signature::from_slice(signature).ok();
        Some(signature.is_some_and(|s| public.verify_strict(message, &s).is_ok()))
    }

    /// The ids of the keys.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.0.iter().map(id).collect()
    }
}

/// Makes a key: `file` (mode 0600, must not exist) and `file.pub`. Returns the new key and where the public half is.
pub fn make_key(file: &Path) -> Result<(SigningKey, PathBuf), KeyError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|e| KeyError::File(file.to_path_buf(), std::io::Error::other(e.to_string())))?;
    let key = SigningKey::from_seed(*seed);
    let private = Zeroizing::new([&PRIVATE[..], &*seed].concat());
    write(file, &Zeroizing::new(to_pem("PRIVATE KEY", &private)), 0o600)?;
    let mut public = file.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    write(&public, &to_pem("PUBLIC KEY", &[&PUBLIC[..], key.0.verifying_key().as_bytes()].concat()), 0o644)?;
    Ok((key, public))
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), KeyError> {
    let failed = |e| KeyError::File(path.to_path_buf(), e);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    file.set_permissions(std::fs::Permissions::from_mode(mode)).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

fn to_pem(label: &str, der: &[u8]) -> String {
    let mut body = String::new();
    for three in der.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for i in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * i)) as usize & 63];
            body.push(if i > three.len() { '=' } else { char::from(letter) });
        }
    }
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// The contents of every block of this label; a letter that does not belong there ends its block.
fn pem(text: &str, label: &str) -> Vec<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let blocks = text.split(&begin).skip(1).filter_map(|rest| rest.split_once(&end));
    blocks
        .map(|(body, _)| {
            let (mut bytes, mut bits, mut have) = (vec![], 0u32, 0);
            for c in body.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'=') {
                let Some(value) = LETTERS.iter().position(|l| *l == c) else { break };
                bits = bits << 6 | u32::try_from(value).unwrap_or_default();
                have += 6;
                if have >= 8 {
                    have -= 8;
                    bytes.push((bits >> have & 0xff) as u8);
                }
            }
            bytes
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        let dir = std::env::temp_dir().join(format!("praxis-key-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&dir).unwrap();
        dir
    }

    #[test]
    fn a_key_is_made_once_and_read_back() {
        let dir = folder();
        let file = dir.join("audit.key");
        let (key, public) = make_key(&file).unwrap();
        let again = SigningKey::read(&file, None).unwrap();
        assert_eq!(again.id(), key.id());
        assert_eq!(PublicKeys::read(&public).unwrap().ids(), [key.id()]);
        assert!(matches!(make_key(&file), Err(KeyError::File(..))), "a key is never overwritten");
        let signature = again.sign(b"text");
        let keys = PublicKeys::read(&public).unwrap();
        assert_eq!(keys.verify(&key.id(), b"text", &signature), Some(true));
        assert_eq!(keys.verify(&key.id(), b"Text", &signature), Some(false));
        assert_eq!(keys.verify(&key.id(), b"text", &signature[1..]), Some(false));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = folder();
        let file = dir.join("audit.key");
        make_key(&file).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(SigningKey::read(&file, None), Err(KeyError::Open(_))), "{mode:o}");
        }
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o440)).unwrap();
        assert!(SigningKey::read(&file, Some(&dir)).is_ok(), "systemd's lists of readers look like a group");
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn base64_is_that_of_other_tools() {
        assert_eq!(to_pem("X", b"hello"), "-----BEGIN X-----\naGVsbG8=\n-----END X-----\n");
        for n in 0..50u8 {
            let bytes: Vec<u8> = (0..n).collect();
            assert_eq!(pem(&to_pem("X", &bytes), "X"), [bytes]);
        }
        assert!(pem("no key", "X").is_empty());
    }
}

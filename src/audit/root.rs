//! A root: what all chains of the log had come to at a moment, as a text that is hashed and signed, and as a line of JSON.
use super::{PublicKeys, SigningKey};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use uuid::Uuid;

/// A SHA-256.
pub type Hash = [u8; 32];

/// Where a chain stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Head {
    pub chain: Uuid,
    /// The number of its newest event.
    pub n: i64,
    /// That event's hash.
    pub hash: Hash,
}

/// The hash over heads: a line for each, in the order of the chains' ids.
#[must_use]
pub fn heads_hash(heads: &[Head]) -> Hash {
    let mut sha = Sha256::new();
    for head in heads {
        sha.update(format!("{} {} {}\n", head.chain, head.n, to_hex(&head.hash)));
    }
    sha.finalize().into()
}

/// One signed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its number; the first is 1.
    pub n: i64,
    pub at: DateTime<Utc>,
    /// The hash of the root before; zeros for the first.
    pub previous: Hash,
    /// How many chains went on since the root before.
    pub chains: i32,
    /// How many events that were.
    pub events: i64,
    pub heads: Hash,
    /// The id of the key that signed it.
    pub key: String,
    pub hash: Hash,
    pub signature: Vec<u8>,
}

impl Root {
    /// Makes and signs the root after `previous`; the heads must be in the order of the chains' ids.
    #[must_use]
    pub fn sign(
        key: &SigningKey,
        previous: Option<&Self>,
        at: DateTime<Utc>,
        heads: &[Head],
        events: i64,
    ) -> Self {
        let mut root = Self {
            n: previous.map_or(1, |p| p.n + 1),
            // The database keeps microseconds.
            at: DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at),
            previous: previous.map_or([0; 32], |p| p.hash),
            chains: i32::try_from(heads.len()).unwrap_or(i32::MAX),
            events,
            heads: heads_hash(heads),
            key: key.id(),
            hash: [0; 32],
            signature: vec![],
        };
        let statement = root.statement();
        root.hash = Sha256::digest(&statement).into();
        root.signature = key.sign(statement.as_bytes());
        root
    }

    /// The text that is hashed and signed.
    #[must_use]
    pub fn statement(&self) -> String {
        format!(
            "praxis audit root 1\nnumber {}\nat {}\nprevious {}\nchains {}\nevents {}\nheads {}\nkey {}\n",
            self.n,
            self.time(),
            to_hex(&self.previous),
            self.chains,
            self.events,
            to_hex(&self.heads),
            self.key
        )
    }

    /// Whether the hash is that of what the root says.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.hash == <Hash>::from(Sha256::digest(self.statement()))
    }

    /// Whether one of these keys signed it; `None` when none of them has its id.
    #[must_use]
    pub fn is_signed(&self, keys: &PublicKeys) -> Option<bool> {
        keys.verify(&self.key, self.statement().as_bytes(), &self.signature)
    }

    fn time(&self) -> String {
        self.at.to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    /// The line of the file outside, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        json!({
            "root": self.n, "at": self.time(), "previous": to_hex(&self.previous), "chains": self.chains, "events": self.events,
            "heads": to_hex(&self.heads), "key": self.key, "hash": to_hex(&self.hash), "signature": to_hex(&self.signature),
        })
        .to_string()
    }

    /// Reads such a line; `None` when it is none.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let hash = |name: &str| from_hex(value[name].as_str()?)?.try_into().ok();
        Some(Self {
            n: value["root"].as_i64()?,
            at: value["at"].as_str()?.parse().ok()?,
            previous: hash("previous")?,
            chains: value["chains"].as_i64()?.try_into().ok()?,
            events: value["events"].as_i64()?,
            heads: hash("heads")?,
            key: value["key"].as_str()?.to_owned(),
            hash: hash("hash")?,
            signature: from_hex(value["signature"].as_str()?)?,
        })
    }
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> (SigningKey, Root) {
        let key = SigningKey::from_seed([7; 32]);
        let heads = [Head { chain: Uuid::from_u128(1), n: 3, hash: [1; 32] }];
        let root =
            Root::sign(&key, None, DateTime::from_timestamp(1_773_273_600, 123_456_789).unwrap(), &heads, 3);
        (key, root)
    }

    #[test]
    fn a_line_is_read_back_as_it_was() {
        let (key, root) = root();
        assert_eq!(Root::from_line(&root.line()).as_ref(), Some(&root));
        assert!(root.is_whole());
        assert_eq!(root.is_signed(&PublicKeys::of(&key)), Some(true));
        assert!(root.statement().contains("\nat 2026-03-12T00:00:00.123456Z\n"));
        for broken in
            ["", "{}", "[1]", &root.line()[..60], &root.line().replace("\"heads\":\"", "\"heads\":\"zz")]
        {
            assert_eq!(Root::from_line(broken), None, "{broken}");
        }
    }

    #[test]
    fn whatever_is_changed_in_a_root_shows() {
        let (key, root) = root();
        let keys = PublicKeys::of(&key);
        for change in [
            |r: &mut Root| r.n += 1,
            |r: &mut Root| r.at += chrono::Duration::microseconds(1),
            |r: &mut Root| r.previous[0] ^= 1,
            |r: &mut Root| r.chains += 1,
            |r: &mut Root| r.events -= 1,
            |r: &mut Root| r.heads[31] ^= 1,
        ] {
            let mut changed = root.clone();
            change(&mut changed);
            assert!(!changed.is_whole());
            changed.hash = Sha256::digest(changed.statement()).into();
            assert_eq!(changed.is_signed(&keys), Some(false), "a hash made again does not help");
        }
        let other = SigningKey::from_seed([8; 32]);
        assert_eq!(root.is_signed(&PublicKeys::of(&other)), None);
        assert_eq!(from_hex("0g"), None);
        assert_eq!(from_hex("abc"), None);
    }
}

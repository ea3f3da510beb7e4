//! Deterministic choices: the same seed and the same place in the clinic always give the same answer.
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A generator that depends on nothing but its key (SplitMix64, Steele, Lea and Flood 2014).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn of(seed: u64, kind: &str, key: &[i64]) -> Self {
        let digest = digest(seed, kind, key);
        Self(u64::from_le_bytes(digest[..8].try_into().unwrap_or_default()))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number from 0 up to, not including, `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % (n.max(1) as u64)).unwrap_or(0)
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below(usize::try_from(high - low + 1).unwrap_or(1))).unwrap_or(0)
    }

    /// True in `percent` of 100 cases.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

fn digest(seed: u64, kind: &str, key: &[i64]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(kind.as_bytes());
    for k in key {
        hash.update(k.to_le_bytes());
    }
    hash.finalize().to_vec()
}

/// The id of a made-up thing, the same in every run.
pub(super) fn id(seed: u64, kind: &str, key: &[i64]) -> Uuid {
    let bytes: [u8; 16] = digest(seed, kind, key)[..16].try_into().unwrap_or_default();
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

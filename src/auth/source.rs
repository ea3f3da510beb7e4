//! Where a sign-in comes from, as far as the program can tell: what SSH says in its environment.
//!
//! The server knows the address of a connection itself; this is a claim beside it, kept as one. It tells
//! places that were here before from strange ones and stands in the log; nothing is permitted because of it.
use sha2::{Digest as _, Sha256};
use std::{net::IpAddr, os::unix::fs::MetadataExt as _, path::Path};

/// What SSH said of the person at the other end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The address they came from.
    pub address: Option<IpAddr>,
    /// The fingerprint of the key they were let in with, as `ssh-keygen -l` writes it: `SHA256:…`.
    pub key: Option<String>,
}

impl Source {
    /// Of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Of an environment. Whatever is not exactly what sshd writes counts as nothing.
    #[must_use]
    pub fn read(env: impl Fn(&str) -> Option<String>) -> Self {
        let address = env("SSH_CONNECTION").and_then(|c| {
            let first = c.split(' ').next().unwrap_or_default();
            first.split('%').next().unwrap_or_default().parse().ok()
        });
        let key = env("SSH_USER_AUTH").and_then(|path| fingerprint_of(Path::new(&path)));
        Self { address, key }
    }

    /// The claim in words for the server: `ssh 203.0.113.5`, or empty at the machine itself.
    #[must_use]
    pub fn claim(&self) -> String {
        self.address.map(|a| format!("ssh {a}")).unwrap_or_default()
    }
}

/// The key of sshd's file (ExposeAuthInfo): a line `publickey ssh-ed25519 AAAA…`. Only a file of one's own or of root.
fn fingerprint_of(path: &Path) -> Option<String> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    let owner = meta.uid();
    if !path.is_absolute()
        || !meta.is_file()
        || meta.len() > 64 * 1024
        || ![0, rustix::process::getuid().as_raw()].contains(&owner)
    {
        return None;
    }
    fingerprint(&std::fs::read_to_string(path).ok()?)
}

/// The fingerprint of the last public key of the file's text.
fn fingerprint(text: &str) -> Option<String> {
    text.lines().rev().find_map(|line| {
        let mut words = line.split(' ');
        let blob = (words.next()? == "publickey").then(|| words.nth(1)).flatten()?;
        let key = decoded(blob)?;
        Some(format!("SHA256:{}", encoded(&Sha256::digest(key))))
    })
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 read strictly but for its padding.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = vec![];
    let (mut bits, mut n) = (0u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|l| *l == c)?;
        bits = (bits << 6 | value as u32) & 0xff_ffff;
        n += 6;
        if n >= 8 {
            n -= 8;
            out.push((bits >> n) as u8);
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Base64 without padding.
fn encoded(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let b = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = b(0) << 16 | b(1) << 8 | b(2);
        for i in 0..=group.len() {
            out.push(char::from(LETTERS[(bits >> (18 - 6 * i) & 63) as usize]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ssh_is_read_and_anything_else_is_nothing() {
        let of =
            |value: &str| Source::read(|name| (name == "SSH_CONNECTION").then(|| value.to_owned())).claim();
        assert_eq!(of("203.0.113.5 50022 10.0.0.2 22"), "ssh 203.0.113.5");
        assert_eq!(of("fe80::1%eth0 1 fe80::2 22"), "ssh fe80::1");
        for odd in ["", "203.0.113.5\u{1b}[2J 1 2 3", "elsewhere 1 2 3", "1.2.3", &"9".repeat(1 << 20)] {
            assert_eq!(of(odd), "");
        }
        assert_eq!(Source::read(|_| None), Source::default());
    }

    #[test]
    fn the_fingerprint_is_the_one_that_ssh_keygen_writes() {
        // A key made for this test; its fingerprint as `ssh-keygen -lf` printed it.
        let line =
            "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB4CuS4f9I4rRIiKX2PTKIblwPYNsTK70v761wMiqo01";
        assert_eq!(fingerprint(line).as_deref(), Some("SHA256:RAIJ/VvghDedWIxSkS2j++/CzmanQrypM6MM9chmdu8"));
        assert_eq!(fingerprint(&format!("{line}\npassword\n")), fingerprint(line));
        for odd in ["", "password", "publickey ssh-ed25519", "publickey ssh-ed25519 ****", "\u{0}"] {
            assert_eq!(fingerprint(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_file_that_is_not_ones_own_or_no_file_gives_no_key() {
        for path in ["/", "/etc/shadow-not-there", "relative", "/dev/zero", "/proc/self/mem"] {
            assert_eq!(fingerprint_of(Path::new(path)), None, "{path}");
        }
    }
}

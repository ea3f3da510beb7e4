//! argon2id: a password becomes a proof; what the database keeps is the SHA-256 of the proof.
//!
//! Parameters follow OWASP's password storage cheat sheet (m = 64 MiB, t = 3, p = 1 exceeds its minimum).
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What new passwords are hashed with.
pub const PARAMS: &str = "m=65536,t=3,p=1";

/// From this many KiB on a hash waits for its turn on the host.
const HEAVY: u32 = 8 * 1024;

/// What is stored of a new password.
#[derive(Clone)]
pub struct NewCredential {
    pub salt: Vec<u8>,
    pub params: String,
    pub verifier: Vec<u8>,
}

impl From<NewCredential> for crate::store::Verifier {
    fn from(c: NewCredential) -> Self {
        Self { salt: c.salt, params: c.params, verifier: c.verifier }
    }
}

/// Proof of a password: 32 bytes of argon2id. Takes about 0.3 s with [`PARAMS`]; not for an async thread.
///
/// # Errors
/// A sentence when the parameters are not ones argon2id can work with.
pub fn prove(password: &str, salt: &[u8], params: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let (mut m, mut t, mut p) = (0, 0, 0);
    for part in params.split(',') {
        match part.split_once('=').map(|(k, v)| (k, v.parse::<u32>())) {
            Some(("m", Ok(n))) => m = n,
            Some(("t", Ok(n))) => t = n,
            Some(("p", Ok(n))) => p = n,
            _ => return Err(format!("unknown password parameters `{params}`")),
        }
    }
    let params = Params::new(m, t, p, Some(32)).map_err(|e| e.to_string())?;
    let _turn = (m >= HEAVY).then(super::turn::take).flatten();
    let mut out = Zeroizing::new(vec![0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .map_err(|e| e.to_string())?;
    Ok(out)
}

/// The credential of a new password with a fresh salt.
///
/// # Errors
/// A sentence when the machine gives no random bytes or the parameters are wrong.
pub fn new_credential(password: &str, params: &str) -> Result<NewCredential, String> {
    let mut salt = vec![0; 16];
    getrandom::fill(&mut salt).map_err(|e| e.to_string())?;
    credential_with_salt(password, params, salt)
}

/// The same with a given salt: the demo clinic hashes its one password once.
///
/// # Errors
/// A sentence when the parameters are wrong.
pub fn credential_with_salt(password: &str, params: &str, salt: Vec<u8>) -> Result<NewCredential, String> {
    let proof = prove(password, &salt, params)?;
    Ok(NewCredential { verifier: Sha256::digest(&*proof).to_vec(), salt, params: params.to_owned() })
}

/// A one-time code: 4 groups of 5 letters and digits without look-alikes, about 99 bits.
///
/// # Errors
/// A sentence when the machine gives no random bytes.
pub fn one_time_code() -> Result<String, String> {
    const LETTERS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
    let mut code = String::new();
    let mut n = 0;
    while n < 20 {
        let mut byte = [0];
        getrandom::fill(&mut byte).map_err(|e| e.to_string())?;
        // 248 is the largest multiple of 31 in a byte: no letter is likelier than another.
        if byte[0] < 248 {
            if n > 0 && n % 5 == 0 {
                code.push('-');
            }
            code.push(char::from(LETTERS[usize::from(byte[0]) % 31]));
            n += 1;
        }
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_password_and_salt_give_the_same_proof_and_another_password_another() {
        let p = |w| prove(w, b"0123456789abcdef", "m=8,t=1,p=1").unwrap();
        assert_eq!(p("correct horse"), p("correct horse"));
        assert_ne!(p("correct horse"), p("correct horsf"));
    }

    #[test]
    fn parameters_nobody_knows_are_refused() {
        assert!(prove("x", b"0123456789abcdef", "m=8,t=1,q=1").is_err());
        assert!(prove("x", b"0123456789abcdef", "m=0,t=0,p=0").is_err());
    }

    #[test]
    fn one_time_codes_differ_and_read_well() {
        let (a, b) = (one_time_code().unwrap(), one_time_code().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 23);
    }
}

//! The steps of signing in and of choosing a password, for the screens and the commands.
use super::{
    password::{self, NewCredential, PARAMS},
    source::Source,
};
use crate::store::{Error, Opened, SignIn, Store, Verifier, refusal};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

async fn prove(
    password: Zeroizing<String>,
    salt: Vec<u8>,
    params: String,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    tokio::task::spawn_blocking(move || password::prove(&password, &salt, &params))
        .await
        .map_err(|e| Error::bug("hashing broke off", e))?
        .map_err(|e| Error::bug("hashing", std::io::Error::other(e)))
}

/// Hashes a new password off the async threads.
///
/// # Errors
/// [`Error::Bug`] when the machine cannot hash.
pub async fn credential(password: Zeroizing<String>, params: String) -> Result<NewCredential, Error> {
    tokio::task::spawn_blocking(move || password::new_credential(&password, &params))
        .await
        .map_err(|e| Error::bug("hashing broke off", e))?
        .map_err(|e| Error::bug("hashing", std::io::Error::other(e)))
}

/// A fresh one-time code, and what the database keeps of it.
///
/// # Errors
/// [`Error::Bug`] when the machine gives no random bytes or cannot hash.
pub async fn fresh_code() -> Result<(Zeroizing<String>, Verifier), Error> {
    let code = password::one_time_code().map_err(|e| Error::bug("a code", std::io::Error::other(e)))?;
    let code = Zeroizing::new(code);
    let credential = credential(code.clone(), PARAMS.to_owned()).await?;
    Ok((code, credential.into()))
}

/// What a right password opened.
pub enum Step {
    /// A session.
    Open(SignIn),
    /// A code is asked for now.
    Second(Second),
}

/// A sign-in that waits for its second factor.
#[derive(Clone)]
pub struct Second {
    store: Store,
    /// The proof and the same password under stronger parameters, stored once the code was right.
    stronger: Option<(Zeroizing<Vec<u8>>, NewCredential)>,
}

impl Second {
    /// Takes a code of the app or a recovery code; with the sign-in comes how many recovery codes are left.
    ///
    /// # Errors
    /// As [`Store::second`].
    pub async fn take(&self, code: &str) -> Result<(SignIn, i32), Error> {
        let done = self.store.second(code).await?;
        if let Some((proof, new)) = &self.stronger {
            self.store.rehash(proof, &new.salt, &new.params, &new.verifier).await?;
        }
        Ok(done)
    }
}

/// Login name or e-mail address and password. Raises the hash's parameters when they have risen since.
///
/// # Errors
/// As [`Store::sign_in`].
pub async fn begin(
    store: &Store,
    login: &str,
    password: Zeroizing<String>,
    source: &Source,
) -> Result<Step, Error> {
    // Tests keep their cheap parameters; everybody else gets today's.
    let wanted = if cfg!(debug_assertions) { "" } else { PARAMS };
    begin_with(store, login, password, source, wanted).await
}

/// The same with the parameters that hashes are raised to; those weaker than no parameters are none.
///
/// # Errors
/// As [`Store::sign_in`].
pub async fn begin_with(
    store: &Store,
    login: &str,
    password: Zeroizing<String>,
    source: &Source,
    wanted: &str,
) -> Result<Step, Error> {
    let challenge = store.challenge(login.trim()).await?;
    let raise = weaker(&challenge.params, wanted);
    let proof = prove(password.clone(), challenge.salt, challenge.params).await?;
    let opened = store.sign_in(login.trim(), &proof, &source.claim(), source.key.as_deref()).await?;
    match opened {
        Opened::Open(signed_in) => {
            if raise && !signed_in.actor.must_change_password {
                let new = credential(password, wanted.to_owned()).await?;
                signed_in.store.rehash(&proof, &new.salt, &new.params, &new.verifier).await?;
            }
            Ok(Step::Open(signed_in))
        }
        Opened::Second(store) => {
            let stronger =
                if raise { Some((proof, credential(password, wanted.to_owned()).await?)) } else { None };
            Ok(Step::Second(Second { store, stronger }))
        }
    }
}

/// Signs in where nobody can be asked for a code: an account with a second factor is refused.
///
/// # Errors
/// As [`Store::sign_in`], and `second_factor_needed`.
pub async fn sign_in(
    store: &Store,
    login: &str,
    password: Zeroizing<String>,
    _source: &str,
) -> Result<SignIn, Error> {
    match begin(store, login, password, &Source::default()).await? {
        Step::Open(signed_in) => Ok(signed_in),
        Step::Second(_) => Err(Error::Refused(refusal("second_factor_needed", &serde_json::Value::Null))),
    }
}

/// The proof of the signed-in person's password, for acts that ask for it again.
///
/// # Errors
/// Those of the line to the server.
pub async fn proof_of(
    store: &Store,
    login: &str,
    password: Zeroizing<String>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let challenge = store.challenge(login).await?;
    prove(password, challenge.salt, challenge.params).await
}

/// What the server keeps of an applicant's password: proven under the salt of that address, as at the sign-in.
///
/// # Errors
/// Those of the line to the server.
pub async fn applicant_verifier(
    store: &Store,
    email: &str,
    password: Zeroizing<String>,
) -> Result<Vec<u8>, Error> {
    let proof = proof_of(store, email, password).await?;
    Ok(Sha256::digest(&*proof).to_vec())
}

/// Chooses a new password; `Ok(false)` when the old one is wrong.
///
/// # Errors
/// Those of the line to the server.
pub async fn change_password(
    store: &Store,
    login: &str,
    old: Zeroizing<String>,
    new: Zeroizing<String>,
) -> Result<bool, Error> {
    let challenge = store.challenge(login).await?;
    let params = challenge.params.clone();
    let proof = prove(old, challenge.salt, challenge.params).await?;
    // Tests keep their cheap parameters; everybody else gets today's.
    let params = if cfg!(debug_assertions) { params } else { PARAMS.to_owned() };
    let new = credential(new, params).await?;
    store.change_password(&proof, &new.salt, &new.params, &new.verifier).await
}

/// What the password of this login gives under its challenge: the proof that something asks for once more.
///
/// # Errors
/// Those of the line to the server.
pub async fn proof(
    store: &Store,
    login: &str,
    password: Zeroizing<String>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let challenge = store.challenge(login).await?;
    prove(password, challenge.salt, challenge.params).await
}

/// Unlocks a locked session with the password of its person; `Ok(false)` when it is wrong.
///
/// # Errors
/// Those of the line to the server.
pub async fn unlock(store: &Store, login: &str, password: Zeroizing<String>) -> Result<bool, Error> {
    let proof = proof_of(store, login, password).await?;
    store.unlock(&proof).await
}

/// Whether memory or time of the first parameters is less than those of the second.
fn weaker(have: &str, want: &str) -> bool {
    let part = |p: &str, name: &str| {
        p.split(',').find_map(|x| x.strip_prefix(name)).and_then(|n| n.parse::<u32>().ok()).unwrap_or(0)
    };
    ["m=", "t="].iter().any(|name| part(have, name) < part(want, name))
}

#[cfg(test)]
mod tests {
    use super::weaker;

    #[test]
    fn less_memory_or_less_time_is_weaker() {
        assert!(weaker("m=8,t=1,p=1", "m=16,t=1,p=1") && weaker("m=16,t=1,p=1", "m=16,t=2,p=1"));
        assert!(!weaker("m=16,t=2,p=1", "m=16,t=2,p=1") && !weaker("m=16,t=2,p=1", "m=8,t=1,p=1"));
        assert!(!weaker("m=8,t=1,p=1", ""));
    }
}

//! The steps of signing in and of choosing a password, for the screens and the commands.
use super::password::{self, NewCredential, PARAMS};
use crate::store::{Error, SignIn, Store, Verifier};
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

/// Signs in with a login name or e-mail address. Raises the hash's parameters when they have risen since.
///
/// # Errors
/// As [`Store::sign_in`].
pub async fn sign_in(
    store: &Store,
    login: &str,
    password: Zeroizing<String>,
    source: &str,
) -> Result<SignIn, Error> {
    let challenge = store.challenge(login.trim()).await?;
    let proof = prove(password.clone(), challenge.salt, challenge.params.clone()).await?;
    let signed_in = store.sign_in(login.trim(), &proof, source).await?;
    if weaker(&challenge.params, PARAMS) && !signed_in.actor.must_change_password && !cfg!(debug_assertions) {
        let new = credential(password, PARAMS.to_owned()).await?;
        signed_in.store.rehash(&proof, &new.salt, &new.params, &new.verifier).await?;
    }
    Ok(signed_in)
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
    let challenge = store.challenge(login).await?;
    let proof = prove(password, challenge.salt, challenge.params).await?;
    store.unlock(&proof).await
}

fn weaker(have: &str, want: &str) -> bool {
    let memory = |p: &str| {
        p.split(',').find_map(|x| x.strip_prefix("m=")).and_then(|m| m.parse::<u32>().ok()).unwrap_or(0)
    };
    memory(have) < memory(want)
}

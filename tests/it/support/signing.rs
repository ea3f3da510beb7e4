//! Signing in, for tests that want somebody who is signed in.
use super::{cluster::Db, people::PASSWORD};
use praxis::{
    auth::login,
    clock::Clock,
    store::{Connector, SignIn, Store},
};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};
use tokio::runtime::Id;
use zeroize::Zeroizing;

/// A store on this database that is nobody yet; a test does one thing after another.
pub async fn nobody(db: &Db) -> Store {
    db.make();
    let connector =
        Connector::from_socket(&db.socket, &db.name, "praxis_app").with_keys(crate::support::keys());
    Store::open(connector.one_by_one(), Clock::system()).await.expect("the program's role gets in")
}

/// The lines on which people sign in: one for a database and a runtime, which learns the way once.
static SIGN_INS: LazyLock<Mutex<HashMap<(String, Id), Store>>> = LazyLock::new(Mutex::default);

/// Lets go of the lines on which people signed in.
pub fn no_more_sign_ins(of: impl Fn(&(String, Id)) -> bool) {
    SIGN_INS.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| !of(key));
}

/// Signs somebody of the clinic in.
pub async fn signed_in(db: &Db, login: &str) -> SignIn {
    let key = (db.name.clone(), tokio::runtime::Handle::current().id());
    let known = SIGN_INS.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    let store = match known {
        Some(store) => store,
        None => {
            let store = nobody(db).await;
            SIGN_INS.lock().unwrap_or_else(PoisonError::into_inner).insert(key, store.clone());
            store
        }
    };
    login::sign_in(&store, login, Zeroizing::new(PASSWORD.to_owned()), "test").await.expect("the sign-in")
}

//! Signing in, for tests that want somebody who is signed in.
use super::{cluster::Db, people::PASSWORD};
use praxis::{
    auth::login,
    clock::Clock,
    store::{Connector, SignIn, Store},
};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
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

/// The line on which people sign in, one after another.
type Line = Arc<tokio::sync::Mutex<Option<Store>>>;

/// One for a database and a runtime: it learns the way once.
static LINES: LazyLock<Mutex<HashMap<(String, Id), Line>>> = LazyLock::new(Mutex::default);

/// Lets go of lines on which people signed in.
pub fn no_more_sign_ins(of: impl Fn(&(String, Id)) -> bool) {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| !of(key));
}

/// Signs somebody of the clinic in.
pub async fn signed_in(db: &Db, login: &str) -> SignIn {
    let key = (db.name.clone(), tokio::runtime::Handle::current().id());
    let line = LINES.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
    let mut line = line.lock().await;
    if line.is_none() {
        *line = Some(nobody(db).await);
    }
    let store = line.as_ref().expect("a line");
    login::sign_in(store, login, Zeroizing::new(PASSWORD.to_owned()), "test").await.expect("the sign-in")
}

//! Somebody who speaks to the server past the program: a sign-in by hand and a plain connection with its token.
use super::{cluster::Db, people::PASSWORD};
use praxis::auth::password;
use sqlx::{Connection as _, PgConnection, Row as _};

/// A plain connection as the program's role; nobody until a token is set.
pub async fn nobody(db: &Db) -> PgConnection {
    PgConnection::connect_with(&db.options("praxis_app")).await.expect("a connection")
}

/// Signs in by hand and gives the session's token.
pub async fn token(db: &Db, login: &str) -> String {
    let mut c = nobody(db).await;
    let salt = sqlx::query("select salt, params from auth.challenge($1)")
        .bind(login)
        .fetch_one(&mut c)
        .await
        .expect("a challenge");
    let proof = password::prove(PASSWORD, salt.get::<&[u8], _>(0), salt.get(1)).expect("a proof");
    let opened = sqlx::query("select outcome, token from auth.open($1, $2, 'test')")
        .bind(login)
        .bind(proof.as_slice())
        .fetch_one(&mut c)
        .await
        .expect("an answer");
    assert_eq!(opened.get::<&str, _>(0), "open", "{login}");
    opened.get(1)
}

/// A plain connection that carries a token from its start, as the program's do.
pub async fn speaking(db: &Db, token: &str) -> PgConnection {
    let options = db.options("praxis_app").options([("praxis.token", token)]);
    PgConnection::connect_with(&options).await.expect("a connection")
}

/// A plain connection of somebody of the clinic.
pub async fn speaker(db: &Db, login: &str) -> PgConnection {
    let token = token(db, login).await;
    speaking(db, &token).await
}

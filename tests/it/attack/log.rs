//! What the server writes down of a sign-in and a day's work when it is told to log every statement: no secret.
use super::block_on;
use crate::support::{
    cluster::fresh_database,
    people::{self, PASSWORD},
    speaker,
};
use praxis::auth::password;
use sqlx::Row as _;

#[test]
fn with_every_statement_logged_no_token_and_no_proof_is_in_the_servers_log() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut su = db.superuser().await;
        for setting in [
            "log_statement = 'all'",
            "log_min_duration_statement = 0",
            "log_duration = on",
            "log_error_verbosity = verbose",
            "log_connections = on",
        ] {
            let sql = format!("alter database {} set {setting}", db.name);
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut su).await.ok();
        }
        let token = speaker::token(&db, "anna").await;
        let mut c = speaker::speaking(&db, &token).await;
        let salt =
            sqlx::query("select salt, params from auth.challenge('anna')").fetch_one(&mut c).await.unwrap();
        let proof = password::prove(PASSWORD, salt.get::<&[u8], _>(0), salt.get(1)).unwrap();
        let s = people::signed_in(&db, "anna").await;
        s.store.board(&s.actor, clinic.randwick, clinic.today, true).await.unwrap();
        s.store.lock().await.unwrap();
        assert!(s.store.unlock(&proof).await.unwrap());
        // Wrong ones are logged with their failure, and still not in full.
        let _ = sqlx::query("select auth.open('anna', $1, null)").bind(&proof[..31]).fetch_all(&mut c).await;
        let _ = sqlx::query("select auth.unlock($1), 1/0").bind(proof.as_slice()).fetch_all(&mut c).await;
        s.store.sign_out().await;
        let path = db.socket.join("log");
        let log: String = sqlx::query_scalar("select pg_read_file($1)")
            .bind(path.to_str())
            .fetch_one(&mut su)
            .await
            .unwrap();
        assert!(log.contains("auth.open($1, $2"), "the sign-in's statement is in the log");
        let proof = hex(&proof);
        for (what, secret) in [
            ("the token", token.as_str()),
            ("the proof", &proof),
            ("the beginning of the proof", &proof[..32]),
            ("the password", PASSWORD),
        ] {
            assert!(!log.to_lowercase().contains(secret), "{what} is in the server's log");
        }
    });
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

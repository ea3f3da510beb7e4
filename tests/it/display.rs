//! The waiting room's screen: a service that may look at initials and do nothing else, and a program that outlives its server.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, Clinic},
    proxy::{Fault, Proxy},
    pty::Tui,
};
use praxis::{
    clock::Clock,
    domain::{ids::RequestId, queue::QueueFilter},
    store::{Connector, Error, Store, System},
};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, PgConnection};
use std::{os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

const SECRET: &str = "6d65697365636f6e64736563726574";

async fn system(db: &Db) -> System {
    let c = PgConnection::connect_with(&db.options("postgres")).await.expect("a connection");
    System::new(c, "tester").await.expect("the owner")
}

async fn lobby(db: &Db) -> System {
    let mut system = system(db).await;
    let verifier = Sha256::digest(SECRET.as_bytes()).to_vec();
    let actions = ["display.open".to_owned()];
    system.add_service("lobby", "Randwick Medical Centre", &actions, &verifier).await.expect("a service");
    system
}

async fn sign_in(db: &Db, secret: &str) -> Result<Store, Error> {
    let connector = Connector::from_socket(&db.socket, &db.name, "praxis_app");
    Store::open_service(connector, Clock::system(), "lobby", secret.as_bytes()).await
}

async fn waiting(db: &Db) -> Clinic {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (9, 0), "arrived").await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 30), "arrived").await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.hao, (10, 0), "booked").await;
    people::appointment(&mut c, &clinic, &clinic.gp2, clinic.omar, (9, 0), "arrived").await;
    clinic
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut db.superuser().await).await.expect("a count")
}

#[tokio::test]
async fn a_display_sees_initials_of_those_who_wait_at_its_centre_and_no_name_of_the_others() {
    let db = fresh_database();
    waiting(&db).await;
    lobby(&db).await;
    let store = sign_in(&db, SECRET).await.unwrap();
    let day = store.display_day(None).await.unwrap();
    let names: Vec<_> = day.places.iter().map(|p| p.name.as_deref()).collect();
    assert_eq!(names, [Some("N… Li…"), Some("B… Ja…"), None]);
    assert_eq!((day.centre_name.as_str(), day.by_ticket), ("Randwick Medical Centre", false));
    sqlx::query("update clinic.setting set value = 'ticket' where key = 'display_names'")
        .execute(&mut people::writer(&db).await)
        .await
        .unwrap();
    let day = store.display_day(None).await.unwrap();
    assert!(day.places.iter().all(|p| p.name.is_none()));
    assert_eq!(day.places[1].slot.place.ticket, Some(2));
}

#[tokio::test]
async fn a_service_is_nobody_wherever_it_is_not_asked_for_and_ends_at_once() {
    let db = fresh_database();
    waiting(&db).await;
    let mut system = lobby(&db).await;
    let store = sign_in(&db, SECRET).await.unwrap();
    let mut c = PgConnection::connect_with(&db.options("praxis_app")).await.unwrap();
    let opened: (Option<String>, String) =
        sqlx::query_as("select token, outcome from auth.open_service('lobby', $1)")
            .bind(SECRET.as_bytes())
            .fetch_one(&mut c)
            .await
            .unwrap();
    assert_eq!(opened.1, "open");
    sqlx::query("select set_config('praxis.token', $1, false)").bind(opened.0).execute(&mut c).await.unwrap();
    let actor: Option<uuid::Uuid> =
        sqlx::query_scalar("select auth.actor()").fetch_one(&mut c).await.unwrap();
    assert_eq!(actor, None);
    for table in [
        "patient",
        "appointment",
        "account",
        "provider",
        "centre",
        "queue_entry",
        "clinic_session",
        "message",
    ] {
        let sql = format!("select count(*) from clinic.{table}");
        let seen: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut c).await.unwrap();
        assert_eq!(seen, 0, "{table}");
    }
    let rows: i64 =
        sqlx::query_scalar("select count(*) from clinic.display_day(null)").fetch_one(&mut c).await.unwrap();
    assert_eq!(rows, 3);
    for call in [
        "clinic.queue_call(gen_random_uuid(), '')",
        "clinic.queue_call_next(gen_random_uuid(), null, null, null, null, '')",
    ] {
        let refused = sqlx::query(sqlx::AssertSqlSafe(format!("select {call}"))).execute(&mut c).await;
        assert!(refused.is_err(), "{call}");
    }
    system.end_service("lobby", "the screen is broken").await.unwrap();
    assert!(matches!(store.display_day(None).await, Err(Error::NoSession)));
    assert!(matches!(sign_in(&db, SECRET).await, Err(Error::Refused(why)) if why.rule == "service_wrong"));
}

#[tokio::test]
async fn a_wrong_secret_is_refused_told_to_the_log_and_slowed_down() {
    let db = fresh_database();
    people::clinic(&db).await;
    lobby(&db).await;
    let mut rules = vec![];
    for _ in 0..6 {
        match sign_in(&db, "guess").await {
            Err(Error::Refused(why)) => rules.push(why.rule),
            _ => panic!("not refused"),
        }
    }
    assert_eq!(rules.first().map(String::as_str), Some("service_wrong"));
    assert_eq!(rules.last().map(String::as_str), Some("sign_in_wait"));
    let refused = count(
        &db,
        "select count(*) from audit.event where action = 'sign-in.refused' and entity = 'service'",
    )
    .await;
    assert_eq!(refused, 5);
    assert_eq!(
        count(&db, "select count(*) from audit.event where action = 'account.add' and entity = 'service'")
            .await,
        1
    );
}

fn secret_file(db: &Db) -> PathBuf {
    let file = db.socket.join(format!("lobby-{}.toml", db.name));
    std::fs::write(&file, format!("service = \"lobby\"\nsecret = \"{SECRET}\"\n")).expect("a file");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    file
}

#[test]
fn a_call_at_the_desk_appears_in_the_waiting_room_also_after_the_server_was_lost() {
    let db = fresh_database();
    let clinic = block_on(async {
        let clinic = waiting(&db).await;
        lobby(&db).await;
        clinic
    });
    let proxy = Proxy::to(&db.socket);
    let file = secret_file(&db);
    let url = db.url_through(proxy.socket_dir());
    let log = file.with_extension("log");
    let log = log.to_string_lossy();
    let env = [("PRAXIS_DATABASE_URL", url.as_str()), ("PRAXIS_LOG_FILE", &*log)];
    let mut screen = Tui::start(&["display", "--secret-file", &file.to_string_lossy()], &env, 24, 80);
    screen.wait_for("nobody is called");
    let shown = screen.wait_for("N… Li…");
    assert!(!shown.contains("NGUYEN") && !shown.contains("Nguyen"), "{shown}");
    assert!(!shown.contains("Z…"), "who is booked and not here has no name: {shown}");
    let call = || {
        block_on(async {
            let mei = people::signed_in(&db, "mei").await;
            let all = QueueFilter::default();
            mei.store.call_next(&mei.actor, RequestId::new(), clinic.randwick, all, "2").await.unwrap();
        });
    };
    call();
    screen.wait_screen("the call", |s| s.lines().any(|l| l.contains("N… Li…") && l.contains("room 2")));
    // No key does anything.
    let quiet = screen.settle(Duration::from_millis(200));
    screen.keys("x\r1?");
    assert_eq!(screen.settle(Duration::from_millis(200)), quiet);
    proxy.fault(Fault::Reset);
    screen.wait_for("Not up to date");
    call();
    proxy.heal();
    screen
        .wait_screen("the second call", |s| s.lines().any(|l| l.contains("B… Ja…") && l.contains("room 2")));
    screen.keys("q");
    assert!(screen.wait_exit().success());
}

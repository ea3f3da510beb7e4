//! The tests' own ground: a server per run, a database per test, a line that fails as asked.
use crate::support::{
    cluster::{block_on, fresh_database},
    proxy::{Fault, Proxy, Way},
    pty::Tui,
    wait_until,
};
use praxis::server::Endpoint;
use sqlx::Connection as _;
use std::time::Duration;

#[test]
fn each_test_has_a_database_of_its_own() {
    let (a, b) = (fresh_database(), fresh_database());
    assert_ne!(a.name, b.name);
    block_on(async {
        let mut db = a.superuser().await;
        sqlx::raw_sql("create table only_here ()").execute(&mut db).await.unwrap();
        let mut other = b.superuser().await;
        assert!(sqlx::raw_sql("select from only_here").execute(&mut other).await.is_err());
    });
}

#[test]
fn a_dropped_database_is_gone() {
    let db = fresh_database();
    db.make();
    let (name, endpoint) = (db.name.clone(), db.endpoint.clone());
    assert!(block_on(endpoint.exists(&name)).unwrap());
    drop(db);
    wait_until("its end", || (!block_on(endpoint.exists(&name)).unwrap()).then_some(()));
}

#[test]
fn the_programs_role_gets_in_and_strangers_do_not() {
    let db = fresh_database();
    block_on(async {
        use sqlx::ConnectOptions as _;
        db.options("praxis_app").connect().await.unwrap();
        let mut admin = db.superuser().await;
        sqlx::raw_sql("create role stranger login").execute(&mut admin).await.unwrap();
        assert!(db.options("stranger").connect().await.is_err());
    });
}

#[tokio::test]
async fn a_database_can_be_made_inside_a_runtime() {
    let db = fresh_database();
    assert!(db.superuser().await.ping().await.is_ok());
}

#[test]
fn a_stalled_line_answers_once_it_is_healed() {
    let db = fresh_database();
    db.make();
    let proxy = Proxy::to(&db.socket);
    block_on(async {
        let mut line = Endpoint::new(proxy.socket_dir()).connect(&db.name).await.unwrap();
        proxy.fault(Fault::Stall);
        let ask = line.ping();
        let mut ask = std::pin::pin!(ask);
        assert!(tokio::time::timeout(Duration::from_millis(100), &mut ask).await.is_err());
        proxy.heal();
        ask.await.unwrap();
    });
    assert_eq!(proxy.accepted(), 1);
}

#[test]
fn a_reset_line_is_lost_and_a_new_one_works() {
    let db = fresh_database();
    db.make();
    let proxy = Proxy::to(&db.socket);
    let through = Endpoint::new(proxy.socket_dir());
    block_on(async {
        let mut line = through.connect(&db.name).await.unwrap();
        proxy.fault(Fault::Reset);
        assert!(line.ping().await.is_err());
        assert!(through.connect(&db.name).await.is_err());
        proxy.heal();
        through.connect(&db.name).await.unwrap();
    });
}

#[test]
fn a_commit_whose_acknowledgement_is_lost_has_happened() {
    let db = fresh_database();
    db.make();
    let proxy = Proxy::to(&db.socket);
    block_on(async {
        let mut look = db.superuser().await;
        sqlx::raw_sql("create table kept (n int)").execute(&mut look).await.unwrap();
        let mut line = Endpoint::new(proxy.socket_dir()).connect(&db.name).await.unwrap();
        proxy.fault(Fault::CutBeforeType(Way::ToClient, b'C'));
        assert!(sqlx::raw_sql("insert into kept values (1)").execute(&mut line).await.is_err());
        let n: i64 = sqlx::query_scalar("select count(*) from kept").fetch_one(&mut look).await.unwrap();
        assert_eq!(n, 1);
    });
}

#[test]
fn a_terminal_shows_what_is_written_and_knows_its_size() {
    let mut tui = Tui::start_program(
        "sh",
        &["-c", "stty size; read line; echo got $line; stty size; read line"],
        &[],
        20,
        60,
    );
    tui.wait_for("20 60");
    tui.resize(24, 80);
    tui.keys("hello\r");
    tui.wait_for("got hello");
    tui.wait_for("24 80");
    assert!(tui.bytes() > 0 && tui.raw().starts_with(b"20 60"));
    tui.keys("\r");
    assert!(tui.wait_exit().success());
}

#[test]
fn a_hung_up_terminal_ends_a_program_that_does_not_mind_it() {
    let mut tui = Tui::start_program("sh", &["-c", "echo here; read line"], &[], 24, 80);
    tui.wait_for("here");
    tui.hang_up();
    assert!(!tui.wait_exit().success());
}

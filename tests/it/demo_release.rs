//! The demo as a newcomer meets it, driven by keys. `.ci/run` sets `PRAXIS_TEST_PROGRAM` to the release build; without it
//! the debug build is driven.
use crate::support::{cluster::block_on, pty::Tui};
use sqlx::Connection as _;

#[test]
fn the_demo_opens_from_nothing_and_leaves_nothing_running() {
    let dir = format!("/tmp/pxr{}", std::process::id());
    std::fs::create_dir(&dir).unwrap();
    let state = format!("{dir}/state");
    let env = [("PRAXIS_DEMO_DIR", dir.as_str()), ("XDG_STATE_HOME", state.as_str())];
    let mut first = Tui::start(&["demo", "--patients", "120"], &env, 24, 80);
    first.wait_for("Praxis demo clinic");
    first.keys("mei\rpraxis-demo-pass\r");
    first.wait_for("mei · reception");
    // What the triggers keep in a clinic is there too: a search for a free time begins with it.
    let at = format!("postgres://postgres@localhost/clinic?host={dir}/demo/run");
    let kept = block_on(async {
        let mut c = sqlx::PgConnection::connect(&at).await.unwrap();
        sqlx::query_scalar::<_, i64>("select count(*) from clinic.open_time where last_at > clinic.now()")
            .fetch_one(&mut c)
            .await
            .unwrap()
    });
    assert!(kept > 50, "{kept} parts of days with a free time");
    first.keys("\x11");
    assert!(first.wait_exit().success());
    assert!(!std::path::Path::new(&dir).join("demo/data/postmaster.pid").exists());
    let mut again = Tui::start(&["demo"], &env, 24, 80);
    again.wait_for("Praxis demo clinic");
    again.hang_up();
    again.wait_exit();
    let mut stopped = Tui::start(&["demo", "--stop"], &env, 24, 80);
    assert!(stopped.wait_exit().success());
    std::fs::remove_dir_all(&dir).unwrap();
}

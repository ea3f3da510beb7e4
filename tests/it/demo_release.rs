//! The demo as a newcomer meets it, driven by keys. `.ci/run` sets `PRAXIS_TEST_PROGRAM` to the release build; without it
//! the debug build is driven.
use crate::support::{
    cluster::{block_on, roomy_temp},
    pty::Tui,
};
use praxis::server::{Cluster, Schema, schema};
use std::path::Path;

#[test]
fn the_demo_opens_from_nothing_for_two_terminals_and_leaves_nothing_running() {
    let dir = roomy_temp().join(format!("pxr{}", std::process::id())).to_string_lossy().into_owned();
    std::fs::create_dir(&dir).unwrap();
    let state = format!("{dir}/state");
    let env = [("PRAXIS_DEMO_DIR", dir.as_str()), ("XDG_STATE_HOME", state.as_str())];
    let demo = |args: &[&str]| Tui::start(&[&["demo"], args].concat(), &env, 24, 80);
    let server = Cluster::at(Path::new(&dir)).unwrap().endpoint();
    let mut first = demo(&["--patients", "120"]);
    first.wait_for("Praxis demo clinic");
    first.keys("mei\rpraxis-demo-pass\r");
    first.wait_for("mei · reception");
    // What the triggers keep in a clinic is there too: a search for a free time begins with it.
    let kept = block_on(async {
        let mut c = server.connect("clinic").await.unwrap();
        assert!(!matches!(schema(&mut c).await.unwrap(), Schema::Older { .. }));
        sqlx::query_scalar::<_, i64>("select count(*) from clinic.open_time where last_at > clinic.now()")
            .fetch_one(&mut c)
            .await
            .unwrap()
    });
    assert!(kept > 50, "{kept} parts of days with a free time");
    let mut second = demo(&["--server-only"]);
    second.wait_for("The demo clinic is ready.");
    assert_eq!(demo(&["--reset", "--yes"]).wait_exit().exit_code(), 75, "somebody is in it");
    first.keys("\x11");
    assert!(first.wait_exit().success());
    assert!(server.answers(), "the other terminal is still in");
    second.keys("\x03");
    assert!(second.wait_exit().success());
    assert!(!server.answers() && !Path::new(&dir).join("demo/data/postmaster.pid").exists());
    let mut again = demo(&[]);
    again.wait_for("Praxis demo clinic");
    again.hang_up();
    again.wait_exit();
    // Nobody is left to stop the server after this one: the next program, or `demo --stop`, does.
    let mut killed = demo(&["--server-only"]);
    killed.wait_for("The demo clinic is ready.");
    killed.kill();
    assert!(server.answers());
    assert!(demo(&["--stop"]).wait_exit().success());
    assert!(!server.answers());
    std::fs::remove_dir_all(&dir).unwrap();
}

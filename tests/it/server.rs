//! The demo's private server, its databases, and bringing them to the schema.
use crate::support::{
    cluster::{block_on, empty_database, fresh_database, roomy_temp},
    wait_until,
};
use praxis::server::{self, Cluster, SUPERUSER, Schema, migrate, schema};
use sqlx::{Connection as _, Executor as _};
use std::{
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// A cluster in a folder of its own, removed afterwards.
struct Place {
    parent: PathBuf,
    cluster: Cluster,
}

fn place() -> Place {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let parent = roomy_temp().join(format!("pxd{}-{number}", std::process::id()));
    let cluster = Cluster::at(&parent).unwrap();
    Place { parent, cluster }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.cluster.reset().ok();
        std::fs::remove_dir_all(&self.parent).ok();
    }
}

fn postmaster(cluster: &Cluster) -> String {
    let file = std::fs::read_to_string(cluster.folder().join("data/postmaster.pid")).unwrap();
    file.lines().next().unwrap().to_owned()
}

fn kill(pid: &str) {
    assert!(Command::new("kill").args(["-9", pid]).status().unwrap().success());
}

#[test]
fn a_cluster_keeps_what_was_entered_and_a_second_program_is_in_at_once() {
    let place = place();
    let first = place.cluster.start().unwrap();
    block_on(async {
        first.endpoint().create_database("clinic", None).await.unwrap();
        let mut db = first.endpoint().connect("clinic").await.unwrap();
        db.execute("create table kept as select 1 as n").await.unwrap();
        let safe: String = sqlx::query_scalar("show fsync").fetch_one(&mut db).await.unwrap();
        assert_eq!(safe, "on");
        let nets: String = sqlx::query_scalar("show listen_addresses").fetch_one(&mut db).await.unwrap();
        assert_eq!(nets, "");
    });
    let since = Instant::now();
    let second = place.cluster.start().unwrap();
    assert!(since.elapsed() < Duration::from_millis(500), "{:?}", since.elapsed());
    assert!(!first.leave().unwrap(), "the second program is still in");
    assert!(place.cluster.endpoint().answers());
    assert!(second.leave().unwrap(), "the last one stops the server");
    assert!(!place.cluster.endpoint().answers());

    let again = place.cluster.start().unwrap();
    block_on(async {
        let mut db = again.endpoint().connect("clinic").await.unwrap();
        let n: i32 = sqlx::query_scalar("select n from kept").fetch_one(&mut db).await.unwrap();
        assert_eq!(n, 1);
    });
}

#[test]
fn a_killed_server_is_started_again_with_what_was_committed() {
    let place = place();
    let first = place.cluster.start().unwrap();
    block_on(async {
        let mut db = first.endpoint().connect("postgres").await.unwrap();
        db.execute("create table kept as select 1 as n").await.unwrap();
    });
    kill(&postmaster(&place.cluster));
    wait_until("the server to be gone", || (!place.cluster.endpoint().answers()).then_some(()));
    let second = place.cluster.start().unwrap();
    block_on(async {
        let mut db = second.endpoint().connect("postgres").await.unwrap();
        let n: i32 = sqlx::query_scalar("select n from kept").fetch_one(&mut db).await.unwrap();
        assert_eq!(n, 1);
    });
}

#[test]
fn two_programs_that_start_together_make_one_cluster() {
    let place = place();
    let started: Vec<_> = std::thread::scope(|s| {
        let starts: Vec<_> = (0..3).map(|_| s.spawn(|| place.cluster.start().unwrap())).collect();
        starts.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(place.cluster.in_use().unwrap());
    let stopped: Vec<bool> = started.into_iter().map(|r| r.leave().unwrap()).collect();
    assert_eq!(stopped, [false, false, true]);
    assert!(!place.cluster.in_use().unwrap());
}

#[test]
fn a_reset_leaves_nothing_and_a_half_made_cluster_is_made_again() {
    let place = place();
    assert!(!place.cluster.reset().unwrap(), "there is nothing yet");
    drop(place.cluster.start().unwrap());
    assert!(place.cluster.is_made());
    assert!(place.cluster.reset().unwrap());
    assert!(!place.cluster.folder().exists());
    // What a killed initdb leaves.
    drop(place.cluster.start().unwrap());
    let data = place.cluster.folder().join("data");
    std::fs::rename(&data, place.cluster.folder().join("data.new")).unwrap();
    let running = place.cluster.start().unwrap();
    assert!(running.endpoint().answers());
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let place = place();
    drop(place.cluster.start().unwrap());
    let data = place.cluster.folder().join("data");
    std::fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    let said = place.cluster.start().unwrap_err().to_string();
    assert!(said.contains("made by PostgreSQL 9") && said.contains("--reset"), "{said}");
}

#[test]
fn migrating_twice_changes_nothing_and_two_at_once_do_not_collide() {
    let db = empty_database();
    let options = db.options(SUPERUSER);
    block_on(async {
        let (a, b) = tokio::join!(migrate(&options), migrate(&options));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a.applied.is_empty() || b.applied.is_empty(), "one of them had nothing to do");
        assert!(migrate(&options).await.unwrap().applied.is_empty());
        let mut db = db.superuser().await;
        let settings: Vec<String> = sqlx::query_scalar(
            "select unnest(setconfig) from pg_db_role_setting where setrole = 'praxis_app'::regrole",
        )
        .fetch_all(&mut db)
        .await
        .unwrap();
        assert!(settings.contains(&"log_parameter_max_length=0".to_owned()));
        assert!(settings.contains(&"log_error_verbosity=terse".to_owned()));
        let logins: Vec<(String, bool, bool)> = sqlx::query_as(
            "select rolname::text, rolcanlogin, rolsuper from pg_roles where rolname like 'praxis\\_%' order by 1",
        )
        .fetch_all(&mut db)
        .await
        .unwrap();
        let expected =
            [("praxis_app", true), ("praxis_backup", true), ("praxis_jobs", true), ("praxis_owner", false)];
        assert_eq!(logins, expected.map(|(n, l)| (n.to_owned(), l, false)));
    });
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let db = fresh_database();
    block_on(async {
        let mut admin = db.superuser().await;
        admin
            .execute(
                "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (99990101000000, 'from the future', true, 'x', 1)",
            )
            .await
            .unwrap();
        assert!(matches!(schema(&mut admin).await.unwrap(), Schema::Newer { have: 99_990_101_000_000, .. }));
        let said = migrate(&db.options(SUPERUSER)).await.unwrap_err();
        assert!(matches!(said, server::Error::SchemaNewer { .. }), "{said}");
        assert!(said.to_string().contains("nothing was changed"));
    });
}

#[test]
fn a_login_without_the_right_is_told_who_must_migrate_first() {
    let db = empty_database();
    block_on(async {
        let mut admin = db.superuser().await;
        let name = format!("clerk_{}", db.name);
        admin.execute(sqlx::AssertSqlSafe(format!("create role {name} login"))).await.unwrap();
        let said = migrate(&db.options(&name)).await.unwrap_err();
        assert!(matches!(said, server::Error::NotPermitted { .. }), "{said}");
        admin.close().await.unwrap();
    });
}

#[test]
fn a_check_of_a_good_database_is_green_and_of_none_is_red() {
    let db = fresh_database();
    let run = |url: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_praxis"))
            .args(["check", "--json"])
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("LANG", "C.UTF-8")
            .env("PRAXIS_DATABASE_URL", url)
            .env("PRAXIS_SEALING_KEY_FILE", &*crate::support::KEY_FILE)
            .output()
            .unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), json)
    };
    let level = |json: &serde_json::Value, what: &str| {
        let all = json["findings"].as_array().unwrap();
        all.iter().find(|f| f["what"] == what).map(|f| f["level"].as_str().unwrap().to_owned())
    };
    let (_, good) = run(&db.url());
    for what in [
        "configuration",
        "server",
        "line",
        "version",
        "encoding",
        "extensions",
        "roles",
        "login",
        "server log",
    ] {
        assert_eq!(level(&good, what).as_deref(), Some("green"), "{what}: {good}");
    }
    assert_eq!(level(&good, "durability").as_deref(), Some("amber"), "the tests' server keeps nothing safe");
    let (code, mighty) = run(&db.url_as(SUPERUSER));
    assert_eq!((code, level(&mighty, "login").as_deref()), (Some(1), Some("red")));
    let (code, nowhere) = run("postgres://praxis_app@localhost/clinic?host=/nonexistent");
    assert_eq!((code, level(&nowhere, "server").as_deref()), (Some(1), Some("red")));
}

#[test]
fn the_role_for_backups_dumps_everything_and_writes_nothing() {
    let db = fresh_database();
    block_on(crate::support::people::clinic(&db));
    let pg_dump = server::Binaries::find().unwrap().tool("pg_dump");
    let out = std::process::Command::new(pg_dump)
        .args(["-U", "praxis_backup", "-h"])
        .arg(&db.socket)
        .arg(&db.name)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let dump = String::from_utf8_lossy(&out.stdout);
    for part in
        ["COPY clinic.patient ", "COPY auth.credential ", "COPY audit.event ", "\tNguyen\t", "auth.bucket_0"]
    {
        assert!(dump.contains(part), "{part}");
    }
    block_on(async {
        use sqlx::Connection as _;
        let mut c = sqlx::PgConnection::connect_with(&db.options("praxis_backup")).await.unwrap();
        for sql in [
            "update clinic.patient set family_name = 'x'",
            "delete from audit.event",
            "select nextval('auth.bucket_0')",
            "create table clinic.x ()",
        ] {
            let denied = sqlx::raw_sql(sql).execute(&mut c).await.expect_err(sql);
            assert_eq!(denied.as_database_error().unwrap().code().as_deref(), Some("42501"), "{sql}");
        }
    });
}

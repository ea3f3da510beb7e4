//! A write is done at most once and never left in doubt: the request protocol, with the line cut before every message.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, Clinic, PASSWORD},
    proxy::{Fault, Proxy, Way},
};
use praxis::{
    auth::login,
    clock::Clock,
    domain::ids::{AppointmentId, RequestId},
    store::{Connector, Error, SignIn, Store},
};
use sqlx::Row as _;
use zeroize::Zeroizing;

async fn signed_in_through(proxy: &Proxy, db: &Db) -> SignIn {
    let connector = Connector::from_socket(proxy.socket_dir(), &db.name, "praxis_app");
    let store = Store::open(connector, Clock::system()).await.expect("the line is healthy");
    login::sign_in(&store, "mei", Zeroizing::new(PASSWORD.to_owned()), "test").await.expect("the sign-in")
}

/// Status and version of an appointment, and how often its status was changed.
async fn facts(db: &Db, id: AppointmentId) -> (String, i64, i64) {
    let mut c = db.superuser().await;
    let row = sqlx::query(
        "select a.status, a.version, (select count(*) from clinic.appointment_event e where e.appointment_id = a.id and e.to_status = 'arrived')
           from clinic.appointment a where a.id = $1",
    )
    .bind(id.0)
    .fetch_one(&mut c)
    .await
    .expect("the appointment");
    (row.get(0), row.get(1), row.get(2))
}

async fn booked(db: &Db) -> (Clinic, AppointmentId) {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    let id = people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
    (clinic, id)
}

#[test]
fn the_same_request_sent_twice_is_done_once_and_answers_the_same() {
    let db = fresh_database();
    block_on(async {
        let (_, id) = booked(&db).await;
        let s = people::signed_in(&db, "mei").await;
        let request = RequestId::new();
        let first = s.store.set_status(&s.actor, request, id, 1, "arrived", "").await.expect("a check-in");
        let second =
            s.store.set_status(&s.actor, request, id, 1, "arrived", "").await.expect("the same answer");
        assert_eq!(first, second);
        assert_eq!(facts(&db, id).await, ("arrived".into(), first, 1));
    });
}

#[test]
fn a_line_cut_before_any_message_of_a_write_leaves_no_doubt() {
    for way in [Way::ToServer, Way::ToClient] {
        let mut told_saved = 0;
        let mut told_not_saved = 0;
        let db = fresh_database();
        let (_, id) = block_on(booked(&db));
        for n in 1..=28 {
            let proxy = Proxy::to(&db.socket);
            block_on(async {
                let s = signed_in_through(&proxy, &db).await;
                let (_, version, arrived) = facts(&db, id).await;
                let before = proxy.accepted();
                proxy.fault(Fault::CutBeforeMessage(way, n));
                // The first connection after the cut one finds the line healed.
                let outcome = std::thread::scope(|scope| {
                    let healer = scope.spawn(|| {
                        crate::support::wait_until("the next connection or the end", || {
                            (proxy.accepted() > before + 1 || proxy.open() == 0).then_some(())
                        });
                        proxy.heal();
                    });
                    let outcome = tokio::task::block_in_place(|| {
                        tokio::runtime::Handle::current().block_on(s.store.set_status(
                            &s.actor,
                            RequestId::new(),
                            id,
                            version,
                            "arrived",
                            "",
                        ))
                    });
                    proxy.heal();
                    let mut c = proxy.accepted();
                    while !healer.is_finished() {
                        // Nothing was cut: an extra connection lets the healer go.
                        std::os::unix::net::UnixStream::connect(proxy.socket_dir().join(".s.PGSQL.5432"))
                            .ok();
                        c += 1;
                        assert!(c < 10_000);
                        std::thread::yield_now();
                    }
                    outcome
                });
                let (status, now_version, now_arrived) = facts(&db, id).await;
                match outcome {
                    Ok(v) => {
                        told_saved += 1;
                        assert_eq!(
                            (status.as_str(), now_version, now_arrived),
                            ("arrived", v, arrived + 1),
                            "{way:?} {n}"
                        );
                        let undone =
                            s.store.set_status(&s.actor, RequestId::new(), id, v, "booked", "").await;
                        assert!(undone.is_ok(), "{way:?} {n}: {undone:?}");
                    }
                    Err(Error::NotSaved) => {
                        told_not_saved += 1;
                        assert_eq!(
                            (status.as_str(), now_version, now_arrived),
                            ("booked", version, arrived),
                            "{way:?} {n}"
                        );
                    }
                    Err(e) => panic!("cut {way:?} before message {n}: {e}"),
                }
            });
        }
        assert!(
            told_saved > 0 && told_not_saved > 0,
            "{way:?}: {told_saved} saved, {told_not_saved} not saved"
        );
    }
}

#[test]
fn a_request_given_up_can_never_arrive_late() {
    let db = fresh_database();
    block_on(async {
        people::clinic(&db).await;
        let s = people::signed_in(&db, "mei").await;
        let request = RequestId::new();
        let mut c = db.superuser().await;
        sqlx::query("insert into clinic.request (id, account_id, kind, digest, state) values ($1, $2, 'x', '\\x00', 'void')")
            .bind(request.0)
            .bind(s.actor.account.0)
            .execute(&mut c)
            .await
            .expect("the fence");
        let (_, id) = {
            let clinic = s.actor.clone();
            let mut w = people::writer(&db).await;
            let row: uuid::Uuid = sqlx::query_scalar(
                "insert into clinic.appointment (id, patient_id, provider_id, centre_id, kind, status, day, starts_at, ends_at, booked_by)
                 select gen_random_uuid(), p.id, v.id, c.id, 'slot', 'booked', (clinic.now() at time zone c.zone)::date, clinic.now() + interval '1 hour',
                        clinic.now() + interval '90 min', $1 from clinic.patient p, clinic.provider v, clinic.centre c limit 1 returning id",
            )
            .bind(clinic.account.0)
            .fetch_one(&mut w)
            .await
            .expect("an appointment");
            ((), AppointmentId(row))
        };
        let late = s.store.set_status(&s.actor, request, id, 1, "arrived", "").await;
        assert!(matches!(late, Err(Error::NotSaved)), "{late:?}");
        assert_eq!(facts(&db, id).await.0, "booked");
    });
}

/// Every public write of the store goes through the fence; what does not is listed here with its reason.
#[test]
fn every_public_write_has_a_request_id_and_an_event() {
    const APART: [(&str, &str); 14] = [
        ("sign_in", "opens the session; audited by auth.open"),
        ("challenge", "reads a salt"),
        ("change_password", "session upkeep; audited by auth.change_password"),
        ("rehash", "session upkeep"),
        ("lock", "session upkeep"),
        ("unlock", "session upkeep"),
        ("sign_out", "session upkeep; audited by auth.close"),
        ("work_at", "session upkeep"),
        ("who_am_i", "reads the session"),
        ("front_door", "reads public settings"),
        ("open", "connects"),
        ("close", "disconnects"),
        ("listen", "hears of changes"),
        ("apply_as_provider", "before any session; its own id makes it happen once"),
    ];
    // What only the owner's login does, at the command line: demo data, the first account, the import.
    const OWNERS: [&str; 3] = ["store/demo.rs", "store/system.rs", "store/import.rs"];
    let mut seen = 0;
    let mut offences = vec![];
    for (file, source) in sources() {
        if OWNERS.iter().any(|o| file.ends_with(o)) {
            continue;
        }
        for (name, body) in public_async_functions(&source) {
            seen += 1;
            let fenced = body.contains("self.write(") && body.contains("RequestId");
            let reads = body.contains("self.read(") && !writes(body);
            let apart = APART.iter().any(|(n, _)| *n == name)
                || body.contains("self.keep_draft(")
                || name.contains("draft");
            if !(fenced || reads || apart) {
                offences.push(format!("{file}: {name}"));
            }
        }
    }
    assert!(seen > 5, "the checker sees the store's functions");
    assert!(offences.is_empty(), "neither a read nor a fenced write:\n{}", offences.join("\n"));
}

fn writes(body: &str) -> bool {
    ["insert into", "update clinic", "delete from"].iter().any(|w| body.contains(w))
}

/// Name and text (signature and body) of each `pub async fn`.
fn public_async_functions(source: &str) -> Vec<(&str, &str)> {
    let mut found = vec![];
    let mut rest = source;
    while let Some(at) = rest.find("pub async fn ") {
        rest = &rest[at + "pub async fn ".len()..];
        let name = &rest[..rest.find(['(', '<']).unwrap_or(0)];
        let end = rest.find("\n    }\n").or_else(|| rest.find("\n}\n")).unwrap_or(rest.len());
        found.push((name, &rest[..end]));
    }
    found
}

/// Path and text of every file of the store.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")];
    let mut found = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the store's folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).expect("a file")));
            }
        }
    }
    found
}

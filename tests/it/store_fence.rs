//! A write is done at most once and never left in doubt: the request protocol, with the line cut before every message.
use crate::{
    invariants::broken,
    support::{
        cluster::{Db, block_on, fresh_database},
        people::{self, Clinic, PASSWORD},
        proxy::{Fault, Proxy, Way},
    },
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
    let connector =
        Connector::from_socket(proxy.socket_dir(), &db.name, "praxis_app").with_keys(crate::support::keys());
    let store = Store::open(connector, Clock::system()).await.expect("the line is healthy");
    login::sign_in(&store, "mei", Zeroizing::new(PASSWORD.to_owned()), "test").await.expect("the sign-in")
}

/// Status and version of an appointment, and how often its status was changed.
async fn facts(c: &mut sqlx::PgConnection, id: AppointmentId) -> (String, i64, i64) {
    let row = sqlx::query(
        "select a.status, a.version, (select count(*) from clinic.appointment_event e where e.appointment_id = a.id and e.to_status = 'arrived')
           from clinic.appointment a where a.id = $1",
    )
    .bind(id.0)
    .fetch_one(c)
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
        assert_eq!(facts(&mut db.superuser().await, id).await, ("arrived".into(), first, 1));
    });
}

/// Cuts one connection of a check-in before its n-th message, for every n there is, and believes what the store says. Every
/// check-in begins with connections that are made for it.
fn cut_before_every_message(way: Way) {
    let db = fresh_database();
    let (_, id) = block_on(booked(&db));
    let proxy = Proxy::to(&db.socket);
    let (mut told_saved, mut told_not_saved, mut n) = (0, 0, 0);
    block_on(async {
        let mut eyes = db.superuser().await;
        let s = signed_in_through(&proxy, &db).await;
        let done = async |seen, to| s.store.set_status(&s.actor, RequestId::new(), id, seen, to, "").await;
        loop {
            n += 1;
            let (_, version, arrived) = facts(&mut eyes, id).await;
            proxy.fault(Fault::Reset);
            let cuts = proxy.cuts();
            proxy.fault(Fault::CutBeforeMessage(way, n));
            let outcome = done(version, "arrived").await;
            proxy.heal();
            let there = facts(&mut eyes, id).await;
            let cut = proxy.cuts() > cuts;
            match outcome {
                Ok(v) => {
                    told_saved += usize::from(cut);
                    assert_eq!(there, ("arrived".into(), v, arrived + 1), "{way:?} {n}");
                    done(v, "booked").await.unwrap_or_else(|e| panic!("undone after {way:?} {n}: {e}"));
                }
                Err(Error::NotSaved) => {
                    told_not_saved += 1;
                    assert_eq!(there, ("booked".into(), version, arrived), "{way:?} {n}");
                }
                Err(e) => panic!("cut {way:?} before message {n}: {e}"),
            }
            if !cut {
                break;
            }
        }
    });
    println!("{way:?}: {told_saved} saved, {told_not_saved} not saved in {} cuts", n - 1);
    assert!(
        told_not_saved > 5,
        "{way:?}: the line was cut {told_not_saved} times before the end of the write"
    );
    // Once at least the line broke after the commit: before its answer came. To the server nothing need follow a commit.
    assert!(matches!(way, Way::ToServer) || told_saved > 0, "{way:?}: {told_saved} saved");
    assert_eq!(block_on(broken(&db)), [""; 0]);
}

#[test]
fn a_line_cut_before_any_message_to_the_server_leaves_no_doubt() {
    cut_before_every_message(Way::ToServer);
}

#[test]
fn a_line_cut_before_any_answer_of_the_server_leaves_no_doubt() {
    cut_before_every_message(Way::ToClient);
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
        assert_eq!(facts(&mut c, id).await.0, "booked");
    });
}

/// Every public write of the store goes through the fence; what does not is listed here with its reason.
#[test]
fn every_public_write_has_a_request_id_and_an_event() {
    const APART: &[(&str, &str)] = &[
        ("sign_in", "opens the session; audited by auth.open"),
        ("challenge", "reads a salt"),
        ("change_password", "session upkeep; audited by auth.change_password"),
        ("rehash", "session upkeep"),
        ("lock", "session upkeep"),
        ("unlock", "session upkeep"),
        ("sign_out", "session upkeep; audited by auth.close"),
        ("work_at", "session upkeep"),
        ("second", "the second step of opening the session; audited by auth.second"),
        ("arrival", "reads the session"),
        ("password_is", "asks for the password again; the act it is for is audited"),
        ("second_state", "reads the session's person"),
        ("second_begin", "session upkeep; nothing holds before it is confirmed"),
        ("second_confirm", "session upkeep; audited by auth.second_confirm"),
        ("second_remove", "session upkeep; audited by auth.second_remove"),
        ("who_am_i", "reads the session"),
        ("front_door", "reads public settings"),
        ("read_permissions", "reads the rules"),
        ("open", "connects"),
        ("open_service", "a service signs in; audited by auth.open_service"),
        ("claim_paper", "the worker takes a paper, claimed in the database"),
        ("end_paper", "the worker tells what became of it"),
        ("display_day", "reads a waiting room as a service"),
        ("close", "disconnects"),
        ("listen", "hears of changes"),
        ("front_door", "reads public settings before anybody has signed in"),
        ("site", "the clinic's name and zone, read"),
        ("audit_page", "reads the log by the owner's login"),
        ("tell_export", "by the owner's login: tells the log that lines are taken out"),
        ("patient_of_number", "reads by the owner's login"),
        ("keys", "reads keys inside of a read or a write"),
        ("first_key", "keeps a key inside of a write"),
        ("keys_outside", "reads a key before any session"),
        ("keys_to_write", "keeps a key inside of a write"),
        ("keys_of_visit", "keeps a key inside of a write"),
        ("keys_of_subject", "keeps a key inside of a write"),
        ("apply_as_provider", "before any session; its own id makes it happen once"),
        ("apply_as_patient", "before any session; its own id makes it happen once"),
        ("write_to_clinic", "before any session; its own id makes it happen once"),
    ];
    // What only the owner's login does, at the command line: demo data, the first account, the import.
    const OWNERS: [&str; 8] = [
        "store/demo.rs",
        "store/system.rs",
        "store/system/administration.rs",
        "store/system/service.rs",
        "store/import.rs",
        "store/ledger.rs",
        "store/sealed/bulk.rs",
        "store/sealed/rotation.rs",
    ];
    let mut seen = 0;
    let mut offences = vec![];
    for (file, source) in sources() {
        if OWNERS.iter().any(|o| file.ends_with(o)) {
            continue;
        }
        for (name, body) in public_async_functions(&source) {
            seen += 1;
            // Itself, or through another function of the store that it hands the request to.
            let compact: String = body.split_whitespace().collect();
            let fenced = body.contains("RequestId")
                && (compact.contains("self.write(") || compact.contains("(actor,request,"));
            let reads = (compact.contains("self.read(") || compact.contains("self.view(")) && !writes(body);
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
pub fn public_async_functions(source: &str) -> Vec<(&str, &str)> {
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
pub fn sources() -> Vec<(String, String)> {
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

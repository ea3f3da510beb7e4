//! The visit that cannot be lost: the line is cut at each message of a signature and of a draft, and the program is killed
//! while somebody types. What was acknowledged is there once; what was typed is offered again.
use crate::support::{
    cluster::fresh_database,
    people::{self, PASSWORD},
    proxy::{Fault, Proxy, Way},
    pty::Tui,
};
use praxis::{
    auth::login,
    clock::Clock,
    domain::{
        encounter::EncounterState,
        ids::{DraftId, RequestId},
    },
    store::{Connector, Error, NewDraft, SignIn, Store},
};
use std::{future::Future, path::Path, pin::pin, time::Duration};
use zeroize::Zeroizing;

async fn signed_in_through(socket: &Path, database: &str) -> SignIn {
    let connector = Connector::from_socket(socket, database, "praxis_app").with_keys(crate::support::keys());
    let store = Store::open(connector, Clock::system()).await.expect("a line");
    login::sign_in(&store, "anna", Zeroizing::new(PASSWORD.to_owned()), "test").await.expect("a sign-in")
}

/// Waits for the outcome; heals the line when it does not come while the line is broken.
async fn outcome_of<T>(proxy: &Proxy, asked: impl Future<Output = T>) -> T {
    let mut asked = pin!(asked);
    let early = tokio::time::timeout(Duration::from_millis(400), &mut asked).await;
    proxy.heal();
    match early {
        Ok(outcome) => outcome,
        Err(_) => asked.await,
    }
}

#[tokio::test]
async fn a_signature_whose_line_is_cut_anywhere_happens_once_or_not_at_all() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let mut ended = (0, 0);
    for (way, message) in [(Way::ToServer, 3), (Way::ToServer, 9), (Way::ToServer, 16), (Way::ToServer, 25)]
        .into_iter()
        .chain([(Way::ToClient, 12), (Way::ToClient, 24), (Way::ToClient, 40), (Way::ToClient, 60)])
    {
        let a = people::appointment(&mut c, &clinic, &clinic.pharmacist, clinic.jack, (9, 0), "in_progress")
            .await;
        let e = people::visit(&mut c, &clinic.pharmacist, a, "open").await;
        let proxy = Proxy::to(&db.socket);
        let connector = Connector::from_socket(proxy.socket_dir(), &db.name, "praxis_app")
            .with_keys(crate::support::keys());
        let store = Store::open(connector, Clock::system()).await.expect("a line");
        let password = Zeroizing::new(PASSWORD.to_owned());
        let paula = login::sign_in(&store, "paula", password, "test").await.expect("a sign-in");
        let seen = paula.store.visit(&paula.actor, e, false).await.expect("a visit").version;
        proxy.fault(Fault::CutBeforeMessage(way, message));
        let signed =
            outcome_of(&proxy, paula.store.sign_visit(&paula.actor, RequestId::new(), e, seen)).await;
        let v = paula.store.visit(&paula.actor, e, false).await;
        // The first read after a cut may still meet the dead line.
        let v = match v {
            Ok(v) => v,
            Err(_) => paula.store.visit(&paula.actor, e, false).await.expect("a healed line"),
        };
        match signed {
            Ok(_) => {
                assert_eq!(v.state, EncounterState::Signed, "{way:?} {message}");
                ended.0 += 1;
            }
            Err(Error::NotSaved | Error::Unavailable(_)) => {
                assert_eq!(v.state, EncounterState::Open, "{way:?} {message}");
                paula.store.sign_visit(&paula.actor, RequestId::new(), e, v.version).await.expect("signed");
                ended.1 += 1;
            }
            other => panic!("{way:?} {message}: {other:?}"),
        }
        let n = people::count(
            &mut c,
            "select count(*) from clinic.encounter e join clinic.appointment a on a.id = e.appointment_id
              where e.id = $1 and e.state = 'signed' and a.status = 'completed'",
            e,
        )
        .await;
        assert_eq!(n, 1, "{way:?} {message}");
    }
    assert_eq!(ended.0 + ended.1, 8, "{ended:?}");
}

#[tokio::test]
async fn a_draft_whose_line_is_cut_is_kept_or_said_to_be_not_and_goes_on_afterwards() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let a = people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 0), "in_progress").await;
    let e = people::visit(&mut c, &clinic.gp, a, "open").await;
    let proxy = Proxy::to(&db.socket);
    let anna = signed_in_through(proxy.socket_dir(), &db.name).await;
    let look = people::signed_in(&db, "anna").await;
    let id = DraftId::new();
    let mut acknowledged = 0;
    for revision in 1..=6_i64 {
        if revision % 2 == 0 {
            proxy.fault(if revision % 4 == 0 {
                Fault::CutBeforeType(Way::ToClient, b'C')
            } else {
                Fault::Reset
            });
        }
        let draft = NewDraft {
            id,
            form: "visit.examination",
            subject: e.0,
            part: String::new(),
            revision,
            version_seen: None,
            payload: format!("text {revision}"),
        };
        if outcome_of(&proxy, anna.store.save_draft(&anna.actor, draft)).await.is_ok() {
            acknowledged = revision;
        }
        let found = look.store.drafts(&look.actor, e.0).await.expect("drafts");
        let kept = found.first().map_or(0, |d| d.revision);
        assert!(kept >= acknowledged, "acknowledged {acknowledged}, kept {kept}");
        assert!(found.iter().all(|d| d.payload == format!("text {}", d.revision)));
    }
    assert!(acknowledged >= 5, "the line works again after each cut: {acknowledged}");
}

fn program(db_url: &str, state: &str) -> Tui {
    let env = [("PRAXIS_DATABASE_URL", db_url), ("XDG_STATE_HOME", state)];
    let mut tui = Tui::start(&[], &env, 24, 80);
    tui.wait_for("assword");
    tui.keys("anna\r");
    tui.keys(&format!("{PASSWORD}\r"));
    tui.wait_for("anna · GP");
    tui
}

#[test]
fn text_that_was_being_typed_when_the_program_was_killed_is_offered_again() {
    let db = fresh_database();
    let clinic = crate::support::cluster::block_on(async {
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 0), "arrived").await;
        clinic
    });
    let state = format!("/tmp/pxv{}", std::process::id());
    let url = db.url();
    let mut first = program(&url, &state);
    first.keys("\x0e");
    first.wait_for("2 Examination");
    first.keys("2");
    first.wait_for("Chief complaint");
    first.keys(", tired since Monday");
    first.wait_for("saved ");
    first.kill();
    let mut again = program(&url, &state);
    again.wait_for("BLACK");
    again.keys("\r");
    again.wait_for("at another sign-in was not saved");
    again.keys("\x14");
    again.wait_for("blood test, tired since Monday");
    again.kill();
    std::fs::remove_dir_all(&state).ok();
    assert_eq!(clinic.gp.login, "anna");
}

#[test]
fn a_letter_and_a_registration_that_were_being_typed_when_the_program_was_killed_are_offered_again() {
    let db = fresh_database();
    crate::support::cluster::block_on(async {
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 0), "arrived").await;
    });
    let state = format!("/tmp/pxl{}", std::process::id());
    let url = db.url();
    let mut letter = program(&url, &state);
    letter.keys("\x0e");
    letter.wait_for("2 Examination");
    letter.keys("5");
    letter.wait_for("No referral");
    letter.keys("f");
    letter.wait_for("Refer to");
    letter.keys("nees");
    letter.wait_for("NEESON Liam");
    letter.keys("\r");
    letter.wait_for("Referral to NEESON Liam");
    letter.keys("murmur\tDear Liam, I have heard");
    letter.wait_for("kept ");
    letter.keys(" a murmur\t");
    let kept = |of: &'static str, text: &'static str| {
        crate::support::cluster::block_on(async {
            let who = people::signed_in(&db, of).await;
            let subject = match of {
                "mei" => who.actor.account.0,
                _ => {
                    let mut c = db.superuser().await;
                    sqlx::query_scalar("select id from clinic.encounter")
                        .fetch_one(&mut c)
                        .await
                        .expect("one")
                }
            };
            loop {
                let found = who.store.drafts(&who.actor, subject).await.expect("drafts");
                if found.iter().any(|d| d.payload.contains(text)) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
    };
    kept("anna", "heard a murmur");
    letter.kill();
    let mut again = program(&url, &state);
    again.wait_for("BLACK");
    again.keys("\r");
    again.wait_for("was not saved: ctrl-t takes, ");
    again.keys("\x14");
    again.wait_for("Dear Liam, I have heard a murmur");
    again.kill();

    let env = [("PRAXIS_DATABASE_URL", url.as_str()), ("XDG_STATE_HOME", state.as_str())];
    let registration = || {
        let mut desk = Tui::start(&[], &env, 24, 80);
        desk.wait_for("assword");
        desk.keys(&format!("mei\r{PASSWORD}\r"));
        desk.wait_for("mei · ");
        desk.keys("3");
        desk.wait_for("register");
        desk.keys("\x0e");
        desk.wait_for("Family name");
        desk
    };
    let mut typed = registration();
    typed.keys("Okafor\tChidi\t");
    kept("mei", "Chidi");
    typed.kill();
    let mut found = registration();
    found.wait_for("another sign-in was not saved");
    found.keys("\x14");
    found.wait_for("Okafor");
    found.kill();
    std::fs::remove_dir_all(&state).ok();
}

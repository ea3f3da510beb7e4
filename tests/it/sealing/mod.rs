//! Clinical text is sealed in every column, opens in its own place alone, and only with the clinic's key.
pub(crate) mod asked;
pub(crate) mod columns;
mod erasure;
mod rotation;
pub(crate) mod till;

use crate::support::{
    self,
    cluster::{Db, fresh_database},
    people::{self, Clinic},
    pty::Tui,
};
use praxis::{
    clock::Clock,
    domain::{
        encounter::NewNote,
        ids::{EncounterId, NoteId, RequestId},
    },
    store::{
        Connector, Error, SignIn, Store,
        sealed::{Kek, KekSource},
    },
};
use sqlx::Connection as _;
use std::os::unix::fs::PermissionsExt as _;

pub(crate) struct Room {
    pub(crate) db: Db,
    pub(crate) clinic: Clinic,
    pub(crate) anna: SignIn,
    pub(crate) visit: EncounterId,
    pub(crate) w: sqlx::PgConnection,
}

/// Anna is seeing Jack.
async fn room() -> Room {
    room_in(fresh_database()).await
}

/// The same in a database that is there.
pub(crate) async fn room_in(db: Db) -> Room {
    let clinic = people::clinic(&db).await;
    let mut w = people::writer(&db).await;
    let a = people::appointment(&mut w, &clinic, &clinic.gp, clinic.jack, (9, 0), "in_progress").await;
    let visit = people::visit(&mut w, &clinic.gp, a, "open").await;
    let anna = people::signed_in(&db, "anna").await;
    Room { db, clinic, anna, visit, w }
}

impl Room {
    async fn note(&self, title: &str, body: &str) -> NoteId {
        let note = NewNote { title: title.into(), body: body.into(), system: None };
        self.anna.store.add_note(&self.anna.actor, RequestId::new(), self.visit, note, None).await.unwrap()
    }
    async fn read(&self) -> (String, String) {
        let notes = self.anna.store.notes(&self.anna.actor, self.visit).await.unwrap();
        (notes[0].title.clone(), notes[0].body.clone())
    }
    /// As somebody who may change files of the database, past every rule.
    async fn tamper(&mut self, statement: &'static str) {
        sqlx::raw_sql("set session_replication_role = 'replica'").execute(&mut self.w).await.unwrap();
        let done = sqlx::query(statement).execute(&mut self.w).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement} changed nothing");
        sqlx::raw_sql("set session_replication_role = 'origin'").execute(&mut self.w).await.unwrap();
    }
}

async fn with_keys(db: &Db, keys: KekSource) -> Result<Store, Error> {
    db.make();
    let connector = Connector::from_socket(&db.socket, &db.name, "praxis_app").with_keys(keys);
    Store::open(connector, Clock::system()).await
}

#[tokio::test]
async fn a_text_that_was_altered_moved_or_swapped_is_told_and_hides_no_other() {
    let altered = "sealed: this text was altered or moved and does not open";
    for tampering in [
        "update clinic.note set body = set_byte(body, length(body) - 1, get_byte(body, length(body) - 1) # 1)",
        "update clinic.note set body = set_byte(body, 5, get_byte(body, 5) # 1)",
        "update clinic.note set body = substring(body from 1 for length(body) - 1)",
        "update clinic.note set body = '\\x0100'",
        "update clinic.note set body = title",
        "update clinic.note set id = gen_random_uuid()",
    ] {
        let mut r = room().await;
        r.note("a title", "the body").await;
        assert_eq!(r.read().await, ("a title".into(), "the body".into()));
        r.tamper(tampering).await;
        let (title, body) = r.read().await;
        assert_eq!(body, altered, "{tampering}");
        if !tampering.contains("set id") {
            assert_eq!(title, "a title", "{tampering}");
        }
    }
}

#[tokio::test]
async fn a_row_that_is_moved_to_another_patient_does_not_open() {
    let mut r = room().await;
    r.note("a title", "the body").await;
    // Linh has a key of her own.
    people::appointment(&mut r.w, &r.clinic, &r.clinic.gp, r.clinic.linh, (10, 0), "booked").await;
    r.tamper(
        "update clinic.note set patient_id = (select id from clinic.patient where family_name = 'Nguyen')",
    )
    .await;
    let (title, body) = r.read().await;
    assert!(title.starts_with("sealed: ") && body.starts_with("sealed: "), "{title} {body}");
    // Nor with the key moved along: it is bound by the texts, not by its row.
    r.tamper("update clinic.patient_key set patient_id = null where patient_id = (select id from clinic.patient where family_name = 'Nguyen')").await;
    r.tamper("update clinic.patient_key set patient_id = (select id from clinic.patient where family_name = 'Nguyen') where patient_id = (select id from clinic.patient where family_name = 'Black' and given_name = 'Jack')").await;
    r.anna.store.lock().await.unwrap();
    assert_eq!(r.anna.store.keys_at_hand(), 0);
    let again = people::signed_in(&r.db, "anna").await;
    let notes = again.store.notes(&again.actor, r.visit).await.unwrap();
    assert!(notes[0].body.starts_with("sealed: "), "{}", notes[0].body);
}

#[tokio::test]
async fn a_program_with_the_wrong_key_or_none_does_not_start_once_text_is_sealed() {
    let db = fresh_database();
    let other = || KekSource::of(vec![Kek::from_bytes([9; 32])]);
    // Before the first text nothing is decided.
    with_keys(&db, other()).await.unwrap();
    with_keys(&db, KekSource::default()).await.unwrap();
    let clinic = people::clinic(&db).await;
    let mut w = people::writer(&db).await;
    people::appointment(&mut w, &clinic, &clinic.gp, clinic.jack, (9, 0), "booked").await;
    with_keys(&db, support::keys()).await.unwrap();
    for (keys, said) in [(other(), "must hold the key"), (KekSource::default(), "no key is configured")] {
        match with_keys(&db, keys).await {
            Err(Error::Keys(sentence)) => {
                assert!(
                    sentence.contains(said) && sentence.contains(&support::keys().ids()[0]),
                    "{sentence}"
                );
            }
            Err(e) => panic!("{e:?}"),
            Ok(_) => panic!("it started"),
        }
    }
    // It may have more than it needs, as during a rotation.
    let both = KekSource::of(vec![Kek::from_bytes([9; 32]), Kek::from_bytes([7; 32])]);
    with_keys(&db, both).await.unwrap();
}

#[tokio::test]
async fn without_a_key_nothing_clinical_is_written_and_what_is_older_stays_readable() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut w = people::writer(&db).await;
    sqlx::query("insert into clinic.patient_alert (id, patient_id, text, author) values (gen_random_uuid(), $1, '\\x00' || 'of before'::bytea, $2)")
        .bind(clinic.jack.0)
        .bind(clinic.gp.account.0)
        .execute(&mut w)
        .await
        .unwrap();
    let store = with_keys(&db, KekSource::default()).await.unwrap();
    let mei = praxis::auth::login::sign_in(&store, "mei", people::PASSWORD.to_owned().into(), "test")
        .await
        .unwrap();
    let add = |s: &SignIn, text: &str| {
        let (store, actor, text) = (s.store.clone(), s.actor.clone(), text.to_owned());
        async move { store.add_alert(&actor, RequestId::new(), uuid::Uuid::now_v7(), clinic.jack, text).await }
    };
    match add(&mei, "plain").await {
        Err(Error::Refused(why)) => assert_eq!(why.rule, "sealing_no_key"),
        other => panic!("{other:?}"),
    }
    let alerts = |s: &SignIn| {
        let (store, actor) = (s.store.clone(), s.actor.clone());
        async move {
            let profile = store.patient_profile(&actor, clinic.jack, false).await.unwrap();
            profile.alerts.into_iter().map(|a| a.text).collect::<std::collections::BTreeSet<_>>()
        }
    };
    assert_eq!(alerts(&mei).await, ["of before".to_owned()].into());

    // With a key both are read; from the first sealed text on no plain one comes in, from nobody.
    let mei = people::signed_in(&db, "mei").await;
    add(&mei, "of now").await.unwrap();
    assert_eq!(alerts(&mei).await, ["of before".to_owned(), "of now".to_owned()].into());
    let plain = sqlx::query("insert into clinic.patient_alert (id, patient_id, text, author) values (gen_random_uuid(), $1, '\\x0061', $2)")
        .bind(clinic.jack.0)
        .bind(clinic.gp.account.0)
        .execute(&mut w)
        .await
        .unwrap_err();
    assert!(plain.to_string().contains("plain_text_refused"), "{plain}");
    let changed =
        sqlx::query("update clinic.patient_alert set text = '\\x0061'").execute(&mut w).await.unwrap_err();
    assert!(changed.to_string().contains("plain_text_refused"), "{changed}");
    // An administrator does not switch it off.
    let root = people::signed_in(&db, "root").await;
    let off = root
        .store
        .change_setting(
            &root.actor,
            RequestId::new(),
            "sealing_required",
            "on".into(),
            "off".into(),
            "why".into(),
        )
        .await;
    assert!(matches!(&off, Err(Error::Refused(_))), "{off:?}");
}

#[tokio::test]
async fn keys_are_fetched_for_a_whole_list_at_once_and_wiped_at_lock_and_sign_out() {
    let mut r = room().await;
    for (patient, hour) in [(r.clinic.linh, 10), (r.clinic.hao, 11), (r.clinic.omar, 12)] {
        people::appointment(&mut r.w, &r.clinic, &r.clinic.gp, patient, (hour, 0), "booked").await;
    }
    let mei = people::signed_in(&r.db, "mei").await;
    assert_eq!(mei.store.keys_at_hand(), 0);
    let board = mei.store.board(&mei.actor, r.clinic.randwick, r.clinic.today, false).await.unwrap();
    assert!(board.rows.iter().all(|row| row.reason == "blood test"));
    assert_eq!(mei.store.keys_at_hand(), 4);
    mei.store.lock().await.unwrap();
    assert_eq!(mei.store.keys_at_hand(), 0);
    let again = people::signed_in(&r.db, "mei").await;
    again.store.board(&again.actor, r.clinic.randwick, r.clinic.today, false).await.unwrap();
    again.store.sign_out().await;
    assert_eq!(again.store.keys_at_hand(), 0);
}

#[tokio::test]
async fn wrapped_keys_are_given_to_whoever_handles_the_patient_and_to_nobody_else() {
    let r = room().await;
    let all = [r.clinic.jack.0, r.clinic.linh.0, uuid::Uuid::nil()];
    r.note("", "text").await;
    let given = async |login: &str| -> i64 {
        let mut c = people::raw(&r.db, login).await;
        sqlx::query_scalar("select count(*) from clinic.patient_keys($1)")
            .bind(all.to_vec())
            .fetch_one(&mut c)
            .await
            .unwrap()
    };
    assert_eq!(given("mei").await, 1);
    assert_eq!(given("anna").await, 1);
    assert_eq!(given("jack").await, 1);
    assert_eq!(given("audrey").await, 0);
    // Nor may the program's role look at the table, signed in or not.
    let mut c = sqlx::PgConnection::connect_with(&r.db.options("praxis_app")).await.unwrap();
    assert!(sqlx::query("select from clinic.patient_key").execute(&mut c).await.is_err());
    let none: i64 = sqlx::query_scalar("select count(*) from clinic.patient_keys($1)")
        .bind(all.to_vec())
        .fetch_one(&mut c)
        .await
        .unwrap();
    assert_eq!(none, 0);
    let made = sqlx::query("select clinic.keep_patient_key($1, $1, '\\x00', 'x')")
        .bind(r.clinic.hao.0)
        .execute(&mut c)
        .await;
    assert!(made.is_err());
}

#[test]
fn a_key_file_that_is_missing_open_or_wrong_stops_the_program_with_a_sentence() {
    let db = fresh_database();
    let file = std::env::temp_dir().join(format!("{}-{}.key", db.name, std::process::id()));
    let run = |said: &str| {
        let (url, path) = (db.url(), file.display().to_string());
        let env = [
            ("PRAXIS_DATABASE_URL", url.as_str()),
            ("PRAXIS_SEALING_KEY_FILE", &path),
            ("PRAXIS_LOG_FILE", "/dev/null"),
        ];
        let mut tui = Tui::start(&[], &env, 24, 200);
        assert_eq!(tui.wait_exit().exit_code(), 78, "{}", tui.screen());
        assert!(tui.screen().contains(said), "{said}: {}", tui.screen());
    };
    run("cannot be read");
    praxis::store::sealed::make_key_file(&file).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    run("can be read by everybody");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&file, "praxis-key-1:abcdef\n").unwrap();
    run("line 1 of the key file");
    std::fs::remove_file(&file).unwrap();
}

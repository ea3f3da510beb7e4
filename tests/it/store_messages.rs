//! Messages against a real server: who writes to whom, who reads what, and what a sent message never does.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, Clinic},
};
use praxis::{
    domain::{
        ids::{AccountId, MessageId, RequestId},
        message::{Folder, Letter, Message, MessageKind, Note, Sender},
    },
    store::{Error, SignIn},
};

fn letter(subject: &str, body: &str) -> Letter {
    Letter { subject: subject.into(), body: body.into() }
}

fn note(to: AccountId, body: &str) -> Note {
    Note { to, about: None, letter: letter("", body), due_on: None, answer_to: None }
}

fn bodies(found: &[Message]) -> Vec<&str> {
    found.iter().map(|m| m.letter.body.as_str()).collect()
}

async fn folder(who: &SignIn, folder: Folder) -> Vec<Message> {
    who.store.messages(&who.actor, folder, true).await.expect("the messages")
}

async fn clinic(db: &Db) -> Clinic {
    people::clinic(db).await
}

fn sender(email: &str) -> Sender {
    Sender { name: "Jack Black".into(), email: email.into(), phone: "0400 000 001".into() }
}

#[test]
fn somebody_without_an_account_writes_to_the_clinic_and_stands_as_not_in_the_directory() {
    let db = fresh_database();
    block_on(async {
        clinic(&db).await;
        let store = people::nobody(&db).await;
        let id = MessageId::new();
        let early = store.write_to_clinic(id, sender(""), letter("", "x")).await.unwrap_err();
        assert!(matches!(&early, Error::Refused(why) if why.rule == "clinic_box_closed"), "{early}");
        let mei = people::signed_in(&db, "mei").await;
        assert!(folder(&mei, Folder::Open).await.is_empty(), "the desk has opened the box now");
        for _ in 0..2 {
            let said = letter("Parking", "Is there any?");
            store.write_to_clinic(id, sender("who@nowhere.example"), said).await.expect("a message");
        }
        let found = folder(&mei, Folder::Open).await;
        assert_eq!(bodies(&found), ["Is there any?"], "sent twice under one id, it is there once");
        assert_eq!((found[0].from_role.as_deref(), found[0].proven), (None, false));
        assert_eq!(mei.store.open_messages(&mei.actor).await.unwrap(), (1, 0));
        let anna = people::signed_in(&db, "anna").await;
        assert!(folder(&anna, Folder::Received).await.is_empty(), "the clinic's box is the desk's");
    });
}

#[test]
fn the_role_of_a_sender_is_looked_up_by_the_address_and_marked_as_not_proven() {
    let db = fresh_database();
    block_on(async {
        clinic(&db).await;
        let mut c = db.superuser().await;
        sqlx::query("update clinic.account set email = 'jack@praxis.example' where login = 'jack'")
            .execute(&mut c)
            .await
            .unwrap();
        let store = people::nobody(&db).await;
        let mei = people::signed_in(&db, "mei").await;
        folder(&mei, Folder::Open).await;
        let from = sender(" JACK@praxis.example");
        store.write_to_clinic(MessageId::new(), from, letter("a", "b")).await.expect("a message");
        let found = folder(&mei, Folder::Open).await;
        assert_eq!((found[0].from_role.as_deref(), found[0].proven), (Some("patient"), false));
        assert_eq!(found[0].from, None, "an address proves nobody");
    });
}

#[test]
fn strangers_are_limited_by_the_hour_and_people_who_signed_in_are_not_kept_out_by_them() {
    let db = fresh_database();
    block_on(async {
        clinic(&db).await;
        let mut c = db.superuser().await;
        sqlx::query("update clinic.setting set value = '2' where key = 'messages_per_hour'")
            .execute(&mut c)
            .await
            .unwrap();
        let store = people::nobody(&db).await;
        let mei = people::signed_in(&db, "mei").await;
        folder(&mei, Folder::Open).await;
        for n in 0..3 {
            let done = store.write_to_clinic(MessageId::new(), sender(""), letter("x", "y")).await;
            match done {
                Ok(()) => assert!(n < 2),
                Err(Error::Refused(why)) => assert_eq!((n, why.rule.as_str()), (2, "too_many_messages")),
                Err(e) => panic!("{e}"),
            }
        }
        let pat = people::signed_in(&db, "jack").await;
        let id = MessageId::new();
        pat.store
            .send_to_clinic(&pat.actor, RequestId::new(), id, letter("Pills", "I need more."))
            .await
            .expect("a message of a patient");
        let found = folder(&mei, Folder::Open).await;
        let theirs = found.iter().find(|m| m.id == id).expect("the patient's");
        assert!(theirs.proven && theirs.about.is_some() && theirs.from == Some(pat.actor.account));
    });
}

#[test]
fn a_message_between_colleagues_is_read_by_the_two_and_nobody_else() {
    let db = fresh_database();
    block_on(async {
        let clinic = clinic(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let mei = people::signed_in(&db, "mei").await;
        let mut what = note(mei.actor.account, "Please ring her back.");
        what.about = Some(clinic.linh);
        let id = MessageId::new();
        anna.store
            .send_message(&anna.actor, RequestId::new(), id, MessageKind::Staff, what)
            .await
            .expect("a message");
        let got = folder(&mei, Folder::Open).await;
        assert_eq!(bodies(&got), ["Please ring her back."]);
        assert_eq!(got[0].about.as_ref().map(|(p, _)| *p), Some(clinic.linh));
        assert_eq!(bodies(&folder(&anna, Folder::Sent).await), ["Please ring her back."]);
        for login in ["root", "gary", "audrey"] {
            let other = people::signed_in(&db, login).await;
            assert!(folder(&other, Folder::Received).await.is_empty(), "{login}");
        }
        let version =
            mei.store.mark_read(&mei.actor, RequestId::new(), id, got[0].version, true).await.expect("read");
        assert!(folder(&mei, Folder::Open).await.is_empty());
        let stale = mei.store.mark_read(&mei.actor, RequestId::new(), id, got[0].version, true).await;
        assert!(matches!(stale, Err(Error::Stale { .. })));
        let by_sender = anna.store.mark_read(&anna.actor, RequestId::new(), id, version, false).await;
        assert!(by_sender.is_err(), "only who received it marks it");
    });
}

#[test]
fn a_task_stays_open_until_it_is_done_and_says_who_did_it() {
    let db = fresh_database();
    block_on(async {
        let clinic = clinic(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let mei = people::signed_in(&db, "mei").await;
        let mut what = note(mei.actor.account, "Send the letter.");
        what.due_on = Some(clinic.tomorrow);
        let id = MessageId::new();
        anna.store
            .send_message(&anna.actor, RequestId::new(), id, MessageKind::Staff, what)
            .await
            .expect("a task");
        let v = folder(&mei, Folder::Open).await[0].version;
        let v = mei.store.mark_read(&mei.actor, RequestId::new(), id, v, true).await.expect("read");
        assert_eq!(mei.store.open_messages(&mei.actor).await.unwrap(), (0, 1), "read, and still to do");
        let v = mei.store.mark_done(&mei.actor, RequestId::new(), id, v, true).await.expect("done");
        assert!(folder(&mei, Folder::Open).await.is_empty());
        let all = folder(&mei, Folder::Received).await;
        assert_eq!(all[0].done.as_ref().map(|(_, by)| by.to_string()), Some(mei.actor.name.to_string()));
        mei.store.mark_done(&mei.actor, RequestId::new(), id, v, false).await.expect("taken back");
        assert_eq!(folder(&mei, Folder::Open).await.len(), 1);
    });
}

#[test]
fn nobody_writes_under_another_name_to_a_stranger_or_changes_what_was_sent() {
    let db = fresh_database();
    block_on(async {
        clinic(&db).await;
        let (anna, mei) = (people::signed_in(&db, "anna").await, people::signed_in(&db, "mei").await);
        let pat = people::signed_in(&db, "jack").await;
        let send = |who: SignIn, kind, to| async move {
            who.store
                .send_message(&who.actor, RequestId::new(), MessageId::new(), kind, note(to, "x"))
                .await
                .map(|_| who)
        };
        let answer = send(anna, MessageKind::Answer, pat.actor.account).await;
        assert!(answer.is_err(), "the desk answers patients");
        let to_patient =
            send(people::signed_in(&db, "anna").await, MessageKind::Staff, pat.actor.account).await;
        assert!(to_patient.is_err(), "a patient is no colleague");
        let by_patient = send(pat, MessageKind::Staff, mei.actor.account).await;
        assert!(by_patient.is_err(), "patients write to the clinic");
        let pat = people::signed_in(&db, "jack").await;
        let mei = send(mei, MessageKind::Answer, pat.actor.account).await.expect("an answer");
        let got = folder(&pat, Folder::Open).await;
        assert_eq!(bodies(&got), ["x"]);
        let mut c = db.superuser().await;
        let changed =
            sqlx::query("update clinic.message set body = '\\x0079'").execute(&mut c).await.unwrap_err();
        assert!(changed.to_string().contains("message_is_sent"), "{changed}");
        drop(mei);
    });
}

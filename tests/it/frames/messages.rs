//! Messages: what waits and who wrote it, reading, answering, tasks, and what a stranger can write.
use super::{actor, env, every_size};
use chrono::{DateTime, NaiveDate, Utc};
use praxis::{
    domain::{
        actor::Role,
        ids::{AccountId, MessageId, PatientId},
        message::{Letter, Message, MessageKind, Sender},
        name::PersonName,
    },
    ui::{
        screen::Screen,
        screens::messages::{self, Messages, outside::Outside, read::message_text, write::Write},
        testing::Stage,
    },
};
use uuid::Uuid;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+11:00")).unwrap().with_timezone(&Utc)
}

fn message(n: u128, name: &str, role: Option<&str>, body: &str) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(n)),
        version: 1,
        kind: MessageKind::Staff,
        from: Some(AccountId(Uuid::from_u128(900 + n))),
        from_role: role.map(Into::into),
        proven: true,
        sender: Sender { name: name.into(), ..Sender::default() },
        to: Some((AccountId(Uuid::from_u128(800)), PersonName::new("Wong", "Mei"))),
        about: None,
        letter: Letter { subject: String::new(), body: body.into() },
        due_on: None,
        sent_at: at("2026-03-12T08:55"),
        read: None,
        done: None,
    }
}

fn waiting() -> Vec<Message> {
    let mut stranger = message(1, "Jack\u{1b}[2J Black", None, "Is there parking?");
    (stranger.kind, stranger.from, stranger.proven, stranger.to) = (MessageKind::Clinic, None, false, None);
    stranger.sender.email = "jack@nowhere.example".into();
    let mut task = message(2, "Anna Smith", Some("gp"), "Please send the letter.");
    task.due_on = NaiveDate::from_ymd_opt(2026, 3, 11);
    task.about = Some((PatientId(Uuid::from_u128(5)), PersonName::new("Nguyen", "Linh")));
    let patient = Message {
        kind: MessageKind::Clinic,
        to: None,
        ..message(3, "Jack Black", Some("patient"), "More pills.")
    };
    vec![task, stranger, patient]
}

fn stage<S: Screen>(screen: S) -> Stage<S> {
    Stage::with(screen, env(Some(actor(Role::Receptionist)))).at(80, 24)
}

fn list() -> Stage<Messages> {
    let mut s = stage(Messages::default());
    s.deliver(messages::Msg::Loaded(Ok(waiting())));
    s
}

#[test]
fn what_waits_is_listed_with_who_wrote_it_and_late_tasks_first() {
    let mut s = list();
    insta::assert_snapshot!(s.frame());
    every_size(list);
}

#[test]
fn opening_a_message_marks_it_as_read() {
    let mut s = list();
    s.keys("down enter");
    let effects = s.effects();
    assert!(effects.iter().any(|e| e == "save messages.mark"), "{effects:?}");
    assert!(s.text().contains("Is there parking?") && s.text().contains("had not signed in"), "{}", s.text());
}

#[test]
fn a_task_is_done_with_one_key_and_other_messages_are_not_tasks() {
    let mut s = list();
    s.keys("d");
    assert!(s.effects().iter().any(|e| e == "save messages.mark"));
    let mut s = list();
    s.keys("down d");
    assert!(!s.effects().iter().any(|e| e == "save messages.mark"));
    assert!(s.toast().contains("no task"), "{}", s.toast());
}

#[test]
fn a_patient_is_answered_and_a_stranger_is_answered_by_mail_or_phone() {
    let mut s = list();
    s.keys("down a");
    assert!(s.toast().contains("by e-mail or phone"), "{}", s.toast());
    s.keys("down a");
    let effects = s.effects();
    assert!(
        effects.iter().any(|e| e.starts_with("push WriteMessage") && e.contains("Answer")),
        "{effects:?}"
    );
}

#[test]
fn a_message_without_a_text_is_not_sent_and_what_was_typed_stays() {
    let mut s = stage(Write::to_clinic());
    s.keys("ctrl-s");
    assert!(s.effects().is_empty());
    s.keys("tab");
    s.type_text("I need a new prescription.");
    s.keys("ctrl-s");
    assert_eq!(s.effects(), ["save message.send"]);
    s.deliver(Err(praxis::store::Error::Slow));
    assert!(s.text().contains("I need a new prescription."));
}

#[test]
fn a_stranger_must_say_how_to_be_answered() {
    let mut s = Stage::with(Outside::default(), env(None)).at(80, 24);
    s.type_text("Jo");
    s.keys("tab tab tab tab");
    s.type_text("Hello?");
    s.keys("ctrl-s");
    assert!(s.effects().is_empty());
    assert!(s.text().contains("so that somebody can answer"), "{}", s.text());
    insta::assert_snapshot!(s.frame());
}

#[test]
fn a_message_says_what_is_known_of_its_sender_and_what_became_of_it() {
    let mut done = waiting().remove(0);
    done.done = Some((at("2026-03-12T09:00"), PersonName::new("Wong", "Mei")));
    let text = message_text(&done, chrono_tz::Australia::Sydney);
    for part in
        ["From Anna Smith (GP)", "To WONG Mei", "About NGUYEN Linh", "due", "Done 12 Mar 09:00 by WONG Mei"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

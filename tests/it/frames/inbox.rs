//! The inbox: what waits, what is new, where a line leads, and the count on the second line.
use super::{actor, env, every_size};
use chrono::{DateTime, NaiveDate, Utc};
use praxis::{
    domain::{
        actor::Role,
        ids::{EncounterId, PatientId},
        name::PersonName,
        notice::{Notice, NoticeKind as K},
    },
    ui::{
        screens::inbox::{Inbox, Msg},
        testing::Stage,
    },
};
use uuid::Uuid;

fn notice(n: u128, kind: K, who: (&str, &str), new: bool) -> Notice {
    let at = |t: &str| DateTime::parse_from_rfc3339(t).unwrap().with_timezone(&Utc);
    Notice {
        kind,
        id: Uuid::from_u128(n),
        at: at(if new { "2026-03-12T09:10:00+11:00" } else { "2026-03-10T16:45:00+11:00" }),
        due: matches!(kind, K::Task).then(|| NaiveDate::from_ymd_opt(2026, 3, 11).unwrap()),
        who: PersonName::new(who.0, who.1),
        patient: Some(PatientId(Uuid::from_u128(0x60))),
        visit: matches!(kind, K::Result | K::Unsigned).then(|| EncounterId(Uuid::from_u128(0x70))),
        new,
    }
}

fn all() -> Vec<Notice> {
    vec![
        notice(1, K::Task, ("Wong", "Mei"), true),
        notice(2, K::Result, ("Black", "Jack"), true),
        notice(3, K::Unsigned, ("Nguyen", "Linh"), false),
        notice(4, K::AccessGranted, ("Zhang", "Hao"), true),
    ]
}

fn shown() -> Stage<Inbox> {
    let mut s = Stage::with(Inbox::default(), env(Some(actor(Role::Gp))));
    s.deliver(Msg::Loaded(Ok(all())));
    s.forget_effects();
    s
}

#[test]
fn it_shows_what_waits_and_opening_a_line_marks_it_and_goes_there() {
    let mut s = shown();
    insta::assert_snapshot!("inbox", s.frame());
    s.keys("enter");
    assert_eq!(s.effects(), ["save inbox.mark", "push Messages"]);
    let mut s = shown();
    s.keys("down s");
    assert_eq!(s.effects(), ["save tests.acknowledge"]);
    let mut s = shown();
    s.keys("down down enter");
    assert!(s.effects()[0].starts_with("push Visit("), "read already: nothing to mark");
    let mut s = shown();
    s.keys("a");
    assert_eq!(s.effects(), ["save inbox.mark"]);
    s.keys("m");
    assert!(s.effects().iter().any(|e| e == "push Messages"), "{:?}", s.effects());
    every_size(shown);
}

#[test]
fn nothing_waiting_says_so() {
    let mut s = Stage::with(Inbox::default(), env(Some(actor(Role::Receptionist))));
    s.deliver(Msg::Loaded(Ok(vec![])));
    assert!(s.frame().contains("Nothing waits for you."), "{}", s.frame());
}

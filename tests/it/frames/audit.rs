//! One event of the log whole, and who looked at a record, as an auditor and a patient read them.
use super::{actor, env, every_size};
use chrono::{DateTime, Utc};
use praxis::{
    domain::{
        actor::Role,
        audit::{AuditEntry, AuditPage, AuditProof, RecordView, RecordViews},
        ids::{AccountId, AuditEventId, PatientId},
        name::PersonName,
        why::Why,
    },
    store::Error,
    ui::{
        screens::{
            audit_log::{
                self, AuditLog,
                event::{self, EventView},
            },
            record_viewers::{self, RecordViewers},
        },
        testing::Stage,
    },
};
use uuid::Uuid;

const ZONE: chrono_tz::Tz = chrono_tz::Australia::Sydney;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x100 + n)
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}+11:00")).unwrap().with_timezone(&Utc)
}

fn entry() -> AuditEntry {
    AuditEntry {
        id: AuditEventId(id(1)),
        at: at("2026-03-12T09:30:15.5"),
        account: Some(AccountId(id(2))),
        who: PersonName::new("Smith", "Anna"),
        login: "anna".into(),
        role: "gp".into(),
        action: "appointment.set-status".into(),
        entity: "appointment".into(),
        entity_id: Some(id(90)),
        patient: Some(PatientId(id(60))),
        patient_name: Some(PersonName::new("Black", "Jack")),
        record_number: Some(123),
        refused: false,
        facts: serde_json::json!({ "right": "appointment", "to": "arrived" }),
    }
}

fn stage<S: praxis::ui::screen::Screen>(screen: S, role: Role) -> Stage<S> {
    Stage::with(screen, env(Some(actor(role))))
}

#[test]
fn an_event_is_shown_whole_with_its_place_and_its_root() {
    let made = |root: Option<(i64, DateTime<Utc>)>| {
        let mut s = stage(EventView::of(AuditEventId(id(1))), Role::Auditor);
        s.deliver(event::Msg::Loaded(Box::new(Ok(AuditProof {
            entry: entry(),
            session: Some(id(3)),
            chain: id(4),
            n: 17,
            previous: vec![0xab; 32],
            hash: vec![0xcd; 32],
            root,
            zone: ZONE,
        }))));
        s.forget_effects();
        s
    };
    let mut s = made(Some((12, at("2026-03-12T09:30:16"))));
    insta::assert_snapshot!("event", s.frame());
    s.keys("v");
    assert!(s.effects()[0].starts_with("push RecordViewers("), "{:?}", s.effects());
    assert!(made(None).frame().contains("no root yet"));
    every_size(|| made(None));
}

#[test]
fn the_log_filters_by_days_and_word_and_opens_a_line() {
    let mut s = stage(AuditLog::default(), Role::Auditor);
    let page = || AuditPage { entries: vec![entry()], zone: ZONE };
    s.deliver(audit_log::Msg::Loaded(None, Ok(page())));
    assert!(s.frame().contains("times of Australia/Sydney"), "{}", s.frame());
    s.forget_effects();
    s.keys("f").type_text("1/3/2026").keys("enter");
    s.deliver(audit_log::Msg::Loaded(None, Ok(page())));
    s.keys("w").type_text("arrived").keys("enter");
    s.deliver(audit_log::Msg::Loaded(None, Ok(page())));
    assert!(s.frame().contains("from 01 Mar 2026, with \"arrived\""), "{}", s.frame());
    s.forget_effects();
    s.keys("enter");
    assert!(s.effects()[0].starts_with("push AuditEvent("), "{:?}", s.effects());
    s.forget_effects();
    s.keys("e ctrl-u").type_text("log.csv").keys("enter");
    assert!(s.frame().contains("whole path"), "{}", s.frame());
    s.keys("ctrl-u").type_text("/nowhere/at/all/log.csv").keys("enter");
    assert_eq!(s.effects(), ["save audit.export"]);
}

#[test]
fn who_looked_is_one_line_for_each_view_with_its_right() {
    let view = |n: u128, who: (&str, &str), role: &str, action: &str, right: &str| RecordView {
        id: AuditEventId(id(n)),
        at: at(&format!("2026-03-12T09:{:02}:00", 40 - n)),
        who: PersonName::new(who.0, who.1),
        role: role.into(),
        centre: "Randwick Medical Centre".into(),
        action: action.into(),
        entity: "patient".into(),
        right: right.into(),
        refused: false,
    };
    let made = || {
        let mut s = stage(RecordViewers::of(PatientId(id(60))), Role::Patient);
        s.deliver(record_viewers::Msg::Loaded(
            None,
            Ok(RecordViews {
                patient: PersonName::new("Black", "Jack"),
                record_number: 123,
                views: vec![
                    view(1, ("Smith", "Anna"), "gp", "visit.open", "appointment"),
                    view(2, ("Neeson", "Liam"), "specialist", "history.open", "emergency"),
                    view(3, ("Wong", "Mei"), "receptionist", "patient.open", "role"),
                    view(4, ("Black", "Jack"), "patient", "own.open", "own"),
                ],
                zone: ZONE,
            }),
        ));
        s.forget_effects();
        s
    };
    insta::assert_snapshot!("viewers", made().frame());
    every_size(made);
    let mut closed = stage(RecordViewers::of(PatientId(id(60))), Role::Receptionist);
    let why = Why::new("viewers_not_for_you", "Who looked at a record is told to the patient.");
    closed.deliver(record_viewers::Msg::Loaded(None, Err(Error::Refused(why))));
    assert!(closed.frame().contains("is told to the patient"), "{}", closed.frame());
}

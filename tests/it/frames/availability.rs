//! The week of a provider, slots of a session, leave and holidays, the plan that moves bookings, visit types and rooms.
use super::{actor, env, every_size};
use crate::support::budgets::counted;
use chrono::{DateTime, Duration, NaiveDate, TimeZone as _, Utc};
use praxis::{
    domain::{
        actor::Role,
        appointment::AppointmentKind,
        booking::NewTime,
        clinic_session::{Kept, SessionRow},
        exception::{Clash, ExceptionEntry, ExceptionKind, Opening, PlanStep},
        ids::{
            AppointmentId, CentreId, ClinicSessionId, ExceptionId, PatientId, ProviderId, RoomId, VisitTypeId,
        },
        name::PersonName,
        room::{Room, RoomDetails, RoomKind},
        slots::{SlotNow, SlotState},
        time::Period,
        visit_type::{VisitType, VisitTypeDetails},
    },
    store::{Before, Copied, Done, Generated, LeftOut, Moved, Stays, TakenBack, Unplanned, Was},
    ui::{
        screens::{
            admin::{
                rooms::{self, Rooms},
                visit_types::{self, VisitTypes},
            },
            schedule::{
                exceptions::{self, Exceptions},
                plan, slots,
                week::{self, Week},
            },
        },
        testing::Stage,
    },
};
use uuid::Uuid;

const ZONE: chrono_tz::Tz = chrono_tz::Australia::Sydney;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    ZONE.with_ymd_and_hms(2026, 3, day, hour, minute, 0).unwrap().with_timezone(&Utc)
}
fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, n).unwrap()
}

fn session(n: u128, on: u32, (from, to): (u32, u32), booked: u32, kept: Kept) -> SessionRow {
    let there = (to - from) * 2 - booked - kept.held - kept.past;
    SessionRow {
        id: ClinicSessionId(id(n)),
        version: 1,
        provider: ProviderId(id(3)),
        provider_name: PersonName::new("Smith", "Anna"),
        centre: CentreId(id(5)),
        centre_name: if n.is_multiple_of(2) { "Randwick Medical Centre" } else { "Ultimo Medical Centre" }
            .into(),
        zone: ZONE,
        day: day(on),
        period: Period { start: at(on, from, 0), end: at(on, to, 0) },
        slot_minutes: 30,
        booked,
        free: if kept.shut.is_some() { 0 } else { there },
        kept,
    }
}

fn week() -> Stage<Week> {
    let mut stage = Stage::with(Week::of(None, None), env(Some(actor(Role::Gp))));
    let kept = Kept { planned: true, ..Kept::default() };
    let busy = Kept { held: 2, overbooked: 1, ..Kept::default() };
    let away = Kept { shut: Some(ExceptionKind::Leave), planned: true, ..Kept::default() };
    stage.deliver(week::Msg::Loaded(Ok(vec![
        session(20, 12, (9, 12), 6, kept),
        session(21, 12, (14, 17), 2, busy),
        session(22, 13, (9, 17), 5, kept),
        session(24, 16, (9, 17), 0, away),
    ])));
    stage
}

#[test]
fn the_next_seven_days_of_a_provider_stand_on_one_screen() {
    insta::assert_snapshot!(week().frame());
    insta::assert_snapshot!("week_wide", week().at(132, 43).frame());
    insta::assert_snapshot!("week_small", week().at(60, 20).frame());
    every_size(week);
}

#[test]
fn one_key_copies_the_last_week_and_one_makes_sessions_from_the_hours() {
    let mut stage = week();
    stage.forget_effects().keys("c");
    assert_eq!(stage.effects(), ["save session.copy-week"]);
    let added: Vec<_> = (1..=3).map(|n| ClinicSessionId(id(n))).collect();
    stage.deliver(week::Msg::Copied(Ok(Copied { added, kept: 1, ..Copied::default() })));
    assert_eq!(stage.toast(), "3 sessions copied from the week before.");
    stage.forget_effects().keys("m enter");
    assert!(
        stage.effects().contains(&"save session.generate".to_owned()),
        "eight weeks when nobody says otherwise"
    );
    let made = Generated { added: 8, kept: 2, booked: vec![ClinicSessionId(id(1))], ..Generated::default() };
    stage.deliver(week::Msg::Generated(Ok(made)));
    let beside =
        Generated { added: 2, elsewhere: vec!["Ultimo Medical Centre".into()], ..Generated::default() };
    assert!(stage.toast().contains("8 added") && stage.toast().contains("1 stay because they are booked"));
    stage.deliver(week::Msg::Generated(Ok(beside)));
    assert!(stage.toast().contains("left out Ultimo Medical Centre: the desk there"), "{}", stage.toast());
}

#[test]
fn what_was_not_copied_stands_in_its_day_and_the_rest_is_taken_back_with_one_key() {
    let copied = || {
        let mut stage = week();
        stage.forget_effects().keys("c");
        let time = |h| chrono::NaiveTime::from_hms_opt(h, 0, 0).unwrap();
        let left = LeftOut {
            day: day(13),
            from: time(9),
            to: time(12),
            centre_name: "Randwick Medical Centre".into(),
            elsewhere: true,
        };
        let added = vec![ClinicSessionId(id(1)), ClinicSessionId(id(2))];
        stage.deliver(week::Msg::Copied(Ok(Copied { added, left: vec![left], ..Copied::default() })));
        stage.deliver(week::Msg::Loaded(Ok(vec![session(22, 12, (9, 12), 0, Kept::default())])));
        stage
    };
    insta::assert_snapshot!("week_copied", copied().frame());
    insta::assert_snapshot!("week_copied_small", copied().at(60, 20).frame());
    let mut stage = copied();
    let key = stage.pressed();
    assert!(stage.toast().contains("2 sessions copied"), "{}", stage.toast());
    stage.forget_effects().keys("u");
    assert_eq!(stage.effects(), ["save session.copy-week"]);
    counted("copy the week before (in the week of a provider); take it back", &[key, stage.pressed()]);
    stage.deliver(week::Msg::TakenBack(Ok(TakenBack {
        back: 1,
        stays: vec![stays(12, "somebody is booked in it")],
        ..TakenBack::default()
    })));
    assert_eq!(
        stage.toast(),
        "1 session taken back. Thu 12 Mar 09:00-12:00 stays: somebody is booked in it."
    );
}

fn stays(on: u32, why: &str) -> Stays {
    let time = |h| chrono::NaiveTime::from_hms_opt(h, 0, 0).unwrap();
    Stays { day: day(on), from: time(9), to: time(12), why: why.into() }
}

#[test]
fn sessions_made_from_hours_are_taken_back_with_one_key_and_what_stays_is_named() {
    let mut stage = week();
    stage.keys("m enter");
    let keys = stage.pressed();
    let one = |n, was| Done { session: ClinicSessionId(id(n)), version: 1, was, lost: vec![] };
    let done = vec![one(1, Before::Absent), one(2, Before::There { plan: Some((540, 720, 30)) })];
    stage.deliver(week::Msg::Generated(Ok(Generated { added: 1, removed: 1, done, ..Generated::default() })));
    assert!(stage.text().contains("u undo"), "{}", stage.text());
    stage.forget_effects().keys("u");
    assert!(stage.effects().contains(&"save session.generate".to_owned()), "{:?}", stage.effects());
    let work = "make sessions from the weekly hours (in the week of a provider); take all of it back";
    counted(work, &[keys, stage.pressed()]);
    let left = ["somebody is booked in it", "it was changed since", "somebody is booked in it", "x", "x"];
    let left = left.iter().zip(16..).map(|(why, on)| stays(on, why)).collect();
    stage.deliver(week::Msg::TakenBack(Ok(TakenBack { back: 3, stays: left, ..TakenBack::default() })));
    assert_eq!(
        stage.toast(),
        "3 sessions taken back. Mon 16 Mar 09:00-12:00, Wed 18 Mar 09:00-12:00 stay: somebody is booked in it. \
         Tue 17 Mar 09:00-12:00 stays: it was changed since. 2 more stay."
    );
}

#[test]
fn a_session_that_was_removed_after_its_plan_is_brought_back_with_one_key() {
    let mut stage = week();
    stage.keys("x");
    assert_eq!(stage.depth(), 2, "{}", stage.text());
    stage.deliver_to_top(plan::Msg::Loaded(Ok(steps())));
    stage.keys("A");
    let was =
        Was { time: time_of(&clash(1, 9, ("BLACK", "Jack"))), kind: AppointmentKind::Slot, closed: vec![] };
    let moved = Moved {
        appointment: AppointmentId(id(1)),
        version: Some(2),
        why: String::new(),
        was: Some(was),
        met: vec![],
    };
    stage.deliver_to_top(plan::Msg::Moved(Ok(vec![moved.clone()])));
    stage.deliver_to_top(plan::Msg::Loaded(Ok(vec![])));
    stage.forget_effects().keys("esc");
    assert!(stage.effects().contains(&"save session.remove".to_owned()), "{:?}", stage.effects());
    stage.deliver(week::Msg::Removed(Ok(vec![])));
    assert_eq!(stage.toast(), "The session is removed.");
    stage.forget_effects().keys("u");
    assert!(stage.effects().contains(&"save session.remove".to_owned()), "{:?}", stage.effects());
}

fn time_of(c: &Clash) -> NewTime {
    NewTime { provider: c.provider, centre: c.centre, session: None, period: c.period }
}

fn clash(n: u128, hour: u32, name: (&str, &str)) -> Clash {
    let period = Period { start: at(16, hour, 0), end: at(16, hour, 30) };
    Clash {
        appointment: AppointmentId(id(n)),
        version: 1,
        patient: PatientId(id(n + 100)),
        patient_name: PersonName::new(name.0, name.1),
        phone: "0412 345 678".into(),
        provider: ProviderId(id(3)),
        provider_name: PersonName::new("Smith", "Anna"),
        profession: "gp".into(),
        centre: CentreId(id(5)),
        centre_name: "Randwick Medical Centre".into(),
        zone: ZONE,
        period,
        busy: period,
    }
}

pub fn steps() -> Vec<PlanStep> {
    let to = |provider, name, on, hour| Opening {
        session: ClinicSessionId(id(60)),
        provider: ProviderId(id(provider)),
        provider_name: name,
        profession: "gp".into(),
        centre: CentreId(id(5)),
        centre_name: "Randwick Medical Centre".into(),
        zone: ZONE,
        period: Period { start: at(on, hour, 0), end: at(on, hour, 30) },
        until: at(on, 17, 0),
    };
    vec![
        PlanStep {
            clash: clash(1, 9, ("Black", "Jack")),
            to: Some(to(4, PersonName::new("Busey", "Gary"), 16, 9)),
            closes: vec![],
        },
        PlanStep {
            clash: clash(2, 10, ("Nguyen", "Linh")),
            to: Some(to(3, PersonName::new("Smith", "Anna"), 18, 9)),
            closes: vec![],
        },
        PlanStep { clash: clash(3, 11, ("Zhang", "Hao")), to: None, closes: vec![] },
    ]
}

fn entry(n: u128, kind: ExceptionKind, days: (u32, u32), clashes: u32) -> ExceptionEntry {
    let provider = kind != ExceptionKind::Holiday;
    ExceptionEntry {
        id: ExceptionId(id(n)),
        version: 1,
        kind,
        provider: provider.then(|| ProviderId(id(3))),
        provider_name: provider.then(|| PersonName::new("Smith", "Anna")),
        centre: (kind != ExceptionKind::Leave).then(|| CentreId(id(5))),
        centre_name: if kind == ExceptionKind::Leave { "" } else { "Randwick Medical Centre" }.into(),
        zone: ZONE,
        period: match kind {
            ExceptionKind::Extra => Period { start: at(days.0, 9, 0), end: at(days.0, 13, 0) },
            _ => Period { start: at(days.0, 0, 0), end: at(days.1, 0, 0) },
        },
        reason: if kind == ExceptionKind::Holiday { "public holiday" } else { "conference" }.into(),
        clashes,
    }
}

pub fn list() -> Stage<Exceptions> {
    let mut stage = Stage::with(Exceptions::default(), env(Some(actor(Role::Receptionist))));
    stage.deliver(exceptions::Msg::Loaded(Ok(vec![
        entry(70, ExceptionKind::Leave, (16, 21), 3),
        entry(71, ExceptionKind::Extra, (22, 22), 0),
        entry(72, ExceptionKind::Holiday, (25, 26), 0),
    ])));
    stage
}

fn planned() -> Stage<Exceptions> {
    let mut stage = list();
    stage.keys("enter");
    stage.deliver_to_top(plan::Msg::Loaded(Ok(steps())));
    stage
}

#[test]
fn leave_and_holidays_are_listed_with_the_bookings_under_them() {
    insta::assert_snapshot!(list().frame());
    insta::assert_snapshot!("exceptions_small", list().at(60, 20).frame());
    insta::assert_snapshot!("exceptions_wide", list().at(132, 43).frame());
    every_size(list);
}

#[test]
fn a_plan_is_accepted_with_one_key_or_changed_one_by_one() {
    let mut stage = planned();
    insta::assert_snapshot!(stage.frame());
    insta::assert_snapshot!("plan_small", planned().at(60, 20).frame());
    insta::assert_snapshot!("plan_wide", planned().at(132, 43).frame());
    stage.forget_effects().keys("A");
    assert_eq!(stage.effects(), ["save appointment.move"]);
    let moved = |n, version: Option<i64>, why: &str| {
        let time = clash(n, 9, ("BLACK", "Jack"));
        let (provider, centre, session) = (time.provider, time.centre, None);
        let time = NewTime { provider, centre, session, period: time.period };
        let was = version.map(|_| Was { time, kind: AppointmentKind::Slot, closed: vec![] });
        Moved { appointment: AppointmentId(id(n)), version, why: why.into(), was, met: vec![] }
    };
    let answer = vec![moved(1, Some(2), ""), moved(2, None, "SMITH Anna already has somebody at 09:00.")];
    stage.deliver_to_top(plan::Msg::Moved(Ok(answer)));
    assert!(
        stage.toast().starts_with("1 booking moved. 1 stay: SMITH Anna already has"),
        "{}",
        stage.toast()
    );
    assert!(stage.text().contains("u undo"), "{}", stage.text());
    stage.deliver_to_top(plan::Msg::Loaded(Ok(steps()[1..].to_vec())));
    assert!(stage.text().contains("already has"), "{}", stage.text());
    stage.keys("x");
    assert!(stage.text().contains("stays") && stage.text().contains("0 with a proposal"), "{}", stage.text());
    stage.forget_effects().keys("down enter");
    assert!(stage.effects()[0].contains("move_of: Some"), "{:?}", stage.effects());
    every_size(planned);
}

#[test]
fn a_plan_that_was_accepted_is_taken_back_with_one_key_and_says_what_stays() {
    let mut stage = planned();
    stage.pressed();
    stage.keys("A");
    let accepted = stage.pressed();
    let moved = |n, version: Option<i64>, why: &str| {
        let c = clash(n, 9, ("BLACK", "Jack"));
        let time = NewTime { provider: c.provider, centre: c.centre, session: None, period: c.period };
        let was = version.map(|_| Was { time, kind: AppointmentKind::Slot, closed: vec![] });
        Moved { appointment: AppointmentId(id(n)), version, why: why.into(), was, met: vec![] }
    };
    stage.deliver_to_top(plan::Msg::Moved(Ok(vec![moved(1, Some(2), ""), moved(2, Some(2), "")])));
    stage.deliver_to_top(plan::Msg::Loaded(Ok(vec![])));
    insta::assert_snapshot!("plan_accepted", stage.frame());
    stage.forget_effects().keys("u");
    assert_eq!(stage.effects(), ["save appointment.move"]);
    let work =
        "accept the plan of a leave, every booking of it (in the plan); take the plan and the leave back";
    counted(work, &[accepted, stage.pressed()]);
    let names = vec![(AppointmentId(id(1)), "BLACK Jack".to_owned())];
    let undone = Unplanned {
        moved: vec![moved(2, Some(3), ""), moved(1, None, "SMITH Anna already has somebody at 09:00.")],
        lifted: true,
        session: None,
    };
    stage.deliver_to_top(plan::Msg::Back(names, Ok(undone)));
    assert_eq!(
        stage.toast(),
        "1 booking is back at its old time. The leave is taken back. \
         BLACK Jack stays where it is now: SMITH Anna already has somebody at 09:00."
    );
}

#[test]
fn a_leave_is_entered_in_a_form() {
    for (name, columns, lines) in
        [("exception_form", 80, 24), ("exception_form_small", 60, 20), ("exception_form_wide", 132, 43)]
    {
        let mut stage = list().at(columns, lines);
        stage.keys("a");
        insta::assert_snapshot!(name, stage.frame());
    }
}

#[test]
fn what_was_entered_shows_its_clashes_at_once() {
    let mut stage = list();
    stage.deliver(exceptions::Msg::Entered(Some(ExceptionId(id(70)))));
    stage.deliver(exceptions::Msg::Loaded(Ok(vec![entry(70, ExceptionKind::Leave, (16, 21), 3)])));
    assert_eq!(stage.depth(), 2, "{}", stage.text());
    assert!(stage.text().contains("leave of SMITH Anna"), "{}", stage.text());
}

fn of_session() -> Stage<Week> {
    let mut stage = week();
    stage.keys("enter");
    let slot = |hour, minute, state| {
        let start = at(12, hour, minute);
        SlotNow { period: Period { start, end: start + Duration::minutes(30) }, state }
    };
    stage.deliver_to_top(slots::Msg::Loaded(Ok(vec![
        slot(9, 0, SlotState::Past),
        slot(9, 30, SlotState::Booked),
        slot(10, 0, SlotState::Buffer),
        slot(10, 30, SlotState::Held),
        slot(11, 0, SlotState::Free),
        slot(11, 30, SlotState::Away),
    ])));
    stage
}

#[test]
fn time_of_a_session_is_held_back_and_released_slot_by_slot() {
    let mut stage = of_session();
    insta::assert_snapshot!(stage.frame());
    insta::assert_snapshot!("slots_small", of_session().at(60, 20).frame());
    insta::assert_snapshot!("slots_wide", of_session().at(132, 43).frame());
    stage.forget_effects().keys("h");
    assert!(stage.effects().is_empty(), "what has begun cannot be held: {:?}", stage.effects());
    stage.keys("down down down down h");
    assert_eq!(stage.effects(), ["save session.hold"]);
    stage.forget_effects().keys("up x");
    assert_eq!(stage.effects(), ["save session.release"]);
    every_size(of_session);
}

fn types() -> Stage<VisitTypes> {
    let kind =
        |n, code: &str, name: &str, minutes, buffer_minutes, professions: &[&str], room_kind| VisitType {
            id: VisitTypeId(id(n)),
            version: 1,
            code: code.into(),
            details: VisitTypeDetails {
                name: name.into(),
                minutes,
                price_cents: 4500 * minutes / 15,
                buffer_minutes,
                professions: professions.iter().map(|p| (*p).to_owned()).collect(),
                room_kind,
            },
            retired: n == 83,
        };
    let mut stage = Stage::with(VisitTypes::default(), env(Some(actor(Role::Administrator))));
    stage.deliver(visit_types::Msg::Loaded(Ok(vec![
        kind(80, "blood-test", "Blood test", 10, 5, &["gp", "nurse"], Some(RoomKind::Treatment)),
        kind(81, "short", "Consultation, short", 15, 0, &["gp"], None),
        kind(82, "follow-up", "Follow-up", 15, 0, &[], None),
        kind(83, "old", "Old type", 30, 0, &[], None),
    ])));
    stage
}

#[test]
fn visit_types_are_listed_and_changed_in_a_form() {
    insta::assert_snapshot!(types().frame());
    insta::assert_snapshot!("visit_types_wide", types().at(132, 43).frame());
    insta::assert_snapshot!("visit_types_small", types().at(60, 20).frame());
    let mut stage = types();
    stage.keys("enter");
    insta::assert_snapshot!("visit_type_form", stage.frame());
    for (name, columns, lines) in [("visit_type_form_small", 60, 20), ("visit_type_form_wide", 132, 43)] {
        let mut form = types().at(columns, lines);
        form.keys("enter");
        insta::assert_snapshot!(name, form.frame());
    }
    stage.forget_effects().keys("ctrl-s");
    assert_eq!(stage.effects(), ["save visit-type.save"]);
    every_size(types);
}

fn all_rooms() -> Stage<Rooms> {
    let room = |n, name: &str, kind, equipment: &str| Room {
        id: RoomId(id(n)),
        version: 1,
        centre: CentreId(id(5)),
        centre_name: "Randwick Medical Centre".into(),
        details: RoomDetails { name: name.into(), kind, equipment: equipment.into() },
        retired: false,
        holds: (n == 91).then(|| AppointmentId(id(1))),
    };
    let mut stage = Stage::with(Rooms::default(), env(Some(actor(Role::Administrator))));
    stage.deliver(rooms::Msg::Loaded(Ok((
        vec![
            room(90, "Room 1", RoomKind::Consulting, ""),
            room(91, "Treatment 1", RoomKind::Treatment, "couch, blood fridge"),
        ],
        vec![],
    ))));
    stage
}

#[test]
fn rooms_are_listed_with_what_stands_in_them() {
    insta::assert_snapshot!(all_rooms().frame());
    insta::assert_snapshot!("rooms_small", all_rooms().at(60, 20).frame());
    insta::assert_snapshot!("rooms_wide", all_rooms().at(132, 43).frame());
    let mut stage = all_rooms();
    stage.forget_effects().keys("x");
    assert_eq!(stage.effects(), ["save room.retire"]);
    every_size(all_rooms);
}

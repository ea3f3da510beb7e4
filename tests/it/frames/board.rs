//! The board as a queue: the order of calling, one key for the next, what a caller asks, and what is said when it cannot be.
use super::{
    actor, env, every_size,
    front_desk::{at, day, id, row, smith, today},
};
use crate::support::budgets::counted;
use chrono::Duration;
use praxis::{
    domain::{
        actor::Role, appointment::AppointmentStatus as S, ids::AppointmentId, name::PersonName, patient::Sex,
    },
    store::Board as Day,
    ui::{
        screens::board::{self, Board},
        testing::Stage,
    },
};

/// The board with a queue: called, away, urgent, a long wait, and when each is seen.
pub fn queue() -> Stage<Board> {
    use praxis::domain::{
        predict::Expected,
        queue::{Priority, QueuePlace},
    };
    let mut day = day();
    let now = at(today(), 9, 42);
    for (n, r) in day.rows.iter_mut().enumerate().filter(|(_, r)| matches!(r.status, S::Arrived | S::Booked))
    {
        let median = now + Duration::minutes(7 * n as i64);
        day.expected.insert(r.appointment, Expected { median, by: median + Duration::minutes(13) });
    }
    let mut waits = |n: u128, minute, name, queue| {
        let mut r = row(n, (9, minute), name, 1970, Sex::Female, S::Arrived);
        r.queue = queue;
        r.service.department = Some((praxis::domain::ids::DepartmentId(id(70)), "General practice".into()));
        day.rows.insert(4, r);
    };
    let called = QueuePlace {
        ticket: Some(14),
        called_at: Some(now),
        room: Some("2".into()),
        calls: 2,
        absents: 1,
        ..QueuePlace::default()
    };
    waits(20, 0, ("Dubois", "Zoe"), called);
    let urgent = QueuePlace {
        ticket: Some(15),
        priority: Priority::Urgent,
        priority_by: "Mei Wong".into(),
        priority_at: Some(at(today(), 9, 31)),
        ..QueuePlace::default()
    };
    waits(21, 25, ("Okoye", "Ada"), urgent);
    let away = QueuePlace {
        ticket: Some(13),
        absents: 2,
        retry_at: Some(now + Duration::minutes(3)),
        ..QueuePlace::default()
    };
    waits(22, 10, ("Kim", "Min"), away);
    let mut stage = Stage::with(Board::default(), env(Some(actor(Role::Receptionist))));
    stage.deliver(board::Msg::Loaded(today(), Ok(day)));
    stage
}

#[test]
fn the_queue_is_shown_in_the_order_of_calling_with_what_a_caller_asks() {
    let mut stage = queue();
    stage.keys("q q");
    insta::assert_snapshot!("queue_80x24", stage.frame());
    insta::assert_snapshot!("queue_60x20", stage.at(60, 20).frame());
}

#[test]
fn a_wide_board_says_when_each_is_seen() {
    insta::assert_snapshot!("board_132x43", queue().at(132, 43).frame());
}

#[test]
fn one_key_calls_the_next_and_u_puts_them_back() {
    let mut stage = queue();
    stage.keys("a");
    let called_in = stage.pressed();
    assert!(stage.effects().contains(&"save queue.call".to_owned()), "{:?}", stage.effects());
    let called = praxis::store::Called {
        appointment: AppointmentId(id(21)),
        patient_name: PersonName::new("Okoye", "Ada"),
        provider_name: smith(),
        room: Some("2".into()),
    };
    stage.deliver(board::Msg::Queue(board::queue::Said::Called(Ok(Some(called)))));
    assert!(stage.toast().starts_with("Called to 2: OKOYE Ada"), "{}", stage.toast());
    stage.forget_effects().keys("u");
    assert!(stage.effects().contains(&"save queue.call".to_owned()), "{:?}", stage.effects());
    counted("call the next patient who waits; put them back", &[called_in, stage.pressed()]);
}

#[test]
fn what_cannot_be_done_in_the_queue_says_why() {
    let mut stage = queue();
    // A booked one is selected.
    stage.keys("q a");
    assert!(stage.toast().contains("not called at the moment"), "{}", stage.toast());
    stage.keys("q c");
    assert!(stage.toast().contains("Only who has arrived"), "{}", stage.toast());
}

#[test]
fn the_board_shows_one_provider_or_one_service_and_calls_of_it() {
    let mut stage = queue();
    stage.keys("v 2");
    assert!(stage.text().contains("only SMITH Anna"), "{}", stage.text());
    stage.keys("v 1 q s");
    assert!(stage.text().contains("General practice"), "{}", stage.text());
}

#[test]
fn a_board_that_opens_late_begins_where_the_day_is_not_with_those_who_are_done() {
    let mut stage = Stage::with(Board::default(), env(Some(actor(Role::Receptionist))));
    let late = |n, hour, name, status| row(n, (hour, 0), (name, "Ann"), 1980, Sex::Female, status);
    let rows = vec![
        late(1, 1, "Early", S::Completed),
        late(2, 2, "Seen", S::Completed),
        late(3, 3, "Waiting", S::Arrived),
        late(4, 4, "Gone", S::Completed),
    ];
    stage.deliver(board::Msg::Loaded(today(), Ok(Day { rows, ..Day::default() })));
    let frame = stage.frame();
    let line = frame.lines().find(|l| l.contains('▌')).unwrap_or_default();
    assert!(line.contains("WAITING"), "{frame}");
}

#[test]
fn the_queue_draws_at_every_size() {
    every_size(queue);
}

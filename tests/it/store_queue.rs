//! The queue of a centre: who is called first, one call at a time, called and not there, priorities with who set them; and
//! what past visits teach.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic, at},
};
use chrono::Duration;
use praxis::{
    domain::{
        actor::Actor,
        ids::{AppointmentId, RequestId},
        queue::{Priority, QueueFilter},
    },
    store::{Board, BoardRow, Called, Error, SignIn, Store},
};
use sqlx::PgConnection;
use std::sync::Arc;

struct Ground {
    db: Db,
    clinic: Clinic,
    c: PgConnection,
    mei: SignIn,
}

async fn ground() -> Ground {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let c = people::writer(&db).await;
    let mei = people::signed_in(&db, "mei").await;
    Ground { db, clinic, c, mei }
}

async fn next(
    store: &Store,
    actor: &Actor,
    clinic: &Clinic,
    of: QueueFilter,
) -> Result<Option<Called>, Error> {
    store.call_next(actor, RequestId::new(), clinic.randwick, of, "").await
}

impl Ground {
    async fn arrived(&mut self, patient: praxis::domain::ids::PatientId, hour: u32) -> AppointmentId {
        let g = self.clinic.gp;
        people::appointment(&mut self.c, &self.clinic, &g, patient, (hour, 0), "arrived").await
    }
    async fn call(&self) -> Option<AppointmentId> {
        let called = next(&self.mei.store, &self.mei.actor, &self.clinic, QueueFilter::default()).await;
        called.expect("a call").map(|c| c.appointment)
    }
    async fn row(&self, id: AppointmentId) -> BoardRow {
        let board = self.board().await;
        board.rows.into_iter().find(|r| r.appointment == id).expect("a row")
    }
    async fn board(&self) -> Board {
        let day = self.clinic.today;
        self.mei.store.board(&self.mei.actor, self.clinic.randwick, day, false).await.expect("the board")
    }
    async fn set(&self, id: AppointmentId, priority: Priority) {
        let set = self.mei.store.set_priority(&self.mei.actor, RequestId::new(), id, priority).await;
        set.expect("a priority");
    }
}

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why)) => why.rule,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn the_urgent_are_called_before_the_routine_and_nobody_is_called_twice() {
    let mut g = ground().await;
    let (jack, linh, hao) = (g.clinic.jack, g.clinic.linh, g.clinic.hao);
    let first = g.arrived(jack, 9).await;
    let second = g.arrived(linh, 10).await;
    let third = g.arrived(hao, 11).await;
    g.set(third, Priority::Urgent).await;
    g.set(second, Priority::Soon).await;
    let rows = g.board().await.rows;
    let mut turns: Vec<_> = rows.iter().collect();
    turns.sort_by_key(|r| r.turn(at(g.clinic.today, 9, 0)));
    assert_eq!(turns.iter().map(|r| r.appointment).collect::<Vec<_>>(), [third, second, first]);
    assert_eq!(rows.iter().map(|r| r.queue.ticket).collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
    for expected in [third, second, first] {
        assert_eq!(g.call().await, Some(expected));
    }
    assert_eq!(g.call().await, None);
    let row = g.row(third).await;
    assert_eq!((row.queue.priority, row.queue.priority_by.as_str()), (Priority::Urgent, "Mei Wong"));
    assert!(row.queue.called_at.is_some());
}

#[tokio::test]
async fn two_desks_that_call_at_once_call_two_patients() {
    let mut g = ground().await;
    let (jack, linh) = (g.clinic.jack, g.clinic.linh);
    g.arrived(jack, 9).await;
    g.arrived(linh, 10).await;
    let nina = people::signed_in(&g.db, "nina").await;
    let all = QueueFilter::default;
    let (one, other) = tokio::join!(
        next(&g.mei.store, &g.mei.actor, &g.clinic, all()),
        next(&nina.store, &nina.actor, &g.clinic, all())
    );
    let (one, other) = (one.unwrap().unwrap(), other.unwrap().unwrap());
    assert_ne!(one.appointment, other.appointment);
}

#[tokio::test]
async fn who_was_called_and_not_there_stands_back_for_some_minutes_and_is_counted() {
    let mut g = ground().await;
    let (jack, linh) = (g.clinic.jack, g.clinic.linh);
    let first = g.arrived(jack, 9).await;
    let second = g.arrived(linh, 10).await;
    let (store, actor) = (g.mei.store.clone(), g.mei.actor.clone());
    assert_eq!(rule(store.call_unanswered(&actor, RequestId::new(), first).await), "queue_not_called");
    assert_eq!(g.call().await, Some(first));
    assert_eq!(store.call_unanswered(&actor, RequestId::new(), first).await.unwrap(), 1);
    // The other one is called meanwhile; put back, the first is in the old place again.
    assert_eq!(g.call().await, Some(second));
    assert_eq!(g.call().await, None);
    store.put_back(&actor, RequestId::new(), first).await.unwrap();
    assert_eq!(g.call().await, Some(first));
    store.call_unanswered(&actor, RequestId::new(), first).await.unwrap();
    people::set_now(&mut g.c, at(g.clinic.today, 9, 6)).await;
    assert_eq!(g.call().await, Some(first));
    let q = g.row(first).await.queue;
    assert_eq!((q.calls, q.absents, q.retry_at), (3, 2, None));
    let told: i64 = sqlx::query_scalar(
        "select count(*) from audit.event where action = 'queue.call' and entity_id = $1 and outcome = 'done'",
    )
    .bind(first.0)
    .fetch_one(&mut g.c)
    .await
    .unwrap();
    assert_eq!(told, 6);
}

#[tokio::test]
async fn a_call_is_for_the_service_that_is_asked_for_and_remembers_the_provider_s_room() {
    let mut g = ground().await;
    let (jack, linh, hao) = (g.clinic.jack, g.clinic.linh, g.clinic.hao);
    let with_gp = g.arrived(jack, 9).await;
    let also = g.arrived(linh, 10).await;
    let physio = g.clinic.physio;
    let with_physio = people::appointment(&mut g.c, &g.clinic, &physio, hao, (8, 0), "arrived").await;
    let of = QueueFilter { profession: Some("gp".into()), ..QueueFilter::default() };
    let (store, actor) = (&g.mei.store, &g.mei.actor);
    let called = store.call_next(actor, RequestId::new(), g.clinic.randwick, of, "2").await.unwrap().unwrap();
    assert_eq!((called.appointment, called.room.as_deref()), (with_gp, Some("2")));
    let of = QueueFilter { provider: g.clinic.gp.provider, ..QueueFilter::default() };
    let called = next(store, actor, &g.clinic, of).await.unwrap().unwrap();
    assert_eq!((called.appointment, called.room.as_deref()), (also, Some("2")));
    let called = next(store, actor, &g.clinic, QueueFilter::default()).await.unwrap().unwrap();
    assert_eq!((called.appointment, called.room), (with_physio, None));
    assert_eq!(called.provider_name.to_string(), "JACKSON Sam");
}

#[tokio::test]
async fn the_provider_s_next_patient_is_the_queue_s_and_they_call_their_own_only() {
    let mut g = ground().await;
    let (jack, linh, hao) = (g.clinic.jack, g.clinic.linh, g.clinic.hao);
    g.arrived(jack, 9).await;
    let urgent = g.arrived(linh, 10).await;
    let physio = g.clinic.physio;
    let other = people::appointment(&mut g.c, &g.clinic, &physio, hao, (8, 0), "arrived").await;
    g.set(urgent, Priority::Urgent).await;
    let anna = people::signed_in(&g.db, "anna").await;
    let waiting = anna.store.next_waiting(&anna.actor).await.unwrap().unwrap();
    assert_eq!(waiting.appointment, urgent);
    let called = next(&anna.store, &anna.actor, &g.clinic, QueueFilter::default()).await.unwrap().unwrap();
    assert_eq!(called.appointment, urgent);
    let refused = anna.store.call_patient(&anna.actor, RequestId::new(), other, "").await;
    assert_eq!(rule(refused), "not_permitted");
    let audrey = people::signed_in(&g.db, "audrey").await;
    let refused = next(&audrey.store, &audrey.actor, &g.clinic, QueueFilter::default()).await;
    assert_eq!(rule(refused), "not_permitted");
}

#[tokio::test]
async fn a_check_in_taken_back_keeps_its_ticket_and_what_is_over_stands_in_no_queue() {
    let mut g = ground().await;
    let jack = g.clinic.jack;
    let gp = g.clinic.gp;
    let id = people::appointment(&mut g.c, &g.clinic, &gp, jack, (10, 0), "booked").await;
    let (store, actor) = (g.mei.store.clone(), g.mei.actor.clone());
    assert_eq!(rule(store.call_patient(&actor, RequestId::new(), id, "").await), "queue_not_waiting");
    let v = store.set_status(&actor, RequestId::new(), id, 1, "arrived", "").await.unwrap();
    assert_eq!(g.call().await, Some(id));
    let v = store.set_status(&actor, RequestId::new(), id, v, "booked", "").await.unwrap();
    let v = store.set_status(&actor, RequestId::new(), id, v, "arrived", "").await.unwrap();
    let q = g.row(id).await.queue;
    assert_eq!((q.ticket, q.called_at, q.calls), (Some(1), None, 0));
    store.set_status(&actor, RequestId::new(), id, v, "left", "").await.unwrap();
    let refused = store.set_priority(&actor, RequestId::new(), id, Priority::Urgent).await;
    assert_eq!(rule(refused), "queue_over");
}

#[tokio::test]
async fn past_visits_teach_how_long_they_take_and_the_board_says_when_each_is_seen() {
    let mut g = ground().await;
    let (jack, linh) = (g.clinic.jack, g.clinic.linh);
    for day in 1..=6 {
        let starts = at(g.clinic.today - Duration::days(day), 9, 0);
        let gp = g.clinic.gp;
        people::appointment_on(&mut g.c, &gp, jack, starts, "completed", "blood test").await;
    }
    let first = g.arrived(jack, 9).await;
    let second = g.arrived(linh, 10).await;
    let habits = g.mei.store.visit_habits(&g.mei.actor, g.clinic.randwick).await.unwrap();
    assert_eq!(habits.lengths.get(&(g.clinic.gp.provider(), None)), Some(&[20.0; 11]));
    assert_eq!((habits.lateness, habits.missed), (Some([-10.0; 11]), (0, 6)));
    let now = at(g.clinic.today, 9, 0);
    let board = g.board().await.predicted(Arc::new(habits), now);
    assert_eq!(board.expected[&first].median, now);
    assert_eq!(board.expected[&second].median, now + Duration::minutes(20));
    assert_eq!(board.long_wait, 30);
    // Elsewhere it teaches nothing to whoever works here alone.
    let there = g.mei.store.visit_habits(&g.mei.actor, g.clinic.ultimo).await.unwrap();
    assert_eq!(there, praxis::domain::predict::Habits::default());
}

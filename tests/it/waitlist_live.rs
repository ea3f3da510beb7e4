//! The waiting list from the key to the database: a cancellation offers its time at once, two keys give it to the first who waits, one
//! takes it back, and the other desks see it.
use crate::{
    desk_live::Desk,
    support::{
        budgets::counted,
        cluster::{block_on, fresh_database},
        people::{self, at},
    },
};
use praxis::{
    domain::{
        appointment::AppointmentKind,
        booking::{FreeFilter, FreeSlot, NewAppointment},
        ids::{AppointmentId, RequestId, SeriesId, WaitId},
        series::{Step, Together},
        time::Period,
        waitlist::{NewWait, WaitStatus, Wish},
    },
    store::HoldKind,
    ui::route::Route,
};

#[test]
fn a_cancelled_time_is_offered_and_booked_with_two_keys_and_taken_back_with_one() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (11, 0), "booked").await;
        let nina = people::signed_in(&db, "nina").await;
        let mut wish = Wish::between(clinic.today, clinic.tomorrow);
        (wish.profession, wish.centre) = (Some("gp".into()), Some(clinic.randwick));
        let mut other = Desk::of(&db, "nina").await;
        let mut mei = Desk::of(&db, "mei").await;
        mei.sees("NGUYEN Linh").await;
        other.key("g W");
        other.sees("Nobody waits for a time").await;
        let new = NewWait { id: WaitId::new(), patient: clinic.jack, wish, note: String::new() };
        nina.store.add_wait(&nina.actor, RequestId::new(), new).await.unwrap();
        other.sees("any GP").await;

        mei.key("X");
        mei.letters("ill");
        mei.key("enter");
        mei.sees("Free: Thu 12 Mar 11:00 to 11:30, SMITH Anna").await;
        mei.sees("BLACK Jack").await;
        mei.taken();
        mei.key("enter");
        mei.sees("Call BLACK Jack: 0412 345 678. 11:00 is held for them").await;
        other.sees("Mei Wong is").await;
        mei.key("enter");
        mei.sees("Booked from the waiting list: BLACK Jack").await;
        let booked = mei.taken();
        other.sees("Nobody waits for a time").await;
        mei.key("u");
        mei.sees("Taken back").await;
        let work = "offer a time that was just cancelled to the first who waits, and book it (in the list that opens); take it back";
        counted(work, &[booked, mei.taken()]);
        other.sees("any GP").await;
        let gone: i64 = sqlx::query_scalar(
            "select count(*) from clinic.appointment where patient_id = $1 and status = 'cancelled' and starts_at = $2",
        )
        .bind(clinic.jack.0)
        .bind(at(clinic.today, 11, 0))
        .fetch_one(&mut c)
        .await
        .unwrap();
        assert_eq!(gone, 1);
    });
}

#[test]
fn a_time_that_another_desk_freed_is_told_on_the_board_and_offered_with_one_key_at_one_desk_at_a_time() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        let id = people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (11, 0), "booked").await;
        let nina = people::signed_in(&db, "nina").await;
        let mut wish = Wish::between(clinic.today, clinic.tomorrow);
        (wish.profession, wish.centre) = (Some("gp".into()), Some(clinic.randwick));
        let new = NewWait { id: WaitId::new(), patient: clinic.jack, wish, note: String::new() };
        nina.store.add_wait(&nina.actor, RequestId::new(), new).await.unwrap();
        let mut mei = Desk::of(&db, "mei").await;
        let mut other = Desk::of(&db, "nina").await;
        mei.sees("NGUYEN Linh").await;
        other.sees("NGUYEN Linh").await;
        assert!(!mei.text().contains("free for"), "{}", mei.text());
        // By a script: no desk looks.
        nina.store.cancel_appointment(&nina.actor, RequestId::new(), id, 1, "ill").await.unwrap();
        mei.sees("1 time is free for somebody who waits · W").await;
        other.sees("1 time is free for somebody who waits · W").await;
        let before = mei.keys;
        mei.key("W");
        mei.sees("Free: Thu 12 Mar 11:00 to 11:30, SMITH Anna").await;
        mei.key("enter");
        mei.sees("Call BLACK Jack: 0412 345 678. 11:00 is held for them").await;
        assert_eq!(mei.keys - before, 2, "one key shows who waits, enter offers");
        // The other desk is told of it no more, and in the list by whom it is offered.
        other.gone("is free for somebody").await;
        other.key("W");
        other.sees("Mei Wong until").await;
        other.key("enter");
        other.sees("Mei Wong has that time until").await;
        // Looked away from: it is not lost.
        mei.key("n");
        mei.sees("no answer: BLACK Jack").await;
        mei.key("esc");
        mei.sees("1 time is free for somebody who waits · W").await;
        other.sees("1 waits for it").await;
    });
}

#[test]
fn every_time_of_a_cancelled_series_is_in_the_list_and_not_the_nearest_alone() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let nina = people::signed_in(&db, "nina").await;
        let (store, actor) = (&nina.store, &nina.actor);
        let free = FreeFilter { provider: clinic.gp.provider, ..FreeFilter::from(clinic.today) };
        let free = store.first_free(actor, FreeFilter { limit: 200, ..free }).await.unwrap();
        let eleven = |s: &&FreeSlot| s.time() == at(clinic.today, 11, 0).with_timezone(&s.zone).time();
        let step = |s: &FreeSlot| {
            Step::Book(NewAppointment {
                id: AppointmentId::new(),
                patient: clinic.omar,
                provider: s.provider,
                centre: s.centre,
                session: Some(s.session),
                kind: AppointmentKind::Slot,
                period: s.period,
                visit_type: None,
                reason: String::new(),
                arrived: false,
            })
        };
        let steps: Vec<Step> = free.iter().filter(eleven).map(step).collect();
        assert_eq!(steps.len(), 2, "today and tomorrow");
        let made = store
            .together(actor, RequestId::new(), Together::BookSeries, SeriesId::new(), steps)
            .await
            .unwrap();
        let mut wish = Wish::between(clinic.today, clinic.tomorrow);
        (wish.profession, wish.centre) = (Some("gp".into()), Some(clinic.randwick));
        let new = NewWait { id: WaitId::new(), patient: clinic.jack, wish, note: String::new() };
        store.add_wait(actor, RequestId::new(), new).await.unwrap();
        let mut mei = Desk::at(&db, "mei", Route::Series(made[0].id)).await;
        mei.sees("RASHID Omar").await;
        mei.key("home L");
        mei.letters("away");
        mei.key("enter");
        mei.sees("Came free for people who wait").await;
        mei.sees("Thu 12 Mar 11:00  to 11:30").await;
        mei.sees("Fri 13 Mar 11:00  to 11:30").await;
        mei.key("down enter");
        mei.sees("Free: Fri 13 Mar 11:00 to 11:30, SMITH Anna").await;
    });
}

#[test]
fn time_that_was_held_back_is_told_on_the_board_when_somebody_releases_it_and_offered_with_one_key() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let anna = people::signed_in(&db, "anna").await;
        let (store, actor, today) = (&anna.store, &anna.actor, clinic.gp.today.unwrap());
        let held = Period { start: at(clinic.today, 15, 0), end: at(clinic.today, 15, 30) };
        let noon = Some(at(clinic.today, 12, 0));
        store.hold_time(actor, RequestId::new(), today, held, HoldKind::Urgent, noon).await.unwrap();
        let mut wish = Wish::between(clinic.today, clinic.tomorrow);
        (wish.profession, wish.centre) = (Some("gp".into()), Some(clinic.randwick));
        let new = NewWait { id: WaitId::new(), patient: clinic.jack, wish, note: String::new() };
        store.add_wait(actor, RequestId::new(), new).await.unwrap();
        let mut mei = Desk::of(&db, "mei").await;
        mei.sees("Board").await;
        store.release_time(actor, RequestId::new(), today, held).await.unwrap();
        mei.sees("1 time is free for somebody who waits").await;
        mei.key("W");
        mei.sees("Free: Thu 12 Mar 15:00 to 15:30, SMITH Anna").await;
        mei.sees("BLACK Jack").await;
    });
}

#[test]
fn a_move_says_before_and_after_that_it_closes_a_wish_and_u_opens_it_again() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (15, 0), "booked").await;
        let nina = people::signed_in(&db, "nina").await;
        let mut wish = Wish::between(clinic.today, clinic.tomorrow);
        (wish.profession, wish.centre) = (Some("gp".into()), Some(clinic.randwick));
        let new = NewWait { id: WaitId::new(), patient: clinic.jack, wish, note: String::new() };
        let id = nina.store.add_wait(&nina.actor, RequestId::new(), new).await.unwrap();
        let status = async || nina.store.wait(&nina.actor, id).await.unwrap().0.status;
        let mut mei = Desk::of(&db, "mei").await;
        mei.sees("BLACK Jack").await;
        mei.key(":");
        mei.letters("mv black jack fri 10:30");
        mei.sees("takes them off the waiting list: any GP").await;
        mei.key("enter");
        mei.sees("Off the waiting list").await;
        assert_eq!(status().await, WaitStatus::Booked);
        mei.key("u");
        mei.sees("15:00").await;
        mei.goes_on_until("the wish to be open", async || status().await == WaitStatus::Waiting).await;
        // The screen of free times says it as well.
        mei.sees("blood test").await;
        mei.key("m");
        mei.sees("this takes them off the waiting list (any GP").await;
    });
}

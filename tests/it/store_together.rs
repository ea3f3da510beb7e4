//! Choosing a time beside others, and booking several at once: holds, series, families, the place in the queue. One test
//! for each sentence of the product's decisions.
use crate::{
    store_booking::{Desk, desk, new_time, slot},
    support::people::{self, at},
};
use chrono::{DateTime, Duration, Utc};
use praxis::{
    domain::{
        appointment::{AppointmentKind, AppointmentStatus},
        booking::{Booked, FreeFilter, FreeSlot},
        ids::{RequestId, SeriesId},
        series::{Rhythm, Step, Together},
        time::Period,
    },
    store::{Error, Held, SignIn},
};

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why) | Error::Overlap(why)) => why.rule,
        other => panic!("no refusal but {other:?}"),
    }
}

async fn hold(who: &SignIn, d: &Desk, start: DateTime<Utc>) -> Held {
    let period = Period { start, end: start + Duration::minutes(30) };
    let gp = &d.clinic.gp;
    who.store.hold_slot(&who.actor, gp.provider(), gp.centre, period).await.expect("an answer")
}

async fn together(
    who: &SignIn,
    what: Together,
    series: SeriesId,
    steps: Vec<Step>,
) -> Result<Vec<Booked>, Error> {
    who.store.together(&who.actor, RequestId::new(), what, series, steps).await
}

#[tokio::test]
async fn a_time_that_is_being_chosen_is_shown_and_refused_to_others_with_who_and_until_when() {
    let d = desk().await;
    let nina = people::signed_in(&d.db, "nina").await;
    let Held::Until(until) = hold(&d.mei, &d, d.today(10, 0)).await else { panic!("it is free") };
    assert_eq!((until - d.today(9, 0)).num_seconds().clamp(90, 110), (until - d.today(9, 0)).num_seconds());
    // Another desk sees it, and its own wish is answered with who was first.
    assert_eq!(hold(&nina, &d, d.today(10, 0)).await, Held::By("Mei Wong".into(), until));
    let gp = d.clinic.gp.provider();
    let seen = nina.store.holds(&nina.actor, vec![gp], d.clinic.today, d.clinic.today).await.unwrap();
    assert_eq!(
        seen.iter().map(|h| (h.holder.as_str(), h.mine, h.until)).collect::<Vec<_>>(),
        [("Mei Wong", false, until)]
    );
    let taken = slot(d.clinic.linh, &d.clinic.gp, d.today(10, 0));
    let Err(Error::Refused(why)) = nina.store.book(&nina.actor, RequestId::new(), taken).await else {
        panic!("held")
    };
    assert_eq!(why.rule, "slot_being_chosen");
    assert!(why.sentence.starts_with("Mei Wong is choosing 10:00 just now and holds it until 09:0"), "{why}");
    // Whoever holds it books it, and holds nothing afterwards.
    d.mei
        .store
        .book(&d.mei.actor, RequestId::new(), slot(d.clinic.jack, &d.clinic.gp, d.today(10, 0)))
        .await
        .unwrap();
    let left = nina.store.holds(&nina.actor, vec![gp], d.clinic.today, d.clinic.today).await.unwrap();
    assert_eq!(left, []);
}

#[tokio::test]
async fn a_hold_is_renewed_moves_along_lapses_and_is_let_go() {
    let d = desk().await;
    let nina = people::signed_in(&d.db, "nina").await;
    let held = async |who: &SignIn| {
        let gp = vec![d.clinic.gp.provider()];
        let all = who.store.holds(&who.actor, gp, d.clinic.today, d.clinic.tomorrow).await.unwrap();
        all.iter().map(|h| h.period.start).collect::<Vec<_>>()
    };
    let Held::Until(first) = hold(&d.mei, &d, d.today(10, 0)).await else { panic!("free") };
    let Held::Until(renewed) = hold(&d.mei, &d, d.today(10, 0)).await else { panic!("its own") };
    assert!(renewed > first);
    // One time for each sign-in: choosing another lets go of the first.
    hold(&d.mei, &d, d.today(11, 0)).await;
    assert_eq!(held(&nina).await, [d.today(11, 0)]);
    assert!(matches!(hold(&nina, &d, d.today(10, 0)).await, Held::Until(_)));
    d.mei.store.let_go(&d.mei.actor).await.unwrap();
    assert_eq!(held(&nina).await, [d.today(10, 0)]);
    let mut c = d.db.superuser().await;
    people::set_now(&mut c, d.today(9, 5)).await;
    assert!(held(&nina).await.is_empty(), "it lapsed");
    assert!(matches!(hold(&d.mei, &d, d.today(10, 0)).await, Held::Until(_)));
    // Signing out lets go of it.
    d.mei.store.sign_out().await;
    assert!(held(&nina).await.is_empty());
}

async fn free(d: &Desk, hour: u32) -> FreeSlot {
    let mut filter = FreeFilter::from(d.clinic.today);
    (filter.provider, filter.limit) = (d.clinic.gp.provider, 200);
    let found = d.mei.store.first_free(&d.mei.actor, filter).await.unwrap();
    found.into_iter().find(|s| s.period.start == d.today(hour, 0)).expect("it is free")
}

/// A clinic where Dr Smith works every day for a month.
async fn month() -> Desk {
    let d = desk().await;
    let mut c = people::writer(&d.db).await;
    for n in 2..30 {
        let day = d.clinic.today + Duration::days(n);
        people::session(&mut c, d.clinic.gp.provider(), d.clinic.randwick, day, (8, 17)).await;
    }
    d
}

fn booking_of(d: &Desk, at: &FreeSlot) -> Step {
    let mut new = slot(d.clinic.jack, &d.clinic.gp, at.period.start);
    new.session = Some(at.session);
    Step::Book(new)
}

#[tokio::test]
async fn a_series_shows_its_clashes_with_the_nearest_time_and_is_booked_whole() {
    let d = month().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    let first = free(&d, 10).await;
    let mut c = people::writer(&d.db).await;
    let in_a_week = at(d.clinic.today + Duration::days(7), 10, 0);
    people::appointment_on(&mut c, &d.clinic.gp, d.clinic.linh, in_a_week, "booked", "x").await;
    let days = Rhythm::parse("5 weekly").unwrap().days(first.day).collect();
    let mut plan = store.plan_series(actor, d.clinic.jack, first, None, days).await.unwrap();
    let state: Vec<bool> = plan.iter().map(praxis::domain::series::Planned::is_open).collect();
    assert_eq!(state, [false, true, false, false, false], "{plan:?}");
    let clash = plan[1].clash.as_ref().unwrap();
    assert_eq!(clash.rule, "appointment_provider_overlap");
    let near = plan[1].nearest.clone().unwrap();
    assert_eq!(near.time().format("%H:%M").to_string(), "10:30");
    plan[1].slot = Some(near);
    let steps: Vec<Step> = plan.iter().filter_map(|p| p.slot.as_ref()).map(|s| booking_of(&d, s)).collect();
    let id = SeriesId::new();
    let booked = together(&d.mei, Together::BookSeries, id, steps).await.unwrap();
    assert_eq!(booked.len(), 5);
    let series = store.series_of(actor, booked[2].id).await.unwrap().unwrap();
    assert_eq!((series.id, series.family, series.place(booked[2].id)), (id, false, Some(3)));
    // Cancelled from the third on, and taken back whole.
    let later: Vec<Step> = series
        .from(booked[2].id)
        .map(|b| Step::Cancel { appointment: b.id, seen: b.version, why: "moved away".into() })
        .collect();
    assert_eq!(later.len(), 3);
    let gone = together(&d.mei, Together::Cancel, id, later).await.unwrap();
    assert!(gone.iter().all(|b| b.status == AppointmentStatus::Cancelled));
    let back = gone.iter().map(|b| Step::Restore { appointment: b.id, seen: b.version }).collect();
    let back = together(&d.mei, Together::Restore, id, back).await.unwrap();
    assert!(back.iter().all(|b| b.status == AppointmentStatus::Booked));
    let log: Vec<(String, i64)> = sqlx::query_as(
        "select action, count(*) from audit.event where action like 'appointment.%' group by 1 order by 1",
    )
    .fetch_all(&mut d.db.superuser().await)
    .await
    .unwrap();
    let log: Vec<(&str, i64)> = log.iter().map(|(a, n)| (a.as_str(), *n)).collect();
    assert_eq!(
        log,
        [
            ("appointment.book", 5),
            ("appointment.open", 1),
            ("appointment.restore", 3),
            ("appointment.set-status", 3),
        ]
    );
}

#[tokio::test]
async fn of_a_series_all_is_booked_or_nothing() {
    let d = month().await;
    let first = free(&d, 10).await;
    let taken = slot(d.clinic.linh, &d.clinic.gp, d.today(11, 0));
    d.mei.store.book(&d.mei.actor, RequestId::new(), taken).await.unwrap();
    let mut clash = first.clone();
    clash.period = Period { start: d.today(11, 0), end: d.today(11, 30) };
    let steps = vec![booking_of(&d, &first), booking_of(&d, &clash)];
    let refused = together(&d.mei, Together::BookSeries, SeriesId::new(), steps).await;
    assert_eq!(rule(refused), "appointment_provider_overlap");
    let n: i64 = sqlx::query_scalar("select count(*) from clinic.appointment")
        .fetch_one(&mut d.db.superuser().await)
        .await
        .unwrap();
    assert_eq!(n, 1);
}

#[tokio::test]
async fn a_series_is_moved_together_and_moved_back() {
    let d = month().await;
    let first = free(&d, 10).await;
    let days = Rhythm::parse("3 weekly").unwrap().days(first.day).collect();
    let plan = d.mei.store.plan_series(&d.mei.actor, d.clinic.jack, first, None, days).await.unwrap();
    let steps = plan.iter().filter_map(|p| p.slot.as_ref()).map(|s| booking_of(&d, s)).collect();
    let id = SeriesId::new();
    let booked = together(&d.mei, Together::BookSeries, id, steps).await.unwrap();
    let shifted = |b: &Booked, by: Duration| Step::Move {
        appointment: b.id,
        seen: b.version,
        to: praxis::domain::booking::NewTime {
            period: Period { start: b.period.start + by, end: b.period.end + by },
            ..b.time()
        },
    };
    let later = booked.iter().map(|b| shifted(b, Duration::hours(1))).collect();
    let moved = together(&d.mei, Together::Move, id, later).await.unwrap();
    assert!(moved.iter().zip(&booked).all(|(m, b)| m.period.start == b.period.start + Duration::hours(1)));
    let back = moved.iter().map(|b| shifted(b, Duration::hours(-1))).collect();
    let back = together(&d.mei, Together::Move, id, back).await.unwrap();
    assert!(back.iter().zip(&booked).all(|(m, b)| m.period == b.period));
}

#[tokio::test]
async fn a_family_is_seen_one_after_the_other_by_one_provider() {
    let d = month().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    // Omar is busy with the physiotherapist at 10:00.
    let busy = slot(d.clinic.omar, &d.clinic.physio, d.today(10, 0));
    store.book(actor, RequestId::new(), busy).await.unwrap();
    let family = vec![d.clinic.jack, d.clinic.omar, d.clinic.linh];
    let mut filter = FreeFilter::from(d.clinic.today);
    filter.provider = d.clinic.gp.provider;
    let places = store.plan_family(actor, family.clone(), filter).await.unwrap();
    let times: Vec<String> = places[0].iter().map(|s| s.time().format("%H:%M").to_string()).collect();
    assert_eq!(times, ["10:00", "10:30", "11:00"]);
    let starts: Vec<String> =
        places.iter().take(3).map(|p| p[0].time().format("%H:%M").to_string()).collect();
    assert_eq!(starts, ["10:00", "10:30", "11:00"], "09:30 would need Omar while he is elsewhere");
    let steps = family
        .iter()
        .zip(&places[1])
        .map(|(patient, s)| {
            let mut new = slot(*patient, &d.clinic.gp, s.period.start);
            new.session = Some(s.session);
            Step::Book(new)
        })
        .collect();
    let booked = together(&d.mei, Together::BookFamily, SeriesId::new(), steps).await.unwrap();
    let series = store.series_of(actor, booked[0].id).await.unwrap().unwrap();
    assert!(series.family && series.members.len() == 3);
}

#[tokio::test]
async fn the_nearest_free_time_is_offered_for_one_that_is_taken() {
    let d = desk().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    for hour in [10, 11] {
        let taken = slot(d.clinic.linh, &d.clinic.gp, d.today(hour, 0));
        store.book(actor, RequestId::new(), taken).await.unwrap();
    }
    let mut filter = FreeFilter::from(d.clinic.today);
    filter.provider = d.clinic.gp.provider;
    let wanted = slot(d.clinic.jack, &d.clinic.gp, d.today(11, 0)).period;
    let near = store.nearest_free(actor, filter, wanted).await.unwrap().unwrap();
    assert_eq!(near.period.start, d.today(11, 30));
    let Err(Error::Overlap(why)) =
        store.book(actor, RequestId::new(), slot(d.clinic.jack, &d.clinic.gp, d.today(11, 0))).await
    else {
        panic!("taken")
    };
    assert_eq!(why.sentence, "SMITH Anna already has somebody at 11:00: taken by Mei Wong at 09:00.");
}

#[tokio::test]
async fn somebody_who_walks_in_is_told_their_place_in_the_queue() {
    let d = desk().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    let mut places = vec![];
    for (patient, kind) in [
        (d.clinic.jack, AppointmentKind::WalkIn),
        (d.clinic.linh, AppointmentKind::WalkIn),
        (d.clinic.omar, AppointmentKind::Emergency),
    ] {
        let mut new = slot(patient, &d.clinic.gp, d.today(9, 0));
        (new.kind, new.session, new.arrived) = (kind, None, true);
        let b = store.book(actor, RequestId::new(), new).await.unwrap();
        places.push(store.queue_place(actor, b.id).await.unwrap());
    }
    assert_eq!(places, [Some((1, 1)), Some((2, 2)), Some((1, 3))], "an emergency goes first");
    let booked = slot(d.clinic.hao, &d.clinic.gp, d.today(10, 0));
    let b = store.book(actor, RequestId::new(), booked).await.unwrap();
    assert_eq!(store.queue_place(actor, b.id).await.unwrap(), None);
    let moved = new_time(&d.clinic.gp, d.today(11, 0));
    store.move_appointment(actor, RequestId::new(), b.id, b.version, moved).await.unwrap();
}

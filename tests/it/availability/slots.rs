//! The slots of a day as the database tells them are those of the domain, over clock changes too; and held time.
use super::{book, front, hold, rule, span, tomorrow};
use crate::support::people::{self, at};
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use praxis::{
    domain::{
        booking::FreeFilter,
        clinic_session::SessionHours,
        ids::{ClinicSessionId, RequestId},
        slots::{SlotState, Taken, Tally, states},
        time::Period,
    },
    store::SessionsOf,
};

#[tokio::test]
async fn held_time_is_released_at_its_hour_and_booked_before_by_those_who_may() {
    let (d, mei) = front().await;
    let (gp, session) = (d.clinic.gp.provider(), d.clinic.gp.tomorrow.unwrap());
    hold(&mei, session, span(d.clinic.tomorrow, (9, 0), 60)).await;
    assert_eq!(rule(book(&mei, tomorrow(&d.clinic, d.clinic.jack, 9, None)).await), "slot_held");
    let mut filter = FreeFilter { provider: Some(gp), ..FreeFilter::from(d.clinic.tomorrow) };
    let starts = |found: Vec<praxis::domain::booking::FreeSlot>| -> Vec<String> {
        found.iter().take(3).map(|s| s.time().format("%H:%M").to_string()).collect()
    };
    assert_eq!(
        starts(mei.store.first_free(&mei.actor, filter.clone()).await.unwrap()),
        ["08:00", "08:30", "10:00"]
    );
    filter.held = true;
    assert_eq!(
        starts(mei.store.first_free(&mei.actor, filter.clone()).await.unwrap()),
        ["08:00", "08:30", "09:00"]
    );
    let nina = people::signed_in(&d.db, "nina").await;
    book(&nina, tomorrow(&d.clinic, d.clinic.jack, 9, None)).await.unwrap();
    // Released by hand, and by the hour: eight o'clock of that day.
    let again = mei
        .store
        .hold_time(
            &mei.actor,
            RequestId::new(),
            session,
            span(d.clinic.tomorrow, (9, 30), 30),
            praxis::store::HoldKind::Urgent,
            None,
        )
        .await;
    assert_eq!(rule(again), "held_slot_overlap");
    people::set_now(&mut d.db.superuser().await, at(d.clinic.tomorrow, 8, 5)).await;
    let mut late = tomorrow(&d.clinic, d.clinic.linh, 9, None);
    late.period = span(d.clinic.tomorrow, (9, 30), 30);
    book(&mei, late).await.unwrap();
    let gone = mei
        .store
        .release_time(&mei.actor, RequestId::new(), session, span(d.clinic.tomorrow, (9, 0), 60))
        .await;
    assert_eq!(gone.unwrap(), 1);
}

#[tokio::test]
async fn free_and_booked_and_blocked_are_all_slots_as_the_domain_counts_them() {
    let (d, mei) = front().await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow);
    book(&mei, tomorrow(&d.clinic, d.clinic.jack, 9, Some("wound-care"))).await.unwrap();
    hold(&mei, d.clinic.gp.tomorrow.unwrap(), span(day, (13, 0), 60)).await;
    let away = praxis::domain::exception::NewException {
        id: praxis::domain::ids::ExceptionId::new(),
        kind: praxis::domain::exception::ExceptionKind::Leave,
        provider: Some(gp),
        centre: None,
        period: span(day, (15, 30), 300),
        slot_minutes: 30,
        reason: String::new(),
    };
    mei.store.add_exception(&mei.actor, RequestId::new(), away).await.unwrap();
    people::set_now(&mut d.db.superuser().await, at(day, 8, 40)).await;
    // After eight o'clock the hold of the day is released: one until noon is entered instead.
    let (store, session) = (&mei.store, d.clinic.gp.tomorrow.unwrap());
    store.release_time(&mei.actor, RequestId::new(), session, span(day, (13, 0), 60)).await.unwrap();
    let kind = praxis::store::HoldKind::Urgent;
    let until = Some(at(day, 12, 0));
    store
        .hold_time(&mei.actor, RequestId::new(), session, span(day, (13, 0), 60), kind, until)
        .await
        .unwrap();
    let found = store.session_slots(&mei.actor, SessionsOf::Provider(gp), day, 1).await.unwrap();
    let taken = Taken {
        booked: vec![span(day, (9, 0), 30)],
        busy: vec![span(day, (9, 0), 40)],
        held: vec![span(day, (13, 0), 60)],
        away: vec![span(day, (15, 30), 300)],
    };
    let now = at(day, 8, 40);
    assert_eq!(found[0].slots, states(span(day, (8, 0), 540), 30, &taken, now));
    let counted = store.capacity(&mei.actor, SessionsOf::Centre(d.clinic.randwick), day, 1).await.unwrap();
    let tally = Tally::of(&found[0].slots);
    assert_eq!(
        (tally.past, tally.booked, tally.buffer, tally.held, tally.away, tally.free),
        (2, 1, 1, 2, 3, 9)
    );
    assert!(counted[0].1.defined() > tally.defined(), "the others' sessions count too");
    let of = SessionsOf::Provider(gp);
    let listed = store.clinic_sessions(&mei.actor, of, day, 1).await.unwrap();
    let told = |n: usize| (listed[n].free, listed[n].kept.past, listed[n].not_free());
    assert_eq!(told(0), (tally.free, tally.past, "leave".to_owned()), "the list counts the same");
    let strip = store.day_strips(&mei.actor, vec![d.clinic.gp.provider()], None, day).await.unwrap();
    let ends: Vec<_> = strip[0].sessions.iter().map(|p| p.end).collect();
    assert_eq!(ends, [at(day, 13, 0), at(day, 15, 30)], "what is held or away is no time to book");
}

#[tokio::test]
async fn slots_over_a_clock_change_are_the_same_in_the_database_and_in_the_domain() {
    let (d, mei) = front().await;
    let mut c = people::writer(&d.db).await;
    let midnight = NaiveTime::MIN;
    // Berlin and Lord Howe in autumn and spring, Havana at midnight, Troll by two hours, St John's.
    let days = [
        ("Europe/Berlin", "2026-03-29", 46),
        ("Europe/Berlin", "2026-10-25", 50),
        ("Australia/Lord_Howe", "2026-10-04", 47),
        ("Australia/Lord_Howe", "2027-04-04", 49),
        ("America/Havana", "2027-03-14", 46),
        ("America/Havana", "2026-11-01", 50),
        ("America/St_Johns", "2026-11-01", 50),
        ("Asia/Kathmandu", "2026-05-05", 48),
    ];
    for (n, (zone, day, half_hours)) in days.into_iter().enumerate() {
        let day: NaiveDate = day.parse().unwrap();
        let centre =
            people::centre(&mut c, "hospital", &format!("Centre {n}"), &format!("2200000000{n}")).await;
        sqlx::query("update clinic.centre set zone = $2 where id = $1")
            .bind(centre.0)
            .bind(zone)
            .execute(&mut c)
            .await
            .unwrap();
        let hours = SessionHours { day, from: midnight, to: midnight, slot_minutes: 30 };
        let whole: Period = hours.period(zone.parse().unwrap()).unwrap();
        let (id, provider) = (ClinicSessionId::new(), d.clinic.gp.provider());
        sqlx::query("insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing")
            .bind(id.0)
            .bind(if n == 6 { d.clinic.physio.provider() } else { provider }.0)
            .bind(centre.0)
            .bind(day)
            .bind(whole.start)
            .bind(whole.end)
            .execute(&mut c)
            .await
            .unwrap();
        let found = mei.store.session_slots(&mei.actor, SessionsOf::Centre(centre), day, 1).await.unwrap();
        let now: DateTime<Utc> = at(d.clinic.today, 9, 0) - Duration::hours(1);
        assert_eq!(found[0].slots.len(), half_hours, "{zone} {day}");
        assert_eq!(found[0].slots, states(whole, 30, &Taken::default(), now));
        assert!(found[0].slots.iter().all(|s| s.state == SlotState::Free));
    }
}

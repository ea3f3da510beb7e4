//! Clinic sessions: what a race or a clock change must not break, and a provider's first screen.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic, at},
};
use chrono::{Duration, NaiveDate, NaiveTime};
use praxis::{
    domain::{
        clinic_session::{NewSession, SessionHours, SessionRow},
        ids::{CentreId, ProviderId, RequestId},
        why::Why,
    },
    store::{Error, SessionsOf, SignIn},
};

fn hours(day: NaiveDate, from: &str, to: &str) -> SessionHours {
    let time = |t| NaiveTime::parse_from_str(t, "%H:%M").unwrap();
    SessionHours { day, from: time(from), to: time(to), slot_minutes: 30 }
}

fn rule(e: Error) -> Why {
    match e {
        Error::Refused(why) | Error::Overlap(why) => why,
        other => panic!("not a refusal: {other}"),
    }
}

async fn add(
    who: &SignIn,
    provider: ProviderId,
    centre: CentreId,
    hours: SessionHours,
) -> Result<praxis::domain::ids::ClinicSessionId, Error> {
    let new = NewSession { provider, centre, hours };
    who.store.add_clinic_session(&who.actor, RequestId::new(), new).await
}

async fn sessions(who: &SignIn, of: SessionsOf, from: NaiveDate) -> Vec<SessionRow> {
    who.store.clinic_sessions(&who.actor, of, from, 60).await.unwrap()
}

/// Anna works at Ultimo too.
async fn clinic(db: &Db) -> (Clinic, SignIn) {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    sqlx::query("insert into clinic.provider_centre values ($1, $2)")
        .bind(clinic.gp.provider().0)
        .bind(clinic.ultimo.0)
        .execute(&mut c)
        .await
        .unwrap();
    (clinic, people::signed_in(db, "anna").await)
}

#[tokio::test]
async fn sessions_are_listed_with_total_and_booked() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let mut c = people::writer(&db).await;
    for (patient, time, status) in [
        (clinic.jack, (9, 0), "booked"),
        (clinic.linh, (9, 30), "completed"),
        (clinic.hao, (10, 0), "cancelled"),
        (clinic.omar, (10, 30), "no_show"),
    ] {
        people::appointment(&mut c, &clinic, &clinic.gp, patient, time, status).await;
    }
    let found = sessions(&anna, SessionsOf::Provider(clinic.gp.provider()), clinic.today).await;
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].day, found[0].total(), found[0].booked), (clinic.today, 18, 2));
    assert_eq!(found[0].times(), "08:00-17:00");
    assert_eq!((found[1].day, found[1].booked), (clinic.tomorrow, 0));
    let mei = people::signed_in(&db, "mei").await;
    let at_centre = sessions(&mei, SessionsOf::Centre(clinic.ultimo), clinic.today).await;
    assert_eq!(at_centre.len(), 2, "only those at Ultimo");
}

#[tokio::test]
async fn a_session_that_overlaps_one_at_another_centre_is_refused_and_the_other_is_named() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let provider = clinic.gp.provider();
    let e = add(&anna, provider, clinic.ultimo, hours(clinic.tomorrow, "16:30", "19:00")).await.unwrap_err();
    let why = rule(e);
    assert_eq!(why.rule, "clinic_session_overlap");
    assert!(why.sentence.contains("08:00 to 17:00 at Randwick Medical Centre"), "{why}");
    assert!(why.instead.is_some());
}

#[tokio::test]
async fn touching_sessions_are_allowed_across_centres() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let id = add(&anna, clinic.gp.provider(), clinic.ultimo, hours(clinic.tomorrow, "17:00", "19:00"))
        .await
        .unwrap();
    let found = sessions(&anna, SessionsOf::Provider(clinic.gp.provider()), clinic.tomorrow).await;
    assert_eq!(found.iter().map(|s| s.id).next_back(), Some(id));
}

#[tokio::test]
async fn two_desks_that_add_overlapping_sessions_at_once_get_one_session() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let mei = people::signed_in(&db, "mei").await;
    let day = clinic.tomorrow + Duration::days(7);
    let provider = clinic.gp.provider();
    let (a, b) = tokio::join!(
        add(&anna, provider, clinic.ultimo, hours(day, "09:00", "12:00")),
        add(&mei, provider, clinic.randwick, hours(day, "11:00", "13:00"))
    );
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?} {b:?}");
    assert_eq!(sessions(&anna, SessionsOf::Provider(provider), day).await.len(), 1);
}

#[tokio::test]
async fn the_same_request_adds_one_session() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let day = clinic.tomorrow + Duration::days(1);
    let new = NewSession {
        provider: clinic.gp.provider(),
        centre: clinic.randwick,
        hours: hours(day, "09:00", "12:00"),
    };
    let request = RequestId::new();
    let first = anna.store.add_clinic_session(&anna.actor, request, new).await.unwrap();
    let again = anna.store.add_clinic_session(&anna.actor, request, new).await.unwrap();
    assert_eq!(first, again);
}

#[tokio::test]
async fn a_session_in_the_past_or_at_a_strange_centre_is_refused() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let provider = clinic.gp.provider();
    let yesterday = clinic.today - Duration::days(1);
    let e = add(&anna, provider, clinic.randwick, hours(yesterday, "09:00", "12:00")).await.unwrap_err();
    assert_eq!(rule(e).rule, "session_in_the_past");
    let day = clinic.tomorrow + Duration::days(1);
    let e = add(&anna, provider, clinic.hospital, hours(day, "09:00", "12:00")).await.unwrap_err();
    assert_eq!(rule(e).rule, "session_not_their_centre");
    let e = add(&anna, provider, clinic.randwick, hours(day, "12:00", "09:00")).await.unwrap_err();
    assert_eq!(rule(e).rule, "session_ends_after_start");
}

#[tokio::test]
async fn nobody_adds_sessions_for_another_provider_but_reception_does() {
    let db = fresh_database();
    let (clinic, _) = clinic(&db).await;
    let day = clinic.tomorrow + Duration::days(1);
    let gary = people::signed_in(&db, "gary").await;
    let e =
        add(&gary, clinic.gp.provider(), clinic.randwick, hours(day, "09:00", "12:00")).await.unwrap_err();
    assert_eq!(rule(e).rule, "not_permitted");
    let mei = people::signed_in(&db, "mei").await;
    add(&mei, clinic.gp.provider(), clinic.randwick, hours(day, "09:00", "12:00")).await.unwrap();
}

#[tokio::test]
async fn a_session_with_a_booking_is_not_removed_until_the_booking_is_gone() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let mut c = people::writer(&db).await;
    let starts = at(clinic.tomorrow, 10, 0);
    let booked = people::appointment_on(&mut c, &clinic.gp, clinic.jack, starts, "booked", "cough").await;
    let mine = SessionsOf::Provider(clinic.gp.provider());
    let session = sessions(&anna, mine, clinic.tomorrow).await.remove(0);
    let remove =
        || anna.store.remove_clinic_session(&anna.actor, RequestId::new(), session.id, session.version);
    let why = rule(remove().await.unwrap_err());
    assert_eq!(why.rule, "session_removed_with_bookings");
    assert!(why.sentence.contains("1 bookings") || why.sentence.contains("has 1"), "{why}");
    sqlx::query("update clinic.appointment set status = 'cancelled', status_why = '\\x00' where id = $1")
        .bind(booked.0)
        .execute(&mut c)
        .await
        .unwrap();
    remove().await.unwrap();
    assert!(sessions(&anna, mine, clinic.tomorrow).await.is_empty());
    assert!(matches!(remove().await, Err(Error::NotFound)));
}

#[tokio::test]
async fn new_hours_keep_every_booking_inside_and_on_a_slot() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let mut c = people::writer(&db).await;
    people::appointment_on(&mut c, &clinic.gp, clinic.jack, at(clinic.tomorrow, 10, 0), "booked", "cough")
        .await;
    let session =
        sessions(&anna, SessionsOf::Provider(clinic.gp.provider()), clinic.tomorrow).await.remove(0);
    let change =
        |h: SessionHours| anna.store.change_clinic_session(&anna.actor, RequestId::new(), &session, h);
    let refused = |e: Error| rule(e).rule;
    assert_eq!(
        refused(change(hours(clinic.tomorrow, "10:30", "17:00")).await.unwrap_err()),
        "session_has_bookings"
    );
    let odd = SessionHours { slot_minutes: 45, ..hours(clinic.tomorrow, "09:00", "17:00") };
    assert_eq!(refused(change(odd).await.unwrap_err()), "session_slots_of_bookings");
    let version = change(hours(clinic.tomorrow, "09:30", "12:00")).await.unwrap();
    assert!(version > session.version);
    let stale = change(hours(clinic.tomorrow, "09:30", "13:00")).await.unwrap_err();
    assert!(matches!(stale, Error::Stale { ref by, .. } if by == "Anna Smith"), "{stale}");
}

#[tokio::test]
async fn a_session_over_a_clock_change_has_the_slots_of_the_real_hours() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let mut c = people::writer(&db).await;
    let berlin = people::centre(&mut c, "medical_centre", "Praxis am Ring", "49000000001").await;
    sqlx::query("update clinic.centre set zone = 'Europe/Berlin' where id = $1")
        .bind(berlin.0)
        .execute(&mut c)
        .await
        .unwrap();
    sqlx::query("insert into clinic.provider_centre values ($1, $2)")
        .bind(clinic.gp.provider().0)
        .bind(berlin.0)
        .execute(&mut c)
        .await
        .unwrap();
    let spring = NaiveDate::from_ymd_opt(2026, 3, 29).unwrap();
    add(&anna, clinic.gp.provider(), berlin, hours(spring, "01:00", "04:00")).await.unwrap();
    let sydney = NaiveDate::from_ymd_opt(2026, 4, 5).unwrap();
    add(&anna, clinic.gp.provider(), clinic.randwick, hours(sydney, "01:00", "04:00")).await.unwrap();
    let found = sessions(&anna, SessionsOf::Provider(clinic.gp.provider()), spring).await;
    let seen: Vec<_> = found.iter().map(|s| (s.day, s.times(), s.total())).collect();
    assert_eq!(seen, [(spring, "01:00-04:00".to_owned(), 4), (sydney, "01:00-04:00".to_owned(), 8)]);
}

#[tokio::test]
async fn the_panel_of_a_session_leaves_out_what_is_over() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let mut c = people::writer(&db).await;
    let gp = &clinic.gp;
    for (patient, time, status) in [
        (clinic.linh, (8, 0), "completed"),
        (clinic.hao, (8, 30), "in_progress"),
        (clinic.jack, (9, 0), "booked"),
        (clinic.omar, (9, 30), "no_show"),
        (clinic.jackie, (10, 0), "cancelled"),
    ] {
        people::appointment(&mut c, &clinic, gp, patient, time, status).await;
    }
    let found = anna.store.session_appointments(&anna.actor, gp.today.unwrap(), true).await.unwrap();
    let seen: Vec<_> = found.iter().map(|a| (a.patient, a.status.as_str())).collect();
    assert_eq!(seen, [(clinic.hao, "in_progress"), (clinic.jack, "booked")]);
    assert_eq!(found[1].reason, "blood test");
    let logged = people::count(
        &mut c,
        "select count(*) from audit.event where action = 'session.open-panel' and entity_id = $1",
        gp.today.unwrap().0,
    );
    assert_eq!(logged.await, 1);
}

#[tokio::test]
async fn the_home_of_a_provider_has_unsigned_visits_oldest_first_then_today_then_the_week() {
    let db = fresh_database();
    let (clinic, anna) = clinic(&db).await;
    let mut c = people::writer(&db).await;
    let gp = &clinic.gp;
    let ago = |days| at(clinic.today - Duration::days(days), 10, 0);
    let recent = people::appointment_on(&mut c, gp, clinic.jack, ago(1), "in_progress", "cough").await;
    let old = people::appointment_on(&mut c, gp, clinic.linh, ago(5), "in_progress", "rash").await;
    let signed = people::appointment_on(&mut c, gp, clinic.omar, ago(6), "completed", "check").await;
    let second = people::visit(&mut c, gp, recent, "open").await;
    let first = people::visit(&mut c, gp, old, "paused").await;
    people::visit(&mut c, gp, signed, "signed").await;
    people::appointment(&mut c, &clinic, gp, clinic.hao, (9, 30), "arrived").await;
    people::appointment(&mut c, &clinic, gp, clinic.jackie, (8, 0), "completed").await;
    people::appointment_on(&mut c, gp, clinic.jack, at(clinic.tomorrow, 9, 0), "booked", "again").await;
    people::appointment_on(
        &mut c,
        gp,
        clinic.jack,
        at(clinic.today + Duration::days(8), 9, 0),
        "booked",
        "late",
    )
    .await;
    let home = anna.store.provider_home(&anna.actor, true).await.unwrap();
    assert_eq!(home.unsigned.iter().map(|u| u.encounter).collect::<Vec<_>>(), [first, second]);
    assert_eq!(home.today.iter().map(|a| a.patient).collect::<Vec<_>>(), [clinic.hao, clinic.jackie]);
    assert_eq!(home.week.iter().map(|a| a.reason.as_str()).collect::<Vec<_>>(), ["again"]);
    let gary = people::signed_in(&db, "gary").await;
    let other = gary.store.provider_home(&gary.actor, true).await.unwrap();
    assert!(other.unsigned.is_empty() && other.today.is_empty() && other.week.is_empty());
    let mei = people::signed_in(&db, "mei").await;
    assert!(mei.store.provider_home(&mei.actor, true).await.is_err());
}

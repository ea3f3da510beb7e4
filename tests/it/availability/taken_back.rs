//! Plans that are taken back after their sessions have gone or have changed, and who reads why somebody is away.
use super::{book, exceptions::*, front, rule, span, tomorrow};
use crate::{
    store_booking::Desk,
    support::{
        people::{self, at},
        speaker,
    },
};
use chrono::{Duration, NaiveTime};
use praxis::{
    domain::{
        booking::FreeFilter,
        clinic_session::SessionHours,
        exception::{ExceptionKind, PlanStep},
        ids::RequestId,
        slots::SlotState,
    },
    store::{Before, Cause, DaysOf, Done, HoldKind, Moved, PlanOf, SessionsOf, SignIn},
};
use sqlx::Executor as _;

/// Jack, Linh and Hao are moved from Anna's tomorrow, the way of `of`.
async fn moved_away(d: &Desk, mei: &SignIn, of: impl AsyncFnOnce() -> PlanOf) -> (Vec<PlanStep>, Vec<Moved>) {
    let mut c = people::writer(&d.db).await;
    let later = d.clinic.tomorrow + Duration::days(3);
    people::session(&mut c, d.clinic.gp.provider(), d.clinic.randwick, later, (9, 12)).await;
    for (patient, hour) in [(d.clinic.jack, 9), (d.clinic.linh, 10), (d.clinic.hao, 11)] {
        book(mei, tomorrow(&d.clinic, patient, hour, None)).await.unwrap();
    }
    let of = of().await;
    let steps = mei.store.rebook_plan(&mei.actor, of, false).await.unwrap();
    let moved = mei.store.rebook(&mei.actor, RequestId::new(), accepted(&steps)).await.unwrap();
    assert!(moved.iter().all(|m| m.version.is_some()), "{moved:?}");
    (steps, moved)
}

#[tokio::test]
async fn a_session_that_was_removed_after_its_plan_is_there_again_with_its_bookings() {
    let (d, mei) = front().await;
    let session = d.clinic.gp.tomorrow.unwrap();
    let (_, moved) = moved_away(&d, &mei, async || PlanOf::Session(session)).await;
    mei.store.remove_clinic_session(&mei.actor, RequestId::new(), session, 1).await.unwrap();
    let done = Done { session, version: 2, was: Before::There { plan: None }, lost: vec![] };
    let gone = Cause::Session(done);
    let request = RequestId::new();
    let take_back =
        async || mei.store.unplan(&mei.actor, request, gone.clone(), back(moved.clone())).await.unwrap();
    let undone = take_back().await;
    assert_eq!(undone.session.as_ref().map(|s| (s.back, s.stays.len())), Some((1, 0)));
    assert!(undone.moved.len() == 3 && undone.moved.iter().all(|m| m.version.is_some()), "{undone:?}");
    let times: Vec<_> = starts(&d).await.into_iter().map(|(_, at)| at).collect();
    assert_eq!(times, [9, 10, 11].map(|h| at(d.clinic.tomorrow, h, 0)));
    assert_eq!(take_back().await, undone, "asked twice it is done once");
}

#[tokio::test]
async fn what_was_held_in_a_removed_session_is_held_again_with_it_unless_its_hour_has_passed() {
    let (d, mei) = front().await;
    let (day, session) = (d.clinic.tomorrow, d.clinic.gp.tomorrow.unwrap());
    let (early, late) = (span(day, (9, 0), 60), span(day, (11, 0), 30));
    let soon = Some(at(d.clinic.today, 10, 0));
    for (period, kind, release) in [(early, HoldKind::SameDay, None), (late, HoldKind::Urgent, soon)] {
        mei.store.hold_time(&mei.actor, RequestId::new(), session, period, kind, release).await.unwrap();
    }
    let lost = mei.store.remove_clinic_session(&mei.actor, RequestId::new(), session, 1).await.unwrap();
    assert_eq!(lost.iter().map(|h| h.period).collect::<Vec<_>>(), [early, late]);
    people::set_now(&mut d.db.superuser().await, at(d.clinic.today, 10, 1)).await;
    let mei = people::signed_in(&d.db, "mei").await;
    let gone = Cause::Session(Done { session, version: 2, was: Before::There { plan: None }, lost });
    let request = RequestId::new();
    let take_back = async || mei.store.unplan(&mei.actor, request, gone.clone(), vec![]).await.unwrap();
    let undone = take_back().await;
    assert_eq!(undone.session.as_ref().map(|s| (s.back, s.held, s.released)), Some((1, 1, 1)));
    assert_eq!(take_back().await, undone);
    let slots = mei.store.slots_of_session(&mei.actor, session).await.unwrap();
    let held: Vec<_> = slots.iter().filter(|s| s.state == SlotState::Held).map(|s| s.period.start).collect();
    assert_eq!(held, [at(day, 9, 0), at(day, 9, 30)]);
    let filter = FreeFilter { provider: Some(d.clinic.gp.provider()), days: 1, ..FreeFilter::from(day) };
    let free = mei.store.first_free(&mei.actor, filter).await.unwrap();
    assert!(free.iter().any(|s| s.period.start == late.start), "what was to be released is free");
}

#[tokio::test]
async fn of_a_leave_and_its_plan_what_lost_its_session_stays_and_is_told_and_the_rest_goes_back() {
    let (d, mei) = front().await;
    let root = people::signed_in(&d.db, "root").await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow);
    let mut leave = None;
    let (steps, moved) = moved_away(&d, &mei, async || {
        let id = enter(&mei, ExceptionKind::Leave, Some(gp), None, span(day, (0, 0), 24 * 60)).await.unwrap();
        leave = Some(id);
        PlanOf::Exception(id)
    })
    .await;
    // Meanwhile the session begins at ten.
    let old = root.store.clinic_sessions(&root.actor, SessionsOf::Provider(gp), day, 1).await.unwrap();
    let later = SessionHours { from: NaiveTime::from_hms_opt(10, 0, 0).unwrap(), ..old[0].hours() };
    root.store.change_clinic_session(&root.actor, RequestId::new(), &old[0], later).await.unwrap();
    let cause = Cause::Entered(leave.unwrap());
    let undone = mei.store.unplan(&mei.actor, RequestId::new(), cause, back(moved)).await.unwrap();
    assert!(undone.lifted);
    let told = |n: usize| {
        let m = undone.moved.iter().find(|m| m.appointment == steps[n].clash.appointment).unwrap();
        (m.version.is_some(), m.why.clone())
    };
    assert_eq!(told(0), (false, "Its session was changed meanwhile, to Fri 13 Mar 10:00-17:00.".to_owned()));
    assert!(told(1).0 && told(2).0, "{undone:?}");
    let mut times: Vec<_> = starts(&d).await.into_iter().map(|(_, at)| at).collect();
    times.sort();
    assert_eq!(times, [at(day, 10, 0), at(day, 11, 0), at(day + Duration::days(3), 9, 0)]);
}

#[tokio::test]
async fn a_removed_session_is_named_and_one_that_took_its_place_takes_the_bookings_back() {
    let (d, mei) = front().await;
    let root = people::signed_in(&d.db, "root").await;
    let (gp, day, session) = (d.clinic.gp.provider(), d.clinic.tomorrow, d.clinic.gp.tomorrow.unwrap());
    let mut leave = None;
    let (_, moved) = moved_away(&d, &mei, async || {
        let id = enter(&mei, ExceptionKind::Leave, Some(gp), None, span(day, (0, 0), 24 * 60)).await.unwrap();
        leave = Some(id);
        PlanOf::Exception(id)
    })
    .await;
    root.store.remove_clinic_session(&root.actor, RequestId::new(), session, 1).await.unwrap();
    let mut c = people::writer(&d.db).await;
    let other = people::session(&mut c, gp, d.clinic.randwick, day, (10, 12)).await;
    let cause = Cause::There(leave.unwrap());
    let undone = mei.store.unplan(&mei.actor, RequestId::new(), cause, back(moved)).await.unwrap();
    let stays: Vec<_> = undone.moved.iter().filter(|m| m.version.is_none()).map(|m| m.why.as_str()).collect();
    assert_eq!(stays, ["The session Fri 13 Mar 08:00-17:00 was removed meanwhile."]);
    let sessions: Vec<(uuid::Uuid,)> = sqlx::query_as(
        "select distinct clinic_session_id from clinic.appointment where starts_at >= $1 and starts_at < $2",
    )
    .bind(at(day, 0, 0))
    .bind(at(day, 20, 0))
    .fetch_all(&mut c)
    .await
    .unwrap();
    assert_eq!(sessions, [(other.0,)]);
    let listed = mei.store.exceptions(&mei.actor, at(d.clinic.today, 0, 0)).await.unwrap();
    assert_eq!((listed[0].id, listed[0].clashes), (leave.unwrap(), 2), "the leave is there as before");
}

#[tokio::test]
async fn why_somebody_is_away_is_read_by_them_and_by_administrators_alone() {
    let (d, mei) = front().await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow);
    let anna = people::signed_in(&d.db, "anna").await;
    enter(&anna, ExceptionKind::Leave, Some(gp), None, span(day, (9, 0), 60)).await.unwrap();
    let root = people::signed_in(&d.db, "root").await;
    enter(&root, ExceptionKind::Holiday, None, Some(d.clinic.randwick), span(day, (12, 0), 60))
        .await
        .unwrap();
    let read = async |login: &str| -> (Vec<String>, Vec<String>) {
        let who = people::signed_in(&d.db, login).await;
        let listed = who.store.exceptions(&who.actor, at(d.clinic.today, 0, 0)).await.unwrap();
        let of = DaysOf { days: vec![(gp, day)], ..DaysOf::default() };
        let days = who.store.provider_days(&who.actor, of, false).await.unwrap();
        let shown = days.iter().flat_map(|x| &x.off).map(|o| o.text.clone()).collect();
        (listed.into_iter().map(|e| e.reason).collect(), shown)
    };
    let (none, all) = (["", "conference"].map(String::from), ["conference"; 2].map(String::from));
    for (login, told) in [("mei", &none), ("gary", &none), ("sam", &none), ("anna", &all), ("root", &all)] {
        assert_eq!(read(login).await, (told.to_vec(), told.to_vec()), "{login}");
    }
    // Nor by the sentence that refuses a booking.
    let refused = book(&mei, tomorrow(&d.clinic, d.clinic.jack, 9, None)).await;
    let Err(praxis::store::Error::Refused(why)) = &refused else { panic!("{refused:?}") };
    assert!(!why.to_string().contains("conference"), "{why}");
    assert_eq!(rule(refused), "provider_on_leave");
    let closed = book(&mei, tomorrow(&d.clinic, d.clinic.jack, 12, None)).await;
    let Err(praxis::store::Error::Refused(why)) = closed else { panic!("{closed:?}") };
    assert!(why.to_string().contains("conference"), "{why}");
    // Nor past the program.
    for login in ["mei", "anna", "root"] {
        let mut c = speaker::speaker(&d.db, login).await;
        let plain = c.execute("select reason from clinic.schedule_exception").await.expect_err(login);
        let code = plain.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{login}");
        let asked: Vec<Option<String>> = sqlx::query_scalar(
            "select clinic.exception_reason(e.id) from clinic.schedule_exception e where e.kind = 'leave'",
        )
        .fetch_all(&mut c)
        .await
        .unwrap();
        let own = (login != "mei").then(|| "conference".to_owned());
        assert_eq!(asked, [own], "{login}");
    }
    let mut jack = speaker::speaker(&d.db, "jack").await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from clinic.schedule_exception where kind = 'leave'")
        .fetch_one(&mut d.db.superuser().await)
        .await
        .unwrap();
    let none: Option<String> =
        sqlx::query_scalar("select clinic.exception_reason($1)").bind(id).fetch_one(&mut jack).await.unwrap();
    assert_eq!(none, None);
}

//! Leave, holidays and extra days: what they block, which bookings clash, and moving those in one go.
use super::{book, front, rule, span, tomorrow};
use crate::support::people::{self, at};
use chrono::Duration;
use praxis::{
    domain::{
        appointment::AppointmentKind,
        booking::{DayPart, FreeFilter, NewTime},
        exception::{ExceptionKind, NewException, PlanStep},
        ids::{AppointmentId, CentreId, ExceptionId, ProviderId, RequestId, WaitId},
        time::Period,
        waitlist::{Met, NewWait, Wish},
    },
    store::{Cause, Error, Moved, PlanOf, SessionsOf, SignIn, Was},
};

pub(super) async fn enter(
    who: &SignIn,
    kind: ExceptionKind,
    provider: Option<ProviderId>,
    centre: Option<CentreId>,
    period: Period,
) -> Result<ExceptionId, Error> {
    let new = NewException {
        id: ExceptionId::new(),
        kind,
        provider,
        centre,
        period,
        slot_minutes: 30,
        reason: "conference".into(),
    };
    who.store.add_exception(&who.actor, RequestId::new(), new).await
}

#[tokio::test]
async fn under_a_leave_nothing_is_free_or_booked_and_what_was_booked_is_listed() {
    let (d, mei) = front().await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow);
    let booked = book(&mei, tomorrow(&d.clinic, d.clinic.jack, 9, None)).await.unwrap();
    let away = span(day, (0, 0), 24 * 60);
    let leave = enter(&mei, ExceptionKind::Leave, Some(gp), None, away).await.unwrap();
    assert_eq!(rule(book(&mei, tomorrow(&d.clinic, d.clinic.linh, 10, None)).await), "provider_on_leave");
    let filter = FreeFilter { provider: Some(gp), days: 1, ..FreeFilter::from(day) };
    assert!(mei.store.first_free(&mei.actor, filter).await.unwrap().is_empty());
    let listed = mei.store.exceptions(&mei.actor, at(d.clinic.today, 0, 0)).await.unwrap();
    assert_eq!((listed.len(), listed[0].clashes), (1, 1));
    let sessions = mei.store.clinic_sessions(&mei.actor, SessionsOf::Provider(gp), day, 1).await.unwrap();
    assert_eq!(sessions[0].kept.shut, Some(ExceptionKind::Leave), "the session stays, and says so");
    assert_eq!(
        (sessions[0].free, sessions[0].not_free().as_str()),
        (0, "leave"),
        "nothing there can be booked"
    );
    let steps = mei.store.rebook_plan(&mei.actor, PlanOf::Exception(leave), true).await.unwrap();
    assert_eq!((steps.len(), steps[0].clash.appointment), (1, booked.id));
    mei.store.remove_exception(&mei.actor, RequestId::new(), leave, 1).await.unwrap();
    book(&mei, tomorrow(&d.clinic, d.clinic.linh, 10, None)).await.unwrap();
    // The whole house is shut from noon on; what has begun by then is free no longer.
    let root = people::signed_in(&d.db, "root").await;
    enter(&root, ExceptionKind::Holiday, None, Some(d.clinic.randwick), span(day, (12, 0), 12 * 60))
        .await
        .unwrap();
    let told = async || {
        let of = SessionsOf::Provider(gp);
        let row = mei.store.clinic_sessions(&mei.actor, of, day, 1).await.unwrap().remove(0);
        (row.booked, row.free, row.not_free())
    };
    assert_eq!(told().await, (2, 6, "holiday".to_owned()));
    people::set_now(&mut d.db.superuser().await, at(day, 11, 10)).await;
    assert_eq!(told().await, (2, 1, "holiday".to_owned()));
}

#[tokio::test]
async fn a_plan_says_which_wishes_on_the_waiting_list_it_closes_before_it_does() {
    let (d, mei) = front().await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow);
    let later = day + Duration::days(3);
    people::session(&mut people::writer(&d.db).await, gp, d.clinic.randwick, later, (9, 10)).await;
    book(&mei, tomorrow(&d.clinic, d.clinic.jack, 9, None)).await.unwrap();
    let mut ids = vec![];
    let morning = Wish { part: DayPart::Morning, ..Wish::between(later, later) };
    let of_gp = Wish { profession: Some("gp".into()), ..morning.clone() };
    let evening = Wish { provider: Some(gp), part: DayPart::Evening, ..morning };
    for (patient, wish) in [(d.clinic.jack, of_gp.clone()), (d.clinic.jack, evening), (d.clinic.linh, of_gp)]
    {
        let new = NewWait { id: WaitId::new(), patient, wish, note: String::new() };
        ids.push(mei.store.add_wait(&mei.actor, RequestId::new(), new).await.unwrap());
    }
    let session = PlanOf::Session(d.clinic.gp.tomorrow.unwrap());
    let steps = mei.store.rebook_plan(&mei.actor, session, true).await.unwrap();
    assert_eq!(steps[0].closes.iter().map(|m| m.id).collect::<Vec<_>>(), ids[..1]);
    let moved = mei.store.rebook(&mei.actor, RequestId::new(), accepted(&steps)).await.unwrap();
    let words = |of: &[Met]| of.iter().map(|m| m.words(day)).collect::<Vec<_>>();
    assert_eq!(words(&moved[0].met), words(&steps[0].closes), "and does just that");
}

#[tokio::test]
async fn a_plan_moves_every_clash_at_once_and_tells_which_could_not_go() {
    let (d, mei) = front().await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow);
    let later = day + Duration::days(3);
    let mut c = people::writer(&d.db).await;
    let session = people::session(&mut c, gp, d.clinic.randwick, later, (9, 10)).await;
    for (patient, hour) in [(d.clinic.jack, 9), (d.clinic.linh, 10), (d.clinic.hao, 11)] {
        book(&mei, tomorrow(&d.clinic, patient, hour, None)).await.unwrap();
    }
    let leave = enter(&mei, ExceptionKind::Leave, Some(gp), None, span(day, (0, 0), 24 * 60)).await.unwrap();
    let steps = mei.store.rebook_plan(&mei.actor, PlanOf::Exception(leave), true).await.unwrap();
    let to: Vec<_> = steps.iter().map(|s| s.to.as_ref().map(|t| t.period.start)).collect();
    assert_eq!(to, [Some(at(later, 9, 0)), Some(at(later, 9, 30)), None], "two slots for three");
    let moves: Vec<_> = steps
        .iter()
        .map(|s| {
            // The third is sent where the second goes: somebody is faster.
            let to = s.to.clone().or(steps[1].to.clone()).unwrap();
            let time = NewTime {
                provider: to.provider,
                centre: to.centre,
                session: Some(to.session),
                period: to.period,
            };
            assert_eq!(to.session, session);
            (s.clash.appointment, s.clash.version, time)
        })
        .collect();
    let moved = mei.store.rebook(&mei.actor, RequestId::new(), moves).await.unwrap();
    assert_eq!(moved.iter().map(|m| m.version.is_some()).collect::<Vec<_>>(), [true, true, false]);
    assert!(moved[2].why.contains("already has somebody at 09:30"), "{}", moved[2].why);
    let told: i64 = sqlx::query_scalar(
        "select count(*) from audit.event where action = 'appointment.move' and outcome = 'done' and patient_id is not null",
    )
    .fetch_one(&mut d.db.superuser().await)
    .await
    .unwrap();
    assert_eq!(told, 2, "a move of each patient is told");
    let left = mei.store.rebook_plan(&mei.actor, PlanOf::Exception(leave), false).await.unwrap();
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn the_bookings_of_a_session_that_shall_go_are_planned_into_others() {
    let (d, mei) = front().await;
    book(&mei, tomorrow(&d.clinic, d.clinic.jack, 9, None)).await.unwrap();
    let mut c = people::writer(&d.db).await;
    let next = d.clinic.tomorrow + Duration::days(1);
    people::session(&mut c, d.clinic.gp.provider(), d.clinic.randwick, next, (9, 12)).await;
    let session = d.clinic.gp.tomorrow.unwrap();
    let removed = mei.store.remove_clinic_session(&mei.actor, RequestId::new(), session, 1).await;
    assert_eq!(rule(removed), "session_removed_with_bookings");
    let steps = mei.store.rebook_plan(&mei.actor, PlanOf::Session(session), true).await.unwrap();
    let to = steps[0].to.clone().unwrap();
    assert_eq!(to.period.start, at(next, 9, 0));
    let time =
        NewTime { provider: to.provider, centre: to.centre, session: Some(to.session), period: to.period };
    let step = (steps[0].clash.appointment, steps[0].clash.version, time);
    mei.store.rebook(&mei.actor, RequestId::new(), vec![step]).await.unwrap();
    mei.store.remove_clinic_session(&mei.actor, RequestId::new(), session, 1).await.unwrap();
}

#[tokio::test]
async fn a_plan_proposes_no_time_at_a_centre_where_the_person_may_not_move_anybody() {
    let (d, mei) = front().await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow);
    let mut c = people::writer(&d.db).await;
    sqlx::query("insert into clinic.provider_centre values ($1, $2)")
        .bind(gp.0)
        .bind(d.clinic.ultimo.0)
        .execute(&mut c)
        .await
        .unwrap();
    let (sooner, later) = (day + Duration::days(1), day + Duration::days(3));
    people::session(&mut c, gp, d.clinic.ultimo, sooner, (9, 12)).await;
    people::session(&mut c, gp, d.clinic.randwick, later, (9, 12)).await;
    book(&mei, tomorrow(&d.clinic, d.clinic.jack, 9, None)).await.unwrap();
    let leave = enter(&mei, ExceptionKind::Leave, Some(gp), None, span(day, (0, 0), 24 * 60)).await.unwrap();
    let root = people::signed_in(&d.db, "root").await;
    for (who, start) in [(&mei, at(later, 9, 0)), (&root, at(sooner, 9, 0))] {
        let steps = who.store.rebook_plan(&who.actor, PlanOf::Exception(leave), true).await.unwrap();
        assert_eq!(steps[0].to.as_ref().unwrap().period.start, start, "{}", who.actor.login);
        let done = who.store.rebook(&who.actor, RequestId::new(), accepted(&steps)).await.unwrap();
        assert!(done[0].version.is_some(), "{}", done[0].why);
        let there = Cause::There(leave);
        who.store.unplan(&who.actor, RequestId::new(), there, back(done)).await.unwrap();
    }
}

/// What a plan proposes, as it is accepted.
pub(super) fn accepted(steps: &[PlanStep]) -> Vec<(AppointmentId, i64, NewTime)> {
    let step = |s: &PlanStep| {
        let to = s.to.clone()?;
        let (provider, centre, session) = (to.provider, to.centre, Some(to.session));
        Some((s.clash.appointment, s.clash.version, NewTime { provider, centre, session, period: to.period }))
    };
    steps.iter().filter_map(step).collect()
}

/// What takes it back.
pub(super) fn back(moved: Vec<Moved>) -> Vec<(AppointmentId, i64, Was)> {
    moved.into_iter().filter_map(|m| Some((m.appointment, m.version?, m.was?))).collect()
}

pub(super) async fn starts(d: &crate::store_booking::Desk) -> Vec<(String, chrono::DateTime<chrono::Utc>)> {
    sqlx::query_as(
        "select p.family_name, a.starts_at from clinic.appointment a join clinic.patient p on p.id = a.patient_id
          where a.status = 'booked' and a.starts_at >= $1 order by a.starts_at, 1",
    )
    .bind(at(d.clinic.tomorrow, 0, 0))
    .fetch_all(&mut d.db.superuser().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn an_accepted_plan_is_taken_back_as_one_with_the_leave_that_was_entered_with_it() {
    let (d, mei) = front().await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow);
    let mut c = people::writer(&d.db).await;
    people::session(&mut c, gp, d.clinic.randwick, day + Duration::days(3), (9, 12)).await;
    for (patient, hour) in [(d.clinic.jack, 9), (d.clinic.linh, 10)] {
        book(&mei, tomorrow(&d.clinic, patient, hour, None)).await.unwrap();
    }
    // One more than the slots: it goes back as what it was.
    let mut over = tomorrow(&d.clinic, d.clinic.hao, 9, None);
    over.kind = AppointmentKind::Overbook;
    book(&mei, over).await.unwrap();
    let before = starts(&d).await;
    let leave = enter(&mei, ExceptionKind::Leave, Some(gp), None, span(day, (0, 0), 24 * 60)).await.unwrap();
    let accept = async || {
        let steps = mei.store.rebook_plan(&mei.actor, PlanOf::Exception(leave), false).await.unwrap();
        mei.store.rebook(&mei.actor, RequestId::new(), accepted(&steps)).await.unwrap()
    };
    let undo = async |cause, moved| {
        mei.store.unplan(&mei.actor, RequestId::new(), cause, back(moved)).await.unwrap()
    };
    // A leave that was there before stays, and they lie under it as before.
    let moved = accept().await;
    assert_eq!(moved.len(), 3);
    assert_ne!(starts(&d).await, before);
    let undone = undo(Cause::There(leave), moved).await;
    assert!(!undone.lifted && undone.moved.iter().all(|m| m.version.is_some()), "{undone:?}");
    assert_eq!(starts(&d).await, before);
    let listed = mei.store.exceptions(&mei.actor, at(d.clinic.today, 0, 0)).await.unwrap();
    assert_eq!((listed.len(), listed[0].id, listed[0].clashes), (1, leave, 3));
    // One that was entered with the plan goes with it.
    let undone = undo(Cause::Entered(leave), accept().await).await;
    assert!(undone.lifted && undone.moved.len() == 3);
    assert_eq!(starts(&d).await, before);
    assert!(mei.store.exceptions(&mei.actor, at(d.clinic.today, 0, 0)).await.unwrap().is_empty());
    let kinds: Vec<String> =
        sqlx::query_scalar("select kind from clinic.appointment where starts_at >= $1 order by 1")
            .bind(at(day, 0, 0))
            .fetch_all(&mut d.db.superuser().await)
            .await
            .unwrap();
    assert_eq!(kinds, ["overbook", "slot", "slot"]);
    // And is put back as it was; an extra day's session has gone, so that is not.
    mei.store.restore_exception(&mei.actor, RequestId::new(), leave).await.unwrap();
    let listed = mei.store.exceptions(&mei.actor, at(d.clinic.today, 0, 0)).await.unwrap();
    assert_eq!((listed[0].id, listed[0].clashes), (leave, 3));
    let far = span(day + Duration::days(6), (9, 0), 120);
    let extra = enter(&mei, ExceptionKind::Extra, Some(gp), Some(d.clinic.randwick), far).await.unwrap();
    mei.store.remove_exception(&mei.actor, RequestId::new(), extra, 1).await.unwrap();
    let again = mei.store.restore_exception(&mei.actor, RequestId::new(), extra).await;
    assert_eq!(rule(again), "exception_stays");
}

#[tokio::test]
async fn of_a_plan_that_is_taken_back_what_another_desk_has_touched_stays_and_is_told() {
    let (d, mei) = front().await;
    let nina = people::signed_in(&d.db, "nina").await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow);
    let mut c = people::writer(&d.db).await;
    let other = people::session(&mut c, gp, d.clinic.randwick, day + Duration::days(3), (9, 12)).await;
    for (patient, hour) in [(d.clinic.jack, 9), (d.clinic.linh, 10), (d.clinic.hao, 11)] {
        book(&mei, tomorrow(&d.clinic, patient, hour, None)).await.unwrap();
    }
    let session = d.clinic.gp.tomorrow.unwrap();
    let steps = mei.store.rebook_plan(&mei.actor, PlanOf::Session(session), false).await.unwrap();
    let moved = mei.store.rebook(&mei.actor, RequestId::new(), accepted(&steps)).await.unwrap();
    // The other desk takes Jack's old time, and moves Linh once more.
    let mut new = tomorrow(&d.clinic, d.clinic.omar, 9, None);
    new.session = Some(session);
    book(&nina, new).await.unwrap();
    let linh = moved.iter().find(|m| m.appointment == steps[1].clash.appointment).unwrap();
    let period = span(day + Duration::days(3), (11, 30), 30);
    let to = NewTime { provider: gp, centre: d.clinic.randwick, session: Some(other), period };
    let (id, seen) = (linh.appointment, linh.version.unwrap());
    nina.store.move_appointment(&nina.actor, RequestId::new(), id, seen, to).await.unwrap();
    let request = RequestId::new();
    let take_back =
        async || mei.store.unplan(&mei.actor, request, Cause::None, back(moved.clone())).await.unwrap();
    let undone = take_back().await;
    let told = |n: usize| {
        let m = undone.moved.iter().find(|m| m.appointment == steps[n].clash.appointment).unwrap();
        (m.version.is_some(), m.why.clone())
    };
    assert!(!told(0).0 && told(0).1.contains("already has somebody at 09:00"), "{}", told(0).1);
    assert!(!told(1).0 && told(1).1.contains("Nina"), "{}", told(1).1);
    assert!(told(2).0);
    let now: Vec<_> = starts(&d).await.into_iter().map(|(_, at)| at).collect();
    let later = day + Duration::days(3);
    assert_eq!(now, [at(day, 9, 0), at(day, 11, 0), at(later, 9, 0), at(later, 11, 30)]);
    assert_eq!(take_back().await, undone, "asked twice it is done once");
}

#[tokio::test]
async fn a_holiday_closes_a_centre_and_an_extra_day_brings_its_session() {
    let (d, mei) = front().await;
    let (gp, day) = (d.clinic.gp.provider(), d.clinic.tomorrow + Duration::days(2));
    let extra = |from| {
        enter(&mei, ExceptionKind::Extra, Some(gp), Some(d.clinic.randwick), span(day, (from, 0), 120))
    };
    let id = extra(9).await.unwrap();
    let filter = FreeFilter { provider: Some(gp), days: 1, ..FreeFilter::from(day) };
    assert_eq!(mei.store.first_free(&mei.actor, filter.clone()).await.unwrap().len(), 4);
    assert_eq!(rule(extra(10).await), "clinic_session_overlap");
    mei.store.remove_exception(&mei.actor, RequestId::new(), id, 1).await.unwrap();
    assert!(mei.store.first_free(&mei.actor, filter).await.unwrap().is_empty());
    enter(&mei, ExceptionKind::Holiday, None, Some(d.clinic.randwick), span(day, (0, 0), 24 * 60))
        .await
        .unwrap();
    assert_eq!(rule(extra(9).await), "centre_on_holiday");
}

#[tokio::test]
async fn a_provider_enters_their_own_leave_and_nobody_elses_and_the_desk_that_of_its_centre() {
    let (d, mei) = front().await;
    let away = span(d.clinic.tomorrow, (12, 0), 60);
    let anna = people::signed_in(&d.db, "anna").await;
    let leave = |who, provider| enter(who, ExceptionKind::Leave, Some(provider), None, away);
    leave(&anna, d.clinic.gp.provider()).await.unwrap();
    assert_eq!(rule(leave(&anna, d.clinic.physio.provider()).await), "not_permitted");
    let closed = enter(&anna, ExceptionKind::Holiday, None, Some(d.clinic.randwick), away).await;
    assert_eq!(rule(closed), "not_permitted");
    assert_eq!(rule(leave(&mei, d.clinic.gp2.provider()).await), "not_permitted", "Gary works at Ultimo");
    let past = span(d.clinic.today, (7, 0), 60);
    let over = enter(&mei, ExceptionKind::Leave, Some(d.clinic.gp.provider()), None, past).await;
    assert_eq!(rule(over), "exception_in_the_past");
}

//! Leave, holidays and extra days: what they block, which bookings clash, and moving those in one go.
use super::{book, front, rule, span, tomorrow};
use crate::support::people::{self, at};
use chrono::Duration;
use praxis::{
    domain::{
        booking::{FreeFilter, NewTime},
        exception::{ExceptionKind, NewException},
        ids::{CentreId, ExceptionId, ProviderId, RequestId},
        time::Period,
    },
    store::{Error, PlanOf, SessionsOf, SignIn},
};

async fn enter(
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
    assert_eq!((listed.len(), listed[0].clashes, listed[0].reason.as_str()), (1, 1, "conference"));
    let sessions = mei.store.clinic_sessions(&mei.actor, SessionsOf::Provider(gp), day, 1).await.unwrap();
    assert!(sessions[0].kept.away, "the session stays, and says so");
    assert_eq!(sessions[0].free(), 0, "nothing under a leave can be booked");
    let steps = mei.store.rebook_plan(&mei.actor, PlanOf::Exception(leave), true).await.unwrap();
    assert_eq!((steps.len(), steps[0].clash.appointment), (1, booked.id));
    mei.store.remove_exception(&mei.actor, RequestId::new(), leave, 1).await.unwrap();
    book(&mei, tomorrow(&d.clinic, d.clinic.linh, 10, None)).await.unwrap();
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

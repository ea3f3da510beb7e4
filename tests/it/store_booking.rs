//! The rules of booking, moving and changing status, asked of the real database: one test for each sentence of the
//! product's decisions, and a race for the same slots.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic, Person, at},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use praxis::{
    domain::{
        appointment::{AppointmentKind, AppointmentStatus},
        booking::{Booked, DayPart, FreeFilter, NewAppointment, NewTime},
        ids::{AppointmentId, PatientId, RequestId},
        time::Period,
    },
    store::{BoardCounts, Error, SignIn},
};
use sqlx::Row as _;

pub(super) struct Desk {
    pub(super) db: Db,
    pub(super) clinic: Clinic,
    pub(super) mei: SignIn,
}

pub(super) async fn desk() -> Desk {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mei = people::signed_in(&db, "mei").await;
    Desk { db, clinic, mei }
}

pub(crate) fn slot(patient: PatientId, with: &Person, start: DateTime<Utc>) -> NewAppointment {
    NewAppointment {
        id: AppointmentId::new(),
        patient,
        provider: with.provider(),
        centre: with.centre,
        session: with.today,
        kind: AppointmentKind::Slot,
        period: Period { start, end: start + Duration::minutes(30) },
        visit_type: None,
        reason: "blood test".into(),
        arrived: false,
    }
}

pub(super) fn new_time(with: &Person, start: DateTime<Utc>) -> NewTime {
    NewTime {
        provider: with.provider(),
        centre: with.centre,
        session: with.today,
        period: Period { start, end: start + Duration::minutes(30) },
    }
}

impl Desk {
    async fn book(&self, new: NewAppointment) -> Result<Booked, Error> {
        self.mei.store.book(&self.mei.actor, RequestId::new(), new).await
    }
    pub(super) fn today(&self, hour: u32, minute: u32) -> DateTime<Utc> {
        at(self.clinic.today, hour, minute)
    }
    async fn status(&self, b: &Booked, to: &'static str) -> Result<i64, Error> {
        self.mei.store.set_status(&self.mei.actor, RequestId::new(), b.id, b.version, to, "").await
    }
}

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why) | Error::Overlap(why) | Error::Duplicate(why)) => why.rule,
        other => panic!("no refusal but {other:?}"),
    }
}

#[tokio::test]
async fn a_booking_is_answered_with_everything_a_confirmation_says() {
    let d = desk().await;
    let b = d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(10, 30))).await.unwrap();
    assert_eq!(b.patient_name.to_string(), "BLACK Jack");
    assert_eq!(b.provider_name.to_string(), "SMITH Anna");
    assert_eq!(b.centre_name, "Randwick Medical Centre");
    assert_eq!(b.period.starts_at(b.zone).format("%H:%M").to_string(), "10:30");
    assert_eq!((b.status, b.reason.as_str(), b.version), (AppointmentStatus::Booked, "blood test", 1));
}

#[tokio::test]
async fn touching_is_not_overlapping() {
    let d = desk().await;
    d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(10, 0))).await.unwrap();
    d.book(slot(d.clinic.linh, &d.clinic.gp, d.today(10, 30))).await.unwrap();
    d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(9, 30))).await.unwrap();
}

#[tokio::test]
async fn two_desks_cannot_take_the_same_time_and_the_second_is_told_who_has_it() {
    let d = desk().await;
    d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(10, 0))).await.unwrap();
    let Err(Error::Overlap(why)) = d.book(slot(d.clinic.linh, &d.clinic.gp, d.today(10, 0))).await else {
        panic!("taken")
    };
    assert_eq!(why.rule, "appointment_provider_overlap");
    assert_eq!(why.sentence, "SMITH Anna already has somebody at 10:00: taken by Mei Wong at 09:00.");
    let mut elsewhere = slot(d.clinic.jack, &d.clinic.physio, d.today(10, 0));
    elsewhere.reason = String::new();
    let Err(Error::Overlap(why)) = d.book(elsewhere).await else { panic!("busy") };
    assert_eq!(why.rule, "appointment_patient_overlap");
    assert!(why.sentence.contains("10:00 with SMITH Anna"), "{}", why.sentence);
    let logged: Vec<String> = sqlx::query_scalar(
        "select facts ->> 'rule' from audit.event where outcome = 'refused' and action = 'appointment.book' order by 1",
    )
    .fetch_all(&mut d.db.superuser().await)
    .await
    .unwrap();
    assert_eq!(logged, ["appointment_patient_overlap", "appointment_provider_overlap"]);
}

#[tokio::test]
async fn nothing_is_booked_in_the_past_too_far_ahead_or_outside_a_session() {
    let d = desk().await;
    assert_eq!(rule(d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(8, 30))).await), "nothing_in_the_past");
    d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(9, 30))).await.unwrap();
    assert_eq!(rule(d.book(slot(d.clinic.linh, &d.clinic.gp, d.today(17, 0))).await), "not_a_slot");
    assert_eq!(rule(d.book(slot(d.clinic.linh, &d.clinic.gp, d.today(10, 15))).await), "not_a_slot");
    let mut long = slot(d.clinic.linh, &d.clinic.gp, d.today(11, 0));
    long.period.end += Duration::minutes(10);
    assert_eq!(rule(d.book(long).await), "not_a_slot");
    let mut wrong_session = slot(d.clinic.linh, &d.clinic.gp, d.today(11, 0));
    wrong_session.session = d.clinic.physio.today;
    assert_eq!(rule(d.book(wrong_session).await), "not_a_slot");
    let far = slot(d.clinic.linh, &d.clinic.gp, d.today(11, 0) + Duration::days(400));
    assert_eq!(rule(d.book(far).await), "too_far_ahead");
}

#[tokio::test]
async fn a_deactivated_or_blocked_patient_is_not_booked() {
    let d = desk().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    let until = d.clinic.today + Duration::days(3);
    let seen = store.patient_profile(actor, d.clinic.hao, false).await.unwrap().version;
    let seen = store
        .block_patient(actor, RequestId::new(), d.clinic.hao, seen, Some(until), "shouted".into())
        .await
        .unwrap();
    assert_eq!(rule(d.book(slot(d.clinic.hao, &d.clinic.gp, d.today(10, 0))).await), "patient_blocked");
    let seen =
        store.block_patient(actor, RequestId::new(), d.clinic.hao, seen, None, String::new()).await.unwrap();
    let seen = store
        .set_patient_active(actor, RequestId::new(), d.clinic.hao, seen, false, "moved away".into())
        .await
        .unwrap();
    assert_eq!(rule(d.book(slot(d.clinic.hao, &d.clinic.gp, d.today(10, 0))).await), "patient_deactivated");
    assert_eq!(
        store.patient_profile(actor, d.clinic.hao, false).await.unwrap().deactivated_why,
        "moved away"
    );
    let again =
        |why: &str| store.set_patient_active(actor, RequestId::new(), d.clinic.hao, seen, true, why.into());
    assert_eq!(rule(again("  ").await), "reactivation_needs_reason");
    again("is back in town").await.unwrap();
    let profile = store.patient_profile(actor, d.clinic.hao, false).await.unwrap();
    assert_eq!(profile.reactivated.unwrap().1, "is back in town");
    d.book(slot(d.clinic.hao, &d.clinic.gp, d.today(10, 0))).await.unwrap();
    let nina = people::signed_in(&d.db, "nina").await;
    let seen = store.patient_profile(actor, d.clinic.linh, false).await.unwrap().version;
    let refused = nina
        .store
        .block_patient(&nina.actor, RequestId::new(), d.clinic.linh, seen, Some(until), "x".into())
        .await;
    assert_eq!(rule(refused), "not_permitted");
}

#[tokio::test]
async fn nobody_is_booked_with_themselves_and_staff_not_by_themselves() {
    let d = desk().await;
    let mut c = people::writer(&d.db).await;
    sqlx::query("update clinic.patient set account_id = $2 where id = $1")
        .bind(d.clinic.linh.0)
        .bind(d.clinic.gp.account.0)
        .execute(&mut c)
        .await
        .unwrap();
    let own = d.book(slot(d.clinic.linh, &d.clinic.gp, d.today(10, 0))).await;
    assert_eq!(rule(own), "nobody_with_themselves");
    sqlx::query("update clinic.patient set account_id = $2 where id = $1")
        .bind(d.clinic.hao.0)
        .bind(d.clinic.reception.account.0)
        .execute(&mut c)
        .await
        .unwrap();
    assert_eq!(rule(d.book(slot(d.clinic.hao, &d.clinic.gp, d.today(10, 0))).await), "not_permitted");
}

#[tokio::test]
async fn a_specialist_is_booked_only_with_an_open_referral() {
    let d = desk().await;
    let visit = slot(d.clinic.jack, &d.clinic.specialist, d.today(10, 0));
    assert_eq!(rule(d.book(visit.clone()).await), "specialist_needs_referral");
    let mut c = people::writer(&d.db).await;
    people::referral(&mut c, &d.clinic, d.clinic.jack).await;
    d.book(visit).await.unwrap();
    assert_eq!(
        rule(d.book(slot(d.clinic.linh, &d.clinic.specialist, d.today(11, 0))).await),
        "specialist_needs_referral"
    );
}

#[tokio::test]
async fn a_provider_books_with_themselves_only_patients_they_see() {
    let d = desk().await;
    let anna = people::signed_in(&d.db, "anna").await;
    let stranger = slot(d.clinic.hao, &d.clinic.gp, d.today(10, 0));
    let refused = anna.store.book(&anna.actor, RequestId::new(), stranger).await;
    assert_eq!(rule(refused), "provider_books_only_own_patients");
    d.book(slot(d.clinic.hao, &d.clinic.gp, d.today(11, 0))).await.unwrap();
    let mut follow_up = slot(d.clinic.hao, &d.clinic.gp, at(d.clinic.tomorrow, 10, 0));
    follow_up.session = d.clinic.gp.tomorrow;
    anna.store.book(&anna.actor, RequestId::new(), follow_up).await.unwrap();
}

#[tokio::test]
async fn overbooking_needs_permission_a_reason_and_a_place_under_the_cap() {
    let d = desk().await;
    d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(10, 0))).await.unwrap();
    let over = |patient, hour| {
        let mut new = slot(patient, &d.clinic.gp, d.today(hour, 0));
        new.kind = AppointmentKind::Overbook;
        new
    };
    let mut silent = over(d.clinic.linh, 10);
    silent.reason = "  ".into();
    assert_eq!(rule(d.book(silent).await), "overbook_needs_reason");
    let nina = people::signed_in(&d.db, "nina").await;
    let refused = nina.store.book(&nina.actor, RequestId::new(), over(d.clinic.linh, 10)).await;
    assert_eq!(rule(refused), "overbook_not_permitted");
    d.book(over(d.clinic.linh, 10)).await.unwrap();
    d.book(over(d.clinic.hao, 10)).await.unwrap();
    assert_eq!(rule(d.book(over(d.clinic.omar, 11)).await), "overbook_cap");
}

#[tokio::test]
async fn a_walk_in_is_there_at_once_and_only_today() {
    let d = desk().await;
    let mut walk_in = slot(d.clinic.jack, &d.clinic.gp, d.today(9, 0));
    (walk_in.kind, walk_in.session, walk_in.arrived) = (AppointmentKind::WalkIn, None, true);
    let b = d.book(walk_in).await.unwrap();
    assert_eq!(b.status, AppointmentStatus::Arrived);
    let board = d.mei.store.board(&d.mei.actor, d.clinic.randwick, d.clinic.today, true).await.unwrap();
    assert!(board.rows[0].arrived_at.is_some());
    let mut later = slot(d.clinic.linh, &d.clinic.gp, at(d.clinic.tomorrow, 9, 0));
    (later.kind, later.session) = (AppointmentKind::WalkIn, None);
    assert_eq!(rule(d.book(later).await), "walk_in_today");
}

#[tokio::test]
async fn the_same_request_sent_twice_books_once() {
    let d = desk().await;
    let (request, new) = (RequestId::new(), slot(d.clinic.jack, &d.clinic.gp, d.today(10, 0)));
    let first = d.mei.store.book(&d.mei.actor, request, new.clone()).await.unwrap();
    let second = d.mei.store.book(&d.mei.actor, request, new.clone()).await.unwrap();
    assert_eq!(first, second);
    // Even under a new request the same appointment is not made again.
    assert_eq!(d.book(new).await.unwrap(), first);
    let mut c = d.db.superuser().await;
    let n: i64 =
        sqlx::query("select count(*) from clinic.appointment").fetch_one(&mut c).await.unwrap().get(0);
    assert_eq!(n, 1);
}

#[tokio::test]
async fn checking_in_is_undone_and_done_by_the_version_that_was_seen() {
    let d = desk().await;
    let b = d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(9, 30))).await.unwrap();
    let arrived = d.status(&b, "arrived").await.unwrap();
    let Err(Error::Stale { by, .. }) = d.status(&b, "no_show").await else { panic!("stale") };
    assert_eq!(by, "Mei Wong");
    let undone =
        d.mei.store.set_status(&d.mei.actor, RequestId::new(), b.id, arrived, "booked", "").await.unwrap();
    assert!(undone > arrived);
    let (now, steps) = d.mei.store.appointment(&d.mei.actor, b.id, true).await.unwrap();
    assert_eq!(now.status, AppointmentStatus::Booked);
    let path: Vec<_> = steps.iter().map(|s| s.to.code()).collect();
    assert_eq!(path, ["booked", "arrived", "booked"]);
    assert_eq!(steps[1].by, "Mei Wong");
}

#[tokio::test]
async fn only_todays_appointments_arrive_and_only_written_edges_exist() {
    let d = desk().await;
    let mut new = slot(d.clinic.jack, &d.clinic.gp, at(d.clinic.tomorrow, 10, 0));
    new.session = d.clinic.gp.tomorrow;
    let b = d.book(new).await.unwrap();
    assert_eq!(rule(d.status(&b, "arrived").await), "appointment_only_today");
    assert_eq!(rule(d.status(&b, "completed").await), "appointment_edge");
    assert_eq!(rule(d.status(&b, "no_show").await), "no_show_before_start");
}

#[tokio::test]
async fn a_no_show_is_counted_at_the_next_booking_and_can_be_taken_back() {
    let d = desk().await;
    let b = d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(9, 30))).await.unwrap();
    let mut c = d.db.superuser().await;
    people::set_now(&mut c, d.today(9, 50)).await;
    let seen = d.status(&b, "no_show").await.unwrap();
    let profile = d.mei.store.patient_profile(&d.mei.actor, d.clinic.jack, true).await.unwrap();
    assert_eq!(profile.no_shows, 1);
    d.mei.store.set_status(&d.mei.actor, RequestId::new(), b.id, seen, "booked", "").await.unwrap();
    let profile = d.mei.store.patient_profile(&d.mei.actor, d.clinic.jack, false).await.unwrap();
    assert_eq!(profile.no_shows, 0);
}

#[tokio::test]
async fn a_cancellation_needs_a_reason_and_is_restored_only_while_free_and_in_the_future() {
    let d = desk().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    let b = d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(10, 0))).await.unwrap();
    assert_eq!(
        rule(store.cancel_appointment(actor, RequestId::new(), b.id, b.version, "  ").await),
        "cancel_needs_reason"
    );
    let seen = store.cancel_appointment(actor, RequestId::new(), b.id, b.version, "ill").await.unwrap();
    let other = d.book(slot(d.clinic.linh, &d.clinic.gp, d.today(10, 0))).await.unwrap();
    assert_eq!(
        rule(store.restore_appointment(actor, RequestId::new(), b.id, seen).await),
        "appointment_provider_overlap"
    );
    store.cancel_appointment(actor, RequestId::new(), other.id, other.version, "undone").await.unwrap();
    let seen = store.restore_appointment(actor, RequestId::new(), b.id, seen).await.unwrap();
    let seen = store.cancel_appointment(actor, RequestId::new(), b.id, seen, "ill again").await.unwrap();
    let mut c = d.db.superuser().await;
    people::set_now(&mut c, d.today(10, 10)).await;
    assert_eq!(
        rule(store.restore_appointment(actor, RequestId::new(), b.id, seen).await),
        "nothing_in_the_past"
    );
}

#[tokio::test]
async fn moving_keeps_the_history_and_is_moved_back() {
    let d = desk().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    let b = d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(10, 0))).await.unwrap();
    d.book(slot(d.clinic.linh, &d.clinic.gp, d.today(11, 0))).await.unwrap();
    let taken = store
        .move_appointment(actor, RequestId::new(), b.id, b.version, new_time(&d.clinic.gp, d.today(11, 0)))
        .await;
    assert_eq!(rule(taken), "appointment_provider_overlap");
    let to = new_time(&d.clinic.physio, d.today(10, 30));
    let moved = store.move_appointment(actor, RequestId::new(), b.id, b.version, to).await.unwrap();
    assert_eq!(moved.provider_name.to_string(), "JACKSON Sam");
    let stale = store
        .move_appointment(actor, RequestId::new(), b.id, b.version, new_time(&d.clinic.gp, d.today(12, 0)))
        .await;
    assert!(matches!(stale, Err(Error::Stale { .. })));
    let back = store.move_appointment(actor, RequestId::new(), b.id, moved.version, b.time()).await.unwrap();
    assert_eq!((back.period, back.provider), (b.period, b.provider));
    let (_, steps) = store.appointment(actor, b.id, false).await.unwrap();
    assert_eq!(steps.len(), 3);
    assert_eq!(steps[1].moved_from, Some(b.period.start));
    let arrived = d.status(&back, "arrived").await.unwrap();
    let refused = store
        .move_appointment(actor, RequestId::new(), b.id, arrived, new_time(&d.clinic.gp, d.today(12, 0)))
        .await;
    assert_eq!(rule(refused), "only_booked_moves");
}

#[tokio::test]
async fn free_times_leave_out_what_is_taken_past_or_impossible() {
    let d = desk().await;
    let (store, actor) = (&d.mei.store, &d.mei.actor);
    d.book(slot(d.clinic.jack, &d.clinic.gp, d.today(9, 30))).await.unwrap();
    let mut filter = FreeFilter::from(d.clinic.today);
    filter.provider = d.clinic.gp.provider;
    let times = |found: &[praxis::domain::booking::FreeSlot]| -> Vec<String> {
        found.iter().map(|s| format!("{} {}", s.day.format("%d"), s.time().format("%H:%M"))).collect()
    };
    filter.limit = 3;
    let found = store.first_free(actor, filter.clone()).await.unwrap();
    assert_eq!(times(&found), ["12 10:00", "12 10:30", "12 11:00"]);
    filter.part = DayPart::Afternoon;
    assert_eq!(times(&store.first_free(actor, filter.clone()).await.unwrap())[0], "12 12:00");
    (filter.part, filter.limit) = (DayPart::Any, 200);
    assert_eq!(store.first_free(actor, filter.clone()).await.unwrap().len(), 14 + 18);
    // With a patient: not while they are busy elsewhere, and no specialist without a referral.
    let mut anybody = FreeFilter::from(d.clinic.today);
    (anybody.patient, anybody.centre, anybody.limit) = (Some(d.clinic.jack), Some(d.clinic.randwick), 200);
    let found = store.first_free(actor, anybody.clone()).await.unwrap();
    assert!(found.iter().all(|s| s.period.start != d.today(9, 30)));
    assert!(found.iter().all(|s| s.provider != d.clinic.specialist.provider()));
    anybody.profession = Some("physiotherapist".into());
    let found = store.first_free(actor, anybody).await.unwrap();
    assert!(found.iter().all(|s| s.provider == d.clinic.physio.provider()) && !found.is_empty());
    let strips = store.day_strips(actor, vec![d.clinic.gp.provider()], None, d.clinic.today).await.unwrap();
    assert_eq!(strips[0].hour(chrono_tz::Australia::Sydney, 9), ['.', '#']);
    assert_eq!(strips[0].hour(chrono_tz::Australia::Sydney, 7), ['-', '-']);
}

#[tokio::test]
async fn on_a_day_of_a_clock_change_there_are_the_slots_there_really_are() {
    let d = desk().await;
    let mut c = people::writer(&d.db).await;
    let zone = chrono_tz::Australia::Sydney;
    // 5 April 2026: 02:00 to 03:00 comes twice. 4 October 2026: it never comes.
    for (day, slots) in [((2026, 4, 5), 8), ((2026, 10, 4), 4)] {
        let day = NaiveDate::from_ymd_opt(day.0, day.1, day.2).unwrap();
        people::session(&mut c, d.clinic.gp.provider(), d.clinic.randwick, day, (1, 4)).await;
        let mut filter = FreeFilter::from(day);
        (filter.provider, filter.days, filter.limit) = (d.clinic.gp.provider, 1, 50);
        let found = d.mei.store.first_free(&d.mei.actor, filter).await.unwrap();
        assert_eq!(found.len(), slots, "{day}");
        assert!(found.windows(2).all(|w| w[0].period.end == w[1].period.start));
        assert!(found.iter().all(|s| s.period.minutes() == 30));
        assert_eq!(found[slots - 1].period.ends_at(zone).time().format("%H:%M").to_string(), "04:00");
        let mut last = slot(d.clinic.jack, &d.clinic.gp, found[slots - 1].period.start);
        last.session = Some(found[slots - 1].session);
        d.book(last).await.unwrap();
    }
}

#[tokio::test]
async fn the_board_counts_marks_and_lists_what_earlier_days_left_open() {
    let d = desk().await;
    let mut c = people::writer(&d.db).await;
    let (gp, clinic) = (&d.clinic.gp, &d.clinic);
    people::appointment(&mut c, clinic, gp, clinic.jack, (8, 0), "arrived").await;
    people::appointment(&mut c, clinic, gp, clinic.jackie, (8, 30), "booked").await;
    people::appointment(&mut c, clinic, gp, clinic.linh, (9, 0), "in_progress").await;
    people::appointment(&mut c, clinic, gp, clinic.hao, (9, 30), "cancelled").await;
    let yesterday = d.today(10, 0) - Duration::days(1);
    people::appointment_on(&mut c, gp, clinic.hao, yesterday, "booked", "x").await;
    people::appointment_on(&mut c, gp, clinic.hao, yesterday - Duration::days(90), "booked", "x").await;
    people::appointment_on(&mut c, gp, clinic.linh, yesterday, "completed", "x").await;
    let board = d.mei.store.board(&d.mei.actor, clinic.randwick, clinic.today, true).await.unwrap();
    let counts = BoardCounts::of(&board.rows, d.today(9, 0));
    assert_eq!((counts.today, counts.waiting, counts.in_room, counts.no_show), (3, 1, 1, 0));
    assert_eq!(counts.longest_wait, Some(70));
    let marked: Vec<_> = board.rows.iter().filter(|r| r.look_alike).map(|r| r.patient).collect();
    assert_eq!(marked, [clinic.jack, clinic.jackie]);
    assert!(board.rows[0].new_patient && !board.rows[2].new_patient);
    assert_eq!(board.earlier.len(), 1);
    let seen = &board.earlier[0];
    d.mei
        .store
        .set_status(&d.mei.actor, RequestId::new(), seen.appointment, seen.version, "no_show", "")
        .await
        .unwrap();
}

//! Time that nobody had before comes free for those who wait: a session that was added or made longer, and what was held back and
//! released. And a move closes the wish that it meets, by whichever way it is made; taking it back opens that one again.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, Clinic, at},
};
use chrono::{Duration, NaiveDate, NaiveTime};
use praxis::{
    domain::{
        appointment::AppointmentKind,
        booking::{Booked, DayPart, NewAppointment, NewTime},
        clinic_session::{NewSession, SessionHours},
        exception::{ExceptionKind, NewException},
        ids::{AppointmentId, ExceptionId, PatientId, RequestId, SeriesId, WaitId},
        provider::WeeklyHours,
        series::{Step, Together},
        time::Period,
        waitlist::{FreedHere, NewWait, WaitStatus, Weekdays, Wish},
    },
    store::{Cause, HoldKind, SessionsOf, SignIn},
};

async fn waits(who: &SignIn, patient: PatientId, wish: Wish) -> WaitId {
    let new = NewWait { id: WaitId::new(), patient, wish, note: String::new() };
    who.store.add_wait(&who.actor, RequestId::new(), new).await.expect("a wish")
}

fn wish(clinic: &Clinic, first: NaiveDate, last: NaiveDate) -> Wish {
    let mut wish = Wish::between(first, last);
    (wish.profession, wish.centre) = (Some("gp".into()), Some(clinic.randwick));
    wish
}

/// `13 10:00-10:30 2`: how many it suits.
async fn told(who: &SignIn) -> Vec<String> {
    let found = who.store.freed_times(&who.actor, false).await.unwrap();
    let row = |t: &FreedHere| {
        let (from, to) = (t.time.period.starts_at(t.zone), t.time.period.ends_at(t.zone));
        format!("{}-{} {}", from.format("%d %H:%M"), to.format("%H:%M"), t.suits)
    };
    found.times.iter().map(row).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn a_session_that_is_added_copied_or_made_longer_comes_free_for_who_waits_the_earliest_for_each() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mei = people::signed_in(&db, "mei").await;
        let (store, actor) = (&mei.store, &mei.actor);
        let gp = clinic.gp.provider();
        let (saturday, sunday) = (clinic.today + Duration::days(2), clinic.today + Duration::days(3));
        waits(&mei, clinic.jack, wish(&clinic, saturday, saturday)).await;
        waits(&mei, clinic.linh, wish(&clinic, sunday, clinic.today + Duration::days(14))).await;
        assert_eq!(told(&mei).await, NONE, "what was free before is no news");
        let hours = |day: NaiveDate, from: u32, to: u32| {
            let time = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
            SessionHours { day, from: time(from), to: time(to), slot_minutes: 30 }
        };
        let new = NewSession { provider: gp, centre: clinic.randwick, hours: hours(saturday, 9, 12) };
        store.add_clinic_session(actor, RequestId::new(), new).await.unwrap();
        assert_eq!(told(&mei).await, ["14 09:00-12:00 1"]);
        // Whoever is put on the list now has seen that it is free.
        waits(
            &mei,
            clinic.hao,
            Wish { weekdays: Weekdays::parse("sat").unwrap(), ..wish(&clinic, saturday, sunday) },
        )
        .await;
        // Made longer: the earliest of what is new.
        let made = store.clinic_sessions(actor, SessionsOf::Provider(gp), saturday, 1).await.unwrap();
        store.change_clinic_session(actor, RequestId::new(), &made[0], hours(saturday, 8, 13)).await.unwrap();
        assert_eq!(told(&mei).await, ["14 08:00-09:00 2"], "one time for a wish");
        // A whole week that is copied, and an extra day before it: for her the earliest alone.
        let week = clinic.today + Duration::days(7);
        store.copy_week(actor, RequestId::new(), gp, week).await.unwrap();
        assert_eq!(told(&mei).await, ["14 08:00-09:00 2", "19 08:00-17:00 1"]);
        let root = people::signed_in(&db, "root").await;
        let extra = NewException {
            id: ExceptionId::new(),
            kind: ExceptionKind::Extra,
            provider: Some(gp),
            centre: Some(clinic.randwick),
            period: Period { start: at(sunday, 9, 0), end: at(sunday, 11, 0) },
            slot_minutes: 30,
            reason: "open day".into(),
        };
        root.store.add_exception(&root.actor, RequestId::new(), extra).await.unwrap();
        assert_eq!(told(&mei).await, ["14 08:00-09:00 2", "15 09:00-11:00 1"]);
        // Booked, it is gone; what is left of it is still theirs.
        let taken = NewAppointment {
            id: AppointmentId::new(),
            patient: clinic.omar,
            provider: gp,
            centre: clinic.randwick,
            session: Some(made[0].id),
            kind: AppointmentKind::Slot,
            period: Period { start: at(saturday, 8, 0), end: at(saturday, 8, 30) },
            visit_type: None,
            reason: String::new(),
            arrived: false,
        };
        store.book(actor, RequestId::new(), taken).await.unwrap();
        assert_eq!(told(&mei).await, ["14 08:30-09:00 2", "15 09:00-11:00 1"]);
        // Under leave nothing is offered.
        let leave = NewException {
            id: ExceptionId::new(),
            kind: ExceptionKind::Leave,
            provider: Some(gp),
            centre: None,
            period: Period { start: at(sunday, 0, 0), end: at(sunday, 23, 0) },
            slot_minutes: 30,
            reason: "ill".into(),
        };
        root.store.add_exception(&root.actor, RequestId::new(), leave).await.unwrap();
        assert_eq!(told(&mei).await, ["14 08:30-09:00 2", "19 08:00-17:00 1"]);
    });
}

#[test]
fn sessions_made_from_the_weekly_hours_come_free_for_who_waits_and_go_with_being_taken_back() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let (mei, root) = (people::signed_in(&db, "mei").await, people::signed_in(&db, "root").await);
        let (store, actor, gp) = (&mei.store, &mei.actor, clinic.gp.provider());
        let monday = clinic.today + Duration::days(4);
        waits(&mei, clinic.linh, wish(&clinic, monday, clinic.today + Duration::days(14))).await;
        let make = async |to_minute: i32| {
            let entries = root.store.provider_entries(&root.actor, None).await.unwrap();
            let anna = entries.iter().find(|e| e.id == gp).unwrap();
            let (centre, slot_minutes) = (clinic.randwick, 30);
            let hours = WeeklyHours { centre, weekday: 1, from_minute: 540, to_minute, slot_minutes };
            root.store
                .set_weekly_hours(&root.actor, RequestId::new(), gp, anna.version, vec![hours])
                .await
                .unwrap();
            store.generate_sessions(actor, RequestId::new(), gp, monday, 2).await.unwrap()
        };
        let made = make(720).await;
        assert_eq!(made.added, 2);
        assert_eq!(told(&mei).await, ["16 09:00-12:00 1"], "of two Mondays the earlier one");
        // Asked for again they are no news; longer they are.
        let mut c = people::writer(&db).await;
        sqlx::query("delete from clinic.opened_time").execute(&mut c).await.unwrap();
        assert_eq!(make(720).await.kept, 2);
        assert_eq!(told(&mei).await, NONE);
        let longer = make(780).await;
        assert_eq!((longer.changed, told(&mei).await), (2, vec!["16 12:00-13:00 1".to_owned()]));
        store.ungenerate_sessions(actor, RequestId::new(), gp, longer.done).await.unwrap();
        assert_eq!(told(&mei).await, NONE, "and gone with the hours");
    });
}

#[test]
fn what_was_held_back_comes_free_for_who_waits_when_it_is_released_by_hand_and_at_its_hour() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        let mei = people::signed_in(&db, "mei").await;
        let (store, actor) = (&mei.store, &mei.actor);
        let (today, tomorrow) = (clinic.gp.today.unwrap(), clinic.gp.tomorrow.unwrap());
        let at_three = Period { start: at(clinic.today, 15, 0), end: at(clinic.today, 16, 0) };
        let at_ten = Period { start: at(clinic.tomorrow, 10, 0), end: at(clinic.tomorrow, 11, 0) };
        let release = Some(at(clinic.today, 10, 0));
        let r = RequestId::new;
        store.hold_time(actor, r(), today, at_three, HoldKind::SameDay, release).await.unwrap();
        store.hold_time(actor, r(), tomorrow, at_ten, HoldKind::Urgent, None).await.unwrap();
        waits(&mei, clinic.jack, wish(&clinic, clinic.today, clinic.tomorrow)).await;
        let found = store.freed_times(actor, false).await.unwrap();
        assert_eq!((found.times.len(), found.lapses()), (0, release), "it is told at its hour");
        store.release_time(actor, r(), tomorrow, at_ten).await.unwrap();
        assert_eq!(told(&mei).await, ["13 10:00-11:00 1"]);
        people::set_now(&mut c, at(clinic.today, 10, 1)).await;
        let mei = people::signed_in(&db, "mei").await;
        assert_eq!(told(&mei).await, ["12 15:00-16:00 1"], "the earliest for the wish");
        // Held back again, it is nobody's.
        let until = Some(at(clinic.today, 14, 0));
        let late = Period { start: at(clinic.tomorrow, 10, 0), end: at(clinic.tomorrow, 10, 30) };
        mei.store.hold_time(&mei.actor, r(), tomorrow, late, HoldKind::Urgent, until).await.unwrap();
        mei.store.release_time(&mei.actor, r(), today, at_three).await.unwrap();
        assert_eq!(told(&mei).await, ["12 15:00-16:00 1"], "released twice is released once");
        people::set_now(&mut c, at(clinic.today, 13, 0)).await;
        people::appointment_on(&mut c, &clinic.gp, clinic.omar, at(clinic.today, 15, 0), "booked", "x").await;
        people::appointment_on(&mut c, &clinic.gp, clinic.hao, at(clinic.today, 15, 30), "booked", "x").await;
        let mei = people::signed_in(&db, "mei").await;
        assert_eq!(told(&mei).await, ["13 10:30-11:00 1"], "what is taken or held is not told");
    });
}

struct Moves {
    clinic: Clinic,
    mei: SignIn,
    made: Booked,
    wish: WaitId,
    other: WaitId,
}

/// Jack is booked tomorrow at 15:00 by Nina, which closed one wish, and waits for a morning.
async fn moves(db: &Db) -> Moves {
    let clinic = people::clinic(db).await;
    let (mei, nina) = (people::signed_in(db, "mei").await, people::signed_in(db, "nina").await);
    let afternoon = Wish { part: DayPart::Afternoon, ..wish(&clinic, clinic.today, clinic.tomorrow) };
    let other = waits(&mei, clinic.jack, afternoon).await;
    let new = NewAppointment {
        id: AppointmentId::new(),
        patient: clinic.jack,
        provider: clinic.gp.provider(),
        centre: clinic.randwick,
        session: clinic.gp.tomorrow,
        kind: AppointmentKind::Slot,
        period: Period { start: at(clinic.tomorrow, 15, 0), end: at(clinic.tomorrow, 15, 30) },
        visit_type: None,
        reason: String::new(),
        arrived: false,
    };
    let made = nina.store.book(&nina.actor, RequestId::new(), new).await.unwrap();
    assert_eq!(made.closed(), [other]);
    let morning = Wish { part: DayPart::Morning, ..wish(&clinic, clinic.today, clinic.tomorrow) };
    let wish = waits(&mei, clinic.jack, morning).await;
    Moves { clinic, mei, made, wish, other }
}

impl Moves {
    async fn status(&self) -> [WaitStatus; 2] {
        let of = async |id| self.mei.store.wait(&self.mei.actor, id).await.unwrap().0.status;
        [of(self.wish).await, of(self.other).await]
    }
    fn to(&self, hour: u32) -> NewTime {
        let start = at(self.clinic.tomorrow, hour, 0);
        NewTime { period: Period { start, end: start + Duration::minutes(30) }, ..self.made.time() }
    }
}

const MET: [WaitStatus; 2] = [WaitStatus::Booked, WaitStatus::Booked];
/// Only what the move had closed is open again.
const BACK: [WaitStatus; 2] = [WaitStatus::Waiting, WaitStatus::Booked];

#[test]
fn a_move_to_a_time_that_meets_a_wish_closes_it_and_taking_the_move_back_opens_that_one_again() {
    let db = fresh_database();
    block_on(async {
        let m = moves(&db).await;
        let (store, actor, id) = (&m.mei.store, &m.mei.actor, m.made.id);
        let r = RequestId::new;
        // Not in the morning: it stays.
        let moved = store.move_appointment(actor, r(), id, m.made.version, m.to(16)).await.unwrap();
        assert!(moved.met.is_empty());
        assert_eq!(m.status().await, BACK);
        let moved = store.move_appointment(actor, r(), id, moved.version, m.to(10)).await.unwrap();
        assert_eq!(moved.closed(), [m.wish]);
        assert_eq!(m.status().await, MET);
        let back = store.move_back(actor, r(), id, moved.version, m.to(15), moved.closed()).await.unwrap();
        assert_eq!(m.status().await, BACK);
        let told: Vec<bool> = sqlx::query_scalar(
            "select (facts ->> 'back')::boolean from audit.event
              where action = 'waitlist.withdraw' and entity_id = $1 and facts ->> 'booked' = $2 order by n",
        )
        .bind(m.wish.0)
        .bind(id.0.to_string())
        .fetch_all(&mut people::writer(&db).await)
        .await
        .unwrap();
        assert_eq!(told, [false, true], "the log has both");
        // Together with others, and taken back with them.
        let step = Step::Move { appointment: id, seen: back.version, to: m.to(10) };
        let (what, series) = (Together::Move, SeriesId::new());
        let all = store.together(actor, r(), what, series, vec![step]).await.unwrap();
        assert_eq!((all[0].closed(), m.status().await), (vec![m.wish], MET));
        let (seen, closed) = (all[0].version, all[0].closed());
        let step = Step::MoveBack { appointment: id, seen, to: m.to(15), closed };
        let all = store.together(actor, r(), what, series, vec![step]).await.unwrap();
        assert_eq!((all[0].met.len(), m.status().await), (0, BACK));
        // By a plan, and the plan taken back.
        let done = store.rebook(actor, r(), vec![(id, all[0].version, m.to(9))]).await.unwrap();
        assert_eq!(done[0].met.iter().map(|w| w.id).collect::<Vec<_>>(), [m.wish]);
        assert_eq!(m.status().await, MET);
        let steps = vec![(id, done[0].version.unwrap(), done[0].was.clone().unwrap())];
        store.unplan(actor, r(), Cause::None, steps).await.unwrap();
        assert_eq!(m.status().await, BACK);
    });
}

#[test]
fn nobody_closes_a_wish_with_an_appointment_that_they_neither_book_nor_move() {
    let db = fresh_database();
    block_on(async {
        let m = moves(&db).await;
        let found: Vec<uuid::Uuid> = sqlx::query_scalar("select id from clinic.waitlist_met($1)")
            .bind(m.made.id.0)
            .fetch_all(&mut people::raw(&db, "mei").await)
            .await
            .unwrap();
        assert!(found.is_empty());
        sqlx::query("select clinic.waitlist_unmoved($1, $2)")
            .bind(m.made.id.0)
            .bind(vec![m.other.0])
            .execute(&mut people::raw(&db, "mei").await)
            .await
            .unwrap();
        assert_eq!(m.status().await, BACK);
    });
}

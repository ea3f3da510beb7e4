//! The times that came free for people who wait, as every desk is told of them: freed by whichever hand, offered at one desk at a
//! time, gone when they are taken, and only those that suit somebody.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people::{self, Clinic, at},
};
use chrono::Duration;
use praxis::{
    domain::{
        booking::{DayPart, NewTime},
        exception::{ExceptionKind, NewException},
        ids::{AppointmentId, CallId, ExceptionId, PatientId, RequestId, WaitId},
        time::Period,
        waitlist::{CallOutcome, Freed, FreedTime, NewWait, Offering, Wish},
    },
    store::SignIn,
};
use sqlx::PgConnection;

struct Ground {
    clinic: Clinic,
    c: PgConnection,
    mei: SignIn,
    nina: SignIn,
}

async fn ground(db: &Db) -> Ground {
    let clinic = people::clinic(db).await;
    let c = people::writer(db).await;
    Ground { clinic, c, mei: people::signed_in(db, "mei").await, nina: people::signed_in(db, "nina").await }
}

impl Ground {
    fn wish(&self) -> Wish {
        let mut wish = Wish::between(self.clinic.today, self.clinic.today + Duration::days(14));
        (wish.profession, wish.centre) = (Some("gp".into()), Some(self.clinic.randwick));
        wish
    }
    async fn waits(&self, patient: PatientId, wish: Wish) -> WaitId {
        let new = NewWait { id: WaitId::new(), patient, wish, note: String::new() };
        self.nina.store.add_wait(&self.nina.actor, RequestId::new(), new).await.expect("a wish")
    }
    async fn booked(&mut self, hour: u32) -> AppointmentId {
        let (gp, omar) = (self.clinic.gp, self.clinic.omar);
        people::appointment_on(&mut self.c, &gp, omar, at(self.clinic.tomorrow, hour, 0), "booked", "cough")
            .await
    }
    async fn cancels(&self, id: AppointmentId) {
        self.nina.store.cancel_appointment(&self.nina.actor, RequestId::new(), id, 1, "ill").await.unwrap();
    }
    /// `13 10:00-10:30 2`, or with who has it, as the desk is told.
    async fn told(&self, who: &SignIn) -> Vec<String> {
        let found = who.store.freed_times(&who.actor, false).await.unwrap();
        let row = |t: &praxis::domain::waitlist::FreedHere| {
            let (from, to) = (t.time.period.starts_at(t.zone), t.time.period.ends_at(t.zone));
            let state = t.held.as_ref().map_or(t.suits.to_string(), |h| h.by.clone());
            format!("{}-{} {state}", from.format("%d %H:%M"), to.format("%H:%M"))
        };
        found.times.iter().map(row).collect()
    }
    async fn offering(&self, hour: u32) -> Offering {
        let period =
            Period { start: at(self.clinic.tomorrow, hour, 0), end: at(self.clinic.tomorrow, hour, 30) };
        let (provider, centre) = (self.clinic.gp.provider(), self.clinic.randwick);
        let freed = Freed::Time(FreedTime { provider, centre, period });
        self.mei.store.whom_it_suits(&self.mei.actor, freed, false).await.unwrap().expect("somebody waits")
    }
}

#[test]
fn a_time_is_told_to_every_desk_whoever_freed_it_until_it_is_taken_declined_or_past() {
    let db = fresh_database();
    block_on(async {
        let mut g = ground(&db).await;
        let none: [&str; 0] = [];
        assert_eq!(g.told(&g.mei).await, none);
        let (ten, two) = (g.booked(10).await, g.booked(14).await);
        g.cancels(ten).await;
        assert_eq!(g.told(&g.mei).await, none, "nobody waits");
        let jack = g.waits(g.clinic.jack, g.wish()).await;
        let mornings = Wish { part: DayPart::Morning, ..g.wish() };
        let linh = g.waits(g.clinic.linh, mornings).await;
        // Nina freed it before anybody waited; Mei is told.
        assert_eq!(g.told(&g.mei).await, ["13 10:00-10:30 2"]);
        let gary = people::signed_in(&db, "gary").await;
        assert_eq!(g.told(&gary).await, none, "of another centre");
        let own = people::signed_in(&db, "jack").await;
        assert_eq!(g.told(&own).await, none);
        // Moved away, to a time that is free anyhow.
        let to = NewTime {
            provider: g.clinic.gp.provider(),
            centre: g.clinic.randwick,
            session: None,
            period: Period { start: at(g.clinic.tomorrow, 15, 0), end: at(g.clinic.tomorrow, 15, 30) },
        };
        let (store, actor) = (&g.nina.store, &g.nina.actor);
        let session = store.appointment(actor, two, false).await.unwrap().0.session;
        store.move_appointment(actor, RequestId::new(), two, 1, NewTime { session, ..to }).await.unwrap();
        assert_eq!(g.told(&g.mei).await, ["13 10:00-10:30 2", "13 14:00-14:30 1"], "linh wants mornings");
        // Somebody books it by another way, and it is restored no more.
        let version = store.appointment(actor, ten, false).await.unwrap().0.version;
        store.restore_appointment(actor, RequestId::new(), ten, version).await.unwrap();
        assert_eq!(g.told(&g.mei).await, ["13 14:00-14:30 1"]);
        // A patient cancels by their own hand: the rule of the days is not what this is about.
        let gp = g.clinic.gp;
        let starts = at(g.clinic.tomorrow, 9, 0);
        people::appointment_on(&mut g.c, &gp, g.clinic.hao, starts, "cancelled", "x").await;
        assert_eq!(g.told(&g.mei).await, ["13 09:00-09:30 2", "13 14:00-14:30 1"]);
        // Declined by both: nobody is left whom it suits.
        let nine = g.offering(9).await;
        for m in &nine.matches {
            let call = CallId::new();
            let time = FreedTime { period: m.slot.period, ..nine.time };
            let (store, actor) = (&g.mei.store, &g.mei.actor);
            store.offer_time(actor, RequestId::new(), call, m.entry.id, time).await.unwrap();
            let said = Some(CallOutcome::Declined);
            store.answer_offer(actor, RequestId::new(), call, m.entry.id, said).await.unwrap();
            store.let_go(actor).await.unwrap();
        }
        assert_eq!(g.told(&g.mei).await, ["13 14:00-14:30 1"]);
        // And past: nothing has to be cleared.
        people::set_now(&mut g.c, at(g.clinic.tomorrow, 14, 1)).await;
        let mei = people::signed_in(&db, "mei").await;
        assert_eq!(g.told(&mei).await, none);
        let kept: Vec<String> =
            sqlx::query_scalar("select status from clinic.waitlist_entry where id = any ($1)")
                .bind(vec![jack.0, linh.0])
                .fetch_all(&mut g.c)
                .await
                .unwrap();
        assert_eq!(kept, ["waiting", "waiting"]);
    });
}

#[test]
fn two_desks_never_offer_a_freed_time_to_two_people_and_it_comes_back_when_the_first_lets_go() {
    let db = fresh_database();
    block_on(async {
        let mut g = ground(&db).await;
        g.waits(g.clinic.jack, g.wish()).await;
        g.waits(g.clinic.linh, g.wish()).await;
        let ten = g.booked(10).await;
        g.cancels(ten).await;
        let found = g.offering(10).await;
        let offer = async |who: &SignIn, n: usize| {
            let m = &found.matches[n];
            let time = FreedTime { period: m.slot.period, ..found.time };
            who.store.offer_time(&who.actor, RequestId::new(), CallId::new(), m.entry.id, time).await
        };
        let until = offer(&g.mei, 0).await.unwrap();
        assert_eq!(g.told(&g.mei).await, ["13 10:00-10:30 2"], "one's own call goes on");
        assert_eq!(g.told(&g.nina).await, ["13 10:00-10:30 Mei Wong"]);
        let there = g.nina.store.freed_times(&g.nina.actor, false).await.unwrap();
        assert_eq!((there.lapses(), there.open(at(g.clinic.today, 9, 0)).count()), (Some(until), 0));
        let said = offer(&g.nina, 1).await.expect_err("held").to_string();
        assert!(said.contains("Mei Wong") && said.contains("10:00"), "{said}");
        // The hold lapses by itself.
        people::set_now(&mut g.c, until + Duration::seconds(1)).await;
        assert_eq!(g.told(&g.nina).await, ["13 10:00-10:30 2"]);
        offer(&g.nina, 1).await.unwrap();
    });
}

#[test]
fn a_leave_that_is_taken_back_and_a_series_that_is_cancelled_free_several_times_and_all_are_told() {
    let db = fresh_database();
    block_on(async {
        let mut g = ground(&db).await;
        g.waits(g.clinic.jack, g.wish()).await;
        let three = [g.booked(10).await, g.booked(11).await, g.booked(15).await];
        for id in three {
            g.cancels(id).await;
        }
        assert_eq!(g.told(&g.mei).await, ["13 10:00-10:30 1", "13 11:00-11:30 1", "13 15:00-15:30 1"]);
        for id in three {
            let (store, actor) = (&g.mei.store, &g.mei.actor);
            let seen = store.appointment(actor, id, false).await.unwrap().0.version;
            store.restore_appointment(actor, RequestId::new(), id, seen).await.unwrap();
        }
        let root = people::signed_in(&db, "root").await;
        let leave = NewException {
            id: ExceptionId::new(),
            kind: ExceptionKind::Leave,
            provider: g.clinic.gp.provider,
            centre: None,
            period: Period { start: at(g.clinic.today, 13, 0), end: at(g.clinic.tomorrow, 12, 0) },
            slot_minutes: 30,
            reason: "away".into(),
        };
        let id = leave.id;
        root.store.add_exception(&root.actor, RequestId::new(), leave).await.unwrap();
        let none: [&str; 0] = [];
        assert_eq!(g.told(&g.mei).await, none);
        root.store.remove_exception(&root.actor, RequestId::new(), id, 1).await.unwrap();
        // What is booked under it stays booked: the times between are free.
        let told = g.told(&g.mei).await;
        assert_eq!(told[0], "12 13:00-17:00 1", "{told:?}");
        assert_eq!(told[1..], ["13 08:00-10:00 1", "13 10:30-11:00 1", "13 11:30-12:00 1"], "{told:?}");
    });
}

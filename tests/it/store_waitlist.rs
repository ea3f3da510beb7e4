//! The waiting list in the store: who may wait, whom a freed time suits and in which order, two desks that offer at once, what is
//! said in a call, and the booking that closes an entry in its own transaction.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic, at},
};
use chrono::{Duration, NaiveDate};
use praxis::{
    domain::{
        actor::Actor,
        appointment::{AppointmentKind, AppointmentStatus},
        booking::{Booked, DayPart, NewAppointment},
        ids::{AppointmentId, CallId, PatientId, RequestId, WaitId},
        queue::Priority,
        time::Period,
        waitlist::{CallOutcome, Freed, FreedTime, Match, NewWait, Offering, WaitStatus, Weekdays, Wish},
    },
    store::{Error, Merge, SignIn},
};
use sqlx::PgConnection;

struct Ground {
    db: Db,
    clinic: Clinic,
    c: PgConnection,
    mei: SignIn,
}

async fn ground() -> Ground {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let c = people::writer(&db).await;
    let mei = people::signed_in(&db, "mei").await;
    Ground { db, clinic, c, mei }
}

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why) | Error::Overlap(why)) => why.rule,
        other => panic!("not refused: {other:?}"),
    }
}

impl Ground {
    /// For any GP at Randwick within two weeks.
    fn wish(&self) -> Wish {
        let mut wish = Wish::between(self.clinic.today, self.clinic.today + Duration::days(14));
        (wish.profession, wish.centre) = (Some("gp".into()), Some(self.clinic.randwick));
        wish
    }
    async fn try_add(&self, who: &SignIn, patient: PatientId, wish: Wish) -> Result<WaitId, Error> {
        let new = NewWait { id: WaitId::new(), patient, wish, note: "after five only".into() };
        who.store.add_wait(&who.actor, RequestId::new(), new).await
    }
    async fn add(&self, patient: PatientId, wish: Wish) -> WaitId {
        self.try_add(&self.mei, patient, wish).await.expect("an entry")
    }
    async fn refused(&self, patient: PatientId, wish: Wish) -> String {
        rule(self.try_add(&self.mei, patient, wish).await)
    }
    /// Somebody whom Anna was to see tomorrow at ten cancels.
    async fn cancels(&mut self) -> AppointmentId {
        let (gp, omar) = (self.clinic.gp, self.clinic.omar);
        let starts = at(self.clinic.tomorrow, 10, 0);
        let id = people::appointment_on(&mut self.c, &gp, omar, starts, "booked", "cough").await;
        self.mei.store.cancel_appointment(&self.mei.actor, RequestId::new(), id, 1, "ill").await.unwrap();
        id
    }
    async fn suits(&self, freed: Freed) -> Option<Offering> {
        self.mei.store.whom_it_suits(&self.mei.actor, freed, true).await.expect("who waits")
    }
    async fn patients(&self, freed: Freed) -> Vec<PatientId> {
        self.suits(freed)
            .await
            .map(|o| o.matches.iter().map(|m| m.entry.patient).collect())
            .unwrap_or_default()
    }
    async fn offer(&self, who: &SignIn, m: &Match) -> (CallId, Result<(), Error>) {
        let call = CallId::new();
        let time = FreedTime { provider: m.slot.provider, centre: m.slot.centre, period: m.slot.period };
        let offered = who.store.offer_time(&who.actor, RequestId::new(), call, m.entry.id, time).await;
        (call, offered.map(drop))
    }
    async fn answer(&self, call: CallId, m: &Match, outcome: Option<CallOutcome>) -> Result<(), Error> {
        self.mei.store.answer_offer(&self.mei.actor, RequestId::new(), call, m.entry.id, outcome).await
    }
    async fn book(&self, who: &SignIn, call: CallId, m: &Match) -> Result<Booked, Error> {
        who.store.book_waiting(&who.actor, RequestId::new(), call, m.entry.id, appointment(m)).await
    }
    async fn status(&self, id: WaitId) -> WaitStatus {
        self.mei.store.wait(&self.mei.actor, id).await.expect("the entry").0.status
    }
}

fn appointment(m: &Match) -> NewAppointment {
    NewAppointment {
        id: AppointmentId::new(),
        patient: m.entry.patient,
        provider: m.slot.provider,
        centre: m.slot.centre,
        session: Some(m.slot.session),
        kind: AppointmentKind::Slot,
        period: m.slot.period,
        visit_type: m.entry.wish.visit_type.clone(),
        reason: String::new(),
        arrived: false,
    }
}

#[tokio::test]
async fn who_may_not_be_booked_does_not_wait_and_nobody_waits_twice_for_the_same() {
    let mut g = ground().await;
    let (jack, linh, hao) = (g.clinic.jack, g.clinic.linh, g.clinic.hao);
    g.add(jack, g.wish()).await;
    let again = g.try_add(&g.mei, jack, g.wish()).await.expect_err("refused").to_string();
    assert!(again.contains("added by Mei Wong") && again.contains("2026-03-1"), "{again}");
    assert_eq!(g.refused(jack, Wish { first: g.clinic.tomorrow, ..g.wish() }).await, "waitlist_already");
    // Another provider, or another kind of visit, is another wish.
    let of_anna = Wish { provider: g.clinic.gp.provider, profession: None, ..g.wish() };
    g.add(jack, of_anna.clone()).await;
    g.add(jack, Wish { visit_type: Some("long".into()), ..g.wish() }).await;

    sqlx::query(
        "update clinic.patient set deactivated_at = clinic.now(), deactivated_why = '\\x00' where id = $1",
    )
    .bind(linh.0)
    .execute(&mut g.c)
    .await
    .unwrap();
    sqlx::query(
        "update clinic.patient set blocked_until = '2026-06-01', blocked_why = '\\x00' where id = $1",
    )
    .bind(hao.0)
    .execute(&mut g.c)
    .await
    .unwrap();
    assert_eq!(g.refused(linh, g.wish()).await, "patient_deactivated");
    let blocked = g.try_add(&g.mei, hao, g.wish()).await.expect_err("refused").to_string();
    assert!(blocked.contains("2026-06-01"), "{blocked}");

    let omar = g.clinic.omar;
    let specialist = Wish { provider: g.clinic.specialist.provider, profession: None, ..g.wish() };
    assert_eq!(g.refused(omar, specialist.clone()).await, "specialist_needs_referral");
    people::referral(&mut g.c, &g.clinic, omar).await;
    let id = g.add(omar, specialist).await;
    assert!(g.mei.store.wait(&g.mei.actor, id).await.unwrap().0.referred);
    let elsewhere = Wish { centre: Some(g.clinic.ultimo), ..of_anna };
    assert_eq!(g.refused(omar, elsewhere).await, "not_permitted", "Mei does not work at Ultimo");
    let root = people::signed_in(&g.db, "root").await;
    let gone =
        Wish { centre: Some(g.clinic.ultimo), provider: g.clinic.gp.provider, profession: None, ..g.wish() };
    assert_eq!(rule(g.try_add(&root, omar, gone).await), "waitlist_not_there");
    assert_eq!(
        g.refused(omar, Wish { profession: Some("nurse".into()), ..g.wish() }).await,
        "waitlist_nobody"
    );
    let over = Wish {
        first: g.clinic.today - Duration::days(9),
        last: g.clinic.today - Duration::days(2),
        ..g.wish()
    };
    assert_eq!(g.refused(omar, over).await, "waitlist_over");
    let backwards = Wish { last: g.clinic.today, first: g.clinic.tomorrow, ..g.wish() };
    assert_eq!(g.refused(omar, backwards).await, "waitlist_entry_window");
    let imaging = Wish { visit_type: Some("imaging".into()), ..g.wish() };
    assert_eq!(g.refused(omar, imaging).await, "visit_type_profession");
    let own = people::signed_in(&g.db, "jack").await;
    assert_eq!(rule(g.try_add(&own, jack, g.wish()).await), "not_permitted");
    assert_eq!(rule(own.store.waiting_list(&own.actor, false, true).await), "not_permitted");
}

#[tokio::test]
async fn a_freed_time_is_offered_to_those_it_suits_in_the_order_of_the_list() {
    let mut g = ground().await;
    let (jack, linh, hao, jackie) = (g.clinic.jack, g.clinic.linh, g.clinic.hao, g.clinic.jackie);
    let friday = Weekdays::parse("fri").unwrap();
    let routine = g.add(jack, Wish { weekdays: friday, ..g.wish() }).await;
    g.add(linh, Wish { priority: Priority::Urgent, part: DayPart::Morning, ..g.wish() }).await;
    // In the afternoon only, of another profession, too long for what is free: not these.
    g.add(jackie, Wish { part: DayPart::Afternoon, ..g.wish() }).await;
    g.add(hao, Wish { provider: g.clinic.physio.provider, profession: None, ..g.wish() }).await;
    let id = g.cancels().await;
    let found = g.suits(Freed::Cancelled(id)).await.expect("two wait");
    let names: Vec<PatientId> = found.matches.iter().map(|m| m.entry.patient).collect();
    assert_eq!(names, [linh, jack]);
    assert_eq!(found.matches[0].slot.period.start, at(g.clinic.tomorrow, 10, 0));
    assert_eq!(found.matches[0].entry.note, "after five only");
    assert_eq!(found.provider_name.to_string(), "SMITH Anna");
    // Who is busy then is not offered it; who is put on the list by a nearer wish is.
    let gp2 = g.clinic.physio;
    let starts = at(g.clinic.tomorrow, 10, 0);
    people::appointment_on(&mut g.c, &gp2, linh, starts, "booked", "knee").await;
    assert_eq!(g.patients(Freed::Cancelled(id)).await, [jack]);
    // Taken again: nobody is offered anything.
    let version = g.mei.store.appointment(&g.mei.actor, id, false).await.unwrap().0.version;
    g.mei.store.restore_appointment(&g.mei.actor, RequestId::new(), id, version).await.unwrap();
    assert_eq!(g.patients(Freed::Cancelled(id)).await, []);
    // A time that was left by moving somebody, and one that is past.
    let time = |hour| FreedTime {
        provider: g.clinic.gp.provider(),
        centre: g.clinic.randwick,
        period: Period { start: at(g.clinic.tomorrow, hour, 0), end: at(g.clinic.tomorrow, hour, 30) },
    };
    assert_eq!(g.patients(Freed::Time(time(11))).await, [linh, jack]);
    assert_eq!(g.patients(Freed::Time(time(15))).await, [jack, jackie]);
    let past = Period { start: at(g.clinic.today, 8, 0), end: at(g.clinic.today, 8, 30) };
    assert_eq!(g.patients(Freed::Time(FreedTime { period: past, ..time(8) })).await, []);
    // A leave that is taken back frees days.
    let days = Period { start: at(g.clinic.today, 9, 0), end: at(g.clinic.tomorrow, 23, 0) };
    let leave = g.suits(Freed::Time(FreedTime { period: days, ..time(8) })).await.unwrap();
    let of_jack = leave.matches.iter().find(|m| m.entry.id == routine).unwrap();
    assert_eq!(of_jack.slot.day, g.clinic.tomorrow, "Fridays only");
}

#[tokio::test]
async fn two_desks_that_offer_the_same_time_are_told_who_has_it_and_one_of_them_books() {
    let mut g = ground().await;
    let (jack, linh) = (g.clinic.jack, g.clinic.linh);
    let first = g.add(jack, g.wish()).await;
    g.add(linh, g.wish()).await;
    let id = g.cancels().await;
    let found = g.suits(Freed::Cancelled(id)).await.unwrap();
    let nina = people::signed_in(&g.db, "nina").await;
    let (one, other) = (&found.matches[0], &found.matches[1]);
    let (a, b) = tokio::join!(g.offer(&g.mei, one), g.offer(&nina, other));
    let (won, lost) = if a.1.is_ok() { (&g.mei, b.1) } else { (&nina, a.1) };
    let said = lost.expect_err("the second desk").to_string();
    let name = if won.actor.login == "mei" { "Mei Wong" } else { "Nina Costa" };
    assert!(said.contains(name) && said.contains("10:00"), "{said}");
    won.store.let_go(&won.actor).await.unwrap();

    // The same patient at two desks, about two times.
    let (call, offered) = g.offer(&g.mei, one).await;
    offered.unwrap();
    let mut later = one.clone();
    let hour = Duration::hours(1);
    later.slot.period = Period { start: one.slot.period.start + hour, end: one.slot.period.end + hour };
    let said = g.offer(&nina, &later).await.1.expect_err("they are being called").to_string();
    assert!(said.contains("Mei Wong") && said.contains("10:00"), "{said}");
    assert_eq!(g.status(first).await, WaitStatus::Offered);
    let seen = nina.store.waiting_list(&nina.actor, false, true).await.unwrap();
    assert_eq!(seen[0].offer.as_ref().map(|o| (o.by.as_str(), o.mine)), Some(("Mei Wong", false)));

    // Another desk does not book over it, and the acceptance closes the entry with the booking.
    assert_eq!(
        rule(nina.store.book(&nina.actor, RequestId::new(), appointment(other)).await),
        "slot_being_chosen"
    );
    let booked = g.book(&g.mei, call, one).await.unwrap();
    assert_eq!(booked.patient, jack);
    assert_eq!(g.status(first).await, WaitStatus::Booked);
    assert_eq!(g.patients(Freed::Cancelled(id)).await, []);
    // Asked for by a second desk that had read before: the time is gone, and so is the wish.
    assert_eq!(rule(g.book(&nina, CallId::new(), other).await), "appointment_provider_overlap");
    let (mei, actor) = (&g.mei.store, &g.mei.actor);
    let back =
        mei.unbook_waiting(actor, RequestId::new(), call, first, booked.id, booked.version).await.unwrap();
    assert_eq!(back.status, AppointmentStatus::Cancelled);
    assert_eq!(g.status(first).await, WaitStatus::Waiting);
    assert_eq!(g.patients(Freed::Cancelled(id)).await, [jack, linh]);
}

#[tokio::test]
async fn what_is_said_in_a_call_is_logged_and_decides_who_is_offered_next() {
    let mut g = ground().await;
    let (jack, linh, hao) = (g.clinic.jack, g.clinic.linh, g.clinic.hao);
    let first = g.add(jack, g.wish()).await;
    g.add(linh, g.wish()).await;
    let last = g.add(hao, g.wish()).await;
    let freed = Freed::Cancelled(g.cancels().await);
    let all = g.suits(freed).await.unwrap().matches;
    assert_eq!(rule(g.answer(CallId::new(), &all[0], Some(CallOutcome::Declined)).await), "not_permitted");
    let (no_answer, offered) = g.offer(&g.mei, &all[0]).await;
    offered.unwrap();
    g.answer(no_answer, &all[0], Some(CallOutcome::NoAnswer)).await.unwrap();
    assert_eq!(rule(g.answer(no_answer, &all[0], Some(CallOutcome::Declined)).await), "waitlist_no_call");
    // Nobody answered: they come last for this time.
    assert_eq!(g.patients(freed).await, [linh, hao, jack]);
    let (declined, offered) = g.offer(&g.mei, &all[1]).await;
    offered.unwrap();
    g.answer(declined, &all[1], Some(CallOutcome::Declined)).await.unwrap();
    // Not this time: they are not asked about it again, and go on waiting for others.
    assert_eq!(g.patients(freed).await, [hao, jack]);
    g.answer(declined, &all[1], None).await.unwrap();
    assert_eq!(g.patients(freed).await, [linh, hao, jack]);
    let (gave_up, offered) = g.offer(&g.mei, &all[2]).await;
    offered.unwrap();
    g.answer(gave_up, &all[2], Some(CallOutcome::GaveUp)).await.unwrap();
    assert_eq!(g.status(last).await, WaitStatus::Declined);
    assert_eq!(rule(g.offer(&g.mei, &all[2]).await.1), "waitlist_closed");
    assert_eq!(rule(g.book(&g.mei, CallId::new(), &all[2]).await), "waitlist_closed");
    let made: i64 = sqlx::query_scalar("select count(*) from clinic.appointment where patient_id = $1")
        .bind(hao.0)
        .fetch_one(&mut g.c)
        .await
        .unwrap();
    assert_eq!(made, 0, "a booking that does not close its entry is none");
    let (entry, calls) = g.mei.store.wait(&g.mei.actor, first).await.unwrap();
    assert_eq!((entry.calls, calls.len()), (1, 1));
    assert_eq!((calls[0].outcome, calls[0].by.as_str()), (Some(CallOutcome::NoAnswer), "Mei Wong"));
    let told: Vec<String> = sqlx::query_scalar(
        "select coalesce(facts ->> 'answer', 'called') from audit.event
          where action = 'waitlist.offer' and outcome = 'done' and entity = 'waitlist_entry' order by n",
    )
    .fetch_all(&mut g.c)
    .await
    .unwrap();
    let expected = ["called", "no_answer", "called", "declined", "taken_back", "called", "gave_up"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn days_that_are_over_expire_and_a_wish_is_changed_withdrawn_and_put_back() {
    let mut g = ground().await;
    let (jack, linh) = (g.clinic.jack, g.clinic.linh);
    let short = g.add(jack, Wish { last: g.clinic.tomorrow, ..g.wish() }).await;
    let long = g.add(linh, g.wish()).await;
    let (store, actor) = (g.mei.store.clone(), g.mei.actor.clone());
    let list = async |ended: bool| -> Vec<(WaitId, WaitStatus)> {
        let rows = store.waiting_list(&actor, ended, false).await.unwrap();
        rows.into_iter().map(|e| (e.id, e.status)).collect()
    };
    assert_eq!(list(false).await, [(short, WaitStatus::Waiting), (long, WaitStatus::Waiting)]);
    people::set_now(&mut g.c, at(g.clinic.tomorrow + Duration::days(1), 9, 0)).await;
    let mei = people::signed_in(&g.db, "mei").await;
    assert_eq!(list(false).await, [(long, WaitStatus::Waiting)]);
    assert_eq!(list(true).await, [(short, WaitStatus::Expired)]);
    // New days bring it back; a change that somebody else made meanwhile is told.
    let wish = Wish { first: day(&g, 2), last: day(&g, 20), priority: Priority::Soon, ..g.wish() };
    let change = async |seen: i64, note: &str| {
        store.change_wait(&mei.actor, RequestId::new(), short, seen, wish.clone(), note).await
    };
    assert_eq!(change(1, "mornings by phone").await.unwrap(), 2);
    assert!(matches!(change(1, "").await, Err(Error::Stale { .. })));
    assert_eq!(list(false).await[0], (short, WaitStatus::Waiting), "soon comes first");
    let entry = store.wait(&actor, short).await.unwrap().0;
    assert_eq!((entry.note.as_str(), entry.wish.last), ("mornings by phone", day(&g, 20)));
    let withdraw = async |seen, back| store.withdraw_wait(&actor, RequestId::new(), short, seen, back).await;
    assert_eq!(withdraw(2, false).await.unwrap(), 3);
    assert_eq!(list(true).await, [(short, WaitStatus::Withdrawn)]);
    assert_eq!(rule(withdraw(3, false).await), "waitlist_closed");
    assert_eq!(rule(change(3, "").await), "waitlist_closed");
    assert_eq!(withdraw(3, true).await.unwrap(), 4);
    assert_eq!(list(false).await.len(), 2);
    let sealed: Vec<Vec<u8>> =
        sqlx::query_scalar("select note from clinic.waitlist_entry where note is not null")
            .fetch_all(&mut g.c)
            .await
            .unwrap();
    assert!(sealed.len() == 2 && sealed.iter().all(|n| n[0] == 1), "notes are sealed");
}

fn day(g: &Ground, n: i64) -> NaiveDate {
    g.clinic.today + Duration::days(n)
}

#[tokio::test]
async fn the_wish_of_a_merged_record_is_offered_to_the_record_that_goes_on() {
    let mut g = ground().await;
    let (jack, jackie) = (g.clinic.jack, g.clinic.jackie);
    let id = g.add(jackie, g.wish()).await;
    let merge = Merge { id: uuid::Uuid::now_v7(), merged: jackie, survivor: jack, reason: "the same".into() };
    let actor: &Actor = &g.mei.actor;
    g.mei.store.merge_patients(actor, RequestId::new(), merge).await.unwrap();
    assert_eq!(g.refused(jackie, g.wish()).await, "patient_merged");
    assert_eq!(g.refused(jack, g.wish()).await, "waitlist_already", "the person waits for that");
    assert_eq!(g.mei.store.waits_of(actor, jack).await.unwrap().len(), 1);
    let freed = Freed::Cancelled(g.cancels().await);
    let found = g.suits(freed).await.unwrap();
    assert_eq!(found.matches[0].entry.patient, jack);
    assert_eq!(found.matches[0].entry.note, "after five only", "sealed under the merged record's key");
    let (call, offered) = g.offer(&g.mei, &found.matches[0]).await;
    offered.unwrap();
    assert_eq!(g.book(&g.mei, call, &found.matches[0]).await.unwrap().patient, jack);
    assert_eq!(g.status(id).await, WaitStatus::Booked);
}

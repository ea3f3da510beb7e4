//! Two hundred clients fight for the same days: bookings, moves, cancellations, restorations, series and holds at random, first
//! as fast as the machine goes, then at the pace of busy people. Afterwards every rule holds, what was acknowledged is there,
//! and no deadlock reached anybody. `PRAXIS_SEED` repeats a run's choices, `PRAXIS_FAULTS` says for how many seconds it lasts.
use crate::{
    invariants::broken,
    support::{
        busy::{Chance, make_room},
        cluster::{Db, fresh_database},
        people,
    },
};
use chrono::{DateTime, Duration as Minutes, NaiveDate, Utc};
use praxis::{
    domain::{
        appointment::AppointmentKind,
        booking::{Booked, FreeFilter, NewAppointment, NewTime},
        ids::{AppointmentId, CentreId, ClinicSessionId, PatientId, ProviderId, RequestId, SeriesId},
        series::{Step, Together},
        time::Period,
    },
    store::{Error, SignIn},
};
use sqlx::Row as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// How many people work, taking turns at how many desks: each desk holds two connections, and the test server has 300 for
/// every test that runs.
const CLIENTS: u64 = 200;
const DESKS: usize = 60;
/// At their pace each client does something every two seconds on average, ten times as often as somebody on the telephone.
const PACE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy)]
struct Slot {
    session: ClinicSessionId,
    provider: ProviderId,
    centre: CentreId,
    start: DateTime<Utc>,
}

impl Slot {
    fn period(&self) -> Period {
        Period { start: self.start, end: self.start + Minutes::minutes(30) }
    }
    fn time(&self) -> NewTime {
        NewTime {
            provider: self.provider,
            centre: self.centre,
            session: Some(self.session),
            period: self.period(),
        }
    }
    fn of(&self, patient: PatientId) -> NewAppointment {
        NewAppointment {
            id: AppointmentId::new(),
            patient,
            provider: self.provider,
            centre: self.centre,
            session: Some(self.session),
            kind: AppointmentKind::Slot,
            period: self.period(),
            visit_type: None,
            reason: String::new(),
            arrived: false,
        }
    }
}

/// What everybody fights for, and what is known of it.
struct Field {
    slots: Vec<Slot>,
    patients: Vec<PatientId>,
    /// The version last heard of, and whether it is booked.
    known: Mutex<BTreeMap<AppointmentId, (i64, bool)>>,
    acknowledged: Mutex<BTreeSet<RequestId>>,
    /// How long each booking took, and whether it was in the first part, without any pause.
    bookings: Mutex<Vec<(bool, Duration)>>,
    hurried_until: Instant,
    counts: Mutex<BTreeMap<&'static str, [u32; 2]>>,
    failures: Mutex<Vec<String>>,
    not_saved: Mutex<u32>,
}

impl Field {
    fn learn(&self, b: &Booked) {
        let live = b.status.is_open();
        self.known.lock().expect("unharmed").insert(b.id, (b.version, live));
    }
    fn any(&self, chance: &mut Chance, booked: bool) -> Option<(AppointmentId, i64)> {
        let known = self.known.lock().expect("unharmed");
        let fit: Vec<_> = known.iter().filter(|(_, (_, live))| *live == booked).collect();
        if fit.is_empty() {
            return None;
        }
        let (id, (version, _)) = chance.of(&fit);
        Some((**id, *version))
    }

    /// An answer is a success, a refusal that says something, or, on a machine too busy to save it in time, that it was not
    /// saved; nothing else reaches a person.
    fn told<T>(&self, what: &'static str, request: RequestId, answer: Result<T, Error>) -> Option<T> {
        let done = match answer {
            Ok(done) => {
                self.acknowledged.lock().expect("unharmed").insert(request);
                Some(done)
            }
            Err(Error::Overlap(_) | Error::Refused(_) | Error::Stale { .. }) => None,
            Err(Error::NotSaved) => {
                *self.not_saved.lock().expect("unharmed") += 1;
                None
            }
            Err(e) => {
                self.failures.lock().expect("unharmed").push(format!("{what}: {e:?}"));
                None
            }
        };
        let at = usize::from(done.is_none());
        self.counts.lock().expect("unharmed").entry(what).or_default()[at] += 1;
        done
    }

    async fn act(&self, s: &SignIn, chance: &mut Chance) {
        let (slot, patient) = (*chance.of(&self.slots), *chance.of(&self.patients));
        let request = RequestId::new();
        match chance.below(100) {
            0..40 => self.book(s, slot, patient).await,
            40..55 => {
                let held = s.store.hold_slot(&s.actor, slot.provider, slot.centre, slot.period()).await;
                held.unwrap_or_else(|e| panic!("a hold ended as {e:?}"));
                self.book(s, slot, patient).await;
                s.store.let_go(&s.actor).await.unwrap_or_else(|e| panic!("letting go ended as {e:?}"));
            }
            55..70 => {
                let Some((id, seen)) = self.any(chance, true) else { return };
                let answer = s.store.move_appointment(&s.actor, request, id, seen, slot.time()).await;
                if let Some(b) = self.told("move", request, answer) {
                    self.learn(&b);
                }
            }
            70..80 => {
                let Some((id, seen)) = self.any(chance, true) else { return };
                let answer = s.store.cancel_appointment(&s.actor, request, id, seen, "asked for it").await;
                if let Some(version) = self.told("cancel", request, answer) {
                    self.known.lock().expect("unharmed").insert(id, (version, false));
                }
            }
            80..88 => {
                let Some((id, seen)) = self.any(chance, false) else { return };
                let answer = s.store.restore_appointment(&s.actor, request, id, seen).await;
                if let Some(version) = self.told("restore", request, answer) {
                    self.known.lock().expect("unharmed").insert(id, (version, true));
                }
            }
            _ => {
                // Three visits on any days in any order: two of these would lock each other without the sorting.
                let steps =
                    (0..3).map(|_| Step::Book(chance.of(&self.slots).of(patient))).collect::<Vec<_>>();
                let what = Together::BookSeries;
                let answer = s.store.together(&s.actor, request, what, SeriesId::new(), steps).await;
                for b in self.told("series", request, answer).unwrap_or_default() {
                    self.learn(&b);
                }
            }
        }
    }

    async fn book(&self, s: &SignIn, slot: Slot, patient: PatientId) {
        let (request, since) = (RequestId::new(), Instant::now());
        let answer = s.store.book(&s.actor, request, slot.of(patient)).await;
        self.bookings.lock().expect("unharmed").push((since < self.hurried_until, since.elapsed()));
        if let Some(b) = self.told("book", request, answer) {
            self.learn(&b);
        }
    }
}

async fn field(db: &Db, clinic: &people::Clinic, hurried: Duration) -> Field {
    let mut c = people::writer(db).await;
    let last = clinic.today + Minutes::days(7);
    let slots = sqlx::query(
        "select s.id, s.provider_id, s.centre_id, g from clinic.clinic_session s join clinic.provider v on v.id = s.provider_id,
                generate_series(s.starts_at, s.ends_at - interval '30 min', interval '30 min') g
          where g > clinic.now() + interval '1 hour' and s.day <= $1 and v.profession in ('gp', 'physiotherapist') order by g, s.id",
    )
    .bind(last)
    .fetch_all(&mut c)
    .await
    .expect("slots")
    .iter()
    .map(|r| Slot {
        session: ClinicSessionId(r.get(0)),
        provider: ProviderId(r.get(1)),
        centre: CentreId(r.get(2)),
        start: r.get(3),
    })
    .collect();
    let patients: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from clinic.patient where account_id is null order by id")
            .fetch_all(&mut c)
            .await
            .expect("patients");
    Field {
        slots,
        patients: patients.into_iter().map(PatientId).collect(),
        known: Mutex::default(),
        acknowledged: Mutex::default(),
        bookings: Mutex::default(),
        hurried_until: Instant::now() + hurried,
        counts: Mutex::default(),
        failures: Mutex::default(),
        not_saved: Mutex::default(),
    }
}

/// Every slot of a day is free or booked, and not both.
async fn every_slot_is_free_or_booked(s: &SignIn, db: &Db, first: NaiveDate) {
    let mut c = db.superuser().await;
    let sessions = sqlx::query(
        "select s.provider_id, s.day, (extract(epoch from s.ends_at - s.starts_at) / 60 / s.slot_minutes)::bigint as slots,
                (select count(*) from clinic.appointment a where a.clinic_session_id = s.id and a.status = 'booked') as booked
           from clinic.clinic_session s where s.day between $1 and $1 + 3",
    )
    .bind(first)
    .fetch_all(&mut c)
    .await
    .expect("sessions");
    for row in sessions {
        let (provider, day): (uuid::Uuid, NaiveDate) = (row.get(0), row.get(1));
        let mut filter = FreeFilter::from(day);
        (filter.provider, filter.days, filter.limit) = (Some(ProviderId(provider)), 1, 200);
        let free = s.store.first_free(&s.actor, filter).await.expect("free times").len();
        let (slots, booked): (i64, i64) = (row.get(2), row.get(3));
        assert_eq!(free as i64 + booked, slots, "I18: {provider} on {day}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_on_the_same_days_break_no_rule_and_nobody_deadlocks() {
    let (seed, _) = Chance::seeded("contention");
    let seconds: u32 = std::env::var("PRAXIS_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let db = fresh_database();
    let clinic = make_room(&db).await;
    let crowd = (0..DESKS).map(|n| people::signed_in(&db, ["mei", "root"][n % 2]));
    let crowd: Vec<_> = futures::future::join_all(crowd)
        .await
        .into_iter()
        .map(|s| Arc::new(tokio::sync::Mutex::new(s)))
        .collect();
    let hurried = Duration::from_secs(seconds.into()) * 3 / 10;
    let field = Arc::new(field(&db, &clinic, hurried).await);
    let end = Instant::now() + Duration::from_secs(seconds.into());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let (field, s) = (field.clone(), crowd[n as usize % DESKS].clone());
            let mut chance = Chance::new(seed ^ (n << 32));
            tokio::spawn(async move {
                while Instant::now() < end {
                    if Instant::now() >= field.hurried_until {
                        tokio::time::sleep(2 * PACE * chance.below(1_000) as u32 / 1_000).await;
                    }
                    field.act(&*s.lock().await, &mut chance).await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("no client was told anything but a refusal");
    }
    for (how, part) in [("as fast as they can", true), ("at their pace", false)] {
        let bookings = field.bookings.lock().expect("unharmed");
        let mut times: Vec<_> = bookings.iter().filter(|(h, _)| *h == part).map(|(_, t)| *t).collect();
        times.sort_unstable();
        let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default().as_millis();
        println!(
            "contention, {how}: {CLIENTS} clients at {DESKS} desks, {} bookings, p50 {} ms, p99 {} ms",
            times.len(),
            at(50),
            at(99)
        );
    }
    println!(
        "in {seconds} s, done and refused: {:?}; {} of these said that they were not saved in time",
        field.counts.lock().expect("unharmed"),
        field.not_saved.lock().expect("unharmed")
    );
    // The administrator books at every centre: nothing that is free is hidden.
    every_slot_is_free_or_booked(
        &*crowd[1].lock().await,
        &db,
        field.slots[0].start.date_naive() + Minutes::days(2),
    )
    .await;
    for s in &crowd {
        s.lock().await.store.close().await;
    }
    assert_eq!(broken(&db).await, [""; 0]);
    let mut c = db.superuser().await;
    let deadlocks: i64 =
        sqlx::query_scalar("select deadlocks from pg_stat_database where datname = current_database()")
            .fetch_one(&mut c)
            .await
            .expect("a count");
    assert_eq!((deadlocks, field.failures.lock().expect("unharmed").as_slice()), (0, [].as_slice()));
    let done: Vec<uuid::Uuid> = sqlx::query_scalar("select id from clinic.request where state = 'done'")
        .fetch_all(&mut c)
        .await
        .expect("requests");
    let done: BTreeSet<RequestId> = done.into_iter().map(RequestId).collect();
    assert_eq!(done, *field.acknowledged.lock().expect("unharmed"), "I3: acknowledged and kept are the same");
}

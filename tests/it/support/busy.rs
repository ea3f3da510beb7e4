//! A client that books, moves and cancels as fast as it can, and tells what it wants before and what it was told after.
//!
//! What was wanted and never answered can be asked again under the same request id: that is what the fault tests do.
use super::{
    cluster::Db,
    people::{self, Clinic, PASSWORD},
};
use chrono::{DateTime, Duration, Utc};
use praxis::{
    auth::login,
    clock::Clock,
    domain::{
        appointment::AppointmentKind,
        booking::{NewAppointment, NewTime},
        ids::{AppointmentId, CentreId, ClinicSessionId, PatientId, ProviderId, RequestId},
        time::Period,
    },
    server::Endpoint,
    store::{Connector, Error, SignIn, Store},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use zeroize::Zeroizing;

/// Numbers that look like chance and repeat with their seed (splitmix64).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// `PRAXIS_SEED`, or a new one each run; printed, so that a failure can be repeated.
    pub fn seeded(test: &str) -> (u64, Self) {
        let seed = std::env::var("PRAXIS_SEED")
            .ok()
            .map_or_else(fresh_seed, |s| s.parse().expect("PRAXIS_SEED is a number"));
        println!("{test}: PRAXIS_SEED={seed}");
        (seed, Self(seed))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// One of these.
    pub fn of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        let n = usize::try_from(self.below(things.len() as u64)).expect("small");
        &things[n]
    }
}

/// One write.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Op {
    Book(Box<NewAppointment>),
    Move(AppointmentId, i64, NewTime),
    Cancel(AppointmentId, i64),
}

/// Does it. The answer as it is kept with the request.
pub async fn perform(s: &SignIn, request: RequestId, op: Op) -> Result<Value, Error> {
    let value = match op {
        Op::Book(new) => serde_json::to_value(s.store.book(&s.actor, request, *new).await?),
        Op::Move(id, seen, to) => {
            serde_json::to_value(s.store.move_appointment(&s.actor, request, id, seen, to).await?)
        }
        Op::Cancel(id, seen) => serde_json::to_value(
            s.store.cancel_appointment(&s.actor, request, id, seen, "asked for it").await?,
        ),
    };
    Ok(value.expect("an answer is JSON"))
}

/// Where there is room: sessions, patients, and what is booked by now.
pub struct Schedule {
    slots: Vec<(ClinicSessionId, ProviderId, CentreId, DateTime<Utc>)>,
    patients: Vec<PatientId>,
    booked: BTreeMap<AppointmentId, i64>,
}

impl Schedule {
    /// Reads it past the program.
    pub async fn read(endpoint: &Endpoint, database: &str) -> Self {
        let mut c = endpoint.connect(database).await.expect("the superuser connects");
        let slots = sqlx::query(
            "select s.id, s.provider_id, s.centre_id, g from clinic.clinic_session s join clinic.provider v on v.id = s.provider_id,
                    generate_series(s.starts_at, s.ends_at - interval '30 min', interval '30 min') g
              where s.removed_at is null and g > clinic.now() and v.profession in ('gp', 'physiotherapist') order by g, s.id",
        )
        .fetch_all(&mut c)
        .await
        .expect("slots")
        .iter()
        .map(|r| (ClinicSessionId(r.get(0)), ProviderId(r.get(1)), CentreId(r.get(2)), r.get(3)))
        .collect();
        let patients = sqlx::query_scalar("select id from clinic.patient order by id")
            .fetch_all(&mut c)
            .await
            .expect("patients")
            .into_iter()
            .map(PatientId)
            .collect();
        let booked = sqlx::query("select id, version from clinic.appointment where status = 'booked'")
            .fetch_all(&mut c)
            .await
            .expect("appointments")
            .iter()
            .map(|r| (AppointmentId(r.get(0)), r.get(1)))
            .collect();
        Self { slots, patients, booked }
    }

    /// The next thing to do: mostly booking, until there is much to move and to cancel.
    pub fn choose(&self, chance: &mut Chance) -> Op {
        let (session, provider, centre, start) = *chance.of(&self.slots);
        let period = Period { start, end: start + Duration::minutes(30) };
        let there: Vec<_> = self.booked.iter().collect();
        let kind = if there.is_empty() { 0 } else { chance.below(10) + (there.len() as u64 / 100).min(4) };
        match kind {
            0..6 => Op::Book(Box::new(NewAppointment {
                id: AppointmentId::new(),
                patient: *chance.of(&self.patients),
                provider,
                centre,
                session: Some(session),
                kind: AppointmentKind::Slot,
                period,
                visit_type: None,
                reason: "blood test".into(),
                arrived: false,
            })),
            6..8 => {
                let (id, seen) = *chance.of(&there);
                Op::Move(*id, *seen, NewTime { provider, centre, session: Some(session), period })
            }
            _ => {
                let (id, seen) = *chance.of(&there);
                Op::Cancel(*id, *seen)
            }
        }
    }

    /// What an answer changed; `None`: it was refused, so what was known of the appointment may be old.
    pub fn learn(&mut self, op: &Op, answer: Option<&Value>) {
        let (id, live) = match op {
            Op::Book(new) => (new.id, true),
            Op::Move(id, ..) => (*id, true),
            Op::Cancel(id, _) => (*id, false),
        };
        match answer.and_then(version) {
            Some(v) if live => {
                self.booked.insert(id, v);
            }
            _ => {
                self.booked.remove(&id);
            }
        }
    }
}

/// The version an answer told.
pub fn version(answer: &Value) -> Option<i64> {
    answer.as_i64().or_else(|| answer.get("version")?.as_i64())
}

/// Thirty days of sessions for three providers and forty patients more: room for the fight.
pub async fn make_room(db: &Db) -> Clinic {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    for with in [clinic.gp, clinic.gp2, clinic.physio] {
        for n in 2..32 {
            let day = clinic.today + Duration::days(n);
            people::session(&mut c, with.provider(), with.centre, day, (8, 17)).await;
        }
    }
    for n in 0..40_u8 {
        let given = char::from(b'A' + n % 26).to_string();
        people::patient(&mut c, ("Crowd", &given), "unknown", (1990, 1, 1 + u32::from(n) % 28)).await;
    }
    clinic
}

/// The program's way to a server's socket.
pub fn way_to(socket: &Path, database: &str) -> Connector {
    Connector::from_socket(socket, database, "praxis_app").with_keys(crate::support::keys())
}

/// Signs the receptionist in.
pub async fn at_the_desk(way: Connector) -> Result<SignIn, Error> {
    let store = Store::open(way, Clock::system()).await?;
    login::sign_in(&store, "mei", Zeroizing::new(PASSWORD.to_owned()), "test").await
}

/// What was wanted, and what became of it as far as anybody was told.
#[derive(Default)]
pub struct Ledger {
    /// Wanted and not answered yet.
    pub open: BTreeMap<RequestId, Op>,
    /// Told as saved, with the answer.
    pub saved: BTreeMap<RequestId, (AppointmentId, Value)>,
    /// Told as not saved.
    pub refused: BTreeSet<RequestId>,
}

impl Ledger {
    pub fn want(&mut self, request: RequestId, op: Op) {
        self.open.insert(request, op);
    }

    pub fn saved(&mut self, request: RequestId, answer: Value) {
        let op = self.open.remove(&request).expect("it was wanted");
        let id = match op {
            Op::Book(new) => new.id,
            Op::Move(id, ..) | Op::Cancel(id, _) => id,
        };
        self.saved.insert(request, (id, answer));
    }

    pub fn refused(&mut self, request: RequestId) {
        self.open.remove(&request).expect("it was wanted");
        self.refused.insert(request);
    }

    /// Asks once more for everything that was not answered, each under its own id. Says how many turned out as saved.
    pub async fn ask_again(&mut self, s: &SignIn) -> usize {
        let before = self.saved.len();
        for (request, op) in std::mem::take(&mut self.open) {
            self.want(request, op.clone());
            match perform(s, request, op).await {
                Ok(answer) => self.saved(request, answer),
                Err(
                    Error::Overlap(_)
                    | Error::Refused(_)
                    | Error::Stale { .. }
                    | Error::NotSaved
                    | Error::NotFound,
                ) => {
                    self.refused(request);
                }
                Err(e) => panic!("asked again, {request:?} ended as {e}"),
            }
        }
        self.saved.len() - before
    }

    /// What the database does not have of what was told, and the other way round (I3, I5).
    pub async fn lost_or_doubled(&self, db: &Db) -> Vec<String> {
        assert!(self.open.is_empty(), "every open request was asked for again");
        let mut c = db.superuser().await;
        let there: BTreeMap<RequestId, Value> =
            sqlx::query("select id, result from clinic.request where state = 'done'")
                .fetch_all(&mut c)
                .await
                .expect("requests")
                .iter()
                .map(|r| (RequestId(r.get(0)), r.get(1)))
                .collect();
        let mut found = vec![];
        for (request, (_, answer)) in &self.saved {
            if there.get(request) != Some(answer) {
                found.push(format!(
                    "{request:?} was told as {answer}, the database says {:?}",
                    there.get(request)
                ));
            }
        }
        for request in there.keys().filter(|r| !self.saved.contains_key(r)) {
            found.push(format!("{request:?} is done and nobody was told"));
        }
        // Each acknowledged write made the next version of its appointment: none is missing, none is there twice.
        let mut versions: BTreeMap<AppointmentId, Vec<i64>> = BTreeMap::new();
        for (id, answer) in self.saved.values() {
            versions.entry(*id).or_default().push(version(answer).expect("a version"));
        }
        let rows = sqlx::query("select id, version from clinic.appointment")
            .fetch_all(&mut c)
            .await
            .expect("appointments");
        for row in &rows {
            let mut told = versions.remove(&AppointmentId(row.get(0))).unwrap_or_default();
            told.sort_unstable();
            let kept: Vec<i64> = (1..=row.get(1)).collect();
            if told != kept {
                found.push(format!("{}: told {told:?}, kept {kept:?}", row.get::<uuid::Uuid, _>(0)));
            }
        }
        found.extend(versions.keys().map(|id| format!("{id:?} was told and is not there")));
        found
    }
}

fn fresh_seed() -> u64 {
    let bytes = *RequestId::new().0.as_bytes();
    u64::from_le_bytes(bytes[8..].try_into().expect("eight bytes")) >> 16
}

//! Bookings that are moved by a plan, all at once, and the whole plan taken back: each in one transaction. What somebody else
//! was faster with stays where it is and is told, one by one.
use super::{
    Error, Event, Store,
    appointment::{booked, lock_in_order, overlap, stale, zone_of},
    booking::{met, unmoved},
    exception::{lift, put_back},
    session_back::{Done, TakenBack, take_back},
};
use crate::{
    domain::{
        actor::Actor,
        appointment::AppointmentKind,
        booking::NewTime,
        dates,
        ids::{AppointmentId, ClinicSessionId, ExceptionId, RequestId, WaitId},
        waitlist::Met,
    },
    tr,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Acquire as _, PgConnection};

/// Where a booking was before it was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Was {
    pub time: NewTime,
    pub kind: AppointmentKind,
    /// The wishes on the waiting list that the move closed.
    #[serde(default)]
    pub closed: Vec<WaitId>,
}

/// What became of one step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub appointment: AppointmentId,
    /// The appointment's new version; `None`: it stays, and `why` says why.
    pub version: Option<i64>,
    pub why: String,
    /// Where it was before; `None` where it stays.
    pub was: Option<Was>,
    /// The wishes that it meets where it is now.
    #[serde(default)]
    pub met: Vec<Met>,
}

/// Why the bookings of a plan had to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// There is none: the plan was of a session.
    None,
    /// It was entered with the plan, and is taken back with it.
    Entered(ExceptionId),
    /// It was there before, and stays.
    There(ExceptionId),
    /// The session of the plan was removed after it, and is there again.
    Session(Done),
}

/// What became of taking a plan back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplanned {
    /// As many as were to go back.
    pub moved: Vec<Moved>,
    /// The leave or holiday has gone with it.
    pub lifted: bool,
    /// What became of the session that was removed after it.
    pub session: Option<TakenBack>,
}

/// The mark of a step that goes back.
const UNDONE: &str = "undone";

type Steps = Vec<(AppointmentId, i64, Was)>;

impl Store {
    /// Moves these bookings, each told to the log as a move. What cannot go, because somebody was faster, stays and is told.
    ///
    /// # Errors
    /// Those of the line to the server. A step that is refused is no error: see [`Moved`].
    pub async fn rebook(
        &self,
        actor: &Actor,
        request: RequestId,
        steps: Vec<(AppointmentId, i64, NewTime)>,
    ) -> Result<Vec<Moved>, Error> {
        let event =
            Event::new("appointment.move", "appointment").facts(serde_json::json!({ "steps": steps.len() }));
        let arguments = steps.clone();
        let slot = |(id, seen, time)| (id, seen, Was { time, kind: AppointmentKind::Slot, closed: vec![] });
        let steps: Steps = steps.into_iter().map(slot).collect();
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                lock(c, &steps).await?;
                each(c, steps, "plan").await
            })
        })
        .await
    }

    /// Takes a plan back: every booking that it moved goes where it was, the last one first; the leave that was entered with
    /// it goes, and the session that was removed after it is there again. A booking whose old time is taken now, whose session
    /// has gone, or that was changed since, stays where it is and is told.
    ///
    /// # Errors
    /// [`Error::Refused`] for who may not take the leave or the session back, and those of the line to the server.
    pub async fn unplan(
        &self,
        actor: &Actor,
        request: RequestId,
        cause: Cause,
        steps: Vec<(AppointmentId, i64, Was)>,
    ) -> Result<Unplanned, Error> {
        let facts = serde_json::json!({ "steps": steps.len(), "undone": true });
        let event = Event::new("appointment.move", "appointment").facts(facts);
        let arguments = (cause.clone(), steps.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                // The days first, the exceptions after them: in the order in which a booking asks for these locks.
                lock(c, &steps).await?;
                let session = match &cause {
                    Cause::Session(done) => Some(there_again(c, done.clone()).await?),
                    _ => None,
                };
                let lifted = match cause {
                    Cause::None | Cause::Session(_) => false,
                    Cause::Entered(id) => lift(c, id).await?,
                    Cause::There(id) => lift_for_a_moment(c, id).await?,
                };
                if let (true, Cause::Entered(id)) = (lifted, &cause) {
                    let gone = Event::new("exception.remove", "schedule_exception").id(id.0);
                    gone.record(&mut *c).await?;
                }
                let moved = each(c, steps.into_iter().rev().collect(), UNDONE).await?;
                // Under a leave nobody is moved: it is away while they go back, and nobody else sees that.
                if let (true, Cause::There(id)) = (lifted, &cause) {
                    put_back(c, *id).await?;
                }
                Ok(Unplanned { moved, lifted: lifted && matches!(cause, Cause::Entered(_)), session })
            })
        })
        .await
    }
}

/// Puts the session of a plan back.
async fn there_again(c: &mut PgConnection, done: Done) -> Result<TakenBack, Error> {
    let of = sqlx::query_scalar!(
        "select s.provider_id from clinic.clinic_session s where s.id = $1",
        done.session.0
    );
    let provider = of.fetch_one(&mut *c).await?;
    take_back(c, provider.into(), vec![done]).await
}

/// Takes a leave away while bookings go back under it; false where it is over or the person may not: each is told then why it
/// stays.
async fn lift_for_a_moment(c: &mut PgConnection, id: ExceptionId) -> Result<bool, Error> {
    let over = sqlx::query_scalar!(
        r#"select e.ends_at <= clinic.now() as "over!" from clinic.schedule_exception e where e.id = $1"#,
        id.0
    );
    if over.fetch_optional(&mut *c).await?.unwrap_or(true) {
        return Ok(false);
    }
    let mut tx = c.begin().await?;
    match lift(&mut tx, id).await {
        Err(Error::Refused(_)) => {
            tx.rollback().await?;
            Ok(false)
        }
        lifted => {
            tx.commit().await?;
            lifted
        }
    }
}

async fn lock(c: &mut PgConnection, steps: &Steps) -> Result<(), Error> {
    let mut keys = vec![];
    for (id, _, to) in steps {
        let now = booked(c, *id).await?;
        let day = |at: DateTime<Utc>| at.with_timezone(&now.zone).date_naive();
        keys.push(format!("provider {} {}", now.provider, day(now.period.start)));
        keys.push(format!("provider {} {}", to.time.provider, day(to.time.period.start)));
        keys.push(format!("patient {}", now.patient));
    }
    lock_in_order(c, keys).await
}

async fn each(c: &mut PgConnection, steps: Steps, mark: &str) -> Result<Vec<Moved>, Error> {
    let mut moved = vec![];
    for (appointment, seen, mut to) in steps {
        let stays = |why| Moved { appointment, version: None, why, was: None, met: vec![] };
        let was_in = to.time.session;
        if let (UNDONE, Some(session)) = (mark, was_in) {
            to.time.session = session_then(c, &to.time).await?;
            if to.time.session.is_none() {
                moved.push(stays(lost(c, session).await?));
                continue;
            }
        }
        let mut tx = c.begin().await?;
        moved.push(match step(&mut tx, appointment, seen, &to, mark).await {
            Ok((version, was, met)) => {
                tx.commit().await?;
                Moved { appointment, version: Some(version), why: String::new(), was: Some(was), met }
            }
            Err(Error::Refused(why) | Error::Overlap(why)) => {
                tx.rollback().await?;
                // Its own time was a slot: the session is another one now.
                match was_in.filter(|_| mark == UNDONE && why.rule == "not_a_slot") {
                    Some(session) => stays(lost(c, session).await?),
                    None => stays(why.sentence),
                }
            }
            Err(e @ Error::Stale { .. }) => {
                tx.rollback().await?;
                stays(e.to_string())
            }
            Err(e) => return Err(e),
        });
    }
    Ok(moved)
}

/// The session that has this time now: the one it was in, or, when that has gone or has other hours, another one of the
/// provider at that centre.
async fn session_then(c: &mut PgConnection, time: &NewTime) -> Result<Option<ClinicSessionId>, Error> {
    let found = sqlx::query_scalar!(
        "select s.id from clinic.clinic_session s
          where s.provider_id = $1 and s.centre_id = $2 and s.removed_at is null and s.starts_at <= $3 and s.ends_at > $3",
        time.provider.0,
        time.centre.0,
        time.period.start
    )
    .fetch_optional(c)
    .await?;
    Ok(found.map(Into::into))
}

/// Why a booking cannot go back to its session.
async fn lost(c: &mut PgConnection, session: ClinicSessionId) -> Result<String, Error> {
    let s = sqlx::query!(
        r#"select s.starts_at, s.ends_at, s.removed_at is not null as "removed!", x.zone
             from clinic.clinic_session s join clinic.centre x on x.id = s.centre_id where s.id = $1"#,
        session.0
    )
    .fetch_one(c)
    .await?;
    let zone = zone_of(&s.zone);
    let (from, to) = (s.starts_at.with_timezone(&zone), s.ends_at.with_timezone(&zone));
    let (day, from, to) = (dates::short_day(from.date_naive()), from.format("%H:%M"), to.format("%H:%M"));
    Ok(if s.removed {
        tr!("The session {day} {from}-{to} was removed meanwhile.", day = day, from = from, to = to)
    } else {
        tr!("Its session was changed meanwhile, to {day} {from}-{to}.", day = day, from = from, to = to)
    })
}

/// One move inside a transaction that holds the locks.
async fn step(
    c: &mut PgConnection,
    id: AppointmentId,
    seen: i64,
    to: &Was,
    mark: &str,
) -> Result<(i64, Was, Vec<Met>), Error> {
    let now = booked(c, id).await?;
    if now.version != seen {
        return Err(stale(c, id).await?);
    }
    let time = &to.time;
    if to.kind == AppointmentKind::Slot {
        let visit_type = now.visit_type.as_deref();
        let taken = overlap(c, now.patient, time.provider, time.period, now.zone, Some(id), visit_type);
        if let Some(taken) = taken.await? {
            return Err(taken);
        }
    }
    let moved = sqlx::query_scalar!(
        "update clinic.appointment
            set provider_id = $3, centre_id = $4, clinic_session_id = $5, starts_at = $6, ends_at = $7, kind = $8,
                referral_id = case when provider_id = $3 then referral_id end
          where id = $1 and version = $2 returning version",
        id.0,
        seen,
        time.provider.0,
        time.centre.0,
        time.session.map(|s| s.0),
        time.period.start,
        time.period.end,
        to.kind.code()
    )
    .fetch_optional(&mut *c)
    .await?;
    let Some(version) = moved else { return Err(stale(c, id).await?) };
    let facts = serde_json::json!({ "provider": time.provider, "starts": time.period.start, mark: true });
    Event::new("appointment.move", "appointment")
        .id(id.0)
        .patient(now.patient)
        .facts(facts)
        .record(&mut *c)
        .await?;
    // Going back closes nothing: it opens what going away has closed.
    let met = if mark == UNDONE {
        unmoved(&mut *c, id, &to.closed).await?;
        vec![]
    } else {
        met(&mut *c, id).await?
    };
    let closed = met.iter().map(|m| m.id).collect();
    Ok((version, Was { time: now.time(), kind: now.kind, closed }, met))
}

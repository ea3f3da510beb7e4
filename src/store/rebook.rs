//! Bookings that are moved by a plan, all at once, and the whole plan taken back: each in one transaction. What somebody else
//! was faster with stays where it is and is told, one by one.
use super::{
    Error, Event, Store,
    appointment::{booked, lock_in_order, overlap, stale},
    booking::{met, unmoved},
    exception::{lift, put_back},
};
use crate::domain::{
    actor::Actor,
    appointment::AppointmentKind,
    booking::NewTime,
    ids::{AppointmentId, ExceptionId, RequestId, WaitId},
    waitlist::Met,
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

/// The leave or holiday under which the bookings of a plan lay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// There is none: the plan was of a session.
    None,
    /// It was entered with the plan, and is taken back with it.
    Entered(ExceptionId),
    /// It was there before, and stays.
    There(ExceptionId),
}

/// What became of taking a plan back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplanned {
    /// As many as were to go back.
    pub moved: Vec<Moved>,
    /// The leave or holiday has gone with it.
    pub lifted: bool,
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

    /// Takes a plan back: every booking that it moved goes where it was, the last one first, and the leave that was entered
    /// with it goes. One whose old time is taken now, or that was changed since, stays where it is and is told.
    ///
    /// # Errors
    /// [`Error::Refused`] for who may not take the leave back, and those of the line to the server.
    pub async fn unplan(
        &self,
        actor: &Actor,
        request: RequestId,
        cause: Cause,
        steps: Vec<(AppointmentId, i64, Was)>,
    ) -> Result<Unplanned, Error> {
        let facts = serde_json::json!({ "steps": steps.len(), "undone": true });
        let event = Event::new("appointment.move", "appointment").facts(facts);
        let arguments = (cause, steps.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                // The days first, the exceptions after them: in the order in which a booking asks for these locks.
                lock(c, &steps).await?;
                let lifted = match cause {
                    Cause::None => false,
                    Cause::Entered(id) | Cause::There(id) => lift(c, id).await?,
                };
                if let (true, Cause::Entered(id)) = (lifted, cause) {
                    let gone = Event::new("exception.remove", "schedule_exception").id(id.0);
                    gone.record(&mut *c).await?;
                }
                let moved = each(c, steps.into_iter().rev().collect(), UNDONE).await?;
                // Under a leave nobody is moved: it is away while they go back, and nobody else sees that.
                if let (true, Cause::There(id)) = (lifted, cause) {
                    put_back(c, id).await?;
                }
                Ok(Unplanned { moved, lifted: lifted && matches!(cause, Cause::Entered(_)) })
            })
        })
        .await
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
    for (appointment, seen, to) in steps {
        let mut tx = c.begin().await?;
        let stays = |why| Moved { appointment, version: None, why, was: None, met: vec![] };
        moved.push(match step(&mut tx, appointment, seen, &to, mark).await {
            Ok((version, was, met)) => {
                tx.commit().await?;
                Moved { appointment, version: Some(version), why: String::new(), was: Some(was), met }
            }
            Err(Error::Refused(why) | Error::Overlap(why)) => {
                tx.rollback().await?;
                stays(why.sentence)
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

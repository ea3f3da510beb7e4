//! Sessions taken back as a whole: what was made goes, what was changed has its old hours, what was removed is there again.
//! What somebody was booked in meanwhile, changed, or took the time of stays as it is and is told with its reason.
use super::{
    Error, Event, Store,
    appointment::{lock_in_order, zone_of},
    lost_hold::{LostHold, hold_again},
    refusal,
};
use crate::{
    domain::{
        actor::Actor,
        ids::{ClinicSessionId, ProviderId, RequestId},
        time::Period,
    },
    tr,
};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use sqlx::{Acquire as _, PgConnection};
use std::collections::HashMap;

/// The hours a session was made from: first minute, end, slot.
pub(super) type PlanOfHours = (i32, i32, i32);

/// What a session was before it was made, changed or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Before {
    /// It was not there.
    Absent,
    /// It had other hours.
    Hours { period: Period, slot_minutes: i32, plan: Option<PlanOfHours> },
    /// It was there as it is, made from these hours; `None` leaves what it says of them.
    There { plan: Option<PlanOfHours> },
}

/// One session that was made, changed or removed: its version since then, and what it was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub session: ClinicSessionId,
    pub version: i64,
    pub was: Before,
    /// What was held in it and went with it.
    #[serde(default)]
    pub lost: Vec<LostHold>,
}

/// A session that could not be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stays {
    pub day: NaiveDate,
    /// Wall time at its centre.
    pub from: NaiveTime,
    pub to: NaiveTime,
    pub why: String,
}

/// What became of taking sessions back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// Sessions that are as they were before.
    pub back: u32,
    /// The others, in the order of time.
    pub stays: Vec<Stays>,
    /// Times that are held again with them.
    #[serde(default)]
    pub held: u32,
    /// Times that were held, and were to be released meanwhile: they stay released.
    #[serde(default)]
    pub released: u32,
}

/// A session as it is now.
struct Now {
    version: i64,
    removed: bool,
    booked: bool,
    day: NaiveDate,
    from: NaiveTime,
    to: NaiveTime,
}

impl Store {
    /// Removes the sessions that copying a week has made, in one transaction. One that somebody has booked or changed
    /// since stays and is named.
    ///
    /// # Errors
    /// [`Error::Refused`] for who may not remove sessions of this provider.
    pub async fn uncopy_week(
        &self,
        actor: &Actor,
        request: RequestId,
        provider: ProviderId,
        sessions: Vec<ClinicSessionId>,
    ) -> Result<TakenBack, Error> {
        let event = Event::new("session.remove", "provider")
            .id(provider.0)
            .facts(serde_json::json!({ "sessions": sessions.len() }));
        let one = |s: &ClinicSessionId| Done { session: *s, version: 1, was: Before::Absent, lost: vec![] };
        let made: Vec<Done> = sessions.iter().map(one).collect();
        self.write(actor, request, event, &(provider, sessions), move |c| {
            Box::pin(async move { take_back(c, provider, made).await })
        })
        .await
    }

    /// Takes back what making sessions from the weekly hours did, in one transaction: what it added goes, what it changed
    /// has its old hours, and what it removed is there again. One that somebody has booked or changed since stays and is
    /// named.
    ///
    /// # Errors
    /// [`Error::Refused`] for who may not change the sessions of this provider.
    pub async fn ungenerate_sessions(
        &self,
        actor: &Actor,
        request: RequestId,
        provider: ProviderId,
        done: Vec<Done>,
    ) -> Result<TakenBack, Error> {
        let event = Event::new("session.generate", "provider")
            .id(provider.0)
            .facts(serde_json::json!({ "sessions": done.len(), "undone": true }));
        self.write(actor, request, event, &(provider, done.clone()), move |c| {
            Box::pin(async move { take_back(c, provider, done).await })
        })
        .await
    }
}

/// Takes sessions of a provider back inside a transaction.
pub(super) async fn take_back(
    c: &mut PgConnection,
    provider: ProviderId,
    mut done: Vec<Done>,
) -> Result<TakenBack, Error> {
    lock_in_order(c, vec![format!("sessions {provider}")]).await?;
    let there = now(c, provider, &done).await?;
    // What goes makes room for what comes back.
    done.sort_by_key(|d| match d.was {
        Before::Absent => 0,
        Before::Hours { .. } => 1,
        Before::There { .. } => 2,
    });
    let mut back = TakenBack::default();
    for d in done {
        let Some(s) = there.get(&d.session.0) else { continue };
        let why = if s.version != d.version || s.removed != matches!(d.was, Before::There { .. }) {
            Some(tr!("it was changed since").to_owned())
        } else if s.booked {
            Some(tr!("somebody is booked in it").to_owned())
        } else {
            one(c, &d).await?
        };
        match why {
            None => {
                back.back += 1;
                let held = hold_again(c, d.session, &d.lost).await?;
                back.held += held;
                back.released += u32::try_from(d.lost.len()).unwrap_or(held).saturating_sub(held);
            }
            Some(why) => back.stays.push(Stays { day: s.day, from: s.from, to: s.to, why }),
        }
    }
    back.stays.sort_by_key(|s| (s.day, s.from));
    Ok(back)
}

/// These sessions as they are; nobody books in them until this transaction ends.
async fn now(
    c: &mut PgConnection,
    provider: ProviderId,
    done: &[Done],
) -> Result<HashMap<uuid::Uuid, Now>, Error> {
    let ids: Vec<uuid::Uuid> = done.iter().map(|d| d.session.0).collect();
    // Who books holds the session's row: the look below comes after their commit.
    sqlx::query!("select id from clinic.clinic_session where id = any ($1) order by id for update", &ids)
        .fetch_all(&mut *c)
        .await?;
    let rows = sqlx::query!(
        r#"select s.id, s.version, s.removed_at is not null as "removed!", s.day, s.starts_at, s.ends_at, x.zone,
                  exists (select from clinic.appointment a
                           where a.clinic_session_id = s.id and a.status in ('booked', 'arrived', 'in_progress')) as "booked!"
             from clinic.clinic_session s join clinic.centre x on x.id = s.centre_id
            where s.id = any ($1) and s.provider_id = $2"#,
        &ids,
        provider.0
    )
    .fetch_all(c)
    .await?;
    let of = |r: &chrono::DateTime<chrono::Utc>, zone: &str| r.with_timezone(&zone_of(zone)).time();
    Ok(rows
        .into_iter()
        .map(|r| {
            let (from, to) = (of(&r.starts_at, &r.zone), of(&r.ends_at, &r.zone));
            let (version, removed, booked) = (r.version, r.removed, r.booked);
            (r.id, Now { version, removed, booked, day: r.day, from, to })
        })
        .collect())
}

/// Takes one back; why it stays when a rule keeps it or its time is another session's now.
async fn one(c: &mut PgConnection, d: &Done) -> Result<Option<String>, Error> {
    let mut tx = c.begin().await?;
    match write(&mut tx, d).await {
        Ok(action) => {
            Event::new(action, "clinic_session").id(d.session.0).record(&mut tx).await?;
            tx.commit().await?;
            Ok(None)
        }
        Err(Error::Overlap(_) | Error::Duplicate(_)) => {
            tx.rollback().await?;
            Ok(Some(tr!("another session is there now").into()))
        }
        Err(Error::Refused(why)) if why.rule != "not_permitted" => {
            tx.rollback().await?;
            Ok(Some(why.sentence))
        }
        Err(e) => Err(e),
    }
}

/// Writes one; the action it is told under.
async fn write(c: &mut PgConnection, d: &Done) -> Result<&'static str, Error> {
    let (action, done) = match d.was {
        Before::Absent => {
            // Without its plan, so that the hours make it again when they are asked.
            let gone = sqlx::query!(
                "update clinic.clinic_session set removed_at = clinic.now(), plan_from = null, plan_to = null, plan_slot = null
                  where id = $1",
                d.session.0
            );
            ("session.remove", gone.execute(c).await?)
        }
        Before::Hours { period, slot_minutes, plan } => {
            let old = sqlx::query!(
                "update clinic.clinic_session
                    set starts_at = $2, ends_at = $3, slot_minutes = $4, plan_from = $5, plan_to = $6, plan_slot = $7
                  where id = $1",
                d.session.0,
                period.start,
                period.end,
                slot_minutes,
                plan.map(|p| p.0),
                plan.map(|p| p.1),
                plan.map(|p| p.2)
            );
            ("session.change", old.execute(c).await?)
        }
        Before::There { plan } => {
            let again = sqlx::query!(
                "update clinic.clinic_session
                    set removed_at = null, plan_from = coalesce($2, plan_from), plan_to = coalesce($3, plan_to),
                        plan_slot = coalesce($4, plan_slot)
                  where id = $1",
                d.session.0,
                plan.map(|p| p.0),
                plan.map(|p| p.1),
                plan.map(|p| p.2)
            );
            ("session.add", again.execute(c).await?)
        }
    };
    if done.rows_affected() == 0 {
        let facts = serde_json::json!({ "action": action, "why": "not_own_centre" });
        return Err(Error::Refused(refusal::why("not_permitted", &facts)));
    }
    Ok(action)
}

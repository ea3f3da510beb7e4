//! Sessions made from weekly hours: can be asked for again and does nothing twice.
use super::{
    Error, Event, Store,
    appointment::{lock_in_order, zone_of},
    lost_hold::{held, lost},
    refusal,
    session_back::{Before, Done},
};
use crate::domain::{
    actor::Actor,
    ids::{CentreId, ClinicSessionId, ProviderId, RequestId},
    provider::WeeklyHours,
    session_plan::{Existing, compare},
    slots::planned,
    time::Period,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sqlx::{Acquire as _, PgConnection};
use std::collections::HashMap;

/// What making sessions from the weekly hours did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    pub added: u32,
    /// Sessions that follow new hours.
    pub changed: u32,
    pub removed: u32,
    pub kept: u32,
    pub in_the_way: u32,
    /// Sessions that the hours do not ask for any more, and that are booked: their bookings are to be moved first.
    pub booked: Vec<ClinicSessionId>,
    /// Centres with hours where the person may not add sessions, by name: those hours are left as they are.
    pub elsewhere: Vec<String>,
    /// What was done, session by session, to be taken back.
    pub done: Vec<Done>,
}

impl Store {
    /// Makes the sessions of a provider's weekly hours for so many weeks from this day. What is there stays; what somebody has
    /// changed or removed stays as they left it; what is booked is never removed but told.
    ///
    /// # Errors
    /// [`Error::Refused`] for who may not add sessions of this provider.
    pub async fn generate_sessions(
        &self,
        actor: &Actor,
        request: RequestId,
        provider: ProviderId,
        from: NaiveDate,
        weeks: u16,
    ) -> Result<Generated, Error> {
        let event = Event::new("session.generate", "provider")
            .id(provider.0)
            .facts(serde_json::json!({ "from": from, "weeks": weeks }));
        self.write(actor, request, event, &(provider, from, weeks), move |c| {
            Box::pin(async move {
                // Two who ask at once do it one after the other.
                lock_in_order(c, vec![format!("sessions {provider}")]).await?;
                let (hours, zones, elsewhere) = weekly(c, provider).await?;
                let days = u64::from(weeks.min(53)) * 7;
                let to = from.checked_add_days(Days::new(days)).unwrap_or(from);
                let zone = |centre: CentreId| zones.get(&centre.0).copied().unwrap_or(Tz::UTC);
                let wanted: Vec<_> = from.iter_days().take_while(|d| *d < to).flat_map(|d| planned(&hours, zone, d)).collect();
                let there = existing(c, provider, from, to).await?;
                let now = now(c).await?;
                let changes = compare(&wanted, &there, now);
                let before = |id: &ClinicSessionId| there.iter().find(|s| s.id == *id);
                let touched: Vec<ClinicSessionId> =
                    changes.remove.iter().copied().chain(changes.change.iter().map(|(id, _)| *id)).collect();
                let before_holds = held(c, &touched).await?;
                let mut done = vec![];
                for id in &changes.remove {
                    let version = sqlx::query_scalar!(
                        "update clinic.clinic_session set removed_at = clinic.now(), plan_from = null, plan_to = null, plan_slot = null
                          where id = $1 returning version",
                        id.0
                    )
                    .fetch_one(&mut *c)
                    .await?;
                    let was = Before::There { plan: before(id).and_then(|s| s.plan) };
                    done.push(Done { session: *id, version, was, lost: vec![] });
                }
                for (id, p) in &changes.change {
                    let version = sqlx::query_scalar!(
                        "update clinic.clinic_session
                            set starts_at = $2, ends_at = $3, slot_minutes = $4, plan_from = $5, plan_to = $6, plan_slot = $4
                          where id = $1 returning version",
                        id.0,
                        p.period.start,
                        p.period.end,
                        p.hours.slot_minutes,
                        p.hours.from_minute,
                        p.hours.to_minute
                    )
                    .fetch_one(&mut *c)
                    .await?;
                    let was = before(id).map(|s| Before::Hours {
                        period: s.period,
                        slot_minutes: s.slot_minutes,
                        plan: s.plan,
                    });
                    done.extend(was.map(|was| Done { session: *id, version, was, lost: vec![] }));
                }
                let after_holds = held(c, &touched).await?;
                for d in &mut done {
                    d.lost = lost(&before_holds, &after_holds, d.session);
                }
                let (mut added, mut in_the_way) = (0, changes.in_the_way);
                for p in &changes.add {
                    let plan = Some((p.hours.from_minute, p.hours.to_minute, p.hours.slot_minutes));
                    let made = Made {
                        centre: p.hours.centre,
                        day: p.day,
                        period: p.period,
                        slot_minutes: p.hours.slot_minutes,
                        plan,
                        cap: None,
                    };
                    match insert(c, provider, &made).await? {
                        Some(session) => {
                            added += 1;
                            done.push(Done { session, version: 1, was: Before::Absent, lost: vec![] });
                        }
                        None => in_the_way += 1,
                    }
                }
                let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                Ok(Generated {
                    added,
                    changed: number(changes.change.len()),
                    removed: number(changes.remove.len()),
                    kept: changes.kept,
                    in_the_way,
                    booked: changes.booked,
                    elsewhere,
                    done,
                })
            })
        })
        .await
    }
}

pub(super) async fn now(c: &mut PgConnection) -> Result<DateTime<Utc>, Error> {
    Ok(sqlx::query_scalar!(r#"select clinic.now() as "now!""#).fetch_one(c).await?)
}

/// Refuses when there is something, and all of it is at centres where the person may not add sessions.
pub(super) fn may_some(permitted: impl Iterator<Item = bool>, action: &str) -> Result<(), Error> {
    let (mut any, mut some) = (false, false);
    permitted.for_each(|p| (any, some) = (true, some || p));
    if any && !some {
        let facts = serde_json::json!({ "action": action, "why": "not_own_centre" });
        return Err(Error::Refused(refusal::why("not_permitted", &facts)));
    }
    Ok(())
}

/// The weekly hours of a provider at centres in use where the person may add sessions, the zones of those, and the names of
/// the other centres.
async fn weekly(
    c: &mut PgConnection,
    provider: ProviderId,
) -> Result<(Vec<WeeklyHours>, HashMap<uuid::Uuid, Tz>, Vec<String>), Error> {
    let rows = sqlx::query!(
        r#"select h.centre_id, x.name, x.zone, h.weekday, h.from_minute, h.to_minute, h.slot_minutes,
                  (h.centre_id in (select clinic.centres_for('session.add'))
                   or h.provider_id = (select auth.provider_id()) and (select auth.allowed('session.add', 'own_object'))) as "permitted!"
           from clinic.provider_hours h join clinic.centre x on x.id = h.centre_id
          where h.provider_id = $1 and x.retired_at is null order by h.weekday, h.from_minute"#,
        provider.0
    )
    .fetch_all(c)
    .await?;
    may_some(rows.iter().map(|r| r.permitted), "session.generate")?;
    let mut elsewhere: Vec<String> = rows.iter().filter(|r| !r.permitted).map(|r| r.name.clone()).collect();
    elsewhere.sort();
    elsewhere.dedup();
    let zones = rows.iter().map(|r| (r.centre_id, zone_of(&r.zone))).collect();
    let hours = rows.into_iter().filter(|r| r.permitted).map(|r| WeeklyHours {
        centre: r.centre_id.into(),
        weekday: r.weekday,
        from_minute: r.from_minute,
        to_minute: r.to_minute,
        slot_minutes: r.slot_minutes,
    });
    Ok((hours.collect(), zones, elsewhere))
}

/// Every session of a provider in these days; of the removed ones those that were made from the hours.
pub(super) async fn existing(
    c: &mut PgConnection,
    provider: ProviderId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<Existing>, Error> {
    let rows = sqlx::query!(
        r#"select s.id, s.centre_id, x.zone, s.day, s.starts_at, s.ends_at, s.slot_minutes, s.plan_from, s.plan_to, s.plan_slot,
                  (s.centre_id in (select clinic.centres_for('session.add'))
                   or s.provider_id = (select auth.provider_id()) and (select auth.allowed('session.add', 'own_object'))) as "permitted!",
                  s.removed_at is not null as "removed!",
                  (select count(*) from clinic.appointment a
                    where a.clinic_session_id = s.id and a.status in ('booked', 'arrived', 'in_progress'))::int as "bookings!"
             from clinic.clinic_session s join clinic.centre x on x.id = s.centre_id
            where s.provider_id = $1 and s.day >= $2 and s.day < $3 and (s.removed_at is null or s.plan_from is not null)
            order by s.starts_at for update of s"#,
        provider.0,
        from,
        to
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Existing {
            id: r.id.into(),
            centre: r.centre_id.into(),
            zone: zone_of(&r.zone),
            day: r.day,
            period: Period { start: r.starts_at, end: r.ends_at },
            slot_minutes: r.slot_minutes,
            // Those of other centres are in the way, and nothing else.
            plan: r
                .plan_from
                .zip(r.plan_to)
                .zip(r.plan_slot)
                .filter(|_| r.permitted)
                .map(|((a, b), s)| (a, b, s)),
            removed: r.removed,
            bookings: u32::try_from(r.bookings).unwrap_or(0),
        })
        .collect())
}

/// A session that is made.
pub(super) struct Made {
    pub(super) centre: CentreId,
    pub(super) day: NaiveDate,
    pub(super) period: Period,
    pub(super) slot_minutes: i32,
    pub(super) plan: Option<(i32, i32, i32)>,
    pub(super) cap: Option<i32>,
}

/// Inserts a session inside a transaction; `None` when another one of the provider, wherever it is, has some of its time.
pub(super) async fn insert(
    c: &mut PgConnection,
    provider: ProviderId,
    made: &Made,
) -> Result<Option<ClinicSessionId>, Error> {
    let id = ClinicSessionId::new();
    // Of what another centre's desk has written nobody here is told before it is in the way.
    let mut tx = c.begin().await?;
    let written = sqlx::query!(
        "insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at, slot_minutes, plan_from, plan_to,
                                            plan_slot, overbook_cap)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id.0,
        provider.0,
        made.centre.0,
        made.day,
        made.period.start,
        made.period.end,
        made.slot_minutes,
        made.plan.map(|p| p.0),
        made.plan.map(|p| p.1),
        made.plan.map(|p| p.2),
        made.cap
    )
    .execute(&mut *tx)
    .await
    .map_err(Error::from);
    match written {
        Ok(_) => {
            tx.commit().await?;
            Ok(Some(id))
        }
        Err(Error::Overlap(_)) => {
            tx.rollback().await?;
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

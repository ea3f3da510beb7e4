//! Times that came free, and whom they suit. Whether a time fits is asked of the free times themselves, so that what is offered can
//! be booked; which times came free is asked of what the schedule has kept, so that none is lost that another desk freed.
use super::{
    Error, Event, Store,
    appointment::zone_of,
    slots::first_free_in,
    waitlist::{Which, entries},
};
use crate::domain::{
    actor::Actor,
    booking::{DayPart, FreeFilter, FreeSlot},
    ids::{PatientId, WaitId},
    name::PersonName,
    time::Period,
    waitlist::{
        CallOutcome, Freed, FreedHere, FreedTime, FreedTimes, Held, Match, Offering, WaitEntry, rank,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sqlx::PgConnection;

/// How many are offered at most; and how many wishes are tried for that, and kinds of free time asked for.
const OFFERED: usize = 9;
const TRIED: usize = 60;
/// How many days of a time that lasts (a leave that was taken back) are looked at after its first.
const REACH: u16 = 13;
/// How many freed times are told at most.
const TOLD: i32 = 40;

impl Store {
    /// Whom a time that came free suits, ranked; nothing when it is past, taken again or suits nobody. `opened` tells the log.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not permitted.
    pub async fn whom_it_suits(
        &self,
        actor: &Actor,
        freed: Freed,
        opened: bool,
    ) -> Result<Option<Offering>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let Some(time) = freed_time(&mut *c, freed).await? else { return Ok(None) };
                let found = offering(&mut *c, time).await?;
                if let (true, Some(found)) = (opened, &found) {
                    let facts = serde_json::json!({
                        "rows": found.matches.len(), "provider": time.provider, "starts": time.period.start,
                    });
                    Event::new("waitlist.open", "waitlist_entry").facts(facts).record(c).await?;
                }
                Ok(found)
            })
        })
        .await
    }

    /// The times ahead that came free, by any hand, and that suit somebody who waits, where the person may offer them; the
    /// soonest first. `opened` tells the log.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn freed_times(&self, actor: &Actor, opened: bool) -> Result<FreedTimes, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let found = freed_times(&mut *c).await?;
                if opened {
                    let facts = serde_json::json!({ "freed": found.times.len() });
                    Event::new("waitlist.open", "waitlist_entry").facts(facts).record(c).await?;
                }
                Ok(found)
            })
        })
        .await
    }
}

async fn freed_times(c: &mut PgConnection) -> Result<FreedTimes, Error> {
    let rows = sqlx::query!(
        r#"select f.provider_id as "provider!", f.centre_id as "centre!", f.starts_at as "starts!", f.ends_at as "ends!", f.held_by, f.held_until,
                  a.family_name, a.given_name, x.name, x.zone
             from clinic.freed_times($1) f
             join clinic.provider p on p.id = f.provider_id
             join clinic.account a on a.id = p.account_id
             join clinic.centre x on x.id = f.centre_id
            order by f.starts_at, a.family_name, f.provider_id"#,
        TOLD
    )
    .fetch_all(&mut *c)
    .await?;
    let more = i32::try_from(rows.len()).is_ok_and(|n| n >= TOLD);
    let (mut times, mut left) = (vec![], TRIED);
    for r in rows {
        let zone = zone_of(&r.zone);
        let time = FreedTime {
            provider: r.provider.into(),
            centre: r.centre.into(),
            period: Period { start: r.starts, end: r.ends },
        };
        let held = r.held_by.zip(r.held_until).map(|(by, until)| Held { by, until });
        let suits = if held.is_some() { vec![] } else { fitting(&mut *c, &time, zone, &mut left).await? };
        // The last moment at which it can be booked for one of them.
        let Some(until) = suits.iter().map(|m| m.slot.period.start).max().or(held.as_ref().map(|h| h.until))
        else {
            continue;
        };
        times.push(FreedHere {
            time,
            provider_name: PersonName::new(r.family_name, r.given_name),
            centre_name: r.name,
            zone,
            suits: suits.len(),
            until,
            held,
        });
    }
    Ok(FreedTimes { times, more, release: next_release(c).await? })
}

/// When the next time of today or tomorrow that is held back is released, where times are offered.
async fn next_release(c: &mut PgConnection) -> Result<Option<DateTime<Utc>>, Error> {
    let at = sqlx::query_scalar!(
        "select min(h.release_at) from clinic.held_slot h
           join clinic.clinic_session s on s.id = h.clinic_session_id and s.removed_at is null
          where h.day between clinic.now()::date - 1 and clinic.now()::date + 1 and h.release_at > clinic.now()
            and s.centre_id in (select clinic.centres_for('waitlist.offer'))"
    )
    .fetch_one(c)
    .await?;
    Ok(at)
}

/// The time that is free now, if it is ahead and somebody sees patients then.
async fn freed_time(c: &mut PgConnection, freed: Freed) -> Result<Option<FreedTime>, Error> {
    let time = match freed {
        Freed::Time(time) => time,
        // Of several each is offered by itself.
        Freed::Several => return Ok(None),
        Freed::Cancelled(id) => {
            let row = sqlx::query!(
                "select provider_id, centre_id, starts_at, ends_at from clinic.appointment
                  where id = $1 and status = 'cancelled' and kind = 'slot'",
                id.0
            )
            .fetch_optional(&mut *c)
            .await?;
            let Some(r) = row else { return Ok(None) };
            let period = Period { start: r.starts_at, end: r.ends_at };
            FreedTime { provider: r.provider_id.into(), centre: r.centre_id.into(), period }
        }
    };
    let now = sqlx::query_scalar!(r#"select clinic.now() as "now!""#).fetch_one(c).await?;
    let period = Period { start: time.period.start.max(now), ..time.period };
    Ok((period.start < period.end).then_some(FreedTime { period, ..time }))
}

async fn offering(c: &mut PgConnection, time: FreedTime) -> Result<Option<Offering>, Error> {
    let head = sqlx::query!(
        r#"select a.family_name, a.given_name, x.name, x.zone, clinic.now() as "now!"
             from clinic.provider p join clinic.account a on a.id = p.account_id, clinic.centre x
            where p.id = $1 and x.id = $2 and x.id in (select clinic.centres_for('waitlist.offer'))"#,
        time.provider.0,
        time.centre.0
    )
    .fetch_optional(&mut *c)
    .await?;
    let Some(head) = head else { return Ok(None) };
    let zone = zone_of(&head.zone);
    let mut matches = fitting(&mut *c, &time, zone, &mut TRIED.clone()).await?;
    rank(&mut matches, &time, head.now);
    matches.truncate(OFFERED);
    Ok((!matches.is_empty()).then(|| Offering {
        time,
        provider_name: PersonName::new(head.family_name, head.given_name),
        centre_name: head.name,
        zone,
        matches,
    }))
}

/// Those whom this time suits, each with the first that they would get of it. Free times are asked for at most so
/// often as is `left`.
async fn fitting(
    c: &mut PgConnection,
    time: &FreedTime,
    zone: Tz,
    left: &mut usize,
) -> Result<Vec<Match>, Error> {
    let day = time.period.starts_at(zone).date();
    let last = time.period.ends_at(zone).date();
    let days = u16::try_from((last - day).num_days()).unwrap_or(0).min(REACH) + 1;
    let mut matches: Vec<Match> = vec![];
    let tried = tried(&mut *c, time).await?;
    let mut suit = entries(&mut *c, Which::Suits(*time)).await?;
    suit.retain(|e| e.status.is_open() && e.unbookable.is_none());
    // Who declined this very time is not asked again.
    suit.retain(|e| !tried.iter().any(|(id, o, _)| *id == e.id && *o == CallOutcome::Declined));
    suit.truncate(TRIED);
    let taken = taken(&mut *c, time, &suit).await?;
    let mut known: Vec<(Kind, Vec<FreeSlot>)> = vec![];
    for entry in suit {
        let kind = (entry.wish.visit_type.clone(), entry.wish.part);
        if !known.iter().any(|(k, _)| *k == kind) {
            if *left == 0 {
                break;
            }
            *left -= 1;
            let free = free_in(&mut *c, time, &kind, day, days).await?;
            known.push((kind.clone(), free));
        }
        let free =
            known.iter().find(|(k, _)| *k == kind).map(|(_, free)| free.as_slice()).unwrap_or_default();
        if let Some(slot) = first_of(free, time, &entry, &taken) {
            let tried = tried.iter().find(|(id, ..)| *id == entry.id).map(|(_, o, at)| (*o, *at));
            matches.push(Match { entry, slot: slot.clone(), tried });
        }
    }
    Ok(matches)
}

/// What wishes for the same length and part of the day are asked together for.
type Kind = (Option<String>, DayPart);

async fn free_in(
    c: &mut PgConnection,
    time: &FreedTime,
    (visit_type, part): &Kind,
    day: NaiveDate,
    days: u16,
) -> Result<Vec<FreeSlot>, Error> {
    let filter = FreeFilter {
        provider: Some(time.provider),
        centre: Some(time.centre),
        days,
        part: *part,
        visit_type: visit_type.clone(),
        limit: 200,
        ..FreeFilter::from(day)
    };
    first_free_in(c, &filter).await
}

/// The first time of these that this wish would get: within what came free, on one of its days, while the patient has nothing else.
fn first_of<'a>(
    free: &'a [FreeSlot],
    time: &FreedTime,
    entry: &WaitEntry,
    taken: &[(PatientId, Period)],
) -> Option<&'a FreeSlot> {
    let within = |at: DateTime<Utc>| time.period.start <= at && at < time.period.end;
    let wanted =
        |day: NaiveDate| entry.wish.weekdays.has(day) && (entry.wish.first..=entry.wish.last).contains(&day);
    let elsewhere =
        |p: &Period| taken.iter().any(|(id, t)| *id == entry.patient && t.start < p.end && p.start < t.end);
    free.iter().find(|s| within(s.period.start) && wanted(s.day) && !elsewhere(&s.period))
}

/// What those who wait have booked elsewhere around that time.
async fn taken(
    c: &mut PgConnection,
    time: &FreedTime,
    suit: &[WaitEntry],
) -> Result<Vec<(PatientId, Period)>, Error> {
    let patients: Vec<uuid::Uuid> = suit.iter().map(|e| e.patient.0).collect();
    let rows = sqlx::query!(
        r#"with w as materialized (select r.patient_id as id, r.record from clinic.records_of_each($1) r)
           select w.id as "id!", x.starts_at, x.ends_at
             from clinic.appointment x join w on w.record = x.patient_id
            -- For the index: a record that differs from row to row would be looked for in every appointment there is.
            where x.patient_id = any (array(select w.record from w))
              and x.kind = 'slot' and x.status in ('booked', 'arrived', 'in_progress')
              and x.starts_at > $2::timestamptz - interval '5 hours' and x.starts_at < $3::timestamptz + interval '5 hours'"#,
        &patients,
        time.period.start,
        time.period.end
    )
    .fetch_all(c)
    .await?;
    Ok(rows.into_iter().map(|r| (r.id.into(), Period { start: r.starts_at, end: r.ends_at })).collect())
}

/// Who was called about this time already, and what they said.
async fn tried(
    c: &mut PgConnection,
    time: &FreedTime,
) -> Result<Vec<(WaitId, CallOutcome, DateTime<Utc>)>, Error> {
    let rows = sqlx::query!(
        r#"select distinct on (entry_id) entry_id, outcome as "outcome!", outcome_at as "at!" from clinic.waitlist_call
            where provider_id = $1 and starts_at >= $2 and starts_at < $3 and outcome in ('declined', 'no_answer', 'left_message')
            order by entry_id, outcome <> 'declined', at desc"#,
        time.provider.0,
        time.period.start,
        time.period.end
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|r| Some((r.entry_id.into(), CallOutcome::from_code(&r.outcome)?, r.at)))
        .collect())
}

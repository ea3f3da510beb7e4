//! The waiting list as it is read: its entries with the calls made to them, and whom a time that came free suits. Whether a time
//! fits is asked of the free times themselves, so that what is offered can be booked.
use super::{Error, Event, Store, appointment::zone_of, refusal, sealed, slots::first_free_in};
use crate::domain::{
    actor::Actor,
    booking::{DayPart, FreeFilter},
    ids::{PatientId, WaitId},
    name::PersonName,
    queue::Priority,
    time::Period,
    waitlist::{
        CallOutcome, Freed, FreedTime, Match, Offering, OpenOffer, WaitCall, WaitEntry, WaitStatus, Weekdays,
        Wish, rank,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

/// How many are offered at most, and how many are tried for that.
const OFFERED: usize = 9;
const TRIED: usize = 60;
/// How many days of a time that lasts (a leave that was taken back) are looked at after its first.
const REACH: u16 = 13;

/// Which entries are read.
#[derive(Debug, Clone, Copy)]
enum Which {
    /// Those who wait; `true`: those whose wait has ended in the last 60 days.
    List(bool),
    One(WaitId),
    Of(PatientId),
    /// Those whom this time could suit, by what they want.
    Suits(FreedTime),
}

impl Store {
    /// Who waits, by priority and then by days waited; or with `ended` whose wait is over. Where the person may see it.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not permitted.
    pub async fn waiting_list(
        &self,
        actor: &Actor,
        ended: bool,
        opened: bool,
    ) -> Result<Vec<WaitEntry>, Error> {
        self.view(actor, Event::new("waitlist.open", "waitlist_entry"), opened, move |c| {
            Box::pin(async move {
                let rows = entries(c, Which::List(ended)).await?;
                let facts = serde_json::json!({ "rows": rows.len(), "ended": ended });
                Ok((rows, facts))
            })
        })
        .await
    }

    /// What one patient waits for.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not permitted.
    pub async fn waits_of(&self, actor: &Actor, patient: PatientId) -> Result<Vec<WaitEntry>, Error> {
        let event = Event::new("waitlist.open", "waitlist_entry");
        self.view(actor, event, false, move |c| {
            Box::pin(async move { Ok((entries(c, Which::Of(patient)).await?, serde_json::json!({}))) })
        })
        .await
    }

    /// One entry with every call that was made, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`], and [`Error::Refused`] when it is not permitted.
    pub async fn wait(&self, actor: &Actor, id: WaitId) -> Result<(WaitEntry, Vec<WaitCall>), Error> {
        let event = Event::new("waitlist.open", "waitlist_entry").id(id.0);
        self.view(actor, event, true, move |c| {
            Box::pin(async move {
                let entry =
                    entries(&mut *c, Which::One(id)).await?.into_iter().next().ok_or(Error::NotFound)?;
                let calls = calls(c, id).await?;
                let facts = serde_json::json!({ "calls": calls.len() });
                Ok(((entry, calls), facts))
            })
        })
        .await
    }

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
}

/// The time that is free now, if it is ahead and somebody sees patients then.
async fn freed_time(c: &mut PgConnection, freed: Freed) -> Result<Option<FreedTime>, Error> {
    let time = match freed {
        Freed::Time(time) => time,
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
    let day = time.period.starts_at(zone).date();
    let last = time.period.ends_at(zone).date();
    let days = u16::try_from((last - day).num_days()).unwrap_or(0).min(REACH) + 1;
    let mut matches: Vec<Match> = vec![];
    let tried = tried(&mut *c, &time).await?;
    let mut suit = entries(&mut *c, Which::Suits(time)).await?;
    suit.retain(|e| e.status.is_open() && e.unbookable.is_none());
    // Who declined this very time is not asked again.
    suit.retain(|e| !tried.iter().any(|(id, o, _)| *id == e.id && *o == CallOutcome::Declined));
    for entry in suit.into_iter().take(TRIED) {
        let filter = FreeFilter {
            patient: Some(entry.patient),
            provider: Some(time.provider),
            centre: Some(time.centre),
            days,
            part: entry.wish.part,
            visit_type: entry.wish.visit_type.clone(),
            limit: 200,
            ..FreeFilter::from(day)
        };
        let mut free = first_free_in(&mut *c, &filter).await?.into_iter();
        let within = |at: DateTime<Utc>| time.period.start <= at && at < time.period.end;
        let wanted = |day: NaiveDate| {
            entry.wish.weekdays.has(day) && (entry.wish.first..=entry.wish.last).contains(&day)
        };
        if let Some(slot) = free.find(|s| within(s.period.start) && wanted(s.day)) {
            let tried = tried.iter().find(|(id, ..)| *id == entry.id).map(|(_, o, at)| (*o, *at));
            matches.push(Match { entry, slot, tried });
        }
    }
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

async fn calls(c: &mut PgConnection, id: WaitId) -> Result<Vec<WaitCall>, Error> {
    let rows = sqlx::query!(
        r#"select k.id, k.at, btrim(a.given_name || ' ' || a.family_name) as "by!", k.provider_id, v.family_name, v.given_name,
                  k.starts_at, k.ends_at, k.outcome
             from clinic.waitlist_call k
             join clinic.account a on a.id = k.account_id
             join clinic.provider p on p.id = k.provider_id
             join clinic.account v on v.id = p.account_id
            where k.entry_id = $1 order by k.at desc, k.id limit 100"#,
        id.0
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| WaitCall {
            id: r.id.into(),
            at: r.at,
            by: r.by,
            provider: r.provider_id.into(),
            provider_name: PersonName::new(r.family_name, r.given_name),
            period: Period { start: r.starts_at, end: r.ends_at },
            outcome: r.outcome.as_deref().and_then(CallOutcome::from_code),
        })
        .collect())
}

async fn entries(c: &mut PgConnection, which: Which) -> Result<Vec<WaitEntry>, Error> {
    let (one, of, suits) = match which {
        Which::One(id) => (Some(id.0), None, None),
        Which::Of(patient) => (None, Some(patient.0), None),
        Which::Suits(time) => (None, None, Some(time)),
        Which::List(_) => (None, None, None),
    };
    let ended = matches!(which, Which::List(true));
    let rows = sqlx::query!(
        r#"with offers as materialized (select * from clinic.waitlist_offers())
           select e.id, e.version, e.patient_id as owner, p.id as patient, p.family_name, p.given_name, p.record_number, p.birth_date as "birth_date?",
                  coalesce(p.phone, '') as "phone!", e.provider_id as "provider_id?", a.family_name as "with_family?", a.given_name as "with_given?",
                  e.profession, e.department_id as "department_id?", coalesce(d.name, '') as "department!",
                  e.centre_id as "centre_id?", coalesce(x.name, '') as "centre!", e.visit_type, coalesce(t.name, '') as "visit_type_name!",
                  e.first_day, e.last_day, e.part, e.weekdays, e.priority, e.referral_id is not null as "referred!", e.note, e.status,
                  e.appointment_id, btrim(by.given_name || ' ' || by.family_name) as "added_by!", e.added_at,
                  p.deactivated_at is not null as "deactivated!", p.blocked_until as "blocked_until?",
                  (select count(*) from clinic.waitlist_call k where k.entry_id = e.id) as "calls!",
                  last.outcome as "last_outcome?", last.at as "last_at?", o.who as "offered_by?", o.until as "offered_until?", o.mine as "mine?",
                  (clinic.now() at time zone coalesce(x.zone, (select y.zone from clinic.centre y where y.id in (select clinic.my_centres())
                                                                order by y.id limit 1), 'UTC'))::date as "today!"
             from clinic.waitlist_entry e
             join clinic.patient p on p.id = (clinic.records_of(e.patient_id))[1]
             join clinic.account by on by.id = e.added_by
             left join clinic.provider v on v.id = e.provider_id
             left join clinic.account a on a.id = v.account_id
             left join clinic.department d on d.id = e.department_id
             left join clinic.centre x on x.id = e.centre_id
             left join clinic.visit_type t on t.code = e.visit_type
             left join offers o on o.entry_id = e.id
             left join lateral (select k.outcome, k.outcome_at as at from clinic.waitlist_call k
                                 where k.entry_id = e.id and k.outcome is not null order by k.outcome_at desc limit 1) last on true
            where case
                  when $1::uuid is not null then e.id = $1
                  when $2::uuid is not null then e.patient_id = any ((select clinic.records_of($2))::uuid[]) and e.status = 'waiting'
                  when $3::uuid is not null then
                      e.status = 'waiting'
                      and exists (select from clinic.provider f cross join clinic.centre g
                                   where f.id = $3 and g.id = $4
                                     and (e.provider_id = f.id or e.profession = f.profession
                                          and (e.department_id is null or e.department_id = f.department_id))
                                     and (e.centre_id is null or e.centre_id = g.id)
                                     and e.first_day <= ($6::timestamptz at time zone g.zone)::date
                                     and e.last_day >= ($5::timestamptz at time zone g.zone)::date
                                     and (f.profession <> 'specialist'
                                          or clinic.referral_exists(e.patient_id, f.id,
                                                 greatest(e.first_day, ($5::timestamptz at time zone g.zone)::date))))
                  when $7::boolean then e.status <> 'waiting' and e.changed_at > clinic.now() - interval '60 days'
                                        or e.status = 'waiting' and e.last_day between clinic.now()::date - 60 and clinic.now()::date
                  else e.status = 'waiting' and e.last_day >= clinic.now()::date - 1 end
            order by case e.priority when 'urgent' then 0 when 'soon' then 1 else 2 end, e.added_at, e.id limit 500"#,
        one,
        of,
        suits.map(|t| t.provider.0),
        suits.map(|t| t.centre.0),
        suits.map(|t| t.period.start),
        suits.map(|t| t.period.end),
        ended
    )
    .fetch_all(&mut *c)
    .await?;
    let owners: Vec<uuid::Uuid> = rows.iter().filter(|r| r.note.is_some()).map(|r| r.owner).collect();
    let keys = sealed::keys(c, owners).await?;
    let mut all = vec![];
    for r in rows {
        let text = keys.row("waitlist_entry", r.owner, r.id);
        let offer = r.offered_by.zip(r.offered_until).zip(r.mine);
        let status = WaitStatus::of(&r.status, offer.is_some(), r.last_day, r.today);
        // Between two days of different zones the list says what the entry's own centre says.
        if matches!(which, Which::List(ended) if ended == status.is_open()) {
            continue;
        }
        let blocked: Option<NaiveDate> = r.blocked_until.filter(|until| *until >= r.today);
        all.push(WaitEntry {
            id: r.id.into(),
            version: r.version,
            patient: r.patient.into(),
            patient_name: PersonName::new(r.family_name, r.given_name),
            record_number: r.record_number,
            born: r.birth_date,
            phone: r.phone,
            wish: Wish {
                provider: r.provider_id.map(Into::into),
                profession: r.profession,
                department: r.department_id.map(Into::into),
                centre: r.centre_id.map(Into::into),
                visit_type: r.visit_type,
                first: r.first_day,
                last: r.last_day,
                part: part_of(&r.part),
                weekdays: Weekdays(r.weekdays),
                priority: Priority::from_code(&r.priority),
            },
            provider_name: r.with_family.zip(r.with_given).map(|(f, g)| PersonName::new(f, g)),
            department_name: r.department,
            centre_name: r.centre,
            visit_type_name: r.visit_type_name,
            referred: r.referred,
            note: text.open("note", r.note.as_deref())?,
            added_by: r.added_by,
            added_at: r.added_at,
            status,
            unbookable: match (r.deactivated, blocked) {
                (true, _) => Some(refusal::why("patient_deactivated", &serde_json::Value::Null)),
                (_, Some(until)) => {
                    Some(refusal::why("patient_blocked", &serde_json::json!({ "until": until })))
                }
                _ => None,
            },
            appointment: r.appointment_id.map(Into::into),
            calls: r.calls,
            last_call: r.last_outcome.as_deref().and_then(CallOutcome::from_code).zip(r.last_at),
            offer: offer.map(|((by, until), mine)| OpenOffer { by, until, mine }),
        });
    }
    Ok(all)
}

/// The part of the day of this code.
fn part_of(code: &str) -> DayPart {
    match code {
        "morning" => DayPart::Morning,
        "afternoon" => DayPart::Afternoon,
        "evening" => DayPart::Evening,
        _ => DayPart::Any,
    }
}

/// The name of a part of the day in the database.
pub(super) fn part_code(part: DayPart) -> &'static str {
    match part {
        DayPart::Any => "any",
        DayPart::Morning => "morning",
        DayPart::Afternoon => "afternoon",
        DayPart::Evening => "evening",
    }
}

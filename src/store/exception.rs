//! Leave, holidays and extra days; the bookings under them, and where those could go.
use super::{Error, Event, Store, appointment::zone_of, plan_closes::closes};
use crate::domain::{
    actor::Actor,
    exception::{Clash, ExceptionEntry, ExceptionKind, NewException, Opening, PlanStep, propose},
    ids::{CentreId, ClinicSessionId, ExceptionId, ProviderId, RequestId},
    name::PersonName,
    time::Period,
};
use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;

/// Whose bookings are to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanOf {
    /// Those under a leave or a holiday.
    Exception(ExceptionId),
    /// Those of a session that shall go.
    Session(ClinicSessionId),
}

/// How many days after the first clash free times are looked for.
const REACH: i32 = 42;

impl Store {
    /// Exceptions that are not over before `from`, with how many live bookings lie under each; the whole organisation's. The
    /// reason of a leave is empty for whom it does not concern.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn exceptions(&self, actor: &Actor, from: DateTime<Utc>) -> Result<Vec<ExceptionEntry>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select e.id, e.version, e.kind, e.provider_id as "provider_id?", a.family_name as "family_name?", a.given_name as "given_name?",
                              e.centre_id as "centre_id?", coalesce(x.name, '') as "centre_name!", e.starts_at, e.ends_at,
                              coalesce(clinic.exception_reason(e.id), '') as "reason!",
                              coalesce(x.zone, (select y.zone from clinic.provider_centre pc join clinic.centre y on y.id = pc.centre_id
                                                 where pc.provider_id = e.provider_id order by y.name_key limit 1), 'UTC') as "zone!",
                              case when e.kind = 'extra' then 0 else
                                  (select count(*) from clinic.appointment b
                                    where b.status = 'booked' and b.kind <> 'emergency' and b.starts_at > clinic.now() and b.during && e.during
                                      and (e.kind = 'leave' and b.provider_id = e.provider_id and (e.centre_id is null or b.centre_id = e.centre_id)
                                           or e.kind = 'holiday' and b.centre_id = e.centre_id)) end::int as "clashes!"
                         from clinic.schedule_exception e
                         left join clinic.provider p on p.id = e.provider_id
                         left join clinic.account a on a.id = p.account_id
                         left join clinic.centre x on x.id = e.centre_id
                        where e.removed_at is null and e.ends_at > $1
                        order by e.starts_at, e.id"#,
                    from
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| ExceptionEntry {
                        id: r.id.into(),
                        version: r.version,
                        kind: ExceptionKind::from_code(&r.kind).unwrap_or(ExceptionKind::Leave),
                        provider: r.provider_id.map(Into::into),
                        provider_name: r.family_name.zip(r.given_name).map(|(f, g)| PersonName::new(f, g)),
                        centre: r.centre_id.map(Into::into),
                        centre_name: r.centre_name,
                        zone: zone_of(&r.zone),
                        period: Period { start: r.starts_at, end: r.ends_at },
                        reason: r.reason,
                        clashes: u32::try_from(r.clashes).unwrap_or(0),
                    })
                    .collect())
            })
        })
        .await
    }

    /// Enters a leave, a holiday or an extra day; an extra day brings its session.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is over, when the provider does not work there, or when an extra day is under a leave;
    /// [`Error::Overlap`] when the provider has a session at the time of an extra day.
    pub async fn add_exception(
        &self,
        actor: &Actor,
        request: RequestId,
        new: NewException,
    ) -> Result<ExceptionId, Error> {
        let event = Event::new("exception.add", "schedule_exception").id(new.id.0).facts(
            serde_json::json!({ "kind": new.kind.code(), "provider": new.provider, "centre": new.centre }),
        );
        let arguments = new.clone();
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let reason = new.reason.trim();
                sqlx::query!(
                    "insert into clinic.schedule_exception (id, kind, provider_id, centre_id, starts_at, ends_at, reason)
                     values ($1, $2, $3, $4, $5, $6, $7)",
                    new.id.0,
                    new.kind.code(),
                    new.provider.map(|p| p.0),
                    new.centre.map(|x| x.0),
                    new.period.start,
                    new.period.end,
                    (!reason.is_empty()).then_some(reason)
                )
                .execute(&mut *c)
                .await?;
                if let (ExceptionKind::Extra, Some(provider), Some(centre)) = (new.kind, new.provider, new.centre) {
                    sqlx::query!(
                        "insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at, slot_minutes, exception_id)
                         select $1, $2, x.id, ($4::timestamptz at time zone x.zone)::date, $4, $5, $6, $7
                           from clinic.centre x where x.id = $3",
                        ClinicSessionId::new().0,
                        provider.0,
                        centre.0,
                        new.period.start,
                        new.period.end,
                        i32::try_from(new.slot_minutes).unwrap_or(0),
                        new.id.0
                    )
                    .execute(c)
                    .await?;
                }
                Ok(new.id)
            })
        })
        .await
    }

    /// Takes an exception back: the slots of the sessions under it can be booked again. An extra day's session goes with it.
    ///
    /// # Errors
    /// [`Error::Refused`] with `session_removed_with_bookings` when an extra day is booked; [`Error::Stale`].
    pub async fn remove_exception(
        &self,
        actor: &Actor,
        request: RequestId,
        id: ExceptionId,
        seen: i64,
    ) -> Result<(), Error> {
        let event = Event::new("exception.remove", "schedule_exception").id(id.0);
        self.write(actor, request, event, &(id, seen), move |c| {
            Box::pin(async move {
                let gone = sqlx::query!(
                    "update clinic.schedule_exception set removed_at = clinic.now()
                      where id = $1 and version = $2 and removed_at is null",
                    id.0,
                    seen
                )
                .execute(&mut *c)
                .await?;
                if gone.rows_affected() == 0 {
                    return Err(super::stale::schedule_exception(c, id.0).await?);
                }
                sqlx::query!(
                    "update clinic.clinic_session set removed_at = clinic.now() where exception_id = $1 and removed_at is null",
                    id.0
                )
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Puts a leave or a holiday back that was taken back; bookings made meanwhile are its clashes then.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is over, or an extra day; [`Error::Stale`].
    pub async fn restore_exception(
        &self,
        actor: &Actor,
        request: RequestId,
        id: ExceptionId,
    ) -> Result<(), Error> {
        let event = Event::new("exception.add", "schedule_exception").id(id.0);
        let event = event.facts(serde_json::json!({ "restored": true }));
        self.write(actor, request, event, &id, move |c| Box::pin(put_back(c, id))).await
    }

    /// The bookings that cannot stay, in the order of time, each with the nearest free time that fits.
    ///
    /// `opened` says that a person opened the view: that is logged, a refresh is not.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn rebook_plan(&self, actor: &Actor, of: PlanOf, opened: bool) -> Result<Vec<PlanStep>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let clashes = clashes(c, of).await?;
                if opened {
                    let facts = serde_json::json!({ "rows": clashes.len() });
                    let event = match of {
                        PlanOf::Exception(id) => {
                            Event::new("appointment.open", "schedule_exception").id(id.0)
                        }
                        PlanOf::Session(id) => Event::new("session.open-panel", "clinic_session").id(id.0),
                    };
                    event.facts(facts).record(&mut *c).await?;
                }
                let Some(first) = clashes.first() else { return Ok(vec![]) };
                let from = first.period.start - Duration::days(1);
                let free = openings(c, &clashes, of, from).await?;
                let patients: Vec<uuid::Uuid> = clashes.iter().map(|x| x.patient.0).collect();
                let moving: Vec<uuid::Uuid> = clashes.iter().map(|x| x.appointment.0).collect();
                let elsewhere = sqlx::query!(
                    "select patient_id, starts_at, ends_at from clinic.appointment
                      where patient_id = any ($1) and not (id = any ($2)) and kind = 'slot' and starts_at > $3
                        and status in ('booked', 'arrived', 'in_progress')",
                    &patients,
                    &moving,
                    from
                )
                .fetch_all(&mut *c)
                .await?;
                let elsewhere: Vec<_> = elsewhere
                    .into_iter()
                    .map(|r| (r.patient_id.into(), Period { start: r.starts_at, end: r.ends_at }))
                    .collect();
                let mut steps = propose(&clashes, &free, &elsewhere);
                closes(c, &mut steps).await?;
                Ok(steps)
            })
        })
        .await
    }
}

/// Takes an exception back inside a transaction; false when somebody has done it already.
pub(super) async fn lift(c: &mut PgConnection, id: ExceptionId) -> Result<bool, Error> {
    let gone = sqlx::query!(
        "update clinic.schedule_exception set removed_at = clinic.now() where id = $1 and removed_at is null",
        id.0
    )
    .execute(c)
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Puts it back inside a transaction.
pub(super) async fn put_back(c: &mut PgConnection, id: ExceptionId) -> Result<(), Error> {
    let back = sqlx::query!(
        "update clinic.schedule_exception set removed_at = null where id = $1 and removed_at is not null",
        id.0
    )
    .execute(&mut *c)
    .await?;
    if back.rows_affected() == 0 {
        return Err(super::stale::schedule_exception(c, id.0).await?);
    }
    Ok(())
}

/// Live bookings under an exception, or of a session, that have not begun.
async fn clashes(c: &mut PgConnection, of: PlanOf) -> Result<Vec<Clash>, Error> {
    let (exception, session) = match of {
        PlanOf::Exception(id) => (Some(id.0), None),
        PlanOf::Session(id) => (None, Some(id.0)),
    };
    let rows = sqlx::query!(
        r#"select b.id, b.version, b.patient_id, p.family_name, p.given_name, coalesce(p.phone, '') as "phone!", b.provider_id,
                  v.family_name as provider_family, v.given_name as provider_given, pr.profession, b.centre_id,
                  x.name as centre_name, x.zone, b.starts_at, b.ends_at, upper(b.occupied) as "busy_until!"
             from clinic.appointment b
             join clinic.patient p on p.id = b.patient_id
             join clinic.provider pr on pr.id = b.provider_id
             join clinic.account v on v.id = pr.account_id
             join clinic.centre x on x.id = b.centre_id
            where b.status = 'booked' and b.kind <> 'emergency' and b.starts_at > clinic.now()
              and (b.clinic_session_id = $2
                   or exists (select from clinic.schedule_exception e
                               where e.id = $1 and e.kind <> 'extra' and e.removed_at is null and b.during && e.during
                                 and (e.kind = 'leave' and b.provider_id = e.provider_id and (e.centre_id is null or b.centre_id = e.centre_id)
                                      or e.kind = 'holiday' and b.centre_id = e.centre_id)))
            order by b.starts_at, p.family_name, b.id limit 500"#,
        exception,
        session
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Clash {
            appointment: r.id.into(),
            version: r.version,
            patient: r.patient_id.into(),
            patient_name: PersonName::new(r.family_name, r.given_name),
            phone: r.phone,
            provider: r.provider_id.into(),
            provider_name: PersonName::new(r.provider_family, r.provider_given),
            profession: r.profession,
            centre: r.centre_id.into(),
            centre_name: r.centre_name,
            zone: zone_of(&r.zone),
            period: Period { start: r.starts_at, end: r.ends_at },
            busy: Period { start: r.starts_at, end: r.busy_until },
        })
        .collect())
}

/// Free slots of the providers concerned and of their colleagues at those centres, where the person may move somebody to.
async fn openings(
    c: &mut PgConnection,
    clashes: &[Clash],
    of: PlanOf,
    from: DateTime<Utc>,
) -> Result<Vec<Opening>, Error> {
    let ids = |f: fn(&Clash) -> uuid::Uuid| {
        let mut all: Vec<_> = clashes.iter().map(f).collect();
        all.sort();
        all.dedup();
        all
    };
    let (providers, centres) = (ids(|x| x.provider.0), ids(|x| x.centre.0));
    let mut professions: Vec<String> = clashes.iter().map(|x| x.profession.clone()).collect();
    professions.sort();
    professions.dedup();
    let last = clashes.last().map_or(from, |x| x.period.end);
    let except = match of {
        PlanOf::Session(id) => Some(id.0),
        PlanOf::Exception(_) => None,
    };
    let rows = sqlx::query!(
        r#"select s.id, s.provider_id, v.family_name, v.given_name, pr.profession, s.centre_id, x.name as centre_name, x.zone,
                  g.starts_at as "starts_at!", g.ends_at as "ends_at!", s.ends_at as until
             from clinic.session_slots(array(
                      select y.id from clinic.clinic_session y
                        join clinic.provider q on q.id = y.provider_id
                        join clinic.account w on w.id = q.account_id
                        join clinic.centre z on z.id = y.centre_id
                       where y.removed_at is null and y.ends_at > $4 and y.starts_at < $5::timestamptz + make_interval(days => $6)
                         and z.retired_at is null and z.id in (select clinic.centres_for('appointment.move'))
                         and w.deactivated_at is null and y.id is distinct from $7
                         and (y.provider_id = any ($1) or y.centre_id = any ($2) and q.profession = any ($3)))) g
             join clinic.clinic_session s on s.id = g.clinic_session_id
             join clinic.provider pr on pr.id = s.provider_id
             join clinic.account v on v.id = pr.account_id
             join clinic.centre x on x.id = s.centre_id
            where g.state = 'free'
            order by g.starts_at, v.family_name, v.given_name, s.id limit 20000"#,
        &providers,
        &centres,
        &professions,
        from,
        last,
        REACH,
        except
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Opening {
            session: r.id.into(),
            provider: ProviderId(r.provider_id),
            provider_name: PersonName::new(r.family_name, r.given_name),
            profession: r.profession,
            centre: CentreId(r.centre_id),
            centre_name: r.centre_name,
            zone: zone_of(&r.zone),
            period: Period { start: r.starts_at, end: r.ends_at },
            until: r.until,
        })
        .collect())
}

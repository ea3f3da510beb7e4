//! The status of appointments and its undoing. The rules are the database's (`clinic.appointment_rules`).
use super::{Error, Event, Store, refusal, sealed};
use crate::domain::{
    actor::Actor,
    appointment::{AppointmentKind, AppointmentStatus},
    booking::Booked,
    ids::{AppointmentId, CentreId, PatientId, ProviderId, RequestId},
    name::PersonName,
    time::Period,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// One change of an appointment, kept for ever.
#[derive(Debug, Clone, PartialEq)]
pub struct AppointmentStep {
    pub at: DateTime<Utc>,
    pub by: String,
    pub from: Option<AppointmentStatus>,
    pub to: AppointmentStatus,
    /// Set when it was moved.
    pub moved_from: Option<DateTime<Utc>>,
    pub why: String,
}

impl Store {
    /// Moves an appointment to another status, with the reason where one is needed. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it since `seen`; [`Error::Refused`] when the edge is not allowed.
    pub async fn set_status(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
        status: &'static str,
        why: &str,
    ) -> Result<i64, Error> {
        let event = Event::new("appointment.set-status", "appointment")
            .id(appointment.0)
            .facts(serde_json::json!({ "to": status }));
        let why = why.to_owned();
        self.write(actor, request, event, &(appointment, seen, status), move |c| {
            Box::pin(async move { set_status(c, appointment, seen, status, &why).await })
        })
        .await
    }

    /// Cancels, with a reason that is kept. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Refused`] without a reason or from a status that cannot be cancelled; [`Error::Stale`].
    pub async fn cancel_appointment(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
        why: &str,
    ) -> Result<i64, Error> {
        self.set_status(actor, request, appointment, seen, "cancelled", why.trim()).await
    }

    /// Books a cancelled appointment again at its old time, while that is in the future and still free.
    ///
    /// # Errors
    /// [`Error::Overlap`] when the time was given away; [`Error::Refused`] when it has passed; [`Error::Stale`].
    pub async fn restore_appointment(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
    ) -> Result<i64, Error> {
        let event = Event::new("appointment.restore", "appointment").id(appointment.0);
        self.write(actor, request, event, &(appointment, seen), move |c| {
            Box::pin(async move { restore(c, appointment, seen).await })
        })
        .await
    }

    /// One appointment with everything a confirmation says, and its steps so far.
    ///
    /// # Errors
    /// [`Error::NotFound`], and those of the line to the server.
    pub async fn appointment(
        &self,
        actor: &Actor,
        appointment: AppointmentId,
        opened: bool,
    ) -> Result<(Booked, Vec<AppointmentStep>), Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let found = booked(c, appointment).await?;
                let steps = sqlx::query!(
                    r#"select e.at, e.from_status, e.to_status, w.why as "why?",
                              coalesce(a.given_name || ' ' || a.family_name, '') as "by!",
                              case when e.from_starts_at <> e.to_starts_at then e.from_starts_at end as moved_from
                         from clinic.appointment_event e left join clinic.account a on a.id = e.account_id
                         left join clinic.step_texts($1) w on w.id = e.id
                        where e.appointment_id = $1 order by e.at, e.id"#,
                    appointment.0
                )
                .fetch_all(&mut *c)
                .await?;
                if opened {
                    let event = Event::new("appointment.open", "appointment").id(appointment.0);
                    event.patient(found.patient).record(&mut *c).await?;
                }
                // A step keeps the very bytes of the appointment's reason at that moment.
                let keys = sealed::keys(c, [found.patient.0]).await?;
                let text = keys.row("appointment", found.patient.0, appointment);
                let steps = steps
                    .into_iter()
                    .map(|s| {
                        Ok(AppointmentStep {
                            at: s.at,
                            by: s.by,
                            from: s.from_status.as_deref().map(status_of).transpose()?,
                            to: status_of(&s.to_status)?,
                            moved_from: s.moved_from,
                            why: text.open("status_why", s.why.as_deref())?,
                        })
                    })
                    .collect::<Result<_, Error>>()?;
                Ok((found, steps))
            })
        })
        .await
    }
}

/// Changes the status inside a transaction; returns the new version.
pub(super) async fn set_status(
    c: &mut PgConnection,
    appointment: AppointmentId,
    seen: i64,
    status: &str,
    why: &str,
) -> Result<i64, Error> {
    let why = if why.is_empty() {
        None
    } else {
        let patient =
            sqlx::query_scalar!("select patient_id from clinic.appointment where id = $1", appointment.0)
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
        let keys = sealed::keys_to_write(&mut *c, patient).await?;
        keys.row("appointment", patient, appointment).seal("status_why", why)?
    };
    let version = sqlx::query_scalar!(
        "update clinic.appointment set status = $3, status_why = $4 where id = $1 and version = $2 returning version",
        appointment.0,
        seen,
        status,
        why
    )
    .fetch_optional(&mut *c)
    .await?;
    match version {
        Some(v) => Ok(v),
        None => Err(stale(c, appointment).await?),
    }
}

/// Books a cancelled appointment again inside a transaction; returns the new version.
pub(super) async fn restore(
    c: &mut PgConnection,
    appointment: AppointmentId,
    seen: i64,
) -> Result<i64, Error> {
    let now = booked(c, appointment).await?;
    if now.version != seen {
        return Err(stale(c, appointment).await?);
    }
    if now.status != AppointmentStatus::Cancelled {
        let facts = serde_json::json!({ "from": now.status.code(), "to": "booked" });
        return Err(Error::Refused(refusal::why("appointment_edge", &facts)));
    }
    lock_days(c, &now, None).await?;
    if now.kind == AppointmentKind::Slot
        && let Some(taken) =
            overlap(c, now.patient, now.provider, now.period, now.zone, None, now.visit_type.as_deref())
                .await?
    {
        return Err(taken);
    }
    let version = sqlx::query_scalar!(
        "update clinic.appointment set status = 'booked' where id = $1 and version = $2 returning version",
        appointment.0,
        seen
    )
    .fetch_optional(&mut *c)
    .await?;
    match version {
        Some(v) => Ok(v),
        None => Err(stale(c, appointment).await?),
    }
}

/// What is written about an appointment, still sealed.
#[derive(Default)]
pub(super) struct Texts {
    pub reason: Option<Vec<u8>>,
    pub status_why: Option<Vec<u8>>,
}

/// The texts of these appointments that the speaker may read: who sees fewer fields gets none.
pub(super) async fn texts(c: &mut PgConnection, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Texts>, Error> {
    let rows =
        sqlx::query!(r#"select id as "id!", reason, status_why from clinic.appointment_texts($1)"#, &ids)
            .fetch_all(c)
            .await?;
    Ok(rows.into_iter().map(|r| (r.id, Texts { reason: r.reason, status_why: r.status_why })).collect())
}

/// Who changed the appointment since it was read, or that it is gone.
pub(super) async fn stale(c: &mut PgConnection, appointment: AppointmentId) -> Result<Error, Error> {
    let row = sqlx::query!(
        r#"select x.changed_at as "changed_at!", coalesce(a.given_name || ' ' || a.family_name, 'Somebody') as "by!"
           from clinic.appointment x left join clinic.account a on a.id = x.changed_by where x.id = $1"#,
        appointment.0
    )
    .fetch_optional(c)
    .await?;
    Ok(row.map_or(Error::NotFound, |r| Error::Stale { by: r.by, at: r.changed_at }))
}

/// The appointment as it is now.
pub(super) async fn booked(c: &mut PgConnection, appointment: AppointmentId) -> Result<Booked, Error> {
    let r = sqlx::query!(
        r#"select a.id, a.version, a.patient_id, p.family_name, p.given_name, p.record_number, a.provider_id,
                  v.family_name as provider_family, v.given_name as provider_given, pr.profession, a.centre_id,
                  c.name as centre_name, c.zone, a.clinic_session_id, a.starts_at, a.ends_at, a.kind, a.status,
                  x.reason as "reason?", a.visit_type, a.room
             from clinic.appointment a
             left join clinic.appointment_texts(array[$1::uuid]) x on x.id = a.id
             join clinic.patient p on p.id = a.patient_id
             join clinic.provider pr on pr.id = a.provider_id
             join clinic.account v on v.id = pr.account_id
             join clinic.centre c on c.id = a.centre_id
            where a.id = $1"#,
        appointment.0
    )
    .fetch_optional(&mut *c)
    .await?
    .ok_or(Error::NotFound)?;
    let owners = r.reason.is_some().then_some(r.patient_id);
    let keys = sealed::keys(c, owners).await?;
    let text = keys.row("appointment", r.patient_id, r.id);
    Ok(Booked {
        id: r.id.into(),
        version: r.version,
        patient: r.patient_id.into(),
        patient_name: PersonName::new(r.family_name, r.given_name),
        record_number: r.record_number,
        provider: r.provider_id.into(),
        provider_name: PersonName::new(r.provider_family, r.provider_given),
        profession: r.profession,
        centre: r.centre_id.into(),
        centre_name: r.centre_name,
        zone: zone_of(&r.zone),
        session: r.clinic_session_id.map(Into::into),
        period: Period { start: r.starts_at, end: r.ends_at },
        kind: kind_of(&r.kind)?,
        status: status_of(&r.status)?,
        visit_type: r.visit_type,
        room: r.room,
        reason: text.open("reason", r.reason.as_deref())?,
        met: vec![],
    })
}

/// Locks a provider's day, or two, and the patient, always in the same order: moves that cross never wait in a circle.
pub(super) async fn lock_days(
    c: &mut PgConnection,
    now: &Booked,
    other: Option<(ProviderId, DateTime<Utc>, Tz)>,
) -> Result<(), Error> {
    let mut keys = keys_of(now);
    if let Some((provider, at, zone)) = other {
        keys.push(day_key(provider, at, zone));
    }
    lock_in_order(c, keys).await
}

/// The name under which a provider's day is locked.
pub(super) fn day_key(provider: ProviderId, at: DateTime<Utc>, zone: Tz) -> String {
    format!("provider {provider} {}", at.with_timezone(&zone).date_naive())
}

/// The name under which a patient's times are locked.
pub(super) fn patient_key(patient: PatientId) -> String {
    format!("patient {patient}")
}

/// What a change of this appointment locks.
pub(super) fn keys_of(now: &Booked) -> Vec<String> {
    vec![day_key(now.provider, now.period.start, now.zone), patient_key(now.patient)]
}

/// Locks by name until the transaction ends, in one order for everybody. Who queues for a provider's day waits longer than
/// other locks allow: the line is short, and being turned away would be worse.
pub(super) async fn lock_in_order(c: &mut PgConnection, mut keys: Vec<String>) -> Result<(), Error> {
    keys.sort();
    keys.dedup();
    sqlx::query!("select set_config('lock_timeout', '4500', true)").fetch_one(&mut *c).await?;
    for key in keys {
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", key).execute(&mut *c).await?;
    }
    Ok(())
}

/// The zone of a centre.
pub(super) async fn zone_of_centre(c: &mut PgConnection, centre: CentreId) -> Result<Tz, Error> {
    let zone = sqlx::query_scalar!("select zone from clinic.centre where id = $1", centre.0)
        .fetch_optional(c)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(zone_of(&zone))
}

/// Who has that time, as a refusal; `None`: it is free. `except` does not count; a visit of `visit_type` keeps the provider for
/// its buffer too.
pub(super) async fn overlap(
    c: &mut PgConnection,
    patient: PatientId,
    provider: ProviderId,
    period: Period,
    zone: Tz,
    except: Option<AppointmentId>,
    visit_type: Option<&str>,
) -> Result<Option<Error>, Error> {
    let rows = sqlx::query!(
        r#"select o.side as "side!", o.starts_at as "starts_at!", o.provider_name as "provider_name!", o.centre_name as "centre_name!",
                  t.at as "at?", t.who as "who?"
             from clinic.overlap_facts($1, $2, $3, $4, $6) o left join lateral clinic.taken_by(o.appointment_id) t on true
            where o.appointment_id is distinct from $5"#,
        patient.0,
        provider.0,
        period.start,
        period.end,
        except.map(|a| a.0),
        visit_type
    )
    .fetch_all(c)
    .await?;
    Ok(rows.into_iter().next().map(|r| {
        let rule =
            if r.side == "patient" { "appointment_patient_overlap" } else { "appointment_provider_overlap" };
        let facts = serde_json::json!({
            "time": r.starts_at.with_timezone(&zone).format("%H:%M").to_string(),
            "with": r.provider_name,
            "centre": r.centre_name,
            "at": r.at.map(|at| at.with_timezone(&zone).format("%H:%M").to_string()),
            "who": r.who,
        });
        Error::Overlap(refusal::why(rule, &facts))
    }))
}

pub(super) fn status_of(code: &str) -> Result<AppointmentStatus, Error> {
    AppointmentStatus::from_code(code)
        .ok_or_else(|| Error::bug("an unknown status", std::io::Error::other(code.to_owned())))
}

pub(super) fn kind_of(code: &str) -> Result<AppointmentKind, Error> {
    AppointmentKind::from_code(code)
        .ok_or_else(|| Error::bug("an unknown kind", std::io::Error::other(code.to_owned())))
}

/// The zone of that name; UTC where the machine does not know it.
pub(super) fn zone_of(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

//! Two records of one person: looked at side by side, merged by a link, separated again. Nothing is rewritten, so a record
//! that is separated is what it was. What a person has is read over all their records (`clinic.records_of`).
use super::{
    Error, Event, Store,
    appointment::{booked, lock_days, stale, zone_of},
    booking,
    patient_link::{Merged, links},
    patient_profile, sealed,
};
use crate::{
    domain::{
        actor::Actor,
        appointment::{AppointmentKind, AppointmentStatus},
        booking::{Booked, NewAppointment},
        ids::{AppointmentId, PatientId, RequestId},
        patient::{Identity, Leads, record_number},
    },
    tr,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// Two records that are to be one person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// Made by the screen when it opens.
    pub id: Uuid,
    /// The record that leads to the other from now on.
    pub merged: PatientId,
    pub survivor: PatientId,
    /// How it is known that they are one person.
    pub reason: String,
}

/// How much there is in a record; what it says is for its readers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeCounts {
    pub appointments: i32,
    /// Booked and not over yet.
    pub to_come: i32,
    /// Arrived, or being seen.
    pub waiting: i32,
    pub no_shows: i32,
    pub visits: i32,
    pub unsigned: i32,
    pub last_visit: Option<NaiveDate>,
    pub allergies: i32,
    /// Entries of the other lists.
    pub entries: i32,
    pub results: i32,
    pub alerts: usize,
    /// The patient signs in to it.
    pub signs_in: bool,
}

/// One of two records that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeSide {
    pub id: PatientId,
    pub record_number: i32,
    pub identity: Identity,
    pub deactivated: bool,
    pub blocked_until: Option<NaiveDate>,
    pub merged_into: Option<Leads>,
    pub merged: Vec<Merged>,
    pub counts: MergeCounts,
}

impl Store {
    /// Two records side by side. `opened` says that a person opened the comparison: that is logged as opening both.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Refused`] for roles that do not merge.
    pub async fn compare_patients(
        &self,
        actor: &Actor,
        both: [PatientId; 2],
        opened: bool,
    ) -> Result<[MergeSide; 2], Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let sides = [side(c, both[0]).await?, side(c, both[1]).await?];
                if opened {
                    for id in both {
                        Event::new("patient.open", "patient").id(id.0).patient(id).record(&mut *c).await?;
                    }
                }
                Ok(sides)
            })
        })
        .await
    }

    /// Links a record to the one that goes on.
    ///
    /// # Errors
    /// [`Error::Refused`] by the rules of merging: with itself, in chains, erased, with a visit that is not signed.
    pub async fn merge_patients(&self, actor: &Actor, request: RequestId, merge: Merge) -> Result<(), Error> {
        let event = Event::new("patient.merge", "patient_link")
            .id(merge.id)
            .patient(merge.merged)
            .facts(serde_json::json!({ "into": merge.survivor }));
        let arguments = merge.clone();
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, merge.merged.0).await?;
                let text = keys.row("patient_link", merge.merged.0, merge.id);
                let reason = text.seal("reason", merge.reason.trim())?;
                sqlx::query!(
                    "select clinic.merge_patients($1, $2, $3, $4)",
                    merge.id,
                    merge.merged.0,
                    merge.survivor.0,
                    reason
                )
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes a merging back: both records are what they were. Answers with the one that went on.
    ///
    /// # Errors
    /// [`Error::Refused`] when the record is not merged.
    pub async fn unmerge_patient(
        &self,
        actor: &Actor,
        request: RequestId,
        merged: PatientId,
    ) -> Result<PatientId, Error> {
        let event = Event::new("patient.unmerge", "patient").id(merged.0).patient(merged);
        self.write(actor, request, event, &merged, move |c| {
            Box::pin(async move {
                let survivor = sqlx::query_scalar!(r#"select clinic.unmerge_patient($1) as "id!""#, merged.0)
                    .fetch_one(c)
                    .await?;
                Ok(survivor.into())
            })
        })
        .await
    }

    /// Takes an appointment of a merged record over into the one that goes on: the old one is cancelled and says so, the new
    /// one has its time, provider and reason. Who has arrived has arrived; what has begun already becomes a walk-in.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it since `seen`; [`Error::Refused`] when its record is not merged, or by the
    /// rules of booking.
    pub async fn take_over_appointment(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
        id: AppointmentId,
    ) -> Result<Booked, Error> {
        let event = Event::new("appointment.book", "appointment")
            .id(id.0)
            .facts(serde_json::json!({ "takes_over": appointment }));
        self.write(actor, request, event, &(appointment, seen, id), move |c| {
            Box::pin(async move { take_over(c, appointment, seen, id).await })
        })
        .await
    }
}

async fn side(c: &mut PgConnection, patient: PatientId) -> Result<MergeSide, Error> {
    let p = patient_profile::identity(&mut *c, patient).await?;
    let (merged_into, merged) = links(&mut *c, patient).await?;
    let n = sqlx::query!(
        r#"select m.appointments as "appointments!", m.to_come as "to_come!", m.waiting as "waiting!", m.no_shows as "no_shows!",
                  m.visits as "visits!", m.unsigned as "unsigned!", m.last_visit, m.allergies as "allergies!",
                  m.entries as "entries!", m.results as "results!", m.signs_in as "signs_in!",
                  (select count(*) from clinic.patient_alert l where l.patient_id = $1 and l.struck_at is null) as "alerts!"
             from clinic.merge_counts($1) m"#,
        patient.0
    )
    .fetch_one(c)
    .await?;
    Ok(MergeSide {
        id: patient,
        record_number: p.record_number,
        identity: p.identity,
        deactivated: p.deactivated,
        blocked_until: p.blocked_until,
        merged_into,
        merged,
        counts: MergeCounts {
            appointments: n.appointments,
            to_come: n.to_come,
            waiting: n.waiting,
            no_shows: n.no_shows,
            visits: n.visits,
            unsigned: n.unsigned,
            last_visit: n.last_visit,
            allergies: n.allergies,
            entries: n.entries,
            results: n.results,
            alerts: usize::try_from(n.alerts).unwrap_or(usize::MAX),
            signs_in: n.signs_in,
        },
    })
}

async fn take_over(
    c: &mut PgConnection,
    appointment: AppointmentId,
    seen: i64,
    id: AppointmentId,
) -> Result<Booked, Error> {
    // Asked again after its answer was lost: it is there.
    if let Ok(there) = booked(&mut *c, id).await {
        return Ok(there);
    }
    let old = sqlx::query!(
        r#"select a.patient_id, a.provider_id, a.centre_id, a.clinic_session_id, a.kind, a.visit_type, a.status, a.starts_at, a.ends_at, x.reason as "reason?",
                  a.version, l.survivor_id, s.record_number, c.zone, a.starts_at < clinic.now() as "begun!"
             from clinic.appointment a
             left join clinic.appointment_texts(array[$1::uuid]) x on x.id = a.id
             join clinic.centre c on c.id = a.centre_id
             join clinic.patient_link l on l.patient_id = a.patient_id and l.undone_at is null
             join clinic.patient s on s.id = l.survivor_id
            where a.id = $1"#,
        appointment.0
    )
    .fetch_optional(&mut *c)
    .await?
    .ok_or_else(|| Error::refused(super::refusal::why("unmerge_not_merged", &serde_json::Value::Null)))?;
    if old.version != seen {
        return Err(stale(c, appointment).await?);
    }
    let now = booked(&mut *c, appointment).await?;
    lock_days(&mut *c, &now, Some((old.provider_id.into(), old.starts_at, zone_of(&old.zone)))).await?;
    let keys = sealed::keys_to_write(&mut *c, old.patient_id).await?;
    let text = keys.row("appointment", old.patient_id, appointment);
    let reason = text.open("reason", old.reason.as_deref())?;
    let why = tr!("taken over into {number}", number = record_number(old.record_number));
    let cancelled = sqlx::query_scalar!(
        "update clinic.appointment set status = 'cancelled', status_why = $3 where id = $1 and version = $2 returning id",
        appointment.0,
        seen,
        text.seal("status_why", &why)?
    )
    .fetch_optional(&mut *c)
    .await?;
    if cancelled.is_none() {
        return Err(stale(c, appointment).await?);
    }
    let kind = super::appointment::kind_of(&old.kind)?;
    let new = NewAppointment {
        id,
        patient: old.survivor_id.into(),
        provider: old.provider_id.into(),
        centre: old.centre_id.into(),
        session: old.clinic_session_id.map(Into::into),
        period: crate::domain::time::Period { start: old.starts_at, end: old.ends_at },
        kind: if old.begun { AppointmentKind::WalkIn } else { kind },
        visit_type: old.visit_type,
        reason,
        arrived: false,
    };
    let made = booking::insert(&mut *c, &new).await?;
    if super::appointment::status_of(&old.status)? != AppointmentStatus::Arrived {
        return Ok(made);
    }
    sqlx::query!("update clinic.appointment set status = 'arrived' where id = $1", id.0)
        .execute(&mut *c)
        .await?;
    booked(c, id).await
}

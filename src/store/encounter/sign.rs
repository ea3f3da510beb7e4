//! How a visit ends: signed and frozen, paused and resumed, or voided because it was started by mistake.
use super::{draft, refused, unchanged};
use crate::{
    domain::{
        actor::Actor,
        ids::{AppointmentId, EncounterId, RequestId},
    },
    store::{Error, Event, Store, sealed},
};
use sqlx::PgConnection;

impl Store {
    /// Signs the visit, completes its appointment and closes its drafts: nothing in it changes afterwards.
    ///
    /// # Errors
    /// [`Error::Refused`] with `sign_needs_complaint` or `sign_needs_diagnosis` when something is missing,
    /// [`Error::Stale`] when it was saved elsewhere since `seen`.
    pub async fn sign_visit(
        &self,
        actor: &Actor,
        request: RequestId,
        encounter: EncounterId,
        seen: i64,
    ) -> Result<i64, Error> {
        let event = Event::new("visit.sign", "encounter").id(encounter.0);
        self.write(actor, request, event, &encounter, move |c| {
            Box::pin(async move {
                let row = sqlx::query!(
                    "update clinic.encounter set state = 'signed' where id = $1 and version = $2 returning version, appointment_id",
                    encounter.0,
                    seen
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(row) = row else { return Err(unchanged(c, encounter).await?) };
                end_appointment(&mut *c, row.appointment_id.map(Into::into), "completed", None).await?;
                draft::close_all(c, encounter.0).await?;
                Ok(row.version)
            })
        })
        .await
    }

    /// Leaves the visit open for later; the appointment stays in progress.
    ///
    /// # Errors
    /// [`Error::Stale`] and [`Error::Refused`] as for saving.
    pub async fn pause_visit(
        &self,
        actor: &Actor,
        request: RequestId,
        encounter: EncounterId,
        seen: i64,
    ) -> Result<i64, Error> {
        self.set_visit_state(
            actor,
            request,
            Event::new("visit.pause", "encounter"),
            encounter,
            seen,
            "paused",
        )
        .await
    }

    /// Goes on with a paused visit.
    ///
    /// # Errors
    /// [`Error::Stale`] and [`Error::Refused`] as for saving.
    pub async fn resume_visit(
        &self,
        actor: &Actor,
        request: RequestId,
        encounter: EncounterId,
        seen: i64,
    ) -> Result<i64, Error> {
        self.set_visit_state(actor, request, Event::new("visit.resume", "encounter"), encounter, seen, "open")
            .await
    }

    async fn set_visit_state(
        &self,
        actor: &Actor,
        request: RequestId,
        event: Event,
        encounter: EncounterId,
        seen: i64,
        state: &'static str,
    ) -> Result<i64, Error> {
        self.write(actor, request, event.id(encounter.0), &(encounter, state), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.encounter set state = $3 where id = $1 and version = $2 returning version",
                    encounter.0,
                    seen,
                    state
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(unchanged(c, encounter).await?),
                }
            })
        })
        .await
    }

    /// Takes back a visit that was started by mistake, with the reason. The appointment is voided too, or, when
    /// `still_waiting`, the patient is back among those who wait.
    ///
    /// # Errors
    /// [`Error::Refused`] with `void_needs_reason` without one; [`Error::Stale`] as for saving.
    pub async fn void_visit(
        &self,
        actor: &Actor,
        request: RequestId,
        encounter: EncounterId,
        seen: i64,
        why: &str,
        still_waiting: bool,
    ) -> Result<i64, Error> {
        let event = Event::new("visit.void", "encounter").id(encounter.0);
        let why = why.trim().to_owned();
        self.write(actor, request, event, &(encounter, why.clone(), still_waiting), move |c| {
            Box::pin(async move {
                let (keys, patient) = sealed::keys_of_visit(&mut *c, encounter).await?;
                let sealed_why = keys.row("encounter", patient, encounter).seal("void_why", &why)?;
                let row = sqlx::query!(
                    "update clinic.encounter set state = 'voided', void_why = $3
                      where id = $1 and version = $2 returning version, appointment_id",
                    encounter.0,
                    seen,
                    sealed_why
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(row) = row else { return Err(unchanged(c, encounter).await?) };
                let (status, why) = match row.appointment_id {
                    Some(id) if !still_waiting => {
                        ("voided", keys.row("appointment", patient, id).seal("status_why", &why)?)
                    }
                    _ => (if still_waiting { "arrived" } else { "voided" }, None),
                };
                end_appointment(&mut *c, row.appointment_id.map(Into::into), status, why).await?;
                draft::close_all(c, encounter.0).await?;
                Ok(row.version)
            })
        })
        .await
    }
}

/// Moves the visit's appointment on in the same transaction.
async fn end_appointment(
    c: &mut PgConnection,
    appointment: Option<AppointmentId>,
    status: &str,
    why: Option<Vec<u8>>,
) -> Result<(), Error> {
    let Some(appointment) = appointment else { return Ok(()) };
    let done = sqlx::query!(
        "update clinic.appointment set status = $2, status_why = $3 where id = $1 and status = 'in_progress'",
        appointment.0,
        status,
        why
    )
    .execute(c)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(refused("visit_without_appointment")) }
}

//! Alerts: sentences that stand on a patient's banner until somebody strikes them. Struck ones are kept.
use super::{Error, Event, Store, sealed};
use crate::domain::{
    actor::Actor,
    ids::{PatientId, RequestId},
};
use uuid::Uuid;

impl Store {
    /// Adds an alert under an id the form made.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::Refused`].
    pub async fn add_alert(
        &self,
        actor: &Actor,
        request: RequestId,
        id: Uuid,
        patient: PatientId,
        text: String,
    ) -> Result<Uuid, Error> {
        let event = Event::new("alert.add", "patient_alert").id(id).patient(patient);
        let arguments = (id, patient, text.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, patient.0).await?;
                let text = keys.row("patient_alert", patient.0, id).seal_required("text", text.trim())?;
                sqlx::query!(
                    "insert into clinic.patient_alert (id, patient_id, text, author, created_at)
                     values ($1, $2, $3, auth.actor(), clinic.now())",
                    id,
                    patient.0,
                    text
                )
                .execute(c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Strikes an alert, or (`struck` false) puts it back.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there, or was struck already.
    pub async fn strike_alert(
        &self,
        actor: &Actor,
        request: RequestId,
        id: Uuid,
        patient: PatientId,
        struck: bool,
    ) -> Result<(), Error> {
        let action = if struck { "alert.strike" } else { "alert.restore" };
        let event = Event::new(action, "patient_alert").id(id).patient(patient);
        self.write(actor, request, event, &(id, struck), move |c| {
            Box::pin(async move {
                let done = sqlx::query!(
                    "update clinic.patient_alert set struck_at = case when $3 then clinic.now() end
                      where id = $1 and patient_id = $2 and (struck_at is null) = $3",
                    id,
                    patient.0,
                    struck
                )
                .execute(c)
                .await?;
                if done.rows_affected() == 1 { Ok(()) } else { Err(Error::NotFound) }
            })
        })
        .await
    }
}

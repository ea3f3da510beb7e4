//! Marking what one wrote oneself as entered in error: it is kept and shown so, before and after the visit is signed.
use super::{Error, Event, Store, refusal};
use crate::domain::{
    actor::Actor,
    ids::{PatientId, RequestId},
    record::VisitRow,
};
use uuid::Uuid;

macro_rules! strike {
    ($c:expr, $table:literal, $id:expr) => {
        sqlx::query!(
            "update "
                + $table
                + " set struck_at = clinic.now(), struck_by = auth.actor()
                    where id = $1 and author = auth.actor() and struck_at is null",
            $id
        )
        .execute(&mut *$c)
        .await?
        .rows_affected()
    };
}

impl Store {
    /// Marks one's own row as entered in error. A prescription leaves the medication list with it.
    ///
    /// # Errors
    /// [`Error::Refused`] with `strike_own_rows` when somebody else wrote it or it is struck already.
    pub async fn strike_row(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        row: VisitRow,
    ) -> Result<(), Error> {
        let (table, id) = table_of(row);
        let event = Event::new("record.strike", table).id(id).patient(patient);
        self.write(actor, request, event, &row, move |c| {
            Box::pin(async move {
                let struck = match row {
                    VisitRow::Note(_) => strike!(c, "clinic.note", id),
                    VisitRow::Test(_) => strike!(c, "clinic.service_request", id),
                    VisitRow::Result(_) => strike!(c, "clinic.result", id),
                    VisitRow::Report(_) => strike!(c, "clinic.report", id),
                    VisitRow::Diagnosis(_) => strike!(c, "clinic.diagnosis", id),
                    VisitRow::Treatment(_) => strike!(c, "clinic.treatment", id),
                    VisitRow::Observation(_) => strike!(c, "clinic.observation", id),
                    VisitRow::Referral(_) => strike!(c, "clinic.referral", id),
                    VisitRow::Prescription(_) => {
                        sqlx::query!(
                            "update clinic.medication set struck_at = clinic.now(), struck_by = auth.actor()
                              where prescription_id = $1 and author = auth.actor() and struck_at is null",
                            id
                        )
                        .execute(&mut *c)
                        .await?;
                        strike!(c, "clinic.prescription", id)
                    }
                };
                if struck == 1 {
                    return Ok(());
                }
                Err(Error::Refused(refusal::why("strike_own_rows", &serde_json::Value::Null)))
            })
        })
        .await
    }
}

fn table_of(row: VisitRow) -> (&'static str, Uuid) {
    match row {
        VisitRow::Note(id) => ("note", id.0),
        VisitRow::Test(id) => ("service_request", id.0),
        VisitRow::Result(id) => ("result", id.0),
        VisitRow::Report(id) => ("report", id.0),
        VisitRow::Diagnosis(id) => ("diagnosis", id.0),
        VisitRow::Prescription(id) => ("prescription", id.0),
        VisitRow::Treatment(id) => ("treatment", id.0),
        VisitRow::Referral(id) => ("referral", id.0),
        VisitRow::Observation(id) => ("observation", id.0),
    }
}

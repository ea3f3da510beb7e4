//! Saving the fields of a visit as they are left: versioned, seen by whoever may read the visit, unsigned until it is signed.
use super::unchanged;
use crate::{
    domain::{
        actor::Actor,
        encounter::VisitField,
        ids::{DraftId, EncounterId, RequestId},
    },
    store::{Error, Event, Store, sealed},
};

impl Store {
    /// Saves one field; its draft is closed in the same transaction where nothing else is left in it. Returns the version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody saved the visit since `seen`; [`Error::Refused`] when it is signed or not theirs.
    pub async fn save_visit_field(
        &self,
        actor: &Actor,
        request: RequestId,
        encounter: EncounterId,
        seen: i64,
        field: VisitField,
        closes: Option<DraftId>,
    ) -> Result<i64, Error> {
        let name = match &field {
            VisitField::ChiefComplaint(_) => "chief_complaint",
            VisitField::FollowUp { .. } => "follow_up",
            VisitField::Fee(_) => "fee",
            VisitField::SickNote { .. } => "sick_note",
            VisitField::Documents(_) => "documents",
        };
        let action = if matches!(field, VisitField::Fee(_)) { "visit.set-fee" } else { "visit.save" };
        let event =
            Event::new(action, "encounter").id(encounter.0).facts(serde_json::json!({ "field": name }));
        let arguments = (encounter, field.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let version = match field {
                    VisitField::ChiefComplaint(text) => {
                        let (keys, patient) = sealed::keys_of_visit(&mut *c, encounter).await?;
                        let row = keys.row("encounter", patient, encounter);
                        sqlx::query_scalar!(
                            "update clinic.encounter set chief_complaint = $3 where id = $1 and version = $2 returning version",
                            encounter.0,
                            seen,
                            row.seal("chief_complaint", text.trim())?
                        )
                        .fetch_optional(&mut *c)
                        .await?
                    }
                    VisitField::FollowUp { on, notes } => {
                        let (keys, patient) = sealed::keys_of_visit(&mut *c, encounter).await?;
                        let row = keys.row("encounter", patient, encounter);
                        sqlx::query_scalar!(
                            "update clinic.encounter set follow_up_on = $3, follow_up_notes = $4
                              where id = $1 and version = $2 returning version",
                            encounter.0,
                            seen,
                            on,
                            row.seal("follow_up_notes", notes.trim())?
                        )
                        .fetch_optional(&mut *c)
                        .await?
                    }
                    VisitField::Fee(cents) => {
                        sqlx::query_scalar!(
                            "update clinic.encounter set fee_cents = $3 where id = $1 and version = $2 returning version",
                            encounter.0,
                            seen,
                            cents
                        )
                        .fetch_optional(&mut *c)
                        .await?
                    }
                    VisitField::SickNote { from, to } => {
                        sqlx::query_scalar!(
                            "update clinic.encounter set sick_from = $3, sick_to = $4
                              where id = $1 and version = $2 returning version",
                            encounter.0,
                            seen,
                            from,
                            to
                        )
                        .fetch_optional(&mut *c)
                        .await?
                    }
                    VisitField::Documents(documents) => {
                        let codes: Vec<String> = documents.iter().map(|d| d.code().to_owned()).collect();
                        sqlx::query_scalar!(
                            "update clinic.encounter set documents = $3 where id = $1 and version = $2 returning version",
                            encounter.0,
                            seen,
                            &codes
                        )
                        .fetch_optional(&mut *c)
                        .await?
                    }
                };
                let Some(version) = version else { return Err(unchanged(c, encounter).await?) };
                super::draft::close(c, closes).await?;
                Ok(version)
            })
        })
        .await
    }
}

//! Who looked at a patient's record: for the patient, those who treat them, auditors and administrators.
use super::{Error, Event, Store, audit_log};
use crate::domain::{
    actor::Actor,
    audit::{AuditKey, RecordView, RecordViews},
    ids::{AuditEventId, PatientId},
    name::PersonName,
};

/// How many views one page has.
pub const VIEWS: i32 = 200;

impl Store {
    /// The views of a patient's record, newest first, at most 200, those before `before` when it is given.
    ///
    /// # Errors
    /// [`Error::Refused`] by `viewers_not_for_you`; those of the line to the server.
    pub async fn record_viewers(
        &self,
        actor: &Actor,
        patient: PatientId,
        before: Option<AuditKey>,
        opened: bool,
    ) -> Result<RecordViews, Error> {
        let event = Event::new("record.viewers", "patient").id(patient.0).patient(patient);
        let (told, workplace) = (event.clone(), actor.workplace.as_ref().map(|w| w.zone));
        let read = self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select id as "id!", at as "at!", coalesce(family_name, '') as "family!", coalesce(given_name, '') as "given!",
                              coalesce(role, '') as "role!", coalesce(centre, '') as "centre!", action as "action!",
                              entity as "entity!", coalesce(by_right, '') as "right!", refused as "refused!"
                         from clinic.record_viewers($1, $2, $3, $4)"#,
                    patient.0,
                    before.map(|b| b.at),
                    before.map(|b| b.id.0),
                    VIEWS
                )
                .fetch_all(&mut *c)
                .await?;
                let p = sqlx::query!(
                    "select p.family_name, p.given_name, p.record_number from clinic.patient p where p.id = $1",
                    patient.0
                )
                .fetch_one(&mut *c)
                .await?;
                let zone = audit_log::zone(c, workplace).await?;
                if opened {
                    told.facts(serde_json::json!({ "rows": rows.len() })).record(c).await?;
                }
                let views = rows.into_iter().map(|r| RecordView {
                    id: AuditEventId(r.id),
                    at: r.at,
                    who: PersonName::new(r.family, r.given),
                    role: r.role,
                    centre: r.centre,
                    action: r.action,
                    entity: r.entity,
                    right: r.right,
                    refused: r.refused,
                });
                Ok(RecordViews {
                    patient: PersonName::new(p.family_name, p.given_name),
                    record_number: p.record_number,
                    views: views.collect(),
                    zone,
                })
            })
        });
        let outcome = read.await;
        if let Err(Error::Refused(why)) = &outcome {
            self.tell_refusal(actor, event, &why.rule).await;
        }
        outcome
    }
}

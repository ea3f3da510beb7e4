//! Erasing a record: one administrator proposes, another confirms, and the patient's key is destroyed. The rows stay, and
//! nobody reads their texts again. The database refuses while the record must still be kept.
use super::{Error, Event, Store};
use crate::domain::{
    actor::Actor,
    ids::{PatientId, RequestId},
    name::PersonName,
};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// How a record stands on its way to being erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    pub patient: PatientId,
    pub record_number: i32,
    pub name: PersonName,
    /// The last day on which it must be kept.
    pub keep_until: Option<NaiveDate>,
    /// Who proposed it and when; whether that was the signed-in person.
    pub proposed: Option<(PersonName, DateTime<Utc>, bool)>,
    /// When its key was destroyed.
    pub erased_at: Option<DateTime<Utc>>,
}

impl Store {
    /// The record of this number, and how it stands. Logged.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the speaker sees.
    pub async fn erasure(&self, actor: &Actor, record_number: i32) -> Result<Erasure, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let r = sqlx::query!(
                    r#"select p.id, p.family_name, p.given_name, clinic.retention_ends(p.id) as keep_until,
                              x.proposed_at as "proposed_at?", a.family_name as "by_family?", a.given_name as "by_given?",
                              coalesce(x.proposed_by = auth.actor(), false) as "mine!",
                              (select max(e.confirmed_at) from clinic.erasure e where e.patient_id = p.id) as erased_at
                         from clinic.patient p
                         left join clinic.erasure x
                           on x.patient_id = p.id and x.confirmed_at is null and x.withdrawn_at is null
                         left join clinic.account a on a.id = x.proposed_by
                        where p.record_number = $1"#,
                    record_number
                )
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
                let patient = PatientId(r.id);
                Event::new("patient.open", "patient").id(r.id).patient(patient).record(c).await?;
                let by = PersonName::new(r.by_family.unwrap_or_default(), r.by_given.unwrap_or_default());
                Ok(Erasure {
                    patient,
                    record_number,
                    name: PersonName::new(r.family_name, r.given_name),
                    keep_until: r.keep_until,
                    proposed: r.proposed_at.map(|at| (by, at, r.mine)),
                    erased_at: r.erased_at,
                })
            })
        })
        .await
    }

    /// Proposes to erase a record; nothing is destroyed yet.
    ///
    /// # Errors
    /// [`Error::Refused`] by `erasure_role`, `retention_not_ended`, `erasure_already_proposed`, `erasure_plain_text` or
    /// `record_erased`.
    pub async fn propose_erasure(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
    ) -> Result<(), Error> {
        let event = Event::new("subject.erase", "erasure")
            .patient(patient)
            .facts(serde_json::json!({ "step": "proposed" }));
        self.write(actor, request, event, &(patient, "propose"), move |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.propose_erasure($1, $2)", Uuid::now_v7(), patient.0)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Confirms what another administrator proposed: the patient's key is destroyed. Cannot be taken back.
    ///
    /// # Errors
    /// [`Error::Refused`] by `erasure_not_proposed` or `erasure_needs_second`, and as for proposing.
    pub async fn confirm_erasure(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
    ) -> Result<DateTime<Utc>, Error> {
        let event = Event::new("subject.erase", "erasure")
            .patient(patient)
            .facts(serde_json::json!({ "step": "confirmed" }));
        let erased = self
            .write(actor, request, event, &(patient, "confirm"), move |c| {
                Box::pin(async move {
                    Ok(sqlx::query_scalar!(r#"select clinic.confirm_erasure($1) as "at!""#, patient.0)
                        .fetch_one(c)
                        .await?)
                })
            })
            .await;
        self.0.keyring.forget(patient.0);
        erased
    }

    /// Takes a proposal back. `false`: there was none.
    ///
    /// # Errors
    /// [`Error::Refused`] by `erasure_role`.
    pub async fn withdraw_erasure(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
    ) -> Result<bool, Error> {
        let event = Event::new("subject.erase", "erasure")
            .patient(patient)
            .facts(serde_json::json!({ "step": "withdrawn" }));
        self.write(actor, request, event, &(patient, "withdraw"), move |c| {
            Box::pin(async move {
                Ok(sqlx::query_scalar!(r#"select clinic.withdraw_erasure($1) as "was!""#, patient.0)
                    .fetch_one(c)
                    .await?)
            })
        })
        .await
    }
}

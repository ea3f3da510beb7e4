//! Erasing a record: one administrator proposes, another confirms, and the patient's key is destroyed. The rows stay, and
//! nobody reads their texts again. The database refuses while the record must still be kept.
use super::{Error, Event, Store};
use crate::domain::{
    actor::Actor,
    ids::{PatientId, RequestId},
    name::PersonName,
    subject::Erasure,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

impl Store {
    /// The record of this number, and how it stands. Logged.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the speaker sees.
    pub async fn erasure(&self, actor: &Actor, record_number: i32) -> Result<Erasure, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let patient = sqlx::query_scalar!(
                    "select id from clinic.patient where record_number = $1",
                    record_number
                )
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
                let patient = PatientId(patient);
                Event::new("patient.open", "patient").id(patient.0).patient(patient).record(&mut *c).await?;
                of_patient(c, patient).await
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

    /// Confirms what another administrator proposed, with the proof of one's password: the patient's key is destroyed. Cannot
    /// be taken back.
    ///
    /// # Errors
    /// [`Error::Refused`] by `erasure_not_proposed`, `erasure_needs_second` or `step_up_wrong`, and as for proposing.
    pub async fn confirm_erasure(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        proof: Vec<u8>,
    ) -> Result<DateTime<Utc>, Error> {
        let event = Event::new("subject.erase", "erasure")
            .patient(patient)
            .facts(serde_json::json!({ "step": "confirmed" }));
        let erased = self
            .write(actor, request, event, &(patient, "confirm"), move |c| {
                Box::pin(async move {
                    Ok(sqlx::query_scalar!(
                        r#"select clinic.confirm_erasure($1, $2) as "at!""#,
                        patient.0,
                        proof
                    )
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

/// How the record of a patient stands.
pub(super) async fn of_patient(c: &mut PgConnection, patient: PatientId) -> Result<Erasure, Error> {
    let r = sqlx::query!(
        r#"select p.record_number, p.family_name, p.given_name, clinic.retention_ends(p.id) as keep_until,
                  x.proposed_at as "proposed_at?", a.family_name as "by_family?", a.given_name as "by_given?",
                  coalesce(x.proposed_by = auth.actor(), false) as "mine!",
                  (select max(e.confirmed_at) from clinic.erasure e where e.patient_id = p.id) as erased_at
             from clinic.patient p
             left join clinic.erasure x
               on x.patient_id = p.id and x.confirmed_at is null and x.withdrawn_at is null
             left join clinic.account a on a.id = x.proposed_by
            where p.id = $1"#,
        patient.0
    )
    .fetch_optional(c)
    .await?
    .ok_or(Error::NotFound)?;
    let by = PersonName::new(r.by_family.unwrap_or_default(), r.by_given.unwrap_or_default());
    Ok(Erasure {
        patient,
        record_number: r.record_number,
        name: PersonName::new(r.family_name, r.given_name),
        keep_until: r.keep_until,
        proposed: r.proposed_at.map(|at| (by, at, r.mine)),
        erased_at: r.erased_at,
    })
}

//! Patients' identities: registering, changing, deactivating and blocking. Names are kept with the folded words that the
//! search looks in, in the same transaction.
use super::{Error, Event, Store, sealed};
use crate::{
    domain::{
        actor::Actor,
        contact,
        ids::{PatientId, RequestId},
        patient::Identity,
    },
    text::words,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// A patient who is now registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    pub id: PatientId,
    pub record_number: i32,
    pub version: i64,
}

impl Store {
    /// Registers a patient under an id the form made. The identity must have been checked.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when a national or Medicare number belongs to somebody else; [`Error::Refused`].
    pub async fn register_patient(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PatientId,
        identity: Identity,
    ) -> Result<Registered, Error> {
        let event = Event::new("patient.register", "patient").id(id.0).patient(id);
        let centre = actor.workplace.as_ref().map(|w| w.centre.0);
        let arguments = (id, identity.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let i = &identity;
                let made = sqlx::query!(
                    "insert into clinic.patient (id, family_name, given_name, preferred_name, second_script_name, sex, birth_date,
                         national_number, medicare_number, email, phone, phone_digits, address, language, contact_name,
                         contact_relationship, contact_phone, blood_group, centre_id, incomplete)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
                     returning record_number, version",
                    id.0,
                    i.family_name,
                    i.given_name,
                    some(&i.preferred_name),
                    some(&i.second_script_name),
                    i.sex.code(),
                    i.birth_date,
                    some(&i.national_number),
                    some(&i.medicare_number),
                    some(&i.email),
                    some(&i.phone),
                    contact::phone_digits(&i.phone),
                    some(&i.address),
                    some(&i.language),
                    some(&i.contact_name),
                    some(&i.contact_relationship),
                    some(&i.contact_phone),
                    some(&i.blood_group),
                    centre,
                    i.birth_date.is_none()
                )
                .fetch_one(&mut *c)
                .await?;
                keep_words(&mut *c, id, i).await?;
                sealed::first_key(c, id.0).await?;
                Ok(Registered { id, record_number: made.record_number, version: made.version })
            })
        })
        .await
    }

    /// Changes an identity that was read as version `seen`. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it since; [`Error::Duplicate`]; [`Error::Refused`].
    pub async fn update_patient(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PatientId,
        seen: i64,
        identity: Identity,
    ) -> Result<i64, Error> {
        let event = Event::new("patient.change", "patient").id(id.0).patient(id);
        let arguments = (id, seen, identity.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let i = &identity;
                let version = sqlx::query_scalar!(
                    "update clinic.patient
                        set family_name = $3, given_name = $4, preferred_name = $5, second_script_name = $6, sex = $7, birth_date = $8,
                            national_number = $9, medicare_number = $10, email = $11, phone = $12, phone_digits = $13, address = $14,
                            language = $15, contact_name = $16, contact_relationship = $17, contact_phone = $18, blood_group = $19,
                            incomplete = $20
                      where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    i.family_name,
                    i.given_name,
                    some(&i.preferred_name),
                    some(&i.second_script_name),
                    i.sex.code(),
                    i.birth_date,
                    some(&i.national_number),
                    some(&i.medicare_number),
                    some(&i.email),
                    some(&i.phone),
                    contact::phone_digits(&i.phone),
                    some(&i.address),
                    some(&i.language),
                    some(&i.contact_name),
                    some(&i.contact_relationship),
                    some(&i.contact_phone),
                    some(&i.blood_group),
                    i.birth_date.is_none()
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(version) = version else { return Err(stale(c, id).await?) };
                keep_words(c, id, i).await?;
                Ok(version)
            })
        })
        .await
    }

    /// Deactivates, or makes active again, with a reason that is kept. Nothing is deleted. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Refused`] for anybody but reception and administrators, or by `reactivation_needs_reason`.
    pub async fn set_patient_active(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PatientId,
        seen: i64,
        active: bool,
        why: String,
    ) -> Result<i64, Error> {
        let action = if active { "patient.reactivate" } else { "patient.deactivate" };
        let event = Event::new(action, "patient").id(id.0).patient(id);
        self.write(actor, request, event, &(id, seen, !active), move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, id.0).await?;
                let column = if active { "reactivated_why" } else { "deactivated_why" };
                let why = keys.row("patient", id.0, id).seal(column, why.trim())?;
                let version = sqlx::query_scalar!(
                    "update clinic.patient set deactivated_at = case when not $3 then clinic.now() end,
                            deactivated_why = case when not $3 then $4::bytea end,
                            reactivated_why = case when $3 then $4 else reactivated_why end
                      where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    active,
                    why
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(v) => Ok(v),
                    None => Err(stale(c, id).await?),
                }
            })
        })
        .await
    }

    /// Blocks booking up to a day, with a reason; without a day lifts the block. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Refused`] for anybody but reception and administrators.
    pub async fn block_patient(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PatientId,
        seen: i64,
        until: Option<NaiveDate>,
        why: String,
    ) -> Result<i64, Error> {
        let event = Event::new("patient.block", "patient")
            .id(id.0)
            .patient(id)
            .facts(serde_json::json!({ "until": until }));
        self.write(actor, request, event, &(id, seen, until), move |c| {
            Box::pin(async move {
                let why = if until.is_some() && !why.trim().is_empty() {
                    let keys = sealed::keys_to_write(&mut *c, id.0).await?;
                    keys.row("patient", id.0, id).seal("blocked_why", why.trim())?
                } else {
                    None
                };
                let version = sqlx::query_scalar!(
                    "update clinic.patient set blocked_until = $3, blocked_why = $4 where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    until,
                    why
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(v) => Ok(v),
                    None => Err(stale(c, id).await?),
                }
            })
        })
        .await
    }
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|t| !t.is_empty())
}

/// The folded words of all names; a word of the family name is marked.
async fn keep_words(c: &mut PgConnection, id: PatientId, identity: &Identity) -> Result<(), Error> {
    let mut kept: BTreeMap<String, bool> = BTreeMap::new();
    for (name, family) in identity.names() {
        for word in words(name) {
            *kept.entry(word).or_default() |= family;
        }
    }
    let (words, families): (Vec<String>, Vec<bool>) = kept.into_iter().unzip();
    sqlx::query!("delete from clinic.patient_word where patient_id = $1", id.0).execute(&mut *c).await?;
    sqlx::query!(
        "insert into clinic.patient_word (patient_id, word, family) select $1, w, f from unnest($2::text[], $3::bool[]) x(w, f)",
        id.0,
        &words,
        &families
    )
    .execute(c)
    .await?;
    Ok(())
}

async fn stale(c: &mut PgConnection, id: PatientId) -> Result<Error, Error> {
    let row = sqlx::query!(
        r#"select x.changed_at as "changed_at!", coalesce(a.given_name || ' ' || a.family_name, 'Somebody') as "by!"
           from clinic.patient x left join clinic.account a on a.id = x.changed_by where x.id = $1"#,
        id.0
    )
    .fetch_optional(c)
    .await?;
    Ok(row.map_or(Error::NotFound, |r| Error::Stale { by: r.by, at: r.changed_at }))
}

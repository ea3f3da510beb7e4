//! Who is being treated: the banner that never leaves the panel, and the whole identity at a glance.
use super::{Error, Store, sealed};
use crate::domain::{
    actor::Actor,
    history::{AllergyState, Severity},
    ids::PatientId,
    name::PersonName,
    patient::record_number,
};
use crate::tr;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

/// An allergy as everybody sees it who handles the patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllergyMark {
    pub substance: String,
    pub reaction: String,
    pub severity: Option<Severity>,
    /// The number of the record it stands in, where that is another one of the same person.
    pub origin: Option<i32>,
}

/// The line above everything about a patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Banner {
    pub patient: PatientId,
    pub record_number: i32,
    pub name: PersonName,
    pub sex: String,
    pub birth_date: Option<NaiveDate>,
    pub allergy_state: AllergyState,
    /// The worst first; empty unless the state is `Listed`.
    pub allergies: Vec<AllergyMark>,
    /// Newest first.
    pub alerts: Vec<String>,
}

/// Everything the record knows of who somebody is.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    pub version: i64,
    pub name: PersonName,
    pub preferred_name: Option<String>,
    pub second_script_name: Option<String>,
    pub sex: String,
    pub birth_date: Option<NaiveDate>,
    pub record_number: i32,
    pub national_number: Option<String>,
    pub medicare_number: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub language: Option<String>,
    pub contact_name: Option<String>,
    pub contact_relationship: Option<String>,
    pub contact_phone: Option<String>,
    pub blood_group: Option<String>,
    pub changed_at: DateTime<Utc>,
}

impl Store {
    /// The banner of a patient, for whoever handles them.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such patient for this person.
    pub async fn banner(&self, actor: &Actor, patient: PatientId) -> Result<Banner, Error> {
        self.read(actor, move |c| Box::pin(async move { banner(c, patient).await })).await
    }

    /// The whole identity of a patient. The view around it is what the log is told about.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such patient for this person.
    pub async fn identity(&self, actor: &Actor, patient: PatientId) -> Result<Identity, Error> {
        self.read(actor, move |c| Box::pin(async move { identity(c, patient).await })).await
    }
}

pub(super) async fn banner(c: &mut PgConnection, patient: PatientId) -> Result<Banner, Error> {
    let p = sqlx::query!(
        r#"select record_number, family_name, given_name, sex, birth_date, clinic.allergy_state(id) as "state!"
             from clinic.patient where id = $1"#,
        patient.0
    )
    .fetch_optional(&mut *c)
    .await?
    .ok_or(Error::NotFound)?;
    let marks = sqlx::query!(
        r#"select patient_id as "patient!", record_number as "number!", id as "id!", substance as "substance!", reaction, severity
             from clinic.allergy_marks_of($1)"#,
        patient.0
    )
    .fetch_all(&mut *c)
    .await?;
    let alerts = sqlx::query!(
        r#"select l.id, l.patient_id, l.text, o.record_number as "origin?"
             from clinic.patient_alert l left join clinic.patient o on o.id = l.patient_id and l.patient_id <> $1
            where l.patient_id = any ((select clinic.records_of($1))::uuid[]) and l.struck_at is null
            order by l.created_at desc"#,
        patient.0
    )
    .fetch_all(&mut *c)
    .await?;
    let owners = marks.iter().map(|m| m.patient).chain(alerts.iter().map(|a| a.patient_id));
    let keys = sealed::keys(c, owners).await?;
    Ok(Banner {
        patient,
        record_number: p.record_number,
        name: PersonName::new(p.family_name, p.given_name),
        sex: p.sex,
        birth_date: p.birth_date,
        // What nobody understands is hidden, never "none".
        allergy_state: AllergyState::from_code(&p.state).unwrap_or(AllergyState::Hidden),
        allergies: marks
            .into_iter()
            .map(|m| {
                let text = keys.row("allergy", m.patient, m.id);
                Ok(AllergyMark {
                    substance: text.open("substance", Some(&m.substance))?,
                    reaction: text.open("reaction", m.reaction.as_deref())?,
                    severity: m.severity.as_deref().and_then(Severity::from_code),
                    origin: (m.patient != patient.0).then_some(m.number),
                })
            })
            .collect::<Result<_, Error>>()?,
        alerts: alerts
            .iter()
            .map(|a| {
                let text = keys.row("patient_alert", a.patient_id, a.id).open("text", Some(&a.text))?;
                Ok(match a.origin {
                    Some(n) => tr!("{text} (record {number})", text = text, number = record_number(n)),
                    None => text,
                })
            })
            .collect::<Result<_, Error>>()?,
    })
}

pub(super) async fn identity(c: &mut PgConnection, patient: PatientId) -> Result<Identity, Error> {
    let p = sqlx::query!(
        "select version, record_number, family_name, given_name, preferred_name, second_script_name, sex, birth_date,
                national_number, medicare_number, email, phone, address, language, contact_name, contact_relationship,
                contact_phone, blood_group, changed_at
           from clinic.patient where id = $1",
        patient.0
    )
    .fetch_optional(c)
    .await?
    .ok_or(Error::NotFound)?;
    Ok(Identity {
        version: p.version,
        name: PersonName::new(p.family_name, p.given_name),
        preferred_name: p.preferred_name,
        second_script_name: p.second_script_name,
        sex: p.sex,
        birth_date: p.birth_date,
        record_number: p.record_number,
        national_number: p.national_number,
        medicare_number: p.medicare_number,
        email: p.email,
        phone: p.phone,
        address: p.address,
        language: p.language,
        contact_name: p.contact_name,
        contact_relationship: p.contact_relationship,
        contact_phone: p.contact_phone,
        blood_group: p.blood_group,
        changed_at: p.changed_at,
    })
}

//! Diagnoses of a visit: one main one at most; a promoted one stands in the patient's condition list too.
use super::{
    Error, Event, Store,
    authored::{authored, coded, stale},
    prescription::prescriptions,
    sealed,
    treatment::treatments,
};
use crate::domain::{
    actor::Actor,
    diagnosis::{Certainty, Diagnosis, DiagnosisRole, NewDiagnosis},
    ids::{DiagnosisId, HistoryItemId, RequestId},
    prescription::Prescription,
    record::VisitRef,
    treatment::Treatment,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// What the Diagnosis tab shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VisitDiagnoses {
    pub diagnoses: Vec<Diagnosis>,
    pub prescriptions: Vec<Prescription>,
    pub treatments: Vec<Treatment>,
}

impl Store {
    /// The diagnoses, prescriptions and advice of a visit.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn visit_diagnoses(&self, actor: &Actor, visit: VisitRef) -> Result<VisitDiagnoses, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let id = visit.encounter.0;
                Ok(VisitDiagnoses {
                    diagnoses: diagnoses(c, id).await?,
                    prescriptions: prescriptions(c, id).await?,
                    treatments: treatments(c, id).await?,
                })
            })
        })
        .await
    }

    /// Adds a diagnosis to a visit.
    ///
    /// # Errors
    /// [`Error::Duplicate`] with `one_main_diagnosis`; [`Error::Refused`] when the visit is signed or another's.
    pub async fn add_diagnosis(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        new: NewDiagnosis,
    ) -> Result<DiagnosisId, Error> {
        let event = Event::new("diagnosis.add", "encounter").id(visit.encounter.0).patient(visit.patient);
        self.write(actor, request, event, &(visit, new.clone()), move |c| {
            Box::pin(async move {
                let id = DiagnosisId::new();
                let keys = sealed::keys_to_write(&mut *c, visit.patient.0).await?;
                let text = keys.row("diagnosis", visit.patient.0, id);
                let done = sqlx::query!(
                    "insert into clinic.diagnosis (id, encounter_id, patient_id, code, name, role, certainty, author)
                     select $1, e.id, e.patient_id, $4, $5, $6, $7, auth.actor()
                       from clinic.encounter e where e.id = $2 and e.patient_id = $3",
                    id.0,
                    visit.encounter.0,
                    visit.patient.0,
                    new.code,
                    text.seal_required("name", &new.name)?,
                    new.role.code(),
                    new.certainty.code()
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 1 { Ok(id) } else { Err(Error::NotFound) }
            })
        })
        .await
    }

    /// Changes role and certainty; the main diagnosis of before becomes an additional one. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it since `seen`; [`Error::Refused`] when the visit is signed.
    pub async fn change_diagnosis(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        diagnosis: DiagnosisId,
        seen: i64,
        (role, certainty): (DiagnosisRole, Certainty),
    ) -> Result<i64, Error> {
        let event = Event::new("diagnosis.change", "diagnosis").id(diagnosis.0).patient(visit.patient);
        self.write(actor, request, event, &(diagnosis, role, certainty), move |c| {
            Box::pin(async move {
                if role == DiagnosisRole::Main {
                    sqlx::query!(
                        "update clinic.diagnosis set role = 'additional'
                          where encounter_id = $1 and role = 'main' and struck_at is null and id <> $2",
                        visit.encounter.0,
                        diagnosis.0
                    )
                    .execute(&mut *c)
                    .await?;
                }
                let version = sqlx::query_scalar!(
                    "update clinic.diagnosis set role = $3, certainty = $4
                      where id = $1 and version = $2 and struck_at is null returning version",
                    diagnosis.0,
                    seen,
                    role.code(),
                    certainty.code()
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(v) => Ok(v),
                    None => Err(stale!(c, "clinic.diagnosis", diagnosis.0)),
                }
            })
        })
        .await
    }

    /// Puts a diagnosis into the patient's condition list, once. Returns the entry of the list.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is struck or another visit's; [`Error::Refused`] when the visit is signed, or the diagnosis
    /// somebody else's.
    pub async fn promote_diagnosis(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        diagnosis: DiagnosisId,
    ) -> Result<HistoryItemId, Error> {
        let event = Event::new("diagnosis.promote", "diagnosis").id(diagnosis.0).patient(visit.patient);
        self.write(actor, request, event, &diagnosis, move |c| {
            Box::pin(async move {
                let found = sqlx::query!(
                    "select name, condition_id from clinic.diagnosis
                      where id = $1 and encounter_id = $2 and patient_id = $3 and struck_at is null",
                    diagnosis.0,
                    visit.encounter.0,
                    visit.patient.0
                )
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
                if let Some(condition) = found.condition_id {
                    return Ok(condition.into());
                }
                let id = HistoryItemId::new();
                let patient = visit.patient.0;
                let keys = sealed::keys_to_write(&mut *c, patient).await?;
                let name = keys.row("diagnosis", patient, diagnosis).open_or_refuse("name", &found.name)?;
                let name = keys.row("condition", patient, id).seal_required("name", &name)?;
                sqlx::query!(
                    "insert into clinic.condition (id, patient_id, encounter_id, code, name, since, author)
                     select $1, d.patient_id, d.encounter_id, d.code, $3, e.day, auth.actor()
                       from clinic.diagnosis d join clinic.encounter e on e.id = d.encounter_id where d.id = $2",
                    id.0,
                    diagnosis.0,
                    name
                )
                .execute(&mut *c)
                .await?;
                let tied = sqlx::query!(
                    "update clinic.diagnosis set condition_id = $2 where id = $1",
                    diagnosis.0,
                    id.0
                )
                .execute(c)
                .await?;
                if tied.rows_affected() == 1 { Ok(id) } else { Err(Error::NotFound) }
            })
        })
        .await
    }
}

/// The diagnoses of a visit, the main one first.
pub(super) async fn diagnoses(c: &mut PgConnection, encounter: Uuid) -> Result<Vec<Diagnosis>, Error> {
    let rows = sqlx::query!(
        r#"select d.id, d.patient_id, d.encounter_id, d.version, d.code, d.name, d.role, d.certainty, d.condition_id, d.created_at, d.struck_at,
                  coalesce(d.author = auth.actor(), false) as "mine!",
                  a.family_name as "a_family?", a.given_name as "a_given?", s.family_name as "s_family?", s.given_name as "s_given?"
           from clinic.diagnosis d
           left join clinic.account a on a.id = d.author
           left join clinic.account s on s.id = d.struck_by
           where d.encounter_id = $1 order by d.struck_at is not null, d.role = 'main' desc, d.created_at, d.id"#,
        encounter
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            Ok(Diagnosis {
                id: r.id.into(),
                encounter: r.encounter_id.into(),
                version: r.version,
                code: r.code,
                name: keys.row("diagnosis", r.patient_id, r.id).open("name", Some(&r.name))?,
                role: coded(DiagnosisRole::from_code(&r.role), "diagnosis role")?,
                certainty: coded(Certainty::from_code(&r.certainty), "certainty")?,
                condition: r.condition_id.map(Into::into),
                written: authored(
                    r.mine,
                    (r.a_family, r.a_given),
                    r.created_at,
                    (r.s_family, r.s_given),
                    r.struck_at,
                ),
            })
        })
        .collect()
}

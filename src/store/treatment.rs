//! Other treatment and advice of a visit.
use super::{Error, Event, Store, authored::authored, sealed};
use crate::domain::{
    actor::Actor,
    ids::{RequestId, TreatmentId},
    record::VisitRef,
    treatment::{NewTreatment, Treatment},
};
use sqlx::PgConnection;
use uuid::Uuid;

impl Store {
    /// Adds treatment or advice to a visit.
    ///
    /// # Errors
    /// [`Error::Refused`] when the speaker may not write in the visit or it is signed.
    pub async fn add_treatment(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        new: NewTreatment,
    ) -> Result<TreatmentId, Error> {
        let event = Event::new("treatment.add", "encounter").id(visit.encounter.0).patient(visit.patient);
        self.write(actor, request, event, &(visit, new.clone()), move |c| {
            Box::pin(async move {
                let id = TreatmentId::new();
                let keys = sealed::keys_to_write(&mut *c, visit.patient.0).await?;
                let text = keys.row("treatment", visit.patient.0, id);
                let done = sqlx::query!(
                    "insert into clinic.treatment (id, encounter_id, patient_id, title, notes, author)
                     select $1, e.id, e.patient_id, $4, $5, auth.actor()
                       from clinic.encounter e where e.id = $2 and e.patient_id = $3",
                    id.0,
                    visit.encounter.0,
                    visit.patient.0,
                    text.seal_required("title", &new.title)?,
                    text.seal("notes", &new.notes)?
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 1 { Ok(id) } else { Err(Error::NotFound) }
            })
        })
        .await
    }
}

/// The treatments of a visit, oldest first.
pub(super) async fn treatments(c: &mut PgConnection, encounter: Uuid) -> Result<Vec<Treatment>, Error> {
    let rows = sqlx::query!(
        r#"select t.id, t.patient_id, t.encounter_id, t.version, t.title, t.notes, t.created_at, t.struck_at,
                  coalesce(t.author = auth.actor(), false) as "mine!",
                  a.family_name as "a_family?", a.given_name as "a_given?", s.family_name as "s_family?", s.given_name as "s_given?"
           from clinic.treatment t
           left join clinic.account a on a.id = t.author
           left join clinic.account s on s.id = t.struck_by
           where t.encounter_id = $1 order by t.created_at, t.id"#,
        encounter
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            let text = keys.row("treatment", r.patient_id, r.id);
            Ok(Treatment {
                id: r.id.into(),
                encounter: r.encounter_id.into(),
                version: r.version,
                title: text.open("title", Some(&r.title))?,
                notes: text.open("notes", r.notes.as_deref())?,
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

//! Prescriptions of a visit. What is prescribed stands in the patient's medication list too, and the checks are made
//! again where it is saved: going ahead against a warning needs a reason, and both are kept.
use super::{
    Error, Event, Store,
    authored::{authored, coded, stale},
    refusal, sealed,
};
use crate::domain::{
    actor::Actor,
    ids::{PatientId, PrescriptionId, RequestId},
    prescription::{NewPrescription, Prescription, PrescriptionStatus, Warning, WarningKind, warnings},
    record::VisitRef,
    shorthand::{Frequency, Route},
};
use sqlx::PgConnection;
use uuid::Uuid;

impl Store {
    /// What is known against giving this patient a drug now: allergies and what they already take.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn prescription_warnings(
        &self,
        actor: &Actor,
        patient: PatientId,
        drug: String,
    ) -> Result<Vec<Warning>, Error> {
        self.read(actor, move |c| Box::pin(async move { check(c, patient, &drug).await })).await
    }

    /// Prescribes. `reason` is why it is given against a warning; empty when there is none.
    ///
    /// # Errors
    /// [`Error::Refused`] with `warning_needs_reason` when a check warns and no reason is given.
    pub async fn prescribe(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        new: NewPrescription,
        reason: &str,
    ) -> Result<PrescriptionId, Error> {
        let event = Event::new("prescription.add", "encounter").id(visit.encounter.0).patient(visit.patient);
        let reason = reason.trim().to_owned();
        self.write(actor, request, event, &(visit, new.clone(), reason.clone()), move |c| {
            Box::pin(async move {
                let found = check(c, visit.patient, &new.drug).await?;
                if let (Some(first), true) = (found.first(), reason.is_empty()) {
                    let facts = serde_json::json!({ "warning": first.sentence() });
                    return Err(Error::Refused(refusal::why("warning_needs_reason", &facts)));
                }
                let id = PrescriptionId::new();
                insert(c, id, visit, &new, &found, &reason).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Stops a prescription from today on; it may be signed already. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it since `seen`, or it is not the speaker's own.
    pub async fn stop_prescription(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        prescription: PrescriptionId,
        seen: i64,
    ) -> Result<i64, Error> {
        let event = Event::new("prescription.stop", "prescription").id(prescription.0).patient(visit.patient);
        self.write(actor, request, event, &prescription, move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.prescription set status = 'stopped'
                      where id = $1 and version = $2 and status = 'active' and struck_at is null returning version",
                    prescription.0,
                    seen
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(version) = version else {
                    return Err(stale!(c, "clinic.prescription", prescription.0));
                };
                sqlx::query!(
                    "update clinic.medication m set ended_on = (select e.day from clinic.encounter e where e.id = m.encounter_id)
                      where m.prescription_id = $1 and m.struck_at is null",
                    prescription.0
                )
                .execute(&mut *c)
                .await?;
                Ok(version)
            })
        })
        .await
    }
}

async fn insert(
    c: &mut PgConnection,
    id: PrescriptionId,
    visit: VisitRef,
    new: &NewPrescription,
    found: &[Warning],
    reason: &str,
) -> Result<(), Error> {
    let mut kinds: Vec<String> = found.iter().map(|w| w.kind.code().to_owned()).collect();
    kinds.dedup();
    let patient = visit.patient.0;
    let keys = sealed::keys_to_write(&mut *c, patient).await?;
    let text = keys.row("prescription", patient, id);
    let (code, words) = match &new.frequency {
        Some(Frequency::Free(words)) => (None, text.seal("frequency_text", words)?),
        Some(frequency) => (Some(frequency.code()), None),
        None => (None, None),
    };
    let done = sqlx::query!(
        "insert into clinic.prescription (id, encounter_id, patient_id, code, drug, dose, route, frequency, frequency_text, as_needed,
                duration_days, starts_on, quantity, repeats, instructions, override_why, warnings, author)
         select $1, e.id, e.patient_id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, auth.actor()
           from clinic.encounter e where e.id = $2 and e.patient_id = $3",
        id.0,
        visit.encounter.0,
        visit.patient.0,
        new.code,
        text.seal_required("drug", &new.drug)?,
        text.seal("dose", &new.dose)?,
        new.route.map(Route::code),
        code,
        words,
        new.as_needed,
        new.duration_days.map(i32::from),
        new.starts_on,
        new.quantity.map(i32::from),
        new.repeats.map(i32::from),
        text.seal("instructions", &new.instructions)?,
        text.seal("override_why", reason)?,
        &kinds
    )
    .execute(&mut *c)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    let frequency = new.frequency.as_ref().map(Frequency::words).unwrap_or_default();
    let prescriber = sqlx::query_scalar!(
        r#"select concat_ws(' ', upper(a.family_name), a.given_name) as "name!" from clinic.account a where a.id = auth.actor()"#
    )
    .fetch_one(&mut *c)
    .await?;
    let medication = Uuid::now_v7();
    let text = keys.row("medication", patient, medication);
    sqlx::query!(
        "insert into clinic.medication (id, patient_id, encounter_id, prescription_id, code, name, dose, frequency, since, prescriber,
                ended_on, author)
         select $1, p.patient_id, p.encounter_id, p.id, p.code, $5, $6, $3, p.starts_on, $7, $4, auth.actor()
           from clinic.prescription p where p.id = $2",
        medication,
        id.0,
        text.seal("frequency", &frequency)?,
        new.last_day(),
        text.seal_required("name", &new.drug)?,
        text.seal("dose", &new.dose)?,
        text.seal("prescriber", &prescriber)?
    )
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// The checks: allergies that may be shown to whoever handles the patient, and drugs taken on the day of the clinic.
async fn check(c: &mut PgConnection, patient: PatientId, drug: &str) -> Result<Vec<Warning>, Error> {
    let allergies = sqlx::query!(
        r#"select patient_id as "patient!", id as "id!", substance as "substance!" from clinic.allergy_marks_of($1)"#,
        patient.0
    )
    .fetch_all(&mut *c)
    .await?;
    let taken = sqlx::query!(
        r#"select m.patient_id as "patient!", m.id as "id!", m.name as "name!", true as "listed!" from clinic.medication m
            where m.patient_id = any ((select clinic.records_of($1))::uuid[]) and m.struck_at is null and (m.ended_on is null or m.ended_on >= clinic.now()::date)
           union all
           select p.patient_id, p.id, p.drug, false from clinic.prescription p
            where p.patient_id = any ((select clinic.records_of($1))::uuid[]) and p.struck_at is null and p.status = 'active'
              and (p.duration_days is null or p.starts_on + p.duration_days > clinic.now()::date)"#,
        patient.0
    )
    .fetch_all(&mut *c)
    .await?;
    let owners = allergies.iter().map(|a| a.patient).chain(taken.iter().map(|t| t.patient));
    let keys = sealed::keys(c, owners).await?;
    let allergies = allergies
        .iter()
        .map(|a| keys.row("allergy", a.patient, a.id).open_or_refuse("substance", &a.substance))
        .collect::<Result<Vec<String>, Error>>()?;
    let mut taken = taken
        .iter()
        .map(|t| {
            let (table, column) = if t.listed { ("medication", "name") } else { ("prescription", "drug") };
            keys.row(table, t.patient, t.id).open_or_refuse(column, &t.name)
        })
        .collect::<Result<Vec<String>, Error>>()?;
    // What is prescribed stands in the list too.
    taken.sort();
    taken.dedup();
    Ok(warnings(drug, &allergies, &taken))
}

/// The prescriptions of a visit, oldest first.
pub(super) async fn prescriptions(c: &mut PgConnection, encounter: Uuid) -> Result<Vec<Prescription>, Error> {
    let rows = sqlx::query!(
        r#"select p.id, p.patient_id, p.encounter_id, p.version, p.code, p.drug, p.dose, p.route, p.frequency, p.frequency_text, p.as_needed,
                  p.duration_days, p.starts_on, p.quantity, p.repeats, p.instructions, p.override_why, p.warnings, p.status,
                  p.created_at, p.struck_at, coalesce(p.author = auth.actor(), false) as "mine!",
                  a.family_name as "a_family?", a.given_name as "a_given?", s.family_name as "s_family?", s.given_name as "s_given?"
           from clinic.prescription p
           left join clinic.account a on a.id = p.author
           left join clinic.account s on s.id = p.struck_by
           where p.encounter_id = $1 order by p.created_at, p.id"#,
        encounter
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            let text = keys.row("prescription", r.patient_id, r.id);
            let frequency = match (r.frequency, r.frequency_text) {
                (Some(code), _) => Some(Frequency::from_code(&code)),
                (None, Some(words)) => Some(Frequency::Free(text.open("frequency_text", Some(&words))?)),
                (None, None) => None,
            };
            let warnings = r
                .warnings
                .iter()
                .map(|w| coded(WarningKind::from_code(w), "warning"))
                .collect::<Result<_, _>>()?;
            Ok(Prescription {
                id: r.id.into(),
                encounter: r.encounter_id.into(),
                version: r.version,
                what: NewPrescription {
                    code: r.code,
                    drug: text.open("drug", Some(&r.drug))?,
                    dose: text.open("dose", r.dose.as_deref())?,
                    route: r.route.map(|x| coded(Route::from_code(&x), "route")).transpose()?,
                    frequency,
                    as_needed: r.as_needed,
                    duration_days: r.duration_days.and_then(|n| u16::try_from(n).ok()),
                    starts_on: r.starts_on,
                    quantity: r.quantity.and_then(|n| u16::try_from(n).ok()),
                    repeats: r.repeats.and_then(|n| u8::try_from(n).ok()),
                    instructions: text.open("instructions", r.instructions.as_deref())?,
                },
                warnings,
                override_why: text.open("override_why", r.override_why.as_deref())?,
                status: coded(PrescriptionStatus::from_code(&r.status), "prescription status")?,
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

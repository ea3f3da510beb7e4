//! Which wishes of the waiting list a re-book plan closes: read with the plan, so that it is said before anybody is moved.
use super::{
    Error,
    waitlist::{Which, entries},
};
use crate::domain::{
    exception::PlanStep,
    ids::PatientId,
    waitlist::{Chosen, Met},
};
use sqlx::PgConnection;
use std::collections::HashMap;

/// Says of each step which wishes it closes. Who may not see the waiting list finds none, and is told by the move itself.
pub(super) async fn closes(c: &mut PgConnection, steps: &mut [PlanStep]) -> Result<(), Error> {
    let going = || steps.iter().filter(|s| s.to.is_some());
    let mut patients: Vec<PatientId> = going().map(|s| s.clash.patient).collect();
    patients.sort();
    patients.dedup();
    if patients.is_empty() {
        return Ok(());
    }
    let waits = entries(&mut *c, Which::Among(patients)).await?;
    if waits.is_empty() {
        return Ok(());
    }
    let appointments: Vec<uuid::Uuid> = going().map(|s| s.clash.appointment.0).collect();
    let providers: Vec<uuid::Uuid> = going().filter_map(|s| s.to.as_ref()).map(|to| to.provider.0).collect();
    // What is moved stays the visit that it is; somebody with two records waits in either.
    let visits = sqlx::query!(
        r#"select b.id, b.visit_type, (clinic.records_of(b.patient_id))[1] as "goes_on!"
             from clinic.appointment b where b.id = any ($1)"#,
        &appointments
    )
    .fetch_all(&mut *c)
    .await?;
    let visits: HashMap<uuid::Uuid, (Option<String>, uuid::Uuid)> =
        visits.into_iter().map(|r| (r.id, (r.visit_type, r.goes_on))).collect();
    let departments =
        sqlx::query!("select id, department_id from clinic.provider where id = any ($1)", &providers)
            .fetch_all(&mut *c)
            .await?;
    let departments: HashMap<uuid::Uuid, Option<uuid::Uuid>> =
        departments.into_iter().map(|r| (r.id, r.department_id)).collect();
    for step in steps {
        let Some(to) = &step.to else { continue };
        let Some((visit_type, goes_on)) = visits.get(&step.clash.appointment.0) else { continue };
        let chosen = Chosen {
            provider: to.provider,
            profession: &to.profession,
            department: departments.get(&to.provider.0).copied().flatten().map(Into::into),
            centre: to.centre,
            visit_type: visit_type.as_deref(),
            at: to.period.starts_at(to.zone),
        };
        let theirs = waits.iter().filter(|e| e.patient.0 == *goes_on && e.status.is_open());
        step.closes = theirs.filter(|e| e.wish.is_met_by(&chosen)).map(Met::from).collect();
    }
    Ok(())
}

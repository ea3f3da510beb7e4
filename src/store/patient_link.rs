//! Which records of one person are linked: where a record leads, and which lead to it.
use super::{Error, sealed};
use crate::domain::{ids::PatientId, name::PersonName, patient::Leads};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A record that was merged into the one that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    pub id: PatientId,
    pub record_number: i32,
    pub name: PersonName,
    pub at: DateTime<Utc>,
    pub by: PersonName,
    pub reason: String,
}

/// Where a record leads, and which lead to it.
pub(super) async fn links(
    c: &mut PgConnection,
    patient: PatientId,
) -> Result<(Option<Leads>, Vec<Merged>), Error> {
    let rows = sqlx::query!(
        r#"select l.id, l.patient_id, l.survivor_id, l.reason, l.merged_at, m.record_number, m.family_name, m.given_name,
                  s.record_number as survivor_number, a.family_name as "by_family?", a.given_name as "by_given?"
             from clinic.patient_link l
             join clinic.patient m on m.id = l.patient_id
             join clinic.patient s on s.id = l.survivor_id
             left join clinic.account a on a.id = l.merged_by
            where l.undone_at is null and (l.patient_id = $1 or l.survivor_id = $1) order by l.merged_at, l.id"#,
        patient.0
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    let (mut leads, mut merged) = (None, vec![]);
    for r in rows {
        if r.patient_id == patient.0 {
            leads = Some(Leads { id: r.survivor_id.into(), record_number: r.survivor_number });
            continue;
        }
        merged.push(Merged {
            id: r.patient_id.into(),
            record_number: r.record_number,
            name: PersonName::new(r.family_name, r.given_name),
            at: r.merged_at,
            by: PersonName::new(r.by_family.unwrap_or_default(), r.by_given.unwrap_or_default()),
            reason: keys.row("patient_link", r.patient_id, r.id).open("reason", Some(&r.reason))?,
        });
    }
    Ok((leads, merged))
}

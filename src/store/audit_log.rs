//! Reading the audit log, a page at a time, newest first.
use super::{Error, Event, Store};
use crate::domain::{
    actor::Actor,
    audit::{AuditEntry, AuditFilter, AuditKey},
    ids::AuditEventId,
    name::PersonName,
    time,
};
use chrono::{Days, NaiveTime};
use sqlx::PgConnection;

impl Store {
    /// At most `limit` events that fit the filter, newest first, after `after`.
    ///
    /// # Errors
    /// Those of the line to the server. Nobody but auditors and administrators sees a row.
    pub async fn audit_entries(
        &self,
        actor: &Actor,
        filter: AuditFilter,
        after: Option<AuditKey>,
        limit: i64,
        opened: bool,
    ) -> Result<Vec<AuditEntry>, Error> {
        let zone = actor.zone();
        self.read(actor, move |c| {
            Box::pin(async move {
                let before = filter
                    .until
                    .and_then(|day| day.checked_add_days(Days::new(1)))
                    .map(|day| time::instant(zone, day.and_time(NaiveTime::MIN)));
                let found = page(c, &filter, before, after, limit).await?;
                if opened {
                    let facts = serde_json::json!({
                        "account": filter.account, "action": filter.action, "until": filter.until, "rows": found.len()
                    });
                    let event = Event::new("audit.open", "event").facts(facts);
                    let event = match filter.patient {
                        Some(patient) => event.patient(patient),
                        None => event,
                    };
                    event.record(c).await?;
                }
                Ok(found)
            })
        })
        .await
    }
}

async fn page(
    c: &mut PgConnection,
    filter: &AuditFilter,
    before: Option<chrono::DateTime<chrono::Utc>>,
    after: Option<AuditKey>,
    limit: i64,
) -> Result<Vec<AuditEntry>, Error> {
    let rows = sqlx::query!(
        r#"select e.id, e.at, e.account_id, a.family_name as "family?", a.given_name as "given?", a.login as "login?",
                  e.role, e.action, e.entity, e.entity_id, e.patient_id, p.family_name as "patient_family?",
                  p.given_name as "patient_given?", p.record_number as "record_number?", e.outcome, e.facts
           from audit.event e
           left join clinic.account a on a.id = e.account_id
           left join clinic.patient p on p.id = e.patient_id
           where ($1::uuid is null or e.account_id = $1) and ($2::uuid is null or e.patient_id = $2)
             and ($3::text is null or starts_with(e.action, $3)) and ($4::timestamptz is null or e.at < $4)
             and (not $5 or e.outcome = 'refused')
             and ($6::timestamptz is null or (e.at, e.id) < ($6, $7::uuid))
           order by e.at desc, e.id desc limit $8"#,
        filter.account.map(|a| a.0),
        filter.patient.map(|p| p.0),
        filter.action,
        before,
        filter.refused_only,
        after.map(|k| k.at),
        after.map(|k| k.id.0),
        limit
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| AuditEntry {
            id: AuditEventId(r.id),
            at: r.at,
            account: r.account_id.map(Into::into),
            who: PersonName::new(r.family.unwrap_or_default(), r.given.unwrap_or_default()),
            login: r.login.unwrap_or_default(),
            role: r.role.unwrap_or_default(),
            action: r.action,
            entity: r.entity,
            entity_id: r.entity_id,
            patient: r.patient_id.map(Into::into),
            patient_name: r.patient_family.map(|f| PersonName::new(f, r.patient_given.unwrap_or_default())),
            record_number: r.record_number,
            refused: r.outcome == "refused",
            facts: r.facts,
        })
        .collect())
}

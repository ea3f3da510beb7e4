//! Reading the audit log, a page at a time, newest first; one event whole; and taking lines out, which is logged.
use super::{Error, Event, Store, System};
use crate::domain::{
    actor::Actor,
    audit::{AuditEntry, AuditFilter, AuditKey, AuditPage, AuditProof},
    ids::{AuditEventId, PatientId, RequestId},
    name::PersonName,
    time,
};
use chrono::{DateTime, Days, NaiveTime, Utc};
use chrono_tz::Tz;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

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
    ) -> Result<AuditPage, Error> {
        let workplace = actor.workplace.as_ref().map(|w| w.zone);
        self.read(actor, move |c| {
            Box::pin(async move {
                let zone = zone(c, workplace).await?;
                let entries = page(c, &filter, zone, after, limit).await?;
                if opened {
                    event("audit.open", &filter, entries.len()).record(c).await?;
                }
                Ok(AuditPage { entries, zone })
            })
        })
        .await
    }

    /// One event with its place in its chain and the root that covers it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none for this person, and those of the line to the server.
    pub async fn audit_event(&self, actor: &Actor, id: AuditEventId) -> Result<AuditProof, Error> {
        let workplace = actor.workplace.as_ref().map(|w| w.zone);
        self.read(actor, move |c| {
            Box::pin(async move {
                let zone = zone(c, workplace).await?;
                let mut found = rows(c, Some(id.0), &AuditFilter::default(), (None, None), None, 1).await?;
                let entry = found.pop().ok_or(Error::NotFound)?;
                let r = sqlx::query!(
                    r#"select e.session_id, e.chain_id, e.n, e.previous, e.hash, h.root_n as "root?", r.at as "root_at?"
                         from audit.event e
                         left join lateral (select h.root_n from audit.root_head h where h.chain_id = e.chain_id and h.n >= e.n
                                             order by h.n limit 1) h on true
                         left join audit.root r on r.n = h.root_n
                        where e.id = $1"#,
                    id.0
                )
                .fetch_one(&mut *c)
                .await?;
                let mut told = Event::new("audit.open", "event").id(id.0);
                told.patient = entry.patient;
                told.record(c).await?;
                Ok(AuditProof {
                    entry,
                    session: r.session_id,
                    chain: r.chain_id,
                    n: r.n,
                    previous: r.previous,
                    hash: r.hash,
                    root: r.root.zip(r.root_at),
                    zone,
                })
            })
        })
        .await
    }

    /// Tells the log that what fits the filter is taken out of it, before the first line is.
    ///
    /// # Errors
    /// [`Error::Refused`] when the table of permissions does not allow it, and those of the line to the server.
    pub async fn begin_audit_export(
        &self,
        actor: &Actor,
        request: RequestId,
        filter: AuditFilter,
    ) -> Result<(), Error> {
        let mut told = event("audit.export", &filter, 0);
        if let Some(facts) = told.facts.as_object_mut() {
            facts.remove("rows");
        }
        if let Some(why) = self.why_not(actor, "audit.export", None, None).await? {
            self.tell_refusal(actor, told, &why.rule).await;
            return Err(Error::Refused(why));
        }
        self.write(actor, request, told, &filter, |_| Box::pin(async { Ok(()) })).await
    }
}

impl System {
    /// The zone of the clinic and its name.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn site(&mut self) -> Result<(String, Tz), Error> {
        let name =
            sqlx::query_scalar!(r#"select name as "name!" from audit.site()"#).fetch_one(&mut self.c).await?;
        Ok((name, zone(&mut self.c, None).await?))
    }

    /// The patient of a record number.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn patient_of_number(&mut self, number: i32) -> Result<Option<PatientId>, Error> {
        let id = sqlx::query_scalar!("select p.id from clinic.patient p where p.record_number = $1", number)
            .fetch_optional(&mut self.c)
            .await?;
        Ok(id.map(Into::into))
    }

    /// A page of the log for a file.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn audit_page(
        &mut self,
        filter: &AuditFilter,
        zone: Tz,
        after: Option<AuditKey>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, Error> {
        page(&mut self.c, filter, zone, after, limit).await
    }

    /// Tells the log that lines are taken out of it, before the first one is.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn tell_export(&mut self, filter: &AuditFilter, format: &str) -> Result<(), Error> {
        let mut facts = event("audit.export", filter, 0).facts;
        if let Some(facts) = facts.as_object_mut() {
            facts.remove("rows");
            facts.insert("os_user".into(), self.by.clone().into());
            facts.insert("format".into(), format.into());
        }
        let mut tx = self.c.begin().await?;
        sqlx::query!("select audit.record_system('audit.export', 'event', null, $1) as id", facts)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn event(action: &'static str, filter: &AuditFilter, found: usize) -> Event {
    let facts = serde_json::json!({
        "account": filter.account, "action": filter.action, "from": filter.from, "until": filter.until,
        "refused": filter.refused_only, "by_word": filter.word.is_some(), "rows": found
    });
    let event = Event::new(action, "event").facts(facts);
    match filter.patient {
        Some(patient) => event.patient(patient),
        None => event,
    }
}

/// Where the reader works, or where most of the clinic is.
pub(super) async fn zone(c: &mut PgConnection, workplace: Option<Tz>) -> Result<Tz, Error> {
    if let Some(zone) = workplace {
        return Ok(zone);
    }
    let name = sqlx::query_scalar!(r#"select zone as "zone!" from audit.site()"#).fetch_one(c).await?;
    Ok(name.parse().unwrap_or(Tz::UTC))
}

type Instants = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// From when and until before when.
fn days(filter: &AuditFilter, zone: Tz) -> Instants {
    let start = |day: chrono::NaiveDate| time::instant(zone, day.and_time(NaiveTime::MIN));
    let next = filter.until.and_then(|day| day.checked_add_days(Days::new(1)));
    (filter.from.map(start), next.map(start))
}

async fn page(
    c: &mut PgConnection,
    filter: &AuditFilter,
    zone: Tz,
    after: Option<AuditKey>,
    limit: i64,
) -> Result<Vec<AuditEntry>, Error> {
    rows(c, None, filter, days(filter, zone), after, limit).await
}

async fn rows(
    c: &mut PgConnection,
    id: Option<Uuid>,
    filter: &AuditFilter,
    (from, before): Instants,
    after: Option<AuditKey>,
    limit: i64,
) -> Result<Vec<AuditEntry>, Error> {
    let rows = sqlx::query!(
        r#"select e.id, e.at, e.account_id, a.family_name as "family?", a.given_name as "given?", d.login as "login?",
                  e.role, e.action, e.entity, e.entity_id, e.patient_id, p.family_name as "patient_family?",
                  p.given_name as "patient_given?", p.record_number as "record_number?", e.outcome, e.facts
           from audit.event e
           left join clinic.account a on a.id = e.account_id
           left join clinic.account_details() d on d.id = e.account_id
           left join clinic.patient p on p.id = e.patient_id
           where ($1::uuid is null or e.account_id = $1) and ($2::uuid is null or e.patient_id = $2)
             and ($3::text is null or starts_with(e.action, $3)) and ($4::timestamptz is null or e.at < $4)
             and (not $5 or e.outcome = 'refused')
             and ($6::timestamptz is null or (e.at, e.id) < ($6, $7::uuid))
             and ($9::timestamptz is null or e.at >= $9) and ($10::uuid is null or e.id = $10)
             and ($11::text is null or strpos(lower(concat_ws(' ', e.action, e.entity, e.role, d.login, a.given_name, a.family_name,
                                                           e.facts::text)), lower($11)) > 0)
           order by e.at desc, e.id desc limit $8"#,
        filter.account.map(|a| a.0),
        filter.patient.map(|p| p.0),
        filter.action,
        before,
        filter.refused_only,
        after.map(|k| k.at),
        after.map(|k| k.id.0),
        limit,
        from,
        id,
        filter.word
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

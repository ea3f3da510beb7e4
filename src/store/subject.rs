//! Who has what about a person, and everything that is kept about them. Staff get it by the database's own functions, after
//! the password again; a patient gets what they may read themselves, by the policies of the rows, and the password too.
use super::{Error, Event, Store, audit_log, erasure, sealed};
use crate::domain::{
    actor::Actor,
    audit::RecordView,
    ids::{AuditEventId, PatientId},
    name::PersonName,
    subject::{Subject, SubjectPart, SubjectRecord, SubjectRow, SubjectViewer},
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How many views of a record are asked for at once, and how often at most.
const VIEWS: i32 = 500;
const PAGES: usize = 40;

/// Tables whose texts are sealed under the organisation's key, though they are about a patient.
const OF_CLINIC: [&str; 4] = ["account", "emergency", "patient_registration", "print_job"];

struct Counted {
    part: Option<String>,
    name: Option<String>,
    n: Option<i64>,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

struct Found {
    kind: Option<String>,
    id: Option<Uuid>,
    doc: Option<Value>,
    texts: Option<Vec<String>>,
}

impl Store {
    /// Who has what about a patient. `opened`: a person opened the view, which is logged.
    ///
    /// # Errors
    /// [`Error::Refused`] by `not_permitted` or `viewers_not_for_you`, [`Error::NotFound`], and those of the line to the server.
    pub async fn subject(&self, actor: &Actor, patient: PatientId, opened: bool) -> Result<Subject, Error> {
        let event = Event::new("patient.open", "patient").id(patient.0).patient(patient);
        let (told, own) = (event.clone(), actor.patient == Some(patient));
        let workplace = actor.workplace.as_ref().map(|w| w.zone);
        let read = self.read(actor, move |c| {
            Box::pin(async move {
                let counted = if own {
                    sqlx::query_as!(
                        Counted,
                        "select part, name, n, first_at as first, last_at as last from clinic.subject_seen($1)
                          order by n desc, name",
                        patient.0
                    )
                    .fetch_all(&mut *c)
                    .await?
                } else {
                    sqlx::query_as!(
                        Counted,
                        "select part, name, n, first_at as first, last_at as last from clinic.subject_overview($1)
                          order by n desc, name",
                        patient.0
                    )
                    .fetch_all(&mut *c)
                    .await?
                };
                let erasure = erasure::of_patient(&mut *c, patient).await?;
                let viewers = sqlx::query!(
                    r#"select family_name as "family!", given_name as "given!", role as "role!", n as "n!", last_at as "last!"
                         from clinic.subject_viewers($1)"#,
                    patient.0
                )
                .fetch_all(&mut *c)
                .await?;
                let zone = audit_log::zone(&mut *c, workplace).await?;
                if opened {
                    told.facts(serde_json::json!({ "view": "subject" })).record(c).await?;
                }
                let mut subject =
                    Subject { erasure, own, kinds: vec![], centres: vec![], authors: vec![], viewers: vec![], zone };
                for r in counted {
                    let list = match r.part.as_deref() {
                        Some("kind") => &mut subject.kinds,
                        Some("centre") => &mut subject.centres,
                        _ => &mut subject.authors,
                    };
                    let n = r.n.unwrap_or_default();
                    list.push(SubjectPart { name: r.name.unwrap_or_default(), n, first: r.first, last: r.last });
                }
                subject.viewers = viewers
                    .into_iter()
                    .map(|r| SubjectViewer {
                        who: PersonName::new(r.family, r.given),
                        role: r.role,
                        n: r.n,
                        last: r.last,
                    })
                    .collect();
                Ok(subject)
            })
        });
        let outcome = read.await;
        if let Err(Error::Refused(why)) = &outcome {
            self.tell_refusal(actor, event, &why.rule).await;
        }
        outcome
    }

    /// Everything kept about a patient, texts opened. `proof`: of the speaker's password, given again. Logged.
    ///
    /// # Errors
    /// [`Error::Refused`] by `not_permitted` or `step_up_wrong`, [`Error::NotFound`], and those of the line to the server.
    pub async fn subject_record(
        &self,
        actor: &Actor,
        patient: PatientId,
        proof: Vec<u8>,
    ) -> Result<SubjectRecord, Error> {
        let event = Event::new("subject.export", "patient").id(patient.0).patient(patient);
        let (told, own, by) = (event.clone(), actor.patient == Some(patient), actor.name.clone());
        let workplace = actor.workplace.as_ref().map(|w| w.zone);
        let read = self.read(actor, move |c| {
            Box::pin(async move {
                let found = if own {
                    sqlx::query_as!(
                        Found,
                        "select kind, id, doc, texts from clinic.subject_own($1, $2)",
                        patient.0,
                        proof
                    )
                    .fetch_all(&mut *c)
                    .await?
                } else {
                    sqlx::query_as!(
                        Found,
                        "select kind, id, doc, texts from clinic.subject_export($1, $2)",
                        patient.0,
                        proof
                    )
                    .fetch_all(&mut *c)
                    .await?
                };
                let p = sqlx::query!(
                    r#"select family_name, given_name, record_number, clinic.now() as "now!" from clinic.patient where id = $1"#,
                    patient.0
                )
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
                if own {
                    // Of anybody else's the database's own function tells.
                    told.facts(serde_json::json!({ "rows": found.len() })).record(&mut *c).await?;
                }
                let rows = opened(&mut *c, found).await?;
                let names = names(&mut *c, &rows).await?;
                let views = views(&mut *c, patient).await?;
                let zone = audit_log::zone(c, workplace).await?;
                Ok(SubjectRecord {
                    patient: PersonName::new(p.family_name, p.given_name),
                    record_number: p.record_number,
                    rows,
                    views,
                    names,
                    at: p.now,
                    by,
                    zone,
                })
            })
        });
        let outcome = read.await;
        if let Err(Error::Refused(why)) = &outcome {
            self.tell_refusal(actor, event, &why.rule).await;
        }
        outcome
    }
}

/// The rows with their texts in the place of what was sealed.
async fn opened(c: &mut PgConnection, found: Vec<Found>) -> Result<Vec<SubjectRow>, Error> {
    let mut rows: Vec<(Uuid, Uuid, Vec<String>, SubjectRow)> = found
        .into_iter()
        .map(|r| {
            let kind = r.kind.unwrap_or_default();
            let fields = match r.doc {
                Some(Value::Object(fields)) => fields,
                _ => Map::new(),
            };
            // Records that were merged keep their own keys.
            let column = if kind == "patient" { "id" } else { "patient_id" };
            let about = fields.get(column).and_then(|v| v.as_str()?.parse::<Uuid>().ok());
            let owner = about.filter(|_| !OF_CLINIC.contains(&kind.as_str())).unwrap_or(sealed::ORGANISATION);
            (owner, r.id.unwrap_or_default(), r.texts.unwrap_or_default(), SubjectRow { kind, fields })
        })
        .collect();
    let keys = sealed::keys(c, rows.iter().map(|r| r.0)).await?;
    for (owner, id, texts, row) in &mut rows {
        for column in texts {
            let Some(Value::String(bytes)) = row.fields.get(column.as_str()) else { continue };
            let text = keys.row(&row.kind, *owner, *id).open(column, Some(&from_hex(bytes)))?;
            row.fields.insert(column.clone(), Value::String(text));
        }
        row.fields.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
    }
    Ok(rows.into_iter().map(|r| r.3).collect())
}

/// The bytes that the database writes as `\x0011…`.
fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("\\x").unwrap_or_default().as_bytes();
    let digit = |b: u8| char::from(b).to_digit(16).unwrap_or_default() as u8;
    digits.chunks_exact(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}

/// The names of whoever and whatever the rows mention by their ids.
async fn names(c: &mut PgConnection, rows: &[SubjectRow]) -> Result<HashMap<Uuid, String>, Error> {
    let mentioned = rows.iter().flat_map(|r| r.fields.values());
    let ids: HashSet<Uuid> = mentioned.filter_map(|v| v.as_str()?.parse().ok()).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let found = sqlx::query!(
        r#"select a.id as "id!", a.family_name as "family!", a.given_name as "given!" from clinic.account a where a.id = any ($1)
           union all
           select v.id, a.family_name, a.given_name from clinic.provider v join clinic.account a on a.id = v.account_id where v.id = any ($1)
           union all
           select x.id, '', x.name from clinic.centre x where x.id = any ($1)"#,
        &ids
    )
    .fetch_all(c)
    .await?;
    let name = |family: String, given: String| {
        if family.is_empty() { given } else { PersonName::new(family, given).to_string() }
    };
    Ok(found.into_iter().map(|r| (r.id, name(r.family, r.given))).collect())
}

async fn views(c: &mut PgConnection, patient: PatientId) -> Result<Vec<RecordView>, Error> {
    let mut all: Vec<RecordView> = vec![];
    for _ in 0..PAGES {
        let last = all.last().map(|v| (v.at, v.id.0));
        let rows = sqlx::query!(
            r#"select id as "id!", at as "at!", coalesce(family_name, '') as "family!", coalesce(given_name, '') as "given!",
                      coalesce(role, '') as "role!", coalesce(centre, '') as "centre!", action as "action!",
                      entity as "entity!", coalesce(by_right, '') as "right!", refused as "refused!"
                 from clinic.record_viewers($1, $2, $3, $4)"#,
            patient.0,
            last.map(|l| l.0),
            last.map(|l| l.1),
            VIEWS
        )
        .fetch_all(&mut *c)
        .await?;
        let more = rows.len() == VIEWS as usize;
        all.extend(rows.into_iter().map(|r| RecordView {
            id: AuditEventId(r.id),
            at: r.at,
            who: PersonName::new(r.family, r.given),
            role: r.role,
            centre: r.centre,
            action: r.action,
            entity: r.entity,
            right: r.right,
            refused: r.refused,
        }));
        if !more {
            break;
        }
    }
    Ok(all)
}

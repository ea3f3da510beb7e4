//! Finding visits: by patient, provider, centre and date, and one patient's visits over all centres. What is found is
//! what the speaker may read: the row policies decide, this module says why something is missing.
use super::{Error, Event, Store, refusal, sealed};
use crate::{
    domain::{
        actor::{Actor, Role},
        ids::{EncounterId, PatientId, ProviderId},
        name::PersonName,
        why::Why,
    },
    text,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

/// How many visits one page has.
pub const PAGE: i64 = 100;

/// What is looked for. Texts are names, in part, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSearch {
    pub patient: Option<String>,
    pub provider: Option<String>,
    pub centre: Option<String>,
    /// First and last day, both included, where the centres are.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

impl RecordSearch {
    /// Nothing but dates.
    #[must_use]
    pub fn is_date_alone(&self) -> bool {
        self.patient.is_none() && self.provider.is_none() && self.centre.is_none()
    }
}

/// A place in the order of visits, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitCursor {
    pub started_at: DateTime<Utc>,
    pub encounter: EncounterId,
}

/// One visit in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitRow {
    pub encounter: EncounterId,
    pub day: NaiveDate,
    pub started_at: DateTime<Utc>,
    pub state: String,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub record_number: i32,
    pub birth_date: Option<NaiveDate>,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub profession: String,
    pub centre_name: String,
    pub zone: Tz,
    /// What brought the patient.
    pub complaint: String,
    /// The main diagnosis; empty when there is none.
    pub diagnosis: String,
}

impl VisitRow {
    /// Where this visit stands in the order of visits.
    #[must_use]
    pub fn cursor(&self) -> VisitCursor {
        VisitCursor { started_at: self.started_at, encounter: self.encounter }
    }
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Newest first.
    pub rows: Vec<VisitRow>,
    /// There are older ones.
    pub more: bool,
    /// Patients whose name fits and whose history is closed, with the reason; identity and reason, nothing else.
    pub closed: Vec<(PatientId, PersonName, Why)>,
}

/// A page of one patient's visits.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage {
    pub patient: PatientId,
    pub name: PersonName,
    pub record_number: i32,
    pub sex: String,
    pub birth_date: Option<NaiveDate>,
    /// Newest first.
    pub rows: Vec<VisitRow>,
    /// There are older ones.
    pub more: bool,
    /// Why only one's own visits are shown, when that is so.
    pub closed: Option<Why>,
}

impl Store {
    /// Visits that fit, newest first, those before `before` when it is given.
    ///
    /// # Errors
    /// [`Error::Refused`] with `records_not_for_role` or `date_alone_not_for_patients`; those of the line to the server.
    pub async fn search_records(
        &self,
        actor: &Actor,
        search: RecordSearch,
        before: Option<VisitCursor>,
    ) -> Result<Found, Error> {
        let event = Event::new("records.search", "encounter");
        if matches!(actor.role, Role::Receptionist | Role::Administrator | Role::Auditor) {
            return self.refuse(actor, event, "records_not_for_role", &serde_json::Value::Null).await;
        }
        if actor.role == Role::Patient && search.is_date_alone() {
            return self.refuse(actor, event, "date_alone_not_for_patients", &serde_json::Value::Null).await;
        }
        let staff = actor.role != Role::Patient;
        self.read(actor, move |c| {
            Box::pin(async move {
                let patients = match search.patient.as_deref().filter(|_| staff) {
                    Some(name) => Some(candidates(c, name).await?),
                    None => None,
                };
                let ids: Option<Vec<uuid::Uuid>> = patients.clone();
                let provider = words(search.provider.as_deref());
                let centre = words(search.centre.as_deref());
                let mut rows =
                    visits(c, ids.as_deref(), &provider, &centre, (search.from, search.to), before).await?;
                let more = truncate(&mut rows);
                let mut closed = vec![];
                if let Some(patients) = patients.filter(|p| before.is_none() && p.len() <= 5) {
                    for id in patients {
                        if let Some(line) = closed_patient(c, id).await? {
                            closed.push(line);
                        }
                    }
                }
                let facts = serde_json::json!({
                    "rows": rows.len(), "by_patient": search.patient.is_some(), "by_provider": search.provider.is_some(),
                    "by_centre": search.centre.is_some(), "from": search.from, "to": search.to
                });
                event.facts(facts).record(&mut *c).await?;
                Ok(Found { rows, more, closed })
            })
        })
        .await
    }

    /// One patient's visits at every centre, newest first, those before `before` when it is given.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such patient for this person; those of the line to the server.
    pub async fn patient_visits(
        &self,
        actor: &Actor,
        patient: PatientId,
        before: Option<VisitCursor>,
        opened: bool,
    ) -> Result<HistoryPage, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let p = sqlx::query!(
                    "select p.family_name, p.given_name, p.record_number, p.sex, p.birth_date from clinic.patient p where p.id = $1",
                    patient.0
                )
                .fetch_one(&mut *c)
                .await?;
                let mut rows = visits(c, Some(&[patient.0]), &[], &[], (None, None), before).await?;
                let more = truncate(&mut rows);
                let closed = sqlx::query_scalar!("select clinic.why_not_read($1)", patient.0)
                    .fetch_one(&mut *c)
                    .await?
                    .map(|code| closed_because(&code));
                if opened {
                    let of_all = Event::new("patient.visits", "patient").id(patient.0).patient(patient);
                    match &closed {
                        None => of_all.facts(serde_json::json!({ "rows": rows.len() })).record(&mut *c).await?,
                        Some(why) if rows.is_empty() => {
                            let facts = serde_json::json!({ "rule": why.rule });
                            of_all.facts(facts).record_refused(&mut *c).await?;
                        }
                        // One's own visits of a record that is closed otherwise.
                        Some(_) => {
                            let facts = serde_json::json!({ "rows": rows.len(), "own_visits_of": patient });
                            Event::new("records.search", "encounter").facts(facts).record(&mut *c).await?;
                        }
                    }
                }
                Ok(HistoryPage {
                    patient,
                    name: PersonName::new(p.family_name, p.given_name),
                    record_number: p.record_number,
                    sex: p.sex,
                    birth_date: p.birth_date,
                    rows,
                    more,
                    closed,
                })
            })
        })
        .await
    }
}

/// The newest page of one patient's visits.
pub(super) async fn visits_of(c: &mut PgConnection, patient: PatientId) -> Result<Vec<VisitRow>, Error> {
    let mut rows = visits(c, Some(&[patient.0]), &[], &[], (None, None), None).await?;
    truncate(&mut rows);
    Ok(rows)
}

/// The newest page of one patient's visits before one of them.
pub(super) async fn visits_before(
    c: &mut PgConnection,
    patient: PatientId,
    this: VisitCursor,
) -> Result<Vec<VisitRow>, Error> {
    let mut rows = visits(c, Some(&[patient.0]), &[], &[], (None, None), Some(this)).await?;
    truncate(&mut rows);
    Ok(rows)
}

/// Why a history is closed, from the answer of `clinic.why_not_read`.
fn closed_because(code: &str) -> Why {
    let rule = match code {
        "role" => "records_not_for_role",
        "strict" => "read_strict",
        "expired" => "read_expired",
        "emergency_over" => "read_emergency_over",
        "only_cancelled" => "read_only_cancelled",
        _ => "read_no_relationship",
    };
    refusal::why(rule, &serde_json::Value::Null)
}

fn truncate(rows: &mut Vec<VisitRow>) -> bool {
    let page = usize::try_from(PAGE).unwrap_or(100);
    let more = rows.len() > page;
    rows.truncate(page);
    more
}

/// Folded words as patterns: each must begin a word of the name.
fn words(typed: Option<&str>) -> Vec<String> {
    text::words(typed.unwrap_or_default())
}

async fn candidates(c: &mut PgConnection, name: &str) -> Result<Vec<uuid::Uuid>, Error> {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    let digits = if name.chars().any(char::is_alphabetic) { String::new() } else { digits };
    let rows = sqlx::query_scalar!(
        r#"select f.patient_id as "id!" from clinic.find_patients($1, $2, null, null, null, 200) f"#,
        &text::words(name),
        digits
    )
    .fetch_all(c)
    .await?;
    Ok(rows)
}

async fn closed_patient(
    c: &mut PgConnection,
    id: uuid::Uuid,
) -> Result<Option<(PatientId, PersonName, Why)>, Error> {
    let row = sqlx::query!(
        "select p.family_name, p.given_name, clinic.why_not_read(p.id) as why from clinic.patient p where p.id = $1",
        id
    )
    .fetch_optional(c)
    .await?;
    Ok(row.and_then(|r| {
        let why = closed_because(&r.why?);
        Some((PatientId(id), PersonName::new(r.family_name, r.given_name), why))
    }))
}

async fn visits(
    c: &mut PgConnection,
    patients: Option<&[uuid::Uuid]>,
    provider: &[String],
    centre: &[String],
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    before: Option<VisitCursor>,
) -> Result<Vec<VisitRow>, Error> {
    let rows = sqlx::query!(
        r#"select e.id, e.day, e.started_at, e.state, e.patient_id, p.family_name, p.given_name, p.record_number, p.birth_date,
                  e.provider_id, v.family_name as provider_family, v.given_name as provider_given, pr.profession,
                  c.name as centre_name, c.zone, e.chief_complaint, g.id as "diagnosis_id?", g.name as "diagnosis?"
           from clinic.encounter e
           join clinic.patient p on p.id = e.patient_id
           join clinic.provider pr on pr.id = e.provider_id
           join clinic.account v on v.id = pr.account_id
           join clinic.centre c on c.id = e.centre_id
           left join lateral (select d.id, d.name from clinic.diagnosis d where d.encounter_id = e.id and d.struck_at is null
                               order by d.role = 'main' desc, d.created_at limit 1) g on true
           where e.state <> 'voided'
             and ($1::uuid[] is null or e.patient_id = any ((select array(select unnest(clinic.records_of(x)) from unnest($1::uuid[]) x))::uuid[]))
             and not exists (select from unnest($2::text[]) w where not (' ' || pr.name_key like '% ' || w || '%'))
             and not exists (select from unnest($3::text[]) w where not (' ' || c.name_key like '% ' || w || '%'))
             and ($4::date is null or e.day >= $4) and ($5::date is null or e.day <= $5)
             and ($6::timestamptz is null or (e.started_at, e.id) < ($6, $7::uuid))
           order by e.started_at desc, e.id desc limit $8"#,
        patients,
        provider,
        centre,
        from,
        to,
        before.map(|b| b.started_at),
        before.map(|b| b.encounter.0),
        PAGE + 1
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            let diagnosis = match r.diagnosis_id {
                Some(id) => keys.row("diagnosis", r.patient_id, id).open("name", r.diagnosis.as_deref())?,
                None => String::new(),
            };
            Ok(VisitRow {
                encounter: r.id.into(),
                day: r.day,
                started_at: r.started_at,
                state: r.state,
                patient: r.patient_id.into(),
                patient_name: PersonName::new(r.family_name, r.given_name),
                record_number: r.record_number,
                birth_date: r.birth_date,
                provider: r.provider_id.into(),
                provider_name: PersonName::new(r.provider_family, r.provider_given),
                profession: r.profession,
                centre_name: r.centre_name,
                zone: r.zone.parse().unwrap_or(Tz::UTC),
                complaint: keys
                    .row("encounter", r.patient_id, r.id)
                    .open("chief_complaint", r.chief_complaint.as_deref())?,
                diagnosis,
            })
        })
        .collect()
}

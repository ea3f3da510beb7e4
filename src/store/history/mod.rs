//! A patient's six lists in one query; what changed since the provider last saw the patient is marked. Writing is in
//! [`write`].
use super::{Error, Event, Store, refusal, sealed};
use crate::domain::{
    actor::Actor,
    history::{
        AllergyState, AllergyStatus, ConditionStatus, Entry, History, HistoryItem, HistoryList, Severity,
    },
    ids::PatientId,
    name::PersonName,
};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

mod write;

/// A row of any of the six lists, before it is told apart.
struct Row {
    list: String,
    id: Uuid,
    encounter_id: Option<Uuid>,
    code: Option<String>,
    name: Vec<u8>,
    text1: Option<Vec<u8>>,
    text2: Option<Vec<u8>>,
    text3: Option<Vec<u8>>,
    word: Option<String>,
    status: Option<String>,
    on1: Option<NaiveDate>,
    on2: Option<NaiveDate>,
    n: Option<i32>,
    mine: bool,
    by_me: bool,
    family: String,
    given: String,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    struck_at: Option<DateTime<Utc>>,
    version: i64,
    patient_id: Uuid,
    /// The number of the record it stands in, where that is another one of the same person.
    origin: Option<i32>,
}

impl Store {
    /// Every list of a patient, struck rows included. `opened` says that a person opened the chart: that is logged.
    ///
    /// # Errors
    /// [`Error::Refused`] to whom the record is not open and who wrote none of it; those of the line to the server.
    pub async fn history(&self, actor: &Actor, patient: PatientId, opened: bool) -> Result<History, Error> {
        let event = Event::new("history.open", "patient").id(patient.0).patient(patient);
        let told = event.clone();
        let seen = self.read(actor, move |c| {
            Box::pin(async move {
                let history = load(&mut *c, patient).await?;
                let why = sqlx::query_scalar!("select auth.may('history.open', $1, $1)", patient.0)
                    .fetch_one(&mut *c)
                    .await?;
                let rows = history.items.len();
                match why {
                    None if opened => told.facts(serde_json::json!({ "rows": rows })).record(c).await?,
                    // What one wrote oneself stays readable; it is part of the patient's page.
                    Some(_) if rows > 0 && opened => {
                        let facts = serde_json::json!({ "own_entries": rows });
                        let page = Event::new("patient.open", "patient").id(patient.0).patient(patient);
                        page.facts(facts).record(c).await?;
                    }
                    Some(_) if rows == 0 => {
                        return Err(Error::Refused(refusal::why("not_permitted", &serde_json::Value::Null)));
                    }
                    _ => {}
                }
                Ok(history)
            })
        });
        let seen = seen.await;
        self.explained(actor, event, opened, seen).await
    }
}

pub(super) async fn load(c: &mut PgConnection, patient: PatientId) -> Result<History, Error> {
    let head = sqlx::query!(
        r#"select coalesce(clinic.allergy_state($1), 'hidden') as "state!",
                  (select max(e.ended_at) from clinic.encounter e where e.patient_id = any ((select clinic.records_of($1))::uuid[])
                      and e.provider_id = auth.provider_id() and e.state = 'signed') as last_seen"#,
        patient.0
    )
    .fetch_one(&mut *c)
    .await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select x.list as "list!", x.id as "id!", x.encounter_id, x.code, x.name as "name!", x.text1, x.text2, x.text3, x.word,
                  x.status, x.on1, x.on2, x.n, coalesce(x.author = auth.actor(), false) as "mine!",
                  coalesce(coalesce(x.changed_by, x.author) = auth.actor(), false) as "by_me!",
                  coalesce(a.family_name, '') as "family!", coalesce(a.given_name, '') as "given!",
                  x.created_at as "created_at!", x.changed_at as "changed_at!", x.struck_at, x.version as "version!",
                  x.patient_id as "patient_id!", o.record_number as "origin?"
             from (
            select 'allergy' as list, 1 as o, id, encounter_id, code, substance as name, reaction as text1, null::bytea as text2,
                   null::bytea as text3, severity as word, status, since as on1, null::date as on2, null::int as n, author,
                   created_at, changed_at, changed_by, struck_at, version, patient_id from clinic.allergy where patient_id = any ((select clinic.records_of($1))::uuid[])
            union all
            select 'condition', 2, id, encounter_id, code, name, treatment, null, null, null, status, since, null, null, author,
                   created_at, changed_at, changed_by, struck_at, version, patient_id from clinic.condition where patient_id = any ((select clinic.records_of($1))::uuid[])
            union all
            select 'medication', 3, id, encounter_id, code, name, dose, frequency, prescriber, null, null, since, ended_on, null,
                   author, created_at, changed_at, changed_by, struck_at, version, patient_id from clinic.medication where patient_id = any ((select clinic.records_of($1))::uuid[])
            union all
            select 'surgery', 4, id, encounter_id, null, name, notes, null, null, null, null, performed_on, null, null, author,
                   created_at, changed_at, changed_by, struck_at, version, patient_id from clinic.surgery where patient_id = any ((select clinic.records_of($1))::uuid[])
            union all
            select 'vaccination', 5, id, encounter_id, code, vaccine, notes, null, null, null, null, given_on, null, dose_number,
                   author, created_at, changed_at, changed_by, struck_at, version, patient_id from clinic.vaccination where patient_id = any ((select clinic.records_of($1))::uuid[])
            union all
            select 'family_history', 6, id, encounter_id, code, condition, notes, null, null, relationship, null, null, null, null,
                   author, created_at, changed_at, changed_by, struck_at, version, patient_id from clinic.family_history where patient_id = any ((select clinic.records_of($1))::uuid[])
             ) x left join clinic.account a on a.id = x.author
             left join clinic.patient o on o.id = x.patient_id and x.patient_id <> $1
            order by x.o, x.struck_at is not null, x.status is distinct from 'active' and x.status is not null,
                     x.on2 is not null, x.created_at desc, x.id desc"#,
        patient.0
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    let last_seen = head.last_seen;
    Ok(History {
        allergy_state: AllergyState::from_code(&head.state).unwrap_or(AllergyState::Hidden),
        items: rows.into_iter().map(|r| item(&keys, r, last_seen)).collect::<Result<_, _>>()?,
        last_seen,
    })
}

/// The table of a list, and its columns for the name and the first text beside it.
fn texts_of(list: HistoryList) -> (&'static str, [&'static str; 2]) {
    match list {
        HistoryList::Allergies => ("allergy", ["substance", "reaction"]),
        HistoryList::Conditions => ("condition", ["name", "treatment"]),
        HistoryList::Medication => ("medication", ["name", "dose"]),
        HistoryList::Surgeries => ("surgery", ["name", "notes"]),
        HistoryList::Vaccinations => ("vaccination", ["vaccine", "notes"]),
        HistoryList::Family => ("family_history", ["condition", "notes"]),
    }
}

fn item(keys: &sealed::Keys, r: Row, last_seen: Option<DateTime<Utc>>) -> Result<HistoryItem, Error> {
    let list = HistoryList::from_code(&r.list)
        .ok_or_else(|| Error::bug("a list", std::io::Error::other(r.list.clone())))?;
    let (table, columns) = texts_of(list);
    let text = keys.row(table, r.patient_id, r.id);
    let name = text.open(columns[0], Some(&r.name))?;
    let text1 = text.open(columns[1], r.text1.as_deref())?;
    let status = r.status.as_deref().unwrap_or("active");
    let entry = match list {
        HistoryList::Allergies => Entry::Allergy {
            code: r.code,
            substance: name,
            reaction: text1,
            severity: r.word.as_deref().and_then(Severity::from_code),
            since: r.on1,
            status: AllergyStatus::from_code(status).unwrap_or(AllergyStatus::Active),
        },
        HistoryList::Conditions => Entry::Condition {
            code: r.code,
            name,
            since: r.on1,
            treatment: text1,
            status: ConditionStatus::from_code(status).unwrap_or(ConditionStatus::Active),
        },
        HistoryList::Medication => Entry::Medication {
            code: r.code,
            name,
            dose: text1,
            frequency: text.open("frequency", r.text2.as_deref())?,
            since: r.on1,
            prescriber: text.open("prescriber", r.text3.as_deref())?,
            ended_on: r.on2,
        },
        HistoryList::Surgeries => Entry::Surgery { name, performed_on: r.on1, notes: text1 },
        HistoryList::Vaccinations => Entry::Vaccination {
            code: r.code,
            vaccine: name,
            given_on: r.on1,
            dose_number: r.n,
            notes: text1,
        },
        HistoryList::Family => Entry::Family {
            relationship: r.word.unwrap_or_default(),
            code: r.code,
            condition: name,
            notes: text1,
        },
    };
    Ok(HistoryItem {
        id: r.id.into(),
        patient: r.patient_id.into(),
        origin: r.origin,
        version: r.version,
        entry,
        encounter: r.encounter_id.map(Into::into),
        author: PersonName::new(r.family, r.given),
        mine: r.mine,
        created_at: r.created_at,
        changed_at: r.changed_at,
        struck_at: r.struck_at,
        news: !r.by_me && last_seen.is_some_and(|seen| r.created_at > seen || r.changed_at > seen),
    })
}

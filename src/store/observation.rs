//! Vital signs: always appended, struck out by their author, never overwritten. BMI is computed when height or weight comes.
use super::{
    Error, Event, Store,
    encounter::{close_draft_in, refused},
    sealed,
};
use crate::domain::{
    actor::Actor,
    dates,
    encounter::{Observation, readings_of, rows_of, sign_code},
    ids::{DraftId, EncounterId, ObservationId, PatientId, RequestId},
    name::PersonName,
    observation::{Flag, Reading, Sign, Value, bmi, flag},
};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;

/// How many values of each sign a trend goes back.
const TREND: i64 = 12;

impl Store {
    /// The last values of every sign of a patient, newest first, struck ones left out but for those of `encounter`.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn observations(
        &self,
        actor: &Actor,
        patient: PatientId,
        encounter: Option<EncounterId>,
    ) -> Result<Vec<Observation>, Error> {
        self.read(actor, move |c| Box::pin(async move { latest(c, patient, encounter).await })).await
    }

    /// Stores what one line entered, all of it or nothing, flagged for the patient's age; outside a visit at intake.
    /// Height or weight also stores the BMI that follows. Returns the new rows.
    ///
    /// # Errors
    /// [`Error::Refused`] when a value is impossible or the person may not write there.
    pub async fn record_observations(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        encounter: Option<EncounterId>,
        readings: Vec<Reading>,
        closes: Option<DraftId>,
    ) -> Result<Vec<ObservationId>, Error> {
        let event = Event::new("observation.add", "patient")
            .id(patient.0)
            .patient(patient)
            .facts(serde_json::json!({ "readings": readings.len() }));
        let arguments = (patient, encounter, readings.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let who = sqlx::query!(
                    r#"select birth_date, clinic.now() as "now!" from clinic.patient where id = $1"#,
                    patient.0
                )
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
                for reading in &readings {
                    if let (Some(sign), Some(value)) = (reading.sign(), reading.number()) {
                        Reading::known(sign, value).map_err(Error::Refused)?;
                    }
                }
                let computed = computed_bmi(&mut *c, patient, &readings).await?;
                let mut ids = vec![];
                for row in rows_of(readings.into_iter().chain(computed).collect()) {
                    ids.push(insert(&mut *c, patient, encounter, &row, who.birth_date, who.now).await?);
                }
                close_draft_in(c, closes).await?;
                Ok(ids)
            })
        })
        .await
    }

    /// Marks one's own value as entered in error: kept, shown struck, never counted.
    ///
    /// # Errors
    /// [`Error::Refused`] when somebody else entered it or it is struck already.
    pub async fn strike_observation(
        &self,
        actor: &Actor,
        request: RequestId,
        observation: ObservationId,
    ) -> Result<(), Error> {
        let event = Event::new("observation.strike", "observation").id(observation.0);
        self.write(actor, request, event, &observation, move |c| {
            Box::pin(async move {
                let done = sqlx::query!(
                    "update clinic.observation set struck_at = clinic.now(), struck_by = auth.actor()
                      where id = $1 and author = auth.actor() and struck_at is null",
                    observation.0
                )
                .execute(c)
                .await?;
                if done.rows_affected() == 1 { Ok(()) } else { Err(refused("strike_own_rows")) }
            })
        })
        .await
    }
}

async fn insert(
    c: &mut PgConnection,
    patient: PatientId,
    encounter: Option<EncounterId>,
    row: &[Reading],
    born: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<ObservationId, Error> {
    let id = ObservationId::new();
    let Some(first) = row.first() else { return Ok(id) };
    let code = sign_code(row);
    let months = born.map(|b| dates::age_months(b, now.date_naive()));
    // A pressure is high when either figure is: a high one matters more than a low one.
    let flags: Vec<Flag> = row.iter().filter_map(|r| flag(r, months)).collect();
    let flag = if flags.contains(&Flag::High) { Some("high") } else { flags.first().map(|_| "low") };
    let (mut name, mut words) = (None, None);
    let said = match &first.value {
        Value::Words(said) => Some(said),
        Value::Number(_) => None,
    };
    if code == "free" || said.is_some() {
        let keys = sealed::keys_to_write(&mut *c, patient.0).await?;
        let text = keys.row("observation", patient.0, id);
        if code == "free" {
            name = Some(text.seal_required("name", first.name())?);
        }
        if let Some(said) = said {
            words = Some(text.seal_required("value_text", said)?);
        }
    }
    sqlx::query!(
        "insert into clinic.observation (id, encounter_id, patient_id, sign, name, value, value2, value_text, unit, flag,
                taken_at, author, created_at)
         values ($1, $2, $3, $4, $5, $6::float8::numeric, $7::float8::numeric, $8, $9, $10, $11, auth.actor(), $11)",
        id.0,
        encounter.map(|e| e.0),
        patient.0,
        code,
        name,
        first.number(),
        row.get(1).and_then(Reading::number),
        words,
        first.unit,
        flag,
        now
    )
    .execute(c)
    .await?;
    Ok(id)
}

/// The BMI that follows from a new height or weight and the latest of the other.
async fn computed_bmi(
    c: &mut PgConnection,
    patient: PatientId,
    readings: &[Reading],
) -> Result<Option<Reading>, Error> {
    let new = |sign| readings.iter().find(|r| r.sign() == Some(sign)).and_then(Reading::number);
    let (height, weight) = (new(Sign::Height), new(Sign::Weight));
    if height.is_none() && weight.is_none() {
        return Ok(None);
    }
    let latest = sqlx::query!(
        r#"select (select o.value::float8 from clinic.observation o where o.patient_id = any ((select clinic.records_of($1))::uuid[]) and o.sign = 'height'
                     and o.struck_at is null order by o.taken_at desc limit 1) as height,
                  (select o.value::float8 from clinic.observation o where o.patient_id = any ((select clinic.records_of($1))::uuid[]) and o.sign = 'weight'
                     and o.struck_at is null order by o.taken_at desc limit 1) as weight"#,
        patient.0
    )
    .fetch_one(c)
    .await?;
    Ok(height
        .or(latest.height)
        .zip(weight.or(latest.weight))
        .and_then(|(h, w)| bmi(h, w))
        .and_then(|value| Reading::known(Sign::Bmi, value).ok()))
}

/// The last values inside a transaction.
pub(super) async fn latest(
    c: &mut PgConnection,
    patient: PatientId,
    encounter: Option<EncounterId>,
) -> Result<Vec<Observation>, Error> {
    let rows = sqlx::query!(
        r#"select o.id, o.patient_id, o.encounter_id, o.sign, o.name, o.value::float8 as value, o.value2::float8 as value2,
                  o.value_text, o.unit, o.flag, o.taken_at, o.struck_at,
                  coalesce(o.author = auth.actor(), false) as "mine!",
                  coalesce(a.family_name, '') as "family!", coalesce(a.given_name, '') as "given!"
             from (select x.*, row_number() over (partition by x.sign, x.name order by x.taken_at desc, x.id desc) as n
                     from clinic.observation x where x.patient_id = any ((select clinic.records_of($1))::uuid[])) o
             left join clinic.account a on a.id = o.author
            where (o.n <= $3 and o.struck_at is null) or o.encounter_id = $2
            order by o.taken_at desc, o.id desc"#,
        patient.0,
        encounter.map(|e| e.0),
        TREND
    )
    .fetch_all(&mut *c)
    .await?;
    let texts = rows.iter().filter(|r| r.name.is_some() || r.value_text.is_some());
    let keys = sealed::keys(c, texts.map(|r| r.patient_id)).await?;
    // The server cannot tell sealed names of free signs apart: their last values are counted here.
    let mut of_name: HashMap<String, i64> = HashMap::new();
    rows.into_iter()
        .filter_map(|r| {
            let text = keys.row("observation", r.patient_id, r.id);
            let mut read = || {
                let name = text.open("name", r.name.as_deref())?;
                let words = text.open("value_text", r.value_text.as_deref())?;
                if r.name.is_some() {
                    let n = of_name.entry(name.clone()).or_default();
                    *n += 1;
                    if *n > TREND && (encounter.is_none() || r.encounter_id != encounter.map(|e| e.0)) {
                        return Ok(None);
                    }
                }
                Ok(readings_of(&r.sign, &name, r.value, r.value2, &words, &r.unit))
            };
            let readings = match read() {
                Ok(Some(readings)) => readings,
                // Older than the trend, or a sign of a later version of the catalogue.
                Ok(None) => return None,
                Err(e) => return Some(Err(e)),
            };
            Some(Ok(Observation {
                id: r.id.into(),
                encounter: r.encounter_id.map(Into::into),
                readings,
                flag: match r.flag.as_deref() {
                    Some("low") => Some(Flag::Low),
                    Some("high") => Some(Flag::High),
                    _ => None,
                },
                at: r.taken_at,
                author: PersonName::new(r.family, r.given),
                mine: r.mine,
                struck_at: r.struck_at,
            }))
        })
        .collect()
}

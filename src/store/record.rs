//! Reading what was written: the whole record of one visit. Who may is the database's answer; who may not is told why,
//! and that is logged too.
use super::{
    Error, Event, Store, VisitCursor, authored::name, diagnosis::diagnoses, encounter, history,
    note::notes_in, observation, prescription::prescriptions, records_search::visits_before,
    referral::referrals, report::reports, service_request::orders, treatment::treatments,
};
use crate::domain::{
    actor::Actor,
    authored::Struck,
    ids::{EncounterId, PatientId},
    name::PersonName,
    record::{Amendment, Identity, PastVisit, Record},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// A refusal of reading: the rule, and what its sentence needs.
type Closed = (String, serde_json::Value);

impl Store {
    /// Everything of one visit. `opened` says that a person opened it: that is logged, a refresh is not.
    ///
    /// # Errors
    /// [`Error::Refused`] with `record_no_relationship`, `record_expired`, `record_only_cancelled`, `record_strict`,
    /// `record_role` or `record_unknown`: never an empty record.
    pub async fn record(&self, actor: &Actor, encounter: EncounterId, opened: bool) -> Result<Record, Error> {
        let found = self.read(actor, move |c| {
            Box::pin(async move {
                let asked = sqlx::query!(
                    r#"select why, patient_id, clinic.setting('history_grace_days') as "days!" from clinic.why_not_record($1)"#,
                    encounter.0
                )
                .fetch_one(&mut *c)
                .await?;
                if let Some(why) = asked.why {
                    return Ok(Err((asked.patient_id, closed(&why, &asked.days))));
                }
                let record = match read_record(c, encounter).await {
                    // A visit that its patient does not see yet, or that went meanwhile.
                    Err(Error::NotFound) => return Ok(Err((asked.patient_id, closed("unknown", &asked.days)))),
                    read => read?,
                };
                if opened {
                    Event::new("record.open", "encounter")
                        .id(encounter.0)
                        .patient(record.visit.patient)
                        .record(&mut *c)
                        .await?;
                }
                Ok(Ok(record))
            })
        });
        match found.await? {
            Ok(record) => Ok(record),
            Err((patient, (rule, mut facts))) => {
                let mut event = Event::new("record.open", "encounter").id(encounter.0);
                event.patient = patient.map(PatientId);
                facts["role"] = actor.role.code().into();
                self.refuse(actor, event, &rule, &facts).await
            }
        }
    }
}

fn closed(why: &str, days: &str) -> Closed {
    (format!("record_{why}"), serde_json::json!({ "days": days }))
}

async fn read_record(c: &mut PgConnection, encounter: EncounterId) -> Result<Record, Error> {
    let visit = encounter::load(c, encounter).await?.ok_or(Error::NotFound)?;
    let (patient, id) = (visit.patient, encounter.0);
    let about = sqlx::query!(
        r#"select pr.profession, ce.zone, e.kind, clinic.may_read(e.patient_id) as "whole!",
                  f.starts_at as "follow_up_at?", fa.family_name as "f_family?", fa.given_name as "f_given?"
           from clinic.encounter e
           join clinic.provider pr on pr.id = e.provider_id
           join clinic.centre ce on ce.id = e.centre_id
           left join clinic.appointment f on f.id = e.follow_up_appointment_id and f.status <> 'cancelled'
           left join clinic.provider fp on fp.id = f.provider_id
           left join clinic.account fa on fa.id = fp.account_id
           where e.id = $1"#,
        id
    )
    .fetch_one(&mut *c)
    .await?;
    Ok(Record {
        patient: identity(c, patient).await?,
        profession: about.profession,
        zone: about.zone,
        contact: about.kind == "contact",
        whole: about.whole,
        history: history::load(c, patient).await?,
        past: visits_before(c, patient, VisitCursor { started_at: visit.started_at, encounter })
            .await?
            .into_iter()
            .map(|v| PastVisit {
                day: v.day,
                provider: v.provider_name,
                centre: v.centre_name,
                diagnosis: v.diagnosis,
            })
            .collect(),
        vitals: observation::latest(c, patient, Some(encounter))
            .await?
            .into_iter()
            .filter(|o| o.encounter == Some(encounter))
            .collect(),
        notes: notes_in(c, encounter).await?,
        tests: orders(c, Some(id), None).await?,
        reports: reports(c, id).await?,
        diagnoses: diagnoses(c, id).await?,
        prescriptions: prescriptions(c, id).await?,
        treatments: treatments(c, id).await?,
        referrals: referrals(c, id).await?,
        follow_up: about.follow_up_at.map(|at| (at, name((about.f_family, about.f_given)))),
        amendments: amendments(c, id).await?,
        visit,
    })
}

pub(super) async fn identity(c: &mut PgConnection, patient: PatientId) -> Result<Identity, Error> {
    let p = sqlx::query!(
        r#"select p.record_number, p.family_name, p.given_name, p.preferred_name, p.second_script_name, p.sex, p.birth_date,
                  p.national_number, p.medicare_number, p.email, p.phone, p.address, p.language, p.contact_name,
                  p.contact_relationship, p.contact_phone, p.blood_group, clinic.allergy_state(p.id) as allergy_state
           from clinic.patient p where p.id = $1"#,
        patient.0
    )
    .fetch_one(c)
    .await?;
    Ok(Identity {
        id: patient,
        record_number: p.record_number,
        name: PersonName::new(p.family_name, p.given_name),
        preferred_name: p.preferred_name,
        second_script_name: p.second_script_name,
        sex: p.sex,
        birth_date: p.birth_date,
        national_number: p.national_number,
        medicare_number: p.medicare_number,
        email: p.email,
        phone: p.phone,
        address: p.address,
        language: p.language,
        contact: [p.contact_name, p.contact_relationship, p.contact_phone],
        blood_group: p.blood_group,
        allergy_state: p.allergy_state.unwrap_or_else(|| "hidden".into()),
    })
}

/// What was struck out in a visit, by whom and when, oldest first.
async fn amendments(c: &mut PgConnection, encounter: Uuid) -> Result<Vec<Amendment>, Error> {
    let rows = sqlx::query!(
        r#"select x.of_table as "of_table!", x.id as "id!", x.struck_at as "at!", a.family_name as "family?", a.given_name as "given?"
           from (select 'note' as of_table, id, struck_at, struck_by from clinic.note where encounter_id = $1
                 union all select 'observation', id, struck_at, struck_by from clinic.observation where encounter_id = $1
                 union all select 'service_request', id, struck_at, struck_by from clinic.service_request where encounter_id = $1
                 union all select 'report', id, struck_at, struck_by from clinic.report where encounter_id = $1
                 union all select 'diagnosis', id, struck_at, struck_by from clinic.diagnosis where encounter_id = $1
                 union all select 'prescription', id, struck_at, struck_by from clinic.prescription where encounter_id = $1
                 union all select 'treatment', id, struck_at, struck_by from clinic.treatment where encounter_id = $1
                 union all select 'referral', id, struck_at, struck_by from clinic.referral where encounter_id = $1) x
           left join clinic.account a on a.id = x.struck_by
           where x.struck_at is not null order by x.struck_at, x.id"#,
        encounter
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Amendment {
            table: r.of_table,
            id: r.id,
            struck: Struck { by: name((r.family, r.given)), at: r.at },
        })
        .collect())
}

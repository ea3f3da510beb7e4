//! A patient's first screen: their own appointments and visits, and nobody else's.
use super::{Error, Event, Store, VisitRow, access_work, record::identity, records_search, refusal};
use crate::domain::{
    access::AccessWork, actor::Actor, ids::AppointmentId, name::PersonName, record::Identity,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// One of the patient's own appointments.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnAppointment {
    pub appointment: AppointmentId,
    pub day: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub status: String,
    pub provider_name: PersonName,
    pub profession: String,
    pub centre_name: String,
    pub centre_phone: Option<String>,
    pub zone: Tz,
    /// It has not begun and still stands.
    pub upcoming: bool,
}

/// What the home of a patient shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnHome {
    /// Upcoming ones in the order of time, then those of the last 90 days, newest first.
    pub appointments: Vec<OwnAppointment>,
    /// The newest visits.
    pub visits: Vec<VisitRow>,
    /// What waits for their answer.
    pub work: AccessWork,
}

impl Store {
    /// The signed-in patient's own details.
    ///
    /// # Errors
    /// [`Error::Refused`] when the account is nobody's record; those of the line to the server.
    pub async fn own_details(&self, actor: &Actor) -> Result<Identity, Error> {
        let Some(patient) = actor.patient else {
            return Err(Error::refused(refusal::why("no_own_record", &serde_json::Value::Null)));
        };
        self.read(actor, move |c| {
            Box::pin(async move {
                let own = identity(&mut *c, patient).await?;
                Event::new("own.open", "patient").id(patient.0).patient(patient).record(c).await?;
                Ok(own)
            })
        })
        .await
    }

    /// The signed-in patient's appointments and newest visits.
    ///
    /// # Errors
    /// [`Error::Refused`] when the account is nobody's record; those of the line to the server.
    pub async fn own_home(&self, actor: &Actor, opened: bool) -> Result<OwnHome, Error> {
        let Some(patient) = actor.patient else {
            return Err(Error::refused(refusal::why("no_own_record", &serde_json::Value::Null)));
        };
        self.read(actor, move |c| {
            Box::pin(async move {
                let appointments = sqlx::query!(
                    r#"select a.id, a.day, a.starts_at, a.status, v.family_name, v.given_name, p.profession, c.name as centre_name,
                              c.phone as centre_phone, c.zone,
                              (a.starts_at >= clinic.now() and a.status in ('booked', 'arrived')) as "upcoming!"
                       from clinic.appointment a
                       join clinic.provider p on p.id = a.provider_id
                       join clinic.account v on v.id = p.account_id
                       join clinic.centre c on c.id = a.centre_id
                       where a.patient_id = any ((select clinic.records_of($1))::uuid[]) and a.starts_at > clinic.now() - interval '90 days'
                       order by not (a.starts_at >= clinic.now() and a.status in ('booked', 'arrived')),
                                abs(extract(epoch from a.starts_at - clinic.now())), a.id
                       limit 100"#,
                    patient.0
                )
                .fetch_all(&mut *c)
                .await?
                .into_iter()
                .map(|r| OwnAppointment {
                    appointment: r.id.into(),
                    day: r.day,
                    starts_at: r.starts_at,
                    status: r.status,
                    provider_name: PersonName::new(r.family_name, r.given_name),
                    profession: r.profession,
                    centre_name: r.centre_name,
                    centre_phone: r.centre_phone,
                    zone: r.zone.parse().unwrap_or(Tz::UTC),
                    upcoming: r.upcoming,
                })
                .collect();
                let visits = records_search::visits_of(c, patient).await?;
                if opened {
                    Event::new("own.open", "patient").id(patient.0).patient(patient).record(&mut *c).await?;
                }
                let work = access_work::work(c).await?;
                Ok(OwnHome { appointments, visits, work })
            })
        })
        .await
    }
}

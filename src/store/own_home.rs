//! A patient's first screen: their own appointments and visits, and nobody else's; what is theirs they cancel themselves.
use super::{
    Error, Event, Store, VisitRow, access_work, appointment::stale, record::identity, records_search,
    refusal, sealed,
};
use crate::domain::{
    access::AccessWork,
    actor::Actor,
    ids::{AppointmentId, RequestId},
    name::PersonName,
    record::Identity,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// One of the patient's own appointments.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnAppointment {
    pub appointment: AppointmentId,
    pub version: i64,
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
    /// How many days before it the patient may still cancel it.
    pub cancel_days: i32,
    /// That is over.
    pub too_late: bool,
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
                    r#"select a.id, a.version, a.day, a.starts_at, a.status, v.family_name, v.given_name, p.profession, c.name as centre_name,
                              c.phone as centre_phone, c.zone,
                              (a.starts_at >= clinic.now() and a.status in ('booked', 'arrived')) as "upcoming!",
                              d.days as "days!", (a.starts_at < clinic.now() + make_interval(days => d.days)) as "late!"
                       from clinic.appointment a
                       join clinic.provider p on p.id = a.provider_id
                       join clinic.account v on v.id = p.account_id
                       join clinic.centre c on c.id = a.centre_id
                       cross join (select clinic.setting('patient_cancel_min_days')::int as days) d
                       where a.patient_id = any ((select clinic.records_of($1))::uuid[]) and a.starts_at > clinic.now() - interval '90 days'
                       order by not (a.starts_at >= clinic.now() and a.status in ('booked', 'arrived')),
                                case when a.starts_at >= clinic.now() and a.status in ('booked', 'arrived') then a.starts_at end,
                                a.starts_at desc, a.id
                       limit 100"#,
                    patient.0
                )
                .fetch_all(&mut *c)
                .await?
                .into_iter()
                .map(|r| OwnAppointment {
                    appointment: r.id.into(),
                    version: r.version,
                    day: r.day,
                    starts_at: r.starts_at,
                    status: r.status,
                    provider_name: PersonName::new(r.family_name, r.given_name),
                    profession: r.profession,
                    centre_name: r.centre_name,
                    centre_phone: r.centre_phone,
                    zone: r.zone.parse().unwrap_or(Tz::UTC),
                    upcoming: r.upcoming,
                    cancel_days: r.days,
                    too_late: r.late,
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

    /// Cancels an appointment of the signed-in patient's own, with a reason that is kept. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is too late, they have come, or it is somebody else's; [`Error::Stale`].
    pub async fn cancel_own_appointment(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
        why: &str,
    ) -> Result<i64, Error> {
        let event = Event::new("appointment.cancel-own", "appointment").id(appointment.0);
        let why = why.trim().to_owned();
        self.write(actor, request, event, &(appointment, seen), move |c| {
            Box::pin(async move {
                let owner = sqlx::query_scalar!(
                    "select patient_id from clinic.appointment where id = $1",
                    appointment.0
                )
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
                let why = match why.as_str() {
                    "" => None,
                    why => {
                        let keys = sealed::keys_to_write(&mut *c, owner).await?;
                        keys.row("appointment", owner, appointment).seal("status_why", why)?
                    }
                };
                let made =
                    sqlx::query_scalar!("select clinic.cancel_own($1, $2, $3)", appointment.0, seen, why)
                        .fetch_one(&mut *c)
                        .await?;
                match made {
                    Some(version) => Ok(version),
                    None => Err(stale(c, appointment).await?),
                }
            })
        })
        .await
    }
}

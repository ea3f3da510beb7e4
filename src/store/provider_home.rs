//! A provider's first screen: visits that are not signed, today, and the next 7 days.
use super::{Error, Event, Store, access, access_work, appointment::texts, refusal, sealed};
use crate::domain::{
    access::AccessRequest,
    actor::Actor,
    ids::{AppointmentId, CentreId, EncounterId, PatientId, ProviderId},
    name::PersonName,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// A visit that waits for its signature.
#[derive(Debug, Clone, PartialEq)]
pub struct UnsignedVisit {
    pub encounter: EncounterId,
    pub day: NaiveDate,
    pub started_at: DateTime<Utc>,
    /// `open` or `paused`.
    pub state: String,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub sex: String,
    pub birth_date: Option<NaiveDate>,
    pub centre_name: String,
    pub zone: Tz,
}

/// One of one's own appointments.
#[derive(Debug, Clone, PartialEq)]
pub struct HomeAppointment {
    pub appointment: AppointmentId,
    pub version: i64,
    pub day: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub status: String,
    pub kind: String,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub sex: String,
    pub birth_date: Option<NaiveDate>,
    pub reason: String,
    pub arrived_at: Option<DateTime<Utc>>,
    pub centre: CentreId,
    pub centre_name: String,
    pub zone: Tz,
    /// The visit of it, if there is one that is not signed.
    pub encounter: Option<EncounterId>,
    pub allergy_state: Option<String>,
}

/// What the home of a provider shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderHome {
    pub provider: ProviderId,
    pub profession: String,
    pub registration_number: Option<String>,
    /// Oldest first.
    pub unsigned: Vec<UnsignedVisit>,
    /// Today's, those that are over last.
    pub today: Vec<HomeAppointment>,
    /// Of the 7 days after today.
    pub week: Vec<HomeAppointment>,
    /// The requests for access that this person asked, newest first.
    pub access: Vec<AccessRequest>,
    /// Connections that wait for their answer.
    pub connections: i64,
}

impl Store {
    /// One's own unsigned visits, today and the next 7 days, at every centre. Days are those of each centre.
    ///
    /// # Errors
    /// [`Error::Refused`] when nobody is booked with this person; those of the line to the server.
    pub async fn provider_home(&self, actor: &Actor, opened: bool) -> Result<ProviderHome, Error> {
        let Some(provider) = actor.provider else {
            return Err(Error::refused(refusal::why("not_permitted", &serde_json::Value::Null)));
        };
        self.read(actor, move |c| {
            Box::pin(async move {
                let me = sqlx::query!(
                    "select p.profession, p.registration_number from clinic.provider p where p.id = $1",
                    provider.0
                )
                .fetch_one(&mut *c)
                .await?;
                let unsigned = sqlx::query!(
                    "select e.id, e.day, e.started_at, e.state, e.patient_id, p.family_name, p.given_name, p.sex, p.birth_date,
                            c.name as centre_name, c.zone
                     from clinic.encounter e
                     join clinic.patient p on p.id = e.patient_id
                     join clinic.centre c on c.id = e.centre_id
                     where e.provider_id = $1 and e.state in ('open', 'paused')
                     order by e.started_at, e.id",
                    provider.0
                )
                .fetch_all(&mut *c)
                .await?;
                let appointments = sqlx::query!(
                    r#"select a.id, a.version, a.day, a.starts_at, a.status, a.kind, a.patient_id, p.family_name, p.given_name, p.sex,
                              p.birth_date, a.arrived_at, a.centre_id, c.name as centre_name, c.zone,
                              clinic.allergy_state(p.id) as allergy_state,
                              a.day = (clinic.now() at time zone c.zone)::date as "today!",
                              (select e.id from clinic.encounter e where e.appointment_id = a.id and e.state <> 'voided'
                                order by e.started_at desc limit 1) as encounter
                       from clinic.appointment a
                       join clinic.patient p on p.id = a.patient_id
                       join clinic.centre c on c.id = a.centre_id
                       where a.provider_id = $1 and a.status <> 'cancelled'
                         and a.day >= (clinic.now() at time zone c.zone)::date
                         and a.day <= (clinic.now() at time zone c.zone)::date + 7
                         and a.starts_at > clinic.now() - interval '2 days'
                       order by a.day, a.status not in ('booked', 'arrived', 'in_progress'), a.starts_at, a.id"#,
                    provider.0
                )
                .fetch_all(&mut *c)
                .await?;
                if opened {
                    let facts = serde_json::json!({ "unsigned": unsigned.len(), "appointments": appointments.len() });
                    Event::new("home.open", "provider").id(provider.0).facts(facts).record(&mut *c).await?;
                }
                let unsigned = unsigned
                    .into_iter()
                    .map(|r| UnsignedVisit {
                        encounter: r.id.into(),
                        day: r.day,
                        started_at: r.started_at,
                        state: r.state,
                        patient: r.patient_id.into(),
                        patient_name: PersonName::new(r.family_name, r.given_name),
                        sex: r.sex,
                        birth_date: r.birth_date,
                        centre_name: r.centre_name,
                        zone: r.zone.parse().unwrap_or(Tz::UTC),
                    })
                    .collect();
                let mut texts = texts(&mut *c, appointments.iter().map(|r| r.id).collect()).await?;
                let keys = sealed::keys(c, appointments.iter().map(|r| r.patient_id)).await?;
                let (mut today, mut week) = (vec![], vec![]);
                for r in appointments {
                    let text = keys.row("appointment", r.patient_id, r.id);
                    let said = texts.remove(&r.id).unwrap_or_default();
                    let row = HomeAppointment {
                        appointment: r.id.into(),
                        version: r.version,
                        day: r.day,
                        starts_at: r.starts_at,
                        status: r.status,
                        kind: r.kind,
                        patient: r.patient_id.into(),
                        patient_name: PersonName::new(r.family_name, r.given_name),
                        sex: r.sex,
                        birth_date: r.birth_date,
                        reason: text.open("reason", said.reason.as_deref())?,
                        arrived_at: r.arrived_at,
                        centre: r.centre_id.into(),
                        centre_name: r.centre_name,
                        zone: r.zone.parse().unwrap_or(Tz::UTC),
                        encounter: r.encounter.map(Into::into),
                        allergy_state: r.allergy_state,
                    };
                    if r.today { today.push(row) } else { week.push(row) }
                }
                let asked = access::requests(&mut *c).await?;
                let connections = access_work::work(c).await?.connections;
                Ok(ProviderHome {
                    access: asked,
                    connections,
                    provider,
                    profession: me.profession,
                    registration_number: me.registration_number,
                    unsigned,
                    today,
                    week,
                })
            })
        })
        .await
    }
}

//! The board of a day at one centre: what a desk sees, in one query.
use super::{Error, Event, Store, sealed};
use crate::domain::{
    actor::Actor,
    ids::{AppointmentId, CentreId, PatientId, ProviderId},
    name::PersonName,
};
use chrono::{DateTime, NaiveDate, Utc};

/// One appointment of the day as the board shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardRow {
    pub appointment: AppointmentId,
    pub version: i64,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub status: String,
    pub kind: String,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub sex: String,
    pub birth_date: Option<NaiveDate>,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub reason: String,
    pub room: Option<String>,
    pub arrived_at: Option<DateTime<Utc>>,
    pub allergy_state: Option<String>,
}

impl Store {
    /// Every appointment of `day` at `centre` that was not cancelled, in the order of time.
    ///
    /// `opened` says that a person opened the view: that is logged, a refresh is not.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn board(
        &self,
        actor: &Actor,
        centre: CentreId,
        day: NaiveDate,
        opened: bool,
    ) -> Result<Vec<BoardRow>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select a.id, a.version, a.starts_at, a.ends_at, a.status, a.kind, a.patient_id, p.family_name, p.given_name,
                              p.sex, p.birth_date, a.provider_id, v.family_name as provider_family, v.given_name as provider_given,
                              a.reason, a.room, a.arrived_at, clinic.allergy_state(p.id) as allergy_state
                       from clinic.appointment a
                       join clinic.patient p on p.id = a.patient_id
                       join clinic.provider pr on pr.id = a.provider_id
                       join clinic.account v on v.id = pr.account_id
                       where a.centre_id = $1 and a.day = $2 and a.status <> 'cancelled'
                       order by a.starts_at, p.family_name, p.given_name, a.id"#,
                    centre.0,
                    day
                )
                .fetch_all(&mut *c)
                .await?;
                if opened {
                    Event::new("board.open", "centre")
                        .id(centre.0)
                        .facts(serde_json::json!({ "day": day, "rows": rows.len() }))
                        .record(&mut *c)
                        .await?;
                }
                rows.into_iter()
                    .map(|r| {
                        Ok(BoardRow {
                            appointment: r.id.into(),
                            version: r.version,
                            starts_at: r.starts_at,
                            ends_at: r.ends_at,
                            status: r.status,
                            kind: r.kind,
                            patient: r.patient_id.into(),
                            patient_name: PersonName::new(r.family_name, r.given_name),
                            sex: r.sex,
                            birth_date: r.birth_date,
                            provider: r.provider_id.into(),
                            provider_name: PersonName::new(r.provider_family, r.provider_given),
                            reason: sealed::open(r.reason.as_deref())?,
                            room: r.room,
                            arrived_at: r.arrived_at,
                            allergy_state: r.allergy_state,
                        })
                    })
                    .collect()
            })
        })
        .await
    }
}

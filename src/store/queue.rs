//! The queue of a centre: priorities and calls. The order, one call at a time and the log of calls are the database's
//! (`clinic.queue_call_next`); what past visits teach is read here for the prediction.
use super::{Error, Event, Store};
use crate::domain::{
    actor::Actor,
    ids::{AppointmentId, CentreId, RequestId},
    name::PersonName,
    predict::{Deciles, Habits},
    queue::{Priority, QueueFilter},
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

/// Who was called, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    pub appointment: AppointmentId,
    pub patient_name: PersonName,
    pub provider_name: PersonName,
    /// `None`: to the provider.
    pub room: Option<String>,
}

impl Store {
    /// Says how soon somebody is to be seen; who said so is kept. Answers with the priority before.
    ///
    /// # Errors
    /// [`Error::Refused`] by `queue_over` when the visit has begun or is over, and when it is not permitted.
    pub async fn set_priority(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        priority: Priority,
    ) -> Result<Priority, Error> {
        let event = Event::new("queue.set-priority", "appointment")
            .id(appointment.0)
            .facts(serde_json::json!({ "to": priority.code() }));
        self.write(actor, request, event, &(appointment, priority), move |c| {
            Box::pin(async move {
                let before = sqlx::query_scalar!(
                    r#"select clinic.queue_set_priority($1, $2) as "before!""#,
                    appointment.0,
                    priority.code()
                )
                .fetch_one(c)
                .await?;
                Ok(Priority::from_code(&before))
            })
        })
        .await
    }

    /// Calls one who waits, to this room, or to the one their provider last called to.
    ///
    /// # Errors
    /// [`Error::Refused`] by `queue_not_waiting`, and when it is not permitted.
    pub async fn call_patient(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        room: &str,
    ) -> Result<Called, Error> {
        let event = Event::new("queue.call", "appointment").id(appointment.0).by_database();
        let room = room.trim().to_owned();
        self.write(actor, request, event, &(appointment, room.clone()), move |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.queue_call($1, $2)", appointment.0, room)
                    .fetch_one(&mut *c)
                    .await?;
                called(c, appointment).await
            })
        })
        .await
    }

    /// Calls whoever is first at the centre, of those meant by the filter, and not called yet. `None`: nobody waits there.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not permitted.
    pub async fn call_next(
        &self,
        actor: &Actor,
        request: RequestId,
        centre: CentreId,
        of: QueueFilter,
        room: &str,
    ) -> Result<Option<Called>, Error> {
        let event = Event::new("queue.call", "centre").id(centre.0).by_database();
        let room = room.trim().to_owned();
        self.write(actor, request, event, &(centre, of.clone(), room.clone()), move |c| {
            Box::pin(async move {
                let next = sqlx::query_scalar!(
                    "select clinic.queue_call_next($1, $2, $3, $4, $5, $6)",
                    centre.0,
                    of.provider.map(|p| p.0),
                    of.department.map(|d| d.0),
                    of.profession,
                    of.visit_type,
                    room
                )
                .fetch_one(&mut *c)
                .await?;
                match next {
                    Some(id) => Ok(Some(called(c, id.into()).await?)),
                    None => Ok(None),
                }
            })
        })
        .await
    }

    /// The one who was called is not there: not called again for some minutes. Answers how often that was so.
    ///
    /// # Errors
    /// [`Error::Refused`] by `queue_not_called`, and when it is not permitted.
    pub async fn call_unanswered(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
    ) -> Result<i32, Error> {
        let event = Event::new("queue.call", "appointment").id(appointment.0).by_database();
        self.write(actor, request, event, &(appointment, "absent"), move |c| {
            Box::pin(async move {
                let times =
                    sqlx::query_scalar!(r#"select clinic.queue_absent($1) as "times!""#, appointment.0);
                Ok(times.fetch_one(c).await?)
            })
        })
        .await
    }

    /// Takes a call back, or an absent one who is here again: the old place in the queue.
    ///
    /// # Errors
    /// [`Error::Refused`] by `queue_not_called`, and when it is not permitted.
    pub async fn put_back(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
    ) -> Result<(), Error> {
        let event = Event::new("queue.call", "appointment").id(appointment.0).by_database();
        self.write(actor, request, event, &(appointment, "put back"), move |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.queue_put_back($1)", appointment.0).execute(c).await?;
                Ok(())
            })
        })
        .await
    }

    /// What the last 90 days of the centre teach about lengths and lateness. Nothing of a patient is in it.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn visit_habits(&self, actor: &Actor, centre: CentreId) -> Result<Habits, Error> {
        self.read(actor, move |c| Box::pin(async move { habits(c, Some(centre)).await })).await
    }
}

async fn called(c: &mut PgConnection, appointment: AppointmentId) -> Result<Called, Error> {
    let r = sqlx::query!(
        r#"select p.family_name, p.given_name, v.family_name as provider_family, v.given_name as provider_given, q.room as "room?"
             from clinic.appointment a
             join clinic.patient p on p.id = a.patient_id
             join clinic.provider pr on pr.id = a.provider_id
             join clinic.account v on v.id = pr.account_id
             left join clinic.queue_entry q on q.id = a.id
            where a.id = $1"#,
        appointment.0
    )
    .fetch_one(c)
    .await?;
    Ok(Called {
        appointment,
        patient_name: PersonName::new(r.family_name, r.given_name),
        provider_name: PersonName::new(r.provider_family, r.provider_given),
        room: r.room,
    })
}

/// The habits of a centre, or of a service's own.
pub(super) async fn habits(c: &mut PgConnection, centre: Option<CentreId>) -> Result<Habits, Error> {
    let rows = sqlx::query!(
        r#"select of as "of!", provider_id, habit, n as "n!", minutes as "minutes!" from clinic.visit_habits($1)"#,
        centre.map(|x| x.0)
    )
    .fetch_all(c)
    .await?;
    let mut habits = Habits::default();
    for r in rows {
        match (r.of.as_str(), Deciles::try_from(r.minutes.as_slice()), r.provider_id) {
            ("visit", Ok(minutes), Some(provider)) => {
                habits.lengths.insert((provider.into(), r.habit), minutes);
            }
            ("late", Ok(minutes), _) => habits.lateness = Some(minutes),
            ("missed", ..) => {
                let missed = r.minutes.first().copied().unwrap_or_default();
                habits.missed = (missed as u32, u32::try_from(r.n).unwrap_or(u32::MAX));
            }
            _ => {}
        }
    }
    Ok(habits)
}

//! Appointments that are booked, moved, cancelled or restored together: all of it in one transaction, or none. Every
//! provider-day and patient it touches is locked first, sorted, so that two of them never wait for each other in a circle.
use super::{
    Error, Event, Store,
    appointment::{
        booked, day_key, keys_of, lock_in_order, patient_key, restore, set_status, zone_of_centre,
    },
    booking::{insert, put_back, relocate, take_back},
};
use crate::domain::{
    actor::Actor,
    booking::Booked,
    ids::{AppointmentId, PatientId, RequestId, SeriesId},
    series::{Step, Together},
};
use sqlx::PgConnection;
use std::collections::BTreeSet;

/// Appointments that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub id: SeriesId,
    /// A family in adjacent slots, not one patient again and again.
    pub family: bool,
    /// In the order in which they were booked.
    pub members: Vec<Booked>,
}

impl Series {
    /// Where an appointment stands in it, counted from 1.
    #[must_use]
    pub fn place(&self, appointment: AppointmentId) -> Option<usize> {
        self.members.iter().position(|m| m.id == appointment).map(|at| at + 1)
    }

    /// What is still booked from this appointment on, itself included.
    pub fn from(&self, appointment: AppointmentId) -> impl Iterator<Item = &Booked> {
        let start = self.members.iter().find(|m| m.id == appointment).map(|m| m.period.start);
        self.members.iter().filter(move |m| {
            m.status == crate::domain::appointment::AppointmentStatus::Booked
                && start.is_some_and(|from| m.period.start >= from)
        })
    }
}

impl Store {
    /// Does all of it or nothing, and answers with every appointment as it is then. New ones are tied together as `series`.
    ///
    /// # Errors
    /// Those of the first step that is refused: [`Error::Overlap`], [`Error::Refused`], [`Error::Stale`].
    pub async fn together(
        &self,
        actor: &Actor,
        request: RequestId,
        what: Together,
        series: SeriesId,
        steps: Vec<Step>,
    ) -> Result<Vec<Booked>, Error> {
        let Some(first) = steps.first() else { return Ok(vec![]) };
        let (event, arguments) = (told(first, series), (series, what, steps.clone()));
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                lock_all(c, &steps).await?;
                let mut done = vec![];
                for (n, step) in steps.iter().enumerate() {
                    done.push(take(c, step).await?);
                    // One event for each, so that every patient's log is whole; the first one's comes with the request.
                    if n > 0 {
                        told(step, series).record(&mut *c).await?;
                    }
                }
                let kind = match what {
                    Together::BookSeries => "series",
                    Together::BookFamily => "family",
                    Together::Move | Together::Cancel | Together::Restore => return Ok(done),
                };
                let ids: Vec<uuid::Uuid> = done.iter().map(|b| b.id.0).collect();
                sqlx::query!("select clinic.tie_together($1, $2, $3)", series.0, kind, &ids)
                    .execute(&mut *c)
                    .await?;
                Ok(done)
            })
        })
        .await
    }

    /// The appointments that belong together with this one; `None` when it stands alone.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn series_of(
        &self,
        actor: &Actor,
        appointment: AppointmentId,
    ) -> Result<Option<Series>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select series_id as "series!", kind as "kind!", appointment_id as "appointment!"
                         from clinic.series_of($1)"#,
                    appointment.0
                )
                .fetch_all(&mut *c)
                .await?;
                let Some(first) = rows.first() else { return Ok(None) };
                let (id, family) = (SeriesId(first.series), first.kind == "family");
                let mut members = vec![];
                for row in &rows {
                    members.push(booked(c, row.appointment.into()).await?);
                }
                let patients: BTreeSet<PatientId> = members.iter().map(|m| m.patient).collect();
                for patient in patients {
                    let event = Event::new("appointment.open", "appointment").id(appointment.0);
                    event.patient(patient).record(&mut *c).await?;
                }
                Ok(Some(Series { id, family, members }))
            })
        })
        .await
    }

    /// The place of somebody who waits among those who wait for the same provider, and how many these are; `None` when
    /// they do not wait.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn queue_place(
        &self,
        actor: &Actor,
        appointment: AppointmentId,
    ) -> Result<Option<(i32, i32)>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let row = sqlx::query!("select place, waiting from clinic.queue_place($1)", appointment.0)
                    .fetch_optional(c)
                    .await?;
                Ok(row.and_then(|r| r.place.zip(r.waiting)))
            })
        })
        .await
    }
}

async fn lock_all(c: &mut PgConnection, steps: &[Step]) -> Result<(), Error> {
    let mut keys = vec![];
    for step in steps {
        match step {
            Step::Book(new) => {
                let zone = zone_of_centre(c, new.centre).await?;
                keys.push(day_key(new.provider, new.period.start, zone));
                keys.push(patient_key(new.patient));
            }
            Step::Move { appointment, to, .. } | Step::MoveBack { appointment, to, .. } => {
                let zone = zone_of_centre(c, to.centre).await?;
                keys.push(day_key(to.provider, to.period.start, zone));
                keys.extend(keys_of(&booked(c, *appointment).await?));
            }
            Step::Cancel { appointment, .. }
            | Step::Restore { appointment, .. }
            | Step::Unbook { appointment, .. } => {
                keys.extend(keys_of(&booked(c, *appointment).await?));
            }
        }
    }
    lock_in_order(c, keys).await
}

async fn take(c: &mut PgConnection, step: &Step) -> Result<Booked, Error> {
    match step {
        Step::Book(new) => insert(c, new).await,
        Step::Move { appointment, seen, to } => relocate(c, *appointment, *seen, to).await,
        Step::MoveBack { appointment, seen, to, closed } => {
            put_back(c, *appointment, *seen, to, closed).await
        }
        Step::Cancel { appointment, seen, why } => {
            set_status(c, *appointment, *seen, "cancelled", why.trim()).await?;
            booked(c, *appointment).await
        }
        Step::Unbook { appointment, seen } => {
            take_back(c, *appointment, *seen).await?;
            booked(c, *appointment).await
        }
        Step::Restore { appointment, seen } => {
            restore(c, *appointment, *seen).await?;
            booked(c, *appointment).await
        }
    }
}

fn told(step: &Step, series: SeriesId) -> Event {
    let series = series.0;
    let of = |action, id: AppointmentId, facts| Event::new(action, "appointment").id(id.0).facts(facts);
    match step {
        Step::Book(new) => {
            let (with, starts) = (new.provider, new.period.start);
            let facts = serde_json::json!({ "series": series, "provider": with, "starts": starts });
            of("appointment.book", new.id, facts).patient(new.patient)
        }
        Step::Move { appointment, to, .. } | Step::MoveBack { appointment, to, .. } => {
            let (with, starts) = (to.provider, to.period.start);
            let facts = serde_json::json!({ "series": series, "provider": with, "starts": starts });
            of("appointment.move", *appointment, facts)
        }
        Step::Cancel { appointment, .. } | Step::Unbook { appointment, .. } => {
            let facts = serde_json::json!({ "series": series, "to": "cancelled" });
            of("appointment.set-status", *appointment, facts)
        }
        Step::Restore { appointment, .. } => {
            of("appointment.restore", *appointment, serde_json::json!({ "series": series }))
        }
    }
}

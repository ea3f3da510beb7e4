//! Booking the follow-up of a visit: the appointment and the visit's mention of it are one transaction.
use super::{Error, Event, Store, authored::stale, booking};
use crate::domain::{
    actor::Actor,
    booking::{Booked, NewAppointment},
    ids::RequestId,
    record::VisitRef,
};
use serde::{Deserialize, Serialize};

/// What booking a follow-up made: the appointment, and the version of the visit that now names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUpBooked {
    pub appointment: Booked,
    pub version: i64,
}

impl Store {
    /// Books the follow-up; the visit's follow-up date becomes its day.
    ///
    /// # Errors
    /// Those of [`Store::book`]; [`Error::Stale`] when the visit was changed since `seen`.
    pub async fn book_follow_up(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        seen: i64,
        new: NewAppointment,
    ) -> Result<FollowUpBooked, Error> {
        let event = Event::new("end.book-follow-up", "appointment")
            .id(new.id.0)
            .patient(visit.patient)
            .facts(serde_json::json!({ "encounter": visit.encounter, "starts": new.period.start }));
        self.write(actor, request, event, &(visit, new.clone()), move |c| {
            Box::pin(async move {
                if new.patient != visit.patient {
                    return Err(Error::NotFound);
                }
                let appointment = booking::insert(c, &new).await?;
                let version = sqlx::query_scalar!(
                    "update clinic.encounter e set follow_up_appointment_id = a.id, follow_up_on = a.day
                       from clinic.appointment a
                      where e.id = $1 and e.version = $2 and e.patient_id = $4 and a.id = $3 returning e.version",
                    visit.encounter.0,
                    seen,
                    new.id.0,
                    visit.patient.0
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(FollowUpBooked { appointment, version }),
                    None => Err(stale!(c, "clinic.encounter", visit.encounter.0)),
                }
            })
        })
        .await
    }
}

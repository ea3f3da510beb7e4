//! Booking the follow-up of a visit, and taking that back: the appointment and the visit's mention of it are one transaction.
use super::{
    Error, Event, Store,
    authored::{name, stale},
    booking,
    referral::referrals,
};
use crate::domain::{
    actor::Actor,
    booking::{Booked, NewAppointment},
    ids::{AppointmentId, RequestId},
    name::PersonName,
    record::VisitRef,
    referral::Referral,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// What booking a follow-up made: the appointment, and the version of the visit that now names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUpBooked {
    pub appointment: Booked,
    pub version: i64,
    /// The follow-up's day and appointment that the visit named before.
    pub before: (Option<NaiveDate>, Option<AppointmentId>),
}

/// What the End tab shows beside the visit's own fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VisitEnd {
    pub referrals: Vec<Referral>,
    /// The booked follow-up: its time and with whom.
    pub follow_up: Option<(DateTime<Utc>, PersonName)>,
    /// The provider's usual price, in cents.
    pub usual_fee: Option<i32>,
}

impl Store {
    /// What a visit plans beyond its own fields.
    ///
    /// # Errors
    /// Those of the line to the server; [`Error::NotFound`] when the visit is not the reader's to see.
    pub async fn visit_end(&self, actor: &Actor, visit: VisitRef) -> Result<VisitEnd, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let found = sqlx::query!(
                    r#"select pr.fee_cents, f.starts_at as "at?", a.family_name as "family?", a.given_name as "given?"
                       from clinic.encounter e
                       join clinic.provider pr on pr.id = e.provider_id
                       left join clinic.appointment f on f.id = e.follow_up_appointment_id and f.status <> 'cancelled'
                       left join clinic.provider fp on fp.id = f.provider_id
                       left join clinic.account a on a.id = fp.account_id
                       where e.id = $1 and e.patient_id = $2"#,
                    visit.encounter.0,
                    visit.patient.0
                )
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
                Ok(VisitEnd {
                    referrals: referrals(c, visit.encounter.0).await?,
                    follow_up: found.at.map(|at| (at, name((found.family, found.given)))),
                    usual_fee: found.fee_cents,
                })
            })
        })
        .await
    }

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
                let before = sqlx::query!(
                    "select follow_up_on, follow_up_appointment_id from clinic.encounter where id = $1 and patient_id = $2",
                    visit.encounter.0,
                    visit.patient.0
                )
                .fetch_optional(&mut *c)
                .await?
                .map(|e| (e.follow_up_on, e.follow_up_appointment_id.map(Into::into)))
                .unwrap_or_default();
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
                    Some(version) => Ok(FollowUpBooked { appointment, version, before }),
                    None => Err(stale!(c, "clinic.encounter", visit.encounter.0)),
                }
            })
        })
        .await
    }

    /// Takes the booking of a follow-up back: the appointment is cancelled, the wishes that it closed are open again, and the visit
    /// says again what it said before, in one transaction. Answers the visit's version.
    ///
    /// # Errors
    /// [`Error::Stale`] when the appointment was changed since, or the visit names another one; [`Error::Refused`] when the
    /// visit is signed.
    pub async fn unbook_follow_up(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        booked: FollowUpBooked,
    ) -> Result<i64, Error> {
        let (id, seen) = (booked.appointment.id, booked.appointment.version);
        let facts = serde_json::json!({ "to": "cancelled", "encounter": visit.encounter, "undone": true });
        let event = Event::new("appointment.set-status", "appointment").id(id.0).patient(visit.patient);
        self.write(actor, request, event.facts(facts), &(visit, id, seen), move |c| {
            Box::pin(async move {
                let (on, before) = booked.before;
                let version = sqlx::query_scalar!(
                    "update clinic.encounter set follow_up_appointment_id = $3, follow_up_on = $4
                      where id = $1 and patient_id = $2 and follow_up_appointment_id = $5 returning version",
                    visit.encounter.0,
                    visit.patient.0,
                    before.map(|a| a.0),
                    on,
                    id.0
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(version) = version else {
                    return Err(stale!(c, "clinic.encounter", visit.encounter.0));
                };
                booking::take_back(c, id, seen).await?;
                Ok(version)
            })
        })
        .await
    }
}

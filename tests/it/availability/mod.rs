//! Availability against the real database: visit types, rooms, held time, leave and holidays, sessions from weekly hours.
mod exceptions;
mod sessions;
mod slots;
mod taken_back;
mod visit_types;

use crate::{
    store_booking::{desk, slot},
    support::people::{self, Clinic, at},
};
use chrono::Duration;
use praxis::{
    domain::{
        booking::{Booked, NewAppointment},
        ids::{ClinicSessionId, RequestId},
        time::Period,
    },
    store::{Error, HoldKind, SignIn},
};

/// The name of the rule that refused.
fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why) | Error::Overlap(why) | Error::Duplicate(why)) => why.rule,
        other => panic!("no refusal but {other:?}"),
    }
}

async fn book(who: &SignIn, new: NewAppointment) -> Result<Booked, Error> {
    who.store.book(&who.actor, RequestId::new(), new).await
}

/// A stretch of a day at Randwick.
fn span(day: chrono::NaiveDate, from: (u32, u32), minutes: i64) -> Period {
    let start = at(day, from.0, from.1);
    Period { start, end: start + Duration::minutes(minutes) }
}

/// Holds half an hour of Anna's tomorrow until the policy's hour.
async fn hold(who: &SignIn, session: ClinicSessionId, period: Period) {
    who.store
        .hold_time(&who.actor, RequestId::new(), session, period, HoldKind::SameDay, None)
        .await
        .expect("a hold");
}

/// A slot of Anna's tomorrow for this visit type.
fn tomorrow(
    clinic: &Clinic,
    patient: praxis::domain::ids::PatientId,
    hour: u32,
    kind: Option<&str>,
) -> NewAppointment {
    let mut new = slot(patient, &clinic.gp, at(clinic.tomorrow, hour, 0));
    new.session = clinic.gp.tomorrow;
    new.visit_type = kind.map(str::to_owned);
    new
}

/// The desk's clinic and the desk.
async fn front() -> (crate::store_booking::Desk, SignIn) {
    let d = desk().await;
    let mei = people::signed_in(&d.db, "mei").await;
    (d, mei)
}

//! The board's rows: as they are drawn, where the day is among them, and where Enter leads from one.
use crate::{
    domain::{appointment::AppointmentStatus, ids::ProviderId, time::Period},
    store::BoardRow,
    ui::{carry::Carried, route::Route},
};
use chrono::{DateTime, NaiveDate, Utc};

/// One row as it is drawn.
pub struct Line {
    pub(super) row: BoardRow,
    pub(super) time: String,
    pub(super) name: String,
    pub(super) marks: String,
    pub(super) age: String,
    pub(super) provider: String,
    pub(super) status: String,
    pub(super) wait: String,
}

/// The row to begin at: the first who is still expected, else the first who is not done, else the day's last.
pub(super) fn where_the_day_is(lines: &[Line], day: NaiveDate, now: DateTime<Utc>) -> usize {
    use AppointmentStatus as S;
    let from = now - chrono::Duration::minutes(15);
    let first =
        |wanted: &dyn Fn(&BoardRow) -> bool| lines.iter().position(|l| l.row.day == day && wanted(&l.row));
    first(&|r| r.status == S::Booked && r.starts_at >= from)
        .or_else(|| first(&|r| matches!(r.status, S::Booked | S::Arrived | S::InProgress)))
        .or_else(|| lines.iter().rposition(|l| l.row.day == day))
        .unwrap_or(0)
}

/// Where Enter leads: into a visit that goes on or that this provider may start, otherwise to the patient.
pub(super) fn way_in(row: &BoardRow, me: Option<ProviderId>) -> Route {
    let mine = me == Some(row.provider);
    match (row.status, row.encounter) {
        (AppointmentStatus::InProgress, Some(visit)) => Route::Visit(visit),
        (AppointmentStatus::Arrived | AppointmentStatus::InProgress, _) if mine => {
            Route::StartVisit(row.appointment)
        }
        _ => Route::Patient(row.patient),
    }
}

/// The letters beside a name: allergy, look-alike, alert, referral, new patient, and how the appointment came about.
pub(super) fn marks(r: &BoardRow) -> String {
    let mut marks: Vec<&str> = vec![];
    if r.allergy_state == "listed" {
        marks.push("!A");
    }
    if r.look_alike {
        marks.push("!2");
    }
    if r.alert {
        marks.push("!");
    }
    if r.referred {
        marks.push("R");
    }
    if r.new_patient {
        marks.push("N");
    }
    let mut text = marks.concat();
    text.push(r.kind.letter());
    text.trim_end().to_owned()
}

/// The appointment of a row, to be carried along.
pub(super) fn carried(row: &BoardRow, zone: chrono_tz::Tz) -> Carried {
    Carried {
        appointment: row.appointment,
        version: row.version,
        patient: row.patient,
        patient_name: row.patient_name.clone(),
        provider: row.provider,
        provider_name: row.provider_name.clone(),
        period: Period { start: row.starts_at, end: row.ends_at },
        zone,
    }
}

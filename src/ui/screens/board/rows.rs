//! The board's rows: as they are drawn, where the day is among them, and where Enter leads from one.
use crate::{
    domain::{
        appointment::AppointmentStatus,
        booking::waited,
        ids::ProviderId,
        patient::{AGE_SEX, age_sex},
        predict::Expected,
        time::Period,
    },
    store::{Board, BoardRow},
    tr,
    ui::{
        carry::Carried,
        desk,
        route::Route,
        widgets::table::{Column, Table},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

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
    /// They wait longer than the policy thinks right.
    pub(super) long: bool,
    /// `~10:40 by 10:55`.
    pub(super) expected: String,
}

/// The columns of the board; those with the highest numbers go first where it is narrow.
pub(super) fn table() -> Table<Line> {
    Table::new(|l: &Line| l.row.appointment.0)
        .column(Column::new("Time", |l: &Line| l.time.clone()).width(6))
        .column(Column::new("Patient", |l: &Line| l.name.clone()).grow(16).look(|l, t| match l.row.status {
            AppointmentStatus::Cancelled | AppointmentStatus::Completed => t.dim(),
            _ => t.text(),
        }))
        .column(
            Column::new("", |l: &Line| l.marks.clone())
                .width(6)
                .priority(2)
                .look(|l, t| if l.marks.contains('!') { t.alarm() } else { t.dim() }),
        )
        .column(Column::new("Age", |l: &Line| l.age.clone()).width(AGE_SEX).priority(3))
        .column(Column::new("Provider", |l: &Line| l.provider.clone()).width(11).priority(5))
        .column(Column::new("Visit", |l: &Line| l.row.reason.clone()).width(10).priority(7))
        .column(Column::new("Status", |l: &Line| l.status.clone()).width(STATUS).look(|l, t| {
            match l.row.status {
                AppointmentStatus::Arrived => t.strong(),
                AppointmentStatus::InProgress => t.good(),
                AppointmentStatus::NoShow => t.warn(),
                _ => t.text(),
            }
        }))
        .column(
            Column::new("Wait", |l: &Line| l.wait.clone())
                .width(5)
                .right()
                .priority(4)
                .look(|l, t| if l.long { t.warn() } else { t.text() }),
        )
        .column(Column::new("Expected", |l: &Line| l.expected.clone()).width(15).priority(8))
        .uncounted()
        .empty(EMPTY)
}

/// Columns of the status.
const STATUS: usize = 11;

/// What stands where nobody does.
pub(super) const EMPTY: &str = "Nobody is booked on this day. b books, ] shows the next day.";

/// What every line of one day needs.
pub(super) struct OfDay<'a> {
    pub(super) day: Option<NaiveDate>,
    pub(super) now: DateTime<Utc>,
    pub(super) zone: Tz,
    pub(super) today: NaiveDate,
    pub(super) board: &'a Board,
}

impl OfDay<'_> {
    pub(super) fn line(&self, r: &BoardRow) -> Line {
        let early = self.day != Some(r.day);
        let starts = r.starts_at.with_timezone(&self.zone);
        let minutes =
            waited(r.arrived_at, self.now).filter(|_| r.status == AppointmentStatus::Arrived && !early);
        let long = minutes.is_some_and(|m| self.board.long_wait > 0 && m >= self.board.long_wait);
        Line {
            time: starts.format(if early { "%d %b" } else { "%H:%M" }).to_string(),
            name: r.patient_name.to_string(),
            marks: marks(r),
            age: age_sex(r.birth_date, r.sex, self.today),
            provider: r.provider_name.to_string(),
            status: self.status(r),
            // The mark is a sign too, not only a colour.
            wait: minutes
                .map(|m| format!("{}{}", desk::wait(m), if long { "!" } else { "" }))
                .unwrap_or_default(),
            long,
            expected: self
                .board
                .expected
                .get(&r.appointment)
                .filter(|_| !early)
                .map(|e| expected(*e, self.zone))
                .unwrap_or_default(),
            row: r.clone(),
        }
    }

    fn status(&self, r: &BoardRow) -> String {
        let clock = |at: DateTime<Utc>| at.with_timezone(&self.zone).format("%H:%M").to_string();
        match (r.status, &r.room, r.queue.called_at, r.queue.retry_at) {
            (AppointmentStatus::InProgress, Some(room), ..) => tr!("in room {room}", room = room),
            (AppointmentStatus::Arrived, _, Some(_), _) => match &r.queue.room {
                Some(room) => {
                    let whole = tr!("called to {room}", room = room);
                    if crate::text::width(&whole) <= STATUS { whole } else { tr!("to {room}", room = room) }
                }
                None => tr!("called").into(),
            },
            (AppointmentStatus::Arrived, _, None, Some(again)) if again > self.now => {
                tr!("away {time}", time = clock(again))
            }
            (status, ..) => status.word().to_owned(),
        }
    }
}

/// `~10:40 by 10:55`; one time where both are the same.
pub(super) fn expected(of: Expected, zone: Tz) -> String {
    let of = of.rounded();
    let clock = |at: DateTime<Utc>| at.with_timezone(&zone).format("%H:%M").to_string();
    tr!("~{median} by {by}", median = clock(of.median), by = clock(of.by))
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

/// The letters beside a name: priority, allergy, look-alike, alert, referral, new patient, and how the appointment came about.
pub(super) fn marks(r: &BoardRow) -> String {
    let mut marks: Vec<&str> = vec![r.queue.priority.letter()];
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

//! The schedule as it is looked at: a provider's day as cells, the half hours of a day, the days of a month. Times are
//! instants; the wall clock of the centre comes in only where something is drawn, so a clock change is never guessed.
mod month;
mod rows;

pub use month::{MonthDay, weeks};
pub use rows::{Mark, RowKey, half_hours, row_keys};

use super::{
    appointment::{AppointmentKind, AppointmentStatus},
    ids::{AppointmentId, CentreId, ClinicSessionId, PatientId, ProviderId},
    name::PersonName,
    patient::Sex,
    time::{self, Period},
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// A clinic session as a view draws it.
#[derive(Debug, Clone, PartialEq)]
pub struct DaySession {
    pub id: ClinicSessionId,
    pub centre: CentreId,
    pub centre_name: String,
    pub zone: Tz,
    pub period: Period,
    pub slot_minutes: u32,
}

/// An appointment as a view draws it; cancelled and voided ones are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct DayBooking {
    pub id: AppointmentId,
    pub version: i64,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    pub centre: CentreId,
    pub zone: Tz,
    pub period: Period,
    pub status: AppointmentStatus,
    pub kind: AppointmentKind,
    /// Empty when none was chosen.
    pub visit_type: String,
}

impl DayBooking {
    /// Whether nobody else can have its time.
    #[must_use]
    pub fn takes_its_time(&self) -> bool {
        use AppointmentStatus as S;
        self.kind == AppointmentKind::Slot
            && matches!(self.status, S::Booked | S::Arrived | S::InProgress | S::Completed)
    }
}

/// One provider's day, at every centre.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderDay {
    pub provider: ProviderId,
    pub name: PersonName,
    /// A profession's code.
    pub profession: String,
    pub day: NaiveDate,
    /// In the order of time.
    pub sessions: Vec<DaySession>,
    /// In the order of time; `None` when they were not asked for, because nobody sees them.
    pub bookings: Option<Vec<DayBooking>>,
}

/// What a cell of a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A slot that can be booked.
    Free,
    /// A slot that has begun with nobody in it.
    Gone,
    /// The first booking that begins here, and how many more begin with it.
    Booked(usize, usize),
}

/// One piece of a provider's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub period: Period,
    /// Which of the day's sessions it belongs to.
    pub session: Option<usize>,
    pub content: Content,
}

impl ProviderDay {
    /// The bookings that were read.
    #[must_use]
    pub fn booked(&self) -> &[DayBooking] {
        self.bookings.as_deref().unwrap_or_default()
    }

    /// Slots and bookings in the order of time; a slot that is taken is its booking's cell, and none of its own.
    #[must_use]
    pub fn cells(&self, now: DateTime<Utc>) -> Vec<Cell> {
        let booked = self.booked();
        let mut cells: Vec<Cell> = vec![];
        // Who was missed or left before their time gave it back; it is free again.
        let back =
            |b: &DayBooking| b.kind == AppointmentKind::Slot && !b.takes_its_time() && b.period.start > now;
        for (i, booking) in booked.iter().enumerate().filter(|(_, b)| !back(b)) {
            let same = cells.iter_mut().find(|c| c.period.start == booking.period.start);
            if let Some(Cell { content: Content::Booked(_, more), .. }) = same {
                *more += 1;
                continue;
            }
            let session = self.sessions.iter().position(|s| s.period.contains(booking.period.start));
            cells.push(Cell { period: booking.period, session, content: Content::Booked(i, 0) });
        }
        for (i, session) in self.sessions.iter().enumerate() {
            let slots = time::slots_of(session.period, session.slot_minutes).unwrap_or_default();
            let free = slots.into_iter().filter(|slot| {
                !booked.iter().any(|b| {
                    b.period.overlaps(slot)
                        && (b.takes_its_time() || b.period.start == slot.start && !back(b))
                })
            });
            cells.extend(free.map(|slot| {
                let content = if slot.start < now { Content::Gone } else { Content::Free };
                Cell { period: slot, session: Some(i), content }
            }));
        }
        cells.sort_by_key(|c| (c.period.start, c.period.end));
        cells
    }

    /// How many slots can still be booked.
    #[must_use]
    pub fn free(&self, now: DateTime<Utc>) -> usize {
        self.cells(now).iter().filter(|c| c.content == Content::Free).count()
    }

    /// The centre of a cell; of one outside every session that of its booking.
    #[must_use]
    pub fn centre_of(&self, cell: &Cell) -> Option<CentreId> {
        match (cell.session.and_then(|i| self.sessions.get(i)), cell.content) {
            (Some(s), _) => Some(s.centre),
            (None, Content::Booked(i, _)) => self.booked().get(i).map(|b| b.centre),
            _ => None,
        }
    }

    /// The zone of a cell, or of the day's first session.
    #[must_use]
    pub fn zone_of(&self, cell: Option<&Cell>) -> Option<Tz> {
        let session = cell.and_then(|c| c.session).and_then(|i| self.sessions.get(i));
        let booking = match cell.map(|c| c.content) {
            Some(Content::Booked(i, _)) => self.booked().get(i).map(|b| b.zone),
            _ => None,
        };
        session.map(|s| s.zone).or(booking).or_else(|| self.sessions.first().map(|s| s.zone))
    }

    /// The half hours of this day on the wall of `zone`: 48, and on a day of a clock change what there really is.
    #[must_use]
    pub fn strip(&self, zone: Tz, now: DateTime<Utc>) -> Vec<Mark> {
        let cells = self.cells(now);
        half_hours(zone, self.day)
            .into_iter()
            .map(|half| {
                let here = cells.iter().filter(|c| c.period.overlaps(&half));
                let (mut free, mut taken, mut gone) = (false, false, false);
                for cell in here {
                    match cell.content {
                        Content::Free => free = true,
                        Content::Gone => gone = true,
                        Content::Booked(..) => taken = true,
                    }
                }
                match (taken, free, gone) {
                    (true, true, _) => Mark::Part,
                    (true, false, _) => Mark::Taken,
                    (false, true, _) => Mark::Free,
                    (false, false, true) => Mark::Gone,
                    _ => Mark::Closed,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;

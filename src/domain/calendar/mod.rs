//! The schedule as it is looked at: a provider's day as cells, the half hours of a day, the days of a month. Times are
//! instants; the wall clock of the centre comes in only where something is drawn, so a clock change is never guessed.
mod month;
mod rows;

pub use month::{Choosing, MonthDay, weeks};
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
    /// Its name; empty when none was chosen.
    pub visit_type: String,
    /// The provider is kept clear until then, when that is after the visit.
    pub busy_until: Option<DateTime<Utc>>,
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

/// Why a slot without a booking is not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffKind {
    /// The provider is on leave.
    Leave,
    /// The centre has a holiday.
    Holiday,
    /// Kept for the same day until it is released.
    SameDay,
    /// Kept for urgent visits until it is released.
    Urgent,
    /// Somebody at another desk is choosing it.
    Chosen,
    /// Somebody at this desk is.
    Mine,
}

impl OffKind {
    /// Its half hour in a strip.
    #[must_use]
    pub fn mark(self) -> Mark {
        match self {
            Self::Leave | Self::Holiday => Mark::Away,
            Self::SameDay | Self::Urgent | Self::Chosen | Self::Mine => Mark::Held,
        }
    }
}

/// Time that is not free though nobody is booked.
#[derive(Debug, Clone, PartialEq)]
pub struct OffTime {
    pub period: Period,
    pub kind: OffKind,
    /// The reason of a leave or holiday, or who is choosing.
    pub text: String,
    /// Where it holds; everywhere without one.
    pub centre: Option<CentreId>,
    /// When it is free again by itself.
    pub until: Option<DateTime<Utc>>,
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
    /// Leave, holidays, kept and chosen time, the strongest first.
    pub off: Vec<OffTime>,
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
    /// Which of the times that are not free.
    Off(usize),
    /// The provider is kept clear after a visit.
    Clear,
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
                let content = self.unbooked(session, slot, now);
                Cell { period: slot, session: Some(i), content }
            }));
        }
        cells.sort_by_key(|c| (c.period.start, c.period.end));
        cells
    }

    /// What a slot is that nobody is booked in: away, begun, kept clear, kept or chosen, else free.
    fn unbooked(&self, session: &DaySession, slot: Period, now: DateTime<Utc>) -> Content {
        let off = |away: bool| {
            self.off.iter().position(|o| {
                o.period.overlaps(&slot)
                    && matches!(o.kind, OffKind::Leave | OffKind::Holiday) == away
                    && o.centre.is_none_or(|c| c == session.centre)
                    && o.until.is_none_or(|until| until > now)
                    && o.kind != OffKind::Mine
            })
        };
        if let Some(i) = off(true) {
            return Content::Off(i);
        }
        if slot.start < now {
            return Content::Gone;
        }
        let clear = |b: &DayBooking| {
            let until = b.busy_until.filter(|_| b.takes_its_time());
            until.is_some_and(|until| b.period.end < slot.end && slot.start < until)
        };
        if self.booked().iter().any(clear) {
            return Content::Clear;
        }
        off(false).map_or(Content::Free, Content::Off)
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
                let (mut free, mut taken, mut gone, mut off) = (false, false, false, None);
                for cell in here {
                    match cell.content {
                        Content::Free => free = true,
                        Content::Gone => gone = true,
                        Content::Booked(..) => taken = true,
                        Content::Clear => off = off.or(Some(Mark::Away)),
                        Content::Off(i) => off = off.or(self.off.get(i).map(|o| o.kind.mark())),
                    }
                }
                match (taken, free, off, gone) {
                    (true, true, ..) => Mark::Part,
                    (true, false, ..) => Mark::Taken,
                    (false, true, ..) => Mark::Free,
                    (false, false, Some(mark), _) => mark,
                    (false, false, None, true) => Mark::Gone,
                    _ => Mark::Closed,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;

//! What is done with the selected booking or free time: the same calls of the store as at the board, and cut and paste.
use super::{Calendar, DayKey, Msg, View};
use crate::{
    domain::{
        appointment::AppointmentStatus,
        booking::{Booked, FreeSlot, NewTime},
        calendar::Content,
        dates,
        time::Period,
        why::Why,
    },
    tr,
    ui::{
        carry::{self, Carried, Landing, Pasted},
        cx::Cx,
        desk::{self, Target},
        route::{BookingStart, Route},
    },
};
use chrono::Duration;

use super::Command;

fn nobody() -> Why {
    Why::new("nothing_selected", tr!("Nobody is booked at the selected time."))
        .instead(tr!("Enter books a free time."))
}

impl Calendar {
    pub(super) fn target(&self) -> Option<Target> {
        let booking = self.booking()?;
        let time = dates::clock(booking.period.starts_at(booking.zone).time());
        Some(Target {
            id: booking.id,
            version: booking.version,
            status: booking.status,
            label: format!("{time} {}", booking.patient_name),
        })
    }

    fn key(&self) -> Option<DayKey> {
        let cursor = self.cursor?;
        Some((cursor.provider?, cursor.day))
    }

    pub(super) fn may(&self, command: Command) -> Result<(), Why> {
        use AppointmentStatus as S;
        let booking = self.booking();
        let check = |to: S| {
            let today = self.cursor.is_some_and(|c| c.day == self.today);
            let future = booking.is_some_and(|b| b.period.start > self.now);
            self.target().map_or_else(|| Err(nobody()), |t| t.check(to, today, future))
        };
        match command {
            Command::Advance => match booking.map(|b| b.status) {
                Some(S::Arrived) => {
                    Err(Why::new("desk_arrived", tr!("They have arrived; the provider starts the visit."))
                        .instead(tr!("R takes a check-in back.")))
                }
                _ => check(S::Arrived),
            },
            Command::NoShow => check(S::NoShow),
            Command::Left => check(S::Left),
            Command::Cancel => check(S::Cancelled),
            Command::Restore => match booking.map(|b| b.status) {
                Some(S::NoShow | S::Arrived) | None => check(S::Booked),
                Some(_) => Err(Why::new(
                    "restore_cancelled",
                    tr!("Only what was missed or checked in is booked again here."),
                )
                .instead(tr!("What was cancelled is booked again at the board: c shows it, R restores it."))),
            },
            Command::Move | Command::Cut => match booking.map(|b| b.status) {
                None => Err(nobody()),
                Some(S::Booked) => Ok(()),
                Some(_) => Err(Why::new(
                    "only_booked_moves",
                    tr!("Only an appointment that is still booked can be moved."),
                )
                .instead(tr!("b books a new one."))),
            },
            Command::Paste => self.may_paste(),
            Command::Changes if booking.is_none() => Err(nobody()),
            Command::More | Command::Fewer if self.view != View::Sheet => {
                Err(Why::new("columns_of_the_sheet", tr!("The day sheet has columns to choose."))
                    .instead(tr!("D shows it.")))
            }
            Command::Everybody if self.view != View::Month => {
                Err(Why::new("month_of_whom", tr!("The month is of one provider or of the whole centre."))
                    .instead(tr!("M shows it.")))
            }
            _ => Ok(()),
        }
    }

    fn may_paste(&self) -> Result<(), Why> {
        if self.lifted.is_none() {
            return Err(Why::new("nothing_cut", tr!("Nothing was cut."))
                .instead(tr!("x takes the selected appointment up.")));
        }
        match self.cell().map(|(_, c)| c.content) {
            Some(Content::Free) => Ok(()),
            Some(Content::Gone) => {
                Err(Why::new("nothing_in_the_past", tr!("The selected time has begun already."))
                    .instead(tr!("Choose a later one.")))
            }
            _ => Err(Why::new("slot_taken", tr!("The selected time is not free."))
                .instead(tr!("Choose a time that is shown as free."))),
        }
    }

    /// Enter: the booking's patient or visit, the free time's booking, the day of the month.
    pub(super) fn open(&mut self, cx: &mut Cx<Msg>) {
        if self.view == View::Month {
            return self.look(View::Sheet, cx);
        }
        let Some(booking) = self.booking() else { return self.book(cx) };
        let me = cx.env().actor.as_ref().and_then(|a| a.provider);
        let mine = me.is_some() && me == self.cursor.and_then(|c| c.provider);
        let waits = matches!(booking.status, AppointmentStatus::Arrived | AppointmentStatus::InProgress);
        cx.push(if mine && waits { Route::StartVisit(booking.id) } else { Route::Patient(booking.patient) });
    }

    /// The selected slot, if it is one.
    fn slot(&self) -> Option<FreeSlot> {
        let (day, cell) = self.cell()?;
        let session = day.sessions.get(cell.session?)?;
        (cell.content == Content::Free).then(|| FreeSlot {
            session: session.id,
            provider: day.provider,
            provider_name: day.name.clone(),
            profession: day.profession.clone(),
            centre: session.centre,
            centre_name: session.centre_name.clone(),
            zone: session.zone,
            day: day.day,
            period: cell.period,
        })
    }

    pub(super) fn book(&self, cx: &mut Cx<Msg>) {
        let cursor = self.cursor;
        let slot = self.slot();
        cx.push(Route::Booking(BookingStart {
            provider: cursor.and_then(|c| c.provider).filter(|_| self.view != View::Month || !self.everybody),
            from: cursor.map(|c| c.day.max(self.today)),
            slot: slot.map(Box::new),
            ..BookingStart::default()
        }));
    }

    pub(super) fn walk_in(&self, cx: &mut Cx<Msg>) {
        cx.push(Route::Booking(BookingStart { walk_in: true, ..BookingStart::default() }));
    }

    pub(super) fn move_elsewhere(&self, cx: &mut Cx<Msg>) {
        let move_of = self.booking().map(|b| b.id);
        cx.push(Route::Booking(BookingStart { move_of, ..BookingStart::default() }));
    }

    pub(super) fn sessions(&self, cx: &mut Cx<Msg>) {
        let day = self.cursor.map(|c| c.day);
        cx.push(Route::Sessions(self.cursor.and_then(|c| c.provider), day));
    }

    pub(super) fn change(&mut self, to: AppointmentStatus, cx: &mut Cx<Msg>) {
        let (Some(key), Some(target)) = (self.key(), self.target()) else { return };
        self.saving = Some(target.id);
        desk::change(cx, target, to, String::new(), move |done| Msg::Changed(key, done));
    }

    pub(super) fn cancel(&mut self, cx: &mut Cx<Msg>) {
        let (Some(key), Some(target)) = (self.key(), self.target()) else { return };
        let provider = self.name(key.0);
        let question = tr!("Cancel {who} with {provider}? Why?", who = target.label, provider = provider);
        desk::ask_reason(cx, question, move |why| Msg::Reason(key, target.clone(), why));
    }

    pub(super) fn changed_one(&mut self, key: DayKey, done: desk::Done, cx: &mut Cx<Msg>) {
        self.saving = self.saving.filter(|id| *id != done.target.id);
        desk::tell(cx, &done, move |done| Msg::Changed(key, done));
        if let (Ok(version), Some(day)) = (&done.result, self.days.get_mut(&key)) {
            let mut rows = day.bookings.iter_mut().flatten();
            if let Some(row) = rows.find(|b| b.id == done.target.id) {
                (row.version, row.status) = (*version, done.to);
            }
            if matches!(done.to, AppointmentStatus::Cancelled | AppointmentStatus::Voided)
                && let Some(rows) = &mut day.bookings
            {
                rows.retain(|b| b.id != done.target.id);
            }
        }
        self.stale.insert(key);
        self.reread(cx);
    }

    pub(super) fn changes(&self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(booking)) = (cx.env().actor.clone(), self.booking()) else { return };
        let id = booking.id;
        cx.load(
            "calendar.changes",
            move |store| async move { store.appointment(&actor, id, true).await },
            Msg::Changes,
        );
    }

    pub(super) fn cut(&mut self, cx: &mut Cx<Msg>) {
        let (Some((day, _)), Some(booking)) = (self.cell(), self.booking()) else { return };
        let carried = Carried {
            appointment: booking.id,
            version: booking.version,
            patient: booking.patient,
            patient_name: booking.patient_name.clone(),
            provider: day.provider,
            provider_name: day.name.clone(),
            period: booking.period,
            zone: booking.zone,
        };
        self.lifted = Some(carried.clone());
        carry::cut(cx, carried);
    }

    pub(super) fn paste(&mut self, cx: &mut Cx<Msg>) {
        let (Some(lifted), Some(slot)) = (self.lifted.clone(), self.slot()) else { return };
        // It keeps its length, in whole slots of where it goes.
        let slot_minutes = slot.period.minutes().max(1);
        let slots = (lifted.period.minutes() + slot_minutes - 1) / slot_minutes;
        let period = Period {
            start: slot.period.start,
            end: slot.period.start + Duration::minutes(slots * slot_minutes),
        };
        let to =
            NewTime { provider: slot.provider, centre: slot.centre, session: Some(slot.session), period };
        self.saving = Some(lifted.appointment);
        carry::paste(cx, Landing::Slot(to), Msg::Pasted);
    }

    /// The selection follows what was moved, and both days are read again.
    pub(super) fn pasted(&mut self, pasted: &Pasted, cx: &mut Cx<Msg>) {
        self.saving = None;
        carry::tell(cx, pasted, Msg::Pasted);
        let Ok((old, now)) = &pasted.result else { return };
        self.lifted = None;
        let day = |b: &Booked| (b.provider, b.period.starts_at(b.zone).date());
        let there = day(now);
        if let Some(cursor) = &mut self.cursor {
            cursor.booking = Some(now.id);
            (cursor.day, cursor.provider, cursor.at) = (there.1, Some(there.0), now.period.start);
        }
        self.stale.extend([there, day(old)]);
        self.show(cx);
        self.reread(cx);
    }
}

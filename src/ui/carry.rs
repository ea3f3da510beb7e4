//! The appointment that is cut with `x` and carried from place to place until `p` pastes it or `esc` lets go. Nothing is
//! changed before it is pasted: whoever lets go, signs out or loses the line leaves it where it was.
//!
//! A screen on which something can be pasted has a command `appointment.paste`; its key works while something is carried.
use super::{cx::Cx, desk};
use crate::{
    domain::{
        booking::{Booked, FreeFilter, NewTime},
        dates,
        ids::{AppointmentId, CentreId, PatientId, ProviderId, RequestId},
        name::PersonName,
        time::{self, Period},
        why::Why,
    },
    store::{Error, Store},
    tr,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// What is carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    pub appointment: AppointmentId,
    pub version: i64,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    /// Where it is now.
    pub period: Period,
    pub zone: Tz,
}

impl Carried {
    /// `10:30 BLACK Jack`.
    #[must_use]
    pub fn label(&self) -> String {
        let at = self.period.starts_at(self.zone);
        format!("{} {} {}", dates::short_day(at.date()), dates::clock(at.time()), self.patient_name)
    }
}

impl From<&Booked> for Carried {
    fn from(b: &Booked) -> Self {
        Self {
            appointment: b.id,
            version: b.version,
            patient: b.patient,
            patient_name: b.patient_name.clone(),
            provider: b.provider,
            provider_name: b.provider_name.clone(),
            period: b.period,
            zone: b.zone,
        }
    }
}

/// Where it is pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landing {
    /// At this very time.
    Slot(NewTime),
    /// At the free time nearest to the present time of day, or to `near`, on that day.
    Day {
        day: NaiveDate,
        /// `None`: with the provider it is booked with.
        provider: Option<ProviderId>,
        centre: Option<CentreId>,
        near: Option<DateTime<Utc>>,
    },
}

/// What became of it.
#[derive(Debug)]
pub struct Pasted {
    /// It was moved back.
    pub undo: bool,
    /// The appointment before and after.
    pub result: Result<(Booked, Booked), Error>,
}

/// Takes an appointment along, if it is still booked.
pub fn cut<M: Send + 'static>(cx: &mut Cx<M>, carried: Carried) {
    cx.toast(tr!("Cut: {what}. p pastes it where you go, esc lets go.", what = carried.label()));
    cx.carry(Some(carried));
}

/// Why an appointment of this status is not cut.
///
/// # Errors
/// Unless it is still booked.
pub fn check(booked: bool) -> Result<(), Why> {
    if booked {
        return Ok(());
    }
    Err(Why::new("only_booked_moves", tr!("Only an appointment that is still booked can be moved."))
        .instead(tr!("b books a new one.")))
}

/// Asks the store to move what is carried to where the person is. Without anything carried it says so.
pub fn paste<M: Send + 'static>(
    cx: &mut Cx<M>,
    landing: Landing,
    done: impl FnOnce(Pasted) -> M + Send + 'static,
) {
    let (Some(actor), Some(carried)) = (cx.env().actor.clone(), cx.env().carried.clone()) else {
        return cx.toast(tr!("Nothing is cut. x cuts an appointment on the board or on a patient's page."));
    };
    cx.save(
        "appointment.paste",
        move |store| async move {
            let (now, _) = store.appointment(&actor, carried.appointment, false).await?;
            let to = match landing {
                Landing::Slot(to) => to,
                Landing::Day { day, provider, centre, near } => {
                    let wall = carried.period.starts_at(carried.zone).time();
                    let near = near.unwrap_or_else(|| time::instant(carried.zone, day.and_time(wall)));
                    let filter = FreeFilter {
                        provider: Some(provider.unwrap_or(carried.provider)),
                        centre,
                        visit_type: now.visit_type.clone(),
                        days: 1,
                        ..FreeFilter::from(day)
                    };
                    let wanted = Period { start: near, end: near + (now.period.end - now.period.start) };
                    let slot = store.nearest_free(&actor, filter, wanted).await?.ok_or_else(|| {
                        let what = tr!("Nothing is free there on {day}.", day = dates::short_day(day));
                        let why = Why::new("nothing_free", what);
                        Error::Refused(why.instead(tr!("b shows the first free times of other days.")))
                    })?;
                    NewTime {
                        provider: slot.provider,
                        centre: slot.centre,
                        session: Some(slot.session),
                        period: slot.period,
                    }
                }
            };
            let (id, seen) = (carried.appointment, carried.version);
            let moved = store.move_appointment(&actor, RequestId::new(), id, seen, to).await?;
            Ok((now, moved))
        },
        move |result| done(Pasted { undo: false, result }),
    );
}

/// Says where it is now and offers to take it back, or says why it stayed. Nothing is carried any more once it moved.
pub fn tell<M: Send + 'static>(
    cx: &mut Cx<M>,
    pasted: &Pasted,
    done: impl FnOnce(Pasted) -> M + Send + 'static,
) {
    let (old, new) = match &pasted.result {
        Ok(moved) => moved,
        Err(e) => return cx.failed(e),
    };
    if pasted.undo {
        return cx.toast(tr!("Moved back: {what}", what = desk::confirmation(new)));
    }
    cx.carry(None);
    cx.freed(desk::left_by(old));
    let Some(actor) = cx.env().actor.clone() else { return };
    let (back, now, closed) = (old.clone(), new.clone(), new.closed());
    cx.undoable(
        tr!("Moved from {old}: {what}", old = desk::when(old), what = desk::confirmation(new)),
        "appointment.paste",
        move |store: Store| async move {
            let moved =
                store.move_back(&actor, RequestId::new(), now.id, now.version, back.time(), closed).await?;
            Ok((now, moved))
        },
        move |result| done(Pasted { undo: true, result }),
    );
}

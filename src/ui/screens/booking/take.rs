//! Taking the selected time: booking it or moving there. A request keeps its id until its outcome is known, so that asking
//! again never books twice.
use super::{Booking, Msg};
use crate::{
    domain::{
        booking::{NewAppointment, NewTime},
        ids::{AppointmentId, RequestId},
        why::Why,
    },
    store::Error,
    tr,
    ui::cx::Cx,
};

impl Booking {
    pub(super) fn confirm(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(patient), Some(offer)) =
            (cx.env().actor.clone(), self.patient, self.offers.selected().cloned())
        else {
            return;
        };
        let (slot, request) = (offer.slot, self.request);
        let session = Some(slot.session).filter(|s| !s.0.is_nil());
        self.saving = true;
        if let Some(old) = &self.moving {
            let (id, seen) = (old.id, old.version);
            let to = NewTime { provider: slot.provider, centre: slot.centre, session, period: slot.period };
            cx.save(
                "booking.move",
                move |store| async move { store.move_appointment(&actor, request, id, seen, to).await },
                Msg::Moved,
            );
            return;
        }
        let new = NewAppointment {
            id: self.id,
            patient,
            provider: slot.provider,
            centre: slot.centre,
            session,
            kind: self.kind,
            period: slot.period,
            visit_type: None,
            reason: self.reason.clone(),
            arrived: self.here(),
        };
        cx.save(
            "booking.book",
            move |store| async move { store.book(&actor, request, new).await },
            Msg::Booked,
        );
    }

    pub(super) fn refused(&mut self, e: &Error, cx: &mut Cx<Msg>) {
        self.saving = false;
        // While it is not known what became of it, the same request is asked again and done at most once.
        if !matches!(e, Error::Unknown | Error::Unavailable(_) | Error::Slow) {
            self.request = RequestId::new();
            self.id = AppointmentId::new();
        }
        cx.failed(e);
        if let (Error::Stale { .. }, Some(_)) = (e, &self.moving) {
            self.read_moving(cx);
        }
        self.find(true, cx);
    }

    pub(super) fn read_moving(&mut self, cx: &mut Cx<Msg>) {
        if let (Some(id), Some(actor)) = (self.move_of, cx.env().actor.clone()) {
            cx.load(
                "booking.moving",
                move |store| async move { store.appointment(&actor, id, false).await.map(|(b, _)| b) },
                Msg::Moving,
            );
        }
    }

    /// What must be known before a time can be taken.
    pub(super) fn missing(&self) -> Option<Why> {
        let why = |rule: &str, text: &str, instead: &str| Some(Why::new(rule, text).instead(instead));
        if self.patient.is_none() {
            return why("booking_patient", tr!("No patient is chosen."), tr!("p chooses one."));
        }
        if self.move_of.is_some() && self.moving.is_none() {
            return why("loading", tr!("The appointment is still being read."), "");
        }
        if self.profile.as_ref().is_some_and(|p| p.deactivated) {
            return why(
                "patient_deactivated",
                tr!("This patient is deactivated."),
                tr!("Reactivate the patient first."),
            );
        }
        match self.offers.selected() {
            None => why(
                "nothing_free",
                tr!("There is no free time to take."),
                tr!("v changes the provider, f the day, c the centre."),
            ),
            Some(o) if o.gone => {
                why("slot_taken", tr!("Somebody just took that time."), tr!("Choose another one."))
            }
            Some(_) => None,
        }
    }
}

//! Taking the selected time: booking it or moving there. A request keeps its id until its outcome is known, so that asking
//! again never books twice.
use super::{Booking, Msg};
use crate::{
    domain::{
        appointment::AppointmentKind,
        booking::{FreeSlot, NewAppointment},
        ids::{AppointmentId, CallId, PatientId, RequestId, SeriesId},
        series::{Step, Together},
        why::Why,
    },
    store::Error,
    tr,
    ui::cx::Cx,
};
use chrono::NaiveDate;

impl Booking {
    pub(super) fn confirm(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(patient), Some(offer)) =
            (cx.env().actor.clone(), self.patient, self.offers.selected().cloned())
        else {
            return;
        };
        let (slot, request) = (offer.slot.clone(), self.request);
        if let Some(holder) = offer.holder(cx.env().now()) {
            let facts = serde_json::json!({
                "who": holder.holder,
                "time": offer.slot.time().format("%H:%M").to_string(),
                "until": holder.until.with_timezone(&offer.slot.zone).format("%H:%M:%S").to_string(),
            });
            let e = Error::Refused(crate::store::refusal("slot_being_chosen", &facts));
            return self.refused(&e, cx);
        }
        self.saving = true;
        if let Some(old) = &self.moving {
            let (id, seen) = (old.id, old.version);
            let to = offer.new_time();
            cx.save(
                "booking.move",
                move |store| async move { store.move_appointment(&actor, request, id, seen, to).await },
                Msg::Moved,
            );
            return;
        }
        let new = self.appointment(self.id, patient, &slot);
        if !self.family.is_empty() {
            let others = self.family.iter().map(|r| r.hit.id).zip(offer.places.iter().skip(1));
            let others = others.map(|(patient, slot)| self.appointment(AppointmentId::new(), patient, slot));
            let steps = std::iter::once(new).chain(others).map(Step::Book).collect();
            let series = self.series;
            cx.save(
                "booking.book",
                move |store| async move {
                    store.together(&actor, request, Together::BookFamily, series, steps).await
                },
                Msg::BookedFamily,
            );
            return;
        }
        let here = self.here();
        if let Some(entry) = self.waits() {
            let call = self.call;
            cx.save(
                "booking.book",
                move |store| async move {
                    store.book_waiting(&actor, request, call, entry, new).await.map(|booked| (booked, None))
                },
                Msg::Booked,
            );
            return;
        }
        cx.save(
            "booking.book",
            move |store| async move {
                let booked = store.book(&actor, request, new).await?;
                // Whoever waits is told how many are before them; without that they wait all the same.
                let place = match here {
                    true => store.queue_place(&actor, booked.id).await.unwrap_or_default(),
                    false => None,
                };
                Ok((booked, place))
            },
            Msg::Booked,
        );
    }

    fn appointment(&self, id: AppointmentId, patient: PatientId, slot: &FreeSlot) -> NewAppointment {
        NewAppointment {
            id,
            patient,
            provider: slot.provider,
            centre: slot.centre,
            session: Some(slot.session).filter(|s| !s.0.is_nil()),
            kind: self.kind,
            period: slot.period,
            visit_type: self.visit_type.clone(),
            reason: self.reason.clone(),
            arrived: self.here(),
        }
    }

    pub(super) fn refused(&mut self, e: &Error, cx: &mut Cx<Msg>) {
        self.saving = false;
        // While it is not known what became of it, the same request is asked again and done at most once.
        if !matches!(e, Error::Unknown | Error::Unavailable(_) | Error::Slow) {
            self.request = RequestId::new();
            self.id = AppointmentId::new();
            self.series = SeriesId::new();
            self.call = CallId::new();
        }
        if let (Error::Stale { .. }, Some(_)) = (e, &self.moving) {
            self.read_moving(cx);
        }
        self.find(true, cx);
        let gone = match e {
            Error::Overlap(why) => Some(why),
            Error::Refused(why) if matches!(why.rule.as_str(), "slot_being_chosen" | "not_a_slot") => {
                Some(why)
            }
            _ => None,
        };
        match (gone, self.offers.selected().cloned(), cx.env().actor.clone()) {
            (Some(why), Some(offer), Some(actor))
                if self.kind == AppointmentKind::Slot && self.family.is_empty() =>
            {
                let said = why.sentence.clone();
                let slot = offer.slot;
                let mut filter = self.filter(cx);
                filter.patient = filter.patient.filter(|_| self.moving.is_none());
                (filter.provider, filter.from) = (Some(slot.provider), slot.day);
                cx.load(
                    "booking.nearest",
                    move |store| async move { store.nearest_free(&actor, filter, slot.period).await },
                    move |nearest| Msg::Nearest(said, nearest),
                );
            }
            _ => cx.failed(e),
        }
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
        if let Some(refused) = self.refused_provider() {
            return Some(refused);
        }
        let offer = self.offers.selected();
        // Whoever may not be booked at all is told so with an empty list too.
        let day = offer.map_or(NaiveDate::MIN, |o| o.slot.day);
        if let Some(refused) = self.refused_patient(day) {
            return Some(refused);
        }
        match offer {
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

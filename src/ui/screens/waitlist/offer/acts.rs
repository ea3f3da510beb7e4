//! What is done with a freed time: offered, answered, booked, and each of these taken back.
use super::{Call, Msg, Offer};
use crate::{
    domain::{
        appointment::AppointmentKind,
        booking::{Booked, NewAppointment},
        ids::{AppointmentId, CallId, RequestId},
        waitlist::{CallOutcome, FreedTime},
    },
    store::Error,
    tr,
    ui::{cx::Cx, desk},
};

impl Offer {
    pub(super) fn offer(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(line)) = (cx.env().actor.clone(), self.table.selected()) else { return };
        let of = line.of.clone();
        let time = FreedTime { period: of.slot.period, ..self.offering.time };
        let (id, entry, request) = (CallId::new(), of.entry.id, self.request);
        self.asked = Some(Box::new(Call { id, entry, of, until: cx.env().now() }));
        self.saving = true;
        cx.save(
            "waitlist.offer",
            move |store| async move { store.offer_time(&actor, request, id, entry, time).await },
            Msg::Offered,
        );
    }

    pub(super) fn answer(&mut self, outcome: CallOutcome, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(call)) = (cx.env().actor.clone(), self.call.clone()) else { return };
        let (id, entry) = (call.id, call.entry);
        self.saving = true;
        cx.save(
            "waitlist.answer",
            move |store| async move {
                store.answer_offer(&actor, RequestId::new(), id, entry, Some(outcome)).await
            },
            move |done| Msg::Answered(outcome, done),
        );
    }

    pub(super) fn book(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(call)) = (cx.env().actor.clone(), self.call.clone()) else { return };
        let slot = &call.of.slot;
        let new = NewAppointment {
            id: self.appointment,
            patient: call.of.entry.patient,
            provider: slot.provider,
            centre: slot.centre,
            session: Some(slot.session),
            kind: AppointmentKind::Slot,
            period: slot.period,
            visit_type: call.of.entry.wish.visit_type.clone(),
            reason: String::new(),
            arrived: false,
        };
        let (id, entry, request) = (call.id, call.entry, self.request);
        self.saving = true;
        cx.save(
            "waitlist.book",
            move |store| async move { store.book_waiting(&actor, request, id, entry, new).await },
            Msg::Booked,
        );
    }

    /// A request keeps its id until its outcome is known.
    pub(super) fn settled<T>(&mut self, outcome: &Result<T, Error>) {
        self.saving = false;
        if !matches!(outcome, Err(Error::Unknown | Error::Unavailable(_) | Error::Slow)) {
            (self.request, self.appointment) = (RequestId::new(), AppointmentId::new());
        }
    }

    pub(super) fn answered(&mut self, outcome: CallOutcome, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(call)) = (cx.env().actor.clone(), self.call.take()) else { return };
        let (who, id, entry) = (&call.of.entry.patient_name, call.id, call.entry);
        let said = match outcome {
            CallOutcome::Declined => {
                tr!("Declined: {who}, who goes on waiting. enter offers it to the next.", who = who)
            }
            CallOutcome::GaveUp => {
                tr!("Off the waiting list: {who}. enter offers it to the next.", who = who)
            }
            other => tr!("{what}: {who}. enter offers it to the next.", what = other.word(), who = who),
        };
        cx.undoable(
            said,
            "waitlist.answer",
            move |store| async move { store.answer_offer(&actor, RequestId::new(), id, entry, None).await },
            move |done| Msg::TakenBack(call, done),
        );
        // The next one is the first of those who are left.
        self.offering.matches.retain(|m| m.entry.id != entry);
        self.show();
        self.table.go(0);
        self.load(cx);
    }

    pub(super) fn booked(&mut self, b: &Booked, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(call)) = (cx.env().actor.clone(), self.call.take()) else { return };
        let (id, entry, appointment, seen) = (call.id, call.entry, b.id, b.version);
        cx.undoable(
            tr!("Booked from the waiting list: {what}", what = desk::confirmation(b)),
            "waitlist.book",
            move |store| async move {
                store.unbook_waiting(&actor, RequestId::new(), id, entry, appointment, seen).await
            },
            |_| Msg::Unbooked,
        );
        cx.back();
    }
}

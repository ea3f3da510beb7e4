//! What the End tab asks of the store: free times, the booking, referrals.
use super::{EndTab, F, Msg, visit_of};
use crate::{
    domain::{
        appointment::AppointmentKind,
        booking::{FreeFilter, FreeSlot, NewAppointment},
        dates,
        ids::{AppointmentId, DraftId, RequestId},
        referral::{Referral, ReferralStatus},
        why::Why,
    },
    store::{Draft, FollowUpBooked, ReferralTarget},
    tr,
    ui::{
        desk,
        screens::appointment::{
            referral::{ReferralForm, Written, addressee, changed},
            tab::TabCx,
        },
        widgets::picker::Row,
    },
};
use chrono::NaiveDate;

impl EndTab {
    pub(super) fn look_for_slots(&mut self, from: NaiveDate, cx: &mut TabCx<'_, Msg>) {
        let (patient, today) = (cx.patient(), cx.env().today());
        let mut filter = FreeFilter::from(from);
        filter.patient = Some(cx.patient());
        filter.provider = Some(cx.chart.visit.provider);
        (self.looking, self.follow_up_from) = (true, Some(from));
        cx.read(
            "end.slots",
            move |store, actor| async move {
                let free = store.first_free(&actor, filter).await?;
                // Who may not see the list is told by the booking itself what it closed.
                let waits = store.waits_of(&actor, patient).await.unwrap_or_default();
                let directory = if waits.is_empty() { None } else { Some(store.directory(&actor).await?) };
                let met = |slot: &FreeSlot| {
                    let met = desk::met_by(&waits, slot, directory.as_ref(), None);
                    met.iter().map(|e| e.words(today)).collect::<Vec<_>>().join("; ")
                };
                Ok(free.into_iter().map(|slot| (met(&slot), slot)).collect())
            },
            move |found| Msg::Slots(from, found),
        );
    }

    /// Books a slot for the visit of this version.
    pub(super) fn book(&mut self, slot: FreeSlot, seen: i64, cx: &mut TabCx<'_, Msg>) {
        let (visit, request) = (visit_of(cx.chart), RequestId::new());
        let reason = match self.form.get(F::Notes) {
            notes if notes.is_empty() => tr!("follow-up").to_owned(),
            notes => notes,
        };
        let new = NewAppointment {
            id: AppointmentId::new(),
            patient: visit.patient,
            provider: slot.provider,
            centre: slot.centre,
            session: Some(slot.session),
            kind: AppointmentKind::Slot,
            period: slot.period,
            visit_type: None,
            reason,
            arrived: false,
        };
        cx.write(
            "end.book",
            request,
            move |store, actor, request| async move {
                store.book_follow_up(&actor, request, visit, seen, new).await
            },
            Msg::Booked,
        );
    }

    pub(super) fn hear_booked(&mut self, booked: FollowUpBooked, cx: &mut TabCx<'_, Msg>) {
        let at = booked.appointment.period.starts_at(booked.appointment.zone);
        let said = tr!(
            "Booked: {day} {time}, {provider}{closed}.",
            day = dates::short_day(at.date()),
            time = dates::clock(at.time()),
            provider = booked.appointment.provider_name,
            closed = desk::off_the_list(&booked.appointment)
        );
        cx.visit_saved(booked.version);
        let (visit, request) = (visit_of(cx.chart), RequestId::new());
        if let Some(actor) = cx.env().actor.clone() {
            cx.undoable(
                said,
                "end.book",
                move |store| async move { store.unbook_follow_up(&actor, request, visit, booked).await },
                Msg::Unbooked,
            );
        }
        self.load(cx);
    }

    pub(super) fn refer(&mut self, (new, send): Written, cx: &mut TabCx<'_, Msg>) {
        let (visit, request, sending) = (visit_of(cx.chart), RequestId::new(), RequestId::new());
        cx.write(
            "referral.write",
            request,
            move |store, actor, request| async move {
                let id = store.write_referral(&actor, request, visit, new).await?;
                if send {
                    store.send_referral(&actor, sending, visit.patient, id, 1).await?;
                }
                Ok(send)
            },
            |done| match done {
                Ok(true) => Msg::Done(tr!("The referral is sent: the patient can be booked by it."), Ok(())),
                done => Msg::Done(tr!("The referral is kept, not sent."), done.map(|_| ())),
            },
        );
    }

    /// Opens a referral that was not sent, to go on with it.
    pub(super) fn rewrite(&mut self, old: Referral, take: Option<DraftId>, cx: &mut TabCx<'_, Msg>) {
        self.rewriting = Some((old.id, old.version));
        let encounter = cx.encounter();
        cx.open(move |a| ReferralForm::of(encounter, &old, take, a), Msg::Rewrote);
    }

    /// Opens the letter again whose text was kept.
    pub(super) fn reopen_referral(&mut self, draft: &Draft, cx: &mut TabCx<'_, Msg>) {
        let Some(id) = changed(&draft.part) else {
            return write_to(addressee(&draft.payload), Some(draft.id), cx);
        };
        let unsent = |r: &&Referral| r.id.0.to_string() == id && r.status == ReferralStatus::Draft;
        match self.end.referrals.iter().find(unsent).cloned() {
            Some(old) => self.rewrite(old, Some(draft.id), cx),
            None => cx.toast(tr!("The referral that was being changed is sent or gone.")),
        }
    }

    pub(super) fn rewritten(&mut self, (new, send): Written, cx: &mut TabCx<'_, Msg>) {
        let Some(old) = self.rewriting.take() else { return };
        let (patient, request, sending) = (cx.patient(), RequestId::new(), RequestId::new());
        cx.write(
            "referral.change",
            request,
            move |store, actor, request| async move {
                let version = store.change_referral(&actor, request, patient, old, new).await?;
                if send {
                    store.send_referral(&actor, sending, patient, old.0, version).await?;
                }
                Ok(send)
            },
            |done| match done {
                Ok(true) => Msg::Done(tr!("The referral is sent: the patient can be booked by it."), Ok(())),
                done => Msg::Done(tr!("The referral is kept, not sent."), done.map(|_| ())),
            },
        );
    }

    pub(super) fn change_referral(&mut self, referral: &Referral, send: bool, cx: &mut TabCx<'_, Msg>) {
        let (id, seen, patient, request) = (referral.id, referral.version, cx.patient(), RequestId::new());
        let said = if send { tr!("The referral is sent.") } else { tr!("The referral is withdrawn.") };
        cx.write(
            "referral.change",
            request,
            move |store, actor, request| async move {
                if send {
                    store.send_referral(&actor, request, patient, id, seen).await.map(|_| ())
                } else {
                    store.withdraw_referral(&actor, request, patient, id, seen).await.map(|_| ())
                }
            },
            move |done| Msg::Done(said, done),
        );
    }
}

/// Opens the letter to this target, or to somebody outside.
pub(super) fn write_to(to: Option<ReferralTarget>, take: Option<DraftId>, cx: &mut TabCx<'_, Msg>) {
    let encounter = cx.encounter();
    cx.open(move |a| ReferralForm::new(encounter, to, take, a), Msg::Wrote);
}

/// The first day to look at; nothing typed is tomorrow.
pub(super) fn when(text: &str, today: NaiveDate) -> Result<NaiveDate, Why> {
    if text.trim().is_empty() {
        return Ok(today.succ_opt().unwrap_or(today));
    }
    crate::domain::when::parse_day(text, today)
}

/// A free time as a row to choose, with the wishes on the waiting list that it would close.
pub(super) fn slot_row((met, slot): (String, FreeSlot)) -> Row<FreeSlot> {
    let at = slot.period.starts_at(slot.zone);
    let title = format!("{} {}", dates::full_day(at.date()), dates::clock(at.time()));
    let mut detail = format!("{}, {}", slot.provider_name, slot.centre_name);
    if !met.is_empty() {
        detail = tr!("off the waiting list: {wish} · {with}", wish = met, with = detail);
    }
    Row::new(slot, title, detail)
}

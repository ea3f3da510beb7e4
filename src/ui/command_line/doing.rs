//! Enter: what the preview says is done by the store, and can be taken back as everywhere; the line then closes.
use super::{
    CommandLine, Msg,
    plan::{Plan, State},
};
use crate::{
    domain::{
        appointment::AppointmentStatus,
        booking::{Booked, NewAppointment, NewTime},
        ids::{AppointmentId, RequestId, WaitId},
        patient_query::PatientQuery,
        waitlist::NewWait,
    },
    tr,
    ui::{cx::Cx, desk, route::Route},
};

impl CommandLine {
    pub(super) fn enter(&mut self, cx: &mut Cx<Msg>) {
        let plan = match &self.preview.state {
            // Typed before the answer was there: nothing is done that nobody has read.
            State::Ready(_) if self.preview.more && self.shown != self.preview.shown() => {
                return cx.toast(tr!("That was typed before you could read this. Press again."));
            }
            State::Ready(plan) => (**plan).clone(),
            State::Ask(_) => {
                self.field.asking = true;
                return;
            }
            // What could not be read is asked for again.
            State::Wait(_) => {
                self.failed = false;
                return self.think(cx);
            }
            State::Missing(why) => return cx.toast(why.to_string()),
            State::Help => return,
        };
        match plan {
            Plan::Open(route) => self.open_place(route, cx),
            Plan::Place(route) => self.go_place(route, cx),
            Plan::Book(new) => self.book(new, cx),
            Plan::Wait(new, said) => self.wait(*new, said, cx),
            Plan::Move { id, seen, to } => self.move_it(id, seen, to, cx),
            Plan::Status { target, to: AppointmentStatus::Cancelled, why } if why.is_empty() => {
                desk::ask_reason(cx, tr!("Cancel {who}? Why?", who = target.label), Msg::Reason);
            }
            Plan::Status { target, to, why } => {
                self.saving = true;
                self.tell_search(cx);
                desk::change(cx, target, to, why, Msg::Changed);
            }
        }
    }

    /// The reason of a cancellation was given.
    pub(super) fn cancel(&mut self, why: String, cx: &mut Cx<Msg>) {
        if let State::Ready(plan) = &self.preview.state
            && let Plan::Status { target, to, .. } = &**plan
        {
            let (target, to) = (target.clone(), *to);
            self.saving = true;
            self.tell_search(cx);
            desk::change(cx, target, to, why, Msg::Changed);
        }
    }

    fn book(&mut self, new: NewAppointment, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let request = self.request;
        self.saving = true;
        self.tell_search(cx);
        cx.save("line.book", move |store| async move { store.book(&actor, request, new).await }, Msg::Booked);
    }

    fn wait(&mut self, new: NewWait, said: String, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let request = self.request;
        self.saving = true;
        self.tell_search(cx);
        cx.save(
            "line.wait",
            move |store| async move { store.add_wait(&actor, request, new).await },
            move |done| Msg::Waited(said, done),
        );
    }

    /// They wait; one key takes it back.
    pub(super) fn waited(&self, said: &str, id: WaitId, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.remember();
        cx.close();
        cx.undoable(
            tr!("On the waiting list: {what}", what = said),
            "line.wait",
            move |store| async move { store.withdraw_wait(&actor, RequestId::new(), id, 1, false).await },
            |_| Msg::Nothing,
        );
    }

    fn move_it(&mut self, id: AppointmentId, seen: i64, to: NewTime, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let request = self.request;
        self.saving = true;
        self.tell_search(cx);
        cx.save(
            "line.move",
            move |store| async move {
                let (old, _) = store.appointment(&actor, id, false).await?;
                let new = store.move_appointment(&actor, request, id, seen, to).await?;
                Ok(Box::new((old, new)))
            },
            Msg::Moved,
        );
    }

    /// The log is told that what a search found was taken up.
    fn tell_search(&self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let text = self.line.names.join(" ");
        let (query, found) = (PatientQuery::parse(&text, cx.env().today()), self.known.people.len());
        if query.is_empty() {
            return;
        }
        cx.save(
            "line.found",
            move |store| async move { store.accept_search(&actor, query, found).await },
            |_| Msg::Nothing,
        );
    }

    pub(super) fn booked(&mut self, b: &Booked, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, version) = (b.id, b.version);
        let said = if b.status == AppointmentStatus::Arrived {
            tr!("Waiting: {what}", what = desk::confirmation(b))
        } else {
            tr!("Booked: {what}", what = desk::confirmation(b))
        };
        self.remember();
        cx.close();
        cx.undoable(
            said,
            "line.book",
            move |store| async move { store.unbook(&actor, RequestId::new(), id, version).await },
            |_| Msg::Nothing,
        );
    }

    pub(super) fn moved(&mut self, old: Booked, new: &Booked, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, version, closed) = (new.id, new.version, new.closed());
        let said = tr!("Moved from {old}: {what}", old = desk::when(&old), what = desk::confirmation(new));
        self.remember();
        cx.close();
        cx.freed(desk::left_by(&old));
        cx.undoable(
            said,
            "line.move",
            move |store| async move {
                store.move_back(&actor, RequestId::new(), id, version, old.time(), closed).await
            },
            |_| Msg::Nothing,
        );
    }

    pub(super) fn open_place(&mut self, route: Route, cx: &mut Cx<Msg>) {
        if matches!(route, Route::Patient(_)) {
            self.tell_search(cx);
        }
        self.remember();
        cx.close();
        cx.push(route);
    }

    pub(super) fn go_place(&mut self, route: Route, cx: &mut Cx<Msg>) {
        self.remember();
        cx.close();
        cx.go(route);
    }

    pub(super) fn remember(&self) {
        self.history.add(self.field.line.value().trim());
    }
}

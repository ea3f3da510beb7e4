//! The patient's way onto the waiting list: what they wait for already is shown before another wish is added.
use super::{Msg, Patient};
use crate::{
    domain::waitlist::WaitEntry,
    tr,
    ui::{
        cx::Cx,
        desk,
        route::{Route, WaitStart},
        widgets::picker::{Picker, Row},
    },
};

impl Patient {
    pub(super) fn ask_waits(&self, cx: &mut Cx<Msg>) {
        let (Some(actor), id) = (cx.env().actor.clone(), self.id) else { return };
        cx.load("patient.waits", move |store| async move { store.waits_of(&actor, id).await }, Msg::Waits);
    }

    pub(super) fn choose_wait(&self, waits: Vec<WaitEntry>, cx: &mut Cx<Msg>) {
        if waits.is_empty() {
            return self.open_wait(None, cx);
        }
        let today = cx.env().today();
        let mut rows: Vec<Row<Option<Box<WaitEntry>>>> = waits
            .into_iter()
            .map(|e| {
                let title = tr!("Change: {whom}, {when}", whom = e.whom(), when = e.when(today));
                let detail = e.status.word();
                Row::new(Some(Box::new(e)), title, detail)
            })
            .collect();
        rows.push(Row::new(None, tr!("Another wish"), ""));
        let title = tr!("{who} waits already", who = self.name());
        cx.open(move |answer| Picker::new(title, answer).rows(rows).numbered(), Msg::WaitPicked);
    }

    pub(super) fn open_wait(&self, entry: Option<WaitEntry>, cx: &mut Cx<Msg>) {
        let start = match entry {
            Some(e) => WaitStart {
                patient: e.patient,
                who: e.patient_name.to_string(),
                wish: e.wish,
                note: e.note,
                change: Some((e.id, e.version)),
            },
            None => {
                let mut wish = desk::new_wish(cx.env());
                wish.provider = cx.env().actor.as_ref().and_then(|a| a.provider);
                WaitStart { patient: self.id, who: self.name(), wish, note: String::new(), change: None }
            }
        };
        cx.push(Route::Wait(Box::new(start)));
    }
}

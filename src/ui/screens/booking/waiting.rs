//! Booking and the waiting list: somebody who waits is looked for a time with what they want, and who finds none is put on the list.
use super::{Booking, Msg};
use crate::{
    domain::{
        appointment::AppointmentKind,
        ids::WaitId,
        waitlist::{WaitEntry, Wish},
    },
    ui::{
        cx::Cx,
        desk,
        route::{Route, WaitStart},
    },
};

impl Booking {
    /// With somebody from the waiting list: what they want is looked for.
    #[must_use]
    pub(super) fn for_waiting(mut self, waiting: Option<Box<WaitEntry>>) -> Self {
        if let Some(entry) = &waiting {
            let wish = &entry.wish;
            let from = self.from.unwrap_or(wish.first);
            self.days = u16::try_from((wish.last - from).num_days()).unwrap_or(0).saturating_add(1);
            (self.profession, self.department) = (wish.profession.clone(), wish.department);
            (self.visit_type, self.part) = (wish.visit_type.clone(), wish.part);
            self.ask_provider = false;
        }
        self.waiting = waiting;
        self
    }

    /// The entry of the waiting list that this booking closes.
    pub(super) fn waits(&self) -> Option<WaitId> {
        let entry = self.waiting.as_ref()?;
        (self.kind == AppointmentKind::Slot && self.patient == Some(entry.patient)).then_some(entry.id)
    }

    /// What is chosen here as a wish for the waiting list.
    pub(super) fn wait(&self, cx: &mut Cx<Msg>) {
        let Some(patient) = self.patient else { return };
        let first = self.from.unwrap_or_else(|| cx.env().today());
        let known = desk::new_wish(cx.env());
        let wish = Wish {
            provider: self.provider,
            profession: self.profession.clone().filter(|_| self.provider.is_none()),
            department: self.department,
            centre: self.centre,
            visit_type: self.visit_type.clone(),
            first,
            last: known.last.max(first),
            part: self.part,
            ..known
        };
        let who = self.profile.as_ref().map(|p| p.name().to_string()).unwrap_or_default();
        let note = String::new();
        cx.push(Route::Wait(Box::new(WaitStart { patient, who, wish, note, change: None })));
    }
}

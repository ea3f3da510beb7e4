//! What the patient of a series waits for, and which of it the plan closes: known before Enter does anything.
use super::plan::{Msg, PlanSeries};
use crate::{
    domain::{booking::Directory, ids::WaitId, waitlist::WaitEntry},
    store::Error,
    ui::{cx::Cx, desk},
};
use chrono::NaiveDate;

/// What they wait for, and who works where.
#[derive(Default)]
pub struct Waits {
    pub entries: Vec<WaitEntry>,
    pub directory: Option<Directory>,
}

impl PlanSeries {
    pub(super) fn read_waits(&self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let patient = self.start.patient;
        cx.load(
            "series.waits",
            move |store| async move {
                let entries = match store.waits_of(&actor, patient).await {
                    // Who may not see the list is told by the booking itself what it closed.
                    Err(Error::Refused(_)) => vec![],
                    read => read?,
                };
                let directory = if entries.is_empty() { None } else { Some(store.directory(&actor).await?) };
                Ok(Box::new(Waits { entries, directory }))
            },
            Msg::Waits,
        );
    }

    /// The wishes that the plan closes as it stands, each once.
    pub(super) fn closes(&self, today: NaiveDate) -> Vec<String> {
        let Some(waits) = &self.waits else { return vec![] };
        let (mut closed, mut said): (Vec<WaitId>, Vec<String>) = (vec![], vec![]);
        for (n, slot) in self.chosen() {
            // What is moved stays the visit that it is.
            let of = self.start.moves.get(n).map_or(&self.start.visit_type, |old| &old.visit_type);
            for e in desk::met_by(&waits.entries, slot, waits.directory.as_ref(), of.as_deref()) {
                if !closed.contains(&e.id) {
                    closed.push(e.id);
                    said.push(e.words(today));
                }
            }
        }
        said
    }
}

//! Keeping what is typed: sending drafts, offering those of other sign-ins, taking or discarding them.
use super::{
    Loaded, Msg, Panel, TabDraft,
    drafts::{AGAIN, LATEST, QUIET},
    name_of,
};
use crate::{
    domain::ids::DraftId,
    store::{Draft, DraftSaved, Error},
    tr,
    ui::{cx::Cx, widgets::confirm::Confirm},
};

impl Panel {
    /// Something was typed: it is sent after a second of rest, or two seconds after the first key at the latest.
    pub(super) fn keep_soon(&mut self, cx: &mut Cx<Msg>) {
        cx.after("visit.draft-quiet", QUIET, Msg::DraftDue);
        if !self.latest_pending {
            self.latest_pending = true;
            cx.after("visit.draft-latest", LATEST, Msg::DraftDue);
        }
    }

    /// Sends every tab's text that was not sent yet.
    pub(super) fn keep(&mut self, cx: &mut Cx<Msg>) {
        let (Some(chart), Some(actor)) = (&self.chart, cx.env().actor.clone()) else { return };
        let version = chart.visit.version;
        for (tab, draft) in self.drafts.iter_mut().enumerate().filter(|(_, d)| d.is_due()) {
            let Some(t) = self.tabs.get(tab) else { continue };
            let (id, actor) = (draft.id(), actor.clone());
            let Some(payload) = t.draft_payload() else {
                // All of it was deleted again.
                draft.closed(false);
                cx.save(
                    "visit.draft",
                    move |store| async move { store.close_draft(&actor, id, false).await },
                    Msg::DraftClosed,
                );
                continue;
            };
            let (revision, draft) = draft.send(t.form(), self.encounter.0, version, payload);
            cx.save(
                "visit.draft",
                move |store| async move { store.save_draft(&actor, draft).await },
                move |outcome| Msg::DraftSaved { tab, id, revision, outcome },
            );
        }
    }

    pub(super) fn draft_saved(
        &mut self,
        tab: usize,
        id: DraftId,
        revision: i64,
        outcome: Result<DraftSaved, Error>,
        cx: &mut Cx<Msg>,
    ) {
        let dirty = self.tabs.get(tab).is_some_and(|t| t.dirty());
        let Some(draft) = self.drafts.get_mut(tab) else { return };
        match outcome {
            Ok(saved) => {
                self.not_kept = None;
                if let DraftSaved::At(at) = saved {
                    self.saved_at = Some(at);
                }
                let taken = draft.kept(id, revision);
                taken.into_iter().for_each(|old| close(old, false, cx));
            }
            Err(Error::Refused(why)) if why.rule == "draft_closed" => {
                if draft.id() == id {
                    draft.closed(dirty);
                    self.keep(cx);
                }
            }
            Err(e) => {
                draft.failed(id);
                self.not_kept = Some(e.to_string());
                cx.after("visit.draft-again", AGAIN, Msg::DraftDue);
            }
        }
    }

    /// Text of this very sign-in stands in its fields again; that of others is offered.
    pub(super) fn offer(&mut self, found: Vec<Draft>, _cx: &mut Cx<Msg>) {
        for draft in found {
            let at = self.tabs.iter().position(|t| t.form() == draft.form);
            match at {
                Some(at) if draft.here && self.drafts[at].is_kept() && !self.tabs[at].dirty() => {
                    self.tabs[at].restore(&draft.payload);
                    self.drafts[at].adopt(draft.id, draft.revision);
                }
                Some(_) => self.offers.push(draft),
                None => tracing::warn!(form = draft.form, "a draft of a form that is not here"),
            }
        }
    }

    /// Puts the newest offered text into its tab, and shows that tab.
    pub(super) fn take_draft(&mut self, cx: &mut Cx<Msg>) {
        if self.offers.is_empty() {
            return;
        }
        let draft = self.offers.remove(0);
        let Some(at) = self.tabs.iter().position(|t| t.form() == draft.form) else { return };
        self.tabs[at].restore(&draft.payload);
        // The old one is closed only when its text is kept in ours.
        self.drafts[at].taken.push(draft.id);
        self.drafts[at].edited();
        self.show(at, cx);
        self.keep(cx);
    }

    pub(super) fn ask_discard(&mut self, cx: &mut Cx<Msg>) {
        let (Some(draft), Some(chart)) = (self.offers.first(), &self.chart) else { return };
        let at = draft.saved_at.with_timezone(&cx.env().zone()).format("%H:%M");
        let question =
            tr!("Discard the text from {time} about {patient}?", time = at, patient = name_of(&chart.banner));
        cx.open(
            move |a| {
                Confirm::new(question, a)
                    .consequence(tr!("Nobody can bring it back."))
                    .yes(tr!("discard it"))
                    .no(tr!("keep it"))
            },
            Msg::DiscardSure,
        );
    }

    pub(super) fn discard_draft(&mut self, sure: bool, cx: &mut Cx<Msg>) {
        if sure && !self.offers.is_empty() {
            close(self.offers.remove(0).id, true, cx);
        }
    }
}

fn close(draft: DraftId, discarded: bool, cx: &mut Cx<Msg>) {
    let Some(actor) = cx.env().actor.clone() else { return };
    cx.save(
        "visit.draft",
        move |store| async move { store.close_draft(&actor, draft, discarded).await },
        Msg::DraftClosed,
    );
}

impl Panel {
    /// Everything that is typed is saved or kept.
    pub(super) fn all_kept(&self) -> bool {
        self.drafts.iter().all(TabDraft::is_kept)
    }
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("visit", &self.chart.visit.id).finish_non_exhaustive()
    }
}

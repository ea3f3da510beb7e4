//! Keeping what is typed: sending drafts, offering those of other sign-ins, taking or discarding them.
use super::{Loaded, Msg, Panel, name_of, tab::Told};
use crate::{
    domain::ids::DraftId,
    store::{Draft, DraftSaved, Error},
    tr,
    ui::{
        cx::Cx,
        draft::{AGAIN, FormDraft, Keeps, LATEST, QUIET},
        widgets::confirm::Confirm,
    },
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
            let (revision, draft) =
                draft.send(&Keeps::new(t.form(), self.encounter.0).seen(version), payload);
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
                None if self.dialog_of(&draft).is_some() => self.offers.push(draft),
                None => tracing::warn!(form = draft.form, "a draft of a form that is not here"),
            }
        }
    }

    /// The tab whose dialog a draft was typed in, and what it is in words.
    pub(super) fn dialog_of(&self, draft: &Draft) -> Option<(usize, &'static str)> {
        let dialogs = self.tabs.iter().enumerate().filter_map(|(at, t)| Some((at, t.dialog()?)));
        dialogs.into_iter().find(|(_, (form, _))| *form == draft.form).map(|(at, (_, word))| (at, word))
    }

    /// A dialog was answered and its save is on its way: when that fails, its text is offered.
    pub(super) fn find_unsaved(&self, cx: &mut Cx<Msg>) {
        let (id, Some(actor)) = (self.encounter, cx.env().actor.clone()) else { return };
        cx.load_when_saved(
            "visit.drafts",
            move |store| async move { store.drafts(&actor, id.0).await },
            Msg::Drafts,
        );
    }

    pub(super) fn offer_dialogs(&mut self, found: Vec<Draft>) {
        let dialogs: Vec<Draft> = found.into_iter().filter(|d| self.dialog_of(d).is_some()).collect();
        let of_tabs: Vec<Draft> =
            std::mem::take(&mut self.offers).into_iter().filter(|d| self.dialog_of(d).is_none()).collect();
        self.offers = of_tabs.into_iter().chain(dialogs).collect();
    }

    /// Puts the newest offered text into its tab, and shows that tab.
    pub(super) fn take_draft(&mut self, cx: &mut Cx<Msg>) {
        if self.offers.is_empty() {
            return;
        }
        let draft = self.offers.remove(0);
        if let Some((at, _)) = self.dialog_of(&draft) {
            self.show(at, cx);
            return self.tell(at, Told::Reopen(&draft), cx);
        }
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
        self.drafts.iter().all(FormDraft::is_kept)
    }
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("visit", &self.chart.visit.id).finish_non_exhaustive()
    }
}

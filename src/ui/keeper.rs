//! Keeps what is typed in a screen that says so ([`Screen::keeps`]): sends it as a draft, offers what was found of
//! other sign-ins, takes it or discards it. Every form and dialog is kept by this one; none sends a draft itself.
//!
//! The save that ends it closes the draft in its own transaction: [`Cx::drafts`] and `Store::closing`.
use super::{
    command::{CommandDef, CommandSet},
    cx::Cx,
    draft::{AGAIN, FormDraft, Keeps, LATEST, QUIET},
    screen::{Screen, Ui},
    widgets::confirm::Confirm,
};
use crate::{
    domain::{ids::DraftId, why::Why},
    store::{Change, Draft, DraftSaved, Error},
    tr,
};
use chrono::{DateTime, Utc};
use ratatui::style::Style;

crate::commands! {
    /// What can be done with text that was found again.
    pub enum Command {
        Take: "draft.take" "take the text" "Put the text that was not saved into the fields again";
        Discard: "draft.discard" "discard it" "Throw away the text that was not saved" destructive;
    }
}

/// What the keeper is told.
pub enum KeepMsg {
    Found(Result<Vec<Draft>, Error>),
    /// What is typed has rested, or has waited long enough.
    Due,
    Saved(DraftId, i64, Result<Kept, Error>),
    Closed(Result<(), Error>),
    DiscardSure(bool),
}

/// What became of a text that was sent.
#[derive(Debug, Clone, Copy)]
pub enum Kept {
    /// Kept at this time.
    At(DateTime<Utc>),
    /// A newer one is kept already.
    Newer,
    /// Its draft was saved, taken over or discarded meanwhile: what is typed now begins another.
    Closed,
}

/// The keeper of one layer.
#[derive(Default)]
pub struct Keeper {
    keeps: Option<Keeps>,
    draft: FormDraft,
    /// Text that was neither taken nor discarded, the newest first.
    offers: Vec<Draft>,
    kept_at: Option<DateTime<Utc>>,
    not_kept: bool,
    latest_pending: bool,
    put_back: bool,
    /// Discarded on purpose: nothing is sent any more.
    over: bool,
}

impl Keeper {
    /// The layer keeps what is typed in it.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.keeps.is_some()
    }
    /// What is typed is kept, as far as is known.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.keeps() && !self.not_kept
    }
    /// The drafts that a save of what is typed closes.
    #[must_use]
    pub fn closes(&self) -> Vec<DraftId> {
        if self.keeps() { self.draft.closes() } else { vec![] }
    }
    /// Text was put back since this was asked last.
    pub fn put_back(&mut self) -> bool {
        std::mem::take(&mut self.put_back)
    }
    /// The section of the offer's keys, while there is one.
    #[must_use]
    pub fn contexts(&self) -> Vec<String> {
        if self.offers.is_empty() { vec![] } else { vec!["draft-offer".into()] }
    }
    /// The commands of the offer, while there is one.
    #[must_use]
    pub fn commands(&self) -> &'static [CommandDef] {
        if self.offers.is_empty() { &[] } else { Command::ALL }
    }
    /// The command of this name, while there is an offer.
    #[must_use]
    pub fn understands(&self, id: &str) -> Option<Command> {
        Command::parse(id).filter(|_| !self.offers.is_empty())
    }
    /// Whether such a command works.
    #[must_use]
    pub fn available(&self, id: &str) -> Option<Result<(), Why>> {
        self.understands(id).map(|_| Ok(()))
    }

    /// As soon as the screen keeps something, what was kept before is looked for.
    pub fn look<S: Screen>(&mut self, screen: &S, cx: &mut Cx<KeepMsg>) {
        if self.keeps.is_some() {
            return;
        }
        let (Some(keeps), Some(actor)) = (screen.keeps(cx.env()), cx.env().actor.clone()) else { return };
        let subject = keeps.subject;
        self.keeps = Some(keeps);
        // A save of the same form may still run: its draft is not to be offered again.
        cx.load_when_saved(
            "draft.find",
            move |store| async move { store.drafts(&actor, subject).await },
            KeepMsg::Found,
        );
    }

    /// Something was typed: it is sent after a second of rest, or two seconds after the first key at the latest.
    pub fn edited<S: Screen>(&mut self, screen: &S, cx: &mut Cx<KeepMsg>) {
        self.look(screen, cx);
        if self.keeps.is_none() {
            return;
        }
        self.draft.edited();
        cx.after("draft.quiet", QUIET, KeepMsg::Due);
        if !self.latest_pending {
            self.latest_pending = true;
            cx.after("draft.latest", LATEST, KeepMsg::Due);
        }
    }

    /// Somebody changed what the text is about, at another terminal: it may have been signed, which closes the drafts of before.
    /// What stands here is sent again, so that it is not lost with this terminal.
    pub fn changed<S: Screen>(&mut self, change: &Change, screen: &S, cx: &mut Cx<KeepMsg>) {
        let mine = cx.env().actor.as_ref().map(|a| a.session.0);
        let about = self.keeps.as_ref().map(|k| k.subject);
        let elsewhere =
            matches!(change, Change::Row(r) if r.id.is_some() && r.id == about && r.session != mine);
        if elsewhere && screen.typed().is_some() {
            self.draft.edited();
            self.keep(screen, cx);
        }
    }

    /// Sends what was not sent yet.
    pub fn keep<S: Screen>(&mut self, screen: &S, cx: &mut Cx<KeepMsg>) {
        let (Some(_), Some(actor)) = (&self.keeps, cx.env().actor.clone()) else { return };
        if self.over || !self.draft.is_due() {
            return;
        }
        let Some(payload) = screen.typed() else {
            // All of it was deleted again.
            let id = self.draft.id();
            self.draft.closed(false);
            self.kept_at = None;
            return close(id, false, cx);
        };
        // The version is that of now: a patient's form is read before it is typed in.
        let Some(keeps) = screen.keeps(cx.env()).or_else(|| self.keeps.clone()) else { return };
        let id = self.draft.id();
        let (revision, draft) = self.draft.send(&keeps, payload);
        cx.save(
            "draft.keep",
            move |store| async move {
                match store.save_draft(&actor, draft).await {
                    Ok(DraftSaved::At(at)) => Ok(Kept::At(at)),
                    Ok(DraftSaved::Newer) => Ok(Kept::Newer),
                    Err(Error::Refused(why)) if why.rule == "draft_closed" => Ok(Kept::Closed),
                    Err(e) => Err(e),
                }
            },
            move |outcome| KeepMsg::Saved(id, revision, outcome),
        );
    }

    /// The person said that it is not wanted.
    pub fn discard(&mut self, cx: &mut Cx<KeepMsg>) {
        self.closes().into_iter().for_each(|id| close(id, true, cx));
        self.over = true;
    }

    /// The server or the person answered.
    pub fn update<S: Screen>(&mut self, msg: KeepMsg, screen: &mut S, cx: &mut Cx<KeepMsg>) {
        match msg {
            KeepMsg::Found(Ok(found)) => self.found(found, screen, cx),
            KeepMsg::Found(Err(e)) => tracing::warn!(error = %e, "kept text could not be looked for"),
            KeepMsg::Due => {
                self.latest_pending = false;
                self.keep(screen, cx);
            }
            KeepMsg::Saved(id, revision, Ok(kept)) => {
                self.not_kept = false;
                match kept {
                    Kept::Closed if self.draft.id() == id => {
                        self.draft.closed(screen.typed().is_some());
                        self.kept_at = None;
                        self.keep(screen, cx);
                    }
                    Kept::At(at) => self.kept_at = Some(at),
                    Kept::Closed | Kept::Newer => {}
                }
                self.draft.kept(id, revision).into_iter().for_each(|old| close(old, false, cx));
            }
            KeepMsg::Saved(id, _, Err(e)) => {
                tracing::warn!(error = %e, "what is typed could not be kept");
                self.not_kept = true;
                self.draft.failed(id);
                cx.after("draft.again", AGAIN, KeepMsg::Due);
            }
            KeepMsg::Closed(outcome) => outcome.err().iter().for_each(|e| cx.failed(e)),
            KeepMsg::DiscardSure(true) if !self.offers.is_empty() => {
                close(self.offers.remove(0).id, true, cx);
            }
            KeepMsg::DiscardSure(_) => {}
        }
    }

    /// Text of this very sign-in stands in its fields again, and that for which the form was opened; other is offered.
    fn found<S: Screen>(&mut self, found: Vec<Draft>, screen: &mut S, cx: &mut Cx<KeepMsg>) {
        let Some(keeps) = self.keeps.clone() else { return };
        for draft in found.into_iter().filter(|d| keeps.made(d)) {
            if draft.id == self.draft.id() {
                continue;
            }
            let untouched = self.draft.is_kept() && screen.typed().is_none();
            if draft.here && untouched {
                screen.put_back(&draft.payload);
                self.draft.adopt(draft.id, draft.revision);
                self.kept_at = Some(draft.saved_at);
                self.put_back = true;
                cx.toast(tr!("What you had typed here stands in its fields again."));
            } else if keeps.take == Some(draft.id) {
                self.take(&draft, screen, cx);
            } else {
                self.offers.push(draft);
            }
        }
    }

    fn take<S: Screen>(&mut self, draft: &Draft, screen: &mut S, cx: &mut Cx<KeepMsg>) {
        screen.put_back(&draft.payload);
        self.put_back = true;
        // The old one is closed only when its text is kept in ours.
        self.draft.taken.push(draft.id);
        self.draft.edited();
        self.keep(screen, cx);
    }

    /// Does what was asked about the newest offer.
    pub fn command<S: Screen>(&mut self, command: Command, screen: &mut S, cx: &mut Cx<KeepMsg>) {
        if self.offers.is_empty() {
            return;
        }
        match command {
            Command::Take => {
                let draft = self.offers.remove(0);
                self.take(&draft, screen, cx);
            }
            Command::Discard => {
                let time = told_time(self.offers[0].saved_at, cx.env().now(), cx.env().zone());
                let question =
                    tr!("Discard the text from {time} in {title}?", time = time, title = screen.title());
                cx.open(
                    move |a| {
                        Confirm::new(question, a)
                            .consequence(tr!("Nobody can bring it back."))
                            .yes(tr!("discard it"))
                            .no(tr!("keep it"))
                    },
                    KeepMsg::DiscardSure,
                );
            }
        }
    }

    /// Whether a text that was not saved waits to be taken or discarded.
    #[must_use]
    pub fn offers(&self) -> bool {
        !self.offers.is_empty()
    }

    /// What is said of it under the screen.
    #[must_use]
    pub fn line(&self, ui: &Ui) -> Option<(String, Style)> {
        if let Some(draft) = self.offers.first() {
            let text = tr!(
                " Text from {time} at another sign-in was not saved: {take} takes, {discard} discards",
                time = told_time(draft.saved_at, ui.env.now(), ui.env.zone()),
                take = ui.key(&["draft-offer"], Command::Take.id()),
                discard = ui.key(&["draft-offer"], Command::Discard.id())
            );
            return Some((text, ui.theme.warn()));
        }
        if self.not_kept {
            return Some((tr!(" NOT KEPT, trying again").to_owned(), ui.theme.alarm()));
        }
        let at = self.kept_at.filter(|_| self.keeps())?.with_timezone(&ui.env.zone());
        Some((tr!(" kept {time}, not saved yet", time = at.format("%H:%M:%S")), ui.theme.dim()))
    }
}

/// The time of a text, with its day when that is another.
#[must_use]
pub fn told_time(at: DateTime<Utc>, now: DateTime<Utc>, zone: chrono_tz::Tz) -> String {
    let (at, now) = (at.with_timezone(&zone), now.with_timezone(&zone));
    let same = at.date_naive() == now.date_naive();
    at.format(if same { "%H:%M" } else { "%d %b %H:%M" }).to_string()
}

fn close(draft: DraftId, discarded: bool, cx: &mut Cx<KeepMsg>) {
    let Some(actor) = cx.env().actor.clone() else { return };
    cx.save(
        "draft.keep",
        move |store| async move { store.close_draft(&actor, draft, discarded).await },
        KeepMsg::Closed,
    );
}

//! How a visit ends from its panel: what is typed is saved first, what is missing is shown, then the person is asked.
use super::{Command, Msg, Panel, name_of, tab::Told};
use crate::{
    domain::{encounter::EncounterState, ids::RequestId, why::Why},
    store::Error,
    tr,
    ui::{
        cx::Cx,
        widgets::{confirm::Confirm, prompt::Prompt},
    },
};

impl Panel {
    /// Whether a command of the frame works now, and why not.
    pub(super) fn may(&self, command: Command) -> Result<(), Why> {
        let no = |rule: &str, sentence: &'static str, instead: &'static str| {
            Err(Why::new(rule, sentence).instead(instead))
        };
        let tab = match command {
            Command::Tab1 => 0,
            Command::Tab2 => 1,
            Command::Tab3 => 2,
            Command::Tab4 => 3,
            Command::Tab5 => 4,
            Command::CloseBeside | Command::PageBeside if self.beside.is_some() => return Ok(()),
            Command::CloseBeside | Command::PageBeside => {
                return no("nothing_beside", tr!("No past visit is open beside."), "");
            }
            Command::TakeDraft | Command::DiscardDraft if self.offers.is_empty() => {
                return no("no_draft", tr!("No text of another sign-in is waiting."), "");
            }
            Command::TakeDraft | Command::DiscardDraft => return Ok(()),
            Command::Save => return Ok(()),
            Command::Sign | Command::Pause | Command::Void => {
                let Some(chart) = &self.chart else { return Ok(()) };
                return match chart.visit.state {
                    EncounterState::Signed | EncounterState::Voided => no(
                        "visit_over",
                        tr!("This visit is over."),
                        tr!("Add an addendum in the Examination tab."),
                    ),
                    _ if !chart.visit.mine => no(
                        "only_its_provider",
                        tr!("Only its own provider ends, pauses or voids it."),
                        tr!("Add a note of your own."),
                    ),
                    _ => Ok(()),
                };
            }
        };
        if tab < self.tabs.len() { Ok(()) } else { no("no_tab", tr!("There is no such tab."), "") }
    }

    /// Whether going back leaves the panel: of one's own open visit only when it is asked for twice.
    pub(super) fn leave_open(&mut self, cx: &mut Cx<Msg>) -> bool {
        let Some(chart) = self.chart.as_ref().filter(|c| c.visit.mine && c.visit.state.is_unsigned()) else {
            return true;
        };
        let patient = name_of(&chart.banner);
        if self.leaving {
            self.tell(self.current, Told::Left, cx);
            self.keep(cx);
            cx.toast(tr!(
                "The visit of {patient} stays open, among your unsigned visits.",
                patient = patient
            ));
            return true;
        }
        self.leaving = true;
        cx.toast(tr!("The visit stays open when you leave. Esc again leaves it, E ends and signs."));
        false
    }

    /// Saves what is typed, then goes on with ending once everything is saved.
    pub(super) fn begin_ending(&mut self, command: Command, cx: &mut Cx<Msg>) {
        self.ending = Some(command);
        self.tell(self.current, Told::Left, cx);
        self.keep(cx);
        self.end_when_saved(cx);
    }

    /// Goes on with ending when no tab has unsaved text any more.
    pub(super) fn end_when_saved(&mut self, cx: &mut Cx<Msg>) {
        let Some(command) = self.ending else { return };
        if let Some(at) = self.tabs.iter().position(|t| t.dirty()) {
            if at != self.current {
                self.ending = None;
                self.show(at, cx);
                cx.toast(tr!("Something typed here is not saved yet: save it with ctrl-s or delete it."));
            }
            return;
        }
        self.ending = None;
        match command {
            Command::Sign => self.ask_sign(cx),
            Command::Void => cx.open(
                |a| {
                    Prompt::new(tr!("Why is this visit voided?"), a).check(|why| {
                        if why.trim().is_empty() {
                            Err(Why::new("void_needs_reason", tr!("Voiding a visit needs a reason.")))
                        } else {
                            Ok(())
                        }
                    })
                },
                Msg::VoidWhy,
            ),
            _ => self.pause(cx),
        }
    }

    fn ask_sign(&mut self, cx: &mut Cx<Msg>) {
        self.count_missing();
        let Some(chart) = &self.chart else { return };
        if !self.offers.is_empty() {
            cx.toast(tr!("Text that was not saved is waiting: take it or discard it first."));
            return;
        }
        if let Some(first) = chart.missing.first().cloned() {
            self.show(first.tab, cx);
            self.tell(first.tab, Told::Jump(first.target), cx);
            cx.toast(first.sentence);
            return;
        }
        let question = tr!("End and sign the visit of {patient}?", patient = name_of(&chart.banner));
        cx.open(
            move |a| {
                Confirm::new(question, a)
                    .consequence(tr!("Nothing in it changes afterwards; you can still add an addendum."))
                    .yes(tr!("end and sign"))
                    .no(tr!("go on writing"))
            },
            Msg::SignSure,
        );
    }

    fn pause(&mut self, cx: &mut Cx<Msg>) {
        let (Some(chart), Some(actor)) = (&self.chart, cx.env().actor.clone()) else { return };
        if chart.visit.state == EncounterState::Paused {
            return cx.back();
        }
        let (id, seen, request) = (self.encounter, chart.visit.version, self.request);
        cx.save(
            "visit.pause",
            move |store| async move { store.pause_visit(&actor, request, id, seen).await },
            Msg::Paused,
        );
    }

    /// The answers that ending gets.
    pub(super) fn end(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        let (Some(chart), Some(actor)) = (&self.chart, cx.env().actor.clone()) else { return };
        let (id, seen, request) = (self.encounter, chart.visit.version, self.request);
        match msg {
            Msg::SignSure(true) => cx.save(
                "visit.sign",
                move |store| async move { store.sign_visit(&actor, request, id, seen).await },
                Msg::Signed,
            ),
            Msg::VoidWhy(Some(why)) => {
                self.void_why = why;
                let consequence = if self.of_today(cx) {
                    tr!("It is kept and counts no more; the patient is waiting again.")
                } else {
                    tr!("It is kept and counts no more; its appointment is voided too.")
                };
                let question = tr!("Void the visit of {patient}?", patient = name_of(&chart.banner));
                cx.open(
                    move |a| {
                        Confirm::new(question, a)
                            .consequence(consequence)
                            .yes(tr!("void it"))
                            .no(tr!("keep it"))
                    },
                    Msg::VoidSure,
                );
            }
            Msg::VoidSure(true) => {
                let (why, waits) = (self.void_why.clone(), self.of_today(cx));
                cx.save(
                    "visit.void",
                    move |store| async move { store.void_visit(&actor, request, id, seen, &why, waits).await },
                    Msg::Voided,
                );
            }
            Msg::Signed(outcome) if self.settled(&outcome, cx) => {
                cx.toast(tr!("Signed {patient}.", patient = name_of_chart(self)));
                self.load(false, cx);
            }
            Msg::Paused(outcome) if self.settled(&outcome, cx) => {
                cx.toast(tr!(
                    "Paused {patient}; it waits among your unsigned visits.",
                    patient = name_of_chart(self)
                ));
                cx.back();
            }
            Msg::Voided(outcome) if self.settled(&outcome, cx) => {
                cx.toast(tr!("Voided the visit of {patient}.", patient = name_of_chart(self)));
                cx.back();
            }
            _ => {}
        }
    }

    /// The patient can be waiting again only on the day of the visit.
    fn of_today(&self, cx: &Cx<Msg>) -> bool {
        let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&cx.env().zone()).date_naive();
        self.chart.as_ref().is_some_and(|c| day(c.visit.started_at) == cx.env().today())
    }

    /// After a definite outcome the next request is another one; a stale chart is loaded again.
    fn settled(&mut self, outcome: &Result<i64, Error>, cx: &mut Cx<Msg>) -> bool {
        if !matches!(outcome, Err(Error::Unknown)) {
            self.request = RequestId::new();
        }
        match outcome {
            Ok(version) => {
                if let Some(chart) = &mut self.chart {
                    chart.visit.version = *version;
                }
                self.drafts.iter_mut().for_each(|d| d.closed(false));
                true
            }
            Err(e) => {
                if matches!(e, Error::Stale { .. }) {
                    self.load(false, cx);
                }
                cx.failed(e);
                false
            }
        }
    }
}

fn name_of_chart(panel: &Panel) -> String {
    panel.chart.as_ref().map(|c| name_of(&c.banner)).unwrap_or_default()
}

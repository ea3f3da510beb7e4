//! What tests ask of an app that records instead of running.
use super::{App, runner::Pending};
use crate::{
    domain::access::OpenEmergency,
    ui::cx::{Envelope, LayerId, Opening},
};
use std::any::Any;

impl App {
    /// An emergency access is open, or none any more.
    pub(in crate::ui) fn stage_emergency(&mut self, open: Option<OpenEmergency>) {
        self.emergency_is(open);
    }
    /// How many lines of the command line are remembered.
    #[must_use]
    pub fn stage_lines(&self) -> usize {
        self.lines.len()
    }
    /// Puts a screen on the stack.
    pub fn stage(&mut self, make: Opening) {
        self.push(make, None);
    }
    /// From now on places are gone to, as with a store; loads and saves are still only recorded.
    pub(in crate::ui) fn stage_runs_places(&mut self) {
        self.recorded = None;
        self.find_places();
    }
    /// The titles of the layers, the bottom one first; the lock, when there is one, last.
    pub(in crate::ui) fn stage_titles(&self) -> Vec<String> {
        self.layers.iter().map(|e| e.layer.title()).chain(self.lock.iter().map(|l| l.title())).collect()
    }
    /// The id of the top layer.
    pub(in crate::ui) fn top_id(&mut self) -> Option<LayerId> {
        self.top().map(|t| t.id())
    }
    /// Delivers a message to a layer (the bottom one when none is named) and takes its oldest request away.
    pub(in crate::ui) fn stage_deliver(&mut self, to: Option<LayerId>, msg: Box<dyn Any + Send>) {
        let Some(to) = to.or_else(|| self.layers.first().map(|e| e.layer.id())) else { return };
        let oldest = |p: &Pending| p.layer == to && p.kind != "after";
        let taken =
            self.runner.recorded.as_mut().and_then(|list| Some(list.remove(list.iter().position(oldest)?)));
        if let Some(taken) = taken {
            self.runner.settled(taken.kind, to, taken.label);
        }
        self.answer(Envelope { to, label: "staged", msg, failure: None, drafts: vec![] });
        self.resume_held();
        self.saves_ended();
    }
    /// Delivers the message of a delay.
    pub(in crate::ui) fn stage_fire(&mut self, label: &str) {
        let due = |p: &Pending| p.kind == "after" && p.label == label;
        let taken =
            self.runner.recorded.as_mut().and_then(|list| Some(list.remove(list.iter().position(due)?)));
        if let Some(envelope) = taken.and_then(|p| p.envelope) {
            self.answer(envelope);
        }
        self.resume_held();
    }
    /// What was asked for and not answered, and the places gone to.
    pub(in crate::ui) fn stage_effects(&self) -> Vec<String> {
        let asked = self.runner.recorded.iter().flatten().map(|p| format!("{} {}", p.kind, p.label));
        asked.chain(self.recorded.iter().flatten().cloned()).collect()
    }
    /// Nothing that was asked for is under way; delays do not count.
    pub(in crate::ui) fn stage_is_idle(&self) -> bool {
        self.runner.is_idle()
    }
    /// Forgets them.
    pub(in crate::ui) fn stage_forget(&mut self) {
        self.recorded.iter_mut().for_each(Vec::clear);
        for p in self.runner.recorded.iter_mut().flat_map(std::mem::take).collect::<Vec<_>>() {
            self.runner.settled(p.kind, p.layer, p.label);
        }
    }
}

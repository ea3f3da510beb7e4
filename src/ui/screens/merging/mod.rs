//! Two records of one person side by side, before they are merged: what each holds, what differs, which goes on. Merging is
//! a link between them; nothing is rewritten.
use crate::{
    domain::{
        ids::{PatientId, RequestId},
        patient::record_number,
        why::Why,
    },
    store::{Change, Error, Merge, MergeSide, refusal},
    tr,
    ui::{
        cx::Cx,
        desk,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{confirm::Confirm, table::Table},
    },
};
use ratatui::{Frame, layout::Rect};
use serde_json::json;
use uuid::Uuid;

mod rows;
use rows::Line;

crate::commands! {
    /// What the comparison of two records understands.
    pub enum Command {
        Merge: "merging.merge" "merge" "Merge the two records, with a reason";
        Swap: "merging.swap" "swap" "The other one of the two goes on";
        Open: "merging.open" "open" "Open the page of the record that would be merged";
    }
}

/// What the comparison is told.
pub enum Msg {
    Loaded(Result<Box<[MergeSide; 2]>, Error>),
    Reason(Option<String>),
    Sure(String, bool),
    Merged(Result<(), Error>),
}

/// The screen.
pub struct Merging {
    /// The record that is merged, and the one that goes on.
    both: [PatientId; 2],
    sides: Option<Box<[MergeSide; 2]>>,
    table: Table<Line>,
    id: Uuid,
    request: RequestId,
    opened: bool,
    /// A person has said which one goes on.
    chosen: bool,
    saving: bool,
}

impl Merging {
    /// The comparison of the record that was open with another one. Which goes on is proposed: the one with more in it.
    #[must_use]
    pub fn of(one: PatientId, other: PatientId) -> Self {
        Self {
            both: [other, one],
            sides: None,
            table: rows::table(),
            id: Uuid::now_v7(),
            request: RequestId::new(),
            opened: false,
            chosen: false,
            saving: false,
        }
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (both, opened) = (self.both, !std::mem::replace(&mut self.opened, true));
        self.table.loading();
        cx.load(
            "merging",
            move |store| async move { store.compare_patients(&actor, both, opened).await.map(Box::new) },
            Msg::Loaded,
        );
    }

    fn swap(&mut self) {
        self.both.swap(0, 1);
        if let Some(sides) = &mut self.sides {
            sides.swap(0, 1);
            self.table.set_rows(rows::lines(sides));
        }
    }

    /// Why these two are not merged this way; what the server would say.
    fn problem(&self) -> Option<Why> {
        let [merged, survivor] = &**self.sides.as_ref()?;
        let number = record_number(merged.record_number);
        let leads = |side: &MergeSide, rule: &str| {
            let into = record_number(side.merged_into.as_ref()?.record_number);
            Some(refusal(rule, &json!({ "number": record_number(side.record_number), "into": into })))
        };
        if merged.id == survivor.id {
            return Some(refusal("merge_itself", &json!({})));
        }
        if let Some(other) = merged.merged.first() {
            let other = record_number(other.record_number);
            return Some(refusal("merge_goes_on", &json!({ "other": other, "number": number })));
        }
        if merged.counts.unsigned > 0 {
            return Some(refusal("merge_visit_open", &json!({ "number": number })));
        }
        leads(merged, "merge_already").or_else(|| leads(survivor, "merge_chain"))
    }

    fn numbers(&self) -> [String; 2] {
        self.sides.as_ref().map_or_else(Default::default, |s| {
            [record_number(s[0].record_number), record_number(s[1].record_number)]
        })
    }

    fn ask(&self, reason: String, cx: &mut Cx<Msg>) {
        let Some([merged, survivor]) = self.sides.as_deref() else { return };
        let [number, into] = self.numbers();
        let question = tr!(
            "Merge {a} {number} into {b} {into}?",
            a = merged.identity.name(),
            number = number,
            b = survivor.identity.name(),
            into = into
        );
        let mut consequence = tr!(
            "{number} then leads to {into}, which shows what is in both; nothing new comes into {number}. U on its page separates them.",
            number = number,
            into = into
        );
        let coming = i64::from(merged.counts.to_come + merged.counts.waiting);
        if coming > 0 {
            consequence = crate::text::tr_n(
                "{n} appointment is taken over there with T. ",
                "{n} appointments are taken over there with T. ",
                coming,
            ) + &consequence;
        }
        cx.open(
            |a| Confirm::new(question, a).consequence(consequence).yes(tr!("merge")).no(tr!("keep apart")),
            move |sure| Msg::Sure(reason.clone(), sure),
        );
    }

    fn merge(&mut self, reason: String, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let merge = Merge { id: self.id, merged: self.both[0], survivor: self.both[1], reason };
        let request = self.request;
        self.saving = true;
        cx.save(
            "patient.merge",
            move |store| async move { store.merge_patients(&actor, request, merge).await },
            Msg::Merged,
        );
    }
}

impl Screen for Merging {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["merging"]
    }
    fn title(&self) -> String {
        tr!("Merge two records").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            _ if self.sides.is_none() => {
                Err(Why::new("loading", tr!("The two records are still being read.")))
            }
            Command::Merge => self.problem().map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.saving || self.sides.is_none() && self.table.is_loading()
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Swap => {
                self.chosen = true;
                self.swap();
            }
            Command::Open => cx.push(Route::Patient(self.both[0])),
            Command::Merge => {
                let [number, into] = self.numbers();
                let question = tr!(
                    "How is it known that {number} and {into} are one person?",
                    number = number,
                    into = into
                );
                desk::ask_reason(cx, question, Msg::Reason);
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(sides)) => {
                self.table.set_rows(rows::lines(&sides));
                let first = self.sides.is_none();
                self.sides = Some(sides);
                // The one with more in it goes on, or the older one; who cannot be merged goes on in any case.
                let more = self.sides.as_ref().is_some_and(|s| rows::weight(&s[0]) > rows::weight(&s[1]));
                if first && !self.chosen && more {
                    self.swap();
                }
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Reason(Some(reason)) => self.ask(reason, cx),
            Msg::Sure(reason, true) => self.merge(reason, cx),
            Msg::Reason(None) | Msg::Sure(_, false) => {}
            Msg::Merged(Ok(())) => {
                self.saving = false;
                let [number, into] = self.numbers();
                cx.toast(tr!(
                    "Merged: {number} leads to {into} now. U separates them.",
                    number = number,
                    into = into
                ));
                cx.push(Route::Patient(self.both[1]));
                cx.close();
            }
            Msg::Merged(Err(e)) => {
                self.saving = false;
                if !matches!(e, Error::Unknown | Error::Unavailable(_) | Error::Slow) {
                    self.request = RequestId::new();
                }
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let concerns = match change {
            Change::Everything => true,
            Change::Link(_) => false,
            Change::Row(r) => {
                let of = |id: Option<Uuid>| self.both.iter().any(|p| Some(p.0) == id);
                of(r.patient) || r.entity == "patient" && of(r.id) || r.entity == "patient_link"
            }
        };
        if concerns && !self.saving {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.draw(frame, area, ui);
    }
}

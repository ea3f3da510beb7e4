//! The Diagnosis tab: what was found, what is prescribed, what else was advised; one line enters each.
//!
//! A prescription is read back in full words and checked before the second Enter saves it; against a warning it is
//! saved with a reason only.
mod echo;
mod rows;

use super::{
    lines::{Lines, not_for_this_row, not_writable, visit_of},
    tab::{Chart, Tab, TabCx},
};
use crate::{
    domain::{
        diagnosis::{Certainty, Diagnosis, DiagnosisRole, parse_diagnosis},
        ids::RequestId,
        prescription::{NewPrescription, PrescriptionStatus, Warning},
        treatment::parse_treatment,
        why::Why,
    },
    store::{Change, Error, VisitDiagnoses},
    tr,
    ui::{
        screen::{TextInput, Ui, Widget},
        widgets::{
            prompt::Prompt,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};
use rows::{Kind, Row, look, rows};

crate::commands! {
    /// What the Diagnosis tab understands.
    pub enum Command {
        Enter: "diagnosis.enter" "enter it" "Enter the line: a diagnosis and advice at once, a drug after its check";
        NextLine: "diagnosis.next-line" "next line" "Go to the next line, then to the list" quiet;
        PreviousLine: "diagnosis.previous-line" "line before" "Go to the line before" quiet;
        List: "diagnosis.list" "list" "Leave the line; what is typed stays" quiet;
        Promote: "diagnosis.promote" "to conditions" "Put the diagnosis into the patient's condition list";
        Main: "diagnosis.main" "main" "Make this the visit's main diagnosis";
        Certainty: "diagnosis.certainty" "certain?" "Change between certain and suspected";
        Stop: "diagnosis.stop" "stop" "Stop the prescription from today on";
        Strike: "diagnosis.strike" "entered in error" "Mark what you entered as entered in error";
    }
}

/// What the world answers the Diagnosis tab.
pub enum Msg {
    Loaded(Result<VisitDiagnoses, Error>),
    Checked(String, Result<Vec<Warning>, Error>),
    Reason(Option<String>),
    Confirmed(bool),
    /// A write ended: the line it empties, and what is said.
    Written(Option<usize>, &'static str, Result<(), Error>),
}

const DIAGNOSIS: usize = 0;
const DRUG: usize = 1;
const ADVICE: usize = 2;

/// How far the drug of the line is: the line that was checked, and what was found.
struct Check {
    line: String,
    warnings: Option<Vec<Warning>>,
}

/// The tab's state.
pub struct DiagnosisTab {
    lines: Lines<Row>,
    found: VisitDiagnoses,
    check: Option<Check>,
    loaded: bool,
}

impl Default for DiagnosisTab {
    fn default() -> Self {
        let table = Table::new(|r: &Row| r.id)
            .column(Column::new("", |r: &Row| r.kind.word().to_owned()).width(9))
            .column(Column::new("What", |r: &Row| r.what.clone()).grow(20).look(look))
            .column(Column::new("State", |r: &Row| r.state.clone()).width(16))
            .column(Column::new("By", |r: &Row| r.by.author.to_string()).width(14).priority(5))
            .empty("Nothing entered yet.")
            .uncounted();
        Self {
            lines: Lines::new(&[tr!("Diagnosis"), tr!("Drug"), tr!("Advice")], table),
            found: VisitDiagnoses::default(),
            check: None,
            loaded: false,
        }
    }
}

impl DiagnosisTab {
    fn load(&self, cx: &mut TabCx<'_, Msg>) {
        let visit = visit_of(cx.chart);
        cx.read(
            "diagnosis.load",
            move |store, actor| async move { store.visit_diagnoses(&actor, visit).await },
            Msg::Loaded,
        );
    }

    fn has_main(&self) -> bool {
        self.found.diagnoses.iter().any(|d| d.role == DiagnosisRole::Main && d.written.struck.is_none())
    }

    fn enter(&mut self, cx: &mut TabCx<'_, Msg>) {
        let Some((at, line)) = self.lines.said() else { return };
        let visit = visit_of(cx.chart);
        match at {
            DIAGNOSIS => match parse_diagnosis(&line, !self.has_main()) {
                Err(why) => self.lines.problem = Some(why),
                Ok(new) => {
                    self.lines.keep(
                        cx,
                        "diagnosis.add",
                        move |store, actor, request| async move {
                            store.add_diagnosis(&actor, request, visit, new).await.map(|_| ())
                        },
                        |done| Msg::Written(Some(DIAGNOSIS), tr!("The diagnosis is entered."), done),
                    );
                }
            },
            DRUG => self.prescribe(line, cx),
            _ => match parse_treatment(&line) {
                Err(why) => self.lines.problem = Some(why),
                Ok(new) => {
                    self.lines.keep(
                        cx,
                        "treatment.add",
                        move |store, actor, request| async move {
                            store.add_treatment(&actor, request, visit, new).await.map(|_| ())
                        },
                        |done| Msg::Written(Some(ADVICE), tr!("The advice is entered."), done),
                    );
                }
            },
        }
    }

    /// The first Enter reads and checks the line, the second saves it.
    fn prescribe(&mut self, line: String, cx: &mut TabCx<'_, Msg>) {
        let new = match NewPrescription::parse(&line, cx.env().today()) {
            Ok(new) => new,
            Err(why) => {
                self.lines.problem = Some(why);
                return;
            }
        };
        match &self.check {
            Some(Check { line: checked, warnings: Some(warnings) }) if *checked == line => {
                if warnings.is_empty() {
                    self.save_drug(new, String::new(), cx);
                } else {
                    cx.open(
                        |a| Prompt::new(tr!("Why is it given nevertheless?"), a).check(given),
                        Msg::Reason,
                    );
                }
            }
            _ => {
                self.check = Some(Check { line: line.clone(), warnings: None });
                let patient = cx.patient();
                cx.read(
                    "prescription.check",
                    move |store, actor| async move {
                        store.prescription_warnings(&actor, patient, new.drug).await
                    },
                    move |found| Msg::Checked(line, found),
                );
            }
        }
    }

    fn save_drug(&mut self, new: NewPrescription, reason: String, cx: &mut TabCx<'_, Msg>) {
        let visit = visit_of(cx.chart);
        self.lines.keep(
            cx,
            "prescription.add",
            move |store, actor, request| async move {
                store.prescribe(&actor, request, visit, new, &reason).await.map(|_| ())
            },
            |done| Msg::Written(Some(DRUG), tr!("It is prescribed."), done),
        );
    }

    fn change(&mut self, d: &Diagnosis, to: (DiagnosisRole, Certainty), cx: &mut TabCx<'_, Msg>) {
        let (visit, request, id, seen) = (visit_of(cx.chart), RequestId::new(), d.id, d.version);
        cx.write(
            "diagnosis.change",
            request,
            move |store, actor, request| async move {
                store.change_diagnosis(&actor, request, visit, id, seen, to).await.map(|_| ())
            },
            |done| Msg::Written(None, tr!("The diagnosis is changed."), done),
        );
    }
}

fn given(text: &str) -> Result<(), Why> {
    if text.trim().is_empty() {
        return Err(Why::new(
            "warning_needs_reason",
            tr!("A reason is needed; it is kept with the prescription."),
        ));
    }
    Ok(())
}

impl Tab for DiagnosisTab {
    type Command = Command;
    type Msg = Msg;

    fn form(&self) -> &'static str {
        "visit.diagnosis"
    }
    fn word(&self) -> &'static str {
        tr!("Diagnosis")
    }
    fn contexts(&self) -> &[&str] {
        if self.lines.entries.current().is_some() { &["diagnosis-line"] } else { &["diagnosis"] }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        self.lines.widget()
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.lines.field()
    }
    fn available(&self, command: Command, chart: &Chart) -> Result<(), Why> {
        let writes = !matches!(command, Command::NextLine | Command::PreviousLine | Command::List);
        if writes && !chart.visit.may_write {
            return Err(not_writable());
        }
        let row = self.lines.table.selected().filter(|r| r.by.struck.is_none());
        let fits = match (command, row.map(|r| &r.kind)) {
            (Command::Promote, Some(Kind::Diagnosis(d))) => d.condition.is_none(),
            (Command::Main, Some(Kind::Diagnosis(d))) => d.role != DiagnosisRole::Main,
            (Command::Certainty, Some(Kind::Diagnosis(_))) => true,
            (Command::Stop, Some(Kind::Drug(p))) => p.status == PrescriptionStatus::Active,
            (Command::Strike, Some(_)) => row.is_some_and(|r| r.by.mine),
            (Command::Promote | Command::Main | Command::Certainty | Command::Stop | Command::Strike, _) => {
                false
            }
            _ => true,
        };
        if fits { Ok(()) } else { Err(not_for_this_row()) }
    }
    fn waits_for(&self, command: Command) -> bool {
        let checking = self.check.as_ref().is_some_and(|c| c.warnings.is_none());
        command == Command::Enter && (checking || self.lines.is_saving())
    }
    fn opened(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.load(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut TabCx<'_, Msg>) {
        let ours = match change {
            Change::Everything => true,
            Change::Row(r) => {
                r.patient == Some(cx.patient().0)
                    && matches!(r.entity.as_str(), "diagnosis" | "prescription" | "treatment")
            }
            Change::Link(_) => false,
        };
        if ours {
            self.load(cx);
        }
    }
    fn edited(&mut self, _cx: &mut TabCx<'_, Msg>) {
        self.lines.problem = None;
        if self.check.as_ref().is_some_and(|c| c.line != self.lines.entries.text(DRUG)) {
            self.check = None;
        }
    }
    fn jump(&mut self, _target: &'static str, _cx: &mut TabCx<'_, Msg>) {
        self.lines.entries.focus(Some(DIAGNOSIS));
    }
    fn command(&mut self, command: Command, cx: &mut TabCx<'_, Msg>) {
        self.lines.problem = None;
        let selected = self.lines.table.selected().map(|r| (r.kind.clone(), r.what.clone()));
        match (command, selected) {
            (Command::Enter, _) => self.enter(cx),
            (Command::NextLine, _) => self.lines.entries.next(),
            (Command::PreviousLine, _) => self.lines.entries.previous(),
            (Command::List, _) => self.lines.entries.focus(None),
            (Command::Main, Some((Kind::Diagnosis(d), _))) => {
                self.change(&d, (DiagnosisRole::Main, d.certainty), cx);
            }
            (Command::Certainty, Some((Kind::Diagnosis(d), _))) => {
                let other = match d.certainty {
                    Certainty::Certain => Certainty::Suspected,
                    Certainty::Suspected => Certainty::Certain,
                };
                self.change(&d, (d.role, other), cx);
            }
            (Command::Promote, Some((Kind::Diagnosis(d), _))) => {
                let (visit, request, id) = (visit_of(cx.chart), RequestId::new(), d.id);
                cx.write(
                    "diagnosis.promote",
                    request,
                    move |store, actor, request| async move {
                        store.promote_diagnosis(&actor, request, visit, id).await.map(|_| ())
                    },
                    |done| Msg::Written(None, tr!("It stands in the condition list."), done),
                );
            }
            (Command::Stop, Some((Kind::Drug(p), _))) => {
                let (visit, request, id, seen) = (visit_of(cx.chart), RequestId::new(), p.id, p.version);
                cx.write(
                    "prescription.stop",
                    request,
                    move |store, actor, request| async move {
                        store.stop_prescription(&actor, request, visit, id, seen).await.map(|_| ())
                    },
                    |done| Msg::Written(None, tr!("The prescription is stopped."), done),
                );
            }
            (Command::Strike, Some((kind, what))) => {
                self.lines.strike(kind.row(), &what, cx, Msg::Confirmed);
            }
            _ => {}
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut TabCx<'_, Msg>) {
        match msg {
            Msg::Loaded(Ok(found)) => {
                self.lines.table.set_rows(rows(&found));
                self.found = found;
                // Once there is a diagnosis, the next thing is mostly a drug.
                if !self.loaded && self.lines.entries.current() == Some(DIAGNOSIS) && self.has_main() {
                    self.lines.entries.focus(Some(DRUG));
                }
                self.loaded = true;
            }
            Msg::Loaded(Err(e)) => cx.failed(&e),
            Msg::Checked(line, Ok(warnings)) => {
                if self.lines.entries.text(DRUG) == line {
                    self.check = Some(Check { line, warnings: Some(warnings) });
                }
            }
            Msg::Checked(_, Err(e)) => {
                self.check = None;
                cx.failed(&e);
            }
            Msg::Reason(Some(reason)) => {
                if let Ok(new) = NewPrescription::parse(self.lines.entries.text(DRUG), cx.env().today()) {
                    self.save_drug(new, reason, cx);
                }
            }
            Msg::Reason(None) => {}
            Msg::Confirmed(yes) => {
                self.lines.struck(yes, cx, |done| {
                    Msg::Written(None, tr!("It is marked as entered in error."), done)
                });
            }
            Msg::Written(line, said, done) => {
                if line.is_some() {
                    self.lines.kept(&done);
                }
                match done {
                    Ok(()) => {
                        cx.toast(said);
                        if let Some(line) = line {
                            self.lines.entries.clear(line);
                            if line == DIAGNOSIS
                                && self.lines.entries.current() == Some(DIAGNOSIS)
                                && !self.has_main()
                            {
                                self.lines.entries.focus(Some(DRUG));
                            }
                        }
                        self.check = None;
                        if line.is_some() {
                            cx.draft_closed();
                        }
                        cx.ask(super::tab::Ask::Reload);
                        self.load(cx);
                    }
                    Err(Error::Refused(why) | Error::Duplicate(why)) => self.lines.problem = Some(why),
                    Err(e) => cx.failed(&e),
                }
            }
        }
    }
    fn dirty(&self) -> bool {
        self.lines.entries.dirty()
    }
    fn draft_payload(&self) -> Option<String> {
        self.lines.entries.payload()
    }
    fn restore(&mut self, payload: &str) {
        self.lines.entries.restore(payload);
    }
    fn missing(&self, chart: &Chart) -> Vec<(&'static str, String)> {
        let there =
            self.found.diagnoses.iter().any(|d| d.written.struck.is_none()) || chart.visit.diagnoses > 0;
        if chart.visit.needs_diagnosis && !there {
            return vec![("diagnosis", tr!("A diagnosis is missing.").to_owned())];
        }
        vec![]
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, _chart: &Chart) {
        let echo = self.echo(ui.env.today());
        self.lines.view(frame, area, ui, echo);
    }
}

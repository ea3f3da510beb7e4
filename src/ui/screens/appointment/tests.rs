//! The Tests tab: one line orders tests, the list shows how far each is with its results; results of earlier visits that
//! nobody has looked at stand first among those.
mod rows;

use super::{
    lines::{Lines, not_for_this_row, not_writable, visit_of},
    report::ReportForm,
    tab::{Chart, Tab, TabCx},
};
use crate::{
    domain::{
        dates,
        ids::{DraftId, RequestId, ServiceRequestId},
        service_request::{NewReport, TestOrder, TestStatus, parse_result, parse_tests},
        why::Why,
    },
    store::{Change, Draft, Error, VisitTests},
    tr,
    ui::{
        draft::Keeps,
        screen::{TextInput, Ui, Widget},
        widgets::{
            confirm::Confirm,
            table::{Column, Table},
        },
    },
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};
use rows::{Row, alarming, rows};

crate::commands! {
    /// What the Tests tab understands.
    pub enum Command {
        Enter: "tests.enter" "enter it" "Order what the line says, or keep the result it says";
        NextLine: "tests.next-line" "list" "Go from the line to the list and back" quiet;
        List: "tests.list" "list" "Leave the line; what is typed stays" quiet;
        Advance: "tests.advance" "next status" "Move the test on: collected, sent, received, reviewed";
        Result: "tests.result" "result" "Type in a result of the selected test";
        Acknowledge: "tests.acknowledge" "seen" "Acknowledge the results of the selected test";
        Report: "tests.report" "report" "Add a report file to the visit or the selected test";
        Cancel: "tests.cancel" "cancel test" "Cancel the selected test, before its result" destructive;
        Strike: "tests.strike" "entered in error" "Mark what you entered as entered in error";
    }
}

/// What the world answers the Tests tab.
pub enum Msg {
    Loaded(Result<VisitTests, Error>),
    Reported(NewReport),
    Confirmed(bool),
    Cancelled(bool),
    /// A write ended: the line it empties, and what is said.
    Written(Option<usize>, &'static str, Result<(), Error>),
    /// A test moved on; its status before can be taken back.
    Moved(ServiceRequestId, TestStatus, Result<i64, Error>),
}

const ORDER: usize = 0;
const RESULT: usize = 1;

/// The tab's state.
pub struct TestsTab {
    lines: Lines<Row>,
    found: VisitTests,
    /// The test whose result is typed.
    result_of: Option<(ServiceRequestId, String)>,
}

impl Default for TestsTab {
    fn default() -> Self {
        let table = Table::new(|r: &Row| r.id)
            .column(Column::new("Test", |r: &Row| r.what.clone()).grow(18).look(alarming))
            .column(Column::new("", |r: &Row| r.mark.to_owned()).width(2).look(alarming))
            .column(Column::new("State", |r: &Row| r.state.clone()).width(13))
            .column(Column::new("Date", |r: &Row| dates::long_date(r.on)).width(11).priority(4))
            .column(Column::new("By", |r: &Row| r.by.author.to_string()).width(14).priority(6))
            .empty("No tests yet.")
            .uncounted();
        Self {
            lines: Lines::new(&[tr!("Order"), tr!("Result")], table),
            found: VisitTests::default(),
            result_of: None,
        }
    }
}

impl TestsTab {
    fn load(&self, opened: bool, cx: &mut TabCx<'_, Msg>) {
        let visit = visit_of(cx.chart);
        cx.read(
            "tests.load",
            move |store, actor| async move { store.visit_tests(&actor, visit, opened).await },
            Msg::Loaded,
        );
    }

    fn enter(&mut self, cx: &mut TabCx<'_, Msg>) {
        let Some((at, line)) = self.lines.said() else { return };
        let visit = visit_of(cx.chart);
        if at == ORDER {
            match parse_tests(&line) {
                Err(why) => self.lines.problem = Some(why),
                Ok(tests) => {
                    self.lines.keep(
                        cx,
                        "tests.order",
                        move |store, actor, request| async move {
                            store.order_tests(&actor, request, visit, tests).await.map(|_| ())
                        },
                        |done| Msg::Written(Some(ORDER), tr!("The tests are ordered."), done),
                    );
                }
            }
            return;
        }
        let Some((order, _)) = self.result_of.clone() else {
            self.lines.problem = Some(
                Why::new("result_of", tr!("It is not said of which test this is the result."))
                    .instead(tr!("Select the test in the list and choose result there.")),
            );
            return;
        };
        match parse_result(&line, cx.env().now(), cx.env().zone()) {
            Err(why) => self.lines.problem = Some(why),
            Ok(result) => {
                self.lines.keep(
                    cx,
                    "tests.add-result",
                    move |store, actor, request| async move {
                        store.add_result(&actor, request, visit, order, result).await.map(|_| ())
                    },
                    |done| Msg::Written(Some(RESULT), tr!("The result is kept."), done),
                );
            }
        }
    }

    fn set_status(&mut self, order: &TestOrder, to: TestStatus, cx: &mut TabCx<'_, Msg>) {
        let (visit, request, id, seen, from) =
            (visit_of(cx.chart), RequestId::new(), order.id, order.version, order.status);
        cx.write(
            "tests.set-status",
            request,
            move |store, actor, request| async move {
                store.set_test_status(&actor, request, visit, id, seen, to).await
            },
            move |done| Msg::Moved(id, from, done),
        );
    }

    fn selected(&self) -> Option<&TestOrder> {
        self.lines.table.selected().and_then(|r| r.order.as_ref()).filter(|o| o.written.struck.is_none())
    }

    fn echo(&self, now: DateTime<Utc>, zone: Tz) -> (String, bool) {
        if let Some(why) = &self.lines.problem {
            return (why.to_string(), true);
        }
        let text = match self.lines.entries.current() {
            Some(ORDER) if self.lines.entries.text(ORDER).is_empty() => {
                tr!("fbc, crp urgent, culture on urine: before antibiotics; [2823-3] is a LOINC code")
                    .to_owned()
            }
            Some(ORDER) => parse_tests(self.lines.entries.text(ORDER))
                .map(|tests| tests.iter().map(|t| t.name.clone()).collect::<Vec<_>>().join(", "))
                .unwrap_or_default(),
            Some(_) => {
                let of = self.result_of.as_ref().map_or("", |(_, name)| name.as_str());
                let said = parse_result(self.lines.entries.text(RESULT), now, zone).map_or_else(
                    |_| tr!("5.4 mmol/L 3.5-5.2 by Central Lab at 9:30").to_owned(),
                    |r| r.in_words(),
                );
                format!("{of}: {said}")
            }
            None => String::new(),
        };
        (text, false)
    }
}

fn open_report(of: Option<(ServiceRequestId, String)>, take: Option<DraftId>, cx: &mut TabCx<'_, Msg>) {
    let part = of.as_ref().map(|(id, _)| id.0.to_string()).unwrap_or_default();
    let keeps = Keeps::new(ReportForm::FORM, cx.encounter().0).part(part).taking(take);
    cx.open(move |a| ReportForm::new(of, keeps, a), Msg::Reported);
}

impl Tab for TestsTab {
    type Command = Command;
    type Msg = Msg;

    fn form(&self) -> &'static str {
        "visit.tests"
    }
    fn word(&self) -> &'static str {
        tr!("Tests")
    }
    fn contexts(&self) -> &[&str] {
        if self.lines.entries.current().is_some() { &["tests-line"] } else { &["tests"] }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        self.lines.widget()
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.lines.field()
    }
    fn available(&self, command: Command, chart: &Chart) -> Result<(), Why> {
        let no = || Err(not_for_this_row());
        let order = self.selected();
        match command {
            Command::NextLine | Command::List => Ok(()),
            Command::Advance if order.is_none_or(|o| o.status.next().is_none()) => no(),
            Command::Cancel if order.is_none_or(|o| !o.status.can_cancel()) => no(),
            Command::Acknowledge if order.is_none_or(|o| !o.waits()) => no(),
            Command::Result if order.is_none_or(|o| o.status == TestStatus::Cancelled) => no(),
            Command::Strike
                if self.lines.table.selected().is_none_or(|r| !r.by.mine || r.by.struck.is_some()) =>
            {
                no()
            }
            Command::Enter | Command::Report if !chart.visit.may_write => Err(not_writable()),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Enter && self.lines.is_saving()
    }
    fn opened(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.load(true, cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut TabCx<'_, Msg>) {
        let ours = match change {
            Change::Everything => true,
            Change::Row(r) => {
                r.patient == Some(cx.patient().0)
                    && matches!(r.entity.as_str(), "service_request" | "result" | "report")
            }
            Change::Link(_) => false,
        };
        if ours {
            self.load(false, cx);
        }
    }
    fn edited(&mut self, _cx: &mut TabCx<'_, Msg>) {
        self.lines.problem = None;
    }
    fn command(&mut self, command: Command, cx: &mut TabCx<'_, Msg>) {
        self.lines.problem = None;
        let order = self.selected().cloned();
        let (visit, request) = (visit_of(cx.chart), RequestId::new());
        match (command, order) {
            (Command::Enter, _) => self.enter(cx),
            (Command::NextLine, _) => {
                let to = if self.lines.entries.current().is_some() { None } else { Some(ORDER) };
                self.lines.entries.focus(to);
            }
            (Command::List, _) => self.lines.entries.focus(None),
            (Command::Advance, Some(order)) => {
                if let Some(next) = order.status.next() {
                    self.set_status(&order, next, cx);
                }
            }
            (Command::Result, Some(order)) => {
                self.result_of = Some((order.id, order.what.name));
                self.lines.entries.focus(Some(RESULT));
            }
            (Command::Acknowledge, Some(order)) => {
                cx.write(
                    "tests.acknowledge",
                    request,
                    move |store, actor, request| async move {
                        store.acknowledge_results(&actor, request, visit, order.id).await.map(|_| ())
                    },
                    |done| Msg::Written(None, tr!("The results are acknowledged."), done),
                );
            }
            (Command::Report, order) => {
                let of = order.filter(|o| o.encounter == visit.encounter).map(|o| (o.id, o.what.name));
                open_report(of, None, cx);
            }
            (Command::Cancel, Some(order)) => {
                let question = tr!("Cancel the test {name}?", name = order.what.name);
                cx.open(
                    move |a| Confirm::new(question, a).yes(tr!("cancel it")).no(tr!("keep")),
                    Msg::Cancelled,
                );
            }
            (Command::Strike, _) => {
                if let Some((row, what)) = self.lines.table.selected().map(|r| (r.row, r.what.clone())) {
                    self.lines.strike(row, what.trim(), cx, Msg::Confirmed);
                }
            }
            _ => {}
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut TabCx<'_, Msg>) {
        let (visit, request) = (visit_of(cx.chart), RequestId::new());
        match msg {
            Msg::Loaded(Ok(found)) => {
                self.lines.table.set_rows(rows(&found, cx.env().zone()));
                self.found = found;
            }
            Msg::Loaded(Err(e)) => cx.failed(&e),
            Msg::Reported(report) => {
                cx.write(
                    "tests.add-report",
                    request,
                    move |store, actor, request| async move {
                        store.add_report(&actor, request, visit, report).await.map(|_| ())
                    },
                    |done| Msg::Written(None, tr!("The report is entered."), done),
                );
            }
            Msg::Confirmed(yes) => {
                self.lines.struck(yes, cx, |done| {
                    Msg::Written(None, tr!("It is marked as entered in error."), done)
                });
            }
            Msg::Cancelled(true) => {
                if let Some(order) = self.selected().cloned() {
                    self.set_status(&order, TestStatus::Cancelled, cx);
                }
            }
            Msg::Cancelled(false) => {}
            Msg::Moved(id, from, Ok(version)) => {
                let back = self.found.orders.iter().chain(&self.found.earlier).find(|o| o.id == id);
                let said = tr!("Moved on: {name}", name = back.map_or("", |o| o.what.name.as_str()));
                match (cx.env().actor.clone(), from) {
                    (Some(actor), TestStatus::Ordered | TestStatus::Collected) => {
                        let undo = RequestId::new();
                        cx.undoable(
                            said,
                            "tests.set-status",
                            move |store| async move {
                                store
                                    .set_test_status(&actor, undo, visit, id, version, from)
                                    .await
                                    .map(|_| ())
                            },
                            |done| Msg::Written(None, tr!("Taken back."), done),
                        );
                    }
                    _ => cx.toast(said),
                }
                self.load(false, cx);
            }
            Msg::Written(line, said, Ok(())) => {
                cx.toast(said);
                if let Some(line) = line {
                    self.lines.kept(&Ok(()));
                    self.lines.entries.clear(line);
                    if line == RESULT {
                        self.result_of = None;
                        self.lines.entries.focus(None);
                    }
                }
                if line.is_some() {
                    cx.draft_closed();
                }
                self.load(false, cx);
            }
            Msg::Written(Some(_), _, Err(e)) => {
                let done = Err(e);
                self.lines.kept(&done);
                match done {
                    Err(Error::Refused(why)) => self.lines.problem = Some(why),
                    Err(e) => cx.failed(&e),
                    Ok(()) => {}
                }
            }
            Msg::Moved(_, _, Err(e)) | Msg::Written(None, _, Err(e)) => match e {
                Error::Refused(why) => self.lines.problem = Some(why),
                e => {
                    cx.failed(&e);
                    self.load(false, cx);
                }
            },
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
    fn dialog(&self) -> Option<(&'static str, &'static str)> {
        Some((ReportForm::FORM, tr!("The report")))
    }
    fn reopen(&mut self, draft: &Draft, cx: &mut TabCx<'_, Msg>) {
        let order = self.found.orders.iter().find(|o| o.id.0.to_string() == draft.part);
        open_report(order.map(|o| (o.id, o.what.name.clone())), Some(draft.id), cx);
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, _chart: &Chart) {
        let echo = self.echo(ui.env.now(), ui.env.zone());
        self.lines.view(frame, area, ui, echo);
    }
}

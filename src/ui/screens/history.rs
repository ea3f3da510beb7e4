//! A patient's visits at every centre, newest first; Enter opens the record of one.
use crate::{
    domain::{
        dates,
        encounter::PastVisit,
        ids::PatientId,
        record::{HistoryCursor, HistoryPage},
        why::Why,
    },
    store::{Change, Error},
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of a patient's visits understands.
    pub enum Command {
        Open: "past.open" "open" "Open the record of the selected visit";
        More: "past.more" "older" "Load the next older visits";
    }
}

/// What the world answers the list.
pub enum Msg {
    /// A page, and whether it follows those that are there.
    Loaded(Result<HistoryPage, Error>, bool),
}

/// One patient's visits.
pub struct HistoryView {
    patient: PatientId,
    table: Table<PastVisit>,
    visits: Vec<PastVisit>,
    next: Option<HistoryCursor>,
    whole: bool,
    closed: Option<Why>,
}

impl HistoryView {
    /// The visits of this patient.
    #[must_use]
    pub fn new(patient: PatientId) -> Self {
        let table = Table::new(|v: &PastVisit| v.encounter.0)
            .column(Column::new("Date", |v: &PastVisit| dates::long_date(v.day)).width(11))
            .column(Column::new("Provider", |v: &PastVisit| v.provider.to_string()).grow(12))
            .column(Column::new("Centre", |v: &PastVisit| v.centre.clone()).grow(10).priority(3))
            .column(
                Column::new("Diagnosis", |v: &PastVisit| {
                    if v.diagnoses.is_empty() { v.chief_complaint.clone() } else { v.diagnoses.join(", ") }
                })
                .grow(14),
            )
            .column(Column::new("State", |v: &PastVisit| v.state.word().to_owned()).width(7).priority(4))
            .empty("No visits yet.");
        Self { patient, table, visits: vec![], next: None, whole: true, closed: None }
    }

    fn load(&mut self, before: Option<HistoryCursor>, opened: bool, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let patient = self.patient;
        self.table.loading();
        let more = before.is_some();
        cx.load(
            "record.history",
            move |store| async move { store.patient_history(&actor, patient, before, opened).await },
            move |r| Msg::Loaded(r, more),
        );
    }
}

impl Screen for HistoryView {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["past"]
    }
    fn title(&self) -> String {
        tr!("History").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Open && self.table.is_loading()
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            Command::More if self.next.is_none() => {
                Err(Why::new("history_end", tr!("There are no older visits.")))
            }
            _ => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(None, true, cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        if self.visits.is_empty() {
            self.load(None, false, cx);
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let ours =
            matches!(change, Change::Row(r) if r.entity == "encounter" && r.patient == Some(self.patient.0));
        if ours || matches!(change, Change::Everything) {
            self.load(None, false, cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Open => {
                if let Some(visit) = self.table.selected() {
                    cx.push(Route::Record(visit.encounter));
                }
            }
            Command::More => self.load(self.next, false, cx),
        }
    }
    fn update(&mut self, Msg::Loaded(found, more): Msg, cx: &mut Cx<Msg>) {
        match found {
            Ok(page) => {
                if !more {
                    self.visits.clear();
                }
                self.visits.extend(page.visits);
                (self.next, self.whole, self.closed) = (page.next, page.whole, None);
                self.table.set_rows(self.visits.clone());
            }
            Err(Error::Refused(why)) => {
                self.table.loaded();
                self.closed = Some(why);
            }
            Err(e) => {
                self.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        if let Some(why) = &self.closed {
            return widgets::notice(frame, area, &why.to_string(), ui.theme);
        }
        if self.whole {
            return self.table.view(frame, area, ui);
        }
        let [top, rest] = widgets::split_top(area, 1);
        let only_own =
            tr!("These are your own visits; what others wrote about this patient is closed to you.");
        widgets::put(frame, top, 0, &format!(" {only_own}"), ui.theme.alarm());
        self.table.view(frame, rest, ui);
    }
}

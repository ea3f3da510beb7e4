//! One patient's visits at every centre, newest first; older ones come as one goes down.
use crate::{
    domain::{
        actor::Role,
        dates::{age, long_date},
        ids::PatientId,
        patient::record_number,
        why::Why,
    },
    store::{Change, Error, HistoryPage, VisitCursor, VisitRow},
    text::wrap,
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
        Open: "visits.open" "open" "Open the whole record of the visit";
        Patient: "visits.patient" "patient" "Open the patient";
        More: "visits.more" "older" "Load older visits";
        Ask: "visits.ask" "ask for access" "Ask to read the history, where it is closed to you";
        Emergency: "visits.emergency" "emergency" "Break the glass: open a closed history in an emergency";
    }
}

/// What this screen is told.
pub enum Msg {
    /// A page of visits; whether it comes after those that are shown.
    Loaded(bool, Result<HistoryPage, Error>),
}

/// The screen.
pub struct History {
    patient: PatientId,
    head: String,
    closed: Option<Why>,
    more: bool,
    opened: bool,
    /// The reader's role asks for access, and breaks the glass.
    asks: (bool, bool),
    /// The list says in which record a visit stands.
    numbered: bool,
    table: Table<VisitRow>,
}

impl History {
    /// The visits of this patient.
    #[must_use]
    pub fn of(patient: PatientId) -> Self {
        Self {
            patient,
            head: String::new(),
            closed: None,
            more: false,
            opened: false,
            asks: (false, false),
            table: table(None),
            numbered: false,
        }
    }

    fn load(&mut self, after: Option<VisitCursor>, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let patient = self.patient;
        let opened = !std::mem::replace(&mut self.opened, true);
        self.table.loading();
        cx.load(
            "history.load",
            move |store| async move { store.patient_visits(&actor, patient, after, opened).await },
            move |r| Msg::Loaded(after.is_some(), r),
        );
    }

    fn older(&mut self, cx: &mut Cx<Msg>) {
        if self.more && !self.table.is_loading() {
            let after = self.table.rows().last().map(VisitRow::cursor);
            self.load(after, cx);
        }
    }
}

/// The list of visits; `of` is the record that is shown, and given where visits of the person's other records are among them.
fn table(of: Option<i32>) -> Table<VisitRow> {
    let mut table = Table::new(|v: &VisitRow| v.encounter.0)
        .column(Column::new("Date", |v: &VisitRow| long_date(v.day)).width(11))
        .column(
            Column::new("Diagnosis", |v: &VisitRow| {
                if v.diagnosis.is_empty() { v.complaint.clone() } else { v.diagnosis.clone() }
            })
            .grow(14),
        )
        .column(Column::new("Provider", |v: &VisitRow| v.provider_name.to_string()).grow(12).priority(2))
        .column(Column::new("Centre", |v: &VisitRow| v.centre_name.clone()).grow(10).priority(4))
        .column(Column::new("State", |v: &VisitRow| state_word(&v.state)).width(9).priority(5).look(
            |v, t| {
                if v.state == "signed" { t.dim() } else { t.warn() }
            },
        ));
    if let Some(number) = of {
        let elsewhere = move |v: &VisitRow| {
            if v.record_number == number { String::new() } else { record_number(v.record_number) }
        };
        table = table.column(Column::new("Record", elsewhere).width(6).priority(3));
    }
    table.empty("No visit that you may read.")
}

fn state_word(state: &str) -> String {
    match state {
        "signed" => tr!("signed").into(),
        "paused" => tr!("paused").into(),
        _ => tr!("unsigned").into(),
    }
}

impl Screen for History {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["visits"]
    }
    fn title(&self) -> String {
        tr!("Visits").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.asks = cx.env().actor.as_ref().map_or((false, false), |a| {
            (a.role == Role::Nurse || a.role.sees_patients(), a.provider.is_some() && a.role.sees_patients())
        });
        self.load(None, cx);
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let (asks, breaks) = self.asks;
        match command {
            Command::Ask | Command::Emergency if self.closed.is_none() => {
                Err(Why::new("access_is_there", tr!("You can read this record already.")))
            }
            Command::Ask if !asks => Err(Why::new("not_permitted", tr!("Your role reads no visit records."))),
            Command::Emergency if !breaks => Err(Why::new(
                "emergency_providers_only",
                tr!("Only those with whom patients are booked break the glass."),
            )),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Open && self.table.is_loading() && self.table.rows().is_empty()
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(None, cx);
    }
    fn moved(&mut self, cx: &mut Cx<Msg>) {
        if self.table.position() + 1 >= self.table.rows().len() {
            self.older(cx);
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let touched = match change {
            Change::Everything => true,
            Change::Row(r) => {
                r.entity == "patient_link"
                    || (r.patient == Some(self.patient.0)
                        || self.table.rows().iter().any(|v| r.patient == Some(v.patient.0)))
                        && matches!(
                            r.entity.as_str(),
                            "encounter" | "access_request" | "connection" | "emergency" | "appointment"
                        )
            }
            Change::Link(_) => false,
        };
        if touched {
            self.load(None, cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Open => {
                if let Some(visit) = self.table.selected() {
                    cx.push(if visit.state == "signed" {
                        Route::Record(visit.encounter)
                    } else if cx.env().actor.as_ref().is_some_and(|a| a.provider == Some(visit.provider)) {
                        Route::Visit(visit.encounter)
                    } else {
                        Route::Record(visit.encounter)
                    });
                }
            }
            Command::Ask => cx.push(Route::AskAccess(self.patient)),
            Command::Emergency => cx.push(Route::Emergency),
            Command::Patient => cx.push(Route::Patient(self.patient)),
            Command::More if self.more => self.older(cx),
            Command::More => cx.toast(tr!("There are no older visits.")),
        }
    }
    fn update(&mut self, Msg::Loaded(after, result): Msg, cx: &mut Cx<Msg>) {
        match result {
            Ok(page) => {
                let today = cx.env().today();
                let born = page
                    .birth_date
                    .map(|b| tr!("born {date} ({age})", date = long_date(b), age = age(b, today)));
                self.head =
                    format!(" {}   {:06}   {}", page.name, page.record_number, born.unwrap_or_default());
                self.closed = page.closed;
                self.more = page.more;
                let mut rows = if after { self.table.rows().to_vec() } else { vec![] };
                rows.extend(page.rows);
                let numbered = rows.iter().any(|v| v.record_number != page.record_number);
                if numbered != std::mem::replace(&mut self.numbered, numbered) {
                    self.table = table(numbered.then_some(page.record_number));
                }
                self.table.set_rows(rows);
            }
            Err(e) => {
                self.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let why = self.closed.as_ref().map(|w| {
            let lead = tr!("Only visits you wrote yourself are shown.");
            wrap(&format!("{lead} {w}"), usize::from(area.width.saturating_sub(2)).max(1))
        });
        let lines = why.unwrap_or_default();
        let [head, rows] = widgets::split_top(area, 1 + lines.len().min(4) as u16);
        widgets::put(frame, head, 0, &self.head, ui.theme.strong());
        for (y, line) in (1..).zip(&lines) {
            widgets::put(frame, head, y, &format!(" {line}"), ui.theme.warn());
        }
        self.table.view(frame, rows, ui);
    }
}

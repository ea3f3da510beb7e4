//! Finding visits: one line says patient, provider, centre and dates; the list holds what the person may read, and for
//! the rest the reason.
use crate::{
    domain::{actor::Role, dates::long_date, ids::PatientId, name::PersonName, why::Why},
    search::query::parse_query,
    store::{Error, Found, RecordSearch, VisitCursor, VisitRow},
    text::{width, wrap},
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, TextInput, Ui, Widget},
        widgets::{
            self,
            table::{Column, Table},
            text_input::TextLine,
        },
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the search of visits understands.
    pub enum Command {
        Search: "records.search" "search" "Find the visits the line describes";
        Open: "records.open" "open" "Open the whole record of the visit";
        Edit: "records.edit" "change the search" "Type in the search line";
        List: "records.list" "to the list" "Go from the search line to the list";
        History: "records.history" "all visits" "List every visit of the selected patient";
        Patient: "records.patient" "patient" "Open the selected patient";
        More: "records.more" "older" "Load older visits";
    }
}

/// What this screen is told.
pub enum Msg {
    /// What was found; whether it comes after what is shown.
    Found(bool, Result<Found, Error>),
}

/// The screen.
pub struct Records {
    line: TextLine,
    typing: bool,
    search: RecordSearch,
    more: bool,
    problem: Option<String>,
    closed: Vec<(PatientId, PersonName, Why)>,
    table: Table<VisitRow>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            line: TextLine::new(),
            typing: true,
            search: RecordSearch::default(),
            more: false,
            problem: None,
            closed: vec![],
            table: Table::new(|v: &VisitRow| v.encounter.0)
                .column(Column::new("Date", |v: &VisitRow| long_date(v.day)).width(11))
                .column(Column::new("Patient", |v: &VisitRow| v.patient_name.to_string()).grow(13))
                .column(
                    Column::new("Diagnosis", |v: &VisitRow| {
                        if v.diagnosis.is_empty() { v.complaint.clone() } else { v.diagnosis.clone() }
                    })
                    .grow(10)
                    .priority(3),
                )
                .column(
                    Column::new("Provider", |v: &VisitRow| v.provider_name.to_string()).grow(12).priority(2),
                )
                .column(Column::new("Centre", |v: &VisitRow| v.centre_name.clone()).grow(8).priority(4))
                .empty("No visit that fits and that you may read."),
        }
    }
}

/// The search a line asks for, and what in it could not be read.
///
/// # Errors
/// The first thing that could not be read.
pub fn read_line(line: &str, today: NaiveDate) -> Result<RecordSearch, Why> {
    let query = parse_query(line, today);
    if let Some(why) = query.errors.into_iter().next() {
        return Err(why);
    }
    if query.status.is_some() {
        return Err(Why::new("query_field", tr!("Visits have no st:, appointments have."))
            .instead(tr!("The fields are pt: dr: at: on: from: to:.")));
    }
    let words = query.words.join(" ");
    let patient = match (query.patient, words.is_empty()) {
        (Some(p), false) => Some(format!("{p} {words}")),
        (Some(p), true) => Some(p),
        (None, false) => Some(words),
        (None, true) => None,
    };
    Ok(RecordSearch {
        patient,
        provider: query.provider,
        centre: query.centre,
        from: query.from,
        to: query.to,
    })
}

impl Records {
    fn ask(&mut self, after: Option<VisitCursor>, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let search = self.search.clone();
        self.table.loading();
        cx.load(
            "records.search",
            move |store| async move { store.search_records(&actor, search, after).await },
            move |r| Msg::Found(after.is_some(), r),
        );
    }

    fn run(&mut self, cx: &mut Cx<Msg>) {
        let today = cx.env().today();
        match read_line(self.line.value(), today) {
            Ok(search) => {
                let patient = cx.env().actor.as_ref().is_some_and(|a| a.role == Role::Patient);
                if patient && search.is_date_alone() {
                    let why = crate::store::refusal("date_alone_not_for_patients", &serde_json::Value::Null);
                    self.problem = Some(why.to_string());
                    return;
                }
                self.problem = None;
                self.search = search;
                self.typing = false;
                self.ask(None, cx);
            }
            Err(why) => self.problem = Some(why.to_string()),
        }
    }

    fn older(&mut self, cx: &mut Cx<Msg>) {
        if self.more && !self.table.is_loading() {
            let after = self.table.rows().last().map(VisitRow::cursor);
            self.ask(after, cx);
        }
    }

    fn told(&self, room: usize) -> Vec<String> {
        let mut lines = self.problem.as_ref().map(|p| wrap(p, room)).unwrap_or_default();
        for (_, name, why) in &self.closed {
            lines.extend(wrap(&tr!("{name}: {why}", name = name, why = why), room));
        }
        lines
    }
}

impl Screen for Records {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        if self.typing { &["records-line"] } else { &["records"] }
    }
    fn title(&self) -> String {
        tr!("Records").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        if self.typing { None } else { Some(&mut self.table) }
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        if self.typing { Some(&mut self.line) } else { self.table.field() }
    }
    fn edited(&mut self, _cx: &mut Cx<Msg>) {
        self.problem = None;
    }
    fn waits_for(&self, command: Command) -> bool {
        !self.typing
            && self.table.is_loading()
            && matches!(command, Command::Open | Command::History | Command::Patient)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let of_line = matches!(command, Command::Search | Command::List);
        if of_line == self.typing {
            return Ok(());
        }
        Err(Why::new(
            "not_here",
            if self.typing { tr!("Search first; enter does it.") } else { tr!("The list has the keys now.") },
        ))
    }
    fn moved(&mut self, cx: &mut Cx<Msg>) {
        if !self.typing && self.table.position() + 1 >= self.table.rows().len() {
            self.older(cx);
        }
    }
    fn retry(&mut self, cx: &mut Cx<Msg>) {
        self.run(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Search => self.run(cx),
            Command::Edit => self.typing = true,
            Command::List => self.typing = self.table.rows().is_empty(),
            Command::More if self.more => self.older(cx),
            Command::More => cx.toast(tr!("There are no older visits.")),
            Command::Open | Command::History | Command::Patient => {
                let Some(visit) = self.table.selected() else { return };
                cx.push(match command {
                    Command::Open => Route::Record(visit.encounter),
                    Command::History => Route::History(visit.patient),
                    _ => Route::Patient(visit.patient),
                });
            }
        }
    }
    fn update(&mut self, Msg::Found(after, result): Msg, cx: &mut Cx<Msg>) {
        match result {
            Ok(found) => {
                self.more = found.more;
                let mut rows = if after { self.table.rows().to_vec() } else { vec![] };
                rows.extend(found.rows);
                if !after {
                    self.closed = found.closed;
                    self.typing = rows.is_empty();
                    self.table.set_rows(rows);
                    self.table.go(0);
                } else {
                    self.table.set_rows(rows);
                }
            }
            Err(Error::Refused(why)) => {
                self.table.loaded();
                self.typing = true;
                self.problem = Some(why.to_string());
            }
            Err(e) => {
                self.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let lines = self.told(usize::from(area.width.saturating_sub(2)).max(1));
        let [head, rows] = widgets::split_top(area, 2 + lines.len().min(8) as u16);
        let label = tr!(" Search ");
        widgets::put(frame, head, 0, label, ui.theme.strong());
        let field = widgets::split_left(widgets::split_top(head, 1)[0], width(label) as u16)[1];
        self.line.view(frame, field, ui.theme, ui.focused && self.typing);
        let help = tr!(" a name, or pt:black dr:smith at:randwick on:12/3 from:1/3 to:12/3");
        widgets::put(frame, head, 1, help, ui.theme.dim());
        for (y, line) in (2..).zip(&lines) {
            widgets::put(frame, head, y, &format!(" {line}"), ui.theme.warn());
        }
        let listed = Ui { focused: ui.focused && !self.typing, ..ui.clone() };
        self.table.view(frame, rows, &listed);
    }
}

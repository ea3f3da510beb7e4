//! Who looked at a patient's record: one line for each view, with the right by which it was open.
use crate::{
    domain::{
        audit::{AuditKey, RecordView, RecordViews},
        ids::PatientId,
        why::Why,
    },
    store::{Error, Store},
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{
            put, sentence, split_top,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of views understands.
    pub enum Command {
        More: "viewers.more" "older" "Show older views";
    }
}

/// How many views a page has.
const PAGE: usize = 200;

/// What comes back.
pub enum Msg {
    Loaded(Option<AuditKey>, Result<RecordViews, Error>),
}

/// A view as it is drawn.
#[derive(Clone)]
struct Line {
    view: RecordView,
    at: String,
}

/// The list on the screen.
pub struct RecordViewers {
    patient: PatientId,
    about: String,
    table: Table<Line>,
    more: bool,
    closed: Option<Why>,
}

fn right(view: &RecordView) -> &'static str {
    if view.refused {
        return tr!("refused");
    }
    match view.right.as_str() {
        "own" => tr!("own record"),
        "appointment" => tr!("appointment"),
        "connection" => tr!("connection"),
        "granted" => tr!("granted"),
        "emergency" => tr!("EMERGENCY"),
        "role" => tr!("role"),
        _ => "-",
    }
}

/// What was looked at: the part of the record that the action names.
fn what(view: &RecordView) -> String {
    match view.action.split('.').next().unwrap_or_default() {
        "own" => tr!("own page").into(),
        "subject" => tr!("whole record").into(),
        "lists" => tr!("lists").into(),
        area if view.action == "record.viewers" => tr!("{area} viewers", area = area),
        area if view.action == "patient.visits" => tr!("{area} visits", area = area),
        area => area.replace(['-', '_'], " "),
    }
}

fn table() -> Table<Line> {
    Table::new(|l: &Line| l.view.id.0)
        .column(Column::new("When", |l: &Line| l.at.clone()).width(18))
        .column(Column::new("Who", |l: &Line| l.view.who.to_string()).grow(14))
        .column(Column::new("Role", |l: &Line| l.view.role.replace('_', " ")).width(13).priority(3))
        .column(Column::new("Centre", |l: &Line| l.view.centre.clone()).grow(10).priority(5))
        .column(Column::new("What", |l: &Line| what(&l.view)).width(14).priority(2))
        .column(Column::new("Right", |l: &Line| right(&l.view).to_owned()).width(12).look(|l, theme| {
            if l.view.right == "emergency" || l.view.refused { theme.warn() } else { theme.text() }
        }))
        .uncounted()
        .empty("Nobody has looked at this record.")
}

impl RecordViewers {
    /// The views of this patient's record.
    #[must_use]
    pub fn of(patient: PatientId) -> Self {
        Self { patient, about: String::new(), table: table(), more: false, closed: None }
    }

    fn load(&mut self, before: Option<AuditKey>, opened: bool, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let patient = self.patient;
        self.table.loading();
        let query = move |s: Store| async move { s.record_viewers(&actor, patient, before, opened).await };
        cx.load("record.viewers", query, move |r| Msg::Loaded(before, r));
    }
}

impl Screen for RecordViewers {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["viewers"]
    }
    fn title(&self) -> String {
        tr!("Who looked at the record").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, Command::More: Command) -> Result<(), Why> {
        if self.more { Ok(()) } else { Err(Why::new("no_more", tr!("There are no older views."))) }
    }
    fn waits_for(&self, Command::More: Command) -> bool {
        self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(None, true, cx);
    }
    fn command(&mut self, Command::More: Command, cx: &mut Cx<Msg>) {
        let last = self.table.rows().last().map(|l| AuditKey { at: l.view.at, id: l.view.id });
        self.load(last, false, cx);
    }
    fn update(&mut self, Msg::Loaded(before, loaded): Msg, cx: &mut Cx<Msg>) {
        match loaded {
            Ok(page) => {
                self.more = page.views.len() == PAGE;
                self.about = tr!(
                    "{patient} {number}; times of {zone}",
                    patient = page.patient,
                    number = format!("{:06}", page.record_number),
                    zone = page.zone
                );
                let mut rows = if before.is_some() { self.table.rows().to_vec() } else { vec![] };
                rows.extend(page.views.into_iter().map(|view| {
                    let at = view.at.with_timezone(&page.zone).format("%d %b %Y %H:%M").to_string();
                    Line { view, at }
                }));
                self.table.set_rows(rows);
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
        let [top, rest] = split_top(area, 1);
        put(frame, top, 0, &format!(" {}: {}", self.title(), self.about), ui.theme.strong());
        match &self.closed {
            Some(why) => sentence(frame, rest, &why.to_string()),
            None => self.table.view(frame, rest, ui),
        }
    }
}

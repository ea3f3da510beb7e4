//! Tab 2: the complaint, vital signs entered by one line, notes; below them what is stored in this visit. The patient's
//! lists are edited from here in a dialog. Leaving a field saves it to the visit; what is not saved is the tab's draft.
mod rows;
mod saving;
mod typed;

use super::{
    lists_dialog::ListsDialog,
    tab::{Ask, Chart, Tab, TabCx},
};
use crate::{
    domain::{
        encounter::{BodySystem, EncounterState, Lack, NewNote, Note, Observation},
        ids::{NoteId, ObservationId, RequestId},
        observation::Reading,
        why::Why,
    },
    store::{Change, Error},
    text::{cut, width},
    tr,
    ui::{
        command::WidgetCommand,
        screen::{Ui, Widget},
        widgets::{
            self,
            confirm::Confirm,
            form::{Field, Form},
            table::Table,
        },
    },
};
use ratatui::{Frame, layout::Rect};
use rows::Stored;
use typed::Typed;

crate::commands! {
    /// What the Examination tab understands.
    pub enum Command {
        StoreVitals: "examination.store-vitals" "store" "Store every sign of the line";
        AddNote: "examination.add-note" "add the note" "Add the note and begin another";
        Rows: "examination.rows" "rows" "Go to what is stored in this visit, and back to the fields";
        Lists: "examination.lists" "lists" "Read and edit the patient's lists without leaving";
        Change: "examination.change" "change" "Write your own note anew";
        Strike: "examination.strike" "entered in error" "Strike the selected row out; it is kept" destructive;
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum F {
    Complaint,
    Vitals,
    Title,
    System,
    Body,
}

impl F {
    fn of_note(self) -> bool {
        matches!(self, Self::Title | Self::System | Self::Body)
    }
}

/// What the world answers.
#[derive(Debug)]
pub enum Msg {
    Stored(Result<(Vec<Observation>, Vec<Note>), Error>),
    Complaint(Result<i64, Error>),
    Unusual(bool),
    Vitals(Result<Vec<ObservationId>, Error>),
    Note(Result<(NoteId, i64), Error>),
    AddendumSure(bool),
    StrikeSure(bool),
    Struck(Result<(), Error>),
    ListsClosed(bool),
}

/// The tab.
#[derive(Default)]
pub struct Examination {
    /// Nothing until the chart is here.
    form: Form<F>,
    /// The field that had the focus before it moved.
    was: Option<F>,
    /// The complaint as it is saved.
    complaint: String,
    /// The draft that came before the chart.
    waiting: Option<Typed>,
    editing: Option<(NoteId, i64)>,
    signs: Vec<Observation>,
    notes: Vec<Note>,
    table: Option<Table<Stored>>,
    in_rows: bool,
    signed: bool,
    /// The complaint can be typed here: it is the provider's own open visit.
    complains: bool,
    /// What is on its way, so that it is sent once.
    sending_complaint: Option<String>,
    sending_note: Option<NewNote>,
    sending_vitals: Option<String>,
    /// Signs that wait for the answer whether they are right.
    unusual: Vec<Reading>,
    requests: Requests,
    striking: Option<Stored>,
}

/// One request for each kind of write, kept until its outcome is known.
#[derive(Default)]
struct Requests {
    complaint: RequestId,
    vitals: RequestId,
    note: RequestId,
    strike: RequestId,
}

impl Examination {
    fn make_form(chart: &Chart) -> Form<F> {
        let v = &chart.visit;
        let mut form = Form::new();
        if v.mine && v.may_write {
            form = form.with(
                F::Complaint,
                Field::text(tr!("Chief complaint")).required().max(400).with(&v.chief_complaint),
            );
        } else {
            form = form.with(F::Complaint, Field::fixed(tr!("Chief complaint"), v.chief_complaint.clone()));
        }
        if v.may_write {
            form = form.with(
                F::Vitals,
                Field::text(tr!("Vital signs")).hint("bp 120/80 hr 72 t 37.2 spo2 98").max(400),
            );
        }
        if v.may_write || (v.state == EncounterState::Signed && v.mine) {
            let title = if v.may_write { tr!("Note title") } else { tr!("Addendum title") };
            let systems = std::iter::once(tr!("none").to_owned())
                .chain(BodySystem::ALL.iter().map(|s| s.word().to_owned()))
                .collect();
            form = form
                .with(F::Title, Field::text(title).max(200))
                .with(F::System, Field::choice(tr!("Body system"), systems).with(tr!("none")))
                .with(F::Body, Field::many(tr!("Text"), 4));
        }
        form
    }

    fn typed(&self) -> Typed {
        let complaint = self.form.get(F::Complaint);
        Typed {
            complaint: (self.complains && complaint != self.complaint.trim()).then_some(complaint),
            vitals: self.form.get(F::Vitals),
            title: self.form.get(F::Title),
            system: self.system(),
            body: self.form.get(F::Body),
            editing: self.editing,
        }
    }
    fn system(&self) -> Option<BodySystem> {
        let at = self.form.chosen(F::System)?.checked_sub(1)?;
        BodySystem::ALL.get(at).copied()
    }
    fn put(&mut self, typed: &Typed) {
        if let Some(complaint) = &typed.complaint {
            self.form.set(F::Complaint, complaint);
        }
        self.form.set(F::Vitals, &typed.vitals);
        self.put_note(&typed.note());
        self.editing = typed.editing;
    }
    fn put_note(&mut self, note: &NewNote) {
        self.form.set(F::Title, &note.title);
        self.form.set(F::Body, &note.body);
        self.form.set(F::System, note.system.map_or(tr!("none"), BodySystem::word));
    }

    fn load(cx: &mut TabCx<'_, Msg>) {
        let (patient, encounter) = (cx.patient(), cx.encounter());
        cx.read(
            "visit.examination",
            move |store, actor| async move {
                let signs = store.observations(&actor, patient, Some(encounter)).await?;
                let notes = store.notes(&actor, encounter).await?;
                Ok((signs, notes))
            },
            Msg::Stored,
        );
    }

    fn row(&self) -> Option<&Stored> {
        self.table.as_ref().and_then(Table::selected)
    }

    fn lists(&self, cx: &mut TabCx<'_, Msg>) {
        let (visit, banner) = (cx.chart.visit.clone(), cx.chart.banner.clone());
        let history = cx.chart.history.clone();
        let into = visit.may_write.then_some(visit.id);
        cx.open(move |a| ListsDialog::new(&banner, into, &history, a), Msg::ListsClosed);
    }
}

impl Tab for Examination {
    type Command = Command;
    type Msg = Msg;

    fn form(&self) -> &'static str {
        "visit.examination"
    }
    fn word(&self) -> &'static str {
        tr!("Examination")
    }
    fn contexts(&self) -> &[&str] {
        match self.form.current() {
            _ if self.in_rows => &["examination-rows", "examination"],
            Some(F::Vitals) if self.form.is_typing() => &["examination-vitals", "examination"],
            _ => &["examination"],
        }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        if self.in_rows {
            return self.table.as_mut().map(|t| t as &mut dyn Widget);
        }
        Some(&mut self.form)
    }
    fn available(&self, command: Command, chart: &Chart) -> Result<(), Why> {
        let no = |rule: &str, sentence: &'static str| Err(Why::new(rule, sentence));
        match command {
            Command::StoreVitals if !chart.visit.may_write => {
                no("visit_over", tr!("Nothing more is measured in this visit."))
            }
            Command::AddNote if !self.typed().has_note() => no("note_empty", tr!("No note is typed.")),
            Command::Change | Command::Strike if !self.in_rows => {
                no("no_row", tr!("Go to the rows of this visit first."))
            }
            Command::Change | Command::Strike => match self.row() {
                None => no("no_row", tr!("No row is selected.")),
                Some(row) if row.struck() => no("struck", tr!("It is entered in error already.")),
                Some(row) if !row.mine() => no(
                    "strike_own_rows",
                    tr!("Only who wrote it changes it or marks it as entered in error."),
                ),
                Some(Stored::Sign(_)) if command == Command::Change => {
                    no("signs_are_appended", tr!("A sign is struck out and entered again, never changed."))
                }
                Some(Stored::Note(n)) if command == Command::Change && (self.signed || n.addendum) => {
                    no("signed_is_signed", tr!("A signed note never changes; add an addendum."))
                }
                Some(_) => Ok(()),
            },
            _ => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.form = Self::make_form(cx.chart);
        self.complaint = cx.chart.visit.chief_complaint.clone();
        self.signed = !cx.chart.visit.state.is_unsigned();
        self.complains = cx.chart.visit.mine && cx.chart.visit.may_write;
        self.was = self.form.current();
        self.table = Some(rows::table(cx.env().zone()));
        if let Some(waiting) = self.waiting.take() {
            self.put(&waiting);
        }
        Self::load(cx);
    }
    fn chart_changed(&mut self, cx: &mut TabCx<'_, Msg>) {
        let typed = self.typed();
        let (v, was_signed) = (&cx.chart.visit, self.signed);
        self.signed = !v.state.is_unsigned();
        self.complains = v.mine && v.may_write;
        if was_signed != self.signed {
            // Other fields from now on; the text stays.
            self.form = Self::make_form(cx.chart);
            self.put(&typed);
        }
        if typed.complaint.is_none() {
            self.form.set(F::Complaint, &v.chief_complaint);
            self.complaint = v.chief_complaint.clone();
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut TabCx<'_, Msg>) {
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if matches!(r.entity.as_str(), "note" | "observation"))
        {
            Self::load(cx);
        }
    }
    fn left(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.save_complaint(cx);
        self.save_vitals(false, cx);
        if !self.signed {
            self.save_note(cx);
        }
    }
    fn moved(&mut self, cx: &mut TabCx<'_, Msg>) {
        let now = self.form.current();
        let before = std::mem::replace(&mut self.was, now);
        if self.in_rows || (before == now && self.form.is_typing()) {
            return;
        }
        match before {
            Some(F::Complaint) => self.save_complaint(cx),
            Some(F::Vitals) => self.save_vitals(false, cx),
            Some(f) if f.of_note() && !now.is_some_and(F::of_note) && !self.signed => self.save_note(cx),
            _ => {}
        }
    }
    fn jump(&mut self, target: &'static str, _cx: &mut TabCx<'_, Msg>) {
        self.in_rows = false;
        if target == "complaint" {
            self.form.go_to(F::Complaint);
            self.was = Some(F::Complaint);
        }
    }
    fn command(&mut self, command: Command, cx: &mut TabCx<'_, Msg>) {
        match command {
            Command::StoreVitals if self.form.get(F::Vitals).is_empty() => {
                self.form.act(WidgetCommand::FieldNext);
                self.was = self.form.current();
            }
            Command::StoreVitals => self.save_vitals(true, cx),
            Command::AddNote if self.signed => self.ask_addendum(cx),
            Command::AddNote => self.save_note(cx),
            Command::Rows => {
                self.in_rows = !self.in_rows;
                if self.in_rows {
                    self.left(cx);
                }
            }
            Command::Lists => self.lists(cx),
            Command::Change => {
                let Some(Stored::Note(note)) = self.row().cloned() else { return };
                if self.typed().has_note() {
                    return cx.toast(tr!("Another note is typed: add it first."));
                }
                self.editing = Some((note.id, note.version));
                self.put_note(&NewNote { title: note.title, body: note.body, system: note.system });
                self.in_rows = false;
                self.form.go_to(F::Body);
                self.was = Some(F::Body);
            }
            Command::Strike => {
                let Some(row) = self.row().cloned() else { return };
                let question = tr!("Strike out the {what}?", what = row.name());
                self.striking = Some(row);
                cx.open(
                    move |a| {
                        Confirm::new(question, a)
                            .consequence(tr!("It stays visible as entered in error and counts no more."))
                            .yes(tr!("strike it out"))
                            .no(tr!("keep it"))
                    },
                    Msg::StrikeSure,
                );
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut TabCx<'_, Msg>) {
        match msg {
            Msg::Stored(Ok((signs, notes))) => {
                let rows = rows::of_visit(&signs, &notes, cx.encounter());
                (self.signs, self.notes) = (signs, notes);
                if let Some(table) = &mut self.table {
                    table.set_rows(rows);
                }
            }
            Msg::Stored(Err(e)) => cx.failed(&e),
            Msg::ListsClosed(changed) => {
                if changed {
                    cx.ask(Ask::Reload);
                }
            }
            saved => self.saved(saved, cx),
        }
    }
    fn dirty(&self) -> bool {
        !self.typed().is_empty() || self.waiting.is_some()
    }
    fn draft_payload(&self) -> Option<String> {
        let typed = self.typed();
        if typed.is_empty() { None } else { serde_json::to_string(&typed).ok() }
    }
    fn restore(&mut self, payload: &str) {
        // Text that cannot be read as ours is still somebody's text.
        let found: Typed = serde_json::from_str(payload)
            .unwrap_or_else(|_| Typed { body: payload.into(), ..Typed::default() });
        if self.table.is_none() {
            let before = self.waiting.take().unwrap_or_default();
            self.waiting = Some(before.joined(found));
            return;
        }
        let joined = self.typed().joined(found);
        self.put(&joined);
    }
    fn missing(&self, chart: &Chart) -> Vec<(&'static str, String)> {
        if chart.visit.lacks().contains(&Lack::ChiefComplaint) {
            vec![("complaint", tr!("The chief complaint is missing.").to_owned())]
        } else {
            vec![]
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, _chart: &Chart) {
        let lines = last_lines(&self.signs, usize::from(area.width), ui);
        let [top, rest] = widgets::split_top(area, lines.len() as u16);
        for (y, line) in lines.iter().enumerate() {
            widgets::put(frame, top, y as u16, line, ui.theme.dim());
        }
        let form = self.form.height().min(rest.height.saturating_sub(4).max(1));
        let [fields, below] = widgets::split_top(rest, form);
        let part = |focused: bool| Ui { focused: ui.focused && focused, ..ui.clone() };
        self.form.view(frame, fields, &part(!self.in_rows));
        if let Some(table) = &mut self.table {
            table.view(frame, below, &part(self.in_rows));
        }
    }
}

/// The last values in at most two lines; the newest come first, so that what is cut is the oldest.
fn last_lines(signs: &[Observation], columns: usize, ui: &Ui) -> Vec<String> {
    let mut lines: Vec<String> = vec![tr!(" Last:").to_owned()];
    let values = rows::last_values(signs, ui.env.zone(), ui.theme);
    if values.is_empty() {
        return vec![tr!(" No vital signs are known yet.").to_owned()];
    }
    for value in values {
        let value = crate::text::clean(&value).into_owned();
        let fits = lines.last().is_some_and(|l| width(l) + width(&value) + 3 <= columns);
        let full = lines.len() == 2;
        match lines.last_mut() {
            Some(line) if fits => *line = format!("{line}  {value}"),
            _ if full => break,
            _ => lines.push(format!("        {}", cut(&value, columns.saturating_sub(8)))),
        }
    }
    lines
}

//! The departments of every centre; a closed one says when it opens.
use super::department_form::DepartmentForm;
use crate::{
    domain::{centre::DepartmentEntry, why::Why},
    store::{Change, Error},
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{
            put, split_top,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of departments understands.
    pub enum Command {
        Open: "department.change" "change" "Change, close or open the selected department";
        Add: "department.add" "add" "Add a department";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<Vec<DepartmentEntry>, Error>),
    Closed(bool),
}

/// The list.
pub struct Departments {
    table: Table<DepartmentEntry>,
}

impl Default for Departments {
    fn default() -> Self {
        let state = |r: &DepartmentEntry| match (r.details.closed, r.details.opens.is_empty()) {
            (true, false) => tr!("closed, opens {when}", when = r.details.opens),
            (true, true) => tr!("closed").into(),
            _ => String::new(),
        };
        let table = Table::new(|r: &DepartmentEntry| r.id.0)
            .column(Column::new("Department", |r: &DepartmentEntry| r.details.name.clone()).grow(16))
            .column(Column::new("Centre", |r: &DepartmentEntry| r.centre_name.clone()).grow(16).priority(2))
            .column(Column::new("State", state).width(24).priority(3))
            .empty("No department yet.");
        Self { table }
    }
}

impl Departments {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load("departments.list", |s| async move { s.department_entries(&actor).await }, Msg::Loaded);
    }
}

impl Screen for Departments {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["departments"]
    }
    fn title(&self) -> String {
        tr!("Departments").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        if command == Command::Open && self.table.selected().is_none() {
            return Err(Why::new("no_row", tr!("No department is selected.")));
        }
        Ok(())
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Open && self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let old = if command == Command::Open { self.table.selected().cloned() } else { None };
        cx.open(|a| DepartmentForm::new(old, a), Msg::Closed);
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => self.table.set_rows(rows),
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Closed(_) => self.load(cx),
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if r.entity == "department")
        {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        self.table.view(frame, rest, ui);
    }
}

//! A screen of the tests: a list, a dialog, a picker, a search that must be waited for, a note with a draft.
use praxis::{
    domain::why::Why,
    store::{Change, Error},
    ui::{
        cx::Cx,
        route::Route,
        screen::{Leave, Screen, TextInput, Ui, Widget},
        widgets::{
            confirm::Confirm,
            picker::{Picker, Row},
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};
use std::time::Duration;
use uuid::Uuid;

// The keys of the built-in lists and dialogs are used; the sample's own commands borrow names that have keys there.
praxis::commands! {
    pub enum Command {
        Open: "form.accept" "open" "Open the selected row";
        Sure: "form.edit" "cancel visit" "Cancel the selected row";
        Refused: "form.choice-previous" "sign" "Never allowed here";
    }
}

#[derive(Debug)]
pub enum Msg {
    Loaded(Vec<(u128, String)>),
    Sure(bool),
    #[expect(dead_code, reason = "read by Debug")]
    Picked(Option<u128>),
    #[expect(dead_code, reason = "read by Debug")]
    Saved(Result<(), Error>),
    Draft,
}

pub struct Sample {
    pub table: Table<(u128, String)>,
    pub seen: Vec<String>,
    pub waiting: bool,
    pub unsaved: bool,
}

impl Sample {
    pub fn new() -> Self {
        let table = Table::new(|r: &(u128, String)| Uuid::from_u128(r.0))
            .column(Column::new("Patient", |r: &(u128, String)| r.1.clone()).grow(12))
            .column(Column::new("No", |r: &(u128, String)| r.0.to_string()).width(5).right().priority(2))
            .empty("Nobody yet.");
        Self { table, seen: vec![], waiting: false, unsaved: false }
    }
    pub fn rows() -> Vec<(u128, String)> {
        let names = ["NGUYEN Linh", "BLACK Jack", "ZHANG Hao", "MÜLLER Ana"];
        (0..30).map(|i| (i, format!("{} {i}", names[i as usize % 4]))).collect()
    }
}

impl Screen for Sample {
    type Command = Command;
    type Msg = Msg;
    fn contexts(&self) -> &[&str] {
        &["list", "form"]
    }
    fn title(&self) -> String {
        "Sample".into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.table.field()
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            Command::Refused => Err(Why::new("no", "Only doctors sign.").instead("Ask one.")),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        self.waiting && command == Command::Open
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.table.loading();
        cx.load("sample.list", |_| async { vec![] }, Msg::Loaded);
    }
    fn moved(&mut self, cx: &mut Cx<Msg>) {
        cx.after("draft", Duration::from_secs(1), Msg::Draft);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Open => {
                self.seen.push(self.table.selected().map_or("none".into(), |r| r.1.clone()));
                if self.unsaved {
                    let rows = vec![Row::new(7, "Seven", "lucky"), Row::new(8, "Eight", "")];
                    cx.open(|a| Picker::new("Number", a).rows(rows), Msg::Picked);
                } else {
                    cx.push(Route::Patients);
                }
            }
            Command::Sure => {
                cx.open(|a| Confirm::new("Cancel 10:30 BLACK Jack?", a).yes("cancel it"), Msg::Sure);
            }
            Command::Refused => self.seen.push("impossible".into()),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(rows) => {
                self.waiting = false;
                self.table.set_rows(rows);
            }
            Msg::Sure(true) => {
                cx.save("sample.cancel", |_| async { Ok(()) }, Msg::Saved);
                cx.save("sample.cancel", |_| async { Ok(()) }, Msg::Saved);
                cx.undoable("Cancelled BLACK Jack.", "sample.restore", |_| async { Ok(()) }, Msg::Saved);
            }
            other => self.seen.push(format!("{other:?}")),
        }
    }
    fn changed(&mut self, _: &Change, cx: &mut Cx<Msg>) {
        self.opened(cx);
    }
    fn hang_up(&mut self, cx: &mut Cx<Msg>) {
        cx.save("sample.draft", |_| async { Ok(()) }, Msg::Saved);
    }
    fn leave(&self) -> Leave {
        if self.unsaved { Leave::Ask("1 unsaved field".into()) } else { Leave::Free }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.table.view(frame, area, ui);
    }
}

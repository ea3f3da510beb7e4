//! The catalogue of visit types: added, changed, retired once they are chosen no more.
use super::{
    fields::{Request, busy},
    visit_type_form::VisitTypeForm,
};
use crate::{
    domain::{money::amount, visit_type::VisitType, why::Why},
    store::{Change, Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        desk,
        screen::{Screen, Ui, Widget},
        widgets::{
            put, split_top,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of visit types understands.
    pub enum Command {
        Open: "visit-type.change" "change" "Change the selected visit type; what is booked stays as it was booked";
        Add: "visit-type.add" "add" "Add a visit type";
        Retire: "visit-type.retire" "retire" "Keep it for its past and choose it no more; it can be used again";
        Reopen: "visit-type.reopen" "use again" "Use a retired visit type again";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<Vec<VisitType>, Error>),
    Closed(bool),
    Retired(Result<i64, Error>),
}

/// The list.
pub struct VisitTypes {
    table: Table<VisitType>,
    request: Request,
}

fn who(t: &VisitType) -> String {
    if t.details.professions.is_empty() {
        return tr!("all").into();
    }
    let words: Vec<String> = t.details.professions.iter().map(|p| desk::profession(p)).collect();
    words.join(", ")
}

impl Default for VisitTypes {
    fn default() -> Self {
        let table = Table::new(|t: &VisitType| t.id.0)
            .column(Column::new("Visit type", |t: &VisitType| t.details.name.clone()).grow(18))
            .column(Column::new("Code", |t: &VisitType| t.code.clone()).width(17).priority(4))
            .column(Column::new("Takes", |t: &VisitType| t.details.takes()).width(12))
            .column(
                Column::new("Price", |t: &VisitType| amount(t.details.price_cents))
                    .width(8)
                    .right()
                    .priority(2),
            )
            .column(Column::new("For", who).grow(8).priority(3))
            .column(
                Column::new("Room", |t: &VisitType| {
                    t.details.room_kind.map(|k| tr_str(k.code()).to_owned()).unwrap_or_default()
                })
                .width(10)
                .priority(5),
            )
            .column(
                Column::new(
                    "",
                    |t: &VisitType| if t.retired { tr!("retired").into() } else { String::new() },
                )
                .width(7)
                .priority(2),
            )
            .empty("No visit type yet.");
        Self { table, request: Request::default() }
    }
}

impl VisitTypes {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load("visit-types.list", |s| async move { s.visit_types(&actor).await }, Msg::Loaded);
    }

    fn retire(&mut self, retired: bool, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.table.selected().cloned()) else {
            return;
        };
        self.request.saving = true;
        let request = self.request.id;
        let write = move |s: Store| async move {
            s.retire_visit_type(&actor, request, row.id, row.version, retired).await
        };
        cx.save("visit-type.retire", write, Msg::Retired);
    }
}

impl Screen for VisitTypes {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["visit-types"]
    }
    fn title(&self) -> String {
        tr!("Visit types").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match (command, self.table.selected().map(|r| r.retired)) {
            (Command::Add, _) => Ok(()),
            (_, None) => Err(Why::new("no_row", tr!("No visit type is selected."))),
            (Command::Retire, Some(true)) => Err(Why::new("retired", tr!("It is retired already."))),
            (Command::Reopen, Some(false)) => Err(Why::new("in_use", tr!("It is in use."))),
            (Command::Retire | Command::Reopen, _) if self.request.saving => Err(busy()),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command != Command::Add && self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Add => cx.open(|a| VisitTypeForm::new(None, a), Msg::Closed),
            Command::Open => {
                let row = self.table.selected().cloned();
                cx.open(|a| VisitTypeForm::new(row, a), Msg::Closed);
            }
            Command::Retire => self.retire(true, cx),
            Command::Reopen => self.retire(false, cx),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => self.table.set_rows(rows),
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Closed(_) => self.load(cx),
            Msg::Retired(Ok(_)) => {
                self.request.ended(None);
                cx.toast(tr!("Saved."));
                self.load(cx);
            }
            Msg::Retired(Err(e)) => {
                self.request.ended(Some(&e));
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if r.entity == "visit_type")
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

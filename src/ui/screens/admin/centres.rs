//! The clinic's centres: added, changed, retired once they are used no more.
use super::{
    centre_form::CentreForm,
    fields::{Request, busy},
};
use crate::{
    domain::{centre::CentreEntry, why::Why},
    store::{Change, Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{
            confirm::Confirm,
            put, split_top,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of centres understands.
    pub enum Command {
        Open: "centre.change" "change" "Change the selected centre";
        Add: "centre.add" "add" "Add a centre";
        Retire: "centre.retire" "retire" "Keep the centre for its past and use it no more; it can be reopened";
        Reopen: "centre.reopen" "reopen" "Use a retired centre again";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<Vec<CentreEntry>, Error>),
    Closed(bool),
    Sure(bool),
    Retired(Result<i64, Error>),
}

/// The list.
pub struct Centres {
    table: Table<CentreEntry>,
    request: Request,
    about: Option<CentreEntry>,
}

impl Default for Centres {
    fn default() -> Self {
        let table = Table::new(|r: &CentreEntry| r.id.0)
            .column(Column::new("Centre", |r: &CentreEntry| r.details.name.clone()).grow(20))
            .column(
                Column::new("Kind", |r: &CentreEntry| tr_str(r.details.kind.word()).to_owned())
                    .width(14)
                    .priority(4),
            )
            .column(Column::new("Number", |r: &CentreEntry| r.details.number.clone()).width(11).priority(5))
            .column(Column::new("Suburb", |r: &CentreEntry| r.details.suburb.clone()).width(12).priority(3))
            .column(
                Column::new("Staff", |r: &CentreEntry| r.providers.to_string()).width(5).right().priority(6),
            )
            .column(
                Column::new(
                    "",
                    |r: &CentreEntry| if r.retired { tr!("retired").into() } else { String::new() },
                )
                .width(7)
                .priority(2),
            )
            .empty("No centre yet.");
        Self { table, request: Request::default(), about: None }
    }
}

impl Centres {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load("centres.list", |s| async move { s.centre_entries(&actor).await }, Msg::Loaded);
    }

    fn retire(&mut self, retired: bool, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
        self.request.saving = true;
        let request = self.request.id;
        let write = move |s: Store| async move {
            s.retire_centre(&actor, request, row.id, row.version, retired).await
        };
        cx.save("centre.retire", write, Msg::Retired);
    }
}

impl Screen for Centres {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["admin-centres"]
    }
    fn title(&self) -> String {
        tr!("Centres").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let retired = self.table.selected().map(|r| r.retired);
        match (command, retired) {
            (Command::Add, _) => Ok(()),
            (_, None) => Err(Why::new("no_row", tr!("No centre is selected."))),
            (Command::Retire, Some(true)) => Err(Why::new("retired", tr!("This centre is retired already."))),
            (Command::Reopen, Some(false)) => Err(Why::new("in_use", tr!("This centre is in use."))),
            (Command::Retire | Command::Reopen, _) if self.request.saving => Err(busy()),
            _ => Ok(()),
        }
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
        self.about = self.table.selected().cloned();
        match command {
            Command::Add => cx.open(|a| CentreForm::new(None, a), Msg::Closed),
            Command::Open => {
                let row = self.about.clone();
                cx.open(|a| CentreForm::new(row, a), Msg::Closed);
            }
            Command::Retire => {
                let name = self.about.as_ref().map(|c| c.details.name.clone()).unwrap_or_default();
                cx.open(
                    move |a| {
                        Confirm::new(tr!("Retire {name}?", name = name), a)
                            .consequence(tr!("Nothing is booked there any more. Its past stays."))
                            .yes(tr!("retire it"))
                            .no(tr!("keep"))
                    },
                    Msg::Sure,
                );
            }
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
            Msg::Sure(true) => self.retire(true, cx),
            Msg::Sure(false) => {}
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
        if matches!(change, Change::Everything) || matches!(change, Change::Row(r) if r.entity == "centre") {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        self.table.view(frame, rest, ui);
    }
}

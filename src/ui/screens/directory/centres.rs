//! Every centre: found by name, suburb or department.
use super::found;
use crate::{
    store::{CentreRow, Change, Error},
    tr,
    ui::{
        cx::Cx,
        route::{BookingStart, Route},
        screen::{Screen, Ui, Widget},
        widgets::{ranked::Ranked, table::Column},
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of centres understands.
    pub enum Command {
        Open: "centres.open" "open" "Open the page of the centre";
        Book: "centres.book" "book" "Book somebody at this centre" => "appointment.book";
    }
}

/// What this screen is told.
pub enum Msg {
    /// Every centre.
    Loaded(Result<Vec<CentreRow>, Error>),
}

/// The screen.
pub struct Centres {
    table: Ranked<CentreRow>,
}

impl Default for Centres {
    fn default() -> Self {
        let text = |c: &CentreRow| {
            format!("{} {} {}", c.name, c.suburb.as_deref().unwrap_or_default(), c.departments.join(" "))
        };
        Self {
            table: Ranked::new(|c: &CentreRow| c.id.0, move |typed, rows| found(typed, rows, text))
                .column(Column::new("Centre", |c: &CentreRow| c.name.clone()).grow(20))
                .column(
                    Column::new("Kind", |c: &CentreRow| super::centre::kind_word(&c.kind).to_owned())
                        .width(14)
                        .priority(4),
                )
                .column(
                    Column::new("Suburb", |c: &CentreRow| c.suburb.clone().unwrap_or_default())
                        .grow(10)
                        .priority(2),
                )
                .column(
                    Column::new("Phone", |c: &CentreRow| c.phone.clone().unwrap_or_default())
                        .width(14)
                        .priority(3),
                )
                .column(
                    Column::new("Providers", |c: &CentreRow| c.providers.to_string())
                        .width(9)
                        .right()
                        .priority(5),
                )
                .empty("No centres yet. An administrator adds them."),
        }
    }
}

impl Screen for Centres {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["centres"]
    }
    fn title(&self) -> String {
        tr!("Centres").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.table.waits()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load("centres.load", move |store| async move { store.centres(&actor).await }, Msg::Loaded);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.opened(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let names = ["centre", "department", "provider"];
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if names.contains(&r.entity.as_str()))
        {
            self.opened(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let Some(id) = self.table.selected().map(|c| c.id) else { return };
        match command {
            Command::Open => cx.push(Route::Centre(id)),
            Command::Book => {
                cx.push(Route::Booking(BookingStart { centre: Some(id), ..BookingStart::default() }));
            }
        }
    }
    fn update(&mut self, Msg::Loaded(result): Msg, cx: &mut Cx<Msg>) {
        match result {
            Ok(rows) => self.table.set_rows(rows),
            Err(e) => {
                self.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.table.view(frame, area, ui);
    }
}

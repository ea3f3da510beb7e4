//! Everybody patients are booked with: by name, profession, specialty, expertise or centre, with the next free slot.
use super::{found, next_free, profession};
use crate::{
    store::{Change, Error, ProviderRow},
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
    /// What the list of providers understands.
    pub enum Command {
        Open: "providers.open" "open" "Open the page of the provider";
        Book: "providers.book" "book" "Book somebody with this provider" => "appointment.book";
    }
}

/// What this screen is told.
pub enum Msg {
    /// Every provider.
    Loaded(Result<Vec<ProviderRow>, Error>),
}

#[derive(Clone)]
struct Line {
    row: ProviderRow,
    free: String,
}

/// The screen.
pub struct Providers {
    table: Ranked<Line>,
}

fn field_of_work(p: &ProviderRow) -> String {
    let mut all = vec![profession(&p.profession)];
    all.extend(p.specialties.iter().cloned());
    all.join(", ")
}

fn centres(p: &ProviderRow) -> String {
    p.centres.iter().map(|(_, n)| n.as_str()).collect::<Vec<_>>().join(", ")
}

impl Default for Providers {
    fn default() -> Self {
        let text = |l: &Line| {
            let expertise = l.row.expertise.as_deref().unwrap_or_default();
            format!("{} {} {expertise} {}", l.row.name, field_of_work(&l.row), centres(&l.row))
        };
        Self {
            table: Ranked::new(|l: &Line| l.row.id.0, move |typed, rows| found(typed, rows, text))
                .column(Column::new("Provider", |l: &Line| l.row.name.to_string()).grow(16))
                .column(Column::new("Profession", |l: &Line| field_of_work(&l.row)).grow(14))
                .column(Column::new("Centre", |l: &Line| centres(&l.row)).grow(12).priority(4))
                .column(Column::new("Next free", |l: &Line| l.free.clone()).width(16).priority(3))
                .empty("No providers yet. An administrator adds them."),
        }
    }
}

impl Screen for Providers {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["providers"]
    }
    fn title(&self) -> String {
        tr!("Providers").into()
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
        cx.load("providers.load", move |store| async move { store.providers(&actor).await }, Msg::Loaded);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.opened(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let names = ["provider", "account", "centre", "clinic_session", "appointment"];
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if names.contains(&r.entity.as_str()))
        {
            self.opened(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let Some(id) = self.table.selected().map(|l| l.row.id) else { return };
        match command {
            Command::Open => cx.push(Route::Provider(id)),
            Command::Book => {
                cx.push(Route::Booking(BookingStart { provider: Some(id), ..BookingStart::default() }));
            }
        }
    }
    fn update(&mut self, Msg::Loaded(result): Msg, cx: &mut Cx<Msg>) {
        let today = cx.env().today();
        match result {
            Ok(rows) => self
                .table
                .set_rows(rows.into_iter().map(|row| Line { free: next_free(&row, today), row }).collect()),
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

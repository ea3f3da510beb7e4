//! The page of a centre: how to reach it, its departments, and who works there by profession.
use super::{next_free, page_head, profession};
use crate::{
    domain::ids::CentreId,
    store::{CentrePage, Change, Error, ProviderRow},
    text::{clean, wrap},
    tr,
    ui::{
        cx::Cx,
        route::{BookingStart, Route},
        screen::{Screen, Ui, Widget},
        widgets::table::{Column, Table},
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the page of a centre understands.
    pub enum Command {
        Open: "centre.open" "open" "Open the page of the selected provider";
        Book: "centre.book" "book" "Book somebody here with the selected provider" => "appointment.book";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The page as it is now.
    Loaded(Result<Box<CentrePage>, Error>),
}

#[derive(Clone)]
struct Line {
    row: ProviderRow,
    free: String,
}

/// The screen.
pub struct Centre {
    id: CentreId,
    page: Option<Box<CentrePage>>,
    table: Table<Line>,
}

/// The kind of a centre in the person's language.
#[must_use]
pub fn kind_word(kind: &str) -> &str {
    match kind {
        "hospital" => tr!("hospital"),
        "medical_centre" => tr!("medical centre"),
        other => other,
    }
}

impl Centre {
    /// The page of this centre.
    #[must_use]
    pub fn of(id: CentreId) -> Self {
        Self {
            id,
            page: None,
            table: Table::new(|l: &Line| l.row.id.0)
                .column(Column::new("Profession", |l: &Line| profession(&l.row.profession)).width(15))
                .column(Column::new("Provider", |l: &Line| l.row.name.to_string()).grow(16))
                .column(
                    Column::new("Specialty", |l: &Line| l.row.specialties.join(", ")).grow(10).priority(4),
                )
                .column(Column::new("Next free", |l: &Line| l.free.clone()).width(16).priority(3))
                .empty("Nobody works here yet. An administrator adds providers."),
        }
    }

    fn lines(&self, room: usize) -> Vec<String> {
        let Some(page) = &self.page else { return vec![] };
        let c = &page.centre;
        let mut lines = vec![];
        let place =
            [c.address.as_deref(), c.suburb.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let reach =
            [c.phone.as_deref(), c.email.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        lines.extend([place, reach].into_iter().filter(|l| !l.is_empty()));
        for d in &page.departments {
            let mut line = tr!("department {name}", name = d.name);
            if d.closed {
                line += &match &d.opens {
                    Some(opens) => tr!(", closed; opens {when}", when = opens),
                    None => tr!(", closed").to_owned(),
                };
            } else if let Some(services) = d.services.as_deref().filter(|s| !s.is_empty()) {
                line += &format!(": {services}");
            }
            lines.push(line);
        }
        lines.iter().flat_map(|l| wrap(&clean(l), room)).collect()
    }
}

impl Screen for Centre {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["centre"]
    }
    fn title(&self) -> String {
        self.page.as_ref().map_or_else(|| tr!("Centre").into(), |p| p.centre.name.clone())
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let id = self.id;
        self.table.loading();
        cx.load(
            "centre.load",
            move |store| async move { store.centre_page(&actor, id).await.map(Box::new) },
            Msg::Loaded,
        );
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.opened(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let names = ["centre", "department", "provider", "clinic_session", "appointment"];
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if names.contains(&r.entity.as_str()))
        {
            self.opened(cx);
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Open && self.page.is_none() && self.table.is_loading()
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let provider = self.table.selected().map(|l| l.row.id);
        match (command, provider) {
            (Command::Open, Some(id)) => cx.push(Route::Provider(id)),
            (Command::Open, None) => {}
            (Command::Book, provider) => {
                cx.push(Route::Booking(BookingStart {
                    provider,
                    centre: Some(self.id),
                    ..BookingStart::default()
                }));
            }
        }
    }
    fn update(&mut self, Msg::Loaded(result): Msg, cx: &mut Cx<Msg>) {
        let today = cx.env().today();
        match result {
            Ok(page) => {
                let rows = page.providers.iter().cloned();
                self.table.set_rows(rows.map(|row| Line { free: next_free(&row, today), row }).collect());
                self.page = Some(page);
            }
            Err(e) => {
                self.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let room = usize::from(area.width.saturating_sub(2)).max(1);
        let mut lines = self.lines(room);
        lines.truncate(usize::from(area.height / 2));
        let name = self.page.as_ref().map(|p| format!("{}   {}", p.centre.name, kind_word(&p.centre.kind)));
        let rows = page_head(frame, area, ui, name.as_deref(), &lines);
        self.table.view(frame, rows, ui);
    }
}

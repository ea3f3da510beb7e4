//! The page of a provider: who they are, where and when they see patients, the next free slot, and booking.
use super::{next_free, page_head, profession};
use crate::{
    domain::{
        dates::{clock, weekday_short},
        ids::{CentreId, ProviderId},
    },
    store::{Change, Error, ProviderPage},
    text::{clean, wrap},
    tr,
    ui::{
        cx::Cx,
        route::{BookingStart, Route},
        screen::{Screen, Ui, Widget},
        widgets::table::{Column, Table},
    },
};
use chrono::{NaiveTime, Weekday};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the page of a provider understands.
    pub enum Command {
        Open: "provider.open" "centre" "Open the page of the selected centre";
        Book: "provider.book" "book" "Book somebody with this provider at the selected centre" => "appointment.book";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The page as it is now.
    Loaded(Result<Box<ProviderPage>, Error>),
}

#[derive(Clone)]
struct Line {
    id: CentreId,
    name: String,
    hours: String,
}

/// The screen.
pub struct Provider {
    id: ProviderId,
    page: Option<Box<ProviderPage>>,
    table: Table<Line>,
}

impl Provider {
    /// The page of this provider.
    #[must_use]
    pub fn of(id: ProviderId) -> Self {
        Self {
            id,
            page: None,
            table: Table::new(|l: &Line| l.id.0)
                .column(Column::new("Centre", |l: &Line| l.name.clone()).grow(16))
                .column(Column::new("Hours", |l: &Line| l.hours.clone()).grow(30))
                .empty("This provider works at no centre yet.")
                .uncounted(),
        }
    }

    fn lines(&self, ui: &Ui, room: usize) -> Vec<String> {
        let Some(page) = &self.page else { return vec![] };
        let p = &page.provider;
        let mut lines = vec![];
        let free = next_free(p, ui.env.today());
        lines.push(if free.is_empty() {
            tr!("No free slot within 60 days.").to_owned()
        } else {
            let centre = p.next_free.and_then(|n| p.centres.iter().find(|(id, _)| *id == n.centre));
            let place = centre.map_or("", |(_, n)| n.as_str());
            tr!("Next free: {when}, {place}", when = free, place = place)
        });
        let mut about: Vec<String> = p.specialties.clone();
        about.extend(p.expertise.clone());
        about.extend(page.qualifications.clone());
        about.extend(page.practising_since.map(|y| tr!("practising since {year}", year = y)));
        about.extend(page.department.clone());
        lines.push(about.join(" · "));
        let fee = page.fee_cents.map(|c| tr!("fee {amount}", amount = crate::domain::money::amount(c)));
        let number = page.registration_number.as_ref().map(|n| tr!("registration {number}", number = n));
        let reach = [p.phone.clone(), p.email.clone(), number, fee];
        lines.push(reach.into_iter().flatten().collect::<Vec<_>>().join(" · "));
        lines.extend(page.biography.clone());
        lines.iter().filter(|l| !l.is_empty()).flat_map(|l| wrap(&clean(l), room)).collect()
    }
}

fn hours_at(page: &ProviderPage, centre: CentreId) -> String {
    let time = |minute: i32| {
        let minutes = u32::try_from(minute).unwrap_or(0) % 1440;
        NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0).map(clock).unwrap_or_default()
    };
    let one =
        |weekday: i32| Weekday::try_from(u8::try_from(weekday - 1).unwrap_or(0)).map_or("", weekday_short);
    let parts: Vec<String> = page
        .hours
        .iter()
        .filter(|h| h.centre == centre)
        .map(|h| format!("{} {}-{}", one(h.weekday), time(h.from_minute), time(h.to_minute)))
        .collect();
    if parts.is_empty() { tr!("no weekly hours").into() } else { parts.join(", ") }
}

impl Screen for Provider {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["provider"]
    }
    fn title(&self) -> String {
        self.page.as_ref().map_or_else(|| tr!("Provider").into(), |p| p.provider.name.to_string())
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let id = self.id;
        self.table.loading();
        cx.load(
            "provider.load",
            move |store| async move { store.provider_page(&actor, id).await.map(Box::new) },
            Msg::Loaded,
        );
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.opened(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let touched = match change {
            Change::Everything => true,
            Change::Row(r) => match r.entity.as_str() {
                "appointment" | "clinic_session" => r.provider == Some(self.id.0),
                "provider" => r.id == Some(self.id.0),
                "centre" | "provider_hours" => true,
                _ => false,
            },
            Change::Link(_) => false,
        };
        if touched {
            self.opened(cx);
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Open && self.page.is_none() && self.table.is_loading()
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let centre = self.table.selected().map(|l| l.id);
        match (command, centre) {
            (Command::Open, Some(id)) => cx.push(Route::Centre(id)),
            (Command::Open, None) => {}
            (Command::Book, centre) => {
                cx.push(Route::Booking(BookingStart {
                    provider: Some(self.id),
                    centre,
                    ..BookingStart::default()
                }));
            }
        }
    }
    fn update(&mut self, Msg::Loaded(result): Msg, cx: &mut Cx<Msg>) {
        match result {
            Ok(page) => {
                let lines = page.provider.centres.iter().map(|(id, name)| Line {
                    id: *id,
                    name: name.clone(),
                    hours: hours_at(&page, *id),
                });
                self.table.set_rows(lines.collect());
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
        let mut lines = self.lines(ui, room);
        lines.truncate(usize::from(area.height * 2 / 3));
        let name = self
            .page
            .as_ref()
            .map(|p| format!("{}   {}", p.provider.name, profession(&p.provider.profession)));
        let rows = page_head(frame, area, ui, name.as_deref(), &lines);
        self.table.view(frame, rows, ui);
    }
}

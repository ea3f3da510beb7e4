//! Providers: where they work, their weekly hours, and everything else that is known of them.
use super::{
    accounts::shown_name,
    centre_choice::{CentreChoice, Chosen},
    fields::{Request, busy},
    hours_form::HoursForm,
    provider_form::ProviderForm,
};
use crate::{
    domain::{
        provider::{ProviderEntry, WEEKDAYS, show_hours},
        why::Why,
    },
    store::{Change, Error, Store},
    text::tr_str,
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
    /// What the list of providers understands.
    pub enum Command {
        Open: "provider.change" "details" "Change the details of the selected provider";
        Hours: "provider.set-hours" "weekly hours" "Change the weekly hours at each centre";
        Centres: "provider.set-centres" "centres" "Choose the centres the provider works at";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<Vec<ProviderEntry>, Error>),
    Closed(bool),
    Chosen(Option<Chosen>),
    Saved(Result<i64, Error>),
}

/// The list, and below it the week of the selected provider.
pub struct Providers {
    table: Table<ProviderEntry>,
    request: Request,
}

impl Default for Providers {
    fn default() -> Self {
        let centres =
            |r: &ProviderEntry| r.centres.iter().map(|c| c.1.as_str()).collect::<Vec<_>>().join(", ");
        let table = Table::new(|r: &ProviderEntry| r.id.0)
            .column(Column::new("Provider", |r: &ProviderEntry| shown_name(&r.name, "")).grow(16))
            .column(
                Column::new("Profession", |r: &ProviderEntry| tr_str(r.profession.word()).to_owned())
                    .width(15)
                    .priority(2),
            )
            .column(Column::new("Centres", centres).grow(20).priority(3))
            .empty("No provider yet. Add an account with such a role, or accept an application.");
        Self { table, request: Request::default() }
    }
}

impl Providers {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load(
            "admin-providers.list",
            |s| async move { s.provider_entries(&actor, None).await },
            Msg::Loaded,
        );
    }
}

/// The week of a provider, a line for each day with hours.
fn week(provider: &ProviderEntry) -> Vec<String> {
    let days = (1..=7).filter_map(|day| {
        let of_day: Vec<_> = provider.hours.iter().filter(|h| h.weekday == day).collect();
        let at: Vec<String> = provider
            .centres
            .iter()
            .filter_map(|(id, name)| {
                let here: Vec<_> =
                    of_day.iter().filter(|h| h.centre == *id).map(|h| (h.from_minute, h.to_minute)).collect();
                (!here.is_empty()).then(|| format!("{}  {name}", show_hours(&here)))
            })
            .collect();
        (!at.is_empty()).then(|| format!("{}  {}", tr_str(WEEKDAYS[day as usize - 1]), at.join(";  ")))
    });
    days.collect()
}

impl Screen for Providers {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["admin-providers"]
    }
    fn title(&self) -> String {
        tr!("Providers: details, centres and hours").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match (command, self.table.selected()) {
            (_, None) => Err(Why::new("no_row", tr!("No provider is selected."))),
            (Command::Hours, Some(p)) if p.centres.is_empty() => {
                Err(Why::new("no_centre", tr!("The provider works at no centre yet."))
                    .instead(tr!("Choose the centres first.")))
            }
            (Command::Centres, _) if self.request.saving => Err(busy()),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let Some(row) = self.table.selected().cloned() else { return };
        match command {
            Command::Open => cx.open(|a| ProviderForm::new(row, a), Msg::Closed),
            Command::Hours => cx.open(|a| HoursForm::new(row, a), Msg::Closed),
            Command::Centres => {
                let chosen = row.centres.iter().map(|c| c.0).collect();
                cx.open(|a| CentreChoice::new(chosen, a), Msg::Chosen);
            }
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
            Msg::Chosen(Some(chosen)) => {
                let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.table.selected()) else {
                    return;
                };
                let (request, id, seen) = (self.request.id, row.id, row.version);
                let centres = chosen.into_iter().map(|c| c.0).collect();
                self.request.saving = true;
                let write = move |s: Store| async move {
                    s.set_affiliations(&actor, request, id, seen, centres).await
                };
                cx.save("provider.set-centres", write, Msg::Saved);
            }
            Msg::Chosen(None) => {}
            Msg::Saved(Ok(_)) => {
                self.request.ended(None);
                cx.toast(tr!("Saved."));
                self.load(cx);
            }
            Msg::Saved(Err(e)) => {
                self.request.ended(Some(&e));
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let ours = |r: &crate::store::RowChange| {
            matches!(r.entity.as_str(), "provider" | "provider_hours" | "account")
        };
        if matches!(change, Change::Everything) || matches!(change, Change::Row(r) if ours(r)) {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        let below = if rest.height > 14 { 8 } else { 0 };
        let [list, detail] = split_top(rest, rest.height - below);
        self.table.view(frame, list, ui);
        let Some(provider) = self.table.selected() else { return };
        let lines = week(provider);
        let heading = if lines.is_empty() { tr!(" No weekly hours") } else { tr!(" Weekly hours") };
        put(frame, detail, 0, heading, ui.theme.dim());
        for (i, line) in lines.iter().enumerate() {
            put(frame, detail, 1 + i as u16, &format!(" {line}"), ui.theme.text());
        }
    }
}

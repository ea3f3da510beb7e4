//! A patient's home: their appointments to come, the recent ones, and their visits.
use crate::{
    domain::{
        access::AccessWork,
        appointment::AppointmentStatus,
        dates::{long_date, short_day},
        ids::EncounterId,
    },
    store::{Change, Error, OwnAppointment, OwnHome as Home, VisitRow},
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the home of a patient understands.
    pub enum Command {
        Open: "own.open" "open" "Open the record of the selected visit";
        History: "own.history" "all visits" "List all visits at every centre";
        Requests: "own.requests" "requests" "See who asks to read your record, and answer";
        Connections: "own.connections" "connections" "See and answer connections with providers, or ask for one";
        Viewers: "own.viewers" "who looked" "See who looked at your record";
        Kept: "subject.export" "all about me" "See everything that is kept about you, and take it with you";
        Messages: "own.messages" "messages" "Read what the clinic wrote to you, and write to it";
        Details: "own.details" "my details" "See what the clinic has written about who you are";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The home as it is now.
    Loaded(Result<Home, Error>),
}

#[derive(Clone)]
struct Entry {
    id: uuid::Uuid,
    when: String,
    what: String,
    with: String,
    place: String,
    visit: Option<EncounterId>,
    upcoming: bool,
}

/// The screen.
pub struct OwnHome {
    table: Table<Entry>,
    opened: bool,
    work: AccessWork,
}

impl Default for OwnHome {
    fn default() -> Self {
        Self {
            table: Table::new(|e: &Entry| e.id)
                .column(Column::new("When", |e: &Entry| e.when.clone()).width(17))
                .column(
                    Column::new("What", |e: &Entry| e.what.clone())
                        .grow(24)
                        .look(|e, t| if e.upcoming { t.strong() } else { t.text() }),
                )
                .column(Column::new("With", |e: &Entry| e.with.clone()).grow(12))
                .column(Column::new("Where", |e: &Entry| e.place.clone()).grow(10).priority(3))
                .empty("You have no appointments and no visits yet.")
                .uncounted(),
            opened: false,
            work: AccessWork::default(),
        }
    }
}

impl OwnHome {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let opened = !std::mem::replace(&mut self.opened, true);
        self.table.loading();
        cx.load("own.load", move |store| async move { store.own_home(&actor, opened).await }, Msg::Loaded);
    }
}

impl OwnHome {
    /// What waits for this person's answer, in one line; empty when nothing does.
    fn waiting(&self, ui: &Ui) -> String {
        let key = |id| ui.key(&["own"], id);
        let requests = match self.work.requests {
            0 => String::new(),
            1 => tr!(" 1 request to read your record waits for you ({key}).", key = key("own.requests")),
            n => tr!(
                " {n} requests to read your record wait for you ({key}).",
                n = n,
                key = key("own.requests")
            ),
        };
        let connections = match self.work.connections {
            0 => String::new(),
            1 => tr!(" 1 connection waits for you ({key}).", key = key("own.connections")),
            n => tr!(" {n} connections wait for you ({key}).", n = n, key = key("own.connections")),
        };
        requests + &connections
    }
}

fn of_appointment(a: OwnAppointment) -> Entry {
    let status = AppointmentStatus::from_code(&a.status).map_or("", AppointmentStatus::word);
    Entry {
        id: a.appointment.0,
        when: format!("{} {}", short_day(a.day), a.starts_at.with_timezone(&a.zone).format("%H:%M")),
        what: tr!("appointment, {status}", status = status),
        with: a.provider_name.to_string(),
        place: match &a.centre_phone {
            Some(phone) if a.upcoming => format!("{}  {phone}", a.centre_name),
            _ => a.centre_name,
        },
        visit: None,
        upcoming: a.upcoming,
    }
}

fn of_visit(v: VisitRow) -> Entry {
    let about = if v.diagnosis.is_empty() { v.complaint } else { v.diagnosis };
    Entry {
        id: v.encounter.0,
        when: long_date(v.day),
        what: if about.is_empty() { tr!("visit").into() } else { tr!("visit: {about}", about = about) },
        with: v.provider_name.to_string(),
        place: v.centre_name,
        visit: Some(v.encounter),
        upcoming: false,
    }
}

impl Screen for OwnHome {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["own"]
    }
    fn title(&self) -> String {
        tr!("My appointments and visits").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let mine = cx.env().actor.as_ref().and_then(|a| a.patient).map(|p| p.0);
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if r.patient.is_some() && r.patient == mine)
        {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Open => match self.table.selected().map(|e| e.visit) {
                Some(Some(visit)) => cx.push(Route::Record(visit)),
                Some(None) => cx.toast(tr!("To move or cancel an appointment, call the centre.")),
                None => {}
            },
            Command::Requests => cx.push(Route::AccessRequests),
            Command::Connections => cx.push(Route::Connections),
            Command::Details => cx.push(Route::OwnDetails),
            Command::Kept => {
                let patient = cx.env().actor.as_ref().and_then(|a| a.patient);
                cx.push(Route::Subject(patient));
            }
            Command::Messages => cx.push(Route::Messages),
            Command::Viewers => {
                if let Some(patient) = cx.env().actor.as_ref().and_then(|a| a.patient) {
                    cx.push(Route::RecordViewers(patient));
                }
            }
            Command::History => {
                if let Some(patient) = cx.env().actor.as_ref().and_then(|a| a.patient) {
                    cx.push(Route::History(patient));
                }
            }
        }
    }
    fn update(&mut self, Msg::Loaded(result): Msg, cx: &mut Cx<Msg>) {
        match result {
            Ok(home) => {
                self.work = home.work;
                let appointments = home.appointments.into_iter().map(of_appointment);
                let visits = home.visits.into_iter().map(of_visit);
                self.table.set_rows(appointments.chain(visits).collect());
            }
            Err(e) => {
                self.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, 2);
        let name = ui.env.actor.as_ref().map(|a| a.name.to_string()).unwrap_or_default();
        widgets::put(frame, head, 0, &format!(" {name}"), ui.theme.strong());
        widgets::put(frame, head, 1, &self.waiting(ui), ui.theme.warn());
        self.table.view(frame, rows, ui);
    }
}

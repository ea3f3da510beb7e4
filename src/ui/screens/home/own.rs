//! A patient's home: their appointments to come, the recent ones, and their visits.
use crate::{
    domain::{
        access::AccessWork,
        appointment::AppointmentStatus,
        dates::{long_date, short_day},
        ids::{EncounterId, RequestId},
        why::Why,
    },
    store::{Change, Error, OwnAppointment, OwnHome as Home, VisitRow, refusal},
    text::wrap,
    tr,
    ui::{
        cx::Cx,
        desk,
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
        Cancel: "appointment.cancel-own" "cancel" "Cancel the selected appointment, with a reason";
        History: "own.history" "all visits" "List all visits at every centre";
        Requests: "own.requests" "requests" "See who asks to read your record, and answer";
        Connections: "own.connections" "connections" "See and answer connections with providers, or ask for one";
        Viewers: "own.viewers" "who looked" "See who looked at your record";
        Kept: "own.kept" "all about me" "See everything that is kept about you, and take it with you" => "subject.export";
        Messages: "own.messages" "messages" "Read what the clinic wrote to you, and write to it";
        Details: "own.details" "my details" "See what the clinic has written about who you are";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The home as it is now.
    Loaded(Result<Home, Error>),
    /// Why an appointment is cancelled.
    Why(Box<OwnAppointment>, Option<String>),
    /// It is, or not.
    Cancelled(String, Result<i64, Error>),
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
    appointment: Option<Box<OwnAppointment>>,
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
    /// The selected appointment, when it may still be cancelled as far as is known here; the database decides.
    fn to_cancel(&self) -> Result<&OwnAppointment, Why> {
        let Some(a) = self.table.selected().and_then(|e| e.appointment.as_deref()) else {
            return Err(Why::new("nothing_selected", tr!("No appointment is selected."))
                .instead(tr!("Down goes to the next row.")));
        };
        match AppointmentStatus::from_code(&a.status) {
            Some(AppointmentStatus::Arrived) => {
                Err(refusal("cancel_own_arrived", &serde_json::json!({ "centre": a.centre_name })))
            }
            Some(AppointmentStatus::Booked) if a.too_late => {
                let facts = serde_json::json!({
                    "days": a.cancel_days, "centre": a.centre_name, "phone": a.centre_phone.as_deref().unwrap_or_default()
                });
                Err(refusal("patient_cancels_early", &facts))
            }
            Some(AppointmentStatus::Booked) => Ok(a),
            status => {
                let from = status.map_or("", AppointmentStatus::code);
                Err(refusal("appointment_edge", &serde_json::json!({ "from": from, "to": "cancelled" })))
            }
        }
    }

    fn cancel(&self, a: &OwnAppointment, why: String, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, seen, request) = (a.appointment, a.version, RequestId::new());
        let phone = a.centre_phone.clone().unwrap_or_default();
        let said = match phone.as_str() {
            "" => tr!("Cancelled: {what}", what = label(a)),
            phone => tr!("Cancelled: {what}. To book again: {phone}", what = label(a), phone = phone),
        };
        cx.save(
            "appointment.cancel-own",
            move |store| async move { store.cancel_own_appointment(&actor, request, id, seen, &why).await },
            move |done| Msg::Cancelled(said, done),
        );
    }

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

/// `Fri 20 Mar 09:00 SMITH Anna`.
fn label(a: &OwnAppointment) -> String {
    let time = a.starts_at.with_timezone(&a.zone).format("%H:%M");
    format!("{} {time} {}", short_day(a.day), a.provider_name)
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
            _ => a.centre_name.clone(),
        },
        visit: None,
        upcoming: a.upcoming,
        appointment: Some(Box::new(a)),
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
        appointment: None,
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
                Some(None) => cx.toast(match self.to_cancel() {
                    Ok(_) => tr!("X cancels it. To move it, telephone the centre.").to_owned(),
                    Err(why) => why.to_string(),
                }),
                None => {}
            },
            Command::Cancel => {
                if let Ok(a) = self.to_cancel() {
                    let a = Box::new(a.clone());
                    let question = tr!("Cancel {what}? Why?", what = label(&a));
                    desk::ask_reason(cx, question, move |why| Msg::Why(a.clone(), why));
                }
            }
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
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            Command::Cancel => self.to_cancel().map(|_| ()),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Cancel && self.table.is_loading()
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Why(a, Some(why)) => self.cancel(&a, why, cx),
            Msg::Why(_, None) => {}
            Msg::Cancelled(said, Ok(_)) => {
                cx.toast(said);
                self.load(cx);
            }
            Msg::Cancelled(_, Err(e)) => {
                cx.failed(&e);
                self.load(cx);
            }
            Msg::Loaded(Ok(home)) => {
                self.work = home.work;
                let appointments = home.appointments.into_iter().map(of_appointment);
                let visits = home.visits.into_iter().map(of_visit);
                self.table.set_rows(appointments.chain(visits).collect());
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        // What waits is never cut: it takes the lines it needs.
        let waiting = wrap(&self.waiting(ui), usize::from(area.width.saturating_sub(1)).max(1));
        let lines = u16::try_from(waiting.len().max(1)).unwrap_or(1);
        let [head, rows] = widgets::split_top(area, 1 + lines);
        let name = ui.env.actor.as_ref().map(|a| a.name.to_string()).unwrap_or_default();
        widgets::put(frame, head, 0, &format!(" {name}"), ui.theme.strong());
        for (y, line) in (1..).zip(&waiting) {
            widgets::put(frame, head, y, &format!(" {}", line.trim_start()), ui.theme.warn());
        }
        self.table.view(frame, rows, ui);
    }
}

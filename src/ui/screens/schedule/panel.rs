//! The panel of one session: its appointments that are not over, the one in progress marked, with start and no-show.
use crate::{
    domain::{
        appointment::AppointmentStatus,
        clinic_session::{SessionAppointment, SessionRow},
        dates::full_day,
        ids::{AppointmentId, RequestId},
        patient::{Sex, age_sex},
        why::Why,
    },
    store::{Change, Error, Started},
    tr,
    ui::{
        cx::{Answer, Cx},
        desk,
        route::{BookingStart, Route},
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use chrono::{DateTime, Utc};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the panel of a session understands.
    pub enum Command {
        Start: "session.start" "start" "Start the visit, or go on with the one in progress";
        NoShow: "session.no-show" "no-show" "Note that the patient did not come";
        Move: "session.move" "move" "Move the appointment to another time";
        Patient: "session.patient" "patient" "Open the patient";
        Book: "session.book" "book" "Book somebody with this provider on this day" => "appointment.book";
        Close: "session.close" "back" "Close the panel" quiet;
    }
}

/// What this panel is told.
pub enum Msg {
    /// The appointments as they are now.
    Loaded(Result<Vec<SessionAppointment>, Error>),
    /// A visit was started.
    Started(Result<Started, Error>),
    /// A status was changed: of which, whether to no-show, its new version.
    Status(AppointmentId, bool, Result<i64, Error>),
}

#[derive(Clone)]
struct Entry {
    appointment: SessionAppointment,
    time: String,
    person: String,
    status: String,
}

/// The panel.
pub struct SessionPanel {
    session: SessionRow,
    answer: Answer<()>,
    mine: bool,
    opened: bool,
    starting: bool,
    rows: Vec<SessionAppointment>,
    table: Table<Entry>,
}

impl SessionPanel {
    /// The panel of this session; it answers when it is closed.
    #[must_use]
    pub fn new(session: SessionRow, answer: Answer<()>) -> Self {
        Self {
            session,
            answer,
            mine: false,
            opened: false,
            starting: false,
            rows: vec![],
            table: Table::new(|e: &Entry| e.appointment.id.0)
                .column(Column::new("Time", |e: &Entry| e.time.clone()).width(6))
                .column(Column::new("Patient", |e: &Entry| e.person.clone()).grow(18))
                .column(Column::new("Visit", |e: &Entry| e.appointment.reason.clone()).grow(10).priority(3))
                .column(Column::new("Status", |e: &Entry| e.status.clone()).width(16).look(|e, t| {
                    match e.appointment.status.as_str() {
                        "in_progress" => t.strong(),
                        "arrived" => t.good(),
                        _ => t.text(),
                    }
                }))
                .empty("Nobody is expected any more in this session."),
        }
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.mine = actor.provider == Some(self.session.provider);
        let (id, opened) = (self.session.id, !std::mem::replace(&mut self.opened, true));
        self.table.loading();
        cx.load(
            "session.load",
            move |store| async move { store.session_appointments(&actor, id, opened).await },
            Msg::Loaded,
        );
    }

    fn show(&mut self, now: DateTime<Utc>) {
        let zone = self.session.zone;
        let entries = self.rows.iter().map(|a| {
            let status = AppointmentStatus::from_code(&a.status).map_or("", AppointmentStatus::word);
            let today = now.with_timezone(&zone).date_naive();
            let years = age_sex(a.birth_date, Sex::from_code(&a.sex), today);
            let alarm = if a.allergy_state.as_deref() == Some("listed") { " !A" } else { "" };
            Entry {
                time: a.starts_at.with_timezone(&zone).format("%H:%M").to_string(),
                person: format!("{} {years}{alarm}", a.patient_name),
                status: match (a.status.as_str(), a.arrived_at) {
                    ("in_progress", _) => tr!("> in progress").into(),
                    ("arrived", Some(at)) => {
                        tr!("waiting {wait}", wait = desk::wait((now - at).num_minutes().max(0)))
                    }
                    _ => status.to_owned(),
                },
                appointment: a.clone(),
            }
        });
        self.table.set_rows(entries.collect());
    }

    fn start(&mut self, id: AppointmentId, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        if std::mem::replace(&mut self.starting, true) {
            return;
        }
        let request = RequestId::new();
        cx.save(
            "visit.start",
            move |store| async move { store.start_visit(&actor, request, id).await },
            Msg::Started,
        );
    }

    fn set_status(&mut self, a: &SessionAppointment, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, seen, request) = (a.id, a.version, RequestId::new());
        cx.save(
            "appointment.set-status",
            move |store| async move { store.set_status(&actor, request, id, seen, "no_show", "").await },
            move |r| Msg::Status(id, true, r),
        );
    }

    fn told(&mut self, id: AppointmentId, missed: bool, version: i64, cx: &mut Cx<Msg>) {
        let row = self.rows.iter().find(|a| a.id == id);
        let name = row.map(|a| a.patient_name.to_string()).unwrap_or_default();
        if missed && let Some(actor) = cx.env().actor.clone() {
            let request = RequestId::new();
            cx.undoable(
                tr!("No-show: {name}", name = name),
                "appointment.set-status",
                move |store| async move { store.set_status(&actor, request, id, version, "booked", "").await },
                move |r| Msg::Status(id, false, r),
            );
        }
        self.load(cx);
    }
}

impl Screen for SessionPanel {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["session"]
    }
    fn title(&self) -> String {
        tr!("Session").into()
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
    fn needs_minute(&self) -> bool {
        true
    }
    fn minute(&mut self, cx: &mut Cx<Msg>) {
        let now = cx.env().now();
        self.show(now);
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        if command == Command::Start && !self.mine {
            return Err(Why::new(
                "start_own_visits",
                tr!("Only the provider of a session starts its visits."),
            )
            .instead(tr!("The provider opens it from their own screen.")));
        }
        Ok(())
    }
    fn waits_for(&self, command: Command) -> bool {
        !matches!(command, Command::Close | Command::Book) && self.table.is_loading() && self.rows.is_empty()
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let touched = match change {
            Change::Everything => true,
            Change::Row(r) => {
                matches!(r.entity.as_str(), "appointment" | "encounter")
                    && (r.provider.is_none() || r.provider == Some(self.session.provider.0))
            }
            Change::Link(_) => false,
        };
        if touched {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let selected = self.table.selected().map(|e| e.appointment.clone());
        match (command, selected) {
            (Command::Close, _) => cx.answer(&self.answer.clone(), ()),
            (Command::Book, _) => cx.push(Route::Booking(BookingStart {
                provider: Some(self.session.provider),
                centre: Some(self.session.centre),
                from: Some(self.session.day),
                ..BookingStart::default()
            })),
            (Command::Start, Some(a)) => match a.encounter {
                Some(visit) => cx.push(Route::Visit(visit)),
                None => self.start(a.id, cx),
            },
            (Command::NoShow, Some(a)) => self.set_status(&a, cx),
            (Command::Move, Some(a)) => {
                cx.push(Route::Booking(BookingStart { move_of: Some(a.id), ..BookingStart::default() }));
            }
            (Command::Patient, Some(a)) => cx.push(Route::Patient(a.patient)),
            (_, None) => cx.toast(tr!("Nobody is selected.")),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => {
                self.rows = rows;
                let now = cx.env().now();
                self.show(now);
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Started(Ok(started)) => {
                self.starting = false;
                cx.push(Route::Visit(started.encounter));
            }
            Msg::Started(Err(e)) => {
                self.starting = false;
                cx.failed(&e);
                self.load(cx);
            }
            Msg::Status(id, missed, Ok(version)) => self.told(id, missed, version, cx),
            Msg::Status(.., Err(e)) => {
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, 2);
        let s = &self.session;
        let first = format!(" {}  {}   {}   {}", full_day(s.day), s.times(), s.provider_name, s.centre_name);
        widgets::put(frame, head, 0, &first, ui.theme.strong());
        let second = tr!(
            " slots of {minutes} min   total {total}   booked {booked}   free {free}",
            minutes = s.slot_minutes,
            total = s.total(),
            booked = s.booked,
            free = s.free
        );
        let not_free = s.not_free();
        let second = if not_free.is_empty() { second } else { format!("{second}   {not_free}") };
        widgets::put(frame, head, 1, &second, ui.theme.text());
        self.table.view(frame, rows, ui);
    }
}

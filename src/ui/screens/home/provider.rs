//! A provider's home: visits that are not signed first, oldest first; then today; then the next 7 days.
use crate::{
    domain::{
        access::AccessState,
        appointment::AppointmentStatus,
        dates::short_day,
        ids::{AppointmentId, EncounterId, PatientId, RequestId},
        patient::{AGE_SEX, Sex, age_sex},
        provider::Profession,
    },
    store::{Change, Error, HomeAppointment, ProviderHome, Started, UnsignedVisit, Waiting},
    text::{tr_n, tr_str},
    tr,
    ui::{
        cx::Cx,
        desk,
        route::{BookingStart, Route},
        screen::{Screen, Ui, Widget},
        theme::Theme,
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use ratatui::{Frame, layout::Rect, style::Style};

crate::commands! {
    /// What the home of a provider understands.
    pub enum Command {
        Open: "home.open" "open" "Open the visit; without one, the patient";
        Next: "home.next" "next patient" "Start the visit of whoever waits longest for you";
        Start: "home.start" "start" "Start the visit of the selected appointment";
        Patient: "home.patient" "patient" "Open the selected patient";
        NoShow: "home.no-show" "no-show" "Note that the patient did not come";
        Move: "home.move" "move" "Move the selected appointment";
        Sessions: "home.sessions" "sessions" "Go to your clinic sessions";
        Referrals: "home.referrals" "referrals" "Read the referrals written to you";
        Access: "home.access" "access" "See what became of your requests to read a record";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The home as it is now.
    Loaded(Result<ProviderHome, Error>),
    /// Who is seen next.
    Waiting(Result<Option<Waiting>, Error>),
    /// A visit was started.
    Started(Result<Started, Error>),
    /// A status was changed: its new version.
    Status(AppointmentId, bool, Result<i64, Error>),
}

/// One row: an unsigned visit or an appointment.
#[derive(Clone)]
struct Entry {
    id: uuid::Uuid,
    when: String,
    patient: PatientId,
    name: String,
    age: String,
    reason: String,
    place: String,
    status: String,
    encounter: Option<EncounterId>,
    appointment: Option<(AppointmentId, i64, String)>,
    mark: Mark,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unsigned,
    Waiting,
    Over,
    Plain,
}

/// The screen.
pub struct ProviderHomeScreen {
    home: Option<ProviderHome>,
    table: Table<Entry>,
    opened: bool,
    starting: bool,
}

impl Default for ProviderHomeScreen {
    fn default() -> Self {
        Self {
            home: None,
            table: Table::new(|e: &Entry| e.id)
                .column(
                    Column::new("When", |e: &Entry| e.when.clone()).width(12).look(|e, t| look(e.mark, t)),
                )
                .column(Column::new("Patient", |e: &Entry| e.name.clone()).grow(14))
                .column(Column::new("Age", |e: &Entry| e.age.clone()).width(AGE_SEX).priority(4))
                .column(Column::new("Visit", |e: &Entry| e.reason.clone()).grow(8).priority(3))
                .column(Column::new("Centre", |e: &Entry| e.place.clone()).width(10).priority(5))
                .column(
                    Column::new("Status", |e: &Entry| e.status.clone())
                        .width(13)
                        .look(|e, t| look(e.mark, t)),
                )
                .empty("Nothing is unsigned and nobody is booked for the next 7 days.")
                .uncounted(),
            opened: false,
            starting: false,
        }
    }
}

fn look(mark: Mark, theme: Theme) -> Style {
    match mark {
        Mark::Unsigned => theme.warn(),
        Mark::Waiting => theme.good(),
        Mark::Over => theme.dim(),
        Mark::Plain => theme.text(),
    }
}

fn person(sex: &str, born: Option<NaiveDate>, today: NaiveDate) -> String {
    age_sex(born, Sex::from_code(sex), today)
}

impl ProviderHomeScreen {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let opened = !std::mem::replace(&mut self.opened, true);
        self.table.loading();
        cx.load(
            "home.load",
            move |store| async move { store.provider_home(&actor, opened).await },
            Msg::Loaded,
        );
    }

    /// What became of the requests of the last days, in one line; empty when there is nothing to say.
    fn asked(&self, ui: &Ui) -> String {
        let Some(home) = &self.home else { return String::new() };
        let zone = ui.env.zone();
        let recent = ui.env.now() - chrono::Duration::days(7);
        let said = home.access.iter().filter(|r| r.mine).filter_map(|r| match (r.state, r.until) {
            (AccessState::Asked, _) => Some(tr!("{who}: asked", who = r.patient_name)),
            (AccessState::Granted, Some(until)) => {
                let day = short_day(until.with_timezone(&zone).date_naive());
                Some(tr!("{who}: granted until {day}", who = r.patient_name, day = day))
            }
            (AccessState::Refused, _) if r.asked_at > recent => {
                Some(tr!("{who}: refused", who = r.patient_name))
            }
            _ => None,
        });
        let said: Vec<String> = said.take(3).collect();
        let mut line = String::new();
        if !said.is_empty() {
            let key = ui.key(&["home"], "home.access");
            line = tr!(" Access ({key}): {what}", key = key, what = said.join("; "));
        }
        if home.connections > 0 {
            let key = ui.key(&["global"], "go.connections");
            line += &tr!("   connections to answer: {n} ({key})", n = home.connections, key = key);
        }
        line
    }

    fn start(&mut self, appointment: AppointmentId, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        if std::mem::replace(&mut self.starting, true) {
            return;
        }
        let request = RequestId::new();
        cx.save(
            "visit.start",
            move |store| async move { store.start_visit(&actor, request, appointment).await },
            Msg::Started,
        );
    }

    fn show(&mut self, now: DateTime<Utc>) {
        let Some(home) = &self.home else { return };
        let unsigned = home.unsigned.iter().map(|u| unsigned_entry(u, now));
        let today = home.today.iter().map(|a| appointment_entry(a, true, now));
        let week = home.week.iter().map(|a| appointment_entry(a, false, now));
        self.table.set_rows(unsigned.chain(today).chain(week).collect());
    }

    fn no_show(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let Some((id, seen, _)) = self.table.selected().and_then(|e| e.appointment.clone()) else { return };
        let request = RequestId::new();
        cx.save(
            "appointment.set-status",
            move |store| async move { store.set_status(&actor, request, id, seen, "no_show", "").await },
            move |r| Msg::Status(id, true, r),
        );
    }

    fn told(&mut self, id: AppointmentId, missed: bool, version: i64, cx: &mut Cx<Msg>) {
        let name =
            self.table.rows().iter().find(|e| e.id == id.0).map(|e| e.name.clone()).unwrap_or_default();
        if missed && let Some(actor) = cx.env().actor.clone() {
            let request = RequestId::new();
            cx.undoable(
                tr!("No-show: {name}", name = name),
                "appointment.set-status",
                move |store| async move { store.set_status(&actor, request, id, version, "booked", "").await },
                move |r| Msg::Status(id, false, r),
            );
        } else {
            cx.toast(tr!("Booked again: {name}", name = name));
        }
        self.load(cx);
    }
}

fn unsigned_entry(u: &UnsignedVisit, now: DateTime<Utc>) -> Entry {
    let today = now.with_timezone(&u.zone).date_naive();
    Entry {
        id: u.encounter.0,
        when: short_day(u.day),
        patient: u.patient,
        name: u.patient_name.to_string(),
        age: person(&u.sex, u.birth_date, today),
        reason: String::new(),
        place: u.centre_name.clone(),
        status: if u.state == "paused" { tr!("paused").into() } else { tr!("unsigned").into() },
        encounter: Some(u.encounter),
        appointment: None,
        mark: Mark::Unsigned,
    }
}

fn appointment_entry(a: &HomeAppointment, of_today: bool, now: DateTime<Utc>) -> Entry {
    let today = now.with_timezone(&a.zone).date_naive();
    let time = a.starts_at.with_timezone(&a.zone).format("%H:%M").to_string();
    let status = AppointmentStatus::from_code(&a.status);
    let waited = a.arrived_at.filter(|_| a.status == "arrived").map(|t| (now - t).num_minutes().max(0));
    let (words, mark) = match (status, waited) {
        (_, Some(minutes)) => (tr!("waiting {wait}", wait = desk::wait(minutes)), Mark::Waiting),
        (Some(s), _) if s.is_open() => (s.word().to_owned(), Mark::Plain),
        (Some(s), _) => (s.word().to_owned(), Mark::Over),
        _ => (a.status.clone(), Mark::Plain),
    };
    Entry {
        id: a.appointment.0,
        when: if of_today { time } else { format!("{} {time}", a.day.format("%a %d")) },
        patient: a.patient,
        name: if a.allergy_state.as_deref() == Some("listed") {
            format!("{} !A", a.patient_name)
        } else {
            a.patient_name.to_string()
        },
        age: person(&a.sex, a.birth_date, today),
        reason: a.reason.clone(),
        place: a.centre_name.clone(),
        status: words,
        encounter: a.encounter,
        appointment: Some((a.appointment, a.version, a.status.clone())),
        mark,
    }
}

impl Screen for ProviderHomeScreen {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["home"]
    }
    fn title(&self) -> String {
        tr!("My day").into()
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
    fn waits_for(&self, command: Command) -> bool {
        !matches!(command, Command::Next | Command::Sessions | Command::Referrals | Command::Access)
            && self.home.is_none()
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let mine = cx.env().actor.as_ref().and_then(|a| a.provider).map(|p| p.0);
        let again = match change {
            Change::Everything => true,
            Change::Row(r) => {
                let entity = r.entity.as_str();
                matches!(entity, "appointment" | "encounter" | "clinic_session" | "connection")
                    && (r.provider.is_none() || r.provider == mine)
                    || entity == "access_request"
            }
            Change::Link(_) => false,
        };
        if again {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let entry = self.table.selected().cloned();
        match (command, entry) {
            (Command::Next, _) => {
                let Some(actor) = cx.env().actor.clone() else { return };
                cx.load(
                    "home.next",
                    move |store| async move { store.next_waiting(&actor).await },
                    Msg::Waiting,
                );
            }
            (Command::Referrals, _) => cx.push(Route::Referrals),
            (Command::Access, _) => cx.push(Route::AccessRequests),
            (Command::Sessions, _) => cx.push(Route::Sessions(None, None)),
            (Command::Open, Some(e)) => match (e.encounter, &e.appointment) {
                // What is over is read.
                (Some(visit), Some((_, _, status))) if status == "completed" => {
                    cx.push(Route::Record(visit));
                }
                (Some(visit), _) => cx.push(Route::Visit(visit)),
                (None, Some((id, _, status))) if status == "arrived" || status == "in_progress" => {
                    self.start(*id, cx);
                }
                _ => cx.push(Route::Patient(e.patient)),
            },
            (Command::Start, Some(e)) => match (e.encounter, e.appointment) {
                (Some(visit), _) => cx.push(Route::Visit(visit)),
                (None, Some((id, ..))) => self.start(id, cx),
                _ => {}
            },
            (Command::Patient, Some(e)) => cx.push(Route::Patient(e.patient)),
            (Command::NoShow, Some(_)) => self.no_show(cx),
            (Command::Move, Some(e)) => match e.appointment {
                Some((id, ..)) => {
                    cx.push(Route::Booking(BookingStart { move_of: Some(id), ..BookingStart::default() }));
                }
                None => cx.toast(tr!("A visit that was started is not moved.")),
            },
            (_, None) => cx.toast(tr!("No row is selected.")),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(home)) => {
                self.home = Some(home);
                let now = cx.env().now();
                self.show(now);
            }
            Msg::Loaded(Err(e)) | Msg::Waiting(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Waiting(Ok(None)) => cx.toast(tr!("Nobody is waiting for you.")),
            Msg::Waiting(Ok(Some(next))) => self.start(next.appointment, cx),
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
        let [head, rows] = widgets::split_top(area, 3);
        if let (Some(home), Some(actor)) = (&self.home, &ui.env.actor) {
            let profession = Profession::from_code(&home.profession).map_or("", Profession::word);
            let number = home.registration_number.as_deref().unwrap_or_default();
            let mut who = format!(" {}   {}   {}", actor.name, actor.login, tr_str(profession));
            if !number.is_empty() {
                who += &format!("   {}", tr!("registration {number}", number = number));
            }
            widgets::put(frame, head, 0, &who, ui.theme.strong());
            let waiting = home.today.iter().filter(|a| a.status == "arrived").count();
            let counts = format!(
                " {}   {}   {}   {}",
                if home.unsigned.is_empty() {
                    tr!("every visit is signed").to_owned()
                } else {
                    tr_n("{n} visit is not signed", "{n} visits are not signed", home.unsigned.len())
                },
                tr!("today {n}", n = home.today.len()),
                tr!("waiting {n}", n = waiting),
                tr!("next 7 days {n}", n = home.week.len())
            );
            let style = if home.unsigned.is_empty() { ui.theme.text() } else { ui.theme.warn() };
            widgets::put(frame, head, 1, &counts, style);
            widgets::put(frame, head, 2, &self.asked(ui), ui.theme.good());
        }
        self.table.view(frame, rows, ui);
    }
}

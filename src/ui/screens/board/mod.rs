//! The board: the day at one centre, a receptionist's home. One key checks in, one takes it back; what other desks do
//! appears by itself. The selection stays on its appointment whatever comes and goes.
use crate::{
    domain::{
        appointment::AppointmentStatus,
        booking::{Booked, waited},
        dates,
        ids::AppointmentId,
        patient::age_sex,
        why::Why,
    },
    store::{AppointmentStep, Board as Day, BoardCounts, BoardRow, Change, Error},
    tr,
    ui::{
        cx::{Cx, Env},
        desk::{self, Target},
        route::{BookingStart, IntakeStart, Route},
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use chrono::{Days, NaiveDate};
use ratatui::{Frame, layout::Rect, text::Span};
use std::time::Duration;

mod rows;
pub use rows::Line;
use rows::{marks, way_in, where_the_day_is};

crate::commands! {
    /// What the board understands.
    pub enum Command {
        Advance: "appointment.advance" "arrived" "The selected patient has arrived";
        Book: "board.book" "book" "Make an appointment";
        Open: "board.open" "open" "Open the visit you may write in; otherwise the patient";
        Intake: "board.intake" "intake" "Take the selected patient in, step by step; or somebody new" quiet;
        Patient: "board.patient" "patient" "Open the selected patient" quiet;
        Move: "appointment.move" "move" "Move the selected appointment to another time";
        Cancel: "appointment.cancel" "cancel" "Cancel the selected appointment, with a reason";
        NoShow: "appointment.no-show" "no-show" "The selected patient did not come";
        WalkIn: "board.walk-in" "walk-in" "Somebody came without an appointment";
        Left: "appointment.left" "left" "The selected patient went without being seen";
        Restore: "appointment.restore" "restore" "Booked again: what was cancelled, missed or checked in by mistake";
        Changes: "appointment.changes" "changes" "Who changed the selected appointment, and when";
        Cancelled: "board.cancelled" "cancelled" "Show or hide cancelled appointments" quiet;
        DayAfter: "board.day-after" "day after" "Show the next day" quiet;
        DayBefore: "board.day-before" "day before" "Show the day before" quiet;
        Today: "board.today" "today" "Show today" quiet;
        PickDay: "board.pick-day" "other day" "Show another day" quiet;
    }
}

/// What the board is told.
pub enum Msg {
    Loaded(NaiveDate, Result<Day, Error>),
    Changed(desk::Done),
    Reason(Target, Option<String>),
    PickedDay(Option<NaiveDate>),
    Changes(Result<(Booked, Vec<AppointmentStep>), Error>),
    ClosedChanges,
    Reload,
}

/// The screen.
pub struct Board {
    /// `None`: today, also after midnight.
    day: Option<NaiveDate>,
    shown_day: Option<NaiveDate>,
    data: Day,
    table: Table<Line>,
    counts: BoardCounts,
    with_cancelled: bool,
    saving: Option<AppointmentId>,
    problem: bool,
    opened: bool,
}

impl Default for Board {
    fn default() -> Self {
        Self::at(None)
    }
}

impl Board {
    /// The board of a day; of today without one.
    #[must_use]
    pub fn at(day: Option<NaiveDate>) -> Self {
        Self {
            day,
            shown_day: None,
            data: Day::default(),
            table: Table::new(|l: &Line| l.row.appointment.0)
                .column(Column::new("Time", |l: &Line| l.time.clone()).width(6))
                .column(Column::new("Patient", |l: &Line| l.name.clone()).grow(16).look(|l, t| {
                    match l.row.status {
                        AppointmentStatus::Cancelled | AppointmentStatus::Completed => t.dim(),
                        _ => t.text(),
                    }
                }))
                .column(
                    Column::new("", |l: &Line| l.marks.clone())
                        .width(6)
                        .priority(2)
                        .look(|l, t| if l.marks.contains('!') { t.alarm() } else { t.dim() }),
                )
                .column(Column::new("Age", |l: &Line| l.age.clone()).width(4).right().priority(3))
                .column(Column::new("Provider", |l: &Line| l.provider.clone()).width(13).priority(5))
                .column(Column::new("Visit", |l: &Line| l.row.reason.clone()).width(10).priority(7))
                .column(Column::new("Status", |l: &Line| l.status.clone()).width(11).look(|l, t| {
                    match l.row.status {
                        AppointmentStatus::Arrived => t.strong(),
                        AppointmentStatus::InProgress => t.good(),
                        AppointmentStatus::NoShow => t.warn(),
                        _ => t.text(),
                    }
                }))
                .column(Column::new("Wait", |l: &Line| l.wait.clone()).width(5).right().priority(4))
                .uncounted()
                .empty("Nobody is booked on this day. b books, ] shows the next day."),
            counts: BoardCounts::default(),
            with_cancelled: false,
            saving: None,
            problem: false,
            opened: false,
        }
    }

    fn day_of(&self, env: &Env) -> NaiveDate {
        self.day.unwrap_or_else(|| env.today())
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let Some(centre) = actor.workplace.as_ref().map(|w| w.centre) else {
            self.table.loaded();
            return;
        };
        let day = self.day_of(cx.env());
        let opened = !self.opened || self.shown_day.is_some_and(|d| d != day);
        self.opened = true;
        self.table.loading();
        cx.load(
            "board",
            move |store| async move { store.board(&actor, centre, day, opened).await },
            move |day_read| Msg::Loaded(day, day_read),
        );
    }

    fn redraw(&mut self, env: &Env) {
        let (now, zone, today) = (env.now(), env.zone(), env.today());
        self.counts = BoardCounts::of(&self.data.rows, now);
        let shown = |r: &&BoardRow| {
            self.with_cancelled
                || !matches!(r.status, AppointmentStatus::Cancelled | AppointmentStatus::Voided)
        };
        let lines = self.data.rows.iter().filter(shown).chain(&self.data.earlier).map(|r| {
            let starts = r.starts_at.with_timezone(&zone);
            let early = self.shown_day != Some(r.day);
            Line {
                time: starts.format(if early { "%d %b" } else { "%H:%M" }).to_string(),
                name: r.patient_name.to_string(),
                marks: marks(r),
                age: age_sex(r.birth_date, r.sex, today),
                provider: r.provider_name.to_string(),
                status: match (&r.room, r.status) {
                    (Some(room), AppointmentStatus::InProgress) => tr!("in room {room}", room = room),
                    (_, status) => status.word().to_owned(),
                },
                wait: match r.status {
                    AppointmentStatus::Arrived if !early => {
                        waited(r.arrived_at, now).map(desk::wait).unwrap_or_default()
                    }
                    _ => String::new(),
                },
                row: r.clone(),
            }
        });
        self.table.set_rows(lines.collect());
    }

    fn target(&self) -> Option<Target> {
        self.table.selected().map(|l| Target {
            id: l.row.appointment,
            version: l.row.version,
            status: l.row.status,
            label: format!("{} {}", l.time, l.name),
        })
    }

    fn check(&self, to: AppointmentStatus) -> Result<(), Why> {
        let Some(line) = self.table.selected() else {
            return Err(Why::new("nothing_selected", tr!("Nobody is selected.")));
        };
        let today = Some(line.row.day) == self.shown_day && self.day.is_none();
        self.target().map_or(Ok(()), |t| t.check(to, today, true))
    }

    fn change(&mut self, to: AppointmentStatus, cx: &mut Cx<Msg>) {
        if let Some(target) = self.target() {
            self.saving = Some(target.id);
            desk::change(cx, target, to, String::new(), Msg::Changed);
        }
    }

    fn go_to(&mut self, day: Option<NaiveDate>, cx: &mut Cx<Msg>) {
        self.day = day.filter(|d| *d != cx.env().today());
        self.load(cx);
    }

    fn header(&self, env: &Env) -> String {
        let c = &self.counts;
        let day = self.shown_day.unwrap_or_else(|| self.day_of(env));
        let name = if day == env.today() { tr!("Today").to_owned() } else { dates::short_day(day) };
        let mut parts = vec![format!("{name} {}", c.today)];
        let mut add = |n: usize, text: String| {
            if n > 0 {
                parts.push(text);
            }
        };
        add(c.waiting, tr!("waiting {n}", n = c.waiting));
        add(c.in_room, tr!("in room {n}", n = c.in_room));
        add(c.done, tr!("done {n}", n = c.done));
        add(c.no_show, tr!("no-show {n}", n = c.no_show));
        let earlier = self.data.earlier.len();
        add(earlier, tr!("earlier {n}", n = earlier));
        let spaced = parts.join("   ");
        if crate::text::width(&spaced) <= 58 { spaced } else { parts.join("  ") }
    }
}

impl Screen for Board {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["board"]
    }
    fn title(&self) -> String {
        tr!("Board").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn needs_minute(&self) -> bool {
        true
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn minute(&mut self, cx: &mut Cx<Msg>) {
        self.redraw(&cx.env().clone());
        self.load(cx);
    }

    fn available(&self, command: Command) -> Result<(), Why> {
        use AppointmentStatus as S;
        let selected = self.table.selected();
        match command {
            Command::Advance => match selected.map(|l| l.row.status) {
                Some(S::Arrived) => {
                    Err(Why::new("desk_arrived", tr!("They have arrived; the provider starts the visit."))
                        .instead(tr!("R takes a check-in back.")))
                }
                _ => self.check(S::Arrived),
            },
            Command::NoShow => self.check(S::NoShow),
            Command::Left => self.check(S::Left),
            Command::Cancel => self.check(S::Cancelled),
            Command::Restore => match selected {
                Some(l) if matches!(l.row.status, S::NoShow | S::Cancelled | S::Arrived) => {
                    self.check(S::Booked)
                }
                _ => Err(Why::new(
                    "restore_cancelled",
                    tr!("Only what was cancelled, missed or checked in is booked again."),
                )
                .instead(tr!("c shows what was cancelled."))),
            },
            Command::Move => match selected {
                Some(l) if l.row.status == S::Booked => Ok(()),
                _ => Err(Why::new(
                    "only_booked_moves",
                    tr!("Only an appointment that is still booked can be moved."),
                )
                .instead(tr!("b books a new one."))),
            },
            Command::Open | Command::Changes | Command::Patient if selected.is_none() => {
                Err(Why::new("nothing_selected", tr!("Nobody is selected.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        use Command as C;
        let changes = matches!(
            command,
            C::Advance | C::NoShow | C::Left | C::Cancel | C::Restore | C::Move | C::Open | C::Patient
        );
        let busy = self.saving.is_some() && self.saving == self.table.selected().map(|l| l.row.appointment);
        changes && (busy || self.shown_day.is_none() && self.table.is_loading())
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        use AppointmentStatus as S;
        let day = self.day_of(cx.env());
        match command {
            Command::Advance => self.change(S::Arrived, cx),
            Command::NoShow => self.change(S::NoShow, cx),
            Command::Left => self.change(S::Left, cx),
            Command::Restore => self.change(S::Booked, cx),
            Command::Cancel => {
                if let (Some(target), Some(line)) = (self.target(), self.table.selected()) {
                    let question = tr!(
                        "Cancel {who} with {provider}? Why?",
                        who = target.label,
                        provider = line.provider
                    );
                    desk::ask_reason(cx, question, move |why| Msg::Reason(target.clone(), why));
                }
            }
            Command::Move => {
                if let Some(l) = self.table.selected() {
                    cx.push(Route::Booking(BookingStart {
                        move_of: Some(l.row.appointment),
                        ..BookingStart::default()
                    }));
                }
            }
            Command::Open => {
                if let Some(l) = self.table.selected() {
                    let me = cx.env().actor.as_ref().and_then(|a| a.provider);
                    cx.push(way_in(&l.row, me));
                }
            }
            Command::Patient => {
                if let Some(l) = self.table.selected() {
                    cx.push(Route::Patient(l.row.patient));
                }
            }
            Command::Intake => {
                let patient = self.table.selected().map(|l| l.row.patient);
                cx.push(Route::Intake(IntakeStart { patient, ..IntakeStart::default() }));
            }
            Command::Book => {
                let from = self.day.filter(|d| *d > cx.env().today());
                cx.push(Route::Booking(BookingStart { from, ..BookingStart::default() }));
            }
            Command::WalkIn => {
                cx.push(Route::Booking(BookingStart { walk_in: true, ..BookingStart::default() }));
            }
            Command::Changes => {
                if let (Some(actor), Some(l)) = (cx.env().actor.clone(), self.table.selected()) {
                    let id = l.row.appointment;
                    cx.load(
                        "appointment.changes",
                        move |store| async move { store.appointment(&actor, id, true).await },
                        Msg::Changes,
                    );
                }
            }
            Command::Cancelled => {
                self.with_cancelled = !self.with_cancelled;
                self.redraw(&cx.env().clone());
            }
            Command::DayAfter => self.go_to(day.checked_add_days(Days::new(1)), cx),
            Command::DayBefore => self.go_to(day.checked_sub_days(Days::new(1)), cx),
            Command::Today => self.go_to(None, cx),
            Command::PickDay => desk::ask_date(cx, tr!("Which day?").into(), Msg::PickedDay),
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(day, Ok(data)) => {
                let first = self.shown_day != Some(day);
                self.problem = false;
                self.shown_day = Some(day);
                self.data = data;
                self.redraw(&cx.env().clone());
                if first {
                    self.table.go(where_the_day_is(self.table.rows(), day, cx.env().now()));
                }
            }
            Msg::Loaded(_, Err(e)) => {
                self.table.loaded();
                self.problem = true;
                cx.failed(&e);
            }
            Msg::Changed(done) => {
                self.saving = self.saving.filter(|id| *id != done.target.id);
                desk::tell(cx, &done, Msg::Changed);
                if let Ok(version) = done.result {
                    let now = cx.env().now();
                    for row in self.data.rows.iter_mut().filter(|r| r.appointment == done.target.id) {
                        row.version = version;
                        row.status = done.to;
                        row.arrived_at = (done.to == AppointmentStatus::Arrived).then_some(now);
                    }
                    self.redraw(&cx.env().clone());
                }
                self.load(cx);
            }
            Msg::Reason(target, Some(why)) => {
                self.saving = Some(target.id);
                desk::change(cx, target, AppointmentStatus::Cancelled, why, Msg::Changed);
            }
            Msg::PickedDay(Some(day)) => self.go_to(Some(day), cx),
            Msg::Changes(Ok((booked, steps))) => {
                desk::show_changes(cx, &booked, &steps, |()| Msg::ClosedChanges);
            }
            Msg::Changes(Err(e)) => cx.failed(&e),
            Msg::Reason(_, None) | Msg::PickedDay(None) | Msg::ClosedChanges => {}
            Msg::Reload => self.load(cx),
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let concerns = match change {
            Change::Everything => true,
            Change::Link(_) => false,
            Change::Row(r) => match r.entity.as_str() {
                "appointment" => {
                    r.day.is_none_or(|d| Some(d) == self.shown_day)
                        || r.id.is_some_and(|id| self.data.earlier.iter().any(|e| e.appointment.0 == id))
                }
                "patient" => r.id.is_some_and(|id| self.data.rows.iter().any(|e| e.patient.0 == id)),
                "patient_alert" | "allergy" => {
                    r.patient.is_some_and(|id| self.data.rows.iter().any(|e| e.patient.0 == id))
                }
                _ => false,
            },
        };
        if concerns {
            cx.after("board.reload", Duration::from_millis(50), Msg::Reload);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, body] = widgets::split_top(area, 1);
        if ui.env.actor.as_ref().is_some_and(|a| a.workplace.is_none()) {
            let text =
                tr!("You work at no centre yet, so there is no board. An administrator adds you to one.");
            return widgets::sentence(frame, area, text);
        }
        let left = self.header(&ui.env);
        let right = match (self.problem, self.counts.longest_wait) {
            (true, _) => tr!("not up to date, r tries again").to_owned(),
            (_, Some(minutes)) => tr!("longest wait {wait}", wait = desk::wait(minutes)),
            _ => String::new(),
        };
        let room = usize::from(area.width).saturating_sub(crate::text::width(&right) + 3);
        let long = self.problem || self.counts.longest_wait.is_some_and(|m| m >= 30);
        widgets::put_spans(
            frame,
            head,
            0,
            vec![
                Span::styled(format!(" {} ", crate::text::pad(&left, room)), ui.theme.strong()),
                Span::styled(right, if long { ui.theme.warn() } else { ui.theme.dim() }),
            ],
        );
        self.table.view(frame, body, ui);
    }
}

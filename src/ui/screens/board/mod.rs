//! The board: the day at one centre, a receptionist's home. One key checks in, one takes it back; what other desks do
//! appears by itself. The selection stays on its appointment whatever comes and goes.
use crate::{
    domain::{appointment::AppointmentStatus, booking::Booked, ids::AppointmentId, why::Why},
    store::{AppointmentStep, Board as Day, BoardCounts, Change, Error},
    tr,
    ui::{
        carry::{self, Landing, Pasted},
        cx::{Cx, Env},
        desk::{self, Target},
        freed::Freed,
        route::{BookingStart, IntakeStart, Route},
        screen::{Screen, Ui, Widget},
        widgets::{self, table::Table},
    },
};
use chrono::{Days, NaiveDate};
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

mod day;
mod filter;
pub mod freed;
mod head;
mod papers;
pub mod queue;
mod rows;
use filter::Filter;
pub use filter::Picked;
pub use rows::Line;
use rows::{carried, way_in, where_the_day_is};

crate::commands! {
    /// What the board understands.
    pub enum Command {
        Advance: "appointment.advance" "arrived" "The selected patient has arrived";
        Book: "board.book" "book" "Make an appointment" => "appointment.book";
        Open: "board.open" "open" "Open the visit you may write in; otherwise the patient";
        Intake: "board.intake" "intake" "Take the selected patient in, step by step; or somebody new" quiet;
        Patient: "board.patient" "patient" "Open the selected patient" quiet;
        Move: "appointment.move" "move" "Move the selected appointment to another time";
        Cut: "appointment.cut" "cut" "Take the selected appointment along, to paste it on another day or elsewhere";
        Paste: "appointment.paste" "paste" "Move what was cut to this day: the free time nearest to its own, same provider";
        Series: "appointment.series" "series" "What was booked together with the selected appointment" quiet;
        Cancel: "appointment.cancel" "cancel" "Cancel the selected appointment, with a reason";
        NoShow: "appointment.no-show" "no-show" "The selected patient did not come";
        WalkIn: "board.walk-in" "walk-in" "Somebody came without an appointment";
        Left: "appointment.left" "left" "The selected patient went without being seen";
        Restore: "appointment.restore" "restore" "Booked again: what was cancelled, missed or checked in by mistake";
        CallNext: "queue.call-next" "call next" "Call whoever waits first, of those shown";
        CallTo: "queue.call-to" "call to a room" "Call whoever waits first, of those shown, to a room that you name";
        Call: "queue.call" "call" "Call the selected patient";
        Absent: "queue.absent" "not there" "The selected patient was called and is not there" quiet;
        PutBack: "queue.put-back" "put back" "Take a call back, or bring an absent patient back to the old place" quiet;
        Priority: "queue.set-priority" "priority" "Say how soon the selected patient is to be seen" quiet;
        Queue: "board.queue" "queue" "Show only who waits, in the order of calling; again: the whole day";
        Service: "board.service" "service" "Show one department, profession or kind of visit" quiet;
        Provider: "board.provider" "provider" "Show one provider" quiet;
        Status: "board.status" "status" "Show one status" quiet;
        Fees: "board.fees" "fees" "What the selected patient owes and pays";
        DaySheet: "board.day-sheet" "day sheet" "Show what the board shows on paper, to print or to save" quiet;
        Slip: "board.slip" "appointment slip" "Show the selected appointment on paper, for the patient" quiet;
        RoutingSlip: "board.routing-slip" "routing slip" "Show where the selected patient goes, on paper" quiet;
        Explain: "board.explain" "expected times" "How the expected times are worked out" quiet;
        Changes: "appointment.changes" "changes" "Who changed the selected appointment, and when";
        Cancelled: "board.cancelled" "cancelled" "Show or hide cancelled appointments" quiet;
        Freed: "board.freed" "free for who waits" "Offer a time that came free to those who wait for it" => "waitlist.offer";
        DayAfter: "board.day-after" "day after" "Show the next day" quiet;
        DayBefore: "board.day-before" "day before" "Show the day before" quiet;
        Today: "board.today" "today" "Show today" quiet;
        PickDay: "board.pick-day" "other day" "Show another day" quiet;
    }
}

/// What the board is told.
#[allow(clippy::large_enum_variant, reason = "a message lives for one turn of the loop")]
pub enum Msg {
    Loaded(NaiveDate, Result<Day, Error>),
    Changed(desk::Done),
    Reason(Target, Option<String>),
    PickedDay(Option<NaiveDate>),
    Changes(Result<(Box<Booked>, Vec<AppointmentStep>), Error>),
    ClosedChanges,
    Pasted(Pasted),
    Queue(queue::Said),
    Filter(filter::Picked),
    Freed(freed::Said),
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
    filter: Filter,
    with_cancelled: bool,
    saving: Option<AppointmentId>,
    problem: bool,
    opened: bool,
    freed: Freed,
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
            table: rows::table(),
            counts: BoardCounts::default(),
            filter: Filter::default(),
            with_cancelled: false,
            saving: None,
            problem: false,
            opened: false,
            freed: Freed::default(),
        }
    }

    fn day_of(&self, env: &Env) -> NaiveDate {
        self.day.unwrap_or_else(|| env.today())
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
    fn marks(&self) -> &'static str {
        tr!(
            "Beside a name: U urgent, S soon, !A allergy, !2 another patient of the day has nearly this name, ! alert, R referral, \
             N new patient, o overbooked, w walk-in, e emergency. Wait with !: longer than it should be. \
             ~10:40 by 10:55: probably seen at 10:40, nine times of ten by 10:55."
        )
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
        self.freed.soon(cx, Msg::Freed(freed::Said::Again));
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
            Command::Cut => carry::check(selected.is_some_and(|l| l.row.status == S::Booked)),
            Command::Call | Command::Absent | Command::PutBack | Command::Priority => {
                queue::available(command, selected.map(|l| &l.row))
            }
            Command::CallNext | Command::CallTo if self.day.is_some() => {
                Err(Why::new("queue_today", tr!("Patients are called on the day itself."))
                    .instead(tr!("t shows today.")))
            }
            Command::Open
            | Command::Changes
            | Command::Patient
            | Command::Series
            | Command::Slip
            | Command::RoutingSlip
                if selected.is_none() =>
            {
                Err(Why::new("nothing_selected", tr!("Nobody is selected.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        use Command as C;
        let changes = matches!(
            command,
            C::Advance
                | C::NoShow
                | C::Left
                | C::Cancel
                | C::Restore
                | C::Move
                | C::Cut
                | C::Series
                | C::Open
                | C::Patient
                | C::Call
                | C::Absent
                | C::PutBack
                | C::Priority
        );
        // A paper made before the day was read would be an empty one.
        if matches!(command, C::DaySheet | C::Slip | C::RoutingSlip) {
            return self.table.is_loading();
        }
        let busy = self.saving.is_some() && self.saving == self.table.selected().map(|l| l.row.appointment);
        let nothing_yet = self.shown_day.is_none() || self.table.selected().is_none();
        changes && (busy || nothing_yet && self.table.is_loading())
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
            Command::Cut => {
                if let Some(l) = self.table.selected() {
                    carry::cut(cx, carried(&l.row, cx.env().zone()));
                }
            }
            Command::Paste => {
                let landing = Landing::Day { day, provider: None, centre: None, near: None };
                carry::paste(cx, landing, Msg::Pasted);
            }
            Command::Series => {
                if let Some(l) = self.table.selected() {
                    cx.push(Route::Series(l.row.appointment));
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
                        |found| Msg::Changes(found.map(|(booked, steps)| (Box::new(booked), steps))),
                    );
                }
            }
            Command::Cancelled => {
                self.with_cancelled = !self.with_cancelled;
                self.redraw(&cx.env().clone());
            }
            Command::CallNext | Command::CallTo => {
                queue::call_next(cx, self.filter.of_queue(), command == Command::CallTo);
            }
            Command::Call | Command::Absent | Command::PutBack | Command::Priority => {
                if let Some(l) = self.table.selected() {
                    queue::step(cx, command, &l.row);
                }
            }
            Command::Queue => {
                self.filter.queue = !self.filter.queue;
                self.redraw(&cx.env().clone());
                if self.filter.queue {
                    self.table.go(0);
                }
            }
            Command::Service | Command::Provider | Command::Status => {
                filter::ask(cx, command, &self.data.rows);
            }
            Command::Explain => head::explain(cx),
            Command::Freed => self.open_freed(cx),
            Command::Fees => {
                cx.push(Route::Fees(self.day, self.table.selected().map(|l| l.row.appointment)));
            }
            Command::DaySheet | Command::Slip | Command::RoutingSlip => self.show_paper(command, cx),
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
                self.freed.begin(cx, Msg::Freed(freed::Said::Again));
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
            Msg::Pasted(pasted) => {
                carry::tell(cx, &pasted, Msg::Pasted);
                self.load(cx);
            }
            Msg::Queue(said) => {
                if queue::tell(cx, said) {
                    self.load(cx);
                }
            }
            Msg::Filter(picked) => {
                self.filter.take(picked);
                self.redraw(&cx.env().clone());
            }
            Msg::Freed(said) => self.hear_freed(said, cx),
            Msg::Reload => self.load(cx),
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if self.concerns(change) {
            cx.after("board.reload", Duration::from_millis(50), Msg::Reload);
        }
        if self.freed.concerns(change) {
            self.freed.soon(cx, Msg::Freed(freed::Said::Again));
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, body] = widgets::split_top(area, 1);
        if ui.env.actor.as_ref().is_some_and(|a| a.workplace.is_none()) {
            let text =
                tr!("You work at no centre yet, so there is no board. An administrator adds you to one.");
            return widgets::sentence(frame, area, text);
        }
        self.head(frame, head, ui);
        let body = self.freed.view(frame, body, ui, "board", "board.freed");
        let rows = body.height.saturating_sub(1);
        let [body, foot] = widgets::split_top(body, rows);
        self.detail(frame, foot, ui);
        self.table.view(frame, body, ui);
    }
}

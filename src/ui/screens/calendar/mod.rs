//! The schedule: the strip of a day, the day sheet, the week of a provider, the month and the agenda, one key each. Day,
//! time, provider and centre stay selected when the view changes; what other desks do appears by itself.
mod acts;
mod agenda;
mod choose;
mod cursor;
mod grid;
mod month;
mod reading;
mod strip;
mod view;

use crate::{
    domain::{
        actor::Workplace,
        appointment::AppointmentStatus,
        booking::Booked,
        calendar::{Cell, Content, DayBooking, MonthDay, ProviderDay},
        ids::{AppointmentId, ProviderId},
        name::PersonName,
        why::Why,
    },
    store::{AppointmentStep, Change, Error, MonthOf},
    tr,
    ui::{
        carry::{Carried, Pasted},
        cx::Cx,
        desk::{self, Target},
        lapse::Lapse,
        screen::{Screen, Ui},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use ratatui::{Frame, layout::Rect};
use std::collections::{BTreeMap, BTreeSet};

crate::commands! {
    /// What the schedule understands.
    pub enum Command {
        Open: "calendar.open" "open or book" "Open the patient of the booking, or book the free time";
        Sheet: "calendar.sheet" "day" "The day sheet: a column for each provider";
        Week: "calendar.week" "week" "The week of the selected provider, at every centre";
        Month: "calendar.month" "month" "The month, with what is free on each day";
        Agenda: "calendar.agenda" "agenda" "Two weeks of the selected provider as a list";
        Strip: "calendar.strip" "strip" "The day of every provider in half hours";
        PickDay: "calendar.pick-day" "date" "Show another day, typed as people say it";
        Advance: "calendar.advance" "arrived" "The selected patient has arrived";
        Cut: "appointment.cut" "cut" "Take the selected appointment along, to paste it at another time or elsewhere";
        Paste: "appointment.paste" "put here" "Move the appointment that was cut to the selected free time";
        Cancel: "calendar.cancel" "cancel" "Cancel the selected appointment, with a reason";
        Provider: "calendar.provider" "provider" "Choose the provider";
        Sessions: "calendar.sessions" "sessions" "The clinic sessions of the selected provider: add, change, remove";
        Centre: "calendar.centre" "centre" "Show another centre" quiet;
        Everybody: "calendar.everybody" "one or all" "Count the month of the selected provider, or of the whole centre" quiet;
        Book: "calendar.book" "book" "Book somebody at the selected time" quiet => "appointment.book";
        WalkIn: "calendar.walk-in" "walk-in" "Somebody came without an appointment" quiet;
        Move: "calendar.move" "move" "Move the selected appointment to one of the first free times" quiet;
        NoShow: "calendar.no-show" "no-show" "The selected patient did not come" quiet;
        Left: "calendar.left-early" "left" "The selected patient went without being seen" quiet;
        Restore: "calendar.restore" "restore" "Booked again: what was missed or checked in by mistake" quiet;
        Changes: "calendar.changes" "changes" "Who changed the selected appointment, and when" quiet;
        More: "calendar.more-columns" "more columns" "Show one provider more beside each other" quiet;
        Fewer: "calendar.fewer-columns" "fewer columns" "Show one provider fewer beside each other" quiet;
        Today: "calendar.today" "today" "Go to today and to the present time" quiet;
        After: "calendar.after" "after" "The next day; in the week the next week, in the month the next month" quiet;
        Before: "calendar.before" "before" "The day, week or month before" quiet;
        Up: "calendar.up" "up" "The cell above" quiet;
        Down: "calendar.down" "down" "The cell below" quiet;
        ToLeft: "calendar.left" "left" "The cell at the left" quiet;
        ToRight: "calendar.right" "right" "The cell at the right" quiet;
        PageUp: "calendar.page-up" "page up" "Several cells up" quiet;
        PageDown: "calendar.page-down" "page down" "Several cells down" quiet;
        First: "calendar.first" "first" "The first time of the day" quiet;
        Last: "calendar.last" "last" "The last time of the day" quiet;
    }
}

/// How the schedule is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Strip,
    Sheet,
    Week,
    Month,
    Agenda,
}

/// What a view shows: the question whose answer it draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everybody at a centre on a day.
    Centre(crate::domain::ids::CentreId, NaiveDate),
    /// So many days of one provider from this one.
    Provider(ProviderId, NaiveDate, u8),
    /// The weeks of a month.
    Month(MonthOf, NaiveDate, NaiveDate),
}

/// A provider's day by name.
pub type DayKey = (ProviderId, NaiveDate);

/// What the schedule is told.
#[allow(clippy::large_enum_variant, reason = "a message lives for one turn of the loop")]
pub enum Msg {
    Days(Scope, Result<Vec<ProviderDay>, Error>),
    Month(Scope, Result<Vec<MonthDay>, Error>),
    /// A few provider-days again, because they changed or came into sight.
    Again(Vec<DayKey>, Result<Vec<ProviderDay>, Error>),
    /// A few days of the month again.
    MonthAgain(Scope, BTreeSet<NaiveDate>, Result<Vec<MonthDay>, Error>),
    Reread,
    /// What another desk was choosing, or what was kept, is free again by itself.
    Lapsed,
    Changed(DayKey, desk::Done),
    Reason(DayKey, Target, Option<String>),
    PickedDay(Option<NaiveDate>),
    PickedProvider(Option<(ProviderId, PersonName)>),
    PickedCentre(Option<Workplace>),
    Changes(Result<(Booked, Vec<AppointmentStep>), Error>),
    ClosedChanges,
    /// What was cut was put down here, or not.
    Pasted(Pasted),
}

/// What is selected. It stays when the view changes and when rows come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub day: NaiveDate,
    pub at: DateTime<Utc>,
    pub provider: Option<ProviderId>,
    /// The booking, when one is selected: it is followed by its id.
    pub booking: Option<AppointmentId>,
}

/// The screen.
pub struct Calendar {
    view: View,
    /// The day asked for; today without one.
    wanted: Option<NaiveDate>,
    cursor: Option<Cursor>,
    place: Option<Workplace>,
    everybody: bool,
    /// Everybody of the centre's day, in the order of names.
    people: Vec<ProviderId>,
    /// Name and profession of who was picked or read.
    names: BTreeMap<ProviderId, PersonName>,
    days: BTreeMap<DayKey, ProviderDay>,
    month: Vec<MonthDay>,
    /// What is drawn now, and what was asked for and is not answered.
    have: Option<Scope>,
    asked: Option<Scope>,
    logged: Option<Scope>,
    stale: BTreeSet<DayKey>,
    problem: bool,
    /// The first provider in sight, how many there are in sight, and how many the person wants.
    first: usize,
    shown: usize,
    columns: Option<usize>,
    top: usize,
    page: usize,
    /// What is carried along, as the last frame knew it.
    lifted: Option<Carried>,
    saving: Option<AppointmentId>,
    now: DateTime<Utc>,
    today: NaiveDate,
    lapse: Lapse,
}

impl Calendar {
    /// The day sheet of this day, or of today.
    #[must_use]
    pub fn at(day: Option<NaiveDate>) -> Self {
        Self {
            view: View::Sheet,
            wanted: day,
            cursor: None,
            place: None,
            everybody: true,
            people: vec![],
            names: BTreeMap::new(),
            days: BTreeMap::new(),
            month: vec![],
            have: None,
            asked: None,
            logged: None,
            stale: BTreeSet::new(),
            problem: false,
            first: 0,
            shown: 0,
            columns: None,
            top: 0,
            page: 10,
            lifted: None,
            saving: None,
            now: DateTime::UNIX_EPOCH,
            today: NaiveDate::MIN,
            lapse: Lapse::default(),
        }
    }

    /// Opens with this view.
    #[must_use]
    pub fn with(mut self, view: View) -> Self {
        self.view = view;
        self
    }

    fn tick(&mut self, cx: &Cx<Msg>) {
        (self.now, self.today) = (cx.env().now(), cx.env().today());
    }

    /// The selected provider's selected day, when it was read.
    fn day(&self) -> Option<&ProviderDay> {
        let cursor = self.cursor?;
        self.days.get(&(cursor.provider?, cursor.day))
    }

    /// The selected cell with its day.
    fn cell(&self) -> Option<(&ProviderDay, Cell)> {
        let (cursor, day) = (self.cursor?, self.day()?);
        let cells = day.cells(self.now);
        let holds = |c: &&Cell| match (c.content, cursor.booking) {
            (Content::Booked(i, more), Some(id)) => day.booked()[i..=i + more].iter().any(|b| b.id == id),
            _ => false,
        };
        let found = cells
            .iter()
            .find(holds)
            .or_else(|| cells.iter().rev().find(|c| c.period.contains(cursor.at)))
            .or_else(|| {
                let half = cursor.at + chrono::Duration::minutes(30);
                let near = |c: &&Cell| c.period.start >= cursor.at && c.period.start < half;
                cells.iter().find(near).filter(|_| self.view == View::Strip)
            });
        found.map(|cell| (day, *cell))
    }

    /// The selected booking.
    fn booking(&self) -> Option<&DayBooking> {
        let (day, cell) = self.cell()?;
        let Content::Booked(i, more) = cell.content else { return None };
        let here = &day.booked()[i..=i + more];
        let wanted = self.cursor?.booking;
        here.iter().find(|b| Some(b.id) == wanted).or_else(|| here.first())
    }

    fn name(&self, provider: ProviderId) -> String {
        self.names.get(&provider).map(ToString::to_string).unwrap_or_default()
    }
}

impl Screen for Calendar {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["calendar"]
    }
    fn title(&self) -> String {
        tr!("Schedule").into()
    }
    fn marks(&self) -> &'static str {
        tr!(
            "Before a name: B booked, A arrived, P in progress, C completed, N no-show, L left, X cancelled, V voided, x cut. Behind it: \
             o overbooked, w walk-in, e emergency. Alone: . free, , begun, + partly taken, # taken, h held, x away, - closed. \
             Beside a provider: free times of the day."
        )
    }
    fn needs_minute(&self) -> bool {
        true
    }
    fn minute(&mut self, cx: &mut Cx<Msg>) {
        self.tick(cx);
        self.fill(cx);
        self.lapse(cx);
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.tick(cx);
        self.begin(cx);
        self.ask(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.tick(cx);
        self.ask(cx);
    }

    fn available(&self, command: Command) -> Result<(), Why> {
        self.may(command)
    }
    fn waits_for(&self, command: Command) -> bool {
        use Command as C;
        let uses = matches!(
            command,
            C::Open
                | C::Advance
                | C::Cut
                | C::Paste
                | C::Cancel
                | C::Move
                | C::NoShow
                | C::Left
                | C::Restore
                | C::Changes
                | C::Sessions
        );
        let moves = matches!(command, C::Up | C::Down | C::ToLeft | C::ToRight | C::First | C::Last);
        let busy = self.saving.is_some() && self.saving == self.booking().map(|b| b.id);
        uses && busy || (uses || moves) && self.asked.is_some() && self.have != self.asked
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        use AppointmentStatus as S;
        self.tick(cx);
        match command {
            Command::Strip => self.look(View::Strip, cx),
            Command::Sheet => self.look(View::Sheet, cx),
            Command::Week => self.look(View::Week, cx),
            Command::Month => self.look(View::Month, cx),
            Command::Agenda => self.look(View::Agenda, cx),
            Command::Open => self.open(cx),
            Command::Book => self.book(cx),
            Command::WalkIn => self.walk_in(cx),
            Command::Advance => self.change(S::Arrived, cx),
            Command::NoShow => self.change(S::NoShow, cx),
            Command::Left => self.change(S::Left, cx),
            Command::Restore => self.change(S::Booked, cx),
            Command::Cancel => self.cancel(cx),
            Command::Move => self.move_elsewhere(cx),
            Command::Cut => self.cut(cx),
            Command::Paste => self.paste(cx),
            Command::Changes => self.changes(cx),
            Command::Provider => self.pick_provider(cx),
            Command::Centre => self.pick_centre(cx),
            Command::Sessions => self.sessions(cx),
            Command::Everybody => {
                self.everybody = !self.everybody;
                self.show(cx);
            }
            Command::PickDay => desk::ask_date(cx, tr!("Which day?").into(), Msg::PickedDay),
            _ => self.go(command, cx),
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        self.tick(cx);
        match msg {
            Msg::Days(scope, Ok(days)) => self.read_days(scope, days, cx),
            Msg::Month(scope, Ok(days)) => {
                self.month = days;
                self.answered(scope);
                self.reread(cx);
            }
            Msg::Again(keys, Ok(days)) => self.read_again(&keys, days, cx),
            Msg::MonthAgain(scope, asked, Ok(days)) => self.read_month_again(scope, &asked, days),
            Msg::Days(_, Err(e)) | Msg::Month(_, Err(e)) => {
                (self.asked, self.problem) = (None, true);
                cx.failed(&e);
            }
            Msg::Again(_, Err(e)) | Msg::MonthAgain(_, _, Err(e)) => {
                self.problem = true;
                cx.failed(&e);
            }
            Msg::Reread => self.reread(cx),
            Msg::Lapsed => {
                self.lapse.over();
                self.lapse(cx);
                self.fill(cx);
            }
            Msg::Changed(key, done) => self.changed_one(key, done, cx),
            Msg::Reason(key, target, Some(why)) => {
                self.saving = Some(target.id);
                let done = move |done| Msg::Changed(key, done);
                desk::change(cx, target, AppointmentStatus::Cancelled, why, done);
            }
            Msg::PickedDay(Some(day)) => self.go_to_day(day, cx),
            Msg::PickedProvider(Some((provider, name))) => self.picked(provider, name, cx),
            Msg::PickedCentre(Some(place)) => {
                self.place = Some(place);
                self.show(cx);
            }
            Msg::Changes(Ok((booked, steps))) => {
                desk::show_changes(cx, &booked, &steps, |()| Msg::ClosedChanges);
            }
            Msg::Changes(Err(e)) => cx.failed(&e),
            Msg::Pasted(pasted) => self.pasted(&pasted, cx),
            Msg::Reason(_, _, None)
            | Msg::PickedDay(None)
            | Msg::PickedProvider(None)
            | Msg::PickedCentre(None)
            | Msg::ClosedChanges => {}
        }
        let held = self.days.values().flat_map(|d| d.off.iter().filter_map(|o| o.until));
        let chosen = self.month.iter().flat_map(|d| d.choosing.iter().map(|c| c.until));
        self.lapse.wait(held.chain(chosen), "calendar.lapse", cx, Msg::Lapsed);
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        self.tick(cx);
        self.hear(change, cx);
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.lifted = ui.env.carried.as_deref().cloned();
        self.draw(frame, area, ui);
    }
}

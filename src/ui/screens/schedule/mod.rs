//! Clinic sessions: when providers see patients, how many slots there are and how many are taken. Enter opens the
//! session's panel.
mod copied;
pub mod exception_form;
pub mod exceptions;
pub mod form;
pub mod panel;
pub mod plan;
pub mod removal;
pub mod slots;
pub mod week;
mod week_rows;

use crate::{
    domain::{
        clinic_session::SessionRow,
        dates::short_day,
        ids::{ClinicSessionId, ProviderId, RequestId},
        why::Why,
    },
    store::{Change, Error, LostHold, PlanOf, SessionsOf},
    tr,
    ui::{
        carry::{self, Landing, Pasted},
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            confirm::Confirm,
            table::{Column, Table},
        },
    },
};
use chrono::{Days, NaiveDate};
use form::{Saved, SessionForm};
use panel::SessionPanel;
use plan::{Outcome, Plan};
use ratatui::{Frame, layout::Rect};
use removal::{Again, Removal};
use slots::Slots;

/// How many days the list shows at once.
const SPAN: i32 = 28;

crate::commands! {
    /// What the list of sessions understands.
    pub enum Command {
        Open: "schedule.open" "open" "Open the panel of the session: who is booked, start, no-show";
        Add: "schedule.add" "add" "Add a session";
        Change: "schedule.change" "change" "Change date, hours or slot length of the session";
        Remove: "schedule.remove" "remove" "Remove the session; asks first" destructive;
        Paste: "appointment.paste" "paste" "Move what was cut into the session: the free time nearest to its own";
        Whose: "schedule.whose" "mine or all" "Show your own sessions, or everybody's at this centre";
        Later: "schedule.later" "later" "Show the four weeks after these";
        Earlier: "schedule.earlier" "earlier" "Show the four weeks before these";
        Week: "schedule.week" "seven days" "The next seven days of a provider, copied or made from hours";
        Exceptions: "schedule.exceptions" "leave" "Leave, holidays and extra days";
        Slots: "schedule.slots" "slots" "Each slot of the session: hold time back, release it, limit overbooking";
        Today: "schedule.today" "today" "Begin with today again" quiet;
    }
}

/// What this screen is told.
#[allow(clippy::large_enum_variant, reason = "a message lives for one turn of the loop")]
pub enum Msg {
    /// The sessions of the span.
    Loaded(Result<Vec<SessionRow>, Error>),
    /// The form was saved.
    Formed(Saved),
    /// The panel was closed.
    PanelClosed(()),
    /// Whether the session shall be removed.
    Sure(bool),
    /// The plan for its bookings was closed.
    MoveFirst(Outcome),
    /// What became of the removal, with what was held in it.
    Removed(Result<Vec<LostHold>, Error>),
    /// It is there again, as far as that went.
    Again(Again),
    /// What was cut was pasted into a session.
    Pasted(Pasted),
}

/// The screen.
pub struct Schedule {
    table: Table<SessionRow>,
    from: Option<NaiveDate>,
    /// Whose, when somebody was chosen.
    of: Option<ProviderId>,
    mine: bool,
    request: RequestId,
    asked: Option<SessionRow>,
    /// What the plan of the session that is asked for did.
    plan: Outcome,
}

impl Schedule {
    /// The sessions from this day on, or from today; of this provider, else one's own or the centre's.
    #[must_use]
    pub fn of(provider: Option<ProviderId>, day: Option<NaiveDate>) -> Self {
        Self {
            table: Table::new(|s: &SessionRow| s.id.0)
                .column(Column::new("Day", |s: &SessionRow| short_day(s.day)).width(10))
                .column(Column::new("Hours", |s: &SessionRow| s.times()).width(11))
                .column(
                    Column::new("Provider", |s: &SessionRow| s.provider_name.to_string())
                        .grow(12)
                        .priority(2),
                )
                .column(Column::new("Centre", |s: &SessionRow| s.centre_name.clone()).grow(10).priority(4))
                .column(
                    Column::new("Slot", |s: &SessionRow| format!("{}m", s.slot_minutes))
                        .width(4)
                        .right()
                        .priority(5),
                )
                .column(
                    Column::new("Total", |s: &SessionRow| s.total().to_string()).width(5).right().priority(3),
                )
                .column(Column::new("Booked", |s: &SessionRow| s.booked.to_string()).width(6).right())
                .column(
                    Column::new("Free", |s: &SessionRow| s.free.to_string())
                        .width(4)
                        .right()
                        .look(|s, t| if s.free == 0 { t.warn() } else { t.good() }),
                )
                .column(Column::new("", SessionRow::not_free).width(8).priority(2).look(|_, t| t.dim()))
                .empty("No sessions in these four weeks. a adds the first."),
            from: day,
            of: provider,
            mine: true,
            request: RequestId::new(),
            asked: None,
            plan: Outcome::default(),
        }
    }

    fn first(&self, cx: &Cx<Msg>) -> NaiveDate {
        self.from.unwrap_or_else(|| cx.env().today())
    }

    fn whose(&self, cx: &Cx<Msg>) -> Option<SessionsOf> {
        let actor = cx.env().actor.as_ref()?;
        match (self.of.or(actor.provider).filter(|_| self.mine), &actor.workplace) {
            (Some(provider), _) => Some(SessionsOf::Provider(provider)),
            (None, Some(place)) => Some(SessionsOf::Centre(place.centre)),
            (None, None) => None,
        }
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let Some(of) = self.whose(cx) else {
            cx.toast(tr!("You work at no centre yet. An administrator adds you to one."));
            return;
        };
        let from = self.first(cx);
        self.table.loading();
        cx.load(
            "schedule.load",
            move |store| async move { store.clinic_sessions(&actor, of, from, SPAN).await },
            Msg::Loaded,
        );
    }

    fn shift(&mut self, later: bool, cx: &mut Cx<Msg>) {
        let from = self.first(cx);
        let days = Days::new(SPAN.unsigned_abs().into());
        self.from = if later { from.checked_add_days(days) } else { from.checked_sub_days(days) };
        self.load(cx);
    }

    fn open_panel(&mut self, session: SessionRow, cx: &mut Cx<Msg>) {
        cx.open(move |answer| SessionPanel::new(session, answer), Msg::PanelClosed);
    }

    fn ask_removal(&mut self, session: SessionRow, cx: &mut Cx<Msg>) {
        self.request = RequestId::new();
        self.plan = Outcome::default();
        let what = name_of(&session);
        let (id, booked) = (session.id, session.booked);
        self.asked = Some(session);
        if booked > 0 {
            return Self::offer_moving(&what, id, cx);
        }
        cx.open(
            move |answer| {
                Confirm::new(tr!("Remove the session {what}?", what = what), answer)
                    .consequence(tr!("Nobody is booked in it. Its slots can no longer be booked."))
                    .yes(tr!("remove it"))
                    .no(tr!("keep it"))
            },
            Msg::Sure,
        );
    }

    fn offer_moving(what: &str, id: ClinicSessionId, cx: &mut Cx<Msg>) {
        let title = tr!("Bookings to be moved before it goes: {what}", what = what);
        cx.open(move |answer| Plan::of(PlanOf::Session(id), title, answer), Msg::MoveFirst);
    }

    fn remove(&mut self, id: ClinicSessionId, seen: i64, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let request = self.request;
        cx.save(
            "session.remove",
            move |store| async move { store.remove_clinic_session(&actor, request, id, seen).await },
            Msg::Removed,
        );
    }

    fn formed(&mut self, saved: Saved, cx: &mut Cx<Msg>) {
        self.load(cx);
        let Some(actor) = cx.env().actor.clone() else { return };
        match saved {
            Saved::Added(id, text) => {
                let request = RequestId::new();
                cx.undoable(
                    text,
                    "session.remove",
                    move |store| async move { store.remove_clinic_session(&actor, request, id, 1).await },
                    Msg::Removed,
                );
            }
            Saved::Changed(text) => cx.toast(text),
        }
    }
}

fn name_of(s: &SessionRow) -> String {
    tr!(
        "{day} {times} of {provider} at {centre}",
        day = short_day(s.day),
        times = s.times(),
        provider = s.provider_name,
        centre = s.centre_name
    )
}

impl Screen for Schedule {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["schedule"]
    }
    fn title(&self) -> String {
        tr!("Sessions").into()
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
        // What begins while the list is looked at is free no longer.
        if self.table.rows().iter().any(|s| s.period.start <= now && !s.is_over(now)) {
            self.load(cx);
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        matches!(command, Command::Open | Command::Change | Command::Remove | Command::Slots)
            && self.table.is_loading()
            && self.table.rows().is_empty()
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let provider = match self.whose(cx) {
            Some(SessionsOf::Provider(p)) => Some(p.0),
            _ => None,
        };
        let touched = match change {
            Change::Everything => true,
            Change::Row(r) => {
                r.entity == "schedule_exception"
                    || matches!(r.entity.as_str(), "clinic_session" | "appointment" | "held_slot")
                        && (provider.is_none() || r.provider.is_none() || r.provider == provider)
            }
            Change::Link(_) => false,
        };
        if touched {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let row = self.table.selected().cloned();
        match (command, row) {
            (Command::Add, row) => {
                let day = row.map_or_else(|| self.first(cx), |r| r.day);
                let env = cx.env().clone();
                cx.open(move |answer| SessionForm::add(day, &env, answer), Msg::Formed);
            }
            (Command::Whose, _) => {
                if self.of.is_none() && cx.env().actor.as_ref().is_some_and(|a| a.provider.is_none()) {
                    return cx.toast(tr!("You are not booked with; all sessions of the centre are shown."));
                }
                self.mine = !self.mine;
                self.load(cx);
            }
            (Command::Week, row) => {
                let of = self.whose(cx).and_then(|w| match w {
                    SessionsOf::Provider(p) => Some(p),
                    SessionsOf::Centre(_) => row.map(|r| r.provider),
                });
                cx.push(Route::Week(of));
            }
            (Command::Exceptions, _) => cx.push(Route::Exceptions),
            (Command::Later, _) => self.shift(true, cx),
            (Command::Earlier, _) => self.shift(false, cx),
            (Command::Today, _) => {
                self.from = None;
                self.load(cx);
            }
            (Command::Paste, Some(session)) => {
                let (day, provider) = (session.day, Some(session.provider));
                let landing = Landing::Day { day, provider, centre: Some(session.centre), near: None };
                carry::paste(cx, landing, Msg::Pasted);
            }
            (Command::Open, Some(session)) => self.open_panel(session, cx),
            (Command::Change, Some(session)) => {
                let env = cx.env().clone();
                cx.open(move |answer| SessionForm::change(session, &env, answer), Msg::Formed);
            }
            (Command::Slots, Some(session)) => {
                cx.open(move |answer| Slots::of(session, answer), Msg::PanelClosed);
            }
            (Command::Remove, Some(session)) => self.ask_removal(session, cx),
            (_, None) => cx.toast(tr!("No session is selected.")),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => self.table.set_rows(rows),
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Formed(saved) => self.formed(saved, cx),
            Msg::PanelClosed(()) => self.load(cx),
            Msg::Pasted(pasted) => {
                carry::tell(cx, &pasted, Msg::Pasted);
                self.load(cx);
            }
            Msg::MoveFirst(plan) if !plan.all => {
                self.asked = None;
                self.load(cx);
            }
            Msg::Sure(true) | Msg::MoveFirst(_) => {
                if let Msg::MoveFirst(plan) = msg {
                    self.plan = plan;
                }
                if let Some((id, seen)) = self.asked.as_ref().map(|s| (s.id, s.version)) {
                    self.remove(id, seen, cx);
                }
            }
            Msg::Sure(false) => self.asked = None,
            Msg::Removed(Ok(lost)) => {
                match self.asked.take() {
                    Some(s) => {
                        let plan = std::mem::take(&mut self.plan);
                        removal::tell(cx, Removal { session: s.id, seen: s.version, lost, plan }, Msg::Again);
                    }
                    None => cx.toast(tr!("The session is removed.")),
                }
                self.load(cx);
            }
            Msg::Again(again) => {
                removal::hear(cx, again);
                self.load(cx);
            }
            Msg::Removed(Err(Error::Refused(Why { rule, .. })))
                if rule == "session_removed_with_bookings" =>
            {
                // Somebody booked while the question was open.
                if let Some(s) = &self.asked {
                    Self::offer_moving(&name_of(s), s.id, cx);
                }
                self.load(cx);
            }
            Msg::Removed(Err(e)) => {
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, 1);
        let from = self.from.unwrap_or_else(|| ui.env.today());
        let to = from.checked_add_days(Days::new(u64::from(SPAN.unsigned_abs()) - 1)).unwrap_or(from);
        let actor = ui.env.actor.as_deref();
        let whose = match actor {
            Some(_) if self.of.is_some() && self.mine => {
                self.table.rows().first().map(|s| s.provider_name.to_string()).unwrap_or_default()
            }
            Some(a) if a.provider.is_some() && self.mine => tr!("my sessions").to_owned(),
            Some(a) => a.workplace.as_ref().map_or_else(String::new, |w| w.name.clone()),
            None => String::new(),
        };
        let title =
            tr!(" {from} to {to}   {whose}", from = short_day(from), to = short_day(to), whose = whose);
        widgets::put(frame, head, 0, &title, ui.theme.strong());
        self.table.view(frame, rows, ui);
    }
}

//! Bookings that cannot stay, each with the nearest free time that fits: accepted all at once, or changed one by one.
use super::copied;
use crate::{
    domain::{
        booking::NewTime,
        dates::short_day,
        exception::PlanStep,
        ids::{AppointmentId, RequestId},
        why::Why,
    },
    store::{Cause, Change, Error, Moved, PlanOf, Unplanned, Was},
    text::tr_n,
    tr,
    ui::{
        closes,
        cx::{Answer, Cx},
        route::{BookingStart, Route},
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What a plan understands.
    pub enum Command {
        Accept: "plan.accept" "accept all" "Move every booking that has a proposal to it";
        Edit: "plan.edit" "choose a time" "Choose another time for this booking";
        Leave: "plan.leave" "leave out" "Leave this booking where it is, or take it in again";
        Patient: "plan.patient" "patient" "Open the patient: to call them";
        Close: "plan.close" "back" "Close the plan";
    }
}

/// What the plan is told.
pub enum Msg {
    Loaded(Result<Vec<PlanStep>, Error>),
    Moved(Result<Vec<Moved>, Error>),
    Back(Names, Result<Unplanned, Error>),
}

/// Whose bookings were moved.
pub(super) type Names = Vec<(AppointmentId, String)>;

/// What a plan did when it is closed.
#[derive(Default)]
pub struct Outcome {
    /// Every booking has gone.
    pub all: bool,
    /// What was accepted and not taken back, to be taken back with what follows from it.
    pub(super) steps: Vec<(AppointmentId, i64, Was)>,
    pub(super) names: Names,
}

#[derive(Clone)]
struct Line {
    step: PlanStep,
    out: bool,
    /// Why it could not go.
    why: String,
}

/// The plan.
pub struct Plan {
    of: PlanOf,
    title: String,
    answer: Answer<Outcome>,
    outcome: Outcome,
    table: Table<Line>,
    left_out: Vec<AppointmentId>,
    refused: Vec<Moved>,
    opened: bool,
    read: bool,
    saving: bool,
    /// The leave was entered with this plan.
    entered: bool,
}

fn when(at: DateTime<Utc>, zone: Tz) -> String {
    let wall = at.with_timezone(&zone);
    format!("{} {}", short_day(wall.date_naive()), wall.format("%H:%M"))
}

impl Line {
    fn proposal(&self) -> String {
        match &self.step.to {
            _ if self.out => tr!("stays").into(),
            None => tr!("nothing fits").into(),
            Some(to) => when(to.period.start, to.zone),
        }
    }

    fn with(&self) -> String {
        match &self.step.to {
            _ if !self.why.is_empty() => self.why.clone(),
            Some(to) if !self.out && to.provider != self.step.clash.provider => to.provider_name.to_string(),
            Some(to) if !self.out && to.centre != self.step.clash.centre => {
                tr!("the same, {centre}", centre = to.centre_name)
            }
            Some(_) if !self.out => tr!("the same").into(),
            _ => String::new(),
        }
    }
}

/// What went back.
pub(super) fn back(u: &Unplanned) -> String {
    let n = u.moved.iter().filter(|m| m.version.is_some()).count();
    let mut parts = vec![];
    if u.session.as_ref().is_some_and(|s| s.back > 0) {
        parts.push(tr!("The session is there again.").to_owned());
    }
    parts.extend(u.session.iter().flat_map(copied::holds));
    if n > 0 || u.session.is_none() {
        parts.push(tr_n(
            "{n} booking is back at its old time.",
            "{n} bookings are back at their old times.",
            n,
        ));
    }
    if u.lifted {
        parts.push(tr!("The leave is taken back.").to_owned());
    }
    parts.join(" ")
}

/// What could not go back, by name and with its reason, when there is something.
pub(super) fn stays(u: &Unplanned, names: &[(AppointmentId, String)]) -> Option<String> {
    let mut left: Vec<(&str, Vec<&str>)> = vec![];
    for m in u.moved.iter().filter(|m| m.version.is_none()) {
        let who = names.iter().find(|(id, _)| *id == m.appointment).map_or("", |(_, n)| n.as_str());
        match left.iter_mut().find(|(why, _)| *why == m.why) {
            Some((_, all)) => all.push(who),
            None => left.push((&m.why, vec![who])),
        }
    }
    let mut parts = vec![back(u)];
    let session = u.session.iter().flat_map(|s| &s.stays);
    parts
        .extend(session.map(|s| tr!("The session stays removed: {why}.", why = s.why.trim_end_matches('.'))));
    let who = left
        .into_iter()
        .map(|(why, who)| tr!("{who} stays where it is now: {why}", who = who.join(", "), why = why));
    parts.extend(who);
    parts.retain(|p| !p.is_empty());
    let more = u.moved.iter().any(|m| m.version.is_none())
        || u.session.as_ref().is_some_and(|s| !s.stays.is_empty());
    more.then(|| parts.join(" "))
}

impl Plan {
    /// Of these bookings; it answers what has gone.
    #[must_use]
    pub fn of(of: PlanOf, title: String, answer: Answer<Outcome>) -> Self {
        let table = Table::new(|l: &Line| l.step.clash.appointment.0)
            .column(
                Column::new("Booked", |l: &Line| when(l.step.clash.period.start, l.step.clash.zone))
                    .width(16),
            )
            .column(Column::new("Patient", |l: &Line| l.step.clash.patient_name.to_string()).grow(10))
            .column(Column::new("Phone", |l: &Line| l.step.clash.phone.clone()).width(13).priority(4))
            .column(
                Column::new("With", |l: &Line| l.step.clash.provider_name.to_string()).grow(10).priority(5),
            )
            .column(
                Column::new("Proposal", Line::proposal)
                    .width(16)
                    .look(|l, t| if l.out || l.step.to.is_none() { t.warn() } else { t.good() }),
            )
            .column(Column::new("", Line::with).grow(10).priority(2))
            .empty("No booking has to move.");
        Self {
            of,
            title,
            answer,
            outcome: Outcome::default(),
            table,
            left_out: vec![],
            refused: vec![],
            opened: false,
            read: false,
            saving: false,
            entered: false,
        }
    }

    /// The leave was entered a moment ago: what takes the plan back takes it back as well.
    #[must_use]
    pub fn entered(mut self, entered: bool) -> Self {
        self.entered = entered;
        self
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (of, opened) = (self.of, !std::mem::replace(&mut self.opened, true));
        self.table.loading();
        cx.load(
            "plan.load",
            move |store| async move { store.rebook_plan(&actor, of, opened).await },
            Msg::Loaded,
        );
    }

    fn show(&mut self, steps: Vec<PlanStep>) {
        let lines = steps.into_iter().map(|step| {
            let id = step.clash.appointment;
            let why =
                self.refused.iter().find(|m| m.appointment == id).map(|m| m.why.clone()).unwrap_or_default();
            Line { out: self.left_out.contains(&id), step, why }
        });
        self.table.set_rows(lines.collect());
    }

    /// Whose wishes come off the waiting list when the plan is accepted as it stands, each once.
    fn closes(&self, today: NaiveDate) -> Vec<String> {
        let going = self.table.rows().iter().filter(|l| !l.out).map(|l| &l.step);
        let (mut closed, mut said) = (vec![], vec![]);
        for (step, met) in going.flat_map(|s| s.closes.iter().map(move |m| (s, m))) {
            if !closed.contains(&met.id) {
                closed.push(met.id);
                said.push(format!("{} ({})", step.clash.patient_name, met.words(today)));
            }
        }
        said
    }

    fn cause(&self) -> Cause {
        match self.of {
            PlanOf::Session(_) => Cause::None,
            PlanOf::Exception(id) if self.entered => Cause::Entered(id),
            PlanOf::Exception(id) => Cause::There(id),
        }
    }

    fn names(&self) -> Names {
        let name = |l: &Line| (l.step.clash.appointment, l.step.clash.patient_name.to_string());
        self.table.rows().iter().map(name).collect()
    }

    /// Says how many have gone, and offers to take all of it back.
    fn hear_moved(&mut self, moved: Vec<Moved>, cx: &mut Cx<Msg>) {
        let (done, refused): (Vec<_>, Vec<_>) = moved.into_iter().partition(|m| m.version.is_some());
        let mut text = tr_n("{n} booking moved.", "{n} bookings moved.", done.len());
        if let Some(first) = refused.first() {
            text = format!("{text} {}", tr!("{n} stay: {why}", n = refused.len(), why = first.why));
        }
        let met: Vec<String> = done.iter().flat_map(|m| &m.met).map(|m| m.words(cx.env().today())).collect();
        if !met.is_empty() {
            text = format!("{text} {}", tr!("Off the waiting list: {wishes}", wishes = met.join("; ")));
        }
        self.refused = refused;
        let back = |m: Moved| Some((m.appointment, m.version?, m.was?));
        let steps: Vec<_> = done.into_iter().filter_map(back).collect();
        match cx.env().actor.clone() {
            Some(actor) if !steps.is_empty() => {
                let (request, cause, names) = (RequestId::new(), self.cause(), self.names());
                let told = names.clone();
                self.outcome.steps.extend(steps.iter().cloned());
                self.outcome.names.extend(names.iter().cloned());
                cx.undoable_in_part(
                    text,
                    "appointment.move",
                    move |store| async move { store.unplan(&actor, request, cause, steps).await },
                    move |u| stays(u, &names),
                    move |u| Msg::Back(told, u),
                );
            }
            _ => cx.toast(text),
        }
        self.load(cx);
    }

    fn moves(&self) -> Vec<(AppointmentId, i64, NewTime)> {
        let wanted = self.table.rows().iter().filter(|l| !l.out);
        wanted
            .filter_map(|l| {
                let to = l.step.to.as_ref()?;
                let time = NewTime {
                    provider: to.provider,
                    centre: to.centre,
                    session: Some(to.session),
                    period: to.period,
                };
                Some((l.step.clash.appointment, l.step.clash.version, time))
            })
            .collect()
    }
}

impl Screen for Plan {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["plan"]
    }
    fn title(&self) -> String {
        tr!("Bookings to move").into()
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
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            Command::Close => Ok(()),
            Command::Accept if self.saving => Err(Why::new("saving", tr!("The bookings are being moved."))),
            Command::Accept if self.moves().is_empty() => {
                Err(Why::new("plan_empty", tr!("No booking has a proposal."))
                    .instead(tr!("Choose a time for each with enter.")))
            }
            Command::Accept => Ok(()),
            _ if self.table.selected().is_none() => Err(Why::new("no_row", tr!("No booking is selected."))),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command != Command::Close && !self.read
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let touched = match change {
            Change::Everything => true,
            Change::Row(r) => {
                let entity = r.entity.as_str();
                matches!(entity, "appointment" | "clinic_session" | "schedule_exception" | "waitlist_entry")
            }
            Change::Link(_) => false,
        };
        if touched && !self.saving {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let line = self.table.selected().cloned();
        match (command, line) {
            (Command::Close, _) => {
                let mut outcome = std::mem::take(&mut self.outcome);
                outcome.all = self.read && self.table.rows().is_empty();
                cx.answer(&self.answer.clone(), outcome);
            }
            (Command::Accept, _) => {
                let Some(actor) = cx.env().actor.clone() else { return };
                let (steps, request) = (self.moves(), RequestId::new());
                self.saving = true;
                cx.save(
                    "appointment.move",
                    move |store| async move { store.rebook(&actor, request, steps).await },
                    Msg::Moved,
                );
            }
            (Command::Edit, Some(l)) => cx.push(Route::Booking(BookingStart {
                move_of: Some(l.step.clash.appointment),
                ..BookingStart::default()
            })),
            (Command::Leave, Some(l)) => {
                let id = l.step.clash.appointment;
                if self.left_out.contains(&id) {
                    self.left_out.retain(|x| *x != id);
                } else {
                    self.left_out.push(id);
                }
                let steps = self.table.rows().iter().map(|l| l.step.clone()).collect();
                self.show(steps);
            }
            (Command::Patient, Some(l)) => cx.push(Route::Patient(l.step.clash.patient)),
            (_, None) => cx.toast(tr!("No booking is selected.")),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(steps)) => {
                self.read = true;
                self.show(steps);
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Moved(Ok(moved)) => {
                self.saving = false;
                self.hear_moved(moved, cx);
            }
            Msg::Back(names, Ok(undone)) => {
                self.refused.clear();
                // Undone once: what stayed where it is would only be refused again.
                self.outcome = Outcome::default();
                cx.toast(stays(&undone, &names).unwrap_or_else(|| back(&undone)));
                self.load(cx);
            }
            Msg::Back(_, Err(e)) => {
                cx.failed(&e);
                self.load(cx);
            }
            Msg::Moved(Err(e)) => {
                self.saving = false;
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let closes = closes::lines(&self.closes(ui.env.today()), usize::from(area.width));
        let [head, rows] = widgets::split_top(area, 2 + closes.len() as u16);
        widgets::put(frame, head, 0, &format!(" {}", self.title), ui.theme.strong());
        let all = self.table.rows().len();
        let text = tr!(
            " {all} to move, {n} with a proposal: {key} moves them",
            all = all,
            n = self.moves().len(),
            key = ui.key(&["plan"], "plan.accept")
        );
        if self.read && all > 0 {
            widgets::put(frame, head, 1, &text, ui.theme.text());
        }
        for (y, line) in closes.iter().enumerate() {
            widgets::put(frame, head, y as u16 + 2, line, ui.theme.warn());
        }
        self.table.view(frame, rows, ui);
    }
}

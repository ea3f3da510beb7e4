//! The visits of a series before they are booked, or moved: which are free, which clash and why, and for each clash the
//! nearest time, another one, or leaving it out. Then all of them are booked, or none.
use super::closes::Waits;
use crate::{
    domain::{
        appointment::AppointmentKind,
        booking::{Booked, FreeFilter, FreeSlot, NewAppointment, NewTime},
        dates,
        ids::{AppointmentId, ClinicSessionId, RequestId, SeriesId},
        series::{Planned, Step, Together},
        time::{self, Period},
        why::Why,
    },
    store::Error,
    text::{clean, cut, tr_n},
    tr,
    ui::{
        closes,
        cx::Cx,
        desk,
        route::PlanStart,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            prompt::Prompt,
            table::{Column, Table},
        },
    },
};
use chrono::{Duration, NaiveDate, NaiveTime};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the plan of a series understands.
    pub enum Command {
        Book: "series.book" "book all" "Book every visit of the plan, or none if one is refused" => "appointment.book";
        Nearest: "series.nearest" "nearest time" "Take the nearest free time for the selected visit";
        NearestAll: "series.nearest-all" "nearest for all" "Take the nearest free time for every visit that clashes";
        Skip: "series.skip" "leave out" "Leave the selected visit out, or take it in again";
        Time: "series.time" "other time" "Take another time on the day of the selected visit";
    }
}

/// What the plan is told.
pub enum Msg {
    Planned(Result<Vec<Planned>, Error>),
    /// What the patient waits for.
    Waits(Result<Box<Waits>, Error>),
    Time(usize, Option<String>),
    /// The free time nearest to the one that was typed.
    Near(usize, Period, Result<Option<FreeSlot>, Error>),
    Done(Result<Vec<Booked>, Error>),
    Undone,
}

#[derive(Clone)]
struct Line {
    n: usize,
    plan: Planned,
}

/// The screen.
pub struct PlanSeries {
    pub(super) start: PlanStart,
    pub(super) waits: Option<Box<Waits>>,
    id: SeriesId,
    request: RequestId,
    table: Table<Line>,
    planned: bool,
    saving: bool,
}

impl PlanSeries {
    /// The plan of these visits.
    #[must_use]
    pub fn of(start: PlanStart) -> Self {
        Self {
            id: start.series.unwrap_or_default(),
            start,
            waits: None,
            request: RequestId::new(),
            table: Table::new(|l: &Line| uuid::Uuid::from_u128(l.n as u128 + 1))
                .column(Column::new("", |l: &Line| (l.n + 1).to_string()).width(3).right())
                .column(Column::new("When", |l: &Line| when(l)).width(17))
                .column(Column::new("", what).grow(20).look(|l, t| {
                    match (l.plan.is_open(), l.plan.skipped) {
                        (true, _) => t.warn(),
                        (_, true) => t.dim(),
                        _ => t.text(),
                    }
                }))
                .uncounted()
                .empty("loading"),
            planned: false,
            saving: false,
        }
    }

    fn moves(&self) -> bool {
        !self.start.moves.is_empty()
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let start = &self.start;
        let (patient, first, days) = (start.patient, start.first.clone(), start.days.clone());
        let visit_type = start.visit_type.clone();
        self.table.loading();
        cx.load(
            "series.plan",
            move |store| async move { store.plan_series(&actor, patient, first, visit_type, days).await },
            Msg::Planned,
        );
        self.read_waits(cx);
    }

    fn lines(&self) -> Vec<Line> {
        self.table.rows().to_vec()
    }

    fn change(&mut self, n: usize, f: impl FnOnce(&mut Planned)) {
        let mut lines = self.lines();
        if let Some(line) = lines.iter_mut().find(|l| l.n == n) {
            f(&mut line.plan);
        }
        self.table.set_rows(lines);
    }

    /// Goes to the next visit that is not decided.
    fn go_on(&mut self) {
        if let Some(at) = self.table.rows().iter().position(|l| l.plan.is_open()) {
            self.table.go(at);
        }
    }

    /// The times that the plan takes, each with its number.
    pub(super) fn chosen(&self) -> impl Iterator<Item = (usize, &FreeSlot)> {
        let kept = self.table.rows().iter().filter(|l| !l.plan.skipped);
        kept.filter_map(|l| Some((l.n, l.plan.slot.as_ref()?)))
    }

    fn steps(&self) -> Vec<Step> {
        self.chosen()
            .map(|(n, slot)| {
                let session = Some(slot.session);
                let (provider, centre, period) = (slot.provider, slot.centre, slot.period);
                match self.start.moves.get(n) {
                    Some(old) => Step::Move {
                        appointment: old.id,
                        seen: old.version,
                        to: NewTime { provider, centre, session, period },
                    },
                    None => Step::Book(NewAppointment {
                        id: AppointmentId::new(),
                        patient: self.start.patient,
                        provider,
                        centre,
                        session,
                        kind: AppointmentKind::Slot,
                        period,
                        visit_type: self.start.visit_type.clone(),
                        reason: self.start.reason.clone(),
                        arrived: false,
                    }),
                }
            })
            .collect()
    }

    fn save(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let what = if self.moves() { Together::Move } else { Together::BookSeries };
        let (request, id, steps) = (self.request, self.id, self.steps());
        self.saving = true;
        cx.save(
            "series.book",
            move |store| async move { store.together(&actor, request, what, id, steps).await },
            Msg::Done,
        );
    }

    fn done(&mut self, all: &[Booked], cx: &mut Cx<Msg>) {
        let (Some(actor), Some(first), Some(last)) = (cx.env().actor.clone(), all.first(), all.last()) else {
            return;
        };
        let n = all.len();
        let what = if self.moves() {
            tr_n("Moved {n} visit", "Moved {n} visits", n)
        } else {
            tr_n("Booked {n} visit", "Booked {n} visits", n)
        };
        let said = tr!(
            "{what}: {who} {first} to {last}, {provider}, {centre}",
            what = what,
            who = first.patient_name,
            first = desk::when(first),
            last = desk::when(last),
            provider = first.provider_name,
            centre = first.centre_name
        ) + &desk::all_off_the_list(all);
        let (back, steps): (Together, Vec<Step>) = if self.moves() {
            let old = |b: &Booked| self.start.moves.iter().find(|m| m.id == b.id).map(Booked::time);
            let step = |b: &Booked| {
                let to = old(b)?;
                Some(Step::MoveBack { appointment: b.id, seen: b.version, to, closed: b.closed() })
            };
            (Together::Move, all.iter().filter_map(step).collect())
        } else {
            let step = |b: &Booked| Step::Unbook { appointment: b.id, seen: b.version };
            (Together::Cancel, all.iter().map(step).collect())
        };
        let id = self.id;
        cx.undoable(
            said,
            "series.book",
            move |store| async move { store.together(&actor, RequestId::new(), back, id, steps).await },
            |_| Msg::Undone,
        );
        cx.back();
        if !self.moves() {
            // The booking below has done its work too.
            cx.back();
        }
    }

    fn open_ones(&self) -> usize {
        self.table.rows().iter().filter(|l| l.plan.is_open()).count()
    }
}

fn when(line: &Line) -> String {
    let (day, time) = match &line.plan.slot {
        Some(slot) => (slot.day, dates::clock(slot.time())),
        None => (line.plan.day, "  -".into()),
    };
    format!("{} {time}", dates::short_day(day))
}

fn what(line: &Line) -> String {
    let plan = &line.plan;
    let near = plan.nearest.as_ref().map(|s| {
        let day = if s.day == plan.day { String::new() } else { dates::short_day(s.day) + " " };
        tr!("n takes {day}{time}", day = day, time = dates::clock(s.time()))
    });
    match (&plan.slot, &plan.clash) {
        _ if plan.skipped => tr!("left out").into(),
        (Some(slot), None) => format!("{}  {}", slot.provider_name, slot.centre_name),
        (Some(slot), Some(_)) => {
            tr!("{who}  instead of the wanted time", who = slot.provider_name)
        }
        (None, Some(why)) => match near {
            Some(near) => tr!("clash: {near}. {why}", near = near, why = why.sentence),
            None => tr!("clash, nothing free near it: {why}", why = why.sentence),
        },
        (None, None) => String::new(),
    }
}

impl Screen for PlanSeries {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["series-plan"]
    }
    fn title(&self) -> String {
        if self.moves() { tr!("Move a series").into() } else { tr!("Series").into() }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn waits_for(&self, _: Command) -> bool {
        !self.planned || self.waits.is_none() || self.saving
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let selected = self.table.selected().map(|l| &l.plan);
        let open = self.open_ones();
        match command {
            _ if !self.planned => Ok(()),
            Command::Book if open > 0 => {
                Err(Why::new("series_clashes", tr_n("{n} visit clashes.", "{n} visits clash.", open))
                    .instead(tr!(
                        "n takes the nearest time, a for all of them, t another one, s leaves it out."
                    )))
            }
            Command::Book if self.steps().is_empty() => {
                Err(Why::new("series_empty", tr!("Every visit is left out."))
                    .instead(tr!("s takes one in again.")))
            }
            Command::Nearest if selected.is_none_or(|p| p.nearest.is_none()) => {
                Err(Why::new("series_no_nearest", tr!("There is no other time near this visit to take."))
                    .instead(tr!("t takes another time of the day, s leaves it out.")))
            }
            Command::NearestAll if open == 0 => Err(Why::new("series_no_clash", tr!("No visit clashes."))
                .instead(tr!("enter books all of them."))),
            _ => Ok(()),
        }
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let take = |plan: &mut Planned| {
            if let Some(near) = plan.nearest.clone() {
                (plan.slot, plan.skipped) = (Some(near), false);
            }
        };
        let at = self.table.selected().map(|l| (l.n, l.plan.day));
        match (command, at) {
            (Command::Book, _) => self.save(cx),
            (Command::Nearest, Some((n, _))) => {
                self.change(n, take);
                self.go_on();
            }
            (Command::NearestAll, _) => {
                let mut lines = self.lines();
                lines.iter_mut().filter(|l| l.plan.is_open()).for_each(|l| take(&mut l.plan));
                self.table.set_rows(lines);
                self.go_on();
            }
            (Command::Skip, Some((n, _))) => {
                self.change(n, |plan| plan.skipped = !plan.skipped);
                self.go_on();
            }
            (Command::Time, Some((n, day))) => {
                let question = tr!("Which time on {day}? Like 11:30", day = dates::full_day(day));
                cx.open(
                    move |a| Prompt::new(question, a).check(|text| dates::parse_time(text).map(|_| ())),
                    move |text| Msg::Time(n, text),
                );
            }
            (_, None) => {}
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Planned(Ok(plans)) => {
                let left_out: Vec<bool> = self.table.rows().iter().map(|l| l.plan.skipped).collect();
                let line = |(n, plan): (usize, Planned)| {
                    let skipped = left_out.get(n).copied().unwrap_or(false);
                    Line { n, plan: Planned { skipped, ..plan } }
                };
                self.table.set_rows(plans.into_iter().enumerate().map(line).collect());
                self.planned = true;
                self.go_on();
            }
            Msg::Waits(Ok(waits)) => self.waits = Some(waits),
            Msg::Waits(Err(e)) => {
                // Nobody's visits wait for a list that cannot be read: the booking itself says then what it closed.
                self.waits = Some(Box::default());
                cx.failed(&e);
            }
            Msg::Planned(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Time(n, Some(text)) => {
                let (Ok(time), Some(actor)) = (dates::parse_time(&text), cx.env().actor.clone()) else {
                    return;
                };
                let Some(day) = self.table.rows().iter().find(|l| l.n == n).map(|l| l.plan.day) else {
                    return;
                };
                let first = &self.start.first;
                let start = time::instant(first.zone, day.and_time(time));
                let wanted = Period { start, end: start + (first.period.end - first.period.start) };
                let filter = FreeFilter {
                    patient: Some(self.start.patient),
                    provider: Some(first.provider),
                    visit_type: self.start.visit_type.clone(),
                    days: 1,
                    ..FreeFilter::from(day)
                };
                cx.load(
                    "series.near",
                    move |store| async move { store.nearest_free(&actor, filter, wanted).await },
                    move |near| Msg::Near(n, wanted, near),
                );
            }
            Msg::Near(n, wanted, Ok(Some(slot))) => {
                if slot.period.start != wanted.start {
                    cx.toast(tr!(
                        "That time is not free; the nearest one is {time}.",
                        time = dates::clock(slot.time())
                    ));
                }
                self.change(n, |plan| (plan.slot, plan.skipped) = (Some(slot), false));
                self.go_on();
            }
            Msg::Near(_, _, Ok(None)) => {
                cx.toast(tr!("Nothing is free on that day. s leaves the visit out."));
            }
            Msg::Near(_, _, Err(e)) => cx.failed(&e),
            Msg::Done(Ok(all)) => self.done(&all, cx),
            Msg::Done(Err(e)) => {
                self.saving = false;
                if !matches!(e, Error::Unknown | Error::Unavailable(_) | Error::Slow) {
                    (self.request, self.id) = (RequestId::new(), self.start.series.unwrap_or_default());
                }
                // All or nothing: what was refused shows as a clash when the plan is read again.
                cx.failed(&e);
                self.load(cx);
            }
            Msg::Time(_, None) | Msg::Undone => {}
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let closes = closes::lines(&self.closes(ui.env.today()), usize::from(area.width));
        let [head, rows] = widgets::split_top(area, 2 + closes.len() as u16);
        let first = &self.start.first;
        let title = tr!(
            " {who} with {provider}, {how}",
            who = self.start.who,
            provider = first.provider_name,
            how = self.start.how
        );
        widgets::put(frame, head, 0, &cut(&title, usize::from(area.width)), ui.theme.strong());
        let open = self.open_ones();
        let state = match (self.planned, open) {
            (false, _) => String::new(),
            (true, 0) if self.moves() => {
                tr_n(" enter moves {n} visit", " enter moves all {n} visits", self.steps().len())
            }
            (true, 0) => tr_n(" enter books {n} visit", " enter books all {n} visits", self.steps().len()),
            (true, n) => tr_n(" {n} clash to decide", " {n} clashes to decide", n),
        };
        // The list cuts the reason; here it is whole.
        let why = self.table.selected().filter(|l| l.plan.is_open()).and_then(|l| l.plan.clash.as_ref());
        let state = why.map_or_else(|| state.clone(), |why| format!("{state}. {}", clean(&why.sentence)));
        let state = cut(&state, usize::from(area.width));
        widgets::put(frame, head, 1, &state, if open > 0 { ui.theme.warn() } else { ui.theme.dim() });
        for (y, line) in closes.iter().enumerate() {
            widgets::put(frame, head, y as u16 + 2, line, ui.theme.warn());
        }
        self.table.view(frame, rows, ui);
    }
}

/// The visits that follow when one of them is moved: each as many days later, at the same time on the wall.
#[must_use]
pub fn shifted(moves: &[Booked], days: i64) -> Vec<NaiveDate> {
    let day = |b: &Booked| b.period.starts_at(b.zone).date();
    moves.iter().filter_map(|b| day(b).checked_add_signed(Duration::days(days))).collect()
}

/// A slot where an appointment would be, to plan others by.
#[must_use]
pub fn slot_of(b: &Booked, day: NaiveDate, wall: NaiveTime) -> FreeSlot {
    let start = time::instant(b.zone, day.and_time(wall));
    FreeSlot {
        session: b.session.unwrap_or(ClinicSessionId(uuid::Uuid::nil())),
        provider: b.provider,
        provider_name: b.provider_name.clone(),
        profession: b.profession.clone(),
        centre: b.centre,
        centre_name: b.centre_name.clone(),
        zone: b.zone,
        day,
        period: Period { start, end: start + (b.period.end - b.period.start) },
    }
}

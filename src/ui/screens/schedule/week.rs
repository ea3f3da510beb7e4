//! The next seven days of one provider at every centre: sessions added, changed and removed, made from the weekly hours, or
//! copied from the week before with one key: what found no room stands in its day.
use super::{
    copied,
    form::{Saved, SessionForm},
    plan::{Outcome, Plan},
    removal::{self, Again, Removal},
    slots::Slots,
    week_rows::{Line, table},
};
use crate::{
    domain::{
        clinic_session::SessionRow,
        dates::short_day,
        ids::{ProviderId, RequestId},
        why::Why,
    },
    store::{
        Change, Copied, Error, Generated, LeftOut, LostHold, PlanOf, ProviderRow, SessionsOf, Store,
        TakenBack,
    },
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            confirm::Confirm,
            picker::{Picker, Row},
            prompt::Prompt,
            table::Table,
        },
    },
};
use chrono::{Days, NaiveDate};
use ratatui::{Frame, layout::Rect};

/// Weeks ahead for which sessions are made when nobody says otherwise.
const WEEKS: &str = "8";

crate::commands! {
    /// What the week of a provider understands.
    pub enum Command {
        Slots: "week.slots" "slots" "Show each slot of the session: hold time back, release it, limit overbooking";
        Add: "week.add" "add" "Add a session on this day";
        Change: "week.change" "change" "Change date, hours or slot length of the session";
        Remove: "week.remove" "remove" "Remove the session; one with bookings offers to move them first, undo brings all of it back" destructive;
        Copy: "session.copy-week" "copy last week" "Add the sessions of the seven days before these";
        Generate: "session.generate" "make from hours" "Make sessions from the weekly hours, for some weeks ahead; undone as a whole";
        Exceptions: "week.exceptions" "leave" "Leave, holidays and extra days";
        Whose: "week.whose" "whose" "Choose another provider";
        Later: "week.later" "later" "Show the seven days after these";
        Earlier: "week.earlier" "earlier" "Show the seven days before these";
        Today: "week.today" "today" "Begin with today again" quiet;
    }
}

/// What this screen is told.
pub enum Msg {
    Providers(Result<Vec<ProviderRow>, Error>),
    Loaded(Result<Vec<SessionRow>, Error>),
    Picked(Option<ProviderId>),
    Formed(Saved),
    SlotsClosed(()),
    Sure(bool),
    /// A plan was closed.
    Planned(Outcome),
    /// With what was held in it.
    Removed(Result<Vec<LostHold>, Error>),
    /// What was removed is there again, as far as that went.
    Again(Again),
    Weeks(Option<String>),
    Generated(Result<Generated, Error>),
    Copied(Result<Copied, Error>),
    TakenBack(Result<TakenBack, Error>),
}

/// The screen.
pub struct Week {
    table: Table<Line>,
    providers: Vec<ProviderRow>,
    provider: Option<ProviderId>,
    from: Option<NaiveDate>,
    request: RequestId,
    asked: Option<SessionRow>,
    /// What is being removed.
    going: Option<Removal>,
    /// What copying the week before found no room for.
    left: Vec<LeftOut>,
}

impl Week {
    /// Of this provider, or of whoever signed in, from this day or from today.
    #[must_use]
    pub fn of(provider: Option<ProviderId>, from: Option<NaiveDate>) -> Self {
        Self {
            table: table(),
            providers: vec![],
            provider,
            from,
            request: RequestId::new(),
            asked: None,
            going: None,
            left: vec![],
        }
    }

    fn first(&self, cx: &Cx<Msg>) -> NaiveDate {
        self.from.unwrap_or_else(|| cx.env().today())
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(provider)) = (cx.env().actor.clone(), self.provider) else { return };
        let from = self.first(cx);
        self.table.loading();
        cx.load(
            "week.load",
            move |store| async move {
                store.clinic_sessions(&actor, SessionsOf::Provider(provider), from, 7).await
            },
            Msg::Loaded,
        );
    }

    fn show(&mut self, from: NaiveDate, rows: Vec<SessionRow>) {
        let mut lines = vec![];
        for day in from.iter_days().take(7) {
            let line = |session, left| Line { day, first: false, session, left };
            let there = rows.iter().filter(|s| s.day == day).cloned();
            let mut of_day: Vec<_> = there.map(|s| line(Some(s), None)).collect();
            of_day.extend(self.left.iter().filter(|l| l.day == day).cloned().map(|l| line(None, Some(l))));
            if of_day.is_empty() {
                of_day.push(line(None, None));
            }
            if let Some(first) = of_day.first_mut() {
                first.first = true;
            }
            lines.append(&mut of_day);
        }
        self.table.set_rows(lines);
    }

    fn shift(&mut self, later: bool, cx: &mut Cx<Msg>) {
        let from = self.first(cx);
        let week = Days::new(7);
        self.from = if later { from.checked_add_days(week) } else { from.checked_sub_days(week) };
        self.left.clear();
        self.load(cx);
    }

    fn pick(&self, cx: &mut Cx<Msg>) {
        let rows: Vec<Row<ProviderId>> = self
            .providers
            .iter()
            .map(|p| {
                let places: Vec<&str> = p.centres.iter().map(|(_, n)| n.as_str()).collect();
                Row::new(p.id, p.name.to_string(), places.join(", "))
            })
            .collect();
        cx.open(|answer| Picker::new(tr!("Whose week?"), answer).rows(rows), Msg::Picked);
    }

    fn ask_removal(&mut self, session: SessionRow, cx: &mut Cx<Msg>) {
        self.request = RequestId::new();
        let (id, booked) = (session.id, session.booked + session.kept.overbooked);
        let what = tr!("{day} {times}", day = short_day(session.day), times = session.times());
        self.asked = Some(session);
        if booked > 0 {
            let title = tr!("Bookings to be moved before it goes: {what}", what = what);
            return cx.open(move |answer| Plan::of(PlanOf::Session(id), title, answer), Msg::Planned);
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

    fn remove(&mut self, plan: Outcome, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(s)) = (cx.env().actor.clone(), self.asked.take()) else { return };
        let (id, seen, request) = (s.id, s.version, self.request);
        self.going = Some(Removal { session: id, seen, lost: vec![], plan });
        cx.save(
            "session.remove",
            move |store| async move { store.remove_clinic_session(&actor, request, id, seen).await },
            Msg::Removed,
        );
    }

    fn generate(&mut self, weeks: u16, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(provider)) = (cx.env().actor.clone(), self.provider) else { return };
        let (request, from) = (RequestId::new(), self.first(cx));
        cx.save(
            "session.generate",
            move |store| async move { store.generate_sessions(&actor, request, provider, from, weeks).await },
            Msg::Generated,
        );
    }

    fn copy(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(provider)) = (cx.env().actor.clone(), self.provider) else { return };
        let (request, from) = (RequestId::new(), self.first(cx));
        self.left.clear();
        cx.save(
            "session.copy-week",
            move |store| async move { store.copy_week(&actor, request, provider, from).await },
            Msg::Copied,
        );
    }

    /// Says what was done, and offers to take all of it back with one key.
    fn told<F, Fut>(said: String, label: &'static str, back: F, cx: &mut Cx<Msg>)
    where
        F: FnOnce(Store) -> Fut + Send + 'static,
        Fut: Future<Output = Result<TakenBack, Error>> + Send + 'static,
    {
        cx.undoable_in_part(said, label, back, copied::stays, Msg::TakenBack);
    }

    fn hear_copied(&mut self, c: Copied, cx: &mut Cx<Msg>) {
        let said = copied::said(&c);
        match (cx.env().actor.clone(), self.provider) {
            (Some(actor), Some(provider)) if !c.added.is_empty() => {
                let (request, added) = (RequestId::new(), c.added);
                let back = move |store: Store| async move {
                    store.uncopy_week(&actor, request, provider, added).await
                };
                Self::told(said, "session.copy-week", back, cx);
            }
            _ => cx.toast(said),
        }
        self.left = c.left;
        self.load(cx);
    }

    fn hear_generated(&mut self, g: Generated, cx: &mut Cx<Msg>) {
        let said = copied::told(&g);
        match (cx.env().actor.clone(), self.provider) {
            (Some(actor), Some(provider)) if !g.done.is_empty() => {
                let (request, done) = (RequestId::new(), g.done);
                let back = move |store: Store| async move {
                    store.ungenerate_sessions(&actor, request, provider, done).await
                };
                Self::told(said, "session.generate", back, cx);
            }
            _ => cx.toast(said),
        }
        self.load(cx);
    }

    fn name(&self) -> String {
        let found = self.providers.iter().find(|p| Some(p.id) == self.provider);
        found.map(|p| p.name.to_string()).unwrap_or_default()
    }

    fn act(&mut self, command: Command, session: SessionRow, cx: &mut Cx<Msg>) {
        match command {
            Command::Change => {
                let env = cx.env().clone();
                cx.open(move |answer| SessionForm::change(session, &env, answer), Msg::Formed);
            }
            Command::Remove => self.ask_removal(session, cx),
            _ => cx.open(move |answer| Slots::of(session, answer), Msg::SlotsClosed),
        }
    }
}

impl Screen for Week {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["week"]
    }
    fn title(&self) -> String {
        tr!("Seven days").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.provider = self.provider.or(actor.provider);
        cx.load("week.providers", move |store| async move { store.providers(&actor).await }, Msg::Providers);
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
        let sessions = self.table.rows().iter().filter_map(|l| l.session.as_ref());
        if sessions.into_iter().any(|s| s.period.start <= now && !s.is_over(now)) {
            self.load(cx);
        }
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let nobody =
            || Why::new("no_provider", tr!("No provider is chosen.")).instead(tr!("Choose one with p."));
        match command {
            Command::Add | Command::Copy | Command::Generate if self.provider.is_none() => Err(nobody()),
            Command::Slots | Command::Change | Command::Remove
                if self.table.selected().is_none_or(|l| l.session.is_none()) =>
            {
                Err(Why::new("no_session", tr!("No session is selected.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        match command {
            Command::Whose => self.providers.is_empty(),
            Command::Slots | Command::Change | Command::Remove | Command::Add => {
                self.table.is_loading() && self.table.rows().is_empty()
            }
            _ => false,
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let touched = match change {
            Change::Everything => true,
            Change::Row(r) => {
                r.entity == "schedule_exception"
                    || matches!(r.entity.as_str(), "clinic_session" | "appointment" | "held_slot")
                        && (r.provider.is_none() || r.provider == self.provider.map(|p| p.0))
            }
            Change::Link(_) => false,
        };
        if touched {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let line = self.table.selected().cloned();
        match (command, line) {
            (Command::Later, _) => self.shift(true, cx),
            (Command::Earlier, _) => self.shift(false, cx),
            (Command::Today, _) => {
                self.from = None;
                self.left.clear();
                self.load(cx);
            }
            (Command::Whose, _) => self.pick(cx),
            (Command::Exceptions, _) => cx.push(Route::Exceptions),
            (Command::Add, line) => {
                let day = line.map_or_else(|| self.first(cx), |l| l.day);
                let (env, provider) = (cx.env().clone(), self.provider);
                cx.open(move |answer| SessionForm::add(day, &env, answer).of(provider), Msg::Formed);
            }
            (Command::Copy, _) => self.copy(cx),
            (Command::Generate, _) => cx.open(
                |answer| {
                    Prompt::new(tr!("Make sessions from the weekly hours for how many weeks?"), answer)
                        .with(WEEKS)
                        .check(|typed| weeks(typed).map(|_| ()))
                },
                Msg::Weeks,
            ),
            (command, Some(Line { session: Some(session), .. })) => self.act(command, session, cx),
            (_, _) => cx.toast(tr!("No session is selected.")),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Providers(Ok(all)) => {
                self.providers = all;
                if self.provider.is_none() && !self.providers.is_empty() {
                    self.pick(cx);
                }
            }
            Msg::Loaded(Ok(rows)) => {
                let from = self.first(cx);
                self.show(from, rows);
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Picked(Some(provider)) => {
                self.provider = Some(provider);
                self.left.clear();
                self.load(cx);
            }
            Msg::Formed(Saved::Added(_, text) | Saved::Changed(text)) => {
                cx.toast(text);
                self.load(cx);
            }
            Msg::Sure(true) => self.remove(Outcome::default(), cx),
            Msg::Planned(plan) if plan.all => self.remove(plan, cx),
            Msg::Sure(false) => self.asked = None,
            Msg::Planned(_) | Msg::SlotsClosed(()) => {
                self.asked = None;
                self.load(cx);
            }
            Msg::Weeks(typed) => {
                if let Some(Ok(n)) = typed.map(|t| weeks(&t)) {
                    self.generate(n, cx);
                }
            }
            Msg::Removed(Ok(lost)) => {
                if let Some(gone) = self.going.take() {
                    removal::tell(cx, Removal { lost, ..gone }, Msg::Again);
                }
                self.load(cx);
            }
            Msg::Again(again) => {
                removal::hear(cx, again);
                self.load(cx);
            }
            Msg::Generated(Ok(g)) => self.hear_generated(g, cx),
            Msg::Copied(Ok(c)) => self.hear_copied(c, cx),
            Msg::TakenBack(Ok(back)) => {
                cx.toast(copied::back(&back));
                self.left.clear();
                self.load(cx);
            }
            Msg::Removed(Err(e)) | Msg::Generated(Err(e)) | Msg::Copied(Err(e)) | Msg::TakenBack(Err(e)) => {
                cx.failed(&e);
                self.load(cx);
            }
            Msg::Providers(Err(e)) => cx.failed(&e),
            Msg::Picked(None) => {}
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, 1);
        let from = self.from.unwrap_or_else(|| ui.env.today());
        let to = from.checked_add_days(Days::new(6)).unwrap_or(from);
        let title =
            tr!(" {from} to {to}   {whose}", from = short_day(from), to = short_day(to), whose = self.name());
        widgets::put(frame, head, 0, &title, ui.theme.strong());
        self.table.view(frame, rows, ui);
    }
}

fn weeks(typed: &str) -> Result<u16, Why> {
    typed.trim().parse().ok().filter(|n| (1..=53).contains(n)).ok_or_else(|| {
        Why::new("weeks", tr!("`{typed}` is no number of weeks.", typed = typed))
            .instead(tr!("1 to 53 are possible."))
    })
}

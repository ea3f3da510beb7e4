//! The home of administrators and auditors: what there is in numbers, who waits to be registered, what happened last.
//! Identity and totals, never what is in a record.
use crate::{
    domain::{access::AccessWork, dates::short_day, provider::Profession},
    store::{Change, Error, LogLine, Overview, PendingProvider, Totals},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the overview understands.
    pub enum Command {
        Log: "overview.log" "log" "Go to the whole log";
        Applications: "overview.applications" "applications" "Go to the providers who wait to be registered";
        Accounts: "overview.accounts" "accounts" "Go to the accounts";
        Emergencies: "overview.emergencies" "emergencies" "Go to the emergency accesses and their review";
        Requests: "overview.requests" "requests" "Go to the requests to read a record";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The overview as it is now.
    Loaded(Result<Overview, Error>),
}

#[derive(Clone)]
struct Line {
    event: LogLine,
    at: String,
}

/// The screen.
pub struct OverviewHome {
    totals: Option<Totals>,
    pending: Vec<PendingProvider>,
    work: AccessWork,
    log: Table<Line>,
}

impl Default for OverviewHome {
    fn default() -> Self {
        Self {
            totals: None,
            pending: vec![],
            work: AccessWork::default(),
            log: Table::new(|l: &Line| l.event.event.0)
                .column(Column::new("Last in the log", |l: &Line| l.at.clone()).width(16))
                .column(Column::new("Who", |l: &Line| l.event.login.clone()).width(16))
                .column(Column::new("What", |l: &Line| l.event.action.clone()).grow(16))
                .column(Column::new("About", |l: &Line| l.event.entity.clone()).width(14).priority(3))
                .column(Column::new("Outcome", |l: &Line| tr_str(&l.event.outcome).to_owned()).width(8).look(
                    |l, t| {
                        if l.event.outcome == "refused" { t.warn() } else { t.dim() }
                    },
                ))
                .empty("The log is empty.")
                .uncounted(),
        }
    }
}

impl OverviewHome {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.log.loading();
        cx.load("overview.load", move |store| async move { store.overview(&actor).await }, Msg::Loaded);
    }

    /// What waits for a decision about access, in one line; empty when nothing does.
    fn waiting(&self, ui: &Ui) -> String {
        let key = |id| ui.key(&["overview"], id);
        let mut line = String::new();
        if self.work.reviews > 0 {
            let n = self.work.reviews;
            line =
                tr!(" Emergency accesses to review: {n} ({key})", n = n, key = key("overview.emergencies"));
        }
        if self.work.overdue > 0 {
            line += &tr!(", OVERDUE: {n}", n = self.work.overdue);
        }
        if self.totals.is_some() && self.work.requests > 0 {
            let n = self.work.requests;
            line += &tr!("   Requests to read a record: {n} ({key})", n = n, key = key("overview.requests"));
        }
        line
    }

    fn is_waiting(&self) -> bool {
        self.work.reviews > 0 || self.totals.is_some() && self.work.requests > 0
    }

    fn height(&self) -> u16 {
        let numbers = if self.totals.is_some() { 3 } else { 0 };
        let pending = self.pending.len().min(4) as u16;
        numbers + pending + u16::from(pending > 0) * 2 + u16::from(self.is_waiting()) * 2
    }
}

impl Screen for OverviewHome {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["overview"]
    }
    fn title(&self) -> String {
        tr!("Overview").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.log)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let again = match change {
            Change::Everything => true,
            Change::Row(r) => {
                matches!(
                    r.entity.as_str(),
                    "provider_registration"
                        | "account"
                        | "centre"
                        | "provider"
                        | "emergency"
                        | "access_request"
                )
            }
            Change::Link(_) => false,
        };
        if again {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Log => cx.go(Route::AuditLog),
            Command::Applications => cx.push(Route::AdminApplications),
            Command::Accounts => cx.push(Route::AdminAccounts),
            Command::Emergencies => cx.push(Route::Emergencies),
            Command::Requests => cx.push(Route::AccessRequests),
        }
    }
    fn available(&self, command: Command) -> Result<(), crate::domain::why::Why> {
        if !matches!(command, Command::Log | Command::Emergencies) && self.totals.is_none() {
            let why =
                crate::domain::why::Why::new("not_permitted", tr!("Only an administrator may do that."));
            return Err(why);
        }
        Ok(())
    }
    fn update(&mut self, Msg::Loaded(result): Msg, cx: &mut Cx<Msg>) {
        match result {
            Ok(seen) => {
                self.work = seen.work;
                let zone: Tz = cx.env().zone();
                self.totals = seen.totals;
                self.pending = seen.pending;
                let lines = seen.log.into_iter().map(|event| {
                    let at = event.at.with_timezone(&zone);
                    Line { at: format!("{} {}", short_day(at.date_naive()), at.format("%H:%M")), event }
                });
                self.log.set_rows(lines.collect());
            }
            Err(e) => {
                self.log.loaded();
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, self.height());
        let mut y = 0;
        if let Some(t) = &self.totals {
            let first = tr!(
                " patients {patients}   providers {providers}   staff {staff}   centres {centres}",
                patients = t.patients,
                providers = t.providers,
                staff = t.staff,
                centres = t.centres
            );
            let second = tr!(
                " today: sessions {sessions}   appointments {appointments}   left open on earlier days {open}",
                sessions = t.sessions_today,
                appointments = t.appointments_today,
                open = t.left_open
            );
            widgets::put(frame, head, 0, &first, ui.theme.strong());
            widgets::put(
                frame,
                head,
                1,
                &second,
                if t.left_open > 0 { ui.theme.warn() } else { ui.theme.text() },
            );
            y = 3;
        }
        if self.is_waiting() {
            let style = if self.work.overdue > 0 { ui.theme.alarm() } else { ui.theme.warn() };
            widgets::put(frame, head, y, &self.waiting(ui), style);
            y += 2;
        }
        if !self.pending.is_empty() {
            let n = self.pending.len();
            let key = ui.key(&["overview"], "overview.applications");
            let title =
                tr!(" Providers waiting to be registered: {n}   ({key} opens them)", n = n, key = key);
            widgets::put(frame, head, y, &title, ui.theme.warn());
            for (i, p) in self.pending.iter().take(4).enumerate() {
                let asked = short_day(p.asked_at.with_timezone(&ui.env.zone()).date_naive());
                let word = Profession::from_code(&p.profession).map_or("", Profession::word);
                let line = format!("   {}   {}   {asked}", p.name, tr_str(word));
                widgets::put(frame, head, y + 1 + i as u16, &line, ui.theme.text());
            }
        }
        self.log.view(frame, rows, ui);
    }
}

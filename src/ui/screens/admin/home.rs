//! Where administrators go: everything that can be managed, on one page.
use crate::{
    domain::{account::RegistrationState, why::Why},
    store::{Change, Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            put, split_top,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};
use uuid::Uuid;

crate::commands! {
    /// What the page of administration understands.
    pub enum Command {
        Open: "admin.open" "open" "Open the selected line";
        Accounts: "admin.accounts" "accounts" "Accounts: add, change, deactivate, give codes";
        Providers: "admin.providers" "providers" "Providers: details, centres, weekly hours";
        Applications: "admin.applications" "applications" "Providers who wait to be registered";
        Centres: "admin.centres" "centres" "Centres: add, change, retire";
        Departments: "admin.departments" "departments" "Departments: add, change, close";
        VisitTypes: "admin.visit-types" "visit types" "Visit types: length, price, who does them";
        Rooms: "admin.rooms" "rooms" "Rooms of the centres";
        Settings: "admin.settings" "policies" "The policies of the site";
        Permissions: "admin.permissions" "permissions" "Who may do what, and changes of it";
        Log: "admin.log" "log" "Who did what, and when";
    }
}

/// A line of the page.
struct Line {
    nth: u128,
    command: Command,
    title: &'static str,
    what: &'static str,
    /// What waits there.
    note: String,
}

/// The page.
pub struct Home {
    table: Table<Line>,
}

fn lines(waiting: usize) -> Vec<Line> {
    let all = [
        (Command::Accounts, "Accounts", "who can sign in, as what, and where they work"),
        (Command::Providers, "Providers", "details, centres of work, weekly hours"),
        (Command::Applications, "Applications", "providers who want to be registered"),
        (Command::Centres, "Centres", "hospitals and medical centres"),
        (Command::Departments, "Departments", "their services, and when a closed one opens"),
        (Command::VisitTypes, "Visit types", "length, price, buffer, who does them"),
        (Command::Rooms, "Rooms", "where visits take place"),
        (Command::Settings, "Policies", "what the site allows"),
        (Command::Permissions, "Permissions", "who may do what, changed by two administrators"),
        (Command::Log, "Audit log", "who did what, and when"),
    ];
    let note = |command| match (command, waiting) {
        (Command::Applications, 1..) => tr!("{n} waiting", n = waiting),
        _ => String::new(),
    };
    all.into_iter()
        .enumerate()
        .map(|(n, (command, title, what))| Line { nth: n as u128, command, title, what, note: note(command) })
        .collect()
}

impl Default for Home {
    fn default() -> Self {
        let mut table = Table::new(|l: &Line| Uuid::from_u128(l.nth))
            .column(Column::new("", |l: &Line| tr_str(l.title).to_owned()).width(14))
            .column(Column::new("", |l: &Line| tr_str(l.what).to_owned()).grow(30).priority(3))
            .column(Column::new("", |l: &Line| l.note.clone()).width(12).priority(2).look(|_, t| t.warn()))
            .uncounted();
        table.set_rows(lines(0));
        Self { table }
    }
}

impl Screen for Home {
    type Command = Command;
    type Msg = Result<usize, Error>;

    fn contexts(&self) -> &[&str] {
        &["admin"]
    }
    fn title(&self) -> String {
        tr!("Administration").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        if command == Command::Open && self.table.selected().is_none() {
            return Err(Why::new("no_row", tr!("No line is selected.")));
        }
        Ok(())
    }
    fn opened(&mut self, cx: &mut Cx<Self::Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let query = |s: Store| async move {
            let all = s.registrations(&actor).await?;
            Ok(all.iter().filter(|r| r.state == RegistrationState::Pending).count())
        };
        cx.load("admin.waiting", query, |r| r);
    }
    fn resumed(&mut self, cx: &mut Cx<Self::Msg>) {
        self.opened(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Self::Msg>) {
        let chosen = match command {
            Command::Open => self.table.selected().map(|l| l.command),
            other => Some(other),
        };
        cx.push(match chosen {
            Some(Command::Providers) => Route::AdminProviders,
            Some(Command::Applications) => Route::AdminApplications,
            Some(Command::Centres) => Route::AdminCentres,
            Some(Command::Departments) => Route::AdminDepartments,
            Some(Command::VisitTypes) => Route::AdminVisitTypes,
            Some(Command::Rooms) => Route::AdminRooms,
            Some(Command::Settings) => Route::AdminSettings,
            Some(Command::Permissions) => Route::Permissions,
            Some(Command::Log) => Route::AuditLog,
            Some(Command::Accounts | Command::Open) | None => Route::AdminAccounts,
        });
    }
    fn update(&mut self, msg: Self::Msg, cx: &mut Cx<Self::Msg>) {
        match msg {
            Ok(waiting) => self.table.set_rows(lines(waiting)),
            Err(e) => cx.failed(&e),
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Self::Msg>) {
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if r.entity == "provider_registration")
        {
            self.opened(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        self.table.view(frame, rest, ui);
    }
}

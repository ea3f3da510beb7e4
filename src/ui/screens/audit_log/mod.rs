//! The log: who did what to which record, when, and whether it was allowed. Filtered by person, patient, action, days,
//! outcome and a word; read a page at a time, newest first; one event whole, with its proof.
pub mod event;
mod save;

use crate::{
    domain::{
        account::AccountEntry,
        audit::{AuditEntry, AuditFilter, AuditKey, AuditPage},
        ids::PatientId,
        permission::Table as Permissions,
        when::parse_day as parse_date,
        why::Why,
    },
    store::{AccountFilter, Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            picker::{Picker, Row},
            prompt::Prompt,
            put, split_top,
            table::{Column, Table},
        },
    },
};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};
use std::path::PathBuf;

crate::commands! {
    /// What the log understands.
    pub enum Command {
        Person: "audit.person" "person" "Show what one person did";
        Patient: "audit.patient" "this patient" "Show everything about the patient of the selected line";
        Action: "audit.action" "action" "Show one kind of action, such as account";
        From: "audit.from" "from" "Show this day and what was after it";
        Day: "audit.day" "until" "Show this day and what was before it";
        Word: "audit.word" "word" "Show only lines with a word: of the action, the record, the facts or the person";
        Open: "audit.open" "open" "Open the selected line whole, with its proof";
        Export: "audit.export" "to a file" "Write what is shown into a CSV file; the log is told";
        Refused: "audit.refused" "refused" "Show only what was refused, or everything";
        Clear: "audit.clear" "everything" "Take all filters away";
        More: "audit.more" "older" "Show the next page of older lines";
    }
}

/// How many lines a page has.
const PAGE: i64 = 200;
/// More than this many lines are not kept on the screen.
const MOST: usize = 5_000;

/// What comes back.
pub enum Msg {
    Loaded(Option<AuditKey>, Result<AuditPage, Error>),
    People(Result<Vec<AccountEntry>, Error>),
    Person(Option<usize>),
    Action(Option<String>),
    From(Option<String>),
    Day(Option<String>),
    Word(Option<String>),
    File(Option<String>),
    Saved(PathBuf, Result<Result<usize, String>, Error>),
}

/// The log on the screen.
pub struct AuditLog {
    table: Table<Line>,
    filter: AuditFilter,
    /// What the filters are called on the screen.
    person: String,
    patient: String,
    people: Vec<AccountEntry>,
    /// There may be older lines.
    more: bool,
    /// Where the clinic is: the times are its.
    zone: Tz,
}

/// What an action is called: what the table of permissions says it does, or its own name.
fn action_word(action: &str) -> String {
    let known = Permissions::built_in().action(action);
    known.map_or_else(|| action.replace(['.', '-'], " "), |known| tr_str(known.words()).to_owned())
}

fn who(r: &AuditEntry) -> String {
    let name = r.who.to_string();
    match (name.is_empty(), r.facts["by"].as_str()) {
        (false, _) => name,
        (true, Some("system")) => tr!("system ({user})", user = r.facts["os_user"].as_str().unwrap_or("?")),
        (true, _) if !r.login.is_empty() => r.login.clone(),
        _ => tr!("nobody").into(),
    }
}

/// The subject of a line: the patient, or the kind of record.
fn subject(r: &AuditEntry) -> String {
    match (&r.patient_name, r.record_number) {
        (Some(name), Some(number)) => format!("{name} {number:06}"),
        _ => r.entity.replace('_', " "),
    }
}

/// A line and its time where the reader is.
#[derive(Clone)]
struct Line {
    entry: AuditEntry,
    at: String,
}

fn table() -> Table<Line> {
    let outcome = |l: &Line| if l.entry.refused { tr!("refused") } else { tr!("done") }.to_owned();
    Table::new(|l: &Line| l.entry.id.0)
        .column(Column::new("Time", |l: &Line| l.at.clone()).width(15))
        .column(Column::new("Who", |l: &Line| who(&l.entry)).width(17))
        .column(Column::new("Role", |l: &Line| l.entry.role.replace('_', " ")).width(13).priority(5))
        .column(Column::new("Action", |l: &Line| action_word(&l.entry.action)).grow(16).priority(2))
        .column(Column::new("About", |l: &Line| subject(&l.entry)).grow(10).priority(4))
        .column(
            Column::new("Outcome", outcome)
                .width(9)
                .priority(3)
                .look(|l, theme| if l.entry.refused { theme.warn() } else { theme.text() }),
        )
        .uncounted()
        .empty("The log has no line that fits.")
}

impl Default for AuditLog {
    fn default() -> Self {
        Self {
            table: table(),
            filter: AuditFilter::default(),
            person: String::new(),
            patient: String::new(),
            people: vec![],
            more: false,
            zone: Tz::UTC,
        }
    }
}

impl AuditLog {
    /// `opened`: a person asked for it, which is logged.
    fn load(&mut self, after: Option<AuditKey>, opened: bool, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        let filter = self.filter.clone();
        let query = move |s: Store| async move { s.audit_entries(&actor, filter, after, PAGE, opened).await };
        cx.load("audit.page", query, move |r| Msg::Loaded(after, r));
    }

    fn filters(&self) -> String {
        let mut all = vec![];
        if self.filter.account.is_some() {
            all.push(tr!("by {name}", name = self.person));
        }
        if self.filter.patient.is_some() {
            all.push(tr!("about {name}", name = self.patient));
        }
        if let Some(action) = &self.filter.action {
            all.push(tr!("action {action}", action = action));
        }
        if let Some(day) = self.filter.from {
            all.push(tr!("from {day}", day = day.format("%d %b %Y")));
        }
        if let Some(word) = &self.filter.word {
            all.push(tr!("with \"{word}\"", word = word));
        }
        if let Some(day) = self.filter.until {
            all.push(tr!("until {day}", day = day.format("%d %b %Y")));
        }
        if self.filter.refused_only {
            all.push(tr!("refused only").into());
        }
        if all.is_empty() { tr!("everything").into() } else { all.join(", ") }
    }

    fn of_patient(&mut self, patient: PatientId, name: String, cx: &mut Cx<Msg>) {
        self.filter.patient = Some(patient);
        self.patient = name;
        self.load(None, true, cx);
    }
}

/// Everything about one line, for the foot of the screen.
fn detail(r: &AuditEntry, zone: Tz) -> Vec<String> {
    let at = r.at.with_timezone(&zone).format("%a %d %b %Y %H:%M:%S %Z");
    let id = r.entity_id.map(|i| i.to_string()).unwrap_or_default();
    vec![
        tr!("{at}   {who} ({role})", at = at, who = who(r), role = r.role.replace('_', " ")),
        format!("{}   {} {id}", r.action, r.entity),
        if r.facts.as_object().is_some_and(serde_json::Map::is_empty) {
            String::new()
        } else {
            r.facts.to_string()
        },
    ]
}

/// Asks for a day; an empty answer takes the filter away.
fn ask_day(question: &'static str, msg: fn(Option<String>) -> Msg, cx: &mut Cx<Msg>) {
    let today = cx.env().today();
    cx.open(
        move |a| {
            Prompt::new(question, a).check(move |typed| {
                if typed.trim().is_empty() { Ok(()) } else { parse_date(typed, today).map(|_| ()) }
            })
        },
        msg,
    );
}

impl Screen for AuditLog {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["audit"]
    }
    fn title(&self) -> String {
        tr!("Audit log").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            Command::Patient if self.table.selected().is_none_or(|l| l.entry.patient.is_none()) => {
                Err(Why::new("no_patient", tr!("The selected line is about no patient.")))
            }
            Command::More if !self.more => Err(Why::new("no_more", tr!("There are no older lines."))),
            Command::More if self.table.rows().len() >= MOST => {
                Err(Why::new("too_many", tr!("The screen holds no more lines."))
                    .instead(tr!("Choose a day to begin with.")))
            }
            Command::Open if self.table.selected().is_none() => {
                Err(Why::new("no_line", tr!("No line is selected.")))
            }
            Command::Clear if self.filter == AuditFilter::default() => {
                Err(Why::new("no_filter", tr!("Everything is shown already.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        matches!(command, Command::Patient | Command::More | Command::Open) && self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(None, true, cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Person => {
                let Some(actor) = cx.env().actor.clone() else { return };
                let query =
                    |s: Store| async move { s.accounts(&actor, AccountFilter::default(), false).await };
                cx.load("audit.people", query, Msg::People);
            }
            Command::Patient => {
                if let Some((id, name)) =
                    self.table.selected().and_then(|l| Some((l.entry.patient?, subject(&l.entry))))
                {
                    self.of_patient(id, name, cx);
                }
            }
            Command::Action => {
                let now = self.filter.action.clone().unwrap_or_default();
                cx.open(
                    move |a| {
                        Prompt::new(
                            tr!("The action's name or its beginning, as in account or appointment.book"),
                            a,
                        )
                        .with(&now)
                    },
                    Msg::Action,
                );
            }
            Command::From => ask_day(tr!("From which day on? As in 12/03/2026, today or -7d"), Msg::From, cx),
            Command::Day => {
                ask_day(tr!("Which day and before? As in 12/03/2026, today or -7d"), Msg::Day, cx);
            }
            Command::Word => {
                let now = self.filter.word.clone().unwrap_or_default();
                cx.open(
                    move |a| Prompt::new(tr!("Which word? Empty takes the filter away"), a).with(&now),
                    Msg::Word,
                );
            }
            Command::Open => {
                if let Some(line) = self.table.selected() {
                    cx.push(Route::AuditEvent(line.entry.id));
                }
            }
            Command::Export => {
                let name = format!("audit-{}.csv", cx.env().today());
                let file = std::env::home_dir().unwrap_or_default().join(name).display().to_string();
                cx.open(
                    move |a| {
                        Prompt::new(tr!("Into which new file?"), a).with(&file).check(|typed| {
                            if typed.trim().is_empty() || typed.trim().starts_with('/') {
                                Ok(())
                            } else {
                                Err(Why::new("whole_path", tr!("Write the whole path, from / on.")))
                            }
                        })
                    },
                    Msg::File,
                );
            }
            Command::Refused => {
                self.filter.refused_only = !self.filter.refused_only;
                self.load(None, true, cx);
            }
            Command::Clear => {
                self.filter = AuditFilter::default();
                self.load(None, true, cx);
            }
            Command::More => {
                let last = self.table.rows().last().map(|l| l.entry.key());
                self.load(last, false, cx);
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(after, Ok(page)) => {
                self.more = page.entries.len() as i64 == PAGE;
                let zone = page.zone;
                self.zone = zone;
                let line = |entry: AuditEntry| {
                    let at = entry.at.with_timezone(&zone).format("%d %b %H:%M:%S").to_string();
                    Line { entry, at }
                };
                let mut rows = if after.is_some() { self.table.rows().to_vec() } else { vec![] };
                rows.extend(page.entries.into_iter().map(line));
                self.table.set_rows(rows);
            }
            Msg::Loaded(_, Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::People(Ok(people)) => {
                let rows = people
                    .iter()
                    .enumerate()
                    .map(|(i, p)| Row::new(i, p.details.name.to_string(), p.details.login.clone()))
                    .collect();
                self.people = people;
                cx.open(move |a| Picker::new(tr!("Whose actions?"), a).rows(rows), Msg::Person);
            }
            Msg::People(Err(e)) => cx.failed(&e),
            Msg::Person(Some(i)) => {
                if let Some(p) = self.people.get(i) {
                    self.filter.account = Some(p.id);
                    self.person = p.details.name.to_string();
                    self.load(None, true, cx);
                }
            }
            Msg::Action(Some(text)) => {
                self.filter.action = Some(text.trim().to_owned()).filter(|t| !t.is_empty());
                self.load(None, true, cx);
            }
            Msg::Day(Some(text)) => {
                self.filter.until = parse_date(&text, cx.env().today()).ok();
                self.load(None, true, cx);
            }
            Msg::From(Some(text)) => {
                self.filter.from = parse_date(&text, cx.env().today()).ok();
                self.load(None, true, cx);
            }
            Msg::Word(Some(text)) => {
                self.filter.word = Some(text.trim().to_owned()).filter(|t| !t.is_empty());
                self.load(None, true, cx);
            }
            Msg::File(Some(text)) => {
                let Some(actor) = cx.env().actor.clone().filter(|_| !text.trim().is_empty()) else { return };
                let (filter, file) = (self.filter.clone(), PathBuf::from(text.trim()));
                let at = file.clone();
                cx.save(
                    "audit.export",
                    move |store| async move { save::save(store, &actor, filter, &at).await },
                    move |r| Msg::Saved(file, r),
                );
            }
            Msg::Saved(file, Ok(Ok(lines))) => {
                cx.toast(tr!("{n} lines are in {file}.", n = lines, file = file.display()));
            }
            Msg::Saved(_, Ok(Err(why))) => cx.toast(why),
            Msg::Saved(_, Err(e)) => cx.failed(&e),
            Msg::Person(None)
            | Msg::Action(None)
            | Msg::From(None)
            | Msg::Day(None)
            | Msg::Word(None)
            | Msg::File(None) => {}
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        let about = tr!("times of {zone}", zone = self.zone);
        put(frame, top, 0, &format!(" {}: {} ({about})", self.title(), self.filters()), ui.theme.strong());
        let below = if rest.height > 10 { 4 } else { 0 };
        let [list, foot] = split_top(rest, rest.height - below);
        self.table.view(frame, list, ui);
        if let Some(row) = self.table.selected() {
            for (i, line) in detail(&row.entry, self.zone).iter().enumerate() {
                put(frame, foot, 1 + i as u16, &format!(" {line}"), ui.theme.text());
            }
        }
    }
}

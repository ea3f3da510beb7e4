//! Messages and tasks that concern the signed-in person: what waits, everything received, what was sent. A message is read
//! by opening it; a task stays until it is done.
pub mod outside;
pub mod read;
pub mod write;

use crate::{
    domain::{
        actor::Role,
        dates::short_day,
        ids::{AccountId, MessageId, RequestId},
        message::{Folder, Message, MessageKind},
        why::Why,
    },
    store::{Change, Error},
    text::{clean_one_line, tr_str},
    tr,
    ui::{
        cx::Cx,
        route::{MessageStart, Route},
        screen::{Screen, Ui, Widget},
        theme::Theme,
        widgets::{
            self,
            picker::{Picker, Row},
            table::{Column, Table},
        },
    },
};
use chrono::{NaiveDate, Utc};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect, style::Style};

crate::commands! {
    /// What the list of messages understands.
    pub enum Command {
        Open: "messages.open" "read" "Read the selected message";
        Done: "messages.done" "done" "Note that the selected task is done";
        Answer: "messages.answer" "answer" "Answer the selected message";
        New: "messages.new" "write" "Write to a colleague; patients write to the clinic";
        Unread: "messages.unread" "not read" "Mark the selected message as not read";
        Patient: "messages.patient" "patient" "Open the patient the selected message is about";
        Folder: "messages.folder" "other folder" "Show what waits, everything received, or what was sent";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The messages as they are now.
    Loaded(Result<Vec<Message>, Error>),
    /// The colleagues one can write to.
    Colleagues(Result<Vec<Row<(AccountId, String)>>, Error>),
    /// A colleague was chosen.
    Chosen(Option<(AccountId, String)>),
    /// A message was marked; a task that is done can be taken back.
    Marked { id: MessageId, done: bool, result: Result<i64, Error> },
}

#[derive(Clone)]
struct Entry {
    message: Message,
    when: String,
    who: String,
    what: String,
    state: String,
    mark: Mark,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Waits,
    Late,
    Over,
}

/// The screen.
pub struct Messages {
    table: Table<Entry>,
    folder: Folder,
    opened: bool,
}

fn look(mark: Mark, theme: Theme) -> Style {
    match mark {
        Mark::Late => theme.alarm(),
        Mark::Waits => theme.strong(),
        Mark::Over => theme.dim(),
    }
}

impl Default for Messages {
    fn default() -> Self {
        let table = Table::new(|e: &Entry| e.message.id.0)
            .column(Column::new("Sent", |e: &Entry| e.when.clone()).width(12).priority(3))
            .column(Column::new("From or to", |e: &Entry| e.who.clone()).grow(22))
            .column(Column::new("About", |e: &Entry| about(&e.message)).grow(10).priority(4))
            .column(Column::new("Message", |e: &Entry| e.what.clone()).grow(18).priority(2))
            .column(Column::new("State", |e: &Entry| e.state.clone()).width(14).look(|e, t| look(e.mark, t)))
            .empty("Nothing waits for you. t shows everything received, then what you sent.");
        Self { table, folder: Folder::Open, opened: false }
    }
}

fn about(m: &Message) -> String {
    m.about.as_ref().map(|(_, name)| clean_one_line(&name.to_string()).into_owned()).unwrap_or_default()
}

/// Who wrote it, with what the clinic knows of them.
#[must_use]
pub fn sender(m: &Message) -> String {
    let name = if m.sender.name.trim().is_empty() { &m.sender.email } else { &m.sender.name };
    let role = m
        .from_role
        .as_deref()
        .and_then(Role::from_code)
        .map_or(tr!("not in the directory"), |r| tr_str(r.word()));
    let role = if m.proven { role.to_owned() } else { tr!("{role}, not signed in", role = role) };
    clean_one_line(&format!("{name} ({role})")).into_owned()
}

fn entry(m: &Message, folder: Folder, zone: Tz, today: NaiveDate) -> Entry {
    let sent = m.sent_at.with_timezone(&zone);
    let when = if sent.date_naive() == today {
        sent.format("%H:%M").to_string()
    } else {
        short_day(sent.date_naive())
    };
    let who = match (&m.to, folder) {
        (Some((_, name)), Folder::Sent) => tr!("to {name}", name = name),
        (None, Folder::Sent) => tr!("to the clinic").into(),
        _ => sender(m),
    };
    let first = if m.letter.subject.trim().is_empty() { &m.letter.body } else { &m.letter.subject };
    let (state, mark) = match (m.due_on, &m.done, &m.read) {
        (Some(_), Some(_), _) => (tr!("done").to_owned(), Mark::Over),
        (Some(due), None, _) if due < today => (tr!("late {day}", day = short_day(due)), Mark::Late),
        (Some(due), None, _) => (tr!("due {day}", day = short_day(due)), Mark::Waits),
        (None, _, Some(_)) => (tr!("read").to_owned(), Mark::Over),
        (None, _, None) => (tr!("not read").to_owned(), Mark::Waits),
    };
    Entry {
        message: m.clone(),
        when,
        who: clean_one_line(&who).into_owned(),
        what: clean_one_line(first).into_owned(),
        state,
        mark,
    }
}

impl Messages {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (folder, opened) = (self.folder, !std::mem::replace(&mut self.opened, true));
        self.table.loading();
        cx.load(
            "messages.load",
            move |store| async move { store.messages(&actor, folder, opened).await },
            Msg::Loaded,
        );
    }

    fn mark_read(&mut self, m: &Message, read: bool, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, seen, request) = (m.id, m.version, RequestId::new());
        cx.save(
            "messages.mark",
            move |store| async move { store.mark_read(&actor, request, id, seen, read).await },
            move |result| Msg::Marked { id, done: false, result },
        );
    }

    fn mark_done(&mut self, m: &Message, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, seen, request) = (m.id, m.version, RequestId::new());
        cx.save(
            "messages.mark",
            move |store| async move { store.mark_done(&actor, request, id, seen, true).await },
            move |result| Msg::Marked { id, done: true, result },
        );
    }

    fn write(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        if actor.role == Role::Patient {
            return cx.push(Route::WriteToClinic);
        }
        cx.load(
            "messages.colleagues",
            move |store| async move {
                let found = store.colleagues(&actor).await?;
                let row = |(id, name, role): (uuid::Uuid, crate::domain::name::PersonName, String)| {
                    let word = Role::from_code(&role).map_or("", Role::word);
                    Row::new((AccountId(id), name.to_string()), name.to_string(), tr_str(word))
                };
                Ok(found.into_iter().map(row).collect())
            },
            Msg::Colleagues,
        );
    }

    fn answer(&mut self, m: &Message, cx: &mut Cx<Msg>) {
        let Some(from) = m.from else {
            return cx.toast(tr!(
                "The sender had not signed in: answer by e-mail or phone, which stand in the message."
            ));
        };
        let patient = m.from_role.as_deref() == Some(Role::Patient.code());
        let subject = if m.letter.subject.is_empty() {
            String::new()
        } else {
            tr!("Re: {subject}", subject = m.letter.subject)
        };
        cx.push(Route::WriteMessage(MessageStart {
            kind: if patient { MessageKind::Answer } else { MessageKind::Staff },
            to: from,
            to_name: m.sender.name.clone(),
            about: m.about.clone().map(|(id, name)| (id, name.to_string())),
            subject,
            answer_to: Some(m.id),
        }));
    }
}

impl Screen for Messages {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["messages"]
    }
    fn title(&self) -> String {
        tr!("Messages").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn waits_for(&self, c: Command) -> bool {
        !matches!(c, Command::New | Command::Folder) && self.table.is_loading()
    }
    fn available(&self, c: Command) -> Result<(), Why> {
        if matches!(c, Command::New | Command::Folder) {
            return Ok(());
        }
        let Some(m) = self.table.selected().map(|e| &e.message) else {
            return Err(Why::new("nothing_selected", tr!("No message is selected.")));
        };
        let received = self.folder != Folder::Sent;
        match c {
            Command::Done if m.due_on.is_none() || m.done.is_some() => {
                Err(Why::new("no_open_task", tr!("This is no task that is still to be done.")))
            }
            Command::Done | Command::Unread | Command::Answer if !received => {
                Err(Why::new("sent_by_you", tr!("You wrote this message yourself.")))
            }
            Command::Unread if m.read.is_none() => {
                Err(Why::new("not_read_yet", tr!("It is marked as not read.")))
            }
            Command::Patient if m.about.is_none() => {
                Err(Why::new("about_nobody", tr!("The message is about no patient.")))
            }
            _ => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, c: Command, cx: &mut Cx<Msg>) {
        match c {
            Command::New => return self.write(cx),
            Command::Folder => {
                self.folder = match self.folder {
                    Folder::Open => Folder::Received,
                    Folder::Received => Folder::Sent,
                    Folder::Sent => Folder::Open,
                };
                return self.load(cx);
            }
            _ => {}
        }
        let Some(m) = self.table.selected().map(|e| e.message.clone()) else { return };
        match c {
            Command::Open => {
                if self.folder != Folder::Sent && m.read.is_none() {
                    self.mark_read(&m, true, cx);
                }
                let zone = cx.env().zone();
                cx.open(
                    move |_: crate::ui::cx::Answer<()>| read::Reading::new(&m, zone),
                    |()| Msg::Chosen(None),
                );
            }
            Command::Done => self.mark_done(&m, cx),
            Command::Unread => self.mark_read(&m, false, cx),
            Command::Answer => self.answer(&m, cx),
            Command::Patient => {
                if let Some((patient, _)) = m.about {
                    cx.push(Route::Patient(patient));
                }
            }
            Command::New | Command::Folder => {}
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(found)) => {
                let (zone, today) = (cx.env().zone(), cx.env().today());
                let folder = self.folder;
                self.table.set_rows(found.iter().map(|m| entry(m, folder, zone, today)).collect());
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Colleagues(Ok(rows)) => {
                cx.open(move |answer| Picker::new(tr!("Write to"), answer).rows(rows), Msg::Chosen);
            }
            Msg::Colleagues(Err(e)) => cx.failed(&e),
            Msg::Chosen(Some((to, to_name))) => cx.push(Route::WriteMessage(MessageStart {
                kind: MessageKind::Staff,
                to,
                to_name,
                about: None,
                subject: String::new(),
                answer_to: None,
            })),
            Msg::Chosen(None) => {}
            Msg::Marked { id, done: true, result: Ok(version) } => {
                if let Some(actor) = cx.env().actor.clone() {
                    let request = RequestId::new();
                    cx.undoable(
                        tr!("The task is done."),
                        "messages.mark",
                        move |store| async move { store.mark_done(&actor, request, id, version, false).await },
                        move |result| Msg::Marked { id, done: false, result },
                    );
                }
                self.load(cx);
            }
            Msg::Marked { result: Ok(_), .. } => self.load(cx),
            Msg::Marked { result: Err(e), .. } => {
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if change.concerns(&["message"]) {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, 2);
        let title = match self.folder {
            Folder::Open => tr!(" Messages and tasks that wait for you"),
            Folder::Received => tr!(" Everything you received"),
            Folder::Sent => tr!(" What you sent"),
        };
        widgets::put(frame, head, 0, title, ui.theme.strong());
        self.table.view(frame, rows, ui);
    }
}

/// When a message was sent, in words.
fn sent(m: &Message, zone: Tz) -> String {
    m.sent_at.with_timezone(&zone).format("%a %d %b %Y %H:%M").to_string()
}

/// An instant the way a message's history names it.
fn told(at: chrono::DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%d %b %H:%M").to_string()
}

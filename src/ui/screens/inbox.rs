//! What concerns the signed-in person, in one list: results, messages, tasks, requests, reviews, visits not signed, and what
//! was decided about what they asked. Opening a line goes to where it is dealt with.
use crate::{
    domain::{
        dates::{clock, short_day},
        ids::{RequestId, ServiceRequestId},
        notice::{Notice, NoticeKind},
        record::VisitRef,
        why::Why,
    },
    store::{Change, Error},
    tr,
    ui::{
        cx::{Cx, Env},
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

crate::commands! {
    /// What the inbox understands.
    pub enum Command {
        Open: "inbox.open" "open" "Go to where the selected line is dealt with";
        Seen: "tests.acknowledge" "seen" "Acknowledge the results of the selected test";
        New: "inbox.new" "as new" "Mark the selected line as not looked at";
        All: "inbox.all" "all looked at" "Mark every line as looked at; what is to be done stays";
        Messages: "inbox.messages" "messages" "Read, answer and write messages and tasks";
    }
}

/// What this screen is told.
pub enum Msg {
    Loaded(Result<Vec<Notice>, Error>),
    Marked(Result<(), Error>),
    Acknowledged(Result<u64, Error>),
    Reload,
}

/// A line as it is drawn.
#[derive(Clone)]
struct Line {
    notice: Notice,
    when: String,
    due: String,
    late: bool,
}

/// The screen.
pub struct Inbox {
    table: Table<Line>,
    opened: bool,
}

impl Default for Inbox {
    fn default() -> Self {
        let table = Table::new(|l: &Line| l.notice.id)
            .column(
                Column::new("", |l: &Line| if l.notice.new { tr!("new") } else { "" }.to_owned()).width(4),
            )
            .column(Column::new("Since", |l: &Line| l.when.clone()).width(16).priority(3))
            .column(
                Column::new("What", |l: &Line| l.notice.kind.word().to_owned())
                    .grow(24)
                    .look(|l, t| if l.notice.new { t.strong() } else { t.text() }),
            )
            .column(Column::new("Who", |l: &Line| l.notice.who.to_string()).grow(14).priority(2))
            .column(
                Column::new("Due", |l: &Line| l.due.clone())
                    .width(15)
                    .priority(4)
                    .look(|l, t| if l.late { t.alarm() } else { t.text() }),
            )
            .empty("Nothing waits for you. m reads and writes messages.");
        Self { table, opened: false }
    }
}

/// Where a notice is dealt with.
fn place(n: &Notice) -> Option<Route> {
    use NoticeKind as K;
    Some(match n.kind {
        K::Result => Route::Record(n.visit?),
        K::Unsigned => Route::Visit(n.visit?),
        K::Message | K::Task => Route::Messages,
        K::AccessGranted => Route::History(n.patient?),
        K::AccessAsked | K::AccessRefused => Route::AccessRequests,
        K::ConnectionAsked | K::ConnectionAccepted | K::ConnectionRejected => Route::Connections,
        K::PatientApplies => Route::SignUps,
        K::ProviderApplies => Route::AdminApplications,
        K::Accepted => Route::OwnDetails,
        K::Review | K::Reviewed => Route::Emergencies,
        K::Erasure => Route::Subject(Some(n.patient?)),
        K::Permission => Route::Permissions,
    })
}

fn line(notice: Notice, env: &Env) -> Line {
    let (at, today) = (notice.at.with_timezone(&env.zone()), env.today());
    let day = if at.date_naive() == today { tr!("today").to_owned() } else { short_day(at.date_naive()) };
    let late = notice.due.is_some_and(|d| d < today);
    let due = match notice.due {
        Some(d) if late => tr!("late {day}", day = short_day(d)),
        Some(d) => short_day(d),
        None => String::new(),
    };
    Line { when: format!("{day} {}", clock(at.time())), due, late, notice }
}

impl Inbox {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let opened = !std::mem::replace(&mut self.opened, true);
        self.table.loading();
        cx.load("inbox.load", move |store| async move { store.notices(&actor, opened).await }, Msg::Loaded);
    }

    fn mark(&mut self, of: Vec<(NoticeKind, uuid::Uuid)>, read: bool, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone().filter(|_| !of.is_empty()) else { return };
        let request = RequestId::new();
        cx.save(
            "inbox.mark",
            move |store| async move { store.mark_notices(&actor, request, of, read).await },
            Msg::Marked,
        );
    }
}

impl Screen for Inbox {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["inbox"]
    }
    fn title(&self) -> String {
        tr!("Inbox").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn waits_for(&self, c: Command) -> bool {
        c != Command::Messages && self.table.is_loading() && self.table.rows().is_empty()
    }
    fn available(&self, c: Command) -> Result<(), Why> {
        let selected = self.table.selected().map(|l| &l.notice);
        match (c, selected) {
            (Command::Messages, _) => Ok(()),
            (Command::All, _) if self.table.rows().iter().any(|l| l.notice.new) => Ok(()),
            (Command::All, _) => Err(Why::new("nothing_new", tr!("Nothing here is new."))),
            (_, None) => Err(Why::new("nothing_selected", tr!("No line is selected."))),
            (Command::Seen, Some(n)) if n.kind != NoticeKind::Result => {
                Err(Why::new("no_result", tr!("Only results are acknowledged.")))
            }
            (Command::New, Some(n)) if n.new => Err(Why::new("is_new", tr!("It is new still."))),
            _ => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if NoticeKind::comes_of(&r.entity))
        {
            cx.after("inbox.reload", Duration::from_millis(50), Msg::Reload);
        }
    }
    fn command(&mut self, c: Command, cx: &mut Cx<Msg>) {
        match c {
            Command::Messages => return cx.push(Route::Messages),
            Command::All => {
                let new = self.table.rows().iter().filter(|l| l.notice.new);
                let all = new.map(|l| (l.notice.kind, l.notice.id)).collect();
                return self.mark(all, true, cx);
            }
            _ => {}
        }
        let Some(n) = self.table.selected().map(|l| l.notice.clone()) else { return };
        match c {
            Command::Open => {
                if n.new {
                    self.mark(vec![(n.kind, n.id)], true, cx);
                }
                if let Some(route) = place(&n) {
                    cx.push(route);
                }
            }
            Command::New => self.mark(vec![(n.kind, n.id)], false, cx),
            Command::Seen => {
                let (Some(actor), Some(encounter), Some(patient)) =
                    (cx.env().actor.clone(), n.visit, n.patient)
                else {
                    return;
                };
                let (visit, order, request) =
                    (VisitRef { encounter, patient }, ServiceRequestId(n.id), RequestId::new());
                cx.save(
                    "tests.acknowledge",
                    move |store| async move { store.acknowledge_results(&actor, request, visit, order).await },
                    Msg::Acknowledged,
                );
            }
            Command::All | Command::Messages => {}
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(all)) => {
                let env = cx.env().clone();
                self.table.set_rows(all.into_iter().map(|n| line(n, &env)).collect());
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Marked(Err(e)) | Msg::Acknowledged(Err(e)) => {
                cx.failed(&e);
                self.load(cx);
            }
            Msg::Acknowledged(Ok(_)) => {
                cx.toast(tr!("The results are acknowledged."));
                self.load(cx);
            }
            Msg::Marked(Ok(())) | Msg::Reload => self.load(cx),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, 2);
        widgets::put(frame, head, 0, tr!(" What waits for you"), ui.theme.strong());
        self.table.view(frame, rows, ui);
    }
}

//! Leave, holidays and extra days that are not over: entered, taken back, and the bookings under them moved.
use super::{
    exception_form::ExceptionForm,
    plan::{Outcome, Plan},
};
use crate::{
    domain::{
        dates::short_day,
        exception::{ExceptionEntry, ExceptionKind},
        ids::{ExceptionId, RequestId},
        waitlist::Freed,
        why::Why,
    },
    store::{Change, Error, PlanOf},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            confirm::Confirm,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of exceptions understands.
    pub enum Command {
        Open: "exceptions.plan" "clashes" "The bookings under it, and where they could go";
        Add: "exception.add" "enter" "Enter a leave, a holiday or an extra day; its clashes are shown at once";
        Remove: "exception.remove" "take back" "Take it back: the times under it can be booked again" destructive;
    }
}

/// What this screen is told.
pub enum Msg {
    Loaded(Result<Vec<ExceptionEntry>, Error>),
    Entered(Option<ExceptionId>),
    Planned(Outcome),
    Sure(bool),
    Removed(ExceptionId, bool, Result<(), Error>),
    /// What was taken back is there again.
    Restored(Result<(), Error>),
}

/// The list.
pub struct Exceptions {
    table: Table<ExceptionEntry>,
    /// What was entered a moment ago: its clashes are shown when it is read.
    entered: Option<ExceptionId>,
    /// What is being taken back frees times.
    frees: bool,
}

/// `Mon 16 Mar - Fri 20 Mar`, with the times where they are not whole days.
fn period(e: &ExceptionEntry) -> String {
    let (from, to) = (e.period.starts_at(e.zone), e.period.ends_at(e.zone));
    let midnight = chrono::NaiveTime::MIN;
    if from.time() == midnight && to.time() == midnight {
        let last = to.date().pred_opt().unwrap_or(to.date());
        return if last == from.date() {
            short_day(last)
        } else {
            format!("{} - {}", short_day(from.date()), short_day(last))
        };
    }
    let hours = format!("{}-{}", from.format("%H:%M"), to.format("%H:%M"));
    if from.date() == to.date() {
        format!("{} {hours}", short_day(from.date()))
    } else {
        format!(
            "{} {} - {} {}",
            short_day(from.date()),
            from.format("%H:%M"),
            short_day(to.date()),
            to.format("%H:%M")
        )
    }
}

/// Who is away, or which centre is closed.
fn whose(e: &ExceptionEntry) -> String {
    match (&e.provider_name, e.centre_name.is_empty()) {
        (Some(name), true) => name.to_string(),
        (Some(name), false) => format!("{name}, {}", e.centre_name),
        (None, _) => e.centre_name.clone(),
    }
}

impl Default for Exceptions {
    fn default() -> Self {
        let table = Table::new(|e: &ExceptionEntry| e.id.0)
            .column(Column::new("When", period).grow(23))
            .column(Column::new("What", |e: &ExceptionEntry| tr_str(e.kind.word()).to_owned()).width(9))
            .column(Column::new("Whose", whose).grow(16))
            .column(Column::new("Reason", |e: &ExceptionEntry| e.reason.clone()).grow(8).priority(3))
            .column(
                Column::new("Clashes", |e: &ExceptionEntry| match e.clashes {
                    0 => String::new(),
                    n => n.to_string(),
                })
                .width(7)
                .right()
                .look(|_, t| t.warn()),
            )
            .empty("No leave, holiday or extra day is ahead.");
        Self { table, entered: None, frees: false }
    }
}

impl Exceptions {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let now = cx.env().now();
        self.table.loading();
        cx.load(
            "exceptions.load",
            move |store| async move { store.exceptions(&actor, now).await },
            Msg::Loaded,
        );
    }

    fn plan(e: &ExceptionEntry, entered: bool, cx: &mut Cx<Msg>) {
        let (id, title) = (
            e.id,
            tr!(
                "{what} of {whose}: {when}",
                what = tr_str(e.kind.word()),
                whose = whose(e),
                when = period(e)
            ),
        );
        cx.open(move |answer| Plan::of(PlanOf::Exception(id), title, answer).entered(entered), Msg::Planned);
    }
}

impl Exceptions {
    /// Nobody is booked under what was entered: one key takes it back.
    fn offer_undo(&self, id: ExceptionId, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(e)) = (cx.env().actor.clone(), self.table.selected()) else { return };
        let (seen, request, extra) = (e.version, RequestId::new(), e.kind == ExceptionKind::Extra);
        cx.undoable(
            tr!("Entered. Nobody is booked then."),
            "exception.remove",
            move |store| async move { store.remove_exception(&actor, request, id, seen).await },
            move |r| Msg::Removed(id, extra, r),
        );
    }

    fn said_gone(&self, id: ExceptionId, extra: bool, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone().filter(|_| !extra) else {
            return cx.toast(tr!("Taken back."));
        };
        let request = RequestId::new();
        cx.undoable(
            tr!("Taken back."),
            "exception.remove",
            move |store| async move { store.restore_exception(&actor, request, id).await },
            Msg::Restored,
        );
    }
}

impl Screen for Exceptions {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["exceptions"]
    }
    fn title(&self) -> String {
        tr!("Leave and holidays").into()
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
        match (command, self.table.selected()) {
            (Command::Add, _) => Ok(()),
            (_, None) => Err(Why::new("no_row", tr!("Nothing is selected."))),
            (Command::Open, Some(e)) if e.kind == ExceptionKind::Extra => {
                Err(Why::new("extra_clashes", tr!("Nothing clashes with an extra day.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command != Command::Add && self.table.is_loading() && self.table.rows().is_empty()
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let touched = match change {
            Change::Everything => true,
            Change::Row(r) => matches!(r.entity.as_str(), "schedule_exception" | "appointment"),
            Change::Link(_) => false,
        };
        if touched {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let row = self.table.selected().cloned();
        match (command, row) {
            (Command::Add, _) => {
                let env = cx.env().clone();
                cx.open(move |answer| ExceptionForm::new(&env, answer), Msg::Entered);
            }
            (Command::Open, Some(e)) => Self::plan(&e, false, cx),
            (Command::Remove, Some(e)) => {
                self.frees = e.kind != ExceptionKind::Extra;
                cx.open(
                    move |answer| {
                        let question = tr!(
                            "Take {what} of {whose} back?",
                            what = tr_str(e.kind.word()),
                            whose = whose(&e)
                        );
                        let then = if e.kind == ExceptionKind::Extra {
                            tr!("Its session goes, unless somebody is booked in it.")
                        } else {
                            tr!("The times under it can be booked again. What was moved stays where it is.")
                        };
                        Confirm::new(question, answer)
                            .consequence(then)
                            .yes(tr!("take it back"))
                            .no(tr!("keep it"))
                    },
                    Msg::Sure,
                );
            }
            (_, None) => cx.toast(tr!("Nothing is selected.")),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => {
                self.table.set_rows(rows);
                if let Some(id) = self.entered.take() {
                    self.table.select(id.0);
                    if let Some(e) = self.table.selected().filter(|e| e.id == id && e.clashes > 0) {
                        Self::plan(e, true, cx);
                    } else {
                        self.offer_undo(id, cx);
                    }
                }
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Entered(id) => {
                self.entered = id;
                self.load(cx);
            }
            Msg::Planned(_) => self.load(cx),
            Msg::Sure(true) => {
                let (Some(actor), Some(e)) = (cx.env().actor.clone(), self.table.selected()) else { return };
                let (id, seen, request) = (e.id, e.version, RequestId::new());
                let extra = e.kind == ExceptionKind::Extra;
                cx.save(
                    "exception.remove",
                    move |store| async move { store.remove_exception(&actor, request, id, seen).await },
                    move |r| Msg::Removed(id, extra, r),
                );
            }
            Msg::Sure(false) => {}
            Msg::Removed(id, extra, Ok(())) => {
                self.said_gone(id, extra, cx);
                if std::mem::take(&mut self.frees) {
                    cx.freed(Freed::Several);
                }
                self.load(cx);
            }
            Msg::Restored(Ok(())) => {
                cx.toast(tr!("It is there again, as it was."));
                self.load(cx);
            }
            Msg::Removed(.., Err(e)) | Msg::Restored(Err(e)) => {
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, 1);
        widgets::put(frame, head, 0, &format!(" {}", self.title()), ui.theme.strong());
        self.table.view(frame, rows, ui);
    }
}

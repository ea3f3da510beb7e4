//! Who waits for a time: ranked by priority and by days waited, found a time with one key, changed and taken off. What has ended,
//! and every call that was made, stays to be looked at.
use crate::{
    domain::{
        dates,
        ids::{RequestId, WaitId},
        patient::{PatientHit, record_number},
        waitlist::{CallOutcome, FreedTimes, WaitCall, WaitEntry, WaitStatus},
        why::Why,
    },
    store::{Change, Error},
    text::{clean, tr_n, wrap},
    tr,
    ui::{
        cx::{Cx, Env},
        desk,
        freed::Freed,
        lapse::Lapse,
        route::{BookingStart, Route, WaitStart},
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            picker::{Picker, Row},
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

pub mod form;
pub mod freed;
pub mod offer;

crate::commands! {
    /// What the waiting list understands.
    pub enum Command {
        Book: "waitlist.book" "find a time" "Show the free times that suit the selected patient; booking takes them off the list";
        Add: "waitlist.add" "add" "Put a patient on the waiting list";
        Change: "waitlist.change" "change" "Change what the selected patient waits for";
        Withdraw: "waitlist.withdraw" "take off" "Take the selected patient off the waiting list";
        Calls: "waitlist.calls" "calls" "Every call to the selected patient, and what they said";
        Patient: "waitlist.patient" "patient" "Open the selected patient" quiet;
        Whom: "waitlist.whom" "with whom" "Show only who waits for one provider or profession" quiet;
        Ended: "waitlist.ended" "ended" "Show who was booked, withdrawn or waited too long; again: who waits" quiet;
        Freed: "waitlist.freed" "free times" "The times that came free for people who wait" => "waitlist.offer";
        PutBack: "waitlist.put-back" "put back" "Put somebody who was taken off or booked back at their old place" quiet;
    }
}

/// What the screen is told.
pub enum Msg {
    Loaded(bool, Result<Vec<WaitEntry>, Error>),
    Picked(Option<PatientHit>),
    Whom(Option<Option<String>>),
    Calls(Result<(Box<WaitEntry>, Vec<WaitCall>), Error>),
    ClosedCalls,
    /// Taken off, or put back with `true`.
    Withdrawn(Box<WaitEntry>, bool, Result<i64, Error>),
    Undone(Result<i64, Error>),
    Freed(Result<FreedTimes, Error>),
    AskFreed,
    /// The hold of a call is over.
    Lapsed,
    Reload,
}

#[derive(Clone)]
struct Line {
    entry: WaitEntry,
    waits: i64,
    when: String,
    state: String,
}

/// The screen.
pub struct Waitlist {
    entries: Vec<WaitEntry>,
    table: Table<Line>,
    ended: bool,
    /// Only who waits for this provider or profession, as it is written.
    whom: Option<String>,
    opened: bool,
    saving: bool,
    freed: Freed,
    lapse: Lapse,
}

impl Default for Waitlist {
    fn default() -> Self {
        let table = Table::new(|l: &Line| l.entry.id.0)
            .column(
                Column::new("Priority", |l: &Line| l.entry.wish.priority.word().to_owned())
                    .width(8)
                    .priority(3)
                    .look(|l, t| if l.entry.wish.priority.letter().is_empty() { t.text() } else { t.warn() }),
            )
            .column(
                Column::new("Waits", |l: &Line| tr_n("{n} day", "{n} days", l.waits)).width(8).priority(2),
            )
            .column(
                Column::new("Number", |l: &Line| record_number(l.entry.record_number)).width(6).priority(7),
            )
            .column(Column::new("Patient", |l: &Line| l.entry.patient_name.to_string()).grow(14))
            .column(Column::new("With", |l: &Line| l.entry.whom()).grow(12))
            .column(Column::new("When", |l: &Line| l.when.clone()).grow(13).priority(4))
            .column(Column::new("State", |l: &Line| l.state.clone()).width(17).priority(5).look(|l, t| {
                match l.entry.status {
                    _ if l.entry.unbookable.is_some() => t.warn(),
                    WaitStatus::Offered => t.good(),
                    _ => t.text(),
                }
            }))
            .column(Column::new("Phone", |l: &Line| l.entry.phone.clone()).width(13).priority(6))
            .empty("Nobody waits for a time. a adds somebody.");
        Self {
            entries: vec![],
            table,
            ended: false,
            whom: None,
            opened: false,
            saving: false,
            freed: Freed::default(),
            lapse: Lapse::default(),
        }
    }
}

fn state(e: &WaitEntry, env: &Env) -> String {
    let zone = env.zone();
    if let Some(offer) = &e.offer {
        return tr!("{who} is calling", who = offer.by);
    }
    match (&e.unbookable, e.status, e.last_call) {
        (Some(_), ..) => tr!("not bookable").into(),
        (None, WaitStatus::Waiting, Some((outcome, at))) if outcome != CallOutcome::Undone => {
            let at = at.with_timezone(&zone);
            let when = if at.date_naive() == env.today() {
                dates::clock(at.time())
            } else {
                dates::short_day(at.date_naive())
            };
            format!("{} {when}", outcome.word())
        }
        (None, status, _) => status.word().into(),
    }
}

impl Waitlist {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (ended, opened) = (self.ended, !std::mem::replace(&mut self.opened, true));
        self.table.loading();
        cx.load(
            "waitlist",
            move |store| async move { store.waiting_list(&actor, ended, opened).await },
            move |rows| Msg::Loaded(ended, rows),
        );
    }

    fn redraw(&mut self, env: &Env) {
        let now = env.now();
        let shown = self.entries.iter().filter(|e| self.whom.as_ref().is_none_or(|w| *w == e.whom()));
        let lines = shown.map(|e| Line {
            entry: e.clone(),
            waits: e.days(now),
            when: e.when(env.today()),
            state: state(e, env),
        });
        self.table.set_rows(lines.collect());
    }

    fn withdraw(&mut self, e: WaitEntry, back: bool, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, seen) = (e.id, e.version);
        self.saving = true;
        cx.save(
            "waitlist.withdraw",
            move |store| async move { store.withdraw_wait(&actor, RequestId::new(), id, seen, back).await },
            move |done| Msg::Withdrawn(Box::new(e), back, done),
        );
    }

    fn withdrawn(&mut self, e: &WaitEntry, back: bool, seen: i64, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let id: WaitId = e.id;
        let said = if back {
            tr!("On the waiting list again: {who}", who = e.patient_name)
        } else {
            tr!("Off the waiting list: {who}", who = e.patient_name)
        };
        cx.undoable(
            said,
            "waitlist.withdraw",
            move |store| async move { store.withdraw_wait(&actor, RequestId::new(), id, seen, !back).await },
            Msg::Undone,
        );
    }

    fn show_calls(e: &WaitEntry, calls: &[WaitCall], cx: &mut Cx<Msg>) {
        let zone = cx.env().zone();
        let moment = |at: chrono::DateTime<chrono::Utc>| {
            let at = at.with_timezone(&zone);
            format!("{} {}", dates::short_day(at.date_naive()), dates::clock(at.time()))
        };
        let rows = calls.iter().map(|k| {
            let what = k.outcome.map_or(tr!("not answered yet"), |o| o.word());
            let time = tr!("{when} with {who}", when = moment(k.period.start), who = k.provider_name);
            Row::new((), format!("{}  {what}", moment(k.at)), format!("{time}  {}", k.by))
        });
        let rows = rows.collect();
        let title = tr!("Calls to {who}", who = e.patient_name);
        cx.open(move |answer| Picker::new(title, answer).rows(rows), |_: Option<()>| Msg::ClosedCalls);
    }

    fn detail(&self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(line) = self.table.selected() else { return };
        let e = &line.entry;
        if let Some(why) = &e.unbookable {
            return widgets::put(frame, area, 0, &format!(" {why}"), ui.theme.warn());
        }
        let added = e.added_at.with_timezone(&ui.env.zone()).date_naive();
        let place = [&e.department_name, &e.centre_name].into_iter().filter(|t| !t.is_empty());
        let place = place.cloned().collect::<Vec<_>>().join(", ");
        let parts = [
            tr!("added {day} by {who}", day = dates::short_day(added), who = e.added_by),
            if place.is_empty() { tr!("any centre").to_owned() } else { place },
            e.visit_type_name.clone(),
            if e.referred { tr!("referred").to_owned() } else { String::new() },
            if e.calls == 0 { String::new() } else { tr_n("{n} call", "{n} calls", e.calls) },
            e.note.clone(),
        ];
        let text = parts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("; ");
        let room = usize::from(area.width).saturating_sub(2).max(1);
        for (y, text) in (0..area.height).zip(wrap(&clean(&text), room)) {
            widgets::put(frame, area, y, &format!(" {text}"), ui.theme.dim());
        }
    }
}

impl Screen for Waitlist {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["waitlist"]
    }
    fn title(&self) -> String {
        tr!("Waiting list").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn needs_minute(&self) -> bool {
        true
    }
    fn minute(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
        self.freed.soon(cx, Msg::AskFreed);
    }
    fn waits_for(&self, command: Command) -> bool {
        use Command as C;
        self.saving && matches!(command, C::Book | C::Change | C::Withdraw | C::PutBack)
            || !matches!(command, C::Add | C::Ended | C::Freed)
                && self.entries.is_empty()
                && self.table.is_loading()
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        use Command as C;
        let Some(line) = self.table.selected() else {
            return match command {
                C::Add | C::Ended | C::Whom | C::Freed => Ok(()),
                _ => Err(Why::new("nothing_selected", tr!("Nobody is selected."))),
            };
        };
        let e = &line.entry;
        let closed = |instead: &'static str| {
            let what = tr!("That wish is not open any more: it is {status}.", status = e.status.word());
            Err(Why::new("waitlist_closed", what).instead(instead))
        };
        match command {
            C::Book if e.unbookable.is_some() => e.unbookable.clone().map_or(Ok(()), Err),
            C::Book | C::Withdraw if !e.status.is_open() => {
                closed(tr!("R puts who was taken off or booked back; a adds another."))
            }
            // Days that are over can be given new ones.
            C::Change if !e.status.is_open() && e.status != WaitStatus::Expired => {
                closed(tr!("R puts who was taken off or booked back; a adds another."))
            }
            C::PutBack
                if !matches!(e.status, WaitStatus::Withdrawn | WaitStatus::Declined | WaitStatus::Booked) =>
            {
                Err(Why::new(
                    "waitlist_closed",
                    tr!("Only who was taken off the list or booked is put back."),
                )
                .instead(tr!("E shows who was taken off; e gives days that are over new ones.")))
            }
            _ => Ok(()),
        }
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let selected = self.table.selected().map(|l| l.entry.clone());
        match (command, selected) {
            (Command::Book, Some(e)) => cx.push(Route::Booking(BookingStart {
                patient: Some(e.patient),
                provider: e.wish.provider,
                centre: e.wish.centre,
                from: Some(e.wish.first.max(cx.env().today())),
                waiting: Some(Box::new(e)),
                ..BookingStart::default()
            })),
            (Command::Add, _) => {
                let (actor, today) = (cx.env().actor.clone(), cx.env().today());
                cx.open(
                    move |answer| {
                        Picker::new(tr!("Who waits?"), answer)
                            .hint(tr!("Type part of a name, a number, a phone or a birth date."))
                            .query("waitlist.find-patient", move |typed, store| {
                                desk::patient_rows(store, actor.clone(), typed, today)
                            })
                    },
                    Msg::Picked,
                );
            }
            (Command::Change, Some(e)) => cx.push(Route::Wait(Box::new(WaitStart {
                patient: e.patient,
                who: e.patient_name.to_string(),
                wish: e.wish,
                note: e.note,
                change: Some((e.id, e.version)),
            }))),
            (Command::Withdraw, Some(e)) => self.withdraw(e, false, cx),
            (Command::PutBack, Some(e)) => self.withdraw(e, true, cx),
            (Command::Calls, Some(e)) => {
                let Some(actor) = cx.env().actor.clone() else { return };
                cx.load(
                    "waitlist.calls",
                    move |store| async move {
                        store.wait(&actor, e.id).await.map(|(e, calls)| (Box::new(e), calls))
                    },
                    Msg::Calls,
                );
            }
            (Command::Patient, Some(e)) => cx.push(Route::Patient(e.patient)),
            (Command::Whom, _) => {
                let mut all: Vec<String> = self.entries.iter().map(WaitEntry::whom).collect();
                all.sort();
                all.dedup();
                let mut rows = vec![Row::new(None, tr!("everybody"), "")];
                rows.extend(all.into_iter().map(|w| Row::new(Some(w.clone()), w, "")));
                cx.open(|answer| Picker::new(tr!("Who waits for whom?"), answer).rows(rows), Msg::Whom);
            }
            (Command::Ended, _) => {
                self.ended = !self.ended;
                self.entries.clear();
                self.redraw(&cx.env().clone());
                self.load(cx);
            }
            (Command::Freed, _) => cx.push(Route::Freed),
            (_, None) => cx.toast(tr!("Nobody is selected.")),
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(ended, Ok(rows)) if ended == self.ended => {
                self.entries = rows;
                self.redraw(&cx.env().clone());
                self.freed.begin(cx, Msg::AskFreed);
                let calls = self.entries.iter().filter_map(|e| e.offer.as_ref()).map(|o| o.until);
                self.lapse.wait(calls, "waitlist.lapse", cx, Msg::Lapsed);
            }
            Msg::Loaded(_, Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Picked(Some(hit)) => {
                let wish = desk::new_wish(cx.env());
                let (patient, who) = (hit.id, hit.name.to_string());
                let start = WaitStart { patient, who, wish, note: String::new(), change: None };
                cx.push(Route::Wait(Box::new(start)));
            }
            Msg::Whom(Some(whom)) => {
                self.whom = whom;
                self.redraw(&cx.env().clone());
            }
            Msg::Calls(Ok((_, calls))) if calls.is_empty() => {
                cx.toast(tr!("Nobody has called them about a time yet."));
            }
            Msg::Calls(Ok((e, calls))) => Self::show_calls(&e, &calls, cx),
            Msg::Withdrawn(e, back, done) => {
                self.saving = false;
                match done {
                    Ok(version) => self.withdrawn(&e, back, version, cx),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
            Msg::Undone(done) => {
                match done {
                    Ok(_) => cx.toast(tr!("Taken back.")),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
            Msg::Calls(Err(e)) => cx.failed(&e),
            Msg::Freed(Ok(found)) => self.freed.hear(found, cx, Msg::AskFreed),
            Msg::Freed(Err(e)) => cx.failed(&e),
            Msg::AskFreed => self.freed.ask(false, cx, Msg::Freed),
            Msg::Lapsed => {
                self.lapse.over();
                self.load(cx);
            }
            Msg::Reload => self.load(cx),
            Msg::Loaded(..) | Msg::Picked(None) | Msg::Whom(None) | Msg::ClosedCalls => {}
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if change.concerns(&["waitlist_entry", "waitlist_call", "patient", "patient_link"]) {
            cx.after("waitlist.reload", Duration::from_millis(50), Msg::Reload);
        }
        if self.freed.concerns(change) {
            self.freed.soon(cx, Msg::AskFreed);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, body] = widgets::split_top(area, 1);
        let n = self.table.rows().len();
        let title = if self.ended {
            tr!(" Whose wait has ended, of the last 60 days")
        } else {
            tr!(" Waiting list: urgent first, then soon, then who has waited longest")
        };
        let whom =
            self.whom.as_ref().map(|w| format!("  {}", tr!("only {whom}", whom = w))).unwrap_or_default();
        let count = if n == 0 { String::new() } else { format!("  ({n})") };
        widgets::put(frame, head, 0, &format!("{title}{whom}{count}"), ui.theme.strong());
        let body = self.freed.view(frame, body, ui, "waitlist", "waitlist.freed");
        let foot = 2.min(body.height);
        let [rows, below] = widgets::split_top(body, body.height - foot);
        self.table.view(frame, rows, ui);
        self.detail(frame, below, ui);
    }
}

//! Requests to read a history: a patient's, to grant or refuse; an administrator's queue; what a provider has asked.
//! Who asks and why, never what is in the record.
use crate::{
    domain::{
        access::{AccessRequest, AccessState, AccessStep, MOST_DAYS},
        actor::Role,
        dates::short_day,
        ids::RequestId,
        why::Why,
    },
    store::{Change, Error},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        desk,
        screen::{Screen, Ui, Widget},
        widgets::{
            confirm::Confirm,
            detail::list_over,
            prompt::Prompt,
            table::{Column, Table},
        },
    },
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of requests understands.
    pub enum Command {
        Grant: "access.grant" "grant" "Let the asker read the whole history, for some days";
        Refuse: "access.refuse" "refuse" "Refuse the request, and say why";
        Withdraw: "access.withdraw" "withdraw" "Take back what you asked";
        End: "access.end" "end" "End the access before its time";
    }
}

/// What this screen is told.
pub enum Msg {
    Loaded(Result<Vec<AccessRequest>, Error>),
    /// For how many days.
    Days(Box<AccessRequest>, Option<String>),
    /// Why not.
    Note(Box<AccessRequest>, Option<String>),
    Sure(Box<AccessRequest>, AccessStep, bool),
    Done(String, Result<(), Error>),
}

struct Row {
    asked: AccessRequest,
    when: String,
    state: String,
}

/// The screen.
pub struct Requests {
    table: Table<Row>,
    decides: bool,
    saving: bool,
    /// Whether the log was told that the list was opened.
    opened: bool,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            table: Table::new(|r: &Row| r.asked.id.0)
                .column(Column::new("Asked", |r: &Row| r.when.clone()).width(10))
                .column(Column::new("Who asks", |r: &Row| r.asked.asker_name.to_string()).grow(12))
                .column(
                    Column::new("Record of", |r: &Row| r.asked.patient_name.to_string()).grow(12).priority(2),
                )
                .column(Column::new("Why", |r: &Row| r.asked.reason.clone()).grow(10).priority(3))
                .column(Column::new("State", |r: &Row| r.state.clone()).width(20).look(|r, t| {
                    match r.asked.state {
                        AccessState::Asked => t.warn(),
                        AccessState::Granted => t.good(),
                        _ => t.dim(),
                    }
                }))
                .empty("Nobody has asked to read a record."),
            decides: false,
            saving: false,
            opened: false,
        }
    }
}

fn state(r: &AccessRequest, zone: Tz) -> String {
    match (r.state, r.until) {
        (AccessState::Asked, _) => tr!("asked, {n} days", n = r.days),
        (AccessState::Granted, Some(until)) => tr!("until {day}", day = local(until, zone)),
        (state, _) => tr_str(state.word()).to_owned(),
    }
}

fn local(at: DateTime<Utc>, zone: Tz) -> String {
    short_day(at.with_timezone(&zone).date_naive())
}

/// A number of days from 1 to the most there may be.
fn days(typed: &str) -> Result<u32, Why> {
    let n = typed.trim().parse::<u32>().ok().filter(|n| (1..=MOST_DAYS).contains(n));
    n.ok_or_else(|| Why::new("access_at_most_a_year", tr!("Type a number of days from 1 to 365.")))
}

/// Who asks and why, and what was answered.
fn facts(r: &AccessRequest) -> Vec<String> {
    let role = Role::from_code(&r.asker_role).map_or("", Role::word);
    let mut lines =
        vec![tr!("{who} ({role}) asks: {why}", who = r.asker_name, role = tr_str(role), why = r.reason)];
    if let Some(by) = &r.decided_by {
        lines.push(match r.state {
            AccessState::Refused => tr!("Refused by {who}: {note}", who = by, note = r.note),
            _ => tr!("Granted by {who}.", who = by),
        });
    }
    lines
}

impl Requests {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        let opened = !std::mem::replace(&mut self.opened, true);
        cx.load(
            "access.list",
            move |store| async move { store.access_requests(&actor, opened).await },
            Msg::Loaded,
        );
    }

    fn decide(&mut self, of: &AccessRequest, step: AccessStep, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let who = of.asker_name.to_string();
        let said = match &step {
            AccessStep::Grant(n) => {
                tr!("{who} may read it for {n} days. e ends it before.", who = who, n = n)
            }
            AccessStep::Refuse(_) => tr!("Refused. {who} is told why.", who = who),
            AccessStep::Withdraw => tr!("Taken back.").to_owned(),
            AccessStep::End => tr!("Ended: {who} reads it no more.", who = who),
        };
        let (id, patient, seen, request) = (of.id, of.patient, of.version, RequestId::new());
        self.saving = true;
        cx.save(
            "access.decide",
            move |store| async move { store.decide_access(&actor, request, id, patient, seen, step).await },
            move |done| Msg::Done(said, done),
        );
    }
}

impl Screen for Requests {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["access"]
    }
    fn title(&self) -> String {
        tr!("Requests to read a record").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        if self.saving {
            return Err(Why::new("saving", tr!("It is being saved.")));
        }
        let Some(row) = self.table.selected().map(|r| &r.asked) else {
            return Err(Why::new("nothing_selected", tr!("No request is selected.")));
        };
        let is = |state| row.state == state;
        match command {
            Command::Grant | Command::Refuse if row.mine => {
                Err(Why::new("access_not_to_oneself", tr!("Nobody answers their own request."))
                    .instead(tr!("The patient or an administrator answers it.")))
            }
            Command::Grant | Command::Refuse if !row.about_me && !self.decides => {
                Err(Why::new("not_permitted", tr!("The patient or an administrator answers it.")))
            }
            Command::Grant | Command::Refuse if is(AccessState::Asked) => Ok(()),
            Command::Grant | Command::Refuse => {
                Err(Why::new("access_edge", tr!("It has been answered already.")))
            }
            Command::Withdraw if row.mine && is(AccessState::Asked) => Ok(()),
            Command::Withdraw => {
                Err(Why::new("access_only_asker", tr!("Only who asked withdraws a request, while it waits.")))
            }
            Command::End if is(AccessState::Granted) && (row.about_me || self.decides) => Ok(()),
            Command::End if is(AccessState::Granted) => Err(Why::new(
                "not_permitted",
                tr!("The patient or an administrator ends it; it ends by itself."),
            )),
            Command::End => Err(Why::new("access_is_over", tr!("Only access that is granted now is ended."))),
        }
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.table.is_loading() && self.table.rows().is_empty()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.decides = cx.env().actor.as_ref().is_some_and(|a| a.role == Role::Administrator);
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if change.concerns(&["access_request"]) {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let Some(of) = self.table.selected().map(|r| Box::new(r.asked.clone())) else { return };
        let (who, whose) = (of.asker_name.to_string(), of.patient_name.to_string());
        match command {
            Command::Grant => {
                let question =
                    tr!("For how many days may {who} read the record of {whose}?", who = who, whose = whose);
                let default = of.days.to_string();
                cx.open(
                    move |a| Prompt::new(question, a).with(&default).check(|typed| days(typed).map(drop)),
                    move |typed| Msg::Days(of.clone(), typed),
                );
            }
            Command::Refuse => {
                let question = tr!("Refuse {who}? Say why; they read it.", who = who);
                desk::ask_reason(cx, question, move |note| Msg::Note(of.clone(), note));
            }
            Command::Withdraw | Command::End => {
                let (step, question, yes) = if command == Command::End {
                    let question =
                        tr!("End the access of {who} to the record of {whose}?", who = who, whose = whose);
                    (AccessStep::End, question, tr!("end it"))
                } else {
                    let question = tr!("Take back your request for the record of {whose}?", whose = whose);
                    (AccessStep::Withdraw, question, tr!("take it back"))
                };
                cx.open(
                    move |a| {
                        Confirm::new(question, a)
                            .consequence(tr!("It can be asked for again."))
                            .yes(yes)
                            .no(tr!("keep"))
                    },
                    move |sure| Msg::Sure(of.clone(), step.clone(), sure),
                );
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(all)) => {
                let zone = cx.env().zone();
                let row = |asked: AccessRequest| Row {
                    when: local(asked.asked_at, zone),
                    state: state(&asked, zone),
                    asked,
                };
                self.table.set_rows(all.into_iter().map(row).collect());
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Days(of, Some(typed)) => {
                if let Ok(n) = days(&typed) {
                    self.decide(&of, AccessStep::Grant(n), cx);
                }
            }
            Msg::Note(of, Some(note)) => self.decide(&of, AccessStep::Refuse(note), cx),
            Msg::Sure(of, step, true) => self.decide(&of, step, cx),
            Msg::Days(_, None) | Msg::Note(_, None) | Msg::Sure(_, _, false) => {}
            Msg::Done(said, done) => {
                self.saving = false;
                match done {
                    Ok(()) => cx.toast(said),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        list_over(frame, area, ui, &self.title(), &mut self.table, (6, 4), |row| facts(&row.asked));
    }
}

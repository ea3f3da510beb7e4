//! The review of emergency accesses: what waits, what is overdue, and what was decided. Who, whom, when and why; never
//! what was read.
use crate::{
    domain::{
        access::EmergencyReview,
        actor::Role,
        dates::{self, short_day},
        ids::{EmergencyId, RequestId},
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
            detail::list_over,
            picker::{Picker, Row as Choice},
            table::{Column, Table},
        },
    },
};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the review of emergencies understands.
    pub enum Command {
        Review: "emergency.review" "review" "Say whether the selected access was justified, and why";
    }
}

/// What this screen is told.
pub enum Msg {
    Loaded(Result<Vec<EmergencyReview>, Error>),
    Verdict(EmergencyId, Option<bool>),
    Note(EmergencyId, bool, Option<String>),
    Done(Result<(), Error>),
}

struct Row {
    of: EmergencyReview,
    opened: String,
    state: String,
}

/// The screen.
pub struct Reviews {
    table: Table<Row>,
    reviews: bool,
    saving: bool,
    /// Whether the log was told that the list was opened.
    opened: bool,
}

impl Default for Reviews {
    fn default() -> Self {
        Self {
            table: Table::new(|r: &Row| r.of.id.0)
                .column(Column::new("Opened", |r: &Row| r.opened.clone()).width(16))
                .column(Column::new("By", |r: &Row| r.of.by.to_string()).grow(12))
                .column(
                    Column::new("Record of", |r: &Row| r.of.patient_name.to_string()).grow(12).priority(2),
                )
                .column(Column::new("Review", |r: &Row| r.state.clone()).width(22).look(|r, t| {
                    match &r.of.verdict {
                        None if r.of.overdue => t.alarm(),
                        None => t.warn(),
                        Some((false, ..)) => t.alarm(),
                        Some(_) => t.dim(),
                    }
                }))
                .empty("No emergency access was ever opened."),
            reviews: false,
            saving: false,
            opened: false,
        }
    }
}

fn state(of: &EmergencyReview) -> String {
    match &of.verdict {
        Some((true, ..)) => tr!("justified").into(),
        Some(_) => tr!("NOT JUSTIFIED").into(),
        None if of.open => tr!("open now").into(),
        None if of.overdue => tr!("OVERDUE since {day}", day = short_day(of.due_on)),
        None => tr!("due {day}", day = short_day(of.due_on)),
    }
}

/// Who read whose record when, why, and what was found.
fn facts(r: &EmergencyReview, zone: Tz) -> Vec<String> {
    let time = |at: chrono::DateTime<chrono::Utc>| dates::clock(at.with_timezone(&zone).time());
    let mut lines = vec![
        tr!(
            "{who} ({role}), {from} to {until}, {whose} {number}",
            who = r.by,
            role = tr_str(Role::from_code(&r.by_role).map_or("", Role::word)),
            from = time(r.opened_at),
            until = time(r.until),
            whose = r.patient_name,
            number = format!("{:06}", r.record_number)
        ),
        tr!("Reason: {why}", why = r.reason),
    ];
    if let Some((justified, by, note)) = &r.verdict {
        let word = if *justified { tr!("Justified") } else { tr!("Not justified") };
        lines.push(format!("{word}, {by}: {note}"));
    }
    lines
}

impl Reviews {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        let opened = !std::mem::replace(&mut self.opened, true);
        cx.load(
            "emergency.list",
            move |store| async move { store.emergencies(&actor, opened).await },
            Msg::Loaded,
        );
    }
}

impl Screen for Reviews {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["emergencies"]
    }
    fn title(&self) -> String {
        tr!("Emergency accesses").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, _command: Command) -> Result<(), Why> {
        let Some(row) = self.table.selected().map(|r| &r.of) else {
            return Err(Why::new("nothing_selected", tr!("No emergency is selected.")));
        };
        let no = |rule, text: &str| Err(Why::new(rule, text));
        match () {
            () if self.saving => no("saving", tr!("It is being saved.")),
            () if !self.reviews => {
                no("emergency_reviewers_only", tr!("Auditors review emergency accesses; you see them."))
            }
            () if row.mine => {
                no("emergency_own_review", tr!("Nobody reviews an emergency access of their own."))
            }
            () if row.verdict.is_some() => no("emergency_is_reviewed", tr!("It has been reviewed already.")),
            () if row.open => {
                no("emergency_still_open", tr!("It is still open. Review it once it has ended."))
            }
            () => Ok(()),
        }
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.table.is_loading() && self.table.rows().is_empty()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.reviews = cx.env().actor.as_ref().is_some_and(|a| a.role == Role::Auditor);
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if change.concerns(&["emergency"]) {
            self.load(cx);
        }
    }
    fn command(&mut self, _command: Command, cx: &mut Cx<Msg>) {
        let Some(row) = self.table.selected().map(|r| &r.of) else { return };
        let id = row.id;
        let question = tr!("{who} to the record of {whose}", who = row.by, whose = row.patient_name);
        let rows = vec![
            Choice::new(true, tr!("justified"), tr!("an emergency, and no more was opened than it needed")),
            Choice::new(false, tr!("not justified"), tr!("somebody should talk to them")),
        ];
        cx.open(move |a| Picker::new(question, a).rows(rows).numbered(), move |v| Msg::Verdict(id, v));
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(all)) => {
                let zone = cx.env().zone();
                let row = |of: EmergencyReview| {
                    let at = of.opened_at.with_timezone(&zone);
                    let opened = format!("{} {}", short_day(at.date_naive()), dates::clock(at.time()));
                    Row { opened, state: state(&of), of }
                };
                self.table.set_rows(all.into_iter().map(row).collect());
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Verdict(id, Some(justified)) => {
                let question = if justified {
                    tr!("Justified. Why? It is kept.")
                } else {
                    tr!("NOT justified. Why? It is kept.")
                };
                desk::ask_reason(cx, question.into(), move |note| Msg::Note(id, justified, note));
            }
            Msg::Note(id, justified, Some(note)) => {
                let Some(actor) = cx.env().actor.clone() else { return };
                let request = RequestId::new();
                self.saving = true;
                cx.save(
                    "emergency.review",
                    move |store| async move { store.review_emergency(&actor, request, id, justified, note).await },
                    Msg::Done,
                );
            }
            Msg::Verdict(_, None) | Msg::Note(_, _, None) => {}
            Msg::Done(done) => {
                self.saving = false;
                match done {
                    Ok(()) => cx.toast(tr!("Reviewed. It stays in this list and in the log.")),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let (title, zone) = (self.title(), ui.env.zone());
        list_over(frame, area, ui, &title, &mut self.table, (7, 4), |row| facts(&row.of, zone));
    }
}

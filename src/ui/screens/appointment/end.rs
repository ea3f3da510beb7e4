//! The End tab: follow-up, referrals, fee, sick note, documents, and what is still missing with the key that jumps there.
//!
//! The fields are the visit's own; each group is saved when its field is left. Booking the follow-up and writing a referral
//! are dialogs over the tab, so that nothing typed here is in their way.
mod asking;
mod fields;

use super::{
    lines::{strike_question, visit_of},
    referral::{ReferralForm, Written},
    tab::{Ask, Chart, Tab, TabCx},
};
use crate::{
    domain::{
        booking::FreeSlot,
        dates,
        encounter::EncounterState,
        ids::{ReferralId, RequestId},
        record::VisitRow,
        referral::{Referral, ReferralStatus},
        why::Why,
    },
    store::{Change, Draft, Error, FollowUpBooked, ReferralTarget, VisitEnd},
    tr,
    ui::{
        screen::{TextInput, Ui, Widget},
        widgets::{
            self,
            form::Form,
            picker::{Picker, Row},
            prompt::Prompt,
            table::{Column, Table},
        },
    },
};
use asking::{slot_row, when, write_to};
use chrono::NaiveDate;
use fields::F;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the End tab understands.
    pub enum Command {
        Open: "end.open" "to what is missing" "Jump to the first thing that is missing to end the visit";
        Fields: "end.fields" "fields" "Type follow-up, fee, sick note and documents";
        List: "end.list" "leave fields" "Stop typing; what is typed is saved" quiet;
        Book: "end.book" "book follow-up" "Find a free time for the follow-up and book it" => "end.book-follow-up";
        Refer: "end.refer" "refer" "Write a referral";
        Send: "end.send" "send referral" "Send the selected referral";
        Change: "end.change" "change referral" "Go on writing the selected referral, while it is not sent";
        Withdraw: "end.withdraw" "withdraw" "Take the selected referral back, while it is not booked";
        Strike: "end.strike" "entered in error" "Mark the selected referral as entered in error";
    }
}

/// What the world answers the End tab.
#[allow(clippy::large_enum_variant, reason = "a message lives for one turn of the loop")]
pub enum Msg {
    Loaded(Result<VisitEnd, Error>),
    Saved(Result<i64, Error>),
    When(Option<String>),
    /// Free times, each with the wishes that it would close.
    Slots(NaiveDate, Result<Vec<(String, FreeSlot)>, Error>),
    Slot(Option<FreeSlot>),
    Booked(Result<FollowUpBooked, Error>),
    Unbooked(Result<i64, Error>),
    Targets(Result<Vec<ReferralTarget>, Error>),
    To(Option<Option<ReferralTarget>>),
    Wrote(Written),
    Rewrote(Written),
    Confirmed(bool),
    Done(&'static str, Result<(), Error>),
}

/// The tab's state.
pub struct EndTab {
    form: Form<F>,
    in_form: bool,
    shown: bool,
    table: Table<Referral>,
    end: VisitEnd,
    filled: bool,
    saving: bool,
    /// An answer is awaited that the next key is meant for.
    looking: bool,
    follow_up_from: Option<NaiveDate>,
    /// The slot to book once the field that is being saved is there.
    to_book: Option<FreeSlot>,
    /// The referral that is being changed, and the version that was read.
    rewriting: Option<(ReferralId, i64)>,
    striking: Option<VisitRow>,
    request: RequestId,
}

impl Default for EndTab {
    fn default() -> Self {
        let table = Table::new(|r: &Referral| r.id.0)
            .column(Column::new("Referral to", |r: &Referral| r.to.clone()).grow(12))
            .column(Column::new("State", |r: &Referral| state(r).to_owned()).width(10))
            .empty("No referral. f writes one.")
            .uncounted();
        Self {
            form: fields::form(),
            in_form: false,
            shown: false,
            table,
            end: VisitEnd::default(),
            filled: false,
            saving: false,
            looking: false,
            follow_up_from: None,
            to_book: None,
            rewriting: None,
            striking: None,
            request: RequestId::new(),
        }
    }
}

fn state(r: &Referral) -> &'static str {
    if r.written.struck.is_some() { tr!("in error") } else { r.status.word() }
}

impl EndTab {
    fn load(&self, cx: &mut TabCx<'_, Msg>) {
        let visit = visit_of(cx.chart);
        cx.read(
            "end.load",
            move |store, actor| async move { store.visit_end(&actor, visit).await },
            Msg::Loaded,
        );
    }

    fn writable(chart: &Chart) -> bool {
        chart.visit.mine && chart.visit.state.is_unsigned()
    }

    /// The fields show the visit again, unless something is typed in them.
    fn fill(&mut self, chart: &Chart) {
        if !self.filled || !self.form.is_dirty() {
            fields::fill(&mut self.form, &chart.visit);
            self.filled = true;
        }
    }

    /// Saves the first group of fields that differs from the visit; the answer brings the next one.
    fn save(&mut self, cx: &mut TabCx<'_, Msg>) {
        if self.saving || !self.form.is_dirty() || !Self::writable(cx.chart) {
            return;
        }
        let wanted = match fields::read(&self.form, cx.env().today()) {
            Ok(wanted) => wanted,
            Err((field, why)) => return self.form.problem(field, why.to_string()),
        };
        let mut differing = wanted.into_iter().filter(|f| fields::differs(f, &cx.chart.visit));
        let Some(field) = differing.next() else {
            self.form.saved();
            return;
        };
        let last = differing.next().is_none();
        let draft = if last { cx.closes() } else { None };
        let (id, seen, request) = (cx.encounter(), cx.chart.visit.version, self.request);
        self.saving = true;
        cx.write(
            "visit.save-field",
            request,
            move |store, actor, request| async move {
                store.save_visit_field(&actor, request, id, seen, field, draft).await
            },
            Msg::Saved,
        );
    }

    /// The usual price stands in the fee before somebody changes it.
    fn price(&mut self, cx: &mut TabCx<'_, Msg>) {
        if let (Some(cents), None, true) =
            (self.end.usual_fee, cx.chart.visit.fee_cents, self.filled && !self.form.is_dirty())
            && Self::writable(cx.chart)
            && self.form.get(F::Fee).is_empty()
        {
            self.form.set(F::Fee, &crate::domain::money::amount(cents));
            self.save(cx);
        }
    }
}

impl Tab for EndTab {
    type Command = Command;
    type Msg = Msg;

    fn form(&self) -> &'static str {
        "visit.end"
    }
    fn word(&self) -> &'static str {
        tr!("End")
    }
    fn contexts(&self) -> &[&str] {
        if self.in_form { &["end-form"] } else { &["end"] }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        if self.in_form { Some(&mut self.form) } else { Some(&mut self.table) }
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        if self.in_form { Widget::field(&mut self.form) } else { None }
    }
    fn available(&self, command: Command, chart: &Chart) -> Result<(), Why> {
        let over = || {
            Err(Why::new("visit_over", tr!("This visit is over, or it is not yours to end."))
                .instead(tr!("Add an addendum in its record.")))
        };
        let referral = self.table.selected().filter(|r| r.written.struck.is_none());
        let fits = match command {
            Command::List => true,
            Command::Fields | Command::Book | Command::Refer if !Self::writable(chart) => return over(),
            Command::Fields | Command::Book | Command::Refer => true,
            Command::Open => !chart.missing.is_empty(),
            Command::Send | Command::Change => {
                referral.is_some_and(|r| r.status == ReferralStatus::Draft && r.written.mine)
            }
            Command::Withdraw => referral.is_some_and(|r| {
                r.written.mine
                    && matches!(r.status, ReferralStatus::Draft | ReferralStatus::Sent | ReferralStatus::Seen)
            }),
            Command::Strike => referral.is_some_and(|r| r.written.mine),
        };
        if fits { Ok(()) } else { Err(Why::new("not_now", tr!("There is nothing here to do that with."))) }
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.looking
    }
    fn opened(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.fill(cx.chart);
        self.load(cx);
    }
    fn shown(&mut self, cx: &mut TabCx<'_, Msg>) {
        (self.in_form, self.shown) = (false, true);
        self.price(cx);
    }
    fn left(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.shown = false;
        self.save(cx);
    }
    fn moved(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.save(cx);
    }
    fn chart_changed(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.fill(cx.chart);
        if !self.in_form || !self.form.is_typing() {
            self.save(cx);
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut TabCx<'_, Msg>) {
        let ours = match change {
            Change::Everything => true,
            Change::Row(r) => {
                r.patient == Some(cx.patient().0) && matches!(r.entity.as_str(), "referral" | "appointment")
            }
            Change::Link(_) => false,
        };
        if ours {
            self.load(cx);
        }
    }
    fn jump(&mut self, _target: &'static str, _cx: &mut TabCx<'_, Msg>) {
        self.in_form = true;
    }
    fn command(&mut self, command: Command, cx: &mut TabCx<'_, Msg>) {
        let referral = self.table.selected().cloned();
        match (command, referral) {
            (Command::Open, _) => {
                if let Some(first) = cx.chart.missing.first() {
                    cx.ask(Ask::GoTo { tab: first.tab, target: first.target });
                }
            }
            (Command::Fields, _) => {
                self.in_form = true;
                self.form.go_to(F::On);
            }
            (Command::List, _) => {
                self.in_form = false;
                self.save(cx);
            }
            (Command::Book, _) => {
                let today = cx.env().today();
                let asked = self.form.get(F::On);
                let check = move |text: &str| when(text, today).map(|_| ());
                cx.open(
                    move |a| {
                        let question =
                            tr!("Follow-up from when? 3w, fri, 12/3; nothing: as soon as possible");
                        Prompt::new(question, a).with(&asked).check(check)
                    },
                    Msg::When,
                );
            }
            (Command::Refer, _) => {
                self.looking = true;
                cx.read(
                    "referral.targets",
                    move |store, actor| async move { store.referral_targets(&actor).await },
                    Msg::Targets,
                );
            }
            (Command::Send, Some(r)) => self.change_referral(&r, true, cx),
            (Command::Withdraw, Some(r)) => self.change_referral(&r, false, cx),
            (Command::Change, Some(r)) => self.rewrite(r, None, cx),
            (Command::Strike, Some(r)) => {
                self.striking = Some(VisitRow::Referral(r.id));
                let what = tr!("referral to {to}", to = r.to);
                cx.open(move |a| strike_question(&what, a), Msg::Confirmed);
            }
            (Command::Send | Command::Change | Command::Withdraw | Command::Strike, None) => {}
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut TabCx<'_, Msg>) {
        match msg {
            Msg::Loaded(Ok(end)) => {
                self.table.set_rows(end.referrals.clone());
                self.end = end;
                if self.shown {
                    self.price(cx);
                }
            }
            Msg::Saved(done) => {
                self.saving = false;
                if !matches!(done, Err(Error::Unknown)) {
                    self.request = RequestId::new();
                }
                match done {
                    Ok(version) => {
                        let today = cx.env().today();
                        let all = fields::read(&self.form, today).unwrap_or_default();
                        let open = all.iter().filter(|f| fields::differs(f, &cx.chart.visit)).count();
                        // The one that was just saved still differs from the chart that is about to be loaded.
                        if open <= 1 {
                            self.form.saved();
                            cx.draft_closed();
                        }
                        cx.visit_saved(version);
                        if let Some(slot) = self.to_book.take() {
                            self.book(slot, version, cx);
                        }
                    }
                    Err(Error::Refused(why)) => self.form.problem(F::On, why.to_string()),
                    Err(e) => {
                        if matches!(e, Error::Stale { .. }) {
                            cx.ask(Ask::Reload);
                        }
                        cx.failed(&e);
                    }
                }
            }
            Msg::When(Some(text)) => {
                let today = cx.env().today();
                if let Ok(from) = when(&text, today) {
                    self.look_for_slots(from, cx);
                }
            }
            Msg::Slots(from, Ok(slots)) => {
                self.looking = false;
                if slots.is_empty() {
                    self.form.set(F::On, &dates::long_date(from));
                    self.save(cx);
                    cx.toast(tr!(
                        "No free time within 60 days from then. The date is kept as the follow-up."
                    ));
                    return;
                }
                let rows = slots.into_iter().map(slot_row).collect();
                cx.open(move |a| Picker::new(tr!("Book the follow-up"), a).rows(rows), Msg::Slot);
            }
            // A field is being saved: the booking names the version that this makes.
            Msg::Slot(Some(slot)) if self.saving => self.to_book = Some(slot),
            Msg::Slot(Some(slot)) => self.book(slot, cx.chart.visit.version, cx),
            Msg::Slot(None) => {
                if let Some(from) = self.follow_up_from.take() {
                    self.form.set(F::On, &dates::long_date(from));
                    self.save(cx);
                }
            }
            Msg::Booked(Ok(booked)) => self.hear_booked(booked, cx),
            Msg::Unbooked(Ok(version)) => {
                cx.toast(tr!("The follow-up is not booked any more."));
                cx.visit_saved(version);
                cx.ask(Ask::Reload);
                self.load(cx);
            }
            Msg::Booked(Err(e)) | Msg::Unbooked(Err(e)) => {
                cx.failed(&e);
                cx.ask(Ask::Reload);
            }
            Msg::Targets(Ok(targets)) => {
                self.looking = false;
                let outside = Row::new(None, tr!("Somebody outside"), tr!("name, specialty and contact"));
                let rows = targets
                    .into_iter()
                    .map(|t| {
                        let (name, detail) = (t.name.clone(), t.detail.clone());
                        Row::new(Some(t), name, detail)
                    })
                    .chain([outside])
                    .collect();
                cx.open(move |a| Picker::new(tr!("Refer to"), a).rows(rows), Msg::To);
            }
            Msg::To(Some(to)) => write_to(to, None, cx),
            Msg::Wrote(written) => self.refer(written, cx),
            Msg::Rewrote(written) => self.rewritten(written, cx),
            Msg::Confirmed(true) => {
                if let Some(row) = self.striking.take() {
                    let (patient, request) = (cx.patient(), RequestId::new());
                    cx.write(
                        "record.strike",
                        request,
                        move |store, actor, request| async move {
                            store.strike_row(&actor, request, patient, row).await
                        },
                        |done| Msg::Done(tr!("It is marked as entered in error."), done),
                    );
                }
            }
            Msg::Done(said, done) => {
                match done {
                    Ok(()) => cx.toast(said),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
            Msg::Loaded(Err(e)) | Msg::Slots(_, Err(e)) | Msg::Targets(Err(e)) => {
                self.looking = false;
                cx.failed(&e);
            }
            Msg::When(None) | Msg::To(None) | Msg::Confirmed(false) => {}
        }
    }
    fn dirty(&self) -> bool {
        self.form.is_dirty()
    }
    fn draft_payload(&self) -> Option<String> {
        self.form.is_dirty().then(|| self.form.values().join("\u{1e}"))
    }
    fn restore(&mut self, payload: &str) {
        let values: Vec<String> = payload.split('\u{1e}').map(ToOwned::to_owned).collect();
        self.form.set_values(&values);
        self.filled = true;
    }
    fn dialog(&self) -> Option<(&'static str, &'static str)> {
        Some((ReferralForm::FORM, tr!("The referral")))
    }
    fn reopen(&mut self, draft: &Draft, cx: &mut TabCx<'_, Msg>) {
        self.reopen_referral(draft, cx);
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, chart: &Chart) {
        let [left, right] = widgets::split_left(area, area.width / 2 + 2);
        self.form.view(frame, left, &Ui { focused: ui.focused && self.in_form, ..ui.clone() });
        let mut y = 0;
        let mut say = |frame: &mut Frame<'_>, text: &str, style| {
            for line in crate::text::wrap(text, usize::from(right.width.saturating_sub(2)).max(1)) {
                widgets::put(frame, right, y, &format!(" {line}"), style);
                y += 1;
            }
        };
        if chart.visit.state == EncounterState::Signed {
            let next = ui.key(&["global"], "visit.next");
            say(frame, &tr!("Signed. {key} starts the next patient.", key = next), ui.theme.good());
        } else if chart.missing.is_empty() {
            say(frame, tr!("Nothing is missing. E ends and signs."), ui.theme.good());
        } else {
            say(frame, tr!("Still missing (its digit jumps there):"), ui.theme.strong());
            for missing in &chart.missing {
                say(frame, &format!("{} {}", missing.tab + 1, missing.sentence), ui.theme.alarm());
            }
        }
        if let Some((at, with)) = &self.end.follow_up {
            let local = at.with_timezone(&ui.env.zone());
            let day = dates::short_day(local.date_naive());
            let time = dates::clock(local.time());
            say(
                frame,
                &tr!("Booked {day} {time}, {with}", day = day, time = time, with = with),
                ui.theme.text(),
            );
        }
        let [_, list] = widgets::split_top(right, y + 1);
        self.table.view(frame, list, &Ui { focused: ui.focused && !self.in_form, ..ui.clone() });
    }
}

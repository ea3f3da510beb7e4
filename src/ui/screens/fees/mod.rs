//! Fees of a day at a centre: due, paid, still to be paid; taking, giving back, receipts, and the close of the till. Amounts are
//! recorded; the program takes no money.
use crate::{
    domain::{
        dates,
        fee::{FeeDay, FeeLine, Method},
        ids::{AppointmentId, PaymentId, RequestId},
        money::{amount, money, parse_amount},
        paper::Paper,
        why::Why,
    },
    interop::paper,
    store::{Change, Error},
    text::clean,
    tr,
    ui::{
        cx::Cx,
        desk,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            picker::{Picker, Row as Choice},
            prompt::Prompt,
            table::{Column, Table},
        },
    },
};
use chrono::{Days, NaiveDate};
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

crate::commands! {
    /// What the fees of a day understand.
    pub enum Command {
        Take: "fee.take" "take" "Record what the selected patient pays";
        Refund: "fee.refund" "give back" "Give back a payment of the selected visit, with a reason";
        Receipt: "fees.receipt" "receipt" "Show the receipt of the selected visit, to print or to save";
        Close: "day.close" "close day" "Count the till and close the day";
        Totals: "fees.totals" "totals" "Show what was taken, by method and by person";
        Patient: "fees.patient" "patient" "Open the selected patient" quiet;
        OnlyOpen: "fees.only-open" "open ones" "Show only what is still to be paid; again: everything" quiet;
        DayAfter: "fees.day-after" "day after" "Show the next day" quiet;
        DayBefore: "fees.day-before" "day before" "Show the day before" quiet;
        PickDay: "fees.pick-day" "other day" "Show another day" quiet;
    }
}

/// What is being entered; asked for one step after the other.
#[derive(Clone)]
pub struct Entry {
    line: FeeLine,
    /// What is given back; `None`: a payment.
    back: Option<PaymentId>,
    method: Method,
    cents: i64,
}

/// What the screen is told.
pub enum Msg {
    Loaded(NaiveDate, Result<FeeDay, Error>),
    Method(FeeLine, Option<Method>),
    Payment(FeeLine, Option<PaymentId>),
    Amount(Entry, Option<String>),
    Why(Entry, Option<String>),
    Taken(Entry, Result<i32, Error>),
    GivenBack(Entry, Result<String, Error>),
    Counted(Option<String>),
    Difference(i64, Option<String>),
    Closed(i64, Result<i64, Error>),
    PickedDay(Option<NaiveDate>),
    Reload,
}

/// The screen.
pub struct Fees {
    day: Option<NaiveDate>,
    /// Selected when the day is there.
    first: Option<AppointmentId>,
    data: FeeDay,
    table: Table<FeeLine>,
    only_open: bool,
    opened: bool,
}

impl Fees {
    /// The fees of a day, of today without one; with this appointment selected.
    #[must_use]
    pub fn at(day: Option<NaiveDate>, first: Option<AppointmentId>) -> Self {
        Self {
            day,
            first,
            data: FeeDay::default(),
            table: Table::new(|l: &FeeLine| l.appointment.0)
                .column(Column::new("Patient", |l: &FeeLine| l.patient_name.to_string()).grow(16))
                .column(
                    Column::new("Provider", |l: &FeeLine| l.provider_name.to_string()).width(14).priority(5),
                )
                .column(Column::new("Visit", |l: &FeeLine| l.what.clone()).width(14).priority(7))
                .column(Column::new("Status", |l: &FeeLine| l.status.word().to_owned()).width(11).priority(4))
                .column(Column::new("Due", |l: &FeeLine| amount(l.due)).width(9).right().priority(3))
                .column(Column::new("Paid", paid).width(9).right().priority(2))
                .column(
                    Column::new("Open", open)
                        .width(9)
                        .right()
                        .look(|l, t| if l.open() > 0 { t.warn() } else { t.dim() }),
                )
                .uncounted()
                .empty("Nothing is due on this day. ] shows the next one."),
            only_open: false,
            opened: false,
        }
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let Some(centre) = actor.workplace.as_ref().map(|w| w.centre) else {
            self.table.loaded();
            return;
        };
        let day = self.day.unwrap_or_else(|| cx.env().today());
        let opened = !self.opened || self.data.day != day;
        self.opened = true;
        self.table.loading();
        cx.load(
            "fees",
            move |store| async move { store.fees(&actor, centre, day, opened).await },
            move |read| Msg::Loaded(day, read),
        );
    }

    fn redraw(&mut self) {
        let only = self.only_open;
        let shown = self.data.lines.iter().filter(|l| !only || l.open() > 0);
        self.table.set_rows(shown.cloned().collect());
    }

    fn go_to(&mut self, day: Option<NaiveDate>, cx: &mut Cx<Msg>) {
        self.day = day.filter(|d| *d != cx.env().today());
        self.load(cx);
    }

    fn ask_amount(&self, entry: Entry, question: String, preset: i64, cx: &mut Cx<Msg>) {
        cx.open(
            move |answer| {
                Prompt::new(question, answer).with(&amount(preset)).check(|text| match parse_amount(text) {
                    Ok(0) => Err(Why::new("money_form", tr!("Nothing is no amount."))),
                    other => other.map(drop),
                })
            },
            move |typed| Msg::Amount(entry.clone(), typed),
        );
    }

    fn save(&self, entry: Entry, why: String, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (request, id, of) = (RequestId::new(), PaymentId::new(), entry.line.appointment);
        let (cents, method) = (entry.cents, entry.method);
        match entry.back {
            None => cx.save(
                "fee.take",
                move |store| async move {
                    store.take_fee(&actor, request, id, of, method, cents, &why).await
                },
                move |done| Msg::Taken(entry, done),
            ),
            Some(payment) => cx.save(
                "fee.refund",
                move |store| async move {
                    store.refund_fee(&actor, request, id, of, payment, cents, &why).await
                },
                move |done| Msg::GivenBack(entry, done),
            ),
        }
    }

    fn give_back(&self, line: FeeLine, payment: PaymentId, cx: &mut Cx<Msg>) {
        let Some(p) = line.payments.iter().find(|p| p.id == payment).cloned() else { return };
        let question = tr!(
            "Give back how much of {paid} ({method}) to {who}?",
            paid = amount(p.rest),
            method = p.method.word(),
            who = line.patient_name
        );
        let entry = Entry { line, back: Some(payment), method: p.method, cents: 0 };
        self.ask_amount(entry, question, p.rest, cx);
    }

    fn close(&self, counted: i64, note: String, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let Some(centre) = actor.workplace.as_ref().map(|w| w.centre) else { return };
        let (request, day) = (RequestId::new(), self.data.day);
        cx.save(
            "day.close",
            move |store| async move { store.close_day(&actor, request, centre, day, counted, &note).await },
            move |done| Msg::Closed(counted, done),
        );
    }

    fn show_paper(
        &self,
        kind: &'static str,
        title: String,
        text: String,
        line: Option<&FeeLine>,
        cx: &mut Cx<Msg>,
    ) {
        let Some(centre) = cx.env().actor.as_ref().and_then(|a| a.workplace.as_ref()).map(|w| w.centre)
        else {
            return;
        };
        cx.push(Route::Paper(Paper { kind, title, text, centre, patient: line.map(|l| l.patient) }));
    }

    fn totals(&self, cx: &mut Cx<Msg>) {
        let clinic = place(cx);
        let title = tr!("Till of {day}", day = dates::short_day(self.data.day));
        let text = paper::day_close(&clinic, &title, &self.data);
        self.show_paper("day-close", title, text, None, cx);
    }
}

fn paid(l: &FeeLine) -> String {
    if l.payments.is_empty() { String::new() } else { amount(l.paid()) }
}
fn open(l: &FeeLine) -> String {
    if l.open() == 0 { String::new() } else { amount(l.open()) }
}
fn place(cx: &Cx<Msg>) -> String {
    cx.env().actor.as_ref().and_then(|a| a.workplace.as_ref()).map(|w| w.name.clone()).unwrap_or_default()
}

impl Screen for Fees {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["fees"]
    }
    fn title(&self) -> String {
        tr!("Fees").into()
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
    fn waits_for(&self, command: Command) -> bool {
        // A receipt made before what was just paid is read would be one without it.
        let exact = matches!(command, Command::Receipt | Command::Close);
        (exact || self.data.lines.is_empty()) && self.table.is_loading()
    }

    fn available(&self, command: Command) -> Result<(), Why> {
        let nobody = || Why::new("nothing_selected", tr!("Nobody is selected."));
        let line = self.table.selected();
        match command {
            Command::Take => match line {
                None => Err(nobody()),
                Some(l) if l.open() <= 0 => {
                    Err(Why::new("fee_more_than_due", tr!("Nothing is still to be paid."))
                        .instead(tr!("Whoever may set the fee of the visit changes what is due.")))
                }
                Some(_) => Ok(()),
            },
            Command::Refund => match line {
                None => Err(nobody()),
                Some(l) if !l.payments.iter().any(|p| p.kind == "payment" && p.rest > 0) => {
                    Err(Why::new("nothing_paid", tr!("Nothing was paid that could be given back.")))
                }
                Some(_) => Ok(()),
            },
            Command::Receipt | Command::Patient if line.is_none() => Err(nobody()),
            Command::Close if self.data.closed.is_some() => {
                Err(Why::new("day_closed", tr!("The till of this day is closed already."))
                    .instead(tr!("v shows how it was closed.")))
            }
            _ => Ok(()),
        }
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let day = self.day.unwrap_or_else(|| cx.env().today());
        match (command, self.table.selected().cloned()) {
            (Command::Take, Some(line)) => {
                let title = tr!(
                    "{who} pays {open}: how?",
                    who = line.patient_name,
                    open = money(line.open(), &self.data.currency)
                );
                let rows = Method::ALL.map(|m| Choice::new(m, m.word(), "")).to_vec();
                cx.open(
                    move |answer| Picker::new(title, answer).rows(rows).numbered(),
                    move |method| Msg::Method(line.clone(), method),
                );
            }
            (Command::Refund, Some(line)) => {
                let mut back = line.payments.iter().filter(|p| p.kind == "payment" && p.rest > 0);
                if let (Some(only), None) = (back.next(), back.next()) {
                    return self.give_back(line.clone(), only.id, cx);
                }
                let rows = line
                    .payments
                    .iter()
                    .filter(|p| p.kind == "payment" && p.rest > 0)
                    .map(|p| {
                        let what = tr!("receipt {n}: {rest}", n = p.receipt, rest = amount(p.rest));
                        Choice::new(p.id, what, p.method.word())
                    })
                    .collect();
                cx.open(
                    move |answer| Picker::new(tr!("Which payment?"), answer).rows(rows).numbered(),
                    move |payment| Msg::Payment(line.clone(), payment),
                );
            }
            (Command::Receipt, Some(line)) => {
                let one = if let [only] = line.payments.as_slice() { Some(only) } else { None };
                let at = cx.env().actor.as_ref().and_then(|a| a.workplace.as_ref());
                let contact = at.map(|w| w.contact.clone()).unwrap_or_default();
                let text =
                    paper::receipt(&place(cx), &contact, &line, &self.data.currency, cx.env().zone(), one);
                let title = tr!("Receipt: {who}", who = line.patient_name);
                self.show_paper("receipt", title, text, Some(&line), cx);
            }
            (Command::Patient, Some(line)) => cx.push(Route::Patient(line.patient)),
            (Command::Totals, _) => self.totals(cx),
            (Command::Close, _) => {
                let cash = self.data.till.cash();
                let question = tr!(
                    "The entries say {cash} in cash. How much lies in the till?",
                    cash = money(cash, &self.data.currency)
                );
                cx.open(
                    move |answer| Prompt::new(question, answer).check(|text| parse_amount(text).map(drop)),
                    Msg::Counted,
                );
            }
            (Command::OnlyOpen, _) => {
                self.only_open = !self.only_open;
                self.redraw();
            }
            (Command::DayAfter, _) => self.go_to(day.checked_add_days(Days::new(1)), cx),
            (Command::DayBefore, _) => self.go_to(day.checked_sub_days(Days::new(1)), cx),
            (Command::PickDay, _) => desk::ask_date(cx, tr!("Which day?").into(), Msg::PickedDay),
            _ => {}
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(_, Ok(data)) => {
                self.data = data;
                self.redraw();
                if let Some(first) = self.first.take() {
                    self.table.select(first.0);
                }
            }
            Msg::Loaded(_, Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Method(line, Some(method)) => {
                let (open, who) = (line.open(), line.patient_name.to_string());
                let question = tr!("{who} pays how much ({method})?", who = who, method = method.word());
                self.ask_amount(Entry { line, back: None, method, cents: 0 }, question, open, cx);
            }
            Msg::Payment(line, Some(payment)) => self.give_back(line, payment, cx),
            Msg::Amount(mut entry, Some(typed)) => {
                entry.cents = parse_amount(&typed).unwrap_or_default();
                let late = self.data.closed.is_some() && self.day.is_none();
                if entry.back.is_some() || late {
                    let question = match entry.back {
                        Some(_) => tr!("Why is it given back?"),
                        None => tr!("The day is closed. Why is it entered now?"),
                    };
                    return desk::ask_reason(cx, question.into(), move |why| Msg::Why(entry.clone(), why));
                }
                self.save(entry, String::new(), cx);
            }
            Msg::Why(entry, Some(why)) => self.save(entry, why, cx),
            Msg::Taken(entry, Ok(receipt)) => {
                let paid = money(entry.cents, &self.data.currency);
                let who = entry.line.patient_name.to_string();
                cx.toast(tr!("Receipt {n}: {who} paid {paid}.", n = receipt, who = clean(&who), paid = paid));
                self.load(cx);
            }
            Msg::GivenBack(entry, Ok(how)) => {
                let sum = money(entry.cents, &self.data.currency);
                let who = entry.line.patient_name.to_string();
                cx.toast(if how == "void" {
                    tr!("Voided: {sum} of {who}.", sum = sum, who = clean(&who))
                } else {
                    tr!("Given back: {sum} to {who}.", sum = sum, who = clean(&who))
                });
                self.load(cx);
            }
            Msg::Counted(Some(typed)) => {
                let counted = parse_amount(&typed).unwrap_or_default();
                let difference = counted - self.data.till.cash();
                if difference == 0 {
                    return self.close(counted, String::new(), cx);
                }
                let question = tr!("That differs by {sum}. Why?", sum = amount(difference));
                desk::ask_reason(cx, question, move |why| Msg::Difference(counted, why));
            }
            Msg::Difference(counted, Some(why)) => self.close(counted, why, cx),
            Msg::Closed(_, Ok(difference)) => {
                cx.toast(tr!("The day is closed; difference {sum}.", sum = amount(difference)));
                self.load(cx);
            }
            Msg::Taken(_, Err(e)) | Msg::GivenBack(_, Err(e)) | Msg::Closed(_, Err(e)) => {
                cx.failed(&e);
                self.load(cx);
            }
            Msg::PickedDay(Some(day)) => self.go_to(Some(day), cx),
            Msg::Reload => self.load(cx),
            Msg::Method(_, None)
            | Msg::Payment(_, None)
            | Msg::Amount(_, None)
            | Msg::Why(_, None)
            | Msg::Counted(None)
            | Msg::Difference(_, None)
            | Msg::PickedDay(None) => {}
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let concerns = match change {
            Change::Everything => true,
            Change::Link(_) => false,
            Change::Row(r) => match r.entity.as_str() {
                "payment" | "appointment" => r.day.is_none_or(|d| d == self.data.day),
                "day_close" => true,
                "encounter" => r.patient.is_some_and(|p| self.data.lines.iter().any(|l| l.patient.0 == p)),
                _ => false,
            },
        };
        if concerns {
            cx.after("fees.reload", Duration::from_millis(50), Msg::Reload);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, body] = widgets::split_top(area, 1);
        if ui.env.actor.as_ref().is_some_and(|a| a.workplace.is_none()) {
            return widgets::sentence(
                frame,
                area,
                tr!("You work at no centre, so there are no fees to show."),
            );
        }
        let d = &self.data;
        let day = if d.day == ui.env.today() { tr!("Today").to_owned() } else { dates::short_day(d.day) };
        let open: i64 = d.lines.iter().map(|l| l.open().max(0)).sum();
        let mut parts = vec![day];
        match &d.closed {
            Some(_) => parts.push(tr!("closed").into()),
            None if self.only_open => parts.push(tr!("only open ones").into()),
            None => {}
        }
        parts.extend([
            tr!("taken {sum}", sum = money(d.till.total(), &d.currency)),
            tr!("cash {sum}", sum = amount(d.till.cash())),
            tr!("still to be paid {sum}", sum = amount(open)),
        ]);
        widgets::put(frame, head, 0, &format!(" {}", parts.join("   ")), ui.theme.strong());
        self.table.view(frame, body, ui);
    }
}

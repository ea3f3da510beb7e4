//! A time that came free, and those who wait for it, ranked: Enter offers it to the selected one and holds it, what they answer is
//! logged, and Enter books them. Another desk that has the time, or is talking to them, is named.
use crate::{
    domain::{
        booking::Booked,
        ids::{AppointmentId, CallId, RequestId, WaitId},
        waitlist::{CallOutcome, Freed, Match, Offering},
        why::Why,
    },
    store::{Change, Error, Held},
    tr,
    ui::{
        cx::Cx,
        lapse::Lapse,
        route::Route,
        screen::{Leave, Screen, Ui, Widget},
        widgets::table::Table,
    },
};
use chrono::{DateTime, Utc};
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

mod acts;
mod view;
use view::Line;

crate::commands! {
    /// What a freed time understands.
    pub enum Command {
        Offer: "waitlist.offer" "offer" "Call the selected patient and offer the time: it is held for them meanwhile";
        Accept: "offer.accept" "book it" "They take it: book them, and take them off the waiting list";
        Declined: "offer.declined" "declined" "They do not want this time and go on waiting";
        NoAnswer: "offer.no-answer" "no answer" "Nobody answered: they come last for this time";
        LeftMessage: "offer.left-message" "left a message" "A message was left: they come last for this time";
        GaveUp: "offer.gave-up" "wants none" "They want nothing any more: off the waiting list";
        Patient: "offer.patient" "patient" "Open the selected patient";
        List: "offer.list" "waiting list" "Show the whole waiting list" quiet;
        Pick1: "offer.pick-1" "1" "Select the first" quiet;
        Pick2: "offer.pick-2" "2" "Select the second" quiet;
        Pick3: "offer.pick-3" "3" "Select the third" quiet;
        Pick4: "offer.pick-4" "4" "Select the fourth" quiet;
        Pick5: "offer.pick-5" "5" "Select the fifth" quiet;
        Pick6: "offer.pick-6" "6" "Select the sixth" quiet;
        Pick7: "offer.pick-7" "7" "Select the seventh" quiet;
        Pick8: "offer.pick-8" "8" "Select the eighth" quiet;
        Pick9: "offer.pick-9" "9" "Select the ninth" quiet;
    }
}

/// What the screen is told.
#[allow(clippy::large_enum_variant, reason = "a message lives for one turn of the loop")]
pub enum Msg {
    Loaded(Result<Option<Offering>, Error>),
    Offered(Result<DateTime<Utc>, Error>),
    Renewed(Result<Held, Error>),
    Answered(CallOutcome, Result<(), Error>),
    TakenBack(Box<Call>, Result<(), Error>),
    Booked(Result<Booked, Error>),
    Unbooked,
    LetGo,
    /// The hold of another desk's call is over.
    Lapsed,
    Reload,
}

/// A call that is being made.
#[derive(Debug, Clone)]
pub struct Call {
    id: CallId,
    entry: WaitId,
    of: Match,
    until: DateTime<Utc>,
}

/// The screen.
pub struct Offer {
    offering: Offering,
    table: Table<Line>,
    /// Offered, and not known yet whether the time is held.
    asked: Option<Box<Call>>,
    call: Option<Box<Call>>,
    request: RequestId,
    appointment: AppointmentId,
    saving: bool,
    now: Option<DateTime<Utc>>,
    lapse: Lapse,
}

impl Offer {
    /// Of this time.
    #[must_use]
    pub fn of(offering: Offering) -> Self {
        let table = view::table();
        let mut offer = Self {
            offering,
            table,
            asked: None,
            call: None,
            request: RequestId::new(),
            appointment: AppointmentId::new(),
            saving: false,
            now: None,
            lapse: Lapse::default(),
        };
        offer.show();
        offer
    }

    fn show(&mut self) {
        let (zone, time) = (self.offering.zone, self.offering.time);
        let many_days = time.period.starts_at(zone).date() != time.period.ends_at(zone).date();
        let now = self.now.unwrap_or(time.period.start);
        let lines = self.offering.matches.iter().enumerate().map(|(at, m)| Line {
            of: m.clone(),
            number: at + 1,
            waits: m.entry.days(now),
            zone,
            many_days,
        });
        self.table.set_rows(lines.collect());
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let time = self.offering.time;
        self.table.loading();
        cx.load(
            "offer.load",
            move |store| async move { store.whom_it_suits(&actor, Freed::Time(time), false).await },
            Msg::Loaded,
        );
    }
}

impl Screen for Offer {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        if self.call.is_some() { &["offer-call", "offer"] } else { &["offer"] }
    }
    fn title(&self) -> String {
        tr!("Waiting list: a free time").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn takes_digits(&self) -> Option<&'static str> {
        Some(tr!("who waits"))
    }
    fn confirms(&self, command: Command) -> bool {
        command == Command::Offer
    }
    fn leave(&self) -> Leave {
        match &self.call {
            Some(call) => Leave::Ask(tr!(
                "{who} was offered the time, and no answer is noted.",
                who = call.of.entry.patient_name
            )),
            None => Leave::Free,
        }
    }
    fn needs_minute(&self) -> bool {
        true
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.now = Some(cx.env().now());
        self.show();
        self.table.go(0);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn retry(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn minute(&mut self, cx: &mut Cx<Msg>) {
        self.now = Some(cx.env().now());
        // Held for 90 seconds: renewed each minute while the person stays on the phone.
        if let (Some(actor), Some(call)) = (cx.env().actor.clone(), &self.call) {
            let slot = call.of.slot.clone();
            cx.load(
                "offer.hold",
                move |store| async move {
                    store.hold_slot(&actor, slot.provider, slot.centre, slot.period).await
                },
                Msg::Renewed,
            );
        }
    }
    fn hang_up(&mut self, cx: &mut Cx<Msg>) {
        if let Some(actor) = cx.env().actor.clone() {
            cx.load("offer.hold", move |store| async move { store.let_go(&actor).await }, |_| Msg::LetGo);
        }
    }

    fn available(&self, command: Command) -> Result<(), Why> {
        use Command as C;
        let selected = self.table.selected();
        match command {
            C::Offer if self.call.is_some() => {
                Err(Why::new("waitlist_calling", tr!("Somebody is being offered the time already."))
                    .instead(tr!("enter books them; d, n or l notes another answer.")))
            }
            C::Accept | C::Declined | C::NoAnswer | C::LeftMessage | C::GaveUp if self.call.is_none() => {
                Err(Why::new("waitlist_no_call", tr!("Nobody is being offered the time."))
                    .instead(tr!("enter offers it to the selected patient.")))
            }
            C::Offer | C::Patient if selected.is_none() => {
                Err(Why::new("nothing_selected", tr!("Nobody is selected.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        use Command as C;
        self.saving
            && matches!(
                command,
                C::Offer | C::Accept | C::Declined | C::NoAnswer | C::LeftMessage | C::GaveUp
            )
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        use Command as C;
        let nth = [C::Pick1, C::Pick2, C::Pick3, C::Pick4, C::Pick5, C::Pick6, C::Pick7, C::Pick8, C::Pick9];
        match command {
            C::Offer => self.offer(cx),
            C::Accept => self.book(cx),
            C::Declined => self.answer(CallOutcome::Declined, cx),
            C::NoAnswer => self.answer(CallOutcome::NoAnswer, cx),
            C::LeftMessage => self.answer(CallOutcome::LeftMessage, cx),
            C::GaveUp => self.answer(CallOutcome::GaveUp, cx),
            C::Patient => {
                if let Some(l) = self.table.selected() {
                    cx.push(Route::Patient(l.of.entry.patient));
                }
            }
            C::List => cx.push(Route::Waitlist),
            pick => {
                let at = nth.iter().position(|c| *c == pick).unwrap_or(0);
                if at < self.table.rows().len() {
                    self.table.go(at);
                } else {
                    cx.toast(tr!("Nobody has that number."));
                }
            }
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(Some(offering))) => {
                self.now = Some(cx.env().now());
                self.offering = offering;
                self.show();
                let others = self.offering.matches.iter().filter_map(|m| m.entry.offer.as_ref());
                let others = others.filter(|o| !o.mine).map(|o| o.until);
                self.lapse.wait(others, "offer.lapse", cx, Msg::Lapsed);
            }
            Msg::Loaded(Ok(None)) => {
                self.offering.matches.clear();
                self.show();
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Offered(outcome) => {
                self.settled(&outcome);
                match (outcome, self.asked.take()) {
                    (Ok(until), Some(mut call)) => {
                        call.until = until;
                        self.table.select(call.entry.0);
                        self.call = Some(call);
                    }
                    (Ok(_), None) => {}
                    (Err(e), _) => {
                        cx.failed(&e);
                        self.load(cx);
                    }
                }
            }
            Msg::Renewed(Ok(Held::Until(until))) => {
                if let Some(call) = &mut self.call {
                    call.until = until;
                }
            }
            Msg::Renewed(Ok(Held::By(who, _))) => cx.toast(tr!(
                "{who} is choosing that time now: the hold was lost. enter still books it while it is free.",
                who = who
            )),
            Msg::Answered(outcome, done) => {
                self.saving = false;
                match done {
                    Ok(()) => self.answered(outcome, cx),
                    Err(e) => cx.failed(&e),
                }
            }
            Msg::TakenBack(call, done) => {
                match done {
                    Ok(()) => {
                        cx.toast(tr!("Taken back: what {who} answered.", who = call.of.entry.patient_name));
                        self.call.get_or_insert(call);
                    }
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
            Msg::Booked(outcome) => {
                self.settled(&outcome);
                match outcome {
                    Ok(b) => self.booked(&b, cx),
                    Err(e) => {
                        cx.failed(&e);
                        self.load(cx);
                    }
                }
            }
            Msg::Lapsed => {
                self.lapse.over();
                self.load(cx);
            }
            Msg::Reload => self.load(cx),
            Msg::Renewed(Err(_)) | Msg::Unbooked | Msg::LetGo => {}
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let here = |row: &crate::store::RowChange| match row.entity.as_str() {
            "waitlist_entry" => true,
            "waitlist_call" | "appointment" | "slot_hold" => {
                row.provider == Some(self.offering.time.provider.0)
            }
            "patient" | "clinic_session" | "schedule_exception" => true,
            _ => false,
        };
        let own = cx.env().actor.as_ref().map(|a| a.session.0);
        let ours = match change {
            Change::Everything => true,
            Change::Row(row) => {
                here(row) && (row.session.is_none() || row.session != own || row.entity == "appointment")
            }
            Change::Link(_) => false,
        };
        if ours && !self.saving {
            cx.after("offer.reload", Duration::from_millis(50), Msg::Reload);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.draw(frame, area, ui);
    }
}

//! The slots of one session, each with what it is: time is held back here for the same day or for urgent visits, released,
//! and overbooking limited.
use crate::{
    domain::{
        clinic_session::SessionRow,
        dates::full_day,
        ids::{HoldId, RequestId},
        slots::{SlotNow, SlotState, Tally},
        why::Why,
    },
    store::{Change, Error, HoldKind},
    text::tr_str,
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            prompt::Prompt,
            table::{Column, Table},
        },
    },
};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};
use uuid::Uuid;

crate::commands! {
    /// What the slots of a session understand.
    pub enum Command {
        Hold: "session.hold" "hold" "Hold the slot for the same day, until the policy's hour";
        Urgent: "slots.hold-urgent" "urgent" "Hold the slot for urgent visits, until the policy's hour";
        Release: "session.release" "release" "Release the slot: everybody may book it";
        Cap: "slots.cap" "limit" "How many may be booked over the slots of this session";
        Close: "slots.close" "back" "Close the slots" quiet;
    }
}

/// What the slots are told.
pub enum Msg {
    Loaded(Result<Vec<SlotNow>, Error>),
    Held(Result<HoldId, Error>),
    Released(Result<u64, Error>),
    Cap(Option<String>),
    Limited(Result<i64, Error>),
}

#[derive(Clone, Copy)]
struct Line {
    slot: SlotNow,
    zone: Tz,
}

/// The slots.
pub struct Slots {
    session: SessionRow,
    answer: Answer<()>,
    table: Table<Line>,
    tally: Tally,
}

impl Slots {
    /// Of this session; it answers when it is closed.
    #[must_use]
    pub fn of(session: SessionRow, answer: Answer<()>) -> Self {
        let table = Table::new(|l: &Line| {
            Uuid::from_u128(u128::from(l.slot.period.start.timestamp().unsigned_abs()))
        })
        .column(
            Column::new("Time", |l: &Line| l.slot.period.starts_at(l.zone).format("%H:%M").to_string())
                .width(6),
        )
        .column(Column::new("Slot", |l: &Line| tr_str(l.slot.state.code()).to_owned()).width(10).look(
            |l, t| match l.slot.state {
                SlotState::Free => t.good(),
                SlotState::Held => t.warn(),
                SlotState::Booked => t.text(),
                _ => t.dim(),
            },
        ))
        .column(
            Column::new("", |l: &Line| tr_str(meaning(l.slot.state)).to_owned())
                .grow(20)
                .look(|_, t| t.dim()),
        )
        .uncounted();
        Self { session, answer, table, tally: Tally::default() }
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let id = self.session.id;
        self.table.loading();
        cx.load(
            "slots.load",
            move |store| async move { store.slots_of_session(&actor, id).await },
            Msg::Loaded,
        );
    }

    fn hold(&mut self, kind: HoldKind, line: Line, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, period, request) = (self.session.id, line.slot.period, RequestId::new());
        cx.save(
            "session.hold",
            move |store| async move { store.hold_time(&actor, request, id, period, kind, None).await },
            Msg::Held,
        );
    }
}

/// English; the table passes it through `tr_str`.
fn meaning(state: SlotState) -> &'static str {
    match state {
        SlotState::Booked => "somebody has it",
        SlotState::Away => "a leave or a holiday",
        SlotState::Past => "has begun",
        SlotState::Buffer => "kept clear after a visit",
        SlotState::Held => "held until its hour of the day",
        SlotState::Free => "",
    }
}

fn cap(typed: &str) -> Result<Option<u32>, Why> {
    match typed.trim() {
        "" => Ok(None),
        n => n.parse().ok().filter(|n| *n <= 50).map(Some).ok_or_else(|| {
            Why::new("cap", tr!("`{typed}` is no limit.", typed = typed))
                .instead(tr!("Type 0 to 50, or nothing for the policy."))
        }),
    }
}

impl Screen for Slots {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["slots"]
    }
    fn title(&self) -> String {
        tr!("Slots").into()
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
        let state = self.table.selected().map(|l| l.slot.state);
        match (command, state) {
            (Command::Hold | Command::Urgent, Some(SlotState::Free))
            | (Command::Release, Some(SlotState::Held)) => Ok(()),
            (Command::Hold | Command::Urgent, _) => {
                Err(Why::new("slot_not_free", tr!("Only a free slot can be held.")))
            }
            (Command::Release, _) => Err(Why::new("slot_not_held", tr!("Only a held slot can be released."))),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        !matches!(command, Command::Close | Command::Cap)
            && self.table.is_loading()
            && self.table.rows().is_empty()
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let touched = match change {
            Change::Everything => true,
            Change::Row(r) => {
                matches!(
                    r.entity.as_str(),
                    "appointment" | "held_slot" | "clinic_session" | "schedule_exception"
                ) && (r.provider.is_none() || r.provider == Some(self.session.provider.0))
            }
            Change::Link(_) => false,
        };
        if touched {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let line = self.table.selected().copied();
        match (command, line) {
            (Command::Close, _) => cx.answer(&self.answer.clone(), ()),
            (Command::Cap, _) => {
                let now = self.session.kept.cap.map(|n| n.to_string()).unwrap_or_default();
                cx.open(
                    move |answer| {
                        Prompt::new(tr!("How many over the slots? Nothing: as the policy says."), answer)
                            .with(&now)
                            .check(|typed| cap(typed).map(|_| ()))
                    },
                    Msg::Cap,
                );
            }
            (Command::Hold, Some(line)) => self.hold(HoldKind::SameDay, line, cx),
            (Command::Urgent, Some(line)) => self.hold(HoldKind::Urgent, line, cx),
            (Command::Release, Some(line)) => {
                let Some(actor) = cx.env().actor.clone() else { return };
                let (id, period, request) = (self.session.id, line.slot.period, RequestId::new());
                cx.save(
                    "session.release",
                    move |store| async move { store.release_time(&actor, request, id, period).await },
                    Msg::Released,
                );
            }
            (_, None) => cx.toast(tr!("No slot is selected.")),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(slots)) => {
                self.tally = Tally::of(&slots);
                let zone = self.session.zone;
                self.table.set_rows(slots.into_iter().map(|slot| Line { slot, zone }).collect());
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Held(Ok(_)) | Msg::Released(Ok(_)) => self.load(cx),
            Msg::Cap(Some(typed)) => {
                let (Some(actor), Ok(cap)) = (cx.env().actor.clone(), cap(&typed)) else { return };
                let (id, seen, request) = (self.session.id, self.session.version, RequestId::new());
                self.session.kept.cap = cap;
                cx.save(
                    "session.change",
                    move |store| async move { store.set_overbook_cap(&actor, request, id, seen, cap).await },
                    Msg::Limited,
                );
            }
            Msg::Limited(Ok(version)) => {
                self.session.version = version;
                cx.toast(tr!("Saved."));
            }
            Msg::Held(Err(e)) | Msg::Released(Err(e)) | Msg::Limited(Err(e)) => {
                cx.failed(&e);
                self.load(cx);
            }
            Msg::Cap(None) => {}
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, 2);
        let s = &self.session;
        let first = format!(" {}  {}   {}   {}", full_day(s.day), s.times(), s.provider_name, s.centre_name);
        let fit =
            |text: &str| crate::text::cut(&crate::text::clean(text), usize::from(area.width)).to_string();
        widgets::put(frame, head, 0, &fit(&first), ui.theme.strong());
        let over = s.kept.overbooked;
        let over = match s.kept.cap {
            Some(cap) => tr!("{over} of {cap} over", over = over, cap = cap),
            None => tr!("{over} over", over = over),
        };
        let t = &self.tally;
        let second = tr!(
            " {all} slots: {booked} booked, {free} free, {blocked} blocked; {over}",
            all = t.defined(),
            booked = t.booked,
            free = t.free,
            blocked = t.blocked(),
            over = over
        );
        widgets::put(frame, head, 1, &fit(&second), ui.theme.text());
        self.table.view(frame, rows, ui);
    }
}

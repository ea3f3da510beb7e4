//! The times that came free, by any hand, and that suit people who wait: Enter offers one to them. What another desk is offering
//! is shown with who, and comes back by itself when that ends.
use crate::{
    domain::{
        dates,
        waitlist::{FreedHere, FreedTimes, Offering},
        why::Why,
    },
    store::{Change, Error},
    text::tr_n,
    tr,
    ui::{
        cx::{Cx, Env},
        freed::{self, Freed},
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};
use uuid::Uuid;

crate::commands! {
    /// What the list of freed times understands.
    pub enum Command {
        Offer: "freed.offer" "offer" "Show who waits for the selected time, and offer it" => "waitlist.offer";
        List: "freed.list" "waiting list" "Show the whole waiting list" => "waitlist.open";
    }
}

/// What the screen is told.
pub enum Msg {
    Loaded(Result<FreedTimes, Error>),
    Offering(Result<Option<Box<Offering>>, Error>),
    Again,
}

#[derive(Clone)]
struct Line {
    of: FreedHere,
    state: String,
}

/// The screen.
pub struct FreedList {
    freed: Freed,
    table: Table<Line>,
}

impl Default for FreedList {
    fn default() -> Self {
        let when = |l: &Line| {
            let at = l.of.time.period.starts_at(l.of.zone);
            format!("{} {}", dates::short_day(at.date()), dates::clock(at.time()))
        };
        let to = |l: &Line| tr!("to {end}", end = dates::clock(l.of.time.period.ends_at(l.of.zone).time()));
        let table = Table::new(|l: &Line| key(&l.of))
            .column(Column::new("Free", when).width(17))
            .column(Column::new("", to).width(9).priority(5))
            .column(Column::new("With", |l: &Line| l.of.provider_name.to_string()).grow(10))
            .column(
                Column::new("Waits for it", |l: &Line| l.state.clone())
                    .width(26)
                    .look(|l, t| if l.of.held.is_some() { t.dim() } else { t.good() }),
            )
            .column(Column::new("Centre", |l: &Line| l.of.centre_name.clone()).grow(10).priority(4))
            .empty("No time is free that suits somebody who waits.");
        Self { freed: Freed::default(), table }
    }
}

/// The row stays selected while it begins and ends when it did.
fn key(of: &FreedHere) -> Uuid {
    let start = u128::from(of.time.period.start.timestamp().unsigned_abs());
    Uuid::from_u128(of.time.provider.0.as_u128() ^ start)
}

impl FreedList {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        self.table.loading();
        self.freed.ask(!self.freed.is_asked(), cx, Msg::Loaded);
    }

    fn redraw(&mut self, env: &Env) {
        let now = env.now();
        let lines = self.freed.all().iter().filter(|t| t.held.is_some() || now <= t.until).map(|t| Line {
            state: match &t.held {
                Some(held) => tr!(
                    "{who} until {until}",
                    who = held.by,
                    until = held.until.with_timezone(&t.zone).format("%H:%M:%S")
                ),
                None => tr_n("{n} waits for it", "{n} wait for it", t.suits),
            },
            of: t.clone(),
        });
        self.table.set_rows(lines.collect());
    }
}

impl Screen for FreedList {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["freed"]
    }
    fn title(&self) -> String {
        tr!("Waiting list: free times").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn needs_minute(&self) -> bool {
        true
    }
    fn minute(&mut self, cx: &mut Cx<Msg>) {
        self.redraw(&cx.env().clone());
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn retry(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Offer && self.freed.all().is_empty() && self.table.is_loading()
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let selected = self.table.selected();
        match (command, selected.map(|l| (&l.of, l.of.held.as_ref()))) {
            (Command::Offer, None) => Err(Why::new("nothing_selected", tr!("No time is selected."))),
            (Command::Offer, Some((of, Some(held)))) => Err(Why::new(
                "slot_being_offered",
                tr!(
                    "{who} has that time until {until}.",
                    who = held.by,
                    until = held.until.with_timezone(&of.zone).format("%H:%M:%S")
                ),
            )
            .instead(tr!("It comes back here when they let go of it; the other times are free."))),
            _ => Ok(()),
        }
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Offer => {
                if let Some(line) = self.table.selected() {
                    freed::offer(line.of.time, cx, Msg::Offering);
                }
            }
            Command::List => cx.push(Route::Waitlist),
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(found)) => {
                self.freed.hear(found, cx, Msg::Again);
                self.redraw(&cx.env().clone());
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Offering(Ok(Some(offering))) => cx.push(Route::Offer(offering)),
            Msg::Offering(Ok(None)) => {
                cx.toast(freed::gone());
                self.load(cx);
            }
            Msg::Offering(Err(e)) => cx.failed(&e),
            Msg::Again => self.load(cx),
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if self.freed.concerns(change) {
            self.freed.soon(cx, Msg::Again);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, body] = widgets::split_top(area, 2);
        let what = tr!(" Came free for people who wait: cancelled, moved, missed, released or opened");
        widgets::put(frame, head, 0, what, ui.theme.strong());
        self.table.view(frame, body, ui);
    }
}

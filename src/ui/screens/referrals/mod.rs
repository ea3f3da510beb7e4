//! The open referrals written to the signed-in provider or to their specialty: the letter can be read before anything is
//! booked, the history opens with the booking.
pub mod letter;

use crate::{
    domain::{
        dates,
        referral::{Referral, ReferralStatus},
        why::Why,
    },
    store::{Change, Error},
    text::clean_one_line,
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::table::{Column, Table},
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of referrals understands.
    pub enum Command {
        Open: "referrals.open" "read" "Read the letter of the selected referral";
        Patient: "referrals.patient" "patient" "Open the patient of the selected referral";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The referrals as they are now.
    Loaded(Result<Vec<Referral>, Error>),
}

/// The screen.
pub struct Referrals {
    table: Table<Referral>,
    opened: bool,
}

impl Default for Referrals {
    fn default() -> Self {
        let shown = |text: &str| clean_one_line(text).into_owned();
        let table = Table::new(|r: &Referral| r.id.0)
            .column(
                Column::new("Written", |r: &Referral| dates::long_date(r.written_on)).width(12).priority(3),
            )
            .column(Column::new("Patient", move |r: &Referral| shown(&r.patient_name.to_string())).grow(16))
            .column(Column::new("From", move |r: &Referral| shown(&r.from.to_string())).grow(12).priority(4))
            .column(Column::new("Reason", move |r: &Referral| shown(&r.what.reason)).grow(14).priority(2))
            .column(Column::new("Urgency", |r: &Referral| r.what.urgency.word().to_owned()).width(8))
            .column(Column::new("State", |r: &Referral| r.status.word().to_owned()).width(7).look(|r, t| {
                match r.status {
                    ReferralStatus::Booked => t.dim(),
                    ReferralStatus::Sent => t.strong(),
                    _ => t.text(),
                }
            }))
            .empty("No open referral is written to you or your specialty.");
        Self { table, opened: false }
    }
}

impl Screen for Referrals {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["referrals"]
    }
    fn title(&self) -> String {
        tr!("Referrals to you").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn waits_for(&self, _: Command) -> bool {
        self.table.is_loading()
    }
    fn available(&self, _: Command) -> Result<(), Why> {
        match self.table.selected() {
            Some(_) => Ok(()),
            None => Err(Why::new("nothing_selected", tr!("No referral is selected."))),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let opened = !std::mem::replace(&mut self.opened, true);
        self.table.loading();
        cx.load(
            "referrals.load",
            move |store| async move { store.incoming_referrals(&actor, opened).await },
            Msg::Loaded,
        );
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.opened(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let Some(referral) = self.table.selected() else { return };
        match command {
            Command::Open => cx.push(Route::Referral(referral.id)),
            Command::Patient => cx.push(Route::Patient(referral.patient)),
        }
    }
    fn update(&mut self, Msg::Loaded(loaded): Msg, cx: &mut Cx<Msg>) {
        match loaded {
            Ok(rows) => self.table.set_rows(rows),
            Err(e) => {
                self.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if matches!(change, Change::Everything) || matches!(change, Change::Row(r) if r.entity == "referral")
        {
            self.opened(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.table.view(frame, area, ui);
    }
}

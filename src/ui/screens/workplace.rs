//! Choosing another of one's centres: board, booking and times follow it, now and at the next sign-in.
use crate::{
    domain::{
        actor::{Actor, Workplace},
        why::Why,
    },
    store::{Error, Store},
    text::clean,
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::table::{Column, Table},
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the choice of a centre understands.
    pub enum Command {
        Choose: "workplace.choose" "work here" "Work at the selected centre from now on";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The centres of this person.
    Loaded(Result<Vec<Workplace>, Error>),
    /// The person as the server knows them after the choice.
    Chosen(Result<(Actor, Store), Error>),
}

/// The centres at which somebody works.
pub struct ChooseWorkplace {
    table: Table<Workplace>,
}

impl Default for ChooseWorkplace {
    fn default() -> Self {
        let table = Table::new(|w: &Workplace| w.centre.0)
            .column(Column::new("Centre", |w: &Workplace| clean(&w.name).into_owned()).grow(20))
            .column(Column::new("Time zone", |w: &Workplace| w.zone.name().to_owned()).width(24).priority(2))
            .empty("You work at no centre yet. An administrator adds you to one.");
        Self { table }
    }
}

impl Screen for ChooseWorkplace {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["workplace"]
    }
    fn title(&self) -> String {
        tr!("Where you work now").into()
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
            None => Err(Why::new("nothing_selected", tr!("No centre is selected."))),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load("workplace.list", move |store| async move { store.workplaces(&actor).await }, Msg::Loaded);
    }
    fn command(&mut self, _: Command, cx: &mut Cx<Msg>) {
        let Some(centre) = self.table.selected().map(|w| w.centre) else { return };
        cx.save(
            "workplace.choose",
            move |store| async move {
                if !store.work_at(centre).await? {
                    let why = Why::new("not_your_centre", tr!("You do not work at that centre (any more)."));
                    return Err(Error::Refused(why.instead(tr!("An administrator adds you to it."))));
                }
                let actor = store.who_am_i().await?;
                Ok((actor, store))
            },
            Msg::Chosen,
        );
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => {
                self.table.set_rows(rows);
                if let Some(w) = cx.env().actor.as_ref().and_then(|a| a.workplace.clone()) {
                    self.table.select(w.centre.0);
                }
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Chosen(Ok((actor, store))) => {
                let name = actor.workplace.as_ref().map_or_else(String::new, |w| clean(&w.name).into_owned());
                cx.signed_in(actor, store);
                cx.toast(tr!("You work at {centre} now.", centre = name));
            }
            Msg::Chosen(Err(e)) => cx.failed(&e),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.table.view(frame, area, ui);
    }
}

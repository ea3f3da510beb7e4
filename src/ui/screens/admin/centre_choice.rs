//! Choosing some of the centres: where somebody works.
use crate::{
    domain::{centre::CentreEntry, ids::CentreId},
    store::Error,
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Kind, Screen, Ui, Widget},
        widgets::{
            boxed, centred,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the choice of centres understands.
    pub enum Command {
        Toggle: "centre-choice.toggle" "works there" "Put the centre in or take it out";
        Accept: "centre-choice.accept" "take these" "Take the chosen centres";
        Cancel: "centre-choice.cancel" "keep" "Leave the centres as they were";
    }
}

/// What comes back from the store.
pub enum Msg {
    Loaded(Result<Vec<CentreEntry>, Error>),
}

/// The chosen centres with their names, in the order of the list.
pub type Chosen = Vec<(CentreId, String)>;

/// A list of every centre in use, with those chosen marked.
pub struct CentreChoice {
    table: Table<(CentreEntry, bool)>,
    chosen: Vec<CentreId>,
    answer: Answer<Option<Chosen>>,
}

impl CentreChoice {
    /// Beginning with these.
    #[must_use]
    pub fn new(chosen: Vec<CentreId>, answer: Answer<Option<Chosen>>) -> Self {
        let table = Table::new(|r: &(CentreEntry, bool)| r.0.id.0)
            .column(
                Column::new("", |r: &(CentreEntry, bool)| if r.1 { "x".into() } else { ".".into() }).width(1),
            )
            .column(Column::new("Centre", |r: &(CentreEntry, bool)| r.0.details.name.clone()).grow(20))
            .column(
                Column::new("Suburb", |r: &(CentreEntry, bool)| r.0.details.suburb.clone())
                    .width(14)
                    .priority(3),
            )
            .uncounted()
            .empty("There is no centre yet. Add one under Centres.");
        Self { table, chosen, answer }
    }

    fn mark(&mut self, centres: Vec<CentreEntry>) {
        let rows = centres.into_iter().map(|c| {
            let on = self.chosen.contains(&c.id);
            (c, on)
        });
        let rows = rows.collect();
        self.table.set_rows(rows);
    }
}

impl Screen for CentreChoice {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["centre-choice"]
    }
    fn title(&self) -> String {
        tr!("Centres of work").into()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load("centre-choice.list", |s| async move { s.centre_entries(&actor).await }, Msg::Loaded);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Toggle => {
                if let Some((centre, on)) = self.table.selected() {
                    let id = centre.id;
                    if *on {
                        self.chosen.retain(|c| *c != id);
                    } else {
                        self.chosen.push(id);
                    }
                    let all = self.table.rows().iter().map(|r| r.0.clone()).collect();
                    self.mark(all);
                }
            }
            Command::Accept => {
                let chosen = self
                    .table
                    .rows()
                    .iter()
                    .filter(|r| r.1)
                    .map(|r| (r.0.id, r.0.details.name.clone()))
                    .collect();
                cx.answer(&self.answer.clone(), Some(chosen));
            }
            Command::Cancel => cx.answer(&self.answer.clone(), None),
        }
    }
    fn update(&mut self, Msg::Loaded(result): Msg, cx: &mut Cx<Msg>) {
        match result {
            Ok(all) => {
                let chosen = self.chosen.clone();
                self.mark(all.into_iter().filter(|c| !c.retired || chosen.contains(&c.id)).collect());
            }
            Err(e) => {
                self.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let inner = boxed(frame, centred(area, 64, 16), &self.title(), ui.theme);
        self.table.view(frame, inner, ui);
    }
}

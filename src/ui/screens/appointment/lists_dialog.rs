//! The patient's lists over another tab: the same machine as in the Info tab, closed with Esc.
use super::lists::{Command, ListMsg, Lists};
use crate::{
    domain::{
        history::History,
        ids::{EncounterId, PatientId},
        why::Why,
    },
    store::{Banner, Error},
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Kind, Screen, Ui, Widget},
        widgets,
    },
};
use ratatui::{Frame, layout::Rect};

/// What the world answers.
#[derive(Debug)]
pub enum Msg {
    Lists(ListMsg),
    Loaded(Result<Box<History>, Error>),
}

/// The lists of one patient as a dialog; it answers whether something was changed.
pub struct ListsDialog {
    lists: Lists,
    patient: PatientId,
    name: String,
    encounter: Option<EncounterId>,
    changed: bool,
    answer: Answer<bool>,
}

impl ListsDialog {
    /// Shows these lists; new entries belong to `encounter`.
    #[must_use]
    pub fn new(
        banner: &Banner,
        encounter: Option<EncounterId>,
        history: &History,
        answer: Answer<bool>,
    ) -> Self {
        let mut lists = Lists::default();
        lists.set(banner.patient, encounter, history, &[]);
        Self {
            lists,
            patient: banner.patient,
            name: banner.name.to_string(),
            encounter,
            changed: false,
            answer,
        }
    }
}

impl Screen for ListsDialog {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["lists-dialog", "patient-lists"]
    }
    fn title(&self) -> String {
        tr!("Lists of {patient}", patient = self.name)
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.lists.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        self.lists.available(command)
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Close => cx.answer(&self.answer.clone(), self.changed),
            other => self.lists.command(other, cx, Msg::Lists),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Lists(msg) => {
                if self.lists.update(msg, cx, Msg::Lists) {
                    self.changed = true;
                    let (patient, Some(actor)) = (self.patient, cx.env().actor.clone()) else { return };
                    cx.load(
                        "history.reload",
                        move |store| async move { store.history(&actor, patient, false).await.map(Box::new) },
                        Msg::Loaded,
                    );
                }
            }
            Msg::Loaded(Ok(history)) => self.lists.set(self.patient, self.encounter, &history, &[]),
            Msg::Loaded(Err(e)) => cx.failed(&e),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        // The banner and the tabs of the panel below stay visible.
        let [_, area] = widgets::split_top(area, 2);
        let inner = widgets::boxed(frame, area, &self.title(), ui.theme);
        self.lists.table.view(frame, inner, ui);
    }
}

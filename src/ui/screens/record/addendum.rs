//! Writing an addendum: a title where wanted, and the text.
use crate::{
    domain::{
        encounter::NewNote,
        ids::{DraftId, EncounterId},
    },
    tr,
    ui::{
        cx::{Answer, Cx, Env},
        draft::Keeps,
        screen::{Kind, Leave, Screen, Ui, Widget},
        widgets::{
            self,
            form::{Field, Form},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the addendum's form understands.
    pub enum Command {
        Save: "addendum.save" "save" "Add this to the signed visit";
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum F {
    Title,
    Text,
}

/// The form; it answers the note.
pub struct Addendum {
    form: Form<F>,
    keeps: Keeps,
    answer: Answer<NewNote>,
}

impl Addendum {
    /// The name of its draft.
    pub const FORM: &'static str = "note.add-addendum";

    /// An empty form, or one that takes up what was kept.
    #[must_use]
    pub fn new(encounter: EncounterId, take: Option<DraftId>, answer: Answer<NewNote>) -> Self {
        let form = Form::new()
            .with(F::Text, Field::many(tr!("Text"), 8).required())
            .with(F::Title, Field::text(tr!("Title")).max(200));
        Self { form, keeps: Keeps::new(Self::FORM, encounter.0).taking(take), answer }
    }
}

impl Screen for Addendum {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &["addendum"]
    }
    fn title(&self) -> String {
        tr!("Addendum").into()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn keeps(&self, _env: &Env) -> Option<Keeps> {
        Some(self.keeps.clone())
    }
    fn typed(&self) -> Option<String> {
        self.form.typed()
    }
    fn put_back(&mut self, text: &str) {
        self.form.put_back(text);
    }
    fn leave(&self) -> Leave {
        if self.form.is_dirty() {
            Leave::Ask(tr!("The addendum is not added yet.").into())
        } else {
            Leave::Free
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<()>) {
        let Command::Save = command;
        if self.form.check().is_ok() {
            let note = NewNote { title: self.form.get(F::Title), body: self.form.get(F::Text), system: None };
            let answer = self.answer.clone();
            cx.answer(&answer, note);
        }
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let area = widgets::centred(area, 76, 14);
        let inner = widgets::boxed(frame, area, tr!("Addendum"), ui.theme);
        self.form.view(frame, inner, ui);
    }
}

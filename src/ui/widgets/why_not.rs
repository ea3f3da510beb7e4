//! A text in a box over the screen it speaks of: what one may not do, or a permission in words.
use super::scroll_text::ScrollText;
use crate::{
    tr,
    ui::{
        cx::Cx,
        screen::{Kind, Screen, Ui, Widget},
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What a text in a box understands.
    pub enum Command {
        Close: "box.close" "close" "Close the text";
    }
}

/// The box.
pub struct WhyNot {
    title: String,
    text: ScrollText,
}

impl WhyNot {
    /// What one may not do, and who may.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self::titled(tr!("Why may I not?"), text)
    }
    /// A text under another title.
    #[must_use]
    pub fn titled(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: ScrollText::new(text) }
    }
}

impl Screen for WhyNot {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &["box"]
    }
    fn title(&self) -> String {
        self.title.clone()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.text)
    }
    fn command(&mut self, Command::Close: Command, cx: &mut Cx<()>) {
        cx.close();
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let area = super::centred(area, 76, area.height);
        let inner = super::boxed(frame, area, &self.title, ui.theme);
        self.text.view(frame, inner, ui);
    }
}

//! Yes or no, naming the object and the consequence. Default is no; a key typed before it could be read is refused.
use crate::{
    text::{tr_str, wrap},
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Kind, Screen, Ui},
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What a question understands.
    pub enum Command {
        Yes: "dialog.yes" "yes" "Do it";
        No: "dialog.no" "no" "Leave everything as it is";
    }
}

/// A question; it answers `true` or `false`.
///
/// `cx.open(|a| Confirm::new(tr!("Cancel {what}?", what = "10:30 BLACK Jack"), a).yes(tr!("cancel it")), Msg::Sure)`
pub struct Confirm {
    question: String,
    consequence: String,
    yes: String,
    no: String,
    answer: Answer<bool>,
}

impl Confirm {
    /// A question that names its object.
    #[must_use]
    pub fn new(question: impl Into<String>, answer: Answer<bool>) -> Self {
        Self {
            question: question.into(),
            consequence: String::new(),
            yes: tr!("yes").into(),
            no: tr!("no").into(),
            answer,
        }
    }
    /// What follows from yes.
    #[must_use]
    pub fn consequence(mut self, text: impl Into<String>) -> Self {
        self.consequence = text.into();
        self
    }
    /// The words for yes: "cancel it".
    #[must_use]
    pub fn yes(mut self, text: impl Into<String>) -> Self {
        self.yes = text.into();
        self
    }
    /// The words for no: "keep".
    #[must_use]
    pub fn no(mut self, text: impl Into<String>) -> Self {
        self.no = text.into();
        self
    }
}

impl Screen for Confirm {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &["dialog"]
    }
    fn title(&self) -> String {
        self.question.clone()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn confirms(&self, command: Command) -> bool {
        command == Command::Yes
    }
    fn command(&mut self, command: Command, cx: &mut Cx<()>) {
        cx.answer(&self.answer.clone(), command == Command::Yes);
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let key = |id| ui.key(&["dialog"], id);
        let keys = format!("{} {}   {} {}", key("dialog.yes"), self.yes, key("dialog.no"), self.no);
        let room = usize::from(area.width.saturating_sub(4).clamp(1, 64));
        let mut lines = wrap(&self.question, room);
        if !self.consequence.is_empty() {
            lines.extend(wrap(&self.consequence, room));
        }
        lines.push(keys);
        let wide = lines.iter().map(|l| crate::text::width(l)).max().unwrap_or(0).max(16) as u16 + 4;
        let area = super::centred(area, wide, lines.len() as u16 + 2);
        let inner = super::boxed(frame, area, tr_str("Please decide"), ui.theme);
        let last = lines.len() - 1;
        for (i, line) in lines.iter().enumerate() {
            let style = if i == last { ui.theme.strong() } else { ui.theme.text() };
            super::put(frame, inner, i as u16, &format!(" {line}"), style);
        }
    }
}

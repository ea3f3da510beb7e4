//! Asks for one line: a reason, a code. What was typed is checked before it is answered.
use super::text_input::TextLine;
use crate::{
    domain::why::Why,
    text::wrap,
    ui::{
        cx::{Answer, Cx},
        screen::{Kind, Screen, TextInput, Ui},
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What a prompt understands.
    pub enum Command {
        Accept: "prompt.accept" "accept" "Take what was typed";
        Cancel: "prompt.cancel" "cancel" "Close without an answer";
    }
}

type Check = Box<dyn Fn(&str) -> Result<(), Why> + Send>;

/// A question with a line to type in; it answers the text, or `None`.
///
/// `cx.open(|a| Prompt::new(tr!("Why is it cancelled?"), a).check(not_empty), Msg::Reason)`
pub struct Prompt {
    question: String,
    text: TextLine,
    check: Check,
    problem: Option<Why>,
    answer: Answer<Option<String>>,
}

impl Prompt {
    /// A prompt that takes any text.
    #[must_use]
    pub fn new(question: impl Into<String>, answer: Answer<Option<String>>) -> Self {
        Self {
            question: question.into(),
            text: TextLine::new(),
            check: Box::new(|_| Ok(())),
            problem: None,
            answer,
        }
    }
    /// Takes only what this accepts.
    #[must_use]
    pub fn check(mut self, check: impl Fn(&str) -> Result<(), Why> + Send + 'static) -> Self {
        self.check = Box::new(check);
        self
    }
    /// A password: dots are shown.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.text = self.text.hidden();
        self
    }
    /// Beginning with this text.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        self.text.set(text);
        self
    }
}

impl Screen for Prompt {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &["prompt"]
    }
    fn title(&self) -> String {
        self.question.clone()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        Some(&mut self.text)
    }
    fn edited(&mut self, _cx: &mut Cx<()>) {
        self.problem = None;
    }
    fn command(&mut self, command: Command, cx: &mut Cx<()>) {
        let answer = self.answer.clone();
        match command {
            Command::Cancel => cx.answer(&answer, None),
            Command::Accept => match (self.check)(self.text.value()) {
                Ok(()) => cx.answer(&answer, Some(self.text.text())),
                Err(why) => self.problem = Some(why),
            },
        }
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let room = usize::from(area.width.saturating_sub(4).clamp(1, 64));
        let problem = self.problem.as_ref().map(ToString::to_string).unwrap_or_default();
        let lines = wrap(&problem, room);
        let area = super::centred(area, 68, lines.len().max(1) as u16 + 3);
        let inner = super::boxed(frame, area, &self.question, ui.theme);
        let [line, rest] = super::split_top(inner, 1);
        self.text.view(frame, super::split_left(line, 1)[1], ui.theme, ui.focused);
        for (i, line) in lines.iter().enumerate() {
            super::put(frame, rest, i as u16, &format!(" {line}"), ui.theme.alarm());
        }
    }
}

//! Asks for one line or several: a reason, a code. What was typed is checked before it is answered.
use super::{text_area::TextBox, text_input::TextLine};
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

/// Where the answer is typed.
enum Text {
    One(TextLine),
    Many(Box<TextBox>, u16),
}

impl Text {
    fn get(&self) -> String {
        match self {
            Self::One(line) => line.text(),
            Self::Many(text, _) => text.value(),
        }
    }
}

/// A question with a line to type in; it answers the text, or `None`.
///
/// `cx.open(|a| Prompt::new(tr!("Why is it cancelled?"), a).check(not_empty), Msg::Reason)`
pub struct Prompt {
    question: String,
    text: Text,
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
            text: Text::One(TextLine::new()),
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
        self.text = Text::One(TextLine::new().hidden());
        self
    }
    /// Several lines, so many of them visible: Enter begins a new one, Ctrl-S takes the text.
    #[must_use]
    pub fn lines(mut self, rows: u16) -> Self {
        let mut text = TextBox::new();
        text.set(&self.text.get());
        self.text = Text::Many(Box::new(text), rows.max(1));
        self
    }
    /// Beginning with this text.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        match &mut self.text {
            Text::One(line) => line.set(text),
            Text::Many(many, _) => many.set(text),
        }
        self
    }
}

impl Screen for Prompt {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        match self.text {
            Text::One(_) => &["prompt"],
            Text::Many(..) => &["prompt-lines"],
        }
    }
    fn title(&self) -> String {
        self.question.clone()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        Some(match &mut self.text {
            Text::One(line) => line,
            Text::Many(text, _) => text.as_mut(),
        })
    }
    fn edited(&mut self, _cx: &mut Cx<()>) {
        self.problem = None;
    }
    fn command(&mut self, command: Command, cx: &mut Cx<()>) {
        let answer = self.answer.clone();
        match command {
            Command::Cancel => cx.answer(&answer, None),
            Command::Accept => match (self.check)(&self.text.get()) {
                Ok(()) => cx.answer(&answer, Some(self.text.get())),
                Err(why) => self.problem = Some(why),
            },
        }
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let room = usize::from(area.width.saturating_sub(4).clamp(1, 64));
        let problem = self.problem.as_ref().map(ToString::to_string).unwrap_or_default();
        let lines = wrap(&problem, room);
        let rows = if let Text::Many(_, rows) = self.text { rows } else { 1 };
        let area = super::centred(area, 68, lines.len().max(1) as u16 + rows + 2);
        let inner = super::boxed(frame, area, &self.question, ui.theme);
        let [top, rest] = super::split_top(inner, rows);
        let input = super::split_left(top, 1)[1];
        match &mut self.text {
            Text::One(line) => line.view(frame, input, ui.theme, ui.focused),
            Text::Many(text, _) => text.view(frame, input, ui.theme, ui.focused),
        }
        for (i, line) in lines.iter().enumerate() {
            super::put(frame, rest, i as u16, &format!(" {line}"), ui.theme.alarm());
        }
    }
}

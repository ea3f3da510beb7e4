//! One field of a form: what may be in it, whether it is right, how it looks.
use crate::{
    domain::why::Why,
    text::fold,
    tr,
    ui::{
        command::WidgetCommand,
        screen::TextInput,
        widgets::{text_area::TextBox, text_input::TextLine},
    },
};
use chrono::NaiveDate;

type Check = Box<dyn Fn(&str) -> Result<(), Why> + Send>;

/// What is in a field.
pub(super) enum Value {
    Line(TextLine),
    Many(Box<TextBox>),
    Choice(Choice),
    Toggle(Toggle),
    Fixed(String),
}

/// One of several words. Space takes the next, a letter the next that begins with it.
#[derive(Default)]
pub(super) struct Choice {
    pub(super) options: Vec<String>,
    pub(super) at: Option<usize>,
}

impl Choice {
    fn cycle(&mut self, by: isize) {
        let n = self.options.len() as isize;
        if n > 0 {
            let next = self.at.map_or(if by > 0 { 0 } else { n - 1 }, |i| (i as isize + by).rem_euclid(n));
            self.at = Some(next as usize);
        }
    }
    fn beginning_with(&self, c: char) -> Option<usize> {
        let wanted = fold(&c.to_string());
        let n = self.options.len();
        let from = self.at.map_or(0, |i| i + 1);
        (0..n).map(|i| (from + i) % n).find(|i| {
            !wanted.is_empty() && c.is_alphanumeric() && fold(&self.options[*i]).starts_with(&wanted)
        })
    }
}

impl TextInput for Choice {
    fn insert(&mut self, text: &str) {
        for c in text.chars().take(20) {
            if c == ' ' {
                self.cycle(1);
            } else if let Some(at) = self.beginning_with(c) {
                self.at = Some(at);
            }
        }
    }
    fn takes(&self, c: char) -> bool {
        c == ' ' || self.beginning_with(c).is_some()
    }
    fn edit(&mut self, _command: WidgetCommand) -> bool {
        false
    }
    fn text(&self) -> String {
        self.at.and_then(|i| self.options.get(i)).cloned().unwrap_or_default()
    }
}

/// Yes or no. Space turns it, the letters of the two words set it.
#[derive(Default)]
pub(super) struct Toggle(pub(super) bool);

impl Toggle {
    fn answer(c: char) -> Option<bool> {
        let begins = |word: &str| word.chars().next().is_some_and(|w| w.eq_ignore_ascii_case(&c));
        if begins(tr!("yes")) {
            Some(true)
        } else if begins(tr!("no")) {
            Some(false)
        } else {
            None
        }
    }
}

impl TextInput for Toggle {
    fn insert(&mut self, text: &str) {
        for c in text.chars().take(20) {
            self.0 = if c == ' ' { !self.0 } else { Self::answer(c).unwrap_or(self.0) };
        }
    }
    fn takes(&self, c: char) -> bool {
        c == ' ' || Self::answer(c).is_some()
    }
    fn edit(&mut self, _command: WidgetCommand) -> bool {
        false
    }
    fn text(&self) -> String {
        if self.0 { "yes" } else { "" }.into()
    }
}

/// One field with its label and its rule.
pub struct Field {
    pub(super) label: String,
    pub(super) value: Value,
    pub(super) required: bool,
    pub(super) hint: String,
    pub(super) rows: u16,
    pub(super) problem: Option<String>,
    pub(super) first: String,
    check: Check,
}

impl Field {
    fn of(label: impl Into<String>, value: Value) -> Self {
        let mut field = Self {
            label: label.into(),
            value,
            required: false,
            hint: String::new(),
            rows: 1,
            problem: None,
            first: String::new(),
            check: Box::new(|_| Ok(())),
        };
        field.first = field.get();
        field
    }
    /// One line of text.
    #[must_use]
    pub fn text(label: impl Into<String>) -> Self {
        Self::of(label, Value::Line(TextLine::new()))
    }
    /// A password.
    #[must_use]
    pub fn secret(label: impl Into<String>) -> Self {
        Self::of(label, Value::Line(TextLine::new().hidden()))
    }
    /// Several lines, so many of them visible.
    #[must_use]
    pub fn many(label: impl Into<String>, rows: u16) -> Self {
        let mut field = Self::of(label, Value::Many(Box::default()));
        field.rows = rows.max(1);
        field
    }
    /// One of these words; left, right and space cycle, a letter takes the next word that begins with it.
    #[must_use]
    pub fn choice(label: impl Into<String>, options: Vec<String>) -> Self {
        Self::of(label, Value::Choice(Choice { options, at: None }))
    }
    /// Yes or no.
    #[must_use]
    pub fn toggle(label: impl Into<String>) -> Self {
        Self::of(label, Value::Toggle(Toggle(false)))
    }
    /// Shown, not changed.
    #[must_use]
    pub fn fixed(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self::of(label, Value::Fixed(text.into()))
    }
    /// A date as 2026-03-12 or 12/03/2026.
    #[must_use]
    pub fn date(label: impl Into<String>) -> Self {
        Self::text(label).max(10).hint(tr!("dd/mm/yyyy")).check(|text| match read_date(text) {
            Some(_) => Ok(()),
            None if text.is_empty() => Ok(()),
            None => Err(Why::new("date", tr!("Not a date.")).instead(tr!("Write it as 12/03/2026."))),
        })
    }
    /// A number within these bounds.
    #[must_use]
    pub fn number(label: impl Into<String>, least: f64, most: f64) -> Self {
        Self::text(label).max(12).check(move |text| match text.parse::<f64>() {
            _ if text.is_empty() => Ok(()),
            Ok(n) if n >= least && n <= most => Ok(()),
            _ => Err(Why::new(
                "number",
                tr!("A number from {least} to {most} is needed.", least = least, most = most),
            )),
        })
    }
    /// It must not be empty; a dot says so.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// At most this many characters.
    #[must_use]
    pub fn max(mut self, characters: usize) -> Self {
        self.value = match self.value {
            Value::Line(line) => Value::Line(line.max(characters)),
            Value::Many(text) => Value::Many(Box::new(text.max(characters))),
            other => other,
        };
        self
    }
    /// Shown beside the empty field.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
    /// What may be in it; asked when the field is left and before saving.
    #[must_use]
    pub fn check(mut self, check: impl Fn(&str) -> Result<(), Why> + Send + 'static) -> Self {
        self.check = Box::new(check);
        self
    }
    /// Beginning with this value; the form is not dirty for it.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        self.set(text);
        self.first = self.get();
        self
    }
    pub(super) fn get(&self) -> String {
        match &self.value {
            Value::Line(line) => line.text(),
            Value::Many(text) => text.value(),
            Value::Choice(choice) => choice.text(),
            Value::Toggle(toggle) => toggle.text(),
            Value::Fixed(text) => text.clone(),
        }
    }
    pub(super) fn set(&mut self, text: &str) {
        match &mut self.value {
            Value::Line(line) => line.set(text),
            Value::Many(many) => many.set(text),
            Value::Choice(choice) => choice.at = choice.options.iter().position(|o| o == text),
            Value::Toggle(toggle) => toggle.0 = text == "yes",
            Value::Fixed(fixed) => text.clone_into(fixed),
        }
    }
    pub(super) fn cycle(&mut self, by: isize) -> bool {
        match &mut self.value {
            Value::Choice(choice) => choice.cycle(by),
            Value::Toggle(toggle) => toggle.0 = !toggle.0,
            _ => return false,
        }
        true
    }
    pub(super) fn input(&mut self) -> Option<&mut dyn TextInput> {
        match &mut self.value {
            Value::Line(line) => Some(line),
            Value::Many(text) => Some(text.as_mut()),
            Value::Choice(choice) => Some(choice),
            Value::Toggle(toggle) => Some(toggle),
            Value::Fixed(_) => None,
        }
    }
    /// That what was typed or pasted last was cut at the field's length.
    pub(super) fn overfull(&self) -> Option<String> {
        let max = match &self.value {
            Value::Line(line) => line.overfull(),
            Value::Many(text) => text.overfull(),
            _ => None,
        }?;
        Some(tr!("Full: at most {n} characters.", n = max))
    }
    pub(super) fn examine(&mut self) -> Result<(), Why> {
        let text = self.get();
        let text = text.trim();
        let outcome = if self.required && text.is_empty() {
            Err(Why::new("required", tr!("{field} is needed.", field = self.label)))
        } else {
            (self.check)(text)
        };
        self.problem = outcome.as_ref().err().map(ToString::to_string);
        outcome
    }
}

/// A date as people here write it.
pub(super) fn read_date(text: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %b %Y"]
        .iter()
        .find_map(|f| NaiveDate::parse_from_str(text, f).ok())
}

//! Fields under each other, labels at the left. Typing edits, Enter accepts and goes on, Esc leaves the field but
//! never the text; what is wrong is told beside the field as soon as it is left.
mod field;

use super::picker::scrolled;
use crate::{
    domain::why::Why,
    text::{pad, width, wrap},
    tr,
    ui::{
        command::WidgetCommand,
        screen::{TextInput, Ui, Used, Widget},
        theme::Theme,
    },
};
use chrono::NaiveDate;
pub use field::Field;
use field::Value;
use ratatui::{Frame, layout::Rect, text::Span, widgets::Clear};
use std::{collections::BTreeMap, fmt::Debug};

/// A form whose fields have the names `F`.
///
/// `Form::new().with(F::Family, Field::text(tr!("Family name")).required()).with(F::Born, Field::date(tr!("Born")))`
pub struct Form<F> {
    fields: Vec<(F, Field)>,
    at: usize,
    top: usize,
    typing: bool,
}

impl<F: Copy + PartialEq + Debug> Form<F> {
    /// What differs from what was loaded or saved last, by the fields' names, for a draft; none when nothing does.
    #[must_use]
    pub fn typed(&self) -> Option<String> {
        let typed: BTreeMap<String, String> = self
            .fields
            .iter()
            .filter(|(_, f)| f.get() != f.first)
            .map(|(name, f)| (format!("{name:?}"), f.get()))
            .collect();
        if typed.is_empty() { None } else { serde_json::to_string(&typed).ok() }
    }
    /// What was loaded or saved last stands in the fields again.
    pub fn undo(&mut self) {
        for (_, f) in &mut self.fields {
            let first = f.first.clone();
            f.set(&first);
        }
    }
    /// Puts such a text back: into fields that were not touched as it was, behind what is typed already.
    pub fn put_back(&mut self, text: &str) {
        let typed: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
        for (name, f) in &mut self.fields {
            let Some(old) = typed.get(&format!("{name:?}")) else { continue };
            let mine = f.get();
            match &f.value {
                _ if mine == *old => {}
                _ if mine == f.first => f.set(old),
                Value::Line(_) => f.set(&format!("{mine} {old}")),
                Value::Many(_) => f.set(&format!("{mine}\n{old}")),
                Value::Choice(_) | Value::Toggle(_) | Value::Fixed(_) => {}
            }
        }
    }
}

impl<F: Copy + PartialEq> Default for Form<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Copy + PartialEq> Form<F> {
    /// A form without fields.
    #[must_use]
    pub fn new() -> Self {
        Self { fields: vec![], at: 0, top: 0, typing: true }
    }
    /// Adds a field at the bottom.
    #[must_use]
    pub fn with(mut self, name: F, field: Field) -> Self {
        self.fields.push((name, field));
        if matches!(self.fields[self.at].1.value, Value::Fixed(_)) {
            self.at = self.fields.len() - 1;
        }
        self
    }
    fn find(&self, name: F) -> Option<&Field> {
        self.fields.iter().find(|(n, _)| *n == name).map(|(_, f)| f)
    }
    fn find_mut(&mut self, name: F) -> Option<&mut Field> {
        self.fields.iter_mut().find(|(n, _)| *n == name).map(|(_, f)| f)
    }
    /// The text of a field, without blanks around it.
    #[must_use]
    pub fn get(&self, name: F) -> String {
        self.find(name).map(|f| f.get().trim().to_owned()).unwrap_or_default()
    }
    /// The text of a field, or `None` when it is empty.
    #[must_use]
    pub fn filled(&self, name: F) -> Option<String> {
        Some(self.get(name)).filter(|t| !t.is_empty())
    }
    /// Which option of a choice is taken.
    #[must_use]
    pub fn chosen(&self, name: F) -> Option<usize> {
        match self.find(name).map(|f| &f.value) {
            Some(Value::Choice(choice)) => choice.at,
            _ => None,
        }
    }
    /// A toggle is on.
    #[must_use]
    pub fn is_on(&self, name: F) -> bool {
        matches!(self.find(name).map(|f| &f.value), Some(Value::Toggle(toggle)) if toggle.0)
    }
    /// The date in a field.
    #[must_use]
    pub fn date_of(&self, name: F) -> Option<NaiveDate> {
        field::read_date(&self.get(name))
    }
    /// Puts a text (of a choice: the option; of a toggle: `yes`) into a field.
    pub fn set(&mut self, name: F, text: &str) {
        if let Some(f) = self.find_mut(name) {
            f.set(text);
        }
    }
    /// Replaces the options of a choice.
    pub fn set_options(&mut self, name: F, new: Vec<String>) {
        if let Some(Field { value: Value::Choice(choice), .. }) = self.find_mut(name) {
            choice.options = new;
            choice.at = None;
        }
    }
    /// Says beside a field what the store found wrong with it, and goes there.
    pub fn problem(&mut self, name: F, text: impl Into<String>) {
        if let Some(f) = self.find_mut(name) {
            f.problem = Some(text.into());
            self.go_to(name);
        }
    }
    /// Says beside a field what is wrong with it, and leaves the focus where it is.
    pub fn remark(&mut self, name: F, text: impl Into<String>) {
        if let Some(f) = self.find_mut(name) {
            f.problem = Some(text.into());
        }
    }
    /// Examines every field, shows what is wrong and goes to the first such field.
    ///
    /// # Errors
    /// What is wrong with the first field that is not right.
    pub fn check(&mut self) -> Result<(), Why> {
        let mut first = Ok(());
        for i in (0..self.fields.len()).rev() {
            if let Err(why) = self.fields[i].1.examine() {
                first = Err(why);
                self.at = i;
                self.typing = true;
            }
        }
        first
    }
    /// Something differs from what was loaded or saved last.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.fields.iter().any(|(_, f)| f.get() != f.first)
    }
    /// How many fields differ.
    #[must_use]
    pub fn dirty_fields(&self) -> usize {
        self.fields.iter().filter(|(_, f)| f.get() != f.first).count()
    }
    /// What is in the fields now is what was saved.
    pub fn saved(&mut self) {
        self.fields.iter_mut().for_each(|(_, f)| f.first = f.get());
    }
    /// The field with the focus; `None` in a form without fields.
    #[must_use]
    pub fn current(&self) -> Option<F> {
        self.fields.get(self.at).map(|(n, _)| *n)
    }
    /// Goes to a field.
    pub fn go_to(&mut self, name: F) {
        if let Some(at) = self.fields.iter().position(|(n, _)| *n == name) {
            self.at = at;
            self.typing = true;
        }
    }
    /// Typing goes into a field now (not after Esc).
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.typing
    }
    /// Every value in order, for a draft.
    #[must_use]
    pub fn values(&self) -> Vec<String> {
        self.fields.iter().map(|(_, f)| f.get()).collect()
    }
    /// Puts the values of a draft back.
    pub fn set_values(&mut self, values: &[String]) {
        self.fields.iter_mut().zip(values).for_each(|((_, f), v)| f.set(v));
    }
    /// Lines the whole form needs.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.fields.iter().map(|(_, f)| f.rows).sum()
    }

    fn step(&mut self, by: isize) -> Used {
        if let Some((_, f)) = self.fields.get_mut(self.at) {
            let _ = f.examine();
        }
        let mut next = self.at;
        loop {
            let to = next.saturating_add_signed(by);
            if to == next || to >= self.fields.len() {
                return Used::Moved;
            }
            next = to;
            if !matches!(self.fields[next].1.value, Value::Fixed(_)) {
                self.at = next;
                self.typing = true;
                return Used::Moved;
            }
        }
    }

    /// Draws the fields, scrolled so that the one with the focus is visible.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let theme = ui.theme;
        let labels = self.fields.iter().map(|(_, f)| width(&f.label)).max().unwrap_or(0).min(24);
        let labels = labels.min(usize::from(area.width) / 2);
        let before: u16 = self.fields[..self.at.min(self.fields.len())].iter().map(|(_, f)| f.rows).sum();
        let rows = self.fields.get(self.at).map_or(1, |(_, f)| f.rows);
        let lowest = usize::from(before + rows - 1);
        self.top = scrolled(self.top, lowest, usize::from(area.height), usize::from(self.height()));
        self.top = self.top.min(usize::from(before));
        let mut whole: Option<String> = None;
        let current = lowest.saturating_sub(self.top);
        let mut y = -(self.top as i32);
        for (i, (_, f)) in self.fields.iter_mut().enumerate() {
            let line = y;
            y += i32::from(f.rows);
            if line < 0 || line >= i32::from(area.height) {
                continue;
            }
            let at = i == self.at;
            let line =
                Rect { y: area.y + line as u16, height: (area.height - line as u16).min(f.rows), ..area };
            let [left, rest] = super::split_left(line, labels as u16 + 4);
            let dot = if f.required { theme.dot() } else { " " };
            super::put_spans(
                frame,
                left,
                0,
                vec![
                    Span::raw(if at && ui.focused { theme.gutter() } else { " " }),
                    Span::styled(pad(&crate::text::cut(&f.label, labels), labels), theme.dim()),
                    Span::styled(format!(" {dot}"), theme.warn()),
                ],
            );
            let told = f.overfull().or_else(|| f.problem.clone()).unwrap_or_default();
            // A short value leaves the sentence its room; what still does not fit is told whole at the edge.
            let least = (width(&f.get()) + 1).clamp(12, 12.max(usize::from(rest.width) / 2));
            let most = usize::from(rest.width).saturating_sub(least);
            let room = if told.is_empty() { 0 } else { (width(&told) + 2).min(most) as u16 };
            if width(&told) + 1 > usize::from(room) && !told.is_empty() && (at || whole.is_none()) {
                whole = Some(format!("{}: {told}", f.label));
            }
            let [input, beside] = super::split_left(rest, rest.width - room);
            let focused = ui.focused && at && self.typing;
            view_value(f, frame, input, ui, focused);
            if ui.focused && at && !focused && input.width > 0 {
                frame.set_cursor_position((line.x, line.y));
            }
            super::put(frame, beside, 0, &format!(" {told}"), theme.alarm());
        }
        if let Some(told) = whole {
            tell_whole(frame, area, &told, current, theme);
        }
    }
}

/// Tells a sentence that is too long for its field, on the edge of the form that is away from the field with the focus.
fn tell_whole(frame: &mut Frame<'_>, area: Rect, told: &str, current: usize, theme: Theme) {
    let lines = wrap(told, usize::from(area.width.saturating_sub(2)).max(1));
    let rows = lines.len() as u16;
    if rows >= area.height {
        return;
    }
    let at_bottom = current < usize::from(area.height - rows);
    let y = if at_bottom { area.bottom() - rows } else { area.y };
    let edge = Rect { y, height: rows, ..area };
    frame.render_widget(Clear, edge);
    for (i, line) in lines.iter().enumerate() {
        super::put(frame, edge, i as u16, &format!(" {line}"), theme.alarm());
    }
}

fn view_value(f: &mut Field, frame: &mut Frame<'_>, area: Rect, ui: &Ui, focused: bool) {
    let theme = ui.theme;
    let empty = f.get().is_empty();
    match &mut f.value {
        Value::Line(line) => {
            if empty && !f.hint.is_empty() {
                super::put(frame, area, 0, &f.hint, theme.dim());
            }
            line.view(frame, area, theme, focused);
        }
        Value::Many(text) => text.view(frame, area, theme, focused),
        Value::Fixed(text) => super::put(frame, area, 0, text, theme.text()),
        Value::Toggle(on) => {
            super::put(frame, area, 0, if on.0 { tr!("yes") } else { tr!("no") }, theme.text());
            cursor(frame, area, focused);
        }
        Value::Choice(field::Choice { options, at }) => {
            let mut spans = vec![];
            for (i, option) in options.iter().enumerate() {
                let style = if Some(i) == *at { theme.selected().patch(theme.strong()) } else { theme.dim() };
                spans.push(Span::styled(crate::text::clean(option).into_owned(), style));
                spans.push(Span::raw("  "));
            }
            let wide: usize = spans.iter().map(|s| width(&s.content)).sum();
            if wide > usize::from(area.width) + 2 {
                let word = at
                    .and_then(|i| options.get(i))
                    .cloned()
                    .unwrap_or_else(|| tr!("left and right choose").into());
                super::put(frame, area, 0, &format!("< {word} >"), theme.text());
            } else {
                super::put_spans(frame, area, 0, spans);
            }
            cursor(frame, area, focused);
        }
    }
}

fn cursor(frame: &mut Frame<'_>, area: Rect, focused: bool) {
    if focused && area.width > 0 && area.height > 0 {
        frame.set_cursor_position((area.x, area.y));
    }
}

impl<F: Copy + PartialEq + Send> Widget for Form<F> {
    fn contexts(&self) -> &'static [&'static str] {
        match self.fields.get(self.at).map(|(_, f)| &f.value) {
            Some(Value::Line(_)) if self.typing => &["field", "text", "form"],
            Some(Value::Many(_)) if self.typing => &["field", "text-area", "text", "form"],
            Some(Value::Choice { .. } | Value::Toggle(_)) if self.typing => &["field", "form"],
            _ => &["form"],
        }
    }
    fn act(&mut self, command: WidgetCommand) -> Used {
        use WidgetCommand as W;
        let Some((_, f)) = self.fields.get_mut(self.at) else { return Used::No };
        match command {
            W::FieldNext | W::Accept => self.step(1),
            W::FieldPrevious => self.step(-1),
            W::LeaveField if self.typing => {
                let _ = f.examine();
                self.typing = false;
                Used::Moved
            }
            W::Edit if !self.typing => {
                self.typing = true;
                Used::Moved
            }
            W::ChoiceNext | W::ChoicePrevious => {
                let by = if command == W::ChoiceNext { 1 } else { -1 };
                if f.cycle(by) {
                    f.problem = None;
                    Used::Edited
                } else {
                    Used::No
                }
            }
            other if self.typing => match f.input().map(|i| i.edit(other)) {
                Some(true) => {
                    f.problem = None;
                    Used::Edited
                }
                _ => Used::No,
            },
            _ => Used::No,
        }
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        if !self.typing {
            return None;
        }
        let (_, f) = self.fields.get_mut(self.at)?;
        f.problem = None;
        f.input()
    }
}

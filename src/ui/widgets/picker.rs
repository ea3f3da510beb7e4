//! Choosing one of many: type, see ranked rows with the matched letters underlined, Enter. The rows are given, or
//! asked of the store at each key; Enter then waits for the answer to the text it was typed for.
use super::text_input::TextLine;
use crate::{
    store::{Error, Store},
    text::{cut, width},
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Kind, Screen, TextInput, Ui},
        theme::Theme,
    },
};
use futures::future::BoxFuture;
use ratatui::{Frame, layout::Rect, text::Span};
use std::sync::Arc;

crate::commands! {
    /// What a picker understands.
    pub enum Command {
        Choose: "picker.choose" "choose" "Take the selected row";
        Cancel: "picker.cancel" "cancel" "Close without choosing";
        Next: "picker.next" "down" "Select the next row" quiet;
        Previous: "picker.previous" "up" "Select the row above" quiet;
        PageDown: "picker.page-down" "page down" "Go down one page" quiet;
        PageUp: "picker.page-up" "page up" "Go up one page" quiet;
    }
}

/// One row to choose.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// What choosing it answers.
    pub value: T,
    /// What is matched and shown first.
    pub title: String,
    /// What tells two alike apart.
    pub detail: String,
}

impl<T> Row<T> {
    /// A row.
    #[must_use]
    pub fn new(value: T, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { value, title: title.into(), detail: detail.into() }
    }
}

/// A row as it is drawn.
pub struct Shown<'a> {
    /// First column.
    pub title: &'a str,
    /// Indices of its matched characters.
    pub marks: &'a [usize],
    /// Second column.
    pub detail: &'a str,
    /// At the right edge.
    pub right: &'a str,
}

/// Selection and scroll of plain rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowList {
    selected: usize,
    top: usize,
    page: usize,
}

impl RowList {
    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }
    /// Selects a row, if there are so many.
    pub fn select(&mut self, at: usize, count: usize) {
        self.selected = at.min(count.saturating_sub(1));
    }
    /// Moves the selection by rows.
    pub fn step(&mut self, by: isize, count: usize) {
        self.select(self.selected.saturating_add_signed(by), count);
    }
    /// Moves the selection by pages.
    pub fn turn(&mut self, pages: isize, count: usize) {
        self.step(pages * self.page.max(1) as isize, count);
    }
    /// Draws the rows around the selected one.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, rows: &[Shown<'_>], theme: Theme) {
        let height = usize::from(area.height);
        self.page = height;
        self.top = scrolled(self.top, self.selected, height, rows.len());
        let beside = rows.iter().map(|r| width(r.detail) + width(r.right)).max().unwrap_or(0);
        let most = (usize::from(area.width) / 2 + 8).max(usize::from(area.width).saturating_sub(beside + 4));
        let title_room = rows.iter().map(|r| width(r.title)).max().unwrap_or(0).min(most);
        for (y, (i, row)) in rows.iter().enumerate().skip(self.top).take(height).enumerate() {
            let at = i == self.selected;
            let mut spans = vec![Span::raw(if at { theme.gutter() } else { " " })];
            let title = cut(row.title, title_room);
            let fill = title_room.saturating_sub(width(&title));
            spans.extend(super::marked(
                &title,
                row.marks,
                if at { theme.strong() } else { theme.text() },
                theme,
            ));
            spans.push(Span::raw(" ".repeat(fill + 2)));
            let room = usize::from(area.width).saturating_sub(title_room + 4 + width(row.right));
            let detail = crate::text::pad(&cut(row.detail, room), room);
            spans.extend(super::marked(&detail, &[], theme.dim(), theme));
            spans.push(Span::styled(row.right.to_owned(), theme.strong()));
            super::put_spans(frame, area, y as u16, spans);
        }
    }
}

/// The first visible row that keeps `selected` visible and moves as little as possible.
#[must_use]
pub fn scrolled(top: usize, selected: usize, height: usize, count: usize) -> usize {
    let last = count.saturating_sub(height);
    let top = if selected < top { selected } else { top.max((selected + 1).saturating_sub(height)) };
    top.min(last)
}

const NUMBERS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// Asks the store for the rows of a text.
pub type Query<T> =
    Arc<dyn Fn(String, Store) -> BoxFuture<'static, Result<Vec<Row<T>>, Error>> + Send + Sync>;

/// A picker of values `T`; it answers the chosen one, or `None`.
///
/// `cx.open(|a| Picker::new(tr!("Provider"), a).rows(rows), Msg::Picked)`
pub struct Picker<T> {
    title: String,
    rows: Vec<Row<T>>,
    query: Option<Query<T>>,
    label: &'static str,
    hint: Option<&'static str>,
    text: TextLine,
    shown: Vec<(Row<T>, Vec<usize>)>,
    list: RowList,
    asked: bool,
    numbered: bool,
    problem: Option<String>,
    answer: Answer<Option<T>>,
}

/// What the store found.
pub struct Rows<T>(String, Result<Vec<Row<T>>, Error>);

impl<T> Rows<T> {
    /// The rows for this text.
    #[must_use]
    pub fn answer_to(text: impl Into<String>, rows: Result<Vec<Row<T>>, Error>) -> Self {
        Self(text.into(), rows)
    }
}

impl<T: Clone + Send + 'static> Picker<T> {
    /// An empty picker.
    #[must_use]
    pub fn new(title: impl Into<String>, answer: Answer<Option<T>>) -> Self {
        Self {
            title: title.into(),
            rows: vec![],
            query: None,
            label: "picker.search",
            hint: None,
            text: TextLine::new(),
            shown: vec![],
            list: RowList::default(),
            asked: false,
            numbered: false,
            problem: None,
            answer,
        }
    }
    /// Choose among these.
    #[must_use]
    pub fn rows(mut self, rows: Vec<Row<T>>) -> Self {
        self.rows = rows;
        self.rank();
        self
    }
    /// Ask the store at each key; the store ranks.
    #[must_use]
    pub fn query<F, Fut>(mut self, label: &'static str, query: F) -> Self
    where
        F: Fn(String, Store) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<Row<T>>, Error>> + Send + 'static,
    {
        self.label = label;
        self.query = Some(Arc::new(move |text, store| Box::pin(query(text, store))));
        self
    }
    /// What can be typed, told while nothing is typed and there is nothing to show.
    #[must_use]
    pub fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }
    /// The first nine rows carry numbers, and a digit typed first takes one at once.
    #[must_use]
    pub fn numbered(mut self) -> Self {
        self.numbered = true;
        self
    }
    /// Beginning with this text.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        self.text.set(text);
        self.rank();
        self
    }
    fn rank(&mut self) {
        let text = if self.query.is_some() { String::new() } else { self.text.text() };
        self.shown = super::matching::rank(&self.rows, &text, |r| &r.title);
        self.list.select(0, self.shown.len());
    }
    fn ask(&mut self, cx: &mut Cx<Rows<T>>) {
        let Some(query) = self.query.clone() else { return self.rank() };
        let text = self.text.text();
        self.asked = true;
        cx.load(
            self.label,
            move |store| async move {
                let rows = query(text.clone(), store).await;
                Rows(text, rows)
            },
            |rows| rows,
        );
    }
}

impl<T: Clone + Send + 'static> Screen for Picker<T> {
    type Command = Command;
    type Msg = Rows<T>;

    fn contexts(&self) -> &[&str] {
        &["picker"]
    }
    fn title(&self) -> String {
        self.title.clone()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        Some(&mut self.text)
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Choose && self.asked
    }
    fn opened(&mut self, cx: &mut Cx<Rows<T>>) {
        self.ask(cx);
    }
    fn takes_digits(&self) -> Option<&'static str> {
        self.numbered.then_some("choose")
    }
    fn edited(&mut self, cx: &mut Cx<Rows<T>>) {
        let digit = self.text.value().parse::<usize>().ok().filter(|n| self.numbered && (1..=9).contains(n));
        match digit.and_then(|n| self.shown.get(n - 1)) {
            Some((row, _)) if !self.asked => cx.answer(&self.answer.clone(), Some(row.value.clone())),
            _ => self.ask(cx),
        }
    }
    fn update(&mut self, Rows(text, rows): Rows<T>, _cx: &mut Cx<Rows<T>>) {
        if text != self.text.text() {
            return;
        }
        self.asked = false;
        match rows {
            Ok(rows) => {
                self.problem = None;
                self.rows = rows;
                self.rank();
            }
            Err(e) => self.problem = Some(e.to_string()),
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Rows<T>>) {
        let count = self.shown.len();
        match command {
            Command::Next => self.list.step(1, count),
            Command::Previous => self.list.step(-1, count),
            Command::PageDown => self.list.turn(1, count),
            Command::PageUp => self.list.turn(-1, count),
            Command::Cancel => cx.answer(&self.answer.clone(), None),
            Command::Choose => {
                if let Some((row, _)) = self.shown.get(self.list.selected()) {
                    cx.answer(&self.answer.clone(), Some(row.value.clone()));
                }
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let area = super::centred(area, 72, 18);
        let inner = super::boxed(frame, area, &self.title, ui.theme);
        let [line, rows] = super::split_top(inner, 1);
        self.text.view(frame, line, ui.theme, ui.focused);
        if let Some(problem) = &self.problem {
            return super::sentence(frame, rows, problem);
        }
        if self.shown.is_empty() {
            let text = match self.hint {
                Some(hint) if self.text.value().is_empty() => hint,
                _ if self.asked => tr!("loading"),
                _ => tr!("Nothing matches."),
            };
            return super::notice(frame, rows, text, ui.theme);
        }
        let shown: Vec<_> = self
            .shown
            .iter()
            .enumerate()
            .map(|(i, (r, marks))| {
                let right = NUMBERS.get(i).filter(|_| self.numbered && self.text.value().is_empty());
                Shown { title: &r.title, marks, detail: &r.detail, right: right.copied().unwrap_or_default() }
            })
            .collect();
        self.list.view(frame, rows, &shown, ui.theme);
    }
}

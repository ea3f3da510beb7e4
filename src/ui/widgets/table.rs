//! Rows in columns. The selection stays on its row by id when rows change; columns drop by priority as the window
//! narrows; `/` filters as one types, with the matched letters underlined.
use super::{picker::scrolled, text_input::TextLine};
use crate::{
    text::{cut, fold, pad, pad_left, tr_n, width},
    tr,
    ui::{
        command::WidgetCommand,
        screen::{TextInput, Ui, Used, Widget},
        theme::Theme,
    },
};
use ratatui::{Frame, layout::Rect, style::Style, text::Span};
use uuid::Uuid;

type Show<R> = Box<dyn Fn(&R) -> String + Send>;
type Look<R> = Box<dyn Fn(&R, Theme) -> Style + Send>;

/// One column.
pub struct Column<R> {
    title: &'static str,
    show: Show<R>,
    look: Option<Look<R>>,
    width: usize,
    grows: bool,
    right: bool,
    priority: u8,
}

impl<R> Column<R> {
    /// A column of 10 that is never dropped. The title is English and looked up when shown.
    pub fn new(title: &'static str, show: impl Fn(&R) -> String + Send + 'static) -> Self {
        Self { title, show: Box::new(show), look: None, width: 10, grows: false, right: false, priority: 1 }
    }
    /// Exactly so wide.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns;
        self
    }
    /// At least so wide; it takes its part of what is left.
    #[must_use]
    pub fn grow(mut self, least: usize) -> Self {
        self.width = least;
        self.grows = true;
        self
    }
    /// 1 is kept longest, 9 is dropped first.
    #[must_use]
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }
    /// Flush right: numbers.
    #[must_use]
    pub fn right(mut self) -> Self {
        self.right = true;
        self
    }
    /// A style that depends on the row.
    #[must_use]
    pub fn look(mut self, look: impl Fn(&R, Theme) -> Style + Send + 'static) -> Self {
        self.look = Some(Box::new(look));
        self
    }
}

/// A table of rows `R`.
///
/// `Table::new(|r: &Row| r.id.0).column(Column::new("Patient", |r: &Row| r.name.clone()).grow(12)).empty("Nobody yet.")`
pub struct Table<R> {
    id: Box<dyn Fn(&R) -> Uuid + Send>,
    columns: Vec<Column<R>>,
    rows: Vec<R>,
    shown: Vec<usize>,
    selected: Option<Uuid>,
    at: usize,
    top: usize,
    page: usize,
    empty: &'static str,
    filter: TextLine,
    filtering: bool,
    loading: bool,
    loaded: bool,
    marks: Vec<Vec<usize>>,
    counted: bool,
    sorted: Option<usize>,
}

impl<R> Table<R> {
    /// A table whose rows have these ids.
    pub fn new(id: impl Fn(&R) -> Uuid + Send + 'static) -> Self {
        Self {
            id: Box::new(id),
            columns: vec![],
            rows: vec![],
            shown: vec![],
            selected: None,
            at: 0,
            top: 0,
            page: 1,
            empty: "",
            filter: TextLine::new().max(60),
            filtering: false,
            loading: false,
            loaded: false,
            marks: vec![],
            counted: true,
            sorted: None,
        }
    }
    /// Adds a column at the right.
    #[must_use]
    pub fn column(mut self, column: Column<R>) -> Self {
        self.columns.push(column);
        self
    }
    /// What an empty table says to do first (English; looked up when shown).
    #[must_use]
    pub fn empty(mut self, sentence: &'static str) -> Self {
        self.empty = sentence;
        self
    }
    /// The same, once what it depends on has changed.
    pub fn set_empty(&mut self, sentence: &'static str) {
        self.empty = sentence;
    }
    /// Without the count in the heading.
    #[must_use]
    pub fn uncounted(mut self) -> Self {
        self.counted = false;
        self
    }
    /// Rows were asked for; the old ones stay until they come.
    pub fn loading(&mut self) {
        self.loading = true;
    }
    /// The request has ended, with or without rows.
    pub fn loaded(&mut self) {
        self.loading = false;
        self.loaded = true;
    }
    /// Rows were asked for and are not here yet.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.loading
    }
    /// New rows; the selection stays on its row by id, or at its place when that row is gone.
    pub fn set_rows(&mut self, rows: Vec<R>) {
        self.rows = rows;
        self.marks.clear();
        self.loaded();
        self.refilter();
    }
    /// The letters to underline in the first column, for each row in order: what a search matched.
    pub fn set_marks(&mut self, marks: Vec<Vec<usize>>) {
        self.marks = marks;
    }
    /// Every row, the filtered ones too.
    #[must_use]
    pub fn rows(&self) -> &[R] {
        &self.rows
    }
    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&R> {
        self.shown.get(self.at).and_then(|i| self.rows.get(*i))
    }
    /// The place of the selected row among those shown.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }
    /// Selects the row of this id, if it is shown.
    pub fn select(&mut self, id: Uuid) {
        if let Some(at) = self.shown.iter().position(|i| (self.id)(&self.rows[*i]) == id) {
            self.go(at);
        }
    }
    /// Selects the row at this place among those shown.
    pub fn go(&mut self, at: usize) {
        self.at = at.min(self.shown.len().saturating_sub(1));
        self.selected = self.selected().map(|r| (self.id)(r));
    }
    /// What the filter says.
    #[must_use]
    pub fn filter_text(&self) -> &str {
        self.filter.value()
    }
    fn refilter(&mut self) {
        let wanted = fold(self.filter.value());
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let matches = |r: &R| {
            words.is_empty() || {
                let all = fold(&self.columns.iter().map(|c| (c.show)(r)).collect::<Vec<_>>().join(" "));
                words.iter().all(|w| all.contains(w))
            }
        };
        self.shown = (0..self.rows.len()).filter(|i| matches(&self.rows[*i])).collect();
        if let Some(column) = self.sorted.and_then(|n| self.columns.get(n)) {
            self.shown.sort_by_cached_key(|i| order_key(&(column.show)(&self.rows[*i])));
        }
        let kept =
            self.selected.and_then(|id| self.shown.iter().position(|i| (self.id)(&self.rows[*i]) == id));
        self.go(kept.unwrap_or(self.at));
    }

    /// Sorts by the next column; after the last one the rows stand as they came.
    fn sort_next(&mut self) {
        let next = self.sorted.map_or(0, |n| n + 1);
        self.sorted = (next < self.columns.len()).then_some(next);
        self.refilter();
    }

    /// The columns that fit and their widths.
    fn fit(&self, room: usize) -> Vec<(usize, usize)> {
        let mut kept: Vec<usize> = (0..self.columns.len()).collect();
        let need = |kept: &[usize]| kept.iter().map(|i| self.columns[*i].width + 1).sum::<usize>();
        while kept.len() > 1 && need(&kept) > room {
            let worst = kept.iter().enumerate().rev().max_by_key(|(n, i)| (self.columns[**i].priority, *n));
            let Some((n, _)) = worst else { break };
            kept.remove(n);
        }
        let spare = room.saturating_sub(need(&kept));
        let growing = kept.iter().filter(|i| self.columns[**i].grows).count();
        kept.into_iter()
            .map(|i| {
                let c = &self.columns[i];
                (i, if c.grows { c.width + spare / growing.max(1) } else { c.width }.min(room))
            })
            .collect()
    }

    /// Draws heading, rows and, when one is typed, the filter line.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let theme = ui.theme;
        let mut rest = area;
        if self.filtering || !self.filter.value().is_empty() {
            let [line, below] = super::split_top(rest, 1);
            rest = below;
            let [mark, text] = super::split_left(line, 3);
            super::put(frame, mark, 0, " / ", theme.strong());
            self.filter.view(frame, text, theme, ui.focused && self.filtering);
        }
        if area.height > 3 {
            let [heading, below] = super::split_top(rest, 1);
            rest = below;
            self.heading(frame, heading, theme);
        }
        self.page = usize::from(rest.height).max(1);
        if self.shown.is_empty() {
            let text = match (self.loading, self.loaded, self.rows.is_empty()) {
                (true, ..) => tr!("loading"),
                (_, false, _) => "",
                (.., true) => crate::text::tr_str(self.empty),
                (.., false) => tr!("No row contains that. esc shows all."),
            };
            return super::notice(frame, rest, text, theme);
        }
        self.top = scrolled(self.top, self.at, usize::from(rest.height), self.shown.len());
        let fit = self.fit(usize::from(rest.width).saturating_sub(1));
        for (y, n) in (self.top..self.shown.len()).take(usize::from(rest.height)).enumerate() {
            let spans = self.row(n, &fit, theme);
            super::put_spans(frame, rest, y as u16, spans);
        }
        if ui.focused && !self.filtering && rest.height > 0 && rest.width > 0 {
            frame.set_cursor_position((rest.x, rest.y + (self.at - self.top) as u16));
        }
    }

    fn heading(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let count = if self.shown.len() == self.rows.len() {
            tr_n("{n} row", "{n} rows", self.rows.len())
        } else {
            tr!("{shown} of {all}", shown = self.shown.len(), all = self.rows.len())
        };
        let mut line = String::from(" ");
        for (nth, (i, w)) in self.fit(usize::from(area.width).saturating_sub(1)).into_iter().enumerate() {
            let c = &self.columns[i];
            let mut title = crate::text::tr_str(c.title).to_owned();
            if self.sorted == Some(i) {
                title = format!("{} {title}", if theme.ascii { "^" } else { "↑" });
            }
            if nth == 0 && self.counted && self.loaded && width(&title) + width(&count) + 2 <= w {
                title = format!("{title}  {count}");
            }
            let title = cut(&title, w);
            line += &if c.right { pad_left(&title, w) } else { pad(&title, w) };
            line.push(' ');
        }
        super::put(frame, area, 0, &line, theme.dim());
    }

    fn row(&self, n: usize, fit: &[(usize, usize)], theme: Theme) -> Vec<Span<'static>> {
        let index = self.shown[n];
        let row = &self.rows[index];
        let at = n == self.at;
        let mut spans = vec![Span::raw(if at { theme.gutter() } else { " " })];
        for (nth, (i, w)) in fit.iter().enumerate() {
            let c = &self.columns[*i];
            let text = cut(&crate::text::clean((c.show)(row).as_str()), *w);
            let style = c.look.as_ref().map_or_else(Style::new, |l| l(row, theme));
            let fill = " ".repeat(w.saturating_sub(width(&text)));
            if c.right {
                spans.push(Span::raw(fill.clone()));
            }
            match self.marks.get(index).filter(|m| nth == 0 && !m.is_empty()) {
                Some(marks) => spans.extend(super::marked(&text, marks, style, theme)),
                None => spans.push(Span::styled(text, style)),
            }
            spans.push(Span::raw(if c.right { " ".into() } else { fill + " " }));
        }
        spans
    }
}

/// A text as it is sorted: letters folded, and numbers by their value, so that 9 stands before 10.
fn order_key(text: &str) -> (bool, String) {
    let mut key = String::new();
    let mut digits = String::new();
    let flush = |digits: &mut String, key: &mut String| {
        let number = digits.trim_start_matches('0');
        if !digits.is_empty() {
            key.push_str(&format!("{:0>20}", number));
            digits.clear();
        }
    };
    for c in fold(text).chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut digits, &mut key);
            key.push(c);
        }
    }
    flush(&mut digits, &mut key);
    // Rows without a value stand last.
    (text.trim().is_empty(), key)
}

impl<R> Widget for Table<R> {
    fn contexts(&self) -> &'static [&'static str] {
        if self.filtering { &["filter", "text", "list"] } else { &["list"] }
    }
    fn act(&mut self, command: WidgetCommand) -> Used {
        use WidgetCommand as W;
        let page = self.page.saturating_sub(1).max(1);
        match command {
            W::Next => self.go(self.at + 1),
            W::Previous => self.go(self.at.saturating_sub(1)),
            W::PageDown => self.go(self.at + page),
            W::PageUp => self.go(self.at.saturating_sub(page)),
            W::First => self.go(0),
            W::Last => self.go(usize::MAX),
            W::Filter => self.filtering = true,
            W::Sort => self.sort_next(),
            W::FilterKeep => self.filtering = false,
            W::FilterDrop => {
                self.filtering = false;
                self.filter.set("");
                self.refilter();
            }
            text if self.filtering && self.filter.edit(text) => self.refilter(),
            _ => return Used::No,
        }
        Used::Moved
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        if self.filtering { Some(self) } else { None }
    }
}

/// While the filter is typed the table itself takes the text, so that its rows follow.
impl<R> TextInput for Table<R> {
    fn insert(&mut self, text: &str) {
        self.filter.insert(text);
        self.refilter();
    }
    fn edit(&mut self, command: WidgetCommand) -> bool {
        let used = self.filter.edit(command);
        self.refilter();
        used
    }
    fn text(&self) -> String {
        self.filter.text()
    }
}

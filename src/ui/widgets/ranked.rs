//! A table with a search line above it: what is typed ranks the rows in memory, best first, with the matched letters
//! underlined. The screen says how they are ranked.
use super::{
    table::{Column, Table},
    text_input::TextLine,
};
use crate::{
    tr,
    ui::{
        command::WidgetCommand,
        screen::{TextInput, Ui, Used, Widget},
    },
};
use ratatui::{Frame, layout::Rect};
use uuid::Uuid;

/// The rows that match a text, best first: their indices, and of the first column the characters to underline.
pub type Found = Vec<(usize, Vec<usize>)>;

type Find<R> = Box<dyn Fn(&str, &[R]) -> Found + Send>;

/// Rows `R`, all of them in memory.
///
/// `Ranked::new(|c: &Row| c.id.0, find).column(Column::new("Name", |c: &Row| c.name.clone()))`
pub struct Ranked<R> {
    all: Vec<R>,
    find: Find<R>,
    line: TextLine,
    typing: bool,
    table: Table<R>,
}

impl<R: Clone> Ranked<R> {
    /// A table whose rows have these ids and are found so.
    pub fn new(
        id: impl Fn(&R) -> Uuid + Send + 'static,
        find: impl Fn(&str, &[R]) -> Found + Send + 'static,
    ) -> Self {
        Self {
            all: vec![],
            find: Box::new(find),
            line: TextLine::new().max(60),
            typing: false,
            table: Table::new(id),
        }
    }
    /// Adds a column at the right.
    #[must_use]
    pub fn column(mut self, column: Column<R>) -> Self {
        self.table = self.table.column(column);
        self
    }
    /// What an empty table says (English; looked up when shown).
    #[must_use]
    pub fn empty(mut self, sentence: &'static str) -> Self {
        self.table = self.table.empty(sentence);
        self
    }
    /// Rows were asked for.
    pub fn loading(&mut self) {
        self.table.loading();
    }
    /// The request has ended without rows.
    pub fn loaded(&mut self) {
        self.table.loaded();
    }
    /// Rows were asked for and none are here yet.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.table.is_loading() && self.all.is_empty()
    }
    /// New rows; the selection stays on its row.
    pub fn set_rows(&mut self, rows: Vec<R>) {
        self.all = rows;
        self.rank(false);
    }
    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&R> {
        self.table.selected()
    }
    /// The rows that match, best first.
    #[must_use]
    pub fn shown(&self) -> &[R] {
        self.table.rows()
    }

    fn rank(&mut self, best: bool) {
        let found = (self.find)(self.line.value(), &self.all);
        let rows = found.iter().filter_map(|(i, _)| self.all.get(*i).cloned()).collect();
        let marks = found.into_iter().map(|(_, marks)| marks).collect();
        self.table.set_rows(rows);
        self.table.set_marks(marks);
        if best {
            self.table.go(0);
        }
    }

    /// Draws the search line while there is one, and the table.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let mut rest = area;
        if self.typing || !self.line.value().is_empty() {
            let [line, below] = super::split_top(rest, 1);
            rest = below;
            let [mark, text] = super::split_left(line, 3);
            super::put(frame, mark, 0, " / ", ui.theme.strong());
            self.line.view(frame, text, ui.theme, ui.focused && self.typing);
        }
        if !self.all.is_empty() && self.table.rows().is_empty() {
            return super::notice(frame, rest, tr!("Nothing matches. esc shows all."), ui.theme);
        }
        let listed = Ui { focused: ui.focused && !self.typing, ..ui.clone() };
        self.table.view(frame, rest, &listed);
    }
}

impl<R: Clone> Widget for Ranked<R> {
    fn contexts(&self) -> &'static [&'static str] {
        if self.typing { &["filter", "text", "list"] } else { &["list"] }
    }
    fn act(&mut self, command: WidgetCommand) -> Used {
        match command {
            WidgetCommand::Filter => self.typing = true,
            WidgetCommand::FilterKeep => self.typing = false,
            WidgetCommand::FilterDrop => {
                self.typing = false;
                self.line.set("");
                self.rank(false);
            }
            text if self.typing && self.line.edit(text) => self.rank(true),
            other => return self.table.act(other),
        }
        Used::Moved
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        if self.typing { Some(self) } else { None }
    }
}

/// While one types, the table follows.
impl<R: Clone> TextInput for Ranked<R> {
    fn insert(&mut self, text: &str) {
        self.line.insert(text);
        self.rank(true);
    }
    fn edit(&mut self, command: WidgetCommand) -> bool {
        let used = self.line.edit(command);
        if used {
            self.rank(true);
        }
        used
    }
    fn text(&self) -> String {
        self.line.text()
    }
}

//! Find anything: every action that works here, every place, and what the sources know (people, providers, centres).
use super::{
    cx::Cx,
    route::Route,
    screen::{Kind, Screen, TextInput, Ui},
    widgets::{palette::Command, picker::RowList, text_input::TextLine},
};
use crate::{
    store::{Error, Store},
    tr,
};
use futures::future::BoxFuture;
use ratatui::{Frame, layout::Rect};
use std::sync::Arc;

/// What choosing an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// Runs the command of this name.
    Command(String),
    /// Goes to this place.
    Go(Route),
    /// Opens this place on top.
    Push(Route),
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is matched and shown first.
    pub title: String,
    /// What tells two alike apart.
    pub detail: String,
    /// Its key, if it has one.
    pub key: String,
    /// What choosing it does.
    pub does: Does,
}

impl Item {
    /// An action.
    #[must_use]
    pub fn command(title: &str, help: &str, key: String, id: &str) -> Self {
        Self { title: title.into(), detail: help.into(), key, does: Does::Command(id.into()) }
    }
    /// A place.
    #[must_use]
    pub fn place(title: &str, key: String, route: Route) -> Self {
        Self { title: title.into(), detail: String::new(), key, does: Does::Go(route) }
    }
}

/// People, providers or centres by name, asked at each key.
pub trait PaletteSource: Send + Sync {
    /// The best rows for what was typed, already ranked; at most ten.
    fn search(&self, text: String, store: Store) -> BoxFuture<'static, Result<Vec<Item>, Error>>;
}

/// The layer of `ctrl-p`.
pub struct Palette {
    fixed: Vec<Item>,
    found: Vec<Item>,
    sources: Vec<Arc<dyn PaletteSource>>,
    text: TextLine,
    asked: bool,
    shown: Vec<(Item, Vec<usize>)>,
    list: RowList,
}

/// What the sources found for a text.
pub struct Found {
    /// What they were asked for.
    pub text: String,
    /// What they know, already ranked.
    pub items: Vec<Item>,
}

impl Palette {
    /// A palette of these entries and sources.
    #[must_use]
    pub fn new(fixed: Vec<Item>, sources: Vec<Arc<dyn PaletteSource>>) -> Self {
        let mut palette = Self {
            fixed,
            found: vec![],
            sources,
            text: TextLine::new(),
            asked: false,
            shown: vec![],
            list: RowList::default(),
        };
        palette.rank();
        palette
    }
    fn rank(&mut self) {
        let text = self.text.text();
        let mut shown = super::widgets::matching::rank(&self.fixed, &text, |i| &i.title);
        shown.extend(self.found.iter().map(|i| (i.clone(), vec![])));
        self.shown = shown;
        self.list.select(0, self.shown.len());
    }
}

impl Screen for Palette {
    type Command = Command;
    type Msg = Found;

    fn contexts(&self) -> &[&str] {
        &["palette"]
    }
    fn title(&self) -> String {
        tr!("Find anything").into()
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
    fn edited(&mut self, cx: &mut Cx<Found>) {
        self.found.clear();
        self.rank();
        let text = self.text.text();
        if self.sources.is_empty() || text.trim().is_empty() {
            self.asked = false;
            return;
        }
        self.asked = true;
        let sources = self.sources.clone();
        cx.load(
            "palette.search",
            move |store| async move {
                let mut items = vec![];
                for source in sources {
                    match source.search(text.clone(), store.clone()).await {
                        Ok(found) => items.extend(found),
                        Err(e) => tracing::warn!(error = ?e, "a source of the palette failed"),
                    }
                }
                Found { text, items }
            },
            |found| found,
        );
    }
    fn update(&mut self, found: Found, _cx: &mut Cx<Found>) {
        if found.text == self.text.text() {
            self.asked = false;
            self.found = found.items;
            self.rank();
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Found>) {
        let count = self.shown.len();
        match command {
            Command::Next => self.list.step(1, count),
            Command::Previous => self.list.step(-1, count),
            Command::Cancel => cx.close(),
            Command::Choose => {
                let Some((item, _)) = self.shown.get(self.list.selected()) else { return };
                match item.does.clone() {
                    Does::Command(id) => cx.run(id),
                    Does::Go(route) => {
                        cx.close();
                        cx.go(route);
                    }
                    Does::Push(route) => {
                        cx.close();
                        cx.push(route);
                    }
                }
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let area = super::widgets::centred(area, 64, 16);
        let inner = super::widgets::boxed(frame, area, tr!("Find anything"), ui.theme);
        let [line, rows] = super::widgets::split_top(inner, 1);
        self.text.view(frame, line, ui.theme, ui.focused);
        let shown: Vec<_> = self
            .shown
            .iter()
            .map(|(i, marks)| super::widgets::picker::Shown {
                title: &i.title,
                marks,
                detail: &i.detail,
                right: &i.key,
            })
            .collect();
        self.list.view(frame, rows, &shown, ui.theme);
    }
}

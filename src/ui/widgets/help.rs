//! Every key, searched by key or word; what works here comes first. Made from the one table of commands.
use super::text_input::TextLine;
use crate::{
    text::{cut, fold, pad, tr_str, wrap},
    tr,
    ui::{
        command::CommandDef,
        cx::Cx,
        screen::{Kind, Screen, TextInput, Ui},
    },
};
use ratatui::{Frame, layout::Rect, text::Span};

crate::commands! {
    /// What the help understands.
    pub enum Command {
        Close: "help.close" "close" "Close the help";
        Down: "help.down" "down" "One line down" quiet;
        Up: "help.up" "up" "One line up" quiet;
        PageDown: "help.page-down" "page down" "One page down" quiet;
        PageUp: "help.page-up" "page up" "One page up" quiet;
    }
}

/// One row of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRow {
    /// The keys, several separated by commas; empty when only the palette reaches it.
    pub keys: String,
    /// The command.
    pub def: CommandDef,
    /// The heading it stands under.
    pub group: &'static str,
}

/// The help over the screen it explains.
pub struct Help {
    rows: Vec<HelpRow>,
    /// What the letters and signs on the screen below mean.
    marks: &'static str,
    text: TextLine,
    at: usize,
    page: usize,
    /// How many lines there are at the width last drawn.
    lines: usize,
}

impl Help {
    /// The help of these rows, most useful first.
    #[must_use]
    pub fn new(rows: Vec<HelpRow>) -> Self {
        Self { rows, marks: "", text: TextLine::new(), at: 0, page: 1, lines: 0 }
    }
    /// The same, with what the letters and signs on the screen below mean.
    #[must_use]
    pub fn with_marks(mut self, marks: &'static str) -> Self {
        self.marks = marks;
        self
    }
    fn shown(&self) -> Vec<&HelpRow> {
        let wanted = fold(self.text.value());
        let wanted = wanted.trim();
        let matches = |r: &&HelpRow| {
            let words = fold(&format!("{} {} {}", tr_str(r.def.title), tr_str(r.def.help), r.def.id));
            wanted.is_empty() || r.keys.split(", ").any(|k| k == self.text.value()) || words.contains(wanted)
        };
        self.rows.iter().filter(matches).collect()
    }
}

impl Screen for Help {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &["help"]
    }
    fn title(&self) -> String {
        tr!("Keys").into()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        Some(&mut self.text)
    }
    fn edited(&mut self, _cx: &mut Cx<()>) {
        self.at = 0;
    }
    fn command(&mut self, command: Command, cx: &mut Cx<()>) {
        let last = self.lines.saturating_sub(self.page);
        match command {
            Command::Close => cx.close(),
            Command::Down => self.at = (self.at + 1).min(last),
            Command::Up => self.at = self.at.saturating_sub(1),
            Command::PageDown => self.at = (self.at + self.page).min(last),
            Command::PageUp => self.at = self.at.saturating_sub(self.page),
        }
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let inner = super::boxed(frame, area, tr!("Keys: type a key or a word"), ui.theme);
        let [line, list] = super::split_top(inner, 1);
        self.text.view(frame, line, ui.theme, ui.focused);
        self.page = usize::from(list.height).max(1);
        let room = usize::from(list.width).saturating_sub(34).max(12);
        let mut lines = vec![];
        // Only until somebody looks for a key: then the rows that fit come first.
        if self.text.value().is_empty() && !self.marks.is_empty() {
            let meaning = wrap(self.marks, usize::from(list.width).saturating_sub(1).max(12));
            lines.extend(meaning.into_iter().map(|l| vec![Span::raw(l)]));
            lines.push(vec![]);
        }
        for row in self.shown() {
            let mut keys = pad(&cut(&row.keys, 16), 17);
            let mut title = pad(&cut(tr_str(row.def.title), 16), 17);
            for help in wrap(tr_str(row.def.help), room) {
                let blank = (" ".repeat(17), " ".repeat(17));
                let (keys, title) =
                    (std::mem::replace(&mut keys, blank.0), std::mem::replace(&mut title, blank.1));
                lines.push(vec![
                    Span::styled(keys, ui.theme.strong()),
                    Span::raw(title),
                    Span::styled(help, ui.theme.dim()),
                ]);
            }
        }
        self.lines = lines.len();
        if lines.is_empty() {
            super::notice(frame, list, tr!("No key and no action has that name."), ui.theme);
        }
        self.at = self.at.min(lines.len().saturating_sub(self.page));
        for (y, line) in lines.into_iter().skip(self.at).take(self.page).enumerate() {
            super::put_spans(frame, list, y as u16, line);
        }
    }
}

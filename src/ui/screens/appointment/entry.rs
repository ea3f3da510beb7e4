//! Lines that enter one thing each, above the list of what was entered: `Tab` goes from line to line to the list.
use crate::{
    domain::{actor::Actor, ids::DraftId},
    store::Store,
    text::pad,
    ui::{
        screen::{TextInput, Ui},
        widgets::{self, text_input::TextLine},
    },
};
use ratatui::{Frame, layout::Rect};

/// After a line is saved its draft goes; what stands in other lines is kept under another one. That a draft could not be
/// closed undoes no save: it is offered once more.
pub(super) async fn close_draft(store: &Store, actor: &Actor, draft: Option<DraftId>) {
    if let Some(draft) = draft
        && let Err(e) = store.close_draft(actor, draft, false).await
    {
        tracing::warn!(error = %e, "a saved draft could not be closed");
    }
}

/// The lines and which one has the focus; none: the list has it.
pub struct Entries {
    lines: Vec<(&'static str, TextLine)>,
    at: Option<usize>,
}

impl Entries {
    /// One line for each label; the labels are in the person's language.
    #[must_use]
    pub fn new(labels: &[&'static str]) -> Self {
        let lines = labels.iter().map(|l| (*l, TextLine::new().max(500))).collect();
        Self { lines, at: Some(0) }
    }
    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> u16 {
        self.lines.len() as u16
    }
    /// The line with the focus.
    #[must_use]
    pub fn current(&self) -> Option<usize> {
        self.at
    }
    /// Gives the focus to a line, or to the list.
    pub fn focus(&mut self, at: Option<usize>) {
        self.at = at.filter(|at| *at < self.lines.len());
    }
    /// The next line, then the list, then the first line again.
    pub fn next(&mut self) {
        self.at = match self.at {
            None => Some(0),
            Some(at) if at + 1 < self.lines.len() => Some(at + 1),
            Some(_) => None,
        };
    }
    /// The line before; before the first is the list.
    pub fn previous(&mut self) {
        self.at = match self.at {
            None => self.lines.len().checked_sub(1),
            Some(at) => at.checked_sub(1),
        };
    }
    /// What stands in a line.
    #[must_use]
    pub fn text(&self, at: usize) -> &str {
        self.lines.get(at).map_or("", |(_, line)| line.value().trim())
    }
    /// Empties a line: what stood there is saved.
    pub fn clear(&mut self, at: usize) {
        if let Some((_, line)) = self.lines.get_mut(at) {
            line.set("");
        }
    }
    /// The line that is typed in.
    pub fn field(&mut self) -> Option<&mut dyn TextInput> {
        let at = self.at?;
        self.lines.get_mut(at).map(|(_, line)| line as &mut dyn TextInput)
    }
    /// Something stands in a line that is not saved.
    #[must_use]
    pub fn dirty(&self) -> bool {
        (0..self.lines.len()).any(|at| !self.text(at).is_empty())
    }
    /// Every line, for the draft; nothing when all are empty.
    #[must_use]
    pub fn payload(&self) -> Option<String> {
        self.dirty().then(|| self.lines.iter().map(|(_, l)| l.value()).collect::<Vec<_>>().join("\n"))
    }
    /// Puts a draft back: into empty lines as it was, behind what is typed already.
    pub fn restore(&mut self, payload: &str) {
        for ((_, line), old) in
            self.lines.iter_mut().zip(payload.split('\n')).filter(|(_, old)| !old.is_empty())
        {
            let text =
                if line.value().is_empty() { old.to_owned() } else { format!("{} {old}", line.value()) };
            line.set(&text);
        }
    }
    /// Draws each line with its label.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let label = self.lines.iter().map(|(l, _)| crate::text::width(l)).max().unwrap_or(0) + 3;
        for (y, (name, line)) in self.lines.iter_mut().enumerate() {
            let y = y as u16;
            if y >= area.height {
                return;
            }
            let focused = self.at == Some(usize::from(y));
            let mark = if focused { ">" } else { " " };
            widgets::put(frame, area, y, &pad(&format!("{mark}{name}"), label), ui.theme.text());
            let [_, room] = widgets::split_left(Rect { y: area.y + y, height: 1, ..area }, label as u16);
            line.view(frame, room, ui.theme, ui.focused && focused);
        }
    }
}

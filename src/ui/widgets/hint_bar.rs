//! Line 24: what works now, each with its key. What is too wide is left out and shorter ones that follow still stand; what is to be
//! kept, such as the way to everything else and the help, stands before the others find room.
use crate::{text::width, ui::theme::Theme};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

/// A key and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub key: String,
    pub title: String,
    /// It is left out last of all.
    pub keep: bool,
}

impl Hint {
    fn width(&self) -> usize {
        width(&self.key) + width(&self.title) + 3
    }
}

/// Draws keys and titles.
pub fn view(frame: &mut Frame<'_>, area: Rect, hints: &[Hint], theme: Theme) {
    let mut spans = vec![Span::raw(" ")];
    for hint in fitting(hints, usize::from(area.width).saturating_sub(1)) {
        spans.push(Span::styled(hint.key.clone(), theme.strong()));
        spans.push(Span::styled(format!(" {}  ", hint.title), theme.dim()));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The hints that stand side by side in so many columns. The last, the help, is there whatever the width.
fn fitting(hints: &[Hint], mut room: usize) -> Vec<&Hint> {
    let (mut order, others): (Vec<usize>, Vec<usize>) =
        (0..hints.len()).rev().partition(|at| hints[*at].keep);
    order.extend(others.into_iter().rev());
    let mut shown: Vec<usize> = vec![];
    for at in order {
        let needs = hints[at].width();
        if needs <= room || at + 1 == hints.len() {
            room = room.saturating_sub(needs);
            shown.push(at);
        }
    }
    shown.sort_unstable();
    shown.into_iter().map(|at| &hints[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::{Hint, fitting};

    fn shown(room: usize) -> String {
        let hints = [
            ("enter", "open", false),
            ("x", "a long sentence about it", false),
            ("n", "new", false),
            ("ctrl-p", "go to", true),
            ("?", "keys", true),
        ]
        .map(|(key, title, keep)| Hint { key: key.to_owned(), title: title.to_owned(), keep });
        fitting(&hints, room).into_iter().map(|h| h.key.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_too_wide_is_left_out_and_what_is_kept_stays() {
        assert_eq!(shown(80), "enter x n ctrl-p ?");
        assert_eq!(shown(50), "enter n ctrl-p ?");
        assert_eq!(shown(30), "n ctrl-p ?");
        assert_eq!(shown(22), "ctrl-p ?");
        assert_eq!(shown(5), "?", "the help last of all");
    }
}

//! How the line looks: at the foot of the body, its preview above it, at most eight lines, so that the screen stays visible.
use super::{CommandLine, plan::State};
use crate::{
    domain::desk_line::Verb,
    text::{cut, pad, width, wrap},
    tr,
    ui::{
        screen::Ui,
        theme::Theme,
        widgets::{put, put_spans},
    },
};
use ratatui::{Frame, layout::Rect, style::Style, text::Span, widgets::Clear};

/// How many lines the preview has at most, and at least.
const MOST: usize = 8;
const LEAST: usize = 2;

impl CommandLine {
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.shown = self.preview.shown();
        if area.height == 0 || area.width < 3 {
            return;
        }
        let room = usize::from(area.width).saturating_sub(2);
        let most = MOST.min(usize::from(area.height).saturating_sub(2));
        let mut lines = self.lines(room, most, ui.theme);
        while lines.len() < LEAST.min(most) {
            lines.push((String::new(), ui.theme.dim()));
        }
        let height = lines.len() as u16 + 2;
        let top = area.y + area.height.saturating_sub(height);
        let here = Rect::new(area.x, top, area.width, height.min(area.height));
        frame.render_widget(Clear, here);
        let dash = if ui.theme.ascii || ui.theme.plain { "-" } else { "─" };
        put(frame, here, 0, &dash.repeat(usize::from(area.width)), ui.theme.dim());
        for (y, (line, style)) in lines.iter().enumerate() {
            put_spans(frame, here, y as u16 + 1, vec![Span::raw(" "), Span::styled(cut(line, room), *style)]);
        }
        let y = here.height.saturating_sub(1);
        put(frame, here, y, ":", ui.theme.strong());
        let field = Rect::new(here.x + 1, here.y + y, here.width - 1, 1);
        self.field.line.view(frame, field, ui.theme, ui.focused);
    }

    fn lines(&self, room: usize, most: usize, theme: Theme) -> Vec<(String, Style)> {
        let mut lines: Vec<(String, Style)> = vec![];
        let dot = if theme.ascii { " - " } else { " · " };
        let parts: Vec<String> =
            self.preview.parts.iter().map(|p| crate::text::clean_one_line(p).into_owned()).collect();
        lines.extend(joined(&parts, dot, room).into_iter().map(|l| (l, theme.strong())));
        let mut say = |text: &str, style: Style| {
            lines.extend(wrap(&crate::text::clean_one_line(text), room).into_iter().map(|l| (l, style)));
        };
        if let Some(trouble) = &self.trouble {
            say(trouble, theme.alarm());
        }
        match &self.preview.state {
            State::Help => return help(room, most, theme),
            State::Wait(_) if self.failed => say(tr!("Not read; Enter asks again."), theme.warn()),
            State::Wait(_) => say(tr!("looking"), theme.dim()),
            State::Missing(why) => say(&why.to_string(), theme.warn()),
            State::Ready(_) if self.saving => say(tr!("saving"), theme.dim()),
            State::Ready(_) => say(&self.preview.said, theme.good()),
            State::Ask(rows) => {
                let hint =
                    if self.field.asking { tr!("Press its number.") } else { tr!("Enter, then its number.") };
                say(&format!("{} {hint}", self.preview.said), theme.text());
                let left = most.saturating_sub(lines.len());
                // Where nine do not fit below each other, they stand beside each other.
                lines.extend(numbered(rows, left, room).into_iter().map(|l| (l, theme.text())));
            }
        }
        lines.truncate(most);
        lines
    }
}

/// The parts with a dot between them, broken between parts only where one fits on a line.
fn joined(parts: &[String], dot: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for part in parts {
        match lines.last_mut() {
            Some(line) if width(line) + width(dot) + width(part) <= room => {
                line.push_str(dot);
                line.push_str(part);
            }
            _ => lines.extend(wrap(part, room)),
        }
    }
    lines
}

fn numbered(rows: &[super::plan::Choice], left: usize, room: usize) -> Vec<String> {
    if left == 0 {
        return vec![];
    }
    let titles = rows.iter().map(|r| width(&r.title)).max().unwrap_or(0).min(room / 2);
    let row = |n: usize, wide: usize| {
        let r = &rows[n];
        let line = format!("{} {}  {}", n + 1, pad(&cut(&r.title, titles), titles), r.detail);
        pad(&cut(&crate::text::clean_one_line(&line), wide), wide)
    };
    if rows.len() <= left {
        return (0..rows.len()).map(|n| row(n, room).trim_end().to_owned()).collect();
    }
    let columns = rows.len().div_ceil(left).max(2);
    let wide = (room / columns).saturating_sub(1).max(8);
    (0..left.min(rows.len()))
        .map(|y| {
            let cells: Vec<String> = (0..columns)
                .map(|x| x * left + y)
                .filter(|n| *n < rows.len())
                .map(|n| row(n, wide))
                .collect();
            cells.join(" ").trim_end().to_owned()
        })
        .collect()
}

fn help(room: usize, most: usize, theme: Theme) -> Vec<(String, Style)> {
    let cell = room / 2;
    let verbs: Vec<String> =
        Verb::ALL.iter().map(|v| format!("{} {}", pad(v.word(), 4), v.meaning())).collect();
    let half = verbs.len().div_ceil(2);
    let mut lines: Vec<(String, Style)> = (0..half)
        .map(|y| {
            let second = verbs.get(half + y).map(|v| cut(v, cell)).unwrap_or_default();
            (format!("{} {second}", pad(&cut(&verbs[y], cell), cell)), theme.dim())
        })
        .collect();
    lines.push((tr!("As in: bk bla ja smith tue 10:30 blood test").to_owned(), theme.text()));
    lines.truncate(most);
    lines
}

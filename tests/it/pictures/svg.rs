//! A frame as an SVG picture: every cell in its place whatever the reader's font, sixteen colours, text that can be
//! selected and is read aloud.
use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

const CELL: (usize, usize) = (9, 19);
const MARGIN: usize = 12;
const PAPER: &str = "#16181d";
const INK: &str = "#d7d9de";

/// The sixteen colours of a common dark palette; `None` is the terminal's own.
fn colour(colour: Color) -> Option<&'static str> {
    Some(match colour {
        Color::Black => "#2a2d35",
        Color::Red => "#e0696b",
        Color::Green => "#8fbf6f",
        Color::Yellow => "#e0b860",
        Color::Blue => "#6ea3dd",
        Color::Magenta => "#c18bd6",
        Color::Cyan => "#69bfc4",
        Color::Gray => "#b4b8c0",
        Color::DarkGray => "#8a909c",
        Color::LightRed => "#f2898b",
        Color::LightGreen => "#aede8c",
        Color::LightYellow => "#f4d27c",
        Color::LightBlue => "#8fc0f5",
        Color::LightMagenta => "#dba8ee",
        Color::LightCyan => "#8adbe0",
        Color::White => "#f4f5f7",
        _ => return None,
    })
}

/// What a run of cells has in common.
#[derive(PartialEq, Clone, Copy)]
struct Look {
    ink: &'static str,
    paper: Option<&'static str>,
    bold: bool,
    underlined: bool,
    italic: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let (ink, paper) = (colour(cell.fg).unwrap_or(INK), colour(cell.bg));
        let reversed = cell.modifier.contains(Modifier::REVERSED);
        Self {
            ink: if reversed { paper.unwrap_or(PAPER) } else { ink },
            paper: if reversed { Some(ink) } else { paper },
            bold: cell.modifier.contains(Modifier::BOLD),
            underlined: cell.modifier.contains(Modifier::UNDERLINED),
            italic: cell.modifier.contains(Modifier::ITALIC),
        }
    }
}

/// Cells side by side that look the same.
struct Run {
    column: usize,
    cells: usize,
    look: Look,
    text: String,
}

/// One line as runs; what is wider than a cell stands alone, so that nothing after it moves.
fn runs(buffer: &Buffer, line: usize) -> Vec<Run> {
    let width = usize::from(buffer.area.width);
    let cells = &buffer.content[line * width..(line + 1) * width];
    let mut runs: Vec<Run> = vec![];
    let mut column = 0;
    while column < width {
        let cell = &cells[column];
        let (look, symbol) = (Look::of(cell), if cell.symbol().is_empty() { " " } else { cell.symbol() });
        let wide = symbol.width().clamp(1, 2);
        match runs.last_mut() {
            Some(last) if last.look == look && symbol.is_ascii() && last.text.is_ascii() => {
                last.text.push_str(symbol);
                last.cells += 1;
            }
            _ => runs.push(Run { column, cells: wide, look, text: symbol.into() }),
        }
        column += wide;
    }
    runs
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The picture of a frame. `title` says what it shows.
pub fn svg(buffer: &Buffer, title: &str) -> String {
    let (columns, lines) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, lines * CELL.1 + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"15\" xml:space=\"preserve\" style=\"white-space:pre\">\n",
        escaped(title)
    );
    for line in 0..lines {
        let top = MARGIN + line * CELL.1;
        for run in runs(buffer, line) {
            let (x, length) = (MARGIN + run.column * CELL.0, run.cells * CELL.0);
            // Blanks at the edges are left to the grid: readers of pictures disagree about them.
            let lead = if run.look.underlined { 0 } else { run.text.len() - run.text.trim_start().len() };
            let text = if run.look.underlined { run.text.as_str() } else { run.text.trim() };
            let shown = if text.is_ascii() { text.len() } else { run.cells };
            if let Some(paper) = run.look.paper {
                let _ = writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{top}\" width=\"{length}\" height=\"{}\" fill=\"{paper}\"/>",
                    CELL.1
                );
            }
            if text.trim().is_empty() && !run.look.underlined {
                continue;
            }
            let mut style = format!("fill=\"{}\"", run.look.ink);
            for (is, attribute) in [
                (run.look.bold, " font-weight=\"bold\""),
                (run.look.italic, " font-style=\"italic\""),
                (run.look.underlined, " text-decoration=\"underline\""),
            ] {
                style.push_str(if is { attribute } else { "" });
            }
            let _ = writeln!(
                out,
                "<text x=\"{}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\" {style}>{}</text>",
                x + lead * CELL.0,
                top + 15,
                shown * CELL.0,
                escaped(text)
            );
        }
    }
    out + "</g>\n</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::{layout::Rect, style::Style};

    #[test]
    fn every_cell_keeps_its_place_and_no_text_becomes_markup() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 2));
        buffer.set_string(0, 0, "a<b>&", Style::new());
        buffer.set_string(0, 1, "张 x", Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
        let drawn = svg(&buffer, "\"title\"");
        assert!(drawn.contains("<title>&quot;title&quot;</title>"), "{drawn}");
        assert!(drawn.contains(">a&lt;b&gt;&amp;</text>"), "{drawn}");
        let wide = format!("x=\"{MARGIN}\" y=\"46\" textLength=\"18\"");
        assert!(drawn.contains(&wide) && drawn.contains("font-weight=\"bold\">张</text>"), "{drawn}");
        let after = format!("x=\"{}\" y=\"46\"", MARGIN + 3 * CELL.0);
        assert!(drawn.contains(&after), "{drawn}");
    }

    #[test]
    fn reversed_text_has_its_ink_behind_it() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        buffer.set_string(0, 0, "bar", Style::new().add_modifier(Modifier::REVERSED));
        let drawn = svg(&buffer, "bar");
        assert!(
            drawn.contains(&format!("fill=\"{INK}\"/>")) && drawn.contains(&format!("fill=\"{PAPER}\">bar"))
        );
    }
}

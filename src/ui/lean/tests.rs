//! Frames drawn through an independent terminal emulator equal the buffers they were made from, cell for cell.
use super::Lean;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
};

fn nz(n: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(n).unwrap()
}

struct Random(u64);
impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

const COLOURS: [Color; 5] = [Color::Reset, Color::Red, Color::LightBlue, Color::DarkGray, Color::Green];
const MODS: [Modifier; 4] = [Modifier::empty(), Modifier::BOLD, Modifier::UNDERLINED, Modifier::REVERSED];

fn scribble(buffer: &mut Buffer, random: &mut Random) {
    let words =
        ["hello", "日本語", "BLACK Jack", "          ", "é", "x", "━━━", "한글 mixed", "            z"];
    for _ in 0..random.below(12) {
        let style = Style::new().fg(COLOURS[random.below(5)]).bg(COLOURS[random.below(3) * random.below(2)]);
        let style = style.add_modifier(MODS[random.below(4)]);
        let (x, y) =
            (random.below(buffer.area.width.into()) as u16, random.below(buffer.area.height.into()) as u16);
        buffer.set_string(x, y, words[random.below(words.len())], style);
    }
    if random.below(4) == 0 {
        let (w, h) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
        let by = random.below(3) + 1;
        if random.below(2) == 0 {
            buffer.content.rotate_left(w * by.min(h - 1));
        } else {
            buffer.content.rotate_right(w * by.min(h - 1));
        }
    }
    if random.below(9) == 0 {
        buffer.reset();
    }
}

fn colour(c: vt100::Color) -> Color {
    match c {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(1) => Color::Red,
        vt100::Color::Idx(2) => Color::Green,
        vt100::Color::Idx(8) => Color::DarkGray,
        vt100::Color::Idx(12) => Color::LightBlue,
        other => panic!("a colour nobody used: {other:?}"),
    }
}

fn compare(buffer: &Buffer, screen: &vt100::Screen, seed: u64, n: usize) {
    let w = buffer.area.width;
    for y in 0..buffer.area.height {
        let mut wide = false;
        for x in 0..w {
            if std::mem::take(&mut wide) {
                continue;
            }
            let (cell, seen) = (&buffer[(x, y)], screen.cell(y, x).unwrap());
            let columns = unicode_width::UnicodeWidthStr::width(cell.symbol());
            wide = columns == 2;
            let cut = x + columns as u16 > w;
            let expected = if cell.symbol() == " " || cut { "" } else { cell.symbol() };
            let got = seen.contents().trim_end();
            assert_eq!(got, expected, "seed {seed} frame {n} at {x},{y}");
            assert_eq!(colour(seen.bgcolor()), cell.bg, "background: seed {seed} frame {n} at {x},{y}");
            assert_eq!(
                seen.inverse(),
                cell.modifier.contains(Modifier::REVERSED),
                "seed {seed} frame {n} at {x},{y}"
            );
            assert_eq!(
                seen.underline(),
                cell.modifier.contains(Modifier::UNDERLINED),
                "seed {seed} {n} {x},{y}"
            );
            if !expected.is_empty() {
                assert_eq!(colour(seen.fgcolor()), cell.fg, "seed {seed} frame {n} at {x},{y}");
                assert_eq!(
                    seen.bold(),
                    cell.modifier.contains(Modifier::BOLD),
                    "seed {seed} frame {n} at {x},{y}"
                );
            }
        }
    }
}

#[test]
fn random_frames_equal_what_an_independent_terminal_shows() {
    for seed in 1..120 {
        let mut random = Random(seed);
        let (mut w, mut h) = (20 + random.below(70) as u16, 4 + random.below(24) as u16);
        let mut parser = vt100::Parser::new(nz(h), nz(w), 0);
        let mut lean = Lean::default();
        let mut buffer = Buffer::empty(Rect::new(0, 0, w, h));
        for n in 0..40 {
            if random.below(15) == 0 {
                (w, h) = (20 + random.below(70) as u16, 4 + random.below(24) as u16);
                parser.screen_mut().set_size(nz(h), nz(w));
                buffer = Buffer::empty(Rect::new(0, 0, w, h));
            }
            scribble(&mut buffer, &mut random);
            let at = (random.below(w.into()) as u16, random.below(h.into()) as u16);
            parser.process(&lean.frame(&buffer, Some(at)));
            compare(&buffer, parser.screen(), seed, n);
            assert_eq!(parser.screen().cursor_position(), (at.1, at.0), "seed {seed} frame {n}");
            assert_eq!(lean.frame(&buffer, Some(at)), b"", "an equal frame is no bytes");
        }
    }
}

#[test]
fn a_typed_character_is_one_byte() {
    let mut lean = Lean::default();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
    lean.frame(&buffer, Some((10, 5)));
    buffer.set_string(10, 5, "x", Style::new());
    assert_eq!(lean.frame(&buffer, Some((11, 5))), b"x");
}

#[test]
fn a_list_scrolled_by_one_row_is_shifted_and_not_drawn_again() {
    let mut lean = Lean::default();
    let rows = |from: usize| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        for y in 0..20 {
            let name = ["NGUYEN Linh", "BLACK Jack", "ZHANG Hao", "O'NEILL Siobhan", "AL-FARSI Omar"]
                [(from + y) % 5];
            let text = format!(
                " {:02}:30  {name:<30} {:03}  row {}",
                (from + y) % 24,
                (from * 7 + y * 7) % 101,
                from + y
            );
            buffer.set_string(0, 2 + y as u16, text, Style::new());
        }
        buffer
    };
    lean.frame(&rows(0), None);
    let bytes = lean.frame(&rows(1), None);
    assert!(bytes.len() <= 100, "{} bytes", bytes.len());
}

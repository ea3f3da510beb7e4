//! Turns frames into as few bytes as possible: a shadow of the terminal's screen, relative moves, shortest attributes,
//! erasing instead of blanks, scrolling instead of redrawing. A frame that changes nothing is no bytes.
mod cell;
#[cfg(test)]
mod tests;

use cell::{BLANK, Cell, Clusters, Look, PLAIN, RIGHT_HALF, SENT};
use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Buffer,
    layout::{Position, Size},
    style::{Color, Modifier},
};
use std::{convert::Infallible, fmt, io::Write as _};

/// What the terminal shows, and how to make it show something else.
pub struct Lean {
    width: usize,
    height: usize,
    shadow: Vec<Cell>,
    next: Vec<Cell>,
    clusters: Clusters,
    at: Option<(usize, usize)>,
    look: Look,
    cursor_shown: Option<bool>,
    cleared: bool,
    out: Vec<u8>,
}

impl Default for Lean {
    fn default() -> Self {
        Self {
            width: 0,
            height: 0,
            shadow: vec![],
            next: vec![],
            clusters: Clusters::default(),
            at: None,
            look: PLAIN,
            cursor_shown: None,
            cleared: false,
            out: vec![],
        }
    }
}

impl Lean {
    /// Nobody knows what the terminal shows: the next frame clears it and draws everything.
    pub fn forget(&mut self) {
        self.cleared = false;
    }

    /// The bytes that make the terminal show this buffer with the cursor there (or hidden).
    pub fn frame(&mut self, buffer: &Buffer, cursor: Option<(u16, u16)>) -> Vec<u8> {
        let (w, h) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
        if !self.cleared || (w, h) != (self.width, self.height) {
            (self.width, self.height) = (w, h);
            self.shadow = vec![BLANK; w * h];
            self.out.extend_from_slice(b"\x1b[m\x1b[H\x1b[2J");
            self.look = PLAIN;
            self.at = Some((0, 0));
            self.cleared = true;
            self.cursor_shown = None;
        }
        let mut next = std::mem::take(&mut self.next);
        self.clusters.compact(buffer, &mut next);
        if next != self.shadow {
            self.scroll(&next);
            // The cursor's row comes last: the cursor is then nearly where it shall be.
            let last = cursor.map(|(_, y)| usize::from(y)).filter(|y| *y < h);
            for y in (0..h).filter(|y| Some(*y) != last).chain(last) {
                if next[y * w..(y + 1) * w] != self.shadow[y * w..(y + 1) * w] {
                    self.row(&next, y);
                }
            }
        }
        self.next = next;
        let cursor = cursor.map(|(x, y)| (usize::from(x), usize::from(y))).filter(|(x, y)| *x < w && *y < h);
        if let Some((x, y)) = cursor {
            self.go(x, y);
        }
        if self.cursor_shown != Some(cursor.is_some()) {
            self.out.extend_from_slice(if cursor.is_some() { b"\x1b[?25h" } else { b"\x1b[?25l" });
            self.cursor_shown = Some(cursor.is_some());
        }
        std::mem::take(&mut self.out)
    }

    fn row(&mut self, next: &[Cell], y: usize) {
        let w = self.width;
        let row = &next[y * w..(y + 1) * w];
        let mut tail = w;
        while tail > 0 && row[tail - 1].erased() {
            tail -= 1;
        }
        let dirty = (tail..w).filter(|x| self.shadow[y * w + x] != BLANK).count();
        let erase = dirty > 3;
        let end = if erase { tail } else { w };
        let mut x = 0;
        while x < end {
            if row[x] == self.shadow[y * w + x] || row[x].glyph == RIGHT_HALF {
                self.shadow[y * w + x] = row[x];
                x += 1;
                continue;
            }
            let blanks = row[x..end].iter().take_while(|c| c.erased()).count();
            self.go(x, y);
            if blanks > 8 {
                self.erasing_look();
                let _ = write!(self.out, "\x1b[{blanks}X");
                self.shadow[y * w + x..y * w + x + blanks].fill(BLANK);
                x += blanks;
                continue;
            }
            self.put(row, x, y);
            x += 1;
        }
        if erase {
            self.go(tail, y);
            self.erasing_look();
            self.out.extend_from_slice(b"\x1b[K");
            self.shadow[y * w + tail..(y + 1) * w].fill(BLANK);
        }
    }

    /// Writes one glyph where the cursor is.
    fn put(&mut self, row: &[Cell], x: usize, y: usize) {
        let w = self.width;
        self.wear(row[x].look);
        self.clusters.write(row[x].glyph, &mut self.out);
        let wide = usize::from(row.get(x + 1).is_some_and(|c| c.glyph == RIGHT_HALF)) + 1;
        // A terminal blanks the other half of a wide character that is written over.
        let first = y * w + x;
        if self.shadow[first].glyph == RIGHT_HALF && x > 0 && row[x - 1] == self.shadow[first - 1] {
            self.shadow[first - 1] = BLANK;
        }
        let after = first + wide;
        if x + wide < w && self.shadow[after].glyph == RIGHT_HALF {
            self.shadow[after] = Cell { glyph: 0, look: PLAIN };
        }
        self.shadow[first..after].copy_from_slice(&row[x..x + wide]);
        self.at = (x + wide < w).then_some((x + wide, y));
    }

    /// Some terminals erase with every attribute that is on, not with the background alone.
    fn erasing_look(&mut self) {
        if self.look.bg != Color::Reset || self.look.mods.intersects(cell::VISIBLE_ON_BLANK) {
            self.wear(PLAIN);
        }
    }

    fn wear(&mut self, look: Look) {
        if look == self.look {
            return;
        }
        let mut fresh = Codes::default();
        let mut change = Codes::default();
        let (was, is) = (self.look.mods, look.mods);
        // Bold and dim share the code that ends them: what stays of the two must be set again.
        let both_end = was.difference(is).intersects(Modifier::BOLD | Modifier::DIM);
        let mut ended = 0;
        for (m, on, off) in SENT {
            if is.contains(m) {
                fresh.add(on.into());
            }
            if was.contains(m) && !is.contains(m) && ended != off {
                change.add(off.into());
                ended = off;
            }
        }
        for (m, on, off) in SENT {
            if is.contains(m) && (!was.contains(m) || (both_end && off == 22)) {
                change.add(on.into());
            }
        }
        for (colour, was, base) in [(look.fg, self.look.fg, 30u8), (look.bg, self.look.bg, 40)] {
            if colour != Color::Reset {
                fresh.colour(colour, base);
            }
            if colour != was {
                change.colour(colour, base);
            }
        }
        let code =
            if fresh.0.is_empty() || fresh.0.len() < change.0.len() { fresh.reset() } else { change.0 };
        self.out.extend_from_slice(b"\x1b[");
        self.out.extend_from_slice(code.as_bytes());
        self.out.push(b'm');
        self.look = look;
    }

    fn go(&mut self, x: usize, y: usize) {
        if self.at == Some((x, y)) {
            return;
        }
        let mut best = match (x, y) {
            (0, 0) => "\x1b[H".to_owned(),
            (0, _) => format!("\x1b[{}H", y + 1),
            _ => format!("\x1b[{};{}H", y + 1, x + 1),
        };
        if let Some((from, row)) = self.at {
            let n = |n: usize| if n == 1 { String::new() } else { n.to_string() };
            let down = match y.checked_sub(row) {
                Some(0) => String::new(),
                Some(d) if d <= 4 => "\n".repeat(d),
                Some(d) => format!("\x1b[{}B", n(d)),
                None => format!("\x1b[{}A", n(row - y)),
            };
            let mut ways = vec![];
            if x == from {
                ways.push(String::new());
            } else if x > from {
                ways.push(format!("\x1b[{}C", n(x - from)));
                ways.extend(self.reprint(from, row, x).filter(|_| y == row));
            } else {
                ways.push("\x08".repeat(from - x));
                ways.push(format!("\x1b[{}D", n(from - x)));
                ways.push("\r".to_owned() + &if x == 0 { String::new() } else { format!("\x1b[{}C", n(x)) });
            }
            for way in ways {
                if down.len() + way.len() < best.len() {
                    best = format!("{down}{way}");
                }
            }
        }
        self.out.extend_from_slice(best.as_bytes());
        self.at = Some((x, y));
    }

    /// The letters between here and `x`, when writing them again is a way to move.
    fn reprint(&self, from: usize, row: usize, x: usize) -> Option<String> {
        let cells = &self.shadow[row * self.width + from..row * self.width + x];
        let same =
            cells.len() <= 4 && cells.iter().all(|c| c.look == self.look && (0x20..0x7f).contains(&c.glyph));
        same.then(|| cells.iter().filter_map(|c| char::from_u32(c.glyph)).collect())
    }

    /// When a band of rows is a shifted copy of what is shown, the terminal shifts it.
    fn scroll(&mut self, next: &[Cell]) {
        let (w, h) = (self.width, self.height);
        // Most frames change a row or two: nothing was scrolled then.
        let changed = next.chunks(w.max(1)).zip(self.shadow.chunks(w.max(1))).filter(|(a, b)| a != b).count();
        if changed < 3 {
            return;
        }
        let differ = |y: usize, from: usize| {
            next[y * w..(y + 1) * w]
                .iter()
                .zip(&self.shadow[from * w..(from + 1) * w])
                .filter(|(a, b)| a != b)
                .count()
        };
        let mut best = (0, 0, 0isize);
        for d in [1isize, -1, 2, -2, 3, -3] {
            let mut run = 0;
            for y in 0..h {
                let from = y.checked_add_signed(d).filter(|f| *f < h);
                let stays = differ(y, y);
                if from.is_some_and(|f| stays > 0 && differ(y, f) * 3 <= stays) {
                    run += 1;
                    if run > best.0 {
                        best = (run, y + 1 - run, d);
                    }
                } else {
                    run = 0;
                }
            }
        }
        let (rows, top, d) = best;
        if rows < 3 {
            return;
        }
        let by = d.unsigned_abs();
        let (first, last) = if d > 0 { (top, top + rows - 1 + by) } else { (top - by, top + rows - 1) };
        self.wear(PLAIN);
        let count = if by == 1 { String::new() } else { by.to_string() };
        let way = if d > 0 { 'S' } else { 'T' };
        let _ = write!(self.out, "\x1b[{};{}r\x1b[{count}{way}\x1b[r", first + 1, last + 1);
        self.at = Some((0, 0));
        let (a, b) = (first * w, (last + 1) * w);
        if d > 0 {
            self.shadow.copy_within(a + by * w..b, a);
            self.shadow[b - by * w..b].fill(BLANK);
        } else {
            self.shadow.copy_within(a..b - by * w, a + by * w);
            self.shadow[a..a + by * w].fill(BLANK);
        }
    }
}

/// Numbers between semicolons.
#[derive(Default)]
struct Codes(String);

impl Codes {
    fn add(&mut self, code: u16) {
        let between = if self.0.is_empty() { "" } else { ";" };
        let _ = fmt::Write::write_fmt(&mut self.0, format_args!("{between}{code}"));
    }
    /// These after everything was switched off.
    fn reset(mut self) -> String {
        if !self.0.is_empty() {
            self.0.insert(0, ';');
        }
        self.0
    }
    fn colour(&mut self, colour: Color, base: u8) {
        let n = match colour {
            Color::Reset => 9,
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 60,
            Color::LightRed => 61,
            Color::LightGreen => 62,
            Color::LightYellow => 63,
            Color::LightBlue => 64,
            Color::LightMagenta => 65,
            Color::LightCyan => 66,
            Color::White => 67,
            Color::Indexed(i) => return [base + 8, 5, i].into_iter().for_each(|n| self.add(n.into())),
            Color::Rgb(r, g, b) => {
                return [base + 8, 2, r, g, b].into_iter().for_each(|n| self.add(n.into()));
            }
        };
        self.add((base + n).into());
    }
}

/// ratatui's terminal without a terminal: it keeps the size and where the cursor shall be.
#[derive(Debug, Clone, Copy)]
pub struct Paper {
    /// Columns and lines.
    pub size: Size,
    cursor: Position,
    shown: bool,
}

impl Paper {
    /// Paper of this size.
    #[must_use]
    pub fn new(columns: u16, lines: u16) -> Self {
        Self { size: Size::new(columns, lines), cursor: Position::ORIGIN, shown: false }
    }
    /// Where the cursor shall be, if it is shown.
    #[must_use]
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.shown.then_some((self.cursor.x, self.cursor.y))
    }
}

impl Backend for Paper {
    type Error = Infallible;
    fn draw<'a, I>(&mut self, _content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a ratatui::buffer::Cell)>,
    {
        Ok(())
    }
    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.shown = false;
        Ok(())
    }
    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.shown = true;
        Ok(())
    }
    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(self.cursor)
    }
    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.cursor = position.into();
        Ok(())
    }
    fn clear(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
    fn clear_region(&mut self, _: ClearType) -> Result<(), Infallible> {
        Ok(())
    }
    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }
    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }
    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

//! A QR code in half blocks: two modules a cell, dark on light whatever the terminal's colours are.
use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Style},
    text::{Line, Span},
};

/// Modules of light around the code.
const QUIET: usize = 2;

/// A code, ready to be drawn.
#[derive(Debug, Clone)]
pub struct Qr {
    side: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// The code of a text; `None` when it is too long for any.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::L).ok()?;
        let dark = code.to_colors().into_iter().map(|c| c == qrcode::Color::Dark).collect();
        Some(Self { side: code.width(), dark })
    }

    /// Columns and lines that it takes.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        let side = self.side + 2 * QUIET;
        (side as u16, side.div_ceil(2) as u16)
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let (Some(x), Some(y)) = (x.checked_sub(QUIET), y.checked_sub(QUIET)) else { return false };
        x < self.side && y < self.side && self.dark.get(y * self.side + x).copied().unwrap_or(false)
    }

    /// Draws it at the top left of `area`; nothing when there is no room for all of it.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect) {
        let (columns, lines) = self.size();
        if area.width < columns || area.height < lines {
            return;
        }
        let paper = Style::new().fg(Color::Black).bg(Color::White);
        for line in 0..lines {
            let row: String = (0..usize::from(columns))
                .map(|x| {
                    match (self.is_dark(x, 2 * usize::from(line)), self.is_dark(x, 2 * usize::from(line) + 1))
                    {
                        (true, true) => '█',
                        (true, false) => '▀',
                        (false, true) => '▄',
                        (false, false) => ' ',
                    }
                })
                .collect();
            let at = Rect::new(area.x, area.y + line, columns, 1);
            frame.render_widget(Line::from(Span::styled(row, paper)), at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_address_fits_a_terminal_of_80_by_24() {
        let qr = Qr::of(&"x".repeat(crate::auth::totp_uri::LONGEST)).unwrap();
        assert_eq!(qr.size(), (37, 19));
        assert!(qr.is_dark(QUIET, QUIET) && !qr.is_dark(0, 0) && !qr.is_dark(36, 37));
        assert!(Qr::of(&"x".repeat(5000)).is_none());
    }
}

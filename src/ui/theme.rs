//! Colours and borders: the sixteen of the terminal's own palette, or none. Every state is also a letter or a word.
use ratatui::{
    style::{Color, Modifier, Style},
    symbols::border,
};

/// How the program may draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Colours at all: off for NO_COLOR and monochrome terminals.
    pub colour: bool,
    /// Bright instead of dim, nothing grey.
    pub high_contrast: bool,
    /// Borders and marks of ASCII only.
    pub ascii: bool,
    /// No boxes and no previews: few bytes.
    pub plain: bool,
}

impl Default for Theme {
    fn default() -> Self {
        Self { colour: true, high_contrast: false, ascii: false, plain: false }
    }
}

impl Theme {
    /// The theme that these variables of the environment ask for.
    #[must_use]
    pub fn from_env(no_color: bool, term: &str, utf8: bool) -> Self {
        let dumb = term == "dumb" || term.starts_with("vt");
        Self { colour: !no_color && !dumb, ascii: !utf8, ..Self::default() }
    }
    fn coloured(self, colour: Color, otherwise: Modifier) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new().add_modifier(otherwise) }
    }
    /// Ordinary text.
    #[must_use]
    pub fn text(self) -> Style {
        Style::new()
    }
    /// Labels and hints.
    #[must_use]
    pub fn dim(self) -> Style {
        if self.high_contrast || !self.colour { Style::new() } else { Style::new().fg(Color::DarkGray) }
    }
    /// Keys in hints, headings.
    #[must_use]
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }
    /// The selected row's name, matched letters.
    #[must_use]
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }
    /// Allergies, errors.
    #[must_use]
    pub fn alarm(self) -> Style {
        self.coloured(if self.high_contrast { Color::LightRed } else { Color::Red }, Modifier::BOLD)
    }
    /// Waiting long, unsaved, missing.
    #[must_use]
    pub fn warn(self) -> Style {
        self.coloured(if self.high_contrast { Color::LightYellow } else { Color::Yellow }, Modifier::BOLD)
    }
    /// Saved, present, done.
    #[must_use]
    pub fn good(self) -> Style {
        self.coloured(if self.high_contrast { Color::LightGreen } else { Color::Green }, Modifier::empty())
    }
    /// The first line.
    #[must_use]
    pub fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
    /// Box lines of this theme.
    #[must_use]
    pub fn border(self) -> border::Set<'static> {
        if self.ascii {
            border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            }
        } else {
            border::PLAIN
        }
    }
    /// The mark of the selected row.
    #[must_use]
    pub fn gutter(self) -> &'static str {
        if self.ascii { ">" } else { "▌" }
    }
    /// The mark of a required field.
    #[must_use]
    pub fn dot(self) -> &'static str {
        if self.ascii { "*" } else { "•" }
    }
}

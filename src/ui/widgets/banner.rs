//! Who the patient is: one line that never leaves a patient's screens. Its name is the only one that is not data.
use crate::{
    text::{clean, cut, width},
    tr,
    ui::theme::Theme,
};
use ratatui::{Frame, layout::Rect, text::Span};

/// What the line shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Banner {
    /// `BLACK Jack`.
    pub name: String,
    /// `M 29 (04 May 1996)`.
    pub sex_age: String,
    /// The record number.
    pub record: String,
    /// `penicillin (rash)`; `None` when they were never asked about, empty when there are none known.
    pub allergies: Option<String>,
    /// Whether there are any may not be known here; `allergies` says nothing then.
    pub hidden: bool,
    /// At the right edge: `visit 6 min`.
    pub right: String,
}

/// Draws the banner. Allergies are never cut before anything else is.
pub fn view(frame: &mut Frame<'_>, area: Rect, banner: &Banner, theme: Theme) {
    let cols = usize::from(area.width);
    let allergies = match &banner.allergies {
        _ if banner.hidden => tr!("allergies hidden from you").to_owned(),
        None => tr!("allergies not asked").to_owned(),
        Some(none) if none.is_empty() => tr!("no known allergies").to_owned(),
        Some(some) => tr!("ALLERGY {what}", what = clean(some)),
    };
    let alarm = banner.allergies.as_ref().is_some_and(|a| !a.is_empty());
    let name = format!(" {}", clean(&banner.name));
    let mut left = cols.saturating_sub(width(&name) + width(&allergies) + 3);
    let mut middle = String::new();
    for part in [&banner.sex_age, &banner.record] {
        let part = format!("   {}", clean(part));
        if width(&part) <= left {
            left -= width(&part);
            middle += &part;
        }
    }
    let mut spans = vec![
        Span::styled(name, theme.strong()),
        Span::raw(middle + "   "),
        Span::styled(cut(&allergies, cols), if alarm { theme.alarm() } else { theme.text() }),
    ];
    let right = clean(&banner.right);
    if width(&right) + 2 <= left {
        spans.push(Span::raw(" ".repeat(left - width(&right) - 1)));
        spans.push(Span::styled(right.into_owned(), theme.dim()));
    }
    super::put_spans(frame, area, 0, spans);
}

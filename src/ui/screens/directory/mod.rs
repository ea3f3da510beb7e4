//! The directory: lists of providers and centres, and the page of each, linked to each other and to booking.
pub mod centre;
pub mod centres;
pub mod provider;
pub mod providers;

use crate::{
    domain::{dates::short_day, provider::Profession},
    search::rank,
    store::ProviderRow,
    text::tr_str,
    tr,
    ui::{
        screen::Ui,
        widgets::{put, ranked::Found, split_top},
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};

/// The profession in the person's language.
fn profession(code: &str) -> String {
    Profession::from_code(code).map_or_else(|| code.to_owned(), |p| tr_str(p.word()).to_owned())
}

/// The next free slot: `today 10:30`, `Fri 13 Mar 09:00`, or nothing.
fn next_free(p: &ProviderRow, today: NaiveDate) -> String {
    p.next_free.map_or_else(String::new, |n| {
        let at = n.starts_at.with_timezone(&p.zone);
        let time = at.format("%H:%M");
        if at.date_naive() == today {
            tr!("today {time}", time = time)
        } else {
            format!("{} {time}", short_day(at.date_naive()))
        }
    })
}

/// The rows whose text matches what was typed, near matches too: `royal rand` finds Royal Randwick Hospital.
fn found<R>(typed: &str, rows: &[R], text: impl Fn(&R) -> String) -> Found {
    rank(typed, rows, text).into_iter().map(|h| (h.index, h.marks.into_iter().flatten().collect())).collect()
}

/// A page's name and what is said under it; returns what is left for its list.
fn page_head(frame: &mut Frame<'_>, area: Rect, ui: &Ui, name: Option<&str>, lines: &[String]) -> Rect {
    let [head, rows] = split_top(area, lines.len() as u16 + 2);
    if let Some(name) = name {
        put(frame, head, 0, &format!(" {name}"), ui.theme.strong());
    }
    for (y, line) in (1..).zip(lines) {
        put(frame, head, y, &format!(" {line}"), ui.theme.text());
    }
    rows
}

//! The rows of a provider's week: a session, one that was not copied, or a day without one.
use super::copied;
use crate::{
    domain::{clinic_session::SessionRow, dates::short_day},
    store::LeftOut,
    text::tr_str,
    tr,
    ui::{
        theme::Theme,
        widgets::table::{Column, Table},
    },
};
use chrono::{Datelike as _, NaiveDate, Timelike as _};
use ratatui::style::Style;
use uuid::Uuid;

/// A session, one that was not copied, or a day without one.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) day: NaiveDate,
    pub(super) first: bool,
    pub(super) session: Option<SessionRow>,
    pub(super) left: Option<LeftOut>,
}

impl Line {
    fn told<T: Default>(&self, f: impl Fn(&SessionRow) -> T) -> T {
        self.session.as_ref().map(f).unwrap_or_default()
    }

    fn centre(&self) -> String {
        let left = self.left.as_ref().map(copied::reason);
        left.unwrap_or_else(|| self.told(|s| s.centre_name.clone()))
    }

    fn note(&self) -> String {
        if self.left.is_some() {
            return tr!("not copied").into();
        }
        let Some(s) = &self.session else { return String::new() };
        let mut notes = vec![];
        if let Some(kind) = s.kept.shut {
            notes.push(tr_str(kind.word()).to_owned());
        } else if s.kept.past > 0 {
            notes.push(tr!("{n} begun", n = s.kept.past));
        }
        if s.kept.held > 0 {
            notes.push(tr!("{n} held", n = s.kept.held));
        }
        if s.kept.overbooked > 0 {
            notes.push(tr!("{n} over", n = s.kept.overbooked));
        }
        if s.kept.planned {
            notes.push(tr!("from hours").to_owned());
        }
        notes.join(", ")
    }
}

fn warned(line: &Line, theme: Theme) -> Style {
    if line.left.is_some() { theme.warn() } else { theme.text() }
}

/// The table of them.
pub(super) fn table() -> Table<Line> {
    Table::new(|l: &Line| {
        let day = u128::from(l.day.num_days_from_ce().unsigned_abs());
        let from = l.left.as_ref().map_or(0, |x| u128::from(x.from.num_seconds_from_midnight()) + 1);
        l.session.as_ref().map_or_else(|| Uuid::from_u128(day << 32 | from), |s| s.id.0)
    })
    .column(Column::new("Day", |l: &Line| if l.first { short_day(l.day) } else { String::new() }).width(10))
    .column(
        Column::new("Hours", |l: &Line| {
            let none = || l.left.as_ref().map_or_else(|| tr!("no session").to_owned(), copied::hours);
            l.session.as_ref().map_or_else(none, SessionRow::times)
        })
        .width(11)
        .look(|l, t| if l.session.is_some() { t.text() } else { t.dim() }),
    )
    .column(Column::new("Centre", Line::centre).grow(12).priority(2).look(warned))
    .column(
        Column::new("Slot", |l: &Line| l.told(|s| format!("{}m", s.slot_minutes)))
            .width(4)
            .right()
            .priority(5),
    )
    .column(Column::new("Booked", |l: &Line| l.told(|s| s.booked.to_string())).width(6).right())
    .column(
        Column::new("Free", |l: &Line| l.told(|s| s.free.to_string()))
            .width(4)
            .right()
            .look(|l, t| if l.session.as_ref().is_some_and(|s| s.free == 0) { t.warn() } else { t.good() }),
    )
    .column(Column::new("", Line::note).width(19).priority(3).look(|_, t| t.dim()))
    .uncounted()
}

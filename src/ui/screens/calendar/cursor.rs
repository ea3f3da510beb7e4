//! Where the selection goes: across cells, columns and days. It keeps the time of day when the day changes, and the
//! provider when the view does.
use super::{Calendar, Command, Msg, Scope, View, agenda::Item, reading::days_from};
use crate::{
    domain::{
        calendar::{Cell, Content, half_hours},
        ids::AppointmentId,
        time,
    },
    ui::cx::Cx,
};
use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc};

fn by_days(day: NaiveDate, n: i64) -> NaiveDate {
    let days = Days::new(n.unsigned_abs());
    let moved = if n < 0 { day.checked_sub_days(days) } else { day.checked_add_days(days) };
    moved.unwrap_or(day)
}

fn by_months(day: NaiveDate, later: bool) -> NaiveDate {
    let month = Months::new(1);
    let moved = if later { day.checked_add_months(month) } else { day.checked_sub_months(month) };
    moved.unwrap_or(day)
}

impl Calendar {
    pub(super) fn look(&mut self, view: View, cx: &mut Cx<Msg>) {
        if view != self.view {
            // How many fit is not known before it is drawn.
            (self.shown, self.top) = (0, 0);
        }
        self.view = view;
        self.show(cx);
    }

    /// The same time on another day.
    fn set_day(&mut self, day: NaiveDate) {
        let zone = self.zone();
        if let Some(cursor) = &mut self.cursor {
            let wall = cursor.at.with_timezone(&zone).time();
            cursor.day = day;
            cursor.at = time::instant(zone, day.and_time(wall));
            cursor.booking = None;
        }
    }

    pub(super) fn go_to_day(&mut self, day: NaiveDate, cx: &mut Cx<Msg>) {
        self.set_day(day);
        self.land();
        self.show(cx);
    }

    pub(super) fn go(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let Some(cursor) = self.cursor else { return };
        match command {
            Command::More | Command::Fewer => self.set_columns(command == Command::More),
            Command::Today => {
                let (now, today) = (self.now, self.today);
                self.cursor =
                    Some(super::Cursor { day: today, at: now, provider: cursor.provider, booking: None });
                self.land();
            }
            Command::After | Command::Before => {
                let later = command == Command::After;
                let n = if later { 1 } else { -1 };
                self.set_day(match self.view {
                    View::Month => by_months(cursor.day, later),
                    View::Week | View::Agenda => by_days(cursor.day, 7 * n),
                    View::Strip | View::Sheet => by_days(cursor.day, n),
                });
                self.land();
            }
            Command::Up | Command::PageUp => self.vertical(command == Command::PageUp, -1),
            Command::Down | Command::PageDown => self.vertical(command == Command::PageDown, 1),
            Command::ToLeft => self.horizontal(-1),
            Command::ToRight => self.horizontal(1),
            Command::First => self.end_of_day(true),
            Command::Last => self.end_of_day(false),
            _ => {}
        }
        self.show(cx);
    }

    fn set_columns(&mut self, more: bool) {
        let now = self.columns.unwrap_or(self.shown.max(1));
        let wanted = if more { now + 1 } else { now.saturating_sub(1) };
        self.columns = Some(wanted.clamp(1, 9));
        self.shown = self.columns.unwrap_or(0);
        self.keep_in_sight();
    }

    fn vertical(&mut self, page: bool, step: i64) {
        let Some(cursor) = self.cursor else { return };
        let n = if page { i64::try_from(self.page.max(2) - 1).unwrap_or(1) } else { 1 };
        match self.view {
            View::Strip => self.next_provider(step * n),
            View::Month => {
                self.set_day(by_days(cursor.day, 7 * step));
                self.land();
            }
            View::Agenda => self.next_item(step * n),
            View::Sheet | View::Week => (0..n).for_each(|_| self.next_cell(step)),
        }
    }

    fn horizontal(&mut self, step: i64) {
        let Some(cursor) = self.cursor else { return };
        match self.view {
            View::Sheet => self.next_provider(step),
            View::Strip => {
                let halves = half_hours(self.zone(), cursor.day);
                let here = halves.iter().position(|h| h.contains(cursor.at)).unwrap_or(0);
                let there = shifted(here, step, halves.len());
                if let Some(half) = halves.get(there) {
                    self.select(half.start, None);
                    self.land();
                }
            }
            View::Week | View::Month | View::Agenda => {
                self.set_day(by_days(cursor.day, step));
                self.land();
            }
        }
    }

    fn next_provider(&mut self, step: i64) {
        let here = self.people.iter().position(|p| Some(*p) == self.cursor.and_then(|c| c.provider));
        let there = shifted(here.unwrap_or(0), if here.is_some() { step } else { 0 }, self.people.len());
        if let (Some(provider), Some(cursor)) = (self.people.get(there), &mut self.cursor) {
            (cursor.provider, cursor.booking) = (Some(*provider), None);
        }
        self.keep_in_sight();
        self.land();
    }

    /// Scrolls so that the selected provider is among those in sight.
    pub(super) fn keep_in_sight(&mut self) {
        let here = self.people.iter().position(|p| Some(*p) == self.cursor.and_then(|c| c.provider));
        let (Some(here), shown) = (here, self.shown.max(1)) else { return };
        self.first = self.first.clamp((here + 1).saturating_sub(shown), here);
    }

    fn select(&mut self, at: DateTime<Utc>, booking: Option<AppointmentId>) {
        if let Some(cursor) = &mut self.cursor {
            (cursor.at, cursor.booking) = (at, booking);
        }
    }

    /// Takes hold of the booking that is at the selected time, if there is one.
    pub(super) fn land(&mut self) {
        let found = self.booking().map(|b| b.id);
        if let Some(cursor) = &mut self.cursor {
            cursor.booking = found;
        }
    }

    fn go_to_cell(&mut self, cell: &Cell) {
        let booked = self.day().map(|d| d.booked().to_vec()).unwrap_or_default();
        let booking = match cell.content {
            Content::Booked(i, _) => booked.get(i).map(|b| b.id),
            _ => None,
        };
        self.select(cell.period.start, booking);
    }

    fn next_cell(&mut self, step: i64) {
        let (Some(cursor), Some(day)) = (self.cursor, self.day()) else { return };
        let cells = day.cells(self.now);
        // Bookings of one beginning are gone through before the next cell.
        if let Some((_, Cell { content: Content::Booked(i, more), .. })) = self.cell() {
            let here = day.booked()[i..=i + more].iter().position(|b| Some(b.id) == cursor.booking);
            let there = here.unwrap_or(0).checked_add_signed(if step < 0 { -1 } else { 1 });
            if let Some(next) = there.filter(|n| *n <= more).and_then(|n| day.booked().get(i + n)) {
                let (at, id) = (next.period.start, next.id);
                return self.select(at, Some(id));
            }
        }
        let here = self.cell().map(|(_, c)| c.period.start);
        let next = if step > 0 {
            cells.iter().find(|c| c.period.start > here.unwrap_or(cursor.at))
        } else {
            cells.iter().rev().find(|c| c.period.start < here.unwrap_or(cursor.at))
        };
        if let Some(cell) = next.copied() {
            self.go_to_cell(&cell);
        }
    }

    fn end_of_day(&mut self, first: bool) {
        match self.view {
            View::Strip | View::Sheet | View::Week => {
                let cells = self.day().map(|d| d.cells(self.now)).unwrap_or_default();
                let found = if first { cells.first() } else { cells.last() };
                if let Some(cell) = found.copied() {
                    self.go_to_cell(&cell);
                }
            }
            View::Month => {
                let Some(cursor) = self.cursor else { return };
                let start = cursor.day.with_day(1).unwrap_or(cursor.day);
                let day = if first { start } else { by_days(by_months(start, true), -1) };
                self.set_day(day);
            }
            View::Agenda => self.next_item(if first { -10_000 } else { 10_000 }),
        }
    }

    fn next_item(&mut self, step: i64) {
        let items: Vec<Item> = self.items();
        let here = self.item_here(&items);
        let there = match here {
            Some(here) => shifted(here, step, items.len()),
            None => 0,
        };
        if let Some(item) = items.get(there) {
            let (day, at, booking) = (item.day, item.period.start, item.booking);
            if let Some(cursor) = &mut self.cursor {
                (cursor.day, cursor.at, cursor.booking) = (day, at, booking);
            }
        }
    }

    /// The days whose provider-days are drawn, in order.
    pub(super) fn drawn_days(&self) -> Vec<NaiveDate> {
        match self.have {
            Some(Scope::Provider(_, first, n)) => days_from(first, n).collect(),
            _ => vec![],
        }
    }
}

fn shifted(here: usize, step: i64, len: usize) -> usize {
    let moved = i64::try_from(here).unwrap_or(0).saturating_add(step).max(0);
    usize::try_from(moved).unwrap_or(0).min(len.saturating_sub(1))
}

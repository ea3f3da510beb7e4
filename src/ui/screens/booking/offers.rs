//! The numbered list of free times. What somebody else takes or is choosing stays in its row, marked, so that a number typed
//! in good faith never means another time than the one that was read.
use super::Free;
use crate::{
    domain::{
        booking::{DayStrip, Directory, FreeSlot, NewTime},
        dates,
        ids::CentreId,
        time::Period,
    },
    store::Hold,
    text::{clean, cut, pad},
    tr,
    ui::{
        command::WidgetCommand,
        desk,
        screen::{TextInput, Ui, Used, Widget},
        widgets::{self, day_grid, picker::scrolled},
    },
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect, text::Span};

/// One time that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    pub slot: FreeSlot,
    /// Somebody took it since the list was read.
    pub gone: bool,
    /// The patient is here: now.
    pub now: bool,
    /// Somebody is choosing it.
    pub held: Option<Hold>,
    /// The times of a family, one after the other.
    pub places: Vec<FreeSlot>,
    /// How many are overbooked in its session, of how many.
    pub over: Option<(i64, i64)>,
}

impl Offer {
    fn of(slot: FreeSlot) -> Self {
        Self { slot, gone: false, now: false, held: None, places: vec![], over: None }
    }
    /// Its whole time; a family's from the first to the last.
    #[must_use]
    pub fn period(&self) -> Period {
        let end = self.places.last().map_or(self.slot.period.end, |last| last.period.end);
        Period { start: self.slot.period.start, end }
    }
    /// Whoever else is choosing it now.
    #[must_use]
    pub fn holder(&self, now: DateTime<Utc>) -> Option<&Hold> {
        self.held.as_ref().filter(|h| h.keeps_off(self.slot.provider, &self.period(), now))
    }
    /// Where an appointment is moved to that is moved here.
    #[must_use]
    pub fn new_time(&self) -> NewTime {
        let session = Some(self.slot.session).filter(|s| !s.0.is_nil());
        let (provider, centre) = (self.slot.provider, self.slot.centre);
        NewTime { provider, centre, session, period: self.slot.period }
    }
}

/// The list and what is selected in it.
#[derive(Debug, Default)]
pub struct Offers {
    pub rows: Vec<Offer>,
    /// Everybody's holds with these providers on these days.
    pub holds: Vec<Hold>,
    at: usize,
    top: usize,
    page: usize,
}

/// How many can be picked by a digit.
pub const NUMBERED: usize = 9;

impl Offers {
    /// The selected one.
    #[must_use]
    pub fn selected(&self) -> Option<&Offer> {
        self.rows.get(self.at)
    }
    /// Selects the row of this place, if there is one.
    pub fn select(&mut self, at: usize) -> bool {
        if at < self.rows.len() {
            self.at = at;
        }
        at < self.rows.len()
    }
    /// Another question's answer: the first row is selected that nobody is choosing.
    pub fn replace(&mut self, free: Free, now: DateTime<Utc>) {
        self.holds.clone_from(&free.holds);
        self.rows = rows_of(free);
        self.at = self.rows.iter().position(|r| r.holder(now).is_none()).unwrap_or(0);
        self.top = 0;
    }
    /// The same question asked again: rows keep their places, taken ones are marked, new ones come last.
    pub fn refresh(&mut self, free: Free) {
        let holds = free.holds.clone();
        let fresh = rows_of(free);
        for row in &mut self.rows {
            row.gone = !fresh.iter().any(|f| same(&f.slot, &row.slot));
        }
        let alive = self.rows.iter().filter(|r| !r.gone).count();
        let fresh: Vec<Offer> = fresh
            .into_iter()
            .filter(|f| !self.rows.iter().any(|r| same(&f.slot, &r.slot)))
            .take(NUMBERED.saturating_sub(alive))
            .collect();
        self.rows.extend(fresh);
        self.set_holds(holds);
    }
    /// Who is choosing what.
    pub fn set_holds(&mut self, holds: Vec<Hold>) {
        for row in &mut self.rows {
            row.held = of_row(&holds, row);
        }
        self.holds = holds;
    }
    /// The times that are shown.
    #[must_use]
    pub fn slots(&self) -> Vec<FreeSlot> {
        self.rows.iter().map(|r| r.slot.clone()).collect()
    }
    /// Whether a time of this provider and day is shown.
    #[must_use]
    pub fn shows(&self, provider: Option<uuid::Uuid>, day: Option<NaiveDate>) -> bool {
        self.rows.iter().any(|r| Some(r.slot.provider.0) == provider && Some(r.slot.day) == day)
    }
    /// The row of this time; it is added when it is not there.
    pub fn place_of(&mut self, slot: FreeSlot) -> usize {
        let there = self.rows.iter().position(|r| !r.gone && same(&r.slot, &slot));
        there.unwrap_or_else(|| {
            self.rows.push(Offer::of(slot));
            self.rows.len() - 1
        })
    }
    /// Whoever works at the centre now or later today takes somebody who walked in.
    /// They are booked at the desk's `own` centre when they work there, else at their first.
    pub fn walk_in(
        &mut self,
        strips: &[DayStrip],
        directory: &Directory,
        own: Option<CentreId>,
        zone: Tz,
        now: DateTime<Utc>,
    ) {
        let start = now - Duration::seconds(now.timestamp().rem_euclid(60));
        let start = start - Duration::nanoseconds(i64::from(start.timestamp_subsec_nanos()));
        let rows = strips.iter().filter(|s| s.sessions.iter().any(|p| p.end > now)).filter_map(|s| {
            let provider = directory.provider(s.provider)?;
            let here = own.filter(|c| provider.centres.contains(c)).or(provider.centres.first().copied())?;
            let centre = directory.centre(here)?;
            Some(Offer {
                now: true,
                ..Offer::of(FreeSlot {
                    session: crate::domain::ids::ClinicSessionId(uuid::Uuid::nil()),
                    provider: s.provider,
                    provider_name: s.name.clone(),
                    profession: provider.profession.clone(),
                    centre: centre.id,
                    centre_name: centre.name.clone(),
                    zone,
                    day: now.with_timezone(&zone).date_naive(),
                    period: Period { start, end: start + Duration::minutes(30) },
                })
            })
        });
        self.rows = rows.collect();
        self.at = self.at.min(self.rows.len().saturating_sub(1));
    }

    /// Draws the rows; `focused` places the cursor.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, today: NaiveDate, ui: &Ui) {
        let height = usize::from(area.height);
        self.page = height;
        self.top = scrolled(self.top, self.at, height, self.rows.len());
        for (y, (i, offer)) in self.rows.iter().enumerate().skip(self.top).take(height).enumerate() {
            let s = &offer.slot;
            let number = if i < NUMBERED { (i + 1).to_string() } else { " ".into() };
            let day = match (s.day - today).num_days() {
                0 => tr!("today").to_owned(),
                1 => tr!("tomorrow").to_owned(),
                _ => dates::short_day(s.day),
            };
            let time = match (offer.gone, offer.now) {
                (true, _) => tr!("taken").to_owned(),
                (_, true) => tr!("now").to_owned(),
                _ => dates::clock(s.time()),
            };
            let name = s.provider_name.to_string();
            let who = pad(&cut(&clean(&name), 14), 14);
            let holder = offer.holder(ui.env.now());
            let until = |h: &Hold| dates::clock(h.until.with_timezone(&s.zone).time());
            let tail = match (holder, offer.over) {
                (Some(h), _) => tr!("held to {until} by {who}", until = until(h), who = h.holder),
                (None, Some((used, cap))) => {
                    format!("{who} {}", tr!("{n} of {cap} over", n = used, cap = cap))
                }
                (None, None) => format!("{who} {}", s.centre_name),
            };
            let line = format!("{number} {} {} ", pad(&day, 10), pad(&time, 5));
            let room = usize::from(area.width).saturating_sub(crate::text::width(&line) + 2);
            let line = line + &cut(&clean(&tail), room);
            let style = match (offer.gone || holder.is_some(), i == self.at) {
                (true, _) => ui.theme.dim(),
                (_, true) => ui.theme.strong(),
                _ => ui.theme.text(),
            };
            let gutter = if i == self.at { ui.theme.gutter() } else { " " };
            let spans = vec![
                Span::raw(gutter),
                Span::styled(cut(&line, usize::from(area.width).saturating_sub(1)), style),
            ];
            widgets::put_spans(frame, area, y as u16, spans);
        }
        if ui.focused && area.height > 0 && area.width > 0 && !self.rows.is_empty() {
            frame.set_cursor_position((area.x, area.y + (self.at - self.top) as u16));
        }
    }
}

fn same(a: &FreeSlot, b: &FreeSlot) -> bool {
    a.session == b.session && a.period == b.period
}

fn of_row(holds: &[Hold], row: &Offer) -> Option<Hold> {
    let whole = row.period();
    let all =
        holds.iter().filter(|h| !h.mine && h.provider == row.slot.provider && h.period.overlaps(&whole));
    all.max_by_key(|h| h.until).cloned()
}

fn rows_of(free: Free) -> Vec<Offer> {
    let (mut places, mut over) = (free.places.into_iter(), free.over.into_iter());
    free.slots
        .into_iter()
        .map(|slot| {
            let row =
                Offer { places: places.next().unwrap_or_default(), over: over.next(), ..Offer::of(slot) };
            Offer { held: of_row(&free.holds, &row), ..row }
        })
        .collect()
}

impl Widget for Offers {
    fn contexts(&self) -> &'static [&'static str] {
        &["list"]
    }
    fn act(&mut self, command: WidgetCommand) -> Used {
        use WidgetCommand as W;
        let last = self.rows.len().saturating_sub(1);
        let page = self.page.max(2) - 1;
        self.at = match command {
            W::Next => (self.at + 1).min(last),
            W::Previous => self.at.saturating_sub(1),
            W::PageDown => (self.at + page).min(last),
            W::PageUp => self.at.saturating_sub(page),
            W::First => 0,
            W::Last => last,
            _ => return Used::No,
        };
        Used::Moved
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        None
    }
}

/// The strip of a day: one line for each provider, two letters for each hour.
pub fn strip(
    frame: &mut Frame<'_>,
    area: Rect,
    day: NaiveDate,
    strips: &[DayStrip],
    holds: &[Hold],
    zone: Tz,
    ui: &Ui,
) {
    let hours: Vec<u32> = strips
        .iter()
        .flat_map(|s| &s.sessions)
        .flat_map(|p| {
            let from = p.starts_at(zone).time();
            let to = p.ends_at(zone).time();
            [chrono::Timelike::hour(&from), chrono::Timelike::hour(&to)]
        })
        .collect();
    let first = hours.iter().min().copied().unwrap_or(8);
    let last = hours.iter().max().copied().unwrap_or(17).max(first + 1);
    let label = 11u16;
    let fits = u32::from(area.width.saturating_sub(label) / 3);
    let shown: Vec<u32> = (first..=last).take(fits as usize).collect();
    let now = ui.env.now();
    let held: Vec<&Hold> = holds.iter().filter(|h| !h.mine && h.day == day && h.until > now).collect();
    let part = |s: &DayStrip, hour: u32| -> Vec<day_grid::Part> {
        let halves = s.hour(zone, hour).into_iter().zip([0, 30]);
        halves
            .map(|(c, minute)| {
                let here = held.iter().filter(|h| h.provider == s.provider);
                match c {
                    '#' => day_grid::Part::Taken,
                    '.' if here.clone().any(|h| h.in_half_hour(zone, hour * 60 + minute)) => {
                        day_grid::Part::Held
                    }
                    '.' => day_grid::Part::Free,
                    _ => day_grid::Part::Closed,
                }
            })
            .collect()
    };
    let grid = day_grid::Grid {
        headings: shown.iter().map(|h| format!("{h:02}")).collect(),
        lines: strips
            .iter()
            .map(|s| day_grid::Line {
                label: s.name.to_string(),
                cells: shown.iter().map(|h| part(s, *h)).collect(),
            })
            .collect(),
        selected: None,
        label_width: usize::from(label),
    };
    day_grid::view(frame, area, &grid, ui.theme);
    widgets::put(frame, widgets::split_left(area, label)[0], 0, &dates::short_day(day), ui.theme.dim());
    // Below it who is meant by each h.
    let drawn =
        |h: &Hold| strips.iter().find(|s| s.provider == h.provider).map(|s| (h.clone(), s.name.to_string()));
    for (y, (hold, name)) in (strips.len() + 1..).zip(held.iter().filter_map(|h| drawn(h))) {
        let time = dates::clock(hold.period.starts_at(zone).time());
        let text = match strips.len() {
            1 => tr!("h {time} {who} is choosing", time = time, who = hold.holder),
            _ => tr!("h {time} {name}: {who}", time = time, name = name, who = hold.holder),
        };
        widgets::put(frame, area, y as u16, &cut(&clean(&text), usize::from(area.width)), ui.theme.warn());
    }
}

/// `SMITH Anna · GP`.
#[must_use]
pub fn provider_line(directory: Option<&Directory>, id: crate::domain::ids::ProviderId) -> String {
    directory
        .and_then(|d| d.provider(id))
        .map_or_else(String::new, |p| format!("{} · {}", p.name, desk::profession(&p.profession)))
}

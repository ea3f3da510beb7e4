//! What is read and when: one query for a view, one for what came into sight, and after a notification one for the
//! provider-days it named. What was read stays while the rest is asked for.
use super::{Calendar, Cursor, DayKey, Msg, Scope, View};
use crate::{
    domain::{
        calendar::{MonthDay, ProviderDay, weeks},
        ids::ProviderId,
        time,
    },
    store::{Change, DaysOf, MonthOf},
    ui::cx::Cx,
};
use chrono::{Datelike as _, Days, NaiveDate};
use std::{collections::BTreeSet, time::Duration};

/// Days of the agenda.
const AGENDA: u8 = 14;
/// Columns of a sheet and lines of a strip that are read before it is known how many fit.
const COLUMNS: usize = 9;
const LINES: usize = 40;

/// The days of a scope of one provider.
pub(super) fn days_from(first: NaiveDate, n: u8) -> impl Iterator<Item = NaiveDate> {
    (0..u64::from(n)).filter_map(move |i| first.checked_add_days(Days::new(i)))
}

pub(super) fn monday(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.weekday().num_days_from_monday()))
}

impl Calendar {
    pub(super) fn zone(&self) -> chrono_tz::Tz {
        let own = self.day().and_then(|d| d.zone_of(None));
        match (self.view, &self.place) {
            (View::Week | View::Agenda, place) => own.or(place.as_ref().map(|p| p.zone)).unwrap_or_default(),
            (_, Some(place)) => place.zone,
            _ => own.unwrap_or_default(),
        }
    }

    /// The first selection: today and now, oneself when one is booked with.
    pub(super) fn begin(&mut self, cx: &Cx<Msg>) {
        let Some(actor) = cx.env().actor.as_deref() else { return };
        if self.place.is_none() {
            self.place.clone_from(&actor.workplace);
        }
        if self.cursor.is_none() {
            let (now, today) = (cx.env().now(), cx.env().today());
            let day = self.wanted.unwrap_or(today);
            let wall = now.with_timezone(&cx.env().zone()).time();
            let at = if day == today { now } else { time::instant(cx.env().zone(), day.and_time(wall)) };
            self.cursor = Some(Cursor { day, at, provider: actor.provider, booking: None });
        }
    }

    /// What the view needs; nothing while nobody is chosen.
    pub(super) fn scope(&self) -> Option<Scope> {
        let cursor = self.cursor?;
        let centre = self.place.as_ref().map(|p| p.centre);
        Some(match self.view {
            View::Strip | View::Sheet => Scope::Centre(centre?, cursor.day),
            View::Week => Scope::Provider(cursor.provider?, monday(cursor.day), 7),
            View::Agenda => Scope::Provider(cursor.provider?, monday(cursor.day), AGENDA),
            View::Month => {
                let of = match (self.everybody, centre, cursor.provider) {
                    (true, Some(centre), _) | (false, Some(centre), None) => MonthOf::Centre(centre),
                    (_, _, provider) => MonthOf::Provider(provider?),
                };
                let days = weeks(cursor.day);
                Scope::Month(of, *days.first()?, *days.last()?)
            }
        })
    }

    /// Asks when another view, day or person is to be seen.
    pub(super) fn show(&mut self, cx: &mut Cx<Msg>) {
        let wanted = self.scope();
        if wanted.is_some() && (self.asked.or(self.have) != wanted) {
            self.ask(cx);
        }
        self.fill(cx);
    }

    /// How many providers the view shows beside or below each other.
    pub(super) fn window(&self) -> usize {
        match (self.view, self.shown) {
            (View::Sheet, 0) => self.columns.unwrap_or(COLUMNS),
            (View::Strip, 0) => LINES,
            (_, n) => n,
        }
    }

    /// Asks for all that the view shows.
    pub(super) fn ask(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(scope), Some(cursor)) = (cx.env().actor.clone(), self.scope(), self.cursor)
        else {
            return;
        };
        let opened = self.logged != Some(scope);
        (self.asked, self.logged) = (Some(scope), Some(scope));
        match scope {
            Scope::Month(of, first, last) => cx.load(
                "calendar.month",
                move |store| async move { store.month_days(&actor, of, first, last).await },
                move |days| Msg::Month(scope, days),
            ),
            Scope::Centre(centre, day) => {
                let window = self.window();
                let seen = self.people.iter().skip(self.first).take(window);
                let inside = seen.clone().any(|p| Some(*p) == cursor.provider);
                let from = if inside { seen.clone().next().copied() } else { cursor.provider };
                let of = DaysOf {
                    centre: Some((centre, day)),
                    days: vec![],
                    from,
                    window: u16::try_from(window).unwrap_or(u16::MAX),
                };
                cx.load(
                    "calendar.days",
                    move |store| async move { store.provider_days(&actor, of, opened).await },
                    move |days| Msg::Days(scope, days),
                );
            }
            Scope::Provider(provider, first, n) => {
                let days = days_from(first, n).map(|d| (provider, d)).collect();
                let of = DaysOf { days, ..DaysOf::default() };
                cx.load(
                    "calendar.days",
                    move |store| async move { store.provider_days(&actor, of, opened).await },
                    move |days| Msg::Days(scope, days),
                );
            }
        }
    }

    pub(super) fn answered(&mut self, scope: Scope) {
        if self.asked == Some(scope) {
            self.asked = None;
        }
        (self.have, self.problem) = (Some(scope), false);
    }

    pub(super) fn read_days(&mut self, scope: Scope, days: Vec<ProviderDay>, cx: &mut Cx<Msg>) {
        self.answered(scope);
        self.days.clear();
        if let Scope::Centre(..) = scope {
            self.people = days.iter().map(|d| d.provider).collect();
            self.first = days.iter().position(|d| d.bookings.is_some()).unwrap_or(0);
        }
        for day in days {
            self.names.insert(day.provider, day.name.clone());
            self.days.insert((day.provider, day.day), day);
        }
        self.settle(scope);
        self.fill(cx);
        self.reread(cx);
    }

    /// A selection that is no more there goes to its neighbour; one that is there follows its booking.
    fn settle(&mut self, scope: Scope) {
        let Some(mut cursor) = self.cursor else { return };
        if let Scope::Centre(..) = scope {
            let there = cursor.provider.is_some_and(|p| self.people.contains(&p));
            if !there {
                cursor.provider = self.people.get(self.first).copied().or(cursor.provider);
            }
        }
        if let Some(id) = cursor.booking {
            let found = self.days.values().find_map(|d| {
                let booking = d.booked().iter().find(|b| b.id == id)?;
                Some((d.provider, d.day, booking.period.start))
            });
            match found {
                // Moved to another time of what is in sight: the selection goes with it.
                Some((provider, day, at)) if (Some(provider), day) != (cursor.provider, cursor.day) => {
                    (cursor.provider, cursor.day, cursor.at) = (Some(provider), day, at);
                }
                Some(_) => {}
                None => cursor.booking = None,
            }
        }
        self.cursor = Some(cursor);
    }

    /// Asks for the bookings of whoever came into sight.
    pub(super) fn fill(&mut self, cx: &mut Cx<Msg>) {
        let (Some(Scope::Centre(_, day)), None) = (self.have, self.asked) else { return };
        let seen = self.people.iter().skip(self.first).take(self.window());
        let missing: Vec<DayKey> = seen
            .map(|p| (*p, day))
            .filter(|key| self.days.get(key).is_some_and(|d| d.bookings.is_none()))
            .collect();
        if !missing.is_empty() {
            self.read_some("calendar.more", missing, cx);
        }
    }

    fn read_some(&self, label: &'static str, keys: Vec<DayKey>, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let of = DaysOf { days: keys.clone(), ..DaysOf::default() };
        cx.load(
            label,
            move |store| async move { store.provider_days(&actor, of, false).await },
            move |days| Msg::Again(keys, days),
        );
    }

    pub(super) fn read_again(&mut self, keys: &[DayKey], days: Vec<ProviderDay>, cx: &mut Cx<Msg>) {
        self.stale.retain(|k| !keys.contains(k));
        let Some(scope) = self.have else { return };
        for day in days {
            let key = (day.provider, day.day);
            self.names.insert(day.provider, day.name.clone());
            match scope {
                Scope::Centre(centre, today) if today == day.day => {
                    let works = day.sessions.iter().any(|s| s.centre == centre);
                    let place = self.people.iter().position(|p| *p == day.provider);
                    match (works, place) {
                        (true, None) => {
                            let names = &self.names;
                            let after = self
                                .people
                                .iter()
                                .position(|p| (names.get(p), *p) > (Some(&day.name), day.provider))
                                .unwrap_or(self.people.len());
                            self.people.insert(after, day.provider);
                        }
                        (false, Some(place)) => {
                            self.people.remove(place);
                            self.days.remove(&key);
                            continue;
                        }
                        (false, None) => continue,
                        (true, Some(_)) => {}
                    }
                    self.days.insert(key, day);
                }
                Scope::Provider(provider, first, n)
                    if provider == day.provider && days_from(first, n).any(|d| d == day.day) =>
                {
                    self.days.insert(key, day);
                }
                _ => {}
            }
        }
        self.settle(scope);
        self.fill(cx);
    }

    pub(super) fn read_month_again(
        &mut self,
        scope: Scope,
        asked: &BTreeSet<NaiveDate>,
        days: Vec<MonthDay>,
    ) {
        self.stale.retain(|(_, d)| !asked.contains(d));
        if self.have == Some(scope) {
            self.month.retain(|d| !asked.contains(&d.day));
            self.month.extend(days.into_iter().filter(|d| asked.contains(&d.day)));
            self.month.sort_by_key(|d| d.day);
        }
    }

    /// Whether somebody's work concerns what is seen; then that provider-day is read again, and nothing else.
    pub(super) fn hear(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let row = match change {
            Change::Everything => return self.ask(cx),
            Change::Link(_) => return,
            Change::Row(row) => row,
        };
        match row.entity.as_str() {
            // What this very sign-in chooses is free to it.
            "slot_hold"
                if row.session.is_some() && row.session == cx.env().actor.as_ref().map(|a| a.session.0) =>
            {
                return;
            }
            "appointment" | "clinic_session" | "held_slot" | "slot_hold" => {}
            // A leave or a holiday is of many days and many people.
            "schedule_exception" => return self.ask(cx),
            _ => return,
        }
        if let (Some(provider), Some(day)) = (row.provider, row.day) {
            let key = (provider.into(), day);
            if self.is_seen(key, row.entity == "clinic_session") {
                self.stale.insert(key);
            }
        }
        // What was moved is told with its new time only; the old one is where it was seen.
        if let Some(id) = row.id {
            let old = self.days.iter().filter(|(_, d)| {
                d.booked().iter().any(|b| b.id.0 == id) || d.sessions.iter().any(|s| s.id.0 == id)
            });
            self.stale.extend(old.map(|(key, _)| *key));
        }
        if !self.stale.is_empty() {
            cx.after("calendar.reread", Duration::from_millis(30), Msg::Reread);
        }
    }

    /// A month counts what was being chosen again when nobody tells that its 90 seconds are over.
    pub(super) fn lapse(&mut self, cx: &mut Cx<Msg>) {
        let (now, provider) = (self.now, self.cursor.and_then(|c| c.provider));
        let over = self.month.iter().filter(|d| d.choosing.iter().any(|c| c.until <= now)).map(|d| d.day);
        let over: Vec<NaiveDate> = over.collect();
        if let (Some(Scope::Month(of, ..)), false) = (self.have, over.is_empty()) {
            let whose = match of {
                MonthOf::Provider(p) => Some(p),
                MonthOf::Centre(_) => provider,
            };
            self.stale.extend(over.into_iter().map(|d| (whose.unwrap_or(ProviderId(uuid::Uuid::nil())), d)));
            self.reread(cx);
        }
    }

    fn is_seen(&self, (provider, day): DayKey, session: bool) -> bool {
        match self.have.or(self.asked) {
            Some(Scope::Centre(_, today)) if session => day == today,
            Some(Scope::Centre(_, today)) => {
                day == today
                    && self.days.get(&(provider, day)).is_none_or(|d| d.bookings.is_some())
                    && (self.have.is_none() || self.people.contains(&provider))
            }
            Some(Scope::Provider(whose, first, n)) => {
                provider == whose && days_from(first, n).any(|d| d == day)
            }
            Some(Scope::Month(MonthOf::Provider(whose), first, last)) => {
                provider == whose && (first..=last).contains(&day)
            }
            Some(Scope::Month(MonthOf::Centre(_), first, last)) => (first..=last).contains(&day),
            None => false,
        }
    }

    pub(super) fn reread(&mut self, cx: &mut Cx<Msg>) {
        // A whole view on its way may have been read before the change: it is waited for.
        if self.stale.is_empty() || self.asked.is_some() {
            return;
        }
        let Some(Scope::Month(of, first, last)) = self.have else {
            return self.read_some("calendar.again", self.stale.iter().copied().collect(), cx);
        };
        let Some(actor) = cx.env().actor.clone() else { return };
        let (scope, days) = (Scope::Month(of, first, last), self.stale.iter().map(|k| k.1));
        let asked: BTreeSet<NaiveDate> = days.filter(|d| (first..=last).contains(d)).collect();
        self.stale.retain(|k| asked.contains(&k.1));
        let (Some(from), Some(to)) = (asked.first().copied(), asked.last().copied()) else { return };
        cx.load(
            "calendar.month-again",
            move |store| async move { store.month_days(&actor, of, from, to).await },
            move |days| Msg::MonthAgain(scope, asked, days),
        );
    }
}

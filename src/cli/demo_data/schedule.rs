//! The demo's calendar: sessions and appointments of a year, of a busy today and of the next eight weeks.
//!
//! Every choice depends on seed, provider, day and slot alone, so that a later start can add the missing days, and can
//! turn what nobody touched from "booked" into a visit that happened, without altering anything that was entered.
use super::{
    availability,
    people::{People, centre, patient, provider, provider_account, staff_account},
    place::{Place, SLOT},
    random::{Random, id},
    staff::{PROVIDERS, Provider},
    visits::Visits,
};
use crate::store::demo::Rows;
use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, TimeZone, Timelike, Utc};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Collects the rows of the calendar.
pub(super) struct Calendar<'a> {
    people: &'a People,
    now: DateTime<Utc>,
    today: NaiveDate,
    sessions: Rows,
    appointments: Rows,
    events: Rows,
    held: Rows,
    referrals: Rows,
    visits: Visits,
    queue: Rows,
    payments: Rows,
    /// The last receipt of each centre.
    receipts: HashMap<Uuid, u32>,
    /// The last ticket of each centre today.
    tickets: HashMap<Uuid, u32>,
    /// When set, only these appointments are written.
    only: Option<HashSet<Uuid>>,
}

impl<'a> Calendar<'a> {
    pub(super) fn new(people: &'a People, now: DateTime<Utc>) -> Self {
        Self {
            people,
            now,
            today: now.with_timezone(&people.zone).date_naive(),
            sessions: Rows::of(
                "clinic_session",
                "id, provider_id, centre_id, day, starts_at, ends_at, slot_minutes",
            ),
            appointments: Rows::of(
                "appointment",
                "id, patient_id, provider_id, centre_id, clinic_session_id, referral_id, kind, status, day, starts_at, \
                 ends_at, reason, booked_by, booked_at, arrived_at, started_at, ended_at, status_why, visit_type",
            ),
            events: Rows::of(
                "appointment_event",
                "id, appointment_id, at, account_id, from_status, to_status, to_starts_at, to_provider_id",
            ),
            held: Rows::of(
                "held_slot",
                "id, clinic_session_id, provider_id, day, kind, starts_at, ends_at, release_at",
            ),
            referrals: Rows::of(
                "referral",
                "id, patient_id, from_provider_id, to_provider_id, reason, letter, urgency, written_on, valid_until, status, \
                 sent_at, author",
            ),
            visits: Visits::new(people.seed),
            queue: Rows::of(
                "queue_entry",
                "id, centre_id, day, ticket, priority, priority_by, priority_at, room, calls",
            ),
            payments: Rows::of(
                "payment",
                "id, appointment_id, patient_id, centre_id, day, kind, method, cents, correction, receipt, at, account_id",
            ),
            receipts: HashMap::new(),
            tickets: HashMap::new(),
            only: None,
        }
    }

    pub(super) fn today(&self) -> NaiveDate {
        self.today
    }

    /// Sessions and appointments of these days.
    pub(super) fn add(&mut self, from: NaiveDate, to: NaiveDate) {
        self.days(from, to, true);
    }

    /// What has happened by now to appointments that were booked by the demo and touched by nobody.
    pub(super) fn happen(&mut self, untouched: HashSet<Uuid>, from: NaiveDate) {
        self.only = Some(untouched);
        self.days(from, self.today, false);
        self.only = None;
    }

    fn days(&mut self, from: NaiveDate, to: NaiveDate, sessions: bool) {
        let mut day = from;
        while day <= to {
            // A demo that starts on a Sunday is open on that Sunday.
            if day.weekday().number_from_monday() <= 5 || day == self.today {
                for (i, p) in PROVIDERS.iter().enumerate() {
                    self.provider_day(i, p, day, sessions);
                }
            }
            day = day + Days::new(1);
        }
    }

    /// Opening hours: nine to five; today so that now lies well inside them.
    fn hours(&self, day: NaiveDate) -> (u32, u32) {
        if day != self.today {
            return (9, 17);
        }
        let hour = self.now.with_timezone(&self.people.zone).hour();
        if (9..=15).contains(&hour) { (8, 18) } else { (hour.saturating_sub(7), (hour + 5).min(24)) }
    }

    fn provider_day(&mut self, i: usize, p: &Provider, day: NaiveDate, sessions: bool) {
        let (open, close) = self.hours(day);
        let Some(starts) = self.at(day, open) else { return };
        let ends = starts + Duration::hours(i64::from(close - open));
        let weekday = day.weekday().number_from_monday() as usize;
        let where_ =
            centre(self.people.seed, p.centres[if weekday % 2 == 1 { 0 } else { p.centres.len() - 1 }]);
        let session = id(self.people.seed, "session", &[i as i64, i64::from(day.num_days_from_ce())]);
        if sessions {
            self.sessions.put(session).put(provider(self.people.seed, i)).put(where_).put(day);
            self.sessions.put(starts.to_rfc3339()).put(ends.to_rfc3339()).put(SLOT).end();
        }
        let mut seeing = false;
        for minute in (open * 60..close * 60).step_by(SLOT as usize) {
            // Slots are counted from midnight, so that a longer day keeps the ids of the usual one.
            let slot = minute / SLOT as u32;
            let starts = starts + Duration::minutes(i64::from(minute - open * 60));
            let found = self.patient_at(i, day, slot);
            let place = Place { provider: i, day, slot, starts, patient: found.unwrap_or(0) };
            if found.is_none() {
                if sessions {
                    self.hold(p, &place, session);
                }
                continue;
            }
            match self.status(p, &place, &mut seeing) {
                Some(status) => self.appointment(p, &place, session, where_, status),
                None if sessions => self.hold(p, &place, session),
                None => {}
            }
        }
    }

    /// Two half hours of a GP's coming days are held for the same day, where nobody has them.
    fn hold(&mut self, p: &Provider, place: &Place, session: Uuid) {
        let soon = place.day > self.today && place.day <= self.today + Days::new(20);
        if p.profession != "gp" || !soon || !availability::HELD.contains(&place.slot) {
            return;
        }
        let h = &mut self.held;
        h.put(place.id(self.people.seed, "held"))
            .put(session)
            .put(provider(self.people.seed, place.provider));
        h.put(place.day).put("same_day").put(place.starts.to_rfc3339()).put(place.ends().to_rfc3339());
        h.put(availability::release(self.people.zone, place.day).to_rfc3339()).end();
    }

    fn at(&self, day: NaiveDate, hour: u32) -> Option<DateTime<Utc>> {
        let wall = day.and_hms_opt(hour, 0, 0)?;
        Some(self.people.zone.from_local_datetime(&wall).earliest()?.with_timezone(&Utc))
    }

    /// Nobody is in two places at once: each day deals the patients out over all providers and slots.
    fn patient_at(&self, provider: usize, day: NaiveDate, slot: u32) -> Option<u32> {
        let n = u64::from(self.people.patients);
        // All places of a day are shuffled among at least as many numbers; in a small clinic most places stay empty.
        let m = n.max(PROVIDERS.len() as u64 * 48);
        let place = provider as u64 * 48 + u64::from(slot);
        let mut r = Random::of(self.people.seed, "day", &[i64::from(day.num_days_from_ce())]);
        let (offset, mut step) = (r.next() % m, (r.next() % m) | 1);
        while gcd(step, m) != 1 {
            step += 2;
        }
        let dealt = (u128::from(place) * u128::from(step) + u128::from(offset)) % u128::from(m);
        u32::try_from(dealt).ok().filter(|p| u64::from(*p) < n)
    }

    fn status(&self, p: &Provider, place: &Place, seeing: &mut bool) -> Option<&'static str> {
        let mut r = place.random(self.people.seed, "slot");
        let roll = r.next() % 100;
        let outcome = r.next() % 100;
        let ahead = (place.day - self.today).num_days();
        if ahead > 0 {
            return (roll < p.busy + 30u64.saturating_sub(ahead as u64)).then_some("booked");
        }
        // A GP's morning of the last days is still to be signed: the provider's home has something to show.
        if (-3..0).contains(&ahead) && place.provider == 0 && place.slot == 22 {
            return Some("in_progress");
        }
        if ahead < 0 {
            return (roll < p.busy).then_some(match outcome {
                0..=91 => "completed",
                92..=95 => "no_show",
                _ => "cancelled",
            });
        }
        if roll >= (p.busy + 45).min(80) {
            return None;
        }
        let late = (self.now - place.starts).num_minutes();
        Some(match late {
            90.. => match outcome {
                0..=91 => "completed",
                92..=96 => "no_show",
                _ => "left",
            },
            20..90 if !*seeing && outcome < 45 => {
                *seeing = true;
                "in_progress"
            }
            10..90 if outcome < 80 => "arrived",
            -45..10 if outcome < 40 => "arrived",
            _ => "booked",
        })
    }

    fn appointment(
        &mut self,
        p: &Provider,
        place: &Place,
        session: Uuid,
        where_: Uuid,
        status: &'static str,
    ) {
        let seed = self.people.seed;
        let appointment = place.id(seed, "appointment");
        if self.only.as_ref().is_some_and(|only| !only.contains(&appointment)) {
            return;
        }
        let mut r = place.random(seed, "details");
        let (who, with) = (patient(seed, place.patient), provider(seed, place.provider));
        let desk = staff_account(seed, r.below(3));
        let case = Visits::case(seed, place);
        let referral = (p.profession == "specialist").then(|| self.referral(place, who, with));
        let booked_at =
            place.starts - Duration::days(r.between(2, 20)) - Duration::minutes(r.between(0, 300));
        let arrived = place.starts - Duration::minutes(r.between(2, 25));
        let arrived = arrived.min(self.now - Duration::minutes(3));
        let started = place.starts + Duration::minutes(r.between(0, 12));
        let started = started.min(self.now - Duration::minutes(1));
        let ended = started + Duration::minutes(r.between(8, 25));
        let came = matches!(status, "arrived" | "in_progress" | "completed" | "left");
        let seen = matches!(status, "in_progress" | "completed");
        let a = &mut self.appointments;
        a.put(appointment)
            .put(who)
            .put(with)
            .put(where_)
            .put(session)
            .maybe(referral)
            .put("slot")
            .put(status)
            .put(place.day);
        a.put(place.starts.to_rfc3339())
            .put(place.ends().to_rfc3339())
            .sealed(case.reason)
            .put(desk)
            .put(booked_at.to_rfc3339());
        a.maybe(came.then(|| arrived.to_rfc3339())).maybe(seen.then(|| started.to_rfc3339()));
        a.maybe(matches!(status, "completed" | "left").then(|| ended.to_rfc3339()));
        a.sealed(if status == "cancelled" { "patient called" } else { "" });
        a.maybe(availability::visit_type(p, &mut place.random(seed, "type"))).end();

        let mut event = |n: i64, at: DateTime<Utc>, from: &str, to: &str, by: Uuid| {
            let e = &mut self.events;
            e.put(id(seed, "event", &[place.key()[0], place.key()[1], place.key()[2], n])).put(appointment);
            e.put(at.to_rfc3339()).put(by).put(from).put(to).put(place.starts.to_rfc3339()).put(with).end();
        };
        let doctor = provider_account(seed, place.provider);
        event(0, booked_at, "", "booked", desk);
        match status {
            "cancelled" => event(1, booked_at + Duration::hours(20), "booked", "cancelled", desk),
            "no_show" => event(1, place.ends(), "booked", "no_show", desk),
            _ => {}
        }
        if came {
            event(1, arrived, "booked", "arrived", desk);
        }
        if seen {
            event(2, started, "arrived", "in_progress", doctor);
        }
        match status {
            "completed" => event(3, ended, "in_progress", "completed", doctor),
            "left" => event(3, ended, "arrived", "left", desk),
            _ => {}
        }
        if place.day == self.today && matches!(status, "arrived" | "in_progress") {
            self.queued(place, appointment, where_, status, arrived);
        }
        if status == "completed" && place.day >= self.today - Days::new(7) && self.only.is_none() {
            self.paid(place, (appointment, who, where_), ended, i64::from(p.fee_cents));
        }
        if seen {
            self.visits.add(
                p,
                place,
                appointment,
                where_,
                (started, (status == "completed").then_some(ended)),
            );
        }
    }

    fn referral(&mut self, place: &Place, who: Uuid, with: Uuid) -> Uuid {
        let seed = self.people.seed;
        let id = place.id(seed, "referral");
        let from = place.random(seed, "referral").below(6);
        let written = place.day - Days::new(24);
        let r = &mut self.referrals;
        r.put(id).put(who).put(provider(seed, from)).put(with).sealed("opinion and management");
        r.sealed("Thank you for seeing this patient. History and medication are in the record.")
            .put("routine");
        r.put(written).put(written + Days::new(365)).put(if place.day < self.today {
            "done"
        } else {
            "booked"
        });
        r.put(format!("{written}T03:00:00Z")).put(provider_account(seed, from)).end();
        id
    }

    /// Everything collected, parents before children.
    /// Most visits of the last week are paid, some in part.
    fn paid(&mut self, place: &Place, of: (Uuid, Uuid, Uuid), at: DateTime<Utc>, due: i64) {
        let seed = self.people.seed;
        let mut r = place.random(seed, "paid");
        let (appointment, who, where_) = of;
        let cents = match r.below(10) {
            0 => return,
            1 => due / 2,
            _ => due,
        };
        let receipt = self.receipts.entry(where_).or_default();
        *receipt += 1;
        let method = *r.pick(&["card", "card", "cash", "other"]);
        let y = &mut self.payments;
        y.put(place.id(seed, "payment")).put(appointment).put(who).put(where_).put(place.day);
        y.put("payment").put(method).put(cents).put(false).put(*receipt);
        y.put(at.to_rfc3339()).put(staff_account(seed, 0)).end();
    }

    /// A ticket for whoever is here, a room for whoever is being seen; one in twelve is urgent, two in twelve soon.
    fn queued(
        &mut self,
        place: &Place,
        appointment: Uuid,
        where_: Uuid,
        status: &str,
        arrived: DateTime<Utc>,
    ) {
        let seed = self.people.seed;
        let mut r = place.random(seed, "queue");
        let ticket = self.tickets.entry(where_).or_default();
        *ticket += 1;
        let priority = ["urgent", "soon", "soon"].get(r.below(12)).copied();
        let q = &mut self.queue;
        q.put(appointment).put(where_).put(place.day).put(*ticket).put(priority.unwrap_or("routine"));
        q.maybe(priority.map(|_| staff_account(seed, 0))).maybe(priority.map(|_| arrived.to_rfc3339()));
        let seen = status == "in_progress";
        q.maybe(seen.then_some(place.provider + 1)).put(u8::from(seen)).end();
    }

    pub(super) fn into_rows(self) -> Vec<Rows> {
        let mut all = vec![
            self.sessions,
            self.referrals,
            self.appointments,
            self.events,
            self.held,
            self.queue,
            self.payments,
        ];
        all.extend(self.visits.into_rows());
        all
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

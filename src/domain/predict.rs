//! When each patient of the rest of the day will be seen, by playing it through some hundred times: lengths and lateness are
//! drawn from what past visits were like, whoever waits is taken in the order of the queue. The same day gives the same
//! answer: the draws are made from the appointments' ids. No machine guesses: medians and nine tenths of what was played.
use super::{
    appointment::{AppointmentKind, AppointmentStatus},
    ids::{AppointmentId, ProviderId},
    queue::QueuePlace,
};
use chrono::{DateTime, Duration, Timelike as _, Utc};
use std::collections::HashMap;

/// How often the day is played through.
const RUNS: usize = 200;
/// Share of the plan that a visit lasts, at its deciles, where the past teaches nothing.
const USUAL_LENGTH: Deciles = [0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 1.0, 1.1, 1.2, 1.4, 1.8];
/// Minutes that people come late, at the deciles, where the past teaches nothing.
const USUAL_LATENESS: Deciles = [-15.0, -10.0, -7.0, -5.0, -4.0, -3.0, -2.0, 0.0, 3.0, 8.0, 20.0];

/// Values at 0 %, 10 % … 100 % of a distribution.
pub type Deciles = [f64; 11];

/// What the past teaches of a centre. Empty: the usual is taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Habits {
    /// Minutes of visits, by provider and kind of visit; without a kind, of all of the provider's.
    pub lengths: HashMap<(ProviderId, Option<String>), Deciles>,
    /// Minutes that people come late.
    pub lateness: Option<Deciles>,
    /// How many did not come, of how many.
    pub missed: (u32, u32),
}

/// One appointment of the day, as far as the prediction cares.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    pub id: AppointmentId,
    pub provider: ProviderId,
    pub status: AppointmentStatus,
    pub kind: AppointmentKind,
    /// Which kind of visit, as in [`Habits::lengths`].
    pub habit: Option<String>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub arrived_at: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub place: QueuePlace,
}

/// When somebody will be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// As likely sooner as later.
    pub median: DateTime<Utc>,
    /// Nine times of ten no later.
    pub by: DateTime<Utc>,
}

impl Expected {
    /// The next full five minutes of each, as it is shown: what nobody can know better is not written as if.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self { median: up_to_five(self.median), by: up_to_five(self.by) }
    }
}

fn up_to_five(at: DateTime<Utc>) -> DateTime<Utc> {
    let over = i64::from(at.minute() % 5) * 60 + i64::from(at.second());
    let at = at.with_nanosecond(0).unwrap_or(at);
    if over == 0 { at } else { at + Duration::seconds(300 - over) }
}

/// The prediction of a day at `now`: for whoever is booked or waits, nobody else.
#[must_use]
pub fn predict(day: &[Slot], habits: &Habits, now: DateTime<Utc>) -> HashMap<AppointmentId, Expected> {
    let mut providers: HashMap<ProviderId, Vec<&Slot>> = HashMap::new();
    for slot in day {
        providers.entry(slot.provider).or_default().push(slot);
    }
    providers.values().flat_map(|slots| of_provider(slots, habits, now)).collect()
}

/// One who is to be seen, in minutes from now.
struct Turn<'a> {
    slot: &'a Slot,
    rank: u8,
    due: f64,
    waits: bool,
    /// When an absent one is called again.
    not_before: f64,
    length: Deciles,
    draws: u64,
}

fn minutes(at: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    (at - now).num_seconds() as f64 / 60.0
}

fn of_provider(slots: &[&Slot], habits: &Habits, now: DateTime<Utc>) -> Vec<(AppointmentId, Expected)> {
    let mut turns: Vec<Turn<'_>> = slots
        .iter()
        .filter(|s| matches!(s.status, AppointmentStatus::Booked | AppointmentStatus::Arrived))
        .map(|s| Turn {
            slot: s,
            // Who is away is back in the old place when it is tried again.
            rank: s.place.rank(s.kind, s.place.retry_at.unwrap_or(now).max(now)),
            due: minutes(s.starts_at, now),
            waits: s.status == AppointmentStatus::Arrived,
            not_before: s.place.retry_at.map_or(0.0, |at| minutes(at, now).max(0.0)),
            length: length_of(s, habits),
            draws: seed_of(s.id),
        })
        .collect();
    turns.sort_by(|a, b| {
        let called = |t: &Turn<'_>| t.slot.place.called_at.is_none();
        (called(a), a.rank, a.slot.starts_at, a.slot.arrived_at, a.slot.id).cmp(&(
            called(b),
            b.rank,
            b.slot.starts_at,
            b.slot.arrived_at,
            b.slot.id,
        ))
    });
    let ongoing = slots
        .iter()
        .filter(|s| s.status == AppointmentStatus::InProgress)
        .max_by_key(|s| s.started_at)
        .map(|s| (length_of(s, habits), -minutes(s.started_at.unwrap_or(now), now), seed_of(s.id)));
    let lateness = habits.lateness.unwrap_or(USUAL_LATENESS);
    // A few of each beforehand, so that a new clinic does not begin at never or always.
    let missing = f64::from(habits.missed.0 + 1) / f64::from(habits.missed.1 + 20);

    let mut starts: Vec<Vec<f64>> = turns.iter().map(|_| Vec::with_capacity(RUNS)).collect();
    let mut here: Vec<(f64, usize)> = Vec::with_capacity(turns.len());
    for run in 0..RUNS as u64 {
        let mut clock =
            ongoing.map_or(0.0, |(length, elapsed, seed)| remaining(&length, elapsed, draw(seed, run, 0)));
        here.clear();
        for (i, turn) in turns.iter().enumerate() {
            if turn.waits {
                here.push((turn.not_before, i));
            } else if let Some(at) = arrival(turn, &lateness, missing, run) {
                here.push((at, i));
            }
        }
        // `here` is in the order of the queue: the first who is there is next.
        while !here.is_empty() {
            let next = here.iter().position(|(at, _)| *at <= clock).or_else(|| {
                let soonest = here.iter().map(|(at, _)| *at).fold(f64::INFINITY, f64::min);
                here.iter().position(|(at, _)| *at <= soonest)
            });
            let Some(next) = next else { break };
            let (at, i) = here.remove(next);
            clock = clock.max(at);
            starts[i].push(clock);
            clock += value(&turns[i].length, draw(turns[i].draws, run, 1)).max(1.0);
        }
    }
    in_order(&turns, starts, now)
}

/// Median and nine tenths of each; among those who wait, and among the booked of one rank, never against the queue.
fn in_order(turns: &[Turn<'_>], starts: Vec<Vec<f64>>, now: DateTime<Utc>) -> Vec<(AppointmentId, Expected)> {
    let mut latest: HashMap<(bool, u8), (f64, f64)> = HashMap::new();
    let mut found = vec![];
    for (turn, mut times) in turns.iter().zip(starts) {
        if times.is_empty() {
            continue;
        }
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[(times.len() * share / 10).min(times.len() - 1)];
        let (mut median, mut by) = (at(5), at(9));
        if turn.not_before == 0.0 {
            let group = (turn.waits, if turn.waits { 0 } else { turn.rank });
            let before = latest.entry(group).or_insert((0.0, 0.0));
            median = median.max(before.0);
            by = by.max(before.1);
            *before = (median, by);
        }
        let instant = |m: f64| now + Duration::seconds((m * 60.0).ceil() as i64);
        found.push((turn.slot.id, Expected { median: instant(median), by: instant(by.max(median)) }));
    }
    found
}

fn length_of(slot: &Slot, habits: &Habits) -> Deciles {
    let known = |habit: Option<String>| habits.lengths.get(&(slot.provider, habit)).copied();
    let planned = minutes(slot.ends_at, slot.starts_at).max(1.0);
    slot.habit
        .clone()
        .and_then(|h| known(Some(h)))
        .or_else(|| known(None))
        .unwrap_or_else(|| USUAL_LENGTH.map(|share| share * planned))
}

/// When somebody who is booked comes, in minutes from now; `None`: not at all, which is the likelier the later it is.
fn arrival(turn: &Turn<'_>, lateness: &Deciles, missing: f64, run: u64) -> Option<f64> {
    let past = (-turn.due).max(lateness[0]);
    let gone_by = share_below(lateness, past);
    let missing = (missing / (missing + (1.0 - missing) * (1.0 - gone_by)).max(1e-9)).min(0.9);
    if draw(turn.draws, run, 2) < missing {
        return None;
    }
    let late = value(lateness, gone_by + (1.0 - gone_by) * draw(turn.draws, run, 3));
    Some((turn.due + late).max(0.0))
}

/// How long a visit goes on that has lasted so long already.
fn remaining(length: &Deciles, elapsed: f64, u: f64) -> f64 {
    let gone_by = share_below(length, elapsed);
    if gone_by >= 1.0 {
        // Longer than any before it: it ends within ten minutes, whenever one asks.
        return 10.0 * u;
    }
    (value(length, gone_by + (1.0 - gone_by) * u) - elapsed).max(0.0)
}

/// The value at this share of the distribution.
fn value(deciles: &Deciles, share: f64) -> f64 {
    let at = share.clamp(0.0, 1.0) * 10.0;
    let low = (at.floor() as usize).min(9);
    deciles[low] + (deciles[low + 1] - deciles[low]) * (at - low as f64)
}

/// The share of the distribution that lies below a value.
fn share_below(deciles: &Deciles, wanted: f64) -> f64 {
    if wanted <= deciles[0] {
        return 0.0;
    }
    for i in 0..10 {
        let (low, high) = (deciles[i], deciles[i + 1]);
        if wanted < high {
            return (i as f64 + (wanted - low) / (high - low)) / 10.0;
        }
    }
    1.0
}

fn seed_of(id: AppointmentId) -> u64 {
    let all = id.0.as_u128();
    (all ^ (all >> 64)) as u64
}

/// The n-th draw of an appointment in a run, from 0 to 1 (SplitMix64): nobody else's event changes it.
fn draw(seed: u64, run: u64, n: u64) -> f64 {
    let mut z = seed.wrapping_add((run * 4 + n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
#[path = "predict_tests.rs"]
mod tests;

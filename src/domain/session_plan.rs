//! What making sessions from weekly hours would do: what was made once is not made again, what somebody changed or took away
//! stays so, and a session with a booking is never removed.
use super::{
    ids::{CentreId, ClinicSessionId},
    provider::WeeklyHours,
    slots::{Planned, on_day},
    time::Period,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// A session that is there, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Existing {
    pub id: ClinicSessionId,
    pub centre: CentreId,
    pub zone: Tz,
    pub day: NaiveDate,
    pub period: Period,
    pub slot_minutes: i32,
    /// The hours it was made from: first minute, end, slot.
    pub plan: Option<(i32, i32, i32)>,
    pub removed: bool,
    /// Live bookings.
    pub bookings: u32,
}

impl Existing {
    /// Whether somebody has changed it since it was made.
    #[must_use]
    pub fn edited(&self) -> bool {
        let Some((from_minute, to_minute, slot_minutes)) = self.plan else { return true };
        let hours = WeeklyHours { centre: self.centre, weekday: 1, from_minute, to_minute, slot_minutes };
        slot_minutes != self.slot_minutes
            || on_day(&hours, self.day).period(self.zone).is_ok_and(|p| p != self.period)
    }
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub add: Vec<Planned>,
    /// Sessions whose hours have changed, with the new ones.
    pub change: Vec<(ClinicSessionId, Planned)>,
    /// Sessions that the hours do not ask for any more.
    pub remove: Vec<ClinicSessionId>,
    /// Sessions that would be changed or removed, and are booked.
    pub booked: Vec<ClinicSessionId>,
    /// Planned ones that are there as they should be, or as somebody wants them.
    pub kept: u32,
    /// Planned ones that another session is in the way of.
    pub in_the_way: u32,
}

/// Compares the sessions that the hours ask for with those that are there.
#[must_use]
pub fn compare(planned: &[Planned], there: &[Existing], now: DateTime<Utc>) -> Changes {
    let mut changes = Changes::default();
    let of = |s: &Existing, p: &Planned| {
        s.centre == p.hours.centre
            && s.day == p.day
            && s.plan.is_some_and(|(from, ..)| from == p.hours.from_minute)
    };
    // What goes is out of the way.
    let gone: Vec<ClinicSessionId> = there
        .iter()
        .filter(|s| s.plan.is_some() && !s.removed && s.period.end > now && !planned.iter().any(|p| of(s, p)))
        .filter(|s| !s.edited())
        .filter_map(|s| {
            if s.bookings > 0 {
                changes.booked.push(s.id);
            }
            (s.bookings == 0).then_some(s.id)
        })
        .collect();
    for p in planned.iter().filter(|p| p.period.end > now) {
        let in_the_way = |except: Option<ClinicSessionId>| {
            there.iter().any(|s| {
                !s.removed && Some(s.id) != except && !gone.contains(&s.id) && s.period.overlaps(&p.period)
            })
        };
        match there.iter().find(|s| of(s, p)) {
            Some(s) if s.removed || s.edited() => changes.kept += 1,
            Some(s) if s.plan == Some((p.hours.from_minute, p.hours.to_minute, p.hours.slot_minutes)) => {
                changes.kept += 1;
            }
            Some(s) if s.bookings > 0 => changes.booked.push(s.id),
            Some(s) if in_the_way(Some(s.id)) => changes.in_the_way += 1,
            Some(s) => changes.change.push((s.id, *p)),
            None if in_the_way(None) => changes.in_the_way += 1,
            None => changes.add.push(*p),
        }
    }
    changes.remove = gone;
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::slots::planned;
    use chrono::Days;
    use uuid::Uuid;

    const HERE: CentreId = CentreId(Uuid::nil());
    fn hours(weekday: i32, from_minute: i32, to_minute: i32) -> WeeklyHours {
        WeeklyHours { centre: HERE, weekday, from_minute, to_minute, slot_minutes: 30 }
    }
    fn week(hours: &[WeeklyHours]) -> Vec<Planned> {
        let monday = NaiveDate::from_ymd_opt(2026, 3, 9).unwrap();
        (0..14).flat_map(|n| planned(hours, |_| Tz::UTC, monday + Days::new(n))).collect()
    }
    fn made(of: &[Planned]) -> Vec<Existing> {
        let one = |p: &Planned| Existing {
            id: ClinicSessionId::new(),
            centre: HERE,
            zone: Tz::UTC,
            day: p.day,
            period: p.period,
            slot_minutes: p.hours.slot_minutes,
            plan: Some((p.hours.from_minute, p.hours.to_minute, p.hours.slot_minutes)),
            removed: false,
            bookings: 0,
        };
        of.iter().map(one).collect()
    }
    fn long_ago() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    #[test]
    fn what_was_made_once_is_not_made_again() {
        let all = week(&[hours(1, 540, 720), hours(3, 540, 720)]);
        let first = compare(&all, &[], long_ago());
        assert_eq!((first.add.len(), first.kept), (4, 0));
        let again = compare(&all, &made(&first.add), long_ago());
        assert_eq!(again, Changes { kept: 4, ..Changes::default() });
    }

    #[test]
    fn what_somebody_changed_or_took_away_stays_so() {
        let all = week(&[hours(1, 540, 720)]);
        let mut there = made(&all);
        there[0].period.end += chrono::Duration::minutes(30);
        there[1].removed = true;
        let later = week(&[hours(1, 540, 660)]);
        assert_eq!(compare(&later, &there, long_ago()), Changes { kept: 2, ..Changes::default() });
        assert!(compare(&[], &there, long_ago()).remove.is_empty(), "what was edited is nobody's but theirs");
    }

    #[test]
    fn new_hours_change_and_remove_what_nobody_is_booked_in() {
        let there = made(&week(&[hours(1, 540, 720), hours(2, 540, 720)]));
        let changes = compare(&week(&[hours(1, 540, 660)]), &there, long_ago());
        assert_eq!((changes.change.len(), changes.remove.len(), changes.add.len()), (2, 2, 0));
        let mut booked = there.clone();
        booked.iter_mut().for_each(|s| s.bookings = 1);
        let changes = compare(&week(&[hours(1, 540, 660)]), &booked, long_ago());
        assert_eq!((changes.change.len(), changes.remove.len(), changes.booked.len()), (0, 0, 4));
    }

    #[test]
    fn another_session_in_the_way_and_what_is_over_are_left_alone() {
        let all = week(&[hours(1, 540, 720)]);
        let mut other = made(&all[..1]);
        other[0].plan = None;
        let changes = compare(&all, &other, long_ago());
        assert_eq!((changes.in_the_way, changes.add.len()), (1, 1));
        assert_eq!(compare(&all, &[], all[0].period.end).add.len(), 1);
    }

    #[test]
    fn hours_that_move_make_room_for_themselves() {
        let there = made(&week(&[hours(1, 540, 720)]));
        let changes = compare(&week(&[hours(1, 600, 780)]), &there, long_ago());
        assert_eq!((changes.remove.len(), changes.add.len(), changes.in_the_way), (2, 2, 0));
    }
}

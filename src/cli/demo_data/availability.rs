//! What the demo clinic has besides hours: rooms, a leave, a holiday, time held for the same day, and what visits are for.
use super::{
    people::{People, centre, provider, provider_account, staff_account},
    random::{Random, id},
    staff::{CENTRES, Provider},
};
use crate::store::demo::Rows;
use chrono::{DateTime, Days, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;

/// Rooms of every centre: name, kind, what stands in it.
const ROOMS: [(&str, &str, &str); 6] = [
    ("Room 1", "consulting", ""),
    ("Room 2", "consulting", ""),
    ("Room 3", "consulting", "couch for children"),
    ("Treatment 1", "treatment", "vaccine fridge, couch"),
    ("Treatment 2", "treatment", "blood collection chair"),
    ("Therapy 1", "therapy", "bench, bars"),
];
/// Provider, first day and days of leave, counted from the first day of the demo.
const LEAVE: (usize, u64, u64) = (4, 11, 5);
/// Centre and day of a holiday.
const HOLIDAY: (usize, u64) = (3, 18);

/// What a visit of this profession is for; none of these runs past its slot of half an hour.
pub(super) fn visit_type(p: &Provider, r: &mut Random) -> Option<&'static str> {
    let roll = r.next() % 100;
    Some(match p.profession {
        "gp" => match roll {
            0..=49 => "short",
            50..=74 => "follow-up",
            75..=86 => "blood-test",
            _ => "vaccination",
        },
        "specialist" => "specialist-review",
        "physiotherapist" => "physio",
        "pharmacist" => "medication-review",
        "pathologist" => "blood-test",
        _ => return None,
    })
}

/// Rooms, a leave and a holiday.
pub(super) fn rows(people: &People, today: NaiveDate) -> Vec<Rows> {
    let seed = people.seed;
    let mut rooms = Rows::of("room", "id, centre_id, name, kind, equipment");
    for c in 0..CENTRES.len() {
        for (n, (name, kind, equipment)) in ROOMS.iter().enumerate() {
            rooms.put(id(seed, "room", &[c as i64, n as i64])).put(centre(seed, c)).put(name).put(kind);
            rooms.put(equipment).end();
        }
    }
    let mut away = Rows::of(
        "schedule_exception",
        "id, kind, provider_id, centre_id, starts_at, ends_at, reason, added_by",
    );
    let (who, from, days) = LEAVE;
    away.put(id(seed, "leave", &[0])).put("leave").put(provider(seed, who)).put("");
    away.put(midnight(people.zone, today + Days::new(from)).to_rfc3339());
    away.put(midnight(people.zone, today + Days::new(from + days)).to_rfc3339());
    away.put("conference").put(provider_account(seed, who)).end();
    let (place, on) = HOLIDAY;
    away.put(id(seed, "holiday", &[0])).put("holiday").put("").put(centre(seed, place));
    away.put(midnight(people.zone, today + Days::new(on)).to_rfc3339());
    away.put(midnight(people.zone, today + Days::new(on + 1)).to_rfc3339());
    away.put("the building is painted").put(staff_account(seed, 0)).end();
    vec![rooms, away]
}

/// The half hours of a GP's day that are held for the same day, as slots counted from midnight: 10:30 and 16:00.
pub(super) const HELD: [u32; 2] = [21, 32];

/// When held time of a day is released: at eight.
pub(super) fn release(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    midnight(zone, day) + chrono::Duration::hours(8)
}

fn midnight(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    let wall = day.and_time(chrono::NaiveTime::MIN);
    zone.from_local_datetime(&wall).earliest().map_or_else(|| wall.and_utc(), |at| at.with_timezone(&Utc))
}

//! The answers of the desk as JSON, whose fields `docs/scripting.md` lists, and as plain tables.
use crate::{
    cli::output::{say, say_json},
    domain::{
        booking::{Booked, FreeSlot},
        dates,
        patient::record_number,
        waitlist::{FreedHere, WaitEntry},
    },
    store::BoardRow,
    text::{clean, pad, width},
    ui::desk,
};
use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
fn wall(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M").to_string()
}

/// An appointment.
pub fn appointment(b: &Booked) -> Value {
    json!({
        "id": b.id,
        "version": b.version,
        "status": b.status.code(),
        "kind": b.kind.code(),
        "starts_at": utc(b.period.start),
        "ends_at": utc(b.period.end),
        "local_start": wall(b.period.starts_at(b.zone)),
        "zone": b.zone.name(),
        "patient": { "record_number": record_number(b.record_number), "name": b.patient_name.to_string() },
        "provider": { "id": b.provider, "name": b.provider_name.to_string(), "profession": b.profession },
        "centre": { "id": b.centre, "name": b.centre_name },
        "visit_type": b.visit_type,
        "reason": b.reason,
        "off_waiting_list": b.met.iter().map(|m| m.id).collect::<Vec<_>>(),
    })
}

/// Somebody on the waiting list.
pub fn wish(e: &WaitEntry) -> Value {
    let w = &e.wish;
    json!({
        "id": e.id,
        "version": e.version,
        "status": e.status.code(),
        "patient": { "record_number": record_number(e.record_number), "name": e.patient_name.to_string() },
        "provider": w.provider.map(|id| json!({ "id": id, "name": e.whom() })),
        "profession": w.profession,
        "centre": w.centre.map(|id| json!({ "id": id, "name": e.centre_name })),
        "visit_type": w.visit_type,
        "first_day": w.first,
        "last_day": w.last,
        "part": w.part.code(),
        "weekdays": w.weekdays.words().split_whitespace().collect::<Vec<_>>(),
        "priority": w.priority.code(),
        "added_at": utc(e.added_at),
        "calls": e.calls,
    })
}

/// A time that came free for people who wait.
pub fn freed(t: &FreedHere) -> Value {
    json!({
        "starts_at": utc(t.time.period.start),
        "ends_at": utc(t.time.period.end),
        "local_start": wall(t.time.period.starts_at(t.zone)),
        "zone": t.zone.name(),
        "provider": { "id": t.time.provider, "name": t.provider_name.to_string() },
        "centre": { "id": t.time.centre, "name": t.centre_name },
        "waiting": t.suits,
        "held_by": t.held.as_ref().map(|h| &h.by),
        "held_until": t.held.as_ref().map(|h| utc(h.until)),
    })
}

/// A row of the board.
pub fn row(r: &BoardRow, zone: chrono_tz::Tz) -> Value {
    json!({
        "id": r.appointment,
        "version": r.version,
        "status": r.status.code(),
        "kind": r.kind.code(),
        "starts_at": utc(r.starts_at),
        "ends_at": utc(r.ends_at),
        "local_start": wall(r.starts_at.with_timezone(&zone).naive_local()),
        "zone": zone.name(),
        "patient": { "record_number": record_number(r.record_number), "name": r.patient_name.to_string() },
        "provider": { "id": r.provider, "name": r.provider_name.to_string(), "profession": r.profession },
        "arrived_at": r.arrived_at.map(utc),
        "room": r.room,
        "reason": r.reason,
    })
}

/// A free time.
pub fn free(s: &FreeSlot) -> Value {
    json!({
        "starts_at": utc(s.period.start),
        "ends_at": utc(s.period.end),
        "local_start": wall(s.period.starts_at(s.zone)),
        "zone": s.zone.name(),
        "provider": { "id": s.provider, "name": s.provider_name.to_string(), "profession": s.profession },
        "centre": { "id": s.centre, "name": s.centre_name },
    })
}

/// One appointment, in JSON or on one line.
pub fn tell(said: &str, b: &Booked, as_json: bool) {
    if as_json {
        return say_json(&json!({ "done": said, "appointment": appointment(b) }));
    }
    let at = b.period.starts_at(b.zone);
    let line = format!(
        "{said}: {} ({}) {} {}, {}, {}{}  {}",
        b.patient_name,
        record_number(b.record_number),
        dates::full_day(at.date()),
        dates::clock(at.time()),
        b.provider_name,
        b.centre_name,
        desk::off_the_list(b),
        b.id
    );
    say(&clean(&line));
}

/// Rows under headings, as wide as what stands in them.
pub fn table(headings: &[&str], rows: &[Vec<String>]) {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|r| r.iter().map(|c| clean(c).into_owned()).collect()).collect();
    let wide = |n: usize| {
        let cells = rows.iter().filter_map(|r| r.get(n)).map(|c| width(c));
        cells.max().unwrap_or(0).max(width(headings[n]))
    };
    let widths: Vec<usize> = (0..headings.len()).map(wide).collect();
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().zip(&widths).map(|(c, w)| pad(c, *w)).collect();
        say(cells.join("  ").trim_end());
    };
    line(&headings.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>());
    rows.iter().for_each(|r| line(r));
}

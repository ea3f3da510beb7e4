//! The rules of visit types, rooms, exceptions and held time as sentences.
use crate::{domain::why::Why, tr};
use serde_json::Value;

/// The refusal of a rule of availability; none when it is another rule.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let fact = |name: &str| match &facts[name] {
        Value::String(s) => s.replace('_', " "),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let because = match fact("reason") {
        reason if reason.is_empty() => String::new(),
        reason => format!(" ({reason})"),
    };
    let (sentence, instead): (String, &str) = match rule {
        "visit_type_retired" => (
            tr!("The visit type {visit} is used no more.", visit = fact("type")),
            tr!("Choose another type."),
        ),
        "visit_type_profession" => (
            tr!(
                "{visit} is done by: {professions}.",
                visit = fact("type"),
                professions = fact("professions")
            ),
            tr!("Choose such a provider, or another type."),
        ),
        "visit_type_length" => (
            tr!(
                "{visit} takes {minutes} minutes, more than that.",
                visit = fact("type"),
                minutes = fact("minutes")
            ),
            tr!("Choose a time from the list: each is long enough."),
        ),
        "visit_type_code_stays" => (
            tr!("The code of a visit type never changes.").into(),
            tr!("Add another type, and retire this one."),
        ),
        "visit_type_code_key" => (
            tr!("There is a visit type of that code.").into(),
            tr!("Change that one, or choose another code."),
        ),
        "provider_on_leave" => (
            tr!("The provider is away until {until}{reason}.", until = fact("until"), reason = because),
            tr!("Choose a later time, or another provider."),
        ),
        "centre_on_holiday" => (
            tr!("The centre is closed until {until}{reason}.", until = fact("until"), reason = because),
            tr!("Choose a later time, or another centre."),
        ),
        "slot_held" => (
            tr!(
                "That time is held ({kind}) until {release}.",
                kind = fact("kind"),
                release = fact("release")
            ),
            tr!("Choose another time, or ask the provider or a nurse."),
        ),
        "hold_is_released" => (
            tr!(
                "Time held there would be released at {release}, which has passed.",
                release = fact("release")
            ),
            tr!("Name a later hour."),
        ),
        "held_slot_overlap" => {
            (tr!("That time is held already.").into(), tr!("Release it first, to hold it anew."))
        }
        "no_room_free" => (
            tr!(
                "{visit} needs a {kind} room, and all of them are taken then.",
                visit = fact("type"),
                kind = fact("kind")
            ),
            tr!("Choose another time."),
        ),
        "appointment_room_overlap" => (
            tr!("Somebody else is in that room at that time.").into(),
            tr!("Choose another room; the list shows which are free."),
        ),
        "room_other_centre" => {
            (tr!("That room is at another centre.").into(), tr!("Choose a room of the appointment's centre."))
        }
        "room_retired" => {
            (tr!("The room {room} is used no more.", room = fact("room")), tr!("Choose another room."))
        }
        "room_has_bookings" => (
            tr!("{bookings} coming appointments are to be in that room.", bookings = fact("bookings")),
            tr!("Give them another room first."),
        ),
        "room_name_key" => (tr!("The centre has a room of that name.").into(), tr!("Choose another name.")),
        "exception_stays" => {
            (tr!("What was entered does not change.").into(), tr!("Take it back, and enter it anew."))
        }
        "exception_in_the_past" => (tr!("That is over already.").into(), tr!("Choose a later day.")),
        "schedule_exception_period" => {
            (tr!("It must end after it begins, and within a year.").into(), tr!("Check the two days."))
        }
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}

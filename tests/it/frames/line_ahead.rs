//! Enter that was typed before the preview could be read: it waits for the preview, does what is exactly what was typed, and must be
//! pressed again for anything more. And what the preview of a wish and of a move say.
use super::{
    command_line::{Asked, ONE, appointment, line, no_wishes, on_tuesday, people, slots, tuesday},
    front_desk::id,
    waitlist::entries,
};
use praxis::{
    domain::{
        actor::Role,
        appointment::AppointmentStatus as S,
        booking::FreeFilter,
        ids::PatientId,
        waitlist::{WaitEntry, Wish},
        why::Why,
    },
    store::Error,
    ui::{
        command_line::{CommandLine, Msg},
        testing::Stage,
    },
};

const AHEAD: &str = "That was typed before you could read this. Press again.";

fn saved(stage: &mut Stage<CommandLine>, what: &str) -> bool {
    stage.effects().contains(&format!("save {what}"))
}

/// What Jack waits for: any GP, in the days of the line.
fn waits() -> Vec<WaitEntry> {
    let mut entry = entries().remove(0);
    entry.wish = Wish { profession: Some("gp".into()), provider: None, centre: None, ..entry.wish };
    entry.patient = PatientId(id(1));
    vec![entry]
}

/// Typed to the end in one go; the people are found.
fn typed(text: &str) -> Stage<CommandLine> {
    let mut stage = line(Role::Receptionist);
    stage.type_text(text).keys_at_once("enter");
    stage.fire("line.ask");
    stage.deliver(people(ONE));
    stage.fire("line.ask");
    stage
}

fn free() -> Msg {
    Msg::Free(FreeFilter { visit_type: None, ..on_tuesday(Some(1)) }, Ok(slots()))
}

#[test]
fn a_booking_that_closes_a_wish_is_not_done_by_enter_that_came_before_its_preview() {
    let mut stage = typed("bk black jack smith tue 10:30");
    stage.deliver(free());
    stage.deliver(Msg::Waits(PatientId(id(1)), Ok(waits())));
    assert!(!saved(&mut stage, "line.book"), "{:?}", stage.effects());
    assert_eq!(stage.toast(), AHEAD);
    assert!(stage.text().contains("takes them off the waiting list:"), "{}", stage.text());
    stage.keys("enter");
    assert!(saved(&mut stage, "line.book"), "{:?}", stage.effects());
    // Several keys ahead are as blind as one.
    let mut stage = line(Role::Receptionist);
    stage.type_text("bk black jack smith tue 10:30").keys_at_once("enter enter enter");
    stage.fire("line.ask");
    stage.deliver(people(ONE));
    stage.fire("line.ask");
    stage.deliver(free());
    stage.deliver(Msg::Waits(PatientId(id(1)), Ok(waits())));
    assert!(!saved(&mut stage, "line.book"), "{:?}", stage.effects());
}

#[test]
fn a_plain_booking_goes_on_and_a_list_that_may_not_be_seen_holds_nothing_up() {
    let mut stage = typed("bk black jack smith tue 10:30");
    stage.deliver(Msg::Waits(PatientId(id(1)), Err(Error::Refused(Why::new("not_permitted", "Not you.")))));
    assert!(!saved(&mut stage, "line.book"));
    stage.deliver(free());
    assert!(saved(&mut stage, "line.book"), "{:?}", stage.effects());
    // The provider was not named: whoever is free is read first.
    let mut stage = line(Role::Receptionist);
    stage.type_text("bk black jack tue 10:30").keys_at_once("enter");
    stage.fire("line.ask");
    stage.deliver(people(&[("black jack", ONE[1].1), ("black", &[])]));
    stage.fire("line.ask");
    let anybody = FreeFilter { visit_type: None, provider: None, ..on_tuesday(Some(1)) };
    stage.deliver(Msg::Free(anybody, Ok(vec![slots().remove(1)])));
    stage.deliver(no_wishes());
    assert!(!saved(&mut stage, "line.book"), "{:?}", stage.effects());
    assert!(stage.text().contains("with SMITH Anna"), "{}", stage.text());
    stage.keys("enter");
    assert!(saved(&mut stage, "line.book"), "{:?}", stage.effects());
}

#[test]
fn what_is_cancelled_or_moved_is_read_before_enter_does_it() {
    let mut stage = typed("cx black jack for rang ill");
    stage.deliver(Msg::Appointments(PatientId(id(1)), Ok(vec![appointment(70, tuesday(), 10, S::Booked)])));
    assert!(!saved(&mut stage, "appointment.status"), "{:?}", stage.effects());
    assert_eq!(stage.toast(), AHEAD);
    assert!(stage.text().contains("Enter cancels it: rang ill"), "{}", stage.text());
    stage.keys("enter");
    assert!(saved(&mut stage, "appointment.status"), "{:?}", stage.effects());
    // A check-in has only one of today, and a move says what it closes.
    let mut stage = typed("mv black jack tue 10:30");
    stage.deliver(people(&[("black jack", ONE[1].1), ("black", &[])]));
    stage.deliver(Msg::Waits(PatientId(id(1)), Ok(waits())));
    stage.deliver(Msg::Appointments(PatientId(id(1)), Ok(vec![appointment(70, tuesday(), 15, S::Booked)])));
    stage.fire("line.ask");
    let filter = FreeFilter { patient: None, visit_type: None, ..on_tuesday(Some(1)) };
    stage.deliver(Msg::Free(filter, Ok(slots())));
    assert!(!saved(&mut stage, "line.move"), "{:?}", stage.effects());
    let text = stage.text();
    for part in ["from Tuesday 17 March 15:00", "takes them off the waiting list:", "Enter moves it."] {
        assert!(text.contains(part), "{part}: {text}");
    }
    stage.keys("enter");
    assert!(saved(&mut stage, "line.move"), "{:?}", stage.effects());
}

#[test]
fn days_of_the_week_of_a_wish_are_said_in_full_and_refused_in_a_sentence() {
    let asked = |text: &str| {
        let mut stage = line(Role::Receptionist);
        stage.type_text(text);
        stage.fire("line.ask");
        stage.deliver(people(ONE));
        stage
    };
    let mut stage = asked("wl black jack smith mon wed pm 3w");
    let text = stage.text();
    for part in ["from Thu 12 Mar to Thu 02 Apr", "only Mon Wed", "afternoons", "waits for SMITH Anna"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    stage.keys("enter");
    assert!(saved(&mut stage, "line.wait"), "{:?}", stage.effects());
    for (typed, said) in [
        ("wl black jack smith mon-wed 3w", "only Mon Tue Wed"),
        ("wl black jack smith 3w on tuesdays", "only Tue"),
        ("wl black jack smith fri mornings", "to Fri 13 Mar · any day of the week"),
        (
            "wl black jack smith sat sun until fri",
            "No Sat Sun lies between Thu 12 Mar and Fri 13 Mar. Say a later",
        ),
        ("wl black jack smith 3w mon-wde", "Those are no days of the week. Write them like mon wed"),
    ] {
        let text = asked(typed).text();
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(said), "{typed}: {text}");
    }
}

#[test]
fn while_the_patient_is_picked_everything_else_that_is_certain_is_said() {
    let both: &[Asked] = &[("bla ja smith", &[]), ("bla ja", &[(1, "Black", "Jack"), (2, "Black", "James")])];
    let anna = "with SMITH Anna, GP";
    for (text, words) in [
        ("bk bla ja smith tue 10:30 blood test", [anna, "Tuesday 17 March 10:30", "visit type Blood test"]),
        ("wi bla ja smith for blood test", [anna, "now", "visit type Blood test"]),
        ("cx bla ja smith tue for rang ill", [anna, "Tuesday 17 March", "rang ill"]),
        ("mv bla ja smith tue 11:30", ["provider SMITH Anna, GP", "Tuesday 17 March", "11:30"]),
        ("wl bla ja smith 2w mornings", ["waits for SMITH Anna, GP", "to Thu 26 Mar", "mornings"]),
    ] {
        let mut stage = line(Role::Receptionist);
        stage.type_text(text);
        stage.fire("line.ask");
        stage.deliver(people(both));
        let told = stage.text();
        assert!(told.contains("Which patient is \"bla ja\"?"), "{text}: {told}");
        for word in words {
            assert!(told.contains(word), "{text}: {word}: {told}");
        }
    }
    // And what it is for while the time is picked.
    let mut stage = typed("bk black jack smith tue 9:15 blood test");
    stage.deliver(Msg::Free(on_tuesday(Some(1)), Ok(slots())));
    let told = stage.text();
    assert!(told.contains("is not free; nearest:") && told.contains("visit type Blood test"), "{told}");
}

//! What is chosen beside others and several at once, on a stage: at three sizes each, and what the keys do on the way.
use super::{
    actor,
    booking::{booked, directory, filter, plan, ready, slots, strips},
    env, every_size,
    front_desk::{board, hit, id, profile, today},
};
use chrono::Duration;
use praxis::{
    clock::Clock,
    domain::{
        actor::Role,
        appointment::AppointmentStatus,
        booking::DayPart,
        ids::{AppointmentId, PatientId, ProviderId, SeriesId},
        series::Planned,
        waitlist::Wish,
        why::Why,
    },
    store::{Error, Hold, Overbookable, Series},
    ui::{
        cx::Env,
        route::BookingStart,
        screens::{
            booking::{self, Booking, Free},
            series::{self, SeriesView, closes::Waits, plan::PlanSeries},
        },
        testing::Stage,
    },
};

/// Each of the three sizes a snapshot.
macro_rules! three_sizes {
    ($name:literal, $make:expr) => {
        for (columns, lines) in [(80, 24), (60, 20), (132, 43)] {
            let mut stage = $make.at(columns, lines);
            insta::assert_snapshot!(format!("{}_{columns}x{lines}", $name), stage.frame());
        }
    };
}

fn held() -> Hold {
    let slot = slots().remove(0);
    Hold {
        provider: slot.provider,
        centre: slot.centre,
        day: slot.day,
        period: slot.period,
        holder: "Nina Costa".into(),
        until: slot.period.start - Duration::minutes(47),
        mine: false,
    }
}

/// The booking for Jack with Dr Smith, of whose first free time somebody is thinking.
fn beside_others() -> Stage<Booking> {
    beside_others_at(env(None).clock)
}

fn beside_others_at(clock: Clock) -> Stage<Booking> {
    let start = BookingStart {
        patient: Some(PatientId(id(1))),
        provider: Some(ProviderId(id(3))),
        ..BookingStart::default()
    };
    let env = Env { clock, ..env(Some(actor(Role::Receptionist))) };
    let mut stage = Stage::with(Booking::new(start), env);
    stage.deliver(booking::Msg::Directory(Ok(directory().into())));
    stage.deliver(booking::Msg::Profile(Ok(profile())));
    let free = Free { slots: slots(), holds: vec![held()], ..Free::default() };
    stage.deliver(booking::Msg::Free(filter(true, true), false, Ok(free)));
    stage.deliver(booking::Msg::Strips(today(), Ok(strips())));
    stage
}

fn planned() -> Stage<PlanSeries> {
    let start = plan();
    let mut stage = Stage::with(PlanSeries::of(start.clone()), env(Some(actor(Role::Receptionist))));
    let first = start.first.clone();
    let on = |n: i64| {
        let mut slot = first.clone();
        slot.day += Duration::days(7 * n);
        (slot.period.start, slot.period.end) =
            (slot.period.start + Duration::days(7 * n), slot.period.end + Duration::days(7 * n));
        slot
    };
    let mut later = on(1);
    later.period.start += Duration::minutes(30);
    later.period.end += Duration::minutes(30);
    let free =
        |n: i64| Planned { day: on(n).day, slot: Some(on(n)), clash: None, nearest: None, skipped: false };
    let clash = Planned {
        slot: None,
        clash: Some(Why::new("appointment_provider_overlap", "SMITH Anna already has somebody at 10:30.")),
        nearest: Some(later),
        ..free(1)
    };
    stage.deliver(series::plan::Msg::Planned(Ok(vec![free(0), clash, free(2)])));
    stage.deliver(series::plan::Msg::Waits(Ok(Box::default())));
    stage
}

fn members() -> Series {
    let member = |n: i64| {
        let mut b = booked();
        b.id = AppointmentId(id(70 + n as u128));
        b.period.start += Duration::days(7 * n);
        b.period.end += Duration::days(7 * n);
        b
    };
    let mut members: Vec<_> = (0..4).map(member).collect();
    members[1].status = AppointmentStatus::Cancelled;
    Series { id: SeriesId::new(), family: false, members }
}

fn of_series() -> Stage<SeriesView> {
    let view = SeriesView::of(AppointmentId(id(72)));
    let mut stage = Stage::with(view, env(Some(actor(Role::Receptionist))));
    stage.deliver(series::Msg::Loaded(Ok(Some(members()))));
    stage
}

#[test]
fn a_time_that_somebody_is_choosing_is_shown_with_who_and_until_when() {
    three_sizes!("beside_others", beside_others());
    every_size(beside_others);
}

#[test]
fn the_first_time_that_nobody_is_choosing_is_selected_and_held_only_when_the_selection_rests() {
    let mut stage = beside_others();
    assert!(stage.text().contains("▌2 today      11:00"), "{}", stage.text());
    stage.forget_effects();
    stage.keys("down up");
    assert_eq!(stage.effects(), ["load booking.strips", "after booking.hold"]);
    stage.fire("booking.hold");
    assert!(stage.effects().contains(&"load booking.hold".to_owned()), "{:?}", stage.effects());
    stage.forget_effects();
    stage.keys("1 enter");
    let asked = stage.effects();
    assert!(asked.contains(&"load booking.nearest".to_owned()), "{asked:?}");
    assert!(!asked.iter().any(|e| e.starts_with("save")), "{asked:?}");
}

#[test]
fn what_another_desk_holds_leaves_at_its_own_second_and_nothing_is_asked_for_it() {
    let clock = Clock::system();
    clock.follow(held().until - Duration::seconds(31));
    let mut stage = beside_others_at(clock.clone());
    assert!(stage.text().contains("held to 09:43 by Nina Costa"), "{}", stage.text());
    assert!(stage.effects().contains(&"after booking.lapse".to_owned()), "{:?}", stage.effects());
    let reads = |stage: &mut Stage<Booking>| stage.effects().iter().filter(|e| e.starts_with("load")).count();
    let before = reads(&mut stage);
    clock.follow(held().until + Duration::milliseconds(20));
    stage.fire("booking.lapse");
    assert!(!stage.text().contains("held to"), "{}", stage.text());
    assert_eq!(reads(&mut stage), before);
    assert!(!stage.effects().contains(&"after booking.lapse".to_owned()), "{:?}", stage.effects());
}

#[test]
fn a_wish_that_the_selected_time_meets_is_told_before_it_is_booked() {
    let mut stage = beside_others();
    let mut known = profile();
    known.waits = super::waitlist::entries();
    known.waits.truncate(1);
    known.waits[0].wish.centre = None;
    stage.deliver(booking::Msg::Profile(Ok(known.clone())));
    let text = stage.text();
    assert!(text.contains("this takes them off the waiting list (SMITH Anna"), "{text}");
    known.waits[0].wish.part = DayPart::Evening;
    stage.deliver(booking::Msg::Profile(Ok(known)));
    let text = stage.text();
    assert!(text.contains("waits for SMITH Anna"), "{text}");
}

#[test]
fn a_refusal_is_answered_with_the_number_of_the_nearest_time() {
    let mut stage = ready();
    stage.keys("enter");
    let taken = Why::new("appointment_provider_overlap", "SMITH Anna already has somebody at 10:30.");
    stage.deliver(booking::Msg::Booked(Err(Error::Overlap(taken.clone()))));
    assert!(stage.effects().contains(&"load booking.nearest".to_owned()), "{:?}", stage.effects());
    let near = slots().remove(1);
    stage.deliver(booking::Msg::Nearest(taken.sentence, Ok(Some(near))));
    assert_eq!(stage.toast(), "SMITH Anna already has somebody at 10:30. 2 enter books 11:00 instead.");
}

#[test]
fn a_plan_with_a_clash_is_not_booked_before_it_is_decided() {
    three_sizes!("plan", planned());
    every_size(planned);
    let mut stage = planned();
    stage.keys("enter");
    assert!(stage.toast().starts_with("1 visit clashes. n takes the nearest time"), "{}", stage.toast());
    stage.keys("n");
    assert!(stage.text().contains("Thu 19 Mar 11:00"), "{}", stage.text());
    stage.forget_effects();
    stage.keys("enter");
    assert_eq!(stage.effects(), ["save series.book"]);
}

/// A plan whose second visit is decided, of somebody who waits for what its third one is.
fn closing() -> Stage<PlanSeries> {
    let mut stage = planned();
    let mut entry = super::waitlist::entries().remove(0);
    let third = today() + Duration::days(14);
    entry.wish = Wish { profession: Some("gp".into()), ..Wish::between(third, third) };
    entry.provider_name = None;
    let waits = Waits { entries: vec![entry], directory: Some(directory()) };
    stage.deliver(series::plan::Msg::Waits(Ok(Box::new(waits))));
    stage.keys("n");
    stage
}

#[test]
fn a_plan_says_which_wishes_it_closes_and_is_not_booked_before_that_is_known() {
    three_sizes!("plan_closes", closing());
    every_size(closing);
    let said = "Off the waiting list with this: any GP, Thu 26 Mar, Consultation, long";
    let mut stage = closing();
    assert!(stage.text().contains(said), "{}", stage.text());
    stage.keys("end s");
    assert!(!stage.text().contains("Off the waiting list"), "left out, it closes nothing: {}", stage.text());
    // Enter waits for the list.
    let mut stage = Stage::with(PlanSeries::of(plan()), env(Some(actor(Role::Receptionist))));
    let first = plan().first;
    let one = Planned { day: first.day, slot: Some(first), clash: None, nearest: None, skipped: false };
    stage.deliver(series::plan::Msg::Planned(Ok(vec![one])));
    stage.forget_effects().keys("enter");
    assert!(stage.effects().is_empty(), "{:?}", stage.effects());
    stage.deliver(series::plan::Msg::Waits(Ok(Box::default())));
    assert_eq!(stage.effects(), ["save series.book"]);
}

#[test]
fn a_plan_is_booked_also_when_the_waiting_list_cannot_be_read() {
    let mut stage = Stage::with(PlanSeries::of(plan()), env(Some(actor(Role::Receptionist))));
    let first = plan().first;
    let one = Planned { day: first.day, slot: Some(first), clash: None, nearest: None, skipped: false };
    stage.deliver(series::plan::Msg::Planned(Ok(vec![one])));
    stage.deliver(series::plan::Msg::Waits(Err(Error::Slow)));
    assert!(!stage.toast().is_empty(), "it is said");
    stage.forget_effects().keys("enter");
    assert_eq!(stage.effects(), ["save series.book"]);
}

#[test]
fn a_visit_of_a_plan_is_left_out_and_taken_in_again() {
    let mut stage = planned();
    stage.keys("s");
    assert!(stage.text().contains("left out"), "{}", stage.text());
    assert!(stage.text().contains("enter books all 2 visits"), "{}", stage.text());
    stage.keys("s");
    assert!(stage.text().contains("1 clash to decide"), "{}", stage.text());
    stage.keys("t").type_text("14:00").keys("enter");
    assert!(stage.effects().contains(&"load series.near".to_owned()), "{:?}", stage.effects());
}

#[test]
fn from_one_visit_of_a_series_on_all_are_cancelled_and_a_cancelled_one_is_not_cut() {
    three_sizes!("series", of_series());
    every_size(of_series);
    let mut stage = of_series();
    stage.keys("L");
    assert!(stage.text().contains("Cancel 2 visits from Thu 26 Mar 10:30 on? Why?"), "{}", stage.text());
    stage.type_text("moved away").keys("enter");
    assert!(stage.effects().contains(&"save series.cancel".to_owned()), "{:?}", stage.effects());
    let mut stage = of_series();
    stage.keys("up x");
    assert!(stage.toast().contains("still booked can be moved"), "{}", stage.toast());
}

#[test]
fn what_is_cut_stands_on_the_last_line_but_one_until_it_is_let_go() {
    let mut stage = board();
    stage.keys("x");
    assert_eq!(stage.toast(), "Cut: Thu 12 Mar 09:30 BLACK Jack. p pastes it where you go, esc lets go.");
    // Whatever is said meanwhile goes; the line comes back.
    stage.keys("c").forget_effects();
    stage.keys("p");
    assert!(stage.effects().contains(&"save appointment.paste".to_owned()), "{:?}", stage.effects());
    stage.keys("esc");
    assert_eq!(stage.toast(), "Not moved: Thu 12 Mar 09:30 BLACK Jack");
    stage.forget_effects();
    stage.keys("p");
    assert!(stage.effects()[0].starts_with("push Patient("), "{:?}", stage.effects());
}

#[test]
fn one_more_of_the_family_is_planned_right_after_and_taken_times_show_what_is_left_over_them() {
    let mut stage = ready();
    stage.forget_effects();
    stage.keys("m");
    stage.deliver(booking::Msg::PickedRelative(Some(hit(2, "Black", "Mary"))));
    assert!(stage.effects().contains(&"load booking.free".to_owned()), "{:?}", stage.effects());
    stage.keys("esc");
    let places = vec![slots()[..2].to_vec()];
    let free = Free { slots: slots()[..1].to_vec(), places, ..Free::default() };
    stage.deliver(booking::Msg::Free(filter(true, true), false, Ok(free)));
    assert!(stage.text().contains("then BLACK Mary"), "{}", stage.text());
    // Enter waits until it is known what she waits for; each is booked at their own time.
    let books = |stage: &mut Stage<Booking>| stage.effects().contains(&"save booking.book".to_owned());
    stage.keys("enter");
    assert!(!books(&mut stage), "{:?}", stage.effects());
    let mut entry = super::waitlist::entries().remove(0);
    entry.wish = Wish { profession: Some("gp".into()), ..Wish::between(today(), today()) };
    let said = "this takes BLACK Mary off the waiting list";
    assert!(!stage.text().contains(said), "{}", stage.text());
    stage.deliver(booking::Msg::FamilyWaits(Ok(vec![(PatientId(id(2)), vec![entry])])));
    assert!(stage.text().contains(said), "{}", stage.text());
    assert!(books(&mut stage), "{:?}", stage.effects());
    let mut stage = ready();
    stage.keys("o").type_text("cannot come later").keys("enter");
    let over = Overbookable { slot: slots().remove(0), used: 1, cap: 2 };
    stage.deliver(booking::Msg::Free(filter(true, true), false, Ok(vec![over].into())));
    assert!(stage.text().contains("SMITH Anna     1 of 2 over"), "{}", stage.text());
    stage.forget_effects();
    stage.keys("enter");
    assert!(stage.effects().contains(&"save booking.book".to_owned()), "{:?}", stage.effects());
}

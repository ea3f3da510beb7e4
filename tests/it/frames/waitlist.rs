//! The waiting list, the form of a wish and a time that came free on a stage: how they look at the three sizes, and what the keys do.
use super::{
    actor, env, every_size,
    front_desk::{self, at, board, id, smith, today},
};
use chrono::Duration;
use praxis::{
    domain::{
        actor::Role,
        appointment::AppointmentStatus as S,
        booking::{DayPart, FreeSlot},
        ids::{CentreId, ClinicSessionId, PatientId, ProviderId, WaitId},
        name::PersonName,
        queue::Priority,
        time::Period,
        waitlist::{
            CallOutcome, FreedHere, FreedTime, FreedTimes, Held, Match, Offering, OpenOffer, WaitEntry,
            WaitStatus, Weekdays, Wish,
        },
        why::Why,
    },
    store::Error,
    ui::{
        route::WaitStart,
        screens::{
            board::{self as board_screen, freed as freed_board},
            booking,
            waitlist::{
                self, Waitlist,
                form::{self, WaitForm},
                freed::{self as freed_list, FreedList},
                offer::{self, Offer},
            },
        },
        testing::Stage,
    },
};

fn wish() -> Wish {
    let mut wish = Wish::between(today(), today() + Duration::days(28));
    wish.centre = Some(CentreId(id(5)));
    wish
}

/// What a form of a wish begins with.
pub fn start() -> WaitStart {
    WaitStart {
        patient: PatientId(id(1)),
        who: "BLACK Jack".into(),
        wish: Wish { provider: Some(ProviderId(id(3))), ..wish() },
        note: String::new(),
        change: None,
    }
}

fn entry(n: u128, family: &str, given: &str, days: i64, priority: Priority) -> WaitEntry {
    let mut wish = Wish { priority, ..wish() };
    let named = n % 2 == 1;
    wish.provider = named.then_some(ProviderId(id(3)));
    wish.profession = (!named).then(|| "gp".into());
    WaitEntry {
        id: WaitId(id(900 + n)),
        version: 1,
        patient: PatientId(id(n)),
        patient_name: PersonName::new(family, given),
        record_number: n as i32,
        born: None,
        phone: "0412 345 678".into(),
        wish,
        provider_name: named.then(smith),
        department_name: String::new(),
        centre_name: "Randwick Medical Centre".into(),
        visit_type_name: String::new(),
        referred: false,
        note: String::new(),
        added_by: "Mei Wong".into(),
        added_at: at(today(), 8, 0) - Duration::days(days),
        status: WaitStatus::Waiting,
        unbookable: None,
        appointment: None,
        calls: 0,
        last_call: None,
        offer: None,
    }
}

pub fn entries() -> Vec<WaitEntry> {
    let mut all = vec![
        entry(1, "Black", "Jack", 3, Priority::Urgent),
        entry(2, "Nguyen", "Linh", 12, Priority::Soon),
        entry(3, "Zhang", "Hao", 40, Priority::Routine),
        entry(4, "Wolfeschlegelsteinhausenbergerdorff", "Hubert", 9, Priority::Routine),
        entry(5, "Okafor", "Chidinma", 0, Priority::Routine),
    ];
    (all[0].note, all[0].visit_type_name) = ("only with a lift".into(), "Consultation, long".into());
    all[1].last_call = Some((CallOutcome::NoAnswer, at(today(), 9, 5)));
    all[1].calls = 2;
    all[2].wish.part = DayPart::Morning;
    all[2].wish.weekdays = Weekdays::parse("mon wed").unwrap();
    all[3].unbookable = Some(
        Why::new("patient_deactivated", "This patient is deactivated.")
            .instead("Reactivate the patient first."),
    );
    all[4].status = WaitStatus::Offered;
    all[4].offer = Some(OpenOffer { by: "Nina Costa".into(), until: at(today(), 9, 43), mine: false });
    all
}

/// Eleven o'clock came free, and four wait for it.
pub fn offering() -> Offering {
    let period = Period { start: at(today(), 11, 0), end: at(today(), 11, 30) };
    let matched = |entry: WaitEntry| Match {
        slot: FreeSlot {
            session: ClinicSessionId(id(501)),
            provider: ProviderId(id(3)),
            provider_name: smith(),
            profession: "gp".into(),
            centre: CentreId(id(5)),
            centre_name: "Randwick Medical Centre".into(),
            zone: chrono_tz::Australia::Sydney,
            day: today(),
            period,
        },
        tried: (entry.id == WaitId(id(902))).then(|| (CallOutcome::NoAnswer, at(today(), 9, 40))),
        entry,
    };
    let [jack, linh, hao, _, okafor] = <[WaitEntry; 5]>::try_from(entries()).unwrap();
    Offering {
        time: FreedTime { provider: ProviderId(id(3)), centre: CentreId(id(5)), period },
        provider_name: smith(),
        centre_name: "Randwick Medical Centre".into(),
        zone: chrono_tz::Australia::Sydney,
        matches: [jack, hao, okafor, linh].map(matched).to_vec(),
    }
}

/// Two times that came free, and one that another desk is offering.
fn freed() -> FreedTimes {
    let row = |hour: u32, suits: usize| {
        let period = Period { start: at(today(), hour, 0), end: at(today(), hour, 30) };
        FreedHere {
            time: FreedTime { provider: ProviderId(id(3)), centre: CentreId(id(5)), period },
            provider_name: smith(),
            centre_name: "Randwick Medical Centre".into(),
            zone: chrono_tz::Australia::Sydney,
            suits,
            until: period.start,
            held: (suits == 0)
                .then(|| Held { by: "Nina Costa".into(), until: at(today(), 9, 43) + Duration::seconds(20) }),
        }
    };
    FreedTimes { times: vec![row(11, 4), row(14, 0), row(15, 1)], more: false, release: None }
}

fn freed_list() -> Stage<FreedList> {
    let mut stage = Stage::with(FreedList::default(), env(Some(actor(Role::Receptionist))));
    assert_eq!(stage.effects(), ["load freed"]);
    stage.deliver(freed_list::Msg::Loaded(Ok(freed())));
    stage
}

fn list() -> Stage<Waitlist> {
    let mut stage = Stage::with(Waitlist::default(), env(Some(actor(Role::Receptionist))));
    assert_eq!(stage.effects(), ["load waitlist"]);
    stage.deliver(waitlist::Msg::Loaded(false, Ok(entries())));
    stage
}

fn filled() -> Stage<WaitForm> {
    let form = WaitForm::of(start(), today());
    let mut stage = Stage::with(form, env(Some(actor(Role::Receptionist))));
    assert_eq!(stage.effects(), ["load waitlist-form.known"]);
    stage.deliver(form::Msg::Known(Ok((super::booking::directory(), vec![]))));
    stage
}

fn offers() -> Stage<Offer> {
    Stage::with(Offer::of(offering()), env(Some(actor(Role::Receptionist))))
}

fn called() -> Stage<Offer> {
    let mut stage = offers();
    stage.keys("enter");
    assert_eq!(stage.effects(), ["save waitlist.offer"]);
    stage.deliver(offer::Msg::Offered(Ok(at(today(), 9, 43) + Duration::seconds(40))));
    stage
}

#[test]
fn the_list_the_form_and_an_offer_fit_every_size() {
    every_size(list);
    every_size(filled);
    every_size(offers);
    every_size(freed_list);
    for (w, h) in [(80, 24), (60, 20), (132, 43)] {
        insta::assert_snapshot!(format!("list_{w}"), list().at(w, h).frame());
        insta::assert_snapshot!(format!("freed_{w}"), freed_list().at(w, h).frame());
        insta::assert_snapshot!(format!("form_{w}"), filled().at(w, h).frame());
        insta::assert_snapshot!(format!("offer_{w}"), offers().at(w, h).frame());
        insta::assert_snapshot!(format!("call_{w}"), called().at(w, h).frame());
    }
}

#[test]
fn freed_times_are_told_on_the_board_and_in_the_list_and_past_ones_go_without_asking() {
    let mut s = board();
    s.deliver(board_screen::Msg::Freed(freed_board::Said::Found(Ok(freed()))));
    assert!(s.text().contains("2 times are free for people who wait · W"), "{}", s.text());
    let frame = s.frame();
    assert!(frame.contains("times are free"), "{frame}");
    s.forget_effects();
    s.keys("W");
    assert_eq!(s.effects(), ["push Freed"]);
    let one = FreedTimes { times: freed().times.split_off(1), more: false, release: None };
    s.deliver(board_screen::Msg::Freed(freed_board::Said::Found(Ok(one))));
    assert!(s.text().contains("1 time is free for somebody who waits · W"), "{}", s.text());
    s.forget_effects();
    s.keys("W");
    assert_eq!(s.effects(), ["load freed.offer"]);
    s.deliver(board_screen::Msg::Freed(freed_board::Said::Offering(Ok(None))));
    assert_eq!(s.toast(), "That time is taken again, or nobody waits for it any more.");
    // What another desk has is asked for again when its hold lapses, and at no other time.
    let mut s = freed_list();
    s.keys("down enter");
    assert!(s.toast().starts_with("Nina Costa has that time until 09:43:20."), "{}", s.toast());
    s.fire("freed.again");
    assert_eq!(s.effects().last().map(String::as_str), Some("load freed"));
    s.deliver(freed_list::Msg::Loaded(Ok(freed())));
    s.keys("up enter");
    assert!(s.effects().contains(&"load freed.offer".to_owned()), "{:?}", s.effects());
    let mut s = list();
    s.deliver(waitlist::Msg::Freed(Ok(freed())));
    assert!(s.text().contains("2 times are free for people who wait · f"), "{}", s.text());
    s.keys("f");
    assert!(s.effects().contains(&"push Freed".to_owned()), "{:?}", s.effects());
}

#[test]
fn a_cancellation_and_a_move_ask_who_waits_and_a_check_in_does_not() {
    let mut s = board();
    s.keys("X");
    s.type_text("ill");
    s.keys("enter");
    s.deliver(board_screen::Msg::Changed(front_desk::done(5, S::Booked, S::Cancelled, 2, false)));
    assert!(s.effects().contains(&"freed".to_owned()));
    let mut s = board();
    s.keys("space");
    s.deliver(board_screen::Msg::Changed(front_desk::done(5, S::Booked, S::Arrived, 2, false)));
    assert!(!s.effects().contains(&"freed".to_owned()));
}

#[test]
fn a_number_selects_enter_offers_and_a_call_that_is_not_answered_goes_to_the_next() {
    let mut s = offers();
    s.keys("9");
    assert_eq!(s.toast(), "Nobody has that number.");
    s.keys("2 enter");
    assert_eq!(s.effects(), ["save waitlist.offer"]);
    s.deliver(offer::Msg::Offered(Ok(at(today(), 9, 43))));
    assert!(s.text().contains("Call ZHANG Hao: 0412 345 678. 11:00 is held"), "{}", s.text());
    s.keys("n");
    assert!(s.effects().contains(&"save waitlist.answer".to_owned()), "{:?}", s.effects());
    s.deliver(offer::Msg::Answered(CallOutcome::NoAnswer, Ok(())));
    assert!(s.toast().starts_with("no answer: ZHANG Hao."), "{:?}", s.toast());
    assert!(s.effects().contains(&"load offer.load".to_owned()));
    s.keys("enter");
    assert!(s.effects().contains(&"save waitlist.offer".to_owned()));
    s.deliver(offer::Msg::Offered(Err(Error::NotSaved)));
    assert!(!s.text().contains("Call "), "nobody is called before the time is held");
}

#[test]
fn the_list_says_why_somebody_cannot_be_booked_and_finds_the_others_a_time() {
    let mut s = list();
    s.keys("down down down");
    assert!(s.text().contains("This patient is deactivated. Reactivate the patient first."), "{}", s.text());
    s.keys("enter");
    assert!(s.toast().contains("This patient is deactivated."));
    s.keys("R");
    assert!(s.toast().contains("Only who was taken off the list or booked is put back."));
    s.keys("up enter");
    let pushed = s.effects().join("\n");
    assert!(pushed.contains("push Booking(") && pushed.contains("waiting: Some("), "{pushed}");
    s.keys("e");
    assert!(s.effects().join("\n").contains("push Wait("));
    s.keys("x");
    assert!(s.effects().contains(&"save waitlist.withdraw".to_owned()));
}

#[test]
fn the_form_asks_for_whom_and_keeps_what_was_typed_when_it_is_refused() {
    let start = WaitStart { wish: wish(), ..start() };
    let form = WaitForm::of(start, today());
    let mut s = Stage::with(form, env(Some(actor(Role::Receptionist))));
    s.forget_effects();
    s.deliver(form::Msg::Known(Ok((super::booking::directory(), vec![]))));
    assert!(s.text().contains("BLACK Jack waits for whom?"), "{}", s.text());
    s.type_text("any gp");
    s.keys("enter");
    s.keys("ctrl-s");
    assert!(s.effects().contains(&"save waitlist.add".to_owned()), "{:?}", s.effects());
    let why =
        Why::new("waitlist_already", "The patient waits for that already.").instead("Change that entry.");
    s.deliver(form::Msg::Added(Err(Error::Refused(why))));
    assert!(s.text().contains("The patient waits for that already. Change that entry."), "{}", s.text());
}

#[test]
fn a_booking_that_finds_no_time_hands_what_was_chosen_to_the_waiting_list() {
    let mut s = super::booking::ready();
    s.deliver(booking::Msg::PickedProvider(Some(Some(ProviderId(id(3))))));
    s.keys("l");
    let pushed = s.effects().join("\n");
    assert!(pushed.contains("push Wait(") && pushed.contains("provider: Some("), "{pushed}");
}

//! The schedule's views on a stage: how they look, how the selection goes, and what is asked for when.
use super::calendar_sample::*;
use chrono::{Duration, NaiveDate};
use praxis::{
    domain::appointment::AppointmentStatus,
    store::{Change, RowChange},
    ui::{
        Picture,
        screens::calendar::{Calendar, Msg, View},
        testing::Stage,
    },
};

const VIEWS: [View; 5] = [View::Strip, View::Sheet, View::Week, View::Month, View::Agenda];

#[test]
fn every_view_at_three_sizes() {
    for view in VIEWS {
        for (columns, lines) in [(80, 24), (132, 43), (60, 20)] {
            let mut stage = shown(view).at(columns, lines);
            insta::assert_snapshot!(format!("{view:?}_{columns}x{lines}").to_lowercase(), stage.frame());
        }
    }
}

#[test]
fn every_view_is_drawn_at_every_size() {
    for view in VIEWS {
        let mut stage = shown(view);
        for columns in (1..=141).step_by(4) {
            for lines in [1, 4, 7, 24, 50] {
                stage = stage.at(columns, lines);
                let _ = stage.frame();
            }
        }
    }
}

/// What was asked for, beside the timer of what other desks hold.
fn asked(stage: &mut Stage<Calendar>) -> Vec<String> {
    stage.effects().into_iter().filter(|e| e != "after calendar.lapse").collect()
}

#[test]
fn a_view_is_one_question_and_the_same_time_stays_selected() {
    let mut stage = desk();
    assert_eq!(asked(&mut stage), ["load calendar.days"]);
    answer(&mut stage, View::Sheet, today());
    assert_eq!(asked(&mut stage), Vec::<String>::new());
    assert_eq!(stage.effects(), ["after calendar.lapse"], "what is held leaves at its own second");
    let _ = stage.frame();
    // To the fourth column, and down to the first free time of it.
    stage.keys("right right right right right down down");
    assert!(stage.text().contains("VASQUEZ"), "{}", stage.text());
    stage.keys("S");
    assert_eq!(asked(&mut stage), Vec::<String>::new(), "the strip shows the same day");
    stage.keys("left left left left W");
    assert_eq!(asked(&mut stage), ["load calendar.days"]);
}

#[test]
fn the_selection_goes_over_cells_columns_and_days_and_keeps_its_time() {
    let mut stage = shown(View::Sheet);
    let _ = stage.frame();
    let said = |stage: &mut Stage<Calendar>| stage.text().lines().nth(2).unwrap_or_default().to_owned();
    assert!(said(&mut stage).contains("09:30-10:00 has begun"), "{}", said(&mut stage));
    stage.keys("down");
    assert!(said(&mut stage).contains("10:00"), "{}", said(&mut stage));
    stage.keys("end");
    assert!(said(&mut stage).contains("16:30-17:00 free"), "{}", said(&mut stage));
    stage.keys("]");
    assert_eq!(asked(&mut stage), ["load calendar.days"]);
    answer(&mut stage, View::Sheet, today() + Duration::days(1));
    assert!(said(&mut stage).contains("Fri 13 Mar 2026"), "{}", said(&mut stage));
    assert!(said(&mut stage).contains("16:30-17:00 free"), "{}", said(&mut stage));
    stage.keys("W");
    answer(&mut stage, View::Week, today());
    assert!(said(&mut stage).contains("16:30-17:00 free"), "{}", said(&mut stage));
    stage.keys("left left left left left");
    assert!(said(&mut stage).contains("16:30"), "{}", said(&mut stage));
}

#[test]
fn enter_opens_the_booking_or_books_the_free_time() {
    let mut stage = shown(View::Sheet);
    stage.keys("home enter");
    assert!(asked(&mut stage)[0].starts_with("push Patient("), "{:?}", asked(&mut stage));
    let mut stage = shown(View::Sheet);
    stage.keys("end enter");
    let effects = asked(&mut stage);
    assert!(
        effects[0].starts_with("push Booking(BookingStart {") && effects[0].contains("slot: Some(FreeSlot"),
        "{effects:?}"
    );
}

fn change(entity: &str, provider: Option<uuid::Uuid>, day: NaiveDate, id: Option<uuid::Uuid>) -> Change {
    Change::Row(RowChange {
        entity: entity.into(),
        id,
        op: "u".into(),
        version: 2,
        session: None,
        provider,
        day: Some(day),
        patient: None,
        account: None,
    })
}

#[test]
fn a_change_reads_its_provider_day_again_and_nothing_else() {
    let mut stage = shown(View::Sheet);
    let _ = stage.frame();
    stage.changed(&change("appointment", Some(provider(4).0), today(), None));
    assert_eq!(asked(&mut stage), ["after calendar.reread"]);
    stage.fire("calendar.reread");
    assert_eq!(asked(&mut stage), ["load calendar.again"]);
    let mut day = provider_day(4, today());
    if let Some(bookings) = &mut day.bookings {
        bookings[1].status = AppointmentStatus::Arrived;
    }
    stage.deliver(Msg::Again(vec![(provider(4), today())], Ok(vec![day])));
    assert_eq!(asked(&mut stage), Vec::<String>::new());
    // Another day, another centre's people, another table: nothing.
    stage.changed(&change("appointment", Some(provider(4).0), today() + Duration::days(1), None));
    stage.changed(&change("appointment", Some(id(99)), today(), None));
    stage.changed(&change("patient", None, today(), None));
    assert_eq!(asked(&mut stage), Vec::<String>::new());
    // What went away from a day that is seen is told with where it went.
    let moved = provider_day(3, today()).booked()[0].id;
    stage.changed(&change("appointment", Some(provider(4).0), today() + Duration::days(1), Some(moved.0)));
    assert_eq!(asked(&mut stage), ["after calendar.reread"]);
}

#[test]
fn who_comes_into_sight_is_asked_for_alone() {
    let mut stage = desk();
    let mut days = centre_day(today());
    for day in &mut days[4..] {
        day.bookings = None;
    }
    let scope = praxis::ui::screens::calendar::Scope::Centre(randwick(), today());
    stage.deliver(Msg::Days(scope, Ok(days)));
    let _ = stage.frame();
    stage.forget_effects().keys("right right right");
    assert_eq!(asked(&mut stage), Vec::<String>::new());
    stage.keys("right");
    assert_eq!(asked(&mut stage), ["load calendar.more"]);
    stage.deliver(Msg::Again(vec![(provider(4), today())], Ok(vec![provider_day(4, today())])));
    assert!(stage.text().contains("SMITH Anna"), "{}", stage.text());
}

#[test]
fn an_appointment_is_cut_and_put_down_at_a_free_time() {
    let mut stage = shown(View::Sheet);
    let _ = stage.frame();
    stage.keys("p");
    assert!(stage.toast().contains("Nothing was cut."), "{}", stage.toast());
    // The first booking of tomorrow can be moved; what has begun cannot.
    stage.keys("]");
    answer(&mut stage, View::Sheet, today() + Duration::days(1));
    stage.keys("home x");
    assert!(stage.toast().starts_with("Cut: Fri 13 Mar 09:00"), "{}", stage.toast());
    let _ = stage.frame();
    stage.keys("p");
    assert!(stage.toast().contains("The selected time is not free."), "{}", stage.toast());
    stage.keys("end p");
    assert_eq!(asked(&mut stage), ["save appointment.paste"]);
}

#[test]
fn a_move_of_the_selection_is_few_bytes() {
    let mut costs = vec![];
    for view in VIEWS {
        let mut stage = shown(view);
        let mut picture = Picture::sized(80, 24);
        let whole = picture.draw(stage.app()).len();
        let mut worst = 0;
        for key in ["left", "down", "down", "right", "up"] {
            stage.keys(key);
            let n = picture.draw(stage.app()).len();
            println!("{view:?} {key}: {n} bytes");
            worst = worst.max(n);
        }
        println!("{view:?}: whole {whole}, a move at most {worst}");
        costs.push((view, whole, worst));
    }
    for (view, whole, worst) in costs {
        assert!(whole <= 2000, "{view:?}: the first frame is {whole} bytes");
        assert!(worst <= 90, "{view:?}: a move of the selection is {worst} bytes");
    }
}

#[test]
fn a_time_that_somebody_chooses_is_told_with_who_in_each_view() {
    for (view, key) in [
        (View::Strip, "right"),
        (View::Sheet, "down"),
        (View::Week, "down"),
        (View::Month, "right"),
        (View::Agenda, "down"),
    ] {
        let mut stage = shown(view);
        let said = |stage: &mut Stage<Calendar>| stage.text().lines().nth(2).unwrap_or_default().to_owned();
        let reached = (0..8).any(|_| {
            let found = said(&mut stage).contains("Mei Wong is choosing");
            if !found {
                stage.keys(key);
            }
            found
        });
        assert!(reached, "{view:?}\n{}", stage.text());
        assert!(stage.text().lines().skip(3).any(|l| l.contains('h')), "{view:?}\n{}", stage.text());
    }
}

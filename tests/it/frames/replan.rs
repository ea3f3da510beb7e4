//! What the plan that moves bookings says before it is accepted.
use super::{
    availability::{list, steps},
    every_size,
    waitlist::entries,
};
use praxis::{
    domain::waitlist::Met,
    ui::{
        screens::schedule::{exceptions::Exceptions, plan},
        testing::Stage,
    },
};

/// The plan of a leave; the first two bookings meet what their patients wait for.
fn closing() -> Stage<Exceptions> {
    let mut stage = list();
    stage.keys("enter");
    let mut all = steps();
    for (step, entry) in all.iter_mut().zip(entries()).take(2) {
        step.closes = vec![Met::from(&entry)];
    }
    stage.deliver_to_top(plan::Msg::Loaded(Ok(all)));
    stage
}

#[test]
fn a_plan_says_before_it_is_accepted_whose_wishes_come_off_the_waiting_list() {
    insta::assert_snapshot!("plan_closes", closing().frame());
    insta::assert_snapshot!("plan_closes_small", closing().at(60, 20).frame());
    insta::assert_snapshot!("plan_closes_wide", closing().at(132, 43).frame());
    every_size(closing);
    // What is left out closes nothing.
    let mut stage = closing();
    stage.keys("x");
    let text = stage.text();
    assert!(text.contains("Off the waiting list with this: NGUYEN Linh ("), "{text}");
    assert!(!text.contains("BLACK Jack ("), "{text}");
}

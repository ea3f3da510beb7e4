//! Leaving a field, and leaving the panel: the first is one key and keeps the text, the second is asked for twice.
use super::visit::{chart, panel, panel_of};

#[test]
fn a_sign_that_cannot_be_read_is_told_as_soon_as_its_line_is_left() {
    let mut stage = panel();
    stage.keys("2 tab").type_text("t 372").keys("tab");
    assert!(stage.toast().contains("372 °C is impossible"), "{:?}", stage.toast());
    assert!(stage.frame().contains("t 372"), "the text stays: {}", stage.frame());
    assert!(!stage.effects().iter().any(|e| e.contains("visit.vitals")), "{:?}", stage.effects());
}

#[test]
fn an_unusual_sign_that_is_left_says_that_it_is_not_stored() {
    let mut stage = panel();
    stage.keys("2 tab").type_text("bp 190/120").keys("tab");
    assert!(stage.toast().starts_with("Not stored"), "{:?}", stage.toast());
}

#[test]
fn escape_leaves_a_choice_before_it_leaves_the_panel() {
    let mut stage = panel();
    stage.keys("2 tab tab tab right esc");
    assert!(!stage.effects().contains(&"back".to_owned()), "{:?}", stage.effects());
    stage.keys("3");
    assert!(stage.frame().contains("culture on urine"), "{}", stage.frame());
}

#[test]
fn an_open_visit_is_left_by_a_second_escape_which_says_that_it_stays_open() {
    let mut stage = panel();
    stage.keys("esc");
    assert!(!stage.effects().contains(&"back".to_owned()), "{:?}", stage.effects());
    assert!(stage.toast().contains("stays open"), "{:?}", stage.toast());
    stage.keys("2 esc esc");
    assert!(!stage.effects().contains(&"back".to_owned()), "another key in between begins anew");
    stage.keys("esc");
    assert!(stage.effects().contains(&"back".to_owned()), "{:?}", stage.effects());
}

#[test]
fn voiding_a_visit_of_an_earlier_day_promises_no_waiting_patient() {
    let mut earlier = chart();
    earlier.visit.started_at -= chrono::Duration::days(3);
    let mut stage = panel_of(earlier, vec![]);
    stage.keys("V").type_text("started by mistake").keys("enter");
    assert!(stage.text().contains("its appointment is voided too"), "{}", stage.frame());
}

//! Layers, keys that wait, answers that come late, undo and hanging up.
use super::sample::{Msg, Sample};
use praxis::{store::Change, ui::testing::Stage};
use std::time::Duration;

fn stage() -> Stage<Sample> {
    let mut stage = Stage::new(Sample::new());
    stage.deliver(Msg::Loaded(Sample::rows()));
    stage
}

#[test]
fn opening_asks_for_rows_and_they_are_drawn() {
    let mut stage = Stage::new(Sample::new()).at(80, 24);
    assert_eq!(stage.effects(), ["load sample.list"]);
    assert!(stage.text().contains("loading"));
    stage.deliver(Msg::Loaded(Sample::rows()));
    assert_eq!(stage.effects(), Vec::<String>::new());
    stage.keys("down down");
    insta::assert_snapshot!(stage.frame());
}

#[test]
fn a_filter_narrows_and_the_selection_stays_on_its_row() {
    let mut stage = stage();
    stage.keys("down / ").type_text("black");
    assert!(stage.text().contains("8 of 30"), "{}", stage.text());
    assert_eq!(stage.screen().unwrap().table.selected().unwrap().0, 1);
    stage.keys("esc");
    assert_eq!(stage.screen().unwrap().table.selected().unwrap().0, 1);
    assert!(stage.text().contains("30 rows"));
}

#[test]
fn a_prefix_shows_what_may_follow_after_its_time_and_escape_drops_it() {
    let mut stage = stage();
    stage.keys("g");
    assert!(!stage.text().contains("Go to"));
    stage.advance(Duration::from_millis(300));
    insta::assert_snapshot!(stage.frame());
    stage.keys("esc");
    assert!(!stage.text().contains("Go to"));
    stage.keys("g z");
    assert_eq!(stage.toast(), "g z means nothing here.");
}

#[test]
fn a_question_does_not_take_a_key_typed_before_it_was_seen() {
    let mut stage = stage();
    stage.keys_at_once("i y");
    assert_eq!(stage.depth(), 2);
    assert!(stage.toast().contains("Press again"));
    insta::assert_snapshot!(stage.frame());
    stage.keys("y");
    assert_eq!(stage.depth(), 1);
}

#[test]
fn saves_of_one_label_run_one_after_the_other() {
    let mut stage = stage();
    stage.keys("i y");
    assert_eq!(stage.effects(), ["save sample.cancel"]);
    stage.deliver(Msg::Saved(Ok(())));
    assert_eq!(stage.effects(), ["save sample.cancel"]);
    stage.deliver(Msg::Saved(Ok(())));
    assert!(stage.effects().is_empty());
}

#[test]
fn what_was_done_offers_undo_once() {
    let mut stage = stage();
    stage.keys("i y");
    stage.deliver(Msg::Saved(Ok(()))).deliver(Msg::Saved(Ok(())));
    assert!(stage.text().contains("Cancelled BLACK Jack."));
    assert!(stage.text().contains("u undo"));
    stage.keys("u");
    assert_eq!(stage.effects(), ["save sample.restore"]);
    stage.keys("u");
    assert_eq!(stage.toast(), "There is nothing to take back.");
}

#[test]
fn what_was_refused_does_not_stand_under_what_comes_later_but_an_undo_stays() {
    let mut stage = stage();
    stage.keys("g z");
    assert_eq!(stage.toast(), "g z means nothing here.");
    stage.keys_at_once("down");
    assert_eq!(stage.toast(), "g z means nothing here.", "whoever types fast has not read it yet");
    stage.advance(Duration::from_secs(3)).keys_at_once("down");
    assert_eq!(stage.toast(), "");
    stage.keys("i y");
    stage.deliver(Msg::Saved(Ok(()))).deliver(Msg::Saved(Ok(())));
    stage.advance(Duration::from_secs(60)).keys("down up");
    assert!(stage.text().contains("u undo"));
}

#[test]
fn a_refusal_does_not_take_the_undo_away_and_nothing_is_undone_unseen() {
    let mut stage = stage();
    stage.keys("i y");
    stage.deliver(Msg::Saved(Ok(()))).deliver(Msg::Saved(Ok(())));
    stage.keys("g z");
    assert_eq!(stage.toast(), "g z means nothing here.");
    stage.keys_at_once("u");
    assert!(stage.text().contains("Cancelled BLACK Jack."), "{}", stage.text());
    assert!(stage.effects().is_empty(), "the first u only shows what it is about");
    stage.keys_at_once("u");
    assert_eq!(stage.effects(), ["save sample.restore"]);
}

#[test]
fn when_a_refusal_was_read_the_undo_it_covered_is_offered_again() {
    let mut stage = stage();
    stage.keys("i y");
    stage.deliver(Msg::Saved(Ok(()))).deliver(Msg::Saved(Ok(())));
    stage.keys("g z").advance(Duration::from_secs(3)).keys_at_once("down");
    assert!(stage.text().contains("Cancelled BLACK Jack."), "{}", stage.text());
    assert!(stage.text().contains("u undo"));
}

#[test]
fn keys_behind_a_search_wait_for_its_answer_and_go_on_in_order() {
    let mut sample = Sample::new();
    sample.waiting = true;
    let mut stage = Stage::new(sample);
    stage.keys("enter down");
    assert!(stage.screen().unwrap().seen.is_empty());
    assert!(stage.text().contains("waiting for the answer"));
    stage.deliver(Msg::Loaded(Sample::rows()));
    assert_eq!(stage.screen().unwrap().seen, ["NGUYEN Linh 0"]);
    assert_eq!(stage.screen().unwrap().table.position(), 1);
}

#[test]
fn escape_drops_the_keys_that_wait() {
    let mut sample = Sample::new();
    sample.waiting = true;
    let mut stage = Stage::new(sample);
    stage.keys("enter down esc");
    stage.deliver(Msg::Loaded(Sample::rows()));
    assert!(stage.screen().unwrap().seen.is_empty());
    assert_eq!(stage.screen().unwrap().table.position(), 0);
}

#[test]
fn a_refusal_says_the_rule_and_what_works() {
    let mut sample = Sample::new();
    sample.unsaved = true;
    let mut stage = Stage::new(sample);
    stage.keys("ctrl-p").type_text("unlikely words");
    assert!(stage.depth() == 2);
    stage.keys("esc");
    assert_eq!(stage.depth(), 1);
}

#[test]
fn a_picker_answers_what_was_chosen() {
    let mut sample = Sample::new();
    sample.unsaved = true;
    let mut stage = Stage::new(sample);
    stage.deliver(Msg::Loaded(Sample::rows()));
    stage.keys("enter").type_text("eig");
    insta::assert_snapshot!(stage.frame());
    stage.keys("enter");
    assert_eq!(stage.screen().unwrap().seen.last().unwrap(), "Picked(Some(8))");
    assert_eq!(stage.depth(), 1);
}

#[test]
fn an_answer_of_a_wrong_type_is_dropped() {
    let mut stage = stage();
    stage.keys("i");
    stage.deliver_to_top("not a message of a dialog");
    assert_eq!(stage.depth(), 2);
}

#[test]
fn a_newer_delay_of_a_label_replaces_the_older() {
    let mut stage = stage();
    stage.keys("down down down");
    assert_eq!(stage.effects(), ["after draft"]);
    stage.fire("draft");
    assert_eq!(stage.screen().unwrap().seen, ["Draft"]);
}

#[test]
fn the_latest_load_wins_and_only_one_waits() {
    let mut stage = Stage::new(Sample::new());
    stage.changed(&Change::Everything).changed(&Change::Everything);
    assert_eq!(stage.effects(), ["load sample.list"]);
    stage.deliver(Msg::Loaded(vec![]));
    assert_eq!(stage.effects(), ["load sample.list"]);
    stage.deliver(Msg::Loaded(vec![]));
    assert!(stage.effects().is_empty());
}

#[test]
fn hanging_up_saves_the_draft_and_ends() {
    let mut stage = stage();
    stage.hang_up();
    assert_eq!(stage.effects(), ["save sample.draft"]);
    assert!(stage.app().quits() && stage.app().saving());
}

#[test]
fn places_and_leaving_are_recorded() {
    let mut stage = stage();
    stage.keys("enter ctrl-q");
    assert_eq!(stage.effects(), ["push Patients", "quit"]);
}

#[test]
fn every_size_draws_and_a_tiny_window_gets_a_sentence() {
    // Every width at one height, every height at seven widths; the places themselves are drawn at more in `everywhere`.
    let mut sizes: Vec<(u16, u16)> = (1..60).map(|w| (w, 1 + w % 15)).collect();
    sizes.extend((1..16).flat_map(|h| [1, 2, 5, 20, 39, 40, 59].map(|w| (w, h))));
    for (w, h) in sizes {
        let mut stage = Stage::new(Sample::new()).at(w, h);
        stage.deliver(Msg::Loaded(Sample::rows()));
        stage.keys("i").draw();
        stage.keys("n ?").draw();
        stage.keys("esc ctrl-p").draw();
    }
    assert!(Stage::new(Sample::new()).at(39, 10).text().contains("40 columns"));
}

#[test]
fn the_help_finds_a_key_by_word() {
    let mut stage = stage();
    stage.keys("?").type_text("find any");
    assert!(stage.text().contains("ctrl-p"), "{}", stage.text());
}

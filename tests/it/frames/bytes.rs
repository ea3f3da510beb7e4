//! How many bytes an interaction costs on the line, at 80x24.
use super::{
    actor,
    sample::{Msg, Sample},
    wire,
};
use praxis::{
    domain::actor::Role,
    ui::{Picture, testing::Stage},
};

fn cost(stage: &mut Stage<Sample>, picture: &mut Picture, keys: &str) -> usize {
    stage.keys(keys);
    picture.draw(stage.app()).len()
}

#[test]
fn interactions_stay_within_their_bytes() {
    let mut stage = Stage::new(Sample::new());
    stage.deliver(Msg::Loaded(Sample::rows()));
    let mut picture = Picture::sized(80, 24);
    let first = picture.draw(stage.app()).len();
    assert!(first <= 1800, "the first frame: {first}");
    assert_eq!(picture.draw(stage.app()), b"", "nothing changed");
    assert_eq!(cost(&mut stage, &mut picture, "f7"), 0, "a key without a meaning");
    let row = cost(&mut stage, &mut picture, "down");
    assert!(row <= 12, "one row down: {row}");
    let row = cost(&mut stage, &mut picture, "up");
    assert!(row <= 12, "one row up: {row}");
    cost(&mut stage, &mut picture, "end");
    cost(&mut stage, &mut picture, "home");
    let popup = cost(&mut stage, &mut picture, "i");
    assert!(popup <= 450, "a question: {popup}");
}

#[test]
fn every_row_of_the_table_keeps_its_goal() {
    for cost in wire::measure(&actor(Role::Receptionist)) {
        assert!(cost.bytes <= cost.goal, "{}: {} bytes, not {}", cost.what, cost.bytes, cost.goal);
    }
}

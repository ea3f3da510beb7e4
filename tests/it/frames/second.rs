//! Setting up the second factor and the list of sign-ins, on a stage: 80x24 through the real keymap.
use super::{actor, env, every_size};
use chrono::{TimeZone as _, Utc};
use praxis::{
    domain::{
        actor::Role,
        ids::{AccountId, SessionId},
    },
    store::{OpenSignIn, SecondState},
    ui::{
        screens::{
            second_factor::{Msg, SecondFactor},
            sign_ins::{self, SignIns},
        },
        testing::Stage,
    },
};
use zeroize::Zeroizing;

fn stage(state: SecondState) -> Stage<SecondFactor> {
    let who = actor(Role::Gp);
    let mut stage = Stage::with(SecondFactor::of(Some(&who)), env(Some(who)));
    stage.deliver(Msg::Loaded(Ok(state)));
    stage
}

fn key() -> Msg {
    Msg::Begun(Ok(Zeroizing::new((1..=20).collect())))
}

#[test]
fn the_picture_and_the_key_fit_a_terminal_of_80_by_24() {
    let mut stage = stage(SecondState::default());
    stage.keys("b").type_text("my password").keys("enter");
    assert!(stage.effects().contains(&"save second-factor.begin".to_owned()));
    stage.deliver(key());
    let text = stage.text();
    assert!(text.contains("AEBA GBAF AYDQ QCIK") && text.contains("▀"), "{text}");
    insta::assert_snapshot!(stage.frame());
    stage.keys("enter");
    assert!(stage.text().contains("Type the six digits"));
    stage.type_text("123456").keys("enter");
    assert!(stage.effects().contains(&"save second-factor.confirm".to_owned()));
    stage.deliver(Msg::Confirmed(Ok((0..10).map(|n| Zeroizing::new(format!("abcd{n}-fgh2{n}"))).collect())));
    insta::assert_snapshot!(stage.frame());
    stage.keys("esc");
    assert!(stage.text().contains("abcd0-fgh20"), "codes that are shown once are not left by accident");
    stage.keys("enter");
    assert!(!stage.text().contains("abcd0-fgh20"));
}

#[test]
fn who_must_set_it_up_is_shown_the_key_at_once_and_leaves_only_by_signing_out() {
    let mut stage = stage(SecondState { required: true, due: true, ..SecondState::default() });
    assert_eq!(stage.effects(), ["save second-factor.begin"]);
    stage.deliver(key());
    stage.keys("esc");
    assert!(stage.effects().contains(&"signed out".to_owned()));
}

#[test]
fn a_narrow_terminal_shows_the_key_alone() {
    let mut stage = stage(SecondState::default()).at(60, 20);
    stage.keys("b").type_text("my password").keys("enter");
    stage.deliver(key());
    assert!(stage.text().contains("AEBA GBAF AYDQ QCIK") && !stage.text().contains('▀'), "{}", stage.text());
}

#[test]
fn the_screens_of_the_account_draw_at_every_size() {
    every_size(|| {
        let mut stage = stage(SecondState::default());
        stage.keys("b").type_text("my password").keys("enter");
        stage.deliver(key());
        stage
    });
    every_size(sign_ins);
}

fn row(id: u128, this: bool) -> OpenSignIn {
    let at = |minute| Utc.with_ymd_and_hms(2026, 3, 12, 1, minute, 0).unwrap();
    OpenSignIn {
        id: SessionId(uuid::Uuid::from_u128(id)),
        since: at(5),
        seen: at(40),
        address: "local".into(),
        claimed: (!this).then(|| "ssh 203.0.113.5".into()),
        key: (!this).then(|| "SHA256:RAIJ/VvghDedWIxSkS2j++/CzmanQrypM6MM9chmdu8".into()),
        centre: Some("Randwick Medical Centre".into()),
        locked: !this,
        second: false,
        this,
    }
}

fn sign_ins() -> Stage<SignIns> {
    let who = actor(Role::Gp);
    let mut stage = Stage::with(SignIns::of(who.account), env(Some(who)));
    stage.deliver(sign_ins::Msg::Loaded(Ok(vec![row(7, false), row(2, true)])));
    stage
}

#[test]
fn a_sign_in_is_ended_after_a_question_and_never_the_one_in_use() {
    let mut stage = sign_ins();
    insta::assert_snapshot!(stage.frame());
    stage.keys("x");
    assert!(stage.text().contains("End the sign-in from 203.0.113.5 by SSH"), "{}", stage.text());
    stage.keys("y");
    assert!(stage.effects().contains(&"save sign-in.end".to_owned()));
    stage.deliver(sign_ins::Msg::Ended(Ok(1)));
    stage.deliver(sign_ins::Msg::Loaded(Ok(vec![row(2, true)])));
    stage.keys("x");
    assert!(stage.toast().contains("the sign-in you are using"), "{}", stage.toast());
    stage.keys("X");
    assert!(stage.toast().contains("your only sign-in"), "{}", stage.toast());
}

#[test]
fn somebody_elses_are_not_ended_all_at_once() {
    let mut stage = Stage::with(SignIns::of(AccountId::new()), env(Some(actor(Role::Administrator))));
    stage.deliver(sign_ins::Msg::Loaded(Ok(vec![row(7, false), row(8, false)])));
    assert!(stage.text().contains("Sign-ins of somebody else"));
    stage.keys("X");
    assert!(stage.toast().contains("one by one"), "{}", stage.toast());
}

//! The sign-in screen and the choice of a password, on a stage and against a server.
use super::{actor, env, every_size};
use crate::support::{
    cluster::fresh_database,
    people::{self, PASSWORD},
};
use praxis::{
    auth::{login as auth, password},
    domain::{actor::Role, why::Why},
    store::{Error, FrontDoor},
    ui::{
        screens::{
            change_password::{self, ChangePassword, Rules},
            login::{Login, LoginNote, Msg},
        },
        testing::Stage,
    },
};
use zeroize::Zeroizing;

fn stage() -> Stage<Login> {
    let note =
        LoginNote(vec!["Demo accounts, password praxis-demo-pass:".into(), "mei reception   anna GP".into()]);
    let mut stage = Stage::with(Login::with_note(note), env(None));
    stage.deliver(Msg::Clinic(Ok(FrontDoor {
        name: "Randwick Clinics".into(),
        contact: "02 9999 0000, front desk".into(),
        sign_up: false,
    })));
    stage
}

fn wrong() -> Error {
    Error::refused(
        Why::new("sign_in_wrong", "Login and password do not match.")
            .instead("Check both; capital letters count in the password."),
    )
}

#[test]
fn the_sign_in_screen_says_which_clinic_this_is_and_whom_to_ask() {
    insta::assert_snapshot!(stage().frame());
}

#[test]
fn typing_never_shows_the_password() {
    let mut stage = stage();
    stage.type_text("mei").keys("enter").type_text("hunter2 is secret");
    let text = stage.text();
    assert!(text.contains("mei") && text.contains("*****************"), "{text}");
    assert!(!text.contains("hunter2") && !text.contains("secret"), "{text}");
    stage.keys("enter");
    assert!(!stage.text().contains('*'), "it is forgotten once it is sent");
    assert!(stage.effects().contains(&"save login.sign-in".to_owned()));
}

#[test]
fn a_wrong_password_is_told_and_the_login_stays() {
    let mut stage = stage();
    stage.type_text("mei").keys("enter").type_text("wrong").keys("enter");
    stage.deliver(Msg::SignedIn(Err(wrong())));
    let text = stage.text();
    assert!(text.contains("Login and password do not match."), "{text}");
    assert!(text.contains("mei"));
    insta::assert_snapshot!(stage.frame());
    stage.type_text("again").keys("enter");
    assert!(!stage.text().contains("do not match"), "typing on takes the sentence away");
    assert!(stage.effects().contains(&"save login.sign-in".to_owned()));
}

#[test]
fn while_it_checks_enter_asks_nothing_twice() {
    let mut stage = stage();
    stage.type_text("mei").keys("enter").type_text("x").keys("enter enter enter");
    assert_eq!(stage.effects().iter().filter(|e| *e == "save login.sign-in").count(), 1);
    assert!(stage.text().contains("checking"));
}

#[test]
fn nothing_is_sent_without_login_or_password() {
    let mut stage = stage();
    stage.keys("enter");
    assert!(stage.text().contains("Type your login"));
    stage.type_text("mei").keys("enter enter");
    assert!(stage.text().contains("Type your password"));
    assert!(!stage.effects().contains(&"save login.sign-in".to_owned()));
}

#[test]
fn a_server_that_does_not_answer_is_said_and_enter_tries_again() {
    let mut stage = stage();
    stage.type_text("mei").keys("enter").type_text("x").keys("enter");
    stage.deliver(Msg::SignedIn(Err(Error::Unavailable(None))));
    assert!(stage.text().contains("does not answer"), "{}", stage.text());
    stage.type_text("x").keys("enter");
    assert!(stage.text().contains("checking"));
}

#[test]
fn an_endless_paste_is_cut_and_control_characters_are_dropped() {
    let mut stage = stage();
    stage.paste(&"\u{1b}[2J\u{202e}x".repeat(10_000));
    assert!(!stage.text().contains('\u{1b}'));
    stage.keys("tab").paste(&"p".repeat(100_000));
    assert!(!stage.text().contains('p') || !stage.text().contains("ppp"));
}

#[test]
fn the_sign_in_screen_draws_at_every_size() {
    every_size(stage);
}

fn forced() -> Stage<ChangePassword> {
    let mut who = actor(Role::Gp);
    who.must_change_password = true;
    Stage::with(ChangePassword::of(Some(&who)), env(Some(who)))
}

#[test]
fn the_choice_of_a_password_shows_each_rule() {
    let mut stage = forced();
    insta::assert_snapshot!(stage.frame());
    stage.type_text("code").keys("enter").type_text("short").keys("enter").type_text("shorter").keys("enter");
    assert!(stage.text().contains("at least 12 characters."), "{}", stage.text());
    assert!(!stage.text().contains("short"));
    stage
        .keys("ctrl-u")
        .type_text("four plain words here")
        .keys("enter ctrl-u")
        .type_text("four plain words there");
    stage.keys("enter");
    assert!(stage.text().contains("differ"), "{}", stage.text());
    assert!(stage.effects().is_empty());
    stage.keys("ctrl-u").type_text("four plain words here").keys("enter");
    assert_eq!(stage.effects(), ["save account.change-password"]);
    stage.deliver(change_password::Msg::Changed(Err(Error::refused(Why::new(
        "password_wrong",
        "The old one is wrong.",
    )))));
    assert!(stage.text().contains("The old one is wrong."));
}

#[test]
fn a_password_is_neither_the_login_nor_the_old_one() {
    let broken =
        |new: &str| Rules::of("a.long.login.name", "the old password", new, new).check().unwrap_err().rule;
    assert_eq!(broken("A.Long.Login.Name"), "password_differs");
    assert_eq!(broken("the old password"), "password_differs");
    assert_eq!(broken("elevenchars"), "password_length");
    assert!(Rules::of("x", "y", "twelve chars", "twelve chars").check().is_ok());
}

#[test]
fn a_forced_choice_is_left_only_by_signing_out() {
    let mut stage = forced();
    stage.keys("esc");
    assert_eq!(stage.effects(), ["signed out"]);
}

#[test]
fn the_choice_of_a_password_draws_at_every_size() {
    every_size(forced);
}

#[tokio::test]
async fn a_one_time_code_opens_nothing_but_the_choice_of_a_password() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    sqlx::query("update auth.credential set must_change = true where account_id = $1")
        .bind(clinic.gp.account.0)
        .execute(&mut c)
        .await
        .unwrap();
    let first = people::signed_in(&db, "anna").await;
    assert!(first.actor.must_change_password);
    assert!(matches!(first.store.centres(&first.actor).await, Err(Error::NoSession)));
    let secret = |s: &str| Zeroizing::new(s.to_owned());
    let wrong = auth::change_password(&first.store, "anna", secret("not it"), secret("four plain words"));
    assert!(!wrong.await.unwrap());
    let right = auth::change_password(&first.store, "anna", secret(PASSWORD), secret("four plain words"));
    assert!(right.await.unwrap());
    let now = first.store.who_am_i().await.unwrap();
    assert!(!now.must_change_password);
    assert_eq!(first.store.centres(&now).await.unwrap().len(), 3);
    assert!(password::PARAMS.starts_with("m=65536"));
}

#[tokio::test]
async fn the_front_door_needs_no_sign_in() {
    let db = fresh_database();
    let mut c = people::writer(&db).await;
    sqlx::query("update clinic.setting set value = '02 9999 0000' where key = 'clinic_contact'")
        .execute(&mut c)
        .await
        .unwrap();
    let door = people::nobody(&db).await.front_door().await.unwrap();
    assert_eq!((door.name.as_str(), door.contact.as_str()), ("Praxis", "02 9999 0000"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_wipes_the_screen_and_ends_the_session_on_the_server() {
    use praxis::ui::{
        app::{App, Ticks},
        input::Input,
        keymap::{Key, Keymap},
        route::Route,
        theme::Theme,
    };
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let store = people::nobody(&db).await;
    let (mut app, mut answers) = App::new(
        std::sync::Arc::new(Keymap::built_in()),
        Theme::default(),
        env(None),
        Some(store),
        Ticks::default(),
    );
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 24)).unwrap();
    let mut text = |app: &mut App| {
        terminal.draw(|f| app.view(f)).unwrap();
        terminal.backend().to_string()
    };
    let open = "select count(*) from auth.session where account_id = $1 and ended_at is null";
    app.open(Route::Login);
    for key in "anna".chars() {
        app.input(Input::Key(Key::char(key)));
    }
    app.input(Input::Key(Key::sequence("enter").unwrap()[0]));
    app.input(Input::Paste(PASSWORD.into()));
    app.input(Input::Key(Key::sequence("enter").unwrap()[0]));
    while !text(&mut app).contains("every visit is signed") {
        app.deliver(answers.recv().await.unwrap());
    }
    assert_eq!(people::count(&mut c, open, clinic.gp.account.0).await, 1);
    for key in Key::sequence("g q").unwrap() {
        app.input(Input::Key(key));
    }
    assert!(app.take_repaint(), "everything is drawn anew");
    let after = text(&mut app);
    assert!(after.contains("Login or e-mail") && !after.contains("anna"), "{after}");
    let since = std::time::Instant::now();
    while people::count(&mut c, open, clinic.gp.account.0).await > 0 {
        assert!(since.elapsed() < crate::support::PATIENCE, "the session is still open");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

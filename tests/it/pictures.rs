//! The pictures of the README, drawn from the program's own frames: fixed people, a fixed clock, no terminal.
//!
//! `PRAXIS_PICTURES=write cargo test --test it pictures` draws them anew; without it a picture that is not what the
//! program shows fails.
mod svg;

use crate::frames::{booking, env, front_desk, visit};
use praxis::{
    cli,
    store::FrontDoor,
    ui::{
        screen::Screen,
        screens::login::{Login, LoginNote, Msg},
        testing::Stage,
    },
};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn writes() -> bool {
    std::env::var("PRAXIS_PICTURES").is_ok_and(|v| v == "write")
}

/// Writes the file, or fails when it does not hold this text.
fn keep(path: PathBuf, text: &str) {
    if writes() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{} is not what the program shows. Look at the change, then: PRAXIS_PICTURES=write cargo test --test it pictures",
        path.display()
    );
}

/// Keeps `docs/pictures/NAME.svg`, and the README's text of the same name where it has one.
fn picture<S: Screen>(name: &str, title: &str, stage: &mut Stage<S>) {
    keep(root().join(format!("docs/pictures/{name}.svg")), &svg::svg(&stage.buffer(), title));
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (from, to) = (format!("<!-- picture {name} -->\n```text\n"), "```\n<!-- end -->");
    if let Some((before, rest)) = readme.split_once(&from) {
        let (_, after) = rest.split_once(to).expect("a picture ends");
        keep(root().join("README.md"), &format!("{before}{from}{}{to}{after}", stage.text()));
    }
}

#[test]
fn the_sign_in_screen_of_the_demo() {
    let mut stage = Stage::with(Login::with_note(LoginNote(cli::login_note())), env(None));
    stage.deliver(Msg::Clinic(Ok(FrontDoor { name: "Praxis demo clinic".into(), contact: String::new() })));
    picture("sign-in", "The sign-in screen of the demo clinic", &mut stage);
}

#[test]
fn the_board_of_a_morning() {
    let mut stage = front_desk::board();
    picture("board", "The board of a morning: who is booked, who waits, who is in a room", &mut stage);
}

#[test]
fn a_booking_with_its_first_free_times() {
    let mut stage = booking::ready();
    picture("booking", "A booking: the patient, the provider, and the first free times", &mut stage);
}

#[test]
fn the_examination_tab_of_the_appointment_panel() {
    let mut stage = visit::panel();
    stage.keys("2 tab").type_text("bp 120/80 hr 72 t 37.2 spo2 98");
    picture("examination", "The examination tab of the appointment panel: vital signs in one line", &mut stage);
}

//! Locking, signing out, leaving unsaved work, places and the palette: the app as a whole, without a server.
use super::{
    actor, env,
    sample::{Msg, Sample},
};
use crate::support::budgets::counted;
use praxis::{
    domain::{actor::Role, ids::PatientId, why::Why},
    store::{Change, Error, Store},
    ui::{
        app::{Hooks, Link},
        keymap::load,
        palette::{Does, Found, Item, PaletteSource},
        route::Route,
        testing::Stage,
    },
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const MINUTE: Duration = Duration::from_secs(60);

fn signed_in(role: Role) -> Stage<Sample> {
    let mut stage = Stage::with(Sample::new(), env(Some(actor(role)))).running();
    stage.app().set_hooks(Hooks {
        unlock: Some(Arc::new(|_, _| Box::pin(async { Ok(()) }))),
        lock_after: Some(10 * MINUTE),
        palette: vec![],
    });
    stage.deliver(Msg::Loaded(Sample::rows()));
    stage.keys("down down");
    stage
}

#[test]
fn an_idle_terminal_locks_hides_everything_and_opens_where_it_was() {
    let mut stage = signed_in(Role::Receptionist);
    let before = stage.frame();
    stage.advance(9 * MINUTE);
    assert_eq!(stage.titles(), ["Sample"]);
    stage.advance(MINUTE);
    assert_eq!(stage.titles(), ["Sample", "Locked"]);
    assert!(!stage.text().contains("BLACK"), "{}", stage.text());
    assert!(stage.effects().contains(&"save sample.draft".into()), "the draft first");
    assert!(!stage.effects().contains(&"save lock.open".into()), "the session is somebody's until then");
    stage.deliver(Msg::Saved(Ok(())));
    assert!(stage.effects().contains(&"save lock.open".into()), "{:?}", stage.effects());
    stage.forget_effects();
    stage.keys("g s ctrl-p ?");
    assert_eq!(stage.titles(), ["Sample", "Locked"], "keys are the password's");
    stage.keys("enter");
    stage.deliver_to_top(Err::<(), Error>(Error::refused(Why::new("unlock_wrong", "Not that one."))));
    assert!(stage.text().contains("Not that one."));
    stage.type_text("right").keys("enter");
    stage.deliver_to_top(Ok::<(), Error>(()));
    assert_eq!(stage.titles(), ["Sample"]);
    assert_eq!(stage.screen().unwrap().table.position(), 2);
    assert!(stage.effects().contains(&"load sample.list".into()), "it is read again");
    stage.deliver(Msg::Loaded(Sample::rows()));
    assert_eq!(stage.frame(), before);
}

#[test]
fn an_administrators_terminal_locks_after_five_minutes() {
    let mut stage = signed_in(Role::Administrator);
    stage.advance(5 * MINUTE);
    assert_eq!(stage.titles(), ["Sample", "Locked"]);
}

#[test]
fn nothing_hidden_acts_while_it_is_locked() {
    let mut stage = signed_in(Role::Receptionist);
    stage.keys("g l").forget_effects();
    stage.changed(&Change::Everything);
    stage.app().minute();
    assert!(!stage.effects().contains(&"load sample.list".into()));
    assert_eq!(stage.titles(), ["Sample", "Locked"]);
    stage.keys("ctrl-q");
    assert!(stage.app().quits(), "a locked terminal can be left");
}

#[test]
fn signing_out_wipes_the_screen_and_ends_the_session_after_the_last_save() {
    let mut stage = signed_in(Role::Receptionist);
    stage.keys("g q");
    assert_eq!(stage.titles(), ["Sign in"]);
    assert!(stage.app().env().actor.is_none());
    assert!(!stage.text().contains("BLACK") && !stage.text().contains("anna"), "{}", stage.text());
    assert!(stage.effects().contains(&"save sample.draft".into()));
    assert!(!stage.effects().contains(&"save app.sign-out".into()));
    stage.forget_effects();
    stage.deliver_to_top(0_u8);
    assert!(stage.effects().contains(&"save app.sign-out".into()), "{:?}", stage.effects());
}

#[test]
fn unsaved_work_is_asked_about_and_stays_unless_told() {
    let mut stage = signed_in(Role::Receptionist);
    let mut sample = Sample::new();
    sample.unsaved = true;
    let mut unsaved = Stage::with(sample, env(Some(actor(Role::Receptionist)))).running();
    unsaved.keys("g p");
    assert!(unsaved.text().contains("Leave Sample?") && unsaved.text().contains("1 unsaved field"));
    unsaved.keys("n");
    assert_eq!(unsaved.titles(), ["Sample"]);
    unsaved.keys("ctrl-q n");
    assert!(!unsaved.app().quits());
    unsaved.keys("g p y");
    assert_eq!(unsaved.titles(), ["Patients"]);
    stage.keys("g p");
    assert_eq!(stage.titles(), ["Patients"], "nothing unsaved, nothing asked");
}

#[test]
fn a_place_on_top_returns_to_where_one_was() {
    let mut stage = signed_in(Role::Receptionist);
    stage.keys("enter");
    assert_eq!(stage.titles(), ["Sample", "Patients"]);
    stage.keys("esc");
    assert_eq!(stage.titles(), ["Sample"]);
}

#[test]
fn a_place_of_another_role_is_neither_offered_nor_opened() {
    let mut stage = signed_in(Role::Receptionist);
    stage.keys("ctrl-p").type_text("audit");
    assert!(!stage.text().contains("Audit log"), "{}", stage.text());
    stage.keys("esc g u");
    assert_eq!(stage.titles(), ["Sample"]);
    assert_eq!(stage.toast(), "Your role has no access to that place.");
}

#[test]
fn the_line_that_is_away_is_counted_slowly() {
    let mut stage = signed_in(Role::Receptionist);
    stage.app().set_link(Link::Reconnecting(Instant::now()));
    let mut seen = vec![];
    for seconds in [0, 4, 30, 200] {
        stage.advance(Duration::from_secs(seconds));
        let text = stage.text();
        let line = text.lines().next().unwrap_or_default();
        seen.push(line[line.find("reconnecting").unwrap()..].to_owned());
    }
    // The stage's instants began a little before and moved by the keys above.
    assert!(seen[0].ends_with(" s") && seen[2].ends_with("0 s") && seen[3].ends_with(" min"), "{seen:?}");
    stage.app().set_link(Link::Up);
    assert!(stage.text().contains('●'));
}

struct People;
impl PaletteSource for People {
    fn search(&self, _: String, _: Store) -> futures::future::BoxFuture<'static, Result<Vec<Item>, Error>> {
        Box::pin(async { Ok(vec![]) })
    }
}

#[test]
fn the_palette_finds_people_and_enter_waits_for_them() {
    let mut stage = Stage::with(Sample::new(), env(Some(actor(Role::Receptionist))));
    stage.app().set_hooks(Hooks { unlock: None, lock_after: None, palette: vec![Arc::new(People)] });
    stage.deliver(Msg::Loaded(Sample::rows()));
    stage.pressed();
    stage.keys("ctrl-p").type_text("jaq").keys("enter");
    counted("find anything by name, from anywhere", &[stage.pressed()]);
    assert!(stage.effects().contains(&"load palette.search".into()));
    assert_eq!(stage.depth(), 2, "enter waits");
    let id = PatientId(uuid::Uuid::from_u128(9));
    let item = Item {
        title: "BLACK Jaques".into(),
        detail: "M 1996".into(),
        key: String::new(),
        does: Does::Push(Route::Patient(id)),
    };
    stage.deliver_to_top(Found { text: "j".into(), items: vec![] });
    stage.deliver_to_top(Found { text: "jaq".into(), items: vec![item] });
    assert!(stage.effects().iter().any(|e| e.starts_with("push Patient(")), "{:?}", stage.effects());
}

#[test]
fn vim_keys_move_open_and_go_back_and_forms_still_type() {
    let mut stage =
        Stage::with_keymap(Sample::new(), env(Some(actor(Role::Receptionist))), load("vim", None));
    stage.deliver(Msg::Loaded(Sample::rows()));
    stage.keys("j j k");
    assert_eq!(stage.screen().unwrap().table.position(), 1);
    stage.keys("G");
    assert_eq!(stage.screen().unwrap().table.position(), 29);
    stage.keys("g g");
    assert_eq!(stage.screen().unwrap().table.position(), 0);
    stage.keys("l h");
    assert_eq!(stage.effects()[stage.effects().len() - 2..], ["push Patients", "back"]);
    stage.keys("/").type_text("hjkl");
    assert_eq!(stage.screen().unwrap().table.filter_text(), "hjkl");
}

#[test]
fn a_table_is_sorted_by_one_column_after_the_other() {
    let mut stage = signed_in(Role::Receptionist);
    let first = |stage: &mut Stage<Sample>| {
        stage.keys("home");
        stage.screen().unwrap().table.selected().unwrap().0
    };
    stage.keys("S");
    assert!(stage.text().contains("↑ Patient"), "{}", stage.text());
    assert_eq!(first(&mut stage), 1, "BLACK Jack 1 before BLACK Jack 5, and that before 29");
    stage.keys("S");
    assert!(stage.text().contains("↑ No"));
    assert_eq!(first(&mut stage), 0);
    stage.keys("S");
    assert!(!stage.text().contains('↑'));
}

#[test]
fn the_lines_of_the_frame_keep_their_grammar_at_every_size() {
    for (w, h) in [(80, 24), (60, 16), (40, 8)] {
        let mut stage = Stage::with(Sample::new(), env(Some(actor(Role::Receptionist)))).at(w, h);
        stage.deliver(Msg::Loaded(Sample::rows()));
        stage.keys("i y");
        insta::assert_snapshot!(format!("grammar_{w}x{h}"), stage.text());
        let text = stage.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), usize::from(h));
        assert!(lines[0].starts_with(" Praxis") && lines[0].ends_with('●'), "{}", lines[0]);
        assert!(lines[usize::from(h) - 1].ends_with("? keys"), "{}", lines[usize::from(h) - 1]);
    }
}

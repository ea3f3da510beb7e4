//! The front desk from the key to the database: the real program, the real keymap, the real server, only no terminal.
use crate::support::{
    budgets::counted,
    cluster::{Db, fresh_database},
    people::{self, Clinic, at},
};
use praxis::{
    store::{Change, Store},
    ui::{
        app::{App, Ticks, runner::Done},
        cx::Env,
        input::Input,
        keymap::{Key, Keymap},
        route::Route,
        theme::Theme,
    },
};
use ratatui::{Terminal, backend::TestBackend};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc::UnboundedReceiver;

/// One desk: a program without a terminal.
pub(crate) struct Desk {
    app: App,
    answers: UnboundedReceiver<Done>,
    changes: UnboundedReceiver<Change>,
    ticks: Ticks,
    pub(crate) keys: usize,
}

impl Desk {
    pub(crate) async fn of(db: &Db, login: &str) -> Self {
        Self::at(db, login, Route::Board(None)).await
    }
    pub(crate) async fn at(db: &Db, login: &str, route: Route) -> Self {
        let who = people::signed_in(db, login).await;
        let store: Store = who.store.clone();
        let env = Env { clock: store.clock().clone(), actor: Some(Arc::new(who.actor)), carried: None };
        let ticks = Ticks::by_hand();
        let changes = store.listen();
        let (mut app, answers) =
            App::new(Arc::new(Keymap::built_in()), Theme::default(), env, Some(store), ticks.clone());
        app.open(route);
        Self { app, answers, changes, ticks, keys: 0 }
    }
    pub(crate) fn key(&mut self, keys: &str) {
        for key in Key::sequence(keys).unwrap() {
            self.ticks.advance(Duration::from_secs(1));
            self.keys += 1;
            self.app.input(Input::Key(key));
        }
    }
    /// Keys pressed since this was asked last; letters are not counted.
    pub(crate) fn taken(&mut self) -> usize {
        std::mem::take(&mut self.keys)
    }
    /// Goes to a place without a key: where a count begins.
    pub(crate) fn goes(&mut self, route: Route) {
        self.app.open(route);
        self.keys = 0;
    }
    pub(crate) fn letters(&mut self, text: &str) {
        text.chars().for_each(|c| self.app.input(Input::Key(Key::char(c))));
    }
    pub(crate) fn text(&mut self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|f| self.app.view(f)).unwrap();
        terminal.backend().to_string()
    }
    /// Goes on until `ready` says so.
    pub(crate) async fn goes_on_until(&mut self, what: &str, mut ready: impl AsyncFnMut() -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !ready().await {
            assert!(tokio::time::Instant::now() < deadline, "waited for {what} and saw\n{}", self.text());
            tokio::select! {
                Some(done) = self.answers.recv() => self.app.deliver(done),
                Some(change) = self.changes.recv() => self.app.changed(&change),
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
        }
    }
    /// Waits until the screen shows this.
    pub(crate) async fn sees(&mut self, what: &str) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !self.text().contains(what) {
            tokio::select! {
                Some(done) = self.answers.recv() => self.app.deliver(done),
                Some(change) = self.changes.recv() => self.app.changed(&change),
                () = tokio::time::sleep_until(deadline) => panic!("waited for {what:?} and saw\n{}", self.text()),
            }
        }
    }
}

impl Desk {
    /// Waits until the screen shows this no more.
    pub(crate) async fn gone(&mut self, what: &str) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while self.text().contains(what) {
            tokio::select! {
                Some(done) = self.answers.recv() => self.app.deliver(done),
                Some(change) = self.changes.recv() => self.app.changed(&change),
                () = tokio::time::sleep_until(deadline) => panic!("waited for {what:?} to go and saw\n{}", self.text()),
            }
        }
    }
}

async fn clinic() -> (Db, Clinic) {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    (db, clinic)
}

#[tokio::test]
async fn a_caller_is_booked_in_six_keys_checked_in_with_one_and_taken_back_with_one() {
    let (db, _) = clinic().await;
    let mut desk = Desk::of(&db, "mei").await;
    desk.sees("Nobody is booked on this day.").await;
    desk.key("b");
    desk.letters("jack bla");
    desk.sees("BLACK Jack (Jacko)").await;
    desk.key("enter");
    desk.sees("With whom?").await;
    desk.letters("smith");
    desk.key("enter");
    desk.sees("09:30").await;
    desk.key("enter");
    desk.sees("Booked: BLACK Jack").await;
    counted("book a known patient with a known provider at the first free time", &[desk.taken()]);
    desk.sees("booked").await;
    desk.key("space");
    desk.sees("Checked in: 09:30 BLACK Jack").await;
    let checked_in = desk.taken();
    desk.key("u");
    desk.sees("Taken back: 09:30 BLACK Jack is booked.").await;
    counted("check in; take it back", &[checked_in, desk.taken()]);
    desk.key("X");
    desk.letters("ill");
    desk.key("enter");
    desk.sees("Cancelled: 09:30 BLACK Jack").await;
    desk.key("u");
    desk.sees("Taken back").await;
    let mut c = db.superuser().await;
    let found: (String, i64) =
        sqlx::query_as("select status, version from clinic.appointment").fetch_one(&mut c).await.unwrap();
    assert_eq!(found, ("booked".to_owned(), 5));
}

#[tokio::test]
async fn a_booking_typed_ahead_of_every_answer_books_the_same() {
    let (db, clinic) = clinic().await;
    let mut desk = Desk::of(&db, "mei").await;
    desk.key("b");
    desk.letters("blakc jackie");
    desk.key("enter");
    desk.letters("sam phys");
    desk.key("enter 2 enter");
    desk.sees("Booked: BLACK Jackie").await;
    let mut c = db.superuser().await;
    let (patient, provider, starts): (uuid::Uuid, uuid::Uuid, chrono::DateTime<chrono::Utc>) =
        sqlx::query_as("select patient_id, provider_id, starts_at from clinic.appointment")
            .fetch_one(&mut c)
            .await
            .unwrap();
    assert_eq!((patient, provider), (clinic.jackie.0, clinic.physio.provider().0));
    assert_eq!(starts, at(clinic.today, 10, 0));
}

#[tokio::test]
async fn what_one_desk_does_the_other_sees_without_a_key() {
    let (db, clinic) = clinic().await;
    let mut c = people::writer(&db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
    let (mut one, mut two) = (Desk::of(&db, "mei").await, Desk::of(&db, "nina").await);
    one.sees("NGUYEN Linh").await;
    two.sees("NGUYEN Linh").await;
    one.key("space");
    one.sees("Checked in: 10:00 NGUYEN Linh").await;
    two.sees("waiting 1").await;
    // The other one's undo reaches the first as well.
    two.key("enter");
    two.sees("Visits").await;
    one.key("u");
    one.sees("Taken back").await;
    two.sees("booked").await;
}

#[tokio::test]
async fn a_new_patient_is_registered_and_booked_and_moved() {
    let (db, _) = clinic().await;
    let mut desk = Desk::of(&db, "mei").await;
    desk.key("3");
    desk.sees("Find").await;
    desk.key("ctrl-n");
    desk.letters("Okafor");
    desk.key("enter");
    desk.letters("Chidinma");
    desk.key("enter");
    desk.letters("29/2/88");
    desk.key("ctrl-s");
    desk.sees("Registered: OKAFOR Chidinma").await;
    desk.sees("No visits yet.").await;
    desk.key("b");
    desk.key("v");
    desk.letters("jackson");
    desk.key("enter");
    desk.sees("JACKSON Sam").await;
    desk.sees("09:30").await;
    desk.key("enter");
    desk.sees("Booked: OKAFOR Chidinma").await;
    desk.sees("today 09:30").await;
    desk.key("m");
    desk.sees("Now Thu 12 Mar 09:30").await;
    desk.sees("10:00").await;
    desk.key("2 enter");
    desk.sees("Moved from Thu 12 Mar 09:30").await;
    desk.key("u");
    desk.sees("today 09:30").await;
}

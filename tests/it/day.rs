//! A clinic's day with keys, through the real program and the real server, from the first booking to the signed record; and
//! a program that is killed while somebody writes.
use crate::{
    invariants::{broken, signed},
    support::{
        cluster::{block_on, fresh_database},
        people,
        program::{Program, stray},
        wait_until,
    },
};
use std::time::Duration;

/// Longer than a question must have been on the screen before it takes its key.
const READ: Duration = Duration::from_millis(400);

impl Program {
    /// Types keys, then waits for what they do.
    fn then(&mut self, keys: &str, seen: &str) -> String {
        self.keys(keys);
        self.wait_for(seen)
    }

    /// Leaves the field and goes to a tab of the panel.
    fn tab(&mut self, number: char, seen: &str) {
        self.keys("\x1b");
        self.settle(Duration::from_millis(120));
        self.then(&number.to_string(), seen);
    }
}

#[test]
fn a_day_from_the_first_booking_to_the_signed_record() {
    let db = fresh_database();
    block_on(people::clinic(&db));

    // The desk books a caller with the GP and checks him in.
    let mut desk = Program::signed_in(&db, "mei", "Nobody is booked on this day.");
    desk.keys("b");
    desk.then("jack bla", "BLACK Jack (Jacko)");
    desk.then("\r", "With whom?");
    desk.then("smith", "SMITH Anna");
    desk.then("\r", "09:30");
    desk.then("\r", "Booked: BLACK Jack");
    // At once: the key waits for the board that it is meant for.
    desk.wait_for("09:30  BLACK Jack");
    desk.then("gb ", "waiting 1");

    // A specialist takes nobody without a referral.
    desk.keys("b");
    desk.then("jack bla", "BLACK Jack (Jacko)");
    desk.then("\r", "With whom?");
    desk.then("nees", "NEESON Liam");
    desk.then("\r", "1 today");
    let refused = desk.then("\r", "no open referral");
    assert!(!refused.contains("Booked:"), "{refused}");

    // The doctor opens the next patient and writes in all five tabs.
    let mut doctor = Program::signed_in(&db, "anna", "waiting 1");
    doctor.then("n", "1 Info");
    doctor.wait_for("BLACK Jack");
    doctor.then("n", "Record that no allergies are known?");
    doctor.settle(READ);
    doctor.then("y", "no known allergies");
    doctor.then("2", "Vital signs");
    doctor.keys("cough and fever\t");
    doctor.then("bp 120/80 hr 72 t 38.2\r", "Unusual for the age");
    doctor.settle(READ);
    doctor.then("y", "120/80 mmHg");
    doctor.keys("\tLungs\t\tCrackles on the left\x13");
    doctor.wait_for("Crackles on the left");
    doctor.wait_screen("the note to be saved", |s| {
        s.lines().any(|l| l.contains("Note, Lungs") || l.contains("saved"))
    });
    doctor.tab('3', "fbc, crp urgent");
    doctor.then("crp urgent\r", "The tests are ordered.");
    doctor.tab('4', "acute cold");
    doctor.then("J06.9 acute cold\r", "The diagnosis is entered.");
    doctor.then("amoxicillin 500 mg tds 7d\r", "Enter prescribes it");
    doctor.then("\r", "It is prescribed.");
    doctor.tab('5', "Nothing is missing");
    doctor.then("f", "Refer to");
    doctor.then("nees", "NEESON Liam");
    doctor.then("\r", "Referral to NEESON Liam");
    doctor.then("murmur\tDear Liam\x13", "The referral is sent");
    doctor.then("E", "End and sign the visit of BLACK Jack");
    doctor.settle(READ);
    doctor.then("y", "Signed BLACK Jack");

    // The referral opens the specialist's times at the desk.
    desk.keys("gb");
    desk.wait_for("done 1");
    desk.keys("b");
    desk.then("jack bla", "BLACK Jack (Jacko)");
    desk.then("\r", "With whom?");
    desk.then("nees", "NEESON Liam");
    desk.then("\r", "1 today");
    desk.then("\r", "Booked: BLACK Jack");

    // The record is there for who may read it.
    doctor.keys("gr");
    doctor.wait_for("Search");
    doctor.then("pt:black\r", "BLACK Jack");
    doctor.then("\r", "Visit");
    let mut record = doctor.screen();
    for _ in 0..4 {
        doctor.keys("\x1b[6~");
        doctor.settle(Duration::from_millis(150));
        record.push_str(&doctor.screen());
    }
    for written in [
        "cough and fever",
        "120/80",
        "Crackles on the left",
        "crp",
        "J06.9",
        "amoxicillin",
        "murmur",
        "signed by SMITH Anna",
    ] {
        assert!(record.contains(written), "{written} is not in the record:\n{record}");
    }

    // And closed, with the reason, for a stranger.
    let mut stranger = Program::signed_in(&db, "gary", "BUSEY Gary");
    stranger.keys("gr");
    stranger.wait_for("Search");
    let closed = stranger.then("pt:black\r", "You do not treat this patient");
    assert!(!closed.contains("J06.9"), "{closed}");

    for program in [&mut desk, &mut doctor, &mut stranger] {
        program.quit();
        assert_eq!(stray(&program.raw()), [""; 0]);
    }
    block_on(async {
        assert_eq!(broken(&db).await, [""; 0]);
        assert_eq!(signed(&db).await.len(), 1);
        let mut c = db.superuser().await;
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select t, n from (values ('observation', (select count(*) from clinic.observation)), ('note', (select count(*) from clinic.note)),
                ('service_request', (select count(*) from clinic.service_request)), ('diagnosis', (select count(*) from clinic.diagnosis)),
                ('prescription', (select count(*) from clinic.prescription)), ('referral', (select count(*) from clinic.referral)),
                ('appointment', (select count(*) from clinic.appointment)),
                ('closed to the stranger', (select least(count(*), 1) from audit.event where outcome = 'refused'))) v(t, n)",
        )
        .fetch_all(&mut c)
        .await
        .expect("counts");
        let rows: Vec<_> = rows.iter().map(|(t, n)| (t.as_str(), *n)).collect();
        assert_eq!(
            rows,
            [
                ("observation", 3),
                ("note", 1),
                ("service_request", 1),
                ("diagnosis", 1),
                ("prescription", 1),
                ("referral", 1),
                ("appointment", 2),
                ("closed to the stranger", 1),
            ]
        );
    });
}

#[test]
fn a_program_killed_while_a_tab_is_written_gives_the_text_back_at_another_sign_in() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut w = people::writer(&db).await;
        people::appointment(&mut w, &clinic, &clinic.gp, clinic.jack, (9, 0), "arrived").await;
    });
    let mut doctor = Program::signed_in(&db, "anna", "waiting 1");
    doctor.then("n", "1 Info");
    doctor.then("2", "Vital signs");
    doctor.keys("\t\t\t\tCrackles on the left, no wheeze");
    doctor.wait_for("no wheeze");
    // Not before it is kept: at most the last two seconds may be lost.
    wait_until("the draft to be kept", || {
        block_on(async {
            let mut c = db.superuser().await;
            let kept = people::texts(&mut c, "draft", "payload").await;
            kept.iter().any(|t| t.contains("no wheeze")).then_some(())
        })
    });
    doctor.kill();

    let mut again = Program::signed_in(&db, "anna", "1 visit is not signed");
    again.then("\r", "at another sign-in was not saved");
    again.keys("\x14");
    again.wait_gone("at another sign-in");
    again.tab('2', "Vital signs");
    again.wait_for("Crackles on the left, no wheeze");
    again.keys("\x13");
    wait_until("the note to be saved", || {
        block_on(async {
            let mut c = db.superuser().await;
            let notes = people::texts(&mut c, "note", "body").await;
            (notes.iter().filter(|t| t.contains("no wheeze")).count() == 1).then_some(())
        })
    });
    again.quit();
    assert_eq!(block_on(broken(&db)), [""; 0]);
}

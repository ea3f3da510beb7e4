//! Two people at two terminals: a history that is refused is asked for, granted and opens; and the glass is broken.
use crate::{
    store_requests::closed_to_anna,
    support::{
        cluster::{block_on, fresh_database},
        people::{self, PASSWORD},
        program::Program,
    },
};
use chrono::Duration;

/// Opens the visits of BLACK Jack, born 1996, from anywhere.
fn jacks_visits(anna: &mut Program) {
    anna.keys("gp");
    anna.wait_for("Patients");
    anna.keys("black jack 1996");
    anna.wait_for("BLACK Jack");
    anna.keys("\r");
    anna.wait_for("Hard of hearing");
    anna.keys("v");
}

async fn alert(db: &crate::support::cluster::Db, clinic: &people::Clinic) {
    let (mut c, id) = (people::writer(db).await, uuid::Uuid::now_v7());
    let text = people::sealed(&mut c, clinic.jack, ("patient_alert", "text"), id, "Hard of hearing").await;
    sqlx::query("insert into clinic.patient_alert (id, patient_id, text, author) values ($1, $2, $3, $4)")
        .bind(id)
        .bind(clinic.jack.0)
        .bind(text)
        .bind(clinic.reception.account.0)
        .execute(&mut c)
        .await
        .expect("an alert");
}

#[test]
fn what_was_refused_is_asked_for_granted_at_another_terminal_and_opens_by_itself() {
    let db = fresh_database();
    block_on(async {
        let clinic = closed_to_anna(&db).await;
        alert(&db, &clinic).await;
    });
    let mut anna = Program::signed_in(&db, "anna", "SMITH Anna");
    let mut jack = Program::signed_in(&db, "jack", "BLACK Jack");
    jacks_visits(&mut anna);
    anna.wait_for("You do not treat this patient");
    anna.keys("q");
    anna.wait_for("Ask to read the history of BLACK Jack");
    anna.keys("second opinion on the cough\x13");
    anna.wait_for("Asked. Your first screen says");

    jack.wait_for("1 request to read your record waits for you (a).");
    jack.keys("a");
    jack.wait_for("second opinion on the cough");
    jack.keys("y");
    jack.wait_for("For how many days may SMITH Anna read");
    jack.keys("\r");
    jack.wait_for("SMITH Anna may read it for 30 days");

    anna.wait_gone("You do not treat this patient");
    anna.wait_for("BUSEY Gary");
    anna.keys("gh");
    anna.wait_for("BLACK Jack: granted until");
}

#[test]
fn the_glass_is_broken_its_line_stays_an_hour_and_somebody_reviews_it() {
    let db = fresh_database();
    let clinic = block_on(async {
        let clinic = closed_to_anna(&db).await;
        alert(&db, &clinic).await;
        clinic
    });
    let mut audrey = Program::signed_in(&db, "audrey", "Last in the log");
    let mut anna = Program::signed_in(&db, "anna", "SMITH Anna");
    jacks_visits(&mut anna);
    anna.wait_for("You do not treat this patient");
    anna.keys("E");
    anna.wait_for("Why this is an emergency");
    anna.keys(&format!("N1234567\t4/5/1996\tunconscious, by ambulance\t{PASSWORD}\x13"));
    anna.wait_for("EMERGENCY ACCESS   BLACK Jack 000001   60 min left");
    audrey.wait_for("Somebody opened an emergency access.");
    // Out of the visit that was opened with it, place by place.
    for _ in 0..6 {
        anna.keys("\x1b");
        anna.settle(std::time::Duration::from_millis(150));
    }
    anna.keys("gh");
    anna.wait_for("1 visit is not signed");
    anna.wait_for("EMERGENCY ACCESS   BLACK Jack");
    jacks_visits(&mut anna);
    anna.wait_for("BUSEY Gary");

    // An hour later by the clinic's clock.
    block_on(async {
        let mut c = db.superuser().await;
        people::set_now(&mut c, people::at(clinic.today, 9, 0) + Duration::minutes(61)).await;
        // Anything that wakes the program lets it ask.
        sqlx::query("update clinic.emergency set due_on = due_on").execute(&mut c).await.expect("a change");
    });
    anna.wait_for("EMERGENCY ACCESS has ended.");
    anna.wait_for("Only visits you wrote yourself are shown. Your emergency access");
    anna.wait_gone("BUSEY Gary");

    audrey.keys("ge");
    audrey.wait_for("unconscious, by ambulance");
    audrey.keys("\r");
    audrey.wait_for("not justified");
    audrey.keys("1");
    audrey.wait_for("Justified. Why?");
    audrey.keys("seen the ambulance sheet\r");
    audrey.wait_for("Reviewed. It stays in this list");
    audrey.wait_for("seen the ambulance sheet");
}

//! The tabs Tests, Diagnosis and End, driven by keys through the real keymap on a real database: what they enter is in the
//! record, and what it costs in keys.
use crate::support::{
    budgets::counted,
    cluster::{Db, fresh_database},
    people::{self, Clinic},
};
use praxis::{
    domain::{
        ids::{EncounterId, RequestId, WaitId},
        record::Record,
        waitlist::{NewWait, WaitStatus, Wish},
    },
    store::SignIn,
    ui::{
        record_text::record_text,
        screens::{
            appointment::Panel,
            record::RecordView,
            referrals::{Referrals, letter::Letter},
        },
        testing::Stage,
    },
};

struct Room {
    db: Db,
    clinic: Clinic,
    anna: SignIn,
    encounter: EncounterId,
    stage: Stage<Panel>,
}

/// Anna's panel of Jack's visit is open; LINH waits after him.
async fn room() -> Room {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let appointment =
        people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 0), "in_progress").await;
    let encounter = people::visit(&mut c, &clinic.gp, appointment, "open").await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (9, 30), "arrived").await;
    let anna = people::signed_in(&db, "anna").await;
    let mut stage = Stage::live(Panel::new(encounter), anna.actor.clone(), anna.store.clone());
    assert!(stage.until("BLACK Jack").await, "{}", stage.text());
    Room { db, clinic, anna, encounter, stage }
}

impl Room {
    fn keys(&mut self, keys: &str) {
        self.stage.keys(keys);
    }
    fn typed(&mut self, text: &str) {
        self.stage.type_text(text);
    }
    async fn sees(&mut self, text: &str) {
        let found = self.stage.until(text).await;
        assert!(found, "{text:?} is not on\n{}", self.stage.text());
    }
    /// The frame without the seconds of the real clock.
    fn frame(&mut self) -> String {
        let text = self.stage.text();
        match text.split_once("saved 09:00:") {
            Some((before, after)) => format!("{before}saved 09:00:00{}", &after[2..]),
            None => text,
        }
    }
    /// Counts keys from here on.
    fn budget(&mut self) {
        self.stage.pressed();
    }
    async fn record(&self) -> Record {
        self.anna.store.record(&self.anna.actor, self.encounter, false).await.unwrap()
    }
    async fn diagnose(&mut self) {
        self.keys("4");
        self.sees("acute cold").await;
        self.typed("J06.9 acute cold");
        self.keys("enter");
        self.sees("The diagnosis is entered.").await;
        self.sees("J06.9 acute cold, main, certain").await;
    }
}

#[tokio::test]
async fn a_drug_is_prescribed_with_one_line_and_two_enters() {
    let mut r = room().await;
    r.diagnose().await;
    assert!(r.stage.text().contains(">Drug"), "after the main diagnosis the drug's line has the focus");
    r.budget();
    r.typed("amoxicillin 500 mg tds 7d");
    r.keys("enter");
    r.sees("amoxicillin, 500 mg, three times a day, for 7 days -- Enter prescribes it").await;
    r.keys("enter");
    r.sees("It is prescribed.").await;
    counted("prescribe a drug with dose, frequency and days (in the diagnosis tab)", &[r.stage.pressed()]);
    let record = r.record().await;
    assert_eq!(record.prescriptions.len(), 1);
    insta::assert_snapshot!("diagnosis_tab", r.frame());
}

#[tokio::test]
async fn enter_twice_at_once_prescribes_after_the_check_and_once() {
    let mut r = room().await;
    r.diagnose().await;
    r.typed("ibuprofen 200 mg bd 3d");
    r.stage.keys_at_once("enter enter");
    r.sees("It is prescribed.").await;
    assert_eq!(r.record().await.prescriptions.len(), 1);
}

#[tokio::test]
async fn a_drug_against_an_allergy_asks_for_the_reason_and_keeps_it() {
    let mut r = room().await;
    let mut c = people::writer(&r.db).await;
    people::penicillin(&mut c, &r.clinic).await;
    r.diagnose().await;
    r.typed("amoxicillin 500 mg tds 7d");
    r.keys("enter");
    r.sees("The patient is allergic to Penicillin. Enter asks why it is given.").await;
    r.keys("enter");
    r.sees("Why is it given nevertheless?").await;
    r.keys("enter");
    r.sees("A reason is needed").await;
    r.typed("tolerated last year");
    r.keys("enter");
    r.sees("It is prescribed.").await;
    assert_eq!(r.record().await.prescriptions[0].override_why, "tolerated last year");
}

#[tokio::test]
async fn tests_are_ordered_moved_on_answered_and_acknowledged_from_the_keyboard() {
    let mut r = room().await;
    r.keys("3");
    r.sees("fbc, crp urgent").await;
    r.typed("crp urgent on blood: fasting");
    r.keys("enter");
    r.sees("The tests are ordered.").await;
    r.keys("esc");
    r.sees("crp, on blood, urgent: fasting").await;
    r.keys("space");
    r.sees("collected").await;
    r.keys("u");
    r.sees("ordered").await;
    r.keys("v");
    r.typed("7 mg/L <5 by Central Lab");
    r.sees("crp: 7 mg/L (<5), high, by Central Lab").await;
    r.keys("enter");
    r.sees("NOT SEEN").await;
    insta::assert_snapshot!("tests_tab", r.frame());
    r.keys("s");
    r.sees("The results are acknowledged.").await;
    r.sees("reviewed").await;
    r.keys("f");
    r.typed("Lab sheet");
    r.keys("tab");
    r.keys("tab");
    r.typed("Central Lab");
    r.keys("ctrl-s");
    r.sees("report: Lab sheet").await;
    let text = record_text(&r.record().await);
    for shown in [
        "crp, on blood, urgent, reviewed",
        "7 mg/L (<5), high",
        "Acknowledged: SMITH Anna",
        "Lab sheet, laboratory",
        "Facility: Central Lab",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

#[tokio::test]
async fn the_follow_up_is_booked_with_three_keys() {
    let mut r = room().await;
    r.keys("5");
    r.sees("Still missing").await;
    r.budget();
    r.keys("b");
    r.sees("Follow-up from when?").await;
    r.keys("enter");
    r.sees("Fri 13 Mar 2026 08:00").await;
    r.keys("enter");
    r.sees("Booked: ").await;
    r.sees("Booked Fri 13 Mar 08:00").await;
    let booked = r.stage.pressed();
    let record = r.record().await;
    assert_eq!(record.visit.follow_up_on, Some(r.clinic.tomorrow));
    assert!(record.follow_up.is_some());
    r.budget();
    r.keys("u");
    r.sees("The follow-up is not booked any more.").await;
    counted("book the follow-up (in the end tab); take it back", &[booked, r.stage.pressed()]);
    let record = r.record().await;
    assert_eq!((record.visit.follow_up_on, record.follow_up.is_some()), (None, false));
    // And booked again: the tab knows the visit as it is now.
    r.keys("b");
    r.sees("Follow-up from when?").await;
    r.keys("enter");
    r.sees("Fri 13 Mar 2026 08:00").await;
    r.keys("enter");
    r.sees("Booked: ").await;
}

#[tokio::test]
async fn a_follow_up_that_meets_a_wish_says_so_before_and_after_and_taking_it_back_opens_it_again() {
    let mut r = room().await;
    let mei = people::signed_in(&r.db, "mei").await;
    let mut wish = Wish::between(r.clinic.tomorrow, r.clinic.tomorrow);
    (wish.profession, wish.centre) = (Some("gp".into()), Some(r.clinic.randwick));
    let new = NewWait { id: WaitId::new(), patient: r.clinic.jack, wish, note: String::new() };
    let id = mei.store.add_wait(&mei.actor, RequestId::new(), new).await.unwrap();
    r.keys("5");
    r.sees("Still missing").await;
    r.keys("b");
    r.sees("Follow-up from when?").await;
    r.keys("enter");
    r.sees("off the waiting list: any GP").await;
    r.keys("enter");
    r.sees("Off the waiting list: any GP").await;
    let status = async || mei.store.wait(&mei.actor, id).await.unwrap().0.status;
    assert_eq!(status().await, WaitStatus::Booked);
    r.keys("u");
    r.sees("The follow-up is not booked any more.").await;
    assert_eq!(status().await, WaitStatus::Waiting);
}

#[tokio::test]
async fn fields_of_the_end_are_saved_as_they_are_left() {
    let mut r = room().await;
    r.keys("5");
    r.sees("Still missing").await;
    r.sees("85.00").await;
    r.keys("tab");
    r.typed("3w");
    r.keys("tab");
    r.typed("check the chest");
    r.keys("tab");
    r.keys("tab");
    r.typed("today");
    r.keys("tab");
    r.typed("+2");
    r.keys("tab");
    r.keys("space");
    r.keys("esc");
    r.sees("02 Apr 2026").await;
    r.sees("14 Mar 2026").await;
    insta::assert_snapshot!("end_tab", r.frame());
    r.keys("ctrl-s");
    r.sees("saved").await;
    let text = record_text(&r.record().await);
    for shown in [
        "Date: Thu 02 Apr 2026",
        "Notes: check the chest",
        "Fee: 85.00",
        "Sick note: 12 Mar 2026 to 14 Mar 2026",
        "Documents: visit summary",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

#[tokio::test]
async fn a_referral_is_written_and_sent_from_the_end_and_the_specialist_can_be_booked() {
    let mut r = room().await;
    r.keys("5");
    r.sees("No referral").await;
    r.sees("85.00").await;
    r.sees("saved 09:00").await;
    r.keys("f");
    r.sees("Refer to").await;
    r.typed("nees");
    r.keys("enter");
    r.sees("Referral to NEESON Liam").await;
    r.typed("murmur");
    r.keys("tab");
    r.typed("Dear Liam");
    insta::assert_snapshot!("referral_form", r.frame());
    r.keys("ctrl-s");
    r.sees("The referral is sent").await;
    let record = r.record().await;
    assert_eq!(record.referrals[0].what.letter, "Dear Liam");
    let mut c = people::writer(&r.db).await;
    let open = sqlx::query_scalar::<_, bool>("select clinic.open_referral($1, $2, $3) is not null")
        .bind(r.clinic.jack.0)
        .bind(r.clinic.specialist.provider().0)
        .bind(r.clinic.tomorrow);
    assert!(open.fetch_one(&mut c).await.unwrap());
}

#[tokio::test]
async fn a_referral_that_was_kept_is_gone_on_with_and_sent() {
    let mut r = room().await;
    r.keys("5");
    r.sees("85.00").await;
    r.keys("f");
    r.sees("Refer to").await;
    r.sees("NEESON Liam").await;
    let picker = r.stage.text();
    assert!(!picker.contains("gp") && !picker.contains("pharmacist"), "whom nobody refers to: {picker}");
    r.typed("nees");
    r.keys("enter");
    r.sees("Referral to NEESON Liam").await;
    r.typed("murmur");
    r.keys("ctrl-g");
    r.sees("▌NEESON Liam").await;
    r.keys("c");
    r.sees("Referral to NEESON Liam").await;
    r.keys("tab");
    r.typed("Dear Liam");
    r.keys("ctrl-s");
    r.sees("The referral is sent").await;
    let record = r.record().await;
    assert_eq!(record.referrals.len(), 1);
    assert_eq!(record.referrals[0].what.letter, "Dear Liam");
    assert_eq!(record.referrals[0].what.reason, "murmur");
}

#[tokio::test]
async fn vital_signs_are_one_line_and_one_key() {
    let mut r = room().await;
    r.keys("2 tab");
    r.budget();
    r.typed("bp 120/80 hr 72 t 37.2");
    r.keys("enter");
    r.sees("saved").await;
    counted("blood pressure, pulse and temperature (in their line)", &[r.stage.pressed()]);
    let text = record_text(&r.record().await);
    assert!(text.contains("120/80") && text.contains("37.2"), "{text}");
}

#[tokio::test]
async fn the_next_waiting_patient_is_one_key_away_while_typing() {
    let mut r = room().await;
    r.keys("2");
    r.typed("cough");
    r.budget();
    r.keys("ctrl-n");
    r.sees("NGUYEN Linh").await;
    counted("a doctor opens the next waiting patient (while typing in the panel)", &[r.stage.pressed()]);
}

#[tokio::test]
async fn the_visit_is_signed_and_the_next_patient_is_there_with_three_keys() {
    let mut r = room().await;
    r.diagnose().await;
    r.keys("esc 5");
    r.sees("Nothing is missing").await;
    r.budget();
    r.keys("E");
    r.sees("End and sign the visit of BLACK Jack").await;
    r.keys("y");
    r.sees("Signed").await;
    r.keys("ctrl-n");
    r.sees("NGUYEN Linh").await;
    counted("end and sign, then the next patient (in the end tab)", &[r.stage.pressed()]);
    let text = record_text(&r.record().await);
    assert!(text.contains("signed by SMITH Anna"));
}

#[tokio::test]
async fn the_record_view_scrolls_takes_an_addendum_and_marks_ones_own_error() {
    let mut r = room().await;
    r.diagnose().await;
    r.keys("esc 2 tab");
    r.typed("hr 72");
    r.keys("enter");
    r.sees("72").await;
    r.sees("saved").await;
    r.keys("esc E");
    r.sees("End and sign").await;
    r.keys("y");
    r.sees("Signed").await;
    let mut s = Stage::live(RecordView::new(r.encounter), r.anna.actor.clone(), r.anna.store.clone());
    assert!(s.until("signed by SMITH Anna").await);
    insta::assert_snapshot!("record_view", s.text());
    s.keys("a").type_text("It was the left ear.").keys("ctrl-s");
    assert!(s.until("The addendum is in the record.").await, "{}", s.text());
    assert!(s.until("It was the left ear.").await, "{}", s.text());
    s.keys("e");
    assert!(s.until("Diagnosis: J06.9").await, "{}", s.text());
    assert!(s.text().contains("Vital sign: "), "{}", s.text());
    s.type_text("J06").keys("enter");
    assert!(s.until("Mark as entered in error").await);
    s.keys("y");
    assert!(s.until("It is marked as entered in error.").await, "{}", s.text());
    assert!(record_text(&r.record().await).contains("ENTERED IN ERROR by SMITH Anna"));
}

#[tokio::test]
async fn a_stranger_sees_the_reason_in_the_record() {
    let r = room().await;
    let gary = people::signed_in(&r.db, "gary").await;
    let mut s = Stage::live(RecordView::new(r.encounter), gary.actor.clone(), gary.store.clone());
    assert!(s.until("You have no appointment and no connection").await, "{}", s.text());
    insta::assert_snapshot!("record_closed", s.text());
}

#[tokio::test]
async fn a_specialist_reads_the_letter_before_anything_is_booked_and_the_writer_sees_it_was_seen() {
    let r = room().await;
    let mut c = people::writer(&r.db).await;
    let id = people::referral(&mut c, &r.clinic, r.clinic.jack).await;
    let jack = r.clinic.jack;
    let reason = people::sealed(&mut c, jack, ("referral", "reason"), id, "murmur").await;
    let letter = people::sealed(&mut c, jack, ("referral", "letter"), id, "listen").await;
    sqlx::query("update clinic.referral set reason = $2, letter = $3 where id = $1")
        .bind(id.0)
        .bind(reason)
        .bind(letter)
        .execute(&mut c)
        .await
        .unwrap();
    let liam = people::signed_in(&r.db, "liam").await;
    let mut list = Stage::live(Referrals::default(), liam.actor.clone(), liam.store.clone());
    assert!(list.until("murmur").await, "{}", list.text());
    insta::assert_snapshot!("referrals", list.text());
    let mut letter = Stage::live(Letter::of(id), liam.actor.clone(), liam.store.clone());
    assert!(letter.until("listen").await, "{}", letter.text());
    insta::assert_snapshot!("letter", letter.text());
    let status: String = sqlx::query_scalar("select status from clinic.referral where id = $1")
        .bind(id.0)
        .fetch_one(&mut c)
        .await
        .unwrap();
    assert_eq!(status, "seen");
    let gary = people::signed_in(&r.db, "gary").await;
    let mut closed = Stage::live(Letter::of(id), gary.actor.clone(), gary.store.clone());
    assert!(closed.until("It is not there any more.").await, "{}", closed.text());
}

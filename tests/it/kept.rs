//! What is typed in a dialog or a registration is kept while it is typed, found at another sign-in, taken or discarded
//! there, and gone once it is saved. Real screens on a real database, driven by keys.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic},
};
use praxis::{
    domain::ids::{EncounterId, RequestId},
    store::{Change, RowChange, SignIn},
    ui::{
        screen::Screen,
        screens::{
            appointment::Panel, patients::Patients, record::RecordView, register_patient::RegisterPatient,
        },
        testing::Stage,
    },
};

struct Desk {
    db: Db,
    clinic: Clinic,
    encounter: EncounterId,
}

async fn desk() -> Desk {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let appointment =
        people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 0), "in_progress").await;
    let encounter = people::visit(&mut c, &clinic.gp, appointment, "open").await;
    Desk { db, clinic, encounter }
}

fn stage<S: Screen>(who: &SignIn, screen: S) -> Stage<S> {
    Stage::live(screen, who.actor.clone(), who.store.clone())
}

async fn sees<S: Screen>(stage: &mut Stage<S>, text: &str) {
    assert!(stage.until(text).await, "{text:?} is not on\n{}", stage.text());
}

impl Desk {
    async fn anna(&self) -> SignIn {
        people::signed_in(&self.db, "anna").await
    }
    /// The End tab of the visit at a sign-in of its own.
    async fn end_tab(&self) -> Stage<Panel> {
        let anna = self.anna().await;
        let mut s = stage(&anna, Panel::new(self.encounter));
        sees(&mut s, "BLACK Jack").await;
        s.keys("5");
        sees(&mut s, "85.00").await;
        s
    }
    /// A letter is begun there and kept; the terminal is then left as it is.
    async fn letter_begun(&self) -> Stage<Panel> {
        let mut s = self.end_tab().await;
        s.keys("f");
        sees(&mut s, "Refer to").await;
        s.type_text("nees").keys("enter");
        sees(&mut s, "Referral to NEESON Liam").await;
        s.type_text("murmur").keys("tab").type_text("Dear Liam");
        sees(&mut s, "kept ").await;
        s.keys("tab");
        let anna = self.anna().await;
        loop {
            let found = anna.store.drafts(&anna.actor, self.encounter.0).await.unwrap();
            if found.iter().any(|d| d.payload.contains("Dear Liam")) {
                return s;
            }
            s.until("kept ").await;
            tokio::task::yield_now().await;
        }
    }
    async fn open_drafts(&self, subject: uuid::Uuid) -> usize {
        let anna = self.anna().await;
        anna.store.drafts(&anna.actor, subject).await.unwrap().len()
    }
}

#[tokio::test]
async fn a_letter_that_is_being_typed_is_offered_in_its_visit_at_another_sign_in_and_sent_from_there() {
    let d = desk().await;
    let _left = d.letter_begun().await;
    let mut s = d.end_tab().await;
    sees(&mut s, "was not saved: ctrl-t takes, ctrl-y discards").await;
    assert!(s.text().contains(" The referral of 09:00"), "{}", s.text());
    s.keys("ctrl-t");
    sees(&mut s, "Dear Liam").await;
    assert!(s.text().contains("Referral to NEESON Liam") && s.text().contains("murmur"), "{}", s.text());
    s.keys("ctrl-s");
    sees(&mut s, "The referral is sent").await;
    assert_eq!(d.open_drafts(d.encounter.0).await, 0, "the save has closed both");
    assert!(!s.text().contains("was not saved"), "{}", s.text());
}

#[tokio::test]
async fn esc_in_a_dialog_asks_before_what_was_typed_is_thrown_away() {
    let d = desk().await;
    let mut s = d.letter_begun().await;
    s.keys("esc esc");
    sees(&mut s, "Discard what you typed in Referral?").await;
    s.keys("n");
    assert!(s.text().contains("Dear Liam"), "{}", s.text());
    s.keys("esc y");
    sees(&mut s, "No referral").await;
    let mut later = d.end_tab().await;
    sees(&mut later, "No referral").await;
    assert!(!later.text().contains("was not saved"), "{}", later.text());
    assert_eq!(d.open_drafts(d.encounter.0).await, 0);
}

#[tokio::test]
async fn the_same_dialog_offers_what_another_sign_in_left_and_discards_it_only_when_that_is_confirmed() {
    let d = desk().await;
    let _left = d.letter_begun().await;
    let mut s = d.end_tab().await;
    s.keys("f");
    sees(&mut s, "Refer to").await;
    s.type_text("nees").keys("enter");
    sees(&mut s, "at another sign-in was not saved: ctrl-t takes, ctrl-y discards").await;
    s.keys("ctrl-y");
    sees(&mut s, "Discard the text from 09:00 in Referral?").await;
    s.keys("n ctrl-t");
    sees(&mut s, "Dear Liam").await;
    assert!(!s.text().contains("another sign-in"), "{}", s.text());
}

#[tokio::test]
async fn a_letter_whose_save_is_refused_is_still_there() {
    let d = desk().await;
    let mut s = d.letter_begun().await;
    s.keys("tab tab").type_text("01/01/2020");
    s.keys("ctrl-s");
    sees(&mut s, "The referral of 09:00 was not saved").await;
    assert_eq!(d.open_drafts(d.encounter.0).await, 1);
}

#[tokio::test]
async fn a_dialog_whose_visit_is_signed_elsewhere_keeps_its_text_and_it_is_found_again() {
    let d = desk().await;
    let mut s = d.letter_begun().await;
    let anna = d.anna().await;
    let mut w = people::writer(&d.db).await;
    sqlx::raw_sql(
        "set praxis.quiet = 'off'; set session_replication_role = 'replica';
         update clinic.encounter set state = 'signed', signed_at = now(), signed_by = author, version = version + 1;
         update clinic.draft set closed_at = now();
         set session_replication_role = 'origin'",
    )
    .execute(&mut w)
    .await
    .unwrap();
    assert_eq!(d.open_drafts(d.encounter.0).await, 0, "signing closes the drafts of the visit");
    s.changed(&Change::Row(RowChange {
        id: Some(d.encounter.0),
        ..serde_json::from_value(serde_json::json!({ "entity": "encounter", "op": "u", "version": 9 }))
            .unwrap()
    }));
    loop {
        let found = anna.store.drafts(&anna.actor, d.encounter.0).await.unwrap();
        if found.iter().any(|f| f.payload.contains("Dear Liam")) {
            break;
        }
        s.until("kept ").await;
        tokio::task::yield_now().await;
    }
    assert!(s.text().contains("Dear Liam"), "{}", s.text());
}

#[tokio::test]
async fn going_elsewhere_keeps_a_registration_and_says_so() {
    let d = desk().await;
    let mei = people::signed_in(&d.db, "mei").await;
    let mut s = stage(&mei, Patients::default());
    s.keys("ctrl-n");
    sees(&mut s, "Family name").await;
    s.type_text("Okafor").keys("tab").type_text("Chidi");
    s.app().open(praxis::ui::route::Route::RegisterPatient(String::new()));
    sees(&mut s, "Okafor").await;
    sees(&mut s, "What you had typed here stands in its fields again.").await;
}

#[tokio::test]
async fn a_registration_is_found_at_another_desk_of_the_same_person_and_closed_when_it_is_saved() {
    let d = desk().await;
    let mei = people::signed_in(&d.db, "mei").await;
    let mut first = stage(&mei, RegisterPatient::new(d.clinic.today));
    first.type_text("Okafor").keys("tab").type_text("Chidi").keys("tab");
    sees(&mut first, "kept ").await;
    let other = people::signed_in(&d.db, "mei").await;
    let mut s = stage(&other, RegisterPatient::new(d.clinic.today));
    sees(&mut s, "at another sign-in was not saved: ctrl-t takes, ctrl-y discards").await;
    s.keys("ctrl-t");
    sees(&mut s, "Okafor").await;
    sees(&mut s, "kept ").await;
    s.keys("ctrl-s");
    sees(&mut s, "Registered: OKAFOR Chidi").await;
    assert!(mei.store.drafts(&mei.actor, mei.actor.account.0).await.unwrap().is_empty());
    let mut again = stage(&other, RegisterPatient::new(d.clinic.today));
    again.type_text("New");
    sees(&mut again, "kept ").await;
    assert!(!again.text().contains("Okafor"), "{}", again.text());
}

#[tokio::test]
async fn of_a_changed_patient_only_the_fields_that_were_typed_come_back() {
    let d = desk().await;
    let mei = people::signed_in(&d.db, "mei").await;
    let mut first = stage(&mei, RegisterPatient::of(d.clinic.jack, d.clinic.today));
    sees(&mut first, "Jack").await;
    first.keys("down").type_text("y").keys("down");
    sees(&mut first, "kept ").await;
    let mut c = people::writer(&d.db).await;
    sqlx::query("update clinic.patient set language = 'ar' where id = $1")
        .bind(d.clinic.jack.0)
        .execute(&mut c)
        .await
        .unwrap();
    let other = people::signed_in(&d.db, "mei").await;
    let mut s = stage(&other, RegisterPatient::of(d.clinic.jack, d.clinic.today));
    sees(&mut s, "another sign-in was not saved").await;
    s.keys("ctrl-t");
    sees(&mut s, "Jacky").await;
    assert!(s.text().contains(" ar"), "{}", s.text());
}

#[tokio::test]
async fn an_addendum_that_was_not_saved_is_told_with_the_record_and_taken_up_again() {
    let d = desk().await;
    let mut c = people::writer(&d.db).await;
    let paula = people::signed_in(&d.db, "paula").await;
    let a =
        people::appointment(&mut c, &d.clinic, &d.clinic.pharmacist, d.clinic.jack, (11, 0), "in_progress")
            .await;
    let e = people::visit(&mut c, &d.clinic.pharmacist, a, "open").await;
    let seen = paula.store.visit(&paula.actor, e, false).await.unwrap().version;
    paula.store.sign_visit(&paula.actor, RequestId::new(), e, seen).await.unwrap();
    let mut first = stage(&paula, RecordView::new(e));
    sees(&mut first, "signed by").await;
    first.keys("a").type_text("The left ear.").keys("tab");
    sees(&mut first, "kept ").await;
    let other = people::signed_in(&d.db, "paula").await;
    let mut s = stage(&other, RecordView::new(e));
    sees(&mut s, "An addendum typed at 09:00 was not saved: a takes it up again.").await;
    sees(&mut s, "signed by").await;
    s.keys("a");
    sees(&mut s, "The left ear.").await;
    s.keys("ctrl-s");
    sees(&mut s, "The addendum is in the record.").await;
    assert!(paula.store.drafts(&paula.actor, e.0).await.unwrap().is_empty());
}

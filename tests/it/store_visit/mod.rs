//! Visits in the database: who starts them, what may be written when, and that signed is signed whoever asks.
mod drafts;
mod signed;
mod vitals;

use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic},
};
use chrono::Duration;
use praxis::{
    domain::{
        encounter::{BodySystem, Document, EncounterState, Lack, NewNote, VisitField},
        ids::{AppointmentId, DraftId, EncounterId, RequestId},
        observation::parse_line,
        record::VisitRef,
        referral::{NewReferral, ReferralUrgency, Target},
    },
    store::{DraftSaved, Error, NewDraft, SignIn},
};
use sqlx::PgConnection;

struct Ground {
    db: Db,
    clinic: Clinic,
    c: PgConnection,
    anna: SignIn,
}

async fn ground() -> Ground {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let c = people::writer(&db).await;
    let anna = people::signed_in(&db, "anna").await;
    Ground { db, clinic, c, anna }
}

impl Ground {
    async fn booked(&mut self, hour: u32, status: &str) -> AppointmentId {
        people::appointment(&mut self.c, &self.clinic, &self.clinic.gp, self.clinic.jack, (hour, 30), status)
            .await
    }
    async fn start(&self, appointment: AppointmentId) -> EncounterId {
        let started = self.anna.store.start_visit(&self.anna.actor, RequestId::new(), appointment).await;
        started.expect("the visit starts").encounter
    }
    async fn open_visit(&mut self) -> EncounterId {
        let a = self.booked(9, "arrived").await;
        self.start(a).await
    }
    async fn version(&self, e: EncounterId) -> i64 {
        self.anna.store.visit(&self.anna.actor, e, false).await.expect("a visit").version
    }
    async fn status(&mut self, a: AppointmentId) -> String {
        sqlx::query_scalar("select status from clinic.appointment where id = $1")
            .bind(a.0)
            .fetch_one(&mut self.c)
            .await
            .expect("a status")
    }
    async fn diagnose(&mut self, e: EncounterId) {
        let (id, jack) = (uuid::Uuid::now_v7(), self.clinic.jack);
        let name = people::sealed(&mut self.c, jack, ("diagnosis", "name"), id, "h").await;
        sqlx::query(
            "insert into clinic.diagnosis (id, encounter_id, patient_id, name, author) values ($4, $1, $2, $5, $3)",
        )
        .bind(e.0)
        .bind(jack.0)
        .bind(self.clinic.gp.account.0)
        .bind(id)
        .bind(name)
        .execute(&mut self.c)
        .await
        .expect("a diagnosis");
    }
    async fn sign(&mut self, e: EncounterId) {
        self.diagnose(e).await;
        let seen = self.version(e).await;
        self.anna.store.sign_visit(&self.anna.actor, RequestId::new(), e, seen).await.expect("signed");
    }
}

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why) | Error::Duplicate(why)) => why.rule,
        other => format!("{other:?}"),
    }
}

fn note(body: &str) -> NewNote {
    NewNote { title: String::new(), body: body.into(), system: None }
}

fn draft(id: DraftId, e: EncounterId, revision: i64, payload: &str) -> NewDraft {
    NewDraft {
        id,
        form: "visit.examination",
        subject: e.0,
        part: String::new(),
        revision,
        version_seen: Some(1),
        payload: payload.into(),
    }
}

#[tokio::test]
async fn starting_a_visit_takes_the_complaint_from_the_booking_and_the_status_in_one_step() {
    let mut g = ground().await;
    for status in ["arrived", "booked"] {
        let a = g.booked(if status == "arrived" { 9 } else { 11 }, status).await;
        let e = g.start(a).await;
        let v = g.anna.store.visit(&g.anna.actor, e, true).await.unwrap();
        assert_eq!(v.chief_complaint, "blood test");
        assert_eq!((v.state, v.mine, v.may_write), (EncounterState::Open, true, true));
        assert_eq!(v.fee_cents, Some(8500));
        assert_eq!(g.status(a).await, "in_progress");
    }
}

#[tokio::test]
async fn starting_twice_opens_the_same_visit_and_a_paused_one_goes_on() {
    let mut g = ground().await;
    let a = g.booked(9, "arrived").await;
    let e = g.start(a).await;
    let again = g.anna.store.start_visit(&g.anna.actor, RequestId::new(), a).await.unwrap();
    assert!(again.resumed && again.encounter == e);
    let seen = g.version(e).await;
    g.anna.store.pause_visit(&g.anna.actor, RequestId::new(), e, seen).await.unwrap();
    assert_eq!(g.status(a).await, "in_progress");
    g.start(a).await;
    assert_eq!(g.anna.store.visit(&g.anna.actor, e, false).await.unwrap().state, EncounterState::Open);
}

#[tokio::test]
async fn two_screens_that_start_at_once_make_one_visit() {
    let mut g = ground().await;
    let a = g.booked(9, "arrived").await;
    let other = people::signed_in(&g.db, "anna").await;
    let (x, y) = tokio::join!(
        g.anna.store.start_visit(&g.anna.actor, RequestId::new(), a),
        other.store.start_visit(&other.actor, RequestId::new(), a)
    );
    assert_eq!(x.unwrap().encounter, y.unwrap().encounter);
}

#[tokio::test]
async fn only_ones_own_appointment_of_today_is_started() {
    let mut g = ground().await;
    let a = g.booked(9, "arrived").await;
    let gary = people::signed_in(&g.db, "gary").await;
    assert_eq!(rule(gary.store.start_visit(&gary.actor, RequestId::new(), a).await), "not_permitted");
    let nina = people::signed_in(&g.db, "nina").await;
    assert_eq!(rule(nina.store.start_visit(&nina.actor, RequestId::new(), a).await), "start_own_visits");
    let at = people::at(g.clinic.tomorrow, 9, 0);
    let later = people::appointment_on(&mut g.c, &g.clinic.gp, g.clinic.linh, at, "booked", "").await;
    assert_eq!(
        rule(g.anna.store.start_visit(&g.anna.actor, RequestId::new(), later).await),
        "appointment_only_today"
    );
    let gone = g.booked(13, "cancelled").await;
    assert_eq!(
        rule(g.anna.store.start_visit(&g.anna.actor, RequestId::new(), gone).await),
        "appointment_edge"
    );
}

#[tokio::test]
async fn the_next_waiting_patient_is_the_earliest_arrived_of_this_provider() {
    let mut g = ground().await;
    assert_eq!(g.anna.store.next_waiting(&g.anna.actor).await.unwrap(), None);
    g.booked(10, "arrived").await;
    let first =
        people::appointment(&mut g.c, &g.clinic, &g.clinic.gp, g.clinic.linh, (9, 0), "arrived").await;
    people::appointment(&mut g.c, &g.clinic, &g.clinic.physio, g.clinic.hao, (8, 0), "arrived").await;
    let next = g.anna.store.next_waiting(&g.anna.actor).await.unwrap().unwrap();
    assert_eq!((next.appointment, next.patient_name.to_string()), (first, "NGUYEN Linh".into()));
}

#[tokio::test]
async fn every_field_of_a_visit_comes_back_as_it_was_saved() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let day = g.clinic.today;
    let fields = [
        VisitField::ChiefComplaint("tired since Monday".into()),
        VisitField::FollowUp { on: Some(day + Duration::days(21)), notes: "bring the diary".into() },
        VisitField::Fee(Some(9900)),
        VisitField::SickNote { from: Some(day), to: Some(day + Duration::days(2)) },
        VisitField::Documents(vec![Document::VisitSummary, Document::SickNote]),
    ];
    let mut seen = g.version(e).await;
    for field in fields {
        seen = g
            .anna
            .store
            .save_visit_field(&g.anna.actor, RequestId::new(), e, seen, field, None)
            .await
            .unwrap();
    }
    let v = g.anna.store.visit(&g.anna.actor, e, false).await.unwrap();
    assert_eq!(v.chief_complaint, "tired since Monday");
    assert_eq!(
        (v.follow_up_on, v.follow_up_notes.as_str()),
        (Some(day + Duration::days(21)), "bring the diary")
    );
    assert_eq!(v.fee_cents, Some(9900));
    assert_eq!((v.sick_from, v.sick_to), (Some(day), Some(day + Duration::days(2))));
    assert_eq!(v.documents, [Document::VisitSummary, Document::SickNote]);
    assert_eq!(v.version, seen);
}

#[tokio::test]
async fn a_save_over_somebody_elses_is_stale_and_says_whose() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let seen = g.version(e).await;
    let save = |text: &str| {
        g.anna.store.save_visit_field(
            &g.anna.actor,
            RequestId::new(),
            e,
            seen,
            VisitField::ChiefComplaint(text.into()),
            None,
        )
    };
    save("one").await.unwrap();
    let stale = save("two").await;
    assert!(matches!(&stale, Err(Error::Stale { by, .. }) if by == "Anna Smith"), "{stale:?}");
}

#[tokio::test]
async fn signing_needs_a_complaint_and_a_diagnosis_and_completes_the_appointment() {
    let mut g = ground().await;
    let a = g.booked(9, "arrived").await;
    let e = g.start(a).await;
    let seen = g.version(e).await;
    let empty = VisitField::ChiefComplaint(" ".into());
    let seen =
        g.anna.store.save_visit_field(&g.anna.actor, RequestId::new(), e, seen, empty, None).await.unwrap();
    let v = g.anna.store.visit(&g.anna.actor, e, false).await.unwrap();
    assert_eq!(v.lacks(), [Lack::ChiefComplaint, Lack::Diagnosis]);
    let sign = |seen| g.anna.store.sign_visit(&g.anna.actor, RequestId::new(), e, seen);
    assert_eq!(rule(sign(seen).await), "sign_needs_complaint");
    let field = VisitField::ChiefComplaint("cough".into());
    let seen =
        g.anna.store.save_visit_field(&g.anna.actor, RequestId::new(), e, seen, field, None).await.unwrap();
    assert_eq!(rule(sign(seen).await), "sign_needs_diagnosis");
    g.diagnose(e).await;
    g.anna.store.sign_visit(&g.anna.actor, RequestId::new(), e, seen).await.unwrap();
    let v = g.anna.store.visit(&g.anna.actor, e, false).await.unwrap();
    assert_eq!(v.state, EncounterState::Signed);
    assert_eq!(v.signed_by.unwrap().to_string(), "SMITH Anna");
    assert!(!v.may_write);
    assert_eq!(g.status(a).await, "completed");
}

#[tokio::test]
async fn a_profession_that_does_not_diagnose_signs_without_one() {
    let mut g = ground().await;
    let a = people::appointment(&mut g.c, &g.clinic, &g.clinic.pharmacist, g.clinic.jack, (9, 0), "arrived")
        .await;
    let paula = people::signed_in(&g.db, "paula").await;
    let e = paula.store.start_visit(&paula.actor, RequestId::new(), a).await.unwrap().encounter;
    let v = paula.store.visit(&paula.actor, e, false).await.unwrap();
    assert!(!v.needs_diagnosis);
    paula.store.sign_visit(&paula.actor, RequestId::new(), e, v.version).await.unwrap();
}

#[tokio::test]
async fn voiding_needs_a_reason_and_puts_the_patient_back_where_asked() {
    let mut g = ground().await;
    for (hour, still_waiting, after) in [(9, false, "voided"), (11, true, "arrived")] {
        let a = g.booked(hour, "arrived").await;
        let e = g.start(a).await;
        let seen = g.version(e).await;
        let none =
            g.anna.store.void_visit(&g.anna.actor, RequestId::new(), e, seen, " ", still_waiting).await;
        assert_eq!(rule(none), "void_needs_reason");
        g.anna
            .store
            .void_visit(&g.anna.actor, RequestId::new(), e, seen, "wrong patient", still_waiting)
            .await
            .unwrap();
        assert_eq!(g.status(a).await, after);
        let v = g.anna.store.visit(&g.anna.actor, e, false).await.unwrap();
        assert_eq!((v.state, v.void_why.as_str()), (EncounterState::Voided, "wrong patient"));
        let late = g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("late"), None).await;
        assert_eq!(rule(late), "signed_is_signed");
        if still_waiting {
            assert_ne!(g.start(a).await, e);
        }
    }
}

#[tokio::test]
async fn pausing_and_resuming_go_one_step_at_a_time() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let seen = g.version(e).await;
    let store = &g.anna.store;
    assert!(rule(store.resume_visit(&g.anna.actor, RequestId::new(), e, seen + 7).await).contains("Stale"));
    let seen = store.pause_visit(&g.anna.actor, RequestId::new(), e, seen).await.unwrap();
    store.resume_visit(&g.anna.actor, RequestId::new(), e, seen).await.unwrap();
    let seen = g.version(e).await;
    let seen = store.pause_visit(&g.anna.actor, RequestId::new(), e, seen).await.unwrap();
    g.diagnose(e).await;
    g.anna.store.sign_visit(&g.anna.actor, RequestId::new(), e, seen).await.unwrap();
    let seen = g.version(e).await;
    assert_eq!(
        rule(g.anna.store.pause_visit(&g.anna.actor, RequestId::new(), e, seen).await),
        "signed_is_signed"
    );
}

#[tokio::test]
async fn notes_keep_their_parts_and_struck_ones_stay_and_say_so() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let new =
        NewNote { title: "Chest".into(), body: "clear\nboth sides".into(), system: Some(BodySystem::Lungs) };
    let id = g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, new.clone(), None).await.unwrap();
    g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("second"), None).await.unwrap();
    assert_eq!(
        rule(g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note(" \n"), None).await),
        "note_needs_text"
    );
    g.anna.store.strike_note(&g.anna.actor, RequestId::new(), id).await.unwrap();
    assert_eq!(rule(g.anna.store.strike_note(&g.anna.actor, RequestId::new(), id).await), "strike_own_rows");
    let notes = g.anna.store.notes(&g.anna.actor, e).await.unwrap();
    assert_eq!(notes.len(), 2);
    let n = &notes[0];
    assert_eq!((&n.title, &n.body, n.system), (&new.title, &new.body, new.system));
    assert!(n.struck_at.is_some() && notes[1].struck_at.is_none());
    assert_eq!(n.author.to_string(), "SMITH Anna");
}

#[tokio::test]
async fn a_nurse_adds_while_the_patient_is_there_and_ends_nothing() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let nina = people::signed_in(&g.db, "nina").await;
    let mine = nina.store.add_note(&nina.actor, RequestId::new(), e, note("weighed"), None).await.unwrap();
    nina.store
        .record_observations(
            &nina.actor,
            RequestId::new(),
            g.clinic.jack,
            Some(e),
            parse_line("wt 70 ht 175").unwrap(),
            None,
        )
        .await
        .unwrap();
    let v = nina.store.visit(&nina.actor, e, false).await.unwrap();
    assert!(v.may_write && !v.mine);
    assert_eq!(
        rule(nina.store.sign_visit(&nina.actor, RequestId::new(), e, v.version).await),
        "only_its_provider"
    );
    // Somebody else's note is not hers to strike, nor hers anybody else's.
    assert_eq!(
        rule(g.anna.store.strike_note(&g.anna.actor, RequestId::new(), mine).await),
        "strike_own_rows"
    );
    g.sign(e).await;
    assert!(nina.store.add_note(&nina.actor, RequestId::new(), e, note("later"), None).await.is_err());
}

#[tokio::test]
async fn strangers_read_nothing_of_a_visit() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("private"), None).await.unwrap();
    let vitals = parse_line("hr 72").unwrap();
    g.anna
        .store
        .record_observations(&g.anna.actor, RequestId::new(), g.clinic.jack, Some(e), vitals, None)
        .await
        .unwrap();
    for login in ["mei", "gary", "lab", "audrey", "root"] {
        let who = people::signed_in(&g.db, login).await;
        assert!(matches!(who.store.visit(&who.actor, e, false).await, Err(Error::Refused(_))), "{login}");
        assert!(who.store.notes(&who.actor, e).await.unwrap().is_empty(), "{login}");
        assert!(who.store.observations(&who.actor, g.clinic.jack, Some(e)).await.unwrap().is_empty());
        assert!(
            who.store
                .past_visits(&who.actor, g.clinic.jack, EncounterId::new(), None)
                .await
                .unwrap()
                .is_empty()
        );
        let add = who.store.add_note(&who.actor, RequestId::new(), e, note("x"), None).await;
        assert!(add.is_err(), "{login}");
    }
    let jack = people::signed_in(&g.db, "jack").await;
    let open = jack.store.visit(&jack.actor, e, false).await;
    assert!(matches!(open, Err(Error::Refused(_))), "patients see what is signed, and not the panel");
}

#[tokio::test]
async fn ones_own_note_is_written_anew_until_the_visit_is_signed() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let id = g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("one"), None).await.unwrap();
    let change = |seen, body: &str| {
        let (anna, text) = (g.anna.clone(), note(body));
        async move { anna.store.change_note(&anna.actor, RequestId::new(), id, seen, text, None).await }
    };
    assert_eq!(change(1, "two").await.unwrap(), 2);
    assert!(matches!(change(1, "three").await, Err(Error::Stale { .. })));
    let nina = people::signed_in(&g.db, "nina").await;
    let hers = nina.store.change_note(&nina.actor, RequestId::new(), id, 2, note("x"), None).await;
    assert_eq!(rule(hers), "strike_own_rows");
    assert_eq!(g.anna.store.notes(&g.anna.actor, e).await.unwrap()[0].body, "two");
    let late = g.anna.clone();
    g.sign(e).await;
    let outcome = late.store.change_note(&late.actor, RequestId::new(), id, 2, note("four"), None).await;
    assert_eq!(rule(outcome), "signed_is_signed");
}

#[tokio::test]
async fn a_refused_save_leaves_its_draft_open() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let id = DraftId::new();
    g.anna.store.save_draft(&g.anna.actor, draft(id, e, 1, "  ")).await.unwrap();
    let refused = g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("  "), Some(id)).await;
    assert_eq!(rule(refused), "note_needs_text");
    assert_eq!(g.anna.store.drafts(&g.anna.actor, e.0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn past_visits_are_newest_first_with_their_diagnosis() {
    let mut g = ground().await;
    let mut made = vec![];
    for days in [30, 10] {
        let at = people::at(g.clinic.today - Duration::days(days), 9, 0);
        let a =
            people::appointment_on(&mut g.c, &g.clinic.gp2, g.clinic.jack, at, "completed", "cough").await;
        let e = people::visit(&mut g.c, &g.clinic.gp2, a, "signed").await;
        g.diagnose(e).await;
        made.push(e);
    }
    let e = g.open_visit().await;
    let past = g.anna.store.past_visits(&g.anna.actor, g.clinic.jack, e, None).await.unwrap();
    assert_eq!(past.iter().map(|p| p.encounter).collect::<Vec<_>>(), [made[1], made[0]]);
    assert_eq!(
        (past[0].diagnoses.as_slice(), past[0].provider.to_string()),
        (&["h".to_owned()][..], "BUSEY Gary".into())
    );
    assert_eq!(past[0].centre, "Ultimo Medical Centre");
    let rest = g
        .anna
        .store
        .past_visits(&g.anna.actor, g.clinic.jack, e, Some((past[0].started_at, past[0].encounter)))
        .await
        .unwrap();
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn opening_a_visit_is_logged_and_a_refresh_is_not() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    g.anna.store.visit(&g.anna.actor, e, true).await.unwrap();
    g.anna.store.visit(&g.anna.actor, e, false).await.unwrap();
    let n = people::count(
        &mut g.c,
        "select count(*) from audit.event where action = 'visit.open' and entity_id = $1",
        e,
    )
    .await;
    assert_eq!(n, 1);
}

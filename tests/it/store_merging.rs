//! Two records of one person: a link and never a rewrite. What each of the two has is read from both, nothing new comes into
//! the merged one, and separating them gives back exactly what was.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic},
};
use praxis::{
    domain::{
        appointment::AppointmentStatus,
        history::{AllergyState, AllergyStatus, Entry},
        ids::{AppointmentId, EncounterId, PatientId, RequestId},
        patient::Allergies,
        patient_query::PatientQuery,
    },
    store::{Error, Merge, NewDraft, RecordSearch, SignIn},
};
use uuid::Uuid;

/// Jack and Jackie are one person; Gary has seen Jack, Anna is booked with Jackie.
struct Ground {
    db: Db,
    clinic: Clinic,
    mei: SignIn,
    signed: EncounterId,
}

async fn ground() -> Ground {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let seen = people::appointment(&mut c, &clinic, &clinic.gp2, clinic.jack, (8, 0), "completed").await;
    let signed = people::visit(&mut c, &clinic.gp2, seen, "signed").await;
    people::appointment(&mut c, &clinic, &clinic.physio, clinic.jack, (8, 30), "no_show").await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.jackie, (11, 0), "booked").await;
    people::penicillin(&mut c, &clinic).await;
    let mei = people::signed_in(&db, "mei").await;
    Ground { db, clinic, mei, signed }
}

impl Ground {
    async fn merge(&self, merged: PatientId, survivor: PatientId) -> Result<(), Error> {
        let reason = "same Medicare card".into();
        let merge = Merge { id: Uuid::now_v7(), merged, survivor, reason };
        self.mei.store.merge_patients(&self.mei.actor, RequestId::new(), merge).await
    }
    async fn separate(&self, merged: PatientId) -> Result<PatientId, Error> {
        self.mei.store.unmerge_patient(&self.mei.actor, RequestId::new(), merged).await
    }
    /// Everything that somebody sees of the two, also that it is closed, in words that compare; versions aside, which say that
    /// they were touched.
    async fn seen_by(&self, s: &SignIn) -> String {
        let mut all = vec![];
        for patient in [self.clinic.jack, self.clinic.jackie] {
            let mut page = s.store.patient_profile(&s.actor, patient, false).await.unwrap();
            page.version = 0;
            let history = s.store.history(&s.actor, patient, false).await;
            let visits = s.store.patient_visits(&s.actor, patient, None, false).await.unwrap();
            let banner = s.store.banner(&s.actor, patient).await.unwrap();
            all.push(format!("{page:?} {history:?} {visits:?} {banner:?}"));
        }
        let query = PatientQuery::parse("black", self.clinic.today);
        all.push(format!("{:?}", s.store.find_patients(&s.actor, query, false).await.unwrap()));
        if s.actor.provider.is_some() {
            let search = RecordSearch { patient: Some("black".into()), ..RecordSearch::default() };
            all.push(format!("{:?}", s.store.search_records(&s.actor, search, None).await.unwrap()));
        }
        all.join("\n")
    }
}

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why) | Error::Overlap(why) | Error::Duplicate(why)) => why.rule,
        other => panic!("no refusal but {other:?}"),
    }
}

#[tokio::test]
async fn both_records_are_read_as_one_and_separating_gives_back_what_was() {
    let g = ground().await;
    let (anna, gary, sam) = (
        people::signed_in(&g.db, "anna").await,
        people::signed_in(&g.db, "gary").await,
        people::signed_in(&g.db, "sam").await,
    );
    let mut before = vec![];
    for s in [&anna, &gary, &sam, &g.mei] {
        before.push(g.seen_by(s).await);
    }
    let (jack, jackie) = (g.clinic.jack, g.clinic.jackie);
    assert_eq!(rule(anna.store.record(&anna.actor, g.signed, true).await), "record_no_relationship");

    g.merge(jack, jackie).await.unwrap();
    // Anna, who is booked with Jackie alone, reads what was written about Jack; Gary, who saw Jack, reads Jackie.
    assert!(anna.store.record(&anna.actor, g.signed, true).await.is_ok());
    let page = anna.store.patient_visits(&anna.actor, jackie, None, true).await.unwrap();
    assert_eq!((page.closed.is_none(), page.rows[0].patient, page.rows.len()), (true, jack, 1));
    let page = gary.store.patient_visits(&gary.actor, jackie, None, true).await.unwrap();
    assert!(page.closed.is_none() && page.rows.len() == 1);
    // Whoever has to do with neither still reads neither; who missed Jack's appointment is told so.
    let page = sam.store.patient_visits(&sam.actor, jackie, None, true).await.unwrap();
    assert_eq!(page.closed.unwrap().rule, "read_only_cancelled");
    let search = RecordSearch { patient: Some("jackie".into()), ..RecordSearch::default() };
    assert_eq!(anna.store.search_records(&anna.actor, search, None).await.unwrap().rows[0].patient, jack);
    // The lists, the banner and the page show what is in both, and where it stands.
    let history = anna.store.history(&anna.actor, jackie, true).await.unwrap();
    let origin = history.items[0].origin.unwrap();
    assert_eq!((history.items[0].entry.name(), history.items[0].patient), ("Penicillin", jack));
    let banner = anna.store.banner(&anna.actor, jackie).await.unwrap();
    assert_eq!((banner.allergy_state, banner.allergies[0].origin), (AllergyState::Listed, Some(origin)));
    let warned = anna.store.prescription_warnings(&anna.actor, jackie, "penicillin".into()).await.unwrap();
    assert!(
        !warned.is_empty(),
        "what is prescribed to the one is checked against the allergies of the other"
    );
    let page = g.mei.store.patient_profile(&g.mei.actor, jackie, true).await.unwrap();
    assert_eq!((page.no_shows, page.past.len(), page.upcoming.len()), (1, 2, 1));
    assert_eq!(page.past[0].origin, Some(origin));
    assert!(matches!(&page.allergies, Allergies::Listed(marks) if marks[0].origin == Some(origin)));
    assert_eq!((page.merged[0].id, page.merged[0].reason.as_str()), (jack, "same Medicare card"));
    // The merged one is found and leads to the other.
    let query = PatientQuery::parse("black jack", g.clinic.today);
    let hits = g.mei.store.find_patients(&g.mei.actor, query, false).await.unwrap();
    let leads = hits.iter().find(|h| h.id == jack).unwrap().merged_into.clone().unwrap();
    assert_eq!(leads.id, jackie);
    assert!(hits.iter().find(|h| h.id == jackie).unwrap().merged_into.is_none());

    assert_eq!(g.separate(jack).await.unwrap(), jackie);
    for (s, before) in [&anna, &gary, &sam, &g.mei].into_iter().zip(before) {
        assert_eq!(g.seen_by(s).await, before);
    }
    assert_eq!(rule(g.separate(jack).await), "unmerge_not_merged");
    let told: Vec<String> = sqlx::query_scalar(
        "select action || ' ' || entity from audit.event where action like 'patient.%merge' and outcome = 'done' order by at",
    )
    .fetch_all(&mut g.db.superuser().await)
    .await
    .unwrap();
    assert_eq!(told, ["patient.merge patient_link", "patient.unmerge patient"]);
}

#[tokio::test]
async fn who_may_not_be_merged_is_refused_with_the_reason() {
    let g = ground().await;
    let (jack, jackie, linh, hao) = (g.clinic.jack, g.clinic.jackie, g.clinic.linh, g.clinic.hao);
    assert_eq!(rule(g.merge(jack, jack).await), "merge_itself");
    assert_eq!(rule(g.merge(PatientId::new(), jack).await), "not_permitted");
    g.merge(jack, jackie).await.unwrap();
    let Err(Error::Refused(why)) = g.merge(jack, linh).await else { panic!("merged twice") };
    assert_eq!(why.rule, "merge_already");
    assert_eq!(rule(g.merge(linh, jack).await), "merge_chain");
    assert_eq!(rule(g.merge(jackie, linh).await), "merge_goes_on");
    g.merge(linh, jackie).await.unwrap();
    let page = g.mei.store.patient_profile(&g.mei.actor, jackie, false).await.unwrap();
    assert_eq!(page.merged.iter().map(|m| m.id).collect::<Vec<_>>(), [jack, linh]);
    let mut c = people::writer(&g.db).await;
    let here = people::appointment(&mut c, &g.clinic, &g.clinic.gp, hao, (9, 30), "in_progress").await;
    assert_eq!(rule(g.merge(hao, jackie).await), "merge_visit_open");
    people::visit(&mut c, &g.clinic.gp, here, "paused").await;
    g.merge(g.clinic.omar, hao).await.unwrap();
    for person in [&g.clinic.gp, &g.clinic.nurse, &g.clinic.pharmacist] {
        let login = person.login;
        let s = people::signed_in(&g.db, login).await;
        let merge = Merge { id: Uuid::now_v7(), merged: linh, survivor: hao, reason: "x".into() };
        let refused = s.store.merge_patients(&s.actor, RequestId::new(), merge).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{login}: {refused:?}");
        let undone = s.store.unmerge_patient(&s.actor, RequestId::new(), linh).await;
        assert!(matches!(undone, Err(Error::Refused(_))), "{login}: {undone:?}");
    }
    // The row itself is nobody's to write.
    let mut raw = people::raw(&g.db, "mei").await;
    let by_hand =
        sqlx::query("update clinic.patient_link set undone_at = clinic.now(), undone_by = merged_by");
    assert!(by_hand.execute(&mut raw).await.is_err());
}

#[tokio::test]
async fn an_erased_record_is_not_merged_and_a_merged_one_is_not_erased() {
    let g = ground().await;
    let mut c = people::writer(&g.db).await;
    let destroyed = "insert into clinic.patient_key (id, patient_id, kek, destroyed_at) values (gen_random_uuid(), $1, 'none', clinic.now())";
    sqlx::query(destroyed).bind(g.clinic.omar.0).execute(&mut c).await.unwrap();
    assert_eq!(rule(g.merge(g.clinic.omar, g.clinic.jack).await), "record_erased");
    assert_eq!(rule(g.merge(g.clinic.jack, g.clinic.omar).await), "merge_erased");
    g.merge(g.clinic.jack, g.clinic.jackie).await.unwrap();
    let proposed =
        "insert into clinic.erasure (id, patient_id, proposed_by) values (gen_random_uuid(), $1, $1)";
    for patient in [g.clinic.jack, g.clinic.jackie] {
        let refused = sqlx::query(proposed).bind(patient.0).execute(&mut c).await.unwrap_err().to_string();
        assert!(refused.contains("erasure_merged"), "{refused}");
    }
}

#[tokio::test]
async fn nothing_new_comes_into_a_merged_record_and_an_appointment_is_taken_over() {
    let g = ground().await;
    let (jack, jackie) = (g.clinic.jack, g.clinic.jackie);
    let mut c = people::writer(&g.db).await;
    let to_come = people::appointment(&mut c, &g.clinic, &g.clinic.gp, jack, (15, 0), "booked").await;
    let here = people::appointment(&mut c, &g.clinic, &g.clinic.gp, jack, (8, 30), "arrived").await;
    g.merge(jack, jackie).await.unwrap();
    let (store, actor) = (&g.mei.store, &g.mei.actor);
    let slot = |p, hour| crate::store_booking::slot(p, &g.clinic.gp, people::at(g.clinic.today, hour, 0));
    let Err(Error::Refused(why)) = store.book(actor, RequestId::new(), slot(jack, 12)).await else {
        panic!("booked")
    };
    assert_eq!(why.rule, "patient_merged");
    let numbers = store.patient_profile(actor, jackie, false).await.unwrap();
    let into = praxis::domain::patient::record_number(numbers.record_number);
    assert!(why.sentence.contains(&into) && why.instead.unwrap().contains(&into), "{}", why.sentence);
    let walk_in = praxis::domain::booking::NewAppointment {
        kind: praxis::domain::appointment::AppointmentKind::WalkIn,
        arrived: true,
        ..slot(jack, 9)
    };
    assert_eq!(rule(store.book(actor, RequestId::new(), walk_in).await), "patient_merged");
    assert_eq!(
        rule(store.set_status(actor, RequestId::new(), to_come, 1, "arrived", "").await),
        "patient_merged"
    );
    let alert = store.add_alert(actor, RequestId::new(), Uuid::now_v7(), jack, "deaf".into()).await;
    assert_eq!(rule(alert), "patient_merged");
    let draft = NewDraft {
        id: praxis::domain::ids::DraftId::new(),
        form: "patient.change",
        subject: jack.0,
        part: String::new(),
        revision: 1,
        version_seen: None,
        payload: "x".into(),
    };
    assert_eq!(rule(store.save_draft(actor, draft).await), "patient_merged");
    let page = store.patient_profile(actor, jack, false).await.unwrap();
    let changed =
        store.update_patient(actor, RequestId::new(), jack, page.version, page.identity.clone()).await;
    assert_eq!(rule(changed), "patient_merged");
    let anna = people::signed_in(&g.db, "anna").await;
    assert_eq!(rule(anna.store.start_visit(&anna.actor, RequestId::new(), here).await), "patient_merged");
    let entry = Entry::Allergy {
        code: None,
        substance: "latex".to_owned(),
        reaction: String::new(),
        severity: None,
        since: None,
        status: AllergyStatus::Active,
    };
    let added = anna.store.add_history(&anna.actor, RequestId::new(), jack, None, entry).await;
    assert_eq!(rule(added), "patient_merged");
    // The two are one person: Jackie is not booked where Jack has a time.
    let overlap = crate::store_booking::slot(jackie, &g.clinic.physio, people::at(g.clinic.today, 15, 0));
    assert_eq!(rule(store.book(actor, RequestId::new(), overlap).await), "merged_overlap");

    let new = AppointmentId::new();
    let request = RequestId::new();
    let taken = store.take_over_appointment(actor, request, to_come, 1, new).await.unwrap();
    assert_eq!((taken.id, taken.patient, taken.reason.as_str()), (new, jackie, "blood test"));
    assert_eq!(taken.status, AppointmentStatus::Booked);
    assert_eq!(taken.period.start, people::at(g.clinic.today, 15, 0));
    let again = store.take_over_appointment(actor, request, to_come, 1, new).await.unwrap();
    assert_eq!(again.id, new);
    let (old, steps) = store.appointment(actor, to_come, false).await.unwrap();
    assert_eq!(old.status, AppointmentStatus::Cancelled);
    assert!(steps.iter().any(|s| s.why.contains(&into)), "{steps:?}");
    // Who waits already goes on waiting, and is seen.
    let waits =
        store.take_over_appointment(actor, RequestId::new(), here, 1, AppointmentId::new()).await.unwrap();
    assert_eq!((waits.patient, waits.status), (jackie, AppointmentStatus::Arrived));
    let visit = anna.store.start_visit(&anna.actor, RequestId::new(), waits.id).await.unwrap();
    let chart = anna.store.history(&anna.actor, jackie, false).await.unwrap();
    assert!(matches!(&chart.items[0].entry, Entry::Allergy { .. }));
    // An entry of the other record is struck out and resolved from the chart of this one.
    anna.store.strike_history(&anna.actor, RequestId::new(), &chart.items[0]).await.unwrap();
    let after = anna.store.history(&anna.actor, jackie, false).await.unwrap();
    assert!(after.items[0].struck_at.is_some() && visit.encounter != EncounterId::new());
}

#[tokio::test]
async fn a_patient_meets_both_records_as_their_own_and_unsigned_text_in_neither() {
    let g = ground().await;
    let mut c = people::writer(&g.db).await;
    let now =
        people::appointment(&mut c, &g.clinic, &g.clinic.gp, g.clinic.jackie, (9, 30), "in_progress").await;
    let unsigned = people::visit(&mut c, &g.clinic.gp, now, "open").await;
    let jack = people::signed_in(&g.db, "jack").await;
    assert!(jack.store.record(&jack.actor, unsigned, false).await.is_err());
    let before = jack.store.own_home(&jack.actor, false).await.unwrap();
    g.merge(g.clinic.jack, g.clinic.jackie).await.unwrap();
    let own = jack.store.own_home(&jack.actor, false).await.unwrap();
    assert_eq!(own.visits.len(), before.visits.len(), "what is not signed is nobody's to see yet");
    assert_eq!(own.appointments.len(), before.appointments.len() + 2);
    assert_eq!(rule(jack.store.record(&jack.actor, unsigned, false).await), "record_unknown");
    assert!(jack.store.record(&jack.actor, g.signed, false).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_desks_that_merge_crosswise_make_one_link_and_no_booking_slips_in_between() {
    let g = ground().await;
    let (jack, jackie) = (g.clinic.jack, g.clinic.jackie);
    let other = people::signed_in(&g.db, "mei").await;
    for round in 0..4 {
        let crosswise = Merge { id: Uuid::now_v7(), merged: jackie, survivor: jack, reason: "y".into() };
        let booking =
            crate::store_booking::slot(jack, &g.clinic.gp, people::at(g.clinic.tomorrow, 9 + round, 0));
        let booking = praxis::domain::booking::NewAppointment { session: g.clinic.gp.tomorrow, ..booking };
        let third = people::signed_in(&g.db, "mei").await;
        let (a, b, booked) = tokio::join!(
            g.merge(jack, jackie),
            other.store.merge_patients(&other.actor, RequestId::new(), crosswise),
            third.store.book(&third.actor, RequestId::new(), booking),
        );
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        // What was booked was booked before; afterwards it is refused.
        if let Err(e) = booked {
            assert_eq!(rule::<()>(Err(e)), "patient_merged");
        }
        g.separate(if a.is_ok() { jack } else { jackie }).await.unwrap();
    }
}

//! Every public function of the store is told to the log, or is listed here with the reason why not.
use crate::support::{
    cluster::fresh_database,
    people::{clinic, signed_in},
};
use praxis::{
    domain::{audit::AuditFilter, ids::RequestId, patient_query::PatientQuery},
    store::Error,
};

/// What tells the log nothing, and why.
const SILENT: &[(&str, &str)] = &[
    // Part of a view whose opening is told.
    ("banner", "the head of a visit: visit.open"),
    ("identity", "the first tab of a visit: visit.open"),
    ("observations", "the second tab of a visit: visit.open"),
    ("notes", "the second tab of a visit: visit.open"),
    ("visit_diagnoses", "the fourth tab of a visit: visit.open"),
    ("visit_end", "the fifth tab of a visit: visit.open"),
    ("past_visits", "the first tab of a visit: visit.open"),
    ("prescription_warnings", "while prescribing, within a visit: visit.open"),
    ("drafts", "one's own drafts, offered within a visit: visit.open"),
    ("next_waiting", "who waits for oneself; opening the visit tells"),
    ("unsigned_visits", "one's own visits; opening one tells"),
    ("look_alikes", "while registering; the registration tells, and opening one of them"),
    ("overview", "totals, and the log's last lines without patients"),
    ("save_draft", "one's own unfinished text; what becomes of it tells"),
    ("emergency_now", "one's own emergency, whose opening is told: emergency.open"),
    ("whose_visit", "of a visit whose opening was refused and told; asking for it tells"),
    // No patient in it.
    ("registrations", "applications of providers"),
    ("patient_registrations", "applications of people who are no patients here yet; what is decided tells"),
    ("patient_hit", "one line beside an application; tying the two tells"),
    ("profile", "one's own name and address"),
    ("provider_entries", "the directory"),
    ("specialties", "the directory"),
    ("visit_habits", "how long visits take here"),
    ("first_free", "free times"),
    ("hold_slot", "a time that is being chosen; booking it tells"),
    ("let_go", "a time that is being chosen no longer"),
    ("holds", "times that are being chosen"),
    ("nearest_free", "free times"),
    ("referred", "whether somebody may be booked; booking tells"),
    ("plan_series", "free times"),
    ("plan_family", "free times"),
    ("overbookable", "taken times, not whose"),
    ("unbookable", "the directory"),
    ("queue_place", "a place in the queue: board.open"),
    ("visit_types", "the catalogue"),
    ("session_slots", "free times, and which are not"),
    ("slots_of_session", "free times, and which are not"),
    ("capacity", "free times, and which are not"),
    ("exceptions", "who of the staff is away, and how many are booked then"),
    ("rooms", "the directory"),
    ("day_strips", "free times"),
    ("month_days", "how much is free on each day"),
    ("directory", "the directory"),
    ("referral_targets", "the directory"),
    ("department_entries", "the directory"),
    ("centre_entries", "the directory"),
    ("centres", "the directory"),
    ("centre_page", "the directory"),
    ("providers", "the directory"),
    ("provider_page", "the directory"),
    ("front_door", "public settings"),
    ("clinic_sessions", "sessions and how many are booked"),
    ("settings", "policies"),
    ("access_days", "policies"),
    ("account", "one line of the list that accounts.open told of"),
    ("read_permissions", "the table of permissions"),
    ("permission_changes", "changes of the table of permissions"),
    ("why_not", "why something is not permitted"),
    ("colleagues", "names of staff"),
    ("open_messages", "how many messages wait"),
    ("visit_fee", "an amount; setting it tells"),
    ("erase_old_applications", "registration.erase, by the database"),
    // The database's own functions tell.
    ("apply_as_provider", "registration.apply, by the database"),
    ("apply_as_patient", "account.register, by the database"),
    ("sign_in", "sign-in.open and sign-in.refused, by the database"),
    ("change_password", "account.change-password, by the database"),
    ("sign_out", "sign-in.close, by the database"),
    ("second", "sign-in.open and sign-in.refused, by the database"),
    ("second_confirm", "sign-in.second-factor, by the database"),
    ("second_remove", "sign-in.second-factor, by the database"),
    ("write_to_clinic", "message.send, by the database"),
    // Session upkeep.
    ("challenge", "a salt"),
    ("arrival", "one's own last sign-in"),
    ("password_is", "one's own password, asked for again"),
    ("second_state", "whether one has a second factor"),
    ("second_begin", "a secret that counts only once it is confirmed"),
    ("who_am_i", "the session itself"),
    ("workplaces", "one's own centres"),
    ("rehash", "session upkeep"),
    ("lock", "session upkeep"),
    ("unlock", "session upkeep"),
    ("work_at", "session upkeep"),
    ("open", "connects"),
    ("open_service", "sign-in.open and sign-in.refused, by the database"),
    ("print_jobs", "one's own papers, which print.add told of"),
    ("claim_paper", "the worker; print.add told of the paper"),
    ("end_paper", "the worker; print.add told of the paper"),
    ("display_day", "a waiting room, without names; the service's sign-in tells"),
    ("close", "disconnects"),
    ("new", "connects"),
    // The owner's login and the worker's, outside of any session.
    ("keys", "keys, inside of a read or a write that tells"),
    ("keys_to_write", "keys, inside of a write that tells"),
    ("first_key", "a key, inside of a write that tells"),
    ("keys_outside", "a key before any session"),
    ("keys_of_visit", "keys, inside of a write that tells"),
    ("keys_of_subject", "keys, inside of a write that tells"),
    ("of", "keys for bulk work by the owner's login"),
    ("key_status", "how many keys are under which key, by the owner's login"),
    ("rotate_keys", "keys are wrapped anew, by the owner's login; no record is read"),
    ("login_taken", "before the first account"),
    ("site", "the clinic's name"),
    ("patient_of_number", "within audit.export"),
    ("audit_page", "within audit.export"),
    ("lead", "the sealer"),
    ("last_root", "roots"),
    ("roots_after", "roots"),
    ("first_root_of", "roots"),
    ("root_like", "roots"),
    ("seal", "roots"),
    ("verify", "checking the log"),
];

#[test]
fn every_public_function_of_the_store_tells_the_log_or_says_why_not() {
    let (mut seen, mut offences, mut used) = (0, vec![], vec![]);
    for (file, source) in crate::store_fence::sources() {
        // At the command line, by the owner's login: each has its own tests, which look at the log.
        if ["store/demo.rs", "store/import.rs", "store/system/administration.rs", "store/system/service.rs"]
            .iter()
            .any(|f| file.ends_with(f))
        {
            continue;
        }
        for (name, body) in crate::store_fence::public_async_functions(&source) {
            seen += 1;
            let compact: String = body.split_whitespace().collect();
            let hands_on = [
                "Event::new(",
                "event(\"audit.",
                "audit.record_system(",
                "insert_note(",
                "set_visit_state(",
                "(actor,request,",
            ];
            let tells = hands_on.iter().any(|w| compact.contains(w));
            match SILENT.iter().find(|(n, _)| *n == name) {
                Some(_) => used.push(name.to_owned()),
                None if tells => {}
                None => offences.push(format!("{file}: {name}")),
            }
        }
    }
    assert!(seen > 100, "the checker sees the store's functions: {seen}");
    assert!(offences.is_empty(), "neither told to the log nor listed:\n{}", offences.join("\n"));
    let gone: Vec<_> = SILENT.iter().filter(|(n, _)| !used.iter().any(|u| u == n)).collect();
    assert!(gone.is_empty(), "listed and not there: {gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_told_with_its_kind_and_its_count_and_never_with_what_was_typed() {
    let db = fresh_database();
    let clinic = clinic(&db).await;
    let mei = signed_in(&db, "mei").await;
    let query = PatientQuery::parse("blackbeard 1996", clinic.today);
    let found = mei.store.find_patients(&mei.actor, query.clone(), false).await.unwrap();
    mei.store.accept_search(&mei.actor, query, found.len()).await.unwrap();
    let audrey = signed_in(&db, "audrey").await;
    let of = AuditFilter { action: Some("patients.open".into()), ..AuditFilter::default() };
    let page = audrey.store.audit_entries(&audrey.actor, of, None, 10, true).await.unwrap();
    assert_eq!(page.zone, chrono_tz::Australia::Sydney, "the clinic's zone, also for who has no centre");
    assert_eq!(page.entries.len(), 1);
    assert_eq!(page.entries[0].facts["rows"], found.len());
    assert!(page.entries[0].facts["by"].as_array().unwrap().iter().any(|b| b == "name"));
    let everything =
        audrey.store.audit_entries(&audrey.actor, AuditFilter::default(), None, 500, false).await.unwrap();
    assert!(everything.entries.iter().all(|e| !e.facts.to_string().contains("blackbeard")));
    let word = AuditFilter { word: Some("Wong".into()), ..AuditFilter::default() };
    let by_word = audrey.store.audit_entries(&audrey.actor, word, None, 500, false).await.unwrap();
    assert!(!by_word.entries.is_empty() && by_word.entries.iter().all(|e| e.login == "mei"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_status_names_its_patient_and_the_record_says_who_looked_and_by_which_right() {
    let db = fresh_database();
    let clinic = clinic(&db).await;
    let mut c = crate::support::people::writer(&db).await;
    let booked =
        crate::support::people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (10, 0), "booked")
            .await;
    let mei = signed_in(&db, "mei").await;
    mei.store.set_status(&mei.actor, RequestId::new(), booked, 1, "arrived", "").await.unwrap();
    let anna = signed_in(&db, "anna").await;
    anna.store.patient_profile(&anna.actor, clinic.jack, true).await.unwrap();
    let gary = signed_in(&db, "gary").await;
    gary.store.patient_profile(&gary.actor, clinic.jack, true).await.unwrap();
    let audrey = signed_in(&db, "audrey").await;
    let of = AuditFilter {
        patient: Some(clinic.jack),
        action: Some("appointment.".into()),
        ..AuditFilter::default()
    };
    let page = audrey.store.audit_entries(&audrey.actor, of, None, 10, false).await.unwrap();
    assert_eq!((page.entries.len(), page.entries[0].action.as_str()), (1, "appointment.set-status"));
    let proof = audrey.store.audit_event(&audrey.actor, page.entries[0].id).await.unwrap();
    assert_eq!((proof.entry.patient, proof.root), (Some(clinic.jack), None));
    let jack = signed_in(&db, "jack").await;
    let seen = jack.store.record_viewers(&jack.actor, clinic.jack, None, true).await.unwrap();
    let said: Vec<_> =
        seen.views.iter().rev().map(|v| (v.who.to_string(), v.action.as_str(), v.right.as_str())).collect();
    assert!(said.contains(&("SMITH Anna".into(), "patient.open", "appointment")), "{said:?}");
    assert!(said.contains(&("BUSEY Gary".into(), "patient.open", "role")), "{said:?}");
    assert_eq!(
        seen.views.iter().find(|v| v.who.to_string() == "SMITH Anna").unwrap().centre,
        "Randwick Medical Centre"
    );
    let again = jack.store.record_viewers(&jack.actor, clinic.jack, None, false).await.unwrap();
    assert_eq!((again.views[0].action.as_str(), again.views[0].right.as_str()), ("record.viewers", "own"));
    assert!(audrey.store.record_viewers(&audrey.actor, clinic.jack, None, true).await.is_ok());
    for (who, patient) in [(&mei, clinic.jack), (&gary, clinic.jack), (&jack, clinic.linh)] {
        let refused = who.store.record_viewers(&who.actor, patient, None, true).await;
        assert!(
            matches!(refused, Err(Error::Refused(ref w)) if w.rule == "viewers_not_for_you"),
            "{refused:?}"
        );
    }
    let refusals =
        AuditFilter { refused_only: true, action: Some("record.viewers".into()), ..AuditFilter::default() };
    assert_eq!(
        audrey.store.audit_entries(&audrey.actor, refusals, None, 10, false).await.unwrap().entries.len(),
        3
    );
}

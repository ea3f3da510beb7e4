//! Drafts of what is typed: newest state, whose they are, when they are closed.
use super::*;

#[tokio::test]
async fn an_older_state_of_a_draft_never_replaces_a_newer_one() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let id = DraftId::new();
    let save =
        |revision, payload: &str| g.anna.store.save_draft(&g.anna.actor, draft(id, e, revision, payload));
    assert!(matches!(save(2, "two").await.unwrap(), DraftSaved::At(_)));
    assert_eq!(save(1, "one").await.unwrap(), DraftSaved::Newer);
    assert_eq!(save(2, "again").await.unwrap(), DraftSaved::Newer);
    assert!(matches!(save(3, "three").await.unwrap(), DraftSaved::At(_)));
    let found = g.anna.store.drafts(&g.anna.actor, e.0).await.unwrap();
    assert_eq!((found.len(), found[0].payload.as_str(), found[0].revision), (1, "three", 3));
    assert!(found[0].here);
}

#[tokio::test]
async fn a_draft_is_found_at_another_sign_in_and_by_nobody_else() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    g.anna.store.save_draft(&g.anna.actor, draft(DraftId::new(), e, 1, "half a sent")).await.unwrap();
    let elsewhere = people::signed_in(&g.db, "anna").await;
    let found = elsewhere.store.drafts(&elsewhere.actor, e.0).await.unwrap();
    assert_eq!((found[0].payload.as_str(), found[0].here), ("half a sent", false));
    let nina = people::signed_in(&g.db, "nina").await;
    assert!(nina.store.drafts(&nina.actor, e.0).await.unwrap().is_empty());
    elsewhere.store.close_draft(&elsewhere.actor, found[0].id, true).await.unwrap();
    assert!(g.anna.store.drafts(&g.anna.actor, e.0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_closed_draft_refuses_late_updates() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let (typed, noted) = (DraftId::new(), DraftId::new());
    let anna = g.anna.clone();
    let save = |id, revision| anna.store.save_draft(&anna.actor, draft(id, e, revision, "text"));
    save(typed, 1).await.unwrap();
    save(noted, 1).await.unwrap();
    // Saving the text closes its draft in the same transaction.
    g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("text"), Some(noted)).await.unwrap();
    assert_eq!(rule(save(noted, 2).await), "draft_closed");
    // The signature closes every other one.
    g.sign(e).await;
    assert_eq!(rule(save(typed, 2).await), "draft_closed");
    assert!(g.anna.store.drafts(&g.anna.actor, e.0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_draft_that_was_closed_before_it_came_comes_too_late() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let id = DraftId::new();
    g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("text"), Some(id)).await.unwrap();
    assert_eq!(rule(g.anna.store.save_draft(&g.anna.actor, draft(id, e, 1, "text")).await), "draft_closed");
    assert!(g.anna.store.drafts(&g.anna.actor, e.0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_write_closes_the_drafts_of_its_text_and_one_that_is_refused_closes_none() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let id = DraftId::new();
    let anna = g.anna.clone();
    let letter = NewDraft { form: "referral.write", part: "cardiology".into(), ..draft(id, e, 1, "Dear") };
    anna.store.save_draft(&anna.actor, letter).await.unwrap();
    let found = anna.store.drafts(&anna.actor, e.0).await.unwrap();
    assert_eq!((found[0].form.as_str(), found[0].part.as_str()), ("referral.write", "cardiology"));
    let visit = VisitRef { encounter: e, patient: g.clinic.jack };
    let refer = |target| {
        let new = NewReferral {
            target,
            reason: "murmur".into(),
            letter: "Dear".into(),
            urgency: ReferralUrgency::Routine,
            visits_allowed: None,
            valid_until: None,
        };
        let store = anna.store.closing(&[id]);
        let actor = anna.actor.clone();
        async move { store.write_referral(&actor, RequestId::new(), visit, new).await }
    };
    refer(Some(Target::Specialty("there is none".into()))).await.unwrap_err();
    assert_eq!(anna.store.drafts(&anna.actor, e.0).await.unwrap().len(), 1, "its text is still kept");
    refer(Some(Target::Specialty("cardiology".into()))).await.unwrap();
    assert!(anna.store.drafts(&anna.actor, e.0).await.unwrap().is_empty());
    assert_eq!(rule(anna.store.save_draft(&anna.actor, draft(id, e, 2, "Dear")).await), "draft_closed");
}

//! Applications, policies and the log: decided, changed and read by administrators, and kept.
use crate::{
    store_admin::{code, logged, ready, rule},
    support::people::signed_in,
};
use praxis::{
    auth::login,
    domain::{
        account::{Application, RegistrationState},
        actor::Role,
        audit::AuditFilter,
        ids::{AccountId, RegistrationId, RequestId},
        name::PersonName,
        policy::policy,
        provider::Profession,
    },
    store::Error,
};

fn application(email: &str) -> Application {
    Application {
        email: email.into(),
        name: PersonName::new("Curie", "Marie"),
        phone: "0400 000 000".into(),
        profession: Profession::Radiographer,
        provider_number: "PN9".into(),
        registration_number: "R9".into(),
        licence_number: "L9".into(),
        expertise: "X-rays".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_waits_until_it_is_accepted_or_rejected_and_the_decision_stays() {
    let (db, clinic, a) = ready().await;
    let nobody =
        praxis::store::Store::open(a.store.connector(), praxis::clock::Clock::system()).await.unwrap();
    let id = RegistrationId::new();
    let own =
        login::applicant_verifier(&nobody, "marie@example.org", "once".to_owned().into()).await.unwrap();
    nobody.apply_as_provider(id, application("marie@example.org"), &own).await.unwrap();
    nobody.apply_as_provider(id, application("marie@example.org"), &own).await.unwrap();
    let e = nobody
        .apply_as_provider(RegistrationId::new(), application("marie@example.org"), &[7; 32])
        .await
        .unwrap_err();
    assert_eq!(rule(&e), "registration_pending_key");
    nobody
        .apply_as_provider(RegistrationId::new(), application("pierre@example.org"), &[7; 32])
        .await
        .unwrap();
    let waiting = a.store.registrations(&a.actor).await.unwrap();
    assert_eq!(waiting.len(), 2);
    let marie = waiting.iter().find(|r| r.id == id).unwrap();
    assert_eq!(marie.application, application("marie@example.org"));

    let account = AccountId::new();
    a.store
        .accept_registration(
            &a.actor,
            RequestId::new(),
            id,
            marie.version,
            account,
            vec![clinic.ultimo],
            code("unused"),
        )
        .await
        .unwrap();
    let who = login::sign_in(&nobody, "marie@example.org", "once".to_owned().into(), "test").await.unwrap();
    assert_eq!((who.actor.role, who.actor.must_change_password), (Role::DiagnosticsProvider, false));
    let made = a.store.provider_entries(&a.actor, who.actor.provider).await.unwrap().remove(0);
    assert_eq!((made.details.registration_number.as_str(), made.centres.len()), ("R9", 1));

    let pierre = waiting.iter().find(|r| r.id != id).unwrap();
    a.store
        .reject_registration(&a.actor, RequestId::new(), pierre.id, pierre.version, "licence not found")
        .await
        .unwrap();
    let e = a
        .store
        .reject_registration(&a.actor, RequestId::new(), pierre.id, pierre.version, "again")
        .await
        .unwrap_err();
    assert!(matches!(e, Error::Stale { .. }));
    let now = a.store.registrations(&a.actor).await.unwrap();
    let pierre = now.iter().find(|r| r.id == pierre.id).unwrap();
    assert_eq!(pierre.state, RegistrationState::Rejected);
    assert_eq!(pierre.decided.as_ref().unwrap().2, "licence not found");
    assert_eq!((logged(&db, "registration.accept").await, logged(&db, "registration.reject").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_changes_with_a_reason_in_the_log_and_only_to_what_it_takes() {
    let (db, _, a) = ready().await;
    let (s, actor) = (&a.store, &a.actor);
    s.change_setting(
        actor,
        RequestId::new(),
        "history_grace_days",
        "90".into(),
        "30".into(),
        "board decision 7".into(),
    )
    .await
    .unwrap();
    let now = s.settings(actor).await.unwrap();
    assert_eq!(now.iter().find(|e| e.policy.key == "history_grace_days").unwrap().value, "30");
    let e = s
        .change_setting(actor, RequestId::new(), "history_grace_days", "90".into(), "10".into(), "x".into())
        .await
        .unwrap_err();
    assert!(matches!(e, Error::Stale { .. }));
    for (key, seen, value) in [
        ("history_policy", "central", "open"),
        ("session_hours", "12", "0"),
        ("history_grace_days", "30", "-1"),
    ] {
        assert!(policy(key).unwrap().check(value).is_err());
        let e = s
            .change_setting(actor, RequestId::new(), key, seen.into(), value.into(), "x".into())
            .await
            .unwrap_err();
        assert_eq!(rule(&e), "setting_value", "{key}");
    }
    assert!(
        s.change_setting(actor, RequestId::new(), "schema_version", "5".into(), "6".into(), "x".into())
            .await
            .is_err()
    );
    let why: String = sqlx::query_scalar(
        "select facts ->> 'why' from audit.event where action = 'setting.change' and outcome = 'done'",
    )
    .fetch_one(&mut db.superuser().await)
    .await
    .unwrap();
    assert_eq!(why, "board decision 7");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_in_pages_and_by_person_action_and_day() {
    let (db, clinic, a) = ready().await;
    for i in 0..7 {
        a.store
            .give_code(&a.actor, RequestId::new(), clinic.lab.account, code(&i.to_string()))
            .await
            .unwrap();
    }
    let (s, actor) = (&a.store, &a.actor);
    let given = AuditFilter { action: Some("account.".into()), ..AuditFilter::default() };
    let mut all = vec![];
    let mut after = None;
    loop {
        let page = s.audit_entries(actor, given.clone(), after, 3, false).await.unwrap();
        let Some(last) = page.entries.last() else { break };
        after = Some(last.key());
        all.extend(page.entries);
    }
    assert_eq!(all.len(), 7);
    assert!(all.windows(2).all(|w| (w[0].at, w[0].id) > (w[1].at, w[1].id)));
    assert_eq!((all[0].who.to_string().as_str(), all[0].role.as_str()), ("KEYS Alice", "administrator"));
    let of = async |filter| s.audit_entries(actor, filter, None, 100, true).await.map(|page| page.entries);
    assert!(
        of(AuditFilter { account: Some(clinic.lab.account), ..AuditFilter::default() })
            .await
            .unwrap()
            .is_empty()
    );
    let long_ago = chrono::NaiveDate::from_ymd_opt(2020, 1, 1);
    assert!(of(AuditFilter { until: long_ago, ..AuditFilter::default() }).await.unwrap().is_empty());
    assert!(
        of(AuditFilter { patient: Some(clinic.jack), ..AuditFilter::default() }).await.unwrap().is_empty()
    );
    let found = of(AuditFilter { patient: Some(clinic.jack), ..AuditFilter::default() }).await.unwrap();
    assert_eq!(found[0].action, "audit.open");
    assert_eq!(found[0].patient_name.as_ref().unwrap().to_string(), "BLACK Jack");
    let audrey = signed_in(&db, "audrey").await;
    assert!(
        !audrey
            .store
            .audit_entries(&audrey.actor, AuditFilter::default(), None, 5, false)
            .await
            .unwrap()
            .entries
            .is_empty()
    );
}

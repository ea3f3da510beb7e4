//! One's own profile, patients who register themselves, and people who are blocked: what is done and what is refused.
use crate::{
    store_admin::{logged, ready, rule},
    store_booking::slot,
    support::{
        cluster::Db,
        people::{self, appointment, at, nobody, set_now, signed_in, writer},
    },
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use praxis::{
    auth::login::{self, applicant_verifier},
    domain::{
        account::{Application, PatientApplication, Profile, RegistrationState},
        actor::Role,
        ids::{AccountId, PatientId, RegistrationId, RequestId},
        name::PersonName,
        patient::Sex,
        provider::Profession,
    },
    store::{Error, SignIn, Store},
};
use zeroize::Zeroizing;

const CHOSEN: &str = "seven quiet herons";

fn profile(login: &str, email: &str) -> Profile {
    Profile {
        login: login.into(),
        email: email.into(),
        name: PersonName::new("Okafor", "Mei"),
        phone: "0491 570 156".into(),
    }
}

async fn change(s: &SignIn, seen: i64, p: Profile) -> Result<i64, Error> {
    s.store.change_profile(&s.actor, RequestId::new(), seen, p).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_changed_by_its_own_person_alone_and_nothing_else_of_the_account() {
    let (db, _, _) = ready().await;
    let mei = signed_in(&db, "mei").await;
    let (seen, before, _) = mei.store.profile(&mei.actor).await.unwrap();
    let next = change(&mei, seen, profile("mei.o", "mei.o@praxis.example")).await.unwrap();
    assert!(next > seen);
    let (_, now, _) = mei.store.profile(&mei.actor).await.unwrap();
    assert_eq!(now, profile("mei.o", "mei.o@praxis.example"));
    assert_ne!(now, before);
    assert_eq!(mei.store.who_am_i().await.unwrap().role, Role::Receptionist);
    assert_eq!(logged(&db, "profile.change").await, 1);
    let late = change(&mei, seen, profile("mei.p", "")).await.unwrap_err();
    assert!(matches!(late, Error::Stale { .. }), "{late:?}");
    let nameless = Profile { name: PersonName::new(" ", ""), ..profile("mei.o", "") };
    assert_eq!(rule(&change(&mei, next, nameless).await.unwrap_err()), "profile_needs_name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_name_or_address_of_anybody_of_any_role_is_refused() {
    let (db, _, a) = ready().await;
    let mei = signed_in(&db, "mei").await;
    let (seen, own, _) = mei.store.profile(&mei.actor).await.unwrap();
    let (_, other, _) = a.store.profile(&a.actor).await.unwrap();
    for taken in [other.login.clone(), "anna".into(), other.email.clone()] {
        if taken.is_empty() {
            continue;
        }
        let e = change(&mei, seen, Profile { login: taken.clone(), ..own.clone() }).await.unwrap_err();
        assert!(matches!(e, Error::Duplicate(_)), "{taken}: {e:?}");
        let e = change(&mei, seen, Profile { email: taken.clone(), ..own.clone() }).await.unwrap_err();
        assert!(matches!(e, Error::Duplicate(_)), "{taken}: {e:?}");
    }
    let outside = nobody(&db).await;
    assert!(matches!(
        outside.change_profile(&mei.actor, RequestId::new(), seen, own).await.unwrap_err(),
        Error::NoSession
    ));
}

/// The database's clock.
async fn now(db: &Db) -> DateTime<Utc> {
    sqlx::query_scalar("select clinic.now()").fetch_one(&mut db.superuser().await).await.unwrap()
}

async fn policy(db: &Db, key: &str, value: &str) {
    sqlx::query("update clinic.setting set value = $2 where key = $1")
        .bind(key)
        .bind(value)
        .execute(&mut db.superuser().await)
        .await
        .unwrap();
}

fn asks(email: &str, family: &str) -> PatientApplication {
    PatientApplication {
        email: email.into(),
        name: PersonName::new(family, "Ines"),
        sex: Sex::Female,
        birth_date: NaiveDate::from_ymd_opt(1991, 2, 3).unwrap(),
        phone: "0491 570 110".into(),
        record_number: None,
        national_number: String::new(),
        medicare_number: String::new(),
    }
}

async fn apply(s: &Store, a: PatientApplication) -> Result<RegistrationId, Error> {
    let id = RegistrationId::new();
    let verifier = applicant_verifier(s, &a.email, CHOSEN.to_owned().into()).await?;
    s.apply_as_patient(id, (AccountId::new(), PatientId::new()), a, &verifier).await?;
    Ok(id)
}

async fn enter(s: &Store, email: &str, password: &str) -> Result<SignIn, Error> {
    login::sign_in(s, email, Zeroizing::new(password.to_owned()), "test").await
}

async fn patients(db: &Db) -> i64 {
    sqlx::query_scalar("select count(*) from clinic.patient")
        .fetch_one(&mut db.superuser().await)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn patients_register_when_the_policy_allows_and_wait_for_reception() {
    let (db, clinic, _) = ready().await;
    let outside = nobody(&db).await;
    let off = apply(&outside, asks("ines@example.org", "Moreau")).await.unwrap_err();
    assert_eq!(rule(&off), "sign_up_off");
    policy(&db, "patient_sign_up", "pending").await;
    apply(&outside, asks("ines@example.org", "Moreau")).await.unwrap();
    apply(&outside, asks("jo@example.org", "Moreau")).await.unwrap();
    let waits = enter(&outside, "ines@example.org", CHOSEN).await.err().unwrap();
    assert_eq!(rule(&waits), "application_waits");
    let wrong = enter(&outside, "ines@example.org", "another password").await.err().unwrap();
    assert_eq!(rule(&wrong), "sign_in_wrong");

    let mei = signed_in(&db, "mei").await;
    let list = mei.store.patient_registrations(&mei.actor).await.unwrap();
    assert_eq!(list.len(), 2);
    let ines = list.iter().find(|r| r.application.email.starts_with("ines")).unwrap();
    let jo = list.iter().find(|r| r.application.email.starts_with("jo")).unwrap();
    let before = patients(&db).await;
    let accept = |request, row, account, existing| {
        let (mei, fresh) = (&mei, PatientId::new());
        async move { mei.store.accept_patient(&mei.actor, request, row, account, existing, fresh).await }
    };
    accept(RequestId::new(), ines, AccountId::new(), None).await.unwrap();
    assert_eq!(patients(&db).await, before + 1);
    let again = accept(RequestId::new(), ines, AccountId::new(), None).await.unwrap_err();
    assert!(matches!(again, Error::Stale { .. }), "{again:?}");
    let inside = enter(&outside, "ines@example.org", CHOSEN).await.unwrap();
    assert_eq!((inside.actor.role, inside.actor.must_change_password), (Role::Patient, false));
    assert!(inside.actor.patient.is_some());

    let taken = accept(RequestId::new(), jo, AccountId::new(), inside.actor.patient).await.unwrap_err();
    assert_eq!(rule(&taken), "patient_has_account");
    accept(RequestId::new(), jo, AccountId::new(), Some(clinic.linh)).await.unwrap();
    assert_eq!(patients(&db).await, before + 1, "tied to a patient who is here");
    assert_eq!(enter(&outside, "jo@example.org", CHOSEN).await.unwrap().actor.patient, Some(clinic.linh));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_applicant_reads_the_note_until_it_is_erased() {
    let (db, _, a) = ready().await;
    policy(&db, "patient_sign_up", "pending").await;
    let outside = nobody(&db).await;
    let id = apply(&outside, asks("ines@example.org", "Moreau")).await.unwrap();
    let mei = signed_in(&db, "mei").await;
    let reject = |s: SignIn| async move {
        s.store.reject_patient(&s.actor, RequestId::new(), id, 1, "please bring your card").await
    };
    for login in ["anna", "audrey"] {
        let e = reject(signed_in(&db, login).await).await.unwrap_err();
        assert_eq!(rule(&e), "not_permitted", "{login}");
    }
    reject(mei.clone()).await.unwrap();
    let told = enter(&outside, "ines@example.org", CHOSEN).await.err().unwrap();
    assert_eq!(rule(&told), "application_rejected");
    assert!(told.to_string().contains("please bring your card"), "{told}");
    let row = mei.store.patient_registrations(&mei.actor).await.unwrap().remove(0);
    assert_eq!(row.state, RegistrationState::Rejected);

    let mut c = db.superuser().await;
    sqlx::query("update clinic.patient_registration set decided_at = decided_at - interval '31 days'")
        .execute(&mut c)
        .await
        .unwrap();
    assert!(a.store.patient_registrations(&a.actor).await.unwrap().is_empty());
    let gone = enter(&outside, "ines@example.org", CHOSEN).await.err().unwrap();
    assert_eq!(rule(&gone), "sign_in_wrong");
    assert_eq!(logged(&db, "account.register").await, 1, "the decision stays in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_at_once_never_says_who_is_a_patient_here() {
    let (db, clinic, _) = ready().await;
    policy(&db, "patient_sign_up", "instant").await;
    let outside = nobody(&db).await;
    apply(&outside, asks("ines@example.org", "Moreau")).await.unwrap();
    let new = enter(&outside, "ines@example.org", CHOSEN).await.unwrap();
    assert!(new.actor.patient.is_some() && new.actor.patient != Some(clinic.linh));
    // The same name and birth date, or the address of an account: it waits, and the answer is the same.
    apply(&outside, asks("other@example.org", "Moreau")).await.unwrap();
    let e = enter(&outside, "other@example.org", CHOSEN).await.err().unwrap();
    assert_eq!(rule(&e), "application_waits");
    apply(&outside, asks("ines@example.org", "Different")).await.unwrap();
    assert!(enter(&outside, "ines@example.org", CHOSEN).await.is_ok(), "the account's own password");
    let mut numbered = asks("third@example.org", "Nakamura");
    numbered.record_number = Some(999_999);
    apply(&outside, numbered).await.unwrap();
    let e = enter(&outside, "third@example.org", CHOSEN).await.err().unwrap();
    assert_eq!(rule(&e), "application_waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_are_counted_so_that_nobody_floods_the_clinic() {
    let (db, _, _) = ready().await;
    policy(&db, "patient_sign_up", "pending").await;
    let outside = nobody(&db).await;
    let send = |n: i32| {
        let (outside, new) = (&outside, (AccountId::new(), PatientId::new()));
        let a = asks(&format!("p{n}@example.org"), "Moreau");
        async move { outside.apply_as_patient(RegistrationId::new(), new, a, &[7; 32]).await }
    };
    for n in 0..20 {
        send(n).await.unwrap();
    }
    assert_eq!(rule(&send(20).await.unwrap_err()), "too_many_applications");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_signs_in_with_the_password_of_the_application_and_clashes_are_shown() {
    let (db, clinic, a) = ready().await;
    let outside = nobody(&db).await;
    let id = RegistrationId::new();
    let application = |email: &str| Application {
        email: email.into(),
        name: PersonName::new("Curie", "Marie"),
        phone: String::new(),
        profession: Profession::Radiographer,
        provider_number: "PN9".into(),
        registration_number: "R9".into(),
        licence_number: String::new(),
        expertise: String::new(),
    };
    let verifier = applicant_verifier(&outside, "marie@example.org", CHOSEN.to_owned().into()).await.unwrap();
    outside.apply_as_provider(id, application("marie@example.org"), &verifier).await.unwrap();
    let waits = enter(&outside, "marie@example.org", CHOSEN).await.err().unwrap();
    assert_eq!(rule(&waits), "application_waits");
    let own = a
        .store
        .accept_registration(
            &a.actor,
            RequestId::new(),
            id,
            1,
            AccountId::new(),
            vec![clinic.ultimo],
            crate::store_admin::code("unused"),
        )
        .await
        .unwrap();
    assert!(own);
    let marie = enter(&outside, "marie@example.org", CHOSEN).await.unwrap();
    assert_eq!(marie.actor.role, Role::DiagnosticsProvider);
    outside.apply_as_provider(RegistrationId::new(), application("eve@example.org"), &[7; 32]).await.unwrap();
    let list = a.store.registrations(&a.actor).await.unwrap();
    let eve = list.iter().find(|r| r.application.email.starts_with("eve")).unwrap();
    assert_eq!(eve.clashes, ["provider_number", "registration_number"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_blocked_is_out_at_once_and_stays_out_until_then() {
    let (db, clinic, a) = ready().await;
    let anna = signed_in(&db, "anna").await;
    let id = anna.actor.account;
    let mut c = writer(&db).await;
    set_now(&mut c, at(clinic.today, 9, 0)).await;
    appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (11, 0), "booked").await;
    let block = |seen, until, why: &'static str| {
        let a = &a;
        async move { a.store.block_account(&a.actor, RequestId::new(), id, seen, until, why).await }
    };
    let seen = a.store.account(&a.actor, id).await.unwrap().unwrap().version;
    let until = now(&db).await + Duration::days(400);
    assert_eq!(rule(&block(seen, Some(until), " ").await.unwrap_err()), "block_needs_reason");
    let past = now(&db).await - Duration::days(1);
    assert_eq!(rule(&block(seen, Some(past), "late").await.unwrap_err()), "block_is_over");
    let next = block(seen, Some(until), "unpaid invoices").await.unwrap();
    assert!(matches!(anna.store.who_am_i().await.unwrap_err(), Error::NoSession));
    let told = enter(&nobody(&db).await, "anna", people::PASSWORD).await.err().unwrap();
    assert_eq!(rule(&told), "account_blocked");
    assert!(!told.to_string().contains("unpaid"), "the reason stays inside: {told}");
    let entry = a.store.account(&a.actor, id).await.unwrap().unwrap();
    assert_eq!(entry.blocked.map(|b| b.1), Some("unpaid invoices".to_owned()));
    let left = a.store.left_behind(&a.actor, id).await.unwrap();
    assert_eq!((left.len(), left[0].visit), (1, false));
    let mei = signed_in(&db, "mei").await;
    assert_eq!(rule(&mei.store.left_behind(&mei.actor, id).await.unwrap_err()), "not_permitted");
    let slot = slot(clinic.jack, &clinic.gp, at(clinic.today, 10, 0));
    let refused = mei.store.book(&mei.actor, RequestId::new(), slot).await.unwrap_err();
    assert_eq!(rule(&refused), "provider_blocked");
    block(next, None, "").await.unwrap();
    assert!(enter(&nobody(&db).await, "anna", people::PASSWORD).await.is_ok());
    assert_eq!(logged(&db, "account.block").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_blocks_themselves_or_the_last_administrator_or_without_permission() {
    let (db, clinic, a) = ready().await;
    let until = Some(now(&db).await + Duration::days(400));
    let own = a.store.account(&a.actor, a.actor.account).await.unwrap().unwrap();
    let e =
        a.store.block_account(&a.actor, RequestId::new(), own.id, own.version, until, "x").await.unwrap_err();
    assert_eq!(rule(&e), "not_your_own_account");
    let seen = a.store.account(&a.actor, clinic.reception.account).await.unwrap().unwrap().version;
    for login in ["anna", "audrey"] {
        let w = signed_in(&db, login).await;
        let done = w
            .store
            .block_account(&w.actor, RequestId::new(), clinic.reception.account, seen, until, "x")
            .await;
        assert!(done.is_err(), "{login}");
    }
}

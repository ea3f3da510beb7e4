//! Administration: who may change accounts, centres, providers, applications and policies, and that all of it is logged.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{Clinic, appointment, clinic, signed_in, writer},
};
use praxis::{
    auth::{login, password},
    domain::{
        account::{AccountDetails, AccountEntry, Position},
        actor::Role,
        centre::{CentreDetails, CentreKind, DepartmentDetails},
        ids::{AccountId, CentreId, DepartmentId, RequestId},
        name::PersonName,
        provider::{Profession, ProviderDetails, WeeklyHours},
    },
    store::{AccountFilter, Error, SignIn, Verifier},
};

pub async fn ready() -> (Db, Clinic, SignIn) {
    let db = fresh_database();
    let clinic = clinic(&db).await;
    let admin = signed_in(&db, "root").await;
    (db, clinic, admin)
}

pub fn code(text: &str) -> Verifier {
    password::new_credential(text, "m=8,t=1,p=1").unwrap().into()
}

pub fn rule(e: &Error) -> String {
    match e {
        Error::Refused(w) | Error::Duplicate(w) | Error::Overlap(w) => w.rule.clone(),
        other => format!("{other:?}"),
    }
}

fn details(login: &str, position: Position, centres: Vec<CentreId>) -> AccountDetails {
    AccountDetails {
        login: login.into(),
        email: format!("{login}@praxis.example"),
        name: PersonName::new("Doe", login),
        phone: String::new(),
        position,
        centres,
    }
}

pub async fn logged(db: &Db, action: &str) -> i64 {
    sqlx::query_scalar(
        "select count(*) from audit.event where action = $1 and outcome = 'done' and account_id is not null",
    )
    .bind(action)
    .fetch_one(&mut db.superuser().await)
    .await
    .unwrap()
}

async fn entry(a: &SignIn, id: AccountId) -> AccountEntry {
    a.store.account(&a.actor, id).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_signs_in_with_its_code_and_must_choose_a_password() {
    let (db, clinic, a) = ready().await;
    let id = AccountId::new();
    let new = details("zoe", Position::plain(Role::Receptionist), vec![clinic.randwick]);
    a.store.add_account(&a.actor, RequestId::new(), id, new.clone(), code("one-time")).await.unwrap();
    assert_eq!(entry(&a, id).await.details, new);
    let who =
        login::sign_in(&a.store, "zoe@praxis.example", "one-time".to_owned().into(), "test").await.unwrap();
    assert!(who.actor.must_change_password);
    assert_eq!(logged(&db, "account.add").await, 1);
    let again =
        a.store.add_account(&a.actor, RequestId::new(), AccountId::new(), new, code("x")).await.unwrap_err();
    assert!(matches!(again, Error::Duplicate(_)), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_provider_is_also_in_the_directory_and_keeps_being_one() {
    let (_db, clinic, a) = ready().await;
    let id = AccountId::new();
    let new =
        details("gus", Position::provider(Profession::Radiographer), vec![clinic.randwick, clinic.ultimo]);
    a.store.add_account(&a.actor, RequestId::new(), id, new, code("x")).await.unwrap();
    let found = entry(&a, id).await;
    assert_eq!(found.details.position.role, Role::DiagnosticsProvider);
    let provider = a.store.provider_entries(&a.actor, found.provider).await.unwrap().pop().unwrap();
    assert_eq!((provider.profession, provider.centres.len()), (Profession::Radiographer, 2));
    let mut other = found.details.clone();
    other.position = Position::plain(Role::Receptionist);
    let e = a.store.change_account(&a.actor, RequestId::new(), id, found.version, other).await.unwrap_err();
    assert_eq!(rule(&e), "provider_stays_provider");
    let mut other = found.details.clone();
    other.position = Position::provider(Profession::Gp);
    other.name.family = "Doré".into();
    a.store.change_account(&a.actor, RequestId::new(), id, found.version, other).await.unwrap();
    let e = a
        .store
        .change_account(&a.actor, RequestId::new(), id, found.version, found.details)
        .await
        .unwrap_err();
    assert!(matches!(e, Error::Stale { ref by, .. } if by == "Alice Keys"), "{e:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivated_person_is_out_at_once_and_an_old_sign_in_never_comes_back() {
    let (db, clinic, a) = ready().await;
    let mut c = writer(&db).await;
    appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (16, 0), "booked").await;
    let anna = signed_in(&db, "anna").await;
    let before = entry(&a, clinic.gp.account).await;
    let done = a
        .store
        .deactivate_account(&a.actor, RequestId::new(), before.id, before.version, "on leave")
        .await
        .unwrap();
    assert_eq!(done.appointments, 1);
    assert!(matches!(
        anna.store.accounts(&anna.actor, AccountFilter::default(), false).await,
        Err(Error::NoSession)
    ));
    let now = entry(&a, before.id).await;
    assert_eq!(now.deactivated.as_ref().unwrap().1, "on leave");
    a.store.reactivate_account(&a.actor, RequestId::new(), before.id, done.version, "is back").await.unwrap();
    assert_eq!(entry(&a, before.id).await.reactivated.unwrap().1, "is back");
    assert!(matches!(
        anna.store.accounts(&anna.actor, AccountFilter::default(), false).await,
        Err(Error::NoSession)
    ));
    signed_in(&db, "anna").await;
    assert_eq!((logged(&db, "account.deactivate").await, logged(&db, "account.reactivate").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_removes_themselves_or_the_last_administrator() {
    let (db, clinic, a) = ready().await;
    let me = entry(&a, clinic.admin.account).await;
    let e =
        a.store.deactivate_account(&a.actor, RequestId::new(), me.id, me.version, "bye").await.unwrap_err();
    assert_eq!(rule(&e), "not_your_own_account");
    let mut lesser = me.details.clone();
    lesser.position = Position::plain(Role::Auditor);
    let e = a.store.change_account(&a.actor, RequestId::new(), me.id, me.version, lesser).await.unwrap_err();
    assert_eq!(rule(&e), "not_your_own_account");
    let e = sqlx::query("update clinic.account set deactivated_at = now() where role = 'administrator'")
        .execute(&mut db.superuser().await)
        .await
        .unwrap_err();
    assert!(e.to_string().contains("last_administrator"), "{e}");
    let told: i64 = sqlx::query_scalar("select count(*) from audit.event where outcome = 'refused' and facts ->> 'rule' = 'not_your_own_account'")
        .fetch_one(&mut db.superuser().await)
        .await
        .unwrap();
    assert_eq!(told, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_cannot_remove_each_other_at_the_same_moment() {
    let (db, _, a) = ready().await;
    let id = AccountId::new();
    a.store
        .add_account(
            &a.actor,
            RequestId::new(),
            id,
            details("root2", Position::plain(Role::Administrator), vec![]),
            code("x"),
        )
        .await
        .unwrap();
    sqlx::query("update auth.credential set must_change = false, expires_at = null")
        .execute(&mut db.superuser().await)
        .await
        .unwrap();
    let b = login::sign_in(&a.store, "root2", "x".to_owned().into(), "test").await.unwrap();
    let (ea, eb) = (entry(&a, a.actor.account).await, entry(&a, id).await);
    let (one, two) = tokio::join!(
        a.store.deactivate_account(&a.actor, RequestId::new(), eb.id, eb.version, "x"),
        b.store.deactivate_account(&b.actor, RequestId::new(), ea.id, ea.version, "x"),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_code_ends_every_sign_in_of_the_person() {
    let (db, clinic, a) = ready().await;
    let mei = signed_in(&db, "mei").await;
    a.store.give_code(&a.actor, RequestId::new(), clinic.reception.account, code("fresh")).await.unwrap();
    assert!(matches!(
        mei.store.accounts(&mei.actor, AccountFilter::default(), false).await,
        Err(Error::NoSession)
    ));
    assert!(
        login::sign_in(&a.store, "mei", "fresh".to_owned().into(), "test")
            .await
            .unwrap()
            .actor
            .must_change_password
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_administer() {
    let (db, clinic, a) = ready().await;
    let centre = a.store.centre_entries(&a.actor).await.unwrap().remove(0);
    let mei = entry(&a, clinic.reception.account).await;
    for login in ["mei", "anna", "audrey", "jack"] {
        let w = signed_in(&db, login).await;
        let new = details("eve", Position::plain(Role::Administrator), vec![]);
        assert!(
            w.store.add_account(&w.actor, RequestId::new(), AccountId::new(), new, code("x")).await.is_err(),
            "{login}"
        );
        assert!(
            w.store.give_code(&w.actor, RequestId::new(), a.actor.account, code("x")).await.is_err(),
            "{login}"
        );
        let mut up = mei.details.clone();
        up.position = Position::plain(Role::Administrator);
        assert!(
            w.store.change_account(&w.actor, RequestId::new(), mei.id, mei.version, up).await.is_err(),
            "{login}"
        );
        assert!(
            w.store
                .change_centre(&w.actor, RequestId::new(), centre.id, centre.version, centre.details.clone())
                .await
                .is_err(),
            "{login}"
        );
        assert!(
            w.store
                .change_setting(
                    &w.actor,
                    RequestId::new(),
                    "history_policy",
                    "central".into(),
                    "strict".into(),
                    "x".into()
                )
                .await
                .is_err(),
            "{login}"
        );
        assert!(w.store.registrations(&w.actor).await.unwrap().is_empty());
        if login != "audrey" {
            let everything = praxis::domain::audit::AuditFilter::default();
            assert!(
                w.store
                    .audit_entries(&w.actor, everything, None, 10, false)
                    .await
                    .unwrap()
                    .entries
                    .is_empty()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn centres_and_departments_are_added_changed_closed_and_retired() {
    let (db, clinic, a) = ready().await;
    let d = CentreDetails {
        kind: CentreKind::Hospital,
        number: "777".into(),
        name: "Élodie Hospital".into(),
        phone: "02 9382 1111".into(),
        email: String::new(),
        address: "1 High St".into(),
        suburb: "Randwick".into(),
        zone: "Australia/Perth".into(),
    };
    let id = a.store.add_centre(&a.actor, RequestId::new(), CentreId::new(), d.clone()).await.unwrap();
    let same = CentreDetails { number: "778".into(), name: "elodie HOSPITAL".into(), ..d.clone() };
    let e = a.store.add_centre(&a.actor, RequestId::new(), CentreId::new(), same).await.unwrap_err();
    assert_eq!(rule(&e), "centre_name_key");
    let at = |all: Vec<praxis::domain::centre::CentreEntry>| all.into_iter().find(|c| c.id == id).unwrap();
    let before = at(a.store.centre_entries(&a.actor).await.unwrap());
    assert_eq!(before.details, d);
    let version = a.store.retire_centre(&a.actor, RequestId::new(), id, before.version, true).await.unwrap();
    assert!(at(a.store.centre_entries(&a.actor).await.unwrap()).retired);
    a.store.retire_centre(&a.actor, RequestId::new(), id, version, false).await.unwrap();
    let busy = a
        .store
        .centre_entries(&a.actor)
        .await
        .unwrap()
        .into_iter()
        .find(|c| c.id == clinic.randwick)
        .unwrap();
    let e = a.store.retire_centre(&a.actor, RequestId::new(), busy.id, busy.version, true).await.unwrap_err();
    assert_eq!(rule(&e), "centre_has_sessions");

    let dep = DepartmentDetails {
        centre: id,
        name: "Cardiology".into(),
        services: "ECG".into(),
        closed: false,
        opens: String::new(),
    };
    let dep_id =
        a.store.add_department(&a.actor, RequestId::new(), DepartmentId::new(), dep.clone()).await.unwrap();
    let e = a
        .store
        .add_department(&a.actor, RequestId::new(), DepartmentId::new(), dep.clone())
        .await
        .unwrap_err();
    assert_eq!(rule(&e), "department_centre_id_name_key");
    let closed = DepartmentDetails { closed: true, opens: "Mon 08:00".into(), ..dep };
    a.store.change_department(&a.actor, RequestId::new(), dep_id, 1, closed.clone()).await.unwrap();
    let e =
        a.store.change_department(&a.actor, RequestId::new(), dep_id, 1, closed.clone()).await.unwrap_err();
    assert!(matches!(e, Error::Stale { .. }));
    assert_eq!(a.store.department_entries(&a.actor).await.unwrap()[0].details, closed);
    assert_eq!(logged(&db, "centre.retire").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn weekly_hours_never_overlap_across_centres() {
    let (_db, clinic, a) = ready().await;
    let gp = clinic.gp.provider();
    let one = |a: Vec<praxis::domain::provider::ProviderEntry>| a.into_iter().next().unwrap();
    let p = one(a.store.provider_entries(&a.actor, Some(gp)).await.unwrap());
    let v = a
        .store
        .set_affiliations(&a.actor, RequestId::new(), gp, p.version, vec![clinic.randwick, clinic.ultimo])
        .await
        .unwrap();
    let at = |centre, weekday, from_minute, to_minute| WeeklyHours {
        centre,
        weekday,
        from_minute,
        to_minute,
        slot_minutes: 30,
    };
    let good = vec![
        at(clinic.randwick, 1, 540, 720),
        at(clinic.ultimo, 1, 720, 900),
        at(clinic.ultimo, 2, 540, 720),
    ];
    let v = a.store.set_weekly_hours(&a.actor, RequestId::new(), gp, v, good.clone()).await.unwrap();
    let bad = vec![at(clinic.randwick, 1, 540, 721), at(clinic.ultimo, 1, 720, 900)];
    let e = a.store.set_weekly_hours(&a.actor, RequestId::new(), gp, v, bad).await.unwrap_err();
    assert!(matches!(e, Error::Overlap(_)) && rule(&e) == "provider_hours_overlap");
    assert_eq!(one(a.store.provider_entries(&a.actor, Some(gp)).await.unwrap()).hours, good);
    let e =
        a.store.set_affiliations(&a.actor, RequestId::new(), gp, v, vec![clinic.randwick]).await.unwrap_err();
    assert_eq!(rule(&e), "affiliation_has_hours");
    let e =
        a.store.set_affiliations(&a.actor, RequestId::new(), gp, v, vec![clinic.ultimo]).await.unwrap_err();
    assert_eq!(rule(&e), "affiliation_has_sessions");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_detail_of_a_provider_is_kept() {
    let (_db, clinic, a) = ready().await;
    let id = clinic.specialist.provider();
    let before = a.store.provider_entries(&a.actor, Some(id)).await.unwrap().remove(0);
    let department = DepartmentDetails {
        centre: clinic.randwick,
        name: "Heart".into(),
        services: String::new(),
        closed: false,
        opens: String::new(),
    };
    let department =
        a.store.add_department(&a.actor, RequestId::new(), DepartmentId::new(), department).await.unwrap();
    let d = ProviderDetails {
        department: Some(department),
        provider_number: "PN7".into(),
        sex: "male".into(),
        birth_date: chrono::NaiveDate::from_ymd_opt(1970, 2, 3),
        registration_number: "REG7".into(),
        licence_number: "L7".into(),
        licence_until: chrono::NaiveDate::from_ymd_opt(2027, 1, 1),
        specialties: vec!["cardiology".into(), "dermatology".into()],
        expertise: "hearts".into(),
        qualifications: "MBBS".into(),
        practising_since: Some(1995),
        biography: "Two lines\nof it".into(),
        fee_cents: Some(12_050),
    };
    a.store.change_provider(&a.actor, RequestId::new(), id, before.version, d.clone()).await.unwrap();
    assert_eq!(a.store.provider_entries(&a.actor, Some(id)).await.unwrap()[0].details, d);
    assert!(a.store.specialties(&a.actor).await.unwrap().len() >= 12);
    let other = a.store.provider_entries(&a.actor, Some(clinic.gp.provider())).await.unwrap().remove(0);
    let e =
        a.store.change_provider(&a.actor, RequestId::new(), other.id, other.version, d).await.unwrap_err();
    assert!(matches!(e, Error::Duplicate(_)));
}

//! Changing a permission: two administrators, or one and a day, with the clock moved by hand.
use super::speaking;
use crate::{
    store_admin::{logged, rule},
    support::{
        cluster::{Db, fresh_database},
        people::{self, Clinic},
    },
};
use chrono::Duration;
use praxis::{
    domain::{
        actor::Role,
        ids::{PermissionChangeId, RequestId},
        permission::Code,
    },
    store::{Error, SignIn},
};

/// The nurse's notes, which become impossible.
const CELL: (&str, Role) = ("note.add", Role::Nurse);

async fn propose(
    who: &SignIn,
    (action, role): (&str, Role),
    codes: &[Code],
) -> Result<(PermissionChangeId, Option<chrono::DateTime<chrono::Utc>>), Error> {
    let id = PermissionChangeId::new();
    let cell = (action.to_owned(), role);
    let due = who
        .store
        .propose_permission(&who.actor, RequestId::new(), id, cell, codes.to_vec(), "board decision".into())
        .await?;
    Ok((id, due))
}

async fn clinic(db: &Db, second: bool) -> (Clinic, SignIn) {
    let clinic = people::clinic(db).await;
    if second {
        let mut c = people::writer(db).await;
        let days = [clinic.today, clinic.tomorrow];
        people::person(&mut c, "second", "administrator", ("Lock", "Bob"), clinic.randwick, None, days).await;
    }
    (clinic, people::signed_in(db, "root").await)
}

async fn nurse_may(db: &Db) -> bool {
    let mut nina = speaking(db, "nina").await;
    sqlx::query_scalar("select auth.permits('note.add') is not null").fetch_one(&mut nina).await.unwrap()
}

#[tokio::test]
async fn a_second_administrator_confirms_and_then_it_is_in_effect_at_once() {
    let db = fresh_database();
    let (_, root) = clinic(&db, true).await;
    let (id, due) = propose(&root, CELL, &[]).await.unwrap();
    assert_eq!(due, None);
    assert!(nurse_may(&db).await, "a proposal changes nothing");
    let own = root.store.confirm_permission(&root.actor, RequestId::new(), id).await.unwrap_err();
    assert_eq!(rule(&own), "permission_second_person");
    assert_eq!(rule(&propose(&root, CELL, &[]).await.unwrap_err()), "permission_pending");
    let bob = people::signed_in(&db, "second").await;
    let waiting = bob.store.permission_changes(&bob.actor).await.unwrap();
    assert_eq!(
        (waiting.len(), waiting[0].id, waiting[0].mine, waiting[0].why.as_str()),
        (1, id, false, "board decision")
    );
    bob.store.confirm_permission(&bob.actor, RequestId::new(), id).await.unwrap();
    assert!(!nurse_may(&db).await);
    let nina = people::signed_in(&db, "nina").await;
    assert!(nina.store.permissions().could(Role::Nurse, false, "note.add").is_err());
    assert_eq!(
        rule(&bob.store.withdraw_permission(&bob.actor, RequestId::new(), id).await.unwrap_err()),
        "permission_decided"
    );
    assert_eq!((logged(&db, "permission.propose").await, logged(&db, "permission.confirm").await), (1, 1));
}

#[tokio::test]
async fn where_there_is_one_administrator_it_takes_effect_after_a_day() {
    let db = fresh_database();
    let (clinic, root) = clinic(&db, false).await;
    let (_, due) = propose(&root, CELL, &[]).await.unwrap();
    assert!(due.is_some());
    let mut c = people::writer(&db).await;
    let start = people::at(clinic.today, 9, 0);
    people::set_now(&mut c, start + Duration::hours(23)).await;
    assert!(nurse_may(&db).await, "not before the day is over");
    people::set_now(&mut c, start + Duration::hours(24) + Duration::minutes(5)).await;
    assert!(!nurse_may(&db).await);
    assert_eq!(root.store.permission_changes(&root.actor).await.unwrap(), []);
    // It is what is in effect now, and can be proposed back.
    assert_eq!(rule(&propose(&root, CELL, &[]).await.unwrap_err()), "permission_unchanged");
    propose(&root, CELL, &[Code::PresentToday]).await.unwrap();
    assert!(!nurse_may(&db).await);
}

#[tokio::test]
async fn a_proposal_that_is_withdrawn_never_takes_effect() {
    let db = fresh_database();
    let (clinic, root) = clinic(&db, false).await;
    let (id, _) = propose(&root, CELL, &[]).await.unwrap();
    root.store.withdraw_permission(&root.actor, RequestId::new(), id).await.unwrap();
    let mut c = people::writer(&db).await;
    people::set_now(&mut c, people::at(clinic.today, 9, 0) + Duration::days(3)).await;
    assert!(nurse_may(&db).await);
    assert_eq!(logged(&db, "permission.withdraw").await, 1);
}

#[tokio::test]
async fn nobody_takes_the_last_administration_away_or_gives_what_an_action_does_not_know() {
    let db = fresh_database();
    let (_, root) = clinic(&db, true).await;
    for action in ["permission.propose", "permission.confirm", "account.change"] {
        let e = propose(&root, (action, Role::Administrator), &[]).await.unwrap_err();
        assert_eq!(rule(&e), "permission_leaves_nobody", "{action}");
    }
    let e = propose(&root, ("visit.sign", Role::Nurse), &[Code::Any]).await.unwrap_err();
    assert_eq!(rule(&e), "permission_code");
    for login in ["mei", "anna", "audrey"] {
        let who = people::signed_in(&db, login).await;
        let e = propose(&who, CELL, &[]).await.unwrap_err();
        assert_eq!(rule(&e), "not_permitted", "{login}");
        assert!(e.to_string().starts_with("Only an administrator may propose another permission"), "{e}");
    }
}

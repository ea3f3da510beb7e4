//! The Info tab in the database: every field of the identity and of the six lists comes back, the four allergy states
//! are four, and what is new since the last visit is marked.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic},
};
use chrono::{Duration, NaiveDate};
use praxis::{
    domain::{
        history::{AllergyState, ConditionStatus, Entry, HistoryChange, HistoryItem, HistoryList, form},
        ids::{EncounterId, RequestId},
    },
    store::{Error, SignIn},
};

struct Ground {
    db: Db,
    clinic: Clinic,
    anna: SignIn,
    visit: EncounterId,
}

/// Anna treats Jack.
async fn ground() -> Ground {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let a = people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 30), "arrived").await;
    let anna = people::signed_in(&db, "anna").await;
    let visit = anna.store.start_visit(&anna.actor, RequestId::new(), a).await.unwrap().encounter;
    Ground { db, clinic, anna, visit }
}

impl Ground {
    fn today(&self) -> NaiveDate {
        self.clinic.today
    }
    async fn add(&self, entry: Entry) {
        self.anna
            .store
            .add_history(&self.anna.actor, RequestId::new(), self.clinic.jack, Some(self.visit), entry)
            .await
            .unwrap();
    }
    async fn items(&self) -> Vec<HistoryItem> {
        self.anna.store.history(&self.anna.actor, self.clinic.jack, false).await.unwrap().items
    }
    async fn state(&self) -> AllergyState {
        self.anna.store.banner(&self.anna.actor, self.clinic.jack).await.unwrap().allergy_state
    }
}

/// An entry of a list with every field filled.
fn full(list: HistoryList, today: NaiveDate) -> Entry {
    let fill = |key: &str| match key {
        "since" | "date" => "12/3/2010".to_owned(),
        "severity" => "severe".to_owned(),
        "status" => "active".to_owned(),
        "dose_number" => "2".to_owned(),
        other => format!("{other} of {}", list.code()),
    };
    let code = (list != HistoryList::Surgeries).then(|| "C123".to_owned());
    form::entry(list, code, fill, today).unwrap()
}

#[tokio::test]
async fn every_field_of_every_list_comes_back_as_it_was_entered() {
    let g = ground().await;
    for list in HistoryList::ALL {
        g.add(full(*list, g.today())).await;
    }
    let items = g.items().await;
    assert_eq!(items.len(), HistoryList::ALL.len());
    for (item, list) in items.iter().zip(HistoryList::ALL) {
        let entered = full(*list, g.today());
        assert_eq!(item.entry, entered);
        for (key, value) in form::values(&entered) {
            assert!(!value.is_empty(), "{list:?} {key} was filled in");
        }
        assert_eq!((item.encounter, item.mine), (Some(g.visit), true));
        assert_eq!(item.author.to_string(), "SMITH Anna");
    }
}

#[tokio::test]
async fn every_field_of_the_identity_is_there() {
    let g = ground().await;
    let i = g.anna.store.identity(&g.anna.actor, g.clinic.jack).await.unwrap();
    let told = [
        Some(i.name.to_string()),
        i.preferred_name,
        i.second_script_name,
        Some(i.sex),
        i.birth_date.map(|d| d.to_string()),
        Some(i.record_number.to_string()),
        i.national_number,
        i.medicare_number,
        i.email,
        i.phone,
        i.address,
        i.language,
        i.contact_name,
        i.contact_relationship,
        i.contact_phone,
        i.blood_group,
    ];
    let expected = [
        "BLACK Jack",
        "Jacko",
        "布莱克",
        "male",
        "1996-05-04",
        "1",
        "N1234567",
        "2123456701",
        "jack@example.org",
        "0412 345 678",
        "1 Avoca St, Randwick",
        "en",
        "BLACK Mary",
        "mother",
        "0498 765 432",
        "O+",
    ];
    assert_eq!(told.map(Option::unwrap), expected.map(ToOwned::to_owned));
}

#[tokio::test]
async fn the_four_allergy_states_are_told_apart() {
    let g = ground().await;
    assert_eq!(g.state().await, AllergyState::NotAsked);
    let set = |state| g.anna.store.set_allergy_state(&g.anna.actor, RequestId::new(), g.clinic.jack, state);
    set(AllergyState::NoneKnown).await.unwrap();
    assert_eq!(g.state().await, AllergyState::NoneKnown);
    assert!(matches!(set(AllergyState::Listed).await, Err(Error::Refused(_))));
    g.add(full(HistoryList::Allergies, g.today())).await;
    let banner = g.anna.store.banner(&g.anna.actor, g.clinic.jack).await.unwrap();
    assert_eq!(banner.allergy_state, AllergyState::Listed);
    assert_eq!(banner.allergies[0].substance, "name of allergy");
    let mei = people::signed_in(&g.db, "mei").await;
    let seen = mei.store.banner(&mei.actor, g.clinic.jack).await.unwrap();
    assert_eq!((seen.allergy_state, seen.allergies.len()), (AllergyState::Listed, 1));
    let root = people::signed_in(&g.db, "root").await;
    let hidden = root.store.banner(&root.actor, g.clinic.jack).await.unwrap();
    assert_eq!((hidden.allergy_state, hidden.allergies.len()), (AllergyState::Hidden, 0));
}

#[tokio::test]
async fn a_struck_allergy_is_kept_and_counts_no_more() {
    let g = ground().await;
    g.add(full(HistoryList::Allergies, g.today())).await;
    let item = g.items().await.remove(0);
    g.anna.store.strike_history(&g.anna.actor, RequestId::new(), &item).await.unwrap();
    let after = g.items().await;
    assert!(after[0].struck_at.is_some());
    assert_eq!(g.state().await, AllergyState::NotAsked);
    let twice = g.anna.store.strike_history(&g.anna.actor, RequestId::new(), &item).await;
    assert!(matches!(twice, Err(Error::Stale { .. })), "{twice:?}");
}

#[tokio::test]
async fn entries_are_resolved_ended_and_taken_up_again() {
    let g = ground().await;
    for list in HistoryList::ALL {
        g.add(full(*list, g.today())).await;
    }
    for item in g.items().await {
        let Some(change) = HistoryChange::toggle(&item.entry, g.today()) else {
            assert!(matches!(
                item.entry.list(),
                HistoryList::Surgeries | HistoryList::Vaccinations | HistoryList::Family
            ));
            continue;
        };
        let change_it = |seen: HistoryItem, change| {
            let (store, actor, jack) = (g.anna.store.clone(), g.anna.actor.clone(), g.clinic.jack);
            async move { store.change_history(&actor, RequestId::new(), jack, &seen, change).await }
        };
        change_it(item.clone(), change).await.unwrap();
        let now = g.items().await.into_iter().find(|i| i.id == item.id).unwrap();
        assert!(!now.entry.is_active(), "{:?}", now.entry);
        let back = HistoryChange::toggle(&now.entry, g.today()).unwrap();
        assert!(matches!(change_it(item.clone(), back).await, Err(Error::Stale { .. })));
        change_it(now, back).await.unwrap();
    }
    assert!(g.items().await.iter().all(|i| i.entry.is_active()));
}

#[tokio::test]
async fn a_correction_keeps_what_stood_there() {
    let g = ground().await;
    g.add(full(HistoryList::Conditions, g.today())).await;
    let old = g.items().await.remove(0);
    let new = Entry::Condition {
        code: Some("E11.9".into()),
        name: "Type 2 diabetes".into(),
        since: None,
        treatment: String::new(),
        status: ConditionStatus::Active,
    };
    g.anna
        .store
        .correct_history(&g.anna.actor, RequestId::new(), g.clinic.jack, Some(g.visit), &old, new.clone())
        .await
        .unwrap();
    let items = g.items().await;
    assert_eq!(items.len(), 2);
    assert_eq!((&items[0].entry, items[0].struck_at), (&new, None));
    assert_eq!((items[1].id, items[1].struck_at.is_some()), (old.id, true));
}

#[tokio::test]
async fn what_others_changed_since_the_last_visit_is_marked() {
    let g = ground().await;
    let mut c = people::writer(&g.db).await;
    let at = people::at(g.clinic.today - Duration::days(30), 9, 0);
    let a = people::appointment_on(&mut c, &g.clinic.gp, g.clinic.jack, at, "completed", "cough").await;
    people::visit(&mut c, &g.clinic.gp, a, "signed").await;
    g.add(full(HistoryList::Conditions, g.today())).await;
    let nina = people::signed_in(&g.db, "nina").await;
    nina.store
        .add_history(
            &nina.actor,
            RequestId::new(),
            g.clinic.jack,
            None,
            full(HistoryList::Allergies, g.today()),
        )
        .await
        .unwrap();
    let history = g.anna.store.history(&g.anna.actor, g.clinic.jack, true).await.unwrap();
    assert_eq!(history.last_seen, Some(at + Duration::minutes(30)));
    let news: Vec<_> = history.items.iter().filter(|i| i.news).map(|i| i.entry.list()).collect();
    assert_eq!(news, [HistoryList::Allergies]);
}

#[tokio::test]
async fn reception_enters_allergies_and_no_other_list() {
    let g = ground().await;
    let mei = people::signed_in(&g.db, "mei").await;
    for list in HistoryList::ALL {
        let outcome = mei
            .store
            .add_history(&mei.actor, RequestId::new(), g.clinic.jack, None, full(*list, g.today()))
            .await;
        assert_eq!(outcome.is_ok(), *list == HistoryList::Allergies, "{list:?}: {outcome:?}");
    }
    let seen = mei.store.history(&mei.actor, g.clinic.jack, false).await.unwrap();
    assert_eq!(seen.items.len(), 1);
}

#[tokio::test]
async fn a_stranger_reads_no_list_and_adds_to_none() {
    let g = ground().await;
    g.add(full(HistoryList::Conditions, g.today())).await;
    for login in ["gary", "lab", "audrey", "root"] {
        let who = people::signed_in(&g.db, login).await;
        let seen = who.store.history(&who.actor, g.clinic.jack, true).await;
        assert!(matches!(seen, Err(Error::Refused(_))), "{login}: {seen:?}");
        let add = who
            .store
            .add_history(
                &who.actor,
                RequestId::new(),
                g.clinic.jack,
                None,
                full(HistoryList::Allergies, g.today()),
            )
            .await;
        assert!(add.is_err(), "{login}");
    }
}

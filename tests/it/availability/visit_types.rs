//! What a visit type decides about a booking: how long, with whom, in which room, and what is kept clear after it.
use super::{book, front, rule, tomorrow};
use crate::support::people::{self, at};
use chrono::{Duration, NaiveTime};
use praxis::domain::{
    booking::FreeFilter,
    ids::{RequestId, RoomId, VisitTypeId},
    room::{RoomDetails, RoomKind},
    visit_type::VisitTypeDetails,
};

async fn room(d: &crate::store_booking::Desk, name: &str, kind: RoomKind) -> RoomId {
    let root = people::signed_in(&d.db, "root").await;
    let details = RoomDetails { name: name.into(), kind, equipment: String::new() };
    let id = RoomId::new();
    root.store.add_room(&root.actor, RequestId::new(), id, d.clinic.randwick, details).await.expect("a room")
}

#[tokio::test]
async fn a_visit_type_takes_the_slots_it_needs_and_only_from_those_who_do_it() {
    let (d, mei) = front().await;
    let mut short = tomorrow(&d.clinic, d.clinic.jack, 9, Some("long"));
    assert_eq!(rule(book(&mei, short.clone()).await), "visit_type_length");
    short.period.end += Duration::minutes(30);
    let made = book(&mei, short).await.unwrap();
    assert_eq!((made.period.minutes(), made.visit_type.as_deref()), (60, Some("long")));
    let physio = tomorrow(&d.clinic, d.clinic.linh, 11, Some("physio"));
    assert_eq!(rule(book(&mei, physio).await), "visit_type_profession");
    let root = people::signed_in(&d.db, "root").await;
    let types = root.store.visit_types(&root.actor).await.unwrap();
    let short = types.iter().find(|t| t.code == "short").unwrap();
    root.store.retire_visit_type(&root.actor, RequestId::new(), short.id, short.version, true).await.unwrap();
    let gone = tomorrow(&d.clinic, d.clinic.linh, 11, Some("short"));
    assert_eq!(rule(book(&mei, gone).await), "visit_type_retired");
}

#[tokio::test]
async fn a_buffer_keeps_the_provider_clear_and_lets_the_patient_go() {
    let (d, mei) = front().await;
    // Thirty minutes and ten: the next slot of the provider is not free, the patient's is.
    book(&mei, tomorrow(&d.clinic, d.clinic.jack, 9, Some("wound-care"))).await.unwrap();
    let mut next = tomorrow(&d.clinic, d.clinic.linh, 9, None);
    next.period.start += Duration::minutes(30);
    next.period.end += Duration::minutes(30);
    assert_eq!(rule(book(&mei, next.clone()).await), "appointment_provider_overlap");
    // Nor can a visit be put before one that its buffer would run into.
    book(&mei, tomorrow(&d.clinic, d.clinic.hao, 11, None)).await.unwrap();
    let mut before = tomorrow(&d.clinic, d.clinic.omar, 10, Some("wound-care"));
    before.period.start += Duration::minutes(30);
    before.period.end += Duration::minutes(30);
    assert_eq!(rule(book(&mei, before).await), "appointment_provider_overlap");
    let mut elsewhere =
        crate::store_booking::slot(d.clinic.jack, &d.clinic.physio, at(d.clinic.tomorrow, 9, 30));
    elsewhere.session = d.clinic.physio.tomorrow;
    book(&mei, elsewhere).await.unwrap();
}

#[tokio::test]
async fn a_room_of_the_kind_is_kept_and_the_last_one_is_not_given_twice() {
    let (d, mei) = front().await;
    // Where there are no rooms of a kind, none is needed.
    book(&mei, tomorrow(&d.clinic, d.clinic.jack, 8, Some("vaccination"))).await.unwrap();
    let only = room(&d, "Treatment 1", RoomKind::Treatment).await;
    let made = book(&mei, tomorrow(&d.clinic, d.clinic.jack, 9, Some("vaccination"))).await.unwrap();
    assert_eq!(made.room.as_deref(), Some("Treatment 1"));
    let mut same =
        crate::store_booking::slot(d.clinic.linh, &d.clinic.pharmacist, at(d.clinic.tomorrow, 9, 0));
    (same.session, same.visit_type) = (d.clinic.pharmacist.tomorrow, Some("vaccination".into()));
    assert_eq!(rule(book(&mei, same.clone()).await), "no_room_free");
    room(&d, "Treatment 2", RoomKind::Treatment).await;
    same.id = praxis::domain::ids::AppointmentId::new();
    let other = book(&mei, same).await.unwrap();
    assert_eq!(other.room.as_deref(), Some("Treatment 2"));
    let taken = mei.store.set_room(&mei.actor, RequestId::new(), other.id, other.version, Some(only)).await;
    assert_eq!(rule(taken), "appointment_room_overlap");
    mei.store.set_room(&mei.actor, RequestId::new(), other.id, other.version, None).await.unwrap();
}

#[tokio::test]
async fn first_free_looks_for_times_that_are_long_enough_with_those_who_do_it() {
    let (d, mei) = front().await;
    book(&mei, tomorrow(&d.clinic, d.clinic.hao, 8, None)).await.unwrap();
    book(&mei, tomorrow(&d.clinic, d.clinic.linh, 9, None)).await.unwrap();
    let filter = FreeFilter {
        provider: d.clinic.gp.provider,
        visit_type: Some("long".into()),
        limit: 2,
        ..FreeFilter::from(d.clinic.tomorrow)
    };
    let found = mei.store.first_free(&mei.actor, filter.clone()).await.unwrap();
    // 08:30 is free, but not for an hour.
    let told: Vec<_> = found.iter().map(|s| (s.time().to_string(), s.period.minutes())).collect();
    assert_eq!(told, [("09:30:00".into(), 60), ("10:00:00".into(), 60)]);
    let time = |t| NaiveTime::parse_from_str(t, "%H:%M").unwrap();
    let window = FreeFilter { window: Some((time("14:15"), time("15:00"))), ..filter.clone() };
    let found = mei.store.first_free(&mei.actor, window).await.unwrap();
    assert_eq!(found[0].time(), time("14:30"));
    let physio = FreeFilter { visit_type: Some("physio".into()), ..filter };
    assert!(mei.store.first_free(&mei.actor, physio).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_catalogue_is_kept_by_administrators_alone() {
    let (d, mei) = front().await;
    let root = people::signed_in(&d.db, "root").await;
    let details = VisitTypeDetails {
        name: "Travel advice".into(),
        minutes: 20,
        price_cents: 6000,
        buffer_minutes: 0,
        professions: vec!["gp".into()],
        room_kind: None,
    };
    let add = async |who: &praxis::store::SignIn, code: &str| {
        let (id, details) = (VisitTypeId::new(), details.clone());
        who.store.add_visit_type(&who.actor, RequestId::new(), id, code.into(), details).await
    };
    assert_eq!(rule(add(&mei, "travel").await), "not_permitted");
    let id = add(&root, "travel").await.unwrap();
    assert_eq!(rule(add(&root, "travel").await), "visit_type_code_key");
    let longer = VisitTypeDetails { minutes: 30, ..details.clone() };
    assert_eq!(root.store.change_visit_type(&root.actor, RequestId::new(), id, 1, longer).await.unwrap(), 2);
    let types = mei.store.visit_types(&mei.actor).await.unwrap();
    assert_eq!(types.iter().find(|t| t.id == id).unwrap().details.minutes, 30);
}

//! What must hold of every prediction, whatever the day.
use super::*;
use crate::domain::queue::Priority;
use proptest::prelude::*;
use uuid::Uuid;

const NOW: i64 = 600;

fn slot(n: u128, provider: u128, start: i64, status: AppointmentStatus) -> Slot {
    let at = |m: i64| DateTime::UNIX_EPOCH + Duration::minutes(m);
    Slot {
        id: AppointmentId(Uuid::from_u128(n + 1)),
        provider: ProviderId(Uuid::from_u128(provider)),
        status,
        kind: AppointmentKind::Slot,
        habit: None,
        starts_at: at(start),
        ends_at: at(start + 15),
        arrived_at: (status != AppointmentStatus::Booked).then(|| at(start - 5)),
        started_at: (status == AppointmentStatus::InProgress).then(|| at(NOW - 5)),
        place: QueuePlace::default(),
    }
}

fn days() -> impl Strategy<Value = Vec<Slot>> {
    use AppointmentStatus as S;
    let status = prop::sample::select(vec![
        S::Booked,
        S::Booked,
        S::Arrived,
        S::Arrived,
        S::InProgress,
        S::Completed,
        S::Cancelled,
        S::NoShow,
        S::Left,
        S::Voided,
    ]);
    let one = (0..4u128, 480..1000i64, status, prop::sample::select(Priority::ALL.to_vec()));
    prop::collection::vec(one, 0..40).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(n, (provider, start, status, priority))| {
                let mut s = slot(n as u128, provider, start, status);
                s.place.priority = priority;
                s
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn medians_follow_the_queue_are_never_past_and_only_of_those_who_are_to_be_seen(day in days()) {
        let now = DateTime::UNIX_EPOCH + Duration::minutes(NOW);
        let found = predict(&day, &Habits::default(), now);
        prop_assert_eq!(&found, &predict(&day, &Habits::default(), now));
        for s in &day {
            let to_be_seen = matches!(s.status, AppointmentStatus::Booked | AppointmentStatus::Arrived);
            prop_assert_eq!(found.contains_key(&s.id) , to_be_seen, "{:?}", s);
            if let Some(e) = found.get(&s.id) {
                prop_assert!(e.median >= now && e.by >= e.median, "{:?}", e);
            }
        }
        let waits = |s: &&Slot| s.status == AppointmentStatus::Arrived;
        for a in day.iter().filter(waits) {
            for b in day.iter().filter(waits).filter(|b| b.provider == a.provider) {
                if (a.place.priority, a.starts_at, a.id) < (b.place.priority, b.starts_at, b.id) {
                    prop_assert!(found[&a.id].median <= found[&b.id].median);
                }
            }
        }
    }
}

#[test]
fn nobody_before_them_means_now_and_each_one_before_them_costs_a_visit() {
    let now = DateTime::UNIX_EPOCH + Duration::minutes(NOW);
    let day: Vec<Slot> = (0..3).map(|n| slot(n, 1, 590 + n as i64, AppointmentStatus::Arrived)).collect();
    let found = predict(&day, &Habits::default(), now);
    let wait = |n: usize| (found[&day[n].id].median - now).num_minutes();
    assert_eq!(wait(0), 0);
    assert!((10..=20).contains(&wait(1)), "{}", wait(1));
    assert!((22..=38).contains(&wait(2)), "{}", wait(2));
}

#[test]
fn what_past_visits_were_like_decides_and_an_urgent_one_goes_before() {
    let now = DateTime::UNIX_EPOCH + Duration::minutes(NOW);
    let mut day: Vec<Slot> = (0..2).map(|n| slot(n, 1, 590 + n as i64, AppointmentStatus::Arrived)).collect();
    let mut habits = Habits::default();
    habits.lengths.insert((day[0].provider, None), [40.0; 11]);
    let found = predict(&day, &habits, now);
    assert_eq!((found[&day[1].id].median - now).num_minutes(), 40);
    day[1].place.priority = Priority::Urgent;
    let found = predict(&day, &habits, now);
    assert_eq!(found[&day[1].id].median, now);
    assert_eq!((found[&day[0].id].median - now).num_minutes(), 40);
}

#[test]
fn shown_times_are_whole_five_minutes_and_never_earlier() {
    let at = |s: i64| DateTime::UNIX_EPOCH + Duration::seconds(s);
    let shown = Expected { median: at(301), by: at(600) }.rounded();
    assert_eq!((shown.median, shown.by), (at(600), at(600)));
}

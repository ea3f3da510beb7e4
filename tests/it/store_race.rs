//! A race for the same slots: nobody gets what somebody else has, nothing acknowledged is lost, and nobody deadlocks.
use crate::{
    store_booking::{desk, new_time, slot},
    support::people,
};
use chrono::{DateTime, Duration, Utc};
use praxis::{domain::ids::RequestId, store::Error};
use sqlx::Row as _;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_clients_who_want_the_same_slots_get_each_once_and_nobody_deadlocks() {
    let d = desk().await;
    let mut c = people::writer(&d.db).await;
    let mut crowd = vec![];
    for n in 0..50 {
        let letters = [b'a' + n / 26, b'a' + n % 26];
        let name = String::from_utf8_lossy(&letters).into_owned();
        let patient = people::patient(&mut c, ("Crowd", &name), "unknown", (1990, 1, 1)).await;
        // Their keys are there: the race is for the slots.
        people::sealed(&mut c, patient, ("appointment", "reason"), patient.0, "x").await;
        crowd.push(patient);
    }
    let tokens = futures::future::join_all((0..50).map(|_| people::signed_in(&d.db, "mei"))).await;
    let starts: Vec<DateTime<Utc>> = (0..4).map(|n| d.today(10, 0) + Duration::minutes(30 * n)).collect();
    let tasks: Vec<_> = tokens
        .into_iter()
        .zip(crowd)
        .enumerate()
        .map(|(n, (who, patient))| {
            let (gp, physio, starts) = (d.clinic.gp, d.clinic.physio, starts.clone());
            tokio::spawn(async move {
                let mut kept = vec![];
                for step in 0..4 {
                    let start = starts[(n + step) % 4];
                    let with = if (n + step) % 2 == 0 { &gp } else { &physio };
                    match who.store.book(&who.actor, RequestId::new(), slot(patient, with, start)).await {
                        Ok(b) if n % 3 == 0 => {
                            let to = new_time(
                                if with.account == gp.account { &physio } else { &gp },
                                starts[(n + step + 1) % 4],
                            );
                            match who
                                .store
                                .move_appointment(&who.actor, RequestId::new(), b.id, b.version, to)
                                .await
                            {
                                Ok(b) => kept.push(b),
                                Err(Error::Overlap(_)) => kept.push(b),
                                Err(e) => panic!("a move ended as {e:?}"),
                            }
                        }
                        Ok(b) => kept.push(b),
                        Err(Error::Overlap(_)) => {}
                        Err(e) => panic!("a booking ended as {e:?}"),
                    }
                }
                who.store.close().await;
                kept
            })
        })
        .collect();
    let mut kept = vec![];
    for task in tasks {
        kept.extend(task.await.unwrap());
    }
    let rows =
        sqlx::query("select id, starts_at, provider_id from clinic.appointment where status = 'booked'")
            .fetch_all(&mut c)
            .await
            .unwrap();
    assert_eq!(rows.len(), kept.len());
    for b in &kept {
        let there: Vec<_> = rows.iter().filter(|r| r.get::<uuid::Uuid, _>(0) == b.id.0).collect();
        assert_eq!(there.len(), 1);
        assert_eq!(there[0].get::<DateTime<Utc>, _>(1), b.period.start);
        assert_eq!(there[0].get::<uuid::Uuid, _>(2), b.provider.0);
    }
    let overlaps: i64 = sqlx::query_scalar(
        "select count(*) from clinic.appointment a join clinic.appointment b
             on a.id < b.id and a.during && b.during and (a.provider_id = b.provider_id or a.patient_id = b.patient_id)
          where a.status = 'booked' and b.status = 'booked'",
    )
    .fetch_one(&mut c)
    .await
    .unwrap();
    assert_eq!(overlaps, 0);
    let deadlocks: i64 =
        sqlx::query_scalar("select deadlocks from pg_stat_database where datname = current_database()")
            .fetch_one(&mut c)
            .await
            .unwrap();
    assert_eq!(deadlocks, 0);
    assert!(kept.len() >= 4, "{}", kept.len());
}

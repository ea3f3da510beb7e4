//! The schedule's views from the real database: one query each, counted on the line; a change at one desk makes each
//! other program read the one provider-day it concerns.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    desk::{Desk, through},
    people::{self, Clinic, at},
    proxy::Proxy,
};
use chrono::{Duration, NaiveDate};
use praxis::{
    domain::{
        calendar::{Content, ProviderDay},
        ids::{ProviderId, RequestId},
        time::Period,
    },
    store::{DaysOf, MonthOf},
    ui::route::Route,
};

async fn booked(db: &Db) -> Clinic {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (11, 0), "cancelled").await;
    people::appointment(&mut c, &clinic, &clinic.physio, clinic.hao, (10, 30), "booked").await;
    // In the afternoon Anna is at the other centre.
    sqlx::query("update clinic.clinic_session set ends_at = $2 where id = $1")
        .bind(clinic.gp.today.unwrap().0)
        .bind(at(clinic.today, 12, 0))
        .execute(&mut c)
        .await
        .unwrap();
    people::session(&mut c, clinic.gp.provider(), clinic.ultimo, clinic.today, (13, 15)).await;
    clinic
}

fn of_centre(clinic: &Clinic, from: Option<ProviderId>, window: u16) -> DaysOf {
    DaysOf { centre: Some((clinic.randwick, clinic.today)), from, window, ..DaysOf::default() }
}

fn seen(days: &[ProviderDay]) -> Vec<(String, Option<usize>)> {
    days.iter().map(|d| (d.name.family.clone(), d.bookings.as_ref().map(Vec::len))).collect()
}

#[test]
fn a_day_sheet_reads_the_bookings_of_the_visible_columns_only() {
    let db = fresh_database();
    block_on(async {
        let clinic = booked(&db).await;
        let mei = people::signed_in(&db, "mei").await;
        let ask = |of| mei.store.provider_days(&mei.actor, of, false);
        let all = ask(of_centre(&clinic, None, 9)).await.unwrap();
        let names = ["Jackson", "Neeson", "Smith"].map(String::from);
        assert_eq!(all.iter().map(|d| d.name.family.clone()).collect::<Vec<_>>()[..2], names[..2]);
        let smith = all.iter().find(|d| d.name.family == "Smith").unwrap();
        assert_eq!((smith.sessions.len(), smith.booked().len()), (2, 1));
        assert_eq!(smith.free(at(clinic.today, 9, 0)), 6 - 1 + 4);
        assert!(
            smith.cells(at(clinic.today, 9, 0)).iter().any(|c| matches!(c.content, Content::Booked(0, 0)))
        );
        // Two columns from the second provider on; near the end the window is pushed back.
        let some = seen(&ask(of_centre(&clinic, Some(all[1].provider), 1)).await.unwrap());
        assert_eq!(some.iter().map(|d| d.1.is_some()).collect::<Vec<_>>()[..3], [false, true, false]);
        let last = all.len() - 1;
        let end = seen(&ask(of_centre(&clinic, Some(all[last].provider), 2)).await.unwrap());
        assert_eq!(end.iter().filter(|d| d.1.is_some()).count(), 2);
        assert!(end[last].1.is_some() && end[last - 1].1.is_some());
        // Somebody who is not there that day: whoever comes next in the order of names.
        let other = seen(&ask(of_centre(&clinic, Some(clinic.gp2.provider()), 1)).await.unwrap());
        assert_eq!(other.iter().position(|d| d.1.is_some()), Some(0));
    });
}

#[test]
fn a_view_is_one_query_and_reading_a_provider_day_again_is_one() {
    let db = fresh_database();
    let proxy = Proxy::to(&db.socket);
    block_on(async {
        let clinic = booked(&db).await;
        let mei = through(&proxy, &db, "mei").await;
        let day = (clinic.gp.provider(), clinic.today);
        let week: Vec<(ProviderId, NaiveDate)> =
            (0..7).map(|n| (day.0, clinic.today + Duration::days(n))).collect();
        let days = |days: Vec<_>| DaysOf { days, ..DaysOf::default() };
        // Who speaks and the query; opening also tells the log.
        for (of, opened, statements) in [
            (of_centre(&clinic, None, 9), true, 3),
            (of_centre(&clinic, None, 40), false, 2),
            (days(week), true, 3),
            (days(vec![day]), false, 2),
        ] {
            let before = proxy.statements();
            mei.store.provider_days(&mei.actor, of.clone(), opened).await.unwrap();
            assert_eq!(proxy.statements() - before, statements, "{of:?}");
        }
        let before = proxy.statements();
        let of = MonthOf::Centre(clinic.randwick);
        mei.store.month_days(&mei.actor, of, clinic.today, clinic.today + Duration::days(30)).await.unwrap();
        assert_eq!(proxy.statements() - before, 2);
        let mut c = db.superuser().await;
        let told: i64 =
            sqlx::query_scalar("select count(*) from audit.event where action = 'appointment.open'")
                .fetch_one(&mut c)
                .await
                .unwrap();
        assert_eq!(told, 2, "a view that is opened is told to the log, reading it again is not");
    });
}

#[test]
fn a_month_counts_what_is_free_from_now_on() {
    let db = fresh_database();
    block_on(async {
        let clinic = booked(&db).await;
        let mei = people::signed_in(&db, "mei").await;
        let (first, last) = (clinic.today - Duration::days(3), clinic.today + Duration::days(30));
        let of = MonthOf::Provider(clinic.gp.provider());
        let days = mei.store.month_days(&mei.actor, of, first, last).await.unwrap();
        // It is just after 09:00: of 08:00-12:00 five slots have not begun, one is taken; four more at the other centre.
        let found: Vec<_> = days.iter().map(|d| (d.day, d.slots, d.taken, d.providers)).collect();
        assert_eq!(found, [(clinic.today, 9, 1, 1), (clinic.tomorrow, 18, 0, 1)]);
        let of = MonthOf::Centre(clinic.randwick);
        let days = mei.store.month_days(&mei.actor, of, clinic.today, clinic.today).await.unwrap();
        assert!(days[0].providers >= 3 && days[0].taken == 2, "{days:?}");
    });
}

#[test]
fn a_patient_sees_nobody_elses_bookings_in_a_provider_day() {
    let db = fresh_database();
    block_on(async {
        let clinic = booked(&db).await;
        let jack = people::signed_in(&db, "jack").await;
        let of = DaysOf { days: vec![(clinic.gp.provider(), clinic.today)], ..DaysOf::default() };
        let days = jack.store.provider_days(&jack.actor, of, false).await.unwrap();
        assert!(days.iter().all(|d| d.booked().is_empty()), "{days:?}");
    });
}

#[test]
fn a_change_at_one_desk_is_one_provider_day_to_each_of_three_programs() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        let linh = people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
        people::appointment(&mut c, &clinic, &clinic.physio, clinic.hao, (10, 30), "booked").await;
        let mut desks = vec![];
        // The sheet of the day, the week of its provider, and the sheet of another day.
        for (login, day, keys) in
            [("mei", clinic.today, "D"), ("anna", clinic.today, "W"), ("nina", clinic.tomorrow, "D")]
        {
            let mut desk = Desk::at(&db, login, Route::Schedule(Some(day))).await;
            desk.sees("SMITH", true).await;
            desk.keys(keys);
            desk.settle().await;
            desks.push(desk);
        }
        let before: Vec<u64> = desks.iter().map(|d| d.proxy.statements()).collect();
        let other = people::signed_in(&db, "mei").await;
        other
            .store
            .set_status(&other.actor, RequestId::new(), linh, 1, "arrived", "")
            .await
            .expect("a check-in");
        for desk in &mut desks[..2] {
            desk.sees("A NGUYEN", true).await;
        }
        for desk in &mut desks {
            desk.settle().await;
        }
        // Who speaks, and the one query; nobody reads a day again that was not touched.
        let read: Vec<u64> = desks.iter().zip(before).map(|(d, n)| d.proxy.statements() - n).collect();
        assert_eq!(read, [2, 2, 0]);
    });
}

#[test]
fn a_time_that_is_chosen_at_one_desk_is_drawn_at_two_others_in_all_five_views_until_it_is_let_go() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut desks = vec![];
        for login in ["mei", "anna"] {
            let mut desk = Desk::at(&db, login, Route::Schedule(Some(clinic.today))).await;
            desk.sees("SMITH", true).await;
            desk.keys("v");
            desk.sees("SMITH Anna", true).await;
            "smith".chars().for_each(|c| desk.keys(&c.to_string()));
            desk.keys("enter");
            desk.settle().await;
            desks.push(desk);
        }
        let nina = people::signed_in(&db, "nina").await;
        let (provider, centre) = (clinic.gp.provider(), clinic.randwick);
        let slot = Period { start: at(clinic.today, 9, 30), end: at(clinic.today, 10, 0) };
        // What each view draws of it, and what it reads for it: who speaks, and one query.
        for (keys, drawn) in [
            ("S", "-,,,h."),
            ("D", "h Nina Costa"),
            ("W", "h Nina"),
            ("M", "h somebody is choosing a time of this day"),
            ("A", "h Nina Costa is choosing it until 09:01"),
        ] {
            for desk in &mut desks {
                desk.keys(keys);
                desk.settle().await;
                assert!(!desk.text().contains(drawn), "{keys}\n{}", desk.text());
            }
            let before: Vec<u64> = desks.iter().map(|d| d.proxy.statements()).collect();
            nina.store.hold_slot(&nina.actor, provider, centre, slot).await.expect("a hold");
            for desk in &mut desks {
                desk.sees(drawn, true).await;
            }
            nina.store.let_go(&nina.actor).await.expect("letting go");
            for desk in &mut desks {
                desk.sees(drawn, false).await;
            }
            let read: Vec<u64> = desks.iter().zip(before).map(|(d, n)| d.proxy.statements() - n).collect();
            assert_eq!(read, [4, 4], "{keys}");
        }
    });
}

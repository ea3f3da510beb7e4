//! A booking and the wishes of the patient: what it meets whole is closed with it and opened again when it is taken back, what it does
//! not meet stays, and the preview and the database say the same.
use crate::support::{
    cluster::{block_on, fresh_database},
    people::{self, at},
};
use chrono::Duration;
use praxis::{
    domain::{
        appointment::AppointmentKind,
        booking::{DayPart, NewAppointment},
        ids::{AppointmentId, PatientId, RequestId, SeriesId, WaitId},
        series::{Step, Together},
        time::Period,
        waitlist::{Chosen, NewWait, WaitStatus, Weekdays, Wish},
    },
    store::SignIn,
};

#[test]
fn a_booking_made_elsewhere_closes_the_wish_that_it_meets_and_taking_it_back_opens_it_again() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mei = people::signed_in(&db, "mei").await;
        let (store, actor) = (&mei.store, &mei.actor);
        let mut any_gp = Wish::between(clinic.today, clinic.today + Duration::days(14));
        (any_gp.profession, any_gp.centre) = (Some("gp".into()), Some(clinic.randwick));
        let wait = async |patient: PatientId, wish: Wish| {
            let new = NewWait { id: WaitId::new(), patient, wish, note: String::new() };
            store.add_wait(actor, RequestId::new(), new).await.expect("a wish")
        };
        let new = |patient: PatientId, hour: u32| NewAppointment {
            id: AppointmentId::new(),
            patient,
            provider: clinic.gp.provider(),
            centre: clinic.randwick,
            session: None,
            kind: AppointmentKind::Slot,
            period: Period { start: at(clinic.tomorrow, hour, 0), end: at(clinic.tomorrow, hour, 30) },
            visit_type: None,
            reason: String::new(),
            arrived: false,
        };
        let status = async |id: WaitId| store.wait(actor, id).await.expect("the wish").0.status;
        let session =
            sqlx::query_scalar("select id from clinic.clinic_session where provider_id = $1 and day = $2")
                .bind(clinic.gp.provider().0)
                .bind(clinic.tomorrow)
                .fetch_one(&mut people::writer(&db).await)
                .await
                .map(|id: uuid::Uuid| id.into())
                .ok();
        let wish = wait(clinic.jack, any_gp.clone()).await;
        let long = wait(clinic.jack, Wish { visit_type: Some("long".into()), ..any_gp.clone() }).await;
        let at_ten = NewAppointment { session, ..new(clinic.jack, 10) };
        let made = store.book(actor, RequestId::new(), at_ten.clone()).await.unwrap();
        let said: Vec<String> = made.met.iter().map(|m| m.words(clinic.tomorrow)).collect();
        assert_eq!(said, ["any GP, to Thu 26 Mar"], "the long visit is another wish");
        assert_eq!((status(wish).await, status(long).await), (WaitStatus::Booked, WaitStatus::Waiting));
        // Taken back: they wait at their old place, and the log has both.
        store.unbook(actor, RequestId::new(), made.id, made.version).await.unwrap();
        assert_eq!(status(wish).await, WaitStatus::Waiting);
        let told: Vec<bool> = sqlx::query_scalar(
            "select (facts ->> 'back')::boolean from audit.event
              where action = 'waitlist.withdraw' and entity_id = $1 and facts ->> 'booked' = $2 order by n",
        )
        .bind(wish.0)
        .bind(made.id.0.to_string())
        .fetch_all(&mut people::writer(&db).await)
        .await
        .unwrap();
        assert_eq!(told, [false, true]);
        // A cancellation is no undoing: the time it frees is not offered to the one who cancelled.
        let again = NewAppointment { id: AppointmentId::new(), ..at_ten.clone() };
        let made = store.book(actor, RequestId::new(), again).await.unwrap();
        store.cancel_appointment(actor, RequestId::new(), made.id, made.version, "ill").await.unwrap();
        assert_eq!(status(wish).await, WaitStatus::Booked);
        // Who goes on waiting is put back by hand.
        let seen = store.wait(actor, wish).await.unwrap().0.version;
        store.withdraw_wait(actor, RequestId::new(), wish, seen, true).await.unwrap();
        assert_eq!(status(wish).await, WaitStatus::Waiting);
        // One of a series closes it; the whole series taken back opens it.
        let steps = vec![
            Step::Book(NewAppointment { id: AppointmentId::new(), ..at_ten.clone() }),
            Step::Book(NewAppointment { id: AppointmentId::new(), session, ..new(clinic.jack, 14) }),
        ];
        let series = SeriesId::new();
        let all = store.together(actor, RequestId::new(), Together::BookSeries, series, steps).await.unwrap();
        assert_eq!((all[0].met.len(), all[1].met.len()), (1, 0));
        assert_eq!(status(wish).await, WaitStatus::Booked);
        let back = all.iter().map(|b| Step::Unbook { appointment: b.id, seen: b.version }).collect();
        store.together(actor, RequestId::new(), Together::Cancel, series, back).await.unwrap();
        assert_eq!(status(wish).await, WaitStatus::Waiting);
        // Somebody else's booking closes nothing of hers.
        let linh = NewAppointment { id: AppointmentId::new(), session, ..new(clinic.linh, 11) };
        assert!(store.book(actor, RequestId::new(), linh).await.unwrap().met.is_empty());
    });
}

#[test]
fn the_preview_and_the_database_agree_on_what_a_booking_meets() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mei: SignIn = people::signed_in(&db, "mei").await;
        let (store, actor) = (&mei.store, &mei.actor);
        let mut any_gp = Wish::between(clinic.today, clinic.today + Duration::days(14));
        (any_gp.profession, any_gp.centre) = (Some("gp".into()), Some(clinic.randwick));
        let session: uuid::Uuid =
            sqlx::query_scalar("select id from clinic.clinic_session where provider_id = $1 and day = $2")
                .bind(clinic.gp.provider().0)
                .bind(clinic.tomorrow)
                .fetch_one(&mut people::writer(&db).await)
                .await
                .unwrap();
        let friday = |days: &str| Weekdays::parse(days).unwrap();
        let of = |wish: &Wish| wish.clone();
        let wishes = [
            of(&any_gp),
            Wish { centre: None, ..of(&any_gp) },
            Wish { provider: clinic.gp.provider, profession: None, ..of(&any_gp) },
            Wish { provider: clinic.physio.provider, profession: None, ..of(&any_gp) },
            Wish { profession: Some("physiotherapist".into()), ..of(&any_gp) },
            Wish { visit_type: Some("short".into()), ..of(&any_gp) },
            Wish { visit_type: Some("long".into()), ..of(&any_gp) },
            Wish { part: DayPart::Morning, ..of(&any_gp) },
            Wish { part: DayPart::Afternoon, ..of(&any_gp) },
            Wish { weekdays: friday("fri"), ..of(&any_gp) },
            Wish { weekdays: friday("mon-thu"), ..of(&any_gp) },
            Wish { first: clinic.tomorrow, last: clinic.tomorrow, ..of(&any_gp) },
            Wish { first: clinic.today + Duration::days(2), ..of(&any_gp) },
            Wish { last: clinic.today, ..of(&any_gp) },
        ];
        let mut met = 0;
        for (hour, minute) in [(11, 30), (12, 0)] {
            for wish in &wishes {
                let period = Period {
                    start: at(clinic.tomorrow, hour, minute),
                    end: at(clinic.tomorrow, hour, minute) + Duration::minutes(30),
                };
                let expected = wish.is_met_by(&Chosen {
                    provider: clinic.gp.provider(),
                    profession: "gp",
                    department: None,
                    centre: clinic.randwick,
                    visit_type: Some("short"),
                    at: clinic.tomorrow.and_hms_opt(hour, minute, 0).unwrap(),
                });
                let new = NewWait {
                    id: WaitId::new(),
                    patient: clinic.jack,
                    wish: wish.clone(),
                    note: String::new(),
                };
                let id = store.add_wait(actor, RequestId::new(), new).await.unwrap();
                let appointment = NewAppointment {
                    id: AppointmentId::new(),
                    patient: clinic.jack,
                    provider: clinic.gp.provider(),
                    centre: clinic.randwick,
                    session: Some(session.into()),
                    kind: AppointmentKind::Slot,
                    period,
                    visit_type: Some("short".into()),
                    reason: String::new(),
                    arrived: false,
                };
                let made = store.book(actor, RequestId::new(), appointment).await.unwrap();
                assert_eq!(made.met.iter().any(|m| m.id == id), expected, "{hour}:{minute} {wish:?}");
                met += made.met.len();
                store.unbook(actor, RequestId::new(), made.id, made.version).await.unwrap();
                let seen = store.wait(actor, id).await.unwrap().0.version;
                store.withdraw_wait(actor, RequestId::new(), id, seen, false).await.unwrap();
            }
        }
        assert_eq!(met, 14, "both answers were seen");
    });
}

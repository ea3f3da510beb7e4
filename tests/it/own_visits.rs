//! What a patient does with their own appointments: they cancel them, early enough and with a reason, and nobody else's; and
//! how that is seen at the desk.
use crate::{
    desk_live::Desk,
    support::{
        budgets::counted,
        cluster::{Db, fresh_database},
        people::{self, Clinic, at},
    },
};
use chrono::Duration;
use praxis::{
    domain::{
        appointment::AppointmentStatus,
        ids::{AppointmentId, PatientId, RequestId},
        time::Period,
    },
    store::{Error, SignIn},
    ui::route::Route,
};
use sqlx::PgConnection;

struct Home {
    db: Db,
    clinic: Clinic,
    c: PgConnection,
    jack: SignIn,
}

async fn home() -> Home {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let c = people::writer(&db).await;
    let jack = people::signed_in(&db, "jack").await;
    Home { db, clinic, c, jack }
}

impl Home {
    async fn booked(&mut self, days: i64, patient: PatientId, status: &str) -> AppointmentId {
        let starts = at(self.clinic.today + Duration::days(days), 10, 0);
        people::appointment_on(&mut self.c, &self.clinic.gp, patient, starts, status, "blood test").await
    }
    async fn cancel(&self, id: AppointmentId, why: &str) -> Result<i64, Error> {
        self.jack.store.cancel_own_appointment(&self.jack.actor, RequestId::new(), id, 1, why).await
    }
    async fn status(&mut self, id: AppointmentId) -> String {
        sqlx::query_scalar("select status from clinic.appointment where id = $1")
            .bind(id.0)
            .fetch_one(&mut self.c)
            .await
            .expect("a status")
    }
}

fn said(outcome: Result<i64, Error>) -> (String, String) {
    match outcome {
        Err(Error::Refused(why)) => (why.rule.clone(), why.to_string()),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_patient_cancels_early_with_a_reason_that_the_desk_reads_and_the_log_knows_once() {
    let mut h = home().await;
    let day = h.clinic.today + Duration::days(8);
    people::session(&mut h.c, h.clinic.gp.provider(), h.clinic.randwick, day, (8, 17)).await;
    let (jack, id) = (h.clinic.jack, h.booked(8, h.clinic.jack, "booked").await);
    let own = h.jack.store.own_home(&h.jack.actor, false).await.unwrap();
    let row = own.appointments.iter().find(|a| a.appointment == id).unwrap();
    assert_eq!((row.version, row.upcoming, row.cancel_days, row.too_late), (1, true, 7, false));
    let request = RequestId::new();
    let again = || h.jack.store.cancel_own_appointment(&h.jack.actor, request, id, 1, "  on holiday ");
    let version = again().await.expect("cancelled");
    assert_eq!(again().await.expect("the same answer"), version);
    let mei = people::signed_in(&h.db, "mei").await;
    let (booked, steps) = mei.store.appointment(&mei.actor, id, false).await.unwrap();
    assert_eq!((booked.status, booked.patient), (AppointmentStatus::Cancelled, jack));
    assert!(steps.iter().any(|s| s.by == "Jack Black" && s.why == "on holiday"), "{steps:?}");
    let told: Vec<(String, String)> = sqlx::query_as(
        "select e.action, a.login from audit.event e join clinic.account a on a.id = e.account_id
          where e.entity_id = $1 and e.outcome = 'done' and e.action <> 'appointment.open'",
    )
    .bind(id.0)
    .fetch_all(&mut h.c)
    .await
    .unwrap();
    assert_eq!(told, [("appointment.cancel-own".to_owned(), "jack".to_owned())]);
    // The reception books it again; the patient may not.
    let refused = h.jack.store.restore_appointment(&h.jack.actor, RequestId::new(), id, version).await;
    assert!(refused.is_err());
    mei.store.restore_appointment(&mei.actor, RequestId::new(), id, version).await.expect("booked again");
}

#[tokio::test]
async fn too_late_without_a_reason_arrived_over_changed_meanwhile_or_somebody_elses_it_stays() {
    let mut h = home().await;
    let (jack, linh) = (h.clinic.jack, h.clinic.linh);
    sqlx::query("update clinic.centre set phone = '02 9999 0000' where id = $1")
        .bind(h.clinic.randwick.0)
        .execute(&mut h.c)
        .await
        .unwrap();
    let late = h.booked(6, jack, "booked").await;
    let (rule, sentence) = said(h.cancel(late, "ill").await);
    assert_eq!(rule, "patient_cancels_early");
    let works = "at least 7 days before. Telephone Randwick Medical Centre, 02 9999 0000: reception does it at any time.";
    assert!(sentence.ends_with(works), "{sentence}");
    let own = h.jack.store.own_home(&h.jack.actor, false).await.unwrap();
    assert!(own.appointments[0].too_late);

    let early = h.booked(8, jack, "booked").await;
    assert_eq!(said(h.cancel(early, "  ").await).0, "cancel_needs_reason");
    let there = people::appointment(&mut h.c, &h.clinic, &h.clinic.gp, jack, (9, 30), "arrived").await;
    let (rule, sentence) = said(h.cancel(there, "ill").await);
    assert_eq!(rule, "cancel_own_arrived");
    assert!(sentence.contains("Tell the reception there"), "{sentence}");
    let over = h.booked(-3, jack, "completed").await;
    assert_eq!(said(h.cancel(over, "ill").await).0, "appointment_edge");

    // Somebody else's, through the program and past it.
    let other = h.booked(9, linh, "booked").await;
    assert_eq!(said(h.cancel(other, "mine").await).0, "not_permitted");
    let mut past = people::raw(&h.db, "jack").await;
    let refused =
        sqlx::query("select clinic.cancel_own($1, 1, '\\x00')").bind(other.0).execute(&mut past).await;
    assert!(refused.unwrap_err().to_string().contains("not_permitted"));
    for (id, status) in
        [(late, "booked"), (early, "booked"), (there, "arrived"), (over, "completed"), (other, "booked")]
    {
        assert_eq!(h.status(id).await, status);
    }
    // Moved meanwhile: whoever looked at the old time cancels nothing.
    let mei = people::signed_in(&h.db, "mei").await;
    let start = at(h.clinic.tomorrow, 11, 0);
    let to = praxis::domain::booking::NewTime {
        provider: h.clinic.gp.provider(),
        centre: h.clinic.randwick,
        session: h.clinic.gp.tomorrow,
        period: Period { start, end: start + Duration::minutes(30) },
    };
    mei.store.move_appointment(&mei.actor, RequestId::new(), early, 1, to).await.expect("moved");
    assert!(matches!(h.cancel(early, "ill").await, Err(Error::Stale { .. })));
}

#[tokio::test]
async fn from_the_patients_key_to_the_desk() {
    let mut h = home().await;
    let (jack, linh) = (h.clinic.jack, h.clinic.linh);
    h.booked(8, jack, "booked").await;
    h.booked(9, linh, "booked").await;
    let mut mine = Desk::at(&h.db, "jack", Route::Home).await;
    let mut desk = Desk::at(&h.db, "mei", Route::Board(Some(h.clinic.today + Duration::days(8)))).await;
    desk.sees("BLACK Jack").await;
    mine.sees("Fri 20 Mar 10:00").await;
    mine.key("X");
    mine.sees("Cancel Fri 20 Mar 10:00 SMITH Anna? Why?").await;
    mine.letters("on holiday");
    mine.key("enter");
    mine.sees("Cancelled: Fri 20 Mar 10:00 SMITH Anna").await;
    mine.sees("appointment, cancelled").await;
    counted("a patient cancels an appointment of their own (at home)", &[mine.taken()]);
    desk.sees("Nobody is booked on this day.").await;
}

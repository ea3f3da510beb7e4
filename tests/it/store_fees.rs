//! Fees and the till: what is due, part payments, what is given back, a close against what was counted, and that a closed day takes
//! corrections only.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic},
};
use praxis::{
    domain::{
        fee::{FeeDay, FeeLine, Method},
        figure::Figure,
        ids::{AppointmentId, PaymentId, RequestId},
    },
    store::{Error, SignIn},
};
use sqlx::PgConnection;

struct Till {
    db: Db,
    clinic: Clinic,
    c: PgConnection,
    mei: SignIn,
    visit: AppointmentId,
}

async fn till() -> Till {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let visit = people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (8, 0), "completed").await;
    let mei = people::signed_in(&db, "mei").await;
    Till { db, clinic, c, mei, visit }
}

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why)) => why.rule,
        other => panic!("not refused: {other:?}"),
    }
}

impl Till {
    async fn day(&self) -> FeeDay {
        let (centre, day) = (self.clinic.randwick, self.clinic.today);
        self.mei.store.fees(&self.mei.actor, centre, day, false).await.expect("the fees")
    }
    async fn line(&self) -> FeeLine {
        let day = self.day().await;
        day.lines.into_iter().find(|l| l.appointment == self.visit).expect("a line")
    }
    async fn take(&self, method: Method, cents: i64, why: &str) -> Result<i32, Error> {
        let (s, id) = (&self.mei, PaymentId::new());
        s.store.take_fee(&s.actor, RequestId::new(), id, self.visit, method, cents, why).await
    }
    async fn back(&self, payment: PaymentId, cents: i64, why: &str) -> Result<String, Error> {
        let (s, id) = (&self.mei, PaymentId::new());
        s.store.refund_fee(&s.actor, RequestId::new(), id, self.visit, payment, cents, why).await
    }
    async fn close(&self, counted: i64, note: &str) -> Result<i64, Error> {
        let (s, day) = (&self.mei, self.clinic.today);
        s.store.close_day(&s.actor, RequestId::new(), self.clinic.randwick, day, counted, note).await
    }
}

#[tokio::test]
async fn a_fee_is_paid_in_parts_and_never_more_than_is_due() {
    let t = till().await;
    assert_eq!((t.line().await.due, t.line().await.open()), (8500, 8500));
    assert_eq!(t.take(Method::Cash, 5000, "").await.unwrap(), 1);
    assert_eq!(rule(t.take(Method::Card, 3501, "").await), "fee_more_than_due");
    assert_eq!(t.take(Method::Card, 3500, "").await.unwrap(), 2);
    let line = t.line().await;
    assert_eq!((line.paid(), line.open(), line.payments.len()), (8500, 0, 2));
    let day = t.day().await;
    assert_eq!((day.till.total(), day.till.cash(), day.till.entries), (8500, 5000, 2));
    assert_eq!(day.till.by_person, [("Mei Wong (mei)".to_owned(), 8500)]);
    assert_eq!(day.currency, "AUD");
}

#[tokio::test]
async fn what_was_paid_is_voided_on_its_day_given_back_later_and_never_twice() {
    let mut t = till().await;
    t.take(Method::Cash, 5000, "").await.unwrap();
    t.take(Method::Card, 3000, "").await.unwrap();
    let paid = t.line().await.payments;
    assert_eq!(rule(t.back(paid[0].id, 5000, " ").await), "refund_needs_reason");
    assert_eq!(t.back(paid[0].id, 5000, "wrong patient").await.unwrap(), "void");
    assert_eq!(rule(t.back(paid[0].id, 1, "again").await), "refund_more_than_paid");
    people::set_now(&mut t.c, people::at(t.clinic.tomorrow, 9, 0)).await;
    assert_eq!(t.back(paid[1].id, 1000, "too much").await.unwrap(), "refund");
    let line = t.line().await;
    assert_eq!((line.paid(), line.open()), (2000, 6500));
    let back = line.payments.last().unwrap();
    assert_eq!((back.cents, back.why.as_str(), back.kind.as_str()), (-1000, "too much", "refund"));
    assert_eq!(t.day().await.till.total(), 3000, "given back on another day counts on that day");
}

#[tokio::test]
async fn a_day_is_closed_once_against_the_count_and_takes_corrections_only_afterwards() {
    let mut t = till().await;
    t.take(Method::Cash, 5000, "").await.unwrap();
    assert_eq!(rule(t.close(4900, "").await), "count_differs");
    assert_eq!(t.close(4900, "a coin is missing").await.unwrap(), -100);
    assert_eq!(rule(t.close(5000, "").await), "day_closed");
    assert_eq!(rule(t.take(Method::Cash, 1000, "").await), "day_closed");
    t.take(Method::Cash, 1000, "paid at the door").await.unwrap();
    let day = t.day().await;
    let close = day.closed.unwrap();
    assert_eq!((close.cash, close.counted, close.note.as_str()), (5000, 4900, "a coin is missing"));
    assert_eq!((day.till.total(), day.till.corrections), (5000, 1000));
    for sql in [
        "update clinic.payment set cents = 1",
        "delete from clinic.payment",
        "truncate clinic.day_close cascade",
    ] {
        assert!(sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut t.c).await.is_err(), "{sql}");
    }
    let told: Vec<String> = sqlx::query_scalar(
        "select action || ' ' || outcome from audit.event where action in ('fee.take', 'day.close') order by at",
    )
    .fetch_all(&mut t.c)
    .await
    .unwrap();
    let done = told.iter().filter(|t| t.ends_with("done")).count();
    assert_eq!((told.len(), done), (6, 3), "{told:?}");
}

#[tokio::test]
async fn the_till_is_the_desk_s_and_its_own_centre_s() {
    let t = till().await;
    for login in ["anna", "audrey", "lab"] {
        let s = people::signed_in(&t.db, login).await;
        let taken = s
            .store
            .take_fee(&s.actor, RequestId::new(), PaymentId::new(), t.visit, Method::Cash, 100, "")
            .await;
        assert!(matches!(taken, Err(Error::Refused(_))), "{login}");
        let closed =
            s.store.close_day(&s.actor, RequestId::new(), t.clinic.randwick, t.clinic.today, 0, "").await;
        assert!(matches!(closed, Err(Error::Refused(_))), "{login}");
    }
    let there = t.mei.store.close_day(&t.mei.actor, RequestId::new(), t.clinic.ultimo, t.clinic.today, 0, "");
    assert!(matches!(there.await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn the_figures_count_weeks_of_each_provider_and_centre() {
    let mut t = till().await;
    let (gp, hao, linh) = (t.clinic.gp, t.clinic.hao, t.clinic.linh);
    people::appointment(&mut t.c, &t.clinic, &gp, hao, (8, 30), "no_show").await;
    people::appointment(&mut t.c, &t.clinic, &gp, linh, (10, 0), "booked").await;
    let root = people::signed_in(&t.db, "root").await;
    let (from, to) = (t.clinic.today - chrono::Duration::weeks(4), t.clinic.tomorrow);
    let ask = async |figure| root.store.figure(&root.actor, figure, from, to, true).await.expect("a figure");
    let of_anna = |rows: Vec<praxis::domain::figure::FigureRow>| {
        rows.into_iter().find(|r| r.provider == gp.provider()).expect("her row").points
    };
    assert_eq!(of_anna(ask(Figure::NoShows).await)[0].value, Some(50.0));
    // Two sessions of nine hours, three visits of half an hour.
    let used = of_anna(ask(Figure::Utilisation).await)[0].value.unwrap();
    assert!((used - 100.0 * 90.0 / 1080.0).abs() < 0.01, "{used}");
    let waits = of_anna(ask(Figure::Waits).await);
    assert_eq!((waits[0].value, waits[0].by, waits[0].of), (Some(10.0), Some(10), 1));
    assert_eq!(of_anna(ask(Figure::ThirdFree).await)[0].value, Some(0.0));
    // Reception sees its own centre; a provider nothing.
    let mine = t.mei.store.figure(&t.mei.actor, Figure::Utilisation, from, to, false).await.unwrap();
    assert!(!mine.is_empty() && mine.iter().all(|r| r.centre == t.clinic.randwick));
    let anna = people::signed_in(&t.db, "anna").await;
    assert!(matches!(
        anna.store.figure(&anna.actor, Figure::Waits, from, to, false).await,
        Err(Error::Refused(_))
    ));
}

//! Sessions made from weekly hours, weeks that are copied, and what a session says of its own overbooking.
use super::{book, front, rule, tomorrow};
use crate::support::people::{self, at};
use chrono::{Datelike, Days, Duration, NaiveDate, NaiveTime};
use praxis::{
    domain::{
        appointment::AppointmentKind,
        clinic_session::{SessionHours, SessionRow},
        ids::RequestId,
        provider::WeeklyHours,
    },
    store::{Copied, SessionsOf, SignIn},
};

fn hours(
    centre: praxis::domain::ids::CentreId,
    weekday: i32,
    from_minute: i32,
    to_minute: i32,
) -> WeeklyHours {
    WeeklyHours { centre, weekday, from_minute, to_minute, slot_minutes: 30 }
}

async fn set_hours(d: &crate::store_booking::Desk, all: Vec<WeeklyHours>) {
    let root = people::signed_in(&d.db, "root").await;
    let entries = root.store.provider_entries(&root.actor, None).await.unwrap();
    let anna = entries.iter().find(|e| e.id == d.clinic.gp.provider()).unwrap();
    root.store.set_weekly_hours(&root.actor, RequestId::new(), anna.id, anna.version, all).await.unwrap();
}

async fn of(who: &SignIn, d: &crate::store_booking::Desk, from: NaiveDate) -> Vec<SessionRow> {
    who.store
        .clinic_sessions(&who.actor, SessionsOf::Provider(d.clinic.gp.provider()), from, 60)
        .await
        .unwrap()
}

#[tokio::test]
async fn weekly_hours_make_sessions_once_and_what_somebody_edited_stays_edited() {
    let (d, mei) = front().await;
    let (gp, place) = (d.clinic.gp.provider(), d.clinic.randwick);
    set_hours(&d, vec![hours(place, 1, 540, 720), hours(place, 3, 540, 720)]).await;
    let monday = d.clinic.today + Days::new(4);
    assert_eq!(monday.weekday().number_from_monday(), 1);
    let make =
        async || mei.store.generate_sessions(&mei.actor, RequestId::new(), gp, monday, 4).await.unwrap();
    let first = make().await;
    assert_eq!((first.added, first.kept), (8, 0));
    let again = make().await;
    assert_eq!((again.added, again.kept, again.changed, again.removed), (0, 8, 0, 0));
    let made = of(&mei, &d, monday).await;
    assert!(made.iter().all(|s| s.kept.planned) && made.len() == 8);
    // One is edited, one removed, one booked; then the hours are others.
    let time = |t| NaiveTime::parse_from_str(t, "%H:%M").unwrap();
    let longer = SessionHours { to: time("13:00"), ..made[0].hours() };
    mei.store.change_clinic_session(&mei.actor, RequestId::new(), &made[0], longer).await.unwrap();
    mei.store.remove_clinic_session(&mei.actor, RequestId::new(), made[1].id, made[1].version).await.unwrap();
    let mut new = tomorrow(&d.clinic, d.clinic.jack, 9, None);
    (new.session, new.period.start) = (Some(made[2].id), at(made[2].day, 9, 0));
    new.period.end = new.period.start + Duration::minutes(30);
    book(&mei, new).await.unwrap();
    set_hours(&d, vec![hours(place, 1, 540, 660)]).await;
    let told = make().await;
    // Mondays 2 to 4: one is booked, two follow; Wednesdays 2 to 4 go.
    assert_eq!((told.changed, told.removed, told.booked.len(), told.kept), (2, 3, 1, 1));
    assert_eq!(told.booked, [made[2].id]);
    let now = of(&mei, &d, monday).await;
    let ends: Vec<_> = now.iter().map(SessionRow::times).collect();
    assert_eq!(ends, ["09:00-13:00", "09:00-12:00", "09:00-11:00", "09:00-11:00"]);
}

#[tokio::test]
async fn a_week_is_copied_at_its_hours_on_the_wall_and_copied_again_does_nothing() {
    let (d, mei) = front().await;
    let gp = d.clinic.gp.provider();
    let next = d.clinic.today + Days::new(7);
    let copy = async |from| mei.store.copy_week(&mei.actor, RequestId::new(), gp, from).await.unwrap();
    assert_eq!(copy(next).await, Copied { added: 2, ..Copied::default() });
    assert_eq!(copy(next).await, Copied { left: 2, ..Copied::default() });
    // Four weeks on the clock is put back (5 April 2026), and eight o'clock is eight o'clock.
    for week in 2..=4 {
        copy(d.clinic.today + Days::new(7 * week)).await;
    }
    let all = of(&mei, &d, d.clinic.today).await;
    assert_eq!(all.len(), 10);
    assert!(all.iter().all(|s| s.times() == "08:00-17:00"));
    let gary = people::signed_in(&d.db, "gary").await;
    let refused = gary.store.copy_week(&gary.actor, RequestId::new(), gp, next + Days::new(70)).await;
    assert_eq!(refused.unwrap().added, 0, "nothing to copy there");
    let refused =
        gary.store.copy_week(&gary.actor, RequestId::new(), gp, d.clinic.today + Days::new(35)).await;
    assert_eq!(rule(refused), "not_permitted");
}

#[tokio::test]
async fn the_sessions_of_ones_own_centre_are_made_and_copied_and_those_of_another_are_told() {
    let (d, mei) = front().await;
    let (gp, own, other) = (d.clinic.gp.provider(), d.clinic.randwick, d.clinic.ultimo);
    let mut c = people::writer(&d.db).await;
    sqlx::query("insert into clinic.provider_centre (provider_id, centre_id) values ($1, $2)")
        .bind(gp.0)
        .bind(other.0)
        .execute(&mut c)
        .await
        .unwrap();
    set_hours(&d, vec![hours(own, 1, 540, 720), hours(other, 2, 540, 720)]).await;
    let monday = d.clinic.today + Days::new(4);
    let make =
        async |who: &SignIn| who.store.generate_sessions(&who.actor, RequestId::new(), gp, monday, 2).await;
    let made = make(&mei).await.unwrap();
    assert_eq!((made.added, made.elsewhere), (2, vec!["Ultimo Medical Centre".to_owned()]));
    // An administrator makes the rest; what is there stays as it is, also when the first asks again.
    let root = people::signed_in(&d.db, "root").await;
    let rest = make(&root).await.unwrap();
    assert_eq!((rest.added, rest.kept, rest.elsewhere), (2, 2, vec![]));
    let again = make(&mei).await.unwrap();
    assert_eq!((again.added, again.kept, again.removed), (0, 2, 0));
    let next = monday + Days::new(14);
    let copied = mei.store.copy_week(&mei.actor, RequestId::new(), gp, next).await.unwrap();
    assert_eq!(copied, Copied { added: 1, elsewhere: 1, ..Copied::default() });
    // Who works at neither centre makes nothing, and is told why.
    set_hours(&d, vec![hours(other, 2, 540, 720)]).await;
    assert_eq!(rule(make(&mei).await), "not_permitted");
}

#[tokio::test]
async fn a_session_may_have_its_own_limit_of_overbooking() {
    let (d, mei) = front().await;
    let session = d.clinic.gp.tomorrow.unwrap();
    mei.store.set_overbook_cap(&mei.actor, RequestId::new(), session, 1, Some(1)).await.unwrap();
    let mut over = tomorrow(&d.clinic, d.clinic.jack, 9, None);
    over.kind = AppointmentKind::Overbook;
    book(&mei, over).await.unwrap();
    let mut second = tomorrow(&d.clinic, d.clinic.linh, 9, None);
    second.kind = AppointmentKind::Overbook;
    assert_eq!(rule(book(&mei, second).await), "overbook_cap");
    let rows = of(&mei, &d, d.clinic.tomorrow).await;
    assert_eq!((rows[0].kept.overbooked, rows[0].kept.cap), (1, Some(1)));
}

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
    assert_eq!(copy(next).await.added.len(), 2);
    assert_eq!(copy(next).await, Copied { kept: 2, ..Copied::default() });
    // Four weeks on the clock is put back (5 April 2026), and eight o'clock is eight o'clock.
    for week in 2..=4 {
        copy(d.clinic.today + Days::new(7 * week)).await;
    }
    let all = of(&mei, &d, d.clinic.today).await;
    assert_eq!(all.len(), 10);
    assert!(all.iter().all(|s| s.times() == "08:00-17:00"));
    let gary = people::signed_in(&d.db, "gary").await;
    let refused = gary.store.copy_week(&gary.actor, RequestId::new(), gp, next + Days::new(70)).await;
    assert!(refused.unwrap().added.is_empty(), "nothing to copy there");
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
    assert_eq!((copied.added.len(), copied.elsewhere, copied.left.len()), (1, 1, 0));
    // Who works at neither centre makes nothing, and is told why.
    set_hours(&d, vec![hours(other, 2, 540, 720)]).await;
    assert_eq!(rule(make(&mei).await), "not_permitted");
}

#[tokio::test]
async fn what_a_session_of_another_centre_is_in_the_way_of_is_left_out_and_the_rest_is_made() {
    let (d, mei) = front().await;
    let (gp, own, other) = (d.clinic.gp.provider(), d.clinic.randwick, d.clinic.ultimo);
    let mut c = people::writer(&d.db).await;
    let works = "insert into clinic.provider_centre (provider_id, centre_id) values ($1, $2)";
    sqlx::query(works).bind(gp.0).bind(other.0).execute(&mut c).await.unwrap();
    // Today and tomorrow of the next week: at the first of them the other centre has her at noon.
    let next = d.clinic.today + Days::new(7);
    people::session(&mut c, gp, other, next, (12, 13)).await;
    let copied = mei.store.copy_week(&mei.actor, RequestId::new(), gp, next).await.unwrap();
    assert_eq!((copied.added.len(), copied.kept, copied.left.len()), (1, 0, 1));
    let left = &copied.left[0];
    assert_eq!(
        (left.day, left.elsewhere, left.from),
        (next, true, NaiveTime::from_hms_opt(8, 0, 0).unwrap())
    );
    assert_eq!(left.centre_name, "Randwick Medical Centre", "of its own hours, not of those in the way");
    // Of one's own centre it is said that a session is there.
    let shifted = next + Days::new(7);
    people::session(&mut c, gp, own, shifted + Days::new(1), (8, 9)).await;
    let again = mei.store.copy_week(&mei.actor, RequestId::new(), gp, shifted).await.unwrap();
    let left: Vec<_> = again.left.iter().map(|l| (l.day, l.elsewhere)).collect();
    assert_eq!((again.elsewhere, left), (1, vec![(shifted + Days::new(1), false)]));
    // Sessions from hours leave it out as well.
    let weekday = i32::try_from(next.weekday().number_from_monday()).unwrap();
    set_hours(&d, vec![hours(own, weekday, 690, 750), hours(own, weekday % 7 + 1, 480, 540)]).await;
    let far = next + Days::new(21);
    people::session(&mut c, gp, other, far, (12, 13)).await;
    let made = mei.store.generate_sessions(&mei.actor, RequestId::new(), gp, far, 1).await.unwrap();
    assert_eq!((made.added, made.in_the_way), (1, 1));
}

#[tokio::test]
async fn a_copied_week_is_taken_back_as_one_and_what_was_booked_meanwhile_stays() {
    let (d, mei) = front().await;
    let nina = people::signed_in(&d.db, "nina").await;
    let gp = d.clinic.gp.provider();
    let next = d.clinic.today + Days::new(7);
    let copy = async || mei.store.copy_week(&mei.actor, RequestId::new(), gp, next).await.unwrap().added;
    let back = async |ids| {
        mei.store
            .uncopy_week(&mei.actor, RequestId::new(), gp, ids)
            .await
            .map(|t| (t.removed, t.booked, t.changed))
    };
    let first = copy().await;
    assert_eq!(back(first.clone()).await.unwrap(), (2, 0, 0));
    assert!(of(&mei, &d, next).await.is_empty());
    assert_eq!(back(first).await.unwrap(), (0, 0, 2), "once is enough");
    // Another desk books in the first session of the second try.
    let second = copy().await;
    let mut new = tomorrow(&d.clinic, d.clinic.jack, 9, None);
    (new.session, new.period.start) = (Some(second[0]), at(next, 9, 0));
    new.period.end = new.period.start + Duration::minutes(30);
    book(&nina, new).await.unwrap();
    assert_eq!(back(second.clone()).await.unwrap(), (1, 1, 0));
    let left: Vec<_> = of(&nina, &d, next).await.iter().map(|s| s.id).collect();
    assert_eq!(left, [second[0]]);
    let gary = people::signed_in(&d.db, "gary").await;
    let refused = gary.store.uncopy_week(&gary.actor, RequestId::new(), gp, vec![second[0]]).await;
    assert!(refused.is_err() || refused.unwrap().removed == 0);
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

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
    store::{Copied, Done, SessionsOf, SignIn, TakenBack},
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
        mei.store.uncopy_week(&mei.actor, RequestId::new(), gp, ids).await.map(|t| (t.back, whys(&t)))
    };
    let first = copy().await;
    assert_eq!(back(first.clone()).await.unwrap(), (2, vec![]));
    assert!(of(&mei, &d, next).await.is_empty());
    let changed = "it was changed since".to_owned();
    assert_eq!(back(first).await.unwrap(), (0, vec![changed.clone(), changed]), "once is enough");
    // Another desk books in the first session of the second try.
    let second = copy().await;
    let mut new = tomorrow(&d.clinic, d.clinic.jack, 9, None);
    (new.session, new.period.start) = (Some(second[0]), at(next, 9, 0));
    new.period.end = new.period.start + Duration::minutes(30);
    book(&nina, new).await.unwrap();
    assert_eq!(back(second.clone()).await.unwrap(), (1, vec!["somebody is booked in it".to_owned()]));
    let left: Vec<_> = of(&nina, &d, next).await.iter().map(|s| s.id).collect();
    assert_eq!(left, [second[0]]);
    let gary = people::signed_in(&d.db, "gary").await;
    let refused = gary.store.uncopy_week(&gary.actor, RequestId::new(), gp, vec![second[0]]).await;
    assert!(refused.is_err() || refused.unwrap().back == 0);
}

#[tokio::test]
async fn what_was_held_in_hours_that_went_is_held_again_when_making_sessions_is_taken_back() {
    let (d, mei) = front().await;
    let (gp, place, r) = (d.clinic.gp.provider(), d.clinic.randwick, RequestId::new);
    let monday = d.clinic.today + Days::new(4);
    let make = async |to_minute| {
        set_hours(&d, vec![hours(place, 1, 540, to_minute)]).await;
        mei.store.generate_sessions(&mei.actor, r(), gp, monday, 1).await.unwrap()
    };
    make(720).await;
    let session = of(&mei, &d, monday).await[0].id;
    for hour in [9, 11] {
        super::hold(&mei, session, super::span(monday, (hour, 0), 60)).await;
    }
    let shorter = make(660).await;
    assert_eq!((shorter.changed, shorter.done[0].lost.len()), (1, 1), "the other one lies within");
    let back = mei.store.ungenerate_sessions(&mei.actor, r(), gp, shorter.done).await.unwrap();
    assert_eq!((back.back, back.held, back.released), (1, 1, 0));
    let row = of(&mei, &d, monday).await.remove(0);
    assert_eq!((row.kept.held, row.free), (4, 2));
}

fn whys(t: &TakenBack) -> Vec<String> {
    t.stays.iter().map(|s| s.why.clone()).collect()
}

#[tokio::test]
async fn sessions_made_from_hours_are_taken_back_as_one_what_was_changed_and_removed_included() {
    let (d, mei) = front().await;
    let (gp, place) = (d.clinic.gp.provider(), d.clinic.randwick);
    set_hours(&d, vec![hours(place, 1, 540, 720), hours(place, 3, 540, 720)]).await;
    let monday = d.clinic.today + Days::new(4);
    let make =
        async || mei.store.generate_sessions(&mei.actor, RequestId::new(), gp, monday, 2).await.unwrap();
    let back = async |request, done: &[Done]| {
        mei.store.ungenerate_sessions(&mei.actor, request, gp, done.to_vec()).await.unwrap()
    };
    let first = make().await;
    assert_eq!((first.added, first.done.len()), (4, 4));
    let before = of(&mei, &d, monday).await;
    // Other hours: two follow, two go, two are new.
    set_hours(&d, vec![hours(place, 1, 540, 660), hours(place, 5, 840, 1020)]).await;
    let second = make().await;
    assert_eq!((second.changed, second.removed, second.added, second.done.len()), (2, 2, 2, 6));
    let request = RequestId::new();
    let undone = back(request, &second.done).await;
    assert_eq!((undone.back, undone.stays.len()), (6, 0));
    assert_eq!(back(request, &second.done).await, undone, "asked twice it is done once");
    let now = of(&mei, &d, monday).await;
    let as_they_were = |rows: &[SessionRow]| -> Vec<_> {
        rows.iter().map(|s| (s.id, s.period, s.slot_minutes, s.kept.planned)).collect()
    };
    assert_eq!(as_they_were(&now), as_they_were(&before));
    // What was taken back is made again when the hours ask for it.
    let again = make().await;
    assert_eq!((again.changed, again.removed, again.added), (2, 2, 2));
    let all = back(RequestId::new(), &again.done).await;
    assert_eq!(all.back, 6);
    let stale = back(RequestId::new(), &first.done).await;
    assert_eq!(stale.back, 0, "they were changed since: {:?}", whys(&stale));
}

#[tokio::test]
async fn of_sessions_made_from_hours_what_was_booked_or_changed_meanwhile_stays_and_is_named() {
    let (d, mei) = front().await;
    let nina = people::signed_in(&d.db, "nina").await;
    let (gp, place) = (d.clinic.gp.provider(), d.clinic.randwick);
    set_hours(&d, vec![hours(place, 1, 540, 720), hours(place, 3, 540, 720)]).await;
    let monday = d.clinic.today + Days::new(4);
    let make =
        async || mei.store.generate_sessions(&mei.actor, RequestId::new(), gp, monday, 2).await.unwrap();
    let back = async |done: Vec<Done>| {
        mei.store.ungenerate_sessions(&mei.actor, RequestId::new(), gp, done).await.unwrap()
    };
    let made = make().await;
    let rows = of(&mei, &d, monday).await;
    let mut new = tomorrow(&d.clinic, d.clinic.jack, 9, None);
    (new.session, new.period.start) = (Some(rows[0].id), at(rows[0].day, 9, 0));
    new.period.end = new.period.start + Duration::minutes(30);
    book(&nina, new).await.unwrap();
    let time = |t| NaiveTime::parse_from_str(t, "%H:%M").unwrap();
    let longer = SessionHours { to: time("13:00"), ..rows[1].hours() };
    let root = people::signed_in(&d.db, "root").await;
    root.store.change_clinic_session(&root.actor, RequestId::new(), &rows[1], longer).await.unwrap();
    let undone = back(made.done).await;
    assert_eq!(
        (undone.back, whys(&undone)),
        (2, vec!["somebody is booked in it".to_owned(), "it was changed since".to_owned(),])
    );
    assert_eq!((undone.stays[0].day, undone.stays[0].from), (rows[0].day, time("09:00")));
    // A session that was removed comes back, unless another one has its time now.
    set_hours(&d, vec![]).await;
    set_hours(&d, vec![hours(place, 1, 540, 720), hours(place, 4, 540, 720)]).await;
    let more = make().await;
    assert_eq!(more.added, 3, "{more:?}");
    set_hours(&d, vec![hours(place, 1, 540, 720)]).await;
    let less = make().await;
    assert_eq!((less.removed, less.added), (2, 0), "the Thursdays go: {less:?}");
    let mut c = people::writer(&d.db).await;
    let thursday = monday + Days::new(3);
    people::session(&mut c, gp, d.clinic.ultimo, thursday, (11, 13)).await;
    let undone = back(less.done).await;
    assert_eq!((undone.back, whys(&undone)), (1, vec!["another session is there now".to_owned()]));
    // Nobody from elsewhere takes it back.
    let gary = people::signed_in(&d.db, "gary").await;
    let refused = gary.store.ungenerate_sessions(&gary.actor, RequestId::new(), gp, more.done).await;
    assert!(refused.is_err() || refused.unwrap().back == 0);
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

//! Booking from the key to the database and to the next desk, and how many keys each piece of work takes: names, reasons and
//! times that are typed are not counted.
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
        ids::{RequestId, WaitId},
        waitlist::{NewWait, Wish},
    },
    ui::route::Route,
};
use sqlx::Row as _;

async fn clinic() -> (Db, Clinic) {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    (db, clinic)
}

/// A desk that has chosen Jack and Dr Smith, with the free times before it.
async fn choosing(db: &Db, login: &str) -> Desk {
    let mut desk = Desk::of(db, login).await;
    desk.sees("b book").await;
    choose(&mut desk).await;
    desk
}

async fn choose(desk: &mut Desk) {
    desk.key("b");
    desk.letters("jack bla");
    desk.sees("BLACK Jack (Jacko)").await;
    desk.key("enter");
    desk.sees("With whom?").await;
    desk.letters("smith");
    desk.key("enter");
    // Nine half hours of one provider: the answer to what was chosen.
    desk.sees(" 8 today      13:").await;
    desk.sees("04 May 1996").await;
}

async fn statuses(db: &Db) -> Vec<(String, String)> {
    sqlx::query(
        "select p.given_name, a.status || ' ' || to_char(a.starts_at at time zone 'Australia/Sydney', 'DD HH24:MI')
           from clinic.appointment a join clinic.patient p on p.id = a.patient_id order by a.starts_at, 1",
    )
    .fetch_all(&mut db.superuser().await)
    .await
    .unwrap()
    .iter()
    .map(|r| (r.get(0), r.get(1)))
    .collect()
}

fn said(all: &[(String, String)]) -> Vec<String> {
    all.iter().map(|(who, what)| format!("{who} {what}")).collect()
}

#[tokio::test]
async fn a_visit_is_cut_pasted_on_the_next_day_in_three_keys_and_moved_back_with_one() {
    let (db, clinic) = clinic().await;
    let mut c = people::writer(&db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
    let busy = at(clinic.tomorrow, 10, 0);
    people::appointment_on(&mut c, &clinic.gp, clinic.hao, busy, "booked", "x").await;
    let mut desk = Desk::of(&db, "mei").await;
    desk.sees("NGUYEN Linh").await;
    desk.key("x");
    desk.sees("Cut: Thu 12 Mar 10:00 NGUYEN Linh").await;
    desk.key("]");
    desk.sees("ZHANG Hao").await;
    desk.sees("p pastes it where you go, esc lets go").await;
    desk.key("p");
    // 10:00 is taken there: the nearest free time, the later of two.
    desk.sees("Moved from Thu 12 Mar 10:00: NGUYEN Linh").await;
    let moved = desk.taken();
    desk.sees("10:30  NGUYEN Linh").await;
    desk.key("u");
    desk.sees("Moved back: NGUYEN Linh").await;
    counted("move a visit to the next day by cut and paste; take it back", &[moved, desk.taken()]);
    assert_eq!(said(&statuses(&db).await), ["Linh booked 12 10:00", "Hao booked 13 10:00"]);
    // What is cut and let go stays where it is, and p is the patient's key again.
    desk.key("[");
    desk.sees("10:00  NGUYEN Linh").await;
    desk.key("x g p");
    desk.sees("Cut: Thu 12 Mar 10:00 NGUYEN Linh").await;
    desk.key("esc");
    desk.sees("Not moved: Thu 12 Mar 10:00 NGUYEN Linh").await;
}

#[tokio::test]
async fn what_is_cut_is_pasted_among_the_free_times_of_the_booking() {
    let (db, clinic) = clinic().await;
    let mut c = people::writer(&db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.linh, (16, 0), "booked").await;
    let mut desk = Desk::of(&db, "mei").await;
    desk.sees("NGUYEN Linh").await;
    desk.key("x b");
    desk.sees("Now Thu 12 Mar 16:00. First free").await;
    desk.sees("30 Aug 1991").await;
    desk.key("2 p");
    desk.sees("Moved from Thu 12 Mar 16:00: NGUYEN Linh").await;
    counted("move a visit to a chosen free time by cut and paste", &[desk.taken()]);
    assert_eq!(said(&statuses(&db).await), ["Linh booked 12 10:00"]);
}

#[tokio::test]
async fn a_time_chosen_at_one_desk_is_seen_at_the_other_and_refused_there_until_it_is_let_go() {
    let (db, _) = clinic().await;
    let mut mei = choosing(&db, "mei").await;
    let mut c = db.superuser().await;
    let mut held = async || {
        sqlx::query_scalar::<_, i64>("select count(*) from clinic.slot_hold").fetch_one(&mut c).await.unwrap()
    };
    mei.goes_on_until("the hold", async || held().await == 1).await;
    let mut nina = choosing(&db, "nina").await;
    // The first row nobody is choosing is selected for the second desk.
    nina.sees("held to 09:0").await;
    nina.sees(" by Mei Wong").await;
    assert!(nina.text().contains("▌2 today      10:00"), "{}", nina.text());
    nina.key("1 enter");
    nina.sees("Mei Wong is choosing 09:30 just now").await;
    nina.sees("books 10:00 instead.").await;
    nina.key("2");
    nina.goes_on_until("her hold", async || held().await == 2).await;
    mei.sees(" by Nina Costa").await;
    mei.key("esc");
    mei.sees("Nobody is booked on this day.").await;
    mei.goes_on_until("letting go", async || held().await == 1).await;
    nina.sees("1 today      09:30 SMITH Anna     Randwick").await;
    nina.key("1 enter");
    nina.sees("Booked: BLACK Jack").await;
    assert_eq!(said(&statuses(&db).await), ["Jack booked 12 09:30"]);
}

#[tokio::test]
async fn a_refusal_names_who_was_first_and_the_number_of_the_nearest_time() {
    let (db, clinic) = clinic().await;
    let mut mei = choosing(&db, "mei").await;
    // Past the program, so that the list does not know yet.
    let mut c = people::writer(&db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.hao, (9, 30), "booked").await;
    mei.key("enter");
    mei.sees("SMITH Anna already has somebody at 09:30").await;
    mei.sees("books 10:00 instead.").await;
    mei.key("2 enter");
    mei.sees("Booked: BLACK Jack (000001) Thu 12 Mar 2026 10:00 to 10:30").await;
}

#[tokio::test]
async fn a_series_is_booked_in_eight_keys_its_clash_included_and_cancelled_from_one_on() {
    let (db, clinic) = clinic().await;
    let mut c = people::writer(&db).await;
    for n in [7, 14, 21] {
        let day = clinic.today + Duration::days(n);
        people::session(&mut c, clinic.gp.provider(), clinic.randwick, day, (8, 17)).await;
    }
    let taken = at(clinic.today + Duration::days(7), 9, 30);
    people::appointment_on(&mut c, &clinic.gp, clinic.hao, taken, "booked", "x").await;
    let mut desk = choosing(&db, "mei").await;
    desk.key("y");
    desk.letters("4 weekly");
    desk.key("enter");
    desk.sees("1 clash to decide").await;
    desk.sees("clash: n takes 10:00. SMITH Anna already has somebody").await;
    // Asked too early it is refused: that key belongs to no booking.
    let so_far = desk.taken();
    desk.key("enter");
    desk.sees("1 visit clashes.").await;
    desk.taken();
    desk.key("a enter");
    desk.sees("Booked 4 visits: BLACK Jack Thu 12 Mar 09:30 to Thu 02 Apr 09:30").await;
    let booked = so_far + desk.taken();
    // From the board of the second one's day.
    desk.goes(Route::Board(Some(clinic.today + Duration::days(7))));
    desk.sees("10:00  BLACK Jack").await;
    desk.key("G");
    desk.taken();
    desk.key("y");
    desk.sees("2 of 4 booked together").await;
    desk.key("L");
    desk.letters("moved away");
    desk.key("enter");
    desk.sees("Cancelled 3 visits: Thu 19 Mar 10:00 to Thu 02 Apr 09:30").await;
    let cancelled = desk.taken();
    desk.key("u");
    desk.sees("Booked again: 3 visits").await;
    let work = "a series with clashes, each given the nearest time; the rest of it from a visit on cancelled, and booked again";
    counted(work, &[booked, cancelled, desk.taken()]);
    desk.key("m");
    desk.letters("11:00");
    desk.key("enter");
    desk.sees("enter moves all 3 visits").await;
    desk.key("enter");
    desk.sees("Moved 3 visits: BLACK Jack Thu 19 Mar 11:00 to Thu 02 Apr 11:00").await;
    assert_eq!(
        said(&statuses(&db).await),
        [
            "Jack booked 12 09:30",
            "Hao booked 19 09:30",
            "Jack booked 19 11:00",
            "Jack booked 26 11:00",
            "Jack booked 02 11:00",
        ]
    );
}

#[tokio::test]
async fn a_series_that_was_booked_or_moved_is_taken_back_with_one_key() {
    let (db, clinic) = clinic().await;
    let mut c = people::writer(&db).await;
    for n in [7, 14] {
        let day = clinic.today + Duration::days(n);
        people::session(&mut c, clinic.gp.provider(), clinic.randwick, day, (8, 17)).await;
    }
    let mut desk = choosing(&db, "mei").await;
    desk.key("y");
    desk.letters("3 weekly");
    desk.key("enter");
    desk.sees("enter books all 3 visits").await;
    desk.key("enter");
    desk.sees("Booked 3 visits: BLACK Jack Thu 12 Mar 09:30 to Thu 26 Mar 09:30").await;
    desk.sees("booked").await;
    desk.key("y");
    desk.sees("1 of 3 booked together").await;
    desk.key("m");
    desk.letters("11:00");
    desk.key("enter");
    desk.sees("enter moves all 3 visits").await;
    desk.key("enter");
    desk.sees("Moved 3 visits: BLACK Jack Thu 12 Mar 11:00 to Thu 26 Mar 11:00").await;
    desk.key("u");
    desk.sees("Taken back").await;
    let booked = ["Jack booked 12 09:30", "Jack booked 19 09:30", "Jack booked 26 09:30"];
    assert_eq!(said(&statuses(&db).await), booked);
}

#[tokio::test]
async fn a_booked_series_is_taken_back_with_one_key() {
    let (db, clinic) = clinic().await;
    let mut c = people::writer(&db).await;
    let later = clinic.today + Duration::days(7);
    people::session(&mut c, clinic.gp.provider(), clinic.randwick, later, (8, 17)).await;
    let mut desk = choosing(&db, "mei").await;
    desk.key("y");
    desk.letters("2 weekly");
    desk.key("enter");
    desk.sees("enter books all 2 visits").await;
    desk.key("enter");
    desk.sees("Booked 2 visits").await;
    let booked = desk.taken();
    desk.key("u");
    desk.sees("Taken back").await;
    counted("a series, every visit of it free; take all of it back", &[booked, desk.taken()]);
    assert_eq!(said(&statuses(&db).await), ["Jack cancelled 12 09:30", "Jack cancelled 19 09:30"]);
}

#[tokio::test]
async fn a_family_of_three_is_booked_in_eight_keys_and_taken_back_with_one() {
    let (db, clinic) = clinic().await;
    let nina = people::signed_in(&db, "nina").await;
    let wish = Wish { provider: Some(clinic.gp.provider()), ..Wish::between(clinic.today, clinic.tomorrow) };
    let new = NewWait { id: WaitId::new(), patient: clinic.omar, wish, note: String::new() };
    nina.store.add_wait(&nina.actor, RequestId::new(), new).await.unwrap();
    let mut desk = choosing(&db, "mei").await;
    for (letters, seen) in [("rashid", "RASHID Omar"), ("nguyen", "NGUYEN Linh")] {
        desk.key("m");
        desk.letters(letters);
        desk.sees(seen).await;
        // The next one is chosen at once, whatever is still being read of the one before.
        desk.key("enter");
    }
    desk.sees("then RASHID Omar, NGUYEN Linh · this takes RASHID Omar off the").await;
    desk.key("enter");
    desk.sees("Booked Thu 12 Mar 2026, SMITH Anna, Randwick Medical Centre: 09:30").await;
    desk.sees("BLACK Jack, 10:00 RASHID Omar, 10:30 NGUYEN Linh. Off the waiting list:").await;
    desk.sees("RASHID Omar (SMITH Anna, to Fri 13 Mar)").await;
    let booked = desk.taken();
    assert_eq!(
        said(&statuses(&db).await),
        ["Jack booked 12 09:30", "Omar booked 12 10:00", "Linh booked 12 10:30"]
    );
    desk.key("u");
    desk.sees("Taken back").await;
    counted("a family of three, one after the other; take all of it back", &[booked, desk.taken()]);
    assert!(statuses(&db).await.iter().all(|(_, s)| s.starts_with("cancelled")));
}

#[tokio::test]
async fn somebody_who_walks_in_waits_after_three_keys_and_is_told_their_place() {
    let (db, _) = clinic().await;
    let mut desk = Desk::of(&db, "mei").await;
    desk.sees("Nobody is booked on this day.").await;
    desk.key("w");
    desk.letters("jack bla");
    desk.sees("BLACK Jack (Jacko)").await;
    desk.key("enter");
    desk.sees("Who takes the patient?").await;
    desk.sees("04 May 1996").await;
    desk.sees("1 today").await;
    desk.key("enter");
    desk.sees("Waiting, number 1 in the queue: BLACK Jack").await;
    let waits = desk.taken();
    desk.key("u");
    desk.sees("Taken back").await;
    counted("a walk-in, told the place in the queue; take it back", &[waits, desk.taken()]);
}

#[tokio::test]
async fn a_taken_time_is_booked_over_with_a_reason_by_those_who_may() {
    let (db, clinic) = clinic().await;
    let mut c = people::writer(&db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.hao, (9, 30), "booked").await;
    let mut desk = choosing(&db, "mei").await;
    desk.key("o");
    desk.letters("cannot come later");
    desk.key("enter");
    desk.sees("0 of 2 over").await;
    desk.key("enter");
    desk.sees("Booked: BLACK Jack").await;
    let over = desk.taken();
    desk.key("u");
    desk.sees("Taken back").await;
    counted("book over a taken time, with its reason; take it back", &[over, desk.taken()]);
    let mut nina = choosing(&db, "nina").await;
    nina.key("o");
    nina.letters("x");
    nina.key("enter");
    nina.sees("Only reception, administrators and the provider overbook a session.").await;
}

#[tokio::test]
async fn who_may_not_be_booked_is_refused_with_reason_and_day_before_anything_else_is_asked() {
    let (db, clinic) = clinic().await;
    let s = people::signed_in(&db, "mei").await;
    let until = clinic.today + Duration::days(3);
    let seen = s.store.patient_profile(&s.actor, clinic.hao, false).await.unwrap().version;
    let request = praxis::domain::ids::RequestId::new();
    s.store.block_patient(&s.actor, request, clinic.hao, seen, Some(until), "shouted".into()).await.unwrap();
    let mut desk = Desk::of(&db, "mei").await;
    desk.sees("Nobody is booked on this day.").await;
    desk.key("b");
    desk.letters("zhang");
    desk.sees("ZHANG Hao").await;
    desk.key("enter");
    desk.sees("ZHANG Hao may not be booked until 15 Mar 2026 (shouted). f and Mon 16 Mar").await;
    // Somebody with whom nobody is booked any more is found, with the reason.
    sqlx::query("update clinic.account set deactivated_at = now() where login = 'sam'")
        .execute(&mut people::writer(&db).await)
        .await
        .unwrap();
    let mut desk = Desk::of(&db, "mei").await;
    desk.sees("Nobody is booked on this day.").await;
    desk.key("b");
    desk.letters("jack bla");
    desk.sees("BLACK Jack (Jacko)").await;
    desk.key("enter");
    desk.sees("With whom?").await;
    desk.letters("jackson");
    desk.sees("does not work here any more").await;
    desk.key("enter");
    desk.sees("JACKSON Sam does not work here any more. v chooses another provider.").await;
}

#[tokio::test]
async fn a_visit_type_sets_how_long_the_visit_is() {
    let (db, _) = clinic().await;
    let mut desk = choosing(&db, "mei").await;
    desk.key("t");
    desk.letters("health");
    desk.sees("Health check").await;
    desk.key("enter");
    desk.sees("Visit     Health check 60 min").await;
    // Nine free hours that begin each half hour: the ninth at 13:30, with the last one at 16:00.
    desk.key("enter");
    desk.sees("Booked: BLACK Jack (000001) Thu 12 Mar 2026 09:30 to 10:30").await;
}

/// The visit types of what was booked.
async fn visit_types(db: &Db) -> Vec<String> {
    sqlx::query_scalar("select coalesce(visit_type, '-') from clinic.appointment order by starts_at")
        .fetch_all(&mut db.superuser().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_line_books_a_visit_type_in_two_keys_and_one_or_two_more_for_each_part_that_is_not_clear() {
    let (db, _) = clinic().await;
    let mut desk = Desk::of(&db, "mei").await;
    desk.sees("Nobody is booked on this day.").await;
    desk.key(":");
    desk.letters("bk ngu li smith tom 10:30 blood test fasting");
    desk.sees("NGUYEN Linh F 34 000002").await;
    desk.sees("Friday 13 March 10:30-11:00").await;
    desk.sees("visit type Blood test 10 + 5 min").await;
    desk.sees("reason fasting").await;
    desk.sees("Enter books it.").await;
    desk.key("enter");
    desk.sees("Booked: NGUYEN Linh (000002) Fri 13 Mar 2026 10:30").await;
    let clear = desk.taken();
    // Which Black, and whether that is a visit type: two questions.
    desk.key(":");
    desk.letters("bk bla ja smith tom 11 blood");
    desk.sees("Which patient is \"bla ja\"?").await;
    let jack = if desk.text().contains("1 BLACK Jack (") { "1" } else { "2" };
    desk.key("enter");
    desk.key(jack);
    desk.sees("Is \"blood\" a visit type or a reason?").await;
    desk.sees("2 Blood test").await;
    desk.key("2");
    desk.sees("Enter books it.").await;
    desk.key("enter");
    desk.sees("Booked: BLACK Jack (000001) Fri 13 Mar 2026 11:00").await;
    let asked = desk.taken();
    assert_eq!(visit_types(&db).await, ["blood-test", "blood-test"]);
    desk.key("u");
    desk.sees("Taken back").await;
    let work = "book in the `:` line, every part of it clear; with two parts picked by number; take it back";
    counted(work, &[clear, asked, desk.taken()]);
    // Somebody who does not do it is not booked for it as if the words were a reason.
    desk.key(":");
    desk.letters("bk ngu li jackson tom 14 blood test");
    desk.sees("Blood test is not done by a").await;
    desk.key("enter");
    let mut c = db.superuser().await;
    let all: i64 =
        sqlx::query_scalar("select count(*) from clinic.appointment").fetch_one(&mut c).await.unwrap();
    assert_eq!(all, 2);
}

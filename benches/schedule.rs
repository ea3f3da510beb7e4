//! `cargo bench --bench schedule`: the schedule on a year of 200 providers, on a server of its own. Prints the median of
//! each question with the statements it takes; `docs/performance.md` keeps the last figures.
//!
//! `PRAXIS_BENCH_APPOINTMENTS` makes it smaller than a million.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints, and stops at what is wrong"
)]
#[allow(
    unused_imports,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the bench uses a part of what the tests share"
)]
#[path = "../tests/it/support/mod.rs"]
mod support;

use chrono::{Datelike as _, Days, NaiveDate};
use praxis::{
    domain::{
        actor::Actor,
        booking::{DayPart, FreeFilter},
        calendar::weeks,
        ids::{CentreId, ProviderId},
    },
    store::{DaysOf, MonthOf, SessionsOf, Store},
};
use sqlx::Row as _;
use std::{future::Future, time::Instant};
use support::{
    cluster::{self, block_on},
    desk::through,
    people::{self, Clinic},
    proxy::Proxy,
};

/// Providers of the clinic, at ten centres.
const PROVIDERS: i64 = 200;
const CENTRES: i64 = 10;
/// Slots of 20 minutes from 08:00 to 17:00.
const SLOTS: i64 = 27;
/// How often each question is asked.
const TIMES: usize = 31;

/// A year of weekdays around the clinic's today. One provider in ten is booked out until its last week; of the others the
/// coming days are fuller than those far away.
const FILL: &str = "
    create temporary table centres as select row_number() over (order by id) - 1 as n, id from clinic.centre;
    insert into clinic.account (id, login, email, role, family_name, given_name)
    select gen_random_uuid(), 'p' || i, 'p' || i || '@praxis.example', 'gp', 'Provider' || lpad(i::text, 3, '0'), 'Bench'
      from generate_series(0, 199) i;
    insert into clinic.provider (id, account_id, profession, fee_cents, name_key)
    select gen_random_uuid(), a.id, case when substr(a.login, 2)::int % 10 = 9 then 'physiotherapist' else 'gp' end, 8500, lower(a.family_name)
      from clinic.account a where a.login ~ '^p[0-9]+$';
    create temporary table people as
    select p.id, substr(a.login, 2)::int as n, c.id as centre from clinic.provider p join clinic.account a on a.id = p.account_id
      join centres c on c.n = substr(a.login, 2)::int % 10 where a.login ~ '^p[0-9]+$';
    insert into clinic.provider_centre select id, centre from people;
    insert into clinic.patient (id, family_name, given_name, sex, birth_date)
    select gen_random_uuid(), 'Patient' || lpad(i::text, 5, '0'), 'Bench', 'female', date '1980-01-01' + i % 9000
      from generate_series(0, 19999) i;
    create temporary table patients as select row_number() over (order by family_name) - 1 as n, id from clinic.patient
     where given_name = 'Bench';
    create temporary table days as
    select row_number() over (order by d) - 1 as n, d::date as day from generate_series(date '2026-03-12' - 182, date '2026-03-12' + 182, interval '1 day') d
     where extract(isodow from d) < 6;
    insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at, slot_minutes)
    select gen_random_uuid(), p.id, p.centre, d.day, (d.day + time '08:00') at time zone 'Australia/Sydney',
           (d.day + time '17:00') at time zone 'Australia/Sydney', 20 from people p cross join days d;
    create index on patients (n);
    analyze people; analyze days; analyze patients; analyze clinic.clinic_session;";

const APPOINTMENTS: &str = "
    insert into clinic.appointment (id, patient_id, provider_id, centre_id, clinic_session_id, status, day, starts_at, ends_at, booked_by)
    select gen_random_uuid(), q.id, s.provider_id, s.centre_id, s.id, case when s.day < date '2026-03-12' then 'completed' else 'booked' end,
           s.day, s.starts_at + k * interval '20 minutes', s.starts_at + (k + 1) * interval '20 minutes', $1
      from clinic.clinic_session s
      join people p on p.id = s.provider_id
      join days d on d.day = s.day
      cross join generate_series(0, 26) k
      join patients q on q.n = (d.n * 27 + k) * 200 % 20000 + p.n
     where p.n % 10 = 9 and d.n < 256
        or (hashtextextended(p.n || ' ' || d.n || ' ' || k, 7) & 1023) < 1023 * $2::float8";

/// The rows that the triggers keep otherwise: they did not run.
const OPEN: &str = "analyze clinic.appointment; delete from clinic.open_time;
    insert into clinic.open_time select x.* from clinic.open_times((select array_agg(id) from clinic.clinic_session)) x";

/// Twenty who wait at a centre, half of them for one provider, since before the whole year to come was opened.
const WAITING: &str = "
    insert into clinic.waitlist_entry (id, patient_id, provider_id, profession, centre_id, first_day, last_day, part, priority, added_by, added_at)
    select gen_random_uuid(), q.id, case when q.n % 2 = 0 then p.id end, case when q.n % 2 = 1 then 'gp' end, p.centre, date '2026-03-12',
           date '2026-03-12' + 28, (array['any', 'morning', 'afternoon'])[1 + q.n % 3], 'routine', $1, clinic.now() - interval '3 days'
      from patients q
      join (select row_number() over (order by n) - 1 as place, id, centre from people where centre = $2 and n % 10 <> 9) p on p.place = q.n % 18
     where q.n < 20";
const OPENED: &str = "
    insert into clinic.opened_time (clinic_session_id, provider_id, centre_id, starts_at, ends_at, opened_at)
    select id, provider_id, centre_id, starts_at, ends_at, clinic.now() - interval '1 day' from clinic.clinic_session where day >= date '2026-03-12'";

async fn fill(db: &cluster::Db, clinic: &Clinic, wanted: i64) -> i64 {
    let mut c = people::writer(db).await;
    sqlx::raw_sql(
        "set session_replication_role = replica; set maintenance_work_mem = '256MB'; set work_mem = '64MB'",
    )
    .execute(&mut c)
    .await
    .expect("settings");
    for n in 3..CENTRES {
        people::centre(&mut c, "medical_centre", &format!("Centre {n}"), &format!("2200000000{n}")).await;
    }
    sqlx::raw_sql(FILL).execute(&mut c).await.expect("people, days and sessions");
    let full = PROVIDERS / 10 * 256 * SLOTS;
    let rest = PROVIDERS * 261 * SLOTS - full;
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    let share = ((wanted - full).max(0) as f64 / rest as f64).min(0.95);
    sqlx::query(APPOINTMENTS)
        .bind(clinic.reception.account.0)
        .bind(share)
        .execute(&mut c)
        .await
        .expect("appointments");
    sqlx::raw_sql(OPEN).execute(&mut c).await.expect("what is open");
    sqlx::query(WAITING)
        .bind(clinic.reception.account.0)
        .bind(clinic.randwick.0)
        .execute(&mut c)
        .await
        .expect("who waits");
    sqlx::raw_sql(OPENED).execute(&mut c).await.expect("what was opened");
    sqlx::raw_sql("vacuum analyze").execute(&mut c).await.expect("statistics");
    let row =
        sqlx::query("select count(*) from clinic.appointment").fetch_one(&mut c).await.expect("a count");
    row.get(0)
}

struct Asked<'a> {
    proxy: &'a Proxy,
    store: &'a Store,
    actor: &'a Actor,
}

impl Asked<'_> {
    /// Prints the median and the worst of a question, how many rows it found and the statements one asking takes.
    async fn time<F: Future<Output = usize>>(&self, what: &str, goal: &str, ask: impl Fn(Store, Actor) -> F) {
        let run = || ask(self.store.clone(), self.actor.clone());
        let rows = run().await;
        let before = self.proxy.statements();
        run().await;
        let statements = self.proxy.statements() - before;
        let mut times = vec![];
        for _ in 0..TIMES {
            let since = Instant::now();
            run().await;
            times.push(since.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{what:<52} {:>8.1} {:>8.1} {rows:>6} {statements:>5} {goal:>8}",
            times[TIMES / 2],
            times[TIMES - 1]
        );
    }
}

fn main() {
    let wanted: i64 =
        std::env::var("PRAXIS_BENCH_APPOINTMENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    block_on(async {
        let db = cluster::fresh_database();
        let clinic = people::clinic(&db).await;
        let since = Instant::now();
        let n = fill(&db, &clinic, wanted).await;
        println!(
            "{n} appointments of {PROVIDERS} providers in a year, made in {} s",
            since.elapsed().as_secs()
        );
        let proxy = Proxy::to(&db.socket);
        let mei = through(&proxy, &db, "mei").await;
        let asked = Asked { proxy: &proxy, store: &mei.store, actor: &mei.actor };
        measure(&asked, clinic.randwick, clinic.today).await;
    });
}

async fn measure(asked: &Asked<'_>, centre: CentreId, today: NaiveDate) {
    println!(
        "{:<52} {:>8} {:>8} {:>6} {:>5} {:>8}",
        "question", "median", "worst ms", "rows", "stmts", "goal"
    );
    asked
        .time("board of a centre's day", "", |s, a| async move {
            s.board(&a, centre, today, false).await.expect("a board").rows.len()
        })
        .await;
    asked
        .time("times that came free, for 20 who wait", "20", |s, a| async move {
            s.freed_times(&a, false).await.expect("freed times").times.len()
        })
        .await;
    let of = |window| DaysOf { centre: Some((centre, today)), window, ..DaysOf::default() };
    let bookings =
        |days: Vec<praxis::domain::calendar::ProviderDay>| days.iter().map(|d| d.booked().len()).sum();
    asked
        .time("day sheet of 9 providers", "", |s, a| async move {
            bookings(s.provider_days(&a, of(9), false).await.expect("days"))
        })
        .await;
    asked
        .time("strip of a centre", "", |s, a| async move {
            bookings(s.provider_days(&a, of(40), false).await.expect("days"))
        })
        .await;
    let first = asked.store.provider_days(asked.actor, of(1), false).await.expect("days");
    let provider: ProviderId =
        first.iter().find(|d| d.name.family.starts_with("Provider")).expect("one").provider;
    asked
        .time("one provider-day again", "", |s, a| async move {
            let days = vec![(provider, today)];
            bookings(s.provider_days(&a, DaysOf { days, ..DaysOf::default() }, false).await.expect("days"))
        })
        .await;
    asked
        .time("week of a provider", "", |s, a| async move {
            let days = (0..7).map(|n| (provider, today + Days::new(n))).collect();
            bookings(s.provider_days(&a, DaysOf { days, ..DaysOf::default() }, false).await.expect("days"))
        })
        .await;
    let next = today.with_day(1).expect("a day") + Days::new(31);
    let days = weeks(next);
    let (from, to) = (days[0], days[days.len() - 1]);
    for (what, of) in
        [("month of a provider", MonthOf::Provider(provider)), ("month of a centre", MonthOf::Centre(centre))]
    {
        asked
            .time(what, "", |s, a| async move { s.month_days(&a, of, from, to).await.expect("days").len() })
            .await;
    }
    asked
        .time("sessions of a provider, four weeks", "", |s, a| async move {
            s.clinic_sessions(&a, SessionsOf::Provider(provider), today, 28).await.expect("sessions").len()
        })
        .await;
    let filters = [
        ("first free, anybody anywhere", FreeFilter { days: 366, ..FreeFilter::from(today) }),
        (
            "first free of one provider",
            FreeFilter { provider: Some(provider), days: 366, ..FreeFilter::from(today) },
        ),
        (
            "first free in the afternoon at a centre",
            FreeFilter {
                centre: Some(centre),
                part: DayPart::Afternoon,
                days: 366,
                ..FreeFilter::from(today)
            },
        ),
        (
            "first free of a profession booked out for months",
            FreeFilter { profession: Some("physiotherapist".into()), days: 366, ..FreeFilter::from(today) },
        ),
        (
            "nothing free of a profession, five months",
            FreeFilter {
                profession: Some("physiotherapist".into()),
                from: today + Days::new(7),
                days: 150,
                ..FreeFilter::from(today)
            },
        ),
        (
            "nothing free: evenings of 200 providers, a year",
            FreeFilter { part: DayPart::Evening, days: 366, ..FreeFilter::from(today) },
        ),
    ];
    for (what, filter) in filters {
        asked
            .time(what, "20", |s, a| {
                let filter = filter.clone();
                async move { s.first_free(&a, filter).await.expect("free times").len() }
            })
            .await;
    }
}

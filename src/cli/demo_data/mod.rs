//! The demo clinic: the same people and the same days for the same seed, around the moment at which it is started.
//!
//! Nothing here is a real person. A later start adds the days that are missing and alters nothing that was entered.
mod availability;
mod cases;
mod names;
mod people;
mod place;
mod random;
mod schedule;
mod staff;
mod visits;

use crate::{
    auth::password,
    store::{
        Connector, Error,
        demo::{DemoWriter, Rows},
    },
    tr,
};
use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use people::People;
use schedule::Calendar;

/// The password of every demo account. It stands on the demo's own sign-in screen and nowhere else in use.
pub const PASSWORD: &str = "praxis-demo-pass";

/// The demo accounts that the sign-in screen lists: login, what they are.
pub const ACCOUNTS: [(&str, &str); 8] = [
    ("mei", "reception"),
    ("anna", "GP"),
    ("neeson", "specialist"),
    ("samuel", "physiotherapist"),
    ("nora", "nurse"),
    ("ada", "auditor"),
    ("root", "administrator"),
    ("pat", "patient"),
];

/// What the clinic is made of.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    /// How many patients, 2 or more.
    pub patients: u32,
    /// Where its centres are: times are shown in this zone.
    pub zone: Tz,
}

/// Makes the clinic, or adds the days that are missing since it was last started. Answers the plan that holds.
///
/// # Errors
/// Those of the line to the server.
pub async fn fill(connector: &Connector, plan: Plan, now: DateTime<Utc>) -> Result<Plan, Error> {
    let mut writer = DemoWriter::open(connector).await?;
    let plan = match writer.made().await? {
        None => {
            make(&mut writer, plan, now).await?;
            plan
        }
        Some((seed, patients)) => {
            let zone = writer.zone().await?.and_then(|z| z.parse().ok()).unwrap_or(plan.zone);
            let made = Plan { seed, patients, zone };
            extend(&mut writer, made, now).await?;
            made
        }
    };
    writer.close().await;
    Ok(plan)
}

async fn make(writer: &mut DemoWriter, plan: Plan, now: DateTime<Utc>) -> Result<(), Error> {
    let people = people(plan, now.with_timezone(&plan.zone).date_naive());
    let mut calendar = Calendar::new(&people, now);
    let today = calendar.today();
    let last = horizon(today);
    calendar.add(today.checked_sub_months(Months::new(12)).unwrap_or(today), last);
    let mut rows = people.rows();
    rows.extend(availability::rows(&people, today));
    rows.extend(calendar.into_rows());
    let settings = [
        ("clinic_name", tr!("Praxis demo clinic").to_owned()),
        ("demo_seed", plan.seed.to_string()),
        ("demo_patients", plan.patients.to_string()),
        ("demo_origin", today.to_string()),
        ("demo_last_day", last.to_string()),
    ];
    writer.write(rows, &settings).await?;
    let credential = tokio::task::spawn_blocking(move || {
        let salt = plan.seed.to_le_bytes().repeat(2);
        password::credential_with_salt(PASSWORD, password::PARAMS, salt)
    })
    .await
    .map_err(|e| Error::bug("hashing broke off", e))?
    .map_err(|e| Error::bug("hashing", std::io::Error::other(e)))?;
    writer.set_passwords(&credential.salt, &credential.params, &credential.verifier).await?;
    writer.analyze().await
}

async fn extend(writer: &mut DemoWriter, plan: Plan, now: DateTime<Utc>) -> Result<(), Error> {
    let origin = writer.origin().await?.unwrap_or_else(|| now.date_naive());
    let people = people(plan, origin);
    let mut calendar = Calendar::new(&people, now);
    let (today, last) = (calendar.today(), horizon(calendar.today()));
    let had = writer.last_day().await?.unwrap_or(today);
    if had >= last {
        return Ok(());
    }
    let untouched = writer.take_untouched(today).await?;
    if let Some(first) = untouched.iter().map(|u| u.day).min() {
        calendar.happen(untouched.iter().map(|u| u.id).collect(), first);
    }
    calendar.add(had + Days::new(1), last);
    let rows: Vec<Rows> = calendar.into_rows();
    writer.write(rows, &[("demo_last_day", last.to_string())]).await
}

fn people(plan: Plan, origin: NaiveDate) -> People {
    People { seed: plan.seed, patients: plan.patients.max(2), zone: plan.zone, origin }
}

/// The demo is booked for eight weeks.
fn horizon(today: NaiveDate) -> NaiveDate {
    today + Days::new(56)
}

/// What the demo's sign-in screen says about its accounts.
#[must_use]
pub fn login_note() -> Vec<String> {
    let mut lines =
        vec![tr!("Demo clinic: nobody here is real. The password of all is {password}", password = PASSWORD)];
    for pair in ACCOUNTS.chunks(4) {
        lines.push(
            pair.iter().map(|(login, what)| format!("{login} ({what})")).collect::<Vec<_>>().join("  "),
        );
    }
    lines
}

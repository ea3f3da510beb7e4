//! The clinic of the matrix: each role twice (one is disabled at the end), colleagues, and `fixture.sql` around them.
use super::expected::{ROLES, SITUATIONS};
use crate::support::{
    cluster::Db,
    people::{self, Person},
    speaker,
};
use praxis::store::SignIn;
use sqlx::{PgConnection, Row as _};
use std::collections::HashMap;
use uuid::Uuid;

/// One person of one role with a plain connection, and the cells they try.
pub struct Speaker {
    /// The role's column in the table.
    pub role: usize,
    pub connection: PgConnection,
    /// The same person through the program's store.
    pub sign_in: SignIn,
    pub cells: Vec<Cell>,
}

/// The ids around one role in one situation.
#[derive(Clone)]
pub struct Cell {
    pub situation: char,
    /// The cell's number: its patient's word for the search is `cell<i>`.
    pub i: i32,
    /// What the statements call by name.
    pub ids: HashMap<String, Uuid>,
    /// Of each of those things: provider, author and centre.
    pub things: HashMap<Uuid, Thing>,
}

/// Whose a thing is and where.
#[derive(Clone, Copy, Default)]
pub struct Thing {
    pub provider: Option<Uuid>,
    pub author: Option<Uuid>,
    pub centre: Option<Uuid>,
}

const DISABLED: [&str; 11] = ["z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7", "z8", "z9", "z10"];

/// Builds everything once and signs everybody in; the disabled ones are disabled last.
pub async fn build(db: &Db) -> Vec<Speaker> {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    let days = [clinic.today, clinic.tomorrow];
    let roles = [
        &clinic.jack_account,
        &clinic.reception,
        &clinic.nurse,
        &clinic.gp,
        &clinic.specialist,
        &clinic.pharmacist,
        &clinic.physio,
        &clinic.diagnostics,
        &clinic.lab,
        &clinic.auditor,
        &clinic.admin,
    ];
    let professions = [
        None,
        None,
        None,
        Some("gp"),
        Some("specialist"),
        Some("pharmacist"),
        Some("physiotherapist"),
        Some("radiographer"),
        None,
        None,
        None,
    ];
    let mut disabled = vec![];
    for (i, login) in DISABLED.into_iter().enumerate() {
        disabled.push(
            people::person(&mut c, login, ROLES[i], ("Gone", login), clinic.randwick, professions[i], days)
                .await,
        );
    }
    let otto =
        people::person(&mut c, "otto", "gp", ("Colleague", "Otto"), clinic.randwick, Some("gp"), days).await;
    let hal =
        people::person(&mut c, "hal", "gp", ("Elsewhere", "Hal"), clinic.hospital, Some("gp"), days).await;
    let sven = people::person(
        &mut c,
        "sven",
        "specialist",
        ("Heart", "Sven"),
        clinic.hospital,
        Some("specialist"),
        days,
    )
    .await;
    sqlx::raw_sql(
        "create schema matrix;
         create table matrix.actor (role text, sit text, account uuid, provider uuid);
         create table matrix.place (name text, id uuid);
         update clinic.patient set account_id = null",
    )
    .execute(&mut c)
    .await
    .expect("a schema");
    let mut places = vec![
        ("randwick", clinic.randwick.0),
        ("ultimo", clinic.ultimo.0),
        ("hospital", clinic.hospital.0),
        ("gary", clinic.gp2.account.0),
        ("otto", otto.account.0),
        ("mei", clinic.reception.account.0),
        ("lab", clinic.lab.account.0),
    ];
    for (name, person) in [
        ("gary_provider", clinic.gp2),
        ("otto_provider", otto),
        ("hal_provider", hal),
        ("sven_provider", sven),
    ] {
        places.push((name, person.provider().0));
    }
    for (name, id) in &places {
        sqlx::query("insert into matrix.place values ($1, $2)")
            .bind(name)
            .bind(id)
            .execute(&mut c)
            .await
            .expect("a place");
    }
    for provider in roles.iter().copied().chain(&disabled).filter_map(|p| p.provider) {
        sqlx::query("insert into clinic.provider_centre values ($1, $2)")
            .bind(provider.0)
            .bind(clinic.hospital.0)
            .execute(&mut c)
            .await
            .expect("a second centre");
    }
    for (i, role) in ROLES.into_iter().enumerate() {
        for situation in SITUATIONS.chars() {
            let who = if situation == 'z' { &disabled[i] } else { roles[i] };
            sqlx::query("insert into matrix.actor values ($1, $2, $3, $4)")
                .bind(role)
                .bind(situation.to_string())
                .bind(who.account.0)
                .bind(who.provider.map(|p| p.0))
                .execute(&mut c)
                .await
                .expect("an actor");
        }
    }
    let fixture = super::text("fixture.sql");
    sqlx::raw_sql(sqlx::AssertSqlSafe(fixture)).execute(&mut c).await.expect("the fixture");
    let mut speakers = vec![];
    for (i, role) in ROLES.into_iter().enumerate() {
        let cells = cells(&mut c, role, &places).await;
        let (gone, here) = cells.into_iter().partition(|x: &Cell| x.situation == 'z');
        speakers.push(speak(db, i, roles[i], here).await);
        speakers.push(speak(db, i, &disabled[i], gone).await);
    }
    for who in &disabled {
        sqlx::query("update clinic.account set deactivated_at = now() where id = $1")
            .bind(who.account.0)
            .execute(&mut c)
            .await
            .expect("disabled");
    }
    speakers
}

async fn speak(db: &Db, role: usize, who: &Person, cells: Vec<Cell>) -> Speaker {
    let sign_in = people::signed_in(db, who.login).await;
    Speaker { role, connection: speaker::speaker(db, who.login).await, sign_in, cells }
}

/// The ids of a role's cells.
async fn cells(c: &mut PgConnection, role: &str, places: &[(&str, Uuid)]) -> Vec<Cell> {
    const NAMES: [&str; 29] = [
        "booked",
        "off",
        "due",
        "waiting",
        "missed",
        "now",
        "paused",
        "signed",
        "note",
        "f_note",
        "observation",
        "order",
        "f_order",
        "result",
        "f_result",
        "diagnosis",
        "f_diagnosis",
        "prescription",
        "f_prescription",
        "treatment",
        "allergy",
        "f_allergy",
        "f_condition",
        "alert",
        "struck",
        "letter",
        "draft_letter",
        "sent_letter",
        "f_treatment",
    ];
    let rows = sqlx::query(
        "select sit, i, account, provider, p, t, f, f2, bc from matrix.cell where role = $1 order by i",
    )
    .bind(role)
    .fetch_all(&mut *c)
    .await
    .expect("cells");
    let mut cells = vec![];
    for row in rows {
        let sit: String = row.get("sit");
        let mut ids: HashMap<String, Uuid> = places.iter().map(|(n, id)| ((*n).to_owned(), *id)).collect();
        for name in ["p", "t", "f", "f2", "bc"] {
            ids.insert(name.into(), row.get(name));
        }
        ids.insert("me".into(), row.get("account"));
        let provider: Option<Uuid> = row.get("provider");
        ids.insert("provider".into(), provider.unwrap_or_default());
        ids.insert("with".into(), provider.unwrap_or(ids["otto_provider"]));
        for name in NAMES {
            ids.insert(name.into(), id(role, &sit, name));
        }
        for name in ["account", "off_account", "centre", "off_centre", "department", "registration"] {
            ids.insert(format!("/{name}"), id("", "", name));
        }
        let rows = sqlx::query("select id, provider, author, centre from matrix.object where id = any ($1)")
            .bind(ids.values().copied().collect::<Vec<Uuid>>())
            .fetch_all(&mut *c)
            .await
            .expect("things");
        let things = rows
            .iter()
            .map(|r| {
                (
                    r.get("id"),
                    Thing { provider: r.get("provider"), author: r.get("author"), centre: r.get("centre") },
                )
            })
            .collect();
        cells.push(Cell { things, situation: sit.chars().next().expect("a letter"), i: row.get("i"), ids });
    }
    cells
}

/// The id that the fixture gives a row of a cell.
fn id(role: &str, situation: &str, name: &str) -> Uuid {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(format!("{role}/{situation}/{name}"));
    Uuid::from_slice(&hash[..16]).expect("sixteen bytes")
}

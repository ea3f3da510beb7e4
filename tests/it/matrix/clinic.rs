//! The clinic of the matrix: each role twice (one is disabled at the end), colleagues, and `fixture.sql` around them.
use super::expected::{ROLES, SITUATIONS};
use crate::support::{
    cluster::{Db, apart, copy_of, fresh_database},
    people::{self, PASSWORD},
    speaker,
};
use chrono::{DateTime, NaiveDate, Utc};
use praxis::auth::password;
use sqlx::{PgConnection, Row as _};
use std::{collections::HashMap, sync::LazyLock};
use uuid::Uuid;

/// One person of one role with a plain connection, and the cells they try.
pub struct Speaker {
    /// The role's column in the table.
    pub role: usize,
    pub login: &'static str,
    pub connection: PgConnection,
    pub cells: Vec<Cell>,
}

/// The clinic as it was built once: every test takes a copy.
struct Blueprint {
    db: Db,
    people: Vec<Known>,
}

/// Somebody of the clinic, with a session that is in every copy.
pub struct Known {
    pub role: usize,
    login: &'static str,
    account: Uuid,
    token: String,
    cells: Vec<Cell>,
}

impl Known {
    /// Whether [`disable`] disables them.
    pub fn is_gone(&self) -> bool {
        is_gone(&self.cells)
    }
}

static BLUEPRINT: LazyLock<Blueprint> = LazyLock::new(|| {
    let db = fresh_database();
    let people = apart(|| draw(&db));
    Blueprint { db, people }
});

/// A copy of the clinic, with nobody speaking in it yet.
pub fn copy() -> Db {
    copy_of(&BLUEPRINT.db)
}

/// Those of the clinic who are wanted, on a plain connection each.
pub async fn speakers(db: &Db, wanted: impl Fn(&Known) -> bool) -> Vec<Speaker> {
    let mut speakers = vec![];
    for p in BLUEPRINT.people.iter().filter(|p| wanted(p)) {
        let connection = speaker::speaking(db, &p.token).await;
        speakers.push(Speaker { role: p.role, login: p.login, connection, cells: p.cells.clone() });
    }
    speakers
}

/// Disables those who are to be disabled: from now on they are nobody.
pub async fn disable(db: &Db) {
    let gone: Vec<Uuid> = BLUEPRINT.people.iter().filter(|p| p.is_gone()).map(|p| p.account).collect();
    sqlx::query("update clinic.account set deactivated_at = now() where id = any ($1)")
        .bind(gone)
        .execute(&mut db.superuser().await)
        .await
        .expect("disabled");
}

/// Whether these are the cells of somebody who is disabled in the end.
pub fn is_gone(cells: &[Cell]) -> bool {
    cells.iter().all(|c| c.situation == 'z')
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
    /// What the statements say in words: `{role}`, `{login}`, `{sit}`, and `{proof}` of the password.
    pub words: HashMap<&'static str, String>,
    pub plan: Plan,
}

/// What the store's functions need of a cell beside ids.
#[derive(Clone)]
pub struct Plan {
    pub today: NaiveDate,
    /// A free slot with {with}: its session, where, and when it ends.
    pub slot_session: Uuid,
    pub slot_centre: Uuid,
    pub slot_ends: DateTime<Utc>,
    /// Where {with} works, and a session of theirs without bookings at Randwick.
    pub works_at: Uuid,
    pub session: Uuid,
    pub session_day: NaiveDate,
    /// Of the appointment `booked`.
    pub booked_with: Uuid,
    pub booked_session: Uuid,
    pub booked_later: DateTime<Utc>,
    pub record: i32,
    /// Of everybody's password.
    pub proof: Vec<u8>,
}

/// Whose a thing is and where.
#[derive(Clone, Copy, Default)]
pub struct Thing {
    pub provider: Option<Uuid>,
    pub author: Option<Uuid>,
    pub centre: Option<Uuid>,
}

const DISABLED: [&str; 11] = ["z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7", "z8", "z9", "z10"];

/// Builds everything once and opens a session for everybody.
async fn draw(db: &Db) -> Vec<Known> {
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
        ("hal", hal.account.0),
        ("hao", clinic.hao.0),
    ];
    for (name, person) in [
        ("gary_provider", clinic.gp2),
        ("otto_provider", otto),
        ("hal_provider", hal),
        ("sven_provider", sven),
    ] {
        places.push((name, person.provider().0));
    }
    let (names, ids): (Vec<&str>, Vec<Uuid>) = places.iter().copied().unzip();
    sqlx::query("insert into matrix.place select * from unnest($1::text[], $2::uuid[])")
        .bind(names)
        .bind(ids)
        .execute(&mut c)
        .await
        .expect("places");
    let providers: Vec<Uuid> =
        roles.iter().copied().chain(&disabled).filter_map(|p| p.provider).map(|p| p.0).collect();
    sqlx::query("insert into clinic.provider_centre select unnest($1::uuid[]), $2")
        .bind(providers)
        .bind(clinic.hospital.0)
        .execute(&mut c)
        .await
        .expect("a second centre");
    for (i, role) in ROLES.into_iter().enumerate() {
        for (who, letters) in [(roles[i], true), (&disabled[i], false)] {
            let letters: Vec<String> = SITUATIONS
                .iter()
                .filter(|s| s.is("disabled") != letters)
                .map(|s| s.letter.to_string())
                .collect();
            sqlx::query("insert into matrix.actor select $1, unnest($2::text[]), $3, $4")
                .bind(role)
                .bind(letters)
                .bind(who.account.0)
                .bind(who.provider.map(|p| p.0))
                .execute(&mut c)
                .await
                .expect("actors");
        }
    }
    // One salt for all, so that one proof is everybody's.
    let secret = password::new_credential(PASSWORD, "m=8,t=1,p=1").expect("a credential");
    let proof = password::prove(PASSWORD, &secret.salt, &secret.params).expect("a proof");
    sqlx::query("update auth.credential set salt = $1, verifier = $2")
        .bind(&secret.salt)
        .bind(&secret.verifier)
        .execute(&mut c)
        .await
        .expect("one password");
    let fixture = super::text("fixture.sql");
    sqlx::raw_sql(sqlx::AssertSqlSafe(fixture)).execute(&mut c).await.expect("the fixture");
    // Somebody whose sign-in others may not see.
    speaker::token(db, otto.login).await;
    let mut cells = cells(&mut c, &places, clinic.today, &proof).await;
    let mut known = vec![];
    for (i, role) in ROLES.into_iter().enumerate() {
        let (gone, here): (Vec<Cell>, Vec<Cell>) =
            cells.remove(role).expect("its cells").into_iter().partition(|x| x.situation == 'z');
        for (who, mut cells) in [(roles[i], here), (&disabled[i], gone)] {
            for cell in &mut cells {
                cell.words = HashMap::from([
                    ("role", format!("'{role}'")),
                    ("login", format!("'{}'", who.login)),
                    ("sit", format!("'{}'", cell.situation)),
                    ("proof", format!("'\\x{}'::bytea", hex(&proof))),
                ]);
            }
            let token = speaker::token(db, who.login).await;
            known.push(Known { role: i, login: who.login, account: who.account.0, token, cells });
        }
    }
    known
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The ids of every role's cells.
async fn cells(
    c: &mut PgConnection,
    places: &[(&str, Uuid)],
    today: NaiveDate,
    proof: &[u8],
) -> HashMap<String, Vec<Cell>> {
    const NAMES: [&str; 44] = [
        "waits",
        "booked",
        "later",
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
        "asked",
        "own_asked",
        "granted",
        "emergency",
        "glass",
        "mail",
        "box",
        "tie",
        "offer",
        "glassed",
        "written",
        "other",
        "payment",
    ];
    const OF_NOBODY: [&str; 13] = [
        "account",
        "off_account",
        "centre",
        "off_centre",
        "department",
        "registration",
        "application",
        "proposal",
        "room",
        "off_room",
        "visit_type",
        "off_visit_type",
        "old",
    ];
    let rows = sqlx::query("select id, provider, author, centre from matrix.object")
        .fetch_all(&mut *c)
        .await
        .expect("things");
    let things: HashMap<Uuid, Thing> = rows
        .iter()
        .map(|r| {
            (
                r.get("id"),
                Thing { provider: r.get("provider"), author: r.get("author"), centre: r.get("centre") },
            )
        })
        .collect();
    let rows = sqlx::query(
        "select c.role, c.sit, c.i, c.account, c.provider, c.p, c.t, c.f, c.f2, c.bc, x.id as slot_session, x.centre_id as slot_centre,
                x.ends_at as slot_ends, l.id as session, l.day as session_day, w.centre_id as works_at, b.provider_id as booked_with,
                b.clinic_session_id as booked_session, (b.day + time '16:30') at time zone 'Australia/Sydney' as booked_later,
                p.record_number
           from matrix.cell c
           join clinic.patient p on p.id = c.p
           join clinic.appointment b on b.id = matrix.id(c.role, c.sit, 'booked')
           cross join lateral (select coalesce(c.provider, matrix.place('otto_provider')) as provider) v
           cross join lateral (select s.* from clinic.clinic_session s where s.provider_id = v.provider
               and s.starts_at > clinic.now() + interval '1 day' order by s.starts_at limit 1) x
           cross join lateral (select s.* from clinic.clinic_session s where s.provider_id = v.provider
               and s.centre_id = matrix.place('randwick') and s.starts_at > clinic.now() + interval '10 days' order by s.starts_at limit 1) l
           cross join lateral (select * from clinic.provider_centre pc where pc.provider_id = v.provider limit 1) w
          order by c.role, c.i",
    )
    .fetch_all(&mut *c)
    .await
    .expect("cells");
    let mut cells: HashMap<String, Vec<Cell>> = HashMap::new();
    for row in rows {
        let (role, sit): (String, String) = (row.get("role"), row.get("sit"));
        let mut ids: HashMap<String, Uuid> = places.iter().map(|(n, id)| ((*n).to_owned(), *id)).collect();
        for name in ["p", "t", "f", "f2", "bc"] {
            ids.insert(name.into(), row.get(name));
        }
        ids.insert("me".into(), row.get("account"));
        let provider: Option<Uuid> = row.get("provider");
        ids.insert("provider".into(), provider.unwrap_or_default());
        ids.insert("with".into(), provider.unwrap_or(ids["otto_provider"]));
        // Whom they ask for a connection: themselves as a provider, and as a patient somebody else.
        ids.insert("to".into(), provider.filter(|_| sit != "s").unwrap_or(ids["otto_provider"]));
        for name in NAMES {
            ids.insert(name.into(), id(&role, &sit, name));
        }
        for name in OF_NOBODY {
            ids.insert(format!("/{name}"), id("", "", name));
        }
        let things = ids.values().filter_map(|id| Some((*id, *things.get(id)?))).collect();
        let situation = sit.chars().next().expect("a letter");
        let plan = Plan {
            today,
            slot_session: row.get("slot_session"),
            slot_centre: row.get("slot_centre"),
            slot_ends: row.get("slot_ends"),
            works_at: row.get("works_at"),
            session: row.get("session"),
            session_day: row.get("session_day"),
            booked_with: row.get("booked_with"),
            booked_session: row.get("booked_session"),
            booked_later: row.get("booked_later"),
            record: row.get("record_number"),
            proof: proof.to_vec(),
        };
        let cell = Cell { things, situation, i: row.get("i"), ids, words: HashMap::new(), plan };
        cells.entry(role).or_default().push(cell);
    }
    cells
}

/// The id that the fixture gives a row of a cell.
pub fn id(role: &str, situation: &str, name: &str) -> Uuid {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(format!("{role}/{situation}/{name}"));
    Uuid::from_slice(&hash[..16]).expect("sixteen bytes")
}

/// Whether somebody of this role joins records and takes them apart.
pub fn merges(role: praxis::domain::actor::Role) -> bool {
    use praxis::domain::actor::Role;
    matches!(role, Role::Receptionist | Role::Administrator)
}

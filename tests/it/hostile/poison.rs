//! Puts payloads into every text column of the clinic's tables, past the rules of the screens and of the triggers: what an
//! older program, another program or somebody with the database's password could have left there.
use super::payloads::payloads;
use crate::support::{cluster::Db, people};
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use std::collections::BTreeSet;

/// What the server itself reads, so that nothing at all could be shown with nonsense in it.
const SERVERS_OWN: [&str; 3] = ["centre.zone", "setting.value", "request.kind"];

/// Codes without a list of their own in the database. With nonsense in them a whole view may say that it cannot be read, so
/// they are poisoned in the last round only, when everything else has been seen.
const CODES: [&str; 14] = [
    "appointment.room",
    "appointment.visit_type",
    "appointment_event.from_status",
    "appointment_event.to_status",
    "draft.form",
    "note.system",
    "observation.sign",
    "observation.unit",
    "prescription.frequency",
    "prescription.route",
    "provider.sex",
    "referral.to_specialty",
    "result.flag",
    "service_request.status",
];

/// One column of text, with the mark that its values carry.
pub struct Column {
    /// `table.column`.
    pub name: String,
    pub mark: String,
    bytes: bool,
    /// How much of a payload fits; `None`: the database takes none.
    fits: Option<i32>,
    /// Rows that carry something.
    pub rows: u64,
}

/// A database to be poisoned, round after round.
pub struct Poison {
    c: PgConnection,
    pub columns: Vec<Column>,
}

impl Poison {
    /// Finds the columns: text and sealed text of every table, but for keys and references, which are no text of anybody.
    pub async fn new(db: &Db) -> Self {
        let mut c = people::writer(db).await;
        sqlx::raw_sql(
            "set session_replication_role = replica;
             create temp table payload (n int primary key, body text not null)",
        )
        .execute(&mut c)
        .await
        .expect("a table of payloads");
        for (n, payload) in payloads().into_iter().enumerate() {
            sqlx::query("insert into payload values ($1, $2)")
                .bind(i32::try_from(n).expect("small"))
                .bind(payload.text)
                .execute(&mut c)
                .await
                .expect("a payload");
        }
        let found = sqlx::query(
            "select c.table_name::text, c.column_name::text, c.data_type = 'bytea' as bytes
               from information_schema.columns c
               join information_schema.tables t using (table_schema, table_name)
              where c.table_schema = 'clinic' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
                and c.data_type in ('text', 'bytea', 'character varying')
                and not exists (select from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
                                 where k.contype in ('f', 'p') and k.conrelid = format('clinic.%I', c.table_name)::regclass
                                   and a.attname = c.column_name)
              order by 1, 2",
        )
        .fetch_all(&mut c)
        .await
        .expect("the columns");
        let columns =
            found.iter().map(|r| (format!("{}.{}", r.get::<String, _>(0), r.get::<String, _>(1)), r.get(2)));
        let columns = columns
            .filter(|(name, _)| !SERVERS_OWN.contains(&name.as_str()))
            .enumerate()
            .map(|(n, (name, bytes))| Column {
                name,
                mark: format!("Q{n}z"),
                bytes,
                fits: Some(240),
                rows: 0,
            })
            .collect();
        Self { c, columns }
    }

    /// Other payloads than those of the rounds before stand in every row of every column. In every second round the payload
    /// comes first, in the others the column's mark.
    pub async fn round(&mut self, round: i32, codes_too: bool) {
        for (n, column) in self.columns.iter_mut().enumerate() {
            if CODES.contains(&column.name.as_str()) && !codes_too {
                continue;
            }
            while let Some(fits) = column.fits {
                let mark = &column.mark;
                let text = if round % 2 == 0 { format!("'{mark}' || p") } else { format!("p || '{mark}'") };
                let text = format!("left({text}, {fits})");
                let value =
                    if column.bytes { format!("'\\x00'::bytea || convert_to({text}, 'UTF8')") } else { text };
                let (table, name) = column.name.split_once('.').expect("a table's column");
                let statement = format!(
                    "update clinic.\"{table}\" t set \"{name}\" = {value}
                       from (select s.row, string_agg(p.body, ' ' order by k) as p
                               from (select ctid as row, row_number() over (order by ctid) as n from clinic.\"{table}\") s
                               cross join generate_series(0, 3) k
                               join payload p on p.n = ({seed} + s.n * 12 + {round} * 4 + k) % 600 group by s.row) r
                      where t.ctid = r.row",
                    seed = n * 7
                );
                match sqlx::query(AssertSqlSafe(statement)).execute(&mut self.c).await {
                    Ok(done) => {
                        column.rows = done.rows_affected();
                        break;
                    }
                    // A shorter text, or a code of a fixed list: the database refuses it for everybody.
                    Err(_) => column.fits = [60, 18, 9].into_iter().find(|shorter| *shorter < fits),
                }
            }
        }
    }

    /// The columns that carried payloads.
    pub fn carriers(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|c| c.fits.is_some() && c.rows > 0)
    }

    /// Columns that take any text and had no row to carry it.
    pub fn without_rows(&self) -> BTreeSet<&str> {
        self.columns.iter().filter(|c| c.fits.is_some() && c.rows == 0).map(|c| c.name.as_str()).collect()
    }
}

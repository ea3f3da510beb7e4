//! Filling a demo clinic: rows by the ten thousand, written by the owner of a private cluster, never by the program's role.
use super::{
    Connector, Error,
    sealed::{BulkKeys, KekSource, ORGANISATION},
};
use chrono::NaiveDate;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

/// Rows on their way into one table, in the text format of COPY.
pub struct Rows {
    table: &'static str,
    columns: &'static str,
    text: String,
    /// Which column of the row comes next.
    next: usize,
    /// The id and the patient of the row.
    at: (Option<Uuid>, Option<Uuid>),
    /// Where the texts stand that are sealed when the rows are written.
    texts: Vec<Text>,
    /// How many of them belong to rows that are whole.
    whole: usize,
}

/// A text that waits for its key.
struct Text {
    offset: usize,
    column: &'static str,
    row: Uuid,
    owner: Uuid,
    plain: String,
}

impl Rows {
    /// Rows of `columns` (comma separated) of `clinic.table`.
    #[must_use]
    pub fn of(table: &'static str, columns: &'static str) -> Self {
        Self { table, columns, text: String::new(), next: 0, at: (None, None), texts: vec![], whole: 0 }
    }

    fn gap(&mut self) -> &'static str {
        if self.next > 0 {
            self.text.push('\t');
        }
        let column = self.columns.split(',').nth(self.next).unwrap_or_default().trim();
        self.next += 1;
        column
    }

    /// The next field of the row; an empty text is no value.
    pub fn put(&mut self, value: impl std::fmt::Display) -> &mut Self {
        let column = self.gap();
        let start = self.text.len();
        let shown = value.to_string();
        match column {
            "id" => self.at.0 = shown.parse().ok(),
            "patient_id" => self.at.1 = shown.parse().ok(),
            _ => {}
        }
        for c in shown.chars() {
            match c {
                '\\' => self.text.push_str("\\\\"),
                '\t' => self.text.push_str("\\t"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                c => self.text.push(c),
            }
        }
        if self.text.len() == start {
            self.text.push_str("\\N");
        }
        self
    }

    /// The next field, or none.
    pub fn maybe(&mut self, value: Option<impl std::fmt::Display>) -> &mut Self {
        match value {
            Some(v) => self.put(v),
            None => self.put(""),
        }
    }

    /// The next field as free clinical text: sealed under the row's patient when it is written.
    pub fn sealed(&mut self, text: &str) -> &mut Self {
        if text.is_empty() {
            return self.put("");
        }
        let column = self.gap();
        let offset = self.text.len();
        let (row, owner) = (Uuid::nil(), ORGANISATION);
        self.texts.push(Text { offset, column, row, owner, plain: text.to_owned() });
        self
    }

    /// Ends the row.
    pub fn end(&mut self) {
        self.text.push('\n');
        self.next = 0;
        let (row, owner) = std::mem::take(&mut self.at);
        for text in self.texts.iter_mut().skip(self.whole) {
            (text.row, text.owner) = (row.unwrap_or_default(), owner.unwrap_or(ORGANISATION));
        }
        self.whole = self.texts.len();
    }

    /// The rows as COPY takes them, every text sealed. The texts are shared out among the machine's processors.
    fn sealed_text(&self, keys: &BulkKeys) -> Result<String, Error> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = self.texts.len().div_ceil(threads).max(1);
        let seal = |texts: &[Text]| -> Result<Vec<Vec<u8>>, Error> {
            texts.iter().map(|t| keys.seal((self.table, t.column), t.row, t.owner, &t.plain)).collect()
        };
        let sealed = std::thread::scope(|s| {
            let shares: Vec<_> = self
                .texts
                .chunks(share)
                .map(|texts| {
                    let seal = &seal;
                    s.spawn(move || seal(texts))
                })
                .collect();
            shares
                .into_iter()
                .map(|t| {
                    t.join()
                        .unwrap_or_else(|_| Err(Error::bug("sealing", std::io::Error::other("broke off"))))
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let more: usize = self.texts.iter().map(|t| 2 * t.plain.len() + 100).sum();
        let mut out = String::with_capacity(self.text.len() + more);
        let mut done = 0;
        for (text, bytes) in self.texts.iter().zip(sealed.iter().flatten()) {
            out.push_str(self.text.get(done..text.offset).unwrap_or_default());
            done = text.offset;
            out.push_str("\\\\x");
            for b in bytes {
                out.push(char::from(DIGITS[usize::from(b >> 4)]));
                out.push(char::from(DIGITS[usize::from(b & 15)]));
            }
        }
        out.push_str(self.text.get(done..).unwrap_or_default());
        Ok(out)
    }
}

/// An appointment that only the demo has ever touched.
pub struct Untouched {
    pub id: uuid::Uuid,
    pub day: NaiveDate,
}

/// A connection that may write a made-up history.
pub struct DemoWriter {
    c: PgConnection,
    keys: KekSource,
}

impl DemoWriter {
    /// Connects as the owner of the cluster.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn open(connector: &Connector) -> Result<Self, Error> {
        let (mut c, _) = connector.primary(None).await?;
        // Sealing a whole table of texts takes its time between two statements.
        sqlx::query!(
            "select set_config('statement_timeout', '120000', false) as a,
                    set_config('idle_in_transaction_session_timeout', '120000', false) as b"
        )
        .fetch_one(&mut c)
        .await?;
        Ok(Self { c, keys: connector.keys().clone() })
    }

    /// Seed and patients of the demo that is there, if there is one.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn made(&mut self) -> Result<Option<(u64, u32)>, Error> {
        let rows =
            sqlx::query!("select key, value from clinic.setting where key in ('demo_seed', 'demo_patients')")
                .fetch_all(&mut self.c)
                .await?;
        let value = |k: &str| rows.iter().find(|r| r.key == k).map(|r| r.value.clone());
        Ok(value("demo_seed")
            .and_then(|s| s.parse().ok())
            .zip(value("demo_patients").and_then(|p| p.parse().ok())))
    }

    /// The last day that has demo sessions.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn last_day(&mut self) -> Result<Option<NaiveDate>, Error> {
        Ok(sqlx::query_scalar!("select value from clinic.setting where key = 'demo_last_day'")
            .fetch_optional(&mut self.c)
            .await?
            .and_then(|d| d.parse().ok()))
    }

    /// The day on which the demo was first made.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn origin(&mut self) -> Result<Option<NaiveDate>, Error> {
        Ok(sqlx::query_scalar!("select value from clinic.setting where key = 'demo_origin'")
            .fetch_optional(&mut self.c)
            .await?
            .and_then(|d| d.parse().ok()))
    }

    /// Where the demo's centres are.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn zone(&mut self) -> Result<Option<String>, Error> {
        Ok(sqlx::query_scalar!("select zone from clinic.centre order by number limit 1")
            .fetch_optional(&mut self.c)
            .await?)
    }

    /// Takes out the appointments up to `today` that the demo booked and nobody has touched, so that they can be written
    /// again as what became of them.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn take_untouched(&mut self, today: NaiveDate) -> Result<Vec<Untouched>, Error> {
        let mut tx = self.c.begin().await?;
        sqlx::query!("select set_config('session_replication_role', 'replica', true)")
            .fetch_one(&mut *tx)
            .await?;
        // Nobody signed in has ever changed these (changed_by), and a later demo day wrote them (version 1).
        let rows = sqlx::query!(
            "delete from clinic.appointment a
              where a.day <= $1 and a.status = 'booked' and a.version = 1 and a.changed_by is null
                and not exists (select from clinic.encounter e where e.appointment_id = a.id)
                and not exists (select from audit.event x where x.entity = 'appointment' and x.entity_id = a.id)
             returning a.id, a.day, a.referral_id",
            today
        )
        .fetch_all(&mut *tx)
        .await?;
        let ids: Vec<_> = rows.iter().map(|r| r.id).collect();
        let referrals: Vec<_> = rows.iter().filter_map(|r| r.referral_id).collect();
        sqlx::query!("delete from clinic.appointment_event where appointment_id = any ($1)", &ids)
            .execute(&mut *tx)
            .await?;
        sqlx::query!("delete from clinic.referral where id = any ($1) and encounter_id is null", &referrals)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(rows.into_iter().map(|r| Untouched { id: r.id, day: r.day }).collect())
    }

    /// Writes everything in one transaction, without the triggers that live entry needs, and keeps the settings given.
    ///
    /// # Errors
    /// [`Error::Bug`] when a row does not fit its table: a mistake of the generator.
    pub async fn write(&mut self, tables: Vec<Rows>, settings: &[(&str, String)]) -> Result<(), Error> {
        let mut tx = self.c.begin().await?;
        // Rules would refuse a past, and wake-ups of ten thousand rows would wake everybody ten thousand times.
        sqlx::query!("select set_config('session_replication_role', 'replica', true) as a, set_config('praxis.quiet', 'on', true) as b")
            .fetch_one(&mut *tx)
            .await?;
        let owners = tables.iter().flat_map(|rows| rows.texts.iter().map(|t| t.owner));
        let keys = BulkKeys::of(&mut tx, &self.keys, owners.collect()).await?;
        for rows in tables {
            if rows.text.is_empty() {
                continue;
            }
            let text = rows.sealed_text(&keys)?;
            let statement = format!("copy clinic.{} ({}) from stdin", rows.table, rows.columns);
            let mut copy = tx.copy_in_raw(&statement).await?;
            copy.send(text.as_bytes()).await?;
            copy.finish().await?;
        }
        for (key, value) in settings {
            sqlx::query!(
                "insert into clinic.setting (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value",
                key,
                value
            )
            .execute(&mut *tx)
            .await?;
        }
        // The triggers that keep these are quiet too; near matches look here, and whoever seeks a free time begins there.
        sqlx::query!(
            "insert into clinic.name_word (word) select distinct word from clinic.patient_word on conflict do nothing"
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("delete from clinic.open_time").execute(&mut *tx).await?;
        sqlx::query!(
            "insert into clinic.open_time select x.* from clinic.open_times((select array_agg(s.id) from clinic.clinic_session s)) x"
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "select setval('clinic.record_number_seq', greatest(1, (select coalesce(max(record_number), 1) from clinic.patient)))"
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stores the one password of every demo account.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn set_passwords(&mut self, salt: &[u8], params: &str, verifier: &[u8]) -> Result<(), Error> {
        sqlx::query!(
            "insert into auth.credential (account_id, salt, params, verifier)
             select id, $1, $2, $3 from clinic.account on conflict (account_id) do nothing",
            salt,
            params,
            verifier
        )
        .execute(&mut self.c)
        .await?;
        Ok(())
    }

    /// Lets the planner know what is there now.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn analyze(&mut self) -> Result<(), Error> {
        sqlx::query!("analyze").execute(&mut self.c).await?;
        Ok(())
    }

    /// Closes the connection.
    pub async fn close(self) {
        let _ = self.c.close().await;
    }
}

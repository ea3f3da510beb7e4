//! What an administrator of the system does with keys: which there are, a new key-encryption key, and sealing what was
//! written before there were keys. Programs go on reading and writing meanwhile.
use super::{
    KekSource,
    bulk::BulkKeys,
    fits,
    keyring::{ORGANISATION, refused},
};
use crate::store::{Error, System};
use sqlx::Connection as _;
use std::{collections::HashSet, io};
use uuid::Uuid;

/// How many keys one transaction re-wraps, and how many texts it seals.
const BATCH: i64 = 500;

/// How the keys of a clinic stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// The ids of the key-encryption keys that programs need, the newest first.
    pub needed: Vec<String>,
    /// How many patients' keys each of them wraps.
    pub wraps: Vec<(String, i64)>,
    /// How many patients' keys were destroyed.
    pub destroyed: i64,
    /// How many of the keys that are there do not open with the keys at hand.
    pub unreadable: i64,
    /// How many texts are older than sealing and still plain.
    pub plain: i64,
}

impl System {
    /// How the keys stand; every wrapped key is tried.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn key_status(&mut self, source: &KekSource) -> Result<KeyStatus, Error> {
        let needed = self.keys_needed().await?;
        let wraps = sqlx::query!(
            r#"select kek, count(*) as "n!" from clinic.patient_key where wrapped is not null group by kek order by kek"#
        )
        .fetch_all(&mut self.c)
        .await?;
        let rest = sqlx::query!(
            r#"select (select count(*) from clinic.patient_key where wrapped is null) as "destroyed!",
                      clinic.plain_texts(null) as "plain!""#
        )
        .fetch_one(&mut self.c)
        .await?;
        let (mut last, mut unreadable, keys) = (Uuid::nil(), 0, source.keys());
        loop {
            let rows = sqlx::query!(
                r#"select id, kek, wrapped as "wrapped!" from clinic.patient_key
                    where id > $1 and wrapped is not null order by id limit 5000"#,
                last
            )
            .fetch_all(&mut self.c)
            .await?;
            let Some(end) = rows.last() else { break };
            last = end.id;
            let opens = |kek: &str, id, wrapped: &[u8]| {
                keys.iter().any(|k| k.id() == kek && k.unwrap(id, wrapped).is_some())
            };
            let bad = rows.iter().filter(|r| !opens(&r.kek, r.id, &r.wrapped)).count();
            unreadable += i64::try_from(bad).unwrap_or(i64::MAX);
        }
        Ok(KeyStatus {
            needed,
            wraps: wraps.into_iter().map(|r| (r.kek, r.n)).collect(),
            destroyed: rest.destroyed,
            unreadable,
            plain: rest.plain,
        })
    }

    async fn keys_needed(&mut self) -> Result<Vec<String>, Error> {
        let needed =
            sqlx::query_scalar!("select clinic.setting('sealing_keys')").fetch_one(&mut self.c).await?;
        Ok(needed.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
    }

    /// Wraps every patient's key anew by the newest key at hand, a few at a time; once none is wrapped by another, the
    /// others are not needed any more. Broken off anywhere it is taken up again by doing it again. No text is touched.
    /// Returns how many keys were wrapped anew.
    ///
    /// # Errors
    /// [`Error::Keys`] when a key that is still needed is not at hand: nothing was changed.
    pub async fn rotate_keys(&mut self, source: &KekSource) -> Result<u64, Error> {
        self.rotate_in(source, BATCH).await
    }

    /// The same with transactions of `batch` keys.
    ///
    /// # Errors
    /// As [`System::rotate_keys`].
    pub async fn rotate_in(&mut self, source: &KekSource, batch: i64) -> Result<u64, Error> {
        let needed = self.keys_needed().await?;
        fits(source, &needed.join(" "))?;
        let keys = source.keys();
        let newest = keys.first().ok_or_else(|| refused("sealing_no_key"))?;
        if !needed.iter().any(|id| id == newest.id()) {
            sqlx::query!("select clinic.sealing_key_used($1)", newest.id()).execute(&mut self.c).await?;
        }
        let mut done = 0;
        loop {
            let mut tx = self.c.begin().await?;
            // Whoever writes with such a key just now is not waited for: they read it, and do not change it.
            let rows = sqlx::query!(
                r#"select id, kek, wrapped as "wrapped!" from clinic.patient_key
                    where kek <> $1 and wrapped is not null order by id limit $2 for no key update"#,
                newest.id(),
                batch
            )
            .fetch_all(&mut *tx)
            .await?;
            if rows.is_empty() {
                tx.commit().await?;
                if self.settle_on(newest.id()).await? {
                    break;
                }
                continue;
            }
            let (mut ids, mut wrapped) = (vec![], vec![]);
            for r in &rows {
                let key = keys.iter().find(|k| k.id() == r.kek).and_then(|k| k.unwrap(r.id, &r.wrapped));
                let key = key.ok_or_else(|| {
                    Error::Keys(crate::tr!(
                        "the key {id} of a patient does not open; nothing of it was changed",
                        id = r.id
                    ))
                })?;
                let anew = newest.wrap(r.id, &key);
                wrapped.push(anew.ok_or_else(|| Error::bug("wrapping", io::Error::other("no randomness")))?);
                ids.push(r.id);
            }
            let changed = sqlx::query!(
                "update clinic.patient_key k set wrapped = x.wrapped, kek = $3
                   from unnest($1::uuid[], $2::bytea[]) x(id, wrapped) where k.id = x.id",
                &ids,
                &wrapped,
                newest.id()
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            done += changed.rows_affected();
        }
        let facts = serde_json::json!({ "os_user": self.by, "key": newest.id(), "rewrapped": done });
        sqlx::query!("select audit.record_system('keys.rotate', 'patient_key', null, $1) as id", facts)
            .fetch_one(&mut self.c)
            .await?;
        Ok(done)
    }

    /// Only this key is needed from now on, if nothing is wrapped by another.
    async fn settle_on(&mut self, newest: &str) -> Result<bool, Error> {
        let mut tx = self.c.begin().await?;
        // Whoever makes a key for a new patient holds this row.
        sqlx::query!("select value from clinic.setting where key = 'sealing_keys' for update")
            .fetch_one(&mut *tx)
            .await?;
        let others = sqlx::query_scalar!(
            r#"select exists (select from clinic.patient_key where kek <> $1 and wrapped is not null) as "others!""#,
            newest
        )
        .fetch_one(&mut *tx)
        .await?;
        if !others {
            sqlx::query!("update clinic.setting set value = $1 where key = 'sealing_keys'", newest)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(!others)
    }

    /// Seals the texts that were written before there was a key, signed ones too: they keep every word, only the way they
    /// are kept changes. Can be broken off and done again. Returns how many there were.
    ///
    /// # Errors
    /// [`Error::Keys`] when a key that is needed is not at hand.
    pub async fn seal_old_texts(&mut self, source: &KekSource) -> Result<u64, Error> {
        fits(source, &self.keys_needed().await?.join(" "))?;
        let columns = sqlx::query!(
            r#"select table_name as "table!", column_name as "column!" from clinic.sealed_columns()"#
        )
        .fetch_all(&mut self.c)
        .await?;
        let mut done = 0;
        for at in columns {
            loop {
                let mut tx = self.c.begin().await?;
                let rows = sqlx::query!(
                    r#"select id as "id!", place as "place!", patient_id, bytes as "bytes!" from clinic.plain_rows($1, $2, $3)"#,
                    at.table,
                    at.column,
                    BATCH
                )
                .fetch_all(&mut *tx)
                .await?;
                if rows.is_empty() {
                    break;
                }
                let owners: HashSet<Uuid> =
                    rows.iter().map(|r| r.patient_id.unwrap_or(ORGANISATION)).collect();
                let keys = BulkKeys::of(&mut tx, source, owners).await?;
                let (mut ids, mut sealed) = (vec![], vec![]);
                for r in &rows {
                    let text = std::str::from_utf8(r.bytes.get(1..).unwrap_or_default())
                        .map_err(|e| Error::bug("a text column holds no text", e))?;
                    // A step of an appointment keeps the bytes of the appointment's own reason.
                    let place = match at.table.as_str() {
                        "appointment_event" => ("appointment", "status_why"),
                        table => (table, at.column.as_str()),
                    };
                    let owner = r.patient_id.unwrap_or(ORGANISATION);
                    sealed.push(keys.seal(place, r.place, owner, text)?);
                    ids.push(r.id);
                }
                sqlx::query!("select clinic.keep_sealed($1, $2, $3, $4)", at.table, at.column, &ids, &sealed)
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                done += rows.len() as u64;
            }
        }
        let facts = serde_json::json!({ "os_user": self.by, "texts": done });
        sqlx::query!("select audit.record_system('keys.seal', 'patient_key', null, $1) as id", facts)
            .fetch_one(&mut self.c)
            .await?;
        Ok(done)
    }
}

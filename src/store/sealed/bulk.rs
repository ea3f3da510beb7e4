//! Keys for writing many patients' texts at once, by the owner of the schema: demo data and what is brought in.
use super::{
    KekSource,
    crypto::{Key, Place},
    keyring::refused,
};
use crate::store::Error;
use sqlx::PgConnection;
use std::{
    collections::{HashMap, HashSet},
    io,
};
use uuid::Uuid;

/// The keys of many patients, those that had none included.
pub struct BulkKeys(HashMap<Uuid, (u16, Key)>);

impl BulkKeys {
    /// Fetches and makes the keys of these owners in two statements. The patients' rows may come later in the transaction:
    /// the caller has put foreign keys off.
    ///
    /// # Errors
    /// [`Error::Refused`] by `sealing_no_key` or `sealing_wrong_key`, and those of the line to the server.
    pub async fn of(c: &mut PgConnection, source: &KekSource, owners: HashSet<Uuid>) -> Result<Self, Error> {
        let all: Vec<Uuid> = owners.iter().copied().collect();
        if all.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let rows = sqlx::query!(
            r#"select coalesce(k.patient_id, '00000000-0000-0000-0000-000000000000'::uuid) as "owner!", k.id, k.version, k.kek,
                      k.wrapped as "wrapped!"
                 from clinic.patient_key k
                where coalesce(k.patient_id, '00000000-0000-0000-0000-000000000000'::uuid) = any ($1) and k.wrapped is not null"#,
            &all
        )
        .fetch_all(&mut *c)
        .await?;
        let keks = source.keys();
        let mut found = HashMap::new();
        for r in rows {
            let key = keks.iter().find(|k| k.id() == r.kek).and_then(|k| k.unwrap(r.id, &r.wrapped));
            let key = key.ok_or_else(|| refused("sealing_wrong_key"))?;
            found.insert(r.owner, (u16::try_from(r.version).unwrap_or(0), key));
        }
        let kek = keks.first().ok_or_else(|| refused("sealing_no_key"))?;
        let (mut ids, mut patients, mut wrapped) = (vec![], vec![], vec![]);
        for owner in all.into_iter().filter(|o| !found.contains_key(o)).collect::<Vec<_>>() {
            let id = Uuid::now_v7();
            let made = Key::random().and_then(|key| Some((kek.wrap(id, &key)?, key)));
            let (bytes, key) =
                made.ok_or_else(|| Error::bug("no key could be made", io::Error::other("no randomness")))?;
            ids.push(id);
            patients.push(owner);
            wrapped.push(bytes);
            found.insert(owner, (1, key));
        }
        if ids.is_empty() {
            return Ok(Self(found));
        }
        sqlx::query!("select clinic.sealing_key_used($1)", kek.id()).execute(&mut *c).await?;
        sqlx::query!(
            "insert into clinic.patient_key (id, patient_id, wrapped, kek)
             select i, nullif(p, '00000000-0000-0000-0000-000000000000'::uuid), w, $4
               from unnest($1::uuid[], $2::uuid[], $3::bytea[]) x(i, p, w)",
            &ids,
            &patients,
            &wrapped,
            kek.id()
        )
        .execute(c)
        .await?;
        Ok(Self(found))
    }

    /// The text of sealed bytes; `None` when they do not open in this place.
    #[must_use]
    pub fn open(
        &self,
        (table, column): (&str, &str),
        row: Uuid,
        owner: Uuid,
        bytes: &[u8],
    ) -> Option<String> {
        let text = self.0.get(&owner)?.1.open(&Place { table, column, row, owner }, bytes)?;
        String::from_utf8(text).ok()
    }

    /// A text sealed for its place.
    ///
    /// # Errors
    /// [`Error::Bug`] when the owner's key was not asked for.
    pub fn seal(
        &self,
        (table, column): (&str, &str),
        row: Uuid,
        owner: Uuid,
        text: &str,
    ) -> Result<Vec<u8>, Error> {
        let place = Place { table, column, row, owner };
        self.0
            .get(&owner)
            .and_then(|(version, key)| key.seal(*version, &place, text.as_bytes()))
            .ok_or_else(|| Error::bug("a text could not be sealed", io::Error::other("no key")))
    }
}

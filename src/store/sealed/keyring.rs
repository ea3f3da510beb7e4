//! The keys at hand: fetched in one query for as many patients as a view shows, unwrapped once, kept for the session and
//! dropped when it ends or locks.
use super::{
    KekSource,
    crypto::{Kek, Key},
};
use crate::{
    domain::ids::EncounterId,
    store::{Error, refusal},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// The owner of texts that belong to no patient.
pub const ORGANISATION: Uuid = Uuid::nil();

/// How many keys a session keeps at most; beyond that it begins anew.
const MOST_HELD: usize = 4_096;

#[derive(Clone)]
pub(super) enum Entry {
    Open(Arc<Key>),
    Destroyed(DateTime<Utc>),
    /// Wrapped by a key-encryption key that this program does not have.
    Locked,
}

/// What there is of a key.
pub(super) enum Held<'k> {
    Key(&'k Key),
    Destroyed(DateTime<Utc>),
    Locked,
    NotGiven,
}

type Found = HashMap<(Uuid, u16), Entry>;

/// A session's keys.
pub(in crate::store) struct Keyring {
    source: KekSource,
    held: Mutex<Found>,
}

tokio::task_local! {
    static KEYRING: Arc<Keyring>;
}

/// Runs the body of a store call with the session's keys within reach.
pub(in crate::store) async fn with_keyring<T>(keyring: Arc<Keyring>, body: impl Future<Output = T>) -> T {
    KEYRING.scope(keyring, body).await
}

fn within_reach() -> Result<Arc<Keyring>, Error> {
    KEYRING.try_with(Arc::clone).map_err(|e| Error::bug("keys outside of a store call", e))
}

impl Keyring {
    pub(in crate::store) fn new(source: KekSource) -> Self {
        Self { source, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Found> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets every key: they are wiped.
    pub(in crate::store) fn forget_all(&self) {
        *self.held() = HashMap::new();
    }

    /// Forgets the keys of one patient.
    pub(in crate::store) fn forget(&self, patient: Uuid) {
        self.held().retain(|(owner, _), _| *owner != patient);
    }

    /// How many keys are at hand.
    pub(in crate::store) fn len(&self) -> usize {
        self.held().len()
    }

    fn unwrap(&self, id: Uuid, kek: &str, wrapped: Option<&[u8]>, destroyed: Option<DateTime<Utc>>) -> Entry {
        let (Some(wrapped), None) = (wrapped, destroyed) else {
            return destroyed.map_or(Entry::Locked, Entry::Destroyed);
        };
        let find = |keys: &[Kek]| keys.iter().find(|k| k.id() == kek).and_then(|k| k.unwrap(id, wrapped));
        let key = find(&self.source.keys()).or_else(|| {
            // Somebody may have begun to use a newer key.
            self.source.reload();
            find(&self.source.keys())
        });
        key.map_or_else(
            || {
                tracing::error!(kek, key = %id, "no key-encryption key opens a patient's key");
                Entry::Locked
            },
            |k| Entry::Open(Arc::new(k)),
        )
    }
}

/// The keys of the patients that were asked for.
pub struct Keys {
    found: Found,
    newest: HashMap<Uuid, u16>,
}

impl Keys {
    fn of(found: Found) -> Self {
        let mut newest: HashMap<Uuid, u16> = HashMap::new();
        for (owner, version) in found.keys() {
            let n = newest.entry(*owner).or_insert(*version);
            *n = (*n).max(*version);
        }
        Self { found, newest }
    }

    pub(super) fn held(&self, owner: Uuid, version: u16) -> Held<'_> {
        match self.found.get(&(owner, version)) {
            Some(Entry::Open(key)) => Held::Key(key),
            Some(Entry::Destroyed(at)) => Held::Destroyed(*at),
            Some(Entry::Locked) => Held::Locked,
            None => Held::NotGiven,
        }
    }

    pub(super) fn to_write(&self, owner: Uuid) -> Option<(u16, &Key)> {
        let version = *self.newest.get(&owner)?;
        match self.held(owner, version) {
            Held::Key(key) => Some((version, key)),
            _ => None,
        }
    }
}

/// The keys to read texts of these patients with (and of [`ORGANISATION`]): at most one query, whatever their number.
///
/// # Errors
/// Those of the line to the server.
pub async fn keys(c: &mut PgConnection, owners: impl IntoIterator<Item = Uuid>) -> Result<Keys, Error> {
    let ring = within_reach()?;
    let mut wanted: HashSet<Uuid> = owners.into_iter().collect();
    let mut found: Found = HashMap::new();
    for (at, entry) in ring.held().iter() {
        if wanted.contains(&at.0) {
            found.insert(*at, entry.clone());
        }
    }
    let held: HashSet<Uuid> = found.keys().map(|(owner, _)| *owner).collect();
    wanted.retain(|owner| !held.contains(owner));
    if !wanted.is_empty() {
        let missing: Vec<Uuid> = wanted.into_iter().collect();
        let rows = sqlx::query!(
            r#"select owner as "owner!", version as "version!", id as "id!", kek as "kek!", wrapped, destroyed_at
                 from clinic.patient_keys($1)"#,
            &missing
        )
        .fetch_all(c)
        .await?;
        let mut held = ring.held();
        if held.len() + rows.len() > MOST_HELD {
            held.clear();
        }
        drop(held);
        for r in rows {
            let at = (r.owner, u16::try_from(r.version).unwrap_or(0));
            let entry = ring.unwrap(r.id, &r.kek, r.wrapped.as_deref(), r.destroyed_at);
            found.insert(at, entry.clone());
            if matches!(entry, Entry::Open(_)) {
                ring.held().insert(at, entry);
            }
        }
    }
    Ok(Keys::of(found))
}

/// The key to write texts of this patient with, or of [`ORGANISATION`]; made when there is none. Always one query: a key
/// that was destroyed meanwhile must not be written with.
///
/// # Errors
/// [`Error::Refused`] by `sealing_no_key`, `sealing_wrong_key` or `record_erased`.
pub async fn keys_to_write(c: &mut PgConnection, owner: Uuid) -> Result<Keys, Error> {
    let ring = within_reach()?;
    let mut offer = Offer::new(&ring.source, None)?;
    loop {
        let r = sqlx::query!(
            r#"select version as "version!", id as "id!", kek as "kek!", wrapped, wanted as "wanted!"
                 from clinic.keep_patient_key($1, $2, $3, $4)"#,
            owner,
            offer.id,
            offer.wrapped,
            offer.kek
        )
        .fetch_one(&mut *c)
        .await?;
        if !r.wanted.is_empty() {
            offer = offer.again(&ring.source, &r.wanted)?;
            continue;
        }
        return to_write(&ring, owner, r.version, r.id, &r.kek, r.wrapped.as_deref());
    }
}

/// Makes the first key of a patient who is registered just now, so that it is there before anybody writes about them. Nothing
/// happens in a program without a key-encryption key, which writes no clinical text.
///
/// # Errors
/// Those of [`keys_to_write`].
pub async fn first_key(c: &mut PgConnection, patient: Uuid) -> Result<(), Error> {
    if within_reach()?.source.keys().is_empty() {
        return Ok(());
    }
    keys_to_write(c, patient).await.map(drop)
}

/// The organisation's key for somebody who has not signed in: it writes, and must be there already.
///
/// # Errors
/// [`Error::Refused`] by `clinic_box_closed` when there is none yet, or by `sealing_wrong_key`.
pub async fn keys_outside(c: &mut PgConnection) -> Result<Keys, Error> {
    let ring = within_reach()?;
    let r = sqlx::query!(
        r#"select version as "version!", id as "id!", kek as "kek!", wrapped from clinic.organisation_key()"#
    )
    .fetch_optional(c)
    .await?
    .ok_or_else(|| refused("clinic_box_closed"))?;
    to_write(&ring, ORGANISATION, r.version, r.id, &r.kek, r.wrapped.as_deref())
}

/// The same for what is written in a visit; also the visit's patient.
///
/// # Errors
/// [`Error::NotFound`] when the speaker does not see the visit, and those of [`keys_to_write`].
pub async fn keys_of_visit(c: &mut PgConnection, encounter: EncounterId) -> Result<(Keys, Uuid), Error> {
    let ring = within_reach()?;
    let mut offer = Offer::new(&ring.source, None)?;
    loop {
        let r = sqlx::query!(
            r#"select e.patient_id, k.version as "version!", k.id as "id!", k.kek as "kek!", k.wrapped, k.wanted as "wanted!"
                 from clinic.encounter e cross join lateral clinic.keep_patient_key(e.patient_id, $2, $3, $4) k where e.id = $1"#,
            encounter.0,
            offer.id,
            offer.wrapped,
            offer.kek
        )
        .fetch_optional(&mut *c)
        .await?
        .ok_or(Error::NotFound)?;
        if !r.wanted.is_empty() {
            offer = offer.again(&ring.source, &r.wanted)?;
            continue;
        }
        let keys = to_write(&ring, r.patient_id, r.version, r.id, &r.kek, r.wrapped.as_deref())?;
        return Ok((keys, r.patient_id));
    }
}

/// The same for a draft about a visit, an appointment or a patient; `None` when it is about none of these, and the key is
/// [`ORGANISATION`]'s.
///
/// # Errors
/// Those of [`keys_to_write`].
pub async fn keys_of_subject(c: &mut PgConnection, subject: Uuid) -> Result<(Keys, Option<Uuid>), Error> {
    let ring = within_reach()?;
    let mut offer = Offer::new(&ring.source, None)?;
    loop {
        let r = sqlx::query!(
            r#"select s.patient, k.version as "version!", k.id as "id!", k.kek as "kek!", k.wrapped, k.wanted as "wanted!"
                 from (select clinic.subject_patient($1) as patient) s
                cross join lateral clinic.keep_patient_key(coalesce(s.patient, $5), $2, $3, $4) k"#,
            subject,
            offer.id,
            offer.wrapped,
            offer.kek,
            ORGANISATION
        )
        .fetch_one(&mut *c)
        .await?;
        if !r.wanted.is_empty() {
            offer = offer.again(&ring.source, &r.wanted)?;
            continue;
        }
        let owner = r.patient.unwrap_or(ORGANISATION);
        let keys = to_write(&ring, owner, r.version, r.id, &r.kek, r.wrapped.as_deref())?;
        return Ok((keys, r.patient));
    }
}

fn to_write(
    ring: &Keyring,
    owner: Uuid,
    version: i32,
    id: Uuid,
    kek: &str,
    wrapped: Option<&[u8]>,
) -> Result<Keys, Error> {
    // Not kept for the session: the transaction that made it may still come to nothing.
    match ring.unwrap(id, kek, wrapped, None) {
        entry @ Entry::Open(_) => {
            Ok(Keys::of(HashMap::from([((owner, u16::try_from(version).unwrap_or(0)), entry)])))
        }
        _ => Err(refused("sealing_wrong_key")),
    }
}

/// A new key for somebody who may not have one yet.
struct Offer {
    id: Uuid,
    wrapped: Vec<u8>,
    kek: String,
}

impl Offer {
    /// Wrapped by the newest key-encryption key, or by the newest of those that the database `wants`.
    fn new(source: &KekSource, wants: Option<&str>) -> Result<Self, Error> {
        let keys = source.keys();
        let wanted = |k: &&Kek| wants.is_none_or(|w| w.split(' ').any(|id| id == k.id()));
        if keys.is_empty() {
            return Err(refused("sealing_no_key"));
        }
        let kek = keys.iter().find(wanted).ok_or_else(|| refused("sealing_wrong_key"))?;
        let id = Uuid::now_v7();
        let wrapped = Key::random()
            .and_then(|key| kek.wrap(id, &key))
            .ok_or_else(|| Error::bug("no key could be made", io::Error::other("no randomness")))?;
        Ok(Self { id, wrapped, kek: kek.id().to_owned() })
    }

    fn again(&self, source: &KekSource, wants: &str) -> Result<Self, Error> {
        source.reload();
        let next = Self::new(source, Some(wants))?;
        // The database refused this very one: asking again would never end.
        if next.kek == self.kek { Err(refused("sealing_wrong_key")) } else { Ok(next) }
    }
}

pub(super) fn refused(rule: &str) -> Error {
    Error::Refused(refusal::why(rule, &serde_json::Value::Null))
}

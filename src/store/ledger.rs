//! The worker's side of the log: adding signed roots, and reading the whole log to check it. It is a connection of its
//! own, by a login that reads the log and nothing of the clinic.
use super::{Error, SCHEMA, schema_mismatch};
use crate::audit::{ChainWalk, ChainedEvent, Claim, Faults, Head, PublicKeys, Root, RootWalk, SigningKey};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use futures::TryStreamExt as _;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// Held by the one sealer of a database ("Praxis" in ASCII, then 2).
const LEADER: i64 = 0x5072_6178_6973_0002;

/// A connection that reads the log and adds roots.
pub struct Ledger {
    c: PgConnection,
}

/// What a check of the whole log found.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    pub faults: Faults,
    pub events: u64,
    pub chains: u64,
    pub roots: u64,
    /// The newest root of the database.
    pub newest: Option<Root>,
    /// The newest root that the file outside has too.
    pub outside: Option<Root>,
    /// The number of the first root in that file.
    pub outside_from: Option<i64>,
    /// Events that no root covers yet, and since when.
    pub open: u64,
    pub open_since: Option<DateTime<Utc>>,
}

/// What a check is made with.
pub struct Proof<'a> {
    /// The keys that may have signed.
    pub keys: &'a PublicKeys,
    /// The root to begin with; 1 checks everything.
    pub from: i64,
}

impl Ledger {
    /// Takes a connection.
    ///
    /// # Errors
    /// [`Error::Schema`] when program and database do not fit, and those of the line.
    pub async fn new(mut c: PgConnection) -> Result<Self, Error> {
        let version =
            sqlx::query_scalar!(r#"select clinic.schema_version() as "version!""#).fetch_one(&mut c).await;
        match version {
            Ok(found) if found >= SCHEMA => Ok(Self { c }),
            Ok(found) => Err(schema_mismatch(found)),
            Err(e @ sqlx::Error::Database(_)) => {
                tracing::warn!(error = %e, "the schema's version cannot be read");
                Err(schema_mismatch(0))
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Tries to become the one sealer of this database, until the connection ends.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn lead(&mut self) -> Result<bool, Error> {
        Ok(sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "got!""#, LEADER)
            .fetch_one(&mut self.c)
            .await?)
    }

    /// Erases applications that were rejected long enough ago; that they were stays in the log. Returns how many.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn erase_old_applications(&mut self) -> Result<i32, Error> {
        Ok(sqlx::query_scalar!(r#"select clinic.erase_old_applications() as "n!""#)
            .fetch_one(&mut self.c)
            .await?)
    }

    /// The clinic's name and the zone its days are counted in.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn site(&mut self) -> Result<(String, Tz), Error> {
        let site = sqlx::query!(r#"select name as "name!", zone as "zone!" from audit.site()"#)
            .fetch_one(&mut self.c)
            .await?;
        Ok((site.name, site.zone.parse().unwrap_or(Tz::UTC)))
    }

    /// The newest root, or the newest that is older than `before`.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn last_root(&mut self, before: Option<DateTime<Utc>>) -> Result<Option<Root>, Error> {
        let row = sqlx::query_as!(
            RootRow,
            "select n, at, previous, chains, events, heads, key, hash, signature from audit.root
              where $1::timestamptz is null or at < $1 order by n desc limit 1",
            before
        )
        .fetch_optional(&mut self.c)
        .await?;
        Ok(row.map(RootRow::root))
    }

    /// The roots after number `n`, at most a thousand.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn roots_after(&mut self, n: i64) -> Result<Vec<Root>, Error> {
        let rows = sqlx::query_as!(
            RootRow,
            "select n, at, previous, chains, events, heads, key, hash, signature from audit.root where n > $1 order by n limit 1000",
            n
        )
        .fetch_all(&mut self.c)
        .await?;
        Ok(rows.into_iter().map(RootRow::root).collect())
    }

    /// The number of the first root of this day or a later one, in the clinic's zone.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn first_root_of(&mut self, day: NaiveDate) -> Result<Option<i64>, Error> {
        let (_, zone) = self.site().await?;
        let from = crate::domain::time::instant(zone, day.and_time(chrono::NaiveTime::MIN));
        Ok(sqlx::query_scalar!("select n from audit.root where at >= $1 order by n limit 1", from)
            .fetch_optional(&mut self.c)
            .await?)
    }

    /// The root with this hash, and else the one whose hash differs from it in the fewest of its 16 pairs of bytes, if
    /// those are few.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn root_like(&mut self, hash: &[u8; 32]) -> Result<Option<Root>, Error> {
        let row = sqlx::query_as!(
            RootRow,
            r#"select n as "n!", at as "at!", previous as "previous!", chains as "chains!", events as "events!",
                      heads as "heads!", key as "key!", hash as "hash!", signature as "signature!" from (
                 select r.*, (select count(*) from generate_series(1, 31, 2) i where substr(r.hash, i, 2) <> substr($1::bytea, i, 2)) as wrong
                   from audit.root r) x
               where wrong <= 4 order by wrong, n limit 1"#,
            &hash[..]
        )
        .fetch_optional(&mut self.c)
        .await?;
        Ok(row.map(RootRow::root))
    }

    /// Adds a root over every chain that went on since the last one; nothing when none did. `thorough` looks at every
    /// chain and not only at those with an event of the last two minutes: a long transaction may have come late.
    ///
    /// # Errors
    /// Those of the line to the server; two sealers at once fail by the root's number.
    pub async fn seal(
        &mut self,
        key: &SigningKey,
        now: DateTime<Utc>,
        thorough: bool,
    ) -> Result<Option<Root>, Error> {
        let heads = self.unsealed(thorough).await?;
        if heads.is_empty() {
            return Ok(None);
        }
        let events = heads.iter().map(|(head, sealed)| head.n - sealed).sum();
        let heads: Vec<Head> = heads.into_iter().map(|(head, _)| head).collect();
        let previous = self.last_root(None).await?;
        let root = Root::sign(key, previous.as_ref(), now, &heads, events);
        let mut tx = self.c.begin().await?;
        sqlx::query!(
            "insert into audit.root (n, at, previous, chains, events, heads, key, hash, signature)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            root.n,
            root.at,
            &root.previous[..],
            root.chains,
            root.events,
            &root.heads[..],
            root.key,
            &root.hash[..],
            root.signature
        )
        .execute(&mut *tx)
        .await?;
        let chains: Vec<Uuid> = heads.iter().map(|h| h.chain).collect();
        let numbers: Vec<i64> = heads.iter().map(|h| h.n).collect();
        let hashes: Vec<Vec<u8>> = heads.iter().map(|h| h.hash.to_vec()).collect();
        sqlx::query!(
            "insert into audit.root_head (root_n, chain_id, n, head)
             select $1, x.chain, x.n, x.head from unnest($2::uuid[], $3::bigint[], $4::bytea[]) x(chain, n, head)",
            root.n,
            &chains,
            &numbers,
            &hashes
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(root))
    }

    /// Heads that no root knows, in the order of their chains, each with the place that one knows.
    async fn unsealed(&mut self, thorough: bool) -> Result<Vec<(Head, i64)>, Error> {
        let rows = sqlx::query!(
            r#"select c.id, c.n, c.head, coalesce(s.n, 0) as "sealed!"
                 from audit.chain c
                 left join lateral (select h.n from audit.root_head h where h.chain_id = c.id order by h.n desc limit 1) s on true
                where ($1 or c.id in (select e.chain_id from audit.event e where e.at > clock_timestamp() - interval '2 minutes'))
                  and c.n > coalesce(s.n, 0)
                order by c.id"#,
            thorough
        )
        .fetch_all(&mut self.c)
        .await?;
        let head = |r: Vec<u8>| <[u8; 32]>::try_from(r).unwrap_or_default();
        Ok(rows.into_iter().map(|r| (Head { chain: r.id, n: r.n, hash: head(r.head) }, r.sealed)).collect())
    }

    /// Checks the whole log, or what is newer than root `from`, against itself, the signatures and the roots outside.
    /// Memory does not grow with the log.
    ///
    /// # Errors
    /// Those of the line to the server and of the file outside.
    pub async fn verify<E: From<Error>>(
        &mut self,
        proof: &Proof<'_>,
        mut outside: Option<&mut dyn Iterator<Item = Result<Root, E>>>,
    ) -> Result<Verified, E> {
        let mut tx = self.c.begin().await.map_err(Error::from)?;
        sqlx::query!("set transaction isolation level repeatable read, read only")
            .execute(&mut *tx)
            .await
            .map_err(Error::from)?;
        let mut walk = RootWalk::new(proof.keys, proof.from);
        walk_roots(&mut tx, proof.from, &mut walk, &mut outside).await?;
        let mut chains = ChainWalk::new(walk.newest().map(|r| r.at));
        walk_chains(&mut tx, proof.from, &mut chains).await?;
        tx.commit().await.map_err(Error::from)?;
        let mut done = Verified {
            events: chains.events,
            chains: chains.chains,
            roots: walk.roots,
            newest: walk.newest().cloned(),
            outside_from: walk.outside_from,
            outside: walk.outside,
            open: chains.open,
            open_since: chains.open_since,
            faults: chains.faults,
        };
        done.faults.join(walk.faults);
        Ok(done)
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.c.close().await.ok();
    }
}

/// Reads the roots with what they cover, and the lines outside beside them.
async fn walk_roots<E: From<Error>>(
    c: &mut PgConnection,
    from: i64,
    walk: &mut RootWalk<'_>,
    outside: &mut Option<&mut dyn Iterator<Item = Result<Root, E>>>,
) -> Result<(), E> {
    let mut rows = sqlx::query!(
        r#"select r.n, r.at, r.previous, r.chains, r.events, r.heads, r.key, r.hash, r.signature,
                  h.chain_id as "chain?", h.n as "place?", h.head as "head?"
             from audit.root r left join audit.root_head h on h.root_n = r.n
            where r.n >= $1 order by r.n, h.chain_id, h.n"#,
        from
    )
    .fetch(c);
    let mut beside = Beside { next: None, lines: outside, from };
    beside.advance()?;
    let mut now: Option<(Root, Vec<Head>)> = None;
    while let Some(r) = rows.try_next().await.map_err(Error::from)? {
        if now.as_ref().is_none_or(|(root, _)| root.n != r.n) {
            if let Some((root, heads)) = now.take() {
                beside.hand(walk, root, &heads)?;
            }
            let row = RootRow {
                n: r.n,
                at: r.at,
                previous: r.previous,
                chains: r.chains,
                events: r.events,
                heads: r.heads,
                key: r.key,
                hash: r.hash,
                signature: r.signature,
            };
            now = Some((row.root(), vec![]));
        }
        if let (Some((_, heads)), Some(chain), Some(n), Some(head)) = (&mut now, r.chain, r.place, r.head) {
            heads.push(Head { chain, n, hash: head.try_into().unwrap_or_default() });
        }
    }
    if let Some((root, heads)) = now {
        beside.hand(walk, root, &heads)?;
    }
    while let Some(root) = beside.next.take() {
        walk.only_outside(&root);
        beside.advance()?;
    }
    Ok(())
}

/// The file outside, one line ahead.
struct Beside<'a, 'b, E> {
    next: Option<Root>,
    lines: &'a mut Option<&'b mut dyn Iterator<Item = Result<Root, E>>>,
    from: i64,
}

impl<E> Beside<'_, '_, E> {
    fn advance(&mut self) -> Result<(), E> {
        let Some(lines) = self.lines else { return Ok(()) };
        loop {
            self.next = lines.next().transpose()?;
            if self.next.as_ref().is_none_or(|r| r.n >= self.from) {
                return Ok(());
            }
        }
    }

    fn hand(&mut self, walk: &mut RootWalk<'_>, root: Root, heads: &[Head]) -> Result<(), E> {
        while let Some(only) = self.next.take_if(|r| r.n < root.n) {
            walk.only_outside(&only);
            self.advance()?;
        }
        let same = self.next.take_if(|r| r.n == root.n);
        if same.is_some() {
            self.advance()?;
        }
        walk.root(root, heads, same);
        Ok(())
    }
}

/// Reads every event with what the roots and the chain's own record say of its place.
async fn walk_chains(c: &mut PgConnection, from: i64, walk: &mut ChainWalk) -> Result<(), Error> {
    let mut rows = sqlx::query!(
        r#"with base as (
             select distinct on (h.chain_id) h.chain_id, h.n, h.head, h.root_n from audit.root_head h
              where h.root_n < $1 order by h.chain_id, h.root_n desc),
           said as (
             select h.chain_id, h.n, h.head, h.root_n from audit.root_head h where h.root_n >= $1
             union all select b.chain_id, b.n, b.head, b.root_n from base b
             union all select x.id, x.n, x.head, null from audit.chain x where x.n > 0)
           select coalesce(e.chain_id, s.chain_id) as "chain!", coalesce(e.n, s.n) as "n!", coalesce(b.n, 0) as "base!",
                  e.id as "id?", e.at as "at?", e.session_id as "session?", e.account_id as "account?", e.role as "role?",
                  e.action as "action?", e.entity as "entity?", e.entity_id as "entity_id?", e.patient_id as "patient?",
                  e.outcome as "outcome?", e.facts::text as "facts?", e.previous as "previous?", e.hash as "hash?",
                  s.head as "head?", s.root_n as "root?", r.at as "root_at?", p.at as "before?"
             from audit.event e
             full join said s on s.chain_id = e.chain_id and s.n = e.n
             left join base b on b.chain_id = coalesce(e.chain_id, s.chain_id)
             left join audit.root r on r.n = s.root_n
             left join audit.root p on p.n = s.root_n - 1
            where coalesce(e.n, s.n) >= coalesce(b.n, 0)
            order by 1, 2, e.id, s.root_n nulls last"#,
        from
    )
    .fetch(c);
    while let Some(r) = rows.try_next().await? {
        let event = r.id.zip(r.at).map(|(id, at)| ChainedEvent {
            id,
            at,
            session: r.session,
            account: r.account,
            role: r.role,
            action: r.action.unwrap_or_default(),
            entity: r.entity.unwrap_or_default(),
            entity_id: r.entity_id,
            patient: r.patient,
            outcome: r.outcome.unwrap_or_default(),
            facts: r.facts.unwrap_or_default(),
            previous: r.previous.unwrap_or_default(),
            hash: r.hash.unwrap_or_default(),
        });
        let claim = r.head.map(|head| Claim { root: r.root, head, at: r.root_at, before: r.before });
        walk.row(r.chain, r.n, r.base, event, claim.as_ref());
    }
    walk.end();
    Ok(())
}

/// A root as the table has it.
struct RootRow {
    n: i64,
    at: DateTime<Utc>,
    previous: Vec<u8>,
    chains: i32,
    events: i64,
    heads: Vec<u8>,
    key: String,
    hash: Vec<u8>,
    signature: Vec<u8>,
}

impl RootRow {
    fn root(self) -> Root {
        Root {
            n: self.n,
            at: self.at,
            previous: self.previous.try_into().unwrap_or_default(),
            chains: self.chains,
            events: self.events,
            heads: self.heads.try_into().unwrap_or_default(),
            key: self.key,
            hash: self.hash.try_into().unwrap_or_default(),
            signature: self.signature,
        }
    }
}

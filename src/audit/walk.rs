//! Walking a log: once over its chains, event by event, once over its roots, each beside the line outside. Either keeps
//! one step behind it and no more, so that a log of any length is checked in the same memory.
use super::{ChainedEvent, Fault, Faults, GENESIS, Head, Kind, PublicKeys, Root};
use crate::tr;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// An event that its root was this much late for was written under a false time: transactions last seconds.
const LATE: Duration = Duration::minutes(15);

/// What somebody says the event at a place of a chain hashes to.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The root that says so; `None`: the chain's own record of its end.
    pub root: Option<i64>,
    pub head: Vec<u8>,
    /// When that root was made, and when the root before it was.
    pub at: Option<DateTime<Utc>>,
    pub before: Option<DateTime<Utc>>,
}

/// The event of a place, as much as is needed of it later.
#[derive(Debug, Clone)]
struct Step {
    id: Uuid,
    at: DateTime<Utc>,
}

/// One chain on its way.
#[derive(Debug)]
struct Chain {
    id: Uuid,
    n: i64,
    hash: Vec<u8>,
    last: Option<Step>,
    /// The chain's own record was met at this place.
    recorded: i64,
    /// The newest place that a root knows.
    sealed: i64,
    /// The earliest event since then.
    open: Option<Step>,
}

/// The walk over the chains.
#[derive(Debug)]
pub struct ChainWalk {
    /// When the newest root was made.
    newest: Option<DateTime<Utc>>,
    chain: Option<Chain>,
    pub faults: Faults,
    pub events: u64,
    pub chains: u64,
    /// Events that no root covers yet, and the oldest of them.
    pub open: u64,
    pub open_since: Option<DateTime<Utc>>,
}

impl ChainWalk {
    /// A walk that knows when the newest root was made.
    #[must_use]
    pub fn new(newest: Option<DateTime<Utc>>) -> Self {
        Self {
            newest,
            chain: None,
            faults: Faults::default(),
            events: 0,
            chains: 0,
            open: 0,
            open_since: None,
        }
    }

    /// One row: what stands at place `n` of a chain (nothing, if only somebody claims that there is something) and what
    /// is claimed of it. Rows come in the order of chains and places; with several claims a place comes several times.
    /// `base` is the place from which on the chain is checked; 0 is its beginning.
    pub fn row(
        &mut self,
        chain: Uuid,
        n: i64,
        base: i64,
        event: Option<ChainedEvent>,
        claim: Option<&Claim>,
    ) {
        if self.chain.as_ref().is_none_or(|c| c.id != chain) {
            self.end_chain();
            self.chains += 1;
            let (n, hash) = if base > 0 { (base - 1, vec![]) } else { (0, GENESIS.to_vec()) };
            self.chain =
                Some(Chain { id: chain, n, hash, last: None, recorded: 0, sealed: base, open: None });
        }
        let Some(mut c) = self.chain.take() else { return };
        match event {
            Some(event) if n != c.n || c.last.as_ref().is_none_or(|l| l.id != event.id) => {
                self.event(&mut c, n, base, &event);
            }
            Some(_) => {}
            None => self.absent(&mut c, n, claim),
        }
        if let Some(claim) = claim
            && c.n == n
        {
            self.claim(&mut c, n, claim);
        }
        self.chain = Some(c);
    }

    fn event(&mut self, c: &mut Chain, n: i64, base: i64, event: &ChainedEvent) {
        self.events += 1;
        let mut say = |kind, said| {
            self.faults.add(Fault {
                kind,
                event: Some(event.id),
                chain: Some(c.id),
                n: Some(n),
                root: None,
                at: Some(event.at),
                said,
            });
        };
        let follows = c.hash.is_empty() || event.previous == c.hash;
        if n == c.n && c.last.is_some() {
            say(
                Kind::Inserted,
                tr!("two events have the number {n} of their chain; one was inserted", n = n),
            );
        } else if n > c.n + 1 {
            let said = if n == c.n + 2 {
                tr!("event number {n} of the chain, the one before this, is missing", n = n - 1)
            } else {
                tr!(
                    "the events {first} to {last} of the chain, before this one, are missing",
                    first = c.n + 1,
                    last = n - 1
                )
            };
            say(Kind::Missing, said);
        } else if !follows && event.digest(n)[..] == event.hash[..] {
            let said = tr!("the event does not follow the one before it; one of the two was put there");
            say(Kind::Inserted, said.to_owned());
        }
        if event.digest(n)[..] != event.hash[..] {
            let moved = (n - 8..n + 9).find(|k| *k != n && event.digest(*k)[..] == event.hash[..]);
            match moved {
                Some(k) => say(
                    Kind::Reordered,
                    tr!("the event stands as number {n} and was number {k}", n = n, k = k),
                ),
                None => {
                    say(Kind::Altered, tr!("the event is not what it was when it was written").to_owned());
                }
            }
        }
        let step = Step { id: event.id, at: event.at };
        (c.n, c.hash) = (n, event.hash.clone());
        if n > c.sealed.max(base) && c.open.as_ref().is_none_or(|o| o.at > step.at) {
            c.open = Some(step.clone());
        }
        c.last = Some(step);
    }

    /// A place that is claimed and empty.
    fn absent(&mut self, c: &mut Chain, n: i64, claim: Option<&Claim>) {
        let root = claim.and_then(|c| c.root);
        let first = (c.n + 1).min(n);
        let said = match root {
            Some(r) => tr!(
                "of the chain the events {first} to {n} are missing; root {r} covers them",
                first = first,
                n = n,
                r = r
            ),
            None => tr!(
                "of the chain the events {first} to {n} are missing; its own record ends with them",
                first = first,
                n = n
            ),
        };
        let at = claim.and_then(|c| c.at).or(c.last.as_ref().map(|l| l.at));
        let chain = Some(c.id);
        self.faults.add(Fault { kind: Kind::Missing, event: None, chain, n: Some(first), root, at, said });
        if let Some(claim) = claim {
            (c.n, c.hash, c.last) = (n, claim.head.clone(), None);
        }
    }

    fn claim(&mut self, c: &mut Chain, n: i64, claim: &Claim) {
        let event = c.last.as_ref().map(|l| l.id);
        let mut say = |kind, event, n, at, said| {
            self.faults.add(Fault { kind, event, chain: Some(c.id), n: Some(n), root: claim.root, at, said });
        };
        let Some(root) = claim.root else {
            c.recorded = n;
            if claim.head != c.hash {
                let at = c.last.as_ref().map(|l| l.at);
                let said = tr!(
                    "the chain's own record of its end is another: the last event was exchanged, or the record was"
                );
                say(Kind::Inserted, event, n, at, said.to_owned());
            }
            return;
        };
        if claim.head != c.hash {
            let first = c.open.clone().or(c.last.clone());
            let said = tr!(
                "root {root} signed other events: one of the numbers {first} to {n} of the chain was changed and the chain written anew",
                root = root,
                first = c.sealed + 1,
                n = n
            );
            let at = first.as_ref().map(|f| f.at).or(claim.at);
            say(Kind::Recomputed, first.map(|f| f.id), c.sealed + 1, at, said);
        } else if let (Some(open), Some(before)) = (&c.open, claim.before)
            && open.at < before - LATE
        {
            let said = tr!(
                "the event says that it is older than root {before}, which did not know it: it was inserted later or has a false time",
                before = root - 1
            );
            say(Kind::Inserted, Some(open.id), c.sealed + 1, Some(open.at), said);
        }
        (c.sealed, c.open) = (n, None);
    }

    fn end_chain(&mut self) {
        let Some(c) = self.chain.take() else { return };
        let Some(last) = &c.last else { return };
        let mut say = |kind, step: &Step, n, said| {
            let (event, at) = (Some(step.id), Some(step.at));
            self.faults.add(Fault { kind, event, chain: Some(c.id), n: Some(n), root: None, at, said });
        };
        if c.recorded != c.n {
            let said = tr!(
                "the chain's own record does not end with this event: it was inserted, or the record was changed"
            );
            say(Kind::Inserted, last, c.n, said.to_owned());
        }
        let Some(open) = &c.open else { return };
        if let Some(newest) = self.newest.filter(|newest| open.at < *newest - LATE) {
            let said = tr!(
                "the event says that it is older than the newest root, of {at}, and no root covers it: it was inserted later",
                at = newest.format("%Y-%m-%d %H:%M:%S UTC")
            );
            say(Kind::Inserted, open, c.sealed + 1, said);
        }
        self.open += u64::try_from(c.n - c.sealed).unwrap_or_default();
        self.open_since = Some(self.open_since.map_or(open.at, |since| since.min(open.at)));
    }

    /// Ends the last chain.
    pub fn end(&mut self) {
        self.end_chain();
    }
}

/// The walk over the roots of the database, each beside the line of the file outside.
#[derive(Debug)]
pub struct RootWalk<'a> {
    keys: &'a PublicKeys,
    /// The number from which on roots are checked.
    from: i64,
    last: Option<Root>,
    pub faults: Faults,
    pub roots: u64,
    /// The newest root that both know.
    pub outside: Option<Root>,
    /// The first root of the file outside.
    pub outside_from: Option<i64>,
}

impl<'a> RootWalk<'a> {
    /// A walk from root `from` on.
    #[must_use]
    pub fn new(keys: &'a PublicKeys, from: i64) -> Self {
        Self {
            keys,
            from,
            last: None,
            faults: Faults::default(),
            roots: 0,
            outside: None,
            outside_from: None,
        }
    }

    fn say(&mut self, kind: Kind, root: &Root, said: String) {
        let (n, at) = (Some(root.n), Some(root.at));
        self.faults.add(Fault { kind, event: None, chain: None, n: None, root: n, at, said });
    }

    /// A root of the database, the heads that it covers there, and the root that the file outside has under this number.
    pub fn root(&mut self, root: Root, heads: &[Head], outside: Option<Root>) {
        self.roots += 1;
        let expected = self.last.as_ref().map_or(self.from, |l| l.n + 1);
        if root.n > expected {
            let said = if root.n == expected + 1 {
                tr!("root {n}, before this one, is missing", n = expected)
            } else {
                tr!(
                    "the roots {first} to {last}, before this one, are missing",
                    first = expected,
                    last = root.n - 1
                )
            };
            self.say(Kind::RootMissing, &root, said);
        }
        if !root.is_whole() {
            self.say(
                Kind::RootAltered,
                &root,
                tr!("root {n} is not what it was when it was made", n = root.n),
            );
        } else if let Some(false) | None = root.is_signed(self.keys) {
            let said = if root.is_signed(self.keys).is_none() {
                tr!(
                    "root {n} was signed by the key {key}, which is not one of the clinic's",
                    n = root.n,
                    key = root.key
                )
            } else {
                tr!("root {n} was not signed by the clinic's key", n = root.n)
            };
            self.say(Kind::RootForged, &root, said);
        }
        let follows = match &self.last {
            Some(last) => last.n + 1 != root.n || root.previous == last.hash,
            None => root.n != 1 || root.previous == [0; 32],
        };
        if !follows {
            self.say(
                Kind::RootAltered,
                &root,
                tr!("root {n} does not follow the root before it", n = root.n),
            );
        }
        if super::heads_hash(heads) != root.heads {
            let said = tr!(
                "root {n} was signed over {signed} chains; of what it says about them something was changed or removed (there are {there})",
                n = root.n,
                signed = root.chains,
                there = heads.len()
            );
            self.say(Kind::RootAltered, &root, said);
        }
        match outside {
            Some(outside) if outside != root => {
                let said =
                    tr!("root {n} is another in the file outside, of {at}", n = root.n, at = outside.at);
                self.say(Kind::RootAltered, &root, said);
            }
            Some(outside) => {
                self.outside_from.get_or_insert(outside.n);
                self.outside = Some(outside);
            }
            None => {}
        }
        self.last = Some(root);
    }

    /// A root that the file outside has and the database has not.
    pub fn only_outside(&mut self, root: &Root) {
        self.outside_from.get_or_insert(root.n);
        let newer = self.last.as_ref().is_none_or(|l| l.n < root.n);
        let said = tr!("root {n} is in the file outside and not in the database", n = root.n);
        self.say(if newer { Kind::OlderCopy } else { Kind::RootMissing }, root, said);
    }

    /// The newest root of the database.
    #[must_use]
    pub fn newest(&self) -> Option<&Root> {
        self.last.as_ref()
    }
}

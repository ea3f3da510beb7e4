//! What is wrong with a log: the event or root, and a sentence. However many there are, a few are kept: the earliest.
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// How many faults are kept and shown.
const KEPT: usize = 20;

/// What was done to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An event is no longer what it was.
    Altered,
    /// An event is gone.
    Missing,
    /// An event was put in, or one before it was exchanged.
    Inserted,
    /// An event has another place than it had.
    Reordered,
    /// A chain was written anew: its events fit each other and not what was signed.
    Recomputed,
    /// A root is gone.
    RootMissing,
    /// A root, or the list of what it covers, is no longer what was signed.
    RootAltered,
    /// A root was signed by a key that is not known, or by none.
    RootForged,
    /// The database knows less than the file outside: an older copy, or roots were removed at the end.
    OlderCopy,
}

impl Kind {
    /// The word in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::Inserted => "inserted",
            Self::Reordered => "reordered",
            Self::Recomputed => "recomputed",
            Self::RootMissing => "root-missing",
            Self::RootAltered => "root-altered",
            Self::RootForged => "root-forged",
            Self::OlderCopy => "older-copy",
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub kind: Kind,
    pub event: Option<Uuid>,
    pub chain: Option<Uuid>,
    /// The event's number in its chain.
    pub n: Option<i64>,
    pub root: Option<i64>,
    /// When the event, or what stands next to it, was written.
    pub at: Option<DateTime<Utc>>,
    pub said: String,
}

/// The faults found so far: how many, and the earliest of them.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    count: usize,
    kept: Vec<Fault>,
}

impl Faults {
    /// Takes one in.
    pub fn add(&mut self, fault: Fault) {
        self.count += 1;
        let place = self.kept.partition_point(|f| rank(f) <= rank(&fault));
        self.kept.insert(place, fault);
        self.kept.truncate(KEPT);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The earliest, in order; events come before roots of the same time.
    #[must_use]
    pub fn earliest(&self) -> &[Fault] {
        &self.kept
    }

    /// Those of another check too.
    pub fn join(&mut self, other: Self) {
        let beyond = other.count - other.kept.len();
        other.kept.into_iter().for_each(|f| self.add(f));
        self.count += beyond;
    }
}

/// What names an event comes before what names only a root: it says more.
fn rank(f: &Fault) -> (bool, DateTime<Utc>, i64) {
    (
        f.event.is_none() && f.n.is_none(),
        f.at.unwrap_or(DateTime::<Utc>::MAX_UTC),
        f.n.or(f.root).unwrap_or(i64::MAX),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_faults_the_earliest_are_kept() {
        let mut faults = Faults::default();
        for n in (0..1000).rev() {
            let at = DateTime::from_timestamp(n, 0);
            faults.add(Fault {
                kind: Kind::Altered,
                event: None,
                chain: None,
                n: Some(n),
                root: None,
                at,
                said: String::new(),
            });
        }
        assert_eq!(faults.count(), 1000);
        let kept: Vec<_> = faults.earliest().iter().filter_map(|f| f.n).collect();
        assert_eq!(kept, (0..20).collect::<Vec<_>>());
        let mut all = Faults::default();
        all.join(faults);
        assert_eq!((all.count(), all.earliest().len()), (1000, 20));
    }
}

//! The one place that asks the machine for the time. Everything else is handed a [`Clock`].
//!
//! Legal times (what may still be booked, when a note was signed) come from the database's `clinic.now()`. The
//! program's clock follows it: after sign-in the offset between the two is kept here, so that a demo or a test that
//! moves the database's clock moves the screens too.
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// A clock that can be set: the machine's time plus an offset, or one fixed instant.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
    fixed: Option<DateTime<Utc>>,
}

impl Clock {
    /// The machine's clock, until [`Clock::follow`] says how far the database's differs.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still: for tests and for drawing the documentation's screens.
    #[must_use]
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self { offset_ms: Arc::default(), fixed: Some(at) }
    }

    /// The present instant.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask the machine")]
    pub fn now(&self) -> DateTime<Utc> {
        self.fixed
            .unwrap_or_else(|| Utc::now() + Duration::milliseconds(self.offset_ms.load(Ordering::Relaxed)))
    }

    /// Today's date where the centre is.
    #[must_use]
    pub fn today(&self, zone: Tz) -> NaiveDate {
        self.now().with_timezone(&zone).date_naive()
    }

    /// Follow a server whose present instant is `theirs`. A fixed clock stays where it is.
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask the machine")]
    pub fn follow(&self, theirs: DateTime<Utc>) {
        self.offset_ms.store((theirs - Utc::now()).num_milliseconds(), Ordering::Relaxed);
    }
}

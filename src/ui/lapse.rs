//! A time that another desk holds leaves the screen at its own second: one timer for the nearest, and no asking in between.
use super::{cx::Cx, freed};
use chrono::{DateTime, Utc};

/// What is waited for.
#[derive(Debug, Default)]
pub struct Lapse {
    at: Option<DateTime<Utc>>,
}

impl Lapse {
    /// Waits for the nearest of these that is ahead; what is waited for already is not waited for again.
    pub fn wait<M: Send + 'static>(
        &mut self,
        all: impl Iterator<Item = DateTime<Utc>>,
        label: &'static str,
        cx: &mut Cx<M>,
        over: M,
    ) {
        let now = cx.env().now();
        let next = all.filter(|at| *at > now).min();
        if next == self.at {
            return;
        }
        self.at = next;
        if let Some(at) = next {
            cx.after(label, freed::until(at, now), over);
        }
    }

    /// It is over: the next one is waited for anew.
    pub fn over(&mut self) {
        self.at = None;
    }
}

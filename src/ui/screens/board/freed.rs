//! What the board tells of times that came free for people who wait, at any centre where one works, and the key to offer them.
use super::{Board, Msg};
use crate::{
    domain::waitlist::{FreedTimes, Offering},
    store::Error,
    ui::{cx::Cx, freed, route::Route},
};

/// What the board is told of them.
pub enum Said {
    Found(Result<FreedTimes, Error>),
    Offering(Result<Option<Box<Offering>>, Error>),
    Again,
}

impl Board {
    pub(super) fn ask_freed(&mut self, cx: &mut Cx<Msg>) {
        self.freed.ask(false, cx, |found| Msg::Freed(Said::Found(found)));
    }

    /// A single one is offered at once; of several the list is shown.
    pub(super) fn open_freed(&self, cx: &mut Cx<Msg>) {
        match self.freed.only(cx.env().now()) {
            Some(time) => freed::offer(time, cx, |found| Msg::Freed(Said::Offering(found))),
            None => cx.push(Route::Freed),
        }
    }

    pub(super) fn hear_freed(&mut self, said: Said, cx: &mut Cx<Msg>) {
        match said {
            Said::Found(Ok(found)) => self.freed.hear(found, cx, Msg::Freed(Said::Again)),
            Said::Offering(Ok(Some(offering))) => cx.push(Route::Offer(offering)),
            Said::Offering(Ok(None)) => {
                cx.toast(freed::gone());
                self.ask_freed(cx);
            }
            Said::Found(Err(e)) | Said::Offering(Err(e)) => cx.failed(&e),
            Said::Again => self.ask_freed(cx),
        }
    }
}

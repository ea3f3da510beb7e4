//! A session that was removed, and the bookings that were moved before it: one key brings all of it back, as far as it goes.
use super::plan::{Names, Outcome, back, stays};
use crate::{
    domain::ids::{ClinicSessionId, RequestId},
    store::{Before, Cause, Done, Error, LostHold, Unplanned},
    tr,
    ui::cx::Cx,
};

/// What became of bringing it back, and whose bookings went with it.
pub struct Again(Names, Result<Unplanned, Error>);

/// A session on its way out: as it was read, and what its plan did.
pub(super) struct Removal {
    pub(super) session: ClinicSessionId,
    pub(super) seen: i64,
    pub(super) lost: Vec<LostHold>,
    pub(super) plan: Outcome,
}

/// Says that the session is removed, and offers to take that back with what its plan moved.
pub(super) fn tell<M: Send + 'static>(
    cx: &mut Cx<M>,
    removal: Removal,
    done: impl FnOnce(Again) -> M + Send + 'static,
) {
    let Some(actor) = cx.env().actor.clone() else { return };
    let (request, steps, names) = (RequestId::new(), removal.plan.steps, removal.plan.names);
    let told = names.clone();
    // It was removed as it was read: that is its next version.
    let gone = Done {
        session: removal.session,
        version: removal.seen + 1,
        was: Before::There { plan: None },
        lost: removal.lost,
    };
    cx.undoable_in_part(
        tr!("The session is removed."),
        "session.remove",
        move |store| async move { store.unplan(&actor, request, Cause::Session(gone), steps).await },
        move |u| stays(u, &names),
        move |u| done(Again(told, u)),
    );
}

/// Says what is there again.
pub(super) fn hear<M: Send + 'static>(cx: &mut Cx<M>, again: Again) {
    match again.1 {
        Ok(undone) => cx.toast(stays(&undone, &again.0).unwrap_or_else(|| back(&undone))),
        Err(e) => cx.failed(&e),
    }
}

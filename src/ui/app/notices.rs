//! What waits for the signed-in person: how much of it is new stands on the second line, and what is new is told once.
use super::{APP, App, session::AppMsg};
use crate::{
    domain::notice::{Notice, NoticeKind},
    store::{Change, Error},
    tr,
    ui::{cx::Cx, keymap::Key},
};
use std::collections::HashSet;

impl App {
    /// Asks again; somebody must be signed in.
    pub(super) fn count_notices(&mut self) {
        let Some(actor) = self.env.actor.clone().filter(|a| !a.must_change_password) else { return };
        // Without a store nothing can be counted.
        if self.runner.store().is_none() {
            return;
        }
        let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
        cx.load(
            "app.notices",
            move |store| async move { store.notices(&actor, false).await },
            AppMsg::Notices,
        );
        self.run(APP, cx.into_effects());
    }

    /// Something may concern this person.
    pub(super) fn notice_changed(&mut self, change: &Change) {
        let mine = self.env.actor.as_ref().map(|a| a.account.0);
        let again = match change {
            Change::Everything => true,
            Change::Row(r) => NoticeKind::comes_of(&r.entity) && (r.account.is_none() || r.account == mine),
            Change::Link(_) => false,
        };
        if again {
            self.count_notices();
        }
    }

    /// The notices have come. One that was not there before is said on line 23, without a word of what is in it.
    pub(super) fn notices_told(&mut self, told: Result<Vec<Notice>, Error>) {
        let Ok(all) = told else { return };
        let new: HashSet<_> = all.iter().filter(|n| n.new).map(|n| (n.kind, n.id)).collect();
        let came = self.notices.as_ref().and_then(|before| {
            all.iter().filter(|n| n.new && !before.contains(&(n.kind, n.id))).max_by_key(|n| n.at)
        });
        if let Some(notice) = came.filter(|_| self.lock.is_none() && self.said.is_none()) {
            let key = self.keymap.key_for(&["global"], "go.messages").map(|k| Key::show(&k));
            let what = notice.kind.word();
            self.say(tr!("For you: {what}. {key} shows it.", what = what, key = key.unwrap_or_default()));
        }
        self.dirty |= self.notices.as_ref().map(HashSet::len) != Some(new.len());
        self.notices = Some(new);
    }

    /// How many are new; nothing when none is.
    pub(super) fn new_notices(&self) -> Option<usize> {
        self.notices.as_ref().map(HashSet::len).filter(|n| *n > 0)
    }
}

//! How many messages and tasks wait for the signed-in person: on the first line, told once when one more arrives.
use super::{APP, App, session::AppMsg};
use crate::{
    store::{Change, Error},
    text::tr_n,
    tr,
    ui::cx::Cx,
};

impl App {
    /// Counts again; somebody must be signed in.
    pub(super) fn count_messages(&mut self) {
        let Some(actor) = self.env.actor.clone().filter(|a| !a.must_change_password) else { return };
        // Without a store nothing can be counted.
        if self.runner.store().is_none() {
            return;
        }
        let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
        cx.load(
            "app.messages",
            move |store| async move { store.open_messages(&actor).await },
            AppMsg::Messages,
        );
        self.run(APP, cx.into_effects());
    }

    /// A message may be for this person.
    pub(super) fn message_changed(&mut self, change: &Change) {
        let mine = self.env.actor.as_ref().map(|a| a.account.0);
        let again = match change {
            Change::Everything => true,
            Change::Row(r) => r.entity == "message" && (r.account.is_none() || r.account == mine),
            Change::Link(_) => false,
        };
        if again {
            self.count_messages();
        }
    }

    /// The count has come. More than before is said on line 23, without a word of what is in it.
    pub(super) fn messages_counted(&mut self, counted: Result<(i64, i64), Error>) {
        let Ok((unread, tasks)) = counted else { return };
        let waiting = usize::try_from(unread + tasks).unwrap_or(0);
        let before = self.messages.replace(waiting);
        if before.is_some_and(|before| waiting > before) && self.lock.is_none() && self.said.is_none() {
            self.say(tr!("A message for you: g m reads it."));
        }
        self.dirty |= before != Some(waiting);
    }

    /// What the first line says of it; nothing when nothing waits.
    pub(super) fn messages_word(&self) -> Option<String> {
        match self.messages {
            None | Some(0) => None,
            Some(n) => Some(tr_n("{n} message", "{n} messages", n)),
        }
    }
}

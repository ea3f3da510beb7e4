//! What this person's role may do: the program draws by the same table that the database decides by, and says why not.
use super::{APP, App, session::AppMsg};
use crate::{
    domain::{desk_line::Verb, permission::Table, why::Why},
    store::Change,
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        keymap::Key,
        layer::{Layer, Slot},
        registry::find,
        screen::Kind,
        widgets::why_not::WhyNot,
    },
};
use std::sync::Arc;

impl App {
    /// The refusal of a command that leads to an action which the role of the signed-in person may not do.
    pub(super) fn forbidden(&self, id: &str) -> Option<Why> {
        self.closed(find(id).map_or(id, |def| def.action()))
    }

    /// The refusal of an action that the role of the signed-in person may not do.
    fn closed(&self, action: &str) -> Option<Why> {
        let actor = self.env.actor.as_deref()?;
        self.rules.action(action)?;
        self.rules.could(actor.role, actor.patient.is_some(), action).err()
    }

    /// The refusal of the command line to somebody who may do nothing that it does.
    pub(super) fn line_closed(&self) -> Option<Why> {
        let role = self.env.actor.as_deref()?.role;
        if Verb::ALL.into_iter().filter_map(Verb::action).any(|a| self.closed(a).is_none()) {
            return None;
        }
        let key = |id| self.keymap.key_for(&["global"], id).map(|k| Key::show(&k)).unwrap_or_default();
        let role = tr_str(role.word());
        let sentence = tr!(
            "The command line books, moves and checks in; you are signed in as {role}, who does none of it.",
            role = role
        );
        let (home, find, why) = (key("go.home"), key("app.palette"), key("permissions.why"));
        Some(Why::new("not_permitted", sentence).instead(tr!(
            "{home} shows what is yours, {find} goes anywhere, {why} says who may.",
            home = home,
            find = find,
            why = why
        )))
    }

    /// The commands of the top layer that are closed to the person's role.
    pub(super) fn closed_commands(&mut self) -> Vec<&'static str> {
        let commands = self.top().map(|t| t.commands()).unwrap_or_default();
        commands.into_iter().filter(|c| self.closed(c.action()).is_some()).map(|c| c.id).collect()
    }

    /// The rules as the store read them at the sign-in.
    pub(super) fn follow_rules(&mut self, rules: Arc<Table>) {
        self.rules = rules;
        self.dirty = true;
    }

    /// Somebody changed a permission: the rules are read again.
    pub(super) fn rules_changed(&mut self, change: &Change) {
        let (Change::Row(row), Some(actor)) = (change, self.env.actor.clone()) else { return };
        if row.entity != "policy_rule" {
            return;
        }
        let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
        let read = |store: crate::store::Store| async move { store.read_permissions(&actor).await };
        cx.load("app.permissions", read, AppMsg::Rules);
        self.run(APP, cx.into_effects());
    }

    /// Opens the list of what the role may not do: here first, then everywhere.
    pub(super) fn why_not(&mut self) {
        let Some(actor) = self.env.actor.clone() else { return self.say(tr!("Sign in first.")) };
        let place = self.layers.iter().rev().find(|e| e.layer.kind() == Kind::Place);
        let commands = place.map(|e| e.layer.commands()).unwrap_or_default();
        let mut lines = vec![];
        for def in commands {
            if let Some(why) = self.closed(def.action()) {
                lines.push(format!("{}: {}", tr_str(def.title), why.sentence));
            }
        }
        if lines.is_empty() {
            lines.push(tr!("Nothing on this screen is closed to your role.").into());
        }
        lines.push(String::new());
        lines.push(tr!("Everywhere: what you may not do, and who may").into());
        let role = tr_str(actor.role.word());
        lines.push(tr!("You are signed in as {role}.", role = role));
        for action in self.rules.actions() {
            if self.closed(&action.id).is_some() {
                let who = action.who();
                let who = if who.is_empty() { tr!("nobody").to_owned() } else { who };
                lines.push(format!("  {}: {who}", action.words()));
            }
        }
        let dialog = WhyNot::new(lines.join("\n"));
        self.push(Box::new(move |id| Box::new(Slot::new(id, dialog)) as Box<dyn Layer>), None);
    }
}

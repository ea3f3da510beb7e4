//! Who may do what, action by action; a change is proposed with a reason and confirmed by a second administrator.
use super::fields::{Request, busy, reason};
use crate::{
    domain::{
        actor::{Actor, Role},
        ids::PermissionChangeId,
        permission::{Action, Code, Table as Rules},
        why::Why,
    },
    store::{Change, Error, PermissionChange, Store},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{
            picker::{Picker, Row as Choice},
            prompt::Prompt,
            put, split_top,
            table::{Column, Table},
            why_not::WhyNot,
        },
    },
};
use chrono::{DateTime, Utc};
use ratatui::{Frame, layout::Rect};
use std::sync::Arc;
use uuid::Uuid;

mod rows;

use rows::{HEAD, Line, in_words, legend, lines};

crate::commands! {
    /// What the table of permissions understands.
    pub enum Command {
        Show: "permissions.show" "in words" "Show the selected action in words, role by role";
        Role: "permissions.role" "role" "Show only what one role may do, or every action again";
        Change: "permission.propose" "change" "Propose other permissions for a role, with a reason";
        Confirm: "permission.confirm" "confirm" "Confirm the change of this action that another administrator proposed";
        Withdraw: "permission.withdraw" "withdraw" "Take the proposed change of this action back";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<(Arc<Rules>, Vec<PermissionChange>), Error>),
    Only(Option<Option<Role>>),
    Whose(Option<Role>),
    Codes(Option<String>),
    Why(Option<String>),
    Proposed(Result<Option<DateTime<Utc>>, Error>),
    Decided(Result<(), Error>),
}

/// The table, and what is being proposed.
pub struct Permissions {
    table: Table<Line>,
    rules: Arc<Rules>,
    waiting: Vec<PermissionChange>,
    only: Option<Role>,
    wanted: Option<(String, Role, Vec<Code>)>,
    request: Request,
}

impl Default for Permissions {
    fn default() -> Self {
        let table = Table::new(|l: &Line| l.id)
            .column(Column::new("Action", |l: &Line| l.action.clone()).width(27))
            .column(Column::new(HEAD, |l: &Line| l.marks.clone()).grow(45).priority(2))
            .empty("No action.");
        let rules = Arc::new(Rules::built_in().clone());
        Self { table, rules, waiting: vec![], only: None, wanted: None, request: Request::default() }
    }
}

impl Permissions {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        let read = |s: Store| async move {
            let rules = s.read_permissions(&actor).await?;
            Ok((rules, s.permission_changes(&actor).await?))
        };
        cx.load("permissions.list", read, Msg::Loaded);
    }
    fn show(&mut self) {
        let rows = lines(&self.rules, &self.waiting, self.only);
        self.table.set_rows(rows);
    }
    /// The change of the selected action that waits.
    fn selected_change(&self) -> Option<&PermissionChange> {
        let line = self.table.selected()?;
        self.waiting.iter().find(|w| w.action == line.action_id)
    }
    fn ask_codes(&mut self, role: Role, cx: &mut Cx<Msg>) {
        let Some(action) = self.table.selected().and_then(|l| self.rules.action(&l.action_id)) else {
            return;
        };
        let now: Vec<&str> = action.codes(role).iter().map(|c| c.name()).collect();
        let known = Rules::built_in().action(&action.id).map(Action::meanings).unwrap_or_default();
        let names: Vec<&str> = known.iter().map(|c| c.name()).collect();
        // The line is short: what is known here comes first, and a word that is not lists them again.
        let asked = tr!("{role}: {codes}; empty takes it away", role = role.word(), codes = names.join(" "));
        self.wanted = Some((action.id.clone(), role, vec![]));
        let now = now.join(" ");
        cx.open(
            move |a| Prompt::new(asked, a).check(move |t| codes(t, &known).map(|_| ())).with(&now),
            Msg::Codes,
        );
    }
    fn decide(&mut self, command: Command, id: PermissionChangeId, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.request.saving = true;
        let request = self.request.id;
        let write = move |s: Store| async move {
            if command == Command::Confirm {
                s.confirm_permission(&actor, request, id).await
            } else {
                s.withdraw_permission(&actor, request, id).await
            }
        };
        cx.save("permission.decide", write, Msg::Decided);
    }
    fn propose(&mut self, actor: Arc<Actor>, why: String, cx: &mut Cx<Msg>) {
        let Some((action, role, codes)) = self.wanted.take() else { return };
        self.request.saving = true;
        let (request, id) = (self.request.id, PermissionChangeId(self.request.id.0));
        let write = move |s: Store| async move {
            s.propose_permission(&actor, request, id, (action, role), codes, why).await
        };
        cx.save("permission.propose", write, Msg::Proposed);
    }
}

/// The codes that were typed; each must have a meaning for the action.
fn codes(typed: &str, known: &[Code]) -> Result<Vec<Code>, Why> {
    typed
        .split([' ', ','])
        .filter(|w| !w.is_empty())
        .map(|w| {
            Code::from_name(w).filter(|c| known.contains(c)).ok_or_else(|| {
                Why::new("permission_code", tr!("{word} is no code of this action.", word = w)).instead(tr!(
                    "Known here: {codes}.",
                    codes = known.iter().map(|c| c.name()).collect::<Vec<_>>().join(" ")
                ))
            })
        })
        .collect()
}

impl Screen for Permissions {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["permissions"]
    }
    fn title(&self) -> String {
        tr!("Permissions").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let none = || Why::new("no_row", tr!("No change of this action is waiting."));
        match command {
            _ if self.request.saving => Err(busy()),
            Command::Confirm => match self.selected_change() {
                Some(change) if change.mine => Err(Why::new(
                    "permission_second_person",
                    tr!("Who proposes a permission does not confirm it."),
                )
                .instead(tr!("Ask another administrator."))),
                Some(_) => Ok(()),
                None => Err(none()),
            },
            Command::Withdraw => self.selected_change().map(|_| ()).ok_or_else(none),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Show => {
                let Some(action) = self.table.selected().and_then(|l| self.rules.action(&l.action_id)) else {
                    return;
                };
                let (title, text) = (action.id.clone(), in_words(action, &self.waiting, cx.env().zone()));
                cx.open(
                    move |_: crate::ui::cx::Answer<()>| WhyNot::titled(title, text),
                    |()| Msg::Whose(None),
                );
            }
            Command::Role => {
                let every = Choice::new(None, tr!("every role"), "");
                let roles = Role::ALL.map(|r| Choice::new(Some(r), tr_str(r.word()), ""));
                let rows = std::iter::once(every).chain(roles).collect();
                cx.open(move |a| Picker::new(tr!("What may they do?"), a).rows(rows), Msg::Only);
            }
            Command::Change => match self.only {
                Some(role) => self.ask_codes(role, cx),
                None => {
                    let rows = Role::ALL.map(|r| Choice::new(r, tr_str(r.word()), "")).to_vec();
                    cx.open(move |a| Picker::new(tr!("Whose permission?"), a).rows(rows), Msg::Whose);
                }
            },
            Command::Confirm | Command::Withdraw => {
                if let Some(id) = self.selected_change().map(|c| c.id) {
                    self.decide(command, id, cx);
                }
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok((rules, waiting))) => {
                (self.rules, self.waiting) = (rules, waiting);
                self.show();
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Only(Some(role)) => {
                self.only = role;
                self.show();
            }
            Msg::Whose(Some(role)) => self.ask_codes(role, cx),
            Msg::Codes(Some(typed)) => {
                let Some((action, role, wanted)) = &mut self.wanted else { return };
                let known = Rules::built_in().action(action).map(Action::meanings).unwrap_or_default();
                let Ok(typed) = codes(&typed, &known) else { return };
                *wanted = typed;
                let asked = tr!("Why should this change for {role}?", role = role.word());
                cx.open(move |a| Prompt::new(asked, a).check(reason), Msg::Why);
            }
            Msg::Why(Some(why)) => {
                if let Some(actor) = cx.env().actor.clone() {
                    self.propose(actor, why.trim().to_owned(), cx);
                }
            }
            Msg::Proposed(done) => {
                self.request.ended(done.as_ref().err());
                match done {
                    Ok(None) => cx.toast(tr!("Proposed. Another administrator confirms it.")),
                    Ok(Some(_)) => {
                        cx.toast(tr!(
                            "Proposed. Nobody else can confirm it, so it takes effect in 24 hours."
                        ));
                    }
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
            Msg::Decided(done) => {
                self.request.ended(done.as_ref().err());
                match done {
                    Ok(()) => cx.toast(tr!("Done. It is in the log.")),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
            Msg::Only(None) | Msg::Whose(None) | Msg::Codes(None) | Msg::Why(None) => {}
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let ours = |entity: &str| matches!(entity, "policy_rule" | "policy_change");
        if matches!(change, Change::Everything) || matches!(change, Change::Row(r) if ours(&r.entity)) {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        let title = match self.only {
            Some(role) => tr!("Permissions of {role}", role = tr_str(role.word())),
            None => self.title(),
        };
        put(frame, top, 0, &format!(" {title}"), ui.theme.strong());
        let below = if rest.height > 10 { 3 } else { 0 };
        let [list, detail] = split_top(rest, rest.height - below);
        self.table.view(frame, list, ui);
        let text = match self.selected_change() {
            Some(change) => rows::waiting(change, ui.env.zone()),
            None => legend(),
        };
        for (y, line) in crate::text::wrap(&text, usize::from(detail.width.saturating_sub(2).max(1)))
            .iter()
            .take(3)
            .enumerate()
        {
            put(frame, detail, y as u16, &format!(" {line}"), ui.theme.dim());
        }
    }
}

/// The id of a row: made of the action's name.
fn row_id(action: &str) -> Uuid {
    let mut bytes = [0; 16];
    for (i, b) in action.bytes().enumerate() {
        bytes[i % 16] ^= b.rotate_left(i as u32 / 16 * 3);
    }
    Uuid::from_bytes(bytes)
}

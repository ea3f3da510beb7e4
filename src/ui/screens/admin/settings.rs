//! The policies of the site: what each decides, its value, and a change with a reason that goes to the log.
use super::fields::{Request, busy, reason};
use crate::{
    domain::why::Why,
    store::{Error, SettingEntry, Store},
    text::{tr_str, wrap},
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{
            prompt::Prompt,
            put, split_top,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};
use uuid::Uuid;

crate::commands! {
    /// What the list of policies understands.
    pub enum Command {
        Change: "setting.change" "change" "Change the selected policy, with a reason";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<Vec<SettingEntry>, Error>),
    Value(Option<String>),
    Why(Option<String>),
    Saved(Result<(), Error>),
}

/// The list, and below it what the selected policy decides.
pub struct Settings {
    table: Table<SettingEntry>,
    request: Request,
    about: Option<(SettingEntry, String)>,
}

/// The rows have no ids of their own: one made of the key.
fn row_id(key: &str) -> Uuid {
    let mut bytes = [0; 16];
    for (i, b) in key.bytes().enumerate() {
        bytes[i % 16] ^= b.rotate_left(i as u32 / 16);
    }
    Uuid::from_bytes(bytes)
}

impl Default for Settings {
    fn default() -> Self {
        let table = Table::new(|r: &SettingEntry| row_id(r.policy.key))
            .column(Column::new("Policy", |r: &SettingEntry| r.policy.key.to_owned()).width(31))
            .column(Column::new("Value", |r: &SettingEntry| r.value.clone()).grow(20));
        Self { table, request: Request::default(), about: None }
    }
}

impl Settings {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load("settings.list", |s| async move { s.settings(&actor).await }, Msg::Loaded);
    }
}

impl Screen for Settings {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["settings"]
    }
    fn title(&self) -> String {
        tr!("Policies").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, _command: Command) -> Result<(), Why> {
        if self.request.saving { Err(busy()) } else { Ok(()) }
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, _command: Command, cx: &mut Cx<Msg>) {
        let Some(row) = self.table.selected().cloned() else { return };
        let (policy, value) = (row.policy, row.value.clone());
        self.about = Some((row, String::new()));
        cx.open(
            move |a| {
                Prompt::new(tr!("New value of {policy}", policy = policy.key), a)
                    .check(move |typed| policy.check(typed).map(|_| ()))
                    .with(&value)
            },
            Msg::Value,
        );
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => self.table.set_rows(rows),
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Value(Some(typed)) => {
                let Some((row, value)) = &mut self.about else { return };
                let Ok(checked) = row.policy.check(&typed) else { return };
                if checked == row.value {
                    return cx.toast(tr!("It had that value already."));
                }
                *value = checked;
                let said = tr!(
                    "{policy}: {from} becomes {to}. Why?",
                    policy = row.policy.key,
                    from = row.value,
                    to = value
                );
                cx.open(move |a| Prompt::new(said, a).check(reason), Msg::Why);
            }
            Msg::Why(Some(why)) => {
                let (Some(actor), Some((row, value))) = (cx.env().actor.clone(), self.about.clone()) else {
                    return;
                };
                self.request.saving = true;
                let request = self.request.id;
                let write = move |s: Store| async move {
                    s.change_setting(&actor, request, row.policy.key, row.value, value, why.trim().to_owned())
                        .await
                };
                cx.save("setting.change", write, Msg::Saved);
            }
            Msg::Value(None) | Msg::Why(None) => {}
            Msg::Saved(done) => {
                self.request.ended(done.as_ref().err());
                match done {
                    Ok(()) => cx.toast(tr!("Saved. It holds from now on.")),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        let below = if rest.height > 8 { 3 } else { 0 };
        let [list, detail] = split_top(rest, rest.height - below);
        self.table.view(frame, list, ui);
        if let Some(row) = self.table.selected() {
            let lines = wrap(tr_str(row.policy.help), usize::from(detail.width.saturating_sub(2).max(1)));
            for (i, line) in lines.iter().enumerate() {
                put(frame, detail, 1 + i as u16, &format!(" {line}"), ui.theme.text());
            }
        }
    }
}

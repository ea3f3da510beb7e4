//! Where somebody is signed in: since when, from where, at which centre. One ends what is not one's own; an administrator
//! ends anybody's. The ended program shows its sign-in screen at once.
use crate::{
    domain::{
        dates,
        ids::{AccountId, RequestId},
        why::Why,
    },
    store::{Change, Error, OpenSignIn},
    text::tr_n,
    tr,
    ui::{
        arrival::place,
        cx::{Cx, Env},
        screen::{Screen, Ui, Widget},
        widgets::{
            confirm::Confirm,
            put, split_top,
            table::{Column, Table},
        },
    },
};
use chrono::{DateTime, Utc};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of sign-ins understands.
    pub enum Command {
        End: "sign-in.end" "end" "End the selected sign-in: that program shows its sign-in screen at once";
        EndOthers: "sign-in.end-others" "end all others" "End all of your sign-ins but this one";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<Vec<OpenSignIn>, Error>),
    EndSure(bool),
    OthersSure(bool),
    Ended(Result<i32, Error>),
}

struct Row {
    sign_in: OpenSignIn,
    since: String,
    seen: String,
}

/// The list.
pub struct SignIns {
    account: AccountId,
    table: Table<Row>,
    mine: bool,
    seen: bool,
    /// The sign-in a question is about.
    about: Option<OpenSignIn>,
    request: RequestId,
    ending: bool,
}

impl SignIns {
    /// The sign-ins of this account.
    #[must_use]
    pub fn of(account: AccountId) -> Self {
        let marks = |r: &Row| {
            let all = [
                (r.sign_in.this, tr!("this one")),
                (r.sign_in.locked, tr!("locked")),
                (r.sign_in.second, tr!("with code")),
            ];
            all.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect::<Vec<_>>().join(", ")
        };
        let table = Table::new(|r: &Row| r.sign_in.id.0)
            .column(Column::new("Since", |r: &Row| r.since.clone()).width(16))
            .column(Column::new("Last seen", |r: &Row| r.seen.clone()).width(16).priority(3))
            .column(
                Column::new("From", |r: &Row| place(&r.sign_in.address, r.sign_in.claimed.as_deref()))
                    .grow(14)
                    .priority(2),
            )
            .column(
                Column::new("Centre", |r: &Row| r.sign_in.centre.clone().unwrap_or_default())
                    .width(14)
                    .priority(5),
            )
            .column(Column::new("", marks).width(10).priority(1))
            .empty("Nobody is signed in with this account.");
        Self {
            account,
            table,
            mine: true,
            seen: false,
            about: None,
            request: RequestId::new(),
            ending: false,
        }
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.mine = actor.account == self.account;
        self.table.loading();
        let (account, opened) = (self.account, !self.seen);
        self.seen = true;
        cx.load(
            "sign-in.list",
            move |s| async move { s.sign_ins(&actor, account, opened).await },
            Msg::Loaded,
        );
    }
}

fn when(at: DateTime<Utc>, env: &Env) -> String {
    let at = at.with_timezone(&env.zone()).naive_local();
    format!("{} {}", dates::short_day(at.date()), dates::clock(at.time()))
}

impl Screen for SignIns {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["sign-ins"]
    }
    fn title(&self) -> String {
        if self.mine { tr!("My sign-ins") } else { tr!("Sign-ins of somebody else") }.into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn waits_for(&self, _: Command) -> bool {
        self.table.is_loading()
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        if self.ending {
            return Err(Why::new("saving", tr!("It is being ended.")));
        }
        match (command, self.table.selected()) {
            (Command::EndOthers, _) if !self.mine => {
                Err(Why::new("not_mine", tr!("These are somebody else's sign-ins."))
                    .instead(tr!("End them one by one.")))
            }
            (Command::EndOthers, _) if self.table.rows().len() < 2 => {
                Err(Why::new("no_others", tr!("This is your only sign-in.")))
            }
            (Command::EndOthers, _) => Ok(()),
            (Command::End, None) => Err(Why::new("no_row", tr!("No sign-in is selected."))),
            (Command::End, Some(row)) if row.sign_in.this => {
                Err(Why::new("this_one", tr!("This is the sign-in you are using."))
                    .instead(tr!("Sign out to end it.")))
            }
            (Command::End, Some(_)) => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::End => {
                let Some(row) = self.table.selected() else { return };
                self.about = Some(row.sign_in.clone());
                let from = place(&row.sign_in.address, row.sign_in.claimed.as_deref());
                let question =
                    tr!("End the sign-in from {place} since {when}?", place = from, when = row.since);
                cx.open(
                    move |a| {
                        Confirm::new(question, a)
                            .consequence(tr!("That program shows its sign-in screen; its drafts are kept."))
                            .yes(tr!("end it"))
                            .no(tr!("keep"))
                    },
                    Msg::EndSure,
                );
            }
            Command::EndOthers => {
                let others = self.table.rows().len().saturating_sub(1);
                let question = tr_n("End your other sign-in?", "End your {n} other sign-ins?", others);
                cx.open(
                    move |a| {
                        Confirm::new(question, a)
                            .consequence(tr!("Those programs show their sign-in screens; drafts are kept."))
                            .yes(tr!("end them"))
                            .no(tr!("keep"))
                    },
                    Msg::OthersSure,
                );
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => {
                let env = cx.env().clone();
                let row = |sign_in: OpenSignIn| Row {
                    since: when(sign_in.since, &env),
                    seen: when(sign_in.seen, &env),
                    sign_in,
                };
                self.table.set_rows(rows.into_iter().map(row).collect());
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::EndSure(true) => {
                let (Some(actor), Some(about)) = (cx.env().actor.clone(), self.about.take()) else { return };
                self.ending = true;
                let request = self.request;
                cx.save(
                    "sign-in.end",
                    move |s| async move { s.end_sign_in(&actor, request, about.id).await.map(i32::from) },
                    Msg::Ended,
                );
            }
            Msg::OthersSure(true) => {
                let Some(actor) = cx.env().actor.clone() else { return };
                self.ending = true;
                let request = self.request;
                cx.save(
                    "sign-in.end",
                    move |s| async move { s.end_other_sign_ins(&actor, request).await },
                    Msg::Ended,
                );
            }
            Msg::EndSure(false) | Msg::OthersSure(false) => {}
            Msg::Ended(done) => {
                self.ending = false;
                if !matches!(done, Err(Error::Unknown)) {
                    self.request = RequestId::new();
                }
                match done {
                    Ok(0) => cx.toast(tr!("It had ended already.")),
                    Ok(n) => cx.toast(tr_n("{n} sign-in ended.", "{n} sign-ins ended.", n)),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let row = |r: &crate::store::RowChange| matches!(r.entity.as_str(), "sign_in_ended" | "signed_in");
        if matches!(change, Change::Everything) || matches!(change, Change::Row(r) if row(r)) {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        let [list, detail] = split_top(rest, rest.height.saturating_sub(if rest.height > 8 { 3 } else { 0 }));
        self.table.view(frame, list, ui);
        if let Some(row) = self.table.selected() {
            let key = row.sign_in.key.as_deref().map(|k| tr!(" SSH key {key}", key = k)).unwrap_or_default();
            put(frame, detail, 1, &key, ui.theme.dim());
            if row.sign_in.claimed.is_some() {
                let said =
                    tr!(" The address by SSH is what the program was told; the other is the server's own.");
                put(frame, detail, 2, said, ui.theme.dim());
            }
        }
    }
}

//! Everybody who can sign in: added, changed, deactivated with a reason, given a one-time code.
use super::{
    account_form::AccountForm,
    code_shown::CodeShown,
    fields::{Request, busy, reason},
};
use crate::{
    domain::{
        account::{AccountEntry, LeftBehind},
        name::PersonName,
        why::Why,
    },
    store::{AccountFilter, Change, Deactivated, Error},
    text::{tr_n, tr_str},
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            confirm::Confirm,
            picker::{Picker, Row},
            prompt::Prompt,
            put, split_top,
            table::{Column, Table},
        },
    },
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};
use zeroize::Zeroizing;

crate::commands! {
    /// What the list of accounts understands.
    pub enum Command {
        Open: "account.change" "change" "Change the selected account";
        Add: "account.add" "add" "Add an account and get its one-time code";
        Code: "account.give-code" "new code" "Replace the password by a one-time code";
        Deactivate: "account.deactivate" "deactivate" "Nobody can sign in with the account any more; it can be reactivated";
        Block: "account.block" "block" "Nobody can sign in with the account until a day; on a blocked account: lift it";
        Left: "account.left-behind" "left behind" "Show appointments to come and unsigned visits of this person";
        Closed: "account.closed" "blocked ones" "Show only accounts that are blocked or deactivated, or all";
        Reactivate: "account.reactivate" "reactivate" "Let the person sign in again";
        Patients: "account.patients" "staff or patients" "Show the accounts of patients, or those of staff";
        Find: "account.find" "search" "Search all accounts by name, login or e-mail address";
        SignIns: "sign-in.list" "sign-ins" "See where the person is signed in, and end it";
        Second: "sign-in.second-factor" "reset code" "Take a lost second factor away; the person sets it up again";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<Vec<AccountEntry>, Error>),
    Closed(Option<(String, Zeroizing<String>)>),
    Shown(()),
    Find(Option<String>),
    Why(Option<String>),
    Until(Option<String>),
    BlockWhy(Option<String>),
    LiftSure(bool),
    Blocked(Result<(i64, usize), Error>),
    Left(Result<Vec<LeftBehind>, Error>),
    Seen(Option<uuid::Uuid>),
    CodeSure(bool),
    SecondSure(bool),
    SecondGone(Result<bool, Error>),
    Coded(Result<(String, Zeroizing<String>), Error>),
    Deactivated(Result<Deactivated, Error>),
    /// Why somebody may sign in again.
    Again(Option<String>),
    Reactivated(Result<i64, Error>),
}

/// The list.
pub struct Accounts {
    table: Table<AccountEntry>,
    filter: AccountFilter,
    request: Request,
    /// The account a dialog is about.
    about: Option<AccountEntry>,
    /// The last day of the block that is being written.
    until: Option<DateTime<Utc>>,
    seen: bool,
}

/// How a person is listed: the name, or the login where there is none.
pub(super) fn shown_name(name: &PersonName, login: &str) -> String {
    let name = name.to_string();
    if name.is_empty() { login.to_owned() } else { name }
}

/// The last day of a block: today or later.
fn block_day(typed: &str, today: NaiveDate) -> Result<NaiveDate, Why> {
    let day = crate::domain::when::parse_day(typed, today)?;
    if day < today {
        let why = Why::new("block_is_over", tr!("A block ends in the future."));
        return Err(why.instead(tr!("Choose a day from today on.")));
    }
    Ok(day)
}

/// The moment after the last of this day.
fn end_of(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let next = day.succ_opt()?.and_time(NaiveTime::MIN);
    Some(zone.from_local_datetime(&next).earliest()?.with_timezone(&Utc))
}

fn left_row(l: &LeftBehind) -> Row<uuid::Uuid> {
    let zone: Tz = l.zone.parse().unwrap_or(Tz::UTC);
    let at = l.at.with_timezone(&zone).format("%d %b %Y %H:%M").to_string();
    let what = if l.visit { tr!("visit not signed") } else { tr!("appointment") };
    Row::new(l.id, format!("{at}  {what}"), format!("{}, {}", l.patient, l.centre))
}

/// What stands below the list of somebody who cannot sign in: since or until when, and why;
/// or why they may again.
fn closed_line(row: &AccountEntry, zone: Tz) -> Option<String> {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).format("%d %b %Y").to_string();
    if let Some((at, why)) = &row.deactivated {
        return Some(tr!("Deactivated on {day}: {why}", day = day(*at), why = why));
    }
    if let Some((until, why)) = &row.blocked {
        let last = *until - chrono::Duration::seconds(1);
        return Some(tr!("Blocked until {day}: {why}", day = day(last), why = why));
    }
    let (at, why) = row.reactivated.as_ref()?;
    Some(tr!("Let in again on {day}: {why}", day = day(*at), why = why))
}

impl Default for Accounts {
    fn default() -> Self {
        let state = |r: &AccountEntry| match (&r.deactivated, r.incomplete) {
            (Some(_), _) => tr!("deactivated").to_owned(),
            _ if r.blocked.is_some() => tr!("blocked").to_owned(),
            (None, true) => tr!("incomplete").to_owned(),
            _ => String::new(),
        };
        let table = Table::new(|r: &AccountEntry| r.id.0)
            .column(
                Column::new("Name", |r: &AccountEntry| shown_name(&r.details.name, &r.details.login))
                    .grow(16),
            )
            .column(Column::new("Login", |r: &AccountEntry| r.details.login.clone()).grow(14).priority(2))
            .column(
                Column::new("Role", |r: &AccountEntry| tr_str(r.details.position.word()).to_owned())
                    .width(15)
                    .priority(3),
            )
            .column(Column::new("State", state).width(11).priority(4))
            .empty("No account fits.");
        Self {
            table,
            filter: AccountFilter::default(),
            request: Request::default(),
            about: None,
            until: None,
            seen: false,
        }
    }
}

impl Accounts {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        let (filter, opened) = (self.filter.clone(), !self.seen);
        self.seen = true;
        cx.load(
            "accounts.list",
            move |s| async move { s.accounts(&actor, filter, opened).await },
            Msg::Loaded,
        );
    }

    fn block(&mut self, until: Option<DateTime<Utc>>, why: String, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
        self.until = until;
        self.request.saving = true;
        let request = self.request.id;
        let write = move |s: crate::store::Store| async move {
            let version = s.block_account(&actor, request, row.id, row.version, until, &why).await?;
            // The block stands; what waits is only shown.
            let left = s.left_behind(&actor, row.id).await.unwrap_or_default();
            Ok((version, left.len()))
        };
        cx.save("account.block", write, Msg::Blocked);
    }

    fn give_code(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(about)) = (cx.env().actor.clone(), self.about.clone()) else { return };
        self.request.saving = true;
        let (request, code) = (self.request.id, self.request.code());
        let write = move |s: crate::store::Store| async move {
            let (code, verifier) = code.await?;
            s.give_code(&actor, request, about.id, verifier).await?;
            Ok((about.details.login, code))
        };
        cx.save("account.give-code", write, Msg::Coded);
    }
}

impl Screen for Accounts {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["accounts"]
    }
    fn title(&self) -> String {
        if self.filter.patients { tr!("Accounts of patients") } else { tr!("Accounts of staff") }.into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let Some(row) = self.table.selected() else {
            return match command {
                Command::Add | Command::Patients | Command::Find | Command::Closed => Ok(()),
                _ => Err(Why::new("no_row", tr!("No account is selected."))),
            };
        };
        match command {
            Command::Open if self.filter.patients => Err(Why::new(
                "patient_account",
                tr!("A patient's details are changed where patients are registered."),
            )),
            Command::Deactivate if row.deactivated.is_some() => {
                Err(Why::new("deactivated", tr!("This account is deactivated already.")))
            }
            Command::Reactivate if row.deactivated.is_none() => {
                Err(Why::new("active", tr!("This account is in use.")))
            }
            Command::Code if row.deactivated.is_some() => {
                Err(Why::new("deactivated", tr!("This account is deactivated."))
                    .instead(tr!("Reactivate it first.")))
            }
            Command::Block if row.deactivated.is_some() => {
                Err(Why::new("deactivated", tr!("This account is deactivated already.")))
            }
            Command::Code | Command::Second | Command::Deactivate | Command::Reactivate | Command::Block
                if self.request.saving =>
            {
                Err(busy())
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Open && self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        self.about = self.table.selected().cloned();
        let name =
            self.about.as_ref().map(|a| shown_name(&a.details.name, &a.details.login)).unwrap_or_default();
        match command {
            Command::Add => cx.open(|a| AccountForm::new(None, a), Msg::Closed),
            Command::Open => {
                if let Some(row) = self.about.clone() {
                    cx.open(|a| AccountForm::new(Some(row), a), Msg::Closed);
                }
            }
            Command::Code => cx.open(
                move |a| {
                    Confirm::new(tr!("Replace the password of {name} by a one-time code?", name = name), a)
                        .consequence(tr!("Every open session of this person ends at once."))
                        .yes(tr!("replace it"))
                        .no(tr!("keep"))
                },
                Msg::CodeSure,
            ),
            Command::Deactivate => cx.open(
                move |a| {
                    Prompt::new(
                        tr!("Why is {name} deactivated? They are signed out at once.", name = name),
                        a,
                    )
                    .check(reason)
                },
                Msg::Why,
            ),
            Command::Block if self.about.as_ref().is_some_and(|a| a.blocked.is_some()) => cx.open(
                move |a| {
                    Confirm::new(tr!("Let {name} sign in again?", name = name), a)
                        .yes(tr!("lift the block"))
                        .no(tr!("keep"))
                },
                Msg::LiftSure,
            ),
            Command::Block => {
                let today = cx.env().today();
                let check = move |typed: &str| block_day(typed, today).map(|_| ());
                let question =
                    tr!("Until which day is {name} blocked? They are signed out at once.", name = name);
                cx.open(move |a| Prompt::new(question, a).check(check), Msg::Until);
            }
            Command::Left => {
                let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
                let read = move |s: crate::store::Store| async move { s.left_behind(&actor, row.id).await };
                cx.load("accounts.left", read, Msg::Left);
            }
            Command::Closed => {
                self.filter.closed = !self.filter.closed;
                self.load(cx);
            }
            Command::SignIns => {
                if let Some(row) = &self.about {
                    cx.push(Route::SignIns(row.id));
                }
            }
            Command::Second => cx.open(
                move |a| {
                    Confirm::new(tr!("Take the second factor of {name} away?", name = name), a)
                        .consequence(tr!(
                            "Their sign-ins end; the password alone is asked until a new one is set up."
                        ))
                        .yes(tr!("take it away"))
                        .no(tr!("keep"))
                },
                Msg::SecondSure,
            ),
            Command::Reactivate => {
                let question = tr!("Why may {name} sign in again?", name = name);
                cx.open(move |a| Prompt::new(question, a).check(reason), Msg::Again);
            }
            Command::Patients => {
                self.filter.patients = !self.filter.patients;
                self.seen = false;
                self.load(cx);
            }
            Command::Find => {
                let find = self.filter.find.clone();
                cx.open(
                    move |a| {
                        Prompt::new(tr!("Name, login or e-mail address; empty shows all"), a).with(&find)
                    },
                    Msg::Find,
                );
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => self.table.set_rows(rows),
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Closed(Some((login, code))) => cx.open(move |a| CodeShown::new(login, code, a), Msg::Shown),
            Msg::Closed(None) | Msg::Shown(()) => self.load(cx),
            Msg::Find(Some(text)) => {
                text.trim().clone_into(&mut self.filter.find);
                self.load(cx);
            }
            Msg::Why(Some(why)) => {
                let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
                self.request.saving = true;
                let request = self.request.id;
                let write = move |s: crate::store::Store| async move {
                    s.deactivate_account(&actor, request, row.id, row.version, why.trim()).await
                };
                cx.save("account.deactivate", write, Msg::Deactivated);
            }
            Msg::Until(Some(typed)) => {
                let Ok(day) = block_day(&typed, cx.env().today()) else { return };
                self.until = end_of(day, cx.env().zone());
                let name = self.about.as_ref().map(|a| shown_name(&a.details.name, &a.details.login));
                let question = tr!("Why is {name} blocked?", name = name.unwrap_or_default());
                cx.open(move |a| Prompt::new(question, a).check(reason), Msg::BlockWhy);
            }
            Msg::BlockWhy(Some(why)) => self.block(self.until, why, cx),
            Msg::LiftSure(true) => self.block(None, String::new(), cx),
            Msg::Blocked(Ok((_, left))) => {
                self.request.ended(None);
                cx.toast(match (self.until.take(), left) {
                    (None, _) => tr!("The person can sign in again.").to_owned(),
                    (Some(_), 0) => tr!("Blocked.").to_owned(),
                    (Some(_), n) => tr_n(
                        "Blocked. {n} thing of theirs waits: l shows it.",
                        "Blocked. {n} things of theirs wait: l shows them.",
                        n,
                    ),
                });
                self.load(cx);
            }
            Msg::Left(Ok(rows)) if rows.is_empty() => cx.toast(tr!("Nothing of theirs waits.")),
            Msg::Left(Ok(rows)) => {
                let rows = rows.iter().map(left_row).collect();
                cx.open(move |a| Picker::new(tr!("What waits for somebody else"), a).rows(rows), Msg::Seen);
            }
            Msg::Left(Err(e)) => cx.failed(&e),
            Msg::Until(None) | Msg::BlockWhy(None) | Msg::LiftSure(false) | Msg::Seen(_) => {}
            Msg::CodeSure(true) => self.give_code(cx),
            Msg::SecondSure(true) => {
                let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
                self.request.saving = true;
                let request = self.request.id;
                let write = move |s: crate::store::Store| async move {
                    s.reset_second_factor(&actor, request, row.id).await
                };
                cx.save("sign-in.second-factor", write, Msg::SecondGone);
            }
            Msg::SecondGone(Ok(had)) => {
                self.request.ended(None);
                cx.toast(if had {
                    tr!("The second factor is gone; the person's sign-ins have ended.")
                } else {
                    tr!("There was no second factor; the person's sign-ins have ended.")
                });
            }
            Msg::Again(Some(why)) => {
                let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
                self.request.saving = true;
                let request = self.request.id;
                let write = move |s: crate::store::Store| async move {
                    s.reactivate_account(&actor, request, row.id, row.version, &why).await
                };
                cx.save("account.reactivate", write, Msg::Reactivated);
            }
            Msg::Find(None)
            | Msg::Why(None)
            | Msg::Again(None)
            | Msg::CodeSure(false)
            | Msg::SecondSure(false) => {}
            Msg::Coded(Ok((login, code))) => {
                self.request.ended(None);
                cx.open(move |a| CodeShown::new(login, code, a), Msg::Shown);
            }
            Msg::Deactivated(Ok(done)) => {
                self.request.ended(None);
                let left = tr_n(
                    "{n} appointment of theirs must be moved",
                    "{n} appointments of theirs must be moved",
                    done.appointments,
                );
                let said = if done.appointments == 0 {
                    tr!("Deactivated.").into()
                } else {
                    tr!("Deactivated. {left}.", left = left)
                };
                cx.toast(said);
                self.load(cx);
            }
            Msg::Reactivated(Ok(_)) => {
                self.request.ended(None);
                cx.toast(tr!("The person can sign in again."));
                self.load(cx);
            }
            Msg::SecondGone(Err(e))
            | Msg::Coded(Err(e))
            | Msg::Blocked(Err(e))
            | Msg::Deactivated(Err(e))
            | Msg::Reactivated(Err(e)) => {
                self.request.ended(Some(&e));
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if matches!(change, Change::Everything) || matches!(change, Change::Row(r) if r.entity == "account") {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let found = if self.filter.find.is_empty() {
            String::new()
        } else {
            tr!(" with \"{text}\"", text = self.filter.find)
        };
        let [top, rest] = split_top(area, 1);
        put(frame, top, 0, &format!(" {}{found}", self.title()), ui.theme.strong());
        let closed = self.table.selected().and_then(|r| closed_line(r, ui.env.zone()));
        let below = u16::from(closed.is_some() && rest.height > 4);
        let [list, line] = split_top(rest, rest.height - below);
        self.table.view(frame, list, ui);
        if let Some(text) = closed {
            put(frame, line, 0, &format!(" {text}"), ui.theme.dim());
        }
    }
}

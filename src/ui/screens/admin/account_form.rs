//! An account: who it is, what they are at the clinic, and where they work. A new one gets a one-time code.
use super::{
    centre_choice::{CentreChoice, Chosen},
    fields::{FormCommand, Request, busy, leave, optional, ruled, stored},
};
use crate::{
    domain::{
        account::{AccountDetails, AccountEntry, Position},
        centre::CentreEntry,
        ids::{AccountId, CentreId},
        name::PersonName,
        validate::Field as F,
        why::Why,
    },
    store::{Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            form::{Field, Form},
            put, split_top,
        },
    },
};
use ratatui::{Frame, layout::Rect};
use zeroize::Zeroizing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Position,
    Family,
    Given,
    Login,
    Email,
    Phone,
    Centres,
}

/// The code to show when the account is new.
type Code = Option<(String, Zeroizing<String>)>;

/// What comes back.
pub enum Msg {
    Centres(Result<Vec<CentreEntry>, Error>),
    Chosen(Option<Chosen>),
    Saved(Result<Code, Error>),
}

/// The form; it answers with the login and code of a new account.
pub struct AccountForm {
    form: Form<Name>,
    old: Option<AccountEntry>,
    id: AccountId,
    centres: Vec<CentreId>,
    moved: bool,
    request: Request,
    answer: Answer<Code>,
}

impl AccountForm {
    /// A new account, or one that is there.
    #[must_use]
    pub fn new(old: Option<AccountEntry>, answer: Answer<Code>) -> Self {
        let words: Vec<String> = Position::all().into_iter().map(|p| tr_str(p.word()).to_owned()).collect();
        let is = |f: fn(&AccountDetails) -> &str| {
            old.as_ref().map(|o| f(&o.details).to_owned()).unwrap_or_default()
        };
        let word = old.as_ref().map(|o| tr_str(o.details.position.word())).unwrap_or_default();
        let form = Form::new()
            .with(Name::Position, Field::choice(tr!("Role"), words).required().with(word))
            .with(Name::Family, ruled(F::FamilyName).with(&is(|d| &d.name.family)))
            .with(Name::Given, ruled(F::GivenName).with(&is(|d| &d.name.given)))
            .with(Name::Login, ruled(F::Login).with(&is(|d| &d.login)))
            .with(Name::Email, optional(F::Email, false).with(&is(|d| &d.email)))
            .with(Name::Phone, optional(F::Phone, false).with(&is(|d| &d.phone)))
            .with(Name::Centres, Field::fixed(tr!("Centres"), ""));
        let centres = old.as_ref().map(|o| o.details.centres.clone()).unwrap_or_default();
        let id = old.as_ref().map_or_else(AccountId::new, |o| o.id);
        Self { form, old, id, centres, moved: false, request: Request::default(), answer }
    }

    fn details(&self) -> Option<AccountDetails> {
        let position = *Position::all().get(self.form.chosen(Name::Position)?)?;
        let get = |name, field| stored(field, &self.form.get(name));
        Some(AccountDetails {
            login: get(Name::Login, F::Login),
            email: get(Name::Email, F::Email).to_lowercase(),
            name: PersonName::new(get(Name::Family, F::FamilyName), get(Name::Given, F::GivenName)),
            phone: get(Name::Phone, F::Phone),
            position,
            centres: self.centres.clone(),
        })
    }

    fn show_centres(&mut self, names: &[(CentreId, String)]) {
        let all: Vec<&str> =
            names.iter().filter(|(id, _)| self.centres.contains(id)).map(|(_, n)| n.as_str()).collect();
        self.form.set(Name::Centres, &all.join(", "));
    }
}

impl Screen for AccountForm {
    type Command = FormCommand;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["admin-form"]
    }
    fn title(&self) -> String {
        if self.old.is_some() { tr!("Account") } else { tr!("New account") }.into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn available(&self, command: FormCommand) -> Result<(), Why> {
        if command == FormCommand::Save && self.request.saving { Err(busy()) } else { Ok(()) }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        cx.load("account.centres", |s| async move { s.centre_entries(&actor).await }, Msg::Centres);
    }
    fn command(&mut self, command: FormCommand, cx: &mut Cx<Msg>) {
        match command {
            FormCommand::Centres => {
                let chosen = self.centres.clone();
                cx.open(|a| CentreChoice::new(chosen, a), Msg::Chosen);
            }
            FormCommand::Save => {
                if self.form.check().is_err() {
                    return;
                }
                let (Some(actor), Some(details)) = (cx.env().actor.clone(), self.details()) else { return };
                self.request.saving = true;
                let (request, id, code) = (self.request.id, self.id, self.request.code());
                let seen = self.old.as_ref().map(|o| o.version);
                let write = move |s: Store| async move {
                    match seen {
                        Some(seen) => {
                            s.change_account(&actor, request, id, seen, details).await.map(|_| None)
                        }
                        None => {
                            let (code, verifier) = code.await?;
                            let login = details.login.clone();
                            s.add_account(&actor, request, id, details, verifier).await?;
                            Ok(Some((login, code)))
                        }
                    }
                };
                cx.save("account.save", write, Msg::Saved);
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Centres(Ok(all)) => {
                let names: Vec<_> = all.into_iter().map(|c| (c.id, c.details.name)).collect();
                self.show_centres(&names);
                if !self.moved && !self.form.is_dirty() {
                    self.form.saved();
                }
            }
            Msg::Chosen(Some(chosen)) => {
                self.centres = chosen.iter().map(|c| c.0).collect();
                self.moved = true;
                self.show_centres(&chosen);
            }
            Msg::Chosen(None) => {}
            Msg::Saved(Ok(code)) => {
                self.request.ended(None);
                self.form.saved();
                cx.toast(tr!("Saved."));
                cx.answer(&self.answer.clone(), code);
            }
            Msg::Saved(Err(Error::Duplicate(why))) => {
                self.request.ended(None);
                self.form.problem(Name::Login, why.to_string());
                cx.failed(&Error::Duplicate(why));
            }
            Msg::Saved(Err(e)) => {
                self.request.ended(Some(&e));
                cx.failed(&e);
            }
            Msg::Centres(Err(e)) => cx.failed(&e),
        }
    }
    fn leave(&self) -> Leave {
        leave(self.form.dirty_fields())
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 2);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        self.form.view(frame, rest, ui);
        let y = self.form.height() + 1;
        let said = match (&self.old, ui.key(&["admin-form"], "admin.choose-centres")) {
            (Some(AccountEntry { deactivated: Some((_, why)), .. }), _) => {
                tr!(" Deactivated: {why}", why = why)
            }
            (_, key) => tr!(" {key} chooses the centres of work.", key = key),
        };
        put(frame, rest, y, &said, ui.theme.dim());
    }
}

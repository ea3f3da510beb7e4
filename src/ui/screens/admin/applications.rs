//! Who wants to be registered as a provider: checked, accepted with a one-time code, or rejected with a note. Decisions
//! are kept.
use super::{
    centre_choice::{CentreChoice, Chosen},
    code_shown::CodeShown,
    fields::{Request, busy, reason},
};
use crate::{
    domain::{
        account::{RegistrationEntry, RegistrationState},
        ids::AccountId,
        why::Why,
    },
    store::{Change, Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{
            detail::list_over,
            prompt::Prompt,
            table::{Column, Table},
        },
    },
};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};
use zeroize::Zeroizing;

crate::commands! {
    /// What the list of applications understands.
    pub enum Command {
        Accept: "registration.accept" "accept" "Make the account and the provider";
        Reject: "registration.reject" "reject" "Refuse the application with a note that is kept";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<Vec<RegistrationEntry>, Error>),
    Chosen(Option<Chosen>),
    Note(Option<String>),
    Accepted(Result<(String, Option<Zeroizing<String>>), Error>),
    Rejected(Result<(), Error>),
    Shown(()),
}

/// The list, and below it all of the selected application.
pub struct Applications {
    table: Table<RegistrationEntry>,
    request: Request,
    account: AccountId,
    about: Option<RegistrationEntry>,
}

impl Default for Applications {
    fn default() -> Self {
        let table = Table::new(|r: &RegistrationEntry| r.id.0)
            .column(Column::new("Applicant", |r: &RegistrationEntry| r.application.name.to_string()).grow(16))
            .column(
                Column::new("Profession", |r: &RegistrationEntry| {
                    tr_str(r.application.profession.word()).to_owned()
                })
                .width(15)
                .priority(2),
            )
            .column(
                Column::new("E-mail", |r: &RegistrationEntry| r.application.email.clone())
                    .grow(16)
                    .priority(4),
            )
            .column(
                Column::new("State", |r: &RegistrationEntry| tr_str(r.state.code()).to_owned())
                    .width(8)
                    .priority(3),
            )
            .empty("No application yet. Providers apply from the sign-in screen.");
        Self { table, request: Request::default(), account: AccountId::new(), about: None }
    }
}

impl Applications {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load("applications.list", |s| async move { s.registrations(&actor).await }, Msg::Loaded);
    }

    fn accept(&mut self, chosen: Chosen, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
        self.request.saving = true;
        let (request, account, code) = (self.request.id, self.account, self.request.code());
        let centres = chosen.into_iter().map(|c| c.0).collect();
        let write = move |s: Store| async move {
            let (code, verifier) = code.await?;
            let (id, seen) = (row.id, row.version);
            let own = s.accept_registration(&actor, request, id, seen, account, centres, verifier).await?;
            Ok((row.application.email, (!own).then_some(code)))
        };
        cx.save("registration.accept", write, Msg::Accepted);
    }

    fn ended(&mut self, error: Option<&Error>) {
        self.request.ended(error);
        if !matches!(error, Some(Error::Unknown)) {
            self.account = AccountId::new();
        }
    }
}

fn clash(code: &str) -> &'static str {
    match code {
        "provider_number" => tr!("the provider number"),
        "registration_number" => tr!("the registration number"),
        "licence_number" => tr!("the licence number"),
        _ => tr!("the e-mail address"),
    }
}

/// Everything an application says, a line for each fact.
fn facts(r: &RegistrationEntry, zone: Tz) -> Vec<String> {
    let a = &r.application;
    let at = |t: chrono::DateTime<chrono::Utc>| t.with_timezone(&zone).format("%d %b %Y %H:%M").to_string();
    let mut lines = vec![
        tr!(
            "{name}, {profession}, applied {at}",
            name = a.name,
            profession = tr_str(a.profession.word()),
            at = at(r.created_at)
        ),
        tr!("E-mail {email}   Phone {phone}", email = a.email, phone = a.phone),
        tr!(
            "Provider number {provider}   Registration {registration}   Licence {licence}",
            provider = a.provider_number,
            registration = a.registration_number,
            licence = a.licence_number
        ),
        tr!("Expertise {expertise}", expertise = a.expertise),
    ];
    if !r.clashes.is_empty() {
        let what: Vec<&str> = r.clashes.iter().map(|c| clash(c)).collect();
        lines.push(tr!("Somebody else has: {what}", what = what.join(", ")));
    }
    if let Some((when, by, note)) = &r.decided {
        lines.push(tr!("{state} {at} by {name}", state = tr_str(r.state.code()), at = at(*when), name = by));
        if !note.is_empty() {
            lines.push(tr!("Note: {note}", note = note));
        }
    }
    lines
}

impl Screen for Applications {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["applications"]
    }
    fn title(&self) -> String {
        tr!("Applications of providers").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, _command: Command) -> Result<(), Why> {
        match self.table.selected() {
            None => Err(Why::new("no_row", tr!("No application is selected."))),
            Some(r) if r.state != RegistrationState::Pending => {
                Err(Why::new("decided", tr!("This application is decided already.")))
            }
            Some(_) if self.request.saving => Err(busy()),
            Some(_) => Ok(()),
        }
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        self.about = self.table.selected().cloned();
        match command {
            Command::Accept => cx.open(|a| CentreChoice::new(vec![], a), Msg::Chosen),
            Command::Reject => {
                let name = self.about.as_ref().map(|r| r.application.name.to_string()).unwrap_or_default();
                cx.open(
                    move |a| {
                        Prompt::new(tr!("Why is the application of {name} rejected?", name = name), a)
                            .check(reason)
                    },
                    Msg::Note,
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
            Msg::Chosen(Some(chosen)) => self.accept(chosen, cx),
            Msg::Note(Some(note)) => {
                let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
                self.request.saving = true;
                let request = self.request.id;
                let write = move |s: Store| async move {
                    s.reject_registration(&actor, request, row.id, row.version, note.trim()).await
                };
                cx.save("registration.reject", write, Msg::Rejected);
            }
            Msg::Chosen(None) | Msg::Note(None) => {}
            Msg::Accepted(Ok((login, Some(code)))) => {
                self.ended(None);
                cx.open(move |a| CodeShown::new(login, code, a), Msg::Shown);
            }
            Msg::Accepted(Ok((login, None))) => {
                self.ended(None);
                cx.toast(tr!("Accepted: {login} signs in with their own password.", login = login));
                self.load(cx);
            }
            Msg::Rejected(Ok(())) => {
                self.ended(None);
                cx.toast(tr!("Rejected; the note is kept."));
                self.load(cx);
            }
            Msg::Accepted(Err(e)) | Msg::Rejected(Err(e)) => {
                self.ended(Some(&e));
                cx.failed(&e);
                self.load(cx);
            }
            Msg::Shown(()) => self.load(cx),
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if change.concerns(&["provider_registration"]) {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let (title, zone) = (self.title(), ui.env.zone());
        list_over(frame, area, ui, &title, &mut self.table, (7, 5), |row| facts(row, zone));
    }
}

//! The sign-in screen: which clinic this is, what Praxis is, whom to ask, a login and a password.
//!
//! The password is hidden, hashed off the drawing thread and forgotten as soon as it was sent. Nothing here moves by
//! itself: an idle sign-in screen sends no byte.
use crate::{
    auth,
    store::{Change, Error, FrontDoor, Link, SignIn},
    text::{clean, width, wrap},
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, TextInput, Ui},
        widgets::{self, text_input::TextLine},
    },
};
use ratatui::{Frame, layout::Rect};
use std::sync::OnceLock;
use zeroize::Zeroizing;

crate::commands! {
    /// What the sign-in screen understands.
    pub enum Command {
        Accept: "login.accept" "sign in" "Go on to the password, then sign in";
        Next: "login.next" "other field" "Go to the other field";
        Apply: "login.apply" "apply as a provider" "Ask to be registered as a provider of this clinic";
        Write: "login.write" "write to the clinic" "Write to the clinic without signing in";
    }
}

/// Lines under the fields, such as the demo clinic's accounts.
#[derive(Debug, Clone, Default)]
pub struct LoginNote(pub Vec<String>);

static NOTE: OnceLock<LoginNote> = OnceLock::new();

/// Sets the note for the life of the program; `false` when one was set before, which then stays.
pub fn set_note(note: LoginNote) -> bool {
    NOTE.set(note).is_ok()
}

/// What the sign-in screen is told.
pub enum Msg {
    /// Which clinic this is.
    Clinic(Result<FrontDoor, Error>),
    /// What became of a sign-in.
    SignedIn(Result<SignIn, Error>),
}

/// The sign-in screen.
pub struct Login {
    login: TextLine,
    password: TextLine,
    on_password: bool,
    clinic: Option<FrontDoor>,
    note: LoginNote,
    checking: bool,
    problem: Option<String>,
}

impl Default for Login {
    fn default() -> Self {
        Self::with_note(NOTE.get().cloned().unwrap_or_default())
    }
}

impl Login {
    /// A sign-in screen with these lines under it.
    #[must_use]
    pub fn with_note(note: LoginNote) -> Self {
        Self {
            login: TextLine::new().max(254),
            password: TextLine::new().max(1024).hidden(),
            on_password: false,
            clinic: None,
            note,
            checking: false,
            problem: None,
        }
    }

    fn ask_clinic(&mut self, cx: &mut Cx<Msg>) {
        cx.load("login.clinic", |store| async move { store.front_door().await }, Msg::Clinic);
    }

    fn accept(&mut self, cx: &mut Cx<Msg>) {
        if self.checking {
            return;
        }
        let login = self.login.value().trim().to_owned();
        if login.is_empty() {
            self.on_password = false;
            self.problem = Some(tr!("Type your login or e-mail address first.").into());
            return;
        }
        if !self.on_password {
            self.on_password = true;
            return;
        }
        if self.password.value().is_empty() {
            self.problem = Some(tr!("Type your password, then press enter.").into());
            return;
        }
        let password = Zeroizing::new(self.password.text());
        self.password.set("");
        self.problem = None;
        self.checking = true;
        if self.clinic.is_none() {
            self.ask_clinic(cx);
        }
        cx.save(
            "login.sign-in",
            move |store| async move { auth::login::sign_in(&store, &login, password, &source()).await },
            Msg::SignedIn,
        );
    }

    fn lines(&self, area: Rect) -> Vec<String> {
        let room = usize::from(area.width.saturating_sub(4)).max(1);
        let contact = self.clinic.as_ref().map_or("", |c| c.contact.trim());
        let mut lines = if contact.is_empty() {
            wrap(tr!("No account, or password forgotten: ask an administrator of the clinic."), room)
        } else {
            wrap(&clean(&tr!("No account, or password forgotten: {contact}", contact = contact)), room)
        };
        if !self.note.0.is_empty() {
            lines.push(String::new());
            lines.extend(self.note.0.iter().map(|l| clean(l).into_owned()));
        }
        lines
    }
}

/// Where the person sits, for slowing down guesses: the address SSH names, or this machine.
fn source() -> String {
    let ssh = std::env::var("SSH_CONNECTION").unwrap_or_default();
    ssh.split_whitespace().next().unwrap_or("terminal").chars().take(100).collect()
}

impl Screen for Login {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["login"]
    }
    fn title(&self) -> String {
        tr!("Sign in").into()
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        Some(if self.on_password { &mut self.password } else { &mut self.login })
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.ask_clinic(cx);
    }
    fn edited(&mut self, _cx: &mut Cx<Msg>) {
        self.problem = None;
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Accept => self.accept(cx),
            Command::Next => self.on_password = !self.on_password,
            Command::Apply => cx.push(Route::ApplyAsProvider),
            Command::Write => cx.push(Route::WriteUnsigned),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Clinic(Ok(clinic)) => self.clinic = Some(clinic),
            Msg::Clinic(Err(e)) => self.problem = Some(unreachable_sentence(&e)),
            Msg::SignedIn(Ok(signed_in)) => {
                self.checking = false;
                cx.signed_in(signed_in.actor, signed_in.store);
            }
            Msg::SignedIn(Err(e)) => {
                self.checking = false;
                self.on_password = true;
                self.problem = Some(match e {
                    Error::Refused(why) => why.to_string(),
                    e => unreachable_sentence(&e),
                });
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if self.clinic.is_none() && matches!(change, Change::Everything | Change::Link(Link::Up)) {
            self.problem = None;
            self.ask_clinic(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let inner = Rect { x: area.x + area.width.min(2), width: area.width.saturating_sub(4), ..area };
        let name = self.clinic.as_ref().map_or("Praxis", |c| c.name.as_str());
        widgets::put(frame, inner, 1, name, ui.theme.strong());
        let what = tr!("Praxis keeps this clinic's appointments, visits and records.");
        let about = wrap(what, usize::from(inner.width.max(1)));
        for (y, line) in (2..).zip(&about) {
            widgets::put(frame, inner, y, line, ui.theme.dim());
        }
        let top = about.len().min(4) as u16 + 3;
        let labels = [tr!("Login or e-mail"), tr!("Password")];
        let column = labels.iter().map(|l| width(l)).max().unwrap_or(0) as u16 + 2;
        for (y, label) in (top..).zip(labels) {
            widgets::put(frame, inner, y, label, ui.theme.text());
        }
        let row = |y: u16| Rect {
            x: inner.x + column.min(inner.width),
            y: (inner.y + y).min(inner.bottom()),
            width: inner.width.saturating_sub(column),
            height: u16::from(y < inner.height),
        };
        let (first, second) = (row(top), row(top + 1));
        self.login.view(frame, first, ui.theme, ui.focused && !self.on_password);
        self.password.view(frame, second, ui.theme, ui.focused && self.on_password);
        if self.checking {
            widgets::put(frame, inner, top + 3, tr!("checking"), ui.theme.dim());
        } else if let Some(problem) = &self.problem {
            let lines = wrap(&clean(problem), usize::from(inner.width.max(1)));
            for (y, line) in (top + 3..).zip(lines.iter().take(2)) {
                widgets::put(frame, inner, y, line, ui.theme.alarm());
            }
        }
        for (y, line) in (top + 6..).zip(self.lines(area)) {
            widgets::put(frame, inner, y, &line, ui.theme.dim());
        }
    }
}

fn unreachable_sentence(error: &Error) -> String {
    match error {
        Error::Unavailable(_) | Error::Slow | Error::Unknown | Error::NotSaved => tr!(
            "The clinic's server does not answer. Press enter to try again; the administrator can tell more."
        )
        .into(),
        other => other.to_string(),
    }
}

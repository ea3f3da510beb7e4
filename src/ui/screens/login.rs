//! The sign-in screen: which clinic this is, what Praxis is, whom to ask, a login and a password.
//!
//! The password is hidden, hashed off the drawing thread and forgotten as soon as it was sent; who has a second factor is
//! asked for its code then. Nothing here moves by itself: an idle sign-in screen sends no byte.
use crate::{
    auth::{
        login::{self, Second, Step},
        source::Source,
    },
    domain::{actor::Role, entrance::Entrance, why::Why},
    store::{Arrival, Change, Error, FrontDoor, Link, SignIn, Store},
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
        Register: "login.register" "register as a patient" "Ask for an account of your own as a patient of this clinic";
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

static ENTRANCE: OnceLock<Entrance> = OnceLock::new();

/// Sets whom the sign-in screen takes, for the life of the program; `false` when it was set before, which then stays.
pub fn set_entrance(entrance: Entrance) -> bool {
    ENTRANCE.set(entrance).is_ok()
}

/// What the sign-in screen is told.
pub enum Msg {
    /// Which clinic this is.
    Clinic(Result<FrontDoor, Error>),
    /// What became of a sign-in.
    SignedIn(Result<Entered, Error>),
}

/// How far a sign-in came.
pub enum Entered {
    /// All the way, with what the person is told on arriving.
    Inside(Box<(SignIn, Arrival)>),
    /// To the question for a code.
    Code(Second),
}

async fn inside(signed_in: SignIn, entrance: Entrance) -> Result<Entered, Error> {
    if let Err(why) = entrance.takes(signed_in.actor.role) {
        signed_in.store.sign_out_within(std::time::Duration::from_secs(10)).await;
        return Err(Error::Refused(why));
    }
    let arrival = signed_in.store.arrival().await?;
    Ok(Entered::Inside(Box::new((signed_in, arrival))))
}

async fn enter(
    store: Store,
    name: String,
    password: Zeroizing<String>,
    entrance: Entrance,
) -> Result<Entered, Error> {
    match login::begin(&store, &name, password, &Source::of_process()).await? {
        Step::Open(signed_in) => inside(signed_in, entrance).await,
        Step::Second(second) => Ok(Entered::Code(second)),
    }
}

/// The sign-in screen.
pub struct Login {
    login: TextLine,
    password: TextLine,
    on_password: bool,
    code: TextLine,
    second: Option<Second>,
    clinic: Option<FrontDoor>,
    note: LoginNote,
    entrance: Entrance,
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
            code: TextLine::new().max(40),
            second: None,
            clinic: None,
            note,
            entrance: ENTRANCE.get().copied().unwrap_or_default(),
            checking: false,
            problem: None,
        }
    }

    /// The same at this entrance.
    #[must_use]
    pub fn at(mut self, entrance: Entrance) -> Self {
        self.entrance = entrance;
        self
    }

    fn ask_clinic(&mut self, cx: &mut Cx<Msg>) {
        cx.load("login.clinic", |store| async move { store.front_door().await }, Msg::Clinic);
    }

    fn accept(&mut self, cx: &mut Cx<Msg>) {
        if self.checking {
            return;
        }
        if self.second.is_some() {
            return self.give_code(cx);
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
        let entrance = self.entrance;
        cx.save("login.sign-in", move |store| enter(store, login, password, entrance), Msg::SignedIn);
    }

    fn give_code(&mut self, cx: &mut Cx<Msg>) {
        let Some(second) = self.second.clone() else { return };
        let code = Zeroizing::new(self.code.text());
        if code.trim().is_empty() {
            self.problem = Some(tr!("Type the code that your app shows, or a recovery code.").into());
            return;
        }
        self.code.set("");
        self.problem = None;
        self.checking = true;
        let entrance = self.entrance;
        cx.save(
            "login.sign-in",
            move |_| async move { inside(second.take(code.trim()).await?.0, entrance).await },
            Msg::SignedIn,
        );
    }

    /// Back to login and password.
    fn start_again(&mut self) {
        self.second = None;
        self.code.set("");
        self.on_password = true;
    }

    fn lines(&self, area: Rect) -> Vec<String> {
        let room = usize::from(area.width.saturating_sub(4)).max(1);
        let contact = self.clinic.as_ref().map_or("", |c| c.contact.trim());
        let mut lines = if contact.is_empty() {
            wrap(tr!("No account, or password forgotten: ask an administrator of the clinic."), room)
        } else {
            wrap(&clean(&tr!("No account, or password forgotten: {contact}", contact = contact)), room)
        };
        if self.entrance == Entrance::Patients {
            lines.splice(0..0, wrap(tr!("This is the entrance of the patients."), room));
        }
        if !self.note.0.is_empty() {
            lines.push(String::new());
            lines.extend(self.note.0.iter().map(|l| clean(l).into_owned()));
        }
        lines
    }
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
        Some(match (&self.second, self.on_password) {
            (Some(_), _) => &mut self.code,
            (None, true) => &mut self.password,
            (None, false) => &mut self.login,
        })
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            Command::Register if !self.clinic.as_ref().is_some_and(|c| c.sign_up) => {
                Err(Why::new("sign_up_off", tr!("Patients do not register here by themselves."))
                    .instead(tr!("Telephone the clinic; reception registers you.")))
            }
            // Nobody asks for what they could not come in by here.
            Command::Register => self.entrance.takes(Role::Patient),
            Command::Apply => self.entrance.takes(Role::Gp),
            _ => Ok(()),
        }
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
            Command::Next if self.second.is_some() => self.start_again(),
            Command::Next => self.on_password = !self.on_password,
            Command::Apply => cx.push(Route::ApplyAsProvider),
            Command::Register => cx.push(Route::RegisterMyself),
            Command::Write => cx.push(Route::WriteUnsigned),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Clinic(Ok(clinic)) => self.clinic = Some(clinic),
            Msg::Clinic(Err(e)) => self.problem = Some(unreachable_sentence(&e)),
            Msg::SignedIn(Ok(Entered::Inside(inside))) => {
                self.checking = false;
                let (signed_in, arrival) = *inside;
                cx.arrived(signed_in.actor, signed_in.store, arrival);
            }
            Msg::SignedIn(Ok(Entered::Code(second))) => {
                self.checking = false;
                self.second = Some(second);
            }
            Msg::SignedIn(Err(e)) => {
                self.checking = false;
                self.on_password = true;
                if matches!(&e, Error::Refused(why) if why.rule == "second_factor_gone") {
                    self.start_again();
                }
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
        let labels = match &self.second {
            Some(_) => [tr!("Login or e-mail"), tr!("Code of your app")],
            None => [tr!("Login or e-mail"), tr!("Password")],
        };
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
        let at_code = self.second.is_some();
        self.login.view(frame, first, ui.theme, ui.focused && !self.on_password && !at_code);
        if at_code {
            self.code.view(frame, second, ui.theme, ui.focused);
        } else {
            self.password.view(frame, second, ui.theme, ui.focused && self.on_password);
        }
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

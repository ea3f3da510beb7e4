//! The second factor of the signed-in person: a code of an app, asked beside the password. Set up with a picture to scan
//! or a key to type, confirmed by a first code; recovery codes are shown once; removing it asks for the password.
use crate::{
    auth::{login, totp_uri},
    domain::{actor::Actor, dates, why::Why},
    store::{Arrival, Error, SecondState, Store},
    text::{tr_n, wrap},
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, TextInput, Ui},
        widgets::{prompt::Prompt, put, qr::Qr, split_left, text_input::TextLine},
    },
};
use ratatui::{Frame, layout::Rect};
use zeroize::Zeroizing;

crate::commands! {
    /// What the screen of the second factor understands.
    pub enum Command {
        Accept: "second-factor.accept" "go on" "Begin, check the code, or close the recovery codes";
        Begin: "second-factor.begin" "set up" "Make a new key for an app; asks for your password";
        Remove: "second-factor.remove" "remove" "Ask for the password alone from now on; asks for it now";
        Leave: "second-factor.leave" "leave" "Go back; what was not confirmed is forgotten" quiet;
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<SecondState, Error>),
    BeginWith(Option<String>),
    Begun(Result<Zeroizing<Vec<u8>>, Error>),
    Confirmed(Result<Vec<Zeroizing<String>>, Error>),
    RemoveWith(Option<String>),
    Removed(Result<(), Error>),
    Through(Result<Box<(Actor, Store, Arrival)>, Error>),
}

/// What is being shown.
enum Stage {
    /// How it is.
    State,
    /// The key and its picture.
    Key { key: Zeroizing<String>, picture: Option<Qr> },
    /// The recovery codes, this once.
    Codes(Vec<Zeroizing<String>>),
}

/// The screen.
pub struct SecondFactor {
    login: String,
    state: Option<SecondState>,
    stage: Stage,
    code: TextLine,
    busy: bool,
    problem: Option<String>,
}

fn wrong_password() -> Error {
    Error::refused(Why::new("password_wrong", tr!("That is not your password.")).instead(tr!("Try again.")))
}

impl SecondFactor {
    /// That of this person.
    #[must_use]
    pub fn of(actor: Option<&Actor>) -> Self {
        Self {
            login: actor.map(|a| a.login.clone()).unwrap_or_default(),
            state: None,
            stage: Stage::State,
            code: TextLine::new().max(12),
            busy: false,
            problem: None,
        }
    }

    fn due(&self) -> bool {
        self.state.as_ref().is_some_and(|s| s.due)
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        cx.load("second-factor.state", |s| async move { s.second_state().await }, Msg::Loaded);
    }

    fn begin(&mut self, password: Option<String>, cx: &mut Cx<Msg>) {
        self.busy = true;
        self.problem = None;
        let login = self.login.clone();
        cx.save(
            "second-factor.begin",
            move |s| async move {
                let proof = match password {
                    Some(p) => Some(login::proof_of(&s, &login, Zeroizing::new(p)).await?),
                    None => None,
                };
                s.second_begin(proof.as_ref().map(|p| p.as_slice())).await?.ok_or_else(wrong_password)
            },
            Msg::Begun,
        );
    }

    fn confirm(&mut self, cx: &mut Cx<Msg>) {
        let code = Zeroizing::new(self.code.text());
        if code.trim().is_empty() {
            self.problem = Some(tr!("Type the six digits that the app shows now.").into());
            return;
        }
        self.code.set("");
        self.busy = true;
        self.problem = None;
        cx.save(
            "second-factor.confirm",
            move |s| async move {
                s.second_confirm(code.trim()).await?.ok_or_else(|| {
                    let why = Why::new("second_factor_wrong", tr!("That code does not belong to this key."));
                    Error::refused(why.instead(tr!("Check the clock of your phone, and type the next code.")))
                })
            },
            Msg::Confirmed,
        );
    }

    fn ask(question: &str, done: fn(Option<String>) -> Msg, cx: &mut Cx<Msg>) {
        let question = question.to_owned();
        cx.open(move |a| Prompt::new(question, a).hidden(), done);
    }

    /// Leaves the screen; who had to set it up goes in now.
    fn through(&mut self, cx: &mut Cx<Msg>) {
        if !self.due() {
            self.stage = Stage::State;
            return self.load(cx);
        }
        cx.load(
            "second-factor.through",
            |s| async move {
                let (actor, arrival) = (s.who_am_i().await?, s.arrival().await?);
                if !actor.must_change_password {
                    s.read_permissions(&actor).await?;
                }
                Ok(Box::new((actor, s, arrival)))
            },
            Msg::Through,
        );
    }

    fn view_state(&self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(state) = &self.state else {
            return put(frame, area, 2, &format!(" {}", tr!("loading")), ui.theme.dim());
        };
        let key = |command: &str| ui.key(&["second-factor"], command);
        let mut said = match state.enrolled {
            Some(at) => vec![
                tr!(
                    "A code is asked beside your password since {day}.",
                    day = dates::long_date(at.with_timezone(&ui.env.zone()).date_naive())
                ),
                tr_n("{n} recovery code is left.", "{n} recovery codes are left.", state.codes_left),
                tr!("{key} removes it and asks for your password.", key = key("second-factor.remove")),
            ],
            None => vec![
                tr!("Only your password is asked when you sign in.").into(),
                tr!("With an authenticator app on your phone, a password alone lets nobody in.").into(),
                tr!("{key} sets it up and asks for your password.", key = key("second-factor.begin")),
            ],
        };
        if state.required {
            said.push(tr!("The clinic requires it of your role.").into());
        }
        let lines = said.iter().flat_map(|s| wrap(s, usize::from(area.width.saturating_sub(2).max(1))));
        for (y, line) in (2..).zip(lines) {
            put(frame, area, y, &format!(" {line}"), ui.theme.text());
        }
    }

    fn view_key(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Stage::Key { key, picture } = &self.stage else { return };
        let shown = picture
            .as_ref()
            .filter(|p| !ui.theme.ascii && area.width >= p.size().0 + 34 && area.height >= p.size().1);
        let text = match shown {
            Some(picture) => {
                let [left, right] = split_left(area, picture.size().0 + 2);
                picture.view(frame, split_left(left, 1)[1]);
                right
            }
            None => area,
        };
        let room = usize::from(text.width.saturating_sub(2).max(1));
        let how = match shown {
            Some(_) => tr!("Scan this with an authenticator app, or type the key into it:"),
            None => tr!("Type this key into an authenticator app (time based, 6 digits):"),
        };
        let mut y = 1;
        for line in wrap(how, room) {
            put(frame, text, y, &format!(" {line}"), ui.theme.text());
            y += 1;
        }
        let groups: Vec<&str> =
            (0..key.len()).step_by(4).filter_map(|i| key.get(i..(i + 4).min(key.len()))).collect();
        for four in groups.chunks(4) {
            put(frame, text, y + 1, &format!("   {}", four.join(" ")), ui.theme.strong());
            y += 1;
        }
        y += 2;
        for line in wrap(tr!("Then type the six digits that it shows:"), room) {
            put(frame, text, y, &format!(" {line}"), ui.theme.text());
            y += 1;
        }
        let field = Rect {
            x: text.x + 3.min(text.width),
            y: (text.y + y + 1).min(text.bottom()),
            width: text.width.saturating_sub(4).min(14),
            height: u16::from(y + 1 < text.height),
        };
        self.code.view(frame, field, ui.theme, ui.focused);
        let told =
            if self.busy { tr!("checking").to_owned() } else { self.problem.clone().unwrap_or_default() };
        for (i, line) in (0..4).zip(wrap(&crate::text::clean(&told), room)) {
            put(frame, text, y + 3 + i, &format!(" {line}"), ui.theme.alarm());
        }
    }

    fn view_codes(&self, codes: &[Zeroizing<String>], frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let said = tr!(
            "It is set up. Write these recovery codes down and keep them apart from the phone: each replaces a code once. \
             They are not shown again."
        );
        let lines = wrap(said, usize::from(area.width.saturating_sub(2).max(1)));
        for (y, line) in (1..).zip(&lines) {
            put(frame, area, y, &format!(" {line}"), ui.theme.text());
        }
        let top = lines.len() as u16 + 2;
        for (y, pair) in (top..).zip(codes.chunks(2)) {
            let row: Vec<&str> = pair.iter().map(|c| c.as_str()).collect();
            put(frame, area, y, &format!("   {}", row.join("     ")), ui.theme.strong());
        }
        let key = ui.key(&["second-factor"], "second-factor.accept");
        let done = tr!(" {key}: I have written them down", key = key);
        put(frame, area, top + codes.len().div_ceil(2) as u16 + 1, &done, ui.theme.text());
    }
}

impl Screen for SecondFactor {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["second-factor"]
    }
    fn title(&self) -> String {
        tr!("My second factor").into()
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        matches!(self.stage, Stage::Key { .. }).then_some(&mut self.code)
    }
    fn edited(&mut self, _cx: &mut Cx<Msg>) {
        self.problem = None;
    }
    fn waits_for(&self, _: Command) -> bool {
        self.state.is_none()
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let enrolled = self.state.as_ref().is_some_and(|s| s.enrolled.is_some());
        let at_state = matches!(self.stage, Stage::State);
        match command {
            _ if self.busy && command != Command::Leave => Err(Why::new("busy", tr!("It is being checked."))),
            Command::Begin if enrolled || !at_state => {
                Err(Why::new("second_factor_enrolled", tr!("A second factor is there already."))
                    .instead(tr!("Remove it first.")))
            }
            Command::Remove if !enrolled || !at_state => {
                Err(Why::new("second_factor_none", tr!("There is no second factor to remove.")))
            }
            Command::Accept if at_state && enrolled => {
                Err(Why::new("second_factor_enrolled", tr!("There is nothing to do here.")))
            }
            _ => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match (command, &self.stage) {
            (Command::Accept, Stage::Key { .. }) => self.confirm(cx),
            (Command::Accept, Stage::Codes(_)) => self.through(cx),
            (Command::Accept | Command::Begin, _) if self.due() => self.begin(None, cx),
            (Command::Accept | Command::Begin, _) => {
                Self::ask(tr!("Your password, to set up a second factor"), Msg::BeginWith, cx);
            }
            (Command::Remove, _) => {
                Self::ask(tr!("Your password, to remove the second factor"), Msg::RemoveWith, cx);
            }
            // The codes are shown once: they are left by Enter alone.
            (Command::Leave, Stage::Codes(_)) => {}
            (Command::Leave, _) if self.due() => cx.signed_out(),
            (Command::Leave, Stage::Key { .. }) => {
                self.stage = Stage::State;
                self.code.set("");
            }
            (Command::Leave, Stage::State) => cx.back(),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        self.busy = false;
        match msg {
            Msg::Loaded(Ok(state)) => {
                self.state = Some(state);
                if self.due() && matches!(self.stage, Stage::State) {
                    self.begin(None, cx);
                }
            }
            Msg::BeginWith(Some(password)) => self.begin(Some(password), cx),
            Msg::RemoveWith(Some(password)) => {
                self.busy = true;
                let login = self.login.clone();
                cx.save(
                    "second-factor.remove",
                    move |s| async move {
                        let proof = login::proof_of(&s, &login, Zeroizing::new(password)).await?;
                        if s.second_remove(&proof).await? { Ok(()) } else { Err(wrong_password()) }
                    },
                    Msg::Removed,
                );
            }
            Msg::BeginWith(None) | Msg::RemoveWith(None) => {}
            Msg::Begun(Ok(secret)) => {
                let picture = Qr::of(&totp_uri::uri(&self.login, &secret));
                self.stage = Stage::Key { key: totp_uri::base32(&secret), picture };
                self.code.set("");
            }
            Msg::Confirmed(Ok(codes)) => self.stage = Stage::Codes(codes),
            Msg::Confirmed(Err(e @ Error::Refused(_))) => self.problem = Some(e.to_string()),
            Msg::Removed(Ok(())) => {
                cx.toast(tr!("Removed. Your other sign-ins have ended."));
                self.load(cx);
            }
            Msg::Through(Ok(inside)) => {
                let (actor, store, arrival) = *inside;
                cx.arrived(actor, store, arrival);
            }
            Msg::Loaded(Err(e))
            | Msg::Begun(Err(e))
            | Msg::Confirmed(Err(e))
            | Msg::Removed(Err(e))
            | Msg::Through(Err(e)) => cx.failed(&e),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        if !matches!(self.stage, Stage::Key { .. }) {
            put(frame, area, 0, &format!(" {}", self.title()), ui.theme.strong());
        }
        match &self.stage {
            Stage::State => self.view_state(frame, area, ui),
            Stage::Key { .. } => self.view_key(frame, area, ui),
            Stage::Codes(codes) => self.view_codes(codes, frame, area, ui),
        }
    }
}

//! Hides everything until the password is typed. What is under it stays as it is, and its answers still arrive.
use super::text_input::TextLine;
use crate::{
    store::Error,
    tr,
    ui::{
        app::Unlock,
        cx::Cx,
        screen::{Screen, TextInput, Ui},
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What a locked terminal understands.
    pub enum Command {
        Open: "lock.open" "unlock" "Check the password and show everything again";
        SignOut: "lock.sign-out" "somebody else" "End this sign-in, so that somebody else signs in; drafts are kept";
    }
}

/// The layer of a locked terminal.
pub struct Lock {
    unlock: Unlock,
    password: TextLine,
    checking: bool,
    problem: Option<String>,
}

impl Lock {
    /// A lock that asks `unlock`.
    #[must_use]
    pub fn new(unlock: Unlock) -> Self {
        Self { unlock, password: TextLine::new().hidden(), checking: false, problem: None }
    }
}

impl Screen for Lock {
    type Command = Command;
    type Msg = Result<(), Error>;

    fn contexts(&self) -> &[&str] {
        &["lock"]
    }
    fn title(&self) -> String {
        tr!("Locked").into()
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        Some(&mut self.password)
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Self::Msg>) {
        if self.checking {
            return;
        }
        if command == Command::SignOut {
            return cx.signed_out();
        }
        self.checking = true;
        self.problem = None;
        let (unlock, password) = (self.unlock.clone(), self.password.text());
        self.password.set("");
        cx.save("lock.open", move |store| unlock(password, store), |result| result);
    }
    fn update(&mut self, result: Self::Msg, cx: &mut Cx<Self::Msg>) {
        self.checking = false;
        match result {
            Ok(()) => cx.unlocked(),
            Err(Error::NoSession) => cx.signed_out(),
            Err(e) => self.problem = Some(e.to_string()),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let login = ui.env.actor.as_ref().map(|a| a.login.clone()).unwrap_or_default();
        let area = super::centred(area, 60, 6);
        let inner = super::boxed(frame, area, tr!("Locked"), ui.theme);
        super::put(
            frame,
            inner,
            0,
            &tr!(" {login}, type your password. Nothing was lost.", login = login),
            ui.theme.text(),
        );
        let word = tr!(" Password ");
        super::put(frame, inner, 2, word, ui.theme.dim());
        let line = super::split_left(
            super::split_top(super::split_top(inner, 2)[1], 1)[0],
            crate::text::width(word) as u16,
        )[1];
        self.password.view(frame, line, ui.theme, ui.focused);
        let told =
            if self.checking { tr!("checking").to_owned() } else { self.problem.clone().unwrap_or_default() };
        super::put(frame, inner, 3, &format!(" {told}"), ui.theme.alarm());
    }
}

//! A one-time code, shown once: closed, it cannot be seen again.
use crate::{
    text::wrap,
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Kind, Screen, Ui},
        widgets::{boxed, centred, put},
    },
};
use ratatui::{Frame, layout::Rect};
use zeroize::Zeroizing;

crate::commands! {
    /// What the shown code understands.
    pub enum Command {
        Done: "code.done" "I have written it down" "Close; the code is not shown again";
    }
}

/// Shows whose code it is and the code.
pub struct CodeShown {
    login: String,
    code: Zeroizing<String>,
    answer: Answer<()>,
}

impl CodeShown {
    /// The code of the account with this login.
    #[must_use]
    pub fn new(login: String, code: Zeroizing<String>, answer: Answer<()>) -> Self {
        Self { login, code, answer }
    }
}

impl Screen for CodeShown {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &["code"]
    }
    fn title(&self) -> String {
        tr!("One-time code").into()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn confirms(&self, _command: Command) -> bool {
        true
    }
    fn command(&mut self, _command: Command, cx: &mut Cx<()>) {
        cx.answer(&self.answer.clone(), ());
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let said = tr!(
            "It works once within 72 hours and is not shown again. A password is chosen at the first sign-in."
        );
        let lines = wrap(said, 54);
        let inner = boxed(frame, centred(area, 60, lines.len() as u16 + 7), tr!("One-time code"), ui.theme);
        put(frame, inner, 0, &tr!(" Login  {login}", login = self.login), ui.theme.text());
        put(frame, inner, 1, &tr!(" Code   {code}", code = *self.code), ui.theme.strong());
        for (i, line) in lines.iter().enumerate() {
            put(frame, inner, 3 + i as u16, &format!(" {line}"), ui.theme.text());
        }
        let key = ui.key(&["code"], "code.done");
        let done = tr!(" {key} I have written it down", key = key);
        put(frame, inner, inner.height.saturating_sub(1), &done, ui.theme.strong());
    }
}

//! Choosing a password: after a one-time code before anything else works, otherwise whenever one likes.
//!
//! Rules: at least 12 characters, hard to guess, not the login, not the old one, typed twice alike. Each rule stands on
//! the screen and says whether it is kept.
use crate::{
    auth::{self, strength::PASSWORD_MIN},
    domain::{actor::Actor, why::Why},
    store::{Arrival, Error, Store},
    text::{clean, width, wrap},
    tr,
    ui::{
        cx::Cx,
        screen::{Leave, Screen, TextInput, Ui},
        widgets::{self, text_input::TextLine},
    },
};
use ratatui::{Frame, layout::Rect};
use zeroize::Zeroizing;

crate::commands! {
    /// What this screen understands.
    pub enum Command {
        Accept: "change-password.accept" "next, then save" "Go to the next field; after the last one, save";
        Save: "change-password.save" "save" "Save the new password";
        Next: "change-password.next" "next field" "Go to the next field" quiet;
        Previous: "change-password.previous" "field before" "Go to the field before" quiet;
        Leave: "change-password.leave" "leave" "Keep the old password; after a one-time code this signs out";
    }
}

/// What this screen is told.
pub enum Msg {
    /// What became of the change: the person as the server knows them now.
    Changed(Result<(Actor, Store, Arrival), Error>),
}

/// The password a person chooses: which rules it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// At least [`PASSWORD_MIN`] characters.
    pub long_enough: bool,
    /// Why it is guessed too easily, or is too long.
    pub weak: Option<Why>,
    /// Neither the login nor the old password.
    pub differs: bool,
    /// Twice the same.
    pub twice: bool,
}

impl Rules {
    /// Looks at a choice.
    #[must_use]
    pub fn of(login: &str, old: &str, new: &str, again: &str) -> Self {
        Self::of_person(&[login], old, new, again)
    }

    /// The same, with everything that is known of the person; the login is the first.
    #[must_use]
    pub fn of_person(own: &[&str], old: &str, new: &str, again: &str) -> Self {
        let given = !new.is_empty();
        let login = own.first().copied().unwrap_or_default();
        let long_enough = new.chars().count() >= PASSWORD_MIN;
        Self {
            long_enough,
            weak: auth::strength::check(new, own).err().filter(|_| long_enough),
            differs: given && !new.trim().eq_ignore_ascii_case(login.trim()) && new != old,
            twice: given && new == again,
        }
    }

    /// The first rule that is broken.
    ///
    /// # Errors
    /// The rule, and what works instead.
    pub fn check(&self) -> Result<(), Why> {
        if !self.long_enough {
            let sentence = tr!("A password has at least {n} characters.", n = PASSWORD_MIN);
            return Err(
                Why::new("password_length", sentence).instead(tr!("Four plain words are easy to keep."))
            );
        }
        if !self.differs {
            let sentence = tr!("The new password is the login or the old password.");
            return Err(Why::new("password_differs", sentence).instead(tr!("Choose another one.")));
        }
        if let Some(why) = &self.weak {
            return Err(why.clone());
        }
        if !self.twice {
            let sentence = tr!("The two new passwords differ.");
            return Err(Why::new("password_twice", sentence).instead(tr!("Type the same one twice.")));
        }
        Ok(())
    }
}

/// The form of three hidden lines: old, new, new again.
pub struct ChangePassword {
    lines: [TextLine; 3],
    at: usize,
    login: String,
    /// What is known of the person, the login first.
    own: Vec<String>,
    rules: Rules,
    forced: bool,
    saving: bool,
    problem: Option<String>,
}

impl ChangePassword {
    /// A form for this person.
    #[must_use]
    pub fn of(actor: Option<&Actor>) -> Self {
        Self {
            lines: std::array::from_fn(|_| TextLine::new().max(1024).hidden()),
            at: 0,
            login: actor.map(|a| a.login.clone()).unwrap_or_default(),
            own: actor
                .map(|a| {
                    let place = a.workplace.as_ref().map(|w| w.name.clone()).unwrap_or_default();
                    vec![a.login.clone(), a.name.family.clone(), a.name.given.clone(), place]
                })
                .unwrap_or_default(),
            rules: Rules::of("", "", "", ""),
            forced: actor.is_some_and(|a| a.must_change_password),
            saving: false,
            problem: None,
        }
    }

    /// Looks again at what is typed: the estimate is too slow for every frame.
    fn look(&mut self) {
        let [old, new, again] = &self.lines;
        let own: Vec<&str> = self.own.iter().map(String::as_str).collect();
        self.rules = Rules::of_person(&own, old.value(), new.value(), again.value());
    }

    fn wipe(&mut self) {
        self.lines.iter_mut().for_each(|l| l.set(""));
        self.at = 0;
        self.look();
    }

    fn save(&mut self, cx: &mut Cx<Msg>) {
        if self.saving {
            return;
        }
        if self.lines[0].value().is_empty() {
            self.at = 0;
            self.problem = Some(if self.forced {
                tr!("Type the one-time code you signed in with.").into()
            } else {
                tr!("Type your present password.").into()
            });
            return;
        }
        self.look();
        if let Err(why) = self.rules.check() {
            self.at = if why.rule == "password_twice" { 2 } else { 1 };
            self.problem = Some(why.to_string());
            return;
        }
        self.saving = true;
        self.problem = None;
        let old = Zeroizing::new(self.lines[0].text());
        let new = Zeroizing::new(self.lines[1].text());
        let login = self.login.clone();
        self.wipe();
        cx.save(
            "account.change-password",
            move |store| async move {
                if !auth::login::change_password(&store, &login, old, new).await? {
                    let why =
                        Why::new("password_wrong", tr!("The old password or one-time code is not right."));
                    return Err(Error::refused(why.instead(tr!("Type all three again."))));
                }
                let (actor, arrival) = (store.who_am_i().await?, store.arrival().await?);
                Ok((actor, store, arrival))
            },
            Msg::Changed,
        );
    }
}

impl Screen for ChangePassword {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["change-password"]
    }
    fn title(&self) -> String {
        tr!("Choose a password").into()
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.lines.get_mut(self.at).map(|l| l as &mut dyn TextInput)
    }
    fn edited(&mut self, _cx: &mut Cx<Msg>) {
        self.problem = None;
        self.look();
    }
    fn leave(&self) -> Leave {
        Leave::Free
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Accept if self.at < 2 => self.at += 1,
            Command::Accept | Command::Save => self.save(cx),
            Command::Next => self.at = (self.at + 1) % 3,
            Command::Previous => self.at = (self.at + 2) % 3,
            Command::Leave if self.forced => cx.signed_out(),
            Command::Leave => cx.back(),
        }
    }
    fn update(&mut self, Msg::Changed(result): Msg, cx: &mut Cx<Msg>) {
        self.saving = false;
        match result {
            Ok((actor, store, arrival)) if self.forced => cx.arrived(actor, store, arrival),
            Ok(_) => {
                cx.toast(tr!("The new password is saved. It counts from the next sign-in."));
                cx.back();
            }
            Err(Error::NoSession) => cx.signed_out(),
            Err(e) => self.problem = Some(e.to_string()),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let inner = Rect { x: area.x + area.width.min(2), width: area.width.saturating_sub(4), ..area };
        let room = usize::from(inner.width.max(1));
        let intro = if self.forced {
            tr!(
                "You signed in with a one-time code. Choose a password of your own; nothing else works before."
            )
        } else {
            tr!("Your other sign-ins end when you change your password.")
        };
        widgets::put(frame, inner, 1, &self.title(), ui.theme.strong());
        for (y, line) in (2..4).zip(wrap(intro, room)) {
            widgets::put(frame, inner, y, &line, ui.theme.dim());
        }
        let labels = [
            if self.forced { tr!("One-time code") } else { tr!("Present password") },
            tr!("New password"),
            tr!("The same again"),
        ];
        let column = labels.iter().map(|l| width(l)).max().unwrap_or(0) as u16 + 2;
        for (i, (line, label)) in self.lines.iter_mut().zip(labels).enumerate() {
            let y = 5 + i as u16;
            widgets::put(frame, inner, y, label, ui.theme.text());
            let field = Rect {
                x: inner.x + column.min(inner.width),
                y: (inner.y + y).min(inner.bottom()),
                width: inner.width.saturating_sub(column),
                height: u16::from(y < inner.height),
            };
            line.view(frame, field, ui.theme, ui.focused && i == self.at);
        }
        let rules = &self.rules;
        let said = [
            (rules.long_enough, tr!("at least {n} characters", n = PASSWORD_MIN)),
            (
                rules.long_enough && rules.weak.is_none(),
                tr!("hard to guess, also for who knows you").to_owned(),
            ),
            (rules.differs, tr!("neither your login nor the old one").to_owned()),
            (rules.twice, tr!("twice the same").to_owned()),
        ];
        for (y, (kept, rule)) in (9..).zip(said) {
            let (mark, style) =
                if kept { (tr!("yes"), ui.theme.good()) } else { (tr!("not yet"), ui.theme.dim()) };
            widgets::put(frame, inner, y, &format!("{:<9}{rule}", mark), style);
        }
        if self.saving {
            widgets::put(frame, inner, 14, tr!("saving"), ui.theme.dim());
        } else if let Some(problem) = &self.problem {
            for (y, line) in (14..17).zip(wrap(&clean(problem), room)) {
                widgets::put(frame, inner, y, &line, ui.theme.alarm());
            }
        }
    }
}

//! Writing to the clinic before anybody is signed in. What the sender says of themselves is not proven, and readers see so.
use super::write::{BODY, SUBJECT};
use crate::{
    domain::{
        ids::MessageId,
        message::{Letter, Sender},
        validate::{self, check_undated},
        why::Why,
    },
    store::{Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            form::{Field, Form},
            put, sentence, split_top,
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the form of a stranger's message understands.
    pub enum Command {
        Send: "message.send-unsigned" "send" "Send the message to the clinic";
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum F {
    Name,
    Email,
    Phone,
    Subject,
    Body,
}

/// The form.
pub struct Outside {
    form: Form<F>,
    id: MessageId,
    saving: bool,
    /// It arrived: nothing is left to do here.
    done: bool,
}

fn ruled(field: validate::Field) -> Field {
    let rule = field.rule();
    Field::text(tr_str(rule.label))
        .max(rule.max)
        .check(move |typed| if typed.is_empty() { Ok(()) } else { check_undated(field, typed).map(|_| ()) })
}

impl Default for Outside {
    fn default() -> Self {
        let form = Form::new()
            .with(F::Name, Field::text(tr!("Your name")).required().max(100))
            .with(F::Email, ruled(validate::Field::Email))
            .with(F::Phone, ruled(validate::Field::Phone))
            .with(F::Subject, Field::text(tr!("Subject")).max(SUBJECT))
            .with(F::Body, Field::many(tr!("Message"), 8).required().max(BODY));
        Self { form, id: MessageId::new(), saving: false, done: false }
    }
}

impl Screen for Outside {
    type Command = Command;
    type Msg = Result<(), Error>;

    fn contexts(&self) -> &[&str] {
        &["outside-form"]
    }
    fn title(&self) -> String {
        tr!("Write to the clinic").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        if self.done { None } else { Some(&mut self.form) }
    }
    fn available(&self, _: Command) -> Result<(), Why> {
        if self.saving {
            Err(Why::new("saving", tr!("It is being sent.")))
        } else if self.done {
            Err(Why::new("sent", tr!("Your message has arrived.")))
        } else {
            Ok(())
        }
    }
    fn leave(&self) -> Leave {
        if self.form.is_dirty() { Leave::Ask(tr!("the message").into()) } else { Leave::Free }
    }
    fn command(&mut self, _: Command, cx: &mut Cx<Self::Msg>) {
        if self.form.check().is_err() {
            return;
        }
        let get = |f| self.form.get(f).trim().to_owned();
        let from = Sender { name: get(F::Name), email: get(F::Email).to_lowercase(), phone: get(F::Phone) };
        if from.email.is_empty() && from.phone.is_empty() {
            self.form.go_to(F::Email);
            return cx.toast(tr!("Give an e-mail address or a phone, so that somebody can answer."));
        }
        let letter = Letter { subject: get(F::Subject), body: self.form.get(F::Body) };
        self.saving = true;
        let id = self.id;
        cx.save(
            "message.send-unsigned",
            move |s: Store| async move { s.write_to_clinic(id, from, letter).await },
            |r| r,
        );
    }
    fn update(&mut self, sent: Self::Msg, cx: &mut Cx<Self::Msg>) {
        self.saving = false;
        match sent {
            Ok(()) => {
                self.form.saved();
                self.done = true;
            }
            // The same id may be sent again: it arrives at most once.
            Err(e) => cx.failed(&e),
        }
    }
    fn retry(&mut self, cx: &mut Cx<Self::Msg>) {
        if self.done {
            cx.go(Route::Login);
        } else if !self.saving {
            self.command(Command::Send, cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 2);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        if self.done {
            let said = tr!(
                "Your message has arrived. The clinic answers by e-mail or phone. In an emergency do not wait: call an ambulance. Esc returns to the sign-in screen."
            );
            let inner = Rect { x: rest.x + 1, width: rest.width.saturating_sub(2), ..rest };
            sentence(frame, inner, said);
            return;
        }
        self.form.view(frame, rest, ui);
    }
}

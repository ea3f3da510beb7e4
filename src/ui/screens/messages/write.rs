//! Writing to a colleague, answering a patient, or writing to the clinic as its patient. A due date makes it a task.
use crate::{
    domain::{
        ids::{MessageId, RequestId},
        message::{Letter, MessageKind, Note},
        why::Why,
    },
    store::Error,
    tr,
    ui::{
        cx::Cx,
        route::MessageStart,
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            form::{Field, Form},
            put, split_top,
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the form of a message understands.
    pub enum Command {
        Send: "message.send" "send" "Send the message";
    }
}

/// Most characters of a subject.
pub const SUBJECT: usize = 100;
/// Most characters of a message.
pub const BODY: usize = 4000;

#[derive(Debug, Clone, Copy, PartialEq)]
enum F {
    Subject,
    Body,
    Due,
}

/// The form.
pub struct Write {
    form: Form<F>,
    /// To whom; nothing is to the clinic.
    start: Option<MessageStart>,
    id: MessageId,
    request: RequestId,
    saving: bool,
}

impl Write {
    /// To a colleague or a patient.
    #[must_use]
    pub fn to(start: MessageStart) -> Self {
        let mut form = Form::new()
            .with(F::Subject, Field::text(tr!("Subject")).max(SUBJECT).with(&start.subject))
            .with(F::Body, Field::many(tr!("Message"), 10).required().max(BODY));
        if start.kind == MessageKind::Staff {
            form = form.with(F::Due, Field::date(tr!("Due")).hint(tr!("a day makes it a task")));
        }
        if !start.subject.is_empty() {
            form.go_to(F::Body);
        }
        Self::with(form, Some(start))
    }

    /// To the clinic.
    #[must_use]
    pub fn to_clinic() -> Self {
        let form = Form::new()
            .with(F::Subject, Field::text(tr!("Subject")).max(SUBJECT))
            .with(F::Body, Field::many(tr!("Message"), 10).required().max(BODY));
        Self::with(form, None)
    }

    fn with(form: Form<F>, start: Option<MessageStart>) -> Self {
        Self { form, start, id: MessageId::new(), request: RequestId::new(), saving: false }
    }

    fn letter(&self) -> Letter {
        Letter { subject: self.form.get(F::Subject).trim().to_owned(), body: self.form.get(F::Body) }
    }
}

impl Screen for Write {
    type Command = Command;
    type Msg = Result<MessageId, Error>;

    fn contexts(&self) -> &[&str] {
        &["message-form"]
    }
    fn title(&self) -> String {
        tr!("Message").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn available(&self, _: Command) -> Result<(), Why> {
        if self.saving { Err(Why::new("saving", tr!("It is being sent."))) } else { Ok(()) }
    }
    fn leave(&self) -> Leave {
        if self.form.is_dirty() { Leave::Ask(tr!("the message").into()) } else { Leave::Free }
    }
    fn command(&mut self, _: Command, cx: &mut Cx<Self::Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        if self.form.check().is_err() {
            return;
        }
        let due = if self.start.as_ref().is_some_and(|s| s.kind == MessageKind::Staff) {
            self.form.date_of(F::Due)
        } else {
            None
        };
        if due.is_some_and(|d| d < cx.env().today()) {
            return self.form.problem(F::Due, tr!("A task is due today or later."));
        }
        self.saving = true;
        let (id, request, letter) = (self.id, self.request, self.letter());
        let Some(start) = self.start.clone() else {
            return cx.save(
                "message.send",
                move |store| async move { store.send_to_clinic(&actor, request, id, letter).await },
                |sent| sent,
            );
        };
        let note = Note {
            to: start.to,
            about: start.about.map(|(patient, _)| patient),
            letter,
            due_on: due,
            answer_to: start.answer_to,
        };
        cx.save(
            "message.send",
            move |store| async move { store.send_message(&actor, request, id, start.kind, note).await },
            |sent| sent,
        );
    }
    fn update(&mut self, sent: Self::Msg, cx: &mut Cx<Self::Msg>) {
        self.saving = false;
        match sent {
            Ok(_) => {
                self.form.saved();
                cx.toast(tr!("The message was sent."));
                cx.back();
            }
            Err(e) => {
                if !matches!(e, Error::Unknown) {
                    self.request = RequestId::new();
                }
                cx.failed(&e);
            }
        }
    }
    fn retry(&mut self, cx: &mut Cx<Self::Msg>) {
        if !self.saving {
            self.command(Command::Send, cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rest] = split_top(area, 2);
        let to = match &self.start {
            None => tr!(" To the clinic").to_owned(),
            Some(s) => match &s.about {
                Some((_, patient)) => tr!(" To {name}, about {patient}", name = s.to_name, patient = patient),
                None => tr!(" To {name}", name = s.to_name),
            },
        };
        put(frame, head, 0, &to, ui.theme.strong());
        self.form.view(frame, rest, ui);
    }
}

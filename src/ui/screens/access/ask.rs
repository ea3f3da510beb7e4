//! Asking to read a history that is closed: why, and for how long. The patient or an administrator answers.
use crate::{
    domain::{
        access::{MOST_DAYS, NewAccessRequest},
        ids::{AccessRequestId, PatientId, RequestId},
        why::Why,
    },
    store::{Error, HistoryPage},
    text::{tr_n, wrap},
    tr,
    ui::{
        cx::Cx,
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            self,
            form::{Field, Form},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What asking for access understands.
    pub enum Command {
        Send: "access.request" "send" "Ask the patient or an administrator to open the history for you";
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Why,
    Days,
}

/// What this screen is told.
pub enum Msg {
    /// Whose history it is, why it is closed, and for how long access is granted by itself.
    Loaded(Box<Result<(HistoryPage, u32), Error>>),
    Sent(Result<(), Error>),
}

/// The form.
pub struct Ask {
    patient: PatientId,
    id: AccessRequestId,
    request: RequestId,
    page: Option<HistoryPage>,
    form: Form<Name>,
    saving: bool,
}

impl Ask {
    /// Asks for the history of this patient.
    #[must_use]
    pub fn of(patient: PatientId) -> Self {
        Self {
            patient,
            id: AccessRequestId::new(),
            request: RequestId::new(),
            page: None,
            form: Form::new()
                .with(Name::Why, Field::many(tr!("Why you need to read it"), 4).required().max(1000))
                .with(
                    Name::Days,
                    Field::number(tr!("For how many days"), 1.0, f64::from(MOST_DAYS)).required().with("30"),
                ),
            saving: false,
        }
    }
}

impl Screen for Ask {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["access-form"]
    }
    fn title(&self) -> String {
        tr!("Ask for access").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn available(&self, _command: Command) -> Result<(), Why> {
        match &self.page {
            _ if self.saving => Err(Why::new("saving", tr!("It is being sent."))),
            Some(page) if page.closed.is_none() => {
                Err(Why::new("access_is_there", tr!("You can read this record already.")))
            }
            _ => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), patient) = (cx.env().actor.clone(), self.patient) else { return };
        cx.load(
            "access.ask",
            move |store| async move {
                let page = store.patient_visits(&actor, patient, None, false).await?;
                Ok((page, store.access_days(&actor).await?))
            },
            |r| Msg::Loaded(Box::new(r)),
        );
    }
    fn command(&mut self, _command: Command, cx: &mut Cx<Msg>) {
        if self.form.check().is_err() {
            return;
        }
        let Some(actor) = cx.env().actor.clone() else { return };
        let new = NewAccessRequest {
            id: self.id,
            patient: self.patient,
            reason: self.form.get(Name::Why),
            days: self.form.get(Name::Days).trim().parse().unwrap_or(0),
        };
        let request = self.request;
        self.saving = true;
        cx.save(
            "access.request",
            move |store| async move { store.ask_access(&actor, request, new).await },
            Msg::Sent,
        );
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(loaded) => match *loaded {
                Ok((page, days)) => {
                    self.page = Some(page);
                    if !self.form.is_dirty() {
                        self.form.set(Name::Days, &days.to_string());
                        self.form.saved();
                    }
                }
                Err(e) => cx.failed(&e),
            },
            Msg::Sent(Ok(())) => {
                self.saving = false;
                self.form.saved();
                cx.toast(tr!(
                    "Asked. Your first screen says when it is answered; the record opens by itself."
                ));
                cx.back();
            }
            Msg::Sent(Err(e)) => {
                self.saving = false;
                if !matches!(e, Error::Unknown) {
                    (self.request, self.id) = (RequestId::new(), AccessRequestId::new());
                }
                cx.failed(&e);
            }
        }
    }
    fn leave(&self) -> Leave {
        match self.form.dirty_fields() {
            0 => Leave::Free,
            n => Leave::Ask(tr_n("{n} unsaved field", "{n} unsaved fields", n)),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let room = usize::from(area.width.saturating_sub(2).max(1));
        let mut lines = vec![];
        if let Some(page) = &self.page {
            lines.extend(page.closed.iter().flat_map(|why| wrap(&why.sentence, room)));
        }
        lines.extend(wrap(
            tr!("The patient and the administrators see who asks and why; one of them answers. All of it is logged."),
            room,
        ));
        let [head, rest] = widgets::split_top(area, 2 + lines.len() as u16);
        let who = self.page.as_ref().map(|p| {
            tr!(
                "Ask to read the history of {who} ({number})",
                who = p.name,
                number = format!("{:06}", p.record_number)
            )
        });
        widgets::put(frame, head, 0, &format!(" {}", who.unwrap_or_else(|| self.title())), ui.theme.strong());
        for (y, line) in (1..).zip(&lines) {
            widgets::put(frame, head, y, &format!(" {line}"), ui.theme.dim());
        }
        self.form.view(frame, rest, ui);
    }
}

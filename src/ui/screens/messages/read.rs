//! One message, whole: who wrote it and what the clinic knows of them, what it is about, and what became of it.
use super::{sender, sent, told};
use crate::{
    domain::{dates, message::Message},
    tr,
    ui::{
        command::NoCommand,
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::scroll_text::ScrollText,
    },
};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};

/// The screen.
pub struct Reading {
    text: ScrollText,
}

impl Reading {
    /// A message with its times in `zone`.
    #[must_use]
    pub fn new(m: &Message, zone: Tz) -> Self {
        Self { text: ScrollText::new(message_text(m, zone)) }
    }
}

/// A message as one text.
#[must_use]
pub fn message_text(m: &Message, zone: Tz) -> String {
    let mut lines = vec![tr!("From {who}", who = sender(m))];
    let contact = [m.sender.email.trim(), m.sender.phone.trim()];
    let contact: Vec<&str> = contact.into_iter().filter(|c| !c.is_empty()).collect();
    if !contact.is_empty() {
        lines.push(tr!("Contact {contact}", contact = contact.join(", ")));
    }
    if !m.proven {
        lines.push(tr!("The sender had not signed in: name and address are what they typed.").into());
    }
    lines.push(match &m.to {
        Some((_, name)) => tr!("To {name}", name = name),
        None => tr!("To the clinic").into(),
    });
    if let Some((_, name)) = &m.about {
        lines.push(tr!("About {patient}", patient = name));
    }
    lines.push(tr!("Sent {when}", when = sent(m, zone)));
    if let Some(due) = m.due_on {
        lines.push(tr!("Task, due {day}", day = dates::long_date(due)));
    }
    if let Some((at, by)) = &m.read {
        lines.push(tr!("Read {when} by {who}", when = told(*at, zone), who = by));
    }
    if let Some((at, by)) = &m.done {
        lines.push(tr!("Done {when} by {who}", when = told(*at, zone), who = by));
    }
    lines.push(String::new());
    if !m.letter.subject.trim().is_empty() {
        lines.push(m.letter.subject.clone());
        lines.push(String::new());
    }
    lines.push(m.letter.body.clone());
    lines.join("\n")
}

impl Screen for Reading {
    type Command = NoCommand;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &[]
    }
    fn title(&self) -> String {
        tr!("Message").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.text)
    }
    fn command(&mut self, command: NoCommand, _cx: &mut Cx<()>) {
        match command {}
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.text.view(frame, area, ui);
    }
}

//! One event of the log whole: everything it says, its place in its chain, and the root that proves it.
use super::{action_word, subject, who};
use crate::{
    audit::to_hex,
    domain::{audit::AuditProof, ids::AuditEventId},
    store::Error,
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{put, scroll_text::ScrollText, split_top},
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the view of an event understands.
    pub enum Command {
        Viewers: "audit.viewers" "who viewed" "Show who looked at the record of this event's patient";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Box<Result<AuditProof, Error>>),
}

/// One event on the screen.
pub struct EventView {
    id: AuditEventId,
    proof: Option<AuditProof>,
    text: ScrollText,
}

impl EventView {
    /// The event with this id.
    #[must_use]
    pub fn of(id: AuditEventId) -> Self {
        Self { id, proof: None, text: ScrollText::default() }
    }
}

/// The event in lines: a label and a value each.
fn lines(p: &AuditProof) -> String {
    let e = &p.entry;
    let at = e.at.with_timezone(&p.zone);
    let id = |i: Option<uuid::Uuid>| i.map_or_else(|| "-".to_owned(), |i| i.to_string());
    let mut rows = vec![
        (tr!("Time"), format!("{} ({})", at.format("%a %d %b %Y %H:%M:%S%.6f %Z"), p.zone)),
        (tr!("Who"), format!("{} ({})", who(e), e.role.replace('_', " "))),
        (tr!("Session"), id(p.session)),
        (tr!("Action"), format!("{} ({})", action_word(&e.action), e.action)),
        (tr!("Outcome"), if e.refused { tr!("refused") } else { tr!("done") }.to_owned()),
        (tr!("Record"), format!("{} {}", e.entity.replace('_', " "), id(e.entity_id))),
        (
            tr!("Patient"),
            if e.patient.is_some() {
                format!("{}  {}", subject(e), id(e.patient.map(|p| p.0)))
            } else {
                "-".to_owned()
            },
        ),
    ];
    rows.extend(e.facts.as_object().into_iter().flatten().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.as_str(), value)
    }));
    let root = match p.root {
        Some((n, at)) => {
            tr!(
                "root {n} of {at} covers it",
                n = n,
                at = at.with_timezone(&p.zone).format("%d %b %Y %H:%M:%S")
            )
        }
        None => tr!("no root yet: until the next one only its chain protects it").to_owned(),
    };
    rows.extend([
        (tr!("Event"), e.id.0.to_string()),
        (tr!("Chain"), tr!("number {n} of {chain}", n = p.n, chain = p.chain)),
        (tr!("Follows"), to_hex(&p.previous)),
        (tr!("Hash"), to_hex(&p.hash)),
        (tr!("Proof"), root),
    ]);
    rows.iter().map(|(label, value)| format!(" {label}: {value}\n")).collect()
}

impl Screen for EventView {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["audit-event"]
    }
    fn title(&self) -> String {
        tr!("An event of the log").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.text)
    }
    fn available(&self, _: Command) -> Result<(), crate::domain::why::Why> {
        if self.proof.as_ref().is_some_and(|p| p.entry.patient.is_some()) {
            Ok(())
        } else {
            Err(crate::domain::why::Why::new("no_patient", tr!("This event is about no patient.")))
        }
    }
    fn waits_for(&self, _: Command) -> bool {
        self.proof.is_none()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let id = self.id;
        cx.load(
            "audit.event",
            move |store| async move { store.audit_event(&actor, id).await },
            |r| Msg::Loaded(Box::new(r)),
        );
    }
    fn command(&mut self, _: Command, cx: &mut Cx<Msg>) {
        if let Some(patient) = self.proof.as_ref().and_then(|p| p.entry.patient) {
            cx.push(Route::RecordViewers(patient));
        }
    }
    fn update(&mut self, Msg::Loaded(loaded): Msg, cx: &mut Cx<Msg>) {
        match *loaded {
            Ok(proof) => {
                self.text.set(lines(&proof));
                self.proof = Some(proof);
            }
            Err(e) => cx.failed(&e),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 2);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        self.text.view(frame, rest, ui);
    }
}

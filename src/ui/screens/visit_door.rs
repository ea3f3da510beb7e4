//! The way into a visit: starts an appointment's visit, or that of whoever waits next, and goes to its panel.
use crate::{
    domain::ids::{AppointmentId, EncounterId, RequestId},
    store::Error,
    tr,
    ui::{
        command::NoCommand,
        cx::Cx,
        route::Route,
        screen::{Screen, Ui},
        widgets,
    },
};
use ratatui::{Frame, layout::Rect};

/// Whose visit is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Appointment(AppointmentId),
    Next,
}

/// A place that is left as soon as the visit is there.
pub struct VisitDoor {
    whose: Whose,
    request: RequestId,
    problem: Option<String>,
}

impl VisitDoor {
    /// Into the visit of this appointment.
    #[must_use]
    pub fn of(appointment: AppointmentId) -> Self {
        Self { whose: Whose::Appointment(appointment), request: RequestId::new(), problem: None }
    }
    /// Into the visit of the patient who waits next for the signed-in provider.
    #[must_use]
    pub fn next() -> Self {
        Self { whose: Whose::Next, request: RequestId::new(), problem: None }
    }
}

impl Screen for VisitDoor {
    type Command = NoCommand;
    /// The visit; nothing when nobody waits.
    type Msg = Result<Option<EncounterId>, Error>;

    fn contexts(&self) -> &[&str] {
        &[]
    }
    fn title(&self) -> String {
        tr!("Visit").into()
    }
    fn opened(&mut self, cx: &mut Cx<Self::Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (whose, request) = (self.whose, self.request);
        self.problem = None;
        cx.save(
            "visit.start",
            move |store| async move {
                let appointment = match whose {
                    Whose::Appointment(id) => id,
                    Whose::Next => match store.next_waiting(&actor).await? {
                        Some(waiting) => waiting.appointment,
                        None => return Ok(None),
                    },
                };
                store.start_visit(&actor, request, appointment).await.map(|s| Some(s.encounter))
            },
            |outcome| outcome,
        );
    }
    fn command(&mut self, command: NoCommand, _cx: &mut Cx<Self::Msg>) {
        match command {}
    }
    fn update(&mut self, outcome: Self::Msg, cx: &mut Cx<Self::Msg>) {
        if !matches!(outcome, Err(Error::Unknown)) {
            self.request = RequestId::new();
        }
        match outcome {
            Ok(Some(encounter)) => cx.go(Route::Visit(encounter)),
            Ok(None) => {
                cx.back();
                cx.toast(tr!("Nobody is waiting for you."));
            }
            Err(e) => {
                self.problem = Some(e.to_string());
                cx.failed(&e);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        match &self.problem {
            Some(problem) => widgets::sentence(frame, area, problem),
            None => widgets::notice(frame, area, tr!("loading"), ui.theme),
        }
    }
}

//! Breaking the glass: who exactly, why, and the password again; while it is open, its visit, its history and its end.
pub mod review;

use crate::{
    auth::login,
    domain::{
        access::{NewEmergency, OpenEmergency},
        dates,
        ids::{AppointmentId, EmergencyId, RequestId},
        why::Why,
    },
    store::{Change, Error},
    text::{tr_n, wrap},
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            self,
            confirm::Confirm,
            form::{Field, Form},
        },
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};
use zeroize::Zeroizing;

crate::commands! {
    /// What breaking the glass understands.
    pub enum Command {
        Break: "emergency.open" "break the glass" "Open the whole history for 60 minutes; somebody reviews it";
        Visit: "emergency.visit" "visit" "Write the visit of this emergency";
        History: "emergency.history" "history" "Read the patient's visits";
        End: "emergency.end" "end" "End the emergency access now";
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Number,
    Born,
    Why,
    Password,
}

/// What this screen is told.
pub enum Msg {
    Now(Result<Option<OpenEmergency>, Error>),
    Opened(Result<OpenEmergency, Error>),
    Sure(bool),
    Ended(Result<(), Error>),
}

/// The form, or the emergency that is open.
pub struct Emergency {
    today: NaiveDate,
    form: Form<Name>,
    open: Option<OpenEmergency>,
    loading: bool,
    saving: bool,
    request: RequestId,
    ids: (EmergencyId, AppointmentId),
}

impl Emergency {
    /// The form; `today` decides which year a birth date of two digits means.
    #[must_use]
    pub fn new(today: NaiveDate) -> Self {
        Self {
            today,
            form: form(today),
            open: None,
            loading: false,
            saving: false,
            request: RequestId::new(),
            ids: (EmergencyId::new(), AppointmentId::new()),
        }
    }
}

fn form(today: NaiveDate) -> Form<Name> {
    Form::new()
        .with(
            Name::Number,
            Field::text(tr!("Number of the patient"))
                .required()
                .max(40)
                .hint(tr!("record, national or Medicare number, whole")),
        )
        .with(
            Name::Born,
            Field::text(tr!("Birth date"))
                .required()
                .max(20)
                .hint(tr!("4/5/1996 or 4 may 1996"))
                .check(move |typed| dates::parse_birth_date(typed, today).map(drop)),
        )
        .with(Name::Why, Field::many(tr!("Why this is an emergency"), 3).required().max(1000))
        .with(Name::Password, Field::secret(tr!("Your password again")).required())
}

impl Emergency {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.loading = true;
        cx.load("emergency.now", move |store| async move { store.emergency_now(&actor).await }, Msg::Now);
    }

    fn break_glass(&mut self, cx: &mut Cx<Msg>) {
        if self.form.check().is_err() {
            return;
        }
        let born = dates::parse_birth_date(&self.form.get(Name::Born), self.today);
        let (Some(actor), Ok(born)) = (cx.env().actor.clone(), born) else { return };
        let new = NewEmergency {
            id: self.ids.0,
            appointment: self.ids.1,
            number: self.form.get(Name::Number),
            born,
            reason: self.form.get(Name::Why),
            centre: actor.workplace.as_ref().map(|w| w.centre),
        };
        let password = Zeroizing::new(self.form.get(Name::Password));
        self.form.set(Name::Password, "");
        let request = self.request;
        self.saving = true;
        cx.save(
            "emergency.open",
            move |store| async move {
                let proof = login::proof(&store, &actor.login, password).await?;
                store.open_emergency(&actor, request, new, proof.to_vec()).await
            },
            Msg::Opened,
        );
    }
}

impl Screen for Emergency {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        if self.open.is_some() { &["emergency"] } else { &["emergency-form"] }
    }
    fn title(&self) -> String {
        tr!("Emergency access").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        if self.open.is_some() { None } else { Some(&mut self.form) }
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            _ if self.saving => Err(Why::new("saving", tr!("It is being saved."))),
            Command::Break if self.open.is_some() => {
                Err(Why::new("emergency_one_at_a_time", tr!("An emergency access of yours is open.")))
            }
            Command::Break => Ok(()),
            _ if self.open.is_none() => {
                Err(Why::new("emergency_is_over", tr!("No emergency access is open.")))
            }
            _ => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if change.concerns(&["emergency"]) {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match (command, &self.open) {
            (Command::Break, _) => self.break_glass(cx),
            (Command::Visit, Some(e)) => cx.push(Route::StartVisit(e.appointment)),
            (Command::History, Some(e)) => cx.push(Route::History(e.patient)),
            (Command::End, Some(e)) => {
                let question = tr!("End the emergency access to {who} now?", who = e.name);
                cx.open(
                    move |a| {
                        Confirm::new(question, a)
                            .consequence(tr!("What you wrote stays open to you; nothing else does."))
                            .yes(tr!("end it"))
                            .no(tr!("go on"))
                    },
                    Msg::Sure,
                );
            }
            (_, None) => {}
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Now(Ok(open)) => (self.open, self.loading) = (open, false),
            Msg::Now(Err(e)) => {
                self.loading = false;
                cx.failed(&e);
            }
            Msg::Opened(Ok(open)) => {
                let appointment = open.appointment;
                *self = Self { open: Some(open), ..Self::new(self.today) };
                cx.toast(tr!("The record is open for 60 minutes. Auditors and administrators were told."));
                cx.push(Route::StartVisit(appointment));
            }
            Msg::Opened(Err(e)) => {
                self.saving = false;
                if !matches!(e, Error::Unknown) {
                    self.request = RequestId::new();
                    self.ids = (EmergencyId::new(), AppointmentId::new());
                }
                if let Error::Refused(why) = &e {
                    let field = match why.rule.as_str() {
                        "step_up_wrong" => Some(Name::Password),
                        "emergency_no_such_patient" => Some(Name::Number),
                        _ => None,
                    };
                    if let Some(field) = field {
                        self.form.problem(field, why.sentence.clone());
                    }
                }
                cx.failed(&e);
            }
            Msg::Sure(true) => {
                let (Some(actor), Some(e)) = (cx.env().actor.clone(), &self.open) else { return };
                let (id, request) = (e.id, RequestId::new());
                self.saving = true;
                cx.save(
                    "emergency.end",
                    move |store| async move { store.end_emergency(&actor, request, id).await },
                    Msg::Ended,
                );
            }
            Msg::Sure(false) => {}
            Msg::Ended(done) => {
                self.saving = false;
                match done {
                    Ok(()) => cx.toast(tr!("Emergency access has ended.")),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
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
        if let Some(e) = &self.open {
            let until = dates::clock(e.until.with_timezone(&ui.env.zone()).time());
            widgets::put(frame, area, 0, &format!(" {}", self.title()), ui.theme.strong());
            let who = format!(" {}  {:06}", e.name, e.record_number);
            widgets::put(frame, area, 2, &who, ui.theme.text());
            let about = tr!(
                "The whole history is open to you until {time}. Afterwards only what you wrote. It is reviewed.",
                time = until
            );
            for (y, line) in (3..).zip(wrap(&about, room)) {
                widgets::put(frame, area, y, &format!(" {line}"), ui.theme.text());
            }
            return;
        }
        let about = tr!(
            "For a patient you do not treat, in an emergency only. It opens the whole history for 60 minutes under an emergency visit with you. Auditors and administrators are told now, somebody reviews it, and the patient can see it."
        );
        let lines = wrap(about, room);
        let [head, rest] = widgets::split_top(area, 2 + lines.len() as u16);
        widgets::put(frame, head, 0, &format!(" {}", self.title()), ui.theme.strong());
        for (y, line) in (1..).zip(&lines) {
            widgets::put(frame, head, y, &format!(" {line}"), ui.theme.warn());
        }
        if self.saving {
            widgets::notice(frame, rest, tr!("Checking your password."), ui.theme);
        } else {
            self.form.view(frame, rest, ui);
        }
    }
}

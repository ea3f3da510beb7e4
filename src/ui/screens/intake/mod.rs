//! Guided intake: find or register the patient, identity, vital signs, allergies, appointment. Every step can be skipped and
//! taken up again, also at another desk; what a step saves is saved at once.
use crate::{
    domain::{
        ids::{PatientId, RequestId},
        patient::{Identity, LookAlike, PatientField, PatientHit},
        why::Why,
    },
    store::{Draft, Error, PatientProfile, Registered},
    tr,
    ui::{
        cx::{Cx, Env},
        desk,
        draft::Keeps,
        identity_form,
        route::{BookingStart, IntakeStart, IntakeStep as Step, Route},
        screen::{Screen, Ui, Widget},
        widgets::{
            form::Form,
            picker::{Picker, Row},
        },
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};

mod kept;
mod steps;
mod view;
use kept::{Kept, Mark};

crate::commands! {
    /// What the intake understands.
    pub enum Command {
        Find: "intake.find" "find" "Find the patient by name, number, phone or birth date";
        New: "intake.new" "new person" "Register somebody who is not known here" => "patient.register";
        Unfinished: "intake.unfinished" "unfinished" "Go on with an intake that was left";
        Save: "intake.save" "save and go on" "Save this step and go to the next";
        NoneKnown: "intake.none-known" "no allergies" "The patient was asked and knows of no allergy";
        Book: "intake.book" "book" "Book an appointment for the patient" => "appointment.book";
        WalkIn: "intake.walk-in" "walk-in" "The patient is here without an appointment";
        Finish: "intake.finish" "finish" "End the intake without an appointment";
        Skip: "intake.skip" "skip" "Go to the next step without this one";
        Back: "intake.back" "step before" "Go to the step before";
        Step1: "intake.step-1" "who" "Go to the first step" quiet;
        Step2: "intake.step-2" "identity" "Go to the identity" quiet;
        Step3: "intake.step-3" "vital signs" "Go to the vital signs" quiet;
        Step4: "intake.step-4" "allergies" "Go to the allergies" quiet;
        Step5: "intake.step-5" "appointment" "Go to the appointment" quiet;
    }
}

/// What the intake is told.
pub enum Msg {
    Profile(Result<Box<PatientProfile>, Error>),
    Drafts(Result<Vec<Draft>, Error>),
    Picked(Option<PatientHit>),
    Resume(Option<PatientId>),
    Alike(Box<Identity>, Result<Vec<LookAlike>, Error>),
    /// Somebody who is there already, or nobody of them.
    Same(Box<Identity>, Option<Option<PatientHit>>),
    Registered(Result<Registered, Error>),
    Identity(Result<i64, Error>),
    Vitals(String, Result<(), Error>),
    Allergy(String, Result<(), Error>),
    NoneKnown(Result<(), Error>),
}

/// The name of an intake's draft; its part is the patient.
pub const FORM: &str = "patient.intake";

/// The screen.
pub struct Intake {
    patient: Option<PatientId>,
    profile: Option<Box<PatientProfile>>,
    step: Step,
    marks: [Mark; Step::COUNT],
    identity: Form<PatientField>,
    vitals: Form<steps::V>,
    allergy: Form<steps::A>,
    /// What this intake stored, for the eye.
    stored: Vec<String>,
    /// Intakes that were left, by their patient.
    unfinished: Vec<(PatientId, Kept)>,
    carried: Option<String>,
    today: NaiveDate,
    id: PatientId,
    request: RequestId,
    opened: bool,
    saving: bool,
    /// A step was taken without a key being typed: that is kept as well.
    stepped: bool,
    finished: bool,
}

impl Intake {
    /// An intake: of somebody, or of whoever is found or registered first.
    #[must_use]
    pub fn new(start: &IntakeStart, today: NaiveDate) -> Self {
        let mut identity = identity_form::form(today);
        if start.patient.is_none() {
            identity_form::look_for(&mut identity, &start.looked_for, today);
        }
        let typed = identity.typed();
        let step = match (start.patient, &typed) {
            (Some(_), _) => start.step.max(Step::Identity),
            (None, Some(_)) => Step::Identity,
            (None, None) => Step::Who,
        };
        let mut marks = [Mark::Open; Step::COUNT];
        for mark in &mut marks[..step as usize] {
            *mark = Mark::Done;
        }
        Self {
            patient: start.patient,
            profile: None,
            step,
            marks,
            identity,
            vitals: steps::vitals(),
            allergy: steps::allergy(),
            stored: vec![],
            unfinished: vec![],
            carried: typed,
            today,
            id: PatientId::new(),
            request: RequestId::new(),
            opened: false,
            saving: false,
            stepped: start.step > Step::Identity,
            finished: false,
        }
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        if let Some(id) = self.patient {
            let opened = !std::mem::replace(&mut self.opened, true);
            cx.load(
                "intake.patient",
                move |store| async move { store.patient_profile(&actor, id, opened).await.map(Box::new) },
                Msg::Profile,
            );
        } else {
            let subject = actor.account.0;
            cx.load(
                "intake.drafts",
                move |store| async move { store.drafts(&actor, subject).await },
                Msg::Drafts,
            );
        }
    }

    fn go(&mut self, step: Step) {
        self.step = step;
        self.stepped = true;
    }

    fn next(&mut self, mark: Mark) {
        let at = self.step as usize;
        if self.marks[at] != Mark::Done {
            self.marks[at] = mark;
        }
        self.go(self.step.next());
    }

    fn found(&self, id: PatientId, step: Step, cx: &mut Cx<Msg>) {
        cx.go(Route::Intake(IntakeStart { patient: Some(id), looked_for: String::new(), step }));
    }

    fn end(&mut self, walk_in: Option<bool>, cx: &mut Cx<Msg>) {
        let Some(patient) = self.patient else { return };
        self.finished = true;
        self.stepped = true;
        match walk_in {
            Some(walk_in) => {
                let start = BookingStart { patient: Some(patient), walk_in, ..BookingStart::default() };
                cx.push(Route::Booking(start));
            }
            None => cx.push(Route::Patient(patient)),
        }
        cx.close();
    }
}

impl Screen for Intake {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        match self.step {
            Step::Who => &["intake-who", "intake"],
            Step::Appointment => &["intake-end", "intake"],
            _ => &["intake"],
        }
    }
    fn title(&self) -> String {
        match &self.profile {
            Some(p) => tr!("Intake of {who}", who = p.name()),
            None => tr!("Intake").into(),
        }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        match self.step {
            Step::Identity => Some(&mut self.identity),
            Step::Vitals => Some(&mut self.vitals),
            Step::Allergies => Some(&mut self.allergy),
            Step::Who | Step::Appointment => None,
        }
    }
    fn takes_digits(&self) -> Option<&'static str> {
        Some("steps")
    }
    fn digits(&self) -> u8 {
        Step::COUNT as u8
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let at = |step: Step| {
            if self.step == step {
                Ok(())
            } else {
                Err(Why::new("other_step", tr!("That belongs to another step."))
                    .instead(tr!("The digits go there.")))
            }
        };
        let somebody = || {
            if self.patient.is_some() {
                return Ok(());
            }
            Err(Why::new("intake_who", tr!("Nobody is chosen yet: the other steps need a patient."))
                .instead(tr!("Find the patient, or register a new person.")))
        };
        match command {
            Command::Find | Command::New => at(Step::Who),
            Command::Unfinished if self.unfinished.is_empty() => {
                Err(Why::new("nothing_unfinished", tr!("No intake was left unfinished.")))
            }
            Command::Unfinished => at(Step::Who),
            Command::NoneKnown => at(Step::Allergies),
            Command::Book | Command::WalkIn | Command::Finish => {
                at(Step::Appointment).and_then(|()| somebody())
            }
            Command::Save => match self.step {
                Step::Who | Step::Appointment => at(Step::Identity),
                _ => Ok(()),
            },
            Command::Skip if self.step == Step::Appointment => at(Step::Who),
            Command::Skip if self.step == Step::Who => somebody(),
            Command::Back if self.step == Step::Who => at(Step::Identity),
            Command::Skip | Command::Step3 | Command::Step4 | Command::Step5 => somebody(),
            Command::Back | Command::Step1 | Command::Step2 => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        self.saving || command == Command::Save && self.patient.is_some() && self.profile.is_none()
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Find => {
                let (actor, today) = (cx.env().actor.clone(), self.today);
                cx.open(
                    move |answer| {
                        Picker::new(tr!("Who is it?"), answer)
                            .hint(tr!("Type part of a name, a number, a phone or a birth date."))
                            .query("intake.find", move |typed, store| {
                                desk::patient_rows(store, actor.clone(), typed, today)
                            })
                    },
                    Msg::Picked,
                );
            }
            Command::New => {
                if self.patient.is_some() {
                    return cx
                        .go(Route::Intake(IntakeStart { step: Step::Identity, ..IntakeStart::default() }));
                }
                self.marks[0] = Mark::Done;
                self.go(Step::Identity);
            }
            Command::Unfinished => match self.unfinished.as_slice() {
                [(one, kept)] => self.found(*one, kept.step, cx),
                several => {
                    let row = |(id, kept): &(PatientId, Kept)| {
                        Row::new(*id, kept.who.clone(), tr!("at {step}", step = kept.step.word()))
                    };
                    let rows = several.iter().map(row).collect();
                    cx.open(|a| Picker::new(tr!("Go on with which intake?"), a).rows(rows), Msg::Resume);
                }
            },
            Command::Save => self.save(cx),
            Command::NoneKnown => self.none_known(cx),
            Command::Book => self.end(Some(false), cx),
            Command::WalkIn => self.end(Some(true), cx),
            Command::Finish => self.end(None, cx),
            Command::Skip => self.next(Mark::Skipped),
            Command::Back => self.go(self.step.before()),
            Command::Step1 => self.go(Step::Who),
            Command::Step2 => self.go(Step::Identity),
            Command::Step3 => self.go(Step::Vitals),
            Command::Step4 => self.go(Step::Allergies),
            Command::Step5 => self.go(Step::Appointment),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Profile(Ok(profile)) => {
                if self.profile.is_none() || !self.identity.is_dirty() {
                    identity_form::fill(&mut self.identity, &profile.identity);
                }
                self.profile = Some(profile);
            }
            Msg::Drafts(Ok(drafts)) => {
                let left = |d: &Draft| {
                    let id = d.part.parse::<uuid::Uuid>().ok().filter(|_| d.form == FORM)?;
                    Some((PatientId(id), Kept::read(&d.payload)?))
                };
                self.unfinished = drafts.iter().filter_map(left).collect();
            }
            Msg::Profile(Err(e)) | Msg::Drafts(Err(e)) => cx.failed(&e),
            Msg::Picked(Some(hit)) => self.found(hit.id, Step::Identity, cx),
            Msg::Resume(Some(id)) => {
                let step =
                    self.unfinished.iter().find(|(of, _)| *of == id).map_or(Step::Identity, |(_, k)| k.step);
                self.found(id, step, cx);
            }
            Msg::Picked(None) | Msg::Resume(None) => {}
            other => self.saved(other, cx),
        }
    }
    fn keeps(&self, env: &Env) -> Option<Keeps> {
        let account = env.actor.as_ref()?.account.0;
        match self.patient {
            // Who is taken in must have been read first.
            Some(_) if self.profile.is_none() => None,
            Some(id) => Some(Keeps::new(FORM, account).part(id.to_string())),
            None => Some(Keeps::new(FORM, account).part("new")),
        }
    }
    fn typed(&self) -> Option<String> {
        self.kept()
    }
    fn put_back(&mut self, text: &str) {
        self.take_up(text);
    }
    fn stepped(&mut self) -> bool {
        std::mem::take(&mut self.stepped)
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.draw(frame, area, ui);
    }
}

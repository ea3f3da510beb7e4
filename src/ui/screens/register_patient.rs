//! Registering a patient, or changing one: every field of the identity, and beside it those who may be the same person.
//! Nobody is registered twice without having been asked.
use crate::{
    domain::{
        actor::Role,
        ids::{PatientId, RequestId},
        patient::{Identity, LookAlike, PatientField as F, PatientHit, record_number},
        why::Why,
    },
    store::{Error, PatientProfile, Registered},
    tr,
    ui::{
        cx::{Cx, Env},
        desk,
        draft::Keeps,
        identity_form,
        route::Route,
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            self,
            confirm::Confirm,
            form::Form,
            picker::{Picker, Row},
        },
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

crate::commands! {
    /// What the form of a patient understands.
    pub enum Command {
        Save: "patient.save" "save" "Keep what is in the form";
        LookAlikes: "patient.look-alikes" "same person?" "Open one of those who may be the same person";
    }
}

/// What the form is told.
pub enum Msg {
    Loaded(Result<Box<PatientProfile>, Error>),
    Alike(Result<Vec<LookAlike>, Error>),
    Look,
    Sure(bool),
    Registered(Result<Registered, Error>),
    Changed(Result<i64, Error>),
    Picked(Option<PatientHit>),
}

/// The screen.
pub struct RegisterPatient {
    form: Form<F>,
    /// The patient being changed and the version that was read.
    changing: Option<(PatientId, i64)>,
    id: PatientId,
    request: RequestId,
    today: NaiveDate,
    alike: Vec<LookAlike>,
    /// Whom `alike` was asked for, and whether the answer is here.
    asked: Option<Likeness>,
    answered: bool,
    /// Saving waits for that answer.
    wants_save: bool,
    /// What the fields began with that was typed elsewhere: a name that was looked for. Leaving loses nothing of it.
    carried: Option<String>,
    saving: bool,
    sure: bool,
}

/// What look-alikes are looked for by: names, birth date, phone.
type Likeness = (String, String, Option<NaiveDate>, String);

impl RegisterPatient {
    /// An empty form.
    #[must_use]
    pub fn new(today: NaiveDate) -> Self {
        let form = identity_form::form(today);
        Self {
            form,
            changing: None,
            id: PatientId::new(),
            request: RequestId::new(),
            today,
            alike: vec![],
            asked: None,
            answered: false,
            wants_save: false,
            carried: None,
            saving: false,
            sure: false,
        }
    }

    /// The form of a patient who is registered.
    #[must_use]
    pub fn of(id: PatientId, today: NaiveDate) -> Self {
        Self { changing: Some((id, 0)), ..Self::new(today) }
    }

    /// Beginning with what was typed when the person was looked for: a name, a phone number or a birth date.
    #[must_use]
    pub fn looked_for(mut self, typed: &str) -> Self {
        identity_form::look_for(&mut self.form, typed, self.today);
        self.carried = self.form.typed();
        self
    }

    fn identity(&self) -> Identity {
        identity_form::identity(&self.form, self.today)
    }

    fn look(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let i = self.identity();
        let likeness = likeness(&i);
        if self.asked.as_ref() == Some(&likeness) {
            return;
        }
        self.asked = Some(likeness);
        self.answered = false;
        let except = self.changing.map(|(id, _)| id);
        cx.load(
            "patient.look-alikes",
            move |store| async move { store.look_alikes(&actor, i, except).await },
            Msg::Alike,
        );
    }

    /// What is in the form now was compared with everybody.
    fn is_compared(&self) -> bool {
        self.answered && self.asked.as_ref() == Some(&likeness(&self.identity()))
    }

    /// Those who are very likely the same person.
    fn likely(&self) -> impl Iterator<Item = &LookAlike> {
        self.alike.iter().filter(|a| a.name && (a.birth_date || a.phone))
    }

    fn save(&mut self, cx: &mut Cx<Msg>) {
        if let Err(why) = self.form.check() {
            return cx.toast(why.to_string());
        }
        let identity = match self.identity().checked(self.today) {
            Ok(identity) => identity,
            Err(wrong) => {
                for (field, why) in wrong.into_iter().rev() {
                    self.form.problem(field, why.to_string());
                }
                return;
            }
        };
        if self.changing.is_none() && !self.sure && !self.is_compared() {
            // Nobody is registered twice because a line was slow.
            self.wants_save = true;
            return self.look(cx);
        }
        if let Some(other) = self.likely().next().filter(|_| self.changing.is_none() && !self.sure) {
            let hit = &other.hit;
            let question = tr!(
                "{name} {number} is registered already. Register another person?",
                name = hit.name,
                number = record_number(hit.record_number)
            );
            let consequence = tr!(
                "{reasons}. Two records of one person are dangerous: ctrl-o opens the one that is there.",
                reasons = reasons(other)
            );
            cx.open(
                move |a| {
                    Confirm::new(question, a)
                        .consequence(consequence)
                        .yes(tr!("another person"))
                        .no(tr!("look again"))
                },
                Msg::Sure,
            );
            return;
        }
        let Some(actor) = cx.env().actor.clone() else { return };
        let (request, drafts) = (self.request, cx.drafts());
        self.saving = true;
        match self.changing {
            Some((id, seen)) => cx.save(
                "patient.change",
                move |store| async move {
                    store.closing(&drafts).update_patient(&actor, request, id, seen, identity).await
                },
                Msg::Changed,
            ),
            None => {
                let id = self.id;
                cx.save(
                    "patient.register",
                    move |store| async move {
                        store.closing(&drafts).register_patient(&actor, request, id, identity).await
                    },
                    Msg::Registered,
                );
            }
        }
    }

    fn refused(&mut self, e: &Error, cx: &mut Cx<Msg>) {
        self.saving = false;
        if !matches!(e, Error::Unknown | Error::Unavailable(_) | Error::Slow) {
            self.request = RequestId::new();
        }
        match e {
            Error::Duplicate(why) if why.rule == "patient_medicare_key" => {
                self.form.problem(F::MedicareNumber, why.to_string());
            }
            Error::Duplicate(why) if why.rule == "patient_national_key" => {
                self.form.problem(F::NationalNumber, why.to_string());
            }
            _ => {}
        }
        cx.failed(e);
    }
}

fn likeness(i: &Identity) -> Likeness {
    (i.family_name.clone(), i.given_name.clone(), i.birth_date, i.phone.clone())
}

fn reasons(a: &LookAlike) -> String {
    let mut all = vec![];
    if a.name {
        all.push(tr!("like name"));
    }
    if a.birth_date {
        all.push(tr!("same birth date"));
    }
    if a.phone {
        all.push(tr!("same phone"));
    }
    all.join(", ")
}

impl Screen for RegisterPatient {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["patient-form"]
    }
    fn title(&self) -> String {
        if self.changing.is_some() {
            tr!("Change a patient").into()
        } else {
            tr!("Register a patient").into()
        }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        if let (Some((id, _)), Some(actor)) = (self.changing, cx.env().actor.clone())
            && !self.form.is_dirty()
        {
            cx.load(
                "patient",
                move |store| async move { store.patient_profile(&actor, id, false).await.map(Box::new) },
                Msg::Loaded,
            );
        }
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            Command::LookAlikes if self.alike.is_empty() => {
                Err(Why::new("nobody_alike", tr!("Nobody looks like this person.")))
            }
            Command::Save if self.changing.is_some_and(|(_, seen)| seen == 0) => {
                Err(Why::new("loading", tr!("The patient is still being read.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command == Command::Save && (self.saving || self.wants_save)
    }
    fn edited(&mut self, cx: &mut Cx<Msg>) {
        self.sure = false;
        cx.after("patient.look", Duration::from_millis(400), Msg::Look);
    }
    fn moved(&mut self, cx: &mut Cx<Msg>) {
        self.look(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Save => self.save(cx),
            Command::LookAlikes => {
                let today = self.today;
                let rows = self
                    .alike
                    .iter()
                    .map(|a| {
                        let detail = format!("{}  {}", desk::patient_detail(&a.hit, today), reasons(a));
                        Row::new(a.hit.clone(), a.hit.shown(), detail)
                    })
                    .collect();
                cx.open(|a| Picker::new(tr!("May be the same person"), a).rows(rows), Msg::Picked);
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(profile)) => {
                identity_form::fill(&mut self.form, &profile.identity);
                self.changing = Some((profile.id, profile.version));
            }
            Msg::Loaded(Err(e)) => cx.failed(&e),
            Msg::Look => self.look(cx),
            Msg::Alike(Ok(alike)) => {
                self.alike = alike;
                self.answered = true;
                if std::mem::take(&mut self.wants_save) {
                    self.save(cx);
                }
            }
            Msg::Alike(Err(e)) => {
                self.asked = None;
                self.wants_save = false;
                cx.failed(&e);
            }
            Msg::Sure(true) => {
                self.sure = true;
                self.save(cx);
            }
            Msg::Sure(false) | Msg::Picked(None) => {}
            Msg::Registered(Ok(done)) => {
                self.saving = false;
                self.form.saved();
                cx.toast(tr!(
                    "Registered: {who} {number}",
                    who = self.identity().name(),
                    number = record_number(done.record_number)
                ));
                cx.push(Route::Patient(done.id));
                cx.close();
            }
            Msg::Changed(Ok(_)) => {
                self.saving = false;
                self.form.saved();
                cx.toast(tr!("Saved: {who}", who = self.identity().name()));
                cx.back();
            }
            Msg::Registered(Err(e)) | Msg::Changed(Err(e)) => self.refused(&e, cx),
            Msg::Picked(Some(hit)) => {
                // Whoever merges compares the two; others open the page.
                let merges = cx
                    .env()
                    .actor
                    .as_ref()
                    .is_some_and(|a| matches!(a.role, Role::Receptionist | Role::Administrator));
                cx.push(match self.changing.filter(|_| merges) {
                    Some((id, _)) => Route::MergePatients(id, hit.id),
                    None => Route::Patient(hit.merged_into.as_ref().map_or(hit.id, |l| l.id)),
                });
            }
        }
    }
    fn keeps(&self, env: &Env) -> Option<Keeps> {
        match self.changing {
            // Who is changed must have been read first.
            Some((_, 0)) => None,
            Some((id, seen)) => Some(Keeps::new("patient.change", id.0).seen(seen)),
            None => Some(Keeps::new("patient.register", env.actor.as_ref()?.account.0)),
        }
    }
    fn typed(&self) -> Option<String> {
        self.form.typed().filter(|typed| self.carried.as_ref() != Some(typed))
    }
    fn put_back(&mut self, text: &str) {
        // What was only carried here gives way to what was typed.
        if self.carried.take().is_some_and(|carried| self.form.typed() == Some(carried)) {
            self.form.undo();
        }
        self.form.put_back(text);
    }
    fn leave(&self) -> Leave {
        match self.form.dirty_fields() {
            _ if self.typed().is_none() => Leave::Free,
            0 => Leave::Free,
            n => Leave::Ask(crate::text::tr_n("{n} unsaved field.", "{n} unsaved fields.", n)),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let wide = area.width >= 120;
        let n = u16::try_from(self.alike.len()).unwrap_or(u16::MAX);
        let (form, pane) = if self.alike.is_empty() {
            (area, Rect { height: 0, ..area })
        } else if wide {
            let [left, right] = widgets::split_left(area, area.width - 56);
            (left, right)
        } else {
            let rows = (n + 1).min(5).min(area.height / 2);
            let [top, bottom] = widgets::split_top(area, area.height - rows);
            (top, bottom)
        };
        self.form.view(frame, form, ui);
        if pane.height == 0 {
            return;
        }
        let likely = self.likely().count() > 0;
        let title = tr!(" May be the same person ({n}), ctrl-o opens:", n = n);
        widgets::put(frame, pane, 0, &title, if likely { ui.theme.warn() } else { ui.theme.dim() });
        for (y, a) in (1u16..).zip(&self.alike) {
            let text = format!(
                "  {}  {}  {}",
                crate::text::pad(&crate::text::cut(&crate::text::clean(&a.hit.shown()), 20), 20),
                desk::patient_detail(&a.hit, self.today),
                reasons(a)
            );
            let style = if a.name && (a.birth_date || a.phone) { ui.theme.warn() } else { ui.theme.text() };
            widgets::put(frame, pane, y, &crate::text::cut(&text, usize::from(pane.width)), style);
        }
    }
}

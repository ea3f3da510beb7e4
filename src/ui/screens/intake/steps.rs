//! Saving the steps of an intake, each at once and for itself.
use super::{Intake, Mark, Msg, Step};
use crate::{
    domain::{
        history::{AllergyState, AllergyStatus, Entry, Severity},
        ids::RequestId,
        observation::{Reading, line::parse_line},
        patient::{Identity, LookAlike, PatientField, PatientHit, record_number},
        why::Why,
    },
    store::Error,
    tr,
    ui::{
        cx::Cx,
        desk, identity_form,
        widgets::{
            form::{Field, Form},
            picker::{Picker, Row},
        },
    },
};

/// The fields of the vital signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum V {
    Line,
}

/// The fields of an allergy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum A {
    Substance,
    Reaction,
    Severity,
}

fn wrong(all: &[Why]) -> Result<(), Why> {
    all.first().cloned().map_or(Ok(()), Err)
}

pub(super) fn vitals() -> Form<V> {
    let check = |typed: &str| match parse_line(typed) {
        Err(all) if !typed.trim().is_empty() => wrong(&all),
        _ => Ok(()),
    };
    let hint = tr!("bp 120/80 hr 72 t 37.2 spo2 98 wt 70 ht 175");
    Form::new().with(V::Line, Field::text(tr!("Vital signs")).max(300).hint(hint).check(check))
}

pub(super) fn allergy() -> Form<A> {
    let mut severities = vec![tr!("not said").to_owned()];
    severities.extend(Severity::ALL.iter().map(|s| s.word().to_owned()));
    Form::new()
        .with(A::Substance, Field::text(tr!("Substance")).max(400))
        .with(A::Reaction, Field::text(tr!("Reaction")).max(400))
        .with(A::Severity, Field::choice(tr!("Severity"), severities).with(tr!("not said")))
}

/// What was typed as readings; none for an empty line.
pub(super) fn readings(typed: &str) -> Result<Vec<Reading>, Vec<Why>> {
    if typed.trim().is_empty() { Ok(vec![]) } else { parse_line(typed) }
}

pub(super) fn told(readings: &[Reading]) -> String {
    readings.iter().map(|r| format!("{} {}", r.name(), r.text())).collect::<Vec<_>>().join(", ")
}

impl Intake {
    pub(super) fn save(&mut self, cx: &mut Cx<Msg>) {
        match self.step {
            Step::Identity => self.save_identity(cx),
            Step::Vitals => self.save_vitals(cx),
            Step::Allergies => self.save_allergy(cx),
            Step::Who | Step::Appointment => {}
        }
    }

    fn save_identity(&mut self, cx: &mut Cx<Msg>) {
        if let Err(why) = self.identity.check() {
            return cx.toast(why.to_string());
        }
        let identity = match identity_form::identity(&self.identity, self.today).checked(self.today) {
            Ok(identity) => identity,
            Err(wrong) => {
                for (field, why) in wrong.into_iter().rev() {
                    self.identity.problem(field, why.to_string());
                }
                return;
            }
        };
        let Some(actor) = cx.env().actor.clone() else { return };
        let Some((id, seen)) = self.patient.zip(self.profile.as_ref().map(|p| p.version)) else {
            // Nobody is registered twice without having been asked.
            self.saving = true;
            let asked = identity.clone();
            return cx.load(
                "intake.look-alikes",
                move |store| async move { store.look_alikes(&actor, asked, None).await },
                move |found| Msg::Alike(Box::new(identity), found),
            );
        };
        if !self.identity.is_dirty() {
            return self.next(Mark::Done);
        }
        let request = self.request;
        self.saving = true;
        cx.save(
            "patient.change",
            move |store| async move { store.update_patient(&actor, request, id, seen, identity).await },
            Msg::Identity,
        );
    }

    fn register(&mut self, identity: Identity, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, request, drafts) = (self.id, self.request, cx.drafts());
        self.saving = true;
        cx.save(
            "patient.register",
            move |store| async move {
                store.closing(&drafts).register_patient(&actor, request, id, identity).await
            },
            Msg::Registered,
        );
    }

    fn ask_same(&self, identity: Box<Identity>, likely: Vec<LookAlike>, cx: &mut Cx<Msg>) {
        let today = self.today;
        let row = |a: LookAlike| {
            let detail = desk::patient_detail(&a.hit, today);
            Row::new(Some(a.hit.clone()), a.hit.shown(), detail)
        };
        let mut rows: Vec<Row<Option<PatientHit>>> = likely.into_iter().map(row).collect();
        rows.push(Row::new(None, tr!("none of them"), tr!("register another person")));
        cx.open(
            |a| {
                Picker::new(tr!("Is it one of these? Two records of one person are dangerous."), a).rows(rows)
            },
            move |chosen| Msg::Same(identity.clone(), chosen),
        );
    }

    fn save_vitals(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(patient)) = (cx.env().actor.clone(), self.patient) else { return };
        let readings = match readings(&self.vitals.get(V::Line)) {
            Ok(readings) => readings,
            Err(wrong) => {
                let all: Vec<String> = wrong.iter().map(ToString::to_string).collect();
                // The form has one line: what is longer than its field is told whole below.
                cx.toast(all.join(" "));
                return self.vitals.problem(V::Line, all.join(" "));
            }
        };
        if readings.is_empty() {
            let mark = if self.stored.is_empty() { Mark::Skipped } else { Mark::Done };
            return self.next(mark);
        }
        let (request, said) = (self.request, told(&readings));
        self.saving = true;
        cx.save(
            "observation.add",
            move |store| async move {
                store.record_observations(&actor, request, patient, None, readings, None).await.map(|_| ())
            },
            move |done| Msg::Vitals(said, done),
        );
    }

    fn save_allergy(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(patient)) = (cx.env().actor.clone(), self.patient) else { return };
        let substance = self.allergy.get(A::Substance).trim().to_owned();
        if substance.is_empty() {
            if self.allergy.is_dirty() {
                return self.allergy.problem(A::Substance, tr!("This is needed."));
            }
            let known = self.marks[self.step as usize] == Mark::Done;
            return self.next(if known { Mark::Done } else { Mark::Skipped });
        }
        let severity =
            self.allergy.chosen(A::Severity).and_then(|n| Severity::ALL.get(n.checked_sub(1)?)).copied();
        let entry = Entry::Allergy {
            code: None,
            substance: substance.clone(),
            reaction: self.allergy.get(A::Reaction).trim().to_owned(),
            severity,
            since: None,
            status: AllergyStatus::Active,
        };
        let request = self.request;
        self.saving = true;
        cx.save(
            "lists.add",
            move |store| async move {
                store.add_history(&actor, request, patient, None, entry).await.map(|_| ())
            },
            move |done| Msg::Allergy(substance, done),
        );
    }

    pub(super) fn none_known(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(patient), request) = (cx.env().actor.clone(), self.patient, self.request)
        else {
            return;
        };
        self.saving = true;
        cx.save(
            "lists.none-known",
            move |store| async move {
                store.set_allergy_state(&actor, request, patient, AllergyState::NoneKnown).await
            },
            Msg::NoneKnown,
        );
    }

    /// The answers of the saves.
    pub(super) fn saved(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        self.saving = false;
        let refused = match &msg {
            Msg::Alike(_, Err(e))
            | Msg::Registered(Err(e))
            | Msg::Identity(Err(e))
            | Msg::Vitals(_, Err(e))
            | Msg::Allergy(_, Err(e))
            | Msg::NoneKnown(Err(e)) => Some(e),
            _ => None,
        };
        if let Some(e) = refused {
            if !matches!(e, Error::Unknown | Error::Unavailable(_) | Error::Slow) {
                self.request = RequestId::new();
            }
            match e {
                Error::Duplicate(why) if why.rule == "patient_medicare_key" => {
                    self.identity.problem(PatientField::MedicareNumber, why.to_string());
                }
                Error::Duplicate(why) if why.rule == "patient_national_key" => {
                    self.identity.problem(PatientField::NationalNumber, why.to_string());
                }
                _ => {}
            }
            return cx.failed(e);
        }
        match msg {
            Msg::Alike(identity, Ok(alike)) => {
                let likely: Vec<LookAlike> =
                    alike.into_iter().filter(|a| a.name && (a.birth_date || a.phone)).collect();
                if likely.is_empty() {
                    self.register(*identity, cx);
                } else {
                    self.ask_same(identity, likely, cx);
                }
            }
            Msg::Same(identity, Some(None)) => self.register(*identity, cx),
            Msg::Same(_, Some(Some(hit))) => {
                let goes_on = hit.merged_into.as_ref().map_or(hit.id, |l| l.id);
                self.identity.undo();
                self.finished = true;
                self.stepped = true;
                self.found(goes_on, Step::Identity, cx);
            }
            Msg::Registered(Ok(done)) => {
                let who = identity_form::identity(&self.identity, self.today).name();
                cx.toast(tr!(
                    "Registered: {who} {number}",
                    who = who,
                    number = record_number(done.record_number)
                ));
                self.finished = true;
                self.found(done.id, Step::Vitals, cx);
            }
            Msg::Identity(Ok(_)) => {
                self.identity.saved();
                self.done(None, cx);
            }
            Msg::Vitals(said, Ok(())) => {
                self.vitals = vitals();
                self.done(Some(said), cx);
            }
            Msg::Allergy(said, Ok(())) => {
                // Another one may follow: an empty form goes on.
                self.allergy = allergy();
                self.marks[self.step as usize] = Mark::Done;
                self.stepped = true;
                self.request = RequestId::new();
                cx.toast(tr!("Added: {what}. Another one, or ctrl-s goes on.", what = said));
                self.load(cx);
            }
            Msg::NoneKnown(Ok(())) => self.done(None, cx),
            _ => {}
        }
    }

    fn done(&mut self, stored: Option<String>, cx: &mut Cx<Msg>) {
        self.request = RequestId::new();
        self.stored.extend(stored);
        self.next(Mark::Done);
        self.load(cx);
    }
}

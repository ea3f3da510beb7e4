//! Everything that is known of a provider beside name and address, which are the account's.
use super::fields::{FormCommand, Request, busy, labelled, leave, optional, stored};
use crate::{
    domain::{
        centre::DepartmentEntry,
        dates::parse_date,
        ids::DepartmentId,
        money::{amount, cents},
        provider::{ProviderDetails, ProviderEntry},
        validate::Field as F,
        why::Why,
    },
    store::{Error, Store},
    text::{fold, tr_str},
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            form::{Field, Form},
            put, split_top,
        },
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};

const SEXES: [&str; 4] = ["female", "male", "other", "unknown"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Department,
    Number,
    Sex,
    Born,
    Registration,
    Licence,
    LicenceUntil,
    Specialties,
    Expertise,
    Qualifications,
    Since,
    Fee,
    Biography,
}

/// What there is to choose from.
type Choices = (Vec<DepartmentEntry>, Vec<(String, String)>);

/// What comes back.
pub enum Msg {
    Choices(Result<Choices, Error>),
    Saved(Result<i64, Error>),
}

/// The form; it answers whether anything was saved.
pub struct ProviderForm {
    form: Form<Name>,
    provider: ProviderEntry,
    departments: Vec<DepartmentId>,
    specialties: Vec<(String, String)>,
    ready: bool,
    request: Request,
    answer: Answer<bool>,
}

/// A date that may be left out, as the rest of the program reads dates.
fn date(label: &str, known: Option<NaiveDate>) -> Field {
    let check =
        |typed: &str| if typed.is_empty() { Ok(()) } else { parse_date(typed, NaiveDate::MIN).map(|_| ()) };
    Field::text(label)
        .max(30)
        .hint(tr!("dd/mm/yyyy"))
        .check(check)
        .with(&known.map(|d| d.to_string()).unwrap_or_default())
}

fn read_date(typed: &str) -> Option<NaiveDate> {
    parse_date(typed, NaiveDate::MIN).ok()
}

impl ProviderForm {
    /// The details of this provider.
    #[must_use]
    pub fn new(provider: ProviderEntry, answer: Answer<bool>) -> Self {
        let d = provider.details.clone();
        let sexes = SEXES.map(|s| tr_str(s).to_owned()).to_vec();
        let form = Form::new()
            .with(Name::Department, Field::choice(tr!("Department"), vec![]))
            .with(Name::Number, optional(F::ProviderNumber, false).with(&d.provider_number))
            .with(Name::Sex, Field::choice(tr!("Sex"), sexes).with(tr_str(&d.sex)))
            .with(Name::Born, date(tr!("Date of birth"), d.birth_date))
            .with(Name::Registration, optional(F::RegistrationNumber, false).with(&d.registration_number))
            .with(Name::Licence, optional(F::LicenceNumber, false).with(&d.licence_number))
            .with(Name::LicenceUntil, date(tr!("Licence valid until"), d.licence_until))
            .with(
                Name::Specialties,
                Field::text(tr!("Specialties")).max(200).hint(tr!("names, with commas between")),
            )
            .with(Name::Expertise, labelled(tr!("Expertise"), F::Specialty, false).with(&d.expertise))
            .with(Name::Qualifications, optional(F::Qualifications, false).with(&d.qualifications))
            .with(
                Name::Since,
                Field::number(tr!("Practising since"), 1940.0, 2100.0)
                    .with(&d.practising_since.map(|y| y.to_string()).unwrap_or_default()),
            )
            .with(Name::Fee, optional(F::Fee, false).with(&d.fee_cents.map(amount).unwrap_or_default()))
            .with(Name::Biography, optional(F::Biography, false).with(&d.biography));
        let (departments, specialties) = (vec![], vec![]);
        Self { form, provider, departments, specialties, ready: false, request: Request::default(), answer }
    }

    /// The codes of the specialties that were typed.
    fn specialty_codes(&self) -> Result<Vec<String>, Why> {
        let typed = self.form.get(Name::Specialties);
        let mut codes = vec![];
        for word in typed.split(',').map(str::trim).filter(|w| !w.is_empty()) {
            let wanted = fold(word);
            let hit = self
                .specialties
                .iter()
                .find(|(code, name)| fold(name) == wanted || fold(code) == wanted)
                .or_else(|| {
                    let mut near =
                        self.specialties.iter().filter(|(_, name)| fold(name).starts_with(&wanted));
                    near.next().filter(|_| near.next().is_none())
                });
            let Some((code, _)) = hit else {
                return Err(Why::new(
                    "unknown_specialty",
                    tr!("There is no specialty called {word}.", word = word),
                ));
            };
            if !codes.contains(code) {
                codes.push(code.clone());
            }
        }
        Ok(codes)
    }

    fn details(&self, specialties: Vec<String>) -> ProviderDetails {
        let get = |name, field| stored(field, &self.form.get(name));
        let department = match self.form.chosen(Name::Department) {
            // The first choice is "none".
            Some(n) if self.ready => n.checked_sub(1).and_then(|n| self.departments.get(n)).copied(),
            _ => self.provider.details.department,
        };
        ProviderDetails {
            department,
            provider_number: get(Name::Number, F::ProviderNumber),
            sex: self.form.chosen(Name::Sex).map(|n| SEXES[n].to_owned()).unwrap_or_default(),
            birth_date: read_date(&self.form.get(Name::Born)),
            registration_number: get(Name::Registration, F::RegistrationNumber),
            licence_number: get(Name::Licence, F::LicenceNumber),
            licence_until: read_date(&self.form.get(Name::LicenceUntil)),
            specialties,
            expertise: get(Name::Expertise, F::Specialty),
            qualifications: get(Name::Qualifications, F::Qualifications),
            practising_since: self.form.get(Name::Since).trim().parse().ok(),
            biography: get(Name::Biography, F::Biography),
            fee_cents: cents(&get(Name::Fee, F::Fee)).ok(),
        }
    }

    fn show_choices(&mut self, (departments, specialties): Choices) {
        let mut words = vec![tr!("none").to_owned()];
        let here = |d: &&DepartmentEntry| self.provider.centres.iter().any(|c| c.0 == d.details.centre);
        let kept: Vec<&DepartmentEntry> = departments
            .iter()
            .filter(|d| here(d) || self.provider.details.department == Some(d.id))
            .collect();
        words.extend(kept.iter().map(|d| format!("{}, {}", d.details.name, d.centre_name)));
        self.departments = kept.iter().map(|d| d.id).collect();
        let at =
            self.provider.details.department.and_then(|id| self.departments.iter().position(|d| *d == id));
        let word = words[at.map_or(0, |n| n + 1)].clone();
        self.form.set_options(Name::Department, words);
        self.form.set(Name::Department, &word);
        let known = &self.provider.details.specialties;
        let names: Vec<&str> = specialties
            .iter()
            .filter(|(code, _)| known.contains(code))
            .map(|(_, name)| name.as_str())
            .collect();
        self.form.set(Name::Specialties, &names.join(", "));
        self.specialties = specialties;
        self.ready = true;
    }
}

impl Screen for ProviderForm {
    type Command = FormCommand;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["admin-form"]
    }
    fn title(&self) -> String {
        tr!("Details of {name}", name = self.provider.name)
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn available(&self, command: FormCommand) -> Result<(), Why> {
        match command {
            FormCommand::Save if self.request.saving || !self.ready => Err(busy()),
            FormCommand::Save => Ok(()),
            FormCommand::Centres => {
                Err(Why::new("not_here", tr!("The centres are chosen in the list of providers.")))
            }
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let query =
            |s: Store| async move { Ok((s.department_entries(&actor).await?, s.specialties(&actor).await?)) };
        cx.load("provider.choices", query, Msg::Choices);
    }
    fn command(&mut self, command: FormCommand, cx: &mut Cx<Msg>) {
        if command != FormCommand::Save || self.form.check().is_err() {
            return;
        }
        let specialties = match self.specialty_codes() {
            Ok(codes) => codes,
            Err(why) => {
                self.form.problem(Name::Specialties, why.to_string());
                self.form.go_to(Name::Specialties);
                return;
            }
        };
        let Some(actor) = cx.env().actor.clone() else { return };
        let details = self.details(specialties);
        self.request.saving = true;
        let (request, id, seen) = (self.request.id, self.provider.id, self.provider.version);
        let write =
            move |s: Store| async move { s.change_provider(&actor, request, id, seen, details).await };
        cx.save("provider.change", write, Msg::Saved);
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Choices(Ok(choices)) => {
                let dirty = self.form.is_dirty();
                self.show_choices(choices);
                if !dirty {
                    self.form.saved();
                }
            }
            Msg::Saved(Ok(_)) => {
                self.request.ended(None);
                self.form.saved();
                cx.toast(tr!("Saved."));
                cx.answer(&self.answer.clone(), true);
            }
            Msg::Saved(Err(e)) => {
                self.request.ended(Some(&e));
                if let Error::Duplicate(why) = &e {
                    let at =
                        if why.rule == "provider_number_key" { Name::Number } else { Name::Registration };
                    self.form.problem(at, why.sentence.clone());
                }
                cx.failed(&e);
            }
            Msg::Choices(Err(e)) => cx.failed(&e),
        }
    }
    fn leave(&self) -> Leave {
        leave(self.form.dirty_fields())
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        let line = format!(" {}  ({})", self.title(), tr_str(self.provider.profession.word()));
        put(frame, top, 0, &line, ui.theme.strong());
        self.form.view(frame, rest, ui);
    }
}

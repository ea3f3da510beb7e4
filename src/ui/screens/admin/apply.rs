//! Applying to be registered as a provider, before there is an account. An administrator checks and decides.
use super::fields::{FormCommand, busy, chosen_password, labelled, leave, optional, ruled, stored};
use crate::{
    auth::login::applicant_verifier,
    domain::{
        account::Application, ids::RegistrationId, name::PersonName, provider::Profession,
        validate::Field as F, why::Why,
    },
    store::{Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            form::{Field, Form},
            put, sentence, split_top,
        },
    },
};
use ratatui::{Frame, layout::Rect};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Profession,
    Family,
    Given,
    Email,
    Phone,
    Number,
    Registration,
    Licence,
    Expertise,
    Password,
    Again,
}

/// The form.
pub struct Apply {
    form: Form<Name>,
    id: RegistrationId,
    saving: bool,
    /// It arrived: nothing is left to do here.
    done: bool,
}

impl Default for Apply {
    fn default() -> Self {
        let words = Profession::ALL.map(|p| tr_str(p.word()).to_owned()).to_vec();
        let form = Form::new()
            .with(Name::Profession, Field::choice(tr!("Profession"), words).required())
            .with(Name::Family, ruled(F::FamilyName))
            .with(Name::Given, optional(F::GivenName, true))
            .with(Name::Email, optional(F::Email, true))
            .with(Name::Phone, optional(F::Phone, true))
            .with(Name::Number, optional(F::ProviderNumber, false))
            .with(Name::Registration, optional(F::RegistrationNumber, true))
            .with(Name::Licence, optional(F::LicenceNumber, false))
            .with(Name::Expertise, labelled(tr!("Expertise"), F::Specialty, false))
            .with(Name::Password, Field::secret(tr!("Password")).required())
            .with(Name::Again, Field::secret(tr!("The same again")).required());
        Self { form, id: RegistrationId::new(), saving: false, done: false }
    }
}

impl Apply {
    fn application(&self) -> Option<Application> {
        let get = |name, field| stored(field, &self.form.get(name));
        Some(Application {
            email: get(Name::Email, F::Email).to_lowercase(),
            name: PersonName::new(get(Name::Family, F::FamilyName), get(Name::Given, F::GivenName)),
            phone: get(Name::Phone, F::Phone),
            profession: *Profession::ALL.get(self.form.chosen(Name::Profession)?)?,
            provider_number: get(Name::Number, F::ProviderNumber),
            registration_number: get(Name::Registration, F::RegistrationNumber),
            licence_number: get(Name::Licence, F::LicenceNumber),
            expertise: get(Name::Expertise, F::Specialty),
        })
    }
}

impl Screen for Apply {
    type Command = FormCommand;
    type Msg = Result<(), Error>;

    fn contexts(&self) -> &[&str] {
        &["admin-form"]
    }
    fn title(&self) -> String {
        tr!("Apply as a provider").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        if self.done { None } else { Some(&mut self.form) }
    }
    fn available(&self, command: FormCommand) -> Result<(), Why> {
        match command {
            FormCommand::Save if self.saving => Err(busy()),
            FormCommand::Save if self.done => Err(Why::new("sent", tr!("Your application has arrived."))),
            FormCommand::Save => Ok(()),
            FormCommand::Centres => {
                Err(Why::new("not_here", tr!("The clinic chooses your centres when it accepts you.")))
            }
        }
    }
    fn command(&mut self, command: FormCommand, cx: &mut Cx<Self::Msg>) {
        if command != FormCommand::Save || self.form.check().is_err() {
            return;
        }
        let Some(application) = self.application() else { return };
        let own = [application.email.as_str(), &application.name.family, &application.name.given];
        let typed = (self.form.get(Name::Password), self.form.get(Name::Again));
        let password = match chosen_password(typed, &own) {
            Ok(password) => password,
            Err(why) => return self.form.problem(Name::Password, why.to_string()),
        };
        self.saving = true;
        let id = self.id;
        cx.save(
            "registration.apply",
            move |s: Store| async move {
                let verifier = applicant_verifier(&s, &application.email, password).await?;
                s.apply_as_provider(id, application, &verifier).await
            },
            |r| r,
        );
    }
    fn update(&mut self, msg: Self::Msg, cx: &mut Cx<Self::Msg>) {
        self.saving = false;
        match msg {
            Ok(()) => {
                self.form.set(Name::Password, "");
                self.form.set(Name::Again, "");
                self.form.saved();
                self.done = true;
            }
            // The same id may be sent again: it arrives at most once.
            Err(e) => {
                if let Error::Duplicate(why) = &e {
                    self.form.problem(Name::Email, why.sentence.clone());
                }
                cx.failed(&e);
            }
        }
    }
    fn retry(&mut self, cx: &mut Cx<Self::Msg>) {
        if !self.done && !self.saving {
            self.command(FormCommand::Save, cx);
        } else if self.done {
            cx.go(Route::Login);
        }
    }
    fn leave(&self) -> Leave {
        leave(self.form.dirty_fields())
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 2);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        if self.done {
            let said = tr!(
                "Your application has arrived. An administrator checks your licence and identity. Sign in with your e-mail address and this password: it says how far it is. Esc returns to the sign-in screen."
            );
            let inner = Rect { x: rest.x + 1, width: rest.width.saturating_sub(2), ..rest };
            sentence(frame, inner, said);
            return;
        }
        self.form.view(frame, rest, ui);
    }
}

//! A patient asks for an account, before there is one. What is answered is the same for everybody: nobody learns here who
//! is a patient of the clinic.
use super::admin::fields::{busy, chosen_password, leave, optional, ruled, stored};
use crate::{
    auth::login::applicant_verifier,
    domain::{
        account::PatientApplication,
        ids::{AccountId, PatientId, RegistrationId},
        name::PersonName,
        patient::Sex,
        validate::{self, Field as F},
        why::Why,
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
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the form understands.
    pub enum Command {
        Send: "sign-up.send" "send" "Send it to the clinic";
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Family,
    Given,
    Born,
    Sex,
    Email,
    Phone,
    Record,
    National,
    Medicare,
    Password,
    Again,
}

/// The form.
pub struct SignUp {
    form: Form<Name>,
    today: NaiveDate,
    id: RegistrationId,
    new: (AccountId, PatientId),
    saving: bool,
    done: bool,
}

impl SignUp {
    /// An empty form; dates are understood relative to `today`.
    #[must_use]
    pub fn new(today: NaiveDate) -> Self {
        let born = Field::text(tr!("Born"))
            .max(30)
            .required()
            .check(move |typed| validate::check(F::BirthDate, typed, today).map(|_| ()))
            .hint(tr!("4/5/1996 or 4 may 1996"));
        let words = Sex::ALL.map(|s| tr_str(s.code()).to_owned()).to_vec();
        let record = Field::text(tr!("Record number"))
            .max(12)
            .check(|typed| record_number(typed).map(|_| ()))
            .hint(tr!("if you were here before"));
        let form = Form::new()
            .with(Name::Family, ruled(F::FamilyName))
            .with(Name::Given, optional(F::GivenName, true))
            .with(Name::Born, born)
            .with(Name::Sex, Field::choice(tr!("Sex"), words).with(tr_str(Sex::Unknown.code())))
            .with(Name::Email, optional(F::Email, true))
            .with(Name::Phone, optional(F::Phone, true))
            .with(Name::Record, record)
            .with(Name::National, optional(F::NationalNumber, false))
            .with(Name::Medicare, optional(F::MedicareNumber, false))
            .with(Name::Password, Field::secret(tr!("Password")).required())
            .with(Name::Again, Field::secret(tr!("The same again")).required());
        Self {
            form,
            today,
            id: RegistrationId::new(),
            new: (AccountId::new(), PatientId::new()),
            saving: false,
            done: false,
        }
    }

    fn application(&self) -> Option<PatientApplication> {
        let get = |name, field| stored(field, &self.form.get(name));
        let born = validate::check(F::BirthDate, &self.form.get(Name::Born), self.today).ok()?;
        Some(PatientApplication {
            email: get(Name::Email, F::Email).to_lowercase(),
            name: PersonName::new(get(Name::Family, F::FamilyName), get(Name::Given, F::GivenName)),
            sex: self.form.chosen(Name::Sex).and_then(|i| Sex::ALL.get(i)).copied().unwrap_or_default(),
            birth_date: born.parse().ok()?,
            phone: get(Name::Phone, F::Phone),
            record_number: record_number(&self.form.get(Name::Record)).ok()?,
            national_number: get(Name::National, F::NationalNumber),
            medicare_number: get(Name::Medicare, F::MedicareNumber),
        })
    }
}

fn record_number(typed: &str) -> Result<Option<i32>, Why> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let wrong = || Why::new("record_number", tr!("A record number is a whole number, as in 000123."));
    match typed.parse::<i32>() {
        Ok(n) if n > 0 => Ok(Some(n)),
        _ => Err(wrong().instead(tr!("Leave it empty when you do not know it."))),
    }
}

impl Screen for SignUp {
    type Command = Command;
    type Msg = Result<(), Error>;

    fn contexts(&self) -> &[&str] {
        &["sign-up"]
    }
    fn title(&self) -> String {
        tr!("Register as a patient").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        if self.done { None } else { Some(&mut self.form) }
    }
    fn available(&self, _: Command) -> Result<(), Why> {
        if self.saving {
            return Err(busy());
        }
        if self.done { Err(Why::new("sent", tr!("Your registration has arrived."))) } else { Ok(()) }
    }
    fn command(&mut self, _: Command, cx: &mut Cx<Self::Msg>) {
        if self.form.check().is_err() {
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
        let (id, new) = (self.id, self.new);
        let write = move |s: Store| async move {
            let verifier = applicant_verifier(&s, &application.email, password).await?;
            s.apply_as_patient(id, new, application, &verifier).await
        };
        cx.save("sign-up.send", write, |r| r);
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
            Err(e) => cx.failed(&e),
        }
    }
    fn retry(&mut self, cx: &mut Cx<Self::Msg>) {
        if self.done {
            cx.go(Route::Login);
        } else if !self.saving {
            self.command(Command::Send, cx);
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
                "Your registration has arrived. Sign in with your e-mail address and this password: it works as soon as the clinic has checked what it must check, and says until then that it waits. Esc returns to the sign-in screen."
            );
            sentence(frame, Rect { x: rest.x + 1, width: rest.width.saturating_sub(2), ..rest }, said);
            return;
        }
        self.form.view(frame, rest, ui);
    }
}

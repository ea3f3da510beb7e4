//! Patients who asked for an account: tied to the patient they are, made a new patient, or rejected with a note that they
//! read at the sign-in.
use super::admin::fields::{Request, busy, reason};
use crate::{
    domain::{
        account::{PatientRegistration, RegistrationState},
        ids::{AccountId, PatientId},
        patient::{Identity, LookAlike},
        why::Why,
    },
    store::{Change, Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{
            detail::list_over,
            picker::{Picker, Row},
            prompt::Prompt,
            table::{Column, Table},
        },
    },
};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list understands.
    pub enum Command {
        Accept: "account.register" "accept" "Choose which patient this is, or a new one, and make the account";
        Reject: "account.reject" "reject" "Reject it with a note that the applicant reads at the sign-in";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<Vec<PatientRegistration>, Error>),
    Alike(Result<Vec<LookAlike>, Error>),
    /// `None` in the answer: a new patient.
    Chosen(Option<Option<PatientId>>),
    Note(Option<String>),
    Accepted(Result<(), Error>),
    Rejected(Result<(), Error>),
}

/// The list, and below it all of the selected application.
pub struct SignUps {
    table: Table<PatientRegistration>,
    request: Request,
    new: (AccountId, PatientId),
    about: Option<PatientRegistration>,
}

impl Default for SignUps {
    fn default() -> Self {
        let born = |r: &PatientRegistration| r.application.birth_date.format("%d %b %Y").to_string();
        let table = Table::new(|r: &PatientRegistration| r.id.0)
            .column(
                Column::new("Applicant", |r: &PatientRegistration| r.application.name.to_string()).grow(16),
            )
            .column(Column::new("Born", born).width(11).priority(2))
            .column(
                Column::new("E-mail", |r: &PatientRegistration| r.application.email.clone())
                    .grow(16)
                    .priority(4),
            )
            .column(
                Column::new("State", |r: &PatientRegistration| tr_str(r.state.code()).to_owned())
                    .width(8)
                    .priority(3),
            )
            .empty("No application. Patients register from the sign-in screen when the policy allows.");
        Self { table, request: Request::default(), new: (AccountId::new(), PatientId::new()), about: None }
    }
}

/// Everything an application says, a line for each fact.
fn facts(r: &PatientRegistration, zone: Tz) -> Vec<String> {
    let a = &r.application;
    let at = |t: chrono::DateTime<chrono::Utc>| t.with_timezone(&zone).format("%d %b %Y %H:%M").to_string();
    let record = a.record_number.map(|n| format!("{n:06}")).unwrap_or_default();
    let mut lines = vec![
        tr!(
            "{name}, {sex}, born {born}, applied {at}",
            name = a.name,
            sex = tr_str(a.sex.code()),
            born = a.birth_date.format("%d %b %Y"),
            at = at(r.created_at)
        ),
        tr!("E-mail {email}   Phone {phone}", email = a.email, phone = a.phone),
        tr!(
            "Record {record}   National {national}   Medicare {medicare}",
            record = record,
            national = a.national_number,
            medicare = a.medicare_number
        ),
    ];
    if r.email_taken {
        lines.push(tr!("The e-mail address is that of an account: it cannot be accepted.").into());
    }
    if !r.by_number.is_empty() && r.state == RegistrationState::Pending {
        lines.push(tr!("A number is that of a patient here.").into());
    }
    if let Some((when, by, note)) = &r.decided {
        let by = by.to_string();
        let by = if by.is_empty() { tr!("the policy").to_owned() } else { by };
        lines.push(tr!("{state} {at} by {name}", state = tr_str(r.state.code()), at = at(*when), name = by));
        if !note.is_empty() {
            lines.push(tr!("Note: {note}", note = note));
        }
    }
    lines
}

impl SignUps {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        cx.load("sign-ups.list", |s| async move { s.patient_registrations(&actor).await }, Msg::Loaded);
    }

    fn ask_alike(&self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(row)) = (cx.env().actor.clone(), &self.about) else { return };
        let a = &row.application;
        let identity = Identity {
            family_name: a.name.family.clone(),
            given_name: a.name.given.clone(),
            birth_date: Some(a.birth_date),
            phone: a.phone.clone(),
            ..Identity::default()
        };
        let numbers = row.by_number.clone();
        let read = move |s: Store| async move {
            let mut alike = s.look_alikes(&actor, identity, None).await?;
            for number in
                numbers.into_iter().filter(|n| alike.iter().all(|l| l.hit.id != *n)).collect::<Vec<_>>()
            {
                if let Some(hit) = s.patient_hit(&actor, number).await? {
                    alike.insert(0, LookAlike { hit, name: false, birth_date: false, phone: false });
                }
            }
            Ok(alike)
        };
        cx.load("sign-ups.alike", read, Msg::Alike);
    }

    fn choose(&self, alike: &[LookAlike], cx: &mut Cx<Msg>) {
        let Some(about) = &self.about else { return };
        let row = |l: &LookAlike| {
            let number = if about.by_number.contains(&l.hit.id) { tr!("same number") } else { "" };
            let same = [
                (number, !number.is_empty()),
                (tr!("name"), l.name),
                (tr!("birth date"), l.birth_date),
                (tr!("phone"), l.phone),
            ];
            let same: Vec<&str> = same.into_iter().filter(|(_, holds)| *holds).map(|(w, _)| w).collect();
            let born = l.hit.birth_date.map(|d| d.format("%d %b %Y").to_string()).unwrap_or_default();
            let title = format!("{:06} {}", l.hit.record_number, l.hit.name);
            Row::new(Some(l.hit.id), title, format!("{born}  {}", same.join(", ")))
        };
        let mut rows: Vec<Row<Option<PatientId>>> = alike.iter().map(row).collect();
        rows.push(Row::new(None, tr!("A new patient"), tr!("registered with what stands here")));
        let title = tr!("Who is {name}?", name = about.application.name);
        cx.open(move |a| Picker::new(title, a).rows(rows), Msg::Chosen);
    }

    fn ended(&mut self, error: Option<&Error>) {
        self.request.ended(error);
        if !matches!(error, Some(Error::Unknown)) {
            self.new = (AccountId::new(), PatientId::new());
        }
    }
}

impl Screen for SignUps {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["sign-ups"]
    }
    fn title(&self) -> String {
        tr!("Patients who register themselves").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match self.table.selected() {
            None => Err(Why::new("no_row", tr!("No application is selected."))),
            Some(r) if r.state != RegistrationState::Pending => {
                Err(Why::new("decided", tr!("This application is decided already.")))
            }
            Some(r) if r.email_taken && command == Command::Accept => {
                Err(Why::new("email_taken", tr!("The e-mail address is that of an account."))
                    .instead(tr!("Reject it, and give the person a new code under Accounts.")))
            }
            Some(_) if self.request.saving => Err(busy()),
            Some(_) => Ok(()),
        }
    }
    fn waits_for(&self, _: Command) -> bool {
        self.table.is_loading()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        self.about = self.table.selected().cloned();
        match command {
            Command::Accept => self.ask_alike(cx),
            Command::Reject => {
                let name = self.about.as_ref().map(|r| r.application.name.to_string()).unwrap_or_default();
                let question = tr!("Why is {name} rejected? They read it at the sign-in.", name = name);
                cx.open(move |a| Prompt::new(question, a).check(reason), Msg::Note);
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(rows)) => self.table.set_rows(rows),
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Alike(Ok(alike)) => self.choose(&alike, cx),
            Msg::Alike(Err(e)) => cx.failed(&e),
            Msg::Chosen(Some(existing)) => {
                let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
                self.request.saving = true;
                let (request, (account, fresh)) = (self.request.id, self.new);
                let write = move |s: Store| async move {
                    s.accept_patient(&actor, request, &row, account, existing, fresh).await
                };
                cx.save("account.register", write, Msg::Accepted);
            }
            Msg::Note(Some(note)) => {
                let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.about.clone()) else { return };
                self.request.saving = true;
                let request = self.request.id;
                let write = move |s: Store| async move {
                    s.reject_patient(&actor, request, row.id, row.version, note.trim()).await
                };
                cx.save("account.reject", write, Msg::Rejected);
            }
            Msg::Chosen(None) | Msg::Note(None) => {}
            Msg::Accepted(Ok(())) => {
                self.ended(None);
                cx.toast(tr!("Accepted: they sign in with their own password."));
                self.load(cx);
            }
            Msg::Rejected(Ok(())) => {
                self.ended(None);
                cx.toast(tr!("Rejected; they read the note at the sign-in."));
                self.load(cx);
            }
            Msg::Accepted(Err(e)) | Msg::Rejected(Err(e)) => {
                self.ended(Some(&e));
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if change.concerns(&["patient_registration"]) {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let (title, zone) = (self.title(), ui.env.zone());
        list_over(frame, area, ui, &title, &mut self.table, (7, 5), |row| facts(row, zone));
    }
}

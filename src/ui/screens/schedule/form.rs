//! The form of a session: provider, centre, date, hours, slot length. What the database refuses is told under it.
use crate::{
    domain::{
        clinic_session::{NewSession, SessionHours, SessionRow},
        dates::{parse_date, parse_time, short_day},
        ids::{CentreId, ClinicSessionId, ProviderId, RequestId},
        time::DEFAULT_SLOT_MINUTES,
        why::Why,
    },
    store::{Error, ProviderRow},
    text::{clean, wrap},
    tr,
    ui::{
        cx::{Answer, Cx, Env},
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            self,
            form::{Field, Form},
        },
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the form of a session understands.
    pub enum Command {
        Save: "session-form.save" "save" "Save the session";
    }
}

/// What was saved, and how to say it.
#[derive(Debug, Clone)]
pub enum Saved {
    /// A new session.
    Added(ClinicSessionId, String),
    /// New hours.
    Changed(String),
}

/// What the form is told.
pub enum Msg {
    /// Who can have sessions, and where.
    Providers(Result<Vec<ProviderRow>, Error>),
    /// What became of a new session.
    Added(Result<ClinicSessionId, Error>),
    /// What became of the new hours.
    Changed(Result<i64, Error>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum F {
    Provider,
    Centre,
    Day,
    From,
    To,
    Slot,
}

/// The form.
pub struct SessionForm {
    form: Form<F>,
    of: Option<SessionRow>,
    today: NaiveDate,
    me: Option<ProviderId>,
    here: Option<CentreId>,
    providers: Vec<ProviderRow>,
    request: RequestId,
    saving: bool,
    problem: Option<String>,
    answer: Answer<Saved>,
}

fn fields(today: NaiveDate) -> [Field; 4] {
    let time = |v: &str| if v.is_empty() { Ok(()) } else { parse_time(v).map(|_| ()) };
    [
        Field::text(tr!("Date"))
            .required()
            .max(30)
            .hint(tr!("12/3, tue, 3w"))
            .check(move |v| if v.is_empty() { Ok(()) } else { parse_date(v, today).map(|_| ()) }),
        Field::text(tr!("From")).required().max(10).hint(tr!("9:00")).check(time),
        Field::text(tr!("To")).required().max(10).hint(tr!("12:30")).check(time),
        Field::number(tr!("Slot, minutes"), 5.0, 240.0).required(),
    ]
}

impl SessionForm {
    /// A form for a new session, beginning with this day.
    #[must_use]
    pub fn add(day: NaiveDate, env: &Env, answer: Answer<Saved>) -> Self {
        let [date, from, to, slot] = fields(env.today());
        let actor = env.actor.as_deref();
        Self {
            form: Form::new()
                .with(F::Provider, Field::choice(tr!("Provider"), vec![]))
                .with(F::Centre, Field::choice(tr!("Centre"), vec![]))
                .with(F::Day, date.with(&day.format("%Y-%m-%d").to_string()))
                .with(F::From, from)
                .with(F::To, to)
                .with(F::Slot, slot.with(&DEFAULT_SLOT_MINUTES.to_string())),
            of: None,
            today: env.today(),
            me: actor.and_then(|a| a.provider),
            here: actor.and_then(|a| a.workplace.as_ref()).map(|w| w.centre),
            providers: vec![],
            request: RequestId::new(),
            saving: false,
            problem: None,
            answer,
        }
    }

    /// The same for this provider.
    #[must_use]
    pub fn of(self, provider: Option<ProviderId>) -> Self {
        Self { me: provider.or(self.me), ..self }
    }

    /// A form with the hours of this session.
    #[must_use]
    pub fn change(session: SessionRow, env: &Env, answer: Answer<Saved>) -> Self {
        let [date, from, to, slot] = fields(env.today());
        let hours = session.hours();
        Self {
            form: Form::new()
                .with(F::Provider, Field::fixed(tr!("Provider"), session.provider_name.to_string()))
                .with(F::Centre, Field::fixed(tr!("Centre"), session.centre_name.clone()))
                .with(F::Day, date.with(&hours.day.format("%Y-%m-%d").to_string()))
                .with(F::From, from.with(&hours.from.format("%H:%M").to_string()))
                .with(F::To, to.with(&hours.to.format("%H:%M").to_string()))
                .with(F::Slot, slot.with(&hours.slot_minutes.to_string())),
            today: env.today(),
            me: None,
            here: None,
            providers: vec![],
            request: RequestId::new(),
            saving: false,
            problem: None,
            answer,
            of: Some(session),
        }
    }

    fn provider(&self) -> Option<&ProviderRow> {
        self.providers.get(self.form.chosen(F::Provider)?)
    }

    fn offer_centres(&mut self) {
        let Some(provider) = self.provider() else { return };
        let names: Vec<String> = provider.centres.iter().map(|(_, n)| clean(n).into_owned()).collect();
        let here = provider.centres.iter().find(|(id, _)| Some(*id) == self.here).map(|(_, n)| n.clone());
        let taken = self.form.get(F::Centre);
        if !names.contains(&taken) {
            let first = here.or_else(|| names.first().cloned());
            self.form.set_options(F::Centre, names);
            self.form.set(F::Centre, first.as_deref().unwrap_or_default());
        } else {
            self.form.set_options(F::Centre, names);
            self.form.set(F::Centre, &taken);
        }
    }

    fn hours(&self) -> Result<SessionHours, Why> {
        Ok(SessionHours {
            day: parse_date(&self.form.get(F::Day), self.today)?,
            from: parse_time(&self.form.get(F::From))?,
            to: parse_time(&self.form.get(F::To))?,
            slot_minutes: self.form.get(F::Slot).parse().unwrap_or(0),
        })
    }

    fn save(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.problem = None;
        if self.saving {
            return;
        }
        if let Err(why) = self.form.check() {
            self.problem = Some(why.to_string());
            return;
        }
        let hours = match self.hours() {
            Ok(hours) => hours,
            Err(why) => {
                self.problem = Some(why.to_string());
                return;
            }
        };
        let request = self.request;
        if let Some(session) = self.of.clone() {
            self.saving = true;
            cx.save(
                "session.change",
                move |store| async move { store.change_clinic_session(&actor, request, &session, hours).await },
                Msg::Changed,
            );
            return;
        }
        let chosen = self.provider().and_then(|p| {
            let centre = p.centres.get(self.form.chosen(F::Centre)?)?.0;
            Some(NewSession { provider: p.id, centre, hours })
        });
        let Some(new) = chosen else {
            self.problem = Some(tr!("Choose a provider and a centre; space takes the next one.").into());
            return;
        };
        self.saving = true;
        cx.save(
            "session.add",
            move |store| async move { store.add_clinic_session(&actor, request, new).await },
            Msg::Added,
        );
    }

    fn ended<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        self.saving = false;
        match result {
            Ok(value) => Some(value),
            Err(e) => {
                // Only an unknown outcome keeps its request: everything else was not done under it.
                if !matches!(e, Error::Unknown) {
                    self.request = RequestId::new();
                }
                self.problem = Some(match e {
                    Error::Refused(why) | Error::Overlap(why) => why.to_string(),
                    e => e.to_string(),
                });
                None
            }
        }
    }

    fn what(&self) -> String {
        let day = self.hours().map(|h| short_day(h.day)).unwrap_or_default();
        format!("{day} {}-{}", self.form.get(F::From), self.form.get(F::To))
    }
}

impl Screen for SessionForm {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["session-form"]
    }
    fn title(&self) -> String {
        if self.of.is_some() { tr!("Change the session").into() } else { tr!("Add a session").into() }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn leave(&self) -> Leave {
        if self.form.is_dirty() { Leave::Ask(tr!("The session is not saved.").into()) } else { Leave::Free }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        if self.of.is_none()
            && let Some(actor) = cx.env().actor.clone()
        {
            cx.load(
                "session-form.providers",
                move |store| async move { store.providers(&actor).await },
                Msg::Providers,
            );
        }
    }
    fn edited(&mut self, _cx: &mut Cx<Msg>) {
        self.problem = None;
        self.offer_centres();
    }
    fn moved(&mut self, _cx: &mut Cx<Msg>) {
        self.offer_centres();
    }
    fn command(&mut self, Command::Save: Command, cx: &mut Cx<Msg>) {
        self.save(cx);
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Providers(Ok(all)) => {
                self.providers = match self.me {
                    Some(me) => all.into_iter().filter(|p| p.id == me).collect(),
                    None => all,
                };
                let names: Vec<String> =
                    self.providers.iter().map(|p| clean(&p.name.to_string()).into_owned()).collect();
                let first = names.first().cloned().unwrap_or_default();
                self.form.set_options(F::Provider, names);
                if self.me.is_some() {
                    self.form.set(F::Provider, &first);
                    self.offer_centres();
                    self.form.go_to(F::Day);
                }
                self.form.saved();
            }
            Msg::Providers(Err(e)) => cx.failed(&e),
            Msg::Added(result) => {
                if let Some(id) = self.ended(result) {
                    let text = tr!("Added the session {what}", what = self.what());
                    cx.answer(&self.answer.clone(), Saved::Added(id, text));
                }
            }
            Msg::Changed(result) => {
                if self.ended(result).is_some() {
                    let text = tr!("Changed the session to {what}", what = self.what());
                    cx.answer(&self.answer.clone(), Saved::Changed(text));
                }
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rest] = widgets::split_top(area, 2);
        widgets::put(frame, head, 0, &format!(" {}", self.title()), ui.theme.strong());
        let [fields, below] = widgets::split_top(rest, self.form.height());
        self.form.view(frame, fields, ui);
        let text = if self.saving { Some(tr!("saving").to_owned()) } else { self.problem.clone() };
        if let Some(text) = text {
            let style = if self.saving { ui.theme.dim() } else { ui.theme.alarm() };
            for (y, line) in (1..).zip(wrap(&clean(&text), usize::from(below.width.saturating_sub(2)).max(1)))
            {
                widgets::put(frame, below, y, &format!(" {line}"), style);
            }
        }
    }
}

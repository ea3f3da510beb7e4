//! The form of a leave, a holiday or an extra day: what, whose, from when to when. Whole days where no hours are given.
use crate::{
    domain::{
        actor::Role,
        dates::{parse_date, parse_time},
        exception::{ExceptionKind, NewException},
        ids::{CentreId, ExceptionId, ProviderId, RequestId},
        time::{self, DEFAULT_SLOT_MINUTES, Period},
        why::Why,
    },
    store::{Error, ProviderRow},
    text::{clean, tr_str, wrap},
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
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the form of an exception understands.
    pub enum Command {
        Save: "exception-form.save" "save" "Enter it, and show its clashes";
    }
}

/// What the form is told.
pub enum Msg {
    Providers(Result<Vec<ProviderRow>, Error>),
    Saved(Result<ExceptionId, Error>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum F {
    Kind,
    Provider,
    Centre,
    First,
    Last,
    From,
    To,
    Reason,
}

/// The form; it answers what was entered.
pub struct ExceptionForm {
    form: Form<F>,
    today: NaiveDate,
    zone: Tz,
    me: Option<ProviderId>,
    providers: Vec<ProviderRow>,
    centres: Vec<(CentreId, String)>,
    request: RequestId,
    saving: bool,
    problem: Option<String>,
    answer: Answer<Option<ExceptionId>>,
}

impl ExceptionForm {
    /// An empty form.
    #[must_use]
    pub fn new(env: &Env, answer: Answer<Option<ExceptionId>>) -> Self {
        let today = env.today();
        let day = move |v: &str| if v.is_empty() { Ok(()) } else { parse_date(v, today).map(|_| ()) };
        let hour = |v: &str| if v.is_empty() { Ok(()) } else { parse_time(v).map(|_| ()) };
        let kinds: Vec<String> = ExceptionKind::ALL.map(|k| tr_str(k.word()).to_owned()).to_vec();
        let first = kinds.first().cloned().unwrap_or_default();
        let form = Form::new()
            .with(F::Kind, Field::choice(tr!("What"), kinds).required().with(&first))
            .with(F::Provider, Field::choice(tr!("Provider"), vec![]))
            .with(F::Centre, Field::choice(tr!("Centre"), vec![]))
            .with(
                F::First,
                Field::text(tr!("First day")).required().max(30).hint(tr!("12/3, tue, 3w")).check(day),
            )
            .with(F::Last, Field::text(tr!("Last day")).max(30).hint(tr!("the same day")).check(day))
            .with(F::From, Field::text(tr!("From")).max(10).hint(tr!("the whole day")).check(hour))
            .with(F::To, Field::text(tr!("To")).max(10).hint(tr!("the whole day")).check(hour))
            .with(
                F::Reason,
                Field::text(tr!("Reason")).max(200).hint(tr!("of a leave: for them and administrators")),
            );
        Self {
            form,
            today,
            zone: env.zone(),
            me: env
                .actor
                .as_deref()
                .filter(|a| !matches!(a.role, Role::Administrator | Role::Receptionist))
                .and_then(|a| a.provider),
            providers: vec![],
            centres: vec![],
            request: RequestId::new(),
            saving: false,
            problem: None,
            answer,
        }
    }

    fn kind(&self) -> ExceptionKind {
        self.form
            .chosen(F::Kind)
            .and_then(|n| ExceptionKind::ALL.get(n))
            .copied()
            .unwrap_or(ExceptionKind::Leave)
    }

    fn period(&self) -> Result<Period, Why> {
        let first = parse_date(&self.form.get(F::First), self.today)?;
        let last = match self.form.filled(F::Last) {
            Some(typed) => parse_date(&typed, first)?,
            None => first,
        };
        let hour = |name| self.form.filled(name).map(|t| parse_time(&t)).transpose();
        let (from, to) = (hour(F::From)?.unwrap_or(NaiveTime::MIN), hour(F::To)?.unwrap_or(NaiveTime::MIN));
        let end = if to == NaiveTime::MIN {
            time::day(self.zone, last).end
        } else {
            time::instant(self.zone, last.and_time(to))
        };
        Period::new(time::instant(self.zone, first.and_time(from)), end)
    }

    fn new_exception(&self) -> Result<NewException, Why> {
        let kind = self.kind();
        let provider = self.form.chosen(F::Provider).and_then(|n| self.providers.get(n)).map(|p| p.id);
        // The first centre of the list is "every centre".
        let centre = self
            .form
            .chosen(F::Centre)
            .and_then(|n| n.checked_sub(1))
            .and_then(|n| self.centres.get(n))
            .map(|c| c.0);
        let need = |what: &str| Why::new("exception_whose", what.to_owned());
        match (kind, provider, centre) {
            (ExceptionKind::Leave, None, _) => {
                return Err(need(tr!("Whose leave is it? Choose the provider.")));
            }
            (ExceptionKind::Holiday, _, None) => {
                return Err(need(tr!("Which centre is closed? Choose one.")));
            }
            (ExceptionKind::Extra, p, c) if p.is_none() || c.is_none() => {
                return Err(need(tr!("An extra day needs a provider and a centre.")));
            }
            _ => {}
        }
        if kind == ExceptionKind::Extra && self.form.filled(F::From).is_none() {
            return Err(need(tr!("An extra day needs its hours.")));
        }
        Ok(NewException {
            id: ExceptionId::new(),
            kind,
            provider: provider.filter(|_| kind != ExceptionKind::Holiday),
            centre,
            period: self.period()?,
            slot_minutes: DEFAULT_SLOT_MINUTES,
            reason: self.form.get(F::Reason),
        })
    }

    fn save(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.problem = None;
        if self.saving {
            return;
        }
        let new = self.form.check().and_then(|()| self.new_exception());
        match new {
            Err(why) => self.problem = Some(why.to_string()),
            Ok(new) => {
                self.saving = true;
                let request = self.request;
                cx.save(
                    "exception.add",
                    move |store| async move { store.add_exception(&actor, request, new).await },
                    Msg::Saved,
                );
            }
        }
    }
}

impl Screen for ExceptionForm {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["exception-form"]
    }
    fn title(&self) -> String {
        tr!("Leave, holiday or extra day").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn leave(&self) -> Leave {
        if self.form.is_dirty() { Leave::Ask(tr!("It is not entered yet.").into()) } else { Leave::Free }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        cx.load(
            "exception-form.providers",
            move |store| async move { store.providers(&actor).await },
            Msg::Providers,
        );
    }
    fn edited(&mut self, _cx: &mut Cx<Msg>) {
        self.problem = None;
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
                for (id, name) in self.providers.iter().flat_map(|p| &p.centres) {
                    if !self.centres.iter().any(|(c, _)| c == id) {
                        self.centres.push((*id, name.clone()));
                    }
                }
                self.centres.sort_by(|a, b| a.1.cmp(&b.1));
                let names: Vec<String> =
                    self.providers.iter().map(|p| clean(&p.name.to_string()).into_owned()).collect();
                let mut places = vec![tr!("every centre").to_owned()];
                places.extend(self.centres.iter().map(|(_, n)| clean(n).into_owned()));
                let mine = names.first().cloned().filter(|_| self.me.is_some()).unwrap_or_default();
                self.form.set_options(F::Provider, names);
                self.form.set(F::Provider, &mine);
                self.form.set_options(F::Centre, places);
                self.form.set(F::Centre, tr!("every centre"));
                self.form.saved();
            }
            Msg::Providers(Err(e)) => cx.failed(&e),
            Msg::Saved(Ok(id)) => {
                self.form.saved();
                cx.answer(&self.answer.clone(), Some(id));
            }
            Msg::Saved(Err(e)) => {
                self.saving = false;
                if !matches!(e, Error::Unknown) {
                    self.request = RequestId::new();
                }
                self.problem = Some(match e {
                    Error::Refused(why) | Error::Overlap(why) => why.to_string(),
                    e => e.to_string(),
                });
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

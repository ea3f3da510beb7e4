//! The form of a wish for the waiting list: with whom or which profession, where, what for, between which days, and how soon.
use crate::{
    domain::{
        booking::{DayPart, Directory},
        dates,
        ids::{CentreId, DepartmentId, ProviderId, RequestId, WaitId},
        queue::Priority,
        visit_type::VisitType,
        waitlist::{NewWait, Weekdays, Wish},
        when,
        why::Why,
    },
    store::Error,
    text::{clean, wrap},
    tr,
    ui::{
        cx::Cx,
        desk,
        route::WaitStart,
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            self,
            form::{Field, Form},
            picker::{Picker, Row},
        },
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the form of a wish understands.
    pub enum Command {
        Whom: "waitlist-form.whom" "with whom" "Find the provider, or anybody of a profession, by name";
        Save: "waitlist-form.save" "save" "Put the patient on the waiting list, or save what was changed";
    }
}

/// What the form is told.
pub enum Msg {
    Known(Result<(Directory, Vec<VisitType>), Error>),
    Added(Result<WaitId, Error>),
    Changed(Result<i64, Error>),
    TakenOff(Result<i64, Error>),
    Whom(Option<Whom>),
}

/// One provider, or anybody of a profession.
#[derive(Debug, Clone)]
pub enum Whom {
    Provider(ProviderId),
    Profession(String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum F {
    Provider,
    Profession,
    Centre,
    Department,
    VisitType,
    First,
    Last,
    Part,
    Weekdays,
    Priority,
    Note,
}

/// The screen.
pub struct WaitForm {
    start: WaitStart,
    form: Form<F>,
    today: NaiveDate,
    directory: Directory,
    visit_types: Vec<VisitType>,
    professions: Vec<String>,
    departments: Vec<(DepartmentId, CentreId, String)>,
    id: WaitId,
    request: RequestId,
    ready: bool,
    saving: bool,
    problem: Option<String>,
}

const PARTS: [DayPart; 4] = [DayPart::Any, DayPart::Morning, DayPart::Afternoon, DayPart::Evening];

fn parts() -> Vec<String> {
    vec![tr!("any time").into(), tr!("mornings").into(), tr!("afternoons").into(), tr!("evenings").into()]
}

impl WaitForm {
    /// The form with what is known.
    #[must_use]
    pub fn of(start: WaitStart, today: NaiveDate) -> Self {
        let day = move |v: &str| if v.is_empty() { Ok(()) } else { when::parse_day(v, today).map(|_| ()) };
        let priorities = Priority::ALL.map(|p| p.word().to_owned()).to_vec();
        let w = &start.wish;
        let at = PARTS.iter().position(|p| *p == w.part).unwrap_or(0);
        let part = parts().get(at).cloned().unwrap_or_default();
        let form = Form::new()
            .with(F::Provider, Field::choice(tr!("With"), vec![]))
            .with(F::Profession, Field::choice(tr!("Profession"), vec![]))
            .with(F::Centre, Field::choice(tr!("Centre"), vec![]))
            .with(F::Department, Field::choice(tr!("Department"), vec![]))
            .with(F::VisitType, Field::choice(tr!("Visit"), vec![]))
            .with(F::First, Field::text(tr!("From")).max(30).hint(tr!("today, 12/3, tue, 3w")).check(day))
            .with(F::Last, Field::text(tr!("Until")).max(30).hint(tr!("12/3, fri, 6w")).required().check(day))
            .with(F::Part, Field::choice(tr!("Part of day"), parts()))
            .with(
                F::Weekdays,
                Field::text(tr!("Days"))
                    .max(40)
                    .hint(tr!("every day; mon wed, tue-fri"))
                    .check(|v| Weekdays::parse(v).map(|_| ())),
            )
            .with(F::Priority, Field::choice(tr!("Priority"), priorities))
            .with(F::Note, Field::text(tr!("Note")).max(200));
        let mut form = form;
        form.set(F::First, &dates::long_date(w.first));
        form.set(F::Last, &dates::long_date(w.last));
        form.set(F::Part, &part);
        form.set(F::Weekdays, &w.weekdays.words());
        form.set(F::Priority, w.priority.word());
        form.set(F::Note, &start.note);
        form.saved();
        Self {
            start,
            form,
            today,
            directory: Directory::default(),
            visit_types: vec![],
            professions: vec![],
            departments: vec![],
            id: WaitId::new(),
            request: RequestId::new(),
            ready: false,
            saving: false,
            problem: None,
        }
    }

    /// The lists are here: the choices, with what was known chosen.
    fn fill(&mut self, directory: Directory, visit_types: Vec<VisitType>) {
        let w = self.start.wish.clone();
        self.professions = directory.providers.iter().map(|p| p.profession.clone()).collect();
        self.professions.sort();
        self.professions.dedup();
        self.visit_types = visit_types.into_iter().filter(|t| !t.retired).collect();
        self.departments = directory
            .centres
            .iter()
            .flat_map(|c| c.departments.iter().map(|d| (d.id, c.id, format!("{}, {}", d.name, c.name))))
            .collect();
        let text = |t: &str| clean(t).into_owned();
        let first = |any: &'static str, rest: Vec<String>| [vec![any.to_owned()], rest].concat();
        let lists = [
            (
                F::Provider,
                first(
                    tr!("anybody of the profession"),
                    directory.providers.iter().map(|p| text(&p.name.to_string())).collect(),
                ),
                w.provider.and_then(|id| directory.providers.iter().position(|p| p.id == id)),
            ),
            (
                F::Profession,
                first(
                    tr!("that of the provider"),
                    self.professions.iter().map(|p| desk::profession(p)).collect(),
                ),
                w.profession.and_then(|code| self.professions.iter().position(|p| *p == code)),
            ),
            (
                F::Centre,
                first(tr!("any centre"), directory.centres.iter().map(|c| text(&c.name)).collect()),
                w.centre.and_then(|id| directory.centres.iter().position(|c| c.id == id)),
            ),
            (
                F::Department,
                first(tr!("any department"), self.departments.iter().map(|d| text(&d.2)).collect()),
                w.department.and_then(|id| self.departments.iter().position(|d| d.0 == id)),
            ),
            (
                F::VisitType,
                first(
                    tr!("any kind of visit"),
                    self.visit_types.iter().map(|t| text(&t.details.name)).collect(),
                ),
                w.visit_type.and_then(|code| self.visit_types.iter().position(|t| t.code == code)),
            ),
        ];
        for (field, options, at) in lists {
            let chosen = options.get(at.map_or(0, |n| n + 1)).cloned().unwrap_or_default();
            self.form.set_options(field, options);
            self.form.set(field, &chosen);
        }
        self.directory = directory;
        self.ready = true;
        self.form.saved();
    }

    /// Everybody and every profession, found by what is typed.
    fn pick_whom(&self, cx: &mut Cx<Msg>) {
        let professions = self.professions.iter().map(|code| {
            let title = tr!("any {profession}", profession = desk::profession(code));
            Row::new(Whom::Profession(code.clone()), title, "")
        });
        let providers = self.directory.providers.iter().map(|p| {
            let title = format!("{}  {}", p.name, desk::profession(&p.profession));
            Row::new(Whom::Provider(p.id), title, p.specialties.join(" "))
        });
        let rows = professions.chain(providers).collect();
        let title = tr!("{who} waits for whom?", who = self.start.who);
        cx.open(move |answer| Picker::new(title, answer).rows(rows), Msg::Whom);
    }

    fn take_whom(&mut self, whom: &Whom) {
        let wish = &mut self.start.wish;
        (wish.provider, wish.profession) = match whom {
            Whom::Provider(id) => (Some(*id), None),
            Whom::Profession(code) => (None, Some(code.clone())),
        };
        let (provider, profession) = (wish.provider, wish.profession.clone());
        let name =
            |p: ProviderId| self.directory.provider(p).map(|p| clean(&p.name.to_string()).into_owned());
        let with = provider.and_then(name).unwrap_or_else(|| tr!("anybody of the profession").into());
        let of = profession.map_or_else(|| tr!("that of the provider").into(), |c| desk::profession(&c));
        self.form.set(F::Provider, &with);
        self.form.set(F::Profession, &of);
        self.problem = None;
    }

    /// What stands at this place of a list whose first line is "any".
    fn nth<T>(&self, field: F, list: &[T]) -> Option<usize> {
        self.form.chosen(field).and_then(|n| n.checked_sub(1)).filter(|n| *n < list.len())
    }

    fn wish(&self) -> Result<Wish, Why> {
        let provider =
            self.nth(F::Provider, &self.directory.providers).map(|n| self.directory.providers[n].id);
        let profession = self.nth(F::Profession, &self.professions).map(|n| self.professions[n].clone());
        if provider.is_none() && profession.is_none() {
            return Err(Why::new("waitlist_entry_whom", tr!("With whom, or with which profession?"))
                .instead(tr!("Choose a provider, or a profession for anybody of it.")));
        }
        let day = |field| self.form.filled(field).map(|t| when::parse_day(&t, self.today)).transpose();
        let first = day(F::First)?.unwrap_or(self.today);
        let last = day(F::Last)?.unwrap_or(first);
        Ok(Wish {
            provider,
            profession: profession.filter(|_| provider.is_none()),
            department: self.nth(F::Department, &self.departments).map(|n| self.departments[n].0),
            centre: self.nth(F::Centre, &self.directory.centres).map(|n| self.directory.centres[n].id),
            visit_type: self.nth(F::VisitType, &self.visit_types).map(|n| self.visit_types[n].code.clone()),
            first,
            last,
            part: self.form.chosen(F::Part).and_then(|n| PARTS.get(n)).copied().unwrap_or_default(),
            weekdays: Weekdays::parse(&self.form.get(F::Weekdays))?,
            priority: self
                .form
                .chosen(F::Priority)
                .and_then(|n| Priority::ALL.get(n))
                .copied()
                .unwrap_or_default(),
        })
    }

    fn save(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.problem = None;
        let wish = match self.form.check().and_then(|()| self.wish()) {
            Ok(wish) => wish,
            Err(why) => {
                self.problem = Some(why.to_string());
                return;
            }
        };
        self.saving = true;
        let (request, note) = (self.request, self.form.get(F::Note));
        match self.start.change {
            Some((id, seen)) => cx.save(
                "waitlist.change",
                move |store| async move { store.change_wait(&actor, request, id, seen, wish, &note).await },
                Msg::Changed,
            ),
            None => {
                let new = NewWait { id: self.id, patient: self.start.patient, wish, note };
                cx.save(
                    "waitlist.add",
                    move |store| async move { store.add_wait(&actor, request, new).await },
                    Msg::Added,
                );
            }
        }
    }

    fn refused(&mut self, e: &Error) {
        self.saving = false;
        if !matches!(e, Error::Unknown | Error::Unavailable(_) | Error::Slow) {
            (self.request, self.id) = (RequestId::new(), WaitId::new());
        }
        self.problem = Some(e.to_string());
    }
}

impl Screen for WaitForm {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["waitlist-form"]
    }
    fn title(&self) -> String {
        if self.start.change.is_some() {
            tr!("Change a wish").into()
        } else {
            tr!("Onto the waiting list").into()
        }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn leave(&self) -> Leave {
        if self.form.is_dirty() { Leave::Ask(tr!("It is not saved yet.").into()) } else { Leave::Free }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        cx.load(
            "waitlist-form.known",
            move |store| async move {
                let directory = store.directory(&actor).await?;
                Ok((directory, store.visit_types(&actor).await?))
            },
            Msg::Known,
        );
    }
    fn edited(&mut self, _cx: &mut Cx<Msg>) {
        self.problem = None;
    }
    fn waits_for(&self, _: Command) -> bool {
        !self.ready || self.saving
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Save => self.save(cx),
            Command::Whom => self.pick_whom(cx),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Known(Ok((directory, visit_types))) => {
                if !self.ready {
                    self.fill(directory, visit_types);
                    if self.start.wish.provider.is_none() && self.start.wish.profession.is_none() {
                        self.pick_whom(cx);
                    }
                }
            }
            Msg::Known(Err(e)) => cx.failed(&e),
            Msg::Added(Ok(id)) => {
                self.form.saved();
                let who = self.start.who.clone();
                if let Some(actor) = cx.env().actor.clone() {
                    cx.undoable(
                        tr!("On the waiting list: {who}", who = who),
                        "waitlist.add",
                        move |store| async move {
                            store.withdraw_wait(&actor, RequestId::new(), id, 1, false).await
                        },
                        Msg::TakenOff,
                    );
                }
                cx.back();
            }
            Msg::Changed(Ok(_)) => {
                self.form.saved();
                cx.toast(tr!("Saved: {who}", who = self.start.who));
                cx.back();
            }
            Msg::Added(Err(e)) => self.refused(&e),
            Msg::Changed(Err(e)) => self.refused(&e),
            Msg::Whom(Some(whom)) => self.take_whom(&whom),
            Msg::Whom(None) | Msg::TakenOff(_) => {}
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rest] = widgets::split_top(area, 1);
        let title = format!(" {}: {}", self.title(), self.start.who);
        widgets::put(frame, head, 0, &title, ui.theme.strong());
        let [fields, below] = widgets::split_top(rest, self.form.height().min(rest.height.saturating_sub(3)));
        self.form.view(frame, fields, ui);
        let text = if self.saving { Some(tr!("saving").to_owned()) } else { self.problem.clone() };
        if let Some(text) = text {
            let style = if self.saving { ui.theme.dim() } else { ui.theme.alarm() };
            let room = usize::from(below.width.saturating_sub(2)).max(1);
            for (y, line) in (0..).zip(wrap(&clean(&text), room)) {
                widgets::put(frame, below, y, &format!(" {line}"), style);
            }
        }
    }
}

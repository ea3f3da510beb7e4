//! The weekly hours of a provider: a line for each weekday and centre. What overlaps is refused before it is sent, and
//! by the database again.
use super::fields::{FormCommand, Request, busy, leave};
use crate::{
    domain::{
        ids::CentreId,
        provider::{ProviderEntry, WEEKDAYS, WeeklyHours, clock_of, overlapping, parse_hours, show_hours},
        why::Why,
    },
    store::{Error, Store},
    text::tr_str,
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
use ratatui::{Frame, layout::Rect};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Slot,
    At(CentreId, i32),
    Heading(usize),
}

/// The form; it answers whether anything was saved.
pub struct HoursForm {
    form: Form<Name>,
    provider: ProviderEntry,
    request: Request,
    answer: Answer<bool>,
}

impl HoursForm {
    /// The week of this provider.
    #[must_use]
    pub fn new(provider: ProviderEntry, answer: Answer<bool>) -> Self {
        let slot = provider.hours.first().map_or(30, |h| h.slot_minutes);
        let mut form = Form::new().with(
            Name::Slot,
            Field::number(tr!("Slot length in minutes"), 5.0, 240.0).required().with(&slot.to_string()),
        );
        for (nth, (centre, name)) in provider.centres.iter().enumerate() {
            form = form.with(Name::Heading(nth), Field::fixed(tr!("At"), name.clone()));
            for day in 1..=7 {
                let here: Vec<(i32, i32)> = provider
                    .hours
                    .iter()
                    .filter(|h| h.centre == *centre && h.weekday == day)
                    .map(|h| (h.from_minute, h.to_minute))
                    .collect();
                let field = Field::text(tr_str(WEEKDAYS[day as usize - 1]))
                    .max(60)
                    .hint(tr!("no hours"))
                    .check(|typed| parse_hours(typed).map(|_| ()))
                    .with(&show_hours(&here));
                form = form.with(Name::At(*centre, day), field);
            }
        }
        Self { form, provider, request: Request::default(), answer }
    }

    /// Everything that was typed; the form has checked each line.
    fn hours(&self) -> Vec<WeeklyHours> {
        let slot_minutes = self.form.get(Name::Slot).trim().parse().unwrap_or(30);
        let mut all = vec![];
        for (centre, _) in &self.provider.centres {
            for weekday in 1..=7 {
                let typed = parse_hours(&self.form.get(Name::At(*centre, weekday))).unwrap_or_default();
                all.extend(typed.into_iter().map(|(from_minute, to_minute)| WeeklyHours {
                    centre: *centre,
                    weekday,
                    from_minute,
                    to_minute,
                    slot_minutes,
                }));
            }
        }
        all
    }

    fn tell_overlap(&mut self, a: WeeklyHours, b: WeeklyHours) {
        let name =
            |id| self.provider.centres.iter().find(|c| c.0 == id).map(|c| c.1.clone()).unwrap_or_default();
        let told = tr!(
            "Overlaps {from}-{to} at {centre}.",
            from = clock_of(a.from_minute),
            to = clock_of(a.to_minute),
            centre = name(a.centre)
        );
        self.form.problem(Name::At(b.centre, b.weekday), told);
        self.form.go_to(Name::At(b.centre, b.weekday));
    }
}

impl Screen for HoursForm {
    type Command = FormCommand;
    type Msg = Result<i64, Error>;

    fn contexts(&self) -> &[&str] {
        &["admin-form"]
    }
    fn title(&self) -> String {
        tr!("Weekly hours of {name}", name = self.provider.name)
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn available(&self, command: FormCommand) -> Result<(), Why> {
        match command {
            FormCommand::Save if self.request.saving => Err(busy()),
            FormCommand::Save => Ok(()),
            FormCommand::Centres => {
                Err(Why::new("not_here", tr!("The centres are chosen in the list of providers.")))
            }
        }
    }
    fn command(&mut self, command: FormCommand, cx: &mut Cx<Self::Msg>) {
        if command != FormCommand::Save || self.form.check().is_err() {
            return;
        }
        let hours = self.hours();
        if let Some((a, b)) = overlapping(&hours) {
            self.tell_overlap(a, b);
            return;
        }
        let Some(actor) = cx.env().actor.clone() else { return };
        self.request.saving = true;
        let (request, id, seen) = (self.request.id, self.provider.id, self.provider.version);
        let write = move |s: Store| async move { s.set_weekly_hours(&actor, request, id, seen, hours).await };
        cx.save("provider.set-hours", write, |r| r);
    }
    fn update(&mut self, msg: Self::Msg, cx: &mut Cx<Self::Msg>) {
        self.request.ended(msg.as_ref().err());
        match msg {
            Ok(_) => {
                self.form.saved();
                cx.toast(tr!("Saved. Sessions that are planned already stay as they are."));
                cx.answer(&self.answer.clone(), true);
            }
            Err(e) => cx.failed(&e),
        }
    }
    fn leave(&self) -> Leave {
        leave(self.form.dirty_fields())
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 2);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        put(frame, top, 1, tr!(" Write hours as 09:00-12:30, 14:00-18:00."), ui.theme.dim());
        self.form.view(frame, rest, ui);
    }
}

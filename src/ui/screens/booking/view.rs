//! How the booking looks: what is chosen on top, what must be known before booking, then the free times and the day.
use super::{Booking, offers};
use crate::{
    domain::{
        appointment::AppointmentKind,
        booking::DayPart,
        dates,
        patient::{Allergies, age_sex, record_number},
    },
    text::{clean, cut, pad, wrap},
    tr,
    ui::{desk, screen::Ui, widgets},
};
use ratatui::{Frame, layout::Rect, text::Span};

impl Booking {
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let theme = ui.theme;
        let title = match (self.move_of, self.kind) {
            (Some(_), _) => tr!("Move"),
            (_, AppointmentKind::WalkIn) => tr!("Walk-in"),
            (_, AppointmentKind::Emergency) => tr!("AT ONCE"),
            (_, AppointmentKind::Overbook) => tr!("Overbook"),
            _ => tr!("Book"),
        };
        let label = |text: &str, value: String, room: usize| {
            let value = cut(&clean(&value), room);
            vec![Span::styled(format!("{} ", pad(text, 9)), theme.dim()), Span::raw(pad(&value, room + 1))]
        };
        let lead = 10;
        let wide = usize::from(area.width).saturating_sub(lead + 12);
        let half = wide.saturating_sub(10) / 2;
        let mut first = vec![Span::styled(pad(&format!(" {title}"), lead), theme.strong())];
        first.push(Span::styled(format!("{} ", pad(tr!("Patient"), 9)), theme.dim()));
        first.extend(self.patient_spans(wide, ui));
        widgets::put_spans(frame, area, 0, first);

        let provider = match (self.provider, &self.profession) {
            (Some(id), _) => offers::provider_line(self.directory.as_ref(), id),
            (None, Some(code)) => tr!("any {profession}", profession = desk::profession(code)),
            _ => tr!("anybody").into(),
        };
        let provider = match self.department_name() {
            Some(name) if self.provider.is_none() => format!("{provider}, {name}"),
            _ => provider,
        };
        let centre = self.centre.map_or_else(
            || tr!("any").into(),
            |id| {
                self.directory.as_ref().and_then(|d| d.centre(id)).map(|c| c.name.clone()).unwrap_or_default()
            },
        );
        let row = |left: Vec<Span<'static>>, right: Vec<Span<'static>>| {
            let mut spans = vec![Span::raw(" ".repeat(lead))];
            spans.extend(left);
            spans.extend(right);
            spans
        };
        widgets::put_spans(
            frame,
            area,
            1,
            row(label(tr!("Provider"), provider, half), label(tr!("Centre"), centre, half)),
        );
        let visit = match self.visit_type_name() {
            Some(name) if self.reason.is_empty() => (tr!("Visit"), name),
            Some(name) => (tr!("Visit"), format!("{name}: {}", self.reason)),
            None => (tr!("Reason"), self.reason.clone()),
        };
        let part = match self.part {
            DayPart::Any => "",
            DayPart::Morning => tr!("mornings"),
            DayPart::Afternoon => tr!("afternoons"),
            DayPart::Evening => tr!("evenings"),
        };
        let from = self.from.map_or_else(|| tr!("today").into(), dates::short_day);
        let within = if self.days == super::DAYS {
            String::new()
        } else {
            crate::text::tr_n("within {n} day", "within {n} days", self.days)
        };
        let kept = if self.kept { tr!("kept times too") } else { "" };
        let from = [from, within, part.to_owned(), kept.to_owned()]
            .into_iter()
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>();
        let from = from.join(", ");
        widgets::put_spans(
            frame,
            area,
            2,
            row(label(visit.0, visit.1, half), label(tr!("From"), from, half)),
        );
        let room = usize::from(area.width).saturating_sub(2).max(1);
        let mut above = 3;
        for line in
            wrap(&clean(&self.warnings(ui.env.today())), room).into_iter().filter(|l| !l.is_empty()).take(2)
        {
            widgets::put(frame, area, above, &format!(" {line}"), theme.warn());
            above += 1;
        }

        let [_, body] = widgets::split_top(area, above.max(4));
        let left = if area.width >= 76 { (area.width * 6 / 10).min(64) } else { area.width };
        let [list, strip] = widgets::split_left(body, left);
        let [head, rows] = widgets::split_top(list, 1);
        widgets::put(frame, head, 0, &self.heading(), theme.dim());
        if self.offers.rows.is_empty() {
            let text = match (self.asked.is_some(), self.here()) {
                (true, _) => tr!("loading").to_owned(),
                (_, true) => tr!("Nobody works here any more today. w goes back to free times.").to_owned(),
                _ if self.answered && self.overbooks() => {
                    tr!("No taken time has a place over it. o goes back to free times.").to_owned()
                }
                _ if self.answered && self.closed().is_some() => {
                    let keys = tr!("v changes the provider, c the centre.");
                    format!("{} {keys}", self.closed().unwrap_or_default())
                }
                _ if self.answered => tr!(
                    "Nothing is free within {n} days where you may book. v changes the provider, c the centre, n looks further.",
                    n = self.days
                ),
                _ => String::new(),
            };
            widgets::sentence(frame, widgets::split_left(rows, 1)[1], &text);
        }
        self.offers.view(frame, rows, ui.env.today(), ui);
        if strip.width >= 20 && !self.strips.is_empty() {
            let day = self.strip_day.unwrap_or_else(|| ui.env.today());
            let zone = self.offers.selected().map_or_else(|| ui.env.zone(), |o| o.slot.zone);
            offers::strip(frame, strip, day, &self.strips, &self.offers.holds, zone, ui);
        }
    }

    fn visit_type_name(&self) -> Option<String> {
        let code = self.visit_type.as_ref()?;
        let known = self.visit_types.iter().find(|t| t.code == *code);
        Some(known.map_or_else(|| code.clone(), |t| format!("{} {}", t.details.name, t.details.takes())))
    }

    /// That the department asked for, or that of the provider, is closed, and when it opens.
    fn closed(&self) -> Option<String> {
        let directory = self.directory.as_ref()?;
        let of_provider = || {
            let provider = self.provider?;
            directory.providers.iter().find(|p| p.id == provider)?.department
        };
        let id = self.department.or_else(of_provider)?;
        let all = directory.centres.iter().flat_map(|c| c.departments.iter().map(move |d| (c, d)));
        let (centre, d) = all.into_iter().find(|(_, d)| d.id == id && d.closed)?;
        Some(match d.opens.trim() {
            "" => tr!("{name} ({centre}) is closed.", name = d.name, centre = centre.name),
            opens => {
                tr!(
                    "{name} ({centre}) is closed. It opens: {opens}.",
                    name = d.name,
                    centre = centre.name,
                    opens = opens
                )
            }
        })
    }

    fn department_name(&self) -> Option<String> {
        let (directory, id) = (self.directory.as_ref()?, self.department?);
        let mut all = directory.centres.iter().flat_map(|c| &c.departments);
        all.find(|d| d.id == id).map(|d| d.name.clone())
    }

    fn heading(&self) -> String {
        if self.overbooks() {
            return tr!(" Taken times with a place over them").into();
        }
        if !self.family.is_empty() {
            return tr!(" One after the other").into();
        }
        match (&self.moving, self.here()) {
            (Some(old), _) => tr!(" Now {when}. First free", when = desk::when(old)),
            (_, true) => tr!(" Who takes the patient?").into(),
            _ => tr!(" First free").into(),
        }
    }

    fn patient_spans(&self, room: usize, ui: &Ui) -> Vec<Span<'static>> {
        let Some(p) = &self.profile else {
            let text = if self.patient.is_some() { tr!("loading") } else { tr!("p chooses") };
            return vec![Span::raw(text)];
        };
        let born = p.identity.birth_date.map(dates::long_date).unwrap_or_default();
        let name = clean(&p.name().to_string()).into_owned();
        let facts = format!(
            "  {}  {born}  {}  ",
            age_sex(p.identity.birth_date, p.identity.sex, ui.env.today()),
            record_number(p.record_number)
        );
        let left = room.saturating_sub(crate::text::width(&name) + crate::text::width(&facts));
        let told = desk::allergies(&p.allergies);
        let alarm = matches!(p.allergies, Allergies::Listed(_));
        vec![
            Span::styled(name, ui.theme.strong()),
            Span::raw(facts),
            Span::styled(cut(&clean(&told), left), if alarm { ui.theme.alarm() } else { ui.theme.dim() }),
        ]
    }
}

//! How an intake looks: the line of progress, who it is about, and the step.
use super::{Intake, Mark, Step, steps};
use crate::{
    domain::{
        dates,
        patient::{Allergies, age_sex, record_number},
    },
    text::clean,
    tr,
    ui::{desk, screen::Ui, widgets},
};
use ratatui::{Frame, layout::Rect, text::Span};

impl Intake {
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let theme = ui.theme;
        let mut progress = vec![Span::raw(" ")];
        let narrow = area.width < 76;
        for (i, step) in Step::ALL.into_iter().enumerate() {
            let here = step == self.step;
            let sign = match self.marks[i] {
                Mark::Done => "+",
                Mark::Skipped => "-",
                Mark::Open => " ",
            };
            let word = if narrow && !here { String::new() } else { format!(" {}", step.word()) };
            let style = if here { theme.selected().patch(theme.strong()) } else { theme.text() };
            progress.push(Span::styled(format!("{}{sign}", i + 1), theme.dim()));
            progress.push(Span::styled(word, style));
            progress.push(Span::raw("   "));
        }
        widgets::put_spans(frame, area, 0, progress);
        let [_, rest] = widgets::split_top(area, 1);
        let who = match (&self.profile, self.patient) {
            (Some(p), _) => {
                let i = &p.identity;
                let born = i.birth_date.map(dates::long_date).unwrap_or_default();
                widgets::put_spans(
                    frame,
                    rest,
                    0,
                    vec![
                        Span::styled(format!(" {}", clean(&p.name().to_string())), theme.strong()),
                        Span::raw(format!(
                            "   {} ({born})   {}   ",
                            age_sex(i.birth_date, i.sex, ui.env.today()),
                            record_number(p.record_number)
                        )),
                        Span::styled(
                            clean(&desk::allergies(&p.allergies)).into_owned(),
                            if matches!(p.allergies, Allergies::Listed(_)) {
                                theme.alarm()
                            } else {
                                theme.text()
                            },
                        ),
                    ],
                );
                None
            }
            (None, Some(_)) => Some(tr!(" The patient is being read.")),
            (None, None) => Some(tr!(" Nobody is chosen yet.")),
        };
        if let Some(text) = who {
            widgets::put(frame, rest, 0, text, theme.dim());
        }
        let [_, rest] = widgets::split_top(rest, 2);
        match self.step {
            Step::Who => self.draw_who(frame, rest, ui),
            Step::Identity => self.identity.view(frame, rest, ui),
            Step::Vitals => self.draw_vitals(frame, rest, ui),
            Step::Allergies => self.draw_allergies(frame, rest, ui),
            Step::Appointment => self.draw_end(frame, rest, ui),
        }
    }

    fn draw_who(&self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let key = |c: &str| ui.key(&["intake-who", "intake"], c);
        let mut lines = vec![
            tr!("{key}  finds the patient by name, number, phone or birth date.", key = key("intake.find")),
            tr!("{key}  begins with a new person.", key = key("intake.new")),
        ];
        if !self.unfinished.is_empty() {
            let names: Vec<&str> = self.unfinished.iter().map(|(_, k)| k.who.as_str()).collect();
            lines.push(tr!(
                "{key}  goes on with an intake that was left: {who}",
                key = key("intake.unfinished"),
                who = names.join(", ")
            ));
        }
        if self.patient.is_some() {
            lines.push(tr!("{key}  stays with this patient.", key = key("intake.skip")));
        }
        for (y, line) in (0u16..).zip(&lines) {
            widgets::put(frame, area, y, &format!(" {line}"), ui.theme.text());
        }
    }

    fn draw_vitals(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let height = self.vitals.height().min(area.height);
        let [form, rest] = widgets::split_top(area, height);
        self.vitals.view(frame, form, ui);
        let typed = self.vitals.get(steps::V::Line);
        let mut lines: Vec<(String, ratatui::style::Style)> = vec![];
        match steps::readings(&typed) {
            Ok(readings) if !readings.is_empty() => {
                lines.push((tr!("will be stored: {what}", what = steps::told(&readings)), ui.theme.strong()));
            }
            Ok(_) => lines.push((
                tr!("One line for all of them; an empty line goes on without.").into(),
                ui.theme.dim(),
            )),
            // What is still being typed is not told off.
            Err(_) => {}
        }
        lines.extend(self.stored.iter().map(|s| (tr!("stored: {what}", what = s), ui.theme.dim())));
        put_wrapped(frame, rest, 1, &lines);
    }

    fn draw_allergies(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let height = self.allergy.height().min(area.height);
        let [form, rest] = widgets::split_top(area, height);
        self.allergy.view(frame, form, ui);
        let key = |c: &str| ui.key(&["intake"], c);
        let lines = [(
            tr!(
                "{save} adds it; with nothing filled in it goes on. {none}: asked, and knows of none.",
                save = key("intake.save"),
                none = key("intake.none-known")
            ),
            ui.theme.dim(),
        )];
        put_wrapped(frame, rest, 1, &lines);
    }

    fn draw_end(&self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let key = |c: &str| ui.key(&["intake-end", "intake"], c);
        let skipped: Vec<&str> = Step::ALL
            .into_iter()
            .filter(|s| self.marks[*s as usize] != Mark::Done && *s != Step::Appointment)
            .map(Step::word)
            .collect();
        let mut lines = vec![(
            if skipped.is_empty() {
                tr!("Everything is done.").to_owned()
            } else {
                tr!("Not done: {steps}. The digits go back there.", steps = skipped.join(", "))
            },
            if skipped.is_empty() { ui.theme.text() } else { ui.theme.warn() },
        )];
        lines.extend(self.stored.iter().map(|s| (tr!("stored: {what}", what = s), ui.theme.dim())));
        lines.push((String::new(), ui.theme.text()));
        for (command, what) in [
            ("intake.book", tr!("books an appointment")),
            ("intake.walk-in", tr!("puts the patient into today's queue as a walk-in")),
            ("intake.finish", tr!("ends without an appointment")),
        ] {
            lines.push((format!("{:6} {what}", key(command)), ui.theme.text()));
        }
        put_wrapped(frame, area, 0, &lines);
    }
}

fn put_wrapped(frame: &mut Frame<'_>, area: Rect, from: u16, lines: &[(String, ratatui::style::Style)]) {
    let room = usize::from(area.width.saturating_sub(2)).max(1);
    let mut y = from;
    for (text, style) in lines {
        let wrapped = crate::text::wrap(&clean(text), room);
        if wrapped.is_empty() {
            y += 1;
        }
        for line in wrapped {
            widgets::put(frame, area, y, &format!(" {line}"), *style);
            y += 1;
        }
    }
}

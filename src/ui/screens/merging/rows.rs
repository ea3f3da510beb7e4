//! The rows of the comparison: a line for each thing that one of the two records holds, marked where they differ.
use super::Merging;
use crate::{
    domain::{
        dates,
        patient::{Sex, record_number},
    },
    store::MergeSide,
    text::{tr_n, wrap},
    tr,
    ui::{
        screen::Ui,
        theme::Theme,
        widgets::{
            self,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};
use uuid::Uuid;

/// One line: what it is about, and what each of the two has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    at: u128,
    label: String,
    texts: [String; 2],
    differs: bool,
}

pub(super) fn table() -> Table<Line> {
    let look = |l: &Line, t: Theme| if l.differs { t.warn() } else { t.text() };
    Table::new(|l: &Line| Uuid::from_u128(l.at))
        .column(
            Column::new("", |l: &Line| if l.differs { "!".into() } else { String::new() })
                .width(1)
                .look(look),
        )
        .column(Column::new("", |l: &Line| l.label.clone()).width(14).look(|_, t| t.dim()))
        .column(Column::new("is merged, leads on", |l: &Line| l.texts[0].clone()).grow(18).look(look))
        .column(Column::new("goes on", |l: &Line| l.texts[1].clone()).grow(18).look(look))
        .uncounted()
        .empty("Nothing to compare.")
}

fn contact(s: &MergeSide) -> String {
    let i = &s.identity;
    let parts = [&i.contact_name, &i.contact_relationship, &i.contact_phone];
    parts.into_iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

fn sex(s: &MergeSide) -> String {
    match s.identity.sex {
        Sex::Female => tr!("female"),
        Sex::Male => tr!("male"),
        Sex::Other => tr!("other"),
        Sex::Unknown => tr!("not known"),
    }
    .into()
}

fn appointments(s: &MergeSide) -> String {
    let n = &s.counts;
    if n.appointments == 0 {
        return tr!("none").into();
    }
    let mut parts = vec![n.appointments.to_string()];
    if n.to_come > 0 {
        parts.push(tr!("{n} to come", n = n.to_come));
    }
    if n.waiting > 0 {
        parts.push(tr!("{n} here now", n = n.waiting));
    }
    if n.no_shows > 0 {
        parts.push(tr_n("{n} no-show", "{n} no-shows", i64::from(n.no_shows)));
    }
    parts.join(", ")
}

fn visits(s: &MergeSide) -> String {
    let n = &s.counts;
    if n.visits == 0 {
        return tr!("none").into();
    }
    let mut parts = vec![n.visits.to_string()];
    if n.unsigned > 0 {
        parts.push(tr!("{n} not signed", n = n.unsigned));
    }
    if let Some(day) = n.last_visit {
        parts.push(tr!("last {day}", day = dates::long_date(day)));
    }
    parts.join(", ")
}

fn state(s: &MergeSide) -> String {
    let mut parts = vec![];
    if let Some(leads) = &s.merged_into {
        parts.push(tr!("merged into {number}", number = record_number(leads.record_number)));
    }
    for m in &s.merged {
        parts.push(tr!(
            "with record {number} {name}",
            number = record_number(m.record_number),
            name = m.name
        ));
    }
    if s.deactivated {
        parts.push(tr!("deactivated").into());
    }
    if let Some(day) = s.blocked_until {
        parts.push(tr!("not bookable until {day}", day = dates::long_date(day)));
    }
    if s.counts.signs_in {
        parts.push(tr!("signs in").into());
    }
    parts.join(", ")
}

/// The lines of a comparison. What neither has is left out; counts are told and never marked.
pub(super) fn lines(sides: &[MergeSide; 2]) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![];
    let mut line = |label: &str, text: &dyn Fn(&MergeSide) -> String, compared: bool| {
        let texts = [text(&sides[0]), text(&sides[1])];
        if texts.iter().all(String::is_empty) {
            return;
        }
        let fold = |t: &String| crate::text::fold(t);
        let differs = compared && fold(&texts[0]) != fold(&texts[1]);
        lines.push(Line { at: lines.len() as u128 + 1, label: label.into(), texts, differs });
    };
    let count = |n: i32| if n == 0 { tr!("none").to_owned() } else { n.to_string() };
    line(tr!("Record"), &|s| record_number(s.record_number), false);
    line(tr!("Name"), &|s| s.identity.name().to_string(), true);
    line(tr!("Born"), &|s| s.identity.birth_date.map(dates::long_date).unwrap_or_default(), true);
    line(tr!("Sex"), &sex, true);
    line(tr!("Medicare"), &|s| s.identity.medicare_number.clone(), true);
    line(tr!("National"), &|s| s.identity.national_number.clone(), true);
    line(tr!("Phone"), &|s| s.identity.phone.clone(), true);
    line(tr!("E-mail"), &|s| s.identity.email.clone(), true);
    line(tr!("Address"), &|s| s.identity.address.clone(), true);
    line(tr!("Preferred"), &|s| s.identity.preferred_name.clone(), true);
    line(tr!("In script"), &|s| s.identity.second_script_name.clone(), true);
    line(tr!("Language"), &|s| s.identity.language.clone(), true);
    line(tr!("Contact"), &contact, true);
    line(tr!("Blood"), &|s| s.identity.blood_group.clone(), true);
    line(tr!("State"), &state, false);
    line(tr!("Appointments"), &appointments, false);
    line(tr!("Visits"), &visits, false);
    line(tr!("Allergies"), &|s| count(s.counts.allergies), false);
    line(tr!("Other lists"), &|s| count(s.counts.entries), false);
    line(tr!("Results"), &|s| count(s.counts.results), false);
    line(tr!("Alerts"), &|s| s.counts.alerts.to_string(), false);
    lines
}

/// How much speaks for a record's going on: that it cannot be merged, then what is in it, then its age.
pub(super) fn weight(s: &MergeSide) -> (bool, bool, i32, i32) {
    let n = &s.counts;
    (
        s.merged_into.is_none() && (!s.merged.is_empty() || n.unsigned > 0),
        n.signs_in,
        n.visits + n.allergies + n.entries + n.results,
        -s.record_number,
    )
}

impl Merging {
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(sides) = &self.sides else {
            return widgets::notice(frame, area, tr!("loading"), ui.theme);
        };
        let [merged, survivor] = &**sides;
        let head = tr!(
            "{a} {number} is merged into {b} {into}",
            a = merged.identity.name(),
            number = record_number(merged.record_number),
            b = survivor.identity.name(),
            into = record_number(survivor.record_number)
        );
        let n = self.table.rows().iter().filter(|l| l.differs).count();
        let told = match self.problem() {
            Some(why) => why.to_string(),
            None => {
                let differ = tr_n(
                    "{n} field differs (!).",
                    "{n} fields differ (!).",
                    i64::try_from(n).unwrap_or(i64::MAX),
                );
                tr!("{differ} Nothing is rewritten: the two can be separated again.", differ = differ)
            }
        };
        let style = if self.problem().is_some() { ui.theme.warn() } else { ui.theme.dim() };
        let room = usize::from(area.width.saturating_sub(2)).max(1);
        let heads = wrap(&crate::text::clean(&head), room);
        let tolds = wrap(&crate::text::clean(&told), room);
        let mut y = 0;
        for (text, style) in heads
            .into_iter()
            .take(2)
            .map(|t| (t, ui.theme.strong()))
            .chain(tolds.into_iter().take(2).map(|t| (t, style)))
        {
            widgets::put(frame, area, y, &format!(" {text}"), style);
            y += 1;
        }
        let [_, rest] = widgets::split_top(area, y);
        self.table.view(frame, rest, ui);
    }
}

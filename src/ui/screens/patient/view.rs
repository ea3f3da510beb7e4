//! How a patient's page looks: the banner and what must be read first, then the identity, then the visits.
use super::Patient;
use crate::{
    domain::{
        dates,
        patient::{Allergies, age_sex, record_number},
    },
    tr,
    ui::{desk, screen::Ui, widgets},
};
use ratatui::{Frame, layout::Rect, style::Style, text::Span};

impl Patient {
    fn warnings(&self, ui: &Ui) -> Vec<String> {
        let Some(p) = &self.profile else { return vec![] };
        let mut all: Vec<String> =
            p.alerts.iter().map(|a| format!("! {}{}", a.text, desk::of_record(a.origin))).collect();
        if let Some(leads) = &p.merged_into {
            let into = record_number(leads.record_number);
            all.insert(0, tr!("MERGED into {into}: enter opens it, nothing new comes in here", into = into));
        }
        if p.deactivated {
            all.push(tr!("DEACTIVATED {why}", why = p.deactivated_why));
        }
        if let (false, Some((at, why))) = (p.deactivated, &p.reactivated) {
            all.push(tr!(
                "active again since {day}: {why}",
                day = dates::long_date(at.with_timezone(&ui.env.zone()).date_naive()),
                why = why
            ));
        }
        if let Some(until) = p.blocked_until {
            all.push(tr!(
                "NOT BOOKABLE until {day} {why}",
                day = dates::long_date(until),
                why = p.blocked_why
            ));
        }
        if p.no_shows > 0 {
            all.push(crate::text::tr_n("{n} no-show in 12 months", "{n} no-shows in 12 months", p.no_shows));
        }
        for m in &p.merged {
            let number = record_number(m.record_number);
            all.push(tr!("with record {number} {name}", number = number, name = m.name));
        }
        for other in &p.look_alikes_today {
            all.push(tr!(
                "!2 today also {name} {number}",
                name = other.name,
                number = record_number(other.record_number)
            ));
        }
        if p.incomplete {
            all.push(tr!("birth date missing").into());
        }
        all
    }

    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(p) = &self.profile else {
            return widgets::notice(frame, area, tr!("loading"), ui.theme);
        };
        let theme = ui.theme;
        let i = &p.identity;
        let born = i.birth_date.map(dates::long_date).unwrap_or_default();
        let alarm = matches!(p.allergies, Allergies::Listed(_));
        let told = desk::allergies(&p.allergies);
        let line = vec![
            Span::styled(format!(" {}", crate::text::clean(&p.name().to_string())), theme.strong()),
            Span::raw(format!(
                "   {} ({born})   {}   ",
                age_sex(i.birth_date, i.sex, ui.env.today()),
                record_number(p.record_number)
            )),
            Span::styled(
                crate::text::clean(&told).into_owned(),
                if alarm { theme.alarm() } else { theme.text() },
            ),
        ];
        widgets::put_spans(frame, area, 0, line);
        let mut y = 1;
        let warnings = self.warnings(ui).join(" · ");
        for text in crate::text::wrap(
            &crate::text::clean(&warnings),
            usize::from(area.width.saturating_sub(2)).max(1),
        )
        .into_iter()
        .take(2)
        {
            widgets::put(frame, area, y, &format!(" {text}"), theme.warn());
            y += 1;
        }
        let contact = [&i.contact_name, &i.contact_relationship, &i.contact_phone]
            .into_iter()
            .filter(|t| !t.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let pairs: [(&str, &str, &str, &str); 5] = [
            (tr!("Phone"), &i.phone, tr!("Preferred"), &i.preferred_name),
            (tr!("E-mail"), &i.email, tr!("In script"), &i.second_script_name),
            (tr!("Address"), &i.address, tr!("Language"), &i.language),
            (tr!("Medicare"), &i.medicare_number, tr!("National"), &i.national_number),
            (tr!("Contact"), &contact, tr!("Blood"), &i.blood_group),
        ];
        let half = area.width * 3 / 5;
        let spare = area.height.saturating_sub(y) > 9;
        for (a, b, c, d) in pairs.into_iter().filter(|_| spare) {
            let row = Rect { y: area.y + y, height: 1, ..area };
            let [left, right] = widgets::split_left(row, half);
            pair(frame, left, a, b, theme.dim());
            pair(frame, right, c, d, theme.dim());
            y += 1;
        }
        let [_, rest] = widgets::split_top(area, y);
        self.table.view(frame, rest, ui);
    }
}

fn pair(frame: &mut Frame<'_>, area: Rect, label: &str, value: &str, dim: Style) {
    let label = format!(" {} ", crate::text::pad(label, 9));
    let room = usize::from(area.width).saturating_sub(12);
    let value = crate::text::cut(&crate::text::clean(value), room);
    widgets::put_spans(frame, area, 0, vec![Span::styled(label, dim), Span::raw(value)]);
}

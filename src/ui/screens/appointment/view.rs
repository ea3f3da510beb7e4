//! Drawing the frame: banner, tabs with their marks, what was saved when, an offered draft; then the tab's own body.
use super::{Panel, beside::WIDE};
use crate::{
    domain::{
        dates,
        encounter::EncounterState,
        history::AllergyState,
        patient::{Sex, age_sex},
    },
    store,
    text::{clean, pad_left, width},
    tr,
    ui::{
        desk,
        keeper::told_time,
        screen::Ui,
        widgets::{self, banner, tabs},
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};

impl Panel {
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.columns = area.width;
        let [top, rest] = widgets::split_top(area, 1);
        let Some(chart) = &self.chart else {
            let text = self.problem.as_deref().unwrap_or(tr!("loading"));
            return widgets::notice(frame, top, text, ui.theme);
        };
        banner::view(frame, top, &banner_of(&chart.banner, &self.right(ui), ui.env.today()), ui.theme);
        let [line, mut rest] = widgets::split_top(rest, 1);
        self.tab_line(frame, line, ui);
        for alert in &chart.banner.alerts {
            let [line, below] = widgets::split_top(rest, 1);
            widgets::put(
                frame,
                line,
                0,
                &tr!(" ALERT {text}", text = alert.replace('\n', " ")),
                ui.theme.alarm(),
            );
            rest = below;
        }
        if let Some(draft) = self.offers.first() {
            let [line, below] = widgets::split_top(rest, 1);
            let sections = ["visit-offer", "visit"];
            let time = told_time(draft.saved_at, ui.env.now(), ui.env.zone());
            let take = ui.key(&sections, "visit.take-draft");
            let discard = ui.key(&sections, "visit.discard-draft");
            let text = match self.dialog_of(draft) {
                Some((_, what)) => tr!(
                    " {what} of {time} was not saved: {take} takes, {discard} discards",
                    what = what,
                    time = time,
                    take = take,
                    discard = discard
                ),
                None => tr!(
                    " Text from {time} at another sign-in was not saved: {take} takes, {discard} discards",
                    time = time,
                    take = take,
                    discard = discard
                ),
            };
            widgets::put(frame, line, 0, &text, ui.theme.warn());
            rest = below;
        }
        if let Some(beside) = self.beside.as_mut().filter(|_| area.width >= WIDE) {
            let [left, right] = widgets::split_left(rest, area.width * 3 / 5);
            let inner = widgets::boxed(frame, right, tr!("Past visit"), ui.theme);
            beside.text.view(frame, inner, ui);
            rest = left;
        }
        if let Some(tab) = self.tabs.get_mut(self.current) {
            tab.view(frame, rest, ui, chart);
        }
    }

    fn tab_line(&self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let missing = |at: usize| self.chart.as_ref().is_some_and(|c| c.missing.iter().any(|m| m.tab == at));
        let words: Vec<tabs::Tab> = self
            .tabs
            .iter()
            .enumerate()
            .map(|(at, t)| tabs::Tab { word: t.word().into(), unsaved: t.dirty(), missing: missing(at) })
            .collect();
        tabs::view(frame, area, &words, self.current, ui.theme);
        let (text, style) = match (&self.not_kept, self.saved_at) {
            (Some(_), _) => (tr!("NOT SAVED, trying again").to_owned(), ui.theme.alarm()),
            (None, Some(_)) if !self.all_kept() => (tr!("saving").to_owned(), ui.theme.dim()),
            (None, Some(at)) => {
                let time = at.with_timezone(&ui.env.zone()).format("%H:%M:%S");
                (tr!("saved {time}", time = time), ui.theme.dim())
            }
            (None, None) => return,
        };
        let wide = width(&text) as u16 + 1;
        if area.width > wide {
            let right = Rect { x: area.x + area.width - wide, width: wide, ..area };
            widgets::put(frame, right, 0, &pad_left(&text, usize::from(wide) - 1), style);
        }
    }

    /// What stands at the right of the banner: how long the visit lasts, or that it is over.
    fn right(&self, ui: &Ui) -> String {
        let Some(chart) = &self.chart else { return String::new() };
        match chart.visit.state {
            EncounterState::Open => {
                let minutes = (ui.env.now() - chart.visit.started_at).num_minutes().max(0);
                if minutes >= 24 * 60 {
                    let began = chart.visit.started_at.with_timezone(&ui.env.zone());
                    return tr!("open since {day}", day = began.format("%d %b"));
                }
                tr!("visit {n} min", n = minutes)
            }
            state => state.word().to_owned(),
        }
    }
}

/// The banner's line of a patient.
pub(super) fn banner_of(b: &store::Banner, right: &str, today: NaiveDate) -> banner::Banner {
    let sex_age = age_sex(b.birth_date, Sex::from_code(&b.sex), today);
    let sex_age = match b.birth_date {
        Some(born) => format!("{sex_age} ({})", dates::long_date(born)),
        None => sex_age,
    };
    let listed: Vec<String> = b
        .allergies
        .iter()
        .map(|a| {
            let what = if a.reaction.is_empty() {
                a.substance.clone()
            } else {
                format!("{} ({})", a.substance, a.reaction)
            };
            what + &desk::of_record(a.origin)
        })
        .collect();
    banner::Banner {
        name: b.name.to_string(),
        sex_age,
        record: format!("{:06}", b.record_number),
        allergies: match b.allergy_state {
            AllergyState::NotAsked | AllergyState::Hidden => None,
            AllergyState::NoneKnown => Some(String::new()),
            AllergyState::Listed => Some(clean(&listed.join(", ")).replace('\n', " ")),
        },
        hidden: b.allergy_state == AllergyState::Hidden,
        right: right.to_owned(),
    }
}

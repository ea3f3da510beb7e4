//! What was picked by number, and for which words: it holds as long as these words do.
use super::{CommandLine, Msg, pick::Pick, plan::State};
use crate::{domain::desk_line::Verb, tr, ui::cx::Cx};

impl CommandLine {
    /// A number was pressed while one was asked for.
    pub(super) fn pick(&mut self, at: usize, cx: &mut Cx<Msg>) {
        let State::Ask(rows) = &self.preview.state else { return };
        let Some(choice) = rows.get(at) else { return cx.toast(tr!("Nothing has that number.")) };
        match choice.pick.clone() {
            Pick::Patient(id) => self.picked.patient = Some(id),
            Pick::Provider(id) => self.picked.provider = Some(id),
            Pick::Centre(id) => self.picked.centre = Some(id),
            Pick::Reading(at) => self.picked.reading = Some(at),
            Pick::Appointment(id) => self.picked.appointment = Some(id),
            Pick::Purpose(code) => self.picked.purpose = Some(code),
            Pick::Slot(slot) => self.picked.slot = Some(*slot),
            Pick::Open(route) => return self.open_place(route, cx),
            Pick::Place(route) => return self.go_place(route, cx),
        }
        self.field.asking = false;
        self.think(cx);
        // A second question follows at once; what it asks for may still have to be read.
        self.field.asking = matches!(self.preview.state, State::Ask(_));
    }

    /// Completes the last word from what could stand there.
    pub(super) fn complete(&mut self, cx: &mut Cx<Msg>) {
        let text = self.field.line.value().to_owned();
        let (before, last) = match text.rfind(char::is_whitespace) {
            Some(at) => text.split_at(at + 1),
            None => ("", text.as_str()),
        };
        let marked = last.starts_with('@');
        let word = crate::text::fold(last.trim_start_matches('@'));
        if word.is_empty() {
            return;
        }
        let mut fits: Vec<String> = self
            .completions(before.trim().is_empty())
            .into_iter()
            .filter(|w| crate::text::fold(w).starts_with(&word))
            .map(|w| w.to_lowercase())
            .collect();
        fits.sort();
        fits.dedup();
        let Some(first) = fits.first() else { return cx.toast(tr!("Nothing begins like that.")) };
        let shared = fits.iter().fold(first.clone(), |all, w| {
            all.chars().zip(w.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
        });
        let whole = if fits.len() == 1 { " " } else { "" };
        if fits.len() > 1 && crate::text::fold(&shared) == word {
            let some: Vec<&str> = fits.iter().take(6).map(String::as_str).collect();
            cx.toast(some.join("  "));
        }
        let mark = if marked { "@" } else { "" };
        self.field.line.set(&format!("{before}{mark}{shared}{whole}"));
        self.read(cx);
    }

    fn completions(&self, first: bool) -> Vec<String> {
        if first {
            return Verb::ALL.iter().map(|v| v.word().to_owned()).collect();
        }
        let split = |text: String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let mut all: Vec<String> = vec![];
        if self.line.verb == Some(Verb::Go) {
            return all;
        }
        if let Some(directory) = &self.known.directory {
            all.extend(
                directory.providers.iter().flat_map(|p| split(format!("{} {}", p.name.family, p.name.given))),
            );
            all.extend(directory.centres.iter().flat_map(|c| split(format!("{} {}", c.name, c.suburb))));
        }
        all.extend(self.known.people.values().flatten().flat_map(|f| split(f.shown.clone())));
        all
    }
}

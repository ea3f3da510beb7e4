//! Saving what was typed to the visit, field by field, each once: what is on its way is not sent again.
use super::{Examination, F, Msg, Stored, typed::Typed};
use crate::{
    domain::{
        dates,
        encounter::VisitField,
        ids::{DraftId, NoteId, ObservationId, RequestId},
        observation::{Reading, flag, parse_line},
        why::Why,
    },
    store::Error,
    tr,
    ui::{screens::appointment::tab::TabCx, widgets::confirm::Confirm},
};

impl Examination {
    /// The draft may be closed by a save after which this would be typed and nothing else.
    fn closes(&self, cx: &TabCx<'_, Msg>, without: impl FnOnce(&mut Typed)) -> Option<DraftId> {
        let mut rest = self.typed();
        without(&mut rest);
        if rest.is_empty() { cx.closes() } else { None }
    }

    pub(super) fn save_complaint(&mut self, cx: &mut TabCx<'_, Msg>) {
        let Some(text) = self.typed().complaint else { return };
        if self.sending_complaint.is_some() || !cx.chart.visit.mine {
            return;
        }
        let closes = self.closes(cx, |t| t.complaint = None);
        let (encounter, seen) = (cx.encounter(), cx.chart.visit.version);
        self.sending_complaint = Some(text.clone());
        cx.write(
            "visit.save-field",
            self.requests.complaint,
            move |store, actor, request| async move {
                let field = VisitField::ChiefComplaint(text);
                store.save_visit_field(&actor, request, encounter, seen, field, closes).await
            },
            Msg::Complaint,
        );
    }

    /// Stores the line of signs. When it was not asked for by Enter, a line with something wrong or unusual stays.
    pub(super) fn save_vitals(&mut self, asked: bool, cx: &mut TabCx<'_, Msg>) {
        let line = self.form.get(F::Vitals);
        if line.is_empty() || self.sending_vitals.is_some() {
            return;
        }
        let readings = match parse_line(&line) {
            Ok(readings) => readings,
            Err(wrong) => {
                let told: Vec<String> = wrong.iter().map(Why::to_string).collect();
                if asked {
                    self.form.problem(F::Vitals, told.join(" "));
                } else {
                    self.form.remark(F::Vitals, told.join(" "));
                }
                // Beside the field there is room for its beginning only.
                return cx.toast(told.join(" "));
            }
        };
        let months = cx.chart.banner.birth_date.map(|b| dates::age_months(b, cx.env().today()));
        let unusual: Vec<String> = readings
            .iter()
            .filter_map(|r| {
                let flag = flag(r, months)?;
                Some(format!("{} {} {}", r.name(), r.text(), flag.letter()))
            })
            .collect();
        if unusual.is_empty() {
            return self.send_vitals(readings, cx);
        }
        if asked {
            let question = tr!("Unusual for the age: {signs}. Store them?", signs = unusual.join(", "));
            self.unusual = readings;
            cx.open(
                move |a| {
                    Confirm::new(question, a)
                        .consequence(tr!("They are kept with their mark."))
                        .yes(tr!("store"))
                        .no(tr!("look again"))
                },
                Msg::Unusual,
            );
        } else {
            let told = tr!("Not stored, unusual: {signs}. Enter asks.", signs = unusual.join(", "));
            self.form.remark(F::Vitals, told.as_str());
            cx.toast(told);
        }
    }

    fn send_vitals(&mut self, readings: Vec<Reading>, cx: &mut TabCx<'_, Msg>) {
        let closes = self.closes(cx, |t| t.vitals.clear());
        let (patient, encounter) = (cx.patient(), cx.encounter());
        self.sending_vitals = Some(self.form.get(F::Vitals));
        cx.write(
            "visit.vitals",
            self.requests.vitals,
            move |store, actor, request| async move {
                store.record_observations(&actor, request, patient, Some(encounter), readings, closes).await
            },
            Msg::Vitals,
        );
    }

    pub(super) fn save_note(&mut self, cx: &mut TabCx<'_, Msg>) {
        let typed = self.typed();
        if !typed.has_note() || self.sending_note.is_some() {
            return;
        }
        let note = typed.note();
        if note.body.trim().is_empty() {
            let told = tr!("A note needs a text; only its title may be empty.");
            self.form.remark(F::Body, told);
            return cx.toast(told);
        }
        let closes = self.closes(cx, |t| {
            t.title.clear();
            t.body.clear();
        });
        self.sending_note = Some(note.clone());
        let (encounter, editing, signed) = (cx.encounter(), self.editing, self.signed);
        cx.write(
            "visit.note",
            self.requests.note,
            move |store, actor, request| async move {
                match editing {
                    Some((id, seen)) => {
                        store.change_note(&actor, request, id, seen, note, closes).await.map(|v| (id, v))
                    }
                    None if signed => {
                        store.add_addendum(&actor, request, encounter, note, closes).await.map(|id| (id, 1))
                    }
                    None => store.add_note(&actor, request, encounter, note, closes).await.map(|id| (id, 1)),
                }
            },
            Msg::Note,
        );
    }

    pub(super) fn ask_addendum(&mut self, cx: &mut TabCx<'_, Msg>) {
        cx.open(
            |a| {
                Confirm::new(tr!("Add this addendum to the signed visit?"), a)
                    .consequence(tr!("It cannot be changed afterwards."))
                    .yes(tr!("add it"))
                    .no(tr!("go on writing"))
            },
            Msg::AddendumSure,
        );
    }

    fn strike(&mut self, cx: &mut TabCx<'_, Msg>) {
        let request = self.requests.strike;
        match self.striking.take() {
            Some(Stored::Note(note)) => cx.write(
                "visit.strike",
                request,
                move |store, actor, request| async move { store.strike_note(&actor, request, note.id).await },
                Msg::Struck,
            ),
            Some(Stored::Sign(sign)) => cx.write(
                "visit.strike",
                request,
                move |store, actor, request| async move {
                    store.strike_observation(&actor, request, sign.id).await
                },
                Msg::Struck,
            ),
            None => {}
        }
    }

    /// The answers of the writes: what was sent and is still as it was typed is not typed any more.
    pub(super) fn saved(&mut self, msg: Msg, cx: &mut TabCx<'_, Msg>) {
        match msg {
            Msg::Complaint(outcome) => {
                let sent = self.sending_complaint.take();
                renew(&mut self.requests.complaint, &outcome);
                match outcome {
                    Ok(version) => {
                        self.complaint = sent.unwrap_or_default();
                        cx.visit_saved(version);
                        self.clean_again(cx);
                    }
                    Err(e) => failed(&e, cx),
                }
            }
            Msg::Unusual(sure) => {
                let readings = std::mem::take(&mut self.unusual);
                if sure {
                    self.send_vitals(readings, cx);
                }
            }
            Msg::Vitals(outcome) => self.vitals_saved(outcome, cx),
            Msg::Note(outcome) => self.note_saved(outcome, cx),
            Msg::AddendumSure(true) => self.save_note(cx),
            Msg::StrikeSure(true) => self.strike(cx),
            Msg::Struck(outcome) => {
                renew(&mut self.requests.strike, &outcome);
                match outcome {
                    Ok(()) => Self::load(cx),
                    Err(e) => failed(&e, cx),
                }
            }
            _ => self.striking = None,
        }
    }

    fn vitals_saved(&mut self, outcome: Result<Vec<ObservationId>, Error>, cx: &mut TabCx<'_, Msg>) {
        let sent = self.sending_vitals.take().unwrap_or_default();
        renew(&mut self.requests.vitals, &outcome);
        match outcome {
            Ok(_) => {
                let now = self.form.get(F::Vitals);
                let rest = now.strip_prefix(sent.as_str()).unwrap_or(&now).trim().to_owned();
                self.form.set(F::Vitals, &rest);
                cx.toast(tr!("The vital signs are stored."));
                self.clean_again(cx);
                Self::load(cx);
            }
            Err(e) => failed(&e, cx),
        }
    }

    fn note_saved(&mut self, outcome: Result<(NoteId, i64), Error>, cx: &mut TabCx<'_, Msg>) {
        let sent = self.sending_note.take();
        renew(&mut self.requests.note, &outcome);
        match outcome {
            Ok(stored) => {
                if sent.as_ref() == Some(&self.typed().note()) {
                    self.editing = None;
                    self.put_note(&Typed::default().note());
                } else if !self.signed {
                    // More was typed meanwhile: it belongs to the note that is stored now.
                    self.editing = Some(stored);
                }
                self.clean_again(cx);
                Self::load(cx);
            }
            Err(e) => failed(&e, cx),
        }
    }

    /// After a save: when nothing is typed any more, the save has closed the draft.
    fn clean_again(&mut self, cx: &mut TabCx<'_, Msg>) {
        if self.typed().is_empty() {
            cx.draft_closed();
        }
    }
}

/// After a definite outcome the next request is another one.
fn renew<T>(request: &mut RequestId, outcome: &Result<T, Error>) {
    if !matches!(outcome, Err(Error::Unknown)) {
        *request = RequestId::new();
    }
}

fn failed(e: &Error, cx: &mut TabCx<'_, Msg>) {
    if matches!(e, Error::Stale { .. }) {
        cx.ask(crate::ui::screens::appointment::tab::Ask::Reload);
    }
    cx.failed(e);
}

//! The patient's lists as one table that is read and edited: in the Info tab, and over any other tab as a dialog. One set
//! of commands and one machine for both.
use super::entry_form::EntryForm;
use crate::{
    domain::{
        encounter::PastVisit,
        history::{AllergyState, Entry, History, HistoryChange, HistoryItem, HistoryList},
        ids::{DraftId, EncounterId, PatientId, RequestId},
        why::Why,
    },
    store::{Draft, Error},
    tr,
    ui::{
        cx::Cx,
        desk,
        draft::Keeps,
        widgets::{
            confirm::Confirm,
            picker::{Picker, Row},
            table::{Column, Table},
        },
    },
};

crate::commands! {
    /// What can be asked about the lists of a patient.
    pub enum Command {
        Open: "lists.open" "open visit" "Open the selected past visit beside the panel";
        Add: "lists.add" "add" "Add an allergy, a condition, a medication or another entry";
        Correct: "lists.correct" "correct" "Write the selected entry anew; the old one is kept, struck out";
        Resolve: "lists.resolve" "resolve" "The selected entry counts no more, or counts again";
        Strike: "lists.strike" "entered in error" "Strike the selected entry out; it is kept" destructive;
        NoneKnown: "lists.none-known" "no known allergies" "The patient was asked and knows of no allergy";
        Close: "lists.close" "close" "Close the lists" quiet;
    }
}

/// The name of an entry's draft; its part is the list, and the entry that is corrected.
pub const FORM: &str = "lists.add";

/// What the world answers.
#[derive(Debug)]
pub enum ListMsg {
    Chosen(Option<HistoryList>),
    Filled(Option<Entry>),
    StrikeSure(bool),
    NoneSure(bool),
    Written(Result<(), Error>),
}

/// A row: an entry of a list, or a past visit.
#[derive(Debug, Clone)]
pub enum Line {
    Item(HistoryItem),
    Past(PastVisit),
}

impl Line {
    fn id(&self) -> uuid::Uuid {
        match self {
            Self::Item(i) => i.id.0,
            Self::Past(p) => p.encounter.0,
        }
    }
    fn mark(&self) -> String {
        match self {
            Self::Item(i) if i.struck_at.is_some() => "x".into(),
            Self::Item(i) if i.news => "+".into(),
            _ => String::new(),
        }
    }
    fn list(&self) -> String {
        match self {
            Self::Item(i) => i.entry.list().word().into(),
            Self::Past(_) => tr!("Past visits").into(),
        }
    }
    fn what(&self) -> String {
        match self {
            Self::Item(i) => match i.entry.code() {
                Some(code) => format!("{} {code}", i.entry.name()),
                None => i.entry.name().to_owned(),
            },
            Self::Past(p) => {
                let said = if p.diagnoses.is_empty() { &p.chief_complaint } else { &p.diagnoses.join(", ") };
                format!("{} {said}", p.day.format("%d %b %Y"))
            }
        }
    }
    fn details(&self) -> String {
        match self {
            Self::Item(i) if i.struck_at.is_some() => tr!("entered in error"),
            Self::Item(i) => return i.entry.details() + &desk::of_record(i.origin),
            Self::Past(p) => return format!("{}, {}{}", p.provider, p.centre, desk::of_record(p.origin)),
        }
        .to_owned()
    }
}

/// The table and what is being done with it.
pub struct Lists {
    pub table: Table<Line>,
    patient: Option<PatientId>,
    encounter: Option<EncounterId>,
    history: Option<History>,
    /// The entry that a dialog is about, and the list a new one goes to.
    about: Option<HistoryItem>,
    list: HistoryList,
    /// The kept text that the next form takes up.
    take: Option<DraftId>,
    request: RequestId,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            table: Table::new(Line::id)
                .column(Column::new("", Line::mark).width(1))
                .column(Column::new("List", Line::list).width(18).priority(3))
                .column(Column::new("What", Line::what).grow(24))
                .column(Column::new("Details", Line::details).grow(20).priority(2))
                .uncounted()
                .empty("Nothing is recorded yet. a adds an entry, n records that no allergies are known."),
            patient: None,
            encounter: None,
            history: None,
            about: None,
            list: HistoryList::Allergies,
            take: None,
            request: RequestId::new(),
        }
    }
}

impl Lists {
    /// Shows these lists, and these visits below them. New entries belong to `encounter`, where one is being written.
    pub fn set(
        &mut self,
        patient: PatientId,
        encounter: Option<EncounterId>,
        history: &History,
        past: &[PastVisit],
    ) {
        self.patient = Some(patient);
        self.encounter = encounter;
        self.history = Some(history.clone());
        let items = history.items.iter().cloned().map(Line::Item);
        self.table.set_rows(items.chain(past.iter().cloned().map(Line::Past)).collect());
    }

    /// The selected past visit.
    #[must_use]
    pub fn past(&self) -> Option<EncounterId> {
        match self.table.selected() {
            Some(Line::Past(p)) => Some(p.encounter),
            _ => None,
        }
    }

    fn item(&self) -> Option<&HistoryItem> {
        match self.table.selected() {
            Some(Line::Item(i)) => Some(i),
            _ => None,
        }
    }

    /// Whether a command works on the selected row, and why not.
    pub fn available(&self, command: Command) -> Result<(), Why> {
        let no = |rule: &str, sentence: &'static str| Err(Why::new(rule, sentence));
        match (command, self.item()) {
            (Command::Open, _) if self.past().is_none() => {
                no("no_past_visit", tr!("The selected row is no past visit."))
            }
            (Command::Correct | Command::Resolve | Command::Strike, None) => {
                no("no_entry", tr!("The selected row is no entry of a list."))
            }
            (Command::Correct | Command::Resolve | Command::Strike, Some(i)) if i.struck_at.is_some() => {
                no("struck", tr!("That entry was entered in error; it stays as it is."))
            }
            (Command::Resolve, Some(i))
                if HistoryChange::toggle(&i.entry, chrono::NaiveDate::MIN).is_none() =>
            {
                no(
                    "nothing_to_resolve",
                    tr!("Entries of this list are facts; they are corrected, not resolved."),
                )
            }
            (Command::NoneKnown, _)
                if self.history.as_ref().is_some_and(|h| h.allergy_state == AllergyState::Listed) =>
            {
                no("allergies_listed", tr!("An allergy is listed: strike it out or resolve it first."))
            }
            _ => Ok(()),
        }
    }

    /// Opens the form of an entry: a new one, or that which is corrected.
    fn fill<M: Send + 'static>(&mut self, cx: &mut Cx<M>, lift: fn(ListMsg) -> M) {
        let Some(patient) = self.patient else { return };
        let (list, today) = (self.list, cx.env().today());
        let part = match &self.about {
            Some(item) => format!("{}/{}", list.code(), item.id.0),
            None => list.code().to_owned(),
        };
        let subject = self.encounter.map_or(patient.0, |e| e.0);
        let keeps = Keeps::new(FORM, subject).part(part).taking(self.take.take());
        let entry = self.about.as_ref().map(|item| item.entry.clone());
        cx.open(
            move |a| EntryForm::new(list, entry.as_ref(), today, keeps, a),
            move |e| lift(ListMsg::Filled(e)),
        );
    }

    /// Opens the form again in which a kept text was typed.
    pub fn reopen<M: Send + 'static>(&mut self, draft: &Draft, cx: &mut Cx<M>, lift: fn(ListMsg) -> M) {
        let (list, item) = draft.part.split_once('/').unwrap_or((&draft.part, ""));
        let Some(list) = HistoryList::from_code(list) else { return };
        self.list = list;
        self.about = self.history.iter().flat_map(|h| &h.items).find(|i| i.id.0.to_string() == item).cloned();
        if self.about.is_none() && !item.is_empty() {
            return cx.toast(tr!("The entry that was being corrected is not there any more."));
        }
        self.take = Some(draft.id);
        self.fill(cx, lift);
    }

    /// Does what was asked; `lift` makes the caller's message of ours.
    pub fn command<M: Send + 'static>(&mut self, command: Command, cx: &mut Cx<M>, lift: fn(ListMsg) -> M) {
        let item = self.item().cloned();
        match (command, item) {
            (Command::Add, item) => {
                self.about = None;
                // The selected row's list comes first: Enter adds another of its kind.
                let first = item.map_or(HistoryList::Allergies, |i| i.entry.list());
                let mut lists: Vec<_> = HistoryList::ALL.to_vec();
                lists.sort_by_key(|l| *l != first);
                let rows = lists.into_iter().map(|l| Row::new(l, l.word(), "")).collect();
                cx.open(
                    move |a| Picker::new(tr!("Add to which list?"), a).rows(rows),
                    move |l| lift(ListMsg::Chosen(l)),
                );
            }
            (Command::Correct, Some(item)) => {
                self.list = item.entry.list();
                self.about = Some(item);
                self.fill(cx, lift);
            }
            (Command::Strike, Some(item)) => {
                let question = tr!(
                    "Strike out {what} ({list})?",
                    what = item.entry.name(),
                    list = item.entry.list().word()
                );
                self.about = Some(item);
                cx.open(
                    move |a| {
                        Confirm::new(question, a)
                            .consequence(tr!("It stays visible as entered in error and counts no more."))
                            .yes(tr!("strike it out"))
                            .no(tr!("keep it"))
                    },
                    move |sure| lift(ListMsg::StrikeSure(sure)),
                );
            }
            (Command::Resolve, Some(item)) => {
                let Some(change) = HistoryChange::toggle(&item.entry, cx.env().today()) else { return };
                let (Some(patient), Some(actor)) = (self.patient, cx.env().actor.clone()) else { return };
                let request = self.request;
                cx.save(
                    "history.change",
                    move |s| async move {
                        s.change_history(&actor, request, patient, &item, change).await.map(|_| ())
                    },
                    move |r| lift(ListMsg::Written(r)),
                );
            }
            (Command::NoneKnown, _) => cx.open(
                |a| {
                    Confirm::new(tr!("Record that no allergies are known?"), a)
                        .consequence(tr!("Everybody will see that the patient was asked."))
                        .yes(tr!("record it"))
                        .no(tr!("leave it"))
                },
                move |sure| lift(ListMsg::NoneSure(sure)),
            ),
            _ => {}
        }
    }

    /// Takes an answer; true when the lists were changed and are to be loaded again.
    pub fn update<M: Send + 'static>(
        &mut self,
        msg: ListMsg,
        cx: &mut Cx<M>,
        lift: fn(ListMsg) -> M,
    ) -> bool {
        let (Some(patient), Some(actor)) = (self.patient, cx.env().actor.clone()) else { return false };
        let (request, encounter, drafts) = (self.request, self.encounter, cx.drafts());
        let written = move |r: Result<(), Error>| lift(ListMsg::Written(r));
        match msg {
            ListMsg::Chosen(Some(list)) => {
                self.list = list;
                self.fill(cx, lift);
            }
            ListMsg::Filled(Some(entry)) => match self.about.take() {
                None => cx.save(
                    "history.add",
                    move |s| async move {
                        let s = s.closing(&drafts);
                        s.add_history(&actor, request, patient, encounter, entry).await.map(|_| ())
                    },
                    written,
                ),
                Some(old) => cx.save(
                    "history.correct",
                    move |s| async move {
                        let s = s.closing(&drafts);
                        s.correct_history(&actor, request, patient, encounter, &old, entry).await.map(|_| ())
                    },
                    written,
                ),
            },
            ListMsg::StrikeSure(true) => {
                let Some(item) = self.about.take() else { return false };
                cx.save(
                    "history.strike",
                    move |s| async move { s.strike_history(&actor, request, &item).await },
                    written,
                );
            }
            ListMsg::NoneSure(true) => cx.save(
                "history.none-known",
                move |s| async move {
                    s.set_allergy_state(&actor, request, patient, AllergyState::NoneKnown).await
                },
                written,
            ),
            ListMsg::Written(outcome) => {
                if !matches!(outcome, Err(Error::Unknown)) {
                    self.request = RequestId::new();
                }
                if let Err(e) = &outcome {
                    cx.failed(e);
                }
                return !matches!(outcome, Err(Error::Refused(_)));
            }
            _ => self.about = None,
        }
        false
    }
}

//! The whole record of a visit in one view: read, added to after signing, and marked where one's own was an error.
//!
//! It is never empty: whoever may not read it sees the rule that closes it and what would open it.
mod addendum;

pub use addendum::Command as AddendumCommand;

use crate::{
    domain::{
        authored::Authored,
        encounter::{EncounterState, NewNote},
        ids::{EncounterId, PatientId, RequestId},
        record::{Record, VisitRow},
        why::Why,
    },
    store::{Change, Draft, Error},
    tr,
    ui::{
        cx::Cx,
        keeper::told_time,
        record_text::record_text,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            confirm::Confirm,
            picker::{Picker, Row},
            scroll_text::ScrollText,
        },
    },
};
use addendum::Addendum;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the view of a record understands.
    pub enum Command {
        Add: "record.addendum" "addendum" "Add to the signed visit; what is there stays as it is";
        Strike: "record.strike" "entered in error" "Choose something you wrote and mark it as entered in error";
        History: "record.history" "history" "Open the patient's visits at every centre";
        Visit: "record.visit" "continue" "Go on writing in this visit, while it is not signed";
        Ask: "record.ask" "ask for access" "Ask to read the history, where it is closed to you";
        Emergency: "record.emergency" "emergency" "Break the glass: open a closed record in an emergency";
    }
}

/// What the world answers the view of a record.
pub enum Msg {
    Loaded(Box<Result<Record, Error>>),
    Written(NewNote),
    Added(Result<(), Error>),
    /// What is typed in an addendum and not saved.
    Kept(Result<Vec<Draft>, Error>),
    Chosen(Option<(VisitRow, String)>),
    Confirmed(bool),
    Struck(Result<(), Error>),
    /// Whose closed visit it is.
    Whose(Result<PatientId, Error>),
}

/// One record.
pub struct RecordView {
    encounter: EncounterId,
    record: Option<Record>,
    text: ScrollText,
    closed: Option<Why>,
    loading: bool,
    /// An addendum was added: it is shown.
    to_end: bool,
    /// What is to be marked, while that is asked about.
    chosen: Option<VisitRow>,
    /// An addendum that was typed and not saved.
    kept: Option<Draft>,
    request: RequestId,
}

impl RecordView {
    /// The record of this visit.
    #[must_use]
    pub fn new(encounter: EncounterId) -> Self {
        Self {
            encounter,
            record: None,
            text: ScrollText::default(),
            closed: None,
            loading: false,
            to_end: false,
            chosen: None,
            kept: None,
            request: RequestId::new(),
        }
    }

    fn load(&mut self, opened: bool, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let encounter = self.encounter;
        self.loading = self.record.is_none();
        cx.load(
            "record.open",
            move |store| async move { store.record(&actor, encounter, opened).await },
            |r| Msg::Loaded(Box::new(r)),
        );
    }

    /// Looks for an addendum that was typed and not saved, once no save of it runs.
    fn find_kept(&self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let encounter = self.encounter;
        cx.load_when_saved(
            "record.drafts",
            move |store| async move { store.drafts(&actor, encounter.0).await },
            Msg::Kept,
        );
    }

    /// What the reader wrote in this visit and has not marked: each with the words by which it is chosen.
    fn own(&self) -> Vec<(VisitRow, String)> {
        let Some(r) = &self.record else { return vec![] };
        let mine = |a: &Authored| a.mine && a.struck.is_none();
        let mut rows: Vec<(VisitRow, String)> = vec![];
        for n in r.notes.iter().filter(|n| n.mine && n.struck_at.is_none()) {
            let kind = if n.addendum { tr!("Addendum") } else { tr!("Note") };
            let first = if n.title.is_empty() { n.body.lines().next().unwrap_or_default() } else { &n.title };
            rows.push((VisitRow::Note(n.id), format!("{kind}: {first}")));
        }
        for o in r.vitals.iter().filter(|o| o.mine && o.struck_at.is_none()) {
            if o.encounter == Some(self.encounter) {
                let words = tr!("Vital sign: {name} {value}", name = o.name(), value = o.text());
                rows.push((VisitRow::Observation(o.id), words));
            }
        }
        for t in &r.tests {
            if mine(&t.written) {
                rows.push((VisitRow::Test(t.id), tr!("Test: {name}", name = t.what.name)));
            }
            for x in t.results.iter().filter(|x| mine(&x.written)) {
                rows.push((
                    VisitRow::Result(x.id),
                    tr!("Result of {name}: {value}", name = t.what.name, value = x.what.in_words()),
                ));
            }
        }
        rows.extend(
            r.reports
                .iter()
                .filter(|x| mine(&x.written))
                .map(|x| (VisitRow::Report(x.id), tr!("Report: {title}", title = x.what.title))),
        );
        rows.extend(
            r.diagnoses
                .iter()
                .filter(|d| mine(&d.written))
                .map(|d| (VisitRow::Diagnosis(d.id), tr!("Diagnosis: {words}", words = d.in_words()))),
        );
        rows.extend(r.prescriptions.iter().filter(|p| mine(&p.written)).map(|p| {
            let words = p.what.in_words(Some(p.what.starts_on));
            (VisitRow::Prescription(p.id), tr!("Prescription: {words}", words = words))
        }));
        rows.extend(
            r.treatments
                .iter()
                .filter(|t| mine(&t.written))
                .map(|t| (VisitRow::Treatment(t.id), tr!("Advice: {title}", title = t.title))),
        );
        rows.extend(
            r.referrals
                .iter()
                .filter(|x| mine(&x.written))
                .map(|x| (VisitRow::Referral(x.id), tr!("Referral: {to}", to = x.to))),
        );
        rows
    }
}

impl Screen for RecordView {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["record"]
    }
    fn title(&self) -> String {
        tr!("Record").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.text)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        if matches!(command, Command::Ask | Command::Emergency) {
            return match &self.closed {
                Some(why) if why.rule == "record_role" || why.rule == "record_unknown" => Err(why.clone()),
                Some(_) => Ok(()),
                None => Err(Why::new("access_is_there", tr!("You can read this record already."))),
            };
        }
        let Some(r) = &self.record else {
            return Err(self
                .closed
                .clone()
                .unwrap_or_else(|| Why::new("loading", tr!("The record is not here yet."))));
        };
        match command {
            Command::History => Ok(()),
            Command::Visit if r.visit.mine && r.visit.state.is_unsigned() => Ok(()),
            Command::Visit => Err(Why::new(
                "signed_is_signed",
                tr!("Only its provider goes on writing, until it is signed."),
            )),
            Command::Add if r.visit.mine && r.visit.state == EncounterState::Signed => Ok(()),
            Command::Add => {
                Err(Why::new("addendum_signed", tr!("Only the provider of a signed visit adds an addendum."))
                    .instead(tr!("An open visit is written in directly.")))
            }
            Command::Strike if self.own().is_empty() => {
                Err(Why::new("strike_own_rows", tr!("You wrote nothing in this visit that could be marked.")))
            }
            Command::Strike | Command::Ask | Command::Emergency => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(true, cx);
        self.find_kept(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(false, cx);
        self.find_kept(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let ours = |p: Option<uuid::Uuid>| self.record.as_ref().is_some_and(|r| p == Some(r.patient.id.0));
        match change {
            Change::Everything => self.load(false, cx),
            Change::Row(row) if ours(row.patient) => self.load(false, cx),
            // What opens it may have come.
            Change::Row(row)
                if self.closed.is_some()
                    && matches!(
                        row.entity.as_str(),
                        "access_request" | "connection" | "emergency" | "appointment"
                    ) =>
            {
                self.load(false, cx);
            }
            _ => {}
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        match command {
            Command::Add => {
                let (encounter, take) = (self.encounter, self.kept.take().map(|d| d.id));
                cx.open(move |a| Addendum::new(encounter, take, a), Msg::Written);
            }
            Command::Strike => {
                let rows = self
                    .own()
                    .into_iter()
                    .map(|(row, words)| Row::new((row, words.clone()), words, ""))
                    .collect();
                cx.open(move |a| Picker::new(tr!("Mark as entered in error"), a).rows(rows), Msg::Chosen);
            }
            Command::History => {
                if let Some(r) = &self.record {
                    cx.push(Route::History(r.patient.id));
                }
            }
            Command::Visit => cx.push(Route::Visit(self.encounter)),
            Command::Emergency => cx.push(Route::Emergency),
            Command::Ask => {
                let (Some(actor), encounter) = (cx.env().actor.clone(), self.encounter) else { return };
                cx.load(
                    "record.whose",
                    move |store| async move { store.whose_visit(&actor, encounter).await },
                    Msg::Whose,
                );
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        match msg {
            Msg::Loaded(found) => {
                self.loading = false;
                match *found {
                    Ok(record) => {
                        self.text.set(record_text(&record));
                        if std::mem::take(&mut self.to_end) {
                            self.text.to_end();
                        }
                        (self.record, self.closed) = (Some(record), None);
                    }
                    Err(Error::Refused(why)) => {
                        (self.record, self.closed) = (None, Some(why));
                    }
                    Err(e) => cx.failed(&e),
                }
            }
            Msg::Whose(Ok(patient)) => cx.push(Route::AskAccess(patient)),
            Msg::Whose(Err(e)) => cx.failed(&e),
            Msg::Chosen(None) | Msg::Confirmed(false) => {}
            Msg::Written(note) => {
                let (encounter, request, drafts) = (self.encounter, self.request, cx.drafts());
                cx.save(
                    "record.addendum",
                    move |store| async move {
                        let store = store.closing(&drafts);
                        store.add_addendum(&actor, request, encounter, note, None).await.map(|_| ())
                    },
                    Msg::Added,
                );
            }
            Msg::Chosen(Some((row, words))) => {
                self.chosen = Some(row);
                cx.open(
                    move |a| {
                        Confirm::new(tr!("Mark as entered in error: {words}?", words = words), a)
                            .consequence(tr!("It stays in the record, marked with your name and the time."))
                            .yes(tr!("mark it"))
                            .no(tr!("keep"))
                    },
                    Msg::Confirmed,
                );
            }
            Msg::Confirmed(true) => {
                let (Some(row), Some(record)) = (self.chosen.take(), &self.record) else { return };
                let (patient, request) = (record.patient.id, self.request);
                cx.save(
                    "record.strike",
                    move |store| async move { store.strike_row(&actor, request, patient, row).await },
                    Msg::Struck,
                );
            }
            Msg::Added(done) => {
                self.to_end = done.is_ok();
                self.settled(done, tr!("The addendum is in the record."), cx);
            }
            Msg::Kept(Ok(found)) => {
                self.kept = found.into_iter().find(|d| d.form == Addendum::FORM);
                let mine = self.record.as_ref().is_none_or(|r| r.visit.mine);
                if let Some(kept) = self.kept.as_ref().filter(|_| mine) {
                    cx.toast(tr!(
                        "An addendum typed at {time} was not saved: a takes it up again.",
                        time = told_time(kept.saved_at, cx.env().now(), cx.env().zone())
                    ));
                }
            }
            Msg::Kept(Err(e)) => tracing::warn!(error = %e, "kept text could not be looked for"),
            Msg::Struck(done) => self.settled(done, tr!("It is marked as entered in error."), cx),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        if let Some(why) = &self.closed {
            widgets::notice(frame, area, &why.to_string(), ui.theme);
        } else if self.record.is_some() {
            self.text.view(frame, area, ui);
        } else if self.loading {
            widgets::notice(frame, area, tr!("loading"), ui.theme);
        }
    }
}

impl RecordView {
    fn settled(&mut self, done: Result<(), Error>, said: &str, cx: &mut Cx<Msg>) {
        self.request = RequestId::new();
        match done {
            Ok(()) => {
                cx.toast(said);
                self.load(false, cx);
            }
            Err(e) => cx.failed(&e),
        }
    }
}

//! The appointment panel: a frame around five tabs. It owns the banner, the chart they share, the drafts and the ending;
//! each tab is a machine of its own ([`tab::Tab`]). The patient's name in the banner is the visit's own, whatever a list says.
mod beside;
pub mod diagnosis;
pub mod end;
mod ending;
mod entry;
pub mod entry_form;
pub mod examination;
pub mod info;
mod keeping;
mod lines;
pub mod lists;
mod lists_dialog;
pub mod referral;
pub mod report;
pub mod tab;
pub mod tests;
mod view;

use crate::{
    domain::{
        ids::{DraftId, EncounterId, RequestId},
        why::Why,
    },
    store::{Banner, Change, Draft, DraftSaved, Error},
    tr,
    ui::{
        command::CommandDef,
        cx::Cx,
        draft::FormDraft,
        route::Route,
        screen::{Screen, TextInput, Ui, Widget},
    },
};
use beside::Beside;
use chrono::{DateTime, Utc};
use ratatui::{Frame, layout::Rect};
use std::any::Any;
use tab::{AnyTab, Ask, Call, Chart, Missing, Told, erase};

/// Makes the tab of this place.
type MakeTab = fn(usize) -> Box<dyn AnyTab>;

/// The tabs in the order of their digits.
const TABS: &[MakeTab] = &[
    |at| erase(at, info::Info::default()),
    |at| erase(at, examination::Examination::default()),
    |at| erase(at, tests::TestsTab::default()),
    |at| erase(at, diagnosis::DiagnosisTab::default()),
    |at| erase(at, end::EndTab::default()),
];

crate::commands! {
    /// What the panel's frame understands, whichever tab is shown.
    pub enum Command {
        Save: "visit.save" "save" "Save to the visit what is typed in this tab";
        Sign: "visit.sign" "end and sign" "End the visit and freeze its record" destructive vital;
        Pause: "visit.pause" "pause" "Leave the visit open and go back; its text is saved" vital;
        Void: "visit.void" "void" "Take back a visit that was started by mistake" destructive vital;
        TakeDraft: "visit.take-draft" "take the text" "Put back the text of another sign-in that was not saved";
        DiscardDraft: "visit.discard-draft" "discard it" "Throw away the text of another sign-in that was not saved" destructive;
        CloseBeside: "visit.close-beside" "close the old visit" "Close the past visit that is shown beside";
        PageBeside: "visit.page-beside" "read on" "Turn the page of the past visit that is shown beside";
        Tab1: "visit.tab-1" "tab 1" "Show who the patient is, the lists and the past visits" quiet;
        Tab2: "visit.tab-2" "tab 2" "Show the examination" quiet;
        Tab3: "visit.tab-3" "tab 3" "Show the tests" quiet;
        Tab4: "visit.tab-4" "tab 4" "Show the diagnosis and the prescriptions" quiet;
        Tab5: "visit.tab-5" "tab 5" "Show how the visit ends" quiet;
    }
}

/// What the world answers the frame.
pub enum Msg {
    /// The chart, and the drafts that wait.
    Loaded(Result<Box<Loaded>, Error>),
    /// An answer of a tab.
    Tab(usize, Box<dyn Any + Send>),
    /// What is typed has rested, or has waited long enough.
    DraftDue,
    DraftSaved {
        tab: usize,
        id: DraftId,
        revision: i64,
        outcome: Result<DraftSaved, Error>,
    },
    DraftClosed(Result<(), Error>),
    /// What is kept of the dialogs after one was answered.
    Drafts(Result<Vec<Draft>, Error>),
    DiscardSure(bool),
    SignSure(bool),
    VoidWhy(Option<String>),
    VoidSure(bool),
    Signed(Result<i64, Error>),
    Paused(Result<i64, Error>),
    Voided(Result<i64, Error>),
    Beside(Result<Beside, Error>),
}

/// What opening asks for.
pub struct Loaded {
    pub chart: Chart,
    pub drafts: Vec<Draft>,
}

/// The panel of one visit.
pub struct Panel {
    encounter: EncounterId,
    chart: Option<Chart>,
    tabs: Vec<Box<dyn AnyTab>>,
    drafts: Vec<FormDraft>,
    current: usize,
    /// Drafts of other sign-ins that were neither taken nor discarded.
    offers: Vec<Draft>,
    /// What is typed was kept or saved at this time.
    saved_at: Option<DateTime<Utc>>,
    /// Why what is typed is not kept now.
    not_kept: Option<String>,
    latest_pending: bool,
    beside: Option<Beside>,
    columns: u16,
    /// The sign-off that waits for the tabs to be saved.
    ending: Option<Command>,
    void_why: String,
    /// Going back was asked for once; the next time it is done.
    leaving: bool,
    request: RequestId,
    problem: Option<String>,
}

impl Panel {
    /// The panel of this visit.
    #[must_use]
    pub fn new(encounter: EncounterId) -> Self {
        let tabs: Vec<_> = TABS.iter().enumerate().map(|(at, make)| make(at)).collect();
        Self {
            encounter,
            chart: None,
            drafts: tabs.iter().map(|_| FormDraft::default()).collect(),
            tabs,
            current: 0,
            offers: vec![],
            saved_at: None,
            not_kept: None,
            latest_pending: false,
            beside: None,
            columns: 80,
            ending: None,
            void_why: String::new(),
            leaving: false,
            request: RequestId::new(),
            problem: None,
        }
    }

    fn load(&self, opened: bool, cx: &mut Cx<Msg>) {
        let (id, Some(actor)) = (self.encounter, cx.env().actor.clone()) else { return };
        cx.load(
            "visit.open",
            move |store| async move {
                let visit = store.visit(&actor, id, opened).await?;
                let banner = store.banner(&actor, visit.patient).await?;
                let history = store.history(&actor, visit.patient, false).await?;
                let drafts = store.drafts(&actor, id.0).await?;
                Ok(Box::new(Loaded { chart: Chart { visit, banner, history, missing: vec![] }, drafts }))
            },
            Msg::Loaded,
        );
    }

    /// Tells one tab something, then does what it asked of the frame.
    fn tell(&mut self, at: usize, told: Told<'_>, cx: &mut Cx<Msg>) {
        self.call(at, cx, |tab, call| tab.tell(told, call));
    }

    fn call<R: Default>(
        &mut self,
        at: usize,
        cx: &mut Cx<Msg>,
        f: impl FnOnce(&mut Box<dyn AnyTab>, Call<'_>) -> R,
    ) -> R {
        let mut asks = vec![];
        let (Some(chart), Some(tab)) = (&self.chart, self.tabs.get_mut(at)) else { return R::default() };
        let draft = self.drafts.get(at).map(FormDraft::id);
        let said = f(tab, Call { cx: &mut *cx, chart, asks: &mut asks, draft });
        for ask in asks {
            self.answer(at, ask, cx);
        }
        self.count_missing();
        self.end_when_saved(cx);
        said
    }

    fn answer(&mut self, at: usize, ask: Ask, cx: &mut Cx<Msg>) {
        match ask {
            Ask::Reload => self.load(false, cx),
            Ask::Saved(version) => {
                if let Some(chart) = &mut self.chart {
                    chart.visit.version = version;
                }
                self.saved_at = Some(cx.env().now());
                self.load(false, cx);
            }
            Ask::GoTo { tab, target } => {
                self.show(tab, cx);
                self.tell(tab, Told::Jump(target), cx);
            }
            Ask::Beside(encounter) => self.open_beside(encounter, cx),
            Ask::DraftClosed => {
                self.saved_at = Some(cx.env().now());
                let dirty = self.tabs.get(at).is_some_and(|t| t.dirty());
                if let Some(draft) = self.drafts.get_mut(at) {
                    draft.closed(dirty);
                }
                if dirty {
                    self.keep_soon(cx);
                }
            }
            Ask::Frame(command) => self.command(command, cx),
        }
    }

    /// What is missing to end the visit: of the visit itself and of every tab, in the order of the tabs.
    fn count_missing(&mut self) {
        let Some(chart) = &mut self.chart else { return };
        let missing = self
            .tabs
            .iter()
            .enumerate()
            .flat_map(|(tab, t)| {
                t.missing(chart).into_iter().map(move |(target, sentence)| Missing { tab, target, sentence })
            })
            .collect();
        chart.missing = missing;
    }

    fn show(&mut self, tab: usize, cx: &mut Cx<Msg>) {
        if tab >= self.tabs.len() || tab == self.current {
            return;
        }
        self.tell(self.current, Told::Left, cx);
        self.keep(cx);
        self.current = tab;
        self.tell(tab, Told::Shown, cx);
    }

    fn loaded(&mut self, loaded: Loaded, cx: &mut Cx<Msg>) {
        let first = self.chart.is_none();
        let Loaded { chart, drafts } = loaded;
        self.chart = Some(chart);
        self.problem = None;
        if first {
            self.offer(drafts, cx);
        }
        for at in 0..self.tabs.len() {
            self.tell(at, if first { Told::Opened } else { Told::ChartChanged }, cx);
        }
        if first {
            self.tell(self.current, Told::Shown, cx);
        }
        self.count_missing();
    }
}

impl Screen for Panel {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        if self.offers.is_empty() { &["visit"] } else { &["visit-offer", "visit"] }
    }
    fn inner_contexts(&self) -> Vec<String> {
        self.tabs.get(self.current).map(|t| t.contexts()).unwrap_or_default()
    }
    fn title(&self) -> String {
        tr!("Visit").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        self.tabs.get_mut(self.current).and_then(|t| t.widget())
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.tabs.get_mut(self.current).and_then(|t| t.field())
    }
    fn takes_digits(&self) -> Option<&'static str> {
        Some("tabs")
    }
    fn digits(&self) -> u8 {
        TABS.len() as u8
    }
    fn needs_minute(&self) -> bool {
        self.chart.as_ref().is_some_and(|c| c.visit.state.is_unsigned())
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        self.may(command)
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.chart.is_none() && self.problem.is_none()
    }
    fn inner_commands(&self) -> &'static [CommandDef] {
        self.tabs.get(self.current).map_or(&[], |t| t.commands())
    }
    fn inner_available(&self, id: &str) -> Option<Result<(), Why>> {
        let (tab, chart) = (self.tabs.get(self.current)?, self.chart.as_ref()?);
        tab.available(id, chart)
    }
    fn inner_waits_for(&self, id: &str) -> bool {
        self.tabs.get(self.current).is_some_and(|t| t.waits_for(id))
    }
    fn inner_command(&mut self, id: &str, cx: &mut Cx<Msg>) -> bool {
        self.leaving = false;
        self.call(self.current, cx, |tab, call| tab.command(id, call))
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(self.chart.is_none(), cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        self.leaving = false;
        match command {
            Command::Tab1 => self.show(0, cx),
            Command::Tab2 => self.show(1, cx),
            Command::Tab3 => self.show(2, cx),
            Command::Tab4 => self.show(3, cx),
            Command::Tab5 => self.show(4, cx),
            Command::Save => {
                self.tell(self.current, Told::Left, cx);
                self.keep(cx);
            }
            Command::TakeDraft => self.take_draft(cx),
            Command::DiscardDraft => self.ask_discard(cx),
            Command::CloseBeside => self.beside = None,
            Command::PageBeside => self.page_beside(),
            Command::Sign | Command::Pause | Command::Void => self.begin_ending(command, cx),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(loaded)) => self.loaded(*loaded, cx),
            Msg::Loaded(Err(e)) => {
                self.problem = Some(e.to_string());
                cx.failed(&e);
            }
            Msg::Tab(at, msg) => {
                let answered = !cx.drafts().is_empty();
                self.call(at, cx, |tab, call| tab.update(msg, call));
                if answered {
                    self.find_unsaved(cx);
                }
            }
            Msg::Drafts(Ok(found)) => self.offer_dialogs(found),
            Msg::Drafts(Err(e)) => tracing::warn!(error = %e, "kept text could not be looked for"),
            Msg::DraftDue => {
                self.latest_pending = false;
                self.keep(cx);
            }
            Msg::DraftSaved { tab, id, revision, outcome } => {
                self.draft_saved(tab, id, revision, outcome, cx);
            }
            Msg::DraftClosed(outcome) => outcome.err().iter().for_each(|e| cx.failed(e)),
            Msg::DiscardSure(sure) => self.discard_draft(sure, cx),
            Msg::Beside(Ok(beside)) => self.beside = Some(beside),
            Msg::Beside(Err(e)) => cx.failed(&e),
            ending => self.end(ending, cx),
        }
    }
    fn edited(&mut self, cx: &mut Cx<Msg>) {
        self.leaving = false;
        if let Some(draft) = self.drafts.get_mut(self.current) {
            draft.edited();
        }
        self.tell(self.current, Told::Edited, cx);
        self.keep_soon(cx);
    }
    fn moved(&mut self, cx: &mut Cx<Msg>) {
        self.leaving = false;
        self.tell(self.current, Told::Moved, cx);
        self.keep(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let mine = cx.env().actor.as_ref().map(|a| a.session.0);
        let concerns = match change {
            Change::Everything => true,
            Change::Row(row) => {
                row.session.is_none_or(|s| Some(s) != mine)
                    && (row.id == Some(self.encounter.0)
                        || self.chart.as_ref().is_some_and(|c| row.patient == Some(c.visit.patient.0))
                        || row.id == self.chart.as_ref().map(|c| c.visit.patient.0))
            }
            Change::Link(_) => false,
        };
        if concerns {
            self.load(false, cx);
            for at in 0..self.tabs.len() {
                self.tell(at, Told::Changed(change), cx);
            }
        }
    }
    fn goes_back(&mut self, cx: &mut Cx<Msg>) -> bool {
        self.leave_open(cx)
    }
    fn hang_up(&mut self, cx: &mut Cx<Msg>) {
        self.keep(cx);
    }
    fn minute(&mut self, _cx: &mut Cx<Msg>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.draw(frame, area, ui);
    }
}

/// The name a banner shows, for sentences that name the patient.
fn name_of(banner: &Banner) -> String {
    format!("{} {:06}", banner.name, banner.record_number)
}

/// Opens a past visit over the panel, where there is no room beside it.
fn over(encounter: EncounterId) -> Route {
    Route::Record(encounter)
}

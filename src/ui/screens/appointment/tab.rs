//! A tab of the panel: a small machine of its own commands and messages inside the frame ([`super::Panel`]).
//!
//! The frame owns the banner, the chart (visit, lists), the drafts and the ending. A tab never asks who the patient is and
//! never opens a draft: it is told the chart on each call by [`TabCx`], says by [`Tab::dirty`] and [`Tab::draft_payload`]
//! what is typed and not saved, and the frame keeps that within two seconds. To add one: implement [`Tab`], put its
//! constructor into [`super::TABS`], its commands into `screens::COMMANDS`, its keymap sections into `screens::SECTIONS`.
//!
//! Saving: [`Tab::left`] (another tab, Ctrl-S, pause) saves what is typed to the visit; `moved` does when a field is left
//! for another. Writes go through [`TabCx::write`]; one that leaves the tab clean passes [`TabCx::closes`] to the store,
//! and on success calls [`TabCx::draft_closed`]. A save of the visit's own fields reports [`TabCx::visit_saved`].
use super::Msg;
use crate::{
    domain::{
        actor::Actor,
        encounter::Visit,
        history::History,
        ids::{DraftId, EncounterId, PatientId, RequestId},
        why::Why,
    },
    store::{Banner, Change, Draft, Error, Store},
    ui::{
        command::{CommandDef, CommandSet},
        cx::Cx,
        screen::{TextInput, Ui, Widget},
    },
};
use ratatui::{Frame, layout::Rect};
use std::{
    any::Any,
    future::Future,
    ops::{Deref, DerefMut},
    sync::Arc,
};

/// What every tab knows of the patient and the visit. The frame loads it again when somebody changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub visit: Visit,
    pub banner: Banner,
    pub history: History,
    /// What is still missing to end the visit, of all tabs, in their order: the End tab's checklist.
    pub missing: Vec<Missing>,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The tab to jump to, from 0.
    pub tab: usize,
    /// Handed to [`Tab::jump`] there.
    pub target: &'static str,
    pub sentence: String,
}

/// What a tab asks of the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Load the chart again: something of it was changed.
    Reload,
    /// The visit's own row was saved and has this version now.
    Saved(i64),
    /// Show that tab and jump there.
    GoTo { tab: usize, target: &'static str },
    /// Show a past visit beside the panel.
    Beside(EncounterId),
    /// The draft was closed by a save.
    DraftClosed,
    /// Run the frame's own command: end and sign, pause, void.
    Frame(super::Command),
}

/// What a tab may do while it answers one call: all of [`Cx`], and ask the frame.
pub struct TabCx<'a, M> {
    cx: &'a mut Cx<M>,
    /// The visit, the banner, the lists.
    pub chart: &'a Chart,
    asks: &'a mut Vec<Ask>,
    draft: Option<DraftId>,
}

impl<M> Deref for TabCx<'_, M> {
    type Target = Cx<M>;
    fn deref(&self) -> &Cx<M> {
        self.cx
    }
}
impl<M> DerefMut for TabCx<'_, M> {
    fn deref_mut(&mut self) -> &mut Cx<M> {
        self.cx
    }
}

impl<M: Send + 'static> TabCx<'_, M> {
    /// The visit's id.
    #[must_use]
    pub fn encounter(&self) -> EncounterId {
        self.chart.visit.id
    }
    /// The patient's id.
    #[must_use]
    pub fn patient(&self) -> PatientId {
        self.chart.visit.patient
    }
    /// Asks something of the frame; it answers after the call.
    pub fn ask(&mut self, ask: Ask) {
        self.asks.push(ask);
    }
    /// The draft that a save may close in its transaction, when it leaves the tab with nothing unsaved.
    #[must_use]
    pub fn closes(&self) -> Option<DraftId> {
        self.draft
    }
    /// A save has closed the draft: the next edit begins another.
    pub fn draft_closed(&mut self) {
        self.ask(Ask::DraftClosed);
    }
    /// The visit's own row has this version now.
    pub fn visit_saved(&mut self, version: i64) {
        self.ask(Ask::Saved(version));
    }
    /// Reads as the signed-in person.
    pub fn read<T, F, Fut>(
        &mut self,
        label: &'static str,
        query: F,
        done: impl FnOnce(Result<T, Error>) -> M + Send + 'static,
    ) where
        F: FnOnce(Store, Arc<Actor>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let Some(actor) = self.cx.env().actor.clone() else { return };
        self.cx.load(label, move |store| query(store, actor), done);
    }
    /// Writes as the signed-in person; in answer to a dialog, what was typed there is closed with it. Keep the request's id while the outcome is in doubt, make another after it.
    pub fn write<T, F, Fut>(
        &mut self,
        label: &'static str,
        request: RequestId,
        write: F,
        done: impl FnOnce(Result<T, Error>) -> M + Send + 'static,
    ) where
        F: FnOnce(Store, Arc<Actor>, RequestId) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let Some(actor) = self.cx.env().actor.clone() else { return };
        let drafts = self.cx.drafts();
        self.cx.save(label, move |store| write(store.closing(&drafts), actor, request), done);
    }
}

/// One tab.
pub trait Tab: Send + 'static {
    /// What the person can ask in it.
    type Command: CommandSet;
    /// What the world answers it.
    type Msg: Send + 'static;

    /// The name of its draft, as in `visit.examination`.
    fn form(&self) -> &'static str;
    /// Its word in the line of tabs, in the person's language.
    fn word(&self) -> &'static str;
    /// Its keymap sections, most specific first; the frame adds `visit`.
    fn contexts(&self) -> &[&str];
    /// The widget with the focus.
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        None
    }
    /// Where typing goes; by itself the widget's field.
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.widget().and_then(Widget::field)
    }
    /// Greys a command and says why not.
    ///
    /// # Errors
    /// The refusal that is shown when its key is pressed nevertheless.
    fn available(&self, _command: Self::Command, _chart: &Chart) -> Result<(), Why> {
        Ok(())
    }
    /// The command uses a result that is not here yet.
    fn waits_for(&self, _command: Self::Command) -> bool {
        false
    }
    /// The chart is here: load what the tab shows beside it.
    fn opened(&mut self, _cx: &mut TabCx<'_, Self::Msg>) {}
    /// It is the current tab now.
    fn shown(&mut self, _cx: &mut TabCx<'_, Self::Msg>) {}
    /// Another tab is shown, Ctrl-S, a pause: save to the visit what is typed.
    fn left(&mut self, _cx: &mut TabCx<'_, Self::Msg>) {}
    /// The person asked.
    fn command(&mut self, command: Self::Command, cx: &mut TabCx<'_, Self::Msg>);
    /// The world answered.
    fn update(&mut self, msg: Self::Msg, cx: &mut TabCx<'_, Self::Msg>);
    /// The focused field changed.
    fn edited(&mut self, _cx: &mut TabCx<'_, Self::Msg>) {}
    /// The selection or the focused field is another one: save the field that was left.
    fn moved(&mut self, _cx: &mut TabCx<'_, Self::Msg>) {}
    /// The chart was loaded again.
    fn chart_changed(&mut self, _cx: &mut TabCx<'_, Self::Msg>) {}
    /// Somebody else's work, or the listener was lost: load again what is the tab's own.
    fn changed(&mut self, _change: &Change, _cx: &mut TabCx<'_, Self::Msg>) {}
    /// A line of the checklist leads here: put the focus there.
    fn jump(&mut self, _target: &'static str, _cx: &mut TabCx<'_, Self::Msg>) {}
    /// Something is typed and not saved to the visit.
    fn dirty(&self) -> bool {
        false
    }
    /// What is typed and not saved, as text; `None` when there is nothing.
    fn draft_payload(&self) -> Option<String> {
        None
    }
    /// Puts a draft's text back. It is added to what is typed already, which is never replaced.
    fn restore(&mut self, _payload: &str) {}
    /// A dialog of this tab that keeps what is typed in it: the name of its drafts, and what it writes in words.
    fn dialog(&self) -> Option<(&'static str, &'static str)> {
        None
    }
    /// Opens that dialog again, to take this text up.
    fn reopen(&mut self, _draft: &Draft, _cx: &mut TabCx<'_, Self::Msg>) {}
    /// What is missing in this tab to end the visit: where to jump, and the sentence.
    fn missing(&self, _chart: &Chart) -> Vec<(&'static str, String)> {
        vec![]
    }
    /// Draws it; changes nothing but scroll offsets.
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, chart: &Chart);
}

/// The frame's side of one call.
pub(super) struct Call<'a> {
    pub cx: &'a mut Cx<Msg>,
    pub chart: &'a Chart,
    pub asks: &'a mut Vec<Ask>,
    pub draft: Option<DraftId>,
}

/// What a tab is told beside commands and answers.
#[derive(Clone, Copy)]
pub(super) enum Told<'a> {
    Opened,
    Shown,
    Left,
    Edited,
    Moved,
    ChartChanged,
    Changed(&'a Change),
    Jump(&'static str),
    Reopen(&'a Draft),
}

/// A tab with its types erased.
pub(super) trait AnyTab: Send {
    fn form(&self) -> &'static str;
    fn word(&self) -> &'static str;
    fn contexts(&self) -> Vec<String>;
    fn commands(&self) -> &'static [CommandDef];
    fn widget(&mut self) -> Option<&mut dyn Widget>;
    fn field(&mut self) -> Option<&mut dyn TextInput>;
    fn available(&self, id: &str, chart: &Chart) -> Option<Result<(), Why>>;
    fn waits_for(&self, id: &str) -> bool;
    fn command(&mut self, id: &str, call: Call<'_>) -> bool;
    fn update(&mut self, msg: Box<dyn Any + Send>, call: Call<'_>);
    fn tell(&mut self, told: Told<'_>, call: Call<'_>);
    fn dirty(&self) -> bool;
    fn draft_payload(&self) -> Option<String>;
    fn restore(&mut self, payload: &str);
    fn dialog(&self) -> Option<(&'static str, &'static str)>;
    fn missing(&self, chart: &Chart) -> Vec<(&'static str, String)>;
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, chart: &Chart);
}

/// A tab and its place, from 0.
struct Slot<T> {
    at: usize,
    tab: T,
}

/// Wraps a tab for [`super::TABS`]: `|at| erase(at, Info::default())`.
pub(super) fn erase<T: Tab>(at: usize, tab: T) -> Box<dyn AnyTab> {
    Box::new(Slot { at, tab })
}

impl<T: Tab> Slot<T> {
    fn with(&mut self, call: Call<'_>, f: impl FnOnce(&mut T, &mut TabCx<'_, T::Msg>)) {
        let at = self.at;
        let Call { cx, chart, asks, draft } = call;
        cx.inner(
            move |msg| Msg::Tab(at, msg),
            |inner| f(&mut self.tab, &mut TabCx { cx: inner, chart, asks, draft }),
        );
    }
}

impl<T: Tab> AnyTab for Slot<T> {
    fn form(&self) -> &'static str {
        self.tab.form()
    }
    fn word(&self) -> &'static str {
        self.tab.word()
    }
    fn contexts(&self) -> Vec<String> {
        self.tab.contexts().iter().map(ToString::to_string).collect()
    }
    fn commands(&self) -> &'static [CommandDef] {
        T::Command::ALL
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        self.tab.widget()
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.tab.field()
    }
    fn available(&self, id: &str, chart: &Chart) -> Option<Result<(), Why>> {
        T::Command::parse(id).map(|c| self.tab.available(c, chart))
    }
    fn waits_for(&self, id: &str) -> bool {
        T::Command::parse(id).is_some_and(|c| self.tab.waits_for(c))
    }
    fn command(&mut self, id: &str, call: Call<'_>) -> bool {
        let Some(command) = T::Command::parse(id) else { return false };
        self.with(call, |tab, cx| tab.command(command, cx));
        true
    }
    fn update(&mut self, msg: Box<dyn Any + Send>, call: Call<'_>) {
        match msg.downcast::<T::Msg>() {
            Ok(msg) => self.with(call, |tab, cx| tab.update(*msg, cx)),
            Err(_) => tracing::error!(tab = self.tab.form(), "an answer of a wrong type was dropped"),
        }
    }
    fn tell(&mut self, told: Told<'_>, call: Call<'_>) {
        self.with(call, |tab, cx| match told {
            Told::Opened => tab.opened(cx),
            Told::Shown => tab.shown(cx),
            Told::Left => tab.left(cx),
            Told::Edited => tab.edited(cx),
            Told::Moved => tab.moved(cx),
            Told::ChartChanged => tab.chart_changed(cx),
            Told::Changed(change) => tab.changed(change, cx),
            Told::Jump(target) => tab.jump(target, cx),
            Told::Reopen(draft) => tab.reopen(draft, cx),
        });
    }
    fn dirty(&self) -> bool {
        self.tab.dirty()
    }
    fn draft_payload(&self) -> Option<String> {
        self.tab.draft_payload()
    }
    fn restore(&mut self, payload: &str) {
        self.tab.restore(payload);
    }
    fn dialog(&self) -> Option<(&'static str, &'static str)> {
        self.tab.dialog()
    }
    fn missing(&self, chart: &Chart) -> Vec<(&'static str, String)> {
        self.tab.missing(chart)
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, chart: &Chart) {
        self.tab.view(frame, area, ui, chart);
    }
}

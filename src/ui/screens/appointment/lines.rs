//! What the tabs whose lines enter things share: the lines above, the list of what was entered below, one write of a line at
//! a time, and marking a row as entered in error.
use super::{
    entry::{Entries, close_draft},
    tab::{Chart, TabCx},
};
use crate::{
    domain::{
        actor::Actor,
        ids::RequestId,
        record::{VisitRef, VisitRow},
        why::Why,
    },
    store::{Error, Store},
    text::wrap,
    tr,
    ui::{
        cx::Answer,
        screen::{TextInput, Ui, Widget},
        widgets::{self, confirm::Confirm, table::Table},
    },
};
use ratatui::{Frame, layout::Rect};
use std::sync::Arc;

/// The lines, the list, and how far what was asked is.
pub struct Lines<R> {
    pub entries: Entries,
    pub table: Table<R>,
    /// What is wrong with what was asked last.
    pub problem: Option<Why>,
    striking: Option<VisitRow>,
    request: RequestId,
    saving: bool,
}

impl<R> Lines<R> {
    /// A line for each label above this table.
    #[must_use]
    pub fn new(labels: &[&'static str], table: Table<R>) -> Self {
        Self {
            entries: Entries::new(labels),
            table,
            problem: None,
            striking: None,
            request: RequestId::new(),
            saving: false,
        }
    }
    /// A line is on its way to the store.
    #[must_use]
    pub fn is_saving(&self) -> bool {
        self.saving
    }
    /// The line with the focus and what it says, when that may be entered now.
    #[must_use]
    pub fn said(&self) -> Option<(usize, String)> {
        let at = self.entries.current()?;
        let said = self.entries.text(at);
        (!self.saving && !said.is_empty()).then(|| (at, said.to_owned()))
    }
    /// The list, while no line has the focus.
    pub fn widget(&mut self) -> Option<&mut dyn Widget>
    where
        R: Clone,
    {
        self.entries.current().is_none().then_some(&mut self.table as &mut dyn Widget)
    }
    /// The line that is typed in.
    pub fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.entries.field()
    }
    /// Stores what a line says and closes its draft. Until the outcome is known the same request is sent again.
    pub fn keep<M, F, Fut>(
        &mut self,
        cx: &mut TabCx<'_, M>,
        label: &'static str,
        write: F,
        done: impl FnOnce(Result<(), Error>) -> M + Send + 'static,
    ) where
        M: Send + 'static,
        F: FnOnce(Store, Arc<Actor>, RequestId) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.saving = true;
        let draft = cx.closes();
        cx.write(
            label,
            self.request,
            move |store, actor, request| async move {
                write(store.clone(), actor.clone(), request).await?;
                close_draft(&store, &actor, draft).await;
                Ok(())
            },
            done,
        );
    }
    /// What was sent by [`Lines::keep`] has ended so.
    pub fn kept(&mut self, done: &Result<(), Error>) {
        self.saving = false;
        if !matches!(done, Err(Error::Unknown)) {
            self.request = RequestId::new();
        }
    }
    /// Asks before a row is marked as entered in error.
    pub fn strike<M: Send + 'static>(
        &mut self,
        row: VisitRow,
        what: &str,
        cx: &mut TabCx<'_, M>,
        answered: impl Fn(bool) -> M + Send + Sync + 'static,
    ) {
        self.striking = Some(row);
        let what = what.to_owned();
        cx.open(move |a| strike_question(&what, a), answered);
    }
    /// The answer to [`Lines::strike`].
    pub fn struck<M: Send + 'static>(
        &mut self,
        yes: bool,
        cx: &mut TabCx<'_, M>,
        done: impl FnOnce(Result<(), Error>) -> M + Send + 'static,
    ) {
        let Some(row) = self.striking.take().filter(|_| yes) else { return };
        let patient = cx.patient();
        cx.write(
            "record.strike",
            RequestId::new(),
            move |store, actor, request| async move { store.strike_row(&actor, request, patient, row).await },
            done,
        );
    }
    /// Draws the lines, two rows of `echo` (an alarm or not), and the list.
    pub fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, (echo, alarm): (String, bool)) {
        let [lines, rest] = widgets::split_top(area, self.entries.count());
        self.entries.view(frame, lines, ui);
        let [under, list] = widgets::split_top(rest, 2);
        let style = if alarm { ui.theme.alarm() } else { ui.theme.dim() };
        let room = usize::from(under.width.saturating_sub(2)).max(1);
        for (y, line) in wrap(&echo, room).iter().take(2).enumerate() {
            widgets::put(frame, under, y as u16, &format!(" {line}"), style);
        }
        let focused = ui.focused && self.entries.current().is_none();
        self.table.view(frame, list, &Ui { focused, ..ui.clone() });
    }
}

/// The visit that is written in.
#[must_use]
pub fn visit_of(chart: &Chart) -> VisitRef {
    VisitRef { encounter: chart.visit.id, patient: chart.visit.patient }
}

/// Why nothing can be entered in somebody else's or a signed visit.
#[must_use]
pub fn not_writable() -> Why {
    Why::new("signed_is_signed", tr!("This visit is not yours to write in, or it is signed."))
        .instead(tr!("Add an addendum in its record."))
}

/// Why a command does nothing to the selected row.
#[must_use]
pub fn not_for_this_row() -> Why {
    Why::new("not_for_this_row", tr!("That is not for the selected row."))
}

/// Asks before something is marked as entered in error.
pub fn strike_question(what: &str, answer: Answer<bool>) -> Confirm {
    Confirm::new(tr!("Mark as entered in error: {what}?", what = what), answer)
        .consequence(tr!("It stays in the record, marked with your name and the time."))
        .yes(tr!("mark it"))
        .no(tr!("keep"))
}

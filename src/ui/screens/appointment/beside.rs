//! A past visit beside the current one, from 100 columns; in a narrower window it is opened over the panel.
use super::{Msg, Panel, over};
use crate::{
    domain::ids::EncounterId,
    ui::{
        command::WidgetCommand, cx::Cx, record_text::visit_text, screen::Widget,
        widgets::scroll_text::ScrollText,
    },
};

/// From this many columns on there is room for two.
pub const WIDE: u16 = 100;

/// A past visit as text that is read beside.
pub struct Beside {
    pub encounter: EncounterId,
    pub text: ScrollText,
}

impl Beside {
    /// Everything of the visit that the reader may read.
    #[must_use]
    pub fn new(encounter: EncounterId, text: String) -> Self {
        Self { encounter, text: ScrollText::new(text) }
    }
}

impl Panel {
    pub(super) fn open_beside(&mut self, encounter: EncounterId, cx: &mut Cx<Msg>) {
        if self.columns < WIDE {
            return cx.push(over(encounter));
        }
        let Some(actor) = cx.env().actor.clone() else { return };
        cx.load(
            "visit.beside",
            move |store| async move {
                let record = store.record(&actor, encounter, true).await?;
                Ok(Beside::new(encounter, visit_text(&record)))
            },
            Msg::Beside,
        );
    }

    /// One page on; after the last one from the beginning.
    pub(super) fn page_beside(&mut self) {
        if let Some(beside) = &mut self.beside {
            if beside.text.at_end() {
                beside.text.act(WidgetCommand::First);
            } else {
                beside.text.act(WidgetCommand::PageDown);
            }
        }
    }
}

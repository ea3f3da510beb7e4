//! A past visit beside the current one, from 100 columns; in a narrower window it is opened over the panel.
use super::{Msg, Panel, over};
use crate::{
    domain::{
        encounter::{Note, Observation, Visit},
        ids::EncounterId,
    },
    tr,
    ui::{cx::Cx, widgets::scroll_text::ScrollText},
};
use chrono_tz::Tz;

/// From this many columns on there is room for two.
pub const WIDE: u16 = 100;

/// A past visit as text that is read beside.
pub struct Beside {
    pub encounter: EncounterId,
    pub text: ScrollText,
}

impl Panel {
    pub(super) fn open_beside(&mut self, encounter: EncounterId, cx: &mut Cx<Msg>) {
        if self.columns < WIDE {
            return cx.push(over(encounter));
        }
        let Some(actor) = cx.env().actor.clone() else { return };
        let zone = cx.env().zone();
        cx.load(
            "visit.beside",
            move |store| async move {
                let visit = store.visit(&actor, encounter, true).await?;
                let notes = store.notes(&actor, encounter).await?;
                let signs = store.observations(&actor, visit.patient, Some(encounter)).await?;
                let text = ScrollText::new(told(&visit, &notes, &signs, zone));
                Ok(Beside { encounter, text })
            },
            Msg::Beside,
        );
    }
}

/// A visit in words, in the order of the tabs. Struck rows say so.
fn told(visit: &Visit, notes: &[Note], signs: &[Observation], zone: Tz) -> String {
    let mut out = vec![
        visit.started_at.with_timezone(&zone).format("%a %d %b %Y %H:%M").to_string(),
        format!("{}, {}", visit.provider_name, visit.centre_name),
        match &visit.signed_by {
            Some(who) => tr!("signed by {who}", who = who),
            None => visit.state.word().to_owned(),
        },
        String::new(),
        tr!("Chief complaint: {text}", text = visit.chief_complaint),
    ];
    let struck = |at: bool| if at { tr!("  (entered in error)") } else { "" };
    for sign in signs.iter().filter(|s| s.encounter == Some(visit.id)) {
        let flag = sign.flag.map(|f| format!(" {}", f.letter())).unwrap_or_default();
        out.push(format!("{} {}{flag}{}", sign.name(), sign.text(), struck(sign.struck_at.is_some())));
    }
    for note in notes {
        out.push(String::new());
        let kind = if note.addendum { tr!("Addendum") } else { tr!("Note") };
        let at = note.at.with_timezone(&zone).format("%d %b %Y %H:%M");
        let system = note.system.map(|s| format!(" [{}]", s.word())).unwrap_or_default();
        out.push(format!(
            "{kind} {at} {}{system} {}{}",
            note.author,
            note.title,
            struck(note.struck_at.is_some())
        ));
        out.push(note.body.clone());
    }
    if visit.follow_up_on.is_some() || !visit.follow_up_notes.is_empty() {
        let on = visit.follow_up_on.map(crate::domain::dates::long_date).unwrap_or_default();
        out.push(String::new());
        out.push(tr!("Follow-up: {when} {notes}", when = on, notes = visit.follow_up_notes));
    }
    out.join("\n")
}

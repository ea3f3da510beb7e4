//! What is certain while the patient is still picked by a number: with whom, where, when and what for, in the words of the plan.
use super::{CommandLine, plan::Draft};
use crate::{domain::desk_line::Verb, search::desk_line::Reading, tr, ui::cx::Env};

impl CommandLine {
    /// Says it. What is itself to be asked for, or is wrong, is said in its turn, once the patient is known.
    pub(super) fn say_certain(&self, reading: &Reading, draft: &mut Draft, env: &Env) {
        let Some(verb) = self.line.verb else { return };
        if verb == Verb::Wait {
            let mut wish = Draft::default();
            if self.say_wish(reading, &mut wish, env).is_ok() {
                draft.parts.append(&mut wish.parts);
                draft.told_reason = true;
            }
            return;
        }
        let provider = match verb {
            // With whom it is, or to whom it goes, is known with the appointment.
            Verb::Move => {
                let one = self.provider_of(reading).ok().flatten();
                draft.named.extend(one.map(|id| tr!("provider {who}", who = self.provider_said(id, None))));
                one
            }
            _ => self.provider(reading, draft).ok().flatten(),
        };
        if verb == Verb::WalkIn {
            draft.named.push(tr!("now").into());
        } else {
            self.centre(draft).ok();
        }
        let reason = self.reason(reading);
        if reason.is_empty() {
            return;
        }
        if !matches!(verb, Verb::Book | Verb::WalkIn) {
            draft.behind.push(reason);
            draft.told_reason = true;
        } else if let Ok(purpose) = self.purpose(reading, provider) {
            draft.behind.extend(purpose.said());
            draft.told_reason = true;
        }
    }
}

//! What a visit costs, set at the desk: one amount in one line. An empty line takes it away.
use super::{Msg, Patient};
use crate::{
    domain::{
        ids::RequestId,
        money::{amount, cents},
    },
    store::VisitFee,
    tr,
    ui::{cx::Cx, widgets::prompt::Prompt},
};

/// What was typed as cents; nothing typed is no fee.
fn read(typed: &str) -> Result<Option<i32>, crate::domain::why::Why> {
    if typed.trim().is_empty() { Ok(None) } else { cents(typed).map(Some) }
}

impl Patient {
    pub(super) fn ask_fee(&mut self, fee: VisitFee, cx: &mut Cx<Msg>) {
        let question = tr!("Fee of the visit of {who}, as in 85.50", who = self.name());
        let now = fee.cents.map(amount).unwrap_or_default();
        cx.open(
            move |a| Prompt::new(question, a).with(&now).check(|typed| read(typed).map(drop)),
            move |typed| Msg::FeeTyped(fee, typed),
        );
    }

    pub(super) fn set_fee(&mut self, fee: VisitFee, typed: &str, cx: &mut Cx<Msg>) {
        let (Some(actor), Ok(wanted)) = (cx.env().actor.clone(), read(typed)) else { return };
        let said = match wanted {
            Some(fee) => tr!("The fee is {amount}.", amount = amount(fee)),
            None => tr!("The visit has no fee.").to_owned(),
        };
        let request = RequestId::new();
        self.saving = true;
        cx.save(
            "visit.set-fee",
            move |store| async move {
                store.set_visit_fee(&actor, request, fee.encounter, fee.version, wanted).await.map(|_| ())
            },
            move |done| Msg::Saved(said, done),
        );
    }
}

//! Writing a referral: to whom is chosen before; here why, the letter, how soon, how often and until when.
use crate::{
    domain::{
        dates,
        referral::{NewReferral, ReferralUrgency, Target},
        why::Why,
    },
    store::ReferralTarget,
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Kind, Leave, Screen, Ui, Widget},
        widgets::{
            self,
            form::{Field, Form},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the form of a referral understands.
    pub enum Command {
        Send: "referral.send" "send" "Keep the referral and send it: from then on the patient can be booked by it";
        Keep: "referral.keep" "keep unsent" "Keep the referral in the visit without sending it";
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum F {
    Name,
    Specialty,
    Contact,
    Reason,
    Letter,
    Urgency,
    Visits,
    Until,
}

/// What the form answers: the referral, and whether it is sent at once.
pub type Written = (NewReferral, bool);

/// The form of a referral.
pub struct ReferralForm {
    form: Form<F>,
    /// A provider or specialty of the directory; none for somebody outside.
    to: Option<ReferralTarget>,
    answer: Answer<Written>,
}

impl ReferralForm {
    /// A referral to this target, or to somebody outside.
    #[must_use]
    pub fn new(to: Option<ReferralTarget>, answer: Answer<Written>) -> Self {
        let mut form = Form::new();
        if to.is_none() {
            form = form
                .with(F::Name, Field::text(tr!("Name")).required().max(200))
                .with(F::Specialty, Field::text(tr!("Specialty")).max(200))
                .with(F::Contact, Field::text(tr!("Contact")).max(200));
        }
        let urgencies = ReferralUrgency::ALL.iter().map(|u| u.word().to_owned()).collect();
        let form = form
            .with(F::Reason, Field::text(tr!("Reason")).required().max(300))
            .with(F::Letter, Field::many(tr!("Letter"), 6))
            .with(F::Urgency, Field::choice(tr!("Urgency"), urgencies).with(ReferralUrgency::Routine.word()))
            .with(F::Visits, Field::number(tr!("Visits allowed"), 1.0, 100.0).hint(tr!("any number")))
            .with(
                F::Until,
                Field::text(tr!("Valid until")).max(20).hint(tr!("the usual period; 6m is a date")),
            );
        Self { form, to, answer }
    }
}

impl Screen for ReferralForm {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &["referral"]
    }
    fn title(&self) -> String {
        tr!("Referral").into()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn leave(&self) -> Leave {
        if self.form.is_dirty() { Leave::Ask(tr!("the referral").into()) } else { Leave::Free }
    }
    fn available(&self, _command: Command) -> Result<(), Why> {
        Ok(())
    }
    fn command(&mut self, command: Command, cx: &mut Cx<()>) {
        if self.form.check().is_err() {
            return;
        }
        let valid_until = match self.form.filled(F::Until).map(|t| dates::parse_date(&t, cx.env().today())) {
            None => None,
            Some(Ok(date)) => Some(date),
            Some(Err(why)) => {
                self.form.problem(F::Until, why.sentence);
                return self.form.go_to(F::Until);
            }
        };
        let target = match &self.to {
            Some(to) => to.target.clone(),
            None => Target::Outside {
                name: self.form.get(F::Name),
                specialty: self.form.get(F::Specialty),
                contact: self.form.get(F::Contact),
            },
        };
        let urgency = self.form.chosen(F::Urgency).and_then(|n| ReferralUrgency::ALL.get(n).copied());
        let new = NewReferral {
            target: Some(target),
            reason: self.form.get(F::Reason),
            letter: self.form.get(F::Letter),
            urgency: urgency.unwrap_or(ReferralUrgency::Routine),
            visits_allowed: self.form.filled(F::Visits).and_then(|n| n.parse().ok()),
            valid_until,
        };
        self.form.saved();
        let answer = self.answer.clone();
        cx.answer(&answer, (new, command == Command::Send));
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let to = self.to.as_ref().map_or_else(|| tr!("somebody outside").to_owned(), |t| t.name.clone());
        let area = widgets::centred(area, 76, self.form.height() + 2);
        let inner = widgets::boxed(frame, area, &tr!("Referral to {to}", to = to), ui.theme);
        self.form.view(frame, inner, ui);
    }
}

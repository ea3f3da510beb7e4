//! Writing a referral: to whom is chosen before; here why, the letter, how soon, how often and until when.
use crate::{
    domain::{
        dates,
        ids::{DraftId, EncounterId},
        referral::{NewReferral, Referral, ReferralUrgency, Target},
        why::Why,
    },
    store::ReferralTarget,
    tr,
    ui::{
        cx::{Answer, Cx, Env},
        draft::Keeps,
        screen::{Kind, Leave, Screen, Ui, Widget},
        widgets::{
            self,
            form::{Field, Form},
        },
    },
};
use ratatui::{Frame, layout::Rect};
use serde::{Deserialize, Serialize};

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
    keeps: Keeps,
    answer: Answer<Written>,
}

/// What is kept of a letter: to whom, and what is typed.
#[derive(Serialize, Deserialize)]
struct Letter {
    to: Option<ReferralTarget>,
    fields: String,
}

/// How the part of a draft begins that changes a referral; its id follows.
const CHANGED: &str = "referral/";

/// The referral that a kept text changes; none when it is a new one.
#[must_use]
pub fn changed(part: &str) -> Option<&str> {
    part.strip_prefix(CHANGED)
}

/// To whom a kept letter is written.
#[must_use]
pub fn addressee(kept: &str) -> Option<ReferralTarget> {
    serde_json::from_str::<Letter>(kept).ok().and_then(|l| l.to)
}

impl ReferralForm {
    /// The name of its draft.
    pub const FORM: &'static str = "referral.write";

    /// A referral of this visit to this target, or to somebody outside.
    #[must_use]
    pub fn new(
        encounter: EncounterId,
        to: Option<ReferralTarget>,
        take: Option<DraftId>,
        answer: Answer<Written>,
    ) -> Self {
        let part = match to.as_ref().map(|t| &t.target) {
            Some(Target::Provider(id)) => id.0.to_string(),
            Some(Target::Specialty(code)) => code.clone(),
            Some(Target::Outside { .. }) | None => String::new(),
        };
        let keeps = Keeps::new(Self::FORM, encounter.0).part(part).taking(take);
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
        Self { form, to, keeps, answer }
    }

    /// The form of a referral that was kept and not sent.
    #[must_use]
    pub fn of(
        encounter: EncounterId,
        old: &Referral,
        take: Option<DraftId>,
        answer: Answer<Written>,
    ) -> Self {
        let to = match &old.what.target {
            None | Some(Target::Outside { .. }) => None,
            Some(target) => {
                Some(ReferralTarget { target: target.clone(), name: old.to.clone(), detail: String::new() })
            }
        };
        let mut made = Self::new(encounter, to, take, answer);
        made.keeps.part = format!("{CHANGED}{}", old.id.0);
        if let Some(Target::Outside { name, specialty, contact }) = &old.what.target {
            for (field, text) in [(F::Name, name), (F::Specialty, specialty), (F::Contact, contact)] {
                made.form.set(field, text);
            }
        }
        made.form.set(F::Reason, &old.what.reason);
        made.form.set(F::Letter, &old.what.letter);
        made.form.set(F::Urgency, old.what.urgency.word());
        made.form.set(F::Visits, &old.what.visits_allowed.map(|n| n.to_string()).unwrap_or_default());
        made.form.set(F::Until, &old.what.valid_until.map(dates::long_date).unwrap_or_default());
        made.form.saved();
        made
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
    fn keeps(&self, _env: &Env) -> Option<Keeps> {
        Some(self.keeps.clone())
    }
    fn typed(&self) -> Option<String> {
        let letter = Letter { to: self.to.clone(), fields: self.form.typed()? };
        serde_json::to_string(&letter).ok()
    }
    fn put_back(&mut self, text: &str) {
        if let Ok(letter) = serde_json::from_str::<Letter>(text) {
            self.form.put_back(&letter.fields);
        }
    }
    fn leave(&self) -> Leave {
        if self.form.is_dirty() {
            Leave::Ask(tr!("The referral is not written yet.").into())
        } else {
            Leave::Free
        }
    }
    fn available(&self, _command: Command) -> Result<(), Why> {
        Ok(())
    }
    fn command(&mut self, command: Command, cx: &mut Cx<()>) {
        if self.form.check().is_err() {
            return;
        }
        let valid_until =
            match self.form.filled(F::Until).map(|t| crate::domain::when::parse_day(&t, cx.env().today())) {
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

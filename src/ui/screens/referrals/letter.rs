//! One referral with its letter. Opening it tells the writer that it was seen.
use crate::{
    domain::{dates, ids::ReferralId, referral::Referral, why::Why},
    store::Error,
    text::tr_str,
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::scroll_text::ScrollText,
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What a letter understands.
    pub enum Command {
        Patient: "letter.patient" "patient" "Open the patient of this referral";
    }
}

/// What this screen is told.
pub enum Msg {
    /// The referral.
    Loaded(Box<Result<Referral, Error>>),
}

/// The screen.
pub struct Letter {
    id: ReferralId,
    referral: Option<Referral>,
    text: ScrollText,
}

impl Letter {
    /// The letter of this referral.
    #[must_use]
    pub fn of(id: ReferralId) -> Self {
        Self { id, referral: None, text: ScrollText::default() }
    }
}

/// The referral as one text.
#[must_use]
pub fn letter_text(r: &Referral) -> String {
    let none = || tr!("none").to_owned();
    let said = |text: &str| if text.trim().is_empty() { none() } else { text.to_owned() };
    let until = r.what.valid_until.map_or_else(none, dates::long_date);
    let visits = r.what.visits_allowed.map_or_else(|| tr!("any number").to_owned(), |n| n.to_string());
    [
        tr!("Referral of {patient}", patient = r.patient_name),
        tr!("From {from}, written {day}", from = r.from, day = dates::long_date(r.written_on)),
        tr!("To {to}", to = r.to),
        tr!(
            "Urgency {urgency}, state {state}",
            urgency = tr_str(r.what.urgency.code()),
            state = tr_str(r.status.code())
        ),
        tr!("Valid until {until}, visits {visits}", until = until, visits = visits),
        String::new(),
        tr!("Reason").to_owned(),
        said(&r.what.reason),
        String::new(),
        tr!("Letter").to_owned(),
        said(&r.what.letter),
        String::new(),
        tr!("The history opens once the patient is booked with you; reception makes the first appointment.")
            .to_owned(),
    ]
    .join("\n")
}

impl Screen for Letter {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["letter"]
    }
    fn title(&self) -> String {
        tr!("Referral").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.text)
    }
    fn available(&self, _: Command) -> Result<(), Why> {
        match self.referral {
            Some(_) => Ok(()),
            None => Err(Why::new("not_loaded", tr!("The referral is not there yet."))),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let id = self.id;
        cx.load(
            "letter.load",
            move |store| async move { store.open_referral(&actor, id).await },
            |loaded| Msg::Loaded(Box::new(loaded)),
        );
    }
    fn command(&mut self, _: Command, cx: &mut Cx<Msg>) {
        if let Some(r) = &self.referral {
            cx.push(Route::Patient(r.patient));
        }
    }
    fn update(&mut self, Msg::Loaded(loaded): Msg, cx: &mut Cx<Msg>) {
        match *loaded {
            Ok(referral) => {
                self.text.set(letter_text(&referral));
                self.referral = Some(referral);
            }
            Err(e) => cx.failed(&e),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.text.view(frame, area, ui);
    }
}

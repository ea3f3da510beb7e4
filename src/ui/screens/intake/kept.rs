//! What is kept of an intake that is left: the step it stands at, what was done and skipped, and what was typed.
use super::Intake;
use crate::{tr, ui::route::IntakeStep as Step};
use serde::{Deserialize, Serialize};

impl Step {
    pub(super) const COUNT: usize = 5;
    pub(super) const ALL: [Self; Self::COUNT] =
        [Self::Who, Self::Identity, Self::Vitals, Self::Allergies, Self::Appointment];

    /// Its word on the line of progress.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Who => tr!("Who"),
            Self::Identity => tr!("Identity"),
            Self::Vitals => tr!("Vitals"),
            Self::Allergies => tr!("Allergies"),
            Self::Appointment => tr!("Appointment"),
        }
    }
    pub(super) fn next(self) -> Self {
        Self::ALL.get(self as usize + 1).copied().unwrap_or(self)
    }
    pub(super) fn before(self) -> Self {
        Self::ALL[(self as usize).saturating_sub(1)]
    }
}

/// What became of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Mark {
    #[default]
    Open,
    Done,
    Skipped,
}

/// An intake that was left.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) step: Step,
    pub(super) who: String,
    marks: [Mark; Step::COUNT],
    stored: Vec<String>,
    identity: Option<String>,
    vitals: Option<String>,
    allergy: Option<String>,
}

impl Kept {
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl Intake {
    /// What is kept; nothing where nothing was begun, or all of it is over.
    pub(super) fn kept(&self) -> Option<String> {
        let kept = Kept {
            step: self.step,
            who: self.profile.as_ref().map(|p| p.name().to_string()).unwrap_or_default(),
            marks: self.marks,
            stored: self.stored.clone(),
            identity: self.identity.typed().filter(|typed| self.carried.as_ref() != Some(typed)),
            vitals: self.vitals.typed(),
            allergy: self.allergy.typed(),
        };
        let typed = kept.identity.is_some() || kept.vitals.is_some() || kept.allergy.is_some();
        let begun = self.patient.is_some() && self.marks[1..].iter().any(|m| *m != Mark::Open);
        if self.finished || !typed && !begun { None } else { serde_json::to_string(&kept).ok() }
    }

    /// Goes on where it was left.
    pub(super) fn take_up(&mut self, text: &str) {
        let Some(kept) = Kept::read(text) else { return };
        self.step = kept.step;
        for (mine, was) in self.marks.iter_mut().zip(kept.marks) {
            if *mine == Mark::Open {
                *mine = was;
            }
        }
        self.stored.extend(kept.stored);
        if self.carried.take().is_some_and(|carried| self.identity.typed() == Some(carried)) {
            self.identity.undo();
        }
        for (text, form) in [(kept.identity, 0), (kept.vitals, 1), (kept.allergy, 2)] {
            match (text, form) {
                (Some(text), 0) => self.identity.put_back(&text),
                (Some(text), 1) => self.vitals.put_back(&text),
                (Some(text), _) => self.allergy.put_back(&text),
                (None, _) => {}
            }
        }
    }
}

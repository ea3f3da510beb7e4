//! What a number stands for, and what was picked by one: it holds as long as the words it was picked for do.
use crate::{
    domain::{
        booking::FreeSlot,
        desk_line::Line,
        ids::{AppointmentId, CentreId, PatientId, ProviderId},
    },
    ui::route::Route,
};

/// What a number stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    Patient(PatientId),
    Provider(ProviderId),
    Centre(CentreId),
    Reading(usize),
    Appointment(AppointmentId),
    /// A visit type by its code; `None`: the words are a reason only.
    Purpose(Option<String>),
    Slot(Box<FreeSlot>),
    Open(Route),
    Place(Route),
}

/// What was picked so far.
#[derive(Debug, Default)]
pub struct Picked {
    pub reading: Option<usize>,
    pub patient: Option<PatientId>,
    pub provider: Option<ProviderId>,
    pub centre: Option<CentreId>,
    pub appointment: Option<AppointmentId>,
    pub slot: Option<FreeSlot>,
    /// What the words of the reason are: a visit type by its code, or `None` for a reason only.
    pub purpose: Option<Option<String>>,
}

impl Picked {
    /// Forgets what was picked for words that are others now.
    pub fn follow(&mut self, old: &Line, new: &Line) {
        let names = |l: &Line| (l.names.clone(), l.provider.clone());
        if names(old) != names(new) || old.verb != new.verb {
            *self = Self::default();
        }
        if (&old.when, &old.centre) != (&new.when, &new.centre) {
            (self.slot, self.appointment) = (None, None);
        }
        if old.reason != new.reason {
            (self.purpose, self.slot) = (None, None);
        }
        if old.centre != new.centre {
            self.centre = None;
        }
    }
}

//! What the line has learned from the server, and what it needs next. One thing is asked for at a time.
use super::{CommandLine, Msg};
use crate::{
    domain::{
        booking::{Directory, FreeFilter, FreeSlot},
        ids::{PatientId, ProviderId},
        patient_query::PatientQuery,
        visit_type::VisitType,
        waitlist::WaitEntry,
    },
    search::patients::{Found, ranked},
    store::PatientAppointment,
    ui::cx::Cx,
};
use std::collections::HashMap;

/// What the preview cannot be made without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    Directory,
    VisitTypes,
    /// Patients for each of these texts.
    People(Vec<String>),
    Appointments(PatientId),
    /// What they wait for, to say what a booking closes.
    Waits(PatientId),
    Free(Box<FreeFilter>),
    /// Who works at the desk's centre now.
    Working,
}

/// What was learned, as long as the line is open.
#[derive(Default)]
pub struct Known {
    pub directory: Option<Directory>,
    pub visit_types: Option<Vec<VisitType>>,
    pub people: HashMap<String, Vec<Found>>,
    pub appointments: HashMap<PatientId, Vec<PatientAppointment>>,
    pub free: Vec<(FreeFilter, Vec<FreeSlot>)>,
    /// What they wait for.
    pub waits: HashMap<PatientId, Vec<WaitEntry>>,
    /// Who works at the desk's centre now or later today.
    pub working: Option<Vec<ProviderId>>,
}

impl Known {
    pub fn learn_free(&mut self, filter: FreeFilter, slots: Vec<FreeSlot>) {
        self.free.retain(|(f, _)| *f != filter);
        self.free.push((filter, slots));
        if self.free.len() > 8 {
            self.free.remove(0);
        }
    }
    /// Somebody changed an appointment or a session.
    pub fn forget_times(&mut self) {
        self.free.clear();
        self.appointments.clear();
        self.waits.clear();
        self.working = None;
    }
    pub fn free(&self, filter: &FreeFilter) -> Option<&[FreeSlot]> {
        self.free.iter().find(|(f, _)| f == filter).map(|(_, slots)| slots.as_slice())
    }
    /// Those of these texts that were not asked yet.
    pub fn strangers(&self, texts: &[String]) -> Vec<String> {
        let mut new: Vec<String> = texts.iter().filter(|t| !self.people.contains_key(*t)).cloned().collect();
        new.dedup();
        new
    }
}

impl CommandLine {
    /// Asks the server for what the preview waits for.
    pub(super) fn ask(&mut self, cx: &mut Cx<Msg>) {
        let (Some(need), Some(actor)) = (self.asked.clone(), cx.env().actor.clone()) else { return };
        let today = cx.env().today();
        if let Some(patient) = self.waits_beside(&need) {
            self.read_waits(patient, cx);
        }
        match need {
            Need::Directory => cx.load(
                "line.directory",
                move |store| async move { store.directory(&actor).await },
                Msg::Directory,
            ),
            Need::VisitTypes => cx.load(
                "line.visit-types",
                move |store| async move { store.visit_types(&actor).await },
                Msg::VisitTypes,
            ),
            Need::People(texts) => cx.load(
                "line.people",
                move |store| async move {
                    let mut all = vec![];
                    for text in texts {
                        let query = PatientQuery::parse(&text, today);
                        let hits = if query.is_empty() {
                            vec![]
                        } else {
                            store.find_patients(&actor, query.clone(), false).await?
                        };
                        all.push((text, ranked(&query, hits)));
                    }
                    Ok(all)
                },
                Msg::People,
            ),
            Need::Appointments(patient) => cx.load(
                "line.appointments",
                move |store| async move {
                    let profile = store.patient_profile(&actor, patient, true).await?;
                    let mut all = profile.upcoming;
                    all.extend(profile.past);
                    Ok(all)
                },
                move |list| Msg::Appointments(patient, list),
            ),
            // Asked for beside what was needed before them.
            Need::Waits(_) => {}
            Need::Free(filter) => {
                let wanted = (*filter).clone();
                cx.load(
                    "line.free",
                    move |store| async move { store.first_free(&actor, wanted).await },
                    move |slots| Msg::Free(*filter, slots),
                );
            }
            Need::Working => {
                let own = actor.workplace.as_ref().map(|w| w.centre);
                let now = cx.env().now();
                cx.load(
                    "line.working",
                    move |store| async move {
                        let strips = store.day_strips(&actor, vec![], own, today).await?;
                        let here = strips.into_iter().filter(|s| s.sessions.iter().any(|p| p.end > now));
                        Ok(here.map(|s| s.provider).collect())
                    },
                    Msg::Working,
                );
            }
        }
    }
}

//! What the booking asks the store: the free times, who is choosing one of them, and the hold on the one that is chosen here.
use super::{Booking, Free, Known, Msg, offers};
use crate::domain::{actor::Actor, why::Why};
use crate::{
    domain::{
        booking::FreeFilter,
        ids::{PatientId, ProviderId},
    },
    store::{Error, Hold, Store},
    tr,
    ui::{cx::Cx, widgets::prompt::Prompt},
};
use chrono::NaiveDate;
use std::time::Duration;

/// How long a selection rests before it is held: whoever walks through the list holds nothing.
const REST: Duration = Duration::from_millis(400);

impl Booking {
    pub(super) fn filter(&self, cx: &Cx<Msg>) -> FreeFilter {
        FreeFilter {
            patient: self.patient,
            provider: self.provider,
            profession: self.profession.clone(),
            department: self.department,
            centre: self.centre,
            days: self.days,
            part: self.part,
            visit_type: self.visit_type.clone(),
            held: self.kept,
            // The time that was chosen before this screen has to be among them.
            limit: if self.wanted.is_some() { 200 } else { offers::NUMBERED as u16 },
            ..FreeFilter::from(self.from.unwrap_or_else(|| cx.env().today()))
        }
    }

    /// Selects the time that was chosen before; when it is free no more, that is said.
    pub(super) fn take_wanted(&mut self, cx: &mut Cx<Msg>) {
        let Some(wanted) = &self.wanted else { return };
        let same = |o: &offers::Offer| o.slot.session == wanted.session && o.slot.period == wanted.period;
        match self.offers.rows.iter().position(same) {
            Some(at) => {
                self.offers.select(at);
            }
            None => {
                let time = crate::domain::dates::clock(wanted.time());
                cx.toast(tr!("{time} is not free, for the provider or the patient.", time = time));
                self.wanted = None;
            }
        }
    }

    /// Asks for the free times; `again` keeps the rows where they are.
    pub(super) fn find(&mut self, again: bool, cx: &mut Cx<Msg>) {
        if self.here() {
            return self.ask_strips(cx.env().today(), cx);
        }
        let Some(actor) = cx.env().actor.clone() else { return };
        // The newer load takes the older one's place: a question that waits for its answer is asked again, not refreshed.
        let again = again && self.asked.is_none();
        let filter = self.filter(cx);
        let mut wanted = filter.clone();
        // A moved appointment is in nobody's way, least of all in its own.
        wanted.patient = wanted.patient.filter(|_| self.moving.is_none());
        if !again {
            self.asked = Some(filter.clone());
        }
        let overbooks = self.overbooks();
        let beside = self.beside();
        let family: Vec<PatientId> = match self.patient {
            Some(first) if !self.family.is_empty() => {
                std::iter::once(first).chain(self.family.iter().map(|r| r.hit.id)).collect()
            }
            _ => vec![],
        };
        cx.load(
            "booking.free",
            move |store| async move {
                if overbooks {
                    return store.overbookable(&actor, wanted).await.map(Free::from);
                }
                let mut free: Free = if family.is_empty() {
                    store.first_free(&actor, wanted).await?.into()
                } else {
                    let places = store.plan_family(&actor, family, wanted).await?;
                    let first = places.iter().filter_map(|p| p.first().cloned()).collect();
                    Free { slots: first, places, ..Free::default() }
                };
                free.holds = holds_on(&store, &actor, &free, beside).await?;
                Ok(free)
            },
            move |free| Msg::Free(filter, again, free),
        );
    }

    /// Asks who is choosing one of the times that are shown.
    pub(super) fn read_holds(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (shown, beside) = (Free { slots: self.offers.slots(), ..Free::default() }, self.beside());
        cx.load(
            "booking.holds",
            move |store| async move { holds_on(&store, &actor, &shown, beside).await },
            Msg::Holds,
        );
    }

    /// The day that is drawn beside the times, and whose.
    fn beside(&self) -> Option<(NaiveDate, Vec<ProviderId>)> {
        let day = self.strip_day.filter(|_| !self.here())?;
        Some((day, self.strips.iter().map(|s| s.provider).collect()))
    }

    /// Asks who is choosing a time of whoever is drawn and not offered.
    pub(super) fn read_holds_beside(&mut self, cx: &mut Cx<Msg>) {
        let Some((day, drawn)) = self.beside() else { return };
        if drawn.iter().any(|p| !self.offers.shows(Some(p.0), Some(day))) {
            self.read_holds(cx);
        }
    }

    /// Whether a time of this provider and day is offered or drawn.
    pub(super) fn shows(&self, provider: Option<uuid::Uuid>, day: Option<NaiveDate>) -> bool {
        let drawn = || self.strip_day == day && self.strips.iter().any(|s| Some(s.provider.0) == provider);
        self.offers.shows(provider, day) || drawn()
    }

    pub(super) fn ask_strips(&mut self, day: NaiveDate, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let own = actor.workplace.as_ref().map(|w| w.centre);
        let (providers, centre) = match self.provider {
            Some(provider) if !self.here() => (vec![provider], None),
            _ => (vec![], self.centre.or_else(|| self.offers.selected().map(|o| o.slot.centre)).or(own)),
        };
        let centre = if self.here() { self.centre.or(own) } else { centre };
        cx.load(
            "booking.strips",
            move |store| async move { store.day_strips(&actor, providers, centre, day).await },
            move |strips| Msg::Strips(day, strips),
        );
    }

    /// The selection is another one: its day is shown, and it is held once it rests.
    pub(super) fn follow(&mut self, cx: &mut Cx<Msg>) {
        if self.here() {
            return;
        }
        if let Some(day) = self.offers.selected().map(|o| o.slot.day)
            && self.strip_day != Some(day)
        {
            self.strip_day = Some(day);
            self.ask_strips(day, cx);
        }
        if self.wish(cx).is_some() {
            cx.after("booking.hold", REST, Msg::Hold);
        }
    }

    /// The time that would be held: one that is free, chosen for somebody who is known.
    fn wish(
        &self,
        cx: &Cx<Msg>,
    ) -> Option<(ProviderId, crate::domain::ids::CentreId, crate::domain::time::Period)> {
        if self.patient.is_none() || self.here() || self.overbooks() || self.saving {
            return None;
        }
        let offer = self.offers.selected().filter(|o| !o.gone && o.holder(cx.env().now()).is_none())?;
        Some((offer.slot.provider, offer.slot.centre, offer.period()))
    }

    /// Holds the selected time for this desk, or renews the hold.
    pub(super) fn hold(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let Some((provider, centre, period)) = self.wish(cx) else { return self.let_go(cx) };
        self.held = Some((provider, period));
        cx.load(
            "booking.hold",
            move |store| async move { store.hold_slot(&actor, provider, centre, period).await },
            Msg::Held,
        );
    }

    /// Holds nothing any more.
    pub(super) fn let_go(&mut self, cx: &mut Cx<Msg>) {
        if let (Some(_), Some(actor)) = (self.held.take(), cx.env().actor.clone()) {
            cx.load("booking.hold", move |store| async move { store.let_go(&actor).await }, |_| Msg::LetGo);
        }
    }

    /// A specialist takes referred patients only: whether this one is, is asked as soon as both are known.
    pub(super) fn ask_referral(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(patient), Some(provider)) =
            (cx.env().actor.clone(), self.patient, self.provider)
        else {
            return;
        };
        let specialist = self
            .directory
            .as_ref()
            .and_then(|d| d.provider(provider))
            .is_some_and(|p| p.profession == "specialist");
        if !specialist || self.referred.is_some_and(|(p, v, _)| (p, v) == (patient, provider)) {
            return;
        }
        let day = self.from.unwrap_or_else(|| cx.env().today());
        cx.load(
            "booking.referral",
            move |store| async move { store.referred(&actor, patient, provider, day).await },
            move |found| Msg::Referred(patient, provider, found),
        );
    }

    pub(super) fn read_patient(&mut self, cx: &mut Cx<Msg>) {
        if let (Some(actor), Some(patient)) = (cx.env().actor.clone(), self.patient) {
            let opened = self.profile.is_none();
            cx.load(
                "booking.patient",
                move |store| async move {
                    let mut profile = store.patient_profile(&actor, patient, opened).await?;
                    // Who may not see the list is told by the booking itself what it closed.
                    profile.waits = store.waits_of(&actor, patient).await.unwrap_or_default();
                    Ok(Box::new(profile))
                },
                Msg::Profile,
            );
        }
    }

    /// What those who come right after the patient wait for: their booking closes it. Of all who are not known yet, because a newer
    /// question takes the place of the one before it.
    pub(super) fn read_family(&self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let wanted: Vec<PatientId> =
            self.family.iter().filter(|r| r.waits.is_none()).map(|r| r.hit.id).collect();
        cx.load(
            "booking.family",
            move |store| async move {
                let mut all = vec![];
                for patient in wanted {
                    // Who may not see the list is told by the booking itself what it closed.
                    all.push((patient, store.waits_of(&actor, patient).await.unwrap_or_default()));
                }
                Ok(all)
            },
            Msg::FamilyWaits,
        );
    }

    pub(super) fn read_directory(&mut self, cx: &mut Cx<Msg>) {
        if let Some(actor) = cx.env().actor.clone() {
            cx.load(
                "booking.directory",
                move |store| async move {
                    Ok(Known {
                        directory: store.directory(&actor).await?,
                        unbookable: store.unbookable(&actor).await?,
                        visit_types: store.visit_types(&actor).await?,
                    })
                },
                Msg::Directory,
            );
        }
    }

    pub(super) fn ask_window(&mut self, cx: &mut Cx<Msg>) {
        let question = tr!("Within how many days? Like 10, 2 weeks, 3 months");
        cx.open(move |a| Prompt::new(question, a).check(|text| days_of(text).map(|_| ())), Msg::Window);
    }
}

/// Reads `10`, `2 weeks`, `3w`, `1 month`.
///
/// # Errors
/// When there is no number of days from 1 to 366 in it.
pub(super) fn days_of(text: &str) -> Result<u16, Why> {
    let text = text.trim().to_lowercase();
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let each = match text[digits.len()..].trim_start().chars().next() {
        None | Some('d') => Some(1),
        Some('w') => Some(7),
        Some('m') => Some(30),
        Some(_) => None,
    };
    let days = digits.parse::<u16>().ok().zip(each).and_then(|(n, each)| n.checked_mul(each));
    days.filter(|d| (1..=366).contains(d)).ok_or_else(|| {
        Why::new("booking_window", tr!("That is no number of days from 1 to 366."))
            .instead(tr!("Write 10, 2 weeks or 3 months."))
    })
}

/// Who is choosing one of these times, or one of a day that is drawn beside them.
async fn holds_on(
    store: &Store,
    actor: &Actor,
    free: &Free,
    beside: Option<(NaiveDate, Vec<ProviderId>)>,
) -> Result<Vec<Hold>, Error> {
    let (day, drawn) = beside.map_or((None, vec![]), |(day, drawn)| (Some(day), drawn));
    let days = || free.slots.iter().map(|s| s.day).chain(day);
    let (Some(first), Some(last)) = (days().min(), days().max()) else { return Ok(vec![]) };
    let mut providers: Vec<ProviderId> = free.slots.iter().map(|s| s.provider).chain(drawn).collect();
    providers.sort();
    providers.dedup();
    store.holds(actor, providers, first, last).await
}

#[cfg(test)]
mod tests {
    use super::days_of;

    #[test]
    fn a_window_is_read_in_days_weeks_and_months() {
        for (text, days) in [("10", 10), ("1 day", 1), ("2 weeks", 14), ("3w", 21), ("3 months", 90)] {
            assert_eq!(days_of(text).unwrap(), days, "{text}");
        }
        for text in ["", "0", "soon", "13 months", "400", "3 years"] {
            assert_eq!(days_of(text).unwrap_err().rule, "booking_window", "{text}");
        }
    }
}

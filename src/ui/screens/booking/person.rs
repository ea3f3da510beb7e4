//! What must be known of the patient before anything else is chosen: whether they may be booked, and until when not, with
//! the reason; then what somebody who books should see.
use super::Booking;
use crate::{
    domain::{appointment::AppointmentKind, dates, patient::PatientHit, waitlist::WaitEntry, why::Why},
    text::tr_n,
    tr,
    ui::desk,
};
use chrono::NaiveDate;

/// Somebody who comes right after the patient.
pub(super) struct Relative {
    pub hit: PatientHit,
    /// What they wait for, once it is known.
    pub waits: Option<Vec<WaitEntry>>,
}

impl Booking {
    /// Why the patient is not booked on this day.
    pub(super) fn refused_patient(&self, day: NaiveDate) -> Option<Why> {
        let p = self.profile.as_ref()?;
        let who = p.name();
        let because = |why: &str| if why.is_empty() { String::new() } else { format!(" ({why})") };
        if p.deactivated {
            let sentence = tr!("{who} is deactivated{why}.", who = who, why = because(&p.deactivated_why));
            return Some(
                Why::new("patient_deactivated", sentence)
                    .instead(tr!("Make them active on their page (g p, D), or p chooses somebody else.")),
            );
        }
        let until = p.blocked_until.filter(|until| *until >= day)?;
        let sentence = tr!(
            "{who} may not be booked until {until}{why}.",
            who = who,
            until = dates::long_date(until),
            why = because(&p.blocked_why)
        );
        let after = until.succ_opt().map(dates::short_day).unwrap_or_default();
        Some(
            Why::new("patient_blocked", sentence)
                .instead(tr!("f and {day} looks after that; p chooses somebody else.", day = after)),
        )
    }

    /// Why nobody is booked with the chosen provider.
    pub(super) fn refused_provider(&self) -> Option<Why> {
        let id = self.provider?;
        let u = self.unbookable.iter().find(|u| u.provider == id)?;
        let because = if u.why.is_empty() { String::new() } else { format!(" ({})", u.why) };
        let zone = self.directory.as_ref().and_then(|d| d.centres.first()).map(|c| c.zone);
        let sentence = match (u.until, zone) {
            (Some(until), Some(zone)) => tr!(
                "{who} is not booked until {until}{why}.",
                who = u.name,
                until = dates::long_date(until.with_timezone(&zone).date_naive()),
                why = because
            ),
            (Some(_), None) => tr!("{who} is not booked now{why}.", who = u.name, why = because),
            (None, _) => tr!("{who} does not work here any more{why}.", who = u.name, why = because),
        };
        Some(Why::new("provider_unbookable", sentence).instead(tr!("v chooses another provider.")))
    }

    /// Why the patient is not booked with the chosen specialist: the missing step is named.
    pub(super) fn refused_referral(&self) -> Option<Why> {
        let (patient, provider, false) = self.referred? else { return None };
        let here = self.patient == Some(patient) && self.provider == Some(provider);
        if !here || self.kind == AppointmentKind::Emergency || self.moving.is_some() {
            return None;
        }
        let who =
            self.profile.as_ref().map_or_else(|| tr!("The patient").to_owned(), |p| p.name().to_string());
        let with = self.directory.as_ref().and_then(|d| d.provider(provider)).map(|p| p.name.to_string());
        let sentence = tr!(
            "{with} takes referred patients only; {who} has no open referral.",
            with = with.unwrap_or_default(),
            who = who
        );
        Some(Why::new("specialist_needs_referral", sentence).instead(tr!(
            "The patient's GP writes it in the End tab of a visit; v chooses another provider."
        )))
    }

    /// What they wait for, and whether the selected time takes them off the list.
    fn wishes(&self, today: NaiveDate) -> Vec<String> {
        let Some(p) = &self.profile else { return vec![] };
        let met = self.offers.selected().map(|o| {
            // What is moved stays the visit that it is.
            let kind = self.moving.as_ref().map_or(&self.visit_type, |m| &m.visit_type).as_deref();
            desk::met_by(&p.waits, &o.slot, self.directory.as_ref(), kind)
        });
        let met = met.unwrap_or_default();
        let known = self.waits();
        p.waits
            .iter()
            .filter(|e| Some(e.id) != known)
            .map(|e| match met.iter().any(|m| m.id == e.id) {
                true => tr!("this takes them off the waiting list ({wish})", wish = e.words(today)),
                false => tr!("waits for {wish}", wish = e.words(today)),
            })
            .collect()
    }

    /// The same of those who come right after the patient, each at their own time.
    fn wishes_of_family(&self, today: NaiveDate) -> Vec<String> {
        let places = self.offers.selected().map_or(&[][..], |o| &o.places);
        let mut said = vec![];
        for (n, relative) in self.family.iter().enumerate() {
            let waits = relative.waits.as_deref().unwrap_or_default();
            let met = places
                .get(n + 1)
                .map(|slot| desk::met_by(waits, slot, self.directory.as_ref(), self.visit_type.as_deref()));
            let met = met.unwrap_or_default();
            said.extend(waits.iter().filter(|e| e.status.is_open()).map(|e| {
                let (who, wish) = (relative.hit.name.to_string(), e.words(today));
                match met.iter().any(|m| m.id == e.id) {
                    true => tr!("this takes {who} off the waiting list ({wish})", who = who, wish = wish),
                    false => tr!("{who} waits for {wish}", who = who, wish = wish),
                }
            }));
        }
        said
    }

    /// What somebody who books must know: told before, not after.
    pub(super) fn warnings(&self, today: NaiveDate) -> String {
        let mut all: Vec<String> = vec![];
        if !self.family.is_empty() {
            let names: Vec<String> = self.family.iter().map(|r| r.hit.name.to_string()).collect();
            all.push(tr!("then {names}", names = names.join(", ")));
        }
        all.extend(self.refused_provider().map(|w| w.to_string()));
        all.extend(self.refused_referral().map(|w| w.to_string()));
        let Some(p) = &self.profile else { return all.join(" · ") };
        all.extend(self.refused_patient(today).map(|w| w.to_string()));
        all.extend(self.wishes(today));
        all.extend(self.wishes_of_family(today));
        if p.no_shows > 0 {
            all.push(tr_n("{n} no-show in 12 months", "{n} no-shows in 12 months", p.no_shows));
        }
        all.extend(p.alerts.iter().map(|a| format!("! {}", a.text)));
        all.extend(p.look_alikes_today.iter().map(|l| tr!("!2 today also {name}", name = l.name)));
        let coming = p.upcoming.iter().find(|v| v.status.is_open() && Some(v.id) != self.move_of);
        if let Some(v) = coming {
            let at = v.period.starts_at(v.zone);
            all.push(tr!(
                "already booked {day} {time} {provider}",
                day = dates::short_day(at.date()),
                time = dates::clock(at.time()),
                provider = v.provider_name
            ));
        }
        all.join(" · ")
    }
}

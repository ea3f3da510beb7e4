//! The waiting list in the line: `wl bla ja smith 2w mornings` becomes a wish that the preview says in full, and a booking says
//! which wishes it closes.
use super::{
    CommandLine, Msg,
    known::Need,
    plan::{Draft, Plan, Stop, missing},
};
use crate::{
    domain::{
        booking::{DayPart, FreeSlot},
        dates,
        desk_line::Verb,
        ids::{PatientId, WaitId},
        queue::Priority,
        waitlist::{NewWait, WaitEntry, Wish},
    },
    search::desk_line::Reading,
    store::Error,
    tr,
    ui::{
        cx::{Cx, Env},
        desk,
    },
};

impl CommandLine {
    pub(super) fn plan_wait(&self, draft: &mut Draft, env: &Env) -> Result<Plan, Stop> {
        // A day is until when, and is said with the rest.
        draft.told_time = true;
        let (hit, reading) = self.patient(draft, env)?;
        let (wish, whom, note) = self.say_wish(&reading, draft, env)?;
        // Until when was not said, or where.
        draft.more = self.line.when.day.is_none();
        draft.said = tr!("Enter puts them on the waiting list.").into();
        let said = [hit.name.to_string(), whom, wish.when(env.today())].join(", ");
        let new = NewWait { id: WaitId(self.id.0), patient: hit.id, wish, note };
        Ok(Plan::Wait(Box::new(new), said))
    }

    /// The wish in full, whoever it is of: with whom in words, and what else is to be known.
    pub(super) fn say_wish(
        &self,
        reading: &Reading,
        draft: &mut Draft,
        env: &Env,
    ) -> Result<(Wish, String, String), Stop> {
        let provider = self.provider_of(reading)?;
        let profession = reading.profession.clone().filter(|_| provider.is_none());
        if provider.is_none() && profession.is_none() {
            return Err(missing(
                "line_provider",
                tr!("With whom do they wait for a time?"),
                tr!("Name a provider behind the patient, or a profession, as in: wl bla ja gp 2w"),
            ));
        }
        let (when, known) = (self.line.when, desk::new_wish(env));
        if let Some(time) = when.time {
            return Err(missing(
                "line_wish_time",
                tr!("A wish is for a part of the day, not for {time}.", time = dates::clock(time)),
                tr!("Say mornings, afternoons or evenings; bk books a time."),
            ));
        }
        let last = when.day.unwrap_or(known.last);
        if last < known.first {
            return Err(missing(
                "waitlist_over",
                tr!("The days of the wish are over: {day}.", day = dates::full_day(last)),
                tr!("Say until when they wait, as in: 2w, fri, 20/3"),
            ));
        }
        let days = self.line.days;
        if !days.occur(known.first, last) {
            return Err(missing(
                "line_wish_days",
                tr!(
                    "No {days} lies between {first} and {last}.",
                    days = days.words(),
                    first = dates::short_day(known.first),
                    last = dates::short_day(last)
                ),
                tr!("Say a later end, as in: 2w, or other days of the week."),
            ));
        }
        let centre = self.centre(draft)?.or(known.centre);
        draft.named.clear();
        let (priority, spoken) = soon(&reading.left, &self.line.reason);
        let purpose = self.purpose_of(&spoken, reading, provider)?;
        let wish = Wish {
            provider,
            profession,
            centre,
            visit_type: purpose.visit_type.clone(),
            last,
            part: when.part,
            weekdays: days,
            priority,
            ..known
        };
        let whom = match (provider, &wish.profession) {
            (Some(id), _) => self.provider_said(id, None),
            (None, Some(code)) => tr!("any {profession}", profession = desk::profession(code)),
            (None, None) => String::new(),
        };
        draft.parts.push(tr!("waits for {who}", who = whom));
        draft.parts.push(match centre.and_then(|c| self.known.directory.as_ref()?.centre(c)) {
            Some(there) => tr!("at {centre}", centre = there.name),
            None => tr!("at any centre").into(),
        });
        let days = tr!(
            "from {first} to {last}",
            first = dates::short_day(wish.first),
            last = dates::short_day(wish.last)
        );
        draft.parts.push(days);
        draft.parts.push(match wish.weekdays.words() {
            any if any.is_empty() => tr!("any day of the week").into(),
            some => tr!("only {days}", days = some),
        });
        draft.parts.push(match wish.part {
            DayPart::Any => tr!("any time of the day").into(),
            DayPart::Morning => tr!("mornings").into(),
            DayPart::Afternoon => tr!("afternoons").into(),
            DayPart::Evening => tr!("evenings").into(),
        });
        draft.parts.push(priority.word().to_owned());
        draft.parts.extend(purpose.said_of(tr!("note")));
        Ok((wish, whom, purpose.reason))
    }

    /// Which wishes a booking or a move would close: they are asked for beside what is needed before them, and nothing is done before
    /// they are known.
    pub(super) fn wishes_met(
        &self,
        patient: PatientId,
        slot: &FreeSlot,
        visit_type: Option<&str>,
        env: &Env,
    ) -> Result<Vec<String>, Stop> {
        let waits = self.known.waits.get(&patient).ok_or(Stop::Wait(Need::Waits(patient)))?;
        let met = desk::met_by(waits, slot, self.known.directory.as_ref(), visit_type);
        let words =
            |e: &&WaitEntry| tr!("takes them off the waiting list: {wish}", wish = e.words(env.today()));
        Ok(met.iter().map(words).collect())
    }

    /// The wishes of this patient are worth asking for beside `need`.
    pub(super) fn waits_beside(&self, need: &Need) -> Option<PatientId> {
        let patient = match need {
            Need::Free(filter) => filter.patient,
            Need::Appointments(patient) if self.line.verb == Some(Verb::Move) => Some(*patient),
            Need::Waits(patient) => Some(*patient),
            _ => None,
        };
        patient.filter(|p| !self.known.waits.contains_key(p) && self.waits_asked != Some(*p))
    }

    pub(super) fn read_waits(&mut self, patient: PatientId, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.waits_asked = Some(patient);
        cx.load(
            "line.waits",
            move |store| async move { store.waits_of(&actor, patient).await },
            move |list| Msg::Waits(patient, list),
        );
    }

    /// What they wait for. Who may not see the list is told by the booking itself what it closed.
    pub(super) fn hear_waits(
        &mut self,
        patient: PatientId,
        list: Result<Vec<WaitEntry>, Error>,
        cx: &mut Cx<Msg>,
    ) {
        if self.waits_asked == Some(patient) {
            self.waits_asked = None;
        }
        match list {
            Ok(list) => self.known.waits.insert(patient, list),
            Err(Error::Refused(_)) => self.known.waits.insert(patient, vec![]),
            Err(e) => return self.unanswered(&e, cx),
        };
        self.think(cx);
    }
}

/// Takes the word for how soon out of what was said behind the time.
fn soon(left: &[String], reason: &str) -> (Priority, String) {
    let mut priority = Priority::Routine;
    let words = left.iter().map(String::as_str).chain(reason.split_whitespace());
    let rest: Vec<&str> = words
        .filter(|w| match w.to_lowercase().as_str() {
            "urgent" if priority == Priority::Routine => {
                priority = Priority::Urgent;
                false
            }
            "soon" if priority == Priority::Routine => {
                priority = Priority::Soon;
                false
            }
            _ => true,
        })
        .collect();
    (priority, rest.join(" "))
}

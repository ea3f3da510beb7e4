//! What Enter would do: every part of the line in full, then either the plan, or what is still to be known, chosen or said.
use super::{
    CommandLine,
    known::Need,
    pick::Pick,
    preview::Preview,
    slots::{Wanted, nobody},
};
use crate::{
    domain::{
        appointment::{AppointmentKind, AppointmentStatus},
        booking::{NewAppointment, NewTime},
        dates,
        desk_line::Verb,
        ids::{AppointmentId, CentreId, ProviderId},
        patient::{PatientHit, age_sex, record_number},
        patient_query::PatientQuery,
        time::Period,
        waitlist::NewWait,
        when,
        why::Why,
    },
    search::{
        desk_line::{self, Fit},
        patients::Found,
    },
    store::PatientAppointment,
    tr,
    ui::{
        cx::Env,
        desk::{self, Target},
        route::Route,
    },
};

/// How many rows are numbered: those that can be seen above the line.
pub(super) const ROWS: usize = 6;

/// What Enter does now.
pub enum State {
    /// Nothing is typed.
    Help,
    Wait(Need),
    /// Says what is missing.
    Missing(Why),
    /// Asks for a number.
    Ask(Vec<Choice>),
    /// This.
    Ready(Box<Plan>),
}

/// One numbered row.
#[derive(Debug, Clone)]
pub struct Choice {
    pub pick: Pick,
    pub title: String,
    pub detail: String,
}

/// What is done.
#[derive(Debug, Clone)]
pub enum Plan {
    Book(NewAppointment),
    Move {
        id: AppointmentId,
        seen: i64,
        to: NewTime,
    },
    /// Cancels, checks in, restores or marks as missed; cancelling asks for the reason where none was typed.
    Status {
        target: Target,
        to: AppointmentStatus,
        why: String,
    },
    /// Puts them on the waiting list; with what the preview said.
    Wait(Box<NewWait>, String),
    Open(Route),
    Place(Route),
}

/// Why there is no plan yet.
pub(super) enum Stop {
    Wait(Need),
    Missing(Why),
    Ask(String, Vec<Choice>),
}

pub(super) fn missing(rule: &str, text: impl Into<String>, instead: impl Into<String>) -> Stop {
    Stop::Missing(Why::new(rule, text).instead(instead))
}

/// The parts as they are understood, one after the other.
#[derive(Default)]
pub(super) struct Draft {
    pub parts: Vec<String>,
    /// Provider and centre as they were named, until a time says them whole.
    pub named: Vec<String>,
    /// What it is for, said behind the time while something else is asked for.
    pub behind: Vec<String>,
    /// The time was said with the place it is at.
    pub told_time: bool,
    /// The words behind the time were said as what they are.
    pub told_reason: bool,
    /// What Enter does, once all is known.
    pub said: String,
    /// It is more than the words say.
    pub more: bool,
}

impl CommandLine {
    pub(super) fn plan(&self, env: &Env) -> Preview {
        let mut draft = Draft::default();
        let Some(verb) = self.line.verb else {
            let Some(word) = self.line.names.first() else { return Preview::help() };
            let fits: Vec<&str> =
                Verb::ALL.iter().map(|v| v.word()).filter(|w| w.starts_with(&word.to_lowercase())).collect();
            let instead = match fits.as_slice() {
                [] => tr!("A line begins with bk, mv, cx, rs, ar, ns, wi, wl, free, fd or go.").to_owned(),
                some => tr!("Go on with {words}.", words = some.join(", ")),
            };
            let why = Why::new("line_verb", tr!("\"{word}\" is no command.", word = word)).instead(instead);
            return Preview { state: State::Missing(why), ..Preview::help() };
        };
        let found = match self.forbidden(verb, env) {
            Some(why) => Err(Stop::Missing(why)),
            None => self.plan_of(verb, &mut draft, env),
        };
        let (said, state) = match found {
            Ok(plan) => (std::mem::take(&mut draft.said), State::Ready(Box::new(plan))),
            Err(Stop::Wait(need)) => (String::new(), State::Wait(need)),
            Err(Stop::Missing(why)) => (String::new(), State::Missing(why)),
            Err(Stop::Ask(said, rows)) => (said, State::Ask(rows.into_iter().take(ROWS).collect())),
        };
        draft.parts.append(&mut draft.named);
        if !matches!(state, State::Ready(_)) {
            // What is understood is told, also while something else is asked for.
            let when = self.line.when.said(env.today());
            draft.parts.extend(Some(when).filter(|w| !draft.told_time && !w.is_empty()));
            draft.parts.append(&mut draft.behind);
            let reason = self.line.reason.clone();
            draft.parts.extend(Some(reason).filter(|r| !draft.told_reason && !r.is_empty()));
        }
        Preview { parts: draft.parts, said, state, more: draft.more }
    }

    fn forbidden(&self, verb: Verb, env: &Env) -> Option<Why> {
        let (actor, action) = (env.actor.as_deref()?, verb.action()?);
        self.rules.action(action)?;
        self.rules.could(actor.role, actor.patient.is_some(), action).err()
    }

    fn plan_of(&self, verb: Verb, draft: &mut Draft, env: &Env) -> Result<Plan, Stop> {
        if let Some(why) = &self.line.wrong {
            return Err(Stop::Missing(why.clone()));
        }
        match verb {
            Verb::Book => self.plan_booking(draft, env),
            Verb::Move => self.plan_move(draft, env),
            Verb::Cancel => self.plan_status(AppointmentStatus::Cancelled, draft, env),
            Verb::Restore => self.plan_status(AppointmentStatus::Booked, draft, env),
            Verb::Arrived => self.plan_status(AppointmentStatus::Arrived, draft, env),
            Verb::NoShow => self.plan_status(AppointmentStatus::NoShow, draft, env),
            Verb::WalkIn => self.plan_walk_in(draft, env),
            Verb::Find => self.plan_find(draft, env),
            Verb::Go => self.plan_place(draft, env),
            Verb::Free => self.plan_free(draft, env),
            Verb::Wait => self.plan_wait(draft, env),
        }
    }

    fn plan_booking(&self, draft: &mut Draft, env: &Env) -> Result<Plan, Stop> {
        let (hit, reading) = self.patient(draft, env)?;
        let provider = self.provider(&reading, draft)?;
        let centre = self.centre(draft)?;
        let purpose = self.purpose(&reading, provider)?;
        let wanted = Wanted {
            patient: Some(hit.id),
            provider,
            profession: reading.profession.clone(),
            centre,
            visit_type: purpose.visit_type.clone(),
        };
        // What it is for is certain, also while the time is picked.
        (draft.behind, draft.told_reason) = (purpose.said().collect(), true);
        let slot = self.slot(wanted, draft, env)?;
        draft.parts.append(&mut draft.behind);
        let met = self.wishes_met(hit.id, &slot, purpose.visit_type.as_deref(), env)?;
        // Whoever is free at that time was not named.
        draft.more = !met.is_empty() || provider.is_none() && self.picked.slot.is_none();
        draft.parts.extend(met);
        draft.said = tr!("Enter books it.").into();
        Ok(Plan::Book(NewAppointment {
            id: self.id,
            patient: hit.id,
            provider: slot.provider,
            centre: slot.centre,
            session: Some(slot.session),
            kind: AppointmentKind::Slot,
            period: slot.period,
            reason: purpose.reason,
            visit_type: purpose.visit_type,
            arrived: false,
        }))
    }

    fn plan_move(&self, draft: &mut Draft, env: &Env) -> Result<Plan, Stop> {
        let (hit, reading) = self.patient(draft, env)?;
        let list = self.appointments(&hit)?;
        let open: Vec<&PatientAppointment> = list
            .iter()
            .filter(|a| a.status == AppointmentStatus::Booked && a.period.start > env.now())
            .collect();
        let named = |a: &&&PatientAppointment| reading.providers.contains(&a.provider);
        let theirs: Vec<&PatientAppointment> = open.iter().filter(named).copied().collect();
        // A provider's name tells which appointment is meant, or, when there is none with them, to whom it goes.
        let (which, other) = if theirs.is_empty() { (open, true) } else { (theirs, false) };
        let old = self.one_of(&which, &hit, tr!("Nothing is booked that could be moved."), env)?;
        draft.parts.push(tr!("from {when} with {who}", when = when_of(old, env), who = old.provider_name));
        let provider = match self.provider_of(&reading)? {
            Some(new) if other => Some(new),
            _ => Some(old.provider),
        };
        let centre = self.centre(draft)?;
        if self.line.when.is_empty() && self.picked.slot.is_none() && centre.is_none() {
            draft.parts.push(tr!("to another time").into());
        }
        let visit_type = old.visit_type.clone();
        let wanted = Wanted { provider, centre, visit_type: visit_type.clone(), ..Wanted::default() };
        let slot = self.slot(wanted, draft, env)?;
        let met = self.wishes_met(hit.id, &slot, visit_type.as_deref(), env)?;
        draft.more = !met.is_empty() || self.picked.appointment.is_none();
        draft.parts.extend(met);
        draft.said = tr!("Enter moves it.").into();
        let to = NewTime {
            provider: slot.provider,
            centre: slot.centre,
            session: Some(slot.session),
            period: slot.period,
        };
        Ok(Plan::Move { id: old.id, seen: old.version, to })
    }

    fn plan_status(&self, to: AppointmentStatus, draft: &mut Draft, env: &Env) -> Result<Plan, Stop> {
        use AppointmentStatus as S;
        let (hit, reading) = self.patient(draft, env)?;
        let list = self.appointments(&hit)?;
        let today = |a: &PatientAppointment| a.period.starts_at(a.zone).date() == env.today();
        let fits = |a: &PatientAppointment| match to {
            S::Cancelled => {
                matches!(a.status, S::Booked | S::Arrived) && (a.period.end > env.now() || today(a))
            }
            S::Booked => a.status == S::Cancelled && a.period.start > env.now(),
            S::Arrived => a.status == S::Booked && today(a),
            _ => a.status == S::Booked && a.period.start <= env.now(),
        };
        let at = |a: &PatientAppointment| {
            let wall = a.period.starts_at(a.zone);
            self.line.when.day.is_none_or(|d| d == wall.date())
                && self.line.when.time.is_none_or(|t| t == wall.time())
        };
        let with =
            |a: &PatientAppointment| reading.providers.is_empty() || reading.providers.contains(&a.provider);
        let all: Vec<&PatientAppointment> = list.iter().filter(|a| fits(a)).collect();
        let which: Vec<&PatientAppointment> = all.iter().filter(|a| at(a) && with(a)).copied().collect();
        let nothing = match to {
            _ if !all.is_empty() => tr!("Nothing of the kind is there at that time or with that provider."),
            S::Cancelled => tr!("Nothing is booked that could be cancelled."),
            S::Booked => tr!("Nothing that was cancelled lies in the future."),
            S::Arrived => tr!("Nothing is booked today."),
            _ => tr!("No booked appointment has begun."),
        };
        let one = self.one_of(&which, &hit, nothing, env)?;
        draft.parts.push(format!("{} · {}", when_of(one, env), one.provider_name));
        let why = self.reason(&reading);
        let told = self.picked.appointment.is_some() || self.line.when.day.and(self.line.when.time).is_some();
        // A reason that is asked for first names the appointment; a check-in has only one of today.
        draft.more = !told && to != S::Arrived && !(to == S::Cancelled && why.is_empty());
        draft.said = match to {
            S::Cancelled if why.is_empty() => tr!("Enter asks why, and cancels it.").to_owned(),
            S::Cancelled => tr!("Enter cancels it: {why}", why = why),
            S::Booked => tr!("Enter books it again.").to_owned(),
            S::Arrived => tr!("Enter checks in.").to_owned(),
            _ => tr!("Enter marks a no-show.").to_owned(),
        };
        let label = format!("{} {}", dates::clock(one.period.starts_at(one.zone).time()), hit.name);
        let target = Target { id: one.id, version: one.version, status: one.status, label };
        target.check(to, today(one), one.period.start > env.now()).map_err(Stop::Missing)?;
        Ok(Plan::Status { target, to, why })
    }

    fn plan_walk_in(&self, draft: &mut Draft, env: &Env) -> Result<Plan, Stop> {
        let (hit, reading) = self.patient(draft, env)?;
        let directory = self.known.directory.as_ref().ok_or(Stop::Wait(Need::Directory))?;
        let working = self.known.working.as_ref().ok_or(Stop::Wait(Need::Working))?;
        let named = self.provider_of(&reading)?;
        let here: Vec<ProviderId> = working
            .iter()
            .copied()
            .filter(|p| named.or(self.picked.provider).is_none_or(|n| n == *p))
            .collect();
        let provider = match here.as_slice() {
            [one] => *one,
            [] => {
                return Err(missing(
                    "nobody_works_here",
                    tr!("Nobody of that name works here now or later today."),
                    tr!("Leave the provider out to see who does, or book a time with bk."),
                ));
            }
            some => return Err(self.ask_provider(some)),
        };
        let own = env.actor.as_ref().and_then(|a| a.workplace.as_ref()).map(|w| w.centre);
        let whom = directory.provider(provider);
        let centres = whom.map(|p| p.centres.as_slice()).unwrap_or_default();
        let Some(centre) = own.filter(|c| centres.contains(c)).or(centres.first().copied()) else {
            return Err(missing("no_centre", tr!("They work at no centre."), tr!("Choose somebody else.")));
        };
        draft.parts.push(tr!("with {who}", who = self.provider_said(provider, Some(centre))));
        draft.parts.push(tr!("now").into());
        let purpose = self.purpose(&reading, Some(provider))?;
        draft.parts.extend(purpose.said());
        draft.more = named.or(self.picked.provider).is_none();
        draft.said = tr!("Enter lets them wait as a walk-in.").into();
        let now = env.now();
        let start = chrono::DateTime::from_timestamp(now.timestamp() - now.timestamp().rem_euclid(60), 0)
            .unwrap_or(now);
        Ok(Plan::Book(NewAppointment {
            id: self.id,
            patient: hit.id,
            provider,
            centre,
            session: None,
            kind: AppointmentKind::WalkIn,
            period: Period { start, end: start + chrono::Duration::minutes(30) },
            reason: purpose.reason,
            visit_type: purpose.visit_type,
            arrived: true,
        }))
    }

    fn plan_find(&self, draft: &mut Draft, env: &Env) -> Result<Plan, Stop> {
        let words = &self.line.names;
        if words.is_empty() {
            return Err(missing(
                "line_names",
                tr!("Find whom or what?"),
                tr!("Type a name, a number or a centre."),
            ));
        }
        let directory = self.known.directory.as_ref().ok_or(Stop::Wait(Need::Directory))?;
        let text = words.join(" ");
        let strangers = self.known.strangers(std::slice::from_ref(&text));
        if !strangers.is_empty() {
            return Err(Stop::Wait(Need::People(strangers)));
        }
        let query = PatientQuery::parse(&text, env.today());
        let found = self.known.people.get(&text).map(Vec::as_slice).unwrap_or_default();
        let (those, fit) = desk_line::best(&query, found);
        let mut rows: Vec<Choice> = those
            .iter()
            .take(4)
            .map(|i| choice_of_patient(&found[*i], env, Pick::Open(Route::Patient(found[*i].hit.id))))
            .collect();
        let named = desk_line::provider_reading(words, directory);
        rows.extend(named.providers.iter().take(2).map(|p| Choice {
            pick: Pick::Open(Route::Provider(*p)),
            title: self.provider_said(*p, None),
            detail: tr!("provider").into(),
        }));
        rows.extend(desk_line::centres(words, directory).into_iter().take(2).map(|c| Choice {
            pick: Pick::Open(Route::Centre(c)),
            title: directory.centre(c).map(|c| c.name.clone()).unwrap_or_default(),
            detail: tr!("centre").into(),
        }));
        match rows.as_slice() {
            [] => Err(nobody(&text)),
            [Choice { pick: Pick::Open(route), title, detail }] if fit > Fit::Near || those.is_empty() => {
                draft.parts.push(format!("{title} {detail}"));
                draft.said = tr!("Enter opens it.").into();
                Ok(Plan::Open(route.clone()))
            }
            _ if those.len() > 4 => {
                Err(Stop::Ask(tr!("The first of {n}; more letters tell them apart.", n = those.len()), rows))
            }
            _ => Err(Stop::Ask(tr!("Which one?").into(), rows)),
        }
    }

    fn appointments(&self, hit: &PatientHit) -> Result<&[PatientAppointment], Stop> {
        let list = self.known.appointments.get(&hit.id);
        list.map(Vec::as_slice).ok_or(Stop::Wait(Need::Appointments(hit.id)))
    }

    /// The one that is meant, or a question.
    fn one_of<'a>(
        &self,
        which: &[&'a PatientAppointment],
        hit: &PatientHit,
        nothing: &str,
        env: &Env,
    ) -> Result<&'a PatientAppointment, Stop> {
        if let Some(one) = self.picked.appointment.and_then(|id| which.iter().find(|a| a.id == id)) {
            return Ok(one);
        }
        match which {
            [] => Err(missing(
                "no_such_appointment",
                nothing,
                tr!(
                    "fd {name} opens the patient with every appointment.",
                    name = record_number(hit.record_number)
                ),
            )),
            [one] => Ok(one),
            some => {
                let rows = some.iter().map(|a| Choice {
                    pick: Pick::Appointment(a.id),
                    title: when_of(a, env),
                    detail: format!("{}  {}", a.provider_name, a.centre_name),
                });
                Err(Stop::Ask(tr!("Which appointment?").into(), rows.collect()))
            }
        }
    }

    pub(super) fn centre(&self, draft: &mut Draft) -> Result<Option<CentreId>, Stop> {
        if self.line.centre.is_empty() {
            return Ok(None);
        }
        let directory = self.known.directory.as_ref().ok_or(Stop::Wait(Need::Directory))?;
        let found = desk_line::centres(&self.line.centre, directory);
        let name = |id: CentreId| directory.centre(id).map(|c| c.name.clone()).unwrap_or_default();
        let one = match found.as_slice() {
            [] => {
                let text = self.line.centre.join(" ");
                return Err(missing(
                    "no_such_centre",
                    tr!("No centre is called \"{text}\".", text = text),
                    tr!("Tab after @ and a letter completes its name."),
                ));
            }
            [one] => *one,
            some => match self.picked.centre.filter(|c| some.contains(c)) {
                Some(one) => one,
                None => {
                    let rows = some.iter().map(|c| Choice {
                        pick: Pick::Centre(*c),
                        title: name(*c),
                        detail: String::new(),
                    });
                    return Err(Stop::Ask(tr!("Which centre?").into(), rows.collect()));
                }
            },
        };
        draft.named.push(tr!("at {centre}", centre = name(one)));
        Ok(Some(one))
    }
}

/// `Tuesday 24 November 10:30`, on the wall of the centre.
fn when_of(a: &PatientAppointment, env: &Env) -> String {
    let at = a.period.starts_at(a.zone);
    format!("{} {}", when::spoken_day(at.date(), env.today()), dates::clock(at.time()))
}

/// `BLACK Jack M 29 000123`.
pub(super) fn patient_said(hit: &PatientHit, env: &Env) -> String {
    let who = age_sex(hit.birth_date, hit.sex, env.today());
    format!("{} {who} {}", hit.shown(), record_number(hit.record_number))
}

pub(super) fn choice_of_patient(found: &Found, env: &Env, pick: Pick) -> Choice {
    Choice { pick, title: found.shown.clone(), detail: desk::patient_detail(&found.hit, env.today()) }
}

//! Who and when: the patient, the provider and the free time that a line means, each asked for when more than one fits.
use super::{
    CommandLine,
    known::Need,
    pick::Pick,
    plan::{Choice, Draft, Plan, ROWS, Stop, choice_of_patient, missing, patient_said},
};
use crate::{
    domain::{
        booking::{DayPart, Directory, FreeFilter, FreeSlot},
        dates,
        ids::{CentreId, PatientId, ProviderId},
        patient::PatientHit,
        patient_query::PatientQuery,
        when,
    },
    search::desk_line::{self, Fit, Reading},
    tr,
    ui::{
        cx::Env,
        desk,
        route::{BookingStart, Route},
    },
};
use chrono::NaiveDate;

/// How many free times are asked for when the hour is not said, and when it is.
const FIRST: u16 = 9;
const WHOLE_DAY: u16 = 200;
/// How far ahead the first free time is looked for, in days.
const AHEAD: u16 = 60;

/// What a free time has to fit.
#[derive(Default)]
pub(super) struct Wanted {
    pub patient: Option<PatientId>,
    pub provider: Option<ProviderId>,
    pub profession: Option<String>,
    pub centre: Option<CentreId>,
    /// A visit type's code.
    pub visit_type: Option<String>,
}

impl CommandLine {
    /// The patient who is meant, and how the names were read.
    pub(super) fn patient(&self, draft: &mut Draft, env: &Env) -> Result<(PatientHit, Reading), Stop> {
        if self.line.names.is_empty() {
            return Err(missing(
                "line_patient",
                tr!("No patient is named."),
                tr!("Type some letters of family and given name, or the record number."),
            ));
        }
        let directory = self.known.directory.as_ref().ok_or(Stop::Wait(Need::Directory))?;
        let readings = desk_line::readings(&self.line, directory);
        let texts: Vec<String> = readings.iter().map(|r| r.patient.join(" ")).collect();
        let strangers = self.known.strangers(&texts);
        if !strangers.is_empty() {
            return Err(Stop::Wait(Need::People(strangers)));
        }
        if let Some(word) = readings.iter().find_map(|r| r.unknown.clone()) {
            return Err(missing(
                "no_such_provider",
                tr!("No provider is called \"{word}\".", word = word),
                tr!("Tab completes a name; without dr the word is read as the patient's."),
            ));
        }
        let best: Vec<(usize, Vec<usize>, Fit)> = readings
            .iter()
            .enumerate()
            .map(|(n, r)| {
                let text = r.patient.join(" ");
                let found = self.known.people.get(&text).map(Vec::as_slice).unwrap_or_default();
                let (those, fit) = desk_line::best(&PatientQuery::parse(&text, env.today()), found);
                (n, those, fit)
            })
            .filter(|(_, those, _)| !those.is_empty())
            .collect();
        let sure: Vec<&(usize, Vec<usize>, Fit)> = best.iter().filter(|(.., fit)| *fit > Fit::Near).collect();
        let (n, those, fit) = match (sure.as_slice(), self.picked.reading) {
            (_, Some(n)) if best.iter().any(|b| b.0 == n) => best.iter().find(|b| b.0 == n),
            // All words are the patient's: then nobody else was named.
            ([first, ..], _) if first.0 == 0 => Some(*first),
            ([one], _) => Some(*one),
            ([], _) => best.last(),
            (several, _) => return Err(self.ask_reading(&readings, several)),
        }
        .cloned()
        .ok_or_else(|| self.unknown_words(&readings, env))?;
        let reading = readings[n].clone();
        let found = self.known.people.get(&texts[n]).map(Vec::as_slice).unwrap_or_default();
        let picked = self.picked.patient.and_then(|id| found.iter().find(|f| f.hit.id == id));
        let one = match (picked, those.as_slice()) {
            (Some(one), _) => one,
            (None, [one]) if fit > Fit::Near => &found[*one],
            (None, several) => {
                self.say_certain(&reading, draft, env);
                let rows = several
                    .iter()
                    .map(|i| choice_of_patient(&found[*i], env, Pick::Patient(found[*i].hit.id)))
                    .collect();
                let text = &texts[n];
                let many = several.len();
                let question = if many > ROWS {
                    tr!(
                        "The first {shown} of {n} for \"{text}\"; more letters tell them apart.",
                        shown = ROWS,
                        n = many,
                        text = text
                    )
                } else if fit == Fit::Near {
                    tr!("Nobody is called \"{text}\"; is one of these meant?", text = text)
                } else {
                    tr!("Which patient is \"{text}\"?", text = text)
                };
                return Err(Stop::Ask(question, rows));
            }
        };
        draft.parts.push(patient_said(&one.hit, env));
        if one.hit.deactivated {
            return Err(missing(
                "patient_deactivated",
                tr!("This patient is deactivated."),
                tr!("fd opens the patient; D there reactivates."),
            ));
        }
        Ok((one.hit.clone(), reading))
    }

    /// Names the words that fit nobody.
    fn unknown_words(&self, readings: &[Reading], env: &Env) -> Stop {
        let names = &self.line.names;
        let tried = |n: usize| names[..n].join(" ");
        let texts: Vec<String> = (1..names.len()).map(tried).collect();
        let strangers = self.known.strangers(&texts);
        if !strangers.is_empty() {
            return Stop::Wait(Need::People(strangers));
        }
        let sure = |n: &usize| {
            let query = PatientQuery::parse(&tried(*n), env.today());
            self.known.people.get(&tried(*n)).is_some_and(|f| desk_line::best(&query, f).1 > Fit::Near)
        };
        let named = readings.iter().skip(1).any(|r| !r.provider.is_empty());
        match (1..names.len()).rev().find(sure) {
            Some(n) if !named => missing(
                "unknown_words",
                tr!("\"{words}\" is no patient's and no provider's name.", words = names[n..].join(" ")),
                tr!("If it is the reason, write: for {words}", words = names[n..].join(" ")),
            ),
            _ => nobody(&names.join(" ")),
        }
    }

    fn ask_reading(&self, readings: &[Reading], several: &[&(usize, Vec<usize>, Fit)]) -> Stop {
        let rows = several.iter().map(|(n, ..)| {
            let r = &readings[*n];
            let who: Vec<String> = r.providers.iter().take(2).map(|p| self.provider_said(*p, None)).collect();
            Choice {
                pick: Pick::Reading(*n),
                title: tr!("patient {words}", words = r.patient.join(" ")),
                detail: tr!("provider {who}", who = who.join(" / ")),
            }
        });
        Stop::Ask(tr!("Which words are the provider's?").into(), rows.collect())
    }

    /// `SMITH Anna, GP, Randwick Medical Centre`.
    pub(super) fn provider_said(&self, id: ProviderId, centre: Option<CentreId>) -> String {
        let Some(directory) = &self.known.directory else { return String::new() };
        let Some(p) = directory.provider(id) else { return String::new() };
        let mut said = vec![p.name.to_string(), desk::profession(&p.profession)];
        said.extend(centre.and_then(|c| directory.centre(c)).map(|c| c.name.clone()));
        said.join(", ")
    }

    pub(super) fn ask_provider(&self, some: &[ProviderId]) -> Stop {
        let rows = some.iter().map(|p| Choice {
            pick: Pick::Provider(*p),
            title: self.provider_said(*p, None),
            detail: String::new(),
        });
        Stop::Ask(tr!("With whom?").into(), rows.collect())
    }

    /// The provider who is named, asked for when several fit; none when nobody is.
    pub(super) fn provider_of(&self, reading: &Reading) -> Result<Option<ProviderId>, Stop> {
        match reading.providers.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            some => match self.picked.provider.filter(|p| some.contains(p)) {
                Some(one) => Ok(Some(one)),
                None => Err(self.ask_provider(some)),
            },
        }
    }

    pub(super) fn provider(&self, reading: &Reading, draft: &mut Draft) -> Result<Option<ProviderId>, Stop> {
        let one = self.provider_of(reading)?;
        match (one, &reading.profession) {
            (Some(id), _) => draft.named.push(tr!("with {who}", who = self.provider_said(id, None))),
            (None, Some(code)) => {
                draft.named.push(tr!("with any {profession}", profession = desk::profession(code)));
            }
            (None, None) => {}
        }
        Ok(one)
    }

    /// The free time that is meant: the only one at that hour, or one that was picked.
    pub(super) fn slot(&self, wanted: Wanted, draft: &mut Draft, env: &Env) -> Result<FreeSlot, Stop> {
        let (when, today) = (self.line.when, env.today());
        when.check(env.zone(), env.now()).map_err(Stop::Missing)?;
        let from = when.day.unwrap_or(today);
        let exact = when.time.is_some();
        let filter = FreeFilter {
            patient: wanted.patient,
            provider: wanted.provider,
            profession: wanted.profession,
            centre: wanted.centre,
            visit_type: wanted.visit_type,
            days: if exact || when.day.is_some() { 1 } else { AHEAD },
            part: when.part,
            limit: if exact { WHOLE_DAY } else { FIRST },
            ..FreeFilter::from(from)
        };
        if let Some(slot) = &self.picked.slot {
            return Ok(self.say_slot(slot, draft, today));
        }
        let free = self.free(&filter)?;
        if let Some(time) = when.time {
            let there: Vec<&FreeSlot> = free.iter().filter(|s| s.time() == time).collect();
            match there.as_slice() {
                [one] => return Ok(self.say_slot(one, draft, today)),
                [] => {}
                some => {
                    return Err(Stop::Ask(
                        tr!("With whom?").into(),
                        some.iter().map(|s| slot_row(s, today)).collect(),
                    ));
                }
            }
            if !free.is_empty() {
                let mut near: Vec<&FreeSlot> = free.iter().collect();
                near.sort_by_key(|s| (s.time() - time).num_minutes().abs());
                near.truncate(6);
                near.sort_by_key(|s| (s.period.start, s.provider_name.clone()));
                let question = tr!(
                    "{time} on {day} is not free; nearest:",
                    time = dates::clock(time),
                    day = when::spoken_day(from, today)
                );
                return Err(Stop::Ask(question, near.into_iter().map(|s| slot_row(s, today)).collect()));
            }
        } else if !free.is_empty() {
            let question = match (when.day, when::part_word(when.part)) {
                (Some(day), None) => tr!("Free on {day}:", day = when::spoken_day(day, today)),
                (Some(_), Some(_)) => tr!("Free on {day}:", day = when.said(today)),
                _ => tr!("First free:").to_owned(),
            };
            return Err(Stop::Ask(question, free.iter().map(|s| slot_row(s, today)).collect()));
        }
        // Nothing that day: what is free after it.
        let wider = FreeFilter { days: AHEAD, part: DayPart::Any, limit: FIRST, ..filter };
        let later = self.free(&wider)?;
        if later.is_empty() {
            return Err(missing(
                "nothing_free",
                tr!(
                    "Nothing is free within {days} days of {day}.",
                    days = AHEAD,
                    day = when::spoken_day(from, today)
                ),
                if wider.visit_type.is_some() {
                    tr!("Leave out the provider or the centre, say a later day, or name a shorter visit.")
                } else {
                    tr!("Leave out the provider or the centre, or say a later day.")
                },
            ));
        }
        let question = tr!("Nothing is free on {day}; the next:", day = when.said(today));
        Err(Stop::Ask(question, later.iter().map(|s| slot_row(s, today)).collect()))
    }

    fn free(&self, filter: &FreeFilter) -> Result<&[FreeSlot], Stop> {
        self.known.free(filter).ok_or_else(|| Stop::Wait(Need::Free(Box::new(filter.clone()))))
    }

    /// The time with provider and centre as they are booked, instead of as they were named.
    fn say_slot(&self, slot: &FreeSlot, draft: &mut Draft, today: NaiveDate) -> FreeSlot {
        draft.named.clear();
        draft.told_time = true;
        draft.parts.push(tr!("with {who}", who = self.provider_said(slot.provider, Some(slot.centre))));
        let end = slot.period.ends_at(slot.zone).time();
        let day = when::spoken_day(slot.day, today);
        draft.parts.push(format!("{day} {}-{}", dates::clock(slot.time()), dates::clock(end)));
        slot.clone()
    }

    /// Whose free times are meant. Words that are nobody's are the visit type's, also without a time before them.
    fn free_reading(&self, directory: &Directory) -> Result<Reading, Stop> {
        let words: Vec<String> = self.line.names.iter().chain(&self.line.provider).cloned().collect();
        if words.is_empty() {
            return Ok(Reading::default());
        }
        let whole = desk_line::provider_reading(&words, directory);
        let Some(word) = whole.unknown.clone() else { return Ok(whole) };
        let types = self.known.visit_types.as_ref().ok_or(Stop::Wait(Need::VisitTypes))?;
        for end in (0..words.len()).rev() {
            let reading = match end {
                0 => Reading::default(),
                n => desk_line::provider_reading(&words[..n], directory),
            };
            let rest = words[end..].join(" ");
            let named = !matches!(desk_line::purpose(&rest, types, None).0, desk_line::Purpose::Reason);
            if reading.unknown.is_none() && named {
                return Ok(Reading { left: words[end..].to_vec(), ..reading });
            }
        }
        Err(missing(
            "no_such_provider",
            tr!("No provider and no visit type is called \"{word}\".", word = word),
            tr!("Tab completes a name; free alone shows everybody."),
        ))
    }

    pub(super) fn plan_free(&self, draft: &mut Draft, env: &Env) -> Result<Plan, Stop> {
        let directory = self.known.directory.as_ref().ok_or(Stop::Wait(Need::Directory))?;
        let reading = self.free_reading(directory)?;
        let provider = self.provider(&reading, draft)?;
        let centre = self.centre(draft)?;
        let purpose = self.purpose(&reading, provider)?;
        if !purpose.reason.is_empty() {
            return Err(missing(
                "no_such_visit_type",
                tr!("\"{words}\" is no visit type.", words = purpose.reason),
                tr!("Behind free stand a provider or profession, a day, and the name of a visit type."),
            ));
        }
        draft.parts.extend(purpose.said());
        draft.told_reason = true;
        let asked = {
            let (profession, visit_type) = (reading.profession.clone(), purpose.visit_type.clone());
            self.slot(Wanted { provider, profession, centre, visit_type, ..Wanted::default() }, draft, env)
        };
        let start = |slot: &FreeSlot| {
            Pick::Open(Route::Booking(BookingStart {
                visit_type: purpose.visit_type.clone(),
                provider: Some(slot.provider),
                centre: Some(slot.centre),
                from: Some(slot.day),
                ..BookingStart::default()
            }))
        };
        match asked {
            Err(Stop::Ask(said, rows)) => {
                let rows = rows.into_iter().map(|r| match &r.pick {
                    Pick::Slot(slot) => Choice { pick: start(slot), ..r },
                    _ => r,
                });
                Err(Stop::Ask(said, rows.collect()))
            }
            Ok(slot) => {
                draft.said = tr!("It is free. Enter opens the booking there.").into();
                match start(&slot) {
                    Pick::Open(route) => Ok(Plan::Open(route)),
                    _ => Err(nobody("")),
                }
            }
            Err(other) => Err(other),
        }
    }
}

fn slot_row(slot: &FreeSlot, today: NaiveDate) -> Choice {
    let day = if slot.day == today { tr!("today").to_owned() } else { dates::short_day(slot.day) };
    Choice {
        pick: Pick::Slot(Box::new(slot.clone())),
        title: format!("{day} {}", dates::clock(slot.time())),
        detail: format!("{}  {}", slot.provider_name, slot.centre_name),
    }
}

pub(super) fn nobody(text: &str) -> Stop {
    missing(
        "nobody_found",
        tr!("Nobody is found for \"{text}\".", text = text),
        tr!("Fewer letters find more; ctrl-p and the list of patients find everybody."),
    )
}

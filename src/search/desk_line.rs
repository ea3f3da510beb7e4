//! Who a line of the desk may mean: which of its words are the patient's and which the provider's, and whether a patient
//! that was found is meant for certain or only sounds like it. Every way to read it is told; none is chosen here.
use super::{matcher, patients::Found};
use crate::{
    domain::{
        booking::Directory,
        desk_line::Line,
        ids::{CentreId, ProviderId},
        patient_query::PatientQuery,
        visit_type::VisitType,
    },
    text::{fold, words},
};

/// One way to read the names of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The patient's words; empty where none are wanted.
    pub patient: Vec<String>,
    /// The provider's words.
    pub provider: Vec<String>,
    /// Whom these words fit; empty when no provider is named.
    pub providers: Vec<ProviderId>,
    /// A profession that was named instead of a person, by its code.
    pub profession: Option<String>,
    /// Words that were left behind the provider: the beginning of the reason.
    pub left: Vec<String>,
    /// Nobody is called this.
    pub unknown: Option<String>,
}

/// The ways to read the names of a line, likeliest first; never none when there are names.
#[must_use]
pub fn readings(line: &Line, directory: &Directory) -> Vec<Reading> {
    let names = &line.names;
    if !line.provider.is_empty() {
        let found = (1..=line.provider.len()).rev().find_map(|n| {
            named(&line.provider[..n], directory)
                .or_else(|| like(&line.provider[..n], directory))
                .map(|r| (n, r))
        });
        let reading = match found {
            Some((n, reading)) => Reading { left: line.provider[n..].to_vec(), ..reading },
            None => Reading { unknown: line.provider.first().cloned(), ..Reading::default() },
        };
        return vec![Reading { patient: names.clone(), ..reading }];
    }
    let whole = Reading { patient: names.clone(), ..Reading::default() };
    let mut all = vec![whole];
    for start in 1..names.len() {
        if let Some(reading) = named(&names[start..], directory) {
            all.push(Reading { patient: names[..start].to_vec(), ..reading });
        }
    }
    if all.len() == 1 {
        // In the middle only a whole name is the provider's: `jack` there is no Dr Jackson.
        let inner = (1..names.len()).filter_map(|start| {
            (start + 1..names.len()).rev().find_map(|end| {
                let reading = named(&names[start..end], directory)
                    .filter(|r| whole_name(&names[start..end], r, directory))?;
                Some(Reading { patient: names[..start].to_vec(), left: names[end..].to_vec(), ..reading })
            })
        });
        all.extend(inner.min_by_key(|r| r.left.len()));
    }
    all.truncate(5);
    all
}

/// Providers alone, as behind `free`: the words of a person or a profession.
#[must_use]
pub fn provider_reading(words: &[String], directory: &Directory) -> Reading {
    named(words, directory)
        .or_else(|| like(words, directory))
        .unwrap_or_else(|| Reading { unknown: words.first().cloned(), ..Reading::default() })
}

/// Centres whose name or suburb has words that begin like these.
#[must_use]
pub fn centres(typed: &[String], directory: &Directory) -> Vec<CentreId> {
    let fits =
        |c: &&crate::domain::booking::BookableCentre| begin(typed, &format!("{} {}", c.name, c.suburb));
    directory.centres.iter().filter(fits).map(|c| c.id).collect()
}

/// What makes a provider's words one: everybody whom they fit, or a profession.
fn named(typed: &[String], directory: &Directory) -> Option<Reading> {
    if typed.iter().any(|w| w.chars().count() < 2) {
        return None;
    }
    let name = |p: &crate::domain::booking::BookableProvider| format!("{} {}", p.name.family, p.name.given);
    let providers: Vec<ProviderId> = directory
        .providers
        .iter()
        .filter(|p| {
            begin(typed, &format!("{} {}", name(p), p.profession))
                && typed.iter().any(|w| begin(std::slice::from_ref(w), &name(p)))
        })
        .map(|p| p.id)
        .collect();
    let reading = Reading { provider: typed.to_vec(), ..Reading::default() };
    if !providers.is_empty() {
        return Some(Reading { providers, ..reading });
    }
    let [word] = typed else { return None };
    let word = fold(word);
    let codes: std::collections::BTreeSet<&str> =
        directory.providers.iter().map(|p| p.profession.as_str()).collect();
    let fits = |code: &&str| word.len() >= 3 && code.starts_with(&word) || **code == word;
    let mut found = codes.into_iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(one), None) => Some(Reading { profession: Some(one.to_owned()), ..reading }),
        _ => None,
    }
}

/// One of the words is a whole word of the name of everybody whom they fit.
fn whole_name(typed: &[String], reading: &Reading, directory: &Directory) -> bool {
    let typed: Vec<String> = typed.iter().flat_map(|w| words(w)).collect();
    reading
        .providers
        .iter()
        .filter_map(|p| directory.provider(*p))
        .all(|p| words(&format!("{} {}", p.name.family, p.name.given)).iter().any(|w| typed.contains(w)))
        && !reading.providers.is_empty()
}

/// Those whose names are like the words, letters left out or one wrong: only where the words are marked as a provider's.
fn like(typed: &[String], directory: &Directory) -> Option<Reading> {
    let hits = matcher::rank(&typed.join(" "), &directory.providers, |p| p.name.to_string());
    let providers: Vec<ProviderId> =
        hits.into_iter().take(9).map(|h| directory.providers[h.index].id).collect();
    (!providers.is_empty()).then(|| Reading { provider: typed.to_vec(), providers, ..Reading::default() })
}

/// Every typed word begins a word of its own.
fn begin(typed: &[String], name: &str) -> bool {
    let mut there = words(name);
    let typed: Vec<String> = typed.iter().flat_map(|w| words(w)).collect();
    !typed.is_empty()
        && typed.iter().all(|w| match there.iter().position(|t| t.starts_with(w.as_str())) {
            Some(at) => {
                there.swap_remove(at);
                true
            }
            None => false,
        })
}

/// What the words behind the time say the visit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// A visit type by its whole name or code; so many bytes of the text are its name, what follows is the reason.
    Type(&'a VisitType, usize),
    /// Its words begin the names of visit types: one of these may be meant, or only a reason.
    Like,
    /// A reason in words of one's own.
    Reason,
}

/// Reads the words of a reason: the longest whole name of a visit type that they begin with, else those they are like.
/// `profession` leaves out what such a provider does not do.
#[must_use]
pub fn purpose<'a>(
    reason: &str,
    types: &'a [VisitType],
    profession: Option<&str>,
) -> (Purpose<'a>, Vec<&'a VisitType>) {
    let open = || types.iter().filter(|t| !t.retired && profession.is_none_or(|p| t.details.is_for(p)));
    let ends: Vec<usize> = word_ends(reason);
    for end in ends.iter().rev() {
        let typed = words(&reason[..*end]);
        let whole = |t: &&VisitType| words(&t.details.name) == typed || words(&t.code) == typed;
        if let Some(one) = open().find(whole) {
            return (Purpose::Type(one, *end), vec![]);
        }
    }
    let typed: Vec<String> = reason.split_whitespace().map(str::to_owned).collect();
    let long = typed.iter().any(|w| w.chars().count() >= 3);
    let like: Vec<&VisitType> = open().filter(|t| long && begin(&typed, &t.details.name)).collect();
    (if like.is_empty() { Purpose::Reason } else { Purpose::Like }, like)
}

/// Where each word of a text ends, in bytes.
fn word_ends(text: &str) -> Vec<usize> {
    let mut ends: Vec<usize> = text
        .char_indices()
        .zip(text.chars().skip(1).map(Some).chain([None]))
        .filter(|((_, c), next)| !c.is_whitespace() && next.is_none_or(char::is_whitespace))
        .map(|((at, c), _)| at + c.len_utf8())
        .collect();
    ends.dedup();
    ends
}

/// How sure it is that a patient is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Sounds or looks like it; never taken without being picked.
    Near,
    /// Every word begins a word of the name, or a number or birth date is theirs.
    Begins,
    /// Every word is a whole word of the name.
    Whole,
}

/// How well a patient fits what was typed.
#[must_use]
pub fn fit(query: &PatientQuery, found: &Found) -> Fit {
    if query.words.is_empty() {
        return Fit::Begins;
    }
    if !begin(&query.words, &found.shown) {
        return Fit::Near;
    }
    let there = words(&found.shown);
    let whole =
        query.words.len() > 1 && query.words.iter().flat_map(|w| words(w)).all(|w| there.contains(&w));
    if whole { Fit::Whole } else { Fit::Begins }
}

/// The places of those who fit best, and whether that is good enough to be taken when it is one.
#[must_use]
pub fn best(query: &PatientQuery, found: &[Found]) -> (Vec<usize>, Fit) {
    let fits: Vec<Fit> = found.iter().map(|f| fit(query, f)).collect();
    let top = fits.iter().copied().max().unwrap_or(Fit::Near);
    let those = fits.iter().enumerate().filter(|(_, f)| **f == top).map(|(i, _)| i).collect();
    (those, top)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        booking::BookableProvider,
        name::PersonName,
        patient::{PatientHit, Sex},
    };

    fn directory() -> Directory {
        let provider = |n: u128, family: &str, given: &str, profession: &str| BookableProvider {
            id: ProviderId(uuid::Uuid::from_u128(n)),
            name: PersonName::new(family, given),
            profession: profession.into(),
            specialties: vec![],
            expertise: String::new(),
            department: None,
            centres: vec![],
        };
        Directory {
            providers: vec![
                provider(1, "Smith", "Anna", "gp"),
                provider(2, "Smithers", "Wayne", "gp"),
                provider(3, "Neeson", "Liam", "specialist"),
            ],
            centres: vec![],
        }
    }
    fn read(typed: &str) -> Vec<Reading> {
        readings(&Line::parse(typed, "2026-11-21".parse().unwrap()), &directory())
    }

    #[test]
    fn a_reason_that_begins_with_the_name_of_a_visit_type_is_one_and_one_that_looks_like_it_is_asked_about() {
        let of = |code: &str, name: &str, professions: &[&str]| VisitType {
            id: crate::domain::ids::VisitTypeId::new(),
            version: 1,
            code: code.into(),
            details: crate::domain::visit_type::VisitTypeDetails {
                name: name.into(),
                minutes: 15,
                price_cents: 0,
                buffer_minutes: 0,
                professions: professions.iter().map(|p| (*p).to_owned()).collect(),
                room_kind: None,
            },
            retired: code == "old",
        };
        let types = [
            of("blood-test", "Blood test", &["gp"]),
            of("check", "Health check", &[]),
            of("long-check", "Health check long", &[]),
            of("old", "Old visit", &[]),
        ];
        let read = |reason: &str, profession| match purpose(reason, &types, profession) {
            (Purpose::Type(t, end), _) => format!("{} + {}", t.code, reason[end..].trim()),
            (Purpose::Like, like) => format!("{} like it", like.len()),
            (Purpose::Reason, _) => "reason".into(),
        };
        assert_eq!(read("BLOOD  test", None), "blood-test + ");
        assert_eq!(read("blood test fasting", None), "blood-test + fasting");
        assert_eq!(read("blood-test", Some("gp")), "blood-test + ");
        assert_eq!(read("health check long", None), "long-check + ");
        assert_eq!(read("health check for school", None), "check + for school");
        assert_eq!(read("health", None), "2 like it");
        assert_eq!(read("test", None), "1 like it");
        for reason in ["cough", "bl", "old visit", "blood pressure", "testing", ""] {
            assert_eq!(read(reason, None), "reason", "{reason}");
        }
        assert_eq!(read("blood test", Some("specialist")), "reason");
    }

    #[test]
    fn the_last_words_may_be_the_providers() {
        let all = read("bk bla ja smith anna tue 10:30");
        let pairs: Vec<(String, usize)> =
            all.iter().map(|r| (r.patient.join(" "), r.providers.len())).collect();
        assert_eq!(
            pairs,
            [("bla ja smith anna".into(), 0), ("bla ja".into(), 1), ("bla ja smith".into(), 1)]
        );
        assert_eq!(read("bk bla ja smi tue")[1].providers.len(), 2);
        assert_eq!(read("bk bla specialist")[1].profession.as_deref(), Some("specialist"));
    }

    #[test]
    fn words_behind_the_provider_begin_the_reason() {
        let all = read("bk bla neeson chest pain");
        assert_eq!((all[1].patient.join(" "), all[1].left.join(" ")), ("bla".into(), "chest pain".into()));
    }

    #[test]
    fn a_marked_provider_may_be_misspelled_and_an_unknown_one_is_named() {
        let all = read("bk bla dr neson checkup tue");
        assert_eq!((all[0].providers.len(), all[0].left.join(" ")), (1, "checkup".into()));
        assert_eq!(read("bk bla dr xyzzy tue")[0].unknown.as_deref(), Some("xyzzy"));
    }

    #[test]
    fn whole_words_fit_better_than_beginnings_and_those_better_than_likeness() {
        let hit = |family: &str, given: &str| Found {
            hit: PatientHit {
                id: crate::domain::ids::PatientId::new(),
                record_number: 1,
                name: PersonName::new(family, given),
                preferred_name: String::new(),
                second_script_name: String::new(),
                sex: Sex::Unknown,
                birth_date: None,
                phone: String::new(),
                deactivated: false,
                next: None,
                merged_into: None,
            },
            shown: PersonName::new(family, given).to_string(),
            marks: vec![],
        };
        let found = [hit("Blackwell", "Jack"), hit("Black", "Jack"), hit("Bleak", "Jo")];
        let ask = |typed: &str| best(&PatientQuery::parse(typed, "2026-11-21".parse().unwrap()), &found);
        assert_eq!(ask("black jack"), (vec![1], Fit::Whole));
        assert_eq!(ask("bla ja"), (vec![0, 1], Fit::Begins));
        assert_eq!(ask("zzz"), (vec![0, 1, 2], Fit::Near));
    }
}
